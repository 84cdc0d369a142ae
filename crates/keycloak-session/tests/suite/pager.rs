//! Lists in pages, from servers that behave as Keycloak and its extensions are known to.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, TryStreamExt};
use keycloak_session::{Error, Items, OperationInfo, Request, RetryPolicy};
use tokio::sync::Barrier;

use self::api::{ListThings, Thing};
use crate::support::{Answer, Received, Server, with_token};

/// The numbers in the query of a page.
struct Page {
    first: usize,
    max: usize,
}

impl Page {
    fn of(request: &Received) -> Self {
        let number = |name: &str| {
            let (_, query) = request.target.split_once('?').unwrap();
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            let (_, value) = pairs.find(|(key, _)| key == name).unwrap();
            value.parse().unwrap()
        };
        Self {
            first: number("first"),
            max: number("max"),
        }
    }
}

/// A server that answers each page at once.
async fn serve(answer: impl Fn(Page) -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        let answer = answer(Page::of(&request));
        async { answer }
    })
    .await
}

fn things(server: &Server) -> ListThings {
    let session = with_token(&server.url()).retry(RetryPolicy::none());
    ListThings::of(&session.build().unwrap())
}

/// The pages that were asked for: `first` and `max` of each.
fn pages(server: &Server) -> Vec<(usize, usize)> {
    let pages = server.received();
    let pages = pages.iter().map(Page::of);
    pages.map(|page| (page.first, page.max)).collect()
}

fn ids(things: &[Thing]) -> Vec<&str> {
    things
        .iter()
        .filter_map(|thing| thing.id.as_deref())
        .collect()
}

/// The JSON of things with these numbers as ids.
fn rows(numbers: impl IntoIterator<Item = usize>) -> Answer {
    let rows = numbers.into_iter().map(|n| format!("{{\"id\":\"{n}\"}}"));
    Answer::json(200, &format!("[{}]", rows.collect::<Vec<_>>().join(",")))
}

/// The part of `total` rows that `first` and `max` ask for. The server sends at most `cap` at a time.
fn cut(page: &Page, total: usize, cap: usize) -> Answer {
    let first = page.first.min(total);
    let end = (first + page.max.min(cap)).min(total);
    rows(first..end)
}

mod api {
    #![allow(unreachable_pub)]

    use keycloak_session::{Error, Operation, OperationInfo, Paged, RawResponse, Session};
    use serde::{Deserialize, Serialize};

    keycloak_session::declare_call!();

    /// An item of a list, with an id or without one.
    #[derive(Debug, Deserialize, Serialize)]
    pub struct Thing {
        pub id: Option<String>,
        pub time: Option<usize>,
    }

    pub type ListThings = Call<op::ListThings>;

    impl ListThings {
        pub fn of(session: &Session) -> Self {
            Call::new(session)
        }

        pub fn first(mut self, value: i32) -> Self {
            self.request.set_query("first", value);
            self
        }

        pub fn max(mut self, value: i32) -> Self {
            self.request.set_query("max", value);
            self
        }

        pub fn colour(mut self, value: &str) -> Self {
            self.request.set_query("colour", value);
            self
        }
    }

    pub mod op {
        use super::{Error, Operation, OperationInfo, Paged, RawResponse, Thing};

        pub enum ListThings {}

        impl Operation for ListThings {
            type Output = Vec<Thing>;
            const INFO: &'static OperationInfo =
                &OperationInfo::new("list_things", "GET", "/admin/things");

            fn decode(response: &RawResponse) -> Result<Vec<Thing>, Error> {
                response.json_or_default()
            }
        }

        impl Paged for ListThings {
            type Item = Thing;

            fn items(output: Vec<Thing>) -> Vec<Thing> {
                output
            }

            fn key(item: &Thing) -> Option<&str> {
                item.id.as_deref()
            }
        }
    }
}

#[tokio::test]
async fn pages_are_read_up_to_an_empty_one() {
    let fake = serve(|page| cut(&page, 250, usize::MAX)).await;
    let all = things(&fake)
        .stream()
        .prefetch(0)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 250);
    assert_eq!(pages(&fake), [(0, 100), (100, 100), (200, 100), (250, 100)]);
}

