//! Planning: the actions that bring the realm on the server to the declared one. A plan is data, and planning calls no server.

mod compare;
mod diff;
mod display;
mod references;
mod unstored;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use self::compare::{covers, is_blank};
pub use self::diff::diff;
pub(crate) use self::display::{is_secret, masked};
pub(crate) use self::references::group_key;
use crate::actual::Actual;
use crate::error::{ConfigError, Problem};
use crate::model::permissions::PERMISSIONS_CLIENT;
use crate::model::{DEFAULT_ROLE, Key, Kind, Model, Object, SERVICE_ROLE, remove_masks};
use crate::read::Desired;

/// The choices of a plan.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// The kinds whose objects are deleted if their list is declared without them. Empty by default. A kind that is not
    /// [prunable](Kind::is_prunable) has no effect.
    pub prune: BTreeSet<Kind>,
}

impl PlanOptions {
    /// Sets the kinds whose undeclared objects are deleted.
    #[must_use]
    pub fn with_prune(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.prune = kinds.into_iter().collect();
        self
    }
}

/// The changes of a realm. `Display` prints them for people. `Display`, `Debug` and the JSON of a plan have no secret.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The name of the realm.
    pub realm: String,
    /// The new and changed objects, sorted by kind and name, and then the deleted ones. [`apply`](crate::apply()) orders them by their references.
    pub actions: Vec<Action>,
    /// Facts that the plan could not take into account.
    pub notes: Vec<Note>,
    /// True if the realm does not exist. Then the plan lists all declared objects as new.
    pub is_new_realm: bool,
    #[serde(skip)]
    pub(crate) options: Vec<Kind>,
}

impl Plan {
    /// Makes a plan without actions.
    fn new(realm: &str) -> Self {
        Self {
            realm: realm.to_owned(),
            actions: Vec::new(),
            notes: Vec::new(),
            is_new_realm: false,
            options: Vec::new(),
        }
    }

    /// Returns whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && !self.is_new_realm
    }

    /// Applies the plan to a model instead of a server.
    #[must_use]
    pub fn applied_to(&self, actual: &Model) -> Model {
        let mut model = actual.clone();
        for Action { key, edit } in &self.actions {
            match edit {
                Edit::Create { fields } => {
                    let object = Object {
                        fields: fields.clone(),
                        ..Object::default()
                    };
                    model.insert(key.clone(), object);
                }
                Edit::Change { changes } => {
                    if let Some(object) = model.get_mut(key) {
                        for change in changes {
                            change.write(&mut object.fields);
                        }
                    }
                }
                Edit::Delete => model.remove(key),
            }
        }
        model
    }
}

/// A note of a plan about an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Note {
    /// The object.
    pub key: Key,
    /// The fact in words.
    pub message: String,
}

/// An action of a plan.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Action {
    /// The object.
    pub key: Key,
    /// The change of the object.
    #[serde(flatten)]
    pub edit: Edit,
}

/// The ways to change an object.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Edit {
    /// Makes the object.
    Create {
        /// Its fields.
        #[serde(serialize_with = "display::serialize_fields")]
        fields: Map<String, Value>,
    },
    /// Changes fields of the object.
    Change {
        /// The fields, with their old and their new values.
        changes: Vec<Change>,
    },
    /// Deletes the object, with the objects that are parts of it.
    Delete,
}

/// A change of a field, or of a key of a map.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The names from the field to the value.
    pub path: Vec<String>,
    /// The value on the server, if there is one.
    pub old: Option<Value>,
    /// The declared value.
    pub new: Value,
}

impl Change {
    /// Makes the change that sets a field.
    pub(crate) fn new(field: &str, value: &Value) -> Self {
        Self {
            path: vec![field.to_owned()],
            old: None,
            new: value.clone(),
        }
    }

    /// Writes the new value into the fields of an object.
    pub(crate) fn write(&self, fields: &mut Map<String, Value>) {
        let Some((last, parents)) = self.path.split_last() else {
            return;
        };
        let mut fields = fields;
        for parent in parents {
            let entry = fields
                .entry(parent.clone())
                .or_insert_with(|| Map::new().into());
            if !entry.is_object() {
                *entry = Map::new().into();
            }
            match entry.as_object_mut() {
                Some(map) => fields = map,
                None => return,
            }
        }
        fields.insert(last.clone(), self.new.clone());
    }
}

