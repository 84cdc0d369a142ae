//! Many realms and tenants.

use std::collections::BTreeMap;

use keycloak_admin::clients::Client;
use keycloak_admin::types::{ClientRepresentation, RealmRepresentation, UserRepresentation};
use keycloak_admin::{Credentials, Error, Keycloak, Realm};
use keycloak_server::harness;

use super::common::{TestRealm, connect, connect_as};

// ANCHOR: state
#[derive(Clone)]
struct App {
    keycloak: Keycloak, // cheap to clone: all clones share connections and the token
}

impl App {
    /// The realm of a tenant. The name comes from your own list of tenants, never from a request.
    fn realm_of(&self, tenants: &BTreeMap<String, String>, tenant: &str) -> Option<Realm> {
        tenants.get(tenant).map(|realm| self.keycloak.realm(realm))
    }
}
// ANCHOR_END

async fn onboard(keycloak: &Keycloak, tenant_realm: &str) -> Result<(), Error> {
    // ANCHOR: onboard
    let realm = RealmRepresentation::new()
        .with_realm(tenant_realm)
        .with_enabled(true);
    keycloak.realms().create(&realm).exist_ok().await?;
    // The next call gets a new token, because the old one has no roles in the new realm.
    let owner = UserRepresentation::new()
        .with_username("owner")
        .with_enabled(true);
    let users = keycloak.realm(tenant_realm).users();
    users.create(&owner).exist_ok().await?;
    // ANCHOR_END
    Ok(())
}

/// A client of the realm `master` with a service account. The test deletes it.
struct MasterClient {
    client: Client,
    credentials: Credentials,
}

impl MasterClient {
    async fn create() -> Result<Self, Error> {
        let client_id = harness::realm_name("tenant-service");
        let client = ClientRepresentation::new()
            .with_client_id(client_id.as_str())
            .with_service_accounts_enabled(true)
            .with_standard_flow_enabled(false);
        let master = connect(harness::keycloak()).realm("master");
        let uuid = master.clients().create(&client).await?;
        let client = master.client_by_uuid(&uuid);
        let secret = client.get_secret().await?.value.unwrap_or_default();
        Ok(Self {
            client,
            credentials: Credentials::client_secret(client_id, secret),
        })
    }

    fn connect(&self) -> Result<Keycloak, Error> {
        connect_as(harness::keycloak(), "master", self.credentials.clone())
    }
}

/// A service account of the realm `master` whose roles are those of single realms.
#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn one_service_account_works_in_the_realms_that_it_has_roles_in() -> Result<(), Error> {
    let [mine, other] = [
        TestRealm::create("guide-tenant").await,
        TestRealm::create("guide-other").await,
    ];
    let service = MasterClient::create().await?;
    let client = &service.client;
    let master = connect(harness::keycloak()).realm("master");
    let tenant_realm = mine.name.as_str();

    // ANCHOR: master
    let account = client.get_service_account_user().await?;
    let account = master.user(account.id.unwrap_or_default());
    // Each realm has a client of the name `REALM-realm` in `master`.
    let roles = account.client_roles(format!("{tenant_realm}-realm"));
    roles.add_by_name(["manage-users"]).await?;
    // ANCHOR_END

    let tenants = BTreeMap::from([
        ("mine".to_owned(), mine.name.clone()),
        ("other".to_owned(), other.name.clone()),
    ]);
    let app = App {
        keycloak: service.connect()?,
    };
    let own = app.realm_of(&tenants, "mine").unwrap();
    assert_eq!(own.users().count().await?, 0);
    let foreign = app.realm_of(&tenants, "other").unwrap();
    assert!(foreign.users().count().await.unwrap_err().is_forbidden());
    assert!(app.realm_of(&tenants, "nobody").is_none());
    client.delete().await
}

/// The account has no other role than `create-realm`.
#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_tenant_is_onboarded_twice() -> Result<(), Error> {
    let test = TestRealm::reserve(harness::keycloak(), "guide-onboard");
    let service = MasterClient::create().await?;
    let account = service.client.get_service_account_user().await?;
    let account = connect(harness::keycloak())
        .realm("master")
        .user(account.id.unwrap_or_default());
    account.realm_roles().add_by_name(["create-realm"]).await?;
    let keycloak = service.connect()?;
    onboard(&keycloak, &test.name).await?;
    onboard(&keycloak, &test.name).await?;
    assert_eq!(test.get().users().count().await?, 1);
    service.client.delete().await
}
