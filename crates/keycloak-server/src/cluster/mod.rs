//! A cluster on 127.0.0.1: PostgreSQL, two Keycloak nodes in production mode that find each other, and nginx in front of them with TLS.
//!
//! nginx asks the nodes in turn, without stickiness. PostgreSQL and nginx come from the system's packages.

mod nginx;
mod part;
mod postgres;
mod record;

use std::fs;
use std::path::{Path, PathBuf};

pub use self::postgres::DatabaseEnd;
pub use self::record::{ClusterProcess, ClusterRecord};

use self::part::Programs;
use self::record::NODES;
use crate::server::NodeSettings;
use crate::surroundings::Surroundings;
use crate::{Error, Record, Server, ServerSpec, certificates, java, process, run, tree};

/// The path of Keycloak below the address of the cluster.
const PATH: &str = "/auth";

/// The variable that names the folder of a running cluster to a child process.
pub const CLUSTER: &str = "KEYCLOAK_CLUSTER";

/// A running cluster that ends with this value.
#[derive(Debug)]
pub struct Cluster {
    record: ClusterRecord,
    programs: Programs,
    nodes: Vec<Server>,
    /// False for a cluster that another process has started.
    is_own: bool,
}

impl Cluster {
    /// Starts a cluster on free ports and waits until the administrator can log in to each node.
    ///
    /// `progress` is told what is being done, such as `node 1 of Keycloak 26.7.5: starting (12 s)`.
    ///
    /// # Errors
    /// When a package, Java or Maven is missing, or when a process ends or is not ready after 900 seconds. Nothing is left running.
    pub fn start(spec: &ServerSpec, progress: &mut dyn FnMut(&str)) -> Result<Self, Error> {
        let surroundings = Surroundings::from_env();
        let programs = Programs::find(&surroundings)?;
        let java = java::find(&surroundings)?;
        record::tidy()?;
        let folder = run::create_folder_in(&record::root()?, spec)?;
        let data = database_folder()?;
        let mut cluster = Self {
            record: ClusterRecord::new(spec.version(), spec.features(), folder, data),
            programs,
            nodes: Vec::new(),
            is_own: true,
        };
        // Before there is anything to clean up, so that it is cleaned up whatever happens.
        cluster.record.save()?;
        process::remember_cluster(cluster.record.folder());
        cluster.start_proxy()?;
        progress("PostgreSQL: starting");
        cluster.start_database()?;
        cluster.copy_nodes(spec, &surroundings, &java, progress)?;
        cluster.start_nodes(spec, &java, progress)?;
        Ok(cluster)
    }

