//! The domains of a Phase Two organisation. They are set with the organisation itself, as its `domains`.

use keycloak_session::{BoxFuture, Error};
use phasetwo_api::Client as Api;
use phasetwo_api::organization_domains::{
    GetOrganizationDomain, ListOrganizationDomains, VerifyOrganizationDomain,
};
use phasetwo_api::types::OrganizationDomainRepresentation;

use super::organizations::Organization;
use crate::Call;

impl<'a> Organization<'a> {
    /// The organisation's domains.
    #[must_use]
    #[inline]
    pub fn domains(self) -> Domains<'a> {
        Domains { organization: self }
    }
}

/// The domains of a Phase Two organisation, from [`Organization::domains`].
#[derive(Clone, Copy, Debug)]
pub struct Domains<'a> {
    organization: Organization<'a>,
}

impl Domains<'_> {
    /// Lists the domains. `GET /realms/{realm}/orgs/{orgId}/domains`
    #[inline]
    pub fn list(self) -> Call<ListOrganizationDomains> {
        self.organization.at(Api::list_organization_domains)
    }

    /// Reads a domain, with the TXT record that proves its ownership. `GET /realms/{realm}/orgs/{orgId}/domains/{domainName}`
    #[inline]
    pub fn get(self, name: &str) -> Call<GetOrganizationDomain> {
        self.organization.at_key(name, Api::get_organization_domain)
    }

    /// Like [`get`](Self::get); `None` where the organisation has no such domain.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(
        self,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<OrganizationDomainRepresentation>, Error>> {
        self.get(name).optional()
    }

    /// Has the server look for the domain's TXT record, and returns the domain: `verified` says whether it was there.
    /// `POST /realms/{realm}/orgs/{orgId}/domains/{domainName}/verify`
    #[inline]
    pub fn verify(self, name: &str) -> Call<VerifyOrganizationDomain> {
        self.organization
            .at_key(name, Api::verify_organization_domain)
    }
}
