//! The commands `login`, `logout` and `profiles`.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::PathBuf;

use keycloak_admin::{AccessToken, Credentials, Session, TokenEndpoint, TokenProvider as _};
use serde_json::json;

use crate::error::{CliError, warn_of_visible};
use crate::login::ConnectionArgs;
use crate::login::environment::Environment;
use crate::login::files;
use crate::login::profiles::{Algorithm, Method, Profile, Profiles, check_name};
use crate::login::settings::{Settings, choice, read_secret};
use crate::login::token_file::{StoredToken, TokenFile, now};
use crate::output::{OutputArgs, Printer, printable};

/// Log in to a server, and keep the login as a profile
///
/// The profile remembers the server, the realms and the account, and no secret. A password is asked for, or read from `KEYCLOAKCTL_PASSWORD`,
/// from standard input or from a file.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Login {
    /// Realm to log in to, if it is not `master`
    #[arg(long = "login-realm", value_name = "REALM")]
    auth_realm: Option<String>,
    /// Client that logs in; for people `admin-cli` unless it is given
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// User that logs in with a password
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Password; other users of this machine can see it, so prefer the other ways
    #[arg(long, value_name = "VALUE", conflicts_with_all = ["password_stdin", "password_file"])]
    password: Option<String>,
    /// Read the password from standard input
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// File with the password, which the profile remembers
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// One-time code of the user
    #[arg(long, value_name = "CODE")]
    totp: Option<String>,
    /// Secret of the client; other users of this machine can see it, so prefer the other ways
    #[arg(long, value_name = "VALUE", conflicts_with_all = ["client_secret_stdin", "client_secret_file"])]
    client_secret: Option<String>,
    /// Read the secret of the client from standard input
    #[arg(long, conflicts_with_all = ["client_secret_file", "password_stdin"])]
    client_secret_stdin: bool,
    /// File with the secret of the client, which the profile remembers
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// PEM file with the private key of the client, which the profile remembers
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "device"])]
    key_file: Option<PathBuf>,
    /// Algorithm of the private key, if it is not `es256`
    #[arg(long, value_name = "NAME", value_enum)]
    key_algorithm: Option<Algorithm>,
    /// Id of the private key (`kid`)
    #[arg(long, value_name = "ID")]
    key_id: Option<String>,
    /// Log in with a browser, on this machine or on another one
    #[arg(long, conflicts_with = "username")]
    device: bool,
}

/// The secrets of one login.
#[derive(Default)]
struct Secrets {
    password: Option<String>,
    client_secret: Option<String>,
}

