//! Refresh tokens: that none is used twice, and that no session is left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Answer, ManualClock, Received, Server, Tokens, password, refusing_url};
use keycloak_session::{
    AccessToken, BoxFuture, Credentials, Error, ErrorKind, Session, TokenProvider,
};

fn is_logout(received: &Received) -> bool {
    received.target.ends_with("/logout")
}

/// A server that gives these answers to token requests, one after the other, with `None` for a token; and 204 to logouts.
async fn answering(answers: Vec<Option<Answer>>) -> Server {
    let (tokens, number) = (Tokens::default(), AtomicUsize::new(0));
    Server::start(move |received| {
        let answer = if received.is_token_request() {
            let number = number.fetch_add(1, Ordering::SeqCst);
            let answer = answers.get(number).cloned().expect("an answer");
            answer.unwrap_or_else(|| tokens.issue(60, &received))
        } else {
            Answer::status(204)
        };
        async { answer }
    })
    .await
}

fn session(server: &Server, credentials: Credentials) -> Session {
    let builder = Session::builder(&server.url()).credentials(credentials);
    builder.clock(ManualClock::new()).build().unwrap()
}

fn of_credentials() -> Credentials {
    Credentials::refresh_token("sync", "refresh-0")
}

/// The refresh tokens of requests, in order.
fn sent(requests: &[Received]) -> Vec<String> {
    let requests = requests.iter();
    requests
        .filter_map(|request| request.field("refresh_token"))
        .collect()
}

fn logouts(server: &Server) -> Vec<String> {
    let mut requests = server.received();
    requests.retain(is_logout);
    sent(&requests)
}

fn lost_answers() -> [Answer; 5] {
    [
        Answer::Reset,
        Answer::status(429),
        Answer::status(500),
        Answer::status(503),
        Answer::json(200, "<html>"),
    ]
}

fn assert_spent(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert!(!error.is_transient(), "{error}");
    let said = "the refresh token of the credentials may have been used already";
    assert!(error.to_string().contains(said), "{error}");
}

/// The first refresh ends in one of these ways: the token is never sent again, and the logout ends its session.
#[tokio::test]
async fn the_refresh_token_of_the_credentials_is_sent_once() {
    for fault in lost_answers() {
        let server = answering(vec![Some(fault)]).await;
        let session = session(&server, of_credentials());
        let error = session.access_token().await.unwrap_err();
        assert!(!error.is_transient(), "it would not help: {error}");
        for _ in 0..3 {
            session.forget_token();
            assert_spent(&session.access_token().await.unwrap_err());
        }
        assert_eq!(sent(&server.token_requests()), ["refresh-0"]);
        session.logout().await.unwrap();
        assert_eq!(logouts(&server), ["refresh-0"]);
    }
}