    /// Like [`start`](Self::start), but the cluster stays when this process ends, until [`ClusterRecord::stop`]. If such a cluster runs already,
    /// it is returned.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_detached(
        spec: &ServerSpec,
        progress: &mut dyn FnMut(&str),
    ) -> Result<ClusterRecord, Error> {
        for record in ClusterRecord::list()? {
            let is_it = record.owner.is_none()
                && record.version == spec.version()
                && record.features == spec.features();
            if is_it && record.is_running()? {
                return Ok(record);
            }
        }
        let mut cluster = Self::start(spec, progress)?;
        cluster.record.owner = None;
        cluster.record.save()?;
        for node in &mut cluster.nodes {
            node.stays()?;
        }
        process::forget_cluster(cluster.record.folder());
        cluster.is_own = false;
        Ok(cluster.record.clone())
    }

    /// Takes a cluster that another process has started, to disturb it. It stays when this value is dropped.
    ///
    /// # Errors
    /// When a package or Java is missing, or when the state of a node cannot be read.
    pub fn adopt(record: ClusterRecord) -> Result<Self, Error> {
        let surroundings = Surroundings::from_env();
        let programs = Programs::find(&surroundings)?;
        let java = java::find(&surroundings)?;
        let features: Vec<&str> = record.features.iter().map(String::as_str).collect();
        let spec = ServerSpec::new(&record.version, false)?.with_features(&features);
        let settings = settings(&record);
        let nodes = record.nodes()?.into_iter();
        let nodes = nodes.map(|node| Server::node(node, &spec, java.clone(), settings.clone()));
        Ok(Self {
            nodes: nodes.collect(),
            record,
            programs,
            is_own: false,
        })
    }

    /// The content of the cluster's state file.
    #[must_use]
    pub fn record(&self) -> &ClusterRecord {
        &self.record
    }

    /// The addresses of the nodes, such as `http://127.0.0.1:12345/auth`.
    #[must_use]
    pub fn node_urls(&self) -> Vec<&str> {
        self.nodes.iter().map(Server::url).collect()
    }

    /// Ends a node at once, as a crash would.
    pub fn kill_node(&mut self, node: usize) {
        self.nodes[node].kill();
    }

    /// Ends a node in order. It stays away until [`start_node`](Self::start_node).
    ///
    /// # Errors
    /// When the process does not end.
    pub fn stop_node(&mut self, node: usize) -> Result<(), Error> {
        let record = self.nodes[node].record();
        process::ask_to_end(record);
        process::see_to_its_end(record)?;
        self.nodes[node].kill();
        Ok(())
    }

    /// Starts a node again after its end, and waits until it is ready. A node that runs is only waited for.
    ///
    /// # Errors
    /// When the node ends, or is not ready after 900 seconds.
    pub fn start_node(&mut self, node: usize, progress: &mut dyn FnMut(&str)) -> Result<(), Error> {
        self.nodes[node].start_again(progress)
    }

    /// Makes nginx read its configuration again. Its processes are replaced.
    pub fn reload_proxy(&self) {
        nginx::reload(&self.record.proxy);
    }

    /// Ends PostgreSQL and starts it again.
    ///
    /// # Errors
    /// When the process does not end or does not start.
    pub fn restart_database(&mut self, how: DatabaseEnd) -> Result<(), Error> {
        postgres::end(&self.record.database, how)?;
        let port = self.record.database_port;
        postgres::start(&self.programs, &mut self.record, port)
    }

    /// Stops the cluster in order and waits for its end. Dropping does the same, silently.
    ///
    /// # Errors
    /// When a process does not end, or a folder cannot be removed.
    pub fn stop(mut self) -> Result<(), Error> {
        self.end()
    }

    /// Stops the cluster if this process has started it. One that was [adopted](Self::adopt) stays.
    ///
    /// # Errors
    /// As for [`stop`](Self::stop).
    pub fn stop_if_own(self) -> Result<(), Error> {
        if self.is_own { self.stop() } else { Ok(()) }
    }

    fn start_proxy(&mut self) -> Result<(), Error> {
        let record = &mut self.record;
        let folder = record.proxy.folder().to_owned();
        fs::create_dir(&folder).map_err(|error| Error::io("create", &folder, error))?;
        certificates::write(
            &record.ca_file(),
            &folder.join(nginx::CERTIFICATE),
            &folder.join(nginx::KEY),
        )?;
        record.proxy_port = nginx::start(&self.programs, record)?;
        record.url = format!("https://localhost:{}{PATH}", record.proxy_port);
        record.save()
    }

    fn start_database(&mut self) -> Result<(), Error> {
        self.record.database_port = postgres::create(&self.programs, &mut self.record)?;
        self.record.save()
    }

    fn copy_nodes(
        &self,
        spec: &ServerSpec,
        surroundings: &Surroundings,
        java: &Path,
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        for node in 0..NODES {
            let folder = self.record.node_folder(node);
            fs::create_dir(&folder).map_err(|error| Error::io("create", &folder, error))?;
            Record::new(spec, folder).save()?;
        }
        let home = |node| self.record.node_folder(node).join("home");
        let (root, options) = (run::root()?, build_options(spec));
        tree::copy_for_node(
            &root,
            spec,
            surroundings,
            java,
            &home(0),
            &options,
            progress,
        )?;
        (1..NODES).try_for_each(|node| tree::copy_node(&home(0), &home(node)))
    }

    /// Starts the nodes one after another: the first one fills the database.
    fn start_nodes(
        &mut self,
        spec: &ServerSpec,
        java: &Path,
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        let settings = settings(&self.record);
        for (number, record) in self.record.nodes()?.into_iter().enumerate() {
            let node = Server::node(record, spec, java.to_owned(), settings.clone());
            // Before it runs, so that it is ended whatever happens.
            self.nodes.push(node);
            self.nodes[number].launch_on_free_ports(&mut |message| {
                progress(&format!("node {} of {message}", number + 1));
            })?;
        }
        let addresses: Vec<String> = self.node_urls().iter().map(|url| address(url)).collect();
        nginx::set_nodes(&self.record.proxy, self.record.proxy_port, &addresses)
    }

    fn end(&mut self) -> Result<(), Error> {
        self.is_own = false;
        // The record on the disk has the latest numbers, also if another process has disturbed the cluster.
        let result = stop_in(self.record.folder());
        for node in &mut self.nodes {
            node.kill();
        }
        process::forget_cluster(self.record.folder());
        result
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.is_own {
            let _ = self.end();
        }
    }
}

