//! Reading YAML as JSON, with the line of each value.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::{Location, Spanned};

use super::{Document, Lines, Place};
use crate::error::Problem;

/// Parses the documents of YAML. Only `true` and `false` are booleans. A number that JSON would write in another way is a text, such as the version `1.10`.
pub(super) fn parse(name: &str, text: &str) -> Result<Vec<Document>, Vec<Problem>> {
    let options = serde_saphyr::options! { strict_booleans: true };
    let nodes: Vec<Spanned<Node>> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| {
            let line = error.location().map_or(1, |location| location.line());
            let line = usize::try_from(line).unwrap_or(1);
            let place = Place::root(name, Lines::from([(String::new(), line)]));
            vec![Problem::new(Some(&place), "not YAML")]
        })?;
    let is_json = text.trim_start().starts_with(['{', '[']);
    let documents = nodes.into_iter().map(|node| {
        let mut reader = Reader {
            text,
            lines: Lines::new(),
            unquoted: BTreeSet::new(),
        };
        let json = reader.read(node, String::new());
        if !is_json {
            reader.unquoted.clear();
        }
        Document {
            json,
            lines: reader.lines,
            unquoted: reader.unquoted,
        }
    });
    Ok(documents.collect())
}

/// A value with the lines of its items.
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
}

struct Reader<'t> {
    text: &'t str,
    lines: Lines,
    unquoted: BTreeSet<String>,
}

impl Reader<'_> {
    fn read(&mut self, node: Spanned<Node>, pointer: String) -> Value {
        let line = usize::try_from(node.referenced.line()).unwrap_or(1);
        let json = match node.value {
            Node::Scalar(Value::Number(number)) => match source(&node.defined, self.text) {
                Some(source) if is_plain(source) && source != number.to_string() => source.into(),
                _ => number.into(),
            },
            Node::Scalar(value) => {
                let source = source(&node.defined, self.text);
                if source.is_some_and(|source| source.starts_with("$(") && source.ends_with(')')) {
                    self.unquoted.insert(pointer.clone());
                }
                value
            }
            Node::List(items) => {
                let items = items.into_iter().enumerate();
                items
                    .map(|(index, item)| self.read(item, format!("{pointer}/{index}")))
                    .collect()
            }
            Node::Map(entries) => {
                let mut map = Map::new();
                for (name, value) in entries {
                    let escaped = name.replace('~', "~0").replace('/', "~1");
                    let value = self.read(value, format!("{pointer}/{escaped}"));
                    map.insert(name, value);
                }
                Value::Object(map)
            }
        };
        self.lines.insert(pointer, line);
        json
    }
}

/// Returns the characters of a scalar, with the quotes.
fn source<'t>(location: &Location, text: &'t str) -> Option<&'t str> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    let source = text.get(start..start + length)?.trim();
    (!source.is_empty()).then_some(source)
}

/// Returns whether these are the characters of a number.
fn is_plain(source: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    source.bytes().all(is_plain)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        let number = serde_json::Number::from_f64(value);
        let number = number.ok_or_else(|| E::custom("not a number"))?;
        Ok(Node::Scalar(number.into()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node::Map(map))
    }
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
        for text in ["a: 1\na: 2\n", "a: *b\n", "a: &a [*a]\n"] {
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
}
