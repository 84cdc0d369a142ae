//! The one server fault after which a request of a test's setup is sent again.

use std::thread;

use keycloak_admin::{Error, Realm};
use keycloak_server::harness;

/// Sends requests of a test's setup, and sends them once more after the fault of Keycloak's role cache. What was sent once more is noted, and
/// `cargo xtask test` prints it.
///
/// Keycloak 26.7.4 keeps roles in a cache that the tests share. `CachedRole.isComposite` reads the parts of a role from the database when they
/// are asked for. If another test has deleted the role, which a deleted realm does too, there is nothing to read, and `DefaultLazyLoader`
/// calls a fallback that `CachedRole` leaves null. The answer is a 500 with the error `unknown_error`. keycloak/keycloak#41109 reports the same
/// race, which ends in another exception there.
pub async fn again_after_role_fault<T>(
    send: impl AsyncFn() -> Result<T, Error>,
) -> Result<T, Error> {
    again(send, harness::note_repeat).await
}

/// As [`again_after_role_fault`], with the function that takes the note.
pub async fn again<T>(
    send: impl AsyncFn() -> Result<T, Error>,
    note: impl FnOnce(&str),
) -> Result<T, Error> {
    match send().await {
        Err(error) if is_role_fault(&error) => {
            let thread = thread::current();
            let test = thread.name().unwrap_or("a test");
            note(&format!("{test}: sent once more after {error}"));
            send().await
        }
        result => result,
    }
}

/// Returns whether it can be that fault, in a request that may be sent twice.
fn is_role_fault(error: &Error) -> bool {
    let is_idempotent = |id| {
        let mut operations = keycloak_api::OPERATIONS.iter();
        operations.any(|info| info.id() == id && info.is_idempotent())
    };
    error.status() == Some(500)
        && error.error_code() == Some("unknown_error")
        && error.operation().is_some_and(is_idempotent)
}

/// Gives a user all rights in its realm.
pub async fn make_realm_admin(realm: &Realm, user_id: &str) -> Result<(), Error> {
    let roles = realm.user(user_id).client_roles("realm-management");
    again_after_role_fault(async || roles.add_by_name(["realm-admin"]).await).await
}
