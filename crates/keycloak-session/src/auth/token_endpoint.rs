//! Keycloak's token endpoint: logs in, refreshes, logs out.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};

use crate::auth::access_token::{AccessToken, TokenProvider};
use crate::auth::credentials::{ClientAuth, Credentials, Grant};
use crate::error::{Error, ErrorKind};
use crate::http::headers::secret_value;
use crate::http::server_error::{parse_lossy, text_at};
use crate::http::transport::{Form, HttpResponse, Transport};
use crate::retry::{Retries, RetryDecision, RetryPolicy, RetryThrottle};
use crate::time::{BoxFuture, Clock};

/// The end of a token endpoint's path, below its realm.
const TOKEN_PATH: &str = "/protocol/openid-connect/token";
const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A token endpoint, with the credentials that it is asked with.
pub(crate) struct TokenEndpoint {
    pub(crate) url: Url,
    pub(crate) credentials: Credentials,
    pub(crate) settings: TokenEndpointSettings,
}

/// The parts of a session that its token requests use.
pub(crate) struct TokenEndpointSettings {
    pub(crate) transport: Transport,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) throttle: Arc<RetryThrottle>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timeout: Duration,
}

impl TokenProvider for TokenEndpoint {
    fn token(&self, previous: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>> {
        Box::pin(self.obtain(previous))
    }

    fn logout(&self, token: AccessToken) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let Some(refresh_token) = token.refresh_token() else {
                return Ok(());
            };
            let form = vec![("refresh_token", refresh_token.to_owned())];
            let response = self.send(self.logout_url(), form, "logout").await?;
            // A session that has ended already is as good as one that ends now.
            if response.status.is_success() || response.status.as_u16() == 400 {
                Ok(())
            } else {
                Err(response.to_error(ErrorKind::Authentication))
            }
        })
    }
}

impl TokenEndpoint {
    /// Refreshes if that is possible, else logs in. A given token is used as it is.
    async fn obtain(&self, previous: Option<AccessToken>) -> Result<AccessToken, Error> {
        if let Grant::Token(token) = &self.credentials.grant {
            return Ok(AccessToken::new(token.expose_secret()));
        }
        let settings = &self.settings;
        let mut refresh_token = previous.as_ref().and_then(AccessToken::refresh_token);
        let deadline = settings.clock.now() + settings.timeout;
        let mut retries = Retries::new(&settings.retry_policy, &settings.throttle);
        loop {
            let (grant_type, form) = self.form(refresh_token);
            let error = match self.send(self.url.clone(), form, grant_type).await {
                Ok(response) if response.status.is_success() => {
                    retries.on_answer(response.status);
                    return read_token(&response);
                }
                Ok(response) => response.to_error(ErrorKind::Authentication),
                Err(error) => error,
            };
            // Once the server may have seen it, a refresh token is spent: with rotation, sending it again would end the session.
            let is_spent = !error.is_connect() && refresh_token.take().is_some();
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
        if let Some(scope) = &self.credentials.scope {
            form.push(("scope", scope.clone()));
        }
        (grant_type, form)
    }

    /// The issuer that assertions are for: the address of the realm.
    fn issuer(&self) -> String {
        let url = self.url.as_str();
        url.strip_suffix(TOKEN_PATH).unwrap_or(url).to_owned()
    }

    /// It stands beside the token endpoint.
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

/// The fields of a form, by name.
type FormFields = Vec<(&'static str, String)>;

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
        Grant::Client | Grant::Token(_) => ("client_credentials", Vec::new()),
    }
}

/// Writes a form as `application/x-www-form-urlencoded`.
fn encode(form: &[(&'static str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}

/// Whether the token endpoint refused the login for good, rather than for the moment.
pub(crate) fn is_refusal(error: &Error) -> bool {
    error.is_authentication() && matches!(error.status(), Some(400..=428 | 430..=499))
}

/// Reads a token response: the fields of RFC 6749, 5.1, and Keycloak's `refresh_expires_in`; times in seconds.
fn read_token(response: &HttpResponse) -> Result<AccessToken, Error> {
    let Some(body) = &response.body else {
        return Err(Error::new(
            ErrorKind::BodyTooLarge,
            "the token endpoint's answer is longer than the limit; raise it with max_token_body_bytes",
        )
        .with_status(response.status));
    };
    let body = parse_lossy(body).unwrap_or_default();
    let Some(access_token) = text_at(&body, "access_token") else {
        let message = "the answer is not a token response; check the base URL";
        return Err(Error::new(ErrorKind::Authentication, message).with_status(response.status));
    };
    let seconds = |name| {
        let seconds = body.get(name)?.as_i64()?;
        Some(Duration::from_secs(seconds.max(0).unsigned_abs()))
    };
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
