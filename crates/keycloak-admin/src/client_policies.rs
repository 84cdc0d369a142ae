//! Client policies, and the client profiles that they put into force.

use keycloak_api::realms_admin::{
    GetClientPolicies, GetClientProfiles, UpdateClientPolicies, UpdateClientProfiles,
};
use keycloak_api::types::{ClientPoliciesRepresentation, ClientProfilesRepresentation};

use crate::{Modify, Realm};

impl Realm {
    /// Reads the client policies. `GET /admin/realms/{realm}/client-policies/policies`
    ///
    /// With `include_global_policies(true)` the answer has Keycloak's own policies as well.
    pub fn get_client_policies(&self) -> GetClientPolicies {
        self.api().get_client_policies().realm(self.name())
    }

    /// Writes all client policies of the realm. A policy that is left out is deleted. `PUT /admin/realms/{realm}/client-policies/policies`
    ///
    /// [`modify_client_policies`](Self::modify_client_policies) keeps the other policies, and the fields that the types do not know.
    #[inline]
    pub fn update_client_policies(
        &self,
        policies: &ClientPoliciesRepresentation,
    ) -> UpdateClientPolicies {
        self.api()
            .update_client_policies()
            .realm(self.name())
            .body(policies)
    }

    /// Reads the client policies, changes them and writes them back whole. If nothing is changed, nothing is written.
    pub fn modify_client_policies<'f>(
        &self,
        change: impl FnOnce(&mut ClientPoliciesRepresentation) + Send + 'f,
    ) -> Modify<'f, ClientPoliciesRepresentation> {
        let put = self.api().update_client_policies().realm(self.name());
        Modify::new(self.get_client_policies(), put, change)
    }

    /// Reads the client profiles. `GET /admin/realms/{realm}/client-policies/profiles`
    ///
    /// With `include_global_profiles(true)` the answer has Keycloak's own profiles as well.
    pub fn get_client_profiles(&self) -> GetClientProfiles {
        self.api().get_client_profiles().realm(self.name())
    }

    /// Writes all client profiles of the realm. A profile that is left out is deleted. `PUT /admin/realms/{realm}/client-policies/profiles`
    ///
    /// [`modify_client_profiles`](Self::modify_client_profiles) keeps the other profiles, and the fields that the types do not know.
    #[inline]
    pub fn update_client_profiles(
        &self,
        profiles: &ClientProfilesRepresentation,
    ) -> UpdateClientProfiles {
        self.api()
            .update_client_profiles()
            .realm(self.name())
            .body(profiles)
    }

    /// Reads the client profiles, changes them and writes them back whole. If nothing is changed, nothing is written.
    pub fn modify_client_profiles<'f>(
        &self,
        change: impl FnOnce(&mut ClientProfilesRepresentation) + Send + 'f,
    ) -> Modify<'f, ClientProfilesRepresentation> {
        let put = self.api().update_client_profiles().realm(self.name());
        Modify::new(self.get_client_profiles(), put, change)
    }
}
