//! Realms.

use std::collections::BTreeMap;
use std::time::Duration;

use keycloak_api::Client as Api;
use keycloak_api::realms_admin::{
    AddDefaultGroup, ClearCrlCache, ClearKeysCache, ClearRealmCache, ClearUserCache, CreateRealm,
    DeleteRealm, GetRealm, ListCredentialRegistrators, ListDefaultGroups, ListRealms,
    PartialExportRealm, PartialImportRealm, RemoveDefaultGroup, TestSmtpConnection, UpdateRealm,
};
use keycloak_api::types::{PartialImportRepresentation, RealmRepresentation};
use keycloak_session::{BoxFuture, Error, ErrorKind, Operation};
use serde_json::Value;

use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::Found;
use crate::{Call, Create, Keycloak, modify};

/// All realms of a server, from [`Keycloak::realms`].
#[derive(Clone, Copy, Debug)]
pub struct Realms<'a> {
    keycloak: &'a Keycloak,
}

impl<'a> Realms<'a> {
    pub(crate) fn new(keycloak: &'a Keycloak) -> Self {
        Self { keycloak }
    }

    /// Lists the realms that the session's account may see. `GET /admin/realms`
    #[inline]
    pub fn list(self) -> Call<ListRealms> {
        Call::new(self.keycloak.api().list_realms())
    }

    /// Creates a realm and returns its name. `POST /admin/realms`
    ///
    /// The account that creates a realm has all rights in it from the next call on: the session gets a new token. With
    /// [`exist_ok`](Create::exist_ok) the realm is found by its name, the field `realm`.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// use keycloak_admin::types::RealmRepresentation;
    ///
    /// let acme = RealmRepresentation {
    ///     realm: Some("acme".to_owned()),
    ///     enabled: Some(true),
    ///     ..Default::default()
    /// };
    /// let made = keycloak.realms().create(&acme).exist_ok().await?.is_created();
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, realm: &RealmRepresentation) -> Create<CreateRealm> {
        let name = realm.realm.as_deref();
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", name, find, |realm| realm.realm)
            .identified_by(name)
            .taken_as(400);
        let call = self.keycloak.api().create_realm().body(realm);
        Create::new(Call::new(call), key)
    }

    /// The realm that has exactly this name, also one that is newer than the session's token, or that another caller is about to create: Keycloak
    /// refuses the second of two callers before the first one's realm is there to be seen.
    #[inline]
    fn find_by_name(self, name: &str) -> Found<RealmRepresentation> {
        let keycloak = self.keycloak.clone();
        let name = name.to_owned();
        Box::pin(async move {
            let mut pause = SHORTEST_PAUSE;
            loop {
                keycloak.session().forget_token();
                let found = keycloak.realm(&name).find().await?;
                let found = found.filter(|realm| realm.realm.as_ref() == Some(&name));
                if found.is_some() || pause > LONGEST_PAUSE {
                    return Ok(found);
                }
                keycloak.session().clock().sleep(pause).await;
                pause *= 2;
            }
        })
    }
}

/// How long a realm that should be there is waited for: 3 s in all.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(1600);

/// One realm, from [`Keycloak::realm`]: its settings, and what is in it.
#[derive(Clone, Copy, Debug)]
pub struct Realm<'a> {
    keycloak: &'a Keycloak,
    name: &'a str,
}

impl<'a> Realm<'a> {
    pub(crate) fn new(keycloak: &'a Keycloak, name: &'a str) -> Self {
        Self { keycloak, name }
    }

    /// The realm's name, as it stands in URLs.
    #[must_use]
    #[inline]
    pub fn name(self) -> &'a str {
        self.name
    }

    pub(crate) fn api(self) -> &'a keycloak_api::Client {
        self.keycloak.api()
    }

    pub(crate) fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.api()), [self.name])
    }

    pub(crate) fn keycloak(self) -> &'a Keycloak {
        self.keycloak
    }

    /// Reads the realm's settings. `GET /admin/realms/{realm}`
    ///
    /// An account that may not see them gets a representation with the name and hardly more, and no `id`; up to Keycloak 26.4
    /// so does a token that is older than the realm.
    #[inline]
    pub fn get(self) -> Call<GetRealm> {
        self.at(Api::get_realm)
    }

    /// Like [`get`](Self::get); `None` where there is no such realm.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<RealmRepresentation>, Error>> {
        self.get().optional()
    }

    /// Changes the settings that are set in `realm`; what is `None` stays. `PUT /admin/realms/{realm}`
    #[inline]
    pub fn update(self, realm: &RealmRepresentation) -> Call<UpdateRealm> {
        self.at(|api| api.update_realm().body(realm))
    }

    /// Reads the realm, changes it and writes it back whole. Where nothing is changed, nothing is written.
    ///
    /// Where the answer is not the whole realm (see [`get`](Self::get)), it is read once more with a new token. Where there is no
    /// more to be seen even so, that is an error of kind [`ErrorKind::Decode`] and nothing is written.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// keycloak.realm("acme").modify(|realm| realm.verify_email = Some(true)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut RealmRepresentation) + Send,
    {
        let get = self.get();
        let put = self.at(Api::update_realm);
        let session = self.keycloak.session().clone();
        async move {
            let mut realm = modify::read(get.clone()).await?;
            if is_bare(&realm) {
                session.forget_token();
                realm = modify::read(get).await?;
            }
            if is_bare(&realm) {
                let message = "the server shows no more than the realm's name, so nothing was written; \
                               the account needs the role `view-realm` of that realm";
                return Err(Error::new(ErrorKind::Decode, message).with_operation("get_realm"));
            }
            modify::write_back(put, realm, change).await
        }
    }

    /// Deletes the realm with all that is in it. `DELETE /admin/realms/{realm}`
    #[inline]
    pub fn delete(self) -> Call<DeleteRealm> {
        self.at(Api::delete_realm)
    }

    /// Deletes the realm if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}

