//! `cargo xtask bench`: what a call costs through this client and through others, on one stub server and on a real one.
//!
//! The crate `benchmark-clients` is the server and the Rust clients; `crates/benchmarks/peers` has the others. Each client is a process of its
//! own that measures itself after a warm-up. One run goes through all of them again and again, so that a machine that is slow for a
//! while is slow for all.

use std::path::PathBuf;

use anyhow::Result;
use workspace::root;

use crate::{bulk, config, docs, instructions, keycloakctl, peers, process, runs};

/// Arguments of `bench`.
#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub struct BenchArgs {
    /// Measure the clients in Python, JavaScript and Java too. They are installed under target/peers.
    #[arg(long)]
    peers: bool,
    /// Run fewer repetitions and no real server: about a minute.
    #[arg(long)]
    quick: bool,
    /// Run only the workloads whose name contains this text.
    #[arg(long)]
    only: Option<String>,
    /// Write the tables to docs/performance.md.
    #[arg(long, conflicts_with_all = ["quick", "only", "instructions"])]
    write_docs: bool,
    /// Measure work on 1,000, 10,000 and 100,000 users instead, on the server of `KEYCLOAK_URL`.
    #[arg(long, conflicts_with_all = ["peers", "only", "instructions"])]
    bulk: bool,
    /// Measure the application of a made-up realm instead, on the server of `KEYCLOAK_URL`.
    #[arg(long, conflicts_with_all = ["peers", "only", "instructions", "bulk"])]
    config: bool,
    /// The jar of keycloak-config-cli, to be measured beside. It needs a `java` in the `PATH`.
    #[arg(long, value_name = "JAR", requires = "config")]
    config_cli: Option<PathBuf>,
    /// Measure commands of keycloakctl beside those of kcadm.sh instead, on the server of `KEYCLOAK_URL`.
    #[arg(long, conflicts_with_all = ["peers", "only", "instructions", "bulk", "config"])]
    keycloakctl: bool,
    /// The number of users that `--keycloakctl` reads one by one: 1,000, or 20 in a quick run.
    #[arg(long, value_name = "N", requires = "keycloakctl", value_parser = clap::value_parser!(u32).range(1..))]
    users: Option<u32>,
    /// Count instructions instead of time, with valgrind.
    #[arg(long)]
    instructions: bool,
    /// Write the counted instructions to crates/benchmarks/instructions.toml.
    #[arg(long, requires = "instructions")]
    update: bool,
    /// Fail if more instructions were counted than the file allows.
    #[arg(long, requires = "instructions", conflicts_with = "update")]
    check: bool,
}

/// Runs the command on this repository.
pub fn run(args: &BenchArgs) -> Result<()> {
    if args.instructions {
        return instructions::run(args.update, args.check);
    }
    if args.bulk {
        return bulk::run(args.quick, args.write_docs);
    }
    if args.config {
        return config::run(args.quick, args.config_cli.as_deref(), args.write_docs);
    }
    if args.keycloakctl {
        return keycloakctl::run(args.quick, args.users, args.write_docs);
    }
    let program = process::build_clients("peers-rust")?;
    let clients = peers::clients(&program, args.peers)?;
    let selection = runs::Selection {
        only: args.only.as_deref(),
        quick: args.quick,
    };
    let results = runs::all(&program, clients, selection)?;
    println!("{}", docs::tables(&results));
    let file = root().join("target/bench.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&results)?)?;
    println!("as JSON: {}", file.display());
    if args.write_docs {
        docs::write(&results)?;
    }
    Ok(())
}
