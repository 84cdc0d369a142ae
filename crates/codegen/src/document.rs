//! An OpenAPI document as JSON: reading it, checking what it is, and walking over its operations.

use anyhow::{Context, Result, bail};
use heck::ToSnakeCase as _;
use serde_json::{Map, Value};

/// The HTTP methods an OpenAPI path item can have, in the order in which they are listed.
pub const METHODS: [&str; 8] = [
    "get", "post", "put", "patch", "delete", "head", "options", "trace",
];

/// Reads JSON or YAML into one kind of value. Both keep the order of the document.
pub fn parse(text: &str, name: &str) -> Result<Value> {
    let is_json = text.trim_start().starts_with('{');
    if is_json {
        serde_json::from_str(text).with_context(|| format!("{name} is not valid JSON"))
    } else {
        parse_yaml(text).with_context(|| format!("{name} is not valid YAML"))
    }
}

/// Reads YAML 1.2, in which `on` and `y` are words and not booleans.
pub fn parse_yaml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    let options = serde_saphyr::options! { strict_booleans: true };
    Ok(serde_saphyr::from_str_with_options(text, options)?)
}

/// Refuses what is not an OpenAPI 3.0 document with at least one operation.
pub fn check_is_openapi_3_0(document: &Value, name: &str) -> Result<()> {
    match document.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.0.") => {}
        Some(version) => bail!(
            "{name} is OpenAPI {version}; this pipeline takes 3.0.x. Convert it, or take a release that is 3.0.x"
        ),
        None => bail!("{name} is not an OpenAPI document: it has no `openapi` field"),
    }
    let operations = operations(document).count();
    if operations == 0 {
        bail!("{name} has no operations: its `paths` are missing or empty");
    }
    Ok(())
}

/// Refuses a document with references to other files, because the document alone is kept.
pub fn check_is_one_file(document: &Value, name: &str) -> Result<()> {
    let mut others = Vec::new();
    collect_other_files(document, &mut others);
    if let Some(first) = others.first() {
        bail!(
            "{name} refers to other files ({} references, such as `{first}`), and this pipeline keeps one file. Bundle it into one, for \
             example with `npx @redocly/cli bundle openapi.yaml -o bundled.yaml`, and bring that",
            others.len()
        );
    }
    Ok(())
}

fn collect_other_files<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(reference) if key == "$ref" && !reference.starts_with('#') => {
                        found.push(reference);
                    }
                    // Data, in which a `$ref` is a key like any other.
                    _ if matches!(key.as_str(), "example" | "examples" | "default" | "enum") => {}
                    _ => collect_other_files(value, found),
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_other_files(item, found)),
        _ => {}
    }
}

/// One operation of a document, borrowed.
#[derive(Clone, Copy)]
pub struct OperationRef<'a> {
    /// The path template.
    pub path: &'a str,
    /// The method, in lower case as in the document.
    pub method: &'static str,
    /// The operation object.
    pub value: &'a Value,
    /// The path item that it stands in.
    pub path_item: &'a Map<String, Value>,
}

impl<'a> OperationRef<'a> {
    /// `GET /path`: how operations are named in `operations.toml` and in messages.
    #[must_use]
    pub fn key(&self) -> String {
        key(self.method, self.path)
    }

