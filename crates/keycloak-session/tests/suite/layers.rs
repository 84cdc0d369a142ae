//! The layers of this crate: a layer imports only the layers below it, by their own names (`crate::http::..`), and no files import each other in
//! a circle.

use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, UseTree, Visibility};

/// Each layer, and the layers that it may use.
const LAYERS: [(&str, &[&str]); 7] = [
    ("error", &[]),
    ("time", &["error"]),
    ("serde", &[]),
    ("http", &["error", "serde"]),
    ("retry", &["error", "http"]),
    ("auth", &["error", "time", "serde", "http", "retry"]),
    (
        "client",
        &["error", "time", "serde", "http", "retry", "auth"],
    ),
];

/// The tests that look into every layer.
const ABOVE_ALL: &str = "fuzz";

/// Says what is wrong in the file of a module, such as `["http", "url"]`.
fn problems(module: &[&str], source: &str) -> Vec<String> {
    let file = syn::parse_file(source).expect("Rust");
    let mut seen = Paths {
        module: module.iter().map(|name| (*name).to_owned()).collect(),
        found: Vec::new(),
    };
    seen.visit_file(&file);
    let own = module[0];
    let may_use = |target: &str| {
        let below = LAYERS.iter().find(|(layer, _)| *layer == own);
        below.is_some_and(|(_, below)| below.contains(&target)) || own == target
    };
    let is_layer = |target: &str| LAYERS.iter().any(|(layer, _)| *layer == target);
    let problem = |path: &String| match path.split("::").next().unwrap_or_default() {
        target if !is_layer(target) && target != own => {
            Some(format!("`crate::{path}` is not in a layer"))
        }
        target if own == ABOVE_ALL || may_use(target) => None,
        target => Some(format!("`{own}` uses `{target}`, in `crate::{path}`")),
    };
    seen.found.iter().filter_map(problem).collect()
}

/// Collects the paths of this crate, from its root.
struct Paths {
    module: Vec<String>,
    found: Vec<String>,
}

impl Paths {
    /// Keeps a path, unless it leads to another crate or to what is in scope.
    fn keep(&mut self, path: &[String]) {
        let mut names = path.iter().map(String::as_str).peekable();
        let mut place = match names.peek() {
            Some(&"crate") => Vec::new(),
            Some(&("self" | "super")) => self.module.clone(),
            _ => return,
        };
        for name in names {
            match name {
                "crate" | "self" => {}
                "super" => drop(place.pop()),
                name => place.push(name.to_owned()),
            }
        }
        self.found.push(place.join("::"));
    }

    fn keep_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.keep_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.keep(&with(&name.ident)),
            UseTree::Rename(rename) => self.keep(&with(&rename.ident)),
            UseTree::Glob(_) => self.keep(before),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.keep_tree(before, tree);
                }
            }
        }
    }
}

impl<'a> Visit<'a> for Paths {
    fn visit_item_use(&mut self, item: &'a ItemUse) {
        self.keep_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.keep(&names);
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    /// The crate's own macros stand at its root. What is given to a macro is text, with the paths in it.
    fn visit_macro(&mut self, call: &'a Macro) {
        let text: String = call.tokens.to_string().split_whitespace().collect();
        for (index, _) in text.match_indices("crate::") {
            // `$crate` is how a macro names this crate to another one.
            let before = text[..index].chars().next_back();
            if before.is_some_and(|c| c == '$' || c == '_' || c.is_alphanumeric()) {
                continue;
            }
            let path: String = text[index + "crate::".len()..]
                .chars()
                .take_while(|c| *c == ':' || *c == '_' || c.is_alphanumeric())
                .collect();
            self.found.push(path);
        }
    }

    /// `pub(crate)` leads nowhere.
    fn visit_visibility(&mut self, _: &'a Visibility) {}

    /// Documentation may link to where a reader finds things.
    fn visit_attribute(&mut self, _: &'a Attribute) {}
}

/// Reads the source files of a folder, with the path of each module.
fn files(folder: &Path, module: &[String]) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().expect("a name").to_string_lossy();
        let inner = [module, &[stem.into_owned()]].concat();
        if path.is_dir() {
            found.extend(files(&path, &inner));
            continue;
        }
        let module = if inner.last().is_some_and(|name| name == "mod") {
            module.to_vec()
        } else {
            inner
        };
        found.push((module, fs::read_to_string(&path).expect("text")));
    }
    found
}

#[test]
fn layers_use_only_what_is_below_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = files(&source, &[]);
    for (layer, _) in LAYERS {
        let is_there = files.iter().any(|(module, _)| module[0] == layer);
        assert!(is_there, "there is no layer `{layer}`");
    }
    let mut wrong = Vec::new();
    // The root of the crate shows what programs use, of all layers.
    for (module, source) in files.iter().filter(|(module, _)| *module != ["lib"]) {
        let module: Vec<&str> = module.iter().map(String::as_str).collect();
        let is_known =
            module[0] == ABOVE_ALL || LAYERS.iter().any(|(layer, _)| *layer == module[0]);
        assert!(is_known, "`{}` is in no layer", module.join("::"));
        let place = module.join("::");
        wrong.extend(
            problems(&module, source)
                .iter()
                .map(|problem| format!("{place}: {problem}")),
        );
    }
    assert_eq!(wrong, [""; 0]);
}

