//! The realm's own roles.

use keycloak_api::roles::{CreateRealmRole, DeleteRealmRole, GetRealmRole, ListRealmRoles};
use keycloak_api::types::RoleRepresentation;
use keycloak_session::{BoxFuture, Error};

use crate::create::NaturalKey;
use crate::{Call, Create, Realm};

/// The roles of a realm, from [`Realm::roles`].
#[derive(Clone, Copy, Debug)]
pub struct Roles<'a> {
    realm: Realm<'a>,
}

impl<'a> Roles<'a> {
    pub(crate) fn new(realm: Realm<'a>) -> Self {
        Self { realm }
    }

    /// Lists the roles. `GET /admin/realms/{realm}/roles`
    pub fn list(self) -> Call<ListRealmRoles> {
        Call::new(self.realm.api().list_realm_roles().realm(self.realm.name()))
    }

    /// Creates a role and returns its **name**, by which Keycloak addresses it. `POST /admin/realms/{realm}/roles`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name.
    pub fn create(self, role: &RoleRepresentation) -> Create<CreateRealmRole> {
        let name = role.name.clone();
        let key = NaturalKey {
            label: format!("name {:?}", name.as_deref().unwrap_or_default()),
            // Not from `Location`, where a name with a slash is not escaped.
            id: name.clone(),
            lookup: self.find_name(name),
        };
        let call = self.realm.api().create_realm_role();
        Create::new(call.realm(self.realm.name()).body(role), key)
    }

    /// The name of the role that has exactly this name.
    fn find_name(self, name: Option<String>) -> BoxFuture<'static, Result<Option<String>, Error>> {
        let found = name.as_deref().map(|name| self.name(name).find());
        Box::pin(async move {
            let Some(found) = found else { return Ok(None) };
            Ok(found
                .await?
                .and_then(|role| role.name)
                .filter(|found| Some(found) == name.as_ref()))
        })
    }

    /// Reads the role of this name. `GET /admin/realms/{realm}/roles/{role-name}`
    pub fn get(self, name: &str) -> Call<GetRealmRole> {
        self.name(name).get()
    }

    /// The role of this name. It need not exist: nothing is sent.
    #[must_use]
    pub fn name(self, name: &'a str) -> Role<'a> {
        Role {
            realm: self.realm,
            name,
        }
    }
}

/// One role of a realm, from [`Roles::name`].
#[derive(Clone, Copy, Debug)]
pub struct Role<'a> {
    realm: Realm<'a>,
    name: &'a str,
}

impl Role<'_> {
    /// Reads the role. `GET /admin/realms/{realm}/roles/{role-name}`
    pub fn get(self) -> Call<GetRealmRole> {
        let call = self.realm.api().get_realm_role();
        Call::new(call.realm(self.realm.name()).role_name(self.name))
    }

    /// Like [`get`](Self::get); `None` where there is no such role.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find(self) -> BoxFuture<'static, Result<Option<RoleRepresentation>, Error>> {
        self.get().optional()
    }

    /// Deletes the role. `DELETE /admin/realms/{realm}/roles/{role-name}`
    pub fn delete(self) -> Call<DeleteRealmRole> {
        let call = self.realm.api().delete_realm_role();
        Call::new(call.realm(self.realm.name()).role_name(self.name))
    }

    /// Deletes the role if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}
