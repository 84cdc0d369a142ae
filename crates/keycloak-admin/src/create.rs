//! Creating an object, also if it may exist already.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use keycloak_session::{
    ApiCall, BoxFuture, Ensured, Error, ErrorKind, Operation as _, Request, Response,
};
use percent_encoding::percent_decode_str;

use crate::Realm;
use crate::settings::{CallSettings, call_settings};

/// A call that creates an object; `C` is the generated call. Awaiting it sends it and returns the id of the new object.
///
/// If the object exists already, the error has [`ErrorKind::Conflict`], unless [`exist_ok`](Self::exist_ok) is set.
#[must_use = "a call does nothing until it is awaited"]
pub struct Create<C> {
    call: C,
    key: NaturalKey,
}

impl<C: ApiCall> Create<C> {
    pub(crate) fn new(call: C, key: NaturalKey) -> Self {
        Self { call, key }
    }

    /// Treats an existing object as success and leaves it unchanged.
    ///
    /// The call is made first. After a conflict (409) the object is looked up by its natural key, such as the username. So callers at the same
    /// time get the same id, and one of them gets [`Ensured::Created`]. If no object has the key, another object causes the conflict, such as a user
    /// with the same e-mail address. The error then has [`ErrorKind::Conflict`].
    ///
    /// If the answer to the call was lost, the object is looked up as well. If it exists, the result is [`Ensured::Existing`], even if this call
    /// created it. Each method that returns a `Create` names its natural key.
    ///
    /// ```no_run
    /// use keycloak_admin::{Ensured, types::UserRepresentation};
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, alice: UserRepresentation) -> Result<(), keycloak_admin::Error> {
    /// match keycloak.realm("acme").users().create(&alice).exist_ok().await? {
    ///     Ensured::Created(id) => println!("created {id}"),
    ///     Ensured::Existing(id) => println!("found {id}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn exist_ok(self) -> CreateOrFind<C> {
        CreateOrFind(self)
    }

    /// Sends this JSON text as it is, in place of the representation.
    ///
    /// The natural key and the id are still taken from the representation. [`files::read`](crate::files::read) reads it from the text.
    /// [`exist_ok`](Self::exist_ok) comes after this method.
    pub fn json_text(mut self, json: impl Into<String>) -> Self {
        let request = self.call.request_mut();
        request.set_body("application/json", json.into());
        self
    }

    /// Sends the call and returns the status and the headers with the id.
    pub async fn send(self) -> Result<Response<String>, Error> {
        let request = self.call.into_request();
        let key = self.key.with_options_of(&request);
        let response = request.send_empty().await?;
        let id = key.created_id(&response, C::Operation::INFO.id()).await?;
        Ok(response.map(|()| id))
    }
}

impl<C: ApiCall> IntoFuture for Create<C> {
    type Output = Result<String, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.send().await.map(Response::into_inner) })
    }
}

impl<C: ApiCall> CallSettings for Create<C> {
    fn configure(mut self, change: &dyn Fn(&mut Request)) -> Self {
        change(self.call.request_mut());
        self
    }
}

call_settings!([C: ApiCall] Create<C>);

impl<C: fmt::Debug> fmt::Debug for Create<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Create").field(&self.call).finish()
    }
}

/// A call that creates an object unless it exists, from [`Create::exist_ok`]. Awaiting it sends it and returns the id, as [`Ensured`].
#[derive(Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct CreateOrFind<C>(Create<C>);

impl<C: ApiCall> CreateOrFind<C> {
    async fn ensure(self) -> Result<Ensured<String>, Error> {
        let request = self.0.call.into_request();
        let key = self.0.key.with_options_of(&request);
        if key.check_first
            && let Some(id) = key.find().await?
        {
            return Ok(Ensured::Existing(id));
        }
        let operation = C::Operation::INFO.id();
        match request.send_empty().await {
            Ok(response) => {
                let id = key.created_id(&response, operation).await?;
                Ok(Ensured::Created(id))
            }
            Err(error) => {
                let id = key.existing_id(error, operation).await?;
                Ok(Ensured::Existing(id))
            }
        }
    }
}

impl<C: ApiCall> IntoFuture for CreateOrFind<C> {
    type Output = Result<Ensured<String>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.ensure())
    }
}

impl<C: ApiCall> CallSettings for CreateOrFind<C> {
    fn configure(self, change: &dyn Fn(&mut Request)) -> Self {
        Self(self.0.configure(change))
    }
}

call_settings!([C: ApiCall] CreateOrFind<C>);

/// The pauses between the looks for an object that a faster caller may be creating.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(400),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// Finds the id of the object that has a key, in a realm.
type Lookup =
    Box<dyn Fn(Realm, String) -> BoxFuture<'static, Result<Option<String>, Error>> + Send + Sync>;

