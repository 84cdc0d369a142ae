//! Finds documents that progenitor cannot take. It would panic on most of them without naming the place.
//! Each problem names the operation or schema, the construct, and the remedy.

use std::collections::{BTreeMap, HashMap};

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use serde_json::{Map, Value};

use crate::document::{OperationRef, operations, resolve, rust_name, template_parameters};

/// The methods that every generated builder has. A setter of the same name would hide one of them or not compile. `body` belongs to them only
/// if the operation has a body.
const BUILDER_METHODS: [&str; 17] = [
    "body",
    "clone",
    "header",
    "into_future",
    "into_request",
    "max_body_bytes",
    "new",
    "optional",
    "pages",
    "raw",
    "request",
    "request_mut",
    "retry",
    "send",
    "stream",
    "timeout",
    "try_collect",
];

/// Lists every construct of a normalised document that progenitor 0.15 cannot take.
pub fn problems(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    if let Some(paths) = document.get("paths").and_then(Value::as_object) {
        for (path, item) in paths {
            if item.get("$ref").is_some() {
                found.push(format!(
                    "{path}: a path item by reference; write it out in the overlay"
                ));
            }
        }
    }
    for operation in operations(document) {
        let mut check = Check {
            document,
            place: operation.key(),
            found: &mut found,
        };
        check.id(&operation, &mut owners);
        check.parameters(&operation);
        check.request(&operation);
        check.responses(&operation);
    }
    if let Some(schemas) = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
    {
        let mut names: HashMap<String, &str> = HashMap::new();
        for (name, schema) in schemas {
            let mut check = Check {
                document,
                place: format!("schema {name}"),
                found: &mut found,
            };
            if let Some(other) = names.insert(name.to_snake_case(), name) {
                check.problem(
                    &format!("has the Rust name of schema {other}"),
                    "give one an x-name in the overlay",
                );
            }
            check.schema(schema);
        }
    }
    found
}

struct Check<'a> {
    document: &'a Value,
    place: String,
    found: &'a mut Vec<String>,
}

