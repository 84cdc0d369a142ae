//! `specs/API/descriptions.yaml`: descriptions of operations, query parameters, types, fields and enum values in words of our own.
//!
//! A description replaces that of the document. An entry that matches nothing is an error.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::document::{self, OperationRef, parse_yaml};

/// The key beside the types that holds the operations. No type begins with a small letter.
const OPERATIONS: &str = "operations";

/// The key beside the types that holds the query parameters.
const PARAMETERS: &str = "parameters";

/// The descriptions of one API.
#[derive(Debug, Default)]
pub struct Descriptions {
    /// Sentences by `GET /path`.
    operations: Vec<(String, String)>,
    parameters: Vec<Parameter>,
    types: Vec<(String, Type)>,
}

/// The description of a query parameter, for all operations that have it or for some of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameter {
    name: String,
    /// The operations as `GET /path`. A `*` at the end stands for any rest. Without this list, the entry is for every operation that no
    /// other entry names.
    #[serde(default)]
    of: Vec<String>,
    about: String,
}

/// The descriptions of one type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Type {
    /// The type itself.
    #[serde(default)]
    about: Option<String>,
    /// Its fields, by their names on the wire.
    #[serde(default)]
    fields: Map<String, Value>,
    /// The values of an enum.
    #[serde(default)]
    values: Map<String, Value>,
}

impl Descriptions {
    /// Parses the text of `descriptions.yaml`. An empty text describes nothing.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let entries: Map<String, Value> =
            parse_yaml(text).with_context(|| format!("{name} does not hold descriptions"))?;
        let mut descriptions = Self::default();
        for (key, value) in entries {
            let place = || format!("{name}: {key}");
            if key == OPERATIONS {
                let Value::Object(sentences) = value else {
                    bail!("{}: not a map", place());
                };
                for (key, sentence) in sentences {
                    let sentence = words(&sentence).with_context(|| format!("{name}: {key}"))?;
                    descriptions.operations.push((key, sentence));
                }
                continue;
            }
            if key == PARAMETERS {
                descriptions.parameters = serde_json::from_value(value).with_context(place)?;
                continue;
            }
            let entry: Type = serde_json::from_value(value).with_context(place)?;
            if let Some((before, _)) = descriptions.types.last() {
                ensure!(
                    *before < key,
                    "{name}: {key} stands after {before}; the types are sorted by name"
                );
            }
            descriptions.types.push((key, entry));
        }
        Ok(descriptions)
    }

    /// Writes the descriptions into a document; returns how many were written. The error names every entry that matches nothing.
    pub fn apply(&self, document: &mut Value) -> Result<usize> {
        let (written, idle) = self.apply_what_fits(document)?;
        ensure!(
            idle.is_empty(),
            "the document does not have these described parts; delete the entries, or correct their names:\n  {}",
            idle.join("\n  ")
        );
        Ok(written)
    }

    /// Like [`apply`](Self::apply), for a document that the descriptions were not made for: also returns the entries that match nothing.
    pub fn apply_what_fits(&self, document: &mut Value) -> Result<(usize, Vec<String>)> {
        let mut written = self.describe_operations(document);
        let mut idle: Vec<String> = self.idle_operations(document);
        for parameter in &self.parameters {
            let described = self.describe_parameter(parameter, document);
            written += described;
            if described == 0 {
                idle.push(parameter.place());
            }
            idle.extend(parameter.idle_operations(document));
        }
        for (name, entry) in &self.types {
            let Some(schema) = schema_called(document, name) else {
                idle.push(name.clone());
                continue;
            };
            if let Some(about) = &entry.about {
                schema.insert("description".to_owned(), json!(about));
                written += 1;
            }
            for (field, description) in &entry.fields {
                let place = format!("{name}.{field}");
                match property(schema, field) {
                    Some(property) => {
                        let description = words(description).context(place)?;
                        property.insert("description".to_owned(), json!(description));
                        written += 1;
                    }
                    None => idle.push(place),
                }
            }
            for (value, sentence) in &entry.values {
                let place = format!("{name}: {value}");
                if has_value(schema, value) {
                    let sentence = words(sentence).context(place)?;
                    let known = schema
                        .entry("x-enum-descriptions")
                        .or_insert_with(|| json!({}));
                    known[value] = json!(sentence);
                    written += 1;
                } else {
                    idle.push(place);
                }
            }
        }
        Ok((written, idle))
    }

    fn describe_operations(&self, document: &mut Value) -> usize {
        document::edit_operations(document, |path, method, operation| {
            let key = document::key(method, path);
            let sentence = self.operations.iter().find(|(of, _)| *of == key);
            if let Some((_, sentence)) = sentence {
                operation.insert("summary".to_owned(), json!(sentence));
            }
            sentence.into_iter().count()
        })
    }

    /// Describes the parameter in each operation that the entry is for. Returns the number of these operations.
    fn describe_parameter(&self, entry: &Parameter, document: &mut Value) -> usize {
        document::edit_operations(document, |path, method, operation| {
            let key = document::key(method, path);
            let is_named = |other: &Parameter| other.name == entry.name && other.is_of(&key);
            let is_for_it = if entry.of.is_empty() {
                !self.parameters.iter().any(is_named)
            } else {
                entry.is_of(&key)
            };
            let parameter = query_parameter(operation, &entry.name).filter(|_| is_for_it);
            let described = parameter.map(|parameter| {
                parameter.insert("description".to_owned(), json!(entry.about.trim()));
            });
            described.into_iter().count()
        })
    }

    fn idle_operations(&self, document: &Value) -> Vec<String> {
        let keys: Vec<String> = document::operations(document)
            .map(|operation| operation.key())
            .collect();
        let idle = self
            .operations
            .iter()
            .filter(|(key, _)| !keys.contains(key));
        idle.map(|(key, _)| key.clone()).collect()
    }
}

