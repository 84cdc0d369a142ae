//! Comparing the application of a file with Keycloak's own import of it.
//!
//! Each file makes two realms: Keycloak imports it whole into one, and the application of the file makes the other. Then both have to be the same,
//! apart from ids, times and generated keys. A difference with a known reason is counted by this reason.
//!
//! Keycloak changes the realm of an older release as an upgrade would do. An application does not, so the import is told that the file is of the
//! server's release.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use futures_util::stream::{StreamExt as _, iter};
use keycloak_admin::Keycloak;
use keycloak_admin::types::RealmRepresentation;
use keycloak_config::{Desired, Edit, Key, Values};
use serde_json::{Map, Value};

use crate::files::{Folder, name};
use crate::reasons::{Difference, File};
use crate::{CONCURRENCY, PREFIX, connect, plan};

/// The ways in which a comparison can end.
enum Outcome {
    /// Both realms are the same, but for the differences with these reasons.
    Same(Vec<&'static str>),
    /// The differences without a reason.
    Different(Vec<String>),
    /// The file is refused before anything is written, or Keycloak refuses it.
    Refused(&'static str, String),
}

/// The numbers of a folder.
#[derive(Default)]
struct Row {
    folder: String,
    same: usize,
    different: usize,
    /// By the program that refused the file.
    refused: BTreeMap<&'static str, usize>,
    reasons: BTreeMap<&'static str, usize>,
}

const IMPORTER: &str = "the importer";
const PLAN: &str = "the plan";
const BOTH: &str = "both";
const NOT_COMPARED: &str = "not compared";

/// Compares the files of the folders and prints a table. Returns whether no difference is without a reason.
pub async fn run(root: &Path, folders: Vec<(usize, Folder)>) -> Result<bool, String> {
    let server = Server::look_at(connect(|session| session)?).await?;
    let runs = folders
        .into_iter()
        .map(|(number, folder)| run_folder(&server, root, folder, number));
    let rows: Vec<Row> = iter(runs).buffered(CONCURRENCY).collect().await;
    print(&rows);
    Ok(rows.iter().all(|row| row.different == 0))
}

/// The server, and the facts about it that all comparisons need.
struct Server {
    keycloak: Keycloak,
    version: String,
    /// An empty realm.
    empty: Side,
}

impl Server {
    async fn look_at(keycloak: Keycloak) -> Result<Self, String> {
        let text = |error: keycloak_admin::Error| error.to_string();
        let info = keycloak.get_server_info().await.map_err(text)?;
        let version = info.system_info.and_then(|info| info.version);
        let name = format!("{PREFIX}empty");
        keycloak
            .realm(&name)
            .delete_if_exists()
            .await
            .map_err(text)?;
        let file = format!("realm: {name}");
        let desired = Desired::parse([("empty.yaml", file.as_str())], &Values::default());
        let desired = desired.map_err(|error| error.to_string())?;
        let empty = RealmRepresentation::new().with_realm(&name);
        keycloak.realms().create(&empty).await.map_err(text)?;
        let empty = read(&keycloak, desired).await;
        keycloak.realm(&name).delete().await.map_err(text)?;
        Ok(Self {
            keycloak,
            version: version.unwrap_or_default(),
            empty: empty?,
        })
    }
}

async fn run_folder(
    server: &Server,
    root: &Path,
    (folder, files): (String, Vec<PathBuf>),
    number: usize,
) -> Row {
    let mut row = Row {
        folder,
        ..Row::default()
    };
    // One file after the other, because files of a folder may have the same ids.
    for file in files {
        let name = name(root, &file);
        match compare(server, &file, number).await {
            Outcome::Same(reasons) => {
                row.same += 1;
                for reason in reasons {
                    *row.reasons.entry(reason).or_default() += 1;
                }
            }
            Outcome::Different(differences) => {
                row.different += 1;
                eprintln!("{name}\n    {}", differences.join("\n    "));
            }
            Outcome::Refused(by, message) => {
                *row.refused.entry(by).or_default() += 1;
                eprintln!("{name}: refused by {by}: {message}");
            }
        }
    }
    row
}

/// Makes both realms of a file, compares them and deletes them.
async fn compare(server: &Server, file: &Path, number: usize) -> Outcome {
    let (imported, applied) = (
        format!("{PREFIX}{number}-imported"),
        format!("{PREFIX}{number}-applied"),
    );
    delete(&server.keycloak, [&imported, &applied]).await;
    let outcome = compare_in(server, file, [&imported, &applied]).await;
    delete(&server.keycloak, [&imported, &applied]).await;
    outcome
}

async fn delete(keycloak: &Keycloak, realms: [&String; 2]) {
    for realm in realms {
        // The next run deletes a realm that is left.
        let _ = keycloak.realm(realm).delete_if_exists().await;
    }
}

async fn compare_in(server: &Server, file: &Path, realms: [&String; 2]) -> Outcome {
    let Some(mut realm) = plain_text(file) else {
        let message = "it has values to expand, or cannot be parsed".to_owned();
        return Outcome::Refused(NOT_COMPARED, message);
    };
    let [imported, applied] = realms;
    let keycloak = &server.keycloak;
    let has_scopes = realm.contains_key("clientScopes");
    realm.insert("keycloakVersion".to_owned(), server.version.as_str().into());
    let import = import(keycloak, realm, imported).await;
    let desired = match apply(keycloak, file, applied).await {
        Err(message) if import.is_err() => return Outcome::Refused(BOTH, message),
        Err(message) => return Outcome::Refused(PLAN, message),
        Ok(desired) => desired,
    };
    if let Err(error) = import {
        return Outcome::Refused(IMPORTER, error.to_string());
    }
    let imported = match read(keycloak, desired.clone().with_realm(imported)).await {
        Ok(imported) => imported,
        // The import leaves out Keycloak's own objects of each list that is declared.
        Err(message) => {
            let message = format!("the import lacks objects that the file names: {message}");
            return Outcome::Refused(NOT_COMPARED, message);
        }
    };
    match read(keycloak, desired.clone().with_realm(applied)).await {
        Ok(applied) => {
            let sides = [&imported, &applied, &server.empty];
            differences(sides, &declared(desired), has_scopes)
        }
        Err(message) => Outcome::Different(vec![message]),
    }
}

/// Returns the declared objects, each with the names of its declared fields. The keys are as [`read`] writes them.
fn declared(desired: Desired) -> BTreeMap<Key, BTreeSet<String>> {
    let desired = desired.with_realm("REALM");
    let objects = desired.model().iter();
    objects
        .map(|(key, object)| (key.clone(), object.fields.keys().cloned().collect()))
        .collect()
}

/// Reads a file as JSON, with the values of the environment. Other values are not expanded.
fn plain_text(file: &Path) -> Option<Map<String, Value>> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut parts = text.trim_start_matches('\u{feff}').split("$(env:");
    let mut expanded = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = part.split_once(')')?;
        expanded.push_str(&std::env::var(name).ok()?);
        expanded.push_str(rest);
    }
    if expanded.contains("$(") {
        return None;
    }
    serde_json::from_str(&expanded)
        .ok()
        .or_else(|| serde_saphyr::from_str(&expanded).ok())
}

