//! Printing: tables, JSON, YAML, CSV and names.

mod columns;
mod field;
mod rows;
mod table;
mod terminal;
mod text;

use std::io::Write;

use serde_json::{Map, Value};

use crate::error::CliError;

pub(crate) use self::terminal::{Terminal, colours_allowed};
pub(crate) use self::text::printable;

use self::columns::Columns;
use self::rows::CsvRows;
use self::table::Table;

/// A form of output.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// A table with the most useful columns
    #[default]
    Table,
    /// JSON, indented
    Json,
    /// JSON, one object a line
    Jsonl,
    /// YAML
    Yaml,
    /// CSV with a header; control characters become spaces
    Csv,
    /// Names alone, one a line
    Name,
}

/// The flags of the output, which every command takes.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct OutputArgs {
    /// Form of the output: `table`, `json`, `jsonl`, `yaml`, `csv` or `name`
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub(crate) output: Format,
    /// Fields to print, separated by commas, such as `username,attributes.department`
    #[arg(
        long,
        global = true,
        value_delimiter = ',',
        value_name = "FIELD,..",
        help_heading = "Output"
    )]
    pub(crate) fields: Vec<String>,
    /// Leave out the header of a table or of CSV
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) no_headers: bool,
}

impl OutputArgs {
    /// Checks `--fields` against the fields of a type. Call it before anything is sent.
    pub(crate) fn check_fields(&self, known: &[&str]) -> Result<(), CliError> {
        for field in &self.fields {
            let first = field.split('.').next().unwrap_or(field);
            if known.contains(&field.as_str()) || known.contains(&first) {
                continue;
            }
            let error = CliError::usage(format!("`--fields` names the unknown field `{field}`"));
            let lower = first.to_lowercase();
            let near = known.iter().find(|known| {
                let known = known.to_lowercase();
                known.contains(&lower) || lower.contains(&known)
            });
            return Err(match near {
                Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                None => error.with_hint(format!("the fields are: {}", known.join(", "))),
            });
        }
        Ok(())
    }
}

/// Prints the answer of a command: one value, or a list item by item in constant memory.
///
/// After the last [`item`](Self::item), [`finish`](Self::finish) ends the list. After [`value`](Self::value) it does nothing.
pub(crate) struct Printer<W: Write> {
    out: W,
    format: Format,
    fields: Vec<String>,
    columns: Option<&'static Columns>,
    has_headers: bool,
    terminal: Terminal,
    /// The number of items so far.
    count: u64,
    /// True if the answer is printed whole.
    is_complete: bool,
    table: Option<Table>,
    csv: Option<CsvRows>,
}

impl<W: Write> Printer<W> {
    /// Makes a printer for standard output. The type, such as `UserRepresentation`, decides the columns of a table.
    pub(crate) fn new(args: &OutputArgs, type_name: Option<&str>, out: W) -> Self {
        Self::for_terminal(args, type_name, out, Terminal::of_stdout())
    }

    /// Makes a printer for an output with these abilities.
    pub(crate) fn for_terminal(
        args: &OutputArgs,
        type_name: Option<&str>,
        out: W,
        terminal: Terminal,
    ) -> Self {
        Self {
            out,
            format: args.output,
            fields: args.fields.clone(),
            columns: type_name.and_then(columns::of_type),
            has_headers: !args.no_headers,
            terminal,
            count: 0,
            is_complete: false,
            table: None,
            csv: None,
        }
    }

    /// Prints one item of a list.
    pub(crate) fn item(&mut self, item: &Value) -> Result<(), CliError> {
        match self.format {
            Format::Table => self.table_row(item)?,
            Format::Csv => self.csv_row(item)?,
            Format::Name => self.name(item)?,
            Format::Json => {
                let start = if self.count == 0 { "[\n" } else { ",\n" };
                let json = self.pretty(item)?;
                let json = json.replace('\n', "\n  ");
                write!(self.out, "{start}  {json}")?;
            }
            Format::Jsonl => self.json_line(item)?,
            Format::Yaml => {
                let item = [self.selected(item)];
                self.yaml(&item)?;
            }
        }
        self.count += 1;
        Ok(())
    }

    /// Ends a list, also an empty one.
    pub(crate) fn finish(&mut self) -> Result<(), CliError> {
        if std::mem::replace(&mut self.is_complete, true) {
            return Ok(());
        }
        match self.format {
            Format::Json | Format::Yaml if self.count == 0 => writeln!(self.out, "[]")?,
            Format::Json => writeln!(self.out, "\n]")?,
            // Without an item, the columns of an unknown type are not known.
            Format::Csv
                if self.count == 0
                    && self.has_headers
                    && (self.columns.is_some() || !self.fields.is_empty()) =>
            {
                let (fields, _) = columns_for(self.columns, &self.fields, &Value::Null);
                CsvRows::new(fields).header(&mut self.out)?;
            }
            Format::Table => {
                if let Some(table) = &mut self.table {
                    table.finish(&mut self.out)?;
                }
            }
            _ => {}
        }
        Ok(self.out.flush()?)
    }

