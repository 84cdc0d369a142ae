//! Comparing outputs: without the names of the realms, and without ids, times and secrets that a server makes.

use serde_json::{Deserializer, Map, Value};

/// The most differences of a row that are shown.
const MOST: usize = 4;

/// The name of the realm in the document.
const DEMO: &str = "demorealm";

/// Keycloak has more than 100 types of events. An empty list means all of them, and a `PUT` stores the list that a `GET` has made of it.
const ALL: usize = 100;

/// The earliest time, in seconds. Times in milliseconds are larger.
const EARLIEST: u64 = 1_700_000_000;

/// The realm of a side.
#[derive(Clone, Copy)]
pub struct Realm(pub &'static str);

impl Realm {
    /// Puts the realm into a cell of the document.
    pub fn put_into(self, cell: &str) -> String {
        cell.replace(DEMO, self.0)
    }

    /// Takes the realm out of an output.
    pub fn take_out_of(self, output: &str) -> String {
        output.replace(self.0, DEMO)
    }
}

/// Returns the differences of two outputs: JSON value by value, and other texts line by line.
pub fn differences(one: &str, other: &str) -> Vec<String> {
    let mut found = Vec::new();
    compare("", &parsed(one), &parsed(other), &mut found);
    found.truncate(MOST);
    found
}

/// Returns the values of an output, in a form in which equal ones are equal.
fn parsed(output: &str) -> Value {
    let values: Result<Vec<Value>, _> = Deserializer::from_str(output).into_iter().collect();
    let value = values.map_or_else(|_| output.lines().map(Value::from).collect(), Value::from);
    plain(&value)
}

/// Returns a value with sorted lists, without nulls, and with placeholders for ids, times and secrets.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields = fields.map(|(name, value)| {
                let value = match value {
                    Value::Array(items) if name == "enabledEventTypes" && items.len() >= ALL => {
                        Value::Array(Vec::new())
                    }
                    value => plain(value),
                };
                // The ids of clients are the names of fields of a session.
                let name = if is_uuid(name) {
                    "an id"
                } else {
                    name.as_str()
                };
                (name.to_owned(), value)
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(plain).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        Value::String(text) => plain_text(text).into(),
        Value::Number(number) if number.as_u64() >= Some(EARLIEST) => "a time".into(),
        value => value.clone(),
    }
}

/// Returns a text, or a placeholder for an address, an id, a time or a secret of the server.
fn plain_text(text: &str) -> String {
    let text = &without_ports(text);
    let has = |test: fn(&char) -> bool| text.chars().any(|c| test(&c));
    let is_code = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "+/=_-".contains(c));
    let has_both_cases = has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase);
    // The ids of components in a realm's export, and those of sessions.
    let is_short_id = matches!(text.len(), 22 | 24) && is_code && has_both_cases;
    if is_uuid(text) || is_short_id {
        "an id".to_owned()
    } else if text.len() >= 10 && text.chars().all(|c| c.is_ascii_digit()) {
        "a time".to_owned()
    } else if text.len() >= 32 && is_code && has_both_cases && has(char::is_ascii_digit) {
        "a secret or a key".to_owned()
    } else if let Some((id, rest)) = text.split_once(',').filter(|(id, _)| id.len() == 36) {
        // A line of CSV.
        format!("{},{rest}", plain_text(id))
    } else {
        text.to_owned()
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.chars().filter(|c| *c == '-').count() == 4
}

/// Returns a text without the ports of this machine: with `--reuse`, the servers of the two sides have others.
fn without_ports(text: &str) -> String {
    let mut parts = text.split("//127.0.0.1:");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str("//the server");
        plain.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    plain
}

fn compare(path: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for name in one
                .keys()
                .chain(other.keys().filter(|n| !one.contains_key(*n)))
            {
                let of =
                    |fields: &Map<String, Value>| fields.get(name).cloned().unwrap_or_default();
                compare(&format!("{path}.{name}"), &of(one), &of(other), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                compare(&format!("{path}[{index}]"), one, other, found);
            }
        }
        _ if one == other => {}
        _ => found.push(format!("{path}: {} and {}", short(one), short(other))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let mut cut: String = text.chars().take(300).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::differences;

    #[test]
    fn ids_times_and_secrets_of_a_server_are_no_difference() {
        let one = r#"[{"id": "0ba7a3fd-6fd8-48cd-a60b-2e8fd82d56e2", "at": 1790000000000, "roles": ["a", "b"], "x": null},
                      {"secret": "6zPjXp0AxtT8CeFZb7gkYqN1vUoWm3Rs"}]"#;
        let other = r#"[{"secret": "aaPjXp0AxtT8CeFZb7gkYqN1vUoWm3Rs"},
                        {"id": "1ba7a3fd-6fd8-48cd-a60b-2e8fd82d56e2", "at": 1790000000001, "roles": ["b", "a"]}]"#;
        assert_eq!(differences(one, other), [""; 0]);
        assert_eq!(differences("a\nb\n", "b\na\n"), [""; 0]);
        let one = r#"{"0ba7a3fd-6fd8-48cd-a60b-2e8fd82d56e2": ["ldap://127.0.0.1:1024"]}"#;
        let other = r#"{"1ba7a3fd-6fd8-48cd-a60b-2e8fd82d56e2": ["ldap://127.0.0.1:1025"]}"#;
        assert_eq!(differences(one, other), [""; 0]);
    }

    #[test]
    fn a_difference_has_its_path() {
        let found = differences(r#"{"a": {"b": [1]}}"#, r#"{"a": {"b": [2]}, "c": "d"}"#);
        assert_eq!(found, ["[0].a.b[0]: 1 and 2", "[0].c: null and \"d\""]);
        assert_eq!(differences("{}\n", "").len(), 1);
    }
}
