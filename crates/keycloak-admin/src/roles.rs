//! Roles: the realm's own ("realm roles") and those of a client, each by its name, and any role by its id.

use keycloak_api::Client as Api;
use keycloak_api::roles::{
    CreateClientRole, CreateRealmRole, DeleteClientRole, DeleteRealmRole, GetClientRole,
    GetClientRoleManagementPermissions, GetRealmRole, GetRealmRoleManagementPermissions,
    ListClientRoleClientComposites, ListClientRoleComposites, ListClientRoleGroups,
    ListClientRoleRealmComposites, ListClientRoleUsers, ListClientRoles,
    ListRealmRoleClientComposites, ListRealmRoleComposites, ListRealmRoleGroups,
    ListRealmRoleRealmComposites, ListRealmRoleUsers, ListRealmRoles, UpdateClientRole,
    UpdateClientRoleManagementPermissions, UpdateRealmRole, UpdateRealmRoleManagementPermissions,
};
use keycloak_api::roles_by_id::{
    DeleteRoleById, GetRoleById, GetRoleManagementPermissionsById, ListRoleClientCompositesById,
    ListRoleCompositesById, ListRoleRealmCompositesById, UpdateRoleById,
    UpdateRoleManagementPermissionsById,
};
use keycloak_api::types::RoleRepresentation;
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::Found;
use crate::management::switched;
use crate::{Call, Create, Realm, modify};

impl<'a> Realm<'a> {
    /// The realm's own roles ("realm roles"), as opposed to those of a client.
    #[must_use]
    #[inline]
    pub fn roles(self) -> Roles<'a> {
        Roles { realm: self }
    }

    /// The role of this id, be it the realm's or a client's. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn role_by_id(self, id: &'a str) -> RoleById<'a> {
        RoleById { realm: self, id }
    }

    /// The id of the role that every user of the realm has, `default-roles-` with the realm's name: its composites are what a new user
    /// can do. `None` where the account may not see the realm's settings. `GET /admin/realms/{realm}`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn default_role_id(self) -> BoxFuture<'static, Result<Option<String>, Error>> {
        let realm = self.get();
        Box::pin(async move { Ok(realm.await?.default_role.and_then(|role| role.id)) })
    }
}

/// The role that has exactly this name.
#[inline]
fn exactly(
    name: &str,
    found: BoxFuture<'static, Result<Option<RoleRepresentation>, Error>>,
) -> Found<RoleRepresentation> {
    let name = name.to_owned();
    Box::pin(async move {
        Ok(found
            .await?
            .filter(|role| role.name.as_ref() == Some(&name)))
    })
}

/// The natural key of a role. The id is not from `Location`, where a name with a slash is not escaped.
#[inline]
fn key(
    role: &RoleRepresentation,
    find: impl FnOnce(&str) -> Found<RoleRepresentation>,
) -> NaturalKey {
    let name = role.name.as_deref();
    NaturalKey::new("name", name, find, |role| role.name).identified_by(name)
}

/// The roles of a realm, from [`Realm::roles`].
#[derive(Clone, Copy, Debug)]
pub struct Roles<'a> {
    realm: Realm<'a>,
}

impl<'a> Roles<'a> {
    /// Lists the roles. `GET /admin/realms/{realm}/roles`
    #[inline]
    pub fn list(self) -> Call<ListRealmRoles> {
        self.realm.at(Api::list_realm_roles)
    }

    /// Creates a role and returns its **name**, by which Keycloak addresses it. `POST /admin/realms/{realm}/roles`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name.
    #[inline]
    pub fn create(self, role: &RoleRepresentation) -> Create<CreateRealmRole> {
        let key = key(role, |name| exactly(name, self.name(name).find()));
        Create::new(self.realm.at(|api| api.create_realm_role().body(role)), key)
    }

    /// The role of this name. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn name(self, name: &'a str) -> Role<'a> {
        Role {
            realm: self.realm,
            name,
        }
    }
}

/// The roles of a client.
#[derive(Clone, Copy, Debug)]
pub struct ClientRoles<'a> {
    realm: Realm<'a>,
    client_uuid: &'a str,
}

