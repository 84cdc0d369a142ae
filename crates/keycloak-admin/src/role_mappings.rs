//! The roles of users and groups, and the roles in the scope of clients and client scopes.
//!
//! A direct mapping is made for the user, group, client or client scope itself. An effective mapping may also come from a composite role or,
//! for users, from a group.
//!
//! ```no_run
//! # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
//! let user = keycloak.realm("acme").user(&id);
//! user.realm_roles().add_by_name(["auditor"]).await?;
//! user.client_roles("billing").add_by_name(["reader", "writer"]).await?;
//! for role in user.realm_roles().list_effective().await? {
//!     println!("{:?}", role.name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! `add` and `remove` take roles as they were read: `id` and `name` have to be set. `add_by_name` and `remove_by_name` read them first.

use keycloak_api::client_role_mappings::{
    ListAvailableGroupClientRoles, ListAvailableOrganizationGroupClientRoles,
    ListAvailableUserClientRoles, ListEffectiveGroupClientRoles,
    ListEffectiveOrganizationGroupClientRoles, ListEffectiveUserClientRoles, ListGroupClientRoles,
    ListOrganizationGroupClientRoles, ListUserClientRoles,
};
use keycloak_api::role_mapper::{
    GetGroupRoleMappings, GetOrganizationGroupRoleMappings, GetUserRoleMappings,
    ListAvailableGroupRealmRoles, ListAvailableOrganizationGroupRealmRoles,
    ListAvailableUserRealmRoles, ListEffectiveGroupRealmRoles,
    ListEffectiveOrganizationGroupRealmRoles, ListEffectiveUserRealmRoles, ListGroupRealmRoles,
    ListOrganizationGroupRealmRoles, ListUserRealmRoles,
};
use keycloak_api::scope_mappings::{
    GetScopeMappingsOfClient, GetScopeMappingsOfClientScope, ListAvailableClientRealmScopeMappings,
    ListAvailableClientRoleScopeMappings, ListAvailableClientScopeClientRoles,
    ListAvailableClientScopeRealmRoles, ListClientRealmScopeMappings, ListClientRoleScopeMappings,
    ListClientScopeClientRoles, ListClientScopeRealmRoles, ListEffectiveClientRealmScopeMappings,
    ListEffectiveClientRoleScopeMappings, ListEffectiveClientScopeClientRoles,
    ListEffectiveClientScopeRealmRoles,
};
use keycloak_api::types::RoleRepresentation;
use keycloak_session::Error;

use crate::Realm;
use crate::groups::Group;
use crate::organizations::groups::Group as OrganizationGroup;
use crate::roles::ClientRoles;
use crate::users::User;

/// The roles that a handle maps: those of the realm, or those of the client whose UUID is in a field.
macro_rules! mappable_roles {
    ($handle:ident, realm) => {
        $handle.realm.roles()
    };
    ($handle:ident, $client_uuid:ident) => {
        ClientRoles::new($handle.realm.clone(), $handle.$client_uuid.clone())
    };
}

