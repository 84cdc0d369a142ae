//! The settings of a session.

use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use crate::auth::token_cache::TokenCache;
use crate::auth::{
    Credentials, Grant, TokenEndpoint, TokenEndpointSettings, TokenProvider, TokenSource,
};
use crate::client::decode::MAX_DEPTH;
use crate::client::metrics::{CallReport, Metrics, OnCall};
use crate::client::session::{Session, SessionInner};
use crate::error::{Error, ErrorKind};
use crate::http::headers::{DefaultHeaders, Header};
use crate::http::transport::{SizeLimits, Transport};
use crate::http::url::{BaseUrl, PathTemplate};
use crate::retry::{RetryBudget, RetryPolicy, RetryThrottle};
use crate::time::{Clock, MAX_TIMEOUT, TokioClock};

/// The path of a realm's token endpoint.
const TOKEN_PATH: PathTemplate = PathTemplate {
    template: "/realms/{realm}/protocol/openid-connect/token",
    multi_segment: None,
};

/// An idle connection is closed on this side before a proxy with the usual 60 s closes it under a POST, which could not be repeated.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// The addresses of `localhost`. reqwest puts the port of the URL in place of the 0.
const LOOPBACK: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
];

/// Settings of a [`Session`], or of a client `C` that is made of one. `Debug` prints no secret.
#[must_use = "a builder does nothing until `build` is called"]
pub struct SessionBuilder<C = Session> {
    base_url: String,
    identity: Option<Identity>,
    auth_realm: String,
    timeout: Duration,
    user_agent: HeaderValue,
    default_headers: Vec<Header>,
    http: ClientBuilder,
    /// The caller has chosen a proxy, or none, with [`proxy`](Self::proxy) or [`no_proxy`](Self::no_proxy).
    is_proxy_set: bool,
    only_own_roots: bool,
    allow_http: bool,
    retry_policy: RetryPolicy,
    retry_budget: RetryBudget,
    limits: SizeLimits,
    max_json_depth: usize,
    token_header: Option<HeaderName>,
    clock: Arc<dyn Clock>,
    on_call: Option<OnCall>,
    /// The first setting that cannot be used, for [`build`](Self::build) to report.
    invalid: Option<Error>,
    client: PhantomData<fn() -> C>,
}

impl Session {
    /// Starts a session with the server at this address: `https://sso.example.com`, or with a path prefix,
    /// `https://sso.example.com/auth`. [`SessionBuilder::build`] reports a wrong address.
    pub fn builder(base_url: &str) -> SessionBuilder {
        SessionBuilder::new(base_url)
    }
}

/// The oldest version of TLS that a session accepts.
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

impl<C: From<Session>> SessionBuilder<C> {
    /// Starts the settings of a client of the server at this address.
    pub fn new(base_url: &str) -> Self {
        let user_agent = concat!("keycloak-session/", env!("CARGO_PKG_VERSION"));
        let http = reqwest::Client::builder()
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            // Answers are never decompressed, whatever other crates switch on, so a limit counts the bytes that were sent.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            // A redirect repeats bodies and, within a host, credentials.
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(POOL_IDLE);
        Self {
            base_url: base_url.to_owned(),
            identity: None,
            auth_realm: "master".to_owned(),
            timeout: Duration::from_secs(60),
            user_agent: HeaderValue::from_static(user_agent),
            default_headers: Vec::new(),
            http,
            is_proxy_set: false,
            only_own_roots: false,
            allow_http: false,
            retry_policy: RetryPolicy::default(),
            retry_budget: RetryBudget::default(),
            limits: SizeLimits::default(),
            max_json_depth: MAX_DEPTH,
            token_header: None,
            clock: Arc::new(TokioClock),
            on_call: None,
            invalid: None,
            client: PhantomData,
        }
    }

