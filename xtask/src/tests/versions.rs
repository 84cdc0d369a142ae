//! The pipeline takes other releases of Keycloak without a change in code.

use std::path::{Path, PathBuf};

use codegen::names::DOCUMENT;
use codegen::output::write;
use codegen::pipeline::Input;
use codegen::sources::Specs;
use codegen::{Files, document};
use workspace::root;

use crate::fetch::keycloak_document;

/// The releases that are supported, from the oldest on, and the number of operations that their documents have.
pub const RELEASES: [(&str, usize); 4] = [
    ("26.4.7", 374),
    ("26.5.7", 387),
    ("26.6.4", 401),
    ("26.7.5", 413),
];

fn generate(version: &str) -> (Files, usize) {
    let api = Specs::read(&root().join("specs"))
        .unwrap()
        .api("keycloak")
        .unwrap();
    let input = Input {
        api: api.name.clone(),
        title: api.source.title.clone(),
        version: version.to_owned(),
        versions: Vec::new(),
        document: keycloak_document(version).unwrap(),
        overlay: api.overlay_text().unwrap(),
        operations: api.operations_text().unwrap(),
        descriptions: String::new(),
    };
    let (files, normalised) = input
        .generate()
        .unwrap_or_else(|error| panic!("Keycloak {version}: {error:#}"));
    let from_document = document::operations(&normalised.document)
        .filter(|operation| operation.value["x-source"] == DOCUMENT)
        .count();
    (files, from_document)
}

/// A crate of its own around generated files, with the dependencies and the profile of the committed one. So cargo finds the dependencies
/// built.
fn scratch_crate(folder: &Path, files: &Files) {
    let root = root();
    let committed = root.join("crates/keycloak-api");
    write(&folder.join("src/generated"), files).unwrap();
    for entry in std::fs::read_dir(committed.join("src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap();
            std::fs::copy(&path, folder.join("src").join(name)).unwrap();
        }
    }
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let manifest = format!(
        "[package]\nname = \"keycloak-api-scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nkeycloak-session = {{ path = {:?} }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\n\n[workspace]\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n\n[profile.dev.package.\"*\"]\ndebug = false\n",
        root.join("crates/keycloak-session")
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
}

fn compile(folder: &Path) {
    let target: PathBuf = root().join("target");
    let output = workspace::cargo()
        .args(["check", "--quiet", "--offline", "--lib", "--target-dir"])
        .arg(target)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[ignore = "needs Maven to derive the document; run cargo xtask test"]
fn the_committed_document_is_what_keycloaks_jars_give() {
    let api = Specs::read(&root().join("specs"))
        .unwrap()
        .api("keycloak")
        .unwrap();
    assert!(
        keycloak_document(&api.source.version).unwrap() == api.document_bytes().unwrap(),
        "specs/keycloak/openapi.json differs from what the jars of {} give",
        api.source.version
    );
}

/// Tests that take minutes.
mod nightly {
    use super::*;

    #[test]
    #[ignore = "needs Maven to derive the documents; run cargo xtask test --all"]
    fn four_releases_generate_and_the_oldest_compiles() {
        for (version, count) in RELEASES {
            let (files, operations) = generate(version);
            assert_eq!(operations, count, "Keycloak {version}");
            // The newest is the committed code.
            if version == RELEASES[0].0 {
                let folder = tempfile::tempdir().unwrap();
                scratch_crate(folder.path(), &files);
                compile(folder.path());
            }
        }
    }
}
