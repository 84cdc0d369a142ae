//! The crate `keycloak` of the registry, in the two ways that its documentation shows: with a token that is got once and
//! never renewed, and with the token retriever of a service account.

use std::collections::BTreeMap;

use keycloak::types::UserRepresentation;
use keycloak::{
    KeycloakAdmin, KeycloakAdminToken, KeycloakServiceAccountAdminTokenRetriever,
    KeycloakTokenSupplier,
};

use crate::Result;
use crate::client::Client;
use crate::workload::Job;

/// The peer and a realm.
pub(crate) struct Peer<T: KeycloakTokenSupplier> {
    admin: KeycloakAdmin<T>,
    realm: String,
}

pub(crate) async fn with_token(job: &Job) -> Result<Peer<KeycloakAdminToken>> {
    let http = reqwest::Client::new();
    let token = KeycloakAdminToken::acquire(&job.url, &job.username, &job.password, &http).await?;
    Ok(Peer {
        admin: KeycloakAdmin::new(&job.url, token, http),
        realm: job.realm.clone(),
    })
}

pub(crate) fn with_retriever(job: &Job) -> Peer<KeycloakServiceAccountAdminTokenRetriever> {
    let http = reqwest::Client::new();
    let retriever = KeycloakServiceAccountAdminTokenRetriever::create(
        &job.username,
        &job.password,
        http.clone(),
    );
    Peer {
        admin: KeycloakAdmin::new(&job.url, retriever, http),
        realm: job.realm.clone(),
    }
}

fn new_user(number: usize) -> UserRepresentation {
    UserRepresentation {
        username: Some(format!("user-{number}")),
        email: Some(format!("user-{number}@example.com")),
        email_verified: Some(true),
        enabled: Some(true),
        first_name: Some("Ali".to_owned()),
        last_name: Some(format!("Number {number}")),
        attributes: Some(
            BTreeMap::from([("department".to_owned(), vec!["research".to_owned()])])
                .into_iter()
                .collect(),
        ),
        ..Default::default()
    }
}

impl<T: KeycloakTokenSupplier> Client for Peer<T> {
    type User = UserRepresentation;

    fn id(user: &Self::User) -> Option<&str> {
        user.id.as_deref()
    }

    async fn get(&self, id: &str) -> Result<Self::User> {
        let user = self
            .admin
            .realm_users_with_user_id_get(&self.realm, id, None);
        Ok(user.await?)
    }

    async fn page(&self, first: u32, max: u32) -> Result<Vec<Self::User>> {
        let (first, max) = (Some(i32::try_from(first)?), Some(i32::try_from(max)?));
        let page = self.admin.realm_users_get(
            &self.realm,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            first,
            None,
            None,
            None,
            None,
            max,
            None,
            None,
            None,
        );
        Ok(page.await?)
    }

    async fn create(&self, number: usize) -> Result<String> {
        let created = self.admin.realm_users_post(&self.realm, new_user(number));
        Ok(created.await?.to_id().ok_or("no id")?.to_owned())
    }

    async fn map_role(&self, role: &str, users: &[String]) -> Result<()> {
        let role = self
            .admin
            .realm_roles_with_role_name_get(&self.realm, role)
            .await?;
        for user in users {
            let roles = vec![role.clone()];
            self.admin
                .realm_users_with_user_id_role_mappings_realm_post(&self.realm, user, roles)
                .await?;
        }
        Ok(())
    }
}