/// What a new user is in, what comes and goes as a whole, and what the server remembers of the realm.
impl Realm<'_> {
    /// Lists the groups that a new user is put into. `GET /admin/realms/{realm}/default-groups`
    #[inline]
    pub fn default_groups(self) -> Call<ListDefaultGroups> {
        self.at(Api::list_default_groups)
    }

    /// Puts new users into a group. `PUT /admin/realms/{realm}/default-groups/{groupId}`
    #[inline]
    pub fn add_default_group(self, group_id: &str) -> Call<AddDefaultGroup> {
        self.at(Api::add_default_group).and_path(group_id)
    }

    /// Puts new users into a group no longer. `DELETE /admin/realms/{realm}/default-groups/{groupId}`
    #[inline]
    pub fn remove_default_group(self, group_id: &str) -> Call<RemoveDefaultGroup> {
        self.at(Api::remove_default_group).and_path(group_id)
    }

    /// Adds users, clients, groups, roles and identity providers; `if_resource_exists` says what happens to what is there: `FAIL`, `SKIP` or
    /// `OVERWRITE`. The answer has a result for each. `POST /admin/realms/{realm}/partialImport`
    #[inline]
    pub fn partial_import(self, import: &PartialImportRepresentation) -> Call<PartialImportRealm> {
        self.at(|api| api.partial_import_realm().body(import))
    }

    /// Reads the realm's settings, and with the query `export_clients(true)` and `export_groups_and_roles(true)` what is in it, but the users;
    /// secrets are masked. `POST /admin/realms/{realm}/partial-export`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let acme = keycloak.realm("acme").partial_export();
    /// let acme = acme.query(|q| q.export_clients(true).export_groups_and_roles(true)).await?;
    /// println!("{} clients", acme.clients.unwrap_or_default().len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn partial_export(self) -> Call<PartialExportRealm> {
        self.at(Api::partial_export_realm)
    }

    /// Sends a mail to the session's account with these settings, which are those of the realm's `smtp_server`; a masked password is the one that is
    /// stored. `POST /admin/realms/{realm}/testSMTPConnection`
    #[inline]
    pub fn test_smtp_connection(
        self,
        settings: &BTreeMap<String, String>,
    ) -> Call<TestSmtpConnection> {
        self.at(|api| api.test_smtp_connection().body(settings))
    }

    /// Lists the required actions with which a user sets up a credential. `GET /admin/realms/{realm}/credential-registrators`
    #[inline]
    pub fn credential_registrators(self) -> Call<ListCredentialRegistrators> {
        self.at(Api::list_credential_registrators)
    }

    /// Makes the server read the realm from its database anew. `POST /admin/realms/{realm}/clear-realm-cache`
    #[inline]
    pub fn clear_realm_cache(self) -> Call<ClearRealmCache> {
        self.at(Api::clear_realm_cache)
    }

    /// Makes the server read users from its database and from user federation anew. `POST /admin/realms/{realm}/clear-user-cache`
    #[inline]
    pub fn clear_user_cache(self) -> Call<ClearUserCache> {
        self.at(Api::clear_user_cache)
    }

    /// Makes the server fetch the public keys of clients and identity providers anew. `POST /admin/realms/{realm}/clear-keys-cache`
    #[inline]
    pub fn clear_keys_cache(self) -> Call<ClearKeysCache> {
        self.at(Api::clear_keys_cache)
    }

    /// Makes the server fetch revocation lists anew. `POST /admin/realms/{realm}/clear-crl-cache`
    #[inline]
    pub fn clear_crl_cache(self) -> Call<ClearCrlCache> {
        self.at(Api::clear_crl_cache)
    }
}

/// Whether this is what an account without rights in the realm sees: the name and a few defaults. A whole realm has an id.
fn is_bare(realm: &Value) -> bool {
    realm.get("id").is_none_or(Value::is_null)
}
