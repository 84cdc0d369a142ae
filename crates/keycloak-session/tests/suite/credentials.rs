//! Credentials: which options apply to which, and what the options send.

use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use crate::support::{Answer, Server};
use keycloak_session::{Credentials, ErrorKind, KeyAlgorithm, PrivateKey, Session};

/// The key of the example in RFC 8410, 10.3.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

fn private_key() -> PrivateKey {
    PrivateKey::from_pem(KeyAlgorithm::EdDsa, KEY).unwrap()
}

type Setter = fn(Credentials) -> Credentials;

const OPTIONS: [(&str, Setter); 6] = [
    ("with_client_id", |c| c.with_client_id("hidden")),
    ("with_client_secret", |c| c.with_client_secret("hidden")),
    ("with_totp", |c| c.with_totp(|| "hidden".to_owned())),
    ("with_audience", |c| c.with_audience("hidden")),
    ("with_assertion_audience", |c| {
        c.with_assertion_audience("hidden")
    }),
    ("with_scope", |c| c.with_scope("hidden")),
];

fn build(credentials: Credentials) -> Result<Session, keycloak_session::Error> {
    let builder = Session::builder("https://sso.example.com");
    builder.credentials(credentials).build()
}

#[test]
fn an_option_that_does_not_apply_is_refused_and_named() {
    let id = "with_client_id";
    let (secret, totp) = ("with_client_secret", "with_totp");
    let (audience, of_assertion) = ("with_audience", "with_assertion_audience");
    let scope = "with_scope";
    // The credentials, and the options that apply.
    let table: [(&str, Credentials, &[&str]); 10] = [
        (
            "client_secret",
            Credentials::client_secret("sync", "s"),
            &[id, scope],
        ),
        (
            "client_secret_post",
            Credentials::client_secret_post("sync", "s"),
            &[id, scope],
        ),
        (
            "client_secret_jwt",
            Credentials::client_secret_jwt("sync", "s"),
            &[id, of_assertion, scope],
        ),
        (
            "private_key_jwt",
            Credentials::private_key_jwt("sync", private_key()),
            &[id, of_assertion, scope],
        ),
        (
            "assertion_file",
            Credentials::assertion_file("sync", "/none"),
            &[id, scope],
        ),
        ("mtls", Credentials::mtls("sync"), &[id, scope]),
        (
            "password",
            Credentials::password("ann", "pw"),
            &[id, secret, totp, scope],
        ),
        (
            "refresh_token",
            Credentials::refresh_token("sync", "r"),
            &[id, secret, scope],
        ),
        (
            "token_exchange",
            Credentials::token_exchange("sync", "s", "subject"),
            &[id, audience, scope],
        ),
        ("token", Credentials::token("t"), &[]),
    ];
    for (name, credentials, that_apply) in table {
        build(credentials.clone()).unwrap();
        for (option, set) in OPTIONS {
            let result = build(set(credentials.clone()));
            if that_apply.contains(&option) {
                assert!(result.is_ok(), "{name}, {option}: {result:?}");
                continue;
            }
            let Err(error) = result else {
                panic!("{name} took {option}");
            };
            assert_eq!(error.kind(), ErrorKind::Configuration, "{name}, {option}");
            let named = format!("`{option}` does not apply to these credentials");
            assert!(error.to_string().contains(&named), "{name}: {error}");
            assert!(
                !format!("{error} {error:?}").contains("hidden"),
                "{error:?}"
            );
        }
    }
    // The first one is told, and a good one after it mends nothing.
    let credentials = Credentials::token("t").with_totp(String::new);
    let error = build(credentials.with_scope("openid")).unwrap_err();
    assert!(error.to_string().contains("`with_totp`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_are_sent_with_each_login_and_refresh() {
    let secret = |id| Credentials::client_secret(id, "s");
    // The credentials, and the grants of two token requests.
    let cases = [
        (secret("sync"), ["client_credentials", "client_credentials"]),
        (
            Credentials::password("ann", "pw"),
            ["password", "refresh_token"],
        ),
        (
            Credentials::refresh_token("sync", "offline"),
            ["refresh_token", "refresh_token"],
        ),
        (
            Credentials::token_exchange("sync", "s", "subject"),
            [
                "urn:ietf:params:oauth:grant-type:token-exchange",
                "refresh_token",
            ],
        ),
    ];
    for (credentials, grants) in cases {
        for scope in [None, Some("offline_access organization:*")] {
            let server = Server::with_tokens(60, Answer::status(204)).await;
            let credentials = match scope {
                Some(scope) => credentials.clone().with_scope(scope),
                None => credentials.clone(),
            };
            let builder = Session::builder(&server.url()).credentials(credentials);
            let session = builder.build().unwrap();
            session.access_token().await.unwrap();
            session.forget_token();
            session.access_token().await.unwrap();
            assert_eq!(server.grants(), grants);
            for request in server.token_requests() {
                assert_eq!(request.field("scope").as_deref(), scope, "{grants:?}");
            }
        }
    }
}

/// The claims of the assertion that a session logs in with.
async fn claims(credentials: Credentials) -> (String, serde_json::Value) {
    use base64::Engine as _;

    let server = Server::with_tokens(60, Answer::status(204)).await;
    let builder = Session::builder(&server.url()).credentials(credentials);
    builder.build().unwrap().access_token().await.unwrap();
    let request = server.token_requests().remove(0);
    assert_eq!(request.field("audience"), None, "that is for an exchange");
    let assertion = request.field("client_assertion").unwrap();
    let claims = assertion.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims);
    let claims = serde_json::from_slice(&claims.unwrap()).unwrap();
    (server.url(), claims)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audience_of_an_assertion_is_the_realm_unless_it_is_set() {
    for credentials in [
        Credentials::client_secret_jwt("sync", "a secret that is long enough for it"),
        Credentials::private_key_jwt("sync", private_key()),
    ] {
        let (url, sent) = claims(credentials.clone()).await;
        assert_eq!(sent["aud"], format!("{url}/realms/master"));
        let public = "https://sso.example.com/realms/master";
        let (_, sent) = claims(credentials.with_assertion_audience(public)).await;
        assert_eq!(sent["aud"], public);
        assert_eq!(
            (&sent["iss"], &sent["sub"]),
            (&"sync".into(), &"sync".into())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_secret_signs_nothing() {
    let server = Server::with_tokens(60, Answer::status(204)).await;
    let session =
        Session::builder(&server.url()).credentials(Credentials::client_secret_jwt("sync", ""));
    let error = session.build().unwrap().access_token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("secret is empty"), "{error}");
    assert!(server.token_requests().is_empty());
}

/// Reading a pipe that nobody writes to takes for ever. It must take no more than the call's time, and no time of other tasks.
#[cfg(unix)]
#[test]
fn an_assertion_file_that_blocks_ends_with_the_timeout_and_holds_up_nobody() {
    let name = format!("keycloak-session-pipe-{}", std::process::id());
    let pipe = std::env::temp_dir().join(name);
    let _ = std::fs::remove_file(&pipe);
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success(), "mkfifo");

    let (done, ended) = mpsc::channel();
    let path = pipe.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let error = runtime.block_on(async {
            let session = Session::builder("http://localhost")
                .credentials(Credentials::assertion_file("sync", path))
                .timeout(Duration::from_millis(500))
                .build()
                .unwrap();
            let mut ticks = 0;
            let mut tick = tokio::time::interval(Duration::from_millis(10));
            let token = session.access_token();
            tokio::pin!(token);
            let error = loop {
                tokio::select! {
                    result = &mut token => break result.unwrap_err(),
                    _ = tick.tick() => ticks += 1,
                }
            };
            assert!(ticks >= 5, "another future goes on: {ticks} ticks");
            error
        });
        // It does not wait for the reader either.
        drop(runtime);
        done.send(error).unwrap();
    });
    let error = ended.recv_timeout(Duration::from_secs(20));
    // The reader gets its end, so that no thread is left.
    let _ = std::fs::OpenOptions::new().write(true).open(&pipe);
    std::fs::remove_file(&pipe).unwrap();
    assert!(error.expect("it ends").is_timeout());
}