/// Stops the cluster of this folder, if it has not been stopped.
pub(crate) fn stop_in(folder: &Path) -> Result<(), Error> {
    match ClusterRecord::read(folder)? {
        Some(record) => record.stop(),
        None => Ok(()),
    }
}

/// A folder that the account of PostgreSQL reaches, whoever owns the workspace.
fn database_folder() -> Result<PathBuf, Error> {
    let failed = |error| Error::new(format!("cannot make a folder for PostgreSQL: {error}"));
    let folder = tempfile::Builder::new()
        .prefix("keycloak-cluster-")
        .tempdir()
        .map_err(failed)?;
    // The record of the cluster removes it.
    let folder = folder.keep().canonicalize().map_err(failed)?;
    Ok(folder.join("data"))
}

/// The host and port of a node's URL.
fn address(url: &str) -> String {
    let rest = url.trim_start_matches("http://");
    rest.trim_end_matches(PATH).to_owned()
}

/// Options of `kc.sh build`.
fn build_options(spec: &ServerSpec) -> Vec<String> {
    let fixed = [
        "--db=postgres",
        "--cache=ispn",
        "--cache-stack=jdbc-ping",
        "--health-enabled=true",
    ];
    let mut options: Vec<String> = fixed.iter().map(|option| (*option).to_owned()).collect();
    options.push(format!("--http-relative-path={PATH}"));
    options.push("--http-management-relative-path=/".to_owned());
    options.extend(spec.build_options());
    options
}

/// The settings of each node: the addresses of the database and the proxy, and loopback as the only network.
fn settings(record: &ClusterRecord) -> NodeSettings {
    let options = vec![
        format!("--db-url={}", postgres::jdbc_url(record.database_port)),
        format!("--db-username={}", postgres::USER),
        format!("--hostname={}", record.url),
        "--proxy-headers=xforwarded".to_owned(),
        "--http-enabled=true".to_owned(),
        "--cache-embedded-network-bind-address=127.0.0.1".to_owned(),
        // A node that reads a document of its own realms gets it from the proxy.
        format!("--truststore-paths={}", record.ca_file().display()),
    ];
    let password = ("KC_DB_PASSWORD".to_owned(), postgres::PASSWORD.to_owned());
    NodeSettings {
        options,
        env: vec![password],
        path: PATH,
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_proxy_gets_hosts_and_ports() {
        assert_eq!(address("http://127.0.0.1:12345/auth"), "127.0.0.1:12345");
    }
}
