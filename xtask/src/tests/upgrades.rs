//! An upgrade on a copy of the workspace: it happens whole or not at all, it changes nothing the second time, it can be taken back, and a
//! newer document asks for data and never for code.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use codegen::document::parse_yaml;
use codegen::names::to_review;
use codegen::sources::sha256;
use serde_json::{Value, json};
use workspace::root;

use super::commit_all;
use super::versions::RELEASES;
use crate::fetch::{FetchArgs, keycloak_document};
use crate::upgrade::{Step, Tools, upgrade};

/// What an upgrade reads and writes, in a folder of its own.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        let copied = ["specs", "docs/api", "crates/codegen/src/tests/snapshots"];
        for folder in copied {
            copy(&root().join(folder), &tree.path(folder));
        }
        for entry in fs::read_dir(root().join("crates")).unwrap() {
            let path = entry.unwrap().path();
            let to = tree
                .path("crates")
                .join(path.file_name().unwrap_or_default());
            fs::create_dir_all(to.join("src")).unwrap();
            fs::copy(path.join("Cargo.toml"), to.join("Cargo.toml")).unwrap();
            if path.join("src/generated").is_dir() {
                copy(&path.join("src/generated"), &to.join("src/generated"));
            }
        }
        for file in [".gitignore", "Cargo.toml", "Cargo.lock", "CHANGELOG.md"] {
            fs::copy(root().join(file), tree.path(file)).unwrap();
        }
        tree.commit();
        tree
    }

    /// Makes the working tree clean, as an upgrade wants it.
    fn commit(&self) {
        commit_all(self.0.path());
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Every file with its bytes.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(self.0.path(), &mut files);
        files
    }

    /// Upgrades to a document, with stand-ins for what runs cargo.
    fn upgrade(&self, api: &str, version: &str, document: &str) -> Result<String> {
        self.upgrade_until(api, version, document, None)
    }

    /// Fails when a step is done.
    fn upgrade_until(
        &self,
        api: &str,
        version: &str,
        document: &str,
        failing: Option<Step>,
    ) -> Result<String> {
        let given = tempfile::tempdir()?;
        let file = given.path().join("given");
        fs::write(&file, document)?;
        let source = FetchArgs {
            api: api.to_owned(),
            version: Some(version.to_owned()),
            file: Some(file),
            url: None,
            sha256: None,
        };
        let tools = Tools {
            snapshots: &|| {
                let snapshots = self.path("crates/codegen/src/tests/snapshots");
                let pinned = sha256(self.read("specs/sources.toml").as_bytes());
                fs::write(snapshots.join("new.snap"), pinned)?;
                Ok(())
            },
            public_api: &|package| {
                let generated = format!("crates/{package}/src/generated/mod.rs");
                let text = sha256(self.read(&generated).as_bytes());
                fs::write(
                    self.path("docs/api").join(package).with_extension("txt"),
                    text,
                )?;
                fs::write(self.path("Cargo.lock"), "locked anew")?;
                Ok(())
            },
            done: &|step, _: Duration| {
                if failing == Some(step) {
                    bail!("this step fails, the test wants it");
                }
                Ok(())
            },
        };
        upgrade(self.0.path(), &source, &tools)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with(".git") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

fn document(api: &str) -> Value {
    let text = fs::read_to_string(root().join("specs").join(api).join("openapi.yaml")).unwrap();
    parse_yaml(&text).unwrap()
}

/// IDShield's document with an operation more and a field less.
fn newer_idshield() -> Value {
    let mut document = document("idshield");
    document["info"]["version"] = json!("v2");
    document["paths"]["/users"]["get"] = json!({
        "tags": ["users"], "operationId": "listUsers", "summary": "List the users of a realm",
        "responses": {"200": {"description": "The users", "content": {"application/json": {"schema": {
            "type": "array", "items": {"$ref": "#/components/schemas/User"}}}}}},
    });
    let fields = document["components"]["schemas"]["User"]["properties"]
        .as_object_mut()
        .unwrap();
    fields.shift_remove("lastName").unwrap();
    document
}

/// Everything but what the copy does not have to have.
fn changed(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) -> String {
    let mut names = String::new();
    for path in before.keys().chain(after.keys()) {
        if before.get(path) != after.get(path) {
            let _ = writeln!(names, "{}", path.display());
        }
    }
    names
}

#[test]
fn a_failure_in_any_step_leaves_every_file_as_it_was_and_names_the_step() {
    let tree = Tree::new();
    let before = tree.files();
    let newer = newer_idshield().to_string();
    for step in Step::ALL {
        let error = tree
            .upgrade_until("idshield", "v2", &newer, Some(step))
            .unwrap_err();
        assert_eq!(changed(&before, &tree.files()), "", "{step}");
        let message = format!("{error:#}");
        for part in [
            "nothing was changed".to_owned(),
            format!("the step `{step}` failed"),
            "the test wants it".to_owned(),
        ] {
            assert!(message.contains(&part), "{message}");
        }
    }
    // And without a failure each of them changes something.
    tree.upgrade("idshield", "v2", &newer).unwrap();
    let changed = changed(&before, &tree.files());
    for part in [
        "specs/sources.toml",
        "specs/idshield/openapi.yaml",
        "specs/idshield/openapi.json",
        "specs/idshield/operations.toml",
        "idshield-api/src/generated/users.rs",
        "idshield-api/Cargo.toml",
        "CHANGELOG.md",
        "snapshots/new.snap",
        "docs/api/idshield-api.txt",
        "Cargo.lock",
    ] {
        assert!(changed.contains(part), "{part} is not among\n{changed}");
    }
}

#[test]
fn a_tree_with_changes_is_left_alone() {
    let tree = Tree::new();
    fs::write(tree.path("CHANGELOG.md"), "half written").unwrap();
    fs::write(tree.path("specs/notes"), "mine").unwrap();
    let before = tree.files();
    let newer = newer_idshield().to_string();
    let error = tree.upgrade("idshield", "v2", &newer).unwrap_err();
    assert_eq!(changed(&before, &tree.files()), "");
    let message = error.to_string();
    for part in ["is not clean", "CHANGELOG.md", "specs/notes"] {
        assert!(message.contains(part), "{message}");
    }
}

/// What is wrong with a tree.
type Spoil = fn(&Tree);

#[test]
fn what_upstream_or_the_tree_gets_wrong_leaves_every_file_as_it_was_and_names_the_step() {
    let newer = newer_idshield();
    let with = |edit: fn(&mut Value)| {
        let mut document = newer.clone();
        edit(&mut document);
        document.to_string()
    };
    let cases: [(Step, &str, String, Spoil); 5] = [
        (
            Step::Bring,
            "OpenAPI 3.1.0",
            with(|document| document["openapi"] = json!("3.1.0")),
            |_| {},
        ),
        (Step::Fit, "matches nothing", newer.to_string(), |tree| {
            let overlay = tree.read("specs/idshield/overlay.yaml").replace(
                "actions: []",
                "actions:\n  - {target: $.gone, description: d, x-evidence: e, remove: true}",
            );
            fs::write(tree.path("specs/idshield/overlay.yaml"), overlay).unwrap();
        }),
        (
            Step::Generate,
            "the generator cannot take",
            with(|document| {
                document["paths"]["/user"]["get"]["parameters"][0]["in"] = json!("cookie");
            }),
            |_| {},
        ),
        (
            Step::Compare,
            "`## Unreleased`",
            newer.to_string(),
            |tree| {
                fs::write(tree.path("CHANGELOG.md"), "# Changelog\n").unwrap();
            },
        ),
        (Step::Snapshots, "new.snap", newer.to_string(), |tree| {
            fs::create_dir(tree.path("crates/codegen/src/tests/snapshots/new.snap")).unwrap();
        }),
    ];
    for (step, why, document, spoil) in cases {
        let tree = Tree::new();
        spoil(&tree);
        tree.commit();
        let before = tree.files();
        let error = tree.upgrade("idshield", "v2", &document).unwrap_err();
        assert_eq!(changed(&before, &tree.files()), "", "{step}");
        let message = format!("{error:#}");
        // The operating system does not name the file.
        let why = if step == Step::Snapshots {
            "directory"
        } else {
            why
        };
        assert!(
            message.contains(&format!("the step `{step}` failed")) && message.contains(why),
            "{message}"
        );
    }
}

#[test]
fn twice_changes_nothing_and_going_back_restores_every_byte() {
    let tree = Tree::new();
    let older = tree.read("specs/idshield/openapi.yaml");
    let newer = newer_idshield().to_string();
    // The origin of the committed one is told in words: a file has another.
    tree.upgrade("idshield", "v1", &older).unwrap();
    let first = tree.files();
    tree.commit();

    let report = tree.upgrade("idshield", "v2", &newer).unwrap();
    assert!(
        report.contains("`idshield_api::Client::list_users`: `GET /users`"),
        "{report}"
    );
    assert!(report.contains("`cargo xtask api --semver`"), "{report}");
    let names = tree.read("specs/idshield/operations.toml");
    assert_eq!(to_review(&names).collect::<Vec<_>>(), ["GET /users"]);
    let log = tree.read("CHANGELOG.md");
    let entry = "- `idshield-api`: IDShield user API v2 (was v1): operations 1 new; types 1 changed. <!-- upgrade idshield: v1 ";
    assert_eq!(log.matches(entry).count(), 1, "{log}");
    let second = tree.files();
    tree.commit();

    tree.upgrade("idshield", "v2", &newer).unwrap();
    assert_eq!(changed(&second, &tree.files()), "");
    tree.upgrade("idshield", "v1", &older).unwrap();
    assert_eq!(changed(&first, &tree.files()), "");
}

#[test]
#[ignore = "needs Maven to derive the documents; run cargo xtask test"]
fn going_to_each_supported_keycloak_and_back_restores_every_byte() {
    let tree = Tree::new();
    let go_to = |version: &str| {
        let document = String::from_utf8(keycloak_document(version).unwrap()).unwrap();
        let report = tree.upgrade("keycloak", version, &document).unwrap();
        tree.commit();
        report
    };
    let newest = RELEASES[3].0;
    go_to(newest);
    let first = tree.files();
    for (version, _) in &RELEASES[..3] {
        let report = go_to(version);
        assert!(
            report.contains(&format!("{newest} → {version}")),
            "{report}"
        );
        go_to(newest);
        assert_eq!(changed(&first, &tree.files()), "", "{version}");
    }
}

#[test]
fn a_name_that_was_reviewed_stays_when_going_back() {
    let tree = Tree::new();
    let older = tree.read("specs/idshield/openapi.yaml");
    tree.upgrade("idshield", "v2", &newer_idshield().to_string())
        .unwrap();
    let path = tree.path("specs/idshield/operations.toml");
    let reviewed = fs::read_to_string(&path)
        .unwrap()
        .replace("\"list_users\" # to review", "\"list_users\"");
    fs::write(&path, &reviewed).unwrap();
    tree.commit();
    tree.upgrade("idshield", "v1", &older).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), reviewed);
}

