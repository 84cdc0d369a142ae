//! The server itself: what it is made of, and who is asking.

use keycloak_api::Client as Api;
use keycloak_api::server::{GetServerInfo, GetWhoami};

use crate::{Call, Keycloak, Realm};

impl Keycloak {
    /// Reads what the server is made of: version, features, providers, themes. An account of another realm than `master` sees hardly anything
    /// of it. `GET /admin/serverinfo`
    #[inline]
    pub fn server_info(&self) -> Call<GetServerInfo> {
        Call::new(self.api().get_server_info())
    }
}

impl Realm<'_> {
    /// Reads who the session's account is, which has to be one of this realm, and what it may do in which realms.
    /// `GET /admin/{realm}/console/whoami`
    #[inline]
    pub fn whoami(self) -> Call<GetWhoami> {
        self.at(|api: &Api| api.get_whoami().current_realm(self.name()))
    }
}
