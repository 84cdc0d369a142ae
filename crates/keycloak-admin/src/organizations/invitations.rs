//! The invitations that an organisation has sent. Since Keycloak 26.5. Before that, an invitation is a mail and nothing else.
//!
//! [`Members::invite`](super::members::Members::invite) sends them.

use keycloak_api::organizations::{
    DeleteOrganizationInvitation, GetOrganizationInvitation, ListOrganizationInvitations,
    ResendOrganizationInvitation,
};
use keycloak_api::types::OrganizationInvitationRepresentation;
use keycloak_session::Error;

use super::Organization;
use crate::Realm;
use crate::find::find_in_pages;

impl Organization {
    /// Returns a handle on the invitations that have been sent. Since Keycloak 26.5.
    #[must_use]
    pub fn invitations(&self) -> Invitations {
        Invitations {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
        }
    }

    /// Returns a handle on the invitation with this id. Nothing is sent, so the invitation need not exist. Since Keycloak 26.5.
    #[must_use]
    pub fn invitation(&self, id: impl Into<String>) -> Invitation {
        Invitation {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
            id: id.into(),
        }
    }
}

/// The invitations of an organisation, from [`Organization::invitations`].
#[derive(Clone, Debug)]
pub struct Invitations {
    realm: Realm,
    organization_id: String,
}

impl Invitations {
    /// Lists the invitations. `GET /admin/realms/{realm}/organizations/{org-id}/invitations`
    pub fn list(&self) -> ListOrganizationInvitations {
        self.realm
            .api()
            .list_organization_invitations()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Finds the invitation that was sent to this e-mail address. Upper and lower case are the same.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/invitations`
    pub async fn find_by_email(
        &self,
        email: &str,
    ) -> Result<Option<OrganizationInvitationRepresentation>, Error> {
        let email = email.to_lowercase();
        find_in_pages(self.list().email(&email), |invitation| {
            invitation.email.as_deref().map(str::to_lowercase).as_ref() == Some(&email)
        })
        .await
    }
}

/// One invitation of an organisation, from [`Organization::invitation`].
#[derive(Clone, Debug)]
pub struct Invitation {
    realm: Realm,
    organization_id: String,
    id: String,
}

impl Invitation {
    /// Reads the invitation. Its times are in seconds since 1970.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/invitations/{id}`
    pub fn get(&self) -> GetOrganizationInvitation {
        self.realm
            .api()
            .get_organization_invitation()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .id(&self.id)
    }

    /// Reads the invitation; `None` if there is no such invitation.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/invitations/{id}`
    pub async fn find(&self) -> Result<Option<OrganizationInvitationRepresentation>, Error> {
        self.get().optional().await
    }

    /// Sends the mail again, with a new link. **After that the invitation has another id.**
    /// `POST /admin/realms/{realm}/organizations/{org-id}/invitations/{id}/resend`
    pub fn resend(&self) -> ResendOrganizationInvitation {
        self.realm
            .api()
            .resend_organization_invitation()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .id(&self.id)
    }

    /// Deletes the invitation. Its link stops working.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/invitations/{id}`
    pub fn delete(&self) -> DeleteOrganizationInvitation {
        self.realm
            .api()
            .delete_organization_invitation()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .id(&self.id)
    }

    /// Deletes the invitation if it exists. Returns whether it existed.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/invitations/{id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }
}