/// Lets Keycloak import a realm under another name.
async fn import(
    keycloak: &Keycloak,
    mut realm: Map<String, Value>,
    name: &str,
) -> Result<(), keycloak_admin::Error> {
    let old = realm.insert("realm".to_owned(), name.into());
    realm.remove("id");
    let old = old.as_ref().and_then(Value::as_str).unwrap_or_default();
    let default_role = |realm: &str| format!("\"default-roles-{}\"", realm.to_lowercase());
    let text = Value::from(realm).to_string();
    let text = text.replace(&default_role(old), &default_role(name));
    let typed = RealmRepresentation::new().with_realm(name);
    let create = keycloak.realms().create(&typed).json_text(text);
    create.await.map(drop)
}

/// Makes a realm by the application of a file, and returns the declaration.
async fn apply(keycloak: &Keycloak, file: &Path, name: &str) -> Result<Desired, String> {
    let desired = Desired::read(&[file], &Values::environment());
    let desired = desired.map_err(|error| error.to_string())?.with_realm(name);
    let applied = crate::apply(keycloak, &desired).await;
    applied.map(|_| desired).map_err(|error| error.to_string())
}

/// A realm on the server.
struct Side {
    /// The fields of the objects, and the keys of their maps. The name of the realm stands as `REALM`, and lists are sorted.
    fields: BTreeMap<Key, BTreeMap<String, Value>>,
    /// The objects and fields that a plan would change, because they are not as declared.
    planned: Vec<(Key, Option<String>)>,
}

