//! IDShield's user API on a real Keycloak, through `keycloak-admin`. It is an example of a small service on top of that crate.
//!
//! The service has no rights of its own: it acts on Keycloak with the token of its caller. So it allows nobody more than Keycloak does,
//! and it keeps no secret. A client for each call costs a connection for each call. A service with many calls keeps one client with a
//! service account, and decides itself what its callers may do.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use idshield_api::types::{ErrorCode, Failure as Body, NewUser, User};
use keycloak_admin::types::UserRepresentation;
use keycloak_admin::{Credentials, Error, Keycloak, Realm};
use serde::Deserialize;
use serde_json::Value;

/// Makes the service on the Keycloak at this address.
pub fn router(keycloak_url: &str) -> Router {
    Router::new()
        .route("/users", post(create))
        .route("/user", get(read))
        .with_state(Arc::from(keycloak_url))
}

/// `POST /users`
async fn create(
    State(keycloak_url): State<Arc<str>>,
    headers: HeaderMap,
    body: Result<Json<NewUser>, JsonRejection>,
) -> Result<(StatusCode, Json<User>), Failure> {
    let Json(new) = body.map_err(|rejection| Failure::invalid(rejection.body_text()))?;
    let realm = path_value(required(new.realm, "realm")?, "realm")?;
    let mut user = UserRepresentation::new()
        .with_username(required(new.username, "username")?)
        .with_email(required(new.email, "email")?)
        .with_enabled(required(new.enabled, "enabled")?);
    user.first_name = new.first_name;
    user.last_name = new.last_name;
    let realm = connect(&keycloak_url, &headers)?.realm(realm);
    let id = match realm.users().create(&user).await {
        Ok(id) => id,
        Err(error) if error.is_not_found() => return Err(Failure::realm_not_found()),
        Err(error) if error.is_conflict() => return Err(conflict(&realm, &user, error).await),
        Err(error) => return Err(error.into()),
    };
    // Keycloak writes names and addresses in lower case, so the answer is the user as Keycloak has it.
    let created = realm.user(&id).get().await?;
    Ok((StatusCode::CREATED, Json(to_idshield(created))))
}

/// Says whether the username caused a conflict, or the e-mail address of another user.
async fn conflict(realm: &Realm, user: &UserRepresentation, error: Error) -> Failure {
    let username = user.username.as_deref().unwrap_or_default();
    match realm.users().find_by_username(username).await {
        Ok(Some(_)) => Failure {
            status: StatusCode::CONFLICT,
            code: Some(ErrorCode::UsernameExists),
            message: "a user of this name exists in the realm".to_owned(),
        },
        Ok(None) => error.into(),
        Err(error) => error.into(),
    }
}

/// The query of `GET /user`.
#[derive(Deserialize)]
struct Wanted {
    realm: Option<String>,
    id: Option<String>,
    name: Option<String>,
}