impl Login {
    /// Logs in, stores the token, and makes the profile the current one.
    pub(crate) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let environment = Environment::of_process();
        let profiles = Profiles::load(environment)?;
        let name = profile_name(connection, environment, &profiles)?;
        let server = connection.given_server(environment);
        // The account of a profile belongs to its server.
        let known = profiles.all().get(&name);
        let known = known.filter(|known| server.is_none_or(|server| known.is_of(&server)));
        let known = known.cloned().unwrap_or_default();
        let mut settings = Settings {
            profile: self.profile(known, connection, environment)?,
            name: Some(name.clone()),
        };
        self.warn_of_public_files();
        let secrets = self.secrets(&mut settings, environment)?;
        let credentials = self.credentials(&settings, secrets, environment)?;
        let endpoint = settings
            .builder::<Session>()?
            .credentials(credentials)
            .build_token_endpoint()?;
        let file = TokenFile::new(&settings, environment)?;
        let requested_at = now();
        let token = if settings.method()? == Method::Device {
            log_in_by_device(&endpoint).await?
        } else {
            endpoint.token(None).await?
        };
        let stored = StoredToken::new(&token, requested_at);
        let lock = file.lock().await?;
        file.write(&stored)?;
        drop(lock);
        // Another command may have changed the profiles since the start of the login.
        let _lock = Profiles::lock(environment).await?;
        Profiles::load(environment)?.set(&name, &settings.profile)?;
        eprintln!(
            "Logged in to {} with the profile {name}.",
            settings.profile.server
        );
        warn_if_short(&settings, &stored, environment);
        Ok(())
    }

    /// Makes the profile: the known one, with the flags and the variables in it.
    fn profile(
        &self,
        known: Profile,
        connection: &ConnectionArgs,
        environment: Environment<'_>,
    ) -> Result<Profile, CliError> {
        let given = |flag: &Option<String>, name: &str, known: Option<String>| {
            flag.clone().or_else(|| environment.get(name)).or(known)
        };
        let path = |flag: &Option<PathBuf>, name: &str, known: Option<PathBuf>| {
            let of_variable = environment.get(name).map(PathBuf::from);
            let path = flag.clone().or(of_variable);
            // The command may run in another folder next time.
            let path = path.map(|path| std::path::absolute(&path).unwrap_or(path));
            path.or(known)
        };
        let chosen = choice(environment, "LOGIN")?.or(known.login);
        Ok(Profile {
            login: Some(self.method(chosen, environment)),
            server: given(&connection.server, "SERVER", Some(known.server)).unwrap_or_default(),
            realm: given(&connection.realm, "REALM", known.realm),
            login_realm: given(&self.auth_realm, "LOGIN_REALM", known.login_realm),
            client_id: given(&self.client_id, "CLIENT_ID", known.client_id),
            username: given(&self.username, "USERNAME", known.username),
            password_file: path(&self.password_file, "PASSWORD_FILE", known.password_file),
            password_variable: known.password_variable,
            client_secret_file: path(
                &self.client_secret_file,
                "CLIENT_SECRET_FILE",
                known.client_secret_file,
            ),
            client_secret_variable: known.client_secret_variable,
            key_file: path(&self.key_file, "KEY_FILE", known.key_file),
            key_algorithm: self
                .key_algorithm
                .or(choice(environment, "KEY_ALGORITHM")?)
                .or(known.key_algorithm),
            key_id: given(&self.key_id, "KEY_ID", known.key_id),
            ca_file: path(&connection.ca_file, "CA_FILE", known.ca_file),
        })
    }

    /// Warns of files with a secret that other users may read. Some systems mount them so, and the user decides.
    fn warn_of_public_files(&self) {
        let files = [
            &self.password_file,
            &self.client_secret_file,
            &self.key_file,
        ];
        for path in files
            .into_iter()
            .flatten()
            .filter(|path| files::is_public(path))
        {
            eprintln!(
                "warning: other users of this machine may read the secret in {}",
                path.display()
            );
        }
    }

    /// Returns the method that the flags name, else the chosen one, else the one that the variables make likely.
    fn method(&self, chosen: Option<Method>, environment: Environment<'_>) -> Method {
        let has_client_secret = self.client_secret.is_some()
            || self.client_secret_stdin
            || self.client_secret_file.is_some();
        if self.device {
            Method::Device
        } else if self.key_file.is_some()
            || (chosen.is_none() && environment.get("KEY_FILE").is_some())
        {
            Method::Key
        } else if self.username.is_some() {
            Method::Password
        } else if has_client_secret {
            Method::ClientSecret
        } else if let Some(method) = chosen {
            method
        } else if environment.get("CLIENT_SECRET").is_some()
            && environment.get("USERNAME").is_none()
        {
            Method::ClientSecret
        } else {
            Method::Password
        }
    }

    /// Gets the secrets that the method needs: from flags, standard input, files, variables, or the terminal.
    fn secrets(
        &self,
        settings: &mut Settings,
        environment: Environment<'_>,
    ) -> Result<Secrets, CliError> {
        let method = settings.method()?;
        let mut secrets = Secrets::default();
        if method != Method::Key {
            if self.client_secret.is_some() {
                warn_of_visible("--client-secret", Some("`--client-secret-file FILE`"));
            }
            secrets.client_secret = match (&self.client_secret, self.client_secret_stdin) {
                (Some(secret), _) => Some(secret.clone()),
                (None, true) => Some(read_stdin()?),
                (None, false) => settings.client_secret(environment)?,
            };
        }
        if method == Method::ClientSecret && secrets.client_secret.is_none() {
            secrets.client_secret = Some(ask_secret(
                "Secret of the client: ",
                "--client-secret-file FILE",
                "KEYCLOAKCTL_CLIENT_SECRET",
            )?);
        }
        if method == Method::Password {
            let username = match settings.profile.username.take() {
                Some(username) => username,
                None => ask_username()?,
            };
            if self.password.is_some() {
                warn_of_visible("--password", Some("`--password-stdin`"));
            }
            let password = match (&self.password, self.password_stdin, &self.password_file) {
                (Some(password), ..) => Some(password.clone()),
                (None, true, _) => Some(read_stdin()?),
                (None, false, Some(path)) => Some(read_secret(path)?),
                (None, false, None) => settings.password(environment)?,
            };
            secrets.password = Some(match password {
                Some(password) => password,
                None => ask_secret(
                    &format!("Password of {username}: "),
                    "--password-stdin",
                    "KEYCLOAKCTL_PASSWORD",
                )?,
            });
            settings.profile.username = Some(username);
        }
        Ok(secrets)
    }

    fn credentials(
        &self,
        settings: &Settings,
        secrets: Secrets,
        environment: Environment<'_>,
    ) -> Result<Credentials, CliError> {
        let client_id = settings.client_id()?;
        let credentials = match (settings.method()?, secrets.client_secret) {
            (Method::Key, _) => return settings.credentials(environment),
            (Method::ClientSecret, secret) => {
                return Ok(Credentials::client_secret(
                    client_id,
                    secret.unwrap_or_default(),
                ));
            }
            (Method::Device, None) => return Ok(Credentials::device(client_id)),
            (Method::Device, Some(secret)) => {
                return Ok(Credentials::device(client_id).with_client_secret(secret));
            }
            (Method::Password, secret) => {
                let username = settings.profile.username.clone().unwrap_or_default();
                let credentials =
                    Credentials::password(username, secrets.password.unwrap_or_default())
                        .with_client_id(client_id);
                match secret {
                    Some(secret) => credentials.with_client_secret(secret),
                    None => credentials,
                }
            }
        };
        Ok(match self.totp.clone() {
            Some(code) => credentials.with_totp(move || code.clone()),
            None => credentials,
        })
    }
}

