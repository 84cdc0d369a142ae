//! Faults of the server and of the network, with the exact number of sends. docs/reliability.md names the rows.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::support::{
    Answer, Gate, ManualClock, Server, Tokens, password, ping, refusing_url, service, with_token,
};
use futures_util::future::join_all;
use keycloak_session::{
    Error, ErrorKind, OperationInfo, Request, RetryBudget, RetryPolicy, Session, SessionBuilder,
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;

static CALLS: [OperationInfo; 6] = [
    OperationInfo::new("get", "GET", "/x"),
    OperationInfo::new("put", "PUT", "/x"),
    OperationInfo::new("delete", "DELETE", "/x"),
    OperationInfo::new("post", "POST", "/x"),
    OperationInfo::new("patch", "PATCH", "/x"),
    OperationInfo::new("marked", "POST", "/x").idempotent(),
];

const BROKEN_OFF: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[1, 2";

async fn answering(answer: Answer) -> Server {
    Server::start(move |_| {
        let answer = answer.clone();
        async { answer }
    })
    .await
}

/// Returns the requests of a session to a server that gives one answer, for each of the calls.
async fn sends(answer: Answer) -> [usize; 6] {
    let server = answering(answer).await;
    let session = with_token(&server.url())
        .clock(ManualClock::new())
        .build()
        .unwrap();
    let mut sends = [0; 6];
    for (info, sends) in CALLS.iter().zip(&mut sends) {
        let before = server.received().len();
        let error = Request::new(&session, info).send_empty().await.unwrap_err();
        *sends = server.received().len() - before;
        assert_eq!(error.attempts() as usize, *sends, "{error}");
        let may_have_been_applied =
            info.method() != "GET" && error.status().is_none_or(|status| status >= 500);
        assert_eq!(
            error.may_have_been_applied(),
            may_have_been_applied,
            "{error}"
        );
    }
    sends
}

/// Like `sends`, for a port without a server. It counts attempts, because nothing is sent.
async fn attempts_where_refused() -> [usize; 6] {
    let session = with_token(&refusing_url().await)
        .clock(ManualClock::new())
        .build()
        .unwrap();
    let mut attempts = [0; 6];
    for (info, attempts) in CALLS.iter().zip(&mut attempts) {
        let before = session.counters().attempts;
        let error = Request::new(&session, info).send_empty().await.unwrap_err();
        assert!(
            error.is_connect() && !error.may_have_been_applied(),
            "{error}"
        );
        *attempts = usize::try_from(session.counters().attempts - before).unwrap();
        assert_eq!(error.attempts() as usize, *attempts);
    }
    attempts
}

/// As `sends`, where no answer comes and each attempt may take 5 s.
async fn sends_where_silent() -> [usize; 6] {
    let (arrived, mut arrival) = mpsc::unbounded_channel();
    let server = Server::start(move |_| {
        let _ = arrived.send(());
        std::future::pending::<Answer>()
    })
    .await;
    let clock = ManualClock::new();
    let session = with_token(&server.url())
        .clock(clock.clone())
        .retry(RetryPolicy::default().attempt_timeout(Duration::from_secs(5)))
        .build()
        .unwrap();
    let mut sends = [0; 6];
    for (info, sends) in CALLS.iter().zip(&mut sends) {
        let before = server.received().len();
        let mut call = tokio::spawn(Request::new(&session, info).send_empty());
        let error = loop {
            tokio::select! {
                Some(()) = arrival.recv() => clock.advance(Duration::from_secs(5)),
                result = &mut call => break result.unwrap().unwrap_err(),
            }
        };
        assert!(error.is_timeout(), "{error}");
        assert_eq!(error.may_have_been_applied(), info.method() != "GET");
        *sends = server.received().len() - before;
        assert_eq!(error.attempts() as usize, *sends);
    }
    sends
}

/// Row 10.
#[tokio::test(flavor = "multi_thread")]
async fn six_kinds_of_calls_and_eleven_faults_are_sent_exactly_so_often() {
    let refused = attempts_where_refused().await;
    let timeout = sends_where_silent().await;
    // GET, PUT, DELETE, POST, PATCH, a POST that is marked as idempotent.
    let table = [
        ("refused", refused, [3, 3, 3, 3, 3, 3]),
        (
            "reset before headers",
            sends(Answer::Reset).await,
            [3, 3, 3, 1, 1, 3],
        ),
        (
            "reset after headers",
            sends(Answer::ResetAfter(BROKEN_OFF.to_vec())).await,
            [3, 3, 3, 1, 1, 3],
        ),
        (
            "EOF",
            sends(Answer::Raw(Vec::new())).await,
            [3, 3, 3, 1, 1, 3],
        ),
        ("timeout", timeout, [3, 3, 3, 1, 1, 3]),
        ("408", sends(Answer::status(408)).await, [1, 1, 1, 1, 1, 1]),
        ("429", sends(Answer::status(429)).await, [3, 3, 3, 1, 1, 3]),
        ("500", sends(Answer::status(500)).await, [1, 1, 1, 1, 1, 1]),
        ("502", sends(Answer::status(502)).await, [3, 3, 3, 1, 1, 3]),
        ("503", sends(Answer::status(503)).await, [3, 3, 3, 1, 1, 3]),
        ("504", sends(Answer::status(504)).await, [3, 3, 3, 1, 1, 3]),
    ];
    for (fault, sends, expected) in table {
        assert_eq!(sends, expected, "{fault}");
    }
}

/// Row 12: the nine forms of the header, some of them in two sizes. 60 s for the whole call.
#[tokio::test(flavor = "multi_thread")]
async fn retry_after_in_nine_forms_never_goes_past_the_deadline() {
    let seconds = |list: &[u64]| {
        let pauses = list.iter().copied().map(Duration::from_secs);
        Some(pauses.collect::<Vec<_>>())
    };
    // The answer says that it is 07:28:00. The pauses, or `None` for two random ones.
    let cases: [(&[&str], Option<Vec<Duration>>); 14] = [
        (&["0"], seconds(&[0, 0])),
        (&["20"], seconds(&[20, 20])),
        (&["40"], seconds(&[40])), // a second one would end at 80 s
        (&["60"], seconds(&[])),
        (&["1.5"], None),
        (&["-1"], None),
        (&["1e12"], None),
        (&["1000000000000"], seconds(&[])),
        (&["Wed, 21 Oct 2015 07:27:00 GMT"], seconds(&[0, 0])),
        (&["Wed, 21 Oct 2015 07:28:25 GMT"], seconds(&[25, 25])),
        (&["Wed, 21 Oct 2099 07:28:00 GMT"], seconds(&[])),
        (&["soon"], None),
        (&["7", "9"], seconds(&[7, 7])),
        (&[], None),
    ];
    let limit = Duration::from_secs(60);
    for (values, expected) in cases {
        let mut answer = Answer::status(503).with_header("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        for value in values {
            answer = answer.with_header("retry-after", *value);
        }
        let server = answering(answer).await;
        let clock = ManualClock::with_pauses_up_to(Duration::from_secs(59));
        let session = with_token(&server.url())
            .clock(clock.clone())
            .timeout(limit)
            .build()
            .unwrap();
        let error = ping(&session).send_empty().await.unwrap_err();
        assert_eq!(
            error.status(),
            Some(503),
            "{values:?}: the failure, not the timeout"
        );
        let pauses = clock.pauses();
        assert_eq!(server.received().len(), pauses.len() + 1);
        assert!(clock.elapsed() < limit, "{values:?}: {pauses:?}");
        if let Some(expected) = expected {
            assert_eq!(pauses, expected, "{values:?}");
            assert!(error.retry_after().is_some());
        } else {
            assert_eq!((pauses.len(), error.retry_after()), (2, None), "{values:?}");
            assert!(pauses[0] <= Duration::from_millis(100), "{pauses:?}");
            assert!(pauses[1] <= Duration::from_millis(200), "{pauses:?}");
        }
    }
}

/// Sends so many calls, some of them at a time, and returns how many succeeded.
async fn many(session: &Session, calls: usize) -> usize {
    let left = Arc::new(AtomicUsize::new(calls));
    let workers = (0..16).map(|_| {
        let (session, left) = (session.clone(), Arc::clone(&left));
        tokio::spawn(async move {
            let take = |left: usize| left.checked_sub(1);
            let mut succeeded = 0;
            while left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                .is_ok()
            {
                match ping(&session).send_empty().await {
                    Ok(_) => succeeded += 1,
                    Err(error) => assert_eq!(error.status(), Some(503), "{error}"),
                }
            }
            succeeded
        })
    });
    join_all(workers)
        .await
        .into_iter()
        .map(Result::unwrap)
        .sum()
}

/// Row 13.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_failing_calls_are_repeated_within_the_budget_and_recover() {
    let failing = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&failing);
    let server = Server::start(move |_| {
        let status = if seen.load(Ordering::SeqCst) {
            503
        } else {
            204
        };
        async move { Answer::status(status) }
    })
    .await;
    let session = with_token(&server.url())
        .clock(ManualClock::new())
        .build()
        .unwrap();

    assert_eq!(many(&session, 10_000).await, 0);
    let counters = session.counters();
    assert_eq!((counters.calls, counters.failures), (10_000, 10_000));
    assert_eq!(counters.retries, 100, "500 tokens pay for 100 retries");
    assert!(counters.retries_withheld >= 9_900, "{counters:?}");
    assert_eq!(counters.attempts, 10_100);
    assert_eq!(server.received().len(), 10_100);

    // The server is well again: every call succeeds at once, and the bucket fills.
    failing.store(false, Ordering::SeqCst);
    assert_eq!(many(&session, 500).await, 500);
    assert_eq!(session.counters().retries, 100);
    assert_eq!(server.received().len(), 10_600);

    // So that the next outage finds it full.
    failing.store(true, Ordering::SeqCst);
    assert_eq!(many(&session, 200).await, 0);
    assert_eq!(session.counters().retries, 200);

    // Without a budget the policy alone decides.
    let session = with_token(&server.url())
        .clock(ManualClock::new())
        .retry_budget(RetryBudget::unlimited())
        .build()
        .unwrap();
    assert_eq!(many(&session, 200).await, 0);
    let counters = session.counters();
    assert_eq!((counters.attempts, counters.retries), (600, 400));
    assert_eq!(counters.retries_withheld, 0);
}

