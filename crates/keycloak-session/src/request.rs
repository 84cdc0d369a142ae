//! One call, filled in step by step and then sent.

use std::fmt::{self, Display};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::decode;
use crate::opaque::Opaque;
use crate::session::MAX_TIMEOUT;
use crate::{AccessToken, Error, OperationInfo, RawBody, RetryPolicy, Sending, Session};

/// `Accept` where the body is not looked at: JSON first, because errors can be HTML without it.
const ACCEPT_ANYTHING: &str = "application/json, */*;q=0.1";

/// One call to one operation. It is owned and cheap to clone, bodies included.
///
/// Setters never fail: what is wrong with a value comes out as an [`ErrorKind::InvalidRequest`](crate::ErrorKind) from
/// the method that sends, before anything is sent. `Debug` prints the operation and the names that are set, never a value.
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
pub struct Request(Opaque<Parts>);

/// In a box: a request is moved at each step, and the compiler asks of each builder what its parts are.
#[derive(Clone)]
struct Parts {
    session: Session,
    info: &'static OperationInfo,
    path: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
    extras: Option<Box<Extras>>,
}

/// What few calls set, apart from the rest: allocators are quick with what is small.
#[derive(Clone, Default)]
struct Extras {
    retry: Option<RetryPolicy>,
    timeout: Option<Duration>,
    headers: HeaderMap,
    /// `None` is JSON, where there is a body.
    content_type: Option<HeaderValue>,
    accept: Option<HeaderValue>,
    invalid: Option<Error>,
}

// Header values that are clones of literals, which are not counted by those who share them. All in one place: each module that makes one
// has the code of such bytes once more.

/// The content type of a body that has no other, and what a token endpoint is asked for.
pub(crate) static JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The content type of forms.
pub(crate) static FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// The user agent of a session that is not told another one.
pub(crate) static USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("keycloak-session/", env!("CARGO_PKG_VERSION")));

/// How many path parameters are made room for at once; few operations have more.
const PATH_PARAMETERS: usize = 3;

impl Request {
    /// A call to this operation with nothing filled in.
    #[must_use]
    pub fn new(session: &Session, info: &'static OperationInfo) -> Self {
        Self(Opaque::new(Parts {
            session: session.clone(),
            info,
            path: Vec::with_capacity(PATH_PARAMETERS),
            query: Vec::new(),
            body: None,
            extras: None,
        }))
    }

