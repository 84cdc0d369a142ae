//! `cargo xtask operations`: every operation of every API, for people and for programs.

use anyhow::Result;
use codegen::operations::{all, table};

/// Arguments of `operations`.
#[derive(clap::Args)]
pub struct OperationsArgs {
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// One API of specs/sources.toml. All of them if it is left out.
    api: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Table,
    Json,
}

/// Runs the command on this repository.
pub fn run(args: &OperationsArgs) -> Result<()> {
    let operations = all(args.api.as_deref())?;
    match args.format {
        Format::Json => println!("{}", serde_json::to_string_pretty(&operations)?),
        Format::Table => print!("{}", table(&operations)),
    }
    Ok(())
}
