//! The roles of a Phase Two organisation. Each organisation has roles of its own; some are there from the beginning and stay.

use keycloak_session::{BoxFuture, Error, Operation};
use phasetwo_api::Client as Api;
use phasetwo_api::organization_roles::{
    AddOrganizationRoleToUser, CreateOrganizationRole, DeleteOrganizationRole, GetOrganizationRole,
    ListOrganizationRoleUsers, ListOrganizationRoles, RemoveOrganizationRoleFromUser,
    UpdateOrganizationRole,
};
use phasetwo_api::types::OrganizationRoleRepresentation;

use super::bulk::{self, RoleResults};
use super::organizations::Organization;
use crate::call::CallExt as _;
use crate::create::NaturalKey;
use crate::{Call, Create, modify};

impl<'a> Organization<'a> {
    /// The organisation's roles.
    #[must_use]
    #[inline]
    pub fn roles(self) -> Roles<'a> {
        Roles { organization: self }
    }
}

/// The roles of a Phase Two organisation, from [`Organization::roles`].
#[derive(Clone, Copy, Debug)]
pub struct Roles<'a> {
    organization: Organization<'a>,
}

impl<'a> Roles<'a> {
    /// Lists the roles, those that every organisation has among them. `GET /realms/{realm}/orgs/{orgId}/roles`
    #[inline]
    pub fn list(self) -> Call<ListOrganizationRoles> {
        self.organization.at(Api::list_organization_roles)
    }

    /// Creates a role and returns its **name**, by which it is addressed. `POST /realms/{realm}/orgs/{orgId}/roles`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name.
    #[inline]
    pub fn create(self, role: &OrganizationRoleRepresentation) -> Create<CreateOrganizationRole> {
        let name = role.name.as_deref();
        let find = |name: &str| self.organization.roles().name(name).find();
        let key = NaturalKey::new("name", name, find, |role| role.name).identified_by(name);
        let call = self
            .organization
            .at(|api| api.create_organization_role().body(role));
        Create::new(call, key)
    }

    /// Creates several roles in one call, with a result for each. An empty list sends nothing.
    /// `PUT /realms/{realm}/orgs/{orgId}/roles`
    ///
    /// One that exists already is an error with [`Error::is_bad_request`] in its place, which is what the server says; the others are made.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn create_all(
        self,
        roles: &[OrganizationRoleRepresentation],
    ) -> BoxFuture<'static, Result<RoleResults, Error>> {
        let call = self
            .organization
            .at(|api| api.bulk_create_organization_roles().body(roles));
        bulk::send(call, roles)
    }

    /// Deletes several roles, named by their `name`, in one call, with a result for each. An empty list sends nothing.
    /// `PATCH /realms/{realm}/orgs/{orgId}/roles`
    ///
    /// One that every organisation has is an error in its place; one that does not exist is none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_all(
        self,
        roles: &[OrganizationRoleRepresentation],
    ) -> BoxFuture<'static, Result<RoleResults, Error>> {
        let call = self
            .organization
            .at(|api| api.bulk_delete_organization_roles().body(roles));
        bulk::send(call, roles)
    }

    /// The role of this name. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn name(self, name: &'a str) -> Role<'a> {
        Role {
            organization: self.organization,
            name,
        }
    }
}

/// One role of a Phase Two organisation, from [`Roles::name`].
#[derive(Clone, Copy, Debug)]
pub struct Role<'a> {
    organization: Organization<'a>,
    name: &'a str,
}

impl<'a> Role<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        self.organization.at_key(self.name, build)
    }

    /// Reads the role. `GET /realms/{realm}/orgs/{orgId}/roles/{name}`
    #[inline]
    pub fn get(self) -> Call<GetOrganizationRole> {
        self.at(Api::get_organization_role)
    }

    /// Like [`get`](Self::get); `None` where there is no such role.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<OrganizationRoleRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the role's description; its name stays. `PUT /realms/{realm}/orgs/{orgId}/roles/{name}`
    #[inline]
    pub fn update(self, role: &OrganizationRoleRepresentation) -> Call<UpdateOrganizationRole> {
        self.at(|api| api.update_organization_role().body(role))
    }

    /// Reads the role, changes it and writes it back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut OrganizationRoleRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_organization_role), change)
    }

    /// Deletes the role; one that every organisation has cannot be deleted (400).
    /// `DELETE /realms/{realm}/orgs/{orgId}/roles/{name}`
    #[inline]
    pub fn delete(self) -> Call<DeleteOrganizationRole> {
        self.at(Api::delete_organization_role)
    }

    /// Deletes the role if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// Lists the users who have the role. `GET /realms/{realm}/orgs/{orgId}/roles/{name}/users`
    ///
    /// The organisation's default administrator is left out where `exclude_admin_accounts(true)` is set.
    #[inline]
    pub fn users(self) -> Call<ListOrganizationRoleUsers> {
        self.at(Api::list_organization_role_users)
    }

    /// Whether a user has the role. `GET /realms/{realm}/orgs/{orgId}/roles/{name}/users/{userId}`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn is_granted_to(self, user_id: &str) -> BoxFuture<'static, Result<bool, Error>> {
        self.at(|api| api.check_user_organization_role().user_id(user_id))
            .if_exists()
    }

    /// Grants the role to a member; it is no error where the member has it.
    /// `PUT /realms/{realm}/orgs/{orgId}/roles/{name}/users/{userId}`
    #[inline]
    pub fn grant_to(self, user_id: &str) -> Call<AddOrganizationRoleToUser> {
        self.at(|api| api.add_organization_role_to_user().user_id(user_id))
    }

    /// Revokes the role from a member; a 404 where the member does not have it.
    /// `DELETE /realms/{realm}/orgs/{orgId}/roles/{name}/users/{userId}`
    #[inline]
    pub fn revoke_from(self, user_id: &str) -> Call<RemoveOrganizationRoleFromUser> {
        self.at(|api| api.remove_organization_role_from_user().user_id(user_id))
    }
}
