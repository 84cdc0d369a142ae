//! Makes a login session for a user and prints the cookies with which a browser continues as that user.
//!
//! `impersonate REALM USERNAME`. Anybody who has the cookies can act as the user: keep the output secret.

mod common;

use std::error::Error;

use clap::Parser;
use keycloak_admin::Realm;

/// Makes a login session for a user and prints the cookies with which a browser continues as that user.
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
    /// The username of the user to impersonate.
    username: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let keycloak = common::connect()?;
    let session = run(&keycloak.realm(args.realm), &args.username).await?;
    println!("open {} with these cookies:", session.address);
    for cookie in session.cookies {
        println!("{cookie}");
    }
    Ok(())
}

/// A session of another user.
pub struct Session {
    /// The address at which the browser continues.
    pub address: String,
    /// The values of all `Set-Cookie` headers.
    pub cookies: Vec<String>,
}

/// Impersonates a user.
pub async fn run(realm: &Realm, username: &str) -> Result<Session, Box<dyn Error>> {
    let id = realm.users().find_id(username).await?;
    let id = id.ok_or("there is no user of this name")?;
    // `send` gives the headers with the answer. `set-cookie` comes several times.
    let response = realm.user(id).impersonate().send().await?;
    let cookies = response
        .headers()
        .filter(|(name, _)| *name == "set-cookie")
        .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        .collect();
    let address = response.into_inner().redirect.unwrap_or_default();
    Ok(Session { address, cookies })
}
