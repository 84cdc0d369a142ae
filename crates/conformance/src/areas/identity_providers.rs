//! Identity providers: OIDC and SAML ones that are a second realm of the same server, their mappers and certificates.

use std::collections::BTreeMap;

use conformance::context::Context;
use keycloak_api::identity_providers::{
    CreateIdentityProvider, CreateIdentityProviderMapper, DeleteIdentityProviderMapper,
    ExportIdentityProvider, GetIdentityProviderFactory, GetIdentityProviderManagementPermissions,
    ImportIdentityProviderConfig, ListIdentityProviderMapperTypes, ListIdentityProviderMappers,
    ListIdentityProviders, ReloadIdentityProviderKeys, UpdateIdentityProvider,
    UpdateIdentityProviderManagementPermissions, UpdateIdentityProviderMapper,
    UploadIdentityProviderCertificate,
};
use keycloak_api::types::{
    CertificateRepresentation, ConfigPropertyRepresentation, IdentityProviderImportRepresentation,
    IdentityProviderMapperRepresentation, IdentityProviderMapperTypeRepresentation,
    IdentityProviderRepresentation, ManagementPermissionReference, RealmRepresentation,
};
use keycloak_api::users::{ListUserFederatedIdentities, ListUsers};
use keycloak_session::ApiCall as _;
use serde_json::Value;

use super::broker::Partner;
use super::make::text;

const SECRET: (&str, &str) = ("$.config.clientSecret", "the secret is masked");

pub(crate) async fn run(ctx: &Context) {
    factories(ctx).await;
    let partner = format!("{}-partner", ctx.realm());
    let realm = RealmRepresentation::new()
        .with_realm(&partner)
        .with_enabled(true);
    let create = ctx.keycloak.create_realm().body(realm);
    if ctx.call(create).await.is_some() {
        let partner_url = format!("{}/realms/{partner}", ctx.target().url);
        oidc(ctx, &partner_url).await;
        saml(ctx, &partner_url).await;
        certificates(ctx, &partner_url).await;
        ctx.call(ctx.keycloak.delete_realm().realm(&partner)).await;
    }
    if let Some(partner) = Partner::make(ctx).await {
        guest(ctx, &partner).await;
        partner.delete(ctx).await;
    }
}

/// A user who came by way of the identity provider is linked to it.
async fn guest(ctx: &Context, partner: &Partner) -> Option<()> {
    let (username, id) = partner.guest(ctx).await?;
    let list = ctx.keycloak.list_user_federated_identities();
    let identities = ctx.call(list.realm(ctx.realm()).user_id(&id)).await?;
    ctx.check::<ListUserFederatedIdentities>(
        identities.len() == 1
            && identities[0].identity_provider.as_ref() == Some(&partner.alias)
            && identities[0].user_name.as_ref() == Some(&username)
            && identities[0].user_id.is_some(),
        "the login has linked the user to the partner's",
    );
    let search = ctx.keycloak.list_users().realm(ctx.realm());
    let guests = ctx.call(search.idp_alias(&partner.alias)).await?;
    ctx.check::<ListUsers>(
        guests.len() == 1 && guests[0].id.as_ref() == Some(&id),
        "the identity provider finds the one user",
    );
    Some(())
}

async fn factories(ctx: &Context) -> Option<()> {
    let get = |id| {
        let call = ctx.keycloak.get_identity_provider_factory();
        call.realm(ctx.realm()).provider_id(id)
    };
    for id in ["oidc", "saml", "oauth2", "facebook", "google", "paypal"] {
        let factory = ctx.call(get(id)).await?;
        ctx.check::<GetIdentityProviderFactory>(
            factory.id.as_deref() == Some(id) && factory.name.is_some(),
            "the factory has its id and a name",
        );
    }
    let github = ctx.call(get("github")).await?;
    let mut properties = github.config_properties.iter().flatten();
    ctx.check::<GetIdentityProviderFactory>(
        properties.any(|property| property.name.as_deref() == Some("baseUrl")),
        "GitHub has its URL among its properties",
    );
    ctx.expect_error(get("no-such-provider"), 400).await;
    Some(())
}

