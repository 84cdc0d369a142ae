//! Client of IDShield's user API, in the terms of `keycloak-admin`: users of a realm, created once, read by id or by name.
//!
//! ```no_run
//! use idshield::{Credentials, Error, ErrorCode, IdShield, NewUser, error_code};
//!
//! # async fn run(token: &str) -> Result<(), Error> {
//! let idshield = IdShield::builder("https://idshield.example.com")
//!     .credentials(Credentials::token(token))
//!     .build()?; // no I/O
//!
//! let vendors = idshield.realm("vendors");
//! let rahul = NewUser::new("rahuld", "rahul@example.com").first_name("Rahul").last_name("Deshpande");
//! // Created or already there: it is the same user.
//! let user = vendors.users().create(&rahul).exist_ok().await?.into_inner();
//! println!("{:?}", user.id);
//!
//! match vendors.users().name("nobody").get().await {
//!     Err(error) if error_code(&error) == Some(ErrorCode::UserNotFound) => println!("there is no such user"),
//!     other => println!("{:?}", other?.attributes),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The page of the API says nothing of how callers prove who they are: this client sends the token of its session as a bearer token.

use std::borrow::Cow;
use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use idshield_api::Client as Api;
use idshield_api::users::{CreateUser, GetUser};
use keycloak_session::{BoxFuture, Operation as _, SessionBuilder};

pub use idshield_api::types::{self, ErrorCode};
pub use keycloak_session::{
    Call, Credentials, Ensured, Error, ErrorKind, RetryPolicy, Sent, Session, Token, TokenProvider,
};

/// The code that the service gave for an error; `None` where the error is not an answer of the service, or has no code.
#[must_use]
pub fn error_code(error: &Error) -> Option<ErrorCode> {
    let answered = error.kind() == ErrorKind::Status;
    error.error_code().filter(|_| answered).map(ErrorCode::from)
}

/// An IDShield server and the identity that works on it.
///
/// Cheap to clone; clones share connections, token and settings. `Debug` prints the address alone.
#[derive(Clone)]
pub struct IdShield {
    api: Api,
}

impl IdShield {
    /// Starts a client of the server at this address. What is wrong with the address is reported by [`IdShieldBuilder::build`].
    pub fn builder(url: &str) -> IdShieldBuilder {
        let user_agent = concat!("idshield/", env!("CARGO_PKG_VERSION"));
        IdShieldBuilder(Session::builder(url).user_agent(user_agent))
    }

    /// A client on a session that is there already.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self {
            api: Api::new(session),
        }
    }

    /// The realm of this name. It need not exist: nothing is sent.
    #[must_use]
    pub fn realm<'a>(&'a self, name: &'a str) -> Realm<'a> {
        Realm {
            api: &self.api,
            name,
        }
    }

    /// The generated client, in this session: every operation, with every parameter.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The session: the address, the token.
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

/// Settings of an [`IdShield`]: those of a [`SessionBuilder`], where their defaults are described. `Debug` prints no secret.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct IdShieldBuilder(SessionBuilder);

impl IdShieldBuilder {
    /// Sets what to log in with, at `/realms/{realm}` of the same address. See [`SessionBuilder::credentials`].
    ///
    /// Most often Keycloak has an address of its own: then take [`Credentials::token`], or tokens from
    /// [`token_provider`](Self::token_provider).
    pub fn credentials(self, credentials: Credentials) -> Self {
        Self(self.0.credentials(credentials))
    }

    /// Sets where tokens come from, instead of credentials: for instance a session with Keycloak.
    /// See [`SessionBuilder::token_provider`].
    pub fn token_provider(self, provider: impl TokenProvider) -> Self {
        Self(self.0.token_provider(provider))
    }

    /// Sets the realm that the credentials belong to, by default `master`.
    pub fn auth_realm(self, realm: impl Into<String>) -> Self {
        Self(self.0.auth_realm(realm))
    }

    /// Sets the `User-Agent` header.
    pub fn user_agent(self, user_agent: impl Into<Cow<'static, str>>) -> Self {
        Self(self.0.user_agent(user_agent))
    }

    /// Sets how long a call may take in all. See [`SessionBuilder::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        Self(self.0.timeout(timeout))
    }

    /// Sets what is tried again. See [`SessionBuilder::retry`].
    pub fn retry(self, policy: RetryPolicy) -> Self {
        Self(self.0.retry(policy))
    }

    /// Trusts a certificate authority of your own. See [`SessionBuilder::root_certificate_pem`].
    pub fn root_certificate_pem(self, pem: &[u8]) -> Self {
        Self(self.0.root_certificate_pem(pem))
    }

    /// The client. Nothing is sent: the first call logs in.
    ///
    /// Fails where a setting cannot be used; the message says which.
    pub fn build(self) -> Result<IdShield, Error> {
        self.0.build().map(IdShield::new)
    }
}

/// One realm, from [`IdShield::realm`].
#[derive(Clone, Copy, Debug)]
pub struct Realm<'a> {
    api: &'a Api,
    name: &'a str,
}

impl<'a> Realm<'a> {
    /// The realm's name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.name
    }

    /// The realm's users.
    #[must_use]
    pub fn users(self) -> Users<'a> {
        Users { realm: self }
    }
}

