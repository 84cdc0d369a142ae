//! The user profile: which attributes users have, who may see and change them, and what they may hold.

use keycloak_api::Client as Api;
use keycloak_api::types::UpConfig;
use keycloak_api::users::{GetUserProfileConfig, GetUserProfileMetadata, UpdateUserProfileConfig};
use keycloak_session::{BoxFuture, Error};

use crate::{Call, Realm};

impl<'a> Realm<'a> {
    /// The realm's user profile.
    #[must_use]
    #[inline]
    pub fn user_profile(self) -> UserProfile<'a> {
        UserProfile { realm: self }
    }
}

/// The user profile of a realm, from [`Realm::user_profile`].
#[derive(Clone, Copy, Debug)]
pub struct UserProfile<'a> {
    realm: Realm<'a>,
}

impl UserProfile<'_> {
    /// Reads the configuration. `GET /admin/realms/{realm}/users/profile`
    #[inline]
    pub fn get(self) -> Call<GetUserProfileConfig> {
        self.realm.at(Api::get_user_profile_config)
    }

    /// Writes the configuration whole, and returns it as it is stored: an attribute that is left out is no longer managed.
    /// `PUT /admin/realms/{realm}/users/profile`
    #[inline]
    pub fn update(self, config: &UpConfig) -> Call<UpdateUserProfileConfig> {
        self.realm
            .at(|api| api.update_user_profile_config().body(config))
    }

    /// Reads the configuration, changes it, writes it back whole and returns it as it is stored.
    #[inline]
    pub fn modify<F>(self, change: F) -> BoxFuture<'static, Result<UpConfig, Error>>
    where
        F: FnOnce(&mut UpConfig) + Send + 'static,
    {
        let (get, put) = (self.get(), self.realm.at(Api::update_user_profile_config));
        Box::pin(async move {
            let mut config = get.await?;
            change(&mut config);
            put.query(|q| q.body(config)).await
        })
    }

    /// Reads what the configuration comes to for a form: attributes in order, with what is required of them.
    /// `GET /admin/realms/{realm}/users/profile/metadata`
    #[inline]
    pub fn metadata(self) -> Call<GetUserProfileMetadata> {
        self.realm.at(Api::get_user_profile_metadata)
    }
}