/// Plans the changes. Problems are references to objects that are nowhere, and changes that Keycloak cannot make in place.
pub fn plan(
    desired: &Desired,
    actual: &Actual,
    options: &PlanOptions,
) -> Result<Plan, ConfigError> {
    let mut problems = references::check(desired, actual);
    let (writable, notes) = unstored::leave_out(desired, actual);
    let mut plan = Plan {
        notes,
        is_new_realm: !actual.exists(),
        options: options.prune.iter().copied().collect(),
        ..Plan::new(desired.realm())
    };
    for (key, object) in writable.iter() {
        if actual.model().is_ambiguous(key) {
            let place = object.place.clone();
            problems.push(Problem {
                place,
                ..Problem::ambiguous(key)
            });
            continue;
        }
        match actual.model().get(key) {
            Some(old) => {
                problems.extend(references::check_shared_configs(
                    key, object, desired, actual,
                ));
                plan.compare(key, object, old, &mut problems);
            }
            // Keycloak makes it with the realm's `adminPermissionsEnabled`.
            None if key.path[0] == PERMISSIONS_CLIENT && key.kind != Kind::Policy => {}
            // Keycloak has no empty scope mapping.
            None if is_scope_mapping(key.kind) && compare::is_empty(&object.fields) => {}
            None => plan.create(key, object),
        }
    }
    for (key, object) in actual.model().iter() {
        let is_pruned = options.prune.contains(&key.kind)
            && key.kind.is_prunable()
            && desired.model().get(key).is_none()
            && desired.model().is_listed(key)
            && !actual.model().is_ambiguous(key)
            && !is_built_in(key, object, desired.realm());
        if is_pruned {
            if let Some(parts) = deleted_with(key) {
                plan.note(key, &format!("{parts} are deleted with it"));
            }
            plan.actions.push(Action {
                key: key.clone(),
                edit: Edit::Delete,
            });
        }
    }
    if problems.is_empty() {
        Ok(plan)
    } else {
        Err(ConfigError::Problems(problems))
    }
}

impl Plan {
    fn create(&mut self, key: &Key, object: &Object) {
        let mut fields = object.fields.clone();
        for name in remove_masks(&mut fields) {
            self.note_mask(key, &name);
        }
        if is_former_flow(key) && fields.remove("builtIn") == Some(true.into()) {
            self.note(key, FORMER_FLOW);
        }
        self.actions.push(Action {
            key: key.clone(),
            edit: Edit::Create { fields },
        });
    }

    fn compare(
        &mut self,
        key: &Key,
        desired: &Object,
        actual: &Object,
        problems: &mut Vec<Problem>,
    ) {
        let facts = key.kind.facts();
        let mut there = actual.fields.clone();
        if key.kind == Kind::Flow && there.get("builtIn") == Some(&Value::Bool(true)) {
            keep_declared_executions(&desired.fields, &mut there);
            for name in new_executions(&desired.fields, &there) {
                let message = format!(
                    "Keycloak adds nothing to a built-in flow, and the {key} has no `{name}`; declare a flow of another name"
                );
                problems.push(Problem::new(desired.place.as_ref(), message));
            }
        }
        let mut found = compare::differences(facts, &desired.fields, &there);
        if key.kind == Kind::ClientRole && is_admin_client(&key.path[0], &self.realm) {
            // Such as the roles of a newer release in `realm-admin`, which the export of an older one does not have.
            for change in found
                .changes
                .extract_if(.., |change| takes_composites(change))
            {
                let message = format!("Keycloak lets nobody take roles from this role: {change}");
                self.note(key, &message);
            }
        }
        if is_former_flow(key) {
            for _ in found
                .changes
                .extract_if(.., |change| change.path == ["builtIn"])
            {
                self.note(key, FORMER_FLOW);
            }
        }
        for change in &found.changes {
            let field = change.path.first().map_or("", String::as_str);
            if facts.fixed.contains(&field) {
                let message = match key.kind {
                    Kind::Flow => format!(
                        "Keycloak cannot change `{field}` of the {key}; declare the flow under another alias, write this alias into the fields that name the flow, such as `browserFlow`, and prune flows to delete the old one"
                    ),
                    _ => format!("`{field}` of the {key} cannot be changed; use another name"),
                };
                problems.push(Problem::new(desired.place.as_ref(), message));
            }
        }
        for path in &found.masked {
            self.note_mask(key, path);
        }
        for field in facts.only_new {
            if desired.fields.contains_key(*field) {
                let message =
                    format!("`{field}` is not compared, and is written only for a new object");
                self.note(key, &message);
            }
        }
        let is_closed = match key.kind {
            Kind::Client => {
                is_admin_client(key.name(), &self.realm) || key.name() == PERMISSIONS_CLIENT
            }
            Kind::Authorization => key.name() == PERMISSIONS_CLIENT,
            _ => false,
        };
        if is_closed {
            for change in &found.changes {
                let message = format!("Keycloak lets nobody change this client: {change}");
                self.note(key, &message);
            }
            return;
        }
        if !found.changes.is_empty() {
            self.actions.push(Action {
                key: key.clone(),
                edit: Edit::Change {
                    changes: found.changes,
                },
            });
        }
    }

