use std::env;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::Readiness;
use crate::ports::Ports;
use crate::surroundings::Surroundings;
use crate::{Error, Record, ServerSpec, java, ports, process, run, tree};

pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(900);
const POLL: Duration = Duration::from_millis(200);
/// The number of attempts with other ports, because another process may take a port between its choice and its use.
pub(crate) const PORT_ATTEMPTS: u32 = 3;
/// The log's message in that case.
pub(crate) const PORT_TAKEN: &str = "Address already in use";
pub(crate) const SHOWN_LOG_LINES: usize = 30;

/// A running Keycloak that ends with this value.
///
/// Its database is embedded and empty at first; nothing of it outlives the server.
#[derive(Debug)]
pub struct Server {
    record: Record,
    spec: ServerSpec,
    java: PathBuf,
    mode: Mode,
    /// None once the process was waited for.
    child: Option<Child>,
}

/// The way to call `kc.sh`.
#[derive(Debug)]
pub(crate) enum Mode {
    /// In development mode, on an embedded database.
    Development,
    /// As a built node of a cluster.
    Node(NodeSettings),
}

/// The settings of a node of a cluster.
#[derive(Clone, Debug)]
pub(crate) struct NodeSettings {
    /// Options of `kc.sh start --optimized`.
    pub(crate) options: Vec<String>,
    /// Variables of its environment, for secrets.
    pub(crate) env: Vec<(String, String)>,
    /// The path of Keycloak below the address of the node.
    pub(crate) path: &'static str,
}

impl Server {
    /// Starts a server on free ports and waits until it is ready, which includes that the
    /// administrator can log in. The first start of a version downloads it (170 MB).
    ///
    /// `progress` is told what is being done, about once a second, such as
    /// `Keycloak 26.7.5: starting (12 s)`; [`ProgressLine`](crate::ProgressLine) shows it.
    ///
    /// # Errors
    /// When Java or Maven is missing, when Maven cannot fetch what is needed, or when the server ends
    /// or is not ready after 900 seconds: then the error shows the end of its log. Nothing is left
    /// running.
    pub fn start(spec: &ServerSpec, progress: &mut dyn FnMut(&str)) -> Result<Self, Error> {
        let surroundings = Surroundings::from_env();
        let java = java::find(&surroundings)?;
        let root = run::root()?;
        run::tidy(&root)?;
        let folder = run::create_folder(&root, spec)?;
        let mut server = Self {
            record: Record::new(spec, folder),
            spec: spec.clone(),
            java,
            mode: Mode::Development,
            child: None,
        };
        // Before there is anything to clean up, so that it is cleaned up whatever happens.
        server.record.save()?;
        let home = server.record.home();
        tree::copy_for_run(&root, spec, &surroundings, &server.java, &home, progress)?;
        server.launch_on_free_ports(progress)?;
        tree::keep_build(&root, spec, &surroundings, &home)?;
        Ok(server)
    }

    /// A node of a cluster that does not run yet, or that runs without being a child of this process. Its home is there.
    pub(crate) fn node(
        record: Record,
        spec: &ServerSpec,
        java: PathBuf,
        settings: NodeSettings,
    ) -> Self {
        Self {
            record,
            spec: spec.clone(),
            java,
            mode: Mode::Node(settings),
            child: None,
        }
    }

    /// Like [`start`](Self::start), but the server stays when this process ends, until
    /// [`Record::stop`]. If such a server runs already, it is returned.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_detached(
        spec: &ServerSpec,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Record, Error> {
        let is_it = |record: &Record| {
            record.owner.is_none()
                && record.version == spec.version()
                && record.phasetwo == spec.has_phasetwo()
                && record.features == spec.features()
                && record.is_running()
        };
        if let Some(record) = Record::list()?.into_iter().find(is_it) {
            return Ok(record);
        }
        let mut server = Self::start(spec, progress)?;
        server.stays()?;
        Ok(server.record.clone())
    }

