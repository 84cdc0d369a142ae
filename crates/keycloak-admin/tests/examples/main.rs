//! The examples, run on a real server.

// A scenario is read from top to bottom.
#![allow(clippy::too_many_lines)]
#![allow(dead_code, unreachable_pub)] // the examples' own `main` is not called
#![allow(clippy::duplicate_mod)] // each example has its own `common`

#[path = "../common/mod.rs"]
mod common;

#[path = "../../examples/audit_admin_events.rs"]
mod audit_admin_events;
#[path = "../../examples/copy_clients.rs"]
mod copy_clients;
#[path = "../../examples/disable_inactive.rs"]
mod disable_inactive;
#[path = "../../examples/export_realm.rs"]
mod export_realm;
#[path = "../../examples/impersonate.rs"]
mod impersonate;
#[path = "../../examples/import_users.rs"]
mod import_users;
#[path = "../../examples/login_check.rs"]
mod login_check;
#[path = "../../examples/onboard_tenant.rs"]
mod onboard_tenant;
#[path = "../../examples/phasetwo_webhooks.rs"]
mod phasetwo_webhooks;
#[path = "../../examples/rotate_secrets.rs"]
mod rotate_secrets;
#[path = "../../examples/service_account.rs"]
mod service_account;
#[path = "../../examples/user_api.rs"]
mod user_api;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use common::{TestRealm, person};
use keycloak_admin::types::{
    ClientRepresentation, CredentialRepresentation, ProtocolMapperRepresentation,
};
use keycloak_admin::{Credentials, Ensured, Error, Keycloak};
use keycloak_api_mock::MockServer;
use keycloak_server::harness;
use onboard_tenant::Tenant;
use phasetwo_webhooks::Receiver;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_are_imported_and_failures_reported() {
    let test = TestRealm::create("example-import").await;
    let csv = "username,email,firstName,lastName\n\
               ann,ann@example.com,Ann,Example\n\
               bob, bob@example.com ,Bob,\"Example, the second\"\n\
               eve,not an address,Eve,Example\n";
    let report = import_users::run(&test.get(), csv.as_bytes())
        .await
        .unwrap();
    assert_eq!((report.created, report.existing), (2, 0));
    assert_eq!(report.failures.len(), 1);
    let failure = &report.failures[0];
    assert_eq!(failure.name(), Some("eve"));
    assert_eq!(failure.error().status(), Some(400), "{failure}");
    let bob = test
        .get()
        .users()
        .find_by_username("bob")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bob.last_name.as_deref(), Some("Example, the second"));
    assert_eq!(bob.email.as_deref(), Some("bob@example.com"));
    assert_eq!(bob.enabled, Some(true));

    let again = import_users::run(&test.get(), csv.as_bytes())
        .await
        .unwrap();
    assert_eq!((again.created, again.existing), (0, 2));
    let broken = import_users::run(&test.get(), "username\nann,x\n".as_bytes()).await;
    assert!(
        broken.unwrap_err().to_string().contains("line: 2"),
        "the row is named"
    );
}

