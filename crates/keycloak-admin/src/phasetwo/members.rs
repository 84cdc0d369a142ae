//! Who is in a Phase Two organisation, with which attributes and roles.

use keycloak_session::{BoxFuture, Error, Operation};
use phasetwo_api::Client as Api;
use phasetwo_api::organization_memberships::{
    AddUserToOrganization, CountOrganizationMembers, GetOrganizationMemberAttributes,
    ListOrganizationMembers, RemoveUserFromOrganization, UpdateOrganizationMemberAttributes,
};
use phasetwo_api::types::{
    OrganizationMemberAttributeRepresentation, OrganizationRoleRepresentation,
};
use phasetwo_api::users::ListUserOrganizationRoles;

use super::bulk::{self, RoleResults};
use super::organizations::Organization;
use crate::Call;
use crate::call::{CallExt as _, at};

impl<'a> Organization<'a> {
    /// The organisation's members.
    #[must_use]
    #[inline]
    pub fn members(self) -> Members<'a> {
        Members { organization: self }
    }
}

/// The members of a Phase Two organisation, from [`Organization::members`].
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    organization: Organization<'a>,
}

impl<'a> Members<'a> {
    /// Lists the members. `GET /realms/{realm}/orgs/{orgId}/members`
    ///
    /// The organisation's default administrator is one of them, unless `exclude_admin_accounts(true)` is set.
    #[inline]
    pub fn list(self) -> Call<ListOrganizationMembers> {
        self.organization.at(Api::list_organization_members)
    }

    /// Counts the members. `GET /realms/{realm}/orgs/{orgId}/members/count`
    ///
    /// The organisation's default administrator is one of them, unless `exclude_admin_accounts(true)` is set.
    #[inline]
    pub fn count(self) -> Call<CountOrganizationMembers> {
        self.organization.at(Api::count_organization_members)
    }

    /// Whether a user is a member. `GET /realms/{realm}/orgs/{orgId}/members/{userId}`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn contains(self, user_id: &str) -> BoxFuture<'static, Result<bool, Error>> {
        self.organization
            .at_key(user_id, Api::check_organization_membership)
            .if_exists()
    }

    /// Makes a user of the realm a member; it is no error where the user is one.
    /// `PUT /realms/{realm}/orgs/{orgId}/members/{userId}`
    #[inline]
    pub fn add_user(self, user_id: &str) -> Call<AddUserToOrganization> {
        self.organization
            .at_key(user_id, Api::add_user_to_organization)
    }

    /// Ends a membership, and with it the user's roles in the organisation. `DELETE /realms/{realm}/orgs/{orgId}/members/{userId}`
    #[inline]
    pub fn remove_user(self, user_id: &str) -> Call<RemoveUserFromOrganization> {
        self.organization
            .at_key(user_id, Api::remove_user_from_organization)
    }

    /// The member with this user id. There need not be one: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, user_id: &'a str) -> Member<'a> {
        Member {
            organization: self.organization,
            user_id,
        }
    }
}

/// One member of a Phase Two organisation, from [`Members::id`].
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    organization: Organization<'a>,
    user_id: &'a str,
}

impl<'a> Member<'a> {
    /// Below the user, where the path has the user before the organisation.
    fn at_user<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let Organization { phasetwo, id } = self.organization;
        let path = [phasetwo.realm.name(), self.user_id, id];
        at(build(phasetwo.api()), path)
    }

    /// Reads what attributes the user has as a member. `GET /realms/{realm}/orgs/{orgId}/members/{userId}/attributes`
    #[inline]
    pub fn attributes(self) -> Call<GetOrganizationMemberAttributes> {
        self.organization
            .at_key(self.user_id, Api::get_organization_member_attributes)
    }

    /// Replaces the attributes that the user has as a member, and returns them.
    /// `PUT /realms/{realm}/orgs/{orgId}/members/{userId}/attributes`
    #[inline]
    pub fn update_attributes(
        self,
        attributes: &OrganizationMemberAttributeRepresentation,
    ) -> Call<UpdateOrganizationMemberAttributes> {
        self.organization.at_key(self.user_id, |api| {
            api.update_organization_member_attributes().body(attributes)
        })
    }

    /// Lists the user's roles in the organisation. `GET /realms/{realm}/users/{userId}/orgs/{orgId}/roles`
    #[inline]
    pub fn roles(self) -> Call<ListUserOrganizationRoles> {
        self.at_user(Api::list_user_organization_roles)
    }

    /// Grants roles of the organisation, named by their `name`, with a result for each. An empty list sends nothing.
    /// `PUT /realms/{realm}/users/{userId}/orgs/{orgId}/roles`
    ///
    /// One that does not exist is an error with [`Error::is_bad_request`] in its place; the others are granted. A role
    /// that the user has is no error. Where the user is no member, the whole call is a 400.
    ///
    /// ```no_run
    /// use keycloak_admin::phasetwo::types::OrganizationRoleRepresentation;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, org: String, user: String) -> Result<(), keycloak_admin::Error> {
    /// let roles = ["clerk", "boss"].map(|name| OrganizationRoleRepresentation {
    ///     name: Some(name.to_owned()),
    ///     ..Default::default()
    /// });
    /// let phasetwo = keycloak.realm("acme").phasetwo();
    /// let member = phasetwo.organizations().id(&org).members().id(&user);
    /// for (role, result) in roles.iter().zip(member.grant(&roles).await?) {
    ///     if let Err(error) = result {
    ///         eprintln!("{:?}: {error}", role.name);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn grant(
        self,
        roles: &[OrganizationRoleRepresentation],
    ) -> BoxFuture<'static, Result<RoleResults, Error>> {
        let call = self.at_user(|api| api.bulk_add_organization_roles_to_user().body(roles));
        bulk::send(call, roles)
    }

    /// Revokes roles of the organisation, named by their `name`, with a result for each. An empty list sends nothing.
    /// `PATCH /realms/{realm}/users/{userId}/orgs/{orgId}/roles`
    ///
    /// One that does not exist is an error with [`Error::is_bad_request`] in its place; the others are revoked. A role
    /// that the user does not have is no error.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn revoke(
        self,
        roles: &[OrganizationRoleRepresentation],
    ) -> BoxFuture<'static, Result<RoleResults, Error>> {
        let call = self.at_user(|api| api.bulk_remove_organization_roles_from_user().body(roles));
        bulk::send(call, roles)
    }
}
