//! The types, fields and query parameters of a document that lack a description, and the numbers and times whose description names no unit.

use std::fmt;

use serde_json::Value;

use crate::document;

/// The types, fields, parameters and units that a document does not describe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Types without a sentence.
    pub types: Vec<String>,
    /// Fields without words, such as `UserRepresentation.email`.
    pub fields: Vec<String>,
    /// Query parameters without words, such as `max of GET /users`.
    pub parameters: Vec<String>,
    /// Numbers and times whose words name neither a unit nor what is counted.
    pub units: Vec<String>,
}

/// Words of which one says what a number measures, counts or orders. They are in lower case.
const MEASURES: &[&str] = &[
    "second",
    "minute",
    "hour",
    "day",
    "month",
    "year",
    "epoch",
    "iso 8601",
    "rfc 3339",
    "byte",
    "bits",
    "characters",
    "digits",
    "percent",
    "number of",
    "count",
    "how many",
    "port",
    "priority",
    "order",
    "position",
    "index",
    "level",
    "depth",
    "rank",
    "place",
    "version",
    "status",
    "yyyy",
    "size of",
    "length",
    "offset",
    "sum of",
];

/// Ends of names that times and spans have. They are in lower case.
const TIMES: &[&str] = &[
    "timestamp",
    "time",
    "date",
    "createdat",
    "updatedat",
    "issuedat",
    "expiration",
    "expiry",
    "lifespan",
    "timeout",
    "seconds",
    "notbefore",
];

impl Gaps {
    /// Looks through a corrected document, before the passes add notes to its descriptions.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let mut gaps = Self::default();
        for (name, schema) in document::schemas(document) {
            let name = schema["x-name"].as_str().unwrap_or(name);
            gaps.look_at(name, schema);
        }
        for operation in document::operations(document) {
            let parameters = operation.value["parameters"].as_array();
            let undescribed = parameters.into_iter().flatten().filter(|parameter| {
                parameter["in"] == "query" && description(parameter).is_empty()
            });
            gaps.parameters.extend(undescribed.map(|parameter| {
                let name = parameter["name"].as_str().unwrap_or_default();
                format!("{name} of {}", operation.key())
            }));
        }
        gaps
    }

    /// Returns the gaps of this document that another document does not have.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        let new = |own: &[String], other: &[String]| {
            let new = own.iter().filter(|place| !other.contains(place));
            new.cloned().collect()
        };
        Self {
            types: new(&self.types, &other.types),
            fields: new(&self.fields, &other.fields),
            parameters: new(&self.parameters, &other.parameters),
            units: new(&self.units, &other.units),
        }
    }

    fn look_at(&mut self, name: &str, schema: &Value) {
        if description(schema).is_empty() {
            self.types.push(name.to_owned());
        }
        let parts = schema["allOf"].as_array().into_iter().flatten();
        for part in parts.chain([schema]) {
            let properties = part["properties"].as_object().into_iter().flatten();
            for (field, property) in properties {
                let place = format!("{name}.{field}");
                let words = description(property).to_lowercase();
                if words.is_empty() {
                    self.fields.push(place.clone());
                }
                if is_measured(field, property)
                    && !MEASURES.iter().any(|measure| words.contains(measure))
                {
                    self.units.push(place);
                }
            }
        }
    }
}

impl fmt::Display for Gaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "types without a sentence {}, fields without words {}, parameters without words {}, numbers and times without unit {}",
            self.types.len(),
            self.fields.len(),
            self.parameters.len(),
            self.units.len()
        )
    }
}

fn description(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default().trim()
}

/// Returns whether the property is a number, or a text with the name of a time or of a span.
fn is_measured(field: &str, property: &Value) -> bool {
    let name = field.to_lowercase();
    match property["type"].as_str() {
        Some("integer" | "number") => true,
        Some("string") => {
            // A runtime runs programs.
            !name.ends_with("runtime") && TIMES.iter().any(|end| name.ends_with(end))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_has_no_words_and_what_has_no_unit_is_named() {
        let gaps = Gaps::of(&json!({
            "paths": {"/a": {"get": {"parameters": [
                {"in": "query", "name": "max"},
                {"in": "query", "name": "first", "description": "Number of items to skip."},
                {"in": "path", "name": "id"},
            ]}}},
            "components": {"schemas": {
                "A": {"description": "An A.", "properties": {
                    "age": {"type": "integer", "description": "Age in years."},
                    "lifespan": {"type": "integer", "description": "Its lifespan."},
                    "startDate": {"type": "string", "description": "When it starts."},
                    "name": {"type": "string", "description": " "},
                }},
                "Type1": {"x-name": "Kind", "enum": ["a"]},
                "Both": {"description": "Both.", "allOf": [
                    {"$ref": "#/components/schemas/A"}, {"properties": {"more": {"type": "boolean"}}},
                ]},
            }},
        }));
        assert_eq!(gaps.types, ["Kind"]);
        assert_eq!(gaps.fields, ["A.name", "Both.more"]);
        assert_eq!(gaps.parameters, ["max of GET /a"]);
        assert_eq!(gaps.units, ["A.lifespan", "A.startDate"]);
    }

    #[test]
    fn only_what_is_new_is_beyond() {
        let gaps = |fields: [&str; 2]| Gaps {
            fields: fields.map(str::to_owned).into(),
            ..Gaps::default()
        };
        assert_eq!(gaps(["a", "b"]).beyond(&gaps(["a", "c"])).fields, ["b"]);
    }
}
