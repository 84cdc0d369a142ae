//! Repeating a change of a user's typed form in the JSON that the service sent, so that fields which the types do not know stay.

use folio_users_api::types::User;
use keycloak_session::{Error, ErrorKind, merge_change};
use serde_json::Value;

/// Changes a user and returns the JSON to write. `None` if nothing was changed.
pub(crate) fn change(
    mut json: Value,
    operation: &'static str,
    change: impl FnOnce(&mut User),
) -> Result<Option<Value>, Error> {
    // The messages of serde may quote values.
    let unreadable = |_| {
        Error::new(ErrorKind::Decode, "the user is not what the types say")
            .with_operation(operation)
    };
    let mut user: User = serde_json::from_value(json.clone()).map_err(unreadable)?;
    let before = serde_json::to_value(&user).map_err(unreadable)?;
    change(&mut user);
    let after = serde_json::to_value(&user).map_err(unreadable)?;
    if before == after {
        return Ok(None);
    }
    merge_change(&mut json, &before, after);
    Ok(Some(json))
}

#[cfg(test)]
mod tests {
    use folio_users_api::types::Address;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_types_do_not_know_stays_at_every_depth() {
        let json = json!({
            "username": "ann", "barcode": "7", "ofTomorrow": {"a": [1, null]},
            "personal": {"lastName": "Old", "ofTomorrow": 1, "addresses": [
                {"id": "1", "city": "Pune", "ofTomorrow": 1}, {"id": "2", "city": "Paris", "ofTomorrow": 2},
            ]},
        });
        let changed = change(json, "update_user", |user| {
            user.barcode = None;
            let personal = user.personal.as_mut().unwrap();
            personal.last_name = Some("New".to_owned());
            let addresses = personal.addresses.as_mut().unwrap();
            addresses.remove(0);
            addresses[0].city = Some("Rome".to_owned());
            addresses.insert(0, Address::new().with_city("Oslo"));
        });
        let expected = json!({
            "username": "ann", "ofTomorrow": {"a": [1, null]},
            "personal": {"lastName": "New", "ofTomorrow": 1, "addresses": [
                {"city": "Oslo"}, {"id": "2", "city": "Rome", "ofTomorrow": 2},
            ]},
        });
        assert_eq!(changed.unwrap(), Some(expected));
    }

    #[test]
    fn no_change_is_nothing_to_write_and_another_shape_is_an_error() {
        let json = json!({"username": "ann", "tags": null});
        assert_eq!(change(json, "update_user", |_| {}).unwrap(), None);
        let error = change(json!({"username": ["s3cret"]}), "update_user", |_| {}).unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Decode, Some("update_user"))
        );
        assert!(!format!("{error:?}").contains("s3cret"));
    }
}
