//! Sessions of a whole realm. Those of one user are at [`User`](crate::users::User), those of one client at
//! [`Client`](crate::clients::Client).

use keycloak_api::realms_admin::{
    DeleteSession, ListClientSessionStats, LogoutAllUsers, PushRealmRevocation,
};

use crate::Realm;

impl Realm {
    /// Counts the active and the offline sessions of each client that has any. `GET /admin/realms/{realm}/client-session-stats`
    pub fn list_session_stats(&self) -> ListClientSessionStats {
        self.api().list_client_session_stats().realm(self.name())
    }

    /// Ends one session by its id. `DELETE /admin/realms/{realm}/sessions/{session}`
    ///
    /// `.is_offline(true)` ends an offline session.
    pub fn delete_session(&self, session_id: &str) -> DeleteSession {
        self.api()
            .delete_session()
            .realm(self.name())
            .session(session_id)
    }

    /// Ends all sessions of the realm except offline sessions. `POST /admin/realms/{realm}/logout-all`
    ///
    /// The server tells each client that has an admin URL. The answer names the clients that it reached and those that it did not reach.
    pub fn logout_all(&self) -> LogoutAllUsers {
        self.api().logout_all_users().realm(self.name())
    }

    /// Tells each client that has an admin URL to refuse tokens from before the realm's `not_before` (epoch seconds).
    /// `POST /admin/realms/{realm}/push-revocation`
    pub fn push_revocation(&self) -> PushRealmRevocation {
        self.api().push_realm_revocation().realm(self.name())
    }
}
