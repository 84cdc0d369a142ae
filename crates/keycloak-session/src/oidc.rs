//! Tokens from Keycloak's token endpoint.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};

use crate::assertion::{AssertionFile, Assertions, PrivateKey, SigningKey};
use crate::clock::{BoxFuture, Clock};
use crate::decode::{self, text_at};
use crate::exchange::{Answer, Guard, Post, Wire, post};
use crate::opaque::Opaque;
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
pub struct Credentials(Opaque<Parts>);

#[derive(Clone)]
struct Parts {
    client_id: String,
    client: ClientAuth,
    audience: Option<String>,
    grant: Grant,
}

/// How a client proves who it is.
#[derive(Clone)]
enum ClientAuth {
    /// It does not (a public client), or its TLS certificate does.
    Nothing,
    /// `client_secret_basic`.
    Basic(SecretString),
    /// `client_secret_post`.
    Post(SecretString),
    /// `private_key_jwt`, `client_secret_jwt`, or an assertion that somebody else has signed.
    Assertion(Arc<dyn Assertions>),
}

#[derive(Clone)]
enum Grant {
    Password {
        username: String,
        password: SecretString,
        totp: Option<Totp>,
    },
    Client,
    Refresh(SecretString),
    Exchange {
        subject_token: SecretString,
        audience: Option<String>,
    },
    Token(SecretString),
}

/// Makes the one-time code of the moment.
type Totp = Arc<dyn Fn() -> String + Send + Sync>;

impl Credentials {
    fn new(client_id: String, client: ClientAuth, grant: Grant) -> Self {
        Self(Opaque::new(Parts {
            client_id,
            client,
            audience: None,
            grant,
        }))
    }

    /// A client with a service account: the client's id (its name, such as `user-sync`) and secret, in the `Authorization` header of the token
    /// request (`client_secret_basic`). The right choice for a service that cannot keep a key.
    pub fn client_secret(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let secret = ClientAuth::Basic(secret.into().into());
        Self::new(client_id.into(), secret, Grant::Client)
    }

    /// Like [`client_secret`](Self::client_secret), with the secret in the body of the token request (`client_secret_post`).
    pub fn client_secret_post(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let secret = ClientAuth::Post(secret.into().into());
        Self::new(client_id.into(), secret, Grant::Client)
    }

    /// Like [`client_secret`](Self::client_secret), with the secret never sent: it signs an assertion (`client_secret_jwt`, HS256). The client's
    /// authenticator has to be `client-secret-jwt`.
    pub fn client_secret_jwt(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let key = Arc::new(SigningKey::secret(&secret.into()));
        Self::new(client_id.into(), ClientAuth::Assertion(key), Grant::Client)
    }

    /// A client with a service account that signs an assertion with its private key (`private_key_jwt`, RFC 7523): each token request has a new
    /// one, which lives for a minute. The client's authenticator has to be `client-jwt`, and Keycloak has to know the public key. The best choice
    /// for a service.
    ///
    /// ```no_run
    /// use keycloak_session::{Credentials, KeyAlgorithm, PrivateKey};
    ///
    /// # fn run() -> Result<(), keycloak_session::Error> {
    /// let key = PrivateKey::from_pem_file(KeyAlgorithm::Es256, "/etc/user-sync/key.pem")?;
    /// let credentials = Credentials::private_key_jwt("user-sync", key);
    /// # Ok(())
    /// # }
    /// ```
    pub fn private_key_jwt(client_id: impl Into<String>, key: PrivateKey) -> Self {
        let key = Arc::new(SigningKey::from(key));
        Self::new(client_id.into(), ClientAuth::Assertion(key), Grant::Client)
    }

    /// A client with a service account whose assertion is signed by somebody else and stands in a file, such as the token of a Kubernetes service
    /// account. The file is read for each token request, so that it may rotate. Since Keycloak 26.4, with a client authenticator for federated
    /// identities.
    pub fn assertion_file(client_id: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        let file = Arc::new(AssertionFile(path.into()));
        Self::new(client_id.into(), ClientAuth::Assertion(file), Grant::Client)
    }