#[tokio::test]
async fn a_server_that_caps_pages_is_read_to_the_end() {
    let fake = serve(|page| cut(&page, 250, 100)).await;
    let all = things(&fake)
        .stream()
        .prefetch(0)
        .page_size(500)
        .try_collect()
        .await
        .unwrap();
    let expected: Vec<String> = (0..250).map(|n| n.to_string()).collect();
    assert_eq!(ids(&all), expected);
    assert_eq!(pages(&fake), [(0, 500), (100, 500), (200, 500), (250, 500)]);
}

#[tokio::test]
async fn a_server_that_ignores_first_ends_with_the_page_that_brings_nothing_new() {
    let fake = serve(|_| rows(0..100)).await;
    let all = things(&fake)
        .stream()
        .prefetch(0)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 100);
    assert_eq!(pages(&fake), [(0, 100), (100, 100)]);
}

#[tokio::test]
async fn a_server_that_ignores_first_and_max_is_read_once_more() {
    let fake = serve(|_| rows(0..350)).await;
    let all = things(&fake)
        .stream()
        .prefetch(0)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 350);
    assert_eq!(pages(&fake), [(0, 100), (350, 100)]);
}

#[tokio::test]
async fn rows_that_come_while_a_list_is_read_come_once() {
    // Ten new rows at the front before the second page: its first ten rows were on the first page.
    let fake = serve(|page| match page.first {
        0 => rows(0..100),
        100 => rows(90..190),
        200 => rows(190..195),
        _ => rows([]),
    })
    .await;
    let all = things(&fake)
        .stream()
        .prefetch(0)
        .try_collect()
        .await
        .unwrap();
    let distinct: HashSet<_> = ids(&all).into_iter().collect();
    assert_eq!((all.len(), distinct.len()), (195, 195));
    assert_eq!(pages(&fake), [(0, 100), (100, 100), (200, 100), (205, 100)]);
}

#[tokio::test]
async fn rows_that_go_while_a_list_is_read_do_no_harm() {
    // Ten rows of the first page are gone before the second: ten that stay slip past, none comes twice.
    let fake = serve(|page| match page.first {
        0 => rows(0..100),
        100 => rows(110..150),
        _ => rows([]),
    })
    .await;
    let all = things(&fake)
        .stream()
        .prefetch(0)
        .try_collect()
        .await
        .unwrap();
    let distinct: HashSet<_> = ids(&all).into_iter().collect();
    assert_eq!((all.len(), distinct.len()), (140, 140));
    assert_eq!(pages(&fake), [(0, 100), (100, 100), (140, 100)]);
}

#[tokio::test]
async fn a_list_without_an_end_is_bounded_by_max() {
    let fake = serve(|page| cut(&page, usize::MAX, usize::MAX)).await;
    let some = things(&fake)
        .max(250)
        .stream()
        .prefetch(0)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(some.len(), 250);
    assert_eq!(pages(&fake), [(0, 100), (100, 100), (200, 50)]);
}

#[tokio::test]
async fn first_is_where_it_starts_and_max_is_the_most_in_all() {
    let fake = serve(|page| cut(&page, 1_000, usize::MAX)).await;
    let some = things(&fake)
        .first(30)
        .max(12)
        .stream()
        .prefetch(0)
        .page_size(5);
    let some = some.try_collect().await.unwrap();
    let expected: Vec<String> = (30..42).map(|n| n.to_string()).collect();
    assert_eq!(ids(&some), expected);
    assert_eq!(pages(&fake), [(30, 5), (35, 5), (40, 2)]);
}

#[tokio::test]
async fn max_holds_where_the_server_sends_more() {
    let fake = serve(|_| rows(0..100)).await;
    let some = things(&fake)
        .max(7)
        .stream()
        .prefetch(0)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(some.len(), 7);
    assert_eq!(pages(&fake), [(0, 7)]);
}

