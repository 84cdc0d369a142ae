//! No overlay action is there for nothing: without it, another one fails or what is generated is different, and for most an answer
//! that a server gave no longer fits, or the conformance suite does not compile: see [`super::proof`].

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::proof::Proof;
use super::snapshots::summary;
use crate::document::{self, parse_yaml};
use crate::pipeline::Input;
use crate::preflight;
use crate::sources::Api;

/// The input of the generated code, with its prose.
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

/// An API with its whole overlay, and what each action of it is tried against.
struct Whole {
    input: Input,
    actions: Vec<Value>,
    overlay: Value,
    document: Value,
    summary: String,
    everything: String,
    proof: Proof,
}

/// The result for a document without one action.
struct Without {
    about: String,
    is_idle: bool,
}

impl Whole {
    fn read(api: &Api) -> Self {
        let mut input = Input::read(api).unwrap();
        // A type that goes with an action would leave its descriptions without a place, and prove nothing.
        input.descriptions.clear();
        // JSON is read faster, and this reads it once for each action.
        let text = std::str::from_utf8(&input.document).unwrap();
        let upstream = document::parse(text, &api.name).unwrap();
        input.document = upstream.to_string().into_bytes();
        let document = input.normalise().unwrap().document;
        let overlay: Value = parse_yaml(&input.overlay).unwrap();
        let proof = Proof::read(&api.name);
        assert_eq!(
            proof.misfit(&document),
            None,
            "{}: what servers have answered fits the document",
            api.name
        );
        Self {
            actions: overlay["actions"].as_array().unwrap().clone(),
            summary: summary(&document),
            everything: everything(&document),
            input,
            overlay,
            document,
            proof,
        }
    }

    fn without(&self, index: usize) -> Without {
        let mut overlay = self.overlay.clone();
        let dropped = overlay["actions"].as_array_mut().unwrap().remove(index);
        let input = Input {
            api: self.input.api.clone(),
            title: self.input.title.clone(),
            version: self.input.version.clone(),
            versions: self.input.versions.clone(),
            document: self.input.document.clone(),
            // JSON is YAML.
            overlay: overlay.to_string(),
            operations: self.input.operations.clone(),
            descriptions: String::new(),
        };
        let left = input.normalise().map(|left| left.document);
        let left = left
            .ok()
            .filter(|left| preflight::problems(left).is_empty());
        let how = left.as_ref().map_or_else(
            // Another action, or the generator, needs what this one does.
            || "pipeline".to_owned(),
            |left| self.how(left),
        );
        let words = |key: &str| {
            let text = dropped[key].as_str().unwrap_or_default();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let (target, why) = (words("target"), words("description"));
        Without {
            about: format!("{} {target}\n    {why}\n    {how}\n", input.api),
            is_idle: left.is_some_and(|left| everything(&left) == self.everything),
        }
    }

    fn how(&self, left: &Value) -> String {
        if let Some(answer) = self.proof.misfit(left) {
            format!("answer: {answer}")
        } else if let Some(name) = self.proof.missed_name(&self.document, left) {
            format!("suite: {name}")
        } else if summary(left) == self.summary {
            "prose".to_owned()
        } else {
            "mark or type".to_owned()
        }
    }
}

/// Does the work for 0, 1, .. on all processors; the results are in this order.
fn on_all_processors<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, T>> = Mutex::default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    let result = work(index);
                    results.lock().unwrap().insert(index, result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    assert_eq!(results.len(), count);
    results.into_values().collect()
}

mod nightly {
    use super::*;
    use crate::tests::apis;

    #[test]
    fn each_action_changes_what_is_generated_and_says_how_it_is_proven() {
        let mut idle = Vec::new();
        let mut actions = 0;
        let mut proofs = String::new();
        for api in apis() {
            let whole = Whole::read(&api);
            actions += whole.actions.len();
            for without in on_all_processors(whole.actions.len(), |index| whole.without(index)) {
                proofs.push_str(&without.about);
                if without.is_idle {
                    idle.push(without.about);
                }
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
}
