//! The identity providers of the realm that belong to an organisation.

use keycloak_api::organizations::{
    AddIdentityProviderToOrganization, GetOrganizationIdentityProvider,
    ListOrganizationIdentityProviderGroups, ListOrganizationIdentityProviders,
    RemoveIdentityProviderFromOrganization,
};
use keycloak_api::types::IdentityProviderRepresentation;
use keycloak_session::Error;

use super::Organization;
use crate::Realm;

impl Organization {
    /// Returns a handle on the identity providers of the organisation.
    #[must_use]
    pub fn identity_providers(&self) -> IdentityProviders {
        IdentityProviders {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
        }
    }

    /// Returns a handle on the organisation's identity provider with this alias. Nothing is sent, so the organisation need not have it.
    #[must_use]
    pub fn identity_provider(&self, alias: impl Into<String>) -> IdentityProvider {
        IdentityProvider {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
            alias: alias.into(),
        }
    }
}

/// The identity providers of an organisation, from [`Organization::identity_providers`].
#[derive(Clone, Debug)]
pub struct IdentityProviders {
    realm: Realm,
    organization_id: String,
}

impl IdentityProviders {
    /// Lists the organisation's identity providers.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/identity-providers`
    pub fn list(&self) -> ListOrganizationIdentityProviders {
        self.realm
            .api()
            .list_organization_identity_providers()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Gives the organisation an identity provider of the realm. No other organisation may have it.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/identity-providers`
    #[inline]
    pub fn link(&self, alias: &str) -> AddIdentityProviderToOrganization {
        self.realm
            .api()
            .add_identity_provider_to_organization()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .body(alias)
    }
}

/// One identity provider of an organisation, from [`Organization::identity_provider`].
///
/// Its configuration is changed through [`Realm::identity_provider`].
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    realm: Realm,
    organization_id: String,
    alias: String,
}

impl IdentityProvider {
    /// Reads the identity provider.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/identity-providers/{alias}`
    pub fn get(&self) -> GetOrganizationIdentityProvider {
        self.realm
            .api()
            .get_organization_identity_provider()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
    }

    /// Reads the identity provider; `None` if the organisation does not have it.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/identity-providers/{alias}`
    pub async fn find(&self) -> Result<Option<IdentityProviderRepresentation>, Error> {
        self.get().optional().await
    }

    /// Takes the identity provider from the organisation. It stays in the realm.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/identity-providers/{alias}`
    pub fn unlink(&self) -> RemoveIdentityProviderFromOrganization {
        self.realm
            .api()
            .remove_identity_provider_from_organization()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
    }

    /// Lists the groups of the organisation that a mapper of the identity provider may put users into. Since Keycloak 26.6.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/identity-providers/{alias}/groups`
    pub fn list_groups(&self) -> ListOrganizationIdentityProviderGroups {
        self.realm
            .api()
            .list_organization_identity_provider_groups()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
    }
}
