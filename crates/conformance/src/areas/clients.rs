//! Clients: their settings, secrets, scopes, what their tokens would hold, installation files, nodes, sessions, and how
//! clients register themselves.

use std::collections::BTreeMap;

use conformance::admin_url::AdminUrl;
use conformance::context::Context;
use keycloak_api::client_initial_access::{
    CreateInitialAccessToken, DeleteInitialAccessToken, ListInitialAccessTokens,
};
use keycloak_api::client_registration_policy::ListClientRegistrationPolicyProviders;
use keycloak_api::clients::{
    AddDefaultClientScopeToClient, AddOptionalClientScopeToClient, CountClientOfflineSessions,
    CountClientSessions, CreateClient, GenerateExampleAccessToken, GenerateExampleIdToken,
    GenerateExampleSamlResponse, GenerateExampleUserinfo, GetClientInstallationConfig,
    GetClientSecret, GetRotatedClientSecret, GetServiceAccountUser, InvalidateRotatedClientSecret,
    ListClientOfflineSessions, ListClientSessions, ListClients, ListGrantedProtocolMappers,
    ListGrantedScopeMappings, ListNotGrantedScopeMappings, PushClientRevocation,
    RegenerateClientSecret, RegenerateRegistrationAccessToken, RegisterClientNode,
    RemoveDefaultClientScopeFromClient, RemoveOptionalClientScopeFromClient, TestClientNodes,
    UnregisterClientNode, UpdateClient, UpdateClientManagementPermissions,
};
use keycloak_api::types::{
    ClientInitialAccessCreatePresentation, ClientRepresentation, ClientScopeRepresentation,
    GlobalRequestResult, ManagementPermissionReference, ProtocolMapperRepresentation,
    RoleRepresentation,
};
use serde_json::{Value, json};

use super::make::{self, PASSWORD, text};

const SECRET: &str = "the ledger's own secret";

/// An attribute by which every server finds clients.
const SEARCHABLE: &str = "saml_idp_initiated_sso_url_name";

/// A call about one client of the area's realm.
macro_rules! of_client {
    ($ctx:expr, $uuid:expr, $operation:ident) => {
        $ctx.keycloak
            .$operation()
            .realm($ctx.realm())
            .client_uuid($uuid)
    };
}

pub(crate) async fn run(ctx: &Context) {
    clients(ctx).await;
    secrets(ctx).await;
    rotated_secret(ctx).await;
    scopes(ctx).await;
    example_tokens(ctx).await;
    example_saml_response(ctx).await;
    scope_mappings(ctx).await;
    installation_files(ctx).await;
    management_permissions(ctx).await;
    nodes(ctx).await;
    sessions(ctx).await;
    registration(ctx).await;
}

/// An OpenID Connect client with everything that can be written at once.
fn described(client_id: &str) -> ClientRepresentation {
    ClientRepresentation::new()
        .with_client_id(client_id)
        .with_name("Ledger")
        .with_description("Keeps the books")
        .with_root_url("https://ledger.example.com")
        .with_base_url("/home")
        .with_admin_url("https://ledger.example.com/admin")
        .with_protocol("openid-connect")
        .with_enabled(true)
        .with_always_display_in_console(true)
        .with_surrogate_auth_required(false)
        .with_client_authenticator_type("client-secret")
        .with_secret(SECRET)
        .with_redirect_uris(["https://ledger.example.com/*"])
        .with_web_origins(["+"])
        .with_not_before(1_000_000_000)
        .with_bearer_only(false)
        .with_public_client(false)
        .with_consent_required(true)
        .with_standard_flow_enabled(true)
        .with_implicit_flow_enabled(true)
        .with_direct_access_grants_enabled(true)
        .with_service_accounts_enabled(true)
        .with_authorization_services_enabled(true)
        .with_frontchannel_logout(true)
        .with_full_scope_allowed(false)
        .with_node_re_registration_timeout(60)
        .with_attributes([
            ("access.token.lifespan", "300"),
            ("department", "accounting"),
            (SEARCHABLE, client_id),
        ])
        .with_protocol_mappers([hardcoded_claim()])
        .with_default_client_scopes(["profile"])
        .with_optional_client_scopes(["email", "phone"])
}

