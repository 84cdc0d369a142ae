use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, kill_process, kill_process_group, test_kill_process, test_kill_process_group,
};

use crate::{Error, Record, cluster};

/// The longest time until a server ends by itself. It usually needs one or two seconds.
const GRACE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);

/// The servers that this process has to stop. Its lock is held while one is started and, to the
/// end of the process, by the Ctrl-C handler: so none can appear after the handler has looked.
static RUNNING: Mutex<Vec<Record>> = Mutex::new(Vec::new());

/// The folders of the clusters that this process has to stop. Locked like [`RUNNING`].
static CLUSTERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The other servers of the tests, which this process has to end too. Locked like [`RUNNING`].
static PARTNERS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn partners() -> MutexGuard<'static, Vec<u32>> {
    PARTNERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn clusters() -> MutexGuard<'static, Vec<PathBuf>> {
    CLUSTERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn running() -> MutexGuard<'static, Vec<Record>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on Ctrl-C, SIGTERM and SIGHUP stop every server that this process started, and then end
/// the process with status 130. To be called once, early in `main`.
///
/// Servers have a process group of their own, so that the terminal's Ctrl-C does not reach them and
/// they end in order. A server from [`Server::start_detached`](crate::Server::start_detached) is
/// stopped only while it is not ready yet.
///
/// # Errors
/// When the process handles these signals already.
pub fn stop_servers_on_ctrl_c() -> Result<(), Error> {
    let handler = || {
        let servers = running();
        servers.iter().for_each(ask_to_end);
        let clusters = clusters();
        let partners = partners();
        for partner in partners.iter().copied().filter_map(pid) {
            // That it is gone already is as good.
            let _ = kill_process(partner, Signal::KILL);
        }
        // Before the servers: the state files of the nodes name those too that another process has started again.
        for folder in &*clusters {
            if let Err(error) = cluster::stop_in(folder) {
                eprintln!("{error}");
            }
        }
        for server in &*servers {
            if let Err(error) = see_to_its_end(server).and_then(|()| server.remove_files()) {
                eprintln!("{error}");
            }
        }
        std::process::exit(130);
    };
    ctrlc::set_handler(handler)
        .map_err(|error| Error::new(format!("cannot handle Ctrl-C: {error}")))
}

/// Starts a server's process in a group of its own, and remembers it.
pub(crate) fn spawn(command: &mut Command, record: &mut Record) -> io::Result<Child> {
    let mut running = running();
    let child = command.process_group(0).spawn()?;
    record.pid = child.id();
    running.push(record.clone());
    Ok(child)
}

/// Remembers the folder of a cluster until [`forget_cluster`].
pub(crate) fn remember_cluster(folder: &Path) {
    clusters().push(folder.to_owned());
}

/// This process need not stop that cluster any more.
pub(crate) fn forget_cluster(folder: &Path) {
    clusters().retain(|known| known != folder);
}

/// Runs `start`, which starts a process of a cluster and saves its number. While a signal handler stops the clusters, it waits: so the handler
/// finds the number of each process in the state file.
pub(crate) fn start_part<T>(start: impl FnOnce() -> T) -> T {
    let _clusters = clusters();
    start()
}

/// Starts a process that holds nothing worth an orderly end, and remembers it until [`end_partner`].
pub(crate) fn spawn_partner(command: &mut Command) -> io::Result<Child> {
    let mut partners = partners();
    let child = command.spawn()?;
    partners.push(child.id());
    Ok(child)
}

/// Ends such a process at once.
pub(crate) fn end_partner(child: &mut Child) {
    let mut partners = partners();
    // Nothing is to be learnt from how it ended, and one that has ended already is as good.
    let _ = child.kill();
    let _ = child.wait();
    partners.retain(|partner| *partner != child.id());
}

/// This process need not stop that server any more.
pub(crate) fn forget(record: &Record) {
    running().retain(|known| known.pid != record.pid);
}

/// Sends the polite signal, unless the process is gone.
pub(crate) fn ask_to_end(record: &Record) {
    if record.is_running() {
        signal(record.pid, Signal::TERM);
    }
}