    /// A client with a service account that its TLS certificate stands for (RFC 8705): see
    /// [`SessionBuilder::client_identity_pem`](crate::SessionBuilder::client_identity_pem). The client's authenticator has to be `client-x509`.
    pub fn mtls(client_id: impl Into<String>) -> Self {
        Self::new(client_id.into(), ClientAuth::Nothing, Grant::Client)
    }

    /// A user's name and password, through the client `admin-cli`.
    ///
    /// For bootstrap only, such as the first administrator of a fresh server: RFC 9700 forbids this grant elsewhere, and each login makes a
    /// session on the server. Make a client with a service account
    /// with it, then use [`Credentials::private_key_jwt`] or [`Credentials::client_secret`].
    pub fn password(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self::with_password(username.into(), password.into())
    }

    fn with_password(username: String, password: String) -> Self {
        let grant = Grant::Password {
            username,
            password: password.into(),
            totp: None,
        };
        Self::new(ADMIN_CLI.to_owned(), ClientAuth::Nothing, grant)
    }

    /// A refresh token, or an offline token, that was got elsewhere, through this client. Once Keycloak refuses it there is nothing to log in with:
    /// the error is final. Where refresh tokens rotate, it is for one session alone.
    pub fn refresh_token(client_id: impl Into<String>, refresh_token: impl Into<String>) -> Self {
        let grant = Grant::Refresh(refresh_token.into().into());
        Self::new(client_id.into(), ClientAuth::Nothing, grant)
    }

    /// An access token of somebody else that a client exchanges for one of its own (RFC 8693). The client has to have the standard token
    /// exchange switched on, and to be in the audience of that token. It works for as long as the token lives.
    pub fn token_exchange(
        client_id: impl Into<String>,
        secret: impl Into<String>,
        subject_token: impl Into<String>,
    ) -> Self {
        let grant = Grant::Exchange {
            subject_token: subject_token.into().into(),
            audience: None,
        };
        Self::new(
            client_id.into(),
            ClientAuth::Basic(secret.into().into()),
            grant,
        )
    }

    /// An access token from elsewhere. It is used as it is and cannot be renewed: a 401 is final. For tokens that change, write a
    /// [`TokenProvider`].
    pub fn token(access_token: impl Into<String>) -> Self {
        let grant = Grant::Token(access_token.into().into());
        Self::new(String::new(), ClientAuth::Nothing, grant)
    }

    /// Sets the client id (the name) that logs in. It has no effect on [`Credentials::token`].
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.0.client_id = client_id.into();
        self
    }

    /// Sets the client's secret, for a login with a password or a refresh token through a confidential client. It has no effect on
    /// [`Credentials::token`].
    #[must_use]
    pub fn with_client_secret(mut self, secret: impl Into<String>) -> Self {
        self.0.client = ClientAuth::Basic(secret.into().into());
        self
    }

    /// Sets what makes the one-time code of the moment (TOTP), for a login with a password. It has no effect on other credentials.
    #[must_use]
    pub fn with_totp(mut self, code: impl Fn() -> String + Send + Sync + 'static) -> Self {
        if let Grant::Password { totp, .. } = &mut self.0.grant {
            *totp = Some(Arc::new(code));
        }
        self
    }

    /// Sets the audience: of a signed assertion, where it is not the address of the session with `/realms/` and the realm; of a token exchange, the
    /// client that the new token is for.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        match &mut self.0.grant {
            Grant::Exchange { audience: of, .. } => *of = Some(audience.into()),
            _ => self.0.audience = Some(audience.into()),
        }
        self
    }

    /// The provider that logs in with these credentials.
    pub(crate) fn into_provider(
        self,
        wire: Wire,
        token_url: Url,
        retry: RetryPolicy,
        clock: Arc<dyn Clock>,
        guard: Guard,
    ) -> Box<dyn TokenProvider> {
        Box::new(TokenEndpoint {
            wire,
            token_url,
            credentials: self,
            retry,
            clock,
            guard,
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grant = match self.0.grant {
            Grant::Password { .. } => "password",
            Grant::Client => "client_credentials",
            Grant::Refresh(_) => "refresh_token",
            Grant::Exchange { .. } => "token_exchange",
            Grant::Token(_) => "token",
        };
        f.debug_struct("Credentials")
            .field("grant", &grant)
            .field("client_id", &self.0.client_id)
            .finish_non_exhaustive()
    }
}

struct TokenEndpoint {
    wire: Wire,
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

    fn logout(&self, token: Token) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let Some(sent) = token.refresh_token().map(|token| {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.append_pair("refresh_token", token);
                self.send(&self.logout_url(), form, "logout")
            }) else {
                return Ok(());
            };
            let answer = sent.await?;
            // A session that has ended already is as good as one that ends now.
            if answer.status.is_success() || answer.status.as_u16() == 400 {
                Ok(())
            } else {
                Err(answer.to_error(ErrorKind::Authentication))
            }
        })
    }
}

