//! The server: a thread of its own that answers as the mocks say.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, LOCATION};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use keycloak_session::{ApiCall, Credentials, Operation, OperationInfo, Session};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::answer::{Answer, Content, page};
use crate::matching::{difference, path_values, specificity};
use crate::mock::Entry;
use crate::{Mock, Received, Then, Tokens};

/// A server on a free port of 127.0.0.1 that gives the answers of its mocks. A clone is the same server, which ends when the last clone is
/// dropped.
///
/// It runs on a thread of its own, so a test may be `async` or not.
#[derive(Clone)]
pub struct MockServer(Arc<Running>);

struct Running {
    url: String,
    session: Session,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
}

/// The state that the server's thread and the tests share.
#[derive(Default)]
struct Shared {
    tokens: Tokens,
    state: Mutex<Mocks>,
    unmatched: Arc<Mutex<Vec<String>>>,
}

#[derive(Default)]
struct Mocks {
    operations: HashMap<Endpoint, &'static OperationInfo>,
    entries: Vec<Arc<Entry>>,
}

/// Method and path template, by which an operation is the same whichever crate describes it.
type Endpoint = (&'static str, &'static str);

fn endpoint(info: &OperationInfo) -> Endpoint {
    (info.method(), info.path())
}

impl MockServer {
    /// Starts a server that has a token endpoint and no mock yet.
    ///
    /// # Panics
    ///
    /// If 127.0.0.1 has no free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("the port that was given");
        let url = format!("http://{address}");
        let session = Session::builder(&url)
            .credentials(Credentials::client_secret("mock", "mock"))
            .build()
            .expect("an address on loopback");
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        thread::Builder::new()
            .name("keycloak-mock".to_owned())
            .spawn(move || serve(listener, served, stopped))
            .expect("a thread for the server");
        Self(Arc::new(Running {
            url,
            session,
            shared,
            stop: Some(stop),
        }))
    }

    /// Returns the server's address, such as `http://127.0.0.1:40123`. Give it to the tested code as the address of Keycloak.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Returns a session with this server. It logs in as a confidential client.
    #[must_use]
    pub fn session(&self) -> Session {
        self.0.session.clone()
    }

    /// Returns the token endpoint, to control the login.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.0.shared.tokens
    }

    /// Adds a mock of an operation of any generated crate.
    ///
    /// `when` is the operation's builder, such as `client.list_users()`. `say` sets on it the values that a request must have, and sets the answers
    /// on `then`. It returns both. See [the crate's page](crate) for the rules.
    ///
    /// # Panics
    ///
    /// If there is no answer, or if `when` has a value that cannot be sent.
    pub fn mock<C: ApiCall>(
        &self,
        when: C,
        say: impl FnOnce(C, Then<C>) -> (C, Then<C>),
    ) -> Mock<C> {
        let info = C::Operation::INFO;
        let (when, then) = say(when, Then::new());
        let when = when.into_request();
        if let Some(error) = when.invalid() {
            panic!("{}: {error}", info.id());
        }
        let entry = Arc::new(Entry {
            when,
            answers: then.into_answers(),
            received: Mutex::default(),
            removed: AtomicBool::new(false),
            unmatched: Arc::clone(&self.0.shared.unmatched),
        });
        self.knows(&[info]);
        self.0.shared.mocks().entries.push(Arc::clone(&entry));
        Mock {
            entry,
            call: PhantomData,
        }
    }

    /// Adds operations that the server knows, such as all of an API. With them it distinguishes paths, and names the called operation in its errors.
    pub fn knows(&self, operations: &[&'static OperationInfo]) {
        let known = operations.iter().map(|info| (endpoint(info), *info));
        self.0.shared.mocks().operations.extend(known);
    }

    /// Returns the reason for each request that no mock has answered, in the order of their arrival.
    #[must_use]
    pub fn unmatched(&self) -> Vec<String> {
        self.0.shared.unmatched().clone()
    }

    /// # Panics
    ///
    /// If no mock answered a request. The message names the request and the reason.
    #[track_caller]
    pub fn assert_all_matched(&self) {
        let unmatched = self.unmatched();
        assert!(
            unmatched.is_empty(),
            "requests without a mock:\n  {}",
            unmatched.join("\n  ")
        );
    }
}

impl fmt::Debug for MockServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockServer")
            .field("url", &self.url())
            .field("mocks", &self.0.shared.mocks().entries.len())
            .finish_non_exhaustive()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the thread has ended already.
            let _ = stop.send(());
        }
    }
}

