//! The versions of Keycloak and of Rust that are supported are the same everywhere: in the documents, the servers, the manifests, the tests and
//! the prose.

use std::fs;

use codegen::sources::Specs;
use keycloak_server::ServerSpec;
use serde_json::Value;
use workspace::{output, published, root};

use super::versions::RELEASES;

/// The oldest Rust that builds the published crates. It rises only in a minor release.
const MINIMUM_RUST: &str = "1.89";

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// The part of a text below a heading.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let rest = text
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("there is no `{heading}`"))
        .1;
    rest.split("\n## ").next().unwrap()
}

fn minor(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[test]
fn the_newest_server_is_the_one_that_the_pinned_document_describes() {
    let specs = Specs::read(&root().join("specs")).unwrap();
    let pinned = specs.api("keycloak").unwrap().source.version;
    assert_eq!(ServerSpec::newest().version(), pinned);
}

#[test]
fn the_releases_are_the_newest_minor_and_the_three_before_it() {
    let versions: Vec<&str> = RELEASES.iter().map(|(version, _)| *version).collect();
    let mut supported = ServerSpec::supported();
    supported.reverse();
    assert_eq!(versions, supported.each_ref().map(ServerSpec::version));
    for pair in versions.windows(2) {
        let ((major, older), (newer_major, newer)) = (minor(pair[0]), minor(pair[1]));
        // After a new major number the first minor is 0.
        let follows =
            (newer_major, newer) == (major, older + 1) || (newer_major, newer) == (major + 1, 0);
        assert!(follows, "{pair:?} have a minor between them");
    }
}

#[test]
fn the_prose_names_the_same_versions() {
    let [newest, oldest, phasetwo] = [
        ServerSpec::newest(),
        ServerSpec::oldest(),
        ServerSpec::phasetwo(),
    ];
    let [newest, oldest, phasetwo] = [newest.version(), oldest.version(), phasetwo.version()];
    let readme = text("README.md");
    let servers = section(&readme, "## Versions");
    assert!(
        servers.contains(&format!("**Keycloak** {oldest} to {newest}")),
        "{servers}"
    );
    assert!(
        servers.contains(&format!("{phasetwo} with Phase Two")),
        "{servers}"
    );
    assert!(readme.contains(&format!("operations of Keycloak {newest},")));

    let upgrading = text("docs/upgrading.md");
    let policy = section(&upgrading, "## Which versions of Keycloak");
    for (version, _) in RELEASES {
        assert!(policy.contains(version), "{version} is not in {policy}");
    }
    let results = text("docs/conformance.md");
    for (version, _) in RELEASES {
        assert!(servers.contains(version), "{version} is not in {servers}");
        assert!(results.contains(version), "{version} was not called");
    }
}

#[test]
fn the_readme_links_how_to_report_a_vulnerability() {
    assert!(text("README.md").contains("](SECURITY.md)"));
    let security = text("SECURITY.md");
    for heading in [
        "## Report a vulnerability",
        "## Supported versions",
        "## What is in scope",
        "## What you have to do",
    ] {
        assert!(!section(&security, heading).trim().is_empty(), "{heading}");
    }
}

#[test]
fn every_published_crate_declares_the_minimum_rust() {
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--locked"];
    let json = output(workspace::cargo().args(arguments).current_dir(root()));
    let metadata: Value = serde_json::from_slice(&json.unwrap()).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    for name in published().unwrap() {
        let package = packages.iter().find(|package| package["name"] == *name);
        let package = package.unwrap_or_else(|| panic!("cargo does not know {name}"));
        assert_eq!(package["rust_version"], MINIMUM_RUST, "{name}");
    }
    let readme = text("README.md");
    let rust = section(&readme, "## Versions");
    assert!(
        rust.contains(&format!("Rust {MINIMUM_RUST} or newer")),
        "{rust}"
    );
}
