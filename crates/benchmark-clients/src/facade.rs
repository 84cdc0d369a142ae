//! The facade, `keycloak-admin`.

use keycloak_admin::{Credentials, Keycloak, Realm};
use keycloak_api::types::UserRepresentation;

use crate::Result;
use crate::client::{Client, PAGE};
use crate::generated::new_user;
use crate::workload::Job;

/// The facade's handle on a realm.
pub(crate) struct Facade {
    realm: Realm,
}

impl Facade {
    pub(crate) fn new(job: &Job) -> Result<Self> {
        let keycloak = Keycloak::builder(&job.url)
            .credentials(Credentials::password(&job.username, &job.password))
            .build()?;
        Ok(Self {
            realm: keycloak.realm(&job.realm),
        })
    }
}

impl Client for Facade {
    type User = UserRepresentation;

    fn id(user: &Self::User) -> Option<&str> {
        user.id.as_deref()
    }

    async fn get(&self, id: &str) -> Result<Self::User> {
        Ok(self.realm.user(id).get().await?)
    }

    async fn page(&self, first: u32, max: u32) -> Result<Vec<Self::User>> {
        let (first, max) = (i32::try_from(first)?, i32::try_from(max)?);
        Ok(self.realm.users().list().first(first).max(max).await?)
    }

    async fn create(&self, number: usize) -> Result<String> {
        // The call holds the user's JSON, so the user is dropped before the call is sent.
        let create = self.realm.users().create(&new_user(number));
        Ok(create.await?)
    }

    async fn map_role(&self, role: &str, users: &[String]) -> Result<()> {
        let roles = [self.realm.role(role).get().await?];
        for user in users {
            let user = self.realm.user(user);
            user.realm_roles().add(&roles).await?;
        }
        Ok(())
    }

    async fn list(
        &self,
        _total: usize,
        in_flight: usize,
        mut each: impl FnMut(Self::User),
    ) -> Result<()> {
        let ahead = u32::try_from(in_flight - 1)?;
        let users = self.realm.users().list().stream();
        let mut users = users.page_size(PAGE).prefetch(ahead);
        while let Some(user) = users.try_next().await? {
            each(user);
        }
        Ok(())
    }
}
