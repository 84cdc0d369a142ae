//! Tests of code that uses the crate.

// ANCHOR: program
use keycloak_admin::types::UserRepresentation;
use keycloak_admin::{Credentials, Error, Keycloak, Realm};
use keycloak_api_mock::MockServer;

/// The code that is tested.
async fn greet(realm: &Realm, username: &str) -> Result<String, Error> {
    let user = realm.users().find_by_username(username).await?;
    let name = user.and_then(|user| user.first_name);
    Ok(name.map_or("Who are you?".to_owned(), |name| format!("Hello {name}")))
}

fn realm(server: &MockServer) -> Realm {
    let credentials = Credentials::client_secret("app", "any");
    let keycloak = Keycloak::builder(server.url()).credentials(credentials);
    keycloak.build().unwrap().realm("acme")
}

#[tokio::test]
async fn a_user_is_greeted_by_the_first_name() {
    let server = MockServer::start();
    let ada = UserRepresentation::new()
        .with_username("ada")
        .with_first_name("Ada");
    let search = server.list_users(|when, then| {
        let when = when.realm("acme").username("ada");
        (when, then.items(vec![ada]))
    });
    assert_eq!(greet(&realm(&server), "ada").await.unwrap(), "Hello Ada");
    search.assert_calls(1);
}

#[tokio::test]
async fn a_missing_role_is_an_error() {
    let server = MockServer::start();
    server.list_users(|when, then| (when, then.error(403, "no role")));
    let error = greet(&realm(&server), "ada").await.unwrap_err();
    assert!(error.is_forbidden());
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let server = MockServer::start();
    let search = server.list_users(|when, then| (when, then.error(503, "busy").items(vec![])));
    let greeting = greet(&realm(&server), "ada").await.unwrap();
    assert_eq!(greeting, "Who are you?");
    search.assert_calls(2);
}
// ANCHOR_END