/// A mapper that puts the claim `tier` into every token.
fn hardcoded_claim() -> ProtocolMapperRepresentation {
    mapper(
        "tier",
        "oidc-hardcoded-claim-mapper",
        &[
            ("claim.name", "tier"),
            ("claim.value", "gold"),
            ("jsonType.label", "String"),
            ("id.token.claim", "true"),
            ("access.token.claim", "true"),
            ("userinfo.token.claim", "true"),
        ],
    )
}

/// A mapper that adds a client to the audience.
fn audience(client_id: &str) -> ProtocolMapperRepresentation {
    mapper(
        "audience",
        "oidc-audience-mapper",
        &[
            ("included.client.audience", client_id),
            ("id.token.claim", "true"),
            ("access.token.claim", "true"),
        ],
    )
}

fn mapper(name: &str, kind: &str, config: &[(&str, &str)]) -> ProtocolMapperRepresentation {
    ProtocolMapperRepresentation::new()
        .with_name(name)
        .with_protocol("openid-connect")
        .with_protocol_mapper(kind)
        .with_config(config.iter().copied())
}

/// A client with a secret, through which users and the client itself log in.
fn confidential(client_id: &str) -> ClientRepresentation {
    ClientRepresentation::new()
        .with_client_id(client_id)
        .with_enabled(true)
        .with_public_client(false)
        .with_secret(SECRET)
        .with_service_accounts_enabled(true)
        .with_direct_access_grants_enabled(true)
        .with_redirect_uris(["http://localhost/*"])
}

fn saml(client_id: &str) -> ClientRepresentation {
    ClientRepresentation::new()
        .with_client_id(client_id)
        .with_protocol("saml")
        .with_enabled(true)
        .with_base_url("https://archive.example.com/")
        .with_redirect_uris(["https://archive.example.com/saml"])
        .with_admin_url("https://archive.example.com/saml")
}

/// Creates a client; gives its uuid.
async fn create(ctx: &Context, client: ClientRepresentation) -> Option<String> {
    let call = ctx.keycloak.create_client().realm(ctx.realm());
    ctx.create(call.body(client)).await
}

async fn clients(ctx: &Context) -> Option<()> {
    let client_id = ctx.name("ledger");
    let mut client = described(&client_id);
    let create = || ctx.keycloak.create_client().realm(ctx.realm());
    let uuid = ctx.create(create().body(&client)).await?;
    ctx.expect_error(create().body(&client), 409).await;
    let stored = ctx.call(of_client!(ctx, &uuid, get_client)).await?;
    ctx.stored::<CreateClient>(&client, &*stored, &[]);
    find_clients(ctx, &client_id).await;

    client.description = text("Kept the books");
    client.web_origins = Some(vec!["https://ledger.example.com".to_owned()]);
    client.consent_required = Some(false);
    let attributes = client.attributes.get_or_insert_default();
    attributes.insert("department".to_owned(), "archive".to_owned());
    ctx.call(of_client!(ctx, &uuid, update_client).body(&client))
        .await;
    let stored = ctx.call(of_client!(ctx, &uuid, get_client)).await?;
    ctx.stored::<UpdateClient>(&client, &*stored, &[]);

    ctx.call(of_client!(ctx, &uuid, delete_client)).await?;
    ctx.expect_error(of_client!(ctx, &uuid, get_client), 404)
        .await;
    Some(())
}

