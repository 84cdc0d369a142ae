//! The error codes of the service.

use folio_users_api::types::ErrorCode;
use keycloak_session::{Error, ErrorKind};

/// Returns the code that the service gave for an error. If it gave several, this is the first. `None` if the error is not an answer of
/// the service, or if the answer has no code.
///
/// ```
/// use folio_users::types::ErrorCode;
/// use folio_users::{Error, Folio, error_code};
///
/// # async fn run(folio: Folio) -> Result<(), Error> {
/// match folio.tenant("diku").passwords().validate_link().await {
///     Err(error) if error_code(&error) == Some(ErrorCode::LinkExpired) => println!("ask for another link"),
///     other => other?,
/// }
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn error_code(error: &Error) -> Option<ErrorCode> {
    // The status and the code of an authentication error are the token endpoint's.
    let is_answer = error.status().is_some() && error.kind() != ErrorKind::Authentication;
    let code = error.error_code().filter(|_| is_answer)?;
    Some(ErrorCode::from(code))
}
