//! Headers: those of a session, those of a call, and those of an answer.

use crate::support::{Answer, Server, ping, service, with_token};
use keycloak_session::{ErrorKind, Header, OperationInfo, Request, Session};

/// Headers that decide how a request is framed, or which host it is for.
const RESERVED: [&str; 10] = [
    "host",
    "content-length",
    "Content-Length",
    "transfer-encoding",
    "connection",
    "te",
    "trailer",
    "upgrade",
    "keep-alive",
    "Proxy-Connection",
];

#[tokio::test]
async fn headers_of_a_session_go_with_calls_and_where_it_is_said_with_token_requests() {
    let server = Server::with_tokens(60, Answer::status(204)).await;
    let session = Session::builder(&server.url())
        .credentials(service())
        .default_header(Header::new("X-Gateway-Id", "one"))
        .default_header(Header::new("x-gateway-secret", "two").secret())
        .default_header(Header::new("x-everywhere", "three").with_token_requests())
        .default_header(Header::new("x-twice", "first").with_token_requests())
        .default_header(Header::new("x-twice", "last").with_token_requests())
        .build()
        .unwrap();
    ping(&session).send_empty().await.unwrap();
    session.forget_token();
    session.access_token().await.unwrap();

    let [token, call, second_token] = &server.received()[..] else {
        panic!("a login, a call, a login");
    };
    let seen = |name| [token, call, second_token].map(|request| request.header(name));
    assert_eq!(seen("x-gateway-id"), [None, Some("one"), None]);
    assert_eq!(seen("x-gateway-secret"), [None, Some("two"), None]);
    assert_eq!(seen("x-everywhere"), [Some("three"); 3]);
    assert_eq!(seen("x-twice"), [Some("last"); 3]);
    // The headers that the client sets itself stay unchanged.
    assert_eq!(call.header("authorization"), Some("Bearer token-1"));
    let form = "application/x-www-form-urlencoded";
    assert_eq!(token.header("content-type"), Some(form));
    assert_eq!(call.header("content-type"), None);
}

/// A logout is a token request too.
#[tokio::test]
async fn a_logout_has_the_headers_of_token_requests() {
    let server = Server::with_tokens(60, Answer::status(204)).await;
    let session = Session::builder(&server.url())
        .credentials(crate::support::password())
        .default_header(Header::new("x-calls", "1"))
        .default_header(Header::new("x-everywhere", "2").with_token_requests())
        .build()
        .unwrap();
    session.access_token().await.unwrap();
    session.logout().await.unwrap();
    let logout = server.received().pop().unwrap();
    assert!(logout.target.ends_with("/logout"));
    assert_eq!(logout.header("x-everywhere"), Some("2"));
    assert_eq!(logout.header("x-calls"), None);
}

#[tokio::test]
async fn a_header_of_the_call_takes_the_place_of_the_sessions() {
    static TENANT: OperationInfo =
        OperationInfo::new("list", "GET", "/list").requires(&["X-Tenant"]);

    let server = Server::start(|_| async { Answer::status(204) }).await;
    let session = with_token(&server.url())
        .default_header(Header::new("x-tenant", "of the session").secret())
        .build()
        .unwrap();
    // It is what an operation requires, too.
    let mut request = Request::new(&session, &TENANT);
    request.clone().send_empty().await.unwrap();
    request.set_header("X-Tenant", "of the call");
    request.clone().send_empty().await.unwrap();
    request.set_header("x-tenant", "of the call, again");
    request.send_empty().await.unwrap();
    let sent = server.received();
    let tenants: Vec<_> = sent.iter().map(|call| call.header("x-tenant")).collect();
    let expected = ["of the session", "of the call", "of the call, again"];
    assert_eq!(tenants, expected.map(Some));

    let without = with_token(&server.url()).build().unwrap();
    let refused = Request::new(&without, &TENANT).send_empty().await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

/// tests/secrets.rs looks at the log.
#[test]
fn the_value_of_a_secret_header_is_not_printed() {
    let plain = Header::new("x-gateway-id", "shown");
    let secret = Header::new("x-gateway-secret", "hidden").secret();
    let builder = with_token("http://localhost")
        .default_header(plain.clone())
        .default_header(secret.clone().with_token_requests());
    for printed in [
        format!("{plain:?} {secret:?}"),
        format!("{plain:#?} {secret:#?}"),
        format!("{builder:?}"),
        format!("{builder:#?}"),
    ] {
        assert!(printed.contains("x-gateway-secret"), "{printed}");
        assert!(printed.contains("<redacted>"), "{printed}");
        assert!(printed.contains("shown"), "{printed}");
        assert!(!printed.contains("hidden"), "{printed}");
    }
}

#[test]
fn headers_that_a_session_cannot_have_are_refused_and_named() {
    let own = ["accept", "Authorization", "content-type", "user-agent"];
    let set_by_the_client = own.into_iter().chain(RESERVED).map(|name| (name, "hidden"));
    let not_allowed = [
        ("no name", "hidden"),
        ("", "hidden"),
        ("x-a", "hidden\r\nx-b: 1"),
        ("x-a", "hidden\0"),
    ];
    for (name, value) in set_by_the_client.chain(not_allowed) {
        let refused = with_token("http://localhost")
            .default_header(Header::new("x-good", "1"))
            .default_header(Header::new(name, value))
            .build();
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{name}");
        let named = format!("header `{}`", name.to_ascii_lowercase());
        assert!(error.to_string().contains(&named), "{error}");
        let printed = format!("{error} {error:?}");
        assert!(!printed.contains("hidden"), "{printed}");
    }
}

#[tokio::test]
async fn headers_that_a_call_cannot_have_are_refused_before_anything_is_sent() {
    let server = Server::start(|_| async { Answer::status(204) }).await;
    let session = with_token(&server.url()).build().unwrap();
    for name in RESERVED {
        let mut request = ping(&session);
        request.set_header(name, "1");
        let error = request.send_empty().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{name}");
        let named = format!("header `{}`", name.to_ascii_lowercase());
        assert!(error.to_string().contains(&named), "{error}");
    }
    assert_eq!(server.received().len(), 0);
}

#[tokio::test]
async fn an_answer_has_each_value_of_a_repeated_header() {
    let server = Server::start(|_| async {
        Answer::json(200, "[1]")
            .with_header("Set-Cookie", "a=1")
            .with_header("x-other", "2")
            .with_header("set-cookie", "b=2")
            .with_header("SET-COOKIE", "a=1")
    })
    .await;
    let session = with_token(&server.url()).build().unwrap();
    let answer = ping(&session).send_json::<Vec<u8>>().await.unwrap();
    let all: Vec<_> = answer.headers().collect();
    let cookies: Vec<_> = all
        .iter()
        .filter(|(name, _)| *name == "set-cookie")
        .map(|(_, value)| *value)
        .collect();
    assert_eq!(cookies, [b"a=1", b"b=2", b"a=1"]);
    assert_eq!(answer.header("set-cookie"), Some("a=1"));
    let others = [
        ("content-type", &b"application/json"[..]),
        ("x-other", b"2"),
        ("content-length", b"3"),
    ];
    for header in others {
        assert!(all.contains(&header), "{header:?} of {all:?}");
    }
    assert_eq!(all.len(), 6);
    assert!(!format!("{answer:?}").contains("a=1"));
}