async fn read(keycloak: &Keycloak, desired: Desired) -> Result<Side, String> {
    let planned = plan(keycloak, &desired).await;
    let (actual, plan) = planned.map_err(|error| error.to_string())?;
    let named = |text: &str| text.replace(desired.realm(), "REALM");
    let key_of = |key: &Key| {
        let mut key = key.clone();
        for name in &mut key.path {
            *name = named(name);
        }
        key
    };
    let objects = actual.model().iter().map(|(key, object)| {
        let text = named(&Value::from(object.fields.clone()).to_string());
        let mut fields = BTreeMap::new();
        flatten(
            serde_json::from_str(&text).unwrap_or_default(),
            "",
            &mut fields,
        );
        (key_of(key), fields)
    });
    let fields = objects.collect();
    let mut planned = Vec::new();
    for action in &plan.actions {
        let key = key_of(&action.key);
        match &action.edit {
            Edit::Change { changes } => {
                let fields = changes.iter().map(|change| Some(change.path.join(".")));
                planned.extend(fields.map(|field| (key.clone(), field)));
            }
            _ => planned.push((key, None)),
        }
    }
    Ok(Side { fields, planned })
}

/// Writes the values of maps under the names that lead to them.
fn flatten(value: Value, path: &str, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let dot = if path.is_empty() { "" } else { "." };
                flatten(value, &format!("{path}{dot}{name}"), fields);
            }
        }
        mut value => {
            sort(&mut value, path);
            fields.insert(path.to_owned(), value);
        }
    }
}

/// Sorts the lists in a value, but for the executions of flows, whose order counts.
fn sort(value: &mut Value, name: &str) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(name, value)| sort(value, name)),
        Value::Array(items) => {
            for item in items.iter_mut() {
                sort(item, name);
            }
            if name != "executions" {
                items.sort_by_key(ToString::to_string);
            }
        }
        // The lists in the configuration of a policy are texts.
        Value::String(text) if text.starts_with('[') => {
            if let Ok(mut list) = serde_json::from_str(text) {
                sort(&mut list, name);
                *value = list;
            }
        }
        _ => {}
    }
}

fn differences(
    [imported, applied, empty]: [&Side; 3],
    declared: &BTreeMap<Key, BTreeSet<String>>,
    has_scopes: bool,
) -> Outcome {
    let mut reasons = Vec::new();
    let mut unexplained = Vec::new();
    for (key, field) in &applied.planned {
        unexplained.push(format!("the second plan has the {key}: {field:?}"));
    }
    let none = BTreeMap::new();
    let keys: BTreeSet<&Key> = imported
        .fields
        .keys()
        .chain(applied.fields.keys())
        .collect();
    for key in keys {
        let sides = [imported, applied].map(|side| side.fields.get(key).unwrap_or(&none));
        let fields: BTreeSet<&String> = sides.iter().flat_map(|side| side.keys()).collect();
        for field in fields {
            let [import, apply] = sides.map(|side| side.get(field));
            if import == apply || [import, apply].into_iter().all(is_empty_text) {
                continue;
            }
            let declared_fields = declared.get(key);
            let difference = Difference {
                key,
                field,
                imported: import,
                applied: apply,
                file: File {
                    fields: declared_fields,
                    has_scopes,
                },
                is_left_out: declared_fields.is_none() && !imported.fields.contains_key(key),
                is_default: apply.is_some()
                    && empty.fields.get(key).and_then(|fields| fields.get(field)) == apply,
                is_import_unlike: imported.planned.iter().any(|(other, path)| {
                    let path = path.as_deref().unwrap_or_default();
                    other == key && (path.is_empty() || field.starts_with(path))
                }),
            };
            match difference.reason() {
                Some(reason) => reasons.push(reason),
                None => unexplained.push(difference.to_string()),
            }
        }
    }
    reasons.sort_unstable();
    reasons.dedup();
    if unexplained.is_empty() {
        Outcome::Same(reasons)
    } else {
        Outcome::Different(unexplained)
    }
}

/// Returns whether a value is no text, or the empty one.
fn is_empty_text(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value == "")
}

fn print(rows: &[Row]) {
    println!(
        "| folder | same | different | refused by both | by the importer | by the plan | not compared |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut all: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let refused = |by| row.refused.get(by).copied().unwrap_or_default();
        println!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            row.folder,
            row.same,
            row.different,
            refused(BOTH),
            refused(IMPORTER),
            refused(PLAN),
            refused(NOT_COMPARED)
        );
        for (reason, count) in &row.reasons {
            *all.entry(reason).or_default() += count;
        }
    }
    let same: usize = rows.iter().map(|row| row.same).sum();
    let different: usize = rows.iter().map(|row| row.different).sum();
    println!(
        "\n{same} files make the same realm, and {different} another one. Differences with a reason:\n"
    );
    for (reason, count) in all {
        println!("- {reason}: {count} files");
    }
}
