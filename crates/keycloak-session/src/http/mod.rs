//! HTTP: one request and its answer. Nothing here retries or knows tokens.

pub(crate) mod body;
pub(crate) mod headers;
pub(crate) mod retry_after;
pub(crate) mod server_error;
pub(crate) mod transport;
pub(crate) mod url;