/// The handle on the roles of one kind that are mapped to one thing. The values of its path are its fields, named like the setters of the
/// generated calls.
macro_rules! mapped_roles {
    (
        $(#[$doc:meta])*
        $Mapped:ident [$($value:ident),+] of $owner:ident $path:literal
        $list:ident $List:ident, $available:ident $Available:ident, $effective:ident $Effective:ident,
        $add:ident, $remove:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $Mapped {
            realm: Realm,
            $($value: String,)+
        }

        impl $Mapped {
            #[doc = concat!("Lists the roles that are mapped directly. `GET ", $path, "`")]
            pub fn list(&self) -> $List {
                self.realm.api().$list().realm(self.realm.name())$(.$value(&self.$value))+
            }

            #[doc = concat!("Lists the roles that are not mapped yet and that the account may map. `GET ", $path, "/available`")]
            pub fn list_available(&self) -> $Available {
                self.realm.api().$available().realm(self.realm.name())$(.$value(&self.$value))+
            }

            #[doc = concat!("Lists the roles that are mapped directly or in another way, such as through a composite role. `GET ", $path, "/composite`")]
            pub fn list_effective(&self) -> $Effective {
                self.realm.api().$effective().realm(self.realm.name())$(.$value(&self.$value))+
            }

            #[doc = concat!("Maps roles. `POST ", $path, "`")]
            ///
            /// It is no error if a role is mapped already. An empty list sends nothing.
            pub async fn add(&self, roles: &[RoleRepresentation]) -> Result<(), Error> {
                if roles.is_empty() {
                    return Ok(());
                }
                let call = self.realm.api().$add().realm(self.realm.name())$(.$value(&self.$value))+;
                call.body(roles).await
            }

            #[doc = concat!("Removes mappings of roles. `DELETE ", $path, "`")]
            ///
            /// It is no error if a role is not mapped. An empty list sends nothing.
            pub async fn remove(&self, roles: &[RoleRepresentation]) -> Result<(), Error> {
                if roles.is_empty() {
                    return Ok(());
                }
                let call = self.realm.api().$remove().realm(self.realm.name())$(.$value(&self.$value))+;
                call.body(roles).await
            }

            #[doc = concat!("Maps the roles of these names. `POST ", $path, "`")]
            ///
            /// The roles are read first, one request for each. If a role does not exist, the error has
            /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) and nothing is written.
            pub async fn add_by_name(
                &self,
                names: impl IntoIterator<Item: AsRef<str>>,
            ) -> Result<(), Error> {
                let roles = mappable_roles!(self, $owner);
                self.add(&roles.get_all(names).await?).await
            }

            #[doc = concat!("Removes the mappings of the roles of these names. `DELETE ", $path, "`")]
            ///
            /// The roles are read first, as [`add_by_name`](Self::add_by_name) does.
            pub async fn remove_by_name(
                &self,
                names: impl IntoIterator<Item: AsRef<str>>,
            ) -> Result<(), Error> {
                let roles = mappable_roles!(self, $owner);
                self.remove(&roles.get_all(names).await?).await
            }
        }
    };
}

mapped_roles! {
    /// The realm roles of a user, from [`User::realm_roles`].
    UserRealmRoles [user_id] of realm "/admin/realms/{realm}/users/{user-id}/role-mappings/realm"
    list_user_realm_roles ListUserRealmRoles,
    list_available_user_realm_roles ListAvailableUserRealmRoles,
    list_effective_user_realm_roles ListEffectiveUserRealmRoles,
    add_realm_roles_to_user, remove_realm_roles_from_user
}

mapped_roles! {
    /// The roles of one client that a user has, from [`User::client_roles_by_uuid`].
    UserClientRoles [user_id, client_uuid] of client_uuid "/admin/realms/{realm}/users/{user-id}/role-mappings/clients/{client-id}"
    list_user_client_roles ListUserClientRoles,
    list_available_user_client_roles ListAvailableUserClientRoles,
    list_effective_user_client_roles ListEffectiveUserClientRoles,
    add_client_roles_to_user, remove_client_roles_from_user
}

mapped_roles! {
    /// The realm roles of a group, from [`Group::realm_roles`].
    GroupRealmRoles [group_id] of realm "/admin/realms/{realm}/groups/{group-id}/role-mappings/realm"
    list_group_realm_roles ListGroupRealmRoles,
    list_available_group_realm_roles ListAvailableGroupRealmRoles,
    list_effective_group_realm_roles ListEffectiveGroupRealmRoles,
    add_realm_roles_to_group, remove_realm_roles_from_group
}

