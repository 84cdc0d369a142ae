//! Phase Two's organisations of the session's own user, for sessions of a user of the realm.

use phasetwo_api::organizations::{
    AcceptMyInvitation, ListMyInvitations, ListMyOrganizations, RejectMyInvitation,
};
use phasetwo_api::types::SwitchOrganizationRepresentation;
use phasetwo_api::users::{GetActiveOrganization, SwitchActiveOrganization};

use super::Phasetwo;
use crate::Realm;

impl Phasetwo {
    /// Returns a handle on the session's own user.
    #[must_use]
    pub fn me(&self) -> Me {
        Me {
            realm: self.realm.clone(),
        }
    }
}

/// The session's own user, from [`Phasetwo::me`].
#[derive(Clone, Debug)]
pub struct Me {
    realm: Realm,
}

impl Me {
    /// Reads the organisations that the user is in, by their id, with the user's roles. `GET /realms/{realm}/orgs/me`
    pub fn list_organizations(&self) -> ListMyOrganizations {
        self.realm
            .phasetwo_api()
            .list_my_organizations()
            .realm(self.realm.name())
    }

    /// Lists the invitations to the user's e-mail address. The address must be verified and in the token (otherwise 400).
    /// `GET /realms/{realm}/orgs/me/invitations`
    pub fn list_invitations(&self) -> ListMyInvitations {
        self.realm
            .phasetwo_api()
            .list_my_invitations()
            .realm(self.realm.name())
    }

    /// Accepts an invitation. The user becomes a member. `POST /realms/{realm}/orgs/me/invitations/{invitationId}`
    pub fn accept_invitation(&self, invitation_id: &str) -> AcceptMyInvitation {
        self.realm
            .phasetwo_api()
            .accept_my_invitation()
            .realm(self.realm.name())
            .invitation_id(invitation_id)
    }

    /// Rejects an invitation. `DELETE /realms/{realm}/orgs/me/invitations/{invitationId}`
    pub fn reject_invitation(&self, invitation_id: &str) -> RejectMyInvitation {
        self.realm
            .phasetwo_api()
            .reject_my_invitation()
            .realm(self.realm.name())
            .invitation_id(invitation_id)
    }

    /// Reads the user's active organisation. If the user is in no organisation, the answer is 401.
    /// `GET /realms/{realm}/users/active-organization`
    pub fn get_active_organization(&self) -> GetActiveOrganization {
        self.realm
            .phasetwo_api()
            .get_active_organization()
            .realm(self.realm.name())
    }

    /// Makes another organisation of the user the active one, and returns new tokens that name it.
    /// `PUT /realms/{realm}/users/switch-organization`
    ///
    /// If the user is not a member, the answer is 401. This session keeps its own token, which names the old organisation until it is renewed:
    /// see [`Session::forget_token`](crate::Session::forget_token).
    #[inline]
    pub fn switch_organization(&self, organization_id: &str) -> SwitchActiveOrganization {
        let target = SwitchOrganizationRepresentation::new().with_id(organization_id);
        self.realm
            .phasetwo_api()
            .switch_active_organization()
            .realm(self.realm.name())
            .body(target)
    }
}