/// Token requests pay from the same bucket. If nobody can log in, the login is not tried three times for each call.
#[tokio::test(flavor = "multi_thread")]
async fn token_requests_are_within_the_budget_too() {
    let server = answering(Answer::status(503)).await;
    let session = Session::builder(&server.url())
        .credentials(service())
        .clock(ManualClock::new())
        .build()
        .unwrap();
    for _ in 0..200 {
        let error = ping(&session).send_empty().await.unwrap_err();
        assert!(error.is_authentication() && error.is_transient(), "{error}");
        assert_eq!((error.status(), error.attempts()), (Some(503), 0));
    }
    assert_eq!(server.token_requests().len(), 300);
    assert_eq!(server.calls().len(), 0);
}

/// A listener whose queue is full: a connection to it is never made.
async fn full_listener() -> (TcpListener, Vec<TcpStream>, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(stream) =
        tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        queued.push(stream.unwrap());
    }
    (listener, queued, format!("http://{address}"))
}

/// Row 14, with the real clock: total timeout of a second.
#[tokio::test(flavor = "multi_thread")]
async fn a_stall_anywhere_ends_with_the_total_timeout() {
    const TOTAL: Duration = Duration::from_secs(1);
    let (_listener, _queued, full) = full_listener().await;
    // Accepts connections in the kernel and never answers a handshake.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mute = format!("https://{}", mute.local_addr().unwrap());
    let silent = answering(Answer::StallAfter(Vec::new())).await;
    let half = answering(Answer::StallAfter(BROKEN_OFF.to_vec())).await;
    let drip = answering(Answer::Drip).await;

    let impatient = RetryPolicy::default()
        .attempts(u32::MAX)
        .attempt_timeout(Duration::from_millis(150));
    let stalls = [
        ("connect", with_token(&full)),
        ("TLS", with_token(&mute)),
        ("headers", with_token(&silent.url())),
        ("mid-body", with_token(&half.url())),
        ("one byte a second", with_token(&drip.url())),
        (
            "token",
            Session::builder(&silent.url()).credentials(password()),
        ),
        (
            "headers, with many attempts",
            with_token(&silent.url()).retry(impatient),
        ),
    ];
    let calls = stalls.map(|(stall, builder): (_, SessionBuilder)| {
        let session = builder.timeout(TOTAL).build().unwrap();
        async move {
            let begun = Instant::now();
            let result = ping(&session).send_json::<serde_json::Value>().await;
            let elapsed = begun.elapsed();
            let error = result.unwrap_err();
            assert!(
                error.is_timeout() || error.attempts() > 1,
                "{stall}: {error}"
            );
            assert!(
                elapsed < TOTAL + Duration::from_millis(250),
                "{stall}: {elapsed:?}"
            );
            if error.attempts() == 1 {
                assert!(elapsed >= TOTAL, "{stall}: {elapsed:?}");
            }
        }
    });
    join_all(calls).await;
}

