//! The one error type of the library.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::decode::{self, text_at};

/// Longest server message shown by `Display`, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// What went wrong, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call was refused before anything was sent: a missing or unsafe path parameter, a body that does not
    /// serialise, a header value that is not allowed.
    InvalidRequest,
    /// The client was set up wrongly: a bad base URL, no credentials, an unreadable certificate.
    Configuration,
    /// The token endpoint answered, but did not give a token.
    Authentication,
    /// No connection could be made, so nothing was sent: refused, name not found, TLS handshake failed, connect timeout.
    Connect,
    /// The call did not end within its total timeout, or its last attempt not within the attempt's.
    Timeout,
    /// The connection broke after it had been made.
    Transport,
    /// The server answered with a redirect. Redirects are never followed.
    Redirect,
    /// The server answered with an error status (4xx or 5xx).
    Status,
    /// The answer was not what the operation returns: not JSON, or JSON of another shape.
    Decode,
    /// The answer was larger than the limit.
    BodyTooLarge,
    /// What was looked for by name or key is not there. Not an HTTP status: the server answered, without it.
    NotFound,
    /// The thing exists already, and what exists is not what was asked for.
    Conflict,
}

impl ErrorKind {
    /// The kind as a label for logs and metrics, such as `body_too_large`. It never changes.
    #[must_use]
    // One table of names, and not one for each caller.
    #[inline(never)]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Configuration => "configuration",
            Self::Authentication => "authentication",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Transport => "transport",
            Self::Redirect => "redirect",
            Self::Status => "status",
            Self::Decode => "decode",
            Self::BodyTooLarge => "body_too_large",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid request",
            Self::Configuration => "configuration",
            Self::Authentication => "no access token",
            Self::Connect => "could not connect",
            Self::Timeout => "timed out",
            Self::Transport => "connection broke",
            Self::Redirect => "redirect refused",
            Self::Status => "error status",
            Self::Decode => "unexpected response",
            Self::BodyTooLarge => "response too large",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
        }
    }
}

/// One entry of Keycloak's validation errors: which field, and what is wrong with it.
///
/// Keycloak sends these for user profiles, among others, one by itself and several in a list:
/// `{"field":"email","errorMessage":"error-invalid-email","params":["email","not-an-address"]}`.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FieldError {
    /// The attribute that was refused, such as `email`.
    pub field: Option<String>,
    /// Keycloak's message, often a message key such as `error-invalid-email`.
    pub error_message: Option<String>,
    /// Arguments of the message. They may repeat the refused value.
    pub params: Option<Vec<Value>>,
}

impl FieldError {
    /// What can be read from an entry, Keycloak's or FOLIO's; `None` where it is no JSON object.
    fn read(mut entry: Value) -> Option<Self> {
        if !entry.is_object() {
            return None;
        }
        Some(Self {
            field: text_at(&entry, "field"),
            error_message: text_at(&entry, "errorMessage").or_else(|| text_at(&entry, "message")),
            params: list(&mut entry, "params").or_else(|| list(&mut entry, "parameters")),
        })
    }
}

/// The text of this name in a JSON object, where it says something.
fn told(object: &Value, name: &str) -> Option<String> {
    text_at(object, name).filter(|text| !text.chars().all(char::is_whitespace))
}

/// The array of this name in a JSON object, taken out of it.
fn list(object: &mut Value, name: &str) -> Option<Vec<Value>> {
    match object.get_mut(name)?.take() {
        Value::Array(list) => Some(list),
        _ => None,
    }
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldError")
            .field("field", &self.field)
            .field("error_message", &self.error_message)
            .finish_non_exhaustive()
    }
}