    /// Leaves the server running when this process ends.
    pub(crate) fn stays(&mut self) -> Result<(), Error> {
        let mut stays = self.record.clone();
        stays.owner = None;
        stays.save()?;
        process::forget(&stays);
        self.record = stays;
        Ok(())
    }

    /// Returns the folder with the jars that a server consists of. Maven's zip is fetched and unpacked first if need be, whatever `KEYCLOAK_HOME`
    /// says. The jars are not to be changed: servers use them.
    ///
    /// # Errors
    /// When Java or Maven is missing, or when Maven cannot fetch the zip.
    pub fn jars(spec: &ServerSpec, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, Error> {
        let surroundings = Surroundings::from_env();
        let java = java::find(&surroundings)?;
        let home = tree::unpacked(&run::root()?, spec, &surroundings, &java, progress)?;
        Ok(home.join("lib/lib/main"))
    }

    /// The content of the server's state file.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The server's address without a slash at the end, such as `http://127.0.0.1:41234`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.record.url
    }

    /// The address of health and metrics.
    #[must_use]
    pub fn management_url(&self) -> &str {
        &self.record.management_url
    }

    /// Keycloak's version, such as `26.7.5`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.record.version
    }

    /// The administrator of the realm `master`.
    #[must_use]
    pub fn admin_username(&self) -> &str {
        &self.record.admin_username
    }

    /// The administrator's password.
    #[must_use]
    pub fn admin_password(&self) -> &str {
        &self.record.admin_password
    }

    /// The `java` program that runs the server. The other programs of the JDK are beside it.
    #[must_use]
    pub fn java(&self) -> &Path {
        &self.java
    }

    /// The server's standard output and standard error. The file outlives the server.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.record.log_path()
    }

    /// The process that leads the server's process group: the JVM or the start script above it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.record.pid
    }

    /// The variables that [`harness`](crate::harness) reads; see [`Record::env`].
    #[must_use]
    pub fn env(&self, prefix: &str) -> Vec<(String, String)> {
        self.record.env(prefix)
    }

    /// Stops the server in order and waits for its end. Dropping does the same, silently.
    ///
    /// # Errors
    /// When the process does not end, or its folder cannot be removed.
    pub fn stop(mut self) -> Result<(), Error> {
        self.end()
    }

    /// Ends the process at once, as a crash would. Its data stays for
    /// [`start_again`](Self::start_again). Does nothing when it was killed before.
    pub fn kill(&mut self) {
        if let Some(child) = self.child.take() {
            process::kill(child);
            process::forget(&self.record);
        } else if self.record.is_running() {
            // Another process has started it.
            process::kill_other(&self.record);
        }
    }

    /// Starts the server after [`kill`](Self::kill) on the same ports and data, and waits until it
    /// is ready. A server that runs is only waited for.
    ///
    /// # Errors
    /// When the server ends, for instance because something took one of its ports, or is not ready
    /// after 900 seconds.
    pub fn start_again(&mut self, progress: &mut dyn FnMut(&str)) -> Result<(), Error> {
        if self.record.is_running() {
            return self.wait_until_ready(progress);
        }
        self.launch(progress)
    }

    pub(crate) fn launch_on_free_ports(
        &mut self,
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        let no_ports = |error| Error::new(format!("no free port on 127.0.0.1: {error}"));
        let mut attempt = 1;
        loop {
            let (http, management) = self.free_ports().map_err(no_ports)?;
            self.record.url = format!("http://127.0.0.1:{http}{}", self.path());
            self.record.management_url = format!("http://127.0.0.1:{management}");
            let Err(error) = self.launch(progress) else {
                return Ok(());
            };
            let port_taken = self.log_tail().contains(PORT_TAKEN);
            if !port_taken || attempt == PORT_ATTEMPTS {
                return Err(error);
            }
            self.kill();
            let log = self.log_path();
            fs::remove_file(&log).map_err(|error| Error::io("remove", &log, error))?;
            attempt += 1;
        }
    }

    fn free_ports(&self) -> io::Result<(u16, u16)> {
        match self.mode {
            Mode::Development => Ports::hold().and_then(Ports::release),
            Mode::Node(_) => Ok((ports::lasting()?, ports::lasting()?)),
        }
    }

    /// The path of Keycloak below its address.
    fn path(&self) -> &'static str {
        match &self.mode {
            Mode::Development => "",
            Mode::Node(settings) => settings.path,
        }
    }

    fn launch(&mut self, progress: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let script = self.record.home().join("bin/kc.sh");
        let mut command = self
            .command(&script)
            .map_err(|error| Error::io("write", &self.log_path(), error))?;
        let child = process::spawn(&mut command, &mut self.record)
            .map_err(|error| Error::io("run", &script, error))?;
        self.child = Some(child);
        self.record.save()?;
        self.wait_until_ready(progress)
    }

    fn command(&self, script: &Path) -> io::Result<Command> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_path())?;
        let port = |url: &str| {
            let (_, after) = url.rsplit_once(':').unwrap_or_default();
            after.trim_end_matches(self.path()).to_owned()
        };
        // `jar` does not keep the permission to execute.
        let mut command = Command::new("sh");
        command
            .arg(script)
            .args(self.mode_command())
            .arg("--http-host=127.0.0.1")
            .arg(format!("--http-port={}", port(&self.record.url)))
            .arg(format!(
                "--http-management-port={}",
                port(&self.record.management_url)
            ))
            .args(self.mode_options()?)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        for (name, _) in env::vars_os().filter(|(name, _)| changes_keycloak(name)) {
            command.env_remove(name);
        }
        command
            .envs(self.mode_variables())
            .env("JAVA", &self.java)
            .env("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx768m")
            .env("KC_BOOTSTRAP_ADMIN_USERNAME", &self.record.admin_username)
            .env("KC_BOOTSTRAP_ADMIN_PASSWORD", &self.record.admin_password);
        Ok(command)
    }

    /// The command of `kc.sh`.
    fn mode_command(&self) -> &'static [&'static str] {
        match self.mode {
            Mode::Development => &["start-dev"],
            Mode::Node(_) => &["start", "--optimized"],
        }
    }

    /// The options of `kc.sh` that depend on the mode.
    fn mode_options(&self) -> io::Result<Vec<String>> {
        let mut options = Vec::new();
        match &self.mode {
            Mode::Development => {
                options.push("--health-enabled=true".to_owned());
                options.extend(self.spec.options());
            }
            Mode::Node(settings) => {
                options.extend_from_slice(&settings.options);
                let port = ports::jgroups()?;
                options.push(format!("--cache-embedded-network-bind-port={port}"));
            }
        }
        Ok(options)
    }

    fn mode_variables(&self) -> Vec<(String, String)> {
        match &self.mode {
            Mode::Development => Vec::new(),
            Mode::Node(settings) => settings.env.clone(),
        }
    }

    fn wait_until_ready(&mut self, progress: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let readiness = Readiness::new();
        let started = Instant::now();
        let mut shown = None;
        loop {
            let waited = started.elapsed();
            if shown != Some(waited.as_secs()) {
                shown = Some(waited.as_secs());
                progress(&format!("{}: starting ({} s)", self.spec, waited.as_secs()));
            }
            let ended = self.child.as_mut().map(Child::try_wait);
            if let Some(Ok(Some(status))) = ended {
                return Err(self.failed(&format!("ended while starting ({status})")));
            }
            if readiness.of(&self.record) {
                progress(&format!("{}: ready ({} s)", self.spec, waited.as_secs()));
                return Ok(());
            }
            if waited > START_TIMEOUT {
                let limit = START_TIMEOUT.as_secs();
                return Err(self.failed(&format!("was not ready after {limit} seconds")));
            }
            thread::sleep(POLL);
        }
    }

    fn failed(&self, what: &str) -> Error {
        Error::new(format!(
            "{} {what}. The end of {}:\n{}",
            self.spec,
            self.log_path().display(),
            self.log_tail()
        ))
    }

    fn log_tail(&self) -> String {
        let log = fs::read(self.log_path()).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&log), SHOWN_LOG_LINES)
    }

    fn end(&mut self) -> Result<(), Error> {
        let ended = if self.record.is_running() {
            process::ask_to_end(&self.record);
            process::see_to_its_end(&self.record)
        } else {
            Ok(())
        };
        // Takes what may be left of the group, and the status of the process.
        self.kill();
        ended.and_then(|()| self.record.remove_files())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that stays has nobody to stop it here, and neither has one that another process has started.
        if self.record.owner == Some(std::process::id()) {
            let _ = self.end();
        }
    }
}

