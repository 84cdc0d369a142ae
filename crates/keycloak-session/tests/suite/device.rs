//! The device login (RFC 8628): the requests, the pauses, and the end.

use std::time::Duration;

use crate::support::{Answer, ManualClock, Server};
use keycloak_session::{Credentials, ErrorKind, Session, TokenEndpoint, TokenProvider as _};

const CODES: &str = r#"{"device_code":"dev-1","user_code":"ABCD-EFGH","expires_in":60,"interval":2,
    "verification_uri":"https://sso.example.com/realms/master/device"}"#;
const TOKEN: &str =
    r#"{"access_token":"t","expires_in":60,"refresh_token":"r","refresh_expires_in":1800}"#;
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn refusal(code: &str) -> Answer {
    Answer::json(400, &format!(r#"{{"error":"{code}"}}"#))
}

/// An endpoint of this server. Pauses are over at once, timeouts never are.
fn endpoint(server: &Server, clock: &std::sync::Arc<ManualClock>) -> TokenEndpoint {
    Session::builder(&server.url())
        .credentials(Credentials::device("tool").with_scope("openid"))
        .clock(clock.clone())
        .build_token_endpoint()
        .unwrap()
}

fn clock() -> std::sync::Arc<ManualClock> {
    ManualClock::with_pauses_up_to(Duration::from_secs(30))
}

#[tokio::test]
async fn a_device_login_asks_as_often_as_the_server_allows() {
    let (pending, slow) = (refusal("authorization_pending"), refusal("slow_down"));
    let answers = [
        Answer::json(200, CODES),
        pending.clone(),
        slow,
        pending,
        Answer::json(200, TOKEN),
    ];
    let (server, clock) = (Server::in_turn(answers.to_vec()).await, clock());
    let endpoint = endpoint(&server, &clock);
    let login = endpoint.start_device_login().await.unwrap();
    assert_eq!(login.user_code(), "ABCD-EFGH");
    assert_eq!(
        login.verification_uri(),
        "https://sso.example.com/realms/master/device"
    );
    assert_eq!(login.verification_uri_complete(), None);
    let token = endpoint.finish_device_login(login).await.unwrap();
    assert_eq!(token.secret(), "t");
    assert_eq!(token.refresh_token(), Some("r"));
    assert_eq!(token.refresh_lifetime(), Some(Duration::from_secs(1800)));

    assert_eq!(
        clock.pauses(),
        [2, 2, 7, 7].map(Duration::from_secs),
        "`slow_down` adds five seconds for good"
    );
    let received = server.received();
    let path = "/realms/master/protocol/openid-connect/auth/device";
    assert_eq!(received[0].target, path);
    assert_eq!(received[0].field("client_id").as_deref(), Some("tool"));
    assert_eq!(received[0].field("scope").as_deref(), Some("openid"));
    assert_eq!(server.grants(), [GRANT; 4]);
    for request in server.token_requests() {
        assert_eq!(request.field("device_code").as_deref(), Some("dev-1"));
    }
}

#[tokio::test]
async fn a_device_login_ends_when_it_is_refused_or_too_old() {
    // The answer to each request, the number of requests, and a part of the error.
    for (code, requests, part) in [
        ("access_denied", 1, "access_denied"),
        ("expired_token", 1, "expired_token"),
        ("authorization_pending", 30, "has not logged in"),
    ] {
        let answers = vec![Answer::json(200, CODES), refusal(code)];
        let (server, clock) = (Server::in_turn(answers).await, clock());
        let endpoint = endpoint(&server, &clock);
        let login = endpoint.start_device_login().await.unwrap();
        let error = endpoint.finish_device_login(login).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication, "{code}");
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(server.token_requests().len(), requests, "{code}");
    }
}

#[tokio::test]
async fn the_token_of_a_device_is_refreshed_and_its_user_is_not_asked_again() {
    let answers = [
        Answer::json(200, CODES),
        Answer::json(200, TOKEN),
        Answer::json(200, TOKEN),
        refusal("invalid_grant"),
    ];
    let (server, clock) = (Server::in_turn(answers.to_vec()).await, clock());
    let endpoint = endpoint(&server, &clock);
    let login = endpoint.start_device_login().await.unwrap();
    let token = endpoint.finish_device_login(login).await.unwrap();
    let token = endpoint.token(Some(token)).await.unwrap();
    let error = endpoint.token(Some(token)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    let error = endpoint.token(None).await.unwrap_err();
    assert!(error.to_string().contains("log in again"), "{error}");
    assert_eq!(server.grants(), [GRANT, "refresh_token", "refresh_token"]);
}

#[test]
fn a_session_refuses_a_device_and_an_endpoint_a_token_provider() {
    let builder = || Session::builder("https://sso.example.com");
    let error = builder()
        .credentials(Credentials::device("tool"))
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error.to_string().contains("build_token_endpoint"),
        "{error}"
    );
    let session = builder().credentials(Credentials::token("t")).build();
    let error = builder()
        .token_provider(session.unwrap())
        .build_token_endpoint()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_pause_ends_with_the_codes() {
    let codes = CODES
        .replace("\"expires_in\":60", "\"expires_in\":20")
        .replace("\"interval\":2", "\"interval\":9000000000000000000");
    let answers = vec![Answer::json(200, &codes), refusal("authorization_pending")];
    let (server, clock) = (Server::in_turn(answers).await, clock());
    let endpoint = endpoint(&server, &clock);
    let login = endpoint.start_device_login().await.unwrap();
    let error = endpoint.finish_device_login(login).await.unwrap_err();
    assert!(error.to_string().contains("has not logged in"), "{error}");
    assert_eq!(server.grants().len(), 1);
}
