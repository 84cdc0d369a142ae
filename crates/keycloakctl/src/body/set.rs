//! Setting single values of a body: `--set attributes.department=blue`.

use serde_json::{Map, Value};

use super::mask::is_secret_name;
use crate::api::{Kind, Types};
use crate::error::CliError;
use crate::names::near;

/// A value that a flag sets.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    /// The path of the field, such as `attributes.department` or `webOrigins[0]`.
    pub(crate) path: String,
    /// The value as text. Several are the items of a list.
    pub(crate) values: Vec<String>,
    /// The flag, for messages.
    pub(crate) flag: String,
}

impl Assignment {
    /// Reads `PATH=VALUE` of a flag.
    pub(crate) fn parse(flag: &str, text: &str) -> Result<Self, CliError> {
        let Some((path, value)) = text.split_once('=') else {
            let message = format!("`{flag}` takes PATH=VALUE, such as attributes.team=blue");
            return Err(CliError::usage(message));
        };
        Ok(Self {
            path: path.to_owned(),
            values: vec![value.to_owned()],
            flag: flag.to_owned(),
        })
    }
}

/// Sets a value in a body of this kind.
pub(crate) fn apply(
    types: &Types,
    kind: &'static str,
    body: &mut Value,
    assignment: &Assignment,
) -> Result<(), CliError> {
    let set = Set { types, assignment };
    set.at(kind, body, &assignment.path)
}

/// Returns whether a path of a body leads to a secret.
pub(crate) fn is_secret(types: &Types, kind: &'static str, path: &str) -> bool {
    match types.kind(kind) {
        Kind::Object(of) => {
            let (name, rest) = step(path);
            of.field(name).is_some_and(|field| {
                if rest.is_empty() {
                    field.secret
                } else {
                    // A map of settings may hold secrets: the names of the keys say which.
                    is_secret(types, field.kind, rest)
                }
            })
        }
        Kind::List(item) => is_secret(types, item, step(path).1),
        Kind::Map(_) | Kind::Any => is_secret_name(path),
        _ => false,
    }
}

struct Set<'s> {
    types: &'s Types,
    assignment: &'s Assignment,
}

impl Set<'_> {
    fn at(&self, kind: &'static str, value: &mut Value, path: &str) -> Result<(), CliError> {
        if path.is_empty() {
            *value = self.value(kind)?;
            return Ok(());
        }
        match self.types.kind(kind) {
            Kind::Object(of) => {
                let (name, rest) = step(path);
                let Some(kind) = of.kind_of(name) else {
                    let near = near::list(name, of.fields.iter().map(|field| field.name));
                    let near = near.map_or_else(String::new, |near| format!("; there is {near}"));
                    return Err(self.problem(&format!("there is no field `{name}`{near}")));
                };
                self.at(kind, self.field(value, name)?, rest)
            }
            Kind::Map(inner) => {
                // Keys may have dots, so they are split only if there is something inside of the values.
                let is_leaf = match self.types.kind(inner) {
                    Kind::List(item) => self.types.is_scalar(item),
                    _ => self.types.is_scalar(inner),
                };
                let (name, rest) = if is_leaf { (path, "") } else { step(path) };
                self.at(inner, self.field(value, name)?, rest)
            }
            Kind::Any => {
                let (name, rest) = step(path);
                self.at("any", self.field(value, name)?, rest)
            }
            Kind::List(item) => {
                let (index, rest) = step(path);
                self.at(item, self.item(value, index)?, rest)
            }
            _ => Err(self.problem("the value before it has no fields")),
        }
    }

    fn field<'v>(&self, value: &'v mut Value, name: &str) -> Result<&'v mut Value, CliError> {
        if name.is_empty() {
            return Err(self.problem("the path has an empty name, or a `[` without its `]`"));
        }
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        let fields = value.as_object_mut();
        let fields = fields.ok_or_else(|| self.problem("the value before it is no object"))?;
        Ok(fields.entry(name).or_insert(Value::Null))
    }

    fn item<'v>(&self, value: &'v mut Value, index: &str) -> Result<&'v mut Value, CliError> {
        if value.is_null() {
            *value = Value::Array(Vec::new());
        }
        let items = value.as_array_mut();
        let items = items.ok_or_else(|| self.problem("the value before it is no list"))?;
        let index: usize = index
            .parse()
            .map_err(|_| self.problem("a place in a list is a number, such as redirectUris[0]"))?;
        if index > items.len() {
            let message = format!("the list has {} items, counted from 0", items.len());
            return Err(self.problem(&message));
        }
        if index == items.len() {
            items.push(Value::Null);
        }
        Ok(&mut items[index])
    }

    /// Reads the value as its kind needs it.
    fn value(&self, kind: &'static str) -> Result<Value, CliError> {
        let values = &self.assignment.values;
        let is_one = values.len() == 1;
        match self.types.kind(kind) {
            Kind::List(item) if !is_one || self.is_bare_item(item, &values[0]) => {
                values.iter().map(|text| self.scalar(item, text)).collect()
            }
            _ if is_one => self.scalar(kind, &values[0]),
            _ => Err(self.problem("it takes one value")),
        }
    }

    /// Returns whether a text is the one item of a list, and not the list.
    fn is_bare_item(&self, item: &'static str, text: &str) -> bool {
        self.types.is_scalar(item) && !text.trim_start().starts_with('[') && text != "null"
    }

    fn scalar(&self, kind: &'static str, text: &str) -> Result<Value, CliError> {
        let expected = || {
            let message = format!("expected {}", self.types.describe(kind));
            self.problem(&message)
        };
        if text == "null" {
            return Ok(Value::Null);
        }
        match self.types.kind(kind) {
            Kind::Text | Kind::Values | Kind::Binary => Ok(text.into()),
            Kind::Boolean => text
                .parse::<bool>()
                .map(Value::from)
                .map_err(|_| expected()),
            Kind::Integer => text.parse::<i64>().map(Value::from).map_err(|_| expected()),
            Kind::Number => text.parse::<f64>().map(Value::from).map_err(|_| expected()),
            _ => super::parse(text, &self.assignment.flag, self.types, kind),
        }
    }

    fn problem(&self, message: &str) -> CliError {
        let Assignment { flag, path, .. } = self.assignment;
        CliError::usage(format!("{flag}: `{path}`: {message}"))
    }
}

/// Splits a path before its first `.` or `[`: `a.b[0]` is `a` and `b[0]`, and `[0].b` is `0` and `b`.
fn step(path: &str) -> (&str, &str) {
    if let Some((index, rest)) = path.strip_prefix('[').and_then(|path| path.split_once(']')) {
        return (index, rest.strip_prefix('.').unwrap_or(rest));
    }
    match path.find(['.', '[']) {
        Some(end) => {
            let rest = &path[end..];
            (&path[..end], rest.strip_prefix('.').unwrap_or(rest))
        }
        None => (path, ""),
    }
}
