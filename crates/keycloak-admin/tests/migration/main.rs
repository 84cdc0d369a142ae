//! `docs/from-*.md`: for each method of another client the lines that do the same here. The lines are taken from the tests in
//! `tests/facade`, which run them on a real server, so that nothing is in the documents that does not work.
//!
//! A comment there names what the statement below it replaces:
//!
//! ```text
//! // python: get_users, get_user_id | php: getUsers | js: users.find
//! let users = realm.users().list().await?;
//! ```
//!
//! `python-keycloak.txt`, `php-keycloak-admin-client.txt` and `keycloak-crate.txt` beside this file say which methods there are: one that has
//! neither lines nor a note fails, and so does a document that differs. `UPDATE_DOCS=1 cargo test -p keycloak-admin --test migration` writes
//! the documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use syn::parse::Parser as _;
use syn::{Block, Stmt};

/// A client that people come from.
struct Peer {
    /// Its word in the comments.
    key: &'static str,
    /// The document, in `docs`.
    document: &'static str,
    title: &'static str,
    /// The text above the tables.
    introduction: &'static str,
    /// Its methods. Without a list, those that the comments name.
    methods: Option<&'static str>,
}

const PEERS: [Peer; 4] = [
    Peer {
        key: "python",
        document: "from-python-keycloak.md",
        title: "From python-keycloak",
        introduction: "The tables have each method of `KeycloakAdmin` with its Rust. A dictionary becomes a struct of `keycloak_admin::types`, a fetch-all method becomes `stream()` or `try_collect()`, and `skip_exists=True` becomes `exist_ok()`.",
        methods: Some(include_str!("python-keycloak.txt")),
    },
    Peer {
        key: "php",
        document: "from-php-keycloak-admin-client.md",
        title: "From the PHP client",
        introduction: "The tables have each row of the README of `keycloak-admin-client` with its Rust, also the rows that the PHP client does not support.",
        methods: Some(include_str!("php-keycloak-admin-client.txt")),
    },
    Peer {
        key: "js",
        document: "from-js-admin-client.md",
        title: "From the JavaScript admin client",
        introduction: "The resources of `@keycloak/keycloak-admin-client` with their Rust. `kcAdminClient.users.find(..)` \
            stands here as `users.find`.",
        methods: None,
    },
    Peer {
        key: "crate",
        document: "from-keycloak-crate.md",
        title: "From the keycloak crate",
        introduction: "The tables have each REST method of `KeycloakAdmin` of the crate `keycloak` 26.8.100 with its Rust. A method of that crate takes the realm's name and the ids as arguments. Here a handle holds them. `app`, `client`, `group`, `organization`, `scope`, \
            `user` and `workflows` are such handles: `app` is `realm.client_by_uuid(&uuid)`. For the scope mappings `scope` is the \
            `scope_mappings()` of a client or of a client scope. A `put` method writes a whole object, as `update` does. `modify` reads the object, changes it and writes it back. A `post` method returns a response. `create` returns the id, or the name if the name identifies the object. `stream()` and `try_collect()` request the pages of a list themselves, without `first` and `max`.",
        methods: Some(include_str!("keycloak-crate.txt")),
    },
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The lines below the comments of all tests: what they replace, by client and method.
type Lines = BTreeMap<(String, String), Vec<String>>;

fn collect() -> Lines {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facade");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut lines = Lines::new();
    for file in files {
        extract(&fs::read_to_string(&file).unwrap(), &mut lines);
    }
    lines
}

fn extract(source: &str, lines: &mut Lines) {
    let mut rest = source.lines().peekable();
    while let Some(line) = rest.next() {
        let keys = keys(line);
        if keys.is_empty() {
            continue;
        }
        let mut code = Vec::new();
        while let Some(line) = rest.next_if(|line| continues(line)) {
            code.push(line);
            if is_statement(&code) {
                break;
            }
        }
        let code = one_line(&code);
        assert!(!code.is_empty(), "no code below `{}`", line.trim());
        for key in keys {
            lines.entry(key).or_default().push(code.clone());
        }
    }
}

/// Returns whether these lines are one whole statement, with its semicolon.
fn is_statement(code: &[&str]) -> bool {
    let statements = Block::parse_within.parse_str(&code.join("\n"));
    matches!(
        statements.as_deref(),
        Ok([Stmt::Local(_) | Stmt::Expr(_, Some(_))])
    )
}

fn continues(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with("assert") && keys(line).is_empty()
}

/// `// python: a, b | php: c` as (python, a), (python, b), (php, c).
fn keys(line: &str) -> Vec<(String, String)> {
    let Some(comment) = line.trim_start().strip_prefix("// ") else {
        return Vec::new();
    };
    let mut keys = Vec::new();
    for part in comment.split(" | ") {
        let Some((peer, methods)) = part.split_once(": ") else {
            return Vec::new();
        };
        if !PEERS.iter().any(|known| known.key == peer) {
            return Vec::new();
        }
        let methods = methods.split(", ");
        keys.extend(methods.map(|method| (peer.to_owned(), method.trim().to_owned())));
    }
    keys
}

/// The code as one line, without what is there for the formatter.
fn one_line(code: &[&str]) -> String {
    let mut line = String::new();
    for part in code.iter().map(|part| part.trim()) {
        let tight =
            part.starts_with(['.', '?', ')', ']']) || line.ends_with(['(', '[']) || line.is_empty();
        if part.starts_with([')', ']']) && line.ends_with(',') {
            line.pop();
        }
        if !tight {
            line.push(' ');
        }
        line.push_str(part);
    }
    line
}

/// A section's title and methods, each with its note.
type Section<'a> = (&'a str, Vec<(&'a str, Option<&'a str>)>);

