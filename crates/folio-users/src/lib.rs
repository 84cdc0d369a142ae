//! Client of FOLIO's Users Keycloak API: a handle for each tenant and each user, lists as streams, and one session with one token.
//!
//! ```no_run
//! use folio_users::types::{Personal, User};
//! use folio_users::{Cql, Credentials, Error, Folio};
//!
//! # async fn run(token: &str) -> Result<(), Error> {
//! let folio = Folio::builder("https://folio.example.com")
//!     .credentials(Credentials::token(token))
//!     .build()?; // no I/O
//! let tenant = folio.tenant("diku"); // owned: it can stand in an application's state
//!
//! let ann = User::new()
//!     .with_username("ann")
//!     .with_personal(Personal::new().with_last_name("Example"));
//! let id = tenant.users().create(&ann).await?.id.unwrap_or_default();
//! println!("{:?}", tenant.user(&id).get().await?.metadata);
//!
//! let staff = Cql::exact("type", "staff").and(Cql::starts_with("personal.lastName", "O\"Ne"));
//! let mut users = tenant.users().list().query(staff.sort_by("username")).stream();
//! while let Some(user) = users.try_next().await? {
//!     println!("{:?}", user.username);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What to expect
//!
//! - Every call names the tenant (`x-okapi-tenant`) and sends the token of the session as a bearer token. Some servers read the token from
//!   `x-okapi-token` alone: see [`Folio::builder`].
//! - A method for one request returns the generated builder of that request, such as [`ListUsers`](api::users::ListUsers). Awaiting it
//!   sends it. It also has `send`, `optional`, `raw`, `timeout`, `retry` and `header`, and for a list `stream` and `try_collect`.
//! - Every failure is an [`Error`]. [`error_code`] returns the code that the service gave for it.
//!
//! [`Folio::api`] has every operation with every parameter. [`types`] has the representations.

mod cql;
mod error;
mod folio;
mod migrations;
mod passwords;
mod users;

pub use cql::Cql;
pub use error::error_code;
pub use folio::{Folio, Tenant};
pub use migrations::{IdpMigrations, Migration, MigrationEnd, Migrations, Watch};
pub use passwords::Passwords;
pub use users::{CreateAuthUser, User, Users};

pub use folio_users_api::{self as api, types};
pub use keycloak_session::{
    AccessToken, ApiCall, BoxFuture, CallReport, Clock, Counters, Credentials, Ensured, Error,
    ErrorKind, FieldError, Header, Items, KeyAlgorithm, Operation, OperationInfo, Paged, Pages,
    PrivateKey, RawBody, RawCall, RawResponse, Request, Response, RetryBudget, RetryPolicy,
    Session, SessionBuilder, TlsVersion, TokenProvider,
};

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
