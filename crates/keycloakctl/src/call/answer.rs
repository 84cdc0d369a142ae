//! Sending a request and printing its answer.

use std::io::{BufWriter, IsTerminal as _, StdoutLock, Write as _};
use std::path::PathBuf;

use keycloak_session::{RawBody, Request, Response};
use serde_json::{Value, json};

use crate::api::Operation;
use crate::error::CliError;
use crate::new_file;
use crate::output::{OutputArgs, Printer};

/// Makes a printer for an answer of this type, or for a list of it.
pub(crate) fn printer(
    output: &OutputArgs,
    answer: Option<&'static str>,
) -> Printer<BufWriter<StdoutLock<'static>>> {
    let out = BufWriter::new(std::io::stdout().lock());
    let type_name = answer.map(|answer| answer.trim_matches(['[', ']']));
    let is_type = |name: &&str| name.starts_with(char::is_uppercase);
    Printer::new(output, type_name.filter(is_type), out)
}

/// Sends a request and prints the answer as the operation says.
pub(super) async fn send_and_print(
    output: &OutputArgs,
    request: Request,
    operation: &Operation,
    to: Option<&PathBuf>,
) -> Result<(), CliError> {
    let response = request.send_raw().await?;
    match operation.answer {
        None => print_created(output, &response),
        Some("binary") => write_bytes(&response, to),
        answer => print_page(output, &response, answer, operation.answer_key),
    }
}

/// Prints the id of an object that was created.
fn print_created(output: &OutputArgs, response: &Response<RawBody>) -> Result<(), CliError> {
    let id = response.created_id().filter(|_| response.status() == 201);
    let Some(id) = id else {
        return Ok(());
    };
    let mut printer = printer(output, None);
    printer.value(&json!({ "id": id }))?;
    printer.finish()
}

/// Prints the JSON of an answer.
pub(crate) fn print_page(
    output: &OutputArgs,
    response: &Response<RawBody>,
    answer: Option<&'static str>,
    key: Option<&str>,
) -> Result<(), CliError> {
    if response.as_bytes().is_empty() {
        return print_created(output, response);
    }
    let value: Value = match key {
        Some(key) => response.json_field(key)?,
        None => response.json()?,
    };
    let mut printer = printer(output, answer);
    printer.value(&value)?;
    printer.finish()
}

/// Writes the bytes of an answer to a file or to standard output, but not to a terminal that could not show them.
pub(crate) fn write_bytes(
    response: &Response<RawBody>,
    to: Option<&PathBuf>,
) -> Result<(), CliError> {
    let bytes = response.as_bytes();
    if let Some(to) = to {
        return new_file::write(to, bytes);
    }
    let mut out = std::io::stdout().lock();
    if out.is_terminal() && std::str::from_utf8(bytes).is_err() {
        let error = CliError::usage("the answer is no text, so a terminal cannot show it");
        return Err(error.with_hint("redirect the output to a file"));
    }
    Ok(out.write_all(bytes)?)
}
