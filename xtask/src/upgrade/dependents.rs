//! Hand-written code on top of a generated crate: facades, mocks, the conformance suite, tests. Cargo compiles it, and code that no longer
//! compiles is broken by the upgrade.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use workspace::output;

/// Returns an entry for each error of the crates that stand on one of these, with its place in the workspace below `root`.
pub fn errors(root: &Path, crates: &[&str]) -> Result<Vec<String>> {
    let metadata = ["metadata", "--format-version", "1", "--no-deps"];
    let metadata = output(workspace::cargo().args(metadata).current_dir(root))?;
    let metadata: Value = serde_json::from_slice(&metadata)?;
    let packages = with_dependents(&metadata, crates);
    let mut check = workspace::cargo();
    check
        .args([
            "check",
            "--keep-going",
            "--all-targets",
            "--message-format=json",
        ])
        .current_dir(root);
    for package in &packages {
        check.args(["--package", package]);
    }
    let checked = check.output().context("cannot start cargo")?;
    let errors = parse(&String::from_utf8_lossy(&checked.stdout));
    ensure!(
        checked.status.success() || !errors.is_empty(),
        "cargo check failed: {}",
        String::from_utf8_lossy(&checked.stderr).trim()
    );
    Ok(errors.into_iter().collect())
}

/// Returns these packages and all that depend on them, directly or not.
fn with_dependents<'a>(metadata: &'a Value, crates: &[&'a str]) -> BTreeSet<&'a str> {
    let mut found: BTreeSet<&str> = crates.iter().copied().collect();
    loop {
        let known = found.len();
        for package in metadata["packages"].as_array().into_iter().flatten() {
            let dependencies = package["dependencies"].as_array().into_iter().flatten();
            let mut names = dependencies.filter_map(|dependency| dependency["name"].as_str());
            if names.any(|name| found.contains(name)) {
                found.extend(package["name"].as_str());
            }
        }
        if found.len() == known {
            return found;
        }
    }
}

/// Returns the errors among cargo's messages, each once: a file may be compiled several times.
fn parse(messages: &str) -> BTreeSet<String> {
    let messages = messages.lines().map(serde_json::from_str::<Value>);
    messages
        .filter_map(|message| error(&message.ok()?))
        .collect()
}

fn error(message: &Value) -> Option<String> {
    let message = message.get("message")?;
    // The last error of a crate counts the others, and has no place.
    let spans = message["spans"].as_array()?;
    let place = spans.iter().find(|span| span["is_primary"] == true)?;
    let text = message["message"].as_str()?;
    (message["level"] == "error").then(|| {
        let file = place["file_name"].as_str().unwrap_or_default();
        format!("`{file}:{}`: {text}", place["line_start"])
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A workspace of a generated crate, a facade, a user of the facade, and a crate beside them.
    fn workspace(facade: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let crates = [
            ("api", "", "pub fn new_name() {}"),
            ("facade", "api", facade),
            ("user", "facade", "pub fn run() { facade::run(); }"),
            ("beside", "", "this is no Rust"),
        ];
        let members = crates.map(|(name, ..)| format!("\"{name}\"")).join(", ");
        let root = format!("[workspace]\nmembers = [{members}]\nresolver = \"3\"\n");
        fs::write(folder.path().join("Cargo.toml"), root).unwrap();
        for (name, dependency, code) in crates {
            let home = folder.path().join(name);
            fs::create_dir_all(home.join("src")).unwrap();
            let dependency = if dependency.is_empty() {
                String::new()
            } else {
                format!("{dependency} = {{ path = \"../{dependency}\" }}")
            };
            let manifest = format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n{dependency}\n"
            );
            fs::write(home.join("Cargo.toml"), manifest).unwrap();
            fs::write(home.join("src/lib.rs"), code).unwrap();
        }
        folder
    }

    #[test]
    fn what_no_longer_compiles_is_named_once_with_its_place() {
        let folder =
            workspace("\npub fn run() { api::old_name(); }\n#[test]\nfn test() { api::gone(); }");
        let errors = errors(folder.path(), &["api"]).unwrap();
        assert_eq!(
            errors,
            [
                "`facade/src/lib.rs:2`: cannot find function `old_name` in crate `api`",
                "`facade/src/lib.rs:4`: cannot find function `gone` in crate `api`",
            ]
        );
    }

    #[test]
    fn what_compiles_has_no_errors_and_crates_beside_it_are_not_compiled() {
        let folder = workspace("pub fn run() { api::new_name(); }");
        assert!(errors(folder.path(), &["api"]).unwrap().is_empty());
        let beside = errors(folder.path(), &["beside"]).unwrap();
        assert!(beside[0].starts_with("`beside/src/lib.rs:1`"), "{beside:?}");
        assert!(errors(folder.path(), &["nothing"]).is_err());
    }
}