/// Phase Two's document as it may be next: SCIM for organisations, the answer of magic links, domains without a type.
fn newer_phasetwo(servers: Option<Value>) -> String {
    let mut document = document("phasetwo");
    document["info"]["version"] = json!("v2");
    match servers {
        Some(servers) => document["servers"] = servers,
        None => {
            document.as_object_mut().unwrap().shift_remove("servers");
        }
    }
    let schemas = &mut document["components"]["schemas"];
    let domain = &mut schemas["OrganizationDomainRepresentation"];
    domain["properties"]
        .as_object_mut()
        .unwrap()
        .shift_remove("type")
        .unwrap();
    domain["required"]
        .as_array_mut()
        .unwrap()
        .retain(|name| name != "type");
    schemas["MagicLinkResponse"] = json!({"type": "object", "properties": {
        "user_id": {"type": "string", "description": "The id of the user whom the link logs in"},
        "link": {"type": "string"},
        "sent": {"type": "boolean", "description": "Whether the link was mailed to the user"},
    }});
    schemas["ScimConfig"] = json!({"type": "object", "properties": {
        "enabled": {"type": "boolean"},
        "authMode": {"type": "string", "enum": ["TOKEN", "KEYCLOAK"]},
        "token": {"type": "string"},
        "mappings": {"type": "array", "items": {"$ref": "#/components/schemas/ScimMapping"}},
    }});
    schemas["ScimMapping"] = json!({"type": "object", "required": ["attribute"], "properties": {
        "attribute": {"type": "string"}, "path": {"type": "string"},
    }});
    let parameters = json!([
        {"in": "path", "name": "realm", "required": true, "schema": {"type": "string"}},
        {"in": "path", "name": "orgId", "required": true, "schema": {"type": "string"}},
    ]);
    let body = json!({"required": true, "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/ScimConfig"}}}});
    let config = json!({"description": "ok", "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/ScimConfig"}}}});
    let paths = &mut document["paths"];
    paths["/{realm}/orgs/{orgId}/scim"] = json!({
        "parameters": parameters,
        "get": {"tags": ["Organizations"], "operationId": "getScim", "responses": {"200": config, "404": {"description": "none"}}},
        "put": {"tags": ["Organizations"], "operationId": "updateScim", "requestBody": body, "responses": {"204": {"description": "set"}}},
        "delete": {"tags": ["Organizations"], "responses": {"204": {"description": "gone"}}},
    });
    paths["/{realm}/orgs/{orgId}/scim/token"] = json!({
        "parameters": parameters,
        "post": {"tags": ["Organizations"], "operationId": "createScimToken", "responses": {"201": config}},
    });
    document.to_string()
}

