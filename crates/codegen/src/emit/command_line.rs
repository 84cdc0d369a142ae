//! The data of the command line: each operation with its command, its flags, its body and its answer, and the types of the bodies.
//!
//! Two files, so that a command that needs no types reads none. Each operation and each type is one line, so that a review shows what changed. A third
//! file has the generated builders of all operations, with which a test compares what the commands send.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use heck::{ToKebabCase as _, ToSnakeCase as _, ToUpperCamelCase as _};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Files, Header, text};
use crate::commands::{Commands, Flag, path_parameters};
use crate::document::{OperationRef, base_path, operations, rust_name, schemas};

/// One operation.
#[derive(Serialize)]
#[allow(clippy::struct_excessive_bools)] // facts that do not depend on each other
struct Operation<'a> {
    id: &'a str,
    area: &'a str,
    verb: String,
    method: String,
    path: String,
    about: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    details: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    deprecated: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    path_parameters: Vec<PathParameter<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    query: Vec<QueryParameter<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Body<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accept: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    paged: bool,
    #[serde(skip_serializing_if = "is_false")]
    renews_token: bool,
    #[serde(skip_serializing_if = "is_false")]
    idempotent: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lost_race: Vec<u64>,
}

#[derive(Serialize)]
struct PathParameter<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    about: String,
    #[serde(flatten)]
    flag: Flag,
    #[serde(skip_serializing_if = "is_false")]
    multi_segment: bool,
}

#[derive(Serialize)]
struct QueryParameter<'a> {
    name: &'a str,
    flag: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    about: String,
    #[serde(skip_serializing_if = "is_false")]
    required: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    media_type: &'a str,
    /// True if the API takes a form with a file.
    #[serde(skip_serializing_if = "is_false")]
    multipart: bool,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "is_false")]
    optional: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    flag: Option<&'a Flag>,
}

/// A type: its fields, or its values.
#[derive(Serialize)]
struct Type<'a> {
    #[serde(skip_serializing_if = "String::is_empty")]
    about: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field<'a>>,
    /// The type of fields that are not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<&'a str>,
    /// The type that this is a name for.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
}

#[derive(Serialize)]
struct Field<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    about: String,
    #[serde(skip_serializing_if = "is_false")]
    secret: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference.
fn is_false(value: &bool) -> bool {
    !value
}

/// The files of the folder of one API.
pub fn files(
    header: &Header<'_>,
    document: &Value,
    commands: &Commands,
    client: &str,
) -> Result<Files> {
    commands.check(document)?;
    let words = Words::of(document);
    let base = base_path(document);
    let mut types: BTreeMap<String, Type<'_>> = schemas(document)
        .map(|(name, schema)| (name.clone(), words.type_of(schema)))
        .collect();
    let mut lines = Vec::new();
    let mut used = BTreeSet::new();
    for operation in operations(document) {
        used.insert(commands.command(&base, operation)?.area);
        let found = words.operation(&base, operation, commands)?;
        if let Some((name, schema)) = inline_body(operation)? {
            types.insert(name, words.type_of(schema));
        }
        lines.push(serde_json::to_string(&found)?);
    }
    let areas: Map<String, Value> = commands
        .areas()
        .filter(|(name, _)| used.contains(name))
        .map(|(name, about)| (name.to_owned(), json!(about)))
        .collect();
    let mut text = format!(
        "{{\"version\":{},\"areas\":{},\"operations\":[\n",
        json!(header.version),
        Value::Object(areas)
    );
    text.push_str(&lines.join(",\n"));
    text.push_str("\n]}\n");
    let mut of_types = Vec::new();
    for (name, found) in &types {
        of_types.push(format!("{}:{}", json!(name), serde_json::to_string(found)?));
    }
    let of_types = format!("{{\n{}\n}}\n", of_types.join(",\n"));
    Ok(Files::from([
        (
            "builders.rs".to_owned(),
            builders(header, document, client)?,
        ),
        ("operations.json".to_owned(), text),
        ("types.json".to_owned(), of_types),
    ]))
}

