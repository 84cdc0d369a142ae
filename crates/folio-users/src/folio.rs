//! The server and its tenants.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use folio_users_api::Client as Api;
use folio_users_api::users::GetUserBySelfReference;
use keycloak_session::{
    Call, Credentials, Error, Operation, RetryPolicy, Session, SessionBuilder, TokenProvider,
};

use crate::{IdpMigrations, Migrations, Passwords, Users};

/// The header that names the tenant.
const TENANT: &str = "x-okapi-tenant";

/// A FOLIO server and the identity that works on it.
///
/// Cheap to clone; clones share connections, token and settings. `Debug` prints the address alone.
#[derive(Clone)]
pub struct Folio {
    api: Api,
}

impl Folio {
    /// Starts a client of the gateway or sidecar at this address. What is wrong with the address is reported by
    /// [`FolioBuilder::build`].
    pub fn builder(url: &str) -> FolioBuilder {
        let user_agent = concat!("folio-users/", env!("CARGO_PKG_VERSION"));
        FolioBuilder(Session::builder(url).user_agent(user_agent))
    }

    /// A client on a session that is there already.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self {
            api: Api::new(session),
        }
    }

    /// The tenant of this name. It need not exist: nothing is sent.
    #[must_use]
    pub fn tenant<'a>(&'a self, name: &'a str) -> Tenant<'a> {
        Tenant { folio: self, name }
    }

    /// The generated client, in this session: every operation, with every parameter. Its calls need a tenant.
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

impl fmt::Debug for Folio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folio")
            .field("base_url", &self.session().base_url())
            .finish_non_exhaustive()
    }
}

impl From<Session> for Folio {
    fn from(session: Session) -> Self {
        Self::new(session)
    }
}

/// Settings of a [`Folio`]: those of a [`SessionBuilder`], where their defaults are described. `Debug` prints no secret.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct FolioBuilder(SessionBuilder);

impl FolioBuilder {
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

    /// Sets the realm that the credentials belong to; FOLIO has one for each tenant, of the same name.
    pub fn auth_realm(self, realm: impl Into<String>) -> Self {
        Self(self.0.auth_realm(realm))
    }

    /// Sends the token in `x-okapi-token` as well, for a server that does not read the bearer token.
    pub fn okapi_token(self) -> Self {
        Self(self.0.token_header("x-okapi-token"))
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
    pub fn build(self) -> Result<Folio, Error> {
        self.0.build().map(Folio::new)
    }
}

/// One tenant, from [`Folio::tenant`].
#[derive(Clone, Copy, Debug)]
pub struct Tenant<'a> {
    folio: &'a Folio,
    name: &'a str,
}

impl<'a> Tenant<'a> {
    /// The call of an operation on this tenant.
    pub(crate) fn call<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let mut builder = build(&self.folio.api);
        builder.request_mut().set_header(TENANT, self.name);
        Call::new(builder)
    }

    /// The tenant's name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.name
    }

    /// The tenant's users.
    #[must_use]
    pub fn users(self) -> Users<'a> {
        Users::new(self)
    }

    /// The migrations of the tenant's users to Keycloak.
    #[must_use]
    pub fn migrations(self) -> Migrations<'a> {
        Migrations::new(self)
    }

    /// The links of the tenant's users to the identity provider of a central tenant.
    #[must_use]
    pub fn idp_migrations(self) -> IdpMigrations<'a> {
        IdpMigrations::new(self)
    }

    /// Forgotten usernames and passwords.
    #[must_use]
    pub fn passwords(self) -> Passwords<'a> {
        Passwords::new(self)
    }

    /// The user whose token the session has, with what is asked for: a composite user. `GET /users-keycloak/_self`
    ///
    /// ```no_run
    /// use folio_users::types::IncludedField;
    ///
    /// # async fn run(folio: folio_users::Folio) -> Result<(), folio_users::Error> {
    /// let myself = folio.tenant("diku").myself();
    /// let myself = myself.query(|q| q.include([IncludedField::Perms, IncludedField::Servicepoints])).await?;
    /// println!("{:?} of {:?}", myself.user, myself.original_tenant_id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn myself(self) -> Call<GetUserBySelfReference> {
        self.call(Api::get_user_by_self_reference)
    }
}