/// What the error says of the overlay: what each needless action is there for, and why it is named.
fn complaints(error: &anyhow::Error) -> Vec<(String, &'static str)> {
    let text = format!("{error:#}");
    let lines = text.lines().filter(|line| line.starts_with("  action "));
    lines
        .map(|line| {
            let target = line.split_once('(').unwrap().1;
            let kind = ["matches nothing", "changes nothing"]
                .into_iter()
                .find(|kind| target.contains(kind))
                .unwrap();
            (
                target
                    .split(&format!(") {kind}"))
                    .next()
                    .unwrap()
                    .to_owned(),
                kind,
            )
        })
        .collect()
}

/// The text of an overlay in which the action that says this ends, as the message asks for.
fn with_end(overlay: &str, text: &str) -> String {
    let at = overlay.find(text).unwrap();
    let evidence = at + overlay[at..].find("    x-evidence:").unwrap();
    let (before, after) = overlay.split_at(evidence);
    format!("{before}    x-until: v2\n{after}")
}

#[test]
fn a_newer_document_of_phase_two_asks_for_data_and_for_no_code() {
    let variable = json!({"enum": ["app.phasetwo.io", "localhost"], "default": "app.phasetwo.io"});
    let shapes = [
        Some(json!([
            {"url": "https://{host}/auth/realms", "variables": {"host": variable}},
            {"url": "http://localhost:8080/realms", "description": "on this machine"},
        ])),
        Some(json!([{"url": "https://app.phasetwo.io/auth/realms"}])),
        Some(
            json!([{"url": "{base}/realms", "variables": {"base": {"default": "https://{host}"}, "host": variable}}]),
        ),
        None,
    ];
    let mut generated = Vec::new();
    for servers in shapes {
        let has_servers = servers.is_some();
        let newer = newer_phasetwo(servers);
        let tree = Tree::new();
        let error = tree.upgrade("phasetwo", "v2", &newer).unwrap_err();
        let nothing = "matches nothing";
        let mut expected = vec![
            (
                "$.components.schemas.OrganizationDomainRepresentation.properties.type".to_owned(),
                nothing,
            ),
            ("$.components.schemas".to_owned(), "changes nothing"),
        ];
        if !has_servers {
            expected.insert(0, ("$.servers[0]".to_owned(), nothing));
        }
        assert_eq!(complaints(&error), expected, "{error:#}");

        // What the messages ask for: actions end, and the paths are below `/realms` also where no server is named.
        let overlay = tree.read("specs/phasetwo/overlay.yaml");
        let mut mended = with_end(&overlay, "description: It is never sent.");
        mended = with_end(&mended, "description: The answer holds the link, which");
        if !has_servers {
            mended = with_end(&mended, "The paths are relative to the realms");
            mended.push_str(
                "  - target: $\n    description: No server is named.\n    x-evidence: the document\n    x-since: v2\n    \
                 update: { servers: [{ url: /realms }] }\n",
            );
        }
        fs::write(tree.path("specs/phasetwo/overlay.yaml"), mended).unwrap();
        tree.commit();
        let report = tree.upgrade("phasetwo", "v2", &newer).unwrap();
        for line in [
            "- `phasetwo_api::Client::get_scim`: `GET /{realm}/orgs/{orgId}/scim`",
            "- `phasetwo_api::Client::update_scim`: `PUT /{realm}/orgs/{orgId}/scim`",
            "- `phasetwo_api::Client::delete_orgs_scim`: `DELETE /{realm}/orgs/{orgId}/scim`",
            "- `phasetwo_api::Client::create_scim_token`: `POST /{realm}/orgs/{orgId}/scim/token`",
            "- `phasetwo_api::types::ScimConfig`",
            "- `phasetwo_api::types::ScimMapping`",
            "## Operations added: 4\n",
            "## Schemas added: 2\n",
        ] {
            assert!(report.contains(line), "{line} is not in\n{report}");
        }
        generated.push(fs::read_to_string(
            tree.path("crates/phasetwo-api/src/generated/organizations.rs"),
        ));
    }
    let generated: Vec<String> = generated.into_iter().map(Result::unwrap).collect();
    for path in [
        "GET /realms/{realm}/orgs/{orgId}/scim",
        "POST /realms/{realm}/orgs/{orgId}/scim/token",
    ] {
        assert!(generated[0].contains(path), "{path} is not generated");
    }
    // Where the document says its servers are makes no difference.
    assert!(generated.iter().all(|other| *other == generated[0]));
}