async fn find_clients(ctx: &Context, client_id: &str) -> Option<()> {
    let list = || ctx.keycloak.list_clients().realm(ctx.realm());
    let is_it = |clients: &[ClientRepresentation]| {
        clients.len() == 1 && clients[0].client_id.as_deref() == Some(client_id)
    };
    let found = ctx.call(list().client_id(client_id)).await?;
    ctx.check::<ListClients>(is_it(&found), "the filter `clientId` gives the one client");
    let part = &client_id[1..];
    let found = ctx.call(list().client_id(part).search(true)).await?;
    ctx.check::<ListClients>(is_it(&found), "`search` finds it by a part of its name");
    let found = ctx
        .call(list().q(format!("{SEARCHABLE}:{client_id}")))
        .await?;
    ctx.check::<ListClients>(is_it(&found), "`q` finds it by an attribute");
    let page = ctx.call(list().first(1).max(2)).await?;
    ctx.check::<ListClients>(page.len() == 2, "a page has as many as were asked for");
    ctx.call(list().viewable_only(true)).await;
    Some(())
}

async fn secrets(ctx: &Context) -> Option<()> {
    let uuid = create(ctx, confidential(&ctx.name("secret"))).await?;
    let secret = async || {
        let secret = ctx.call(of_client!(ctx, &uuid, get_client_secret)).await?;
        secret.into_inner().value
    };
    let is_given = secret().await.as_deref() == Some(SECRET);
    ctx.check::<GetClientSecret>(is_given, "the secret is the one that was given");
    let new = of_client!(ctx, &uuid, regenerate_client_secret);
    let new = ctx.call(new).await?.into_inner().value;
    let is_new = new.is_some() && new.as_deref() != Some(SECRET) && secret().await == new;
    ctx.check::<RegenerateClientSecret>(is_new, "the secret is another, and the answer has it");
    Some(())
}

/// The old secret, which a policy keeps when it rotates secrets. Here it is given in the form of an export.
async fn rotated_secret(ctx: &Context) -> Option<()> {
    let rotated = [
        ("client.secret.rotated", "the old secret"),
        ("client.secret.rotated.creation.time", "1700000000"),
        ("client.secret.rotated.expiration.time", "4000000000"),
    ];
    let client = confidential(&ctx.name("rotated")).with_attributes(rotated);
    let uuid = create(ctx, client.clone()).await?;
    let stored = ctx.call(of_client!(ctx, &uuid, get_client)).await?;
    ctx.stored::<CreateClient>(&client, &*stored, &[]);
    if let Some(old) = ctx
        .call(of_client!(ctx, &uuid, get_rotated_client_secret))
        .await
    {
        let is_old = old.value.as_deref() == Some("the old secret");
        ctx.check::<GetRotatedClientSecret>(is_old, "the old secret is still there");
    }
    ctx.call(of_client!(ctx, &uuid, invalidate_rotated_client_secret))
        .await;
    let stored = ctx.call(of_client!(ctx, &uuid, get_client)).await?;
    let attributes = stored.into_inner().attributes?;
    let is_gone = rotated
        .iter()
        .all(|(key, _)| !attributes.contains_key(*key));
    ctx.check::<InvalidateRotatedClientSecret>(is_gone, "nothing is left of the old secret");
    ctx.expect_error(of_client!(ctx, &uuid, get_rotated_client_secret), 404)
        .await;
    Some(())
}

/// A client scope; gives its id.
async fn client_scope(ctx: &Context) -> Option<String> {
    let scope = ClientScopeRepresentation::new()
        .with_name(ctx.name("scope"))
        .with_protocol("openid-connect");
    let call = ctx.keycloak.create_client_scope().realm(ctx.realm());
    ctx.create(call.body(scope)).await
}

/// Gives a client a scope and takes it back.
macro_rules! scope_of_a_client {
    ($ctx:expr, $uuid:expr, list: $list:ident, add: $add:ident / $Add:ident, remove: $remove:ident / $Remove:ident) => {{
        let (ctx, uuid): (&Context, &str) = ($ctx, $uuid);
        let scope = client_scope(ctx).await?;
        let has_it = async || {
            let scopes = ctx.call(of_client!(ctx, uuid, $list)).await?;
            Some(scopes.iter().any(|one| one.id.as_ref() == Some(&scope)))
        };
        ctx.call(of_client!(ctx, uuid, $add).client_scope_id(&scope))
            .await;
        ctx.check::<$Add>(has_it().await?, "the client has the scope");
        ctx.call(of_client!(ctx, uuid, $remove).client_scope_id(&scope))
            .await;
        ctx.check::<$Remove>(!has_it().await?, "the client has the scope no more");
    }};
}

