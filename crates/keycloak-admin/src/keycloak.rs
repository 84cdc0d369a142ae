//! The server.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use keycloak_session::{
    BoxFuture, CallReport, Clock, Credentials, Error, Operation, RetryBudget, RetryPolicy, Session,
    SessionBuilder, TlsVersion, TokenProvider,
};

use crate::realms::Realms;
use crate::{Call, Realm};

/// A Keycloak server and the identity that works on it.
///
/// Cheap to clone; clones share connections, token and settings. `Debug` prints the address alone.
///
/// ```
/// use keycloak_admin::{Credentials, Keycloak};
///
/// # fn main() -> Result<(), keycloak_admin::Error> {
/// let keycloak = Keycloak::builder("https://sso.example.com/auth")
///     .credentials(Credentials::client_secret("user-sync", "s3cret"))
///     .auth_realm("acme") // the realm the credentials belong to; `master` where it is not set
///     .build()?;
/// assert_eq!(keycloak.session().base_url(), "https://sso.example.com/auth");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Keycloak {
    api: keycloak_api::Client,
    #[cfg(feature = "phasetwo")]
    phasetwo_api: phasetwo_api::Client,
}

impl Keycloak {
    /// Starts a client of the server at this address: `https://sso.example.com`, or with the path prefix it is served
    /// under, `https://sso.example.com/auth`. What is wrong with the address is reported by [`KeycloakBuilder::build`].
    #[inline]
    pub fn builder(url: &str) -> KeycloakBuilder {
        let user_agent = concat!("keycloak-admin/", env!("CARGO_PKG_VERSION"));
        KeycloakBuilder(Session::builder(url).user_agent(user_agent))
    }

    /// A client on a session that is there already.
    #[must_use]
    #[inline]
    pub fn new(session: Session) -> Self {
        Self {
            #[cfg(feature = "phasetwo")]
            phasetwo_api: phasetwo_api::Client::new(session.clone()),
            api: keycloak_api::Client::new(session),
        }
    }

    /// The realm of this name. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn realm<'a>(&'a self, name: &'a str) -> Realm<'a> {
        Realm::new(self, name)
    }

    /// All realms: to list them and to create one.
    #[must_use]
    #[inline]
    pub fn realms(&self) -> Realms<'_> {
        Realms::new(self)
    }

    /// Logs out: ends the session that the login has made on the server, if it has made one. The next call logs in anew. See
    /// [`Session::logout`].
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn logout(&self) -> BoxFuture<'static, Result<(), Error>> {
        let session = self.session().clone();
        Box::pin(async move { session.logout().await })
    }

    /// The generated client of the Admin REST API, in this session: every operation, with every parameter.
    #[must_use]
    #[inline]
    pub fn api(&self) -> &keycloak_api::Client {
        &self.api
    }

    /// The generated client of Phase Two's extensions, in this session.
    #[cfg(feature = "phasetwo")]
    #[must_use]
    #[inline]
    pub fn phasetwo_api(&self) -> &phasetwo_api::Client {
        &self.phasetwo_api
    }

    /// The session: the address, the token, and the way down to any [`Request`](crate::Request).
    #[must_use]
    #[inline]
    pub fn session(&self) -> &Session {
        self.api.session()
    }

    /// Gives an operation of any generated crate the methods of [`Call`]. It is sent in the session it was built with.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let mut roles = keycloak.call(keycloak.api().list_realm_roles().realm("acme")).stream();
    /// while let Some(role) = roles.try_next().await? {
    ///     println!("{:?}", role.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn call<B: Operation>(&self, builder: B) -> Call<B> {
        Call::new(builder)
    }
}

impl fmt::Debug for Keycloak {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keycloak")
            .field("base_url", &self.session().base_url())
            .finish_non_exhaustive()
    }
}

impl From<Session> for Keycloak {
    #[inline]
    fn from(session: Session) -> Self {
        Self::new(session)
    }
}

/// Settings of a [`Keycloak`]: those of a [`SessionBuilder`], where their defaults are described. `Debug` prints no secret.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct KeycloakBuilder(SessionBuilder);

impl KeycloakBuilder {
    /// Sets what to log in with. See [`SessionBuilder::credentials`].
    #[inline]
    pub fn credentials(self, credentials: Credentials) -> Self {
        Self(self.0.credentials(credentials))
    }

    /// Sets where tokens come from, instead of credentials. See [`SessionBuilder::token_provider`].
    #[inline]
    pub fn token_provider(self, provider: impl TokenProvider) -> Self {
        Self(self.0.token_provider(provider))
    }

