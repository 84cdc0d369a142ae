//! A small application, which disables those who have left, and its unit tests: an example of how code that uses `keycloak-admin` is
//! tested without a server.

use keycloak_admin::types::{UserRepresentation, UserSessionRepresentation};
use keycloak_admin::{Credentials, Error, Keycloak};
use keycloak_api_mock::MockServer;

/// The result for a person who has left.
#[derive(Debug, PartialEq)]
enum Outcome {
    Disabled { sessions: usize },
    WasDisabled,
    Unknown,
}

/// The application: disables a user and ends the sessions.
async fn offboard(keycloak: &Keycloak, realm: &str, username: &str) -> Result<Outcome, Error> {
    let realm = keycloak.realm(realm);
    let Some(found) = realm.users().find_by_username(username).await? else {
        return Ok(Outcome::Unknown);
    };
    if found.enabled == Some(false) {
        return Ok(Outcome::WasDisabled);
    }
    let id = found.id.unwrap_or_default();
    let user = realm.user(id);
    user.modify(|user| user.enabled = Some(false)).await?;
    let sessions = user.list_sessions().await?.len();
    if sessions > 0 {
        user.logout().await?;
    }
    Ok(Outcome::Disabled { sessions })
}

fn keycloak(server: &MockServer) -> Keycloak {
    Keycloak::builder(server.url())
        .credentials(Credentials::client_secret("offboarding", "any"))
        .build()
        .unwrap()
}

fn alice(enabled: bool) -> UserRepresentation {
    UserRepresentation::new()
        .with_id("1")
        .with_username("alice")
        .with_email("alice@example.com")
        .with_enabled(enabled)
}

#[tokio::test]
async fn who_has_left_is_disabled_and_logged_out() {
    let server = MockServer::start();
    server.list_users(|when, then| {
        let when = when.realm("acme").username("alice").exact(true);
        (when, then.ok(vec![alice(true)]))
    });
    server.get_user(|when, then| (when.user_id("1"), then.ok(alice(true))));
    let disabled = UserRepresentation::new().with_enabled(false);
    let write = server.update_user(|when, then| (when.user_id("1").body(&disabled), then.ok(())));
    let session = UserSessionRepresentation::default();
    server.list_user_sessions(|when, then| (when.user_id("1"), then.ok(vec![session])));
    let logout = server.logout_user(|when, then| (when.user_id("1"), then.ok(())));

    let outcome = offboard(&keycloak(&server), "acme", "alice").await.unwrap();

    assert_eq!(outcome, Outcome::Disabled { sessions: 1 });
    write.assert_calls(1);
    logout.assert_calls(1);
    let written: UserRepresentation = write.requests()[0].json();
    assert_eq!(written.email.as_deref(), Some("alice@example.com"), "kept");
    assert_eq!(server.tokens().requests(), 1);
}

#[tokio::test]
async fn who_is_disabled_already_is_left_alone() {
    let server = MockServer::start();
    server.list_users(|when, then| (when, then.ok(vec![alice(false)])));
    let outcome = offboard(&keycloak(&server), "acme", "alice").await.unwrap();
    assert_eq!(outcome, Outcome::WasDisabled);
    server.assert_all_matched();
}

#[tokio::test]
async fn who_was_never_there_is_said_to_be_unknown() {
    let server = MockServer::start();
    server.list_users(|when, then| (when, then.ok(vec![])));
    let outcome = offboard(&keycloak(&server), "acme", "bob").await.unwrap();
    assert_eq!(outcome, Outcome::Unknown);
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let server = MockServer::start();
    let search = server.list_users(|when, then| {
        let then = then.error(503, "busy").ok(vec![alice(false)]);
        (when, then)
    });
    let outcome = offboard(&keycloak(&server), "acme", "alice").await.unwrap();
    assert_eq!(outcome, Outcome::WasDisabled);
    search.assert_calls(2);
}

#[tokio::test]
async fn a_failure_half_way_is_told() {
    let server = MockServer::start();
    server.list_users(|when, then| (when, then.ok(vec![alice(true)])));
    server.get_user(|when, then| (when, then.ok(alice(true))));
    server.update_user(|when, then| (when, then.error(403, "not yours to change")));
    let error = offboard(&keycloak(&server), "acme", "alice")
        .await
        .unwrap_err();
    assert!(error.is_forbidden());
    assert_eq!(error.message(), Some("not yours to change"));
}

#[tokio::test]
async fn a_login_that_is_refused_is_told() {
    let server = MockServer::start();
    server
        .tokens()
        .refuse("invalid_client", "Invalid client credentials");
    let error = offboard(&keycloak(&server), "acme", "alice")
        .await
        .unwrap_err();
    assert!(error.is_authentication());
    assert_eq!(error.message(), Some("Invalid client credentials"));
}
