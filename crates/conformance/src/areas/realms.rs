//! Realms: their settings and defaults, events, localization, client policies, what is imported and exported, sessions,
//! mail, caches.

use std::collections::BTreeMap;

use conformance::admin_url::AdminUrl;
use conformance::context::Context;
use keycloak_api::clients::CreateClient;
use keycloak_api::realms_admin::{
    AddDefaultClientScopeToRealm, AddDefaultGroup, AddOptionalClientScopeToRealm, ClearAdminEvents,
    ClearEvents, ClearLocalizationTexts, ConvertClientDescription, CreateRealm,
    DeleteLocalizationText, DeleteSession, GetGroupByPath, GetLocalizationText,
    ImportLocalizationTexts, ListAdminEvents, ListClientSessionStats, ListCredentialRegistrators,
    ListEvents, ListLocalizationLocales, ListLocalizationTexts, ListRealms, LogoutAllUsers,
    PartialExportRealm, PartialImportRealm, PushRealmRevocation, RemoveDefaultClientScopeFromRealm,
    RemoveDefaultGroup, RemoveOptionalClientScopeFromRealm, TestSmtpConnection,
    UpdateClientPolicies, UpdateClientProfiles, UpdateClientTypes, UpdateEventsConfig,
    UpdateLocalizationText, UpdateRealm, UpdateUsersManagementPermissions,
};
use keycloak_api::types::{
    BruteForceStrategy, ClientPoliciesRepresentation, ClientPolicyConditionRepresentation,
    ClientPolicyExecutorRepresentation, ClientPolicyRepresentation, ClientProfileRepresentation,
    ClientProfilesRepresentation, ClientRepresentation, ClientScopeRepresentation,
    ClientTypeRepresentation, ClientTypesRepresentation, GroupRepresentation,
    IdentityProviderMapperRepresentation, IdentityProviderRepresentation,
    ManagementPermissionReference, PartialImportPolicy, PartialImportRepresentation,
    PropertyConfig, RealmEventsConfigRepresentation, RealmRepresentation, RoleRepresentation,
    RolesRepresentation, UserRepresentation,
};
use keycloak_api::users::CreateUser;
use keycloak_session::{ApiCall as _, Credentials};
use serde_json::{Map, json};

use super::identity_providers::form;
use super::make::{self, PASSWORD, text};
use super::read_only;

/// The public client of the admin console, which every realm has.
const ADMIN_CONSOLE: &str = "security-admin-console";

pub(crate) async fn run(ctx: &Context) {
    realms(ctx).await;
    defaults(ctx).await;
    read_only::run(ctx).await;
    events(ctx).await;
    admin_events(ctx).await;
    localization(ctx).await;
    default_groups(ctx).await;
    default_client_scopes(ctx).await;
    client_policies(ctx).await;
    client_types(ctx).await;
    client_descriptions(ctx).await;
    permissions(ctx).await;
    sessions(ctx).await;
    mail(ctx).await;
    import(ctx).await;
    export(ctx).await;
    caches(ctx).await;
    // Last: it ends every session of the realm.
    revocation(ctx).await;
}

fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

#[allow(clippy::unnecessary_wraps)] // Every field of a representation is an `Option`.
fn list<const N: usize>(values: [&str; N]) -> Option<Vec<String>> {
    Some(values.map(str::to_owned).into())
}

/// A realm with settings of every kind.
fn settings(name: &str) -> RealmRepresentation {
    RealmRepresentation::new()
        .with_realm(name)
        .with_enabled(true)
        .with_display_name("Observatory")
        .with_display_name_html("<b>Observatory</b>")
        .with_ssl_required("external")
        .with_registration_allowed(true)
        .with_remember_me(true)
        .with_verify_email(true)
        .with_reset_password_allowed(true)
        .with_password_policy("length(8) and notUsername(undefined)")
        .with_otp_policy_type("totp")
        .with_otp_policy_algorithm("HmacSHA256")
        .with_otp_policy_digits(8)
        .with_otp_policy_code_reusable(true)
        .with_brute_force_protected(true)
        .with_brute_force_strategy(BruteForceStrategy::Linear)
        .with_failure_factor(7)
        .with_max_failure_wait_seconds(901)
        .with_quick_login_check_milli_seconds(1_001)
        .with_access_token_lifespan(301)
        .with_sso_session_idle_timeout(1_801)
        .with_offline_session_max_lifespan_enabled(true)
        .with_offline_session_max_lifespan(5_184_001)
        .with_revoke_refresh_token(true)
        .with_refresh_token_max_reuse(1)
        .with_internationalization_enabled(true)
        .with_supported_locales(["de", "en"])
        .with_default_locale("en")
        .with_login_theme("keycloak.v2")
        .with_events_enabled(true)
        .with_events_expiration(3_601)
        .with_enabled_event_types(["LOGIN"])
        .with_admin_events_enabled(true)
        .with_browser_security_headers([("xFrameOptions", "DENY")])
        .with_smtp_server([
            ("host", "mail.example.com"),
            ("from", "keycloak@example.com"),
        ])
        .with_web_authn_policy_rp_entity_name("observatory")
        .with_web_authn_policy_signature_algorithms(["ES256", "RS256"])
        .with_web_authn_policy_passwordless_user_verification_requirement("required")
        .with_attributes([("frontendUrl", "https://sso.example.com"), ("dome", "open")])
}

