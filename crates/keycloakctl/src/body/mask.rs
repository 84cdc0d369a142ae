//! Masking the secrets of a body that is shown.

use serde_json::Value;

use crate::api::{Kind, Types};

/// The text that stands for a secret.
const MASK: &str = "**********";

/// Parts of the names of secrets in maps, whose keys no type lists. They have no dots, dashes and underscores.
const SECRET_WORDS: [&str; 6] = [
    "apikey",
    "secret",
    "password",
    "credential",
    "token",
    "privatekey",
];

/// Returns a value of this kind with its secrets masked.
pub(crate) fn masked(types: &Types, kind: &'static str, value: &Value) -> Value {
    match (types.kind(kind), value) {
        (Kind::List(item), Value::Array(items)) => items
            .iter()
            .map(|value| masked(types, item, value))
            .collect(),
        (Kind::Map(inner), Value::Object(fields)) => {
            let fields = fields.iter().map(|(name, value)| {
                let value = if is_secret_name(name) {
                    mask(value)
                } else {
                    masked(types, inner, value)
                };
                (name.clone(), value)
            });
            Value::Object(fields.collect())
        }
        (Kind::Object(of), Value::Object(fields)) => {
            let fields = fields.iter().map(|(name, value)| {
                let field = of.field(name);
                let is_secret = field.is_some_and(|field| field.secret);
                let value = match of.kind_of(name) {
                    _ if is_secret => mask(value),
                    Some(kind) => masked(types, kind, value),
                    None => masked_by_name(name, value),
                };
                (name.clone(), value)
            });
            Value::Object(fields.collect())
        }
        _ => masked_by_name("", value),
    }
}

/// Returns whether a name says that its value is secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    // Attributes write the words apart, such as `saml.signing.private.key`.
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name = letters.collect::<String>().to_lowercase();
    // `tokenUrl` is the address of an endpoint.
    !name.ends_with("url") && SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Masks the values of objects whose names say that they are secret.
fn masked_by_name(name: &str, value: &Value) -> Value {
    if is_secret_name(name) {
        return mask(value);
    }
    match value {
        Value::Array(items) => items.iter().map(|item| masked_by_name("", item)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.clone(), masked_by_name(name, value)));
            Value::Object(fields.collect())
        }
        value => value.clone(),
    }
}

/// Masks every text in a value. Booleans and numbers such as `"rememberCredentials": true` are no secrets.
fn mask(value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => value.clone(),
        Value::String(_) | Value::Number(_) => MASK.into(),
        Value::Array(items) => items.iter().map(mask).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name.clone(), mask(value)))
                    .collect(),
            )
        }
        Value::Null | Value::Bool(_) => value.clone(),
    }
}
