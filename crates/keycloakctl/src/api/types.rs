//! Types: what a body may hold.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

/// The types of one API, by name.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Types {
    #[serde(borrow)]
    types: HashMap<&'static str, Type>,
}

/// One type: fields, values, or another name for a type.
#[derive(Deserialize)]
pub(crate) struct Type {
    #[serde(default)]
    pub(crate) fields: Vec<Field>,
    /// The type of fields that are not listed.
    #[serde(default)]
    others: Option<&'static str>,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    alias: Option<&'static str>,
}

/// A field of a type.
#[derive(Deserialize)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(borrow, default)]
    pub(crate) about: Cow<'static, str>,
    #[serde(default)]
    pub(crate) secret: bool,
}

/// The kind of a value, from its short form in the data.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'t> {
    /// A text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// The bytes of a file.
    Binary,
    /// Any value.
    Any,
    /// A list of values of this kind.
    List(&'static str),
    /// A map from texts to values of this kind.
    Map(&'static str),
    /// An object.
    Object(&'t Type),
    /// A text, one of the values of the type. A newer server may know more.
    Values,
}

impl Types {
    pub(super) fn read(text: &'static str) -> Self {
        serde_json::from_str(text).expect("the generated data is what this crate reads")
    }

    /// Returns the kind that a short form stands for: `text`, `[item]`, `{value}` or the name of a type.
    pub(crate) fn kind(&self, short: &'static str) -> Kind<'_> {
        let inner = || &short[1..short.len() - 1];
        match short {
            "text" => Kind::Text,
            "boolean" => Kind::Boolean,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "binary" => Kind::Binary,
            _ if short.starts_with('[') => Kind::List(inner()),
            _ if short.starts_with('{') => Kind::Map(inner()),
            _ => match self.types.get(short) {
                Some(Type {
                    alias: Some(alias), ..
                }) => self.kind(alias),
                Some(found) if !found.values.is_empty() => Kind::Values,
                Some(found) => Kind::Object(found),
                None => Kind::Any,
            },
        }
    }

    /// Returns the values of a type of texts.
    #[cfg(test)]
    pub(crate) fn values(&self, name: &str) -> &[String] {
        &self.types[name].values
    }

    /// Returns whether values of this kind are written in one line: a text, a number, `true` or `false`.
    pub(crate) fn is_scalar(&self, short: &'static str) -> bool {
        matches!(
            self.kind(short),
            Kind::Text | Kind::Boolean | Kind::Integer | Kind::Number | Kind::Values
        )
    }

    /// Returns the words for a kind in a message.
    pub(crate) fn describe(&self, short: &'static str) -> String {
        match self.kind(short) {
            Kind::Text | Kind::Values => "a text".to_owned(),
            Kind::Boolean => "true or false".to_owned(),
            Kind::Integer => "a whole number".to_owned(),
            Kind::Number => "a number".to_owned(),
            Kind::Binary => "bytes".to_owned(),
            Kind::Any => "any value".to_owned(),
            Kind::List(item) if self.is_scalar(item) => match self.kind(item) {
                Kind::Text | Kind::Values => "a list of texts".to_owned(),
                _ => "a list of numbers".to_owned(),
            },
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) | Kind::Object(_) => "an object".to_owned(),
        }
    }
}

impl Type {
    /// Returns the field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns the short form of the kind of a field, also of one that is not listed.
    pub(crate) fn kind_of(&self, name: &str) -> Option<&'static str> {
        self.field(name).map(|field| field.kind).or(self.others)
    }
}
