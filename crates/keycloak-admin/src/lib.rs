//! Client of the Keycloak Admin REST API and of Phase Two's extensions: handles for what Keycloak has, lists as
//! streams, helpers that can be repeated, one session with one token.
//!
//! ```no_run
//! use keycloak_admin::types::UserRepresentation;
//! use keycloak_admin::{Credentials, Error, Keycloak, Temporary};
//!
//! # async fn run(secret: &str) -> Result<(), Error> {
//! let keycloak = Keycloak::builder("https://sso.example.com") // a path prefix such as /auth is kept
//!     .credentials(Credentials::client_secret("user-sync", secret))
//!     .build()?; // no I/O; the first call logs in
//!
//! let realm = keycloak.realm("acme");
//! let alice = UserRepresentation {
//!     username: Some("alice".to_owned()),
//!     enabled: Some(true),
//!     ..Default::default()
//! };
//! let id = realm.users().create(&alice).exist_ok().await?.into_inner();
//! realm.users().id(&id).reset_password("s3cret", Temporary::Yes).await?;
//!
//! let mut staff = realm.users().list().query(|q| q.search("ali").enabled(true)).stream();
//! while let Some(user) = staff.try_next().await? {
//!     println!("{:?}", user.username);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What to expect
//!
//! - [`Keycloak`] is the server; [`Keycloak::realm`] and the methods after it give handles, which borrow and cost nothing.
//! - A method that is one request returns a [`Call`]: `.query(..)` reaches every parameter, `.await` sends it, and where the
//!   server answers in pages, [`stream`](Call::stream) reads them all.
//! - A `create` returns the new id; with [`exist_ok`](Create::exist_ok) it takes what is already there for an answer.
//! - A `modify` reads, changes and writes back whole, because Keycloak's PUT wipes much of what is left out.
//! - A `find` returns `None` where there is nothing; `delete_if_exists` says whether there was something.
//! - Every failure is an [`Error`]: one opaque type with predicates such as [`Error::is_conflict`].
//! - Every future is `Send` and borrows nothing: it can be spawned.
//!
//! What has no method here is one step further down: [`Keycloak::api`] has every operation of the Admin REST API,
//! [`Keycloak::phasetwo_api`] every operation of Phase Two, and [`Keycloak::call`] gives each of them the methods of [`Call`].
//! The representations are in [`types`] and [`phasetwo::types`].
//!
//! # Features
//!
//! All of them are on by default, and each can be left out: `phasetwo` (Phase Two's extensions), `http2` (HTTP/2 where the server offers it),
//! `system-proxy` (the proxy that the environment names).

// A program is built with what it calls of the facade, and with nothing else.
#![warn(clippy::missing_inline_in_public_items)]

pub mod attack_detection;
pub mod authentication;
pub mod authorization;
pub mod client_policies;
pub mod client_scopes;
pub mod clients;
pub mod components;
pub mod events;
pub mod groups;
pub mod identity_providers;
pub mod initial_access;
pub mod localization;
pub mod organizations;
#[cfg(feature = "phasetwo")]
pub mod phasetwo;
pub mod protocol_mappers;
pub mod realms;
pub mod role_mappings;
pub mod roles;
pub mod server;
pub mod sessions;
pub mod user_profile;
pub mod user_storage;
pub mod users;
pub mod workflows;

mod call;
mod create;
mod find;
mod keycloak;
mod management;
mod modify;
mod multipart;

pub use create::{Create, CreateOrFind, Creating, Ensuring, Many, Results};
pub use keycloak::{Keycloak, KeycloakBuilder};
pub use realms::Realm;
pub use users::Temporary;

pub use keycloak_api::types;
pub use keycloak_session::{
    AccessToken, BoxFuture, Call, CallReport, Clock, Counters, Credentials, Ensured, Error,
    ErrorKind, FieldError, Items, KeyAlgorithm, Operation, OperationInfo, Paged, Pages, PrivateKey,
    RawBody, RawCall, Request, Response, RetryBudget, RetryPolicy, Sending, Sent, Session,
    SessionBuilder, TlsVersion, Token, TokenProvider,
};

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
