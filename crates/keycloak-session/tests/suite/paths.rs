//! Hostile path values: what goes into a path parameter comes out of it on the server, or nothing is sent.

use crate::support::{Answer, Server, with_token};
use keycloak_session::{ErrorKind, OperationInfo, Request, encode_segment};
use percent_encoding::percent_decode_str;

static TEMPLATES: [OperationInfo; 4] = [
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

const HOSTILE: [&str; 72] = [
    "",
    ".",
    "..",
    "...",
    "./",
    "../",
    "/",
    "//",
    "///",
    "/.",
    "/..",
    "../..",
    "../master",
    "..\\..\\victim",
    "..\\",
    "\\",
    "\\\\",
    ".\\",
    "a/..",
    "a/../b",
    "a/./b",
    "a//b",
    "/a",
    "a/",
    "a/b",
    "%2e",
    "%2e%2e",
    "%2E%2E",
    ".%2e",
    "%2e.",
    "%2f",
    "%2F..%2F",
    "%5c",
    "%5C..%5C",
    "%252e%252e",
    "%",
    "%%",
    "%0",
    "%zz",
    "%00",
    "\0",
    "a\0b",
    "\n",
    "\r\n",
    "a\r\nHost: x",
    "\t",
    " ",
    "  ",
    "a b",
    " a ",
    ";",
    ";x",
    ";a=b",
    "..;",
    "..;/",
    "?",
    "?a=b",
    "#",
    "#a",
    "a?b#c",
    "&",
    "=",
    "+",
    ":",
    "@",
    "user@host",
    "http://evil/",
    "//evil",
    "é",
    "e\u{301}",
    "\u{202e}",
    "😀",
];

/// The segments that the server has to see. `None` if this value cannot be sent.
fn expected(value: &str, multi_segment: bool) -> Option<Vec<&str>> {
    let segments: Vec<&str> = if multi_segment {
        value
            .strip_prefix('/')
            .unwrap_or(value)
            .split('/')
            .collect()
    } else {
        vec![value]
    };
    let all_sendable = segments
        .iter()
        .all(|segment| !matches!(*segment, "" | "." | ".."));
    all_sendable.then_some(segments)
}

#[tokio::test]
async fn the_url_of_a_call_is_the_one_that_it_goes_to() {
    let server = Server::start(|_| async { Answer::status(204) }).await;
    let session = with_token(&(server.url() + "/auth")).build().unwrap();
    let mut request = Request::new(&session, &TEMPLATES[1]);
    request.set_path("realm", "a b");
    let error = request.url().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    request.set_path("user-id", "é/1");
    request.set_query("max", 5);
    let url = request.url().unwrap();
    let target = "/auth/admin/realms/a%20b/users/%C3%A9%2F1?max=5";
    assert_eq!(url, server.url() + target);
    assert!(server.received().is_empty(), "nothing is sent yet");
    request.send_empty().await.unwrap();
    assert_eq!(server.received()[0].target, target);
}

#[tokio::test]
async fn every_value_comes_out_where_it_went_in_or_nothing_is_sent() {
    let server = Server::start(|_| async { Answer::status(204) }).await;
    let session = with_token(&(server.url() + "/auth")).build().unwrap();
    let mut sent = 0;
    for info in &TEMPLATES {
        let parameters: Vec<_> = info.path_parameters().collect();
        for (attacked, value) in parameters
            .iter()
            .flat_map(|name| HOSTILE.map(|value| (*name, value)))
        {
            let mut request = Request::new(&session, info);
            for name in &parameters {
                request.set_path(name, if *name == attacked { value } else { "harmless" });
            }
            let result = request.send_empty().await;
            let received = server.received();
            let multi_segment = info.multi_segment_parameter() == Some(attacked);
            let Some(segments) = expected(value, multi_segment) else {
                let error = result.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{value:?}");
                assert!(
                    error.to_string().contains(&format!("`{attacked}`")),
                    "{error}"
                );
                assert_eq!(received.len(), sent, "{value:?} was sent");
                continue;
            };
            result.unwrap();
            sent += 1;
            assert_eq!(received.len(), sent);
            let wanted: Vec<&str> = ["", "auth"]
                .into_iter()
                .chain(info.path()[1..].split('/').flat_map(|piece| match piece {
                    piece if piece == format!("{{{attacked}}}") => segments.clone(),
                    piece if piece.starts_with('{') => vec!["harmless"],
                    literal => vec![literal],
                }))
                .collect();
            let target = &received[sent - 1].target;
            let seen: Vec<_> = target
                .split('/')
                .map(|segment| percent_decode_str(segment).decode_utf8().unwrap())
                .collect();
            assert_eq!(seen, wanted, "{target}");
            let plain = |c: char| c.is_ascii_alphanumeric() || "/%-._~".contains(c);
            assert!(target.chars().all(plain), "{target}");
        }
    }
    assert!(sent > 400, "most of the table can be sent, {sent} were");
}

#[tokio::test]
async fn a_parameter_that_is_missing_is_named() {
    let session = with_token("http://localhost").build().unwrap();
    let mut request = Request::new(&session, &TEMPLATES[1]);
    request.set_path("realm", "r");
    let error = request.send_empty().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "delete_user: invalid request: path parameter `user-id` is missing"
    );
}

/// A misspelt name must not leave the call without what was meant, in a release build as little as in a test.
#[tokio::test]
async fn a_value_that_the_path_has_no_place_for_is_refused() {
    let server = Server::start(|_| async { Answer::status(204) }).await;
    let session = with_token(&server.url()).build().unwrap();
    let mut request = Request::new(&session, &TEMPLATES[1]);
    request.set_path("realm", "r");
    request.set_path("user-id", "1");
    request.clone().send_empty().await.unwrap();
    for surplus in ["user_id", "", "Realm", "group-id"] {
        let mut request = request.clone();
        request.set_path(surplus, "hidden");
        let error = request.send_empty().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(
            error.to_string(),
            format!("delete_user: invalid request: there is no path parameter `{surplus}`")
        );
    }
    assert_eq!(server.received().len(), 1);
}

#[test]
fn unreserved_characters_stay_and_all_others_are_escaped() {
    assert_eq!(encode_segment("AZaz09-._~"), "AZaz09-._~");
    assert_eq!(
        encode_segment("!*'();:@&=+$,/?#[] \\\"<>^`{|}%"),
        "%21%2A%27%28%29%3B%3A%40%26%3D%2B%24%2C%2F%3F%23%5B%5D%20%5C%22%3C%3E%5E%60%7B%7C%7D%25"
    );
    assert_eq!(encode_segment("é\0"), "%C3%A9%00");
}
