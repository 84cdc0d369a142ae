//! The errors of the service: their codes, their messages, and which of them mean that something is absent.

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

/// Returns the text that the service gave for an error: its message, or the body of an answer of the type `text/plain`.
///
/// Most errors are JSON with a message. A link to an identity provider that is refused is plain text.
#[must_use]
pub fn error_message(error: &Error) -> Option<&str> {
    error.message().or_else(|| plain_text(error))
}

fn plain_text(error: &Error) -> Option<&str> {
    let media_type = error.content_type()?.split(';').next()?.trim();
    if !media_type.eq_ignore_ascii_case("text/plain") {
        return None;
    }
    let text = str::from_utf8(error.body()?).ok()?.trim();
    (!text.is_empty()).then_some(text)
}

/// Returns `None` for the service's own 404. The 404 of a gateway, which found no service at the address, stays an error.
pub(crate) fn unless_absent<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_absent(error: &Error) -> bool {
    error.is_not_found() && error_code(error) == Some(ErrorCode::NotFoundError)
}
