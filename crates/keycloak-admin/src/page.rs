//! Lists that come in pages. The rules here are those of all lists:
//!
//! - `first` and `max` are always sent, because the servers' own defaults differ and cut lists short in silence.
//! - The next `first` grows by what was received, not by what was asked for: some servers cap `max`. So a short page says nothing.
//! - The end is an empty page, or a page that brings nothing new: some servers ignore `first` and send the same page for ever.

use std::collections::HashSet;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;
use futures_util::stream::{TryStreamExt, try_unfold};
use keycloak_session::{Error, ErrorKind, Paged};

/// The pages of a list, none of them empty: a `Stream` of `Result<Vec<T>, Error>`, made by [`Call::pages`](crate::Call::pages).
///
/// It ends after the first error. Dropping it stops it; nothing is fetched ahead.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T>(Pin<Box<dyn Stream<Item = Result<Vec<T>, Error>> + Send>>);

impl<T: Send + 'static> Pages<T> {
    pub(crate) fn new<B: Paged<Item = T>>(builder: B, page_size: u32) -> Self {
        let pager = Pager::new(builder, page_size);
        Self(Box::pin(try_unfold(pager, |mut pager| async move {
            let page = pager.next_page().await?;
            Ok(page.map(|page| (page, pager)))
        })))
    }

    /// The next page, or `None` at the end of the list.
    pub async fn try_next(&mut self) -> Result<Option<Vec<T>>, Error> {
        TryStreamExt::try_next(&mut self.0).await
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Vec<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

/// The items of a list, across its pages: a `Stream` of `Result<T, Error>`, made by [`Call::stream`](crate::Call::stream).
///
/// It ends after the first error. Dropping it stops it; nothing is fetched ahead of the page that is being read.
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
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        TryStreamExt::try_next(self).await
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T, Error>;

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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}

/// Where a list stands.
struct Pager<B> {
    builder: B,
    page_size: u64,
    /// How many items to skip.
    first: u64,
    /// How many items may still be given out, where there is a limit.
    left: Option<u64>,
    /// The keys of all items so far.
    seen: HashSet<String>,
    /// The last page as it would be sent, where it had items without a key.
    last: Option<Vec<u8>>,
}

impl<B: Paged> Pager<B> {
    fn new(builder: B, page_size: u32) -> Self {
        let request = builder.request();
        // Keycloak reads a negative number as none.
        let number = |name| request.query_value(name)?.parse::<u64>().ok();
        Self {
            page_size: page_size.into(),
            first: number(B::FIRST).unwrap_or(0),
            left: number(B::MAX),
            seen: HashSet::new(),
            last: None,
            builder,
        }
    }

    /// The next page with what it brings that is new; `None` at the end.
    async fn next_page(&mut self) -> Result<Option<Vec<B::Item>>, Error> {
        let max = self.page_size.min(self.left.unwrap_or(u64::MAX));
        if max == 0 {
            return Ok(None);
        }
        let mut builder = self.builder.clone();
        builder.request_mut().set_query(B::FIRST, self.first);
        builder.request_mut().set_query(B::MAX, max);
        let mut page = builder.send().await?.into_inner();
        self.first += page.len() as u64;

        if self.is_repeated(&page)? {
            return Ok(None);
        }
        page.retain(|item| B::key(item).is_none_or(|key| self.seen.insert(key.to_owned())));
        if let Some(left) = &mut self.left {
            // A server may send more than it was asked for.
            page.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= page.len() as u64;
        }
        Ok((!page.is_empty()).then_some(page))
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
