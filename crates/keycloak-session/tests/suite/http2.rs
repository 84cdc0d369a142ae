//! HTTP/2: what a server has not processed is repeated by the retry policy alone, and counted.

#![cfg(feature = "http2")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{CREATE, ManualClock, PING, password};
use keycloak_session::{
    Credentials, Error, ErrorKind, OperationInfo, Request, Response, RetryPolicy, Session,
};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

/// Types of frames (RFC 9113, 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Error codes (RFC 9113, 7).
const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;

/// `:status: 200` as RFC 7541 writes it.
const STATUS_200: u8 = 0x88;

/// The action of a server on a request.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// A 200 with this JSON.
    Json(&'static str),
    /// `RST_STREAM` with this code.
    Reset(u32),
    /// The headers of a 200, and then `RST_STREAM` with this code.
    ResetAfterHeaders(u32),
    /// `GOAWAY` that leaves this request out.
    GoAwayBefore,
    /// `GOAWAY` that includes this request; then the connection is closed.
    GoAwayAfter,
}

const OK: Answer = Answer::Json(r#"{"access_token":"t","expires_in":60,"refresh_token":"r"}"#);

/// An HTTP/2 server that counts the requests that arrive. Its answers come in turn, and then the last one for ever.
struct Server {
    port: u16,
    certificate: String,
    arrived: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(answers: &'static [Answer]) -> Self {
        let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let acceptor = acceptor(&key);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let arrived = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&arrived);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
                tokio::spawn(async move {
                    serve(acceptor.accept(stream).await?, answers, &count).await
                });
            }
        });
        Self {
            port,
            certificate: key.cert.pem(),
            arrived,
            task,
        }
    }

    fn session(&self, credentials: Credentials, policy: &RetryPolicy) -> Session {
        let url = format!("https://localhost:{}", self.port);
        let builder = Session::builder(&url)
            .credentials(credentials)
            .retry(policy.clone())
            .root_certificate_pem(self.certificate.as_bytes())
            .clock(ManualClock::new());
        builder.build().unwrap()
    }

    fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn acceptor(key: &rcgen::CertifiedKey<rcgen::KeyPair>) -> TlsAcceptor {
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// Answers the requests of one connection. They are short, so that each has one frame of headers.
async fn serve(
    mut tls: TlsStream<TcpStream>,
    answers: &[Answer],
    arrived: &AtomicUsize,
) -> io::Result<()> {
    let mut preface = [0; 24];
    tls.read_exact(&mut preface).await?;
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    tls.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    loop {
        let mut head = [0; 9];
        tls.read_exact(&mut head).await?;
        let [_, a, b, c, kind, flags, ..] = [0, head[0], head[1], head[2], head[3], head[4]];
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        tls.read_exact(&mut payload).await?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        if kind == SETTINGS && flags & ACK == 0 {
            tls.write_all(&frame(SETTINGS, ACK, 0, &[])).await?;
        }
        if kind == HEADERS {
            let number = arrived.fetch_add(1, Ordering::SeqCst);
            let answer = answers[number.min(answers.len() - 1)];
            tls.write_all(&bytes(answer, stream)).await?;
            if matches!(answer, Answer::GoAwayAfter) {
                return tls.shutdown().await;
            }
        }
    }
}

/// Writes the frames of an answer.
fn bytes(answer: Answer, stream: u32) -> Vec<u8> {
    let headers = frame(HEADERS, END_HEADERS, stream, &[STATUS_200]);
    let reset = |code: u32| frame(RST_STREAM, 0, stream, &code.to_be_bytes());
    let go_away = |last: u32| {
        let payload = [last.to_be_bytes(), NO_ERROR.to_be_bytes()].concat();
        frame(GOAWAY, 0, 0, &payload)
    };
    match answer {
        Answer::Json(json) => [headers, frame(DATA, END_STREAM, stream, json.as_bytes())].concat(),
        Answer::Reset(code) => reset(code),
        Answer::ResetAfterHeaders(code) => [headers, reset(code)].concat(),
        Answer::GoAwayBefore => go_away(stream - 1),
        Answer::GoAwayAfter => go_away(stream),
    }
}

/// The ways in which a server says that it has not processed a request (RFC 9113, 8.7).
const REFUSALS: [&[Answer]; 2] = [&[Answer::Reset(REFUSED_STREAM)], &[Answer::GoAwayBefore]];

fn token() -> Credentials {
    Credentials::token("static-token")
}

async fn send(session: &Session, info: &'static OperationInfo) -> Result<Response<Value>, Error> {
    Request::new(session, info).send_json().await
}

#[tokio::test]
async fn a_refused_request_is_sent_as_often_as_the_policy_says() {
    for answers in REFUSALS {
        for (policy, times) in [(RetryPolicy::none(), 1), (RetryPolicy::default(), 3)] {
            for info in [&PING, &CREATE] {
                let server = Server::start(answers).await;
                let error = send(&server.session(token(), &policy), info)
                    .await
                    .unwrap_err();
                let case = format!("{answers:?} {} {times}: {error:?}", info.id());
                assert_eq!(server.arrived(), times, "{case}");
                assert_eq!(error.attempts() as usize, times, "{case}");
                assert_eq!(error.kind(), ErrorKind::Transport, "{case}");
                assert!(
                    error.is_transient() && !error.may_have_been_applied(),
                    "{case}"
                );
            }
            let server = Server::start(answers).await;
            let login = server.session(password(), &policy);
            let error = login.access_token().await.unwrap_err();
            assert_eq!(server.arrived(), times, "{answers:?}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_was_refused_once_succeeds() {
    const ONCE: [&[Answer]; 2] = [
        &[Answer::Reset(REFUSED_STREAM), OK],
        &[Answer::GoAwayBefore, OK],
    ];
    for answers in ONCE {
        for info in [&PING, &CREATE] {
            let server = Server::start(answers).await;
            let session = server.session(token(), &RetryPolicy::default());
            let response = send(&session, info).await.unwrap();
            assert_eq!(
                (response.attempts(), server.arrived()),
                (2, 2),
                "{answers:?}"
            );
        }
        // A refresh token that nobody has looked at is not spent.
        let server = Server::start(answers).await;
        let credentials = Credentials::refresh_token("sync", "from-elsewhere");
        let login = server.session(credentials, &RetryPolicy::default());
        assert_eq!(login.access_token().await.unwrap().secret(), "t");
        assert_eq!(server.arrived(), 2, "{answers:?}");
    }
}

/// Another code, a refusal after the headers of the answer, and a connection that ends after the request was taken.
#[tokio::test]
async fn a_request_that_may_have_been_processed_is_not_refused() {
    const BROKEN: [&[Answer]; 3] = [
        &[Answer::Reset(INTERNAL_ERROR)],
        &[Answer::ResetAfterHeaders(REFUSED_STREAM)],
        &[Answer::GoAwayAfter],
    ];
    for answers in BROKEN {
        for (info, times) in [(&PING, 3), (&CREATE, 1)] {
            let server = Server::start(answers).await;
            let session = server.session(token(), &RetryPolicy::default());
            let error = send(&session, info).await.unwrap_err();
            let case = format!("{answers:?} {}: {error:?}", info.id());
            assert_eq!(
                (error.attempts() as usize, server.arrived()),
                (times, times),
                "{case}"
            );
            assert_eq!(error.kind(), ErrorKind::Transport, "{case}");
            assert_eq!(
                error.may_have_been_applied(),
                info.method() == "POST",
                "{case}"
            );
        }
    }
}