/// Returns whether an item is compiled for tests alone.
fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        let condition = attribute.parse_args::<syn::Path>();
        attribute.path().is_ident("cfg") && condition.is_ok_and(|path| path.is_ident("test"))
    })
}

/// Returns the files that a file imports, itself left out. Tests may import what they test.
fn imports(file: &[String], source: &str, files: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut code = syn::parse_file(source).expect("Rust");
    code.items.retain(|item| !is_test(item));
    let mut seen = Paths {
        module: file.to_vec(),
        found: Vec::new(),
    };
    seen.visit_file(&code);
    let target = |path: &String| {
        let path: Vec<String> = path.split("::").map(str::to_owned).collect();
        let longest = (1..=path.len()).rev().map(|length| &path[..length]);
        let mut known = longest.filter(|path| files.iter().any(|file| file == path));
        known.next().map(<[String]>::to_vec)
    };
    let targets = seen.found.iter().filter_map(target);
    targets.filter(|target| target != file).collect()
}

/// Takes away files that import none of the others, until none is left or all that are left import each other.
fn circle(mut edges: Vec<(Vec<String>, Vec<Vec<String>>)>) -> Vec<String> {
    loop {
        let left: Vec<Vec<String>> = edges.iter().map(|(file, _)| file.clone()).collect();
        let before = edges.len();
        edges.retain(|(_, imported)| imported.iter().any(|file| left.contains(file)));
        if edges.len() == before {
            return left.iter().map(|file| file.join("::")).collect();
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = files(&source, &[]);
    // The root of the crate and of each layer only name what is in it.
    let is_code = |module: &[String]| module.len() > 1 || ["error", "time"].contains(&&*module[0]);
    let names: Vec<Vec<String>> = files.iter().map(|(module, _)| module.clone()).collect();
    let edges = files.iter().filter(|(module, _)| is_code(module));
    let edges = edges.map(|(module, source)| (module.clone(), imports(module, source, &names)));
    assert_eq!(circle(edges.collect()), [""; 0]);

    let file = |name: &str| vec!["client".to_owned(), name.to_owned()];
    let known = [file("a"), file("b")];
    let to_b = imports(&known[0], "use crate::client::b::B;", &known);
    let to_a = imports(&known[1], "fn f(_: crate::client::a::A) {}", &known);
    let edges = vec![(file("a"), to_b), (file("b"), to_a)];
    assert_eq!(circle(edges), ["client::a", "client::b"]);
}

#[test]
fn a_way_up_and_a_way_round_are_found() {
    for (module, source) in [
        ("error", "use crate::time::Clock;"),
        ("time", "use crate::http::url::BaseUrl;"),
        ("serde", "use crate::error::Error;"),
        (
            "http::url",
            "use crate::{error::Error, retry::RetryPolicy};",
        ),
        ("http::url", "fn f(_: &crate::client::Request) {}"),
        ("http::url", "mod tests { use crate::auth::Credentials; }"),
        ("http::url", "use super::super::auth;"),
        ("http", "pub use super::client::Request;"),
        ("retry::policy", "use crate::auth::Credentials as Login;"),
        ("retry::policy", "fn f() { vec![crate::time::TokioClock]; }"),
        ("auth::token", "impl crate::client::Operation for () {}"),
        ("client::call", "use crate::Error;"),
        ("client::call", "use crate::{Error, time::Clock};"),
        ("client::call", "use crate::*;"),
        (
            "client::call",
            "fn f() { println!(\"{}\", crate::REDACTED); }",
        ),
        ("client::call", "use super::super::Error;"),
        ("fuzz", "use crate::encode_segment;"),
    ] {
        let module: Vec<&str> = module.split("::").collect();
        assert_eq!(problems(&module, source).len(), 1, "{source}");
    }
    for (module, source) in [
        (
            "error",
            "use std::error::Error; mod tests { use super::*; }",
        ),
        ("time", "use crate::error::{Error, ErrorKind};"),
        (
            "auth::token",
            "use super::credentials; use self::inner::A; mod inner {}",
        ),
        ("auth", "mod token; pub(crate) use token::Token;"),
        ("serde::open", "macro_rules! m { () => { $crate::Error }; }"),
        ("serde::open", "crate::m! { A }"),
        (
            "client::call",
            "/// See [`crate::Error`].\nuse crate::retry::RetryPolicy;",
        ),
        (
            "fuzz",
            "use crate::client::Response; use crate::http::url::CHANGED;",
        ),
    ] {
        let module: Vec<&str> = module.split("::").collect();
        assert_eq!(problems(&module, source), [""; 0], "{source}");
    }
}
