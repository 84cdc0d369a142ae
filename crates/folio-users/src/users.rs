//! Users, and their accounts in Keycloak.

use std::future::IntoFuture;
use std::time::Duration;

use folio_users_api::auth_user;
use folio_users_api::types;
use folio_users_api::users::{
    CreateUser, DeleteUser, DeleteUsers, FindPermissions, GetUser, ListUsers, UpdateUser,
};
use keycloak_session::{ApiCall as _, BoxFuture, Ensured, Error, Response, RetryPolicy};

use serde_json::Value;

use crate::error::unless_absent;
use crate::{Cql, Tenant, modify};

/// The users of a tenant, from [`Tenant::users`].
#[derive(Clone, Debug)]
pub struct Users {
    tenant: Tenant,
}

impl Users {
    pub(crate) fn new(tenant: Tenant) -> Self {
        Self { tenant }
    }

    /// Lists the users. `GET /users-keycloak/users`
    ///
    /// **mod-users-keycloak does not implement it**: it answers 501 with an invented page, which is an error. mod-users lists users:
    /// `GET /users` at the same address, with the same CQL.
    ///
    /// Select with `.query(..)`, which takes a [`Cql`]. Awaiting the call gives one page, with the number of all users in `total_records`.
    /// `.limit(..)` sets how many users a page has: 10 by default, at most 500. `.stream()` and `.try_collect()` read all pages, and
    /// `.limit(..)` is the number of users in all then. A list that is longer than a page needs an order: see [`Cql::sort_by`].
    ///
    /// ```no_run
    /// use folio_users::Cql;
    ///
    /// # async fn run(tenant: folio_users::Tenant) -> Result<(), folio_users::Error> {
    /// let staff = Cql::exact("type", "staff").sort_by("username");
    /// match tenant.users().list().query(&staff).limit(20).await {
    ///     Err(error) if error.status() == Some(501) => println!("ask mod-users"),
    ///     page => println!("20 of {:?}", page?.total_records),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> ListUsers {
        self.tenant
            .api()
            .list_users()
            .x_okapi_tenant(self.tenant.name())
    }

    /// Counts the users that a query selects. `GET /users-keycloak/users`
    ///
    /// mod-users-keycloak answers 501, as it does to [`list`](Self::list). mod-users counts users: `GET /users?limit=0`.
    pub async fn count(&self, query: &Cql) -> Result<u64, Error> {
        let page = self.list().query(query).limit(0).await?;
        Ok(page.total_records.unwrap_or_default().unsigned_abs())
    }

    /// Creates a user and the account in Keycloak, and returns the user with its id. `POST /users-keycloak/users`
    ///
    /// The account needs a username. `.keycloak_only(true)` creates the account alone. If the username is taken, the service answers with
    /// the existing user, and ignores the other fields: [`create_or_get`](Self::create_or_get) tells the two apart.
    pub fn create(&self, user: &types::User) -> CreateUser {
        self.tenant
            .api()
            .create_user()
            .x_okapi_tenant(self.tenant.name())
            .body(user)
    }

    /// Creates a user with an id, or gets the existing user of the same username. `POST /users-keycloak/users`
    ///
    /// It compares the id of the answer with the id that was sent. With another id, the user is an existing one and unchanged. With the
    /// same id, it was created by this call or an earlier one. A user without an id is refused, because nothing could be compared.
    ///
    /// ```no_run
    /// use folio_users::types::User;
    ///
    /// # async fn run(tenant: folio_users::Tenant) -> Result<(), folio_users::Error> {
    /// let ann = User::new().with_id("9e3b5a7c-1d2f-4c60-8b1a-2f0c6d7e8f90").with_username("ann");
    /// let ann = tenant.users().create_or_get(&ann).await?;
    /// println!("new: {}, id: {:?}", ann.is_created(), ann.into_inner().id);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_or_get(&self, user: &types::User) -> Result<Ensured<types::User>, Error> {
        let call = self.create(user);
        let Some(id) = user.id.as_deref() else {
            let operation = call.request().info().id();
            let message =
                "the user has no id, so a new user could not be told from an existing one";
            return Err(Error::invalid_request(Some(operation), message));
        };
        let answer = call.await?;
        let is_same = |other: &str| other.eq_ignore_ascii_case(id);
        Ok(if answer.id.as_deref().is_some_and(is_same) {
            Ensured::Created(answer)
        } else {
            Ensured::Existing(answer)
        })
    }

    /// Deletes **all** users that a query selects. Proxy relations that refer to them stay. `DELETE /users-keycloak/users`
    ///
    /// **mod-users-keycloak does not implement it**: it answers 501. mod-users deletes users (`DELETE /users?query=..`), but not their
    /// accounts in Keycloak. [`User::delete`] deletes both.
    pub fn delete_all(&self, query: &Cql) -> DeleteUsers {
        self.tenant
            .api()
            .delete_users()
            .x_okapi_tenant(self.tenant.name())
            .query(query)
    }
}

/// One user of a tenant, from [`Tenant::user`].
#[derive(Clone, Debug)]
pub struct User {
    tenant: Tenant,
    id: String,
}

impl User {
    pub(crate) fn new(tenant: Tenant, id: String) -> Self {
        Self { tenant, id }
    }

    /// Returns the user's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Gets the user. `GET /users-keycloak/users/{id}`
    pub fn get(&self) -> GetUser {
        self.tenant
            .api()
            .get_user()
            .x_okapi_tenant(self.tenant.name())
            .id(&self.id)
    }

