//! Lists in pages, on a real server.

// A scenario is read from top to bottom.
#![allow(clippy::too_many_lines)]

use std::collections::HashSet;

use crate::common::{TestRealm, person};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn all_users_come_once_however_many_pages_they_take() {
    const USERS: usize = 1_050;
    let realm = TestRealm::create("pages").await;
    let users = realm.get().users();
    let people = (0..USERS).map(|n| person(&format!("user-{n:04}")));
    let made = users.create_many(people).await;
    let made: HashSet<String> = made.into_iter().map(Result::unwrap).collect();
    assert_eq!(made.len(), USERS);

    assert_eq!(
        users.list().await.unwrap().len(),
        100,
        "the server's own page"
    );
    for page_size in [100, 1_000, 5_000] {
        let mut stream = users.list().stream().page_size(page_size);
        let mut seen = HashSet::new();
        while let Some(user) = stream.try_next().await.unwrap() {
            assert!(seen.insert(user.id.unwrap()), "an id came twice");
        }
        assert_eq!(seen, made, "{page_size} a page");
    }

    let mut pages = users.list().pages().page_size(500);
    let mut lengths = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        lengths.push(page.len());
    }
    assert_eq!(lengths, [500, 500, 50]);

    let part = users
        .list()
        .search("user-00")
        .first(20)
        .max(30)
        .stream()
        .page_size(7);
    let names: Vec<String> = part
        .try_collect()
        .await
        .unwrap()
        .into_iter()
        .filter_map(|user| user.username)
        .collect();
    let expected: Vec<String> = (20..50).map(|n| format!("user-{n:04}")).collect();
    assert_eq!(names, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_that_are_deleted_while_they_are_read_do_no_harm() {
    let realm = TestRealm::create("pages-moving").await;
    let users = realm.get().users();
    let handle = realm.get();
    let people = (0..60).map(|n| person(&format!("user-{n:02}")));
    for made in users.create_many(people).await {
        made.unwrap();
    }
    let mut stream = users.list().stream().page_size(10);
    let mut seen = HashSet::new();
    while let Some(user) = stream.try_next().await.unwrap() {
        let id = user.id.unwrap();
        handle.user(&id).delete().await.unwrap();
        assert!(seen.insert(id), "an id came twice");
    }
    // By offset, each page that is deleted makes the next be skipped.
    assert_eq!(seen.len(), 30);
    assert_eq!(users.count().await.unwrap(), 30);
}
