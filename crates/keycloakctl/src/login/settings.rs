//! The settings of a command: flags, then environment variables, then the profile.

use std::path::{Path, PathBuf};

use keycloak_admin::{Credentials, PrivateKey, Session, SessionBuilder, TokenEndpoint};

use crate::error::CliError;
use crate::login::ConnectionArgs;
use crate::login::environment::Environment;
use crate::login::files;
use crate::login::profiles::{Algorithm, Method, Profile, Profiles};

/// The realm that people log in to by default.
const MASTER: &str = "master";

/// The client that people log in with by default.
const ADMIN_CLI: &str = "admin-cli";

/// The address that a dry run shows if no server is given. Names below `.invalid` never exist (RFC 2606).
const NO_SERVER: &str = "https://keycloak.invalid";

/// The settings of one command. They hold no secret.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The name of the profile. `None` if flags and variables say all.
    pub(crate) name: Option<String>,
    /// The profile, with the flags and the variables in it.
    pub(crate) profile: Profile,
}

impl Settings {
    /// Reads the configuration file, and puts the variables and the flags in the place of the profile's values.
    ///
    /// A profile belongs to its server, so that its secrets go to no other one.
    pub(crate) fn resolve(
        connection: &ConnectionArgs,
        environment: Environment<'_>,
        profiles: &Profiles,
    ) -> Result<Self, CliError> {
        let explicit = connection.given_profile(environment);
        let server = connection.given_server(environment);
        let name = explicit
            .clone()
            .or_else(|| profiles.current().map(str::to_owned));
        let mut settings = Self {
            profile: match &name {
                Some(name) => profiles.get(name)?.clone(),
                None => Profile::default(),
            },
            name,
        };
        if let Some(server) = server {
            check_address(&server)?;
            settings.use_server(server, explicit.is_some())?;
        }
        if settings.profile.server.is_empty() && connection.is_dry_run {
            NO_SERVER.clone_into(&mut settings.profile.server);
        }
        if settings.profile.server.is_empty() {
            return Err(CliError::refused("you are not logged in to any server")
                .with_hint("run `keycloakctl login --server URL`, or set KEYCLOAKCTL_SERVER"));
        }
        settings.overlay(connection, environment)?;
        Ok(settings)
    }

    /// Goes to this server. The current profile of another server is left out, and an explicit one is an error.
    fn use_server(&mut self, server: String, is_explicit: bool) -> Result<(), CliError> {
        if self.name.is_some() && !self.profile.is_of(&server) {
            if is_explicit {
                let own = &self.profile.server;
                return Err(CliError::usage(format!(
                    "the profile belongs to the server {own}, and not to {server}"
                ))
                .with_hint(
                    "leave out the profile or the server, or run `keycloakctl login` with both",
                ));
            }
            self.name = None;
            self.profile = Profile::default();
        }
        self.profile.server = server;
        Ok(())
    }

    /// Puts the variables and the flags in the place of the profile's values.
    fn overlay(
        &mut self,
        connection: &ConnectionArgs,
        environment: Environment<'_>,
    ) -> Result<(), CliError> {
        let profile = &mut self.profile;
        let set = |field: &mut Option<String>, name: &str| {
            *field = environment.get(name).or_else(|| field.take());
        };
        set(&mut profile.realm, "REALM");
        set(&mut profile.login_realm, "LOGIN_REALM");
        set(&mut profile.client_id, "CLIENT_ID");
        set(&mut profile.username, "USERNAME");
        set(&mut profile.key_id, "KEY_ID");
        let set_path = |field: &mut Option<PathBuf>, name: &str| {
            *field = environment
                .get(name)
                .map(PathBuf::from)
                .or_else(|| field.take());
        };
        set_path(&mut profile.password_file, "PASSWORD_FILE");
        set_path(&mut profile.client_secret_file, "CLIENT_SECRET_FILE");
        set_path(&mut profile.key_file, "KEY_FILE");
        set_path(&mut profile.ca_file, "CA_FILE");
        if let Some(algorithm) = choice::<Algorithm>(environment, "KEY_ALGORITHM")? {
            profile.key_algorithm = Some(algorithm);
        }
        profile.login = choice::<Method>(environment, "LOGIN")?
            .or(profile.login)
            .or_else(|| inferred(profile, environment));
        profile.realm = connection.realm.clone().or_else(|| profile.realm.take());
        profile.ca_file = connection
            .ca_file
            .clone()
            .or_else(|| profile.ca_file.take());
        Ok(())
    }

