//! Invitations to a Phase Two organisation.

use keycloak_session::Error;
use phasetwo_api::organization_invitation::{
    CountOrganizationInvitations, CreateOrganizationInvitation, DeleteOrganizationInvitation,
    GetOrganizationInvitation, ListOrganizationInvitations, ResendOrganizationInvitation,
};
use phasetwo_api::types::{InvitationRepresentation, InvitationRequestRepresentation};

use super::organizations::Organization;
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Create, Realm};

impl Organization {
    /// Returns a handle on the open invitations to the organisation.
    #[must_use]
    pub fn invitations(&self) -> Invitations {
        Invitations {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
        }
    }

    /// Returns a handle on the invitation with this id. Nothing is sent, so the invitation need not exist.
    #[must_use]
    pub fn invitation(&self, id: impl Into<String>) -> Invitation {
        Invitation {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
            id: id.into(),
        }
    }
}

/// The invitations to a Phase Two organisation, from [`Organization::invitations`].
#[derive(Clone, Debug)]
pub struct Invitations {
    realm: Realm,
    organization_id: String,
}

impl Invitations {
    /// Lists the invitations. `GET /realms/{realm}/orgs/{orgId}/invitations`
    pub fn list(&self) -> ListOrganizationInvitations {
        self.realm
            .phasetwo_api()
            .list_organization_invitations()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Counts the invitations. `GET /realms/{realm}/orgs/{orgId}/invitations/count`
    pub fn count(&self) -> CountOrganizationInvitations {
        self.realm
            .phasetwo_api()
            .count_organization_invitations()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Invites an e-mail address and returns the invitation's id. `POST /realms/{realm}/orgs/{orgId}/invitations`
    ///
    /// If `send` is true, the server sends a mail. The realm needs a mail server for that. [`exist_ok`](Create::exist_ok) finds the invitation by
    /// its e-mail address. In that case no second mail is sent.
    #[inline]
    pub fn create(
        &self,
        invitation: &InvitationRequestRepresentation,
    ) -> Create<CreateOrganizationInvitation> {
        let organization_id = self.organization_id.clone();
        let email = invitation.email.as_deref();
        let key = NaturalKey::new(&self.realm, "email", email, move |realm, email| {
            let organization = realm.phasetwo().organization(&organization_id);
            async move {
                let found = organization.invitations().find_by_email(&email).await?;
                Ok(found.and_then(|invitation| invitation.id))
            }
        });
        let call = self.realm.phasetwo_api().create_organization_invitation();
        let call = call.realm(self.realm.name()).org_id(&self.organization_id);
        Create::new(call.body(invitation), key)
    }

    /// Finds the invitation of this e-mail address. Upper and lower case are the same. `GET /realms/{realm}/orgs/{orgId}/invitations`
    pub async fn find_by_email(
        &self,
        email: &str,
    ) -> Result<Option<InvitationRepresentation>, Error> {
        let email = email.to_lowercase();
        find_in_pages(self.list().search(&email), |invitation| {
            invitation.email.as_deref().map(str::to_lowercase).as_ref() == Some(&email)
        })
        .await
    }
}

/// One invitation to a Phase Two organisation, from [`Organization::invitation`].
#[derive(Clone, Debug)]
pub struct Invitation {
    realm: Realm,
    organization_id: String,
    id: String,
}

impl Invitation {
    /// Reads the invitation. `GET /realms/{realm}/orgs/{orgId}/invitations/{invitationId}`
    ///
    /// `created_at` is a time without seconds, such as `2026-11-22T01:38Z`.
    pub fn get(&self) -> GetOrganizationInvitation {
        self.realm
            .phasetwo_api()
            .get_organization_invitation()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .invitation_id(&self.id)
    }

    /// Reads the invitation; `None` if there is no such invitation. `GET /realms/{realm}/orgs/{orgId}/invitations/{invitationId}`
    pub async fn find(&self) -> Result<Option<InvitationRepresentation>, Error> {
        self.get().optional().await
    }

    /// Sends the mail again. `PUT /realms/{realm}/orgs/{orgId}/invitations/{invitationId}/resend-email`
    pub fn resend(&self) -> ResendOrganizationInvitation {
        self.realm
            .phasetwo_api()
            .resend_organization_invitation()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .invitation_id(&self.id)
    }

    /// Deletes the invitation. `DELETE /realms/{realm}/orgs/{orgId}/invitations/{invitationId}`
    pub fn delete(&self) -> DeleteOrganizationInvitation {
        self.realm
            .phasetwo_api()
            .delete_organization_invitation()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .invitation_id(&self.id)
    }

    /// Deletes the invitation if it exists. Returns whether it existed.
    /// `DELETE /realms/{realm}/orgs/{orgId}/invitations/{invitationId}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }
}
