//! Users.

use std::borrow::Borrow;

use futures_core::Stream;
use futures_util::stream::iter;
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
use keycloak_session::Error;
use serde_json::{Map, Value};

use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::realms::permission_toggle;
use crate::{Batch, Create, Import, Modify, Realm};

impl Realm {
    /// Returns a handle on the realm's users.
    #[must_use]
    pub fn users(&self) -> Users {
        Users {
            realm: self.clone(),
        }
    }

    /// Returns a handle on the user of this id. Nothing is sent, so the user need not exist.
    #[must_use]
    pub fn user(&self, id: impl Into<String>) -> User {
        User {
            realm: self.clone(),
            id: id.into(),
        }
    }
}

/// The users of a realm, from [`Realm::users`].
#[derive(Clone, Debug)]
pub struct Users {
    realm: Realm,
}

impl Users {
    /// Lists the users. `GET /admin/realms/{realm}/users`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let realm = keycloak.realm("acme");
    /// let mut staff = realm.users().list().search("ali").enabled(true).stream();
    /// while let Some(user) = staff.try_next().await? {
    ///     println!("{:?}", user.username);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> ListUsers {
        self.realm.api().list_users().realm(self.realm.name())
    }

    /// Counts the users. `GET /admin/realms/{realm}/users/count`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let locked = keycloak.realm("acme").users().count().enabled(false).await?;
    /// println!("{locked} users cannot log in");
    /// # Ok(())
    /// # }
    /// ```
    pub fn count(&self) -> CountUsers {
        self.realm.api().count_users().realm(self.realm.name())
    }

    /// Creates a user and returns the id. `POST /admin/realms/{realm}/users`
    ///
    /// A password goes into `credentials`, as [`CredentialRepresentation::password`]. Keycloak stores usernames and e-mail addresses in lower
    /// case.
    ///
    /// [`exist_ok`](Create::exist_ok) finds the user by the username. If there is no such user, and the realm uses e-mail addresses as
    /// usernames, it finds the user by the e-mail address. So it does if no username is set.
    #[inline]
    pub fn create(&self, user: &UserRepresentation) -> Create<CreateUser> {
        let api = self.realm.api();
        let call = api.create_user().realm(self.realm.name()).body(user);
        Create::new(call, natural_key(&self.realm, user))
    }

    /// Creates many users, 16 at a time. Returns one result for each, in the order of the input. See [`Batch`].
    #[inline]
    pub fn create_many<'i>(
        &self,
        users: impl IntoIterator<Item: Borrow<UserRepresentation>, IntoIter: Send + 'i>,
    ) -> Batch<'i, Create<CreateUser>> {
        let handle = self.clone();
        let users = users.into_iter();
        Batch::new(users.map(move |user| handle.create(user.borrow())))
    }

    /// Imports many users in batches, much faster than [`create_many`](Self::create_many). Returns an [`ImportSummary`](crate::ImportSummary), or a
    /// result for each user, in the order of the input. See [`Import`]. `POST /admin/realms/{realm}/partialImport`
    ///
    /// Passwords, password hashes of other systems, groups (by path), realm roles and client roles (by name) and links to identity providers are
    /// imported with the user. Differences from a [creation](Self::create):
    ///
    /// - The realm's user profile is not checked, unless [`validate`](Import::validate) is set.
    /// - The default role, the default groups and the default required actions are read once and added to each user, unless
    ///   [`defaults`](Import::defaults) is off.
    /// - A realm role that does not exist is created. A client role of an existing client is created too.
    /// - Most refusals are a 500 without a reason: a group or a client that does not exist, a password that breaks the policy.
    /// - The account needs the role `manage-realm`.
    ///
    /// ```no_run
    /// use keycloak_admin::types::UserRepresentation;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, rows: impl Iterator<Item = UserRepresentation> + Send) {
    /// let mut import = keycloak.realm("acme").users().import(rows).validate(true).stream();
    /// while let Some(result) = import.next().await {
    ///     match result {
    ///         Ok(imported) => println!("{}", imported.id()),
    ///         Err(failure) => eprintln!("{failure}"),
    ///     }
    /// }
    /// # }
    /// ```
    #[inline]
    pub fn import<'i>(
        &self,
        users: impl IntoIterator<Item = UserRepresentation, IntoIter: Send + 'i>,
    ) -> Import<'i, UserRepresentation> {
        self.import_stream(iter(users))
    }

    /// Imports many users as [`import`](Self::import) does, from a `Stream`, so that other users can be read while a batch is imported.
    ///
    /// ```no_run
    /// use futures_util::{StreamExt as _, stream};
    /// use keycloak_admin::types::UserRepresentation;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak) {
    /// # async fn person(number: u32) -> UserRepresentation { UserRepresentation::new() }
    /// let people = stream::iter(0..100_000).map(person).buffered(8); // from another service
    /// let summary = keycloak.realm("acme").users().import_stream(people).await;
    /// println!("{} created", summary.created);
    /// # }
    /// ```
    #[inline]
    pub fn import_stream<'i>(
        &self,
        users: impl Stream<Item = UserRepresentation> + Send + 'i,
    ) -> Import<'i, UserRepresentation> {
        Import::new(&self.realm, users).defaults(true)
    }

    /// Changes many users, 16 at a time, each as [`User::modify`] does. Returns one result for each, in the order of the input. See
    /// [`Batch`].
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let users = keycloak.realm("acme").users();
    /// let all = users.list().brief_representation(true).try_collect().await?;
    /// let ids = all.into_iter().filter_map(|user| user.id);
    /// let results = users.modify_many(ids, |user| user.enabled = Some(false)).await;
    /// assert!(results.iter().all(|result| result.is_ok()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn modify_many<'i>(
        &self,
        ids: impl IntoIterator<Item: AsRef<str>, IntoIter: Send + 'i>,
        change: impl Fn(&mut UserRepresentation) + Clone + Send + 'i,
    ) -> Batch<'i, Modify<'i, UserRepresentation>> {
        let realm = self.realm.clone();
        let ids = ids.into_iter();
        Batch::new(ids.map(move |id| realm.user(id.as_ref()).modify(change.clone())))
    }

    /// Gets the fine-grained admin permissions for users. `GET /admin/realms/{realm}/users-management-permissions`
    ///
    /// The answer says whether they are enabled, and has their ids in the client `realm-management`. The server needs the feature `admin-fine-grained-authz:v1`.
    pub fn get_management_permissions(&self) -> GetUsersManagementPermissions {
        let api = self.realm.api();
        api.get_users_management_permissions()
            .realm(self.realm.name())
    }

    /// Enables or disables fine-grained admin permissions for users. `PUT /admin/realms/{realm}/users-management-permissions`
    #[inline]
    pub fn set_management_permissions(&self, enabled: bool) -> UpdateUsersManagementPermissions {
        let api = self.realm.api();
        api.update_users_management_permissions()
            .realm(self.realm.name())
            .body(permission_toggle(enabled))
    }

    /// Finds the user who has exactly this username, in any case. `None` if there is no such user. `GET /admin/realms/{realm}/users`
    pub async fn find_by_username(
        &self,
        username: &str,
    ) -> Result<Option<UserRepresentation>, Error> {
        find_username(self.list(), username).await
    }

    /// Finds the id of the user who has exactly this username, in any case. `None` if there is no such user.
    /// `GET /admin/realms/{realm}/users`
    pub async fn find_id(&self, username: &str) -> Result<Option<String>, Error> {
        let list = self.list().brief_representation(true);
        let found = find_username(list, username).await?;
        Ok(found.and_then(|user| user.id))
    }
}

