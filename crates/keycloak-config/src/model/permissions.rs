//! Fine-grained permissions of administrators. They are policies of two clients of Keycloak's own, and name objects by ids.
//!
//! In a file, and in the model, `$NAME` stands in place of such an id: `$app` for a client, `$/staff/new` for a group, `$editor` or `$app/write` for a
//! role. In version 1 it is the end of the name of a resource or a policy that Keycloak makes, such as `client.resource.$app`. In version 2 it is a
//! whole item of the resources of a permission. A `$` at any other place is a plain letter.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Key, Kind};

/// The client with the permissions of version 2. Keycloak makes it, with its resources and scopes, in a realm with `adminPermissionsEnabled`.
pub(crate) const PERMISSIONS_CLIENT: &str = "admin-permissions";

/// The client with the permissions of version 1.
const FIRST_PERMISSIONS_CLIENT: &str = "realm-management";

/// Returns whether the policies of a client name objects by ids.
pub(crate) fn is_permissions_client(client: &str) -> bool {
    client == PERMISSIONS_CLIENT || client == FIRST_PERMISSIONS_CLIENT
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
                let resource_type = resource_type(item).map(str::to_owned);
                let resource_type = resource_type.as_deref();
                let name = item.get_mut("name");
                if let Some(name) = name.filter(|_| client != PERMISSIONS_CLIENT) {
                    self.replace(client, name, None);
                }
                edit_resources(item, |resource| {
                    self.replace(client, resource, resource_type);
                });
                // The owner of a resource is always the client.
                if let Some(item) = item.as_object_mut().filter(|_| field == "resources") {
                    item.remove("owner");
                }
                all_of_type(item);
            }
        }
    }

    /// Replaces the id of an object by its name. The path of a group gets a slash in front.
    fn replace(&self, client: &str, value: &mut Value, resource_type: Option<&str>) {
        let Some(text) = value.as_str() else { return };
        let start = match text.rfind('.') {
            Some(dot) if client != PERMISSIONS_CLIENT => dot + 1,
            _ => 0,
        };
        let (prefix, id) = text.split_at(start);
        let named = self.0.get(id).map(|name| format!("{prefix}{name}"));
        let named = named.filter(|named| target(client, named, resource_type).is_some());
        if let Some(named) = named {
            *value = named.into();
            return;
        }
        match target(client, text, resource_type) {
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

/// Returns the object that the name of a policy or a resource has in it by `$NAME`, and the text before it. The names of version 2 have no ids.
pub(crate) fn target_of_name(key: &Key) -> Option<(&str, Key)> {
    let is_named = matches!(key.kind, Kind::Policy | Kind::Resource);
    if is_named && key.path[0] == FIRST_PERMISSIONS_CLIENT {
        target_of_version_1(key.name())
    } else {
        None
    }
}

/// Returns the resources of a policy that name objects by `$NAME`, each with the text before `$NAME` and the object.
pub(crate) fn targets_of_resources(key: &Key, policy: &Value) -> Vec<(String, String, Key)> {
    let mut targets = Vec::new();
    if key.kind != Kind::Policy || !is_permissions_client(&key.path[0]) {
        return targets;
    }
    let resource_type = resource_type(policy);
    for resource in resources(policy) {
        if let Some((prefix, target)) = target(&key.path[0], &resource, resource_type) {
            targets.push((resource.clone(), prefix.to_owned(), target));
        }
    }
    targets
}

/// Returns the resources of a permission of version 2 that have a `$` and name no object.
pub(crate) fn unclear_resources(key: &Key, policy: &Value) -> Vec<String> {
    let mut resources = resources(policy);
    let resource_type = resource_type(policy);
    let is_version_2 = key.kind == Kind::Policy && key.path[0] == PERMISSIONS_CLIENT;
    resources.retain(|resource| {
        let is_clear = target(PERMISSIONS_CLIENT, resource, resource_type).is_some();
        is_version_2 && resource.contains('$') && !is_clear
    });
    resources
}

/// Returns the texts in the JSON text of a policy's resources.
fn resources(policy: &Value) -> Vec<String> {
    let text = policy.pointer("/config/resources").and_then(Value::as_str);
    serde_json::from_str(text.unwrap_or("[]")).unwrap_or_default()
}

/// Returns the type of the objects of a permission, which version 2 has.
fn resource_type(policy: &Value) -> Option<&str> {
    let resource_type = policy.pointer("/config/defaultResourceType");
    resource_type.and_then(Value::as_str)
}

/// Returns the object that a resource of a permission, or a name of version 1, has in it by `$NAME`, and the text before it.
fn target<'t>(client: &str, text: &'t str, resource_type: Option<&str>) -> Option<(&'t str, Key)> {
    if client != PERMISSIONS_CLIENT {
        return target_of_version_1(text);
    }
    let name = text.strip_prefix('$')?;
    let kind = match resource_type? {
        "Clients" => Kind::Client,
        "Groups" => Kind::Group,
        "Roles" => Kind::RealmRole,
        "Users" => Kind::User,
        "Organizations" => Kind::Organization,
        _ => return None,
    };
    Some(("", key_of(kind, name)))
}

/// Returns the object that a name of version 1 has at its end. Other names than those that Keycloak makes have none.
fn target_of_version_1(text: &str) -> Option<(&str, Key)> {
    let (prefix, name) = text.split_at(text.find(".$")? + 1);
    let kind = match prefix {
        "client.resource." => Kind::Client,
        "group.resource." => Kind::Group,
        "idp.resource." => Kind::IdentityProvider,
        "role.resource."
        | "map-role.permission."
        | "map-role-client-scope.permission."
        | "map-role-composite.permission." => Kind::RealmRole,
        _ if prefix.ends_with(".permission.client.") => Kind::Client,
        _ if prefix.ends_with(".permission.group.") => Kind::Group,
        _ if prefix.ends_with(".permission.idp.") => Kind::IdentityProvider,
        _ => return None,
    };
    Some((prefix, key_of(kind, &name[1..])))
}

/// Returns the key of the object with this name: the path of a group, and a role or `CLIENT/ROLE`.
fn key_of(kind: Kind, name: &str) -> Key {
    match (kind, name.split_once('/')) {
        (Kind::Group, _) => {
            let names = name.split('/').filter(|name| !name.is_empty());
            Key::new(Kind::Group, names)
        }
        (Kind::RealmRole, Some((client, role))) => Key::new(Kind::ClientRole, [client, role]),
        _ => Key::new(kind, [name]),
    }
}

/// Returns whether a name of version 1 ends in an id. A name stands in place of the ids of the file's objects, so no object of the file has this id.
pub(crate) fn has_unknown_id(key: &Key) -> bool {
    let Some((prefix, id)) = key.name().rsplit_once('.') else {
        return false;
    };
    let named = Key::new(key.kind, [&key.path[0], &format!("{prefix}.$name")]);
    let is_id = id
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_id && id.contains('-') && target_of_name(&named).is_some()
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
        let (first, second) = ("realm-management", PERMISSIONS_CLIENT);
        let cases = [
            (first, "client.resource.1", "client.resource.$app"),
            (
                first,
                "view.permission.group.3",
                "view.permission.group.$/a/b",
            ),
            (first, "map-role.permission.5", "map-role.permission.$app/w"),
            (first, "role.resource.4", "role.resource.$r"),
            (first, "client.resource.9", "client.resource.9"),
            (first, "group.resource.$a", "group.resource.$/a"),
            (first, "other.1", "other.1"),
            (second, "2", "$/a"),
            (second, "$a", "$/a"),
            (second, "group.resource.2", "group.resource.2"),
        ];
        for (client, id, expected) in cases {
            let mut text = id.into();
            names.replace(client, &mut text, Some("Groups"));
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_name_stands_behind_the_dollar_of_a_known_form_alone() {
        let policy = |client: &str, name: &str| Key::new(Kind::Policy, [client, name]);
        let target = |client, name| {
            let key = policy(client, name);
            target_of_name(&key).map(|(_, key)| key.to_string())
        };
        let cases = [
            ("client.resource.$app", "client `app`"),
            ("client.resource.$$app", "client `$app`"),
            ("map-roles.permission.client.$app", "client `app`"),
            ("token-exchange.permission.idp.$g", "identity provider `g`"),
            ("map-role.permission.$app/w", "client role `app` / `w`"),
        ];
        for (name, expected) in cases {
            assert_eq!(target("realm-management", name).as_deref(), Some(expected));
            assert_eq!(target(PERMISSIONS_CLIENT, name), None);
        }
        for name in [
            "other.resource.$x",
            "my.client.$x",
            "map-role.$x",
            "$x",
            "price in $",
        ] {
            assert_eq!(target("realm-management", name), None);
        }
        let permission = |resource_type: &str, resources: &[&str]| {
            let resources = json!(resources).to_string();
            json!({"config": {"defaultResourceType": resource_type, "resources": resources}})
        };
        let key = policy(PERMISSIONS_CLIENT, "$p");
        let groups = permission("Groups", &["$/a/b", "Groups", "a.$b"]);
        let found = targets_of_resources(&key, &groups);
        let group = Key::new(Kind::Group, ["a", "b"]);
        assert_eq!(found, [("$/a/b".to_owned(), String::new(), group)]);
        assert_eq!(unclear_resources(&key, &groups), ["a.$b"]);
        assert_eq!(
            unclear_resources(&key, &permission("Other", &["$a"])),
            ["$a"]
        );
        assert!(has_unknown_id(&policy(
            "realm-management",
            "view.permission.group.0-1"
        )));
        for (client, name) in [
            ("realm-management", "view.permission.group.$/a-b"),
            ("realm-management", "client.test-client"),
            ("realm-management", "other.resource.0-1"),
            (PERMISSIONS_CLIENT, "view.permission.group.0-1"),
        ] {
            assert!(!has_unknown_id(&policy(client, name)), "{name}");
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
