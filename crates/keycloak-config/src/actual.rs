//! Reading the realm on the server.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use keycloak_admin::{ApiCall, Error, Keycloak};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::error::ConfigError;
use crate::model::permissions::is_permissions_client;
use crate::model::{Key, Kind, Model, user_profile_component};
use crate::read::Desired;

/// The number of objects that are read at the same time.
const CONCURRENCY: usize = 8;

/// The number of users that one request lists.
const USERS: i32 = 100;

/// The longest time that a call of an export may take. Keycloak reads all objects of a realm one by one.
pub(crate) const EXPORT_TIMEOUT: Duration = Duration::from_secs(900);

/// Reads Keycloak's partial export of a realm, with its clients, groups and roles. It takes two requests.
///
/// The first one has the clients alone and brings them into Keycloak's caches. Keycloak reads an export in one transaction. Before each query it looks
/// for changes in all objects that this transaction has read from the database. The export of 200 clients and 600 groups took 18 s when nothing was
/// cached, and both requests together took 5 s. When all was cached, each took 0.1 s.
pub(crate) async fn partial_export(
    keycloak: &Keycloak,
    realm: &str,
) -> Result<Map<String, Value>, Error> {
    let export = || keycloak.api().partial_export_realm().realm(realm);
    let clients = export().export_clients(true).timeout(EXPORT_TIMEOUT);
    read::<IgnoredAny>(clients).await?;
    let all = export().export_clients(true).export_groups_and_roles(true);
    read(all.timeout(EXPORT_TIMEOUT)).await
}

/// The realm on the server, as far as the declaration needs it.
#[derive(Clone, Debug)]
pub struct Actual {
    exists: bool,
    model: Model,
    /// The version of the server's fine-grained permissions, if the declaration needs it.
    permissions: Option<u8>,
    /// True if the server has no groups of organizations, as before Keycloak 26.6.
    lacks_organization_groups: bool,
}

impl Actual {
    /// Returns whether the realm exists.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.exists
    }

    /// Returns the objects of the realm.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Reads the representation of a realm, such as an export.
    pub fn of_representation(realm: &Value) -> Result<Self, ConfigError> {
        let model = Model::from_representation(realm, None).map_err(ConfigError::Problems)?;
        Ok(Self::of_model(model))
    }

    pub(crate) fn of_model(model: Model) -> Self {
        Self {
            exists: true,
            model,
            permissions: None,
            lacks_organization_groups: false,
        }
    }

    /// Returns the version of the server's fine-grained permissions, if it is known.
    pub(crate) fn permissions(&self) -> Option<u8> {
        self.permissions
    }

    /// Returns whether the server has no groups of organizations, as far as the declaration needs them.
    pub(crate) fn lacks_organization_groups(&self) -> bool {
        self.lacks_organization_groups
    }

    #[cfg(test)]
    pub(crate) fn without_organization_groups(mut self) -> Self {
        self.lacks_organization_groups = true;
        self
    }

    #[cfg(test)]
    pub(crate) fn with_permissions(mut self, version: u8) -> Self {
        self.permissions = Some(version);
        self
    }
}

/// Reads the realm that is declared. It takes two requests, and more if users, organizations, workflows, the user profile, secrets of clients or
/// permissions of administrators are declared.
pub async fn read_actual(keycloak: &Keycloak, desired: &Desired) -> Result<Actual, ConfigError> {
    let reading =
        |error| ConfigError::reading(&format!("reading the realm `{}`", desired.realm()), error);
    let mut reader = Reader {
        keycloak,
        realm: desired.realm(),
        desired: desired.model(),
        lacks_organization_groups: false,
    };
    let actual = match reader.representation().await.map_err(reading)? {
        Some(realm) => Actual::of_representation(&realm.into())?,
        None => Actual {
            exists: false,
            ..Actual::of_model(Model::default())
        },
    };
    let permissions = reader.permissions(actual.exists).await.map_err(reading)?;
    Ok(Actual {
        permissions,
        lacks_organization_groups: reader.lacks_organization_groups,
        ..actual
    })
}