/// The builder of each operation with everything set, for the test of the commands.
fn builders(header: &Header<'_>, document: &Value, client: &str) -> Result<String> {
    let api = format_ident!("{}", client.to_snake_case());
    let mut functions = Vec::new();
    let mut names = Vec::new();
    for operation in operations(document) {
        let id = operation.id()?;
        let method = format_ident!("{id}");
        let setters = operation.parameters().map(setter);
        let setters = setters.collect::<Result<Vec<_>>>()?;
        let body = builder_body(operation)?;
        functions.push(quote! {
            fn #method(client: &Client, given: &Given<'_>) -> Request {
                client.#method() #(#setters)* #body .into_request()
            }
        });
        names.push(quote!((#id, #method)));
    }
    header.file(&quote! {
        use ::keycloak_session::{ApiCall as _, Request};
        use ::#api::{Client, types};
        use crate::tests::given::{Builder, Given};

        /// The builder of each operation, by its id.
        pub(crate) const BUILDERS: &[(&str, Builder<Client>)] = &[#(#names),*];

        #(#functions)*
    })
}

/// The setter of a parameter, with a value that the test makes of its name.
fn setter(parameter: &Value) -> Result<TokenStream> {
    let setter = rust_name(parameter);
    let setter =
        syn::parse_str::<syn::Ident>(&setter).unwrap_or_else(|_| format_ident!("r#{}", setter));
    let name = parameter["name"]
        .as_str()
        .context("parameters have names")?;
    let value = match type_name(&parameter["schema"]).as_str() {
        "boolean" => quote!(given.boolean(#name)),
        "integer" => quote!(given.integer(#name)),
        kind if kind.starts_with('[') => quote!(given.list(#name)),
        _ => quote!(given.text(#name)),
    };
    Ok(quote!(.#setter(#value)))
}

/// The setter of the body, with a value that the test makes of its type.
fn builder_body(operation: OperationRef<'_>) -> Result<TokenStream> {
    let Some(media_type) = operation.media_type() else {
        return Ok(TokenStream::new());
    };
    if media_type == "application/octet-stream" {
        return Ok(quote!(.body(given.content_type(), given.bytes())));
    }
    let inline = inline_body(operation)?.map(|(name, _)| name);
    let schema = body_schema(operation);
    let kind = inline.unwrap_or_else(|| schema.map_or_else(|| "any".to_owned(), type_name));
    let ty = rust_type(&kind);
    Ok(quote!(.body(given.body::<#ty>())))
}

/// The Rust type of a short form.
fn rust_type(kind: &str) -> TokenStream {
    let inner = || rust_type(&kind[1..kind.len() - 1]);
    match kind {
        "text" => quote!(String),
        _ if kind.starts_with('[') => {
            let inner = inner();
            quote!(Vec<#inner>)
        }
        _ if kind.starts_with('{') => {
            let inner = inner();
            quote!(::std::collections::BTreeMap<String, #inner>)
        }
        name => {
            let name = format_ident!("{}", name.to_upper_camel_case());
            quote!(types::#name)
        }
    }
}

/// The schema of a body that has no name, with a name for it.
fn inline_body(operation: OperationRef<'_>) -> Result<Option<(String, &Value)>> {
    let schema = body_schema(operation);
    let inline = schema.filter(|schema| schema.get("properties").is_some());
    let id = operation.id()?;
    Ok(inline.map(|schema| (format!("{}Body", id.to_upper_camel_case()), schema)))
}

fn body_schema(operation: OperationRef<'_>) -> Option<&Value> {
    let content = operation.value.pointer("/requestBody/content")?;
    content.as_object()?.values().next()?.get("schema")
}

/// The words of a document as a terminal shows them: without Markdown's escapes, and with fields by their name on the wire.
struct Words(BTreeMap<String, String>);

impl Words {
    fn of(document: &Value) -> Self {
        let mut names = BTreeMap::new();
        for (_, schema) in schemas(document) {
            for name in schema["properties"].as_object().into_iter().flatten() {
                names.insert(name.0.to_snake_case(), name.0.clone());
            }
        }
        for operation in operations(document) {
            for name in operation
                .parameters()
                .filter_map(|found| found["name"].as_str())
            {
                names
                    .entry(name.to_snake_case())
                    .or_insert_with(|| name.to_owned());
            }
        }
        names.retain(|rust, wire| rust != wire);
        Self(names)
    }

    /// Returns a text of the document.
    fn text(&self, value: &Value) -> String {
        let text = text::unescaped(value.as_str().unwrap_or_default());
        let mut out = String::new();
        for (index, part) in text.split('`').enumerate() {
            if index > 0 {
                out.push('`');
            }
            let is_code = index % 2 == 1;
            let (name, value) = part.split_at(part.find('=').unwrap_or(part.len()));
            let wire = self.0.get(name).filter(|_| is_code && name.contains('_'));
            out.push_str(wire.map_or(name, String::as_str));
            out.push_str(value);
        }
        out
    }

    fn operation<'a>(
        &self,
        base: &str,
        operation: OperationRef<'a>,
        commands: &'a Commands,
    ) -> Result<Operation<'a>> {
        let value = operation.value;
        let id = operation.id()?;
        let command = commands.command(base, operation)?;
        let about = self.text(&value["summary"]);
        let details = self.text(&value["description"]);
        let is_repeated = about == details;
        let answer = answer(operation);
        Ok(Operation {
            id,
            area: command.area,
            verb: command.verb,
            method: operation.method.to_uppercase(),
            path: format!("{base}{}", operation.path),
            about,
            details: if is_repeated { String::new() } else { details },
            since: commands.since(id),
            deprecated: value["deprecated"] == true,
            path_parameters: self.path_parameters(operation, commands),
            query: self.query(operation),
            body: body(operation, commands)?,
            paged: is_paged(operation, answer.as_deref()),
            answer,
            answer_key: value["x-answer-key"].as_str(),
            accept: operation.raw_media_types(),
            renews_token: value["x-renews-token"] == true,
            idempotent: value["x-idempotent"] == true,
            lost_race: value["x-lost-race"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_u64)
                .collect(),
        })
    }

    fn path_parameters<'a>(
        &self,
        operation: OperationRef<'a>,
        commands: &Commands,
    ) -> Vec<PathParameter<'a>> {
        let about = |name: &str| {
            let mut all = operation.parameters();
            all.find(|parameter| parameter["in"] == "path" && parameter["name"] == name)
        };
        path_parameters(operation.path)
            .map(|(segment, name)| PathParameter {
                name,
                about: about(name)
                    .map_or_else(String::new, |found| self.text(&found["description"])),
                flag: commands.path_flag(segment, name),
                multi_segment: about(name).is_some_and(|found| found["x-multi-segment"] == true),
            })
            .collect()
    }

    fn query<'a>(&self, operation: OperationRef<'a>) -> Vec<QueryParameter<'a>> {
        let parameters = operation.parameters();
        parameters
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| {
                let name = parameter["name"].as_str()?;
                Some(QueryParameter {
                    name,
                    flag: name.to_kebab_case(),
                    kind: type_name(&parameter["schema"]),
                    about: self.text(&parameter["description"]),
                    required: parameter["required"] == true,
                })
            })
            .collect()
    }

    fn type_of<'a>(&self, schema: &'a Value) -> Type<'a> {
        let properties = schema["properties"].as_object();
        let fields = properties
            .into_iter()
            .flatten()
            .map(|(name, property)| Field {
                name,
                kind: type_name(property),
                about: self.text(&property["description"]),
                secret: property["x-secret"] == true,
            });
        let fields: Vec<Field<'_>> = fields.collect();
        let values = schema["enum"].as_array().into_iter().flatten();
        let values: Vec<&str> = values.filter_map(Value::as_str).collect();
        let is_alias = fields.is_empty() && values.is_empty();
        let others = schema.get("additionalProperties");
        let others = others.filter(|others| !is_alias && **others != json!(false));
        let alias = is_alias.then(|| type_name(schema));
        Type {
            about: self.text(&schema["description"]),
            others: others.map(type_name),
            alias,
            fields,
            values,
        }
    }
}

/// Returns the body of an operation.
fn body<'a>(operation: OperationRef<'a>, commands: &'a Commands) -> Result<Option<Body<'a>>> {
    let Some(media_type) = operation.media_type() else {
        return Ok(None);
    };
    let inline = inline_body(operation)?.map(|(name, _)| name);
    let schema = body_schema(operation);
    let offered = operation.value["x-request-media-types"].as_array();
    let takes_form = offered.is_some_and(|offered| {
        let mut offered = offered.iter();
        offered.any(|media_type| media_type == "multipart/form-data")
    });
    Ok(Some(Body {
        media_type,
        multipart: media_type == "application/octet-stream" && takes_form,
        kind: inline.unwrap_or_else(|| schema.map_or_else(|| "any".to_owned(), type_name)),
        optional: !operation.requires_body(),
        flag: commands.body_flag(operation.id()?),
    }))
}

/// Returns the type of a schema: `text`, `boolean`, `integer`, `number`, `binary`, `any`, `[item]`, `{value}`, or the name of a type.
fn type_name(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some([one]) = schema["allOf"].as_array().map(Vec::as_slice) {
        return type_name(one);
    }
    match schema["type"].as_str() {
        Some("string") if schema["format"] == "binary" => "binary".to_owned(),
        Some("string") => "text".to_owned(),
        Some("array") => format!("[{}]", type_name(&schema["items"])),
        Some("object") if schema.get("properties").is_none() => {
            match &schema["additionalProperties"] {
                Value::Object(values) => {
                    format!("{{{}}}", type_name(&Value::Object(values.clone())))
                }
                _ => "{any}".to_owned(),
            }
        }
        Some(scalar @ ("boolean" | "integer" | "number")) => scalar.to_owned(),
        _ => "any".to_owned(),
    }
}

/// Returns the type of the answer: none without a body, and `binary` if it is not JSON.
fn answer(operation: OperationRef<'_>) -> Option<String> {
    let responses = operation.value["responses"].as_object()?;
    let content = responses.values().next()?.get("content")?.as_object()?;
    let schema = content.values().next()?;
    if operation.raw_media_types().is_some() {
        return Some("binary".to_owned());
    }
    Some(type_name(&schema["schema"]))
}

/// Returns whether the list is read page by page, by the parameters `first` and `max`.
fn is_paged(operation: OperationRef<'_>, answer: Option<&str>) -> bool {
    let has = |name: &str| {
        let mut parameters = operation.parameters();
        parameters.any(|parameter| parameter["in"] == "query" && parameter["name"] == name)
    };
    let is_list = answer.is_some_and(|answer| answer.starts_with('['));
    operation.method == "get" && is_list && has("first") && has("max")
}
