//! Gives every confidential client of a realm a new secret, and prints one on each line: `client_id<TAB>secret`.
//!
//! ```text
//! cargo run -p keycloak-admin --example rotate_secrets -- acme > secrets.tsv
//! ```
//!
//! Each secret is printed as soon as it is made. If a client fails, the program names it and ends with an error.
//! Keycloak's own clients stay unchanged, and so do clients that log in without a secret.

mod common;

use std::error::Error;
use std::io::{self, Write as _};

use clap::Parser;
use keycloak_admin::Realm;
use keycloak_admin::types::ClientRepresentation;

/// Gives every confidential client of a realm a new secret, and prints one on each line: `client_id<TAB>secret`.
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let keycloak = common::connect()?;
    let mut out = io::stdout();
    run(&keycloak.realm(&args.realm), |client_id, secret| {
        writeln!(out, "{client_id}\t{secret}")?;
        out.flush()
    })
    .await
}

/// Makes the new secrets. It hands out each one, with its `client_id`, before it makes the next, so a failure loses no secret that was made.
pub async fn run(
    realm: &Realm,
    mut show: impl FnMut(&str, &str) -> io::Result<()>,
) -> Result<(), Box<dyn Error>> {
    for client in realm.clients().list().try_collect().await? {
        if !has_secret_of_its_own(&client) {
            continue;
        }
        let (Some(uuid), Some(client_id)) = (client.id, client.client_id) else {
            continue;
        };
        let regenerate = realm.client_by_uuid(&uuid).regenerate_secret();
        let made = regenerate.await.map_err(|error| {
            format!("the secret of {client_id} may have changed, and is not known: {error}")
        })?;
        let secret = made
            .value
            .ok_or_else(|| format!("the secret of {client_id} has changed, and was not sent"))?;
        show(&client_id, &secret)?;
    }
    Ok(())
}

fn has_secret_of_its_own(client: &ClientRepresentation) -> bool {
    const BUILT_IN: [&str; 6] = [
        "account",
        "account-console",
        "admin-cli",
        "broker",
        "realm-management",
        "security-admin-console",
    ];
    let client_id = client.client_id.as_deref().unwrap_or_default();
    client.public_client == Some(false)
        && client.bearer_only != Some(true)
        && client.client_authenticator_type.as_deref() == Some("client-secret")
        && !BUILT_IN.contains(&client_id)
}
