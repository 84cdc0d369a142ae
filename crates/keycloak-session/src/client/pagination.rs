//! Lists that come in pages. All lists follow the same rules:
//!
//! - `first` and `max` are always sent, because the servers' own defaults differ and cut lists short in silence.
//! - The next `first` grows by the number of items received, because some servers cap `max`. So a short page says nothing.
//! - Pages that are requested ahead are taken in the order of the list. After a page that is shorter than requested, they are dropped
//!   and requested anew.
//! - The end is an empty page, or a page without a new item, because some servers ignore `first` and send the same pages forever. Items
//!   without an id are compared by their content.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::{self, BoxStream, FuturesOrdered, StreamExt as _, TryStreamExt};
use serde_json::Value;

use crate::client::operation::Paged;
use crate::client::request::Request;
use crate::error::{Error, ErrorKind};
use crate::time::BoxFuture;

/// The default number of items of a page. Keycloak's own lists have the same default.
const PAGE_SIZE: u32 = 100;

/// The default number of further pages that are requested while a stream waits for one, after its first pages.
const PREFETCH: u32 = 3;

/// The smallest number of items that counts as a server's cap. A page with fewer items lost some of them to a filter.
const SMALLEST_CAP: u64 = 10;

/// The pages of a list, none of them empty: a `Stream` of `Result<Vec<T>, Error>`.
///
/// It ends after the first error. Dropping it stops it, with the pages that are on their way.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T>(Lazy<Vec<T>>);

/// The items of a list, across its pages: a `Stream` of `Result<T, Error>`.
///
/// It ends after the first error. Dropping it stops it, with the pages that are on their way.
///
/// Pages are cut by an offset, as the server cuts them. If rows are removed while the list is read, some of the rows that stay can be missed. If
/// rows are added, no row comes twice.
///
/// ```no_run
/// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
/// let realm = keycloak.realm("acme");
/// let mut users = realm.users().list().enabled(true).stream().page_size(500);
/// while let Some(user) = users.try_next().await? {
///     println!("{:?}", user.username);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<T>(Lazy<T>);

/// A stream that is set up when it is first polled, so that its settings can be changed before.
struct Lazy<T> {
    settings: Settings,
    start: Option<Start<T>>,
    running: BoxStream<'static, Result<T, Error>>,
}

type Start<T> = Box<dyn FnOnce(Settings) -> BoxStream<'static, Result<T, Error>> + Send>;

#[derive(Clone, Copy)]
struct Settings {
    page_size: u32,
    /// `None` for the default, which begins slowly.
    prefetch: Option<u32>,
}

impl<T: Send + 'static> Lazy<T> {
    fn new(
        start: impl FnOnce(Settings) -> BoxStream<'static, Result<T, Error>> + Send + 'static,
    ) -> Self {
        Self {
            settings: Settings {
                page_size: PAGE_SIZE,
                prefetch: None,
            },
            start: Some(Box::new(start)),
            running: stream::empty().boxed(),
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        if let Some(start) = self.start.take() {
            self.running = start(self.settings);
        }
        self.running.poll_next_unpin(cx)
    }
}

/// The pages of a list, from a request with its query.
fn pages<T: Send + 'static>(
    list: List<T>,
    request: Request,
    settings: Settings,
) -> impl Stream<Item = Result<Vec<T>, Error>> + Send {
    stream::try_unfold(
        Pager::new(list, request, settings),
        |mut pager| async move {
            let page = pager.next_page().await?;
            Ok(page.map(|page| (page, pager)))
        },
    )
}

/// The items of a list, from a request with its query.
fn items<T: Send + 'static>(
    list: List<T>,
    request: Request,
    settings: Settings,
) -> BoxStream<'static, Result<T, Error>> {
    let items =
        pages(list, request, settings).map_ok(|page| stream::iter(page.into_iter().map(Ok)));
    items.try_flatten().boxed()
}