mapped_roles! {
    /// The roles of one client that a group has, from [`Group::client_roles_by_uuid`].
    GroupClientRoles [group_id, client_uuid] of client_uuid "/admin/realms/{realm}/groups/{group-id}/role-mappings/clients/{client-id}"
    list_group_client_roles ListGroupClientRoles,
    list_available_group_client_roles ListAvailableGroupClientRoles,
    list_effective_group_client_roles ListEffectiveGroupClientRoles,
    add_client_roles_to_group, remove_client_roles_from_group
}

mapped_roles! {
    /// The realm roles of a group of an organisation, from [`Group::realm_roles`](OrganizationGroup::realm_roles). Since Keycloak 26.7.
    OrganizationGroupRealmRoles [org_id, group_id] of realm
    "/admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/realm"
    list_organization_group_realm_roles ListOrganizationGroupRealmRoles,
    list_available_organization_group_realm_roles ListAvailableOrganizationGroupRealmRoles,
    list_effective_organization_group_realm_roles ListEffectiveOrganizationGroupRealmRoles,
    add_realm_roles_to_organization_group, remove_realm_roles_from_organization_group
}

mapped_roles! {
    /// The roles of one client that a group of an organisation has, from
    /// [`Group::client_roles_by_uuid`](OrganizationGroup::client_roles_by_uuid). Since Keycloak 26.7.
    OrganizationGroupClientRoles [org_id, group_id, client_uuid] of client_uuid
    "/admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/clients/{client-id}"
    list_organization_group_client_roles ListOrganizationGroupClientRoles,
    list_available_organization_group_client_roles ListAvailableOrganizationGroupClientRoles,
    list_effective_organization_group_client_roles ListEffectiveOrganizationGroupClientRoles,
    add_client_roles_to_organization_group, remove_client_roles_from_organization_group
}

mapped_roles! {
    /// The realm roles in the scope of a client, from [`ClientScopeMappings::realm_roles`].
    ClientScopedRealmRoles [client_uuid] of realm "/admin/realms/{realm}/clients/{client-uuid}/scope-mappings/realm"
    list_client_realm_scope_mappings ListClientRealmScopeMappings,
    list_available_client_realm_scope_mappings ListAvailableClientRealmScopeMappings,
    list_effective_client_realm_scope_mappings ListEffectiveClientRealmScopeMappings,
    add_realm_scope_mappings_to_client, remove_realm_scope_mappings_from_client
}

mapped_roles! {
    /// The roles of one client in the scope of another, from [`ClientScopeMappings::client_roles_by_uuid`].
    ClientScopedClientRoles [client_uuid, role_client_uuid] of role_client_uuid
    "/admin/realms/{realm}/clients/{client-uuid}/scope-mappings/clients/{client}"
    list_client_role_scope_mappings ListClientRoleScopeMappings,
    list_available_client_role_scope_mappings ListAvailableClientRoleScopeMappings,
    list_effective_client_role_scope_mappings ListEffectiveClientRoleScopeMappings,
    add_client_role_scope_mappings_to_client, remove_client_role_scope_mappings_from_client
}

mapped_roles! {
    /// The realm roles in a client scope, from [`ClientScopeScopeMappings::realm_roles`].
    ClientScopeRealmRoles [client_scope_id] of realm "/admin/realms/{realm}/client-scopes/{client-scope-id}/scope-mappings/realm"
    list_client_scope_realm_roles ListClientScopeRealmRoles,
    list_available_client_scope_realm_roles ListAvailableClientScopeRealmRoles,
    list_effective_client_scope_realm_roles ListEffectiveClientScopeRealmRoles,
    add_realm_roles_to_client_scope, remove_realm_roles_from_client_scope
}

mapped_roles! {
    /// The roles of one client in a client scope, from [`ClientScopeScopeMappings::client_roles_by_uuid`].
    ClientScopeClientRoles [client_scope_id, role_client_uuid] of role_client_uuid
    "/admin/realms/{realm}/client-scopes/{client-scope-id}/scope-mappings/clients/{client}"
    list_client_scope_client_roles ListClientScopeClientRoles,
    list_available_client_scope_client_roles ListAvailableClientScopeClientRoles,
    list_effective_client_scope_client_roles ListEffectiveClientScopeClientRoles,
    add_client_roles_to_client_scope, remove_client_roles_from_client_scope
}

