//! Exporting a realm as a declaration: without ids, and without the server's defaults.

use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::{Either, select};
use keycloak_admin::types::{
    ClientRepresentation, ClientScopeRepresentation, GroupRepresentation, RealmRepresentation,
    RoleRepresentation, UserRepresentation,
};
use keycloak_admin::{Error, Keycloak};
use serde_json::{Map, Value};

use crate::actual::{self, Actual, EXPORT_TIMEOUT};
use crate::error::ConfigError;
use crate::model::{DEFAULT_ROLE, Key, Kind, MASK, Model, Object, SERVICE_ROLE, remove_masks_in};
use crate::plan::is_blank;

/// Fields that tell what an object is. They stay also if they are the server's default.
const KEPT: [&str; 9] = [
    "authenticator",
    "enabled",
    "identityProviderAlias",
    "identityProviderMapper",
    "protocol",
    "protocolMapper",
    "providerId",
    "subType",
    "type",
];

/// The name of the objects in the realm of defaults.
const SAMPLE: &str = "keycloak-config-sample";

/// The choices of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportOptions {
    /// True if the export has the users, without their credentials, and the members of organizations. False by default.
    pub users: bool,
}

impl ExportOptions {
    /// Sets whether the export has users and members.
    #[must_use]
    pub fn with_users(mut self, users: bool) -> Self {
        self.users = users;
        self
    }
}

/// Exports a realm as JSON, which [`Desired::parse`](crate::Desired::parse) reads.
///
/// The defaults are those of this server: the export makes a realm for the time of the call, with one object of the plain kinds, and leaves out the
/// values that are equal there. So the account needs the role `create-realm`.
///
/// Secrets and users are not in the export. Users of service accounts are.
pub async fn export(keycloak: &Keycloak, realm: &str) -> Result<Value, ConfigError> {
    export_with(keycloak, realm, ExportOptions::default()).await
}

/// Exports a realm as [`export`] does, with the chosen parts.
///
/// An export that is dropped leaves the realm with the defaults on the server. [`export_until`] deletes it when the export is stopped.
pub async fn export_with(
    keycloak: &Keycloak,
    realm: &str,
    options: ExportOptions,
) -> Result<Value, ConfigError> {
    // Nothing stops it, so there is an export.
    let exported = export_until(keycloak, realm, options, pending()).await?;
    Ok(exported.unwrap_or_default())
}

/// Exports a realm as [`export_with`] does, or returns `None` if `stop` ends first.
///
/// The realm with the defaults is deleted in both cases. Once its creation has begun, the export stops only when all of it is made, because the
/// server would go on making it after a deletion.
pub async fn export_until(
    keycloak: &Keycloak,
    realm: &str,
    options: ExportOptions,
    stop: impl Future<Output = ()>,
) -> Result<Option<Value>, ConfigError> {
    let reading = |error| ConfigError::reading(&format!("exporting the realm `{realm}`"), error);
    let mut stop = pin!(stop);
    let actual = until(stop.as_mut(), read(keycloak, realm, options)).await;
    let Some(actual) = actual.transpose().map_err(reading)? else {
        return Ok(None);
    };
    let fresh = fresh_name();
    let defaults = match make_sample(keycloak, &fresh).await {
        Ok(()) => {
            let users = ExportOptions::default().with_users(true);
            until(stop, read(keycloak, &fresh, users)).await.transpose()
        }
        Err(error) => Err(error),
    };
    let deleted = keycloak.realm(&fresh).delete_if_exists().await;
    let defaults = defaults.map_err(reading)?;
    deleted.map_err(reading)?;
    let Some(mut defaults) = defaults else {
        return Ok(None);
    };
    let actual = Actual::of_representation(&actual)?;
    let ambiguities = actual.model().ambiguities();
    if !ambiguities.is_empty() {
        return Err(ConfigError::Problems(ambiguities));
    }
    let model = sorted(actual.model());
    rename(&mut defaults, &fresh, realm);
    let defaults = sorted(Actual::of_representation(&defaults)?.model());
    let mut exported = without_defaults(&model, &defaults).to_representation();
    // A map of serde_json keeps the order of its insertions if another crate of the program asks for it.
    exported.sort_all_objects();
    Ok(Some(exported))
}