#[tokio::test]
async fn negative_numbers_are_no_limits() {
    let fake = serve(|page| cut(&page, 3, usize::MAX)).await;
    let all = things(&fake).first(-1).max(-1).stream().prefetch(0);
    assert_eq!(all.try_collect().await.unwrap().len(), 3);
    assert_eq!(pages(&fake), [(0, 100), (3, 100)]);
}

#[tokio::test]
async fn a_max_of_zero_asks_for_nothing() {
    let fake = serve(|_| rows(0..100)).await;
    let none = things(&fake)
        .max(0)
        .stream()
        .prefetch(0)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(none.len(), 0);
    assert_eq!(pages(&fake), []);
}

#[tokio::test]
async fn items_without_an_id_end_with_a_page_without_a_new_one() {
    let fake = serve(|page| events([page.first.min(4); 2])).await;
    let all = things(&fake)
        .stream()
        .prefetch(0)
        .page_size(2)
        .try_collect()
        .await
        .unwrap();
    let times: Vec<_> = all.iter().filter_map(|thing| thing.time).collect();
    assert_eq!(times, [0, 0, 2, 2, 4, 4]);
    assert_eq!(pages(&fake), [(0, 2), (2, 2), (4, 2), (6, 2)]);
}

/// The JSON of events with these times and without ids.
fn events(times: impl IntoIterator<Item = usize>) -> Answer {
    let events = times.into_iter().map(|time| format!("{{\"time\":{time}}}"));
    Answer::json(200, &format!("[{}]", events.collect::<Vec<_>>().join(",")))
}

/// The pages A, B, A, B and so on, and rows that begin anew in the middle of a page.
#[tokio::test]
async fn items_without_an_id_end_if_pages_come_again_with_a_period() {
    for (period, page_size, prefetch) in [(4, 2, 0), (4, 2, 3), (5, 2, 0), (5, 2, 3), (250, 100, 2)]
    {
        let fake = serve(move |page| {
            let first = page.first;
            assert!(first < 10 * period, "it does not end");
            events((first..first + page.max).map(|time| time % period))
        })
        .await;
        let events = things(&fake)
            .stream()
            .page_size(page_size)
            .prefetch(prefetch);
        let all = events.try_collect().await.unwrap();
        let times: Vec<_> = all.iter().filter_map(|thing| thing.time).collect();
        // Of the last page that brings something new, all items count.
        let length = period.next_multiple_of(page_size as usize);
        let expected: Vec<_> = (0..length).map(|time| time % period).collect();
        assert_eq!(times, expected, "{period} {page_size} {prefetch}");
        let most = length / page_size as usize + 1 + prefetch as usize;
        assert!(pages(&fake).len() <= most, "{:?}", pages(&fake));
    }
}

#[tokio::test]
async fn equal_items_without_an_id_are_kept_beside_new_ones() {
    let rows = [7, 7, 7, 8, 8, 9];
    let fake = serve(move |page| {
        let first = page.first.min(rows.len());
        events(rows.into_iter().skip(first).take(page.max))
    })
    .await;
    let all = things(&fake)
        .stream()
        .prefetch(0)
        .page_size(3)
        .try_collect()
        .await
        .unwrap();
    let times: Vec<_> = all.iter().filter_map(|thing| thing.time).collect();
    assert_eq!(times, [7, 7, 7, 8, 8, 9]);
}

#[tokio::test]
async fn pages_are_fetched_when_they_are_needed() {
    let fake = serve(|page| cut(&page, 1_000, usize::MAX)).await;
    let mut stream = things(&fake).stream();
    assert_eq!(pages(&fake), []);
    for _ in 0..100 {
        assert!(stream.try_next().await.unwrap().is_some());
    }
    assert_eq!(pages(&fake), [(0, 100)]);
    assert!(stream.try_next().await.unwrap().is_some());
    assert_eq!(pages(&fake), [(0, 100), (100, 100)]);
}

