//! Declared values that the server does not store. The plan leaves them out and has a note about each.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Note, declared_or_there};
use crate::actual::Actual;
use crate::model::{Key, Kind, Model, Object};
use crate::read::Desired;

/// The attributes that each user has, also if the user profile does not have them.
const OWN_ATTRIBUTES: [&str; 5] = ["email", "firstName", "lastName", "locale", "username"];

/// Returns the declaration without the values that are not stored.
pub(super) fn leave_out(desired: &Desired, actual: &Actual) -> (Model, Vec<Note>) {
    let mut model = desired.model().clone();
    let mut notes = Vec::new();
    for (key, _) in desired.model().of(Kind::User) {
        user_attributes(&mut model, key, actual, &mut notes);
    }
    for (key, _) in desired.model().of(Kind::Client) {
        client_scopes(&mut model, key, actual, &mut notes);
    }
    for (key, _) in desired.model().of(Kind::Component) {
        key_material(&mut model, key, &mut notes);
    }
    if actual.lacks_organization_groups() {
        for (key, _) in desired.model().of(Kind::OrganizationGroup) {
            organization_group(&mut model, key, &mut notes);
        }
    }
    if actual.permissions() == Some(1) {
        let realm = Key::new(Kind::Realm, [desired.realm()]);
        let realm = model.get_mut(&realm);
        permissions_flag(realm, desired.realm(), &mut notes);
    }
    (model, notes)
}

/// Leaves out the switch of the permissions of version 2, which a server with version 1 does not have.
fn permissions_flag(realm: Option<&mut Object>, name: &str, notes: &mut Vec<Note>) {
    if realm.and_then(|realm| realm.fields.remove("adminPermissionsEnabled")) == Some(true.into()) {
        let message = "`adminPermissionsEnabled` needs the server's feature `admin-fine-grained-authz:v2`, so Keycloak does not store it".to_owned();
        let key = Key::new(Kind::Realm, [name]);
        notes.push(Note { key, message });
    }
}

/// Leaves out a group of an organization, which an older server does not have.
fn organization_group(model: &mut Model, key: &Key, notes: &mut Vec<Note>) {
    model.remove(key);
    let message = "groups of organizations need Keycloak 26.6 or newer".to_owned();
    notes.push(Note {
        key: key.clone(),
        message,
    });
}

/// The parts of the configuration of a generated key that only the server writes.
const KEY_MATERIAL: [&str; 5] = ["certificate", "keyUse", "kid", "privateKey", "secret"];

/// Leaves out the keys of providers that generate their keys.
fn key_material(model: &mut Model, key: &Key, notes: &mut Vec<Note>) {
    let component = model.get_mut(key).filter(|component| {
        let provider = component.fields.get("providerId").and_then(Value::as_str);
        let is_key = key.path[0] == "org.keycloak.keys.KeyProvider";
        is_key && provider.is_some_and(|provider| provider.contains("generated"))
    });
    let Some(config) =
        component.and_then(|component| component.fields.get_mut("config")?.as_object_mut())
    else {
        return;
    };
    let before = config.len();
    config.retain(|name, _| !KEY_MATERIAL.contains(&name.as_str()));
    if config.len() < before {
        let message =
            "the server generates the key, so the key of the file is not stored".to_owned();
        notes.push(Note {
            key: key.clone(),
            message,
        });
    }
}

/// Leaves out the attributes that the user profile does not allow.
fn user_attributes(model: &mut Model, key: &Key, actual: &Actual, notes: &mut Vec<Note>) {
    let profile = Key::new(Kind::UserProfile, ["declarative"]);
    let field = |name| declared_or_there(model, actual, &profile, name).cloned();
    let Some(known) = field("attributes") else {
        return;
    };
    let policy = field("unmanagedAttributePolicy");
    if matches!(
        policy.as_ref().and_then(Value::as_str),
        Some("ENABLED" | "ADMIN_EDIT")
    ) {
        return;
    }
    let known = known.as_array().into_iter().flatten();
    let known: BTreeSet<String> = known
        .filter_map(|attribute| attribute.get("name")?.as_str().map(str::to_owned))
        .chain(OWN_ATTRIBUTES.map(str::to_owned))
        .collect();
    let user = model.get_mut(key);
    let attributes = user.and_then(|user| user.fields.get_mut("attributes")?.as_object_mut());
    let Some(attributes) = attributes else {
        return;
    };
    attributes.retain(|name, _| {
        let is_known = known.contains(name);
        if !is_known {
            let message = format!(
                "the user profile has no attribute `{name}`, so Keycloak does not store it"
            );
            notes.push(Note {
                key: key.clone(),
                message,
            });
        }
        is_known
    });
}

/// Leaves out the client scopes of another protocol than the client's.
fn client_scopes(model: &mut Model, key: &Key, actual: &Actual, notes: &mut Vec<Note>) {
    let protocol = |model: &Model, key: &Key| {
        let protocol = declared_or_there(model, actual, key, "protocol");
        protocol.and_then(Value::as_str).map(str::to_owned)
    };
    let of_client = protocol(model, key).unwrap_or_else(|| "openid-connect".to_owned());
    for field in ["defaultClientScopes", "optionalClientScopes"] {
        let declared = model
            .get(key)
            .and_then(|client| client.fields.get(field)?.as_array().cloned());
        let Some(mut scopes) = declared else {
            continue;
        };
        scopes.retain(|scope| {
            let scope = scope.as_str().unwrap_or_default();
            let of_scope = protocol(model, &Key::new(Kind::ClientScope, [scope]));
            let is_same = of_scope.is_none_or(|of_scope| of_scope == of_client);
            if !is_same {
                let message = format!("the client scope `{scope}` is of another protocol, so Keycloak does not give it to the client");
                notes.push(Note { key: key.clone(), message });
            }
            is_same
        });
        if let Some(client) = model.get_mut(key) {
            client.fields.insert(field.to_owned(), scopes.into());
        }
    }
}
