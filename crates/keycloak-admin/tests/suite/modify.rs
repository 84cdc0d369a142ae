//! `modify`: its time, its memory, and fields that it cannot remove, against a server that answers as a test says.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::fake::{Answer, Fake};
use keycloak_admin::types::UserRepresentation;
use keycloak_admin::{BoxFuture, Clock, Credentials, ErrorKind, Keycloak, RetryPolicy};
use tokio::sync::watch;

const SECOND: Duration = Duration::from_secs(1);
const ALICE: &str = r#"{"id":"7","username":"alice"}"#;

/// A clock that a test moves.
struct ManualClock {
    start: Instant,
    elapsed: watch::Sender<Duration>,
}

impl ManualClock {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            elapsed: watch::Sender::new(Duration::ZERO),
        })
    }

    fn advance(&self, millis: u64) {
        let by = Duration::from_millis(millis);
        self.elapsed.send_modify(|elapsed| *elapsed += by);
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ManualClock")
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.start + *self.elapsed.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut elapsed = self.elapsed.subscribe();
        let end = *elapsed.borrow() + duration;
        Box::pin(async move {
            let _ = elapsed.wait_for(|now| *now >= end).await;
        })
    }
}

/// A server that answers a GET with `alice` after 300 ms. A PUT takes more than a second and is never answered.
fn slow() -> (Fake, Arc<ManualClock>, Keycloak) {
    let clock = ManualClock::new();
    let of_server = clock.clone();
    let fake = Fake::start(move |request| {
        if request.method == "GET" {
            of_server.advance(300);
            return Answer::json(ALICE);
        }
        of_server.advance(1_001);
        loop {
            thread::park();
        }
    });
    let keycloak = Keycloak::builder(&fake.url())
        .credentials(Credentials::token("the-token"))
        .retry(RetryPolicy::none())
        .clock(clock.clone())
        .build()
        .unwrap();
    (fake, clock, keycloak)
}

#[tokio::test]
async fn nothing_is_written_when_the_time_is_over_after_the_change() {
    let (fake, clock, keycloak) = slow();
    let change = |user: &mut UserRepresentation| {
        user.enabled = Some(false);
        clock.advance(700);
    };
    let modify = keycloak.realm("acme").user("7").modify(change);
    let error = modify.timeout(SECOND).await.unwrap_err();
    assert!(error.is_timeout());
    assert!(!error.may_have_been_applied());
    assert_eq!(
        error.to_string(),
        "update_user: timed out: reading and changing did not end within 1s, so nothing was written"
    );
    assert_eq!(fake.lines(), ["GET /admin/realms/acme/users/7"]);
}

#[tokio::test]
async fn writing_has_the_time_that_reading_and_changing_left() {
    let (_fake, clock, keycloak) = slow();
    let change = |user: &mut UserRepresentation| {
        user.enabled = Some(false);
        clock.advance(300);
    };
    let modify = keycloak.realm("acme").user("7").modify(change);
    let error = modify.timeout(SECOND).await.unwrap_err();
    assert!(error.is_timeout());
    assert!(error.may_have_been_applied());
    let message = error.to_string();
    assert!(message.contains("did not end within 400ms"), "{message}");
}

/// The JSON is within the limit of memory, and its typed form is not.
#[tokio::test]
async fn the_typed_form_is_within_the_limit_of_memory() {
    let credentials = vec!["{}        "; 10_000].join(",");
    let user = format!(r#"{{"id":"7","credentials":[{credentials}]}}"#);
    let limit = user.len();
    let fake = Fake::start(move |_| Answer::json(user.clone()));
    let keycloak = fake.keycloak();
    let call = keycloak.api().get_user().realm("acme").user_id("7");
    let json = call.max_body_bytes(limit).raw().await.unwrap();
    json.json::<serde_json::Value>().unwrap();

    let modify = keycloak.realm("acme").user("7").modify(|_| {});
    let error = modify.max_body_bytes(limit).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BodyTooLarge);
    assert_eq!(error.operation(), Some("get_user"));
}

#[tokio::test]
async fn a_field_that_keycloak_keeps_is_an_error_and_nothing_is_written() {
    let fake = Fake::start(|_| Answer::json(r#"{"id":"7","username":"alice","enabled":true}"#));
    let user = fake.keycloak().realm("acme").user("7");
    let error = user.modify(|user| user.enabled = None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.operation(), Some("update_user"));
    assert!(error.to_string().contains("`enabled`"), "{error}");
    assert_eq!(fake.lines(), ["GET /admin/realms/acme/users/7"]);
}
