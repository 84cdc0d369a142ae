//! Secrets: none is in what the library prints or logs, whatever goes wrong. One test, because it holds the process's log.

mod support;

use std::error::Error as StdError;
use std::fmt::{Debug, Write as _};
use std::io;
use std::sync::{Arc, Mutex};

use keycloak_session::{
    AccessToken, Credentials, Error, Header, OperationInfo, Request, Session, SessionBuilder,
};
use serde_json::{Value, json};
use support::{Answer, ManualClock, Received, Server, refusing_url};
use tracing_subscriber::filter::LevelFilter;

/// Everything that must not be printed. Each holds the word `planted`.
const PASSWORD: &str = "planted-password";
const CLIENT_SECRET: &str = "planted-client-secret";
const ACCESS_TOKEN: &str = "planted-access-token";
const REFRESH_TOKEN: &str = "planted-refresh-token";
const VALUE: &str = "planted-value";

static UPDATE: OperationInfo = OperationInfo::new(
    "update_user",
    "PUT",
    "/admin/realms/{realm}/users/{user-id}",
);

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The faults of the server, for calls and for tokens.
fn faults() -> Vec<Answer> {
    let echo = |status| Answer::json(status, r#"{"html":"planted-value planted-access-token"}"#);
    vec![
        Answer::Reset,
        Answer::Raw(b"planted-value is no HTTP\r\n\r\n".to_vec()),
        Answer::Raw(b"HTTP/1.1 200 OK\r\nx-planted: planted-value\r\ncontent-length: 99\r\n\r\n\"planted-value".to_vec()),
        Answer::json(200, r#"{"access_token":["planted-access-token"],"refresh_token":"planted-refresh-token"}"#),
        Answer::json(200, r#""planted-value""#),
        Answer::json(200, "planted-value"),
        Answer::status(302).with_header("location", "http://localhost/?planted-value"),
        Answer::status(401).with_header("www-authenticate", "Bearer planted-value"),
        Answer::status(503).with_header("set-cookie", "session=planted-value"),
        echo(400),
        echo(500),
        Answer::Reply { status: 200, headers: vec![("set-cookie", "planted-value".to_owned())], body: b"[]".to_vec() },
    ]
}

fn good_token() -> Answer {
    let token = json!({
        "access_token": ACCESS_TOKEN, "expires_in": 60, "refresh_token": REFRESH_TOKEN, "refresh_expires_in": 1800,
    });
    Answer::json(200, &token.to_string())
}

fn credentials() -> Vec<Credentials> {
    vec![
        Credentials::password("admin", PASSWORD),
        Credentials::password("admin", PASSWORD)
            .with_client_id("cli")
            .with_client_secret(CLIENT_SECRET),
        Credentials::client_secret("sync", CLIENT_SECRET),
        Credentials::client_secret_post("sync", CLIENT_SECRET),
        Credentials::client_secret_jwt("sync", CLIENT_SECRET),
        Credentials::refresh_token("sync", REFRESH_TOKEN),
        Credentials::token_exchange("sync", CLIENT_SECRET, ACCESS_TOKEN),
        Credentials::password("admin", PASSWORD).with_totp(|| "planted-code".to_owned()),
        Credentials::token(ACCESS_TOKEN),
    ]
}

fn builder(url: &str, credentials: Credentials) -> SessionBuilder {
    Session::builder(url)
        .credentials(credentials)
        .default_header(gateway_header())
        .clock(ManualClock::new())
}

fn gateway_header() -> Header {
    Header::new("x-gateway", VALUE)
        .secret()
        .with_token_requests()
}

fn request(session: &Session) -> Request {
    let mut request = Request::new(session, &UPDATE);
    // The realm is the one value of a path that is logged.
    request.set_path("realm", "acme");
    request.set_path("user-id", VALUE);
    request.set_query("search", VALUE);
    request.set_header("x-secret", VALUE);
    request.set_json(&json!({ "password": VALUE }));
    request
}

/// Everything an error prints, its causes included.
fn print_error(output: &mut String, error: &Error) {
    writeln!(output, "{error} {error:?} {error:#?}").expect("a string");
    let mut source = error.source();
    while let Some(error) = source {
        writeln!(output, "{error} {error:?} {error:#?}").expect("a string");
        source = error.source();
    }
}

fn print<T: Debug>(output: &mut String, result: Result<T, Error>) {
    match result {
        Ok(value) => writeln!(output, "{value:?} {value:#?}").expect("a string"),
        Err(error) => print_error(output, &error),
    }
}

async fn call_in_all_ways(session: &Session, output: &mut String) {
    let request = request(session);
    writeln!(output, "{session:?} {request:?} {request:#?}").expect("a string");
    print(output, request.clone().send_json::<Vec<u64>>().await);
    print(output, request.clone().send_empty().await);
    let raw = request.clone().send_raw().await;
    if let Ok(raw) = &raw {
        writeln!(output, "{:?}", **raw).expect("a string");
    }
    print(output, raw);
    print(output, session.access_token().await);
    for value in ["", ".."] {
        let mut refused = request.clone();
        refused.set_path("realm", value);
        print(output, refused.send_empty().await);
    }
    let mut refused = request;
    refused.set_header("x-other", "planted-value\n");
    print(output, refused.send_json::<Value>().await);
    session.forget_token();
    print(output, session.access_token().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_ever_printed_or_logged() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let mut output = String::new();

    let faulty_calls = faults().into_iter().map(|fault| (good_token(), fault));
    let faulty_tokens = faults()
        .into_iter()
        .map(|fault| (fault, Answer::status(204)));
    for (token, call) in faulty_calls.chain(faulty_tokens) {
        let server = Server::start(move |received: Received| {
            let answer = if received.is_token_request() {
                token.clone()
            } else {
                call.clone()
            };
            async { answer }
        })
        .await;
        for credentials in credentials() {
            let session = builder(&server.url(), credentials).build().unwrap();
            call_in_all_ways(&session, &mut output).await;
        }
    }
    let nowhere = refusing_url().await;
    for credentials in credentials() {
        writeln!(output, "{credentials:?} {credentials:#?}").unwrap();
        writeln!(
            output,
            "{:?}",
            builder("https://admin:planted-password@host", credentials.clone())
        )
        .unwrap();
        for wrong in [
            "planted-value",
            "https://admin:planted-password@host",
            "https://host?planted-value",
        ] {
            print(&mut output, builder(wrong, credentials.clone()).build());
        }
        let session = builder(&nowhere, credentials).build().unwrap();
        call_in_all_ways(&session, &mut output).await;
    }
    let token = AccessToken::new(ACCESS_TOKEN).with_refresh_token(REFRESH_TOKEN, None);
    let header = gateway_header();
    writeln!(output, "{token:?} {header:?} {header:#?}").unwrap();
    let refused = builder(&nowhere, Credentials::token(ACCESS_TOKEN))
        .default_header(Header::new("x-gateway", "planted-value\n").secret());
    writeln!(output, "{refused:?}").unwrap();
    print(&mut output, refused.build());

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("update_user"), "the log was kept");
    assert!(
        log.contains(" TRACE ") && log.contains("hyper"),
        "other crates' traces too"
    );
    assert!(
        output.contains("update_user: 503 Service Unavailable"),
        "the errors were kept"
    );
    for text in [&output, &log] {
        let leaks: Vec<_> = text
            .lines()
            .filter(|line| line.contains("planted"))
            .collect();
        assert_eq!(leaks, [""; 0]);
        // The client secret and the body in base64 and as in a URL.
        for encoded in ["cGxhbnRlZ", "BsYW50ZW", "wbGFudGVk", "planted%2D"] {
            assert!(!text.contains(encoded), "{encoded}");
        }
    }
}
