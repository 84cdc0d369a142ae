//! `cargo xtask corpus`: applies folders of realm files to a running server, by the example `corpus` of `keycloak-config`.
//!
//! The example is a process of its own, because xtask has to build without the generated crates.

use std::path::PathBuf;
use std::process::{self, Command};

use anyhow::{Context, Result};
use workspace::root;

/// Arguments of `corpus`.
#[derive(clap::Args)]
pub struct CorpusArgs {
    /// The directory with a folder for each realm; its files are applied in the order of their names
    directory: PathBuf,
    /// Only folders with this in their names
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// A value of `$(sys:NAME)` and `$(NAME)`; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    property: Vec<String>,
}

/// Runs the command. `KEYCLOAK_URL` names the server, as for the tests. The exit code is 1 if a file failed.
pub fn run(args: &CorpusArgs) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "keycloak-config"])
        .args(["--example", "corpus", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .arg("--")
        .arg(&args.directory)
        .args(&args.only)
        .args(&args.property)
        .status()
        .context("cannot start cargo")?;
    if status.success() {
        return Ok(());
    }
    // The table of the example names the failures.
    process::exit(1);
}
