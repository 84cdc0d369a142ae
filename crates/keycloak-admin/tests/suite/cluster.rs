//! A fake server does as a cluster behind nginx does, and one server does not (docs/reliability.md, "A cluster").

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::fake::{Answer, Fake, Received};
use keycloak_admin::types::{RoleRepresentation, UserRepresentation};
use keycloak_admin::{Credentials, Keycloak, RetryPolicy};

const TOKEN: &str = r#"{"access_token":"the-token","token_type":"Bearer","expires_in":60}"#;

fn is_login(request: &Received) -> bool {
    request.path.ends_with("/token")
}

fn ali() -> UserRepresentation {
    UserRepresentation::new().with_username("ali")
}

/// A client that logs in, and repeats after a short pause.
fn client(fake: &Fake) -> Keycloak {
    Keycloak::builder(&fake.url())
        .credentials(Credentials::password("admin", "admin"))
        .retry(RetryPolicy::default().base_delay(Duration::from_millis(1)))
        .build()
        .unwrap()
}

/// A node applies the change and breaks the connection. nginx sends the request to the other node, which does not find the object.
#[tokio::test]
async fn a_change_that_the_proxy_repeated_is_answered_as_if_there_were_nothing_to_change() {
    let there = Arc::new(Mutex::new(BTreeSet::from(["users/ali", "roles/old"])));
    let objects = Arc::clone(&there);
    let fake = Fake::start(move |request| {
        let mut objects = objects.lock().unwrap();
        match request.line().as_str() {
            "DELETE /admin/realms/acme/users/ali" => objects.remove("users/ali"),
            "PUT /admin/realms/acme/roles/old" => {
                objects.remove("roles/old") && objects.insert("roles/new")
            }
            line => panic!("{line}"),
        };
        Answer::status(404)
    });
    let realm = fake.keycloak().realm("acme");

    assert!(!realm.user("ali").delete_if_exists().await.unwrap());
    let renamed = RoleRepresentation::new().with_name("new");
    let error = realm.role("old").update(&renamed).await.unwrap_err();
    assert!(error.is_not_found() && !error.may_have_been_applied());
    assert_eq!(*there.lock().unwrap(), BTreeSet::from(["roles/new"]));
}

/// nginx goes on asking a node that answers 503, in turn with the other one.
#[tokio::test]
async fn calls_that_can_be_repeated_succeed_while_a_node_starts() {
    let asked = AtomicUsize::new(0);
    let fake = Fake::start(move |request| {
        if is_login(request) {
            return Answer::json(TOKEN);
        }
        if asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            return Answer::status(503);
        }
        match request.method.as_str() {
            "GET" => Answer::json(r#"{"id":"ali"}"#),
            _ => Answer::status(204),
        }
    });
    let realm = client(&fake).realm("acme");
    let user = realm.user("ali");
    for _ in 0..20 {
        user.get().await.unwrap();
        user.update(&ali()).await.unwrap();
        assert!(user.delete_if_exists().await.unwrap());
    }
    let sent = fake.lines().len();
    let error = realm.users().create(&ali()).await.unwrap_err();
    assert_eq!(error.status(), Some(503));
    assert!(error.may_have_been_applied() && error.is_transient());
    assert_eq!(fake.lines().len(), sent + 1);
}

/// The connections of a node to its database are broken, so a login and a call get 500.
#[tokio::test]
async fn a_restart_of_the_database_fails_a_login_before_the_call_and_a_call_after_it() {
    let is_database_up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&is_database_up);
    let fake = Fake::start(move |request| {
        if is_login(request) && is_up.load(Ordering::SeqCst) {
            return Answer::json(TOKEN);
        }
        Answer::status(500)
    });
    let users = client(&fake).realm("acme").users();

    let error = users.create(&ali()).await.unwrap_err();
    assert!(error.is_authentication() && error.status() == Some(500));
    assert!(!error.may_have_been_applied() && error.attempts() == 0);
    assert!(fake.received().iter().all(is_login));

    is_database_up.store(true, Ordering::SeqCst);
    let error = users.create(&ali()).await.unwrap_err();
    assert!(!error.is_authentication() && error.status() == Some(500));
    assert!(error.may_have_been_applied() && error.attempts() == 1);
}

/// The hostname of production mode is not the address of the test's server, and nothing is sent to it.
#[tokio::test]
async fn an_id_is_the_end_of_a_location_with_the_name_and_the_path_of_the_proxy() {
    let fake = Fake::start(|request| {
        let end = match request.path.rsplit('/').next() {
            Some("roles") => "roles/a%2Fb",
            _ => "users/5c1b",
        };
        let base = "https://sso.example.com/auth/admin/realms/acme";
        Answer::created(&format!("{base}/{end}"))
    });
    let keycloak = fake.keycloak();
    let realm = keycloak.realm("acme");
    assert_eq!(realm.users().create(&ali()).await.unwrap(), "5c1b");
    let role = RoleRepresentation::new().with_name("a/b");
    let create = keycloak.api().create_realm_role().realm("acme").body(&role);
    let answer = create.send().await.unwrap();
    assert_eq!(answer.created_id().unwrap(), "a/b");
    assert_eq!(fake.lines().len(), 2);
}

/// A server in production mode has only the features that it is told.
#[tokio::test]
async fn a_feature_that_is_off_is_an_error_that_is_not_repeated() {
    let fake = Fake::start(|request| {
        if is_login(request) {
            return Answer::json(TOKEN);
        }
        Answer::status(501)
    });
    let keycloak = client(&fake);
    let call = keycloak.api().get_users_management_permissions();
    let error = call.realm("acme").await.unwrap_err();
    assert!(error.status() == Some(501) && !error.is_transient());
    assert_eq!(error.attempts(), 1);
}
