//! Lists in pages, against servers that behave as Keycloak and its extensions are known to.

mod fake;

use std::collections::HashSet;
use std::sync::{Barrier, Mutex};

use fake::{Answer, Fake, Received};
use futures_util::{StreamExt, TryStreamExt};
use keycloak_admin::Error;
use keycloak_admin::types::UserRepresentation;
use keycloak_api::users::ListUsers;

fn users(fake: &Fake) -> ListUsers {
    fake.keycloak().realm("acme").users().list()
}

fn ids(users: &[UserRepresentation]) -> Vec<&str> {
    users.iter().filter_map(|user| user.id.as_deref()).collect()
}

/// The JSON of users with these numbers as ids.
fn rows(numbers: impl IntoIterator<Item = usize>) -> Answer {
    let rows = numbers.into_iter().map(|n| format!("{{\"id\":\"{n}\"}}"));
    Answer::json(format!("[{}]", rows.collect::<Vec<_>>().join(",")))
}

/// What `first` and `max` cut out of `total` rows, where the server sends at most `cap` at a time.
fn cut(request: &Received, total: usize, cap: usize) -> Answer {
    let first = request.number("first").min(total);
    let end = (first + request.number("max").min(cap)).min(total);
    rows(first..end)
}

#[tokio::test]
async fn pages_are_read_up_to_an_empty_one() {
    let fake = Fake::start(|request| cut(request, 250, usize::MAX));
    let all = users(&fake).try_collect().await.unwrap();
    assert_eq!(all.len(), 250);
    assert_eq!(fake.pages(), [(0, 100), (100, 100), (200, 100), (250, 100)]);
}

#[tokio::test]
async fn a_server_that_caps_pages_is_read_to_the_end() {
    let fake = Fake::start(|request| cut(request, 250, 100));
    let all = users(&fake)
        .stream()
        .page_size(500)
        .try_collect()
        .await
        .unwrap();
    let expected: Vec<String> = (0..250).map(|n| n.to_string()).collect();
    assert_eq!(ids(&all), expected);
    assert_eq!(fake.pages(), [(0, 500), (100, 500), (200, 500), (250, 500)]);
}

#[tokio::test]
async fn a_server_that_ignores_first_ends_with_the_page_that_brings_nothing_new() {
    let fake = Fake::start(|_| rows(0..100));
    let all = users(&fake).try_collect().await.unwrap();
    assert_eq!(all.len(), 100);
    assert_eq!(fake.pages(), [(0, 100), (100, 100)]);
}

#[tokio::test]
async fn a_server_that_ignores_first_and_max_is_read_once_more() {
    let fake = Fake::start(|_| rows(0..350));
    let all = users(&fake).try_collect().await.unwrap();
    assert_eq!(all.len(), 350);
    assert_eq!(fake.pages(), [(0, 100), (350, 100)]);
}

#[tokio::test]
async fn rows_that_come_while_a_list_is_read_come_once() {
    // Ten new rows at the front before the second page: its first ten rows were on the first page.
    let fake = Fake::start(|request| match request.number("first") {
        0 => rows(0..100),
        100 => rows(90..190),
        200 => rows(190..195),
        _ => rows([]),
    });
    let all = users(&fake).try_collect().await.unwrap();
    let distinct: HashSet<_> = ids(&all).into_iter().collect();
    assert_eq!((all.len(), distinct.len()), (195, 195));
    assert_eq!(fake.pages(), [(0, 100), (100, 100), (200, 100), (205, 100)]);
}

#[tokio::test]
async fn rows_that_go_while_a_list_is_read_do_no_harm() {
    // Ten rows of the first page are gone before the second: ten that stay slip past, none comes twice.
    let fake = Fake::start(|request| match request.number("first") {
        0 => rows(0..100),
        100 => rows(110..150),
        _ => rows([]),
    });
    let all = users(&fake).try_collect().await.unwrap();
    let distinct: HashSet<_> = ids(&all).into_iter().collect();
    assert_eq!((all.len(), distinct.len()), (140, 140));
    assert_eq!(fake.pages(), [(0, 100), (100, 100), (140, 100)]);
}

#[tokio::test]
async fn a_list_without_an_end_is_bounded_by_max() {
    let fake = Fake::start(|request| cut(request, usize::MAX, usize::MAX));
    let some = users(&fake).max(250).try_collect().await.unwrap();
    assert_eq!(some.len(), 250);
    assert_eq!(fake.pages(), [(0, 100), (100, 100), (200, 50)]);
}

#[tokio::test]
async fn first_is_where_it_starts_and_max_is_the_most_in_all() {
    let fake = Fake::start(|request| cut(request, 1_000, usize::MAX));
    let some = users(&fake).first(30).max(12).stream().page_size(5);
    let some = some.try_collect().await.unwrap();
    let expected: Vec<String> = (30..42).map(|n| n.to_string()).collect();
    assert_eq!(ids(&some), expected);
    assert_eq!(fake.pages(), [(30, 5), (35, 5), (40, 2)]);
}