fn sections(methods: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in methods
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some(title) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            sections.push((title, Vec::new()));
        } else {
            let (name, note) = match line.split_once(" = ") {
                Some((name, note)) => (name, Some(note)),
                None => (line, None),
            };
            sections
                .last_mut()
                .expect("a section comes first")
                .1
                .push((name, note));
        }
    }
    sections
}

/// The document of a client, and which methods have neither lines nor a note.
fn document(peer: &Peer, lines: &Lines) -> (String, Vec<String>) {
    let named = named_by_comments(peer, lines);
    let methods = peer.methods.unwrap_or(&named);
    let mut missing = Vec::new();
    let mut text = format!(
        "<!-- Written by `UPDATE_DOCS=1 cargo test -p keycloak-admin --test migration`: do not edit. -->\n\n\
         # {}\n\n{} Every line runs on a real server in `crates/keycloak-admin/tests/facade`.\n\n\
         `realm` is `keycloak.realm(\"acme\")`.\n",
        peer.title, peer.introduction
    );
    for (title, methods) in sections(methods) {
        let _ = write!(text, "\n## {title}\n\n| {} | Rust |\n|---|---|\n", peer.key);
        for (name, note) in methods {
            let key = (peer.key.to_owned(), name.to_owned());
            let cell = match (lines.get(&key), note) {
                (Some(codes), note) => {
                    let codes: Vec<_> = codes
                        .iter()
                        .map(|code| format!("`{}`", code.replace('|', "\\|")))
                        .collect();
                    let note = note.map(|note| format!("{note}: ")).unwrap_or_default();
                    format!("{note}{}", codes.join("<br>or "))
                }
                (None, Some(note)) => note.to_owned(),
                (None, None) => {
                    missing.push(name.to_owned());
                    continue;
                }
            };
            let _ = writeln!(text, "| {name} | {cell} |");
        }
    }
    (text, missing)
}

/// The methods that the comments name, by the word before the dot.
fn named_by_comments(peer: &Peer, lines: &Lines) -> String {
    let mut resources: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, method) in lines.keys().filter(|(key, _)| key == peer.key) {
        let resource = method.split('.').next().unwrap_or_default();
        resources.entry(resource).or_default().insert(method);
    }
    let mut text = String::new();
    for (resource, methods) in resources {
        let _ = writeln!(text, "[{resource}]");
        for method in methods {
            let _ = writeln!(text, "{method}");
        }
    }
    text
}

#[test]
fn every_method_has_its_lines_and_the_documents_hold_them() {
    let lines = collect();
    let mut wrong = Vec::new();
    for peer in &PEERS {
        let (text, missing) = document(peer, &lines);
        if !missing.is_empty() {
            wrong.push(format!(
                "{} of {} have no line in tests/facade and no note: {}",
                missing.len(),
                peer.title,
                missing.join(", ")
            ));
        }
        let path = root().join("docs").join(peer.document);
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &text).unwrap();
        } else if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            wrong.push(format!("docs/{} is not what the tests say", peer.document));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A comment that misspells a method would go nowhere.
#[test]
fn every_comment_names_a_method_that_there_is() {
    for peer in &PEERS {
        let Some(methods) = peer.methods else {
            continue;
        };
        let known: BTreeSet<&str> = sections(methods)
            .into_iter()
            .flat_map(|(_, methods)| methods)
            .map(|(name, _)| name)
            .collect();
        for (key, method) in collect().into_keys() {
            assert!(
                key != peer.key || known.contains(method.as_str()),
                "{} has no `{method}`",
                peer.title
            );
        }
    }
}

#[test]
fn the_lists_are_whole() {
    let count = |methods: &str| -> usize {
        sections(methods)
            .iter()
            .map(|(_, methods)| methods.len())
            .sum()
    };
    assert_eq!(PEERS[0].methods.map(count), Some(236));
    assert_eq!(PEERS[1].methods.map(count), Some(277));
    assert_eq!(PEERS[3].methods.map(count), Some(416));
}

#[test]
fn code_is_taken_up_to_the_end_of_the_statement() {
    let mut lines = Lines::new();
    let source = "
        // python: a, b | js: c.d
        let x = realm
            .users()
            .create(
                &user,
            )
            .await?;
        other();
        // a comment: no marker
        // php: e
        f();
        assert!(true);
        ";
    extract(source, &mut lines);
    let code = |peer: &str, method: &str| lines[&(peer.to_owned(), method.to_owned())].join("; ");
    let expected = "let x = realm.users().create(&user).await?;";
    assert_eq!(code("python", "a"), expected);
    assert_eq!(code("python", "b"), expected);
    assert_eq!(code("js", "c.d"), expected);
    assert_eq!(code("php", "e"), "f();");
    assert_eq!(lines.len(), 4);
}
