//! Reading YAML as JSON, with the line of each value.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::{Lines, Place};
use crate::error::Problem;

/// Parses YAML. Only `true` and `false` are booleans.
pub(super) fn parse(name: &str, text: &str) -> Result<(Value, Lines), Vec<Problem>> {
    let options = serde_saphyr::options! { strict_booleans: true };
    let node: Spanned<Node> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let line = error.location().map_or(1, |location| location.line());
            let line = usize::try_from(line).unwrap_or(1);
            let place = Place::root(name, Lines::from([(String::new(), line)]));
            vec![Problem::new(Some(&place), "not YAML")]
        })?;
    let mut lines = Lines::new();
    let json = into_json(node, String::new(), &mut lines);
    Ok((json, lines))
}

/// A value with the lines of its items.
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
}

fn into_json(node: Spanned<Node>, pointer: String, lines: &mut Lines) -> Value {
    let line = usize::try_from(node.referenced.line()).unwrap_or(1);
    let json = match node.value {
        Node::Scalar(value) => value,
        Node::List(items) => {
            let items = items.into_iter().enumerate();
            items
                .map(|(index, item)| into_json(item, format!("{pointer}/{index}"), lines))
                .collect()
        }
        Node::Map(entries) => {
            let mut map = Map::new();
            for (name, value) in entries {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                let value = into_json(value, format!("{pointer}/{escaped}"), lines);
                map.insert(name, value);
            }
            Value::Object(map)
        }
    };
    lines.insert(pointer, line);
    json
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
        Ok(Node::Scalar(value.into()))
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

    #[test]
    fn values_keep_their_types_and_lines() {
        let text = "realm: acme\nenabled: true\ndisplayName: \"true\"\nclients:\n  - clientId: app\n    notBefore: 7\n    name: yes\n    secret: ~\n";
        let (json, lines) = parse("a.yaml", text).expect("YAML");
        let client = json!({"clientId": "app", "notBefore": 7, "name": "yes", "secret": null});
        let expected =
            json!({"realm": "acme", "enabled": true, "displayName": "true", "clients": [client]});
        assert_eq!(json, expected);
        let line = |pointer: &str| lines.get(pointer).copied();
        assert_eq!(line("/enabled"), Some(2));
        assert_eq!(line("/clients/0/notBefore"), Some(6));
    }

    #[test]
    fn an_error_names_the_line_and_no_value() {
        let problems = parse("a.yaml", "realm: acme\nclients: [planted\n").expect_err("no YAML");
        let said = format!("{problems:?}");
        assert!(said.contains("a.yaml"), "{said}");
        assert!(!said.contains("planted"), "{said}");
    }
}