impl TokenEndpoint {
    /// Refreshes where that is possible, else logs in; a token from elsewhere is used as it is.
    async fn obtain(&self, previous: Option<Token>) -> Result<Token, Error> {
        if let Grant::Token(token) = &self.credentials.0.grant {
            return Ok(Token::new(token.expose_secret()));
        }
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
    fn request(&self, refresh_token: Option<&str>) -> BoxFuture<'static, Result<Answer, Error>> {
        let (grant_type, form) = self.form(refresh_token);
        self.send(&self.token_url, form, grant_type)
    }

    /// Sends a form to one of the realm's endpoints, as this client.
    fn send(
        &self,
        url: &Url,
        form: Form,
        purpose: &'static str,
    ) -> BoxFuture<'static, Result<Answer, Error>> {
        let authenticated = self.authenticate(form);
        let authenticated = authenticated.map(|(form, authorization)| Post {
            url: url.clone(),
            form,
            authorization,
            purpose,
        });
        post(&self.wire, authenticated, &self.guard.limits)
    }

    /// The grant type and the form: a refresh where there is something to refresh with, else a login.
    fn form(&self, refresh_token: Option<&str>) -> (&'static str, Form) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let grant = &self.credentials.0.grant;
        let grant_type = match (refresh_token, grant) {
            (Some(refresh_token), _) => {
                form.append_pair("refresh_token", refresh_token);
                "refresh_token"
            }
            (None, Grant::Refresh(refresh_token)) => {
                form.append_pair("refresh_token", refresh_token.expose_secret());
                "refresh_token"
            }
            (
                None,
                Grant::Password {
                    username,
                    password,
                    totp,
                },
            ) => {
                form.append_pair("username", username)
                    .append_pair("password", password.expose_secret());
                if let Some(code) = totp {
                    form.append_pair("totp", &code());
                }
                "password"
            }
            (
                None,
                Grant::Exchange {
                    subject_token,
                    audience,
                },
            ) => {
                form.append_pair("subject_token", subject_token.expose_secret())
                    .append_pair("subject_token_type", ACCESS_TOKEN_TYPE);
                if let Some(audience) = audience {
                    form.append_pair("audience", audience);
                }
                "urn:ietf:params:oauth:grant-type:token-exchange"
            }
            (None, Grant::Client | Grant::Token(_)) => "client_credentials",
        };
        form.append_pair("grant_type", grant_type);
        (grant_type, form)
    }

    /// The issuer that assertions are for: the address of the realm.
    fn issuer(&self) -> String {
        let url = self.token_url.as_str();
        url.strip_suffix(TOKEN_PATH).unwrap_or(url).to_owned()
    }

    /// It stands beside the token endpoint.
    fn logout_url(&self) -> Url {
        let url = &self.token_url;
        url.join("logout").unwrap_or_else(|_| url.clone())
    }

    /// The form with what this client proves itself with, and the `Authorization` header, where the proof is in that.
    fn authenticate(&self, mut form: Form) -> Result<(String, Option<HeaderValue>), Error> {
        let credentials = &*self.credentials.0;
        let mut basic = None;
        let mut assertion = None;
        match &credentials.client {
            ClientAuth::Nothing => {}
            ClientAuth::Basic(secret) => basic = Some(secret),
            ClientAuth::Post(secret) => {
                form.append_pair("client_secret", secret.expose_secret());
            }
            ClientAuth::Assertion(assertions) => {
                let audience = credentials
                    .audience
                    .clone()
                    .unwrap_or_else(|| self.issuer());
                assertion = Some(assertions.assertion(&credentials.client_id, &audience)?);
            }
        }
        if basic.is_none() {
            form.append_pair("client_id", &credentials.client_id);
        }
        if let Some(assertion) = assertion {
            form.append_pair("client_assertion", assertion.expose_secret())
                .append_pair("client_assertion_type", ASSERTION_TYPE);
        }
        let authorization = basic.map(|secret| self.basic(secret)).transpose()?;
        Ok((form.finish(), authorization))
    }

    /// RFC 6749, 2.3.1: both halves are form-encoded before they are joined.
    fn basic(&self, secret: &SecretString) -> Result<HeaderValue, Error> {
        let mut pair = String::new();
        pair.extend(form_urlencoded::byte_serialize(
            self.credentials.0.client_id.as_bytes(),
        ));
        pair.push(':');
        pair.extend(form_urlencoded::byte_serialize(
            secret.expose_secret().as_bytes(),
        ));
        let mut header = HeaderValue::try_from("Basic ".to_owned() + &STANDARD.encode(pair))
            .map_err(|_| {
                let message = "the client's secret cannot be sent";
                Error::new(ErrorKind::Configuration, message)
            })?;
        header.set_sensitive(true);
        Ok(header)
    }
}