async fn scopes(ctx: &Context) -> Option<()> {
    let uuid = make::public_client(ctx, &ctx.name("scopes")).await?;
    scope_of_a_client! {
        ctx, &uuid, list: list_client_default_client_scopes,
        add: add_default_client_scope_to_client / AddDefaultClientScopeToClient,
        remove: remove_default_client_scope_from_client / RemoveDefaultClientScopeFromClient
    }
    scope_of_a_client! {
        ctx, &uuid, list: list_client_optional_client_scopes,
        add: add_optional_client_scope_to_client / AddOptionalClientScopeToClient,
        remove: remove_optional_client_scope_from_client / RemoveOptionalClientScopeFromClient
    }
    Some(())
}

/// The tokens that a user would get. A mapper adds a claim, another one a second audience.
async fn example_tokens(ctx: &Context) -> Option<()> {
    let resource = ctx.name("resource");
    make::public_client(ctx, &resource).await?;
    let client = confidential(&ctx.name("tokens"))
        .with_protocol_mappers([hardcoded_claim(), audience(&resource)]);
    let uuid = create(ctx, client).await?;
    let username = ctx.name("reader");
    let user_id = make::user(ctx, &username).await?;
    let is_his = |claims: &serde_json::Map<String, Value>| {
        claims.get("tier") == Some(&json!("gold"))
            && claims.get("preferred_username") == Some(&json!(username))
    };
    let names = |claims: &serde_json::Map<String, Value>| {
        claims.get("aud").is_some_and(|aud| match aud {
            Value::Array(several) => several.contains(&json!(resource)),
            one => *one == json!(resource),
        })
    };

    let access = of_client!(ctx, &uuid, generate_example_access_token);
    let access = access.user_id(&user_id).scope("openid email");
    if let Some(claims) = ctx.call(access.audience(&resource)).await {
        let holds = is_his(&claims) && names(&claims);
        ctx.check::<GenerateExampleAccessToken>(holds, "the mappers' claims are in it");
    }
    let id = of_client!(ctx, &uuid, generate_example_id_token);
    let id = id.user_id(&user_id).scope("openid email");
    if let Some(claims) = ctx.call(id).await {
        let holds = is_his(&claims) && names(&claims);
        ctx.check::<GenerateExampleIdToken>(holds, "the mappers' claims are in it");
    }
    let userinfo = of_client!(ctx, &uuid, generate_example_userinfo);
    let userinfo = userinfo.user_id(&user_id).scope("openid email");
    if let Some(claims) = ctx.call(userinfo).await {
        ctx.check::<GenerateExampleUserinfo>(is_his(&claims), "the mapper's claim is in it");
    }

    let mappers = of_client!(ctx, &uuid, list_granted_protocol_mappers).scope("openid");
    let mappers = ctx.call(mappers).await?;
    let has_own = mappers.iter().any(|mapper| {
        mapper.mapper_name.as_deref() == Some("tier")
            && mapper.container_type.as_deref() == Some("client")
    });
    ctx.check::<ListGrantedProtocolMappers>(has_own, "the client's own mapper is among them");
    Some(())
}

async fn example_saml_response(ctx: &Context) -> Option<()> {
    let uuid = create(ctx, saml(&ctx.name("saml"))).await?;
    let user_id = make::user(ctx, &ctx.name("visitor")).await?;
    let call = of_client!(ctx, &uuid, generate_example_saml_response);
    let answer = ctx.call(call.user_id(&user_id)).await?;
    let xml = answer.into_inner();
    let is_response = xml.contains("<samlp:Response") && xml.contains("saml:Assertion");
    ctx.check::<GenerateExampleSamlResponse>(is_response, "it is a response with an assertion");
    Some(())
}