    /// Sets the realm that the credentials belong to, by default `master`. It may be another one than the realm worked on.
    #[inline]
    pub fn auth_realm(self, realm: impl Into<String>) -> Self {
        Self(self.0.auth_realm(realm))
    }

    /// Sets the `User-Agent` header.
    #[inline]
    pub fn user_agent(self, user_agent: impl Into<Cow<'static, str>>) -> Self {
        Self(self.0.user_agent(user_agent))
    }

    /// Sets how long a call may take in all. See [`SessionBuilder::timeout`].
    #[inline]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self(self.0.timeout(timeout))
    }

    /// Sets how long a connection may take to be made. See [`SessionBuilder::connect_timeout`].
    #[inline]
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self(self.0.connect_timeout(timeout))
    }

    /// Trusts a certificate authority of your own. See [`SessionBuilder::root_certificate_pem`].
    #[inline]
    pub fn root_certificate_pem(self, pem: &[u8]) -> Self {
        Self(self.0.root_certificate_pem(pem))
    }

    /// Trusts your own certificate authorities alone. See [`SessionBuilder::only_own_roots`].
    #[inline]
    pub fn only_own_roots(self, only: bool) -> Self {
        Self(self.0.only_own_roots(only))
    }

    /// Sets what the client shows of itself in TLS. See [`SessionBuilder::client_identity_pem`].
    #[inline]
    pub fn client_identity_pem(self, pem: impl Into<Vec<u8>>) -> Self {
        Self(self.0.client_identity_pem(pem))
    }

    /// Sets the oldest version of TLS that is spoken. See [`SessionBuilder::min_tls_version`].
    #[inline]
    pub fn min_tls_version(self, version: TlsVersion) -> Self {
        Self(self.0.min_tls_version(version))
    }

    /// Allows plain http to another machine. See [`SessionBuilder::allow_http`].
    #[inline]
    pub fn allow_http(self, allow: bool) -> Self {
        Self(self.0.allow_http(allow))
    }

    /// Sets the proxy that everything goes through. See [`SessionBuilder::proxy`].
    #[inline]
    pub fn proxy(self, url: impl Into<String>) -> Self {
        Self(self.0.proxy(url))
    }

    /// Uses no proxy. See [`SessionBuilder::no_proxy`].
    #[inline]
    pub fn no_proxy(self) -> Self {
        Self(self.0.no_proxy())
    }

    /// **Dangerous**: accepts any TLS certificate. See [`SessionBuilder::danger_accept_invalid_certs`].
    #[inline]
    pub fn danger_accept_invalid_certs(self, accept: bool) -> Self {
        Self(self.0.danger_accept_invalid_certs(accept))
    }

    /// Sets what is tried again. See [`SessionBuilder::retry`].
    #[inline]
    pub fn retry(self, policy: RetryPolicy) -> Self {
        Self(self.0.retry(policy))
    }

    /// Sets how many bytes an answer may have. See [`SessionBuilder::max_body_bytes`].
    #[inline]
    pub fn max_body_bytes(self, limit: usize) -> Self {
        Self(self.0.max_body_bytes(limit))
    }

    /// Sets how much of an error's answer is read. See [`SessionBuilder::max_error_body_bytes`].
    #[inline]
    pub fn max_error_body_bytes(self, limit: usize) -> Self {
        Self(self.0.max_error_body_bytes(limit))
    }

    /// Sets how many bytes the token endpoint's answer may have. See [`SessionBuilder::max_token_body_bytes`].
    #[inline]
    pub fn max_token_body_bytes(self, limit: usize) -> Self {
        Self(self.0.max_token_body_bytes(limit))
    }

    /// Sets how deep the JSON of an answer may be. See [`SessionBuilder::max_json_depth`].
    #[inline]
    pub fn max_json_depth(self, limit: usize) -> Self {
        Self(self.0.max_json_depth(limit))
    }

    /// Sets how much all calls together may repeat. See [`SessionBuilder::retry_budget`].
    #[inline]
    pub fn retry_budget(self, budget: RetryBudget) -> Self {
        Self(self.0.retry_budget(budget))
    }

    /// Sets a hook for metrics, called at the end of each call. See [`SessionBuilder::on_call`].
    #[inline]
    pub fn on_call(self, hook: impl Fn(&CallReport<'_>) + Send + Sync + 'static) -> Self {
        Self(self.0.on_call(hook))
    }

    /// Sets the clock, for tests.
    #[inline]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self(self.0.clock(clock))
    }

    /// The client. Nothing is sent: the first call logs in.
    ///
    /// Fails with [`ErrorKind::Configuration`](crate::ErrorKind) where a setting cannot be used; the message says which.
    #[inline]
    pub fn build(self) -> Result<Keycloak, Error> {
        self.0.build().map(Keycloak::new)
    }
}
