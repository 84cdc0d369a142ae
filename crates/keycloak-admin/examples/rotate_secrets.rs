//! Gives every confidential client of a realm a new secret, and prints them, one line each: `client_id<TAB>secret`.
//!
//! ```text
//! cargo run -p keycloak-admin --example rotate_secrets -- acme > secrets.tsv
//! ```
//!
//! Clients that Keycloak made itself, and those that prove who they are in another way, are left alone.

mod common;

use keycloak_admin::types::ClientRepresentation;
use keycloak_admin::{Error, Realm};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let [realm] = common::arguments(["REALM"]);
    let keycloak = common::connect()?;
    for (client_id, secret) in run(&keycloak.realm(&realm)).await? {
        println!("{client_id}\t{secret}");
    }
    Ok(())
}

/// The new secrets, by `client_id`.
pub async fn run(realm: &Realm) -> Result<Vec<(String, String)>, Error> {
    let mut secrets = Vec::new();
    for client in realm.clients().list().try_collect().await? {
        if !has_secret_of_its_own(&client) {
            continue;
        }
        let (Some(uuid), Some(client_id)) = (client.id, client.client_id) else {
            continue;
        };
        let secret = realm.client_by_uuid(&uuid).regenerate_secret().await?.value;
        secrets.push((client_id, secret.unwrap_or_default()));
    }
    Ok(secrets)
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
