//! Roles: the realm's own ("realm roles") and those of a client, each by its name, and any role by its id.

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
use keycloak_session::{Error, ErrorKind};

use crate::clients::Client;
use crate::create::NaturalKey;
use crate::realms::permission_toggle;
use crate::{Batch, Create, Modify, Realm};

impl Realm {
    /// Returns a handle on the realm's own roles ("realm roles"). Clients have roles of their own.
    #[must_use]
    pub fn roles(&self) -> Roles {
        Roles {
            realm: self.clone(),
        }
    }

    /// Returns a handle on the realm role of this name. Nothing is sent, so the role need not exist.
    #[must_use]
    pub fn role(&self, name: impl Into<String>) -> Role {
        Role {
            realm: self.clone(),
            role_name: name.into(),
        }
    }

    /// Returns a handle on the role of this id, a realm role or a client role. Nothing is sent, so the role need not exist.
    #[must_use]
    pub fn role_by_id(&self, id: impl Into<String>) -> RoleById {
        RoleById {
            realm: self.clone(),
            role_id: id.into(),
        }
    }

    /// Finds the id of the role that every user of the realm has. `GET /admin/realms/{realm}`
    ///
    /// The role's name is `default-roles-` with the name that the realm had when it was created. A realm that is renamed keeps it, so look the role
    /// up with this method and not by its name.
    ///
    /// The composites of that role are the roles of a new user. `None` if the account may not see the realm's settings.
    pub async fn find_default_role_id(&self) -> Result<Option<String>, Error> {
        let realm = self.get().await?;
        Ok(realm.default_role.and_then(|role| role.id))
    }

    /// Returns the UUID of the client that has this `client_id`. Fails if there is no such client.
    pub(crate) async fn client_uuid(&self, client_id: &str) -> Result<String, Error> {
        let uuid = self.clients().find_uuid(client_id).await?;
        uuid.ok_or_else(|| {
            let message = format!("the realm has no client with the client id {client_id:?}");
            Error::new(ErrorKind::NotFound, message).with_operation("list_clients")
        })
    }
}

impl Client {
    /// Returns a handle on the client's role of this name. Nothing is sent, so the role need not exist.
    #[must_use]
    pub fn role(&self, name: impl Into<String>) -> ClientRole {
        ClientRole {
            realm: self.realm().clone(),
            client_uuid: self.uuid().to_owned(),
            role_name: name.into(),
        }
    }
}

/// The roles of a realm, from [`Realm::roles`].
#[derive(Clone, Debug)]
pub struct Roles {
    realm: Realm,
}

impl Roles {
    /// Lists the roles. `GET /admin/realms/{realm}/roles`
    pub fn list(&self) -> ListRealmRoles {
        self.realm.api().list_realm_roles().realm(self.realm.name())
    }

    /// Creates a role and returns its **name**, by which Keycloak addresses it. `POST /admin/realms/{realm}/roles`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the role by its name.
    #[inline]
    pub fn create(&self, role: &RoleRepresentation) -> Create<CreateRealmRole> {
        let name = role.name.as_deref();
        let key = NaturalKey::new(&self.realm, "name", name, |realm, name| async move {
            let found = realm.roles().find_exactly(&name).await?;
            Ok(found.and_then(|role| role.name))
        });
        let api = self.realm.api();
        let call = api.create_realm_role().realm(self.realm.name()).body(role);
        // The id is not from `Location`, because a slash in the name is not escaped there.
        Create::new(call, key.identifies())
    }

    fn role(&self, name: &str) -> Role {
        self.realm.role(name)
    }
}

/// The roles of a client, from [`Client::roles`].
#[derive(Clone, Debug)]
pub struct ClientRoles {
    realm: Realm,
    client_uuid: String,
}

impl ClientRoles {
    pub(crate) fn new(realm: Realm, client_uuid: String) -> Self {
        Self { realm, client_uuid }
    }

    /// Lists the roles. `GET /admin/realms/{realm}/clients/{client-uuid}/roles`
    pub fn list(&self) -> ListClientRoles {
        let api = self.realm.api();
        api.list_client_roles()
            .realm(self.realm.name())
            .client_uuid(&self.client_uuid)
    }

