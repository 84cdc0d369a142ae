//! Applications that end at a random request, and the applications after them. Exports that are stopped at every third request.

mod common;

use std::collections::BTreeMap;
use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll};

use futures_util::stream::{StreamExt as _, iter};
use keycloak_admin::Keycloak;
use keycloak_config::{
    Desired, ExportOptions, PlanOptions, apply, export_until, plan, read_actual,
};
use serde_json::Value;

use self::common::{CHANGED, TestRealm, WHOLE, connect};

/// The number of realms. Each is interrupted twice: while it is made, and while it changes.
const REALMS: u64 = 5;

/// The number of realms that are tested at the same time.
const CONCURRENCY: usize = 2;

/// The variable with another number of realms.
const REALMS_VARIABLE: &str = "KEYCLOAK_CONFIG_REALMS";

/// The variable with the seed of an earlier run.
const SEED: &str = "KEYCLOAK_CONFIG_SEED";

/// Returns the number in a variable.
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

type State = BTreeMap<String, Value>;

/// The end of an uninterrupted application, and the number of requests on the way.
struct Whole {
    state: State,
    requests: u64,
}

async fn run(keycloak: &Keycloak, desired: &Desired) {
    let actual = read_actual(keycloak, desired).await.expect("a realm");
    let plan = plan(desired, &actual, &PlanOptions::default()).expect("a plan");
    let report = apply(keycloak, &plan, desired, &actual, &|_| {}).await;
    report.unwrap_or_else(|error| panic!("{error}"));
}

async fn run_whole(realm: &TestRealm, desired: &Desired) -> Whole {
    let keycloak = connect();
    run(&keycloak, desired).await;
    Whole {
        state: realm.state(desired).await,
        requests: keycloak.session().counters().attempts,
    }
}

/// Plans and applies until this many requests were sent. The last ones are cut off.
async fn run_until(requests: u64, desired: &Desired) {
    let keycloak = connect();
    let mut application = pin!(run(&keycloak, desired));
    std::future::poll_fn(|context: &mut Context<'_>| {
        let progress = application.as_mut().poll(context);
        if keycloak.session().counters().attempts >= requests {
            return Poll::Ready(());
        }
        progress
    })
    .await;
}

/// Interrupts an application at a request, and checks that the next one comes to the same end as `whole`.
async fn interrupt(request: u64, realm: &TestRealm, desired: &Desired, whole: &Whole, seed: u64) {
    run_until(request, desired).await;
    run(&connect(), desired).await;
    let state = realm.state(desired).await;
    let keys = state.keys().chain(whole.state.keys());
    let mut differing = keys.filter(|key| state.get(*key) != whole.state.get(*key));
    if let Some(key) = differing.next() {
        panic!(
            "{SEED}={seed}, request {request}: {key} is {:?} and not {:?}",
            state.get(key),
            whole.state.get(key)
        );
    }
    let left = realm.plan(desired).await;
    assert!(left.is_empty(), "{SEED}={seed}, request {request}:\n{left}");
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_application_that_ends_at_any_request_is_completed_by_the_next_one() {
    let seed = number(SEED).unwrap_or_else(|| fastrand::u64(..));
    let realms = number(REALMS_VARIABLE).unwrap_or(REALMS);
    eprintln!("{SEED}={seed}");
    let reference = TestRealm::reserve("uninterrupted");
    let declare = |realm: &TestRealm| [WHOLE, CHANGED].map(|text| realm.declare(text));
    let [first, second] = declare(&reference);
    let made = run_whole(&reference, &first).await;
    let changed = run_whole(&reference, &second).await;
    let mut random = fastrand::Rng::with_seed(seed);
    let ends: Vec<[u64; 2]> = (0..realms)
        .map(|_| [&made, &changed].map(|whole| random.u64(1..=whole.requests)))
        .collect();
    let runs = ends.into_iter().map(|[making, changing]| {
        let realm = TestRealm::reserve("interrupted");
        let (made, changed) = (&made, &changed);
        async move {
            let [first, second] = declare(&realm);
            interrupt(making, &realm, &first, made, seed).await;
            interrupt(changing, &realm, &second, changed, seed).await;
        }
    });
    iter(runs)
        .buffer_unordered(CONCURRENCY)
        .collect::<()>()
        .await;
}

/// Returns the realms with defaults that this process has made and not deleted.
async fn realms_of_exports(keycloak: &Keycloak) -> Vec<String> {
    let prefix = format!("keycloak-config-{:x}-", std::process::id());
    let list = keycloak.realms().list().brief_representation(true);
    let realms = list.await.expect("realms");
    let names = realms.into_iter().filter_map(|realm| realm.realm);
    names.filter(|name| name.starts_with(&prefix)).collect()
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_export_that_stops_leaves_no_realm_of_its_own() {
    let realm = TestRealm::reserve("stopped");
    realm.apply(&realm.declare("realm: whole")).await;
    let options = ExportOptions::default();
    for request in (1..).step_by(3) {
        let keycloak = connect();
        let attempts = || keycloak.session().counters().attempts;
        let stop = std::future::poll_fn(|_| match attempts() {
            attempts if attempts >= request => Poll::Ready(()),
            _ => Poll::Pending,
        });
        let exported = export_until(&keycloak, &realm.name, options, stop).await;
        let exported = exported.expect("an export");
        assert_eq!(
            realms_of_exports(&keycloak).await,
            [""; 0],
            "request {request}"
        );
        if exported.is_some() {
            // The export was done before.
            assert!(request > 10, "request {request}");
            return;
        }
    }
}
