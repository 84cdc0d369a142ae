//! Magic links come from an extension of Phase Two that is not published: they are called on a contract server.

use contract_server::{ContractServer, corrected_specification};
use keycloak_session::{Credentials, ErrorKind, Session};
use phasetwo_api::Client;
use phasetwo_api::types::MagicLinkRequest;

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
}

#[tokio::test]
#[ignore = "needs npm; run cargo xtask test"]
async fn a_magic_link_is_created_and_wrong_requests_are_refused() {
    let document = corrected_specification("phasetwo").unwrap();
    let server = ContractServer::start(&document).unwrap();
    let session = Session::builder(server.url())
        .credentials(Credentials::token("a-token"))
        .build()
        .unwrap();
    let client = Client::new(session);
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

    let without: [fn(&mut MagicLinkRequest); 3] = [
        |request| request.email = None,
        |request| request.client_id = None,
        |request| request.redirect_uri = None,
    ];
    for take in without {
        let mut body = request();
        take(&mut body);
        let error = create(body).send().await.unwrap_err();
        assert!(error.is_bad_request(), "{error}");
    }
    let empty = client.create_magic_link().realm("acme").send().await;
    assert_eq!(empty.unwrap_err().kind(), ErrorKind::InvalidRequest);
    std::fs::remove_file(document).unwrap();
}