struct Reader<'r> {
    keycloak: &'r Keycloak,
    realm: &'r str,
    desired: &'r Model,
    lacks_organization_groups: bool,
}

impl Reader<'_> {
    /// Reads a partial export, and the parts of the realm that it leaves out. Returns `None` if there is no such realm.
    async fn representation(&mut self) -> Result<Option<Map<String, Value>>, Error> {
        let mut realm = match partial_export(self.keycloak, self.realm).await {
            Err(error) if error.is_not_found() => return Ok(None),
            result => result?,
        };
        if self.declares_secrets() {
            self.add_secrets(&mut realm).await?;
        }
        if self.desired.has(Kind::UserProfile) || self.declares_attributes() {
            self.add_user_profile(&mut realm).await?;
        }
        if self.desired.has(Kind::User) {
            self.add_users(&mut realm).await?;
        }
        if self.desired.has(Kind::Organization) {
            let groups = self.add_organizations(&mut realm).await?;
            self.lacks_organization_groups = groups == OrganizationGroups::Unknown;
        }
        if self.desired.has(Kind::Workflow) {
            add_workflows(self.keycloak, self.realm, &mut realm).await?;
        }
        Ok(Some(realm))
    }

    /// Returns the version of the server's permissions if the declaration has permissions. A server has one of the two versions.
    async fn permissions(&self, exists: bool) -> Result<Option<u8>, Error> {
        let mut clients = self.desired.of(Kind::Authorization);
        let mut realms = self.desired.of(Kind::Realm);
        let is_on = |field: Option<&Value>| field == Some(&Value::Bool(true));
        let is_declared = clients.any(|(key, _)| is_permissions_client(key.name()))
            || realms.any(|(_, realm)| is_on(realm.fields.get("adminPermissionsEnabled")));
        if !is_declared {
            return Ok(None);
        }
        let realm = if exists { self.realm } else { "master" };
        let get = self.keycloak.api().get_users_management_permissions();
        match read::<Value>(get.realm(realm)).await {
            Err(error) if error.status() == Some(501) => Ok(Some(2)),
            // Another realm may be closed to the account. Then the application shows it.
            Err(_) if !exists => Ok(None),
            result => result.map(|_| Some(1)),
        }
    }

    fn declares_secrets(&self) -> bool {
        let mut clients = self.desired.of(Kind::Client);
        clients.any(|(_, client)| client.fields.contains_key("secret"))
    }

    fn declares_attributes(&self) -> bool {
        let mut users = self.desired.of(Kind::User);
        users.any(|(_, user)| user.fields.contains_key("attributes"))
    }

    /// Writes the secrets of the clients in place of the masks.
    async fn add_secrets(&self, realm: &mut Map<String, Value>) -> Result<(), Error> {
        let list: Vec<Value> = read(self.keycloak.api().list_clients().realm(self.realm)).await?;
        let mut secrets: BTreeMap<String, Value> = list
            .into_iter()
            .filter_map(|mut client| {
                let name = client.get("clientId")?.as_str()?.to_owned();
                Some((name, client.get_mut("secret")?.take()))
            })
            .collect();
        let clients = realm.get_mut("clients").and_then(Value::as_array_mut);
        let clients = clients.into_iter().flatten();
        for client in clients.filter_map(Value::as_object_mut) {
            let name = client.get("clientId").and_then(Value::as_str);
            if let Some(secret) = name.and_then(|name| secrets.remove(name)) {
                client.insert("secret".to_owned(), secret);
            }
        }
        Ok(())
    }

    async fn add_user_profile(&self, realm: &mut Map<String, Value>) -> Result<(), Error> {
        let api = self.keycloak.api();
        let profile: Value = read(api.get_user_profile_config().realm(self.realm)).await?;
        let components = realm
            .entry("components")
            .or_insert_with(|| Map::new().into());
        if let Value::Object(components) = components {
            components.extend([user_profile_component(&profile)]);
        }
        Ok(())
    }

    /// Adds the declared users that exist. The export has only those of service accounts.
    async fn add_users(&self, realm: &mut Map<String, Value>) -> Result<(), Error> {
        let names = self
            .desired
            .of(Kind::User)
            .map(|(key, object)| (key.name(), object));
        let names = names.filter(|(_, user)| !user.fields.contains_key("serviceAccountClientId"));
        let users: Vec<Option<Map<String, Value>>> = iter(names)
            .map(|(name, user)| self.user(name, &user.fields))
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        extend_users(realm, users.into_iter().flatten());
        Ok(())
    }

    async fn user(
        &self,
        name: &str,
        declared: &Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, Error> {
        let api = self.keycloak.api();
        let list = api
            .list_users()
            .realm(self.realm)
            .username(name)
            .exact(true);
        let found: Vec<Map<String, Value>> = read(list).await?;
        let Some(mut user) = found.into_iter().next() else {
            return Ok(None);
        };
        let is_wanted = |field: &str| declared.contains_key(field);
        complete_user(self.keycloak, self.realm, &mut user, is_wanted).await?;
        Ok(Some(user))
    }

    async fn add_organizations(
        &self,
        realm: &mut Map<String, Value>,
    ) -> Result<OrganizationGroups, Error> {
        let is_wanted = |alias: &str, field: &str| {
            if field == "groups" {
                let group = Key::new(Kind::OrganizationGroup, [alias, "any"]);
                return self.desired.is_listed(&group);
            }
            let key = Key::new(Kind::Organization, [alias]);
            let declared = self.desired.get(&key);
            declared.is_some_and(|declared| declared.fields.contains_key(field))
        };
        add_organizations(self.keycloak, self.realm, realm, is_wanted).await
    }
}

