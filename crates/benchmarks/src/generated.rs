//! The generated client, `keycloak-api`.

use std::collections::BTreeMap;

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
    UserRepresentation {
        username: Some(format!("user-{number}")),
        email: Some(format!("user-{number}@example.com")),
        email_verified: Some(true),
        enabled: Some(true),
        first_name: Some("Ali".to_owned()),
        last_name: Some(format!("Number {number}")),
        attributes: Some(BTreeMap::from([(
            "department".to_owned(),
            vec!["research".to_owned()],
        )])),
        ..Default::default()
    }
}

impl Client for Generated {
    type User = UserRepresentation;

    fn id(user: &Self::User) -> Option<&str> {
        user.id.as_deref()
    }

    async fn get(&self, id: &str) -> Result<Self::User> {
        let call = self.api.get_user().realm(&self.realm).user_id(id);
        Ok(call.send().await?.into_inner())
    }

    async fn page(&self, first: u32, max: u32) -> Result<Vec<Self::User>> {
        let call = self.api.list_users().realm(&self.realm);
        let call = call.first(i32::try_from(first)?).max(i32::try_from(max)?);
        Ok(call.send().await?.into_inner())
    }

    async fn create(&self, number: usize) -> Result<String> {
        let call = self.api.create_user().realm(&self.realm);
        let answer = call.body(new_user(number)).send().await?;
        Ok(answer.created_id().ok_or("no id")?)
    }

    async fn map_role(&self, role: &str, users: &[String]) -> Result<()> {
        let role = self.api.get_realm_role().realm(&self.realm).role_name(role);
        let roles = [role.send().await?.into_inner()];
        for user in users {
            let call = self.api.add_realm_roles_to_user().realm(&self.realm);
            call.user_id(user).body(&roles).send().await?;
        }
        Ok(())
    }
}
