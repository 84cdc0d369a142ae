//! Access tokens and their providers.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;
use crate::time::BoxFuture;

/// An access token, how long it lives, and the refresh token that renews it.
///
/// `Debug` prints no secret.
///
/// ```
/// use std::time::Duration;
/// use keycloak_session::AccessToken;
///
/// let token = AccessToken::new("eyJhbGciOi...").with_lifetime(Duration::from_secs(60));
/// assert_eq!(token.lifetime(), Some(Duration::from_secs(60)));
/// ```
#[derive(Clone)]
pub struct AccessToken {
    access: SecretString,
    lifetime: Option<Duration>,
    refresh: Option<SecretString>,
    refresh_lifetime: Option<Duration>,
}

impl AccessToken {
    /// Makes a token that is used until the server refuses it.
    pub fn new(access_token: impl Into<String>) -> Self {
        Self {
            access: access_token.into().into(),
            lifetime: None,
            refresh: None,
            refresh_lifetime: None,
        }
    }

    /// Sets how long the access token lives from now on (`expires_in`).
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Sets the refresh token and how long it lives from now on. An offline token has no end: `None`.
    #[must_use]
    pub fn with_refresh_token(
        mut self,
        refresh_token: impl Into<String>,
        lifetime: Option<Duration>,
    ) -> Self {
        self.refresh = Some(refresh_token.into().into());
        self.refresh_lifetime = lifetime;
        self
    }

    pub(crate) fn without_refresh_token(mut self) -> Self {
        self.refresh = None;
        self.refresh_lifetime = None;
        self
    }

    /// Returns the token itself, as `Authorization: Bearer` holds it. It is a secret.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.access.expose_secret()
    }

    /// Returns how long the access token lives, counted from the request for it. `None` if that is not known.
    #[must_use]
    pub fn lifetime(&self) -> Option<Duration> {
        self.lifetime
    }

    /// Returns the refresh token. It is a secret.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh.as_ref().map(ExposeSecret::expose_secret)
    }

    /// Returns how long the refresh token lives, counted from the request for it. `None` if that is not known, or if it does not expire.
    #[must_use]
    pub fn refresh_lifetime(&self) -> Option<Duration> {
        self.refresh_lifetime
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("lifetime", &self.lifetime)
            .field("has_refresh_token", &self.refresh.is_some())
            .field("refresh_lifetime", &self.refresh_lifetime)
            .finish_non_exhaustive()
    }
}

/// A source of access tokens that [`Credentials`](crate::Credentials) does not cover: a workload identity, a vault, another grant.
///
/// The session caches the token and never asks twice at the same time.
///
/// ```
/// use keycloak_session::{AccessToken, BoxFuture, Error, ErrorKind, TokenProvider};
///
/// struct FromEnvironment;
///
/// impl TokenProvider for FromEnvironment {
///     fn token(&self, _previous: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>> {
///         Box::pin(async {
///             std::env::var("KEYCLOAK_TOKEN").map(AccessToken::new).map_err(|_| {
///                 Error::new(ErrorKind::Authentication, "set KEYCLOAK_TOKEN to an access token")
///             })
///         })
///     }
/// }
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// Gets a new token. `previous` is the token it replaces, if there was one. It holds its refresh token only while that is alive. The
    /// session does not hand over the same refresh token again, unless the error is an [`ErrorKind::Connect`](crate::ErrorKind::Connect).
    ///
    /// This runs in a task of its own, which is not cancelled with the call that needs the token.
    fn token(&self, previous: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>>;

    /// Ends the session on the server that this token belongs to. The default does nothing.
    fn logout(&self, token: AccessToken) -> BoxFuture<'_, Result<(), Error>> {
        drop(token);
        Box::pin(async { Ok(()) })
    }
}
