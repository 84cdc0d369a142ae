//! `cargo xtask release --dry-run`: what has to hold before the crates are published. It publishes nothing.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use codegen::names::to_review;
use codegen::sources::Specs;
use toml_edit::DocumentMut;
use workspace::{depends, manifests, output, published, root};

use crate::generate;
use crate::public_api;
use crate::semver;

/// Arguments of `release`.
#[derive(clap::Args)]
pub struct ReleaseArgs {
    /// Check everything and package the crates, without publishing them. It is required, because the command cannot publish yet.
    #[arg(long, required = true)]
    dry_run: bool,
}

/// The files of every package.
const FILES: [&str; 4] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// Runs the command on this repository.
pub fn run(_args: &ReleaseArgs) -> Result<()> {
    let manifests = manifests()?;
    let crates = published()?;
    println!("in this order: {}", crates.join(", "));

    heading("generated code and public API");
    generate::check_all()?;
    public_api::check_all()?;
    heading("versions");
    semver::check()?;

    heading("manifests and packages");
    let workspace: DocumentMut = std::fs::read_to_string(root().join("Cargo.toml"))?.parse()?;
    let mut wrong = versions(&workspace, &manifests, &crates)?;
    for name in &crates {
        wrong.extend(missing_fields(name, &manifests[name]));
        let files = packaged_files(name)?;
        let generated = files
            .iter()
            .filter(|file| file.starts_with("src/generated/"))
            .count();
        println!(
            "{name} {}: {} files, {generated} of them generated",
            version(&workspace, &manifests[name]),
            files.len()
        );
        wrong.extend(missing_files(name, &files)?);
    }
    wrong.extend(unread_names()?);
    wrong.extend(changelog(&std::fs::read_to_string(
        root().join("CHANGELOG.md"),
    )?));
    if !wrong.is_empty() {
        bail!("not ready:\n  {}", wrong.join("\n  "));
    }

    heading("each crate from its package alone");
    let mut cargo = workspace::cargo();
    // Cargo refuses files that are not committed, because they would be published unseen.
    cargo.arg("package").current_dir(root());
    for name in &crates {
        cargo.args(["--package", name]);
    }
    if !cargo.status().context("cannot start cargo")?.success() {
        bail!("a crate does not build from its package alone");
    }
    println!(
        "\nready: {} crates can be published, in the order above",
        crates.len()
    );
    Ok(())
}

fn heading(what: &str) {
    println!("\n== {what}");
}

/// The version of a crate, its own or the workspace's.
fn version(workspace: &DocumentMut, manifest: &DocumentMut) -> String {
    let own = manifest["package"]["version"].as_str();
    let shared = workspace["workspace"]["package"]["version"].as_str();
    own.or(shared).unwrap_or_default().to_owned()
}

/// All crates have one version, dependencies between them ask for it, and a generated crate says which version of its API it is made of.
fn versions(
    workspace: &DocumentMut,
    manifests: &BTreeMap<String, DocumentMut>,
    crates: &[String],
) -> Result<Vec<String>> {
    let shared = workspace["workspace"]["package"]["version"].as_str();
    let shared = shared.context("the workspace has no version")?;
    let mut wrong = Vec::new();
    for name in crates {
        let version = version(workspace, &manifests[name]);
        if version.split('+').next() != Some(shared) {
            wrong.push(format!(
                "{name} has version {version}; the workspace has {shared}"
            ));
        }
        let is_needed = crates.iter().any(|other| depends(&manifests[other], name));
        let asked = workspace["workspace"]["dependencies"]
            .get(name)
            .and_then(|asked| asked.get("version")?.as_str());
        if is_needed && asked != Some(shared) {
            wrong.push(format!(
                "others ask for {name} {}; it is {shared}",
                asked.unwrap_or("without a version")
            ));
        }
    }
    for api in Specs::read(&root().join("specs"))?.all() {
        let expected = format!("{shared}+{}.{}", api.name, api.source.version);
        for name in api.source.crates() {
            let Some(manifest) = manifests.get(name) else {
                continue;
            };
            let version = version(workspace, manifest);
            if version != expected {
                wrong.push(format!(
                    "{name} has version {version}; its document says {expected}"
                ));
            }
        }
    }
    Ok(wrong)
}

fn missing_fields(name: &str, manifest: &DocumentMut) -> Vec<String> {
    const FIELDS: [&str; 6] = [
        "description",
        "license",
        "readme",
        "keywords",
        "categories",
        "rust-version",
    ];
    let package = &manifest["package"];
    let missing = FIELDS.iter().filter(|field| package.get(field).is_none());
    missing
        .map(|field| format!("{name}: its manifest has no `{field}`"))
        .collect()
}

