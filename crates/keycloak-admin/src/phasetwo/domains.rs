//! The domains of a Phase Two organisation. To add or remove one, change the organisation's `domains`.

use keycloak_session::Error;
use phasetwo_api::organization_domains::{
    GetOrganizationDomain, ListOrganizationDomains, VerifyOrganizationDomain,
};
use phasetwo_api::types::OrganizationDomainRepresentation;

use super::organizations::Organization;
use crate::Realm;

impl Organization {
    /// Returns a handle on the organisation's domains.
    #[must_use]
    pub fn domains(&self) -> Domains {
        Domains {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
        }
    }

    /// Returns a handle on the organisation's domain with this name. Nothing is sent, so the organisation need not have it.
    #[must_use]
    pub fn domain(&self, name: impl Into<String>) -> Domain {
        Domain {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
            name: name.into(),
        }
    }
}

/// The domains of a Phase Two organisation, from [`Organization::domains`].
#[derive(Clone, Debug)]
pub struct Domains {
    realm: Realm,
    organization_id: String,
}

impl Domains {
    /// Lists the domains. `GET /realms/{realm}/orgs/{orgId}/domains`
    pub fn list(&self) -> ListOrganizationDomains {
        self.realm
            .phasetwo_api()
            .list_organization_domains()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }
}

/// One domain of a Phase Two organisation, from [`Organization::domain`].
#[derive(Clone, Debug)]
pub struct Domain {
    realm: Realm,
    organization_id: String,
    name: String,
}

impl Domain {
    /// Reads the domain, with the TXT record that proves its ownership. `GET /realms/{realm}/orgs/{orgId}/domains/{domainName}`
    pub fn get(&self) -> GetOrganizationDomain {
        self.realm
            .phasetwo_api()
            .get_organization_domain()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .domain_name(&self.name)
    }

    /// Reads the domain; `None` if the organisation does not have it. `GET /realms/{realm}/orgs/{orgId}/domains/{domainName}`
    pub async fn find(&self) -> Result<Option<OrganizationDomainRepresentation>, Error> {
        self.get().optional().await
    }

    /// Makes the server look for the domain's TXT record, and returns the domain. `verified` says whether the record was there.
    /// `POST /realms/{realm}/orgs/{orgId}/domains/{domainName}/verify`
    pub fn verify(&self) -> VerifyOrganizationDomain {
        self.realm
            .phasetwo_api()
            .verify_organization_domain()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .domain_name(&self.name)
    }
}
