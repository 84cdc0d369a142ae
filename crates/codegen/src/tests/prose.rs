//! The text of a document becomes documentation that shows it. rustdoc finds nothing in it to run as a test, and a browser finds nothing to run.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use proc_macro2::{TokenStream, TokenTree};
use serde_json::{Value, json};

use crate::emit::Files;
use crate::pipeline::Input;

/// Texts that Markdown or a browser would take for more than text.
const HOSTILE: [&str; 14] = [
    "List\n\n```\n\nstd::fs::write(\"/tmp/x\", \"x\").unwrap();\n\n```\n\nthem",
    "```rust\nstd::process::abort();\n```",
    "~~~\n\nstd::process::abort();\n\n~~~",
    "List\n\n    std::process::abort();\n\nthem",
    "List\n\n\tstd::process::abort();\n\nthem",
    "- item\n\n      std::process::abort();\n\n- ```\n\n  std::process::abort();",
    "> ```\n\n> std::process::abort();\n\n> ~~~",
    "a `\n\n```\n\nstd::process::abort();",
    "a\u{2028}\u{2028}```\r\r\nstd::process::abort();\r\r```",
    "an open ` and <img src=x onerror=alert(1)>",
    "two `` and one ` and <img src=x onerror=alert(1)>",
    "escaped \\<img src=x onerror=alert(1)> \\[a](javascript:alert(1)) \\`<img src=x onerror=alert(1)>",
    "https://a><img/src=x/onerror=alert(1)>",
    "{@code ```\n\n```\n\nstd::process::abort();\n\n} <p> ```\n\nstd::process::abort();",
];

/// A document that has the text in every place from which documentation is made.
fn document(text: &str) -> Value {
    let schema = json!({"type": "string", "description": text, "default": text, "pattern": text, "format": text});
    json!({
        "openapi": "3.0.3",
        "info": {"title": text, "version": text, "description": text},
        "tags": [{"name": format!("Tag {text}"), "description": text}],
        "paths": {format!("/a/{text}"): {"put": {
            "tags": [format!("Tag {text}")],
            "summary": text,
            "description": text,
            "deprecated": true,
            "parameters": [
                {"name": format!("p {text}"), "in": "query", "required": true, "description": text, "schema": schema},
            ],
            "requestBody": {"description": text, "content": {format!("image/{text}"): {"schema": {}}}},
            "responses": {"200": {"description": text, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}},
        }}},
        "components": {"schemas": {
            "A": {"type": "object", "description": text, "properties": {
                format!("f {text}"): schema,
                "kind": {"$ref": "#/components/schemas/Kind"},
            }},
            "Kind": {"type": "string", "description": text, "enum": ["plain", format!("v {text}")], "x-enum-descriptions": {"plain": text}},
            "Name": {"type": "array", "description": text, "items": {"type": "string"}},
        }},
    })
}

fn generate(document: &Value) -> Files {
    let path = document["paths"].as_object().unwrap().keys().next();
    let key = toml_edit::Key::new(format!("PUT {}", path.unwrap()));
    let input = Input {
        api: "zoo".to_owned(),
        title: "Zoo API".to_owned(),
        version: "1".to_owned(),
        versions: Vec::new(),
        document: document.to_string().into_bytes(),
        overlay: "overlay: 1.0.0\ninfo: {}\n".to_owned(),
        operations: format!("{} = \"put_a\"\n", key.to_string().trim()),
        descriptions: String::new(),
    };
    let (mut files, normalised) = input.generate().unwrap();
    for (name, content) in input.mocks(&normalised, "zoo-api").unwrap() {
        files.insert(format!("mock/{name}"), content);
    }
    files
}

/// The documentation of each item of the files.
fn documentation(files: &Files) -> Vec<String> {
    let mut docs = Vec::new();
    for content in files.values() {
        collect(content.parse().unwrap(), &mut docs);
    }
    docs
}

/// Collects `#[doc = "..."]` and `#![doc = "..."]`, which is what `///` is to a macro. The attributes of one item follow each other.
fn collect(code: TokenStream, docs: &mut Vec<String>) {
    let mut lines = Vec::new();
    for token in code {
        match token {
            TokenTree::Punct(punct) if matches!(punct.as_char(), '#' | '!') => continue,
            TokenTree::Group(group) => match doc_line(group.stream()) {
                Some(line) => {
                    lines.push(line);
                    continue;
                }
                None => collect(group.stream(), docs),
            },
            _ => {}
        }
        docs.extend((!lines.is_empty()).then(|| lines.join("\n")));
        lines.clear();
    }
    docs.extend((!lines.is_empty()).then(|| lines.join("\n")));
}

fn doc_line(attribute: TokenStream) -> Option<String> {
    let meta: syn::MetaNameValue = syn::parse2(attribute).ok()?;
    let syn::Expr::Lit(literal) = meta.value else {
        return None;
    };
    match literal.lit {
        syn::Lit::Str(text) if meta.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

/// A crate whose items have this documentation, in a folder of its own.
fn crate_of(docs: &[String]) -> tempfile::TempDir {
    let mut code = String::new();
    for (number, doc) in docs.iter().enumerate() {
        let _ = writeln!(code, "#[doc = {doc:?}]\npub struct D{number};");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("docs.rs"), code).unwrap();
    folder
}

fn rustdoc(folder: &tempfile::TempDir, arguments: &[&str]) -> String {
    let output = Command::new("rustdoc")
        .arg("docs.rs")
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The tests that rustdoc would run; they are listed and not run.
fn tests_in(docs: &[String]) -> String {
    let folder = crate_of(docs);
    rustdoc(&folder, &["--test", "--test-args", "--list"])
}

#[test]
fn no_text_of_a_document_is_a_test_that_rustdoc_runs() {
    for text in HOSTILE {
        let docs = documentation(&generate(&document(text)));
        assert!(docs.len() > 20, "{docs:#?}");
        let listed = tests_in(&docs);
        assert!(listed.contains("0 tests, 0 benchmarks"), "{text}: {listed}");
    }
}

#[test]
fn no_text_of_a_document_is_html_that_a_browser_runs() {
    let mut docs = Vec::new();
    for text in HOSTILE {
        docs.extend(documentation(&generate(&document(text))));
    }
    let folder = crate_of(&docs);
    rustdoc(&folder, &["--out-dir", "html"]);
    for (number, doc) in docs.iter().enumerate() {
        let page = folder
            .path()
            .join(format!("html/docs/struct.D{number}.html"));
        let page = fs::read_to_string(page).unwrap();
        for running in ["<img src=x", "<img/src", "href=\"javascript"] {
            assert!(!page.contains(running), "{running}: {doc}");
        }
    }
}

/// The tests above would see an attack.
#[test]
fn a_fence_and_an_indented_block_are_tests_if_nobody_escapes_them() {
    for text in ["```\n\nf();\n\n```", "~~~\nf();\n~~~", "a\n\n     f();"] {
        let listed = tests_in(&[text.to_owned()]);
        assert!(listed.contains("1 test, 0 benchmarks"), "{text}: {listed}");
    }
}

#[test]
fn the_committed_documents_hold_no_test() {
    for (api, files) in super::GENERATED.iter() {
        let listed = tests_in(&documentation(files));
        assert!(
            listed.contains("0 tests, 0 benchmarks"),
            "{}: {listed}",
            api.name
        );
    }
}