    fn note_mask(&mut self, key: &Key, path: &str) {
        let message = format!("`{path}` is masked, so it is neither compared nor written");
        self.note(key, &message);
    }

    fn note(&mut self, key: &Key, message: &str) {
        self.notes.push(Note {
            key: key.clone(),
            message: message.to_owned(),
        });
    }
}

/// Returns whether a change takes roles from a composite role.
fn takes_composites(change: &Change) -> bool {
    let old = change.old.as_ref().and_then(Value::as_array);
    let mut old = old.into_iter().flatten();
    let new = change.new.as_array();
    change.path[0] == "composites" && old.any(|role| !new.is_some_and(|new| new.contains(role)))
}

/// Leaves out the executions of a built-in flow that are not declared, because Keycloak does not remove them.
fn keep_declared_executions(desired: &Map<String, Value>, actual: &mut Map<String, Value>) {
    let declared = execution_names(desired);
    if let Some(Value::Array(executions)) = actual.get_mut("executions") {
        executions.retain(|execution| declared.contains(&execution_name(execution)));
    }
}

/// Returns the names of the executions that are declared more often than the flow on the server has them.
fn new_executions<'d>(
    desired: &'d Map<String, Value>,
    actual: &Map<String, Value>,
) -> Vec<&'d str> {
    let mut left = execution_names(actual);
    let mut declared = execution_names(desired);
    declared.retain(|name| match left.iter().position(|left| left == name) {
        Some(index) => {
            left.swap_remove(index);
            false
        }
        None => true,
    });
    declared
}

fn execution_names(flow: &Map<String, Value>) -> Vec<&str> {
    let executions = flow.get("executions").and_then(Value::as_array);
    executions
        .into_iter()
        .flatten()
        .map(execution_name)
        .collect()
}

/// Returns the name of the subflow or of the authenticator of an execution.
fn execution_name(execution: &Value) -> &str {
    let name = |field| execution.get(field).and_then(Value::as_str);
    name("flow")
        .or_else(|| name("authenticator"))
        .unwrap_or_default()
}

/// The clients that Keycloak makes in each realm.
const OWN_CLIENTS: [&str; 7] = [
    "account",
    "account-console",
    "admin-cli",
    PERMISSIONS_CLIENT,
    "broker",
    "realm-management",
    "security-admin-console",
];

/// The client scopes that Keycloak makes in each realm.
const OWN_CLIENT_SCOPES: [&str; 16] = [
    "acr",
    "address",
    "AuthnContextClassRef",
    "basic",
    "email",
    "microprofile-jwt",
    "offline_access",
    "openid",
    "organization",
    "phone",
    "profile",
    "role_list",
    "roles",
    "saml_organization",
    "service_account",
    "web-origins",
];

/// The flows that Keycloak makes in each realm and that are no subflows.
const OWN_FLOWS: [&str; 7] = [
    "browser",
    "clients",
    "direct grant",
    "docker auth",
    "first broker login",
    "registration",
    "reset credentials",
];

