//! `cargo xtask conformance`: the crate `conformance`, which needs the generated crates, in a process of its own: the rest of
//! xtask has to build without them.

use std::process::{self, Command};

use anyhow::{Context, Result};

use crate::workspace::root;

/// Arguments of `conformance`.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct ConformanceArgs {
    /// Handed on; `cargo xtask conformance --help` explains them.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS"
    )]
    arguments: Vec<String>,
}

/// The suite, to be given its arguments.
pub fn suite() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .args([
            "run",
            "--quiet",
            "--package",
            "conformance",
            "--manifest-path",
        ])
        .arg(root().join("Cargo.toml"))
        .arg("--");
    command
}

/// Runs the command; its exit code is that of the suite.
pub fn run(args: &ConformanceArgs) -> Result<()> {
    let status = suite()
        .args(&args.arguments)
        .status()
        .context("cannot start cargo")?;
    if status.success() {
        return Ok(());
    }
    // The suite has said what is wrong.
    process::exit(status.code().unwrap_or(1));
}
