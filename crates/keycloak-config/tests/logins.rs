//! Logins while the flow that they use changes.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use keycloak_admin::{Credentials, Keycloak};
use keycloak_server::harness;

use self::common::TestRealm;

/// The realm with a user, whose logins run through `acme grant`.
const REALM: &str = r"
realm: whole
enabled: true
directGrantFlow: acme grant
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

/// The number of logins. The flow changes until they are done.
const LOGINS: usize = 30;

/// The flow as it is at first.
const PLAIN: &str = r"
authenticationFlows:
  - alias: acme grant
    providerId: basic-flow
    topLevel: true
    authenticationExecutions:
      - {authenticator: direct-grant-validate-username, requirement: REQUIRED, priority: 10}
      - {authenticator: direct-grant-validate-password, requirement: REQUIRED, priority: 20}
";

/// The flow with a subflow, other priorities and an execution more.
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
";

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_log_in_while_the_flow_changes() {
    let realm = TestRealm::reserve("logins");
    let flows = [PLAIN, LONGER].map(|flow| realm.declare(&format!("{REALM}{flow}")));
    realm.apply(&flows[0]).await;
    let is_done = AtomicBool::new(false);
    let changes = async {
        let mut changes = 0;
        for flow in flows.iter().cycle().skip(1) {
            if is_done.load(Ordering::Relaxed) {
                break;
            }
            let report = realm.apply(flow).await;
            assert!(report.requests > 0, "the flow changes");
            changes += 1;
        }
        changes
    };
    let logins = async {
        for _ in 0..LOGINS {
            log_in(&realm.name).await;
        }
        is_done.store(true, Ordering::Relaxed);
    };
    let (changes, ()) = tokio::join!(changes, logins);
    assert!(changes > 1, "{changes} changes");
}

/// Logs in with a session of its own, and panics if the login fails.
async fn log_in(realm: &str) {
    let credentials = Credentials::password("alice", "planted-password");
    let keycloak = Keycloak::builder(&harness::keycloak().url).credentials(credentials);
    let keycloak = keycloak.auth_realm(realm).build().expect("a client");
    let token = keycloak.session().access_token().await;
    token.unwrap_or_else(|error| panic!("a login failed: {error}"));
}
