//! Answers.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue, LOCATION};

use crate::error::{Error, ErrorKind};

/// A successful answer: status, headers and the decoded body, to which it dereferences.
///
/// `Debug` prints the status and the attempts alone, because headers and values may hold secrets.
#[derive(Clone)]
pub struct Response<T> {
    status: StatusCode,
    headers: HeaderMap,
    attempts: u32,
    value: T,
}

/// A successful answer whose body is not decoded.
pub type RawResponse = Response<RawBody>;

impl<T> Response<T> {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, attempts: u32, value: T) -> Self {
        Self {
            status,
            headers,
            attempts,
            value,
        }
    }

    pub(crate) fn http_status(&self) -> StatusCode {
        self.status
    }

    /// The HTTP status, such as 201.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// Returns the first value of a header, whose name may be in any case. `None` if the header is absent or not ASCII text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns all headers: the name in lower case, and the value. A header with several values, such as `set-cookie`, comes once for
    /// each. Header values may be secret.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// Returns the `Location` header: the address of the created object.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION)?.to_str().ok()
    }

    /// Returns the id of the created object: the last path segment of `Location`, unescaped. `None` if there is no such header or the segment
    /// is empty.
    #[must_use]
    pub fn created_id(&self) -> Option<String> {
        last_segment(self.location()?)
    }

    /// Returns how many times the call was sent: 1 if there was no retry.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The body alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The same answer with its body put through `f`.
    #[must_use]
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            status: self.status,
            headers: self.headers,
            attempts: self.attempts,
            value: f(self.value),
        }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .field("attempts", &self.attempts())
            .finish_non_exhaustive()
    }
}

/// The unescaped last path segment of an absolute or relative URL.
fn last_segment(location: &str) -> Option<String> {
    let path = location.split('?').next().unwrap_or_default();
    let path = path.split('#').next().unwrap_or_default();
    let (before, segment) = path.rsplit_once('/').unwrap_or(("", path));
    // Without a path, this is the slash before the host.
    if before.ends_with(":/") {
        return None;
    }
    if segment.is_empty() {
        return None;
    }
    if !segment.contains('%') {
        return Some(segment.to_owned());
    }
    let text = percent_encoding::percent_decode_str(segment)
        .decode_utf8()
        .ok()?;
    Some(text.into_owned())
}

/// A body as it came, with its media type. `Debug` prints the type and the length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct RawBody {
    content_type: Option<HeaderValue>,
    bytes: Bytes,
    limits: DecodeLimits,
}

/// The limits of a body: the nesting of its JSON, and the memory of its decoded form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct DecodeLimits {
    pub(crate) depth: usize,
    pub(crate) memory: usize,
}

impl RawBody {
    pub(crate) fn new(
        content_type: Option<HeaderValue>,
        bytes: Bytes,
        limits: DecodeLimits,
    ) -> Self {
        Self {
            content_type,
            bytes,
            limits,
        }
    }

    pub(crate) fn limits(&self) -> DecodeLimits {
        self.limits
    }

    /// The `Content-Type`, such as `application/json;charset=UTF-8`.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_ref()?.to_str().ok()
    }

    /// The bytes of the body.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the body, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Returns the body as text. The error has [`ErrorKind::Decode`] if it is not UTF-8.
    pub fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            Error::new(
                ErrorKind::Decode,
                "the body is not UTF-8; read it with as_bytes()",
            )
            .with_source(error)
        })
    }
}

impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawBody")
            .field("content_type", &self.content_type)
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::last_segment;

    #[test]
    fn the_created_id_is_the_last_path_segment() {
        let cases = [
            (
                "http://localhost:8080/admin/realms/r/users/5c1b-2",
                Some("5c1b-2"),
            ),
            (
                "https://sso.example.com/auth/admin/realms/acme",
                Some("acme"),
            ),
            ("/admin/realms/r/users/id", Some("id")),
            ("id", Some("id")),
            ("http://h/roles/a%2Fb%20c%C3%A9", Some("a/b cé")),
            ("http://h/users/id?x=/y", Some("id")),
            ("http://h/users/id#/y", Some("id")),
            ("http://h/users/", None),
            ("http://h/", None),
            ("http://h", None),
            ("http://", None),
            ("", None),
            ("http://h/users/%FF", None),
            ("http://h/users/%", Some("%")),
        ];
        for (location, id) in cases {
            assert_eq!(last_segment(location).as_deref(), id, "{location}");
        }
    }
}