    /// Prints a single value: an object field by field, an array as a list, another value as it is. `null` prints nothing.
    pub(crate) fn value(&mut self, value: &Value) -> Result<(), CliError> {
        match (self.format, value) {
            (_, Value::Null) => {}
            (_, Value::Array(items)) => {
                for item in items {
                    self.item(item)?;
                }
                return self.finish();
            }
            (Format::Table, Value::Object(_)) => self.fields_of(value)?,
            (Format::Table | Format::Name | Format::Csv, value) if !value.is_object() => {
                writeln!(self.out, "{}", printable(&field::text(Some(value))))?;
            }
            (Format::Json, value) => {
                let json = self.pretty(value)?;
                writeln!(self.out, "{json}")?;
            }
            (Format::Yaml, value) => {
                let value = self.selected(value);
                self.yaml(&value)?;
            }
            (_, value) => self.item(value)?,
        }
        self.is_complete = true;
        Ok(self.out.flush()?)
    }

    fn table_row(&mut self, item: &Value) -> Result<(), CliError> {
        let table = match &mut self.table {
            Some(table) => table,
            empty => {
                let (always, wide) = columns_for(self.columns, &self.fields, item);
                empty.insert(Table::new(always, wide, self.has_headers, self.terminal))
            }
        };
        Ok(table.push(item, &mut self.out)?)
    }

    fn csv_row(&mut self, item: &Value) -> Result<(), CliError> {
        let rows = match &mut self.csv {
            Some(rows) => rows,
            empty => {
                let (fields, _) = columns_for(self.columns, &self.fields, item);
                let rows = empty.insert(CsvRows::new(fields));
                if self.has_headers {
                    rows.header(&mut self.out)?;
                }
                rows
            }
        };
        rows.row(item, &mut self.out)
    }

    /// Prints the name of an object.
    fn name(&mut self, item: &Value) -> Result<(), CliError> {
        let value = match self.columns {
            Some(columns) => field::at(item, columns.name),
            None => columns::NAMES.iter().find_map(|name| item.get(name)),
        };
        let value = value.or_else(|| item.get("id")).unwrap_or(item);
        Ok(writeln!(
            self.out,
            "{}",
            printable(&field::text(Some(value)))
        )?)
    }

    fn json_line(&mut self, item: &Value) -> Result<(), CliError> {
        let json = text::escaped_json(&self.selected(item).to_string());
        Ok(writeln!(self.out, "{json}")?)
    }

    fn pretty(&self, value: &Value) -> Result<String, CliError> {
        let json = serde_json::to_string_pretty(&self.selected(value)).map_err(broken)?;
        Ok(text::escaped_json(&json))
    }

    fn yaml(&mut self, value: &impl serde::Serialize) -> Result<(), CliError> {
        let yaml = serde_saphyr::to_string(value).map_err(|error| {
            CliError::other(format!("the answer cannot be written as YAML: {error}"))
        })?;
        Ok(writeln!(self.out, "{}", yaml.trim_end())?)
    }

    /// Prints an object as a list of its fields: the columns of its type first, then the others.
    fn fields_of(&mut self, value: &Value) -> Result<(), CliError> {
        let mut fields = self.fields.clone();
        if fields.is_empty() {
            let known = self.columns.map_or(&[][..], |columns| columns.always);
            let members = value.as_object().into_iter().flatten();
            let known = known.iter().filter(|name| field::at(value, name).is_some());
            fields = known.map(|&name| name.to_owned()).collect();
            for (name, member) in members {
                let is_empty = matches!(member, Value::Array(items) if items.is_empty())
                    || matches!(member, Value::Object(members) if members.is_empty());
                if !is_empty && !member.is_null() && !fields.contains(name) {
                    fields.push(name.clone());
                }
            }
        }
        let size = fields.iter().map(|field| text::width(field)).max();
        for name in &fields {
            let value = field::masked_text(name, field::at(value, name));
            let mut line = String::new();
            text::push_cell(&mut line, name, size.unwrap_or(0), false);
            let name = self.terminal.bold(&line);
            writeln!(
                self.out,
                "{}",
                format!("{name}  {}", printable(&value)).trim_end()
            )?;
        }
        Ok(())
    }

    /// Returns the fields of `--fields` alone, or all of them.
    fn selected(&self, item: &Value) -> Value {
        if self.fields.is_empty() {
            return item.clone();
        }
        let fields = self.fields.iter();
        let fields = fields.map(|name| {
            let value = field::at(item, name).cloned();
            (name.clone(), value.unwrap_or_default())
        });
        Value::Object(fields.collect::<Map<_, _>>())
    }
}

/// Returns the columns of a list, and the further ones for a wide terminal. The first item decides for an unknown type.
fn columns_for(
    columns: Option<&'static Columns>,
    fields: &[String],
    item: &Value,
) -> (Vec<String>, Vec<String>) {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    match columns {
        _ if !fields.is_empty() => (fields.to_vec(), Vec::new()),
        Some(columns) => (owned(columns.always), owned(columns.wide)),
        None => (rows::scalar_fields(item), Vec::new()),
    }
}

/// Makes the error of JSON that cannot be written.
fn broken(error: serde_json::Error) -> CliError {
    std::io::Error::from(error).into()
}

#[cfg(test)]
mod tests;
