//! A session: one server, one identity, one token.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use crate::exchange::{Guard, Limits, Wire};
use crate::observe::{Counting, Hook};
use crate::opaque::{Held, Hold, Opaque};
use crate::path::BaseUrl;
use crate::request::{USER_AGENT, static_value};
use crate::retry::Bucket;
use crate::token::TokenCell;
use crate::{
    AccessToken, BoxFuture, CallReport, Clock, Counters, Credentials, Error, ErrorKind,
    OperationInfo, RetryBudget, RetryPolicy, Token, TokenProvider, TokioClock,
};

/// The path of a realm's token endpoint.
static TOKEN: OperationInfo = OperationInfo::new(
    "token",
    "POST",
    "/realms/{realm}/protocol/openid-connect/token",
);

/// Longest total timeout; longer ones could not be added to a moment in time.
pub(crate) const MAX_TIMEOUT: Duration = Duration::from_hours(365 * 24);

/// An idle connection is closed on this side before a proxy with the usual 60 s does so under a POST, which could not be repeated.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// One server, one identity: connections, the access token, limits. Cheap to clone; clones share everything.
///
/// ```
/// use keycloak_session::{Credentials, Session};
///
/// # fn main() -> Result<(), keycloak_session::Error> {
/// let session = Session::builder("https://sso.example.com/auth/")
///     .credentials(Credentials::client_secret("user-sync", "s3cret"))
///     .auth_realm("acme")
///     .build()?; // no I/O; the first call logs in
/// assert_eq!(session.base_url(), "https://sso.example.com/auth");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Session(
    /// Behind a `dyn`, the compiler need not look through all of reqwest each time it asks whether one of the generated builders is `Send`.
    Arc<dyn Hold<Inner>>,
);

/// What a session is made of.
pub(crate) struct Inner {
    pub(crate) base: BaseUrl,
    pub(crate) wire: Wire,
    pub(crate) tokens: TokenCell,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) retry: RetryPolicy,
    pub(crate) guard: Guard,
    pub(crate) counting: Counting,
    pub(crate) hook: Option<Hook>,
    pub(crate) token_header: Option<HeaderName>,
}

impl Session {
    /// Starts a session with the server at this address: `https://sso.example.com`, or with the path prefix it is served
    /// under, `https://sso.example.com/auth`. What is wrong with the address is reported by [`SessionBuilder::build`].
    pub fn builder(base_url: &str) -> SessionBuilder {
        SessionBuilder(Opaque::new(Settings {
            base_url: base_url.to_owned(),
            identity: None,
            auth_realm: "master".to_owned(),
            timeout: Duration::from_mins(1),
            user_agent: USER_AGENT.clone(),
            connect_timeout: Duration::from_secs(10),
            http: Vec::new(),
            only_own_roots: false,
            allow_http: false,
            retry: RetryPolicy::default(),
            token_header: None,
            clock: Arc::new(TokioClock),
            limits: Limits::default(),
            retry_budget: RetryBudget::default(),
            hook: None,
            invalid: None,
        }))
    }

    pub(crate) fn inner(&self) -> &Inner {
        self.0.part()
    }

    /// The server's address with its path prefix, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.inner().base.as_str()
    }

    /// The current access token, got or renewed where that is due. For requests that are made by other means.
    ///
    /// Fails as a call fails that needs a token, most often with [`ErrorKind::Authentication`].
    pub async fn access_token(&self) -> Result<AccessToken, Error> {
        self.inner().tokens.get().await
    }

    /// Logs out: drops the token and ends the session that the login has made on the server, if it has made one. The next call logs in anew. A
    /// program that logs in with a password and ends should call it: each such login is a session on the server, which may allow few of them.
    ///
    /// Fails where the server cannot be told; the token is dropped all the same.
    pub async fn logout(&self) -> Result<(), Error> {
        self.inner().tokens.logout().await
    }

    /// Drops the current access token: the next call refreshes it or logs in. Needed after the rights of the session's own
    /// account have changed, because a token holds the rights of its time.
    pub fn forget_token(&self) {
        self.inner().tokens.forget();
    }

    /// The clock, for those who wait along with the session.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner().clock
    }

    /// What the session has done so far: calls, attempts, retries.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.inner().counting.read()
    }
}

