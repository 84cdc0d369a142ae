//! Initial access tokens, with which clients register themselves, and the policies of that registration.

use keycloak_api::client_initial_access::{
    CreateInitialAccessToken, DeleteInitialAccessToken, ListInitialAccessTokens,
};
use keycloak_api::client_registration_policy::ListClientRegistrationPolicyProviders;
use keycloak_api::types::ClientInitialAccessCreatePresentation;

use crate::Realm;

impl Realm {
    /// Returns a handle on the realm's initial access tokens.
    #[must_use]
    pub fn initial_access_tokens(&self) -> InitialAccessTokens {
        InitialAccessTokens {
            realm: self.clone(),
        }
    }

    /// Lists the types of client registration policies. The policies themselves are [components](crate::components).
    /// `GET /admin/realms/{realm}/client-registration-policy/providers`
    pub fn list_client_registration_policy_providers(
        &self,
    ) -> ListClientRegistrationPolicyProviders {
        self.api()
            .list_client_registration_policy_providers()
            .realm(self.name())
    }
}

/// The initial access tokens of a realm, from [`Realm::initial_access_tokens`].
#[derive(Clone, Debug)]
pub struct InitialAccessTokens {
    realm: Realm,
}

impl InitialAccessTokens {
    /// Lists the initial access tokens, without the tokens themselves. `GET /admin/realms/{realm}/clients-initial-access`
    pub fn list(&self) -> ListInitialAccessTokens {
        self.realm
            .api()
            .list_initial_access_tokens()
            .realm(self.realm.name())
    }

    /// Creates an initial access token, with which `count` clients can register within `expiration` seconds.
    /// `POST /admin/realms/{realm}/clients-initial-access`
    ///
    /// The field `token` of the answer is the token. It cannot be read again.
    #[inline]
    pub fn create(
        &self,
        token: &ClientInitialAccessCreatePresentation,
    ) -> CreateInitialAccessToken {
        self.realm
            .api()
            .create_initial_access_token()
            .realm(self.realm.name())
            .body(token)
    }

    /// Deletes the initial access token with this id: no client can register with it any more.
    /// `DELETE /admin/realms/{realm}/clients-initial-access/{id}`
    pub fn delete(&self, id: &str) -> DeleteInitialAccessToken {
        self.realm
            .api()
            .delete_initial_access_token()
            .realm(self.realm.name())
            .id(id)
    }
}
