//! A server that answers before it has read a large body, and then closes the connection.

use crate::support::{Answer, CREATE, ManualClock, Server, with_token};
use keycloak_session::{Error, ErrorKind, OperationInfo, Request, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LARGE: usize = 12_000_000;

/// Answers each request after the first bytes of its body, and closes the connection with the rest unread.
async fn serve(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_early(stream, answer));
        }
    });
    url
}

async fn answer_early(mut stream: TcpStream, answer: &[u8]) {
    let mut first = [0; 4096];
    let _ = stream.read(&mut first).await;
    let _ = stream.write_all(answer).await;
}

static REPLACE: OperationInfo = OperationInfo::new("replace_thing", "PUT", "/admin/things/1");

async fn send(session: &Session, length: usize) -> Error {
    refused(session, &CREATE, length).await
}

async fn refused(session: &Session, operation: &'static OperationInfo, length: usize) -> Error {
    let mut request = Request::new(session, operation);
    request.set_body("application/json", vec![b' '; length]);
    request.send_empty().await.expect_err("refused")
}

fn session(url: &str) -> Session {
    with_token(url).clock(ManualClock::new()).build().unwrap()
}

/// The message of a body that is longer than usual.
const LIMIT: &str = "the body has 12000000 bytes, and Keycloak takes 10485760 unless quarkus.http.limits.max-body-size is set";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_before_the_body_is_sent_is_reported() {
    let answer =
        b"HTTP/1.1 413 Request Entity Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let session = session(&serve(answer).await);
    for _ in 0..50 {
        let error = send(&session, LARGE).await;
        assert_eq!(error.status(), Some(413), "{error}");
        assert_eq!(
            error.to_string(),
            format!("create_thing: 413 Payload Too Large: {LIMIT}")
        );
        assert!(!error.may_have_been_applied() && !error.is_transient());
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_under_a_long_body_is_not_transient() {
    let session = session(&serve(b"").await);
    let error = send(&session, LARGE).await;
    assert_eq!(error.kind(), ErrorKind::Transport);
    let said = error.to_string();
    assert!(
        said.ends_with(&format!("; perhaps the body is too long: {LIMIT}")),
        "{said}"
    );
    assert!(error.may_have_been_applied() && !error.is_transient());

    let error = send(&session, 100).await;
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.is_transient(), "{error}");
    assert!(!error.to_string().contains("too long"), "{error}");
}

/// nginx does so if Keycloak closes the connection while nginx sends the body on.
#[tokio::test(flavor = "multi_thread")]
async fn a_502_after_a_long_body_names_the_length_and_is_not_repeated() {
    let answer = b"HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let session = session(&serve(answer).await);
    for operation in [&CREATE, &REPLACE] {
        let error = refused(&session, operation, LARGE).await;
        assert_eq!(error.status(), Some(502), "{error}");
        let said = error.to_string();
        assert!(
            said.ends_with(&format!(
                "502 Bad Gateway: perhaps the body is too long: {LIMIT}"
            )),
            "{said}"
        );
        assert!(error.may_have_been_applied() && !error.is_transient());
        assert_eq!(error.attempts(), 1);
    }

    let error = refused(&session, &REPLACE, 100).await;
    assert!(error.is_transient() && error.attempts() == 3, "{error}");
    assert!(!error.to_string().contains("too long"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_413_that_keycloak_would_not_send_names_the_proxy() {
    let answer =
        b"HTTP/1.1 413 Request Entity Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let session = session(&serve(answer).await);
    let error = send(&session, 1000).await;
    assert_eq!(
        error.to_string(),
        "create_thing: 413 Payload Too Large: the body has 1000 bytes, and a proxy may take less than Keycloak \
         (client_max_body_size of nginx is 1 MiB unless it is set)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_that_the_server_takes_arrives_whole() {
    let server = Server::in_turn(vec![Answer::status(201)]).await;
    let session = session(&server.url());
    let body: Vec<u8> = (b'a'..=b'w').cycle().take(LARGE).collect();
    let mut request = Request::new(&session, &CREATE);
    request.set_body("application/json", body.clone());
    request.send_empty().await.unwrap();
    let received = server.calls().remove(0);
    assert_eq!(received.header("content-length"), Some("12000000"));
    assert!(received.body == body);
}
