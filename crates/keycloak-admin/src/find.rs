//! Finding one object in a list.

use keycloak_session::{ApiCall, Error, Items, Operation, Paged, Response};

/// Returns the first item that fits of a list in pages. The list is read no further.
pub(crate) async fn find_in_pages<C: ApiCall<Operation: Paged>>(
    list: C,
    fits: impl Fn(&<C::Operation as Paged>::Item) -> bool,
) -> Result<Option<<C::Operation as Paged>::Item>, Error> {
    let mut items = Items::new::<C::Operation>(list.into_request());
    while let Some(item) = items.try_next().await? {
        if fits(&item) {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

/// Returns the first item that fits of a list in one answer.
pub(crate) async fn find_in_list<C, T>(
    list: C,
    fits: impl Fn(&T) -> bool,
) -> Result<Option<T>, Error>
where
    C: ApiCall<Operation: Operation<Output = Vec<T>>>,
{
    let items = list.into_request().send::<C::Operation>().await;
    let items = items.map(Response::into_inner)?;
    Ok(items.into_iter().find(|item| fits(item)))
}
