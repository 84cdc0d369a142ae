//! The lines that were not imported. They go to a temporary file first, because there may be more than fit in memory.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek as _, Write as _};
use std::path::Path;

use super::rows::Fault;
use crate::body;
use crate::error::CliError;
use crate::new_file::{self, NewFile};
use crate::output::printable;

/// The failed lines of an import.
pub(super) struct Report {
    /// The name of the imported file.
    name: String,
    writer: csv::Writer<BufWriter<File>>,
    count: u64,
    broken: Option<csv::Error>,
}

impl Report {
    /// Begins the report on this file.
    pub(super) fn begin(imported: &Path) -> Result<Self, CliError> {
        let file = tempfile::tempfile().map_err(|error| cannot(&error))?;
        let mut writer = csv::Writer::from_writer(BufWriter::new(file));
        let header = writer.write_record(["line", "name", "reason"]);
        Ok(Self {
            name: body::shown(imported),
            writer,
            count: 0,
            broken: header.err(),
        })
    }

    /// Adds a line.
    pub(super) fn add(&mut self, fault: &Fault) {
        self.count += 1;
        let line = fault.line.to_string();
        let name = printable(fault.name.as_deref().unwrap_or_default());
        let row = [line.as_str(), &name, &printable(&fault.reason)];
        if let Err(error) = self.writer.write_record(row) {
            self.broken.get_or_insert(error);
        }
    }

    /// Returns the number of the lines.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Prints the lines to standard error, and writes them to a file if one is given.
    pub(super) fn finish(self, to: Option<&Path>) -> Result<(), CliError> {
        if let Some(error) = self.broken {
            return Err(cannot(&error.into()));
        }
        let written = self
            .writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error);
        let file = written.and_then(|buffer| Ok(buffer.into_inner()?));
        let mut file = file.map_err(|error| cannot(&error))?;
        print(&mut file, &self.name).map_err(|error| cannot(&error))?;
        match to {
            Some(path) => {
                copy(&mut file, path).map_err(|error| new_file::cannot_write(path, &error))
            }
            None => Ok(()),
        }
    }
}

fn copy(file: &mut File, path: &Path) -> io::Result<()> {
    file.rewind()?;
    let mut to = NewFile::create(path, new_file::ORDINARY)?;
    io::copy(file, &mut to)?;
    to.finish()
}

fn print(file: &mut File, name: &str) -> io::Result<()> {
    file.rewind()?;
    let mut stderr = io::stderr().lock();
    for row in csv::Reader::from_reader(BufReader::new(file)).records() {
        let row = row?;
        let (line, user, reason) = (&row[0], &row[1], &row[2]);
        if user.is_empty() {
            writeln!(stderr, "{name}:{line}: {reason}")?;
        } else {
            writeln!(stderr, "{name}:{line} ({user}): {reason}")?;
        }
    }
    Ok(())
}

/// Makes the error of a report that cannot be kept.
fn cannot(error: &io::Error) -> CliError {
    CliError::other(format!("the failed lines cannot be kept: {error}"))
}
