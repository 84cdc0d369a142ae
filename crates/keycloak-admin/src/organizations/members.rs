//! Who is in an organisation, and invitations to it.

use keycloak_api::Client as Api;
use keycloak_api::organizations::{
    AddUserToOrganization, CountOrganizationMembers, GetOrganizationMember,
    InviteExistingUserToOrganization, InviteUserToOrganization, ListOrganizationMemberGroups,
    ListOrganizationMemberOrganizations, ListOrganizationMembers, RemoveUserFromOrganization,
};
use keycloak_api::types::{
    InviteExistingUserToOrganizationBody, InviteUserToOrganizationBody, MemberRepresentation,
};
use keycloak_session::{BoxFuture, Error, Operation};

use super::Organization;
use crate::Call;
use crate::call::at;

impl<'a> Organization<'a> {
    /// The organisation's members.
    #[must_use]
    #[inline]
    pub fn members(self) -> Members<'a> {
        Members { organization: self }
    }
}

/// The members of an organisation, from [`Organization::members`].
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    organization: Organization<'a>,
}

impl<'a> Members<'a> {
    /// Lists the members. `GET /admin/realms/{realm}/organizations/{org-id}/members`
    ///
    /// Awaited without `max` it is ten of them; [`stream`](Call::stream) reads them all.
    #[inline]
    pub fn list(self) -> Call<ListOrganizationMembers> {
        self.organization.at(Api::list_organization_members)
    }

    /// Counts the members. `GET /admin/realms/{realm}/organizations/{org-id}/members/count`
    #[inline]
    pub fn count(self) -> Call<CountOrganizationMembers> {
        self.organization.at(Api::count_organization_members)
    }

    /// Makes a user of the realm a member. `POST /admin/realms/{realm}/organizations/{org-id}/members`
    ///
    /// Where the user is one already, that is an error with [`Error::is_conflict`].
    #[inline]
    pub fn add_user(self, user_id: &str) -> Call<AddUserToOrganization> {
        self.organization
            .at(|api| api.add_user_to_organization().body(user_id))
    }

    /// Ends a membership. A user who was added stays in the realm, one who is managed by the organisation is deleted.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/members/{member-id}`
    #[inline]
    pub fn remove_user(self, user_id: &str) -> Call<RemoveUserFromOrganization> {
        self.organization
            .at(|api| api.remove_user_from_organization().member_id(user_id))
    }

    /// Sends a mail that invites this address, whether a user of the realm has it or not.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/members/invite-user`
    ///
    /// The realm needs a mail server. An address that has been invited and has not answered is an error with
    /// [`Error::is_conflict`] from Keycloak 26.5 on.
    #[inline]
    pub fn invite(self, guest: &InviteUserToOrganizationBody) -> Call<InviteUserToOrganization> {
        self.organization
            .at(|api| api.invite_user_to_organization().body(guest))
    }

    /// Sends a mail that invites a user of the realm.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/members/invite-existing-user`
    #[inline]
    pub fn invite_existing(self, user_id: &str) -> Call<InviteExistingUserToOrganization> {
        let user = InviteExistingUserToOrganizationBody {
            id: Some(user_id.to_owned()),
        };
        self.organization
            .at(|api| api.invite_existing_user_to_organization().body(user))
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

/// One member of an organisation, from [`Members::id`].
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    organization: Organization<'a>,
    user_id: &'a str,
}

impl<'a> Member<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let Organization { realm, id } = self.organization;
        at(build(realm.api()), [realm.name(), id, self.user_id])
    }

    /// Reads the member. `GET /admin/realms/{realm}/organizations/{org-id}/members/{member-id}`
    #[inline]
    pub fn get(self) -> Call<GetOrganizationMember> {
        self.at(Api::get_organization_member)
    }

    /// Like [`get`](Self::get); `None` where the user is no member.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<MemberRepresentation>, Error>> {
        self.get().optional()
    }

    /// Lists the organisations of the member, this one among them.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/members/{member-id}/organizations`
    #[inline]
    pub fn organizations(self) -> Call<ListOrganizationMemberOrganizations> {
        self.at(Api::list_organization_member_organizations)
    }

    /// Lists the organisation's groups that the member is in. Since Keycloak 26.6.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/members/{member-id}/groups`
    #[inline]
    pub fn groups(self) -> Call<ListOrganizationMemberGroups> {
        self.at(Api::list_organization_member_groups)
    }
}
