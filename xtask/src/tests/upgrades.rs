//! An upgrade on a copy of the workspace: it happens whole or not at all, it changes nothing the second time, it can be taken back, and a
//! newer document asks for data and never for code.
//!
//! Most tests replace IDShield's document in the copy by a made-up one, so that they hold whichever document is pinned.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use codegen::document;
use codegen::names::to_review;
use codegen::sources::{Specs, sha256};
use serde_json::{Value, json};
use workspace::root;

use super::commit_all;
use super::versions::RELEASES;
use crate::fetch::{FetchArgs, keycloak_document};
use crate::upgrade::{Step, Tools, upgrade};

/// The input and the output of an upgrade, in a folder of its own.
struct Tree {
    folder: tempfile::TempDir,
    /// The code that no longer compiles after an upgrade.
    errors: Vec<String>,
}

impl Tree {
    fn new() -> Self {
        let tree = Self {
            folder: tempfile::tempdir().unwrap(),
            errors: Vec::new(),
        };
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

    /// With a made-up API in IDShield's place, and this overlay.
    fn made_up(overlay: &str) -> Self {
        let tree = Self::new();
        let write = |name: &str, text: &str| {
            fs::write(tree.path("specs/idshield").join(name), text).unwrap();
        };
        for entry in fs::read_dir(tree.path("specs/idshield")).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        write("openapi.yaml", OLDER);
        write("overlay.yaml", overlay);
        write("operations.toml", NAMES);
        write("descriptions.yaml", DESCRIPTIONS);
        let specs = Specs::read(&tree.path("specs")).unwrap();
        let mut source = specs.api("idshield").unwrap().source;
        "openapi.yaml".clone_into(&mut source.document);
        "v1".clone_into(&mut source.version);
        "made up for a test".clone_into(&mut source.origin);
        source.sha256 = sha256(OLDER.as_bytes());
        specs.pin("idshield", &source).unwrap();
        tree.commit();
        tree
    }

    /// Makes the working tree clean, as an upgrade wants it.
    fn commit(&self) {
        commit_all(self.folder.path());
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Declares the order of the made-up API's versions.
    fn declare(&self, line: &str) {
        let pins = self.read("specs/sources.toml");
        let declared = pins.replace("[idshield]\n", &format!("[idshield]\n{line}\n"));
        fs::write(self.path("specs/sources.toml"), declared).unwrap();
        self.commit();
    }

    /// Every file with its bytes.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(self.folder.path(), &mut files);
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
            check: &|_| Ok(self.errors.clone()),
            done: &|step, _: Duration| {
                if failing == Some(step) {
                    bail!("this step fails, the test wants it");
                }
                Ok(())
            },
        };
        upgrade(self.folder.path(), &source, &tools)
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

/// The pinned document of an API, YAML or JSON.
fn document(api: &str) -> Value {
    let api = Specs::read(&root().join("specs"))
        .unwrap()
        .api(api)
        .unwrap();
    let text = String::from_utf8(api.document_bytes().unwrap()).unwrap();
    document::parse(&text, &api.name).unwrap()
}

/// The document of the made-up API.
const OLDER: &str = "\
openapi: 3.0.3
info: { title: Made up, version: v1 }
servers: [{ url: '{base}/realms', variables: { base: { default: 'https://example.com' } } }]
paths:
  /users:
    post:
      tags: [users]
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } }
      responses: { '201': { description: made } }
  /user:
    get:
      tags: [users]
      parameters: [{ name: id, in: query, schema: { type: string } }]
      responses:
        '200':
          description: The user
          content: { application/json: { schema: { $ref: '#/components/schemas/User' } } }
components:
  schemas:
    User:
      type: object
      properties:
        name: { type: string }
        lastName: { type: string }
        type: { type: string }
    Config:
      type: object
      properties:
        size: { type: integer }
";

const NAMES: &str = "\
# Names.

