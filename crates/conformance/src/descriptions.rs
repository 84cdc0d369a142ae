//! Compares answers with the descriptions of their fields.
//!
//! - A field in epoch seconds or epoch milliseconds holds a time of that magnitude, and no other number does.
//! - The secrets of a map that the server masks are `**********`.
//! - A new object has the defaults that are described: "Default: `300`", "`300`, the default", "`300` by default" or
//!   "`300` (default)".
//! - An update changes no field whose words have one of the phrases of `READ_ONLY`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use keycloak_session::OperationInfo;
use serde_json::{Value, json};

use crate::record::Api;
use crate::twice::is_same_state;

/// The text that the server writes in place of a secret.
const MASK: &str = "**********";

/// The endings of the keys of secrets in maps of settings, in lower case.
const SECRETS: [&str; 4] = ["secret", "password", "credential", "privatekey"];

/// The phrases about a field that an update does not change.
const READ_ONLY: [&str; 10] = [
    "server only returns it",
    "update ignores it",
    "update ignores them",
    "update ignores the list",
    "ignores it at a write",
    "ignores them at a write",
    "update does not change it",
    "update takes it from the path",
    "server sets it from the path",
    CONSTANT,
];

/// The phrase about a field of which an update may also refuse another value.
const CONSTANT: &str = "cannot be changed";

/// The first second that counts as a time. It is in 2001, and a later one is no span in seconds.
const FIRST: i64 = 1_000_000_000;

const YEAR: i64 = 365 * 24 * 60 * 60;

/// The documents with their descriptions.
#[derive(Debug, Default)]
pub struct Descriptions {
    documents: BTreeMap<Api, Value>,
    /// The schema of the answer of each operation.
    answers: BTreeMap<(Api, String), Value>,
}

impl Descriptions {
    /// Reads the documents from a folder, where each has the name of its API.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut descriptions = Self::default();
        for api in Api::ALL {
            let path = folder.join(format!("{}.json", api.name()));
            let text = fs::read_to_string(&path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            let document = serde_json::from_str(&text);
            descriptions.add(api, document.with_context(|| path.display().to_string())?);
        }
        Ok(descriptions)
    }

    fn add(&mut self, api: Api, document: Value) {
        let items = document["paths"].as_object().into_iter().flatten();
        let operations = items.flat_map(|(_, item)| item.as_object().into_iter().flatten());
        for (_, operation) in operations {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            let responses = operation["responses"].as_object().into_iter().flatten();
            let schemas =
                responses.map(|(_, response)| &response["content"]["application/json"]["schema"]);
            if let Some(schema) = schemas.into_iter().find(|schema| schema.is_object()) {
                self.answers.insert((api, id.to_owned()), schema.clone());
            }
        }
        self.documents.insert(api, document);
    }

    /// Lists the descriptions that an answer shows to be wrong.
    #[must_use]
    pub fn wrong(&self, info: &OperationInfo, body: &[u8]) -> BTreeSet<String> {
        let api = Api::of(info);
        let schema = self.answers.get(&(api, info.id().to_owned()));
        let body = serde_json::from_slice(body);
        match (schema, body) {
            (Some(schema), Ok(body)) => self.wrong_in(api, schema, &body),
            _ => BTreeSet::new(),
        }
    }