/// The roles that a client may put into tokens: its own here, as `fullScopeAllowed` is off, and none of the realm.
async fn scope_mappings(ctx: &Context) -> Option<()> {
    let client = confidential(&ctx.name("narrow")).with_full_scope_allowed(false);
    let uuid = create(ctx, client).await?;
    let own_role = make::client_role(ctx, &uuid, &ctx.name("own-role")).await?;
    let realm_role = make::realm_role(ctx, &ctx.name("realm-role")).await?;
    let has = |roles: &[RoleRepresentation], role: &RoleRepresentation| {
        role.id.is_some() && roles.iter().any(|one| one.id == role.id)
    };
    let granted = of_client!(ctx, &uuid, list_granted_scope_mappings).role_container_id(&uuid);
    let granted = ctx.call(granted.scope("openid")).await?;
    ctx.check::<ListGrantedScopeMappings>(has(&granted, &own_role), "its own role is granted");
    let granted = of_client!(ctx, &uuid, list_granted_scope_mappings);
    let granted = ctx.call(granted.role_container_id(ctx.realm())).await?;
    ctx.check::<ListGrantedScopeMappings>(!has(&granted, &realm_role), "the realm's role is not");
    let others = of_client!(ctx, &uuid, list_not_granted_scope_mappings);
    let others = others.role_container_id(ctx.realm()).scope("openid");
    let others = ctx.call(others).await?;
    ctx.check::<ListNotGrantedScopeMappings>(has(&others, &realm_role), "the realm's role is not");
    Some(())
}

/// The files that adapters of OpenID Connect are set up with: the provider, and a part of its file.
const OIDC_FILES: [(&str, &str); 3] = [
    ("keycloak-oidc-keycloak-json", "\"auth-server-url\""),
    ("keycloak-oidc-jboss-subsystem", "<secure-deployment"),
    ("keycloak-oidc-jboss-subsystem-cli", "secure-deployment="),
];

/// The files that adapters of SAML are set up with; the last is a zip.
const SAML_FILES: [(&str, &str); 5] = [
    ("keycloak-saml", "<keycloak-saml-adapter>"),
    ("keycloak-saml-subsystem", "<secure-deployment"),
    ("keycloak-saml-subsystem-cli", "secure-deployment="),
    ("saml-sp-descriptor", "EntityDescriptor"),
    ("mod-auth-mellon", "idp-metadata.xml"),
];

async fn installation_files(ctx: &Context) -> Option<()> {
    let oidc = create(ctx, confidential(&ctx.name("adapter"))).await?;
    for (provider, part) in OIDC_FILES {
        installation_file(ctx, &oidc, provider, part).await;
    }
    let saml = create(ctx, saml(&ctx.name("saml-adapter"))).await?;
    for (provider, part) in SAML_FILES {
        installation_file(ctx, &saml, provider, part).await;
    }
    Some(())
}

async fn installation_file(ctx: &Context, uuid: &str, provider: &str, part: &str) -> Option<()> {
    let call = of_client!(ctx, uuid, get_client_installation_config);
    let file = ctx.call_raw(call.provider_id(provider)).await?;
    let mut parts = file.as_bytes().windows(part.len());
    let has_part = parts.any(|bytes| bytes == part.as_bytes());
    let media_type = if file.as_bytes().starts_with(b"PK") {
        "application/zip"
    } else {
        "text/plain"
    };
    let is_named = file
        .content_type()
        .is_some_and(|given| given.starts_with(media_type));
    ctx.check::<GetClientInstallationConfig>(
        has_part && is_named,
        &format!("{provider} gives its kind of file"),
    );
    Some(())
}