/// Finds the user of this name. Keycloak stores usernames in lower case.
async fn find_username(
    list: ListUsers,
    username: &str,
) -> Result<Option<UserRepresentation>, Error> {
    let list = list.exact(true).username(username);
    let username = username.to_lowercase();
    find_in_list(list, |user: &UserRepresentation| {
        let found = user.username.as_deref().map(str::to_lowercase);
        found.is_some_and(|found| found == username)
    })
    .await
}

/// The key of a user: the username, or the e-mail address if the realm uses e-mail addresses as usernames.
#[inline]
fn natural_key(realm: &Realm, user: &UserRepresentation) -> NaturalKey {
    let email = user.email.clone();
    let username = user.username.as_deref().or(user.email.as_deref());
    let key = NaturalKey::new(realm, "username", username, move |realm, username| {
        let email = email.clone();
        async move {
            let users = realm.users();
            if let Some(id) = users.find_id(&username).await? {
                return Ok(Some(id));
            }
            let Some(email) = email else {
                return Ok(None);
            };
            if realm.get().await?.registration_email_as_username == Some(true) {
                users.find_id(&email).await
            } else {
                Ok(None)
            }
        }
    });
    key.conflict_message(400, CREATED_AT_THE_SAME_TIME)
        .look_again()
}

/// An answer to some of several callers who create the same user at the same moment. It has other reasons as well.
const CREATED_AT_THE_SAME_TIME: &str = "Could not create user";

