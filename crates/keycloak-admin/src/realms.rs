//! Realms.

use std::collections::BTreeMap;
use std::time::Duration;

use keycloak_api::realms_admin::{
    AddDefaultGroup, ClearCrlCache, ClearKeysCache, ClearRealmCache, ClearUserCache, CreateRealm,
    DeleteRealm, GetRealm, ListCredentialRegistrators, ListDefaultGroups, ListRealms,
    PartialExportRealm, PartialImportRealm, RemoveDefaultGroup, TestSmtpConnection, UpdateRealm,
};
use keycloak_api::types::{
    ManagementPermissionReference, PartialImportRepresentation, RealmRepresentation,
};
use keycloak_session::{ApiCall as _, Error, ErrorKind, Request};
use serde_json::Value;

use crate::create::NaturalKey;
use crate::{Create, Keycloak, Modify};

/// All realms of a server, from [`Keycloak::realms`].
#[derive(Clone, Debug)]
pub struct Realms {
    keycloak: Keycloak,
}

impl Realms {
    pub(crate) fn new(keycloak: &Keycloak) -> Self {
        Self {
            keycloak: keycloak.clone(),
        }
    }

    /// Lists the realms that the session's account may see. `GET /admin/realms`
    pub fn list(&self) -> ListRealms {
        self.keycloak.api().list_realms()
    }

    /// Creates a realm and returns its name. `POST /admin/realms`
    ///
    /// The account that creates a realm has all rights in it from the next call on, because the session gets a new token.
    /// [`exist_ok`](Create::exist_ok) finds the realm by its name, the field `realm`.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// use keycloak_admin::types::RealmRepresentation;
    ///
    /// let acme = RealmRepresentation::new().with_realm("acme").with_enabled(true);
    /// let created = keycloak.realms().create(&acme).exist_ok().await?.is_created();
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(&self, realm: &RealmRepresentation) -> Create<CreateRealm> {
        let name = realm.realm.as_deref();
        let handle = self.keycloak.realm(name.unwrap_or_default());
        let key = NaturalKey::new(&handle, "name", name, |realm, _| async move {
            realm.wait_until_it_exists().await
        });
        let key = key
            .identifies()
            .conflict_message(400, CREATED_AT_THE_SAME_TIME);
        Create::new(self.keycloak.api().create_realm().body(realm), key)
    }
}

/// The message for a caller who creates a realm while another caller creates the same realm. Keycloak also sends it for a name that is too long.
const CREATED_AT_THE_SAME_TIME: &str = "Database operation failed";

/// The longest name of a realm that the database takes, in bytes.
const LONGEST_NAME: usize = 255;

/// The longest wait for a realm that another caller creates, and the pauses between two reads.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// One realm, from [`Keycloak::realm`]: its settings, and everything in it.
///
/// The handle is owned and cheap to clone: it can stand in an application's state.
#[derive(Clone, Debug)]
pub struct Realm {
    keycloak: Keycloak,
    name: String,
}

impl Realm {
    pub(crate) fn new(keycloak: &Keycloak, name: String) -> Self {
        Self {
            keycloak: keycloak.clone(),
            name,
        }
    }

    /// Returns the realm's name, as URLs have it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the server that the realm is on.
    #[must_use]
    pub fn keycloak(&self) -> &Keycloak {
        &self.keycloak
    }

    pub(crate) fn api(&self) -> &keycloak_api::Client {
        self.keycloak.api()
    }

    pub(crate) fn with_options_of(&self, request: &Request) -> Self {
        Self::new(&self.keycloak.with_options_of(request), self.name.clone())
    }

    /// Reads the realm's settings. `GET /admin/realms/{realm}`
    ///
    /// An account that may not see the settings gets the name and little more, without `id`. Up to Keycloak 26.4 a token that is older than the realm
    /// gets the same answer.
    pub fn get(&self) -> GetRealm {
        self.api().get_realm().realm(&self.name)
    }

    /// Reads the realm's settings; `None` if there is no such realm. `GET /admin/realms/{realm}`
    pub async fn find(&self) -> Result<Option<RealmRepresentation>, Error> {
        self.get().optional().await
    }

    /// Changes the settings that are set in `realm`. `PUT /admin/realms/{realm}`
    ///
    /// A field that is `None` stays as it is, with exceptions: the settings of one-time passwords, of security keys and of the device flow get their
    /// defaults. `attributes` and `smtp_server` replace the old maps. `browser_security_headers` keeps the headers that are left out. An empty text
    /// removes a name, a theme or the password policy. An empty map removes `smtp_server`. [`modify`](Self::modify) removes settings without these
    /// rules.
    ///
    /// A realm that was read with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps
    /// them.
    #[inline]
    pub fn update(&self, realm: &RealmRepresentation) -> UpdateRealm {
        self.api().update_realm().realm(&self.name).body(realm)
    }