/// The users of a realm, from [`Realm::users`].
#[derive(Clone, Copy, Debug)]
pub struct Users<'a> {
    realm: Realm<'a>,
}

impl<'a> Users<'a> {
    /// Creates a user and returns it with its id. `POST /users`
    ///
    /// [`ErrorCode::RealmNotFound`] where there is no such realm, [`ErrorCode::UsernameExists`] where the username is taken, unless
    /// [`exist_ok`](Create::exist_ok) is set.
    pub fn create(self, user: &NewUser) -> Create {
        let mut body = user.0.clone();
        body.realm = Some(self.realm.name.to_owned());
        let username = body.username.clone().unwrap_or_default();
        Create {
            call: Call::new(self.realm.api.create_user().body(body)),
            found: self.name(&username).get(),
            username,
        }
    }

    /// The user of this id. It need not exist: nothing is sent.
    #[must_use]
    pub fn id(self, id: &'a str) -> User<'a> {
        User {
            realm: self.realm,
            key: Key::Id(id),
        }
    }

    /// The user of this name. It need not exist: nothing is sent.
    #[must_use]
    pub fn name<'b>(self, name: &'b str) -> User<'b>
    where
        'a: 'b,
    {
        User {
            realm: self.realm,
            key: Key::Name(name),
        }
    }
}

/// What a user is looked for by: one of the two, so that a call with neither or both cannot be written.
#[derive(Clone, Copy, Debug)]
enum Key<'a> {
    Id(&'a str),
    Name(&'a str),
}

/// One user of a realm, from [`Users::id`] or [`Users::name`].
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    realm: Realm<'a>,
    key: Key<'a>,
}

impl User<'_> {
    /// Reads the user. `GET /user`
    ///
    /// [`ErrorCode::UserNotFound`] where there is no such user in the realm.
    pub fn get(self) -> Call<GetUser> {
        let get = self.realm.api.get_user().realm(self.realm.name);
        Call::new(match self.key {
            Key::Id(id) => get.id(id),
            Key::Name(name) => get.name(name),
        })
    }

    /// Like [`get`](Self::get); `None` where there is no such user. A realm that does not exist is an error.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find(self) -> BoxFuture<'static, Result<Option<types::User>, Error>> {
        let get = self.get();
        Box::pin(async move {
            match get.await {
                Ok(user) => Ok(Some(user)),
                Err(error) if error_code(&error) == Some(ErrorCode::UserNotFound) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }
}

/// A user that can be created: with what the service cannot do without. `Debug` prints what is set.
#[derive(Clone, Debug)]
#[must_use]
pub struct NewUser(types::NewUser);

impl NewUser {
    /// A user who can log in at once.
    pub fn new(username: impl Into<String>, email: impl Into<String>) -> Self {
        Self(types::NewUser {
            username: Some(username.into()),
            email: Some(email.into()),
            enabled: Some(true),
            ..Default::default()
        })
    }

    /// Sets the first name.
    pub fn first_name(mut self, name: impl Into<String>) -> Self {
        self.0.first_name = Some(name.into());
        self
    }

    /// Sets the last name.
    pub fn last_name(mut self, name: impl Into<String>) -> Self {
        self.0.last_name = Some(name.into());
        self
    }

    /// Sets whether the account can be used; it can where nothing is said.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.0.enabled = Some(enabled);
        self
    }
}

/// A call that creates a user, from [`Users::create`]. `.await` sends it.
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct Create {
    call: Call<CreateUser>,
    found: Call<GetUser>,
    username: String,
}

impl Create {
    /// Takes it for an answer that a user of this name exists already. It is read then, and not changed.
    pub fn exist_ok(self) -> CreateOrGet {
        CreateOrGet(self)
    }

    /// Sets the retry policy of this call, instead of the session's.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call = self.call.retry(policy.clone());
        self.found = self.found.retry(policy);
        self
    }
}

impl IntoFuture for Create {
    type Output = Result<types::User, Error>;
    type IntoFuture = Sent<types::User>;

    fn into_future(self) -> Self::IntoFuture {
        self.call.into_future()
    }
}

/// A call that creates a user or reads the one that is there, from [`Create::exist_ok`]. `.await` sends it.
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct CreateOrGet(Create);

impl IntoFuture for CreateOrGet {
    type Output = Result<Ensured<types::User>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Create {
            call,
            found,
            username,
        } = self.0;
        Box::pin(async move {
            match call.await {
                Ok(user) => Ok(Ensured::Created(user)),
                Err(error) if error_code(&error) == Some(ErrorCode::UsernameExists) => {
                    let user = found.await?;
                    // Keycloak keeps usernames in lower case.
                    let name = user.username.as_deref().unwrap_or_default();
                    if name.to_lowercase() == username.to_lowercase() {
                        Ok(Ensured::Existing(user))
                    } else {
                        let message = "the user that was found has another name";
                        Err(Error::new(ErrorKind::Conflict, message)
                            .with_operation(CreateUser::INFO.id()))
                    }
                }
                Err(error) => Err(error),
            }
        })
    }
}
