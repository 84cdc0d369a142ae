//! Users of a realm.

use idshield_api::types;
use idshield_api::users::GetUser;
use keycloak_session::Error;

use crate::{Create, ErrorCode, NewUser, Realm, error_code};

/// The users of a realm, from [`Realm::users`].
#[derive(Clone, Debug)]
pub struct Users {
    realm: Realm,
}

impl Users {
    pub(crate) fn new(realm: Realm) -> Self {
        Self { realm }
    }

    /// Creates a user and returns it with its id. `POST /users`
    ///
    /// It fails with [`ErrorCode::RealmNotFound`] if the realm does not exist, and with [`ErrorCode::UsernameExists`] if the username is
    /// taken. [`exist_ok`](Create::exist_ok) returns the existing user in the second case.
    pub fn create(&self, user: &NewUser) -> Create {
        Create::new(&self.realm, user)
    }
}

/// The key of a user: the id or the name. So no call can be written with neither or both.
#[derive(Clone, Debug)]
enum Key {
    Id(String),
    Name(String),
}

/// One user of a realm, from [`Realm::user_by_id`] or [`Realm::user_by_name`].
#[derive(Clone, Debug)]
pub struct User {
    realm: Realm,
    key: Key,
}

impl User {
    pub(crate) fn by_id(realm: Realm, id: String) -> Self {
        Self {
            realm,
            key: Key::Id(id),
        }
    }

    pub(crate) fn by_name(realm: Realm, name: String) -> Self {
        Self {
            realm,
            key: Key::Name(name),
        }
    }

    /// Gets the user. `GET /user`
    ///
    /// It fails with [`ErrorCode::UserNotFound`] if the user does not exist in the realm, and with [`ErrorCode::RealmNotFound`] if the
    /// realm does not exist.
    pub fn get(&self) -> GetUser {
        let get = self.realm.api().get_user().realm(self.realm.name());
        match &self.key {
            Key::Id(id) => get.id(id),
            Key::Name(name) => get.name(name),
        }
    }

    /// Gets the user, or `None` if it does not exist. A realm that does not exist is an error. `GET /user`
    pub async fn find(&self) -> Result<Option<types::User>, Error> {
        match self.get().await {
            Ok(user) => Ok(Some(user)),
            Err(error) if error_code(&error) == Some(ErrorCode::UserNotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
