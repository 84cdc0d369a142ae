//! Updates that send another value in each field that its description calls read-only. The server keeps its own values.
//!
//! No call changes a credential (apart from its label) or a session, so their fields have no check.

use conformance::context::Context;
use keycloak_api::authentication_management::{
    UpdateAuthenticationFlow, UpdateAuthenticatorConfig, UpdateRequiredAction,
};
use keycloak_api::authorization_services::{UpdateAuthzRegexPolicy, UpdateAuthzResource};
use keycloak_api::client_scopes::UpdateClientScope;
use keycloak_api::clients::UpdateClient;
use keycloak_api::component::UpdateComponent;
use keycloak_api::groups::UpdateGroup;
use keycloak_api::identity_providers::UpdateIdentityProvider;
use keycloak_api::organizations::UpdateOrganization;
use keycloak_api::realms_admin::UpdateRealm;
use keycloak_api::roles::{UpdateClientRole, UpdateRealmRole};
use keycloak_api::types::{
    AuthenticationFlowRepresentation, AuthenticatorConfigRepresentation, ClientRepresentation,
    ClientScopeRepresentation, ComponentRepresentation, GroupRepresentation,
    IdentityProviderRepresentation, OrganizationRepresentation, RealmRepresentation,
    RegexPolicyRepresentation, RequiredActionProviderRepresentation, ResourceRepresentation,
    RoleRepresentation, UserRepresentation,
};
use keycloak_api::users::UpdateUser;

use super::make;

pub(crate) async fn run(ctx: &Context) -> Option<()> {
    let settings = RealmRepresentation::new().with_organizations_enabled(true);
    let update = ctx.keycloak.update_realm().realm(ctx.realm());
    ctx.call(update.body(settings)).await;
    ctx.keeps_read_only::<UpdateRealm, RealmRepresentation>("")
        .await;

    user(ctx).await;
    group(ctx).await;
    client(ctx).await;
    client_scope(ctx).await;
    component(ctx).await;
    identity_provider(ctx).await;
    organization(ctx).await;
    authentication(ctx).await
}

async fn user(ctx: &Context) -> Option<()> {
    let id = make::user(ctx, &ctx.name("reader")).await?;
    let path = format!("/users/{id}?userProfileMetadata=true");
    ctx.keeps_read_only::<UpdateUser, UserRepresentation>(&path)
        .await;
    Some(())
}

async fn group(ctx: &Context) -> Option<()> {
    let parent = make::group(ctx, &ctx.name("readers")).await?;
    let child = GroupRepresentation::new().with_name("child");
    let create = ctx.keycloak.create_subgroup().realm(ctx.realm());
    let child = ctx.create(create.group_id(parent).body(child)).await?;
    ctx.keeps_read_only::<UpdateGroup, GroupRepresentation>(&format!("/groups/{child}"))
        .await;
    Some(())
}

/// A client with a role, and a role of the realm.
async fn client(ctx: &Context) -> Option<()> {
    let client = ClientRepresentation::new()
        .with_client_id(ctx.name("reader"))
        .with_service_accounts_enabled(true)
        .with_authorization_services_enabled(true);
    let create = ctx.keycloak.create_client().realm(ctx.realm());
    let uuid = ctx.create(create.body(client)).await?;
    let path = format!("/clients/{uuid}");
    ctx.keeps_read_only::<UpdateClient, ClientRepresentation>(&path)
        .await;
    authorization(ctx, &uuid).await;
    make::client_role(ctx, &uuid, "reader").await?;
    ctx.keeps_read_only::<UpdateClientRole, RoleRepresentation>(&format!("{path}/roles/reader"))
        .await;
    let name = ctx.name("reader");
    make::realm_role(ctx, &name).await?;
    ctx.keeps_read_only::<UpdateRealmRole, RoleRepresentation>(&format!("/roles/{name}"))
        .await;
    Some(())
}

