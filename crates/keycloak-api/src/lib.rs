//! The Keycloak Admin REST API, generated from Keycloak's OpenAPI document: a method on [`Client`] for each operation,
//! a type in [`types`] for each representation. [`API_VERSION`] names the Keycloak release.
//!
//! Most people want the crate `keycloak-admin`, which stands on this one and adds handles, pages as streams and
//! helpers. This crate is the way down, for an operation or a parameter that it does not name.
//!
//! ```no_run
//! use keycloak_api::Client;
//! use keycloak_session::{Credentials, Error, Session};
//!
//! # async fn run() -> Result<(), Error> {
//! let session = Session::builder("https://sso.example.com")
//!     .credentials(Credentials::client_secret("ci", "s3cret"))
//!     .build()?;
//! let keycloak = Client::new(session);
//! let users = keycloak.list_users().realm("acme").search("ali").max(20).send().await?;
//! for user in users.iter() {
//!     println!("{:?}", user.username);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A builder takes every parameter and the body of its operation; a path parameter that was not set, or that no URL
//! can hold, is an error before anything is sent. The modules group the operations as Keycloak's document does.

mod credentials;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic)]
mod generated;

pub use generated::*;
