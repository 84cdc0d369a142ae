//! Realms as code: the commands `plan`, `apply`, `diff` and `export`, over the library `keycloak-config`.
//!
//! - `sources`: the realm files of a command line, and the values of their variables
//! - `server`: the realm on the server, and the number of requests
//! - `show`: a plan as a tree and as JSON
//! - `progress`: the steps that are done

mod apply;
mod diff;
mod export;
mod plan;
mod progress;
mod server;
mod show;
mod sources;

use clap::Command;
use clap::builder::PossibleValuesParser;
use keycloak_config::Kind;

use crate::error::CliError;
use crate::output::{Format, OutputArgs};

pub(crate) use self::apply::Apply;
pub(crate) use self::diff::Diff;
pub(crate) use self::export::Export;
pub(crate) use self::plan::Plan;

/// The exit code of `plan` and `diff` if there are changes.
const CHANGES: u8 = 2;

/// The commands whose exit codes are 0 (no changes), 2 (changes) and 1 (an error).
const WITH_OWN_EXIT_CODES: [&str; 2] = ["diff", "plan"];

/// Returns whether the command line of this process is one of `plan` or `diff`, also if it cannot be read to its end.
pub(crate) fn has_own_exit_codes(root: &Command) -> bool {
    let matches = root.clone().ignore_errors(true).try_get_matches();
    let matches = matches.ok();
    let name = matches.as_ref().and_then(clap::ArgMatches::subcommand_name);
    name.is_some_and(|name| WITH_OWN_EXIT_CODES.contains(&name))
}

/// The flag of the form of a plan.
#[derive(clap::Args)]
struct FormArgs {
    /// Print JSON, as `-o json` does
    #[arg(long)]
    json: bool,
}

impl FormArgs {
    /// Returns whether JSON is asked for.
    fn is_json(&self, output: &OutputArgs) -> Result<bool, CliError> {
        match output.output {
            Format::Json => Ok(true),
            Format::Table => Ok(self.json),
            _ => Err(
                CliError::usage("the changes of a realm are printed as a tree or as JSON")
                    .with_hint("leave out `-o`, or use `--json`"),
            ),
        }
    }
}

/// The flag of the kinds that lose objects.
#[derive(clap::Args)]
struct PruneArgs {
    /// Kinds whose objects are deleted if their list in the files lacks them
    #[arg(
        long,
        value_name = "KIND,..",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(prunable_kinds().map(|(_, name)| name))
    )]
    prune: Vec<String>,
}

impl PruneArgs {
    /// Returns whether there are kinds.
    fn is_given(&self) -> bool {
        !self.prune.is_empty()
    }

    /// Returns the kinds.
    fn kinds(&self) -> impl Iterator<Item = Kind> {
        prunable_kinds()
            .filter(|(_, name)| self.prune.contains(name))
            .map(|(kind, _)| kind)
    }
}

/// The kinds that lose objects, with their names, such as `client-scope`.
fn prunable_kinds() -> impl Iterator<Item = (Kind, String)> {
    let kinds = Kind::ALL.iter().filter(|kind| kind.is_prunable());
    kinds.filter_map(|kind| {
        let name = serde_json::to_value(kind).ok()?;
        Some((*kind, name.as_str()?.to_owned()))
    })
}
