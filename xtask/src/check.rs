//! `cargo xtask test`: everything that has to hold, on real servers that it starts and stops itself.

use std::io::{BufRead, BufReader, Write as _};
use std::process::Command;

use anyhow::{Context, Result, bail};
use benchmarks::bench;
use keycloak_server::{ProgressLine, Server, ServerSpec, harness};
use workspace::root;

use crate::audit;
use crate::conformance::{lasting, suite};
use crate::generate;
use crate::public_api;
use crate::server_faults::{self, Repeats};
use crate::steps::Steps;

/// Arguments of `test`.
#[derive(clap::Args)]
pub struct TestArgs {
    /// Without servers: only what needs neither Keycloak nor Maven.
    #[arg(long)]
    quick: bool,
    /// What to give to `cargo test` instead of `--workspace`, such as `-p keycloak-admin --test users`.
    /// Only these tests run then, without the checks before them.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CARGO TEST ARGUMENTS"
    )]
    only: Vec<String>,
}

/// Runs the command on this repository.
pub fn run(args: &TestArgs) -> Result<()> {
    let mut steps = Steps::default();
    if args.only.is_empty() {
        steps.begin("generated code is what the specs give");
        generate::check_all()?;
        steps.begin("dependencies");
        audit::run(&audit::AuditArgs {})?;
        steps.begin("format");
        cargo(&["fmt", "--all", "--check"], &[])?;
        steps.begin("lints");
        cargo(
            &[
                "clippy",
                "--quiet",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ],
            &[],
        )?;
        steps.begin("documentation");
        cargo(
            &["doc", "--quiet", "--workspace", "--no-deps"],
            &[("RUSTDOCFLAGS".to_owned(), "-D warnings".to_owned())],
        )?;
        steps.begin("features, one by one");
        features()?;
        steps.begin("public API");
        public_api::check_all()?;
    }
    let selection: Vec<&str> = if args.only.is_empty() {
        vec!["--workspace"]
    } else {
        args.only.iter().map(String::as_str).collect()
    };

    steps.begin("building the tests");
    let build: Vec<&str> = ["test", "--quiet", "--no-run"]
        .into_iter()
        .chain(
            selection
                .iter()
                .copied()
                .take_while(|argument| *argument != "--"),
        )
        .collect();
    cargo(&build, &[])?;

    if args.only.is_empty() && !args.quick {
        steps.begin("instructions of a call");
        bench::check_instructions()?;
        steps.begin("every operation on real servers");
        conformance()?;
    }

    // Servers start after the builds, so that the two do not compete for the processors.
    let mut servers = if args.quick {
        Servers::default()
    } else {
        steps.begin("servers");
        Servers::start()?
    };
    steps.begin("tests");
    let repeats = Repeats::new()?;
    servers.env.push(repeats.env());
    let totals = tests(&selection, &servers.env, args.quick)?;
    let faults = server_faults::report(servers.running.iter().map(Server::log_path))?;
    servers.stop()?;
    steps.end();

    print!("{faults}{}", repeats.report()?);
    print!("\n{}\n{steps}", totals.slowest());
    println!(
        "{} passed, {} failed, {} skipped",
        totals.passed, totals.failed, totals.ignored
    );
    if totals.failed > 0 || !totals.succeeded {
        bail!("tests failed");
    }
    Ok(())
}

/// Each feature alone, and none of them. What `keycloak-admin` only hands on is checked where it does something.
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
        cargo(&arguments, &[])?;
    }
    Ok(())
}

/// The conformance suite, and that `docs/conformance.md` says what came out.
fn conformance() -> Result<()> {
    let report = root().join("docs/conformance.md");
    let committed = std::fs::read_to_string(&report).unwrap_or_default();
    // It runs on servers of its own, with features that are off by default.
    let status = suite()?
        .arg("--write-docs")
        .env_remove(format!("{}URL", harness::KEYCLOAK))
        .env_remove(format!("{}URL", harness::PHASETWO))
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("the conformance suite failed");
    }
    if lasting(&std::fs::read_to_string(&report)?) != lasting(&committed) {
        bail!("docs/conformance.md did not say what came out; it does now: commit it");
    }
    Ok(())
}

