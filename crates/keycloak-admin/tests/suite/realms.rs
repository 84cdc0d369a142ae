//! Realms, on a real server.

use crate::common::{self, TestRealm, connect, person};
use keycloak_admin::types::RealmRepresentation;
use keycloak_admin::{Credentials, Ensured};
use keycloak_server::harness;

fn named(name: &str) -> RealmRepresentation {
    RealmRepresentation::new()
        .with_realm(name)
        .with_enabled(true)
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_realm_is_created_again_in_the_same_session() {
    let test = TestRealm::reserve(harness::keycloak(), "realms-again");
    for _ in 0..3 {
        let made = test
            .keycloak
            .realms()
            .create(&named(&test.name))
            .exist_ok()
            .await
            .unwrap();
        assert!(made.is_created());
        assert_eq!(test.get().users().count().await.unwrap(), 0);
        test.get().users().create(&person("alice")).await.unwrap();
        assert!(test.get().delete_if_exists().await.unwrap());
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_realm_that_is_newer_than_the_token_is_found_and_modified() {
    // The second session has its token before the realm is there.
    let other = connect(harness::keycloak());
    other.session().access_token().await.unwrap();
    let home = TestRealm::create("realms-home").await;
    let found = other
        .realms()
        .create(&named(&home.name))
        .exist_ok()
        .await
        .unwrap();
    assert_eq!(found, Ensured::Existing(home.name.clone()));
    let realm = other.realm(&home.name);
    realm
        .modify(|realm| realm.display_name = Some("Home".to_owned()))
        .await
        .unwrap();
    assert_eq!(
        home.get().get().await.unwrap().display_name.as_deref(),
        Some("Home")
    );
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_update_changes_what_is_set_and_modify_keeps_the_rest() {
    let realm = TestRealm::create_with("realms-modify", |realm| {
        realm.display_name = Some("Before".to_owned());
        let smtp = [
            ("host", "127.0.0.1"),
            ("from", "keycloak@example.com"),
            ("auth", "true"),
            ("user", "mailer"),
            ("password", "hunter2"),
        ];
        let smtp = smtp.map(|(name, value)| (name.to_owned(), value.to_owned()));
        realm.smtp_server = Some(smtp.into());
    })
    .await;
    let realm = realm.get();
    let update = RealmRepresentation::new().with_verify_email(true);
    realm.update(&update).await.unwrap();
    let before = realm.get().await.unwrap();
    assert_eq!(
        (before.verify_email, before.display_name.as_deref()),
        (Some(true), Some("Before"))
    );

    realm
        .modify(|realm| realm.display_name = Some("After".to_owned()))
        .await
        .unwrap();
    let after = realm.get().await.unwrap();
    assert_eq!(after.display_name.as_deref(), Some("After"));
    let mut expected = serde_json::to_value(&before).unwrap();
    expected["displayName"] = "After".into();
    let mut after = serde_json::to_value(&after).unwrap();
    assert_eq!(after["smtpServer"]["user"], "mailer");
    // With a write the server fills in attributes that it took for granted before.
    let attributes = |realm: &mut serde_json::Value| realm["attributes"].take();
    let (kept, now) = (attributes(&mut expected), attributes(&mut after));
    for (name, value) in kept.as_object().unwrap() {
        assert_eq!(&now[name], value, "{name}");
    }
    assert_eq!(after, expected);
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn realm_names_may_hold_what_a_url_escapes() {
    let mut test = TestRealm::reserve(harness::keycloak(), "realms-names");
    for suffix in ["a b", "50%", "é", "'q'", "名"] {
        let name = format!("{} {suffix}", test.name);
        let plain = std::mem::replace(&mut test.name, name.clone());
        assert_eq!(
            test.keycloak.realms().create(&named(&name)).await.unwrap(),
            name
        );
        let realm = test.get();
        assert_eq!(realm.get().await.unwrap().realm, Some(name.clone()));
        let id = realm.users().create(&person("alice")).await.unwrap();
        assert_eq!(realm.users().find_id("alice").await.unwrap(), Some(id));
        let found = test
            .keycloak
            .realms()
            .create(&named(&name))
            .exist_ok()
            .await
            .unwrap();
        assert_eq!(found, Ensured::Existing(name));
        realm.delete().await.unwrap();
        assert!(realm.find().await.unwrap().is_none());
        test.name = plain;
    }
    for refused in ["a/b", "a;b", "a+b"] {
        let name = format!("{}{refused}", test.name);
        let error = test
            .keycloak
            .realms()
            .create(&named(&name))
            .await
            .unwrap_err();
        assert!(error.is_bad_request(), "{refused}: {error}");
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_login_that_is_refused_is_an_error_that_names_the_cause() {
    let target = harness::keycloak();
    let keycloak = common::builder(target)
        .credentials(Credentials::password(
            &target.admin_username,
            "not the password",
        ))
        .build()
        .unwrap();
    let error = keycloak.realms().list().await.unwrap_err();
    assert!(error.is_authentication() && !error.is_unauthorized());
    assert_eq!(error.error_code(), Some("invalid_grant"));
    assert!(!format!("{error} {error:?}").contains("not the password"));
}
