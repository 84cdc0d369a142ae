//! Client of FOLIO's Users Keycloak API, in the terms of `keycloak-admin`: handles for a tenant and its users, lists as streams,
//! one session with one token.
//!
//! ```no_run
//! use folio_users::{Cql, Credentials, Error, Folio};
//!
//! # async fn run(token: &str) -> Result<(), Error> {
//! let folio = Folio::builder("https://folio.example.com")
//!     .credentials(Credentials::token(token))
//!     .build()?; // no I/O
//!
//! let tenant = folio.tenant("diku");
//! let staff = Cql::exact("type", "staff").and(Cql::starts_with("personal.lastName", "O\"Ne"));
//! let mut users = tenant.users().list().query(|q| q.cql(&staff.sort_by("username"))).stream();
//! while let Some(user) = users.try_next().await? {
//!     println!("{:?}", user.username);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What to expect
//!
//! - Every call names the tenant (`x-okapi-tenant`) and has the token of the session as a bearer token; with
//!   [`FolioBuilder::okapi_token`] also in `x-okapi-token`, for servers that read only that.
//! - A method that is one request returns a [`Call`]; a list can be read as a [`stream`](Call::stream).
//! - Every failure is an [`Error`]; [`error_code`] says which of the service's codes it has.
//!
//! Every operation is there below, with [`Folio::api`]; [`types`] has the representations.

mod cql;
mod error;
mod folio;
mod list;
mod migrations;
mod passwords;
mod users;

pub use cql::Cql;
pub use error::error_code;
pub use folio::{Folio, FolioBuilder, Tenant};
pub use list::{ListMigrations, ListUsers};
pub use migrations::{IdpMigrations, Migration, MigrationEnd, Migrations, Watch};
pub use passwords::Passwords;
pub use users::{CreateAuthUser, User, Users};

pub use folio_users_api::types;
pub use keycloak_session::{
    BoxFuture, Call, Clock, Credentials, Ensured, Error, ErrorKind, Items, Operation, Pages,
    RetryPolicy, Session, SessionBuilder, Token, TokenProvider,
};
