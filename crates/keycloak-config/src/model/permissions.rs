//! Fine-grained permissions of administrators. They are policies of two clients of Keycloak's own, and name objects by ids.
//!
//! In a file, and in the model, `$NAME` stands in place of such an id: `$app` for a client, `$/staff/new` for a group, `$editor` or `$app/write` for a
//! role.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Key, Kind};

/// The client with the permissions of version 2. Keycloak makes it, with its resources and scopes, in a realm with `adminPermissionsEnabled`.
pub(crate) const PERMISSIONS_CLIENT: &str = "admin-permissions";

/// Returns whether the policies of a client name objects by ids.
pub(crate) fn is_permissions_client(client: &str) -> bool {
    client == PERMISSIONS_CLIENT || client == "realm-management"
}

/// The names of objects by their ids.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Collects the names in the representation of a realm.
    pub(super) fn of(realm: &Map<String, Value>) -> Self {
        let mut names = Self::default();
        let lists = [
            ("clients", "id", "clientId"),
            ("identityProviders", "internalId", "alias"),
            ("users", "id", "username"),
            ("organizations", "id", "alias"),
        ];
        for (field, id, name) in lists {
            names.add(realm.get(field), id, name, "");
        }
        let roles = realm.get("roles");
        names.add(roles.and_then(|roles| roles.get("realm")), "id", "name", "");
        let clients = roles.and_then(|roles| roles.get("client")?.as_object());
        for (client, roles) in clients.into_iter().flatten() {
            names.add(Some(roles), "id", "name", &format!("{client}/"));
        }
        names.add_groups(realm.get("groups"), "/");
        names
    }

    fn add(&mut self, list: Option<&Value>, id: &str, name: &str, prefix: &str) {
        for item in list.and_then(Value::as_array).into_iter().flatten() {
            let text = |field| item.get(field).and_then(Value::as_str);
            if let (Some(id), Some(name)) = (text(id), text(name)) {
                self.0.insert(id.to_owned(), format!("${prefix}{name}"));
            }
        }
    }

    fn add_groups(&mut self, list: Option<&Value>, parent: &str) {
        self.add(list, "id", "name", parent);
        for group in list.and_then(Value::as_array).into_iter().flatten() {
            let name = group
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            self.add_groups(group.get("subGroups"), &format!("{parent}{name}/"));
        }
    }

    /// Writes names in place of ids in the settings of a client with permissions, and removes the parts that only Keycloak makes.
    pub(super) fn resolve(&self, client: &str, settings: &mut Map<String, Value>) {
        if client == PERMISSIONS_CLIENT {
            settings.remove("resources");
            settings.remove("scopes");
        }
        for field in ["resources", "policies"] {
            let list = settings.get_mut(field).and_then(Value::as_array_mut);
            for item in list.into_iter().flatten() {
                let resource_type = item.pointer("/config/defaultResourceType").cloned();
                let resource_type = resource_type.as_ref().and_then(Value::as_str);
                if let Some(name) = item.get_mut("name") {
                    self.replace(name, None);
                }
                edit_resources(item, |resource| self.replace(resource, resource_type));
                // The owner of a resource is always the client.
                if let Some(item) = item.as_object_mut().filter(|_| field == "resources") {
                    item.remove("owner");
                }
                all_of_type(item);
            }
        }
    }

    /// Replaces an id at the end of a text. The path of a group gets a slash in front.
    fn replace(&self, value: &mut Value, resource_type: Option<&str>) {
        let Some(text) = value.as_str() else { return };
        let id = text.rsplit('.').next().unwrap_or_default();
        if let Some(name) = self.0.get(id) {
            *value = format!("{}{name}", &text[..text.len() - id.len()]).into();
            return;
        }
        match target(text, resource_type) {
            Some((prefix, key)) if key.kind == Kind::Group => {
                *value = format!("{prefix}$/{}", key.path.join("/")).into();
            }
            _ => {}
        }
    }
}

/// Changes each resource in the JSON text of a policy's configuration.
pub(crate) fn edit_resources(policy: &mut Value, edit: impl FnMut(&mut Value)) {
    let Some(text) = policy.pointer_mut("/config/resources") else {
        return;
    };
    let list = text
        .as_str()
        .and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok());
    if let Some(mut list) = list {
        list.iter_mut().for_each(edit);
        *text = Value::from(list).to_string().into();
    }
}

