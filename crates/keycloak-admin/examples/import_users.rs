//! Imports users from a CSV file, and reports those that could not be imported.
//!
//! ```text
//! cargo run -p keycloak-admin --example import_users -- acme users.csv
//! ```
//!
//! The first line names the columns as Keycloak does: `username,email,firstName,lastName`. Existing users stay unchanged, so
//! a corrected file can be imported again.

mod common;

use std::error::Error;
use std::fs::File;
use std::io::{IsTerminal, Read, Write, stderr};
use std::path::PathBuf;

use clap::Parser;
use keycloak_admin::types::UserRepresentation;
use keycloak_admin::{ImportSummary, Realm};

/// Imports users from a CSV file, and reports those that could not be imported.
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
    /// The file with the users, as CSV.
    file: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let keycloak = common::connect()?;
    let summary = run(&keycloak.realm(&args.realm), File::open(args.file)?).await?;
    println!(
        "{} imported, {} were there",
        summary.created, summary.existing
    );
    for failure in &summary.failures {
        println!("{failure}");
    }
    Ok(())
}

/// Imports the users of this file. A row that cannot be read ends the import; the users before it are imported.
pub async fn run(realm: &Realm, csv: impl Read + Send) -> Result<ImportSummary, csv::Error> {
    let reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(csv);
    let mut broken = None;
    // The rows are read batch by batch, so the file may be longer than memory.
    let rows = reader.into_deserialize::<UserRepresentation>();
    let users = rows.map_while(|row| match row {
        Ok(user) => Some(user.with_enabled(true)),
        Err(error) => {
            broken = Some(error);
            None
        }
    });

    let mut summary = ImportSummary::default();
    let mut results = realm.users().import(users).validate(true).stream();
    let mut done = 0;
    while let Some(result) = results.next().await {
        summary.add(result);
        done += 1;
        show_progress(done);
    }
    drop(results);
    match broken {
        Some(error) => Err(error),
        None => Ok(summary),
    }
}

/// Writes over the last line. Prints nothing if the output is not a terminal.
fn show_progress(done: usize) {
    if stderr().is_terminal() && done.is_multiple_of(100) {
        let _ = write!(stderr(), "\r{done} users");
    }
}
