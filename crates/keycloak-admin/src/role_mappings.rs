//! Which roles users and groups have, and which roles are in the scope of clients and client scopes.
//!
//! A mapping is direct, where it was made for the thing itself, or effective, where it also comes from composite roles and, for users, from
//! groups. Roles that are added or removed are given as they were read: `id` and `name` have to be set.
//!
//! ```no_run
//! # async fn run(keycloak: keycloak_admin::Keycloak, id: String, uuid: String) -> Result<(), keycloak_admin::Error> {
//! let realm = keycloak.realm("acme");
//! let auditor = realm.roles().name("auditor").get().await?;
//! let user = realm.users().id(&id);
//! user.realm_roles().add(&[auditor]).await?;
//! for role in user.client_roles(&uuid).effective().await? {
//!     println!("{:?}", role.name);
//! }
//! # Ok(())
//! # }
//! ```

use keycloak_api::Client as Api;
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
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::groups::Group;
use crate::users::User;
use crate::{Call, Realm, organizations};

/// A handle on the roles of one kind that are mapped to one thing. The values of its path are its fields.
macro_rules! mapped_roles {
    (
        $(#[$doc:meta])*
        $name:ident [$($value:ident),+] $path:literal
        $list:ident $List:ident, $available:ident $Available:ident, $effective:ident $Effective:ident,
        $add:ident, $remove:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a> {
            realm: Realm<'a>,
            $($value: &'a str,)+
        }

        impl<'a> $name<'a> {
            fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
                at(build(self.realm.api()), [self.realm.name(), $(self.$value),+])
            }

            #[doc = concat!("Lists the roles that are mapped directly. `GET ", $path, "`")]
            #[inline]
            pub fn list(self) -> Call<$List> {
                self.at(Api::$list)
            }

            #[doc = concat!("Lists the roles that are not mapped yet and that the account may map. `GET ", $path, "/available`")]
            #[inline]
            pub fn available(self) -> Call<$Available> {
                self.at(Api::$available)
            }

            #[doc = concat!("Lists the roles that are mapped directly or in another way, such as through a composite role. `GET ", $path, "/composite`")]
            #[inline]
            pub fn effective(self) -> Call<$Effective> {
                self.at(Api::$effective)
            }

            #[doc = concat!("Maps roles; it is no error where one is mapped already. An empty list sends nothing. `POST ", $path, "`")]
            #[allow(clippy::should_implement_trait)] // It adds roles, not handles.
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn add(self, roles: &[RoleRepresentation]) -> BoxFuture<'static, Result<(), Error>> {
                self.at(|api| api.$add().body(roles)).unless(roles.is_empty())
            }

            #[doc = concat!("Takes roles away; it is no error where one is not mapped. An empty list sends nothing. `DELETE ", $path, "`")]
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn remove(self, roles: &[RoleRepresentation]) -> BoxFuture<'static, Result<(), Error>> {
                self.at(|api| api.$remove().body(roles)).unless(roles.is_empty())
            }
        }
    };
}

mapped_roles! {
    /// The realm roles of a user, from [`User::realm_roles`](crate::users::User::realm_roles).
    UserRealmRoles [user_id] "/admin/realms/{realm}/users/{user-id}/role-mappings/realm"
    list_user_realm_roles ListUserRealmRoles,
    list_available_user_realm_roles ListAvailableUserRealmRoles,
    list_effective_user_realm_roles ListEffectiveUserRealmRoles,
    add_realm_roles_to_user, remove_realm_roles_from_user
}

mapped_roles! {
    /// The roles of one client that a user has, from [`User::client_roles`](crate::users::User::client_roles).
    UserClientRoles [user_id, client_uuid] "/admin/realms/{realm}/users/{user-id}/role-mappings/clients/{client-id}"
    list_user_client_roles ListUserClientRoles,
    list_available_user_client_roles ListAvailableUserClientRoles,
    list_effective_user_client_roles ListEffectiveUserClientRoles,
    add_client_roles_to_user, remove_client_roles_from_user
}

mapped_roles! {
    /// The realm roles of a group, from [`Group::realm_roles`](crate::groups::Group::realm_roles).
    GroupRealmRoles [group_id] "/admin/realms/{realm}/groups/{group-id}/role-mappings/realm"
    list_group_realm_roles ListGroupRealmRoles,
    list_available_group_realm_roles ListAvailableGroupRealmRoles,
    list_effective_group_realm_roles ListEffectiveGroupRealmRoles,
    add_realm_roles_to_group, remove_realm_roles_from_group
}

mapped_roles! {
    /// The roles of one client that a group has, from [`Group::client_roles`](crate::groups::Group::client_roles).
    GroupClientRoles [group_id, client_uuid] "/admin/realms/{realm}/groups/{group-id}/role-mappings/clients/{client-id}"
    list_group_client_roles ListGroupClientRoles,
    list_available_group_client_roles ListAvailableGroupClientRoles,
    list_effective_group_client_roles ListEffectiveGroupClientRoles,
    add_client_roles_to_group, remove_client_roles_from_group
}