async fn realms(ctx: &Context) -> Option<()> {
    let name = format!("{}-other", ctx.realm());
    let mut realm = settings(&name);
    realm.users = Some(vec![make::person("ada")]);
    let create = || ctx.keycloak.create_realm();
    let id = ctx.create(create().body(&realm)).await?;
    ctx.check::<CreateRealm>(id == name, "Location ends with the realm's name");
    ctx.expect_error(create().body(&realm), 409).await;

    let get = || ctx.keycloak.get_realm().realm(&name);
    let stored = ctx.call(get()).await?;
    let users = ("$.users", "users are not part of what is read");
    ctx.stored::<CreateRealm>(&realm, &*stored, &[users]);
    let found = ctx.keycloak.list_users().realm(&name).username("ada");
    let is_there = ctx.call(found).await?.len() == 1;
    ctx.check::<CreateRealm>(is_there, "the user is created with the realm");

    realm.users = None;
    realm.display_name = text("Planetarium");
    realm.access_token_lifespan = Some(302);
    realm.supported_locales = list(["de", "en", "fr"]);
    realm.smtp_server = Some(texts([
        ("host", "mail.example.org"),
        ("from", "sso@example.org"),
    ]));
    let update = || ctx.keycloak.update_realm().realm(&name);
    ctx.call(update().body(&realm)).await;
    let stored = ctx.call(get()).await?;
    ctx.stored::<UpdateRealm>(&realm, &*stored, &[]);
    let taken = RealmRepresentation::new().with_realm(ctx.realm());
    ctx.expect_error(update().body(taken), 409).await;

    for brief in [false, true] {
        let realms = ctx.keycloak.list_realms().brief_representation(brief);
        let realms = ctx.call(realms).await?;
        let is_there = realms
            .iter()
            .any(|other| other.realm.as_ref() == Some(&name));
        ctx.check::<ListRealms>(is_there, "the realm is listed");
    }
    ctx.call(ctx.keycloak.delete_realm().realm(&name)).await?;
    ctx.expect_error(get(), 404).await;
    Some(())
}

/// A realm, a user and a client that are created with a name alone have the defaults that their descriptions name.
async fn defaults(ctx: &Context) -> Option<()> {
    let name = format!("{}-plain", ctx.realm());
    let realm = RealmRepresentation::new().with_realm(&name);
    ctx.call(ctx.keycloak.create_realm().body(&realm)).await?;
    let stored = ctx.call(ctx.keycloak.get_realm().realm(&name)).await?;
    ctx.has_defaults::<CreateRealm, _>(&realm, &*stored);

    let user = UserRepresentation::new().with_username("plain");
    let create = ctx.keycloak.create_user().realm(&name);
    let id = ctx.create(create.body(&user)).await?;
    let get = ctx.keycloak.get_user().realm(&name).user_id(id);
    ctx.has_defaults::<CreateUser, _>(&user, &*ctx.call(get).await?);

    let client = ClientRepresentation::new().with_client_id("plain");
    let create = ctx.keycloak.create_client().realm(&name);
    let uuid = ctx.create(create.body(&client)).await?;
    let get = ctx.keycloak.get_client().realm(&name).client_uuid(uuid);
    ctx.has_defaults::<CreateClient, _>(&client, &*ctx.call(get).await?);
    ctx.call(ctx.keycloak.delete_realm().realm(&name)).await?;
    Some(())
}

