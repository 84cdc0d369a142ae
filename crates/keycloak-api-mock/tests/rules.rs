//! The answers of a mock, and its messages for requests that it does not answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use keycloak_admin::types::{
    CredentialRepresentation, GroupRepresentation, RealmRepresentation, UserRepresentation,
};
use keycloak_admin::{Credentials, Error, Keycloak, RetryPolicy};
use keycloak_api_mock::MockServer;

fn keycloak(server: &MockServer) -> Keycloak {
    Keycloak::new(server.session())
}

fn named(username: &str) -> UserRepresentation {
    UserRepresentation::new()
        .with_id(format!("id of {username}"))
        .with_username(username)
}

/// The status and the message of a failure.
fn told(error: &Error) -> (Option<u16>, String) {
    (
        error.status(),
        error.message().unwrap_or_default().to_owned(),
    )
}

#[tokio::test]
async fn what_is_not_set_is_not_looked_at() {
    let server = MockServer::start();
    let mock = server.list_users(|when, then| (when.search("ali"), then.ok(vec![])));
    let keycloak = keycloak(&server);
    let users = |realm| keycloak.api().list_users().realm(realm);
    users("one").search("ali").send().await.unwrap();
    users("two").search("ali").max(3).send().await.unwrap();
    let requests = mock.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].path("realm"), Some("one"));
    assert_eq!(requests[1].query("max"), Some("3"));
    assert_eq!(requests[1].query("first"), None);

    for (call, reason) in [
        (
            users("one"),
            "query parameter `search` is not set; \"ali\" was expected",
        ),
        (
            users("one").search("bob"),
            "query parameter `search` is \"bob\", not \"ali\"",
        ),
    ] {
        let (status, message) = told(&call.send().await.unwrap_err());
        assert_eq!(status, Some(501));
        assert_eq!(
            message,
            format!("no mock of `list_users` answers GET /admin/realms/one/users: {reason}")
        );
    }
}

#[tokio::test]
async fn a_body_may_hold_more_than_is_waited_for() {
    let server = MockServer::start();
    let secret = |value: &str| {
        named("alice").with_credentials([CredentialRepresentation::new().with_value(value)])
    };
    server.create_user(|when, then| (when.body(secret("right")), then.created("a/b")));
    let keycloak = keycloak(&server);
    let users = keycloak.realm("acme").users();
    let more = secret("right").with_enabled(true);
    assert_eq!(users.create(&more).await.unwrap(), "a/b");

    let error = users.create(&secret("wrong")).await.unwrap_err();
    let (_, message) = told(&error);
    assert!(
        message.ends_with("the body has another value at `/credentials/0/value`"),
        "{message}"
    );
    assert!(
        !message.contains("right") && !message.contains("wrong"),
        "{message}"
    );
    let error = users.create(&named("alice")).await.unwrap_err();
    assert!(
        told(&error).1.ends_with("the body has no `/credentials`"),
        "{error}"
    );
}

#[tokio::test]
async fn the_newest_answers_until_it_is_removed() {
    let server = MockServer::start();
    let everyone = server.count_users(|when, then| (when, then.ok(1)));
    let acme = server.count_users(|when, then| (when.realm("acme"), then.ok(2)));
    let keycloak = keycloak(&server);
    assert_eq!(keycloak.realm("acme").users().count().await.unwrap(), 2);
    assert_eq!(keycloak.realm("other").users().count().await.unwrap(), 1);
    acme.remove();
    assert_eq!(keycloak.realm("acme").users().count().await.unwrap(), 1);
    everyone.assert_calls(2);
    acme.assert_calls(1);
}

#[tokio::test]
async fn answers_come_in_order_and_the_last_one_stays() {
    let server = MockServer::start();
    server.count_users(|when, then| (when, then.error(404, "gone").ok(1).ok(2)));
    let keycloak = keycloak(&server);
    let count = || keycloak.realm("acme").users().count();
    assert_eq!(
        told(&count().await.unwrap_err()),
        (Some(404), "gone".to_owned())
    );
    assert_eq!(count().await.unwrap(), 1);
    assert_eq!(count().await.unwrap(), 2);
    assert_eq!(count().await.unwrap(), 2);
}

