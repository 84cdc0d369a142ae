//! Verifiable credentials of users: who may have them, the mail that offers one, and one that a wallet fetches.

use conformance::context::Context;
use keycloak_api::types::{
    ClientRepresentation, ClientScopeRepresentation, ProtocolMapperRepresentation,
    RealmRepresentation, UserVerifiableCredentialRepresentation,
    VerifiableCredentialOfferActionConfig,
};
use keycloak_api::verifiable_credentials::{
    CreateUserVerifiableCredential, ListUserIssuedVerifiableCredentials,
    ListUserVerifiableCredentials, RevokeUserIssuedVerifiableCredential,
    RevokeUserVerifiableCredential, SendUserCredentialOffer, UpdateUserVerifiableCredential,
};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::make::{self, PASSWORD};

/// The id of the credential in the issuer's metadata.
const CONFIGURATION: &str = "degree-of-the-university";

pub(crate) async fn run(ctx: &Context) {
    let user = make::person(&ctx.name("graduate"));
    let create = ctx.keycloak.create_user().realm(ctx.realm());
    let Some(id) = ctx.create(create.body(&user)).await else {
        return;
    };
    // Older versions know neither the setting nor the endpoints.
    if ctx.target().is_at_least(26, 7) {
        let realm = RealmRepresentation::new().with_verifiable_credentials_enabled(true);
        let update = ctx.keycloak.update_realm().realm(ctx.realm());
        ctx.call(update.body(realm)).await;
    }
    let scope = ctx.name("degree");
    if ctx.target().is_at_least(26, 7) {
        make_scope(ctx, &scope).await;
    }
    may_have(ctx, &id, &scope).await;
    offer(ctx, &id, &user.email.unwrap_or_default()).await;
    issue(ctx, &id, &user.username.unwrap_or_default(), &scope).await;
    revoke(ctx, &id, &scope).await;
}

/// The content of the credential.
async fn make_scope(ctx: &Context, name: &str) -> Option<String> {
    let attributes = [
        ("vc.credential_configuration_id", CONFIGURATION),
        ("vc.format", "jwt_vc_json"),
        ("vc.binding_required", "false"),
        ("include.in.token.scope", "true"),
    ];
    // Without a claim the server breaks off while it issues the credential.
    let claim = ProtocolMapperRepresentation::new()
        .with_name("email")
        .with_protocol("oid4vc")
        .with_protocol_mapper("oid4vc-user-attribute-mapper")
        .with_config([("claim.name", "email"), ("userAttribute", "email")]);
    let scope = ClientScopeRepresentation::new()
        .with_name(name)
        .with_protocol("oid4vc")
        .with_attributes(attributes)
        .with_protocol_mappers([claim]);
    let create = ctx.keycloak.create_client_scope().realm(ctx.realm());
    ctx.create(create.body(scope)).await
}

async fn may_have(ctx: &Context, id: &str, scope: &str) -> Option<()> {
    let credential =
        UserVerifiableCredentialRepresentation::new().with_credential_scope_name(scope);
    let create = || {
        let call = ctx.keycloak.create_user_verifiable_credential();
        call.realm(ctx.realm()).user_id(id).body(&credential)
    };
    let list = || {
        let call = ctx.keycloak.list_user_verifiable_credentials();
        call.realm(ctx.realm()).user_id(id)
    };
    let update = ctx.keycloak.update_user_verifiable_credential();
    let update = update.realm(ctx.realm()).user_id(id);
    let update = update.credential_scope_name(scope);

    let created = ctx.call(create()).await;
    let listed = ctx.call(list()).await;
    let updated = ctx.call(update).await;
    let (created, listed, updated) = (created?, listed?, updated?);
    ctx.stored::<CreateUserVerifiableCredential>(&credential, &*created, &[]);
    ctx.expect_error(create(), 409).await;
    ctx.check::<ListUserVerifiableCredentials>(
        listed.len() == 1
            && listed[0].revision == created.revision
            && listed[0].credential_configuration_id.as_deref() == Some(CONFIGURATION),
        "the credential is listed",
    );
    ctx.check::<UpdateUserVerifiableCredential>(
        updated.revision.is_some() && updated.revision != created.revision,
        "the credential has a new revision",
    );
    Some(())
}

