//! The shared parts of the tests on a real server: clients, and realms that are deleted at the end.

#![allow(dead_code, unreachable_pub)] // each test binary uses a part of it

pub mod repeat;

use std::collections::BTreeMap;
use std::thread;

use keycloak_admin::types::{
    ComponentExportRepresentation, RealmRepresentation, UserRepresentation,
};
use keycloak_admin::{Credentials, Error, Keycloak, Realm, SessionBuilder};
use keycloak_server::harness::{self, Target};

use self::repeat::again_after_role_fault;

/// The type of the components that hold a realm's keys.
pub const KEYS: &str = "org.keycloak.keys.KeyProvider";

/// A client of this server, as its administrator.
pub fn connect(target: &Target) -> Keycloak {
    let credentials = Credentials::password(&target.admin_username, &target.admin_password);
    connect_as(target, "master", credentials).expect("the harness gives a URL")
}

/// The settings of a client of this server, which trust its authority.
pub fn builder(target: &Target) -> SessionBuilder<Keycloak> {
    trusting(Keycloak::builder(&target.url), target)
}

/// Adds the authority of this server.
pub fn trusting(builder: SessionBuilder<Keycloak>, target: &Target) -> SessionBuilder<Keycloak> {
    match target.ca_pem() {
        Some(pem) => builder.root_certificate_pem(&pem),
        None => builder,
    }
}

/// A client of this server with credentials of a realm.
pub fn connect_as(
    target: &Target,
    realm: &str,
    credentials: Credentials,
) -> Result<Keycloak, Error> {
    builder(target)
        .credentials(credentials)
        .auth_realm(realm)
        .build()
}

/// A realm of a test's own. It is deleted when this is dropped, also where the test fails.
pub struct TestRealm {
    target: &'static Target,
    pub keycloak: Keycloak,
    pub name: String,
}

impl TestRealm {
    /// An empty realm.
    pub async fn create(prefix: &str) -> Self {
        Self::create_with(prefix, |_| {}).await
    }

    /// A realm with the settings that `configure` makes.
    pub async fn create_with(
        prefix: &str,
        configure: impl FnOnce(&mut RealmRepresentation),
    ) -> Self {
        Self::create_on(harness::keycloak(), prefix, configure).await
    }

    pub async fn create_on(
        target: &'static Target,
        prefix: &str,
        configure: impl FnOnce(&mut RealmRepresentation),
    ) -> Self {
        let realm = Self::reserve(target, prefix);
        let mut representation = RealmRepresentation::new()
            .with_realm(realm.name.clone())
            .with_enabled(true)
            .with_components([(KEYS, [hmac_key(), aes_key()])]);
        configure(&mut representation);
        let made = realm
            .keycloak
            .realms()
            .create(&representation)
            .await
            .unwrap();
        assert_eq!(made, realm.name);
        realm
    }

    /// A name that is cleaned up; the test creates the realm itself.
    pub fn reserve(target: &'static Target, prefix: &str) -> Self {
        Self {
            target,
            keycloak: connect(target),
            name: harness::realm_name(prefix),
        }
    }

    pub fn get(&self) -> Realm {
        self.keycloak.realm(&self.name)
    }

    /// Another client, with credentials of this realm.
    pub fn connect(&self, credentials: Credentials) -> Keycloak {
        connect_as(self.target, &self.name, credentials).unwrap()
    }

    /// Logs a user of this realm in, with a password and without a browser.
    pub async fn login(&self, username: &str, password: &str) -> Result<(), Error> {
        let user = self.connect(Credentials::password(username, password));
        user.session().access_token().await.map(drop)
    }
}

impl Drop for TestRealm {
    fn drop(&mut self) {
        let (target, name) = (self.target, self.name.clone());
        // The test's runtime may be gone, and cannot be blocked while it is not.
        let deleted = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let realm = connect(target).realm(&name);
            runtime.block_on(again_after_role_fault(async || {
                realm.delete_if_exists().await
            }))
        })
        .join()
        .unwrap();
        if !thread::panicking() {
            deleted.unwrap();
        }
    }
}

/// One of the two keys of a new realm that cost nothing. Keycloak also makes two RSA keys if a creation names no key, and they take a third of its
/// time. If a realm has none, Keycloak makes one when somebody logs in.
fn hmac_key() -> ComponentExportRepresentation {
    ComponentExportRepresentation::new()
        .with_name("hmac-generated-hs512")
        .with_provider_id("hmac-generated")
        .with_config([("algorithm", ["HS512"]), ("priority", ["100"])])
}

/// The other one.
fn aes_key() -> ComponentExportRepresentation {
    ComponentExportRepresentation::new()
        .with_name("aes-generated")
        .with_provider_id("aes-generated")
        .with_config([("priority", ["100"])])
}

/// A user who can log in: Keycloak wants names and an e-mail address for that.
pub fn person(username: &str) -> UserRepresentation {
    UserRepresentation::new()
        .with_username(username)
        .with_email(format!("{username}@example.com"))
        .with_first_name("Example")
        .with_last_name("Person")
        .with_enabled(true)
}

/// Attributes with one value each.
pub fn attributes<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, Vec<String>> {
    let pair = |(name, value): (&str, &str)| (name.to_owned(), vec![value.to_owned()]);
    pairs.into_iter().map(pair).collect()
}
