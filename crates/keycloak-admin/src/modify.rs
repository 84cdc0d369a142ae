//! Reading an object, changing it and writing it back whole.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::time::Duration;

use keycloak_session::{
    ApiCall, BoxFuture, Error, ErrorKind, Operation, OperationInfo, RawResponse, Request, Response,
    merge_change,
};
use serde::Serialize;
use serde_json::Value;

use crate::clients::remove_masked_secrets;
use crate::realms::is_whole;
use crate::removals;
use crate::settings::{CallSettings, call_settings};
use crate::users::set_attributes;

/// The answer to the call that reads an object.
type Reading<T> = BoxFuture<'static, Result<Response<Whole<T>>, Error>>;

/// A change of an object: reads it, changes it, and writes it back whole. Awaiting it makes the two calls. If nothing is changed, nothing is
/// written.
///
/// A field that becomes `None` is removed, and so is a key that is taken out of a map. Keycloak keeps many fields that a PUT leaves out, so each
/// field is written in the form that removes it. If Keycloak cannot remove it, nothing is written. The error then has
/// [`ErrorKind::InvalidRequest`] and names the field. `docs/removals.md` lists the fields of each type.
///
/// A field that the server's PUT ignores keeps its value, and there is no error. `docs/removals.md` names these fields ("not written").
///
/// Fields that the types do not know are kept. A change that another program makes between the two calls is lost, because Keycloak has no way
/// to see it.
///
/// The timeout holds for all of it: reading, changing and writing. If it is over before the object is written, the error has
/// [`ErrorKind::Timeout`] and nothing is written.
#[must_use = "a call does nothing until it is awaited"]
pub struct Modify<'f, T> {
    get: Request,
    put: Request,
    read: fn(Request) -> Reading<T>,
    is_complete: fn(&Value) -> Result<(), Error>,
    complete: fn(&mut Value),
    change: Box<dyn FnOnce(&mut T) + Send + 'f>,
}

impl<'f> Modify<'f, Value> {
    /// Makes the change of an object whose type is not known: one call reads it as JSON, and the other writes it. Both have their path filled in.
    ///
    /// It keeps what the typed changes of realms, clients and users keep, such as the names of a user without attributes.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// use keycloak_admin::{ApiCall as _, Modify};
    ///
    /// let api = keycloak.api();
    /// let get = api.get_events_config().realm("acme").into_request();
    /// let put = api.update_events_config().realm("acme").into_request();
    /// Modify::json(get, put, |config| config["eventsEnabled"] = true.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn json(get: Request, put: Request, change: impl FnOnce(&mut Value) + Send + 'f) -> Self {
        let of_keycloak = put.info().path().starts_with("/admin/");
        let id = put.info().id();
        let modify = Self {
            get,
            put,
            read: |get| Box::pin(get.send::<ReadWhole<Json>>()),
            is_complete: |_| Ok(()),
            complete: |_| {},
            change: Box::new(change),
        };
        match id {
            "update_realm" if of_keycloak => modify.complete_if(is_whole),
            "update_client" if of_keycloak => modify.complete(remove_masked_secrets),
            "update_user" if of_keycloak => modify.complete(set_attributes),
            _ => modify,
        }
    }
}

