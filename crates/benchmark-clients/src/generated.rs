//! The generated client, `keycloak-api`.

use keycloak_admin::{Credentials, Session};
use keycloak_api::types::UserRepresentation;

use crate::Result;
use crate::client::Client;
use crate::workload::Job;

/// The generated client and a realm.
pub(crate) struct Generated {
    api: keycloak_api::Client,
    realm: String,
}

impl Generated {
    pub(crate) fn new(job: &Job) -> Result<Self> {
        let session = Session::builder(&job.url)
            .credentials(Credentials::password(&job.username, &job.password))
            .build()?;
        Ok(Self {
            api: keycloak_api::Client::new(session),
            realm: job.realm.clone(),
        })
    }
}

/// A user as one would create it.
pub(crate) fn new_user(number: usize) -> UserRepresentation {
    UserRepresentation::new()
        .with_username(format!("user-{number}"))
        .with_email(format!("user-{number}@example.com"))
        .with_email_verified(true)
        .with_enabled(true)
        .with_first_name("Ali")
        .with_last_name(format!("Number {number}"))
        .with_attributes([("department", ["research"])])
}

impl Client for Generated {
    type User = UserRepresentation;

    fn id(user: &Self::User) -> Option<&str> {
        user.id.as_deref()
    }

    async fn get(&self, id: &str) -> Result<Self::User> {
        let call = self.api.get_user().realm(&self.realm).user_id(id);
        Ok(call.await?)
    }

    async fn page(&self, first: u32, max: u32) -> Result<Vec<Self::User>> {
        let call = self.api.list_users().realm(&self.realm);
        let call = call.first(i32::try_from(first)?).max(i32::try_from(max)?);
        Ok(call.await?)
    }

    async fn create(&self, number: usize) -> Result<String> {
        let call = self.api.create_user().realm(&self.realm);
        let answer = call.body(new_user(number)).send().await?;
        Ok(answer.created_id().ok_or("no id")?)
    }

    async fn map_role(&self, role: &str, users: &[String]) -> Result<()> {
        let role = self.api.get_realm_role().realm(&self.realm).role_name(role);
        let roles = [role.await?];
        for user in users {
            let call = self.api.add_realm_roles_to_user().realm(&self.realm);
            call.user_id(user).body(&roles).await?;
        }
        Ok(())
    }
}
