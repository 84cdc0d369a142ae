//! Attack detection: failed logins, and who is locked out because of them.

use keycloak_api::Client as Api;
use keycloak_api::attack_detection::{
    ClearAllLoginFailures, ClearUserLoginFailures, GetUserBruteForceStatus,
};

use crate::users::User;
use crate::{Call, Realm};

impl Realm<'_> {
    /// Forgets all failed logins in the realm: whoever is locked out because of them can log in again.
    /// `DELETE /admin/realms/{realm}/attack-detection/brute-force/users`
    #[inline]
    pub fn clear_login_failures(self) -> Call<ClearAllLoginFailures> {
        self.at(Api::clear_all_login_failures)
    }
}

impl User<'_> {
    /// Reads how often the user's logins have failed, when last (epoch milliseconds) and from where, and whether the user is locked out.
    /// `GET /admin/realms/{realm}/attack-detection/brute-force/users/{userId}`
    #[inline]
    pub fn brute_force_status(self) -> Call<GetUserBruteForceStatus> {
        self.at(Api::get_user_brute_force_status)
    }

    /// Forgets the user's failed logins: a user who is locked out because of them can log in again.
    /// `DELETE /admin/realms/{realm}/attack-detection/brute-force/users/{userId}`
    #[inline]
    pub fn clear_login_failures(self) -> Call<ClearUserLoginFailures> {
        self.at(Api::clear_user_login_failures)
    }
}
