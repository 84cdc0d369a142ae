//! Components: key providers, user federation with its mappers, client registration policies; and the realm's keys.

use conformance::context::Context;
use keycloak_api::component::{
    CreateComponent, GetComponent, ListComponents, ListSubcomponentTypes, UpdateComponent,
};
use keycloak_api::key::GetRealmKeys;
use keycloak_api::types::{
    ComponentRepresentation, KeyMetadataRepresentation, MultivaluedHashMapStringString,
};

const KEYS: &str = "org.keycloak.keys.KeyProvider";
const STORAGE: &str = "org.keycloak.storage.UserStorageProvider";
const LDAP_MAPPER: &str = "org.keycloak.storage.ldap.mappers.LDAPStorageMapper";
const REGISTRATION: &str =
    "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy";

pub(crate) async fn run(ctx: &Context) {
    keys(ctx).await;
    registration_policy(ctx).await;
    user_federation(ctx).await;
}

fn config(entries: &[(&str, &str)]) -> MultivaluedHashMapStringString {
    let entries = entries.iter();
    entries
        .map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]))
        .collect()
}

async fn create(ctx: &Context, component: &ComponentRepresentation) -> Option<String> {
    let call = ctx.keycloak.create_component().realm(ctx.realm());
    ctx.create(call.body(component)).await
}

/// Reads a component after `B` and says whether it is stored.
macro_rules! stored {
    ($ctx:expr, $id:expr, $component:expr, $B:ident, $except:expr) => {{
        let get = $ctx.keycloak.get_component().realm($ctx.realm());
        let stored = $ctx.call(get.id($id)).await?;
        $ctx.stored::<$B>($component, &*stored, $except);
    }};
}

/// A key of each kind that the server makes itself: of this provider, with these settings.
const KEY_PROVIDERS: [(&str, &[(&str, &str)]); 7] = [
    (
        "rsa-generated",
        &[("algorithm", "PS256"), ("keySize", "2048")],
    ),
    ("rsa-enc-generated", &[("algorithm", "RSA-OAEP")]),
    ("ecdsa-generated", &[("ecdsaEllipticCurveKey", "P-384")]),
    ("ecdh-generated", &[("ecdhAlgorithm", "ECDH-ES")]),
    ("eddsa-generated", &[("eddsaEllipticCurveKey", "Ed25519")]),
    (
        "hmac-generated",
        &[("algorithm", "HS256"), ("secretSize", "64")],
    ),
    ("aes-generated", &[("secretSize", "32")]),
];

async fn keys(ctx: &Context) -> Option<()> {
    for (provider, settings) in KEY_PROVIDERS {
        let mut settings = config(settings);
        settings.extend(config(&[
            ("priority", "150"),
            ("enabled", "true"),
            ("active", "true"),
        ]));
        key_provider(ctx, provider, settings).await;
    }
    Some(())
}