fn packaged_files(name: &str) -> Result<Vec<String>> {
    let list = ["package", "--list", "--quiet", "--allow-dirty"];
    let mut command = workspace::cargo();
    command.args(list).args(["--package", name]);
    let files = output(command.current_dir(root()))?;
    Ok(String::from_utf8(files)?
        .lines()
        .map(str::to_owned)
        .collect())
}

fn missing_files(name: &str, files: &[String]) -> Result<Vec<String>> {
    let mut expected: Vec<String> = FILES.iter().map(|&file| file.to_owned()).collect();
    let generated = root().join("crates").join(name).join("src/generated");
    if generated.is_dir() {
        for entry in std::fs::read_dir(generated)? {
            let file = entry?.file_name();
            expected.push(format!("src/generated/{}", file.to_string_lossy()));
        }
    }
    let missing = expected.iter().filter(|file| !files.contains(file));
    Ok(missing
        .map(|file| format!("{name}: {file} is not in its package"))
        .collect())
}

fn unread_names() -> Result<Vec<String>> {
    let mut unread = Vec::new();
    for api in Specs::read(&root().join("specs"))?.all() {
        unread.extend(unread_in(&api.name, &api.operations_text()?));
    }
    Ok(unread)
}

/// A person reviews each name that an upgrade made up before a release, because a released name stays.
fn unread_in(api: &str, names: &str) -> Vec<String> {
    let unread = to_review(names).map(|key| {
        format!(
            "specs/{api}/operations.toml: the name of {key} is to be reviewed; make it read well, then delete the mark"
        )
    });
    unread.collect()
}

/// Returns a complaint if the changelog has no entry for the release.
fn changelog(text: &str) -> Option<String> {
    let unreleased = text.split("## Unreleased").nth(1)?;
    let entries = unreleased.split("\n## ").next().unwrap_or_default();
    let is_empty = !entries.lines().any(|line| line.starts_with("- "));
    is_empty.then(|| "CHANGELOG.md: nothing stands under `Unreleased`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> DocumentMut {
        text.parse().unwrap()
    }

    #[test]
    fn versions_agree_or_are_named() {
        let workspace = manifest(
            "[workspace.package]\nversion = \"0.2.0\"\n[workspace.dependencies]\nkeycloak-api = { path = \"x\", version = \"0.1.0\" }\nphasetwo-api = { version = \"0.2.0\" }\n",
        );
        let api = |version: &str| manifest(&format!("[package]\nversion = \"{version}\"\n"));
        let admin =
            "[package]\nversion.workspace = true\n[dependencies]\nkeycloak-api.workspace = true\n";
        let manifests = BTreeMap::from([
            ("keycloak-api".to_owned(), api("0.1.0+keycloak.1")),
            ("phasetwo-api".to_owned(), api("0.2.0+phasetwo.v1")),
            ("keycloak-admin".to_owned(), manifest(admin)),
        ]);
        let names: Vec<String> = manifests.keys().cloned().collect();
        let wrong = versions(&workspace, &manifests, &names).unwrap();
        assert!(
            wrong.contains(
                &"keycloak-api has version 0.1.0+keycloak.1; the workspace has 0.2.0".to_owned()
            ),
            "{wrong:?}"
        );
        assert!(
            wrong.contains(&"others ask for keycloak-api 0.1.0; it is 0.2.0".to_owned()),
            "{wrong:?}"
        );
        assert!(
            wrong
                .iter()
                .any(|line| line.contains("its document says 0.2.0+keycloak.")),
            "{wrong:?}"
        );
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }

    #[test]
    fn what_a_manifest_lacks_is_named() {
        let lacking = missing_fields(
            "x",
            &manifest("[package]\ndescription = \"d\"\nreadme = \"r\"\n"),
        );
        assert_eq!(lacking.len(), 4);
        assert_eq!(lacking[0], "x: its manifest has no `license`");
    }

    #[test]
    fn a_name_that_nobody_has_read_is_named() {
        let names = "\"GET /a\" = \"list_a\"\n\"GET /b\" = \"list_b\" # to review\n";
        let unread = unread_in("x", names);
        assert_eq!(unread.len(), 1, "{unread:?}");
        assert!(
            unread[0].starts_with("specs/x/operations.toml: the name of GET /b is"),
            "{unread:?}"
        );
    }

    #[test]
    fn an_empty_changelog_is_named() {
        assert!(changelog("# C\n\n## Unreleased\n\n## 0.1.0\n\n- a\n").is_some());
        assert!(changelog("# C\n\n## Unreleased\n\n- a\n\n## 0.1.0\n").is_none());
    }
}
