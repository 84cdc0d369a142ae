//! Keycloak's token endpoint: logs in, refreshes, logs out.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::auth::access_token::{AccessToken, TokenProvider};
use crate::auth::credentials::{ClientAuth, Credentials, Grant};
use crate::error::{Error, ErrorKind};
use crate::http::headers::secret_value;
use crate::http::server_error::{parse_lossy, text_at};
use crate::http::transport::{Form, HttpResponse, Transport};
use crate::retry::{Retries, RetryDecision, RetryPolicy, RetryThrottle};
use crate::time::{BoxFuture, Clock, with_deadline};

/// The end of a token endpoint's path, below its realm.
const TOKEN_PATH: &str = "/protocol/openid-connect/token";
const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The number of refresh tokens that are remembered for the logout. Keycloak ends older sessions itself when they idle.
const MAX_IN_DOUBT: usize = 8;

/// A realm's token endpoint, and the credentials that log in there: the tokens of a program that keeps them itself, such as a command line.
///
/// [`SessionBuilder::build_token_endpoint`](crate::SessionBuilder::build_token_endpoint) makes it. As a [`TokenProvider`], it refreshes the
/// previous token if that is possible, and else logs in. Unlike [`Session::access_token`](crate::Session::access_token), its tokens have their
/// refresh token. A program that stores tokens wraps it in a provider of its own.
///
/// ```no_run
/// use keycloak_session::{Credentials, Session, TokenProvider as _};
///
/// # async fn run() -> Result<(), keycloak_session::Error> {
/// let endpoint = Session::builder("https://sso.example.com")
///     .credentials(Credentials::password("ali", "s3cret"))
///     .build_token_endpoint()?;
/// let token = endpoint.token(None).await?; // logs in
/// let renewed = endpoint.token(Some(token)).await?; // refreshes
/// endpoint.logout(renewed).await?;
/// # Ok(())
/// # }
/// ```
pub struct TokenEndpoint {
    url: Url,
    credentials: Credentials,
    settings: TokenEndpointSettings,
    /// The refresh token of the credentials was sent, and may have been received.
    is_login_spent: AtomicBool,
    /// Refresh tokens that were sent and not answered, oldest first. The logout ends their sessions, which may live on.
    in_doubt: Mutex<Vec<SecretString>>,
}

/// The parts of a session that its token requests use.
pub(crate) struct TokenEndpointSettings {
    pub(crate) transport: Transport,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) throttle: Arc<RetryThrottle>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timeout: Duration,
}

impl TokenEndpointSettings {
    /// Runs a request within the timeout.
    pub(crate) async fn limit<T>(
        &self,
        subject: &str,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let timer = self.clock.sleep(self.timeout);
        with_deadline(timer, subject, self.timeout, request).await
    }
}

impl TokenEndpoint {
    pub(crate) fn new(url: Url, credentials: Credentials, settings: TokenEndpointSettings) -> Self {
        Self {
            url,
            credentials,
            settings,
            is_login_spent: AtomicBool::new(false),
            in_doubt: Mutex::default(),
        }
    }

    pub(crate) fn settings(&self) -> &TokenEndpointSettings {
        &self.settings
    }

    /// Refreshes if that is possible, else logs in. A given token is used as it is.
    pub(crate) async fn obtain(&self, previous: Option<AccessToken>) -> Result<AccessToken, Error> {
        if let Grant::Token(token) = &self.credentials.grant {
            return Ok(AccessToken::new(token.expose_secret()));
        }
        let settings = &self.settings;
        let mut refresh_token = previous.as_ref().and_then(AccessToken::refresh_token);
        let deadline = settings.clock.now() + settings.timeout;
        let mut retries = Retries::new(&settings.retry_policy, &settings.throttle);
        loop {
            let error = match self.attempt(refresh_token).await {
                Ok(token) => {
                    retries.on_answer(StatusCode::OK);
                    return Ok(token);
                }
                Err(error) => error,
            };
            // Once the server may have seen it, a refresh token is spent: with rotation, sending it again would end the session.
            let is_spent = !error.is_unprocessed() && refresh_token.take().is_some();
            if refresh_token.is_none() && self.is_login_spent() {
                return Err(if error.is_transient() {
                    spent().with_source(error)
                } else {
                    error
                });
            }
            if is_spent && is_refusal(&error) {
                continue;
            }
            let remaining = deadline.saturating_duration_since(settings.clock.now());
            let RetryDecision::RetryAfter(pause) = retries.after(&error, true, remaining) else {
                return Err(error);
            };
            settings.clock.sleep(pause).await;
        }
    }

