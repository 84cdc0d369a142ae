//! `cargo xtask metrics`: what it costs to build this client, beside the crate `keycloak`.
//!
//! Two packages are written to `target/metrics`, which make one and the same call, one through each client. Both use the versions of
//! `Cargo.lock` and the same TLS, and each is built from nothing, then once more without its own crates: the leaf build.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use workspace::root;

use crate::machine::{Machine, today};
use crate::peers::locked;
use crate::process::{self, program_of};
use crate::sections::history_row;

/// The wrapper that cargo calls in place of rustc.
const WRAPPER: &str = "rustc-memory";

/// The profile for a small program.
const SMALL: &str = "small";

/// Arguments of `metrics`.
#[derive(clap::Args)]
pub struct MetricsArgs {
    /// Add a row to the history in docs/performance.md.
    #[arg(long)]
    write_docs: bool,
}

/// A client, as a package that makes one call with it.
struct Subject {
    name: &'static str,
    dependencies: String,
    main: &'static str,
    /// The crates of the client, without their dependencies.
    leaves: &'static [&'static str],
}

const OWN_MAIN: &str = r#"
use keycloak_admin::{Credentials, Keycloak};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keycloak = Keycloak::builder("http://127.0.0.1:8080")
        .credentials(Credentials::password("admin", "admin"))
        .build()?;
    let user = keycloak.realm("acme").user("7").get().await?;
    println!("{:?}", user.username);
    Ok(())
}
"#;

const PEER_MAIN: &str = r#"
use keycloak::{KeycloakAdmin, KeycloakAdminToken};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let http = reqwest::Client::new();
    let token = KeycloakAdminToken::acquire("http://127.0.0.1:8080", "admin", "admin", &http).await?;
    let admin = KeycloakAdmin::new("http://127.0.0.1:8080", token, http);
    let user = admin.realm_users_with_user_id_get("acme", "7", None).await?;
    println!("{:?}", user.username);
    Ok(())
}
"#;

/// The measurements of a client in a profile.
struct Build {
    whole: Duration,
    leaf: Duration,
    /// The most memory of a rustc that compiled one of the leaf crates.
    peak_kb: u64,
}

/// The measurements of a client.
struct Measured {
    name: &'static str,
    debug: Build,
    release: Build,
    binary: u64,
    /// The program in the profile that prefers size to speed.
    small_binary: u64,
    crates: usize,
}

/// Runs the command.
pub fn run(args: &MetricsArgs) -> Result<()> {
    process::build("dev", &["--package", "benchmarks", "--bin", WRAPPER])?;
    let mut rows = Vec::new();
    for subject in subjects()? {
        rows.push(measure(&subject)?);
    }
    let machine = Machine::this()?;
    println!("on {}\n\n{}", machine.line(), HEAD);
    let version = locked("keycloak-admin")?;
    let mut text = String::new();
    for row in &rows {
        let _ = writeln!(text, "{}", row.markdown(&today()?, &version));
    }
    println!("{text}");
    for line in compared(&rows) {
        println!("{line}");
    }
    if args.write_docs {
        history_row("metrics", text.trim_end())?;
    }
    Ok(())
}

/// The head of the table in docs/performance.md.
const HEAD: &str = "\
| date | our version | client | leaf, debug | leaf, release | whole, debug | whole, release | memory of rustc, debug | release | binary | binary, for size | crates |
|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

fn subjects() -> Result<[Subject; 2]> {
    let tokio = "tokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n";
    let own = root().join("crates/keycloak-admin");
    Ok([
        Subject {
            name: "keycloak-admin",
            dependencies: format!(
                "{tokio}keycloak-admin = {{ path = \"{}\" }}\n",
                own.display()
            ),
            main: OWN_MAIN,
            leaves: &[
                "keycloak-session",
                "keycloak-api",
                "phasetwo-api",
                "keycloak-admin",
            ],
        },
        Subject {
            name: "keycloak",
            dependencies: format!(
                "{tokio}keycloak = \"={}\"\nreqwest = {{ version = \"={}\", default-features = false, \
                 features = [\"rustls\", \"http2\", \"system-proxy\"] }}\n",
                locked("keycloak")?,
                locked("reqwest")?
            ),
            main: PEER_MAIN,
            leaves: &["keycloak"],
        },
    ])
}

fn measure(subject: &Subject) -> Result<Measured> {
    let folder = package(subject)?;
    let debug = build(subject, &folder, "dev")?;
    let release = build(subject, &folder, "release")?;
    eprintln!("{}: for size", subject.name);
    cargo(
        &folder,
        &["build", "--quiet", "--offline", "--profile", SMALL],
        None,
    )?;
    let binary = |profile| {
        let binary = folder.join("target").join(profile).join("metrics");
        std::fs::metadata(binary).map(|binary| binary.len())
    };
    Ok(Measured {
        name: subject.name,
        debug,
        release,
        binary: binary("release")?,
        small_binary: binary(SMALL)?,
        crates: crates(&folder)?,
    })
}

/// Writes the package without building it.
fn package(subject: &Subject) -> Result<PathBuf> {
    let folder = root().join("target/metrics").join(subject.name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"metrics\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}\n\
         [profile.release]\nstrip = true\n\n\
         [profile.{SMALL}]\ninherits = \"release\"\nopt-level = \"z\"\nlto = true\ncodegen-units = 1\npanic = \"abort\"\n",
        subject.dependencies
    );
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    std::fs::write(folder.join("src/main.rs"), subject.main)?;
    // The same versions of everything; cargo leaves out what is not needed.
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    std::fs::copy(
        root().join("rust-toolchain.toml"),
        folder.join("rust-toolchain.toml"),
    )?;
    cargo(&folder, &["fetch"], None)?;
    Ok(folder)
}

