//! Identity providers of Phase Two's organizations: their own, linked ones, their mappers, imports of metadata.

use conformance::context::Context;
use keycloak_api::types::IdentityProviderRepresentation as RealmIdentityProvider;
use keycloak_session::ApiCall as _;
use phasetwo_api::identity_providers::{
    CreateOrganizationIdentityProvider, CreateOrganizationIdentityProviderMapper,
    DeleteOrganizationIdentityProvider, DeleteOrganizationIdentityProviderMapper,
    ImportOrganizationIdentityProviderConfig, LinkIdentityProviderToOrganization,
    ListOrganizationIdentityProviderMappers, ListOrganizationIdentityProviders,
    UnlinkIdentityProviderFromOrganization, UpdateOrganizationIdentityProvider,
    UpdateOrganizationIdentityProviderMapper,
};
use phasetwo_api::types::{
    IdentityProviderMapperRepresentation, IdentityProviderRepresentation,
    ImportIdentityProviderConfigRepresentation, LinkIdentityProviderRepresentation,
    OrganizationsConfigRepresentation,
};

use super::make::text;
use super::phasetwo_organizations::organization;

const SECRET: (&str, &str) = ("$.config.clientSecret", "it is masked when read");

/// The flow that Phase Two adds to each realm.
const POST_BROKER_FLOW: &str = "post org broker login";

pub(crate) async fn run(ctx: &Context) {
    providers(ctx).await;
    mappers(ctx).await;
    links(ctx).await;
    imports(ctx).await;
}

/// A provider with everything that it can have.
fn provider(alias: &str) -> IdentityProviderRepresentation {
    IdentityProviderRepresentation::new()
        .with_alias(alias)
        .with_provider_id("oidc")
        .with_display_name("Acme login")
        .with_enabled(true)
        .with_trust_email(true)
        .with_store_token(true)
        .with_add_read_token_role_on_create(true)
        .with_link_only(true)
        .with_hide_on_login(true)
        .with_first_broker_login_flow_alias("first broker login")
        .with_post_broker_login_flow_alias(POST_BROKER_FLOW)
        .with_config([
            ("clientId", "keycloak"),
            ("clientSecret", "s3cret"),
            ("authorizationUrl", "https://idp.example.com/authorize"),
            ("tokenUrl", "https://idp.example.com/token"),
            ("syncMode", "IMPORT"),
        ])
}

async fn create(ctx: &Context, org_id: &str, alias: &str) -> Option<()> {
    let call = ctx.phasetwo.create_organization_identity_provider();
    let call = call.realm(ctx.realm()).org_id(org_id);
    let created = ctx.create(call.body(provider(alias))).await?;
    ctx.check::<CreateOrganizationIdentityProvider>(
        created == alias,
        "the Location ends with the alias",
    );
    Some(())
}

async fn list(ctx: &Context, org_id: &str) -> Option<Vec<String>> {
    let call = ctx.phasetwo.list_organization_identity_providers();
    let providers = ctx.call(call.realm(ctx.realm()).org_id(org_id)).await?;
    let mut aliases: Vec<_> = providers.iter().filter_map(|p| p.alias.clone()).collect();
    aliases.sort();
    Some(aliases)
}

