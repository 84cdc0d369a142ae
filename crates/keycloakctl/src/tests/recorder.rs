//! A server that records the last request.

use std::sync::{Arc, Mutex};

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;

/// A request as it came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) method: String,
    /// The path with its query, not decoded.
    pub(super) target: String,
    pub(super) accept: String,
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

/// The server. It answers 204 to everything.
#[derive(Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<Vec<Recorded>>>);

impl Recorder {
    /// Starts the server and returns its address.
    pub(super) async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = axum::Router::new()
            .fallback(record)
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        format!("http://{address}")
    }

    /// Takes the one request since the last time.
    pub(super) fn take(&self) -> Option<Recorded> {
        let mut requests = self.0.lock().expect("no panic");
        let request = requests.pop();
        assert!(requests.is_empty(), "one call sends one request");
        request
    }
}

async fn record(State(server): State<Recorder>, request: Request) -> StatusCode {
    let (head, body) = request.into_parts();
    let header = |name: &str| {
        let value = head.headers.get(name);
        value.map_or_else(String::new, |value| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        })
    };
    let recorded = Recorded {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        accept: header("accept"),
        content_type: header("content-type"),
        body: to_bytes(body, usize::MAX).await.expect("a body"),
    };
    server.0.lock().expect("no panic").push(recorded);
    StatusCode::NO_CONTENT
}