#[tokio::test]
async fn a_list_is_given_in_pages() {
    let server = MockServer::start();
    let users: Vec<_> = (0..25)
        .map(|index| named(&format!("user-{index:02}")))
        .collect();
    let mock = server.list_users(|when, then| (when, then.items(&users)));
    let keycloak = keycloak(&server);
    let list = keycloak.realm("acme").users().list();
    let found = list
        .stream()
        .page_size(10)
        .prefetch(0)
        .try_collect()
        .await
        .unwrap();
    let usernames = |users: &[UserRepresentation]| {
        let usernames = users.iter().map(|user| user.username.clone());
        usernames.collect::<Vec<_>>()
    };
    assert_eq!(usernames(&found), usernames(&users));
    let firsts: Vec<_> = mock
        .requests()
        .iter()
        .map(|r| r.query("first").unwrap().to_owned())
        .collect();
    assert_eq!(firsts[..3], ["0", "10", "20"]);
}

#[tokio::test]
async fn an_answer_can_be_late_or_something_else() {
    let server = MockServer::start();
    let realm = RealmRepresentation::default();
    server.get_realm(|when, then| {
        let then = then.after(Duration::from_secs(60)).ok(realm);
        (when.realm("slow"), then)
    });
    server.get_realm(|when, then| (when.realm("html"), then.raw(200, "text/html", "<html>")));
    let keycloak = keycloak(&server);
    let started = Instant::now();
    let once = RetryPolicy::none();
    let slow = keycloak
        .realm("slow")
        .get()
        .retry(once)
        .timeout(Duration::from_millis(50));
    assert!(slow.await.unwrap_err().is_timeout());
    assert!(started.elapsed() < Duration::from_secs(30));
    let html = keycloak.realm("html").get().await.unwrap_err();
    assert_eq!(html.kind(), keycloak_admin::ErrorKind::Decode);
}

#[tokio::test]
async fn tokens_are_given_counted_and_made_invalid() {
    let server = MockServer::start();
    server.count_users(|when, then| (when, then.ok(1)));
    let keycloak = Keycloak::builder(server.url())
        .credentials(Credentials::password("admin", "any"))
        .build()
        .unwrap();
    let count = || keycloak.realm("acme").users().count();
    count().await.unwrap();
    count().await.unwrap();
    assert_eq!(server.tokens().requests(), 1);
    server.tokens().expire();
    count().await.unwrap();
    assert_eq!(
        server.tokens().requests(),
        2,
        "a 401 is followed by a new token"
    );
    keycloak.logout().await.unwrap();
    server.tokens().refuse("invalid_grant", "Account disabled");
    assert!(count().await.unwrap_err().is_authentication());
}

#[test]
fn a_call_without_a_token_is_refused() {
    let server = MockServer::start();
    let mock = server.count_users(|when, then| (when, then.ok(1)));
    let status = |headers: &str| {
        let address = server.url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let path = "/admin/realms/acme/users/count";
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer[9..12].to_owned()
    };
    assert_eq!(status(""), "401");
    assert_eq!(status("Authorization: Basic YTpi\r\n"), "401");
    mock.assert_calls(0);
    assert_eq!(status("Authorization: Bearer given\r\n"), "200");
    mock.assert_calls(1);
}

#[test]
fn a_mock_needs_no_runtime_and_ends_with_its_server() {
    let server = MockServer::start();
    let url = server.url().to_owned();
    let address = url.strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(address).is_ok());
    drop(server);
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < deadline, "the server goes on");
        std::thread::yield_now();
    }
}

#[test]
#[should_panic(expected = "list_groups: the mock has no answer")]
fn a_mock_without_an_answer_is_refused() {
    let server = MockServer::start();
    server.list_groups(|when, then| (when, then));
}

#[test]
#[should_panic(expected = "get_group: 200 is not the status of an error")]
fn an_error_is_an_error() {
    let server = MockServer::start();
    server.get_group(|when, then| (when, then.error(200, "fine")));
}

#[tokio::test]
async fn a_call_that_is_missing_is_told_with_what_was_not_answered() {
    let server = MockServer::start();
    let group = GroupRepresentation::default();
    let mock = server.get_group(|when, then| (when.group_id("1"), then.ok(group)));
    let keycloak = keycloak(&server);
    keycloak.realm("acme").group("2").get().await.unwrap_err();
    let panic = std::panic::catch_unwind(AssertUnwindSafe(|| mock.assert_calls(1))).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert_eq!(
        message,
        "get_group: 0 calls, 1 expected\n  not answered: no mock of `get_group` answers GET /admin/realms/acme/groups/2: \
         path parameter `group-id` is \"2\", not \"1\""
    );
}
