//! Phase Two's extensions, on a real server and on one that answers as a test says.

// A scenario is read from top to bottom.
#![allow(clippy::too_many_lines)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use crate::common::TestRealm;
use crate::fake::{Answer, Fake};
use keycloak_admin::phasetwo::types::{
    IdentityProviderRepresentation, MagicLinkRequest, OrganizationRepresentation,
    OrganizationRoleRepresentation,
};
use keycloak_admin::types::ClientRepresentation;
use keycloak_admin::{Ensured, ErrorKind};
use keycloak_server::harness;
use url::{Position, Url};

fn organization(name: &str) -> OrganizationRepresentation {
    OrganizationRepresentation::new().with_name(name)
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_organization_is_created_once_modified_and_deleted() {
    let realm = TestRealm::create_on(harness::phasetwo(), "orgs", |_| {}).await;
    let phasetwo = realm.get().phasetwo();
    let organizations = phasetwo.organizations();
    assert_eq!(organizations.list().await.unwrap().len(), 0);
    let acme = organization("acme")
        .with_display_name("Acme Inc")
        .with_domains(["acme.example"]);
    let id = organizations.create(&acme).await.unwrap();
    organizations.create(&organization("acme2")).await.unwrap();
    assert!(organizations.create(&acme).await.unwrap_err().is_conflict());
    let found = organizations.create(&acme).exist_ok().await.unwrap();
    assert_eq!(found, Ensured::Existing(id.clone()));

    let organization = phasetwo.organization(&id);
    organization
        .modify(|organization| organization.display_name = Some("Acme Ltd".to_owned()))
        .await
        .unwrap();
    let stored = organization.get().await.unwrap();
    assert_eq!(stored.display_name.as_deref(), Some("Acme Ltd"));
    assert_eq!(
        stored.domains, acme.domains,
        "modify keeps what an update would drop"
    );

    organization.delete().await.unwrap();
    assert!(organization.find().await.unwrap().is_none());
    assert!(!organization.delete_if_exists().await.unwrap());
}

/// Follows one redirect of a browser that keeps cookies, and returns its target.
fn visit(url: &str, cookies: &mut BTreeMap<String, String>) -> String {
    let url = Url::parse(url).unwrap();
    let address = (url.host_str().unwrap(), url.port().unwrap());
    let mut client = TcpStream::connect(address).unwrap();
    let jar: Vec<_> = cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let (target, jar) = (&url[Position::BeforePath..], jar.join("; "));
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {}:{}\r\nCookie: {jar}\r\nConnection: close\r\n\r\n",
        address.0, address.1
    );
    client.write_all(request.as_bytes()).unwrap();
    let mut location = String::new();
    for line in BufReader::new(client).lines().map(Result::unwrap) {
        match line.split_once(": ") {
            _ if line.is_empty() => break,
            Some((name, value)) if name.eq_ignore_ascii_case("location") => {
                value.clone_into(&mut location);
            }
            Some((name, value)) if name.eq_ignore_ascii_case("set-cookie") => {
                let pair = value
                    .split(';')
                    .next()
                    .and_then(|pair| pair.split_once('='));
                let (name, value) = pair.unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            _ => {}
        }
    }
    location
}

/// A secret is read as a mask. The mask must not become the secret when it is written back.
#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_secret_of_an_identity_provider_outlives_a_change() {
    let realm = TestRealm::create_on(harness::phasetwo(), "orgs-secret", |_| {}).await;
    let client = ClientRepresentation::new()
        .with_client_id("app")
        .with_public_client(true)
        .with_redirect_uris(["http://app.example/*"]);
    let create = realm.keycloak.api().create_client().realm(&realm.name);
    create.body(client).await.unwrap();
    let fake = Fake::start(|_| Answer::status(400));
    let phasetwo = realm.get().phasetwo();
    let organizations = phasetwo.organizations();
    let id = organizations.create(&organization("acme")).await.unwrap();
    let acme = phasetwo.organization(&id);
    let providers = acme.identity_providers();
    let config = [
        ("clientId", "acme"),
        ("clientSecret", "the-secret"),
        ("clientAuthMethod", "client_secret_post"),
        ("authorizationUrl", "https://idp.example/authorize"),
        ("tokenUrl", &fake.url()),
    ];
    let login = IdentityProviderRepresentation::new()
        .with_alias("login")
        .with_provider_id("oidc")
        .with_enabled(true)
        .with_config(config);
    providers.create(&login).await.unwrap();
    let rename =
        |login: &mut IdentityProviderRepresentation| login.display_name = Some("Acme".to_owned());
    acme.identity_provider("login")
        .modify(rename)
        .await
        .unwrap();
    let stored = acme.identity_provider("login").get().await.unwrap();
    assert_eq!(stored.display_name.as_deref(), Some("Acme"));
    assert_eq!(stored.config.unwrap()["clientSecret"], "**********");

    // Keycloak shows the secret to nobody but the other side, when somebody logs in.
    let base = format!(
        "{}/realms/{}",
        realm.keycloak.session().base_url(),
        realm.name
    );
    let mut cookies = BTreeMap::new();
    let query = "client_id=app&response_type=code&scope=openid&kc_idp_hint=login&redirect_uri=http://app.example/";
    let url = format!("{base}/protocol/openid-connect/auth?{query}");
    let broker = visit(&url, &mut cookies);
    let authorize = Url::parse(&visit(&broker, &mut cookies)).unwrap();
    let state = authorize.query_pairs().find(|(name, _)| name == "state");
    let state = state.expect("it is redirected to the identity provider").1;
    let url = format!("{base}/broker/login/endpoint?code=abc&state={state}");
    visit(&url, &mut cookies);
    let asked = &fake.received()[0].body;
    assert!(asked.contains("client_secret=the-secret"), "{asked}");
}