    /// The operation's id, after the names are assigned.
    pub fn id(self) -> Result<&'a str> {
        let id = self.value["operationId"].as_str();
        id.with_context(|| format!("{} has no id", self.key()))
    }

    /// The parameters in progenitor's order: path as in the template, query by name, header by name.
    pub fn parameters(self) -> impl Iterator<Item = &'a Value> {
        let all = self.value["parameters"].as_array();
        let of = move |place: &'static str| {
            let mut found: Vec<&'a Value> = all
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == place)
                .collect();
            if place != "path" {
                found.sort_by_key(|parameter| parameter["name"].as_str());
            }
            found
        };
        let path = template_parameters(self.path).filter_map(move |name| {
            of("path")
                .into_iter()
                .find(|parameter| parameter["name"] == name)
        });
        path.chain(of("query")).chain(of("header"))
    }

    /// The media type of the body, if the operation takes one.
    #[must_use]
    pub fn media_type(self) -> Option<&'a str> {
        self.value
            .pointer("/requestBody/content")?
            .as_object()?
            .keys()
            .next()
            .map(String::as_str)
    }

    /// The media types of an answer that is not JSON.
    #[must_use]
    pub fn raw_media_types(self) -> Option<String> {
        let offered = self.value["x-response-media-types"].as_array()?;
        let offered: Vec<&str> = offered.iter().filter_map(Value::as_str).collect();
        let json = offered
            .iter()
            .any(|media_type| media_type.starts_with("application/json"));
        (!json).then(|| offered.join(", "))
    }

    /// The names of the query parameters and headers that the operation requires.
    #[must_use]
    pub fn required_parameters(self) -> Vec<&'a str> {
        self.parameters()
            .filter(|parameter| parameter["in"] != "path" && parameter["required"] == true)
            .filter_map(|parameter| parameter["name"].as_str())
            .collect()
    }

    /// Returns whether the call is not sent without a body.
    #[must_use]
    pub fn requires_body(self) -> bool {
        self.media_type().is_some() && self.value["x-body-optional"] != true
    }

    /// The statuses of success that the document names.
    pub fn success_statuses(self) -> impl Iterator<Item = u16> {
        self.value["x-statuses"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|status| status.as_str()?.parse::<u16>().ok())
            .filter(|status| (200..300).contains(status))
    }
}

/// `GET /path` for a method of any case.
#[must_use]
pub fn key(method: &str, path: &str) -> String {
    format!("{} {path}", method.to_uppercase())
}

/// All operations in the order of the document.
pub fn operations(document: &Value) -> impl Iterator<Item = OperationRef<'_>> {
    document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(path, item)| Some((path, item.as_object()?)))
        .flat_map(|(path, path_item)| {
            METHODS.iter().filter_map(move |&method| {
                Some(OperationRef {
                    path,
                    method,
                    value: path_item.get(method)?,
                    path_item,
                })
            })
        })
}

/// All schemas under `components`, by name.
pub fn schemas(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let schemas = document.pointer("/components/schemas");
    schemas.and_then(Value::as_object).into_iter().flatten()
}

/// Calls `edit` with each operation (path, method, operation); sums up what it returns.
pub fn edit_operations(
    document: &mut Value,
    mut edit: impl FnMut(&str, &'static str, &mut Map<String, Value>) -> usize,
) -> usize {
    let mut changed = 0;
    for (path, item) in path_items_mut(document) {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                changed += edit(path, method, operation);
            }
        }
    }
    changed
}

/// All path items, to be changed.
pub fn path_items_mut(
    document: &mut Value,
) -> impl Iterator<Item = (&String, &mut Map<String, Value>)> {
    document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Map::iter_mut)
        .filter_map(|(path, item)| Some((path, item.as_object_mut()?)))
}

/// Calls `edit` with every schema of the document, also with those within others; sums up what it
/// returns. Schemas stand under `components.schemas` and under each `schema` key.
pub fn edit_schemas(
    document: &mut Value,
    edit: &mut impl FnMut(&mut Map<String, Value>) -> usize,
) -> usize {
    let mut changed = 0;
    if let Some(schemas) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        for (_, schema) in schemas.iter_mut() {
            changed += edit_schema(schema, edit);
        }
    }
    if let Some(paths) = document.get_mut("paths") {
        changed += edit_schema_keys(paths, edit);
    }
    changed
}

fn edit_schema_keys(
    value: &mut Value,
    edit: &mut impl FnMut(&mut Map<String, Value>) -> usize,
) -> usize {
    match value {
        Value::Object(map) => map
            .iter_mut()
            .map(|(key, value)| {
                if key == "schema" {
                    edit_schema(value, edit)
                } else {
                    edit_schema_keys(value, edit)
                }
            })
            .sum(),
        Value::Array(items) => items
            .iter_mut()
            .map(|item| edit_schema_keys(item, edit))
            .sum(),
        _ => 0,
    }
}

