//! The server.

use std::fmt;

use keycloak_session::{Error, Request, Session, SessionBuilder};

use crate::Realm;
use crate::realms::Realms;

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
///     .auth_realm("acme") // the realm the credentials belong to; the default is `master`
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
    /// Starts a client of the server at this address: `https://sso.example.com`, or with a path prefix, `https://sso.example.com/auth`.
    /// [`SessionBuilder::build`] reports a wrong address.
    pub fn builder(url: &str) -> SessionBuilder<Self> {
        let user_agent = concat!("keycloak-admin/", env!("CARGO_PKG_VERSION"));
        SessionBuilder::new(url).user_agent(user_agent)
    }

    /// Makes a client on an existing session.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self {
            #[cfg(feature = "phasetwo")]
            phasetwo_api: phasetwo_api::Client::new(session.clone()),
            api: keycloak_api::Client::new(session),
        }
    }

    /// Returns a handle on the realm of this name. Nothing is sent, so the realm need not exist.
    #[must_use]
    pub fn realm(&self, name: impl Into<String>) -> Realm {
        Realm::new(self, name.into())
    }

    /// Returns a handle on all realms, to list them and to create one.
    #[must_use]
    pub fn realms(&self) -> Realms {
        Realms::new(self)
    }

    /// Logs out: ends the session on the server if the login made one. The next call logs in anew. See [`Session::logout`].
    pub async fn logout(&self) -> Result<(), Error> {
        self.session().logout().await
    }

    /// Returns the generated client of the Admin REST API, in this session: every operation, with every parameter.
    #[must_use]
    pub fn api(&self) -> &keycloak_api::Client {
        &self.api
    }

    /// Returns the generated client of Phase Two's extensions, in this session.
    #[cfg(feature = "phasetwo")]
    #[must_use]
    pub fn phasetwo_api(&self) -> &phasetwo_api::Client {
        &self.phasetwo_api
    }

    /// Returns the session: the address, the token, and the way down to any [`Request`].
    #[must_use]
    pub fn session(&self) -> &Session {
        self.api.session()
    }

    pub(crate) fn with_options_of(&self, request: &Request) -> Self {
        Self::new(self.session().with_options_of(request))
    }
}

impl fmt::Debug for Keycloak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keycloak")
            .field("base_url", &self.session().base_url())
            .finish_non_exhaustive()
    }
}

impl From<Session> for Keycloak {
    fn from(session: Session) -> Self {
        Self::new(session)
    }
}
