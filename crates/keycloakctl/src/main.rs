//! A command line for Keycloak and for Phase Two.
//!
//! - `api`: the operations and types, from data that is generated
//! - `tree`: the commands and flags that are made of them
//! - `call`, `edit`, `raw`: flags become requests, and answers are printed
//! - `import`: users from a file
//! - `names`: names instead of ids
//! - `body`: bodies from files and flags, checked before they are sent
//! - `config`: realms as code: plan, apply, export, diff
//! - `login`: profiles, logins and the cached token
//! - `output`, `error`: what a command prints
//! - `new_file`: files that are replaced whole
//! - `blocking`: work that blocks, in a thread of its own
//! - `interrupt`: Ctrl-C
//! - `tools`, `completions`: the commands beside the operations

mod api;
mod blocking;
mod body;
mod call;
mod completions;
mod config;
mod edit;
mod error;
mod import;
mod interrupt;
mod login;
mod names;
mod new_file;
mod output;
mod raw;
#[cfg(test)]
mod tests;
mod tools;
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

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, FromArgMatches as _};

use crate::call::Context;
use crate::error::CliError;
use crate::login::ConnectionArgs;
use crate::output::OutputArgs;
use crate::tree::Found;

fn main() -> ExitCode {
    completions::answer_shell(tree::command);
    let matches = match tree::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return unreadable(&with_tip(error)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(run(&matches));
            // After Ctrl-C, a host may still be looked up. Nothing waits for its address.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(CliError::other(format!(
            "the runtime cannot start: {error}"
        ))),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            error.report();
            ExitCode::from(error.exit_code())
        }
    }
}

/// Adds how to give a value that begins with a hyphen, such as the id of a session, if an error is about the word after a flag that takes a
/// value.
fn with_tip(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let words: Vec<OsString> = std::env::args_os().collect();
    let is_it = |word: &OsString| word.to_string_lossy().starts_with(unknown.as_str());
    let Some(place) = words.iter().position(is_it) else {
        return error;
    };
    // A command line that ends before that word lacks a value.
    let before = tree::command().try_get_matches_from(&words[..place]);
    let lacks_value = before.is_err_and(|error| error.kind() == ErrorKind::InvalidValue);
    if error.kind() == ErrorKind::UnknownArgument && lacks_value {
        let flag = words[place - 1].to_string_lossy();
        let tip = format!("if it is the value of '{flag}', write '{flag}=VALUE'");
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
    error
}

/// Prints the help, or the error of a command line that cannot be read.
fn unreadable(error: &clap::Error) -> ExitCode {
    // Nobody can be told about a failure of standard error.
    let _ = error.print();
    let code = error.exit_code();
    let is_usage = code == i32::from(CliError::USAGE);
    if is_usage && config::has_own_exit_codes(&tree::command()) {
        return ExitCode::FAILURE;
    }
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Runs the command and returns its exit code.
async fn run(matches: &ArgMatches) -> Result<ExitCode, CliError> {
    let unreadable = |error: clap::Error| CliError::usage(error.to_string());
    let mut connection = ConnectionArgs::from_arg_matches(matches).map_err(unreadable)?;
    let output = OutputArgs::from_arg_matches(matches).map_err(unreadable)?;
    let Some(found) = tree::find(matches) else {
        return tools::run(matches, &connection, &output).await;
    };
    // The dry run of a change reads the object first, so it needs the login.
    connection.is_dry_run =
        matches!(&found, Found::Call(_, _, matches) if matches.get_flag(tree::DRY_RUN));
    let keycloak = login::session(&connection).await?;
    let context = Context {
        keycloak: &keycloak,
        connection: &connection,
        output: &output,
    };
    match found {
        Found::Call(api, operation, matches) => {
            call::run(&context, api, operation, matches).await?;
        }
        Found::Edit {
            api,
            get,
            put,
            matches,
        } => edit::run(&context, api, get, put, matches).await?,
    }
    Ok(ExitCode::SUCCESS)
}
