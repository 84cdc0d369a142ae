//! Calls: what goes over the wire, what is repeated, what every kind of answer becomes.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::{
    Answer, ManualClock, Parked, Server, password, ping, refusing_url, with_token,
};
use keycloak_session::{
    AccessToken, ApiCall, Credentials, Error, ErrorKind, Operation, OperationInfo, Paged,
    RawResponse, Request, Response, RetryPolicy, Session,
};
use serde::Serialize;
use serde_json::{Value, json};

static UPDATE: OperationInfo = OperationInfo::new(
    "update_user",
    "PUT",
    "/admin/realms/{realm}/users/{user-id}",
);

/// One operation for each method, for the table of faults.
static METHODS: [OperationInfo; 7] = [
    OperationInfo::new("get", "GET", "/x"),
    OperationInfo::new("head", "HEAD", "/x"),
    OperationInfo::new("options", "OPTIONS", "/x"),
    OperationInfo::new("put", "PUT", "/x"),
    OperationInfo::new("delete", "DELETE", "/x"),
    OperationInfo::new("post", "POST", "/x"),
    OperationInfo::new("patch", "PATCH", "/x"),
];

#[tokio::test]
async fn a_request_goes_out_as_it_was_filled_in() {
    let server = Server::start(|_| async { Answer::status(204) }).await;
    let session = with_token(&server.url())
        .user_agent("sync/1.0")
        .build()
        .unwrap();
    let mut request = Request::new(&session, &UPDATE);
    request.set_path("realm", "wrong");
    request.set_path("realm", "a b");
    request.set_path("user-id", "1");
    request.set_query("q", "old");
    request.set_query("q", "k:v w&=é");
    request.set_query_list("id", [1, 2, 3]);
    request.set_query_list("id", [4, 5]);
    request.set_header("x-reason", "test");
    request.set_header("authorization", "Bearer of-the-caller");
    request.set_json(&json!({"enabled": true}));
    assert_eq!(request.query_value("q"), Some("k:v w&=é"));
    assert_eq!(request.query_value("id"), Some("4"));
    assert_eq!(request.query_value("other"), None);
    request.send_empty().await.unwrap();

    let sent = server.received().remove(0);
    assert_eq!(sent.method, "PUT");
    assert_eq!(
        sent.target,
        "/admin/realms/a%20b/users/1?q=k%3Av+w%26%3D%C3%A9&id=4&id=5"
    );
    assert_eq!(sent.header("authorization"), Some("Bearer static-token"));
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(sent.header("accept"), Some("application/json, */*;q=0.1"));
    assert_eq!(sent.header("user-agent"), Some("sync/1.0"));
    assert_eq!(sent.header("x-reason"), Some("test"));
    assert_eq!(sent.body, br#"{"enabled":true}"#);
}

/// A proxy is asked for the whole address, and the last one that is named counts.
#[tokio::test]
async fn a_proxy_that_is_named_is_the_way_out() {
    let proxy = Server::start(|_| async { Answer::status(204) }).await;
    let server = Server::start(|_| async { Answer::status(204) }).await;
    let address = proxy.url().replace("http://", "http://user:hidden@");

    let session = with_token("http://sso.example.com/auth")
        .allow_http(true)
        .proxy(refusing_url().await)
        .proxy(address.clone())
        .build()
        .unwrap();
    ping(&session).send_empty().await.unwrap();
    let sent = proxy.received().remove(0);
    assert_eq!(sent.target, "http://sso.example.com/auth/admin/ping");
    // Base64 of `user:hidden`.
    let authorization = sent.header("proxy-authorization");
    assert_eq!(authorization, Some("Basic dXNlcjpoaWRkZW4="));

    let session = with_token(&server.url()).proxy(address).no_proxy();
    ping(&session.build().unwrap()).send_empty().await.unwrap();
    assert_eq!((proxy.received().len(), server.received().len()), (1, 1));
}

#[tokio::test]
async fn the_token_stands_in_a_second_header_where_that_is_set_also_after_a_401() {
    let server = Server::with_tokens(60, Answer::status(401)).await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .token_header("x-okapi-token")
        .build()
        .unwrap();
    ping(&session).send_empty().await.unwrap_err();
    let tokens: Vec<_> = server
        .calls()
        .iter()
        .map(|call| {
            let second = call.header("x-okapi-token").unwrap().to_owned();
            let bearer = call.header("authorization").unwrap();
            assert_eq!(bearer, format!("Bearer {second}"));
            second
        })
        .collect();
    assert_eq!(tokens, ["token-1", "token-2"]);

    let refused = with_token(&server.url()).token_header("no name").build();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn bodies_and_media_types() {
    #[derive(Serialize)]
    struct Form {
        name: &'static str,
        nothing: Option<u8>,
        number: u8,
    }
    static YAML: OperationInfo =
        OperationInfo::new("export", "POST", "/export").accept("application/yaml");
    let server = Server::start(|_| async {
        Answer::Reply {
            status: 200,
            headers: vec![("content-type", "application/yaml".to_owned())],
            body: b"a: 1".to_vec(),
        }
    })
    .await;
    let session = with_token(&server.url()).build().unwrap();

    let mut form = Request::new(&session, &YAML);
    form.set_form(&Form {
        name: "a b",
        nothing: None,
        number: 7,
    });
    let answer = form.clone().send_raw().await.unwrap();
    assert_eq!(answer.content_type(), Some("application/yaml"));
    assert_eq!(answer.text().unwrap(), "a: 1");
    assert_eq!(answer.into_inner().into_bytes(), "a: 1");

    form.set_body("text/plain", "plain");
    form.set_accept("text/plain");
    form.send_raw().await.unwrap();

    let sent = server.received();
    assert_eq!(
        sent[0].header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(sent[0].body, b"name=a+b&number=7");
    assert_eq!(sent[0].header("accept"), Some("application/yaml"));
    assert_eq!(sent[1].header("content-type"), Some("text/plain"));
    assert_eq!(sent[1].body, b"plain");
    assert_eq!(sent[1].header("accept"), Some("text/plain"));
}

#[tokio::test]
async fn what_cannot_be_sent_is_an_error_that_names_it() {
    type SetUp = fn(&mut Request);

    let server = Server::start(|_| async { Answer::status(204) }).await;
    let session = with_token(&server.url()).build().unwrap();
    let set_up: [(&str, SetUp); 6] = [
        ("x-reason", |request| {
            request.set_header("x-reason", "hidden\r\nx-evil: 1");
        }),
        ("bad name", |request| {
            request.set_header("bad name", "hidden");
        }),
        ("content-type", |request| {
            request.set_body("hidden\n", "body");
        }),
        ("accept", |request| request.set_accept("hidden\n")),
        ("JSON", |request| {
            request.set_json(&std::collections::HashMap::from([(vec!["hidden"], 1)]));
        }),
        ("`other`", |request| request.set_path("other", "hidden")),
    ];
    for (named, set_up) in set_up {
        let mut request = ping(&session);
        set_up(&mut request);
        let error = request.send_empty().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(error.operation(), Some("ping"));
        assert!(error.to_string().contains(named), "{error}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
    assert_eq!(server.received().len(), 0);
}

#[tokio::test]
async fn redirects_are_errors_and_nobody_follows_them() {
    let elsewhere = Server::start(|_| async { Answer::status(200) }).await;
    let other = elsewhere.url();
    let host = other.trim_start_matches("http:");
    // Another origin, the same by a shorter way, with a name in it, and another path of the same origin.
    let targets = [
        format!("{other}/realms/master/protocol/openid-connect/token"),
        format!("{host}/admin/things"),
        format!("http://admin@{}/admin/things", host.trim_start_matches('/')),
        "/admin/things/elsewhere".to_owned(),
    ];
    let cases = [301, 302, 303, 307, 308]
        .into_iter()
        .flat_map(|status| targets.iter().map(move |target| (status, target.clone())));
    for (status, target) in cases {
        let server = Server::start(move |_| {
            let target = target.clone();
            async move { Answer::status(status).with_header("location", target) }
        })
        .await;
        let api = with_token(&server.url()).build().unwrap();
        let token = Session::builder(&server.url())
            .credentials(password())
            .build()
            .unwrap();
        for session in [api, token] {
            let mut request = Request::new(&session, &crate::support::CREATE);
            request.set_json(&json!({"secret": 1}));
            let error = request.send_json::<Value>().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Redirect);
            assert_eq!(error.status(), Some(status));
            assert!(!error.may_have_been_applied());
        }
        assert_eq!(server.received().len(), 2, "{status}: one of each session");
    }
    assert_eq!(elsewhere.received().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_read_up_to_the_limit_only() {
    let mebibyte = vec![b' '; 1024 * 1024];
    // Without an end: the test ends only because the client stops reading.
    let endless = Answer::Endless {
        chunk: mebibyte.clone(),
    };
    let server = Server::start(move |_| {
        let endless = endless.clone();
        async { endless }
    })
    .await;
    let session = with_token(&server.url()).build().unwrap();
    let error = ping(&session).send_json::<Value>().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::BodyTooLarge, Some(200))
    );
    let error = Request::new(&session, &crate::support::CREATE)
        .send_empty()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BodyTooLarge);
    assert!(
        error.may_have_been_applied(),
        "the server did what was asked"
    );
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();
    let error = ping(&session).send_empty().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BodyTooLarge, "a token is small");

    // Announced or not, a long error body is not read; the status is what counts.
    let long = Answer::Reply {
        status: 404,
        headers: Vec::new(),
        body: mebibyte,
    };
    let server = Server::start(move |_| {
        let long = long.clone();
        async { long }
    })
    .await;
    let session = with_token(&server.url()).build().unwrap();
    let error = ping(&session).send_empty().await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(
        error.to_string(),
        "ping: 404 Not Found: the error body was too long and was not read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_exactly_the_limit_is_read() {
    for (length, fits) in [(1000, true), (1001, false)] {
        let body = format!("\"{}\"", "x".repeat(length - 2));
        let server = Server::start(move |_| {
            let answer = Answer::json(200, &body);
            async { answer }
        })
        .await;
        let session = with_token(&server.url())
            .max_body_bytes(1000)
            .build()
            .unwrap();
        assert_eq!(
            ping(&session).send_json::<String>().await.is_ok(),
            fits,
            "{length}"
        );
    }
}

/// The limit of a call takes the place of the session's, whether it is less or more. That of errors stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_may_have_a_limit_of_its_own() {
    let body = format!("\"{}\"", "x".repeat(998));
    let server = Server::start(move |_| {
        let answer = Answer::json(200, &body);
        async { answer }
    })
    .await;
    for (of_session, of_call, fits) in [
        (999, None, false),
        (999, Some(1000), true),
        (999, Some(usize::MAX), true),
        (1000, None, true),
        (1000, Some(999), false),
        (1000, Some(0), false),
    ] {
        let session = with_token(&server.url()).max_body_bytes(of_session);
        let mut request = ping(&session.build().unwrap());
        if let Some(of_call) = of_call {
            request.set_max_body_bytes(of_call);
        }
        let place = format!("{of_session}, {of_call:?}");
        let sent = request.clone().send_json::<String>().await;
        assert_eq!(sent.is_ok(), fits, "{place}");
        let error = request.send_raw().await.err();
        let kind = error.map(|error| error.kind());
        assert_eq!(kind, (!fits).then_some(ErrorKind::BodyTooLarge), "{place}");
    }

    let server = Server::start(|_| async { Answer::json(409, r#"{"error":"why"}"#) }).await;
    let session = with_token(&server.url()).build().unwrap();
    let mut request = ping(&session);
    request.set_max_body_bytes(1);
    let error = request.send_empty().await.unwrap_err();
    assert_eq!(error.message(), Some("why"));
}

/// The error names the place of a wrong value, and not the value.
#[tokio::test(flavor = "multi_thread")]
async fn a_decode_error_names_the_path_of_the_field_and_no_value() {
    #[derive(Debug, Default)]
    struct User {
        id: Option<String>,
        enabled: Option<bool>,
        not_before: Option<i32>,
        attributes: Option<BTreeMap<String, Vec<String>>>,
        groups: Option<Vec<User>>,
    }
    keycloak_session::representation!(User {
        id: "id",
        enabled: "enabled",
        not_before: "notBefore",
        attributes: "attributes",
        groups: "groups",
    });
    // The first is what stands before each; it looks like JSON that it is not.
    let before = r#""id":"planted, {\"id\": [\\","new":{"planted":["planted","{",{}]},"#;
    for (field, path) in [
        (r#""enabled":"planted""#, "enabled"),
        (r#""enabled" : 1"#, "enabled"),
        (r#""notBefore":9000000000"#, "notBefore"),
        (r#""notBefore":"planted""#, "notBefore"),
        (r#""groups":"planted""#, "groups"),
        (r#""groups":{"planted":1}"#, "groups"),
        (r#""groups":[{},"planted"]"#, "groups[1]"),
        (r#""groups":[{},{"id":["planted"]}]"#, "groups[1].id"),
        (r#""groups":[{},{"id":{"planted":1}}]"#, "groups[1].id"),
        (
            r#""groups":[{"groups":[{},{},{"notBefore":true}]}]"#,
            "groups[0].groups[2].notBefore",
        ),
        (
            r#""attributes":{"phone":["planted"],"fax":["planted","planted",3]}"#,
            "attributes.fax[2]",
        ),
        (r#""attributes":{"phone":"planted"}"#, "attributes.phone"),
        (
            "\"attributes\":\n {\"phone\"\n:\n[ 7 ]}",
            "attributes.phone[0]",
        ),
    ] {
        let body = format!(r#"[{{"id":"planted"}},{{{before}{field},"enabled":true}}]"#);
        let server = Server::start(move |_| {
            let answer = Answer::json(200, &body);
            async { answer }
        })
        .await;
        let session = with_token(&server.url()).build().unwrap();
        let error = ping(&session).send_json::<Vec<User>>().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Decode, Some(200))
        );
        let said = format!("`[1].{path}` has another type than expected, at line ");
        assert!(error.message().unwrap().starts_with(&said), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("planted"),
            "{error:?}"
        );
        assert!(
            std::error::Error::source(&error).is_none(),
            "it would quote"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_answers_are_typed_errors() {
    #[derive(serde::Deserialize)]
    struct Thing {
        #[serde(rename = "id")]
        _id: String,
    }
    let cases: [(&[u8], &str); 7] = [
        (b"", "the body is empty, but JSON was expected"),
        (b"<html>planted</html>", "not JSON, at line 1 column 1"),
        (
            b"[{\"id\":\"planted\"",
            "the JSON ends too early, at line 1 column 16",
        ),
        (b"[{\"id\":\"\xff\xfe\"}]", "not JSON: byte 9 is not UTF-8"),
        (
            b"[{}]",
            "`[0]` has another type than expected, at line 1 column 3",
        ),
        (
            b"[{\"id\":true}]",
            "`[0].id` has another type than expected, at line 1 column 11",
        ),
        (
            b"\"planted, expected nothing\"",
            "the value has another type than expected, at line 1 column 27",
        ),
    ];
    for (body, message) in cases {
        let answer = Answer::Reply {
            status: 200,
            headers: Vec::new(),
            body: body.to_vec(),
        };
        let server = Server::start(move |_| {
            let answer = answer.clone();
            async { answer }
        })
        .await;
        let session = with_token(&server.url()).build().unwrap();
        let error = ping(&session).send_json::<Vec<Thing>>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(
            error.to_string(),
            format!("ping: unexpected response: 200 OK: {message}")
        );
        assert_eq!(
            (error.attempts(), error.may_have_been_applied()),
            (1, false)
        );
    }
    let deep = Answer::json(200, &"[".repeat(10_000));
    let server = Server::start(move |_| {
        let deep = deep.clone();
        async { deep }
    })
    .await;
    let session = with_token(&server.url()).build().unwrap();
    let error = ping(&session).send_json::<Value>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("nested too deeply"), "{error}");

    let not_text = Answer::Reply {
        status: 200,
        headers: Vec::new(),
        body: vec![0xff],
    };
    let server = Server::start(move |_| {
        let not_text = not_text.clone();
        async { not_text }
    })
    .await;
    let session = with_token(&server.url()).build().unwrap();
    let body = ping(&session).send_raw().await.unwrap();
    assert_eq!(body.text().unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_cut_off_is_a_transport_error() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[1, 2".to_vec();
    let server = Server::start(move |_| {
        let cut = cut.clone();
        async { Answer::Raw(cut) }
    })
    .await;
    let session = with_token(&server.url())
        .clock(ManualClock::new())
        .build()
        .unwrap();
    let error = ping(&session).send_json::<Value>().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 3));
    let error = Request::new(&session, &crate::support::CREATE)
        .send_json::<Value>()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));
    assert!(error.may_have_been_applied());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_safe_to_repeat_is_repeated_and_nothing_else() {
    let repeated = [
        Answer::Reset,
        Answer::status(429),
        Answer::status(502),
        Answer::status(503),
        Answer::status(504),
    ];
    let final_ones = [
        Answer::status(400),
        Answer::status(408),
        Answer::status(409),
        Answer::status(500),
    ];
    let faults = repeated
        .map(|answer| (answer, 3))
        .into_iter()
        .chain(final_ones.map(|answer| (answer, 1)));
    for (answer, idempotent_sends) in faults {
        let fault = answer.clone();
        let server = Server::start(move |_| {
            let fault = fault.clone();
            async { fault }
        })
        .await;
        let session = with_token(&server.url())
            .clock(ManualClock::new())
            .build()
            .unwrap();
        for info in &METHODS {
            let before = server.received().len();
            let error = Request::new(&session, info).send_empty().await.unwrap_err();
            let sends = server.received().len() - before;
            let status = error.status();
            let idempotent = !matches!(info.method(), "POST" | "PATCH");
            assert_eq!(
                sends,
                if idempotent { idempotent_sends } else { 1 },
                "{} {status:?}",
                info.method()
            );
            assert_eq!(error.attempts() as usize, sends);
            let safe = matches!(info.method(), "GET" | "HEAD" | "OPTIONS");
            let refused = status.is_some_and(|status| status < 500);
            assert_eq!(
                error.may_have_been_applied(),
                !safe && !refused,
                "{} {status:?}",
                info.method()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_is_tried_again_for_every_method() {
    let session = with_token(&refusing_url().await)
        .clock(ManualClock::new())
        .build()
        .unwrap();
    for info in &METHODS {
        let error = Request::new(&session, info).send_empty().await.unwrap_err();
        assert!(error.is_connect(), "{error}");
        assert_eq!(error.attempts(), 3, "{}", info.method());
        assert!(!error.may_have_been_applied());
    }
    let mut request = Request::new(&session, &METHODS[0]);
    request.set_retry(RetryPolicy::none());
    assert_eq!(request.send_empty().await.unwrap_err().attempts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_perhaps_applied_once_stays_so() {
    // A DELETE whose first answer was lost, and whose repetition finds nothing.
    let lost = std::sync::atomic::AtomicBool::new(false);
    let server = Server::start(move |_| {
        let first = !lost.swap(true, std::sync::atomic::Ordering::SeqCst);
        async move {
            if first {
                Answer::Reset
            } else {
                Answer::status(404)
            }
        }
    })
    .await;
    let session = with_token(&server.url())
        .clock(ManualClock::new())
        .build()
        .unwrap();
    let error = Request::new(&session, &METHODS[4])
        .send_empty()
        .await
        .unwrap_err();
    assert!(error.is_not_found() && error.may_have_been_applied());
    assert_eq!(error.attempts(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_grow_with_jitter_and_retry_after_sets_them() {
    let seconds = Duration::from_secs;
    // Retry-After (with the Date of the answer) and the pause that is expected; None for a random one.
    let date = "Wed, 21 Oct 2015 07:28:00 GMT";
    let cases = [
        (Some("0"), Some(seconds(0))),
        (Some("1"), Some(seconds(1))),
        (Some("2"), Some(seconds(2))),
        (Some("Wed, 21 Oct 2015 07:28:01 GMT"), Some(seconds(1))),
        (Some("Wed, 21 Oct 2015 07:27:00 GMT"), Some(seconds(0))),
        (Some("1.5"), None),
        (Some("-1"), None),
        (Some("soon"), None),
        (Some(""), None),
        (None, None),
    ];
    for (retry_after, expected) in cases {
        let mut answer = Answer::status(503).with_header("date", date);
        if let Some(retry_after) = retry_after {
            answer = answer.with_header("retry-after", retry_after);
        }
        let server = Server::start(move |_| {
            let answer = answer.clone();
            async { answer }
        })
        .await;
        let clock = ManualClock::new();
        let session = with_token(&server.url())
            .clock(clock.clone())
            .build()
            .unwrap();
        ping(&session).send_empty().await.unwrap_err();
        let pauses = clock.pauses();
        if let Some(pause) = expected {
            assert_eq!(pauses, [pause, pause], "{retry_after:?}");
        } else {
            assert_eq!(pauses.len(), 2);
            assert!(pauses[0] <= Duration::from_millis(100), "{pauses:?}");
            assert!(pauses[1] <= Duration::from_millis(200), "{pauses:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_past_the_timeout_is_not_made() {
    let server =
        Server::start(|_| async { Answer::status(503).with_header("retry-after", "2") }).await;
    let clock = ManualClock::new();
    let session = with_token(&server.url())
        .clock(clock.clone())
        .timeout(Duration::from_secs(3))
        .retry(RetryPolicy::default().attempts(100))
        .build()
        .unwrap();
    let error = ping(&session).send_empty().await.unwrap_err();
    assert_eq!(error.status(), Some(503), "the failure, not the timeout");
    assert_eq!(clock.pauses(), [Duration::from_secs(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_call_ends_with_the_timeout() {
    for (info, may_have_been_applied) in [(&METHODS[0], false), (&METHODS[5], true)] {
        let (arrived, mut arrival) = tokio::sync::mpsc::unbounded_channel();
        let server = Server::start(move |_| {
            arrived.send(()).expect("the test waits");
            std::future::pending::<Answer>()
        })
        .await;
        let clock = ManualClock::new();
        let session = with_token(&server.url())
            .clock(clock.clone())
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        let call = tokio::spawn(Request::new(&session, info).send_empty());
        arrival.recv().await.unwrap();
        clock.advance(Duration::from_secs(10));
        let error = call.await.unwrap().unwrap_err();
        assert!(error.is_timeout());
        let advice = if may_have_been_applied {
            " (the server may have made the change: read the object before you repeat the call)"
        } else {
            ""
        };
        let id = info.id();
        assert_eq!(
            error.to_string(),
            format!("{id}: timed out: the call did not end within 10s{advice}")
        );
        assert_eq!(
            (error.attempts(), error.may_have_been_applied()),
            (1, may_have_been_applied)
        );
    }
}

#[tokio::test]
async fn a_timeout_without_end_is_allowed() {
    let server = Server::start(|_| async { Answer::status(204) }).await;
    let session = with_token(&server.url())
        .timeout(Duration::MAX)
        .build()
        .unwrap();
    ping(&session).send_empty().await.unwrap();
}

#[tokio::test]
async fn a_path_prefix_is_kept_for_calls_and_for_tokens() {
    let server = Server::with_tokens(60, Answer::status(204)).await;
    for base in ["/auth", "/auth/", "/auth//"] {
        let session = Session::builder(&(server.url() + base))
            .credentials(password())
            .auth_realm("a/b c")
            .build()
            .unwrap();
        assert_eq!(session.base_url(), server.url() + "/auth");
        ping(&session).send_empty().await.unwrap();
    }
    for pair in server.received().chunks(2) {
        assert_eq!(
            pair[0].target,
            "/auth/realms/a%2Fb%20c/protocol/openid-connect/token"
        );
        assert_eq!(pair[1].target, "/auth/admin/ping");
    }
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let with_base = |base: &str| Session::builder(base).credentials(password());
    let good = "https://sso.example.com";
    let cases = vec![
        (with_base(""), "not a URL"),
        (with_base("sso.example.com"), "not a URL"),
        (with_base("/auth"), "not a URL"),
        (with_base("ftp://sso.example.com"), "http:// or https://"),
        (
            with_base("sso.example.com:8443/auth"),
            "http:// or https://",
        ),
        (with_base("https://"), "not a URL"),
        (with_base("https://admin@sso.example.com"), "user name"),
        (with_base("https://:hidden@sso.example.com"), "user name"),
        (with_base("https://sso.example.com?hidden=1"), "query"),
        (with_base("https://sso.example.com/#hidden"), "fragment"),
        (with_base(good).auth_realm(""), "auth realm"),
        (with_base(good).auth_realm(".."), "auth realm"),
        (with_base(good).user_agent("hidden\n"), "user agent"),
        (
            with_base(good).root_certificate_pem(b"hidden"),
            "root certificate",
        ),
        (
            Session::builder(good),
            "set credentials or a token provider",
        ),
    ];
    for (builder, named) in cases {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(named), "{error}");
        assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
    }
    let ports = [
        ("HTTPS://SSO.example.com:443/", good),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ];
    for (given, kept) in ports {
        assert_eq!(with_base(given).build().unwrap().base_url(), kept);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keycloaks_error_bodies_become_messages() {
    // Body; message; code; Display.
    let long = format!(r#"{{"errorMessage":"{}\n\u001b[31m"}}"#, "x".repeat(1000));
    let cut = "x".repeat(300) + "…";
    let cases = [
        (
            r#"{"errorMessage":"User exists with same username"}"#,
            Some("User exists with same username"),
            None,
            "create_thing: 409 Conflict: User exists with same username",
        ),
        (
            r#"{"error":"invalid_request","error_description":"Wrong"}"#,
            Some("Wrong"),
            Some("invalid_request"),
            "create_thing: 409 Conflict: Wrong",
        ),
        (
            r#"{"error":"Not this one"}"#,
            Some("Not this one"),
            Some("Not this one"),
            "create_thing: 409 Conflict: Not this one",
        ),
        (
            r#"{"error":"","errorMessage":"two\nlines\u001b[31m"}"#,
            Some("two\nlines\u{1b}[31m"),
            None,
            "create_thing: 409 Conflict: two lines [31m",
        ),
        (
            r#"{"error":17,"errorMessage":null}"#,
            None,
            None,
            "create_thing: 409 Conflict",
        ),
        (
            r#"{"errors":"no list"}"#,
            None,
            None,
            "create_thing: 409 Conflict",
        ),
        (
            "<html>oops</html>",
            None,
            None,
            "create_thing: 409 Conflict",
        ),
        ("", None, None, "create_thing: 409 Conflict"),
        ("null", None, None, "create_thing: 409 Conflict"),
    ];
    let cut_display = format!("create_thing: 409 Conflict: {cut}");
    let long_message = "x".repeat(1000) + "\n\u{1b}[31m";
    let long_case = (
        long.as_str(),
        Some(long_message.as_str()),
        None,
        cut_display.as_str(),
    );
    for (body, message, code, display) in cases.into_iter().chain([long_case]) {
        let error = failing(409, body).await;
        assert!(error.is_conflict());
        assert_eq!(
            (error.message(), error.error_code()),
            (message, code),
            "{body}"
        );
        assert_eq!(error.to_string(), display);
    }
    let body = r#"{"errors":[{"field":"email","errorMessage":"error-invalid-email","params":["email","x"]},{"field":"age"},3]}"#;
    let error = failing(400, body).await;
    assert!(error.is_bad_request());
    assert_eq!(error.message(), Some("error-invalid-email"));
    let fields: Vec<_> = error
        .field_errors()
        .iter()
        .map(|error| error.field.as_deref())
        .collect();
    assert_eq!(fields, [Some("email"), Some("age")]);
    assert_eq!(
        error.field_errors()[0].params,
        Some(vec![json!("email"), json!("x")])
    );
    let single = r#"{"field":"username","errorMessage":"error-username-invalid-character","params":["a/b"]}"#;
    let error = failing(400, single).await;
    assert_eq!(error.field_errors().len(), 1);
    assert_eq!(error.field_errors()[0].field.as_deref(), Some("username"));
    assert_eq!(error.message(), Some("error-username-invalid-character"));
    assert_eq!(
        error.to_string(),
        "create_thing: 400 Bad Request: username: error-username-invalid-character"
    );
}

#[tokio::test]
async fn a_refusal_of_several_fields_displays_all_of_them() {
    let cases = [
        (
            r#"{"errors":[{"field":"email","errorMessage":"error-invalid-email","params":["email","x"]},{"field":"age"}]}"#,
            "email: error-invalid-email; age",
        ),
        (
            r#"{"errorMessage":"Two faults","errors":[{"field":"a","errorMessage":"short"},{"field":"b","errorMessage":"long"}]}"#,
            "Two faults; a: short; b: long",
        ),
        (
            r#"{"errors":[{"message":"it is there","code":"found_error"}]}"#,
            "it is there",
        ),
    ];
    for (body, message) in cases {
        let error = failing(400, body).await;
        assert_eq!(
            error.to_string(),
            format!("create_thing: 400 Bad Request: {message}")
        );
    }
}

#[tokio::test]
async fn the_body_of_an_error_answer_is_there_and_is_not_printed() {
    let page = "<html>gateway-page</html>";
    let server = Server::start(move |_| async move {
        Answer::Reply {
            status: 500,
            headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
            body: page.into(),
        }
    })
    .await;
    let send = async |limit| {
        let session = with_token(&server.url()).max_error_body_bytes(limit);
        let request = Request::new(&session.build().unwrap(), &crate::support::CREATE);
        request.send_empty().await.unwrap_err()
    };
    let error = send(page.len()).await;
    assert_eq!(error.body(), Some(page.as_bytes()));
    assert_eq!(error.content_type(), Some("text/html; charset=utf-8"));
    assert_eq!(error.message(), None);
    assert!(!format!("{error} {error:?}").contains("gateway-page"));

    let error = send(page.len() - 1).await;
    assert_eq!((error.body(), error.content_type()), (None, None));
}

async fn failing(status: u16, body: &str) -> Error {
    let answer = Answer::json(status, body);
    let server = Server::start(move |_| {
        let answer = answer.clone();
        async { answer }
    })
    .await;
    let session = with_token(&server.url()).build().unwrap();
    Request::new(&session, &crate::support::CREATE)
        .send_empty()
        .await
        .unwrap_err()
}

#[tokio::test]
async fn an_answer_has_status_headers_and_the_id_of_what_was_created() {
    let server = Server::start(|_| async {
        Answer::json(201, "[1,2]").with_header(
            "Location",
            "http://localhost/admin/realms/r/users/a%20b%2Fc",
        )
    })
    .await;
    let session = with_token(&server.url()).build().unwrap();
    let answer = Request::new(&session, &crate::support::CREATE)
        .send_json::<Vec<u8>>()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.header("CONTENT-TYPE"), Some("application/json"));
    assert_eq!(answer.created_id().as_deref(), Some("a b/c"));
    assert_eq!(answer.len(), 2, "it dereferences to the body");
    let doubled = answer.map(|numbers| numbers.iter().sum::<u8>());
    assert_eq!((doubled.status(), doubled.into_inner()), (201, 3));
}

/// A builder as the generated crates have it.
mod api {
    #![allow(unreachable_pub)]

    use keycloak_session::{Error, Operation, OperationInfo, Paged, RawResponse, Session};

    keycloak_session::declare_call!();

    /// The API.
    pub struct Client {
        pub session: Session,
    }

    impl Client {
        pub fn list_things(&self) -> ListThings {
            Call::new(&self.session)
        }
    }

    pub type ListThings = Call<op::ListThings>;

    impl ListThings {
        pub fn colour(mut self, value: impl AsRef<str>) -> Self {
            self.request.set_query("colour", value.as_ref());
            self
        }
    }

    pub mod op {
        use super::*;

        pub enum ListThings {}

        impl Operation for ListThings {
            type Output = Vec<String>;
            const INFO: &'static OperationInfo =
                &OperationInfo::new("list_things", "GET", "/admin/things");

            fn decode(response: &RawResponse) -> Result<Vec<String>, Error> {
                response.json_or_default()
            }
        }

        impl Paged for ListThings {
            type Item = String;

            fn items(output: Vec<String>) -> Vec<String> {
                output
            }

            fn key(item: &String) -> Option<&str> {
                Some(item)
            }
        }
    }
}

#[tokio::test]
async fn generic_code_can_fill_in_and_send_any_operation() {
    async fn page<C: ApiCall<Operation: Paged>>(
        mut call: C,
        first: u32,
    ) -> Vec<<C::Operation as Paged>::Item> {
        let name = <C::Operation as Paged>::FIRST;
        call.request_mut().set_query(name, first);
        assert_eq!(call.request().info(), C::Operation::INFO);
        let answer = call.into_request().send::<C::Operation>().await.unwrap();
        C::Operation::items(answer.into_inner())
    }
    let server = Server::start(|_| async { Answer::json(200, r#"["a","b"]"#) }).await;
    let session = with_token(&server.url()).build().unwrap();
    let client = api::Client { session };
    let items = page(client.list_things(), 20).await;
    let keys: Vec<_> = items.iter().map(api::op::ListThings::key).collect();
    assert_eq!(keys, [Some("a"), Some("b")]);
    assert_eq!(server.received()[0].target, "/admin/things?first=20");
}

/// The methods of every operation's builder.
#[tokio::test(flavor = "multi_thread")]
async fn a_builder_has_the_settings_and_the_ways_to_send_of_a_call() {
    let server = Server::in_turn(vec![
        Answer::json(200, r#"["a","b"]"#).with_header("x-total", "2"),
        Answer::status(204),
        Answer::status(404),
        Answer::status(404),
        Answer::json(200, "<a/>").with_header("x-kind", "xml"),
        Answer::json(200, r#"["longer than ten"]"#),
        Answer::status(503),
    ])
    .await;
    let clock = ManualClock::new();
    let session = with_token(&server.url())
        .clock(clock.clone())
        .build()
        .unwrap();
    let client = api::Client { session };
    let call = || client.list_things();
    let red = call().colour("red").header("x-reason", "hidden");
    assert!(!format!("{red:?} {red:#?}").contains("hidden"), "{red:?}");
    let answer = red.clone().send().await.unwrap();
    assert_eq!((answer.header("x-total"), answer.len()), (Some("2"), 2));
    assert_eq!(call().await.unwrap(), [""; 0]);
    assert_eq!(call().optional().await.unwrap(), None);
    assert!(call().await.unwrap_err().is_not_found());
    let raw = red.raw().accept("text/xml").await.unwrap();
    assert_eq!(raw.text().unwrap(), "<a/>");
    let error = call().max_body_bytes(10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BodyTooLarge);
    let error = call().retry(RetryPolicy::none()).await.unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(503), 1));

    let sent = server.received();
    assert_eq!(sent[0].target, "/admin/things?colour=red");
    assert_eq!(sent[0].header("x-reason"), Some("hidden"));
    assert_eq!(sent[0].header("accept"), Some("application/json"));
    assert_eq!(sent[4].header("accept"), Some("text/xml"));
    assert_eq!(sent.len(), 7);

    let silent = Server::start(|_| std::future::pending::<Answer>()).await;
    let session = with_token(&silent.url()).clock(clock.clone()).build();
    let client = api::Client {
        session: session.unwrap(),
    };
    let limit = Duration::from_secs(5);
    let parked = Parked::default();
    let call = client.list_things().timeout(limit).send();
    let call = tokio::spawn(parked.count(call));
    parked.reach(1).await;
    clock.advance(limit);
    assert!(call.await.unwrap().unwrap_err().is_timeout());
}

#[test]
fn everything_moves_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_shared<T: Send + Sync + Clone + std::fmt::Debug + 'static>() {}
    is_shared::<Session>();
    is_shared::<Request>();
    is_shared::<Error>();
    is_shared::<AccessToken>();
    is_shared::<Credentials>();
    is_shared::<Response<String>>();
    let session = with_token("http://localhost").build().unwrap();
    is_send(&ping(&session).send_json::<Value>());
    is_send(&ping(&session).send_empty());
    is_send(&ping(&session).send_raw());
    is_send(&session.access_token());
    is_send(&Parked::default().reach(1));
}

#[tokio::test]
async fn an_answer_without_a_body_is_nothing_or_an_empty_list() {
    let server = Server::start(|_| async { Answer::status(204) }).await;
    let session = with_token(&server.url()).build().unwrap();
    let request = || Request::new(&session, &crate::support::PING);
    let raw: RawResponse = request().send_raw().await.unwrap();
    assert_eq!(raw.status(), 204);
    assert_eq!(raw.json_or_default::<Option<String>>().unwrap(), None);
    let list: Vec<String> = raw.json_or_default().unwrap();
    assert_eq!(list, Vec::<String>::new());
    let error = request().send_json::<String>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}
