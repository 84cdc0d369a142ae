//! Calls that are sent twice: what `x-idempotent` of an overlay promises.

use keycloak_session::{ApiCall, Operation, Response};
use serde::Serialize;
use serde_json::Value;

use crate::context::{Context, Output};

impl Context {
    /// Sends an idempotent call twice and `read` after each time. It is a failure of the call if the two reads or the two statuses differ,
    /// or if the operation is not marked. Returns the answer of the last read.
    ///
    /// If the first call does not pass, `read` is sent once, so that it is recorded too.
    pub async fn call_twice<C, R>(&self, call: C, read: R) -> Option<Response<Output<R>>>
    where
        C: ApiCall<Operation: Operation<Output: Serialize>>,
        R: ApiCall<Operation: Operation<Output: Serialize>>,
    {
        let first = self.call(call.clone()).await;
        let before = self.call(read.clone()).await;
        let (Some(first), Some(before)) = (first, before) else {
            return None;
        };
        let second = self.call(call).await?;
        let after = self.call(read).await?;
        self.check::<C>(
            first.status() == second.status(),
            "the second call has another status than the first",
        );
        self.check::<C>(
            is_same_state(&*before, &*after),
            "the second call changes something",
        );
        self.repeated::<C>();
        Some(after)
    }
}

/// Returns whether two reads say the same, apart from the order of lists.
pub(crate) fn is_same_state(before: &impl Serialize, after: &impl Serialize) -> bool {
    let state = |value: serde_json::Result<Value>| value.ok().map(in_order);
    let before = state(serde_json::to_value(before));
    before.is_some() && before == state(serde_json::to_value(after))
}

/// The value with the items of each list in one order. Equal items stay, so a thing that is there twice is not the same as once.
fn in_order(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(in_order).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name, in_order(value)))
                    .collect(),
            )
        }
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_same_state;

    #[test]
    fn states_are_compared_without_the_order_of_lists_and_with_every_item() {
        let (a, b) = (json!({"id": "a", "of": [1, 2]}), json!({"id": "b"}));
        let turned = json!({"id": "a", "of": [2, 1]});
        assert!(is_same_state(&json!([a, b]), &json!([b, turned])));
        assert!(!is_same_state(&json!([a, b]), &json!([a])));
        assert!(!is_same_state(&json!([a]), &json!([a, a])));
        assert!(!is_same_state(&json!([a]), &json!([b])));
    }
}
