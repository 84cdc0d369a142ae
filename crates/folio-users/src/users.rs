//! Users, and their accounts in Keycloak.

use std::future::IntoFuture;

use folio_users_api::Client as Api;
use folio_users_api::auth_user;
use folio_users_api::types;
use folio_users_api::users::{
    self, CreateUser, DeleteUser, DeleteUsers, FindPermissions, GetUser, UpdateUser,
};
use keycloak_session::{BoxFuture, Call, Ensured, Error, RetryPolicy};

use crate::{Cql, ListUsers, Tenant};

/// The users of a tenant, from [`Tenant::users`].
#[derive(Clone, Copy, Debug)]
pub struct Users<'a> {
    tenant: Tenant<'a>,
}

impl<'a> Users<'a> {
    pub(crate) fn new(tenant: Tenant<'a>) -> Self {
        Self { tenant }
    }

    /// Lists the users. `GET /users-keycloak/users`
    ///
    /// A list that is longer than a page needs an order: see [`Cql::sort_by`].
    pub fn list(self) -> Call<ListUsers> {
        self.tenant.call(|api| ListUsers::new(api.list_users()))
    }

    /// One page of the users, with how many there are in all. `GET /users-keycloak/users`
    pub fn page(self) -> Call<users::ListUsers> {
        self.tenant.call(Api::list_users)
    }

    /// Counts the users that a query selects. `GET /users-keycloak/users`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn count(self, query: &Cql) -> BoxFuture<'static, Result<u64, Error>> {
        let page = self
            .page()
            .query(|page| page.query(query.to_string()).limit(0));
        Box::pin(async move {
            let total = page.await?.total_records.unwrap_or_default();
            Ok(total.unsigned_abs())
        })
    }

    /// Creates a user, with an account in Keycloak, and returns it with its id. `POST /users-keycloak/users`
    ///
    /// The username is needed for the account; with `.query(|q| q.keycloak_only(true))` the account alone is made.
    pub fn create(self, user: &types::User) -> Call<CreateUser> {
        self.tenant.call(|api| api.create_user().body(user))
    }

    /// Deletes **all** users that a query selects; proxy relations that refer to them stay. `DELETE /users-keycloak/users`
    pub fn delete_all(self, query: &Cql) -> Call<DeleteUsers> {
        let query = query.to_string();
        self.tenant.call(|api| api.delete_users().query(query))
    }

    /// The user of this id, a UUID. It need not exist: nothing is sent.
    #[must_use]
    pub fn id(self, id: &'a str) -> User<'a> {
        User {
            tenant: self.tenant,
            id,
        }
    }
}

/// One user of a tenant, from [`Users::id`].
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    tenant: Tenant<'a>,
    id: &'a str,
}

impl User<'_> {
    /// Reads the user. `GET /users-keycloak/users/{id}`
    pub fn get(self) -> Call<GetUser> {
        self.tenant.call(|api| api.get_user().id(self.id))
    }

    /// Like [`get`](Self::get); `None` where there is no such user.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find(self) -> BoxFuture<'static, Result<Option<types::User>, Error>> {
        self.get().optional()
    }

    /// Replaces the user: what is left out goes. `PUT /users-keycloak/users/{id}`
    pub fn update(self, user: &types::User) -> Call<UpdateUser> {
        self.tenant
            .call(|api| api.update_user().id(self.id).body(user))
    }

    /// Deletes the user. `DELETE /users-keycloak/users/{id}`
    pub fn delete(self) -> Call<DeleteUser> {
        self.tenant.call(|api| api.delete_user().id(self.id))
    }

    /// Deletes the user if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        let deleted = self.delete().optional();
        Box::pin(async move { Ok(deleted.await?.is_some()) })
    }

    /// Which of these permissions the user has; a `*` at the end of one stands for the rest of a name.
    /// `GET /users-keycloak/users/{id}/permissions`
    pub fn permissions<P: AsRef<str>>(
        self,
        desired: impl IntoIterator<Item = P>,
    ) -> Call<FindPermissions> {
        let desired: Vec<P> = desired.into_iter().collect();
        self.tenant.call(|api| {
            let desired = desired.iter().map(AsRef::as_ref);
            api.find_permissions()
                .id(self.id)
                .desired_permissions(desired)
        })
    }

    /// Whether the user has an account in Keycloak. `GET /users-keycloak/auth-users/{userId}`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn has_auth_user(self) -> BoxFuture<'static, Result<bool, Error>> {
        let checked = self
            .tenant
            .call(|api| api.check_auth_user().user_id(self.id))
            .optional();
        Box::pin(async move { Ok(checked.await?.is_some()) })
    }

    /// Creates the user's account in Keycloak, unless it is there. `POST /users-keycloak/auth-users/{userId}`
    pub fn create_auth_user(self) -> CreateAuthUser {
        let call = self
            .tenant
            .call(|api| api.create_auth_user().user_id(self.id));
        CreateAuthUser { call }
    }
}

/// A call that creates an account in Keycloak, from [`User::create_auth_user`]. `.await` says whether it was made or was there.
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct CreateAuthUser {
    call: Call<auth_user::CreateAuthUser>,
}

impl CreateAuthUser {
    /// Sets the retry policy of this call, instead of the session's.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        Self {
            call: self.call.retry(policy),
        }
    }

    /// Sets parameters: `configure` gets the generated builder.
    pub fn query(
        self,
        configure: impl FnOnce(auth_user::CreateAuthUser) -> auth_user::CreateAuthUser,
    ) -> Self {
        Self {
            call: self.call.query(configure),
        }
    }
}

impl IntoFuture for CreateAuthUser {
    type Output = Result<Ensured<()>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let answer = self.call.send().await?;
            Ok(if answer.status() == 201 {
                Ensured::Created(())
            } else {
                Ensured::Existing(())
            })
        })
    }
}