/// The name by which people know an object, and the way to find the object by it.
///
/// A function that makes a key is `#[inline]`, so only programs that create such an object compile the search. Without it, this crate took twice as
/// long to build.
pub(crate) struct NaturalKey {
    realm: Realm,
    /// The name of the key, for messages.
    field: &'static str,
    /// `None` if the representation has no such field. Then nothing is found.
    value: Option<String>,
    lookup: Lookup,
    /// The id that the representation asks for.
    wanted_id: Option<String>,
    /// True if the value is the id.
    is_id: bool,
    /// A status other than 409 that may mean that the object exists, and the message that it has then.
    conflict: Option<(u16, Option<&'static str>)>,
    /// True if the server would make a second object with the same key. Then `exist_ok` looks before it creates.
    check_first: bool,
    /// True if the object of a faster caller may not be there yet when the server answers with the other status.
    look_again: bool,
}

impl NaturalKey {
    /// The key `field` with this value. `lookup` returns the id of the object that has exactly this key.
    pub(crate) fn new<F>(
        realm: &Realm,
        field: &'static str,
        value: Option<&str>,
        lookup: impl Fn(Realm, String) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Option<String>, Error>> + Send + 'static,
    {
        Self {
            realm: realm.clone(),
            field,
            value: value.map(str::to_owned),
            lookup: Box::new(move |realm, value| Box::pin(lookup(realm, value))),
            wanted_id: None,
            is_id: false,
            conflict: None,
            check_first: false,
            look_again: false,
        }
    }

    /// Says which id the representation asks for, if it has one.
    ///
    /// Keycloak writes such an id into `Location` as it is, so an id with a slash would come back as its last part.
    pub(crate) fn with_id(mut self, id: Option<&str>) -> Self {
        self.wanted_id = id.map(str::to_owned);
        self
    }

    /// Says that the value of the key identifies the object: it is the id.
    pub(crate) fn identifies(mut self) -> Self {
        self.is_id = true;
        self
    }

    /// Says that the server may answer with this status if the object exists. The status can also have another cause. Then no object is found, and
    /// the caller gets the error.
    pub(crate) fn conflict_status(mut self, status: u16) -> Self {
        self.conflict = Some((status, None));
        self
    }

    /// Like [`conflict_status`](Self::conflict_status), for an answer with this message alone.
    pub(crate) fn conflict_message(mut self, status: u16, message: &'static str) -> Self {
        self.conflict = Some((status, Some(message)));
        self
    }

    /// Says that the server makes a second object with the same key, so `exist_ok` looks before it creates.
    pub(crate) fn check_first(mut self) -> Self {
        self.check_first = true;
        self
    }

    /// Says that the object of a faster caller may not be there yet when the server answers with the other status, so `exist_ok` looks several
    /// times.
    pub(crate) fn look_again(mut self) -> Self {
        self.look_again = true;
        self
    }

    /// Gives the lookup the settings of a call.
    fn with_options_of(mut self, request: &Request) -> Self {
        self.realm = self.realm.with_options_of(request);
        self
    }

    async fn find(&self) -> Result<Option<String>, Error> {
        match &self.value {
            Some(value) => (self.lookup)(self.realm.clone(), value.clone()).await,
            None => Ok(None),
        }
    }

    /// Returns the id of the object that was created.
    async fn created_id(
        self,
        response: &Response<()>,
        operation: &'static str,
    ) -> Result<String, Error> {
        if self.is_id
            && let Some(value) = self.value
        {
            return Ok(value);
        }
        if let Some(id) = &self.wanted_id
            && response
                .location()
                .is_some_and(|location| is_id_of(id, location))
        {
            return Ok(id.clone());
        }
        if let Some(id) = response.created_id() {
            return Ok(id);
        }
        self.find().await?.ok_or_else(|| {
            let message = format!("it was created, but a search for the {self} finds nothing");
            Error::new(ErrorKind::NotFound, message).with_operation(operation)
        })
    }

    /// Returns the id of the object that exists, if this error of the call means that.
    async fn existing_id(self, error: Error, operation: &'static str) -> Result<String, Error> {
        if error.is_conflict() {
            let found = self.find().await?;
            return found.ok_or_else(|| self.other_conflict(error).with_operation(operation));
        }
        let may_be_conflict = self.may_be_conflict(&error);
        if is_answer_lost(&error) || may_be_conflict {
            let found = if may_be_conflict && self.look_again {
                self.find_soon().await
            } else {
                self.find().await
            };
            return found.ok().flatten().ok_or(error);
        }
        Err(error)
    }

    /// Looks for an object that a faster caller may be creating, several times.
    async fn find_soon(&self) -> Result<Option<String>, Error> {
        let clock = self.realm.keycloak().session().clock();
        for pause in PAUSES {
            if let Some(id) = self.find().await? {
                return Ok(Some(id));
            }
            clock.sleep(pause).await;
        }
        self.find().await
    }

    fn may_be_conflict(&self, error: &Error) -> bool {
        self.conflict.is_some_and(|(status, message)| {
            error.status() == Some(status) && (message.is_none() || message == error.message())
        })
    }

    /// Makes the error of a conflict that is not about the natural key.
    fn other_conflict(&self, conflict: Error) -> Error {
        let said = conflict.message().unwrap_or("the server answered 409");
        let message = format!(
            "{}; but a search for the {self} finds nothing, so another object is in the way",
            said.trim_end_matches('.')
        );
        Error::new(ErrorKind::Conflict, message).with_source(conflict)
    }
}

/// The key in messages, such as `username "alice"`.
impl fmt::Display for NaturalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or_default();
        write!(f, "{} {value:?}", self.field)
    }
}

/// Returns whether a location is that of the object with this id. Keycloak escapes only some characters of an id, so both are unescaped first.
fn is_id_of(id: &str, location: &str) -> bool {
    let unescape = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let before = unescape(location);
    let before = before.strip_suffix(&unescape(id));
    before.is_some_and(|before| before.ends_with('/'))
}

/// Returns true if the answer was lost: the server may have created the object, and it has not refused.
fn is_answer_lost(error: &Error) -> bool {
    error.may_have_been_applied() && matches!(error.status(), None | Some(502..=504))
}

/// Sends a call that creates an object and returns the id that the answer names.
pub(crate) async fn created_id<C: ApiCall>(call: C) -> Result<String, Error> {
    let response = call.into_request().send_empty().await?;
    response.created_id().ok_or_else(|| {
        let message = "it was created, but the answer has no id";
        Error::new(ErrorKind::Decode, message).with_operation(C::Operation::INFO.id())
    })
}
