//! Structs of optional fields, as JSON objects.
//!
//! serde's derive writes some hundred lines for each struct, and every build checks them. If every field is optional, the name and the place of
//! each field are enough.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use crate::serde::field::{FieldValue, Nullable};
use crate::serde::memory;

/// Gives a struct serde's traits, as a JSON object: each field is an `Option`, and the struct is [`Default`].
///
/// A field that is absent or `null` is `None`, and a `None` is not written. An element of a list and a value of a map are left out if they are
/// `null`. An unknown name is ignored, or goes to the map that `further` names: `representation!(Group { name: "name" } further others)`. If a
/// name comes twice, the last value counts.
///
/// ```
/// #[derive(Debug, Default)]
/// pub struct Group {
///     pub name: Option<String>,
///     pub sub_group_count: Option<i64>,
/// }
///
/// keycloak_session::representation!(Group { name: "name", sub_group_count: "subGroupCount" });
///
/// # fn main() -> Result<(), serde_json::Error> {
/// let group: Group = serde_json::from_str(r#"{"name":null,"subGroupCount":2,"new":{}}"#)?;
/// assert_eq!(group.sub_group_count, Some(2));
/// assert_eq!(serde_json::to_string(&group)?, r#"{"subGroupCount":2}"#);
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! representation {
    (@write $self:ident $serializer:ident) => {
        $crate::__private::serialize_representation($self, $serializer)
    };
    (@write $self:ident $serializer:ident $further:ident) => {
        $crate::__private::serialize_open_representation($self, $serializer)
    };
    ($name:ident { $($field:ident: $wire:literal),* $(,)? } $(further $further:ident)?) => {
        #[automatically_derived]
        #[doc(hidden)]
        impl $crate::__private::Representation for $name {
            const NAME: &'static str = ::core::stringify!($name);

            #[allow(unused_variables)]
            fn read<'de, E: $crate::__private::Entry<'de>>(
                &mut self,
                name: &str,
                entry: E,
            ) -> ::core::result::Result<(), E::Error> {
                match name {
                    $( $wire => entry.into_field(&mut self.$field), )*
                    $( _ => entry.into_map(name, &mut self.$further), )?
                    #[allow(unreachable_patterns)]
                    _ => entry.ignore(),
                }
            }

            #[allow(unused_variables)]
            fn write<F: $crate::__private::Fields>(&self, fields: &mut F) {
                $( fields.field($wire, &self.$field); )*
                $( fields.map(&self.$further); )?
            }
        }

        $crate::__if_schemars! {
            #[automatically_derived]
            impl $crate::__private::schemars::JsonSchema for $name {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    ::core::stringify!($name).into()
                }

                fn schema_id() -> ::std::borrow::Cow<'static, str> {
                    ::core::concat!(::core::module_path!(), "::", ::core::stringify!($name)).into()
                }

                #[allow(unused_mut, unused_variables)]
                fn json_schema(
                    generator: &mut $crate::__private::schemars::SchemaGenerator,
                ) -> $crate::__private::schemars::Schema {
                    let mut properties = $crate::__private::Properties::default();
                    $( properties.add(generator, $wire, |value: &Self| &value.$field); )*
                    properties.into_schema()
                }
            }
        }

        #[automatically_derived]
        #[doc(hidden)]
        impl $crate::__private::FieldValue for $name {
            #[inline]
            fn read<'de, D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: $crate::__private::serde::Deserializer<'de>,
            {
                $crate::__private::deserialize_representation(deserializer)
            }
        }

        #[automatically_derived]
        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            #[inline]
            fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: $crate::__private::serde::Deserializer<'de>,
            {
                $crate::__private::deserialize_representation(deserializer)
            }
        }

        #[automatically_derived]
        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
            where
                S: $crate::__private::serde::Serializer,
            {
                $crate::representation!(@write self serializer $($further)?)
            }
        }
    };
}

/// A struct that [`representation!`](crate::representation) gave serde's traits.
pub trait Representation: Default {
    /// The name of the struct.
    const NAME: &'static str;

    /// Reads the value of this name into its field.
    fn read<'de, E: Entry<'de>>(&mut self, name: &str, entry: E) -> Result<(), E::Error>;

    /// Names the fields, each with its value.
    fn write<F: Fields>(&self, fields: &mut F);
}

/// The value of a name that was read.
pub trait Entry<'de> {
    /// Why it cannot be read.
    type Error;

    /// Reads it into a field.
    fn into_field<T: FieldValue>(self, field: &mut Option<T>) -> Result<(), Self::Error>;

    /// Reads it into the map of further fields.
    fn into_map<M: Extend<(String, T)>, T: FieldValue>(
        self,
        name: &str,
        map: &mut M,
    ) -> Result<(), Self::Error>;

    /// Passes over it.
    fn ignore(self) -> Result<(), Self::Error>;
}