/// Variables of this process that would make the server another than the one asked for.
pub(crate) fn changes_keycloak(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    [
        "KC_",
        "QUARKUS_",
        "JAVA_OPTS",
        "JAVA_ADD_OPENS",
        "DEBUG",
        "PRINT_ENV",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}

pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{Mode, PORT_ATTEMPTS, Server, changes_keycloak, last_lines};
    use crate::test_support::write_script;
    use crate::{Error, Record, ServerSpec};

    /// The result of a server that runs this script instead of Keycloak. Each launch leaves a line
    /// in `launches`.
    fn launch(folder: &Path, commands: &str) -> Error {
        let spec = ServerSpec::newest();
        let mut server = Server {
            record: Record::new(&spec, folder.to_owned()),
            spec,
            java: PathBuf::from("java"),
            mode: Mode::Development,
            child: None,
        };
        let bin = server.record.home().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let launches = folder.join("launches");
        let commands = format!("echo launched >> '{}'\n{commands}", launches.display());
        write_script(&bin.join("kc.sh"), &commands);
        server.launch_on_free_ports(&mut |_| {}).unwrap_err()
    }

    fn launches(folder: &Path) -> usize {
        let launches = fs::read_to_string(folder.join("launches")).unwrap();
        launches.lines().count()
    }

    #[test]
    fn a_server_that_ends_shows_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let error = launch(folder.path(), "echo out of luck; exit 3").to_string();
        assert!(
            error.contains("Keycloak 26.7.5 ended while starting (exit status: 3)"),
            "{error}"
        );
        assert!(error.ends_with("server.log:\nout of luck"), "{error}");
        assert_eq!(launches(folder.path()), 1);
        assert!(!folder.path().join("state.json").exists());
    }

    #[test]
    fn other_ports_are_tried_when_one_was_taken() {
        let folder = tempfile::tempdir().unwrap();
        let taken = "echo 'Port already bound: 8080: Address already in use'; exit 1";
        let error = launch(folder.path(), taken).to_string();
        assert!(error.contains("Address already in use"), "{error}");
        assert_eq!(
            launches(folder.path()),
            usize::try_from(PORT_ATTEMPTS).unwrap()
        );
    }

    #[test]
    fn the_administrator_and_the_ports_reach_the_script() {
        let folder = tempfile::tempdir().unwrap();
        let tell = "echo \"$KC_BOOTSTRAP_ADMIN_USERNAME $JAVA $1 $2\"; exit 1";
        let error = launch(folder.path(), tell).to_string();
        assert!(
            error.ends_with("admin java start-dev --http-host=127.0.0.1"),
            "{error}"
        );
    }

    #[test]
    fn the_end_of_a_log_is_shown() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 2), "a");
        assert_eq!(last_lines("", 2), "");
    }

    #[test]
    fn foreign_settings_do_not_reach_the_server() {
        for name in ["KC_DB", "QUARKUS_LOG_LEVEL", "JAVA_OPTS_APPEND", "DEBUG"] {
            assert!(changes_keycloak(OsStr::new(name)), "{name}");
        }
        for name in ["PATH", "HOME", "JAVA_HOME"] {
            assert!(!changes_keycloak(OsStr::new(name)), "{name}");
        }
    }
}