/// Waits until the process is gone, and kills its group when that takes too long.
pub(crate) fn see_to_its_end(record: &Record) -> Result<(), Error> {
    let what = format!("the server {} (pid {})", record.url, record.pid);
    wait_or_kill(record.pid, &record.home(), &what)
}

/// Waits until a process is gone, and kills its group when that takes too long.
pub(crate) fn wait_or_kill(number: u32, folder: &Path, what: &str) -> Result<(), Error> {
    let is_gone = || !is_running(number, folder);
    if within_grace(is_gone) {
        return Ok(());
    }
    signal(number, Signal::KILL);
    if within_grace(is_gone) {
        return Ok(());
    }
    Err(Error::new(format!("{what} does not end: end it by hand")))
}

/// Ends the whole group of a server at once that another process has started, and waits for its end.
pub(crate) fn kill_other(record: &Record) {
    signal(record.pid, Signal::KILL);
    within_grace(|| !record.is_running());
}

/// Ends the whole group of a child at once and waits for its end. Until the child is waited for,
/// nothing else can be given its number.
pub(crate) fn kill(mut child: Child) {
    let leader = child.id();
    signal(leader, Signal::KILL);
    // The signal cannot be refused; there is nothing to learn from the status.
    let _ = child.wait();
    // The JVM may outlive the script above it for a moment, and holds ports and database.
    within_grace(|| !group_exists(leader));
}

fn within_grace(done: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + GRACE;
    while !done() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(POLL);
    }
    true
}

/// Sends a signal to one process.
pub(crate) fn signal_one(number: u32, signal: Signal) {
    if let Some(pid) = pid(number) {
        // That it is gone already is as good.
        let _ = kill_process(pid, signal);
    }
}

/// To the whole group: the start script and the JVM below it. That the group is gone already is as
/// good as having signalled it.
fn signal(leader: u32, signal: Signal) {
    if let Some(leader) = pid(leader) {
        let _ = kill_process_group(leader, signal);
    }
}

/// Returns whether a process of that number exists.
pub(crate) fn exists(number: u32) -> bool {
    pid(number).is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

fn group_exists(leader: u32) -> bool {
    pid(leader).is_some_and(|pid| test_kill_process_group(pid) != Err(rustix::io::Errno::SRCH))
}

/// Returns whether the process exists, has not ended, and has `home` in its command line.
pub(crate) fn is_running(number: u32, home: &Path) -> bool {
    command_line(number).is_some_and(|command| command.contains(&*home.to_string_lossy()))
}

/// The command line of a process that has not ended.
fn command_line(number: u32) -> Option<String> {
    let output = if cfg!(target_os = "linux") {
        linux_command_line(number)?
    } else {
        let number = number.to_string();
        let ps = Command::new("ps")
            .args(["-ww", "-o", "command=", "-p", &number])
            .output();
        ps.ok()?.stdout
    };
    Some(String::from_utf8_lossy(&output).into_owned())
}

fn linux_command_line(number: u32) -> Option<Vec<u8>> {
    loop {
        let command = fs::read(format!("/proc/{number}/cmdline")).ok()?;
        if !command.is_empty() {
            return Some(command);
        }
        // Empty while a program takes the place of another (just started, or the script becoming
        // the JVM), which is over in no time; or because the process has ended and nobody has waited
        // for it yet: then it has no program.
        fs::read_link(format!("/proc/{number}/exe")).ok()?;
        thread::yield_now();
    }
}

fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::{exists, is_running};

    #[test]
    fn a_process_is_known_by_what_it_runs() {
        let mut child = Command::new("sh")
            .args(["-c", "read line", "/some/where/home/bin/kc.sh"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let pid = child.id();
        assert!(is_running(pid, Path::new("/some/where/home")));
        assert!(!is_running(pid, Path::new("/some/where/else")));

        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_running(pid, Path::new("/some/where/home")));
        assert!(!exists(pid));
        assert!(exists(std::process::id()));
    }
}
