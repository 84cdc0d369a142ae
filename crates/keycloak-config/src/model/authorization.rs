//! Reading the settings of a client's authorization services.

use serde_json::{Map, Value};

use super::representation::{Reader, items, text};
use super::{Key, Kind};
use crate::read::Place;

/// Reads the settings, the scopes, the resources and the policies of a client.
pub(super) fn read(
    reader: &mut Reader,
    client: &str,
    mut settings: Map<String, Value>,
    place: Option<&Place>,
) {
    let at = |field: &str| place.map(|place| place.child(field));
    let path = |fields: &Map<String, Value>| {
        let name = text(fields, "name").unwrap_or_default();
        [client.to_owned(), name.to_owned()]
    };
    let parents = [client.to_owned()];
    for (field, kind) in [
        ("scopes", Kind::AuthorizationScope),
        ("resources", Kind::Resource),
        ("policies", Kind::Policy),
    ] {
        let list = settings.remove(field);
        if list.is_some() {
            reader.model.declare_list(kind, &parents);
        }
        for (mut fields, place) in items(list, at(field).as_ref()) {
            if kind == Kind::Resource {
                resource(reader, client, &mut fields, place.as_ref());
            }
            let path = path(&fields);
            reader.add(kind, &path, fields, place);
        }
    }
    reader.add(Kind::Authorization, &parents, settings, place.cloned());
}

/// Brings a resource to the form with the names of its scopes, and declares the scopes.
fn resource(
    reader: &mut Reader,
    client: &str,
    fields: &mut Map<String, Value>,
    place: Option<&Place>,
) {
    if let Some(uri) = fields.remove("uri") {
        let uris = fields
            .entry("uris")
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(uris) = uris.as_array_mut().filter(|uris| !uris.contains(&uri)) {
            uris.push(uri);
        }
    }
    // The owner of a resource is the client, unless it is a user.
    let owner = fields.get("owner").and_then(|owner| {
        let name = owner.get("name").or_else(|| owner.get("id"))?;
        name.as_str()
    });
    let service_account = format!("service-account-{client}");
    if owner.is_none_or(|owner| owner == client || owner == service_account) {
        fields.remove("owner");
    }
    let Some(Value::Array(scopes)) = fields.get_mut("scopes") else {
        return;
    };
    for scope in scopes {
        let Value::Object(declared) = scope.take() else {
            continue;
        };
        let name = text(&declared, "name").unwrap_or_default().to_owned();
        *scope = name.clone().into();
        let path = [client.to_owned(), name];
        if reader
            .model
            .get(&Key::new(Kind::AuthorizationScope, &path))
            .is_none()
        {
            reader.add(Kind::AuthorizationScope, &path, declared, place.cloned());
        }
    }
}
