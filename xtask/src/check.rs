//! `cargo xtask test`: everything that has to hold, on real servers that it starts and stops itself.

use std::panic::resume_unwind;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail};
use keycloak_server::{ProgressLine, Server, ServerSpec, harness};
use workspace::{root, target};

use crate::audit;
use crate::cluster;
use crate::conformance::{lasting, suite};
use crate::generate;
use crate::public_api;
use crate::server_faults::{self, Repeats};
use crate::steps::Steps;
use crate::test_programs::{self, Environment, Extent, Program, Totals};

/// Arguments of `test`.
#[derive(clap::Args)]
pub struct TestArgs {
    /// Run without servers: only the checks that need neither Keycloak nor Maven.
    #[arg(long)]
    quick: bool,
    /// Run also the checks that take long and seldom fail: older servers, each feature alone, the instructions of a call, a cluster, tests in modules `nightly`.
    #[arg(long, conflicts_with = "quick")]
    all: bool,
    /// What to give to `cargo test` instead of `--workspace`, such as `-p keycloak-admin --test suite users::`.
    /// Only these tests run then, without the checks before them.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CARGO TEST ARGUMENTS"
    )]
    only: Vec<String>,
}

impl TestArgs {
    fn extent(&self) -> Extent {
        // Somebody who names tests wants them to run.
        match (self.quick, self.all || !self.only.is_empty()) {
            (true, _) => Extent::Quick,
            (false, false) => Extent::Usual,
            (false, true) => Extent::All,
        }
    }
}

/// Runs the command on this repository.
pub fn run(args: &TestArgs) -> Result<()> {
    let extent = args.extent();
    let mut steps = Steps::default();
    if args.only.is_empty() {
        steps.begin("generated code is up to date");
        generate::check_all()?;
        steps.begin("dependencies");
        audit::run(&audit::AuditArgs {})?;
        steps.begin("format");
        cargo(&["fmt", "--all", "--check"])?;
        steps.begin("lints");
        cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])?;
        if extent == Extent::All {
            steps.begin("features, one by one");
            features()?;
        }
        steps.begin("documentation and public API");
        public_api::check_all()?;
    }
    steps.begin("building the tests");
    let selection: Vec<&str> = args.only.iter().map(String::as_str).collect();
    let mut build = vec!["test", "--quiet", "--no-run"];
    if selection.is_empty() {
        build.extend(test_programs::WORKSPACE);
    }
    build.extend(selection.iter().take_while(|argument| **argument != "--"));
    cargo(&build)?;

    // Servers start after the builds, so that the two do not compete for the processors.
    let mut servers = if extent == Extent::Quick {
        Servers::default()
    } else {
        steps.begin("servers");
        Servers::start()?
    };
    steps.begin("tests");
    let repeats = Repeats::new()?;
    servers.env.push(repeats.env());
    let environment = Environment {
        variables: servers.env.clone(),
        extent,
    };
    let totals = if selection.is_empty() {
        whole_workspace(&environment)?
    } else {
        test_programs::run_one(test_programs::cargo_test(&selection, &environment))?
    };
    let faults = server_faults::report(servers.running.iter().map(Server::log_path))?;
    servers.stop()?;
    let cluster = if args.only.is_empty() && extent == Extent::All {
        steps.begin("a cluster, also while its parts fail");
        cluster::check()
    } else {
        Ok(())
    };
    steps.end();

    print!("{faults}{}", repeats.report()?);
    print!("\n{}\n{steps}", totals.slowest());
    if extent == Extent::Usual {
        println!("{} tests run only with --all", totals.filtered);
    }
    println!(
        "{} passed, {} failed, {} skipped",
        totals.passed, totals.failed, totals.ignored
    );
    cluster?;
    if totals.failed > 0 || !totals.succeeded {
        bail!("tests failed");
    }
    Ok(())
}

