//! Phase Two's extensions of Keycloak, generated from their OpenAPI document: a method on [`Client`] for each operation,
//! a type in [`types`] for each representation.
//!
//! Most people want the crate `keycloak-admin`, which stands on this one. The representations share names with
//! Keycloak's own (`UserRepresentation`, `OrganizationRepresentation`) but not their shapes, so they stay apart.
//!
//! ```no_run
//! use keycloak_session::{Credentials, Error, Session};
//! use phasetwo_api::Client;
//!
//! # async fn run() -> Result<(), Error> {
//! let session = Session::builder("https://sso.example.com")
//!     .credentials(Credentials::client_secret("ci", "s3cret"))
//!     .build()?;
//! let phasetwo = Client::new(session);
//! let organizations = phasetwo.list_organizations().realm("acme").send().await?;
//! println!("{} organisations", organizations.len());
//! # Ok(())
//! # }
//! ```

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic)]
mod generated;

pub use generated::*;
