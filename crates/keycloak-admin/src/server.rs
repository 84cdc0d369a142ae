//! The server itself: its version and its providers, and the session's account.

use keycloak_api::server::{GetServerInfo, GetWhoami};

use crate::{Keycloak, Realm};

impl Keycloak {
    /// Reads the server's version, features, providers and themes. `GET /admin/serverinfo`
    ///
    /// An account of another realm than `master` gets hardly any of it.
    pub fn get_server_info(&self) -> GetServerInfo {
        self.api().get_server_info()
    }
}

impl Realm {
    /// Reads the session's account and its rights in each realm. `GET /admin/{realm}/console/whoami`
    ///
    /// The account must belong to this realm.
    pub fn get_whoami(&self) -> GetWhoami {
        self.api()
            .get_whoami()
            .realm(self.name())
            .current_realm(self.name())
    }
}
