//! The state file of a cluster.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::nginx;
use super::part::Part;
use super::postgres::{self, DatabaseEnd};
use crate::{Error, Record, process, run};

/// The number of nodes of a cluster.
pub(super) const NODES: usize = 2;
/// Logs of ended clusters are kept for the newest of them.
const KEPT_CLUSTERS: usize = 5;

/// A started cluster as its state file tells it, readable from any process.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClusterRecord {
    /// Keycloak's version, such as `26.7.5`.
    pub version: String,
    /// The features that are switched on.
    pub features: Vec<String>,
    /// The address of the proxy, without a slash at the end, such as `https://localhost:12345/auth`.
    pub url: String,
    /// The process that stops this cluster when it ends; none for a cluster that stays.
    pub owner: Option<u32>,
    /// The administrator of the realm `master`.
    pub admin_username: String,
    /// The administrator's password. Everything listens on loopback only.
    pub admin_password: String,
    pub(super) proxy_port: u16,
    pub(super) database_port: u16,
    pub(super) proxy: Part,
    pub(super) database: Part,
    #[serde(skip)]
    folder: PathBuf,
}

/// Leaves the password out.
impl fmt::Debug for ClusterRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterRecord")
            .field("version", &self.version)
            .field("url", &self.url)
            .field("owner", &self.owner)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl ClusterRecord {
    pub(super) fn new(version: &str, features: &[String], folder: PathBuf, data: PathBuf) -> Self {
        Self {
            version: version.to_owned(),
            features: features.to_vec(),
            url: String::new(),
            owner: Some(std::process::id()),
            admin_username: "admin".to_owned(),
            admin_password: "admin".to_owned(),
            proxy_port: 0,
            database_port: 0,
            proxy: Part::new("nginx", folder.join("nginx")),
            database: Part::new("PostgreSQL", data),
            folder,
        }
    }

    /// Lists the clusters that were started and have not been stopped, the oldest first.
    ///
    /// # Errors
    /// When a state file cannot be read.
    pub fn list() -> Result<Vec<Self>, Error> {
        list_in(&root()?)
    }

    /// Reads the record of a cluster from its [`folder`](Self::folder), if it has a state file.
    ///
    /// # Errors
    /// When the state file cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let record: Option<Self> = run::read_state(&folder.join("state.json"))?;
        let folder = folder.to_owned();
        Ok(record.map(|record| Self { folder, ..record }))
    }

    pub(super) fn save(&self) -> Result<(), Error> {
        run::write_state(&self.folder.join("state.json"), self)
    }

    /// Starts the proxy and saves its number.
    pub(super) fn spawn_proxy(&mut self, command: &mut Command) -> Result<(), Error> {
        let log = nginx::log(self.proxy.folder());
        process::start_part(|| {
            self.proxy.spawn(command, &log)?;
            self.save()
        })
    }

    /// Starts the database and saves its number.
    pub(super) fn spawn_database(&mut self, command: &mut Command) -> Result<(), Error> {
        let log = self.database_log();
        process::start_part(|| {
            self.database.spawn(command, &log)?;
            self.save()
        })
    }

    /// The folder of the cluster. Its logs stay there after its end.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The certificate of the authority that signed the proxy's, in PEM.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The log of the database.
    pub(super) fn database_log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    pub(super) fn node_folder(&self, node: usize) -> PathBuf {
        self.folder.join(format!("node-{}", node + 1))
    }

    /// Returns the records of the nodes that were started.
    pub(super) fn nodes(&self) -> Result<Vec<Record>, Error> {
        let mut nodes = Vec::new();
        for node in 0..NODES {
            nodes.extend(Record::read(self.node_folder(node))?);
        }
        Ok(nodes)
    }

    /// Returns the name and the major version of the database, such as `PostgreSQL 15`.
    #[must_use]
    pub fn database_name(&self) -> String {
        let version = fs::read_to_string(self.database.folder().join("PG_VERSION"));
        let version = version.unwrap_or_default();
        format!("PostgreSQL {}", version.trim())
    }

    /// Lists the processes of the cluster: their names, numbers and logs, and whether they run.
    ///
    /// # Errors
    /// When the state of a node cannot be read.
    pub fn processes(&self) -> Result<Vec<ClusterProcess>, Error> {
        let part = |name: &str, part: &Part, log| ClusterProcess {
            name: name.to_owned(),
            pid: part.pid(),
            is_running: part.is_running(),
            log,
        };
        let proxy_log = nginx::log(self.proxy.folder());
        let mut processes = vec![
            part("PostgreSQL", &self.database, self.database_log()),
            part("nginx", &self.proxy, proxy_log),
        ];
        for (number, node) in self.nodes()?.iter().enumerate() {
            processes.push(ClusterProcess {
                name: format!("node {}", number + 1),
                pid: node.pid,
                is_running: node.is_running(),
                log: node.log_path(),
            });
        }
        Ok(processes)
    }

    /// Returns whether each process of the cluster runs.
    ///
    /// # Errors
    /// When the state of a node cannot be read.
    pub fn is_running(&self) -> Result<bool, Error> {
        let processes = self.processes()?;
        Ok(processes.len() == NODES + 2 && processes.iter().all(|process| process.is_running))
    }

    /// Returns whether nothing will stop this cluster unless asked to: it was started to stay, or the
    /// process that started it ended without stopping it.
    #[must_use]
    pub fn is_on_its_own(&self) -> bool {
        !self.owner.is_some_and(process::exists)
    }

    /// The variables that [`harness`](crate::harness) reads, for a child process that tests against
    /// this cluster.
    #[must_use]
    pub fn env(&self, prefix: &str) -> Vec<(String, String)> {
        let ca_file = self.ca_file().display().to_string();
        [
            ("URL", &self.url),
            ("CA_FILE", &ca_file),
            ("ADMIN_USERNAME", &self.admin_username),
            ("ADMIN_PASSWORD", &self.admin_password),
            ("VERSION", &self.version),
        ]
        .map(|(name, value)| (format!("{prefix}{name}"), value.clone()))
        .into()
    }

    /// Ends all processes in order, and removes their files except the logs.
    ///
    /// # Errors
    /// When a process does not end, or a folder cannot be removed.
    pub fn stop(&self) -> Result<(), Error> {
        let nodes = self.nodes()?;
        nodes.iter().for_each(process::ask_to_end);
        self.proxy.end(rustix::process::Signal::TERM)?;
        for node in &nodes {
            process::see_to_its_end(node)?;
        }
        postgres::end(&self.database, DatabaseEnd::Fast)?;
        self.remove_files()
    }

    fn remove_files(&self) -> Result<(), Error> {
        for node in self.nodes()? {
            node.remove_files()?;
        }
        let data = self.database.folder();
        let data = data.parent().unwrap_or(data);
        run::absent_is_fine(fs::remove_dir_all(data))
            .map_err(|error| Error::io("remove", data, error))?;
        let state = self.folder.join("state.json");
        run::absent_is_fine(fs::remove_file(&state))
            .map_err(|error| Error::io("remove", &state, error))
    }
}

