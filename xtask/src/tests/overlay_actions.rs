//! No overlay action is there for nothing: without it, another one fails or what is generated is different, and for most an answer
//! that a server gave no longer fits, or the conformance suite does not compile: see [`super::proof`].

use std::fmt::Write as _;

use serde_json::Value;

use crate::document::parse_yaml;
use crate::pipeline::Input;
use crate::preflight;
use crate::sources::Specs;
use crate::workspace::root;

use super::proof::Proof;
use super::snapshots::summary;

/// What the generated code is made of, with its prose.
fn everything(document: &Value) -> String {
    let mut all = summary(document);
    prose(document, &mut all);
    all
}

fn prose(value: &Value, all: &mut String) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "summary" || key == "description" => {
                        all.push_str(text);
                        all.push('\n');
                    }
                    _ => prose(value, all),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| prose(item, all)),
        _ => {}
    }
}

#[test]
fn each_action_changes_what_is_generated_and_says_how_it_is_proven() {
    let mut idle = Vec::new();
    let mut actions = 0;
    let mut proofs = String::new();
    for api in Specs::read(&root().join("specs")).unwrap().all() {
        let proof = Proof::read(&api.name);
        let mut input = Input::read(&api).unwrap();
        let whole = input.normalise().unwrap().document;
        let complete = everything(&whole);
        assert_eq!(
            proof.misfit(&whole),
            None,
            "{}: what servers have answered fits the document",
            api.name
        );
        let overlay: Value = parse_yaml(&input.overlay).unwrap();
        let count = overlay["actions"].as_array().unwrap().len();
        actions += count;
        for index in 0..count {
            let mut without = overlay.clone();
            let dropped = without["actions"].as_array_mut().unwrap().remove(index);
            // JSON is YAML.
            input.overlay = without.to_string();
            let how = match input.normalise() {
                // Another action, or the generator, needs what this one does.
                Err(_) => "pipeline".to_owned(),
                Ok(left) if !preflight::problems(&left.document).is_empty() => {
                    "pipeline".to_owned()
                }
                Ok(left) => {
                    let left = left.document;
                    if everything(&left) == complete {
                        idle.push(format!(
                            "{} action {}: {}",
                            api.name,
                            index + 1,
                            dropped["target"]
                        ));
                    }
                    if let Some(answer) = proof.misfit(&left) {
                        format!("answer: {answer}")
                    } else if let Some(name) = proof.missed_name(&whole, &left) {
                        format!("suite: {name}")
                    } else if summary(&left) == summary(&whole) {
                        "prose".to_owned()
                    } else {
                        "mark or type".to_owned()
                    }
                }
            };
            let target = dropped["target"].as_str().unwrap_or_default();
            let target = target.split_whitespace().collect::<Vec<_>>().join(" ");
            let about = dropped["description"].as_str().unwrap_or_default();
            let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(proofs, "{} {target}\n    {about}\n    {how}", api.name);
        }
    }
    assert!(actions > 0, "no overlay has an action");
    assert!(
        idle.is_empty(),
        "these change nothing that is generated:\n{}",
        idle.join("\n")
    );
    insta::assert_snapshot!("overlay_proof", proofs);
}
