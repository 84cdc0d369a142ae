//! Mistakes of a user and faults of a server, each with its message and its exit code.

mod support;

use std::sync::Arc;

use support::{Home, Run, Server, set_mode, token};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// An address at which no server listens: the port belongs to nobody.
const NOBODY: &str = "http://127.0.0.1:1";

/// A password profile of this server.
fn profile(server: &str) -> String {
    format!(
        "current = \"work\"\n\n[profiles.work]\nserver = \"{server}\"\nlogin = \"password\"\nusername = \"ali\"\n"
    )
}

/// The exit code and the messages, without paths and ports of the test.
fn shown(home: &Home, run: &Run, server: &str) -> String {
    assert_eq!(run.stdout, "", "an error prints nothing to standard output");
    let text = format!(
        "exit code {}\n{}",
        run.code.expect("an exit code"),
        run.stderr
    );
    let authority = server.split_once("://").map_or(server, |(_, rest)| rest);
    let text = if server.is_empty() {
        text
    } else {
        text.replace(authority, "SERVER")
    };
    home.redact(&text)
}

/// Compares the outcome of a run without a server.
#[track_caller]
fn check(name: &str, home: &Home, arguments: &[&str]) {
    let run = home.run(arguments);
    insta::assert_snapshot!(name, shown(home, &run, ""), &arguments.join(" "));
}

/// Compares the outcome of a run with a server.
#[track_caller]
fn check_with(name: &str, home: &Home, arguments: &[&str], server: &str) {
    let run = home.run(arguments);
    insta::assert_snapshot!(name, shown(home, &run, server));
}

#[test]
fn there_is_no_login() {
    check("no_login", &Home::new(), &["whoami"]);
    check("no_server", &Home::new(), &["login"]);
    check(
        "no_login_for_a_server",
        &Home::new(),
        &["whoami", "--server", "https://sso.example.com"],
    );
    let home = Home::new();
    home.configure(&profile(NOBODY));
    check("no_token", &home, &["whoami"]);
}

