//! The answers of a mock.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use axum::http::HeaderValue;
use keycloak_session::{ApiCall, Operation, OperationInfo, Paged, RawBody, encode_segment};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Received;

/// The answers of a mock, in order: the first request gets the first one, and the last one is repeated.
///
/// ```
/// # mod api {
/// #     use keycloak_session::{Error, Operation, OperationInfo, RawResponse, Session};
/// #     keycloak_session::declare_call!();
/// #     pub struct Client { pub session: Session }
/// #     impl Client { pub fn count_users(&self) -> Call<CountUsers> { Call::new(&self.session) } }
/// #     pub enum CountUsers {}
/// #     impl Operation for CountUsers {
/// #         type Output = i32;
/// #         const INFO: &'static OperationInfo = &OperationInfo::new("count_users", "GET", "/admin/realms/{realm}/users/count");
/// #         fn decode(response: &RawResponse) -> Result<i32, Error> { response.json() }
/// #     }
/// # }
/// # let server = keycloak_mock::MockServer::start();
/// # let client = api::Client { session: server.session() };
/// // Busy the first time, then there are three.
/// server.mock(client.count_users(), |when, then| (when, then.error(503, "busy").ok(3)));
/// ```
#[must_use = "give it back from the closure of the mock"]
pub struct Then<C> {
    answers: Vec<Answer>,
    delay: Duration,
    call: PhantomData<fn() -> C>,
}

impl<C: ApiCall> Then<C> {
    pub(crate) fn new() -> Self {
        Self {
            answers: Vec::new(),
            delay: Duration::ZERO,
            call: PhantomData,
        }
    }

    /// Answers with success and with this value as JSON. The value has the operation's own type, or is a reference to it.
    ///
    /// The API's document names the status. `()` and `None` have no body. `None` is a 204 if the document has this status. If the value is one
    /// field of the answer, such as a count, the answer is the object around it.
    ///
    /// # Panics
    ///
    /// If the value cannot be written as JSON.
    pub fn ok(self, value: impl Borrow<<C::Operation as Operation>::Output>) -> Self
    where
        <C::Operation as Operation>::Output: Serialize,
    {
        let mut value = to_json(info::<C>(), value.borrow());
        if let Some(key) = info::<C>().answer_key() {
            value = json!({ key: value });
        }
        let statuses = info::<C>().success_statuses();
        let has_body = !value.is_null();
        let fits = |status: &&u16| (**status != 204) == has_body;
        let status = statuses.iter().find(fits).or(statuses.first());
        let content = has_body.then_some(Content::Json(value));
        self.push(status.copied().unwrap_or(200), content)
    }

    /// Answers 201 with the address of a new object of this id.
    pub fn created(self, id: &str) -> Self {
        self.push(201, Some(Content::CreatedAt(encode_segment(id))))
    }

    /// Answers with a page of this list, from `first` and `max` of each request. Without them, answers with the whole list.
    ///
    /// # Panics
    ///
    /// If an item cannot be written as JSON.
    pub fn items<T: Serialize>(self, items: impl Borrow<Vec<T>>) -> Self
    where
        C: ApiCall<Operation: Paged<Item = T, Output = Vec<T>>>,
    {
        let items = items.borrow().iter();
        let items = items.map(|item| to_json(info::<C>(), item)).collect();
        self.push(
            200,
            Some(Content::Pages {
                first: C::Operation::FIRST,
                max: C::Operation::MAX,
                items,
            }),
        )
    }

    /// Answers with an error of this status, 400 to 599. The message is in `errorMessage`, as in Keycloak's errors.
    ///
    /// # Panics
    ///
    /// If the status is not from 400 to 599.
    pub fn error(self, status: u16, message: &str) -> Self {
        assert!(
            (400..600).contains(&status),
            "{}: {status} is not the status of an error",
            info::<C>().id()
        );
        self.json(status, json!({ "errorMessage": message }))
    }

    /// Answers with this status and this JSON. The JSON need not have the operation's type.
    ///
    /// # Panics
    ///
    /// If the value cannot be written as JSON, or if the status is not one of HTTP's.
    pub fn json(self, status: u16, value: impl Serialize) -> Self {
        let value = to_json(info::<C>(), &value);
        self.push(status, Some(Content::Json(value)))
    }

    /// Answers with this status and these bytes of this media type.
    ///
    /// # Panics
    ///
    /// If the status is not one of HTTP's, or if a header cannot hold the media type.
    pub fn raw(self, status: u16, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        assert!(
            HeaderValue::try_from(content_type).is_ok(),
            "{}: a header cannot hold the media type",
            info::<C>().id()
        );
        let content = Content::Bytes {
            content_type: content_type.to_owned(),
            bytes: bytes.into(),
        };
        self.push(status, Some(content))
    }

    /// Delays each of the following answers by this time.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub(crate) fn into_answers(self) -> Vec<Answer> {
        assert!(
            !self.answers.is_empty(),
            "{}: the mock has no answer; say one, such as `then.ok(..)`",
            info::<C>().id()
        );
        self.answers
    }

    fn push(mut self, status: u16, content: Option<Content>) -> Self {
        assert!(
            (200..600).contains(&status),
            "{}: {status} is no status that a server ends a call with",
            info::<C>().id()
        );
        self.answers.push(Answer {
            status,
            content,
            delay: self.delay,
        });
        self
    }
}

impl<C: ApiCall<Operation: Operation<Output = RawBody>>> Then<C> {
    /// Answers with success and with these bytes of this media type.
    pub fn bytes(self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let status = info::<C>()
            .success_statuses()
            .first()
            .copied()
            .unwrap_or(200);
        self.raw(status, content_type, bytes)
    }
}

impl<C> fmt::Debug for Then<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses = self.answers.iter().map(|answer| answer.status);
        let statuses: Vec<u16> = statuses.collect();
        f.debug_struct("Then")
            .field("statuses", &statuses)
            .finish_non_exhaustive()
    }
}

/// The facts of the operation that is called.
fn info<C: ApiCall>() -> &'static OperationInfo {
    C::Operation::INFO
}

fn to_json(info: &OperationInfo, value: &impl Serialize) -> Value {
    match serde_json::to_value(value) {
        Ok(value) => value,
        Err(error) => panic!(
            "{}: the answer cannot be written as JSON: {error}",
            info.id()
        ),
    }
}

/// One answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content: Option<Content>,
    pub(crate) delay: Duration,
}

/// The content of an answer beside its status.
#[derive(Clone)]
pub(crate) enum Content {
    Json(Value),
    Bytes {
        content_type: String,
        bytes: Vec<u8>,
    },
    CreatedAt(String),
    Pages {
        first: &'static str,
        max: &'static str,
        items: Vec<Value>,
    },
}

/// The page of a list that a request asks for.
pub(crate) fn page<'a>(
    request: &Received,
    first: &str,
    max: &str,
    items: &'a [Value],
) -> Vec<&'a Value> {
    let number = |name| request.query(name).and_then(|text| text.parse().ok());
    let skipped = number(first).unwrap_or(0);
    let taken = number(max).unwrap_or(usize::MAX);
    items.iter().skip(skipped).take(taken).collect()
}
