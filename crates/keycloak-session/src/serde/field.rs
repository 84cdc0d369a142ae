//! Values of fields, lists and maps, any of which may be `null`.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny,
    MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde_json::Value;

/// The type of a field of a representation.
///
/// A list leaves out its elements that are `null`, and a map its values that are `null`. Keycloak stores and sends such lists, so one of them
/// must not make a whole answer unreadable.
pub trait FieldValue: Sized {
    /// Reads a value that is not `null`.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Returns the element for a `null` in a list or a map. `None` leaves the element out.
    #[inline]
    #[must_use]
    fn null() -> Option<Self> {
        None
    }
}

/// Reads a value that may be `null`.
pub(crate) struct Nullable<T>(PhantomData<T>);

impl<T> Nullable<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: FieldValue> DeserializeSeed<'de> for Nullable<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, T: FieldValue> Visitor<'de> for Nullable<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        T::read(deserializer).map(Some)
    }
}

/// Lets types be fields that serde reads as they are.
macro_rules! plain_fields {
    ($($T:ty),+) => {
        $(
            impl FieldValue for $T {
                #[inline]
                fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    Deserialize::deserialize(deserializer)
                }
            }
        )+
    };
}

plain_fields!(String, bool, i32, i64, u32, u64, f32, f64);

/// JSON of any shape keeps its `null`.
impl FieldValue for Value {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer)
    }

    fn null() -> Option<Self> {
        Some(Self::Null)
    }
}

/// An object of any shape. Some services write an empty one as an empty list.
impl FieldValue for serde_json::Map<String, Value> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = serde_json::Map<String, Value>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(entries))
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut elements: A,
            ) -> Result<Self::Value, A::Error> {
                match elements.next_element::<IgnoredAny>()? {
                    None => Ok(serde_json::Map::new()),
                    Some(_) => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
                }
            }
        }

        deserializer.deserialize_any(Object)
    }
}

impl<T: FieldValue> FieldValue for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);

        impl<'de, T: FieldValue> Visitor<'de> for List<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = elements.next_element_seed(Nullable::new())? {
                    list.extend(element.or_else(T::null));
                }
                Ok(list)
            }
        }

        deserializer.deserialize_seq(List(PhantomData))
    }
}

impl<T: FieldValue> FieldValue for Box<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self::new)
    }
}

impl<K: DeserializeOwned + Ord, T: FieldValue> FieldValue for BTreeMap<K, T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, T>(PhantomData<(K, T)>);

        impl<'de, K: DeserializeOwned + Ord, T: FieldValue> Visitor<'de> for Entries<K, T> {
            type Value = BTreeMap<K, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut map = BTreeMap::new();
                while let Some(key) = entries.next_key()? {
                    let value = entries.next_value_seed(Nullable::new())?;
                    if let Some(value) = value.or_else(T::null) {
                        map.insert(key, value);
                    }
                }
                Ok(map)
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    #[derive(Debug, Default, PartialEq)]
    struct Node {
        texts: Option<Vec<String>>,
        attributes: Option<BTreeMap<String, Vec<String>>>,
        children: Option<Vec<Node>>,
        by_name: Option<BTreeMap<String, Node>>,
        anything: Option<Vec<Value>>,
        object: Option<serde_json::Map<String, Value>>,
    }

    crate::representation!(Node {
        texts: "texts",
        attributes: "attributes",
        children: "children",
        by_name: "byName",
        anything: "anything",
        object: "object",
    });

    fn node(json: Value) -> Node {
        serde_json::from_value(json).expect("a node")
    }

    #[test]
    fn what_is_null_in_a_list_or_a_map_is_left_out_at_every_depth() {
        let inner = json!({"texts": [null, "a", null], "attributes": {"x": [null], "y": null, "z": ["p", null]}});
        let cleaned = json!({"texts": ["a"], "attributes": {"x": [], "z": ["p"]}});
        let read =
            node(json!({"children": [null, inner], "byName": {"gone": null, "there": inner}}));
        assert_eq!(
            read,
            node(json!({"children": [cleaned], "byName": {"there": cleaned}}))
        );
        assert_eq!(read.by_name.expect("a map").len(), 1);
    }

    #[test]
    fn what_may_be_any_json_keeps_its_null() {
        let read = node(json!({"anything": [null, 1]}));
        assert_eq!(read.anything, Some(vec![Value::Null, json!(1)]));
    }

    #[test]
    fn an_empty_list_is_an_empty_object_of_any_shape_and_another_list_is_none() {
        for (sent, read) in [
            (json!([]), json!({})),
            (json!({}), json!({})),
            (json!({"a": [1, null]}), json!({"a": [1, null]})),
        ] {
            let object = node(json!({"object": sent})).object;
            assert_eq!(object.map(Value::Object), Some(read));
        }
        assert_eq!(node(json!({"object": null})).object, None);
        for wrong in [json!([1]), json!("a")] {
            serde_json::from_value::<Node>(json!({"object": wrong})).unwrap_err();
        }
    }
}
