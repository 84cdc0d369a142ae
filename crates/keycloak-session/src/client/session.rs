//! A session: one server, one identity, one token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderName;

use crate::auth::token_cache::TokenCache;
use crate::auth::{AccessToken, TokenProvider};
use crate::client::metrics::{Counters, Metrics, OnCall};
use crate::client::options::CallOptions;
use crate::error::Error;
use crate::http::transport::Transport;
use crate::http::url::BaseUrl;
use crate::retry::{RetryPolicy, RetryThrottle};
use crate::time::{BoxFuture, Clock};

/// One server and one identity: connections, the access token, limits. Cheap to clone; clones share everything.
///
/// ```
/// use keycloak_session::{Credentials, Session};
///
/// # fn main() -> Result<(), keycloak_session::Error> {
/// let session = Session::builder("https://sso.example.com/auth/")
///     .credentials(Credentials::client_secret("user-sync", "s3cret"))
///     .auth_realm("acme")
///     .build()?; // no I/O; the first call logs in
/// assert_eq!(session.base_url(), "https://sso.example.com/auth");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Session {
    inner: Arc<SessionInner>,
    /// The settings that its calls start with. Behind an `Arc`, because handles clone their session.
    call_options: Option<Arc<CallOptions>>,
}

pub(crate) struct SessionInner {
    pub(crate) base_url: BaseUrl,
    pub(crate) transport: Transport,
    pub(crate) tokens: TokenCache,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) throttle: Arc<RetryThrottle>,
    /// The total timeout of a call that sets none.
    pub(crate) timeout: Duration,
    pub(crate) max_json_depth: usize,
    pub(crate) token_header: Option<HeaderName>,
    pub(crate) metrics: Metrics,
    pub(crate) on_call: Option<OnCall>,
}

impl Session {
    pub(crate) fn new(inner: SessionInner) -> Self {
        Self {
            inner: Arc::new(inner),
            call_options: None,
        }
    }

    pub(crate) fn inner(&self) -> &SessionInner {
        &self.inner
    }

    /// Returns the same session, whose further calls start with these settings.
    pub(crate) fn with_call_options(&self, options: CallOptions) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            call_options: Some(Arc::new(options)),
        }
    }

    pub(crate) fn call_options(&self) -> CallOptions {
        let options = self.call_options.as_deref().cloned();
        options.unwrap_or_default()
    }

    /// Returns the server's address with its path prefix, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.inner.base_url.as_str()
    }

    /// Returns the current access token, for requests that are made by other means. It is got or renewed first if that is due. It lives for
    /// the rest of its lifetime, and it has no refresh token.
    ///
    /// Fails as a call fails that needs a token, most often with [`ErrorKind::Authentication`](crate::ErrorKind::Authentication).
    pub async fn access_token(&self) -> Result<AccessToken, Error> {
        let token = self.inner.tokens.get().await?;
        Ok(token.for_delegation(self.inner.clock.now()))
    }

    /// Logs out: drops the token, and ends the session on the server if the login made one. The next call logs in anew.
    ///
    /// A program that logs in with a password should log out before it ends, because each such login is a session on the server.
    ///
    /// It also ends a session whose refresh token was sent and not answered, such as by a refresh that ended with 500.
    ///
    /// Fails unless the server says that the session has ended, now or before. The token is dropped all the same, and another `logout` tries to
    /// end the session again.
    pub async fn logout(&self) -> Result<(), Error> {
        self.inner.tokens.logout().await
    }

    /// Drops the current access token, so that the next call refreshes it or logs in. A token holds the rights that the account had when it
    /// was made, so this is needed after the rights of the session's own account have changed.
    pub fn forget_token(&self) {
        self.inner.tokens.forget();
    }

    /// Returns the session's clock, for code that waits along with the session.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    /// Returns how many calls, attempts and retries the session has made so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.inner.metrics.read()
    }
}

/// The tokens of a session serve another server too: a service beside Keycloak has its own address and takes Keycloak's tokens. If the other
/// server refuses a token, it is renewed here.
///
/// ```
/// use keycloak_session::{Credentials, Session};
///
/// # fn main() -> Result<(), keycloak_session::Error> {
/// let keycloak = Session::builder("https://sso.example.com")
///     .credentials(Credentials::client_secret("user-sync", "s3cret"))
///     .build()?;
/// let service = Session::builder("https://service.example.com").token_provider(keycloak).build()?;
/// # let _ = service;
/// # Ok(())
/// # }
/// ```
impl TokenProvider for Session {
    fn token(&self, previous: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>> {
        Box::pin(async move {
            let mut token = self.inner.tokens.get().await?;
            if previous.is_some_and(|previous| previous.secret() == token.secret()) {
                self.inner.tokens.reject(&token);
                token = self.inner.tokens.get().await?;
            }
            Ok(token.for_delegation(self.inner.clock.now()))
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