/// Says if the user has to change the password at the next login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Temporary {
    /// The user has to choose another password at the next login. Until then, a login without a browser is refused.
    Yes,
    /// The password stays.
    No,
}

/// One user of a realm, from [`Realm::user`].
#[derive(Clone, Debug)]
pub struct User {
    realm: Realm,
    id: String,
}

impl User {
    /// Returns the user's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Reads the user. `GET /admin/realms/{realm}/users/{user-id}`
    pub fn get(&self) -> GetUser {
        let api = self.realm.api();
        api.get_user().realm(self.realm.name()).user_id(&self.id)
    }

    /// Reads the user; `None` if there is no such user. `GET /admin/realms/{realm}/users/{user-id}`
    pub async fn find(&self) -> Result<Option<UserRepresentation>, Error> {
        self.get().optional().await
    }

    /// Writes the user. `PUT /admin/realms/{realm}/users/{user-id}`
    ///
    /// If `attributes` is `None`, a field that is `None` stays as it is. If `attributes` is set, the whole profile is replaced: attributes,
    /// names and the e-mail address are wiped if they are left out. `required_actions` stay if they are `None`, and an empty list removes them.
    ///
    /// A user who was read with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps
    /// them.
    #[inline]
    pub fn update(&self, user: &UserRepresentation) -> UpdateUser {
        self.put().body(user)
    }

    /// Reads the user, changes it and writes it back whole. If nothing is changed, nothing is written.
    ///
    /// Attributes, names, e-mail address and required actions that become `None` are removed, and so is a key that is taken out of `attributes`. Keycloak
    /// cannot remove another field, such as `enabled`: the error has [`ErrorKind::InvalidRequest`](keycloak_session::ErrorKind::InvalidRequest) and
    /// nothing is written. Fields that the types do not know are kept.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// let user = keycloak.realm("acme").user(&id);
    /// user.modify(|user| user.first_name = Some("Al".to_owned())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut UserRepresentation) + Send + 'f,
    ) -> Modify<'f, UserRepresentation> {
        Modify::new(self.get(), self.put(), change).complete(set_attributes)
    }

    fn put(&self) -> UpdateUser {
        let api = self.realm.api();
        api.update_user().realm(self.realm.name()).user_id(&self.id)
    }

    /// Deletes the user. `DELETE /admin/realms/{realm}/users/{user-id}`
    pub fn delete(&self) -> DeleteUser {
        let api = self.realm.api();
        api.delete_user().realm(self.realm.name()).user_id(&self.id)
    }

    /// Deletes the user if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}/users/{user-id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }
}

