//! Reading an object, changing it and writing it back whole.

use std::fmt;
use std::future::IntoFuture;

use keycloak_session::{ApiCall, BoxFuture, Error, ErrorKind, Operation, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::settings::{CallSettings, call_settings};

/// A change of an object: reads it, changes it, and writes it back whole. Awaiting it makes the two calls. If nothing is changed, nothing is
/// written.
///
/// Fields that the types do not know are kept. A change that another program makes between the two calls is lost, because Keycloak has no way
/// to see it.
#[must_use = "a call does nothing until it is awaited"]
pub struct Modify<'f, T> {
    get: Request,
    put: Request,
    prepare: fn(&mut Value),
    is_complete: fn(&Value) -> Result<(), Error>,
    change: Box<dyn FnOnce(&mut T) + Send + 'f>,
}

impl<'f, T: Serialize + DeserializeOwned + 'f> Modify<'f, T> {
    /// Makes the change of an object that one call reads and another writes.
    pub(crate) fn new<G, P>(get: G, put: P, change: impl FnOnce(&mut T) + Send + 'f) -> Self
    where
        G: ApiCall<Operation: Operation<Output = T>>,
        P: ApiCall,
    {
        Self {
            get: get.into_request(),
            put: put.into_request(),
            prepare: |_| {},
            is_complete: |_| Ok(()),
            change: Box::new(change),
        }
    }

    /// Prepares the JSON that was read, before it is changed.
    pub(crate) fn prepare(mut self, prepare: fn(&mut Value)) -> Self {
        self.prepare = prepare;
        self
    }

    /// Reads the object once more, with a new token, if the JSON that was read is not complete. If the second answer is not complete either, the
    /// error is returned and nothing is written.
    pub(crate) fn complete_if(mut self, is_complete: fn(&Value) -> Result<(), Error>) -> Self {
        self.is_complete = is_complete;
        self
    }

    async fn run(self) -> Result<(), Error> {
        let mut whole = read(self.get.clone()).await?;
        if (self.is_complete)(&whole).is_err() {
            self.get.session().forget_token();
            whole = read(self.get.clone()).await?;
            (self.is_complete)(&whole)?;
        }
        (self.prepare)(&mut whole);
        let operation = self.put.info().id();
        let changed = apply(&mut whole, self.change);
        if changed.map_err(|error| error.with_operation(operation))? {
            let mut put = self.put;
            put.set_json(&whole);
            put.send_empty().await?;
        }
        Ok(())
    }
}

impl<'f, T: Serialize + DeserializeOwned + 'f> IntoFuture for Modify<'f, T> {
    type Output = Result<(), Error>;
    type IntoFuture = BoxFuture<'f, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<T> CallSettings for Modify<'_, T> {
    fn configure(mut self, change: &dyn Fn(&mut Request)) -> Self {
        change(&mut self.get);
        change(&mut self.put);
        self
    }
}

call_settings!([T] Modify<'_, T>);

impl<T> fmt::Debug for Modify<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Modify")
            .field("get", &self.get)
            .field("put", &self.put)
            .finish_non_exhaustive()
    }
}

/// Reads an object as the server sends it, with the fields of a newer release, which the types do not know.
pub(crate) async fn read(request: Request) -> Result<Value, Error> {
    request.send_json().await.map(Response::into_inner)
}

/// Applies a change of the typed form to the whole. Returns whether it changed anything.
pub(crate) fn apply<T, F>(whole: &mut Value, change: F) -> Result<bool, Error>
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

/// The fields that tell the objects of a list apart, in the order of preference.
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
            credentials.push(keycloak_api::types::CredentialRepresentation::new().with_id("4"));
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
