//! Things that scenarios of several areas need, made through the calls they are recorded with.

use conformance::context::Context;
use keycloak_api::types::{
    ClientRepresentation, CredentialRepresentation, GroupRepresentation, RoleRepresentation,
    UserRepresentation,
};

/// The password of every user made here.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A field of a representation that holds this text.
#[allow(clippy::unnecessary_wraps)] // Every field of a representation is an `Option`.
pub(crate) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A user who can log in with [`PASSWORD`] and lacks nothing that the user profile asks for.
pub(crate) fn person(username: &str) -> UserRepresentation {
    UserRepresentation::new()
        .with_username(username)
        .with_email(format!("{username}@example.com"))
        .with_email_verified(true)
        .with_first_name("Ada")
        .with_last_name("Lovelace")
        .with_enabled(true)
        .with_credentials([password(PASSWORD)])
}

pub(crate) fn password(value: &str) -> CredentialRepresentation {
    CredentialRepresentation::new()
        .with_type("password")
        .with_value(value)
        .with_temporary(false)
}

/// A user like [`person`]; gives its id.
pub(crate) async fn user(ctx: &Context, username: &str) -> Option<String> {
    let call = ctx.keycloak.create_user().realm(ctx.realm());
    ctx.create(call.body(person(username))).await
}

/// A public client through which users log in with their password; gives its uuid.
pub(crate) async fn public_client(ctx: &Context, client_id: &str) -> Option<String> {
    let client = ClientRepresentation::new()
        .with_client_id(client_id)
        .with_enabled(true)
        .with_public_client(true)
        .with_direct_access_grants_enabled(true)
        .with_redirect_uris(["http://localhost/*"]);
    let call = ctx.keycloak.create_client().realm(ctx.realm());
    ctx.create(call.body(client)).await
}

/// A group at the top; gives its id.
pub(crate) async fn group(ctx: &Context, name: &str) -> Option<String> {
    let group = GroupRepresentation::new().with_name(name);
    let call = ctx.keycloak.create_group().realm(ctx.realm());
    ctx.create(call.body(group)).await
}

/// A role of the realm, as the server knows it.
pub(crate) async fn realm_role(ctx: &Context, name: &str) -> Option<RoleRepresentation> {
    let role = RoleRepresentation::new().with_name(name);
    let call = ctx.keycloak.create_realm_role().realm(ctx.realm());
    ctx.call(call.body(role)).await?;
    let call = ctx.keycloak.get_realm_role().realm(ctx.realm());
    Some(ctx.call(call.role_name(name)).await?.into_inner())
}

/// A role of a client, as the server knows it.
pub(crate) async fn client_role(
    ctx: &Context,
    client_uuid: &str,
    name: &str,
) -> Option<RoleRepresentation> {
    let role = RoleRepresentation::new().with_name(name);
    let call = ctx.keycloak.create_client_role().realm(ctx.realm());
    ctx.call(call.client_uuid(client_uuid).body(role)).await?;
    let call = ctx.keycloak.get_client_role().realm(ctx.realm());
    let call = call.client_uuid(client_uuid).role_name(name);
    Some(ctx.call(call).await?.into_inner())
}
