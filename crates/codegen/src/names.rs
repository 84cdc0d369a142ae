//! `operations.toml`: what each operation is called. It only grows, so that a release never renames a method.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context, Result, bail, ensure};
use heck::ToSnakeCase as _;
use serde_json::{Value, json};

use crate::document::{METHODS, edit_operations, key, operations};

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

    /// The operations of a document that have no name yet, each with one to start from that nothing else has.
    #[must_use]
    pub fn unnamed(&self, document: &Value) -> Vec<(String, String)> {
        let mut taken: HashSet<String> = self.0.values().cloned().collect();
        let unnamed = operations(document).filter(|found| !self.0.contains_key(&found.key()));
        unnamed
            .map(|operation| {
                let upstream = operation.value.get("operationId").and_then(Value::as_str);
                let short = suggest(operation.method, operation.path, upstream);
                let id = if taken.contains(&short) {
                    suggest(operation.method, operation.path, None)
                } else {
                    short
                };
                taken.insert(id.clone());
                (operation.key(), id)
            })
            .collect()
    }

    /// Gives each operation of the document its id, and says in `x-source` whether it stands `upstream` (a set of
    /// "METHOD /path"). An operation without a name is an error that lists all of them with a line to start from.
    pub fn assign(&self, document: &mut Value, upstream: &HashSet<String>) -> Result<usize> {
        let unnamed: Vec<String> = self.unnamed(document).iter().map(line).collect();
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

/// Stands behind a name that an upgrade made up. Whoever has read the name deletes the mark, and with it goes the last chance
/// to change the name: a release asks for it.
const TO_REVIEW: &str = " # to review";

/// The names in the text of `operations.toml` that nobody has reviewed yet: "METHOD /path".
pub fn to_review(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter_map(|line| key_of(line.strip_suffix(TO_REVIEW)?))
}

/// The text of `operations.toml` without the names of these operations.
#[must_use]
pub fn without_names(text: &str, keys: &[String]) -> String {
    text.split_inclusive('\n')
        .filter(|line| key_of(line).is_none_or(|key| !keys.iter().any(|other| other == key)))
        .collect()
}

/// The "METHOD /path" of a line of `operations.toml`.
fn key_of(line: &str) -> Option<&str> {
    line.strip_prefix('"')?.split('"').next()
}

/// The text of `operations.toml` with more names in it, marked as to be reviewed, each where the order of the file wants it: by path,
/// then by method.
pub fn with_names(text: &str, names: &[(String, String)]) -> String {
    let place = |key: &str| {
        let (method, path) = key.split_once(' ').unwrap_or(("", key));
        let method = METHODS
            .iter()
            .position(|known| known.eq_ignore_ascii_case(method));
        (path.to_owned(), method)
    };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for name in names {
        let after =
            |existing: &String| key_of(existing).is_some_and(|key| place(key) > place(&name.0));
        let index = lines.iter().position(after).unwrap_or(lines.len());
        lines.insert(index, line(name) + TO_REVIEW);
    }
    lines.join("\n") + "\n"
}

/// A line of `operations.toml`.
fn line((key, id): &(String, String)) -> String {
    format!("\"{key}\" = \"{id}\"")
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
    fn a_new_name_is_one_that_nothing_else_has() {
        let names = OperationNames::parse("\"GET /a\" = \"list_a\"", "o").unwrap();
        let document = json!({"paths": {
            "/a": {"get": {}},
            "/b/{id}/a": {"get": {"operationId": "B_listA"}},
        }});
        let unnamed = names.unnamed(&document);
        let expected = [("GET /b/{id}/a".to_owned(), "get_b_a".to_owned())];
        assert_eq!(unnamed, expected);
    }

    #[test]
    fn new_names_go_where_the_order_wants_them() {
        let text = "# A remark.\n\n\"GET /a\" = \"list_a\"\n\"DELETE /a\" = \"delete_a\"\n\"GET /c\" = \"list_c\"\n";
        let name = |key: &str, id: &str| (key.to_owned(), id.to_owned());
        let grown = with_names(
            text,
            &[
                name("POST /a", "create_a"),
                name("GET /b", "list_b"),
                name("GET /d", "list_d"),
            ],
        );
        assert_eq!(
            grown,
            "# A remark.\n\n\"GET /a\" = \"list_a\"\n\"POST /a\" = \"create_a\" # to review\n\"DELETE /a\" = \"delete_a\"\n\
             \"GET /b\" = \"list_b\" # to review\n\"GET /c\" = \"list_c\"\n\"GET /d\" = \"list_d\" # to review\n"
        );
        let added: Vec<String> = to_review(&grown).map(str::to_owned).collect();
        assert_eq!(added, ["POST /a", "GET /b", "GET /d"]);
        assert_eq!(without_names(&grown, &added), text);
        OperationNames::parse(&grown, "o").unwrap();
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
