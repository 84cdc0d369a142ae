//! Users.

use std::borrow::Borrow;

use keycloak_api::Client as Api;
use keycloak_api::role_mapper::ListUserRealmRoles;
use keycloak_api::types::{CredentialRepresentation, RoleRepresentation, UserRepresentation};
use keycloak_api::users::{
    AddUserToGroup, CountUsers, CreateUser, DeleteUser, DeleteUserCredential, ExecuteActionsEmail,
    GetUser, ListUserConsents, ListUserCredentials, ListUserGroups, ListUserSessions, ListUsers,
    LogoutUser, RemoveUserFromGroup, ResetUserPassword, RevokeUserConsent, SendVerifyEmail,
    UpdateUser,
};
use keycloak_session::{BoxFuture, Error, Operation};
use serde_json::{Map, Value};

use crate::create::NaturalKey;
use crate::{Call, Create, Many, Realm, modify};

impl<'a> Realm<'a> {
    /// The realm's users.
    #[must_use]
    pub fn users(self) -> Users<'a> {
        Users { realm: self }
    }
}

/// The users of a realm, from [`Realm::users`].
#[derive(Clone, Copy, Debug)]
pub struct Users<'a> {
    realm: Realm<'a>,
}

impl<'a> Users<'a> {
    /// Lists the users. `GET /admin/realms/{realm}/users`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let realm = keycloak.realm("acme");
    /// let mut staff = realm.users().list().query(|q| q.search("ali").enabled(true)).stream();
    /// while let Some(user) = staff.try_next().await? {
    ///     println!("{:?}", user.username);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(self) -> Call<ListUsers> {
        self.realm.at(Api::list_users)
    }

    /// Counts the users. `GET /admin/realms/{realm}/users/count`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let locked = keycloak.realm("acme").users().count().query(|q| q.enabled(false)).await?;
    /// println!("{locked} users cannot log in");
    /// # Ok(())
    /// # }
    /// ```
    pub fn count(self) -> Call<CountUsers> {
        self.realm.at(Api::count_users)
    }

    /// Creates a user and returns the id. `POST /admin/realms/{realm}/users`
    ///
    /// A password goes into `credentials`, as a credential of the type `password` with its `value`. Keycloak writes
    /// usernames and e-mail addresses in lower case. With [`exist_ok`](Create::exist_ok) the user is found by the username,
    /// or where that is not set, by the e-mail address as username.
    pub fn create(self, user: &UserRepresentation) -> Create<CreateUser> {
        let username = user.username.as_deref().or(user.email.as_deref());
        let find = |username: &str| self.find_by_username(username);
        let key = NaturalKey::new("username", username, find, |user| user.id);
        Create::new(self.realm.at(|api| api.create_user().body(user)), key)
    }

    /// Creates many users, 16 at a time: one result for each, in order. See [`Many`].
    pub fn create_many<I>(self, users: I) -> Many<'a, Create<CreateUser>>
    where
        I: IntoIterator<Item: Borrow<UserRepresentation>, IntoIter: Send + 'a>,
    {
        let users = users.into_iter();
        Many::new(users.map(move |user| self.create(user.borrow())))
    }

    /// The user of this id. It need not exist: nothing is sent.
    #[must_use]
    pub fn id(self, id: &'a str) -> User<'a> {
        User {
            realm: self.realm,
            id,
        }
    }

    /// The user who has exactly this username, in any case; `None` where nobody has. `GET /admin/realms/{realm}/users`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find_by_username(
        self,
        username: &str,
    ) -> BoxFuture<'static, Result<Option<UserRepresentation>, Error>> {
        pick(self.list().query(|q| q.exact(true)), username)
    }

    /// The id of the user who has exactly this username, in any case; `None` where nobody has.
    /// `GET /admin/realms/{realm}/users`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn id_by_username(
        self,
        username: &str,
    ) -> BoxFuture<'static, Result<Option<String>, Error>> {
        let found = pick(
            self.list()
                .query(|q| q.exact(true).brief_representation(true)),
            username,
        );
        Box::pin(async move { Ok(found.await?.and_then(|user| user.id)) })
    }
}

