//! Every operation of every API, for people and for programs.

use anyhow::Result;
use serde::Serialize;
use workspace::root;

use crate::document;
use crate::pipeline::Input;
use crate::sources::Specs;

/// One operation, as it is printed.
#[derive(Serialize)]
#[allow(clippy::struct_field_names)] // `operation_id` is OpenAPI's own word.
pub struct Operation {
    /// The API's name in `sources.toml`.
    pub api: String,
    /// The method in upper case.
    pub method: String,
    /// The path template.
    pub path: String,
    /// Its name in `operations.toml`.
    pub operation_id: String,
    /// Its tag after normalising.
    pub tag: String,
    /// `document`, or `overlay` where upstream leaves it out.
    pub source: String,
    /// The path of the generated method.
    pub rust: String,
}

/// Every operation, in the order of the documents.
pub fn all(api: Option<&str>) -> Result<Vec<Operation>> {
    let specs = Specs::read(&root().join("specs"))?;
    let apis = match api {
        Some(name) => vec![specs.api(name)?],
        None => specs.all(),
    };
    let mut operations = Vec::new();
    for api in apis {
        let normalised = Input::read(&api)?.normalise()?;
        let rust_crate = api.source.crate_name.replace('-', "_");
        for operation in document::operations(&normalised.document) {
            let id = operation.value["operationId"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            operations.push(Operation {
                api: api.name.clone(),
                method: operation.method.to_uppercase(),
                path: operation.path.to_owned(),
                rust: format!("{rust_crate}::Client::{id}"),
                operation_id: id,
                tag: operation.value["tags"][0]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                source: operation.value["x-source"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            });
        }
    }
    Ok(operations)
}

/// The operations as a table, grouped by API and tag.
#[must_use]
pub fn table(operations: &[Operation]) -> String {
    use std::fmt::Write as _;
    let mut sorted: Vec<&Operation> = operations.iter().collect();
    sorted.sort_by(|a, b| (&a.api, &a.tag).cmp(&(&b.api, &b.tag)));
    let width = operations
        .iter()
        .map(|operation| operation.operation_id.len())
        .max()
        .unwrap_or_default();
    let mut out = String::new();
    let mut group = None;
    for operation in sorted {
        if group != Some((&operation.api, &operation.tag)) {
            let _ = writeln!(out, "\n{} / {}", operation.api, operation.tag);
            group = Some((&operation.api, &operation.tag));
        }
        let mark = if operation.source == "overlay" {
            " (overlay)"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "  {:<width$}  {:<6} {}{mark}",
            operation.operation_id, operation.method, operation.path
        );
    }
    out.trim_start().to_owned()
}
