//! Applies the realm files of a folder to a real server: `cargo xtask corpus DIR`.
//!
//! The files of each folder are applied in the order of their names. The first file of a realm makes the realm, and it is deleted when the folder is
//! done. After each file the program checks that the application ended as the file's name lets expect, and that a new plan is empty. An empty plan
//! also says that each declared field is on the server.
//!
//! `KEYCLOAK_URL`, `KEYCLOAK_ADMIN_USERNAME` and `KEYCLOAK_ADMIN_PASSWORD` name the server and its account. A second argument selects folders by
//! a part of their names. Arguments such as `NAME=VALUE` are the properties of the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use futures_util::stream::{StreamExt as _, iter};
use keycloak_admin::{Credentials, Keycloak};
use keycloak_config::{ConfigError, Desired, PlanOptions, Values};

/// Parts of the names of files that are invalid on purpose.
const INVALID: [&str; 13] = [
    "bad_id",
    "non_exists",
    "cannot",
    "defective",
    "error",
    "invalid",
    "not-existing",
    "raise_error",
    "syntax-error",
    "throw-",
    "try-to",
    "try_to",
    "try_delete",
];

/// The prefix of the realms on the server, so that no other realm is touched.
const PREFIX: &str = "cfg-corpus-";

/// The number of folders that run at the same time.
const CONCURRENCY: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let (properties, arguments): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.contains('='));
    let mut arguments = arguments.into_iter();
    let Some(directory) = arguments.next() else {
        eprintln!("usage: corpus DIRECTORY [PART OF A FOLDER'S NAME] [NAME=VALUE ...]");
        return ExitCode::FAILURE;
    };
    let properties = properties.iter().filter_map(|pair| pair.split_once('='));
    let values = Values::environment().with_properties(properties);
    let filter = arguments.next().unwrap_or_default();
    let keycloak = match connect() {
        Ok(keycloak) => keycloak,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let root = PathBuf::from(directory);
    let folders = folders(&root).into_iter().enumerate();
    let folders = folders.filter(|(_, (folder, _))| folder.contains(&filter));
    let runs = folders.map(|(number, (folder, files))| {
        let prefix = format!("{PREFIX}{number}-");
        run_folder(&keycloak, &values, &root, folder, files, prefix)
    });
    let rows: Vec<Row> = iter(runs).buffered(CONCURRENCY).collect().await;
    let is_passed = print(&rows);
    if is_passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn connect() -> Result<Keycloak, String> {
    let variable =
        |name: &str| std::env::var(name).map_err(|_| format!("the variable {name} is not set"));
    let username = variable("KEYCLOAK_ADMIN_USERNAME").unwrap_or_else(|_| "admin".to_owned());
    let password = variable("KEYCLOAK_ADMIN_PASSWORD")?;
    Keycloak::builder(&variable("KEYCLOAK_URL")?)
        .credentials(Credentials::password(username, password))
        .build()
        .map_err(|error| error.to_string())
}

/// Finds the files, by folder.
fn folders(root: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut folders: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        let entries = std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten();
        for path in entries.map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let end = path.extension().unwrap_or_default().to_string_lossy();
            if path.is_dir() && !name.starts_with('.') {
                waiting.push(path);
            } else if matches!(&*end, "json" | "yaml" | "yml") {
                let folder = directory.strip_prefix(root).unwrap_or(&directory);
                let folder = folder.display().to_string();
                folders.entry(folder).or_default().push(path);
            }
        }
    }
    for files in folders.values_mut() {
        files.sort();
    }
    folders
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
    keycloak: &Keycloak,
    values: &Values,
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
        let name = file
            .strip_prefix(root)
            .unwrap_or(file)
            .display()
            .to_string();
        let is_invalid = !name.contains("error_handling")
            && INVALID
                .iter()
                .any(|part| name.to_lowercase().contains(part));
        let result = run_file(keycloak, values, file, &prefix, &mut realms).await;
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
        let _ = keycloak.realm(realm).delete().await;
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
    keycloak: &Keycloak,
    values: &Values,
    file: &Path,
    prefix: &str,
    realms: &mut BTreeSet<String>,
) -> Result<usize, Failure> {
    let mut requests = 0;
    for desired in Desired::read_realms(&[file], values)? {
        let realm = format!("{prefix}{}", desired.realm());
        let desired = desired.with_realm(&realm);
        if realms.insert(realm.clone()) {
            let _ = keycloak.realm(&realm).delete().await;
        }
        requests += run_realm(keycloak, &desired).await?;
    }
    Ok(requests)
}

async fn run_realm(keycloak: &Keycloak, desired: &Desired) -> Result<usize, Failure> {
    let options = PlanOptions::default();
    let actual = keycloak_config::read_actual(keycloak, desired).await?;
    let plan = keycloak_config::plan(desired, &actual, &options)?;
    let report = keycloak_config::apply(keycloak, &plan, desired, &actual, &|_| {}).await?;
    let check = async {
        let actual = keycloak_config::read_actual(keycloak, desired).await?;
        keycloak_config::plan(desired, &actual, &options)
    };
    match check.await {
        Ok(plan) if plan.is_empty() => Ok(report.requests),
        Ok(plan) => {
            let actions: String = plan.actions.iter().map(ToString::to_string).collect();
            Err(Failure::Check(format!("the second plan:\n{actions}")))
        }
        Err(error) => Err(Failure::Check(format!("the second plan: {error}"))),
    }
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