/// Shows the address and the code, and waits for the user.
async fn log_in_by_device(endpoint: &TokenEndpoint) -> Result<AccessToken, CliError> {
    let login = endpoint.start_device_login().await?;
    let (address, code) = (login.verification_uri(), login.user_code());
    let (address, code) = (printable(address), printable(code));
    eprintln!("Open {address} and enter the code {code}.");
    if let Some(address) = login.verification_uri_complete() {
        eprintln!("Or open {}", printable(address));
    }
    Ok(endpoint.finish_device_login(login).await?)
}

/// Returns the name of the profile to log in with: the given one, else one for the given server, else the current one.
fn profile_name(
    connection: &ConnectionArgs,
    environment: Environment<'_>,
    profiles: &Profiles,
) -> Result<String, CliError> {
    let server = connection.given_server(environment);
    if let Some(name) = connection.given_profile(environment) {
        check_name(&name)?;
        if server.is_none() {
            profiles.get(&name)?;
        }
        return Ok(name);
    }
    match (server, profiles.current()) {
        (Some(server), _) => Ok(host(&server)),
        (None, Some(name)) => Ok(name.to_owned()),
        (None, None) => Err(CliError::usage("the server to log in to is not given")
            .with_hint("add `--server URL`, or set KEYCLOAKCTL_SERVER")),
    }
}

/// Returns the host of an address as the name of a profile, such as `sso.example.com` or `127.0.0.1-8080`.
fn host(server: &str) -> String {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or(rest);
    let host = host.rsplit('@').next().unwrap_or(host);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let name: String = host
        .chars()
        .map(|c| if is_plain(c) { c } else { '-' })
        .collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() {
        "default".to_owned()
    } else {
        name.to_owned()
    }
}