#[tokio::test]
async fn max_holds_where_the_server_sends_more() {
    let fake = Fake::start(|_| rows(0..100));
    let some = users(&fake).max(7).try_collect().await.unwrap();
    assert_eq!(some.len(), 7);
    assert_eq!(fake.pages(), [(0, 7)]);
}

#[tokio::test]
async fn negative_numbers_are_no_limits() {
    let fake = Fake::start(|request| cut(request, 3, usize::MAX));
    let all = users(&fake).first(-1).max(-1);
    assert_eq!(all.try_collect().await.unwrap().len(), 3);
    assert_eq!(fake.pages(), [(0, 100), (3, 100)]);
}

#[tokio::test]
async fn a_max_of_zero_asks_for_nothing() {
    let fake = Fake::start(|_| rows(0..100));
    let none = users(&fake).max(0).try_collect().await.unwrap();
    assert_eq!(none.len(), 0);
    assert_eq!(fake.pages(), []);
}

#[tokio::test]
async fn items_without_an_id_end_with_a_page_without_a_new_one() {
    let page = |time: usize| Answer::json(format!("[{{\"time\":{time}}},{{\"time\":{time}}}]"));
    let fake = Fake::start(move |request| page(request.number("first").min(4)));
    let events = fake.keycloak();
    let events = events.api().list_events().realm("acme");
    let all = events.stream().page_size(2).try_collect().await.unwrap();
    let times: Vec<_> = all.iter().filter_map(|event| event.time).collect();
    assert_eq!(times, [0, 0, 2, 2, 4, 4]);
    assert_eq!(fake.pages(), [(0, 2), (2, 2), (4, 2), (6, 2)]);
}

/// The JSON of events with these times and without ids.
fn events(times: impl IntoIterator<Item = usize>) -> Answer {
    let events = times.into_iter().map(|time| format!("{{\"time\":{time}}}"));
    Answer::json(format!("[{}]", events.collect::<Vec<_>>().join(",")))
}

/// The pages A, B, A, B and so on, and rows that begin anew in the middle of a page.
#[tokio::test]
async fn items_without_an_id_end_if_pages_come_again_with_a_period() {
    for (period, page_size, prefetch) in [(4, 2, 0), (4, 2, 3), (5, 2, 0), (5, 2, 3), (250, 100, 2)]
    {
        let fake = Fake::start(move |request| {
            let first = request.number("first");
            assert!(first < 10 * period, "it does not end");
            events((first..first + request.number("max")).map(|time| time % period))
        });
        let events = fake.keycloak().api().list_events().realm("acme");
        let events = events.stream().page_size(page_size).prefetch(prefetch);
        let all = events.try_collect().await.unwrap();
        let times: Vec<_> = all.iter().filter_map(|event| event.time).collect();
        // Of the last page that brings something new, all items count.
        let length = period.next_multiple_of(page_size as usize);
        let expected: Vec<_> = (0..length)
            .map(|time| i64::try_from(time % period).unwrap())
            .collect();
        assert_eq!(times, expected, "{period} {page_size} {prefetch}");
        let most = length / page_size as usize + 1 + prefetch as usize;
        assert!(fake.pages().len() <= most, "{:?}", fake.pages());
    }
}

#[tokio::test]
async fn equal_items_without_an_id_are_kept_beside_new_ones() {
    let rows = [7, 7, 7, 8, 8, 9];
    let fake = Fake::start(move |request| {
        let first = request.number("first").min(rows.len());
        events(rows.into_iter().skip(first).take(request.number("max")))
    });
    let events = fake.keycloak().api().list_events().realm("acme");
    let all = events.stream().page_size(3).try_collect().await.unwrap();
    let times: Vec<_> = all.iter().filter_map(|event| event.time).collect();
    assert_eq!(times, [7, 7, 7, 8, 8, 9]);
}

#[tokio::test]
async fn pages_are_fetched_when_they_are_needed() {
    let fake = Fake::start(|request| cut(request, 1_000, usize::MAX));
    let mut stream = users(&fake).stream();
    assert_eq!(fake.pages(), []);
    for _ in 0..100 {
        assert!(stream.try_next().await.unwrap().is_some());
    }
    assert_eq!(fake.pages(), [(0, 100)]);
    assert!(stream.try_next().await.unwrap().is_some());
    assert_eq!(fake.pages(), [(0, 100), (100, 100)]);
}

#[tokio::test]
async fn an_error_ends_the_stream_after_what_came_before() {
    let failing = Mutex::new(false);
    let fake = Fake::start(move |request| {
        let failed = std::mem::replace(&mut *failing.lock().unwrap(), request.number("first") > 0);
        assert!(!failed, "asked again after an error");
        match request.number("first") {
            0 => rows(0..2),
            _ => Answer::status(500),
        }
    });
    let results: Vec<Result<UserRepresentation, Error>> = users(&fake).stream().collect().await;
    assert_eq!(results.len(), 3);
    assert!(results[0].is_ok() && results[1].is_ok());
    let error = results[2].as_ref().unwrap_err();
    assert_eq!(
        (error.status(), error.operation()),
        (Some(500), Some("list_users"))
    );

    let error = users(&Fake::start(|_| Answer::status(500)))
        .try_collect()
        .await;
    assert!(error.unwrap_err().is_server_error());
}

