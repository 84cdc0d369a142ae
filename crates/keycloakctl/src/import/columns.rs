//! The columns of a CSV file: from the first row to the fields of a user.

use csv::StringRecord;
use serde_json::{Map, Value, json};

use crate::api::{KEYCLOAK, Kind, Types};
use crate::error::CliError;
use crate::names::near;

/// The type of a row.
pub(super) const USER: &str = "UserRepresentation";

/// The character between several names of a cell.
const SEPARATOR: char = ';';

/// The use of a column.
enum Column {
    /// The password. Its text is not trimmed.
    Password,
    /// One attribute.
    Attribute(String),
    /// The roles of one client.
    ClientRoles(String),
    /// A field with one value of this kind.
    Value(&'static str, &'static str),
    /// A field with a list of names.
    Names(&'static str),
}

/// The columns of a file.
pub(super) struct Columns {
    /// The names as the file has them.
    names: Vec<String>,
    uses: Vec<Column>,
    temporary_passwords: bool,
}

impl Columns {
    /// Reads the first row. Fails if a column is unknown, without a name or there twice.
    pub(super) fn read(
        file: &str,
        header: &StringRecord,
        temporary_passwords: bool,
    ) -> Result<Self, CliError> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        let mut uses = Vec::new();
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                let message = format!("{file}: the column `{name}` is there twice");
                return Err(CliError::usage(message));
            }
            uses.push(column(file, name, names.len())?);
        }
        if !names
            .iter()
            .any(|name| name == "username" || name == "email")
        {
            let message =
                format!("{file}: there is neither a column `username` nor a column `email`");
            let error = CliError::usage(message);
            return Err(error.with_hint("the first row names the columns, such as username,email"));
        }
        Ok(Self {
            names,
            uses,
            temporary_passwords,
        })
    }

    /// Returns the number of columns.
    pub(super) fn len(&self) -> usize {
        self.uses.len()
    }

    /// Makes the user of a row. An empty cell sets nothing. An error names the column and does not repeat the cell, which may be secret.
    pub(super) fn user(&self, row: &StringRecord) -> Result<Value, String> {
        let mut user = Map::new();
        for ((column, name), text) in self.uses.iter().zip(&self.names).zip(row) {
            let text = match column {
                Column::Password => text,
                _ => text.trim(),
            };
            if !text.is_empty() {
                self.set(&mut user, column, text)
                    .map_err(|expected| format!("`{name}`: expected {expected}"))?;
            }
        }
        Ok(Value::Object(user))
    }

    fn set(
        &self,
        user: &mut Map<String, Value>,
        column: &Column,
        text: &str,
    ) -> Result<(), String> {
        match column {
            Column::Password => {
                let temporary = self.temporary_passwords;
                let password = json!({"type": "password", "value": text, "temporary": temporary});
                user.insert("credentials".to_owned(), json!([password]));
            }
            Column::Attribute(name) => {
                let values = list_of_json(text).unwrap_or_else(|| Ok(vec![text.to_owned()]))?;
                set_within(user, "attributes", name, values.into());
            }
            Column::ClientRoles(client) => {
                set_within(user, "clientRoles", client, names_of(text)?.into());
            }
            Column::Names(field) => {
                user.insert((*field).to_owned(), names_of(text)?.into());
            }
            Column::Value(field, kind) => {
                user.insert((*field).to_owned(), value(types(), kind, text)?);
            }
        }
        Ok(())
    }
}

fn types() -> &'static Types {
    KEYCLOAK.types()
}

/// Returns the use of the column of this name.
fn column(file: &str, name: &str, count: usize) -> Result<Column, CliError> {
    match name.split_once('.') {
        Some(("attributes", key)) if !key.is_empty() => {
            return Ok(Column::Attribute(key.to_owned()));
        }
        Some(("clientRoles", client)) if !client.is_empty() => {
            return Ok(Column::ClientRoles(client.to_owned()));
        }
        _ if name == "password" => return Ok(Column::Password),
        _ => {}
    }
    let found = fields().find(|(field, _)| *field == name);
    let Some((field, kind)) = found else {
        return Err(unknown(file, name, count));
    };
    Ok(match types().kind(kind) {
        Kind::List(_) => Column::Names(field),
        _ => Column::Value(field, kind),
    })
}

/// Returns the fields that a column can have: one value, or a list of names.
fn fields() -> impl Iterator<Item = (&'static str, &'static str)> {
    let fields = match types().kind(USER) {
        Kind::Object(user) => user.fields.as_slice(),
        _ => &[],
    };
    fields.iter().filter_map(|field| {
        let is_of_cell = match types().kind(field.kind) {
            Kind::List(item) => types().is_scalar(item),
            _ => types().is_scalar(field.kind),
        };
        is_of_cell.then_some((field.name, field.kind))
    })
}

/// Makes the error of an unknown column.
fn unknown(file: &str, name: &str, count: usize) -> CliError {
    if name.is_empty() {
        return CliError::usage(format!("{file}: a column has no name"));
    }
    if count == 1
        && let Some(delimiter) = name.chars().find(|c| matches!(c, ';' | '\t' | '|'))
    {
        let error = CliError::usage(format!("{file}: the first row is one column"));
        let shown = if delimiter == '\t' {
            "$'\\t'".to_owned()
        } else {
            format!("'{delimiter}'")
        };
        return error.with_hint(format!("if it has several, add `--delimiter {shown}`"));
    }
    let known = fields().map(|(field, _)| field);
    let near = near::list(name, known.chain(["password"]));
    let error = CliError::usage(format!("{file}: the column `{name}` is unknown"));
    error.with_hint(match near {
        Some(near) => {
            format!("there is {near}; an attribute is a column such as `attributes.{name}`")
        }
        None => format!("an attribute is a column such as `attributes.{name}`"),
    })
}

fn set_within(user: &mut Map<String, Value>, field: &str, key: &str, value: Value) {
    let within = user.entry(field).or_insert_with(|| json!({}));
    if let Some(within) = within.as_object_mut() {
        within.insert(key.to_owned(), value);
    }
}

/// Returns the names of a cell.
fn names_of(text: &str) -> Result<Vec<String>, String> {
    list_of_json(text).unwrap_or_else(|| {
        let names = text.split(SEPARATOR).map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        Ok(names.map(str::to_owned).collect())
    })
}

/// Returns the texts of a cell that begins as a list in JSON. `None` for another cell.
fn list_of_json(text: &str) -> Option<Result<Vec<String>, String>> {
    let list = text.starts_with('[').then(|| serde_json::from_str(text))?;
    Some(list.map_err(|_| "a list of texts in JSON, such as [\"a\", \"b\"]".to_owned()))
}

/// Returns the value of a cell. Spreadsheets write `TRUE` and `FALSE`.
fn value(types: &Types, kind: &'static str, text: &str) -> Result<Value, String> {
    let value = match types.kind(kind) {
        Kind::Boolean => text
            .to_ascii_lowercase()
            .parse::<bool>()
            .ok()
            .map(Value::from),
        Kind::Integer => text.parse::<i64>().ok().map(Value::from),
        Kind::Number => text.parse::<f64>().ok().map(Value::from),
        _ => Some(text.into()),
    };
    value.ok_or_else(|| types.describe(kind))
}
