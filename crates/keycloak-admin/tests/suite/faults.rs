//! Faults that lists, bulks and idempotent helpers have to live with. docs/reliability.md names the rows.

// A scenario is read from top to bottom.
#![allow(clippy::too_many_lines)]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::fake::{Answer, Fake, Received};
use futures_util::future::join_all;
use keycloak_admin::types::UserRepresentation;
use keycloak_admin::{BoxFuture, Clock, Credentials, Ensured, Keycloak, RetryPolicy};
use tokio::sync::watch;

/// The JSON of users with these numbers as ids.
fn rows(numbers: impl IntoIterator<Item = u64>) -> Answer {
    let rows = numbers.into_iter().map(|n| format!("{{\"id\":\"{n}\"}}"));
    Answer::json(format!("[{}]", rows.collect::<Vec<_>>().join(",")))
}

fn page(request: &Received, rows: &[u64], cap: usize) -> Vec<u64> {
    let first = request.number("first").min(rows.len());
    let end = (first + request.number("max").min(cap)).min(rows.len());
    rows[first..end].to_vec()
}

/// Reads the whole list by pages: it ends, no id comes twice, and there is at most one request more than pages. Returns how
/// many items there were.
async fn read(fake: &Fake, page_size: u32, fault: &str) -> usize {
    let keycloak = fake.keycloak();
    let realm = keycloak.realm("acme");
    let mut pages = realm
        .users()
        .list()
        .pages()
        .page_size(page_size)
        .prefetch(0);
    let (mut seen, mut items, mut count) = (HashSet::new(), 0, 0);
    while let Some(page) = pages.try_next().await.unwrap() {
        count += 1;
        assert!(count <= 1_000, "{fault}: it does not end");
        assert!(!page.is_empty(), "{fault}");
        items += page.len();
        for user in page {
            let id = user.id.unwrap();
            assert!(seen.insert(id.clone()), "{fault}: {id} came twice");
        }
    }
    let requests = fake.received().len();
    assert!(
        requests <= count + 1,
        "{fault}: {requests} for {count} pages"
    );
    items
}

/// Row 20.
#[tokio::test]
async fn lists_end_whatever_the_server_does_with_pages() {
    let all: Vec<u64> = (0..250).collect();
    let list = all.clone();
    let fake =
        Fake::start(move |request| rows(list[..request.number("max").min(100)].iter().copied()));
    assert_eq!(read(&fake, 100, "`first` is ignored").await, 100);

    let list = all.clone();
    let fake = Fake::start(move |_| rows(list.iter().copied()));
    assert_eq!(read(&fake, 100, "`first` and `max` are ignored").await, 250);

    let list = all.clone();
    let fake = Fake::start(move |request| rows(page(request, &list, 100)));
    assert_eq!(read(&fake, 500, "pages are capped at 100").await, 250);

    // Never an empty page: behind the last row it begins anew.
    let fake = Fake::start(|request| {
        let first = request.number("first") as u64;
        rows((first..first + request.number("max") as u64).map(|n| n % 250))
    });
    assert_eq!(read(&fake, 100, "it never ends").await, 250);

    for seed in 0..200 {
        // Before each page some rows come and some go, anywhere in the list.
        let state = Mutex::new((keeper(seed), (0..250).collect::<Vec<u64>>(), 250));
        let fake = Fake::start(move |request| {
            let (random, list, next) = &mut *state.lock().unwrap();
            for _ in 0..random(20) {
                let place = random(list.len() as u64 + 1);
                if random(2) == 0 && *next < 1_000 {
                    list.insert(usize::try_from(place).unwrap(), *next);
                    *next += 1;
                } else if !list.is_empty() {
                    list.remove(usize::try_from(place).unwrap() % list.len());
                }
            }
            rows(page(request, list, 60))
        });
        let items = read(&fake, 50, &format!("rows come and go, seed {seed}")).await;
        assert!((100..=1_000).contains(&items), "seed {seed}: {items} items");
    }
}

