//! Features of newer versions of Phase Two's extensions (keycloak-orgs 0.168, keycloak-events 0.62), on a server that answers as they do, and the
//! answers of servers without them.

use std::sync::{Arc, Mutex};

use crate::fake::{Answer, Fake, Received};
use keycloak_admin::phasetwo::Phasetwo;
use keycloak_admin::phasetwo::scim::{Scim, is_without_scim};
use keycloak_admin::phasetwo::types::{
    MagicLinkRequest, OrganizationScimAuth, OrganizationScimRepresentation,
};
use keycloak_admin::{Error, ErrorKind};
use serde_json::{Value, json};

const CONFIG: &str = "/realms/acme/orgs/config";
const HOOK: &str = "/realms/acme/webhooks/7";
const SCIM: &str = "/realms/acme/orgs/7/scim";

fn error(status: u16, message: &str) -> Answer {
    Answer {
        body: json!({ "error": message }).to_string(),
        ..Answer::status(status)
    }
}

/// A server that has the resource at this path, and stores what a PUT sends.
fn storing(path: &'static str, resource: Value) -> Fake {
    let stored = Arc::new(Mutex::new(resource));
    Fake::start(move |request: &Received| {
        assert_eq!(request.path, path);
        let mut stored = stored.lock().unwrap();
        if request.method == "PUT" {
            *stored = serde_json::from_str(&request.body).unwrap();
        }
        Answer::json(stored.to_string())
    })
}

fn phasetwo(fake: &Fake) -> Phasetwo {
    fake.keycloak().realm("acme").phasetwo()
}

fn scim(fake: &Fake) -> Scim {
    phasetwo(fake).organization("7").scim()
}

/// Returns the body of the last request.
fn written(fake: &Fake) -> Value {
    serde_json::from_str(&fake.received().last().unwrap().body).unwrap()
}

#[tokio::test]
async fn a_change_of_the_configuration_keeps_scim_and_what_no_type_knows() {
    let stored =
        json!({"createAdminUserEnabled": true, "scimEnabled": true, "ofTomorrow": {"a": 1}});
    let fake = storing(CONFIG, stored);
    let organizations = phasetwo(&fake).organizations();
    assert_eq!(
        organizations.get_config().await.unwrap().scim_enabled,
        Some(true)
    );
    let change =
        organizations.modify_config(|config| config.create_admin_user_enabled = Some(false));
    change.await.unwrap();
    let expected =
        json!({"createAdminUserEnabled": false, "scimEnabled": true, "ofTomorrow": {"a": 1}});
    assert_eq!(written(&fake), expected);
    // The plain update writes what the types know.
    let config = organizations.get_config().await.unwrap();
    organizations.update_config(&config).await.unwrap();
    assert_eq!(
        written(&fake),
        json!({"createAdminUserEnabled": false, "scimEnabled": true})
    );
}

#[tokio::test]
async fn a_change_of_a_webhook_keeps_its_kind_of_authentication() {
    let stored = json!({"id": "7", "url": "https://hooks.example", "enabled": true, "authType": "HMAC", "ofTomorrow": 1});
    let fake = storing(HOOK, stored);
    let webhook = phasetwo(&fake).webhook("7");
    assert_eq!(
        webhook.get().await.unwrap().auth_type.as_deref(),
        Some("HMAC")
    );
    webhook
        .modify(|webhook| webhook.enabled = Some(false))
        .await
        .unwrap();
    let expected = json!({"id": "7", "url": "https://hooks.example", "enabled": false, "authType": "HMAC", "ofTomorrow": 1});
    assert_eq!(written(&fake), expected);
}

