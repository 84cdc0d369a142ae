//! The documents of a realm file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Place;
use super::node::{Content, Node, Position, child, read_json, read_yaml};
use crate::error::Problem;

/// The lines of the values of a file, by their JSON pointers.
pub(crate) type Lines = BTreeMap<String, usize>;

/// A document of a file. It is also the form in which a saved plan keeps it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) json: Value,
    pub(super) lines: Lines,
    /// The pointers of the values such as `$(env:NAME)` that stand in JSON without quotes.
    pub(super) unquoted: BTreeSet<String>,
}

/// Parses JSON, or else YAML, of which JSON is nearly a part. The name of the file decides only about the error.
pub(crate) fn parse(name: &str, text: &str) -> Result<Vec<Document>, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let problem = |pointer: &str, position: Position, message: &str| {
        let lines = Lines::from([(pointer.to_owned(), position.line)]);
        Problem::new(Some(&Place::root(name, lines).at(pointer)), message)
    };
    let nodes = match read_json(text) {
        Ok(node) => vec![node],
        Err(not_json) => read_yaml(text).map_err(|not_yaml| {
            vec![if is_named_json(name) {
                problem("", not_json.position, "not JSON")
            } else {
                problem("", not_yaml.position, "not YAML")
            }]
        })?,
    };
    // Only the last field of a name would count.
    let doubles = nodes.iter().flat_map(Node::doubles);
    let doubles: Vec<Problem> = doubles
        .map(|(pointer, position)| problem(&pointer, position, "the field is there twice"))
        .collect();
    if !doubles.is_empty() {
        return Err(doubles);
    }
    let documents = nodes.into_iter().map(|node| Document::new(node, text));
    Ok(documents.collect())
}

fn is_named_json(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|end| end.eq_ignore_ascii_case("json"))
}

impl Document {
    fn new(node: Node, text: &str) -> Self {
        let mut document = Self {
            json: Value::Null,
            lines: Lines::new(),
            unquoted: BTreeSet::new(),
        };
        document.json = document.add(node, text, String::new());
        if !text.trim_start().starts_with(['{', '[']) {
            document.unquoted.clear();
        }
        document
    }

    /// Returns a value, and keeps its line. A number of YAML that JSON would write in another way is a text, such as the version `1.10`.
    fn add(&mut self, node: Node, text: &str, pointer: String) -> Value {
        let source = node.source(text);
        let line = node.position.line;
        let json = match node.content {
            Content::Scalar(Value::Number(number)) => match source {
                Some(source) if is_plain(source) && source != number.to_string() => source.into(),
                _ => number.into(),
            },
            Content::Scalar(value) => {
                if source.is_some_and(|source| source.starts_with("$(") && source.ends_with(')')) {
                    self.unquoted.insert(pointer.clone());
                }
                value
            }
            Content::List(items) => {
                let items = items.into_iter().enumerate();
                items
                    .map(|(index, item)| self.add(item, text, child(&pointer, index)))
                    .collect()
            }
            Content::Object(fields) => {
                let fields = fields.into_iter().map(|(name, _, node)| {
                    let value = self.add(node, text, child(&pointer, &name));
                    (name, value)
                });
                Value::Object(fields.collect())
            }
        };
        self.lines.insert(pointer, line);
        json
    }
}

/// Returns whether these are the characters of a number.
fn is_plain(source: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    source.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(text: &str) -> (Value, Lines) {
        let mut documents = parse("a.yaml", text).expect("YAML");
        let document = documents.pop().expect("a document");
        assert!(documents.is_empty());
        (document.json, document.lines)
    }

    #[test]
    fn values_keep_their_types_and_lines() {
        let text = "realm: acme\nenabled: true\ndisplayName: \"true\"\nclients:\n  - clientId: app\n    notBefore: 7\n    name: yes\n    secret: ~\n";
        let (json, lines) = one(text);
        let client = json!({"clientId": "app", "notBefore": 7, "name": "yes", "secret": null});
        let expected =
            json!({"realm": "acme", "enabled": true, "displayName": "true", "clients": [client]});
        assert_eq!(json, expected);
        let line = |pointer: &str| lines.get(pointer).copied();
        assert_eq!(line("/enabled"), Some(2));
        assert_eq!(line("/clients/0/notBefore"), Some(6));
    }

    #[test]
    fn a_number_keeps_its_characters_and_a_word_is_no_boolean() {
        let text = "é: 1\nv: 1.10\nphone: +4912\nzip: 01234\nlong: 123456789012345678901234\nhex: 0x1F\nplain: 1.5\nnegative: -7\nno: no\non: on\nx: &a 2.0\ny: *a\n";
        let (json, _) = one(text);
        let expected = json!({"é": 1, "v": "1.10", "phone": "+4912", "zip": "01234", "long": "123456789012345678901234",
            "hex": "0x1F", "plain": 1.5, "negative": -7, "no": "no", "on": "on", "x": 2.0, "y": 2.0});
        assert_eq!(json, expected);
        assert!(parse("a.yaml", "a: .inf\n").is_err());
    }

    #[test]
    fn anchors_and_merge_keys_are_replaced() {
        let text = "a: &a {k: 1, l: 2}\nb: *a\nc: {<<: *a, l: 3}\n";
        let (json, _) = one(text);
        let a = json!({"k": 1, "l": 2});
        assert_eq!(json, json!({"a": a, "b": a, "c": {"k": 1, "l": 3}}));
        for text in [
            "a: 1\na: 2\n",
            "1: a\n\"1\": b\n",
            "a: *b\n",
            "a: &a [*a]\n",
        ] {
            assert!(parse("a.yaml", text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_error_names_the_line_and_no_value() {
        let problems = parse("a.yaml", "realm: acme\nclients: [planted\n");
        let problems = problems.err().expect("no YAML");
        let said = format!("{problems:?}");
        assert!(said.contains("a.yaml"), "{said}");
        assert!(!said.contains("planted"), "{said}");
    }

    #[test]
    fn each_value_has_the_line_that_it_begins_in() {
        let text = "{\n \"a/b\": [1,\n  {\"c\\\"\": \"x\\\\\"}, []],\n\n \"d\"\n:\n true}";
        let (_, lines) = one(text);
        let expected = [
            ("", 1),
            ("/a~1b", 2),
            ("/a~1b/0", 2),
            ("/a~1b/1", 3),
            ("/a~1b/1/c\"", 3),
            ("/a~1b/2", 3),
            ("/d", 7),
        ];
        let expected = expected.map(|(pointer, line)| (pointer.to_owned(), line));
        assert_eq!(lines, Lines::from(expected));
    }
}