/// `GET /user`
async fn read(
    State(keycloak_url): State<Arc<str>>,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<User>, Failure> {
    let Query(wanted) = wanted.map_err(|rejection| Failure::invalid(rejection.body_text()))?;
    let realm = path_value(required(wanted.realm, "realm")?, "realm")?;
    let id = wanted.id.map(|id| path_value(id, "id")).transpose()?;
    if wanted.name.as_deref() == Some("") {
        return Err(Failure::invalid("name may not be empty"));
    }
    let realm = connect(&keycloak_url, &headers)?.realm(realm);
    let found = match (id.as_deref(), wanted.name.as_deref()) {
        (None, None) => return Err(Failure::invalid("one of id and name has to be there")),
        (Some(id), None) => realm.user(id).get().optional().await?,
        (None, Some(name)) => match realm.users().find_by_username(name).await {
            Err(error) if error.is_not_found() => None,
            found => found?,
        },
        (Some(id), Some(name)) => {
            let user = realm.user(id).get().optional().await?;
            user.filter(|user| is_called(user, name))
        }
    };
    match found {
        Some(user) => Ok(Json(to_idshield(user))),
        // Keycloak answers 404 if the realm does not exist, too.
        None if realm.get().optional().await?.is_none() => Err(Failure::realm_not_found()),
        None => Err(Failure {
            status: StatusCode::NOT_FOUND,
            code: Some(ErrorCode::UserNotFound),
            message: "the user does not exist in the realm".to_owned(),
        }),
    }
}

/// Returns whether a user has this name. Keycloak writes usernames in lower case, and finds them by any case.
fn is_called(user: &UserRepresentation, name: &str) -> bool {
    let username = user.username.as_deref();
    username.is_some_and(|username| username.to_lowercase() == name.to_lowercase())
}

/// Connects to Keycloak as the caller.
fn connect(url: &str, headers: &HeaderMap) -> Result<Keycloak, Failure> {
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .ok_or_else(|| Failure {
            status: StatusCode::UNAUTHORIZED,
            code: None,
            message: "a bearer token has to be there".to_owned(),
        })?;
    let credentials = Credentials::token(token);
    Ok(Keycloak::builder(url).credentials(credentials).build()?)
}

fn required<T>(value: Option<T>, name: &str) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::invalid(format!("{name} has to be there")))
}

/// Checks a value that becomes a segment of a path. No URL holds an empty or a dot segment.
fn path_value(value: String, name: &str) -> Result<String, Failure> {
    if matches!(value.as_str(), "" | "." | "..") {
        return Err(Failure::invalid(format!(
            "{name} may not be empty, `.` or `..`"
        )));
    }
    Ok(value)
}

/// Converts a user of Keycloak to one of IDShield.
fn to_idshield(from: UserRepresentation) -> User {
    let mut user = User::new();
    user.id = from.id;
    user.username = from.username;
    user.email = from.email;
    user.first_name = from.first_name;
    user.last_name = from.last_name;
    user.email_verified = from.email_verified;
    user.enabled = from.enabled;
    user.attributes = from.attributes.map(attributes);
    user
}

/// Converts attributes to JSON. An attribute with one value becomes that value, one with several values a list. A text that is a JSON flag,
/// list or object becomes that. A text that is a number in JSON, such as a telephone number, stays a text.
fn attributes(attributes: BTreeMap<String, Vec<String>>) -> serde_json::Map<String, Value> {
    let value = |text: String| match serde_json::from_str(&text) {
        Ok(value @ (Value::Bool(_) | Value::Array(_) | Value::Object(_))) => value,
        _ => Value::String(text),
    };
    attributes
        .into_iter()
        .map(|(name, mut texts)| match texts.pop() {
            Some(text) if texts.is_empty() => (name, value(text)),
            Some(last) => {
                texts.push(last);
                (name, texts.into_iter().map(value).collect())
            }
            None => (name, Value::Array(Vec::new())),
        })
        .collect()
}

/// An answer with an error status.
struct Failure {
    status: StatusCode,
    code: Option<ErrorCode>,
    message: String,
}

impl Failure {
    fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: Some(ErrorCode::InvalidRequest),
            message: message.into(),
        }
    }

    fn realm_not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: Some(ErrorCode::RealmNotFound),
            message: "the realm does not exist".to_owned(),
        }
    }
}

/// A client error of Keycloak becomes the answer to the caller. Any other failure becomes 502.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = error
            .status()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .filter(StatusCode::is_client_error);
        Self {
            status: status.unwrap_or(StatusCode::BAD_GATEWAY),
            code: error.is_bad_request().then_some(ErrorCode::InvalidRequest),
            message: status
                .and(error.message())
                .unwrap_or("Keycloak cannot be reached, or failed")
                .to_owned(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut body = Body::new().with_error_description(self.message);
        body.error = self.code;
        (self.status, Json(body)).into_response()
    }
}
