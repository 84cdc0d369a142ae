//! The commonest mistakes: the error says what is wrong and what to do, and the guide has the same text.
//!
//! Most of them are made on a real server. Those with certificates and connections need none.

mod tls;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::common::{TestRealm, connect_as, person, trusting};
use keycloak_admin::types::{ClientRepresentation, RealmRepresentation, UserRepresentation};
use keycloak_admin::{Credentials, Error, ErrorKind, Keycloak, SessionBuilder, Temporary};
use keycloak_server::harness;
use serde_json::json;
use tls::TlsServer;

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

/// Fails unless the text ends like this, and unless the guide has the end.
fn assert_ends(text: &str, end: &str) {
    assert!(text.ends_with(end), "{text}");
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/errors.md");
    let guide = fs::read_to_string(guide).unwrap();
    let end = end.trim_start_matches([':', ' ']);
    assert!(guide.contains(end), "not in the guide: {end}");
}

async fn refused_at(test: &TestRealm, credentials: Credentials) -> String {
    refused(test.connect(credentials)).await
}

/// A server's address with the administrator's credentials.
fn at(url: &str) -> Keycloak {
    let target = harness::keycloak();
    let credentials = Credentials::password(&target.admin_username, &target.admin_password);
    trusting(Keycloak::builder(url), target)
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
    let refusal = refused(realm).await;
    assert_ends(&refusal, ": Realm does not exist (check the auth realm)");
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
    let public = service("public").with_public_client(true);
    clients.create(&public).await.unwrap();
    let refusal = login("public", SECRET).await;
    assert_ends(&refusal, "(set publicClient of the client to false)");
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
            "(the account needs the role {role} of the client realm-management of this realm, or for an account of the realm \
             master of the client REALM-realm; an account of another realm has no rights here)"
        );
        assert!(refusal.ends_with(&advice), "{refusal}");
        // The guide has one role as an example.
        let advice = advice.replace(role, "view-users");
        assert_ends(&advice, &advice);
    };
    advice("view-users", realm.users().list().await.unwrap_err());
    let create = realm.users().create(&person("ada")).await;
    advice("manage-users", create.unwrap_err());
    let create = realm.clients().create(&service("other")).await;
    advice("manage-clients", create.unwrap_err());
    // Its token is of no use in another realm.
    let master = sync.realm("master");
    advice("view-users", master.users().list().await.unwrap_err());
    let other = RealmRepresentation::new().with_realm("mistakes-other");
    let refusal = sync.realms().create(&other).await.unwrap_err().to_string();
    let end = "(the account needs the realm role create-realm of the realm master, and auth_realm has to be master)";
    assert_ends(&refusal, end);
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_realm_is_changed_without_the_role_to_read_it() {
    let test = TestRealm::create("mistakes-realm").await;
    let uuid = test.get().clients().create(&service("sync")).await.unwrap();
    let client = test.get().client_by_uuid(&uuid);
    let account = client.get_service_account_user().await.unwrap().id.unwrap();
    let roles = test.get().user(account).client_roles("realm-management");
    roles.add_by_name(["view-users"]).await.unwrap();
    let sync = test.connect(Credentials::client_secret("sync", SECRET));
    let change = |realm: &mut RealmRepresentation| realm.display_name = Some("Acme".to_owned());
    let error = sync.realm(&test.name).modify(change).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let end = "so nothing was written; the account needs the role `view-realm` of that realm";
    assert_ends(&error.to_string(), end);
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_field_that_the_server_does_not_know() {
    let test = TestRealm::create("mistakes-field").await;
    let user = json!({"username": "ada", "shoeSize": 41}).to_string();
    let create = test.get().users().create(&person("ada")).json_text(user);
    let error = create.await.unwrap_err();
    assert!(error.is_bad_request(), "{error}");
    let refusal = error.to_string();
    assert!(
        refusal.contains("Unrecognized field \"shoeSize\""),
        "{refusal}"
    );
    let end = "(correct the name of the field, or leave it out for a server of this version)";
    assert_ends(&refusal, end);
}

/// An assertion of the client `signed` that was issued so many seconds from now.
fn assertion(issuer: &str, seconds_from_now: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let moment = i64::try_from(now.as_secs()).unwrap() + seconds_from_now;
    let claims = json!({
        "iss": "signed", "sub": "signed", "aud": issuer,
        "jti": moment.to_string(), "iat": moment, "exp": moment + 60,
    });
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes()).unwrap();
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap()
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_clock_that_is_wrong() {
    let test = TestRealm::create("mistakes-clock").await;
    let client = service("signed").with_client_authenticator_type("client-secret-jwt");
    test.get().clients().create(&client).await.unwrap();
    let url = harness::keycloak().url.trim_end_matches('/');
    let issuer = format!("{url}/realms/{}", test.name);
    let file = tempfile::NamedTempFile::new().unwrap();
    for (seconds, message) in [
        (3600, "Token was issued in the future"),
        (-3600, "Token is not active"),
    ] {
        fs::write(file.path(), assertion(&issuer, seconds)).unwrap();
        let refusal = refused_at(&test, Credentials::assertion_file("signed", file.path())).await;
        let end = format!(": {message} (compare the clocks of this machine and of the server)");
        assert_ends(&refusal, &end);
    }
}

/// The text of the error of a login at this address.
async fn unreachable(
    url: &str,
    set: impl Fn(SessionBuilder<Keycloak>) -> SessionBuilder<Keycloak>,
) -> String {
    let builder = Keycloak::builder(url).no_proxy().allow_http(true);
    let builder = builder.credentials(Credentials::client_secret("sync", SECRET));
    refused(set(builder).build().unwrap()).await
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted() {
    let (server, expired) = (TlsServer::start(false).await, TlsServer::start(true).await);
    let trusted = |server: &TlsServer, host: &str| {
        let certificate = server.certificate.clone();
        let url = format!("https://{host}:{}", server.port);
        async move {
            unreachable(&url, |builder| {
                let builder = builder.root_certificate_pem(certificate.as_bytes());
                builder.only_own_roots(true)
            })
            .await
        }
    };
    let url = format!("https://localhost:{}", server.port);
    assert_ends(
        &unreachable(&url, |builder| builder).await,
        "(give the certificate of its authority to root_certificate_pem)",
    );
    assert_ends(
        &trusted(&expired, "localhost").await,
        "(the server's certificate has expired)",
    );
    assert_ends(
        &trusted(&server, "127.0.0.1").await,
        "(the server's certificate is for another host name)",
    );
    let url = format!("http://localhost:{}", server.port);
    assert_ends(
        &unreachable(&url, |builder| builder).await,
        "(if the server speaks https there, use https)",
    );
}

#[tokio::test]
async fn a_server_that_cannot_be_reached() {
    // Nothing listens on this port after the end of the block.
    let port = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let refusal = unreachable(&format!("http://127.0.0.1:{port}"), |builder| builder).await;
    assert_ends(
        &refusal,
        "(check the host and the port, and that the server runs)",
    );
    let refusal = unreachable("https://keycloak.invalid", |builder| builder).await;
    assert_ends(&refusal, "(check the host name in the base URL)");
    // A server that lacks the path answers without Keycloak's message.
    let router = axum::Router::new();
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let refusal = unreachable(&url, |builder| builder).await;
    assert_ends(
        &refusal,
        "(check the base URL, and whether `/auth` belongs to it)",
    );
    server.abort();
}

#[tokio::test]
async fn a_server_that_does_not_answer() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let provider = Credentials::client_secret("sync", SECRET);
    let keycloak = Keycloak::builder(&url).credentials(provider).no_proxy();
    let keycloak = keycloak
        .timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    let error = keycloak.realm("acme").users().list().await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_been_applied());
    let refusal = error.to_string().replace("100ms", "60s");
    assert_ends(&refusal, "timed out: the call did not end within 60s");
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
    assert_ends(
        &error.to_string(),
        "409 Conflict: User exists with same email",
    );
}
