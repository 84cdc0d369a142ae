//! The client on a small server in this process, for what the contract server cannot show: lists of many pages, a migration in progress,
//! headers.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use folio_users::types::UserMigrationJobStatus;
use folio_users::{
    BoxFuture, Clock, Cql, Credentials, ErrorKind, Folio, MigrationEnd, SessionBuilder,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TOTAL: usize = 1250;

/// The requests so far, and the status of the migration for each request to come.
#[derive(Default)]
struct Log {
    queries: Vec<HashMap<String, String>>,
    headers: Vec<HeaderMap>,
    statuses: Vec<&'static str>,
}

type Shared = Arc<Mutex<Log>>;

async fn users(
    State(log): State<Shared>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let number = |name: &str, default| query.get(name).map_or(default, |n| n.parse().unwrap());
    let (offset, limit): (usize, usize) = (number("offset", 0), number("limit", 10));
    let mut log = log.lock().unwrap();
    log.queries.push(query);
    log.headers.push(headers);
    if limit > 500 {
        return (StatusCode::BAD_REQUEST, Json(json!({"errors": []})));
    }
    let page: Vec<_> = (offset..TOTAL.min(offset + limit))
        .map(|n| json!({"id": n.to_string(), "username": format!("user-{n}")}))
        .collect();
    let page = json!({"users": page, "totalRecords": TOTAL});
    (StatusCode::OK, Json(page))
}

async fn migration(State(log): State<Shared>) -> Json<Value> {
    let status = log.lock().unwrap().statuses.remove(0);
    Json(json!({"id": "1", "status": status, "totalRecords": TOTAL}))
}

async fn start() -> (SessionBuilder<Folio>, Shared) {
    let log = Shared::default();
    let router = Router::new()
        .route("/users-keycloak/users", get(users))
        .route("/users-keycloak/migrations/1", get(migration))
        .with_state(Arc::clone(&log));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let builder = Folio::builder(&url).credentials(Credentials::token("a-token"));
    (builder, log)
}

#[tokio::test]
async fn a_list_is_read_to_its_end_and_counted() {
    let (builder, log) = start().await;
    let folio = builder.build().unwrap();
    let users = folio.tenant("diku").users();
    let query = Cql::starts_with("username", "user-\"").sort_by("username");
    assert_eq!(users.count(&query).await.unwrap(), TOTAL as u64);

    let list = || users.list().query(&query);
    let mut stream = list().stream().page_size(500).prefetch(0);
    let mut number = 0;
    while let Some(user) = stream.try_next().await.unwrap() {
        assert_eq!(user.username, Some(format!("user-{number}")));
        number += 1;
    }
    assert_eq!(number, TOTAL);
    let part = list()
        .offset(1200)
        .limit(20)
        .stream()
        .page_size(500)
        .prefetch(0);
    let part = part.try_collect().await.unwrap();
    assert_eq!(part.len(), 20);
    assert_eq!(part[0].id.as_deref(), Some("1200"));

    let log = log.lock().unwrap();
    let expected = r#"username=="user-\"*" sortby username"#;
    assert!(log.queries.iter().all(|query| query["query"] == expected));
    assert_eq!(log.queries[0]["limit"], "0");
    let offsets: Vec<_> = log.queries[1..5]
        .iter()
        .map(|query| (query["offset"].as_str(), query["limit"].as_str()))
        .collect();
    assert_eq!(
        offsets,
        [
            ("0", "500"),
            ("500", "500"),
            ("1000", "500"),
            ("1250", "500")
        ]
    );
}

#[tokio::test]
async fn tenant_and_token_are_in_the_headers() {
    let (builder, log) = start().await;
    let plain = builder.build().unwrap();
    plain.tenant("diku").users().list().await.unwrap();
    let (builder, okapi_log) = start().await;
    let okapi = builder.token_header("x-okapi-token").build().unwrap();
    okapi.tenant("other").users().list().await.unwrap();

    let first = log.lock().unwrap().headers.remove(0);
    assert_eq!(first["x-okapi-tenant"], "diku");
    assert_eq!(first["authorization"], "Bearer a-token");
    assert!(!first.contains_key("x-okapi-token"));
    let second = okapi_log.lock().unwrap().headers.remove(0);
    assert_eq!(second["x-okapi-tenant"], "other");
    assert_eq!(second["x-okapi-token"], "a-token");

    let error = plain.tenant("a\nb").users().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let shown = format!("{plain:?} {:?}", plain.tenant("diku").users().list());
    assert!(!shown.contains("a-token"), "{shown}");
}

/// The default timeout of a session.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A clock that records its pauses, which take no time. The timeouts of calls never end.
#[derive(Debug)]
struct Recorded {
    start: Instant,
    pauses: Mutex<Vec<Duration>>,
}

impl Recorded {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            pauses: Mutex::default(),
        })
    }

    fn seconds(&self) -> Vec<u64> {
        let pauses = self.pauses.lock().unwrap();
        pauses.iter().map(Duration::as_secs).collect()
    }
}