/// The flows that Keycloak made in each realm of an older release, and makes no more.
const FORMER_FLOWS: [&str; 4] = [
    "Authentication Options",
    "Browser - Conditional OTP",
    "First broker login - Conditional OTP",
    "http challenge",
];

/// The note about a former flow.
const FORMER_FLOW: &str =
    "the flow was built-in in an older release of Keycloak; here it is a flow of the realm";

fn is_former_flow(key: &Key) -> bool {
    key.kind == Kind::Flow && FORMER_FLOWS.contains(&key.name())
}

/// The required actions that Keycloak makes in each realm, if their features are on.
const OWN_REQUIRED_ACTIONS: [&str; 15] = [
    "CONFIGURE_RECOVERY_AUTHN_CODES",
    "CONFIGURE_TOTP",
    "TERMS_AND_CONDITIONS",
    "UPDATE_EMAIL",
    "UPDATE_PASSWORD",
    "UPDATE_PROFILE",
    "VERIFY_EMAIL",
    "VERIFY_PROFILE",
    "delete_account",
    "delete_credential",
    "idp_link",
    "terms_and_conditions",
    "update_user_locale",
    "webauthn-register",
    "webauthn-register-passwordless",
];

/// Returns a field of an object as it is declared, or else as it is on the server.
fn declared_or_there<'m>(
    desired: &'m Model,
    actual: &'m Actual,
    key: &Key,
    field: &str,
) -> Option<&'m Value> {
    let objects = [desired.get(key), actual.model().get(key)];
    let mut objects = objects.into_iter().flatten();
    objects.find_map(|object| object.fields.get(field))
}

/// Returns the objects that Keycloak deletes with an object, and that a plan does not list.
fn deleted_with(key: &Key) -> Option<&'static str> {
    match key.kind {
        Kind::Component if key.path.len() == 2 => Some("its users"),
        Kind::Organization => Some("its managed members"),
        Kind::Group | Kind::OrganizationGroup => Some("its subgroups"),
        Kind::Client => Some("its roles and its sessions"),
        _ => None,
    }
}

fn is_scope_mapping(kind: Kind) -> bool {
    matches!(kind, Kind::ClientScopeMapping | Kind::ScopeScopeMapping)
}

/// Returns whether this is the client with the roles that administrators of a realm have.
fn is_admin_client(client: &str, realm: &str) -> bool {
    client == "realm-management" || (realm == "master" && client.ends_with("-realm"))
}

/// Returns whether the name is one that Keycloak makes in each realm.
fn is_own_name(key: &Key, realm: &str) -> bool {
    let name = key.path.first().map_or("", String::as_str);
    match key.kind {
        Kind::Client | Kind::ClientRole | Kind::ClientMapper => {
            OWN_CLIENTS.contains(&name) || name.ends_with("-realm")
        }
        Kind::ClientScope | Kind::ClientScopeMapper => OWN_CLIENT_SCOPES.contains(&name),
        Kind::RealmRole => {
            let is_default = name.strip_prefix(DEFAULT_ROLE);
            matches!(name, "offline_access" | "uma_authorization")
                || is_default.is_some_and(|rest| rest.eq_ignore_ascii_case(realm))
        }
        Kind::Flow => OWN_FLOWS.contains(&name),
        Kind::RequiredAction => OWN_REQUIRED_ACTIONS.contains(&name),
        _ => false,
    }
}

/// Returns whether an object of a prunable kind is never deleted: the server made it, or the realm cannot work without it.
fn is_built_in(key: &Key, object: &Object, realm: &str) -> bool {
    match key.kind {
        Kind::Flow => {
            let is = |field| object.fields.get(field) == Some(&Value::Bool(true));
            // A subflow is deleted with the execution that it is in.
            is("builtIn") || !is("topLevel")
        }
        Kind::Component => !key.path[0].starts_with("org.keycloak.storage."),
        // A resource with an owner is a user's, and not the client's.
        Kind::Resource => object.fields.contains_key("owner"),
        Kind::ClientRole => key.name() == SERVICE_ROLE || is_own_name(key, realm),
        _ => is_own_name(key, realm),
    }
}

#[cfg(test)]
mod tests;
