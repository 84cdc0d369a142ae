//! The tokens of a command: those of the cache, which one process at a time renews.

use std::sync::OnceLock;
use std::time::Instant;

use keycloak_admin::{AccessToken, BoxFuture, Error, ErrorKind, TokenEndpoint, TokenProvider};

use crate::error::CliError;
use crate::login::environment::Environment;
use crate::login::settings::Settings;
use crate::login::token_file::{StoredToken, TokenFile, now};

/// Gives the cached token to a session, and renews it under a lock.
pub(crate) struct CachedTokens {
    file: TokenFile,
    settings: Settings,
    /// Made when the first token is requested: most commands find a fresh one, and read neither keys nor certificates for it.
    endpoint: OnceLock<TokenEndpoint>,
    /// True if each request for a token is shown on standard error.
    debug: bool,
}

impl CachedTokens {
    /// Makes the provider for these settings. Fails if there is no login, or if the cached token has to be renewed and cannot be.
    pub(crate) fn new(
        settings: Settings,
        environment: Environment<'_>,
        debug: bool,
    ) -> Result<Self, CliError> {
        let tokens = Self {
            file: TokenFile::new(&settings, environment)?,
            settings,
            endpoint: OnceLock::new(),
            debug,
        };
        let stored = tokens.file.read()?;
        if stored.is_none() && !tokens.settings.can_log_in(environment)? {
            return Err(tokens.settings.not_logged_in());
        }
        if stored.is_none_or(|stored| !stored.is_fresh(now())) {
            tokens.endpoint()?;
        }
        Ok(tokens)
    }

    fn endpoint(&self) -> Result<&TokenEndpoint, CliError> {
        if let Some(endpoint) = self.endpoint.get() {
            return Ok(endpoint);
        }
        let endpoint = self.settings.token_endpoint(Environment::of_process())?;
        Ok(self.endpoint.get_or_init(|| endpoint))
    }

    async fn get(&self, refused: Option<AccessToken>) -> Result<AccessToken, Error> {
        if let Some(token) = self.cached(refused.as_ref())? {
            return Ok(token);
        }
        let _lock = self.file.lock().await.map_err(|error| local(&error))?;
        // Another process may have renewed it in the meantime.
        if let Some(token) = self.cached(refused.as_ref())? {
            return Ok(token);
        }
        let (requested_at, started) = (now(), Instant::now());
        let stored = self.file.read().map_err(|error| local(&error))?;
        let previous = stored.as_ref();
        let previous = previous.and_then(|stored| stored.for_renewal(requested_at));
        let grant = if previous.is_some() {
            "refresh"
        } else {
            "login"
        };
        let endpoint = self.endpoint().map_err(|error| local(&error))?;
        let result = endpoint.token(previous).await;
        if self.debug {
            let outcome = result
                .as_ref()
                .err()
                .map_or("new token", |error| error.kind().as_str());
            eprintln!(
                "debug: token request ({grant}): {outcome}, {} ms",
                started.elapsed().as_millis()
            );
        }
        let token = match (result, stored) {
            (Ok(token), _) => token,
            (Err(error), Some(mut stored))
                if error.is_authentication() && !error.is_transient() =>
            {
                // Commands that wait for the lock do not send it again.
                stored.drop_refresh_token();
                self.file.write(&stored).map_err(|error| local(&error))?;
                return Err(error);
            }
            (Err(error), _) => return Err(error),
        };
        let stored = StoredToken::new(&token, requested_at);
        self.file.write(&stored).map_err(|error| local(&error))?;
        Ok(stored.for_session(now()))
    }

    /// Returns the cached token if it is fresh, and not the refused one.
    fn cached(&self, refused: Option<&AccessToken>) -> Result<Option<AccessToken>, Error> {
        let now = now();
        let stored = self.file.read().map_err(|error| local(&error))?;
        let stored = stored.filter(|stored| {
            stored.is_fresh(now) && !refused.is_some_and(|refused| stored.is_same(refused))
        });
        Ok(stored.map(|stored| stored.for_session(now)))
    }
}

impl TokenProvider for CachedTokens {
    fn token(&self, previous: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>> {
        Box::pin(self.get(previous))
    }
}

/// The tokens of a dry run that has no login. Each request for a token fails.
pub(crate) struct NoTokens {
    reason: String,
}

impl NoTokens {
    /// Makes the provider from the error that a call without a dry run has.
    pub(crate) fn new(error: &CliError) -> Self {
        Self {
            reason: error.sentence().to_owned(),
        }
    }
}

impl TokenProvider for NoTokens {
    fn token(&self, _previous: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>> {
        let error = Error::new(ErrorKind::Authentication, self.reason.as_str());
        Box::pin(async { Err(error) })
    }
}

/// Makes the error of a file a session's error.
fn local(error: &CliError) -> Error {
    Error::new(ErrorKind::Configuration, error.to_string())
}
