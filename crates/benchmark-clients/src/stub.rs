//! The server of the workloads: it answers at once, with what it has made before.
//!
//! | path | answer |
//! |---|---|
//! | `/realms/..` | a token that lives for [`TOKEN_LIFETIME`] seconds |
//! | `GET /admin/realms/users-N/users?first=..&max=..` | a page of N users |
//! | `GET /admin/realms/..` | one user |
//! | `POST /admin/realms/..` | 201 |
//! | `/delay-5/..` | the same, 5 ms later |
//! | `/counts` | how many calls and token requests there were since the last time |

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode};

use crate::{Result, listener};

/// The largest number of users.
const USERS: usize = 100_000;

/// In seconds: longer than any workload, so that one token request is enough.
const TOKEN_LIFETIME: u32 = 300;

/// Serves until the standard input ends.
pub(crate) async fn serve() -> Result<()> {
    let stub = Arc::new(Stub::new());
    listener::serve(move |request| {
        let stub = Arc::clone(&stub);
        async move { stub.answer(request).await }
    })
    .await
}

struct Stub {
    /// All users in JSON, with a comma after each.
    users: Bytes,
    /// The offset of each user, and the end of the last one.
    begins: Vec<usize>,
    /// Pages that were asked for before, by first and end.
    pages: Mutex<HashMap<(usize, usize), Bytes>>,
    token: Bytes,
    calls: AtomicU64,
    tokens: AtomicU64,
}

impl Stub {
    fn new() -> Self {
        let (mut users, mut begins) = (String::new(), vec![0]);
        for number in 0..USERS {
            users.push_str(&user(number));
            users.push(',');
            begins.push(users.len());
        }
        Self {
            users: users.into(),
            begins,
            pages: Mutex::default(),
            token: token().into(),
            calls: AtomicU64::new(0),
            tokens: AtomicU64::new(0),
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        if body.collect().await.is_err() {
            return plain(StatusCode::BAD_REQUEST);
        }
        let (delay, path) = delay(head.uri.path());
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        if path == "/counts" {
            return json(self.counts());
        }
        if path.starts_with("/realms/") {
            self.tokens.fetch_add(1, Ordering::Relaxed);
            return json(self.token.clone());
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        if head.method == Method::POST {
            return created(path);
        }
        match page(path, head.uri.query()) {
            Some((first, end)) => json(self.page(first, end)),
            None => json(self.one(7)),
        }
    }

    fn counts(&self) -> Bytes {
        let calls = self.calls.swap(0, Ordering::Relaxed);
        let tokens = self.tokens.swap(0, Ordering::Relaxed);
        format!("{{\"calls\":{calls},\"tokens\":{tokens}}}").into()
    }

    fn one(&self, number: usize) -> Bytes {
        self.users
            .slice(self.begins[number]..self.begins[number + 1] - 1)
    }

    fn page(&self, first: usize, end: usize) -> Bytes {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let users = &self.users[self.begins[first]..self.begins[end]];
            let users = users.strip_suffix(b",").unwrap_or(users);
            [b"[", users, b"]"].concat().into()
        };
        pages.entry((first, end)).or_insert_with(make).clone()
    }
}

/// Returns the value of a prefix such as `/delay-5`, and the path after it.
fn delay(path: &str) -> (Option<Duration>, &str) {
    let split = || {
        let rest = path.strip_prefix("/delay-")?;
        let end = rest.find('/')?;
        let delay = Duration::from_millis(rest[..end].parse().ok()?);
        Some((delay, &rest[end..]))
    };
    split().map_or((None, path), |(delay, path)| (Some(delay), path))
}

/// Returns the requested users, from the first until before the end.
fn page(path: &str, query: Option<&str>) -> Option<(usize, usize)> {
    let total = path
        .strip_prefix("/admin/realms/users-")?
        // Some clients end a path with a slash.
        .trim_end_matches('/')
        .strip_suffix("/users")?;
    let total = total.parse::<usize>().ok()?.min(USERS);
    let number = |name| {
        let fields = query.unwrap_or_default().split('&');
        let mut fields = fields.filter_map(|field| field.split_once('='));
        fields.find(|(field, _)| *field == name)?.1.parse().ok()
    };
    let first = number("first").unwrap_or(0).min(total);
    let end = first.saturating_add(number("max").unwrap_or(100));
    Some((first, end.min(total)))
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn json(body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    let media_type = HeaderValue::from_static("application/json;charset=UTF-8");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

fn created(path: &str) -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::CREATED);
    if let Ok(location) = HeaderValue::try_from(format!("http://127.0.0.1{path}/{}", id(7))) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A user with what Keycloak sends of one.
fn user(number: usize) -> String {
    let id = id(number);
    format!(
        "{{\"id\":\"{id}\",\"username\":\"user-{number:06}\",\"firstName\":\"Ali\",\"lastName\":\"Number {number:06}\",\
         \"email\":\"user-{number:06}@example.com\",\"emailVerified\":true,\"attributes\":{{\"department\":[\"research\"],\
         \"locale\":[\"en\"],\"phone\":[\"+49 30 {number:06}\"]}},\"enabled\":true,\"createdTimestamp\":1764000000000,\
         \"totp\":false,\"disableableCredentialTypes\":[],\"requiredActions\":[],\"notBefore\":0,\
         \"access\":{{\"manageGroupMembership\":true,\"resetPassword\":true,\"view\":true,\"mapRoles\":true,\
         \"impersonate\":true,\"manage\":true}}}}"
    )
}

/// As long as one of Keycloak's.
fn token() -> String {
    let token = "e".repeat(1_100);
    format!(
        "{{\"access_token\":\"{token}\",\"expires_in\":{TOKEN_LIFETIME},\"refresh_expires_in\":1800,\"refresh_token\":\"{}\",\
         \"token_type\":\"Bearer\",\"not-before-policy\":0,\"session_state\":\"{}\",\"scope\":\"email profile\"}}",
        "r".repeat(700),
        id(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_of_the_realm_that_is_asked_for() {
        let page = |query| page("/admin/realms/users-250/users", Some(query));
        assert_eq!(page("first=100&max=100"), Some((100, 200)));
        assert_eq!(page("max=100&first=200"), Some((200, 250)));
        assert_eq!(page("first=300&max=100"), Some((250, 250)));
        assert_eq!(page("briefRepresentation=true"), Some((0, 100)));
        assert_eq!(
            super::page("/admin/realms/users-250/users/", None),
            Some((0, 100))
        );
        assert_eq!(super::page("/admin/realms/users-250/users/7", None), None);
    }

    #[test]
    fn a_delay_is_a_prefix() {
        let five = Duration::from_millis(5);
        assert_eq!(delay("/delay-5/admin"), (Some(five), "/admin"));
        assert_eq!(delay("/admin/delay-5/"), (None, "/admin/delay-5/"));
        assert_eq!(delay("/delay-x/admin"), (None, "/delay-x/admin"));
    }

    #[test]
    fn what_is_sent_is_what_the_types_hold() {
        let stub = Stub::new();
        let users = |first, end| {
            let page = stub.page(first, end);
            serde_json::from_slice::<Vec<keycloak_api::types::UserRepresentation>>(&page).unwrap()
        };
        assert_eq!(users(3, 3).len(), 0);
        let page = users(99_998, USERS);
        assert_eq!(page.len(), 2);
        assert_eq!(page[1].id.as_deref(), Some(id(99_999).as_str()));
        let large = stub.page(0, 20_000).len();
        assert!((10_000_000..11_000_000).contains(&large), "{large}");
    }
}