    /// Sets the credentials, instead of earlier credentials or an earlier token provider.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.identity = Some(Identity::Credentials(credentials));
        self
    }

    /// Sets the source of tokens, instead of earlier credentials or an earlier token provider.
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.identity = Some(Identity::Provider(Box::new(provider)));
        self
    }

    /// Sets the realm that the credentials belong to. The default is `master`.
    pub fn auth_realm(mut self, realm: impl Into<String>) -> Self {
        self.auth_realm = realm.into();
        self
    }

    /// Sets the `User-Agent` header of every request.
    pub fn user_agent(mut self, user_agent: impl AsRef<str>) -> Self {
        match HeaderValue::try_from(user_agent.as_ref()) {
            Ok(value) => self.user_agent = value,
            Err(_) => self.refuse(configuration(
                "the user agent has a character that HTTP does not allow",
            )),
        }
        self
    }

    /// Adds a header to every call of the session. A header of the call itself takes its place.
    ///
    /// [`build`](Self::build) refuses what the client sets itself: `accept`, `authorization`, `content-type`, `user-agent`, and the headers
    /// that decide about the connection or the host.
    pub fn default_header(mut self, header: Header) -> Self {
        self.default_headers.push(header);
        self
    }

    /// Sets how long a call may take in all: the token, every attempt and every pause. The default is 60 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sets how long one attempt to make a connection may take, TLS included. The default is 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.connect_timeout(timeout);
        self
    }

    /// Trusts a certificate authority of your own, in addition to the system's: one or more certificates in PEM. It may
    /// be called several times.
    pub fn root_certificate_pem(mut self, pem: &[u8]) -> Self {
        match Certificate::from_pem_bundle(pem) {
            Ok(certificates) if certificates.is_empty() => {
                self.refuse(configuration(
                    "a root certificate file holds no certificate",
                ));
            }
            Ok(certificates) => self.http = self.http.tls_certs_merge(certificates),
            Err(error) => {
                self.refuse(configuration("a root certificate is not PEM").with_source(error));
            }
        }
        self
    }

    /// Trusts only the certificates of [`root_certificate_pem`](Self::root_certificate_pem) if `only` is `true`, and not those of the system.
    pub fn only_own_roots(mut self, only: bool) -> Self {
        self.only_own_roots = only;
        self
    }

    /// Sets the client's TLS identity: its certificate, those above it, and its private key, all in one PEM. [`Credentials::mtls`] needs it, and
    /// so do servers that ask every client for a certificate.
    pub fn client_identity_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        let pem = SecretSlice::from(pem.into());
        match reqwest::Identity::from_pem(pem.expose_secret()) {
            Ok(identity) => self.http = self.http.identity(identity),
            // Its message may quote the key.
            Err(_) => self.refuse(configuration(
                "the client identity is not PEM of a certificate and a private key",
            )),
        }
        self
    }

    /// Sets the oldest version of TLS that the session accepts. The default is TLS 1.2.
    pub fn min_tls_version(mut self, version: TlsVersion) -> Self {
        let version = match version {
            TlsVersion::Tls12 => reqwest::tls::Version::TLS_1_2,
            TlsVersion::Tls13 => reqwest::tls::Version::TLS_1_3,
        };
        self.http = self.http.tls_version_min(version);
        self
    }

    /// Allows plain `http://` to another machine if `allow` is `true`. **Without TLS everybody on the way can read the credentials and tokens**, so
    /// use it only on a network of your own.
    ///
    /// Addresses of this machine are always allowed: `localhost`, names that end in `.localhost`, `127.0.0.0/8` and `[::1]`. The names are never
    /// looked up. They stand for `127.0.0.1` and `[::1]`.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Sends everything through this proxy, such as `http://user:password@proxy.example.com:3128`, whatever the environment says.
    ///
    /// Without this, calls go through the proxy that the environment or the system names (feature `system-proxy`). A server on this machine
    /// is always called directly then. **The proxy can read a call to an `http://` address**, and so can everybody on the way to it, also if the
    /// address is one of this machine.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.is_proxy_set = true;
        match reqwest::Proxy::all(SecretString::from(url.into()).expose_secret()) {
            Ok(proxy) => self.http = self.http.no_proxy().proxy(proxy),
            // Its message may quote the password.
            Err(_) => self.refuse(configuration("the proxy is not a URL")),
        }
        self
    }

    /// Sends nothing through a proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.is_proxy_set = true;
        self.http = self.http.no_proxy();
        self
    }

    /// Accepts **any** TLS certificate when it is `true`: expired, self-signed, of another host.
    ///
    /// **Dangerous.** Anybody between this program and the server can read the credentials and the tokens, and act as an
    /// administrator of Keycloak. For a test server of your own use [`root_certificate_pem`](Self::root_certificate_pem)
    /// instead.
    pub fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.http = self.http.tls_danger_accept_invalid_certs(accept);
        self
    }

    /// Sets the retry policy of calls and of token requests.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = policy;
        self
    }

    /// Sets how long the body of a successful answer may be, in bytes. The default is 16 MiB.
    ///
    /// The client asks for no compression and decompresses nothing, so a few bytes cannot become many. A decoded answer may take about 16 times
    /// this limit of memory, and always 1 MiB. Otherwise the error has [`ErrorKind::BodyTooLarge`](crate::ErrorKind::BodyTooLarge). A list of realms
    /// with few fields meets the memory limit at a quarter of this limit, because a realm takes 3,680 bytes of memory. Lists of users and of roles
    /// do not meet it.
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.limits.body = limit;
        self
    }

    /// Names a second header for the access token, beside `Authorization`, such as `x-okapi-token` for FOLIO. By default no second header is sent.
    pub fn token_header(mut self, name: &'static str) -> Self {
        match HeaderName::try_from(name) {
            Ok(name) => self.token_header = Some(name),
            Err(_) => self.refuse(configuration(
                "the token header's name is not one that HTTP allows",
            )),
        }
        self
    }

    /// Sets the clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets how much of an answer with an error status is read, in bytes. The default is 64 KiB. A longer
    /// body is not read: the error has its status alone.
    pub fn max_error_body_bytes(mut self, limit: usize) -> Self {
        self.limits.error_body = limit;
        self
    }

    /// Sets how long the token endpoint's answer may be, in bytes. The default is 64 KiB.
    pub fn max_token_body_bytes(mut self, limit: usize) -> Self {
        self.limits.token_body = limit;
        self
    }

    /// Sets how deep arrays and objects of an answer may be nested. The default is 127, which is also the most.
    pub fn max_json_depth(mut self, limit: usize) -> Self {
        self.max_json_depth = limit;
        self
    }

    /// Sets how much all calls together may repeat. The default is 500 tokens; [`RetryBudget::unlimited`] turns the budget off.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.retry_budget = budget;
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
        self.on_call = Some(Arc::new(hook));
        self
    }

    /// Makes the client. Nothing is sent: the first call logs in.
    ///
    /// Fails with [`ErrorKind::Configuration`] if a setting cannot be used. The message says which.
    pub fn build(mut self) -> Result<C, Error> {
        let (base_url, transport) = self.check()?;
        let throttle = Arc::new(RetryThrottle::new(self.retry_budget));
        let source = match self.identity.take() {
            Some(Identity::Provider(provider)) => TokenSource::Provider(provider),
            Some(Identity::Credentials(credentials)) => {
                if matches!(credentials.grant, Grant::Device) {
                    return Err(configuration(
                        "a session cannot ask the user of a device: log in with `build_token_endpoint`",
                    ));
                }
                let endpoint =
                    self.token_endpoint(&base_url, &transport, &throttle, credentials)?;
                TokenSource::Endpoint(Box::new(endpoint))
            }
            None => {
                return Err(configuration(
                    "no credentials: set credentials or a token provider",
                ));
            }
        };
        let session = Session::new(SessionInner {
            base_url,
            transport,
            tokens: TokenCache::new(source, Arc::clone(&self.clock), self.timeout),
            clock: self.clock,
            retry_policy: self.retry_policy,
            throttle,
            timeout: self.timeout,
            max_json_depth: self.max_json_depth,
            token_header: self.token_header,
            metrics: Metrics::default(),
            on_call: self.on_call,
        });
        Ok(C::from(session))
    }

    /// Makes the token endpoint of the auth realm with the credentials, for a program that keeps its tokens itself. Nothing is sent.
    ///
    /// Fails with [`ErrorKind::Configuration`] if a setting cannot be used, or if there are no credentials.
    pub fn build_token_endpoint(mut self) -> Result<TokenEndpoint, Error> {
        let (base_url, transport) = self.check()?;
        let throttle = Arc::new(RetryThrottle::new(self.retry_budget));
        match self.identity.take() {
            Some(Identity::Credentials(credentials)) => {
                self.token_endpoint(&base_url, &transport, &throttle, credentials)
            }
            _ => Err(configuration("a token endpoint needs credentials")),
        }
    }

    /// Checks the settings, and makes the address and the HTTP client of them.
    fn check(&mut self) -> Result<(BaseUrl, Transport), Error> {
        if let Some(error) = self.invalid.take() {
            return Err(error);
        }
        let base_url = BaseUrl::parse(&self.base_url).map_err(configuration)?;
        if !self.allow_http && !base_url.is_private() {
            return Err(configuration(
                "the base URL is plain http to another machine, where everybody on the way reads the credentials; \
                 use https, or allow it with allow_http(true)",
            ));
        }
        let http = std::mem::take(&mut self.http);
        let transport = Transport {
            client: http_client(http, self.is_proxy_set, self.only_own_roots, &base_url)?,
            user_agent: self.user_agent.clone(),
            default_headers: DefaultHeaders::new(&self.default_headers)?,
            limits: self.limits,
        };
        Ok((base_url, transport))
    }

    fn token_endpoint(
        &self,
        base_url: &BaseUrl,
        transport: &Transport,
        throttle: &Arc<RetryThrottle>,
        credentials: Credentials,
    ) -> Result<TokenEndpoint, Error> {
        credentials.check()?;
        let url = base_url
            .fill(TOKEN_PATH, &[("realm", self.auth_realm.clone())])
            .map_err(|_| configuration("the auth realm must not be empty, `.` or `..`"))?;
        let settings = TokenEndpointSettings {
            transport: transport.clone(),
            retry_policy: self.retry_policy.clone(),
            throttle: Arc::clone(throttle),
            clock: Arc::clone(&self.clock),
            timeout: self.timeout,
        };
        Ok(TokenEndpoint::new(url, credentials, settings))
    }

    /// Remembers a setting that cannot be used. The first one is reported.
    fn refuse(&mut self, error: Error) {
        self.invalid.get_or_insert(error);
    }
}