/// The tokens of a session serve another server too: a service that stands on Keycloak has its own address, and takes Keycloak's
/// tokens. A token that the other server refuses is renewed here.
///
/// ```
/// use keycloak_session::{Credentials, Session};
///
/// # fn main() -> Result<(), keycloak_session::Error> {
/// let keycloak = Session::builder("https://sso.example.com")
///     .credentials(Credentials::client_secret("user-sync", "s3cret"))
///     .build()?;
/// let service = Session::builder("https://service.example.com").token_provider(keycloak).build()?;
/// # let _ = service;
/// # Ok(())
/// # }
/// ```
impl TokenProvider for Session {
    fn token(&self, previous: Option<Token>) -> BoxFuture<'_, Result<Token, Error>> {
        Box::pin(async move {
            let mut token = self.access_token().await?;
            if previous.is_some_and(|previous| previous.access_token() == token.secret()) {
                self.inner().tokens.reject(&token);
                token = self.access_token().await?;
            }
            Ok(token.lent(self.clock().now()))
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// Settings of a [`Session`]. `Debug` prints no secret.
#[must_use]
pub struct SessionBuilder(Opaque<Settings>);

struct Settings {
    base_url: String,
    identity: Option<Identity>,
    auth_realm: String,
    timeout: Duration,
    user_agent: HeaderValue,
    connect_timeout: Duration,
    http: Vec<Setting>,
    only_own_roots: bool,
    allow_http: bool,
    retry: RetryPolicy,
    token_header: Option<HeaderName>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    retry_budget: RetryBudget,
    hook: Option<Hook>,
    /// The first thing that is wrong, for [`SessionBuilder::build`] to report.
    invalid: Option<Error>,
}

/// A setting of connections that few programs make. It is a function, and made where it is set: so a program has no code for those that it does not make.
type Setting = Box<dyn FnOnce(ClientBuilder) -> ClientBuilder + Send + Sync>;

/// The oldest version of TLS that is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

enum Identity {
    Credentials(Credentials),
    Provider(Box<dyn TokenProvider>),
}

impl SessionBuilder {
    /// Sets what to log in with, instead of earlier credentials or an earlier token provider.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.0.identity = Some(Identity::Credentials(credentials));
        self
    }

    /// Sets where tokens come from, instead of earlier credentials or an earlier token provider.
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.0.identity = Some(Identity::Provider(Box::new(provider)));
        self
    }

    /// Sets the realm that the credentials belong to; `master` where it is not set.
    pub fn auth_realm(mut self, realm: impl Into<String>) -> Self {
        self.0.auth_realm = realm.into();
        self
    }

    /// Sets the `User-Agent` header of every request. A text that the program holds for good, such as a literal, costs calls the least.
    pub fn user_agent(self, user_agent: impl Into<Cow<'static, str>>) -> Self {
        self.with_user_agent(user_agent.into())
    }

    fn with_user_agent(mut self, user_agent: Cow<'static, str>) -> Self {
        let value = match user_agent {
            Cow::Borrowed(text) => static_value(text),
            Cow::Owned(text) => HeaderValue::try_from(text).ok(),
        };
        match value {
            Some(value) => self.0.user_agent = value,
            None => self.0.refuse(configuration(
                "the user agent has a character that HTTP does not allow",
            )),
        }
        self
    }

    /// Sets how long a call may take in all: the token, every attempt and every pause. 60 s where it is not set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sets how long one attempt to make a connection may take, TLS included; 10 s where it is not set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.0.connect_timeout = timeout;
        self
    }

    /// Trusts a certificate authority of your own, in addition to the system's: one or more certificates in PEM. It may
    /// be called several times.
    pub fn root_certificate_pem(mut self, pem: &[u8]) -> Self {
        match Certificate::from_pem_bundle(pem) {
            Ok(certificates) if certificates.is_empty() => {
                self.0.refuse(configuration(
                    "a root certificate file holds no certificate",
                ));
            }
            Ok(certificates) => self.0.set(|http| http.tls_certs_merge(certificates)),
            Err(error) => {
                self.0
                    .refuse(configuration("a root certificate is not PEM").with_source(error));
            }
        }
        self
    }

    /// Trusts the certificates of [`root_certificate_pem`](Self::root_certificate_pem) alone, and not the system's, when it is `true`.
    pub fn only_own_roots(mut self, only: bool) -> Self {
        self.0.only_own_roots = only;
        self
    }

