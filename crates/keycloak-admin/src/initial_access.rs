//! Initial access tokens, with which clients register themselves, and the policies of that registration.

use keycloak_api::Client as Api;
use keycloak_api::client_initial_access::{
    CreateInitialAccessToken, DeleteInitialAccessToken, ListInitialAccessTokens,
};
use keycloak_api::client_registration_policy::ListClientRegistrationPolicyProviders;
use keycloak_api::types::ClientInitialAccessCreatePresentation;

use crate::call::CallExt as _;
use crate::{Call, Realm};

impl<'a> Realm<'a> {
    /// The realm's initial access tokens.
    #[must_use]
    #[inline]
    pub fn initial_access_tokens(self) -> InitialAccessTokens<'a> {
        InitialAccessTokens { realm: self }
    }

    /// Lists what the registration of clients can be restricted by; the policies themselves are [components](crate::components).
    /// `GET /admin/realms/{realm}/client-registration-policy/providers`
    #[inline]
    pub fn client_registration_policy_providers(
        self,
    ) -> Call<ListClientRegistrationPolicyProviders> {
        self.at(Api::list_client_registration_policy_providers)
    }
}

/// The initial access tokens of a realm, from [`Realm::initial_access_tokens`].
#[derive(Clone, Copy, Debug)]
pub struct InitialAccessTokens<'a> {
    realm: Realm<'a>,
}

impl InitialAccessTokens<'_> {
    /// Lists them, without the tokens themselves. `GET /admin/realms/{realm}/clients-initial-access`
    #[inline]
    pub fn list(self) -> Call<ListInitialAccessTokens> {
        self.realm.at(Api::list_initial_access_tokens)
    }

    /// Makes one: for `count` clients, for `expiration` seconds. The answer holds the `token`; it cannot be read again.
    /// `POST /admin/realms/{realm}/clients-initial-access`
    #[inline]
    pub fn create(
        self,
        token: &ClientInitialAccessCreatePresentation,
    ) -> Call<CreateInitialAccessToken> {
        self.realm
            .at(|api| api.create_initial_access_token().body(token))
    }

    /// Makes one void. `DELETE /admin/realms/{realm}/clients-initial-access/{id}`
    #[inline]
    pub fn delete(self, id: &str) -> Call<DeleteInitialAccessToken> {
        self.realm.at(Api::delete_initial_access_token).and_path(id)
    }
}