    /// Sends one token request, unless it would send the refresh token of the credentials a second time.
    async fn attempt(&self, refresh_token: Option<&str>) -> Result<AccessToken, Error> {
        let is_login = refresh_token.is_none();
        if is_login && matches!(self.credentials.grant, Grant::Device) {
            let message = "the login has ended, and its user has to log in again";
            return Err(Error::new(ErrorKind::Authentication, message));
        }
        let login_token = self.credentials.grant.refresh_token();
        // Before it is sent, because the timeout may drop this future at any await.
        if is_login && login_token.is_some() && self.is_login_spent.swap(true, Ordering::SeqCst) {
            return Err(spent());
        }
        let sent = refresh_token.or(login_token);
        if let Some(token) = sent {
            self.doubt(token);
        }
        let result = self.request_token(refresh_token).await;
        let (is_kept, is_settled) = match &result {
            // A server that gives no new refresh token goes on taking the old one (RFC 6749, 6).
            Ok(token) => (token.refresh_token().is_none(), true),
            Err(error) => (
                error.is_unprocessed(),
                error.is_unprocessed() || has_no_session(error),
            ),
        };
        if is_login && is_kept {
            self.is_login_spent.store(false, Ordering::SeqCst);
        }
        if let Some(token) = sent.filter(|_| is_settled) {
            self.settle(token);
        }
        result
    }

    /// Sends one token request, and reads the answer.
    async fn request_token(&self, refresh_token: Option<&str>) -> Result<AccessToken, Error> {
        let (grant_type, form) = self.form(refresh_token);
        self.request_by_form(grant_type, form).await
    }

    /// Sends a form for a token, and reads the answer.
    pub(crate) async fn request_by_form(
        &self,
        grant_type: &'static str,
        form: FormFields,
    ) -> Result<AccessToken, Error> {
        let response = self.send(self.url.clone(), form, grant_type).await?;
        if response.status.is_success() {
            read_token(&response)
        } else {
            Err(response.to_error(ErrorKind::Authentication))
        }
    }

