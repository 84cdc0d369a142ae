//! Migrations of users to Keycloak, and of their links to identity providers.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use folio_users_api::idp_migration::{LinkIdpMigration, UnlinkIdpMigration};
use folio_users_api::migration::{DeleteMigration, GetMigration, ListMigrations, MigrateUsers};
use folio_users_api::types::{IdpMigrationRequest, UserMigrationJob, UserMigrationJobStatus};
use keycloak_session::{ApiCall as _, BoxFuture, Error, ErrorKind, RetryPolicy};

use crate::Tenant;

/// The pause after the first request of a watch. Each later pause is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The migrations of a tenant, from [`Tenant::migrations`].
#[derive(Clone, Debug)]
pub struct Migrations {
    tenant: Tenant,
}

impl Migrations {
    pub(crate) fn new(tenant: Tenant) -> Self {
        Self { tenant }
    }

    /// Lists the migrations. `GET /users-keycloak/migrations`
    ///
    /// Awaiting the call gives one page. `.stream()` and `.try_collect()` read all pages.
    pub fn list(&self) -> ListMigrations {
        self.tenant
            .api()
            .list_migrations()
            .x_okapi_tenant(self.tenant.name())
    }

    /// Starts a migration of all users and returns it with its id. `POST /users-keycloak/migrations`
    ///
    /// ```no_run
    /// use folio_users::MigrationEnd;
    ///
    /// # async fn run(folio: folio_users::Folio) -> Result<(), folio_users::Error> {
    /// let tenant = folio.tenant("diku");
    /// let id = tenant.migrations().start().await?.id.unwrap_or_default();
    /// let watch = tenant.migration(&id).watch().on_progress(|job| println!("{:?}", job.status));
    /// match watch.await? {
    ///     MigrationEnd::Finished(job) => println!("{:?} users", job.total_records),
    ///     MigrationEnd::Failed(job) => println!("failed at {:?}", job.finished_at),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(&self) -> MigrateUsers {
        self.tenant
            .api()
            .migrate_users()
            .x_okapi_tenant(self.tenant.name())
    }
}

/// One migration, from [`Tenant::migration`].
#[derive(Clone, Debug)]
pub struct Migration {
    tenant: Tenant,
    id: String,
}

impl Migration {
    pub(crate) fn new(tenant: Tenant, id: String) -> Self {
        Self { tenant, id }
    }

    /// Returns the migration's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Gets the migration. `GET /users-keycloak/migrations/{id}`
    pub fn get(&self) -> GetMigration {
        self.tenant
            .api()
            .get_migration()
            .x_okapi_tenant(self.tenant.name())
            .id(&self.id)
    }

    /// Deletes the record of the migration. `DELETE /users-keycloak/migrations/{id}`
    pub fn delete(&self) -> DeleteMigration {
        self.tenant
            .api()
            .delete_migration()
            .x_okapi_tenant(self.tenant.name())
            .id(&self.id)
    }

    /// Waits for the end of the migration. `GET /users-keycloak/migrations/{id}`, again and again
    pub fn watch(&self) -> Watch {
        Watch {
            get: self.get(),
            first_pause: FIRST_PAUSE,
            longest_pause: LONGEST_PAUSE,
            max_wait: None,
            on_progress: Box::new(|_| {}),
        }
    }
}

/// The end of a migration.
#[derive(Clone, Debug)]
pub enum MigrationEnd {
    /// All users are migrated.
    Finished(UserMigrationJob),
    /// The migration failed. Some users may be migrated.
    Failed(UserMigrationJob),
}

/// A wait for the end of a migration, from [`Migration::watch`]. Awaiting it gets the migration again and again, and returns how it ended.
///
/// The pauses between two requests are 1 s, 2 s, 4 s and so on, up to 30 s, on the session's clock. Each request is retried as the retry
/// policy says. A request that fails all the same ends the wait.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Watch {
    get: GetMigration,
    first_pause: Duration,
    longest_pause: Duration,
    max_wait: Option<Duration>,
    on_progress: Box<dyn FnMut(&UserMigrationJob) + Send>,
}

impl Watch {
    /// Calls `hook` with the answer of each request, the last one included.
    pub fn on_progress(mut self, hook: impl FnMut(&UserMigrationJob) + Send + 'static) -> Self {
        self.on_progress = Box::new(hook);
        self
    }

