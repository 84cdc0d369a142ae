//! The differences of two JSON values, as JSON paths such as `$[*].userProfileMetadata`.
//!
//! The elements of an array are not told apart, so that the paths of a list of any length fit on a line. Numbers are
//! equal by value (`1` and `1.0`), and a field that is `null` is the same as an absent one.

use std::collections::BTreeSet;

use serde_json::{Number, Value};

/// The places at which `ours`, which the types made of `sent`, differs from it: fields that are missing or changed, and fields
/// that were not sent.
#[must_use]
pub fn differences(sent: &Value, ours: &Value) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    differ(sent, ours, "$", &mut paths);
    paths
}

/// The parts of `sent` that `read` lacks. `read` may have more: fields that the server adds, further elements of an array
/// in any order.
#[must_use]
pub fn missing(sent: &Value, read: &Value) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    lack(sent, read, "$", &mut paths);
    paths
}

fn differ(sent: &Value, ours: &Value, path: &str, paths: &mut BTreeSet<String>) {
    match (sent, ours) {
        (Value::Object(sent), Value::Object(ours)) => {
            for (name, value) in sent {
                let ours = ours.get(name).unwrap_or(&Value::Null);
                differ(value, ours, &field(path, name), paths);
            }
            let added = |(name, value): &(&String, &Value)| {
                !value.is_null() && !sent.contains_key(name.as_str())
            };
            for (name, _) in ours.iter().filter(added) {
                paths.insert(format!("{} (was not sent)", field(path, name)));
            }
        }
        (Value::Array(sent), Value::Array(ours)) if sent.len() == ours.len() => {
            for (sent, ours) in sent.iter().zip(ours) {
                differ(sent, ours, &format!("{path}[*]"), paths);
            }
        }
        _ if scalars_equal(sent, ours) => {}
        _ => {
            paths.insert(path.to_owned());
        }
    }
}

fn lack(sent: &Value, read: &Value, path: &str, paths: &mut BTreeSet<String>) {
    match (sent, read) {
        (Value::Null, _) => {}
        (Value::Object(sent), Value::Object(read)) => {
            for (name, value) in sent {
                let read = read.get(name).unwrap_or(&Value::Null);
                lack(value, read, &field(path, name), paths);
            }
        }
        (Value::Array(sent), Value::Array(read)) => {
            let path = format!("{path}[*]");
            let is_there = |sent: &Value| read.iter().any(|read| missing(sent, read).is_empty());
            if let ([sent], [read]) = (sent.as_slice(), read.as_slice()) {
                // There is only one it can be, so the path can lead into it.
                lack(sent, read, &path, paths);
            } else if !sent.iter().all(is_there) {
                paths.insert(path);
            }
        }
        _ if scalars_equal(sent, read) => {}
        _ => {
            paths.insert(path.to_owned());
        }
    }
}

fn scalars_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => numbers_equal(a, b),
        _ => a == b,
    }
}

fn numbers_equal(a: &Number, b: &Number) -> bool {
    a == b || ((a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64())
}

/// A name that is not a plain word is quoted, as JSON paths have it.
fn field(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain {
        format!("{path}.{name}")
    } else {
        format!("{path}['{name}']")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{differences, missing};

    fn differing(sent: &Value, ours: &Value) -> Vec<String> {
        differences(sent, ours).into_iter().collect()
    }

    #[test]
    fn what_is_equal_by_value_is_not_lost() {
        let cases = [
            (json!(1), json!(1.0)),
            (json!({"a": null}), json!({})),
            (json!({}), json!({"a": null})),
            (json!([1, {"a": [true]}]), json!([1, {"a": [true]}])),
        ];
        for (sent, ours) in cases {
            assert_eq!(differing(&sent, &ours), [""; 0], "{sent} {ours}");
        }
    }

    #[test]
    fn lost_fields_are_named_by_their_path() {
        let cases = [
            (
                json!([{"a": 1}, {"a": 1, "b": 2}]),
                json!([{"a": 1}, {"a": 1}]),
                vec!["$[*].b"],
            ),
            (json!({"a": "1"}), json!({"a": 1}), vec!["$.a"]),
            (json!({"a": [1]}), json!({"a": []}), vec!["$.a"]),
            (
                json!({"a.b": {"c": 1}}),
                json!({"a.b": {}}),
                vec!["$['a.b'].c"],
            ),
            (json!({}), json!({"a": false}), vec!["$.a (was not sent)"]),
            (json!("x"), json!(null), vec!["$"]),
            (
                json!(9_007_199_254_740_993_i64),
                json!(9_007_199_254_740_992_i64),
                vec!["$"],
            ),
        ];
        for (sent, ours, paths) in cases {
            assert_eq!(differing(&sent, &ours), paths, "{sent} {ours}");
        }
    }

    #[test]
    fn a_second_read_may_have_more() {
        let sent = json!({"name": "a", "tags": ["x", "y"], "nested": [{"k": 1}]});
        let read =
            json!({"id": 7, "name": "a", "tags": ["z", "y", "x"], "nested": [{"k": 1, "v": 2}]});
        assert!(missing(&sent, &read).is_empty());
        let read = json!({"name": "b", "tags": ["y"], "nested": [{"k": 2}]});
        let paths: Vec<_> = missing(&sent, &read).into_iter().collect();
        assert_eq!(paths, ["$.name", "$.nested[*].k", "$.tags[*]"]);
    }
}
