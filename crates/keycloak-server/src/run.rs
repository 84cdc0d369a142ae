use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Error, ServerSpec, process};

/// Logs of ended servers are kept for the newest of them.
const KEPT_RUNS: usize = 20;

/// The process number of a server whose copy of Keycloak is still being made. No process has it.
const NOT_LAUNCHED: u32 = 0;

/// One started server as its state file tells it, readable from any process.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// Keycloak's version, such as `26.7.5`.
    pub version: String,
    /// True if Phase Two's extensions are installed.
    pub phasetwo: bool,
    /// The features that are switched on.
    #[serde(default)]
    pub features: Vec<String>,
    /// The server's address without a slash at the end, such as `http://127.0.0.1:41234`.
    pub url: String,
    /// The address of health and metrics.
    pub management_url: String,
    /// The process, which leads a process group of its own.
    pub pid: u32,
    /// The process that stops this server when it ends; none for a server that stays.
    pub owner: Option<u32>,
    /// The administrator of the realm `master`.
    pub admin_username: String,
    /// The administrator's password. The server listens on loopback only.
    pub admin_password: String,
    #[serde(skip)]
    folder: PathBuf,
}

/// Leaves the password out.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("version", &self.version)
            .field("phasetwo", &self.phasetwo)
            .field("url", &self.url)
            .field("pid", &self.pid)
            .field("owner", &self.owner)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Record {
    pub(crate) fn new(spec: &ServerSpec, folder: PathBuf) -> Self {
        Self {
            version: spec.version().to_owned(),
            phasetwo: spec.has_phasetwo(),
            features: spec.features().to_vec(),
            url: String::new(),
            management_url: String::new(),
            pid: NOT_LAUNCHED,
            owner: Some(std::process::id()),
            admin_username: "admin".to_owned(),
            admin_password: "admin".to_owned(),
            folder,
        }
    }

    /// Every server that was launched and has not been stopped, the oldest first. One that crashed is
    /// among them until the next server is started or [`stop`](Self::stop) is called.
    ///
    /// # Errors
    /// When a state file cannot be read.
    pub fn list() -> Result<Vec<Self>, Error> {
        let mut records = list_in(&root()?)?;
        records.retain(|record| record.pid != NOT_LAUNCHED);
        Ok(records)
    }

    /// Returns whether the process is there and is still this server, not another that was given its
    /// number.
    #[must_use]
    pub fn is_running(&self) -> bool {
        process::is_running(self.pid, &self.home())
    }

    /// Returns whether nothing will stop this server unless asked to: it was started to stay, or the
    /// process that started it ended without stopping it.
    #[must_use]
    pub fn is_on_its_own(&self) -> bool {
        !self.owner.is_some_and(process::exists)
    }

    /// Ends the server if it still runs, and removes what it leaves behind but its log.
    ///
    /// # Errors
    /// When the process does not end, or its folder cannot be removed.
    pub fn stop(&self) -> Result<(), Error> {
        process::ask_to_end(self);
        process::see_to_its_end(self)?;
        self.remove_files()
    }

    /// The server's standard output and standard error.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// The variables that [`harness`](crate::harness) reads, for a child process that tests against
    /// this server. The prefix is [`harness::KEYCLOAK`](crate::harness::KEYCLOAK) or
    /// [`harness::PHASETWO`](crate::harness::PHASETWO).
    #[must_use]
    pub fn env(&self, prefix: &str) -> Vec<(String, String)> {
        [
            ("URL", &self.url),
            ("ADMIN_USERNAME", &self.admin_username),
            ("ADMIN_PASSWORD", &self.admin_password),
            ("VERSION", &self.version),
        ]
        .map(|(name, value)| (format!("{prefix}{name}"), value.clone()))
        .into()
    }

    /// The server's own copy of Keycloak. Its path is in the command line of the process.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    pub(crate) fn save(&self) -> Result<(), Error> {
        write_state(&self.state_path(), self)
    }

    /// Reads the record of a folder, if there is one.
    pub(crate) fn read(folder: PathBuf) -> Result<Option<Self>, Error> {
        let record: Option<Self> = read_state(&folder.join("state.json"))?;
        Ok(record.map(|record| Self { folder, ..record }))
    }

    /// Removes everything of an ended server but its log.
    pub(crate) fn remove_files(&self) -> Result<(), Error> {
        let home = self.home();
        absent_is_fine(fs::remove_dir_all(&home))
            .map_err(|error| Error::io("remove", &home, error))?;
        let state = self.state_path();
        absent_is_fine(fs::remove_file(&state)).map_err(|error| Error::io("remove", &state, error))
    }

    fn state_path(&self) -> PathBuf {
        self.folder.join("state.json")
    }
}

