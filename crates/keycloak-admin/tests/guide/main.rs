//! The code of `docs/guide`. Each chapter has a file here, whose code runs on a real server, or on a mock server where no real one is needed.
//!
//! A block of code of a chapter stands here between two comments, and the chapter names it in a comment that GitHub does not show:
//!
//! ```text
//! // ANCHOR: create
//! let id = realm.users().create(&ada).await?;
//! // ANCHOR_END
//! ```
//!
//! ````text
//! <!-- ANCHOR: create -->
//! ```rust
//! let id = realm.users().create(&ada).await?;
//! ```
//! ````
//!
//! A chapter with other code than the tests fails, and so does a page of `src/guide` that differs from its chapter.
//! `UPDATE_DOCS=1 cargo test -p keycloak-admin --test guide` writes the code into the chapters, and the pages.

// The code is read in the guide, so it names every step.
#![allow(clippy::semicolon_if_nothing_returned, clippy::too_many_lines)]

#[path = "../common/mod.rs"]
mod common;

mod clients;
mod errors;
mod groups;
mod lists;
mod login;
mod organizations;
mod pages;
mod production;
#[path = "realm-files.rs"]
mod realm_files;
mod start;
mod tenants;
mod testing;
mod users;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The chapters that have code.
const CHAPTERS: [&str; 12] = [
    "start",
    "login",
    "users",
    "groups",
    "clients",
    "organizations",
    "lists",
    "errors",
    "tenants",
    "realm-files",
    "testing",
    "production",
];

/// The chapters without code that is tested.
const TEXTS: [&str; 3] = ["README", "upgrading", "examples"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Writes the text of a file if `UPDATE_DOCS` is set. Otherwise it fails if the file has another text.
fn check_or_write(path: &Path, text: &str) {
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, text).unwrap();
    } else {
        let hint = "UPDATE_DOCS=1 cargo test -p keycloak-admin --test guide";
        assert!(
            text == read(path),
            "{} is not up to date: {hint}",
            path.display()
        );
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The code between the anchors of a source, without its indentation.
fn excerpts(source: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Option<(String, Vec<&str>)> = None;
    for line in source.lines() {
        let comment = line.trim_start();
        if let Some(name) = comment.strip_prefix("// ANCHOR: ") {
            assert!(open.is_none(), "{name} begins inside another anchor");
            open = Some((name.to_owned(), Vec::new()));
        } else if comment == "// ANCHOR_END" {
            let (name, lines) = open.take().expect("an anchor begins before it ends");
            let old = found.insert(name, without_indentation(&lines));
            assert!(old.is_none(), "two anchors have the same name");
        } else if let Some((_, lines)) = &mut open {
            lines.push(line);
        }
    }
    assert!(open.is_none(), "an anchor does not end");
    found
}

fn without_indentation(lines: &[&str]) -> String {
    let texts = lines.iter().filter(|line| !line.trim().is_empty());
    let depth = texts.map(|line| line.len() - line.trim_start().len()).min();
    let depth = depth.unwrap_or_default();
    let lines = lines.iter().map(|line| line.get(depth..));
    lines
        .map(Option::unwrap_or_default)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The chapter with the code of these excerpts. Each excerpt is used once.
fn fill(chapter: &str, mut excerpts: BTreeMap<String, String>) -> String {
    let mut text = Vec::new();
    let mut lines = chapter.lines();
    while let Some(line) = lines.next() {
        assert_ne!(line, "```rust", "a block of code without an anchor");
        text.push(line.to_owned());
        let anchor = line.strip_prefix("<!-- ANCHOR: ");
        let Some(name) = anchor.and_then(|line| line.strip_suffix(" -->")) else {
            continue;
        };
        let code = excerpts.remove(name);
        let code = code.unwrap_or_else(|| panic!("no anchor {name}, or it is used twice"));
        assert_eq!(lines.next(), Some("```rust"), "below {name}");
        assert!(lines.any(|line| line == "```"), "{name} does not end");
        text.extend(["```rust".to_owned(), code, "```".to_owned()]);
    }
    let unused: Vec<_> = excerpts.keys().collect();
    assert!(unused.is_empty(), "not in the chapter: {unused:?}");
    text.join("\n") + "\n"
}

#[test]
fn the_chapters_hold_the_code_of_the_tests() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guide");
    for name in CHAPTERS {
        let path = root().join(format!("docs/guide/{name}.md"));
        let chapter = read(&path);
        let text = fill(
            &chapter,
            excerpts(&read(&sources.join(format!("{name}.rs")))),
        );
        check_or_write(&path, &text);
    }
    // In the same test, because the pages are made of what it has written.
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in CHAPTERS.iter().chain(&TEXTS) {
        let chapter = read(&root().join(format!("docs/guide/{name}.md")));
        let path = crate_folder.join(format!("src/guide/{name}.md"));
        check_or_write(&path, &pages::page(&chapter));
    }
}

#[test]
fn code_is_taken_without_its_indentation_and_replaces_the_old() {
    let source =
        "fn f() {\n    // ANCHOR: one\n    if a {\n        b();\n    }\n    // ANCHOR_END\n}\n";
    let code = "if a {\n    b();\n}";
    let excerpts = excerpts(source);
    assert_eq!(excerpts["one"], code);
    let chapter = "text\n<!-- ANCHOR: one -->\n```rust\nold\n```\nmore\n";
    let expected = format!("text\n<!-- ANCHOR: one -->\n```rust\n{code}\n```\nmore\n");
    assert_eq!(fill(chapter, excerpts), expected);
}

/// The targets of the links of a Markdown text that name files of this repository.
fn files_of_links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split([')', '#', ' ']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

#[test]
fn every_link_leads_to_a_file_and_the_contents_name_every_chapter() {
    let guide = root().join("docs/guide");
    let contents = read(&guide.join("README.md"));
    let mut files = vec![root().join("README.md")];
    for entry in fs::read_dir(&guide).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let listed = name == "README.md" || contents.contains(&format!("]({name})"));
        assert!(listed, "{name} is not in the contents");
        files.push(path);
    }
    for file in files {
        for target in files_of_links(&read(&file)) {
            let exists = file.parent().unwrap().join(target).exists();
            assert!(exists, "{} links {target}", file.display());
        }
    }
}