#[tokio::test]
async fn a_call_may_have_a_timeout_of_its_own() {
    let server = answering(Answer::StallAfter(Vec::new())).await;
    let session = with_token(&server.url())
        .timeout(Duration::from_secs(3600))
        .build()
        .unwrap();
    let mut request = ping(&session);
    request.set_timeout(Duration::from_millis(50));
    let error = request.send_empty().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "ping: timed out: the call did not end within 50ms"
    );
    let mut request = ping(&session);
    request.set_retry(RetryPolicy::none().attempt_timeout(Duration::from_millis(50)));
    let error = request.send_empty().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "ping: timed out: the attempt did not end within 50ms"
    );
    // A very long one is no overflow.
    let server = answering(Answer::status(204)).await;
    let session = with_token(&server.url()).build().unwrap();
    let mut request = ping(&session);
    request.set_timeout(Duration::MAX);
    request.set_retry(RetryPolicy::default().attempt_timeout(Duration::MAX));
    request.send_empty().await.unwrap();
}

/// The point at which a server leaves a call waiting.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hold {
    Token,
    Headers,
    Body,
    Pause,
    Nothing,
}

/// Waits until the runtime has no task.
async fn no_task_is_left(runtime: &tokio::runtime::Runtime) -> bool {
    let begun = Instant::now();
    while runtime.metrics().num_alive_tasks() > 0 {
        if begun.elapsed() > Duration::from_secs(30) {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}

/// A client that goes away in the middle of a call leaves no task and no lock, wherever the call is.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_leaves_nothing_behind() {
    for hold in [Hold::Token, Hold::Headers, Hold::Body, Hold::Pause] {
        let stage = Arc::new(Mutex::new(hold));
        let (arrived, mut arrival) = mpsc::unbounded_channel();
        let (gate, tokens) = (Gate::default(), Tokens::default());
        let (current, opening) = (Arc::clone(&stage), gate.clone());
        let server = Server::start(move |received| {
            let (arrived, opening) = (arrived.clone(), opening.clone());
            let (hold, tokens) = (*current.lock().unwrap(), tokens.clone());
            async move {
                let is_token = received.is_token_request();
                if hold != Hold::Nothing && is_token == (hold == Hold::Token) {
                    arrived.send(()).unwrap();
                    match hold {
                        Hold::Token => opening.passed().await,
                        Hold::Body => return Answer::StallAfter(BROKEN_OFF.to_vec()),
                        Hold::Pause => {
                            return Answer::status(503).with_header("retry-after", "30");
                        }
                        _ => return Answer::StallAfter(Vec::new()),
                    }
                }
                if is_token {
                    tokens.issue(60, &received)
                } else {
                    Answer::status(204)
                }
            }
        })
        .await;
        // Of its own, so that the server's tasks are not counted.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let session = Session::builder(&server.url())
            .credentials(password())
            .build()
            .unwrap();
        let call = runtime.spawn(ping(&session).send_empty());
        arrival.recv().await.unwrap();
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());

        // Others go on with the same session.
        *stage.lock().unwrap() = Hold::Nothing;
        gate.open();
        let next = runtime.spawn(ping(&session).send_empty());
        next.await.unwrap().unwrap();
        assert_eq!(server.token_requests().len(), 1, "{hold:?}");
        let tasks = runtime.metrics().num_alive_tasks();
        assert!(tasks > 0, "the connection is kept");
        drop(session);
        assert!(no_task_is_left(&runtime).await, "{hold:?}");
        runtime.shutdown_background();
    }
}