/// Does the work, or returns `None` if `stop` ends first.
async fn until<T>(
    stop: Pin<&mut impl Future<Output = ()>>,
    work: impl Future<Output = T>,
) -> Option<T> {
    match select(pin!(work), stop).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

async fn read(keycloak: &Keycloak, name: &str, options: ExportOptions) -> Result<Value, Error> {
    let mut realm = actual::partial_export(keycloak, name).await?;
    actual::add_workflows(keycloak, name, &mut realm).await?;
    if options.users {
        actual::add_all_users(keycloak, name, &mut realm).await?;
    }
    let is_wanted = |_: &str, field: &str| field != "members" || options.users;
    actual::add_organizations(keycloak, name, &mut realm, is_wanted).await?;
    Ok(realm.into())
}

/// Makes a realm with one object of each plain kind.
async fn make_sample(keycloak: &Keycloak, name: &str) -> Result<(), Error> {
    let realm = RealmRepresentation::new().with_realm(name);
    // Keycloak makes pairs of RSA keys for a realm and for a client of SAML, which takes a busy server longer than other calls.
    let create = keycloak.realms().create(&realm).timeout(EXPORT_TIMEOUT);
    create.await?;
    let realm = keycloak.realm(name);
    for protocol in ["openid-connect", "saml"] {
        let client = ClientRepresentation::new()
            .with_client_id(format!("{SAMPLE}-{protocol}"))
            .with_protocol(protocol);
        let create = realm.clients().create(&client).timeout(EXPORT_TIMEOUT);
        create.await?;
    }
    let role = RoleRepresentation::new().with_name(SAMPLE);
    realm.roles().create(&role).await?;
    let group = GroupRepresentation::new().with_name(SAMPLE);
    realm.groups().create(&group).await?;
    let scope = ClientScopeRepresentation::new()
        .with_name(SAMPLE)
        .with_protocol("openid-connect");
    realm.client_scopes().create(&scope).await?;
    let user = UserRepresentation::new().with_username(SAMPLE);
    realm.users().create(&user).await?;
    Ok(())
}

/// Replaces the name of the realm in all texts, such as the addresses of its own clients and the name of its default role.
fn rename(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::String(text) => {
            let role = format!("{DEFAULT_ROLE}{}", new.to_lowercase());
            *text = text
                .replace(&format!("{DEFAULT_ROLE}{old}"), &role)
                .replace(old, new);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, old, new)),
        Value::Object(map) => map.values_mut().for_each(|value| rename(value, old, new)),
        _ => {}
    }
}

/// Returns a name that no other realm has.
fn fresh_name() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = now.map_or(0, |since| since.as_nanos());
    format!("keycloak-config-{:x}-{nanos:x}-{count}", std::process::id())
}

/// Returns the model with all lists sorted whose order does not count.
fn sorted(model: &Model) -> Model {
    let mut sorted = Model::default();
    for (key, object) in model.iter() {
        let mut object = object.clone();
        for (name, value) in &mut object.fields {
            if !key.kind.facts().ordered.contains(&name.as_str()) {
                sort(value);
            }
            if key.kind == Kind::Policy && name == "config" {
                let texts = value.as_object_mut().into_iter().flatten();
                texts.for_each(|(_, text)| sort_text(text));
            }
        }
        sorted.insert(key.clone(), object);
    }
    sorted
}

