//! The fields of an object: by path, and as the text of a cell.

use std::borrow::Cow;

use serde_json::Value;

/// The text that stands for a secret, as Keycloak writes it.
const MASK: &str = "**********";

/// Returns the value at a path such as `attributes.department`. A name with dots is tried first.
pub(crate) fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    let mut end = path.len();
    while let Some(dot) = path[..end].rfind('.') {
        if let Some(value) =
            step(object, &path[..dot]).and_then(|inner| at(inner, &path[dot + 1..]))
        {
            return Some(value);
        }
        end = dot;
    }
    step(object, path)
}

/// Returns the member of an object, or the item of an array.
fn step<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => value.get(name),
    }
}

/// Returns a value as one line of text: a list with commas, an object as JSON.
pub(crate) fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(is_scalar) => {
            let items: Vec<_> = items.iter().map(|item| text(Some(item))).collect();
            items.join(",")
        }
        Some(value) => value.to_string(),
    }
}

/// Returns whether the value is no object and no array.
pub(crate) fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// Returns the text of a table's cell, with masked secrets.
pub(crate) fn masked_text(path: &str, value: Option<&Value>) -> String {
    match value {
        Some(value) => text(Some(&masked(path, value))),
        None => String::new(),
    }
}

/// Returns the value with a mask in the place of each secret.
fn masked<'a>(name: &str, value: &'a Value) -> Cow<'a, Value> {
    match value {
        Value::String(text) if !text.is_empty() && is_secret(name) => {
            Cow::Owned(Value::String(MASK.to_owned()))
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| masked(name, item).into_owned());
            Cow::Owned(items.collect())
        }
        Value::Object(members) => {
            let members = members.iter();
            let members =
                members.map(|(name, value)| (name.clone(), masked(name, value).into_owned()));
            Cow::Owned(Value::Object(members.collect()))
        }
        _ => Cow::Borrowed(value),
    }
}

/// Returns whether a field of this name, or at this path, holds a secret.
fn is_secret(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('.').next().unwrap_or(&path);
    let is_rule = name.ends_with("policy") || name.ends_with("type");
    let parts = ["secret", "password", "privatekey", "bindcredential"];
    // Attributes of clients, whose names have dots.
    let is_attribute = path.ends_with("private.key") || path.ends_with("secret.rotated");
    !is_rule
        && (is_attribute || parts.iter().any(|part| name.contains(part)) || name.ends_with("token"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{at, masked_text, text};

    #[test]
    fn a_path_leads_into_objects_lists_and_names_with_dots() {
        let object = json!({"a": {"b.c": [1, 2], "d": null}, "e.f": "x"});
        assert_eq!(at(&object, "a.b.c.1"), Some(&json!(2)));
        assert_eq!(at(&object, "e.f"), Some(&json!("x")));
        assert_eq!(at(&object, "a.d"), Some(&json!(null)));
        assert_eq!(at(&object, "a.x"), None);
        assert_eq!(text(at(&object, "a.b.c")), "1,2");
        assert_eq!(text(at(&object, "a.d")), "");
        assert_eq!(text(Some(&json!([{"a": 1}]))), r#"[{"a":1}]"#);
    }

    #[test]
    fn a_secret_is_masked_at_any_depth() {
        let secret = json!("s3cret");
        for path in [
            "secret",
            "smtpServer.password",
            "registrationAccessToken",
            "clientSecret",
            "attributes.saml.signing.private.key",
            "client.secret.rotated",
        ] {
            assert_eq!(masked_text(path, Some(&secret)), "**********", "{path}");
        }
        for path in ["username", "passwordPolicy", "secretType"] {
            assert_eq!(masked_text(path, Some(&secret)), "s3cret", "{path}");
        }
        let config = json!({"bindCredential": ["s3cret"], "enabled": true});
        assert_eq!(
            masked_text("config", Some(&config)),
            r#"{"bindCredential":["**********"],"enabled":true}"#
        );
        assert_eq!(masked_text("passwordLength", Some(&json!(8))), "8");
    }
}
