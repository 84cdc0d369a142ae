//! Events: what users did (login events) and what administrators did (admin events), as far as the realm keeps them.

use keycloak_api::Client as Api;
use keycloak_api::realms_admin::{
    ClearAdminEvents, ClearEvents, GetEventsConfig, ListAdminEvents, ListEvents, UpdateEventsConfig,
};
use keycloak_api::types::RealmEventsConfigRepresentation;
use keycloak_session::Error;

use crate::{Call, Realm, modify};

impl<'a> Realm<'a> {
    /// What users did.
    #[must_use]
    #[inline]
    pub fn events(self) -> Events<'a> {
        Events { realm: self }
    }

    /// What administrators did.
    #[must_use]
    #[inline]
    pub fn admin_events(self) -> AdminEvents<'a> {
        AdminEvents { realm: self }
    }
}

/// The login events of a realm, from [`Realm::events`].
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    realm: Realm<'a>,
}

impl Events<'_> {
    /// Lists the events, the newest first; `time` is in epoch milliseconds. `GET /admin/realms/{realm}/events`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let failures = keycloak.realm("acme").events().list().query(|q| q.r#type(["LOGIN_ERROR"]));
    /// let mut failures = failures.stream();
    /// while let Some(event) = failures.try_next().await? {
    ///     println!("{:?} {:?}", event.ip_address, event.error);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<ListEvents> {
        self.realm.at(Api::list_events)
    }

    /// Deletes all events. `DELETE /admin/realms/{realm}/events`
    #[inline]
    pub fn clear(self) -> Call<ClearEvents> {
        self.realm.at(Api::clear_events)
    }

    /// Reads which events are kept, of both kinds, and for how many seconds. `GET /admin/realms/{realm}/events/config`
    #[inline]
    pub fn config(self) -> Call<GetEventsConfig> {
        self.realm.at(Api::get_events_config)
    }

    /// Writes which events are kept. `PUT /admin/realms/{realm}/events/config`
    #[inline]
    pub fn update_config(
        self,
        config: &RealmEventsConfigRepresentation,
    ) -> Call<UpdateEventsConfig> {
        self.realm.at(|api| api.update_events_config().body(config))
    }

    /// Reads which events are kept, changes that and writes it back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify_config<F>(
        self,
        change: F,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut RealmEventsConfigRepresentation) + Send,
    {
        modify::modify(
            self.config(),
            self.realm.at(Api::update_events_config),
            change,
        )
    }
}

/// The admin events of a realm, from [`Realm::admin_events`].
#[derive(Clone, Copy, Debug)]
pub struct AdminEvents<'a> {
    realm: Realm<'a>,
}

impl AdminEvents<'_> {
    /// Lists the events, the newest first; `time` is in epoch milliseconds. `GET /admin/realms/{realm}/admin-events`
    #[inline]
    pub fn list(self) -> Call<ListAdminEvents> {
        self.realm.at(Api::list_admin_events)
    }

    /// Deletes all admin events. `DELETE /admin/realms/{realm}/admin-events`
    #[inline]
    pub fn clear(self) -> Call<ClearAdminEvents> {
        self.realm.at(Api::clear_admin_events)
    }
}