mapped_roles! {
    /// The realm roles of a group of an organisation, from
    /// [`Group::realm_roles`](crate::organizations::groups::Group::realm_roles). Since Keycloak 26.7.
    OrganizationGroupRealmRoles [organization_id, group_id]
    "/admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/realm"
    list_organization_group_realm_roles ListOrganizationGroupRealmRoles,
    list_available_organization_group_realm_roles ListAvailableOrganizationGroupRealmRoles,
    list_effective_organization_group_realm_roles ListEffectiveOrganizationGroupRealmRoles,
    add_realm_roles_to_organization_group, remove_realm_roles_from_organization_group
}

mapped_roles! {
    /// The roles of one client that a group of an organisation has, from
    /// [`Group::client_roles`](crate::organizations::groups::Group::client_roles). Since Keycloak 26.7.
    OrganizationGroupClientRoles [organization_id, group_id, client_uuid]
    "/admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/clients/{client-id}"
    list_organization_group_client_roles ListOrganizationGroupClientRoles,
    list_available_organization_group_client_roles ListAvailableOrganizationGroupClientRoles,
    list_effective_organization_group_client_roles ListEffectiveOrganizationGroupClientRoles,
    add_client_roles_to_organization_group, remove_client_roles_from_organization_group
}

mapped_roles! {
    /// The realm roles in the scope of a client, from [`ClientScopeMappings::realm_roles`].
    ClientScopedRealmRoles [client_uuid] "/admin/realms/{realm}/clients/{client-uuid}/scope-mappings/realm"
    list_client_realm_scope_mappings ListClientRealmScopeMappings,
    list_available_client_realm_scope_mappings ListAvailableClientRealmScopeMappings,
    list_effective_client_realm_scope_mappings ListEffectiveClientRealmScopeMappings,
    add_realm_scope_mappings_to_client, remove_realm_scope_mappings_from_client
}

mapped_roles! {
    /// The roles of one client in the scope of another, from [`ClientScopeMappings::client_roles`].
    ClientScopedClientRoles [client_uuid, of_client_uuid] "/admin/realms/{realm}/clients/{client-uuid}/scope-mappings/clients/{client}"
    list_client_role_scope_mappings ListClientRoleScopeMappings,
    list_available_client_role_scope_mappings ListAvailableClientRoleScopeMappings,
    list_effective_client_role_scope_mappings ListEffectiveClientRoleScopeMappings,
    add_client_role_scope_mappings_to_client, remove_client_role_scope_mappings_from_client
}

mapped_roles! {
    /// The realm roles in a client scope, from [`ClientScopeScopeMappings::realm_roles`].
    ClientScopeRealmRoles [client_scope_id] "/admin/realms/{realm}/client-scopes/{client-scope-id}/scope-mappings/realm"
    list_client_scope_realm_roles ListClientScopeRealmRoles,
    list_available_client_scope_realm_roles ListAvailableClientScopeRealmRoles,
    list_effective_client_scope_realm_roles ListEffectiveClientScopeRealmRoles,
    add_realm_roles_to_client_scope, remove_realm_roles_from_client_scope
}

mapped_roles! {
    /// The roles of one client in a client scope, from [`ClientScopeScopeMappings::client_roles`].
    ClientScopeClientRoles [client_scope_id, client_uuid] "/admin/realms/{realm}/client-scopes/{client-scope-id}/scope-mappings/clients/{client}"
    list_client_scope_client_roles ListClientScopeClientRoles,
    list_available_client_scope_client_roles ListAvailableClientScopeClientRoles,
    list_effective_client_scope_client_roles ListEffectiveClientScopeClientRoles,
    add_client_roles_to_client_scope, remove_client_roles_from_client_scope
}

impl<'a> User<'a> {
    /// The realm roles that are mapped to the user.
    #[must_use]
    #[inline]
    pub fn realm_roles(self) -> UserRealmRoles<'a> {
        UserRealmRoles {
            realm: self.realm(),
            user_id: self.user_id(),
        }
    }

    /// The roles of a client, named by its UUID, that are mapped to the user.
    #[must_use]
    #[inline]
    pub fn client_roles(self, client_uuid: &'a str) -> UserClientRoles<'a> {
        UserClientRoles {
            realm: self.realm(),
            user_id: self.user_id(),
            client_uuid,
        }
    }

    /// Reads all roles that are mapped to the user directly, by client and of the realm. `GET /admin/realms/{realm}/users/{user-id}/role-mappings`
    #[inline]
    pub fn role_mappings(self) -> Call<GetUserRoleMappings> {
        self.at(Api::get_user_role_mappings)
    }
}

