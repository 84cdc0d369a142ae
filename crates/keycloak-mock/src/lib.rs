//! A server on loopback for unit tests of code that uses `keycloak-admin`. The test sets the answer of each operation. The server has a token
//! endpoint, so the tested code logs in as usual.
//!
//! Most tests use `keycloak-api-mock` or `phasetwo-api-mock`. They are built on this crate and have a method for each operation, such as
//! `server.list_users(|when, then| ...)`. [`MockServer::mock`] does the same for any operation of any generated crate.
//!
//! # Requests and answers
//!
//! `when` is the operation's own builder. A request matches if it has every value that is set on `when`: path parameters, query parameters,
//! headers, and fields of a JSON body at any depth. `then` has the answers, in order. The last one is repeated. The compiler checks both: an
//! answer has the operation's own type.
//!
//! If several mocks match a request, the newest answers. If no mock matches, the answer is a 501 with the reason. The tested code gets it in its
//! error, and [`MockServer::unmatched`] returns it.
//!
//! # Limits
//!
//! The server checks no rule of Keycloak, and accepts requests that Keycloak refuses. Tests of behaviour need a real server.

mod answer;
mod matching;
mod mock;
mod received;
mod server;
mod tokens;

pub use answer::Then;
pub use mock::Mock;
pub use received::Received;
pub use server::MockServer;
pub use tokens::Tokens;
