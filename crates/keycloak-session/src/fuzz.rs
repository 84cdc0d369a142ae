//! Random changes of the data of a server or a caller: see the crate `fuzz`. Each target names its invariant.

use percent_encoding::percent_decode_str;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use std::time::Duration;

use crate::client::{OperationInfo, Response};
use crate::error::ErrorKind;
use crate::http::retry_after::retry_after;
use crate::http::server_error::server_error;
use crate::http::url::{BaseUrl, CHANGED, encode_segment};
use crate::retry::{Retries, RetryBudget, RetryDecision, RetryPolicy, RetryThrottle};

/// A target here takes microseconds, so it gets this many times the inputs of a slow target.
const TIMES: u32 = 20;

const STATUS: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

/// The id of a created object is not empty, and is the same after it was sent back in a URL.
#[test]
fn location() {
    let words = [
        "http://",
        "https://h:1/a",
        "/",
        "%2F",
        "%",
        "..",
        "?",
        "#",
        "%C3%A9",
    ];
    fuzz::run("location", &words, TIMES, |input| {
        let Ok(value) = HeaderValue::from_bytes(input) else {
            return;
        };
        let created = |value| {
            let headers = HeaderMap::from_iter([(LOCATION, value)]);
            Response::new(StatusCode::CREATED, headers, 1, ()).created_id()
        };
        let Some(id) = created(value) else {
            return;
        };
        assert!(!id.is_empty());
        let back = format!("http://h/things/{}", encode_segment(&id));
        let back = HeaderValue::try_from(back).expect("it is ASCII");
        assert_eq!(created(back).as_deref(), Some(id.as_str()));
    });
}