/// The server's thread, until it is told to stop.
fn serve(listener: TcpListener, shared: Arc<Shared>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for the server");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a socket of our own");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket of our own");
        let router = Router::new().fallback(handle).with_state(shared);
        tokio::select! {
            served = axum::serve(listener, router) => served.expect("a server on loopback"),
            _ = stopped => {}
        }
    });
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if let Some(answer) = shared.log_in_or_out(&method, uri.path(), &body) {
        return answer;
    }
    let authorization = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    if !shared.tokens.admits(authorization) {
        return json_answer(
            StatusCode::UNAUTHORIZED,
            &json!({ "error": "HTTP 401 Unauthorized" }),
        );
    }
    match shared.find(&method, &uri, &headers, &body) {
        Ok((request, answer)) => {
            tokio::time::sleep(answer.delay).await;
            respond(&request, answer)
        }
        Err(reason) => {
            let answer = json!({ "error": "no_mock", "errorMessage": reason });
            shared.unmatched().push(reason);
            json_answer(StatusCode::NOT_IMPLEMENTED, &answer)
        }
    }
}

impl Shared {
    /// The answer of the realm's own endpoints. `None` for another path.
    fn log_in_or_out(&self, method: &Method, path: &str, body: &Bytes) -> Option<Response<Body>> {
        let (_, endpoint) = path.strip_prefix("/realms/")?.split_once('/')?;
        match (method.as_str(), endpoint) {
            ("POST", "protocol/openid-connect/token") => {
                let (status, token) = self.tokens.answer(body);
                Some(json_answer(status, &token))
            }
            ("POST", "protocol/openid-connect/logout") => {
                Some(empty_answer(StatusCode::NO_CONTENT))
            }
            _ => None,
        }
    }

    /// The request with the answer of the newest mock that it fits, or the reason why no mock fits.
    fn find(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<(Received, Answer), String> {
        let mocks = self.mocks();
        let line = format!("{method} {}", uri.path());
        let Some((info, path)) = mocks.operation(method, uri.path()) else {
            return Err(format!("the server knows no operation for {line}"));
        };
        let request = received(info, path, uri, headers, body);
        let mut reasons = Vec::new();
        for entry in mocks.entries.iter().rev() {
            if entry.is_there() && endpoint(entry.when.info()) == endpoint(info) {
                let Some(reason) = difference(&entry.when, &request) else {
                    let answer = entry.answer(request.clone());
                    return Ok((request, answer));
                };
                reasons.push(reason);
            }
        }
        Err(no_mock(info, &line, &reasons))
    }

    fn mocks(&self) -> MutexGuard<'_, Mocks> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unmatched(&self) -> MutexGuard<'_, Vec<String>> {
        self.unmatched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mocks {
    /// The operation that a request is a call of, with the values of its path.
    fn operation(
        &self,
        method: &Method,
        path: &str,
    ) -> Option<(&'static OperationInfo, Vec<(&'static str, String)>)> {
        let with_method = self
            .operations
            .values()
            .filter(|info| info.method() == method.as_str());
        let fitting = with_method.filter_map(|info| Some((*info, path_values(info, path)?)));
        fitting.min_by_key(|(info, _)| specificity(info))
    }
}

fn received(
    info: &'static OperationInfo,
    path: Vec<(&'static str, String)>,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Received {
    let query = uri.query().unwrap_or_default().as_bytes();
    let mut headers = headers.clone();
    headers.remove(AUTHORIZATION);
    Received {
        info,
        target: uri.path().to_owned(),
        path,
        query: url::form_urlencoded::parse(query).into_owned().collect(),
        headers,
        body: body.to_vec(),
    }
}

/// Why no mock answers a call of this operation.
fn no_mock(info: &OperationInfo, line: &str, reasons: &[String]) -> String {
    let id = info.id();
    match reasons {
        [] => format!("no mock of `{id}` answers {line}: there is none"),
        reasons => format!("no mock of `{id}` answers {line}: {}", reasons.join("; ")),
    }
}

fn respond(request: &Received, answer: Answer) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).expect("checked when it was said");
    match answer.content {
        None => empty_answer(status),
        Some(Content::Json(value)) => json_answer(status, &value),
        Some(Content::Pages { first, max, items }) => {
            json_answer(status, &json!(page(request, first, max, &items)))
        }
        Some(Content::Bytes {
            content_type,
            bytes,
        }) => with_header(status, CONTENT_TYPE, &content_type, bytes),
        Some(Content::CreatedAt(id)) => {
            let location = format!("{}/{id}", request.target);
            with_header(status, LOCATION, &location, Vec::new())
        }
    }
}

fn empty_answer(status: StatusCode) -> Response<Body> {
    let mut answer = Response::default();
    *answer.status_mut() = status;
    answer
}

fn json_answer(status: StatusCode, value: &Value) -> Response<Body> {
    with_header(
        status,
        CONTENT_TYPE,
        "application/json",
        value.to_string().into(),
    )
}

fn with_header(status: StatusCode, name: HeaderName, value: &str, body: Vec<u8>) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(name, value)
        .body(Body::from(body))
        .expect("a media type and an address are header values")
}
