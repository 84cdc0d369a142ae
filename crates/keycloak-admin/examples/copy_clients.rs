//! Copies the clients of a realm to another realm of the same server, without those that Keycloak makes itself.
//!
//! ```text
//! cargo run -p keycloak-admin --example copy_clients -- staging production
//! ```
//!
//! A client that is there already is left as it is. Secrets come along where the account may see them.

mod common;

use clap::Parser;
use keycloak_admin::types::ClientRepresentation;
use keycloak_admin::{Ensured, Error, Realm};

/// Copies the clients of a realm to another realm of the same server, without those that Keycloak makes itself.
#[derive(Parser)]
struct Args {
    /// The realm that has the clients.
    from: String,
    /// The realm that gets them.
    to: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let args = Args::parse();
    let keycloak = common::connect()?;
    for (client_id, copied) in run(&keycloak.realm(&args.from), &keycloak.realm(&args.to)).await? {
        match copied {
            Ok(Ensured::Created(uuid)) => println!("{client_id}: copied as {uuid}"),
            Ok(Ensured::Existing(uuid)) => println!("{client_id}: is there already as {uuid}"),
            Err(error) => println!("{client_id}: {error}"),
        }
    }
    Ok(())
}

/// What came of each client, by `client_id`.
pub async fn run(
    from: &Realm,
    to: &Realm,
) -> Result<Vec<(String, Result<Ensured<String>, Error>)>, Error> {
    let mut clients = Vec::new();
    let built_in = to.clients().list().try_collect().await?;
    for client in from.clients().list().try_collect().await? {
        // What a realm has from the start, the other one has too, under another id and with other roles.
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

/// The client as it can be created elsewhere: ids are for one realm.
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