#[tokio::test]
async fn pages_that_are_asked_for_ahead_are_on_their_way_together_and_come_in_order() {
    let together = Barrier::new(8);
    let fake = Fake::start(move |request| {
        // None of the first eight is answered before all of them are there, and then the last ones first.
        if request.number("first") < 800 {
            together.wait();
        }
        cut(request, 1_050, usize::MAX)
    });
    let all = users(&fake)
        .stream()
        .prefetch(7)
        .try_collect()
        .await
        .unwrap();
    let expected: Vec<String> = (0..1_050).map(|n| n.to_string()).collect();
    assert_eq!(ids(&all), expected);
    // Eleven pages, the empty one, and what was under way when that came.
    let pages = fake.pages();
    assert!((12..=19).contains(&pages.len()), "{pages:?}");
}

#[tokio::test]
async fn a_page_that_is_late_holds_back_those_after_it() {
    let second = Barrier::new(2);
    let fake = Fake::start(move |request| {
        // The first page is answered after the second has been asked for.
        if request.number("first") < 200 {
            second.wait();
        }
        cut(request, 250, usize::MAX)
    });
    let all = users(&fake)
        .stream()
        .prefetch(1)
        .try_collect()
        .await
        .unwrap();
    let expected: Vec<String> = (0..250).map(|n| n.to_string()).collect();
    assert_eq!(ids(&all), expected);
}

#[tokio::test]
async fn a_server_that_caps_pages_is_asked_ahead_for_what_it_gives() {
    let fake = Fake::start(|request| cut(request, 950, 100));
    let list = users(&fake).stream().page_size(500).prefetch(3);
    let all = list.try_collect().await.unwrap();
    let expected: Vec<String> = (0..950).map(|n| n.to_string()).collect();
    assert_eq!(ids(&all), expected);
    let pages = fake.pages();
    let sizes: HashSet<usize> = pages
        .iter()
        .map(|(first, max)| if *first == 0 { 0 } else { *max })
        .collect();
    assert!(sizes.contains(&100), "{pages:?}");
    // Ten full pages, one too many, and what was under way in vain at the start and at the end.
    assert!(pages.len() <= 11 + 2 * 3, "{pages:?}");
}

#[tokio::test]
async fn asking_ahead_ends_where_the_server_ignores_first() {
    let fake = Fake::start(|_| rows(0..100));
    let all = users(&fake)
        .stream()
        .prefetch(5)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 100);
    assert!(fake.pages().len() <= 2 + 5, "{:?}", fake.pages());

    let fake = Fake::start(|_| rows(0..350));
    let all = users(&fake)
        .stream()
        .prefetch(5)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 350);
}

#[tokio::test]
async fn asking_ahead_keeps_to_max() {
    let fake = Fake::start(|request| cut(request, usize::MAX, usize::MAX));
    let some = users(&fake).max(250).stream().prefetch(7);
    assert_eq!(some.try_collect().await.unwrap().len(), 250);
    let mut pages = fake.pages();
    pages.sort_unstable();
    assert_eq!(pages, [(0, 100), (100, 100), (200, 50)]);
}

#[tokio::test]
async fn an_error_of_a_page_that_was_asked_for_ahead_comes_in_its_turn() {
    let fake = Fake::start(|request| match request.number("first") {
        200 => Answer::status(500),
        _ => cut(request, 1_000, usize::MAX),
    });
    let results: Vec<_> = users(&fake).stream().prefetch(7).collect().await;
    assert_eq!(results.len(), 201);
    assert!(results[..200].iter().all(Result::is_ok));
    assert!(results[200].is_err());
}

#[tokio::test]
async fn streams_are_streams() {
    let fake = Fake::start(|request| cut(request, 5, usize::MAX));
    let names = users(&fake).stream().page_size(2);
    let ids: Vec<Option<String>> = names.map_ok(|user| user.id).try_collect().await.unwrap();
    assert_eq!(ids.len(), 5);

    let pages: Vec<Vec<UserRepresentation>> = users(&fake)
        .pages()
        .page_size(2)
        .try_collect()
        .await
        .unwrap();
    let lengths: Vec<usize> = pages.iter().map(Vec::len).collect();
    assert_eq!(lengths, [2, 2, 1]);
}

#[tokio::test]
async fn the_query_goes_with_every_page() {
    let fake = Fake::start(|request| cut(request, 3, usize::MAX));
    let all = users(&fake)
        .search("ali")
        .enabled(true)
        .stream()
        .page_size(2);
    assert_eq!(all.try_collect().await.unwrap().len(), 3);
    let received = fake.received();
    assert_eq!(received.len(), 3);
    for request in received {
        assert_eq!(request.query["search"], "ali");
        assert_eq!(request.query["enabled"], "true");
    }
}