type Form = form_urlencoded::Serializer<'static, String>;

/// The end of a token endpoint's path, below its realm.
const TOKEN_PATH: &str = "/protocol/openid-connect/token";
const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Whether the token endpoint has said no, rather than not now.
pub(crate) fn is_refusal(error: &Error) -> bool {
    error.is_authentication() && matches!(error.status(), Some(400..=428 | 430..=499))
}

/// The fields of RFC 6749, 5.1, and Keycloak's `refresh_expires_in`; times in seconds.
fn read_token(answer: &Answer) -> Result<Token, Error> {
    let Some(body) = &answer.body else {
        return Err(Error::new(
            ErrorKind::BodyTooLarge,
            "the token endpoint's answer is longer than the limit; raise it with max_token_body_bytes",
        )
        .with_status(answer.status));
    };
    let body = decode::what_can_be_read(body).unwrap_or_default();
    let Some(access_token) = text_at(&body, "access_token") else {
        let message = "the answer is not a token response; check the base URL";
        return Err(Error::new(ErrorKind::Authentication, message).with_status(answer.status));
    };
    let seconds = |name| {
        let seconds = body.get(name)?.as_i64()?;
        Some(Duration::from_secs(seconds.max(0).unsigned_abs()))
    };
    let mut token = Token::new(access_token);
    if let Some(lifetime) = seconds("expires_in") {
        token = token.with_lifetime(lifetime);
    }
    if let Some(refresh_token) = text_at(&body, "refresh_token") {
        // 0 is Keycloak's way to say that an offline token does not expire.
        let lifetime = seconds("refresh_expires_in").filter(|lifetime| !lifetime.is_zero());
        token = token.with_refresh_token(refresh_token, lifetime);
    }
    Ok(token)
}