    /// Sets what the client shows of itself in TLS: its certificate, those above it, and its private key, all in one PEM. For
    /// [`Credentials::mtls`], and for servers that ask everybody.
    pub fn client_identity_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        let pem = SecretSlice::from(pem.into());
        match reqwest::Identity::from_pem(pem.expose_secret()) {
            Ok(identity) => self.0.set(|http| http.identity(identity)),
            // Its message may quote the key.
            Err(_) => self.0.refuse(configuration(
                "the client identity is not PEM of a certificate and a private key",
            )),
        }
        self
    }

    /// Sets the oldest version of TLS that is spoken; TLS 1.2 where it is not set.
    pub fn min_tls_version(mut self, version: TlsVersion) -> Self {
        let version = match version {
            TlsVersion::Tls12 => reqwest::tls::Version::TLS_1_2,
            TlsVersion::Tls13 => reqwest::tls::Version::TLS_1_3,
        };
        self.0.set(move |http| http.tls_version_min(version));
        self
    }

    /// Lets the address be one of plain `http://` on another machine, when it is `true`. **Without TLS everybody on the way reads the credentials and
    /// tokens**: only for a network that nobody else is on. Addresses of this machine need no leave.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.0.allow_http = allow;
        self
    }

    /// Sends everything through this proxy, such as `http://user:password@proxy.example.com:3128`, whatever the environment says.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        match reqwest::Proxy::all(SecretString::from(url.into()).expose_secret()) {
            Ok(proxy) => self.0.set(|http| http.no_proxy().proxy(proxy)),
            // Its message may quote the password.
            Err(_) => self.0.refuse(configuration("the proxy is not a URL")),
        }
        self
    }

    /// Sends nothing through a proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.0.set(ClientBuilder::no_proxy);
        self
    }

    /// Accepts **any** TLS certificate when it is `true`: expired, self-signed, of another host.
    ///
    /// **Dangerous.** Whoever is between this program and the server then reads the credentials and the tokens, and can act as
    /// an administrator of Keycloak. For a test server of your own use [`root_certificate_pem`](Self::root_certificate_pem)
    /// instead.
    pub fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.0
            .set(move |http| http.tls_danger_accept_invalid_certs(accept));
        self
    }

    /// Sets what is tried again, for calls and for token requests.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.0.retry = policy;
        self
    }

    /// Sets how long the body of a successful answer may be, in bytes; 16 MiB where it is not set.
    ///
    /// Nothing is decompressed: answers are asked for as they are, so that a few bytes cannot become many.
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.0.limits.body = limit;
        self
    }

    /// Names a header that holds the access token as well, beside `Authorization`: `x-okapi-token` for FOLIO. None where it is not
    /// set.
    pub fn token_header(mut self, name: &'static str) -> Self {
        match HeaderName::try_from(name) {
            Ok(name) => self.0.token_header = Some(name),
            Err(_) => self.0.refuse(configuration(
                "the token header's name is not one that HTTP allows",
            )),
        }
        self
    }

    /// Sets the clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.0.clock = clock;
        self
    }

    /// Sets how much of an answer with an error status is read, in bytes; 64 KiB where it is not set. A longer one is not
    /// read: the error has its status alone.
    pub fn max_error_body_bytes(mut self, limit: usize) -> Self {
        self.0.limits.error_body = limit;
        self
    }

    /// Sets how long the token endpoint's answer may be, in bytes; 64 KiB where it is not set.
    pub fn max_token_body_bytes(mut self, limit: usize) -> Self {
        self.0.limits.token_body = limit;
        self
    }

    /// Sets how deep arrays and objects of an answer may stand in each other; 127 where it is not set, which is also the most.
    pub fn max_json_depth(mut self, limit: usize) -> Self {
        self.0.limits.json_depth = limit;
        self
    }

    /// Sets how much all calls together may repeat; 500 tokens where it is not set. [`RetryBudget::unlimited`] turns it off.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.0.retry_budget = budget;
        self
    }

    /// Sets a hook for metrics: it is called once at the end of each call, well or not, in the task of that call. It must be quick and
    /// must not panic. A call that is dropped before its end is not reported.
    ///
    /// ```
    /// use keycloak_session::{Credentials, Session};
    ///
    /// let session = Session::builder("https://sso.example.com")
    ///     .credentials(Credentials::client_secret("user-sync", "s3cret"))
    ///     .on_call(|call| {
    ///         let outcome = call.error().map_or("ok", |error| error.kind().as_str());
    ///         println!("{} {outcome} {:?} {}", call.operation().id(), call.duration(), call.attempts());
    ///     })
    ///     .build();
    /// # let _ = session;
    /// ```
    pub fn on_call(mut self, hook: impl Fn(&CallReport<'_>) + Send + Sync + 'static) -> Self {
        self.0.hook = Some(Arc::new(hook));
        self
    }

    /// The session. Nothing is sent: the first call logs in.
    ///
    /// Fails with [`ErrorKind::Configuration`] where a setting cannot be used; the message says which.
    pub fn build(mut self) -> Result<Session, Error> {
        self.0.build()
    }
}

