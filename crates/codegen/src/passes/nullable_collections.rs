//! Optional arrays and maps become nullable, which makes the generated field an `Option`: a list that is
//! absent and a list that is empty are different things to a server (an update must be able to send `[]`).

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Pass;
use crate::document::edit_schemas;

pub const PASS: Pass = Pass {
    name: "nullable-collections",
    about: "optional arrays and maps can be absent, empty or null",
    run,
};

fn run(document: &mut Value) -> Result<usize> {
    Ok(edit_schemas(document, &mut |schema| {
        let Some(Value::Object(properties)) = schema.get_mut("properties") else {
            return 0;
        };
        properties
            .values_mut()
            .filter_map(Value::as_object_mut)
            .filter(|property| is_collection(property) && property.get("nullable").is_none())
            .map(|property| property.insert("nullable".to_owned(), json!(true)))
            .count()
    }))
}

/// An array, a map, or an object of unknown fields. An object with fields of its own is a type.
fn is_collection(property: &Map<String, Value>) -> bool {
    match property.get("type").and_then(Value::as_str) {
        Some("array") => true,
        Some("object") => !property.contains_key("properties"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;

    #[test]
    fn lists_and_maps_are_nullable_and_nothing_else() {
        let (document, changed) = after(
            &PASS,
            json!({"components": {"schemas": {"A": {"properties": {
                "list": {"type": "array", "items": {"type": "array", "items": {}}},
                "map": {"type": "object", "additionalProperties": {"type": "string"}},
                "free": {"type": "object"},
                "name": {"type": "string"},
                "type": {"type": "object", "properties": {"inner": {"type": "string"}}},
            }}}}}),
        );
        assert_eq!(changed, 3);
        let properties = &document["components"]["schemas"]["A"]["properties"];
        for name in ["list", "map", "free"] {
            assert_eq!(properties[name]["nullable"], true, "{name}");
        }
        assert_eq!(properties["list"]["items"].get("nullable"), None);
        assert_eq!(properties["name"].get("nullable"), None);
        assert_eq!(properties["type"].get("nullable"), None);
    }
}
