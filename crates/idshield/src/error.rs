//! The error codes of the service.

use idshield_api::types::ErrorCode;
use keycloak_session::{Error, ErrorKind};

/// Returns the code that the service gave for an error. `None` if the error is not an answer of the service, or if the answer has no code.
#[must_use]
pub fn error_code(error: &Error) -> Option<ErrorCode> {
    // The status and the code of an authentication error are the token endpoint's.
    let is_answer = error.status().is_some() && error.kind() != ErrorKind::Authentication;
    let code = error.error_code().filter(|_| is_answer)?;
    Some(ErrorCode::from(code))
}
