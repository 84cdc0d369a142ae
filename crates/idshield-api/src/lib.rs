//! IDShield's user API, generated from its OpenAPI document: a method on [`Client`] for each operation,
//! a type in [`types`] for each representation.
//!
//! Most people want the crate `idshield`, which stands on this one.
//!
//! ```no_run
//! use idshield_api::Client;
//! use keycloak_session::{Credentials, Error, Session};
//!
//! # async fn run(token: &str) -> Result<(), Error> {
//! let session = Session::builder("https://idshield.example.com")
//!     .credentials(Credentials::token(token))
//!     .build()?;
//! let user = Client::new(session).get_user().realm("vendors").name("rahuld").send().await?;
//! println!("{:?}", user.email);
//! # Ok(())
//! # }
//! ```

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic)]
mod generated;

pub use generated::*;
