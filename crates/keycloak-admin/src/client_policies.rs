//! Client policies, and the client profiles that they put into force.

use keycloak_api::Client as Api;
use keycloak_api::realms_admin::{
    GetClientPolicies, GetClientProfiles, UpdateClientPolicies, UpdateClientProfiles,
};
use keycloak_api::types::{ClientPoliciesRepresentation, ClientProfilesRepresentation};
use keycloak_session::Error;

use crate::{Call, Realm, modify};

impl Realm<'_> {
    /// Reads the client policies; with the query `include_global_policies(true)` also Keycloak's own.
    /// `GET /admin/realms/{realm}/client-policies/policies`
    #[inline]
    pub fn client_policies(self) -> Call<GetClientPolicies> {
        self.at(Api::get_client_policies)
    }

    /// Writes all client policies of the realm: one that is left out is deleted. `PUT /admin/realms/{realm}/client-policies/policies`
    #[inline]
    pub fn update_client_policies(
        self,
        policies: &ClientPoliciesRepresentation,
    ) -> Call<UpdateClientPolicies> {
        self.at(|api| api.update_client_policies().body(policies))
    }

    /// Reads the client policies, changes them and writes them back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify_client_policies<F>(
        self,
        change: F,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut ClientPoliciesRepresentation) + Send,
    {
        modify::modify(
            self.client_policies(),
            self.at(Api::update_client_policies),
            change,
        )
    }

    /// Reads the client profiles; with the query `include_global_profiles(true)` also Keycloak's own.
    /// `GET /admin/realms/{realm}/client-policies/profiles`
    #[inline]
    pub fn client_profiles(self) -> Call<GetClientProfiles> {
        self.at(Api::get_client_profiles)
    }

    /// Writes all client profiles of the realm: one that is left out is deleted. `PUT /admin/realms/{realm}/client-policies/profiles`
    #[inline]
    pub fn update_client_profiles(
        self,
        profiles: &ClientProfilesRepresentation,
    ) -> Call<UpdateClientProfiles> {
        self.at(|api| api.update_client_profiles().body(profiles))
    }

    /// Reads the client profiles, changes them and writes them back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify_client_profiles<F>(
        self,
        change: F,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut ClientProfilesRepresentation) + Send,
    {
        modify::modify(
            self.client_profiles(),
            self.at(Api::update_client_profiles),
            change,
        )
    }
}