\"GET /user\" = \"get_user\"
\"POST /users\" = \"create_user\"
";

const DESCRIPTIONS: &str = "\
User:
  about: A user.
  fields:
    name: Name of the user.
    lastName: Family name of the user.
";

const NO_OVERLAY: &str = "overlay: 1.0.0\ninfo: { title: t, version: '1' }\nactions: []\n";

/// The made-up document with an operation more and a field less.
fn newer_document() -> Value {
    let mut document = document::parse(OLDER, "older").unwrap();
    document["info"]["version"] = json!("v2");
    document["paths"]["/users"]["get"] = json!({
        "tags": ["users"], "operationId": "listUsers", "summary": "List the users of a realm",
        "responses": {"200": {"description": "The users", "content": {"application/json": {"schema": {
            "type": "array", "items": {"$ref": "#/components/schemas/User"}}}}}},
    });
    remove_field(&mut document, "lastName");
    document
}

fn remove_field(document: &mut Value, name: &str) {
    let fields = document["components"]["schemas"]["User"]["properties"].as_object_mut();
    fields.unwrap().shift_remove(name).unwrap();
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
    let tree = Tree::made_up(NO_OVERLAY);
    let before = tree.files();
    let newer = newer_document().to_string();
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
    let tree = Tree::made_up(NO_OVERLAY);
    fs::write(tree.path("CHANGELOG.md"), "half written").unwrap();
    fs::write(tree.path("specs/notes"), "mine").unwrap();
    let before = tree.files();
    let newer = newer_document().to_string();
    let error = tree.upgrade("idshield", "v2", &newer).unwrap_err();
    assert_eq!(changed(&before, &tree.files()), "");
    let message = error.to_string();
    for part in ["is not clean", "CHANGELOG.md", "specs/notes"] {
        assert!(message.contains(part), "{message}");
    }
}

/// Breaks something in a tree.
type Spoil = fn(&Tree);

#[test]
fn what_upstream_or_the_tree_gets_wrong_leaves_every_file_as_it_was_and_names_the_step() {
    let newer = newer_document();
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
        let tree = Tree::made_up(NO_OVERLAY);
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
    let tree = Tree::made_up(NO_OVERLAY);
    let older = tree.read("specs/idshield/openapi.yaml");
    let newer = newer_document().to_string();
    let pins = tree.read("specs/sources.toml");
    // The generated code is that of the pinned document.
    tree.upgrade("idshield", "v1", &older).unwrap();
    assert_eq!(tree.read("specs/sources.toml"), pins);
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
    let entry = " v2 (was v1): operations 1 new; types 1 changed. <!-- upgrade idshield: v1 ";
    assert_eq!(log.matches(entry).count(), 1, "{log}");
    let second = tree.files();
    tree.commit();

    tree.upgrade("idshield", "v2", &newer).unwrap();
    assert_eq!(changed(&second, &tree.files()), "");
    // The document is YAML again, and has the origin that it had.
    tree.upgrade("idshield", "v1", &older).unwrap();
    assert_eq!(changed(&first, &tree.files()), "");
}

