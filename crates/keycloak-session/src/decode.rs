//! From the bytes of an answer to a value.

use std::borrow::Cow;

use reqwest::header::CONTENT_ENCODING;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use crate::exchange::Reply;
use crate::{Error, ErrorKind, Request};

/// How deep the JSON parser goes.
pub(crate) const MAX_DEPTH: usize = 127;

/// Decodes a JSON body.
#[inline]
pub(crate) fn json<T: DeserializeOwned>(request: &Request, reply: &Reply) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_str(text(request, reply)?);
    T::deserialize(&mut json)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| unreadable(request, reply, describe(&error)))
}

/// The whole is checked at once, which is faster than string by string.
fn text<'r>(request: &Request, reply: &'r Reply) -> Result<&'r str, Error> {
    let body = &reply.body;
    let depth = request.session().inner().guard.limits.json_depth;
    if depth < MAX_DEPTH && is_deeper(body, depth) {
        let message = format!("nested deeper than {depth}");
        return Err(unexpected(request, reply, message));
    }
    str::from_utf8(body).map_err(|error| {
        let message = format!("not JSON: byte {} is not UTF-8", error.valid_up_to() + 1);
        unreadable(request, reply, message)
    })
}

/// JSON of which nothing is said where it cannot be read.
pub(crate) fn what_can_be_read(json: &[u8]) -> Option<Value> {
    serde_json::from_str(str::from_utf8(json).ok()?).ok()
}

/// The text of this name in a JSON object.
pub(crate) fn text_at(object: &Value, name: &str) -> Option<String> {
    Some(object.get(name)?.as_str()?.to_owned())
}

/// Whether arrays and objects stand in each other more than `limit` times.
fn is_deeper(json: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

/// Why a body is not what it should be; `message` where nothing else explains it.
fn unreadable(request: &Request, reply: &Reply, message: String) -> Error {
    let message = if reply.body.is_empty() {
        "the body is empty where JSON was expected".to_owned()
    } else if reply.head.headers.get(CONTENT_ENCODING).is_some() {
        "the body is compressed, which was not asked for".to_owned()
    } else {
        message
    };
    unexpected(request, reply, message)
}

/// What the parser says, without what it quotes.
fn describe(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let what = match error.classify() {
        Category::Data => mismatch(&said),
        Category::Eof => "the JSON ends too early".into(),
        _ if said.starts_with("recursion limit") => "nested too deeply".into(),
        _ => "not JSON".into(),
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

fn unexpected(request: &Request, reply: &Reply, message: String) -> Error {
    let info = request.info();
    Error::new(ErrorKind::Decode, message)
        .with_operation(info.id())
        .with_status(reply.head.status)
        .with_attempts(reply.head.attempts, !info.is_safe())
}

/// What serde says about a value of another shape, without the value, which it likes to quote.
fn mismatch(text: &str) -> Cow<'static, str> {
    if let Some(rest) = text.strip_prefix("missing field `") {
        let field = rest.split('`').next().unwrap_or_default();
        return format!("field `{field}` is missing").into();
    }
    let found = text
        .strip_prefix("invalid type: ")
        .map(|rest| rest.split([' ', ',']).next().unwrap_or_default());
    let expected = text.rsplit_once(", expected ").map(|(_, rest)| {
        rest.rsplit_once(" at line ")
            .map_or(rest, |(expected, _)| expected)
    });
    match (found, expected) {
        (Some(found), Some(expected)) => {
            format!("found {found} where {expected} was expected").into()
        }
        _ => "a value has another shape than expected".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_deeper;

    #[test]
    fn depth_is_counted_outside_of_texts() {
        let cases = [
            ("", 0),
            ("1", 0),
            ("[]", 1),
            ("[[],[]]", 2),
            (r#"{"a":[1,{"b":2}]}"#, 3),
            (r#"["[[[[", "\"[[", "\\"]"#, 1),
            (r#"{"\\":[{}]}"#, 3),
        ];
        for (json, depth) in cases {
            assert!(!is_deeper(json.as_bytes(), depth), "{json}");
            assert!(
                depth == 0 || is_deeper(json.as_bytes(), depth - 1),
                "{json}"
            );
        }
    }
}
