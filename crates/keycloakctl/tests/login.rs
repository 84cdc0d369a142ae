//! Logging in to a real server: each way, refreshing, logging out, and the refusals.

#[path = "../../keycloak-admin/tests/common/mod.rs"]
mod common;
mod support;

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use common::{TestRealm, person};
use keycloak_admin::Temporary;
use keycloak_admin::clients::CertificateFile;
use keycloak_admin::types::ClientRepresentation;
use keycloak_server::browser::{Browser, Page};
use keycloak_server::harness;
use serde_json::Value;
use support::{Home, Run};

const PASSWORD: &str = "a pass/word&more";
const SECRET: &str = "a secret/of the&client";

/// A realm with the user `ali`, the service account `ci` and the public client `tool` for devices.
async fn realm() -> TestRealm {
    let test = TestRealm::create_with("ctl-login", |realm| {
        realm.oauth2_device_polling_interval = Some(1);
    })
    .await;
    let realm = test.get();
    let ali = realm.users().create(&person("ali")).await.unwrap();
    realm
        .user(&ali)
        .reset_password(PASSWORD, Temporary::No)
        .await
        .unwrap();
    let service = ClientRepresentation::new()
        .with_client_id("ci")
        .with_secret(SECRET)
        .with_service_accounts_enabled(true);
    realm.clients().create(&service).await.unwrap();
    let tool = ClientRepresentation::new()
        .with_client_id("tool")
        .with_public_client(true)
        .with_attributes([("oauth2.device.authorization.grant.enabled", "true")]);
    realm.clients().create(&tool).await.unwrap();
    test
}

