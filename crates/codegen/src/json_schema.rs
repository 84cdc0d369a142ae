//! The JSON Schema of a representation, for tools that check or complete files such as a realm's export.
//!
//! A schema refuses values of another type, also those that the server converts, such as `true` for a string. It accepts null for every property,
//! properties that the document does not name, and enum values that the document does not list.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

/// The dialect of the schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords that say something to a reader and check nothing. They mean the same in OpenAPI 3.0.
const ANNOTATIONS: [&str; 4] = ["description", "deprecated", "readOnly", "writeOnly"];

/// Keywords that make a schema of other schemas.
const COMBINATIONS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Returns the JSON Schema of one schema of a normalised document. `$defs` holds it and every schema that it refers to.
pub fn json_schema(document: &Value, name: &str) -> Result<Value> {
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .context("the document has no schemas")?;
    if !schemas.contains_key(name) {
        bail!(
            "the document has no schema `{name}`{}",
            similar(schemas, name)
        );
    }
    let mut definitions = BTreeMap::new();
    let mut waiting = vec![name.to_owned()];
    while let Some(name) = waiting.pop() {
        if definitions.contains_key(&name) {
            continue;
        }
        let schema = schemas
            .get(&name)
            .with_context(|| format!("a reference to `{name}` leads nowhere"))?;
        definitions.insert(name, Value::Object(converted(schema, &mut waiting)));
    }
    Ok(json!({
        "$schema": DIALECT,
        "title": name,
        "$ref": format!("#/$defs/{name}"),
        "$defs": definitions,
    }))
}

/// The schemas whose names contain what was asked for, as the end of a message.
fn similar(schemas: &Map<String, Value>, name: &str) -> String {
    let part = name.to_lowercase();
    let names: Vec<&str> = schemas
        .keys()
        .filter(|name| name.to_lowercase().contains(&part))
        .map(String::as_str)
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("; it has {}", names.join(", "))
    }
}

/// Converts a schema of OpenAPI 3.0. The names of the schemas that it refers to are added to `references`.
fn converted(schema: &Value, references: &mut Vec<String>) -> Map<String, Value> {
    let mut out = Map::new();
    for key in ANNOTATIONS {
        if let Some(value) = schema.get(key) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        references.push(name.to_owned());
        out.insert("$ref".to_owned(), json!(format!("#/$defs/{name}")));
    } else if let Some(values) = schema.get("enum") {
        // Editors offer the values that are listed; a newer server may send others.
        out.insert(
            "anyOf".to_owned(),
            json!([{"enum": values}, {"type": "string"}]),
        );
    } else {
        insert_rules(&mut out, schema, references);
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        allow_null(&mut out);
    }
    out
}

/// Inserts the type and the schemas of what is inside.
fn insert_rules(out: &mut Map<String, Value>, schema: &Value, references: &mut Vec<String>) {
    if let Some(kind) = schema.get("type") {
        out.insert("type".to_owned(), kind.clone());
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let properties: Map<_, _> = properties
            .iter()
            .map(|(name, property)| {
                let mut property = converted(property, references);
                allow_null(&mut property);
                (name.clone(), Value::Object(property))
            })
            .collect();
        out.insert("properties".to_owned(), Value::Object(properties));
    }
    if let Some(items) = schema.get("items") {
        let items = converted(items, references);
        out.insert("items".to_owned(), Value::Object(items));
    }
    // `additionalProperties: false` is left out: a newer server may send more.
    if let Some(values) = schema
        .get("additionalProperties")
        .filter(|values| values.is_object())
    {
        let mut values = converted(values, references);
        allow_null(&mut values);
        out.insert("additionalProperties".to_owned(), Value::Object(values));
    }
    for key in COMBINATIONS {
        if let Some(parts) = schema.get(key).and_then(Value::as_array) {
            let parts = parts.iter().map(|part| converted(part, references));
            out.insert(key.to_owned(), parts.collect());
        }
    }
}