impl Check<'_> {
    fn problem(&mut self, construct: &str, remedy: &str) {
        self.found
            .push(format!("{}: {construct}; {remedy}", self.place));
    }

    fn id(&mut self, operation: &OperationRef<'_>, owners: &mut BTreeMap<String, String>) {
        match operation.value.get("operationId").and_then(Value::as_str) {
            None => self.problem("no operation id", "name it in operations.toml"),
            Some(id) => {
                if let Some(other) = owners.insert(id.to_snake_case(), self.place.clone()) {
                    self.problem(
                        &format!("operation id `{id}` also names {other}"),
                        "give one another name in operations.toml",
                    );
                }
            }
        }
    }

    fn parameters(&mut self, operation: &OperationRef<'_>) {
        if operation.path_item.contains_key("parameters") {
            self.problem(
                "parameters on the path item",
                "the pass `path-item-parameters` moves them",
            );
        }
        let empty = Vec::new();
        let parameters = operation
            .value
            .get("parameters")
            .and_then(Value::as_array)
            .unwrap_or(&empty);
        let mut names: HashMap<String, String> = HashMap::new();
        let mut in_path = Vec::new();
        for parameter in parameters {
            let Some(parameter) = resolve(self.document, parameter) else {
                self.problem(
                    "a parameter reference that leads nowhere",
                    "mend it in the overlay",
                );
                continue;
            };
            let name = parameter["name"].as_str().unwrap_or_default();
            let place = parameter["in"].as_str().unwrap_or_default();
            let what = format!("{place} parameter `{name}`");
            if let Some(other) = names.insert(rust_name(parameter), what.clone()) {
                self.problem(
                    &format!("{what} and {other} have one Rust name"),
                    "give one an x-rust-name in the overlay, or remove it",
                );
            }
            let setter = rust_name(parameter);
            let has_body = operation.value.get("requestBody").is_some();
            if BUILDER_METHODS.contains(&setter.as_str()) && (setter != "body" || has_body) {
                self.problem(
                    &format!(
                        "the setter of {what} has the name of the builder's method `{setter}`"
                    ),
                    "give it an x-rust-name in the overlay",
                );
            }
            let style = parameter.get("style").and_then(Value::as_str);
            let known_style = match place {
                "path" | "header" => matches!(style, None | Some("simple")),
                "query" => matches!(style, None | Some("form")),
                _ => false,
            };
            if !known_style {
                self.problem(
                    &format!("{what} of style {}", style.unwrap_or("default")),
                    "only path and header `simple` and query `form` can be sent; remove it in the overlay",
                );
            }
            match parameter.get("schema") {
                Some(schema) => self.schema(schema),
                None => self.problem(
                    &format!("{what} without a schema"),
                    "give it one in the overlay",
                ),
            }
            if place == "path" {
                in_path.push(name.to_owned());
                if parameter["required"] != true {
                    self.problem(
                        &format!("{what} is optional"),
                        "the pass `path-parameters` mends it",
                    );
                }
            }
        }
        let template: Vec<&str> = template_parameters(operation.path).collect();
        for name in &in_path {
            if !template.contains(&name.as_str()) {
                self.problem(
                    &format!("path parameter `{name}` is not in the path"),
                    "remove it in the overlay",
                );
            }
        }
        for name in template {
            if !in_path.iter().any(|declared| declared == name) {
                self.problem(
                    &format!("path parameter `{name}` is not declared"),
                    "the pass `path-parameters` adds it",
                );
            }
        }
    }

    fn request(&mut self, operation: &OperationRef<'_>) {
        let Some(body) = operation.value.get("requestBody") else {
            return;
        };
        let Some(content) = resolve(self.document, body)
            .and_then(|body| body.get("content"))
            .and_then(Value::as_object)
        else {
            self.problem(
                "a request body without content",
                "describe or remove it in the overlay",
            );
            return;
        };
        if content.len() != 1 {
            self.problem(
                &format!("{} request media types", content.len()),
                "the pass `request-media-type` keeps one",
            );
        }
        for (media_type, media) in content {
            self.media(media_type, media, true);
        }
    }

    fn media(&mut self, media_type: &str, media: &Value, request: bool) {
        let known = matches!(
            media_type,
            "application/json"
                | "application/x-www-form-urlencoded"
                | "application/octet-stream"
                | "text/plain"
        );
        if request && !known {
            self.problem(
                &format!("request media type {media_type}"),
                "the pass `request-media-type` sends it as bytes",
            );
        }
        if media
            .get("encoding")
            .and_then(Value::as_object)
            .is_some_and(|encoding| !encoding.is_empty())
        {
            self.problem(
                &format!("an encoding of {media_type}"),
                "remove it in the overlay",
            );
        }
        match media.get("schema") {
            Some(schema) => {
                if request && matches!(media_type, "application/octet-stream" | "text/plain") {
                    self.plain_body(media_type, schema);
                } else {
                    self.schema(schema);
                }
            }
            None if request || media_type == "application/json" => self.problem(
                &format!("{media_type} without a schema"),
                "give it one in the overlay",
            ),
            None => {}
        }
    }

    fn plain_body(&mut self, media_type: &str, schema: &Value) {
        let format = schema.get("format").and_then(Value::as_str);
        let expected = (media_type == "application/octet-stream").then_some("binary");
        if schema["type"] != "string" || format != expected {
            self.problem(
                &format!("a {media_type} body that is not a plain string"),
                "make it one in the overlay",
            );
        }
    }

    fn responses(&mut self, operation: &OperationRef<'_>) {
        let Some(responses) = operation.value.get("responses").and_then(Value::as_object) else {
            self.problem("no responses", "describe the success in the overlay");
            return;
        };
        if responses.len() != 1 || !responses.keys().all(|status| status.starts_with('2')) {
            self.problem(
                &format!("responses {}", list(responses)),
                "the pass `response-shape` keeps one success",
            );
        }
        for response in responses.values() {
            let content = resolve(self.document, response)
                .and_then(|response| response.get("content"))
                .and_then(Value::as_object);
            for (media_type, media) in content.into_iter().flatten() {
                self.media(media_type, media, false);
            }
        }
    }

    fn schema(&mut self, schema: &Value) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            if !reference.starts_with('#') {
                self.problem(
                    &format!("the reference {reference} leads to another file"),
                    "bundle the document into one file, and fetch that",
                );
            } else if resolve(self.document, schema).is_none() {
                self.problem(
                    &format!("the reference {reference} leads nowhere"),
                    "add the schema in the overlay",
                );
            }
            return;
        }
        match schema.get("type") {
            None => {}
            Some(Value::String(kind))
                if matches!(
                    kind.as_str(),
                    "string" | "integer" | "number" | "boolean" | "array" | "object"
                ) => {}
            Some(other) => self.problem(
                &format!("a schema of type {other}"),
                "give it one of the types of OpenAPI 3.0 in the overlay",
            ),
        }
        if let (Some(kind @ ("array" | "object" | "boolean")), Some(format)) =
            (schema["type"].as_str(), schema.get("format"))
        {
            self.problem(
                &format!("a format ({format}) of type {kind}"),
                "remove it in the overlay",
            );
        }
        if let (None, Some(format)) = (schema.get("type"), schema.get("format")) {
            self.problem(
                &format!("a format ({format}) without a type"),
                "give it a type in the overlay, or remove the format",
            );
        }
        if schema["type"] == "array" && schema.get("items").is_none() {
            self.problem("an array without items", "say what it holds in the overlay");
        }
        if schema.get("not").is_some() {
            self.problem("a schema with `not`", "replace it in the overlay");
        }
        self.shapes(schema);
        if let Some(values) = schema.get("enum").and_then(Value::as_array)
            && !values.iter().all(Value::is_string)
        {
            self.problem(
                "an enum of other things than strings",
                "remove it in the overlay",
            );
        }
        let values = schema.get("enum").and_then(Value::as_array);
        if values.into_iter().flatten().any(is_called_unknown) {
            self.problem(
                "an enum value that is called like the one for all others (Unknown)",
                "remove it in the overlay: it is kept like every other value that is not listed",
            );
        }
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = schema.get(key).filter(|inner| inner.is_object()) {
                self.schema(inner);
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            for inner in schema
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                self.schema(inner);
            }
        }
        let mut fields: HashMap<String, &str> = HashMap::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            if let Some(other) = fields.insert(name.to_snake_case(), name) {
                self.problem(
                    &format!("properties `{name}` and `{other}` have one Rust name"),
                    "remove one in the overlay",
                );
            }
            self.schema(property);
        }
    }
}