/// Sets the attributes of a user who has none. Without attributes Keycloak keeps the parts of the profile that are left out.
pub(crate) fn set_attributes(user: &mut Value) {
    if let Some(user) = user.as_object_mut()
        && user.get("attributes").is_none_or(Value::is_null)
    {
        user.insert("attributes".to_owned(), Value::Object(Map::new()));
    }
}

/// Passwords and other credentials.
impl User {
    /// Sets the password. `PUT /admin/realms/{realm}/users/{user-id}/reset-password`
    ///
    /// ```no_run
    /// use keycloak_admin::Temporary;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// keycloak.realm("acme").user(&id).reset_password("s3cret", Temporary::Yes).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn reset_password(&self, password: &str, temporary: Temporary) -> ResetUserPassword {
        let password = CredentialRepresentation::password(password)
            .with_temporary(temporary == Temporary::Yes);
        let api = self.realm.api();
        api.reset_user_password()
            .realm(self.realm.name())
            .user_id(&self.id)
            .body(password)
    }

    /// Lists the user's credentials, without their secrets. `GET /admin/realms/{realm}/users/{user-id}/credentials`
    pub fn list_credentials(&self) -> ListUserCredentials {
        let api = self.realm.api();
        api.list_user_credentials()
            .realm(self.realm.name())
            .user_id(&self.id)
    }

    /// Finds the user's credential of this id, without its secret. `None` if the user has no such credential.
    /// `GET /admin/realms/{realm}/users/{user-id}/credentials`
    pub async fn find_credential(
        &self,
        credential_id: &str,
    ) -> Result<Option<CredentialRepresentation>, Error> {
        find_in_list(
            self.list_credentials(),
            |credential: &CredentialRepresentation| credential.id.as_deref() == Some(credential_id),
        )
        .await
    }

    /// Deletes a credential. `DELETE /admin/realms/{realm}/users/{user-id}/credentials/{credentialId}`
    pub fn delete_credential(&self, credential_id: &str) -> DeleteUserCredential {
        let api = self.realm.api();
        api.delete_user_credential()
            .realm(self.realm.name())
            .user_id(&self.id)
            .credential_id(credential_id)
    }

    /// Sets the name that people see of a credential. `PUT /admin/realms/{realm}/users/{user-id}/credentials/{credentialId}/userLabel`
    #[inline]
    pub fn label_credential(&self, credential_id: &str, label: &str) -> UpdateUserCredentialLabel {
        let api = self.realm.api();
        api.update_user_credential_label()
            .realm(self.realm.name())
            .user_id(&self.id)
            .credential_id(credential_id)
            .body(label)
    }

    /// Moves a credential to the first place. A login offers the first credential first.
    /// `POST /admin/realms/{realm}/users/{user-id}/credentials/{credentialId}/moveToFirst`
    pub fn move_credential_to_first(&self, credential_id: &str) -> MoveUserCredentialToFirst {
        let api = self.realm.api();
        api.move_user_credential_to_first()
            .realm(self.realm.name())
            .user_id(&self.id)
            .credential_id(credential_id)
    }

    /// Moves a credential behind another one.
    /// `POST /admin/realms/{realm}/users/{user-id}/credentials/{credentialId}/moveAfter/{newPreviousCredentialId}`
    pub fn move_credential_after(
        &self,
        credential_id: &str,
        previous_credential_id: &str,
    ) -> MoveUserCredentialAfter {
        let api = self.realm.api();
        api.move_user_credential_after()
            .realm(self.realm.name())
            .user_id(&self.id)
            .credential_id(credential_id)
            .new_previous_credential_id(previous_credential_id)
    }

    /// Removes all credentials of these types, such as `otp`, if a user federation provider can do that.
    /// `PUT /admin/realms/{realm}/users/{user-id}/disable-credential-types`
    #[inline]
    pub fn disable_credential_types(
        &self,
        types: impl IntoIterator<Item: Into<String>>,
    ) -> DisableUserCredentialTypes {
        let api = self.realm.api();
        api.disable_user_credential_types()
            .realm(self.realm.name())
            .user_id(&self.id)
            .body(types)
    }

    /// Lists the types of the credentials that a user federation provider stores for the user.
    /// `GET /admin/realms/{realm}/users/{user-id}/configured-user-storage-credential-types`
    pub fn list_user_storage_credential_types(&self) -> ListUserStorageCredentialTypes {
        let api = self.realm.api();
        api.list_user_storage_credential_types()
            .realm(self.realm.name())
            .user_id(&self.id)
    }
}

