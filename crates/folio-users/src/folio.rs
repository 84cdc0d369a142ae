//! The server and its tenants.

use std::fmt;

use folio_users_api::Client as Api;
use folio_users_api::types::CompositeUser;
use folio_users_api::users::GetUserBySelfReference;
use keycloak_session::{Session, SessionBuilder};
use serde_json::Value;

use crate::{IdpMigrations, Migration, Migrations, Passwords, User, Users};

/// A FOLIO server and the identity that works on it.
///
/// Cheap to clone: clones share connections, token and settings. `Debug` prints the address alone.
#[derive(Clone)]
pub struct Folio {
    api: Api,
}

impl Folio {
    /// Starts the settings of a client of the gateway or sidecar at this address. [`SessionBuilder::build`] makes the client and
    /// reports a wrong address.
    ///
    /// [`SessionBuilder::credentials`] logs in at `/realms/{realm}` of the same address. FOLIO has a realm for each tenant, of the same
    /// name: set it with [`SessionBuilder::auth_realm`]. Most often Keycloak has an address of its own. Use
    /// [`Credentials::token`](crate::Credentials::token) then, or set a [`SessionBuilder::token_provider`], such as a session with Keycloak.
    ///
    /// Servers that do not read the bearer token need it in the header `x-okapi-token`. [`SessionBuilder::token_header`] sends it there as
    /// well:
    ///
    /// ```
    /// use folio_users::{Credentials, Folio};
    ///
    /// # fn main() -> Result<(), folio_users::Error> {
    /// let folio = Folio::builder("https://folio.example.com")
    ///     .credentials(Credentials::token("a-token"))
    ///     .token_header("x-okapi-token")
    ///     .build()?;
    /// # let _ = folio;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(url: &str) -> SessionBuilder<Self> {
        SessionBuilder::new(url).user_agent(concat!("folio-users/", env!("CARGO_PKG_VERSION")))
    }

    /// Makes a client that uses an existing session.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self {
            api: Api::new(session),
        }
    }

    /// Returns the tenant of this name. It sends nothing, so the tenant need not exist.
    #[must_use]
    pub fn tenant(&self, name: impl Into<String>) -> Tenant {
        Tenant {
            folio: self.clone(),
            name: name.into(),
        }
    }

    /// Returns the generated client, in this session. It has every operation with every parameter. Its calls have to name the tenant.
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

/// One tenant, from [`Folio::tenant`].
#[derive(Clone, Debug)]
pub struct Tenant {
    folio: Folio,
    name: String,
}

impl Tenant {
    pub(crate) fn api(&self) -> &Api {
        self.folio.api()
    }

    /// Returns the tenant's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the tenant's users.
    #[must_use]
    pub fn users(&self) -> Users {
        Users::new(self.clone())
    }

    /// Returns the user of this id, a UUID. It sends nothing, so the user need not exist.
    #[must_use]
    pub fn user(&self, id: impl Into<String>) -> User {
        User::new(self.clone(), id.into())
    }

    /// Returns the migrations of the tenant's users to Keycloak.
    #[must_use]
    pub fn migrations(&self) -> Migrations {
        Migrations::new(self.clone())
    }

    /// Returns the migration of this id, a UUID. It sends nothing, so the migration need not exist.
    #[must_use]
    pub fn migration(&self, id: impl Into<String>) -> Migration {
        Migration::new(self.clone(), id.into())
    }

    /// Returns the links of the tenant's users to the identity provider of a central tenant.
    #[must_use]
    pub fn idp_migrations(&self) -> IdpMigrations {
        IdpMigrations::new(self.clone())
    }

    /// Returns the calls for forgotten usernames and passwords.
    #[must_use]
    pub fn passwords(&self) -> Passwords {
        Passwords::new(self.clone())
    }

    /// Gets the user whose token the session has, with the permissions and the service points.
    /// `GET /users-keycloak/_self`
    ///
    /// The permissions are names, or objects with the name in `permissionName` if `.expand_permissions(true)` is set.
    /// [`permission_names`](crate::permission_names) reads both. The service ignores `.include(..)`, and never sends the patron group or the
    /// proxies.
    ///
    /// ```no_run
    /// use folio_users::permission_names;
    ///
    /// # async fn run(folio: folio_users::Folio) -> Result<(), folio_users::Error> {
    /// let myself = folio.tenant("diku").get_current_user().await?;
    /// println!("{:?} may {:?}", myself.original_tenant_id, permission_names(&myself));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_current_user(&self) -> GetUserBySelfReference {
        self.api()
            .get_user_by_self_reference()
            .x_okapi_tenant(self.name())
    }
}

/// Returns the names of the permissions of a composite user, also if they are expanded.
#[must_use]
pub fn permission_names(user: &CompositeUser) -> Vec<&str> {
    let permissions = user.permissions.as_ref();
    let permissions = permissions.and_then(|permissions| permissions.permissions.as_ref());
    permissions
        .into_iter()
        .flatten()
        .filter_map(permission_name)
        .collect()
}

fn permission_name(permission: &Value) -> Option<&str> {
    match permission {
        Value::String(name) => Some(name),
        expanded => expanded.get("permissionName")?.as_str(),
    }
}