    /// Gets the user, or `None` if it does not exist. `GET /users-keycloak/users/{id}`
    ///
    /// Only a 404 with the service's code `not_found_error` means that the user does not exist. Any other 404 comes from a gateway, which
    /// found no service at this address, and is an error. `.get().optional()` does not tell the two apart.
    pub async fn find(&self) -> Result<Option<types::User>, Error> {
        unless_absent(self.get().await)
    }

    /// Replaces the user. A field that is not set is removed, and so are fields of a newer service that the types do not know.
    /// `PUT /users-keycloak/users/{id}`
    ///
    /// [`modify`](Self::modify) changes a part, and keeps the others.
    pub fn update(&self, user: &types::User) -> UpdateUser {
        self.put().body(user)
    }

    /// Gets the user, changes it and writes it back whole, with the fields that the types do not know. If nothing is changed, nothing is
    /// written. `GET` and `PUT /users-keycloak/users/{id}`
    ///
    /// A change that another program makes between the two requests is lost. An item of a list keeps its unknown fields if it has an `id`, or is
    /// not changed.
    pub async fn modify(&self, change: impl FnOnce(&mut types::User) + Send) -> Result<(), Error> {
        let read = self.get().into_request().send_json::<Value>().await?;
        let mut put = self.put().into_request();
        if let Some(json) = modify::change(read.into_inner(), put.info().id(), change)? {
            put.set_json(&json);
            put.send_empty().await?;
        }
        Ok(())
    }

    fn put(&self) -> UpdateUser {
        self.tenant
            .api()
            .update_user()
            .x_okapi_tenant(self.tenant.name())
            .id(&self.id)
    }

    /// Deletes the user, the account in Keycloak and the roles. `DELETE /users-keycloak/users/{id}`
    ///
    /// The service answers 204 also if the user does not exist.
    pub fn delete(&self) -> DeleteUser {
        self.tenant
            .api()
            .delete_user()
            .x_okapi_tenant(self.tenant.name())
            .id(&self.id)
    }

    /// Deletes the user and returns whether it existed. `GET` and `DELETE /users-keycloak/users/{id}`
    ///
    /// The answer to the deletion does not say whether there was a user, so the user is looked up first. Two callers at the same moment may
    /// both get `true`.
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        let existed = self.find().await?.is_some();
        // An account in Keycloak may be left without its user, so the deletion is sent in any case.
        unless_absent(self.delete().await)?;
        Ok(existed)
    }

    /// Finds which of these permissions the user has. A `*` at the end of a name stands for the rest of it.
    /// `GET /users-keycloak/users/{id}/permissions`
    pub fn find_permissions<P: AsRef<str>>(
        &self,
        desired: impl IntoIterator<Item = P>,
    ) -> FindPermissions {
        let desired: Vec<P> = desired.into_iter().collect();
        self.tenant
            .api()
            .find_permissions()
            .x_okapi_tenant(self.tenant.name())
            .id(&self.id)
            .desired_permissions(desired.iter().map(AsRef::as_ref))
    }

    /// Returns whether the user has an account in Keycloak. `GET /users-keycloak/auth-users/{userId}`
    ///
    /// The user has no account if the answer is a 404 without a body or with the code `not_found_error`. Any other 404 comes from a gateway and
    /// is an error.
    pub async fn has_auth_user(&self) -> Result<bool, Error> {
        let check = self
            .tenant
            .api()
            .check_auth_user()
            .x_okapi_tenant(self.tenant.name())
            .user_id(&self.id);
        match check.await {
            Err(error) if error.is_not_found() && error.body() == Some(&[]) => Ok(false),
            result => Ok(unless_absent(result)?.is_some()),
        }
    }

    /// Creates the user's account in Keycloak, unless it exists. `POST /users-keycloak/auth-users/{userId}`
    pub fn create_auth_user(&self) -> CreateAuthUser {
        let call = self
            .tenant
            .api()
            .create_auth_user()
            .x_okapi_tenant(self.tenant.name())
            .user_id(&self.id);
        CreateAuthUser { call }
    }
}

/// A call that creates an account in Keycloak, from [`User::create_auth_user`]. Awaiting it sends it and returns whether the account was
/// created or existed already.
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct CreateAuthUser {
    call: auth_user::CreateAuthUser,
}

impl CreateAuthUser {
    /// Sets a header of this call and replaces its earlier value. No log and no `Debug` shows the value.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.call = self.call.header(name, value);
        self
    }

    /// Sets how long this call may take in all, instead of the session's timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.timeout(timeout);
        self
    }

    /// Sets the retry policy of this call, instead of the session's.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.call = self.call.retry(policy);
        self
    }

    /// Sets how many bytes the answer may have, instead of the session's limit.
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.call = self.call.max_body_bytes(limit);
        self
    }

    /// Sends the call and returns the status and the headers with the value.
    pub async fn send(self) -> Result<Response<Ensured<()>>, Error> {
        let response = self.call.send().await?;
        let is_created = response.status() == 201;
        Ok(response.map(|()| {
            if is_created {
                Ensured::Created(())
            } else {
                Ensured::Existing(())
            }
        }))
    }
}

impl IntoFuture for CreateAuthUser {
    type Output = Result<Ensured<()>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.send().await?.into_inner()) })
    }
}