fn without_defaults(model: &Model, defaults: &Model) -> Model {
    let mut left = Model::default();
    for (key, object) in model.iter() {
        let default = defaults.get(key);
        let fields =
            fields_without_defaults(key, object, default.or(defaults.get(&sample(key, object))));
        // The export leaves out Keycloak's own objects without a difference, and service accounts with the roles that the server gives them.
        let is_needless =
            default.is_some() && fields.keys().all(|name| KEPT.contains(&name.as_str()));
        if key.kind != Kind::Realm && (is_needless || is_plain_service_account(key, object)) {
            continue;
        }
        let object = Object {
            fields,
            ..Object::default()
        };
        left.insert(key.clone(), object);
    }
    // These objects stand in their client or client scope.
    let kinds = [
        Kind::ClientScopeMapper,
        Kind::ClientMapper,
        Kind::Authorization,
    ];
    let parts = kinds.into_iter().flat_map(|kind| left.of(kind));
    let parents: Vec<Key> = parts.filter_map(|(key, _)| key.parent()).collect();
    for key in parents {
        if left.get(&key).is_none() {
            left.insert(key, Object::default());
        }
    }
    left
}

/// Returns the key of the sample that has the defaults of a new object of this kind.
fn sample(key: &Key, object: &Object) -> Key {
    // The defaults of a client are those of its protocol.
    match object.fields.get("protocol").and_then(Value::as_str) {
        Some(protocol) if key.kind == Kind::Client => {
            Key::new(key.kind, [format!("{SAMPLE}-{protocol}")])
        }
        _ if key.kind == Kind::OrganizationGroup => Key::new(Kind::Group, [SAMPLE]),
        _ => Key::new(key.kind, [SAMPLE]),
    }
}

fn is_plain_service_account(key: &Key, user: &Object) -> bool {
    let is_service_account = user.fields.contains_key("serviceAccountClientId");
    let roles = user.fields.get("realmRoles").and_then(Value::as_array);
    let has_default_role = roles.is_some_and(|roles| {
        let name = roles.first().and_then(Value::as_str);
        roles.len() == 1 && name.is_some_and(|name| name.starts_with(DEFAULT_ROLE))
    });
    let clients = user.fields.get("clientRoles").and_then(Value::as_object);
    let mut roles = clients
        .into_iter()
        .flatten()
        .filter_map(|(_, roles)| roles.as_array());
    let has_own_roles = roles.all(|roles| roles.iter().all(|role| role == SERVICE_ROLE));
    key.kind == Kind::User && is_service_account && has_default_role && has_own_roles
}

fn fields_without_defaults(
    key: &Key,
    object: &Object,
    default: Option<&Object>,
) -> Map<String, Value> {
    let mut fields = object.fields.clone();
    fields.retain(|name, value| {
        remove_masks_in(value);
        // A whole flow is easier to read than a part of it, and it works on a server with other flows.
        let is_whole =
            key.kind == Kind::Flow && default.is_none_or(|default| default.fields != object.fields);
        let is_default = match default {
            Some(default) => default.fields.get(name) == Some(value) && !is_whole,
            None => is_blank(value) && !value.is_boolean() && !value.is_number(),
        };
        !is_default || (KEPT.contains(&name.as_str()) && key.kind != Kind::Realm)
    });
    // A map keeps the keys that differ.
    for (name, value) in &mut fields {
        let default = default.and_then(|default| default.fields.get(name));
        if let (Value::Object(map), Some(Value::Object(default))) = (value, default) {
            map.retain(|key, value| default.get(key) != Some(value));
        }
    }
    fields.retain(|_, value| value != MASK && !value.as_object().is_some_and(Map::is_empty));
    fields
}

/// Sorts the lists of texts, whose order the server does not keep.
fn sort(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(sort),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
        _ => {}
    }
}

/// Sorts the list in a JSON text, such as the roles of a policy, which the server writes in any order.
fn sort_text(value: &mut Value) {
    let list = value.as_str().filter(|text| text.starts_with('['));
    let list = list.and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok());
    if let Some(mut list) = list {
        list.sort_by_key(Value::to_string);
        *value = Value::from(list).to_string().into();
    }
}
