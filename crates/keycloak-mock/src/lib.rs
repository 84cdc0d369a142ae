//! A server on loopback for unit tests of code that uses `keycloak-admin`: it answers each operation as the test says, and has a
//! token endpoint, so that the code under test logs in as it always does.
//!
//! Most people want `keycloak-api-mock` (or `phasetwo-api-mock`), which stand on this crate and have a method for each operation,
//! as in `server.list_users(|when, then| ...)`. [`MockServer::mock`] is the same for any operation of any generated crate.
//!
//! # What a mock says
//!
//! `when` is the operation's own builder: what is set on it has to be in a request, and what is not set is not looked at. That holds for path
//! parameters, query parameters, headers, and for the fields of a JSON body, at any depth. `then` has the answers, in order: the last
//! one is repeated. Both are checked by the compiler: an answer is of the operation's own type.
//!
//! Of several mocks that match a request, the newest answers. A request that no mock matches is answered with 501 and with the reason, which
//! shows in the error that the code under test gets, and in [`MockServer::unmatched`].
//!
//! # What it is not
//!
//! It checks no rule of Keycloak's: what a server would refuse passes here. Tests of behaviour need a real server.

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
