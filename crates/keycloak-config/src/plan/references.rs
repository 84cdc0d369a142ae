//! Checking that each object that a declaration names is declared or on the server.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{covers, declared_or_there, is_former_flow, is_own_name};
use crate::actual::Actual;
use crate::error::Problem;
use crate::model::permissions::{self, PERMISSIONS_CLIENT};
use crate::model::{Key, Kind, Object, SERVICE_ROLE, Step, config_alias};
use crate::read::Desired;

/// Returns a problem for each reference to an object that is nowhere.
///
/// The objects of a realm that does not exist yet are known by their names alone, so their roles are checked when the realm is there.
pub(super) fn check(desired: &Desired, actual: &Actual) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_known = |key: &Key| {
        desired.model().get(key).is_some()
            || actual.model().get(key).is_some()
            || (!actual.exists() && is_own_name(key, desired.realm()))
            || is_service_role(desired, key)
    };
    for (key, object) in desired.model().iter() {
        if key.kind == Kind::Flow {
            problems.extend(check_forms(object, desired, actual));
        }
        if key.kind == Kind::Authorization {
            problems.extend(check_service(key, object, desired, actual));
            problems.extend(check_permissions(key, object, desired, actual));
        }
        let is_new_permission =
            matches!(key.kind, Kind::Policy | Kind::Resource) && actual.model().get(key).is_none();
        if is_new_permission && permissions::has_unknown_id(key) {
            let message =
                format!("the {key} has an id of no object in the file; write `$NAME` in its place");
            problems.push(Problem::new(object.place.as_ref(), message));
        }
        if key.kind == Kind::Policy {
            problems.extend(check_resources(key, object));
        }
        if actual.model().get(key).is_none() {
            problems.extend(check_built_in(key, object, actual));
            problems.extend(check_user_name(key, object, desired, actual));
        }
        for target in targets(key, object) {
            if !is_known(&target) {
                let message = format!(
                    "the {key} needs the {target}, which is neither declared nor on the server"
                );
                problems.push(Problem::new(object.place.as_ref(), message));
            }
        }
    }
    problems
}

/// Returns a problem for a new flow that is declared as built-in, because only Keycloak makes built-in flows. A new realm can have any of them.
fn check_built_in(key: &Key, flow: &Object, actual: &Actual) -> Option<Problem> {
    let is_built_in = key.kind == Kind::Flow && flow.fields.get("builtIn") == Some(&true.into());
    let message =
        format!("the {key} is declared as built-in, and the server has none; leave out `builtIn`");
    let is_unknown = is_built_in && actual.exists() && !is_former_flow(key);
    is_unknown.then(|| Problem::new(flow.place.as_ref(), message))
}

/// Returns a problem for a new user with another name than its e-mail address, in a realm in which the address is the name. Keycloak would store the
/// user under the address, and no later plan would find it.
fn check_user_name(
    key: &Key,
    user: &Object,
    desired: &Desired,
    actual: &Actual,
) -> Option<Problem> {
    let email = user.fields.get("email").and_then(Value::as_str)?;
    let realm = Key::new(Kind::Realm, [desired.realm()]);
    let field = "registrationEmailAsUsername";
    let is_email_name =
        declared_or_there(desired.model(), actual, &realm, field) == Some(&true.into());
    let message = format!("`{field}` makes `{email}` the name of the {key}; leave out `username`");
    let is_unlike =
        key.kind == Kind::User && is_email_name && !email.eq_ignore_ascii_case(key.name());
    is_unlike.then(|| Problem::new(user.place.as_ref(), message))
}

/// Returns a problem for each subflow with an authenticator that is no form.
fn check_forms(flow: &Object, desired: &Desired, actual: &Actual) -> Vec<Problem> {
    let mut problems = Vec::new();
    for execution in executions(flow) {
        let name = |field| execution.get(field).and_then(Value::as_str);
        let (Some(alias), Some(authenticator)) = (name("flow"), name("authenticator")) else {
            continue;
        };
        let key = Key::new(Kind::Flow, [alias]);
        let subflow = desired.model().get(&key).or(actual.model().get(&key));
        let provider = subflow.and_then(|flow| flow.fields.get("providerId"));
        if subflow.is_some() && provider.is_none_or(|provider| provider != "form-flow") {
            let message = format!(
                "the {key} is no `form-flow`, so it has no authenticator `{authenticator}`"
            );
            problems.push(Problem::new(flow.place.as_ref(), message));
        }
    }
    problems
}

