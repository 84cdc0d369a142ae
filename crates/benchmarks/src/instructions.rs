//! Counts the instructions of a call with valgrind's callgrind. Unlike time, they are nearly the same on a busy machine, so CI can
//! check them.
//!
//! CI counts the programs that its tests have built anyway, without optimisation: a call that does more costs more there too. The cost for a
//! user is counted in the release profile, which takes minutes to build.
//!
//! Only the process of the client is counted. It does N calls, and 2 N calls in another process: the difference is N calls
//! without start, login and warm-up.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use workspace::{root, write_atomically};

use crate::process::{self, Stub, build_clients, program_of};
use crate::sections::replace_section;

const TABLE: &str = "crates/benchmarks/instructions.toml";
const CLIENTS: [&str; 3] = ["floor", "generated", "facade"];
/// Those that CI counts: the facade stands on the generated client, and the floor tells whether it is a dependency that costs more.
const CHECKED: [&str; 2] = ["floor", "facade"];
/// The most that this client may cost of what plain reqwest costs.
const WANTED: f64 = 1.0;

/// A measurement: its name and title, the arguments of the client, and N.
const COUNTED: [(&str, &str, &str, u64); 2] = [
    ("get", "one GET of a user", "get", 100),
    ("page", "a page of 100 users, read and decoded", "page", 5),
];

/// Instructions for each call, by what is counted and by client.
type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// The committed table.
#[derive(Deserialize, Serialize)]
struct Table {
    /// The increase over the committed number that CI allows, as a share.
    tolerance: f64,
    /// As the tests are built.
    dev: Counts,
    /// As programs are shipped.
    release: Counts,
}

/// Counts, then prints, keeps or checks what came out.
pub fn run(update: bool, check: bool) -> Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        bail!("valgrind is not installed");
    }
    if check {
        return check_against(&read()?);
    }
    let release = counted(&build_clients("")?, &CLIENTS)?;
    println!("{}", markdown(&release));
    if update {
        let committed = Table {
            tolerance: read()?.tolerance,
            dev: counted(&tested()?, &CHECKED)?,
            release,
        };
        let text = format!(
            "# Instructions for each call: written by `cargo xtask bench --instructions --update`.\n{}",
            toml_edit::ser::to_string_pretty(&committed)?
        );
        write_atomically(&root().join(TABLE), text.as_bytes())?;
        replace_section("instructions", &table()?)?;
    }
    Ok(())
}

fn check_against(committed: &Table) -> Result<()> {
    let dev = counted(&tested()?, &CHECKED)?;
    let wrong = exceeded(&committed.dev, &dev, committed.tolerance);
    if wrong.is_empty() {
        println!("{}", list(&dev));
    } else {
        bail!(
            "a call costs more than {TABLE} allows:\n  {}\nIf the cost has a reason: cargo xtask bench --instructions --update",
            wrong.join("\n  ")
        );
    }
    Ok(())
}

/// The program as the tests have it: with the features of the whole workspace, so that CI builds nothing for this.
fn tested() -> Result<PathBuf> {
    let status = workspace::cargo()
        .args(["test", "--quiet", "--workspace", "--no-run"])
        .current_dir(root())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("the tests do not build");
    }
    Ok(program_of("debug", process::CLIENTS))
}

fn counted(program: &Path, clients: &[&str]) -> Result<Counts> {
    let stub = Stub::start(program, &["stub"])?;
    let mut counts = Counts::new();
    for (name, _, action, calls) in COUNTED {
        let mut row = BTreeMap::new();
        for client in clients {
            row.insert(
                (*client).to_owned(),
                count(program, &stub, client, action, calls)?,
            );
        }
        counts.insert(name.to_owned(), row);
    }
    Ok(counts)
}

/// The committed table in Markdown.
pub fn table() -> Result<String> {
    Ok(markdown(&read()?.release))
}

fn read() -> Result<Table> {
    let text = std::fs::read_to_string(root().join(TABLE)).with_context(|| TABLE)?;
    toml_edit::de::from_str(&text).with_context(|| TABLE)
}

