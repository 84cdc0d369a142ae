//! User federation: users from an LDAP directory or from another store.
//!
//! A user storage provider is a [component](crate::components) of the type `org.keycloak.storage.UserStorageProvider`. Its mappers are
//! components below it. The methods here are those that components do not have.

use keycloak_api::types::TestLdapConnectionRepresentation;
use keycloak_api::user_storage::{
    QueryLdapServerCapabilities, RemoveUserStorageImportedUsers, SyncUserStorage,
    SyncUserStorageMapper, TestLdapConnection, UnlinkUserStorageUsers,
};
use keycloak_session::{ApiCall as _, Error, ErrorKind};

use crate::Realm;

impl Realm {
    /// Returns a handle on the user storage provider of this id, which is the id of its component. Nothing is sent, so the provider need not
    /// exist.
    #[must_use]
    pub fn user_storage(&self, id: impl Into<String>) -> UserStorage {
        UserStorage {
            realm: self.clone(),
            id: id.into(),
        }
    }

    /// Tests an LDAP connection. `POST /admin/realms/{realm}/testLDAPConnection`
    ///
    /// `action` is `testConnection` or `testAuthentication`. A masked `bind_credential` stands for that of the provider `component_id`.
    #[inline]
    pub fn test_ldap_connection(
        &self,
        settings: &TestLdapConnectionRepresentation,
    ) -> TestLdapConnection {
        self.api()
            .test_ldap_connection()
            .realm(self.name())
            .body(settings)
    }

    /// Lists the capabilities of an LDAP server. `POST /admin/realms/{realm}/ldap-server-capabilities`
    #[inline]
    pub fn list_ldap_server_capabilities(
        &self,
        settings: &TestLdapConnectionRepresentation,
    ) -> QueryLdapServerCapabilities {
        self.api()
            .query_ldap_server_capabilities()
            .realm(self.name())
            .body(settings)
    }
}

/// The users that [`UserStorage::sync`] imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sync {
    /// All users.
    Full,
    /// The users that have changed since the last import.
    Changed,
}

/// The direction in which [`UserStorage::sync_mapper`] copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the provider to Keycloak.
    FromProvider,
    /// From Keycloak to the provider.
    ToProvider,
}

/// One user storage provider, from [`Realm::user_storage`].
#[derive(Clone, Debug)]
pub struct UserStorage {
    realm: Realm,
    id: String,
}

impl UserStorage {
    /// Returns the provider's name. `GET /admin/realms/{realm}/user-storage/{id}/name`
    pub async fn get_name(&self) -> Result<String, Error> {
        let get = self
            .realm
            .api()
            .get_user_storage_name()
            .realm(self.realm.name())
            .id(&self.id);
        let operation = get.request().info().id();
        get.await?.remove("name").ok_or_else(|| {
            let message = "the answer has no `name`";
            Error::new(ErrorKind::Decode, message).with_operation(operation)
        })
    }

    /// Imports users now. `POST /admin/realms/{realm}/user-storage/{id}/sync`
    ///
    /// The answer says how many users were added, updated and removed, and how many failed.
    pub fn sync(&self, users: Sync) -> SyncUserStorage {
        let action = match users {
            Sync::Full => "triggerFullSync",
            Sync::Changed => "triggerChangedUsersSync",
        };
        self.realm
            .api()
            .sync_user_storage()
            .realm(self.realm.name())
            .id(&self.id)
            .action(action)
    }

    /// Removes the imported users from Keycloak. They stay in the store. `POST /admin/realms/{realm}/user-storage/{id}/remove-imported-users`
    pub fn remove_imported_users(&self) -> RemoveUserStorageImportedUsers {
        self.realm
            .api()
            .remove_user_storage_imported_users()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Makes the imported users the realm's own users. `POST /admin/realms/{realm}/user-storage/{id}/unlink-users`
    pub fn unlink_users(&self) -> UnlinkUserStorageUsers {
        self.realm
            .api()
            .unlink_user_storage_users()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Copies the data of one of the provider's mappers, such as groups or roles.
    /// `POST /admin/realms/{realm}/user-storage/{parentId}/mappers/{id}/sync`
    pub fn sync_mapper(&self, mapper_id: &str, direction: Direction) -> SyncUserStorageMapper {
        let direction = match direction {
            Direction::FromProvider => "fedToKeycloak",
            Direction::ToProvider => "keycloakToFed",
        };
        self.realm
            .api()
            .sync_user_storage_mapper()
            .realm(self.realm.name())
            .parent_id(&self.id)
            .id(mapper_id)
            .direction(direction)
    }
}