/// Checks each feature alone, and no feature. Features that `keycloak-admin` only hands on are checked in the crate that uses them.
fn features() -> Result<()> {
    for (package, feature) in [
        ("keycloak-admin", ""),
        ("keycloak-admin", "phasetwo"),
        ("keycloak-session", "http2"),
        ("keycloak-session", "system-proxy"),
    ] {
        let mut arguments = vec!["clippy", "--quiet", "--package", package];
        arguments.extend(["--no-default-features", "--features", feature]);
        arguments.extend(["--", "-D", "warnings"]);
        cargo(&arguments)?;
    }
    Ok(())
}

/// Runs the tests of the workspace and the conformance suite.
fn whole_workspace(environment: &Environment) -> Result<Totals> {
    let mut programs = test_programs::of_workspace(environment)?;
    match environment.extent {
        Extent::Quick => test_programs::run_all(programs),
        Extent::Usual => {
            let mut command = conformance()?;
            command.envs(environment.variables.iter().cloned());
            programs.insert(0, Program::new("conformance", command));
            test_programs::run_all(programs)
        }
        Extent::All => everything(programs),
    }
}

/// Runs these programs and the conformance suite on all supported servers, and counts the instructions of a call, whose number is the same on a
/// busy machine.
fn everything(mut programs: Vec<Program>) -> Result<Totals> {
    let report = root().join("docs/conformance.md");
    let committed = std::fs::read_to_string(&report).unwrap_or_default();
    // The suite takes longest, and runs on servers of its own.
    let mut command = conformance()?;
    command
        .arg("--write-docs")
        .env_remove(format!("{}URL", harness::KEYCLOAK))
        .env_remove(format!("{}URL", harness::PHASETWO));
    let mut instructions = workspace::cargo();
    instructions
        .args(["xtask", "bench", "--instructions", "--check"])
        .current_dir(root());
    programs.insert(0, Program::new("instructions of a call", instructions));
    programs.insert(0, Program::new("conformance", command));
    let mut totals = test_programs::run_all(programs)?;
    if totals.succeeded && lasting(&std::fs::read_to_string(&report)?) != lasting(&committed) {
        println!("docs/conformance.md differed from the results and has them now: commit it");
        totals.succeeded = false;
    }
    Ok(totals)
}

/// The command of the conformance suite. The tests of its crate need the program, so cargo has built it with them.
fn conformance() -> Result<Command> {
    suite(Command::new(target().join("debug/conformance")))
}

fn cargo(arguments: &[&str]) -> Result<()> {
    let status = workspace::cargo()
        .args(arguments)
        .current_dir(root())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("`cargo {}` failed", arguments.join(" "));
    }
    Ok(())
}

/// The servers that the tests use, with the variables that name them.
#[derive(Default)]
struct Servers {
    running: Vec<Server>,
    env: Vec<(String, String)>,
}

impl Servers {
    /// Starts what the environment does not name already, all at the same time.
    fn start() -> Result<Self> {
        keycloak_server::stop_servers_on_ctrl_c()?;
        let wanted = [
            (harness::KEYCLOAK, ServerSpec::newest()),
            (harness::PHASETWO, ServerSpec::phasetwo()),
        ];
        let started = thread::scope(|scope| {
            let starting = wanted.map(|(prefix, spec)| scope.spawn(move || start(prefix, &spec)));
            starting.map(|server| server.join().unwrap_or_else(|panic| resume_unwind(panic)))
        });
        let mut servers = Self::default();
        for (prefix, server) in started {
            if let Some(server) = server? {
                servers.env.extend(server.env(prefix));
                servers.running.push(server);
            }
        }
        Ok(servers)
    }

    fn stop(self) -> Result<()> {
        for server in self.running {
            server.stop()?;
        }
        Ok(())
    }
}

/// Starts a server with all features, unless the environment names one.
fn start(prefix: &'static str, spec: &ServerSpec) -> (&'static str, Result<Option<Server>>) {
    if let Ok(url) = std::env::var(format!("{prefix}URL")) {
        println!("using {url}, which {prefix}URL names");
        return (prefix, Ok(None));
    }
    let mut line = ProgressLine::stderr();
    let spec = spec.clone().with_all_features();
    let server = Server::start(&spec, &mut |message| line.show(message));
    drop(line);
    if let Ok(server) = &server {
        println!("{spec} at {}", server.url());
    }
    (prefix, server.map(Some).map_err(Into::into))
}