    /// Creates a role and returns its **name**, by which Keycloak addresses it. `POST /admin/realms/{realm}/clients/{client-uuid}/roles`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the role by its name.
    #[inline]
    pub fn create(&self, role: &RoleRepresentation) -> Create<CreateClientRole> {
        let (name, client_uuid) = (role.name.as_deref(), self.client_uuid.clone());
        let key = NaturalKey::new(&self.realm, "name", name, move |realm, name| {
            let roles = Self::new(realm, client_uuid.clone());
            async move {
                let found = roles.find_exactly(&name).await?;
                Ok(found.and_then(|role| role.name))
            }
        });
        let api = self.realm.api();
        let call = api
            .create_client_role()
            .realm(self.realm.name())
            .client_uuid(&self.client_uuid)
            .body(role);
        // The id is not from `Location`, because a slash in the name is not escaped there.
        Create::new(call, key.identifies())
    }

    fn role(&self, name: &str) -> ClientRole {
        ClientRole {
            realm: self.realm.clone(),
            client_uuid: self.client_uuid.clone(),
            role_name: name.to_owned(),
        }
    }
}

/// Gives a collection of roles its lookups by name.
macro_rules! role_lookups {
    ($Roles:ident, $owner:literal, $operation:literal) => {
        impl $Roles {
            /// Reads the role of exactly this name. The server may find a role whose name differs in case.
            async fn find_exactly(&self, name: &str) -> Result<Option<RoleRepresentation>, Error> {
                let role = self.role(name).find().await?;
                Ok(role.filter(|role| role.name.as_deref() == Some(name)))
            }

            /// Reads the roles of these names. Fails if one of them does not exist.
            pub(crate) async fn get_all(
                &self,
                names: impl IntoIterator<Item: AsRef<str>>,
            ) -> Result<Vec<RoleRepresentation>, Error> {
                let names = names.into_iter().map(|name| name.as_ref().to_owned());
                let names: Vec<String> = names.collect();
                let roles = names.iter().map(|name| async move {
                    self.find_exactly(name).await?.ok_or_else(|| {
                        let message = format!(concat!("the ", $owner, " has no role {:?}"), name);
                        Error::new(ErrorKind::NotFound, message).with_operation($operation)
                    })
                });
                Batch::new(roles).await.into_iter().collect()
            }
        }
    };
}

role_lookups!(Roles, "realm", "get_realm_role");
role_lookups!(ClientRoles, "client", "get_client_role");