async fn management_permissions(ctx: &Context) -> Option<()> {
    let uuid = make::public_client(ctx, &ctx.name("managed")).await?;
    ctx.call(of_client!(ctx, &uuid, get_client_management_permissions))
        .await;
    let enabled = ManagementPermissionReference::new().with_enabled(true);
    let update = of_client!(ctx, &uuid, update_client_management_permissions);
    ctx.call(update.body(enabled)).await?;
    let stored = of_client!(ctx, &uuid, get_client_management_permissions);
    let stored = ctx.call(stored).await?;
    ctx.check::<UpdateClientManagementPermissions>(
        stored.enabled == Some(true)
            && stored
                .scope_permissions
                .as_ref()
                .is_some_and(|all| all.contains_key("manage")),
        "there are permissions to manage the client",
    );
    Some(())
}

/// Two nodes of an application. They share the port of its admin URL, so the one at another address of this machine does
/// not answer.
async fn nodes(ctx: &Context) -> Option<()> {
    const UP: &str = "127.0.0.1";
    const DOWN: &str = "127.0.0.2";
    let app = AdminUrl::start()
        .await
        .map_err(|error| ctx.fail::<TestClientNodes>(&format!("no admin URL: {error}")))
        .ok()?;
    let client = confidential(&ctx.name("clustered"))
        .with_admin_url(format!("{}/app", app.url()))
        .with_not_before(1_000_000_000);
    let uuid = create(ctx, client).await?;
    for node in [UP, DOWN] {
        let body = BTreeMap::from([("node".to_owned(), node.to_owned())]);
        ctx.call(of_client!(ctx, &uuid, register_client_node).body(body))
            .await;
    }
    let nodes = async || {
        let client = ctx.call(of_client!(ctx, &uuid, get_client)).await?;
        let nodes = client.into_inner().registered_nodes.unwrap_or_default();
        Some(nodes.into_keys().collect::<Vec<_>>())
    };
    let both = nodes().await? == [UP, DOWN];
    ctx.check::<RegisterClientNode>(both, "both nodes are registered");

    let is_told = |result: &GlobalRequestResult| {
        let one = |urls: &Option<Vec<String>>, node: &str| {
            let urls = urls.as_deref().unwrap_or_default();
            urls.len() == 1 && urls[0].contains(node)
        };
        one(&result.success_requests, UP) && one(&result.failed_requests, DOWN)
    };
    let tested = ctx.call(of_client!(ctx, &uuid, test_client_nodes)).await?;
    let holds = is_told(&tested) && app.received("/app/k_test_available");
    ctx.check::<TestClientNodes>(holds, "one node answers, the other does not");
    let pushed = of_client!(ctx, &uuid, push_client_revocation);
    let pushed = ctx.call(pushed).await?;
    let holds = is_told(&pushed) && app.received("/app/k_push_not_before");
    ctx.check::<PushClientRevocation>(holds, "one node was told, the other does not answer");

    let unregister = of_client!(ctx, &uuid, unregister_client_node);
    ctx.call(unregister.node(DOWN)).await;
    let is_gone = nodes().await? == [UP];
    ctx.check::<UnregisterClientNode>(is_gone, "the node is gone");
    Some(())
}

async fn sessions(ctx: &Context) -> Option<()> {
    let client_id = ctx.name("shop");
    let uuid = create(ctx, confidential(&client_id)).await?;
    let account = ctx
        .call(of_client!(ctx, &uuid, get_service_account_user))
        .await?;
    let named = account.username.as_ref();
    ctx.check::<GetServiceAccountUser>(
        named.is_some_and(|name| *name == format!("service-account-{client_id}")),
        "the account is the client's",
    );

    let username = ctx.name("customer");
    make::user(ctx, &username).await?;
    let login = [
        ("grant_type", "password"),
        ("client_id", &client_id),
        ("client_secret", SECRET),
        ("username", &username),
        ("password", PASSWORD),
    ];
    let logged_in = ctx.login(&login).await.is_some();
    ctx.check::<ListClientSessions>(logged_in, "the user can log in");
    let count = ctx
        .call(of_client!(ctx, &uuid, count_client_sessions))
        .await?;
    ctx.check::<CountClientSessions>(*count == 1, "there is one session");
    let list = of_client!(ctx, &uuid, list_client_sessions).first(0).max(5);
    let sessions = ctx.call(list).await?;
    ctx.check::<ListClientSessions>(
        sessions.len() == 1 && sessions[0].username.as_ref() == Some(&username),
        "the session is the user's",
    );

    let mut offline = login.to_vec();
    offline.push(("scope", "openid offline_access"));
    let logged_in = ctx.login(&offline).await.is_some();
    ctx.check::<ListClientOfflineSessions>(logged_in, "the user can log in offline");
    let count = of_client!(ctx, &uuid, count_client_offline_sessions);
    let count = ctx.call(count).await?;
    ctx.check::<CountClientOfflineSessions>(*count == 1, "there is one session");
    let list = of_client!(ctx, &uuid, list_client_offline_sessions);
    let sessions = ctx.call(list.first(0).max(5)).await?;
    ctx.check::<ListClientOfflineSessions>(
        sessions.len() == 1 && sessions[0].username.as_ref() == Some(&username),
        "the session is the user's",
    );
    Some(())
}