/// The parameters of a list's pages, and the functions that read them.
struct List<T> {
    /// The query parameter that says how many items to skip.
    first: &'static str,
    /// The query parameter that says how many items a page may have.
    max: &'static str,
    /// Sends the call of one page and takes the items out of its answer.
    read: fn(Request) -> BoxFuture<'static, Result<Vec<T>, Error>>,
    /// Returns the id of an item.
    key: fn(&T) -> Option<&str>,
    /// Writes an item without an id, to compare it.
    write: fn(&T) -> serde_json::Result<Vec<u8>>,
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

/// The list of an operation.
fn list_of<O: Paged>() -> List<O::Item> {
    List {
        first: O::FIRST,
        max: O::MAX,
        read: |request| {
            Box::pin(async move {
                let response = request.send::<O>().await?;
                Ok(O::items(response.into_inner()))
            })
        },
        key: O::key,
        write: |item| serde_json::to_vec(item),
    }
}

/// A list of JSON values, whose pages are cut by `first` and `max`.
const JSON_LIST: List<Value> = List {
    first: "first",
    max: "max",
    read: |request| {
        Box::pin(async move {
            let response = request.send_json::<Vec<Value>>().await?;
            Ok(response.into_inner())
        })
    },
    key: |item| item["id"].as_str(),
    write: |item| serde_json::to_vec(item),
};

impl<T: Send + 'static> Pages<T> {
    /// Reads the pages of an operation, from a request with its query.
    pub fn new<O: Paged<Item = T>>(request: Request) -> Self {
        Self(Lazy::new(|settings| {
            pages(list_of::<O>(), request, settings).boxed()
        }))
    }
}

impl<T: Send + 'static> Items<T> {
    /// Reads the items of an operation, from a request with its query.
    pub fn new<O: Paged<Item = T>>(request: Request) -> Self {
        Self(Lazy::new(|settings| {
            items(list_of::<O>(), request, settings)
        }))
    }
}

impl Items<Value> {
    /// Reads the items of a call whose type is not known, from a request with its query. The answer is a JSON array, and its pages are cut by the
    /// query parameters `first` and `max`.
    pub fn json(request: Request) -> Self {
        Self(Lazy::new(|settings| items(JSON_LIST, request, settings)))
    }
}

/// Gives a stream its settings, and the methods that need no trait.
macro_rules! list_stream {
    ($Stream:ident of $Item:ty, $next:literal, $all:literal) => {
        impl<T: Send + 'static> $Stream<T> {
            /// Sets how many items each page requests. The default is 100; 0 counts as 1. It has no effect after the stream is polled.
            pub fn page_size(mut self, items: u32) -> Self {
                self.0.settings.page_size = items.max(1);
                self
            }

            /// Sets how many further pages are requested while the stream waits for one. It has no effect after the stream is polled.
            ///
            /// By default the first page is requested alone. One further page is requested with the second page, two with the third, and three
            /// with each page after it. So a caller who takes the first items alone costs one request. 0 requests page by page.
            pub fn prefetch(mut self, pages: u32) -> Self {
                self.0.settings.prefetch = Some(pages);
                self
            }

            #[doc = $next]
            pub async fn try_next(&mut self) -> Result<Option<$Item>, Error> {
                TryStreamExt::try_next(self).await
            }

            #[doc = $all]
            pub async fn try_collect(self) -> Result<Vec<$Item>, Error> {
                TryStreamExt::try_collect(self).await
            }
        }

        impl<T: Send + 'static> Stream for $Stream<T> {
            type Item = Result<$Item, Error>;

            fn poll_next(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                self.0.poll_next(cx)
            }
        }

        /// Nothing in it is ever pinned in place.
        impl<T> Unpin for $Stream<T> {}

        impl<T> fmt::Debug for $Stream<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Stream))
                    .field("page_size", &self.0.settings.page_size)
                    .field("prefetch", &self.0.settings.prefetch)
                    .finish_non_exhaustive()
            }
        }
    };
}

list_stream!(
    Pages of Vec<T>,
    "Returns the next page, or `None` at the end of the list.",
    "Reads all pages."
);
list_stream!(
    Items of T,
    "Returns the next item, or `None` at the end of the list.",
    "Reads all items into one list."
);

/// A position in a list, and the pages that are on their way.
struct Pager<T> {
    list: List<T>,
    request: Request,
    page_size: u64,
    /// The number of pages that are requested at a time: the one that is waited for, and those after it.
    window: usize,
    /// The number of pages by which the window still grows, one after each page. 0 if the caller has set the window.
    growth: usize,
    /// The pages on their way, in the order of the list.
    in_flight: FuturesOrdered<BoxFuture<'static, Result<Page<T>, Error>>>,
    /// The number of items that the pages in flight were asked for.
    requested: u64,
    /// The number of items to skip for the next page that is requested.
    first: u64,
    /// The number of items that may still be given out, if there is a limit.
    remaining: Option<u64>,
    is_first_page: bool,
    /// True if the last page was shorter than requested. Most often the list is at its end then.
    was_short: bool,
    /// The hashes of the keys of all items so far, or of the JSON of items without a key. They take a tenth of the memory of the keys. Two of
    /// 100,000 keys have the same hash once in some billion lists.
    seen: HashSet<u64>,
    hasher: RandomState,
}