/// An error prints on one line of bounded length, whatever the server says, and says nothing that is not in a JSON object.
#[test]
fn error_body() {
    let words = [
        "\"error\":",
        "\"error_description\":",
        "\"errorMessage\":",
        "\"errors\":",
        "\"field\":",
        "\"params\":",
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        ":",
        "null",
        "\\u202e",
        "\\n",
        "\\ud800",
        "1e999",
        "<html>",
    ];
    fuzz::run("error_body", &words, TIMES, |input| {
        let kind = ErrorKind::of_status(StatusCode::CONFLICT);
        let error =
            server_error(kind, StatusCode::CONFLICT, Some(input)).with_operation("create_user");
        assert!(error.is_conflict() && error.status() == Some(409));
        let printed = error.to_string();
        assert!(printed.chars().count() < 400, "{printed}");
        let is_printed = |c: char| {
            !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(printed.chars().all(is_printed), "{printed:?}");
        assert!(format!("{error:?}").chars().all(is_printed), "{error:?}");
        let is_object = matches!(
            serde_json::from_slice(input),
            Ok(serde_json::Value::Object(_))
        );
        if !is_object {
            assert_eq!(printed, "create_user: 409 Conflict");
            assert!(error.field_errors().is_empty());
        }
    });
}

/// No form of the header makes a call wait past its deadline. The first line is `Retry-After`, the second the answer's `Date`.
#[test]
fn retry_after_header() {
    let words = [
        "0",
        "-1",
        "1.5",
        "1e12",
        "18446744073709551615",
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "Oct",
        "GMT",
        " ",
        "\n",
    ];
    let (policy, throttle) = (
        RetryPolicy::default(),
        RetryThrottle::new(RetryBudget::unlimited()),
    );
    fuzz::run("retry_after", &words, TIMES, |input| {
        let mut lines = input.splitn(2, |byte| *byte == b'\n');
        let mut headers = HeaderMap::new();
        for name in [RETRY_AFTER, DATE] {
            let value = lines.next().map(HeaderValue::from_bytes);
            headers.extend(value.and_then(Result::ok).map(|value| (name, value)));
        }
        let asked = retry_after(STATUS, &headers);
        let error = server_error(ErrorKind::Status, STATUS, None).with_retry_after(asked);
        assert_eq!(error.retry_after(), asked);
        let left = Duration::from_secs(60);
        match Retries::new(&policy, &throttle).after(&error, true, left) {
            RetryDecision::RetryAfter(pause) => {
                assert!(pause < left && asked.is_none_or(|asked| asked == pause));
            }
            RetryDecision::GiveUp => assert!(asked.is_some_and(|asked| asked >= left)),
            RetryDecision::BudgetExhausted => unreachable!("there is no budget"),
        }
    });
}

static OPERATIONS: [OperationInfo; 4] = [
    OperationInfo::new("delete_realm", "DELETE", "/admin/realms/{realm}"),
    OperationInfo::new(
        "delete_user",
        "DELETE",
        "/admin/realms/{realm}/users/{user-id}",
    ),
    OperationInfo::new(
        "get_role",
        "GET",
        "/admin/realms/{realm}/clients/{client-uuid}/roles/{role-name}/users",
    ),
    OperationInfo::new(
        "get_group",
        "GET",
        "/admin/realms/{realm}/group-by-path/{path}",
    )
    .multi_segment("path"),
];

/// A path has the shape of its template and gives back the values it was made of, or it is refused. Whatever path is joined
/// to the base URL, the URL has exactly that path. Each line is a value.
#[test]
fn path() {
    let words = [
        "..",
        ".",
        "/",
        "\\",
        "%2e",
        "%2f",
        "%5c",
        ";",
        "?",
        "#",
        "//",
        "\n",
        "\t",
        "@",
        ":",
        "http://evil/",
        "\u{feff}",
    ];
    let base = BaseUrl::parse("https://sso.example.com/auth").expect("a base URL");
    fuzz::run("path", &words, TIMES, |input| {
        let text = String::from_utf8_lossy(input);
        if let Some(url) = base.exactly(&format!("/auth{text}")) {
            assert_eq!(url.path(), format!("/auth{text}"));
            assert_eq!(
                url.origin().ascii_serialization(),
                "https://sso.example.com"
            );
            let plain = |segment: &str| !matches!(segment, "." | "..") && !segment.contains('\\');
            assert!(url.path().split('/').all(plain), "{url}");
        }
        for info in &OPERATIONS {
            let values: Vec<_> = info
                .path_parameters()
                .zip(
                    text.split('\n')
                        .map(str::to_owned)
                        .chain(std::iter::repeat("x".to_owned())),
                )
                .collect();
            match base.fill(info.path_template(), &values) {
                Ok(url) => assert_matches_template(info, &values, url.path()),
                Err(error) => assert!(!error.to_string().contains(CHANGED), "{error}"),
            }
        }
    });
}

fn assert_matches_template(info: &OperationInfo, values: &[(&'static str, String)], path: &str) {
    let segments: Vec<&str> = path
        .strip_prefix("/auth")
        .expect("the prefix")
        .split('/')
        .collect();
    let template: Vec<&str> = info.path().split('/').collect();
    let (last, decoded) = (template.len() - 1, |segment: &str| {
        let text = percent_decode_str(segment).decode_utf8().expect("UTF-8");
        assert!(!matches!(&*text, "" | "." | ".."), "{path}");
        text.into_owned()
    });
    assert!(segments.len() >= template.len(), "{path}");
    let mut values = values.iter().map(|(_, value)| value);
    for (index, piece) in template.iter().enumerate() {
        if !piece.starts_with('{') {
            assert_eq!(&segments[index], piece, "{path}");
            continue;
        }
        let value = values.next().expect("as many values as parameters");
        if index == last && info.multi_segment_parameter().is_some() {
            let tail: Vec<String> = segments[index..]
                .iter()
                .map(|segment| decoded(segment))
                .collect();
            assert_eq!(tail.join("/"), value.strip_prefix('/').unwrap_or(value));
            return;
        }
        assert_eq!(&decoded(segments[index]), value, "{path}");
    }
    assert_eq!(segments.len(), template.len(), "{path}");
}