impl Parameter {
    fn is_of(&self, key: &str) -> bool {
        self.of.iter().any(|operation| is_match(operation, key))
    }

    fn place(&self) -> String {
        format!("parameter {}", self.name)
    }

    /// The operations of the entry that do not have the parameter.
    fn idle_operations(&self, document: &Value) -> Vec<String> {
        let has_it = |operation: OperationRef<'_>| {
            let mut parameters = operation.value["parameters"]
                .as_array()
                .into_iter()
                .flatten();
            parameters.any(|parameter| is_query(parameter, &self.name))
        };
        let keys: Vec<String> = document::operations(document)
            .filter(|operation| has_it(*operation))
            .map(|operation| operation.key())
            .collect();
        let is_idle = |operation: &&String| !keys.iter().any(|key| is_match(operation, key));
        let idle = self.of.iter().filter(is_idle);
        idle.map(|operation| format!("{} of {operation}", self.place()))
            .collect()
    }
}

/// Returns whether an operation has this key, or begins like it up to a `*`.
fn is_match(operation: &str, key: &str) -> bool {
    match operation.strip_suffix('*') {
        Some(start) => key.starts_with(start),
        None => operation == key,
    }
}

fn is_query(parameter: &Value, name: &str) -> bool {
    parameter["in"] == "query" && parameter["name"] == name
}

fn query_parameter<'a>(
    operation: &'a mut Map<String, Value>,
    name: &str,
) -> Option<&'a mut Map<String, Value>> {
    let parameters = operation.get_mut("parameters")?.as_array_mut()?;
    let parameter = parameters
        .iter_mut()
        .find(|parameter| is_query(parameter, name));
    parameter?.as_object_mut()
}

fn words(value: &Value) -> Result<String> {
    let text = value.as_str().context("a description is a text")?.trim();
    ensure!(!text.is_empty(), "the description is empty");
    Ok(text.to_owned())
}

/// The schema that has this name, or that the overlay gives this name.
fn schema_called<'a>(document: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    let schemas = document
        .pointer_mut("/components/schemas")?
        .as_object_mut()?;
    let named = schemas.iter_mut().find(|(key, schema)| {
        let given = schema["x-name"].as_str();
        given.unwrap_or(key) == name
    });
    named?.1.as_object_mut()
}

/// A property of a schema, or of one of the objects that it is made of.
fn property<'a>(
    schema: &'a mut Map<String, Value>,
    field: &str,
) -> Option<&'a mut Map<String, Value>> {
    let own = |schema: &Map<String, Value>| {
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.is_some_and(|properties| properties.contains_key(field))
    };
    let holder = if own(schema) {
        schema
    } else {
        let parts = schema.get_mut("allOf")?.as_array_mut()?;
        let mut parts = parts.iter_mut().filter_map(Value::as_object_mut);
        parts.find(|part| own(part))?
    };
    holder
        .get_mut("properties")?
        .get_mut(field)?
        .as_object_mut()
}