    /// Returns the realm to log in to.
    pub(crate) fn login_realm(&self) -> &str {
        self.profile.login_realm.as_deref().unwrap_or(MASTER)
    }

    /// Returns the method of the login, or the error that there is no login.
    pub(crate) fn method(&self) -> Result<Method, CliError> {
        self.profile.login.ok_or_else(|| self.not_logged_in())
    }

    /// Makes the error that there is no login.
    pub(crate) fn not_logged_in(&self) -> CliError {
        let server = &self.profile.server;
        let command = match &self.name {
            Some(name) => format!("keycloakctl login --profile {name}"),
            None => format!("keycloakctl login --server {server}"),
        };
        CliError::refused(format!("you are not logged in to {server}"))
            .with_hint(format!("run `{command}`"))
    }

    /// Returns the client that logs in.
    pub(crate) fn client_id(&self) -> Result<&str, CliError> {
        match (self.profile.client_id.as_deref(), self.method()?) {
            (Some(client_id), _) => Ok(client_id),
            (None, Method::Password | Method::Device) => Ok(ADMIN_CLI),
            (None, Method::ClientSecret | Method::Key) => {
                Err(CliError::usage("the client that logs in is not named")
                    .with_hint("add `--client-id ID` to the login, or set KEYCLOAKCTL_CLIENT_ID"))
            }
        }
    }

    /// Returns the user's password: of the variable, else of the profile's source. `None` if there is no source.
    pub(crate) fn password(
        &self,
        environment: Environment<'_>,
    ) -> Result<Option<String>, CliError> {
        let profile = &self.profile;
        let (file, variable) = (&profile.password_file, &profile.password_variable);
        secret(
            environment,
            "PASSWORD",
            file.as_deref(),
            variable.as_deref(),
        )
    }

    /// Returns the client's secret: of the variable, else of the profile's source. `None` if there is no source.
    pub(crate) fn client_secret(
        &self,
        environment: Environment<'_>,
    ) -> Result<Option<String>, CliError> {
        let profile = &self.profile;
        let (file, variable) = (&profile.client_secret_file, &profile.client_secret_variable);
        secret(
            environment,
            "CLIENT_SECRET",
            file.as_deref(),
            variable.as_deref(),
        )
    }

    /// Returns whether the command can log in by itself. Otherwise it can only renew the token of an earlier login.
    pub(crate) fn can_log_in(&self, environment: Environment<'_>) -> Result<bool, CliError> {
        Ok(match self.method()? {
            Method::Device => false,
            Method::Key => true,
            Method::ClientSecret => self.client_secret(environment)?.is_some(),
            Method::Password => {
                self.profile.username.is_some() && self.password(environment)?.is_some()
            }
        })
    }

    /// Returns the credentials. If the command cannot log in by itself, they can only renew a token.
    pub(crate) fn credentials(
        &self,
        environment: Environment<'_>,
    ) -> Result<Credentials, CliError> {
        let (client_id, client_secret) = (self.client_id()?, self.client_secret(environment)?);
        let method = self.method()?;
        let credentials = match (method, &client_secret) {
            (Method::Key, _) => return Ok(Credentials::private_key_jwt(client_id, self.key()?)),
            (Method::ClientSecret, Some(secret)) => {
                return Ok(Credentials::client_secret(client_id, secret));
            }
            (Method::Password, _) => match (&self.profile.username, self.password(environment)?) {
                (Some(username), Some(password)) => {
                    Credentials::password(username, password).with_client_id(client_id)
                }
                _ => Credentials::device(client_id),
            },
            (Method::ClientSecret | Method::Device, _) => Credentials::device(client_id),
        };
        Ok(match client_secret {
            Some(secret) => credentials.with_client_secret(secret),
            None => credentials,
        })
    }

