//! Creating things, also where they may be there already.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::iter;
use keycloak_session::{BoxFuture, Ensured, Error, ErrorKind, Operation, Request, Sending};

use crate::Call;
use crate::find::{Found, id_of};

/// How many calls of a [`Many`] are under way at a time where nothing else is said.
const CONCURRENCY: usize = 16;

/// How to find what a `create` makes, by the name it has for people.
pub(crate) struct NaturalKey {
    /// What the key is called.
    field: &'static str,
    value: String,
    /// What finds the id of what has exactly this key.
    found: Found<String>,
    /// What identifies the thing, where that is known beforehand; otherwise the server says so.
    id: Option<String>,
    /// A status other than 409 that may mean that the name is taken.
    taken_as: Option<u16>,
    /// The same lookup before anything is created, where the server makes a second one of the same key without a word.
    first_look: Option<Found<String>>,
}

/// Where it is from. It is small, because it is kept while the call is on its way.
pub(crate) enum Key {
    Known(Box<NaturalKey>),
    /// It is read from the request once it is needed, which is seldom: for what people create by the thousand.
    OfRequest(fn(&Request) -> NaturalKey),
}

impl Key {
    fn read(self, request: &Request) -> NaturalKey {
        match self {
            Self::Known(key) => *key,
            Self::OfRequest(read) => read(request),
        }
    }

    /// What identifies the thing, where that is known beforehand.
    fn id(self) -> Option<String> {
        match self {
            Self::Known(key) => key.id,
            Self::OfRequest(_) => None,
        }
    }
}

impl From<NaturalKey> for Key {
    fn from(key: NaturalKey) -> Self {
        Self::Known(Box::new(key))
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
        Self {
            field,
            value: value.unwrap_or_default().to_owned(),
            found: lookup(value, find, id),
            id: None,
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
fn lookup<T: Send + 'static>(
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
    key: Key,
}

impl<B: Operation> Create<B> {
    pub(crate) fn new(call: Call<B>, key: impl Into<Key>) -> Self {
        Self {
            builder: call.into_builder(),
            key: key.into(),
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
    #[inline]
    pub fn exist_ok(self) -> CreateOrFind<B> {
        CreateOrFind(self)
    }

    fn make(self, exist_ok: bool) -> Making {
        Making::begin(self.builder.into_request(), self.key, exist_ok)
    }
}

/// Something that is being created. Not generic, so that it is compiled once; and one box in all where nothing has to be looked up.
enum Making {
    Sent {
        sent: Sending<()>,
        /// There until the answer is.
        key: Option<Key>,
        exist_ok: bool,
    },
    Looking(BoxFuture<'static, Result<Ensured<String>, Error>>),
}

impl Making {
    fn begin(request: Request, mut key: Key, exist_ok: bool) -> Self {
        if exist_ok
            && let Key::Known(known) = &mut key
            && let Some(first_look) = known.first_look.take()
        {
            return Self::Looking(Box::pin(async move {
                match first_look.await? {
                    Some(found) => Ok(Ensured::Existing(found)),
                    None => Self::send(request, key, exist_ok).await,
                }
            }));
        }
        Self::send(request, key, exist_ok)
    }

    fn send(request: Request, key: Key, exist_ok: bool) -> Self {
        Self::Sent {
            sent: request.send_empty(),
            key: Some(key),
            exist_ok,
        }
    }
}

impl Future for Making {
    type Output = Result<Ensured<String>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (request, made, key, exist_ok) = match &mut *self {
            Self::Looking(found) => return found.as_mut().poll(cx),
            Self::Sent {
                sent,
                key,
                exist_ok,
            } => {
                let (request, made) = ready!(sent.poll_and_keep(cx));
                let Some(key) = key.take() else {
                    unreachable!("the call ends once");
                };
                (request, made, key, *exist_ok)
            }
        };
        let looked_up: BoxFuture<'static, _> = match made.map(|response| response.created_id()) {
            Ok(Some(id)) => return Poll::Ready(Ok(Ensured::Created(key.id().unwrap_or(id)))),
            Ok(None) => Box::pin(key.read(&request).created(request)),
            Err(error) if exist_ok => Box::pin(key.read(&request).existing(request, error)),
            Err(error) => return Poll::Ready(Err(error)),
        };
        *self = Self::Looking(looked_up);
        self.poll(cx)
    }
}

impl NaturalKey {
    /// What was created, where the answer has not named its id.
    async fn created(self, request: Request) -> Result<Ensured<String>, Error> {
        if let Some(id) = self.id {
            return Ok(Ensured::Created(id));
        }
        let id = self.found.await?.ok_or_else(|| {
            let label = Label(self.field, self.value);
            vanished(&label).with_operation(request.info().id())
        })?;
        Ok(Ensured::Created(id))
    }

    /// What is there, where this error of the call is about that.
    async fn existing(self, request: Request, error: Error) -> Result<Ensured<String>, Error> {
        let is_conflict = error.is_conflict();
        let may_be_there = is_conflict
            || is_answer_lost(&error)
            || self.taken_as.is_some() && self.taken_as == error.status();
        if !may_be_there {
            return Err(error);
        }
        let id = if is_conflict {
            let label = Label(self.field, self.value);
            let conflict = || other_conflict(&label, error).with_operation(request.info().id());
            self.found.await?.ok_or_else(conflict)
        } else {
            self.found.await.ok().flatten().ok_or(error)
        };
        id.map(Ensured::Existing)
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
    type IntoFuture = Creating;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Creating(self.make(false))
    }
}

/// A [`Create`] that is being awaited: a `Future` of the new thing's id. Nothing is sent before it is polled.
#[must_use = "a call does nothing until it is awaited"]
pub struct Creating(Making);

impl Future for Creating {
    type Output = Result<String, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let made = Pin::new(&mut self.0).poll(cx);
        made.map_ok(Ensured::into_inner)
    }
}

impl fmt::Debug for Creating {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Creating").finish_non_exhaustive()
    }
}

impl<B: fmt::Debug> fmt::Debug for Create<B> {
    #[inline]
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
    type IntoFuture = Ensuring;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Ensuring(self.0.make(true))
    }
}

/// A [`CreateOrFind`] that is being awaited: a `Future` of the id, as [`Ensured`]. Nothing is sent before it is polled.
#[must_use = "a call does nothing until it is awaited"]
pub struct Ensuring(Making);

impl Future for Ensuring {
    type Output = Result<Ensured<String>, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl fmt::Debug for Ensuring {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ensuring").finish_non_exhaustive()
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
    #[inline]
    pub fn new(calls: impl IntoIterator<Item = C, IntoIter: Send + 'i>) -> Self {
        Self {
            calls: Box::new(calls.into_iter()),
            concurrency: CONCURRENCY,
        }
    }

    /// Sets how many calls may be under way at a time; 16 where it is not set, and 0 counts as 1.
    #[inline]
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
    #[inline]
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
    #[inline]
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

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.stream().collect())
    }
}

impl<C> fmt::Debug for Many<'_, C> {
    #[inline]
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
    #[inline]
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        self.0.next().await
    }
}

impl<T> Stream for Results<'_, T> {
    type Item = Result<T, Error>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl<T> fmt::Debug for Results<'_, T> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").finish_non_exhaustive()
    }
}