/// Takes fields that are to be written.
pub trait Fields {
    /// Takes a field. A `None` is not written.
    fn field<T: Serialize>(&mut self, name: &'static str, value: &Option<T>);

    /// Takes the map of further fields.
    fn map<'m, T: Serialize + 'm>(&mut self, map: impl IntoIterator<Item = (&'m String, &'m T)>);
}

/// Reads a representation.
#[inline]
pub fn deserialize_representation<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Representation,
    D: Deserializer<'de>,
{
    if !memory::take::<T>() {
        return Err(de::Error::custom("too many objects"));
    }
    let mut value = T::default();
    deserializer.deserialize_struct(T::NAME, &[], Reader(&mut value))?;
    Ok(value)
}

/// Fills in a value in its place, so that it is not copied from one step of the deserializer to the next.
struct Reader<'v, T>(&'v mut T);

impl<'de, T: Representation> Visitor<'de> for Reader<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            self.0.read(&name, Next(&mut map))?;
        }
        Ok(())
    }
}

/// A name, borrowed if possible.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }

            // CSV's headers are bytes. No field has a name that is not a text.
            fn visit_bytes<E>(self, text: &[u8]) -> Result<Self::Value, E> {
                let text = String::from_utf8_lossy(text);
                Ok(Name(Cow::Owned(text.into_owned())))
            }
        }

        deserializer.deserialize_identifier(Text)
    }
}

struct Next<'m, A>(&'m mut A);

impl<'de, A: MapAccess<'de>> Entry<'de> for Next<'_, A> {
    type Error = A::Error;

    fn into_field<T: FieldValue>(self, field: &mut Option<T>) -> Result<(), A::Error> {
        *field = self.0.next_value_seed(Nullable::new())?;
        Ok(())
    }

    fn into_map<M: Extend<(String, T)>, T: FieldValue>(
        self,
        name: &str,
        map: &mut M,
    ) -> Result<(), A::Error> {
        let value = self.0.next_value_seed(Nullable::new())?;
        map.extend(value.or_else(T::null).map(|value| (name.to_owned(), value)));
        Ok(())
    }

    fn ignore(self) -> Result<(), A::Error> {
        self.0.next_value::<IgnoredAny>()?;
        Ok(())
    }
}

/// Writes a representation as a struct, as serde's derive does.
pub fn serialize_representation<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Representation,
    S: Serializer,
{
    let mut count = Count(0);
    value.write(&mut count);
    let mut writer = StructWriter {
        object: serializer.serialize_struct(T::NAME, count.0)?,
        result: Ok(()),
    };
    value.write(&mut writer);
    writer.result?;
    writer.object.end()
}

/// Writes a representation with a map of further fields, as a map.
pub fn serialize_open_representation<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Representation,
    S: Serializer,
{
    let mut writer = MapWriter {
        object: serializer.serialize_map(None)?,
        result: Ok(()),
    };
    value.write(&mut writer);
    writer.result?;
    writer.object.end()
}

/// Counts the fields that are set.
struct Count(usize);

impl Fields for Count {
    fn field<T: Serialize>(&mut self, _: &'static str, value: &Option<T>) {
        self.0 += usize::from(value.is_some());
    }

    fn map<'m, T: Serialize + 'm>(&mut self, _: impl IntoIterator<Item = (&'m String, &'m T)>) {}
}

/// Writes until something goes wrong.
struct StructWriter<S: SerializeStruct> {
    object: S,
    result: Result<(), S::Error>,
}

impl<S: SerializeStruct> Fields for StructWriter<S> {
    fn field<T: Serialize>(&mut self, name: &'static str, value: &Option<T>) {
        if self.result.is_err() {
            return;
        }
        let written = match value {
            Some(value) => self.object.serialize_field(name, value),
            None => self.object.skip_field(name),
        };
        if written.is_err() {
            self.result = written;
        }
    }

    fn map<'m, T: Serialize + 'm>(&mut self, _: impl IntoIterator<Item = (&'m String, &'m T)>) {}
}

/// Writes until something goes wrong.
struct MapWriter<M: SerializeMap> {
    object: M,
    result: Result<(), M::Error>,
}

impl<M: SerializeMap> MapWriter<M> {
    fn entry<T: Serialize>(&mut self, name: &str, value: &T) {
        if self.result.is_ok() {
            self.result = self.object.serialize_entry(name, value);
        }
    }
}

impl<M: SerializeMap> Fields for MapWriter<M> {
    fn field<T: Serialize>(&mut self, name: &'static str, value: &Option<T>) {
        if let Some(value) = value {
            self.entry(name, value);
        }
    }

