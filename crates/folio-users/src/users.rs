//! Users, and their accounts in Keycloak.

use std::future::IntoFuture;
use std::time::Duration;

use folio_users_api::auth_user;
use folio_users_api::types;
use folio_users_api::users::{
    CreateUser, DeleteUser, DeleteUsers, FindPermissions, GetUser, ListUsers, UpdateUser,
};
use keycloak_session::{BoxFuture, Ensured, Error, Response, RetryPolicy};

use crate::{Cql, Tenant};

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
    /// Select with `.query(..)`, which takes a [`Cql`]. Awaiting the call gives one page, with the number of all users in `total_records`.
    /// `.limit(..)` sets how many users a page has: 10 by default, at most 500. `.stream()` and `.try_collect()` read all pages, and
    /// `.limit(..)` is the number of users in all then. A list that is longer than a page needs an order: see [`Cql::sort_by`].
    ///
    /// ```no_run
    /// use folio_users::Cql;
    ///
    /// # async fn run(tenant: folio_users::Tenant) -> Result<(), folio_users::Error> {
    /// let staff = Cql::exact("type", "staff").sort_by("username");
    /// let page = tenant.users().list().query(&staff).limit(20).await?;
    /// println!("20 of {:?}", page.total_records);
    /// let all = tenant.users().list().query(&staff).stream().page_size(500).try_collect().await?;
    /// println!("{}", all.len());
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
    pub async fn count(&self, query: &Cql) -> Result<u64, Error> {
        let page = self.list().query(query).limit(0).await?;
        Ok(page.total_records.unwrap_or_default().unsigned_abs())
    }

    /// Creates a user and the account in Keycloak, and returns the user with its id. `POST /users-keycloak/users`
    ///
    /// The account needs a username. `.keycloak_only(true)` creates the account alone.
    pub fn create(&self, user: &types::User) -> CreateUser {
        self.tenant
            .api()
            .create_user()
            .x_okapi_tenant(self.tenant.name())
            .body(user)
    }

    /// Deletes **all** users that a query selects. Proxy relations that refer to them stay. `DELETE /users-keycloak/users`
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
    pub async fn find(&self) -> Result<Option<types::User>, Error> {
        self.get().optional().await
    }

    /// Replaces the user. A field that is not set is removed. `PUT /users-keycloak/users/{id}`
    pub fn update(&self, user: &types::User) -> UpdateUser {
        self.tenant
            .api()
            .update_user()
            .x_okapi_tenant(self.tenant.name())
            .id(&self.id)
            .body(user)
    }

    /// Deletes the user. `DELETE /users-keycloak/users/{id}`
    pub fn delete(&self) -> DeleteUser {
        self.tenant
            .api()
            .delete_user()
            .x_okapi_tenant(self.tenant.name())
            .id(&self.id)
    }

    /// Deletes the user and returns whether it existed. `DELETE /users-keycloak/users/{id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
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
    pub async fn has_auth_user(&self) -> Result<bool, Error> {
        let check = self
            .tenant
            .api()
            .check_auth_user()
            .x_okapi_tenant(self.tenant.name())
            .user_id(&self.id);
        Ok(check.optional().await?.is_some())
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