fn edit_schema(
    schema: &mut Value,
    edit: &mut impl FnMut(&mut Map<String, Value>) -> usize,
) -> usize {
    let Value::Object(map) = schema else { return 0 };
    let mut changed = edit(map);
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        for (_, property) in properties.iter_mut() {
            changed += edit_schema(property, edit);
        }
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(inner) = map.get_mut(key) {
            changed += edit_schema(inner, edit);
        }
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        if let Some(Value::Array(inner)) = map.get_mut(key) {
            for schema in inner {
                changed += edit_schema(schema, edit);
            }
        }
    }
    changed
}

/// The parameter names between braces in a path template, in order.
pub fn template_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// The Rust name of a parameter: its own in snake case, or what the overlay's `x-rust-name` says.
pub fn rust_name(parameter: &Value) -> String {
    parameter["x-rust-name"].as_str().map_or_else(
        || {
            parameter["name"]
                .as_str()
                .unwrap_or_default()
                .to_snake_case()
        },
        str::to_owned,
    )
}

/// Follows a local `$ref` (`#/a/b`). Returns the value itself if it is no reference.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> Option<&'a Value> {
    match value.get("$ref").and_then(Value::as_str) {
        None => Some(value),
        Some(reference) => document.pointer(reference.strip_prefix('#')?),
    }
}

/// The path that stands before every path of the document: that of its first server, when this is a path alone.
pub fn base_path(document: &Value) -> String {
    document
        .pointer("/servers/0/url")
        .and_then(Value::as_str)
        .filter(|url| url.starts_with('/') && !url.contains('{'))
        .unwrap_or_default()
        .trim_end_matches('/')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn yaml_and_json_give_the_same_value() {
        let yaml = parse(
            "openapi: 3.0.2\nresponses:\n  200: {description: ok}\n",
            "y",
        )
        .unwrap();
        let json = parse(
            r#"{"openapi":"3.0.2","responses":{"200":{"description":"ok"}}}"#,
            "j",
        )
        .unwrap();
        assert_eq!(yaml, json);
        assert_eq!(
            parse("[on, y, no, true]", "y").unwrap(),
            json!(["on", "y", "no", true])
        );
    }

    #[test]
    fn other_versions_and_other_documents_are_refused_by_name() {
        let new = check_is_openapi_3_0(&json!({"openapi": "3.1.0"}), "new.json").unwrap_err();
        assert!(
            new.to_string().contains("new.json is OpenAPI 3.1.0"),
            "{new}"
        );
        let swagger = check_is_openapi_3_0(&json!({"swagger": "2.0"}), "old.json").unwrap_err();
        assert!(
            swagger.to_string().contains("no `openapi` field"),
            "{swagger}"
        );
        let empty =
            check_is_openapi_3_0(&json!({"openapi": "3.0.3", "paths": {}}), "e").unwrap_err();
        assert!(empty.to_string().contains("no operations"), "{empty}");
    }

    #[test]
    fn references_to_other_files_are_refused_and_counted() {
        let one = json!({"a": {"$ref": "#/b"}, "example": {"$ref": "x.yaml"}, "properties": {"$ref": {"type": "string"}}});
        check_is_one_file(&one, "one").unwrap();
        let two =
            json!({"a": [{"$ref": "x.yaml#/A"}], "b": {"$ref": "https://example.com/y.json"}});
        let error = check_is_one_file(&two, "two").unwrap_err().to_string();
        for part in [
            "two refers",
            "2 references, such as `x.yaml#/A`",
            "Bundle it",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn schemas_are_found_wherever_they_stand() {
        let mut document = json!({
            "paths": {"/a": {"get": {"parameters": [{"schema": {"type": "string"}}]}}},
            "components": {"schemas": {"A": {"properties": {
                "list": {"items": {"type": "string"}},
                "map": {"additionalProperties": {"type": "integer"}},
                "one": {"allOf": [{"$ref": "#/components/schemas/A"}]},
            }}}},
        });
        // The parameter's; A, its three properties, and what stands within them.
        assert_eq!(edit_schemas(&mut document, &mut |_| 1), 8);
    }

    #[test]
    fn template_parameters_are_in_order() {
        let names: Vec<_> = template_parameters("/a/{one}/b/{two-x}").collect();
        assert_eq!(names, ["one", "two-x"]);
    }
}