fn build(subject: &Subject, folder: &Path, profile: &str) -> Result<Build> {
    eprintln!("{}: {profile}, from nothing", subject.name);
    let arguments = ["build", "--quiet", "--offline", "--profile", profile];
    let whole = cargo(folder, &arguments, None)?;
    eprintln!("{}: {profile}, its own crates", subject.name);
    let mut clean = vec!["clean", "--quiet", "--offline", "--profile", profile];
    for leaf in subject.leaves {
        clean.extend(["--package", leaf]);
    }
    cargo(folder, &clean, None)?;
    let log = folder.join("rustc.log");
    std::fs::write(&log, "")?;
    let leaf = cargo(folder, &arguments, Some(&log))?;
    let peak_kb = peak(&std::fs::read_to_string(&log)?, subject.leaves)?;
    Ok(Build {
        whole,
        leaf,
        peak_kb,
    })
}

/// The most of the lines of the log that are about these crates.
fn peak(log: &str, leaves: &[&str]) -> Result<u64> {
    let lines = log.lines().filter_map(|line| line.split_once(' '));
    let of_leaves = lines.filter(|(name, _)| {
        let is_it = |leaf: &&str| leaf.replace('-', "_") == *name;
        leaves.iter().any(is_it)
    });
    let peaks: Vec<u64> = of_leaves
        .map(|(_, kb)| Ok(kb.parse()?))
        .collect::<Result<_>>()?;
    if peaks.len() < leaves.len() {
        bail!("only {} of the crates were built again", peaks.len());
    }
    peaks.into_iter().max().context("no crate was built")
}

/// Runs cargo on the package, and returns the time that it took.
fn cargo(folder: &Path, arguments: &[&str], log: Option<&Path>) -> Result<Duration> {
    let mut command = workspace::cargo();
    command
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("RUSTFLAGS");
    if let Some(log) = log {
        command
            .env("RUSTC_WRAPPER", program_of("debug", WRAPPER))
            .env("RUSTC_MEMORY_LOG", log);
    }
    let begun = Instant::now();
    let status = command.status().context("cannot start cargo")?;
    if !status.success() {
        bail!("`cargo {}` failed", arguments.join(" "));
    }
    Ok(begun.elapsed())
}

/// The number of crates that the program depends on.
fn crates(folder: &Path) -> Result<usize> {
    let output = workspace::cargo()
        .args(["tree", "--offline", "--edges", "normal,build"])
        .args(["--prefix", "none", "--no-dedupe"])
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let names = text.lines().filter(|line| !line.is_empty());
    let names = names.map(|line| line.split(" (").next().unwrap_or(line));
    let names: BTreeSet<&str> = names.collect();
    names
        .len()
        .checked_sub(1)
        .context("cargo tree shows nothing")
}

impl Measured {
    fn markdown(&self, date: &str, version: &str) -> String {
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
        let mebibytes =
            |bytes: u64| f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0;
        format!(
            "| {date} | {version} | {} | {} | {} | {} | {} | {} MiB | {} MiB | {:.2} MiB | {:.2} MiB | {} |",
            self.name,
            seconds(self.debug.leaf),
            seconds(self.release.leaf),
            seconds(self.debug.whole),
            seconds(self.release.whole),
            self.debug.peak_kb / 1024,
            self.release.peak_kb / 1024,
            mebibytes(self.binary),
            mebibytes(self.small_binary),
            self.crates,
        )
    }
}

/// The cost of this client as a share of the other's, with the budget.
fn compared(rows: &[Measured]) -> Vec<String> {
    let [own, peer] = rows else {
        return Vec::new();
    };
    let seconds = |build: &dyn Fn(&Measured) -> Duration| {
        build(own).as_secs_f64() / build(peer).as_secs_f64()
    };
    let size = |bytes: &dyn Fn(&Measured) -> u64| {
        let mebibytes = |row| f64::from(u32::try_from(bytes(row) / 1024).unwrap_or(u32::MAX));
        mebibytes(own) / mebibytes(peer)
    };
    let pairs = [
        ("leaf build, debug", seconds(&|row| row.debug.leaf), 1.0),
        ("leaf build, release", seconds(&|row| row.release.leaf), 1.0),
        (
            "memory of rustc, debug",
            size(&|row| row.debug.peak_kb * 1024),
            1.0,
        ),
        (
            "memory of rustc, release",
            size(&|row| row.release.peak_kb * 1024),
            1.0,
        ),
        ("binary", size(&|row| row.binary), 1.10),
        ("binary, for size", size(&|row| row.small_binary), 1.10),
    ];
    pairs
        .into_iter()
        .map(|(what, ratio, budget)| {
            let mark = if ratio <= budget { "✓" } else { "✗" };
            format!("{mark} {what}: {ratio:.2} of the `keycloak` crate's, at most {budget:.2}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_of_the_leaf_crates() {
        let log = "serde 900\nkeycloak_session 100\nkeycloak_api 300\nmetrics 1000\n";
        let leaves = ["keycloak-session", "keycloak-api"];
        assert_eq!(peak(log, &leaves).unwrap(), 300);
        assert!(peak("keycloak_api 300\n", &leaves).is_err());
    }
}
