//! A web server that Phase Two's webhooks call.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use keycloak_session::ApiCall;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::context::Context;

/// The longest time that an event may take to its webhook.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A call of a webhook that waits for its answer.
pub struct Call {
    /// True if it has a signature as long as an HMAC-SHA256 in hexadecimal.
    pub is_signed: bool,
    /// The event.
    pub body: Value,
    answer: oneshot::Sender<()>,
}

impl Call {
    /// Answers with 200. A server that is gone needs no answer.
    pub fn answer(self) {
        let _ = self.answer.send(());
    }
}

/// A web server on 127.0.0.1 that takes every call, and leaves the answer to who waits for the call. It ends when dropped.
pub struct Receiver {
    address: SocketAddr,
    calls: mpsc::UnboundedReceiver<Call>,
    server: JoinHandle<io::Result<()>>,
}

impl Receiver {
    /// Starts a server.
    ///
    /// # Errors
    /// If it has no port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (sender, calls) = mpsc::unbounded_channel();
        let receive =
            async move |headers: HeaderMap, body: Bytes| receive(&sender, &headers, &body).await;
        let application = Router::new().fallback(receive);
        let server = tokio::spawn(async move { axum::serve(listener, application).await });
        Ok(Self {
            address,
            calls,
            server,
        })
    }

    /// The address to call.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Waits for a webhook call with an event of this type, and answers the calls before it. A missing call is a failure of the operation of
    /// `C`, which causes it.
    pub async fn wait<C: ApiCall>(&mut self, ctx: &Context, event_type: &str) -> Option<Call> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match timeout(left, self.calls.recv()).await {
                Ok(Some(call)) if call.body["type"] == event_type => return Some(call),
                Ok(Some(other)) => other.answer(),
                Ok(None) | Err(_) => {
                    ctx.fail::<C>(&format!("no {event_type} arrived within {TIMEOUT:?}"));
                    return None;
                }
            }
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Hands a call over, and answers when the one who waits for it says so.
async fn receive(
    calls: &mpsc::UnboundedSender<Call>,
    headers: &HeaderMap,
    body: &[u8],
) -> StatusCode {
    let Ok(body) = serde_json::from_slice(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let signature = headers.get("x-keycloak-signature");
    let (answer, answered) = oneshot::channel();
    let call = Call {
        is_signed: signature.is_some_and(|signature| signature.len() == 64),
        body,
        answer,
    };
    // Nobody waits for it any more: it is answered at once.
    if calls.send(call).is_ok() {
        let _ = answered.await;
    }
    StatusCode::OK
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::sync::mpsc;

    use super::Receiver;

    #[tokio::test]
    async fn a_call_is_answered_when_the_one_who_waits_says_so() {
        let mut receiver = Receiver::start().await.unwrap();
        let (sender, mut statuses) = mpsc::unbounded_channel();
        let call = reqwest::Client::new()
            .post(receiver.url())
            .header("X-Keycloak-Signature", "0".repeat(64))
            .body(json!({"type": "access.LOGIN"}).to_string());
        tokio::spawn(async move { sender.send(call.send().await.unwrap().status()) });
        let call = receiver.calls.recv().await.unwrap();
        assert_eq!(call.body["type"], "access.LOGIN");
        assert!(call.is_signed);
        assert!(statuses.try_recv().is_err());
        call.answer();
        assert_eq!(statuses.recv().await.unwrap(), 200);

        let unreadable = reqwest::Client::new().post(receiver.url()).body("no JSON");
        assert_eq!(unreadable.send().await.unwrap().status(), 400);
    }
}