    fn wrong_in(&self, api: Api, schema: &Value, value: &Value) -> BTreeSet<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX));
        let mut check = Check {
            document: &self.documents[&api],
            times: FIRST..=now + 100 * YEAR,
            wrong: BTreeSet::new(),
        };
        check.value("answer", schema, value);
        check.wrong
    }

    /// Lists the fields of a type whose described default is not what a new object has. `sent` is the request that made the object.
    #[must_use]
    pub fn wrong_defaults(&self, of: &str, sent: &Value, read: &Value) -> BTreeSet<String> {
        let document = &self.documents[&Api::Keycloak];
        let properties = &document["components"]["schemas"][of]["properties"];
        let properties = properties.as_object().into_iter().flatten();
        let is_open = |field: &str| sent.get(field).is_none_or(Value::is_null);
        let wrong = properties.filter_map(|(field, property)| {
            let default = default(property, resolved(document, property))?;
            let found = read.get(field).filter(|found| !found.is_null())?;
            (is_open(field) && *found != default)
                .then(|| format!("{of}.{field}: the default is {found} and not {default}"))
        });
        wrong.collect()
    }

    /// Lists the fields of a type that an update does not change, by their descriptions.
    #[must_use]
    pub fn read_only(&self, of: &str) -> Vec<ReadOnly<'_>> {
        let document = &self.documents[&Api::Keycloak];
        let properties = &document["components"]["schemas"][of]["properties"];
        let properties = properties.as_object().into_iter().flatten();
        let read_only = properties.filter_map(|(field, schema)| {
            let words = words(schema);
            let is_read_only = READ_ONLY.iter().any(|phrase| words.contains(phrase));
            is_read_only.then_some(ReadOnly {
                document,
                field,
                schema,
            })
        });
        read_only.collect()
    }

    /// The number of defaults of a type that [`wrong_defaults`](Self::wrong_defaults) can compare.
    #[must_use]
    pub fn defaults(&self, of: &str) -> usize {
        let document = &self.documents[&Api::Keycloak];
        let properties = &document["components"]["schemas"][of]["properties"];
        let properties = properties.as_object().into_iter().flatten();
        properties
            .filter_map(|(_, property)| default(property, resolved(document, property)))
            .count()
    }
}

/// A field that an update does not change, by its description.
#[derive(Clone, Copy, Debug)]
pub struct ReadOnly<'a> {
    document: &'a Value,
    /// The name of the field on the wire.
    pub field: &'a str,
    schema: &'a Value,
}

impl ReadOnly<'_> {
    /// Returns whether the server may refuse an update with another value.
    #[must_use]
    pub fn may_be_refused(&self) -> bool {
        words(self.schema).contains(CONSTANT)
    }

    /// Returns the object with another value in this field.
    #[must_use]
    pub fn changed(&self, object: &Value) -> Value {
        let mut changed = object.clone();
        changed[self.field] = other(self.document, self.schema, &object[self.field]);
        changed
    }

    /// Returns whether both objects have the same value in this field, apart from the order of lists: Keycloak sends sets in any order. `null` is the
    /// same as no value.
    #[must_use]
    pub fn is_equal(&self, one: &Value, other: &Value) -> bool {
        is_same_state(&one[self.field], &other[self.field])
    }
}

/// A value of this schema that differs from the given one.
fn other(document: &Value, schema: &Value, value: &Value) -> Value {
    let kind = resolved(document, schema);
    match (value, kind["type"].as_str()) {
        (Value::Bool(value), _) => json!(!value),
        (Value::Number(number), _) => json!(number.as_i64().unwrap_or_default() + 1),
        (Value::Array(items), _) if !items.is_empty() => json!([]),
        (Value::Object(fields), _) if !fields.is_empty() && kind["properties"].is_null() => {
            let values = &kind["additionalProperties"];
            let fields = fields.iter();
            fields
                .map(|(key, value)| (key.clone(), other(document, values, value)))
                .collect()
        }
        (_, Some("boolean")) => json!(true),
        (_, Some("integer")) => json!(1),
        (_, Some("array")) => json!([other(document, &kind["items"], &Value::Null)]),
        (_, Some("object")) if kind["properties"].is_null() => {
            json!({ "changed": other(document, &kind["additionalProperties"], &Value::Null) })
        }
        (_, Some("object")) => json!({}),
        _ => json!("changed"),
    }
}

/// The schema that a reference leads to; any other schema is itself.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let only = schema["allOf"].get(0).unwrap_or(schema);
    let reference = only["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix('#'));
    reference
        .and_then(|path| document.pointer(path))
        .unwrap_or(schema)
}

fn words(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// The default that the words of a property name, as a value of the property's type.
fn default(property: &Value, kind: &Value) -> Option<Value> {
    let words = words(property);
    let text = if let Some((_, after)) = words.split_once("Default: `") {
        after.split('`').next()?
    } else {
        let before = ["`, the default", "` by default", "` (default)"]
            .into_iter()
            .find_map(|phrase| words.split_once(phrase))?
            .0;
        before.rsplit('`').next()?
    };
    match kind["type"].as_str()? {
        "boolean" => text.parse::<bool>().ok().map(Value::from),
        "integer" => text.parse::<i64>().ok().map(Value::from),
        "string" => Some(json!(text)),
        _ => None,
    }
}

/// A look at one answer.
struct Check<'a> {
    document: &'a Value,
    /// The epoch seconds that a time of a server may have.
    times: RangeInclusive<i64>,
    wrong: BTreeSet<String>,
}

