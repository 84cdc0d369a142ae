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
//! println!("{}", tenant.user(&id).has_auth_user().await?);
//!
//! let newest = Cql::exact("status", "finished").sort_by_descending("startedAt");
//! let mut migrations = tenant.migrations().list().query(newest).stream();
//! while let Some(job) = migrations.try_next().await? {
//!     println!("{:?} users", job.total_records);
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
//! - Every failure is an [`Error`]. [`error_code`] returns the code that the service gave for it, and [`error_message`] its text.
//! - mod-users-keycloak does not implement lists of users ([`Users::list`], [`Users::count`], [`Users::delete_all`]): they fail with 501.
//!   The service mod-users has them.
//! - A 404 of a gateway, which found no service at the address, is never taken for a user that does not exist.
//!
//! [`Folio::api`] has every operation with every parameter. [`types`] has the representations.

mod cql;
mod error;
mod folio;
mod migrations;
mod modify;
mod passwords;
mod users;

pub use cql::Cql;
pub use error::{error_code, error_message};
pub use folio::{Folio, Tenant, permission_names};
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