/// A client registers itself with an initial access token.
async fn registration(ctx: &Context) -> Option<()> {
    let providers = ctx.keycloak.list_client_registration_policy_providers();
    let providers = ctx.call(providers.realm(ctx.realm())).await?;
    let has_hosts = providers
        .iter()
        .any(|provider| provider.id.as_deref() == Some("trusted-hosts"));
    ctx.check::<ListClientRegistrationPolicyProviders>(has_hosts, "trusted hosts are a policy");

    // Versions before 26.5 refuse what they do not know.
    let knows_origins = !ctx.target().version.starts_with("26.4.");
    let mut wanted = ClientInitialAccessCreatePresentation::new()
        .with_expiration(600)
        .with_count(2);
    if knows_origins {
        wanted = wanted.with_web_origins(["https://ledger.example.com"]);
    }
    let create = ctx.keycloak.create_initial_access_token();
    let made = ctx.call(create.realm(ctx.realm()).body(wanted)).await?;
    let made = made.into_inner();
    let (id, token) = (made.id?, made.token?);
    let client_id = ctx.name("registered");
    let is_registered = register(ctx, &token, &client_id).await;
    ctx.check::<CreateInitialAccessToken>(is_registered, "the token registers a client");

    let list = async || {
        let call = ctx.keycloak.list_initial_access_tokens();
        Some(ctx.call(call.realm(ctx.realm())).await?.into_inner())
    };
    let tokens = list().await?;
    ctx.check::<ListInitialAccessTokens>(
        tokens.len() == 1
            && tokens[0].id.as_ref() == Some(&id)
            && (tokens[0].count, tokens[0].remaining_count) == (Some(2), Some(1)),
        "one registration of two is left",
    );
    let delete = ctx.keycloak.delete_initial_access_token();
    ctx.call(delete.realm(ctx.realm()).id(&id)).await;
    let is_empty = list().await?.is_empty();
    ctx.check::<DeleteInitialAccessToken>(is_empty, "no token is left");

    let found = ctx.keycloak.list_clients().realm(ctx.realm());
    let found = ctx.call(found.client_id(&client_id)).await?;
    let uuid = found.first()?.id.as_deref()?;
    let renewed = of_client!(ctx, uuid, regenerate_registration_access_token);
    let renewed = ctx.call(renewed).await?;
    let has_token = renewed.registration_access_token.is_some();
    ctx.check::<RegenerateRegistrationAccessToken>(has_token, "the client has a new token");
    Some(())
}

/// Returns whether Keycloak's client registration made the client.
async fn register(ctx: &Context, token: &str, client_id: &str) -> bool {
    let url = format!(
        "{}/realms/{}/clients-registrations/default",
        ctx.target().url,
        ctx.realm()
    );
    let call = ctx.http().post(url).bearer_auth(token);
    let call = call
        .header("content-type", "application/json")
        .body(json!({ "clientId": client_id }).to_string());
    call.send()
        .await
        .is_ok_and(|answer| answer.status().as_u16() == 201)
}
