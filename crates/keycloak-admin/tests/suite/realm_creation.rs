//! Realms that several callers create at the same time, against servers that answer as a test says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::fake::{Answer, Fake, Received};
use keycloak_admin::types::RealmRepresentation;
use keycloak_admin::{BoxFuture, Clock, Credentials, Ensured, Error, Keycloak, RetryPolicy};
use tokio::sync::watch;

const TOKEN: &str = "POST /realms/master/protocol/openid-connect/token";
const CREATE: &str = "POST /admin/realms";
const LOOK: &str = "GET /admin/realms/acme";

/// The answer to the second of two callers who create the same realm, before the first one's realm can be seen.
const AT_THE_SAME_TIME: &str = r#"{"errorMessage":"Database operation failed"}"#;

/// The pauses between two looks at a realm that should exist, if nothing ends them earlier.
const PAUSES: [u64; 61] = {
    let mut pauses = [500; 61];
    (pauses[0], pauses[1], pauses[2]) = (100, 200, 400);
    pauses
};

/// A clock that stands still. The pauses between two looks are over at once, move it on and are kept. Any other sleep is a timeout: it ends
/// when the clock has gone past it.
#[derive(Debug)]
struct ManualClock {
    start: Instant,
    elapsed: watch::Sender<Duration>,
    pauses: Mutex<Vec<u64>>,
}

impl ManualClock {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            elapsed: watch::Sender::new(Duration::ZERO),
            pauses: Mutex::default(),
        })
    }

    fn advance(&self, by: Duration) {
        self.elapsed.send_modify(|elapsed| *elapsed += by);
    }

    fn elapsed(&self) -> Duration {
        *self.elapsed.borrow()
    }

    /// In milliseconds.
    fn pauses(&self) -> Vec<u64> {
        self.pauses.lock().unwrap().clone()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.start + self.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let millis = u64::try_from(duration.as_millis()).unwrap();
        if PAUSES.contains(&millis) {
            self.pauses.lock().unwrap().push(millis);
            self.advance(duration);
            return Box::pin(async {});
        }
        let mut elapsed = self.elapsed.subscribe();
        let end = self.elapsed() + duration;
        Box::pin(async move {
            let _ = elapsed.wait_for(|now| *now >= end).await;
        })
    }
}

