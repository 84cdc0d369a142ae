//! A call that is ready to be sent, to any operation.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::{
    BoxFuture, Error, Items, Operation, Paged, Pages, RawBody, Request, Response, RetryPolicy,
    Sending,
};

/// How many items a page is asked for where nothing else is said: what Keycloak's own lists default to.
const PAGE_SIZE: u32 = 100;

/// One call to an operation, its path and body filled in; `B` is the generated builder. `.await` sends it.
///
/// ```no_run
/// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
/// let users = keycloak.realm("acme").users();
/// let page = users.list().query(|q| q.search("ali").first(0).max(20)).await?; // one request
/// let everybody = users.list().query(|q| q.enabled(true)).try_collect().await?; // as many as it takes
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<B> {
    builder: B,
    page_size: u32,
    prefetch: u32,
}

impl<B: Operation> Call<B> {
    /// A call to the operation of this generated builder.
    #[inline]
    pub fn new(builder: B) -> Self {
        Self {
            builder,
            page_size: PAGE_SIZE,
            prefetch: 0,
        }
    }

    /// The builder, with what has been set.
    #[must_use]
    #[inline]
    pub fn into_builder(self) -> B {
        self.builder
    }

    /// Sets parameters: `configure` gets the generated builder, which has a method for each.
    #[inline]
    pub fn query(mut self, configure: impl FnOnce(B) -> B) -> Self {
        self.builder = configure(self.builder);
        self
    }

    /// Sets the retry policy of this call, instead of the session's.
    #[inline]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.builder.request_mut().set_retry(policy);
        self
    }

    /// Sets how long this call may take in all, instead of the session's timeout; where it reads pages, each of them.
    #[inline]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.builder.request_mut().set_timeout(timeout);
        self
    }

    /// The same call, for its answer as it comes: for media types other than JSON, and for what the types leave out.
    #[inline]
    pub fn raw(self) -> RawCall {
        RawCall {
            request: self.builder.into_request(),
        }
    }

    /// Sends the call and returns status and headers along with the value.
    #[inline]
    pub fn send(self) -> Sending<B::Output> {
        self.builder.send()
    }

    /// Sends the call and takes "not found" (404) for an answer: `None`. That is also the answer where the realm, or what else
    /// the path leads through, does not exist.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn optional(self) -> BoxFuture<'static, Result<Option<B::Output>, Error>> {
        let sent = self.builder.send();
        Box::pin(async move {
            match sent.await {
                Ok(response) => Ok(Some(response.into_inner())),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        })
    }
}

impl<B: Operation> IntoFuture for Call<B> {
    type Output = Result<B::Output, Error>;
    type IntoFuture = Sent<B::Output>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Sent(self.builder.send())
    }
}

/// A [`Call`] that is being awaited: a `Future` of `Result<T, Error>`. Nothing is sent before it is polled.
#[must_use = "a call does nothing until it is awaited"]
pub struct Sent<T>(Sending<T>);

impl<T> Future for Sent<T> {
    type Output = Result<T, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = Pin::new(&mut self.0).poll(cx);
        answer.map_ok(Response::into_inner)
    }
}

impl<T> fmt::Debug for Sent<T> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").finish_non_exhaustive()
    }
}

impl<B: Operation> From<B> for Call<B> {
    #[inline]
    fn from(builder: B) -> Self {
        Self::new(builder)
    }
}

/// Where the answer is one page of a list. Awaiting such a call is one request: without `max` the server sends as many items as it
/// likes, often 100. The methods here read the whole list.
///
/// They page by offset, as the server does: where rows are removed while a list is read, some that stay can be missed; where rows
/// are added, none comes twice.
impl<B: Paged> Call<B> {
    /// Sets how many items a page is asked for; 100 where it is not set, and 0 counts as 1. It has no effect on `.await`.
    #[inline]
    pub fn page_size(mut self, items: u32) -> Self {
        self.page_size = items.max(1);
        self
    }

    /// Sets how many pages are asked for ahead of the one that is waited for; none where it is not set. They are on their way together, and come
    /// in the order of the list. So many pages are held in memory, and at the end of the list so many requests may be made for
    /// nothing. It has no effect on `.await`.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let everybody = keycloak.realm("acme").users().list().prefetch(7).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn prefetch(mut self, pages: u32) -> Self {
        self.prefetch = pages;
        self
    }

    /// The items of all pages, one by one; pages are fetched as they are needed.
    ///
    /// A `first` of the query is where it starts; a `max` of the query is how many items there are at most in all.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let mut users = keycloak.realm("acme").users().list().page_size(500).stream();
    /// while let Some(user) = users.try_next().await? {
    ///     println!("{:?}", user.username);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn stream(self) -> Items<B::Item> {
        Items::new(self.pages())
    }

    /// The pages themselves, none of them empty; otherwise like [`stream`](Self::stream).
    #[inline]
    pub fn pages(self) -> Pages<B::Item> {
        Pages::new(self.builder, self.page_size, self.prefetch)
    }

    /// All items in one list, or the first error. Of a list that may be long, [`stream`](Self::stream) holds one page at a time.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn try_collect(self) -> BoxFuture<'static, Result<Vec<B::Item>, Error>> {
        let mut pages = self.pages();
        Box::pin(async move {
            let mut items = Vec::new();
            while let Some(page) = pages.try_next().await? {
                items.extend(page);
            }
            Ok(items)
        })
    }
}

/// A call whose answer is not decoded. `.await` sends it.
///
/// ```no_run
/// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
/// let workflow = keycloak.api().get_workflow().realm("acme").id("0b7e3f6e");
/// let answer = keycloak.call(workflow).raw().accept("application/yaml").await?;
/// println!("{}", answer.text()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct RawCall {
    request: Request,
}

impl RawCall {
    /// Sets the media type that is asked for, such as `application/yaml`; what the operation has where it is not set.
    #[inline]
    pub fn accept(mut self, media_type: &str) -> Self {
        self.request.set_accept(media_type);
        self
    }
}

impl IntoFuture for RawCall {
    type Output = Result<Response<RawBody>, Error>;
    type IntoFuture = Sending<RawBody>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        self.request.send_raw()
    }
}