#[tokio::test]
async fn an_error_ends_the_stream_after_what_came_before() {
    let failing = Mutex::new(false);
    let fake = serve(move |page| {
        let failed = std::mem::replace(&mut *failing.lock().unwrap(), page.first > 0);
        assert!(!failed, "asked again after an error");
        match page.first {
            0 => rows(0..2),
            _ => Answer::status(500),
        }
    })
    .await;
    let results: Vec<Result<Thing, Error>> = things(&fake).stream().collect().await;
    assert_eq!(results.len(), 3);
    assert!(results[0].is_ok() && results[1].is_ok());
    let error = results[2].as_ref().unwrap_err();
    assert_eq!(
        (error.status(), error.operation()),
        (Some(500), Some("list_things"))
    );

    let error = things(&serve(|_| Answer::status(500)).await)
        .try_collect()
        .await;
    assert!(error.unwrap_err().is_server_error());
}

#[tokio::test]
async fn pages_that_are_asked_for_ahead_are_on_their_way_together_and_come_in_order() {
    let together = Arc::new(Barrier::new(8));
    let fake = Server::start(move |request| {
        let (page, together) = (Page::of(&request), Arc::clone(&together));
        async move {
            // None of the first eight is answered before all of them are there, and then the last ones first.
            if page.first < 800 {
                together.wait().await;
            }
            cut(&page, 1_050, usize::MAX)
        }
    })
    .await;
    let all = things(&fake)
        .stream()
        .prefetch(7)
        .try_collect()
        .await
        .unwrap();
    let expected: Vec<String> = (0..1_050).map(|n| n.to_string()).collect();
    assert_eq!(ids(&all), expected);
    // Eleven pages, the empty one, and what was under way when that came.
    let pages = pages(&fake);
    assert!((12..=19).contains(&pages.len()), "{pages:?}");
}

#[tokio::test]
async fn a_page_that_is_late_holds_back_those_after_it() {
    let second = Arc::new(Barrier::new(2));
    let fake = Server::start(move |request| {
        let (page, second) = (Page::of(&request), Arc::clone(&second));
        async move {
            // The first page is answered after the second has been asked for.
            if page.first < 200 {
                second.wait().await;
            }
            cut(&page, 250, usize::MAX)
        }
    })
    .await;
    let all = things(&fake)
        .stream()
        .prefetch(1)
        .try_collect()
        .await
        .unwrap();
    let expected: Vec<String> = (0..250).map(|n| n.to_string()).collect();
    assert_eq!(ids(&all), expected);
}

/// A caller who takes the first page alone costs one request.
#[tokio::test]
async fn a_stream_requests_its_first_page_alone_and_then_more_and_more_ahead() {
    let fake = serve(|page| cut(&page, 1_050, usize::MAX)).await;
    let mut stream = things(&fake).stream();
    for _ in 0..100 {
        stream.try_next().await.unwrap().unwrap();
    }
    assert_eq!(pages(&fake), [(0, 100)]);

    let rest = stream.try_collect().await.unwrap();
    assert_eq!(rest.len(), 950);
    let pages = pages(&fake);
    // Eleven pages, the empty one, and at most three that were under way when the short one came.
    assert!((12..=15).contains(&pages.len()), "{pages:?}");
    assert!(pages.iter().all(|(_, max)| *max == 100), "{pages:?}");
}

#[tokio::test]
async fn pages_are_on_their_way_together_by_default() {
    let together = Arc::new(Barrier::new(4));
    let fake = Server::start(move |request| {
        let (page, together) = (Page::of(&request), Arc::clone(&together));
        async move {
            // The window is full from the fourth page on: none of four pages is answered before all of them are there.
            if (600..1_000).contains(&page.first) {
                together.wait().await;
            }
            cut(&page, 1_000, usize::MAX)
        }
    })
    .await;
    let all = things(&fake).try_collect().await.unwrap();
    let expected: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    assert_eq!(ids(&all), expected);
}

#[tokio::test]
async fn a_server_that_caps_pages_is_asked_ahead_by_default() {
    let fake = serve(|page| cut(&page, 950, 100)).await;
    let all = things(&fake).stream().page_size(500);
    assert_eq!(all.try_collect().await.unwrap().len(), 950);
    let pages = pages(&fake);
    assert!(pages[1..].iter().all(|(_, max)| *max == 100), "{pages:?}");
    assert!(pages.len() <= 11 + 3, "{pages:?}");
}

