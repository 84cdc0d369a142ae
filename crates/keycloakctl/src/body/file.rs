//! Reading JSON and YAML with the place of each value.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

/// A place in a file, counted from 1. Values that did not come from a file have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: u64,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) content: Content,
}

/// The content of a value.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Scalar(Value),
    List(Vec<Node>),
    /// The fields with the places of their names.
    Object(Vec<(String, Place, Node)>),
}

/// The fault of a text that cannot be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    place: Place,
    message: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.message)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return Ok(());
        }
        write!(f, "{}:{}:", self.line, self.column)
    }
}

impl Node {
    /// The value without its places.
    pub(super) fn into_value(self) -> Value {
        match self.content {
            Content::Scalar(value) => value,
            Content::List(items) => items.into_iter().map(Self::into_value).collect(),
            Content::Object(fields) => {
                let fields = fields.into_iter();
                let fields = fields.map(|(name, _, node)| (name, node.into_value()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }

    /// The words for the kind of a value in a message.
    pub(super) fn describe(&self) -> &'static str {
        match &self.content {
            Content::List(_) => "a list",
            Content::Object(_) => "an object",
            Content::Scalar(Value::String(_)) => "a text",
            Content::Scalar(Value::Bool(_)) => "true or false",
            Content::Scalar(Value::Number(_)) => "a number",
            Content::Scalar(_) => "null",
        }
    }
}

/// Reads JSON or YAML. A text in braces or brackets whose first word is quoted is JSON: as YAML, some broken JSON would be read as something else.
pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    let start = text.trim_start();
    if !start.starts_with(['{', '[', '"']) {
        return read_yaml(text);
    }
    let first_word = start
        .trim_start_matches(|letter: char| letter.is_whitespace() || matches!(letter, '{' | '['));
    let json = read_json(text);
    // `"a key": value` begins with a quote as well, and is YAML.
    let is_json = first_word.starts_with('"') && !start.starts_with('"');
    if json.is_ok() || is_json {
        return json;
    }
    // YAML's own flow form, such as `{username: ali}`.
    read_yaml(text)
}

/// Reads JSON.
pub(super) fn read_json(text: &str) -> Result<Node, Unreadable> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| Unreadable {
        place: Place {
            line: error.line() as u64,
            column: error.column() as u64,
        },
        message: "this is not JSON".to_owned(),
    })?;
    let mut json = Json {
        whole: text,
        offset: 0,
        place: Place { line: 1, column: 1 },
        depth: 0,
    };
    json.node(raw)
}

/// The most lists and objects within each other. It is the limit of `serde_json`, which does not count within raw values.
const MAX_DEPTH: usize = 127;

/// A text of JSON, in which the pieces are found by their address. They come in the order of the text, so each part of the text is counted once.
struct Json<'t> {
    whole: &'t str,
    /// The offset of the last piece, and its place.
    offset: usize,
    place: Place,
    /// The number of lists and objects around the next piece.
    depth: usize,
}

impl<'t> Json<'t> {
    /// Returns the place of a piece that comes after the last one.
    fn place(&mut self, piece: &str) -> Place {
        let offset = piece.as_ptr() as usize - self.whole.as_ptr() as usize;
        for letter in self.whole[self.offset..offset].chars() {
            if letter == '\n' {
                self.place.line += 1;
                self.place.column = 1;
            } else {
                self.place.column += 1;
            }
        }
        self.offset = offset;
        self.place
    }

    fn node(&mut self, raw: &'t RawValue) -> Result<Node, Unreadable> {
        let text = raw.get();
        let place = self.place(text);
        if self.depth > MAX_DEPTH {
            let message = "this is nested too deeply".to_owned();
            return Err(Unreadable { place, message });
        }
        self.depth += 1;
        let content = self.content(text, place)?;
        self.depth -= 1;
        Ok(Node { place, content })
    }

    fn content(&mut self, text: &'t str, place: Place) -> Result<Content, Unreadable> {
        let unreadable = |error: serde_json::Error| Unreadable {
            place,
            message: if error.is_data() {
                // The only message of our own: a name that comes twice.
                error.to_string()
            } else {
                "this is not JSON".to_owned()
            },
        };
        Ok(match text.as_bytes().first() {
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).map_err(unreadable)?;
                let items = items.into_iter().map(|item| self.node(item));
                Content::List(items.collect::<Result<_, _>>()?)
            }
            Some(b'{') => {
                let fields: Fields<'_> = serde_json::from_str(text).map_err(unreadable)?;
                let fields = fields.0.into_iter().map(|(name, value)| {
                    let node = self.node(value)?;
                    Ok((name, node.place, node))
                });
                Content::Object(fields.collect::<Result<_, _>>()?)
            }
            _ => Content::Scalar(serde_json::from_str(text).map_err(unreadable)?),
        })
    }
}

/// The fields of an object, as they stand in the text.
struct Fields<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut seen = HashSet::new();
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if !seen.insert(name.clone()) {
                        return Err(A::Error::custom(format!("`{name}` comes twice")));
                    }
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// Reads YAML 1.2, in which `on` and `y` are words and not booleans.
pub(super) fn read_yaml(text: &str) -> Result<Node, Unreadable> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    let root: Spanned<Content> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let location = error.location();
            Unreadable {
                place: location.map_or_else(Place::default, |location| place(&location)),
                message: format!("this is not YAML: {}", without_place(&error)),
            }
        })?;
    Ok(Node::from(root))
}

/// The message of an error, whose place stands before it already.
fn without_place(error: &serde_saphyr::Error) -> String {
    let message = error.without_snippet().to_string();
    let end = message.find(" at line ").unwrap_or(message.len());
    message[..end].to_owned()
}

fn place(location: &serde_saphyr::Location) -> Place {
    Place {
        line: location.line(),
        column: location.column(),
    }
}

impl From<Spanned<Content>> for Node {
    fn from(spanned: Spanned<Content>) -> Self {
        Self {
            place: place(&spanned.referenced),
            content: spanned.value,
        }
    }
}

/// Reads the content of a YAML value.
impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Content, E> {
        let number = Number::from_f64(value);
        let number = number.ok_or_else(|| E::custom("JSON has no such number"))?;
        Ok(Content::Scalar(number.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Spanned<Content>>()? {
            items.push(Node::from(item));
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = map.next_key::<Spanned<String>>()? {
            let value = map.next_value::<Spanned<Content>>()?;
            fields.push((name.value, place(&name.referenced), Node::from(value)));
        }
        Ok(Content::Object(fields))
    }
}
