//! Error bodies of Keycloak, of OAuth, of FOLIO, of IDShield and of gateways.

use reqwest::StatusCode;
use serde_json::Value;

use crate::error::{Error, ErrorKind, FieldError};

/// Makes the error of an answer with an error status. `body` is `None` if it was too long to read.
pub(crate) fn server_error(kind: ErrorKind, status: StatusCode, body: Option<&[u8]>) -> Error {
    let Some(body) = body else {
        let message = "the error body was too long and was not read";
        return Error::new(kind, message).with_status(status);
    };
    let body = ServerError::parse(body);
    let message = body.message().map(str::to_owned);
    Error::new(kind, "")
        .with_status(status)
        .with_server_message(body.error, message, body.errors)
}

/// Parses JSON and ignores errors.
pub(crate) fn parse_lossy(json: &[u8]) -> Option<Value> {
    serde_json::from_str(str::from_utf8(json).ok()?).ok()
}

/// Returns the text of this name in a JSON object.
pub(crate) fn text_at(object: &Value, name: &str) -> Option<String> {
    Some(object.get(name)?.as_str()?.to_owned())
}

/// Returns the text of this name in a JSON object, unless it is blank.
fn non_blank(object: &Value, name: &str) -> Option<String> {
    text_at(object, name).filter(|text| !text.chars().all(char::is_whitespace))
}

/// Takes the array of this name out of a JSON object.
fn take_list(object: &mut Value, name: &str) -> Option<Vec<Value>> {
    match object.get_mut(name)?.take() {
        Value::Array(list) => Some(list),
        _ => None,
    }
}

/// The shapes of all error bodies, in one.
#[derive(Default)]
struct ServerError {
    error: Option<String>,
    error_description: Option<String>,
    error_message: Option<String>,
    /// The `message` of a gateway, or of an error that is an object.
    other_message: Option<String>,
    errors: Vec<FieldError>,
}

impl ServerError {
    /// Reads a body. A body that is no JSON object (HTML, text, nothing) gives an empty error.
    fn parse(body: &[u8]) -> Self {
        let Some(mut object @ Value::Object(_)) = parse_lossy(body) else {
            return Self::default();
        };
        let error = error_code(&object);
        let other_message =
            non_blank(&object, "message").or_else(|| non_blank(object.get("error")?, "message"));
        let error_description = non_blank(&object, "error_description");
        let error_message = non_blank(&object, "errorMessage");
        let entries = match take_list(&mut object, "errors") {
            Some(entries) => entries,
            // Keycloak puts a single validation error at the top level.
            None if object.get("field").is_some() => vec![object],
            None => Vec::new(),
        };
        // FOLIO puts the code of an error beside its message, in the list.
        let code = entries.first().and_then(|entry| non_blank(entry, "code"));
        Self {
            error: error.or(code),
            error_description,
            error_message,
            other_message,
            errors: entries.into_iter().filter_map(field_error).collect(),
        }
    }

    fn message(&self) -> Option<&str> {
        self.error_message
            .as_deref()
            .or(self.error_description.as_deref())
            .or_else(|| {
                self.errors
                    .iter()
                    .find_map(|error| error.error_message.as_deref())
            })
            .or(self.other_message.as_deref())
            .or(self.error.as_deref())
    }
}

/// Returns the code of an error: `error`, else `error.code`, `code` or `errorCode`.
fn error_code(object: &Value) -> Option<String> {
    non_blank(object, "error")
        .or_else(|| non_blank(object.get("error")?, "code"))
        .or_else(|| non_blank(object, "code"))
        .or_else(|| non_blank(object, "errorCode"))
}

/// Reads one entry of Keycloak's or FOLIO's list. An entry that is no JSON object is left out.
fn field_error(mut entry: Value) -> Option<FieldError> {
    if !entry.is_object() {
        return None;
    }
    Some(FieldError {
        field: text_at(&entry, "field"),
        error_message: text_at(&entry, "errorMessage").or_else(|| text_at(&entry, "message")),
        params: take_list(&mut entry, "params").or_else(|| take_list(&mut entry, "parameters")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_folio_have_a_code_and_a_message() {
        let body = br#"{"errors": [{"message": "it is there", "type": "T", "code": "found_error",
            "parameters": [{"key": "id", "value": "1"}]}], "total_records": 1}"#;
        let error = server_error(ErrorKind::Status, StatusCode::BAD_REQUEST, Some(body));
        assert_eq!(error.error_code(), Some("found_error"));
        assert_eq!(error.message(), Some("it is there"));
        let [field] = error.field_errors() else {
            panic!("{error:?}")
        };
        assert_eq!(
            field.params,
            Some(vec![serde_json::json!({"key": "id", "value": "1"})])
        );
    }

    #[test]
    fn a_code_stands_in_one_of_four_places() {
        for (body, code, message) in [
            (
                r#"{"error": "A", "code": "B", "message": "m"}"#,
                Some("A"),
                Some("m"),
            ),
            (
                r#"{"error": {"code": "A", "message": "m"}, "code": "B"}"#,
                Some("A"),
                Some("m"),
            ),
            (r#"{"code": "A", "errorCode": "B"}"#, Some("A"), Some("A")),
            (
                r#"{"errorCode": "A", "errorMessage": "m"}"#,
                Some("A"),
                Some("m"),
            ),
            (
                r#"{"error": {"code": 5}, "code": 404, "message": "no route"}"#,
                None,
                Some("no route"),
            ),
            (r#"{"error": ["A"], "code": " "}"#, None, None),
        ] {
            let error = server_error(
                ErrorKind::Status,
                StatusCode::BAD_REQUEST,
                Some(body.as_bytes()),
            );
            assert_eq!(
                (error.error_code(), error.message()),
                (code, message),
                "{body}"
            );
        }
    }

    #[test]
    fn statuses_of_the_token_endpoint_are_not_the_operations() {
        type Predicate = fn(&Error) -> bool;
        let predicates: [(u16, Predicate); 5] = [
            (400, Error::is_bad_request),
            (401, Error::is_unauthorized),
            (403, Error::is_forbidden),
            (404, Error::is_not_found),
            (409, Error::is_conflict),
        ];
        for (status, predicate) in predicates {
            let code = StatusCode::from_u16(status).expect("a status");
            assert!(
                predicate(&server_error(ErrorKind::of_status(code), code, None)),
                "{status}"
            );
            assert!(
                !predicate(&server_error(ErrorKind::Authentication, code, None)),
                "{status}"
            );
            let others = predicates.iter().filter(|(other, _)| *other != status);
            for (other, predicate) in others {
                assert!(
                    !predicate(&server_error(ErrorKind::of_status(code), code, None)),
                    "{status} is not {other}"
                );
            }
        }
    }
}
