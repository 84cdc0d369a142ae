//! Writes a realm to a file as JSON: settings, clients, roles and groups. Writes its users to a second file, one on each line.
//!
//! ```text
//! cargo run -p keycloak-admin --example export_realm -- acme acme.json acme-users.jsonl
//! ```
//!
//! Keycloak masks secrets in the export, and never exports passwords.

mod common;

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Parser;
use keycloak_admin::Realm;

/// Writes a realm to a file as JSON: settings, clients, roles and groups. Writes its users to a second file, one on each line.
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
    /// The file for the settings.
    settings: PathBuf,
    /// The file for the users.
    users: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let keycloak = common::connect()?;
    let settings = BufWriter::new(File::create(args.settings)?);
    let users = BufWriter::new(File::create(args.users)?);
    let count = run(&keycloak.realm(&args.realm), settings, users).await?;
    println!("{count} users");
    Ok(())
}

/// The number of users.
pub async fn run(
    realm: &Realm,
    mut settings: impl Write,
    mut users: impl Write,
) -> Result<usize, Box<dyn Error>> {
    let export = realm.partial_export();
    let export = export
        .export_clients(true)
        .export_groups_and_roles(true)
        .await?;
    serde_json::to_writer_pretty(&mut settings, &export)?;
    settings.flush()?;

    let mut count = 0;
    let mut list = realm.users().list().stream().page_size(500).prefetch(2);
    while let Some(user) = list.try_next().await? {
        serde_json::to_writer(&mut users, &user)?;
        users.write_all(b"\n")?;
        count += 1;
    }
    users.flush()?;
    Ok(count)
}
