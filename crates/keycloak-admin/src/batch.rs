//! Many calls, several at a time.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, iter};
use keycloak_session::{ApiCall, BoxFuture, Error, Request, RetryPolicy};

use crate::settings::CallSettings;
use crate::{Create, CreateOrFind};

/// The default number of calls of a [`Batch`] that run at a time.
const CONCURRENCY: usize = 16;

/// Many calls, several at a time. Awaiting it makes them all and returns one result for each, in the order of the input. A call that fails
/// does not stop the others.
///
/// `C` is the single call. It is built when its turn comes, so the input may be longer than memory.
///
/// ```no_run
/// use keycloak_admin::types::UserRepresentation;
///
/// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
/// let people = (0..1000).map(|n| UserRepresentation::new().with_username(format!("user-{n}")).with_enabled(true));
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
pub struct Batch<'i, C> {
    calls: Box<dyn Iterator<Item = C> + Send + 'i>,
    concurrency: usize,
}

impl<'i, C: 'i> Batch<'i, C> {
    /// Makes a batch of any calls, such as deletions.
    ///
    /// ```no_run
    /// use keycloak_admin::Batch;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, ids: Vec<String>) {
    /// let realm = keycloak.realm("acme");
    /// let deleted = Batch::new(ids.iter().map(|id| realm.user(id).delete())).concurrency(8).await;
    /// println!("{} of {}", deleted.iter().filter(|result| result.is_ok()).count(), ids.len());
    /// # }
    /// ```
    pub fn new(calls: impl IntoIterator<Item = C, IntoIter: Send + 'i>) -> Self {
        Self {
            calls: Box::new(calls.into_iter()),
            concurrency: CONCURRENCY,
        }
    }

    /// Sets how many calls may run at a time. The default is 16; 0 counts as 1.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    fn map<D>(self, change: impl FnMut(C) -> D + Send + 'i) -> Batch<'i, D> {
        Batch {
            calls: Box::new(self.calls.map(change)),
            concurrency: self.concurrency,
        }
    }
}

impl<'i, C: CallSettings + 'i> Batch<'i, C> {
    /// Sets how long each call may take in all, instead of the session's timeout.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.configure(move |call| call.set_timeout(timeout))
    }

    /// Sets the retry policy of each call, instead of the session's.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.configure(move |call| call.set_retry(policy.clone()))
    }

    /// Sets a header of each call. No log and no `Debug` shows the value.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.configure(move |call| call.set_header(&name, &value))
    }

    /// Sets how many bytes each answer may have, instead of the session's limit.
    pub fn max_body_bytes(self, limit: usize) -> Self {
        self.configure(move |call| call.set_max_body_bytes(limit))
    }

    fn configure(self, change: impl Fn(&mut Request) + Send + 'i) -> Self {
        self.map(move |call| call.configure(&change))
    }
}

impl<'i, C: ApiCall> Batch<'i, Create<C>> {
    /// Treats an existing object as success, as [`Create::exist_ok`] does.
    pub fn exist_ok(self) -> Batch<'i, CreateOrFind<C>> {
        self.map(Create::exist_ok)
    }
}

impl<'i, C, T> Batch<'i, C>
where
    C: IntoFuture<Output = Result<T, Error>, IntoFuture: Send> + 'i,
    T: Send + 'i,
{
    /// Returns the results as they come, in the order of the input. Dropping the stream stops it.
    pub fn stream(self) -> BatchStream<'i, T> {
        let calls = iter(self.calls).map(IntoFuture::into_future);
        BatchStream(calls.buffered(self.concurrency).boxed())
    }
}

impl<'i, C, T> IntoFuture for Batch<'i, C>
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

impl<C> fmt::Debug for Batch<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

/// The results of a batch: a `Stream` of `Result<T, Error>`, from [`Batch::stream`]. It goes on after an error.
#[must_use = "a stream does nothing until it is polled"]
pub struct BatchStream<'i, T>(BoxStream<'i, Result<T, Error>>);

impl<T> BatchStream<'_, T> {
    /// Returns the next result, or `None` after the last.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        self.0.next().await
    }
}

impl<T> Stream for BatchStream<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl<T> fmt::Debug for BatchStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchStream").finish_non_exhaustive()
    }
}
