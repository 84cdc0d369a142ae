//! Receives the calls of a Phase Two webhook, and accepts only those that are signed with the webhook's secret.
//!
//! ```text
//! WEBHOOK_SECRET=$(openssl rand -hex 32) cargo run -p keycloak-admin --example phasetwo_webhooks -- acme 10
//! ```
//!
//! It creates a webhook in the realm, publishes an event of its own, prints ten events as they come, and deletes the webhook. Keycloak has to reach
//! this machine at `WEBHOOK_ADDRESS`. The default is `127.0.0.1:0`, a free port.

mod common;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::{env, io};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;
use clap::Parser;
use hmac::{Hmac, KeyInit, Mac};
use keycloak_admin::Realm;
use keycloak_admin::phasetwo::types::{EventRepresentation, WebhookRepresentation};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Receives the calls of a Phase Two webhook, and accepts only those that are signed with the webhook's secret.
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
    /// The number of events to wait for.
    count: usize,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let secret = env::var("WEBHOOK_SECRET")
        .ok()
        .filter(|secret| !secret.trim().is_empty())
        .ok_or("set WEBHOOK_SECRET to a long random text")?;
    let address = common::variable("WEBHOOK_ADDRESS", "127.0.0.1:0").parse()?;
    let keycloak = common::connect()?;
    let show = |event: &EventRepresentation| {
        let details = event.auth_details.as_ref();
        let who = details.and_then(|details| details.username.as_deref());
        println!("{:?} by {who:?}", event.type_);
    };
    let realm = keycloak.realm(args.realm);
    run(&realm, &secret, address, args.count, show).await
}

/// Shows the next `count` events of the realm.
pub(crate) async fn run(
    realm: &Realm,
    secret: &str,
    address: SocketAddr,
    count: usize,
    mut show: impl FnMut(&EventRepresentation),
) -> Result<(), Box<dyn Error>> {
    let mut receiver = Receiver::start(address, secret).await?;
    let phasetwo = realm.phasetwo();
    let webhook = WebhookRepresentation::new()
        .with_url(receiver.url())
        .with_enabled(true) // the default is off
        .with_secret(secret)
        .with_event_types(["*"]);
    let id = phasetwo.webhooks().create(&webhook).await?;

    // An event of an application always comes. Keycloak's own events come only if `ext-event-webhook` is one of the realm's listeners.
    let hello = EventRepresentation::new().with_type("example.started");
    phasetwo.create_event(&hello).await?;
    for _ in 0..count {
        show(&receiver.next().await?);
    }

    phasetwo.webhook(id).delete().await?;
    Ok(())
}

/// A small web server for the calls of a webhook. It ends when it is dropped.
pub(crate) struct Receiver {
    address: SocketAddr,
    events: mpsc::UnboundedReceiver<EventRepresentation>,
    server: JoinHandle<io::Result<()>>,
}

struct Inbox {
    secret: String,
    events: mpsc::UnboundedSender<EventRepresentation>,
}

impl Receiver {
    /// Starts a server at this address, for webhooks with this secret. An empty secret is refused, because anybody can sign with it.
    pub(crate) async fn start(address: SocketAddr, secret: &str) -> io::Result<Self> {
        if secret.trim().is_empty() {
            let kind = io::ErrorKind::InvalidInput;
            return Err(io::Error::new(kind, "the webhook's secret is empty"));
        }
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (sender, events) = mpsc::unbounded_channel();
        let inbox = Inbox {
            secret: secret.to_owned(),
            events: sender,
        };
        let routes = Router::new()
            .route("/keycloak", post(receive))
            .with_state(Arc::new(inbox));
        let server = tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self {
            address,
            events,
            server,
        })
    }

    /// Returns the URL for the webhook.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/keycloak", self.address)
    }

    /// Waits for the next signed event. If Keycloak did not see the answer, the event comes twice, with the same `uid`.
    pub(crate) async fn next(&mut self) -> io::Result<EventRepresentation> {
        let event = self.events.recv().await;
        event.ok_or_else(|| io::Error::other("the web server has ended"))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Takes one call. If the answer is not a success, Keycloak sends the call again later.
async fn receive(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers
        .get("X-Keycloak-Signature")
        .map(HeaderValue::as_bytes);
    if !is_signed(&inbox.secret, signature.unwrap_or_default(), &body) {
        return StatusCode::UNAUTHORIZED;
    }
    // A body without a valid signature is not even parsed.
    let Ok(event) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    match inbox.events.send(event) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Returns whether the signature is the HMAC-SHA256 of the body as it came, in hexadecimal. The comparison takes constant time. Nothing is
/// signed with an empty secret.
pub(crate) fn is_signed(secret: &str, signature: &[u8], body: &[u8]) -> bool {
    if secret.trim().is_empty() {
        return false;
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(body);
    from_hex(signature).is_some_and(|signature| mac.verify_slice(&signature).is_ok())
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    });
    pairs.collect()
}
