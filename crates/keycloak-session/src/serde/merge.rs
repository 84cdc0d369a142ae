//! Repeating a change of an object's typed form in the JSON that the server sent.

use std::collections::HashMap;

use serde_json::Value;

/// The fields that tell the objects of a list apart, in the order of preference.
const KEYS: [&str; 5] = ["id", "alias", "clientId", "name", "username"];

/// Repeats in `whole`, the JSON of a server, a change of its typed form from `before` to `after`. So `whole` keeps what the types do not know.
///
/// Objects are merged. So are the objects of a list that stand for the same thing: an equal one, or one with the same `id`, `alias`, `clientId`,
/// `name` or `username`. Everything else is replaced.
///
/// ```
/// use serde_json::json;
///
/// let mut whole = json!({"name": "a", "unknown": 1});
/// keycloak_session::merge_change(&mut whole, &json!({"name": "a"}), json!({"name": "b"}));
/// assert_eq!(whole, json!({"name": "b", "unknown": 1}));
/// ```
pub fn merge_change(whole: &mut Value, before: &Value, after: Value) {
    match (whole, before, after) {
        (Value::Object(whole), Value::Object(before), Value::Object(after)) => {
            whole.retain(|name, _| !before.contains_key(name) || after.contains_key(name));
            for (name, value) in after {
                match (whole.get_mut(&name), before.get(&name)) {
                    (Some(whole), Some(before)) => merge_change(whole, before, value),
                    _ => {
                        whole.insert(name, value);
                    }
                }
            }
        }
        (Value::Array(whole), Value::Array(before), Value::Array(after)) if *before != after => {
            merge_list(whole, before, after);
        }
        (whole, before, after) if *before != after => *whole = after,
        _ => {}
    }
}

/// Merges the items of a list with the items that they were before. A list takes time in proportion to its length.
///
/// The typed form leaves out items that are `null`. They stay in their places, unless the list becomes empty.
fn merge_list(whole: &mut Vec<Value>, before: &[Value], after: Vec<Value>) {
    let mut earlier = std::mem::take(whole);
    let mut nulls = Vec::new();
    if earlier.len() != before.len() {
        nulls = (0..earlier.len())
            .filter(|index| earlier[*index].is_null())
            .collect();
        earlier.retain(|item| !item.is_null());
    }
    if earlier.len() != before.len() || after.is_empty() {
        *whole = after;
        return;
    }
    let pairs = pairs(before, &after);
    let mut nulls = nulls.into_iter().peekable();
    for (mut item, pair) in after.into_iter().zip(pairs) {
        if let Some(index) = pair {
            let after = std::mem::replace(&mut item, earlier[index].take());
            merge_change(&mut item, &before[index], after);
        }
        while nulls.next_if_eq(&whole.len()).is_some() {
            whole.push(Value::Null);
        }
        whole.push(item);
    }
    whole.extend(nulls.map(|_| Value::Null));
}

/// Finds the earlier form of each item of a list. Equal items are paired first, then those with the same key. An earlier item is in one pair at
/// most.
fn pairs(before: &[Value], after: &[Value]) -> Vec<Option<usize>> {
    let mut is_paired = vec![false; before.len()];
    let mut equal = Candidates::default();
    for (index, item) in before.iter().enumerate().rev() {
        equal.add(("", item), index);
    }
    let mut pairs: Vec<_> = after
        .iter()
        .map(|item| equal.take(&("", item), &mut is_paired))
        .collect();

    let mut same = Candidates::default();
    for (index, item) in before.iter().enumerate().rev() {
        if !is_paired[index] {
            let keys = KEYS
                .into_iter()
                .filter_map(|key| Some((key, item.get(key)?)));
            keys.for_each(|key| same.add(key, index));
        }
    }
    for (pair, item) in pairs.iter_mut().zip(after) {
        let key = KEYS.into_iter().find_map(|key| Some((key, item.get(key)?)));
        if let (None, Some(key)) = (*pair, key) {
            *pair = same.take(&key, &mut is_paired);
        }
    }
    pairs
}

/// The indexes of items, by the name of a field and its value. The last one is the first to be taken.
#[derive(Default)]
struct Candidates<'v>(HashMap<(&'static str, &'v Value), Vec<usize>>);

impl<'v> Candidates<'v> {
    fn add(&mut self, key: (&'static str, &'v Value), index: usize) {
        self.0.entry(key).or_default().push(index);
    }

    /// Takes the next index that is in no pair.
    fn take(&mut self, key: &(&'static str, &'v Value), is_paired: &mut [bool]) -> Option<usize> {
        let indexes = self.0.get_mut(key)?;
        while let Some(index) = indexes.pop() {
            if !std::mem::replace(&mut is_paired[index], true) {
                return Some(index);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_items_keep_their_order_and_each_is_used_once() {
        let mut whole = json!([
            {"type": "a", "unknown": 1}, {"type": "a", "unknown": 2}, {"type": "b", "unknown": 3},
        ]);
        let before = json!([{"type": "a"}, {"type": "a"}, {"type": "b"}]);
        merge_change(
            &mut whole,
            &before,
            json!([{"type": "b"}, {"type": "a"}, {"type": "a"}, {"type": "a"}]),
        );
        let expected = json!([
            {"type": "b", "unknown": 3}, {"type": "a", "unknown": 1}, {"type": "a", "unknown": 2}, {"type": "a"},
        ]);
        assert_eq!(whole, expected);
    }

    #[test]
    fn items_that_are_null_stay_in_their_places() {
        let change = |after: Value| {
            let mut whole = json!({"team": [null, "p", null, "q"], "empty": [null]});
            let before = json!({"team": ["p", "q"], "empty": []});
            merge_change(&mut whole, &before, after);
            whole
        };
        assert_eq!(
            change(json!({"team": ["q", "r", "s"], "empty": []})),
            json!({"team": [null, "q", null, "r", "s"], "empty": [null]})
        );
        assert_eq!(
            change(json!({"team": [], "empty": ["a"]})),
            json!({"team": [], "empty": [null, "a"]})
        );
    }

    #[test]
    fn a_changed_copy_does_not_take_the_place_of_what_was_copied() {
        let mut whole =
            json!([{"id": "1", "name": "a", "unknown": 1}, {"name": "b", "unknown": 2}]);
        let before = json!([{"id": "1", "name": "a"}, {"name": "b"}]);
        let after = json!([{"id": "1", "name": "copy"}, {"id": "1", "name": "a"}, {"id": "2", "name": "b"}]);
        merge_change(&mut whole, &before, after);
        let expected = json!([
            {"id": "1", "name": "copy"}, {"id": "1", "name": "a", "unknown": 1}, {"id": "2", "name": "b"},
        ]);
        assert_eq!(whole, expected);
    }

    /// Each item is compared with the few that may be the same. Comparing each with each would take minutes.
    #[test]
    fn every_item_of_a_long_list_finds_its_earlier_form() {
        let list = |label: &str, unknown: bool| {
            let items = (0..60_000).rev().map(|n| {
                let mut item = json!({"id": n.to_string(), "name": label});
                if unknown {
                    item["unknown"] = n.into();
                }
                item
            });
            Value::Array(items.collect())
        };
        let mut whole = list("old", true);
        merge_change(&mut whole, &list("old", false), list("new", false));
        assert_eq!(whole, list("new", true));
    }
}
