//! The user profile: the attributes of users, who may see and change them, and which values they may have.

use keycloak_api::types::UpConfig;
use keycloak_api::users::{GetUserProfileConfig, GetUserProfileMetadata, UpdateUserProfileConfig};
use keycloak_session::{Error, Response};

use crate::Realm;
use crate::modify::{Changed, Modify};

impl Realm {
    /// Returns a handle on the realm's user profile.
    #[must_use]
    pub fn user_profile(&self) -> UserProfile {
        UserProfile {
            realm: self.clone(),
        }
    }
}

/// The user profile of a realm, from [`Realm::user_profile`].
#[derive(Clone, Debug)]
pub struct UserProfile {
    realm: Realm,
}

impl UserProfile {
    /// Reads the configuration. `GET /admin/realms/{realm}/users/profile`
    pub fn get(&self) -> GetUserProfileConfig {
        self.realm
            .api()
            .get_user_profile_config()
            .realm(self.realm.name())
    }

    fn put(&self) -> UpdateUserProfileConfig {
        self.realm
            .api()
            .update_user_profile_config()
            .realm(self.realm.name())
    }

    /// Replaces the configuration and returns it as it is stored. `PUT /admin/realms/{realm}/users/profile`
    ///
    /// An attribute that is left out is no longer managed. A configuration that was read with [`get`](Self::get) and is written back loses the fields
    /// that the types do not know. [`modify`](Self::modify) keeps them.
    #[inline]
    pub fn update(&self, config: &UpConfig) -> UpdateUserProfileConfig {
        self.put().body(config)
    }

    /// Reads the configuration, changes it and writes it back whole. Returns the configuration as it is stored. If nothing is changed, nothing
    /// is written.
    ///
    /// Fields that the types do not know are kept. A change that another program makes between the two calls is lost. The session's timeout holds
    /// for all of it.
    ///
    /// ```no_run
    /// use keycloak_admin::types::UpAttribute;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let profile = keycloak.realm("acme").user_profile();
    /// let badge = UpAttribute::new().with_name("badge");
    /// profile.modify(|config| config.attributes.get_or_insert_default().push(badge)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn modify(
        &self,
        change: impl FnOnce(&mut UpConfig) + Send,
    ) -> Result<UpConfig, Error> {
        let modify = Modify::new(self.get(), self.put(), change);
        match modify.change().await? {
            Changed::Nothing(config) => Ok(config),
            Changed::Write(put) => put.send_json().await.map(Response::into_inner),
        }
    }

    /// Reads the user profile as forms need it: the attributes in order, with their requirements.
    /// `GET /admin/realms/{realm}/users/profile/metadata`
    pub fn get_metadata(&self) -> GetUserProfileMetadata {
        self.realm
            .api()
            .get_user_profile_metadata()
            .realm(self.realm.name())
    }
}