    fn map<'m, T: Serialize + 'm>(&mut self, map: impl IntoIterator<Item = (&'m String, &'m T)>) {
        for (name, value) in map {
            self.entry(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, from_str, from_value, json, to_string, to_value};

    #[derive(Debug, Default, PartialEq)]
    struct Group {
        name: Option<String>,
        sub_group_count: Option<i64>,
        paths: Option<Vec<String>>,
        parent: Option<Box<Group>>,
    }

    crate::representation!(Group {
        name: "name",
        sub_group_count: "subGroupCount",
        paths: "paths",
        parent: "parent",
    });

    #[derive(Debug, Default, PartialEq)]
    struct Open {
        id: Option<String>,
        further: BTreeMap<String, Value>,
    }

    crate::representation! { Open { id: "id" } further further }

    #[derive(Debug, Default, PartialEq)]
    struct Empty {}

    crate::representation!(Empty {});

    fn read(json: &str) -> Group {
        from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    #[test]
    fn absent_and_null_are_none_and_empty_is_not() {
        assert_eq!(read("{}"), Group::default());
        let nulls = r#"{"name":null,"subGroupCount":null,"paths":null,"parent":null}"#;
        assert_eq!(read(nulls), Group::default());
        let empty = read(r#"{"name":"","paths":[],"parent":{}}"#);
        assert_eq!(empty.name.as_deref(), Some(""));
        assert_eq!(empty.paths, Some(Vec::new()));
        assert_eq!(empty.parent, Some(Box::default()));
        assert_eq!(
            to_string(&empty).unwrap(),
            r#"{"name":"","paths":[],"parent":{}}"#
        );
        assert_eq!(to_string(&Group::default()).unwrap(), "{}");
    }

    #[test]
    fn names_are_found_however_they_are_written_and_others_are_passed_over() {
        let escaped =
            r#"{"n\u0061me":"a","subGroupCount":2,"new":{"name":"no"},"sub_group_count":7,"":1}"#;
        let group = read(escaped);
        assert_eq!(group.name.as_deref(), Some("a"));
        assert_eq!(group.sub_group_count, Some(2));
        // From a value, where names are owned.
        let owned: Group = from_value(json!({"name": "a", "subGroupCount": 2})).unwrap();
        assert_eq!(owned, group);
        assert_eq!(
            read(r#"{"name":"a","name":"b"}"#).name.as_deref(),
            Some("b")
        );
        assert_eq!(from_str::<Empty>(r#"{"a":[1]}"#).unwrap(), Empty {});
    }

    /// CSV has its names in bytes, and its rows are structs and no maps.
    #[test]
    fn rows_of_csv_are_read_and_written() {
        let table = "name,subGroupCount,\u{e9}\na,2,x\nb,,\n";
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let groups: Vec<Group> = reader.deserialize().map(Result::unwrap).collect();
        let counts: Vec<_> = groups.iter().map(|group| group.sub_group_count).collect();
        assert_eq!(counts, [Some(2), None]);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(&groups[0]).unwrap();
        let written = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        assert_eq!(written, "name,subGroupCount\na,2\n");
    }

    #[test]
    fn what_is_no_such_object_is_refused_and_named() {
        for (json, said) in [
            ("[]", "expected struct Group"),
            (r#""text""#, "expected struct Group"),
            ("null", "expected struct Group"),
            (r#"{"name":1}"#, "expected a string"),
            (
                r#"{"parent":{"parent":{"subGroupCount":"2"}}}"#,
                "expected i64",
            ),
            (r#"{"name":"a""#, "EOF"),
            (r#"{"name":"a",}"#, "trailing comma"),
        ] {
            let error = from_str::<Group>(json).unwrap_err().to_string();
            assert!(error.contains(said), "{json}: {error}");
        }
    }

    #[test]
    fn what_has_no_field_is_kept_where_there_is_a_map_for_it() {
        let json = json!({"id": "1", "new": {"deep": [null]}, "other": 2});
        let open: Open = from_value(json.clone()).unwrap();
        assert_eq!(open.id.as_deref(), Some("1"));
        assert_eq!(open.further.len(), 2);
        assert_eq!(to_value(&open).unwrap(), json);
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        #[derive(Default)]
        struct Odd {
            map: Option<BTreeMap<Vec<u8>, String>>,
            after: Option<String>,
        }
        crate::representation!(Odd {
            map: "map",
            after: "after"
        });

        let odd = Odd {
            map: Some(BTreeMap::from([(vec![1], String::new())])),
            after: Some(String::new()),
        };
        let error = to_string(&odd).unwrap_err().to_string();
        assert_eq!(error, "key must be a string");
    }
}