    fn key(&self) -> Result<PrivateKey, CliError> {
        let Some(path) = &self.profile.key_file else {
            return Err(CliError::usage("the file of the private key is not named")
                .with_hint("add `--key-file FILE` to the login, or set KEYCLOAKCTL_KEY_FILE"));
        };
        let algorithm = self.profile.key_algorithm.unwrap_or(Algorithm::Es256);
        let key = PrivateKey::from_pem_file(algorithm.into(), path).map_err(|error| {
            CliError::from(error).with_hint("check the file and `--key-algorithm`")
        })?;
        Ok(match &self.profile.key_id {
            Some(id) => key.with_key_id(id),
            None => key,
        })
    }

    /// Returns the builder of a client of this server.
    pub(crate) fn builder<C: From<Session>>(&self) -> Result<SessionBuilder<C>, CliError> {
        let server = &self.profile.server;
        check_address(server)?;
        let user_agent = concat!("keycloakctl/", env!("CARGO_PKG_VERSION"));
        let mut builder = SessionBuilder::new(server)
            .user_agent(user_agent)
            .auth_realm(self.login_realm());
        if let Some(path) = &self.profile.ca_file {
            let pem = std::fs::read(path).map_err(|error| files::cannot("read", path, &error))?;
            builder = builder.root_certificate_pem(&pem);
        }
        Ok(builder)
    }

    /// Makes the token endpoint of the account.
    pub(crate) fn token_endpoint(
        &self,
        environment: Environment<'_>,
    ) -> Result<TokenEndpoint, CliError> {
        let builder = self.builder::<Session>()?;
        let credentials = self.credentials(environment)?;
        Ok(builder.credentials(credentials).build_token_endpoint()?)
    }

    /// Returns what a cached token belongs to: the server and the account.
    pub(crate) fn identity(&self) -> Result<String, CliError> {
        let parts = [
            self.profile.server.trim_end_matches('/'),
            self.login_realm(),
            self.method()?.as_str(),
            self.client_id()?,
            self.profile.username.as_deref().unwrap_or_default(),
        ];
        Ok(parts.join("\n"))
    }
}

/// Fails unless this can be the address of a server. The error does not repeat a password.
fn check_address(server: &str) -> Result<(), CliError> {
    let is_http = server.starts_with("https://") || server.starts_with("http://");
    let error = if server.contains('@') {
        CliError::usage("the address of a server must not hold a user name or a password")
    } else if !is_http {
        CliError::usage(format!("`{server}` is not the address of a server"))
    } else {
        return Ok(());
    };
    Err(error.with_hint("give one such as https://sso.example.com"))
}

/// Returns the method that the values make likely. `None` if there is nothing to log in with.
fn inferred(profile: &Profile, environment: Environment<'_>) -> Option<Method> {
    if profile.key_file.is_some() {
        Some(Method::Key)
    } else if profile.username.is_some() {
        Some(Method::Password)
    } else if environment.get("CLIENT_SECRET").is_some() || profile.client_secret_file.is_some() {
        Some(Method::ClientSecret)
    } else {
        None
    }
}

/// Reads a variable with few values.
pub(crate) fn choice<T: clap::ValueEnum>(
    environment: Environment<'_>,
    name: &str,
) -> Result<Option<T>, CliError> {
    let Some(value) = environment.get(name) else {
        return Ok(None);
    };
    T::from_str(&value, false).map(Some).map_err(|_| {
        let values = T::value_variants().iter().filter_map(T::to_possible_value);
        let values: Vec<_> = values.map(|value| value.get_name().to_owned()).collect();
        CliError::usage(format!(
            "KEYCLOAKCTL_{name} has the unknown value `{value}`"
        ))
        .with_hint(format!("the values are: {}", values.join(", ")))
    })
}

/// Reads a secret of the variable `KEYCLOAKCTL_NAME`, else of a variable or a file that the profile names.
fn secret(
    environment: Environment<'_>,
    name: &str,
    file: Option<&Path>,
    variable: Option<&str>,
) -> Result<Option<String>, CliError> {
    if let Some(value) = environment.get(name) {
        return Ok(Some(value));
    }
    if let Some(variable) = variable {
        return match environment.variable(variable) {
            Some(value) => Ok(Some(value)),
            None => Err(CliError::refused(format!(
                "the variable {variable}, which the profile names for its secret, is not set"
            ))
            .with_hint("set it, or correct the profile")),
        };
    }
    file.map(read_secret).transpose()
}

/// Reads a secret from a file, without the end of its line.
pub(crate) fn read_secret(path: &Path) -> Result<String, CliError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| files::cannot("read", path, &error))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