/// The handle on one role, of any kind. The values of its path are its fields, named like the setters of the generated calls.
macro_rules! role {
    (
        $(#[$doc:meta])*
        $Role:ident [$($value:ident),+] $path:literal
        $get:ident $Get:ident, $update:ident $Update:ident, $delete:ident $Delete:ident,
        permissions $permissions:ident $Permissions:ident, $set_permissions:ident $SetPermissions:ident,
        $(#[$composites_doc:meta])*
        $Composites:ident $composites:ident $List:ident, $of_realm:ident $OfRealm:ident,
        $of_client:ident $OfClient:ident $target:ident, $add:ident, $remove:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $Role {
            realm: Realm,
            $($value: String,)+
        }

        impl $Role {
            #[doc = concat!("Reads the role. `GET ", $path, "`")]
            pub fn get(&self) -> $Get {
                self.realm.api().$get().realm(self.realm.name())$(.$value(&self.$value))+
            }

            #[doc = concat!("Reads the role; `None` if there is no such role. `GET ", $path, "`")]
            pub async fn find(&self) -> Result<Option<RoleRepresentation>, Error> {
                self.get().optional().await
            }

            #[doc = concat!("Writes the name, the description and the attributes of the role. `PUT ", $path, "`")]
            ///
            /// `attributes` that are `None` stay, and a map replaces all of them. A description that is `None` is removed. Composites are not written.
            ///
            /// A role that was read with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify)
            /// keeps them, and removes attributes that become `None`.
            #[inline]
            pub fn update(&self, role: &RoleRepresentation) -> $Update {
                self.put().body(role)
            }

            /// Reads the role, changes it and writes it back whole. If nothing is changed, nothing is written.
            ///
            /// Changes of composites have no effect.
            pub fn modify<'f>(
                &self,
                change: impl FnOnce(&mut RoleRepresentation) + Send + 'f,
            ) -> Modify<'f, RoleRepresentation> {
                Modify::new(self.get(), self.put(), change)
            }

            fn put(&self) -> $Update {
                self.realm.api().$update().realm(self.realm.name())$(.$value(&self.$value))+
            }

            #[doc = concat!("Deletes the role, and takes it away from all who have it. `DELETE ", $path, "`")]
            pub fn delete(&self) -> $Delete {
                self.realm.api().$delete().realm(self.realm.name())$(.$value(&self.$value))+
            }

            #[doc = concat!("Deletes the role if it exists. Returns whether it existed. `DELETE ", $path, "`")]
            pub async fn delete_if_exists(&self) -> Result<bool, Error> {
                Ok(self.delete().optional().await?.is_some())
            }

            #[doc = concat!(
                "Gets the fine-grained admin permissions for the role: whether they are enabled, and which permissions of the client \
                 `realm-management` they are. `GET ", $path, "/management/permissions`"
            )]
            ///
            /// The server needs the feature `admin-fine-grained-authz:v1`.
            pub fn get_management_permissions(&self) -> $Permissions {
                self.realm.api().$permissions().realm(self.realm.name())$(.$value(&self.$value))+
            }

            #[inline]
            #[doc = concat!("Enables or disables fine-grained admin permissions for the role. `PUT ", $path, "/management/permissions`")]
            pub fn set_management_permissions(&self, enabled: bool) -> $SetPermissions {
                let call = self.realm.api().$set_permissions().realm(self.realm.name())$(.$value(&self.$value))+;
                call.body(permission_toggle(enabled))
            }

            /// Returns a handle on the composites of the role: the roles that it includes.
            #[must_use]
            pub fn composites(&self) -> $Composites {
                $Composites {
                    realm: self.realm.clone(),
                    $($value: self.$value.clone(),)+
                }
            }
        }

        $(#[$composites_doc])*
        #[derive(Clone, Debug)]
        pub struct $Composites {
            realm: Realm,
            $($value: String,)+
        }

        impl $Composites {
            #[doc = concat!("Lists the composites, realm roles and client roles. `GET ", $path, "/composites`")]
            pub fn list(&self) -> $List {
                self.realm.api().$composites().realm(self.realm.name())$(.$value(&self.$value))+
            }

            #[doc = concat!("Lists the composites that are realm roles. `GET ", $path, "/composites/realm`")]
            pub fn list_realm_roles(&self) -> $OfRealm {
                self.realm.api().$of_realm().realm(self.realm.name())$(.$value(&self.$value))+
            }

            #[doc = concat!("Lists the composites that are roles of one client, named by its UUID. `GET ", $path, "/composites/clients/{client-uuid}`")]
            pub fn list_client_roles_by_uuid(&self, client_uuid: &str) -> $OfClient {
                let call = self.realm.api().$of_client().realm(self.realm.name())$(.$value(&self.$value))+;
                call.$target(client_uuid)
            }

            #[doc = concat!("Adds roles, of the realm or of clients. `POST ", $path, "/composites`")]
            ///
            /// Each role needs its `id`. An empty list sends nothing.
            pub async fn add(&self, roles: &[RoleRepresentation]) -> Result<(), Error> {
                if roles.is_empty() {
                    return Ok(());
                }
                let call = self.realm.api().$add().realm(self.realm.name())$(.$value(&self.$value))+;
                call.body(roles).await
            }

            #[doc = concat!("Removes roles, of the realm or of clients. `DELETE ", $path, "/composites`")]
            ///
            /// Each role needs its `id`. An empty list sends nothing.
            pub async fn remove(&self, roles: &[RoleRepresentation]) -> Result<(), Error> {
                if roles.is_empty() {
                    return Ok(());
                }
                let call = self.realm.api().$remove().realm(self.realm.name())$(.$value(&self.$value))+;
                call.body(roles).await
            }

            #[doc = concat!("Adds the realm roles of these names. `POST ", $path, "/composites`")]
            ///
            /// The roles are read first, one request for each. If a role does not exist, the error has
            /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) and nothing is written.
            pub async fn add_by_name(
                &self,
                names: impl IntoIterator<Item: AsRef<str>>,
            ) -> Result<(), Error> {
                self.add(&self.realm.roles().get_all(names).await?).await
            }

            #[doc = concat!("Removes the realm roles of these names. `DELETE ", $path, "/composites`")]
            ///
            /// The roles are read first, as [`add_by_name`](Self::add_by_name) does.
            pub async fn remove_by_name(
                &self,
                names: impl IntoIterator<Item: AsRef<str>>,
            ) -> Result<(), Error> {
                self.remove(&self.realm.roles().get_all(names).await?).await
            }

            #[doc = concat!("Adds the roles of these names of one client, named by its `client_id`. `POST ", $path, "/composites`")]
            ///
            /// The client and the roles are read first. If one of them does not exist, the error has
            /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) and nothing is written.
            pub async fn add_client_roles_by_name(
                &self,
                client_id: &str,
                names: impl IntoIterator<Item: AsRef<str>>,
            ) -> Result<(), Error> {
                let client_uuid = self.realm.client_uuid(client_id).await?;
                let roles = ClientRoles::new(self.realm.clone(), client_uuid);
                self.add(&roles.get_all(names).await?).await
            }

            #[doc = concat!("Removes the roles of these names of one client, named by its `client_id`. `DELETE ", $path, "/composites`")]
            ///
            /// The client and the roles are read first, as [`add_client_roles_by_name`](Self::add_client_roles_by_name) does.
            pub async fn remove_client_roles_by_name(
                &self,
                client_id: &str,
                names: impl IntoIterator<Item: AsRef<str>>,
            ) -> Result<(), Error> {
                let client_uuid = self.realm.client_uuid(client_id).await?;
                let roles = ClientRoles::new(self.realm.clone(), client_uuid);
                self.remove(&roles.get_all(names).await?).await
            }
        }
    };
}

