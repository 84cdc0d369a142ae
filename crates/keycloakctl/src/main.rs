//! A command line for Keycloak and for Phase Two.
//!
//! - `api`: the operations and types, from data that is generated
//! - `tree`: the commands and flags that are made of them
//! - `call`, `edit`, `raw`: flags become requests, and answers are printed
//! - `names`: names instead of ids
//! - `body`: bodies from files and flags, checked before they are sent
//! - `profile`, `login`: how a command reaches the server
//! - `output`, `error`: what a command prints

mod api;
mod body;
mod call;
mod edit;
mod error;
mod login;
mod names;
mod output;
mod raw;
#[cfg(test)]
mod tests;
mod tree;

/// The builders of all operations, for the test that compares them with the commands.
#[cfg(test)]
#[rustfmt::skip]
#[allow(unused_variables, clippy::all, clippy::pedantic)]
mod generated {
    #[path = "keycloak/builders.rs"]
    pub(crate) mod keycloak;
    #[path = "phasetwo/builders.rs"]
    pub(crate) mod phasetwo;
}

use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches as _};

use crate::call::{Context, Output};
use crate::error::CliError;
use crate::login::ConnectionArgs;
use crate::output::OutputArgs;
use crate::tree::Found;

fn main() -> ExitCode {
    let matches = tree::command().get_matches();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(&matches)),
        Err(error) => Err(CliError::other(format!(
            "the runtime cannot start: {error}"
        ))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.report();
            ExitCode::from(error.exit_code())
        }
    }
}

async fn run(matches: &ArgMatches) -> Result<(), CliError> {
    let unreadable = |error: clap::Error| CliError::usage(error.to_string());
    let connection = ConnectionArgs::from_arg_matches(matches).map_err(unreadable)?;
    let output = OutputArgs::from_arg_matches(matches).map_err(unreadable)?;
    let Some(found) = tree::find(matches) else {
        return Err(CliError::usage("no command is given"));
    };
    let keycloak = login::session(&connection).await?;
    let context = Context {
        keycloak: &keycloak,
        connection: &connection,
        output: &Output(&output),
    };
    match found {
        Found::Call(api, operation, matches) => call::run(&context, api, operation, matches).await,
        Found::Edit {
            api,
            get,
            put,
            matches,
        } => edit::run(&context, api, get, put, matches).await,
        Found::Tool("raw", matches) => raw::run(&context, matches).await,
        Found::Tool(name, _) => Err(CliError::usage(format!("there is no command `{name}`"))),
    }
}
