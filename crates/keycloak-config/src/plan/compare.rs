//! Comparing a declared value with the value on the server.

use serde_json::{Map, Value};

use super::Change;
use crate::model::{Facts, MASK, is_masked, remove_masks_in};

/// The differences of an object, and the places of values that could not be compared.
#[derive(Default)]
pub(super) struct Differences {
    pub(super) changes: Vec<Change>,
    pub(super) masked: Vec<String>,
}

/// Compares the declared fields of an object with those on the server.
pub(super) fn differences(
    facts: &Facts,
    desired: &Map<String, Value>,
    actual: &Map<String, Value>,
) -> Differences {
    let mut found = Differences::default();
    for (name, desired) in desired {
        if facts.only_new.contains(&name.as_str()) {
            continue;
        }
        let is_ordered = facts.ordered.contains(&name.as_str());
        let path = vec![name.clone()];
        let mut actual = actual.get(name).cloned();
        if let (true, Value::Array(desired), Some(Value::Array(actual))) =
            (facts.growing.contains(&name.as_str()), desired, &mut actual)
        {
            actual.retain(|actual| {
                let mut desired = desired.iter();
                desired.any(|desired| covers(desired, Some(actual), false))
            });
        }
        found.compare(path, desired, actual.as_ref(), is_ordered);
    }
    found
}

impl Differences {
    fn compare(
        &mut self,
        path: Vec<String>,
        desired: &Value,
        actual: Option<&Value>,
        is_ordered: bool,
    ) {
        if let (Value::Object(desired), Some(Value::Object(actual))) = (desired, actual) {
            for (name, desired) in desired {
                let mut path = path.clone();
                path.push(name.clone());
                self.compare(path, desired, actual.get(name), is_ordered);
            }
            return;
        }
        let mut new = desired.clone();
        let masks = remove_masks_in(&mut new);
        if !is_masked(desired) && !covers(&new, actual, is_ordered) {
            keep_undeclared(&mut new, actual);
            let field = path.join(".");
            self.masked
                .extend(masks.iter().map(|name| format!("{field}.{name}")));
            self.changes.push(Change {
                path,
                old: actual.cloned(),
                new,
            });
        } else if has_mask(desired) || actual.is_some_and(has_mask) {
            self.masked.push(path.join("."));
        }
    }
}

/// Completes the items of a list by the undeclared fields that the items of the same name have on the server.
fn keep_undeclared(list: &mut Value, actual: Option<&Value>) {
    let items = list.as_array_mut().into_iter().flatten();
    for item in items.filter_map(Value::as_object_mut) {
        let Some(name) = item.get("name").filter(|name| name.is_string()) else {
            continue;
        };
        let mut actual = actual.and_then(Value::as_array).into_iter().flatten();
        let there = actual.find(|there| there.get("name") == Some(name));
        if let Some(there) = there.and_then(Value::as_object) {
            complete(item, there);
        }
    }
}

fn complete(fields: &mut Map<String, Value>, there: &Map<String, Value>) {
    for (name, there) in there {
        match (fields.get_mut(name), there) {
            (None, there) => {
                fields.insert(name.clone(), there.clone());
            }
            (Some(Value::Object(fields)), Value::Object(there)) => complete(fields, there),
            _ => {}
        }
    }
}

fn is_mask(value: &Value) -> bool {
    value == MASK
}

pub(super) fn has_mask(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_mask),
        Value::Object(map) => map.values().any(has_mask),
        value => is_mask(value),
    }
}

