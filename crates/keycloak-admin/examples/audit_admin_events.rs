//! Prints the admin events of a realm, the newest first, one on each line: time, administrator and change.
//!
//! ```text
//! cargo run -p keycloak-admin --example audit_admin_events -- acme USER
//! ```
//!
//! The realm has to store admin events. The second argument is a kind of resource, such as `USER`, `CLIENT` or `REALM_ROLE_MAPPING`.

mod common;

use std::collections::HashMap;
use std::io::{Write, stdout};

use clap::Parser;
use keycloak_admin::{Error, Keycloak};

/// Prints the admin events of a realm, the newest first, one on each line: time, administrator and change.
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
    /// The kind of resource, such as `USER`.
    resource: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    run(&common::connect()?, &args.realm, &args.resource, stdout()).await
}

/// Prints the events of one kind of resource.
pub async fn run(
    keycloak: &Keycloak,
    realm: &str,
    resource: &str,
    mut out: impl Write,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut names = HashMap::new();
    let events = keycloak.realm(realm).admin_events().list();
    let mut events = events.resource_types([resource]).stream();
    while let Some(event) = events.try_next().await? {
        let who = event.auth_details.unwrap_or_default();
        // The account that did it can be of another realm; events name that by its id.
        let (of, id) = (
            who.realm_id.unwrap_or_default(),
            who.user_id.unwrap_or_default(),
        );
        if !names.contains_key(&id) {
            let name = username(keycloak, realm, &of, &id).await?;
            names.insert(id.clone(), name);
        }
        writeln!(
            out,
            "{}\t{}\t{}\t{}\t{}",
            event.time.unwrap_or_default(),
            names[&id],
            who.ip_address.unwrap_or_default(),
            event.operation_type.unwrap_or_default(),
            event.resource_path.unwrap_or_default(),
        )?;
    }
    Ok(())
}

/// The username of an account of this realm, or the realm and the id of another account.
async fn username(keycloak: &Keycloak, realm: &str, of: &str, id: &str) -> Result<String, Error> {
    let found = keycloak.realm(realm).user(id).find().await?;
    let name = found.and_then(|user| user.username);
    Ok(name.unwrap_or_else(|| format!("{id} of realm {of}")))
}
