//! Imports in batches, against servers that lose answers, refuse batches and list results in another order.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use crate::fake::{Answer, Fake, Received};
use keycloak_admin::types::{PartialImportPolicy, PartialImportRepresentation, UserRepresentation};
use keycloak_admin::{
    Credentials, ErrorKind, Import, ImportError, Imported, Keycloak, RetryPolicy,
};

fn users(count: usize) -> impl Iterator<Item = UserRepresentation> + Send {
    (0..count).map(|n| UserRepresentation::new().with_username(format!("user-{n}")))
}

fn import<'i>(
    fake: &Fake,
    users: impl IntoIterator<Item = UserRepresentation, IntoIter: Send + 'i>,
) -> Import<'i, UserRepresentation> {
    let realm = fake.keycloak().realm("acme");
    realm.users().import(users).defaults(false)
}

fn read(request: &Received) -> PartialImportRepresentation {
    serde_json::from_str(&request.body).unwrap()
}

/// The usernames of a batch.
fn names(request: &Received) -> Vec<String> {
    let users = read(request).users.unwrap();
    users.into_iter().filter_map(|user| user.username).collect()
}

/// The users of a server that imports as Keycloak does: all of a batch or nothing. The answer lists the last one first.
#[derive(Default)]
struct Realm(Mutex<BTreeSet<String>>);

