//! Users.

use std::borrow::Borrow;

use keycloak_api::Client as Api;
use keycloak_api::realms_admin::{GetUsersManagementPermissions, UpdateUsersManagementPermissions};
use keycloak_api::types::{
    CredentialRepresentation, FederatedIdentityRepresentation, UserRepresentation,
};
use keycloak_api::users::{
    AddFederatedIdentityToUser, AddUserToGroup, CountUserGroups, CountUsers, CreateUser,
    DeleteUser, DeleteUserCredential, DisableUserCredentialTypes, ExecuteActionsEmail, GetUser,
    GetUserUnmanagedAttributes, ImpersonateUser, ListUserConsents, ListUserCredentials,
    ListUserFederatedIdentities, ListUserGroups, ListUserOfflineSessions, ListUserSessions,
    ListUserStorageCredentialTypes, ListUsers, LogoutUser, MoveUserCredentialAfter,
    MoveUserCredentialToFirst, RemoveFederatedIdentityFromUser, RemoveUserFromGroup,
    ResetUserPassword, RevokeUserConsent, SendVerifyEmail, UpdateUser, UpdateUserCredentialLabel,
};
use keycloak_session::{BoxFuture, Error, Operation, Request};
use serde_json::{Map, Value};

use crate::call::{CallExt as _, at};
use crate::create::{Key, NaturalKey};
use crate::find::Found;
use crate::management::switched;
use crate::{Call, Create, Keycloak, Many, Realm, modify};

impl<'a> Realm<'a> {
    /// The realm's users.
    #[must_use]
    #[inline]
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
    #[inline]
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
    #[inline]
    pub fn count(self) -> Call<CountUsers> {
        self.realm.at(Api::count_users)
    }

    /// Creates a user and returns the id. `POST /admin/realms/{realm}/users`
    ///
    /// A password goes into `credentials`, as a credential of the type `password` with its `value`. Keycloak writes
    /// usernames and e-mail addresses in lower case. With [`exist_ok`](Create::exist_ok) the user is found by the username,
    /// or where that is not set or the realm takes the e-mail address for it, by the e-mail address as username.
    #[inline]
    pub fn create(self, user: &UserRepresentation) -> Create<CreateUser> {
        let call = self.realm.at(|api| api.create_user().body(user));
        Create::new(call, Key::OfRequest(natural_key))
    }

    /// Creates many users, 16 at a time: one result for each, in order. See [`Many`].
    #[inline]
    pub fn create_many<I>(self, users: I) -> Many<'a, Create<CreateUser>>
    where
        I: IntoIterator<Item: Borrow<UserRepresentation>, IntoIter: Send + 'a>,
    {
        let users = users.into_iter();
        Many::new(users.map(move |user| self.create(user.borrow())))
    }

    /// Changes many users, 16 at a time: each is read, changed and written back as [`User::modify`] does. One result for each, in order.
    /// See [`Many`].
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let users = keycloak.realm("acme").users();
    /// let all = users.list().query(|q| q.brief_representation(true)).try_collect().await?;
    /// let ids: Vec<String> = all.into_iter().filter_map(|user| user.id).collect();
    /// let results = users.modify_many(&ids, |user| user.enabled = Some(false)).await;
    /// assert!(results.iter().all(|result| result.is_ok()));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn modify_many<F>(
        self,
        ids: &'a [String],
        change: F,
    ) -> Many<'a, impl Future<Output = Result<(), Error>> + Send>
    where
        F: Fn(&mut UserRepresentation) + Clone + Send + 'a,
    {
        Many::new(ids.iter().map(move |id| self.id(id).modify(change.clone())))
    }

    /// Whether who may manage the users is set one by one, and by which permissions of the client `realm-management`. It needs the feature
    /// `admin-fine-grained-authz:v1`. `GET /admin/realms/{realm}/users-management-permissions`
    #[inline]
    pub fn management_permissions(self) -> Call<GetUsersManagementPermissions> {
        self.realm.at(Api::get_users_management_permissions)
    }

    /// Turns that on or off. `PUT /admin/realms/{realm}/users-management-permissions`
    #[inline]
    pub fn set_management_permissions(
        self,
        enabled: bool,
    ) -> Call<UpdateUsersManagementPermissions> {
        self.realm.at(|api| {
            api.update_users_management_permissions()
                .body(switched(enabled))
        })
    }

    /// The user of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> User<'a> {
        User {
            realm: self.realm,
            id,
        }
    }

    /// The user who has exactly this username, in any case; `None` where nobody has. `GET /admin/realms/{realm}/users`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_username(
        self,
        username: &str,
    ) -> BoxFuture<'static, Result<Option<UserRepresentation>, Error>> {
        pick(self.list().query(|q| q.exact(true)), username)
    }

    /// The id of the user who has exactly this username, in any case; `None` where nobody has.
    /// `GET /admin/realms/{realm}/users`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
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
#[inline]
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

