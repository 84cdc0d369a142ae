//! The one error type of the library.

mod advice;

pub(crate) use advice::CREATE_REALM;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use serde_json::Value;

/// Longest server message shown by `Display`, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// The kind of an error, for programs to match on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call was refused before anything was sent. A path parameter is missing or unsafe, a body does not serialise, or a header
    /// value is not allowed.
    InvalidRequest,
    /// The client was set up wrongly: a bad base URL, no credentials, an unreadable certificate.
    Configuration,
    /// The token endpoint answered, but did not give a token.
    Authentication,
    /// No connection could be made, so nothing was sent: refused, name not found, TLS handshake failed, connect timeout.
    Connect,
    /// The call did not end within its total timeout, or its last attempt did not end within the attempt's timeout.
    Timeout,
    /// The connection broke after it had been made.
    Transport,
    /// The server answered with a redirect. Redirects are never followed.
    Redirect,
    /// The server answered 401, also to a new token. Some extensions send it when a permission is missing.
    Unauthorized,
    /// The server answered 403: the account lacks a role.
    Forbidden,
    /// The server answered 404, or a lookup by name or key found nothing. In the second case [`Error::status`] is `None`.
    NotFound,
    /// The server answered 409, or the existing object is not the one that was asked for. In the second case [`Error::status`] is
    /// `None`.
    Conflict,
    /// The server answered with another error status (4xx or 5xx). [`Error::status`] says which.
    Status,
    /// The answer could not be decoded: it was not JSON, or JSON of another shape.
    Decode,
    /// The answer was larger than the limit.
    BodyTooLarge,
}

impl ErrorKind {
    /// Returns the kind as a label for logs and metrics, such as `body_too_large`. It never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Configuration => "configuration",
            Self::Authentication => "authentication",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Transport => "transport",
            Self::Redirect => "redirect",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Status => "status",
            Self::Decode => "decode",
            Self::BodyTooLarge => "body_too_large",
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
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Status => "error status",
            Self::Decode => "unexpected response",
            Self::BodyTooLarge => "response too large",
        }
    }

    /// Returns the kind of an operation's answer with this error status.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::CONFLICT => Self::Conflict,
            _ => Self::Status,
        }
    }

    /// Returns whether this is the kind of an answer with an error status.
    pub(crate) fn is_status(self) -> bool {
        matches!(
            self,
            Self::Unauthorized | Self::Forbidden | Self::NotFound | Self::Conflict | Self::Status
        )
    }
}

/// One entry of Keycloak's validation errors: a field and its fault.
///
/// Keycloak sends them for user profiles, among others, one by itself and several in a list:
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
/// operation, the status and Keycloak's message, with the fields that a validation has refused. Neither `Display` nor `Debug` nor the
/// `source()` chain holds a response body, a header, a URL or a secret. [`body`](Self::body) gives the body of an error answer.
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
    body: Option<ErrorBody>,
    attempts: u32,
    may_have_been_applied: bool,
    is_unprocessed: bool,
    needed_role: Option<&'static str>,
    is_permanent: bool,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The body of an error answer, with its `Content-Type`.
#[derive(Clone)]
struct ErrorBody {
    content_type: Option<HeaderValue>,
    bytes: Bytes,
}

