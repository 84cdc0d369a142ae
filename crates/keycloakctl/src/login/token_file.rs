//! The cached token of a profile: a file that only its owner may read, and the lock beside it.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use keycloak_admin::AccessToken;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::CliError;
use crate::login::environment::Environment;
use crate::login::files;
use crate::login::settings::Settings;

/// The longest time before its end that a token is renewed. Short tokens are renewed after 80 % of their life.
const MAX_SKEW: u64 = 10;

/// A token with its ends, in epoch seconds.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct StoredToken {
    access_token: String,
    /// The whole lifetime of the access token, in seconds.
    lifetime: Option<u64>,
    expires_at: Option<u64>,
    refresh_token: Option<String>,
    refresh_expires_at: Option<u64>,
}

impl StoredToken {
    /// Makes the stored form of a token that was requested at this moment.
    pub(crate) fn new(token: &AccessToken, requested_at: u64) -> Self {
        let end = |lifetime: Duration| requested_at.saturating_add(lifetime.as_secs());
        Self {
            access_token: token.secret().to_owned(),
            lifetime: token.lifetime().map(|lifetime| lifetime.as_secs()),
            expires_at: token.lifetime().map(end),
            refresh_token: token.refresh_token().map(str::to_owned),
            refresh_expires_at: token.refresh_lifetime().map(end),
        }
    }

    /// Returns whether the access token need not be renewed yet.
    pub(crate) fn is_fresh(&self, now: u64) -> bool {
        let skew = MAX_SKEW.min(self.lifetime.unwrap_or(u64::MAX) / 5);
        self.expires_at.is_none_or(|end| now + skew < end)
    }

    /// Returns whether this is the same token.
    pub(crate) fn is_same(&self, token: &AccessToken) -> bool {
        self.access_token == token.secret()
    }

    /// Returns the token for a session. It lives for the rest of its time, and has no refresh token.
    pub(crate) fn for_session(&self, now: u64) -> AccessToken {
        let token = AccessToken::new(&self.access_token);
        match self.expires_at {
            Some(end) => token.with_lifetime(Duration::from_secs(end.saturating_sub(now))),
            None => token,
        }
    }

    /// Returns the token with its refresh token, if that is alive.
    pub(crate) fn for_renewal(&self, now: u64) -> Option<AccessToken> {
        let is_alive = self.refresh_expires_at.is_none_or(|end| now < end);
        let refresh_token = self.refresh_token.as_ref().filter(|_| is_alive)?;
        Some(AccessToken::new(&self.access_token).with_refresh_token(refresh_token, None))
    }

    /// Forgets the refresh token, which the server has refused.
    pub(crate) fn drop_refresh_token(&mut self) {
        self.refresh_token = None;
    }

    /// Returns whether the token can be renewed without a secret.
    pub(crate) fn has_refresh_token(&self) -> bool {
        self.refresh_token.is_some()
    }
}

/// The file of a cached token.
#[derive(Clone, Debug)]
pub(crate) struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// Returns the file for the account of these settings. Another server, realm, client or user has another file.
    pub(crate) fn new(settings: &Settings, environment: Environment<'_>) -> Result<Self, CliError> {
        let hash = Sha256::digest(settings.identity()?.as_bytes());
        let mut start = [0; 8];
        start.copy_from_slice(&hash[..8]);
        let hash = u64::from_be_bytes(start);
        let name = settings.name.as_deref().unwrap_or("environment");
        let folder = files::cache_folder(environment)?;
        Ok(Self {
            path: folder.join(format!("{name}-{hash:016x}.json")),
        })
    }

    /// Reads the token. A file that is absent or broken has none. Fails if other users may read the file.
    pub(crate) fn read(&self) -> Result<Option<StoredToken>, CliError> {
        let Some(text) = files::read(&self.path)? else {
            return Ok(None);
        };
        files::check_private(&self.path)?;
        Ok(serde_json::from_str(&text).ok())
    }

    /// Replaces the token.
    pub(crate) fn write(&self, token: &StoredToken) -> Result<(), CliError> {
        let text = serde_json::to_vec(token).unwrap_or_default();
        // The new file would keep the mode of the old one.
        if files::is_public(&self.path) {
            self.remove()?;
        }
        files::replace(&self.path, &text)
            .map_err(|error| files::cannot("write", &self.path, &error))
    }

    /// Removes the token.
    pub(crate) fn remove(&self) -> Result<(), CliError> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(files::cannot("remove", &self.path, &error))
            }
            _ => Ok(()),
        }
    }

    /// Waits until no other process renews the token. The lock ends when the file is dropped.
    pub(crate) async fn lock(&self) -> Result<File, CliError> {
        files::lock(self.path.with_extension("lock")).await
    }
}

/// Returns the present moment in epoch seconds.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}
