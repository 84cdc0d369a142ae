//! Proves that each overlay action is needed, by the fault that appears without it. The first fault is given.
//!
//! 1. The pipeline refuses what is left: another action, a name or the generator needs it.
//! 2. An answer that a real server gave (`specs/API/answers.json`) no longer fits the document: its status is not named, a field
//!    is not modelled, a value is of another kind.
//! 3. The conformance suite no longer compiles: it names an operation, a parameter, a type, a field or a body that is gone. This
//!    goes by names in its source.
//! 4. The conformance suite fails: it sends an operation twice that is no longer marked `x-idempotent`. This goes by the files that
//!    name the operation and `call_twice`.
//!
//! The other actions are listed by name in the snapshot `overlay_proof`: prose, and marks such as `x-secret`, which change the
//! generated code and not the messages. The snapshots and `generate --check` hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use serde_json::Value;
use workspace::root;

use crate::document::{self, operations};

/// The answers that were recorded on real servers, and the reports of the suite.
pub struct Proof {
    /// By operation and status.
    answers: BTreeMap<String, BTreeMap<String, Value>>,
    /// The files of the conformance suite.
    sources: Vec<String>,
}

impl Proof {
    /// Reads the answers of an API.
    pub fn read(api: &str) -> Self {
        let path = root().join("specs").join(api).join("answers.json");
        // An API that no server is called of has none.
        let text = fs::read_to_string(path).unwrap_or_else(|_| "{}".to_owned());
        let mut sources = Vec::new();
        collect_sources(&root().join("crates/conformance/src"), &mut sources);
        Self {
            answers: serde_json::from_str(&text).unwrap(),
            sources,
        }
    }

    /// The first recorded answer that does not fit the document.
    pub fn misfit(&self, document: &Value) -> Option<String> {
        let by_id: BTreeMap<&str, &Value> = operations(document)
            .filter_map(|operation| {
                Some((operation.value["operationId"].as_str()?, operation.value))
            })
            .collect();
        self.answers.iter().find_map(|(id, answers)| {
            let Some(operation) = by_id.get(id.as_str()) else {
                return Some(format!("{id} is gone"));
            };
            answers.iter().find_map(|(status, example)| {
                answer_misfit(document, operation, status, example)
                    .map(|problem| format!("{id} {status}: {problem}"))
            })
        })
    }

    /// The first name that the suite uses and that only `complete` has.
    pub fn missed_name(&self, complete: &Value, without: &Value) -> Option<String> {
        let left = Names::of(without);
        let all = Names::of(complete);
        let says = |word: &str| self.sources.iter().any(|file| has_word(file, word));
        let gone = |all: &BTreeSet<String>, left: &BTreeSet<String>| -> Vec<String> {
            all.difference(left).cloned().collect()
        };
        let words = [
            gone(&all.operations, &left.operations),
            gone(&all.types, &left.types),
        ];
        if let Some(word) = words.concat().into_iter().find(|word| says(word)) {
            return Some(word);
        }
        let fields = gone(&all.fields, &left.fields);
        let is_used = |field: &String| {
            let used = |file: &String| has_field(file, field);
            self.sources.iter().any(used)
        };
        if let Some(field) = fields.into_iter().find(is_used) {
            return Some(format!("the field {field}"));
        }
        let is_sent_twice = |id: &&String| {
            let sends = |file: &String| has_word(file, id) && has_word(file, "call_twice");
            self.sources.iter().any(sends)
        };
        if let Some(id) = all.marked.difference(&left.marked).find(is_sent_twice) {
            return Some(format!("{id} is sent twice"));
        }
        for (operation, part) in all.parts.difference(&left.parts) {
            let used = |file: &String| {
                let setter = part.strip_prefix('.').map(|name| format!(".{name}("));
                has_word(file, operation) && setter.is_none_or(|setter| file.contains(&setter))
            };
            if self.sources.iter().any(used) {
                return Some(format!("{operation}{part}"));
            }
        }
        None
    }
}

fn collect_sources(folder: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_sources(&path, sources);
        } else {
            sources.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// The names of a document that Rust code can use.
#[derive(Default)]
struct Names {
    operations: BTreeSet<String>,
    /// Operations with the mark `x-idempotent`.
    marked: BTreeSet<String>,
    types: BTreeSet<String>,
    /// Of any type: a name that another type has is no proof.
    fields: BTreeSet<String>,
    /// Operation and `.parameter`, or operation and its body.
    parts: BTreeSet<(String, String)>,
}

impl Names {
    fn of(document: &Value) -> Self {
        let mut names = Self::default();
        for operation in operations(document) {
            let id = operation.value["operationId"].as_str().unwrap_or_default();
            names.operations.insert(id.to_owned());
            if operation.value["x-idempotent"] == true {
                names.marked.insert(id.to_owned());
            }
            let parameters = operation.value["parameters"].as_array();
            for parameter in parameters.into_iter().flatten() {
                let part = format!(".{}", document::rust_name(parameter));
                names.parts.insert((id.to_owned(), part));
            }
            if let Some(body) = operation.value.pointer("/requestBody/content") {
                let mut schema = body.clone();
                without_prose(&mut schema);
                names
                    .parts
                    .insert((id.to_owned(), format!(" with the body {schema}")));
            }
        }
        let schemas = document
            .pointer("/components/schemas")
            .and_then(Value::as_object);
        for (name, schema) in schemas.into_iter().flatten() {
            names.types.insert(name.to_upper_camel_case());
            let properties = schema["properties"].as_object();
            for property in properties.into_iter().flatten() {
                names.fields.insert(property.0.to_snake_case());
            }
        }
        names
    }
}

fn without_prose(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.shift_remove("description");
            map.values_mut().for_each(without_prose);
        }
        Value::Array(items) => items.iter_mut().for_each(without_prose),
        _ => {}
    }
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(is_word_char) && !text[at + word.len()..].starts_with(is_word_char)
    })
}