/// Polls a future so many times, then drops it.
async fn dropped_after<F: Future>(polls: usize, future: F) {
    let mut future: Option<Pin<Box<F>>> = Some(Box::pin(future));
    let mut left = polls;
    poll_fn(move |context| {
        let over = match &mut future {
            _ if left == 0 => true,
            Some(future) => future.as_mut().poll(context).is_ready(),
            None => true,
        };
        left = left.saturating_sub(1);
        if over {
            future = None;
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
}

/// The same at every point where a call waits: dropped after 0, 1, 2, ... polls, with faults in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_can_be_dropped_at_every_await() {
    let number = AtomicUsize::new(0);
    let tokens = Tokens::default();
    let server = Server::start(move |received| {
        let answer = match number.fetch_add(1, Ordering::SeqCst) % 4 {
            _ if received.is_token_request() => tokens.issue(60, &received),
            0 => Answer::Reset,
            1 => Answer::status(401),
            2 => Answer::status(503),
            _ => Answer::json(200, "[1]"),
        };
        async { answer }
    })
    .await;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let session = Session::builder(&server.url())
        .credentials(password())
        .retry(RetryPolicy::default().base_delay(Duration::from_millis(2)))
        .build()
        .unwrap();
    for polls in 0..500 {
        let call = ping(&session).send_json::<Vec<u8>>();
        runtime
            .spawn(dropped_after(polls % 25, call))
            .await
            .unwrap();
        if polls % 7 == 0 {
            session.forget_token();
        }
    }
    let token = session.clone();
    let token = runtime.spawn(async move { token.access_token().await.map(|_| ()) });
    token.await.unwrap().unwrap();
    drop(session);
    assert!(no_task_is_left(&runtime).await);
    runtime.shutdown_background();
}

/// Every error of a call that failed on the way says where, how often and whether it may have been applied.
#[tokio::test(flavor = "multi_thread")]
async fn errors_are_complete() {
    let server = answering(Answer::status(429).with_header("retry-after", "600")).await;
    let session = with_token(&server.url())
        .clock(ManualClock::new())
        .build()
        .unwrap();
    let error = ping(&session).send_empty().await.unwrap_err();
    assert!(error.is_rate_limited() && error.is_transient() && !error.is_server_error());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(600)));
    assert_eq!((error.operation(), error.attempts()), (Some("ping"), 1));

    let chain = |error: &Error| {
        let mut sources = Vec::new();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            sources.push(cause.to_string());
            source = cause.source();
        }
        sources
    };
    let url = refusing_url().await;
    let session = with_token(&url).clock(ManualClock::new()).build().unwrap();
    let mut request = ping(&session);
    request.set_query("search", "hidden");
    let error = request.send_empty().await.unwrap_err();
    assert!(error.is_connect() && error.is_transient());
    let causes = chain(&error);
    assert!(causes.len() > 1, "{causes:?}");
    assert!(
        causes.iter().all(|cause| !cause.contains("hidden")),
        "{causes:?}"
    );
    assert!(
        error.to_string().contains(&url),
        "{error}: the origin alone"
    );

    let server = answering(Answer::ResetAfter(BROKEN_OFF.to_vec())).await;
    let session = with_token(&server.url())
        .clock(ManualClock::new())
        .build()
        .unwrap();
    let error = Request::new(&session, &CALLS[3])
        .send_empty()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));
    assert!(error.may_have_been_applied() && error.is_transient());
    assert!(!chain(&error).is_empty());
}