/// A form with these fields and one file: its media type and its bytes.
pub(crate) fn form(fields: &[(&str, &str)], file: &str) -> (String, String) {
    const BOUNDARY: &str = "a-line-that-is-in-no-file";
    let field = |(name, value): &(&str, &str)| {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
    };
    let fields: String = fields.iter().map(field).collect();
    let body = format!(
        "{fields}--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{file}\r\n--{BOUNDARY}--\r\n"
    );
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

async fn fetch(ctx: &Context, url: &str) -> Option<String> {
    let answer = ctx.http().get(url).send().await.ok()?;
    answer.error_for_status().ok()?.text().await.ok()
}

/// The settings that the server reads from the provider's description, once by its URL and once as a file.
async fn import(ctx: &Context, provider_id: &str, url: &str) -> Option<BTreeMap<String, String>> {
    let source = IdentityProviderImportRepresentation::new()
        .with_provider_id(provider_id)
        .with_from_url(url);
    let call = || {
        let call = ctx.keycloak.import_identity_provider_config();
        call.realm(ctx.realm())
    };
    let from_url = ctx.call(call().body(source)).await?.into_inner();
    let is_source = from_url.get("metadataDescriptorUrl").map(String::as_str) == Some(url);
    ctx.check::<ImportIdentityProviderConfig>(is_source, "the configuration names its source");

    let file = fetch(ctx, url).await;
    ctx.check::<ImportIdentityProviderConfig>(file.is_some(), "the partner describes itself");
    let (media_type, body) = form(&[("providerId", provider_id)], &file?);
    let mut upload = call();
    upload.request_mut().set_body(media_type, body);
    let from_file = ctx.call(upload).await?.into_inner();
    let is_same = |(key, value): (&String, &String)| {
        key == "metadataDescriptorUrl" || from_file.get(key) == Some(value)
    };
    ctx.check::<ImportIdentityProviderConfig>(
        from_file.len() > 1 && from_url.iter().all(is_same),
        "the file says what the URL says",
    );
    Some(from_url)
}

async fn get_provider(ctx: &Context, alias: &str) -> Option<IdentityProviderRepresentation> {
    let get = ctx.keycloak.get_identity_provider().realm(ctx.realm());
    Some(ctx.call(get.alias(alias)).await?.into_inner())
}

async fn delete_provider(ctx: &Context, alias: &str) -> Option<()> {
    let delete = ctx.keycloak.delete_identity_provider();
    ctx.call(delete.realm(ctx.realm()).alias(alias)).await?;
    let get = ctx.keycloak.get_identity_provider().realm(ctx.realm());
    ctx.expect_error(get.alias(alias), 404).await?;
    Some(())
}

/// An OIDC provider with everything that a provider can have, and what was imported.
fn described(alias: &str, mut config: BTreeMap<String, String>) -> IdentityProviderRepresentation {
    let own = [
        ("clientId", "broker"),
        ("clientSecret", "s3cret"),
        ("clientAuthMethod", "client_secret_post"),
        ("syncMode", "FORCE"),
    ];
    config.extend(own.map(|(key, value)| (key.to_owned(), value.to_owned())));
    IdentityProviderRepresentation::new()
        .with_alias(alias)
        .with_display_name("The partner")
        .with_provider_id("oidc")
        .with_enabled(true)
        .with_trust_email(true)
        .with_store_token(true)
        .with_add_read_token_role_on_create(true)
        .with_link_only(true)
        .with_hide_on_login(true)
        .with_first_broker_login_flow_alias("first broker login")
        .with_config(config)
}

async fn oidc(ctx: &Context, partner_url: &str) -> Option<()> {
    let discovery = format!("{partner_url}/.well-known/openid-configuration");
    let config = import(ctx, "oidc", &discovery).await?;
    ctx.check::<ImportIdentityProviderConfig>(
        config.get("issuer").map(String::as_str) == Some(partner_url),
        "the partner is the issuer",
    );
    let alias = ctx.name("oidc");
    let mut provider = described(&alias, config);
    let create = || ctx.keycloak.create_identity_provider().realm(ctx.realm());
    let created = ctx.create(create().body(&provider)).await?;
    ctx.check::<CreateIdentityProvider>(created == alias, "the address ends with the alias");
    ctx.expect_error(create().body(&provider), 409).await;
    let stored = get_provider(ctx, &alias).await?;
    ctx.stored::<CreateIdentityProvider>(&provider, &stored, &[SECRET]);

    // The keys of a provider that is not enabled are a 500.
    let reload = ctx.keycloak.reload_identity_provider_keys();
    let reload = reload.realm(ctx.realm()).alias(&alias);
    if let Some(reloaded) = ctx.call(reload).await {
        ctx.check::<ReloadIdentityProviderKeys>(*reloaded, "the partner's keys are read");
    }

    provider.display_name = text("Our partner");
    provider.enabled = Some(false);
    provider.hide_on_login = Some(false);
    provider.post_broker_login_flow_alias = text("browser");
    let update = ctx.keycloak.update_identity_provider().realm(ctx.realm());
    ctx.call(update.alias(&alias).body(&provider)).await;
    let stored = get_provider(ctx, &alias).await?;
    ctx.stored::<UpdateIdentityProvider>(&provider, &stored, &[SECRET]);

    find_providers(ctx, &alias).await;
    mappers(ctx, &alias).await;
    permissions(ctx, &alias).await;
    let export = ctx.keycloak.export_identity_provider().realm(ctx.realm());
    let exported = ctx.call_raw(export.alias(&alias)).await?;
    ctx.check::<ExportIdentityProvider>(
        exported.status() == 204 && exported.as_bytes().is_empty(),
        "an OIDC provider has nothing to export",
    );
    delete_provider(ctx, &alias).await
}

async fn find_providers(ctx: &Context, alias: &str) -> Option<()> {
    let list = || ctx.keycloak.list_identity_providers().realm(ctx.realm());
    let found = ctx.call(list().search(alias)).await?;
    ctx.check::<ListIdentityProviders>(
        found.len() == 1 && found[0].alias.as_deref() == Some(alias),
        "the filter `search` gives the one provider",
    );
    let brief = list().brief_representation(true).first(0).max(1);
    let brief = ctx.call(brief).await?.into_inner();
    let mut configs = brief.iter().filter_map(|provider| provider.config.as_ref());
    ctx.check::<ListIdentityProviders>(
        brief.len() == 1 && configs.all(BTreeMap::is_empty),
        "a brief provider has no configuration",
    );
    ctx.call(list().realm_only(true)).await;
    ctx.call(list().r#type("USER_AUTHENTICATION")).await;
    ctx.call(list().capability("USER_LINKING")).await;
    Some(())
}

/// A mapper of this kind, with a value for each of its properties.
fn mapper(
    provider_alias: &str,
    kind: &IdentityProviderMapperTypeRepresentation,
) -> Option<IdentityProviderMapperRepresentation> {
    let mut config = BTreeMap::from([("syncMode".to_owned(), "INHERIT".to_owned())]);
    for property in kind.properties.iter().flatten() {
        config.insert(property.name.clone()?, value_of(property));
    }
    Some(
        IdentityProviderMapperRepresentation::new()
            .with_name(kind.name.clone()?)
            .with_identity_provider_alias(provider_alias)
            .with_identity_provider_mapper(kind.id.clone()?)
            .with_config(config),
    )
}

/// The property's default, or a value that stands for all if the property has no default.
fn value_of(property: &ConfigPropertyRepresentation) -> String {
    match &property.default_value {
        Some(Value::String(value)) if !value.is_empty() => value.clone(),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
        _ => "department".to_owned(),
    }
}

/// One mapper of each kind that the provider takes.
async fn mappers(ctx: &Context, alias: &str) -> Option<()> {
    let realm = ctx.realm();
    let get = |id: &str| {
        let call = ctx.keycloak.get_identity_provider_mapper();
        call.realm(realm).alias(alias).id(id)
    };
    let kinds = ctx.keycloak.list_identity_provider_mapper_types();
    let kinds = ctx.call(kinds.realm(realm).alias(alias)).await?;
    ctx.check::<ListIdentityProviderMapperTypes>(
        kinds.contains_key("hardcoded-attribute-idp-mapper")
            && kinds.iter().all(|(id, kind)| kind.id.as_ref() == Some(id)),
        "the kinds are found by their ids",
    );
    let mut last = None;
    for kind in kinds.values() {
        let mapper = mapper(alias, kind)?;
        let create = ctx.keycloak.create_identity_provider_mapper();
        let create = create.realm(realm).alias(alias).body(&mapper);
        let id = ctx.create(create).await?;
        let stored = ctx.call(get(&id)).await?.into_inner();
        ctx.stored::<CreateIdentityProviderMapper>(&mapper, &stored, &[]);
        last = Some((id, stored));
    }
    let mappers = ctx.keycloak.list_identity_provider_mappers();
    let mappers = ctx.call(mappers.realm(realm).alias(alias)).await?;
    let is_complete = mappers.len() == kinds.len();
    ctx.check::<ListIdentityProviderMappers>(is_complete, "a mapper of each kind is listed");

    let (id, mut mapper) = last?;
    mapper.name = text("renamed");
    let config = mapper.config.get_or_insert_default();
    config.insert("syncMode".to_owned(), "FORCE".to_owned());
    let update = ctx.keycloak.update_identity_provider_mapper();
    let update = update.realm(realm).alias(alias).id(&id);
    ctx.call(update.body(&mapper)).await?;
    let stored = ctx.call(get(&id)).await?;
    ctx.stored::<UpdateIdentityProviderMapper>(&mapper, &*stored, &[]);

    let delete = ctx.keycloak.delete_identity_provider_mapper();
    ctx.call(delete.realm(realm).alias(alias).id(&id)).await?;
    let is_gone = ctx.expect_error(get(&id), 404).await.is_some();
    ctx.check::<DeleteIdentityProviderMapper>(is_gone, "the mapper is gone");
    Some(())
}

async fn permissions(ctx: &Context, alias: &str) -> Option<()> {
    let get = ctx.keycloak.get_identity_provider_management_permissions();
    let get = get.realm(ctx.realm()).alias(alias);
    let before = ctx.call(get.clone()).await?;
    ctx.check::<GetIdentityProviderManagementPermissions>(
        before.enabled == Some(false),
        "nobody has switched them on",
    );
    let enabled = ManagementPermissionReference::new().with_enabled(true);
    let update = ctx
        .keycloak
        .update_identity_provider_management_permissions();
    let update = update.realm(ctx.realm()).alias(alias).body(&enabled);
    let updated = ctx.call(update).await?.into_inner();
    ctx.check::<UpdateIdentityProviderManagementPermissions>(
        updated.resource.is_some() && updated.scope_permissions.is_some(),
        "there is a resource with permissions",
    );
    let after = ctx.call(get).await?;
    ctx.stored::<UpdateIdentityProviderManagementPermissions>(&updated, &*after, &[]);
    Some(())
}

async fn saml(ctx: &Context, partner_url: &str) -> Option<()> {
    let descriptor = format!("{partner_url}/protocol/saml/descriptor");
    let config = import(ctx, "saml", &descriptor).await?;
    let alias = ctx.name("saml");
    let provider = IdentityProviderRepresentation::new()
        .with_alias(&alias)
        .with_provider_id("saml")
        .with_enabled(true)
        .with_config(config);
    let create = ctx.keycloak.create_identity_provider().realm(ctx.realm());
    ctx.create(create.body(&provider)).await?;
    let stored = get_provider(ctx, &alias).await?;
    ctx.stored::<CreateIdentityProvider>(&provider, &stored, &[]);

    mappers(ctx, &alias).await;
    let export = ctx.keycloak.export_identity_provider().realm(ctx.realm());
    let exported = ctx.call_raw(export.alias(&alias)).await?;
    let metadata = exported.text().unwrap_or_default();
    ctx.check::<ExportIdentityProvider>(
        exported
            .content_type()
            .is_some_and(|it| it.starts_with("application/xml"))
            && metadata.contains("EntityDescriptor"),
        "a SAML provider is exported as metadata",
    );
    delete_provider(ctx, &alias).await
}

async fn certificates(ctx: &Context, partner_url: &str) -> Option<()> {
    let keys = ctx.keycloak.get_realm_keys().realm(ctx.realm());
    let keys = ctx.call(keys).await?.into_inner().keys?;
    let key = keys.into_iter().find(|key| key.certificate.is_some())?;
    let (certificate, public_key) = (key.certificate?, key.public_key?);

    let pem = |label: &str, content: &str| {
        format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----\n")
    };
    let read = upload(ctx, "Certificate PEM", &pem("CERTIFICATE", &certificate)).await?;
    ctx.check::<UploadIdentityProviderCertificate>(
        read.certificate.as_ref() == Some(&certificate)
            && read.public_key.as_ref() == Some(&public_key),
        "the certificate comes back with its public key",
    );
    let file = pem("PUBLIC KEY", &public_key);
    let read = upload(ctx, "Public Key PEM", &file).await?;
    ctx.check::<UploadIdentityProviderCertificate>(
        read.public_key.as_ref() == Some(&file),
        "the public key comes back as it was sent",
    );
    let key_set = format!("{partner_url}/protocol/openid-connect/certs");
    let key_set = fetch(ctx, &key_set).await?;
    let read = upload(ctx, "JSON Web Key Set", &key_set).await?;
    ctx.check::<UploadIdentityProviderCertificate>(read.jwks.is_some(), "the key set comes back");
    Some(())
}

async fn upload(ctx: &Context, format: &str, file: &str) -> Option<CertificateRepresentation> {
    let (media_type, body) = form(&[("keystoreFormat", format)], file);
    let upload = ctx.keycloak.upload_identity_provider_certificate();
    let mut upload = upload.realm(ctx.realm());
    upload.request_mut().set_body(media_type, body);
    Some(ctx.call(upload).await?.into_inner())
}
