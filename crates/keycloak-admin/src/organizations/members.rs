//! The members of an organisation, and how to invite them.

use keycloak_api::organizations::{
    AddUserToOrganization, CountOrganizationMembers, GetOrganizationMember,
    InviteExistingUserToOrganization, InviteUserToOrganization, ListOrganizationMemberGroups,
    ListOrganizationMemberOrganizations, ListOrganizationMembers, RemoveUserFromOrganization,
};
use keycloak_api::types::{
    InviteExistingUserToOrganizationBody, InviteUserToOrganizationBody, MemberRepresentation,
};
use keycloak_session::Error;

use super::Organization;
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

/// The members of an organisation, from [`Organization::members`].
#[derive(Clone, Debug)]
pub struct Members {
    realm: Realm,
    organization_id: String,
}

impl Members {
    /// Lists the members. `GET /admin/realms/{realm}/organizations/{org-id}/members`
    ///
    /// If it is awaited without `max`, the server sends the first ten. [`stream`](ListOrganizationMembers::stream) reads all of them.
    pub fn list(&self) -> ListOrganizationMembers {
        self.realm
            .api()
            .list_organization_members()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Counts the members. `GET /admin/realms/{realm}/organizations/{org-id}/members/count`
    pub fn count(&self) -> CountOrganizationMembers {
        self.realm
            .api()
            .count_organization_members()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Makes a user of the realm a member. `POST /admin/realms/{realm}/organizations/{org-id}/members`
    ///
    /// If the user is a member already, the error has [`ErrorKind::Conflict`](crate::ErrorKind::Conflict).
    #[inline]
    pub fn add_user(&self, user_id: &str) -> AddUserToOrganization {
        self.realm
            .api()
            .add_user_to_organization()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .body(user_id)
    }

    /// Ends a membership. `DELETE /admin/realms/{realm}/organizations/{org-id}/members/{member-id}`
    ///
    /// A user who was added stays in the realm. A user whom the organisation manages is deleted.
    pub fn remove_user(&self, user_id: &str) -> RemoveUserFromOrganization {
        self.realm
            .api()
            .remove_user_from_organization()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .member_id(user_id)
    }

    /// Sends a mail that invites an e-mail address. `POST /admin/realms/{realm}/organizations/{org-id}/members/invite-user`
    ///
    /// A user of the realm may have the address or not. The realm needs a mail server. From Keycloak 26.5 on, the error has
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if the address was invited before and has not answered.
    #[inline]
    pub fn invite(&self, guest: &InviteUserToOrganizationBody) -> InviteUserToOrganization {
        self.realm
            .api()
            .invite_user_to_organization()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .body(guest)
    }

    /// Sends a mail that invites a user of the realm.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/members/invite-existing-user`
    #[inline]
    pub fn invite_existing(&self, user_id: &str) -> InviteExistingUserToOrganization {
        let user = InviteExistingUserToOrganizationBody::new().with_id(user_id);
        self.realm
            .api()
            .invite_existing_user_to_organization()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .body(user)
    }
}

/// One member of an organisation, from [`Organization::member`].
#[derive(Clone, Debug)]
pub struct Member {
    realm: Realm,
    organization_id: String,
    user_id: String,
}

impl Member {
    /// Reads the member. `GET /admin/realms/{realm}/organizations/{org-id}/members/{member-id}`
    pub fn get(&self) -> GetOrganizationMember {
        self.realm
            .api()
            .get_organization_member()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .member_id(&self.user_id)
    }

    /// Reads the member; `None` if the user is not a member.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/members/{member-id}`
    pub async fn find(&self) -> Result<Option<MemberRepresentation>, Error> {
        self.get().optional().await
    }

    /// Lists the organisations of the member, including this one.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/members/{member-id}/organizations`
    pub fn list_organizations(&self) -> ListOrganizationMemberOrganizations {
        self.realm
            .api()
            .list_organization_member_organizations()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .member_id(&self.user_id)
    }

    /// Lists the groups of the organisation that the member is in. Since Keycloak 26.6.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/members/{member-id}/groups`
    pub fn list_groups(&self) -> ListOrganizationMemberGroups {
        self.realm
            .api()
            .list_organization_member_groups()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .member_id(&self.user_id)
    }
}
