//! Credentials: how a session proves its identity.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::auth::assertion::{AssertionSource, PrivateKey, SigningKey};
use crate::error::{Error, ErrorKind};

/// The public client that every Keycloak realm has for administration from a command line.
const ADMIN_CLI: &str = "admin-cli";

/// The proof of identity of a session. `Debug` prints no secret.
///
/// An option that does not apply to the credentials, such as a one-time code for a client secret, is an error of the session's `build`.
///
/// ```
/// use keycloak_session::Credentials;
///
/// let service = Credentials::client_secret("user-sync", "s3cret");
/// assert!(!format!("{service:?}").contains("s3cret"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    pub(crate) client_id: String,
    pub(crate) client: ClientAuth,
    pub(crate) assertion_audience: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) grant: Grant,
    /// The first option that does not apply, and why.
    problem: Option<(&'static str, &'static str)>,
}

/// The proof of a client's identity.
#[derive(Clone)]
pub(crate) enum ClientAuth {
    /// It does not (a public client), or its TLS certificate does.
    None,
    /// `client_secret_basic`.
    Basic(SecretString),
    /// `client_secret_post`.
    Post(SecretString),
    /// `private_key_jwt`, `client_secret_jwt`, or an assertion that somebody else has signed.
    Assertion(AssertionSource),
}

#[derive(Clone)]
pub(crate) enum Grant {
    Password {
        username: String,
        password: SecretString,
        totp: Option<Totp>,
    },
    Client,
    Refresh(SecretString),
    Exchange {
        subject_token: SecretString,
        audience: Option<String>,
    },
    /// A device login (RFC 8628), which its user finishes in a browser.
    Device,
    Token(SecretString),
}

impl Grant {
    /// Returns the refresh token to log in with, if that is how it is done.
    pub(crate) fn refresh_token(&self) -> Option<&str> {
        match self {
            Self::Refresh(token) => Some(token.expose_secret()),
            _ => None,
        }
    }
}

/// Makes the one-time code of the moment.
pub(crate) type Totp = Arc<dyn Fn() -> String + Send + Sync>;

impl Credentials {
    fn new(client_id: String, client: ClientAuth, grant: Grant) -> Self {
        Self {
            client_id,
            client,
            assertion_audience: None,
            scope: None,
            problem: None,
            grant,
        }
    }

    /// A client with a service account: the client's id (its name, such as `user-sync`) and secret, in the `Authorization` header of the token
    /// request (`client_secret_basic`). The right choice for a service that cannot keep a key.
    pub fn client_secret(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let secret = ClientAuth::Basic(secret.into().into());
        Self::new(client_id.into(), secret, Grant::Client)
    }

    /// Like [`client_secret`](Self::client_secret), with the secret in the body of the token request (`client_secret_post`).
    pub fn client_secret_post(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let secret = ClientAuth::Post(secret.into().into());
        Self::new(client_id.into(), secret, Grant::Client)
    }

    /// Like [`client_secret`](Self::client_secret), with the secret never sent: it signs an assertion (`client_secret_jwt`, HS256). The client's
    /// authenticator has to be `client-secret-jwt`.
    pub fn client_secret_jwt(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let key = AssertionSource::Key(SigningKey::from_secret(&secret.into()));
        Self::new(client_id.into(), ClientAuth::Assertion(key), Grant::Client)
    }

    /// A client with a service account that signs an assertion with its private key (`private_key_jwt`, RFC 7523): each token request has a new
    /// one, which lives for a minute. The client's authenticator has to be `client-jwt`, and Keycloak has to know the public key. The best choice
    /// for a service.
    ///
    /// ```no_run
    /// use keycloak_session::{Credentials, KeyAlgorithm, PrivateKey};
    ///
    /// # fn run() -> Result<(), keycloak_session::Error> {
    /// let key = PrivateKey::from_pem_file(KeyAlgorithm::Es256, "/etc/user-sync/key.pem")?;
    /// let credentials = Credentials::private_key_jwt("user-sync", key);
    /// # Ok(())
    /// # }
    /// ```
    pub fn private_key_jwt(client_id: impl Into<String>, key: PrivateKey) -> Self {
        let key = AssertionSource::Key(key.into());
        Self::new(client_id.into(), ClientAuth::Assertion(key), Grant::Client)
    }

    /// A client with a service account and an assertion from a file, which another party signs, such as the token of a Kubernetes service account.
    /// The file is read for each token request, so it may change. It needs Keycloak 26.4 or newer, and a client authenticator for federated identities.
    pub fn assertion_file(client_id: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        let file = AssertionSource::File(path.into());
        Self::new(client_id.into(), ClientAuth::Assertion(file), Grant::Client)
    }

    /// A client with a service account that logs in with its TLS certificate (RFC 8705), from
    /// [`SessionBuilder::client_identity_pem`](crate::SessionBuilder::client_identity_pem). The client's authenticator has to be `client-x509`.
    pub fn mtls(client_id: impl Into<String>) -> Self {
        Self::new(client_id.into(), ClientAuth::None, Grant::Client)
    }

    /// A user's name and password, through the client `admin-cli`.
    ///
    /// Use it only to set up a new server as its first administrator. RFC 9700 forbids this grant elsewhere, and each login makes a session on the
    /// server. Create a client with a service account, then use [`Credentials::private_key_jwt`] or [`Credentials::client_secret`].
    pub fn password(username: impl Into<String>, password: impl Into<String>) -> Self {
        let grant = Grant::Password {
            username: username.into(),
            password: password.into().into(),
            totp: None,
        };
        Self::new(ADMIN_CLI.to_owned(), ClientAuth::None, grant)
    }

