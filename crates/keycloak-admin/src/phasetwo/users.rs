//! Phase Two's organisations and invitations of a user.

use phasetwo_api::users::{ListUserInvitations, ListUserOrganizations};

use super::Phasetwo;
use crate::Realm;

impl Phasetwo {
    /// Returns a handle on the user with this id, for Phase Two's extensions. Nothing is sent, so the user need not exist.
    #[must_use]
    pub fn user(&self, id: impl Into<String>) -> User {
        User {
            realm: self.realm.clone(),
            id: id.into(),
        }
    }
}

/// One user of a realm, from [`Phasetwo::user`].
#[derive(Clone, Debug)]
pub struct User {
    realm: Realm,
    id: String,
}

impl User {
    /// Lists the organisations that the user is in. `GET /realms/{realm}/users/{userId}/orgs`
    pub fn list_organizations(&self) -> ListUserOrganizations {
        self.realm
            .phasetwo_api()
            .list_user_organizations()
            .realm(self.realm.name())
            .user_id(&self.id)
    }

    /// Lists the invitations to the user's e-mail address. `GET /realms/{realm}/users/{userId}/invitations`
    pub fn list_invitations(&self) -> ListUserInvitations {
        self.realm
            .phasetwo_api()
            .list_user_invitations()
            .realm(self.realm.name())
            .user_id(&self.id)
    }
}