/// Returns a problem for each configuration that a flow shares with other executions and cannot change alone.
///
/// A changed value changes for all of them. Keycloak deletes the configuration when one of them leaves it.
pub(super) fn check_shared_configs(
    key: &Key,
    flow: &Object,
    desired: &Desired,
    actual: &Actual,
) -> Vec<Problem> {
    let Some(there) = actual.model().get(key).filter(|_| key.kind == Kind::Flow) else {
        return Vec::new();
    };
    let mut messages = BTreeSet::new();
    for execution in executions(flow) {
        let (Some(alias), Some(config)) = (config_alias(execution), execution.get("config")) else {
            continue;
        };
        let is_declared = |key: &Key| {
            let flow = desired.model().get(key);
            flow.is_some_and(|flow| flow.count_config(alias) > 0)
        };
        for (other, there) in actual.model().of(Kind::Flow) {
            let is_changed = executions(there).any(|execution| {
                config_alias(execution) == Some(alias)
                    && !covers(config, execution.get("config"), false)
            });
            if other != key && is_changed && !is_declared(other) {
                messages.insert(format!(
                    "the configuration `{alias}` of the {key} is also one of the {other}, which is not declared with it; use another alias, or declare both"
                ));
            }
        }
    }
    for alias in executions(there).filter_map(config_alias) {
        let before = |flow: &Object| flow.count_config(alias);
        let after = |key: &Key, flow: &Object| {
            let declared = desired.model().get(key);
            let declared = declared.filter(|flow| flow.fields.contains_key("executions"));
            declared.unwrap_or(flow).count_config(alias)
        };
        let flows = || actual.model().of(Kind::Flow);
        let is_shared = flows().map(|(_, flow)| before(flow)).sum::<usize>() > 1;
        let is_left = after(key, there) < before(there);
        if is_shared && is_left && flows().any(|(key, flow)| after(key, flow) > 0) {
            messages.insert(format!(
                "the {key} leaves the configuration `{alias}`, which Keycloak would delete for the other executions too; give these another configuration as well"
            ));
        }
    }
    let problem = |message| Problem::new(flow.place.as_ref(), message);
    messages.into_iter().map(problem).collect()
}

fn executions(flow: &Object) -> impl Iterator<Item = &Value> {
    let executions = flow.fields.get("executions").and_then(Value::as_array);
    executions.into_iter().flatten()
}

/// Returns a problem for permissions of administrators in a realm without them.
fn check_permissions(
    key: &Key,
    authorization: &Object,
    desired: &Desired,
    actual: &Actual,
) -> Option<Problem> {
    let realm = Key::new(Kind::Realm, [desired.realm()]);
    let is_on = declared_or_there(desired.model(), actual, &realm, "adminPermissionsEnabled");
    let is_version_2 = key.name() == PERMISSIONS_CLIENT;
    let version = actual.permissions();
    let message = if !is_version_2 && !permissions::is_permissions_client(key.name()) {
        return None;
    } else if is_version_2 && version == Some(1) {
        "the server has the permissions of version 1, in the client `realm-management`: version 2 needs the feature `admin-fine-grained-authz:v2`"
    } else if is_version_2 && is_on != Some(&true.into()) {
        "the client `admin-permissions` needs `adminPermissionsEnabled` of the realm"
    } else if !is_version_2 && version == Some(2) {
        "Keycloak changes this client only with the feature `admin-fine-grained-authz:v1`; version 2 has its permissions in the client `admin-permissions`"
    } else {
        return None;
    };
    Some(Problem::new(authorization.place.as_ref(), message))
}

/// Returns a problem for each resource of a permission of version 2 that has a `$` and is no reference.
fn check_resources(key: &Key, permission: &Object) -> Vec<Problem> {
    let fields = Value::from(permission.fields.clone());
    let unclear = permissions::unclear_resources(key, &fields).into_iter();
    unclear
        .map(|resource| {
            let message = format!(
                "the resource `{resource}` of the {key} names no object; write `$NAME` alone, with the type of the object in `defaultResourceType`"
            );
            Problem::new(permission.place.as_ref(), message)
        })
        .collect()
}

