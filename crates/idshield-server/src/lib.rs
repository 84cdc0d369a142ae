//! IDShield's user API on a real Keycloak, through `keycloak-admin`: what a small service looks like that stands on it.
//!
//! The service has no rights of its own: it acts on Keycloak with the token of its caller. So nobody can do more through it than
//! without it, and it keeps no secret. (A client for each call costs a connection each; a service with many calls keeps one with a
//! service account, and decides itself what its callers may do.)

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

/// The service, on the Keycloak at this address.
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
    let realm = required(new.realm, "realm")?;
    let user = UserRepresentation {
        username: Some(required(new.username, "username")?),
        email: Some(required(new.email, "email")?),
        enabled: Some(required(new.enabled, "enabled")?),
        first_name: new.first_name,
        last_name: new.last_name,
        ..Default::default()
    };
    let keycloak = connect(&keycloak_url, &headers)?;
    let realm = keycloak.realm(&realm);
    let id = match realm.users().create(&user).await {
        Ok(id) => id,
        Err(error) if error.is_not_found() => return Err(Failure::realm_not_found()),
        Err(error) if error.is_conflict() => return Err(conflict(realm, &user, error).await),
        Err(error) => return Err(error.into()),
    };
    // As it is now: Keycloak writes names and addresses in lower case.
    let made = realm.users().id(&id).get().await?;
    Ok((StatusCode::CREATED, Json(shown(made))))
}

/// Whose fault a conflict is: the username's, or that of the e-mail address of another user.
async fn conflict(realm: Realm<'_>, user: &UserRepresentation, error: Error) -> Failure {
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

/// What a user is looked for by.
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
    let realm = required(wanted.realm, "realm")?;
    let keycloak = connect(&keycloak_url, &headers)?;
    let realm = keycloak.realm(&realm);
    let users = realm.users();
    let found = match (wanted.id.as_deref(), wanted.name.as_deref()) {
        (None, None) => return Err(Failure::invalid("one of id and name has to be there")),
        (Some(id), None) => users.id(id).find().await?,
        (None, Some(name)) => match users.find_by_username(name).await {
            Err(error) if error.is_not_found() => None,
            found => found?,
        },
        (Some(id), Some(name)) => {
            let user = users.id(id).find().await?;
            user.filter(|user| user.username.as_deref() == Some(name))
        }
    };
    match found {
        Some(user) => Ok(Json(shown(user))),
        // Keycloak says "not found" of a realm as well.
        None if realm.find().await?.is_none() => Err(Failure::realm_not_found()),
        None => Err(Failure {
            status: StatusCode::NOT_FOUND,
            code: Some(ErrorCode::UserNotFound),
            message: "the user does not exist in the realm".to_owned(),
        }),
    }
}

/// Keycloak, as the caller.
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

/// A user of Keycloak in IDShield's words.
fn shown(user: UserRepresentation) -> User {
    User {
        id: user.id,
        username: user.username,
        email: user.email,
        first_name: user.first_name,
        last_name: user.last_name,
        email_verified: user.email_verified,
        enabled: user.enabled,
        attributes: user.attributes.map(attributes),
    }
}

/// An attribute with one value is that value, one with several is a list. A value that is a flag, a list or an object in JSON is that;
/// what only looks like a number, such as a telephone number, stays a text.
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

/// An answer that is an error.
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

/// What Keycloak refuses, it has refused to the caller; what did not work between here and there is a bad gateway.
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
        let body = Body {
            error: self.code,
            error_description: Some(self.message),
        };
        (self.status, Json(body)).into_response()
    }
}