role! {
    /// One role of a realm, from [`Realm::role`].
    Role [role_name] "/admin/realms/{realm}/roles/{role-name}"
    get_realm_role GetRealmRole, update_realm_role UpdateRealmRole, delete_realm_role DeleteRealmRole,
    permissions get_realm_role_management_permissions GetRealmRoleManagementPermissions,
    update_realm_role_management_permissions UpdateRealmRoleManagementPermissions,
    /// The roles that a realm role includes, from [`Role::composites`].
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let composites = keycloak.realm("acme").role("boss").composites();
    /// composites.add_by_name(["auditor", "driver"]).await?;
    /// composites.add_client_roles_by_name("billing", ["reader"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    RoleComposites list_realm_role_composites ListRealmRoleComposites,
    list_realm_role_realm_composites ListRealmRoleRealmComposites,
    list_realm_role_client_composites ListRealmRoleClientComposites target_client_uuid,
    add_composites_to_realm_role, remove_composites_from_realm_role
}

role! {
    /// One role of a client, from [`Client::role`].
    ClientRole [client_uuid, role_name] "/admin/realms/{realm}/clients/{client-uuid}/roles/{role-name}"
    get_client_role GetClientRole, update_client_role UpdateClientRole, delete_client_role DeleteClientRole,
    permissions get_client_role_management_permissions GetClientRoleManagementPermissions,
    update_client_role_management_permissions UpdateClientRoleManagementPermissions,
    /// The roles that a client role includes, from [`ClientRole::composites`].
    ClientRoleComposites list_client_role_composites ListClientRoleComposites,
    list_client_role_realm_composites ListClientRoleRealmComposites,
    list_client_role_client_composites ListClientRoleClientComposites target_client_uuid,
    add_composites_to_client_role, remove_composites_from_client_role
}

role! {
    /// One role by its id, from [`Realm::role_by_id`].
    RoleById [role_id] "/admin/realms/{realm}/roles-by-id/{role-id}"
    get_role_by_id GetRoleById, update_role_by_id UpdateRoleById, delete_role_by_id DeleteRoleById,
    permissions get_role_management_permissions_by_id GetRoleManagementPermissionsById,
    update_role_management_permissions_by_id UpdateRoleManagementPermissionsById,
    /// The roles that a role includes, from [`RoleById::composites`].
    RoleByIdComposites list_role_composites_by_id ListRoleCompositesById,
    list_role_realm_composites_by_id ListRoleRealmCompositesById,
    list_role_client_composites_by_id ListRoleClientCompositesById client_uuid,
    add_composites_to_role_by_id, remove_composites_from_role_by_id
}

impl Role {
    /// Lists the users who have the role directly. `GET /admin/realms/{realm}/roles/{role-name}/users`
    pub fn list_users(&self) -> ListRealmRoleUsers {
        let api = self.realm.api();
        api.list_realm_role_users()
            .realm(self.realm.name())
            .role_name(&self.role_name)
    }

    /// Lists the groups that have the role directly. `GET /admin/realms/{realm}/roles/{role-name}/groups`
    pub fn list_groups(&self) -> ListRealmRoleGroups {
        let api = self.realm.api();
        api.list_realm_role_groups()
            .realm(self.realm.name())
            .role_name(&self.role_name)
    }
}

impl ClientRole {
    /// Lists the users who have the role directly. `GET /admin/realms/{realm}/clients/{client-uuid}/roles/{role-name}/users`
    pub fn list_users(&self) -> ListClientRoleUsers {
        let api = self.realm.api();
        api.list_client_role_users()
            .realm(self.realm.name())
            .client_uuid(&self.client_uuid)
            .role_name(&self.role_name)
    }

    /// Lists the groups that have the role directly. `GET /admin/realms/{realm}/clients/{client-uuid}/roles/{role-name}/groups`
    pub fn list_groups(&self) -> ListClientRoleGroups {
        let api = self.realm.api();
        api.list_client_role_groups()
            .realm(self.realm.name())
            .client_uuid(&self.client_uuid)
            .role_name(&self.role_name)
    }
}