impl Check<'_> {
    /// Finds an enum of several shapes, for which Rust has no type that takes what a newer server sends.
    fn shapes(&mut self, schema: &Value) {
        let has_several = |key: &&str| schema[*key].as_array().is_some_and(|all| all.len() > 1);
        let several = ["oneOf", "anyOf"].into_iter().filter(has_several);
        let discriminator = schema.get("discriminator").map(|_| "discriminator");
        let keys: Vec<&str> = several.chain(discriminator).collect();
        if !keys.is_empty() {
            let keys = keys.join("`, `");
            self.problem(
                &format!("a schema of several shapes (`{keys}`)"),
                &format!(
                    "make it a flat object in the overlay: remove `{keys}`, and list the fields of all its shapes with `type: object` and \
                     `properties`"
                ),
            );
        }
    }
}

fn is_called_unknown(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|value| value.to_upper_camel_case() == "Unknown")
}

fn list(responses: &Map<String, Value>) -> String {
    responses.keys().cloned().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Input;
    use serde_json::json;

    fn in_operation(operation: Value) -> Vec<String> {
        let mut operation = operation;
        for (key, value) in [
            ("operationId", json!("get_a")),
            ("responses", json!({"204": {}})),
        ] {
            operation
                .as_object_mut()
                .unwrap()
                .entry(key)
                .or_insert(value);
        }
        problems(&json!({"paths": {"/a": {"post": operation}}}))
    }

    fn expect(operation: Value, parts: &[&str]) {
        let found = in_operation(operation);
        assert_eq!(found.len(), 1, "{found:?}");
        for part in ["POST /a: "].iter().chain(parts) {
            assert!(found[0].contains(part), "{found:?} lacks {part:?}");
        }
    }

    #[test]
    fn a_clean_operation_has_no_problems() {
        assert_eq!(in_operation(json!({})), Vec::<String>::new());
    }

    #[test]
    fn each_construct_is_named_with_its_operation_and_a_remedy() {
        expect(
            json!({"operationId": null}),
            &["no operation id", "operations.toml"],
        );
        let query = |extra: Value| {
            let mut parameter = json!({"name": "q", "in": "query", "schema": {"type": "string"}});
            for (key, value) in extra.as_object().unwrap() {
                parameter[key] = value.clone();
            }
            json!({"parameters": [parameter]})
        };
        expect(query(json!({"style": "deepObject"})), &["deepObject"]);
        expect(query(json!({"in": "cookie"})), &["cookie parameter `q`"]);
        expect(
            query(json!({"schema": {"type": "null"}})),
            &["type \"null\""],
        );
        expect(
            query(json!({"schema": {"format": "int64"}})),
            &["a format (\"int64\") without a type", "overlay"],
        );
        expect(
            query(json!({"in": "path", "required": true})),
            &["not in the path"],
        );
        expect(
            json!({"parameters": [
                {"name": "userId", "in": "query", "schema": {}},
                {"name": "user-id", "in": "query", "schema": {}},
            ]}),
            &["`user-id`", "`userId`", "one Rust name"],
        );
        let body = |content: Value| json!({"requestBody": {"content": content}});
        expect(
            body(
                json!({"application/json": {"schema": {}}, "text/plain": {"schema": {"type": "string"}}}),
            ),
            &["2 request media types", "request-media-type"],
        );
        expect(
            body(json!({"application/xml": {"schema": {}}})),
            &["application/xml"],
        );
        expect(body(json!({"application/json": {}})), &["without a schema"]);
        expect(
            body(json!({"text/plain": {"schema": {"type": "object"}}})),
            &["not a plain string"],
        );
        let responses = |responses: Value| json!({"responses": responses});
        expect(
            responses(json!({"200": {}, "204": {}})),
            &["200, 204", "response-shape"],
        );
        expect(
            responses(json!({"200": {"content": {"application/json": {}}}})),
            &["application/json without a schema"],
        );
        expect(
            responses(
                json!({"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/X"}}}}}),
            ),
            &["#/components/schemas/X leads nowhere"],
        );
    }

    #[test]
    fn a_setter_with_the_name_of_a_builders_method_is_named() {
        let operation = |name: &str| json!({"parameters": [{"name": name, "in": "query", "schema": {"type": "string"}}]});
        let body = json!({"content": {"application/json": {"schema": {}}}});
        for method in BUILDER_METHODS {
            let mut operation = operation(method);
            operation["requestBody"] = body.clone();
            expect(
                operation,
                &[
                    &format!("query parameter `{method}`"),
                    &format!("method `{method}`"),
                    "give it an x-rust-name in the overlay",
                ],
            );
        }
        expect(operation("maxBodyBytes"), &["method `max_body_bytes`"]);
        assert_eq!(in_operation(operation("body")), Vec::<String>::new());
        let mut renamed = operation("timeout");
        renamed["parameters"][0]["x-rust-name"] = json!("job_timeout");
        assert_eq!(in_operation(renamed), Vec::<String>::new());
    }

    #[test]
    fn schemas_are_checked_too() {
        let found = problems(&json!({"components": {"schemas": {
            "A": {"properties": {"list": {"type": "array"}, "aB": {}, "a_b": {}}},
            "E": {"enum": [1, 2]},
            "F": {"type": "object", "format": "binary"},
            "G": {"format": "int32"},
            "N": {"not": {}},
            "O": {"oneOf": [{"$ref": "other.yaml#/A"}, {"type": "string"}], "discriminator": {"propertyName": "kind"}},
            "P": {"oneOf": [{"type": "string"}]},
        }}}));
        let all = found.join("\n");
        for part in [
            "schema A: an array without items",
            "schema A: properties `a_b` and `aB`",
            "schema E: an enum",
            "schema F: a format (\"binary\") of type object",
            "schema G: a format (\"int32\") without a type; give it a type in the overlay",
            "schema N: a schema with `not`",
            "schema O: a schema of several shapes (`oneOf`, `discriminator`); make it a flat object in the overlay: remove `oneOf`, `discriminator`",
            "schema O: the reference other.yaml#/A leads to another file; bundle the document into one file",
        ] {
            assert!(all.contains(part), "{all} lacks {part}");
        }
        assert!(!all.contains("schema P"), "{all}");
    }

    #[test]
    fn the_remedy_for_several_shapes_works() {
        let shape = |field: &str| json!({"type": "object", "properties": {"type": {"type": "string"}, field: {"type": "string"}}});
        let document = json!({
            "openapi": "3.0.3",
            "info": {"title": "A", "version": "1"},
            "paths": {"/a": {"get": {"tags": ["A"], "responses": {"200": {"description": "ok", "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Auth"}}}}}}}},
            "components": {"schemas": {
                "Auth": {
                    "type": "object",
                    "properties": {"type": {"type": "string"}},
                    "discriminator": {"propertyName": "type"},
                    "oneOf": [{"$ref": "#/components/schemas/Jwt"}, {"$ref": "#/components/schemas/Basic"}],
                },
                "Jwt": shape("issuer"),
                "Basic": shape("username"),
            }},
        });
        let input = |actions: &str| Input {
            api: "a".to_owned(),
            title: "A".to_owned(),
            version: "1".to_owned(),
            versions: Vec::new(),
            document: document.to_string().into_bytes(),
            overlay: format!("overlay: 1.0.0\ninfo: {{}}\nactions: [{actions}]"),
            descriptions: String::new(),
            operations: "\"GET /a\" = \"get_auth\"\n".to_owned(),
        };
        let refused = input("").generate().err().unwrap().to_string();
        assert!(
            refused.contains("schema Auth: a schema of several shapes"),
            "{refused}"
        );
        let remedy = "{target: \"$.components.schemas.Auth['oneOf', 'discriminator']\", description: d, x-evidence: e, remove: true}, \
            {target: $.components.schemas.Auth.properties, description: d, x-evidence: e, \
             update: {issuer: {type: string}, username: {type: string}}}";
        let (files, _) = input(remedy).generate().unwrap();
        let types = files
            .iter()
            .find(|(name, _)| name.ends_with("types.rs"))
            .unwrap()
            .1;
        for field in ["issuer", "username"] {
            assert!(
                types.contains(&format!("pub {field}: Option<String>")),
                "{types}"
            );
        }
    }

    #[test]
    fn two_operations_with_one_id_are_named_both() {
        let operation = json!({"operationId": "x", "responses": {"204": {}}});
        let found = problems(&json!({"paths": {"/a": {"get": operation, "put": operation}}}));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("PUT /a") && found[0].contains("GET /a"),
            "{found:?}"
        );
    }
}
