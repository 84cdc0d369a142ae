//! The rows of a file: read one by one, each with its line.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::{ByteRecord, ErrorKind, StringRecord, Terminator};
use keycloak_admin::types::UserRepresentation;
use serde_json::Value;

use super::Import;
use super::columns::{Columns, USER};
use crate::api::KEYCLOAK;
use crate::body;
use crate::error::CliError;

/// The most bytes of a row. Keycloak takes no longer body by default.
const LONGEST_ROW: u64 = 10 << 20;

/// The format of a file.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// CSV whose first row names the columns
    Csv,
    /// JSON, one user a line
    Jsonl,
}

/// A user of the file.
pub(super) struct Row {
    pub(super) line: u64,
    /// The number of bytes up to the end of the row.
    pub(super) offset: u64,
    pub(super) user: Box<UserRepresentation>,
}

/// A line that cannot be imported, and the reason.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) name: Option<String>,
    pub(super) reason: String,
}

impl Fault {
    fn new(line: u64, reason: impl Into<String>) -> Self {
        Self {
            line,
            name: None,
            reason: reason.into(),
        }
    }
}

/// The rows of a file. After a fault of the file itself, such as a disk that cannot be read, there are no more.
pub(super) struct Rows {
    source: Source,
    size: Option<u64>,
    /// The bytes that the present row may still have.
    allowance: Arc<AtomicU64>,
    is_over: bool,
}

enum Source {
    Csv(csv::Reader<Limited>, Columns),
    Json {
        reader: BufReader<Limited>,
        line: u64,
        offset: u64,
    },
}

impl Rows {
    /// Opens the file of a command, and reads the columns of CSV.
    pub(super) fn open(import: &Import) -> Result<Self, CliError> {
        let path = &import.file;
        let cannot =
            |error| CliError::usage(format!("{} cannot be read: {error}", body::shown(path)));
        let mut size = None;
        let file: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let file = File::open(path).map_err(cannot)?;
            let metadata = file.metadata().map_err(cannot)?;
            size = metadata.is_file().then_some(metadata.len());
            Box::new(file)
        };
        let rows = Self::read(file, import)?;
        Ok(Self { size, ..rows })
    }

    /// Makes the rows of an input.
    pub(super) fn read(input: Box<dyn Read + Send>, import: &Import) -> Result<Self, CliError> {
        let allowance = Arc::new(AtomicU64::new(LONGEST_ROW));
        let input = Limited {
            input,
            allowance: Arc::clone(&allowance),
            last: b'\n',
        };
        let source = match format(import) {
            Format::Csv => csv_source(input, import)?,
            Format::Jsonl => Source::Json {
                reader: BufReader::new(input),
                line: 0,
                offset: 0,
            },
        };
        Ok(Self {
            source,
            size: None,
            allowance,
            is_over: false,
        })
    }

    /// Returns the size of the file in bytes. `None` for a pipe.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }
}

impl Iterator for Rows {
    type Item = Result<Row, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            self.allowance.store(LONGEST_ROW, Ordering::Relaxed);
            let next = match &mut self.source {
                Source::Csv(reader, columns) => next_of_csv(reader, columns),
                Source::Json {
                    reader,
                    line,
                    offset,
                } => next_of_json(reader, line, offset),
            };
            match next {
                Next::Row(row) => return Some(row),
                Next::Empty => {}
                Next::End => self.is_over = true,
                Next::Broken(fault) => {
                    self.is_over = true;
                    return Some(Err(fault));
                }
            }
        }
        None
    }
}

/// The result of reading one row.
enum Next {
    Row(Result<Row, Fault>),
    /// A line without a row.
    Empty,
    End,
    /// The file cannot be read any further.
    Broken(Fault),
}

impl Next {
    fn broken(line: u64, error: &dyn std::fmt::Display) -> Self {
        let reason = format!("the file cannot be read any further: {error}");
        Self::Broken(Fault::new(line, reason))
    }
}

fn format(import: &Import) -> Format {
    import.format.unwrap_or_else(|| {
        let end = import.file.extension().unwrap_or_default();
        let is_jsonl = |known| end.eq_ignore_ascii_case(known);
        if is_jsonl("jsonl") || is_jsonl("ndjson") {
            Format::Jsonl
        } else {
            Format::Csv
        }
    })
}

