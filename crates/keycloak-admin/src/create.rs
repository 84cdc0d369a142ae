//! Creating things, also where they may be there already.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::iter;
use keycloak_session::{BoxFuture, Error, ErrorKind, Operation, Request, Session};

use crate::Call;
use crate::find::{Found, id_of};

/// How many calls of a [`Many`] are under way at a time where nothing else is said.
const CONCURRENCY: usize = 16;

/// What was asked for is there: made now, or found.
///
/// ```
/// use keycloak_admin::Ensured;
///
/// let id = Ensured::Created("5c1b".to_owned());
/// assert!(id.is_created());
/// assert_eq!(id.into_inner(), "5c1b");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ensured<T> {
    /// It was not there and has been made.
    Created(T),
    /// It was there already, and has been left as it was.
    Existing(T),
}

impl<T> Ensured<T> {
    /// Whether it was made by this call.
    #[must_use]
    pub fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }

    /// What is there, in either case.
    #[must_use]
    pub fn inner(&self) -> &T {
        match self {
            Self::Created(value) | Self::Existing(value) => value,
        }
    }

    /// What is there, in either case.
    #[must_use]
    pub fn into_inner(self) -> T {
        match self {
            Self::Created(value) | Self::Existing(value) => value,
        }
    }
}

/// How to find what a `create` makes, by the name it has for people.
pub(crate) struct NaturalKey {
    /// What the key is called.
    field: &'static str,
    /// What identifies the thing, where that is known beforehand; otherwise the server says so.
    pub(crate) id: Option<String>,
    lookup: Lookup,
    /// A status other than 409 that may mean that the name is taken.
    taken_as: Option<u16>,
    /// The same lookup before anything is created, where the server makes a second one of the same key without a word.
    pub(crate) first_look: Option<Found<String>>,
}

/// The value of a key, and what finds the id of what has exactly this key.
pub(crate) type Sought = (String, Found<String>);

/// Where both are from.
enum Lookup {
    Given(Sought),
    /// They are read from what was asked for once they are needed, which is seldom: for what people create by the thousand.
    Later(Asked, fn(Asked) -> Sought),
}

/// What of a request is kept while it is sent.
pub(crate) struct Asked {
    pub(crate) session: Session,
    /// The first value of the path.
    pub(crate) realm: String,
    pub(crate) body: Option<Bytes>,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Self {
        let (_, realm) = request.path_values().next().unwrap_or_default();
        Self {
            session: request.session().clone(),
            realm: realm.to_owned(),
            body: request.body().cloned(),
        }
    }
}

/// A key in messages: `username "alice"`.
struct Label(&'static str, String);

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.0, self.1)
    }
}

impl NaturalKey {
    /// The key `field` with this value; `find` finds what has it, and `id` is the id of that.
    pub(crate) fn new<T: Send + 'static>(
        field: &'static str,
        value: Option<&str>,
        find: impl FnOnce(&str) -> Found<T>,
        id: fn(T) -> Option<String>,
    ) -> Self {
        let text = value.unwrap_or_default().to_owned();
        Self::with(field, Lookup::Given((text, lookup(value, find, id))))
    }

    /// The key `field` of what is asked for, which `read` reads once it is needed.
    pub(crate) fn read_later(field: &'static str, asked: Asked, read: fn(Asked) -> Sought) -> Self {
        Self::with(field, Lookup::Later(asked, read))
    }

    fn with(field: &'static str, lookup: Lookup) -> Self {
        Self {
            field,
            id: None,
            lookup,
            taken_as: None,
            first_look: None,
        }
    }

    /// The same key where the server may say with this status that the name is taken. It may mean something else as well: then nothing of
    /// that name is there, and the error stands.
    pub(crate) fn taken_as(mut self, status: u16) -> Self {
        self.taken_as = Some(status);
        self
    }

    /// The same key of something that the server makes twice without a word: `exist_ok` looks first then.
    pub(crate) fn unguarded<T: Send + 'static>(
        field: &'static str,
        value: Option<&str>,
        find: impl Fn(&str) -> Found<T>,
        id: fn(T) -> Option<String>,
    ) -> Self {
        Self {
            first_look: Some(lookup(value, &find, id)),
            ..Self::new(field, value, find, id)
        }
    }

    /// The same key of something that is identified by its value, and not by an id that the server makes.
    pub(crate) fn identified_by(mut self, value: Option<&str>) -> Self {
        self.id = value.map(str::to_owned);
        self
    }
}

