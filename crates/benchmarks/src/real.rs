//! A real server, and the realms on it.

use std::env;

use anyhow::{Context as _, Result};
use keycloak_server::Server;
use serde_json::Value;

/// A real server with its administrator.
pub struct RealServer {
    pub url: String,
    pub username: String,
    pub password: String,
}

impl RealServer {
    /// Returns the server that `KEYCLOAK_URL` names, for this option of the command.
    pub fn from_env(option: &str) -> Result<Self> {
        let set = |name: &str| {
            let message = format!(
                "`{option}` measures on a server that runs: KEYCLOAK_URL, KEYCLOAK_ADMIN_USERNAME and KEYCLOAK_ADMIN_PASSWORD name it"
            );
            env::var(name).with_context(|| message)
        };
        Ok(Self {
            url: set("KEYCLOAK_URL")?,
            username: set("KEYCLOAK_ADMIN_USERNAME")?,
            password: set("KEYCLOAK_ADMIN_PASSWORD")?,
        })
    }

    /// Returns a server that this process has started.
    pub fn of(server: &Server) -> Self {
        Self {
            url: server.url().to_owned(),
            username: server.admin_username().to_owned(),
            password: server.admin_password().to_owned(),
        }
    }

    /// Makes a realm.
    pub fn make_realm(&self, realm: &Value) -> Result<()> {
        let url = format!("{}/admin/realms", self.url);
        ureq::post(&url)
            .header("authorization", format!("Bearer {}", self.token()?))
            .content_type("application/json")
            .send(&realm.to_string())
            .with_context(|| url)?;
        Ok(())
    }

    /// Deletes a realm.
    pub fn delete_realm(&self, name: &str) -> Result<()> {
        let url = format!("{}/admin/realms/{name}", self.url);
        ureq::delete(&url)
            .header("authorization", format!("Bearer {}", self.token()?))
            .call()
            .with_context(|| url)?;
        Ok(())
    }

    fn token(&self) -> Result<String> {
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.url);
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", &self.username),
            ("password", &self.password),
        ];
        let answer = ureq::post(&url)
            .send_form(form)?
            .body_mut()
            .read_to_string()?;
        let answer: Value = serde_json::from_str(&answer)?;
        let token = answer["access_token"].as_str();
        Ok(token.context("no access token")?.to_owned())
    }
}
