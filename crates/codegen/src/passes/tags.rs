//! Every operation gets exactly one tag, which becomes its file. An untagged operation takes the tag that the
//! document's `x-tags` (a list of `{prefix, tag}`, set by the overlay) gives to the longest matching path prefix,
//! else that of the tagged operation whose path shares most segments with its own.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::Pass;
use crate::document::{edit_operations, key, operations};

pub const PASS: Pass = Pass {
    name: "tags",
    about: "each operation has exactly one tag",
    run,
};

fn run(document: &mut Value) -> Result<usize> {
    let prefixes: Vec<(String, String)> = document
        .get("x-tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.get("prefix")?.as_str()?.to_owned(),
                entry.get("tag")?.as_str()?.to_owned(),
            ))
        })
        .collect();
    let tagged: Vec<(String, String)> = operations(document)
        .filter_map(|operation| {
            let tag = operation.value.pointer("/tags/0")?.as_str()?;
            Some((operation.path.to_owned(), tag.to_owned()))
        })
        .collect();
    let mut without = Vec::new();
    let changed = edit_operations(document, |path, method, operation| {
        let tags = operation.get("tags").and_then(Value::as_array);
        let tag = match tags.and_then(|tags| tags.first()?.as_str()) {
            Some(_) if tags.is_some_and(|tags| tags.len() == 1) => return 0,
            Some(first) => first.to_owned(),
            None => {
                let found = from_prefix(path, &prefixes).or_else(|| from_neighbour(path, &tagged));
                let Some(tag) = found else {
                    without.push(key(method, path));
                    return 0;
                };
                tag.to_owned()
            }
        };
        operation.insert("tags".to_owned(), json!([tag]));
        1
    });
    ensure!(
        without.is_empty(),
        "no tag can be found for {}; give their path a tag in the overlay's x-tags",
        without.join(", ")
    );
    Ok(changed)
}

fn from_prefix<'a>(path: &str, prefixes: &'a [(String, String)]) -> Option<&'a str> {
    prefixes
        .iter()
        .filter(|(prefix, _)| {
            path.strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|(prefix, _)| prefix.len())
        .map(|(_, tag)| tag.as_str())
}

fn from_neighbour<'a>(path: &str, tagged: &'a [(String, String)]) -> Option<&'a str> {
    let shared = |other: &str| {
        path.split('/')
            .zip(other.split('/'))
            .take_while(|(a, b)| a == b)
            .count()
    };
    // The first of equals, in the order of the document.
    tagged
        .iter()
        .rev()
        .max_by_key(|(other, _)| shared(other))
        .map(|(_, tag)| tag.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;

    fn tag(document: &Value, path: &str) -> Value {
        document["paths"][path]["get"]["tags"].clone()
    }

    #[test]
    fn each_operation_ends_with_one_tag() {
        let (document, changed) = after(
            &PASS,
            json!({
                "x-tags": [{"prefix": "/a/authz", "tag": "Authorization"}],
                "paths": {
                    "/a": {"get": {"tags": ["A"]}},
                    "/a/x": {"get": {}},
                    "/a/authz/y": {"get": {}},
                    "/b": {"get": {"tags": ["B", "C"]}},
                },
            }),
        );
        assert_eq!(changed, 3);
        assert_eq!(tag(&document, "/a"), json!(["A"]));
        assert_eq!(tag(&document, "/a/x"), json!(["A"]));
        assert_eq!(tag(&document, "/a/authz/y"), json!(["Authorization"]));
        assert_eq!(tag(&document, "/b"), json!(["B"]));
    }

    #[test]
    fn a_document_without_any_tag_is_an_error_that_names_the_operation() {
        let error = run(&mut json!({"paths": {"/a": {"get": {}}}})).unwrap_err();
        assert!(error.to_string().contains("GET /a"), "{error}");
    }
}
