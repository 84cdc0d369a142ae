//! The objects of a realm under their natural keys: one form for the declared realm and for the realm on the server.

mod authorization;
mod flows;
mod kinds;
pub(crate) mod permissions;
mod representation;
mod write;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

pub(crate) use self::flows::config_alias;
pub use self::kinds::Kind;
pub(crate) use self::kinds::{Facts, Step};
pub(crate) use self::write::user_profile_component;
use crate::error::Problem;
use crate::read::Place;

/// The value that Keycloak writes in place of a secret.
pub(crate) const MASK: &str = "**********";

/// The beginning of the name of a realm's default role. The name of the realm follows.
pub(crate) const DEFAULT_ROLE: &str = "default-roles-";

/// The role that Keycloak makes for a client with authorization services.
pub(crate) const SERVICE_ROLE: &str = "uma_protection";

/// The natural key of an object: its kind, the names of the objects that it is part of, and its own name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The kind of the object.
    pub kind: Kind,
    /// The names from the outermost object to this one, such as the client and the mapper.
    pub path: Vec<String>,
}

impl Key {
    pub(crate) fn new<S: Into<String>>(kind: Kind, path: impl IntoIterator<Item = S>) -> Self {
        Self {
            kind,
            path: path.into_iter().map(Into::into).collect(),
        }
    }

    /// Returns the name of the object: the last name of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Returns the names of the objects around this one.
    #[must_use]
    pub fn parents(&self) -> &[String] {
        self.path.split_last().map_or(&[], |(_, parents)| parents)
    }

    /// Returns the key of the object that this one is a part of, such as the client of a mapper. `None` for an object of the realm itself.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (kind, length) = match self.kind {
            Kind::ClientMapper
            | Kind::ClientRole
            | Kind::ClientScopeMapping
            | Kind::Authorization
            | Kind::AuthorizationScope
            | Kind::Resource
            | Kind::Policy => (Kind::Client, 1),
            Kind::ClientScopeMapper | Kind::ScopeScopeMapping => (Kind::ClientScope, 1),
            Kind::IdentityProviderMapper => (Kind::IdentityProvider, 1),
            Kind::Group if self.path.len() > 1 => (Kind::Group, self.path.len() - 1),
            Kind::OrganizationGroup if self.path.len() > 2 => {
                (Kind::OrganizationGroup, self.path.len() - 1)
            }
            Kind::OrganizationGroup => (Kind::Organization, 1),
            // The type of provider stands in front of each name.
            Kind::Component if self.path.len() > 2 => (Kind::Component, self.path.len() - 2),
            _ => return None,
        };
        Some(Self::new(kind, self.path.iter().take(length)))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.path.iter().map(|name| format!("`{name}`")).collect();
        write!(f, "{} {}", self.kind, names.join(" / "))
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = self.kind.to_string();
        for name in &self.path {
            text.push('/');
            text.push_str(&name.replace('~', "~0").replace('/', "~1"));
        }
        serializer.serialize_str(&text)
    }
}

/// An object of a realm. `Debug` prints the names of its fields alone.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Object {
    /// The fields, without ids and without the objects that are parts of this one. Names stand in place of ids.
    pub fields: Map<String, Value>,
    /// The id on the server.
    pub id: Option<String>,
    /// The place of the declaration.
    pub place: Option<Place>,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fields.keys()).finish()
    }
}

/// All objects of a realm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    objects: BTreeMap<Key, Object>,
    /// The lists that are declared, empty ones too: the kind of their objects and the names of the objects around them.
    lists: BTreeSet<(Kind, Vec<String>)>,
    /// The keys that several objects on the server have, such as two components of one name. The model has the first of them.
    ambiguous: BTreeSet<Key>,
}

impl Model {
    /// Reads the representation of a realm. The problems are objects without a name, or with a name that another one has.
    pub(crate) fn from_representation(
        json: &Value,
        root: Option<&Place>,
    ) -> Result<Self, Vec<Problem>> {
        representation::read(json, root)
    }