impl<'a> Group<'a> {
    /// The realm roles that are mapped to the group.
    #[must_use]
    #[inline]
    pub fn realm_roles(self) -> GroupRealmRoles<'a> {
        GroupRealmRoles {
            realm: self.realm(),
            group_id: self.group_id(),
        }
    }

    /// The roles of a client, named by its UUID, that are mapped to the group.
    #[must_use]
    #[inline]
    pub fn client_roles(self, client_uuid: &'a str) -> GroupClientRoles<'a> {
        GroupClientRoles {
            realm: self.realm(),
            group_id: self.group_id(),
            client_uuid,
        }
    }

    /// Reads all roles that are mapped to the group directly, by client and of the realm. `GET /admin/realms/{realm}/groups/{group-id}/role-mappings`
    #[inline]
    pub fn role_mappings(self) -> Call<GetGroupRoleMappings> {
        self.at(Api::get_group_role_mappings)
    }
}

/// Since Keycloak 26.7.
impl<'a> organizations::groups::Group<'a> {
    /// The realm roles that are mapped to the group.
    #[must_use]
    #[inline]
    pub fn realm_roles(self) -> OrganizationGroupRealmRoles<'a> {
        let (realm, organization_id, group_id) = self.path();
        OrganizationGroupRealmRoles {
            realm,
            organization_id,
            group_id,
        }
    }

    /// The roles of a client, named by its UUID, that are mapped to the group.
    #[must_use]
    #[inline]
    pub fn client_roles(self, client_uuid: &'a str) -> OrganizationGroupClientRoles<'a> {
        let (realm, organization_id, group_id) = self.path();
        OrganizationGroupClientRoles {
            realm,
            organization_id,
            group_id,
            client_uuid,
        }
    }

    /// Reads all roles that are mapped to the group directly, by client and of the realm.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings`
    #[inline]
    pub fn role_mappings(self) -> Call<GetOrganizationGroupRoleMappings> {
        self.at(Api::get_organization_group_role_mappings)
    }
}

/// The roles in the scope of a client: those that its tokens may hold where `fullScopeAllowed` is off.
#[derive(Clone, Copy, Debug)]
pub struct ClientScopeMappings<'a> {
    realm: Realm<'a>,
    client_uuid: &'a str,
}

impl<'a> ClientScopeMappings<'a> {
    pub(crate) fn new(realm: Realm<'a>, client_uuid: &'a str) -> Self {
        Self { realm, client_uuid }
    }

    /// Reads all of them. `GET /admin/realms/{realm}/clients/{client-uuid}/scope-mappings`
    #[inline]
    pub fn all(self) -> Call<GetScopeMappingsOfClient> {
        let path = [self.realm.name(), self.client_uuid];
        at(self.realm.api().get_scope_mappings_of_client(), path)
    }

    /// The realm roles in the client's scope.
    #[must_use]
    #[inline]
    pub fn realm_roles(self) -> ClientScopedRealmRoles<'a> {
        ClientScopedRealmRoles {
            realm: self.realm,
            client_uuid: self.client_uuid,
        }
    }

    /// The roles of another client, named by its UUID, in the client's scope.
    #[must_use]
    #[inline]
    pub fn client_roles(self, of_client_uuid: &'a str) -> ClientScopedClientRoles<'a> {
        ClientScopedClientRoles {
            realm: self.realm,
            client_uuid: self.client_uuid,
            of_client_uuid,
        }
    }
}

/// The roles in a client scope: those that tokens may hold where the scope is used.
#[derive(Clone, Copy, Debug)]
pub struct ClientScopeScopeMappings<'a> {
    realm: Realm<'a>,
    client_scope_id: &'a str,
}

impl<'a> ClientScopeScopeMappings<'a> {
    pub(crate) fn new(realm: Realm<'a>, client_scope_id: &'a str) -> Self {
        Self {
            realm,
            client_scope_id,
        }
    }

    /// Reads all of them. `GET /admin/realms/{realm}/client-scopes/{client-scope-id}/scope-mappings`
    #[inline]
    pub fn all(self) -> Call<GetScopeMappingsOfClientScope> {
        let path = [self.realm.name(), self.client_scope_id];
        at(self.realm.api().get_scope_mappings_of_client_scope(), path)
    }

    /// The realm roles in the client scope.
    #[must_use]
    #[inline]
    pub fn realm_roles(self) -> ClientScopeRealmRoles<'a> {
        ClientScopeRealmRoles {
            realm: self.realm,
            client_scope_id: self.client_scope_id,
        }
    }

    /// The roles of a client, named by its UUID, in the client scope.
    #[must_use]
    #[inline]
    pub fn client_roles(self, client_uuid: &'a str) -> ClientScopeClientRoles<'a> {
        ClientScopeClientRoles {
            realm: self.realm,
            client_scope_id: self.client_scope_id,
            client_uuid,
        }
    }
}