fn csv_source(input: Limited, import: &Import) -> Result<Source, CliError> {
    let name = body::shown(&import.file);
    let Some(delimiter) = ascii(import.delimiter) else {
        return Err(CliError::usage("`--delimiter` takes a character of ASCII"));
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        // The reader counts a line at `\n` alone, so its rows end there too.
        .terminator(Terminator::Any(b'\n'))
        .from_reader(input);
    let header = reader.headers().map_err(|error| {
        let reason = match error.into_kind() {
            ErrorKind::Io(error) => format!("cannot be read: {error}"),
            _ => "is not UTF-8".to_owned(),
        };
        CliError::usage(format!("{name} {reason}"))
    })?;
    if header.is_empty() {
        return Err(CliError::usage(format!("{name} is empty")));
    }
    let columns = Columns::read(&name, header, import.temporary_passwords)?;
    Ok(Source::Csv(reader, columns))
}

fn ascii(character: char) -> Option<u8> {
    u8::try_from(character).ok().filter(u8::is_ascii)
}

fn next_of_csv(reader: &mut csv::Reader<Limited>, columns: &Columns) -> Next {
    let mut record = ByteRecord::new();
    let start = reader.position().line();
    let read = reader.read_byte_record(&mut record);
    // Each row ends with a line break. Those within it are in its cells, and those before it are empty lines.
    let breaks = record.as_slice().iter().filter(|byte| **byte == b'\n');
    let line = reader
        .position()
        .line()
        .saturating_sub(1 + breaks.count() as u64);
    match read {
        Ok(false) => Next::End,
        Ok(true) if is_empty(&record) => Next::Empty,
        Ok(true) => Next::Row(csv_row(&record, columns, line, reader.position().byte())),
        Err(error) => match error.into_kind() {
            ErrorKind::UnequalLengths { .. } if is_empty(&record) => Next::Empty,
            ErrorKind::UnequalLengths { len, .. } => {
                let expected = columns.len();
                let reason = format!("the row has {len} cells, and the first one has {expected}");
                Next::Row(Err(Fault::new(line, reason)))
            }
            ErrorKind::Io(error) => Next::broken(start, &error),
            _ => Next::broken(start, &"it is no CSV"),
        },
    }
}

/// Returns whether a row is an empty line of a file whose lines end with `\r\n`.
fn is_empty(record: &ByteRecord) -> bool {
    record.len() == 1 && &record[0] == b"\r"
}

fn csv_row(record: &ByteRecord, columns: &Columns, line: u64, offset: u64) -> Result<Row, Fault> {
    let record = StringRecord::from_byte_record(without_return(record));
    let record = record.map_err(|_| Fault::new(line, "the row is not UTF-8"))?;
    let user = columns
        .user(&record)
        .map_err(|reason| Fault::new(line, reason))?;
    row(user, line, offset)
}

/// Returns the row without the `\r` that belongs to its line break.
fn without_return(record: &ByteRecord) -> ByteRecord {
    let last = record.len().saturating_sub(1);
    let cells = record.iter().enumerate().map(|(index, cell)| {
        let is_last = index == last;
        cell.strip_suffix(b"\r").filter(|_| is_last).unwrap_or(cell)
    });
    cells.collect()
}

fn next_of_json(reader: &mut BufReader<Limited>, line: &mut u64, offset: &mut u64) -> Next {
    let mut bytes = Vec::new();
    *line += 1;
    match reader.read_until(b'\n', &mut bytes) {
        Ok(0) => return Next::End,
        Ok(length) => *offset += length as u64,
        Err(error) => return Next::broken(*line, &error),
    }
    if bytes.trim_ascii().is_empty() {
        return Next::Empty;
    }
    Next::Row(json_row(&bytes, *line, *offset))
}

fn json_row(bytes: &[u8], line: u64, offset: u64) -> Result<Row, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::new(line, "the line is not UTF-8"))?;
    let user = body::parse(text.trim(), "", KEYCLOAK.types(), USER).map_err(|error| {
        let reason = error.sentence();
        let column = reason.strip_prefix(":1:");
        Fault::new(
            line,
            column.map_or_else(|| reason.to_owned(), |rest| format!("column {rest}")),
        )
    })?;
    row(user, line, offset)
}

/// Makes a row of a user, who is enabled unless the file says otherwise.
fn row(user: Value, line: u64, offset: u64) -> Result<Row, Fault> {
    let mut user: UserRepresentation =
        serde_json::from_value(user).map_err(|_| Fault::new(line, "the line is no user"))?;
    let is_named = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
    if !is_named(&user.username) && !is_named(&user.email) {
        return Err(Fault::new(
            line,
            "there is neither a username nor an e-mail address",
        ));
    }
    user.enabled.get_or_insert(true);
    Ok(Row {
        line,
        offset,
        user: Box::new(user),
    })
}

/// An input whose rows have a limit, for example because nothing closes a quote. Its last line has a line break.
struct Limited {
    input: Box<dyn Read + Send>,
    allowance: Arc<AtomicU64>,
    /// The last byte.
    last: u8,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.allowance.load(Ordering::Relaxed);
        if left == 0 {
            let message =
                format!("a row is longer than {LONGEST_ROW} bytes; is a quote left open?");
            return Err(io::Error::other(message));
        }
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let mut length = self.input.read(&mut buffer[..most])?;
        if length == 0 && most > 0 && self.last != b'\n' {
            buffer[0] = b'\n';
            length = 1;
        }
        if let Some(last) = buffer[..length].last() {
            self.last = *last;
        }
        self.allowance
            .store(left - length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
