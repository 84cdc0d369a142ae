//! The proxy of the environment. The environment is that of a whole process, so each test starts itself again as a child.

use std::env;
use std::process::Command;

use crate::support::{Answer, Server, password, ping, with_token};
use keycloak_session::{ErrorKind, Session};

/// Names the server in the environment of a child.
const SERVER: &str = "KEYCLOAK_SESSION_TEST_SERVER";

/// Runs the test of this name as a child, with this proxy in the environment.
async fn run_again(test: &'static str, proxy: &Server, server: &Server) {
    let (proxy, server) = (proxy.url(), server.url());
    let run = move || {
        let mut child = Command::new(env::current_exe().unwrap());
        for name in ["NO_PROXY", "no_proxy", "REQUEST_METHOD"] {
            child.env_remove(name);
        }
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"] {
            child.env(name, &proxy);
        }
        child.env(SERVER, server);
        let name = format!("proxies::{test}");
        child.args(["--exact", &name, "--nocapture"]).output()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(printed.contains("1 passed"), "it has run: {printed}");
}

/// The same address by every name of this machine.
fn names_of(server: &str) -> [String; 3] {
    ["127.0.0.1", "localhost", "kc.localhost"].map(|host| server.replace("127.0.0.1", host))
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_to_this_machine_go_through_no_proxy_of_the_environment() {
    if let Ok(server) = env::var(SERVER) {
        for base in names_of(&server) {
            let lender = Session::builder(&base).credentials(password());
            let lender = lender.build().unwrap();
            ping(&lender).send_empty().await.unwrap();
            // The tokens that it lends go the same way.
            let borrower = Session::builder(&base).token_provider(lender.clone());
            ping(&borrower.build().unwrap()).send_empty().await.unwrap();
            lender.logout().await.unwrap();
        }
        // Nobody listens there. With TLS, a proxy would be asked for a tunnel.
        for base in [
            "http://[::1]:1".to_owned(),
            server.replace("http:", "https:"),
        ] {
            let session = with_token(&base).build().unwrap();
            let error = ping(&session).send_empty().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Connect, "{base}");
        }
        return;
    }
    let proxy = Server::start(|_| async { Answer::status(502) }).await;
    let server = Server::with_tokens(60, Answer::status(204)).await;
    run_again(
        "calls_to_this_machine_go_through_no_proxy_of_the_environment",
        &proxy,
        &server,
    )
    .await;
    assert_eq!(proxy.received().len(), 0, "{:?}", proxy.received());
    assert_eq!(server.token_requests().len(), 3);
    assert_eq!(server.calls().len(), 9, "two calls and a logout each");
}

/// This is the control of the test above, which would also pass if the environment had no effect at all.
#[tokio::test(flavor = "multi_thread")]
async fn calls_to_other_machines_go_through_the_proxy_of_the_environment() {
    if env::var(SERVER).is_ok() {
        // A name that nobody has: only a proxy can answer.
        let session = with_token("http://sso.example.invalid").allow_http(true);
        let result = ping(&session.build().unwrap()).send_empty().await;
        assert_eq!(result.is_ok(), cfg!(feature = "system-proxy"), "{result:?}");
        return;
    }
    let proxy = Server::start(|_| async { Answer::status(204) }).await;
    let server = Server::start(|_| async { Answer::status(500) }).await;
    run_again(
        "calls_to_other_machines_go_through_the_proxy_of_the_environment",
        &proxy,
        &server,
    )
    .await;
    let received = usize::from(cfg!(feature = "system-proxy"));
    assert_eq!(proxy.received().len(), received);
    assert_eq!(server.received().len(), 0);
}

/// A caller who names a proxy means it, also for this machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_named_counts_for_this_machine_too() {
    let proxy = Server::start(|_| async { Answer::status(204) }).await;
    let session = with_token("http://localhost:1").proxy(proxy.url());
    ping(&session.build().unwrap()).send_empty().await.unwrap();
    assert_eq!(proxy.received()[0].target, "http://localhost:1/admin/ping");
}

/// The client takes `localhost` and the names below it for this machine, and asks no DNS server.
#[tokio::test]
async fn names_of_this_machine_are_not_looked_up() {
    let server = Server::start(|_| async { Answer::status(204) }).await;
    for host in ["localhost", "kc.localhost", "nobody-has-it.kc.LOCALHOST"] {
        let base = server.url().replace("127.0.0.1", host);
        let session = with_token(&base).build().unwrap();
        ping(&session).send_empty().await.unwrap();
    }
    assert_eq!(server.received().len(), 3);
}
