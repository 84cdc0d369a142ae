//! Tokens from Keycloak's token endpoint.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use crate::call::{Answer, Guard, exchange};
use crate::clock::{BoxFuture, Clock};
use crate::retry::{Next, Retries, RetryPolicy};
use crate::token::{Token, TokenProvider};
use crate::{Error, ErrorKind};

/// The public client that every Keycloak realm has for administration from a command line.
const ADMIN_CLI: &str = "admin-cli";

/// What a session proves its identity with. `Debug` prints no secret.
///
/// ```
/// use keycloak_session::Credentials;
///
/// let service = Credentials::client_secret("user-sync", "s3cret");
/// assert!(!format!("{service:?}").contains("s3cret"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    client_id: String,
    client_secret: Option<SecretString>,
    grant: Grant,
}

#[derive(Clone)]
enum Grant {
    Password {
        username: String,
        password: SecretString,
    },
    Client,
    Token(SecretString),
}

impl Credentials {
    /// A client with a service account: the client's id (its name, such as `user-sync`) and secret. The right choice for a
    /// service.
    pub fn client_secret(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: Some(secret.into().into()),
            grant: Grant::Client,
        }
    }

    /// A user's name and password, through the client `admin-cli`.
    ///
    /// For bootstrap only, such as the first administrator of a fresh server: RFC 9700 forbids this grant elsewhere, it
    /// cannot do a second factor, and each login makes a session on the server. Make a client with a service account
    /// with it, then use [`Credentials::client_secret`].
    pub fn password(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            client_id: ADMIN_CLI.to_owned(),
            client_secret: None,
            grant: Grant::Password {
                username: username.into(),
                password: password.into().into(),
            },
        }
    }

    /// An access token from elsewhere. It is used as it is and cannot be renewed: a 401 is final. For tokens that change, write a
    /// [`TokenProvider`].
    pub fn token(access_token: impl Into<String>) -> Self {
        Self {
            client_id: String::new(),
            client_secret: None,
            grant: Grant::Token(access_token.into().into()),
        }
    }

    /// Sets the client id (the name) that logs in. It has no effect on [`Credentials::token`].
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// Sets the client's secret, for a login with a password through a confidential client. It has no effect on
    /// [`Credentials::token`].
    #[must_use]
    pub fn with_client_secret(mut self, secret: impl Into<String>) -> Self {
        self.client_secret = Some(secret.into().into());
        self
    }

    /// The provider that logs in with these credentials.
    pub(crate) fn into_provider(
        self,
        http: reqwest::Client,
        token_url: Url,
        retry: RetryPolicy,
        clock: Arc<dyn Clock>,
        guard: Guard,
    ) -> Box<dyn TokenProvider> {
        match self.grant {
            Grant::Token(token) => Box::new(StaticToken(token)),
            Grant::Password { .. } | Grant::Client => Box::new(TokenEndpoint {
                http,
                token_url,
                credentials: self,
                retry,
                clock,
                guard,
            }),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grant = match self.grant {
            Grant::Password { .. } => "password",
            Grant::Client => "client_credentials",
            Grant::Token(_) => "token",
        };
        f.debug_struct("Credentials")
            .field("grant", &grant)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

struct StaticToken(SecretString);

impl TokenProvider for StaticToken {
    fn token(&self, _previous: Option<Token>) -> BoxFuture<'_, Result<Token, Error>> {
        Box::pin(async { Ok(Token::new(self.0.expose_secret())) })
    }
}

struct TokenEndpoint {
    http: reqwest::Client,
    token_url: Url,
    credentials: Credentials,
    retry: RetryPolicy,
    clock: Arc<dyn Clock>,
    guard: Guard,
}

impl TokenProvider for TokenEndpoint {
    fn token(&self, previous: Option<Token>) -> BoxFuture<'_, Result<Token, Error>> {
        Box::pin(self.obtain(previous))
    }
}