/// Numbers below a limit that look random: the same for a seed each time.
fn keeper(seed: u64) -> impl FnMut(u64) -> u64 + Send {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |limit| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) % limit
    }
}

/// A clock that stands still until the test moves it. Pauses of up to a second are over at once, and move it on.
#[derive(Debug)]
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
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.start + *self.elapsed.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration <= Duration::from_secs(3) {
            self.elapsed.send_modify(|elapsed| *elapsed += duration);
            return Box::pin(async {});
        }
        let mut elapsed = self.elapsed.subscribe();
        let end = *elapsed.borrow() + duration;
        Box::pin(async move {
            let _ = elapsed.wait_for(|now| *now >= end).await;
        })
    }
}

fn user(name: &str) -> UserRepresentation {
    UserRepresentation::new().with_username(name)
}

fn username(request: &Received) -> String {
    let user: UserRepresentation = serde_json::from_str(&request.body).unwrap();
    user.username.unwrap()
}

/// Row 21: of each ten, one is a conflict, one a 500, and one never answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_of_a_thousand_has_a_thousand_results_in_order() {
    let released = Arc::new((Mutex::new(false), Condvar::new()));
    let holding = Arc::clone(&released);
    let fake = Fake::start(move |request| {
        let name = username(request);
        match name.as_bytes()[name.len() - 1] {
            b'3' => Answer::conflict("User exists with same username"),
            b'5' => Answer::status(500),
            b'7' => {
                let (open, opened) = &*holding;
                let wait = opened.wait_while(open.lock().unwrap(), |open| !*open);
                drop(wait.unwrap());
                Answer::default()
            }
            _ => Answer::created(&format!("http://h/admin/realms/acme/users/id-of-{name}")),
        }
    });
    let clock = ManualClock::new();
    let timeout = Duration::from_secs(60);
    let keycloak = Keycloak::builder(&fake.url())
        .credentials(Credentials::token("the-token"))
        .clock(clock.clone())
        .timeout(timeout)
        .build()
        .unwrap();

    let session = keycloak.session().clone();
    let bulk = tokio::spawn(async move {
        let people = (0..1_000).map(|n| user(&format!("user-{n}")));
        let realm = keycloak.realm("acme");
        // All at once, so that those that are never answered time out together.
        realm.users().create_many(people).concurrency(1_000).await
    });
    while session.counters().calls < 900 {
        tokio::task::yield_now().await;
    }
    clock.elapsed.send_replace(timeout);
    let results = bulk.await.unwrap();
    *released.0.lock().unwrap() = true;
    released.1.notify_all();

    assert_eq!(results.len(), 1_000);
    for (n, result) in results.into_iter().enumerate() {
        match (n % 10, result) {
            (3, Err(error)) => assert!(error.is_conflict(), "{n}: {error}"),
            (5, Err(error)) => {
                assert_eq!((error.status(), error.attempts()), (Some(500), 1), "{n}");
                assert!(error.may_have_been_applied());
            }
            (7, Err(error)) => {
                assert!(
                    error.is_timeout() && error.may_have_been_applied(),
                    "{n}: {error}"
                );
                assert_eq!(error.attempts(), 1, "{n}: a POST is sent once");
            }
            (3 | 5 | 7, Ok(id)) => panic!("{n}: {id}"),
            (_, result) => assert_eq!(result.unwrap(), format!("id-of-user-{n}")),
        }
    }
    assert_eq!(session.counters().retries, 0);
    let sent: BTreeSet<String> = fake.received().iter().map(username).collect();
    assert!(
        sent.len() >= 900,
        "those that are held are not yet in the list"
    );
}

/// Users by their names, with the ids that they got.
#[derive(Default)]
struct Store(Mutex<BTreeMap<String, String>>);

