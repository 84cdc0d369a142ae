//! What the session's own user has to do with Phase Two's organisations: for sessions of a user of the realm.

use phasetwo_api::Client as Api;
use phasetwo_api::organizations::{
    AcceptMyInvitation, ListMyInvitations, ListMyOrganizations, RejectMyInvitation,
};
use phasetwo_api::types::SwitchOrganizationRepresentation;
use phasetwo_api::users::{GetActiveOrganization, SwitchActiveOrganization};

use super::Phasetwo;
use crate::Call;

impl<'a> Phasetwo<'a> {
    /// The session's own user.
    #[must_use]
    #[inline]
    pub fn me(self) -> Me<'a> {
        Me { phasetwo: self }
    }
}

/// The session's own user, from [`Phasetwo::me`].
#[derive(Clone, Copy, Debug)]
pub struct Me<'a> {
    phasetwo: Phasetwo<'a>,
}

impl Me<'_> {
    /// Reads the organisations the user is in, by their id, with the user's roles. `GET /realms/{realm}/orgs/me`
    #[inline]
    pub fn organizations(self) -> Call<ListMyOrganizations> {
        self.phasetwo.at(Api::list_my_organizations)
    }

    /// Lists the invitations to the user's e-mail address, which must be verified and in the token (400 otherwise).
    /// `GET /realms/{realm}/orgs/me/invitations`
    #[inline]
    pub fn invitations(self) -> Call<ListMyInvitations> {
        self.phasetwo.at(Api::list_my_invitations)
    }

    /// Accepts an invitation: the user is a member then. `POST /realms/{realm}/orgs/me/invitations/{invitationId}`
    #[inline]
    pub fn accept_invitation(self, invitation_id: &str) -> Call<AcceptMyInvitation> {
        self.phasetwo
            .at(|api| api.accept_my_invitation().invitation_id(invitation_id))
    }

    /// Rejects an invitation. `DELETE /realms/{realm}/orgs/me/invitations/{invitationId}`
    #[inline]
    pub fn reject_invitation(self, invitation_id: &str) -> Call<RejectMyInvitation> {
        self.phasetwo
            .at(|api| api.reject_my_invitation().invitation_id(invitation_id))
    }

    /// Reads the organisation that is the user's active one; a user without organisation gets a 401.
    /// `GET /realms/{realm}/users/active-organization`
    #[inline]
    pub fn active_organization(self) -> Call<GetActiveOrganization> {
        self.phasetwo.at(Api::get_active_organization)
    }

    /// Makes another organisation of the user the active one, and returns new tokens that say so. A user who is no member gets a 401.
    /// `PUT /realms/{realm}/users/switch-organization`
    ///
    /// This session goes on with its own token, which names the old one until it is renewed:
    /// [`Session::forget_token`](crate::Session::forget_token).
    #[inline]
    pub fn switch_organization(self, organization_id: &str) -> Call<SwitchActiveOrganization> {
        let to = SwitchOrganizationRepresentation {
            id: Some(organization_id.to_owned()),
        };
        self.phasetwo
            .at(|api| api.switch_active_organization().body(to))
    }
}