/// Fetches a page, with a token if there is one, and returns its status and its text.
fn fetch(address: SocketAddr, path: &str, token: Option<&str>) -> (u16, String) {
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{}\r\n",
        authorization.unwrap_or_default()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_application_keeps_a_realm_in_its_state() {
    let test = TestRealm::create("example-state").await;
    let ann = person("ann").with_first_name("Ann");
    test.get().users().create(&ann).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let application = user_api::router(test.get());
    let server = tokio::spawn(async move { axum::serve(listener, application).await });

    let ask = async |path: &'static str| {
        let asked = tokio::task::spawn_blocking(move || fetch(address, path, None));
        asked.await.unwrap()
    };
    let found = ask("/users/ann").await;
    assert_eq!(found, (200, "Ann <ann@example.com>".to_owned()));
    assert_eq!(ask("/users/bob").await.0, 404);
    server.abort();
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_impersonation_gives_all_cookies_of_the_session() {
    let test = TestRealm::create("example-impersonate").await;
    test.get().users().create(&person("ann")).await.unwrap();
    let session = impersonate::run(&test.get(), "ann").await.unwrap();
    let names: Vec<&str> = session
        .cookies
        .iter()
        .filter_map(|cookie| cookie.split('=').next())
        .collect();
    assert!(names.contains(&"KEYCLOAK_IDENTITY"), "{names:?}");
    assert!(names.contains(&"KEYCLOAK_SESSION"), "{names:?}");
    assert!(session.address.contains(&test.name), "{}", session.address);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_page_is_shown_to_those_who_are_logged_in() {
    let test = TestRealm::create("example-login").await;
    let audience = ProtocolMapperRepresentation::new()
        .with_name("audience")
        .with_protocol("openid-connect")
        .with_protocol_mapper("oidc-audience-mapper")
        .with_config([
            ("included.client.audience", "my-service"),
            ("access.token.claim", "true"),
        ]);
    let service = ClientRepresentation::new()
        .with_protocol_mappers([audience])
        .with_client_id("my-service")
        .with_secret("s3cret")
        .with_service_accounts_enabled(true)
        .with_direct_access_grants_enabled(true);
    let create = test.keycloak.api().create_client().realm(&test.name);
    create.body(&service).await.unwrap();
    let ann = person("ann").with_credentials([CredentialRepresentation::new()
        .with_type("password")
        .with_value("pass")]);
    let id = test.get().users().create(&ann).await.unwrap();

    let url = test.keycloak.session().base_url().to_owned();
    let gate = login_check::Gate::new(&url, &test.name, "my-service", "s3cret").unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server =
        tokio::spawn(async move { axum::serve(listener, login_check::router(gate)).await });

    let ask = async |token: Option<String>| {
        let asked = tokio::task::spawn_blocking(move || fetch(address, "/", token.as_deref()));
        asked.await.unwrap()
    };
    let token = async |credentials: Credentials| {
        let user = test.connect(credentials);
        user.session()
            .access_token()
            .await
            .unwrap()
            .secret()
            .to_owned()
    };
    let ann = Credentials::password("ann", "pass");
    assert_eq!(ask(None).await.0, 401);
    assert_eq!(ask(Some("forged".to_owned())).await.0, 401);
    // A token is for the clients that it names: this one was made for `admin-cli`.
    assert_eq!(ask(Some(token(ann.clone()).await)).await.0, 401);
    let ann = ann
        .with_client_id("my-service")
        .with_client_secret("s3cret");
    let token = token(ann).await;
    let welcome = (200, "welcome, ann\n".to_owned());
    assert_eq!(ask(Some(token.clone())).await, welcome);
    test.get().user(&id).logout().await.unwrap();
    assert_eq!(ask(Some(token)).await.0, 401);
    server.abort();
}

fn service(client_id: &str) -> ClientRepresentation {
    ClientRepresentation::new()
        .with_client_id(client_id)
        .with_secret("s3cret")
        .with_service_accounts_enabled(true)
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn secrets_are_rotated() {
    let test = TestRealm::create("example-rotate").await;
    let realm = test.get();
    realm.clients().create(&service("billing")).await.unwrap();
    let public = service("app").with_public_client(true);
    realm.clients().create(&public).await.unwrap();
    let mut secrets = Vec::new();
    rotate_secrets::run(&realm, |client_id, secret| {
        secrets.push((client_id.to_owned(), secret.to_owned()));
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(secrets.len(), 1);
    let (client_id, secret) = &secrets[0];
    assert_eq!(client_id, "billing");
    assert_ne!(secret, "s3cret");
    let login = |secret: &str| test.connect(Credentials::client_secret("billing", secret));
    assert!(login(secret).session().access_token().await.is_ok());
    assert!(login("s3cret").session().access_token().await.is_err());
}

#[tokio::test]
async fn a_client_that_fails_loses_no_secret_that_was_made() {
    let server = MockServer::start();
    let clients = ["billing", "broken", "later"].map(|id| {
        service(id)
            .with_id(id)
            .with_public_client(false)
            .with_client_authenticator_type("client-secret")
    });
    server.list_clients(|when, then| (when.realm("acme"), then.items(clients.to_vec())));
    server.regenerate_client_secret(|when, then| {
        let made = CredentialRepresentation::new().with_value("made");
        (when.realm("acme").client_uuid("billing"), then.ok(made))
    });
    server.regenerate_client_secret(|when, then| {
        let when = when.realm("acme").client_uuid("broken");
        (when, then.error(500, "broken"))
    });
    let keycloak = Keycloak::builder(server.url())
        .credentials(Credentials::client_secret("app", "any"))
        .build()
        .unwrap();
    let mut secrets = Vec::new();
    let realm = keycloak.realm("acme");
    let rotated = rotate_secrets::run(&realm, |client_id, secret| {
        secrets.push(format!("{client_id}\t{secret}"));
        Ok(())
    });
    let error = rotated.await.unwrap_err().to_string();
    assert!(
        error.contains("the secret of broken may have changed"),
        "{error}"
    );
    assert_eq!(secrets, ["billing\tmade"]);
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn idle_users_are_disabled() {
    let test = TestRealm::create("example-idle").await;
    let realm = test.get();
    let later = i64::MAX / 2000;
    let refused = disable_inactive::run(&realm, later).await;
    assert!(refused.unwrap_err().to_string().contains("does not keep"));
    realm
        .events()
        .modify_config(|config| config.events_enabled = Some(true))
        .await
        .unwrap();
    let long_ago = disable_inactive::run(&realm, 0).await.unwrap();
    assert!(long_ago.is_empty(), "nobody is that old");
    realm.users().create(&person("ann")).await.unwrap();
    // A date in the future: nobody has logged in since.
    assert_eq!(disable_inactive::run(&realm, later).await.unwrap(), ["ann"]);
    let ann = realm
        .users()
        .find_by_username("ann")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ann.enabled, Some(false));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn clients_are_copied() {
    let (from, to) = (
        TestRealm::create("example-from").await,
        TestRealm::create("example-to").await,
    );
    from.get()
        .clients()
        .create(&service("billing"))
        .await
        .unwrap();
    let copied = copy_clients::run(&from.get(), &to.get()).await.unwrap();
    assert_eq!(copied.len(), 1, "{copied:?}");
    assert_eq!(copied[0].0, "billing");
    assert!(copied[0].1.as_ref().unwrap().is_created());
    let login = to.connect(Credentials::client_secret("billing", "s3cret"));
    assert!(login.session().access_token().await.is_ok());
    let again = copy_clients::run(&from.get(), &to.get()).await.unwrap();
    assert!(!again[0].1.as_ref().unwrap().is_created());
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_realm_is_exported() {
    let test = TestRealm::create("example-export").await;
    let realm = test.get();
    realm.clients().create(&service("billing")).await.unwrap();
    realm.users().create(&person("ann")).await.unwrap();
    realm.users().create(&person("bob")).await.unwrap();
    let (mut settings, mut users) = (Vec::new(), Vec::new());
    let count = export_realm::run(&realm, &mut settings, &mut users)
        .await
        .unwrap();
    assert_eq!(count, 2);
    let settings: serde_json::Value = serde_json::from_slice(&settings).unwrap();
    assert_eq!(settings["realm"], test.name);
    let clients = settings["clients"].as_array().unwrap();
    assert!(clients.iter().any(|client| client["clientId"] == "billing"));
    let users = String::from_utf8(users).unwrap();
    assert_eq!(users.lines().count(), 2);
    assert!(users.contains("\"username\":\"bob\""));
    assert!(
        !String::from_utf8(serde_json::to_vec(&settings).unwrap())
            .unwrap()
            .contains("s3cret")
    );
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn admin_events_are_audited() {
    let test = TestRealm::create("example-audit").await;
    let realm = test.get();
    realm
        .events()
        .modify_config(|config| config.admin_events_enabled = Some(true))
        .await
        .unwrap();
    let id = realm.users().create(&person("ann")).await.unwrap();
    let mut out = Vec::new();
    audit_admin_events::run(&test.keycloak, &test.name, "USER", &mut out)
        .await
        .unwrap();
    let out = String::from_utf8(out).unwrap();
    let fields: Vec<&str> = out.trim_end().split('\t').collect();
    assert_eq!(fields.len(), 5, "{out}");
    // The administrator is of the realm `master`; a server that keeps its users in memory knows the name all the same.
    let is_known = fields[1] == "admin" || fields[1].contains(" of realm ");
    assert!(is_known, "{out}");
    assert_eq!(fields[3..], ["CREATE", &format!("users/{id}")]);
}

const INITECH: Tenant<'_> = Tenant {
    name: "initech",
    domain: "initech.example",
    email: "peter@initech.example",
};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_tenant_is_onboarded_once() -> Result<(), Error> {
    let test = TestRealm::create("onboard").await;
    let realm = test.get();
    let first = onboard_tenant::run(&realm, INITECH).await?;
    assert!(first.user.is_created() && first.organization.is_created());
    assert_eq!(first.phasetwo, None, "the server has no Phase Two");
    let second = onboard_tenant::run(&realm, INITECH).await?;
    let id = first.organization.into_inner();
    assert_eq!(second.organization, Ensured::Existing(id.clone()));

    let organization = realm.organization(&id);
    let members = organization.members().list().try_collect().await?;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].id.as_ref(), Some(first.user.inner()));
    let found = realm
        .organizations()
        .find_by_domain("initech.example")
        .await?;
    assert_eq!(found.unwrap().id, Some(id));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_tenant_is_onboarded_once_with_phase_two() -> Result<(), Error> {
    let test = TestRealm::create_on(harness::phasetwo(), "onboard", |_| {}).await;
    let realm = test.get();
    let first = onboard_tenant::run(&realm, INITECH).await?;
    let id = first.phasetwo.unwrap();
    assert!(id.is_created());
    let id = id.into_inner();
    let second = onboard_tenant::run(&realm, INITECH).await?;
    assert_eq!(second.phasetwo, Some(Ensured::Existing(id.clone())));

    let organization = realm.phasetwo().organization(&id);
    let owner = organization.role("owner");
    assert!(owner.is_granted_to(first.user.inner()).await?);
    assert_eq!(organization.invitations().count().await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn signed_events_are_received() -> Result<(), Error> {
    let test = TestRealm::create_on(harness::phasetwo(), "webhooks-example", |realm| {
        realm.events_listeners = Some(vec!["ext-event-webhook".to_owned()]);
    })
    .await;
    let realm = test.get();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut types = Vec::new();
    let example = phasetwo_webhooks::run(&realm, "s3cret", address, 1, |event| {
        types.push(event.type_.clone().unwrap_or_default());
    });
    let ended = tokio::time::timeout(Duration::from_secs(120), example).await;
    ended.expect("an event arrives").unwrap();
    assert_eq!(types, ["example.started"]);
    assert_eq!(
        realm.phasetwo().webhooks().count().await?,
        0,
        "it is deleted"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_not_signed_is_refused() {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut receiver = Receiver::start(address, "s3cret").await.unwrap();
    let url = Url::parse(&receiver.url()).unwrap();
    let post = async |header: &str| {
        let to = (url.host_str().unwrap(), url.port().unwrap());
        let mut client = tokio::net::TcpStream::connect(to).await.unwrap();
        let request = format!(
            "POST /keycloak HTTP/1.1\r\nHost: me\r\nConnection: close\r\n{header}\
             Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{{\"type\":\"a\"}}"
        );
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    };
    for wrong in [
        "",
        "X-Keycloak-Signature: 00\r\n",
        "X-Keycloak-Signature: \r\n",
    ] {
        let answer = post(wrong).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    let answer = post(&format!("X-Keycloak-Signature: {SIGNATURE}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    // It is the first that there is: the others were not taken.
    assert_eq!(receiver.next().await.unwrap().type_.as_deref(), Some("a"));
}

/// `printf '{"type":"a"}' | openssl dgst -sha256 -hmac s3cret`
const SIGNATURE: &str = "feee1ad4675aabd46063e7ee8d8d5ea430bf9f5bc67eb173245c26f0fb488977";

/// The HMAC-SHA256 of `{"type":"a"}` with an empty secret and with a space, by Python's `hmac`.
const SIGNED_BY_ANYBODY: [(&str, &str); 2] = [
    (
        "",
        "e714d72429cae6dd13f98e0b9c29c85ada3a6d2b62765aa441b094b514222baa",
    ),
    (
        " ",
        "8612dd48e45f609e3697d3a682ee444b6743f198b38aedce484dcb6d735f08c2",
    ),
];

#[tokio::test]
async fn an_empty_secret_lets_nobody_sign() {
    use phasetwo_webhooks::is_signed;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    for (secret, signature) in SIGNED_BY_ANYBODY {
        let started = Receiver::start(address, secret).await;
        let error = started.err().expect("it is refused");
        assert!(error.to_string().contains("secret is empty"), "{error}");
        let signature = signature.as_bytes();
        assert!(!is_signed(secret, signature, br#"{"type":"a"}"#));
    }
}

#[test]
fn a_body_is_believed_only_with_its_signature() {
    use phasetwo_webhooks::is_signed;
    let signature = SIGNATURE.as_bytes();
    let body = br#"{"type":"a"}"#;
    assert!(is_signed("s3cret", signature, body));
    assert!(is_signed(
        "s3cret",
        SIGNATURE.to_uppercase().as_bytes(),
        body
    ));
    assert!(!is_signed("other", signature, body));
    assert!(!is_signed("s3cret", signature, br#"{"type":"b"}"#));
    for wrong in [
        "",
        "0",
        "zz",
        &SIGNATURE[..62],
        &SIGNATURE[..63],
        &format!("{SIGNATURE}00"),
    ] {
        assert!(!is_signed("s3cret", wrong.as_bytes(), body), "{wrong}");
    }
    assert!(!is_signed("s3cret", "é".repeat(32).as_bytes(), body));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_service_account_logs_in_with_its_key() {
    let test = TestRealm::create("example-service").await;
    test.get().users().create(&person("ann")).await.unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::default()
        .self_signed(&key)
        .unwrap()
        .pem();
    let key = key.serialize_pem();
    for _ in 0..2 {
        let (admin, name) = (&test.keycloak, &test.name);
        let made = service_account::run(
            admin,
            name,
            "user-sync",
            key.as_bytes(),
            certificate.as_bytes(),
        );
        let service = made.await.unwrap();
        let realm = service.realm(name);
        assert_eq!(realm.users().count().await.unwrap(), 1);
        let forbidden = realm.users().create(&person("bob")).await.unwrap_err();
        assert!(
            forbidden.is_forbidden(),
            "it may see users and nothing else"
        );
    }
}
