//! Forgotten usernames and passwords.

use folio_users_api::forgotten_username_password::{
    RecoverForgottenUsername, ResetForgottenPassword,
};
use folio_users_api::password_reset::{
    GeneratePasswordResetLink, ResetPassword, ValidatePasswordResetLink,
};
use folio_users_api::types::{PasswordResetLinkRequest, PasswordResetRequest, UserIdentifier};

use crate::Tenant;

/// The calls for forgotten usernames and passwords of a tenant, from [`Tenant::passwords`].
#[derive(Clone, Debug)]
pub struct Passwords {
    tenant: Tenant,
}

impl Passwords {
    pub(crate) fn new(tenant: Tenant) -> Self {
        Self { tenant }
    }

    /// Sends a reset link to the person with this username, e-mail address or phone number.
    /// `POST /users-keycloak/forgotten/password`
    pub fn send_reset_link(&self, identifier: &str) -> ResetForgottenPassword {
        self.tenant
            .api()
            .reset_forgotten_password()
            .x_okapi_tenant(self.tenant.name())
            .body(UserIdentifier::new().with_id(identifier))
    }

    /// Sends the username to the person with this e-mail address or phone number. `POST /users-keycloak/forgotten/username`
    pub fn send_username(&self, identifier: &str) -> RecoverForgottenUsername {
        self.tenant
            .api()
            .recover_forgotten_username()
            .x_okapi_tenant(self.tenant.name())
            .body(UserIdentifier::new().with_id(identifier))
    }

    /// Creates a link with which the user of this id can set a new password, and sends it to the user as a notification. The link is a
    /// secret. `POST /users-keycloak/password-reset/link`
    ///
    /// A user that does not exist is a 422 with the code [`UserNotFound`](crate::types::ErrorCode::UserNotFound).
    pub fn create_reset_link(&self, user_id: &str) -> GeneratePasswordResetLink {
        self.tenant
            .api()
            .generate_password_reset_link()
            .x_okapi_tenant(self.tenant.name())
            .body(PasswordResetLinkRequest::new().with_user_id(user_id))
    }

    /// Checks that a reset link can still be used. `POST /users-keycloak/password-reset/validate`
    ///
    /// The session's token has to be the one in the link: see [`Credentials::token`](crate::Credentials::token).
    /// [`error_code`](crate::error_code) tells a used link, an expired link and an invalid link apart.
    pub fn validate_link(&self) -> ValidatePasswordResetLink {
        self.tenant
            .api()
            .validate_password_reset_link()
            .x_okapi_tenant(self.tenant.name())
    }

    /// Sets the password of the user of a reset link, and uses the link up. `POST /users-keycloak/password-reset/reset`
    ///
    /// The session's token has to be the one in the link.
    pub fn reset(&self, new_password: &str) -> ResetPassword {
        self.tenant
            .api()
            .reset_password()
            .x_okapi_tenant(self.tenant.name())
            .body(PasswordResetRequest::new().with_new_password(new_password))
    }
}