/// A resource and a policy of a client.
async fn authorization(ctx: &Context, uuid: &str) -> Option<()> {
    let path = format!("/clients/{uuid}/authz/resource-server");
    let resource = ResourceRepresentation::new().with_name("shelf");
    let create = ctx.keycloak.create_authz_resource().realm(ctx.realm());
    let resource = ctx.call(create.client_uuid(uuid).body(resource)).await?;
    let resource = format!("{path}/resource/{}", resource.id.as_deref()?);
    ctx.keeps_read_only::<UpdateAuthzResource, ResourceRepresentation>(&resource)
        .await;
    let policy = RegexPolicyRepresentation::new()
        .with_name("names")
        .with_target_claim("name")
        .with_pattern("A.*");
    let create = ctx.keycloak.create_authz_regex_policy().realm(ctx.realm());
    let policy = ctx.call(create.client_uuid(uuid).body(policy)).await?;
    let policy = format!("{path}/policy/regex/{}", policy.id.as_deref()?);
    ctx.keeps_read_only::<UpdateAuthzRegexPolicy, RegexPolicyRepresentation>(&policy)
        .await;
    Some(())
}

async fn client_scope(ctx: &Context) -> Option<()> {
    let scope = ClientScopeRepresentation::new()
        .with_name(ctx.name("reading"))
        .with_protocol("openid-connect");
    let create = ctx.keycloak.create_client_scope().realm(ctx.realm());
    let id = ctx.create(create.body(scope)).await?;
    let path = format!("/client-scopes/{id}");
    ctx.keeps_read_only::<UpdateClientScope, ClientScopeRepresentation>(&path)
        .await;
    Some(())
}

async fn component(ctx: &Context) -> Option<()> {
    let keys = ComponentRepresentation::new()
        .with_name(ctx.name("keys"))
        .with_provider_id("hmac-generated")
        .with_provider_type("org.keycloak.keys.KeyProvider");
    let create = ctx.keycloak.create_component().realm(ctx.realm());
    let id = ctx.create(create.body(keys)).await?;
    let path = format!("/components/{id}");
    ctx.keeps_read_only::<UpdateComponent, ComponentRepresentation>(&path)
        .await;
    Some(())
}

async fn identity_provider(ctx: &Context) -> Option<()> {
    let alias = ctx.name("partner");
    let provider = IdentityProviderRepresentation::new()
        .with_alias(&alias)
        .with_provider_id("google")
        .with_config([("clientId", "reader"), ("clientSecret", "s3cret")]);
    let create = ctx.keycloak.create_identity_provider().realm(ctx.realm());
    ctx.call(create.body(provider)).await?;
    let path = format!("/identity-provider/instances/{alias}");
    ctx.keeps_read_only::<UpdateIdentityProvider, IdentityProviderRepresentation>(&path)
        .await;
    Some(())
}

async fn organization(ctx: &Context) -> Option<()> {
    let organization = OrganizationRepresentation::new().with_name(ctx.name("readers"));
    let create = ctx.keycloak.create_organization().realm(ctx.realm());
    let id = ctx.create(create.body(organization)).await?;
    let path = format!("/organizations/{id}");
    ctx.keeps_read_only::<UpdateOrganization, OrganizationRepresentation>(&path)
        .await;
    Some(())
}

/// A flow, the configuration of an execution, and a required action.
async fn authentication(ctx: &Context) -> Option<()> {
    let flow = AuthenticationFlowRepresentation::new()
        .with_alias(ctx.name("reading"))
        .with_provider_id("basic-flow")
        .with_top_level(true)
        .with_built_in(false);
    let create = ctx.keycloak.create_authentication_flow();
    let id = ctx.create(create.realm(ctx.realm()).body(flow)).await?;
    let path = format!("/authentication/flows/{id}");
    ctx.keeps_read_only::<UpdateAuthenticationFlow, AuthenticationFlowRepresentation>(&path)
        .await;

    let config = AuthenticatorConfigRepresentation::new().with_alias(ctx.name("reading"));
    let create = ctx.keycloak.create_authenticator_config();
    let id = ctx.create(create.realm(ctx.realm()).body(config)).await?;
    let path = format!("/authentication/config/{id}");
    ctx.keeps_read_only::<UpdateAuthenticatorConfig, AuthenticatorConfigRepresentation>(&path)
        .await;

    let path = "/authentication/required-actions/UPDATE_PASSWORD";
    ctx.keeps_read_only::<UpdateRequiredAction, RequiredActionProviderRepresentation>(path)
        .await;
    Some(())
}