impl Settings {
    fn build(&mut self) -> Result<Session, Error> {
        if let Some(error) = self.invalid.take() {
            return Err(error);
        }
        let base = BaseUrl::parse(&self.base_url).map_err(configuration)?;
        if !self.allow_http && !base.is_private() {
            return Err(configuration(
                "the base URL is plain http to another machine, where everybody on the way reads the credentials; \
                 use https, or allow it with allow_http(true)",
            ));
        }
        let wire = Wire {
            http: self.http_client(&base)?,
            user_agent: self.user_agent.clone(),
        };
        let guard = Guard {
            bucket: Arc::new(Bucket::new(self.retry_budget)),
            limits: self.limits,
            timeout: self.timeout,
        };
        let provider = match self.identity.take() {
            None => {
                return Err(configuration(
                    "nothing to log in with: set credentials or a token provider",
                ));
            }
            Some(Identity::Provider(provider)) => provider,
            Some(Identity::Credentials(credentials)) => {
                let token_url = base
                    .fill(&TOKEN, &[("realm", self.auth_realm.clone())])
                    .map_err(|_| configuration("the auth realm must not be empty, `.` or `..`"))?;
                credentials.into_provider(
                    wire.clone(),
                    token_url,
                    self.retry.clone(),
                    Arc::clone(&self.clock),
                    guard.clone(),
                )
            }
        };
        Ok(Session(Arc::new(Held(Inner {
            base,
            wire,
            tokens: TokenCell::new(provider, Arc::clone(&self.clock), self.timeout),
            clock: Arc::clone(&self.clock),
            retry: self.retry.clone(),
            guard,
            counting: Counting::default(),
            hook: self.hook.take(),
            token_header: self.token_header.take(),
        }))))
    }

    fn set(
        &mut self,
        setting: impl FnOnce(ClientBuilder) -> ClientBuilder + Send + Sync + 'static,
    ) {
        self.http.push(Box::new(setting));
    }

    /// The first thing that is wrong is the one that is reported.
    fn refuse(&mut self, error: Error) {
        self.invalid.get_or_insert(error);
    }

    fn http_client(&mut self, base: &BaseUrl) -> Result<reqwest::Client, Error> {
        let mut http = reqwest::Client::builder()
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            // Nothing is asked for compressed or decompressed, whatever other crates switch on: what is read is never more than what was sent.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            // Redirects repeat bodies and, within a host, credentials.
            .redirect(Policy::none())
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(POOL_IDLE);
        if self.only_own_roots {
            http = http.tls_certs_only([]);
        }
        if !base.may_speak_http2() {
            http = http.retry(reqwest::retry::never().max_retries_per_request(0));
        }
        let settings = std::mem::take(&mut self.http);
        let http = settings.into_iter().fold(http, |http, set| set(http));
        http.build().map_err(|error| {
            let message = "the HTTP client cannot be set up; check the root certificates";
            configuration(message).with_source(error)
        })
    }
}

fn configuration(message: &str) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the base URL: before `build` has checked it, it may hold a password.
        f.debug_struct("SessionBuilder")
            .field("auth_realm", &self.0.auth_realm)
            .field("user_agent", &self.0.user_agent)
            .field("timeout", &self.0.timeout)
            .field("connect_timeout", &self.0.connect_timeout)
            .field("retry", &self.0.retry)
            .field("limits", &self.0.limits)
            .field("retry_budget", &self.0.retry_budget)
            .finish_non_exhaustive()
    }
}
