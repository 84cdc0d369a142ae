//! Applies the realm files of a folder to a real server: `cargo xtask corpus DIR`.
//!
//! `KEYCLOAK_URL`, `KEYCLOAK_ADMIN_USERNAME` and `KEYCLOAK_ADMIN_PASSWORD` name the server and its account.

#![allow(unreachable_pub)] // `pub` marks the items of a module that others use

mod differential;
mod files;
mod reasons;
mod steps;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use keycloak_admin::{Credentials, Keycloak, SessionBuilder};
use keycloak_config::{Actual, ConfigError, Desired, Plan, PlanOptions, Report, Values};

/// The prefix of the realms on the server, so that no other realm is touched.
const PREFIX: &str = "cfg-corpus-";

/// The number of folders that run at the same time.
const CONCURRENCY: usize = 3;

/// Applies the realm files of each folder of a directory to a running server
#[derive(Parser)]
#[command(name = "cargo xtask corpus")]
struct Arguments {
    /// The directory with a folder for each realm; its files are applied in the order of their names
    directory: PathBuf,
    /// Only folders with this in their names
    #[arg(long, value_name = "NAME", default_value = "")]
    only: String,
    /// A value of `$(sys:NAME)` and `$(NAME)`; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = property)]
    property: Vec<(String, String)>,
    /// Compare each file with Keycloak's own import of it instead, which knows no properties
    #[arg(long, conflicts_with_all = ["exports", "property"])]
    differential: bool,
    /// Write Keycloak's export of the realm after each file to this directory, to be compared, also on another version of Keycloak
    #[arg(long, value_name = "DIR")]
    exports: Option<PathBuf>,
}

fn property(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let root = &arguments.directory;
    let values = Values::environment().with_properties(arguments.property);
    let folders = files::folders(root).into_iter().enumerate();
    let folders = folders.filter(|(_, (folder, _))| folder.contains(&arguments.only));
    let folders: Vec<(usize, files::Folder)> = folders.collect();
    let is_passed = if folders.is_empty() {
        Err(format!("{}: there is no realm file", root.display()))
    } else if arguments.differential {
        differential::run(root, folders).await
    } else {
        steps::run(root, &values, folders, arguments.exports).await
    };
    match is_passed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the realm of a declaration and plans its changes.
async fn plan(keycloak: &Keycloak, desired: &Desired) -> Result<(Actual, Plan), ConfigError> {
    let actual = keycloak_config::read_actual(keycloak, desired).await?;
    let plan = keycloak_config::plan(desired, &actual, &PlanOptions::default())?;
    Ok((actual, plan))
}

/// Plans and applies a declaration.
async fn apply(keycloak: &Keycloak, desired: &Desired) -> Result<Report, ConfigError> {
    let (actual, plan) = plan(keycloak, desired).await?;
    keycloak_config::apply(keycloak, &plan, desired, &actual, &|_| {}).await
}

/// Connects to the server. `set` changes the session.
fn connect(
    set: impl FnOnce(SessionBuilder<Keycloak>) -> SessionBuilder<Keycloak>,
) -> Result<Keycloak, String> {
    let variable =
        |name: &str| std::env::var(name).map_err(|_| format!("the variable {name} is not set"));
    let username = variable("KEYCLOAK_ADMIN_USERNAME").unwrap_or_else(|_| "admin".to_owned());
    let password = variable("KEYCLOAK_ADMIN_PASSWORD")?;
    let builder = Keycloak::builder(&variable("KEYCLOAK_URL")?)
        .credentials(Credentials::password(username, password));
    set(builder).build().map_err(|error| error.to_string())
}
