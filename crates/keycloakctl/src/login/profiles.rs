//! The configuration file with its profiles. It holds no secret, but it may name the file or the variable of one.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use keycloak_admin::KeyAlgorithm;
use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, Item, Table, value};

use crate::error::CliError;
use crate::login::environment::Environment;
use crate::login::files;

/// The method of a profile's login.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Method {
    /// User name and password
    Password,
    /// Client with a service account and a secret
    ClientSecret,
    /// Client with a service account and a private key
    Key,
    /// Browser, on this machine or on another one
    Device,
}

impl Method {
    /// Returns the method as the configuration file names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::ClientSecret => "client-secret",
            Self::Key => "key",
            Self::Device => "device",
        }
    }
}

/// The algorithm of a private key.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub(crate) enum Algorithm {
    /// RSA with SHA-256
    Rs256,
    /// RSA-PSS with SHA-256
    Ps256,
    /// ECDSA on P-256 with SHA-256
    Es256,
    /// Ed25519
    EdDsa,
}

impl From<Algorithm> for KeyAlgorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self::Rs256,
            Algorithm::Ps256 => Self::Ps256,
            Algorithm::Es256 => Self::Es256,
            Algorithm::EdDsa => Self::EdDsa,
        }
    }
}

/// A server, and the account that logs in there.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Profile {
    /// Address of the server.
    pub(crate) server: String,
    /// Realm to work on.
    pub(crate) realm: Option<String>,
    /// Realm to log in to. The default is `master`.
    pub(crate) login_realm: Option<String>,
    /// Method of the login.
    pub(crate) login: Option<Method>,
    /// Client that logs in. The default for people is `admin-cli`.
    pub(crate) client_id: Option<String>,
    /// User that logs in.
    pub(crate) username: Option<String>,
    /// File with the password.
    pub(crate) password_file: Option<PathBuf>,
    /// Environment variable with the password.
    pub(crate) password_variable: Option<String>,
    /// File with the client's secret.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Environment variable with the client's secret.
    pub(crate) client_secret_variable: Option<String>,
    /// PEM file with the client's private key.
    pub(crate) key_file: Option<PathBuf>,
    /// Algorithm of the private key.
    pub(crate) key_algorithm: Option<Algorithm>,
    /// Id of the private key.
    pub(crate) key_id: Option<String>,
    /// PEM file with a certificate authority to trust.
    pub(crate) ca_file: Option<PathBuf>,
}

impl Profile {
    /// Returns whether this is the profile's server. A slash at the end makes no difference.
    pub(crate) fn is_of(&self, server: &str) -> bool {
        self.server.trim_end_matches('/') == server.trim_end_matches('/')
    }
}

/// The configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    current: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

/// The profiles of the user, and the file that holds them.
#[derive(Debug)]
pub(crate) struct Profiles {
    path: PathBuf,
    document: DocumentMut,
    config: Config,
}

impl Profiles {
    /// Reads the configuration file. An absent file has no profiles.
    pub(crate) fn load(environment: Environment<'_>) -> Result<Self, CliError> {
        let path = files::config_file(environment)?;
        let text = files::read(&path)?.unwrap_or_default();
        let broken = |error: &dyn std::fmt::Display| {
            let reason = error.to_string().trim_end().replace('\n', "; ");
            CliError::usage(format!(
                "the configuration file {} is broken: {reason}",
                path.display()
            ))
            .with_hint("correct it, or remove it and run `keycloakctl login`")
        };
        let document = text.parse().map_err(|error: toml_edit::TomlError| {
            broken(&describe(&text, error.span(), error.message()))
        })?;
        let config = toml_edit::de::from_str(&text)
            .map_err(|error| broken(&describe(&text, error.span(), error.message())))?;
        Ok(Self {
            path,
            document,
            config,
        })
    }

    /// Waits until no other process changes the profiles. The lock ends when the result is dropped.
    pub(crate) async fn lock(environment: Environment<'_>) -> Result<File, CliError> {
        files::lock(files::cache_folder(environment)?.join("profiles.lock")).await
    }

    /// Returns the name of the current profile.
    pub(crate) fn current(&self) -> Option<&str> {
        self.config.current.as_deref()
    }

    /// Returns the profiles by name.
    pub(crate) fn all(&self) -> &BTreeMap<String, Profile> {
        &self.config.profiles
    }

    /// Returns a profile.
    pub(crate) fn get(&self, name: &str) -> Result<&Profile, CliError> {
        self.config.profiles.get(name).ok_or_else(|| {
            let error = CliError::usage(format!("there is no profile `{name}`"));
            let known: Vec<_> = self.config.profiles.keys().map(String::as_str).collect();
            if known.is_empty() {
                error.with_hint("run `keycloakctl login` to make one")
            } else {
                error.with_hint(format!("the profiles are: {}", known.join(", ")))
            }
        })
    }

    /// Sets a profile and makes it the current one.
    pub(crate) fn set(&mut self, name: &str, profile: &Profile) -> Result<(), CliError> {
        check_name(name)?;
        let written = toml_edit::ser::to_document(profile)
            .map_err(|error| CliError::other(format!("the profile cannot be written: {error}")))?;
        let profiles = self.document.entry("profiles").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        profiles[name] = Item::Table(written.as_table().clone());
        self.document["current"] = value(name);
        self.save()
    }

    /// Makes a profile the current one.
    pub(crate) fn select(&mut self, name: &str) -> Result<(), CliError> {
        self.get(name)?;
        self.document["current"] = value(name);
        self.save()
    }

    /// Removes a profile.
    pub(crate) fn remove(&mut self, name: &str) -> Result<(), CliError> {
        self.get(name)?;
        if let Some(profiles) = self.document["profiles"].as_table_like_mut() {
            profiles.remove(name);
        }
        if self.current() == Some(name) {
            self.document.remove("current");
        }
        self.save()
    }

    fn save(&self) -> Result<(), CliError> {
        let text = self.document.to_string();
        files::replace(&self.path, text.as_bytes())
            .map_err(|error| files::cannot("write", &self.path, &error))
    }
}

/// Names the line of a fault in the file.
fn describe(text: &str, span: Option<std::ops::Range<usize>>, message: &str) -> String {
    let start = span.and_then(|span| text.get(..span.start));
    match start {
        Some(before) => format!("line {}: {message}", before.matches('\n').count() + 1),
        None => message.to_owned(),
    }
}

/// Fails if a name could not be the name of a file.
pub(crate) fn check_name(name: &str) -> Result<(), CliError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
        return Err(
            CliError::usage(format!("`{name}` cannot be the name of a profile"))
                .with_hint("use letters, digits, `-`, `_` and `.`"),
        );
    }
    Ok(())
}
