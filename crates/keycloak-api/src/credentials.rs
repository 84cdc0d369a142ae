//! Credentials in short form.

use crate::types::CredentialRepresentation;

impl CredentialRepresentation {
    /// Makes a password, with the type `password` and this value.
    ///
    /// ```
    /// use keycloak_api::types::{CredentialRepresentation, UserRepresentation};
    ///
    /// let password = CredentialRepresentation::password("s3cret").with_temporary(true);
    /// let user = UserRepresentation::new().with_username("alice").with_credentials([password]);
    /// ```
    #[must_use]
    pub fn password(value: impl Into<String>) -> Self {
        Self::new().with_type("password").with_value(value)
    }
}