    /// Ends the sessions of these tokens, and of each refresh token that is in doubt. Tries all of them and returns the last failure. The next
    /// logout tries the failed ones again.
    pub(crate) async fn logout(&self, tokens: Vec<AccessToken>) -> Result<(), Error> {
        for token in &tokens {
            if let Some(token) = token.refresh_token() {
                self.doubt(token);
            }
        }
        let mut result = Ok(());
        let in_doubt = self.in_doubt().clone();
        for refresh_token in &in_doubt {
            let refresh_token = refresh_token.expose_secret();
            match self.end_session(refresh_token).await {
                Ok(()) => self.settle(refresh_token),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    async fn end_session(&self, refresh_token: &str) -> Result<(), Error> {
        let form = vec![("refresh_token", refresh_token.to_owned())];
        let response = self.send(self.logout_url(), form, "logout").await?;
        if response.status.is_success() {
            return Ok(());
        }
        let error = response.to_error(ErrorKind::Authentication);
        // A session that has ended already is as good as one that ends now.
        if has_no_session(&error) {
            Ok(())
        } else {
            Err(error)
        }
    }

    /// Returns whether the server may have received the refresh token of the credentials. Other credentials have none, and give `false`.
    fn is_login_spent(&self) -> bool {
        self.is_login_spent.load(Ordering::SeqCst)
    }

    fn in_doubt(&self) -> MutexGuard<'_, Vec<SecretString>> {
        self.in_doubt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a refresh token for the logout.
    fn doubt(&self, refresh_token: &str) {
        self.settle(refresh_token);
        let mut in_doubt = self.in_doubt();
        if in_doubt.len() == MAX_IN_DOUBT {
            in_doubt.remove(0);
        }
        in_doubt.push(refresh_token.to_owned().into());
    }

    /// Forgets a refresh token whose session has ended, or goes on with another token.
    fn settle(&self, refresh_token: &str) {
        self.in_doubt()
            .retain(|kept| kept.expose_secret() != refresh_token);
    }

    /// Asks for the codes of a device login.
    pub(crate) async fn request_device_codes(&self) -> Result<HttpResponse, Error> {
        let mut form = Vec::new();
        self.push_scope(&mut form);
        let url = self.url.join("auth/device");
        let url = url.unwrap_or_else(|_| self.url.clone());
        self.send(url, form, "device").await
    }

    /// Sends a form to one of the realm's endpoints, as this client.
    async fn send(
        &self,
        url: Url,
        form: FormFields,
        purpose: &'static str,
    ) -> Result<HttpResponse, Error> {
        let (body, authorization) = self.authenticate(form).await?;
        let form = Form {
            url,
            body,
            authorization,
            purpose,
        };
        self.settings.transport.send_form(form).await
    }

    /// Makes the form: a refresh if there is a refresh token, else a login. The grant type comes with it.
    fn form(&self, refresh_token: Option<&str>) -> (&'static str, FormFields) {
        let (grant_type, mut form) = match (refresh_token, &self.credentials.grant) {
            (Some(token), _) => ("refresh_token", vec![("refresh_token", token.to_owned())]),
            (None, grant) => login_form(grant),
        };
        form.push(("grant_type", grant_type.to_owned()));
        self.push_scope(&mut form);
        (grant_type, form)
    }

    fn push_scope(&self, form: &mut FormFields) {
        if let Some(scope) = &self.credentials.scope {
            form.push(("scope", scope.clone()));
        }
    }

    /// The issuer that assertions are for: the address of the realm.
    fn issuer(&self) -> String {
        let url = self.url.as_str();
        url.strip_suffix(TOKEN_PATH).unwrap_or(url).to_owned()
    }

    /// The URL of the logout endpoint, beside the token endpoint.
    fn logout_url(&self) -> Url {
        let url = &self.url;
        url.join("logout").unwrap_or_else(|_| url.clone())
    }

    /// Adds the client's proof to a form, or puts it into an `Authorization` header.
    async fn authenticate(
        &self,
        mut form: FormFields,
    ) -> Result<(String, Option<HeaderValue>), Error> {
        let client_id = &self.credentials.client_id;
        let mut assertion = None;
        match &self.credentials.client {
            ClientAuth::Basic(secret) => return Ok((encode(&form), Some(self.basic(secret)?))),
            ClientAuth::None => {}
            ClientAuth::Post(secret) => {
                form.push(("client_secret", secret.expose_secret().to_owned()));
            }
            ClientAuth::Assertion(source) => {
                let audience = self.credentials.assertion_audience.clone();
                let audience = audience.unwrap_or_else(|| self.issuer());
                assertion = Some(source.assertion(client_id, &audience).await?);
            }
        }
        form.push(("client_id", client_id.clone()));
        if let Some(assertion) = assertion {
            form.push(("client_assertion", assertion.expose_secret().to_owned()));
            form.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
        }
        Ok((encode(&form), None))
    }

    /// Makes the header of `client_secret_basic`. Both halves are form-encoded before they are joined (RFC 6749, 2.3.1).
    fn basic(&self, secret: &SecretString) -> Result<HeaderValue, Error> {
        let encode =
            |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        let id = encode(&self.credentials.client_id);
        let pair = format!("{id}:{}", encode(secret.expose_secret()));
        secret_value(format!("Basic {}", STANDARD.encode(pair))).ok_or_else(|| {
            let message = "the client's secret cannot be sent";
            Error::new(ErrorKind::Configuration, message)
        })
    }
}

impl TokenProvider for TokenEndpoint {
    fn token(&self, previous: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>> {
        let token = self.obtain(previous);
        Box::pin(
            self.settings
                .limit("the request for an access token", token),
        )
    }

    fn logout(&self, token: AccessToken) -> BoxFuture<'_, Result<(), Error>> {
        let logout = TokenEndpoint::logout(self, vec![token]);
        Box::pin(self.settings.limit("the logout", logout))
    }
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEndpoint")
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// The fields of a form, by name.
pub(crate) type FormFields = Vec<(&'static str, String)>;

/// Makes the form of a login. The grant type comes with it.
fn login_form(grant: &Grant) -> (&'static str, FormFields) {
    match grant {
        Grant::Password {
            username,
            password,
            totp,
        } => {
            let mut form = vec![
                ("username", username.clone()),
                ("password", password.expose_secret().to_owned()),
            ];
            form.extend(totp.as_ref().map(|code| ("totp", code())));
            ("password", form)
        }
        Grant::Refresh(token) => {
            let form = vec![("refresh_token", token.expose_secret().to_owned())];
            ("refresh_token", form)
        }
        Grant::Exchange {
            subject_token,
            audience,
        } => {
            let mut form = vec![
                ("subject_token", subject_token.expose_secret().to_owned()),
                ("subject_token_type", ACCESS_TOKEN_TYPE.to_owned()),
            ];
            form.extend(audience.clone().map(|audience| ("audience", audience)));
            ("urn:ietf:params:oauth:grant-type:token-exchange", form)
        }
        Grant::Client | Grant::Device | Grant::Token(_) => ("client_credentials", Vec::new()),
    }
}

/// Writes a form as `application/x-www-form-urlencoded`.
fn encode(form: &[(&'static str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}

/// Returns whether the server's error says that the session of a refresh token has ended.
fn has_no_session(error: &Error) -> bool {
    error.error_code() == Some("invalid_grant")
}

fn spent() -> Error {
    let message = "the refresh token of the credentials may have been used already, and is not sent again; get a new one";
    Error::new(ErrorKind::Authentication, message)
}

/// Returns whether the token endpoint refused the login for good, rather than for the moment.
pub(crate) fn is_refusal(error: &Error) -> bool {
    error.is_authentication() && matches!(error.status(), Some(400..=428 | 430..=499))
}

/// Reads the JSON of an answer of the realm's endpoints.
pub(crate) fn read_answer(response: &HttpResponse) -> Result<Value, Error> {
    let Some(body) = &response.body else {
        return Err(Error::new(
            ErrorKind::BodyTooLarge,
            "the token endpoint's answer is longer than the limit; raise it with max_token_body_bytes",
        )
        .with_status(response.status));
    };
    Ok(parse_lossy(body).unwrap_or_default())
}

/// Returns a field that is a number of seconds.
pub(crate) fn seconds_at(body: &Value, name: &str) -> Option<Duration> {
    let seconds = body.get(name)?.as_i64()?;
    Some(Duration::from_secs(seconds.max(0).unsigned_abs()))
}

/// Reads a token response: the fields of RFC 6749, 5.1, and Keycloak's `refresh_expires_in`; times in seconds.
fn read_token(response: &HttpResponse) -> Result<AccessToken, Error> {
    let body = read_answer(response)?;
    let Some(access_token) = text_at(&body, "access_token") else {
        let message = "the answer is not a token response; check the base URL";
        return Err(Error::new(ErrorKind::Authentication, message).with_status(response.status));
    };
    let seconds = |name| seconds_at(&body, name);
    let mut token = AccessToken::new(access_token);
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
