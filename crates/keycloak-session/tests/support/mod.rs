//! A small HTTP server that keeps what it received byte for byte, and a clock that moves when it is told to.

#![allow(dead_code, unreachable_pub)] // each test binary uses a part of it

use std::fmt::Write as _;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use keycloak_session::{
    BoxFuture, Clock, Credentials, OperationInfo, Request, Session, SessionBuilder,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

pub const TOKEN_PATH: &str = "/realms/master/protocol/openid-connect/token";

/// One request, as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// Path and query, not decoded.
    pub target: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(set, _)| set.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn is_token_request(&self) -> bool {
        self.target.ends_with("/protocol/openid-connect/token")
    }

    /// A field of a form body.
    pub fn field(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(&self.body)
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// The server's reaction to a request.
#[derive(Clone)]
pub enum Answer {
    Reply {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Bytes as they are; then the connection is closed.
    Raw(Vec<u8>),
    /// A 200 with this chunk over and over, until the client hangs up.
    Endless { chunk: Vec<u8> },
    /// These bytes of an answer; then the connection is reset.
    ResetAfter(Vec<u8>),
    /// These bytes of an answer; then nothing until the client hangs up.
    StallAfter(Vec<u8>),
    /// A 200 whose body comes one byte a second.
    Drip,
    /// This chunk so many times; `written` counts what the client has let through.
    Chunked {
        status: u16,
        chunk: Vec<u8>,
        times: usize,
        written: Arc<AtomicUsize>,
    },
    /// The connection is reset without an answer.
    Reset,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self::Reply {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn json(status: u16, body: &str) -> Self {
        Self::Reply {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.as_bytes().to_vec(),
        }
    }

    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Reply { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

type Handler = dyn Fn(Received) -> BoxFuture<'static, Answer> + Send + Sync;

/// An HTTP/1.1 server on a free port of this machine. It stops when it is dropped.
pub struct Server {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub async fn start<F, A>(handler: F) -> Self
    where
        F: Fn(Received) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |received| Box::pin(handler(received)));
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&handler), Arc::clone(&log)));
            }
        });
        Self {
            address,
            received,
            task,
        }
    }

    /// A server that gives these answers, one after the other, and then the last one for ever.
    pub async fn in_turn(answers: Vec<Answer>) -> Self {
        let number = AtomicUsize::new(0);
        Self::start(move |_| {
            let number = number.fetch_add(1, Ordering::SeqCst);
            let answer = answers[number.min(answers.len() - 1)].clone();
            async { answer }
        })
        .await
    }

    /// A server that gives tokens `token-1`, `token-2`, ... of this lifetime and answers everything else with `answer`.
    pub async fn with_tokens(lifetime: u64, answer: Answer) -> Self {
        let tokens = Tokens::default();
        Self::start(move |received| {
            let answer = if received.is_token_request() {
                tokens.issue(lifetime, &received)
            } else {
                answer.clone()
            };
            async { answer }
        })
        .await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("not poisoned").clone()
    }

    pub fn token_requests(&self) -> Vec<Received> {
        let mut requests = self.received();
        requests.retain(Received::is_token_request);
        requests
    }

    pub fn calls(&self) -> Vec<Received> {
        let mut requests = self.received();
        requests.retain(|request| !request.is_token_request());
        requests
    }

    pub fn grants(&self) -> Vec<String> {
        self.token_requests()
            .iter()
            .map(|request| request.field("grant_type").expect("a grant type"))
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Counts tokens up, with a refresh token beside each unless it is for a service account, as Keycloak does.
#[derive(Clone, Default)]
pub struct Tokens(Arc<AtomicUsize>);

impl Tokens {
    pub fn issue(&self, lifetime: u64, request: &Received) -> Answer {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        let refresh = if request.field("grant_type").as_deref() == Some("client_credentials") {
            r#""refresh_expires_in":0"#.to_owned()
        } else {
            format!(r#""refresh_expires_in":1800,"refresh_token":"refresh-{number}""#)
        };
        Answer::json(
            200,
            &format!(
                r#"{{"access_token":"token-{number}","expires_in":{lifetime},{refresh},"token_type":"Bearer"}}"#
            ),
        )
    }
}

async fn serve(stream: TcpStream, handler: Arc<Handler>, log: Arc<Mutex<Vec<Received>>>) {
    let mut stream = BufReader::new(stream);
    while let Some(received) = read_request(&mut stream).await {
        log.lock().expect("not poisoned").push(received.clone());
        let bytes = match handler(received).await {
            Answer::Reply {
                status,
                headers,
                body,
            } => {
                let mut head = format!(
                    "HTTP/1.1 {status} Test\r\ncontent-length: {}\r\n",
                    body.len()
                );
                for (name, value) in headers {
                    let _ = write!(head, "{name}: {value}\r\n");
                }
                [head.as_bytes(), b"\r\n", &body].concat()
            }
            Answer::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Answer::Endless { chunk } => {
                let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
                let frame = [format!("{:x}\r\n", chunk.len()).as_bytes(), &chunk, b"\r\n"].concat();
                let _ = stream.write_all(head).await;
                while stream.write_all(&frame).await.is_ok() {}
                return;
            }
            Answer::Reset => {
                let _ = stream.get_ref().set_zero_linger();
                return;
            }
            Answer::ResetAfter(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.get_ref().set_zero_linger();
                return;
            }
            Answer::StallAfter(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.read_u8().await;
                return;
            }
            Answer::Drip => {
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
                let _ = stream.write_all(head).await;
                while stream.write_all(b" ").await.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                return;
            }
            Answer::Chunked {
                status,
                chunk,
                times,
                written,
            } => {
                let head = format!("HTTP/1.1 {status} Test\r\ntransfer-encoding: chunked\r\n\r\n");
                let frame = [format!("{:x}\r\n", chunk.len()).as_bytes(), &chunk, b"\r\n"].concat();
                let _ = stream.write_all(head.as_bytes()).await;
                for _ in 0..times {
                    if stream.write_all(&frame).await.is_err() {
                        return;
                    }
                    written.fetch_add(chunk.len(), Ordering::SeqCst);
                }
                b"0\r\n\r\n".to_vec()
            }
        };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let first = read_line(stream).await?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut received = Received {
        method,
        target,
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let line = read_line(stream).await?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        received
            .headers
            .push((name.to_owned(), value.trim().to_owned()));
    }
    let length = received
        .header("content-length")
        .map_or(0, |length| length.parse().expect("a length"));
    received.body.resize(length, 0);
    stream.read_exact(&mut received.body).await.ok()?;
    Some(received)
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    (stream.read_line(&mut line).await.ok()? > 0).then(|| line.trim_end().to_owned())
}

/// An address nobody listens at.
pub async fn refusing_url() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a free port");
    format!("http://{}", listener.local_addr().expect("a bound address"))
}

/// Closed at first; opens for all.
#[derive(Clone)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Gate {
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub async fn passed(&self) {
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

/// Counts the futures that have begun to wait.
#[derive(Clone, Default)]
pub struct Parked(Arc<(AtomicUsize, Notify)>);

impl Parked {
    /// The same future; it is counted when it has returned `Pending` for the first time.
    pub fn count<F: Future + Send + 'static>(
        &self,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static
    where
        F::Output: Send,
    {
        let parked = self.clone();
        let mut future: Pin<Box<dyn Future<Output = F::Output> + Send>> = Box::pin(future);
        let mut counted = false;
        poll_fn(move |context| {
            let poll = future.as_mut().poll(context);
            if matches!(poll, Poll::Pending) && !counted {
                counted = true;
                parked.0.0.fetch_add(1, Ordering::SeqCst);
                parked.0.1.notify_waiters();
            }
            poll
        })
    }

    pub async fn reach(&self, number: usize) {
        loop {
            let changed = self.0.1.notified();
            if self.0.0.load(Ordering::SeqCst) >= number {
                return;
            }
            changed.await;
        }
    }
}

/// A clock that stands still. Pauses of at most two seconds (those between attempts) are over at once, move it on and are kept;
/// longer ones (timeouts) end when `advance` has gone past them.
#[derive(Debug)]
pub struct ManualClock {
    start: Instant,
    longest_pause: Duration,
    elapsed: watch::Sender<Duration>,
    pauses: Mutex<Vec<Duration>>,
}

impl ManualClock {
    pub fn new() -> Arc<Self> {
        Self::with_pauses_up_to(Duration::from_secs(2))
    }

    /// A clock for tests with longer pauses than two seconds. A wait that is longer than `longest_pause` is a timeout and not a pause.
    pub fn with_pauses_up_to(longest_pause: Duration) -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            longest_pause,
            elapsed: watch::Sender::new(Duration::ZERO),
            pauses: Mutex::default(),
        })
    }

    pub fn advance(&self, duration: Duration) {
        self.elapsed.send_modify(|elapsed| *elapsed += duration);
    }

    /// The time by which it was moved.
    pub fn elapsed(&self) -> Duration {
        *self.elapsed.borrow()
    }

    pub fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().expect("not poisoned").clone()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.start + *self.elapsed.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration <= self.longest_pause {
            self.pauses.lock().expect("not poisoned").push(duration);
            self.advance(duration);
            return Box::pin(async {});
        }
        let mut elapsed = self.elapsed.subscribe();
        let end = *elapsed.borrow() + duration;
        Box::pin(async move {
            let _ = elapsed.wait_for(|now| *now >= end).await;
        })
    }
}

pub static PING: OperationInfo = OperationInfo::new("ping", "GET", "/admin/ping");
pub static CREATE: OperationInfo = OperationInfo::new("create_thing", "POST", "/admin/things");
pub static CREATE_REALM: OperationInfo =
    OperationInfo::new("create_realm", "POST", "/admin/realms").renews_token();

pub fn password() -> Credentials {
    Credentials::password("admin", "s3cret-password")
}

pub fn service() -> Credentials {
    Credentials::client_secret("sync", "s3cret-client")
}

/// A session without a token endpoint.
pub fn with_token(url: &str) -> SessionBuilder {
    Session::builder(url).credentials(Credentials::token("static-token"))
}

pub fn ping(session: &Session) -> Request {
    Request::new(session, &PING)
}
