//! Reading JSON as Keycloak's parser reads it: a value in another form is converted to the type that the reader asks for.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, btree_map};
use std::fmt::{self, Display};
use std::iter::Enumerate;
use std::vec;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

/// The deepest nesting of lists and objects, as in the answers of a server.
const MAX_DEPTH: usize = 127;

/// The representations that may be written as a text, each with the field that the text is: their classes have a constructor of a text.
const TEXT_FORMS: [(&str, &str); 6] = [
    ("OrganizationDomainRepresentation", "name"),
    ("ResourceOwnerRepresentation", "id"),
    ("ScopeRepresentation", "name"),
    ("UpAttribute", "name"),
    ("UpGroup", "name"),
    ("WorkflowStepRepresentation", "uses"),
];

/// The places of a file that are not in the value as they stand in the file, as JSON pointers.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) unknown: Vec<String>,
    pub(super) coerced: Vec<String>,
}

/// Why a file cannot be read. It holds the place and no value.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) pointer: Option<String>,
    pub(super) message: String,
}

impl Problem {
    fn at(mut self, path: &Path) -> Self {
        self.pointer.get_or_insert_with(|| path.to_string());
        self
    }
}

impl de::Error for Problem {
    fn custom<T: Display>(message: T) -> Self {
        Self {
            pointer: None,
            message: message.to_string(),
        }
    }

    /// Leaves out the value, which may be a secret.
    fn invalid_value(_: Unexpected, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }

    fn invalid_type(_: Unexpected, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// The place of a value. `Display` writes it as a JSON pointer (RFC 6901).
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Name(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Name(parent, name) => {
                let name = name.replace('~', "~0").replace('/', "~1");
                write!(f, "{parent}/{name}")
            }
            Self::Index(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

/// The thing that holds a value.
#[derive(Clone, Copy, PartialEq)]
enum Parent {
    /// The file, or a representation.
    Fields,
    List,
    Map,
}

/// One JSON value of a file, and its place.
///
/// The value is kept as text, so that a number that becomes a text is the same to the last digit.
pub(super) struct Lenient<'de, 'p> {
    json: &'de str,
    path: Path<'p>,
    depth: usize,
    parent: Parent,
    notes: &'p RefCell<Notes>,
}

impl<'de, 'p> Lenient<'de, 'p> {
    /// Reads a whole file.
    pub(super) fn new(json: &'de RawValue, notes: &'p RefCell<Notes>) -> Self {
        Self {
            json: json.get(),
            path: Path::Root,
            depth: 0,
            parent: Parent::Fields,
            notes,
        }
    }

    fn child<'c>(
        &'c self,
        json: &'de RawValue,
        path: Path<'c>,
        parent: Parent,
    ) -> Lenient<'de, 'c> {
        Lenient {
            json: json.get(),
            path,
            depth: self.depth + 1,
            parent,
            notes: self.notes,
        }
    }

    fn is_text(&self) -> bool {
        self.json.starts_with('"')
    }

    fn is_number(&self) -> bool {
        self.json
            .starts_with(|first: char| first == '-' || first.is_ascii_digit())
    }

    fn is_scalar(&self) -> bool {
        !self.json.starts_with(['[', '{'])
    }

    /// Parses one level: the values in it stay text.
    fn parse<T: de::Deserialize<'de>>(&self, expected: &str) -> Result<T, Problem> {
        if self.depth > MAX_DEPTH {
            // The place would be longer than a message.
            return Err(<Problem as de::Error>::custom("nested too deeply").at(&Path::Root));
        }
        serde_json::from_str(self.json).map_err(|_| self.problem(format!("expected {expected}")))
    }

    fn text(&self) -> Result<Cow<'de, str>, Problem> {
        let text = self.parse::<&'de str>("a text").map(Cow::Borrowed);
        text.or_else(|_| self.parse::<String>("a text").map(Cow::Owned))
    }

    fn problem(&self, message: impl Display) -> Problem {
        <Problem as de::Error>::custom(message).at(&self.path)
    }

    /// Notes the value as one that is read in another form. It is noted once.
    fn note_coerced(&self) {
        let pointer = self.path.to_string();
        let coerced = &mut self.notes.borrow_mut().coerced;
        if coerced.last() != Some(&pointer) {
            coerced.push(pointer);
        }
    }

    /// Reads a whole number. A text is one if it holds nothing else, and of a number with a fraction the whole part is one.
    fn integer(&self) -> Result<i128, Problem> {
        let expected = || self.problem("expected a whole number");
        if self.is_text() {
            let integer = self.text()?.trim().parse().map_err(|_| expected())?;
            self.note_coerced();
            return Ok(integer);
        }
        if !self.is_number() {
            return Err(expected());
        }
        if let Ok(integer) = self.json.parse() {
            return Ok(integer);
        }
        let number: f64 = self.json.parse().map_err(|_| expected())?;
        self.note_coerced();
        // A number that is too large becomes the largest, which no field takes.
        #[expect(clippy::cast_possible_truncation)]
        let integer = number as i128;
        Ok(integer)
    }

    fn float(&self) -> Result<f64, Problem> {
        let expected = |_| self.problem("expected a number");
        if self.is_text() {
            let number = self.text()?.trim().parse().map_err(expected)?;
            self.note_coerced();
            return Ok(number);
        }
        self.json.parse().map_err(expected)
    }

    fn boolean(&self) -> Result<bool, Problem> {
        match self.json {
            "true" => return Ok(true),
            "false" => return Ok(false),
            _ => {}
        }
        let text = if self.is_text() {
            self.text()?
        } else {
            Cow::Borrowed("")
        };
        let boolean = match text.trim() {
            "true" | "True" | "TRUE" => true,
            "false" | "False" | "FALSE" => false,
            _ => match self.json.parse::<i64>() {
                Ok(number) => number != 0,
                Err(_) => return Err(self.problem("expected `true` or `false`")),
            },
        };
        self.note_coerced();
        Ok(boolean)
    }

    fn visit_object<V: Visitor<'de>>(
        self,
        visitor: V,
        parent: Parent,
    ) -> Result<V::Value, Problem> {
        let entries: BTreeMap<String, &'de RawValue> = self.parse("an object")?;
        let entries = Entries {
            whole: &self,
            rest: entries.into_iter(),
            next: None,
            parent,
        };
        visitor
            .visit_map(entries)
            .map_err(|error| error.at(&self.path))
    }
}