impl<'a> ClientRoles<'a> {
    pub(crate) fn new(realm: Realm<'a>, client_uuid: &'a str) -> Self {
        Self { realm, client_uuid }
    }

    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(
            build(self.realm.api()),
            [self.realm.name(), self.client_uuid],
        )
    }

    /// Lists the roles. `GET /admin/realms/{realm}/clients/{client-uuid}/roles`
    #[inline]
    pub fn list(self) -> Call<ListClientRoles> {
        self.at(Api::list_client_roles)
    }

    /// Creates a role and returns its **name**, by which Keycloak addresses it. `POST /admin/realms/{realm}/clients/{client-uuid}/roles`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name.
    #[inline]
    pub fn create(self, role: &RoleRepresentation) -> Create<CreateClientRole> {
        let key = key(role, |name| exactly(name, self.name(name).find()));
        Create::new(self.at(|api| api.create_client_role().body(role)), key)
    }

    /// The role of this name. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn name(self, name: &'a str) -> ClientRole<'a> {
        ClientRole {
            realm: self.realm,
            client_uuid: self.client_uuid,
            name,
        }
    }
}

/// What can be done with a role of any kind. The values of its path are its fields.
macro_rules! role {
    (
        $(#[$doc:meta])*
        $name:ident [$($value:ident),+] $path:literal
        $get:ident $Get:ident, $update:ident $Update:ident, $delete:ident $Delete:ident,
        permissions $permissions:ident $Permissions:ident, $set_permissions:ident $SetPermissions:ident,
        $(#[$composites_doc:meta])*
        $Composites:ident $composites:ident $List:ident, $of_realm:ident $OfRealm:ident, $of_client:ident $OfClient:ident, $add:ident, $remove:ident
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

            #[doc = concat!("Reads the role. `GET ", $path, "`")]
            #[inline]
            pub fn get(self) -> Call<$Get> {
                self.at(Api::$get)
            }

            /// Like [`get`](Self::get); `None` where there is no such role.
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn find(self) -> BoxFuture<'static, Result<Option<RoleRepresentation>, Error>> {
                self.get().optional()
            }

            #[doc = concat!("Writes the role; attributes that are left out are wiped, composites stay. `PUT ", $path, "`")]
            #[inline]
            pub fn update(self, role: &RoleRepresentation) -> Call<$Update> {
                self.at(|api| api.$update().body(role))
            }

            /// Reads the role, changes it and writes it back whole. Where nothing is changed, nothing is written.
            #[inline]
            pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
            where
                F: FnOnce(&mut RoleRepresentation) + Send,
            {
                modify::modify(self.get(), self.at(Api::$update), change)
            }

            #[doc = concat!("Deletes the role; whoever has it has it no more. `DELETE ", $path, "`")]
            #[inline]
            pub fn delete(self) -> Call<$Delete> {
                self.at(Api::$delete)
            }

            /// Deletes the role if there is one; `false` where there was none.
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
                self.delete().if_exists()
            }

            #[doc = concat!("Whether who may manage the role is set one by one, and by which permissions of the client `realm-management`. It needs the feature `admin-fine-grained-authz:v1`. `GET ", $path, "/management/permissions`")]
            #[inline]
            pub fn management_permissions(self) -> Call<$Permissions> {
                self.at(Api::$permissions)
            }

            #[doc = concat!("Turns that on or off. `PUT ", $path, "/management/permissions`")]
            #[inline]
            pub fn set_management_permissions(self, enabled: bool) -> Call<$SetPermissions> {
                self.at(|api| api.$set_permissions().body(switched(enabled)))
            }

            /// The roles that come with this one.
            #[must_use]
            #[inline]
            pub fn composites(self) -> $Composites<'a> {
                $Composites(self)
            }
        }

        $(#[$composites_doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $Composites<'a>($name<'a>);

        impl $Composites<'_> {
            #[doc = concat!("Lists them, those of the realm and of all clients. `GET ", $path, "/composites`")]
            #[inline]
            pub fn list(self) -> Call<$List> {
                self.0.at(Api::$composites)
            }

            #[doc = concat!("Lists the realm roles among them. `GET ", $path, "/composites/realm`")]
            #[inline]
            pub fn of_realm(self) -> Call<$OfRealm> {
                self.0.at(Api::$of_realm)
            }

            #[doc = concat!("Lists those of one client, named by its UUID. `GET ", $path, "/composites/clients/{client-uuid}`")]
            #[inline]
            pub fn of_client(self, client_uuid: &str) -> Call<$OfClient> {
                self.0.at(Api::$of_client).and_path(client_uuid)
            }

            #[doc = concat!("Adds roles, of the realm or of clients; each needs its `id`. An empty list sends nothing. `POST ", $path, "/composites`")]
            #[allow(clippy::should_implement_trait)] // It adds roles, not handles.
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn add(self, roles: &[RoleRepresentation]) -> BoxFuture<'static, Result<(), Error>> {
                self.0.at(|api| api.$add().body(roles)).unless(roles.is_empty())
            }

            #[doc = concat!("Removes roles; each needs its `id`. An empty list sends nothing. `DELETE ", $path, "/composites`")]
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn remove(self, roles: &[RoleRepresentation]) -> BoxFuture<'static, Result<(), Error>> {
                self.0.at(|api| api.$remove().body(roles)).unless(roles.is_empty())
            }
        }
    };
}