/// The key of the user that a request is to create: the username or, where the realm takes the e-mail address for the username, the address.
#[inline]
fn natural_key(request: &Request) -> NaturalKey {
    let body = request.body();
    let body = body.and_then(|body| serde_json::from_str(str::from_utf8(body).ok()?).ok());
    let user: UserRepresentation = body.unwrap_or_default();
    let keycloak = Keycloak::from(request.session().clone());
    let realm = request.path_value("realm").unwrap_or_default().to_owned();
    let email = user.email;
    let username = user.username.or_else(|| email.clone());
    let find = |username: &str| -> Found<UserRepresentation> {
        let username = username.to_owned();
        Box::pin(async move {
            let realm = keycloak.realm(&realm);
            if let Some(user) = realm.users().find_by_username(&username).await? {
                return Ok(Some(user));
            }
            let Some(email) = email else {
                return Ok(None);
            };
            if realm.get().await?.registration_email_as_username == Some(true) {
                realm.users().find_by_username(&email).await
            } else {
                Ok(None)
            }
        })
    };
    NaturalKey::new("username", username.as_deref(), find, |user| user.id)
}

/// One user of a realm, from [`Users::id`].
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> User<'a> {
    pub(crate) fn realm(self) -> Realm<'a> {
        self.realm
    }

    pub(crate) fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// The user's id.
    #[must_use]
    #[inline]
    pub fn user_id(self) -> &'a str {
        self.id
    }

    /// Reads the user. `GET /admin/realms/{realm}/users/{user-id}`
    #[inline]
    pub fn get(self) -> Call<GetUser> {
        self.at(Api::get_user)
    }

    /// Like [`get`](Self::get); `None` where there is no such user.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<UserRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the user. `PUT /admin/realms/{realm}/users/{user-id}`
    ///
    /// What is `None` stays, as long as `attributes` is `None`. With `attributes` the whole profile is replaced: attributes, names
    /// and e-mail address that are left out are wiped. To change a part, use [`modify`](Self::modify).
    #[inline]
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
    #[inline]
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
    #[inline]
    pub fn delete(self) -> Call<DeleteUser> {
        self.at(Api::delete_user)
    }

    /// Deletes the user if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
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
    #[inline]
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
    #[inline]
    pub fn credentials(self) -> Call<ListUserCredentials> {
        self.at(Api::list_user_credentials)
    }

    /// The user's credential of this id, without its secret; `None` where the user has none of that id.
    /// `GET /admin/realms/{realm}/users/{user-id}/credentials`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
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
    #[inline]
    pub fn delete_credential(self, credential_id: &str) -> Call<DeleteUserCredential> {
        self.at(|api| api.delete_user_credential().credential_id(credential_id))
    }

    /// Gives a credential a name for people. `PUT /admin/realms/{realm}/users/{user-id}/credentials/{credentialId}/userLabel`
    #[inline]
    pub fn label_credential(
        self,
        credential_id: &str,
        label: &str,
    ) -> Call<UpdateUserCredentialLabel> {
        let call = |api: &'a Api| api.update_user_credential_label().body(label);
        self.at(call).and_path(credential_id)
    }

    /// Puts a credential first, which is what a login then offers first.
    /// `POST /admin/realms/{realm}/users/{user-id}/credentials/{credentialId}/moveToFirst`
    #[inline]
    pub fn move_credential_to_first(self, credential_id: &str) -> Call<MoveUserCredentialToFirst> {
        self.at(Api::move_user_credential_to_first)
            .and_path(credential_id)
    }

    /// Puts a credential behind another one.
    /// `POST /admin/realms/{realm}/users/{user-id}/credentials/{credentialId}/moveAfter/{newPreviousCredentialId}`
    #[inline]
    pub fn move_credential_after(
        self,
        credential_id: &str,
        previous_credential_id: &str,
    ) -> Call<MoveUserCredentialAfter> {
        self.at(Api::move_user_credential_after)
            .and_path(credential_id)
            .and_path(previous_credential_id)
    }

    /// Removes all credentials of these types, such as `otp`, where a user federation provider can do that.
    /// `PUT /admin/realms/{realm}/users/{user-id}/disable-credential-types`
    #[inline]
    pub fn disable_credential_types<T>(self, types: T) -> Call<DisableUserCredentialTypes>
    where
        T: IntoIterator<Item: Into<String>>,
    {
        self.at(|api| api.disable_user_credential_types().body(types))
    }

    /// Lists the types of the credentials that a user federation provider keeps for the user.
    /// `GET /admin/realms/{realm}/users/{user-id}/configured-user-storage-credential-types`
    #[inline]
    pub fn user_storage_credential_types(self) -> Call<ListUserStorageCredentialTypes> {
        self.at(Api::list_user_storage_credential_types)
    }

    /// Reads the attributes that the user profile does not manage. `GET /admin/realms/{realm}/users/{user-id}/unmanagedAttributes`
    #[inline]
    pub fn unmanaged_attributes(self) -> Call<GetUserUnmanagedAttributes> {
        self.at(Api::get_user_unmanaged_attributes)
    }

    /// Lists the accounts at identity providers that the user is linked to ("social logins").
    /// `GET /admin/realms/{realm}/users/{user-id}/federated-identity`
    #[inline]
    pub fn federated_identities(self) -> Call<ListUserFederatedIdentities> {
        self.at(Api::list_user_federated_identities)
    }

    /// Links the user to an account at an identity provider, named by its alias; it is an error ([`Error::is_conflict`]) where the user is linked to
    /// that provider already. `POST /admin/realms/{realm}/users/{user-id}/federated-identity/{provider}`
    ///
    /// Of `identity` the account's `user_id` and `user_name` at the provider are needed.
    #[inline]
    pub fn add_federated_identity(
        self,
        alias: &str,
        identity: &FederatedIdentityRepresentation,
    ) -> Call<AddFederatedIdentityToUser> {
        self.at(|api| api.add_federated_identity_to_user().body(identity))
            .and_path(alias)
    }

    /// Ends the link to an identity provider. `DELETE /admin/realms/{realm}/users/{user-id}/federated-identity/{provider}`
    #[inline]
    pub fn remove_federated_identity(self, alias: &str) -> Call<RemoveFederatedIdentityFromUser> {
        self.at(Api::remove_federated_identity_from_user)
            .and_path(alias)
    }

    /// Makes a login session for the user, as which the caller then acts; the answer has the address to go on at. A browser also needs the cookies of the
    /// answer: [`raw`](Call::raw) gives its headers. `POST /admin/realms/{realm}/users/{user-id}/impersonation`
    #[inline]
    pub fn impersonate(self) -> Call<ImpersonateUser> {
        self.at(Api::impersonate_user)
    }

    /// Lists what the user has consented to, client by client. `GET /admin/realms/{realm}/users/{user-id}/consents`
    #[inline]
    pub fn consents(self) -> Call<ListUserConsents> {
        self.at(Api::list_user_consents)
    }

    /// Revokes the user's consent for a client, named by its `client_id`, and its offline tokens.
    /// `DELETE /admin/realms/{realm}/users/{user-id}/consents/{client}`
    #[inline]
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
    #[inline]
    pub fn execute_actions_email<A>(self, actions: A) -> Call<ExecuteActionsEmail>
    where
        A: IntoIterator<Item: Into<String>>,
    {
        self.at(|api| api.execute_actions_email().body(actions))
    }

    /// Sends a mail with a link that verifies the e-mail address.
    /// `PUT /admin/realms/{realm}/users/{user-id}/send-verify-email`
    #[inline]
    pub fn send_verify_email(self) -> Call<SendVerifyEmail> {
        self.at(Api::send_verify_email)
    }

    /// Lists the user's sessions, offline ones not included. `GET /admin/realms/{realm}/users/{user-id}/sessions`
    #[inline]
    pub fn sessions(self) -> Call<ListUserSessions> {
        self.at(Api::list_user_sessions)
    }

    /// Lists the user's offline sessions of a client, named by its UUID.
    /// `GET /admin/realms/{realm}/users/{user-id}/offline-sessions/{clientUuid}`
    #[inline]
    pub fn offline_sessions(self, client_uuid: &str) -> Call<ListUserOfflineSessions> {
        self.at(Api::list_user_offline_sessions)
            .and_path(client_uuid)
    }

    /// Ends all of the user's sessions. `POST /admin/realms/{realm}/users/{user-id}/logout`
    #[inline]
    pub fn logout(self) -> Call<LogoutUser> {
        self.at(Api::logout_user)
    }

    /// Lists the groups the user is in. `GET /admin/realms/{realm}/users/{user-id}/groups`
    #[inline]
    pub fn groups(self) -> Call<ListUserGroups> {
        self.at(Api::list_user_groups)
    }

    /// Counts the groups the user is in, under the key `count`. `GET /admin/realms/{realm}/users/{user-id}/groups/count`
    #[inline]
    pub fn count_groups(self) -> Call<CountUserGroups> {
        self.at(Api::count_user_groups)
    }

    /// Puts the user into a group; it is no error where the user is in it. `PUT /admin/realms/{realm}/users/{user-id}/groups/{groupId}`
    #[inline]
    pub fn join_group(self, group_id: &str) -> Call<AddUserToGroup> {
        self.at(|api| api.add_user_to_group().group_id(group_id))
    }

    /// Takes the user out of a group. `DELETE /admin/realms/{realm}/users/{user-id}/groups/{groupId}`
    #[inline]
    pub fn leave_group(self, group_id: &str) -> Call<RemoveUserFromGroup> {
        self.at(|api| api.remove_user_from_group().group_id(group_id))
    }
}
