//! The token: how often it is asked for, when it is renewed, what a 401 does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{
    Answer, CREATE_REALM, Gate, ManualClock, Parked, Server, Tokens, password, ping, service,
};
use futures_util::future::join_all;
use keycloak_session::{
    AccessToken, BoxFuture, Credentials, Error, ErrorKind, KeyAlgorithm, PrivateKey, Request,
    RetryPolicy, Session, TlsVersion, TokenProvider,
};

const CALLERS: usize = 1000;

/// Sends this many calls at once and opens the gate when all of them wait.
async fn call_at_once(session: &Session, gate: &Gate) -> Vec<Result<(), Error>> {
    let parked = Parked::default();
    let calls: Vec<_> = (0..CALLERS)
        .map(|_| tokio::spawn(parked.count(ping(session).send_empty())))
        .collect();
    parked.reach(CALLERS).await;
    gate.open();
    join_all(calls)
        .await
        .into_iter()
        .map(|call| call.expect("no panic").map(|_| ()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_first_calls_make_one_token_request() {
    let (gate, tokens) = (Gate::default(), Tokens::default());
    let held = gate.clone();
    let server = Server::start(move |received| {
        let (held, tokens) = (held.clone(), tokens.clone());
        async move {
            if received.is_token_request() {
                held.passed().await;
                return tokens.issue(60, &received);
            }
            Answer::status(204)
        }
    })
    .await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();

    let results = call_at_once(&session, &gate).await;

    assert_eq!(
        results.iter().filter(|result| result.is_ok()).count(),
        CALLERS
    );
    assert_eq!(server.token_requests().len(), 1);
    assert_eq!(server.calls().len(), CALLERS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callers_share_one_failure_and_the_next_call_tries_again() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |_| {
        let held = held.clone();
        async move {
            held.passed().await;
            Answer::status(503)
        }
    })
    .await;
    let session = Session::builder(&server.url())
        .credentials(service())
        .clock(ManualClock::new())
        .build()
        .unwrap();

    let results = call_at_once(&session, &gate).await;

    assert_eq!(
        server.received().len(),
        3,
        "the attempts of one token request"
    );
    for result in results {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(
            (error.operation(), error.status()),
            (Some("ping"), Some(503))
        );
        assert!(error.is_server_error() && !error.may_have_been_applied());
        assert_eq!(error.attempts(), 0, "the call itself was never sent");
    }
    ping(&session).send_empty().await.unwrap_err();
    assert_eq!(server.received().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_renewed_early_by_a_fifth_of_their_life_or_thirty_seconds() {
    // Lifetime in seconds, and the second in which the token is no longer used.
    for (lifetime, renewed_after) in [(60, 48), (5, 4), (3600, 3570)] {
        let server = Server::with_tokens(lifetime, Answer::status(204)).await;
        let clock = ManualClock::new();
        let session = Session::builder(&server.url())
            .credentials(password())
            .clock(clock.clone())
            .build()
            .unwrap();
        ping(&session).send_empty().await.unwrap();
        clock.advance(Duration::from_millis(renewed_after * 1000 - 1));
        ping(&session).send_empty().await.unwrap();
        assert_eq!(
            server.token_requests().len(),
            1,
            "lifetime {lifetime}: still fresh"
        );
        clock.advance(Duration::from_millis(1));
        ping(&session).send_empty().await.unwrap();
        assert_eq!(
            server.token_requests().len(),
            2,
            "lifetime {lifetime}: renewed"
        );
        let last = server.calls().pop().unwrap();
        assert_eq!(last.header("authorization"), Some("Bearer token-2"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callers_after_expiry_make_one_more_request() {
    let cases = [
        (password(), ["password", "refresh_token"]),
        (service(), ["client_credentials", "client_credentials"]),
    ];
    for (credentials, grants) in cases {
        let (gate, tokens) = (Gate::default(), Tokens::default());
        let held = gate.clone();
        let server = Server::start(move |received| {
            let (held, tokens) = (held.clone(), tokens.clone());
            async move {
                if !received.is_token_request() {
                    return Answer::status(204);
                }
                let answer = tokens.issue(60, &received);
                if let Answer::Reply { body, .. } = &answer
                    && body.windows(7).any(|part| part == b"token-2")
                {
                    held.passed().await;
                }
                answer
            }
        })
        .await;
        let clock = ManualClock::new();
        let session = Session::builder(&server.url())
            .credentials(credentials)
            .clock(clock.clone())
            .build()
            .unwrap();
        ping(&session).send_empty().await.unwrap();
        clock.advance(Duration::from_secs(61));

        let results = call_at_once(&session, &gate).await;

        assert!(results.iter().all(Result::is_ok));
        assert_eq!(server.grants(), grants);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_sent_as_it_rotates_and_not_after_its_end() {
    let server = Server::with_tokens(60, Answer::status(204)).await;
    let clock = ManualClock::new();
    let session = Session::builder(&server.url())
        .credentials(password())
        .clock(clock.clone())
        .build()
        .unwrap();
    for pause in [0, 60, 60, 1800] {
        clock.advance(Duration::from_secs(pause));
        session.access_token().await.unwrap();
    }
    let sent: Vec<_> = server
        .token_requests()
        .iter()
        .map(|request| request.field("refresh_token"))
        .collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(sent, [None, some("refresh-1"), some("refresh-2"), None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_renewed_once_and_the_call_replayed_once() {
    let tokens = Tokens::default();
    let server = Server::start(move |received| {
        let answer = if received.is_token_request() {
            tokens.issue(60, &received)
        } else if received.header("authorization") == Some("Bearer token-1") {
            Answer::status(401)
        } else {
            Answer::status(201)
        };
        async { answer }
    })
    .await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();
    let mut request = Request::new(&session, &crate::support::CREATE);
    request.set_json(&["body"]);

    let response = request.send_empty().await.unwrap();

    assert_eq!(response.status(), 201);
    assert_eq!(server.grants(), ["password", "refresh_token"]);
    let bodies: Vec<_> = server.calls().into_iter().map(|call| call.body).collect();
    assert_eq!(bodies, [br#"["body"]"#, br#"["body"]"#]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_401_is_sent_twice() {
    let body = r#"{"error":"HTTP 401 Unauthorized"}"#;
    let server = Server::with_tokens(60, Answer::json(401, body)).await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();
    let error = ping(&session).send_empty().await.unwrap_err();
    assert!(error.is_unauthorized() && !error.is_authentication());
    assert_eq!(error.attempts(), 2);
    assert_eq!(server.calls().len(), 2);
    assert_eq!(server.token_requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_401_for_a_token_that_cannot_change_is_final() {
    let server = Server::start(|_| async { Answer::status(401) }).await;
    let session = crate::support::with_token(&server.url()).build().unwrap();
    let error = ping(&session).send_empty().await.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_fail_with_the_same_token_renew_it_once() {
    // All calls are held until each has been received with the first token.
    let (tokens, refused, gate) = (
        Tokens::default(),
        Arc::new(AtomicUsize::new(0)),
        Gate::default(),
    );
    let server = Server::start(move |received| {
        let (tokens, refused, gate) = (tokens.clone(), Arc::clone(&refused), gate.clone());
        async move {
            if received.is_token_request() {
                return tokens.issue(60, &received);
            }
            if received.header("authorization") != Some("Bearer token-1") {
                return Answer::status(204);
            }
            if refused.fetch_add(1, Ordering::SeqCst) + 1 == CALLERS {
                gate.open();
            }
            gate.passed().await;
            Answer::status(401)
        }
    })
    .await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();
    let calls = join_all((0..CALLERS).map(|_| tokio::spawn(ping(&session).send_empty()))).await;
    assert!(calls.into_iter().all(|call| call.unwrap().is_ok()));
    assert_eq!(server.grants(), ["password", "refresh_token"]);
    assert_eq!(server.calls().len(), 2 * CALLERS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_refresh_is_followed_by_one_login_whatever_its_text() {
    let texts = [
        "Token is not active",
        "Session not active",
        "Stale token",
        "Maximum allowed refresh token reuse exceeded",
        "Refresh token expired",
        "Invalid refresh token",
        "Session doesn't have required client",
        "User disabled",
        "Aktualisierungstoken abgelaufen",
        "",
    ];
    for (status, text) in texts.iter().flat_map(|text| [(400, text), (401, text)]) {
        let tokens = Tokens::default();
        let refusal = format!(r#"{{"error":"invalid_grant","error_description":"{text}"}}"#);
        let server = Server::start(move |received| {
            let answer = match received.field("grant_type").as_deref() {
                Some("refresh_token") => Answer::json(status, &refusal),
                Some(_) => tokens.issue(60, &received),
                None => Answer::status(204),
            };
            async { answer }
        })
        .await;
        let session = Session::builder(&server.url())
            .credentials(password())
            .build()
            .unwrap();
        ping(&session).send_empty().await.unwrap();
        session.forget_token();
        ping(&session).send_empty().await.unwrap();
        assert_eq!(
            server.grants(),
            ["password", "refresh_token", "password"],
            "{status} {text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_may_have_been_received_is_not_sent_again() {
    // The result of the refresh, and true if the login comes after a pause. Otherwise the next call logs in.
    let faults = [
        (Answer::Reset, true),
        (Answer::status(503), true),
        (Answer::status(500), false),
        (Answer::json(200, "<html>"), false),
    ];
    for (fault, repeated) in faults {
        let tokens = Tokens::default();
        let failing = fault.clone();
        let server = Server::start(move |received| {
            let answer = match received.field("grant_type").as_deref() {
                Some("refresh_token") => failing.clone(),
                _ => tokens.issue(60, &received),
            };
            async { answer }
        })
        .await;
        let clock = ManualClock::new();
        let session = Session::builder(&server.url())
            .credentials(password())
            .clock(clock.clone())
            .build()
            .unwrap();
        session.access_token().await.unwrap();
        session.forget_token();
        assert_eq!(session.access_token().await.is_ok(), repeated);
        assert_eq!(clock.pauses().len(), usize::from(repeated));
        session.access_token().await.unwrap();
        assert_eq!(server.grants(), ["password", "refresh_token", "password"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_could_not_connect_keeps_its_refresh_token() {
    // A provider, because a port that refuses and then listens again could be taken by somebody else.
    struct Flaky(Arc<AtomicUsize>);
    impl TokenProvider for Flaky {
        fn token(
            &self,
            previous: Option<AccessToken>,
        ) -> BoxFuture<'_, Result<AccessToken, Error>> {
            let round = self.0.fetch_add(1, Ordering::SeqCst);
            let refresh_token = previous.and_then(|token| token.refresh_token().map(str::to_owned));
            Box::pin(async move {
                match round {
                    0 => Ok(AccessToken::new("first").with_refresh_token("refresh", None)),
                    1 => Err(Error::new(ErrorKind::Connect, "refused")),
                    _ => Ok(AccessToken::new(
                        refresh_token.expect("the refresh token is still there"),
                    )),
                }
            })
        }
    }
    let session = Session::builder("http://localhost")
        .token_provider(Flaky(Arc::default()))
        .build()
        .unwrap();
    session.access_token().await.unwrap();
    session.forget_token();
    assert!(session.access_token().await.unwrap_err().is_connect());
    assert_eq!(session.access_token().await.unwrap().secret(), "refresh");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_leader_takes_nothing_with_it() {
    let (gate, tokens) = (Gate::default(), Tokens::default());
    let held = gate.clone();
    let server = Server::start(move |received| {
        let (held, tokens) = (held.clone(), tokens.clone());
        async move {
            if !received.is_token_request() {
                return Answer::status(204);
            }
            held.passed().await;
            tokens.issue(60, &received)
        }
    })
    .await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();
    let parked = Parked::default();
    let leader = tokio::spawn(parked.count(ping(&session).send_empty()));
    parked.reach(1).await;
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());

    let next = tokio::spawn(parked.count(ping(&session).send_empty()));
    parked.reach(2).await;
    gate.open();

    next.await.unwrap().unwrap();
    assert_eq!(server.token_requests().len(), 1);
    assert_eq!(server.calls().len(), 1);
}

#[test]
fn a_runtime_that_died_under_the_token_task_does_not_block_the_next_one() {
    /// Gives a token, then never ends, then gives a token that says whether there was a previous one.
    struct Stuck {
        calls: AtomicUsize,
        stuck: Parked,
    }
    impl TokenProvider for Stuck {
        fn token(
            &self,
            previous: Option<AccessToken>,
        ) -> BoxFuture<'_, Result<AccessToken, Error>> {
            match self.calls.fetch_add(1, Ordering::SeqCst) {
                0 => Box::pin(async {
                    Ok(AccessToken::new("first").with_refresh_token("once", None))
                }),
                1 => Box::pin(self.stuck.count(std::future::pending())),
                _ => {
                    Box::pin(async move { Ok(AccessToken::new(format!("{}", previous.is_some()))) })
                }
            }
        }
    }
    let stuck = Parked::default();
    let session = Session::builder("http://localhost")
        .token_provider(Stuck {
            calls: AtomicUsize::new(0),
            stuck: stuck.clone(),
        })
        .build()
        .unwrap();
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap()
    };

    let first = runtime();
    first.block_on(session.access_token()).unwrap();
    session.forget_token();
    let waiting = session.clone();
    first.spawn(async move { waiting.access_token().await });
    first.block_on(stuck.reach(1));
    drop(first);

    let token = runtime().block_on(session.access_token()).unwrap();
    assert_eq!(
        token.secret(),
        "false",
        "a refresh token that may have been used is gone"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_panics_is_an_error_and_not_a_loop() {
    struct Panics;
    impl TokenProvider for Panics {
        fn token(&self, _: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>> {
            Box::pin(async { std::panic::resume_unwind(Box::new("on purpose")) })
        }
    }
    let session = Session::builder("http://localhost")
        .token_provider(Panics)
        .build()
        .unwrap();
    let error = session.access_token().await.unwrap_err();
    assert!(error.is_authentication(), "{error}");
}

#[test]
fn a_call_outside_of_a_runtime_is_an_error() {
    let session = Session::builder("http://localhost")
        .credentials(password())
        .build()
        .unwrap();
    let error = futures_util::FutureExt::now_or_never(session.access_token())
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_never_answers_ends_with_the_timeout() {
    let server = Server::start(|_| std::future::pending::<Answer>()).await;
    let clock = ManualClock::new();
    let session = Session::builder(&server.url())
        .credentials(password())
        .timeout(Duration::from_secs(10))
        .clock(clock.clone())
        .build()
        .unwrap();
    let parked = Parked::default();
    let call = tokio::spawn(parked.count(ping(&session).send_empty()));
    parked.reach(1).await;
    clock.advance(Duration::from_secs(10));
    let error = call.await.unwrap().unwrap_err();
    assert!(error.is_timeout() && !error.may_have_been_applied());
    assert_eq!(error.attempts(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_realm_needs_a_new_token_and_a_403_does_not() {
    let server = Server::with_tokens(60, Answer::status(201)).await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();
    Request::new(&session, &CREATE_REALM)
        .send_empty()
        .await
        .unwrap();
    ping(&session).send_empty().await.unwrap();
    assert_eq!(server.grants(), ["password", "refresh_token"]);

    let server = Server::with_tokens(60, Answer::status(403)).await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();
    for _ in 0..2 {
        let error = ping(&session).send_empty().await.unwrap_err();
        assert!(error.is_forbidden());
        // A realm that was not created needs no new token.
        Request::new(&session, &CREATE_REALM)
            .send_empty()
            .await
            .unwrap_err();
    }
    assert_eq!(server.grants(), ["password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_asked_for_before_it_was_forgotten_is_not_used_after() {
    let (gate, tokens) = (Gate::default(), Tokens::default());
    let held = gate.clone();
    let server = Server::start(move |received| {
        let (held, tokens) = (held.clone(), tokens.clone());
        async move {
            let answer = tokens.issue(60, &received);
            held.passed().await;
            answer
        }
    })
    .await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();
    let parked = Parked::default();
    let spawn = || {
        let session = session.clone();
        tokio::spawn(parked.count(async move { session.access_token().await }))
    };
    let before = spawn();
    parked.reach(1).await;
    session.forget_token();
    let after = spawn();
    parked.reach(2).await;
    gate.open();
    assert_eq!(before.await.unwrap().unwrap().secret(), "token-1");
    assert_eq!(after.await.unwrap().unwrap().secret(), "token-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_carry_the_client_as_the_standard_says() {
    // Credentials; the form without its grant type; the Authorization header.
    // "a b:é" and "p+/=%" form-encoded, joined with a colon, in base64.
    let cases = [
        (
            Credentials::password("admin", "pw & more"),
            vec![
                ("client_id", "admin-cli"),
                ("username", "admin"),
                ("password", "pw & more"),
            ],
            None,
        ),
        (
            Credentials::password("admin", "pw").with_client_id("my-cli"),
            vec![("client_id", "my-cli"), ("username", "admin")],
            None,
        ),
        (
            Credentials::password("admin", "pw")
                .with_client_id("my-cli")
                .with_client_secret("secret"),
            vec![("username", "admin"), ("password", "pw")],
            Some("Basic bXktY2xpOnNlY3JldA=="),
        ),
        (
            Credentials::client_secret("a b:é", "p+/=%"),
            vec![],
            Some("Basic YStiJTNBJUMzJUE5OnAlMkIlMkYlM0QlMjU="),
        ),
    ];
    for (credentials, fields, authorization) in cases {
        let server = Server::with_tokens(60, Answer::status(204)).await;
        let session = Session::builder(&server.url())
            .credentials(credentials)
            .build()
            .unwrap();
        session.access_token().await.unwrap();
        let request = server.token_requests().remove(0);
        assert_eq!(request.method, "POST");
        assert_eq!(request.target, crate::support::TOKEN_PATH);
        assert_eq!(
            request.header("content-type"),
            Some("application/x-www-form-urlencoded")
        );
        assert_eq!(request.header("authorization"), authorization);
        for (name, value) in fields {
            assert_eq!(request.field(name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(request.field("client_secret"), None);
        assert_eq!(
            request.field("client_id").is_some(),
            authorization.is_none()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_is_an_authentication_error() {
    let bodies = [
        "",
        "<html>",
        "{}",
        "[]",
        r#"{"access_token":null}"#,
        r#"{"access_token":"a\nb"}"#,
        "\u{0}",
    ];
    for body in bodies {
        let server = Server::start(move |_| async move { Answer::json(200, body) }).await;
        let session = Session::builder(&server.url())
            .credentials(service())
            .build()
            .unwrap();
        let error = ping(&session).send_empty().await.unwrap_err();
        assert!(error.is_authentication(), "{body:?}: {error}");
    }
    // A wrong realm must not look like a thing that is not there.
    let body = r#"{"error":"Realm does not exist"}"#;
    let server = Server::start(move |_| async move { Answer::json(404, body) }).await;
    let session = Session::builder(&server.url())
        .credentials(service())
        .build()
        .unwrap();
    let error = ping(&session).send_empty().await.unwrap_err();
    assert!(error.is_authentication() && !error.is_not_found());
    assert_eq!(
        error.to_string(),
        "ping: no access token: 404 Not Found: Realm does not exist (check the auth realm)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_is_not_repeated() {
    let body = r#"{"error":"invalid_grant","error_description":"Invalid user credentials"}"#;
    let server = Server::start(move |_| async move { Answer::json(401, body) }).await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .retry(RetryPolicy::default().attempts(5))
        .build()
        .unwrap();
    let error = ping(&session).send_empty().await.unwrap_err();
    assert_eq!(server.received().len(), 1);
    assert!(error.is_authentication() && !error.is_unauthorized());
    assert_eq!(error.error_code(), Some("invalid_grant"));
    assert_eq!(error.message(), Some("Invalid user credentials"));
}

/// Refresh tokens that can be used once, and callers that go away at any moment.
#[tokio::test(flavor = "multi_thread")]
async fn rotation_survives_callers_that_go_away() {
    const ROUNDS: usize = 10_000;
    let current = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |received| {
        let current = Arc::clone(&current);
        async move {
            if let Some(refresh_token) = received.field("refresh_token")
                && refresh_token != format!("refresh-{}", current.load(Ordering::SeqCst))
            {
                return Answer::json(400, r#"{"error":"invalid_grant"}"#);
            }
            let number = current.fetch_add(1, Ordering::SeqCst) + 1;
            Answer::json(
                200,
                &format!(r#"{{"access_token":"token-{number}","expires_in":60,"refresh_token":"refresh-{number}"}}"#),
            )
        }
    })
    .await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..ROUNDS {
        session.forget_token();
        let callers: Vec<_> = (0..4)
            .map(|_| {
                let session = session.clone();
                tokio::spawn(async move { session.access_token().await })
            })
            .collect();
        for caller in &callers {
            for _ in 0..random.usize(0..20) {
                tokio::task::yield_now().await;
            }
            if random.bool() {
                caller.abort();
            }
        }
        session.access_token().await.unwrap();
        for caller in callers {
            assert!(!matches!(caller.await, Ok(Err(_))));
        }
    }
    let logins = server
        .grants()
        .iter()
        .filter(|grant| *grant == "password")
        .count();
    assert_eq!(logins, 1, "no refresh token was lost or sent twice");
    assert_eq!(server.received().len(), ROUNDS, "one request a round");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callers_over_a_hundred_expiries_make_101_requests() {
    let server = Server::with_tokens(60, Answer::status(204)).await;
    let clock = ManualClock::new();
    let session = Session::builder(&server.url())
        .credentials(service())
        .clock(clock.clone())
        .build()
        .unwrap();
    for round in 0..=100 {
        if round > 0 {
            clock.advance(Duration::from_secs(60));
        }
        let callers = (0..CALLERS).map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.access_token().await.unwrap() })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
    }
    assert_eq!(server.token_requests().len(), 101);
}

/// Keycloak locks an account out whose logins fail too often.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once_in_thirty_seconds() {
    let body = r#"{"error":"invalid_grant","error_description":"Invalid user credentials"}"#;
    let server = Server::start(move |_| async move { Answer::json(401, body) }).await;
    let clock = ManualClock::new();
    let session = Session::builder(&server.url())
        .credentials(password())
        .clock(clock.clone())
        .build()
        .unwrap();
    let refused = async |session: &Session| {
        let error = ping(session).send_empty().await.unwrap_err();
        assert!(error.is_authentication());
        assert_eq!(error.error_code(), Some("invalid_grant"));
    };
    for _ in 0..CALLERS {
        refused(&session).await;
    }
    assert_eq!(server.received().len(), 1);
    clock.advance(Duration::from_millis(29_999));
    refused(&session).await;
    assert_eq!(server.received().len(), 1);
    clock.advance(Duration::from_millis(1));
    refused(&session).await;
    assert_eq!(server.received().len(), 2);
    // Whoever has mended the account need not wait.
    session.forget_token();
    refused(&session).await;
    assert_eq!(server.received().len(), 3);
}

/// Gives its token when the gate opens, and counts how often it was asked.
struct Gated {
    gate: Gate,
    asked: Arc<AtomicUsize>,
}

impl TokenProvider for Gated {
    fn token(&self, _previous: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            self.gate.passed().await;
            Ok(AccessToken::new("token"))
        })
    }
}

/// A thousand callers of which one is left, a thousand times, the one who started the request most often not among them.
#[tokio::test(flavor = "multi_thread")]
async fn one_caller_of_a_thousand_is_enough() {
    for seed in 0..1_000 {
        let (gate, asked) = (Gate::default(), Arc::default());
        let provider = Gated {
            gate: gate.clone(),
            asked: Arc::clone(&asked),
        };
        let session = Session::builder("http://localhost")
            .token_provider(provider)
            .build()
            .unwrap();
        let mut random = fastrand::Rng::with_seed(seed);
        let mut callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let session = session.clone();
                Box::pin(async move { session.access_token().await })
            })
            .collect();
        for caller in &mut callers {
            assert!(poll_once(caller).await.is_none(), "seed {seed}");
        }
        random.shuffle(&mut callers);
        let survivor = callers.pop().unwrap();
        drop(callers);
        gate.open();
        let token = survivor
            .await
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(token.secret(), "token", "seed {seed}");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "seed {seed}");
    }
}

async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx| match std::pin::Pin::new(&mut *future).poll(cx) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_ends_the_session_that_the_login_made() {
    let server = Server::start(move |received| async move {
        if received.target.ends_with("/logout") {
            return Answer::status(204);
        }
        let token = r#"{"access_token":"token","expires_in":60,"refresh_token":"refresh"}"#;
        Answer::json(200, token)
    })
    .await;
    let session = Session::builder(&server.url())
        .credentials(password())
        .build()
        .unwrap();
    session.logout().await.unwrap();
    assert_eq!(server.received().len(), 0, "there was no session");
    session.access_token().await.unwrap();
    session.logout().await.unwrap();
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(
        received[1].target,
        crate::support::TOKEN_PATH.replace("/token", "/logout")
    );
    assert_eq!(
        received[1].field("refresh_token").as_deref(),
        Some("refresh")
    );
    assert_eq!(received[1].field("client_id").as_deref(), Some("admin-cli"));
    session.access_token().await.unwrap();
    let login = server.received().pop().unwrap();
    assert_eq!(
        login.field("grant_type").as_deref(),
        Some("password"),
        "logged in anew"
    );

    let service = Session::builder(&server.url())
        .credentials(Credentials::client_secret("sync", "s"))
        .token_provider(Gated {
            gate: {
                let gate = Gate::default();
                gate.open();
                gate
            },
            asked: Arc::default(),
        })
        .build()
        .unwrap();
    service.access_token().await.unwrap();
    service.logout().await.unwrap();
    assert_eq!(
        server.received().len(),
        3,
        "a provider of its own has nothing to end"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_prove_who_they_are_in_every_way() {
    let folder = std::env::temp_dir().join(format!("keycloak-session-{}", std::process::id()));
    std::fs::write(&folder, "assertion-of-the-cluster\n").unwrap();
    let cases = [
        (
            Credentials::client_secret_post("sync", "s+/"),
            vec![
                ("client_secret", "s+/"),
                ("client_id", "sync"),
                ("grant_type", "client_credentials"),
            ],
        ),
        (
            Credentials::mtls("sync"),
            vec![("client_id", "sync"), ("grant_type", "client_credentials")],
        ),
        (
            Credentials::refresh_token("sync", "offline"),
            vec![
                ("client_id", "sync"),
                ("refresh_token", "offline"),
                ("grant_type", "refresh_token"),
            ],
        ),
        (
            Credentials::token_exchange("sync", "s", "subject").with_audience("billing"),
            vec![
                ("subject_token", "subject"),
                ("audience", "billing"),
                (
                    "grant_type",
                    "urn:ietf:params:oauth:grant-type:token-exchange",
                ),
            ],
        ),
        (
            Credentials::password("ann", "pw").with_totp(|| "123456".to_owned()),
            vec![("totp", "123456"), ("password", "pw")],
        ),
        (
            Credentials::assertion_file("sync", &folder),
            vec![
                ("client_assertion", "assertion-of-the-cluster"),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ),
            ],
        ),
    ];
    for (credentials, fields) in cases {
        let server = Server::with_tokens(60, Answer::status(204)).await;
        let session = Session::builder(&server.url())
            .credentials(credentials)
            .build()
            .unwrap();
        session.access_token().await.unwrap();
        let request = server.token_requests().remove(0);
        for (name, value) in fields {
            assert_eq!(request.field(name).as_deref(), Some(value), "{name}");
        }
    }
    // The file rotates.
    let server = Server::with_tokens(60, Answer::status(204)).await;
    let session = Session::builder(&server.url())
        .credentials(Credentials::assertion_file("sync", &folder))
        .build()
        .unwrap();
    session.access_token().await.unwrap();
    std::fs::write(&folder, "the-next").unwrap();
    session.forget_token();
    session.access_token().await.unwrap();
    let assertions: Vec<_> = server
        .token_requests()
        .iter()
        .filter_map(|request| request.field("client_assertion"))
        .collect();
    assert_eq!(assertions, ["assertion-of-the-cluster", "the-next"]);
    std::fs::remove_file(&folder).unwrap();
    session.forget_token();
    let error = session.access_token().await.unwrap_err();
    assert!(error.is_authentication());
    assert!(error.to_string().contains("cannot be read"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_two_assertions_are_the_same() {
    let server = Server::with_tokens(60, Answer::status(204)).await;
    let session = Session::builder(&server.url())
        .credentials(Credentials::client_secret_jwt(
            "sync",
            "a secret that is long enough for it",
        ))
        .build()
        .unwrap();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        session.forget_token();
        session.access_token().await.unwrap();
    }
    for request in server.token_requests() {
        let assertion = request.field("client_assertion").unwrap();
        assert_eq!(assertion.split('.').count(), 3);
        assert!(seen.insert(assertion), "sent twice");
        assert_eq!(request.field("client_secret"), None);
    }
    assert_eq!(seen.len(), 100);
}

#[test]
fn plain_http_is_for_this_machine_unless_it_is_allowed() {
    let build = |url: &str, allow| {
        let builder = Session::builder(url)
            .credentials(service())
            .allow_http(allow);
        builder.build()
    };
    for url in [
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://127.8.9.1:1",
        "http://[::1]:8080",
        "http://kc.localhost",
        "https://sso.example.com",
    ] {
        assert!(build(url, false).is_ok(), "{url}");
    }
    for url in [
        "http://sso.example.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://[::2]",
    ] {
        let error = build(url, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("allow_http"), "{error}");
        assert!(build(url, true).is_ok(), "{url}");
    }
}

#[test]
fn what_cannot_be_set_up_is_named() {
    let pem = "-----BEGIN PRIVATE KEY-----\nno key\n-----END PRIVATE KEY-----";
    for algorithm in [
        KeyAlgorithm::Rs256,
        KeyAlgorithm::Ps256,
        KeyAlgorithm::Es256,
        KeyAlgorithm::EdDsa,
    ] {
        let error = PrivateKey::from_pem(algorithm, pem).unwrap_err();
        assert!(error.to_string().contains("private key"), "{error}");
        assert!(!format!("{error:?}").contains("no key"));
    }
    let error = PrivateKey::from_pem_file(KeyAlgorithm::Rs256, "/does/not/exist.pem").unwrap_err();
    assert!(error.to_string().contains("/does/not/exist.pem"), "{error}");
    let builder = || Session::builder("https://sso.example.com").credentials(service());
    let error = builder().client_identity_pem("no pem").build().unwrap_err();
    assert!(error.to_string().contains("client identity"), "{error}");
    let error = builder().proxy("::no url::").build().unwrap_err();
    assert!(error.to_string().contains("proxy"), "{error}");
    builder()
        .no_proxy()
        .min_tls_version(TlsVersion::Tls13)
        .build()
        .unwrap();
}

#[tokio::test]
async fn a_session_lends_its_tokens_and_renews_what_the_other_server_refuses() {
    let keycloak = Server::with_tokens(60, Answer::status(204)).await;
    let clock = ManualClock::new();
    let lender = Session::builder(&keycloak.url())
        .credentials(service())
        .clock(clock.clone())
        .build()
        .unwrap();
    let other = Server::start(|call| async move {
        let refused = call.header("authorization") == Some("Bearer token-1");
        Answer::status(if refused { 401 } else { 204 })
    })
    .await;
    let borrower = Session::builder(&other.url())
        .token_provider(lender.clone())
        .clock(clock.clone())
        .build()
        .unwrap();

    ping(&borrower).send_empty().await.unwrap();
    ping(&borrower).send_empty().await.unwrap();
    ping(&lender).send_empty().await.unwrap();
    assert_eq!(keycloak.token_requests().len(), 2);
    assert_eq!(lender.access_token().await.unwrap().secret(), "token-2");

    // It is the lender that renews early, and the borrower takes what there is.
    clock.advance(Duration::from_secs(59));
    ping(&borrower).send_empty().await.unwrap();
    assert_eq!(keycloak.token_requests().len(), 3);
    let last = other.received().pop().unwrap();
    assert_eq!(last.header("authorization"), Some("Bearer token-3"));
}
