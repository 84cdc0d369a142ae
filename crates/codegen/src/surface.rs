//! The parts of a document that users of the crate see: operations with their parameters and types, schemas with their fields. Everything that
//! the generated code is made of, without the prose.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use serde_json::Value;

use crate::document;
use crate::names::DOCUMENT;

/// The surface of one document.
#[derive(Debug, Default)]
pub struct Surface {
    /// By operation id.
    pub operations: BTreeMap<String, Operation>,
    /// By the name of the Rust type. Upstream names that differ in case alone are one type.
    pub schemas: BTreeMap<String, Schema>,
}

/// One operation.
#[derive(Debug, PartialEq)]
pub struct Operation {
    pub method: String,
    pub path: String,
    /// The module that holds its builder.
    pub module: String,
    /// True if upstream documents it.
    pub is_documented: bool,
    pub is_deprecated: bool,
    /// By the name of the setter.
    pub parameters: BTreeMap<String, Parameter>,
    /// The media type and type of the body, and whether the call is not sent without it.
    pub body: Option<(String, bool)>,
    /// The type of its result.
    pub answer: String,
    pub statuses: BTreeSet<String>,
}

/// The type of an answer, with the marks of the overlay that change what a call returns.
fn answer_with_marks(kind: String, operation: &Value) -> String {
    let marks = ["x-answer-key", "x-paged"].into_iter();
    let marks = marks.filter_map(|mark| Some((mark, operation.get(mark)?)));
    marks.fold(kind, |kind, (mark, value)| {
        format!("{kind} ({}: {value})", mark.trim_start_matches("x-"))
    })
}

/// One parameter.
#[derive(Debug, PartialEq)]
pub struct Parameter {
    /// `path`, `query` or `header`.
    pub place: String,
    pub is_required: bool,
    pub kind: String,
}

/// One schema.
#[derive(Debug, PartialEq)]
pub enum Schema {
    /// Fields with their types.
    Fields(BTreeMap<String, String>),
    /// Anything else: an enum's values, an alias.
    Other(String),
}

impl Surface {
    /// Of a normalised document.
    pub fn of(document: &Value) -> Self {
        Self {
            operations: document::operations(document)
                .map(|operation| {
                    let id = operation.value["operationId"].as_str().unwrap_or_default();
                    (id.to_owned(), Operation::of(&operation))
                })
                .collect(),
            schemas: document::schemas(document)
                .map(|(name, schema)| (rust_type(name), Schema::of(schema)))
                .collect(),
        }
    }

    /// The number of operations in the upstream document.
    pub fn documented(&self) -> usize {
        let operations = self.operations.values();
        operations
            .filter(|operation| operation.is_documented)
            .count()
    }
}

impl Operation {
    fn of(operation: &document::OperationRef<'_>) -> Self {
        let value = operation.value;
        let parameters = value["parameters"].as_array().into_iter().flatten();
        let body = rust_content(value.pointer("/requestBody/content"));
        let answer = value["responses"]
            .as_object()
            .and_then(|responses| rust_content(responses.values().next()?.get("content")));
        let statuses = value["x-statuses"].as_array().into_iter().flatten();
        Self {
            method: operation.method.to_uppercase(),
            path: operation.path.to_owned(),
            module: value["tags"][0]
                .as_str()
                .unwrap_or_default()
                .to_snake_case(),
            is_documented: value["x-source"] == DOCUMENT,
            is_deprecated: value["deprecated"] == true,
            parameters: parameters
                .map(|parameter| (document::rust_name(parameter), Parameter::of(parameter)))
                .collect(),
            body: body.map(|kind| (kind, value["x-body-optional"] != true)),
            answer: answer_with_marks(answer.unwrap_or_else(|| "()".to_owned()), value),
            statuses: statuses
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        }
    }
}

impl Parameter {
    fn of(parameter: &Value) -> Self {
        Self {
            place: parameter["in"].as_str().unwrap_or_default().to_owned(),
            is_required: parameter["required"] == true,
            kind: rust_kind(&parameter["schema"]),
        }
    }
}

impl Schema {
    fn of(schema: &Value) -> Self {
        match schema["properties"].as_object() {
            Some(properties) => Self::Fields(
                properties
                    .iter()
                    .map(|(field, property)| (field.clone(), rust_kind(property)))
                    .collect(),
            ),
            None => Self::Other(rust_kind(schema)),
        }
    }
}

/// The first media type and its type; JSON goes without saying.
#[cfg(test)]
pub fn content(content: Option<&Value>) -> Option<String> {
    content_named(content, str::to_owned)
}

/// The first media type and its type in Rust; JSON goes without saying.
fn rust_content(content: Option<&Value>) -> Option<String> {
    content_named(content, rust_type)
}

fn content_named(content: Option<&Value>, name: fn(&str) -> String) -> Option<String> {
    let (media_type, media) = content?.as_object()?.iter().next()?;
    let schema = kind_named(&media["schema"], name);
    Some(if media_type == "application/json" {
        schema
    } else {
        format!("{media_type} {schema}")
    })
}

/// A type in short: `UserRepresentation`, `[string]`, `{any}`, `POST | PUT`.
pub fn kind(schema: &Value) -> String {
    kind_named(schema, str::to_owned)
}

/// Like [`kind`], with the names of types in Rust: a schema that changes its case alone is the same type.
fn rust_kind(schema: &Value) -> String {
    kind_named(schema, rust_type)
}

fn kind_named(schema: &Value, name: fn(&str) -> String) -> String {
    let kind = |schema: &Value| kind_named(schema, name);
    if let Some(reference) = schema["$ref"].as_str() {
        return name(reference.rsplit('/').next().unwrap_or_default());
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        // A single value has a bar too, so that a reader recognises an enum.
        return if values.len() == 1 {
            format!("| {}", values[0])
        } else {
            values.join(" | ")
        };
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

/// The values of an enum, from what [`kind`] says; `None` of other types.
pub fn values(kind: &str) -> Option<BTreeSet<&str>> {
    let values = kind.split('|').map(str::trim);
    kind.contains('|')
        .then(|| values.filter(|value| !value.is_empty()).collect())
}

/// The name that a type has in Rust.
pub fn rust_type(schema: &str) -> String {
    schema.to_upper_camel_case()
}

/// The name that a field has in Rust.
pub fn rust_field(field: &str) -> String {
    let name = field.to_snake_case();
    if syn::parse_str::<syn::Ident>(&name).is_ok() {
        name
    } else {
        format!("{name}_")
    }
}
