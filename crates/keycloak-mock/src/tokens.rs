//! The token endpoint of every realm.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The token endpoint of the server. It is the same for every realm, and gives a token for any credentials. For a password or a refresh
/// token it also gives a refresh token, as Keycloak does.
///
/// A call without a token, or with one that is no longer valid, is answered with 401.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<State>);

#[derive(Default)]
struct State {
    requests: usize,
    lifetime: Option<Duration>,
    refusal: Option<(String, String)>,
    issued: Vec<String>,
    expired: HashSet<String>,
}

/// The tokens are worth nothing, but a test that prints them would look as if they were.
impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("requests", &self.requests)
            .field("lifetime", &self.lifetime)
            .field("issued", &self.issued.len())
            .finish_non_exhaustive()
    }
}

impl Tokens {
    /// Returns the number of requests to the token endpoint, with the refused ones.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.state().requests
    }

    /// Sets the lifetime of new tokens, in whole seconds. The default is five minutes.
    pub fn set_lifetime(&self, lifetime: Duration) {
        self.state().lifetime = Some(lifetime);
    }

    /// Makes every token so far invalid. A call with such a token gets a 401.
    pub fn expire(&self) {
        let state = &mut *self.state();
        state.expired.extend(state.issued.drain(..));
    }

    /// Refuses all logins from now on, with this OAuth error and this description, such as `invalid_client` and
    /// `Invalid client or Invalid client credentials`.
    pub fn refuse(&self, error: &str, description: &str) {
        self.state().refusal = Some((error.to_owned(), description.to_owned()));
    }

    /// Gives tokens again after [`refuse`](Self::refuse).
    pub fn accept(&self) {
        self.state().refusal = None;
    }

    /// Answers a token request.
    pub(crate) fn answer(&self, form: &Bytes) -> (StatusCode, Value) {
        let mut state = self.state();
        state.requests += 1;
        if let Some((error, description)) = &state.refusal {
            let body = json!({ "error": error, "error_description": description });
            let is_client = error == "invalid_client" || error == "unauthorized_client";
            let status = if is_client {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::BAD_REQUEST
            };
            return (status, body);
        }
        let number = state.requests;
        let access_token = format!("mock-access-token-{number}");
        state.issued.push(access_token.clone());
        let lifetime = state.lifetime.unwrap_or(Duration::from_secs(300)).as_secs();
        let mut token = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": lifetime,
            "refresh_expires_in": 0,
        });
        let has_session = url::form_urlencoded::parse(form).any(|(name, value)| {
            name == "grant_type" && (value == "password" || value == "refresh_token")
        });
        if has_session {
            token["refresh_token"] = format!("mock-refresh-token-{number}").into();
            token["refresh_expires_in"] = 1800.into();
        }
        (StatusCode::OK, token)
    }

    /// Returns whether a call with this `Authorization` header is let in.
    pub(crate) fn admits(&self, authorization: Option<&str>) -> bool {
        let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| !self.state().expired.contains(token))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