/// Writes the type of a permission in place of an empty list of resources, as Keycloak does.
fn all_of_type(policy: &mut Value) {
    let Some(resource_type) = policy.pointer("/config/defaultResourceType").cloned() else {
        return;
    };
    let resources = policy.pointer_mut("/config/resources");
    if let Some(resources) = resources.filter(|resources| **resources == "[]") {
        *resources = Value::from(vec![resource_type]).to_string().into();
    }
}

/// Returns the object that a text names at its end by `$NAME`, and the text before it. `resource_type` is the type of the permission, which version 2 has.
pub(crate) fn target<'t>(text: &'t str, resource_type: Option<&str>) -> Option<(&'t str, Key)> {
    let at = if text.starts_with('$') {
        0
    } else {
        text.find(".$")? + 1
    };
    let (prefix, name) = (&text[..at], &text[at + 1..]);
    let is_of_role = prefix.starts_with("map-role") || prefix == "role.resource.";
    let kind = match resource_type {
        Some("Clients") => Kind::Client,
        Some("Groups") => Kind::Group,
        Some("Roles") => Kind::RealmRole,
        Some("Users") => Kind::User,
        Some("Organizations") => Kind::Organization,
        _ if prefix.ends_with("client.") || prefix == "client.resource." => Kind::Client,
        _ if prefix.ends_with("idp.") || prefix == "idp.resource." => Kind::IdentityProvider,
        _ if prefix.ends_with("group.") || prefix == "group.resource." => Kind::Group,
        _ if is_of_role => Kind::RealmRole,
        _ => return None,
    };
    let key = match (kind, name.split_once('/')) {
        (Kind::Group, _) => {
            let names = name.split('/').filter(|name| !name.is_empty());
            Key::new(Kind::Group, names)
        }
        (Kind::RealmRole, Some((client, role))) => Key::new(Kind::ClientRole, [client, role]),
        _ => Key::new(kind, [name]),
    };
    Some((prefix, key))
}

/// Returns whether a text of version 1 ends in an id. A name stands in place of the ids of the file's objects, so no object of the file has this id.
pub(crate) fn has_unknown_id(text: &str) -> bool {
    let Some((prefix, id)) = text.rsplit_once('.') else {
        return false;
    };
    let named = format!("{prefix}.$name");
    let is_id = id
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_id && id.contains('-') && target(&named, None).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_become_names_and_names_are_found() {
        let realm = json!({"clients": [{"id": "1", "clientId": "app"}],
            "groups": [{"id": "2", "name": "a", "subGroups": [{"id": "3", "name": "b"}]}],
            "roles": {"realm": [{"id": "4", "name": "r"}], "client": {"app": [{"id": "5", "name": "w"}]}}});
        let names = Names::of(realm.as_object().expect("a realm"));
        let cases = [
            ("client.resource.1", "client.resource.$app"),
            ("view.permission.group.3", "view.permission.group.$/a/b"),
            ("map-role.permission.5", "map-role.permission.$app/w"),
            ("2", "$/a"),
            ("role.resource.4", "role.resource.$r"),
            ("client.resource.9", "client.resource.9"),
            ("group.resource.$a", "group.resource.$/a"),
        ];
        for (id, expected) in cases {
            let mut text = id.into();
            names.replace(&mut text, None);
            assert_eq!(text, expected);
        }
        let target =
            |text, resource_type| target(text, resource_type).map(|(_, key)| key.to_string());
        let found = |text: &str| Some(text.to_owned());
        assert_eq!(target("client.resource.$app", None), found("client `app`"));
        assert_eq!(
            target("map-roles.permission.client.$app", None),
            found("client `app`")
        );
        assert_eq!(
            target("map-role.permission.$app/w", None),
            found("client role `app` / `w`")
        );
        assert_eq!(target("$/a/b", Some("Groups")), found("group `a` / `b`"));
        assert_eq!(target("other.resource.$x", None), None);
        assert!(has_unknown_id("view.permission.group.0-1"));
        for text in [
            "view.permission.group.$/a-b",
            "client.test-client",
            "other.resource.0-1",
        ] {
            assert!(!has_unknown_id(text), "{text}");
        }
    }

    #[test]
    fn a_permission_without_resources_is_one_of_all_objects_of_its_type() {
        let mut settings = json!({"policies": [{"name": "p", "config": {"defaultResourceType": "Clients", "resources": "[]"}}]});
        let fields = settings.as_object_mut().expect("settings");
        Names::default().resolve(PERMISSIONS_CLIENT, fields);
        assert_eq!(
            settings.pointer("/policies/0/config/resources"),
            Some(&json!("[\"Clients\"]"))
        );
    }
}
