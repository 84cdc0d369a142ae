//! The commonest mistakes on a real server: the error says what is wrong and what to do.

use crate::common::{TestRealm, connect_as, person};
use keycloak_admin::types::{ClientRepresentation, RealmRepresentation, UserRepresentation};
use keycloak_admin::{Credentials, Error, Keycloak, Temporary};
use keycloak_server::harness;

const SECRET: &str = "s3cret";

/// A client that logs in with the secret.
fn service(client_id: &str) -> ClientRepresentation {
    ClientRepresentation::new()
        .with_client_id(client_id)
        .with_secret(SECRET)
        .with_service_accounts_enabled(true)
}

/// The text of the error of a login.
async fn refused(keycloak: Keycloak) -> String {
    let error = keycloak.session().access_token().await.unwrap_err();
    error.to_string()
}

fn assert_ends(text: &str, end: &str) {
    assert!(text.ends_with(end), "{text}");
}

async fn refused_at(test: &TestRealm, credentials: Credentials) -> String {
    refused(test.connect(credentials)).await
}

/// A server's address with the administrator's credentials.
fn at(url: &str) -> Keycloak {
    let target = harness::keycloak();
    let credentials = Credentials::password(&target.admin_username, &target.admin_password);
    Keycloak::builder(url)
        .credentials(credentials)
        .build()
        .unwrap()
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_wrong_address_or_realm() {
    let target = harness::keycloak();
    let url = target.url.trim_end_matches('/');
    let auth = refused(at(&format!("{url}/auth"))).await;
    assert_ends(
        &auth,
        "(check the base URL, and whether `/auth` belongs to it)",
    );
    let https = refused(at(&url.replace("http://", "https://"))).await;
    let advice = "(the server does not speak https there; check the port, or use http)";
    assert_ends(&https, advice);
    let credentials = Credentials::password(&target.admin_username, &target.admin_password);
    let realm = connect_as(target, "no-such-realm", credentials).unwrap();
    assert_eq!(
        refused(realm).await,
        "no access token: 404 Not Found: Realm does not exist (check the auth realm)"
    );
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_who_cannot_log_in() {
    let test = TestRealm::create("mistakes-users").await;
    let realm = test.get();
    let id = realm.users().create(&person("ada")).await.unwrap();
    let user = realm.user(&id);
    user.reset_password(SECRET, Temporary::No).await.unwrap();
    let login = |password: &str| refused_at(&test, Credentials::password("ada", password));
    assert_ends(
        &login("wrong").await,
        ": Invalid user credentials (check the user name, the password and the auth realm)",
    );
    user.reset_password(SECRET, Temporary::Yes).await.unwrap();
    assert_ends(
        &login(SECRET).await,
        ": Account is not fully set up (the user has required actions to do, or a temporary password)",
    );
    user.modify(|user| user.enabled = Some(false))
        .await
        .unwrap();
    assert_ends(&login(SECRET).await, ": Account disabled (enable the user)");
    let off = |realm: &mut RealmRepresentation| realm.enabled = Some(false);
    realm.modify(off).await.unwrap();
    assert_ends(
        &login(SECRET).await,
        ": Realm not enabled (enable the auth realm)",
    );
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_client_that_cannot_log_in() {
    let test = TestRealm::create("mistakes-clients").await;
    let clients = test.get().clients();
    let disabled = service("disabled").with_enabled(false);
    let without_account = service("no-account").with_service_accounts_enabled(false);
    for client in [service("sync"), disabled, without_account] {
        clients.create(&client).await.unwrap();
    }
    let login = |id: &str, secret: &str| refused_at(&test, Credentials::client_secret(id, secret));
    let advice =
        "(check the client_id, its secret and the auth realm, and that the client is enabled)";
    for (id, secret) in [("sync", "wrong"), ("nobody", SECRET), ("disabled", SECRET)] {
        let refusal = login(id, secret).await;
        assert_ends(&refusal, advice);
    }
    let refusal = login("no-account", SECRET).await;
    assert_ends(&refusal, "(set serviceAccountsEnabled of the client)");
    let grant = Credentials::password("ada", SECRET).with_client_id("sync");
    let refusal = refused_at(&test, grant.with_client_secret(SECRET)).await;
    assert_ends(&refusal, "(set directAccessGrantsEnabled of the client)");
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_account_without_the_role() {
    let test = TestRealm::create("mistakes-roles").await;
    test.get().clients().create(&service("sync")).await.unwrap();
    let sync = test.connect(Credentials::client_secret("sync", SECRET));
    let realm = sync.realm(&test.name);
    let advice = |role: &str, error: Error| {
        let refusal = error.to_string();
        assert!(error.is_forbidden(), "{refusal}");
        let advice = format!(
            "(the account needs the role {role} of the client realm-management, or for an account of the realm master of the \
             client REALM-realm)"
        );
        assert_ends(&refusal, &advice);
    };
    advice("view-users", realm.users().list().await.unwrap_err());
    let create = realm.users().create(&person("ada")).await;
    advice("manage-users", create.unwrap_err());
    let create = realm.clients().create(&service("other")).await;
    advice("manage-clients", create.unwrap_err());
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_with_the_address_of_another() {
    let test = TestRealm::create("mistakes-address").await;
    let users = test.get().users();
    users.create(&person("ada")).await.unwrap();
    let other = UserRepresentation::new()
        .with_username("eve")
        .with_email("ada@example.com");
    let error = users.create(&other).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "create_user: 409 Conflict: User exists with same email"
    );
}
