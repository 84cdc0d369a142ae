//! Applying the files of each folder in the order of their names.
//!
//! The first file of a realm makes the realm, and it is deleted when the folder is done. After each file the program checks that the application
//! ended as the file's name says, that a new plan is empty, and that a second application writes nothing. An empty plan also says that each
//! declared field is on the server.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use futures_util::stream::{StreamExt as _, iter};
use keycloak_admin::{ApiCall as _, CallReport, Keycloak};
use keycloak_config::{ConfigError, Desired, Kind, Values};
use serde_json::Value;

use crate::files::{Folder, is_invalid, name};
use crate::{CONCURRENCY, PREFIX, apply, connect, plan};

/// Runs the folders and prints a table. Returns whether all files passed.
pub async fn run(
    root: &Path,
    values: &Values,
    folders: Vec<(usize, Folder)>,
    exports: Option<PathBuf>,
) -> Result<bool, String> {
    let mut runs = Vec::new();
    for (number, (folder, files)) in folders {
        let writes = Arc::new(AtomicUsize::new(0));
        let server = Server {
            keycloak: connect(|session| session.on_call(count_writes(&writes)))?,
            writes,
            values,
            exports: exports.clone(),
        };
        runs.push(run_folder(
            server,
            root,
            folder,
            files,
            format!("{PREFIX}{number}-"),
        ));
    }
    let rows: Vec<Row> = iter(runs).buffered(CONCURRENCY).collect().await;
    Ok(print(&rows))
}

/// The server, and the number of calls to it that write.
struct Server<'v> {
    keycloak: Keycloak,
    writes: Arc<AtomicUsize>,
    /// The values of the files' variables.
    values: &'v Values,
    /// The directory for Keycloak's exports.
    exports: Option<PathBuf>,
}

impl Server<'_> {
    /// Writes Keycloak's export of a realm, under the name of the file that the realm was made of.
    async fn export(&self, realm: &str, name: &str) -> Result<(), String> {
        let Some(folder) = &self.exports else {
            return Ok(());
        };
        let export = self.keycloak.realm(realm).partial_export();
        let export = export.export_clients(true).export_groups_and_roles(true);
        let answer = export.into_request().send_json::<Value>().await;
        let export = answer.map_err(|error| error.to_string())?.into_inner();
        let file = folder.join(format!("{}.json", name.replace(['/', '.'], "-")));
        std::fs::write(&file, export.to_string())
            .map_err(|error| format!("{}: {error}", file.display()))
    }
}

fn count_writes(writes: &Arc<AtomicUsize>) -> impl Fn(&CallReport<'_>) + Send + Sync + 'static {
    let writes = Arc::clone(writes);
    move |report| {
        let operation = report.operation();
        // A partial export reads, by a POST.
        if operation.method() != "GET" && operation.id() != "partial_export_realm" {
            writes.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The result of a folder.
struct Row {
    folder: String,
    files: usize,
    failures: Vec<String>,
    requests: usize,
    seconds: f64,
}

async fn run_folder(
    server: Server<'_>,
    root: &Path,
    folder: String,
    files: Vec<PathBuf>,
    prefix: String,
) -> Row {
    let started = Instant::now();
    let mut row = Row {
        folder,
        files: files.len(),
        failures: Vec::new(),
        requests: 0,
        seconds: 0.0,
    };
    let mut realms = BTreeSet::new();
    for file in &files {
        let name = name(root, file);
        let is_invalid = is_invalid(&name);
        let result = run_file(&server, file, &name, &prefix, &mut realms).await;
        let failure = match result {
            Ok(requests) if !is_invalid => {
                row.requests += requests;
                continue;
            }
            Ok(_) => "the name says that it is invalid, and it was applied".to_owned(),
            Err(Failure::Ended(_)) if is_invalid => continue,
            Err(Failure::Ended(error)) => error.to_string(),
            Err(Failure::Check(message)) => message,
        };
        let failure = failure.replace(&*root.display().to_string(), "");
        eprintln!("{name}\n    {}", failure.replace('\n', "\n    "));
        row.failures.push(name);
    }
    for realm in realms {
        // The next run deletes a realm that is left.
        let _ = server.keycloak.realm(realm).delete().await;
    }
    row.seconds = started.elapsed().as_secs_f64();
    row
}

/// The ways in which a file can fail.
enum Failure {
    /// It was refused, or a call failed.
    Ended(ConfigError),
    /// It was applied, and the check afterwards failed.
    Check(String),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Ended(error)
    }
}

async fn run_file(
    server: &Server<'_>,
    file: &Path,
    name: &str,
    prefix: &str,
    realms: &mut BTreeSet<String>,
) -> Result<usize, Failure> {
    let mut requests = 0;
    for desired in Desired::read_realms(&[file], server.values)? {
        let realm = format!("{prefix}{}", desired.realm());
        let desired = desired.with_realm(&realm);
        if realms.insert(realm.clone()) {
            let _ = server.keycloak.realm(&realm).delete().await;
        }
        requests += apply(&server.keycloak, &desired).await?.requests;
        server.export(&realm, name).await.map_err(Failure::Check)?;
        match apply_again(server, &desired).await {
            Ok(()) => {}
            Err(Failure::Ended(error)) => {
                return Err(Failure::Check(format!("the second time: {error}")));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(requests)
}

/// Checks that a second application has nothing to do, writes nothing and causes no admin event.
async fn apply_again(server: &Server<'_>, desired: &Desired) -> Result<(), Failure> {
    let keycloak = &server.keycloak;
    let realm = keycloak.realm(desired.realm());
    let reading = |error: keycloak_admin::Error| Failure::Check(error.to_string());
    let mut settings = desired.model().iter();
    let declares_events = settings.any(|(key, object)| {
        key.kind == Kind::Realm && object.fields.contains_key("adminEventsEnabled")
    });
    if !declares_events {
        let enable = realm.modify(|realm| realm.admin_events_enabled = Some(true));
        enable.await.map_err(reading)?;
    }
    realm.admin_events().clear().await.map_err(reading)?;
    let writes = server.writes.load(Ordering::Relaxed);
    let (actual, plan) = plan(keycloak, desired).await?;
    if !plan.is_empty() {
        let actions: String = plan.actions.iter().map(ToString::to_string).collect();
        return Err(Failure::Check(format!("the second plan:\n{actions}")));
    }
    keycloak_config::apply(keycloak, &plan, desired, &actual, &|_| {}).await?;
    let writes = server.writes.load(Ordering::Relaxed) - writes;
    let events = realm.admin_events().list().await.map_err(reading)?.len();
    if (writes, events) != (0, 0) {
        let message = format!("the second application: {writes} writes, {events} admin events");
        return Err(Failure::Check(message));
    }
    Ok(())
}

/// Prints the table. Returns whether all files passed.
fn print(rows: &[Row]) -> bool {
    println!("| folder | files | passed | requests | seconds |");
    println!("|---|---|---|---|---|");
    for row in rows {
        println!(
            "| {} | {} | {} | {} | {:.1} |",
            row.folder,
            row.files,
            row.files - row.failures.len(),
            row.requests,
            row.seconds
        );
    }
    let files: usize = rows.iter().map(|row| row.files).sum();
    let failures: usize = rows.iter().map(|row| row.failures.len()).sum();
    println!("\n{} of {files} files passed", files - failures);
    failures == 0
}
