//! Documents and overlays changed at random, see the crate `fuzz`: what the pipeline cannot take is an error, and never a panic or
//! an endless loop.

use std::fmt::Write as _;

use serde_json::Value;

use crate::document;
use crate::overlay::Overlay;
use crate::pipeline::Input;
use crate::preflight;
use crate::versions::DocumentVersion;

const DOCUMENT: &str = include_str!("../../../../fuzz/corpus/document/zoo.yaml");

/// A name for each operation of the document, so that it gets further than to names that are missing.
fn names(document: &Value) -> String {
    let mut names = String::new();
    for (number, operation) in document::operations(document).enumerate() {
        let key = Value::from(operation.key());
        let _ = writeln!(names, "{key} = \"operation_{number}\"");
    }
    names
}

#[test]
fn documents() {
    let words = [
        "$ref: \"#/components/schemas/Animal\"",
        "$ref: x",
        "type: array",
        "type: object",
        "type: [string, \"null\"]",
        "nullable: true",
        "enum: [a, A, \"\"]",
        "allOf:",
        "oneOf: []",
        "additionalProperties: true",
        "in: path",
        "required: true",
        "{x}",
        "/{x}/{x}",
        "200:",
        "default:",
        "format: int32",
        "items:",
        "properties:",
        "parameters:",
        "get:",
        "\n",
        "  ",
        "- ",
        ": ",
        "{}",
        "[]",
        "*a",
        "&a ",
        "!!binary",
        "---\n",
    ];
    fuzz::run("document", &words, 1, |input| {
        let Ok(text) = std::str::from_utf8(input) else {
            return;
        };
        let Ok(document) = document::parse(text, "a document") else {
            return;
        };
        let input = Input {
            api: "zoo".to_owned(),
            title: "Zoo API".to_owned(),
            version: "1".to_owned(),
            versions: Vec::new(),
            document: input.to_vec(),
            overlay: "overlay: 1.0.0\ninfo: {}\n".to_owned(),
            operations: names(&document),
            descriptions: String::new(),
        };
        let Ok(normalised) = input.normalise() else {
            return;
        };
        let problems = preflight::problems(&normalised.document);
        // An error is as good as files; a panic fails the test.
        let generated = input.generate();
        assert!(problems.is_empty() || generated.is_err(), "{problems:?}");
    });
}

#[test]
fn overlays() {
    let words = [
        "target: ",
        "$.paths",
        "$..*",
        "$.paths[*]",
        "[?@.x]",
        "[?@.a == 'b']",
        "update: ",
        "remove: true",
        "description: x",
        "x-evidence: x",
        "x-since: 99999999999",
        "- ",
        "  ",
        "\n",
        "{}",
        "[]",
        "null",
        "$",
        "..",
        "['",
        "']",
        "&a ",
        "*a",
    ];
    let document = document::parse(DOCUMENT, "zoo").unwrap();
    fuzz::run("overlay", &words, 4, |input| {
        let Ok(text) = std::str::from_utf8(input) else {
            return;
        };
        let Ok(overlay) = Overlay::parse(text, "an overlay") else {
            return;
        };
        let mut changed = document.clone();
        let version = DocumentVersion {
            version: "1.0",
            sha256: "",
            declared: &[],
        };
        if let Ok(applied) = overlay.apply(&mut changed, &version) {
            let has_changed = changed != document;
            assert_eq!(applied > 0, has_changed, "each action changes something");
        }
    });
}