    /// Returns the object with this key.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// Returns the objects, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Object)> {
        self.objects.iter()
    }

    /// Returns whether objects of a kind are declared, or an empty list of them.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.of(kind).next().is_some() || self.lists.iter().any(|(listed, _)| *listed == kind)
    }

    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = (&Key, &Object)> {
        let first = Key {
            kind,
            path: Vec::new(),
        };
        self.objects
            .range(first..)
            .take_while(move |(key, _)| key.kind == kind)
    }

    /// Returns whether several objects on the server have this key, or one that it is below.
    pub(crate) fn is_ambiguous(&self, key: &Key) -> bool {
        let mut ambiguous = self.ambiguous.iter();
        ambiguous.any(|other| other.kind == key.kind && key.path.starts_with(&other.path))
    }

    /// Returns a problem for each key that several objects on the server have.
    pub(crate) fn ambiguities(&self) -> Vec<Problem> {
        let keys = self.ambiguous.iter();
        keys.map(Problem::ambiguous).collect()
    }

    pub(crate) fn is_listed(&self, key: &Key) -> bool {
        self.lists.contains(&(key.kind, key.parents().to_vec()))
    }

    pub(crate) fn insert(&mut self, key: Key, object: Object) {
        self.objects.insert(key, object);
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        self.objects.remove(key);
    }

    pub(crate) fn get_mut(&mut self, key: &Key) -> Option<&mut Object> {
        self.objects.get_mut(key)
    }

    pub(crate) fn declare_list(&mut self, kind: Kind, parents: &[String]) {
        self.lists.insert((kind, parents.to_vec()));
    }

    /// Adds an object. A key that is there already is a problem of a declaration. On the server it makes the key ambiguous.
    pub(crate) fn add(&mut self, key: Key, object: Object) -> Result<(), Problem> {
        match self.objects.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(object);
                Ok(())
            }
            Entry::Occupied(entry) if object.place.is_none() => {
                self.ambiguous.insert(entry.key().clone());
                Ok(())
            }
            Entry::Occupied(entry) => {
                let message = format!("the {} is declared twice", entry.key());
                Err(Problem::new(object.place.as_ref(), message))
            }
        }
    }

    /// Renames the realm, or its default role, in keys and in fields.
    pub(crate) fn rename(&mut self, old: &str, new: &str) {
        let objects = std::mem::take(&mut self.objects);
        for (mut key, mut object) in objects {
            let is_renamed = match key.kind {
                Kind::Realm => true,
                Kind::RealmRole => old.starts_with(DEFAULT_ROLE),
                _ => false,
            };
            if is_renamed && key.name() == old {
                key.path = vec![new.to_owned()];
            }
            if key.kind != Kind::Realm {
                for value in object.fields.values_mut() {
                    rename_in(value, old, new);
                }
            }
            self.objects.insert(key, object);
        }
    }

    pub(crate) fn place_of_realm(&self) -> Option<&Place> {
        let realm = self.objects.iter().find(|(key, _)| key.kind == Kind::Realm);
        realm.and_then(|(_, object)| object.place.as_ref())
    }

    /// Adds the objects of another file. Two values for one field are a problem.
    pub(crate) fn merge(&mut self, other: Self) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.lists.extend(other.lists);
        for (key, object) in other.objects {
            match self.objects.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(object);
                }
                Entry::Occupied(mut entry) => {
                    let mut conflicts = Vec::new();
                    let fields = &mut entry.get_mut().fields;
                    merge_fields(fields, object.fields, "", &mut conflicts);
                    for conflict in conflicts {
                        let message = format!(
                            "`{conflict}` of the {} has another value in another file",
                            entry.key()
                        );
                        problems.push(Problem::new(object.place.as_ref(), message));
                    }
                }
            }
        }
        problems
    }
}

/// Returns whether a value is a mask, or a list with one, as the configuration of a component has it.
pub(crate) fn is_masked(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| item == MASK),
        value => value == MASK,
    }
}

/// Removes the fields whose values are masks, also inside of other fields. Returns their names.
pub(crate) fn remove_masks(fields: &mut Map<String, Value>) -> Vec<String> {
    let mut removed = Vec::new();
    fields.retain(|name, value| {
        let is_masked = is_masked(value);
        if is_masked {
            removed.push(name.clone());
        } else {
            let inner = remove_masks_in(value).into_iter();
            removed.extend(inner.map(|inner| format!("{name}.{inner}")));
        }
        !is_masked
    });
    removed
}

/// Removes the masks inside of a value, as [`remove_masks`] does.
pub(crate) fn remove_masks_in(value: &mut Value) -> Vec<String> {
    match value {
        Value::Object(fields) => remove_masks(fields),
        Value::Array(items) => items.iter_mut().flat_map(remove_masks_in).collect(),
        _ => Vec::new(),
    }
}

fn rename_in(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::String(text) if text == old && old.starts_with(DEFAULT_ROLE) => {
            new.clone_into(text);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_in(item, old, new)),
        Value::Object(map) => map
            .values_mut()
            .for_each(|value| rename_in(value, old, new)),
        _ => {}
    }
}

fn merge_fields(
    fields: &mut Map<String, Value>,
    others: Map<String, Value>,
    path: &str,
    conflicts: &mut Vec<String>,
) {
    for (name, other) in others {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        match (fields.get_mut(&name), other) {
            (None, other) => {
                fields.insert(name, other);
            }
            (Some(Value::Object(fields)), Value::Object(others)) => {
                merge_fields(fields, others, &path, conflicts);
            }
            (Some(value), other) if *value != other => conflicts.push(path),
            _ => {}
        }
    }
}
