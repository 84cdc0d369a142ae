//! One request media type for each operation: JSON if it is offered, else a form, else text, else the first.
//! A media type without a builder (YAML, XML, multipart) becomes a body of bytes that is sent with its own
//! content type. All that were offered stay listed in `x-request-media-types`.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Pass;
use crate::document::edit_operations;

pub const PASS: Pass = Pass {
    name: "request-media-type",
    about: "each request body has one media type",
    run,
};

const PREFERRED: [&str; 3] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain",
];

fn run(document: &mut Value) -> Result<usize> {
    Ok(edit_operations(document, |_, _, operation| {
        let Some(content) = operation
            .get_mut("requestBody")
            .and_then(|body| body.get_mut("content"))
            .and_then(Value::as_object_mut)
        else {
            return 0;
        };
        let before = content.clone();
        let Some(chosen) = choose(content) else {
            return 0;
        };
        let mut media = content.shift_remove(&chosen).expect("chosen from it");
        let offered: Vec<String> = before.keys().cloned().collect();
        let kept_as = if PREFERRED.contains(&chosen.as_str()) {
            chosen
        } else {
            media = json!({"schema": {"type": "string", "format": "binary"}});
            "application/octet-stream".to_owned()
        };
        *content = Map::from_iter([(kept_as, media)]);
        if *content == before {
            return 0;
        }
        operation.insert("x-request-media-types".to_owned(), json!(offered));
        1
    }))
}

fn choose(content: &Map<String, Value>) -> Option<String> {
    PREFERRED
        .iter()
        .find(|media_type| content.contains_key(**media_type))
        .map(|media_type| (*media_type).to_owned())
        .or_else(|| content.keys().next().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;

    fn body(content: &Value) -> (Value, usize) {
        let (mut document, changed) = after(
            &PASS,
            json!({"paths": {"/a": {"post": {"requestBody": {"content": content}}}}}),
        );
        (document["paths"]["/a"]["post"].take(), changed)
    }

    #[test]
    fn json_wins_over_the_others_which_stay_listed() {
        let schema = json!({"schema": {"type": "object"}});
        let (operation, changed) =
            body(&json!({"application/yaml": schema, "application/json": schema}));
        assert_eq!(changed, 1);
        assert_eq!(
            operation["requestBody"]["content"],
            json!({"application/json": schema})
        );
        assert_eq!(
            operation["x-request-media-types"],
            json!(["application/yaml", "application/json"])
        );
    }

    #[test]
    fn what_has_no_builder_becomes_bytes() {
        let (operation, changed) = body(&json!({"multipart/form-data": {"schema": {}}}));
        assert_eq!(changed, 1);
        assert_eq!(
            operation["requestBody"]["content"],
            json!({"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}})
        );
        assert_eq!(
            operation["x-request-media-types"],
            json!(["multipart/form-data"])
        );
    }

    #[test]
    fn a_single_json_body_is_left_alone() {
        let (operation, changed) = body(&json!({"application/json": {"schema": {}}}));
        assert_eq!(changed, 0);
        assert_eq!(operation.get("x-request-media-types"), None);
    }
}
