//! A proxy in front of a real server that counts the requests of a program.
//!
//! `/counts` answers how many requests there were since the last time: `{"calls": 7, "tokens": 1}`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::{Request, Response, StatusCode};
use serde_json::json;

use crate::{Result, listener};

/// Forwards requests until the standard input ends.
pub(crate) async fn serve(server: &str) -> Result<()> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let counter = Arc::new(Counter {
        server: server.trim_end_matches('/').to_owned(),
        http: http.build()?,
        calls: AtomicU64::new(0),
        tokens: AtomicU64::new(0),
    });
    listener::serve(move |request| {
        let counter = Arc::clone(&counter);
        async move { counter.answer(request).await }
    })
    .await
}

struct Counter {
    server: String,
    http: reqwest::Client,
    calls: AtomicU64,
    tokens: AtomicU64,
}

impl Counter {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        if request.uri().path() == "/counts" {
            let counts = json!({"calls": take(&self.calls), "tokens": take(&self.tokens)});
            return Response::new(Full::from(counts.to_string()));
        }
        let is_token = request.uri().path().ends_with("/openid-connect/token");
        let count = if is_token { &self.tokens } else { &self.calls };
        count.fetch_add(1, Ordering::Relaxed);
        self.forward(request).await.unwrap_or_else(|error| {
            eprintln!("error: {error}");
            let mut answer = Response::new(Full::default());
            *answer.status_mut() = StatusCode::BAD_GATEWAY;
            answer
        })
    }

    async fn forward(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let url = format!("{}{}", self.server, head.uri);
        let mut headers = head.headers;
        for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        let request = self
            .http
            .request(head.method, url)
            .headers(headers)
            .body(body);
        let mut answer = request.send().await?;
        let status = answer.status();
        let mut headers = std::mem::take(answer.headers_mut());
        for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        let mut forwarded = Response::new(Full::from(answer.bytes().await?));
        *forwarded.status_mut() = status;
        *forwarded.headers_mut() = headers;
        Ok(forwarded)
    }
}