/// The extension is not published with the others: this is what its description says.
#[tokio::test]
async fn a_magic_link_is_made() {
    let fake = Fake::start(|_| {
        let link = "https://sso.example/realms/acme/login-actions/action-token?key=s3cret";
        Answer::json(format!(
            r#"{{"user_id":"5c1b","link":"{link}","sent":false}}"#
        ))
    });
    let keycloak = fake.keycloak();
    let request = MagicLinkRequest::new()
        .with_email("alice@example.com")
        .with_client_id("shop")
        .with_redirect_uri("https://shop.example/")
        .with_expiration_seconds(600);
    let phasetwo = keycloak.realm("acme").phasetwo();
    let answer = phasetwo.create_magic_link(&request).await.unwrap();
    assert_eq!(answer.user_id.as_deref(), Some("5c1b"));
    assert!(answer.link.as_deref().unwrap().ends_with("key=s3cret"));
    assert!(!format!("{answer:?}").contains("s3cret"));
    assert_eq!(fake.lines(), ["POST /realms/acme/magic-link"]);
    assert_eq!(
        fake.received()[0].body,
        r#"{"client_id":"shop","email":"alice@example.com","expiration_seconds":600,"redirect_uri":"https://shop.example/"}"#
    );
}

/// Without a result for each role nobody knows which one is whose.
#[tokio::test]
async fn bulk_results_that_do_not_fit_are_an_error() {
    let roles = ["clerk", "boss"].map(|name| OrganizationRoleRepresentation::new().with_name(name));
    for (answer, expected) in [
        ("[]", "0 results came for 2 roles"),
        (r#"[{"status":201}]"#, "1 results came for 2 roles"),
    ] {
        let fake = Fake::start(|_| Answer {
            body: answer.to_owned(),
            ..Answer::status(207)
        });
        let keycloak = fake.keycloak();
        let organization = keycloak.realm("acme").phasetwo().organization("7");
        let error = organization.roles().create_all(&roles).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().ends_with(expected), "{error}");
    }
    // Whatever is no success is a failure.
    let items = r#"[{"error":"HTTP 409 Conflict"},{"status":-1}]"#;
    let fake = Fake::start(|_| Answer {
        body: items.to_owned(),
        ..Answer::status(207)
    });
    let keycloak = fake.keycloak();
    let organization = keycloak.realm("acme").phasetwo().organization("7");
    let results = organization.roles().create_all(&roles).await.unwrap();
    assert!(results.iter().all(Result::is_err));
}
