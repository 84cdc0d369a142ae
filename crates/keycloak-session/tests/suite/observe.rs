//! Counters, and the hook for metrics.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Answer, ManualClock, Server, password, refusing_url, with_token};
use keycloak_session::{Counters, OperationInfo, Request, RetryPolicy, Session};

static GET_USER: OperationInfo =
    OperationInfo::new("get_user", "GET", "/admin/realms/{realm}/users/{user-id}");

fn request(session: &Session) -> Request {
    let mut request = Request::new(session, &GET_USER);
    request.set_path("realm", "acme");
    request.set_path("user-id", "1");
    request
}

/// The report of the hook: operation, realm, status, kind of error, attempts, duration.
type Report = (
    &'static str,
    Option<String>,
    Option<u16>,
    Option<&'static str>,
    u32,
    Duration,
);

#[tokio::test]
async fn the_hook_sees_each_call_once_at_its_end() {
    let answers = vec![
        Answer::json(200, "1"),
        Answer::status(404),
        Answer::status(503).with_header("retry-after", "1"),
        Answer::json(200, "1"),
        Answer::json(200, "no JSON"),
        Answer::status(503).with_header("retry-after", "2"),
    ];
    let server = Server::in_turn(answers).await;
    let reports: Arc<Mutex<Vec<Report>>> = Arc::default();
    let reporting = Arc::clone(&reports);
    let clock = ManualClock::new();
    let session = with_token(&server.url())
        .clock(clock.clone())
        .on_call(move |call| {
            reporting.lock().unwrap().push((
                call.operation().id(),
                call.realm().map(str::to_owned),
                call.status(),
                call.error().map(|error| error.kind().as_str()),
                call.attempts(),
                call.duration(),
            ));
        })
        .build()
        .unwrap();
    let call = || request(&session).send_json::<serde_json::Value>();
    assert_eq!(call().await.unwrap().attempts(), 1);
    call().await.unwrap_err();
    assert_eq!(call().await.unwrap().attempts(), 2);
    call().await.unwrap_err();
    assert_eq!(call().await.unwrap_err().attempts(), 3);
    let mut refused = request(&session);
    refused.set_path("user-id", "..");
    refused.send_empty().await.unwrap_err();
    drop(call()); // never polled: no call

    let seconds = Duration::from_secs;
    let realm = || Some("acme".to_owned());
    let expected = [
        ("get_user", realm(), Some(200), None, 1, seconds(0)),
        (
            "get_user",
            realm(),
            Some(404),
            Some("not_found"),
            1,
            seconds(0),
        ),
        ("get_user", realm(), Some(200), None, 2, seconds(1)),
        (
            "get_user",
            realm(),
            Some(200),
            Some("decode"),
            1,
            seconds(0),
        ),
        (
            "get_user",
            realm(),
            Some(503),
            Some("status"),
            3,
            seconds(4),
        ),
        (
            "get_user",
            realm(),
            None,
            Some("invalid_request"),
            0,
            seconds(0),
        ),
    ];
    assert_eq!(*reports.lock().unwrap(), expected);

    let counters = session.counters();
    let Counters {
        calls,
        failures,
        attempts,
        retries,
        retries_withheld,
        ..
    } = counters;
    assert_eq!((calls, failures, attempts), (6, 4, 8));
    assert_eq!((retries, retries_withheld), (3, 0));
}

/// A replay after a 401 is an attempt, but no retry; a call without a token is a call without an attempt.
#[tokio::test]
async fn tokens_are_not_counted_as_calls() {
    let server = Server::with_tokens(60, Answer::status(401)).await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    request(&session).send_empty().await.unwrap_err();
    let counters = session.counters();
    assert_eq!((counters.calls, counters.attempts), (1, 2));
    assert_eq!(counters.retries, 0);

    let session = Session::builder(&refusing_url().await)
        .credentials(password())
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    request(&session).send_empty().await.unwrap_err();
    let counters = session.counters();
    assert_eq!((counters.calls, counters.failures), (1, 1));
    assert_eq!(counters.attempts, 0);
}