    /// Sets the first pause and the longest one.
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest;
        self
    }

    /// Sets how long the wait may take in all. It fails with [`ErrorKind::Timeout`] then, and the migration goes on. By default there is
    /// no limit.
    pub fn max_wait(mut self, time: Duration) -> Self {
        self.max_wait = Some(time);
        self
    }

    /// Sets a header of each request and replaces its earlier value. No log and no `Debug` shows the value.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.get = self.get.header(name, value);
        self
    }

    /// Sets how long each request may take in all, instead of the session's timeout. [`max_wait`](Self::max_wait) limits the whole wait.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.get = self.get.timeout(timeout);
        self
    }

    /// Sets the retry policy of each request, instead of the session's.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.get = self.get.retry(policy);
        self
    }

    /// Sets how many bytes each answer may have, instead of the session's limit.
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.get = self.get.max_body_bytes(limit);
        self
    }

    async fn run(mut self) -> Result<MigrationEnd, Error> {
        let session = self.get.request().session().clone();
        let clock = session.clock();
        let started = clock.now();
        let mut pause = self.first_pause.min(self.longest_pause);
        loop {
            let job = self.get.clone().await?;
            (self.on_progress)(&job);
            match job.status {
                Some(UserMigrationJobStatus::Finished) => return Ok(MigrationEnd::Finished(job)),
                Some(UserMigrationJobStatus::Failed) => return Ok(MigrationEnd::Failed(job)),
                // A newer server may have more states of a running migration.
                _ => {}
            }
            let waited = clock.now().saturating_duration_since(started);
            if self.max_wait.is_some_and(|limit| waited + pause > limit) {
                let message = format!("the migration did not end within {waited:?}");
                return Err(Error::new(ErrorKind::Timeout, message)
                    .with_operation(self.get.request().info().id()));
            }
            clock.sleep(pause).await;
            pause = pause.saturating_mul(2).min(self.longest_pause);
        }
    }
}

impl IntoFuture for Watch {
    type Output = Result<MigrationEnd, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("get", &self.get)
            .field("first_pause", &self.first_pause)
            .field("longest_pause", &self.longest_pause)
            .field("max_wait", &self.max_wait)
            .finish_non_exhaustive()
    }
}

/// The links of a tenant's users to the identity provider of a central tenant, from [`Tenant::idp_migrations`].
#[derive(Clone, Debug)]
pub struct IdpMigrations {
    tenant: Tenant,
}

impl IdpMigrations {
    pub(crate) fn new(tenant: Tenant) -> Self {
        Self { tenant }
    }

    /// Links the users of these ids to the identity provider. `POST /users-keycloak/idp-migrations`
    ///
    /// `central_tenant` has to be this tenant's own name. Another one is a 400 whose text [`error_message`](crate::error_message) returns.
    /// The answer 204 comes before the users are linked. A service that is set up for single tenants answers 204 too, and does nothing.
    pub fn link<I: Into<String>>(
        &self,
        central_tenant: &str,
        user_ids: impl IntoIterator<Item = I>,
    ) -> LinkIdpMigration {
        self.tenant
            .api()
            .link_idp_migration()
            .x_okapi_tenant(self.tenant.name())
            .body(migration_request(central_tenant, user_ids))
    }

    /// Removes the links of the users of these ids. `DELETE /users-keycloak/idp-migrations`
    ///
    /// It answers as [`link`](Self::link) does: 400 for another central tenant, and 204 before the links are removed.
    pub fn unlink<I: Into<String>>(
        &self,
        central_tenant: &str,
        user_ids: impl IntoIterator<Item = I>,
    ) -> UnlinkIdpMigration {
        self.tenant
            .api()
            .unlink_idp_migration()
            .x_okapi_tenant(self.tenant.name())
            .body(migration_request(central_tenant, user_ids))
    }
}

fn migration_request<I: Into<String>>(
    central_tenant: &str,
    user_ids: impl IntoIterator<Item = I>,
) -> IdpMigrationRequest {
    IdpMigrationRequest::new()
        .with_central_tenant_id(central_tenant)
        .with_user_ids(user_ids)
}
