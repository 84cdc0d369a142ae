//! All clients through all workloads, again and again.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use keycloak_server::{ProgressLine, Server, ServerSpec};
use serde::Deserialize;
use serde_json::json;

use crate::machine::{Machine, today};
use crate::peers::Contender;
use crate::plan::{
    QUICK_REPETITIONS, REAL, REAL_REPETITIONS, REAL_USERS, REAL_WARM_UPS, WORKLOADS, Workload,
};
use crate::process::Stub;
use crate::real::RealServer;
use crate::results::{Measured, Results};

/// The last output of a client.
#[derive(Deserialize)]
struct Outcome {
    seconds: BTreeMap<String, f64>,
    peak_kb: Option<u64>,
}

/// The workloads that are measured.
#[derive(Clone, Copy)]
pub struct Selection<'a> {
    /// Those whose name contains this.
    pub only: Option<&'a str>,
    /// Less of everything, and no real server.
    pub quick: bool,
}

/// Shows the progress, on a terminal only.
struct Progress(Option<ProgressLine>);

impl Progress {
    fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self(is_terminal.then(ProgressLine::stderr))
    }

    fn show(&mut self, message: &str) {
        if let Some(line) = &mut self.0 {
            line.show(message);
        }
    }
}

/// Measures everything that the arguments ask for.
pub fn all(program: &Path, clients: Vec<Contender>, selection: Selection<'_>) -> Result<Results> {
    let mut progress = Progress::new();
    let workloads: Vec<&Workload> = WORKLOADS
        .iter()
        .filter(|workload| {
            let only = selection.only;
            only.is_none_or(|only| workload.name.contains(only))
        })
        .collect();
    let mut measured = on_stub(
        program,
        &clients,
        &workloads,
        selection.quick,
        &mut progress,
    )?;
    if !selection.quick && selection.only.is_none_or(|only| only == "real") {
        measured.extend(on_real(&clients, &mut progress)?);
    }
    measured.iter_mut().for_each(Measured::compare);
    let clients = clients.into_iter();
    Ok(Results {
        date: today()?,
        machine: Machine::this()?,
        clients: clients
            .map(|client| {
                (
                    client.name.to_owned(),
                    format!("{} {}", client.title, client.version),
                )
            })
            .collect(),
        workloads: measured,
    })
}

fn on_stub(
    program: &Path,
    clients: &[Contender],
    workloads: &[&Workload],
    quick: bool,
    progress: &mut Progress,
) -> Result<Vec<Measured>> {
    let stub = Stub::start(program, &["stub"])?;
    let mut measured: Vec<Measured> = workloads
        .iter()
        .map(|workload| empty(workload.name, workload.title, workload.is_memory))
        .collect();
    let repetitions = workloads.iter().map(|workload| workload.repetitions);
    let most = if quick {
        QUICK_REPETITIONS
    } else {
        repetitions.max().unwrap_or(0)
    };
    for repetition in 0..most {
        for (workload, measured) in workloads.iter().zip(&mut measured) {
            let is_due = |client: &&Contender| {
                repetition < workload.repetitions.min(client.repetitions)
                    && (client.is_rust || !workload.is_memory)
            };
            for client in shuffled(clients.iter().filter(is_due)) {
                progress.show(&format!(
                    "{} of {most}: {} with {}",
                    repetition + 1,
                    workload.title,
                    client.title
                ));
                once(&stub, client, workload, quick, measured)?;
            }
        }
    }
    Ok(measured)
}

/// Everybody in another order each time: what comes after a client is not always the same one, nor what comes first.
fn shuffled<'c>(clients: impl Iterator<Item = &'c Contender>) -> Vec<&'c Contender> {
    let mut clients: Vec<_> = clients.collect();
    fastrand::shuffle(&mut clients);
    clients
}

fn empty(name: &str, title: &str, is_memory: bool) -> Measured {
    Measured {
        name: name.to_owned(),
        title: title.to_owned(),
        is_memory,
        by_client: BTreeMap::new(),
    }
}

