//! Migrations of users to Keycloak, and of their links to identity providers.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use folio_users_api::Client as Api;
use folio_users_api::idp_migration::{LinkIdpMigration, UnlinkIdpMigration};
use folio_users_api::migration::{self, DeleteMigration, GetMigration, MigrateUsers};
use folio_users_api::types::{IdpMigrationRequest, UserMigrationJob, UserMigrationJobStatus};
use keycloak_session::{BoxFuture, Call, Clock, Error, ErrorKind, Operation as _, TokioClock};

use crate::{ListMigrations, Tenant};

/// The first pause between two looks at a migration; the next ones are each twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The migrations of a tenant, from [`Tenant::migrations`].
#[derive(Clone, Copy, Debug)]
pub struct Migrations<'a> {
    tenant: Tenant<'a>,
}

impl<'a> Migrations<'a> {
    pub(crate) fn new(tenant: Tenant<'a>) -> Self {
        Self { tenant }
    }

    /// Lists the migrations. `GET /users-keycloak/migrations`
    pub fn list(self) -> Call<ListMigrations> {
        self.tenant
            .call(|api| ListMigrations::new(api.list_migrations()))
    }

    /// One page of the migrations, with how many there are in all. `GET /users-keycloak/migrations`
    pub fn page(self) -> Call<migration::ListMigrations> {
        self.tenant.call(Api::list_migrations)
    }

    /// Starts a migration of all users and returns it with its id. `POST /users-keycloak/migrations`
    ///
    /// ```no_run
    /// use folio_users::MigrationEnd;
    ///
    /// # async fn run(folio: folio_users::Folio) -> Result<(), folio_users::Error> {
    /// let migrations = folio.tenant("diku").migrations();
    /// let id = migrations.start().await?.id.unwrap_or_default();
    /// let watch = migrations.id(&id).watch().on_progress(|job| println!("{:?}", job.status));
    /// match watch.await? {
    ///     MigrationEnd::Finished(job) => println!("{:?} users", job.total_records),
    ///     MigrationEnd::Failed(job) => println!("failed at {:?}", job.finished_at),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(self) -> Call<MigrateUsers> {
        self.tenant.call(Api::migrate_users)
    }

    /// The migration of this id, a UUID. It need not exist: nothing is sent.
    #[must_use]
    pub fn id(self, id: &'a str) -> Migration<'a> {
        Migration {
            tenant: self.tenant,
            id,
        }
    }
}

/// One migration, from [`Migrations::id`].
#[derive(Clone, Copy, Debug)]
pub struct Migration<'a> {
    tenant: Tenant<'a>,
    id: &'a str,
}

impl Migration<'_> {
    /// Reads the migration. `GET /users-keycloak/migrations/{id}`
    pub fn get(self) -> Call<GetMigration> {
        self.tenant.call(|api| api.get_migration().id(self.id))
    }

    /// Deletes the record of the migration. `DELETE /users-keycloak/migrations/{id}`
    pub fn delete(self) -> Call<DeleteMigration> {
        self.tenant.call(|api| api.delete_migration().id(self.id))
    }

    /// Looks at the migration again and again, until it is at its end: `.await` gives that.
    pub fn watch(self) -> Watch {
        Watch {
            get: self.get(),
            first_pause: FIRST_PAUSE,
            longest_pause: LONGEST_PAUSE,
            at_most: None,
            clock: Arc::new(TokioClock),
            on_progress: Box::new(|_| {}),
        }
    }
}

/// How a migration ended.
#[derive(Clone, Debug)]
pub enum MigrationEnd {
    /// All users are migrated.
    Finished(UserMigrationJob),
    /// It failed: some users may be migrated.
    Failed(UserMigrationJob),
}

/// A wait for the end of a migration, from [`Migration::watch`].
///
/// Between two looks there are pauses of 1 s, 2 s, 4 s and so on, up to 30 s. A look that fails is tried again as the session does it;
/// what still fails ends the wait.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Watch {
    get: Call<GetMigration>,
    first_pause: Duration,
    longest_pause: Duration,
    at_most: Option<Duration>,
    clock: Arc<dyn Clock>,
    on_progress: Box<dyn FnMut(&UserMigrationJob) + Send>,
}

impl Watch {
    /// Calls this with what each look shows, the last one included.
    pub fn on_progress(mut self, see: impl FnMut(&UserMigrationJob) + Send + 'static) -> Self {
        self.on_progress = Box::new(see);
        self
    }

    /// Sets parameters of each look: `configure` gets the generated builder.
    pub fn query(mut self, configure: impl FnOnce(GetMigration) -> GetMigration) -> Self {
        self.get = self.get.query(configure);
        self
    }

    /// Sets the first pause and the longest one.
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest;
        self
    }

    /// Gives up after this time, with [`ErrorKind::Timeout`]; the migration goes on. Where it is not set, there is no end.
    pub fn at_most(mut self, time: Duration) -> Self {
        self.at_most = Some(time);
        self
    }

    /// Sets the clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    async fn run(mut self) -> Result<MigrationEnd, Error> {
        let started = self.clock.now();
        let mut pause = self.first_pause.min(self.longest_pause);
        loop {
            let job = self.get.clone().await?;
            (self.on_progress)(&job);
            match job.status {
                Some(UserMigrationJobStatus::Finished) => return Ok(MigrationEnd::Finished(job)),
                Some(UserMigrationJobStatus::Failed) => return Ok(MigrationEnd::Failed(job)),
                // Also what a newer server says on the way.
                _ => {}
            }
            let waited = self.clock.now().saturating_duration_since(started);
            if self.at_most.is_some_and(|time| waited + pause > time) {
                let message = format!("the migration was not at its end after {waited:?}");
                return Err(
                    Error::new(ErrorKind::Timeout, message).with_operation(GetMigration::INFO.id())
                );
            }
            self.clock.sleep(pause).await;
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
            .field("at_most", &self.at_most)
            .finish_non_exhaustive()
    }
}

/// The links of a tenant's users to the identity provider of a central tenant, from [`Tenant::idp_migrations`].
#[derive(Clone, Copy, Debug)]
pub struct IdpMigrations<'a> {
    tenant: Tenant<'a>,
}

impl<'a> IdpMigrations<'a> {
    pub(crate) fn new(tenant: Tenant<'a>) -> Self {
        Self { tenant }
    }

    /// Has the users of these ids linked. `POST /users-keycloak/idp-migrations`
    pub fn link<I: Into<String>>(
        self,
        central_tenant: &str,
        user_ids: impl IntoIterator<Item = I>,
    ) -> Call<LinkIdpMigration> {
        let body = request(central_tenant, user_ids);
        self.tenant.call(|api| api.link_idp_migration().body(body))
    }

    /// Has the links of the users of these ids taken away. `DELETE /users-keycloak/idp-migrations`
    pub fn unlink<I: Into<String>>(
        self,
        central_tenant: &str,
        user_ids: impl IntoIterator<Item = I>,
    ) -> Call<UnlinkIdpMigration> {
        let body = request(central_tenant, user_ids);
        self.tenant
            .call(|api| api.unlink_idp_migration().body(body))
    }
}

fn request<I: Into<String>>(
    central_tenant: &str,
    user_ids: impl IntoIterator<Item = I>,
) -> IdpMigrationRequest {
    IdpMigrationRequest {
        central_tenant_id: Some(central_tenant.to_owned()),
        user_ids: Some(user_ids.into_iter().map(Into::into).collect()),
        ..Default::default()
    }
}