/// The handle on the roles of one client, named by its `client_id`, that are mapped to one thing: a user, a group, a scope.
macro_rules! mapped_roles_by_client_id {
    ($(#[$doc:meta])* $Mapped:ident of $Owner:ident, $ByUuid:ident) => {
        $(#[$doc])*
        ///
        /// Each method reads the client first, to get its UUID. If there is no such client, the error has
        /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) and nothing is written.
        #[derive(Clone, Debug)]
        pub struct $Mapped {
            owner: $Owner,
            client_id: String,
        }

        impl $Mapped {
            async fn by_uuid(&self) -> Result<$ByUuid, Error> {
                let uuid = self.owner.realm().client_uuid(&self.client_id).await?;
                Ok(self.owner.client_roles_by_uuid(uuid))
            }

            /// Lists the roles that are mapped directly.
            pub async fn list(&self) -> Result<Vec<RoleRepresentation>, Error> {
                self.by_uuid().await?.list().await
            }

            #[doc = concat!("Maps the roles of these names, as [`add_by_name`](", stringify!($ByUuid), "::add_by_name) does by UUID.")]
            pub async fn add_by_name(
                &self,
                names: impl IntoIterator<Item: AsRef<str>>,
            ) -> Result<(), Error> {
                self.by_uuid().await?.add_by_name(names).await
            }

            #[doc = concat!(
                "Removes the mappings of the roles of these names, as [`remove_by_name`](", stringify!($ByUuid),
                "::remove_by_name) does by UUID."
            )]
            pub async fn remove_by_name(
                &self,
                names: impl IntoIterator<Item: AsRef<str>>,
            ) -> Result<(), Error> {
                self.by_uuid().await?.remove_by_name(names).await
            }
        }
    };
}

mapped_roles_by_client_id! {
    /// The roles of one client that a user has, from [`User::client_roles`].
    UserClientRolesByClientId of User, UserClientRoles
}

mapped_roles_by_client_id! {
    /// The roles of one client that a group has, from [`Group::client_roles`].
    GroupClientRolesByClientId of Group, GroupClientRoles
}

mapped_roles_by_client_id! {
    /// The roles of one client that a group of an organisation has, from [`Group::client_roles`](OrganizationGroup::client_roles). Since
    /// Keycloak 26.7.
    OrganizationGroupClientRolesByClientId of OrganizationGroup, OrganizationGroupClientRoles
}

mapped_roles_by_client_id! {
    /// The roles of one client in the scope of another, from [`ClientScopeMappings::client_roles`].
    ClientScopedClientRolesByClientId of ClientScopeMappings, ClientScopedClientRoles
}

mapped_roles_by_client_id! {
    /// The roles of one client in a client scope, from [`ClientScopeScopeMappings::client_roles`].
    ClientScopeClientRolesByClientId of ClientScopeScopeMappings, ClientScopeClientRoles
}

impl User {
    /// Returns a handle on the realm roles that are mapped to the user.
    #[must_use]
    pub fn realm_roles(&self) -> UserRealmRoles {
        UserRealmRoles {
            realm: self.realm().clone(),
            user_id: self.id().to_owned(),
        }
    }

    /// Returns a handle on the roles of a client, named by its `client_id`, that are mapped to the user.
    #[must_use]
    pub fn client_roles(&self, client_id: impl Into<String>) -> UserClientRolesByClientId {
        UserClientRolesByClientId {
            owner: self.clone(),
            client_id: client_id.into(),
        }
    }