/// The id of what `find` finds; nothing is looked for where there is no value.
pub(crate) fn lookup<T: Send + 'static>(
    value: Option<&str>,
    find: impl FnOnce(&str) -> Found<T>,
    id: fn(T) -> Option<String>,
) -> Found<String> {
    match value.map(find) {
        Some(found) => id_of(found, id),
        None => Box::pin(async { Ok(None) }),
    }
}

/// A call that creates something; `B` is the generated builder. `.await` sends it and returns the new thing's id.
///
/// Where it exists already, that is an error with [`Error::is_conflict`], unless [`exist_ok`](Self::exist_ok) is set.
#[must_use = "a call does nothing until it is awaited"]
pub struct Create<B> {
    builder: B,
    key: NaturalKey,
}

impl<B: Operation> Create<B> {
    pub(crate) fn new(call: Call<B>, key: NaturalKey) -> Self {
        Self {
            builder: call.into_builder(),
            key,
        }
    }

    /// Takes it for an answer that the thing exists already. It is not changed then.
    ///
    /// The call is made first and what exists is looked up after a conflict (409), so that any number of callers at the same time
    /// all get the same id, and one of them [`Ensured::Created`]. What is found has exactly the name that was
    /// asked for. Where nothing has it, something else is in the way, such as another user's e-mail address: that is an error
    /// with [`Error::is_conflict`].
    ///
    /// Where the answer to the call was lost, the thing is looked up as well: if it is there, it is
    /// [`Ensured::Existing`], whoever has made it. So it is where Keycloak says something else than 409 when two callers create the same at the
    /// same time, as it does for realms and organisations.
    ///
    /// ```no_run
    /// use keycloak_admin::{Ensured, types::UserRepresentation};
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, alice: UserRepresentation) -> Result<(), keycloak_admin::Error> {
    /// match keycloak.realm("acme").users().create(&alice).exist_ok().await? {
    ///     Ensured::Created(id) => println!("made {id}"),
    ///     Ensured::Existing(id) => println!("found {id}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn exist_ok(self) -> CreateOrFind<B> {
        CreateOrFind(self)
    }

    /// Sends it, and ends with what `end` makes of the outcome.
    fn send<T: 'static>(
        self,
        exist_ok: bool,
        end: fn(Ensured<String>) -> T,
    ) -> BoxFuture<'static, Result<T, Error>> {
        let Self { builder, mut key } = self;
        let sent = builder.send();
        Box::pin(async move {
            if exist_ok
                && let Some(first_look) = key.first_look.take()
                && let Some(found) = first_look.await?
            {
                return Ok(end(Ensured::Existing(found)));
            }
            let operation = B::INFO.id();
            let made = match sent.await.map(|response| response.created_id()) {
                Ok(Some(id)) => Ensured::Created(key.id.unwrap_or(id)),
                Ok(None) => Ensured::Created(key.created(operation).await?),
                Err(error) if exist_ok => Ensured::Existing(key.existing(error, operation).await?),
                Err(error) => return Err(error),
            };
            Ok(end(made))
        })
    }
}

impl NaturalKey {
    /// The id of what was created, where the answer has not named it.
    async fn created(self, operation: &'static str) -> Result<String, Error> {
        if let Some(id) = self.id {
            return Ok(id);
        }
        let (value, found) = self.lookup.sought();
        let id = found.await?;
        id.ok_or_else(|| vanished(&Label(self.field, value)).with_operation(operation))
    }

    /// The id of what is there, where this error of the call is about that.
    async fn existing(self, error: Error, operation: &'static str) -> Result<String, Error> {
        let is_conflict = error.is_conflict();
        let may_be_there = is_conflict
            || is_answer_lost(&error)
            || self.taken_as.is_some() && self.taken_as == error.status();
        if !may_be_there {
            return Err(error);
        }
        let (value, found) = self.lookup.sought();
        if is_conflict {
            let label = Label(self.field, value);
            let found = found.await?;
            found.ok_or_else(|| other_conflict(&label, error).with_operation(operation))
        } else {
            found.await.ok().flatten().ok_or(error)
        }
    }
}

impl Lookup {
    fn sought(self) -> Sought {
        match self {
            Self::Given(sought) => sought,
            Self::Later(asked, read) => read(asked),
        }
    }
}

/// The server said that it had made something, gave no id, and has nothing of that name.
fn vanished(label: &Label) -> Error {
    let message = format!("it was created, but nothing with the {label} is there");
    Error::new(ErrorKind::NotFound, message)
}

