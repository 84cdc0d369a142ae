//! The realm's own roles.

use keycloak_api::Client as Api;
use keycloak_api::roles::{CreateRealmRole, DeleteRealmRole, GetRealmRole, ListRealmRoles};
use keycloak_api::types::RoleRepresentation;
use keycloak_session::{BoxFuture, Error, Operation};

use crate::create::NaturalKey;
use crate::find::Found;
use crate::{Call, Create, Realm};

impl<'a> Realm<'a> {
    /// The realm's own roles ("realm roles"), as opposed to those of a client.
    #[must_use]
    pub fn roles(self) -> Roles<'a> {
        Roles { realm: self }
    }
}

/// The roles of a realm, from [`Realm::roles`].
#[derive(Clone, Copy, Debug)]
pub struct Roles<'a> {
    realm: Realm<'a>,
}

impl<'a> Roles<'a> {
    /// Lists the roles. `GET /admin/realms/{realm}/roles`
    pub fn list(self) -> Call<ListRealmRoles> {
        self.realm.at(Api::list_realm_roles)
    }

    /// Creates a role and returns its **name**, by which Keycloak addresses it. `POST /admin/realms/{realm}/roles`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name.
    pub fn create(self, role: &RoleRepresentation) -> Create<CreateRealmRole> {
        let name = role.name.as_deref();
        let find = |name: &str| self.find_by_name(name);
        // The id is not from `Location`, where a name with a slash is not escaped.
        let key = NaturalKey::new("name", name, find, |role| role.name).identified_by(name);
        Create::new(self.realm.at(|api| api.create_realm_role().body(role)), key)
    }

    /// The role that has exactly this name.
    fn find_by_name(self, name: &str) -> Found<RoleRepresentation> {
        let found = self.name(name).find();
        let name = name.to_owned();
        Box::pin(async move {
            let found = found.await?;
            Ok(found.filter(|role| role.name.as_ref() == Some(&name)))
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

impl<'a> Role<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        Call::at(build(self.realm.api()), [self.realm.name(), self.name])
    }

    /// Reads the role. `GET /admin/realms/{realm}/roles/{role-name}`
    pub fn get(self) -> Call<GetRealmRole> {
        self.at(Api::get_realm_role)
    }

    /// Like [`get`](Self::get); `None` where there is no such role.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find(self) -> BoxFuture<'static, Result<Option<RoleRepresentation>, Error>> {
        self.get().optional()
    }

    /// Deletes the role. `DELETE /admin/realms/{realm}/roles/{role-name}`
    pub fn delete(self) -> Call<DeleteRealmRole> {
        self.at(Api::delete_realm_role)
    }

    /// Deletes the role if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}
