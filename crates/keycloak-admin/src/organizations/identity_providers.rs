//! The realm's identity providers that belong to an organisation.

use keycloak_api::Client as Api;
use keycloak_api::organizations::{
    AddIdentityProviderToOrganization, GetOrganizationIdentityProvider,
    ListOrganizationIdentityProviderGroups, ListOrganizationIdentityProviders,
    RemoveIdentityProviderFromOrganization,
};
use keycloak_api::types::IdentityProviderRepresentation;
use keycloak_session::{BoxFuture, Error};

use super::Organization;
use crate::Call;

impl<'a> Organization<'a> {
    /// The identity providers of the organisation.
    #[must_use]
    #[inline]
    pub fn identity_providers(self) -> IdentityProviders<'a> {
        IdentityProviders { organization: self }
    }
}

/// The identity providers of an organisation, from [`Organization::identity_providers`].
#[derive(Clone, Copy, Debug)]
pub struct IdentityProviders<'a> {
    organization: Organization<'a>,
}

impl IdentityProviders<'_> {
    /// Lists the organisation's identity providers.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/identity-providers`
    #[inline]
    pub fn list(self) -> Call<ListOrganizationIdentityProviders> {
        self.organization
            .at(Api::list_organization_identity_providers)
    }

    /// Gives the organisation an identity provider of the realm, which no other organisation may have.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/identity-providers`
    #[inline]
    pub fn link(self, alias: &str) -> Call<AddIdentityProviderToOrganization> {
        self.organization
            .at(|api| api.add_identity_provider_to_organization().body(alias))
    }

    /// Takes an identity provider from the organisation; it stays in the realm.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/identity-providers/{alias}`
    #[inline]
    pub fn unlink(self, alias: &str) -> Call<RemoveIdentityProviderFromOrganization> {
        self.organization.at(|api| {
            api.remove_identity_provider_from_organization()
                .alias(alias)
        })
    }

    /// Reads an identity provider of the organisation.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/identity-providers/{alias}`
    #[inline]
    pub fn get(self, alias: &str) -> Call<GetOrganizationIdentityProvider> {
        self.organization
            .at(|api| api.get_organization_identity_provider().alias(alias))
    }

    /// Like [`get`](Self::get); `None` where the organisation has no identity provider of this alias.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(
        self,
        alias: &str,
    ) -> BoxFuture<'static, Result<Option<IdentityProviderRepresentation>, Error>> {
        self.get(alias).optional()
    }

    /// Lists the organisation's groups that a mapper of the identity provider may put people into. Since Keycloak 26.6.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/identity-providers/{alias}/groups`
    #[inline]
    pub fn groups(self, alias: &str) -> Call<ListOrganizationIdentityProviderGroups> {
        self.organization.at(|api| {
            api.list_organization_identity_provider_groups()
                .alias(alias)
        })
    }
}
