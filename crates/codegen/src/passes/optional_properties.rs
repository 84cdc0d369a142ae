//! No property is required: an answer that leaves one out still decodes, and a request says only what its
//! author chose. That the server wants a property stays in its description.

use anyhow::Result;
use serde_json::{Value, json};

use super::Pass;
use crate::document::edit_schemas;

pub const PASS: Pass = Pass {
    name: "optional-properties",
    about: "no property is required; the description says which the server wants",
    run,
};

fn run(document: &mut Value) -> Result<usize> {
    Ok(edit_schemas(document, &mut |schema| {
        let Some(Value::Array(required)) = schema.shift_remove("required") else {
            return 0;
        };
        for name in required.iter().filter_map(Value::as_str) {
            let property = schema
                .get_mut("properties")
                .and_then(|properties| properties.get_mut(name))
                .and_then(Value::as_object_mut);
            // A description beside `$ref` would be ignored by the document's rules.
            if let Some(property) = property.filter(|property| !property.contains_key("$ref")) {
                let description = property.get("description").and_then(Value::as_str);
                let text = format!("{} Required.", description.unwrap_or_default().trim());
                property.insert("description".to_owned(), json!(text.trim()));
            }
        }
        required.len()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;

    #[test]
    fn required_becomes_a_word() {
        let (document, changed) = after(
            &PASS,
            json!({"components": {"schemas": {"A": {
                "required": ["name", "gone"],
                "properties": {"name": {"type": "string", "description": "Its name."}},
            }}}}),
        );
        assert_eq!(changed, 2);
        assert_eq!(
            document["components"]["schemas"]["A"],
            json!({"properties": {"name": {"type": "string", "description": "Its name. Required."}}})
        );
    }
}