role! {
    /// One role of a realm, from [`Roles::name`].
    Role [name] "/admin/realms/{realm}/roles/{role-name}"
    get_realm_role GetRealmRole, update_realm_role UpdateRealmRole, delete_realm_role DeleteRealmRole,
    permissions get_realm_role_management_permissions GetRealmRoleManagementPermissions,
    update_realm_role_management_permissions UpdateRealmRoleManagementPermissions,
    /// What comes with a realm role, from [`Role::composites`].
    RoleComposites list_realm_role_composites ListRealmRoleComposites,
    list_realm_role_realm_composites ListRealmRoleRealmComposites,
    list_realm_role_client_composites ListRealmRoleClientComposites,
    add_composites_to_realm_role, remove_composites_from_realm_role
}

role! {
    /// One role of a client, from [`ClientRoles::name`].
    ClientRole [client_uuid, name] "/admin/realms/{realm}/clients/{client-uuid}/roles/{role-name}"
    get_client_role GetClientRole, update_client_role UpdateClientRole, delete_client_role DeleteClientRole,
    permissions get_client_role_management_permissions GetClientRoleManagementPermissions,
    update_client_role_management_permissions UpdateClientRoleManagementPermissions,
    /// What comes with a client role, from [`ClientRole::composites`].
    ClientRoleComposites list_client_role_composites ListClientRoleComposites,
    list_client_role_realm_composites ListClientRoleRealmComposites,
    list_client_role_client_composites ListClientRoleClientComposites,
    add_composites_to_client_role, remove_composites_from_client_role
}

role! {
    /// One role by its id, from [`Realm::role_by_id`].
    RoleById [id] "/admin/realms/{realm}/roles-by-id/{role-id}"
    get_role_by_id GetRoleById, update_role_by_id UpdateRoleById, delete_role_by_id DeleteRoleById,
    permissions get_role_management_permissions_by_id GetRoleManagementPermissionsById,
    update_role_management_permissions_by_id UpdateRoleManagementPermissionsById,
    /// What comes with a role, from [`RoleById::composites`].
    RoleByIdComposites list_role_composites_by_id ListRoleCompositesById,
    list_role_realm_composites_by_id ListRoleRealmCompositesById,
    list_role_client_composites_by_id ListRoleClientCompositesById,
    add_composites_to_role_by_id, remove_composites_from_role_by_id
}

impl Role<'_> {
    /// Lists the users who have the role directly. `GET /admin/realms/{realm}/roles/{role-name}/users`
    #[inline]
    pub fn users(self) -> Call<ListRealmRoleUsers> {
        self.at(Api::list_realm_role_users)
    }

    /// Lists the groups that have the role directly. `GET /admin/realms/{realm}/roles/{role-name}/groups`
    #[inline]
    pub fn groups(self) -> Call<ListRealmRoleGroups> {
        self.at(Api::list_realm_role_groups)
    }
}

impl ClientRole<'_> {
    /// Lists the users who have the role directly. `GET /admin/realms/{realm}/clients/{client-uuid}/roles/{role-name}/users`
    #[inline]
    pub fn users(self) -> Call<ListClientRoleUsers> {
        self.at(Api::list_client_role_users)
    }

    /// Lists the groups that have the role directly. `GET /admin/realms/{realm}/clients/{client-uuid}/roles/{role-name}/groups`
    #[inline]
    pub fn groups(self) -> Call<ListClientRoleGroups> {
        self.at(Api::list_client_role_groups)
    }
}