impl TokenEndpoint {
    /// Refreshes where that is possible, else logs in.
    async fn obtain(&self, previous: Option<Token>) -> Result<Token, Error> {
        let mut refresh_token = previous.as_ref().and_then(Token::refresh_token);
        let deadline = self.clock.now() + self.guard.timeout;
        let mut retries = Retries::new(&self.retry, &self.guard.bucket);
        loop {
            let error = match self.request(refresh_token).await {
                Ok(answer) if answer.status.is_success() => {
                    retries.settle(answer.status);
                    return read_token(&answer);
                }
                Ok(answer) => answer.to_error(ErrorKind::Authentication),
                Err(error) => error,
            };
            // Once the server may have seen it, a refresh token is spent: where refresh tokens rotate, sending it again would end the session.
            let spent = !error.is_connect() && refresh_token.take().is_some();
            if spent && is_refusal(&error) {
                continue;
            }
            let left = deadline.saturating_duration_since(self.clock.now());
            let Next::Pause(pause) = retries.after(&error, true, left) else {
                return Err(error);
            };
            self.clock.sleep(pause).await;
        }
    }

    /// Sends one request to the token endpoint.
    async fn request(&self, refresh_token: Option<&str>) -> Result<Answer, Error> {
        let (grant_type, form) = self.form(refresh_token);
        let request = self.build(form)?;
        let answer = exchange(
            &self.http,
            request,
            self.guard.limits.token_body,
            self.guard.limits.error_body,
        )
        .await;
        tracing::debug!(
            grant = grant_type,
            status = answer.as_ref().ok().map(|answer| answer.status.as_u16()),
            failure = answer
                .as_ref()
                .err()
                .map(|error| tracing::field::debug(error.kind())),
            "token request"
        );
        answer
    }

    /// The grant type and the form: a refresh where there is something to refresh with, else a login.
    fn form(&self, refresh_token: Option<&str>) -> (&'static str, String) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let grant_type = match (refresh_token, &self.credentials.grant) {
            (Some(refresh_token), _) => {
                form.append_pair("refresh_token", refresh_token);
                "refresh_token"
            }
            (None, Grant::Password { username, password }) => {
                form.append_pair("username", username)
                    .append_pair("password", password.expose_secret());
                "password"
            }
            (None, Grant::Client | Grant::Token(_)) => "client_credentials",
        };
        form.append_pair("grant_type", grant_type);
        if self.credentials.client_secret.is_none() {
            form.append_pair("client_id", &self.credentials.client_id);
        }
        (grant_type, form.finish())
    }

    fn build(&self, form: String) -> Result<reqwest::Request, Error> {
        let mut request = self
            .http
            .post(self.token_url.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        if let Some(secret) = &self.credentials.client_secret {
            // RFC 6749, 2.3.1: both halves are form-encoded before they are joined.
            let encode =
                |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            request = request.basic_auth(
                encode(&self.credentials.client_id),
                Some(encode(secret.expose_secret())),
            );
        }
        request.build().map_err(|error| {
            Error::new(
                ErrorKind::Configuration,
                "the token request cannot be built",
            )
            .with_source(error.without_url())
        })
    }
}

/// Whether the token endpoint has said no, rather than not now.
fn is_refusal(error: &Error) -> bool {
    error.is_authentication() && matches!(error.status(), Some(400..=428 | 430..=499))
}

/// The fields of RFC 6749, 5.1, and Keycloak's `refresh_expires_in`; times in seconds.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    expires_in: Option<i64>,
    refresh_token: Option<String>,
    refresh_expires_in: Option<i64>,
}

fn read_token(answer: &Answer) -> Result<Token, Error> {
    let Some(body) = &answer.body else {
        return Err(Error::new(
            ErrorKind::BodyTooLarge,
            "the token endpoint's answer is longer than the limit; raise it with max_token_body_bytes",
        )
        .with_status(answer.status));
    };
    // serde's message is left out: it may quote a token.
    let response: TokenResponse = serde_json::from_slice(body).map_err(|_| {
        Error::new(
            ErrorKind::Authentication,
            "the answer is not a token response; check the base URL",
        )
        .with_status(answer.status)
    })?;
    let seconds = |seconds: i64| Duration::from_secs(seconds.max(0).unsigned_abs());
    let mut token = Token::new(response.access_token);
    if let Some(expires_in) = response.expires_in {
        token = token.with_lifetime(seconds(expires_in));
    }
    if let Some(refresh_token) = response.refresh_token {
        // 0 is Keycloak's way to say that an offline token does not expire.
        let lifetime = response
            .refresh_expires_in
            .filter(|expires_in| *expires_in > 0)
            .map(seconds);
        token = token.with_refresh_token(refresh_token, lifetime);
    }
    Ok(token)
}