/// Attributes, accounts at identity providers, consents and mails.
impl User {
    /// Reads the attributes that the user profile does not manage. `GET /admin/realms/{realm}/users/{user-id}/unmanagedAttributes`
    pub fn get_unmanaged_attributes(&self) -> GetUserUnmanagedAttributes {
        let api = self.realm.api();
        api.get_user_unmanaged_attributes()
            .realm(self.realm.name())
            .user_id(&self.id)
    }

    /// Lists the accounts at identity providers that the user is linked to ("social logins").
    /// `GET /admin/realms/{realm}/users/{user-id}/federated-identity`
    pub fn list_federated_identities(&self) -> ListUserFederatedIdentities {
        let api = self.realm.api();
        api.list_user_federated_identities()
            .realm(self.realm.name())
            .user_id(&self.id)
    }

    /// Links the user to an account at an identity provider, named by its alias.
    /// `POST /admin/realms/{realm}/users/{user-id}/federated-identity/{provider}`
    ///
    /// `identity` needs the account's `user_id` and `user_name` at the provider. If the user is linked to that provider already, the error has
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict).
    #[inline]
    pub fn add_federated_identity(
        &self,
        alias: &str,
        identity: &FederatedIdentityRepresentation,
    ) -> AddFederatedIdentityToUser {
        let api = self.realm.api();
        api.add_federated_identity_to_user()
            .realm(self.realm.name())
            .user_id(&self.id)
            .provider(alias)
            .body(identity)
    }

    /// Removes the link to an identity provider. `DELETE /admin/realms/{realm}/users/{user-id}/federated-identity/{provider}`
    pub fn remove_federated_identity(&self, alias: &str) -> RemoveFederatedIdentityFromUser {
        let api = self.realm.api();
        api.remove_federated_identity_from_user()
            .realm(self.realm.name())
            .user_id(&self.id)
            .provider(alias)
    }

    /// Lists the user's consents, one for each client. `GET /admin/realms/{realm}/users/{user-id}/consents`
    ///
    /// A client that has an offline token of the user is listed too: `additional_grants` says so.
    pub fn list_consents(&self) -> ListUserConsents {
        let api = self.realm.api();
        api.list_user_consents()
            .realm(self.realm.name())
            .user_id(&self.id)
    }

    /// Revokes the user's consent for a client, named by its `client_id`, and its offline tokens.
    /// `DELETE /admin/realms/{realm}/users/{user-id}/consents/{client}`
    pub fn revoke_consent(&self, client_id: &str) -> RevokeUserConsent {
        let api = self.realm.api();
        api.revoke_user_consent()
            .realm(self.realm.name())
            .user_id(&self.id)
            .client_id(client_id)
    }

    /// Sends a mail with a link to required actions, such as `UPDATE_PASSWORD`.
    /// `PUT /admin/realms/{realm}/users/{user-id}/execute-actions-email`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// let user = keycloak.realm("acme").user(&id);
    /// let mail = user.execute_actions_email(["UPDATE_PASSWORD", "CONFIGURE_TOTP"]);
    /// mail.lifespan(3600).await?; // the link works for an hour
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn execute_actions_email(
        &self,
        actions: impl IntoIterator<Item: Into<String>>,
    ) -> ExecuteActionsEmail {
        let api = self.realm.api();
        api.execute_actions_email()
            .realm(self.realm.name())
            .user_id(&self.id)
            .body(actions)
    }

    /// Sends a mail with a link that verifies the e-mail address. `PUT /admin/realms/{realm}/users/{user-id}/send-verify-email`
    pub fn send_verify_email(&self) -> SendVerifyEmail {
        let api = self.realm.api();
        api.send_verify_email()
            .realm(self.realm.name())
            .user_id(&self.id)
    }
}

