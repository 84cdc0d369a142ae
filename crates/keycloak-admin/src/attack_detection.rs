//! Attack detection: failed logins, and the users who are locked out because of them.

use keycloak_api::attack_detection::{
    ClearAllLoginFailures, ClearUserLoginFailures, GetUserBruteForceStatus,
};

use crate::Realm;
use crate::users::User;

impl Realm {
    /// Forgets all failed logins in the realm. Users who are locked out because of them can log in again.
    /// `DELETE /admin/realms/{realm}/attack-detection/brute-force/users`
    pub fn clear_login_failures(&self) -> ClearAllLoginFailures {
        self.api().clear_all_login_failures().realm(self.name())
    }
}

impl User {
    /// Reads the user's failed logins: how many, when the last one was (epoch milliseconds) and from which address, and whether the user is
    /// locked out. `GET /admin/realms/{realm}/attack-detection/brute-force/users/{userId}`
    pub fn get_brute_force_status(&self) -> GetUserBruteForceStatus {
        let realm = self.realm();
        realm
            .api()
            .get_user_brute_force_status()
            .realm(realm.name())
            .user_id(self.id())
    }

    /// Forgets the user's failed logins. A user who is locked out because of them can log in again.
    /// `DELETE /admin/realms/{realm}/attack-detection/brute-force/users/{userId}`
    pub fn clear_login_failures(&self) -> ClearUserLoginFailures {
        let realm = self.realm();
        realm
            .api()
            .clear_user_login_failures()
            .realm(realm.name())
            .user_id(self.id())
    }
}