async fn providers(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx, &ctx.name("providers")).await?;
    let aliases = [ctx.name("first"), ctx.name("second"), ctx.name("third")];
    let [first, second, third] = &aliases;
    create(ctx, &org_id, first).await?;
    let get = |alias: &str| {
        let call = ctx.phasetwo.get_organization_identity_provider();
        call.realm(ctx.realm()).org_id(&org_id).alias(alias)
    };
    let stored = ctx.call(get(first)).await?;
    ctx.stored::<CreateOrganizationIdentityProvider>(&provider(first), &*stored, &[SECRET]);

    create(ctx, &org_id, second).await?;
    let alone = list(ctx, &org_id).await?;
    ctx.check::<ListOrganizationIdentityProviders>(
        alone == [second.clone()],
        "an organization has one provider unless the configuration allows several",
    );
    ctx.expect_error(get(first), 404).await;
    let config = OrganizationsConfigRepresentation::new()
        .with_create_admin_user_enabled(true)
        .with_multiple_idps_enabled(true)
        .with_validate_idp_enabled(true);
    let call = ctx.phasetwo.update_organizations_config();
    ctx.call(call.realm(ctx.realm()).body(config)).await?;
    create(ctx, &org_id, third).await?;
    let both = list(ctx, &org_id).await?;
    ctx.check::<ListOrganizationIdentityProviders>(
        both == [second.clone(), third.clone()],
        "an organization has several providers where the configuration allows it",
    );

    let stored = ctx.call(get(third)).await?.into_inner();
    let pending = "home.idp.discovery.validationPending";
    ctx.check::<CreateOrganizationIdentityProvider>(
        stored
            .config
            .is_some_and(|c| c.get(pending).map(String::as_str) == Some("true")),
        "the validation of a new provider is pending where the configuration asks for it",
    );

    let change = provider(third)
        .with_display_name("Acme single sign-on")
        .with_trust_email(false);
    let update = ctx.phasetwo.update_organization_identity_provider();
    let update = update.realm(ctx.realm()).org_id(&org_id).alias(third);
    ctx.call(update.body(&change)).await;
    let stored = ctx.call(get(third)).await?;
    ctx.stored::<UpdateOrganizationIdentityProvider>(&change, &*stored, &[SECRET]);
    ctx.check::<UpdateOrganizationIdentityProvider>(
        stored.trust_email != Some(true),
        "what became false is no longer true",
    );
    let delete = ctx.phasetwo.delete_organization_identity_provider();
    let delete = delete.realm(ctx.realm()).org_id(&org_id).alias(third);
    ctx.call(delete).await;
    let left = list(ctx, &org_id).await?;
    ctx.check::<DeleteOrganizationIdentityProvider>(
        left == [second.clone()],
        "the provider is gone",
    );
    Some(())
}

async fn mappers(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx, &ctx.name("mappers")).await?;
    let alias = ctx.name("mapped");
    create(ctx, &org_id, &alias).await?;
    let mut mapper = IdentityProviderMapperRepresentation::new()
        .with_name("department")
        .with_identity_provider_alias(&alias)
        .with_identity_provider_mapper("oidc-user-attribute-idp-mapper")
        .with_config([
            ("claim", "department"),
            ("user.attribute", "department"),
            ("syncMode", "INHERIT"),
        ]);
    let create = ctx.phasetwo.create_organization_identity_provider_mapper();
    let create = create.realm(ctx.realm()).org_id(&org_id).alias(&alias);
    let id = ctx.create(create.body(&mapper)).await?;
    let get = || {
        let call = ctx.phasetwo.get_organization_identity_provider_mapper();
        let call = call.realm(ctx.realm()).org_id(&org_id);
        call.alias(&alias).id(&id)
    };
    let stored = ctx.call(get()).await?;
    ctx.stored::<CreateOrganizationIdentityProviderMapper>(&mapper, &*stored, &[]);
    let list = ctx.phasetwo.list_organization_identity_provider_mappers();
    let list = list.realm(ctx.realm()).org_id(&org_id).alias(&alias);
    let all = ctx.call(list).await?;
    ctx.check::<ListOrganizationIdentityProviderMappers>(
        all.len() == 1 && all[0].id.as_ref() == Some(&id),
        "the mapper is listed",
    );

    mapper.id = text(&id);
    let config = mapper.config.get_or_insert_default();
    config.insert("claim".to_owned(), "division".to_owned());
    let update = ctx.phasetwo.update_organization_identity_provider_mapper();
    let update = update.realm(ctx.realm()).org_id(&org_id);
    ctx.call(update.alias(&alias).id(&id).body(&mapper)).await;
    let stored = ctx.call(get()).await?;
    ctx.stored::<UpdateOrganizationIdentityProviderMapper>(&mapper, &*stored, &[]);
    let delete = ctx.phasetwo.delete_organization_identity_provider_mapper();
    let delete = delete.realm(ctx.realm()).org_id(&org_id);
    ctx.call(delete.alias(&alias).id(&id)).await;
    let error = ctx.expect_error(get(), 404).await;
    ctx.check::<DeleteOrganizationIdentityProviderMapper>(error.is_some(), "the mapper is gone");
    Some(())
}

