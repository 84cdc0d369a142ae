//! One call, filled in step by step and then sent.

use std::fmt::{self, Display};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use url::Url;

use crate::auth::token_cache::CachedToken;
use crate::client::operation::OperationInfo;
use crate::client::options::CallOptions;
use crate::client::response::DecodeLimits;
use crate::client::session::Session;
use crate::error::Error;
use crate::http::body::request_body;
use crate::http::headers::{FORM, JSON, parse_header};
use crate::retry::RetryPolicy;
use crate::time::MAX_TIMEOUT;

/// One call to one operation. It is owned and cheap to clone, bodies included.
///
/// Setters never fail. A bad value becomes an [`ErrorKind::InvalidRequest`](crate::ErrorKind) of the method that sends, before anything is
/// sent. `Debug` prints the operation and the names that are set, never a value.
///
/// ```
/// # use keycloak_session::{Credentials, Error, OperationInfo, Request, Session};
/// static LIST_USERS: OperationInfo = OperationInfo::new("list_users", "GET", "/admin/realms/{realm}/users");
///
/// # async fn run(session: &Session) -> Result<(), Error> {
/// let mut request = Request::new(session, &LIST_USERS);
/// request.set_path("realm", "acme");
/// request.set_query("max", 20);
/// let users = request.send_json::<Vec<serde_json::Value>>().await?;
/// println!("{} users", users.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Request {
    session: Session,
    info: &'static OperationInfo,
    path: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
    body: Option<Body>,
    /// The media type that is asked for, instead of the operation's own.
    accept: Option<HeaderValue>,
    options: CallOptions,
    /// True if the caller says that the call can be repeated.
    is_idempotent: bool,
    /// The first problem of a value that was set.
    invalid: Option<Error>,
}

#[derive(Clone)]
struct Body {
    content_type: HeaderValue,
    bytes: Bytes,
}

impl Request {
    /// Makes a call to this operation with nothing filled in.
    #[must_use]
    pub fn new(session: &Session, info: &'static OperationInfo) -> Self {
        Self {
            session: session.clone(),
            info,
            path: Vec::with_capacity(2),
            query: Vec::new(),
            body: None,
            accept: None,
            options: session.call_options(),
            is_idempotent: false,
            invalid: None,
        }
    }