/// `target/keycloak` of the workspace, as a real path: it is compared with what the operating system
/// tells about a process.
pub(crate) fn root() -> Result<PathBuf, Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/keycloak");
    fs::create_dir_all(&root)
        .and_then(|()| root.canonicalize())
        .map_err(|error| Error::io("create", &root, error))
}

/// A new folder for one server.
pub(crate) fn create_folder(root: &Path, spec: &ServerSpec) -> Result<PathBuf, Error> {
    create_folder_in(&root.join("runs"), spec)
}

/// A new folder below this one, whose name starts with the time.
pub(crate) fn create_folder_in(runs: &Path, spec: &ServerSpec) -> Result<PathBuf, Error> {
    fs::create_dir_all(runs).map_err(|error| Error::io("create", runs, error))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let mut millis = now.map_or(0, |since| since.as_millis());
    loop {
        let folder = runs.join(format!("{millis}-{}", spec.key()));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => millis += 1,
            Err(error) => return Err(Error::io("create", &folder, error)),
        }
    }
}

/// Removes what crashed servers left, and the logs of all but the newest runs.
pub(crate) fn tidy(root: &Path) -> Result<(), Error> {
    for record in list_in(root)? {
        if record.is_on_its_own() && !record.is_running() {
            record.remove_files()?;
        }
    }
    remove_old(&root.join("runs"), KEPT_RUNS)
}

/// Removes the folders of ended runs but for the newest.
pub(crate) fn remove_old(runs: &Path, kept: usize) -> Result<(), Error> {
    let folders = folders(runs)?;
    let old = folders.len().saturating_sub(kept);
    for folder in &folders[..old] {
        if !folder.join("state.json").exists() {
            absent_is_fine(fs::remove_dir_all(folder))
                .map_err(|error| Error::io("remove", folder, error))?;
        }
    }
    Ok(())
}

fn list_in(root: &Path) -> Result<Vec<Record>, Error> {
    let mut records = Vec::new();
    for folder in folders(&root.join("runs"))? {
        records.extend(Record::read(folder)?);
    }
    Ok(records)
}

/// Reads a state file, if there is one.
pub(crate) fn read_state<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let state = match fs::read(path) {
        Ok(state) => state,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", path, error)),
    };
    let state = serde_json::from_slice(&state).map_err(|error| {
        Error::new(format!(
            "{} is not the state of a server ({error}): end that server and delete its folder",
            path.display()
        ))
    })?;
    Ok(Some(state))
}

/// Writes a state file, whole or not at all.
pub(crate) fn write_state(path: &Path, state: &impl Serialize) -> Result<(), Error> {
    let state = serde_json::to_vec_pretty(state).expect("a record is plain data");
    let new = path.with_extension("json.new");
    fs::write(&new, state)
        .and_then(|()| fs::rename(&new, path))
        .map_err(|error| Error::io("write", path, error))
}

/// The folders of all runs in a folder, the oldest first: their names start with the time.
pub(crate) fn folders(runs: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", runs, error)),
    };
    let mut folders: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    Ok(folders)
}

