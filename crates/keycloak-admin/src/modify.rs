//! Reading a thing, changing it and writing it back whole.

use keycloak_session::{Error, ErrorKind, Operation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Call;

/// What the server has, as it stands there: with the fields of a newer release, which the types do not know.
pub(crate) async fn read(read: Call<impl Operation>) -> Result<Value, Error> {
    read.into_builder()
        .into_request()
        .send_json()
        .await
        .map(keycloak_session::Response::into_inner)
}

/// Changes what was read and writes it back. Where `change` changes nothing, nothing is sent.
pub(crate) async fn write_back<T, F>(
    write: Call<impl Operation<Output = ()>>,
    mut whole: Value,
    change: F,
) -> Result<(), Error>
where
    T: Serialize + DeserializeOwned,
    F: FnOnce(&mut T),
{
    let mut write = write.into_builder();
    let operation = write.request().info().id();
    let changed = apply(&mut whole, change).map_err(|error| error.with_operation(operation))?;
    if changed {
        write.request_mut().set_json(&whole);
        write.send().await?;
    }
    Ok(())
}

/// Reads, changes and writes back: what a `modify` is where nothing is special.
pub(crate) async fn modify<T, F>(
    get: Call<impl Operation<Output = T>>,
    put: Call<impl Operation<Output = ()>>,
    change: F,
) -> Result<(), Error>
where
    T: Serialize + DeserializeOwned,
    F: FnOnce(&mut T) + Send,
{
    let whole = read(get).await?;
    write_back(put, whole, change).await
}

/// Puts what `change` does to the typed form into the whole; says whether it did anything.
fn apply<T, F>(whole: &mut Value, change: F) -> Result<bool, Error>
where
    T: Serialize + DeserializeOwned,
    F: FnOnce(&mut T),
{
    // The messages of serde may quote values, which may be secret.
    let fail = |message: &str| Error::new(ErrorKind::Decode, message);
    let mut typed = T::deserialize(&*whole)
        .map_err(|_| fail("what was read has not the shape of its type, so nothing was written"))?;
    let before = serde_json::to_value(&typed)
        .map_err(|_| fail("what was read cannot be written as JSON"))?;
    change(&mut typed);
    let after = serde_json::to_value(&typed)
        .map_err(|_| fail("what was changed cannot be written as JSON"))?;
    let changed = before != after;
    merge(whole, &before, after);
    Ok(changed)
}

/// What tells the things of a list apart, in the order in which it is looked for.
const KEYS: [&str; 5] = ["id", "alias", "clientId", "name", "username"];

/// Repeats in `whole` the step from `before` to `after`. Objects are merged, and so are those of a list that stand for the same
/// thing; everything else is replaced.
fn merge(whole: &mut Value, before: &Value, after: Value) {
    match (whole, before, after) {
        (Value::Object(whole), Value::Object(before), Value::Object(after)) => {
            whole.retain(|name, _| !before.contains_key(name) || after.contains_key(name));
            for (name, value) in after {
                match (whole.get_mut(&name), before.get(&name)) {
                    (Some(whole), Some(before)) => merge(whole, before, value),
                    _ => {
                        whole.insert(name, value);
                    }
                }
            }
        }
        (Value::Array(whole), Value::Array(before), Value::Array(after))
            if whole.len() == before.len() && *before != after =>
        {
            let earlier = std::mem::take(whole);
            whole.extend(after.into_iter().map(|item| {
                let Some(index) = same_thing(before, &item) else {
                    return item;
                };
                let mut merged = earlier[index].clone();
                merge(&mut merged, &before[index], item);
                merged
            }));
        }
        (whole, before, after) if *before != after => *whole = after,
        _ => {}
    }
}

/// Where in a list there is what this is, or was before it was changed.
fn same_thing(before: &[Value], item: &Value) -> Option<usize> {
    let unchanged = before.iter().position(|earlier| earlier == item);
    unchanged.or_else(|| {
        let key = KEYS.into_iter().find(|key| item.get(key).is_some())?;
        before
            .iter()
            .position(|earlier| earlier.get(key) == item.get(key))
    })
}

#[cfg(test)]
mod tests {
    use keycloak_api::types::UserRepresentation;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_touched_stays_also_where_the_type_does_not_know_it() {
        let mut whole = json!({
            "username": "alice",
            "firstName": "Al",
            "lastName": null,
            "attributes": {"locale": ["fr"], "site": ["paris"]},
            "fromANewerRelease": {"deep": [1, 2]},
        });
        let changed = apply(&mut whole, |user: &mut UserRepresentation| {
            user.first_name = None;
            user.email = Some("alice@example.com".to_owned());
            let attributes = user.attributes.as_mut().unwrap();
            attributes.remove("site");
            attributes.insert("team".to_owned(), vec!["blue".to_owned()]);
        });
        assert!(changed.unwrap());
        let expected = json!({
            "username": "alice",
            "email": "alice@example.com",
            "lastName": null,
            "attributes": {"locale": ["fr"], "team": ["blue"]},
            "fromANewerRelease": {"deep": [1, 2]},
        });
        assert_eq!(whole, expected);
    }

    #[test]
    fn what_a_list_holds_keeps_what_the_type_does_not_know() {
        let mut whole = json!({"requiredActions": ["a"], "credentials": [
            {"id": "1", "userLabel": "old", "fromANewerRelease": 1},
            {"id": "2", "fromANewerRelease": 2},
            {"id": "3", "fromANewerRelease": 3},
        ]});
        let changed = apply(&mut whole, |user: &mut UserRepresentation| {
            let credentials = user.credentials.as_mut().unwrap();
            credentials[0].user_label = Some("new".to_owned());
            credentials.remove(1);
            credentials.reverse();
            credentials.push(keycloak_api::types::CredentialRepresentation {
                id: Some("4".to_owned()),
                ..Default::default()
            });
            user.required_actions = Some(vec!["b".to_owned(), "a".to_owned()]);
        });
        assert!(changed.unwrap());
        let expected = json!({"requiredActions": ["b", "a"], "credentials": [
            {"id": "3", "fromANewerRelease": 3},
            {"id": "1", "userLabel": "new", "fromANewerRelease": 1},
            {"id": "4"},
        ]});
        assert_eq!(whole, expected);
    }

    #[test]
    fn empty_and_absent_stay_different() {
        let mut whole = json!({"username": "alice", "requiredActions": ["UPDATE_PASSWORD"]});
        let changed = apply(&mut whole, |user: &mut UserRepresentation| {
            user.required_actions = Some(Vec::new());
        });
        assert!(changed.unwrap());
        assert_eq!(whole, json!({"username": "alice", "requiredActions": []}));
    }

    #[test]
    fn a_change_that_changes_nothing_is_seen() {
        let user = json!({"username": "alice", "other": true});
        let mut whole = user.clone();
        let changed = apply(&mut whole, |user: &mut UserRepresentation| {
            user.username = Some("alice".to_owned());
        });
        assert!(!changed.unwrap());
        assert_eq!(whole, user);
    }

    #[test]
    fn another_shape_is_an_error_that_quotes_nothing() {
        let mut whole = json!({"username": ["hunter2"]});
        let error = apply(&mut whole, |_: &mut UserRepresentation| {}).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
