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
use keycloak_admin::{Ensured, Realm};

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
    let report = run(&keycloak.realm(&args.realm), File::open(args.file)?).await?;
    println!(
        "{} imported, {} were there",
        report.created, report.existing
    );
    for (row, reason) in &report.failures {
        println!("{row}: {reason}");
    }
    Ok(())
}

/// The result of the import.
#[derive(Debug, Default)]
pub struct Report {
    /// The number of created users.
    pub created: usize,
    /// The number of users that existed already.
    pub existing: usize,
    /// The users who could not be imported, with the reasons.
    pub failures: Vec<(String, String)>,
}

/// Imports the users of this file.
pub async fn run(realm: &Realm, csv: impl Read) -> Result<Report, csv::Error> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(csv);
    let users = reader
        .deserialize()
        .collect::<Result<Vec<UserRepresentation>, _>>()?;
    let enabled = users.iter().map(|user| user.clone().with_enabled(true));

    let mut report = Report::default();
    let mut results = realm
        .users()
        .create_many(enabled)
        .exist_ok()
        .concurrency(8)
        .stream();
    for (done, user) in users.iter().enumerate() {
        match results.next().await {
            Some(Ok(Ensured::Created(_))) => report.created += 1,
            Some(Ok(Ensured::Existing(_))) => report.existing += 1,
            Some(Err(error)) => {
                let name = user.username.clone().unwrap_or_default();
                report.failures.push((name, error.to_string()));
            }
            None => break,
        }
        show_progress(done + 1, users.len());
    }
    Ok(report)
}

/// Writes over the last line. Prints nothing if the output is not a terminal.
fn show_progress(done: usize, all: usize) {
    if stderr().is_terminal() {
        let end = if done == all { "\n" } else { "" };
        let _ = write!(stderr(), "\r{done} of {all}{end}");
    }
}
