//! What people do who cannot log in.

use folio_users_api::forgotten_username_password::{
    RecoverForgottenUsername, ResetForgottenPassword,
};
use folio_users_api::password_reset::{
    GeneratePasswordResetLink, ResetPassword, ValidatePasswordResetLink,
};
use folio_users_api::types::{PasswordResetLinkRequest, PasswordResetRequest, UserIdentifier};
use keycloak_session::Call;

use crate::Tenant;

/// Forgotten usernames and passwords of a tenant, from [`Tenant::passwords`].
#[derive(Clone, Copy, Debug)]
pub struct Passwords<'a> {
    tenant: Tenant<'a>,
}

impl<'a> Passwords<'a> {
    pub(crate) fn new(tenant: Tenant<'a>) -> Self {
        Self { tenant }
    }

    /// Sends a reset link to who is known by this (a username, an e-mail address, a phone number).
    /// `POST /users-keycloak/forgotten/password`
    pub fn forgot_password(self, known_by: &str) -> Call<ResetForgottenPassword> {
        let body = identifier(known_by);
        self.tenant
            .call(|api| api.reset_forgotten_password().body(body))
    }

    /// Sends the username to who is known by this (an e-mail address, a phone number).
    /// `POST /users-keycloak/forgotten/username`
    pub fn forgot_username(self, known_by: &str) -> Call<RecoverForgottenUsername> {
        let body = identifier(known_by);
        self.tenant
            .call(|api| api.recover_forgotten_username().body(body))
    }

    /// Makes a link with which the user of this id can set a new password. The link is a secret.
    /// `POST /users-keycloak/password-reset/link`
    pub fn reset_link(self, user_id: &str) -> Call<GeneratePasswordResetLink> {
        let body = PasswordResetLinkRequest {
            user_id: Some(user_id.to_owned()),
        };
        self.tenant
            .call(|api| api.generate_password_reset_link().body(body))
    }

    /// Checks that a reset link can still be used. The session's token has to be the one in the link: see
    /// [`Credentials::token`](crate::Credentials::token). `POST /users-keycloak/password-reset/validate`
    ///
    /// [`error_code`](crate::error_code) tells a link that has been used from one that has expired and one that is not valid.
    pub fn validate_link(self) -> Call<ValidatePasswordResetLink> {
        self.tenant
            .call(folio_users_api::Client::validate_password_reset_link)
    }

    /// Sets the password of the user of a reset link, and uses the link up. The session's token has to be the one in the link.
    /// `POST /users-keycloak/password-reset/reset`
    pub fn reset(self, new_password: &str) -> Call<ResetPassword> {
        let body = PasswordResetRequest {
            new_password: Some(new_password.to_owned()),
        };
        self.tenant.call(|api| api.reset_password().body(body))
    }
}

fn identifier(known_by: &str) -> UserIdentifier {
    UserIdentifier {
        id: Some(known_by.to_owned()),
    }
}
