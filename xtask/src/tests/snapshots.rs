//! What people see change when Keycloak releases: committed text, compared with insta.

use std::fmt::Write as _;

use serde_json::Value;

use crate::document;
use crate::list_operations;
use crate::pipeline::Input;
use crate::sources::Specs;
use crate::workspace::root;

#[test]
fn operations_table() {
    insta::assert_snapshot!(list_operations::table(&list_operations::all(None).unwrap()));
}

#[test]
fn normalised_documents() {
    for api in Specs::read(&root().join("specs")).unwrap().all() {
        let normalised = Input::read(&api).unwrap().normalise().unwrap();
        insta::assert_snapshot!(api.name.clone(), summary(&normalised.document));
    }
}

/// A line for each operation (parameters, body, answer) and for each schema (its fields with their types).
fn summary(document: &Value) -> String {
    let mut out = String::new();
    for operation in document::operations(document) {
        let parameters: Vec<String> = operation.value["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] != "path")
            .map(|parameter| {
                format!(
                    "{}: {}",
                    parameter["name"].as_str().unwrap(),
                    kind(&parameter["schema"])
                )
            })
            .collect();
        let content = |value: Option<&Value>| {
            value.and_then(Value::as_object).and_then(|content| {
                let (media_type, media) = content.iter().next()?;
                let schema = kind(&media["schema"]);
                Some(if media_type == "application/json" {
                    schema
                } else {
                    format!("{media_type} {schema}")
                })
            })
        };
        let body = content(operation.value.pointer("/requestBody/content"));
        let answer = operation.value["responses"]
            .as_object()
            .and_then(|responses| content(responses.values().next()?.get("content")));
        let _ = writeln!(
            out,
            "{}({}){} -> {}",
            operation.value["operationId"].as_str().unwrap(),
            parameters.join(", "),
            body.map(|body| format!(" body {body}")).unwrap_or_default(),
            answer.unwrap_or_else(|| "()".to_owned()),
        );
    }
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        let _ = writeln!(
            out,
            "\n{name} {}",
            if schema.get("properties").is_some() {
                "{"
            } else {
                ""
            }
        );
        match schema["properties"].as_object() {
            Some(properties) => {
                for (field, property) in properties {
                    let secret = if property["x-secret"] == true {
                        " (secret)"
                    } else {
                        ""
                    };
                    let _ = writeln!(out, "  {field}: {}{secret}", kind(property));
                }
                out.push_str("}\n");
            }
            None => {
                let _ = writeln!(out, "  = {}", kind(schema));
            }
        }
    }
    out
}

fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        return values.join(" | ");
    }
    let of = |key: &str| schema.get(key).filter(|inner| inner.is_object()).map(kind);
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().map(kind).collect::<Vec<_>>().join(" & ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("[{}]", of("items").unwrap_or_else(|| "any".to_owned())),
        Some("object") if schema.get("properties").is_some() => "object".to_owned(),
        Some("object") => {
            format!(
                "{{{}}}",
                of("additionalProperties").unwrap_or_else(|| "any".to_owned())
            )
        }
        Some(plain) => schema["format"]
            .as_str()
            .map_or_else(|| plain.to_owned(), |format| format!("{plain}({format})")),
        None => "any".to_owned(),
    }
}
