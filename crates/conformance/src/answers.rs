//! Examples of answers. An example has the fields and the kinds of values of an answer, but not its values: text is empty
//! unless it looks like a value of an enum (`CONTROL`), numbers are 0, and a list has one element.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Stands for names that scenarios and servers make up.
const ANY_NAME: &str = "*";

/// The example that stands for an answer with this body.
#[must_use]
pub fn example(body: &[u8]) -> Value {
    match serde_json::from_slice(body) {
        Ok(value) => emptied(value),
        Err(_) if body.is_empty() => Value::Null,
        Err(_) => json!(""),
    }
}

fn emptied(value: Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!(true),
        Value::Number(number) if number.is_f64() => json!(0.5),
        Value::Number(_) => json!(0),
        Value::String(text) if is_enum_value(&text) => json!(text),
        Value::String(_) => json!(""),
        Value::Array(items) => {
            let whole = items.into_iter().map(emptied).reduce(merged);
            Value::Array(whole.into_iter().collect())
        }
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (name, value) in fields {
                let name = if is_made_up(&name) {
                    ANY_NAME.to_owned()
                } else {
                    name
                };
                let value = emptied(value);
                let value = match kept.remove(&name) {
                    Some(other) => merged(other, value),
                    None => value,
                };
                kept.insert(name, value);
            }
            Value::Object(kept)
        }
    }
}

/// No secret is made of capitals alone.
fn is_enum_value(text: &str) -> bool {
    (2..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

/// A name with a number of its own, such as `realms-17-2` or an id.
fn is_made_up(name: &str) -> bool {
    name.split('-')
        .skip(1)
        .any(|part| part.starts_with(|c: char| c.is_ascii_digit()))
}

/// One example for two. Values of an enum are kept side by side: `CONTROL|EXTENSION`.
fn merged(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Object(mut a), Value::Object(b)) => {
            for (name, value) in b {
                let value = match a.remove(&name) {
                    Some(other) => merged(other, value),
                    None => value,
                };
                a.insert(name, value);
            }
            Value::Object(a)
        }
        (Value::Array(a), Value::Array(b)) => {
            let whole = a.into_iter().chain(b).reduce(merged);
            Value::Array(whole.into_iter().collect())
        }
        (Value::String(a), Value::String(b)) => {
            let mut values: Vec<&str> = a.split('|').chain(b.split('|')).collect();
            values.sort_unstable();
            values.dedup();
            // A text that is only sometimes a value of an enum is not one.
            let is_text = values.iter().any(|value| value.is_empty());
            json!(if is_text {
                String::new()
            } else {
                values.join("|")
            })
        }
        (Value::Null, other) => other,
        // Of two kinds one has to do.
        (a, _) => a,
    }
}

/// Adds an example to those of an operation. There is one for each status.
pub fn add(answers: &mut BTreeMap<u16, Value>, status: u16, example: Value) {
    let whole = match answers.remove(&status) {
        Some(other) => merged(other, example),
        None => example,
    };
    answers.insert(status, whole);
}

#[cfg(test)]
mod tests {
    use super::example;
    use serde_json::json;

    #[test]
    fn nothing_that_was_in_an_answer_stays() {
        let body = br#"{"secret": "s3cret", "kinds": [{"type": "CONTROL"}, {"type": "EXTENSION", "n": 7}],
            "users-3-1": {"a": 1}, "users-3-2": {"b": 1.25}, "none": null, "JBSWY3DP": "JBSWY3DP"}"#;
        assert_eq!(
            example(body),
            json!({
                "secret": "",
                "kinds": [{"type": "CONTROL|EXTENSION", "n": 0}],
                "*": {"a": 0, "b": 0.5},
                "none": null,
                "JBSWY3DP": "",
            })
        );
        assert_eq!(example(b"plain text"), json!(""));
        assert_eq!(example(b""), json!(null));
    }
}