fn has_value(schema: &Map<String, Value>, value: &str) -> bool {
    let values = schema.get("enum").and_then(Value::as_array);
    values.is_some_and(|values| values.iter().any(|known| known == value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIPTIONS: &str = r"
operations:
  GET /users: Lists users.
parameters:
  - {name: max, about: Number of items.}
  - {name: max, of: [GET /roles*], about: Number of roles.}
Both:
  fields:
    more: What it has more.
Kind:
  about: Kind of a user.
  values:
    on-leave: The user is away.
User:
  about: A user.
  fields:
    kind: Kind of the user.
    name: Login name.
";

    fn document() -> Value {
        json!({
            "paths": {
                "/users": {"get": {"summary": "users", "parameters": [
                    {"in": "query", "name": "max"}, {"in": "path", "name": "id"},
                ]}},
                "/roles/all": {"get": {"parameters": [{"in": "query", "name": "max"}]}},
            },
            "components": {"schemas": {
                "User": {"description": "upstream", "properties": {
                    "name": {"type": "string", "description": "upstream"},
                    "kind": {"$ref": "#/components/schemas/Type1"},
                }},
                "Type1": {"x-name": "Kind", "enum": ["on-leave"]},
                "Both": {"allOf": [
                    {"$ref": "#/components/schemas/User"}, {"properties": {"more": {}}},
                ]},
            }},
        })
    }

    fn parse(text: &str) -> Result<Descriptions> {
        Descriptions::parse(text, "descriptions.yaml")
    }

    #[test]
    fn our_words_win() {
        let mut document = document();
        let descriptions = parse(DESCRIPTIONS).unwrap();
        assert_eq!(descriptions.apply(&mut document).unwrap(), 9);
        let max = |path: &str| &document["paths"][path]["get"]["parameters"][0]["description"];
        assert_eq!(max("/users"), "Number of items.");
        assert_eq!(max("/roles/all"), "Number of roles.");
        assert_eq!(
            document["paths"]["/users"]["get"]["summary"],
            "Lists users."
        );
        let schemas = &document["components"]["schemas"];
        let user = &schemas["User"];
        assert_eq!(user["description"], "A user.");
        let properties = &user["properties"];
        assert_eq!(properties["name"]["description"], "Login name.");
        assert_eq!(properties["kind"]["description"], "Kind of the user.");
        let kind = &schemas["Type1"];
        assert_eq!(kind["description"], "Kind of a user.");
        assert_eq!(kind["x-enum-descriptions"]["on-leave"], "The user is away.");
        let more = &schemas["Both"]["allOf"][1]["properties"]["more"];
        assert_eq!(more["description"], "What it has more.");
    }

    #[test]
    fn an_entry_that_matches_nothing_is_an_error() {
        for (entry, place) in [
            ("operations: {GET /gone: Gone.}", "GET /gone"),
            ("parameters: [{name: gone, about: Gone.}]", "parameter gone"),
            // It is in the path.
            ("parameters: [{name: id, about: Gone.}]", "parameter id"),
            ("Gone: {about: Gone.}", "Gone"),
            ("User: {fields: {gone: Gone.}}", "User.gone"),
            // It is a field of `User`, and is described there.
            ("Both: {fields: {name: Gone.}}", "Both.name"),
            ("Kind: {values: {gone: Gone.}}", "Kind: gone"),
            ("User: {values: {gone: Gone.}}", "User: gone"),
        ] {
            let descriptions = parse(entry).unwrap();
            let error = descriptions.apply(&mut document()).unwrap_err().to_string();
            assert!(error.ends_with(&format!("\n  {place}")), "{error}");
            let (written, idle) = descriptions.apply_what_fits(&mut document()).unwrap();
            assert_eq!((written, idle), (0, vec![place.to_owned()]));
        }
    }

    #[test]
    fn an_operation_without_the_parameter_is_an_error() {
        let entry = "parameters: [{name: max, of: [GET /users, GET /gone*], about: Number.}]";
        let (written, idle) = parse(entry)
            .unwrap()
            .apply_what_fits(&mut document())
            .unwrap();
        assert_eq!(
            (written, idle),
            (1, vec!["parameter max of GET /gone*".to_owned()])
        );
    }

    #[test]
    fn what_is_no_description_is_refused() {
        for (text, reason) in [
            ("B: {about: b}\nA: {about: a}", "sorted by name"),
            ("A: {abuot: a}", "abuot"),
            ("A: {about: a}\nA: {about: b}", "duplicate"),
            ("operations: none", "not a map"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(reason), "{error}");
        }
        for fields in ["{name: ''}", "{name: {about: a}}", "{name: 3}"] {
            let descriptions = parse(&format!("User: {{fields: {fields}}}")).unwrap();
            let error = descriptions.apply(&mut document()).unwrap_err();
            assert!(format!("{error:#}").contains("User.name"), "{error:#}");
        }
    }
}
