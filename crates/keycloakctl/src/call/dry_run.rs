//! Showing a request instead of sending it.

use std::io::Write as _;

use keycloak_session::Request;

use super::Payload;
use crate::api::{Api, Operation};
use crate::body::masked;
use crate::error::CliError;

/// Prints the request: method, URL, content type and body. Secrets of the body are masked.
pub(crate) fn show(
    request: &Request,
    payload: Option<&Payload>,
    api: &'static Api,
    operation: &Operation,
) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} {}", operation.method, request.url()?)?;
    let Some(payload) = payload else {
        return Ok(());
    };
    let content_type = request.headers().find(|(name, _)| *name == "content-type");
    if let Some((_, value)) = content_type {
        writeln!(out, "Content-Type: {}", String::from_utf8_lossy(value))?;
    }
    let kind = operation.body.as_ref().map_or("any", |body| body.kind);
    match payload {
        Payload::Json(value) | Payload::Form(value) => {
            let value = masked(api.types(), kind, value);
            writeln!(out, "\n{value:#}")?;
        }
        Payload::Text(text) => writeln!(out, "\n{text}")?,
        Payload::Bytes { bytes, .. } => writeln!(out, "\n({} bytes)", bytes.len())?,
    }
    Ok(())
}
