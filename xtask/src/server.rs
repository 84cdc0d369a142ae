//! `cargo xtask server`: real Keycloak servers on loopback that stay until they are stopped.

use anyhow::Context as _;
use keycloak_server::{Cluster, ClusterRecord, ProgressLine, Record, Server, ServerSpec, harness};

/// Start, stop and list real Keycloak servers on 127.0.0.1.
#[derive(Debug, clap::Args)]
pub(crate) struct ServerArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Start a server that stays, and print its address. A server that runs already is used.
    Start(Which),
    /// Stop the servers that were started to stay, or that a killed process left behind.
    Stop {
        #[command(flatten)]
        which: Which,
        /// Stop the servers of a running test, demo or benchmark too.
        #[arg(long)]
        all: bool,
    },
    /// List the servers.
    Status,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// Keycloak's version, such as 26.7.5.
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// With Phase Two's extensions.
    #[arg(long)]
    phasetwo: bool,
    /// With features that are off by default, such as client-types.
    #[arg(long, value_name = "FEATURE", value_delimiter = ',')]
    features: Vec<String>,
    /// Two nodes in production mode on PostgreSQL, behind nginx with TLS.
    #[arg(long, conflicts_with = "phasetwo")]
    cluster: bool,
}

impl Which {
    fn spec(&self) -> anyhow::Result<ServerSpec> {
        let spec = match (&self.version, self.phasetwo) {
            (Some(version), phasetwo) => ServerSpec::new(version, phasetwo)?,
            (None, true) => ServerSpec::phasetwo(),
            (None, false) => ServerSpec::newest(),
        };
        let features: Vec<&str> = self.features.iter().map(String::as_str).collect();
        Ok(spec.with_features(&features))
    }

    /// Options that were not given do not matter.
    fn matches(&self, record: &Record) -> bool {
        self.matches_version(&record.version)
            && (!self.phasetwo || record.phasetwo)
            && !self.cluster
    }

    fn matches_cluster(&self, record: &ClusterRecord) -> bool {
        self.matches_version(&record.version) && !self.phasetwo
    }

    fn matches_version(&self, version: &str) -> bool {
        self.version.as_ref().is_none_or(|v| v == version)
    }
}

/// Runs the command.
///
/// # Errors
/// If a server does not start or stop. The message has the reason.
pub(crate) fn run(args: &ServerArgs) -> anyhow::Result<()> {
    match &args.command {
        Command::Start(which) if which.cluster => start_cluster(&which.spec()?),
        Command::Start(which) => start(&which.spec()?),
        Command::Stop { which, all } => stop(which, *all),
        Command::Status => status(),
    }
}

fn start(spec: &ServerSpec) -> anyhow::Result<()> {
    keycloak_server::stop_servers_on_ctrl_c()?;
    let mut line = ProgressLine::stderr();
    let record = Server::start_detached(spec, &mut |message| line.show(message))?;
    drop(line);
    println!("{}", name(&record));
    println!("  url    {}", record.url);
    println!(
        "  admin  {} / {}",
        record.admin_username, record.admin_password
    );
    println!("  log    {}", record.log_path().display());
    let prefix = if record.phasetwo {
        harness::PHASETWO
    } else {
        harness::KEYCLOAK
    };
    print_env(&record.env(prefix));
    Ok(())
}

fn start_cluster(spec: &ServerSpec) -> anyhow::Result<()> {
    keycloak_server::stop_servers_on_ctrl_c()?;
    let mut line = ProgressLine::stderr();
    let record = Cluster::start_detached(spec, &mut |message| line.show(message))?;
    drop(line);
    println!("{}", cluster_name(&record));
    println!("  url    {}", record.url);
    println!("  ca     {}", record.ca_file().display());
    println!(
        "  admin  {} / {}",
        record.admin_username, record.admin_password
    );
    println!("  logs   {}", record.folder().display());
    print_env(&record.env(harness::KEYCLOAK));
    Ok(())
}

fn print_env(env: &[(String, String)]) {
    println!("Tests find it with:");
    for (name, value) in env {
        println!("  export {name}={value}");
    }
}

fn stop(which: &Which, all: bool) -> anyhow::Result<()> {
    let mut stopped = 0;
    for record in Record::list()? {
        if which.matches(&record) && (all || record.is_on_its_own()) {
            let name = name(&record);
            record.stop().with_context(|| format!("{name} stays"))?;
            println!("{name} at {} is stopped", record.url);
            stopped += 1;
        }
    }
    for record in ClusterRecord::list()? {
        if which.matches_cluster(&record) && (all || record.is_on_its_own()) {
            let name = cluster_name(&record);
            record.stop().with_context(|| format!("{name} stays"))?;
            println!("{name} at {} is stopped", record.url);
            stopped += 1;
        }
    }
    if stopped == 0 {
        println!("no server to stop");
    }
    Ok(())
}

fn status() -> anyhow::Result<()> {
    let records = Record::list()?;
    for record in &records {
        let state = state(record.is_running(), record.owner, record.is_on_its_own());
        println!(
            "{}  {}  pid {}  {state}  {}",
            name(record),
            record.url,
            record.pid,
            record.log_path().display()
        );
    }
    let clusters = ClusterRecord::list()?;
    for cluster in &clusters {
        let state = state(
            cluster.is_running()?,
            cluster.owner,
            cluster.is_on_its_own(),
        );
        println!("{}  {}  {state}", cluster_name(cluster), cluster.url);
        for process in cluster.processes()? {
            let is_running = if process.is_running {
                "running"
            } else {
                "not running"
            };
            let (name, pid, log) = (process.name, process.pid, process.log.display());
            println!("  {name:<10}  pid {pid}  {is_running}  {log}");
        }
    }
    if records.is_empty() && clusters.is_empty() {
        println!("no servers");
    }
    Ok(())
}

fn state(is_running: bool, owner: Option<u32>, is_on_its_own: bool) -> String {
    match owner {
        _ if !is_running => "not running".to_owned(),
        Some(owner) if !is_on_its_own => format!("running, belongs to pid {owner}"),
        Some(_) => "running, left behind".to_owned(),
        None => "running".to_owned(),
    }
}

fn cluster_name(record: &ClusterRecord) -> String {
    format!("Cluster of Keycloak {}", record.version)
}

fn name(record: &Record) -> String {
    let extensions = if record.phasetwo {
        " with Phase Two"
    } else {
        ""
    };
    format!("Keycloak {}{extensions}", record.version)
}
