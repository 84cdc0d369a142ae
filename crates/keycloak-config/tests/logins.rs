//! Logins while the flow that they use changes.

mod common;

use std::cell::Cell;
use std::time::Instant;

use keycloak_admin::{Credentials, Keycloak};
use keycloak_config::Desired;
use keycloak_server::browser::Browser;
use keycloak_server::harness;

use self::common::TestRealm;

/// The realm with a user and a client.
const REALM: &str = r"
realm: whole
enabled: true
directGrantFlow: acme grant
browserFlow: acme browser
clients:
  - clientId: app
    publicClient: true
    redirectUris: [http://127.0.0.1:1/done]
users:
  - username: alice
    enabled: true
    email: alice@example.com
    firstName: Alice
    lastName: Liddell
    credentials:
      - type: password
        value: planted-password
";

/// The smallest number of applications, each of which changes the flows.
const CHANGES: usize = 20;

/// The smallest number of logins.
const LOGINS: usize = 40;

/// The flows at first.
const PLAIN: &str = r"
authenticationFlows:
  - alias: acme grant
    providerId: basic-flow
    topLevel: true
    authenticationExecutions:
      - {authenticator: direct-grant-validate-username, requirement: REQUIRED, priority: 10}
      - {authenticator: direct-grant-validate-password, requirement: REQUIRED, priority: 20}
  - alias: acme browser
    providerId: basic-flow
    topLevel: true
    authenticationExecutions:
      - {authenticator: auth-cookie, requirement: ALTERNATIVE, priority: 10}
      - {flowAlias: acme forms, authenticatorFlow: true, requirement: ALTERNATIVE, priority: 20}
  - alias: acme forms
    providerId: basic-flow
    topLevel: false
    authenticationExecutions:
      - {authenticator: auth-username-password-form, requirement: REQUIRED, priority: 10}
";

/// The flows with subflows, other priorities, more executions and a configuration.
const LONGER: &str = r"
authenticationFlows:
  - alias: acme grant
    description: With a code
    providerId: basic-flow
    topLevel: true
    authenticationExecutions:
      - {authenticator: direct-grant-validate-username, requirement: REQUIRED, priority: 11}
      - {authenticator: direct-grant-validate-password, requirement: REQUIRED, priority: 22}
      - {flowAlias: acme grant code, authenticatorFlow: true, requirement: CONDITIONAL, priority: 33}
  - alias: acme grant code
    providerId: basic-flow
    topLevel: false
    authenticationExecutions:
      - {authenticator: conditional-user-configured, requirement: REQUIRED, priority: 1}
      - {authenticator: direct-grant-validate-otp, requirement: REQUIRED, priority: 2}
  - alias: acme browser
    description: With a partner
    providerId: basic-flow
    topLevel: true
    authenticationExecutions:
      - {authenticator: auth-spnego, requirement: DISABLED, priority: 5}
      - {authenticator: auth-cookie, requirement: ALTERNATIVE, priority: 30}
      - {authenticator: identity-provider-redirector, authenticatorConfig: acme partner, requirement: ALTERNATIVE, priority: 40}
      - {flowAlias: acme forms, authenticatorFlow: true, requirement: ALTERNATIVE, priority: 50}
  - alias: acme forms
    providerId: basic-flow
    topLevel: false
    authenticationExecutions:
      - {authenticator: auth-username-password-form, requirement: REQUIRED, priority: 7}
      - {flowAlias: acme code, authenticatorFlow: true, requirement: CONDITIONAL, priority: 8}
  - alias: acme code
    providerId: basic-flow
    topLevel: false
    authenticationExecutions:
      - {authenticator: conditional-user-configured, requirement: REQUIRED, priority: 10}
      - {authenticator: auth-otp-form, requirement: REQUIRED, priority: 20}
authenticatorConfig:
  - alias: acme partner
    config:
      defaultProvider: nobody
";

/// Another form for the login, a subflow elsewhere, and the first executions in another order.
const OTHER: &str = r"
authenticationFlows:
  - alias: acme grant
    description: Without a code
    providerId: basic-flow
    topLevel: true
    authenticationExecutions:
      - {authenticator: direct-grant-validate-username, requirement: REQUIRED, priority: 1}
      - {authenticator: direct-grant-validate-password, requirement: REQUIRED, priority: 2}
  - alias: acme browser
    description: With two forms
    providerId: basic-flow
    topLevel: true
    authenticationExecutions:
      - {authenticator: identity-provider-redirector, requirement: ALTERNATIVE, priority: 1}
      - {authenticator: auth-cookie, requirement: ALTERNATIVE, priority: 2}
      - {flowAlias: acme forms, authenticatorFlow: true, requirement: ALTERNATIVE, priority: 3}
  - alias: acme forms
    providerId: basic-flow
    topLevel: false
    authenticationExecutions:
      - {authenticator: auth-username-password-form, requirement: REQUIRED, priority: 100}
";

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_log_in_while_the_flow_changes() {
    let realm = TestRealm::reserve("logins");
    let flows = [PLAIN, LONGER, OTHER].map(|flow| realm.declare(&format!("{REALM}{flow}")));
    realm.apply(&flows[0]).await;
    let (changes, logins) = (Cell::new(0), Cell::new(0));
    let is_done = || changes.get() >= CHANGES && logins.get() >= LOGINS;
    let begun = Instant::now();
    let by_password = async {
        while !is_done() {
            log_in_by_password(&realm.name).await;
            logins.set(logins.get() + 1);
        }
    };
    let by_browser = async {
        while !is_done() {
            log_in_by_browser(&realm.name).await;
            logins.set(logins.get() + 1);
        }
    };
    let changing = change(&realm, &flows, &changes, is_done);
    tokio::join!(changing, by_password, by_browser);
    eprintln!(
        "{} logins during {} applications in {:?}",
        logins.get(),
        changes.get(),
        begun.elapsed()
    );
}

/// Applies one declaration after the other.
async fn change(
    realm: &TestRealm,
    flows: &[Desired],
    changes: &Cell<usize>,
    is_done: impl Fn() -> bool,
) {
    for flow in flows.iter().cycle().skip(1) {
        if is_done() {
            return;
        }
        let report = realm.apply(flow).await;
        assert!(report.requests > 0, "the flow changes");
        changes.set(changes.get() + 1);
    }
}

/// Logs in with a session of its own, and panics if the login fails.
async fn log_in_by_password(realm: &str) {
    let credentials = Credentials::password("alice", "planted-password");
    let keycloak = Keycloak::builder(&harness::keycloak().url).credentials(credentials);
    let keycloak = keycloak.auth_realm(realm).build().expect("a client");
    let token = keycloak.session().access_token().await;
    token.unwrap_or_else(|error| panic!("a login failed: {error}"));
}

/// Logs in on the page of the realm, and panics if the login brings no code.
async fn log_in_by_browser(realm: &str) {
    let server = &harness::keycloak().url;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let http = http.build().expect("a client");
    let mut browser = Browser::new(&http, server);
    let url = format!(
        "{server}/realms/{realm}/protocol/openid-connect/auth\
         ?client_id=app&response_type=code&scope=openid&redirect_uri=http://127.0.0.1:1/done"
    );
    let form = browser.open(&url).await.expect("a page");
    let login = [("username", "alice"), ("password", "planted-password")];
    let Some(done) = browser.submit(&form, &login).await else {
        panic!("there is no form: {}", form.html);
    };
    let code = done.parameter("code");
    assert!(code.is_some(), "no login: {} {}", done.url, done.html);
}