/// A login to this realm, with further flags.
fn login<'a>(test: &'a TestRealm, flags: &[&'a str]) -> Vec<&'a str> {
    let url = harness::keycloak().url.as_str();
    [
        &["login", "--server", url, "--login-realm", &test.name],
        flags,
    ]
    .concat()
}

fn whoami(home: &Home) -> Value {
    let run = home.run(&["whoami", "-o", "json"]).succeeded();
    serde_json::from_str(&run.stdout).expect("JSON")
}

/// The exit code and the messages, without the names of the test.
fn shown(test: &TestRealm, home: &Home, run: &Run) -> String {
    let message = format!(
        "exit code {}\n{}",
        run.code.expect("an exit code"),
        run.stderr
    );
    let url = harness::keycloak().url.as_str();
    home.redact(&message)
        .replace(url, "SERVER")
        .replace(&test.name, "REALM")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_person_logs_in_refreshes_and_logs_out() {
    let test = realm().await;
    let home = Home::new();
    let flags = [
        "--username",
        "ali",
        "--password-stdin",
        "--realm",
        &test.name,
    ];
    home.run_with_input(&login(&test, &flags), &format!("{PASSWORD}\n"))
        .succeeded();
    let account = whoami(&home);
    assert_eq!(account["account"], "ali");
    assert_eq!(account["client"], "admin-cli");
    assert_eq!(account["realm"], *test.name);
    assert_eq!(account["loginRealm"], *test.name);
    assert!(
        account["tokenSecondsLeft"]
            .as_u64()
            .is_some_and(|left| left > 0),
        "{account}"
    );

    // A token whose time is over is refreshed in the same session of the server.
    let file = &home.token_files()[0];
    let mut stored: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let first = stored["access_token"].clone();
    stored["expires_at"] = 0.into();
    std::fs::write(file, stored.to_string()).unwrap();
    let run = home.run(&["whoami", "--debug"]).succeeded();
    assert!(
        run.stderr.contains("token request (refresh): new token"),
        "{run:?}"
    );
    let renewed: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_ne!(renewed["access_token"], first);
    let ali = test
        .get()
        .users()
        .find_by_username("ali")
        .await
        .unwrap()
        .unwrap();
    let ali = test.get().user(ali.id.unwrap());
    assert_eq!(ali.list_sessions().await.unwrap().len(), 1);

    home.run(&["logout"]).succeeded();
    assert_eq!(ali.list_sessions().await.unwrap().len(), 0);
    assert_eq!(home.run(&["whoami"]).code, Some(5));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_ended_session_is_a_login_that_has_ended() {
    let test = realm().await;
    let home = Home::new();
    let flags = ["--username", "ali", "--password-stdin"];
    home.run_with_input(&login(&test, &flags), &format!("{PASSWORD}\n"))
        .succeeded();
    let ali = test
        .get()
        .users()
        .find_by_username("ali")
        .await
        .unwrap()
        .unwrap();
    test.get().user(ali.id.unwrap()).logout().await.unwrap();
    let file = &home.token_files()[0];
    let mut stored: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    stored["expires_at"] = 0.into();
    std::fs::write(file, stored.to_string()).unwrap();
    let run = home.run(&["whoami"]);
    insta::assert_snapshot!("session_has_ended", shown(&test, &home, &run));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_service_account_logs_in_by_file_and_by_variables() {
    let test = realm().await;
    let home = Home::new();
    home.write("secret", &format!("{SECRET}\n"));
    let flags = ["--client-id", "ci", "--client-secret-file", "secret"];
    home.run(&login(&test, &flags)).succeeded();
    assert_eq!(whoami(&home)["account"], "service-account-ci");
    // The profile knows the file, so the next token needs no login by hand.
    std::fs::remove_file(&home.token_files()[0]).unwrap();
    assert_eq!(whoami(&home)["account"], "service-account-ci");

    let home = Home::new()
        .with("KEYCLOAKCTL_SERVER", &harness::keycloak().url)
        .with("KEYCLOAKCTL_LOGIN_REALM", &test.name)
        .with("KEYCLOAKCTL_CLIENT_ID", "ci")
        .with("KEYCLOAKCTL_CLIENT_SECRET", SECRET);
    let account = whoami(&home);
    assert_eq!(account["account"], "service-account-ci");
    assert_eq!(account["profile"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_service_account_logs_in_with_its_key() {
    let test = realm().await;
    let signer = ClientRepresentation::new()
        .with_client_id("signer")
        .with_client_authenticator_type("client-jwt")
        .with_service_accounts_enabled(true);
    let clients = test.get().clients();
    let uuid = clients.create(&signer).await.unwrap();
    let key = rcgen::generate_simple_self_signed(["signer".to_owned()]).unwrap();
    let file = CertificateFile::certificate_pem(key.cert.pem());
    let certificate = test
        .get()
        .client_by_uuid(&uuid)
        .certificate("jwt.credential");
    certificate.upload(&file).await.unwrap();

    let home = Home::new();
    home.write("key.pem", &key.signing_key.serialize_pem());
    let flags = ["--client-id", "signer", "--key-file", "key.pem"];
    home.run(&login(&test, &flags)).succeeded();
    assert_eq!(whoami(&home)["account"], "service-account-signer");
    // The profile knows the key, so a lost token is no lost login.
    std::fs::remove_file(&home.token_files()[0]).unwrap();
    assert_eq!(whoami(&home)["account"], "service-account-signer");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_person_logs_in_with_a_browser() {
    let test = realm().await;
    let home = Home::new();
    let flags = login(&test, &["--client-id", "tool", "--device"]);
    let mut child = home.command(&flags).spawn().expect("the program");
    let mut lines = BufReader::new(child.stderr.take().expect("an output")).lines();
    let prefix = "Or open ";
    let address = lines.find_map(|line| {
        line.expect("a line")
            .strip_prefix(prefix)
            .map(str::to_owned)
    });
    let address = address.expect("the address with the code");

    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let http = http.timeout(Duration::from_secs(60)).build().unwrap();
    let mut browser = Browser::new(&http, &harness::keycloak().url);
    let form = browser.open(&address).await.expect("the form of the login");
    let login = [("username", "ali"), ("password", PASSWORD)];
    let consent = browser
        .submit(&form, &login)
        .await
        .expect("the form of the consent");
    let code = hidden_code(&consent);
    let accepted = [("code", code.as_str()), ("accept", "Yes")];
    browser.submit(&consent, &accepted).await.expect("the end");

    let rest: Vec<_> = lines.map(|line| line.expect("a line")).collect();
    assert!(child.wait().expect("the program").success(), "{rest:?}");
    assert!(rest[0].starts_with("Logged in to"), "{rest:?}");
    let account = whoami(&home);
    assert_eq!(account["account"], "ali");
    assert_eq!(account["client"], "tool");
}

/// The hidden field of a page of Keycloak that asks for consent.
fn hidden_code(page: &Page) -> String {
    let (_, rest) = page
        .html
        .split_once("name=\"code\" value=\"")
        .expect("a hidden code");
    rest.split('"').next().expect("a value").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn refused_logins_say_why() {
    let test = realm().await;
    let home = Home::new()
        .with("KEYCLOAKCTL_PASSWORD", "wrong")
        .with("KEYCLOAKCTL_CLIENT_SECRET", "wrong");
    let url = harness::keycloak().url.as_str();
    let unknown_realm = [
        "login",
        "--server",
        url,
        "--login-realm",
        "no-such-realm",
        "--username",
        "ali",
    ];
    for (name, arguments) in [
        (
            "wrong_password",
            login(
                &test,
                &[
                    "--username",
                    "ali",
                    "--client-id",
                    "ci",
                    "--client-secret",
                    SECRET,
                ],
            ),
        ),
        (
            "wrong_client_secret",
            login(&test, &["--client-id", "ci", "--client-secret", "wrong"]),
        ),
        (
            "unknown_client",
            login(
                &test,
                &[
                    "--client-id",
                    "nobody",
                    "--device",
                    "--client-secret",
                    "wrong",
                ],
            ),
        ),
        ("wrong_login_realm", unknown_realm.to_vec()),
    ] {
        let run = home.run(&arguments);
        assert_eq!(run.stdout, "");
        insta::assert_snapshot!(name, shown(&test, &home, &run));
    }
    let home = Home::new().with("KEYCLOAKCTL_PASSWORD", "wrong");
    let run = home.run(&login(&test, &["--username", "ali"]));
    insta::assert_snapshot!("wrong_user_password", shown(&test, &home, &run));
    let run = home.run(&login(&test, &["--device"]));
    insta::assert_snapshot!("device_is_not_allowed", shown(&test, &home, &run));
}
