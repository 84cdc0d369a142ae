//! `cargo xtask conformance`: the crate `conformance`, which needs the generated crates, in a process of its own: the rest of
//! xtask has to build without them.

use std::fs;
use std::process::{self, Command};

use anyhow::{Context, Result};
use codegen::pipeline::Input;
use codegen::sources::Specs;
use workspace::{root, target, write_atomically};

/// Arguments of `conformance`.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct ConformanceArgs {
    /// Arguments of the suite. `cargo xtask conformance --help` explains them.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS"
    )]
    arguments: Vec<String>,
}

/// The last section of `docs/conformance.md`, which is there only if an area passed at the second try.
const SECOND_TRY: &str = "## Passed at the second try";

/// Returns the part of `docs/conformance.md` that is the same for every run: all but the section about second tries, which depends on the day.
pub fn lasting(report: &str) -> &str {
    let (lasting, _) = report.split_once(SECOND_TRY).unwrap_or((report, ""));
    lasting.trim_end()
}

/// The suite, to be given more arguments: the command that starts it gets the documents whose descriptions it compares answers with. They are
/// written below `target` for it.
pub fn suite(mut command: Command) -> Result<Command> {
    let documents = target().join("documents");
    fs::create_dir_all(&documents)?;
    for api in Specs::read(&root().join("specs"))?.all() {
        let document = Input::read(&api)?.normalise()?.document;
        let path = documents.join(format!("{}.json", api.name));
        write_atomically(&path, document.to_string().as_bytes())?;
    }
    command.arg("--documents").arg(documents);
    Ok(command)
}

fn built_by_cargo() -> Command {
    let mut command = workspace::cargo();
    command
        .args(["run", "--quiet", "--package", "conformance"])
        .arg("--manifest-path")
        .arg(root().join("Cargo.toml"))
        .arg("--");
    command
}

/// Runs the command; its exit code is that of the suite.
pub fn run(args: &ConformanceArgs) -> Result<()> {
    let status = suite(built_by_cargo())?
        .args(&args.arguments)
        .status()
        .context("cannot start cargo")?;
    if status.success() {
        return Ok(());
    }
    // The suite has said what is wrong.
    process::exit(status.code().unwrap_or(1));
}

#[cfg(test)]
mod tests {
    use super::{SECOND_TRY, lasting};

    #[test]
    fn a_second_try_is_no_other_result() {
        let plain = "# Conformance\n\n| `get_user` | ✓ |\n";
        let tried = format!("{plain}\n{SECOND_TRY}\n\n| users | 26.7.4 | get_user: early |\n");
        assert_eq!(lasting(&tried), lasting(plain));
        assert_ne!(lasting(&tried), lasting(&tried.replace('✓', "✗")));
    }

    #[test]
    fn the_heading_is_the_one_that_the_suite_writes() {
        let suite = include_str!("../../crates/conformance/src/second_try.rs");
        assert!(suite.contains(&format!("HEADING: &str = {SECOND_TRY:?};")));
    }
}
