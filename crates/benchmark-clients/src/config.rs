//! Realms as code on a real server: a made-up realm, and its application.
//!
//! The realm has 200 clients, 600 groups, 100 roles, 20 client scopes, 10 identity providers and a flow. The other version of it has six changes.

use std::time::Instant;

use keycloak_admin::{Credentials, Keycloak};
use keycloak_config::{Desired, PlanOptions, Values};
use serde_json::{Value, json};

use crate::Result;
use crate::workload::peak_kb;

/// The realm of the benchmark. No other realm may have this name, because it is deleted.
const REALM: &str = "keycloak-config-benchmark";

const CLIENTS: usize = 200;
/// The groups of the realm. Each of them has two subgroups.
const GROUPS: usize = 200;
const ROLES: usize = 100;
const SCOPES: usize = 20;
const PROVIDERS: usize = 10;

/// Prints the realm, or its other version.
pub(crate) fn print_realm(version: &str) -> Result<()> {
    let mut realm = realm();
    match version {
        "first" => {}
        "changed" => change(&mut realm),
        other => return Err(format!("the realm has no version `{other}`").into()),
    }
    println!("{realm}");
    Ok(())
}

/// Deletes the realm.
pub(crate) async fn delete(url: &str) -> Result<()> {
    connect(url)?.realm(REALM).delete_if_exists().await?;
    Ok(())
}

/// Applies a file, and prints the seconds and the peak of the memory.
pub(crate) async fn apply(url: &str, file: &str) -> Result<()> {
    let begun = Instant::now();
    let keycloak = connect(url)?;
    let desired = Desired::read(&[file], &Values::environment())?;
    let actual = keycloak_config::read_actual(&keycloak, &desired).await?;
    let plan = keycloak_config::plan(&desired, &actual, &PlanOptions::default())?;
    let report = keycloak_config::apply(&keycloak, &plan, &desired, &actual, &|_| {}).await?;
    let measured = json!({
        "seconds": begun.elapsed().as_secs_f64(),
        "actions": report.actions,
        "requests": keycloak.session().counters().attempts,
        "peak_kb": peak_kb(),
    });
    println!("{measured}");
    Ok(())
}

fn connect(url: &str) -> Result<Keycloak> {
    let set = |name| std::env::var(name).unwrap_or_else(|_| "admin".to_owned());
    let credentials = Credentials::password(set("BENCH_USERNAME"), set("BENCH_PASSWORD"));
    Ok(Keycloak::builder(url).credentials(credentials).build()?)
}

fn realm() -> Value {
    json!({
        "realm": REALM,
        "enabled": true,
        "displayName": "A made-up realm",
        "roles": {"realm": list(ROLES, role)},
        "groups": list(GROUPS, group),
        "clientScopes": list(SCOPES, scope),
        "clients": list(CLIENTS, client),
        "identityProviders": list(PROVIDERS, provider),
        "authenticationFlows": [flow(), forms()],
    })
}

/// Makes six changes: of a client, a group, a role, a client scope, an identity provider and a flow.
fn change(realm: &mut Value) {
    realm["clients"][17]["redirectUris"] = json!(["https://changed.example.com/*"]);
    realm["groups"][18]["attributes"]["cost-centre"] = json!(["changed"]);
    realm["roles"]["realm"][19]["description"] = json!("Changed");
    realm["clientScopes"][3]["attributes"]["consent.screen.text"] = json!("Changed");
    realm["identityProviders"][4]["config"]["tokenUrl"] = json!("https://changed.example.com/");
    realm["authenticationFlows"][0]["authenticationExecutions"][0]["requirement"] =
        json!("DISABLED");
}

fn list(count: usize, item: impl Fn(usize) -> Value) -> Value {
    (0..count).map(item).collect()
}

fn role(number: usize) -> Value {
    json!({
        "name": format!("role-{number}"),
        "description": format!("The role {number}"),
        "attributes": {"area": [format!("area-{}", number % 7)]},
    })
}

fn group(number: usize) -> Value {
    let part = |part: usize| {
        json!({
            "name": format!("team-{number}-{part}"),
            "attributes": {"floor": [part.to_string()], "purpose": [format!("The people who work on part {part} of project {number}")]},
            "realmRoles": [format!("role-{}", (number + part) % ROLES)],
        })
    };
    json!({
        "name": format!("department-{number}"),
        "attributes": {"cost-centre": [number.to_string()]},
        "realmRoles": [format!("role-{}", number % ROLES)],
        "subGroups": list(2, part),
    })
}

fn scope(number: usize) -> Value {
    json!({
        "name": format!("scope-{number}"),
        "protocol": "openid-connect",
        "attributes": {"include.in.token.scope": "true", "consent.screen.text": format!("Scope {number}")},
        "protocolMappers": [mapper(&format!("claim-{number}"))],
    })
}

fn mapper(claim: &str) -> Value {
    json!({
        "name": claim,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usermodel-attribute-mapper",
        "config": {
            "user.attribute": claim,
            "claim.name": claim,
            "jsonType.label": "String",
            "access.token.claim": "true",
            "id.token.claim": "true",
        },
    })
}

fn client(number: usize) -> Value {
    json!({
        "clientId": format!("app-{number}"),
        "name": format!("The app {number}"),
        "description": format!(
            "The application {number} of the made-up realm. Its description is as long as people write them: who owns it, who may use it, \
             and where its documents are."
        ),
        "rootUrl": format!("https://app-{number}.example.com"),
        "redirectUris": [format!("https://app-{number}.example.com/*")],
        "webOrigins": ["+"],
        "publicClient": number.is_multiple_of(2),
        "standardFlowEnabled": true,
        "directAccessGrantsEnabled": false,
        "attributes": {"pkce.code.challenge.method": "S256", "access.token.lifespan": "120"},
        "defaultClientScopes": ["basic", "profile", "roles", format!("scope-{}", number % SCOPES)],
        "optionalClientScopes": ["phone", "address"],
        "protocolMappers": [mapper("department")],
    })
}

fn provider(number: usize) -> Value {
    json!({
        "alias": format!("partner-{number}"),
        "providerId": "oidc",
        "enabled": true,
        "config": {
            "clientId": "made-up",
            "authorizationUrl": format!("https://partner-{number}.example.com/auth"),
            "tokenUrl": format!("https://partner-{number}.example.com/token"),
        },
    })
}

fn flow() -> Value {
    json!({
        "alias": "made-up browser",
        "description": "The login of the made-up realm",
        "providerId": "basic-flow",
        "topLevel": true,
        "builtIn": false,
        "authenticationExecutions": [
            {"authenticator": "auth-cookie", "requirement": "ALTERNATIVE", "priority": 10},
            {"authenticator": "identity-provider-redirector", "requirement": "ALTERNATIVE", "priority": 20},
            {"flowAlias": "made-up forms", "authenticatorFlow": true, "requirement": "ALTERNATIVE", "priority": 30},
        ],
    })
}

fn forms() -> Value {
    json!({
        "alias": "made-up forms",
        "description": "The forms of the login",
        "providerId": "basic-flow",
        "topLevel": false,
        "builtIn": false,
        "authenticationExecutions": [
            {"authenticator": "auth-username-password-form", "requirement": "REQUIRED", "priority": 10},
        ],
    })
}
