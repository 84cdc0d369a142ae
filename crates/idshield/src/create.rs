//! Creating a user, also if it may exist already.

use std::future::IntoFuture;
use std::time::Duration;

use idshield_api::types;
use idshield_api::users::{CreateUser, GetUser};
use keycloak_session::{ApiCall as _, BoxFuture, Ensured, Error, ErrorKind, Response, RetryPolicy};

use crate::{ErrorCode, Realm, error_code};

/// A user to be created, with everything that the service requires.
#[derive(Clone, Debug)]
#[must_use]
pub struct NewUser(types::NewUser);

impl NewUser {
    /// Makes a user who can log in at once.
    pub fn new(username: impl Into<String>, email: impl Into<String>) -> Self {
        let user = types::NewUser::new()
            .with_username(username)
            .with_email(email)
            .with_enabled(true);
        Self(user)
    }

    /// Sets the first name.
    pub fn with_first_name(self, name: impl Into<String>) -> Self {
        Self(self.0.with_first_name(name))
    }

    /// Sets the last name.
    pub fn with_last_name(self, name: impl Into<String>) -> Self {
        Self(self.0.with_last_name(name))
    }

    /// Sets whether the account can be used. The default is `true`.
    pub fn with_enabled(self, enabled: bool) -> Self {
        Self(self.0.with_enabled(enabled))
    }
}

/// A call that creates a user, from [`Users::create`](crate::Users::create). Awaiting it sends it and returns the user.
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct Create {
    call: CreateUser,
    /// Gets the existing user, for [`exist_ok`](Self::exist_ok).
    get: GetUser,
    username: String,
}

impl Create {
    pub(crate) fn new(realm: &Realm, user: &NewUser) -> Self {
        let username = user.0.username.clone().unwrap_or_default();
        let body = user.0.clone().with_realm(realm.name());
        Self {
            call: realm.api().create_user().body(body),
            get: realm.user_by_name(&username).get(),
            username,
        }
    }

    /// Treats an existing user of this name as success, leaves it unchanged and returns it. `POST /users`, then `GET /user` if it exists
    pub fn exist_ok(self) -> CreateOrGet {
        CreateOrGet(self)
    }

    /// Sets a header of this call and replaces its earlier value. No log and no `Debug` shows the value.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let (name, value) = (name.as_ref(), value.as_ref());
        self.call = self.call.header(name, value);
        self.get = self.get.header(name, value);
        self
    }

    /// Sets how long this call may take in all, instead of the session's timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.timeout(timeout);
        self.get = self.get.timeout(timeout);
        self
    }

    /// Sets the retry policy of this call, instead of the session's.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call = self.call.retry(policy.clone());
        self.get = self.get.retry(policy);
        self
    }

    /// Sets how many bytes the answer may have, instead of the session's limit.
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.call = self.call.max_body_bytes(limit);
        self.get = self.get.max_body_bytes(limit);
        self
    }

    /// Sends the call and returns the status and the headers with the user.
    pub async fn send(self) -> Result<Response<types::User>, Error> {
        self.call.send().await
    }
}

impl IntoFuture for Create {
    type Output = Result<types::User, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.call.into_future()
    }
}

/// A call that creates a user or gets the existing one, from [`Create::exist_ok`]. Awaiting it sends it.
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct CreateOrGet(Create);

impl CreateOrGet {
    /// Sets a header of both requests and replaces its earlier value. No log and no `Debug` shows the value.
    pub fn header(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        Self(self.0.header(name, value))
    }

    /// Sets how long each of the two requests may take in all, instead of the session's timeout.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self(self.0.timeout(timeout))
    }

    /// Sets the retry policy of both requests, instead of the session's.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        Self(self.0.retry(policy))
    }

    /// Sets how many bytes each of the two answers may have, instead of the session's limit.
    pub fn max_body_bytes(self, limit: usize) -> Self {
        Self(self.0.max_body_bytes(limit))
    }

    async fn run(self) -> Result<Ensured<types::User>, Error> {
        let Create {
            call,
            get,
            username,
        } = self.0;
        let operation = call.request().info().id();
        match call.await {
            Ok(user) => return Ok(Ensured::Created(user)),
            Err(error) if error_code(&error) == Some(ErrorCode::UsernameExists) => {}
            Err(error) => return Err(error),
        }
        let user = get.await?;
        // Keycloak keeps usernames in lower case.
        let name = user.username.as_deref().unwrap_or_default();
        if name.to_lowercase() == username.to_lowercase() {
            Ok(Ensured::Existing(user))
        } else {
            let message = "the existing user has another name";
            Err(Error::new(ErrorKind::Conflict, message).with_operation(operation))
        }
    }
}

impl IntoFuture for CreateOrGet {
    type Output = Result<Ensured<types::User>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
