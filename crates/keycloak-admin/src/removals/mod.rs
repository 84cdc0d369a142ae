//! Removing fields of stored objects.
//!
//! Keycloak keeps many fields that a PUT leaves out. The [table](table::REMOVALS) has the form of each field that removes it. `tests/removals`
//! measures the forms on a server and writes the table.

mod table;

use std::collections::HashSet;

use keycloak_session::{Error, OperationInfo};
use serde_json::{Map, Value};

/// The form of a field in a PUT that removes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The field is not there.
    LeftOut,
    /// `null`
    Null,
    /// `""`
    EmptyText,
    /// `[]`
    EmptyList,
    /// `{}`
    EmptyMap,
}

/// The fields of an object that a call can remove: the path, and the form that removes it. `attributes.*` is each key of the map `attributes`. A map
/// without a row of its own is removed key by key.
pub(crate) type Rows = [(&'static str, Form)];

/// A field, or a key of a map, that is to be removed.
pub(crate) struct Removal {
    field: String,
    key: Option<String>,
    form: Form,
}

/// Finds the removals of a change. A removal that the call cannot make is an error. A call without rows in the table removes every field that is
/// left out.
pub(crate) fn find(
    operation: &OperationInfo,
    before: &Value,
    after: &Value,
) -> Result<Vec<Removal>, Error> {
    let rows = table::REMOVALS
        .iter()
        .find(|(call, _)| is_call(call, operation));
    let (Some((_, rows)), Some(before), Some(after)) =
        (rows, before.as_object(), after.as_object())
    else {
        return Ok(Vec::new());
    };
    let mut removals = Vec::new();
    for (field, old) in before {
        let found = find_in_field(rows, field, old, after.get(field));
        removals.extend(
            found.map_err(|path| Error::invalid_request(Some(operation.id()), message(&path)))?,
        );
    }
    Ok(removals)
}

/// Returns whether a row of the table is of this operation. Phase Two's have a prefix, because some are called as Keycloak's.
fn is_call(row: &str, operation: &OperationInfo) -> bool {
    let is_keycloak = operation.path().starts_with("/admin/");
    match row.strip_prefix("phasetwo/") {
        Some(id) => !is_keycloak && id == operation.id(),
        None => is_keycloak && row == operation.id(),
    }
}

fn message(path: &str) -> String {
    format!(
        "Keycloak does not remove `{path}` by this call, so nothing was sent; give it another value, or use a call of its own"
    )
}

/// Finds the removals in one field. The error is the path that cannot be removed.
fn find_in_field(
    rows: &Rows,
    field: &str,
    old: &Value,
    new: Option<&Value>,
) -> Result<Vec<Removal>, String> {
    let removal = |key: Option<&String>, form| Removal {
        field: field.to_owned(),
        key: key.cloned(),
        form,
    };
    match (old, new, form(rows, field)) {
        (old, None, _) if is_empty(old) => Ok(Vec::new()),
        (_, None, Some(form)) => Ok(vec![removal(None, form)]),
        (Value::Object(old), None | Some(Value::Object(_)), _) => {
            let of_key = form(rows, &format!("{field}.*"));
            let is_left = |key: &str| new.is_some_and(|new| new.get(key).is_some());
            let removed = old.keys().filter(|key| !is_left(key));
            let removals = removed.map(|key| match of_key {
                Some(form) => Ok(removal(Some(key), form)),
                None => Err(format!("{field}.{key}")),
            });
            removals.collect()
        }
        (_, None, None) => Err(field.to_owned()),
        (Value::Array(old), Some(Value::Array(new)), None) if !holds_all(new, old) => {
            Err(format!("{field}[]"))
        }
        _ => Ok(Vec::new()),
    }
}

fn form(rows: &Rows, path: &str) -> Option<Form> {
    let row = rows.iter().find(|(row, _)| *row == path);
    row.map(|(_, form)| *form)
}

fn holds_all(list: &[Value], items: &[Value]) -> bool {
    let list: HashSet<&Value> = list.iter().collect();
    items.iter().all(|item| list.contains(item))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

impl Removal {
    /// Writes the removal into the object that is sent.
    pub(crate) fn write(self, object: &mut Value) {
        let value = match self.form {
            Form::LeftOut => return,
            Form::Null => Value::Null,
            Form::EmptyText => "".into(),
            Form::EmptyList => Value::Array(Vec::new()),
            Form::EmptyMap => Value::Object(Map::new()),
        };
        match self.key {
            None => object[self.field] = value,
            Some(key) => object[self.field][key] = value,
        }
    }
}

#[cfg(test)]
mod tests {
    use keycloak_session::ErrorKind;
    use serde_json::json;

    use super::*;

    static UPDATE_CLIENT: OperationInfo = OperationInfo::new(
        "update_client",
        "PUT",
        "/admin/realms/{realm}/clients/{client-uuid}",
    );

    /// Returns the JSON that is sent if a client becomes this.
    fn sent(before: &Value, after: &Value) -> Result<Value, Error> {
        let mut object = after.clone();
        let removals = find(&UPDATE_CLIENT, before, after)?;
        for removal in removals {
            removal.write(&mut object);
        }
        Ok(object)
    }

    #[test]
    fn each_removal_is_written_in_its_form() {
        let before = json!({"name": "a", "description": "b", "redirectUris": ["c"], "webOrigins": ["d", "e"],
            "attributes": {"f": "1", "g": "2"}, "baseUrl": ""});
        let after = json!({"name": "a", "webOrigins": ["e"], "attributes": {"f": "1"}});
        let expected = json!({"name": "a", "description": "", "redirectUris": [], "webOrigins": ["e"],
            "attributes": {"f": "1", "g": null}});
        assert_eq!(sent(&before, &after).unwrap(), expected);
        let expected = json!({"name": "a", "description": "", "redirectUris": [], "webOrigins": [],
            "attributes": {"f": null, "g": null}});
        assert_eq!(sent(&before, &json!({"name": "a"})).unwrap(), expected);
    }

    #[test]
    fn a_field_that_cannot_be_removed_is_named() {
        let cases = [
            (json!({"enabled": true}), json!({}), "`enabled`"),
            (
                json!({"registeredNodes": {"a": 1}}),
                json!({"registeredNodes": {}}),
                "`registeredNodes.a`",
            ),
            (
                json!({"defaultClientScopes": ["a", "b"]}),
                json!({"defaultClientScopes": ["b"]}),
                "`defaultClientScopes[]`",
            ),
        ];
        for (before, after, path) in cases {
            let error = sent(&before, &after).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.to_string().contains(path), "{error}");
            assert_eq!(sent(&before, &before).unwrap(), before);
        }
    }
}