/// A page as it came.
struct Page<T> {
    items: Vec<T>,
    /// The number of items that were skipped before it.
    first: u64,
    /// The number of items that it was asked for.
    max: u64,
}

impl<T: Send + 'static> Pager<T> {
    fn new(list: List<T>, request: Request, settings: Settings) -> Self {
        // Keycloak ignores a negative number.
        let number = |name| request.query_value(name)?.parse::<u64>().ok();
        Self {
            page_size: settings.page_size.into(),
            window: settings.prefetch.unwrap_or(0) as usize + 1,
            growth: settings.prefetch.map_or(PREFETCH as usize, |_| 0),
            in_flight: FuturesOrdered::new(),
            requested: 0,
            first: number(list.first).unwrap_or(0),
            remaining: number(list.max),
            is_first_page: true,
            was_short: false,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            list,
            request,
        }
    }

    /// Returns the new items of the next page, or `None` at the end.
    async fn next_page(&mut self) -> Result<Option<Vec<T>>, Error> {
        self.fill_window();
        let Some(page) = self.in_flight.next().await else {
            return Ok(None);
        };
        let page = page?;
        self.requested -= page.max;
        self.advance(&page);

        let mut items = self.new_items(page.items)?;
        if let Some(remaining) = &mut self.remaining {
            // A server may send more than it was asked for.
            items.truncate(usize::try_from(*remaining).unwrap_or(usize::MAX));
            *remaining -= items.len() as u64;
        }
        Ok((!items.is_empty()).then_some(items))
    }

    /// Requests pages until the window is full. It assumes that each page is full.
    fn fill_window(&mut self) {
        let window = if self.was_short { 1 } else { self.window };
        while self.in_flight.len() < window {
            let wanted = self.remaining.map_or(u64::MAX, |remaining| {
                remaining.saturating_sub(self.requested)
            });
            let max = self.page_size.min(wanted);
            if max == 0 {
                return;
            }
            self.in_flight.push_back(self.fetch(self.first, max));
            self.first += max;
            self.requested += max;
        }
    }

    fn fetch(&self, first: u64, max: u64) -> BoxFuture<'static, Result<Page<T>, Error>> {
        let mut request = self.request.clone();
        request.set_query(self.list.first, first);
        request.set_query(self.list.max, max);
        let read = (self.list.read)(request);
        Box::pin(async move {
            let items = read.await?;
            Ok(Page { items, first, max })
        })
    }

    /// Moves on by the items received. If the page is shorter than requested, the next one starts elsewhere, and the pages in flight are
    /// useless.
    fn advance(&mut self, page: &Page<T>) {
        let received = page.items.len() as u64;
        self.was_short = received != page.max;
        if self.was_short {
            self.in_flight = FuturesOrdered::new();
            self.requested = 0;
            self.first = page.first + received;
            // A server that caps its pages caps the first one as well. Pages of this size can be requested ahead.
            let asks_ahead = self.window + self.growth > 1;
            if self.is_first_page && asks_ahead && received >= SMALLEST_CAP {
                self.page_size = self.page_size.min(received);
            }
        }
        self.is_first_page = false;
        if self.growth > 0 {
            self.growth -= 1;
            self.window += 1;
        }
    }

    /// Returns the items of a page without those whose keys came before. Items without a key stay if anything on the page is new, because
    /// equal ones, such as two events of the same moment, can be different items.
    fn new_items(&mut self, mut items: Vec<T>) -> Result<Vec<T>, Error> {
        let mut is_anything_new = false;
        let mut failure = None;
        items.retain(|item| {
            let key = (self.list.key)(item);
            let hash = match key {
                Some(key) => self.hasher.hash_one(key),
                None => match (self.list.write)(item) {
                    Ok(json) => self.hasher.hash_one(json),
                    Err(error) => {
                        failure = Some(error);
                        return false;
                    }
                },
            };
            let is_new = self.seen.insert(hash);
            is_anything_new |= is_new;
            is_new || key.is_none()
        });
        if let Some(error) = failure {
            let message = "a page cannot be compared with those before";
            return Err(Error::new(ErrorKind::Decode, message)
                .with_operation(self.request.info().id())
                .with_source(error));
        }
        if !is_anything_new {
            items.clear();
        }
        Ok(items)
    }
}
