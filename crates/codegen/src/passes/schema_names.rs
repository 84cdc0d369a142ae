//! Schemas get the name that the overlay gives them with `x-name`: scanners number types that share a simple
//! name (`ResourceType1`), and the number moves when another type appears.

use anyhow::{Result, ensure};
use serde_json::{Map, Value};

use super::Pass;

pub const PASS: Pass = Pass {
    name: "schema-names",
    about: "schemas take the name given by x-name",
    run,
};

fn run(document: &mut Value) -> Result<usize> {
    let Some(schemas) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    else {
        return Ok(0);
    };
    let mut renames = Vec::new();
    let mut kept = Map::new();
    for (name, mut schema) in std::mem::take(schemas) {
        let new_name = match schema
            .as_object_mut()
            .and_then(|s| s.shift_remove("x-name"))
        {
            Some(Value::String(new_name)) => {
                renames.push((reference(&name), reference(&new_name)));
                new_name
            }
            _ => name,
        };
        ensure!(
            kept.insert(new_name.clone(), schema).is_none(),
            "two schemas would be called {new_name}"
        );
    }
    *schemas = kept;
    rename_references(document, &renames);
    Ok(renames.len())
}

fn reference(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

fn rename_references(value: &mut Value, renames: &[(String, String)]) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "$ref" => {
                        if let Some(new) = renamed(text, renames) {
                            *text = new;
                        }
                    }
                    _ => rename_references(value, renames),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                rename_references(item, renames);
            }
        }
        _ => {}
    }
}

/// Returns what a reference to a renamed schema, or to a part of it, is now.
fn renamed(reference: &str, renames: &[(String, String)]) -> Option<String> {
    renames.iter().find_map(|(old, new)| {
        let rest = reference.strip_prefix(old.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{new}{rest}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;
    use serde_json::json;

    #[test]
    fn the_schema_and_every_reference_to_it_are_renamed() {
        let (document, changed) = after(
            &PASS,
            json!({"components": {"schemas": {
                "Type1": {"x-name": "Kind", "type": "string"},
                "Thing": {"properties": {
                    "kind": {"$ref": "#/components/schemas/Type1"},
                    "part": {"$ref": "#/components/schemas/Type1/properties/a"},
                    "other": {"$ref": "#/components/schemas/Type11"},
                }},
            }}}),
        );
        assert_eq!(changed, 1);
        assert_eq!(
            document,
            json!({"components": {"schemas": {
                "Kind": {"type": "string"},
                "Thing": {"properties": {
                    "kind": {"$ref": "#/components/schemas/Kind"},
                    "part": {"$ref": "#/components/schemas/Kind/properties/a"},
                    "other": {"$ref": "#/components/schemas/Type11"},
                }},
            }}})
        );
    }

    #[test]
    fn a_name_that_is_taken_is_an_error() {
        let mut document = json!({"components": {"schemas": {"A": {}, "B": {"x-name": "A"}}}});
        let error = run(&mut document).unwrap_err();
        assert!(error.to_string().contains("called A"), "{error}");
    }
}