#[test]
fn a_name_that_was_reviewed_stays_when_going_back() {
    let tree = Tree::made_up(NO_OVERLAY);
    let older = tree.read("specs/idshield/openapi.yaml");
    tree.upgrade("idshield", "v2", &newer_document().to_string())
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

/// The overlay of the made-up API: each action is one that a newer document may no longer need.
const OVERLAY: &str = "\
overlay: 1.0.0
info: { title: t, version: '1' }
actions:
  - target: $.servers[0]
    description: The paths are relative to the realms.
    x-evidence: e
    update: { url: /realms }
  - target: $.components.schemas.User.properties.type
    description: It is never sent.
    x-evidence: e
    remove: true
  - target: $.components.schemas
    description: The answer holds a link.
    x-evidence: e
    update: { Answer: { type: object, properties: { link: { type: string } } } }
";

/// The made-up document as it may be next: four operations, a field less, and what the overlay adds.
fn document_with_scim(servers: Option<Value>) -> String {
    let mut document = newer_document();
    match servers {
        Some(servers) => document["servers"] = servers,
        None => {
            document.as_object_mut().unwrap().shift_remove("servers");
        }
    }
    remove_field(&mut document, "type");
    let schemas = &mut document["components"]["schemas"];
    schemas["Answer"] = json!({"type": "object", "properties": {"link": {"type": "string"}}});
    schemas["ScimConfig"] = json!({"type": "object", "properties": {
        "enabled": {"type": "boolean"}, "mode": {"type": "string", "enum": ["TOKEN", "KEYCLOAK"]},
        // A part of another schema.
        "size": {"$ref": "#/components/schemas/Config/properties/size"},
    }});
    let reference = json!({"schema": {"$ref": "#/components/schemas/ScimConfig"}});
    let body = json!({"required": true, "content": {"application/json": reference}});
    let config = json!({"description": "ok", "content": {"application/json": reference}});
    document["paths"]["/{realm}/scim"] = json!({
        "parameters": [{"in": "path", "name": "realm", "required": true, "schema": {"type": "string"}}],
        "get": {"tags": ["scim"], "operationId": "getScim", "responses": {"200": config, "404": {"description": "none"}}},
        "put": {"tags": ["scim"], "operationId": "updateScim", "requestBody": body, "responses": {"204": {"description": "set"}}},
        "delete": {"tags": ["scim"], "responses": {"204": {"description": "gone"}}},
    });
    document.to_string()
}

/// The error about the overlay names each needless action with its description and the reason.
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
fn a_newer_document_asks_for_data_and_for_no_code() {
    let variable = json!({"enum": ["app.example.com", "localhost"], "default": "app.example.com"});
    let shapes = [
        Some(json!([
            {"url": "https://{host}/auth/realms", "variables": {"host": variable}},
            {"url": "http://localhost:8080/realms", "description": "on this machine"},
        ])),
        Some(json!([{"url": "https://app.example.com/auth/realms"}])),
        Some(
            json!([{"url": "{base}/realms", "variables": {"base": {"default": "https://{host}"}, "host": variable}}]),
        ),
        None,
    ];
    let mut generated = Vec::new();
    for servers in shapes {
        let has_servers = servers.is_some();
        let newer = document_with_scim(servers);
        let tree = Tree::made_up(OVERLAY);
        let error = tree.upgrade("idshield", "v2", &newer).unwrap_err();
        let nothing = "matches nothing";
        let mut expected = vec![
            (
                "$.components.schemas.User.properties.type".to_owned(),
                nothing,
            ),
            ("$.components.schemas".to_owned(), "changes nothing"),
        ];
        if !has_servers {
            expected.insert(0, ("$.servers[0]".to_owned(), nothing));
        }
        assert_eq!(complaints(&error), expected, "{error:#}");

        // The changes that the messages ask for: actions end, and the paths are below `/realms` even if the document names no server.
        let overlay = tree.read("specs/idshield/overlay.yaml");
        let mut mended = with_end(&overlay, "description: It is never sent.");
        mended = with_end(&mended, "description: The answer holds a link.");
        if !has_servers {
            mended = with_end(&mended, "The paths are relative to the realms");
            mended.push_str(
                "  - target: $\n    description: No server is named.\n    x-evidence: the document\n    x-since: v2\n    \
                 update: { servers: [{ url: /realms }] }\n",
            );
        }
        fs::write(tree.path("specs/idshield/overlay.yaml"), mended).unwrap();
        tree.commit();
        let report = tree.upgrade("idshield", "v2", &newer).unwrap();
        for line in [
            "- `idshield_api::Client::get_scim`: `GET /{realm}/scim`",
            "- `idshield_api::Client::update_scim`: `PUT /{realm}/scim`",
            "- `idshield_api::Client::delete_scim`: `DELETE /{realm}/scim`",
            "- `idshield_api::Client::list_users`: `GET /users`",
            "- `idshield_api::types::ScimConfig`",
            "## Operations added: 4\n",
            "## Schemas added: 1\n",
            "\n## New and undescribed\n",
            "- `ScimConfig`\n",
            "- `ScimConfig.mode`\n",
            "\n## Descriptions of removed parts\n",
            "- `User.lastName`\n",
        ] {
            assert!(report.contains(line), "{line} is not in\n{report}");
        }
        generated.push(tree.read("crates/idshield-api/src/generated/scim.rs"));
    }
    let path = "GET /realms/{realm}/scim";
    assert!(generated[0].contains(path), "{path} is not generated");
    // The servers of the document make no difference.
    assert!(generated.iter().all(|other| *other == generated[0]));
}

#[test]
fn what_no_longer_compiles_is_part_of_the_report() {
    let mut tree = Tree::made_up(NO_OVERLAY);
    let newer = newer_document().to_string();
    tree.errors = vec!["`crates/idshield/src/create.rs:7`: no field `last_name`".to_owned()];
    let report = tree.upgrade("idshield", "v2", &newer).unwrap();
    for part in ["## Code that no longer compiles: 1", &tree.errors[0]] {
        assert!(report.contains(part), "{report}");
    }
    tree.errors.clear();
    tree.commit();
    let report = tree.upgrade("idshield", "v1", OLDER).unwrap();
    assert!(report.contains("written by hand compiles"), "{report}");
}

#[test]
fn a_field_that_an_action_hides_is_in_the_report() {
    let overlay = "overlay: 1.0.0\ninfo: { title: t, version: '1' }\nactions:\n  \
        - { target: $.components.schemas.Config, description: d, x-evidence: e, remove: true }\n";
    let tree = Tree::made_up(overlay);
    let mut newer = newer_document();
    newer["components"]["schemas"]["Config"]["properties"]["scimEnabled"] =
        json!({"type": "boolean"});
    let report = tree.upgrade("idshield", "v2", &newer.to_string()).unwrap();
    for line in [
        "## Upstream changes that the overlay hides: 1",
        "- schema `Config`, field `scimEnabled` is new upstream: `boolean`",
    ] {
        assert!(report.contains(line), "{line} is not in\n{report}");
    }
}

#[test]
fn a_version_without_an_order_is_declared_before_an_action_ends_with_it() {
    let tree = Tree::made_up(OVERLAY);
    let newer = document_with_scim(Some(json!([{"url": "https://example.com"}])));
    let error = format!(
        "{:#}",
        tree.upgrade("idshield", "2026-06", &newer).unwrap_err()
    );
    let declaration = "versions = [\"v1\", \"2026-06\"]";
    for part in ["`x-until: 2026-06`", declaration] {
        assert!(error.contains(part), "{error}");
    }
    // The advice on its own: the pinned document is not read with one correction less, but refused.
    let overlay = tree.read("specs/idshield/overlay.yaml");
    let mended = with_end(&overlay, "description: It is never sent.");
    let mended = with_end(&mended, "description: The answer holds a link.");
    let mended = mended.replace("x-until: v2", "x-until: 2026-06");
    fs::write(tree.path("specs/idshield/overlay.yaml"), mended).unwrap();
    tree.commit();
    let error = format!(
        "{:#}",
        tree.upgrade("idshield", "2026-06", &newer).unwrap_err()
    );
    assert!(error.contains(declaration), "{error}");

    tree.declare(declaration);
    let report = tree.upgrade("idshield", "2026-06", &newer).unwrap();
    assert!(report.contains("# idshield: v1 → 2026-06"), "{report}");
    assert!(report.contains("field `last_name` is gone"), "{report}");
}

#[test]
fn two_documents_of_one_version_are_told_apart_by_their_hash() {
    let tree = Tree::made_up(OVERLAY);
    let newer = document_with_scim(Some(json!([{"url": "https://example.com"}])));
    let names = [OLDER, newer.as_str()].map(|text| format!("v1@{}", &sha256(text.as_bytes())[..8]));
    let error = format!("{:#}", tree.upgrade("idshield", "v1", &newer).unwrap_err());
    let declaration = format!("versions = [\"{}\", \"{}\"]", names[0], names[1]);
    for part in [&format!("`x-until: {}`", names[1]), &declaration] {
        assert!(error.contains(part.as_str()), "{error}");
    }
    let overlay = tree.read("specs/idshield/overlay.yaml");
    let mended = with_end(&overlay, "description: It is never sent.");
    let mended = with_end(&mended, "description: The answer holds a link.");
    let mended = mended.replace("x-until: v2", &format!("x-until: {}", names[1]));
    fs::write(tree.path("specs/idshield/overlay.yaml"), mended).unwrap();
    tree.declare(&declaration);
    let report = tree.upgrade("idshield", "v1", &newer).unwrap();
    let heading = format!("# idshield: {} → {}", names[0], names[1]);
    assert!(report.contains(&heading), "{report}");
    tree.commit();
    // The first document still has its corrections.
    let report = tree.upgrade("idshield", "v1", OLDER).unwrap();
    assert!(
        report.contains("`idshield_api::Client::get_scim`"),
        "{report}"
    );
}

/// Makes a newer document of a pinned one: a field in each schema, a schema, and an operation that uses it.
fn of_tomorrow(api: &str) -> Value {
    let mut document = document(api);
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    for schema in schemas.values_mut() {
        if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            fields.insert("addedTomorrow".to_owned(), json!({"type": "boolean"}));
        }
    }
    let thing = json!({"type": "object", "properties": {"size": {"type": "integer"}}});
    schemas.insert("ThingOfTomorrow".to_owned(), thing);
    document["paths"]["/things-of-tomorrow/{thing-id}"] = json!({"get": {
        "tags": ["Tomorrow"],
        "parameters": [{"name": "thing-id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "ok", "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/ThingOfTomorrow"}}}}},
    }});
    document
}

/// Returns the schemas of a document that have fields.
fn with_fields(document: &Value) -> Vec<&str> {
    let schemas = document::schemas(document);
    let schemas = schemas.filter(|(_, schema)| schema["properties"].is_object());
    schemas.map(|(name, _)| name.as_str()).collect()
}

/// Returns whether a line of a report is about the Rust type of a schema, whose name differs in case and separators alone.
fn is_about_type(line: &str, schema: &str) -> bool {
    let plain = |name: &str| name.replace(['_', '-', '.'], "").to_lowercase();
    let name = line
        .split_once("types::")
        .and_then(|(_, rest)| rest.split_once('`'));
    name.is_some_and(|(name, _)| plain(name) == plain(schema))
}

#[test]
fn a_newer_document_of_each_api_goes_all_the_way_and_loses_nothing() {
    for api in Specs::read(&root().join("specs")).unwrap().all() {
        let tree = Tree::new();
        let newer = of_tomorrow(&api.name);
        let overlay = tree.read(&format!("specs/{}/overlay.yaml", api.name));
        let start = api.source.version.find(|c: char| c.is_ascii_digit());
        let version = format!("{}999.0.0", &api.source.version[..start.unwrap()]);
        let report = tree
            .upgrade(&api.name, &version, &newer.to_string())
            .unwrap();
        for part in [
            "Client::get_things_of_tomorrow`: `GET /things-of-tomorrow/{thing-id}`",
            "types::ThingOfTomorrow`",
            "GET /things-of-tomorrow/{thing-id}",
        ] {
            assert!(
                report.contains(part),
                "{}: {part} is not in\n{report}",
                api.name
            );
        }
        let new_field = "new field `added_tomorrow`";
        let lines: Vec<&str> = report
            .lines()
            .filter(|line| line.contains(new_field))
            .collect();
        assert!(!lines.is_empty(), "{}: no type has the field", api.name);
        for schema in with_fields(&newer) {
            let is_shown = lines.iter().any(|line| is_about_type(line, schema));
            let hidden = format!("schema `{schema}`, field `addedTomorrow` is new upstream");
            // A schema that the overlay renames is shown by its other name.
            let is_renamed = overlay.contains(&format!("$.components.schemas.{schema}\n"))
                && overlay.contains("x-name");
            let is_new = schema == "ThingOfTomorrow";
            assert!(
                is_shown || report.contains(&hidden) || is_renamed || is_new,
                "{}: the field of {schema} is neither shown nor named as hidden",
                api.name
            );
        }
        let generated = format!("crates/{}/src/generated", api.source.crate_name);
        assert!(
            tree.read(&format!("{generated}/types.rs"))
                .contains("pub added_tomorrow: Option<bool>")
        );
        assert!(
            tree.read(&format!("{generated}/tomorrow.rs"))
                .contains("GET /")
        );
    }
}

/// Takes the header of the tenant out of a document, wherever it stands.
fn without_tenant(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Array(parameters)) = map.get_mut("parameters") {
                parameters.retain(|parameter| {
                    let is_tenant =
                        |name: &str| name == "x-okapi-tenant" || name.ends_with("/tenant");
                    let names = [&parameter["name"], &parameter["$ref"]];
                    !names
                        .iter()
                        .any(|name| name.as_str().is_some_and(is_tenant))
                });
            }
            map.values_mut().for_each(without_tenant);
        }
        Value::Array(items) => items.iter_mut().for_each(without_tenant),
        _ => {}
    }
}

