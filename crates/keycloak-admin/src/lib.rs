//! Client of the Keycloak Admin REST API and of Phase Two's extensions: handles for Keycloak's objects, lists as
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
//! let alice = UserRepresentation::new().with_username("alice").with_enabled(true);
//! let id = realm.users().create(&alice).exist_ok().await?.into_id();
//!
//! let user = realm.user(&id);
//! user.modify(|user| user.first_name = Some("Alice".into())).await?;
//! user.reset_password("s3cret", Temporary::Yes).await?;
//! let groups = user.list_groups().await?;
//!
//! let mut staff = realm.users().list().search("ali").enabled(true).stream();
//! while let Some(user) = staff.try_next().await? {
//!     println!("{:?}", user.username);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # The shape of the API
//!
//! - [`Keycloak`] is the server. [`Keycloak::realm`] and the methods after it give handles, which are owned and cheap to clone: an application can keep a
//!   [`Realm`] in its state.
//! - A collection is plural (`realm.users()`), one thing is singular (`realm.user(id)`), and a request is a verb (`user.list_groups()`).
//! - A method that is one request returns the generated builder, such as [`ListUsers`](keycloak_api::users::ListUsers). It has a method for each parameter, and
//!   `timeout`, `retry`, `header` and `max_body_bytes`. Awaiting it sends it. `send` also gives status and headers, and `stream` reads all pages of a list.
//! - `create` returns the new id. [`exist_ok`](Create::exist_ok) treats an existing object as success.
//! - [`modify`](Modify) reads an object, changes it and writes it back whole, because Keycloak's PUT clears many fields that are left out.
//! - `find` returns `None` if there is no such object. `delete_if_exists` returns whether the object existed.
//! - Every failure is an [`Error`]: one opaque type with a [`kind`](Error::kind) and predicates such as [`Error::is_conflict`].
//! - Every future is `Send`. Builders own what they need, so they can be spawned. An `async fn` of a handle borrows the handle: move a clone into the task.
//! - [`Keycloak::api`] has every operation of the Admin REST API, and [`Keycloak::phasetwo_api`] every operation of Phase Two, with the same builders.
//!   The representations are in [`types`] and [`phasetwo::types`].
//!
//! # Guide
//!
//! The [`guide`] has a chapter for each subject. Its code runs in the tests.
//!
//! | chapter | about | see also |
//! |---|---|---|
//! | [Start in five minutes](guide::start) | the first calls | [`Keycloak::builder`] |
//! | [Log in](guide::login) | credentials for each deployment, the roles of a service account | [`Credentials`], [`TokenProvider`] |
//! | [Users](guide::users) | create, search, attributes, passwords, migration with hashes | [`users`], [`user_profile`], [`Batch`] |
//! | [Groups and roles](guide::groups) | groups, roles, mappings | [`groups`], [`roles`], [`role_mappings`] |
//! | [Clients and secrets](guide::clients) | clients and secrets | [`clients`], [`client_scopes`] |
//! | [Organisations](guide::organizations) | Keycloak's and Phase Two's organisations | [`organizations`], `phasetwo` |
//! | [Lists and streams](guide::lists) | pages and streams | [`Items`], [`Pages`] |
//! | [Errors and retries](guide::errors) | the meaning of each error, retries | [`Error`], [`RetryPolicy`] |
//! | [Many realms and tenants](guide::tenants) | many realms | [`realms`] |
//! | [Realm files](guide::realm_files) | export, lenient reading, import | [`realms`], [`files`] |
//! | [Test your own code](guide::testing) | unit tests without a server | the crate `keycloak-api-mock` |
//! | [Run in production](guide::production) | timeouts, TLS, proxies, metrics | [`SessionBuilder`], [`CallReport`] |
//! | [Upgrade](guide::upgrading) | a new Keycloak, a new version |  |
//! | [Examples](guide::examples) | whole programs |  |
//!
//! # Features
//!
//! On by default: `phasetwo` (Phase Two's extensions), `http2` (HTTP/2 if the server offers it), `system-proxy` (the proxy of the environment, for servers on other
//! machines). Off by default: `schemars` (a JSON Schema of every representation).

pub mod attack_detection;
pub mod authentication;
pub mod authorization;
pub mod client_policies;
pub mod client_scopes;
pub mod clients;
pub mod components;
pub mod events;
pub mod files;
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

mod batch;
mod create;
mod find;
mod import;
mod keycloak;
mod modify;
mod multipart;
mod removals;
mod settings;

pub use batch::{Batch, BatchStream};
pub use create::{Create, CreateOrFind};
pub use import::{Import, ImportError, ImportStream, ImportSummary, Imported};
pub use keycloak::Keycloak;
pub use modify::Modify;
pub use multipart::Multipart;
pub use realms::Realm;
pub use users::Temporary;

pub use keycloak_api::types;
pub use keycloak_session::{
    AccessToken, ApiCall, BoxFuture, CallReport, Clock, Counters, Credentials, DeviceLogin,
    Ensured, Error, ErrorKind, FieldError, Header, Items, KeyAlgorithm, Operation, OperationInfo,
    Paged, Pages, PrivateKey, RawBody, RawCall, RawResponse, Request, Response, RetryBudget,
    RetryPolicy, Session, SessionBuilder, TlsVersion, TokenEndpoint, TokenProvider,
};

/// The guide. It exists in the documentation only.
#[cfg(all(doc, not(doctest)))]
pub mod guide;

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
