//! The commands beside the operations: realms as code, login, profiles, completions, raw requests, imports.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Command, FromArgMatches as _, Subcommand};

use crate::call::Context;
use crate::completions::{Completions, write_man_pages};
use crate::config::{Apply, Diff, Export, Plan};
use crate::error::CliError;
use crate::import::{self, Import};
use crate::login::{ConnectionArgs, Login, Logout, ProfilesCommand, Whoami};
use crate::output::OutputArgs;
use crate::{login, raw, tree};

/// A command beside the operations.
#[derive(Subcommand)]
enum Tool {
    #[command(display_order = tree::REALM_FILES)]
    Plan(Plan),
    #[command(display_order = tree::REALM_FILES)]
    Apply(Apply),
    #[command(display_order = tree::REALM_FILES)]
    Export(Export),
    #[command(display_order = tree::REALM_FILES)]
    Diff(Diff),
    #[command(display_order = tree::FIRST)]
    Login(Box<Login>),
    #[command(display_order = tree::FIRST)]
    Logout(Logout),
    #[command(display_order = tree::FIRST)]
    Whoami(Whoami),
    #[command(subcommand, display_order = tree::FIRST)]
    Profiles(ProfilesCommand),
    #[command(display_order = tree::LAST)]
    Completions(Completions),
    /// Write the man pages into a folder
    #[command(hide = true)]
    Man {
        /// Folder that the pages are written into
        folder: PathBuf,
    },
}

/// Adds the commands to the tree.
pub(crate) fn add_to(root: Command) -> Command {
    Tool::augment_subcommands(root.subcommand(raw::command()))
}

/// Adds the commands that stand among those of an area of Keycloak.
pub(crate) fn add_to_area(area: Command) -> Command {
    if area.get_name() == "users" {
        area.subcommand(import::command())
    } else {
        area
    }
}

/// Runs the command of this command line.
pub(crate) async fn run(
    root: &ArgMatches,
    connection: &ConnectionArgs,
    output: &OutputArgs,
) -> Result<ExitCode, CliError> {
    if let Some(("raw", matches)) = root.subcommand() {
        let keycloak = login::session(connection).await?;
        let context = Context {
            keycloak: &keycloak,
            connection,
            output,
        };
        raw::run(&context, matches).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let unreadable = |error: clap::Error| CliError::usage(error.to_string());
    if let Some(("users", matches)) = root.subcommand()
        && let Some((import::NAME, matches)) = matches.subcommand()
    {
        let import = Import::from_arg_matches(matches).map_err(unreadable)?;
        import.run(connection, output).await?;
        return Ok(ExitCode::SUCCESS);
    }
    match Tool::from_arg_matches(root).map_err(unreadable)? {
        Tool::Plan(plan) => return plan.run(connection, output).await,
        Tool::Diff(diff) => return diff.run(connection, output).await,
        Tool::Apply(apply) => apply.run(connection, output).await?,
        Tool::Export(export) => export.run(connection, output).await?,
        Tool::Login(login) => login.run(connection).await?,
        Tool::Logout(logout) => logout.run(connection).await?,
        Tool::Whoami(whoami) => whoami.run(connection, output).await?,
        Tool::Profiles(command) => command.run(output).await?,
        Tool::Completions(completions) => completions.run()?,
        Tool::Man { folder } => write_man_pages(tree::command(), &folder)?,
    }
    Ok(ExitCode::SUCCESS)
}