#[test]
fn a_document_of_folio_without_the_tenant_takes_it_from_the_overlay() {
    const SETTER: &str = "pub fn x_okapi_tenant(";
    let tree = Tree::new();
    let count = || {
        let files = tree.files().into_iter();
        let generated = files.filter(|(path, _)| {
            path.to_string_lossy()
                .contains("folio-users-api/src/generated/")
        });
        let texts = generated.map(|(_, bytes)| String::from_utf8(bytes).unwrap());
        texts
            .map(|text| text.matches(SETTER).count())
            .sum::<usize>()
    };
    let before = count();
    assert!(before > 0);
    let mut newer = document("folio-users");
    without_tenant(&mut newer);
    newer["components"]["schemas"]["ErrorCode"] = json!({"type": "string"});
    let newer = newer.to_string();

    // Without data the report names what the callers lose.
    let report = tree.upgrade("folio-users", "v999", &newer).unwrap();
    assert_eq!(
        report
            .matches("header parameter `x_okapi_tenant` is gone")
            .count(),
        before,
        "{report}"
    );
    assert!(
        report.contains("types::ErrorCode`: it is `string` now"),
        "{report}"
    );
    tree.commit();

    let path = tree.path("specs/folio-users/overlay.yaml");
    let overlay = fs::read_to_string(&path).unwrap()
        + "  - target: $.paths[*]\n    description: d\n    x-evidence: e\n    x-since: v999\n    update: { parameters: [{ name: x-okapi-tenant, \
           in: header, required: true, schema: { type: string } }] }\n  - target: $.components.schemas.ErrorCode\n    description: d\n    \
           x-evidence: e\n    x-since: v999\n    update: { enum: [not_found_error] }\n";
    fs::write(path, overlay).unwrap();
    tree.commit();
    tree.upgrade("folio-users", "v999", &newer).unwrap();
    assert_eq!(count(), before);
    let types = tree.read("crates/folio-users-api/src/generated/types.rs");
    assert!(types.contains("ErrorCode") && types.contains("NotFoundError"));
}

/// Tests that take minutes.
mod nightly {
    use super::*;

    #[test]
    #[ignore = "needs Maven to derive the documents; run cargo xtask test --all"]
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
}