/// Reads numbers in the form that the visitor asks for.
macro_rules! integers {
    ($($deserialize:ident $visit:ident $T:ty),+) => {
        $(
            fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
                let integer = <$T>::try_from(self.integer()?);
                visitor.$visit(integer.map_err(|_| self.problem("the number is too large"))?)
            }
        )+
    };
}

impl<'de> Deserializer<'de> for Lenient<'de, '_> {
    type Error = Problem;

    integers!(
        deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64
    );

    /// Reads JSON of any shape as it is.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let mut plain = serde_json::Deserializer::from_str(self.json);
        let read = plain.deserialize_any(visitor);
        read.map_err(|_| self.problem("the value has another type than expected"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_f64(self.float()?)
    }

    /// Reads a text. A number or a boolean becomes its text.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.is_text() || !self.is_scalar() {
            return self.deserialize_str(visitor);
        }
        self.note_coerced();
        visitor.visit_borrowed_str(self.json)
    }

    /// Reads a value of an enumeration, which is a text.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.text()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    /// Reads a value that may be `null`. A list and a map leave out such a value, a field is absent then anyway.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.json != "null" {
            return visitor.visit_some(self);
        }
        if self.parent != Parent::Fields {
            self.note_coerced();
        }
        visitor.visit_none()
    }

    /// Reads a list. In a map of lists, a single value is a list of one.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let is_single = self.parent == Parent::Map && self.is_scalar();
        let items: Vec<&'de RawValue> = if is_single {
            self.note_coerced();
            vec![self.parse("a value")?]
        } else {
            self.parse("a list")?
        };
        let items = Elements {
            whole: &self,
            items: items.into_iter().enumerate(),
            is_single,
        };
        visitor
            .visit_seq(items)
            .map_err(|error| error.at(&self.path))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.visit_object(visitor, Parent::Map)
    }

    /// Reads a representation. Some may be written as a text.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let text_form = TEXT_FORMS.iter().find(|(form, _)| *form == name);
        let Some((_, field)) = text_form.filter(|_| self.is_text()) else {
            return self.visit_object(visitor, Parent::Fields);
        };
        self.note_coerced();
        let entries = Entries {
            whole: &self,
            rest: BTreeMap::from([((*field).to_owned(), self.parse("a text")?)]).into_iter(),
            next: None,
            parent: Parent::Fields,
        };
        visitor.visit_map(entries)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    /// Passes over a field that the representation does not have.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.notes.borrow_mut().unknown.push(self.path.to_string());
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u128 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
    }
}

/// The elements of a list.
struct Elements<'l, 'de, 'p> {
    whole: &'l Lenient<'de, 'p>,
    items: Enumerate<vec::IntoIter<&'de RawValue>>,
    /// True if the list is a single value in the file, so that its element has the place of the list.
    is_single: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de, '_> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Problem> {
        let Some((index, item)) = self.items.next() else {
            return Ok(None);
        };
        let path = if self.is_single {
            self.whole.path
        } else {
            Path::Index(&self.whole.path, index)
        };
        let element = self.whole.child(item, path, Parent::List);
        seed.deserialize(element)
            .map_err(|error| error.at(&path))
            .map(Some)
    }
}

/// The entries of an object.
struct Entries<'l, 'de, 'p> {
    whole: &'l Lenient<'de, 'p>,
    rest: btree_map::IntoIter<String, &'de RawValue>,
    next: Option<(String, &'de RawValue)>,
    parent: Parent,
}

impl<'de> MapAccess<'de> for Entries<'_, 'de, '_> {
    type Error = Problem;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Problem> {
        self.next = self.rest.next();
        let key = self.next.as_ref().map(|(name, _)| name.as_str());
        key.map(|name| seed.deserialize(StrDeserializer::new(name)))
            .transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Problem> {
        let (name, json) = self
            .next
            .take()
            .ok_or_else(|| self.whole.problem("a value without a name"))?;
        let path = Path::Name(&self.whole.path, &name);
        let value = self.whole.child(json, path, self.parent);
        seed.deserialize(value).map_err(|error| error.at(&path))
    }
}