    /// Returns the operation's fixed facts.
    #[must_use]
    pub fn info(&self) -> &'static OperationInfo {
        self.info
    }

    /// Returns the session that sends the call.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Sets a path parameter. The call escapes the value when it is sent, so give it as it is.
    pub fn set_path(&mut self, name: &'static str, value: &str) {
        set(&mut self.path, name, value.to_owned());
    }

    /// Returns the value of a path parameter, before escaping.
    #[must_use]
    pub fn path_value(&self, name: &str) -> Option<&str> {
        self.path_values()
            .find_map(|(set, value)| (set == name).then_some(value))
    }

    /// Returns the path parameters that are set, with their values before escaping, in the order they were set in.
    pub fn path_values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.path
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// Sets a query parameter and replaces its earlier value.
    pub fn set_query(&mut self, name: &'static str, value: impl Display) {
        set(&mut self.query, name, value.to_string());
    }

    /// Sets a query parameter that may be repeated, once for each value, and replaces its earlier values.
    pub fn set_query_list(&mut self, name: &'static str, values: impl IntoIterator<Item: Display>) {
        self.query.retain(|(set, _)| *set != name);
        for value in values {
            self.query.push((name, value.to_string()));
        }
    }

    /// Returns the first value of a query parameter, before escaping.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query_values()
            .find_map(|(set, value)| (set == name).then_some(value))
    }

    /// Returns the query parameters that are set, with their values before escaping. A repeated parameter comes once for each value.
    pub fn query_values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.query
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// Returns the headers that are set, with their names in lower case. The body's `Content-Type` is one of them. The token and the
    /// headers of the session are not.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let headers = &self.options.headers;
        let body = self.body.as_ref();
        let content_type = body
            .filter(|_| !headers.contains_key(CONTENT_TYPE))
            .map(|body| (&CONTENT_TYPE, &body.content_type));
        content_type
            .into_iter()
            .chain(headers)
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// Returns the bytes of the body; `None` if none is set.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref().map(|body| &body.bytes)
    }

    /// Returns the first problem of the values that are set, which sending would report. Path parameters are checked when the call is
    /// sent.
    #[must_use]
    pub fn invalid(&self) -> Option<&Error> {
        self.invalid.as_ref()
    }

    /// Sets a header and replaces its earlier value. No log and no `Debug` shows the value.
    ///
    /// The session sets `Authorization` itself and overwrites what is set here. Headers that decide about the connection or the host
    /// are refused.
    pub fn set_header(&mut self, name: impl AsRef<str>, value: impl Display) {
        match parse_header(name.as_ref(), &value.to_string()) {
            Ok((name, mut value)) => {
                value.set_sensitive(true);
                self.options.headers.insert(name, value);
            }
            Err(message) => self.set_invalid(message),
        }
    }

    /// Sets the body to the JSON of `body`, which is written at once.
    pub fn set_json(&mut self, body: &(impl Serialize + ?Sized)) {
        match serde_json::to_vec(body) {
            Ok(json) => self.put_body(JSON, json.into()),
            // serde's message may quote a value of the body.
            Err(_) => self.set_invalid("the body cannot be written as JSON".to_owned()),
        }
    }

    /// Sets the body to a form (`application/x-www-form-urlencoded`) with the fields of a flat struct, which is written at once.
    pub fn set_form(&mut self, body: &impl Serialize) {
        match serde_urlencoded::to_string(body) {
            Ok(form) => self.put_body(FORM, form.into()),
            Err(_) => self.set_invalid(
                "the body cannot be written as a form: it must be a flat struct".to_owned(),
            ),
        }
    }

    /// Sets the body to these bytes of this media type.
    pub fn set_body(&mut self, content_type: impl AsRef<str>, bytes: impl Into<Bytes>) {
        match HeaderValue::try_from(content_type.as_ref()) {
            Ok(content_type) => self.put_body(content_type, bytes.into()),
            Err(_) => self.set_invalid(
                "header `content-type` has a value that HTTP does not allow".to_owned(),
            ),
        }
    }

    fn put_body(&mut self, content_type: HeaderValue, bytes: Bytes) {
        self.options.headers.remove(CONTENT_TYPE);
        self.body = Some(Body {
            content_type,
            bytes,
        });
    }

    /// Sets the `Accept` header, instead of the operation's own.
    pub fn set_accept(&mut self, media_type: impl AsRef<str>) {
        match HeaderValue::try_from(media_type.as_ref()) {
            Ok(media_type) => self.accept = Some(media_type),
            Err(_) => {
                self.set_invalid("header `accept` has a value that HTTP does not allow".to_owned());
            }
        }
    }

    /// Sets the `Accept` header, unless the caller has set one.
    pub(crate) fn accept_by_default(&mut self, media_type: &'static str) {
        let media_type = HeaderValue::from_static(media_type);
        self.accept.get_or_insert(media_type);
    }

    /// Sets the retry policy of this call, instead of the session's.
    pub fn set_retry(&mut self, policy: RetryPolicy) {
        self.options.retry = Some(policy);
    }

    /// Sets how long this call may take in all, instead of the session's [`timeout`](crate::SessionBuilder::timeout).
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.options.timeout = Some(timeout.min(MAX_TIMEOUT));
    }

    /// Sets how many bytes the answer of this call may have, instead of the session's
    /// [`max_body_bytes`](crate::SessionBuilder::max_body_bytes).
    pub fn set_max_body_bytes(&mut self, limit: usize) {
        self.options.max_body_bytes = Some(limit);
    }

    /// Says that the server does the same if it gets this call twice. So the retry policy repeats the call as it repeats a PUT.
    pub fn set_idempotent(&mut self) {
        self.is_idempotent = true;
    }

    /// Returns whether the call can be repeated: its operation is [idempotent](OperationInfo::is_idempotent), or the caller has said so.
    pub(crate) fn is_idempotent(&self) -> bool {
        self.is_idempotent || self.info.is_idempotent()
    }

    pub(crate) fn retry_policy(&self) -> &RetryPolicy {
        let own = self.options.retry.as_ref();
        own.unwrap_or(&self.session.inner().retry_policy)
    }

    /// Returns how long this call may take in all.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        let own = self.options.timeout;
        own.unwrap_or(self.session.inner().timeout)
    }

    pub(crate) fn max_body_bytes(&self) -> usize {
        let own = self.options.max_body_bytes;
        own.unwrap_or(self.session.inner().transport.limits.body)
    }

    pub(crate) fn decode_limits(&self) -> DecodeLimits {
        DecodeLimits::new(self.session.inner().max_json_depth, self.max_body_bytes())
    }

    /// Returns the realm of the path, which is the only value of a path that is logged.
    pub(crate) fn realm(&self) -> Option<&str> {
        self.path_value("realm")
    }

    /// The first problem is the one that is reported.
    fn set_invalid(&mut self, message: String) {
        let operation = Some(self.info.id());
        self.invalid
            .get_or_insert_with(|| Error::invalid_request(operation, message));
    }

    /// Checks that everything is set that the operation cannot do without.
    fn check_required(&self) -> Result<(), Error> {
        let of_session = &self.session.inner().transport.default_headers.calls;
        let is_header = |name: &str| {
            let mut own = self.headers();
            own.any(|(set, _)| set.eq_ignore_ascii_case(name)) || of_session.contains_key(name)
        };
        let is_missing = |name: &&&str| self.query_value(name).is_none() && !is_header(name);
        let message = match self.info.required_parameters().iter().find(is_missing) {
            Some(name) => format!("parameter `{name}` was not set"),
            None if self.info.is_body_required() && self.body.is_none() => {
                "the body was not set".to_owned()
            }
            None => return Ok(()),
        };
        Err(Error::invalid_request(Some(self.info.id()), message))
    }

    /// Returns the URL that the call is sent to, with its query. The values of the path and the query are in it.
    ///
    /// The error has [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the call cannot be sent, because a value is missing or a
    /// URL cannot express it.
    pub fn url(&self) -> Result<String, Error> {
        self.prepare(None)
            .map(|request| request.url().as_str().to_owned())
    }

    fn filled_url(&self) -> Result<Url, Error> {
        let base_url = &self.session.inner().base_url;
        let mut url = base_url
            .fill(self.info.path_template(), &self.path)
            .map_err(|error| error.with_operation(self.info.id()))?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }

    /// Makes the HTTP request. Without a token it only checks whether the call can be sent.
    pub(crate) fn prepare(&self, token: Option<&CachedToken>) -> Result<reqwest::Request, Error> {
        if let Some(error) = &self.invalid {
            return Err(error.clone());
        }
        self.check_required()?;
        let invalid = |message| Error::invalid_request(Some(self.info.id()), message);
        let method = Method::from_bytes(self.info.method().as_bytes())
            .map_err(|_| invalid("the operation's method is not an HTTP method"))?;
        let own = &self.options.headers;
        let accept = match self.accept.as_ref().or_else(|| own.get(ACCEPT)) {
            Some(accept) => accept.clone(),
            None => HeaderValue::try_from(self.info.accept_value())
                .map_err(|_| invalid("the operation's media type is not a header value"))?,
        };
        let session = self.session.inner();
        let url = self.filled_url()?;
        let mut prepared = session.transport.request(method, url, accept);
        let headers = prepared.headers_mut();
        if let Some(body) = &self.body {
            headers.insert(CONTENT_TYPE, body.content_type.clone());
        }
        for (name, value) in own.iter().filter(|(name, _)| **name != ACCEPT) {
            headers.insert(name, value.clone());
        }
        if let Some(token) = token {
            let [plain, bearer] = token.headers()?;
            if let Some(name) = &session.token_header {
                headers.insert(name, plain.clone());
            }
            headers.insert(AUTHORIZATION, bearer.clone());
        }
        *prepared.body_mut() = self.body().cloned().map(request_body);
        Ok(prepared)
    }
}

impl Session {
    /// Returns the same session, whose further calls have the timeout, the retry policy, the headers and the size limit of this call.
    #[must_use]
    pub fn with_options_of(&self, request: &Request) -> Self {
        self.with_call_options(request.options.clone())
    }
}

/// Sets a value and replaces its earlier values.
fn set(values: &mut Vec<(&'static str, String)>, name: &'static str, value: String) {
    values.retain(|(set, _)| *set != name);
    values.push((name, value));
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(&'static str, String)]| {
            pairs.iter().map(|(name, _)| *name).collect::<Vec<_>>()
        };
        f.debug_struct("Request")
            .field("operation", &self.info.id())
            .field("path", &names(&self.path))
            .field("query", &names(&self.query))
            .field(
                "headers",
                &self.headers().map(|(name, _)| name).collect::<Vec<_>>(),
            )
            .field("has_body", &self.body.is_some())
            .finish_non_exhaustive()
    }
}
