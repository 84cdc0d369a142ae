//! Magic links come from an extension of Phase Two that is not published, and SCIM from a newer version than the published ones: they are
//! called on a contract server.

use std::path::PathBuf;
use std::sync::LazyLock;

use contract_server::{ContractServer, corrected_specification};
use keycloak_session::{Credentials, ErrorKind, Session};
use phasetwo_api::Client;
use phasetwo_api::types::{MagicLinkRequest, OrganizationScimAuth, OrganizationScimRepresentation};

fn request() -> MagicLinkRequest {
    MagicLinkRequest::new()
        .with_email("ann@example.com")
        .with_client_id("account")
        .with_redirect_uri("https://example.com/welcome")
        .with_expiration_seconds(600)
        .with_force_create(true)
        .with_send_email(false)
        .with_update_profile(false)
        .with_update_password(false)
        .with_scope("openid")
        .with_nonce("n")
        .with_code_challenge("c")
        .with_code_challenge_method("S256")
        .with_remember_me(true)
        .with_reusable(false)
        .with_username("ann")
        .with_state("s")
        .with_response_mode("fragment")
}

/// Starts a contract server for Phase Two's document with its corrections, and a client of it.
fn start() -> (ContractServer, Client) {
    static DOCUMENT: LazyLock<PathBuf> =
        LazyLock::new(|| corrected_specification("phasetwo").unwrap());
    let server = ContractServer::start(&DOCUMENT).unwrap();
    let session = Session::builder(server.url())
        .credentials(Credentials::token("a-token"))
        .build()
        .unwrap();
    (server, Client::new(session))
}

#[tokio::test]
#[ignore = "needs npm; run cargo xtask test"]
async fn a_magic_link_is_created_and_wrong_requests_are_refused() {
    let (_server, client) = start();
    let create = |body: MagicLinkRequest| client.create_magic_link().realm("acme").body(body);

    let answer = create(request()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.link.is_some() && answer.user_id.is_some() && answer.sent.is_some());
    let prefer = |status: u16| {
        let call = create(request()).header("prefer", format!("code={status}"));
        call.send()
    };
    assert!(prefer(400).await.unwrap_err().is_bad_request());
    assert!(prefer(404).await.unwrap_err().is_not_found());

    let without: [fn(&mut MagicLinkRequest); 2] = [
        |request| request.client_id = None,
        |request| request.redirect_uri = None,
    ];
    for take in without {
        let mut body = request();
        take(&mut body);
        let error = create(body).send().await.unwrap_err();
        assert!(error.is_bad_request(), "{error}");
    }
    // A username is enough.
    let mut by_username = request();
    by_username.email = None;
    create(by_username).await.unwrap();
    let empty = client.create_magic_link().realm("acme").send().await;
    assert_eq!(empty.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
#[ignore = "needs npm; run cargo xtask test"]
async fn scim_is_set_up_read_changed_and_removed() {
    let (_server, client) = start();
    let wanted = |kind: &str| {
        let auth = OrganizationScimAuth::new()
            .with_type(kind)
            .with_shared_secret("s3cret");
        OrganizationScimRepresentation::new()
            .with_enabled(true)
            .with_email_as_username(false)
            .with_auth(auth)
    };
    let create = |kind: &str| {
        client
            .create_organization_scim()
            .realm("acme")
            .org_id("7")
            .body(wanted(kind))
    };
    let created = create("EXTERNAL_SECRET").send().await.unwrap();
    assert_eq!(created.status(), 201);
    assert!(created.auth.is_some());
    // The operation names no 400, so the contract server refuses it with its own status.
    let refused = create("NONSENSE").send().await.unwrap_err();
    assert_eq!(refused.status(), Some(422), "{refused}");
    let twice = create("KEYCLOAK").header("prefer", "code=409").await;
    assert!(twice.unwrap_err().is_conflict());

    let read = client
        .get_organization_scim()
        .realm("acme")
        .org_id("7")
        .await;
    assert!(read.unwrap().auth.unwrap().type_.is_some());
    let update = client.update_organization_scim().realm("acme").org_id("7");
    assert!(
        update
            .body(wanted("KEYCLOAK"))
            .await
            .unwrap()
            .enabled
            .is_some()
    );
    let delete = client.delete_organization_scim().realm("acme").org_id("7");
    assert_eq!(delete.send().await.unwrap().status(), 204);
}
