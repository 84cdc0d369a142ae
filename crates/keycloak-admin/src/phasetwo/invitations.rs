//! Invitations to a Phase Two organisation.

use keycloak_session::{BoxFuture, Error, Operation};
use phasetwo_api::Client as Api;
use phasetwo_api::organization_invitation::{
    CountOrganizationInvitations, CreateOrganizationInvitation, DeleteOrganizationInvitation,
    GetOrganizationInvitation, ListOrganizationInvitations, ResendOrganizationInvitation,
};
use phasetwo_api::types::{InvitationRepresentation, InvitationRequestRepresentation};

use super::organizations::Organization;
use crate::call::CallExt as _;
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Call, Create};

impl<'a> Organization<'a> {
    /// The invitations to the organisation that are open.
    #[must_use]
    #[inline]
    pub fn invitations(self) -> Invitations<'a> {
        Invitations { organization: self }
    }
}

/// The invitations to a Phase Two organisation, from [`Organization::invitations`].
#[derive(Clone, Copy, Debug)]
pub struct Invitations<'a> {
    organization: Organization<'a>,
}

impl<'a> Invitations<'a> {
    /// Lists the invitations. `GET /realms/{realm}/orgs/{orgId}/invitations`
    #[inline]
    pub fn list(self) -> Call<ListOrganizationInvitations> {
        self.organization.at(Api::list_organization_invitations)
    }

    /// Counts the invitations. `GET /realms/{realm}/orgs/{orgId}/invitations/count`
    #[inline]
    pub fn count(self) -> Call<CountOrganizationInvitations> {
        self.organization.at(Api::count_organization_invitations)
    }

    /// Invites an e-mail address and returns the invitation's id. `POST /realms/{realm}/orgs/{orgId}/invitations`
    ///
    /// A mail is sent where `send` is set to true, which needs a mail server. With [`exist_ok`](Create::exist_ok) the invitation
    /// is found by its address; no second mail is sent then.
    #[inline]
    pub fn create(
        self,
        invitation: &InvitationRequestRepresentation,
    ) -> Create<CreateOrganizationInvitation> {
        let find = |email: &str| self.find_by_email(email);
        let email = invitation.email.as_deref();
        let key = NaturalKey::new("email", email, find, |invitation| invitation.id);
        let call = self
            .organization
            .at(|api| api.create_organization_invitation().body(invitation));
        Create::new(call, key)
    }

    /// The invitation of this address, in any case; `None` where there is none. `GET /realms/{realm}/orgs/{orgId}/invitations`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_email(
        self,
        email: &str,
    ) -> BoxFuture<'static, Result<Option<InvitationRepresentation>, Error>> {
        let email = email.to_lowercase();
        let list = self.list().query(|q| q.search(&email));
        find_in_pages(list, move |invitation| {
            invitation.email.as_deref().map(str::to_lowercase).as_ref() == Some(&email)
        })
    }

    /// The invitation of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> Invitation<'a> {
        Invitation {
            organization: self.organization,
            id,
        }
    }
}

/// One invitation to a Phase Two organisation, from [`Invitations::id`].
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    organization: Organization<'a>,
    id: &'a str,
}

impl<'a> Invitation<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        self.organization.at_key(self.id, build)
    }

    /// Reads the invitation. `GET /realms/{realm}/orgs/{orgId}/invitations/{invitationId}`
    ///
    /// `created_at` is a time without seconds, such as `2026-11-22T01:38Z`.
    #[inline]
    pub fn get(self) -> Call<GetOrganizationInvitation> {
        self.at(Api::get_organization_invitation)
    }

    /// Like [`get`](Self::get); `None` where there is no such invitation.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<InvitationRepresentation>, Error>> {
        self.get().optional()
    }

    /// Sends the mail again. `PUT /realms/{realm}/orgs/{orgId}/invitations/{invitationId}/resend-email`
    #[inline]
    pub fn resend(self) -> Call<ResendOrganizationInvitation> {
        self.at(Api::resend_organization_invitation)
    }

    /// Deletes the invitation. `DELETE /realms/{realm}/orgs/{orgId}/invitations/{invitationId}`
    #[inline]
    pub fn delete(self) -> Call<DeleteOrganizationInvitation> {
        self.at(Api::delete_organization_invitation)
    }

    /// Deletes the invitation if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}