fn http_client(
    mut http: ClientBuilder,
    is_proxy_set: bool,
    only_own_roots: bool,
    base_url: &BaseUrl,
) -> Result<reqwest::Client, Error> {
    // Plain http to this machine is allowed because nobody can read it on the way. A proxy could. reqwest uses the proxy of the environment also
    // without its feature `system-proxy`.
    if !is_proxy_set && (base_url.is_loopback() || cfg!(not(feature = "system-proxy"))) {
        http = http.no_proxy();
    }
    if let Some(name) = base_url.loopback_name() {
        http = http.resolve_to_addrs(name, &LOOPBACK);
    }
    if only_own_roots {
        http = http.tls_certs_only([]);
    }
    // By default reqwest repeats requests that an HTTP/2 server refuses. The retry policy and its counters would not see it, and reqwest would clone
    // the headers of each call.
    http = http.retry(reqwest::retry::never().max_retries_per_request(0));
    http.build().map_err(|error| {
        let message = "the HTTP client cannot be set up; check the root certificates";
        configuration(message).with_source(error)
    })
}

fn configuration(message: &str) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

impl<C> fmt::Debug for SessionBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the base URL: before `build` has checked it, it may hold a password.
        f.debug_struct("SessionBuilder")
            .field("auth_realm", &self.auth_realm)
            .field("user_agent", &self.user_agent)
            .field("default_headers", &self.default_headers)
            .field("timeout", &self.timeout)
            .field("retry_policy", &self.retry_policy)
            .field("retry_budget", &self.retry_budget)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
