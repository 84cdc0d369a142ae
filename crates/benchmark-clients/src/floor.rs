//! The floor: plain reqwest and `serde_json`, into the same types. No token is renewed, nothing is tried again, nothing is bounded.

use keycloak_api::types::{RoleRepresentation, UserRepresentation};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Result;
use crate::client::Client;
use crate::generated::new_user;
use crate::workload::Job;

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

/// A client and a token.
pub(crate) struct Floor {
    http: reqwest::Client,
    realm: String,
    token: String,
}

impl Floor {
    pub(crate) async fn new(job: &Job) -> Result<Self> {
        let http = reqwest::Client::new();
        let form = serde_urlencoded::to_string([
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", &job.username),
            ("password", &job.password),
        ])?;
        let answer = http
            .post(format!(
                "{}/realms/master/protocol/openid-connect/token",
                job.url
            ))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await?;
        let token: Token = serde_json::from_slice(&answer.error_for_status()?.bytes().await?)?;
        Ok(Self {
            http,
            realm: format!("{}/admin/realms/{}", job.url, job.realm),
            token: token.access_token,
        })
    }

    async fn read<T: DeserializeOwned>(&self, url: String) -> Result<T> {
        let answer = self.http.get(url).bearer_auth(&self.token).send().await?;
        let body = answer.error_for_status()?.bytes().await?;
        Ok(serde_json::from_slice(&body)?)
    }

    async fn post(&self, url: String, body: Vec<u8>) -> Result<reqwest::Response> {
        let request = self.http.post(url).bearer_auth(&self.token);
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        Ok(request.send().await?.error_for_status()?)
    }
}

impl Client for Floor {
    type User = UserRepresentation;

    fn id(user: &Self::User) -> Option<&str> {
        user.id.as_deref()
    }

    async fn get(&self, id: &str) -> Result<Self::User> {
        self.read(format!("{}/users/{id}", self.realm)).await
    }

    async fn page(&self, first: u32, max: u32) -> Result<Vec<Self::User>> {
        self.read(format!("{}/users?first={first}&max={max}", self.realm))
            .await
    }

    async fn create(&self, number: usize) -> Result<String> {
        let body = serde_json::to_vec(&new_user(number))?;
        let answer = self.post(format!("{}/users", self.realm), body).await?;
        let location = answer.headers().get(LOCATION).ok_or("no Location")?;
        let id = location.to_str()?.rsplit('/').next().unwrap_or_default();
        Ok(id.to_owned())
    }

    async fn map_role(&self, role: &str, users: &[String]) -> Result<()> {
        let role: RoleRepresentation = self.read(format!("{}/roles/{role}", self.realm)).await?;
        let body = serde_json::to_vec(&[role])?;
        for user in users {
            let url = format!("{}/users/{user}/role-mappings/realm", self.realm);
            self.post(url, body.clone()).await?;
        }
        Ok(())
    }
}
