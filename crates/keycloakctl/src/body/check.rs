//! Checking a body against its type.

use std::fmt;

use keycloak_config::node::{Content, Node, Position};
use serde_json::Value;

use crate::api::{Kind, Type, Types};
use crate::error::CliError;
use crate::names::near;

/// A value that the API would refuse or drop.
#[derive(Debug)]
pub(super) struct Problem {
    position: Position,
    path: String,
    message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "the body"
        } else {
            &self.path
        };
        write!(f, "{}: `{path}`: {}", self.position, self.message)
    }
}

/// Fails if there are problems.
pub(super) fn fail(name: &str, problems: &[Problem]) -> Result<(), CliError> {
    if problems.is_empty() {
        return Ok(());
    }
    let problems = problems.iter().map(|problem| format!("{name}:{problem}"));
    Err(CliError::problems(&problems.collect::<Vec<_>>()))
}

/// Returns the problems of a value that should be of this kind, in the order of the file, after the fields that are there twice.
pub(super) fn problems(types: &Types, kind: &'static str, node: &Node) -> Vec<Problem> {
    let mut check = Check {
        types,
        problems: Vec::new(),
    };
    for (pointer, position) in node.doubles() {
        check.report(position, &pointer, "the field is there twice".to_owned());
    }
    check.value(kind, node, "");
    check.problems
}

struct Check<'t> {
    types: &'t Types,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn value(&mut self, kind: &'static str, node: &Node, path: &str) {
        match (self.types.kind(kind), &node.content) {
            (Kind::Any, _) | (_, Content::Scalar(Value::Null)) => {}
            (Kind::List(item), Content::List(items)) => {
                for (index, node) in items.iter().enumerate() {
                    self.value(item, node, &format!("{path}[{index}]"));
                }
            }
            (Kind::Map(value), Content::Object(fields)) => {
                for (name, _, node) in fields {
                    self.value(value, node, &joined(path, name));
                }
            }
            (Kind::Object(of), Content::Object(fields)) => self.fields(of, fields, path),
            (kind, Content::Scalar(value)) if is_scalar_of(kind, value) => {}
            _ => {
                let message = format!(
                    "expected {}, found {}",
                    self.types.describe(kind),
                    describe(&node.content)
                );
                self.report(node.position, path, message);
            }
        }
    }

    fn fields(&mut self, of: &Type, fields: &[(String, Position, Node)], path: &str) {
        for (name, position, node) in fields {
            let path = joined(path, name);
            if let Some(kind) = of.kind_of(name) {
                self.value(kind, node, &path);
                continue;
            }
            let known = of.fields.iter().map(|field| field.name);
            let near = near::list(name, known);
            let near = near.map_or_else(String::new, |near| format!("; there is {near}"));
            self.report(*position, &path, format!("there is no such field{near}"));
        }
    }

    fn report(&mut self, position: Position, path: &str, message: String) {
        self.problems.push(Problem {
            position,
            path: path.to_owned(),
            message,
        });
    }
}

/// The words for the kind of a value.
fn describe(content: &Content) -> &'static str {
    match content {
        Content::List(_) => "a list",
        Content::Object(_) => "an object",
        Content::Scalar(Value::String(_)) => "a text",
        Content::Scalar(Value::Bool(_)) => "true or false",
        Content::Scalar(Value::Number(_)) => "a number",
        Content::Scalar(_) => "null",
    }
}

fn is_scalar_of(kind: Kind<'_>, value: &Value) -> bool {
    match kind {
        Kind::Text | Kind::Values | Kind::Binary => value.is_string(),
        Kind::Boolean => value.is_boolean(),
        Kind::Integer => value.is_i64() || value.is_u64(),
        Kind::Number => value.is_number(),
        _ => false,
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