    /// Returns a handle on the roles of a client, named by its UUID, that are mapped to the user.
    #[must_use]
    pub fn client_roles_by_uuid(&self, client_uuid: impl Into<String>) -> UserClientRoles {
        UserClientRoles {
            realm: self.realm().clone(),
            user_id: self.id().to_owned(),
            client_uuid: client_uuid.into(),
        }
    }

    /// Reads all roles that are mapped to the user directly: the realm roles, and the client roles by client.
    /// `GET /admin/realms/{realm}/users/{user-id}/role-mappings`
    pub fn get_role_mappings(&self) -> GetUserRoleMappings {
        let api = self.realm().api();
        api.get_user_role_mappings()
            .realm(self.realm().name())
            .user_id(self.id())
    }
}

impl Group {
    /// Returns a handle on the realm roles that are mapped to the group.
    #[must_use]
    pub fn realm_roles(&self) -> GroupRealmRoles {
        GroupRealmRoles {
            realm: self.realm().clone(),
            group_id: self.id().to_owned(),
        }
    }

    /// Returns a handle on the roles of a client, named by its `client_id`, that are mapped to the group.
    #[must_use]
    pub fn client_roles(&self, client_id: impl Into<String>) -> GroupClientRolesByClientId {
        GroupClientRolesByClientId {
            owner: self.clone(),
            client_id: client_id.into(),
        }
    }

    /// Returns a handle on the roles of a client, named by its UUID, that are mapped to the group.
    #[must_use]
    pub fn client_roles_by_uuid(&self, client_uuid: impl Into<String>) -> GroupClientRoles {
        GroupClientRoles {
            realm: self.realm().clone(),
            group_id: self.id().to_owned(),
            client_uuid: client_uuid.into(),
        }
    }

    /// Reads all roles that are mapped to the group directly: the realm roles, and the client roles by client.
    /// `GET /admin/realms/{realm}/groups/{group-id}/role-mappings`
    pub fn get_role_mappings(&self) -> GetGroupRoleMappings {
        let api = self.realm().api();
        api.get_group_role_mappings()
            .realm(self.realm().name())
            .group_id(self.id())
    }
}

/// Roles. Since Keycloak 26.7.
impl OrganizationGroup {
    fn realm(&self) -> &Realm {
        self.path().0
    }

    /// Returns a handle on the realm roles that are mapped to the group.
    #[must_use]
    pub fn realm_roles(&self) -> OrganizationGroupRealmRoles {
        let (realm, org_id, group_id) = self.path();
        OrganizationGroupRealmRoles {
            realm: realm.clone(),
            org_id: org_id.to_owned(),
            group_id: group_id.to_owned(),
        }
    }

    /// Returns a handle on the roles of a client, named by its `client_id`, that are mapped to the group.
    #[must_use]
    pub fn client_roles(
        &self,
        client_id: impl Into<String>,
    ) -> OrganizationGroupClientRolesByClientId {
        OrganizationGroupClientRolesByClientId {
            owner: self.clone(),
            client_id: client_id.into(),
        }
    }

    /// Returns a handle on the roles of a client, named by its UUID, that are mapped to the group.
    #[must_use]
    pub fn client_roles_by_uuid(
        &self,
        client_uuid: impl Into<String>,
    ) -> OrganizationGroupClientRoles {
        let (realm, org_id, group_id) = self.path();
        OrganizationGroupClientRoles {
            realm: realm.clone(),
            org_id: org_id.to_owned(),
            group_id: group_id.to_owned(),
            client_uuid: client_uuid.into(),
        }
    }

    /// Reads all roles that are mapped to the group directly: the realm roles, and the client roles by client.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings`
    pub fn get_role_mappings(&self) -> GetOrganizationGroupRoleMappings {
        let (realm, org_id, group_id) = self.path();
        let call = realm.api().get_organization_group_role_mappings();
        call.realm(realm.name()).org_id(org_id).group_id(group_id)
    }
}