/// Sessions.
impl User {
    /// Lists the user's sessions, without offline sessions. `GET /admin/realms/{realm}/users/{user-id}/sessions`
    pub fn list_sessions(&self) -> ListUserSessions {
        let api = self.realm.api();
        api.list_user_sessions()
            .realm(self.realm.name())
            .user_id(&self.id)
    }

    /// Lists the user's offline sessions of a client, named by its UUID.
    /// `GET /admin/realms/{realm}/users/{user-id}/offline-sessions/{clientUuid}`
    pub fn list_offline_sessions(&self, client_uuid: &str) -> ListUserOfflineSessions {
        let api = self.realm.api();
        api.list_user_offline_sessions()
            .realm(self.realm.name())
            .user_id(&self.id)
            .client_uuid(client_uuid)
    }

    /// Ends all sessions of the user. `POST /admin/realms/{realm}/users/{user-id}/logout`
    pub fn logout(&self) -> LogoutUser {
        let api = self.realm.api();
        api.logout_user().realm(self.realm.name()).user_id(&self.id)
    }

    /// Starts a session of the user, in which the caller then acts as the user. `POST /admin/realms/{realm}/users/{user-id}/impersonation`
    ///
    /// The answer has the address for the browser. The browser also needs the cookies of the session. Each cookie is in a `set-cookie` header of the
    /// answer. The cookies are as secret as a password.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// let response = keycloak.realm("acme").user(&id).impersonate().send().await?;
    /// let cookies: Vec<&[u8]> = response
    ///     .headers()
    ///     .filter(|(name, _)| *name == "set-cookie")
    ///     .map(|(_, value)| value)
    ///     .collect();
    /// println!("{} cookies, go on at {:?}", cookies.len(), response.redirect);
    /// # Ok(())
    /// # }
    /// ```
    pub fn impersonate(&self) -> ImpersonateUser {
        let api = self.realm.api();
        api.impersonate_user()
            .realm(self.realm.name())
            .user_id(&self.id)
    }
}

/// Groups.
impl User {
    /// Lists the groups that the user is in. `GET /admin/realms/{realm}/users/{user-id}/groups`
    pub fn list_groups(&self) -> ListUserGroups {
        let api = self.realm.api();
        api.list_user_groups()
            .realm(self.realm.name())
            .user_id(&self.id)
    }

    /// Counts the groups that the user is in. `GET /admin/realms/{realm}/users/{user-id}/groups/count`
    pub fn count_groups(&self) -> CountUserGroups {
        let api = self.realm.api();
        api.count_user_groups()
            .realm(self.realm.name())
            .user_id(&self.id)
    }

    /// Puts the user into a group. `PUT /admin/realms/{realm}/users/{user-id}/groups/{groupId}`
    ///
    /// It is no error if the user is in the group already.
    pub fn join_group(&self, group_id: &str) -> AddUserToGroup {
        let api = self.realm.api();
        api.add_user_to_group()
            .realm(self.realm.name())
            .user_id(&self.id)
            .group_id(group_id)
    }

    /// Takes the user out of a group. `DELETE /admin/realms/{realm}/users/{user-id}/groups/{groupId}`
    pub fn leave_group(&self, group_id: &str) -> RemoveUserFromGroup {
        let api = self.realm.api();
        api.remove_user_from_group()
            .realm(self.realm.name())
            .user_id(&self.id)
            .group_id(group_id)
    }
}
