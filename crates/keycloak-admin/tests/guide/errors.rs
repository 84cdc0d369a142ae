//! Errors and retries.

use std::time::Duration;

use keycloak_admin::types::UserRepresentation;
use keycloak_admin::{Credentials, Error, ErrorKind, Keycloak, Realm, RetryPolicy};

use keycloak_server::harness;

use super::common::{self, TestRealm, person};

// ANCHOR: handle
async fn add(realm: &Realm, user: &UserRepresentation) -> Result<Option<String>, Error> {
    match realm.users().create(user).await {
        Ok(id) => Ok(Some(id)),
        Err(error) if error.is_conflict() => Ok(None), // the username or the e-mail address is taken
        Err(error) if error.is_bad_request() => {
            for field in error.field_errors() {
                eprintln!("{:?}: {:?}", field.field, field.error_message);
            }
            Err(error)
        }
        Err(error) => Err(error),
    }
}
// ANCHOR_END

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn errors_say_their_status() -> Result<(), Error> {
    let test = TestRealm::create("guide-errors").await;
    let realm = test.get();
    let ada = person("ada");
    let id = add(&realm, &ada).await?.unwrap();
    assert_eq!(add(&realm, &ada).await?, None);
    let wrong = person("bob").with_email("not an address");
    let error = add(&realm, &wrong).await.unwrap_err();
    assert_eq!(error.status(), Some(400));
    assert_eq!(error.field_errors()[0].field.as_deref(), Some("email"));
    assert_eq!(
        realm.user("nobody").get().await.unwrap_err().status(),
        Some(404)
    );
    assert_eq!(realm.user("nobody").find().await?, None);

    let wrong = test.connect(Credentials::client_secret("nobody", "wrong"));
    let error = wrong.realm(&test.name).users().count().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(error.status(), Some(401));

    let elsewhere = common::connect_as(
        harness::keycloak(),
        "no-such-realm",
        Credentials::client_secret("nobody", "wrong"),
    )?;
    let error = elsewhere.realms().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(error.status(), Some(404));

    // ANCHOR: settings
    let user = realm
        .user(&id)
        .get()
        .timeout(Duration::from_secs(5)) // for the token, all attempts and all pauses
        .retry(RetryPolicy::none())
        .await?;
    // ANCHOR_END
    assert_eq!(user.id, Some(id));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_optional_answer_is_none() -> Result<(), Error> {
    let test = TestRealm::create("guide-optional").await;
    let realm = test.get();
    // ANCHOR: optional
    let user = realm.user("no-such-id").find().await?; // None instead of a 404
    let by_hand = realm.user("no-such-id").get().optional().await?; // any call
    // ANCHOR_END
    assert_eq!((user, by_hand), (None, None));
    Ok(())
}

#[tokio::test]
async fn errors_of_this_side_say_their_kind() {
    let build = |url: &str| {
        Keycloak::builder(url)
            .credentials(Credentials::token("a token"))
            .retry(RetryPolicy::none())
            .build()
    };
    let error = build("http://sso.example.com").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "plain http");
    let nobody = build("http://127.0.0.1:1").unwrap().realm("acme");
    let error = nobody.user("..").get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(nobody.get().await.unwrap_err().is_connect());
}
