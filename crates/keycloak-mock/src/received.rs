//! Requests as the server got them.

use std::fmt;

use axum::http::HeaderMap;
use keycloak_session::OperationInfo;
use serde::de::DeserializeOwned;

/// A request that a mock has answered. `Debug` prints the operation and the path alone; the token is not kept.
#[derive(Clone)]
pub struct Received {
    pub(crate) info: &'static OperationInfo,
    pub(crate) target: String,
    pub(crate) path: Vec<(&'static str, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// Returns the operation of the request.
    #[must_use]
    pub fn info(&self) -> &'static OperationInfo {
        self.info
    }

    /// Returns a path parameter, unescaped, by its name in the template ([`OperationInfo::path`]).
    #[must_use]
    pub fn path(&self, name: &str) -> Option<&str> {
        let mut values = self.path.iter().filter(|(set, _)| *set == name);
        values.next().map(|(_, value)| value.as_str())
    }

    /// Returns the first value of a query parameter, unescaped, by its name in the URL (`briefRepresentation`).
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query_list(name).next()
    }

    /// Returns all values of a query parameter that may be repeated, unescaped.
    pub fn query_list(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.query.iter().filter(move |(set, _)| set == name);
        values.map(|(_, value)| value.as_str())
    }

    /// Returns a header by its name, in any case. `None` if it is absent or no text. `Authorization` is not kept.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.headers.get(name)?.as_bytes()).ok()
    }

    /// Returns the bytes of the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Reads the body as JSON.
    ///
    /// # Panics
    ///
    /// If the body is not JSON of this type.
    #[must_use]
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{}: the body of the request: {error}", self.info.id()),
        }
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("operation", &self.info.id())
            .field("path", &self.target)
            .finish_non_exhaustive()
    }
}