    /// A refresh token or an offline token of this client, from an earlier login.
    ///
    /// It is sent once, and the session goes on with the refresh token of the answer. It is sent again only if nobody received it, or if the
    /// answer had no refresh token. If refresh tokens rotate, Keycloak ends the user's session when one is used twice. So after a lost answer or a
    /// refused refresh token the session cannot log in, and each call fails with [`ErrorKind::Authentication`]. Use it in one session only.
    pub fn refresh_token(client_id: impl Into<String>, refresh_token: impl Into<String>) -> Self {
        let grant = Grant::Refresh(refresh_token.into().into());
        Self::new(client_id.into(), ClientAuth::None, grant)
    }

    /// A client whose user logs in with a browser, on this machine or on another one (the device authorization grant, RFC 8628). The client needs
    /// the attribute `oauth2.device.authorization.grant.enabled`.
    ///
    /// A session cannot ask its user, so these credentials belong to a [`TokenEndpoint`](crate::TokenEndpoint), which starts the login.
    pub fn device(client_id: impl Into<String>) -> Self {
        Self::new(client_id.into(), ClientAuth::None, Grant::Device)
    }

    /// An access token of another party, which a client exchanges for its own token (RFC 8693). The client needs the standard token exchange, and
    /// has to be in the audience of the token. It works until the token expires.
    pub fn token_exchange(
        client_id: impl Into<String>,
        secret: impl Into<String>,
        subject_token: impl Into<String>,
    ) -> Self {
        let grant = Grant::Exchange {
            subject_token: subject_token.into().into(),
            audience: None,
        };
        Self::new(
            client_id.into(),
            ClientAuth::Basic(secret.into().into()),
            grant,
        )
    }

    /// An access token from elsewhere. It is used as it is and cannot be renewed: a 401 is final. For tokens that change, write a
    /// [`TokenProvider`](crate::TokenProvider).
    pub fn token(access_token: impl Into<String>) -> Self {
        let grant = Grant::Token(access_token.into().into());
        Self::new(String::new(), ClientAuth::None, grant)
    }

    /// Sets the client id (the name) that logs in. It does not apply to [`Credentials::token`].
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        if matches!(self.grant, Grant::Token(_)) {
            return self.refuse("with_client_id", "a given token has no client id");
        }
        self.client_id = client_id.into();
        self
    }

    /// Sets the client's secret, for a login with a password, a refresh token or a device through a confidential client. It applies to nothing
    /// else.
    #[must_use]
    pub fn with_client_secret(mut self, secret: impl Into<String>) -> Self {
        if !matches!(
            self.grant,
            Grant::Password { .. } | Grant::Refresh(_) | Grant::Device
        ) {
            let why = "a client secret applies to a password, a refresh token or a device alone";
            return self.refuse("with_client_secret", why);
        }
        self.client = ClientAuth::Basic(secret.into().into());
        self
    }

    /// Sets the function that makes the one-time code of the moment (TOTP), for a login with a password. It applies to nothing else.
    #[must_use]
    pub fn with_totp(mut self, code: impl Fn() -> String + Send + Sync + 'static) -> Self {
        if let Grant::Password { totp, .. } = &mut self.grant {
            *totp = Some(Arc::new(code));
            return self;
        }
        self.refuse("with_totp", "a one-time code applies to a password alone")
    }

    /// Sets the client that an exchanged token is for. It applies to [`Credentials::token_exchange`] alone.
    #[must_use]
    pub fn with_audience(mut self, client_id: impl Into<String>) -> Self {
        if let Grant::Exchange { audience, .. } = &mut self.grant {
            *audience = Some(client_id.into());
            return self;
        }
        self.refuse(
            "with_audience",
            "it applies to a token exchange alone; the audience of a signed assertion is `with_assertion_audience`",
        )
    }

    /// Sets the audience of the assertion that this client signs. The default is the address of the session with `/realms/` and the realm. It
    /// applies to a private key or a secret that signs.
    #[must_use]
    pub fn with_assertion_audience(mut self, audience: impl Into<String>) -> Self {
        if !matches!(self.client, ClientAuth::Assertion(AssertionSource::Key(_))) {
            let why = "it applies to credentials that sign an assertion";
            return self.refuse("with_assertion_audience", why);
        }
        self.assertion_audience = Some(audience.into());
        self
    }

    /// Sets the scopes of the token, separated by spaces, such as `offline_access` or `organization`. It does not apply to
    /// [`Credentials::token`].
    #[must_use]
    pub fn with_scope(mut self, scope: impl Into<String>) -> Self {
        if matches!(self.grant, Grant::Token(_)) {
            return self.refuse("with_scope", "a given token has the scopes that it has");
        }
        self.scope = Some(scope.into());
        self
    }

    /// Remembers an option that does not apply. The first one is reported.
    fn refuse(mut self, option: &'static str, why: &'static str) -> Self {
        self.problem.get_or_insert((option, why));
        self
    }

    /// Fails if an option was set that does not apply.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.problem {
            Some((option, why)) => {
                let message = format!("`{option}` does not apply to these credentials: {why}");
                Err(Error::new(ErrorKind::Configuration, message))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grant = match self.grant {
            Grant::Password { .. } => "password",
            Grant::Client => "client_credentials",
            Grant::Refresh(_) => "refresh_token",
            Grant::Exchange { .. } => "token_exchange",
            Grant::Device => "device_code",
            Grant::Token(_) => "token",
        };
        f.debug_struct("Credentials")
            .field("grant", &grant)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
