//! Copies the clients of a realm to another realm of the same server, except Keycloak's own clients.
//!
//! ```text
//! cargo run -p keycloak-admin --example copy_clients -- staging production
//! ```
//!
//! An existing client stays unchanged. Secrets are copied if the account may read them.

mod common;

use clap::Parser;
use keycloak_admin::types::ClientRepresentation;
use keycloak_admin::{Ensured, Error, Realm};

/// Copies the clients of a realm to another realm of the same server, except Keycloak's own clients.
#[derive(Parser)]
struct Args {
    /// The realm to copy from.
    from: String,
    /// The realm to copy to.
    to: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let args = Args::parse();
    let keycloak = common::connect()?;
    for (client_id, copied) in run(&keycloak.realm(&args.from), &keycloak.realm(&args.to)).await? {
        match copied {
            Ok(Ensured::Created(uuid)) => println!("{client_id}: copied as {uuid}"),
            Ok(Ensured::Existing(uuid)) => println!("{client_id}: exists already as {uuid}"),
            Err(error) => println!("{client_id}: {error}"),
        }
    }
    Ok(())
}

/// The result for each client, by `client_id`.
pub async fn run(
    from: &Realm,
    to: &Realm,
) -> Result<Vec<(String, Result<Ensured<String>, Error>)>, Error> {
    let mut clients = Vec::new();
    let built_in = to.clients().list().try_collect().await?;
    for client in from.clients().list().try_collect().await? {
        // The target has the built-in clients already, with other ids and other roles.
        let is_built_in = |other: &&ClientRepresentation| {
            other.client_id == client.client_id
                && client
                    .name
                    .as_deref()
                    .is_some_and(|name| name.starts_with("${"))
        };
        if built_in.iter().find(is_built_in).is_none() {
            clients.push(without_ids(client));
        }
    }
    let results = to.clients().create_many(&clients).exist_ok().await;
    let ids = clients
        .iter()
        .map(|client| client.client_id.clone().unwrap_or_default());
    Ok(ids.zip(results).collect())
}

/// The client without its ids, which are valid in one realm only.
fn without_ids(mut client: ClientRepresentation) -> ClientRepresentation {
    client.id = None;
    for mapper in client.protocol_mappers.get_or_insert_default() {
        mapper.id = None;
    }
    // Authorization services refer to roles and users of their realm.
    client.authorization_services_enabled = None;
    client.authorization_settings = None;
    client
}