/// Returns whether the value on the server has all that is declared. A mask on either side is equal to everything.
pub(crate) fn covers(desired: &Value, actual: Option<&Value>, is_ordered: bool) -> bool {
    let Some(actual) = actual.filter(|actual| !actual.is_null()) else {
        return is_blank(desired) || is_mask(desired);
    };
    if is_mask(desired) || is_mask(actual) {
        return true;
    }
    match (desired, actual) {
        (Value::Object(desired), Value::Object(actual)) => desired
            .iter()
            .all(|(name, desired)| covers(desired, actual.get(name), is_ordered)),
        (Value::Array(desired), Value::Array(actual)) => {
            desired.len() == actual.len() && list_covers(desired, actual, is_ordered)
        }
        (Value::String(desired), Value::String(actual)) => {
            desired == actual || json_covers(desired, actual)
        }
        (Value::Number(desired), Value::Number(actual)) => {
            let is_float = desired.is_f64() || actual.is_f64();
            desired == actual || (is_float && desired.as_f64() == actual.as_f64())
        }
        (desired, actual) => desired == actual,
    }
}

/// Returns whether no field has a value.
pub(super) fn is_empty(fields: &Map<String, Value>) -> bool {
    fields.values().all(is_blank)
}

/// Returns whether a value is the same as an absent one.
pub(crate) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        // The text of an empty list, such as the resources of a permission.
        Value::String(text) => text.is_empty() || text == "[]",
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(is_blank),
    }
}

fn list_covers(desired: &[Value], actual: &[Value], is_ordered: bool) -> bool {
    if is_ordered {
        let mut pairs = desired.iter().zip(actual);
        return pairs.all(|(desired, actual)| covers(desired, Some(actual), is_ordered));
    }
    if let (Some(mut desired), Some(mut actual)) = (texts(desired), texts(actual)) {
        desired.sort_unstable();
        actual.sort_unstable();
        if desired == actual {
            return true;
        }
    }
    let mut left: Vec<&Value> = actual.iter().collect();
    desired.iter().all(|desired| {
        let found = left
            .iter()
            .position(|actual| covers(desired, Some(actual), is_ordered));
        found.map(|index| left.swap_remove(index)).is_some()
    })
}

fn texts(list: &[Value]) -> Option<Vec<&str>> {
    list.iter().map(Value::as_str).collect()
}

/// Compares texts that hold JSON, such as the roles of a policy.
fn json_covers(desired: &str, actual: &str) -> bool {
    let parse = |text: &str| {
        let is_json = text.starts_with(['[', '{']);
        is_json.then(|| serde_json::from_str::<Value>(text).ok())?
    };
    match (parse(desired), parse(actual)) {
        (Some(desired), Some(actual)) => covers(&desired, Some(&actual), false),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_declared_value_is_covered_by_one_that_has_more() {
        let covered = [
            (json!([]), None, false),
            (json!(false), None, false),
            (json!({"a": ""}), None, false),
            (json!("[]"), None, false),
            (json!(["b", "a"]), Some(json!(["a", "b"])), false),
            (json!([{"a": 1}]), Some(json!([{"a": 1, "b": 2}])), true),
            (
                json!([{"a": 1}, {"b": 2}]),
                Some(json!([{"b": 2}, {"a": 1, "c": 1}])),
                false,
            ),
            (
                json!("[{\"id\": \"x\"}]"),
                Some(json!("[{\"id\":\"x\",\"required\":false}]")),
                false,
            ),
            (json!("secret"), Some(json!(MASK)), false),
            (json!(MASK), Some(json!("secret")), false),
        ];
        for (desired, actual, is_ordered) in covered {
            assert!(covers(&desired, actual.as_ref(), is_ordered), "{desired}");
        }
        let uncovered = [
            (json!(true), None, false),
            (
                json!(9_007_199_254_740_993_u64),
                Some(json!(9_007_199_254_740_992_u64)),
                false,
            ),
            (json!(["b", "a"]), Some(json!(["a", "b"])), true),
            (json!(["a"]), Some(json!(["a", "b"])), false),
            (json!(["a", "a"]), Some(json!(["a", "b"])), false),
            (json!("a"), Some(json!("[]")), false),
        ];
        for (desired, actual, is_ordered) in uncovered {
            assert!(!covers(&desired, actual.as_ref(), is_ordered), "{desired}");
        }
    }
}
