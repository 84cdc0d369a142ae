//! Compares a request with an operation, and with the conditions of a mock.

use keycloak_session::{OperationInfo, Request};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::Received;

/// The unescaped values of a template's parameters in the path of a request. `None` if the path does not have the shape of the template.
pub(crate) fn path_values(
    info: &'static OperationInfo,
    path: &str,
) -> Option<Vec<(&'static str, String)>> {
    let mut values = Vec::new();
    let mut segments = path.split('/');
    let mut template = info.path().split('/').peekable();
    while let Some(piece) = template.next() {
        let segment = segments.next()?;
        let Some(name) = parameter(piece) else {
            if piece != segment {
                return None;
            }
            continue;
        };
        let mut value = decoded(segment);
        if info.multi_segment_parameter() == Some(name) && template.peek().is_none() {
            for segment in segments.by_ref() {
                value = value + "/" + &decoded(segment);
            }
        }
        if value.is_empty() {
            return None;
        }
        values.push((name, value));
    }
    segments.next().is_none().then_some(values)
}

/// Of two templates that fit one path, the one with a literal where the other has a parameter comes first, as on a server.
pub(crate) fn specificity(info: &OperationInfo) -> Vec<bool> {
    let pieces = info.path().split('/');
    pieces.map(|piece| parameter(piece).is_some()).collect()
}

fn parameter(piece: &'static str) -> Option<&'static str> {
    piece.strip_prefix('{')?.strip_suffix('}')
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// The first condition of a mock that a request does not meet, in words. `None` if it meets all.
pub(crate) fn difference(when: &Request, request: &Received) -> Option<String> {
    path_difference(when, request)
        .or_else(|| query_difference(when, request))
        .or_else(|| header_difference(when, request))
        .or_else(|| body_difference(when, request))
}

fn path_difference(when: &Request, request: &Received) -> Option<String> {
    when.path_values().find_map(|(name, wanted)| {
        let is_multi = when.info().multi_segment_parameter() == Some(name);
        let wanted = if is_multi {
            wanted.strip_prefix('/').unwrap_or(wanted)
        } else {
            wanted
        };
        let found = request.path(name).unwrap_or_default();
        (found != wanted).then(|| format!("path parameter `{name}` is {found:?}, not {wanted:?}"))
    })
}

fn query_difference(when: &Request, request: &Received) -> Option<String> {
    when.query_values().find_map(|(name, _)| {
        let of_mock = when.query_values().filter(|(set, _)| *set == name);
        let wanted: Vec<&str> = of_mock.map(|(_, value)| value).collect();
        let found: Vec<&str> = request.query_list(name).collect();
        let differs = found != wanted;
        differs.then(|| match found.as_slice() {
            [] => format!(
                "query parameter `{name}` is not set; {} was expected",
                shown(&wanted)
            ),
            found => format!(
                "query parameter `{name}` is {}, not {}",
                shown(found),
                shown(&wanted)
            ),
        })
    })
}

fn shown(values: &[&str]) -> String {
    match values {
        [value] => format!("{value:?}"),
        values => format!("{values:?}"),
    }
}

/// The value of a header may be a secret, so that only its name is told.
fn header_difference(when: &Request, request: &Received) -> Option<String> {
    when.headers().find_map(|(name, wanted)| {
        let found = request.headers.get_all(name);
        let is_there = found.iter().any(|value| value.as_bytes() == wanted);
        (!is_there).then(|| format!("header `{name}` does not have the expected value"))
    })
}

fn body_difference(when: &Request, request: &Received) -> Option<String> {
    let wanted = when.body()?;
    let found = request.body();
    match (
        serde_json::from_slice::<Value>(wanted),
        serde_json::from_slice::<Value>(found),
    ) {
        (Ok(wanted), Ok(found)) => json_difference("", &wanted, &found),
        _ if wanted == found => None,
        _ => Some("the body is another one".to_owned()),
    }
}

/// The first place where a JSON value lacks what is wanted. An object may hold more than that, a list may not.
fn json_difference(place: &str, wanted: &Value, found: &Value) -> Option<String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().find_map(|(key, wanted)| {
            let place = format!("{place}/{key}");
            match found.get(key) {
                Some(found) => json_difference(&place, wanted, found),
                None => Some(format!("the body has no `{place}`")),
            }
        }),
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            let pairs = wanted.iter().zip(found).enumerate();
            pairs.into_iter().find_map(|(index, (wanted, found))| {
                json_difference(&format!("{place}/{index}"), wanted, found)
            })
        }
        _ if wanted == found => None,
        // Values stay out: a body may well hold a password.
        _ => Some(format!("the body has another value at `{place}`")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static USER: OperationInfo =
        OperationInfo::new("get_user", "GET", "/admin/realms/{realm}/users/{user-id}");
    static COUNT: OperationInfo =
        OperationInfo::new("count_users", "GET", "/admin/realms/{realm}/users/count");
    static BY_PATH: OperationInfo = OperationInfo::new(
        "by_path",
        "GET",
        "/admin/realms/{realm}/group-by-path/{path}",
    )
    .multi_segment("path");

    #[test]
    fn paths_are_told_apart_and_unescaped() {
        let values = |info, path| path_values(info, path);
        assert_eq!(
            values(&USER, "/admin/realms/a%2Fb/users/1"),
            Some(vec![
                ("realm", "a/b".to_owned()),
                ("user-id", "1".to_owned())
            ])
        );
        for other in [
            "/admin/realms/a/users",
            "/admin/realms/a/users/",
            "/admin/realms/a/users/1/groups",
            "/admin/realms/a/groups/1",
            "admin/realms/a/users/1",
        ] {
            assert_eq!(values(&USER, other), None, "{other}");
        }
        assert_eq!(
            values(&BY_PATH, "/admin/realms/a/group-by-path/x/y%20z"),
            Some(vec![
                ("realm", "a".to_owned()),
                ("path", "x/y z".to_owned())
            ])
        );
    }

    #[test]
    fn a_literal_goes_before_a_parameter() {
        assert!(specificity(&COUNT) < specificity(&USER));
    }

    #[test]
    fn an_object_may_hold_more_and_a_list_may_not() {
        let differs = |wanted, found| json_difference("", &wanted, &found);
        assert_eq!(differs(json!({"a": 1}), json!({"a": 1, "b": 2})), None);
        assert_eq!(
            differs(json!({"a": {"b": 1}}), json!({"a": {"b": 2}})).unwrap(),
            "the body has another value at `/a/b`"
        );
        assert_eq!(
            differs(json!({"a": 1}), json!({"b": 1})).unwrap(),
            "the body has no `/a`"
        );
        assert_eq!(differs(json!([{"a": 1}]), json!([{"a": 1, "b": 2}])), None);
        assert!(differs(json!([1]), json!([1, 2])).is_some());
        assert!(differs(json!([1, 2]), json!([2, 1])).is_some());
    }
}
