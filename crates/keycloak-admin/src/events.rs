//! Events that the realm keeps: of users (login events) and of administrators (admin events).

use keycloak_api::realms_admin::{
    ClearAdminEvents, ClearEvents, GetEventsConfig, ListAdminEvents, ListEvents, UpdateEventsConfig,
};
use keycloak_api::types::RealmEventsConfigRepresentation;

use crate::{Modify, Realm};

impl Realm {
    /// Returns a handle on the login events, which record actions of users.
    #[must_use]
    pub fn events(&self) -> Events {
        Events {
            realm: self.clone(),
        }
    }

    /// Returns a handle on the admin events, which record actions of administrators.
    #[must_use]
    pub fn admin_events(&self) -> AdminEvents {
        AdminEvents {
            realm: self.clone(),
        }
    }
}

/// The login events of a realm, from [`Realm::events`].
#[derive(Clone, Debug)]
pub struct Events {
    realm: Realm,
}

impl Events {
    /// Lists the events, the newest first. Their `time` is in epoch milliseconds. `GET /admin/realms/{realm}/events`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let mut failures = keycloak.realm("acme").events().list().r#type(["LOGIN_ERROR"]).stream();
    /// while let Some(event) = failures.try_next().await? {
    ///     println!("{:?} {:?}", event.ip_address, event.error);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> ListEvents {
        self.realm.api().list_events().realm(self.realm.name())
    }

    /// Deletes all login events. `DELETE /admin/realms/{realm}/events`
    pub fn clear(&self) -> ClearEvents {
        self.realm.api().clear_events().realm(self.realm.name())
    }

    /// Reads which login events and admin events are kept, and for how many seconds. `GET /admin/realms/{realm}/events/config`
    pub fn get_config(&self) -> GetEventsConfig {
        self.realm
            .api()
            .get_events_config()
            .realm(self.realm.name())
    }

    fn put_config(&self) -> UpdateEventsConfig {
        self.realm
            .api()
            .update_events_config()
            .realm(self.realm.name())
    }

    /// Writes which events are kept. `PUT /admin/realms/{realm}/events/config`
    ///
    /// Without `events_enabled`, login events are no longer kept. Without `events_expiration`, they never expire. Any other field that is
    /// `None` stays as it is. An empty `enabled_event_types` stands for all types. A configuration that was read with [`get_config`](Self::get_config) and is
    /// written back loses the fields that the types do not know. [`modify_config`](Self::modify_config) keeps them.
    #[inline]
    pub fn update_config(&self, config: &RealmEventsConfigRepresentation) -> UpdateEventsConfig {
        self.put_config().body(config)
    }

    /// Reads the configuration of events, changes it and writes it back whole. If nothing is changed, nothing is written.
    pub fn modify_config<'f>(
        &self,
        change: impl FnOnce(&mut RealmEventsConfigRepresentation) + Send + 'f,
    ) -> Modify<'f, RealmEventsConfigRepresentation> {
        Modify::new(self.get_config(), self.put_config(), change)
    }
}

/// The admin events of a realm, from [`Realm::admin_events`].
#[derive(Clone, Debug)]
pub struct AdminEvents {
    realm: Realm,
}

impl AdminEvents {
    /// Lists the events, the newest first. Their `time` is in epoch milliseconds. `GET /admin/realms/{realm}/admin-events`
    pub fn list(&self) -> ListAdminEvents {
        self.realm
            .api()
            .list_admin_events()
            .realm(self.realm.name())
    }

    /// Deletes all admin events. `DELETE /admin/realms/{realm}/admin-events`
    pub fn clear(&self) -> ClearAdminEvents {
        self.realm
            .api()
            .clear_admin_events()
            .realm(self.realm.name())
    }
}
