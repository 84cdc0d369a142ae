//! What the service says went wrong.

use folio_users_api::types::ErrorCode;
use keycloak_session::{Error, ErrorKind};

/// The code that the service gave for an error: that of the first, where it gave several. `None` where the error is not an answer of
/// the service, or has no code.
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
    let answered = error.kind() == ErrorKind::Status;
    error.error_code().filter(|_| answered).map(ErrorCode::from)
}
