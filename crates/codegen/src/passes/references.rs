//! Parameters, request bodies and responses that stand by reference are written out: what follows reads them where they
//! are used. Schemas stay references, because they are types; so do examples, which nothing reads.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Pass;
use crate::document::{METHODS, path_items_mut, resolve};

pub const PASS: Pass = Pass {
    name: "references",
    about: "parameters, bodies and responses are written out where they are used",
    run,
};

fn run(document: &mut Value) -> Result<usize> {
    let Some(components) = document.get("components").cloned() else {
        return Ok(0);
    };
    let components = serde_json::json!({ "components": components });
    let mut written = 0;
    for (path, item) in path_items_mut(document) {
        written += write_out(&components, item.get_mut("parameters"))
            .with_context(|| format!("the parameters of {path}"))?;
        for method in METHODS {
            let Some(operation) = item.get_mut(method) else {
                continue;
            };
            let mut write = |part: &str| {
                write_out(&components, operation.get_mut(part))
                    .with_context(|| format!("{} {path}: {part}", method.to_uppercase()))
            };
            written += write("parameters")? + write("requestBody")? + write("responses")?;
        }
    }
    Ok(written)
}

/// Replaces a reference, or those that a list or a map holds.
fn write_out(components: &Value, value: Option<&mut Value>) -> Result<usize> {
    let Some(value) = value else { return Ok(0) };
    if value.get("$ref").is_some() {
        // A component may be a reference itself; one that leads back to itself never ends.
        for _ in 0..MAX_STEPS {
            let Some(reference) = value.get("$ref").cloned() else {
                return Ok(1);
            };
            *value = resolve(components, value)
                .with_context(|| format!("the reference {reference} leads nowhere"))?
                .clone();
        }
        anyhow::bail!("a reference leads back to itself");
    }
    let within: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(map) => map
            .values_mut()
            .filter(|inner| inner.get("$ref").is_some())
            .collect(),
        _ => Vec::new(),
    };
    within
        .into_iter()
        .filter(|inner| inner.get("$ref").is_some())
        .map(|inner| write_out(components, Some(inner)))
        .sum()
}

const MAX_STEPS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;
    use serde_json::json;

    #[test]
    fn what_is_used_is_written_out_and_schemas_stay() {
        let schema = json!({"$ref": "#/components/schemas/A"});
        let (document, changed) = after(
            &PASS,
            json!({
                "paths": {"/a": {
                    "parameters": [{"$ref": "#/components/parameters/p"}],
                    "post": {
                        "parameters": [{"$ref": "#/components/parameters/alias"}, {"name": "own"}],
                        "requestBody": {"$ref": "#/components/requestBodies/b"},
                        "responses": {"200": {"description": "ok"}, "400": {"$ref": "#/components/responses/r"}},
                    },
                }},
                "components": {
                    "parameters": {"p": {"name": "p", "schema": schema}, "alias": {"$ref": "#/components/parameters/p"}},
                    "requestBodies": {"b": {"content": {}}},
                    "responses": {"r": {"description": "bad"}},
                },
            }),
        );
        assert_eq!(changed, 4);
        let parameter = json!({"name": "p", "schema": schema});
        assert_eq!(
            document["paths"],
            json!({"/a": {
                "parameters": [parameter],
                "post": {
                    "parameters": [parameter, {"name": "own"}],
                    "requestBody": {"content": {}},
                    "responses": {"200": {"description": "ok"}, "400": {"description": "bad"}},
                },
            }})
        );
    }

    #[test]
    fn a_reference_that_leads_nowhere_or_in_a_circle_is_named() {
        for (parameters, message) in [
            (json!({}), "leads nowhere"),
            (
                json!({"p": {"$ref": "#/components/parameters/p"}}),
                "leads back to itself",
            ),
        ] {
            let mut document = json!({
                "paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/p"}]}}},
                "components": {"parameters": parameters},
            });
            let error = format!("{:#}", run(&mut document).unwrap_err());
            assert!(error.contains("GET /a: parameters"), "{error}");
            assert!(error.contains(message), "{error}");
        }
    }
}
