//! `cargo xtask operations`: every operation of every API, for people and for programs.

use anyhow::Result;
use serde::Serialize;

use crate::document;
use crate::pipeline::Input;
use crate::sources::Specs;
use crate::workspace::root;

/// Arguments of `operations`.
#[derive(clap::Args)]
pub struct OperationsArgs {
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// One API of specs/sources.toml; all of them where it is left out.
    api: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Table,
    Json,
}

/// One operation, as it is printed.
#[derive(Serialize)]
#[allow(clippy::struct_field_names)] // `operation_id` is OpenAPI's own word.
pub struct Operation {
    pub api: String,
    pub method: String,
    pub path: String,
    pub operation_id: String,
    pub tag: String,
    /// `document`, or `overlay` where upstream leaves it out.
    pub source: String,
    /// The path of the generated method.
    pub rust: String,
}

/// Runs the command on this repository.
pub fn run(args: &OperationsArgs) -> Result<()> {
    let operations = all(args.api.as_deref())?;
    match args.format {
        Format::Json => println!("{}", serde_json::to_string_pretty(&operations)?),
        Format::Table => print!("{}", table(&operations)),
    }
    Ok(())
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