#[test]
fn a_dry_run_needs_a_login_for_lookups_alone() {
    let home = Home::new();
    let by_id = "users delete --realm acme --user-id 1 --dry-run";
    let run = |line: &str| home.run(&line.split(' ').collect::<Vec<_>>());
    for (line, server) in [
        (by_id.to_owned(), "https://keycloak.invalid"),
        (format!("{by_id} --server {NOBODY}"), NOBODY),
    ] {
        let run = run(&line);
        let expected = format!("DELETE {server}/admin/realms/acme/users/1\n");
        assert_eq!(run.stdout, expected, "{}", run.stderr);
    }
    for line in [
        "users delete --realm acme --user ali --dry-run",
        "users edit --realm acme --user-id 1 --enabled --dry-run",
        "users delete --realm acme --user-id 1",
    ] {
        let run = run(line);
        assert_eq!(run.code, Some(5), "{line}: {}", run.stderr);
        assert!(
            run.stderr.contains("you are not logged in"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn the_configuration_file_cannot_be_used() {
    let home = Home::new();
    home.configure("current = \"work\"\n[profiles.work\n");
    check("broken_configuration", &home, &["whoami"]);
    home.configure(
        "[profiles.work]\nserver = \"https://sso.example.com\"\npassword = \"s3cret\"\n",
    );
    check("unknown_setting", &home, &["whoami"]);
    home.configure("[profiles.work]\nserver = \"https://sso.example.com\"\nlogin = \"magic\"\n");
    check("unknown_login_method", &home, &["whoami"]);
    home.configure("current = \"gone\"\n[profiles.work]\nserver = \"https://sso.example.com\"\n");
    check("current_profile_is_gone", &home, &["whoami"]);
}

#[test]
fn a_profile_is_unknown_or_of_another_server() {
    let home = Home::new();
    check("no_profiles", &home, &["profiles", "use", "work"]);
    home.configure(&profile("https://sso.example.com"));
    check("unknown_profile", &home, &["whoami", "--profile", "wrok"]);
    check(
        "remove_unknown_profile",
        &home,
        &["profiles", "remove", "wrok"],
    );
    let other = [
        "whoami",
        "--profile",
        "work",
        "--server",
        "https://other.example.com",
    ];
    check("profile_of_another_server", &home, &other);
    let home = home.with("KEYCLOAKCTL_SERVER", "https://other.example.com");
    check("variable_names_another_server", &home, &["whoami"]);
    let name = [
        "login",
        "--server",
        "https://sso.example.com",
        "--profile",
        "../work",
    ];
    check("profile_name_with_a_path", &Home::new(), &name);
}

#[test]
fn a_variable_cannot_be_used() {
    let server = ["whoami", "--server", "https://sso.example.com"];
    let home = Home::new().with("KEYCLOAKCTL_LOGIN", "magic");
    check("variable_with_unknown_value", &home, &server);
    let home = Home::new().with("KEYCLOAKCTL_CLIENT_SECRET", "s3cret");
    check("variable_without_client", &home, &server);
    let home = Home::new();
    home.configure(&format!(
        "{}password-variable = \"WORK_PASSWORD\"\n",
        profile(NOBODY)
    ));
    check("variable_of_profile_is_not_set", &home, &["whoami"]);
}

#[test]
fn flags_cannot_be_used() {
    let home = Home::new();
    check("unknown_output_format", &home, &["whoami", "-o", "xml"]);
    check("unknown_shell", &home, &["completions", "tcsh"]);
    let session = "realms delete-session --realm acme --session -4uM";
    let session: Vec<&str> = session.split(' ').collect();
    check("value_begins_with_a_hyphen", &home, &session);
    let no_value = "users delete --realm acme --user-id 1 --dry-run -x";
    let run = home.run(&no_value.split(' ').collect::<Vec<_>>());
    assert!(
        run.stderr.contains("unexpected argument '-x'"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("tip"), "{}", run.stderr);
    let both = ["login", "--password", "s3cret", "--password-stdin"];
    check("two_sources_of_a_password", &home, &both);
}

#[test]
fn a_secret_is_missing_or_others_can_read_it() {
    let login = ["login", "--server", NOBODY, "--username", "ali"];
    let home = Home::new();
    check("no_password", &home, &login);
    check("no_username", &home, &["login", "--server", NOBODY]);
    let client = ["login", "--server", NOBODY, "--client-id", "ci"];
    let secret = Home::new().with("KEYCLOAKCTL_LOGIN", "client-secret");
    check("no_client_secret", &secret, &client);
    let with_file = [&login[..], &["--password-file", "password"]].concat();
    check("password_file_is_missing", &home, &with_file);
    set_mode(&home.write("password", "s3cret\n"), 0o644);
    check("password_file_is_public", &home, &with_file);
    home.configure(&profile(NOBODY));
    let home = home.with("KEYCLOAKCTL_PASSWORD", "s3cret");
    check("unreachable", &home, &["whoami"]);
}

#[test]
fn a_key_cannot_be_used() {
    let home = Home::new();
    let login = [
        "login",
        "--server",
        NOBODY,
        "--client-id",
        "ci",
        "--key-file",
        "key.pem",
    ];
    check("key_file_is_missing", &home, &login);
    home.write("key.pem", "no key at all\n");
    check("key_is_not_pem", &home, &login);
    let without_client = ["login", "--server", NOBODY, "--key-file", "key.pem"];
    check("key_without_client", &home, &without_client);
}

#[test]
fn a_certificate_authority_cannot_be_used() {
    let home = Home::new().with("KEYCLOAKCTL_TOKEN", "token");
    let whoami = [
        "whoami",
        "--server",
        "https://sso.example.com",
        "--ca-file",
        "ca.pem",
    ];
    check("ca_file_is_missing", &home, &whoami);
    home.write("ca.pem", "no certificate\n");
    check("ca_file_is_not_pem", &home, &whoami);
}

#[test]
fn an_address_cannot_be_used() {
    let home = Home::new().with("KEYCLOAKCTL_TOKEN", "token");
    check(
        "address_is_no_url",
        &home,
        &["whoami", "--server", "sso example"],
    );
    check(
        "address_is_plain_http",
        &home,
        &["whoami", "--server", "http://sso.example.com"],
    );
    let with_password = ["whoami", "--server", "https://ali:s3cret@sso.example.com"];
    let run = home.run(&with_password);
    insta::assert_snapshot!("address_with_password", shown(&home, &run, ""));
}

#[test]
fn the_server_does_not_answer_as_keycloak() {
    // The status and the body of each answer.
    let cases = [
        ("answer_is_no_token", 200, "<html>a login page</html>"),
        ("answer_is_unavailable", 503, ""),
        ("answer_is_not_found", 404, ""),
        ("answer_is_a_redirect", 302, ""),
    ];
    for (name, status, body) in cases {
        let server = Server::start(move |_| (status, body.to_owned()));
        let login = ["login", "--server", &server.url, "--username", "ali"];
        let home = Home::new().with("KEYCLOAKCTL_PASSWORD", "s3cret");
        check_with(name, &home, &login, &server.url);
        assert_eq!(home.token_files(), Vec::<std::path::PathBuf>::new());
    }
}

/// The same body would be refused later too.
#[test]
fn a_502_after_a_long_body_is_no_hint_to_try_again_later() {
    let server = Server::start(|_| (502, String::new()));
    let home = Home::new()
        .with("KEYCLOAKCTL_SERVER", &server.url)
        .with("KEYCLOAKCTL_TOKEN", "token");
    let long = "a".repeat(11 << 20);
    home.write("long.json", &format!("{{\"realm\": \"{long}\"}}"));
    let run = home.run(&["raw", "POST", "/admin/realms", "-f", "long.json"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let expected = "error: the server failed (502)\n  Keycloak: perhaps the body is too long: ";
    assert!(run.stderr.starts_with(expected), "{run:?}");
    assert!(!run.stderr.contains("later"), "{run:?}");
}

#[test]
fn a_server_without_tls_is_called_by_https() {
    let server = Server::start(|_| (200, String::new()));
    let address = server.url.replace("http://", "https://");
    let login = ["login", "--server", &address, "--username", "ali"];
    let home = Home::new().with("KEYCLOAKCTL_PASSWORD", "s3cret");
    check_with("tls_error", &home, &login, &address);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_trusted_by_its_file_alone() {
    let (address, certificate) = tls_server().await;
    let home = Home::new().with("KEYCLOAKCTL_PASSWORD", "s3cret");
    let login = ["login", "--server", &address, "--username", "ali"];
    check_with("unknown_certificate_authority", &home, &login, &address);
    home.write("ca.pem", &certificate);
    let with_file = [&login[..], &["--ca-file", "ca.pem"]].concat();
    home.run(&with_file).succeeded();
    home.run(&["whoami"]).succeeded();
}

/// Starts a token endpoint with TLS and a certificate of its own. Returns its address and the certificate.
async fn tls_server() -> (String, String) {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a key");
    let private = PrivatePkcs8KeyDer::from(key.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private.into())
        .expect("a certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await.ok()?;
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await.ok()?;
                let (_, body) = token("first", 300);
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all((head + &body).as_bytes()).await.ok()?;
                stream.shutdown().await.ok()
            });
        }
    });
    (format!("https://localhost:{port}"), key.cert.pem())
}

#[test]
fn a_login_has_ended() {
    let ended = r#"{"error":"invalid_grant","error_description":"Session not active"}"#;
    let server = Server::start(move |received| {
        if received.body.contains("grant_type=password") {
            token("first", 0)
        } else {
            (400, ended.to_owned())
        }
    });
    let home = Home::new();
    home.log_in(&server.url);
    check_with("login_has_ended", &home, &["whoami"], &server.url);
}

#[test]
fn others_can_read_the_token() {
    let server = Server::start(|_| token("first", 300));
    let home = Home::new();
    home.log_in(&server.url);
    let files = home.token_files();
    set_mode(&files[0], 0o640);
    let run = home.run(&["whoami"]);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(
        run.stderr.contains("other users may read the token"),
        "{run:?}"
    );
    assert!(run.stderr.contains("chmod 600"), "{run:?}");
}

#[test]
fn a_password_on_the_command_line_is_warned_of() {
    let server = Server::start(|_| token("first", 300));
    let home = Home::new();
    let login = [
        "login",
        "--server",
        &server.url,
        "--username",
        "ali",
        "--password",
        "s3cret",
    ];
    let run = home.run(&login).succeeded();
    assert!(
        run.stderr
            .starts_with("warning: other users of this machine can see"),
        "{run:?}"
    );
    assert!(!run.stderr.contains("s3cret"), "{run:?}");
}

#[test]
fn a_reader_that_has_gone_is_no_error_to_report() {
    let home = Home::new();
    home.configure(&profile(NOBODY));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    for arguments in [
        &["profiles", "list"][..],
        &["profiles", "list", "-o", "json"],
    ] {
        let mut command = home.command(arguments);
        command.stdout(writer.try_clone().expect("a copy"));
        let run = Run::new(command.output().expect("the program"));
        assert_eq!((run.code, run.stderr.as_str()), (Some(141), ""), "{run:?}");
    }
}
