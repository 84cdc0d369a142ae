//! Every parameter of a path template has a name of its own there, is declared, required, and a string. What fills a
//! path segment is text whatever the document calls it (scanners write `object` for a Java enum).

use std::collections::HashMap;

use anyhow::Result;
use serde_json::{Value, json};

use super::Pass;
use crate::document::{edit_operations, template_parameters};

pub const PASS: Pass = Pass {
    name: "path-parameters",
    about: "path parameters are distinct, declared, required and strings",
    run,
};

fn run(document: &mut Value) -> Result<usize> {
    let renamed = rename_repeated(document);
    let declared = edit_operations(document, |path, _, operation| {
        let parameters = operation
            .entry("parameters")
            .or_insert_with(|| Value::Array(Vec::new()));
        let Value::Array(parameters) = parameters else {
            return 0;
        };
        let mut changed = 0;
        for name in template_parameters(path) {
            let declared = parameters
                .iter_mut()
                .find(|parameter| parameter["in"] == "path" && parameter["name"] == name);
            let declared = if let Some(declared) = declared {
                declared
            } else {
                parameters.push(json!({"name": name, "in": "path"}));
                parameters.last_mut().expect("just pushed")
            };
            let before = declared.clone();
            declared["required"] = json!(true);
            declared["schema"] = json!({"type": "string"});
            changed += usize::from(*declared != before);
        }
        changed
    });
    Ok(renamed + declared)
}

/// `/{id}/x/{id}` becomes `/{id}/x/{id-2}`: two segments that one value would fill.
fn rename_repeated(document: &mut Value) -> usize {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return 0;
    };
    let mut renamed = 0;
    *paths = std::mem::take(paths)
        .into_iter()
        .map(|(path, item)| {
            let distinct = with_distinct_parameters(&path);
            renamed += usize::from(distinct != path);
            (distinct, item)
        })
        .collect();
    renamed
}

fn with_distinct_parameters(path: &str) -> String {
    let mut seen = HashMap::new();
    path.split('/')
        .map(|segment| {
            let count = seen.entry(segment).or_insert(0);
            *count += 1;
            match segment.strip_suffix('}') {
                Some(open) if *count > 1 => format!("{open}-{count}}}"),
                _ => segment.to_owned(),
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;

    #[test]
    fn a_name_that_stands_twice_becomes_two() {
        let (document, changed) = after(
            &PASS,
            json!({"paths": {"/{id}/id/{id}": {"get": {"parameters": [
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
            ]}}}}),
        );
        // The path, and the parameter that is declared for it.
        assert_eq!(changed, 2);
        let parameters = &document["paths"]["/{id}/id/{id-2}"]["get"]["parameters"];
        assert_eq!(parameters[0]["name"], "id");
        assert_eq!(parameters[1]["name"], "id-2");
    }

    #[test]
    fn missing_optional_and_odd_parameters_become_required_strings() {
        let string = json!({"type": "string"});
        let (document, changed) = after(
            &PASS,
            json!({"paths": {"/{a}/{b}/{c}": {"get": {"parameters": [
                {"name": "a", "in": "path", "required": true, "schema": {"type": "string"}},
                {"name": "b", "in": "path", "schema": {"type": "object"}},
            ]}}}}),
        );
        assert_eq!(changed, 2);
        assert_eq!(
            document["paths"]["/{a}/{b}/{c}"]["get"]["parameters"],
            json!([
                {"name": "a", "in": "path", "required": true, "schema": string},
                {"name": "b", "in": "path", "required": true, "schema": string},
                {"name": "c", "in": "path", "required": true, "schema": string},
            ])
        );
    }
}