/// It was rotated, and the answer to the next refresh was lost, or that refresh was refused.
#[tokio::test]
async fn the_refresh_token_of_the_credentials_is_not_sent_after_a_rotation() {
    let refusal = Answer::json(400, r#"{"error":"invalid_grant"}"#);
    for (fault, ended) in lost_answers()
        .map(|fault| (fault, false))
        .into_iter()
        .chain([(refusal, true)])
    {
        let server = answering(vec![None, Some(fault)]).await;
        let session = session(&server, of_credentials());
        session.access_token().await.unwrap();
        session.forget_token();
        let error = session.access_token().await.unwrap_err();
        assert!(!error.is_transient(), "it would not help: {error}");
        assert_eq!(error.error_code(), ended.then_some("invalid_grant"));
        session.forget_token();
        assert_spent(&session.access_token().await.unwrap_err());
        assert_eq!(sent(&server.token_requests()), ["refresh-0", "refresh-1"]);
    }
}

/// Without a new one in the answer, the old one goes on.
#[tokio::test]
async fn a_refresh_token_that_the_server_keeps_is_sent_again() {
    let kept = || Some(Answer::json(200, r#"{"access_token":"a","expires_in":60}"#));
    let server = answering(vec![kept(), kept(), None]).await;
    let session = session(&server, of_credentials());
    for _ in 0..3 {
        session.access_token().await.unwrap();
        session.forget_token();
    }
    assert_eq!(sent(&server.token_requests()), ["refresh-0"; 3]);
}

#[tokio::test]
async fn a_refresh_token_that_reached_nobody_is_not_spent() {
    let session = Session::builder(&refusing_url().await)
        .credentials(of_credentials())
        .clock(ManualClock::new())
        .build()
        .unwrap();
    for _ in 0..2 {
        assert!(session.access_token().await.unwrap_err().is_connect());
    }
}

/// The refresh was sent, and nobody knows what became of it.
#[tokio::test]
async fn a_logout_ends_a_session_whose_refresh_was_lost() {
    for fault in [Answer::status(500), Answer::json(200, "<html>")] {
        let server = answering(vec![None, Some(fault)]).await;
        let session = session(&server, password());
        session.access_token().await.unwrap();
        session.forget_token();
        session.access_token().await.unwrap_err();
        session.logout().await.unwrap();
        assert_eq!(logouts(&server), ["refresh-1"]);
        session.logout().await.unwrap();
        assert_eq!(logouts(&server).len(), 1, "once is enough");
    }
}

/// After a lost refresh a login follows, so there are two sessions.
#[tokio::test]
async fn a_logout_ends_both_sessions_if_a_login_followed_a_lost_refresh() {
    let server = answering(vec![None, Some(Answer::status(503)), None]).await;
    let session = session(&server, password());
    session.access_token().await.unwrap();
    session.forget_token();
    session.access_token().await.unwrap();
    assert_eq!(server.grants(), ["password", "refresh_token", "password"]);
    session.logout().await.unwrap();
    assert_eq!(logouts(&server), ["refresh-1", "refresh-2"]);
}

/// A refresh that is answered leaves nothing behind.
#[tokio::test]
async fn a_logout_ends_one_session_after_refreshes_that_were_answered() {
    let server = answering(vec![None, None, None]).await;
    let session = session(&server, password());
    for _ in 0..3 {
        session.access_token().await.unwrap();
        session.forget_token();
    }
    session.logout().await.unwrap();
    assert_eq!(logouts(&server), ["refresh-3"]);
}

#[tokio::test]
async fn only_a_session_that_is_gone_counts_as_ended() {
    let cases = [
        (Answer::status(204), true),
        (Answer::json(400, r#"{"error":"invalid_grant"}"#), true),
        (
            Answer::json(400, r#"{"error":"unauthorized_client"}"#),
            false,
        ),
        (Answer::json(401, r#"{"error":"invalid_client"}"#), false),
        (Answer::json(400, "<html>Bad Request</html>"), false),
        (Answer::status(400), false),
        (Answer::status(503), false),
        (Answer::Reset, false),
    ];
    for (answer, ended) in cases {
        let tokens = Tokens::default();
        let first = AtomicUsize::new(0);
        let server = Server::start(move |received| {
            let answer = if received.is_token_request() {
                tokens.issue(60, &received)
            } else if first.fetch_add(1, Ordering::SeqCst) == 0 {
                answer.clone()
            } else {
                Answer::status(204)
            };
            async { answer }
        })
        .await;
        let session = session(&server, password());
        session.access_token().await.unwrap();
        let result = session.logout().await;
        assert_eq!(result.is_ok(), ended, "{result:?}");
        // Another logout tries again, if there is need.
        session.logout().await.unwrap();
        let expected = if ended { 1 } else { 2 };
        assert_eq!(logouts(&server), vec!["refresh-1"; expected], "{result:?}");
        session.access_token().await.unwrap();
        assert_eq!(server.grants(), ["password"; 2], "the token is dropped");
    }
}

/// A provider of the caller's own is told as well.
#[tokio::test]
async fn a_provider_ends_the_session_whose_renewal_failed() {
    #[derive(Clone, Default)]
    struct Provider {
        asked: Arc<AtomicUsize>,
        ended: Arc<AtomicUsize>,
    }
    impl TokenProvider for Provider {
        fn token(&self, _: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>> {
            let number = self.asked.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                if number == 0 {
                    return Ok(AccessToken::new("a").with_refresh_token("refresh", None));
                }
                Err(Error::new(ErrorKind::Transport, "lost"))
            })
        }

        fn logout(&self, token: AccessToken) -> BoxFuture<'_, Result<(), Error>> {
            assert_eq!(token.refresh_token(), Some("refresh"));
            let number = self.ended.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                if number == 0 {
                    return Err(Error::new(ErrorKind::Transport, "lost"));
                }
                Ok(())
            })
        }
    }
    let provider = Provider::default();
    let builder = Session::builder("http://localhost").token_provider(provider.clone());
    let session = builder.build().unwrap();
    session.access_token().await.unwrap();
    session.forget_token();
    session.access_token().await.unwrap_err();
    session.logout().await.unwrap_err();
    session.logout().await.unwrap();
    session.logout().await.unwrap();
    assert_eq!(provider.ended.load(Ordering::SeqCst), 2);
}