async fn offer(ctx: &Context, id: &str, address: &str) -> Option<()> {
    let client_id = ctx.name("mail-client");
    make::public_client(ctx, &client_id).await?;
    let config = VerifiableCredentialOfferActionConfig::new()
        .with_credential_configuration_id(CONFIGURATION)
        .with_pre_authorized(false);
    let send = ctx.keycloak.send_user_credential_offer();
    let send = send.realm(ctx.realm()).user_id(id).client_id(&client_id);
    let send = send.redirect_uri("http://localhost/done").lifespan(600);
    ctx.call(send.body(config)).await?;
    let mails = ctx.mails::<SendUserCredentialOffer>(address, 1)?;
    let has_link = !mails[0].links().is_empty();
    ctx.check::<SendUserCredentialOffer>(has_link, "the mail has a link");
    Some(())
}

/// Has the credential issued as a wallet does: the user logs in, and the code buys it.
async fn issue(ctx: &Context, id: &str, username: &str, scope: &str) -> Option<()> {
    let list = || {
        let call = ctx.keycloak.list_user_issued_verifiable_credentials();
        call.realm(ctx.realm()).user_id(id)
    };
    let revoke = |issued: &str| {
        let call = ctx.keycloak.revoke_user_issued_verifiable_credential();
        call.realm(ctx.realm()).user_id(id).id(issued)
    };
    let Some(nothing) = ctx.call(list()).await else {
        ctx.call(revoke("none")).await;
        return None;
    };
    ctx.check::<ListUserIssuedVerifiableCredentials>(nothing.is_empty(), "nothing is issued");

    let client_id = ctx.name("wallet");
    let client = ClientRepresentation::new()
        .with_client_id(&client_id)
        .with_public_client(true)
        .with_redirect_uris(["http://localhost/*"])
        .with_attributes([("oid4vci.enabled", "true")])
        .with_optional_client_scopes([scope]);
    let create = ctx.keycloak.create_client().realm(ctx.realm());
    ctx.create(create.body(client)).await?;
    let fetched = fetch(ctx, &client_id, username, scope).await.is_some();
    ctx.check::<ListUserIssuedVerifiableCredentials>(fetched, "the wallet gets the credential");

    let issued = ctx.call(list()).await?;
    ctx.check::<ListUserIssuedVerifiableCredentials>(
        issued.len() == 1
            && issued[0].user_id.as_deref() == Some(id)
            && issued[0].credential_type.as_deref() == Some(scope),
        "the credential that was issued is listed",
    );
    ctx.call(revoke(issued.first()?.id.as_deref()?)).await?;
    let is_gone = ctx.call(list()).await?.is_empty();
    ctx.check::<RevokeUserIssuedVerifiableCredential>(is_gone, "the credential is gone");
    Some(())
}

async fn fetch(ctx: &Context, client_id: &str, username: &str, scope: &str) -> Option<()> {
    let mut browser = ctx.browser();
    let url = ctx.login_url(client_id, &format!("openid {scope}"), "");
    let form = browser.open(&url).await?;
    let login = [("username", username), ("password", PASSWORD)];
    let done = browser.submit(&form, &login).await?;
    let tokens = ctx.redeem(client_id, &done.parameter("code")?).await?;
    let identifier = tokens.pointer("/authorization_details/0/credential_identifiers/0")?;
    let url = format!(
        "{}/realms/{}/protocol/oid4vc/credential",
        ctx.target().url,
        ctx.realm()
    );
    let request = ctx
        .http()
        .post(url)
        .bearer_auth(tokens["access_token"].as_str()?)
        .header(CONTENT_TYPE, "application/json")
        .body(json!({"credential_identifier": identifier}).to_string());
    let answer = request.send().await.ok()?.error_for_status().ok()?;
    let answer: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
    answer.pointer("/credentials/0").map(|_| ())
}

async fn revoke(ctx: &Context, id: &str, scope: &str) -> Option<()> {
    let revoke = ctx.keycloak.revoke_user_verifiable_credential();
    let revoke = revoke.realm(ctx.realm()).user_id(id);
    ctx.call(revoke.credential_scope_name(scope)).await?;
    let list = ctx.keycloak.list_user_verifiable_credentials();
    let is_empty = ctx
        .call(list.realm(ctx.realm()).user_id(id))
        .await?
        .is_empty();
    ctx.check::<RevokeUserVerifiableCredential>(is_empty, "the user may have none");
    Some(())
}