/// One client in one workload.
fn once(
    stub: &Stub,
    client: &Contender,
    workload: &Workload,
    quick: bool,
    measured: &mut Measured,
) -> Result<()> {
    stub.counts()?;
    let count = if quick {
        workload.quick_count
    } else {
        workload.count
    };
    let mut command = start(client);
    command
        .args([workload.action, &format!("{}{}", stub.url, workload.prefix)])
        .args([workload.realm, &count.to_string()])
        .arg(workload.in_flight.to_string());
    let outcome =
        finish(&mut command).with_context(|| format!("{} in `{}`", client.title, workload.name))?;
    let counts = stub.counts()?;
    if outcome.seconds.values().sum::<f64>() < least(workload) {
        bail!(
            "{} in `{}` was faster than the server answers: it has left the prefix of the path out",
            client.title,
            workload.name
        );
    }
    let samples = measured
        .by_client
        .entry(client.name.to_owned())
        .or_default();
    samples.seconds.extend(outcome.seconds.values());
    #[allow(clippy::cast_precision_loss)] // kilobytes of a process
    samples
        .peak_kb
        .extend(outcome.peak_kb.map(|peak| peak as f64));
    samples.calls = counts.calls;
    samples.tokens = samples.tokens.max(counts.tokens);
    Ok(())
}

/// The seconds that a workload takes at least where every page of 100 waits for 5 ms.
fn least(workload: &Workload) -> f64 {
    if workload.prefix.is_empty() {
        return 0.0;
    }
    let rounds = workload.count.div_ceil(100) / workload.in_flight;
    f64::from(u32::try_from(rounds).unwrap_or(u32::MAX)) * 0.005
}

fn start(client: &Contender) -> Command {
    let mut command = Command::new(&client.command[0]);
    command.args(&client.command[1..]);
    // A proxy of the surroundings is not what is measured.
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command
}

fn finish(command: &mut Command) -> Result<Outcome> {
    let output = command.output().context("it does not start")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().next_back().unwrap_or_default();
    serde_json::from_str(last).with_context(|| format!("it printed {text:?}"))
}

/// The workload on a real server: a realm for each client and repetition.
fn on_real(clients: &[Contender], progress: &mut Progress) -> Result<Vec<Measured>> {
    keycloak_server::stop_servers_on_ctrl_c()?;
    let started = Server::start(&ServerSpec::newest(), &mut |message| progress.show(message))?;
    let server = RealServer::of(&started);
    let mut measured = REAL.map(|(name, title)| {
        let title = format!("Keycloak {}: {title}", started.version());
        empty(&format!("real-{name}"), &title, false)
    });
    let clients: Vec<&Contender> = clients.iter().filter(|client| client.is_on_real).collect();
    // The server compiles what is called often: nobody is measured while it does that first.
    for round in 0..REAL_WARM_UPS {
        for client in clients.iter().filter(|client| client.is_rust) {
            progress.show("real server: warm-up");
            on_realm(&server, client, &format!("warm-up-{}-{round}", client.name))?;
        }
    }
    for repetition in 0..REAL_REPETITIONS {
        // The slower ones once: it is the server that takes the time.
        let is_due = |client: &&Contender| client.is_rust || repetition == 0;
        for client in shuffled(clients.iter().copied().filter(is_due)) {
            progress.show(&format!(
                "real server, {} of {REAL_REPETITIONS}: {}",
                repetition + 1,
                client.title
            ));
            let outcome = on_realm(&server, client, &format!("{}-{repetition}", client.name))?;
            for ((part, _), measured) in REAL.iter().zip(&mut measured) {
                let samples = measured
                    .by_client
                    .entry(client.name.to_owned())
                    .or_default();
                samples.seconds.extend(outcome.seconds.get(*part));
            }
        }
    }
    started.stop()?;
    Ok(measured.into())
}

/// Runs a client on a realm with the role that the workload gives to users. The realm is deleted, so that the next client finds a server as empty.
fn on_realm(server: &RealServer, client: &Contender, realm: &str) -> Result<Outcome> {
    server.make_realm(
        &json!({"realm": realm, "enabled": true, "roles": {"realm": [{"name": "bench"}]}}),
    )?;
    let mut command = start(client);
    command
        .env("BENCH_USERNAME", &server.username)
        .env("BENCH_PASSWORD", &server.password)
        .args(["real", &server.url, realm, &REAL_USERS.to_string(), "1"]);
    let outcome =
        finish(&mut command).with_context(|| format!("{} on a real server", client.title));
    server.delete_realm(realm)?;
    outcome
}
