//! The client on a small server in this process: what it sends, and what it makes of the answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use idshield::{
    Credentials, Ensured, ErrorCode, ErrorKind, IdShield, NewUser, RetryPolicy, error_code,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

type Answer = (StatusCode, Json<Value>);
type Seen = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

fn failure(status: StatusCode, code: &str) -> Answer {
    (
        status,
        Json(json!({"error": code, "error_description": "no"})),
    )
}

/// Knows the realm `vendors` and its users `rahuld`, and `alias`, whose real name is another.
async fn create(State(seen): State<Seen>, headers: HeaderMap, Json(user): Json<Value>) -> Answer {
    seen.lock().unwrap().push((headers, user.clone()));
    match (user["realm"].as_str(), user["username"].as_str()) {
        (Some("vendors"), Some("RahulD" | "alias")) => {
            failure(StatusCode::CONFLICT, "USERNAME_EXISTS")
        }
        (Some("vendors"), Some(name)) => (
            StatusCode::CREATED,
            Json(json!({"id": "2", "username": name})),
        ),
        _ => failure(StatusCode::NOT_FOUND, "REALM_NOT_FOUND"),
    }
}

async fn read(
    State(seen): State<Seen>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Answer {
    seen.lock().unwrap().push((headers, json!(query)));
    let key = query.get("id").or(query.get("name")).map(String::as_str);
    match (query["realm"].as_str(), key) {
        ("vendors", Some("1" | "RahulD")) => (
            StatusCode::OK,
            Json(json!({"id": "1", "username": "rahuld"})),
        ),
        ("vendors", Some("alias")) => (
            StatusCode::OK,
            Json(json!({"id": "3", "username": "other"})),
        ),
        ("vendors", Some("listed")) => (
            StatusCode::OK,
            Json(json!({"id": "4", "username": "listed", "attributes": []})),
        ),
        ("vendors", Some(key)) if key.starts_with('{') => (
            StatusCode::NOT_FOUND,
            Json(serde_json::from_str(key).unwrap()),
        ),
        ("vendors", Some("bad")) => failure(StatusCode::BAD_REQUEST, "INVALID_REQUEST"),
        ("vendors", _) => failure(StatusCode::NOT_FOUND, "USER_NOT_FOUND"),
        _ => failure(StatusCode::NOT_FOUND, "REALM_NOT_FOUND"),
    }
}

async fn token() -> Answer {
    failure(StatusCode::BAD_REQUEST, "USER_NOT_FOUND")
}

async fn start() -> (String, Seen) {
    let seen = Seen::default();
    let router = Router::new()
        .route("/users", post(create))
        .route("/user", get(read))
        .route("/realms/{realm}/protocol/openid-connect/token", post(token))
        .with_state(Arc::clone(&seen));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

async fn connect() -> (IdShield, Seen) {
    let (url, seen) = start().await;
    let builder = IdShield::builder(&url).credentials(Credentials::token("a-token"));
    (builder.build().unwrap(), seen)
}

#[tokio::test]
async fn exist_ok_returns_the_created_or_the_existing_user() {
    let (idshield, seen) = connect().await;
    let users = idshield.realm("vendors").users();
    let created = users.create(&NewUser::new("ann", "ann@example.com").with_enabled(false));
    let created = created.exist_ok().await.unwrap();
    assert!(matches!(&created, Ensured::Created(user) if user.id.as_deref() == Some("2")));

    // Usernames are compared without case.
    let rahul = NewUser::new("RahulD", "rahul@example.com").with_first_name("Rahul");
    let existing = users.create(&rahul).exist_ok().header("x-trace", "7");
    let existing = existing.timeout(Duration::from_secs(30)).await.unwrap();
    assert!(matches!(&existing, Ensured::Existing(user) if user.id.as_deref() == Some("1")));
    let taken = users.create(&rahul).send().await.unwrap_err();
    assert!(taken.is_conflict());
    assert_eq!(error_code(&taken), Some(ErrorCode::UsernameExists));

    let alias = users.create(&NewUser::new("alias", "alias@example.com"));
    let alias = alias.retry(RetryPolicy::default()).exist_ok().await;
    let alias = alias.unwrap_err();
    assert!(alias.is_conflict() && alias.status().is_none());
    assert_eq!(alias.operation(), Some("create_user"));

    let seen = seen.lock().unwrap();
    let sent = json!({"realm": "vendors", "username": "ann", "email": "ann@example.com", "enabled": false});
    assert_eq!(seen[0].1, sent);
    assert_eq!(seen[1].1["enabled"], true);
    assert_eq!(seen[2].1, json!({"realm": "vendors", "name": "RahulD"}));
    for (headers, _) in &seen[1..=2] {
        assert_eq!(headers["x-trace"], "7");
        assert_eq!(headers["authorization"], "Bearer a-token");
    }
    assert!(!seen[3].0.contains_key("x-trace"));
}

#[tokio::test]
async fn every_error_status_has_its_code() {
    let (idshield, _) = connect().await;
    let (vendors, nowhere) = (idshield.realm("vendors"), idshield.realm("nowhere"));
    assert!(vendors.user_by_id("1").find().await.unwrap().is_some());
    assert!(
        vendors
            .user_by_name("nobody")
            .find()
            .await
            .unwrap()
            .is_none()
    );
    for (user, kind, code) in [
        (
            vendors.user_by_id("9"),
            ErrorKind::NotFound,
            ErrorCode::UserNotFound,
        ),
        (
            vendors.user_by_name("bad"),
            ErrorKind::Status,
            ErrorCode::InvalidRequest,
        ),
        (
            nowhere.user_by_name("x"),
            ErrorKind::NotFound,
            ErrorCode::RealmNotFound,
        ),
    ] {
        let error = user.get().await.unwrap_err();
        assert_eq!((error.kind(), error_code(&error)), (kind, Some(code)));
    }
    let error = nowhere.user_by_name("x").find().await.unwrap_err();
    assert_eq!(error_code(&error), Some(ErrorCode::RealmNotFound));
}

#[tokio::test]
async fn a_code_is_read_from_each_of_four_places() {
    let (idshield, _) = connect().await;
    let vendors = idshield.realm("vendors");
    for body in [
        json!({"error": "USER_NOT_FOUND"}),
        json!({"code": "USER_NOT_FOUND"}),
        json!({"errorCode": "USER_NOT_FOUND"}),
        json!({"error": {"code": "USER_NOT_FOUND", "message": "no"}}),
    ] {
        let user = vendors.user_by_id(body.to_string());
        let error = user.get().await.unwrap_err();
        assert_eq!(error_code(&error), Some(ErrorCode::UserNotFound), "{body}");
        assert!(user.find().await.unwrap().is_none(), "{body}");
    }
    let gateway = json!({"message": "no Route matched with those values"});
    let error = vendors.user_by_id(gateway.to_string()).find().await;
    let error = error.unwrap_err();
    assert_eq!(error.message(), gateway["message"].as_str());
}

#[tokio::test]
async fn attributes_that_are_an_empty_list_are_an_empty_object() {
    let (idshield, _) = connect().await;
    let user = idshield.realm("vendors").user_by_id("listed").get().await;
    assert!(user.unwrap().attributes.unwrap().is_empty());
}

#[tokio::test]
async fn a_failed_login_has_no_code_of_the_service() {
    let (url, _) = start().await;
    let idshield = IdShield::builder(&url)
        .credentials(Credentials::client_secret("user-sync", "s3cret"))
        .build()
        .unwrap();
    let error = idshield.realm("vendors").user_by_id("1").get().await;
    let error = error.unwrap_err();
    assert!(error.is_authentication());
    assert_eq!(error.error_code(), Some("USER_NOT_FOUND"));
    assert_eq!(error_code(&error), None);
    let found = idshield.realm("vendors").user_by_id("1").find().await;
    assert!(found.is_err());
}

#[tokio::test]
async fn handles_are_owned() {
    fn assert_handle<T: Clone + Send + Sync + 'static>(_: &T) {}
    let (idshield, _) = connect().await;
    let realm = idshield.realm("vendors");
    assert_handle(&idshield);
    assert_handle(&realm);
    assert_handle(&realm.users());
    let user = realm.user_by_id("1");
    assert_handle(&user);
    let found = tokio::spawn(async move { user.find().await });
    assert!(found.await.unwrap().unwrap().is_some());
    let shown = format!("{realm:?} {:?}", realm.user_by_id("1").get());
    assert!(!shown.contains("a-token"), "{shown}");
}