pub(crate) fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{KEPT_RUNS, NOT_LAUNCHED, Record, create_folder, list_in, tidy};
    use crate::ServerSpec;

    /// The record of a server that never was: no process has this number.
    fn dead_record(root: &Path, owner: Option<u32>) -> Record {
        let spec = ServerSpec::phasetwo();
        let folder = create_folder(root, &spec).unwrap();
        let mut record = Record::new(&spec, folder);
        record.url = "http://127.0.0.1:1".to_owned();
        record.management_url = "http://127.0.0.1:2".to_owned();
        record.admin_password = "opensesame".to_owned();
        record.pid = i32::MAX.unsigned_abs();
        record.owner = owner;
        fs::create_dir(record.home()).unwrap();
        fs::write(record.log_path(), "").unwrap();
        record
    }

    #[test]
    fn a_record_survives_its_file() {
        let root = tempfile::tempdir().unwrap();
        let saved = dead_record(root.path(), Some(7));
        saved.save().unwrap();
        let [loaded]: [Record; 1] = list_in(root.path()).unwrap().try_into().unwrap();
        assert_eq!(loaded.version, "26.5.7");
        assert!(loaded.phasetwo);
        assert_eq!(loaded.url, "http://127.0.0.1:1");
        assert_eq!(loaded.management_url, "http://127.0.0.1:2");
        assert_eq!((loaded.pid, loaded.owner), (saved.pid, Some(7)));
        assert_eq!(loaded.admin_password, "opensesame");
        assert_eq!(loaded.log_path(), saved.log_path());
        assert!(!format!("{loaded:?}").contains("opensesame"));
    }

    #[test]
    fn a_broken_state_file_is_named() {
        let root = tempfile::tempdir().unwrap();
        let folder = create_folder(root.path(), &ServerSpec::newest()).unwrap();
        fs::write(folder.join("state.json"), "{").unwrap();
        let error = list_in(root.path()).unwrap_err().to_string();
        assert!(error.contains(&folder.display().to_string()), "{error}");
    }

    #[test]
    fn tidy_removes_only_what_nobody_looks_after() {
        let root = tempfile::tempdir().unwrap();
        let crashed = dead_record(root.path(), None);
        let owned = dead_record(root.path(), Some(std::process::id()));
        crashed.save().unwrap();
        owned.save().unwrap();
        tidy(root.path()).unwrap();
        assert!(!crashed.home().exists());
        assert!(crashed.log_path().exists());
        assert!(owned.home().exists());
    }

    #[test]
    fn a_copy_whose_maker_was_killed_goes() {
        let root = tempfile::tempdir().unwrap();
        let mut unfinished = dead_record(root.path(), Some(i32::MAX.unsigned_abs()));
        unfinished.pid = NOT_LAUNCHED;
        unfinished.save().unwrap();
        assert!(!unfinished.is_running());
        tidy(root.path()).unwrap();
        assert!(!unfinished.home().exists());
    }

    #[test]
    fn old_logs_go_and_new_ones_stay() {
        let root = tempfile::tempdir().unwrap();
        let spec = ServerSpec::newest();
        let folders: Vec<_> = (0..KEPT_RUNS + 2)
            .map(|_| create_folder(root.path(), &spec).unwrap())
            .collect();
        tidy(root.path()).unwrap();
        let kept: Vec<_> = folders.iter().map(|folder| folder.exists()).collect();
        let expected: Vec<_> = (0..KEPT_RUNS + 2).map(|run| run >= 2).collect();
        assert_eq!(kept, expected);
    }

    #[test]
    fn the_environment_of_a_child_has_the_prefix() {
        let root = tempfile::tempdir().unwrap();
        let env = dead_record(root.path(), None).env("KEYCLOAK_PHASETWO_");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            env,
            [
                pair("KEYCLOAK_PHASETWO_URL", "http://127.0.0.1:1"),
                pair("KEYCLOAK_PHASETWO_ADMIN_USERNAME", "admin"),
                pair("KEYCLOAK_PHASETWO_ADMIN_PASSWORD", "opensesame"),
                pair("KEYCLOAK_PHASETWO_VERSION", "26.5.7"),
            ]
        );
    }
}
