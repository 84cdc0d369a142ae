//! Printing: tables, JSON, YAML, CSV and names.

use std::borrow::Cow;
use std::io::Write;

use serde_json::Value;

use crate::error::CliError;

/// A form of output.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// A table with the most useful columns
    #[default]
    Table,
    /// JSON, indented
    Json,
    /// One JSON object a line
    Jsonl,
    /// YAML
    Yaml,
    /// CSV with a header
    Csv,
    /// The names alone, one a line
    Name,
}

/// The flags of the output, which every command takes.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct OutputArgs {
    /// Form of the output
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value_t,
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

/// Prints the answer of a command: one object, or a list item by item in constant memory.
pub(crate) struct Printer<W: Write> {
    out: W,
}

impl<W: Write> Printer<W> {
    /// Makes a printer. The type, such as `UserRepresentation`, decides the columns of a table.
    pub(crate) fn new(args: &OutputArgs, type_name: Option<&str>, out: W) -> Self {
        let _ = (args, type_name);
        Self { out }
    }

    /// Prints one item of a list.
    pub(crate) fn item(&mut self, item: &Value) -> Result<(), CliError> {
        Ok(writeln!(self.out, "{item}")?)
    }

    /// Ends a list.
    pub(crate) fn finish(&mut self) -> Result<(), CliError> {
        Ok(self.out.flush()?)
    }

    /// Prints a single value. An array is printed as a list.
    pub(crate) fn value(&mut self, value: &Value) -> Result<(), CliError> {
        self.item(value)
    }
}

/// Returns whether the environment allows colours (`NO_COLOR`).
pub(crate) fn colours_allowed() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Replaces characters that a terminal would obey or hide.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}
