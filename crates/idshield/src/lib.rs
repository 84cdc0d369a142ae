//! Client of IDShield's user API: create the users of a realm, and read them by id or by name.
//!
//! ```no_run
//! use idshield::{Credentials, Error, ErrorCode, IdShield, NewUser, error_code};
//!
//! # async fn run(token: &str) -> Result<(), Error> {
//! let idshield = IdShield::builder("https://idshield.example.com")
//!     .credentials(Credentials::token(token))
//!     .build()?; // no I/O
//!
//! let vendors = idshield.realm("vendors"); // owned: it can stand in an application's state
//! let rahul = NewUser::new("rahuld", "rahul@example.com")
//!     .with_first_name("Rahul")
//!     .with_last_name("Deshpande");
//! // Created or existing: it is the same user.
//! let user = vendors.users().create(&rahul).exist_ok().await?.into_inner();
//! println!("{:?}", user.id);
//!
//! match vendors.user_by_name("nobody").get().await {
//!     Err(error) if error_code(&error) == Some(ErrorCode::UserNotFound) => println!("there is no such user"),
//!     other => println!("{:?}", other?.attributes),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The description of the API does not say how callers prove who they are. This client sends the token of its session as a bearer token.
//!
//! [`User::get`] returns the generated builder of the request, [`GetUser`](api::users::GetUser). Awaiting it sends it. It also has `send`,
//! `raw`, `timeout`, `retry` and `header`. Every failure is an [`Error`]. [`error_code`] returns the code that the service gave for it.

mod create;
mod error;
mod users;

use std::fmt;

use idshield_api::Client as Api;

pub use create::{Create, CreateOrGet, NewUser};
pub use error::error_code;
pub use users::{User, Users};

pub use idshield_api as api;
pub use idshield_api::types::{self, ErrorCode};
pub use keycloak_session::{
    AccessToken, ApiCall, BoxFuture, CallReport, Clock, Counters, Credentials, Ensured, Error,
    ErrorKind, FieldError, Header, KeyAlgorithm, Operation, OperationInfo, PrivateKey, RawBody,
    RawCall, RawResponse, Request, Response, RetryBudget, RetryPolicy, Session, SessionBuilder,
    TlsVersion, TokenProvider,
};

/// An IDShield server and the identity that works on it.
///
/// Cheap to clone: clones share connections, token and settings. `Debug` prints the address alone.
#[derive(Clone)]
pub struct IdShield {
    api: Api,
}

impl IdShield {
    /// Starts the settings of a client of the server at this address. [`SessionBuilder::build`] makes the client and reports a wrong
    /// address.
    ///
    /// [`SessionBuilder::credentials`] logs in at `/realms/{realm}` of the same address. Most often Keycloak has an address of its own.
    /// Use [`Credentials::token`] then, or set a [`SessionBuilder::token_provider`], such as a session with Keycloak.
    pub fn builder(url: &str) -> SessionBuilder<Self> {
        SessionBuilder::new(url).user_agent(concat!("idshield/", env!("CARGO_PKG_VERSION")))
    }

    /// Makes a client that uses an existing session.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self {
            api: Api::new(session),
        }
    }

    /// Returns the realm of this name. It sends nothing, so the realm need not exist.
    #[must_use]
    pub fn realm(&self, name: impl Into<String>) -> Realm {
        Realm {
            idshield: self.clone(),
            name: name.into(),
        }
    }

    /// Returns the generated client, in this session. It has every operation with every parameter.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Returns the session: the address, the token and the counters.
    #[must_use]
    pub fn session(&self) -> &Session {
        self.api.session()
    }
}

impl fmt::Debug for IdShield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdShield")
            .field("base_url", &self.session().base_url())
            .finish_non_exhaustive()
    }
}

impl From<Session> for IdShield {
    fn from(session: Session) -> Self {
        Self::new(session)
    }
}

/// One realm, from [`IdShield::realm`].
#[derive(Clone, Debug)]
pub struct Realm {
    idshield: IdShield,
    name: String,
}

impl Realm {
    pub(crate) fn api(&self) -> &Api {
        self.idshield.api()
    }

    /// Returns the realm's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the realm's users.
    #[must_use]
    pub fn users(&self) -> Users {
        Users::new(self.clone())
    }

    /// Returns the user of this id. It sends nothing, so the user need not exist.
    #[must_use]
    pub fn user_by_id(&self, id: impl Into<String>) -> User {
        User::by_id(self.clone(), id.into())
    }

    /// Returns the user of this username. It sends nothing, so the user need not exist.
    #[must_use]
    pub fn user_by_name(&self, name: impl Into<String>) -> User {
        User::by_name(self.clone(), name.into())
    }
}

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
