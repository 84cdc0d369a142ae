//! No overlay action is there for nothing: without it, another one fails or what is generated is different.

use serde_json::Value;

use crate::document::parse_yaml;
use crate::pipeline::Input;
use crate::preflight;
use crate::sources::Specs;
use crate::workspace::root;

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
fn each_action_changes_what_is_generated() {
    let mut idle = Vec::new();
    let mut actions = 0;
    for api in Specs::read(&root().join("specs")).unwrap().all() {
        let mut input = Input::read(&api).unwrap();
        let complete = everything(&input.normalise().unwrap().document);
        let overlay: Value = parse_yaml(&input.overlay).unwrap();
        let count = overlay["actions"].as_array().unwrap().len();
        actions += count;
        for index in 0..count {
            let mut without = overlay.clone();
            let dropped = without["actions"].as_array_mut().unwrap().remove(index);
            // JSON is YAML.
            input.overlay = without.to_string();
            // An error says that another action, or the generator, needs what this one does.
            if let Ok(normalised) = input.normalise()
                && preflight::problems(&normalised.document).is_empty()
                && everything(&normalised.document) == complete
            {
                idle.push(format!(
                    "{} action {}: {}",
                    api.name,
                    index + 1,
                    dropped["target"]
                ));
            }
        }
    }
    assert!(actions > 0, "no overlay has an action");
    assert!(
        idle.is_empty(),
        "these change nothing that is generated:\n{}",
        idle.join("\n")
    );
}