/// A conflict about something else than the natural key.
fn other_conflict(label: &Label, conflict: Error) -> Error {
    let said = conflict
        .message()
        .unwrap_or("the server answered 409")
        .trim_end_matches('.');
    let message =
        format!("{said}; but nothing with the {label} is there, so something else is in the way");
    Error::new(ErrorKind::Conflict, message).with_source(conflict)
}

/// Whether the server may have done what was asked, and has not said no.
fn is_answer_lost(error: &Error) -> bool {
    error.may_have_been_applied() && matches!(error.status(), None | Some(502..=504))
}

impl<B: Operation> IntoFuture for Create<B> {
    type Output = Result<String, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send(false, Ensured::into_inner)
    }
}

impl<B: fmt::Debug> fmt::Debug for Create<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Create").field(&self.builder).finish()
    }
}

/// A call that creates something unless it exists, made by [`Create::exist_ok`]. `.await` sends it and returns the id, as
/// [`Ensured`].
#[derive(Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct CreateOrFind<B>(Create<B>);

impl<B: Operation> IntoFuture for CreateOrFind<B> {
    type Output = Result<Ensured<String>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.0.send(true, |made| made)
    }
}

/// Many calls, some of them at a time. `.await` makes them all and returns one result for each, in the order
/// of what was given; one that fails does not stop the others.
///
/// `C` is the single call, which is built when its turn comes: the input may be longer than memory.
///
/// ```no_run
/// use keycloak_admin::types::UserRepresentation;
///
/// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
/// let people = (0..1000).map(|n| UserRepresentation {
///     username: Some(format!("user-{n}")),
///     enabled: Some(true),
///     ..Default::default()
/// });
/// let results = keycloak.realm("acme").users().create_many(people).concurrency(16).await;
/// for (n, result) in results.iter().enumerate() {
///     if let Err(error) = result {
///         eprintln!("user-{n}: {error}");
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "calls do nothing until they are awaited"]
pub struct Many<'i, C> {
    calls: Box<dyn Iterator<Item = C> + Send + 'i>,
    concurrency: usize,
}

impl<'i, C> Many<'i, C> {
    /// Many calls of any kind, such as those that delete.
    ///
    /// ```no_run
    /// use keycloak_admin::Many;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, ids: Vec<String>) {
    /// let users = keycloak.realm("acme").users();
    /// let deleted = Many::new(ids.iter().map(|id| users.id(id).delete())).concurrency(8).await;
    /// println!("{} of {}", deleted.iter().filter(|result| result.is_ok()).count(), ids.len());
    /// # }
    /// ```
    pub fn new(calls: impl IntoIterator<Item = C, IntoIter: Send + 'i>) -> Self {
        Self {
            calls: Box::new(calls.into_iter()),
            concurrency: CONCURRENCY,
        }
    }

    /// Sets how many calls may be under way at a time; 16 where it is not set, and 0 counts as 1.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }
}

impl<'i, B: 'i> Many<'i, Create<B>>
where
    B: Operation,
{
    /// Takes it for an answer that a thing exists already, as [`Create::exist_ok`] does.
    pub fn exist_ok(self) -> Many<'i, CreateOrFind<B>> {
        Many {
            calls: Box::new(self.calls.map(Create::exist_ok)),
            concurrency: self.concurrency,
        }
    }
}

impl<'i, C, T> Many<'i, C>
where
    C: IntoFuture<Output = Result<T, Error>, IntoFuture: Send> + 'i,
    T: Send + 'i,
{
    /// The results as they come, in the order of what was given. Dropping it stops it.
    pub fn stream(self) -> Results<'i, T> {
        let calls = iter(self.calls).map(IntoFuture::into_future);
        Results(Box::pin(calls.buffered(self.concurrency)))
    }
}

impl<'i, C, T> IntoFuture for Many<'i, C>
where
    C: IntoFuture<Output = Result<T, Error>, IntoFuture: Send> + 'i,
    T: Send + 'i,
{
    type Output = Vec<Result<T, Error>>;
    type IntoFuture = BoxFuture<'i, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.stream().collect())
    }
}

impl<C> fmt::Debug for Many<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Many")
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

/// The results of many calls: a `Stream` of `Result<T, Error>`, made by [`Many::stream`]. It goes on after an error.
#[must_use = "a stream does nothing until it is polled"]
pub struct Results<'i, T>(Pin<Box<dyn Stream<Item = Result<T, Error>> + Send + 'i>>);

impl<T> Results<'_, T> {
    /// The next result, or `None` after the last.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        self.0.next().await
    }
}

impl<T> Stream for Results<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl<T> fmt::Debug for Results<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").finish_non_exhaustive()
    }
}