async fn events(ctx: &Context) -> Option<()> {
    let read = || ctx.keycloak.get_events_config().realm(ctx.realm());
    ctx.call(read()).await;
    let config = RealmEventsConfigRepresentation::new()
        .with_events_enabled(true)
        .with_events_expiration(3_600)
        .with_events_listeners(["jboss-logging"])
        .with_enabled_event_types(["LOGIN", "LOGIN_ERROR"])
        .with_admin_events_enabled(true)
        .with_admin_events_details_enabled(true);
    let update = ctx.keycloak.update_events_config().realm(ctx.realm());
    ctx.call(update.body(&config)).await?;
    let stored = ctx.call(read()).await?;
    ctx.stored::<UpdateEventsConfig>(&config, &*stored, &[]);

    let username = ctx.name("watched");
    let user_id = make::user(ctx, &username).await?;
    let client_id = ctx.name("watched-client");
    make::public_client(ctx, &client_id).await?;
    for password in [PASSWORD, "a wrong password"] {
        login(ctx, &client_id, &username, password).await;
    }
    let find = || {
        let events = ctx.keycloak.list_events().realm(ctx.realm());
        events.client(&client_id).user(&user_id).first(0).max(10)
    };
    let events = ctx.call(find().direction("asc")).await?;
    let types: Vec<_> = events.iter().map(|event| event.type_.as_deref()).collect();
    let expected = [Some("LOGIN"), Some("LOGIN_ERROR")];
    ctx.check::<ListEvents>(types == expected, "both logins are listed, the older first");
    let between = find().date_from("2020-01-01").date_to("2100-01-01");
    let failures = between.r#type(["LOGIN_ERROR"]).ip_address("127.0.0.1");
    let failures = ctx.call(failures).await?;
    ctx.check::<ListEvents>(
        failures.len() == 1 && failures[0].error.as_deref() == Some("invalid_user_credentials"),
        "the filter `type` gives the failed login",
    );
    ctx.expect_error(find().date_from("yesterday"), 400).await;

    ctx.call(ctx.keycloak.clear_events().realm(ctx.realm()))
        .await;
    let is_empty = ctx.call(find()).await?.is_empty();
    ctx.check::<ClearEvents>(is_empty, "no event is left");
    Some(())
}

async fn admin_events(ctx: &Context) -> Option<()> {
    let user_id = make::user(ctx, &ctx.name("made")).await?;
    let find = || ctx.keycloak.list_admin_events().realm(ctx.realm());
    let made = find().operation_types(["CREATE"]).resource_types(["USER"]);
    let made = made.resource_path(format!("users/{user_id}"));
    let events = ctx.call(made.direction("desc").first(0).max(5)).await?;
    ctx.check::<ListAdminEvents>(events.len() == 1, "the filters give the one event");
    let event = events.first()?;
    ctx.check::<ListAdminEvents>(
        event.representation.is_some(),
        "with details, the event holds what was sent",
    );

    let by = event.auth_details.clone()?;
    let same = find()
        .auth_realm(by.realm_id?)
        .auth_client(by.client_id?)
        .auth_user(by.user_id?)
        .auth_ip_address(by.ip_address?)
        .date_from("2020-01-01")
        .date_to("2100-01-01");
    let found = ctx.call(same).await?;
    let is_there = found.iter().any(|other| other.id == event.id);
    ctx.check::<ListAdminEvents>(is_there, "the filters by who did it give the event");

    ctx.call(ctx.keycloak.clear_admin_events().realm(ctx.realm()))
        .await;
    let is_empty = ctx.call(find()).await?.is_empty();
    ctx.check::<ClearAdminEvents>(is_empty, "no event is left");
    Some(())
}