impl Check<'_> {
    fn value(&mut self, name: &str, schema: &Value, value: &Value) {
        let kind = resolved(self.document, schema);
        let reference = schema["$ref"]
            .as_str()
            .or(schema["allOf"][0]["$ref"].as_str());
        let name = reference.map_or(name, |path| path.rsplit('/').next().unwrap_or(name));
        match value {
            Value::Array(items) => {
                for item in items {
                    self.value(name, &kind["items"], item);
                }
            }
            Value::Object(fields) => {
                for (field, value) in fields {
                    match kind["properties"].get(field) {
                        Some(property) => {
                            self.field(&format!("{name}.{field}"), property, value);
                        }
                        None => self.value(name, &kind["additionalProperties"], value),
                    }
                }
            }
            _ => {}
        }
    }

    fn field(&mut self, place: &str, property: &Value, value: &Value) {
        let words = words(property);
        // A number that the words name stands for something else.
        let number = value.as_i64();
        if let Some(number) = number.filter(|number| !words.contains(&number.to_string())) {
            self.number(place, words, number);
        }
        if words.contains(MASK) && !words.contains("export") && shows_secret(value) {
            self.wrong
                .insert(format!("{place}: a secret is not masked"));
        }
        self.value(place, property, value);
    }

    fn number(&mut self, place: &str, words: &str, number: i64) {
        let is_size = words.contains("byte");
        match self.unit(number) {
            Some(unit) if !is_size && !words.contains(unit) => {
                self.wrong.insert(format!("{place}: {number} is in {unit}"));
            }
            None if number > 0 && words.contains("epoch") => {
                let problem = format!("{place}: {number} is no time of the epoch");
                self.wrong.insert(problem);
            }
            _ => {}
        }
    }

    /// The unit in which the number is a time.
    fn unit(&self, number: i64) -> Option<&'static str> {
        if self.times.contains(&number) {
            Some("epoch seconds")
        } else if self.times.contains(&(number / 1000)) {
            Some("epoch milliseconds")
        } else {
            None
        }
    }
}