    /// The operation's fixed facts.
    #[must_use]
    pub fn info(&self) -> &'static OperationInfo {
        self.0.info
    }

    /// The session it is sent with.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.0.session
    }

    /// Sets a path parameter. The value is escaped when the call is sent: give it as it is.
    pub fn set_path(&mut self, name: &'static str, value: &str) {
        set(&mut self.0.path, name, value.to_owned());
    }

    /// Sets the first parameters of the path, in its order.
    ///
    /// Values that the path has no parameters for are left out, which is an error of the program: it panics where debug assertions are on.
    pub fn set_first_paths(&mut self, values: &[&str]) {
        let info = self.info();
        debug_assert!(
            info.path_parameters().count() >= values.len(),
            "{} has fewer than {} path parameters",
            info.id(),
            values.len()
        );
        for (name, value) in info.path_parameters().zip(values) {
            self.set_path(name, value);
        }
    }

    /// Sets the first parameter of the path that is not set. Where all are, it is as [`set_first_paths`](Self::set_first_paths) says.
    pub fn set_next_path(&mut self, value: &str) {
        let info = self.info();
        let mut names = info.path_parameters();
        let next = names.find(|name| self.path_value(name).is_none());
        debug_assert!(next.is_some(), "{} has no more path parameters", info.id());
        if let Some(name) = next {
            self.set_path(name, value);
        }
    }

    /// The value of a path parameter, before escaping.
    #[must_use]
    pub fn path_value(&self, name: &str) -> Option<&str> {
        let value = self.0.path.iter().find(|(set, _)| *set == name);
        value.map(|(_, value)| value.as_str())
    }

    /// The path parameters that are set, with their values before escaping, in the order they were set in.
    pub fn path_values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0
            .path
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// Sets a query parameter, instead of its earlier value.
    pub fn set_query(&mut self, name: &'static str, value: impl Display) {
        set(&mut self.0.query, name, value.to_string());
    }

    /// Sets a query parameter that may be repeated, one time for each value, instead of its earlier values.
    pub fn set_query_list(&mut self, name: &'static str, values: impl IntoIterator<Item: Display>) {
        self.0.query.retain(|(set, _)| *set != name);
        for value in values {
            self.0.query.push((name, value.to_string()));
        }
    }

    /// The (first) value of a query parameter as it will be sent, before escaping.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.0
            .query
            .iter()
            .find(|(set, _)| *set == name)
            .map(|(_, value)| value.as_str())
    }

    /// The query parameters that are set, with their values before escaping; one that is repeated comes once for each value.
    pub fn query_values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0
            .query
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// The headers that are set, `Content-Type` of the body included, with their names in lower case. Neither the token nor what the
    /// session adds is among them.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let content_type = self.content_type().map(|value| (&CONTENT_TYPE, value));
        let others = self.0.extras.iter().flat_map(|extras| &extras.headers);
        content_type
            .into_iter()
            .chain(others)
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// Whether a header of this name, in any case, is set.
    fn has_header(&self, name: &str) -> bool {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            return false;
        };
        if name == CONTENT_TYPE {
            return self.content_type().is_some();
        }
        let extras = self.0.extras.as_ref();
        extras.is_some_and(|extras| extras.headers.get(name).is_some())
    }

    fn content_type(&self) -> Option<&HeaderValue> {
        let set = self.0.extras.as_ref();
        let set = set.and_then(|extras| extras.content_type.as_ref());
        set.or_else(|| self.0.body.as_ref().map(|_| &JSON))
    }

    fn extras(&mut self) -> &mut Extras {
        self.0.extras.get_or_insert_default()
    }

    /// The body as it will be sent; `None` where none is set.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.0.body.as_ref()
    }

    /// What is wrong with the values that are set, which sending would report; values of path parameters are looked at when the
    /// call is sent.
    #[must_use]
    pub fn invalid(&self) -> Option<&Error> {
        self.0.extras.as_ref()?.invalid.as_ref()
    }

    /// Sets a header, instead of its earlier value. `Authorization` cannot be set: it is the session's.
    pub fn set_header(&mut self, name: &'static str, value: impl Display) {
        self.put_header(name, value.to_string());
    }

    fn put_header(&mut self, name: &'static str, value: String) {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                if name == CONTENT_TYPE {
                    self.extras().content_type = Some(value);
                } else {
                    self.extras().headers.insert(name, value);
                }
            }
            _ => self.set_invalid(format!(
                "header `{name}` has a name or a value that HTTP does not allow"
            )),
        }
    }

    /// Sets the body to the JSON of `body`, at once.
    pub fn set_json(&mut self, body: &(impl Serialize + ?Sized)) {
        // serde's message may quote a value of the body.
        self.put_json(serde_json::to_vec(body).ok());
    }

    fn put_json(&mut self, json: Option<Vec<u8>>) {
        match json {
            Some(json) => {
                if let Some(extras) = &mut self.0.extras {
                    extras.content_type = None;
                }
                self.0.body = Some(json.into());
            }
            None => self.set_invalid("the body cannot be written as JSON".to_owned()),
        }
    }

    /// Sets the body to a form (`application/x-www-form-urlencoded`) with the fields of a flat struct, at once.
    pub fn set_form(&mut self, body: &impl Serialize) {
        match serde_urlencoded::to_string(body) {
            Ok(form) => self.set_body("application/x-www-form-urlencoded", form),
            Err(_) => self.set_invalid(
                "the body cannot be written as a form: it must be a flat struct".to_owned(),
            ),
        }
    }

    /// Sets the body to these bytes of this media type.
    pub fn set_body(&mut self, content_type: impl AsRef<str>, bytes: impl Into<Bytes>) {
        self.put_body(HeaderValue::try_from(content_type.as_ref()), bytes.into());
    }

    fn put_body(&mut self, content_type: Result<HeaderValue, InvalidHeaderValue>, bytes: Bytes) {
        match content_type {
            Ok(content_type) => {
                self.extras().content_type = Some(content_type);
                self.0.body = Some(bytes);
            }
            Err(_) => self.set_invalid(
                "header `content-type` has a value that HTTP does not allow".to_owned(),
            ),
        }
    }

    /// Sets the `Accept` header, instead of the operation's own.
    pub fn set_accept(&mut self, media_type: impl AsRef<str>) {
        match HeaderValue::try_from(media_type.as_ref()) {
            Ok(media_type) => self.extras().accept = Some(media_type),
            Err(_) => {
                self.set_invalid("header `accept` has a value that HTTP does not allow".to_owned());
            }
        }
    }

    /// Sets the retry policy of this call, instead of the session's.
    pub fn set_retry(&mut self, policy: RetryPolicy) {
        self.extras().retry = Some(policy);
    }

    /// Sets how long this call may take in all, instead of the session's [`timeout`](crate::SessionBuilder::timeout).
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.extras().timeout = Some(timeout.min(MAX_TIMEOUT));
    }

    /// Sends the call and decodes the JSON of the answer.
    pub fn send_json<T: DeserializeOwned + 'static>(self) -> Sending<T> {
        let accept = self.0.info.accept_value();
        Sending::new(self, accept, |request, reply| {
            let value = decode::json(request, &reply);
            reply.end(request, value)
        })
    }

    /// Like [`send_json`](Self::send_json), for a call that may be answered without a body (204): that is `None`.
    pub fn send_optional_json<T: DeserializeOwned + 'static>(self) -> Sending<Option<T>> {
        self.send_json_or_nothing()
    }

    /// Like [`send_json`](Self::send_json), for a list that may be answered without a body (204): that is an empty one.
    pub fn send_json_list<T: DeserializeOwned + 'static>(self) -> Sending<Vec<T>> {
        self.send_json_or_nothing()
    }

    fn send_json_or_nothing<T: DeserializeOwned + Default + 'static>(self) -> Sending<T> {
        let accept = self.0.info.accept_value();
        Sending::new(self, accept, |request, reply| {
            let value = if reply.body.is_empty() {
                Ok(T::default())
            } else {
                decode::json(request, &reply)
            };
            reply.end(request, value)
        })
    }

    /// Sends the call; a body of the answer is read, within the limit, and dropped.
    pub fn send_empty(self) -> Sending<()> {
        Sending::new(self, ACCEPT_ANYTHING, |request, reply| {
            reply.end(request, Ok(()))
        })
    }

    /// Sends the call and returns the body of the answer as it came.
    pub fn send_raw(self) -> Sending<RawBody> {
        let accept = self.0.info.accept_value();
        Sending::new(self, accept, |request, reply| {
            let content_type = reply.head.headers.get(CONTENT_TYPE);
            let content_type = content_type.and_then(|value| value.to_str().ok());
            let raw = RawBody::new(content_type.map(str::to_owned), reply.body.clone());
            reply.end(request, Ok(raw))
        })
    }

    /// The retry policy of this call, or the session's.
    pub(crate) fn retry(&self) -> &RetryPolicy {
        let own = self.0.extras.as_ref();
        let own = own.and_then(|extras| extras.retry.as_ref());
        own.unwrap_or(&self.0.session.inner().retry)
    }

    /// How long this call may take in all.
    pub(crate) fn timeout(&self) -> Duration {
        let own = self.0.extras.as_ref().and_then(|extras| extras.timeout);
        own.unwrap_or(self.0.session.inner().guard.timeout)
    }

    /// The realm it works on, where its path has one: the only value of a path that is logged.
    pub(crate) fn realm(&self) -> Option<&str> {
        self.0
            .path
            .iter()
            .find(|(name, _)| *name == "realm")
            .map(|(_, realm)| realm.as_str())
    }

    /// The first thing that is wrong is the one that is reported.
    fn set_invalid(&mut self, message: String) {
        let operation = Some(self.0.info.id());
        self.extras()
            .invalid
            .get_or_insert_with(|| Error::invalid_request(operation, message));
    }

    /// Refuses to send what the operation cannot do without.
    fn check_required(&self) -> Result<(), Error> {
        let required = self.0.info.required_parameters();
        let missing = required
            .iter()
            .find(|name| self.query_value(name).is_none() && !self.has_header(name));
        let message = match missing {
            Some(name) => format!("parameter `{name}` was not set"),
            None if self.0.info.is_body_required() && self.0.body.is_none() => {
                "the body was not set".to_owned()
            }
            None => return Ok(()),
        };
        Err(Error::invalid_request(Some(self.0.info.id()), message))
    }

    /// The call as it goes over the wire; without a token to see whether it can be sent. `accept` stands unless the caller has set one.
    pub(crate) fn prepare(
        &self,
        accept: &'static str,
        token: Option<&AccessToken>,
    ) -> Result<reqwest::Request, Error> {
        if let Some(error) = self.invalid() {
            return Err(error.clone());
        }
        let invalid = |message| Error::invalid_request(Some(self.0.info.id()), message);
        self.check_required()?;
        let method = Method::from_bytes(self.0.info.method().as_bytes())
            .map_err(|_| invalid("the operation's method is not an HTTP method"))?;
        let session = self.session().inner();
        let mut url = session.base.fill(self.0.info, &self.0.path)?;
        if !self.0.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.0.query);
        }
        let accept = static_value(accept)
            .ok_or_else(|| invalid("the operation's media type is not a header value"))?;
        let mut prepared = session.wire.request(method, url, accept);
        let headers = prepared.headers_mut();
        if let Some(extras) = &self.0.extras {
            for (name, value) in &extras.headers {
                put(headers, name, value.clone());
            }
            if let Some(accept) = &extras.accept {
                put(headers, &ACCEPT, accept.clone());
            }
        }
        if let Some(content_type) = self.content_type() {
            put(headers, &CONTENT_TYPE, content_type.clone());
        }
        if let Some(token) = token {
            let [plain, bearer] = token.headers()?;
            if let Some(name) = &session.token_header {
                put(headers, name, plain.clone());
            }
            put(headers, &AUTHORIZATION, bearer.clone());
        }
        *prepared.body_mut() = self.0.body.clone().map(reqwest::Body::from);
        Ok(prepared)
    }
}

/// A header value of a text that the program holds for good, which needs no copy; `None` where a header cannot hold it.
#[inline(never)]
pub(crate) fn static_value(text: &'static str) -> Option<HeaderValue> {
    HeaderValue::from_maybe_shared(Bytes::from_static(text.as_bytes())).ok()
}

/// Sets a header, instead of its earlier value. In one place: it is much code.
#[inline(never)]
pub(crate) fn put(headers: &mut HeaderMap, name: &HeaderName, value: HeaderValue) {
    headers.insert(name, value);
}

/// Sets a value, instead of its earlier values.
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
            .field("operation", &self.0.info.id())
            .field("path", &names(&self.0.path))
            .field("query", &names(&self.0.query))
            .field(
                "headers",
                &self.headers().map(|(name, _)| name).collect::<Vec<_>>(),
            )
            .field("has_body", &self.0.body.is_some())
            .finish_non_exhaustive()
    }
}