async fn key_provider(
    ctx: &Context,
    provider: &str,
    settings: MultivaluedHashMapStringString,
) -> Option<()> {
    let name = ctx.name(provider);
    let mut component = ComponentRepresentation::new()
        .with_name(&name)
        .with_provider_id(provider)
        .with_provider_type(KEYS)
        .with_config(settings);
    let id = create(ctx, &component).await?;
    stored!(ctx, &id, &component, CreateComponent, &[]);

    let keys = ctx
        .call(ctx.keycloak.get_realm_keys().realm(ctx.realm()))
        .await?;
    let keys = keys.into_inner();
    let active = keys.active.unwrap_or_default();
    let is_active = |key: &KeyMetadataRepresentation| {
        let algorithm = key.algorithm.as_ref();
        key.kid.is_some() && algorithm.and_then(|name| active.get(name)) == key.kid.as_ref()
    };
    let all = keys.keys.unwrap_or_default();
    let key = all.iter().find(|key| key.provider_id.as_ref() == Some(&id));
    ctx.check::<GetRealmKeys>(
        key.is_some_and(|key| key.provider_priority == Some(150) && is_active(key)),
        &format!("the key of {provider} is the active one"),
    );

    component
        .config
        .get_or_insert_default()
        .insert("priority".to_owned(), vec!["-10".to_owned()]);
    let update = ctx.keycloak.update_component().realm(ctx.realm());
    ctx.call(update.id(&id).body(&component)).await;
    stored!(ctx, &id, &component, UpdateComponent, &[]);

    let list = ctx.keycloak.list_components().realm(ctx.realm());
    let found = ctx.call(list.name(&name).r#type(KEYS)).await?;
    ctx.check::<ListComponents>(
        found.len() == 1 && found[0].id.as_ref() == Some(&id),
        "the filters `name` and `type` give the one component",
    );
    delete(ctx, &id).await
}

async fn delete(ctx: &Context, id: &str) -> Option<()> {
    let delete = ctx.keycloak.delete_component().realm(ctx.realm());
    ctx.call(delete.id(id)).await?;
    let get = ctx.keycloak.get_component().realm(ctx.realm());
    ctx.expect_error(get.id(id), 404).await;
    Some(())
}

/// A policy for clients that register without a token, which its subtype says.
async fn registration_policy(ctx: &Context) -> Option<()> {
    let policy = ComponentRepresentation::new()
        .with_name(ctx.name("few-clients"))
        .with_provider_id("max-clients")
        .with_provider_type(REGISTRATION)
        .with_sub_type("anonymous")
        .with_config(config(&[("max-clients", "5")]));
    let id = create(ctx, &policy).await?;
    stored!(ctx, &id, &policy, CreateComponent, &[]);
    let unknown = policy.with_provider_id("no-such-provider");
    let create = ctx.keycloak.create_component().realm(ctx.realm());
    ctx.expect_error(create.body(unknown), 400).await;
    Some(())
}

/// A directory that is configured and not asked: it need not be there.
fn directory(name: &str) -> ComponentRepresentation {
    ComponentRepresentation::new()
        .with_name(name)
        .with_provider_id("ldap")
        .with_provider_type(STORAGE)
        .with_config(config(&[
            ("enabled", "false"),
            ("priority", "0"),
            ("editMode", "WRITABLE"),
            ("importEnabled", "true"),
            ("vendor", "other"),
            ("usernameLDAPAttribute", "uid"),
            ("rdnLDAPAttribute", "uid"),
            ("uuidLDAPAttribute", "entryUUID"),
            ("userObjectClasses", "inetOrgPerson, organizationalPerson"),
            ("connectionUrl", "ldap://127.0.0.1:1"),
            ("usersDn", "ou=people,dc=example,dc=com"),
            ("authType", "simple"),
            ("bindDn", "cn=admin,dc=example,dc=com"),
            ("bindCredential", "the directory's password"),
        ]))
}

async fn user_federation(ctx: &Context) -> Option<()> {
    const MASKED: (&str, &str) = ("$.config.bindCredential", "a secret is read as asterisks");
    let name = ctx.name("directory");
    let mut ldap = directory(&name);
    let id = create(ctx, &ldap).await?;
    stored!(ctx, &id, &ldap, CreateComponent, &[MASKED]);
    let get = || ctx.keycloak.get_component().realm(ctx.realm()).id(&id);
    let secret = ctx.call(get()).await?.into_inner().config?;
    let secret = secret.get("bindCredential")?.first()?.as_str();
    ctx.check::<GetComponent>(secret == "**********", "the secret is masked");

    ldap.config
        .get_or_insert_default()
        .insert("vendor".to_owned(), vec!["rhds".to_owned()]);
    let update = ctx.keycloak.update_component().realm(ctx.realm());
    ctx.call(update.id(&id).body(&ldap)).await;
    stored!(ctx, &id, &ldap, UpdateComponent, &[MASKED]);

    let types = ctx.keycloak.list_subcomponent_types().realm(ctx.realm());
    let types = ctx.call(types.id(&id).r#type(LDAP_MAPPER)).await?;
    ctx.check::<ListSubcomponentTypes>(
        types
            .iter()
            .any(|kind| kind.id.as_deref() == Some("user-attribute-ldap-mapper")),
        "a mapper of attributes is one of them",
    );
    ldap_mapper(ctx, &id).await;

    let list = ctx.keycloak.list_components().realm(ctx.realm());
    let found = ctx.call(list.provider_id("ldap")).await?;
    // Versions before 26.6 ignore the filter.
    let is_filtered = ctx.target().is_at_least(26, 6);
    ctx.check::<ListComponents>(
        found.iter().any(|one| one.name.as_ref() == Some(&name))
            && (found.len() == 1 || !is_filtered),
        "the filter `providerId` gives the one component",
    );
    ctx.call(ctx.keycloak.list_components().realm(ctx.realm()))
        .await;
    delete(ctx, &id).await
}

/// A component of a component.
async fn ldap_mapper(ctx: &Context, ldap: &str) -> Option<()> {
    let mapper = ComponentRepresentation::new()
        .with_name(ctx.name("mapper"))
        .with_provider_id("user-attribute-ldap-mapper")
        .with_provider_type(LDAP_MAPPER)
        .with_parent_id(ldap)
        .with_config(config(&[
            ("ldap.attribute", "departmentNumber"),
            ("user.model.attribute", "department"),
            ("read.only", "true"),
            ("always.read.value.from.ldap", "false"),
            ("is.mandatory.in.ldap", "false"),
        ]));
    let id = create(ctx, &mapper).await?;
    stored!(ctx, &id, &mapper, CreateComponent, &[]);
    let list = ctx.keycloak.list_components().realm(ctx.realm());
    let found = ctx.call(list.parent(ldap)).await?;
    ctx.check::<ListComponents>(
        found.iter().any(|one| one.id.as_ref() == Some(&id))
            && found
                .iter()
                .all(|one| one.parent_id.as_deref() == Some(ldap)),
        "the filter `parent` gives the mappers of this directory",
    );
    delete(ctx, &id).await
}
