//! Mocks of the Keycloak Admin REST API, for unit tests of code that uses `keycloak-admin`. The mock server has a method for each operation. It
//! also has a token endpoint, so the tested code logs in as usual.
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
//! A request matches if it has every value that is set on `when`. If several mocks match, the newest answers. `then` has the answers in order, and
//! the last one is repeated. If no mock matches, the answer is a 501 with the reason. An answer of another type than the operation's does not
//! compile. [`keycloak_mock`] has all rules, and its [`Then`] lists the answers.
//!
//! `tests/application.rs` of this crate tests a small application with the mocks.

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic)]
mod generated;
#[cfg(doctest)]
mod wrong_types;

pub use generated::MockServer;
pub use keycloak_mock::{Mock, Received, Then, Tokens};
