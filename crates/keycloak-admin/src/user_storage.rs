//! User federation: users who live in an LDAP directory or another store, and come from there.
//!
//! A provider is a [component](crate::components) of the type `org.keycloak.storage.UserStorageProvider`, and so are its mappers, below it. What is
//! here is what can be done with them besides.

use keycloak_api::Client as Api;
use keycloak_api::types::TestLdapConnectionRepresentation;
use keycloak_api::user_storage::{
    GetUserStorageName, QueryLdapServerCapabilities, RemoveUserStorageImportedUsers,
    SyncUserStorage, SyncUserStorageMapper, TestLdapConnection, UnlinkUserStorageUsers,
};
use keycloak_session::Operation;

use crate::call::{CallExt as _, at};
use crate::{Call, Realm};

impl<'a> Realm<'a> {
    /// The user storage provider of this id, which is that of its component. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn user_storage(self, id: &'a str) -> UserStorage<'a> {
        UserStorage { realm: self, id }
    }

    /// Tries an LDAP connection out: `action` is `testConnection` or `testAuthentication`. A masked `bind_credential` is that of the provider
    /// `component_id`. `POST /admin/realms/{realm}/testLDAPConnection`
    #[inline]
    pub fn test_ldap_connection(
        self,
        settings: &TestLdapConnectionRepresentation,
    ) -> Call<TestLdapConnection> {
        self.at(|api| api.test_ldap_connection().body(settings))
    }

    /// Lists what an LDAP server says that it can do. `POST /admin/realms/{realm}/ldap-server-capabilities`
    #[inline]
    pub fn ldap_server_capabilities(
        self,
        settings: &TestLdapConnectionRepresentation,
    ) -> Call<QueryLdapServerCapabilities> {
        self.at(|api| api.query_ldap_server_capabilities().body(settings))
    }
}

/// Which users come from a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sync {
    /// All of them.
    Full,
    /// Those that have changed since the last time.
    Changed,
}

/// Which way a mapper copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the provider to Keycloak.
    FromProvider,
    /// From Keycloak to the provider.
    ToProvider,
}

/// One user storage provider, from [`Realm::user_storage`].
#[derive(Clone, Copy, Debug)]
pub struct UserStorage<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> UserStorage<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// Reads the provider's name, under the key `name`. `GET /admin/realms/{realm}/user-storage/{id}/name`
    #[inline]
    pub fn name(self) -> Call<GetUserStorageName> {
        self.at(Api::get_user_storage_name)
    }

    /// Imports users now; the answer says how many were added, updated, removed and failed. `POST /admin/realms/{realm}/user-storage/{id}/sync`
    #[inline]
    pub fn sync(self, users: Sync) -> Call<SyncUserStorage> {
        let action = match users {
            Sync::Full => "triggerFullSync",
            Sync::Changed => "triggerChangedUsersSync",
        };
        self.at(|api| api.sync_user_storage().action(action))
    }

    /// Removes the users that were imported; they stay in the store. `POST /admin/realms/{realm}/user-storage/{id}/remove-imported-users`
    #[inline]
    pub fn remove_imported_users(self) -> Call<RemoveUserStorageImportedUsers> {
        self.at(Api::remove_user_storage_imported_users)
    }

    /// Makes the users that were imported users of the realm's own. `POST /admin/realms/{realm}/user-storage/{id}/unlink-users`
    #[inline]
    pub fn unlink_users(self) -> Call<UnlinkUserStorageUsers> {
        self.at(Api::unlink_user_storage_users)
    }

    /// Copies what a mapper of the provider, named by its id, is about, such as groups or roles.
    /// `POST /admin/realms/{realm}/user-storage/{parentId}/mappers/{id}/sync`
    #[inline]
    pub fn sync_mapper(self, mapper_id: &str, direction: Direction) -> Call<SyncUserStorageMapper> {
        let direction = match direction {
            Direction::FromProvider => "fedToKeycloak",
            Direction::ToProvider => "keycloakToFed",
        };
        self.at(|api| api.sync_user_storage_mapper().direction(direction))
            .and_path(mapper_id)
    }
}
