//! Completions for shells, also of the names of realms, clients and users on the server; and man pages.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use keycloak_admin::{Error, Keycloak};

use crate::error::CliError;
use crate::login::{ConnectionArgs, session};

/// The variable with which the script of a shell asks for completions.
const VARIABLE: &str = "KEYCLOAKCTL_COMPLETE";

/// The name of the program.
const NAME: &str = "keycloakctl";

/// The most names that the server is asked for.
const MAX_NAMES: i32 = 50;

/// A shell with completions.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(crate) enum Shell {
    /// Bash
    Bash,
    /// Z shell
    Zsh,
    /// Fish
    Fish,
}

/// Print the script that completes commands, flags and names in a shell
///
/// Add `source <(keycloakctl completions bash)` to ~/.bashrc or ~/.zshrc (with zsh), or `keycloakctl completions fish | source` to
/// ~/.config/fish/config.fish.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Completions {
    /// Shell to complete in
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub(crate) fn run(self) -> Result<(), CliError> {
        let shell = match self.shell {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
        };
        let shells = Shells::builtins();
        let shell = shells
            .completer(shell)
            .ok_or_else(|| CliError::other("the shell is not known"))?;
        Ok(shell.write_registration(VARIABLE, NAME, NAME, NAME, &mut io::stdout())?)
    }
}

/// Answers a shell that asks for completions, and ends the program. Otherwise it does nothing. Call it first in `main`,
/// before a runtime starts.
pub(crate) fn answer_shell(command: fn() -> Command) {
    if std::env::var_os(VARIABLE).is_some() {
        let whole_tree = move || {
            let mut command = command();
            command.build();
            with_names(command)
        };
        CompleteEnv::with_factory(whole_tree)
            .var(VARIABLE)
            .completer(NAME)
            .complete();
    }
}

/// Adds the completion of names to the flags `--realm`, `--client` and `--user` of all commands.
fn with_names(command: Command) -> Command {
    let command = command.mut_args(|arg| match arg.get_long() {
        Some("realm") => arg.add(ArgValueCompleter::new(|start: &OsStr| {
            candidates(Names::Realms, start)
        })),
        Some("client") => arg.add(ArgValueCompleter::new(|start: &OsStr| {
            candidates(Names::Clients, start)
        })),
        Some("user") => arg.add(ArgValueCompleter::new(|start: &OsStr| {
            candidates(Names::Users, start)
        })),
        _ => arg,
    });
    command.mut_subcommands(with_names)
}

/// The names that the server completes.
#[derive(Clone, Copy)]
enum Names {
    Realms,
    Clients,
    Users,
}

/// Returns the names that start with this text. Without a login, or without an answer, there are none.
fn candidates(names: Names, start: &OsStr) -> Vec<CompletionCandidate> {
    let start = start.to_string_lossy();
    let connection = connection_of(std::env::args());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let found = runtime.map(|runtime| runtime.block_on(find(names, &start, &connection)));
    let found = found.ok().and_then(Result::ok).unwrap_or_default();
    let matching = found.into_iter().filter(|name| name.starts_with(&*start));
    matching.map(CompletionCandidate::new).collect()
}

async fn find(
    names: Names,
    start: &str,
    connection: &ConnectionArgs,
) -> Result<Vec<String>, CliError> {
    let keycloak = session(connection).await?;
    let found = match names {
        Names::Realms => realms(&keycloak).await?,
        Names::Clients => clients(&keycloak, start, &connection.realm()?).await?,
        Names::Users => users(&keycloak, start, &connection.realm()?).await?,
    };
    Ok(found)
}

async fn realms(keycloak: &Keycloak) -> Result<Vec<String>, Error> {
    let realms = keycloak
        .api()
        .list_realms()
        .brief_representation(true)
        .await?;
    Ok(realms.into_iter().filter_map(|realm| realm.realm).collect())
}

async fn clients(keycloak: &Keycloak, start: &str, realm: &str) -> Result<Vec<String>, Error> {
    let clients = keycloak
        .api()
        .list_clients()
        .realm(realm)
        .client_id(start)
        .search(true);
    let clients = clients.max(MAX_NAMES).await?;
    Ok(clients
        .into_iter()
        .filter_map(|client| client.client_id)
        .collect())
}

async fn users(keycloak: &Keycloak, start: &str, realm: &str) -> Result<Vec<String>, Error> {
    let users = keycloak.api().list_users().realm(realm).username(start);
    let users = users.brief_representation(true).max(MAX_NAMES).await?;
    Ok(users.into_iter().filter_map(|user| user.username).collect())
}

/// Reads the flags of the connection from a command line that is not complete.
fn connection_of(arguments: impl Iterator<Item = String>) -> ConnectionArgs {
    let mut connection = ConnectionArgs::default();
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        let (flag, value) = match argument.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let field = match flag.as_str() {
            "--realm" => &mut connection.realm,
            "--profile" => &mut connection.profile,
            "--server" => &mut connection.server,
            "--ca-file" => {
                connection.ca_file = value.or_else(|| arguments.next()).map(PathBuf::from);
                continue;
            }
            _ => continue,
        };
        // The last word is the one that is being completed.
        *field = value
            .or_else(|| arguments.next())
            .filter(|value| !value.is_empty());
    }
    connection
}

/// Writes a man page of each command into a folder.
pub(crate) fn write_man_pages(command: Command, folder: &Path) -> Result<(), CliError> {
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        // Each page is moved to its place when all are complete.
        let pages = tempfile::tempdir_in(folder)?;
        clap_mangen::generate_to(command, pages.path())?;
        for page in std::fs::read_dir(pages.path())? {
            let page = page?;
            std::fs::rename(page.path(), folder.join(page.file_name()))?;
        }
        Ok(())
    });
    written.map_err(|error| {
        CliError::other(format!(
            "the man pages cannot be written to {}: {error}",
            folder.display()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::connection_of;

    #[test]
    fn the_connection_of_an_unfinished_line_is_read() {
        let line = "keycloakctl users get --realm=acme --profile prod --ca-file /ca.pem --user al";
        let connection = connection_of(line.split(' ').map(str::to_owned));
        assert_eq!(connection.realm.as_deref(), Some("acme"));
        assert_eq!(connection.profile.as_deref(), Some("prod"));
        assert_eq!(connection.ca_file.as_deref(), Some("/ca.pem".as_ref()));
        assert_eq!(connection.server, None);
        let line = ["keycloakctl", "users", "list", "--realm", ""].map(str::to_owned);
        assert_eq!(connection_of(line.into_iter()).realm, None);
    }
}
