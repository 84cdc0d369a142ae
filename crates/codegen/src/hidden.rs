//! The changes of an upstream document that its overlay hides. An action that removes or replaces a whole schema goes on fitting when upstream
//! changes that schema, so the crate would lose the change without a word.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{self, resolve};
use crate::surface::kind;

/// The parts of a document: the place of each field, parameter and status, and its type.
pub type Parts = BTreeMap<String, String>;

/// A document before and after its overlay.
#[derive(Debug, Default)]
pub struct Layers {
    /// The parts of the upstream document.
    pub upstream: Parts,
    /// The parts of the document with its corrections.
    pub corrected: Parts,
}

/// Lists what changed from one upstream document to the next, but stayed as it was in the corrected documents and is not what upstream says.
pub fn changes(old: &Layers, new: &Layers) -> Vec<String> {
    let places: BTreeSet<&String> = old.upstream.keys().chain(new.upstream.keys()).collect();
    let is_hidden = |place: &&String| {
        let after = new.corrected.get(*place);
        old.upstream.get(*place) != new.upstream.get(*place)
            && new.upstream.get(*place) != after
            && old.corrected.get(*place) == after
    };
    let hidden = places.into_iter().filter(is_hidden);
    hidden
        .map(|place| change(place, old.upstream.get(place), new.upstream.get(place)))
        .collect()
}

fn change(place: &str, old: Option<&String>, new: Option<&String>) -> String {
    match (old, new) {
        (None, Some(new)) => format!("{place} is new upstream: `{new}`"),
        (Some(old), None) => format!("{place} is gone upstream, was `{old}`"),
        (old, new) => {
            let text = |kind: Option<&String>| kind.map_or("", String::as_str).to_owned();
            format!(
                "{place} is `{}` upstream now, was `{}`",
                text(new),
                text(old)
            )
        }
    }
}

/// Returns the parts of a document that no pass has changed.
pub fn parts(document: &Value) -> Parts {
    let mut parts = Parts::new();
    for (name, schema) in document::schemas(document) {
        add_schema(&format!("schema `{name}`"), schema, &mut parts);
    }
    for operation in document::operations(document) {
        add_operation(document, &operation, &mut parts);
    }
    parts
}

fn add_operation(document: &Value, operation: &document::OperationRef<'_>, parts: &mut Parts) {
    let key = operation.key();
    let lists = [
        operation.path_item.get("parameters"),
        operation.value.get("parameters"),
    ];
    let parameters = lists.into_iter().flatten().filter_map(Value::as_array);
    for parameter in parameters.flatten().filter_map(|it| resolve(document, it)) {
        let text = |field: &str| parameter[field].as_str().unwrap_or_default();
        let place = format!("`{key}`: {} parameter `{}`", text("in"), text("name"));
        parts.insert(place, kind(&parameter["schema"]));
    }
    let body = operation.value.get("requestBody");
    add_content(document, &format!("`{key}`: the body"), body, parts);
    let responses = operation.value["responses"].as_object();
    for (status, response) in responses.into_iter().flatten() {
        let place = format!("`{key}`: the answer {status}");
        parts.insert(place.clone(), String::new());
        add_content(document, &place, Some(response), parts);
    }
}

fn add_content(document: &Value, place: &str, holder: Option<&Value>, parts: &mut Parts) {
    let holder = holder.and_then(|holder| resolve(document, holder));
    let content = holder.and_then(|holder| holder["content"].as_object());
    for (media_type, media) in content.into_iter().flatten() {
        add_schema(&format!("{place} ({media_type})"), &media["schema"], parts);
    }
}

/// Adds a schema with the fields that stand in it.
fn add_schema(place: &str, schema: &Value, parts: &mut Parts) {
    parts.insert(place.to_owned(), kind(schema));
    let properties = schema["properties"].as_object();
    for (name, property) in properties.into_iter().flatten() {
        add_schema(&format!("{place}, field `{name}`"), property, parts);
    }
    for key in ["items", "additionalProperties"] {
        if schema[key]["properties"].is_object() {
            add_schema(&format!("{place}, {key}"), &schema[key], parts);
        }
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        let shapes = schema[key].as_array().into_iter().flatten();
        for (index, shape) in shapes.enumerate() {
            add_schema(&format!("{place}, {key} {}", index + 1), shape, parts);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::overlay::Overlay;
    use crate::versions::DocumentVersion;

    const OVERLAY: &str = "overlay: 1.0.0\ninfo: {}\nactions:\n\
        - {target: $.components.schemas.Config, description: d, x-evidence: e, remove: true}\n\
        - {target: '$.paths[\"/a\"].put.responses', description: d, x-evidence: e, remove: true}\n\
        - {target: '$.paths[\"/a\"].put', description: d, x-evidence: e, update: {responses: {'204': {}}}}\n\
        - {target: $.components.schemas.User.properties, description: d, x-evidence: e, update: {sent: {type: boolean}}}\n";

    fn layers(document: &Value) -> Layers {
        let mut corrected = document.clone();
        let overlay = Overlay::parse(OVERLAY, "o").unwrap();
        let version = DocumentVersion {
            version: "1",
            sha256: "",
            declared: &[],
        };
        overlay.apply_what_fits(&mut corrected, &version).unwrap();
        Layers {
            upstream: parts(document),
            corrected: parts(&corrected),
        }
    }

    fn document() -> Value {
        let text = json!({"type": "string"});
        json!({
            "paths": {"/a": {"put": {
                "parameters": [{"name": "q", "in": "query", "schema": text}],
                "responses": {"200": {"content": {"application/json": {"schema": {
                    "type": "object", "properties": {"one": text}}}}}},
            }}},
            "components": {"schemas": {
                "Config": {"type": "object", "properties": {"size": text, "old": text}},
                "User": {"type": "object", "properties": {"name": text}},
            }},
        })
    }

    #[test]
    fn what_upstream_changes_below_an_action_is_listed() {
        let old = document();
        let mut new = document();
        let schemas = &mut new["components"]["schemas"];
        schemas["Config"]["properties"] =
            json!({"size": {"type": "integer"}, "scimEnabled": {"type": "boolean"}});
        new["paths"]["/a"]["put"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
            ["two"] = json!({"type": "string"});
        assert_eq!(
            changes(&layers(&old), &layers(&new)),
            [
                "`PUT /a`: the answer 200 (application/json), field `two` is new upstream: `string`",
                "schema `Config`, field `scimEnabled` is new upstream: `boolean`",
                "schema `Config`, field `size` is `integer` upstream now, was `string`",
            ]
        );
    }

    #[test]
    fn what_the_overlay_keeps_although_upstream_drops_it_is_listed() {
        let mut old = document();
        old["components"]["schemas"]["User"]["properties"]["sent"] = json!({"type": "string"});
        let hidden = changes(&layers(&old), &layers(&document()));
        assert_eq!(
            hidden,
            ["schema `User`, field `sent` is gone upstream, was `string`"]
        );
    }

    #[test]
    fn what_the_crate_shows_is_not_listed() {
        let mut new = document();
        let user = &mut new["components"]["schemas"]["User"]["properties"];
        // The second is what the overlay says already.
        *user = json!({"nickname": {"type": "string"}, "sent": {"type": "boolean"}});
        new["paths"]["/a"]["put"]["parameters"] = json!([]);
        assert!(changes(&layers(&document()), &layers(&new)).is_empty());
        assert!(changes(&layers(&new), &layers(&new)).is_empty());
    }
}
