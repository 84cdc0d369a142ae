//! Reading JSON and YAML with the place of each value.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Spanned};

/// A place in a text. Lines and columns are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A value with its place in a text. It may be a secret, so it has no `Debug`.
pub struct Node {
    /// The place of the first character.
    pub position: Position,
    /// The value.
    pub content: Content,
    /// The bytes of the text that a YAML value comes from.
    bytes: Range<usize>,
}

/// The content of a value.
pub enum Content {
    /// A text, a number, a boolean or null.
    Scalar(Value),
    /// The items of a list.
    List(Vec<Node>),
    /// The fields of an object in the order of the text: their names, their places and their values. The place of a field is the place of its name in YAML, and of its value in JSON.
    Object(Vec<(String, Position, Node)>),
}

/// The error of a text that cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unreadable {
    /// The place of the fault.
    pub position: Position,
    /// The fault in words.
    pub message: String,
}

const START: Position = Position { line: 1, column: 1 };

impl Position {
    fn new(line: usize, column: usize) -> Self {
        let (line, column) = (line.max(1), column.max(1));
        Self { line, column }
    }

    fn of(location: &Location) -> Self {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Self::new(number(location.line()), number(location.column()))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Unreadable {
    fn not_json(position: Position) -> Self {
        let message = "this is not JSON".to_owned();
        Self { position, message }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)
    }
}

impl std::error::Error for Unreadable {}

impl Node {
    /// Returns the value without its places.
    #[must_use]
    pub fn into_value(self) -> Value {
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

    /// Returns the JSON pointer (RFC 6901) and the place of each field whose object has an earlier field of the same name.
    #[must_use]
    pub fn doubles(&self) -> Vec<(String, Position)> {
        let mut doubles = Vec::new();
        self.add_doubles("", &mut doubles);
        doubles
    }

    fn add_doubles(&self, pointer: &str, doubles: &mut Vec<(String, Position)>) {
        match &self.content {
            Content::Scalar(_) => {}
            Content::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.add_doubles(&child(pointer, index), doubles);
                }
            }
            Content::Object(fields) => {
                let mut names = HashSet::new();
                for (name, position, node) in fields {
                    let pointer = child(pointer, name);
                    node.add_doubles(&pointer, doubles);
                    if !names.insert(name) {
                        doubles.push((pointer, *position));
                    }
                }
            }
        }
    }

    /// Returns the characters of a YAML value, with the quotes.
    pub(super) fn source<'t>(&self, text: &'t str) -> Option<&'t str> {
        let source = text.get(self.bytes.clone())?.trim();
        (!source.is_empty()).then_some(source)
    }
}

/// Returns the JSON pointer of a field or of an item.
pub(super) fn child(pointer: &str, name: impl fmt::Display) -> String {
    let name = name.to_string().replace('~', "~0").replace('/', "~1");
    format!("{pointer}/{name}")
}

/// Reads JSON. A name may come twice in an object: [`Node::doubles`] finds it.
pub fn read_json(text: &str) -> Result<Node, Unreadable> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
        let position = Position::new(error.line(), error.column());
        Unreadable::not_json(position)
    })?;
    let mut json = Json {
        whole: text,
        offset: 0,
        position: START,
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
    position: Position,
    /// The number of lists and objects around the next piece.
    depth: usize,
}

impl<'t> Json<'t> {
    /// Returns the place of a piece that comes after the last one.
    fn position(&mut self, piece: &str) -> Position {
        let offset = piece.as_ptr() as usize - self.whole.as_ptr() as usize;
        for letter in self.whole[self.offset..offset].chars() {
            if letter == '\n' {
                self.position.line += 1;
                self.position.column = 1;
            } else {
                self.position.column += 1;
            }
        }
        self.offset = offset;
        self.position
    }

    fn node(&mut self, raw: &'t RawValue) -> Result<Node, Unreadable> {
        let text = raw.get();
        let position = self.position(text);
        if self.depth > MAX_DEPTH {
            let message = "this is nested too deeply".to_owned();
            return Err(Unreadable { position, message });
        }
        self.depth += 1;
        let content = self.content(text, position)?;
        self.depth -= 1;
        Ok(Node {
            position,
            content,
            bytes: 0..0,
        })
    }

    fn content(&mut self, text: &'t str, position: Position) -> Result<Content, Unreadable> {
        let not_json = |_| Unreadable::not_json(position);
        Ok(match text.as_bytes().first() {
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).map_err(not_json)?;
                let items = items.into_iter().map(|item| self.node(item));
                Content::List(items.collect::<Result<_, _>>()?)
            }
            Some(b'{') => {
                let fields: Fields<'_> = serde_json::from_str(text).map_err(not_json)?;
                let fields = fields.0.into_iter().map(|(name, value)| {
                    let node = self.node(value)?;
                    Ok((name, node.position, node))
                });
                Content::Object(fields.collect::<Result<_, _>>()?)
            }
            _ => Content::Scalar(serde_json::from_str(text).map_err(not_json)?),
        })
    }
}

/// The fields of an object of JSON, as they stand in the text.
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
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// Reads the documents of YAML 1.2, in which `on` and `y` are words and not booleans. An empty document is left out.
pub fn read_yaml(text: &str) -> Result<Vec<Node>, Unreadable> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    let documents: Vec<Spanned<Yaml>> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| {
            let location = error.location();
            Unreadable {
                position: location.map_or(START, |location| Position::of(&location)),
                message: format!("this is not YAML: {}", without_place(&error)),
            }
        })?;
    Ok(documents.into_iter().map(yaml_node).collect())
}

/// Returns the message of an error, whose place stands before it already.
fn without_place(error: &serde_saphyr::Error) -> String {
    let message = error.to_string();
    let end = message.find(" at line ").unwrap_or(message.len());
    message[..end].to_owned()
}

fn yaml_node(spanned: Spanned<Yaml>) -> Node {
    Node {
        position: Position::of(&spanned.referenced),
        content: spanned.value.0,
        bytes: bytes(&spanned.defined).unwrap_or_default(),
    }
}

fn bytes(location: &Location) -> Option<Range<usize>> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    Some(start..start + length)
}

/// The content of a YAML value.
struct Yaml(Content);

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(YamlVisitor).map(Self)
    }
}

struct YamlVisitor;

impl<'de> Visitor<'de> for YamlVisitor {
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

    fn visit_f64<E: Error>(self, value: f64) -> Result<Content, E> {
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
        while let Some(item) = list.next_element()? {
            items.push(yaml_node(item));
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, value)) = map.next_entry::<Spanned<String>, _>()? {
            let position = Position::of(&name.referenced);
            fields.push((name.value, position, yaml_node(value)));
        }
        Ok(Content::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_is_nested_too_deeply_is_refused() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read_json(&nested(127)).is_ok());
        let error = read_json(&nested(100_000)).err().expect("too deep");
        assert!(error.message.contains("nested too deeply"), "{error}");
    }

    #[test]
    fn each_double_name_has_its_place() {
        let node = read_json("{\"a/b\": [1, {\"c\": 1,\n \"c\": {}}], \"c\": 1,\n\"a/b\": 2}");
        let place = |line, column| Position { line, column };
        let expected = [("/a~1b/1/c", place(2, 7)), ("/a~1b", place(3, 8))];
        let expected = expected.map(|(pointer, place)| (pointer.to_owned(), place));
        assert_eq!(node.expect("JSON").doubles(), expected);
    }
}
