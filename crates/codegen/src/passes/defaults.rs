//! Defaults are the server's business: a client that filled them in would send values that nobody chose. They
//! move into the description.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Pass;
use crate::document::{edit_operations, edit_schemas};

pub const PASS: Pass = Pass {
    name: "defaults",
    about: "defaults become part of the description",
    run,
};

fn run(document: &mut Value) -> Result<usize> {
    // A parameter's description stands beside its schema, where people read it.
    let parameters = edit_operations(document, |_, _, operation| {
        let Some(Value::Array(parameters)) = operation.get_mut("parameters") else {
            return 0;
        };
        parameters
            .iter_mut()
            .filter_map(|parameter| {
                let parameter = parameter.as_object_mut()?;
                let schema = parameter.get_mut("schema")?.as_object_mut()?;
                let default = schema.shift_remove("default")?;
                describe(parameter, &default);
                Some(())
            })
            .count()
    });
    let schemas = edit_schemas(
        document,
        &mut |schema| match schema.shift_remove("default") {
            Some(default) => {
                describe(schema, &default);
                1
            }
            None => 0,
        },
    );
    Ok(parameters + schemas)
}

fn describe(target: &mut Map<String, Value>, default: &Value) {
    let default = match default {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let note = if default.is_empty() {
        "The server's default is an empty text.".to_owned()
    } else {
        format!("The server's default is `{default}`.")
    };
    let description = match target.get("description").and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => {
            let text = text.trim();
            let stop = if text.ends_with(['.', '!', '?']) {
                ""
            } else {
                "."
            };
            format!("{text}{stop} {note}")
        }
        _ => note,
    };
    target.insert("description".to_owned(), json!(description));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;

    #[test]
    fn a_parameters_default_is_told_and_not_typed() {
        let (document, changed) = after(
            &PASS,
            json!({"paths": {"/a": {"get": {"parameters": [
                {"name": "max", "description": "How many", "schema": {"type": "integer", "default": "100"}},
            ]}}}}),
        );
        assert_eq!(changed, 1);
        assert_eq!(
            document["paths"]["/a"]["get"]["parameters"][0],
            json!({"name": "max", "schema": {"type": "integer"},
                   "description": "How many. The server's default is `100`."})
        );
    }

    #[test]
    fn a_propertys_default_goes_too() {
        let (document, changed) = after(
            &PASS,
            json!({"components": {"schemas": {"A": {"properties": {
                "on": {"type": "boolean", "default": true},
            }}}}}),
        );
        assert_eq!(changed, 1);
        assert_eq!(
            document["components"]["schemas"]["A"]["properties"]["on"],
            json!({"type": "boolean", "description": "The server's default is `true`."})
        );
    }
}
