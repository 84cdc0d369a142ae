//! Strings are strings and numbers are numbers: formats and limits that a document puts on them are the server's to
//! check. A type that enforced them would refuse an answer from a server that is newer, or laxer, than its document.
//! The facts that a person needs move into the description.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Pass;
use crate::document::edit_schemas;

pub const PASS: Pass = Pass {
    name: "plain-scalars",
    about: "limits and formats of scalars become part of the description",
    run,
};

const LIMITS: [&str; 11] = [
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
];

/// Formats that decide the type of the generated field, and so stay.
const KEPT_FORMATS: [&str; 5] = ["binary", "int32", "int64", "float", "double"];

fn run(document: &mut Value) -> Result<usize> {
    Ok(edit_schemas(document, &mut |schema| {
        let mut notes = Vec::new();
        let mut removed = 0;
        for limit in LIMITS {
            if let Some(value) = schema.shift_remove(limit) {
                removed += 1;
                if limit != "uniqueItems" {
                    notes.push(format!("{limit} {}", plain(&value)));
                }
            }
        }
        let odd_format = schema
            .get("format")
            .and_then(Value::as_str)
            .is_some_and(|format| !KEPT_FORMATS.contains(&format));
        if odd_format && let Some(value) = schema.shift_remove("format") {
            removed += 1;
            notes.push(format!("format {}", plain(&value)));
        }
        describe(schema, &notes);
        removed
    }))
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), |text| format!("`{text}`"))
}

fn describe(schema: &mut Map<String, Value>, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    let notes = format!("({})", notes.join(", "));
    let description = match schema.get("description").and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => format!("{} {notes}", text.trim()),
        _ => notes,
    };
    schema.insert("description".to_owned(), json!(description));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;

    #[test]
    fn limits_and_formats_become_words_and_number_widths_stay() {
        let (document, changed) = after(
            &PASS,
            json!({"components": {"schemas": {"A": {"properties": {
                "id": {"type": "string", "format": "uuid", "maxLength": 36, "description": "Its id."},
                "count": {"type": "integer", "format": "int32"},
                "list": {"type": "array", "uniqueItems": true, "items": {}},
            }}}}}),
        );
        assert_eq!(changed, 3);
        assert_eq!(
            document["components"]["schemas"]["A"]["properties"],
            json!({
                "id": {"type": "string", "description": "Its id. (maxLength 36, format `uuid`)"},
                "count": {"type": "integer", "format": "int32"},
                "list": {"type": "array", "items": {}},
            })
        );
    }
}