/// Returns a problem for authorization services of a client that has no service account.
fn check_service(
    key: &Key,
    authorization: &Object,
    desired: &Desired,
    actual: &Actual,
) -> Option<Problem> {
    let client = Key::new(Kind::Client, &key.path);
    if is_own_name(&client, desired.realm()) {
        return None;
    }
    let is = |field| {
        declared_or_there(desired.model(), actual, &client, field) == Some(&Value::Bool(true))
    };
    let message = if is("bearerOnly") || is("publicClient") {
        "a client that is public or bearer-only has no authorization services"
    } else if !is("serviceAccountsEnabled") {
        "authorization services need a service account: `serviceAccountsEnabled`"
    } else {
        return None;
    };
    Some(Problem::new(authorization.place.as_ref(), message))
}

/// Returns whether this is the role that Keycloak makes for a client with authorization services.
fn is_service_role(desired: &Desired, key: &Key) -> bool {
    key.kind == Kind::ClientRole
        && key.name() == SERVICE_ROLE
        && desired
            .model()
            .get(&Key::new(Kind::Client, &key.path[..1]))
            .is_some()
}

/// Returns the keys of the objects that an object names.
fn targets(key: &Key, object: &Object) -> Vec<Key> {
    let fields = Value::from(object.fields.clone());
    let mut targets = Vec::new();
    for reference in key.kind.facts().references {
        follow(
            &fields,
            reference.way,
            &mut Vec::new(),
            reference.kind,
            &mut targets,
        );
    }
    targets.extend(key.parent());
    if key.kind == Kind::Policy {
        policy_targets(key, &fields, &mut targets);
    }
    targets.extend(permissions::target_of_name(key).map(|(_, target)| target));
    targets
}

fn follow(
    value: &Value,
    way: &[Step],
    names: &mut Vec<String>,
    kind: Kind,
    targets: &mut Vec<Key>,
) {
    let Some((step, rest)) = way.split_first() else {
        if let Some(name) = value.as_str().filter(|name| !name.is_empty()) {
            targets.push(target(kind, names, name));
        }
        return;
    };
    match (step, value) {
        (Step::Field(name), Value::Object(map)) => {
            if let Some(value) = map.get(*name) {
                follow(value, rest, names, kind, targets);
            }
        }
        (Step::Key, Value::Object(map)) => {
            for (name, value) in map {
                names.push(name.clone());
                follow(value, rest, names, kind, targets);
                names.pop();
            }
        }
        (Step::Item, Value::Array(items)) => {
            for item in items {
                follow(item, rest, names, kind, targets);
            }
        }
        _ => {}
    }
}

fn target(kind: Kind, names: &[String], name: &str) -> Key {
    if kind == Kind::Group {
        return group_key(name);
    }
    let mut path = names.to_vec();
    path.push(name.to_owned());
    Key::new(kind, path)
}

/// Returns the key of the group with this path.
pub(crate) fn group_key(path: &str) -> Key {
    let names = path.split('/').filter(|name| !name.is_empty());
    Key::new(Kind::Group, names)
}

/// Adds the scopes, the resources and the policies that a policy names in the JSON texts of its configuration.
fn policy_targets(key: &Key, fields: &Value, targets: &mut Vec<Key>) {
    let client = &key.path[0];
    for (field, kind) in [
        ("applyPolicies", Kind::Policy),
        ("resources", Kind::Resource),
        ("scopes", Kind::AuthorizationScope),
    ] {
        let names = fields.get("config").and_then(|config| config.get(field));
        let names = names.and_then(Value::as_str).unwrap_or("[]");
        let names: Vec<String> = serde_json::from_str(names).unwrap_or_default();
        if client == PERMISSIONS_CLIENT && kind != Kind::Policy {
            // Keycloak makes the scopes, and a resource for each object.
            continue;
        }
        targets.extend(names.iter().map(|name| Key::new(kind, [client, name])));
    }
    if client == PERMISSIONS_CLIENT {
        let objects = permissions::targets_of_resources(key, fields).into_iter();
        targets.extend(objects.map(|(_, _, target)| target));
    }
    let roles = fields.pointer("/config/roles").and_then(Value::as_str);
    let roles: Vec<Value> = serde_json::from_str(roles.unwrap_or("[]")).unwrap_or_default();
    let names = roles.iter().filter_map(|role| role.get("id")?.as_str());
    // A role of a client has the client in front of it. A role with a slash in its name cannot be told from it.
    targets.extend(
        names
            .filter(|name| !name.contains('/'))
            .map(|name| Key::new(Kind::RealmRole, [name])),
    );
}