fn cargo(arguments: &[&str], env: &[(String, String)]) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .envs(env.iter().map(|(name, value)| (name, value)))
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
    /// Starts what the environment does not name already.
    fn start() -> Result<Self> {
        keycloak_server::stop_servers_on_ctrl_c()?;
        let mut servers = Self::default();
        for (prefix, spec) in [
            (harness::KEYCLOAK, ServerSpec::newest().with_all_features()),
            (
                harness::PHASETWO,
                ServerSpec::phasetwo().with_all_features(),
            ),
        ] {
            if let Ok(url) = std::env::var(format!("{prefix}URL")) {
                println!("using {url}, which {prefix}URL names");
                continue;
            }
            let mut line = ProgressLine::stderr();
            let server = Server::start(&spec, &mut |message| line.show(message))?;
            drop(line);
            println!("{spec} at {}", server.url());
            servers.env.extend(server.env(prefix));
            servers.running.push(server);
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

/// The sums over all of cargo's test binaries.
#[derive(Debug, Default, PartialEq)]
struct Totals {
    passed: usize,
    failed: usize,
    ignored: usize,
    succeeded: bool,
    /// The binaries that have run, with their seconds. The last one may still run.
    binaries: Vec<(String, f64)>,
}

fn tests(selection: &[&str], env: &[(String, String)], quick: bool) -> Result<Totals> {
    let mut arguments = vec!["test", "--no-fail-fast"];
    arguments.extend(selection);
    if !quick {
        if !selection.contains(&"--") {
            arguments.push("--");
        }
        arguments.push("--include-ignored");
    }
    // cargo names a test binary on one stream, and the binary says on the other one how long it took.
    let (output, input) = std::io::pipe()?;
    let mut child = Command::new(env!("CARGO"))
        .args(&arguments)
        .envs(env.iter().map(|(name, value)| (name, value)))
        .current_dir(root())
        .stdout(input.try_clone()?)
        .stderr(input)
        .spawn()
        .context("cannot start cargo")?;
    let mut totals = Totals::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        // Passed on as it comes: a long test run that is silent looks like one that hangs.
        writeln!(std::io::stdout(), "{line}")?;
        totals.add(&line);
    }
    totals.succeeded = child.wait()?.success();
    Ok(totals)
}

impl Totals {
    /// Adds a line such as `Running tests/call.rs (target/debug/deps/call-0f37c22c873e3a0a)` or
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; ...; finished in 1.05s`.
    fn add(&mut self, line: &str) {
        if let Some((_, binary)) = line.trim().split_once("/deps/")
            && line.trim().starts_with("Running ")
        {
            let name = binary.rsplit_once('-').map_or(binary, |(name, _)| name);
            self.binaries.push((name.to_owned(), 0.0));
        } else if let Some(name) = line.trim().strip_prefix("Doc-tests ") {
            self.binaries.push((format!("{name}, documentation"), 0.0));
        }
        if let Some((_, seconds)) = line.split_once("; finished in ")
            && let Ok(seconds) = seconds.trim_end_matches('s').parse::<f64>()
            && let Some((_, taken)) = self.binaries.last_mut()
        {
            *taken += seconds;
        }
        let Some(counts) = line.strip_prefix("test result: ") else {
            return;
        };
        for part in counts.split([';', '.']) {
            if let Some((count, what)) = part.trim().split_once(' ')
                && let Ok(count) = count.parse::<usize>()
            {
                match what {
                    "passed" => self.passed += count,
                    "failed" => self.failed += count,
                    "ignored" => self.ignored += count,
                    _ => {}
                }
            }
        }
    }

    /// Shows the ten test binaries that took longest.
    fn slowest(&self) -> String {
        let mut binaries: Vec<_> = self.binaries.iter().collect();
        binaries.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let line = |(name, seconds): &&(String, f64)| format!("{seconds:>6.1} s  {name}\n");
        binaries.iter().take(10).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_summed_over_test_binaries() {
        let mut totals = Totals::default();
        for line in [
            "     Running tests/call.rs (target/debug/deps/call-0f37c22c873e3a0a)",
            "running 4 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 1.05s",
            "   Doc-tests keycloak_admin",
            "test result: FAILED. 20 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 20.00s",
        ] {
            totals.add(line);
        }
        assert_eq!((totals.passed, totals.failed, totals.ignored), (23, 2, 1));
        assert_eq!(
            totals.slowest(),
            "  20.0 s  keycloak_admin, documentation\n   1.1 s  call\n"
        );
    }
}
