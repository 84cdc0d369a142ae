//! Parameters, request bodies and responses that stand by reference are written out: what follows reads them where they
//! are used. So are references to a part of a schema, such as `#/components/schemas/A/properties/p`. References to whole schemas stay, because
//! those are types; so do examples, which nothing reads.

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

use super::Pass;
use crate::document::{METHODS, edit_schemas, path_items_mut, resolve};

pub const PASS: Pass = Pass {
    name: "references",
    about: "references to parameters, bodies, responses and parts of schemas become a copy of their target",
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
    Ok(written + write_out_parts(document)?)
}

/// Replaces the references to parts of schemas, wherever a schema stands.
fn write_out_parts(document: &mut Value) -> Result<usize> {
    let whole = document.clone();
    let mut failure = None;
    let written = edit_schemas(document, &mut |schema| {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let Some(reference) = reference.filter(|reference| is_part(reference)) else {
            return 0;
        };
        match part(&whole, reference, 0) {
            Ok(Value::Object(part)) => *schema = part,
            Ok(_) => failure = Some(anyhow!("the reference {reference} leads to no schema")),
            Err(error) => failure = Some(error),
        }
        1
    });
    failure.map_or(Ok(written), Err)
}

/// Returns whether a reference of this document leads to something else than a whole schema.
fn is_part(reference: &str) -> bool {
    let name = reference.strip_prefix("#/components/schemas/");
    reference.starts_with('#') && name.is_none_or(|name| name.contains('/'))
}

/// Returns the part of a schema with the parts that it refers to itself.
fn part(document: &Value, reference: &str, depth: usize) -> Result<Value> {
    ensure!(
        depth < MAX_STEPS,
        "the reference {reference} leads back to itself; give what it leads to a name of its own under components.schemas in the overlay, \
         and refer to that"
    );
    let found = document.pointer(reference.trim_start_matches('#'));
    let mut part = found
        .with_context(|| {
            format!("the reference {reference} leads nowhere; add what it names in the overlay")
        })?
        .clone();
    fill(document, &mut part, depth + 1)?;
    Ok(part)
}

fn fill(document: &Value, value: &mut Value, depth: usize) -> Result<()> {
    if let Some(reference) = value
        .get("$ref")
        .and_then(Value::as_str)
        .filter(|it| is_part(it))
    {
        *value = part(document, reference, depth)?;
        return Ok(());
    }
    match value {
        Value::Object(map) => map
            .values_mut()
            .try_for_each(|inner| fill(document, inner, depth)),
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|inner| fill(document, inner, depth)),
        _ => Ok(()),
    }
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

    #[test]
    fn parts_of_schemas_are_written_out_wherever_they_are_used() {
        let reference = |part: &str| json!({"$ref": format!("#/components/schemas/A/{part}")});
        let kind = json!({"type": "string", "enum": ["X"]});
        let (document, changed) = after(
            &PASS,
            json!({
                "paths": {"/a": {"get": {
                    "parameters": [{"name": "p", "schema": reference("properties/kind")}],
                    "responses": {"200": {"content": {"application/json": {"schema": {
                        "type": "array", "items": reference("properties/list/items")}}}}},
                }}},
                "components": {"schemas": {
                    "A": {"properties": {
                        "kind": kind,
                        "list": {"type": "array", "items": {"type": "object", "properties": {"kind": reference("properties/kind")}}},
                        "whole": {"$ref": "#/components/schemas/A"},
                    }},
                    "B": reference("properties/list"),
                }},
            }),
        );
        // The one within the list too.
        assert_eq!(changed, 4);
        let item = json!({"type": "object", "properties": {"kind": kind}});
        let operation = &document["paths"]["/a"]["get"];
        assert_eq!(operation["parameters"][0]["schema"], kind);
        let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(answer["items"], item);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["B"], json!({"type": "array", "items": item}));
        assert_eq!(
            schemas["A"]["properties"]["whole"],
            json!({"$ref": "#/components/schemas/A"})
        );
    }

    #[test]
    fn a_part_that_leads_nowhere_or_into_itself_is_named_with_a_remedy() {
        let to = "#/components/schemas/A/properties/p";
        for (properties, message) in [
            (
                json!({"q": {"$ref": to}}),
                "leads nowhere; add what it names in the overlay",
            ),
            (
                json!({"p": {"type": "array", "items": {"$ref": to}}}),
                "leads back to itself; give what it leads to a name of its own",
            ),
            (json!({"p": 1, "q": {"$ref": to}}), "leads to no schema"),
        ] {
            let mut document =
                json!({"components": {"schemas": {"A": {"properties": properties}}}});
            let error = format!("{:#}", run(&mut document).unwrap_err());
            assert!(error.contains(to) && error.contains(message), "{error}");
        }
    }
}
