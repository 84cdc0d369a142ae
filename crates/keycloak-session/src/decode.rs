//! From the bytes of an answer to a value.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::call::Reply;
use crate::{Error, ErrorKind, OperationInfo};

/// Decodes a JSON body.
pub(crate) fn json<T: DeserializeOwned>(
    info: &'static OperationInfo,
    reply: &Reply,
) -> Result<T, Error> {
    serde_json::from_slice(&reply.body).map_err(|error| failure(info, reply, &error))
}

/// Not generic, so that each operation's code holds one call of it.
fn failure(info: &'static OperationInfo, reply: &Reply, error: &serde_json::Error) -> Error {
    let message = if reply.body.is_empty() {
        "the body is empty where JSON was expected".to_owned()
    } else {
        let place = format!("line {} column {}", error.line(), error.column());
        match error.classify() {
            Category::Data => format!("{} at {place}", mismatch(&error.to_string())),
            Category::Eof => format!("the JSON ends too early at {place}"),
            Category::Syntax if error.to_string().starts_with("recursion limit") => {
                format!("nested too deeply at {place}")
            }
            Category::Syntax | Category::Io => format!("not JSON at {place}"),
        }
    };
    Error::new(ErrorKind::Decode, message)
        .with_operation(info.id())
        .with_status(reply.status)
        .with_attempts(reply.attempts, !info.is_safe())
}

/// What serde says about a value of another shape, without the value, which it likes to quote.
fn mismatch(text: &str) -> String {
    if let Some(rest) = text.strip_prefix("missing field `") {
        let field = rest.split('`').next().unwrap_or_default();
        return format!("field `{field}` is missing");
    }
    let found = text
        .strip_prefix("invalid type: ")
        .map(|rest| rest.split([' ', ',']).next().unwrap_or_default());
    let expected = text.rsplit_once(", expected ").map(|(_, rest)| {
        rest.rsplit_once(" at line ")
            .map_or(rest, |(expected, _)| expected)
    });
    match (found, expected) {
        (Some(found), Some(expected)) => format!("found {found} where {expected} was expected"),
        _ => "a value has another shape than expected".to_owned(),
    }
}
