//! Headers: the constant ones, and those that a caller sets.

use std::fmt;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};

use crate::error::{Error, ErrorKind};
use crate::serde::REDACTED;

/// The content type of JSON.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The content type of forms.
pub(crate) const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// A header that a session sends with every call, for a gateway before the server.
///
/// `Debug` prints the name, and the value unless the header is [`secret`](Self::secret).
///
/// ```
/// use keycloak_session::{Credentials, Header, Session};
///
/// # fn main() -> Result<(), keycloak_session::Error> {
/// let session = Session::builder("https://sso.example.com")
///     .credentials(Credentials::client_secret("user-sync", "s3cret"))
///     .default_header(Header::new("CF-Access-Client-Id", "abc.access"))
///     .default_header(Header::new("CF-Access-Client-Secret", "hush").secret().with_token_requests())
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Header {
    name: String,
    value: String,
    is_secret: bool,
    with_token_requests: bool,
}

impl Header {
    /// Makes a header. The session's `build` fails if the name or the value is not allowed.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            is_secret: false,
            with_token_requests: false,
        }
    }

    /// Keeps the value out of `Debug` and out of logs.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    /// Sends the header to the token endpoint too. Without this, only calls have it.
    #[must_use]
    pub fn with_token_requests(mut self) -> Self {
        self.with_token_requests = true;
        self
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.is_secret {
            REDACTED
        } else {
            &self.value
        };
        f.debug_struct("Header")
            .field("name", &self.name)
            .field("value", &value)
            .field("with_token_requests", &self.with_token_requests)
            .finish()
    }
}

/// The default headers of a session, checked.
#[derive(Clone, Default)]
pub(crate) struct DefaultHeaders {
    /// The headers of calls.
    pub(crate) calls: HeaderMap,
    /// The headers of token requests.
    pub(crate) token_requests: HeaderMap,
}

impl DefaultHeaders {
    pub(crate) fn new(headers: &[Header]) -> Result<Self, Error> {
        let mut checked = Self::default();
        for header in headers {
            let (name, mut value) = parse_header(&header.name, &header.value)
                .map_err(|message| Error::new(ErrorKind::Configuration, message))?;
            // The client writes them over those of the session.
            if [ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT].contains(&name) {
                let message = format!("default header `{name}` is set by the client itself");
                return Err(Error::new(ErrorKind::Configuration, message));
            }
            value.set_sensitive(header.is_secret);
            if header.with_token_requests {
                checked.token_requests.insert(&name, value.clone());
            }
            checked.calls.insert(name, value);
        }
        Ok(checked)
    }
}

/// Parses a header of a caller. The message names the header and never quotes the value.
pub(crate) fn parse_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        (Ok(name), Ok(_)) if is_reserved(&name) => {
            Err(format!("header `{name}` is set by the client itself"))
        }
        (Ok(name), Ok(value)) => Ok((name, value)),
        _ => Err(format!(
            "header `{name}` has a name or a value that HTTP does not allow"
        )),
    }
}

/// Returns whether only the client may set the header: it frames the request, names the host, or controls the connection.
fn is_reserved(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "host"
            | "content-length"
            | "transfer-encoding"
            | "connection"
            | "te"
            | "trailer"
            | "upgrade"
            | "keep-alive"
            | "proxy-connection"
    )
}

/// Parses a header value that no log and no `Debug` shows.
pub(crate) fn secret_value(value: impl TryInto<HeaderValue>) -> Option<HeaderValue> {
    let mut value = value.try_into().ok()?;
    value.set_sensitive(true);
    Some(value)
}
