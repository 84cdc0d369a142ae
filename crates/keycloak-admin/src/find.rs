//! Finding one thing among many by what it is called.

use futures_util::stream::TryStreamExt;
use keycloak_session::{BoxFuture, Error, Operation, Paged};

use crate::Call;

/// What was looked for, or `None` where it is not there. Nothing is sent until it is polled.
pub(crate) type Found<T> = BoxFuture<'static, Result<Option<T>, Error>>;

/// The first item of a list in pages that fits; the list is read no further.
pub(crate) fn find_in_pages<B: Paged>(
    list: Call<B>,
    fits: impl FnMut(&B::Item) -> bool + Send + 'static,
) -> Found<B::Item> {
    let mut fits = fits;
    let mut items = list.stream();
    Box::pin(async move {
        while let Some(item) = TryStreamExt::try_next(&mut items).await? {
            if fits(&item) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    })
}

/// The first item that fits of a list that comes in one answer.
pub(crate) fn find_in_list<B, T>(
    list: Call<B>,
    fits: impl FnMut(&T) -> bool + Send + 'static,
) -> Found<T>
where
    B: Operation<Output = Vec<T>>,
    T: Send + 'static,
{
    let mut fits = fits;
    Box::pin(async move { Ok(list.await?.into_iter().find(|item| fits(item))) })
}

/// The id of what is found.
pub(crate) fn id_of<T: Send + 'static>(
    found: Found<T>,
    id: fn(T) -> Option<String>,
) -> Found<String> {
    Box::pin(async move { Ok(found.await?.and_then(id)) })
}