impl<'f, T: Serialize + Send + 'static> Modify<'f, T> {
    /// Reads the object and changes it, and returns the call that writes it. `None` if nothing is changed.
    pub async fn into_request(self) -> Result<Option<Request>, Error> {
        Ok(match self.change().await? {
            Changed::Nothing(_) => None,
            Changed::Write(put) => Some(*put),
        })
    }

    /// Makes the change of an object that one call reads and another writes.
    pub(crate) fn new<G, P>(get: G, put: P, change: impl FnOnce(&mut T) + Send + 'f) -> Self
    where
        G: ApiCall<Operation: Operation<Output = T>>,
        P: ApiCall,
    {
        Self {
            get: get.into_request(),
            put: put.into_request(),
            read: |get| Box::pin(get.send::<ReadWhole<G::Operation>>()),
            is_complete: |_| Ok(()),
            complete: |_| {},
            change: Box::new(change),
        }
    }

    /// Reads the object once more, with a new token, if the JSON that was read is not complete. If the second answer is not complete either, the
    /// error is returned and nothing is written.
    pub(crate) fn complete_if(mut self, is_complete: fn(&Value) -> Result<(), Error>) -> Self {
        self.is_complete = is_complete;
        self
    }

    /// Completes the JSON before it is written.
    pub(crate) fn complete(mut self, complete: fn(&mut Value)) -> Self {
        self.complete = complete;
        self
    }

    /// Reads the object and changes it. Writes nothing.
    pub(crate) async fn change(self) -> Result<Changed<T>, Error> {
        let Self { get, mut put, .. } = self;
        let deadline = Deadline::start(&get);
        let read = async || -> Result<Whole<T>, Error> {
            let mut get = get.clone();
            deadline.give_rest_to(&mut get)?;
            (self.read)(get).await.map(Response::into_inner)
        };
        let mut object = read().await?;
        if (self.is_complete)(&object.json).is_err() {
            get.session().forget_token();
            object = read().await?;
            (self.is_complete)(&object.json)?;
        }
        if !object.change(put.info(), self.change)? {
            return Ok(Changed::Nothing(object.typed));
        }
        (self.complete)(&mut object.json);
        put.set_json(&object.json);
        deadline.give_rest_to(&mut put)?;
        Ok(Changed::Write(Box::new(put)))
    }
}

impl<'f, T: Serialize + Send + 'static> IntoFuture for Modify<'f, T> {
    type Output = Result<(), Error>;
    type IntoFuture = BoxFuture<'f, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            if let Some(put) = self.into_request().await? {
                put.send_empty().await?;
            }
            Ok(())
        })
    }
}

impl<T> CallSettings for Modify<'_, T> {
    fn configure(mut self, change: &dyn Fn(&mut Request)) -> Self {
        change(&mut self.get);
        change(&mut self.put);
        self
    }
}

call_settings!([T] Modify<'_, T>, "Sets how long reading, changing and writing may take together, instead of the session's timeout.");

impl<T> fmt::Debug for Modify<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Modify")
            .field("get", &self.get)
            .field("put", &self.put)
            .finish_non_exhaustive()
    }
}

/// The result of a change.
pub(crate) enum Changed<T> {
    /// Nothing was changed: the object as it was read.
    Nothing(T),
    /// The call that writes the object.
    Write(Box<Request>),
}

/// The end of the time that all calls of a change share.
struct Deadline {
    started: std::time::Instant,
    timeout: Duration,
}

impl Deadline {
    fn start(call: &Request) -> Self {
        Self {
            started: call.session().clock().now(),
            timeout: call.timeout(),
        }
    }

    /// Gives a call the time that is left.
    fn give_rest_to(&self, call: &mut Request) -> Result<(), Error> {
        let now = call.session().clock().now();
        let rest = self
            .timeout
            .saturating_sub(now.saturating_duration_since(self.started));
        if rest.is_zero() {
            let message = format!(
                "reading and changing did not end within {:?}, so nothing was written",
                self.timeout
            );
            return Err(Error::new(ErrorKind::Timeout, message).with_operation(call.info().id()));
        }
        call.set_timeout(rest);
        Ok(())
    }
}

/// An object as the server sent it, with the fields of a newer release, and its typed form.
pub(crate) struct Whole<T> {
    json: Value,
    typed: T,
}

