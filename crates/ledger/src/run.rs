//! The course of a run.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use fastrand::Rng;
use keycloak_admin::types::{ClientRepresentation, RealmRepresentation};
use keycloak_admin::{Credentials, Keycloak, Realm};
use keycloak_server::cluster::CLUSTER;
use keycloak_server::{Cluster, ClusterRecord, ProgressLine, ServerSpec, harness};
use tokio::runtime::Builder;

use crate::compare::{Views, compare};
use crate::faults::{self, Fault, Made, Plan};
use crate::shared::Shared;
use crate::tally::Tally;
use crate::worker::{Common, Worker};

/// The life of an access token, in seconds.
const TOKEN_LIFE: i32 = 10;
/// The timeout of a call with its retries.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The timeout of the deletion of the realm with all its users.
const DELETE_TIMEOUT: Duration = Duration::from_secs(600);
const CLIENT: &str = "ledger";
const SECRET: &str = "the ledger's secret";

/// Change objects on a cluster while its parts fail, and compare the server with what the callers were told
///
/// It starts a cluster of its own, or uses the one whose folder `KEYCLOAK_CLUSTER` names. The exit code is 1 if something that was reported as
/// done is missing, if something that was certainly not done is there, if something exists twice, or if no operation succeeded.
#[derive(Debug, clap::Parser)]
#[command(name = "cargo xtask ledger", bin_name = "cargo xtask ledger")]
pub struct Args {
    /// The seed of the operations and the faults; a random one by default
    #[arg(long)]
    seed: Option<u64>,
    /// How long the workers work
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The number of workers
    #[arg(long, default_value_t = 8)]
    workers: usize,
    /// Make each fault once and end then, after about half a minute
    #[arg(long, conflicts_with = "minutes")]
    short: bool,
}

/// Runs the workers and the faults, and prints the tables. Returns whether nothing was violated.
pub fn run(args: &Args) -> Result<bool> {
    keycloak_server::stop_servers_on_ctrl_c()?;
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    let cluster = cluster()?;
    let title = title(args, seed, cluster.record());
    println!("{title}");
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let (cluster, tally, made) = runtime.block_on(work(cluster, args, seed))?;
    println!("\n{title}\n\n{}{}", tally.report(), fault_table(&made));
    println!("{} violations", tally.violations());
    cluster.stop_if_own()?;
    ensure!(
        tally.done() > 0,
        "no operation succeeded: nothing is compared"
    );
    Ok(tally.violations() == 0)
}

fn cluster() -> Result<Cluster> {
    if let Some(folder) = std::env::var_os(CLUSTER) {
        let record = ClusterRecord::read(Path::new(&folder))?
            .with_context(|| format!("{CLUSTER} names no folder of a running cluster"))?;
        return Ok(Cluster::adopt(record)?);
    }
    let mut line = ProgressLine::stderr();
    let spec = ServerSpec::newest();
    Ok(Cluster::start(&spec, &mut |message| line.show(message))?)
}

fn title(args: &Args, seed: u64, record: &ClusterRecord) -> String {
    let length = if args.short {
        "each fault once".to_owned()
    } else {
        format!("{} minutes", args.minutes)
    };
    format!(
        "Keycloak {}, {}, {} workers, {length}, tokens of {TOKEN_LIFE} s, --seed {seed}",
        record.version,
        record.database_name(),
        args.workers
    )
}

async fn work(mut cluster: Cluster, args: &Args, seed: u64) -> Result<(Cluster, Tally, Vec<Made>)> {
    let admin = administrator(&cluster, &cluster.record().url)?;
    let name = harness::realm_name("ledger");
    let realm = make_realm(&cluster, &admin, &name).await?;
    let common = Arc::new(Common {
        realm,
        tally: Tally::new(Duration::from_secs(if args.short { 10 } else { 60 })),
        shared: Shared::default(),
        is_over: AtomicBool::new(false),
    });
    let mut rng = Rng::with_seed(seed);
    let mut workers = Vec::new();
    for number in 0..args.workers {
        workers.push(Worker::prepare(&common, number, rng.u64(..)).await?);
    }
    let plan = plan(args, rng);
    let running: Vec<_> = workers
        .into_iter()
        .map(|worker| tokio::spawn(worker.work()))
        .collect();
    let shared = Arc::clone(&common);
    let (cluster, made) = tokio::task::spawn_blocking(move || {
        let made = faults::make(&mut cluster, plan, &shared.is_over);
        (cluster, made)
    })
    .await?;
    let mut ledgers = Vec::new();
    for worker in running {
        ledgers.push(worker.await?);
    }
    let made = made?;
    let views = views(&cluster, &name)?;
    compare(&views, &ledgers, &common.shared, &common.tally).await?;
    views.realm.delete().timeout(DELETE_TIMEOUT).await?;
    let common = Arc::into_inner(common).context("a worker still runs")?;
    Ok((cluster, common.tally, made))
}

fn plan(args: &Args, rng: Rng) -> Plan {
    if args.short {
        Plan::List(Fault::SHORT.to_vec(), Duration::from_secs(3))
    } else {
        Plan::Random(rng, Duration::from_secs(args.minutes * 60))
    }
}

/// A client of the cluster, or of one of its nodes, as its administrator.
fn administrator(cluster: &Cluster, url: &str) -> Result<Keycloak> {
    let record = cluster.record();
    let credentials = Credentials::password(&record.admin_username, &record.admin_password);
    Ok(Keycloak::builder(url)
        .credentials(credentials)
        .root_certificate_pem(&std::fs::read(record.ca_file())?)
        .build()?)
}

fn views(cluster: &Cluster, realm: &str) -> Result<Views> {
    let nodes: Result<Vec<Realm>> = cluster
        .node_urls()
        .into_iter()
        .map(|url| Ok(administrator(cluster, url)?.realm(realm)))
        .collect();
    Ok(Views {
        realm: administrator(cluster, &cluster.record().url)?.realm(realm),
        nodes: nodes?,
    })
}

/// Makes a realm and a client of it with all rights, as which the workers log in.
async fn make_realm(cluster: &Cluster, admin: &Keycloak, name: &str) -> Result<Realm> {
    let settings = RealmRepresentation::new()
        .with_realm(name)
        .with_enabled(true)
        .with_access_token_lifespan(TOKEN_LIFE);
    admin.realms().create(&settings).await?;
    let realm = admin.realm(name);
    let client = ClientRepresentation::new()
        .with_client_id(CLIENT)
        .with_secret(SECRET)
        .with_service_accounts_enabled(true);
    let uuid = realm.clients().create(&client).await?;
    let account = realm.client_by_uuid(&uuid).get_service_account_user();
    let account = account.await?.id.context("an account has an id")?;
    let roles = realm.user(&account).client_roles("realm-management");
    roles.add_by_name(["realm-admin"]).await?;
    let record = cluster.record();
    let worker = Keycloak::builder(&record.url)
        .credentials(Credentials::client_secret(CLIENT, SECRET))
        .auth_realm(name)
        .root_certificate_pem(&std::fs::read(record.ca_file())?)
        .timeout(CALL_TIMEOUT)
        .build()?;
    Ok(worker.realm(name))
}

fn fault_table(made: &[Made]) -> String {
    let mut text = format!("\n{:>8}{:>10}  fault\n", "second", "ready in");
    for Made { fault, at, took } in made {
        let (at, took) = (at.as_secs_f64(), took.as_secs_f64());
        let _ = writeln!(text, "{at:>8.1}{took:>8.1} s  {fault}");
    }
    text
}
