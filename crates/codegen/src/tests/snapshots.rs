//! The changes that people see when Keycloak releases: committed text, compared with insta.

use std::fmt::Write as _;

use serde_json::Value;

use crate::document;
use crate::operations;
use crate::pipeline::Input;
use crate::surface::{content, kind};

#[test]
fn operations_table() {
    insta::assert_snapshot!(operations::table(&operations::all(None).unwrap()));
}

#[test]
fn normalised_documents() {
    for api in super::apis() {
        let normalised = Input::read(&api).unwrap().normalise().unwrap();
        insta::assert_snapshot!(api.name.clone(), summary(&normalised.document));
    }
}

/// A line for each operation (tag, parameters, body, answer, statuses and what else the overlay may say of it) and
/// for each schema (its fields with their types): everything that the generated code is made of, but the prose.
pub fn summary(document: &Value) -> String {
    let mut out = String::new();
    if let Some(server) = document.pointer("/servers/0/url").and_then(Value::as_str) {
        let _ = writeln!(out, "below {server}\n");
    }
    for operation in document::operations(document) {
        let _ = writeln!(out, "{}", operation_line(operation.value));
    }
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        match schema["properties"].as_object() {
            Some(properties) => {
                let _ = writeln!(out, "\n{name} {{");
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
                let _ = writeln!(out, "\n{name} = {}", kind(schema));
            }
        }
    }
    out
}

fn operation_line(operation: &Value) -> String {
    let parameters: Vec<String> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|parameter| {
            parameter["in"] != "path"
                || parameter["x-rust-name"].is_string()
                || parameter["x-multi-segment"] == true
        })
        .map(|parameter| {
            let name = document::rust_name(parameter);
            let place = parameter["in"].as_str().unwrap_or_default();
            let mark = if parameter["x-multi-segment"] == true {
                " (segments)"
            } else {
                ""
            };
            let required = if place != "path" && parameter["required"] == true {
                "!"
            } else {
                ""
            };
            format!(
                "{place} {name}{required}: {}{mark}",
                kind(&parameter["schema"])
            )
        })
        .collect();
    let listed = |key: &str| {
        let values = operation[key].as_array().into_iter().flatten();
        values
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut line = format!(
        "{} / {}({})",
        operation["tags"][0].as_str().unwrap_or_default(),
        operation["operationId"].as_str().unwrap_or_default(),
        parameters.join(", ")
    );
    if let Some(body) = content(operation.pointer("/requestBody/content")) {
        let _ = write!(line, " body {body}");
    }
    let answer = operation["responses"]
        .as_object()
        .and_then(|responses| content(responses.values().next()?.get("content")));
    let _ = write!(
        line,
        " -> {} [{}]",
        answer.unwrap_or_else(|| "()".to_owned()),
        listed("x-statuses")
    );
    for key in ["x-request-media-types", "x-response-media-types"] {
        let media_types = listed(key);
        if !media_types.is_empty() && media_types != "application/json" {
            let _ = write!(line, " {}: {media_types}", key.trim_start_matches("x-"));
        }
    }
    for mark in ["x-answer-key", "x-paged", "x-lost-race"] {
        if let Some(value) = operation.get(mark) {
            let _ = write!(line, " {}: {value}", mark.trim_start_matches("x-"));
        }
    }
    for flag in [
        "x-renews-token",
        "x-idempotent",
        "x-body-optional",
        "deprecated",
    ] {
        if operation[flag] == true {
            let _ = write!(line, " {}", flag.trim_start_matches("x-"));
        }
    }
    line
}
