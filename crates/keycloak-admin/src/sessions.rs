//! Sessions of a whole realm. Those of one user are at [`User`](crate::users::User), those of one client at
//! [`Client`](crate::clients::Client).

use keycloak_api::Client as Api;
use keycloak_api::realms_admin::{
    DeleteSession, ListClientSessionStats, LogoutAllUsers, PushRealmRevocation,
};

use crate::call::CallExt as _;
use crate::{Call, Realm};

impl Realm<'_> {
    /// Counts the sessions of each client that has any: active and offline ones. `GET /admin/realms/{realm}/client-session-stats`
    #[inline]
    pub fn session_stats(self) -> Call<ListClientSessionStats> {
        self.at(Api::list_client_session_stats)
    }

    /// Ends one session by its id; with the query `is_offline(true)` it is an offline one. `DELETE /admin/realms/{realm}/sessions/{session}`
    #[inline]
    pub fn delete_session(self, session_id: &str) -> Call<DeleteSession> {
        self.at(Api::delete_session).and_path(session_id)
    }

    /// Ends all sessions of the realm, offline ones not included; the answer says which clients with an admin URL could be told.
    /// `POST /admin/realms/{realm}/logout-all`
    #[inline]
    pub fn logout_all(self) -> Call<LogoutAllUsers> {
        self.at(Api::logout_all_users)
    }

    /// Tells every client that has an admin URL that tokens from before the realm's `not_before` (epoch seconds) are void.
    /// `POST /admin/realms/{realm}/push-revocation`
    #[inline]
    pub fn push_revocation(self) -> Call<PushRealmRevocation> {
        self.at(Api::push_realm_revocation)
    }
}