#[tokio::test]
async fn scim_is_set_up_changed_and_removed() {
    let fake = Fake::start(|request| {
        match request.method.as_str() {
        "GET" => Answer::json(
            json!({"enabled": true, "auth": {"type": "EXTERNAL_SECRET", "ofTomorrow": 1}, "ofTomorrow": 1}).to_string(),
        ),
        "POST" => Answer {
            body: request.body.clone(),
            ..Answer::status(201)
        },
        "PUT" => Answer::json(request.body.clone()),
        _ => Answer::status(204),
    }
    });
    let scim = scim(&fake);
    let auth = OrganizationScimAuth::new()
        .with_type("EXTERNAL_SECRET")
        .with_shared_secret("s3cret");
    let wanted = OrganizationScimRepresentation::new()
        .with_enabled(true)
        .with_link_idp(false)
        .with_auth(auth);
    assert!(!format!("{wanted:?}").contains("s3cret"));
    scim.create(&wanted).await.unwrap();
    let sent = json!({"enabled": true, "link_idp": false, "auth": {"type": "EXTERNAL_SECRET", "shared_secret": "s3cret"}});
    assert_eq!(written(&fake), sent);

    assert_eq!(scim.find().await.unwrap().unwrap().enabled, Some(true));
    scim.modify(|scim| scim.enabled = Some(false))
        .await
        .unwrap();
    // The secret is not sent, so it stays.
    let sent = json!({"enabled": false, "auth": {"type": "EXTERNAL_SECRET", "ofTomorrow": 1}, "ofTomorrow": 1});
    assert_eq!(written(&fake), sent);
    scim.update(&wanted).await.unwrap();
    assert!(scim.delete_if_exists().await.unwrap());
    let lines =
        ["POST", "GET", "GET", "PUT", "PUT", "DELETE"].map(|method| format!("{method} {SCIM}"));
    assert_eq!(fake.lines(), lines);
}

#[tokio::test]
async fn an_organization_without_scim_is_no_error() {
    let fake = Fake::start(|_| error(404, "No SCIM configuration found for organization"));
    let scim = scim(&fake);
    assert!(scim.find().await.unwrap().is_none());
    assert!(!scim.delete_if_exists().await.unwrap());
    assert!(!is_without_scim(&scim.get().await.unwrap_err()));
}

#[tokio::test]
async fn a_server_without_scim_is_an_error_that_says_so() {
    // The server has no such endpoint, or the realm hides it.
    for message in [
        "Unable to find matching target resource method",
        "HTTP 404 Not Found",
    ] {
        let fake = Fake::start(move |_| error(404, message));
        let scim = scim(&fake);
        let errors: [Error; 2] = [
            scim.find().await.unwrap_err(),
            scim.delete_if_exists().await.unwrap_err(),
        ];
        for (error, operation) in errors
            .iter()
            .zip(["get_organization_scim", "delete_organization_scim"])
        {
            assert_eq!(
                (error.kind(), error.status()),
                (ErrorKind::NotFound, Some(404))
            );
            assert_eq!(error.operation(), Some(operation));
            let text = error.to_string();
            for part in [
                "the server has no SCIM",
                "keycloak-orgs 0.168",
                "`scim_enabled`",
            ] {
                assert!(text.contains(part), "{text}");
            }
        }
        let set_up = scim.create(&OrganizationScimRepresentation::new()).await;
        assert!(is_without_scim(&set_up.unwrap_err()));
        let change = scim.modify(|scim| scim.enabled = Some(true)).await;
        assert!(is_without_scim(&change.unwrap_err()));
    }
}

#[tokio::test]
async fn another_404_and_another_status_are_errors_of_their_own() {
    for (status, message) in [(404, "7 not found"), (401, "HTTP 404 Not Found")] {
        let fake = Fake::start(move |_| error(status, message));
        let error = scim(&fake).find().await.unwrap_err();
        assert!(!is_without_scim(&error));
        assert_eq!(
            (error.status(), error.message()),
            (Some(status), Some(message))
        );
    }
}

#[tokio::test]
async fn a_magic_link_names_its_user_by_username_and_says_whether_it_was_sent() {
    let fake = Fake::start(|_| {
        Answer::json(
            json!({"user_id": "5c1b", "link": "https://sso.example/?key=s3cret", "sent": true})
                .to_string(),
        )
    });
    let request = MagicLinkRequest::new()
        .with_username("alice")
        .with_client_id("shop")
        .with_redirect_uri("https://shop.example/")
        .with_state("xyz")
        .with_response_mode("fragment");
    let answer = phasetwo(&fake).create_magic_link(&request).await.unwrap();
    assert_eq!(
        (answer.user_id.as_deref(), answer.sent),
        (Some("5c1b"), Some(true))
    );
    let sent = json!({
        "client_id": "shop", "redirect_uri": "https://shop.example/", "username": "alice", "state": "xyz", "response_mode": "fragment",
    });
    assert_eq!(written(&fake), sent);
}
