//! `cargo xtask bench --config`: the application of a made-up realm to a real server, beside keycloak-config-cli.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use workspace::{output, target};

use crate::machine::{Machine, today};
use crate::process::{CLIENTS, Stub, build, program_of};
use crate::real::RealServer;
use crate::resources::{self, mebibytes};
use crate::sections::replace_section;

/// The number of times that each program goes through all steps. The median counts.
const ROUNDS: usize = 3;

/// The steps of a round: its title, and the version of the realm that is applied.
const STEPS: [(&str, &str); 4] = [
    ("from nothing", "first"),
    ("nothing to do", "first"),
    ("nothing to do, again", "first"),
    ("six changes", "changed"),
];

/// A run of a program.
#[derive(Clone, Copy)]
struct Run {
    seconds: f64,
    requests: u64,
    peak_kb: u64,
}

/// A program that applies realm files.
enum Program<'p> {
    Own(&'p Path),
    /// keycloak-config-cli, as a jar.
    Jar(&'p Path),
}

/// Measures on the server of `KEYCLOAK_URL`, and prints the table or writes it to the document.
pub fn run(quick: bool, jar: Option<&Path>, write_docs: bool) -> Result<()> {
    let server = RealServer::from_env("--config")?;
    build("release", &["--package", CLIENTS])?;
    let own = program_of("release", CLIENTS);
    // Both programs go through the proxy that counts.
    let counter = Stub::start(&own, &["counter", &server.url])?;
    let target = RealServer {
        url: counter.url.clone(),
        ..server
    };
    let mut programs = vec![Program::Own(&own)];
    programs.extend(jar.map(Program::Jar));
    let mut runs = vec![[const { Vec::new() }; STEPS.len()]; programs.len()];
    for round in 1..=if quick { 1 } else { ROUNDS } {
        for (program, runs) in programs.iter().zip(&mut runs) {
            output(&mut Program::Own(&own).command(&target, "delete-realm", None))?;
            for ((title, version), runs) in STEPS.iter().zip(runs) {
                let file = realm_file(&own, version)?;
                counter.counts()?;
                let mut run = measure(program.command(&target, "apply", Some(&file)))?;
                let counts = counter.counts()?;
                run.requests = counts.calls + counts.tokens;
                eprintln!("round {round}, {}, {title}: {}", program.name(), run.line());
                runs.push(run);
            }
        }
    }
    output(&mut Program::Own(&own).command(&target, "delete-realm", None))?;
    let medians: Vec<[Run; STEPS.len()]> = runs.into_iter().map(|runs| runs.map(median)).collect();
    let text = table(&medians)?;
    println!("{text}");
    if write_docs {
        replace_section("config", &text)?;
    }
    Ok(())
}

/// Writes a version of the made-up realm to a file.
fn realm_file(own: &Path, version: &str) -> Result<PathBuf> {
    let file = target().join(format!("bench-realm-{version}.json"));
    let realm = output(Command::new(own).args(["realm", version]))?;
    std::fs::write(&file, realm).with_context(|| file.display().to_string())?;
    Ok(file)
}

impl Program<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Own(_) => "keycloak-config",
            Self::Jar(_) => "keycloak-config-cli",
        }
    }

    /// Returns the command that applies a file. The account is in its environment, because other users see arguments.
    fn command(&self, server: &RealServer, verb: &str, file: Option<&Path>) -> Command {
        match self {
            Self::Own(own) => {
                let mut command = Command::new(own);
                command
                    .args([verb, &server.url])
                    .args(file)
                    .env("BENCH_USERNAME", &server.username)
                    .env("BENCH_PASSWORD", &server.password);
                command
            }
            Self::Jar(jar) => {
                let mut command = Command::new("java");
                command
                    .arg("-jar")
                    .arg(jar)
                    .env("KEYCLOAK_URL", &server.url)
                    .env("KEYCLOAK_USER", &server.username)
                    .env("KEYCLOAK_PASSWORD", &server.password)
                    // Its cache would skip a file that has not changed, without a look at the realm.
                    .env("IMPORT_CACHE_ENABLED", "false");
                if let Some(file) = file {
                    command.env("IMPORT_FILES_LOCATIONS", file);
                }
                command
            }
        }
    }
}

/// Runs a program.
fn measure(command: Command) -> Result<Run> {
    let used = resources::run(command)?;
    Ok(Run {
        seconds: used.seconds,
        requests: 0,
        peak_kb: used.peak_kb,
    })
}

impl Run {
    fn line(self) -> String {
        format!(
            "{:.2} s, {} requests, {:.0} MiB",
            self.seconds,
            self.requests,
            mebibytes(self.peak_kb)
        )
    }
}

/// Returns the run with the median time, with the largest memory of all.
fn median(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let peak_kb = runs.iter().map(|run| run.peak_kb).max();
    Run {
        peak_kb: peak_kb.unwrap_or_default(),
        ..runs[runs.len() / 2]
    }
}

fn table(programs: &[[Run; STEPS.len()]]) -> Result<String> {
    let mut text = format!(
        "Measured on {} on this machine: {}.\n\n| | seconds | requests | peak of the memory |",
        today()?,
        Machine::this()?.line()
    );
    let other = programs.get(1);
    if other.is_some() {
        text.push_str(" keycloak-config-cli | requests | peak of the memory | times as fast | times the memory |");
    }
    let columns = if other.is_some() { 8 } else { 3 };
    let _ = write!(text, "\n|---|{}\n", "--:|".repeat(columns));
    for (step, (title, _)) in STEPS.iter().enumerate() {
        let own = programs[0][step];
        let cells = |run: Run| {
            let memory = mebibytes(run.peak_kb);
            format!(" {:.2} | {} | {memory:.0} MiB |", run.seconds, run.requests)
        };
        let _ = write!(text, "| {title} |{}", cells(own));
        if let Some(other) = other.map(|runs| runs[step]) {
            let _ = write!(
                text,
                "{} {:.1} | {:.1} |",
                cells(other),
                other.seconds / own.seconds,
                mebibytes(other.peak_kb) / mebibytes(own.peak_kb)
            );
        }
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_ratios_only_beside_another_program() {
        let run = |seconds| Run {
            seconds,
            requests: 10,
            peak_kb: 10_240,
        };
        let own = [1.0, 0.5, 0.5, 0.25].map(run);
        let other = [10.0; 4].map(run);
        let text = table(&[own]).unwrap();
        assert!(
            text.contains("| from nothing | 1.00 | 10 | 10 MiB |\n"),
            "{text}"
        );
        let text = table(&[own, other]).unwrap();
        let row = "| six changes | 0.25 | 10 | 10 MiB | 10.00 | 10 | 10 MiB | 40.0 | 1.0 |\n";
        assert!(text.contains(row), "{text}");
    }

    #[test]
    fn the_median_has_the_largest_memory() {
        let run = |seconds, peak_kb| Run {
            seconds,
            requests: 0,
            peak_kb,
        };
        let median = median(vec![run(3.0, 1), run(1.0, 9), run(2.0, 2)]);
        assert_eq!(
            (median.seconds.to_bits(), median.peak_kb),
            (2.0_f64.to_bits(), 9)
        );
    }
}