/// A server that answers to the creation and to the n-th look at the realm, and that counts its tokens.
fn server(
    creation: Answer,
    look: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> (Fake, Arc<ManualClock>, Keycloak) {
    let (tokens, looks) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let fake = Fake::start(move |request: &Received| match request.line().as_str() {
        TOKEN => {
            let n = tokens.fetch_add(1, Ordering::SeqCst);
            Answer::json(format!(
                r#"{{"access_token":"token-{n}","token_type":"Bearer","expires_in":3600}}"#
            ))
        }
        CREATE => creation.clone(),
        LOOK => look(looks.fetch_add(1, Ordering::SeqCst)),
        line => panic!("{line}"),
    });
    let clock = ManualClock::new();
    let keycloak = Keycloak::builder(&fake.url())
        .credentials(Credentials::client_secret("sync", "s3cret"))
        .clock(clock.clone())
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    (fake, clock, keycloak)
}

fn bad_request(body: &str) -> Answer {
    Answer {
        body: body.to_owned(),
        ..Answer::status(400)
    }
}

fn realm() -> Answer {
    Answer::json(r#"{"id":"5c1b","realm":"acme"}"#)
}

fn acme() -> RealmRepresentation {
    RealmRepresentation::new().with_realm("acme")
}

fn count(fake: &Fake, line: &str) -> usize {
    fake.lines().iter().filter(|sent| *sent == line).count()
}

fn assert_refused(error: &Error) {
    assert_eq!(error.status(), Some(400));
    assert_eq!(error.message(), Some("Database operation failed"));
    assert_eq!(error.operation(), Some("create_realm"));
}

#[tokio::test]
async fn a_bad_request_that_is_no_conflict_comes_back_at_once() {
    let answers = [
        r#"{"errorMessage":"Realm name cannot be empty"}"#,
        r#"{"error":"unable to read contents from stream"}"#,
        "",
    ];
    for answer in answers {
        let (fake, clock, keycloak) = server(bad_request(answer), |_| realm());
        let error = keycloak.realms().create(&acme()).exist_ok().await;
        let error = error.unwrap_err();
        assert!(error.is_bad_request(), "{answer}: {error}");
        assert_eq!(fake.lines(), [TOKEN, CREATE], "{answer}: no lookup");
        assert_eq!(clock.elapsed(), Duration::ZERO, "{answer}: no pause");
        keycloak.realm("acme").get().await.unwrap();
        assert_eq!(count(&fake, TOKEN), 1, "{answer}: the token is kept");
    }
}

#[tokio::test]
async fn a_realm_that_another_caller_is_creating_is_waited_for() {
    for looks in 1..=PAUSES.len() {
        let (fake, clock, keycloak) = server(bad_request(AT_THE_SAME_TIME), move |n| {
            if n + 1 == looks {
                realm()
            } else {
                Answer::status(404)
            }
        });
        let found = keycloak.realms().create(&acme()).exist_ok().await;
        assert_eq!(found.unwrap(), Ensured::Existing("acme".to_owned()));
        assert_eq!(clock.pauses(), PAUSES[..looks - 1]);
        assert_eq!((count(&fake, CREATE), count(&fake, LOOK)), (1, looks));
        assert_eq!(count(&fake, TOKEN), 1, "the token is kept while it waits");
        // The new realm's roles are in a new token alone.
        for _ in 0..3 {
            let get = keycloak.realm("acme").get().optional().await;
            get.unwrap();
        }
        assert_eq!(count(&fake, TOKEN), 2, "the token is renewed once");
    }
}

/// Up to Keycloak 26.4 a token that is older than the realm may not see it.
#[tokio::test]
async fn a_realm_that_the_token_may_not_see_exists() {
    let (fake, clock, keycloak) = server(bad_request(AT_THE_SAME_TIME), |_| Answer::status(403));
    let found = keycloak.realms().create(&acme()).exist_ok().await;
    assert_eq!(found.unwrap(), Ensured::Existing("acme".to_owned()));
    assert_eq!(fake.lines(), [TOKEN, CREATE, LOOK]);
    assert_eq!(clock.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn the_wait_for_a_realm_ends_after_thirty_seconds() {
    let (fake, clock, keycloak) = server(bad_request(AT_THE_SAME_TIME), |_| Answer::status(404));
    let error = keycloak.realms().create(&acme()).exist_ok().await;
    assert_refused(&error.unwrap_err());
    assert_eq!(clock.pauses(), PAUSES);
    assert_eq!(clock.elapsed(), Duration::from_millis(29_700));
    assert_eq!((count(&fake, CREATE), count(&fake, LOOK)), (1, 62));
    let get = keycloak.realm("acme").get().optional().await;
    assert!(get.unwrap().is_none());
    assert_eq!(count(&fake, TOKEN), 1, "the token is kept");
}

#[tokio::test]
async fn the_wait_for_a_realm_ends_with_the_timeout_of_the_call() {
    let (fake, clock, keycloak) = server(bad_request(AT_THE_SAME_TIME), |_| Answer::status(404));
    let timeout = Duration::from_millis(1_050);
    let create = keycloak.realms().create(&acme()).exist_ok();
    assert_refused(&create.timeout(timeout).await.unwrap_err());
    assert_eq!(clock.pauses(), [100, 200, 400]);
    assert!(clock.elapsed() < timeout);
    assert_eq!((count(&fake, CREATE), count(&fake, LOOK)), (1, 4));
    assert_eq!(count(&fake, TOKEN), 1);
}

#[tokio::test]
async fn a_look_that_is_never_answered_ends_with_the_timeout_of_the_call() {
    let clock = Arc::new(Mutex::new(None::<Arc<ManualClock>>));
    let timeout = Duration::from_millis(1_050);
    let shared = Arc::clone(&clock);
    let (_fake, manual, keycloak) = server(bad_request(AT_THE_SAME_TIME), move |n| {
        if n < 2 {
            return Answer::status(404);
        }
        // 300 ms have passed. The clock goes to the timeout of the call and no further.
        let clock = shared.lock().unwrap().clone().unwrap();
        clock.advance(timeout.saturating_sub(clock.elapsed()));
        loop {
            thread::park();
        }
    });
    *clock.lock().unwrap() = Some(Arc::clone(&manual));
    let create = keycloak.realms().create(&acme()).exist_ok();
    let create = create.timeout(timeout).into_future();
    let error = tokio::time::timeout(Duration::from_secs(20), create).await;
    assert_refused(&error.expect("it ends").unwrap_err());
    assert_eq!(manual.pauses(), [100, 200]);
    assert_eq!(manual.elapsed(), timeout);
}

/// The database takes no such name, and says so with the words of a conflict.
#[tokio::test]
async fn a_realm_whose_name_is_too_long_is_not_waited_for() {
    let name = "x".repeat(256);
    let (fake, clock, keycloak) = server(bad_request(AT_THE_SAME_TIME), |_| realm());
    let long = RealmRepresentation::new().with_realm(name);
    let error = keycloak.realms().create(&long).exist_ok().await;
    assert_refused(&error.unwrap_err());
    assert_eq!(fake.lines(), [TOKEN, CREATE]);
    assert_eq!(clock.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_realm_that_exists_is_found_with_one_look() {
    let conflict = Answer::conflict("Conflict detected. See logs for details");
    let (fake, clock, keycloak) = server(conflict, |_| realm());
    let found = keycloak.realms().create(&acme()).exist_ok().await;
    assert_eq!(found.unwrap(), Ensured::Existing("acme".to_owned()));
    assert_eq!(fake.lines(), [TOKEN, CREATE, LOOK]);
    assert_eq!(clock.elapsed(), Duration::ZERO);
}
