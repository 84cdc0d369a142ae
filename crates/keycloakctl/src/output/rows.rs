//! CSV, row by row.

use std::io::Write;

use serde_json::Value;

use crate::error::CliError;
use crate::output::columns::NAMES;
use crate::output::{field, text::printable_lines};

/// The most columns of an unknown type.
const MAX_COLUMNS: usize = 8;

/// A CSV file that is written row by row.
pub(crate) struct CsvRows {
    fields: Vec<String>,
}

impl CsvRows {
    pub(crate) fn new(fields: Vec<String>) -> Self {
        Self { fields }
    }

    /// Writes the header.
    pub(crate) fn header(&self, out: &mut impl Write) -> Result<(), CliError> {
        write(out, &self.fields)
    }

    /// Writes an item.
    pub(crate) fn row(&self, item: &Value, out: &mut impl Write) -> Result<(), CliError> {
        let cells = self.fields.iter();
        let cells: Vec<_> = cells
            .map(|name| printable_lines(&field::text(field::at(item, name))))
            .collect();
        write(out, &cells)
    }
}

/// Writes one record.
fn write(out: &mut impl Write, cells: &[String]) -> Result<(), CliError> {
    let mut writer = csv::Writer::from_writer(out);
    let written = writer.write_record(cells).map_err(std::io::Error::from);
    written
        .and_then(|()| writer.flush())
        .map_err(CliError::from)
}

/// Returns the columns of an item of an unknown type: the fields that are no objects and no lists, names first.
pub(crate) fn scalar_fields(item: &Value) -> Vec<String> {
    let Some(members) = item.as_object() else {
        return vec![String::new()];
    };
    let scalars = members.iter().filter(|(_, value)| field::is_scalar(value));
    let mut fields: Vec<_> = scalars.map(|(name, _)| name.clone()).collect();
    if fields.is_empty() {
        fields = members.keys().cloned().collect();
    }
    fields.sort_by_key(|name| {
        NAMES
            .iter()
            .position(|known| known == name)
            .unwrap_or(NAMES.len())
    });
    fields.truncate(MAX_COLUMNS);
    fields
}
