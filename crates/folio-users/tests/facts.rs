//! Answers of mod-users-keycloak and of the gateways before it that the document lacks. Status, media type and body of each answer come from a
//! stub.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use folio_users::types::{ErrorCode, User};
use folio_users::{
    Cql, Credentials, Ensured, Error, ErrorKind, Folio, Tenant, error_code, error_message,
    permission_names,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const ID: &str = "9e3b5a7c-1d2f-4c60-8b1a-2f0c6d7e8f90";
const OTHER: &str = "0a0a0a0a-1d2f-4c60-8b1a-2f0c6d7e8f90";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain;charset=UTF-8";

/// The answer to a request: method, path, status, media type, body.
type Answer = (Method, String, u16, &'static str, String);

/// A server with an answer for each request that it knows, and the requests that it got.
#[derive(Clone, Default)]
struct Stub {
    answers: Arc<Mutex<Vec<Answer>>>,
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Stub {
    async fn start() -> (Tenant, Self) {
        let stub = Self::default();
        let answers = stub.clone();
        let answer =
            async move |method: Method, uri: Uri, body: Bytes| answers.answer(&method, &uri, &body);
        let router = Router::new().fallback(answer);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let builder = Folio::builder(&url).credentials(Credentials::token("a-token"));
        (builder.build().unwrap().tenant("diku"), stub)
    }

    /// Sets the answer to a request, in place of an earlier one.
    fn set(&self, request: &str, status: u16, media_type: &'static str, body: impl Into<String>) {
        let (method, path) = request.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let path = format!("/users-keycloak{path}");
        let mut answers = self.answers.lock().unwrap();
        answers.retain(|old| (&old.0, &old.1) != (&method, &path));
        answers.push((method, path, status, media_type, body.into()));
    }

    fn answer(&self, method: &Method, uri: &Uri, body: &Bytes) -> (StatusCode, HeaderMap, String) {
        let body = String::from_utf8(body.to_vec()).unwrap();
        let request = format!("{method} {}", uri.path());
        self.seen.lock().unwrap().push((request, body));
        let answers = self.answers.lock().unwrap();
        let (.., status, media_type, body) = answers
            .iter()
            .find(|known| (&known.0, known.1.as_str()) == (method, uri.path()))
            .expect("an answer to this request");
        let mut headers = HeaderMap::new();
        if !media_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, media_type.parse().unwrap());
        }
        (
            StatusCode::from_u16(*status).unwrap(),
            headers,
            body.clone(),
        )
    }

    fn seen(&self) -> Vec<String> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        seen.into_iter().map(|(request, _)| request).collect()
    }
}

/// An error of the service.
fn error(code: &str) -> String {
    let error = json!({"errors": [{"message": "Not Found", "type": "T", "code": code}], "total_records": 1});
    error.to_string()
}

/// The 404 of a gateway that has no route to the service.
const NO_ROUTE: &str = r#"{"message":"no Route matched with those values"}"#;

#[tokio::test]
async fn permissions_of_oneself_are_names_or_objects() {
    let (tenant, stub) = Stub::start().await;
    let answer = |permissions: Value| {
        let permissions = json!({"userId": ID, "permissions": permissions});
        json!({"user": {"id": ID}, "permissions": permissions}).to_string()
    };
    stub.set("GET /_self", 200, JSON, answer(json!(["a.get", "b.all"])));
    let myself = tenant.get_current_user().await.unwrap();
    assert_eq!(permission_names(&myself), ["a.get", "b.all"]);
    assert!(myself.patron_group.is_none() && myself.proxies_for.is_none());

    let expanded = json!([{"permissionName": "a.get"}, {"permissionName": "b.all"}]);
    stub.set("GET /_self", 200, JSON, answer(expanded));
    let myself = tenant.get_current_user().expand_permissions(true).await;
    assert_eq!(permission_names(&myself.unwrap()), ["a.get", "b.all"]);

    stub.set(
        "GET /_self",
        200,
        JSON,
        json!({"user": {"id": ID}}).to_string(),
    );
    let myself = tenant.get_current_user().await.unwrap();
    assert!(permission_names(&myself).is_empty());
}

