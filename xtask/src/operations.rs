//! `operations.toml`: what each operation is called. It only grows, so that a release never renames a method.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context, Result, bail, ensure};
use heck::ToSnakeCase as _;
use serde_json::{Value, json};

use crate::document::{edit_operations, key, operations};

/// `x-source` of an operation that stands in the upstream document.
pub const DOCUMENT: &str = "document";

/// The names of one API: "METHOD /path" to operation id.
#[derive(Debug, Default)]
pub struct OperationNames(BTreeMap<String, String>);

impl OperationNames {
    /// Parses `operations.toml` and checks that its ids are unique and can be Rust names.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let names: BTreeMap<String, String> = toml_edit::de::from_str(text)
            .with_context(|| format!("{name} is not a table of \"METHOD /path\" = \"id\""))?;
        let mut owners: HashMap<&str, &str> = HashMap::new();
        for (key, id) in &names {
            ensure!(
                is_rust_name(id),
                "{name}: `{id}` ({key}) cannot be the name of a Rust method: use snake_case"
            );
            if let Some(other) = owners.insert(id, key)
                && without_parameter_names(other) != without_parameter_names(key)
            {
                bail!("{name}: `{id}` names both {other} and {key}; ids are unique");
            }
        }
        Ok(Self(names))
    }

    /// All names.
    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, id)| (key.as_str(), id.as_str()))
    }

    /// Gives each operation of the document its id, and says in `x-source` whether it stands `upstream` (a set of
    /// "METHOD /path"). An operation without a name is an error that lists all of them with a line to start from.
    pub fn assign(&self, document: &mut Value, upstream: &HashSet<String>) -> Result<usize> {
        let unnamed: Vec<String> = operations(document)
            .filter(|operation| !self.0.contains_key(&operation.key()))
            .map(|operation| {
                let upstream = operation.value.get("operationId").and_then(Value::as_str);
                format!(
                    "\"{}\" = \"{}\"",
                    operation.key(),
                    suggest(operation.method, operation.path, upstream)
                )
            })
            .collect();
        if !unnamed.is_empty() {
            bail!(
                "operations without a name. Add them to operations.toml, mended to read well:\n{}",
                unnamed.join("\n")
            );
        }
        Ok(edit_operations(document, |path, method, operation| {
            let key = key(method, path);
            let source = if upstream.contains(&key) {
                DOCUMENT
            } else {
                "overlay"
            };
            operation.insert("x-source".to_owned(), json!(source));
            let id = &self.0[&key];
            let before = operation.insert("operationId".to_owned(), json!(id));
            usize::from(before.as_ref() != Some(&json!(id)))
        }))
    }
}

/// A first name for an operation: upstream's own (a Java `Class_method` loses its class), else the method with the
/// path's literal segments.
fn suggest(method: &str, path: &str, upstream: Option<&str>) -> String {
    if let Some(id) = upstream {
        return id.rsplit('_').next().unwrap_or(id).to_snake_case();
    }
    let segments = path
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.starts_with('{'));
    std::iter::once(method)
        .chain(segments)
        .collect::<Vec<_>>()
        .join("_")
        .to_snake_case()
}

fn is_rust_name(id: &str) -> bool {
    syn::parse_str::<syn::Ident>(id).is_ok()
        && id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Upstream renames path parameters now and then; such twins are the same operation and share an id.
fn without_parameter_names(key: &str) -> String {
    key.split('/')
        .map(|segment| {
            if segment.starts_with('{') {
                "{}"
            } else {
                segment
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_get_their_ids() {
        let names = OperationNames::parse("\"GET /a\" = \"list_a\"", "o").unwrap();
        let mut document = json!({"paths": {"/a": {"get": {"operationId": "A_getA"}}}});
        assert_eq!(names.assign(&mut document, &HashSet::new()).unwrap(), 1);
        assert_eq!(document["paths"]["/a"]["get"]["operationId"], "list_a");
        assert_eq!(document["paths"]["/a"]["get"]["x-source"], "overlay");
    }

    #[test]
    fn unnamed_operations_are_listed_with_lines_to_start_from() {
        let mut document = json!({"paths": {
            "/a/{id}/big-things": {"get": {}, "post": {"operationId": "ThingResource_createThing"}},
        }});
        let error = OperationNames::default()
            .assign(&mut document, &HashSet::new())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("\"GET /a/{id}/big-things\" = \"get_a_big_things\""),
            "{error}"
        );
        assert!(
            error.contains("\"POST /a/{id}/big-things\" = \"create_thing\""),
            "{error}"
        );
    }

    #[test]
    fn ids_are_unique_but_for_renamed_path_parameters() {
        let twice =
            OperationNames::parse("\"GET /a\" = \"x\"\n\"GET /b\" = \"x\"", "o").unwrap_err();
        assert!(
            twice.to_string().contains("names both GET /a and GET /b"),
            "{twice}"
        );
        OperationNames::parse("\"GET /a/{id}\" = \"x\"\n\"GET /a/{uuid}\" = \"x\"", "o").unwrap();
    }

    #[test]
    fn ids_are_rust_names() {
        for id in ["listUsers", "type", "list-users", "1st", ""] {
            let error = OperationNames::parse(&format!("\"GET /a\" = \"{id}\""), "o").unwrap_err();
            assert!(error.to_string().contains("snake_case"), "{id}: {error}");
        }
    }
}