/// The roles in the scope of a client, from [`Client::scope_mappings`](crate::clients::Client::scope_mappings): the roles that its tokens may
/// hold if `fullScopeAllowed` is off.
#[derive(Clone, Debug)]
pub struct ClientScopeMappings {
    realm: Realm,
    client_uuid: String,
}

impl ClientScopeMappings {
    pub(crate) fn new(realm: Realm, client_uuid: String) -> Self {
        Self { realm, client_uuid }
    }

    fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Reads all roles in the scope: the realm roles, and the client roles by client.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/scope-mappings`
    pub fn get(&self) -> GetScopeMappingsOfClient {
        let api = self.realm.api();
        api.get_scope_mappings_of_client()
            .realm(self.realm.name())
            .client_uuid(&self.client_uuid)
    }

    /// Returns a handle on the realm roles in the client's scope.
    #[must_use]
    pub fn realm_roles(&self) -> ClientScopedRealmRoles {
        ClientScopedRealmRoles {
            realm: self.realm.clone(),
            client_uuid: self.client_uuid.clone(),
        }
    }

    /// Returns a handle on the roles of another client, named by its `client_id`, in the client's scope.
    #[must_use]
    pub fn client_roles(
        &self,
        role_client_id: impl Into<String>,
    ) -> ClientScopedClientRolesByClientId {
        ClientScopedClientRolesByClientId {
            owner: self.clone(),
            client_id: role_client_id.into(),
        }
    }

    /// Returns a handle on the roles of another client, named by its UUID, in the client's scope.
    #[must_use]
    pub fn client_roles_by_uuid(
        &self,
        role_client_uuid: impl Into<String>,
    ) -> ClientScopedClientRoles {
        ClientScopedClientRoles {
            realm: self.realm.clone(),
            client_uuid: self.client_uuid.clone(),
            role_client_uuid: role_client_uuid.into(),
        }
    }
}

/// The roles in a client scope, from [`ClientScope::scope_mappings`](crate::client_scopes::ClientScope::scope_mappings): the roles that a
/// token with this scope may hold.
#[derive(Clone, Debug)]
pub struct ClientScopeScopeMappings {
    realm: Realm,
    client_scope_id: String,
}

impl ClientScopeScopeMappings {
    pub(crate) fn new(realm: Realm, client_scope_id: String) -> Self {
        Self {
            realm,
            client_scope_id,
        }
    }

    fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Reads all roles in the client scope: the realm roles, and the client roles by client.
    /// `GET /admin/realms/{realm}/client-scopes/{client-scope-id}/scope-mappings`
    pub fn get(&self) -> GetScopeMappingsOfClientScope {
        let api = self.realm.api();
        api.get_scope_mappings_of_client_scope()
            .realm(self.realm.name())
            .client_scope_id(&self.client_scope_id)
    }

    /// Returns a handle on the realm roles in the client scope.
    #[must_use]
    pub fn realm_roles(&self) -> ClientScopeRealmRoles {
        ClientScopeRealmRoles {
            realm: self.realm.clone(),
            client_scope_id: self.client_scope_id.clone(),
        }
    }

    /// Returns a handle on the roles of a client, named by its `client_id`, in the client scope.
    #[must_use]
    pub fn client_roles(&self, client_id: impl Into<String>) -> ClientScopeClientRolesByClientId {
        ClientScopeClientRolesByClientId {
            owner: self.clone(),
            client_id: client_id.into(),
        }
    }

    /// Returns a handle on the roles of a client, named by its UUID, in the client scope.
    #[must_use]
    pub fn client_roles_by_uuid(
        &self,
        role_client_uuid: impl Into<String>,
    ) -> ClientScopeClientRoles {
        ClientScopeClientRoles {
            realm: self.realm.clone(),
            client_scope_id: self.client_scope_id.clone(),
            role_client_uuid: role_client_uuid.into(),
        }
    }
}