#[tokio::test]
async fn operations_without_an_implementation_are_errors_in_spite_of_their_page() {
    let (tenant, stub) = Stub::start().await;
    let page = json!({"users": [{"username": "jhandey", "id": ID}], "totalRecords": 1});
    stub.set("GET /users", 501, JSON, page.to_string());
    stub.set("DELETE /users", 501, JSON, "");
    let users = tenant.users();
    let errors: [Error; 4] = [
        users.list().await.unwrap_err(),
        users.list().try_collect().await.unwrap_err(),
        users.count(&Cql::all()).await.unwrap_err(),
        users.delete_all(&Cql::all()).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Status, Some(501))
        );
        // It is not sent again: it fails each time.
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test]
async fn a_taken_username_gives_the_existing_user() {
    let (tenant, stub) = Stub::start().await;
    let users = tenant.users();
    let ann = User::new()
        .with_id(ID)
        .with_username("ann")
        .with_barcode("7");
    let existing = json!({"id": OTHER, "username": "ann"});
    stub.set("POST /users", 201, JSON, existing.to_string());
    let Ensured::Existing(user) = users.create_or_get(&ann).await.unwrap() else {
        panic!("it is another user");
    };
    assert_eq!((user.id.as_deref(), user.barcode), (Some(OTHER), None));

    let created = json!({"id": ID.to_uppercase(), "username": "ann", "barcode": "7"});
    stub.set("POST /users", 201, JSON, created.to_string());
    let user = users.create_or_get(&ann).await.unwrap();
    assert!(user.is_created());
    assert_eq!(stub.seen().len(), 2);

    let unnamed = users.create_or_get(&User::new().with_username("ann")).await;
    let unnamed = unnamed.unwrap_err();
    assert_eq!(unnamed.kind(), ErrorKind::InvalidRequest);
    assert_eq!(unnamed.operation(), Some("create_user"));
    assert!(stub.seen().is_empty());
}

