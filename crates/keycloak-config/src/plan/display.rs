//! The output of a plan, without secrets.

use std::fmt;

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Action, Change, Edit, Plan};
use crate::model::MASK;

/// Parts of the names of fields whose values are secrets, without dots and dashes.
const SECRET_WORDS: [&str; 7] = [
    "apikey",
    "credential",
    "keystore",
    "password",
    "privatekey",
    "secret",
    "token",
];

/// Fields with such a part in their names that hold no secret.
const OPEN_ENDS: [&str; 6] = ["allowed", "lifespan", "policy", "reuse", "claim", "enabled"];

/// Returns whether the name of a field says that its values are secrets.
pub(crate) fn is_secret(name: &str) -> bool {
    // Attributes write the words apart, such as `saml.signing.private.key`.
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name = letters.collect::<String>().to_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
        && !OPEN_ENDS.iter().any(|end| name.contains(end))
}

/// Replaces the secrets of a value by the mask.
pub(crate) fn masked(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            // A configuration of a component is a map of lists, and the credentials of a user are objects.
            let fields = map.iter().map(|(field, value)| {
                let name = if is_secret(name) { name } else { field };
                (field.clone(), masked(name, value))
            });
            fields.collect::<Map<_, _>>().into()
        }
        Value::Array(items) if name == "credentials" => vec![Value::from(MASK); items.len()].into(),
        Value::Array(items) => items.iter().map(|item| masked(name, item)).collect(),
        Value::String(text) if !text.is_empty() && is_secret(name) => MASK.into(),
        Value::Number(_) if is_secret(name) => MASK.into(),
        value => value.clone(),
    }
}

pub(super) fn serialize_fields<S: Serializer>(
    fields: &Map<String, Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(fields.len()))?;
    for (name, value) in fields {
        map.serialize_entry(name, &masked(name, value))?;
    }
    map.end()
}

impl Change {
    /// Returns the old and the new value without secrets.
    fn masked(&self) -> (Option<Value>, Value) {
        let is_secret = self.path.iter().any(|name| is_secret(name));
        let mask = |value: &Value| {
            let name = if is_secret {
                "secret"
            } else {
                self.path.last().map_or("", String::as_str)
            };
            masked(name, value)
        };
        (self.old.as_ref().map(mask), mask(&self.new))
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (old, new) = self.masked();
        let mut change = serializer.serialize_struct("Change", 3)?;
        change.serialize_field("path", &self.path)?;
        change.serialize_field("old", &old)?;
        change.serialize_field("new", &new)?;
        change.end()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_new_realm {
            writeln!(f, "The realm `{}` does not exist.", self.realm)?;
        }
        for action in &self.actions {
            write!(f, "{action}")?;
        }
        for note in &self.notes {
            writeln!(f, "! {}: {}", note.key, note.message)?;
        }
        Ok(())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.edit {
            Edit::Create { fields } => {
                writeln!(f, "+ {}", self.key)?;
                for (name, value) in fields {
                    writeln!(f, "    {name}: {}", masked(name, value))?;
                }
            }
            Edit::Change { changes } => {
                writeln!(f, "~ {}", self.key)?;
                for change in changes {
                    writeln!(f, "    {change}")?;
                }
            }
            Edit::Delete => writeln!(f, "- {}", self.key)?,
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new) = self.masked();
        write!(f, "{}: ", self.path.join("."))?;
        if let Some(old) = old {
            write!(f, "{old} -> ")?;
        }
        write!(f, "{new}")
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create { .. } => "Create",
            Self::Change { .. } => "Change",
            Self::Delete => "Delete",
        })
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