/// `.field` that is no call, or the call `.with_field(`.
fn has_field(text: &str, field: &str) -> bool {
    let setter = format!(".with_{}(", field.trim_end_matches('_'));
    let is_read = |(at, _): (usize, &str)| {
        let (before, after) = (&text[..at], &text[at + field.len()..]);
        before.ends_with('.') && !after.starts_with('(') && !after.starts_with(is_word_char)
    };
    text.contains(&setter) || text.match_indices(field).any(is_read)
}

fn answer_misfit(
    document: &Value,
    operation: &Value,
    status: &str,
    example: &Value,
) -> Option<String> {
    let statuses = operation["x-statuses"].as_array()?;
    let is_success = |status: &&Value| status.as_str().is_some_and(|s| s.starts_with('2'));
    let mut named = statuses.iter().filter(is_success).peekable();
    if named.peek().is_some() && !named.any(|named| named == status) {
        return Some("the status is not named".to_owned());
    }
    if example.is_null() {
        return None;
    }
    let responses = operation["responses"].as_object()?;
    let content = responses.values().next()?.get("content");
    let Some((media_type, media)) = content
        .and_then(Value::as_object)
        .and_then(|content| content.iter().next())
    else {
        return Some("a body where none is named".to_owned());
    };
    if !media_type.starts_with("application/json") {
        return None;
    }
    misfit(document, &media["schema"], example, "$")
}

/// The places at which a value differs from its schema.
fn misfit(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    if value.is_null() {
        return None;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        return target.map_or_else(
            || Some(format!("{at}: {reference} is gone")),
            |target| misfit(document, target, value, at),
        );
    }
    if let Some(part) = schema["allOf"].as_array().and_then(|parts| parts.first()) {
        return misfit(document, part, value, at);
    }
    if let (Some(known), Some(text)) = (schema["enum"].as_array(), value.as_str()) {
        let mut values = text.split('|').filter(|value| !value.is_empty());
        let other = values.find(|value| !known.iter().any(|known| known == value))?;
        return Some(format!("{at}: {other} is not listed"));
    }
    let properties = schema["properties"].as_object();
    let fits = match (schema["type"].as_str(), value) {
        (Some("object") | None, Value::Object(fields)) => {
            let rest = schema
                .get("additionalProperties")
                .filter(|rest| rest.is_object());
            let is_open = properties.is_none() || schema["additionalProperties"] == true;
            return fields.iter().find_map(|(name, value)| {
                let at = format!("{at}.{name}");
                match properties
                    .and_then(|properties| properties.get(name))
                    .or(rest)
                {
                    Some(schema) => misfit(document, schema, value, &at),
                    None if is_open => None,
                    None => Some(format!("{at} is not modelled")),
                }
            });
        }
        (Some("array"), Value::Array(items)) => {
            let items = items.first();
            return items
                .and_then(|item| misfit(document, &schema["items"], item, &format!("{at}[*]")));
        }
        (Some("string"), Value::String(_))
        | (Some("boolean"), Value::Bool(_))
        | (Some("number"), Value::Number(_)) => true,
        (Some("integer"), Value::Number(number)) => !number.is_f64(),
        (kind, _) => kind.is_none() && properties.is_none(),
    };
    (!fits).then(|| format!("{at} is of another kind"))
}

#[cfg(test)]
mod tests {
    use super::{has_field, has_word, misfit};
    use serde_json::json;

    #[test]
    fn a_value_that_the_schema_does_not_say_is_named() {
        let document = json!({"components": {"schemas": {
            "Kind": {"type": "string", "enum": ["A", "B"]},
            "Thing": {"type": "object", "properties": {
                "id": {"type": "string"}, "kind": {"$ref": "#/components/schemas/Kind"},
                "list": {"type": "array", "items": {"type": "integer"}},
            }},
        }}});
        let thing = json!({"$ref": "#/components/schemas/Thing"});
        let judge = |value| misfit(&document, &thing, &value, "$").unwrap_or_default();
        assert_eq!(judge(json!({"id": "", "kind": "A|B", "list": [0]})), "");
        assert_eq!(judge(json!({"id": null, "kind": "", "list": []})), "");
        assert_eq!(judge(json!({"x": 0})), "$.x is not modelled");
        assert_eq!(judge(json!({"id": 0})), "$.id is of another kind");
        assert_eq!(judge(json!({"kind": "A|C"})), "$.kind: C is not listed");
        assert_eq!(judge(json!({"list": [""]})), "$.list[*] is of another kind");
        assert_eq!(judge(json!([])), "$ is of another kind");
    }

    #[test]
    fn names_are_whole_words_and_fields_are_no_calls() {
        assert!(has_word("ctx.keycloak.get_user()", "get_user"));
        assert!(!has_word("get_user_name", "get_user"));
        assert!(has_field("found.type_ == x", "type_"));
        assert!(has_field("User::new().with_name(x)", "name"));
        assert!(has_field("User::new().with_type(x)", "type_"));
        assert!(!has_field("call.name(x)", "name"));
        assert!(!has_field("other.rename == x", "name"));
    }
}
