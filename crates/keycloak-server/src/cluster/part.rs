//! The processes of a cluster beside its nodes.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use crate::surroundings::Surroundings;
use crate::{Error, process};

/// A process, known by its number and by the folder that its command line names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    /// The name of its program.
    name: String,
    /// 0 until it is started.
    pid: u32,
    folder: PathBuf,
}

impl Part {
    pub(super) fn new(name: &str, folder: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            pid: 0,
            folder,
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn is_running(&self) -> bool {
        process::is_running(self.pid, &self.folder)
    }

    /// Starts the process in a group of its own. Its output goes to the log. The record of the cluster has to be saved then.
    pub(super) fn spawn(&mut self, command: &mut Command, log: &Path) -> Result<(), Error> {
        let output = append(log)?;
        let errors = output
            .try_clone()
            .map_err(|error| Error::io("write", log, error))?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let program = PathBuf::from(command.get_program());
        let mut child = command
            .process_group(0)
            .spawn()
            .map_err(|error| Error::io("run", &program, error))?;
        self.pid = child.id();
        // Its status says nothing. Until somebody waits for it, its number is not free.
        thread::spawn(move || child.wait());
        Ok(())
    }

    /// Returns the numbers of the processes that the process has started.
    pub(super) fn children(&self) -> Result<BTreeSet<u32>, Error> {
        let proc = Path::new("/proc");
        let entries = fs::read_dir(proc).map_err(|error| Error::io("read", proc, error))?;
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        Ok(pids.filter(|pid| parent(*pid) == Some(self.pid)).collect())
    }

    /// Sends a signal to the process alone.
    pub(super) fn signal(&self, signal: Signal) {
        if self.is_running() {
            process::signal_one(self.pid, signal);
        }
    }

    /// Sends a signal that ends the process, waits for the end, and kills its group if that takes too long.
    pub(super) fn end(&self, signal: Signal) -> Result<(), Error> {
        self.signal(signal);
        let what = format!("{} (pid {})", self.name, self.pid);
        process::wait_or_kill(self.pid, &self.folder, &what)
    }
}

/// Returns the number of the process that started this one.
fn parent(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}

fn append(log: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .map_err(|error| Error::io("write", log, error))
}

/// The programs of a cluster that are not Keycloak.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) initdb: PathBuf,
    pub(super) postgres: PathBuf,
    pub(super) nginx: PathBuf,
}

impl Programs {
    /// Finds the programs. The error has a sentence for each missing package.
    pub(super) fn find(surroundings: &Surroundings) -> Result<Self, Error> {
        let initdb = program(surroundings, "initdb", &surroundings.postgres_folders);
        let postgres = program(surroundings, "postgres", &surroundings.postgres_folders);
        let nginx = program(surroundings, "nginx", &surroundings.system_folders);
        let mut missing = Vec::new();
        if initdb.is_none() || postgres.is_none() {
            missing.push("PostgreSQL is missing: install the Debian package postgresql-15.");
        }
        if nginx.is_none() {
            missing.push("nginx is missing: install the Debian package nginx.");
        }
        match (initdb, postgres, nginx) {
            (Some(initdb), Some(postgres), Some(nginx)) => Ok(Self {
                initdb,
                postgres,
                nginx,
            }),
            _ => Err(Error::new(missing.join("\n"))),
        }
    }
}

/// A program of the usual folders, else of `PATH`. It is the real file: PostgreSQL looks beside it for its other programs.
fn program(surroundings: &Surroundings, name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let mut usual = folders.iter().map(|folder| folder.join(name));
    let found = usual
        .find(|program| program.is_file())
        .or_else(|| surroundings.program(name))?;
    found.canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Programs;
    use crate::surroundings::Surroundings;
    use crate::test_support::write_script;

    #[test]
    fn each_missing_package_has_a_sentence() {
        let error = Programs::find(&Surroundings::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "PostgreSQL is missing: install the Debian package postgresql-15.\n\
             nginx is missing: install the Debian package nginx."
        );
    }

    #[test]
    fn programs_are_found_in_usual_folders_and_on_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let (postgres, path) = (folder.path().join("15/bin"), folder.path().join("bin"));
        fs::create_dir_all(&postgres).unwrap();
        fs::create_dir(&path).unwrap();
        for program in [
            postgres.join("initdb"),
            postgres.join("postgres"),
            path.join("nginx"),
        ] {
            write_script(&program, "true");
        }
        let mut surroundings = Surroundings {
            postgres_folders: vec![postgres.clone()],
            ..Surroundings::default()
        };
        let error = Programs::find(&surroundings).unwrap_err().to_string();
        assert_eq!(error, "nginx is missing: install the Debian package nginx.");
        surroundings.path = vec![path];
        let found = Programs::find(&surroundings).unwrap();
        assert_eq!(
            found.initdb,
            postgres.join("initdb").canonicalize().unwrap()
        );
    }
}
