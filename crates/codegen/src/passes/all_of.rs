//! A schema that is made of several objects (`allOf`) becomes one object with the properties of all. The generator makes the
//! same struct of it, but the other passes then see the properties: one that holds a secret is kept out of `Debug`.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::Pass;

pub const PASS: Pass = Pass {
    name: "all-of",
    about: "schemas that are made of several objects become one object",
    run,
};

fn run(document: &mut Value) -> Result<usize> {
    let Some(schemas) = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
    else {
        return Ok(0);
    };
    let mut merged = Vec::new();
    for (name, schema) in schemas {
        let Some(parts) = schema.get("allOf").and_then(Value::as_array) else {
            continue;
        };
        // One part alone is a reference with something said beside it.
        if parts.len() < 2 {
            continue;
        }
        let mut properties = Map::new();
        let mut required = Vec::new();
        let context = || format!("schema {name} is made of other things than objects");
        collect(document, schema, &mut properties, &mut required).with_context(context)?;
        let mut whole = Map::from_iter([("type".to_owned(), json!("object"))]);
        let beside = schema.as_object().into_iter().flatten();
        whole.extend(
            beside
                .filter(|(key, _)| !["allOf", "properties", "required"].contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        whole.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            whole.insert("required".to_owned(), Value::Array(required));
        }
        merged.push((name.clone(), Value::Object(whole)));
    }
    let changed = merged.len();
    for (name, schema) in merged {
        document["components"]["schemas"][name] = schema;
    }
    Ok(changed)
}

/// Adds the properties of a schema and of all that it is made of.
fn collect(
    document: &Value,
    schema: &Value,
    properties: &mut Map<String, Value>,
    required: &mut Vec<Value>,
) -> Result<()> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = document
            .pointer(reference.trim_start_matches('#'))
            .with_context(|| format!("{reference} is not there"))?;
        return collect(document, target, properties, required);
    }
    let own = schema.get("properties").and_then(Value::as_object);
    let parts = schema.get("allOf").and_then(Value::as_array);
    if own.is_none() && parts.is_none() {
        anyhow::bail!("a part without properties");
    }
    for part in parts.into_iter().flatten() {
        collect(document, part, properties, required)?;
    }
    for (name, property) in own.into_iter().flatten() {
        properties.insert(name.clone(), property.clone());
    }
    let names = schema.get("required").and_then(Value::as_array);
    required.extend(names.into_iter().flatten().cloned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;

    #[test]
    fn the_properties_of_all_parts_stand_in_one_object() {
        let (document, changed) = after(
            &PASS,
            json!({"components": {"schemas": {
                "A": {"type": "object", "properties": {"a": {"type": "string"}}},
                "B": {
                    "description": "Both.",
                    "allOf": [
                        {"$ref": "#/components/schemas/A"},
                        {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer"}}},
                    ],
                },
                "One": {"allOf": [{"$ref": "#/components/schemas/A"}]},
            }}}),
        );
        assert_eq!(changed, 1);
        assert_eq!(
            document["components"]["schemas"]["B"],
            json!({
                "type": "object",
                "description": "Both.",
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
                "required": ["b"],
            })
        );
        assert!(document["components"]["schemas"]["One"]["allOf"].is_array());
    }

    #[test]
    fn a_part_that_is_no_object_is_an_error() {
        let mut document = json!({"components": {"schemas": {
            "B": {"allOf": [{"type": "string"}, {"type": "object", "properties": {}}]},
        }}});
        let error = run(&mut document).unwrap_err();
        assert!(error.to_string().contains("schema B"), "{error}");
    }
}