impl Error {
    /// Makes an error of this kind. The message says what is wrong and what to do about it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            operation: None,
            status: None,
            code: None,
            message: Some(message.into()),
            field_errors: Arc::default(),
            body: None,
            attempts: 0,
            may_have_been_applied: false,
            is_unprocessed: false,
            needed_role: None,
            is_permanent: false,
            retry_after: None,
            source: None,
        }))
    }

    /// Makes the error of a call that is refused before anything is sent.
    pub fn invalid_request(operation: Option<&'static str>, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::InvalidRequest, message);
        error.inner().operation = operation;
        error
    }

    /// Adds the operation that failed (its id, such as `create_user`).
    #[must_use]
    pub fn with_operation(mut self, operation: &'static str) -> Self {
        self.inner().operation = Some(operation);
        self
    }

    /// Adds a cause, which must not print secrets.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.inner().source = Some(Arc::new(source));
        self
    }

    /// Makes the error one of this status, such as 404, for one item of an answer that holds several results. The kind becomes the one of
    /// the status. A number that is no HTTP status changes nothing.
    #[must_use]
    pub fn with_http_status(mut self, status: u16) -> Self {
        if let Ok(status) = StatusCode::from_u16(status) {
            self.inner().kind = ErrorKind::of_status(status);
            self.inner().status = Some(status);
        }
        self
    }

    /// Adds the server's message.
    pub(crate) fn with_server_message(
        mut self,
        code: Option<String>,
        message: Option<String>,
        field_errors: Vec<FieldError>,
    ) -> Self {
        let inner = self.inner();
        inner.code = code;
        inner.message = message;
        inner.field_errors = field_errors.into();
        self
    }

    /// Adds the body of the server's answer.
    pub(crate) fn with_body(mut self, content_type: Option<HeaderValue>, bytes: Bytes) -> Self {
        self.inner().body = Some(ErrorBody {
            content_type,
            bytes,
        });
        self
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

    /// Sets whether the server said that it did not process the request.
    pub(crate) fn with_unprocessed(mut self, is_unprocessed: bool) -> Self {
        self.inner().is_unprocessed = is_unprocessed;
        self
    }

    /// Adds the role that an account needs for the call.
    pub(crate) fn with_needed_role(mut self, role: Option<&'static str>) -> Self {
        self.inner().needed_role = role;
        self
    }

    /// Replaces the message.
    pub(crate) fn with_message(mut self, message: String) -> Self {
        self.inner().message = Some(message);
        self
    }

    /// Says that the same call will fail again.
    pub(crate) fn permanent(mut self) -> Self {
        self.inner().is_permanent = true;
        self
    }

    pub(crate) fn with_retry_after(mut self, pause: Option<Duration>) -> Self {
        self.inner().retry_after = pause;
        self
    }

    /// Returns whether the server has certainly not processed the request: no connection could be made, or the server has said so.
    pub(crate) fn is_unprocessed(&self) -> bool {
        self.0.is_unprocessed || self.is_connect()
    }

    pub(crate) fn http_status(&self) -> Option<StatusCode> {
        self.0.status
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }

    /// Returns the kind, which programs match on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the HTTP status of the answer, if there was one. For [`ErrorKind::Authentication`] it is the status of the token endpoint.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status.map(|status| status.as_u16())
    }

    /// Returns the `error` of the answer, often an OAuth code such as `invalid_grant`. Other services have it in `error.code`, `code` or
    /// `errorCode`. For FOLIO it is the `code` of the first of its errors.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns the server's message: `errorMessage`, else `error_description`, else the first field error, else `message`, else
    /// `error`. An error that was found on this side has a message of its own.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// Returns Keycloak's validation errors, field by field. Empty if it sent none.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.field_errors
    }

    /// Returns the body of the answer with an error status, such as the HTML of a proxy. It may repeat parts of the request, so log it with care.
    ///
    /// `None` if no such answer came, or if its body was longer than the limit of error bodies (64 KiB unless `max_error_body_bytes` is set).
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.0.body.as_ref().map(|body| &*body.bytes)
    }

    /// Returns the `Content-Type` of [`body`](Self::body), such as `text/html`. `None` if there is no body, or the header is absent or not
    /// ASCII text.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        let body = self.0.body.as_ref()?;
        body.content_type.as_ref()?.to_str().ok()
    }

    /// Returns the id of the operation that failed, such as `create_user`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns how many times the request was sent. 0 if it failed earlier, for example while getting a token.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns whether the server may have made the change although the call failed: the answer was lost, unreadable, or a 5xx. Read the object
    /// before you repeat such a call.
    ///
    /// The error counts the requests of this client alone. A proxy may repeat a request by itself, as nginx does with PUT and DELETE by default. If
    /// the first one was applied, the second one can be answered with 404, and this method returns `false`.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        self.0.may_have_been_applied
    }

    /// Returns the role of the client `realm-management` that the account needs for the call, after a 403. `None` after another answer, or if the
    /// role is not known.
    #[must_use]
    pub fn needed_role(&self) -> Option<&'static str> {
        let is_refused = self.0.kind == ErrorKind::Forbidden;
        self.0.needed_role.filter(|_| is_refused)
    }

    /// Returns how long the server asks to wait (`Retry-After`), counted from its answer.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns whether the operation's answer was 404, or a lookup found nothing. Never true for an answer of the token endpoint.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Returns whether the operation's answer was 409, or the existing object is not the one that was asked for.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.0.kind == ErrorKind::Conflict
    }

    /// Returns whether the operation's answer was 401, also to a new token. Some extensions send it when a permission is missing.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.0.kind == ErrorKind::Unauthorized
    }

    /// Returns whether the operation's answer was 403: the account lacks a role.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.0.kind == ErrorKind::Forbidden
    }

    /// Returns whether the operation's answer was 400.
    #[must_use]
    pub fn is_bad_request(&self) -> bool {
        self.0.kind == ErrorKind::Status && self.0.status == Some(StatusCode::BAD_REQUEST)
    }

    /// Returns whether a timeout ended the call: its total timeout, or the timeout of its last attempt.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// Returns whether no connection could be made. Nothing was sent.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.0.kind == ErrorKind::Connect
    }

    /// Returns whether the answer was 429 (too many calls), be it the operation's or the token endpoint's.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.0.status == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Returns whether the same call may succeed later: after no connection, a broken connection, a timeout, or an answer of 429, 502, 503 or 504.
    /// If [`may_have_been_applied`](Self::may_have_been_applied) is true as well, read the object before you repeat the call.
    ///
    /// A connection that broke while a body of more than 10 MiB was sent is not transient, because Keycloak refuses such a body. Nor is a 502 after
    /// such a body: a proxy answers so if Keycloak closes the connection while the proxy sends the body on.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            _ if self.0.is_permanent => false,
            ErrorKind::Connect | ErrorKind::Transport | ErrorKind::Timeout => true,
            ErrorKind::Status | ErrorKind::Authentication => {
                matches!(self.status(), Some(429 | 502..=504))
            }
            _ => false,
        }
    }

    /// Returns whether the answer was a 5xx, be it the operation's or the token endpoint's.
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        self.0.status.is_some_and(|status| status.is_server_error())
    }

    /// Returns whether the token endpoint gave no token.
    #[must_use]
    pub fn is_authentication(&self) -> bool {
        self.0.kind == ErrorKind::Authentication
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = inner.operation {
            write!(f, "{operation}: ")?;
        }
        match (inner.kind, inner.status) {
            (kind, Some(status)) if kind.is_status() => write!(f, "{status}")?,
            (kind, Some(status)) => write!(f, "{}: {status}", kind.describe())?,
            (kind, None) => f.write_str(kind.describe())?,
        }
        if let Some(message) = self.whole_message() {
            write!(f, ": {}", one_line(&message))?;
        }
        if let Some(advice) = self.advice() {
            write!(f, " ({advice})")?;
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

impl Error {
    /// Returns advice for the commonest mistakes.
    fn advice(&self) -> Option<Cow<'static, str>> {
        let inner = &*self.0;
        let message = inner.message.as_deref();
        match inner.kind {
            ErrorKind::Authentication => {
                let status = inner.status.filter(StatusCode::is_client_error)?;
                let is_not_found = status == StatusCode::NOT_FOUND;
                Some(advice::login(is_not_found, message).into())
            }
            ErrorKind::Forbidden => inner.needed_role.map(advice::role).map(Cow::Owned),
            ErrorKind::Status => advice::answer(message?).map(Cow::Borrowed),
            ErrorKind::Timeout => inner
                .may_have_been_applied
                .then_some(advice::UNKNOWN_OUTCOME.into()),
            kind => advice::connection(kind, message?).map(Cow::Borrowed),
        }
    }

    /// Returns the message, with every field that a validation has refused, such as `email: error-invalid-email; username: ...`.
    fn whole_message(&self) -> Option<Cow<'_, str>> {
        let inner = &*self.0;
        let fields: Vec<String> = inner.field_errors.iter().filter_map(in_words).collect();
        let message = inner.message.as_deref();
        if fields.is_empty() {
            return message.map(Cow::Borrowed);
        }
        // Most often the message is that of the first field.
        let is_of_a_field = |message: &&str| {
            let mut errors = inner.field_errors.iter();
            errors.any(|error| error.error_message.as_deref() == Some(message))
        };
        let own = message.filter(|message| !is_of_a_field(message));
        let parts = own.map(str::to_owned).into_iter().chain(fields);
        Some(parts.collect::<Vec<_>>().join("; ").into())
    }
}

