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

/// Returns whether an exact search finds groups of this name. Keycloak trims the text of a search. So an exact search cannot find a name that begins
/// or ends with a space, and a search for names that contain the text can.
pub(crate) fn is_found_exactly(name: &str) -> bool {
    name.trim() == name
}

/// Returns the term of a search expression (the parameter `q`) that finds this value of a key.
///
/// The value is quoted, because a space would end a value without quotes. In quotes, a backslash escapes the next character.
pub(crate) fn search_term(key: &str, value: &str) -> String {
    let escaped = value.replace('\\', r"\\").replace('"', r#"\""#);
    format!("{key}:\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::search_term;

    #[test]
    fn values_of_search_terms_are_quoted() {
        assert_eq!(search_term("alias", "a b:c"), r#"alias:"a b:c""#);
        assert_eq!(search_term("alias", r#""a\b""#), r#"alias:"\"a\\b\"""#);
    }
}