/// A process of a cluster.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClusterProcess {
    /// Its name, such as `node 1`.
    pub name: String,
    /// Its number.
    pub pid: u32,
    /// True if it runs.
    pub is_running: bool,
    /// Its log.
    pub log: PathBuf,
}

/// The folder of all clusters.
pub(super) fn root() -> Result<PathBuf, Error> {
    Ok(run::root()?.join("clusters"))
}

fn list_in(root: &Path) -> Result<Vec<ClusterRecord>, Error> {
    let mut records = Vec::new();
    for folder in run::folders(root)? {
        records.extend(ClusterRecord::read(&folder)?);
    }
    Ok(records)
}

/// Stops broken clusters that no process owns, and removes the logs of all but the newest clusters.
pub(super) fn tidy() -> Result<(), Error> {
    let root = root()?;
    for record in list_in(&root)? {
        if record.is_on_its_own() && !record.is_running()? {
            record.stop()?;
        }
    }
    run::remove_old(&root, KEPT_CLUSTERS)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{ClusterRecord, list_in};

    #[test]
    fn a_record_survives_its_file_and_names_the_ca_to_tests() {
        let root = tempfile::tempdir().unwrap();
        let (folder, data) = (root.path().join("1"), root.path().join("temporary/data"));
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(&data).unwrap();
        let mut saved = ClusterRecord::new("26.7.5", &[], folder.clone(), data.clone());
        saved.url = "https://localhost:1/auth".to_owned();
        saved.admin_password = "opensesame".to_owned();
        saved.save().unwrap();
        let [loaded]: [ClusterRecord; 1] = list_in(root.path()).unwrap().try_into().unwrap();
        assert_eq!(loaded.folder(), folder);
        assert!(!format!("{loaded:?}").contains("opensesame"));
        let env = loaded.env("KEYCLOAK_");
        let pair = |name: &str, value: String| (name.to_owned(), value);
        assert_eq!(env[0], pair("KEYCLOAK_URL", saved.url));
        let ca = folder.join("ca.pem").display().to_string();
        assert_eq!(env[1], pair("KEYCLOAK_CA_FILE", ca));

        assert!(!loaded.is_running().unwrap());
        loaded.stop().unwrap();
        assert!(!data.exists());
        assert_eq!(list_in(root.path()).unwrap().len(), 0);
    }
}