/// Why a call failed.
///
/// It is cheap to clone, so that callers who waited for the same token share one error. `Display` gives one line: the
/// operation, the status and Keycloak's message. Neither `Display` nor `Debug` nor the `source()` chain holds a
/// response body, a header, a URL or a secret.
///
/// ```
/// use keycloak_session::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::NotFound, "no user has the name \"alice\"").with_operation("list_users");
/// assert_eq!(error.to_string(), "list_users: not found: no user has the name \"alice\"");
/// assert!(error.is_not_found());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<&'static str>,
    status: Option<StatusCode>,
    code: Option<String>,
    message: Option<String>,
    field_errors: Arc<[FieldError]>,
    attempts: u32,
    may_have_been_applied: bool,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of this kind; `message` says what is wrong and what to do about it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::with_message(kind, message.into())
    }

    /// Not generic, so that it is compiled once.
    fn with_message(kind: ErrorKind, message: String) -> Self {
        Self(Arc::new(Inner {
            kind,
            operation: None,
            status: None,
            code: None,
            message: Some(message),
            field_errors: Arc::default(),
            attempts: 0,
            may_have_been_applied: false,
            retry_after: None,
            source: None,
        }))
    }

    /// A call that was refused before anything was sent.
    pub fn invalid_request(operation: Option<&'static str>, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::InvalidRequest, message);
        error.inner().operation = operation;
        error
    }

    /// The same error, said to come from this operation (its id, such as `create_user`).
    #[must_use]
    pub fn with_operation(mut self, operation: &'static str) -> Self {
        self.inner().operation = Some(operation);
        self
    }

    /// The same error with a cause, which must not print secrets.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.inner().source = Some(Arc::new(source));
        self
    }

    /// The same error as one of this status, such as 404: for one item of an answer that holds the results of several.
    /// What is no HTTP status is left out.
    #[must_use]
    pub fn with_http_status(self, status: u16) -> Self {
        match StatusCode::from_u16(status) {
            Ok(status) => self.with_status(status),
            Err(_) => self,
        }
    }

    /// From an answer with an error status; `body` is `None` where it was too long to read.
    pub(crate) fn from_status(kind: ErrorKind, status: StatusCode, body: Option<&[u8]>) -> Self {
        let mut error = Self::new(kind, "the error body was too long and was not read");
        let inner = error.inner();
        inner.status = Some(status);
        if let Some(body) = body {
            let body = ServerError::parse(body);
            inner.message = body.message().map(str::to_owned);
            inner.code = body.error;
            inner.field_errors = body.errors.into();
        }
        error
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.inner().status = Some(status);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32, may_have_been_applied: bool) -> Self {
        let inner = self.inner();
        inner.attempts = attempts;
        inner.may_have_been_applied = may_have_been_applied;
        self
    }

    pub(crate) fn with_retry_after(mut self, pause: Option<Duration>) -> Self {
        self.inner().retry_after = pause;
        self
    }

    pub(crate) fn http_status(&self) -> Option<StatusCode> {
        self.0.status
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }

    /// What went wrong, in one word.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status of the answer, where there was one. For [`ErrorKind::Authentication`] it is the token endpoint's.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status.map(|status| status.as_u16())
    }

    /// The `error` of the answer: an OAuth code such as `invalid_grant`, or what Keycloak put there; for FOLIO the `code` of the first
    /// of its errors.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What the server said (`errorMessage`, else `error_description`, else the first field error, else `error`); for an
    /// error that was found on this side, what is wrong.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// Keycloak's validation errors, field by field; empty where it sent none.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.field_errors
    }

    /// The id of the operation that failed, such as `create_user`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// How many times the call was sent, one more than its retries; 0 where it failed before the first time, for instance for want of a token.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the server may have done what was asked although the call failed: the answer to a call that changes
    /// something was lost, unreadable, or a 5xx. Look before repeating such a call.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        self.0.may_have_been_applied
    }

    /// How long the server asks to be left alone (`Retry-After`), counted from its answer.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The operation's answer was 404, or what was looked for is not there. Never true for an answer of the token endpoint.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound || self.answered(StatusCode::NOT_FOUND)
    }

    /// The operation's answer was 409, or what exists is not what was asked for.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.0.kind == ErrorKind::Conflict || self.answered(StatusCode::CONFLICT)
    }

    /// The operation's answer was 401, also with a new token. Some extensions send it where a permission is missing.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.answered(StatusCode::UNAUTHORIZED)
    }

    /// The operation's answer was 403: the account lacks a role.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.answered(StatusCode::FORBIDDEN)
    }

    /// The operation's answer was 400.
    #[must_use]
    pub fn is_bad_request(&self) -> bool {
        self.answered(StatusCode::BAD_REQUEST)
    }

    /// The total timeout ended the call, or the timeout of an attempt its last one.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// No connection could be made; nothing was sent.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.0.kind == ErrorKind::Connect
    }

    /// The answer, be it the operation's or the token endpoint's, was 429: too many calls.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.0.status == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// The same call may well succeed later: no connection, a connection that broke, a timeout, or an answer of 429, 502, 503 or
    /// 504. Where [`may_have_been_applied`](Self::may_have_been_applied) holds as well, look before repeating it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            ErrorKind::Connect | ErrorKind::Transport | ErrorKind::Timeout => true,
            ErrorKind::Status | ErrorKind::Authentication => {
                matches!(self.status(), Some(429 | 502..=504))
            }
            _ => false,
        }
    }

    /// The answer, be it the operation's or the token endpoint's, was a 5xx.
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        self.0.status.is_some_and(|status| status.is_server_error())
    }

    /// The token endpoint did not give a token.
    #[must_use]
    pub fn is_authentication(&self) -> bool {
        self.0.kind == ErrorKind::Authentication
    }

    fn answered(&self, status: StatusCode) -> bool {
        self.0.kind == ErrorKind::Status && self.0.status == Some(status)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = inner.operation {
            write!(f, "{operation}: ")?;
        }
        match (inner.kind, inner.status) {
            (ErrorKind::Status, Some(status)) => write!(f, "{status}")?,
            (kind, Some(status)) => write!(f, "{}: {status}", kind.describe())?,
            (kind, None) => f.write_str(kind.describe())?,
        }
        if let Some(message) = &inner.message {
            write!(f, ": {}", one_line(message))?;
        }
        if inner.kind == ErrorKind::Authentication
            && inner.status.is_some_and(|status| status.is_client_error())
        {
            f.write_str(" (check the credentials, the auth realm and the base URL)")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("operation", &inner.operation.map(Cow::Borrowed))
            .field("status", &self.status())
            .field("code", &inner.code.as_deref().map(one_line))
            .field("message", &inner.message.as_deref().map(one_line))
            .field("field_errors", &inner.field_errors)
            .field("attempts", &inner.attempts)
            .field("may_have_been_applied", &inner.may_have_been_applied)
            .field("retry_after", &inner.retry_after)
            .field("source", &inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

/// One line of bounded length: what a server says may hold line breaks and terminal escapes.
fn one_line(text: &str) -> Cow<'_, str> {
    let is_long = text.chars().nth(MAX_MESSAGE_CHARS).is_some();
    if !is_long && !text.chars().any(breaks_line) {
        return Cow::Borrowed(text);
    }
    let mut line = String::new();
    for c in text.chars().take(MAX_MESSAGE_CHARS) {
        line.push(if breaks_line(c) { ' ' } else { c });
    }
    if is_long {
        line.push('…');
    }
    Cow::Owned(line)
}

/// Control characters, Unicode's line ends, and what turns the direction of the text around.
fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The shapes of Keycloak's and OAuth's error bodies, in one.
#[derive(Default)]
struct ServerError {
    error: Option<String>,
    error_description: Option<String>,
    error_message: Option<String>,
    errors: Vec<FieldError>,
}

impl ServerError {
    /// What can be read from the body; a body that is no JSON object (HTML, text, nothing) says nothing.
    fn parse(body: &[u8]) -> Self {
        let Some(mut object @ Value::Object(_)) = decode::what_can_be_read(body) else {
            return Self::default();
        };
        let error = told(&object, "error");
        let error_description = told(&object, "error_description");
        let error_message = told(&object, "errorMessage");
        let entries = match list(&mut object, "errors") {
            Some(entries) => entries,
            // A single one stands at the top level.
            None if object.get("field").is_some() => vec![object],
            None => Vec::new(),
        };
        // FOLIO has the code of an error beside its message, in the list.
        let code = entries.first().and_then(|entry| told(entry, "code"));
        let mut errors = Vec::new();
        for entry in entries {
            errors.extend(FieldError::read(entry));
        }
        Self {
            error: error.or(code),
            error_description,
            error_message,
            errors,
        }
    }

    fn message(&self) -> Option<&str> {
        self.error_message
            .as_deref()
            .or(self.error_description.as_deref())
            .or_else(|| {
                self.errors
                    .iter()
                    .find_map(|error| error.error_message.as_deref())
            })
            .or(self.error.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_built_from_kind_message_operation_and_cause() {
        let cause = std::io::Error::other("disk full");
        let error = Error::new(ErrorKind::Conflict, "another user has the e-mail")
            .with_operation("create_user")
            .with_source(cause);
        let copy = error.clone().with_operation("update_user");
        assert!(error.is_conflict() && error.status().is_none());
        assert_eq!(
            error.to_string(),
            "create_user: conflict: another user has the e-mail"
        );
        assert_eq!(
            copy.to_string(),
            "update_user: conflict: another user has the e-mail"
        );
        assert_eq!(error.source().expect("a cause").to_string(), "disk full");
    }

    #[test]
    fn errors_of_folio_have_a_code_and_a_message() {
        let body = br#"{"errors": [{"message": "it is there", "type": "T", "code": "found_error",
            "parameters": [{"key": "id", "value": "1"}]}], "total_records": 1}"#;
        let error = Error::from_status(ErrorKind::Status, StatusCode::BAD_REQUEST, Some(body));
        assert_eq!(error.error_code(), Some("found_error"));
        assert_eq!(error.message(), Some("it is there"));
        let [field] = error.field_errors() else {
            panic!("{error:?}")
        };
        assert_eq!(
            field.params,
            Some(vec![serde_json::json!({"key": "id", "value": "1"})])
        );
    }

    #[test]
    fn statuses_of_the_token_endpoint_are_not_the_operations() {
        type Predicate = fn(&Error) -> bool;
        let predicates: [(u16, Predicate); 5] = [
            (400, Error::is_bad_request),
            (401, Error::is_unauthorized),
            (403, Error::is_forbidden),
            (404, Error::is_not_found),
            (409, Error::is_conflict),
        ];
        for (status, predicate) in predicates {
            let code = StatusCode::from_u16(status).expect("a status");
            assert!(
                predicate(&Error::from_status(ErrorKind::Status, code, None)),
                "{status}"
            );
            assert!(
                !predicate(&Error::from_status(ErrorKind::Authentication, code, None)),
                "{status}"
            );
            let others = predicates.iter().filter(|(other, _)| *other != status);
            for (other, predicate) in others {
                assert!(
                    !predicate(&Error::from_status(ErrorKind::Status, code, None)),
                    "{status} is not {other}"
                );
            }
        }
    }
}
