//! `cargo xtask ledger`: the crate `ledger`, which needs the generated crates, in a process of its own: the rest of xtask has to build
//! without them.

use std::process;

use anyhow::{Context, Result};
use workspace::root;

/// Arguments of `ledger`.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct LedgerArgs {
    /// Handed on; `cargo xtask ledger --help` explains them.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS"
    )]
    arguments: Vec<String>,
}

/// Runs the command; its exit code is that of the program.
pub fn run(args: &LedgerArgs) -> Result<()> {
    let status = workspace::cargo()
        .args(["run", "--quiet", "--package", "ledger", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .arg("--")
        .args(&args.arguments)
        .status()
        .context("cannot start cargo")?;
    if status.success() {
        return Ok(());
    }
    // The program has said what is wrong.
    process::exit(status.code().unwrap_or(1));
}
