//! What a user has to do with Phase Two's organisations.

use keycloak_session::Operation;
use phasetwo_api::Client as Api;
use phasetwo_api::users::{ListUserInvitations, ListUserOrganizations};

use super::Phasetwo;
use crate::Call;
use crate::call::at;

impl<'a> Phasetwo<'a> {
    /// The user of this id, as Phase Two's extensions see them. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn user(self, id: &'a str) -> User<'a> {
        User { phasetwo: self, id }
    }
}

/// One user of a realm, from [`Phasetwo::user`].
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    phasetwo: Phasetwo<'a>,
    id: &'a str,
}

impl<'a> User<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let path = [self.phasetwo.realm.name(), self.id];
        at(build(self.phasetwo.api()), path)
    }

    /// Lists the organisations the user is in. `GET /realms/{realm}/users/{userId}/orgs`
    #[inline]
    pub fn organizations(self) -> Call<ListUserOrganizations> {
        self.at(Api::list_user_organizations)
    }

    /// Lists the invitations to the user's e-mail address. `GET /realms/{realm}/users/{userId}/invitations`
    #[inline]
    pub fn invitations(self) -> Call<ListUserInvitations> {
        self.at(Api::list_user_invitations)
    }
}