/// Returns whether a map of settings has a secret in plain text. A reference to a vault is not a secret.
fn shows_secret(value: &Value) -> bool {
    let is_hidden = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        text.is_empty() || text == MASK || text.starts_with("${vault.")
    };
    let settings = value.as_object().into_iter().flatten();
    let mut secrets = settings.filter(|(key, _)| {
        let key = key.to_lowercase();
        SECRETS.iter().any(|end| key.ends_with(end))
    });
    secrets.any(|(_, value)| match value {
        Value::Array(values) => !values.iter().all(is_hidden),
        value => !is_hidden(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_760_000_000;

    /// Returns the problems of an answer that has one field with this description.
    fn wrong(words: &str, value: &Value) -> Vec<String> {
        let mut descriptions = Descriptions::default();
        let property = json!({"type": "integer", "description": words});
        descriptions.add(
            Api::Keycloak,
            json!({"paths": {}, "components": {"schemas": {
                "Thing": {"properties": {"field": property}},
            }}}),
        );
        let list = json!({"type": "array", "items": {"$ref": "#/components/schemas/Thing"}});
        let answer = json!([{ "field": value }]);
        let wrong = descriptions.wrong_in(Api::Keycloak, &list, &answer);
        wrong.into_iter().collect()
    }

    #[test]
    fn a_wrong_unit_is_seen() {
        let (seconds, milliseconds) = (json!(NOW), json!(NOW * 1000));
        let none: [&str; 0] = [];
        assert_eq!(wrong("When, in epoch seconds.", &seconds), none);
        assert_eq!(wrong("When, in epoch milliseconds.", &milliseconds), none);
        assert_eq!(
            wrong("When, in epoch milliseconds.", &seconds),
            ["Thing.field: 1760000000 is in epoch seconds"]
        );
        assert_eq!(
            wrong("When, in epoch seconds.", &milliseconds),
            ["Thing.field: 1760000000000 is in epoch milliseconds"]
        );
        // A span is no time, and a time no span.
        assert_eq!(
            wrong("Span in seconds.", &seconds),
            ["Thing.field: 1760000000 is in epoch seconds"]
        );
        assert_eq!(
            wrong("When, in epoch seconds.", &json!(300)),
            ["Thing.field: 300 is no time of the epoch"]
        );
        assert_eq!(wrong("When, in epoch seconds, or `0`.", &json!(0)), none);
        let named = "When, in epoch seconds. `9223372036854775807` means never.";
        assert_eq!(wrong(named, &json!(i64::MAX)), none);
        assert_eq!(wrong("Memory in bytes.", &json!(NOW)), none);
    }

    #[test]
    fn a_secret_that_is_not_masked_is_seen() {
        let words = "Settings. Secrets are `**********`.";
        let shown = ["Thing.field: a secret is not masked"];
        assert_eq!(wrong(words, &json!({"clientSecret": "s3cret"})), shown);
        assert_eq!(
            wrong(words, &json!({"bindCredential": [MASK, "s3cret"]})),
            shown
        );
        let hidden = json!({"password": MASK, "clientSecret": "${vault.key}", "host": "mail"});
        assert_eq!(wrong(words, &hidden), [""; 0]);
        assert_eq!(
            wrong("Settings.", &json!({"clientSecret": "s3cret"})),
            [""; 0]
        );
    }

    #[test]
    fn a_field_that_an_update_must_not_change_gets_another_value() {
        let mut descriptions = Descriptions::default();
        let property = |kind, words| json!({"type": kind, "description": words});
        let access = json!({
            "type": "object",
            "additionalProperties": {"type": "boolean"},
            "description": "Rights. The server only returns it.",
        });
        let groups = json!({
            "type": "array",
            "items": {"$ref": "#/components/schemas/Thing"},
            "description": "Groups. An update ignores them.",
        });
        descriptions.add(
            Api::Keycloak,
            json!({"paths": {}, "components": {"schemas": {
                "Thing": {"type": "object", "properties": {
                    "access": access,
                    "alias": property("string", "Name. It cannot be changed."),
                    "count": property("integer", "Number. The server ignores it at a write."),
                    "groups": groups,
                    "name": property("string", "Name. An update ignores unknown ones."),
                }},
            }}}),
        );
        let before = json!({"access": {"view": true}, "alias": "a", "count": 1, "name": "n"});
        let all = descriptions.read_only("Thing");
        let changed = all.iter().map(|it| it.changed(&before)[it.field].clone());
        let changed: Vec<Value> = changed.collect();
        assert_eq!(
            changed,
            [
                json!({"view": false}),
                json!("changed"),
                json!(2),
                json!([{}])
            ]
        );
        let refused = all.iter().filter(|it| it.may_be_refused());
        assert_eq!(refused.map(|it| it.field).collect::<Vec<_>>(), ["alias"]);
        assert!(all.iter().all(|it| it.is_equal(&before, &before)));
        assert!(
            !all.iter()
                .any(|it| it.is_equal(&before, &it.changed(&before)))
        );
    }

    #[test]
    fn a_wrong_default_is_seen() {
        let mut descriptions = Descriptions::default();
        let property = |kind, words| json!({"type": kind, "description": words});
        descriptions.add(Api::Keycloak, json!({"paths": {}, "components": {"schemas": {
            "Strategy": {"type": "string"},
            "Thing": {"properties": {
                "lifespan": property("integer", "Seconds. Default: `300`."),
                "enabled": property("boolean", "`false`, the default, turns it off."),
                "strategy": {"$ref": "#/components/schemas/Strategy", "description": "`ONE` by default."},
                "other": property("integer", "Default: `lifespan`."),
            }},
        }}}));
        assert_eq!(descriptions.defaults("Thing"), 3);
        let wrong = |sent: Value, read: Value| {
            let wrong = descriptions.wrong_defaults("Thing", &sent, &read);
            wrong.into_iter().collect::<Vec<_>>()
        };
        let right = json!({"lifespan": 300, "enabled": false, "strategy": "ONE", "other": 7});
        assert_eq!(wrong(json!({}), right), [""; 0]);
        let read = json!({"lifespan": 60, "enabled": true, "strategy": "TWO"});
        assert_eq!(
            wrong(json!({"enabled": true}), read),
            [
                "Thing.lifespan: the default is 60 and not 300",
                "Thing.strategy: the default is \"TWO\" and not \"ONE\"",
            ]
        );
    }
}
