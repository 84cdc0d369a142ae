//! SCIM for Phase Two organisations: an identity provider creates, changes and deletes the members.
//!
//! Servers with keycloak-orgs 0.168 or newer have it, in realms whose configuration of organisations has `scim_enabled`. Otherwise every call
//! here is answered with 404, and [`is_without_scim`] tells that from an organisation that has no SCIM.

use keycloak_session::{Error, ErrorKind};
use phasetwo_api::organizations::{
    CreateOrganizationScim, DeleteOrganizationScim, GetOrganizationScim, UpdateOrganizationScim,
};
use phasetwo_api::types::OrganizationScimRepresentation;

use super::organizations::Organization;
use crate::{Modify, Realm};

/// The messages of a 404 of a server that has no such endpoint, or hides it.
const NO_ENDPOINT: [&str; 2] = [
    "Unable to find matching target resource method",
    "HTTP 404 Not Found",
];

/// The beginning of the message if an organisation has no SCIM.
const NO_CONFIGURATION: &str = "No SCIM configuration";

impl Organization {
    /// Returns a handle on the organisation's SCIM. Nothing is sent, so it need not be set up.
    #[must_use]
    pub fn scim(&self) -> Scim {
        Scim {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
        }
    }
}

/// Returns whether an error says that the server or the realm has no SCIM for organisations: its extension is older than keycloak-orgs 0.168,
/// or the realm's configuration of organisations is without `scim_enabled`.
#[must_use]
pub fn is_without_scim(error: &Error) -> bool {
    let is_it = |message| NO_ENDPOINT.contains(&message);
    error.is_not_found() && error.message().is_some_and(is_it)
}

/// The SCIM of a Phase Two organisation, from [`Organization::scim`].
#[derive(Clone, Debug)]
pub struct Scim {
    realm: Realm,
    organization_id: String,
}

impl Scim {
    /// Reads how the organisation is provisioned, without its secrets. `GET /realms/{realm}/orgs/{orgId}/scim`
    pub fn get(&self) -> GetOrganizationScim {
        self.realm
            .phasetwo_api()
            .get_organization_scim()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Reads how the organisation is provisioned; `None` if SCIM is not set up for it. `GET /realms/{realm}/orgs/{orgId}/scim`
    ///
    /// A server without SCIM is an error that says so, and so is an organisation that does not exist.
    pub async fn find(&self) -> Result<Option<OrganizationScimRepresentation>, Error> {
        unless_absent(self.get().await)
    }

    /// Sets up SCIM, and returns how the organisation is provisioned. `POST /realms/{realm}/orgs/{orgId}/scim`
    ///
    /// If the organisation has SCIM already, the server answers 409.
    #[inline]
    pub fn create(&self, scim: &OrganizationScimRepresentation) -> CreateOrganizationScim {
        self.realm
            .phasetwo_api()
            .create_organization_scim()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .body(scim)
    }

    /// Replaces how the organisation is provisioned, and returns it. `PUT /realms/{realm}/orgs/{orgId}/scim`
    ///
    /// A secret that is left out stays. Other fields that are left out get their defaults, also those that the types do not know.
    /// [`modify`](Self::modify) changes a part.
    #[inline]
    pub fn update(&self, scim: &OrganizationScimRepresentation) -> UpdateOrganizationScim {
        self.put().body(scim)
    }

    /// Reads how the organisation is provisioned, changes it and writes it back whole. Its secrets stay. If nothing is changed, nothing is
    /// written.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut OrganizationScimRepresentation) + Send + 'f,
    ) -> Modify<'f, OrganizationScimRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    fn put(&self) -> UpdateOrganizationScim {
        self.realm
            .phasetwo_api()
            .update_organization_scim()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Removes SCIM from the organisation. Its members stay. `DELETE /realms/{realm}/orgs/{orgId}/scim`
    pub fn delete(&self) -> DeleteOrganizationScim {
        self.realm
            .phasetwo_api()
            .delete_organization_scim()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Removes SCIM from the organisation if it is set up. Returns whether it was. `DELETE /realms/{realm}/orgs/{orgId}/scim`
    ///
    /// A server without SCIM is an error that says so, and so is an organisation that does not exist.
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(unless_absent(self.delete().await)?.is_some())
    }
}

/// Returns `None` if the organisation has no SCIM, and explains the error of a server that has none at all.
fn unless_absent<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    let error = match result {
        Ok(value) => return Ok(Some(value)),
        Err(error) => error,
    };
    let message = error.message().unwrap_or_default();
    if error.is_not_found() && message.starts_with(NO_CONFIGURATION) {
        return Ok(None);
    }
    Err(if is_without_scim(&error) {
        without_scim(error)
    } else {
        error
    })
}

fn without_scim(cause: Error) -> Error {
    let message = "the server has no SCIM for organisations: it needs keycloak-orgs 0.168 or newer, and `scim_enabled` in the realm's \
                   configuration of organisations";
    let mut error = Error::new(ErrorKind::NotFound, message).with_http_status(404);
    if let Some(operation) = cause.operation() {
        error = error.with_operation(operation);
    }
    error.with_source(cause)
}