/// Returns the field and its fault. `None` if the error names no field.
fn in_words(error: &FieldError) -> Option<String> {
    let field = error.field.as_deref()?;
    Some(match &error.error_message {
        Some(message) => format!("{field}: {message}"),
        None => field.to_owned(),
    })
}

/// Makes one line of bounded length, because a server's message may hold line breaks and terminal escapes.
fn one_line(text: &str) -> Cow<'_, str> {
    let is_long = text.chars().nth(MAX_MESSAGE_CHARS).is_some();
    if !is_long && !text.chars().any(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut line = String::new();
    for c in text.chars().take(MAX_MESSAGE_CHARS) {
        line.push(if is_unprintable(c) { ' ' } else { c });
    }
    if is_long {
        line.push('…');
    }
    Cow::Owned(line)
}

/// Returns whether a character has no place in a line: a control character, a line end of Unicode, a mark that changes the direction of the
/// text, or an invisible character.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_nobody_sees_are_not_displayed() {
        for mark in [
            '\u{200e}',
            '\u{200f}',
            '\u{202e}',
            '\u{2066}',
            '\u{61c}',
            '\u{200b}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            let error = Error::new(ErrorKind::Conflict, format!("user{mark}name"));
            assert!(error.to_string().ends_with("user name"), "{mark:?}");
        }
    }

    #[test]
    fn only_a_refusal_names_a_role() {
        let role = |kind| {
            let error = Error::new(kind, "no").with_needed_role(Some("manage-users"));
            error.needed_role()
        };
        assert_eq!(role(ErrorKind::Forbidden), Some("manage-users"));
        assert_eq!(role(ErrorKind::NotFound), None);
        assert_eq!(role(ErrorKind::Conflict), None);
    }

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
}