#[tokio::test]
async fn a_deletion_of_nothing_is_told_by_looking_first() {
    let (tenant, stub) = Stub::start().await;
    let (user, path) = (tenant.user(ID), format!("/users/{ID}"));
    let (get, delete) = (format!("GET {path}"), format!("DELETE {path}"));
    stub.set(&delete, 204, "", "");
    stub.set(&get, 404, JSON, error("not_found_error"));
    assert!(!user.delete_if_exists().await.unwrap());
    let sent = [&get, &delete].map(|request| request.replace(" /", " /users-keycloak/"));
    assert_eq!(stub.seen(), sent);

    stub.set(&get, 200, JSON, json!({"id": ID}).to_string());
    assert!(user.delete_if_exists().await.unwrap());
    // Somebody else was faster.
    stub.set(&delete, 404, JSON, error("not_found_error"));
    assert!(user.delete_if_exists().await.unwrap());
    stub.set(&delete, 404, JSON, NO_ROUTE);
    assert!(user.delete_if_exists().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_change_keeps_what_the_types_do_not_know() {
    let (tenant, stub) = Stub::start().await;
    let (get, put) = (format!("GET /users/{ID}"), format!("PUT /users/{ID}"));
    let stored = json!({"id": ID, "username": "ann", "active": true, "ofTomorrow": {"a": 1}});
    stub.set(&get, 200, JSON, stored.to_string());
    stub.set(&put, 204, "", "");
    let user = tenant.user(ID);
    user.modify(|user| user.active = Some(true)).await.unwrap();
    assert_eq!(stub.seen().len(), 1, "nothing was changed");
    user.modify(|user| user.active = Some(false)).await.unwrap();
    let sent: Value = serde_json::from_str(&stub.seen.lock().unwrap()[1].1).unwrap();
    assert_eq!(
        sent,
        json!({"id": ID, "username": "ann", "active": false, "ofTomorrow": {"a": 1}})
    );
}

#[tokio::test]
async fn a_link_to_another_central_tenant_is_refused_in_plain_text() {
    let (tenant, stub) = Stub::start().await;
    let text = "Central tenant id is not the tenant of the request";
    stub.set("POST /idp-migrations", 400, TEXT, format!("{text}\n"));
    let refused = tenant
        .idp_migrations()
        .link("central", [ID])
        .await
        .unwrap_err();
    assert!(refused.is_bad_request());
    assert_eq!(error_message(&refused), Some(text));
    assert_eq!(error_code(&refused), None);
    // The body is for the caller alone: logs show errors.
    assert!(!format!("{refused} {refused:?}").contains(text));

    for (media_type, body) in [("text/html", "<p>Bad"), ("text/plain", " "), ("", "")] {
        stub.set("POST /idp-migrations", 400, media_type, body);
        let refused = tenant.idp_migrations().link("central", [ID]).await;
        assert_eq!(error_message(&refused.unwrap_err()), None, "{media_type}");
    }
    stub.set("POST /idp-migrations", 204, "", "");
    tenant.idp_migrations().link("diku", [ID]).await.unwrap();
    let seen = stub.seen.lock().unwrap();
    let sent: Value = serde_json::from_str(&seen.last().unwrap().1).unwrap();
    assert_eq!(sent, json!({"centralTenantId": "diku", "userIds": [ID]}));
}

#[tokio::test]
async fn a_reset_link_for_an_unknown_user_has_a_code() {
    let (tenant, stub) = Stub::start().await;
    stub.set(
        "POST /password-reset/link",
        422,
        JSON,
        error("user.not-found"),
    );
    let refused = tenant.passwords().create_reset_link(ID).await.unwrap_err();
    assert_eq!(refused.status(), Some(422));
    assert_eq!(error_code(&refused), Some(ErrorCode::UserNotFound));
    assert_eq!(error_message(&refused), Some("Not Found"));
}

#[tokio::test]
async fn codes_tell_errors_of_one_status_apart() {
    let (tenant, stub) = Stub::start().await;
    for (sent, code) in [
        ("found_error", ErrorCode::FoundError),
        ("user.absent-username", ErrorCode::UserAbsentUsername),
        ("link.used", ErrorCode::LinkUsed),
        ("link.expired", ErrorCode::LinkExpired),
        ("link.invalid", ErrorCode::LinkInvalid),
        ("a.newer-code", ErrorCode::from("a.newer-code")),
    ] {
        stub.set("POST /password-reset/validate", 422, JSON, error(sent));
        let refused = tenant.passwords().validate_link().await.unwrap_err();
        assert_eq!(error_code(&refused), Some(code));
    }
}

#[tokio::test]
async fn an_account_that_exists_is_not_created_again() {
    let (tenant, stub) = Stub::start().await;
    let create = format!("POST /auth-users/{ID}");
    stub.set(&create, 201, "", "");
    let user = tenant.user(ID);
    assert!(user.create_auth_user().await.unwrap().is_created());
    stub.set(&create, 204, "", "");
    assert!(!user.create_auth_user().await.unwrap().is_created());
}

#[tokio::test]
async fn only_the_services_own_404_means_absent() {
    let (tenant, stub) = Stub::start().await;
    let user = tenant.user(ID);
    let get = format!("GET /users/{ID}");
    let check = format!("GET /auth-users/{ID}");
    stub.set(&get, 404, JSON, error("not_found_error"));
    stub.set(&check, 404, JSON, error("not_found_error"));
    assert!(user.find().await.unwrap().is_none());
    assert!(!user.has_auth_user().await.unwrap());

    for (media_type, body) in [
        (JSON, NO_ROUTE.to_owned()),
        (JSON, error("service_error")),
        (JSON, "{}".to_owned()),
        ("text/html", "<html>404".to_owned()),
    ] {
        stub.set(&get, 404, media_type, &body);
        stub.set(&check, 404, media_type, &body);
        let errors = [
            user.find().await.unwrap_err(),
            user.has_auth_user().await.unwrap_err(),
            user.delete_if_exists().await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.status(), Some(404), "{body}");
        }
    }
    // Nothing was deleted, because no service was reached.
    assert!(stub.seen().iter().all(|request| request.starts_with("GET")));

    stub.set(&check, 204, "", "");
    assert!(user.has_auth_user().await.unwrap());
    // The check alone has no body in its 404.
    stub.set(&check, 404, "", "");
    assert!(!user.has_auth_user().await.unwrap());
    stub.set(&get, 404, "", "");
    assert!(user.find().await.unwrap_err().is_not_found());
}