/// The answer of a server to the question for the groups of organizations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrganizationGroups {
    /// They were read, or none were wanted.
    Read,
    /// The server is older than Keycloak 26.6 and has no such groups.
    Unknown,
}

/// Adds the organizations, each with its wanted parts: the linked providers, the groups and the members. A realm without the feature has none.
pub(crate) async fn add_organizations(
    keycloak: &Keycloak,
    name: &str,
    realm: &mut Map<String, Value>,
    is_wanted: impl Fn(&str, &str) -> bool,
) -> Result<OrganizationGroups, Error> {
    let mut known = OrganizationGroups::Read;
    // Without the feature, the address of the organizations does not exist.
    if realm.get("organizationsEnabled") != Some(&Value::Bool(true)) {
        return Ok(known);
    }
    let api = keycloak.api();
    let list = api.list_organizations().realm(name);
    let list = list.brief_representation(false).max(i32::MAX);
    let mut organizations: Vec<Map<String, Value>> = read(list).await?;
    for organization in &mut organizations {
        let (id, alias) = (text(organization, "id"), text(organization, "alias"));
        if is_wanted(&alias, "identityProviders") {
            let call = api.list_organization_identity_providers().realm(name);
            let providers = read(call.org_id(&id)).await?;
            organization.insert("identityProviders".to_owned(), providers);
        }
        if is_wanted(&alias, "groups") {
            // Only a search finds subgroups. The star finds all.
            let call = api.list_organization_groups().realm(name).org_id(&id);
            let call = call.search("*").populate_hierarchy(true);
            match read(call.brief_representation(false).max(i32::MAX)).await {
                Err(error) if error.is_not_found() => known = OrganizationGroups::Unknown,
                groups => {
                    organization.insert("groups".to_owned(), groups?);
                }
            }
        }
        if is_wanted(&alias, "members") {
            let call = api.list_organization_members().realm(name).org_id(&id);
            let members = read(call.max(i32::MAX)).await?;
            organization.insert("members".to_owned(), members);
        }
    }
    realm.insert("organizations".to_owned(), organizations.into());
    Ok(known)
}

