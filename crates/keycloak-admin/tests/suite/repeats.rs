//! The POSTs that may be sent twice: the overlays mark them, the retry policy repeats them, docs/reliability.md lists them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::common::repeat;
use crate::fake::{Answer, Fake};
use keycloak_admin::types::{RoleRepresentation, UserRepresentation};
use keycloak_admin::{Credentials, Keycloak, RetryPolicy};

/// A server with one fault at first, and a client of it that repeats after a short pause.
fn failing_once(fault: &Answer, then: &Answer) -> (Fake, Keycloak) {
    let (failed, fault, then) = (AtomicBool::new(false), fault.clone(), then.clone());
    let fake = Fake::start(move |_| {
        let answer = if failed.swap(true, Ordering::SeqCst) {
            &then
        } else {
            &fault
        };
        answer.clone()
    });
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let keycloak = Keycloak::builder(&fake.url())
        .credentials(Credentials::token("the-token"))
        .retry(policy)
        .build()
        .unwrap();
    (fake, keycloak)
}

/// Of several callers who delete the same user, those that lose get 500. Then the user is gone.
#[tokio::test]
async fn a_deletion_that_has_lost_a_race_is_repeated_and_a_change_is_not() {
    let (fake, keycloak) = failing_once(&Answer::status(500), &Answer::status(404));
    let ali = keycloak.realm("acme").user("ali");
    assert!(!ali.delete_if_exists().await.unwrap());
    let sent = "DELETE /admin/realms/acme/users/ali";
    assert_eq!(fake.lines(), [sent, sent]);

    let (fake, keycloak) = failing_once(&Answer::status(500), &Answer::status(204));
    let update = keycloak
        .realm("acme")
        .user("ali")
        .update(&UserRepresentation::new());
    assert_eq!(update.await.unwrap_err().status(), Some(500));
    assert_eq!(fake.lines(), ["PUT /admin/realms/acme/users/ali"]);
}

/// Row 10: a connection that is reset, and a 503.
#[tokio::test]
async fn a_marked_post_is_repeated_and_another_is_not() {
    for fault in [Answer::default(), Answer::status(503)] {
        let (fake, keycloak) = failing_once(&fault, &Answer::status(204));
        let roles = [RoleRepresentation::new().with_name("reader")];
        let add = keycloak.api().add_client_roles_to_user().realm("acme");
        let add = add.user_id("ali").client_uuid("app").body(&roles);
        let answer = add.send().await.unwrap();
        assert_eq!(answer.attempts(), 2);
        let sent = "POST /admin/realms/acme/users/ali/role-mappings/clients/app";
        assert_eq!(fake.lines(), [sent, sent]);
        let bodies: BTreeSet<String> = fake.received().into_iter().map(|one| one.body).collect();
        assert_eq!(
            bodies,
            BTreeSet::from([r#"[{"name":"reader"}]"#.to_owned()])
        );

        let (fake, keycloak) = failing_once(&fault, &Answer::created("/users/1"));
        let create = keycloak.api().create_user().realm("acme");
        let create = create.body(UserRepresentation::new().with_username("ali"));
        let error = create.send().await.unwrap_err();
        assert!(error.may_have_been_applied(), "{error}");
        assert_eq!(fake.lines(), ["POST /admin/realms/acme/users"]);
    }
}

#[test]
fn the_documentation_lists_every_post_that_is_repeated() {
    let text = include_str!("../../../../docs/reliability.md");
    let (_, list) = text.split_once("## POSTs that are repeated\n").unwrap();
    let list = list.split("\n## ").next().unwrap();
    let listed: BTreeSet<&str> = list.split('`').skip(1).step_by(2).collect();
    let operations = keycloak_api::OPERATIONS
        .iter()
        .chain(phasetwo_api::OPERATIONS);
    let marked: BTreeSet<&str> = operations
        .filter(|info| info.method() == "POST" && info.is_idempotent())
        .map(|info| info.id())
        .collect();
    assert!(marked.contains("add_client_roles_to_user"));
    assert_eq!(listed, marked);
}

/// Returns the number of times that a request is sent after a 500 with this error, and the notes about it. It creates a user, or gives a role.
async fn sends_after_500(error: &str, create: bool) -> (usize, Vec<String>) {
    let fault = Answer {
        body: format!("{{\"error\":\"{error}\"}}"),
        ..Answer::status(500)
    };
    let (fake, keycloak) = failing_once(&fault, &Answer::created("/users/1"));
    let realm = keycloak.realm("acme");
    let send = async || {
        if create {
            let ali = UserRepresentation::new().with_username("ali");
            return realm.users().create(&ali).await.map(drop);
        }
        let roles = realm.user("ali").client_roles_by_uuid("app");
        roles.add(&[RoleRepresentation::new()]).await
    };
    let mut notes = Vec::new();
    let result = repeat::again(send, |note| notes.push(note.to_owned())).await;
    assert_eq!(result.is_ok(), !notes.is_empty());
    (fake.received().len(), notes)
}

#[tokio::test]
async fn setup_is_sent_again_after_the_fault_of_the_role_cache_alone() {
    let (sends, notes) = sends_after_500("unknown_error", false).await;
    assert_eq!((sends, notes.len()), (2, 1));
    let name = "repeats::setup_is_sent_again_after_the_fault_of_the_role_cache_alone: ";
    assert!(notes[0].starts_with(name), "{notes:?}");
    assert!(notes[0].contains("add_client_roles_to_user"), "{notes:?}");
    assert_eq!(sends_after_500("server_error", false).await.0, 1);
    assert_eq!(sends_after_500("unknown_error", true).await.0, 1);
}