impl Clock for Recorded {
    fn now(&self) -> Instant {
        self.start + self.pauses.lock().unwrap().iter().sum::<Duration>()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration >= TIMEOUT {
            return Box::pin(pending());
        }
        self.pauses.lock().unwrap().push(duration);
        Box::pin(async {})
    }
}

#[tokio::test]
async fn a_migration_is_watched_with_growing_pauses() {
    let (builder, log) = start().await;
    let clock = Recorded::new();
    let folio = builder.clock(clock.clone()).build().unwrap();
    let migration = folio.tenant("diku").migration("1");

    let mut statuses = vec!["in_progress"; 7];
    statuses[3] = "a_newer_status";
    statuses.push("finished");
    log.lock().unwrap().statuses = statuses;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let see = Arc::clone(&seen);
    let watch = migration
        .watch()
        .on_progress(move |job| see.lock().unwrap().push(job.status.clone().unwrap()));
    let MigrationEnd::Finished(job) = watch.await.unwrap() else {
        panic!("it finished");
    };
    assert_eq!(job.total_records, Some(1250));
    assert_eq!(clock.seconds(), [1, 2, 4, 8, 16, 30, 30]);
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 8);
    assert_eq!(seen[3], UserMigrationJobStatus::from("a_newer_status"));
    assert_eq!(seen[7], UserMigrationJobStatus::Finished);

    log.lock().unwrap().statuses = vec!["in_progress", "failed"];
    let failed = migration.watch().await.unwrap();
    assert!(matches!(failed, MigrationEnd::Failed(_)));
}

#[tokio::test]
async fn a_watch_ends_at_its_limit() {
    let (builder, log) = start().await;
    let clock = Recorded::new();
    let folio = builder.clock(clock.clone()).build().unwrap();
    log.lock().unwrap().statuses = vec!["in_progress"; 100];
    let watch = folio
        .tenant("diku")
        .migration("1")
        .watch()
        .pauses(Duration::from_secs(2), Duration::from_secs(5))
        .max_wait(Duration::from_secs(20));
    let error = watch.await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.operation(), Some("get_migration"));
    assert_eq!(clock.seconds(), [2, 4, 5, 5]);
}

#[tokio::test]
async fn handles_are_owned() {
    fn assert_handle<T: Clone + Send + Sync + 'static>(_: &T) {}
    let (builder, _) = start().await;
    let tenant = builder.build().unwrap().tenant("diku");
    assert_handle(&tenant);
    assert_handle(&tenant.user("1"));
    assert_handle(&tenant.migration("1"));
    assert_handle(&tenant.migrations());
    assert_handle(&tenant.idp_migrations());
    assert_handle(&tenant.passwords());
    let users = tenant.users();
    assert_handle(&users);
    let counted = tokio::spawn(async move { users.count(&Cql::all()).await });
    assert_eq!(counted.await.unwrap().unwrap(), TOTAL as u64);
}
