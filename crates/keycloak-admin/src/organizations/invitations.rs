//! The invitations of an organisation that have been sent. Since Keycloak 26.5; before, an invitation is a mail and nothing else.
//!
//! [`Members::invite`](super::members::Members::invite) sends them.

use keycloak_api::Client as Api;
use keycloak_api::organizations::{
    DeleteOrganizationInvitation, GetOrganizationInvitation, ListOrganizationInvitations,
    ResendOrganizationInvitation,
};
use keycloak_api::types::OrganizationInvitationRepresentation;
use keycloak_session::{BoxFuture, Error, Operation};

use super::Organization;
use crate::Call;
use crate::call::{CallExt as _, at};
use crate::find::find_in_pages;

impl<'a> Organization<'a> {
    /// The invitations that have been sent. Since Keycloak 26.5.
    #[must_use]
    #[inline]
    pub fn invitations(self) -> Invitations<'a> {
        Invitations { organization: self }
    }
}

/// The invitations of an organisation, from [`Organization::invitations`].
#[derive(Clone, Copy, Debug)]
pub struct Invitations<'a> {
    organization: Organization<'a>,
}

impl<'a> Invitations<'a> {
    /// Lists the invitations. `GET /admin/realms/{realm}/organizations/{org-id}/invitations`
    #[inline]
    pub fn list(self) -> Call<ListOrganizationInvitations> {
        self.organization.at(Api::list_organization_invitations)
    }

    /// The invitation that was sent to this address, in any case; `None` where none was.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/invitations`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_email(
        self,
        email: &str,
    ) -> BoxFuture<'static, Result<Option<OrganizationInvitationRepresentation>, Error>> {
        let email = email.to_lowercase();
        let list = self.list().query(|q| q.email(&email));
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

/// One invitation of an organisation, from [`Invitations::id`].
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    organization: Organization<'a>,
    id: &'a str,
}

impl<'a> Invitation<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let Organization { realm, id } = self.organization;
        at(build(realm.api()), [realm.name(), id, self.id])
    }

    /// Reads the invitation; its times are seconds since 1970.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/invitations/{id}`
    #[inline]
    pub fn get(self) -> Call<GetOrganizationInvitation> {
        self.at(Api::get_organization_invitation)
    }

    /// Like [`get`](Self::get); `None` where there is no such invitation.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(
        self,
    ) -> BoxFuture<'static, Result<Option<OrganizationInvitationRepresentation>, Error>> {
        self.get().optional()
    }

    /// Sends the mail again, with a new link. **The invitation has another id afterwards.**
    /// `POST /admin/realms/{realm}/organizations/{org-id}/invitations/{id}/resend`
    #[inline]
    pub fn resend(self) -> Call<ResendOrganizationInvitation> {
        self.at(Api::resend_organization_invitation)
    }

    /// Deletes the invitation: its link is no longer good.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/invitations/{id}`
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
