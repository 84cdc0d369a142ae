//! Who may manage a thing, set one by one.

use keycloak_api::types::ManagementPermissionReference;

/// What turns that on or off for a thing.
pub(crate) fn switched(enabled: bool) -> ManagementPermissionReference {
    ManagementPermissionReference {
        enabled: Some(enabled),
        ..Default::default()
    }
}