#[tokio::test]
async fn a_server_that_caps_pages_is_asked_ahead_for_what_it_gives() {
    let fake = serve(|page| cut(&page, 950, 100)).await;
    let list = things(&fake).stream().page_size(500).prefetch(3);
    let all = list.try_collect().await.unwrap();
    let expected: Vec<String> = (0..950).map(|n| n.to_string()).collect();
    assert_eq!(ids(&all), expected);
    let pages = pages(&fake);
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
    let fake = serve(|_| rows(0..100)).await;
    let all = things(&fake)
        .stream()
        .prefetch(5)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 100);
    assert!(pages(&fake).len() <= 2 + 5, "{:?}", pages(&fake));

    let fake = serve(|_| rows(0..350)).await;
    let all = things(&fake)
        .stream()
        .prefetch(5)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 350);
}

#[tokio::test]
async fn asking_ahead_keeps_to_max() {
    let fake = serve(|page| cut(&page, usize::MAX, usize::MAX)).await;
    let some = things(&fake).max(250).stream().prefetch(7);
    assert_eq!(some.try_collect().await.unwrap().len(), 250);
    let mut pages = pages(&fake);
    pages.sort_unstable();
    assert_eq!(pages, [(0, 100), (100, 100), (200, 50)]);
}

#[tokio::test]
async fn an_error_of_a_page_that_was_asked_for_ahead_comes_in_its_turn() {
    let fake = serve(|page| match page.first {
        200 => Answer::status(500),
        _ => cut(&page, 1_000, usize::MAX),
    })
    .await;
    let results: Vec<_> = things(&fake).stream().prefetch(7).collect().await;
    assert_eq!(results.len(), 201);
    assert!(results[..200].iter().all(Result::is_ok));
    assert!(results[200].is_err());
}

#[tokio::test]
async fn streams_are_streams() {
    let fake = serve(|page| cut(&page, 5, usize::MAX)).await;
    let names = things(&fake).stream().prefetch(0).page_size(2);
    let ids: Vec<Option<String>> = names.map_ok(|thing| thing.id).try_collect().await.unwrap();
    assert_eq!(ids.len(), 5);

    let pages: Vec<Vec<Thing>> = things(&fake)
        .pages()
        .prefetch(0)
        .page_size(2)
        .try_collect()
        .await
        .unwrap();
    let lengths: Vec<usize> = pages.iter().map(Vec::len).collect();
    assert_eq!(lengths, [2, 2, 1]);
}

#[tokio::test]
async fn the_query_goes_with_every_page() {
    let fake = serve(|page| cut(&page, 3, usize::MAX)).await;
    let all = things(&fake)
        .colour("red")
        .stream()
        .prefetch(0)
        .page_size(2);
    assert_eq!(all.try_collect().await.unwrap().len(), 3);
    let received = fake.received();
    assert_eq!(received.len(), 3);
    for request in received {
        assert!(request.target.contains("colour=red"), "{}", request.target);
    }
}

#[tokio::test]
async fn items_of_an_unknown_type_are_read_page_by_page() {
    static LIST: OperationInfo = OperationInfo::new("list_things", "GET", "/things");
    let fake = serve(|page| cut(&page, 250, usize::MAX)).await;
    let session = with_token(&fake.url()).build().unwrap();
    let items = Items::json(Request::new(&session, &LIST)).prefetch(0);
    let all = items.try_collect().await.unwrap();
    let ids: Vec<_> = all.iter().map(|item| item["id"].as_str()).collect();
    let expected: Vec<_> = (0..250).map(|n| n.to_string()).collect();
    let expected: Vec<_> = expected.iter().map(|id| Some(id.as_str())).collect();
    assert_eq!(ids, expected);
    let pages = pages(&fake);
    assert_eq!(pages[..3], [(0, 100), (100, 100), (200, 100)]);
}
