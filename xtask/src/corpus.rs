//! `cargo xtask corpus`: applies folders of realm files to a running server, by the example `corpus` of `keycloak-config`.
//!
//! The example is a process of its own, because xtask has to build without the generated crates.

use std::ffi::OsString;
use std::process;

use anyhow::{Context, Result};
use workspace::root;

/// Arguments of `corpus`.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct CorpusArgs {
    /// The example's arguments; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs the command. `KEYCLOAK_URL` names the server, as for the tests. The exit code is 1 if a file failed.
pub fn run(args: &CorpusArgs) -> Result<()> {
    let status = workspace::cargo()
        .args(["run", "--quiet", "--package", "keycloak-config"])
        .args(["--example", "corpus", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .arg("--")
        .args(&args.arguments)
        .status()
        .context("cannot start cargo")?;
    if status.success() {
        return Ok(());
    }
    // The table of the example names the failures.
    process::exit(1);
}
