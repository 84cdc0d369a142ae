//! Mocks of the Keycloak Admin REST API, for unit tests of code that uses `keycloak-admin`: a server on loopback with a method
//! for each operation, and a token endpoint, so that the code under test logs in as it always does.
//!
//! ```
//! use keycloak_admin::types::UserRepresentation;
//! use keycloak_admin::{Credentials, Error, Keycloak};
//! use keycloak_api_mock::MockServer;
//!
//! /// The code under test.
//! async fn mail_of(keycloak: &Keycloak, username: &str) -> Result<Option<String>, Error> {
//!     let user = keycloak.realm("acme").users().find_by_username(username).await?;
//!     Ok(user.and_then(|user| user.email))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let server = MockServer::start();
//! let alice = UserRepresentation::new().with_id("1").with_username("alice").with_email("alice@example.com");
//! let search = server.list_users(|when, then| {
//!     (when.realm("acme").username("alice").exact(true), then.items(vec![alice]))
//! });
//!
//! let keycloak = Keycloak::builder(server.url())
//!     .credentials(Credentials::client_secret("mail", "any"))
//!     .build()?;
//! assert_eq!(mail_of(&keycloak, "alice").await?.as_deref(), Some("alice@example.com"));
//! search.assert_calls(1);
//! # Ok(())
//! # }
//! ```
//!
//! The rules, which [`keycloak_mock`] explains: what is set on `when` has to be in a request, and what is not set is not looked at; of
//! several mocks that match, the newest answers; `then` has the answers in order, and the last one is repeated. What no mock
//! matches is answered with 501 and the reason. An answer of another type than the operation's does not compile.
//!
//! `tests/application.rs` of this crate tests a small application with them.

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic)]
mod generated;
#[cfg(doctest)]
mod wrong_types;

pub use generated::MockServer;
pub use keycloak_mock::{Mock, Received, Then, Tokens};