/// Describes the calls that cost more than the committed number.
fn exceeded(committed: &Counts, counts: &Counts, tolerance: f64) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, row) in counts {
        for (client, count) in row {
            let committed = committed.get(name).and_then(|row| row.get(client));
            let change = committed.map(|committed| ratio(*count, *committed) - 1.0);
            match change {
                None => wrong.push(format!("{name}, {client}: not in the table")),
                Some(change) if change > tolerance => wrong.push(format!(
                    "{name}, {client}: {count} instructions, {:.1} % more than in the table",
                    change * 100.0
                )),
                _ => {}
            }
        }
    }
    wrong
}

/// The counts on one line.
fn list(counts: &Counts) -> String {
    let rows = counts.iter().flat_map(|(name, row)| {
        row.iter()
            .map(move |(client, count)| format!("{name}, {client}: {count}"))
    });
    format!(
        "instructions without optimisation: {}",
        rows.collect::<Vec<_>>().join("; ")
    )
}

fn markdown(counts: &Counts) -> String {
    let mut text = format!(
        "| | plain reqwest | keycloak-api | keycloak-admin | at most {WANTED} times plain reqwest |\n|---|--:|--:|--:|---|\n"
    );
    for (name, title, _, _) in COUNTED {
        let Some(row) = counts.get(name) else {
            continue;
        };
        let count = |client: &str| row.get(client).copied().unwrap_or_default();
        let floor = count("floor");
        let cell = |client| format!("{} ({:.2})", count(client), ratio(count(client), floor));
        let is_met = ["generated", "facade"]
            .into_iter()
            .all(|client| ratio(count(client), floor) <= WANTED);
        let _ = writeln!(
            text,
            "| {title} | {floor} | {} | {} | {} |",
            cell("generated"),
            cell("facade"),
            if is_met { "✓" } else { "✗" }
        );
    }
    text
}

#[allow(clippy::cast_precision_loss)] // far below 2^52
fn ratio(count: u64, of: u64) -> f64 {
    count as f64 / of as f64
}

/// Instructions for each call.
fn count(program: &Path, stub: &Stub, client: &str, action: &str, calls: u64) -> Result<u64> {
    let once = total(program, stub, client, action, calls)?;
    let twice = total(program, stub, client, action, 2 * calls)?;
    Ok(twice.saturating_sub(once) / calls)
}

/// Instructions of a whole process.
fn total(program: &Path, stub: &Stub, client: &str, action: &str, calls: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["client", client, action, &stub.url, "users-20000"])
        .args([&calls.to_string(), "1"])
        .output()
        .context("cannot start valgrind")?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{client} {action}: {}", text.trim());
    }
    collected(&text).with_context(|| format!("valgrind said {text:?}"))
}

/// The number in a line such as `==12== Collected : 12345`.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains("Collected"))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(facade: u64) -> Counts {
        let row = BTreeMap::from([("facade".to_owned(), facade)]);
        BTreeMap::from([("get".to_owned(), row)])
    }

    #[test]
    fn more_than_the_tolerance_is_reported() {
        let committed = counts(1_000);
        for good in [1, 1_000, 1_049] {
            assert_eq!(exceeded(&committed, &counts(good), 0.05), [""; 0], "{good}");
        }
        assert_eq!(
            exceeded(&committed, &counts(1_100), 0.05),
            ["get, facade: 1100 instructions, 10.0 % more than in the table"]
        );
        assert_eq!(
            exceeded(&Counts::new(), &counts(1), 0.05),
            ["get, facade: not in the table"]
        );
    }

    #[test]
    fn the_total_is_read_from_what_valgrind_prints() {
        let text = "==7== Events    : Ir\n==7== Collected : 65268291\n==7==\n";
        assert_eq!(collected(text), Some(65_268_291));
        assert_eq!(collected("valgrind: no such program"), None);
    }
}
