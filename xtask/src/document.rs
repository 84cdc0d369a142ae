//! `cargo xtask document`: a document with its corrections, or the JSON Schema of one of its types, for other tools.

use anyhow::Result;
use codegen::document::base_path;
use codegen::json_schema::json_schema;
use codegen::pipeline::Input;
use codegen::sources::Specs;
use serde_json::{Map, Value, json};
use workspace::root;

/// Arguments of `document`.
#[derive(clap::Args)]
pub struct DocumentArgs {
    /// One API of specs/sources.toml.
    api: String,
    /// Print the JSON Schema (draft 2020-12) of this type instead, such as `RealmRepresentation`
    #[arg(long, value_name = "TYPE")]
    schema: Option<String>,
}

/// Runs the command on this repository.
pub fn run(args: &DocumentArgs) -> Result<()> {
    let api = Specs::read(&root().join("specs"))?.api(&args.api)?;
    let input = Input::read(&api)?;
    let printed = if let Some(name) = &args.schema {
        json_schema(&input.normalise()?.document, name)?
    } else {
        let mut document = input.corrected()?;
        write_base_path_out(&mut document);
        document
    };
    println!("{}", serde_json::to_string_pretty(&printed)?);
    Ok(())
}

/// Puts the path of the server before every path, as the generated client does, because some tools ignore the servers of a document.
fn write_base_path_out(document: &mut Value) {
    let base = base_path(document);
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        *paths = std::mem::take(paths)
            .into_iter()
            .map(|(path, item)| (format!("{base}{path}"), item))
            .collect::<Map<_, _>>();
        document["servers"] = json!([{"url": "/"}]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_that_are_called() {
        let mut document = json!({"servers": [{"url": "/realms"}], "paths": {"/{realm}/orgs": {}}});
        write_base_path_out(&mut document);
        assert_eq!(
            document,
            json!({"servers": [{"url": "/"}], "paths": {"/realms/{realm}/orgs": {}}})
        );
    }
}