async fn localization(ctx: &Context) -> Option<()> {
    macro_rules! call {
        ($operation:ident($($locale:expr)?)) => {
            ctx.keycloak.$operation().realm(ctx.realm())$(.locale($locale))?
        };
    }
    let german = texts([("greeting", "Grüß Gott"), ("sky", "Himmel")]);
    ctx.call(call!(import_localization_texts("de")).body(&german))
        .await?;
    let stored = ctx.call(call!(list_localization_texts("de"))).await?;
    ctx.check::<ImportLocalizationTexts>(*stored == german, "the texts are stored");
    ctx.call(call!(import_localization_texts("en")).body(texts([("dome", "Dome")])))
        .await?;
    let (media_type, file) = form(&[], r#"{"sea": "Mer"}"#);
    let mut upload = call!(import_localization_texts("fr"));
    upload.request_mut().set_body(media_type, file);
    ctx.call(upload).await?;
    let stored = ctx.call(call!(list_localization_texts("fr"))).await?;
    ctx.check::<ImportLocalizationTexts>(
        *stored == texts([("sea", "Mer")]),
        "the texts of a file are stored",
    );
    let locales = ctx.call(call!(list_localization_locales())).await?;
    let has = |locale: &str| locales.iter().any(|other| other == locale);
    ctx.check::<ListLocalizationLocales>(has("de") && has("en"), "both locales are listed");

    let english = RealmRepresentation::new()
        .with_internationalization_enabled(true)
        .with_supported_locales(["de", "en"])
        .with_default_locale("en");
    ctx.call(ctx.keycloak.update_realm().realm(ctx.realm()).body(english))
        .await?;
    let call = call!(list_localization_texts("de"));
    let both = call.use_realm_default_locale_fallback(true);
    let has_dome = ctx.call(both).await?.contains_key("dome");
    ctx.check::<ListLocalizationTexts>(has_dome, "the default locale fills in");

    let new = "Servus,\nschöne \"Welt\"";
    let update = call!(update_localization_text("de")).key("greeting");
    ctx.call(update.body(new)).await;
    let get = || call!(get_localization_text("de")).key("greeting");
    let read = ctx.call_raw(get()).await?;
    let is_stored = read.text().is_ok_and(|text| text == new);
    ctx.check::<UpdateLocalizationText>(is_stored, "the text is stored as it is");
    let is_plain = read.content_type() == Some("text/plain;charset=UTF-8");
    ctx.check::<GetLocalizationText>(is_plain, "the text is plain, in UTF-8");

    let delete = call!(delete_localization_text("de")).key("greeting");
    ctx.call(delete).await;
    let error = ctx.expect_error(get(), 404).await;
    ctx.check::<DeleteLocalizationText>(error.is_some(), "the text is gone");
    ctx.call(call!(clear_localization_texts("de"))).await;
    let is_empty = ctx.call(call!(list_localization_texts("de"))).await?;
    ctx.check::<ClearLocalizationTexts>(is_empty.is_empty(), "no text is left");
    Some(())
}

async fn default_groups(ctx: &Context) -> Option<()> {
    let id = make::group(ctx, &ctx.name("default-group")).await?;
    let has_group = async || {
        let call = ctx.keycloak.list_default_groups().realm(ctx.realm());
        let groups = ctx.call(call).await?;
        Some(groups.iter().any(|group| group.id.as_ref() == Some(&id)))
    };
    let add = ctx.keycloak.add_default_group().realm(ctx.realm());
    ctx.call(add.group_id(&id)).await?;
    ctx.check::<AddDefaultGroup>(has_group().await?, "the group is a default");
    let remove = ctx.keycloak.remove_default_group().realm(ctx.realm());
    ctx.call(remove.group_id(&id)).await?;
    ctx.check::<RemoveDefaultGroup>(!has_group().await?, "the group is a default no more");
    Some(())
}

async fn default_client_scopes(ctx: &Context) -> Option<()> {
    let scope = ClientScopeRepresentation::new()
        .with_name(ctx.name("scope"))
        .with_protocol("openid-connect");
    let create = ctx.keycloak.create_client_scope().realm(ctx.realm());
    let id = ctx.create(create.body(scope)).await?;
    macro_rules! round {
        ($list:ident, $add:ident / $Add:ident, $remove:ident / $Remove:ident) => {
            let has_scope = async || {
                let call = ctx.keycloak.$list().realm(ctx.realm());
                let scopes = ctx.call(call).await?;
                Some(scopes.iter().any(|scope| scope.id.as_ref() == Some(&id)))
            };
            let add = ctx.keycloak.$add().realm(ctx.realm());
            ctx.call(add.client_scope_id(&id)).await?;
            ctx.check::<$Add>(has_scope().await?, "the scope is there");
            let remove = ctx.keycloak.$remove().realm(ctx.realm());
            ctx.call(remove.client_scope_id(&id)).await?;
            ctx.check::<$Remove>(!has_scope().await?, "the scope is gone");
        };
    }
    round!(
        list_realm_default_client_scopes,
        add_default_client_scope_to_realm / AddDefaultClientScopeToRealm,
        remove_default_client_scope_from_realm / RemoveDefaultClientScopeFromRealm
    );
    round!(
        list_realm_optional_client_scopes,
        add_optional_client_scope_to_realm / AddOptionalClientScopeToRealm,
        remove_optional_client_scope_from_realm / RemoveOptionalClientScopeFromRealm
    );
    Some(())
}

async fn client_policies(ctx: &Context) -> Option<()> {
    let profile = ctx.name("profile");
    let profiles =
        ClientProfilesRepresentation::new().with_profiles([ClientProfileRepresentation::new()
            .with_name(&profile)
            .with_description("Asks for PKCE")
            .with_executors([ClientPolicyExecutorRepresentation::new()
                .with_executor("pkce-enforcer")
                .with_configuration(Map::from_iter([(
                    "auto-configure".to_owned(),
                    json!(true),
                )]))])]);
    let update = ctx.keycloak.update_client_profiles().realm(ctx.realm());
    ctx.call(update.body(&profiles)).await?;
    let read = ctx.keycloak.get_client_profiles().realm(ctx.realm());
    let stored = ctx.call(read.include_global_profiles(true)).await?;
    ctx.stored::<UpdateClientProfiles>(&profiles, &*stored, &[]);

    let policies =
        ClientPoliciesRepresentation::new().with_policies([ClientPolicyRepresentation::new()
            .with_name(ctx.name("policy"))
            .with_description("For public clients")
            .with_enabled(true)
            .with_conditions([ClientPolicyConditionRepresentation::new()
                .with_condition("client-access-type")
                .with_configuration(Map::from_iter([("type".to_owned(), json!(["public"]))]))])
            .with_profiles([profile])]);
    let update = || ctx.keycloak.update_client_policies().realm(ctx.realm());
    ctx.call(update().body(&policies)).await?;
    let read = ctx.keycloak.get_client_policies().realm(ctx.realm());
    let stored = ctx.call(read.include_global_policies(true)).await?;
    ctx.stored::<UpdateClientPolicies>(&policies, &*stored, &[]);
    // The other scenarios log in without PKCE.
    let mut none = ClientPoliciesRepresentation::new();
    none.policies = Some(vec![]);
    ctx.call(update().body(none)).await;
    Some(())
}

async fn client_types(ctx: &Context) -> Option<()> {
    let read = || ctx.keycloak.get_client_types().realm(ctx.realm());
    ctx.call(read()).await?;
    let property = PropertyConfig::new()
        .with_applicable(true)
        .with_value(json!(true));
    let types =
        ClientTypesRepresentation::new().with_client_types([ClientTypeRepresentation::new()
            .with_name(ctx.name("kiosk"))
            .with_provider("default")
            .with_config([("standardFlowEnabled", property)])]);
    let update = ctx.keycloak.update_client_types().realm(ctx.realm());
    ctx.call(update.body(&types)).await?;
    let stored = ctx.call(read()).await?;
    ctx.stored::<UpdateClientTypes>(&types, &*stored, &[]);
    Some(())
}

/// The metadata of a service provider.
const SAML_METADATA: &str = r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sp.example.com">
  <SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
      Location="https://sp.example.com/acs" index="1"/>
  </SPSSODescriptor>
</EntityDescriptor>"#;

async fn client_descriptions(ctx: &Context) -> Option<()> {
    let convert = || ctx.keycloak.convert_client_description().realm(ctx.realm());
    let client = json!({"clientId": "app", "redirectUris": ["https://app.example.com/*"]});
    let client = ctx.call(convert().body(client.to_string())).await?;
    let is_client = client.client_id.as_deref() == Some("app");
    ctx.check::<ConvertClientDescription>(is_client, "a client stays what it is");

    let registration =
        json!({"client_name": "App", "redirect_uris": ["https://app.example.com/cb"]});
    let client = ctx.call(convert().body(registration.to_string())).await?;
    ctx.check::<ConvertClientDescription>(
        client.redirect_uris == list(["https://app.example.com/cb"]),
        "a client registration is understood",
    );
    let client = ctx.call(convert().body(SAML_METADATA)).await?;
    ctx.check::<ConvertClientDescription>(
        client.client_id.as_deref() == Some("https://sp.example.com")
            && client.protocol.as_deref() == Some("saml"),
        "SAML metadata is understood",
    );
    ctx.expect_error(convert().body("neither"), 400).await;
    Some(())
}

async fn permissions(ctx: &Context) -> Option<()> {
    let registrators = ctx.keycloak.list_credential_registrators();
    let registrators = ctx.call(registrators.realm(ctx.realm())).await?;
    let has_otp = registrators.iter().any(|name| name == "CONFIGURE_TOTP");
    ctx.check::<ListCredentialRegistrators>(has_otp, "one-time passwords can be registered");

    for enabled in [true, false] {
        let sent = ManagementPermissionReference::new().with_enabled(enabled);
        let update = ctx.keycloak.update_users_management_permissions();
        ctx.call(update.realm(ctx.realm()).body(sent)).await?;
        let read = ctx.keycloak.get_users_management_permissions();
        let read = ctx.call(read.realm(ctx.realm())).await?;
        ctx.check::<UpdateUsersManagementPermissions>(
            read.enabled == Some(enabled) && read.scope_permissions.is_some() == enabled,
            "enabled permissions are returned",
        );
    }
    Some(())
}

/// Logs a user in; whether it worked is for the caller to see in what comes of it.
async fn login(ctx: &Context, client_id: &str, username: &str, password: &str) {
    let form = [
        ("grant_type", "password"),
        ("client_id", client_id),
        ("username", username),
        ("password", password),
    ];
    ctx.login(&form).await;
}

async fn sessions(ctx: &Context) -> Option<()> {
    let username = ctx.name("session");
    let user_id = make::user(ctx, &username).await?;
    let client_id = ctx.name("session-client");
    let client_uuid = make::public_client(ctx, &client_id).await?;
    login(ctx, &client_id, &username, PASSWORD).await;
    let offline = [
        ("grant_type", "password"),
        ("client_id", &client_id),
        ("username", &username),
        ("password", PASSWORD),
        ("scope", "offline_access"),
    ];
    ctx.login(&offline).await;

    let stats = ctx.keycloak.list_client_session_stats().realm(ctx.realm());
    let stats = ctx.call(stats).await?;
    let ours = stats
        .iter()
        .find(|stats| stats.id.as_ref() == Some(&client_uuid))?;
    ctx.check::<ListClientSessionStats>(
        ours.client_id.as_ref() == Some(&client_id)
            && ours.active.as_deref() == Some("1")
            && ours.offline.as_deref() == Some("1"),
        "the client has a session and an offline session",
    );

    let online = || {
        let call = ctx.keycloak.list_user_sessions();
        call.realm(ctx.realm()).user_id(&user_id)
    };
    let offline = || {
        let call = ctx.keycloak.list_user_offline_sessions();
        call.realm(ctx.realm())
            .user_id(&user_id)
            .client_uuid(&client_uuid)
    };
    let delete = |id: &str| ctx.keycloak.delete_session().realm(ctx.realm()).session(id);
    let id = ctx.call(online()).await?.first()?.id.clone()?;
    ctx.call(delete(&id)).await?;
    let is_gone = ctx.call(online()).await?.is_empty();
    ctx.check::<DeleteSession>(is_gone, "the session is gone");
    ctx.expect_error(delete(&id), 404).await;
    let id = ctx.call(offline()).await?.first()?.id.clone()?;
    ctx.call(delete(&id).is_offline(true)).await?;
    let is_gone = ctx.call(offline()).await?.is_empty();
    ctx.check::<DeleteSession>(is_gone, "the offline session is gone");
    Some(())
}

/// A user who administrates the area's realm, through the client of the admin console.
pub(crate) struct Administrator {
    pub(crate) keycloak: keycloak_api::Client,
    pub(crate) user_id: String,
    email: String,
}

/// Makes one.
pub(crate) async fn administrator(ctx: &Context) -> Option<Administrator> {
    let person = make::person(&ctx.name("administrator"));
    let create = ctx.keycloak.create_user().realm(ctx.realm());
    let user_id = ctx.create(create.body(&person)).await?;
    let management = client(ctx, "realm-management").await?.id?;
    let role = ctx.keycloak.get_client_role().realm(ctx.realm());
    let role = role.client_uuid(&management).role_name("realm-admin");
    let role = ctx.call(role).await?.into_inner();
    let add = ctx.keycloak.add_client_roles_to_user().realm(ctx.realm());
    let add = add.user_id(&user_id).client_uuid(&management);
    ctx.call(add.body([role])).await?;

    let mut console = client(ctx, ADMIN_CONSOLE).await?;
    console.direct_access_grants_enabled = Some(true);
    let update = ctx.keycloak.update_client().realm(ctx.realm());
    let update = update.client_uuid(console.id.clone()?);
    ctx.call(update.body(&console)).await?;
    let credentials = Credentials::password(person.username?, PASSWORD);
    let session = ctx
        .target()
        .session()
        .auth_realm(ctx.realm())
        .credentials(credentials.with_client_id(ADMIN_CONSOLE))
        .build()
        .ok()?;
    Some(Administrator {
        keycloak: keycloak_api::Client::new(session),
        user_id,
        email: person.email?,
    })
}

async fn client(ctx: &Context, client_id: &str) -> Option<ClientRepresentation> {
    let list = ctx.keycloak.list_clients().realm(ctx.realm());
    let clients = ctx.call(list.client_id(client_id)).await?;
    clients.into_inner().into_iter().next()
}

async fn mail(ctx: &Context) -> Option<()> {
    let administrator = administrator(ctx).await?;
    let test = || {
        let call = administrator.keycloak.test_smtp_connection();
        call.realm(ctx.realm())
    };
    ctx.call(test().body(ctx.smtp_settings())).await?;
    ctx.mails::<TestSmtpConnection>(&administrator.email, 1)?;
    // The settings are JSON in a field of the form.
    let settings = serde_json::to_string(&ctx.smtp_settings()).ok()?;
    let mut by_form = test();
    by_form
        .request_mut()
        .set_form(&texts([("config", settings.as_str())]));
    ctx.call(by_form).await?;
    ctx.mails::<TestSmtpConnection>(&administrator.email, 2)?;
    let mut nobody = ctx.smtp_settings();
    nobody.insert("port".to_owned(), "1".to_owned());
    ctx.expect_error(test().body(nobody), 500).await;
    Some(())
}

/// One of each kind of thing that can be imported: seven.
fn one_of_each(ctx: &Context) -> PartialImportRepresentation {
    let role = |name: String| vec![RoleRepresentation::new().with_name(name)];
    let (client_id, alias) = (ctx.name("imported-client"), ctx.name("imported-provider"));
    let group = ctx.name("imported group");
    PartialImportRepresentation::new()
        .with_if_resource_exists(PartialImportPolicy::Fail)
        .with_users([UserRepresentation::new()
            .with_username(ctx.name("imported-user"))
            .with_enabled(true)])
        .with_groups([GroupRepresentation::new()
            .with_path(format!("/{group}"))
            .with_name(group)
            .with_sub_groups([GroupRepresentation::new()
                .with_name("inner & deep")
                .with_attributes([("floor", ["1"])])])])
        .with_clients([ClientRepresentation::new()
            .with_client_id(&client_id)
            .with_redirect_uris(["https://app.example.com/*"])])
        .with_roles(
            RolesRepresentation::new()
                .with_realm(role(ctx.name("imported-role")))
                .with_client([(client_id, role(ctx.name("imported-role")))]),
        )
        .with_identity_providers([IdentityProviderRepresentation::new()
            .with_alias(&alias)
            .with_provider_id("github")
            .with_config([("clientId", "id"), ("clientSecret", "s3cret")])])
        .with_identity_provider_mappers([IdentityProviderMapperRepresentation::new()
            .with_name("organisation")
            .with_identity_provider_alias(&alias)
            .with_identity_provider_mapper("hardcoded-attribute-idp-mapper")
            .with_config([("attribute", "from"), ("attribute.value", "github")])])
}

async fn import(ctx: &Context) -> Option<()> {
    let mut import = one_of_each(ctx);
    let call = || ctx.keycloak.partial_import_realm().realm(ctx.realm());
    let done = ctx.call(call().body(&import)).await?;
    let listed = done.results.as_ref().map(Vec::len);
    ctx.check::<PartialImportRealm>(
        done.added == Some(7) && listed == Some(7),
        "each of the seven is added",
    );
    ctx.expect_error(call().body(&import), 409).await;
    import.if_resource_exists = Some(PartialImportPolicy::Skip);
    let skipped = ctx.call(call().body(&import)).await?.skipped;
    ctx.check::<PartialImportRealm>(skipped == Some(7), "each of the seven is skipped");
    let users = PartialImportRepresentation::new()
        .with_if_resource_exists(PartialImportPolicy::Overwrite)
        .with_users(import.users.clone()?);
    let overwritten = ctx.call(call().body(users)).await?.overwritten;
    ctx.check::<PartialImportRealm>(overwritten == Some(1), "the user is replaced");
    imported(ctx, &import).await;
    group_by_path(ctx, &import).await
}

/// Reads everything that was imported but the groups.
async fn imported(ctx: &Context, import: &PartialImportRepresentation) -> Option<()> {
    let sent = import.users.as_ref()?.first()?;
    let users = ctx.keycloak.list_users().realm(ctx.realm());
    let users = users.username(sent.username.as_ref()?).exact(true);
    let users = ctx.call(users).await?;
    ctx.stored::<PartialImportRealm>(sent, users.first()?, &[]);

    let sent = import.clients.as_ref()?.first()?;
    let stored = client(ctx, sent.client_id.as_ref()?).await?;
    ctx.stored::<PartialImportRealm>(sent, &stored, &[]);

    let roles = import.roles.as_ref()?;
    let sent = roles.realm.as_ref()?.first()?;
    let role = ctx.keycloak.get_realm_role().realm(ctx.realm());
    let role = ctx.call(role.role_name(sent.name.as_ref()?)).await?;
    ctx.stored::<PartialImportRealm>(sent, &*role, &[]);
    let sent = roles.client.as_ref()?.values().next()?.first()?;
    let role = ctx.keycloak.get_client_role().realm(ctx.realm());
    let role = role.client_uuid(stored.id?).role_name(sent.name.as_ref()?);
    ctx.stored::<PartialImportRealm>(sent, &*ctx.call(role).await?, &[]);

    let sent = import.identity_providers.as_ref()?.first()?;
    let alias = sent.alias.as_ref()?;
    let provider = ctx.keycloak.get_identity_provider().realm(ctx.realm());
    let provider = ctx.call(provider.alias(alias)).await?;
    let masked = ("$.config.clientSecret", "a secret is never read");
    ctx.stored::<PartialImportRealm>(sent, &*provider, &[masked]);
    let sent = import.identity_provider_mappers.as_ref()?;
    let mappers = ctx.keycloak.list_identity_provider_mappers();
    let mappers = ctx.call(mappers.realm(ctx.realm()).alias(alias)).await?;
    ctx.stored::<PartialImportRealm>(sent, &*mappers, &[]);
    Some(())
}

async fn group_by_path(ctx: &Context, import: &PartialImportRepresentation) -> Option<()> {
    let group = import.groups.as_ref()?.first()?;
    let inner = group.sub_groups.as_ref()?.first()?;
    let path = format!("{}/{}", group.name.as_ref()?, inner.name.as_ref()?);
    let by_path = ctx.keycloak.get_group_by_path().realm(ctx.realm());
    let found = ctx.call(by_path.path(&path)).await?;
    ctx.stored::<PartialImportRealm>(inner, &*found, &[]);
    ctx.check::<GetGroupByPath>(found.path == Some(format!("/{path}")), "it is the group");
    let by_path = ctx.keycloak.get_group_by_path().realm(ctx.realm());
    ctx.expect_error(by_path.path("nothing/here"), 404).await;
    Some(())
}

/// Of a realm that holds what the scenarios before it made.
async fn export(ctx: &Context) -> Option<()> {
    let export = || ctx.keycloak.partial_export_realm().realm(ctx.realm());
    let all = export().export_clients(true).export_groups_and_roles(true);
    let all = ctx.call(all).await?;
    let clients = all
        .clients
        .as_ref()
        .is_some_and(|clients| !clients.is_empty());
    let groups = all.groups.as_ref().is_some_and(|groups| !groups.is_empty());
    let holds_all = clients && groups && all.roles.is_some();
    ctx.check::<PartialExportRealm>(holds_all, "clients, groups and roles are exported");
    let little = ctx.call(export()).await?;
    ctx.check::<PartialExportRealm>(
        little.clients.is_none() && little.groups.is_none(),
        "only what is asked for is exported",
    );
    Some(())
}

async fn caches(ctx: &Context) {
    ctx.call(ctx.keycloak.clear_realm_cache().realm(ctx.realm()))
        .await;
    ctx.call(ctx.keycloak.clear_user_cache().realm(ctx.realm()))
        .await;
    ctx.call(ctx.keycloak.clear_keys_cache().realm(ctx.realm()))
        .await;
    ctx.call(ctx.keycloak.clear_crl_cache().realm(ctx.realm()))
        .await;
}

async fn revocation(ctx: &Context) -> Option<()> {
    let username = ctx.name("revoked");
    let user_id = make::user(ctx, &username).await?;
    let client_id = ctx.name("revoked-client");
    let uuid = make::public_client(ctx, &client_id).await?;
    let Ok(admin_url) = AdminUrl::start().await else {
        ctx.fail::<PushRealmRevocation>("no port is free for the client's admin URL");
        return None;
    };
    let mut app = client(ctx, &client_id).await?;
    app.admin_url = Some(admin_url.url());
    let update = ctx.keycloak.update_client().realm(ctx.realm());
    ctx.call(update.client_uuid(&uuid).body(&app)).await?;
    login(ctx, &client_id, &username, PASSWORD).await;

    let push = ctx.keycloak.push_realm_revocation().realm(ctx.realm());
    let pushed = ctx.call(push).await?;
    ctx.check::<PushRealmRevocation>(
        pushed.success_requests == list([&admin_url.url()])
            && admin_url.received("/k_push_not_before"),
        "the client is told what is revoked",
    );
    let logout = ctx.keycloak.logout_all_users().realm(ctx.realm());
    let told = ctx.call(logout.clone()).await?;
    ctx.check::<LogoutAllUsers>(
        told.success_requests == list([&admin_url.url()]) && admin_url.received("/k_logout"),
        "the client is told to log its users out",
    );
    let sessions = ctx.keycloak.list_user_sessions().realm(ctx.realm());
    let left = ctx.call_twice(logout, sessions.user_id(&user_id)).await?;
    ctx.check::<LogoutAllUsers>(left.is_empty(), "no session is left");
    Some(())
}
