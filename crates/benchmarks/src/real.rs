//! The realms on a real server.

use anyhow::{Context as _, Result};
use keycloak_server::Server;
use serde_json::{Value, json};

/// Makes a realm with the role that the workload gives to users.
pub fn make_realm(server: &Server, name: &str) -> Result<()> {
    let admin = format!("{}/admin/realms", server.url());
    post(
        server,
        &admin,
        &json!({"realm": name, "enabled": true, "roles": {"realm": [{"name": "bench"}]}}),
    )
}

/// Deletes it, so that the next one finds a server as empty.
pub fn delete_realm(server: &Server, name: &str) -> Result<()> {
    let url = format!("{}/admin/realms/{name}", server.url());
    ureq::delete(&url)
        .header("authorization", format!("Bearer {}", token(server)?))
        .call()
        .with_context(|| url)?;
    Ok(())
}

fn post(server: &Server, url: &str, body: &Value) -> Result<()> {
    ureq::post(url)
        .header("authorization", format!("Bearer {}", token(server)?))
        .content_type("application/json")
        .send(&body.to_string())
        .with_context(|| url.to_owned())?;
    Ok(())
}

fn token(server: &Server) -> Result<String> {
    let url = format!(
        "{}/realms/master/protocol/openid-connect/token",
        server.url()
    );
    let form = [
        ("grant_type", "password"),
        ("client_id", "admin-cli"),
        ("username", server.admin_username()),
        ("password", server.admin_password()),
    ];
    let answer = ureq::post(&url)
        .send_form(form)?
        .body_mut()
        .read_to_string()?;
    let answer: Value = serde_json::from_str(&answer)?;
    let token = answer["access_token"].as_str();
    Ok(token.context("no access token")?.to_owned())
}