/// Adds the wanted relations of a user, which a list of users leaves out.
async fn complete_user(
    keycloak: &Keycloak,
    realm: &str,
    user: &mut Map<String, Value>,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let api = keycloak.api();
    let id = text(user, "id");
    if is_wanted("realmRoles") || is_wanted("clientRoles") {
        let call = api.get_user_role_mappings().realm(realm).user_id(&id);
        add_role_mappings(user, &read(call).await?);
    }
    if is_wanted("groups") {
        let call = api.list_user_groups().realm(realm).user_id(&id);
        let groups: Vec<Value> = read(call.max(i32::MAX)).await?;
        user.insert("groups".to_owned(), field_of_all(&groups, "path"));
    }
    if is_wanted("federatedIdentities") {
        let call = api.list_user_federated_identities().realm(realm);
        let identities = read(call.user_id(&id)).await?;
        user.insert("federatedIdentities".to_owned(), identities);
    }
    Ok(())
}

/// Adds all users but those of service accounts, which an export has, and those of federations.
pub(crate) async fn add_all_users(
    keycloak: &Keycloak,
    name: &str,
    realm: &mut Map<String, Value>,
) -> Result<(), Error> {
    for page in 0.. {
        let list = keycloak.api().list_users().realm(name);
        let list = list.brief_representation(false);
        let found: Vec<Map<String, Value>> = read(list.first(page * USERS).max(USERS)).await?;
        let is_last = found.len() < usize::try_from(USERS).unwrap_or(usize::MAX);
        // A user of a federation comes from there.
        let own = found
            .into_iter()
            .filter(|user| user.get("federationLink").is_none_or(Value::is_null));
        let users: Vec<Map<String, Value>> = iter(own)
            .map(|mut user| async move {
                complete_user(keycloak, name, &mut user, |_| true).await?;
                Ok::<_, Error>(user)
            })
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        extend_users(realm, users);
        if is_last {
            break;
        }
    }
    Ok(())
}

/// Adds the workflows, which an export leaves out. A server without the feature has none.
pub(crate) async fn add_workflows(
    keycloak: &Keycloak,
    name: &str,
    realm: &mut Map<String, Value>,
) -> Result<(), Error> {
    let list = keycloak.api().list_workflows().realm(name).max(i32::MAX);
    match read::<Value>(list).await {
        Err(error) if error.is_not_found() => {}
        workflows => {
            realm.insert("workflows".to_owned(), workflows?);
        }
    }
    Ok(())
}

/// Adds users to those of a realm.
fn extend_users(
    realm: &mut Map<String, Value>,
    users: impl IntoIterator<Item = Map<String, Value>>,
) {
    let users = users.into_iter().map(Value::from);
    match realm.get_mut("users") {
        Some(Value::Array(list)) => list.extend(users),
        _ => {
            realm.insert("users".to_owned(), users.collect());
        }
    }
}

/// Returns the text of a field, or an empty one.
fn text(object: &Map<String, Value>, field: &str) -> String {
    let text = object.get(field).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// Sends a call and returns the JSON of its answer, with the fields that the types do not know.
pub(crate) async fn read<T: serde::de::DeserializeOwned>(call: impl ApiCall) -> Result<T, Error> {
    let answer = call.into_request().send_json::<T>().await?;
    Ok(answer.into_inner())
}

/// Writes role mappings into an object, by name.
pub(crate) fn add_role_mappings(object: &mut Map<String, Value>, mappings: &Value) {
    let roles = |value: Option<&Value>| {
        let roles = value.and_then(Value::as_array).cloned();
        field_of_all(&roles.unwrap_or_default(), "name")
    };
    let realm_roles = roles(mappings.get("realmMappings"));
    object.insert("realmRoles".to_owned(), realm_roles);
    let clients = mappings.get("clientMappings").and_then(Value::as_object);
    let clients = clients.into_iter().flatten();
    let clients =
        clients.map(|(client, mappings)| (client.clone(), roles(mappings.get("mappings"))));
    object.insert("clientRoles".to_owned(), Value::Object(clients.collect()));
}

fn field_of_all(list: &[Value], field: &str) -> Value {
    list.iter()
        .filter_map(|item| item.get(field).cloned())
        .collect()
}
