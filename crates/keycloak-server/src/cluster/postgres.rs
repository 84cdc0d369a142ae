//! The database of a cluster.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use rustix::process::Signal;

use super::part::{Part, Programs};
use super::record::ClusterRecord;
use crate::server::{PORT_ATTEMPTS, PORT_TAKEN, START_TIMEOUT, last_lines};
use crate::{Error, ports};

/// The account of Keycloak in the database.
pub(super) const USER: &str = "keycloak";
/// Its password. The database listens on loopback only.
pub(super) const PASSWORD: &str = "the database's password";
/// The database that every PostgreSQL has.
const DATABASE: &str = "postgres";
const POLL: std::time::Duration = std::time::Duration::from_millis(50);

/// How the database ends before it is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseEnd {
    /// It breaks the connections, rolls back and ends in order (PostgreSQL's fast shutdown).
    Fast,
    /// It ends at once, as a crash would, and recovers from its log when it starts (PostgreSQL's immediate shutdown).
    Immediate,
}

/// The address of the database for Keycloak.
pub(super) fn jdbc_url(port: u16) -> String {
    format!("jdbc:postgresql://127.0.0.1:{port}/{DATABASE}")
}

/// Makes an empty database in the folder of its process, starts it on a free port, and returns the port.
pub(super) fn create(programs: &Programs, record: &mut ClusterRecord) -> Result<u16, Error> {
    let account = Account::of_this_process()?;
    init(programs, record.database.folder(), account)?;
    let log = record.database_log();
    let mut attempt = 1;
    loop {
        let port = ports::lasting()
            .map_err(|error| Error::new(format!("no free port on 127.0.0.1: {error}")))?;
        let Err(error) = start(programs, record, port) else {
            return Ok(port);
        };
        let said = fs::read_to_string(&log).unwrap_or_default();
        if !said.contains(PORT_TAKEN) || attempt == PORT_ATTEMPTS {
            return Err(error);
        }
        fs::remove_file(&log).map_err(|error| Error::io("remove", &log, error))?;
        attempt += 1;
    }
}

fn init(programs: &Programs, data: &Path, account: Option<Account>) -> Result<(), Error> {
    let parent = data.parent().unwrap_or(data);
    let password = parent.join("password");
    fs::write(&password, PASSWORD).map_err(|error| Error::io("write", &password, error))?;
    if let Some(Account { uid, gid }) = account {
        for path in [parent, &password] {
            chown(path, Some(uid), Some(gid))
                .map_err(|error| Error::io("hand over", path, error))?;
        }
    }
    let mut command = as_account(&programs.initdb, parent, account);
    command
        .arg("-D")
        .arg(data)
        .args(["--username", USER, "--auth=scram-sha-256"])
        .arg("--pwfile")
        .arg(&password)
        .args(["--encoding=UTF8", "--no-locale", "--no-sync"])
        .stdin(Stdio::null());
    let output = command
        .output()
        .map_err(|error| Error::io("run", &programs.initdb, error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::new(format!(
        "initdb failed ({}): {}",
        output.status,
        said.trim_end()
    )))
}

/// Starts the database on this port and waits until it takes connections.
pub(super) fn start(
    programs: &Programs,
    record: &mut ClusterRecord,
    port: u16,
) -> Result<(), Error> {
    let account = Account::of_this_process()?;
    let folder = record.database.folder();
    let mut command = as_account(&programs.postgres, folder, account);
    command
        .arg("-D")
        .arg(folder)
        .args(["-p", &port.to_string()])
        .args(["-c", "listen_addresses=127.0.0.1"])
        .args(["-c", "unix_socket_directories="]);
    record.spawn_database(&mut command)?;
    let (process, log) = (&record.database, record.database_log());
    let (pid, started) = (process.pid(), Instant::now());
    while !is_ready(process.folder(), pid) {
        if !process.is_running() || started.elapsed() > START_TIMEOUT {
            let said = fs::read_to_string(&log).unwrap_or_default();
            return Err(Error::new(format!(
                "PostgreSQL did not start. The end of {}:\n{}",
                log.display(),
                last_lines(&said, 10)
            )));
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// Ends the database.
pub(super) fn end(process: &Part, how: DatabaseEnd) -> Result<(), Error> {
    process.end(match how {
        DatabaseEnd::Fast => Signal::INT,
        DatabaseEnd::Immediate => Signal::QUIT,
    })
}

/// PostgreSQL writes its number and, in the eighth line, its state to this file.
fn is_ready(data: &Path, pid: u32) -> bool {
    let state = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = state.lines().map(str::trim);
    lines.next() == Some(&*pid.to_string()) && lines.nth(6) == Some("ready")
}

/// An account of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// Returns the account that PostgreSQL runs as if this process is root, which PostgreSQL refuses. `None` if it is not.
    fn of_this_process() -> Result<Option<Self>, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let path = Path::new("/etc/passwd");
        let accounts = fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
        let found = ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::named(&accounts, name));
        found.map(Some).ok_or_else(|| {
            Error::new(
                "PostgreSQL does not run as root, and there is neither an account `postgres` nor `nobody`",
            )
        })
    }

    /// Finds the line of an account, such as `postgres:x:101:104:...`.
    fn named(accounts: &str, name: &str) -> Option<Self> {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then_some(())?;
            let mut numbers = fields.skip(1).map(str::parse);
            let (uid, gid) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
            Some(Self { uid, gid })
        })
    }
}

fn as_account(program: &PathBuf, folder: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if let Some(Account { uid, gid }) = account {
        command.uid(uid).gid(gid);
    }
    command
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Account, is_ready};

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\n\
                        postgresql:x:7:7::/:/bin/sh\n\
                        postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n";
        let postgres = Account { uid: 101, gid: 104 };
        assert_eq!(Account::named(accounts, "postgres"), Some(postgres));
        assert_eq!(Account::named(accounts, "nobody"), None);
    }

    #[test]
    fn the_state_of_an_earlier_process_does_not_count() {
        let data = tempfile::tempdir().unwrap();
        assert!(!is_ready(data.path(), 12));
        let state = "12\n/data\n1700000000\n5432\n\n127.0.0.1\n  123 0\nready   \n";
        fs::write(data.path().join("postmaster.pid"), state).unwrap();
        assert!(is_ready(data.path(), 12));
        assert!(!is_ready(data.path(), 13));
    }
}