impl<T: Serialize> Whole<T> {
    /// Changes the typed form and repeats the change in the JSON, as the call that writes it needs it. Returns whether it changed anything.
    fn change(
        &mut self,
        operation: &OperationInfo,
        change: impl FnOnce(&mut T),
    ) -> Result<bool, Error> {
        // The messages of serde may quote values, which may be secret.
        let to_json = |typed: &T| {
            let json = serde_json::to_value(typed);
            let message = "the object cannot be written as JSON";
            json.map_err(|_| Error::new(ErrorKind::Decode, message).with_operation(operation.id()))
        };
        let before = to_json(&self.typed)?;
        change(&mut self.typed);
        let after = to_json(&self.typed)?;
        let changed = before != after;
        let removals = removals::find(operation, &before, &after)?;
        merge_change(&mut self.json, &before, after);
        for removal in removals {
            removal.write(&mut self.json);
        }
        Ok(changed)
    }
}

/// An operation whose answer is decoded as JSON and as its type, both within the limits of the call.
struct ReadWhole<O>(PhantomData<O>);

impl<O: Operation> Operation for ReadWhole<O> {
    type Output = Whole<O::Output>;

    const INFO: &'static OperationInfo = O::INFO;

    fn decode(response: &RawResponse) -> Result<Self::Output, Error> {
        Ok(Whole {
            typed: O::decode(response)?,
            json: response.json()?,
        })
    }
}

/// An answer of unknown type.
enum Json {}

impl Operation for Json {
    type Output = Value;

    // The request has the facts of its call.
    const INFO: &'static OperationInfo = &OperationInfo::new("json", "GET", "/");

    fn decode(response: &RawResponse) -> Result<Value, Error> {
        response.json()
    }
}

#[cfg(test)]
mod tests {
    use keycloak_api::types::UserRepresentation;
    use keycloak_session::{Credentials, Session};
    use serde_json::json;

    use super::*;

    static TEST: OperationInfo = OperationInfo::new("test", "PUT", "/admin/test");

    /// Changes an object as `modify` does. Returns whether it changed anything.
    fn apply(json: &mut Value, change: impl FnOnce(&mut UserRepresentation)) -> bool {
        let mut object = Whole {
            typed: serde_json::from_value(json.clone()).unwrap(),
            json: json.take(),
        };
        let changed = object.change(&TEST, change).unwrap();
        *json = object.json;
        changed
    }

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
        assert!(changed);
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
        assert!(changed);
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
        assert!(changed);
        assert_eq!(whole, json!({"username": "alice", "requiredActions": []}));
    }

    #[test]
    fn a_change_that_changes_nothing_is_seen() {
        let user = json!({"username": "alice", "other": true});
        let mut whole = user.clone();
        let changed = apply(&mut whole, |user: &mut UserRepresentation| {
            user.username = Some("alice".to_owned());
        });
        assert!(!changed);
        assert_eq!(whole, user);
    }

    #[test]
    fn changes_of_json_keep_what_the_typed_ones_keep() {
        static GET: OperationInfo = OperationInfo::new("get", "GET", "/admin/test");
        static PUTS: [OperationInfo; 4] = [
            OperationInfo::new("update_realm", "PUT", "/admin/realms/{realm}"),
            OperationInfo::new("update_client", "PUT", "/admin/clients"),
            OperationInfo::new("update_user", "PUT", "/admin/users"),
            OperationInfo::new("update_user", "PUT", "/another/api"),
        ];
        let session = Session::builder("https://sso.example.com")
            .credentials(Credentials::token("t"))
            .build()
            .unwrap();
        let modify = |put| {
            let [get, put] = [&GET, put].map(|info| Request::new(&session, info));
            Modify::json(get, put, |_| {})
        };
        let completed = PUTS.each_ref().map(|put| {
            let mut object = json!({"secret": "**********", "name": "a"});
            (modify(put).complete)(&mut object);
            object
        });
        let whole = json!({"secret": "**********", "name": "a"});
        let masked = json!({"name": "a"});
        let user = json!({"secret": "**********", "name": "a", "attributes": {}});
        assert_eq!(completed, [whole.clone(), masked, user, whole]);
        let is_complete = |put| (modify(put).is_complete)(&json!({"realm": "a"})).is_ok();
        assert_eq!(PUTS.each_ref().map(is_complete), [false, true, true, true]);
    }
}