/// A provider of the realm is linked to an organization and unlinked again.
async fn links(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx, &ctx.name("links")).await?;
    let alias = ctx.name("linked");
    let of_realm = RealmIdentityProvider::new()
        .with_alias(&alias)
        .with_provider_id("github")
        .with_enabled(true)
        .with_config([("clientId", "id"), ("clientSecret", "s3cret")]);
    let create = ctx.keycloak.create_identity_provider().realm(ctx.realm());
    ctx.call(create.body(of_realm)).await?;

    let link = LinkIdentityProviderRepresentation::new()
        .with_alias(&alias)
        .with_sync_mode("IMPORT")
        .with_post_broker_flow(POST_BROKER_FLOW)
        .with_domains(["links.example.com"]);
    let call = ctx.phasetwo.link_identity_provider_to_organization();
    let call = call.realm(ctx.realm()).org_id(&org_id);
    let linked = ctx.create(call.body(&link)).await?;
    ctx.check::<LinkIdentityProviderToOrganization>(
        linked == alias,
        "the Location ends with the alias",
    );
    let get = || {
        let call = ctx.phasetwo.get_organization_identity_provider();
        call.realm(ctx.realm()).org_id(&org_id).alias(&alias)
    };
    let stored = ctx.call(get()).await?;
    let expected = IdentityProviderRepresentation::new()
        .with_alias(&alias)
        .with_post_broker_login_flow_alias(link.post_broker_flow?)
        .with_config([
            ("syncMode", "IMPORT"),
            ("home.idp.discovery.org", &org_id),
            ("home.idp.discovery.domains", "links.example.com"),
        ]);
    ctx.stored::<LinkIdentityProviderToOrganization>(&expected, &*stored, &[]);

    let unlink = ctx.phasetwo.unlink_identity_provider_from_organization();
    let unlink = unlink.realm(ctx.realm()).org_id(&org_id).alias(&alias);
    ctx.call(unlink).await;
    let error = ctx.expect_error(get(), 404).await;
    ctx.check::<UnlinkIdentityProviderFromOrganization>(error.is_some(), "the link is gone");
    let stays = ctx.keycloak.get_identity_provider().realm(ctx.realm());
    let stays = ctx.call(stays.alias(&alias)).await;
    ctx.check::<UnlinkIdentityProviderFromOrganization>(stays.is_some(), "the provider stays");
    Some(())
}

/// Metadata from a URL, and from a file.
async fn imports(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx, &ctx.name("imports")).await?;
    let issuer = format!("{}/realms/{}", ctx.target().url, ctx.realm());
    let import = || {
        let call = ctx.phasetwo.import_organization_identity_provider_config();
        call.realm(ctx.realm()).org_id(&org_id)
    };
    let from_url = ImportIdentityProviderConfigRepresentation::new()
        .with_provider_id("oidc")
        .with_from_url(format!("{issuer}/.well-known/openid-configuration"));
    let config = ctx.call(import().body(from_url)).await?;
    ctx.check::<ImportOrganizationIdentityProviderConfig>(
        config.get("issuer") == Some(&issuer),
        "the metadata were read from the URL",
    );

    let file = "--cut\r\n\
        Content-Disposition: form-data; name=\"providerId\"\r\n\
        \r\n\
        oidc\r\n\
        --cut\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"metadata.json\"\r\n\
        Content-Type: application/json\r\n\
        \r\n\
        {\"issuer\": \"https://idp.example.com\", \"token_endpoint\": \"https://idp.example.com/token\"}\r\n\
        --cut--\r\n";
    let mut from_file = import();
    let request = from_file.request_mut();
    request.set_body("multipart/form-data; boundary=cut", file);
    let config = ctx.call(from_file).await?;
    ctx.check::<ImportOrganizationIdentityProviderConfig>(
        config.get("tokenUrl").map(String::as_str) == Some("https://idp.example.com/token"),
        "the metadata were read from the file",
    );
    Some(())
}