impl Realm {
    fn import(&self, request: &Received) -> Answer {
        let mut there = self.0.lock().unwrap();
        let (is_fail, names) = (
            read(request).if_resource_exists == Some(PartialImportPolicy::Fail),
            names(request),
        );
        if is_fail && names.iter().any(|name| there.contains(name)) {
            return Answer::conflict("it exists");
        }
        let result = |name: &String| {
            let action = if there.contains(name) {
                "SKIPPED"
            } else {
                "ADDED"
            };
            format!(r#"{{"action":"{action}","resourceName":"{name}","id":"id-of-{name}"}}"#)
        };
        let results: Vec<_> = names.iter().rev().map(result).collect();
        there.extend(names);
        Answer::json(format!(r#"{{"results":[{}]}}"#, results.join(",")))
    }
}

async fn results(import: Import<'_, UserRepresentation>) -> Vec<Result<Imported, ImportError>> {
    let (mut stream, mut results) = (import.stream(), Vec::new());
    while let Some(result) = stream.next().await {
        results.push(result);
    }
    results
}

fn created(n: usize) -> Imported {
    Imported::Created(format!("id-of-user-{n}"))
}

/// The stream gives its first ten users and then waits. The import sends them, because they are a batch.
#[tokio::test]
async fn a_stream_is_imported_while_it_is_read() {
    let realm = Realm::default();
    let fake = Fake::start(move |request| realm.import(request));
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let read = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
    let handle = fake.keycloak().realm("acme").users();
    let mut import = handle
        .import_stream(read)
        .defaults(false)
        .batch_size(10)
        .concurrency(1)
        .stream();
    for user in users(10) {
        sender.send(user).unwrap();
    }
    for n in 0..10 {
        assert_eq!(import.next().await.unwrap().unwrap(), created(n));
    }
    for user in users(12).skip(10) {
        sender.send(user).unwrap();
    }
    drop(sender);
    assert_eq!(import.next().await.unwrap().unwrap(), created(10));
    assert_eq!(import.next().await.unwrap().unwrap(), created(11));
    assert!(import.next().await.is_none());
}

#[tokio::test]
async fn results_come_in_the_order_of_the_input() {
    let realm = Realm::default();
    let fake = Fake::start(move |request| realm.import(request));
    let results = results(import(&fake, users(250)).concurrency(3)).await;
    let results: Vec<_> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!(results, (0..250).map(created).collect::<Vec<_>>());
    let mut sizes: Vec<_> = fake
        .received()
        .iter()
        .map(|batch| names(batch).len())
        .collect();
    sizes.sort_unstable();
    let full = sizes.iter().filter(|size| **size == sizes[sizes.len() - 1]);
    assert!(full.count() >= sizes.len() - 1, "{sizes:?}");
}

/// A batch with a bad user is refused with 500 and without a reason, whatever its policy.
#[tokio::test]
async fn the_culprits_of_refused_batches_are_found_and_all_others_imported() {
    let realm = Realm::default();
    let bad = ["user-0", "user-77", "user-78", "user-199"];
    let fake = Fake::start(move |request| {
        if names(request)
            .iter()
            .any(|name| bad.contains(&name.as_str()))
        {
            return Answer::status(500);
        }
        realm.import(request)
    });
    let results = results(import(&fake, users(200)).batch_size(50).concurrency(2)).await;
    assert_eq!(results.len(), 200);
    for (n, result) in results.into_iter().enumerate() {
        let name = format!("user-{n}");
        if bad.contains(&name.as_str()) {
            let error = result.unwrap_err();
            assert_eq!((error.index(), error.name()), (n, Some(name.as_str())));
            assert!(error.is_refused(), "{error}");
            assert_eq!(error.error().status(), Some(500));
            assert!(error.to_string().contains(&name), "{error}");
        } else {
            assert_eq!(result.unwrap(), created(n));
        }
    }
}

/// Keycloak answers 500 to `SKIP` if another user has the e-mail address, and 409 to `FAIL`.
#[tokio::test]
async fn a_user_whose_address_is_taken_is_a_conflict() {
    let realm = Realm::default();
    let fake = Fake::start(move |request| {
        let is_fail = read(request).if_resource_exists == Some(PartialImportPolicy::Fail);
        match names(request).iter().any(|name| name == "user-3") {
            true if is_fail => Answer::conflict("User with user name user-3 already exists."),
            true => Answer::status(500),
            false => realm.import(request),
        }
    });
    let summary = import(&fake, users(8)).await;
    assert_eq!((summary.created, summary.failures.len()), (7, 1));
    let failure = &summary.failures[0];
    assert!(
        failure.is_refused() && failure.error().is_conflict(),
        "{failure}"
    );
    assert_eq!(failure.name(), Some("user-3"));
}

/// Nothing is known about the users then. The batch is halved down to one user, and the last call has no users.
#[tokio::test]
async fn a_server_that_refuses_an_import_of_nothing_is_not_asked_about_each_user() {
    let fake = Fake::start(|_| Answer::status(500));
    let results = results(import(&fake, users(100)).batch_size(100)).await;
    let received = fake.received();
    let sizes: Vec<_> = received
        .iter()
        .map(|request| names(request).len())
        .collect();
    assert_eq!(sizes, [100, 50, 25, 12, 6, 3, 1, 0]);
    assert_eq!(results.len(), 100);
    for (n, result) in results.into_iter().enumerate() {
        let error = result.unwrap_err();
        assert_eq!((error.index(), error.is_refused()), (n, false));
        assert_eq!(error.error().status(), Some(500));
    }
}

#[tokio::test]
async fn a_batch_without_a_valid_user_is_not_sent() {
    let fake = Fake::start(|request| match request.path.as_str() {
        "/admin/realms/acme/users/profile" => Answer::json("{}"),
        "/admin/realms/acme/users" => Answer::status(400),
        _ => Answer::status(500),
    });
    let nameless = [UserRepresentation::new().with_username("")];
    let summary = import(&fake, nameless).validate(true).await;
    assert_eq!(
        fake.lines(),
        [
            "GET /admin/realms/acme/users/profile",
            "POST /admin/realms/acme/users"
        ]
    );
    assert_eq!(summary.failures.len(), 1);
    assert!(summary.failures[0].is_refused());
}

#[tokio::test]
async fn a_broken_connection_is_an_error_of_each_item_of_its_batch() {
    let realm = Realm::default();
    let fake = Fake::start(move |request| {
        let answer = realm.import(request);
        if names(request).contains(&"user-15".to_owned()) {
            return Answer::default();
        }
        answer
    });
    let results = results(import(&fake, users(30)).batch_size(10)).await;
    assert_eq!(fake.received().len(), 3, "nothing is halved");
    for (n, result) in results.into_iter().enumerate() {
        if (10..20).contains(&n) {
            let error = result.unwrap_err();
            assert_eq!(error.index(), n);
            assert!(!error.is_refused(), "{error}");
            assert!(error.error().may_have_been_applied());
            assert_eq!(error.into_error().kind(), ErrorKind::Transport);
        } else {
            assert_eq!(result.unwrap(), created(n));
        }
    }
}

/// The server imports the first batch and cuts the connection. A `FAIL` is not sent again, because its own users would refuse it.
#[tokio::test]
async fn a_batch_whose_answer_is_lost_is_sent_again_unless_it_fails_on_existing_users() {
    for (policy, requests) in [
        (PartialImportPolicy::Skip, 2),
        (PartialImportPolicy::Overwrite, 2),
        (PartialImportPolicy::Fail, 1),
    ] {
        let (realm, count) = (Realm::default(), AtomicUsize::new(0));
        let fake = Fake::start(move |request| {
            let answer = realm.import(request);
            match count.fetch_add(1, Ordering::Relaxed) {
                0 => Answer::default(),
                _ => answer,
            }
        });
        let keycloak = Keycloak::builder(&fake.url())
            .credentials(Credentials::token("the-token"))
            .build()
            .unwrap();
        let import = keycloak.realm("acme").users().import(users(5));
        let import = import.defaults(false).if_exists(policy.clone());
        let summary = import.await;
        assert_eq!(fake.received().len(), requests, "{policy}");
        let is_fail = policy == PartialImportPolicy::Fail;
        assert_eq!(summary.existing, if is_fail { 0 } else { 5 }, "{policy}");
        assert_eq!(summary.failures.len(), if is_fail { 5 } else { 0 });
    }
}

#[tokio::test]
async fn an_existing_user_is_a_conflict_of_its_own_with_fail() {
    let realm = Realm(Mutex::new(BTreeSet::from(["user-2".to_owned()])));
    let fake = Fake::start(move |request| realm.import(request));
    let summary = import(&fake, users(5))
        .if_exists(PartialImportPolicy::Fail)
        .await;
    assert_eq!((summary.created, summary.failures.len()), (4, 1));
    let failure = &summary.failures[0];
    assert!(
        failure.is_refused() && failure.error().is_conflict(),
        "{failure}"
    );
    assert_eq!(fake.received().len(), 1);
}

#[tokio::test]
async fn an_import_reads_no_more_of_its_input_than_its_batches_hold() {
    let read = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&read);
    let endless = (0..).map(move |n: usize| {
        counted.fetch_add(1, Ordering::Relaxed);
        UserRepresentation::new().with_username(format!("user-{n}"))
    });
    let realm = Realm::default();
    let fake = Fake::start(move |request| realm.import(request));
    let mut stream = import(&fake, endless)
        .batch_size(10)
        .concurrency(3)
        .stream();
    for n in 0..100 {
        assert_eq!(stream.next().await.unwrap().unwrap(), created(n));
    }
    drop(stream);
    // The batch that is given out, and at most three that are on their way.
    assert!(read.load(Ordering::Relaxed) <= 130);
    assert!(fake.received().len() <= 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_on_their_way_together() {
    let (realm, together) = (Realm::default(), Barrier::new(3));
    let fake = Fake::start(move |request| {
        together.wait();
        realm.import(request)
    });
    let summary = import(&fake, users(60)).batch_size(10).concurrency(3).await;
    assert_eq!(summary.created, 60);
}

/// 100 users of 200 kB are 20 MB, and Keycloak refuses more than 10 MiB.
#[tokio::test]
async fn a_batch_that_is_too_long_is_sent_in_parts() {
    let realm = Realm::default();
    let fake = Fake::start(move |request| realm.import(request));
    let long = users(100).map(|user| user.with_first_name("x".repeat(200_000)));
    let summary = import(&fake, long).batch_size(100).await;
    assert_eq!(summary.created, 100);
    let lengths: Vec<_> = fake
        .received()
        .iter()
        .map(|batch| batch.body.len())
        .collect();
    assert!(
        lengths.iter().all(|length| *length <= 8 << 20),
        "{lengths:?}"
    );
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_the_error_of_every_item() {
    let fake = Fake::start(|_| Answer::status(403));
    let realm = fake.keycloak().realm("acme");
    let summary = realm
        .users()
        .import(users(7))
        .retry(RetryPolicy::none())
        .await;
    assert_eq!(fake.lines(), ["GET /admin/realms/acme"]);
    assert_eq!(summary.failures.len(), 7);
    assert!(
        summary
            .failures
            .iter()
            .all(|failure| failure.error().is_forbidden() && !failure.is_refused())
    );
}

#[tokio::test]
async fn the_settings_of_calls_hold_for_each_request() {
    let fake = Fake::start(|request| match request.path.as_str() {
        "/admin/realms/acme" => Answer::json(
            r#"{"defaultRole":{"name":"everybody"},"defaultGroups":["/staff"],"registrationEmailAsUsername":true}"#,
        ),
        "/admin/realms/acme/authentication/required-actions" => Answer::json(
            r#"[{"alias":"TERMS","enabled":true,"defaultAction":true},{"alias":"OLD","enabled":false,"defaultAction":true}]"#,
        ),
        _ => Realm::default().import(request),
    });
    let ann = UserRepresentation::new()
        .with_email("ann@example.com")
        .with_groups(["/staff", "/b"]);
    let realm = fake.keycloak().realm("acme");
    let summary = realm.users().import([ann]).header("x-reason", "move").await;
    assert_eq!(summary.created, 1, "{summary:?}");
    let received = fake.received();
    assert!(received.iter().all(|request| request.reason == "move"));
    let user = read(&received[2]).users.unwrap().remove(0);
    assert_eq!(user.username.as_deref(), Some("ann@example.com"));
    assert_eq!(user.realm_roles.unwrap(), ["everybody"]);
    assert_eq!(user.groups.unwrap(), ["/staff", "/b"]);
    assert_eq!(user.required_actions.unwrap(), ["TERMS"]);
}
