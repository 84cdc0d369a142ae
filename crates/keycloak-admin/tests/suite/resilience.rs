//! Errors, limits, timeouts and the hook for metrics, on a real server. What a real one does not do is in `faults.rs`.

// A scenario is read from top to bottom.
#![allow(clippy::too_many_lines)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::{self, TestRealm};
use keycloak_admin::types::UserRepresentation;
use keycloak_admin::{Credentials, ErrorKind, Keycloak, SessionBuilder};
use keycloak_server::harness;

fn builder() -> SessionBuilder<Keycloak> {
    let target = harness::keycloak();
    let credentials = Credentials::password(&target.admin_username, &target.admin_password);
    common::builder(target).credentials(credentials)
}

fn person(username: &str, email: &str) -> UserRepresentation {
    UserRepresentation::new()
        .with_username(username)
        .with_email(email)
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn errors_say_what_keycloak_says_and_the_hook_sees_every_call() {
    let realm = TestRealm::create("resilience-errors").await;
    let reports = Arc::new(Mutex::new(Vec::new()));
    let reporting = Arc::clone(&reports);
    let keycloak = builder()
        .on_call(move |call| {
            assert!(call.duration() > Duration::ZERO);
            let kind = call.error().map(|error| error.kind().as_str());
            let realm = call.realm().map(str::to_owned);
            let report = (
                call.operation().id(),
                realm,
                call.status(),
                kind,
                call.attempts(),
            );
            reporting.lock().unwrap().push(report);
        })
        .build()
        .unwrap();
    let users = keycloak.realm(&realm.name).users();

    let made = users.create(&person("alice", "alice@example.com"));
    made.await.unwrap();

    let error = users
        .create(&person("alice", "other@example.com"))
        .await
        .unwrap_err();
    assert!(error.is_conflict() && !error.is_transient());
    assert!(
        error.message().unwrap().contains("same username"),
        "{error}"
    );
    assert!(!error.may_have_been_applied());
    assert_eq!(
        (error.operation(), error.attempts()),
        (Some("create_user"), 1)
    );

    let error = users
        .create(&person("bob", "not-an-address"))
        .await
        .unwrap_err();
    assert!(error.is_bad_request());
    assert_eq!(error.field_errors()[0].field.as_deref(), Some("email"));
    assert!(
        !format!("{error} {error:?}").contains("not-an-address"),
        "{error:?}"
    );

    let error = keycloak
        .realm(&realm.name)
        .user("nobody")
        .get()
        .await
        .unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.retry_after(), None);

    let report =
        |operation, status, kind| (operation, Some(realm.name.clone()), Some(status), kind, 1);
    let expected = [
        report("create_user", 201, None),
        report("create_user", 409, Some("conflict")),
        report("create_user", 400, Some("status")),
        report("get_user", 404, Some("not_found")),
    ];
    assert_eq!(*reports.lock().unwrap(), expected);
    let counters = keycloak.session().counters();
    assert_eq!((counters.calls, counters.failures), (4, 3));
    assert_eq!((counters.attempts, counters.retries), (4, 0));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn limits_and_timeouts_hold_and_nothing_is_compressed() {
    let realm = TestRealm::create("resilience-limits").await;
    let read = |keycloak: &Keycloak| keycloak.api().get_realm().realm(&realm.name);

    let keycloak = builder().build().unwrap();
    let answer = read(&keycloak).send().await.unwrap();
    assert_eq!((answer.status(), answer.attempts()), (200, 1));
    assert_eq!(answer.header("content-encoding"), None);

    let error = read(&keycloak)
        .timeout(Duration::from_nanos(1))
        .await
        .unwrap_err();
    assert!(
        error.is_timeout() && !error.may_have_been_applied(),
        "{error}"
    );
    read(&keycloak).await.unwrap();

    let keycloak = builder().max_body_bytes(100).build().unwrap();
    let error = read(&keycloak).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::BodyTooLarge, Some(200))
    );

    // The realm has lists and maps of its own.
    let keycloak = builder().max_json_depth(1).build().unwrap();
    let error = read(&keycloak).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");

    let keycloak = builder().max_token_body_bytes(100).build().unwrap();
    let error = read(&keycloak).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::BodyTooLarge, 0)
    );

    let keycloak = builder().max_error_body_bytes(1).build().unwrap();
    let missing = keycloak.realm(&realm.name).user("nobody").get();
    let error = missing.await.unwrap_err();
    assert!(error.is_not_found(), "{error}: the status is enough");
}
