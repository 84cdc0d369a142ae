//! Phase Two's extensions, on a real server and on one that answers as a test says.

mod common;
mod fake;

use common::TestRealm;
use fake::{Answer, Fake};
use keycloak_admin::phasetwo::types::{
    MagicLinkRequest, OrganizationRepresentation, OrganizationRoleRepresentation,
};
use keycloak_admin::{Ensured, ErrorKind};
use keycloak_server::harness;

fn organization(name: &str) -> OrganizationRepresentation {
    OrganizationRepresentation {
        name: Some(name.to_owned()),
        ..Default::default()
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_organization_is_created_once_modified_and_deleted() {
    let realm = TestRealm::create_on(harness::phasetwo(), "orgs", |_| {}).await;
    let organizations = realm.get().phasetwo().organizations();
    assert_eq!(organizations.list().await.unwrap().len(), 0);
    let acme = OrganizationRepresentation {
        display_name: Some("Acme Inc".to_owned()),
        domains: Some(vec!["acme.example".to_owned()]),
        ..organization("acme")
    };
    let id = organizations.create(&acme).await.unwrap();
    organizations.create(&organization("acme2")).await.unwrap();
    assert!(organizations.create(&acme).await.unwrap_err().is_conflict());
    let found = organizations.create(&acme).exist_ok().await.unwrap();
    assert_eq!(found, Ensured::Existing(id.clone()));

    let organization = organizations.id(&id);
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
    let request = MagicLinkRequest {
        email: Some("alice@example.com".to_owned()),
        client_id: Some("shop".to_owned()),
        redirect_uri: Some("https://shop.example/".to_owned()),
        expiration_seconds: Some(600),
        ..Default::default()
    };
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
    let roles = ["clerk", "boss"].map(|name| OrganizationRoleRepresentation {
        name: Some(name.to_owned()),
        ..Default::default()
    });
    for (answer, expected) in [
        ("[]", "0 results came for 2 roles"),
        (r#"[{"status":201}]"#, "1 results came for 2 roles"),
    ] {
        let fake = Fake::start(|_| Answer {
            body: answer.to_owned(),
            ..Answer::status(207)
        });
        let keycloak = fake.keycloak();
        let organization = keycloak.realm("acme").phasetwo().organizations().id("7");
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
    let organization = keycloak.realm("acme").phasetwo().organizations().id("7");
    let results = organization.roles().create_all(&roles).await.unwrap();
    assert!(results.iter().all(Result::is_err));
}