    /// Reads the realm, changes it and writes it back whole. If nothing is changed, nothing is written.
    ///
    /// A field that becomes `None` is removed, and so is a key that is taken out of a map. If Keycloak cannot remove it, the error has
    /// [`ErrorKind::InvalidRequest`] and nothing is written. `verify_email` is such a field, because it is always `true` or `false`.
    ///
    /// If the answer is not the whole realm (see [`get`](Self::get)), it is read once more with a new token. If that answer is not the whole
    /// realm either, the error has [`ErrorKind::Decode`] and nothing is written.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// keycloak.realm("acme").modify(|realm| realm.verify_email = Some(true)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut RealmRepresentation) + Send + 'f,
    ) -> Modify<'f, RealmRepresentation> {
        let put = self.api().update_realm().realm(&self.name);
        Modify::new(self.get(), put, change).complete_if(is_whole)
    }

    /// Deletes the realm with everything in it. `DELETE /admin/realms/{realm}`
    pub fn delete(&self) -> DeleteRealm {
        self.api().delete_realm().realm(&self.name)
    }

    /// Deletes the realm if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Waits until a realm that another caller is creating can be seen, and returns its name. The wait ends after 30 s, or with the timeout of one
    /// call.
    async fn wait_until_it_exists(&self) -> Result<Option<String>, Error> {
        if self.name.len() > LONGEST_NAME {
            return Ok(None);
        }
        let session = self.keycloak.session();
        let get = self.get();
        let (started, timeout) = (session.clock().now(), get.request().timeout());
        let elapsed = || session.clock().now().saturating_duration_since(started);
        let mut pause = FIRST_PAUSE;
        loop {
            let remaining = timeout.saturating_sub(elapsed());
            let exists = match get.clone().timeout(remaining).optional().await {
                Ok(found) => found.is_some(),
                // The token is older than the realm.
                Err(error) if error.is_forbidden() => true,
                Err(error) => return Err(error),
            };
            if exists {
                // A new token has the roles of the new realm.
                session.forget_token();
                return Ok(Some(self.name.clone()));
            }
            if elapsed() + pause >= LONGEST_WAIT.min(timeout) {
                return Ok(None);
            }
            session.clock().sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }
}

/// The default groups of new users, imports and exports, and the server's caches of the realm.
impl Realm {
    /// Lists the groups that a new user is put into. `GET /admin/realms/{realm}/default-groups`
    pub fn list_default_groups(&self) -> ListDefaultGroups {
        self.api().list_default_groups().realm(&self.name)
    }

    /// Makes a group a default group: new users are put into it. `PUT /admin/realms/{realm}/default-groups/{groupId}`
    pub fn add_default_group(&self, group_id: &str) -> AddDefaultGroup {
        self.api()
            .add_default_group()
            .realm(&self.name)
            .group_id(group_id)
    }

    /// Makes a group no default group any more. `DELETE /admin/realms/{realm}/default-groups/{groupId}`
    pub fn remove_default_group(&self, group_id: &str) -> RemoveDefaultGroup {
        self.api()
            .remove_default_group()
            .realm(&self.name)
            .group_id(group_id)
    }

    /// Adds users, clients, groups, roles and identity providers. `POST /admin/realms/{realm}/partialImport`
    ///
    /// `if_resource_exists` says what happens to an existing object: `FAIL`, `SKIP` or `OVERWRITE`. The answer has a result for each object.
    #[inline]
    pub fn partial_import(&self, import: &PartialImportRepresentation) -> PartialImportRealm {
        self.api()
            .partial_import_realm()
            .realm(&self.name)
            .body(import)
    }

    /// Reads the realm's settings and, on request, its clients, groups and roles. Users are left out, and secrets are masked.
    /// `POST /admin/realms/{realm}/partial-export`
    ///
    /// An export of everything takes long when the realm is not in Keycloak's caches: 18 s for 200 clients and 600 groups. After an export of the
    /// clients alone it takes 3 s, so both together take 5 s.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let export = keycloak.realm("acme").partial_export();
    /// let acme = export.export_clients(true).export_groups_and_roles(true).await?;
    /// println!("{} clients", acme.clients.unwrap_or_default().len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn partial_export(&self) -> PartialExportRealm {
        self.api().partial_export_realm().realm(&self.name)
    }

    /// Sends a mail to the session's account with these settings. `POST /admin/realms/{realm}/testSMTPConnection`
    ///
    /// The settings are those of the realm's `smtp_server`. A masked password stands for the stored one.
    #[inline]
    pub fn test_smtp_connection(&self, settings: &BTreeMap<String, String>) -> TestSmtpConnection {
        self.api()
            .test_smtp_connection()
            .realm(&self.name)
            .body(settings)
    }

    /// Lists the required actions with which a user sets up a credential. `GET /admin/realms/{realm}/credential-registrators`
    pub fn list_credential_registrators(&self) -> ListCredentialRegistrators {
        self.api().list_credential_registrators().realm(&self.name)
    }

    /// Makes the server read the realm from its database anew. `POST /admin/realms/{realm}/clear-realm-cache`
    pub fn clear_realm_cache(&self) -> ClearRealmCache {
        self.api().clear_realm_cache().realm(&self.name)
    }

    /// Makes the server read users from its database and from user federation anew. `POST /admin/realms/{realm}/clear-user-cache`
    pub fn clear_user_cache(&self) -> ClearUserCache {
        self.api().clear_user_cache().realm(&self.name)
    }

    /// Makes the server fetch the public keys of clients and identity providers anew. `POST /admin/realms/{realm}/clear-keys-cache`
    pub fn clear_keys_cache(&self) -> ClearKeysCache {
        self.api().clear_keys_cache().realm(&self.name)
    }

    /// Makes the server fetch revocation lists anew. `POST /admin/realms/{realm}/clear-crl-cache`
    pub fn clear_crl_cache(&self) -> ClearCrlCache {
        self.api().clear_crl_cache().realm(&self.name)
    }
}

/// Fails for the answer to an account without rights in the realm: the name and a few defaults. A whole realm has an id.
pub(crate) fn is_whole(realm: &Value) -> Result<(), Error> {
    if realm.get("id").is_some_and(|id| !id.is_null()) {
        return Ok(());
    }
    let message = "the server shows no more than the realm's name, so nothing was written; \
                   the account needs the role `view-realm` of that realm";
    Err(Error::new(ErrorKind::Decode, message).with_operation("get_realm"))
}

/// The body that enables or disables fine-grained admin permissions of an object.
pub(crate) fn permission_toggle(enabled: bool) -> ManagementPermissionReference {
    ManagementPermissionReference::new().with_enabled(enabled)
}
