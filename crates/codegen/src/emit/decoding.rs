//! A test of every type, from the document: an answer decodes with a field left out, with a field that is null, with a
//! field that is not known, with an enum value that is not known; and what is known comes back as it was.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value, json};

use crate::document::resolve;

/// `tests.rs` for the named types of a document.
pub fn tests(document: &Value, type_names: &[(String, Value)]) -> TokenStream {
    let samples = type_names.iter().map(|(name, schema)| {
        let ident = format_ident!("{name}");
        let sample = sample(document, schema, 0).to_string();
        quote!((#name, round_trip::<types::#ident>, #sample))
    });
    let open: Vec<&str> = type_names
        .iter()
        .filter(|(_, schema)| keeps_further_fields(schema))
        .map(|(name, _)| name.as_str())
        .collect();
    let (open_types, further_fields) = if open.is_empty() {
        (
            TokenStream::new(),
            quote! {
                #[test]
                fn a_field_that_is_not_known_is_ignored() {
                    for (name, sample, round_trip) in samples() {
                        let mut newer = sample.clone();
                        newer["fromANewerServer"] = json!({"deeply": ["nested", null, 1.5]});
                        assert_eq!(read(name, "a new field", round_trip, newer), sample, "{name}");
                    }
                }
            },
        )
    } else {
        (
            quote! {
                /// The types that keep the fields they have no name for.
                const OPEN: &[&str] = &[ #(#open),* ];
            },
            quote! {
                #[test]
                fn a_field_that_is_not_known_is_ignored_unless_the_type_is_open() {
                    for (name, sample, round_trip) in samples() {
                        let mut newer = sample.clone();
                        newer["fromANewerServer"] = json!({"deeply": ["nested", null, 1.5]});
                        let expected = if OPEN.contains(&name) { newer.clone() } else { sample };
                        assert_eq!(read(name, "a new field", round_trip, newer), expected, "{name}");
                    }
                }
            },
        )
    };
    let nulls = null_tests();
    quote! {
        //! Every type decodes what a server of another version may send.

        use serde::Serialize;
        use serde::de::DeserializeOwned;
        use serde_json::{Error, Value, from_str, from_value, json, to_value};

        use super::types;

        type RoundTrip = fn(Value) -> Result<Value, Error>;

        fn round_trip<T: DeserializeOwned + Serialize>(value: Value) -> Result<Value, Error> {
            to_value(from_value::<T>(value)?)
        }

        /// The name of each type, how it decodes and encodes, and an answer with all of its fields.
        const SAMPLES: &[(&str, RoundTrip, &str)] = &[ #(#samples),* ];

        #open_types

        /// The sample of each type, its fields by name (none where the type is no object of its own), and how it is read.
        fn samples() -> impl Iterator<Item = (&'static str, Value, RoundTrip)> {
            SAMPLES.iter().map(|(name, round_trip, sample)| (*name, from_str(sample).unwrap(), *round_trip))
        }

        fn fields(sample: &Value) -> Vec<String> {
            sample.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
        }

        fn read(name: &str, what: &str, round_trip: RoundTrip, value: Value) -> Value {
            round_trip(value).unwrap_or_else(|error| panic!("{name}, {what}: {error}"))
        }

        #[test]
        fn what_is_known_comes_back_as_it_was() {
            for (name, sample, round_trip) in samples() {
                assert_eq!(read(name, "complete", round_trip, sample.clone()), sample, "{name}");
            }
        }

        #[test]
        fn a_field_may_be_missing_or_null() {
            for (name, sample, round_trip) in samples() {
                for field in fields(&sample) {
                    let mut without = sample.clone();
                    without.as_object_mut().unwrap().remove(&field);
                    assert_eq!(read(name, &field, round_trip, without.clone()), without, "{name} without {field}");
                    let mut null = sample.clone();
                    null[&field] = Value::Null;
                    assert_eq!(read(name, &field, round_trip, null), without, "{name} with {field} null");
                }
            }
        }

        #nulls

        #further_fields

        #[test]
        fn a_text_or_enum_value_that_is_not_known_is_kept() {
            for (name, mut sample, round_trip) in samples() {
                for field in fields(&sample) {
                    if sample[&field].is_string() {
                        sample[&field] = json!("FROM_A_NEWER_SERVER");
                    }
                }
                assert_eq!(read(name, "new values", round_trip, sample.clone()), sample, "{name}");
            }
        }
    }
}

/// The test of `null` in lists and maps.
fn null_tests() -> TokenStream {
    quote! {
        /// Puts a `null` into every list and every map of a value, at every depth; or only into those of JSON of any shape, which keep it.
        fn with_nulls(value: &mut Value, only_if_kept: bool) {
            match value {
                Value::Array(list) => {
                    let is_kept = list.iter().any(|element| element == "any");
                    list.iter_mut().for_each(|element| with_nulls(element, only_if_kept));
                    if is_kept || !only_if_kept {
                        list.insert(0, Value::Null);
                    }
                }
                Value::Object(map) => {
                    let is_kept = map.values().any(|value| value == "any");
                    map.values_mut().for_each(|value| with_nulls(value, only_if_kept));
                    if is_kept || !only_if_kept {
                        map.insert("null".to_owned(), Value::Null);
                    }
                }
                _ => {}
            }
        }

        #[test]
        fn what_is_null_in_a_list_or_a_map_is_left_out() {
            for (name, sample, round_trip) in samples() {
                for field in fields(&sample) {
                    let (mut sent, mut expected) = (sample.clone(), sample.clone());
                    with_nulls(&mut sent[&field], false);
                    with_nulls(&mut expected[&field], true);
                    assert_eq!(read(name, &field, round_trip, sent), expected, "{name} with null in {field}");
                }
            }
        }
    }
}

/// Returns whether the schema has fields of its own and says of what kind further ones are.
fn keeps_further_fields(schema: &Value) -> bool {
    schema.get("properties").is_some()
        && schema
            .get("additionalProperties")
            .is_some_and(Value::is_object)
}

/// An answer with every field of a schema. What stands within a field has a sample of its own, so it is empty here.
fn sample(document: &Value, schema: &Value, depth: usize) -> Value {
    let Some(schema) = resolve(document, schema) else {
        return Value::Null;
    };
    if let Some(first) = schema.pointer("/enum/0") {
        return first.clone();
    }
    let inner = |key: &str| {
        schema
            .get(key)
            .filter(|inner| inner.is_object())
            .map(|inner| sample(document, inner, depth + 1))
    };
    if let Some(parts) = schema["allOf"].as_array() {
        let mut merged = Map::new();
        for part in parts {
            if let Value::Object(part) = sample(document, part, depth) {
                merged.extend(part);
            }
        }
        return Value::Object(merged);
    }
    if let Some(properties) = schema["properties"].as_object() {
        if depth > 0 {
            return json!({});
        }
        let fields = properties
            .iter()
            .map(|(name, property)| (name.clone(), sample(document, property, depth + 1)));
        return Value::Object(fields.collect());
    }
    match schema["type"].as_str() {
        Some("string") => json!("text"),
        Some("integer") => json!(1),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("array") => json!([inner("items").unwrap_or_else(|| json!("any"))]),
        Some("object") => {
            json!({"key": inner("additionalProperties").unwrap_or_else(|| json!("any"))})
        }
        _ => json!("any"),
    }
}
