//! The members of a Phase Two organisation, with their attributes and roles.

use keycloak_session::Error;
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
use crate::Realm;

impl Organization {
    /// Returns a handle on the organisation's members.
    #[must_use]
    pub fn members(&self) -> Members {
        Members {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
        }
    }

    /// Returns a handle on the member with this user id. Nothing is sent, so the user need not be a member.
    #[must_use]
    pub fn member(&self, user_id: impl Into<String>) -> Member {
        Member {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
            user_id: user_id.into(),
        }
    }
}

/// The members of a Phase Two organisation, from [`Organization::members`].
#[derive(Clone, Debug)]
pub struct Members {
    realm: Realm,
    organization_id: String,
}

impl Members {
    /// Lists the members. `GET /realms/{realm}/orgs/{orgId}/members`
    ///
    /// The list includes the organisation's default administrator, unless `exclude_admin_accounts(true)` is set.
    pub fn list(&self) -> ListOrganizationMembers {
        self.realm
            .phasetwo_api()
            .list_organization_members()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Counts the members. `GET /realms/{realm}/orgs/{orgId}/members/count`
    ///
    /// The number includes the organisation's default administrator, unless `exclude_admin_accounts(true)` is set.
    pub fn count(&self) -> CountOrganizationMembers {
        self.realm
            .phasetwo_api()
            .count_organization_members()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Returns whether a user is a member. `GET /realms/{realm}/orgs/{orgId}/members/{userId}`
    pub async fn contains(&self, user_id: &str) -> Result<bool, Error> {
        let check = self.realm.phasetwo_api().check_organization_membership();
        let check = check.realm(self.realm.name()).org_id(&self.organization_id);
        Ok(check.user_id(user_id).optional().await?.is_some())
    }

    /// Makes a user of the realm a member. It is not an error if the user is a member already.
    /// `PUT /realms/{realm}/orgs/{orgId}/members/{userId}`
    pub fn add_user(&self, user_id: &str) -> AddUserToOrganization {
        self.realm
            .phasetwo_api()
            .add_user_to_organization()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .user_id(user_id)
    }

    /// Ends a membership, and removes the user's roles in the organisation. `DELETE /realms/{realm}/orgs/{orgId}/members/{userId}`
    pub fn remove_user(&self, user_id: &str) -> RemoveUserFromOrganization {
        self.realm
            .phasetwo_api()
            .remove_user_from_organization()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .user_id(user_id)
    }
}

/// One member of a Phase Two organisation, from [`Organization::member`].
#[derive(Clone, Debug)]
pub struct Member {
    realm: Realm,
    organization_id: String,
    user_id: String,
}

impl Member {
    /// Reads the attributes that the user has as a member. `GET /realms/{realm}/orgs/{orgId}/members/{userId}/attributes`
    pub fn get_attributes(&self) -> GetOrganizationMemberAttributes {
        self.realm
            .phasetwo_api()
            .get_organization_member_attributes()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .user_id(&self.user_id)
    }

    /// Replaces the attributes that the user has as a member, and returns them. Attributes that are left out are removed.
    /// `PUT /realms/{realm}/orgs/{orgId}/members/{userId}/attributes`
    #[inline]
    pub fn update_attributes(
        &self,
        attributes: &OrganizationMemberAttributeRepresentation,
    ) -> UpdateOrganizationMemberAttributes {
        self.realm
            .phasetwo_api()
            .update_organization_member_attributes()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .user_id(&self.user_id)
            .body(attributes)
    }

    /// Lists the user's roles in the organisation. `GET /realms/{realm}/users/{userId}/orgs/{orgId}/roles`
    pub fn list_roles(&self) -> ListUserOrganizationRoles {
        self.realm
            .phasetwo_api()
            .list_user_organization_roles()
            .realm(self.realm.name())
            .user_id(&self.user_id)
            .org_id(&self.organization_id)
    }

    /// Grants roles of the organisation, given by their `name`, and returns a result for each. An empty list sends nothing.
    /// `PUT /realms/{realm}/users/{userId}/orgs/{orgId}/roles`
    ///
    /// The result of a role that does not exist is an error with status 400. The others are granted. It is not an error if the user has a role
    /// already. If the user is not a member, the whole call fails with 400.
    ///
    /// ```no_run
    /// use keycloak_admin::phasetwo::types::OrganizationRoleRepresentation;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, org_id: String, user_id: String) -> Result<(), keycloak_admin::Error> {
    /// let roles = ["clerk", "boss"].map(|name| OrganizationRoleRepresentation::new().with_name(name));
    /// let member = keycloak.realm("acme").phasetwo().organization(org_id).member(user_id);
    /// for (role, result) in roles.iter().zip(member.grant(&roles).await?) {
    ///     if let Err(error) = result {
    ///         eprintln!("{:?}: {error}", role.name);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn grant(
        &self,
        roles: &[OrganizationRoleRepresentation],
    ) -> Result<RoleResults, Error> {
        let call = self
            .realm
            .phasetwo_api()
            .bulk_add_organization_roles_to_user()
            .realm(self.realm.name())
            .user_id(&self.user_id)
            .org_id(&self.organization_id)
            .body(roles);
        bulk::send(call, roles).await
    }

    /// Revokes roles of the organisation, given by their `name`, and returns a result for each. An empty list sends nothing.
    /// `PATCH /realms/{realm}/users/{userId}/orgs/{orgId}/roles`
    ///
    /// The result of a role that does not exist is an error with status 400. The others are revoked. It is not an error if the user does not have a
    /// role.
    pub async fn revoke(
        &self,
        roles: &[OrganizationRoleRepresentation],
    ) -> Result<RoleResults, Error> {
        let call = self
            .realm
            .phasetwo_api()
            .bulk_remove_organization_roles_from_user()
            .realm(self.realm.name())
            .user_id(&self.user_id)
            .org_id(&self.organization_id)
            .body(roles);
        bulk::send(call, roles).await
    }
}
