//! Serves the users of a realm over HTTP: an axum application that keeps a `Realm` in its state.
//!
//! `user_api REALM`: `GET /users/{username}` answers with the name and the e-mail address of a user. It has no login, so it listens on
//! this machine alone.

mod common;

use std::error::Error;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, response::IntoResponse};
use clap::Parser;
use keycloak_admin::Realm;
use tokio::net::TcpListener;

/// Serves the users of a realm over HTTP: an axum application that keeps a `Realm` in its state.
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let keycloak = common::connect()?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router(keycloak.realm(args.realm))).await?;
    Ok(())
}

/// Makes the application. The handle on the realm is its state: it is cheap to clone, and all clones share connections and token.
pub fn router(realm: Realm) -> Router {
    Router::new()
        .route("/users/{username}", get(user))
        .with_state(realm)
}

async fn user(State(realm): State<Realm>, Path(username): Path<String>) -> impl IntoResponse {
    match realm.users().find_by_username(&username).await {
        Ok(Some(user)) => {
            let name = user.first_name.unwrap_or_default();
            let email = user.email.unwrap_or_default();
            (StatusCode::OK, format!("{name} <{email}>"))
        }
        Ok(None) => (StatusCode::NOT_FOUND, "no such user".to_owned()),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()),
    }
}
