//! Profiles, logging in, and the session of a command.

mod commands;
mod environment;
mod files;
mod profiles;
mod provider;
mod settings;
mod token_file;
mod who;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use keycloak_admin::{CallReport, Credentials, Keycloak, SessionBuilder};

use crate::error::CliError;

pub(crate) use self::commands::{Login, Logout, ProfilesCommand};
pub(crate) use self::who::Whoami;

use self::environment::Environment;
use self::profiles::Profiles;
use self::provider::{CachedTokens, NoTokens};
use self::settings::Settings;

/// The flags of the connection, which every command takes.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct ConnectionArgs {
    /// Profile to use instead of the current one, else `KEYCLOAKCTL_PROFILE`
    #[arg(long, global = true, value_name = "NAME", help_heading = "Connection")]
    pub(crate) profile: Option<String>,
    /// Address of the server, such as `https://sso.example.com`, else `KEYCLOAKCTL_SERVER`
    #[arg(long, global = true, value_name = "URL", help_heading = "Connection")]
    pub(crate) server: Option<String>,
    /// Realm to work on, else `KEYCLOAKCTL_REALM`, else the realm of the profile
    #[arg(long, global = true, value_name = "REALM", help_heading = "Connection")]
    pub(crate) realm: Option<String>,
    /// PEM file with a certificate authority to trust beside those of the system, else `KEYCLOAKCTL_CA_FILE`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connection")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Show each request on standard error, without secrets
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) debug: bool,
    /// True if the command shows its call and does not send it.
    #[arg(skip)]
    pub(crate) is_dry_run: bool,
}

impl ConnectionArgs {
    /// Returns the realm to work on: of the flag, else of `KEYCLOAKCTL_REALM`, else of the profile.
    pub(crate) fn realm(&self) -> Result<String, CliError> {
        if let Some(realm) = &self.realm {
            return Ok(realm.clone());
        }
        self.settings()?.profile.realm.ok_or_else(|| {
            CliError::usage("the realm to work on is not given")
                .with_hint("add `--realm REALM`, or set KEYCLOAKCTL_REALM")
        })
    }

    /// Returns the profile of the flag, else of the variable.
    fn given_profile(&self, environment: Environment<'_>) -> Option<String> {
        self.profile.clone().or_else(|| environment.get("PROFILE"))
    }

    /// Returns the server of the flag, else of the variable.
    fn given_server(&self, environment: Environment<'_>) -> Option<String> {
        self.server.clone().or_else(|| environment.get("SERVER"))
    }

    /// Returns the settings of the command.
    fn settings(&self) -> Result<Settings, CliError> {
        let environment = Environment::of_process();
        Settings::resolve(self, environment, &Profiles::load(environment)?)
    }
}

/// Returns the client of a command. It uses the cached token, and renews it if that is due.
///
/// Nothing is sent: the first call logs in. A dry run needs no login until it looks up a name.
pub(crate) async fn session(connection: &ConnectionArgs) -> Result<Keycloak, CliError> {
    counted_session(connection, &Arc::default()).await
}

/// Returns the client of a command, as [`session`] does, and adds up the requests that it sends.
// It waits for nothing yet. A login that has to wait would begin here.
#[allow(clippy::unused_async)]
pub(crate) async fn counted_session(
    connection: &ConnectionArgs,
    requests: &Arc<AtomicU32>,
) -> Result<Keycloak, CliError> {
    let environment = Environment::of_process();
    let settings = connection.settings()?;
    let mut builder: SessionBuilder<Keycloak> = settings.builder()?;
    let (requests, is_shown) = (Arc::clone(requests), connection.debug);
    builder = builder.on_call(move |call| {
        requests.fetch_add(call.attempts(), Ordering::Relaxed);
        if is_shown {
            show_call(call);
        }
    });
    if let Some(token) = environment.get("TOKEN") {
        return Ok(builder.credentials(Credentials::token(token)).build()?);
    }
    match CachedTokens::new(settings, environment, connection.debug) {
        Ok(tokens) => Ok(builder.token_provider(tokens).build()?),
        Err(error) if connection.is_dry_run => {
            Ok(builder.token_provider(NoTokens::new(&error)).build()?)
        }
        Err(error) => Err(error),
    }
}

/// Shows a call on standard error: its method, its path with the realm, its status and its time.
fn show_call(call: &CallReport<'_>) {
    let operation = call.operation();
    let mut path = operation.path().to_owned();
    if let Some(realm) = call.realm() {
        path = path.replacen("{realm}", realm, 1);
    }
    let outcome = match (call.status(), call.error()) {
        (Some(status), _) => status.to_string(),
        (None, Some(error)) => error.kind().as_str().to_owned(),
        (None, None) => "ok".to_owned(),
    };
    let attempts = match call.attempts() {
        0 | 1 => String::new(),
        attempts => format!(", {attempts} attempts"),
    };
    let millis = call.duration().as_millis();
    eprintln!(
        "debug: {} {path}: {outcome}, {millis} ms{attempts}",
        operation.method()
    );
}

#[cfg(test)]
mod tests;