/// The user of this name among those that the server finds for it. Keycloak keeps usernames in lower case.
fn pick(
    list: Call<ListUsers>,
    username: &str,
) -> BoxFuture<'static, Result<Option<UserRepresentation>, Error>> {
    let list = list.query(|q| q.username(username));
    let username = username.to_lowercase();
    Box::pin(async move {
        let mut users = list.await?.into_iter();
        Ok(users.find(|user| {
            let found = user.username.as_deref().map(str::to_lowercase);
            found.is_some_and(|found| found == username)
        }))
    })
}

/// Whether a password has to be changed at the next login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Temporary {
    /// The user has to choose another one at the next login; until then, a login without a browser is refused.
    Yes,
    /// The password stays.
    No,
}

/// One user of a realm, from [`Users::id`].
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> User<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        Call::at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// The user's id.
    #[must_use]
    pub fn user_id(self) -> &'a str {
        self.id
    }

    /// Reads the user. `GET /admin/realms/{realm}/users/{user-id}`
    pub fn get(self) -> Call<GetUser> {
        self.at(Api::get_user)
    }

    /// Like [`get`](Self::get); `None` where there is no such user.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find(self) -> BoxFuture<'static, Result<Option<UserRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the user. `PUT /admin/realms/{realm}/users/{user-id}`
    ///
    /// What is `None` stays, as long as `attributes` is `None`. With `attributes` the whole profile is replaced: attributes, names
    /// and e-mail address that are left out are wiped. To change a part, use [`modify`](Self::modify).
    pub fn update(self, user: &UserRepresentation) -> Call<UpdateUser> {
        self.at(|api| api.update_user().body(user))
    }

    /// Reads the user, changes it and writes it back whole. Where nothing is changed, nothing is written.
    ///
    /// `attributes` is always set, to an empty map where the user has none. A part of the profile (attributes, names, e-mail
    /// address) that is set to `None` is cleared; lists such as `required_actions` are cleared with an empty one.
    /// What other programs write between the two calls is lost: Keycloak has no way to see it.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// let realm = keycloak.realm("acme");
    /// realm.users().id(&id).modify(|user| user.first_name = Some("Al".to_owned())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut UserRepresentation) + Send,
    {
        let get = self.get();
        let put = self.at(Api::update_user);
        async move {
            let mut user = modify::read(get).await?;
            // Without attributes Keycloak takes what is left out for what is to stay.
            if let Some(user) = user.as_object_mut()
                && user.get("attributes").is_none_or(Value::is_null)
            {
                user.insert("attributes".to_owned(), Value::Object(Map::new()));
            }
            let change = |user: &mut UserRepresentation| {
                change(user);
                user.attributes.get_or_insert_default();
            };
            modify::write_back(put, user, change).await
        }
    }

    /// Deletes the user. `DELETE /admin/realms/{realm}/users/{user-id}`
    pub fn delete(self) -> Call<DeleteUser> {
        self.at(Api::delete_user)
    }

    /// Deletes the user if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// Sets the password. `PUT /admin/realms/{realm}/users/{user-id}/reset-password`
    ///
    /// ```no_run
    /// use keycloak_admin::Temporary;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// keycloak.realm("acme").users().id(&id).reset_password("s3cret", Temporary::Yes).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn reset_password(self, password: &str, temporary: Temporary) -> Call<ResetUserPassword> {
        let credential = CredentialRepresentation {
            type_: Some("password".to_owned()),
            value: Some(password.to_owned()),
            temporary: Some(temporary == Temporary::Yes),
            ..Default::default()
        };
        self.at(|api| api.reset_user_password().body(credential))
    }

    /// Lists the user's credentials, without their secrets. `GET /admin/realms/{realm}/users/{user-id}/credentials`
    pub fn credentials(self) -> Call<ListUserCredentials> {
        self.at(Api::list_user_credentials)
    }

    /// The user's credential of this id, without its secret; `None` where the user has none of that id.
    /// `GET /admin/realms/{realm}/users/{user-id}/credentials`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn credential(
        self,
        credential_id: &str,
    ) -> BoxFuture<'static, Result<Option<CredentialRepresentation>, Error>> {
        let list = self.credentials();
        let id = credential_id.to_owned();
        Box::pin(async move {
            let mut credentials = list.await?.into_iter();
            Ok(credentials.find(|credential| credential.id.as_ref() == Some(&id)))
        })
    }

    /// Deletes a credential. `DELETE /admin/realms/{realm}/users/{user-id}/credentials/{credentialId}`
    pub fn delete_credential(self, credential_id: &str) -> Call<DeleteUserCredential> {
        self.at(|api| api.delete_user_credential().credential_id(credential_id))
    }

    /// Lists what the user has consented to, client by client. `GET /admin/realms/{realm}/users/{user-id}/consents`
    pub fn consents(self) -> Call<ListUserConsents> {
        self.at(Api::list_user_consents)
    }

    /// Revokes the user's consent for a client, named by its `client_id`, and its offline tokens.
    /// `DELETE /admin/realms/{realm}/users/{user-id}/consents/{client}`
    pub fn revoke_consent(self, client_id: &str) -> Call<RevokeUserConsent> {
        self.at(|api| api.revoke_user_consent().client_id(client_id))
    }

    /// Sends a mail with a link to required actions, such as `UPDATE_PASSWORD`.
    /// `PUT /admin/realms/{realm}/users/{user-id}/execute-actions-email`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// let realm = keycloak.realm("acme");
    /// let mail = realm.users().id(&id).execute_actions_email(["UPDATE_PASSWORD", "CONFIGURE_TOTP"]);
    /// mail.query(|q| q.lifespan(3600)).await?; // the link works for an hour
    /// # Ok(())
    /// # }
    /// ```
    pub fn execute_actions_email<A>(self, actions: A) -> Call<ExecuteActionsEmail>
    where
        A: IntoIterator<Item: Into<String>>,
    {
        self.at(|api| api.execute_actions_email().body(actions))
    }

    /// Sends a mail with a link that verifies the e-mail address.
    /// `PUT /admin/realms/{realm}/users/{user-id}/send-verify-email`
    pub fn send_verify_email(self) -> Call<SendVerifyEmail> {
        self.at(Api::send_verify_email)
    }

    /// Lists the user's sessions, offline ones not included. `GET /admin/realms/{realm}/users/{user-id}/sessions`
    pub fn sessions(self) -> Call<ListUserSessions> {
        self.at(Api::list_user_sessions)
    }

    /// Ends all of the user's sessions. `POST /admin/realms/{realm}/users/{user-id}/logout`
    pub fn logout(self) -> Call<LogoutUser> {
        self.at(Api::logout_user)
    }

    /// Lists the groups the user is in. `GET /admin/realms/{realm}/users/{user-id}/groups`
    pub fn groups(self) -> Call<ListUserGroups> {
        self.at(Api::list_user_groups)
    }

    /// Puts the user into a group; it is no error where the user is in it. `PUT /admin/realms/{realm}/users/{user-id}/groups/{groupId}`
    pub fn join_group(self, group_id: &str) -> Call<AddUserToGroup> {
        self.at(|api| api.add_user_to_group().group_id(group_id))
    }

    /// Takes the user out of a group. `DELETE /admin/realms/{realm}/users/{user-id}/groups/{groupId}`
    pub fn leave_group(self, group_id: &str) -> Call<RemoveUserFromGroup> {
        self.at(|api| api.remove_user_from_group().group_id(group_id))
    }

    /// Lists the realm roles that are mapped to the user directly. `GET /admin/realms/{realm}/users/{user-id}/role-mappings/realm`
    pub fn realm_roles(self) -> Call<ListUserRealmRoles> {
        self.at(Api::list_user_realm_roles)
    }

    /// Maps realm roles to the user; each needs its `id` and `name`. An empty list sends nothing.
    /// `POST /admin/realms/{realm}/users/{user-id}/role-mappings/realm`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn add_realm_roles(
        self,
        roles: &[RoleRepresentation],
    ) -> BoxFuture<'static, Result<(), Error>> {
        self.at(|api| api.add_realm_roles_to_user().body(roles))
            .unless(roles.is_empty())
    }

    /// Takes realm roles from the user; each needs its `id` and `name`. An empty list sends nothing.
    /// `DELETE /admin/realms/{realm}/users/{user-id}/role-mappings/realm`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn remove_realm_roles(
        self,
        roles: &[RoleRepresentation],
    ) -> BoxFuture<'static, Result<(), Error>> {
        self.at(|api| api.remove_realm_roles_from_user().body(roles))
            .unless(roles.is_empty())
    }
}
