//! Serves a small web page to users who are logged in. It asks Keycloak if the access token of a request is valid (token introspection).
//!
//! ```text
//! CLIENT_SECRET=... cargo run -p keycloak-admin --example login_check -- acme my-service
//! curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:3000/
//! ```
//!
//! The token must name the service in its audience (`aud`): give the client an audience mapper, or the scope that has one.
//!
//! Introspection is not part of the Admin REST API. The example declares the operation itself and sends it in the same session.

mod common;

use std::error::Error;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, HeaderMap};
use axum::routing::get;
use clap::Parser;
use keycloak_admin::{Credentials, Keycloak, OperationInfo, Request};
use serde::Deserialize;
use tokio::net::TcpListener;

static INTROSPECT: OperationInfo = OperationInfo::new(
    "introspect_token",
    "POST",
    "/realms/{realm}/protocol/openid-connect/token/introspect",
);

/// Serves a small web page to users who are logged in. It asks Keycloak if the access token of a request is valid (token introspection).
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
    /// The client that calls the introspection. Its secret is in `CLIENT_SECRET`.
    client_id: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let secret = common::variable("CLIENT_SECRET", "");
    let url = common::variable("KEYCLOAK_URL", "http://127.0.0.1:8080");
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}", listener.local_addr()?);
    let gate = Gate::new(&url, &args.realm, &args.client_id, &secret)?;
    axum::serve(listener, router(gate)).await?;
    Ok(())
}

/// Checks tokens: asks Keycloak, as a confidential client of the realm.
#[derive(Clone)]
pub struct Gate {
    keycloak: Keycloak,
    realm: String,
    client_id: String,
    secret: String,
}

/// The fields of the answer that the page needs.
#[derive(Deserialize)]
struct Introspection {
    active: bool,
    #[serde(default)]
    username: String,
}

impl Gate {
    /// A gate that asks the server at this address as this client of the realm.
    pub fn new(
        url: &str,
        realm: &str,
        client_id: &str,
        secret: &str,
    ) -> Result<Self, keycloak_admin::Error> {
        let keycloak = Keycloak::builder(url)
            .credentials(Credentials::client_secret(client_id, secret))
            .auth_realm(realm);
        let keycloak = common::trusting(keycloak)?.build()?;
        Ok(Self {
            keycloak,
            realm: realm.to_owned(),
            client_id: client_id.to_owned(),
            secret: secret.to_owned(),
        })
    }

    /// The user of the token, or `None` if the token is not valid.
    async fn user(&self, token: &str) -> Result<Option<String>, keycloak_admin::Error> {
        let mut request = Request::new(self.keycloak.session(), &INTROSPECT);
        request.set_path("realm", &self.realm);
        request.set_form(&[
            ("client_id", self.client_id.as_str()),
            ("client_secret", &self.secret),
            ("token", token),
        ]);
        let answer = request.send_json::<Introspection>().await?.into_inner();
        Ok(answer.active.then_some(answer.username))
    }
}

/// The page, behind the gate.
pub fn router(gate: Gate) -> Router {
    Router::new().route("/", get(page)).with_state(gate)
}

async fn page(State(gate): State<Gate>, headers: HeaderMap) -> (StatusCode, String) {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ")) else {
        return (StatusCode::UNAUTHORIZED, "log in first\n".to_owned());
    };
    match gate.user(token).await {
        Ok(Some(user)) => (StatusCode::OK, format!("welcome, {user}\n")),
        Ok(None) => (
            StatusCode::UNAUTHORIZED,
            "your login has ended\n".to_owned(),
        ),
        Err(error) => {
            eprintln!("{error}");
            (
                StatusCode::BAD_GATEWAY,
                "the login cannot be checked now\n".to_owned(),
            )
        }
    }
}
