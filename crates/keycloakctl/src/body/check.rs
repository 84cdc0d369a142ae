//! Checking a body against its type.

use std::fmt;

use serde_json::Value;

use super::file::{Content, Node, Place};
use crate::api::{Kind, Type, Types};
use crate::error::CliError;
use crate::names::near;

/// A value that the API would refuse or drop.
#[derive(Debug)]
pub(super) struct Problem {
    place: Place,
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
        write!(f, "{} `{path}`: {}", self.place, self.message)
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

/// Returns the problems of a value that should be of this kind, in the order of the file.
pub(super) fn problems(types: &Types, kind: &'static str, node: &Node) -> Vec<Problem> {
    let mut check = Check {
        types,
        problems: Vec::new(),
    };
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
                    node.describe()
                );
                self.report(node.place, path, message);
            }
        }
    }

    fn fields(&mut self, of: &Type, fields: &[(String, Place, Node)], path: &str) {
        for (name, place, node) in fields {
            let path = joined(path, name);
            if let Some(kind) = of.kind_of(name) {
                self.value(kind, node, &path);
                continue;
            }
            let known = of.fields.iter().map(|field| field.name);
            let near = near::list(name, known);
            let near = near.map_or_else(String::new, |near| format!("; there is {near}"));
            self.report(*place, &path, format!("there is no such field{near}"));
        }
    }

    fn report(&mut self, place: Place, path: &str, message: String) {
        self.problems.push(Problem {
            place,
            path: path.to_owned(),
            message,
        });
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