impl Store {
    fn answer(&self, request: &Received) -> Answer {
        let mut users = self.0.lock().unwrap();
        if request.method == "GET" {
            let name = &request.query["username"];
            return Answer::json(users.get(name).map_or("[]".to_owned(), |id| {
                format!(r#"[{{"id":"{id}","username":"{name}"}}]"#)
            }));
        }
        let name = username(request);
        if users.contains_key(&name) {
            return Answer::conflict("User exists with same username");
        }
        let id = format!("id-{}", users.len());
        let created = Answer::created(&format!("http://h/admin/realms/acme/users/{id}"));
        users.insert(name, id);
        created
    }
}

async fn ensure_at_once(fake: &Fake) -> Vec<Ensured<String>> {
    let keycloak = Keycloak::builder(&fake.url())
        .credentials(Credentials::token("the-token"))
        .retry(RetryPolicy::default())
        .build()
        .unwrap();
    let calls = (0..100).map(|_| {
        let keycloak = keycloak.clone();
        tokio::spawn(async move {
            let realm = keycloak.realm("acme");
            realm.users().create(&user("alice")).exist_ok().await
        })
    });
    let results = join_all(calls).await.into_iter();
    results.map(|result| result.unwrap().unwrap()).collect()
}

/// Row 22.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_callers_who_ensure_the_same_user_make_one() {
    let store = Store::default();
    let fake = Fake::start(move |request| store.answer(request));
    let results = ensure_at_once(&fake).await;
    let created = results.iter().filter(|result| result.is_created()).count();
    assert_eq!((created, results.len() - created), (1, 99));
    assert!(results.iter().all(|result| result.inner() == "id-0"));
    let posts = fake
        .lines()
        .iter()
        .filter(|line| line.starts_with("POST"))
        .count();
    assert_eq!(posts, 100, "none is sent twice");
}

/// Row 22, where the one who made the user never hears of it: nobody can know then who made it.
#[tokio::test(flavor = "multi_thread")]
async fn a_created_that_is_lost_after_the_commit_is_found_again() {
    let store = Store::default();
    let fake = Fake::start(move |request| match store.answer(request) {
        Answer {
            status: Some(201), ..
        } => Answer::default(), // the connection is cut
        answer => answer,
    });
    let results = ensure_at_once(&fake).await;
    assert_eq!(results.len(), 100);
    for result in results {
        assert_eq!(result, Ensured::Existing("id-0".to_owned()));
    }
    let posts = fake
        .lines()
        .iter()
        .filter(|line| line.starts_with("POST"))
        .count();
    assert_eq!(posts, 100, "none is sent twice");
}

/// Keycloak answers some of those who lose with 400 before the user of the one who wins can be seen.
#[tokio::test]
async fn a_user_who_is_not_there_yet_is_looked_for_again() {
    for (looks_in_vain, is_found) in [(0, true), (5, true), (6, false)] {
        let looks = AtomicUsize::new(0);
        let fake = Fake::start(move |request| match &*request.method {
            "POST" => Answer {
                status: Some(400),
                body: r#"{"errorMessage":"Could not create user"}"#.to_owned(),
                ..Answer::default()
            },
            _ if looks.fetch_add(1, Ordering::SeqCst) < looks_in_vain => Answer::json("[]"),
            _ => Answer::json(r#"[{"id":"id-0","username":"alice"}]"#),
        });
        let keycloak = Keycloak::builder(&fake.url())
            .credentials(Credentials::token("the-token"))
            .clock(ManualClock::new())
            .build()
            .unwrap();
        let result = keycloak
            .realm("acme")
            .users()
            .create(&user("alice"))
            .exist_ok()
            .await;
        let found = result.as_ref().ok().map(Ensured::inner);
        assert_eq!(found.is_some_and(|id| id == "id-0"), is_found, "{result:?}");
        if let Err(error) = result {
            assert_eq!(error.message(), Some("Could not create user"));
        }
        let lines = fake.lines();
        assert_eq!(
            lines.iter().filter(|line| line.starts_with("POST")).count(),
            1
        );
        assert_eq!(lines.len(), 1 + 6.min(looks_in_vain + 1));
    }
}
