//! One success shape for each operation: JSON where any success has it, else other content, else none. Error
//! responses are dropped, so that every status but a success reaches the caller with its body. The statuses
//! that the document names stay in `x-statuses`, the media types of the kept success in `x-response-media-types`.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Pass;
use crate::document::edit_operations;

pub const PASS: Pass = Pass {
    name: "response-shape",
    about: "each operation has one success response and no others",
    run,
};

/// Successes that have no body (RFC 9110), also where a document gives them a media type.
const BODILESS: [&str; 2] = ["204", "205"];

fn run(document: &mut Value) -> Result<usize> {
    Ok(edit_operations(document, |_, _, operation| {
        let Some(Value::Object(responses)) = operation.get("responses") else {
            return 0;
        };
        let before = responses.clone();
        let statuses: Vec<String> = before.keys().cloned().collect();
        let (status, mut response) = choose(&before);
        if BODILESS.contains(&status.as_str())
            && let Some(response) = response.as_object_mut()
        {
            response.shift_remove("content");
        }
        let media_types = one_media_type(&mut response);
        let responses = Map::from_iter([(status, response)]);
        let changed = usize::from(responses != before);
        operation.insert("responses".to_owned(), Value::Object(responses));
        operation.insert("x-statuses".to_owned(), json!(statuses));
        if !media_types.is_empty() {
            operation.insert("x-response-media-types".to_owned(), json!(media_types));
        }
        changed
    }))
}

/// The success response to keep: the richest content, and of equals the first.
fn choose(responses: &Map<String, Value>) -> (String, Value) {
    responses
        .iter()
        .filter(|(status, _)| status.starts_with('2'))
        .rev()
        .max_by_key(|(status, response)| match response.get("content") {
            _ if BODILESS.contains(&status.as_str()) => 0,
            Some(Value::Object(content)) if json_of(content).is_some() => 2,
            Some(Value::Object(content)) if !content.is_empty() => 1,
            _ => 0,
        })
        .map_or_else(
            || ("200".to_owned(), json!({"description": ""})),
            |(status, response)| (status.clone(), response.clone()),
        )
}

fn json_of(content: &Map<String, Value>) -> Option<String> {
    content
        .keys()
        .find(|key| *key == "application/json" || key.starts_with("application/json;"))
        .cloned()
}

/// Keeps JSON alone if it is offered, and returns all media types that were offered.
fn one_media_type(response: &mut Value) -> Vec<String> {
    let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else {
        return Vec::new();
    };
    let media_types = content.keys().cloned().collect();
    if let Some(key) = json_of(content) {
        let mut media = content.shift_remove(&key).expect("found in it");
        if media.get("schema").is_none() {
            // JSON of unknown shape is any JSON value.
            media["schema"] = json!({});
        }
        *content = Map::from_iter([("application/json".to_owned(), media)]);
    }
    media_types
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;

    fn responses(responses: &Value) -> Value {
        let (mut document, _) = after(
            &PASS,
            json!({"paths": {"/a": {"get": {"responses": responses}}}}),
        );
        document["paths"]["/a"]["get"].take()
    }

    #[test]
    fn errors_go_and_their_statuses_stay_listed() {
        let operation =
            responses(&json!({"404": {"content": {"application/json": {}}}, "204": {}}));
        assert_eq!(operation["responses"], json!({"204": {}}));
        assert_eq!(operation["x-statuses"], json!(["404", "204"]));
    }

    #[test]
    fn the_success_with_json_wins_and_a_missing_schema_is_any_value() {
        let operation = responses(&json!({
            "204": {},
            "200": {"content": {"application/yaml": {}, "application/json": {}}},
        }));
        assert_eq!(
            operation["responses"],
            json!({"200": {"content": {"application/json": {"schema": {}}}}})
        );
        assert_eq!(
            operation["x-response-media-types"],
            json!(["application/yaml", "application/json"])
        );
    }

    #[test]
    fn of_two_successes_without_content_the_first_is_kept() {
        let operation =
            responses(&json!({"201": {"description": "made"}, "204": {"description": ""}}));
        assert_eq!(
            operation["responses"],
            json!({"201": {"description": "made"}})
        );
    }

    #[test]
    fn a_success_that_cannot_have_a_body_has_none() {
        let text = json!({"text/plain": {"schema": {"type": "string"}}});
        let operation = responses(&json!({"204": {"description": "", "content": text}}));
        assert_eq!(operation["responses"], json!({"204": {"description": ""}}));
        assert_eq!(operation.get("x-response-media-types"), None);

        let operation = responses(&json!({"204": {"content": text}, "200": {"content": text}}));
        assert_eq!(operation["responses"], json!({"200": {"content": text}}));
    }

    #[test]
    fn an_operation_that_names_only_errors_succeeds_without_content() {
        let operation = responses(&json!({"400": {}}));
        assert_eq!(operation["responses"], json!({"200": {"description": ""}}));
    }
}