/// Warns of a login that ends soon, because nothing renews its token.
fn warn_if_short(settings: &Settings, stored: &StoredToken, environment: Environment<'_>) {
    let has_source = matches!(settings.method(), Ok(Method::Key))
        || matches!(settings.client_secret(environment), Ok(Some(_)));
    if !stored.has_refresh_token() && !has_source {
        eprintln!(
            "warning: the token cannot be renewed, because the profile names no source of the secret; \
             use `--client-secret-file` or KEYCLOAKCTL_CLIENT_SECRET"
        );
    }
}

/// Reads a secret from standard input, without the end of its line.
fn read_stdin() -> Result<String, CliError> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| CliError::usage(format!("standard input cannot be read: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask_username() -> Result<String, CliError> {
    if !io::stdin().is_terminal() {
        return Err(CliError::usage("the user to log in is not given")
            .with_hint("add `--username NAME`, or set KEYCLOAKCTL_USERNAME"));
    }
    eprint!("User name: ");
    let mut name = String::new();
    let read = io::stderr()
        .flush()
        .and_then(|()| io::stdin().read_line(&mut name));
    read.map_err(|error| CliError::usage(format!("the user name cannot be read: {error}")))?;
    Ok(name.trim().to_owned())
}

/// Asks for a secret without an echo. Without a terminal it is an error that names the other ways.
fn ask_secret(prompt: &str, flag: &str, variable: &str) -> Result<String, CliError> {
    if !io::stdin().is_terminal() {
        let subject = prompt.trim_end_matches(": ").to_lowercase();
        return Err(CliError::usage(format!("the {subject} is not given"))
            .with_hint(format!("use `{flag}`, or set {variable}")));
    }
    rpassword::prompt_password(prompt)
        .map_err(|error| CliError::usage(format!("the secret cannot be read: {error}")))
}

/// Log out: end the login on the server, and remove its token
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Logout {}

impl Logout {
    /// Ends the login of the profile.
    pub(crate) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let environment = Environment::of_process();
        let settings = connection.settings()?;
        let file = TokenFile::new(&settings, environment)?;
        let _lock = file.lock().await?;
        let Some(stored) = file.read()? else {
            eprintln!("You are not logged in to {}.", settings.profile.server);
            return Ok(());
        };
        if let Some(token) = stored.for_renewal(now()) {
            let endpoint = settings.token_endpoint(environment)?;
            endpoint.logout(token).await?;
        }
        file.remove()?;
        eprintln!("Logged out of {}.", settings.profile.server);
        Ok(())
    }
}

/// List the profiles, choose the current one, or remove one
#[derive(clap::Subcommand, Clone, Debug)]
pub(crate) enum ProfilesCommand {
    /// List the profiles
    List,
    /// Make a profile the current one
    Use {
        /// Name of the profile
        name: String,
    },
    /// Remove a profile and its token
    Remove {
        /// Name of the profile
        name: String,
    },
}

impl ProfilesCommand {
    /// Lists, chooses or removes.
    pub(crate) async fn run(self, output: &OutputArgs) -> Result<(), CliError> {
        let environment = Environment::of_process();
        if matches!(self, Self::List) {
            return list(&Profiles::load(environment)?, output);
        }
        let _lock = Profiles::lock(environment).await?;
        let mut profiles = Profiles::load(environment)?;
        match self {
            Self::List => Ok(()),
            Self::Use { name } => profiles.select(&name),
            Self::Remove { name } => {
                let settings = Settings {
                    profile: profiles.get(&name)?.clone(),
                    name: Some(name.clone()),
                };
                if settings.profile.login.is_some() {
                    let file = TokenFile::new(&settings, environment)?;
                    // Another command may be renewing the token.
                    let _lock = file.lock().await?;
                    file.remove()?;
                }
                profiles.remove(&name)
            }
        }
    }
}

fn list(profiles: &Profiles, output: &OutputArgs) -> Result<(), CliError> {
    let mut printer = Printer::new(output, Some("Profile"), io::stdout().lock());
    for (name, profile) in profiles.all() {
        printer.item(&json!({
            "name": name,
            "current": profiles.current() == Some(name),
            "server": profile.server,
            "realm": profile.realm,
            "login": profile.login,
            "account": profile.username.as_ref().or(profile.client_id.as_ref()),
        }))?;
    }
    printer.finish()
}