/// Lets a schema accept null.
fn allow_null(schema: &mut Map<String, Value>) {
    let null = json!({"type": "null"});
    let is_combined = |key: &String| key == "$ref" || COMBINATIONS.contains(&key.as_str());
    if !schema.keys().any(is_combined) {
        if let Some(kind) = schema.get_mut("type").filter(|kind| kind.is_string()) {
            *kind = json!([kind, "null"]);
        }
        return;
    }
    let (annotations, rules): (Map<_, _>, Map<_, _>) = std::mem::take(schema)
        .into_iter()
        .partition(|(key, _)| ANNOTATIONS.contains(&key.as_str()));
    *schema = annotations;
    let choices = match rules.get("anyOf").and_then(Value::as_array) {
        Some(choices) if rules.len() == 1 => {
            let mut choices = choices.clone();
            if !choices.contains(&null) {
                choices.push(null);
            }
            choices
        }
        _ => vec![Value::Object(rules), null],
    };
    schema.insert("anyOf".to_owned(), Value::Array(choices));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use crate::pipeline::Input;
    use crate::sources::Specs;
    use workspace::root;

    /// The definition of a schema `A`.
    fn definition(schema: &Value) -> Value {
        let document = json!({"components": {"schemas": {"A": schema, "B": {"type": "object"}}}});
        json_schema(&document, "A").unwrap()["$defs"]["A"].clone()
    }

    /// The schema of a property.
    fn property(schema: &Value) -> Value {
        definition(&json!({"type": "object", "properties": {"p": schema}}))["properties"]["p"]
            .clone()
    }

    #[test]
    fn a_schema_holds_what_it_refers_to_and_nothing_else() {
        let document = json!({"components": {"schemas": {
            "Tree": {"type": "object", "properties": {
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                "owner": {"$ref": "#/components/schemas/Owner"},
            }},
            "Owner": {"type": "object", "properties": {"name": {"type": "string"}}},
            "Other": {"type": "object"},
        }}});
        assert_eq!(
            json_schema(&document, "Tree").unwrap(),
            json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "title": "Tree",
                "$ref": "#/$defs/Tree",
                "$defs": {
                    "Owner": {"type": "object", "properties": {"name": {"type": ["string", "null"]}}},
                    "Tree": {"type": "object", "properties": {
                        "children": {"type": ["array", "null"], "items": {"$ref": "#/$defs/Tree"}},
                        "owner": {"anyOf": [{"$ref": "#/$defs/Owner"}, {"type": "null"}]},
                    }},
                },
            })
        );
    }

    #[test]
    fn every_property_allows_null_once() {
        for (schema, expected) in [
            (
                json!({"type": "integer", "format": "int32"}),
                json!({"type": ["integer", "null"]}),
            ),
            (
                json!({"type": "array", "items": {"type": "string"}, "nullable": true}),
                json!({"type": ["array", "null"], "items": {"type": "string"}}),
            ),
            (
                json!({"description": "Anything."}),
                json!({"description": "Anything."}),
            ),
            (
                json!({"description": "B.", "nullable": true, "allOf": [{"$ref": "#/components/schemas/B"}]}),
                json!({"description": "B.", "anyOf": [{"allOf": [{"$ref": "#/$defs/B"}]}, {"type": "null"}]}),
            ),
            (
                json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}),
                json!({"anyOf": [{"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "null"}]}),
            ),
        ] {
            assert_eq!(property(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn an_enum_lists_its_values_and_takes_others() {
        let colours = json!({"type": "string", "enum": ["RED", "GREEN"]});
        let known = json!({"enum": ["RED", "GREEN"]});
        assert_eq!(
            definition(&colours),
            json!({"anyOf": [known, {"type": "string"}]})
        );
        assert_eq!(
            property(&colours),
            json!({"anyOf": [known, {"type": "string"}, {"type": "null"}]})
        );
    }

    #[test]
    fn properties_that_are_not_named_are_allowed() {
        let schema = |more: Value| json!({"type": "object", "additionalProperties": more});
        for open in [json!(false), json!(true)] {
            assert_eq!(definition(&schema(open)), json!({"type": "object"}));
        }
        assert_eq!(
            definition(&schema(json!({"type": "string"}))),
            json!({"type": "object", "additionalProperties": {"type": ["string", "null"]}})
        );
    }

    #[test]
    fn a_name_that_is_not_there_is_named_with_those_that_are_like_it() {
        let document = json!({"components": {"schemas": {"RealmRepresentation": {}, "User": {}}}});
        let error = json_schema(&document, "realm").unwrap_err().to_string();
        assert_eq!(
            error,
            "the document has no schema `realm`; it has RealmRepresentation"
        );
    }

    #[test]
    fn every_schema_of_our_documents_converts() {
        let specs = Specs::read(&root().join("specs")).unwrap();
        for api in ["keycloak", "phasetwo", "folio-users", "idshield"] {
            let input = Input::read(&specs.api(api).unwrap()).unwrap();
            let document = input.normalise().unwrap().document;
            for (name, _) in document::schemas(&document) {
                let schema = json_schema(&document, name).unwrap();
                assert!(schema["$defs"][name].is_object(), "{api} {name}");
            }
        }
    }
}
