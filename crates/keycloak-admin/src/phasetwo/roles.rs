//! The roles of a Phase Two organisation. Each organisation has its own roles. Some exist from the beginning and cannot be deleted.

use keycloak_session::Error;
use phasetwo_api::organization_roles::{
    AddOrganizationRoleToUser, CreateOrganizationRole, DeleteOrganizationRole, GetOrganizationRole,
    ListOrganizationRoleUsers, ListOrganizationRoles, RemoveOrganizationRoleFromUser,
    UpdateOrganizationRole,
};
use phasetwo_api::types::OrganizationRoleRepresentation;

use super::bulk::{self, RoleResults};
use super::organizations::Organization;
use crate::create::NaturalKey;
use crate::{Create, Modify, Realm};

impl Organization {
    /// Returns a handle on the organisation's roles.
    #[must_use]
    pub fn roles(&self) -> Roles {
        Roles {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
        }
    }

    /// Returns a handle on the organisation's role with this name. Nothing is sent, so the role need not exist.
    #[must_use]
    pub fn role(&self, name: impl Into<String>) -> Role {
        Role {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
            name: name.into(),
        }
    }
}

/// The roles of a Phase Two organisation, from [`Organization::roles`].
#[derive(Clone, Debug)]
pub struct Roles {
    realm: Realm,
    organization_id: String,
}

impl Roles {
    /// Lists the roles, including those that every organisation has. `GET /realms/{realm}/orgs/{orgId}/roles`
    pub fn list(&self) -> ListOrganizationRoles {
        self.realm
            .phasetwo_api()
            .list_organization_roles()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Creates a role and returns its **name**, which identifies it. `POST /realms/{realm}/orgs/{orgId}/roles`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the role by its name.
    #[inline]
    pub fn create(&self, role: &OrganizationRoleRepresentation) -> Create<CreateOrganizationRole> {
        let organization_id = self.organization_id.clone();
        let name = role.name.as_deref();
        let key = NaturalKey::new(&self.realm, "name", name, move |realm, name| {
            let role = realm.phasetwo().organization(&organization_id).role(name);
            async move { Ok(role.find().await?.and_then(|role| role.name)) }
        });
        let call = self.realm.phasetwo_api().create_organization_role();
        let call = call.realm(self.realm.name()).org_id(&self.organization_id);
        Create::new(call.body(role), key.identifies())
    }

    /// Creates several roles in one call, and returns a result for each. An empty list sends nothing.
    /// `PUT /realms/{realm}/orgs/{orgId}/roles`
    ///
    /// The result of a role that exists already is an error with status 400, not a conflict. The others are created.
    pub async fn create_all(
        &self,
        roles: &[OrganizationRoleRepresentation],
    ) -> Result<RoleResults, Error> {
        let call = self.realm.phasetwo_api().bulk_create_organization_roles();
        let call = call.realm(self.realm.name()).org_id(&self.organization_id);
        bulk::send(call.body(roles), roles).await
    }

    /// Deletes several roles, given by their `name`, in one call, and returns a result for each. An empty list sends nothing.
    /// `PATCH /realms/{realm}/orgs/{orgId}/roles`
    ///
    /// The result of a role that every organisation has is an error. It is not an error if a role does not exist.
    pub async fn delete_all(
        &self,
        roles: &[OrganizationRoleRepresentation],
    ) -> Result<RoleResults, Error> {
        let call = self.realm.phasetwo_api().bulk_delete_organization_roles();
        let call = call.realm(self.realm.name()).org_id(&self.organization_id);
        bulk::send(call.body(roles), roles).await
    }
}

/// One role of a Phase Two organisation, from [`Organization::role`].
#[derive(Clone, Debug)]
pub struct Role {
    realm: Realm,
    organization_id: String,
    name: String,
}

impl Role {
    /// Reads the role. `GET /realms/{realm}/orgs/{orgId}/roles/{name}`
    pub fn get(&self) -> GetOrganizationRole {
        self.realm
            .phasetwo_api()
            .get_organization_role()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .name(&self.name)
    }

    /// Reads the role; `None` if there is no such role. `GET /realms/{realm}/orgs/{orgId}/roles/{name}`
    pub async fn find(&self) -> Result<Option<OrganizationRoleRepresentation>, Error> {
        self.get().optional().await
    }

    /// Replaces the role's description. Its name stays. `PUT /realms/{realm}/orgs/{orgId}/roles/{name}`
    ///
    /// [`modify`](Self::modify) keeps the fields that the types do not know.
    #[inline]
    pub fn update(&self, role: &OrganizationRoleRepresentation) -> UpdateOrganizationRole {
        self.put().body(role)
    }

    /// Reads the role, changes it and writes it back whole. If nothing is changed, nothing is written.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut OrganizationRoleRepresentation) + Send + 'f,
    ) -> Modify<'f, OrganizationRoleRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    fn put(&self) -> UpdateOrganizationRole {
        self.realm
            .phasetwo_api()
            .update_organization_role()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .name(&self.name)
    }

    /// Deletes the role. A role that every organisation has cannot be deleted (400). `DELETE /realms/{realm}/orgs/{orgId}/roles/{name}`
    pub fn delete(&self) -> DeleteOrganizationRole {
        self.realm
            .phasetwo_api()
            .delete_organization_role()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .name(&self.name)
    }

    /// Deletes the role if it exists. Returns whether it existed. `DELETE /realms/{realm}/orgs/{orgId}/roles/{name}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Lists the users who have the role. `GET /realms/{realm}/orgs/{orgId}/roles/{name}/users`
    ///
    /// `exclude_admin_accounts(true)` leaves out the organisation's default administrator.
    pub fn list_users(&self) -> ListOrganizationRoleUsers {
        self.realm
            .phasetwo_api()
            .list_organization_role_users()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .name(&self.name)
    }

    /// Returns whether a user has the role. `GET /realms/{realm}/orgs/{orgId}/roles/{name}/users/{userId}`
    pub async fn is_granted_to(&self, user_id: &str) -> Result<bool, Error> {
        let check = self.realm.phasetwo_api().check_user_organization_role();
        let check = check.realm(self.realm.name()).org_id(&self.organization_id);
        let check = check.name(&self.name).user_id(user_id);
        Ok(check.optional().await?.is_some())
    }

    /// Grants the role to a member. It is not an error if the member has it already.
    /// `PUT /realms/{realm}/orgs/{orgId}/roles/{name}/users/{userId}`
    pub fn grant_to(&self, user_id: &str) -> AddOrganizationRoleToUser {
        self.realm
            .phasetwo_api()
            .add_organization_role_to_user()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .name(&self.name)
            .user_id(user_id)
    }

    /// Revokes the role from a member. If the member does not have it, the answer is 404.
    /// `DELETE /realms/{realm}/orgs/{orgId}/roles/{name}/users/{userId}`
    pub fn revoke_from(&self, user_id: &str) -> RemoveOrganizationRoleFromUser {
        self.realm
            .phasetwo_api()
            .remove_organization_role_from_user()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .name(&self.name)
            .user_id(user_id)
    }
}
