//! Lists that come in pages. The rules here are those of all lists:
//!
//! - `first` and `max` are always sent, because the servers' own defaults differ and cut lists short in silence.
//! - The next `first` grows by what was received, not by what was asked for: some servers cap `max`. So a short page says nothing.
//! - Pages that are asked for ahead are taken in the order of the list. Where one is shorter than was thought, those after it are dropped and
//!   asked for anew.
//! - The end is an empty page, or a page that brings nothing new: some servers ignore `first` and send the same page for ever.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;
use futures_util::stream::{FuturesOrdered, StreamExt as _, TryStreamExt, try_unfold};

use crate::{Error, ErrorKind, Paged, Sending};

/// The smallest number of items that is taken for a server's cap; fewer are taken for a page of which something was left out.
const SMALLEST_CAP: u64 = 10;

/// The pages of a list, none of them empty: a `Stream` of `Result<Vec<T>, Error>`, made by [`Call::pages`](crate::Call::pages).
///
/// It ends after the first error. Dropping it stops it, with what is on its way.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T>(Pin<Box<dyn Stream<Item = Result<Vec<T>, Error>> + Send>>);

impl<T: Send + 'static> Pages<T> {
    pub(crate) fn new<B: Paged<Item = T>>(builder: B, page_size: u32, prefetch: u32) -> Self {
        let pager = Pager::new(builder, page_size, prefetch);
        Self(Box::pin(try_unfold(pager, |mut pager| async move {
            let page = pager.next_page().await?;
            Ok(page.map(|page| (page, pager)))
        })))
    }

    /// The next page, or `None` at the end of the list.
    #[inline]
    pub async fn try_next(&mut self) -> Result<Option<Vec<T>>, Error> {
        TryStreamExt::try_next(&mut self.0).await
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Vec<T>, Error>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl<T> fmt::Debug for Pages<T> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

/// The items of a list, across its pages: a `Stream` of `Result<T, Error>`, made by [`Call::stream`](crate::Call::stream).
///
/// It ends after the first error. Dropping it stops it, with what is on its way.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<T> {
    pages: Pages<T>,
    page: vec::IntoIter<T>,
}

/// Nothing in it is ever pinned in place.
impl<T> Unpin for Items<T> {}

impl<T: Send + 'static> Items<T> {
    pub(crate) fn new(pages: Pages<T>) -> Self {
        Self {
            pages,
            page: Vec::new().into_iter(),
        }
    }

    /// The next item, or `None` at the end of the list.
    #[inline]
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        TryStreamExt::try_next(self).await
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T, Error>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.0.as_mut().poll_next(cx)) {
                Some(Ok(page)) => self.page = page.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> fmt::Debug for Items<T> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}

/// Where a list stands.
struct Pager<B: Paged> {
    builder: B,
    page_size: u64,
    /// How many pages are asked for at a time: the one that is waited for, and those after it.
    at_once: usize,
    /// Pages that are on their way, in the order of the list.
    coming: FuturesOrdered<Coming<B::Item>>,
    /// How many items they were asked for in all.
    asked: u64,
    /// How many items to skip for the next page that is asked for.
    first: u64,
    /// How many items may still be given out, where there is a limit.
    left: Option<u64>,
    /// Whether no page has come yet.
    is_start: bool,
    /// Whether the last page was not as long as it was asked for: most often the list is at its end then.
    is_uncertain: bool,
    /// The hashes of the keys of all items so far: a tenth of the memory of the keys. That two of 100,000 keys have one hash
    /// happens once in some billion lists.
    seen: HashSet<u64, BuildHasherDefault<Hashed>>,
    hashes: RandomState,
    /// The last page as it would be sent, where it had items without a key.
    last: Option<Vec<u8>>,
}

/// The hash of a hash is itself.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a hash is a u64, which comes whole");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A page on its way.
struct Coming<T> {
    page: Sending<Vec<T>>,
    first: u64,
    max: u64,
}

impl<T> Future for Coming<T> {
    type Output = Result<Page<T>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.page).poll(cx));
        Poll::Ready(answer.map(|answer| Page {
            items: answer.into_inner(),
            first: self.first,
            max: self.max,
        }))
    }
}

/// A page as it came.
struct Page<T> {
    items: Vec<T>,
    /// How many items were skipped before it.
    first: u64,
    /// How many items it was asked for.
    max: u64,
}

impl<B: Paged> Pager<B> {
    fn new(builder: B, page_size: u32, prefetch: u32) -> Self {
        let request = builder.request();
        // Keycloak reads a negative number as none.
        let number = |name| request.query_value(name)?.parse::<u64>().ok();
        Self {
            page_size: page_size.into(),
            at_once: prefetch as usize + 1,
            coming: FuturesOrdered::new(),
            asked: 0,
            first: number(B::FIRST).unwrap_or(0),
            left: number(B::MAX),
            is_start: true,
            is_uncertain: false,
            seen: HashSet::default(),
            hashes: RandomState::new(),
            last: None,
            builder,
        }
    }

    /// The next page with what it brings that is new; `None` at the end.
    async fn next_page(&mut self) -> Result<Option<Vec<B::Item>>, Error> {
        self.ask();
        let Some(page) = self.coming.next().await else {
            return Ok(None);
        };
        let page = page?;
        self.asked -= page.max;
        self.follow(&page);

        let mut items = page.items;
        if self.is_repeated(&items)? {
            return Ok(None);
        }
        items.retain(|item| {
            B::key(item).is_none_or(|key| self.seen.insert(self.hashes.hash_one(key)))
        });
        if let Some(left) = &mut self.left {
            // A server may send more than it was asked for.
            items.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= items.len() as u64;
        }
        Ok((!items.is_empty()).then_some(items))
    }

    /// Asks for as many pages as may be on their way, as if each were full.
    fn ask(&mut self) {
        let at_once = if self.is_uncertain { 1 } else { self.at_once };
        while self.coming.len() < at_once {
            let wanted = self
                .left
                .map_or(u64::MAX, |left| left.saturating_sub(self.asked));
            let max = self.page_size.min(wanted);
            if max == 0 {
                return;
            }
            let first = self.first;
            let mut builder = self.builder.clone();
            builder.request_mut().set_query(B::FIRST, first);
            builder.request_mut().set_query(B::MAX, max);
            let page = builder.send();
            self.coming.push_back(Coming { page, first, max });
            self.first += max;
            self.asked += max;
        }
    }

    /// Where a page is not as long as it was asked for, the next one begins elsewhere than was thought: what is on its way is of no use.
    fn follow(&mut self, page: &Page<B::Item>) {
        let received = page.items.len() as u64;
        self.is_uncertain = received != page.max;
        if self.is_uncertain {
            self.coming = FuturesOrdered::new();
            self.asked = 0;
            self.first = page.first + received;
            // A server that caps its pages does so from the first on. Asked for what it gives, it can be asked ahead.
            if self.is_start && self.at_once > 1 && received >= SMALLEST_CAP {
                self.page_size = self.page_size.min(received);
            }
        }
        self.is_start = false;
    }

    /// Whether the page has items that nothing tells apart and is the same as the page before.
    fn is_repeated(&mut self, page: &[B::Item]) -> Result<bool, Error> {
        if page.iter().all(|item| B::key(item).is_some()) {
            self.last = None;
            return Ok(false);
        }
        let written = serde_json::to_vec(page).map_err(|error| {
            Error::new(ErrorKind::Decode, "a page cannot be compared with the next")
                .with_operation(B::INFO.id())
                .with_source(error)
        })?;
        let written = Some(written);
        let repeated = written == self.last;
        self.last = written;
        Ok(repeated)
    }
}
