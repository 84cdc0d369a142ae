//! FOLIO's Users Keycloak API, generated from its OpenAPI document: a method on [`Client`] for each operation,
//! a type in [`types`] for each representation.
//!
//! Most people want the crate `folio-users`, which stands on this one and names the tenant with every call.
//!
//! ```no_run
//! use folio_users_api::Client;
//! use keycloak_session::{Credentials, Error, Session};
//!
//! # async fn run(token: &str) -> Result<(), Error> {
//! let session = Session::builder("https://folio.example.com")
//!     .credentials(Credentials::token(token))
//!     .build()?;
//! let folio = Client::new(session);
//! let page = folio.list_users().x_okapi_tenant("diku").send().await?;
//! println!("{:?} users", page.total_records);
//! # Ok(())
//! # }
//! ```

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic)]
mod generated;

pub use generated::*;
