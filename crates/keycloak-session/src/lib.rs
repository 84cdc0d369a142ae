//! Authenticated calls to Keycloak's Admin REST API and to services that are built on it: the runtime below the generated
//! crates. Programs use the client crate on top of them.
//!
//! The flow of a call:
//!
//! 1. A generated builder fills in a [`Request`]: path and query parameters, a body. It holds its [`Session`].
//! 2. Sending first checks the request. A path parameter that a URL cannot express is an error, and nothing is sent.
//! 3. The session supplies its access token. If no token is fresh, one task gets one for all callers.
//! 4. The request goes out. A redirect is never followed, and the answer is read up to a limit.
//! 5. After a 401 that token is dropped and the call is sent once more with a new one.
//! 6. A call that is safe to repeat is repeated after a pause, as the [`RetryPolicy`] says and while the [`RetryBudget`] lasts.
//! 7. The answer becomes a [`Response`], or an [`Error`] with Keycloak's own message.
//! 8. One timeout spans all of that. No secret is ever in a log, an error or a `Debug` output.
//!
//! ```no_run
//! use keycloak_session::{Credentials, Error, OperationInfo, Request, Session};
//!
//! static GET_REALM: OperationInfo = OperationInfo::new("get_realm", "GET", "/admin/realms/{realm}");
//!
//! # async fn run() -> Result<(), Error> {
//! let session = Session::builder("https://sso.example.com")
//!     .credentials(Credentials::client_secret("user-sync", "s3cret"))
//!     .build()?;
//! let mut request = Request::new(&session, &GET_REALM);
//! request.set_path("realm", "acme");
//! match request.send_json::<serde_json::Value>().await {
//!     Ok(realm) => println!("{}", realm["displayName"]),
//!     Err(error) if error.is_not_found() => println!("there is no such realm"),
//!     Err(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! On by default: `http2` (HTTP/2 if the server offers it), `system-proxy` (the proxy that the environment or the system names, for servers on
//! other machines; without it only [`SessionBuilder::proxy`] names one). Off by default: `schemars` (a JSON Schema of every representation).
//!
//! # Connections
//!
//! A session keeps its connections open and uses them again. Over TLS, a server that offers HTTP/2 gets all calls on one connection. Make one
//! session and clone it. A session for each call would pay for a connection and a login each time.
//!
//! # Telemetry
//!
//! - **Spans.** Each call is a [`tracing`] span at `INFO`, with fields named after OpenTelemetry's conventions for HTTP:
//!   `http.request.method`, `http.response.status_code`, `http.request.resend_count` (0 is left out), `url.template`, `server.address`,
//!   `server.port`, `error.type` (the status, else [`ErrorKind::as_str`]); and `keycloak.operation`, `keycloak.realm`. The realm is the only
//!   value of a path, a query, a header or a body that is in them.
//! - **Events** in the span at `DEBUG`: each attempt, each pause, and the end of the call, with how long they took.
//! - **Counters**: [`Session::counters`]. [`Response::attempts`] and [`Error::attempts`] have the number of one call.
//! - **Metrics**: [`SessionBuilder::on_call`] is called once at the end of each call.

mod auth;
mod client;
mod error;
#[cfg(test)]
mod fuzz;
mod http;
mod retry;
mod serde;
mod time;

pub use crate::auth::{
    AccessToken, Credentials, DeviceLogin, KeyAlgorithm, PrivateKey, TokenEndpoint, TokenProvider,
};
pub use crate::client::{
    ApiCall, CallReport, Counters, Ensured, Items, Operation, OperationInfo, Paged, Pages, RawBody,
    RawCall, RawResponse, Request, Response, Session, SessionBuilder, TlsVersion,
};
pub use crate::error::{Error, ErrorKind, FieldError};
pub use crate::http::headers::Header;
pub use crate::http::url::encode_segment;
pub use crate::retry::{RetryBudget, RetryPolicy};
pub use crate::serde::REDACTED;
pub use crate::serde::merge::merge_change;
pub use crate::time::{BoxFuture, Clock, TokioClock};

/// The code that the macros of this crate expand to. Not for direct use; it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::serde::field::FieldValue;
    pub use crate::serde::open_enum::deserialize_open_enum;
    pub use crate::serde::representation::{
        Entry, Fields, Representation, deserialize_representation, serialize_open_representation,
        serialize_representation,
    };
    #[cfg(feature = "schemars")]
    pub use crate::serde::schema::{Properties, open_enum_schema};
    #[cfg(feature = "schemars")]
    pub use ::schemars;
    pub use ::serde;
}
