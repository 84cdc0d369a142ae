//! JSON Schemas of representations, with the feature `schemars`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

/// Expands to its content if the feature `schemars` is on.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "schemars")]
macro_rules! __if_schemars {
    ($($item:item)*) => { $($item)* };
}

/// The properties of an object schema.
#[derive(Default)]
pub struct Properties(Map<String, Value>);

impl Properties {
    /// Adds the property of a field. The function is not called: it says which type the field has.
    pub fn add<S, T: JsonSchema>(
        &mut self,
        generator: &mut SchemaGenerator,
        name: &str,
        _field: fn(&S) -> &Option<T>,
    ) {
        let schema = generator.subschema_for::<Option<T>>();
        self.0.insert(name.to_owned(), schema.into());
    }

    /// Makes the schema. Every property is optional, and others are allowed.
    #[must_use]
    pub fn into_schema(self) -> Schema {
        json_schema!({ "type": "object", "properties": self.0 })
    }
}

/// Makes the schema of an enumeration that stays open: it names the known values and allows any other.
#[must_use]
pub fn open_enum_schema(values: &[&str]) -> Schema {
    json_schema!({ "anyOf": [{ "enum": values }, { "type": "string" }] })
}
