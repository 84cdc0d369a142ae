//! The calls of the admin console to its own extension.

use conformance::context::Context;
use keycloak_api::admin_console as console;
use keycloak_api::types::{
    AuthenticationFlowRepresentation, ClientRepresentation, ClientRole, ClientScopeRepresentation,
    EffectiveRole, RealmRepresentation, RoleDeleteRequest, RoleRepresentation, SessionType,
    UiRealmRepresentation, UpAttribute, UsedByType,
};

use super::make::{self, PASSWORD};

pub(crate) async fn run(ctx: &Context) {
    realm(ctx).await;
    flows(ctx).await;
    sessions(ctx).await;
    brute_force(ctx).await;
    roles(ctx).await;
}

async fn realm(ctx: &Context) -> Option<()> {
    let info = ctx.call(ctx.keycloak.get_realm_ui_info().realm(ctx.realm()));
    let info = info.await;
    ctx.check::<console::GetRealmUiInfo>(
        info.is_none_or(|info| info.user_profile_providers_enabled == Some(false)),
        "the realm has no user storage",
    );
    let names = ctx.keycloak.list_realm_names().realm(ctx.realm());
    let names = ctx.call(names.search(ctx.realm()).first(0).max(5)).await;
    ctx.check::<console::ListRealmNames>(
        names.is_none_or(|names| names.len() == 1 && names[0].name.as_deref() == Some(ctx.realm())),
        "the search gives the one realm",
    );
    let listeners = ctx.keycloak.list_available_event_listeners();
    let listeners = ctx.call(listeners.realm(ctx.realm())).await;
    ctx.check::<console::ListAvailableEventListeners>(
        listeners.is_none_or(|listeners| {
            let mut listeners = listeners.iter();
            listeners.any(|listener| listener.id.as_deref() == Some("jboss-logging"))
        }),
        "the listener that logs is there",
    );

    let profile = ctx.keycloak.get_user_profile_config().realm(ctx.realm());
    let mut profile = ctx.call(profile).await?.into_inner();
    profile
        .attributes
        .get_or_insert_default()
        .push(UpAttribute::new().with_name("shoeSize"));
    let changed = UiRealmRepresentation::new()
        .with_display_name("The console's")
        .with_up_config(profile);
    let update = ctx.keycloak.update_realm_and_user_profile();
    ctx.call(update.realm(ctx.realm()).body(&changed)).await?;
    let get = ctx.keycloak.get_realm().realm(ctx.realm());
    let sent = RealmRepresentation::new().with_display_name(changed.display_name?);
    let stored = ctx.call(get).await?;
    ctx.stored::<console::UpdateRealmAndUserProfile>(&sent, &*stored, &[]);
    let get = ctx.keycloak.get_user_profile_config().realm(ctx.realm());
    let stored = ctx.call(get).await?;
    let mut attributes = stored.attributes.iter().flatten();
    ctx.check::<console::UpdateRealmAndUserProfile>(
        attributes.any(|attribute| attribute.name.as_deref() == Some("shoeSize")),
        "the user profile has the new attribute",
    );
    Some(())
}

async fn flows(ctx: &Context) -> Option<()> {
    let actions = ctx.keycloak.list_configurable_required_actions();
    let actions = ctx.call(actions.realm(ctx.realm())).await;
    ctx.check::<console::ListConfigurableRequiredActions>(
        actions.is_none_or(|actions| {
            let mut actions = actions.iter();
            actions.any(|action| {
                action.alias.as_deref() == Some("UPDATE_PASSWORD")
                    && action.configurable == Some(true)
            })
        }),
        "updating the password can be configured",
    );

    let alias = ctx.name("flow");
    let flow = AuthenticationFlowRepresentation::new()
        .with_alias(&alias)
        .with_provider_id("basic-flow")
        .with_top_level(true)
        .with_built_in(false);
    let create = ctx.keycloak.create_authentication_flow();
    let flow = ctx.create(create.realm(ctx.realm()).body(flow)).await?;
    let client_id = ctx.name("user-of-a-flow");
    let client = ClientRepresentation::new()
        .with_client_id(&client_id)
        .with_authentication_flow_binding_overrides([("browser", flow.clone())]);
    let create = ctx.keycloak.create_client().realm(ctx.realm());
    ctx.create(create.body(client)).await?;

    let uses = ctx.keycloak.list_authentication_flow_uses();
    let uses = ctx.call(uses.realm(ctx.realm())).await;
    let used_by = |alias: &str, kind: &UsedByType| {
        let mut uses = uses.iter().flat_map(|uses| uses.iter());
        uses.any(|flow| {
            let used_by = flow.used_by.as_ref();
            flow.alias.as_deref() == Some(alias)
                && used_by.and_then(|used| used.type_.as_ref()) == Some(kind)
        })
    };
    ctx.check::<console::ListAuthenticationFlowUses>(
        uses.is_none()
            || used_by("browser", &UsedByType::Default)
                && used_by(&alias, &UsedByType::SpecificClients),
        "flows are used by the realm and by the client",
    );
    let search = |kind: &str| {
        let call = ctx.keycloak.list_uses_of_authentication_flow();
        let call = call.realm(ctx.realm()).r#type(kind);
        call.id(&flow).first(0).max(5)
    };
    let clients = ctx.call(search("clients").search(&client_id)).await;
    ctx.check::<console::ListUsesOfAuthenticationFlow>(
        clients.is_none_or(|clients| *clients == [client_id]),
        "the client uses the flow",
    );
    let providers = ctx.call(search("idp")).await;
    ctx.check::<console::ListUsesOfAuthenticationFlow>(
        providers.is_none_or(|providers| providers.is_empty()),
        "no identity provider uses the flow",
    );
    Some(())
}

async fn sessions(ctx: &Context) -> Option<()> {
    let username = ctx.name("session");
    let id = make::user(ctx, &username).await?;
    let client_id = ctx.name("session-client");
    let client_uuid = make::public_client(ctx, &client_id).await?;
    for scope in ["openid", "openid offline_access"] {
        let login = [
            ("grant_type", "password"),
            ("client_id", &client_id),
            ("username", &username),
            ("password", PASSWORD),
            ("scope", scope),
        ];
        let logged_in = ctx.login(&login).await.is_some();
        ctx.check::<console::ListRealmSessions>(logged_in, "the user can log in");
    }
    let list = || ctx.keycloak.list_realm_sessions().realm(ctx.realm());
    for (kind, count) in [
        (SessionType::All, 2),
        (SessionType::Regular, 1),
        (SessionType::Offline, 1),
    ] {
        let of_kind = list().r#type(kind.clone()).search(&username);
        let sessions = ctx.call(of_kind.first(0).max(5)).await;
        ctx.check::<console::ListRealmSessions>(
            sessions.is_none_or(|sessions| {
                sessions.len() == count && sessions.iter().all(|s| s.user_id.as_ref() == Some(&id))
            }),
            "the sessions of the kind are listed",
        );
        let search = ctx.keycloak.list_realm_client_sessions().realm(ctx.realm());
        let search = search.client_id(&client_uuid).r#type(kind);
        let sessions = ctx.call(search.search(&username).first(0).max(5)).await;
        ctx.check::<console::ListRealmClientSessions>(
            sessions.is_none_or(|sessions| {
                let has_client = |session: &keycloak_api::types::SessionRepresentation| {
                    let clients = session.clients.as_ref();
                    clients.and_then(|all| all.get(&client_uuid)) == Some(&client_id)
                };
                sessions.len() == count && sessions.iter().all(has_client)
            }),
            "the sessions of the client are listed",
        );
    }
    ctx.call(list()).await;
    Some(())
}

async fn brute_force(ctx: &Context) -> Option<()> {
    let username = ctx.name("locked");
    let id = make::user(ctx, &username).await?;
    let client_id = ctx.name("login-client");
    make::public_client(ctx, &client_id).await?;
    let realm = RealmRepresentation::new().with_brute_force_protected(true);
    let update = ctx.keycloak.update_realm().realm(ctx.realm());
    ctx.call(update.body(realm)).await?;
    let search = || {
        let call = ctx.keycloak.list_users_with_brute_force_status();
        call.realm(ctx.realm())
    };
    let exact = search().username(&username).exact(true).enabled(true);
    let found = ctx.call(exact.first(0).max(5)).await;
    ctx.check::<console::ListUsersWithBruteForceStatus>(
        found.is_none_or(|found| {
            let status = found
                .first()
                .and_then(|user| user.brute_force_status.as_ref());
            found.len() == 1
                && found[0].id.as_ref() == Some(&id)
                && status.and_then(|status| status.disabled) == Some(false)
        }),
        "the search gives the one user, who is not locked out",
    );
    let attributes = search().search(&username).brief_representation(true);
    ctx.call(attributes).await;
    ctx.call(
        search()
            .email(format!("{username}@example.com"))
            .email_verified(true),
    )
    .await;
    ctx.call(search().first_name("Ada").last_name("Lovelace"))
        .await;
    ctx.call(search().q("nick:ada")).await;
    Some(())
}

/// The objects to which roles can be given.
struct Holders {
    client: String,
    client_scope: String,
    group: String,
    role: RoleRepresentation,
    user: String,
}

impl Holders {
    async fn make(ctx: &Context) -> Option<Self> {
        let client = ClientRepresentation::new()
            .with_client_id(ctx.name("holder"))
            .with_full_scope_allowed(false);
        let scope = ClientScopeRepresentation::new()
            .with_name(ctx.name("holder"))
            .with_protocol("openid-connect");
        let create = ctx.keycloak.create_client().realm(ctx.realm());
        let client = ctx.create(create.body(client)).await?;
        let create = ctx.keycloak.create_client_scope().realm(ctx.realm());
        Some(Self {
            client,
            client_scope: ctx.create(create.body(scope)).await?,
            group: make::group(ctx, &ctx.name("holder")).await?,
            role: make::realm_role(ctx, &ctx.name("holder")).await?,
            user: make::user(ctx, &ctx.name("holder")).await?,
        })
    }
}

#[allow(clippy::too_many_lines)] // Five owners of roles, one after another.
async fn roles(ctx: &Context) -> Option<()> {
    let holders = Holders::make(ctx).await?;
    let client_id = ctx.name("role-client");
    let client = make::public_client(ctx, &client_id).await?;
    let name = ctx.name("role");
    let role = make::client_role(ctx, &client, &name).await?;
    let request = [RoleDeleteRequest::new()
        .with_role_id(role.id.clone()?)
        .with_role_name(&name)
        .with_client_id(&client)];
    let is_it = |found: &ClientRole| {
        found.id == role.id
            && found.role == role.name
            && found.client.as_ref() == Some(&client_id)
            && found.client_id.as_ref() == Some(&client)
    };
    let is_among_all = |all: &[EffectiveRole]| {
        all.iter()
            .any(|r| r.id == role.id && r.client_role == Some(true))
    };

    // The role can be given, is given with `$give`, is had, and is taken away.
    macro_rules! given_and_taken {
        (
            $id:expr, $give:expr, available: $available:ident / $Available:ident,
            effective: $effective:ident, all: $all:ident / $All:ident, remove: $remove:ident / $Remove:ident
        ) => {{
            let available = ctx.keycloak.$available().realm(ctx.realm()).id($id);
            let available = ctx.call(available.search(&name).first(0).max(5)).await;
            ctx.check::<console::$Available>(
                available.is_none_or(|found| found.iter().any(is_it)),
                "the role can be given",
            );
            ctx.call($give.body(std::slice::from_ref(&role))).await?;
            ctx.call(ctx.keycloak.$effective().realm(ctx.realm()).id($id))
                .await;
            let all = || ctx.keycloak.$all().realm(ctx.realm()).id($id);
            let had = ctx.call(all()).await;
            ctx.check::<console::$All>(
                had.is_none_or(|had| is_among_all(&had)),
                "the role is one of all",
            );
            let remove = ctx.keycloak.$remove().realm(ctx.realm()).id($id);
            if let Some(left) = ctx.call_twice(remove.body(&request), all()).await {
                ctx.check::<console::$Remove>(!is_among_all(&left), "the role is taken away");
            }
        }};
    }
    let mapped = ctx.keycloak.add_client_roles_to_user().realm(ctx.realm());
    given_and_taken! {
        &holders.user, mapped.user_id(&holders.user).client_uuid(&client),
        available: list_available_client_roles_for_user / ListAvailableClientRolesForUser,
        effective: list_effective_client_roles_for_user,
        all: list_effective_roles_for_user / ListEffectiveRolesForUser,
        remove: remove_roles_from_user / RemoveRolesFromUser
    }
    let mapped = ctx.keycloak.add_client_roles_to_group().realm(ctx.realm());
    given_and_taken! {
        &holders.group, mapped.group_id(&holders.group).client_uuid(&client),
        available: list_available_client_roles_for_group / ListAvailableClientRolesForGroup,
        effective: list_effective_client_roles_for_group,
        all: list_effective_roles_for_group / ListEffectiveRolesForGroup,
        remove: remove_roles_from_group / RemoveRolesFromGroup
    }
    let mapped = ctx.keycloak.add_client_role_scope_mappings_to_client();
    let mapped = mapped.realm(ctx.realm());
    given_and_taken! {
        &holders.client, mapped.client_uuid(&holders.client).role_client_uuid(&client),
        available: list_available_client_roles_for_client / ListAvailableClientRolesForClient,
        effective: list_effective_client_roles_for_client,
        all: list_effective_roles_for_client / ListEffectiveRolesForClient,
        remove: remove_scope_roles_from_client / RemoveScopeRolesFromClient
    }
    let mapped = ctx.keycloak.add_client_roles_to_client_scope();
    let mapped = mapped.realm(ctx.realm());
    let scope = &holders.client_scope;
    given_and_taken! {
        scope, mapped.client_scope_id(scope).role_client_uuid(&client),
        available: list_available_client_roles_for_client_scope / ListAvailableClientRolesForClientScope,
        effective: list_effective_client_roles_for_client_scope,
        all: list_effective_roles_for_client_scope / ListEffectiveRolesForClientScope,
        remove: remove_scope_roles_from_client_scope / RemoveScopeRolesFromClientScope
    }
    let whole = holders.role.id.as_deref()?;
    let mapped = ctx.keycloak.add_composites_to_role_by_id();
    let mapped = mapped.realm(ctx.realm());
    given_and_taken! {
        whole, mapped.role_id(whole),
        available: list_available_client_roles_for_role / ListAvailableClientRolesForRole,
        effective: list_effective_client_roles_for_role,
        all: list_effective_roles_for_role / ListEffectiveRolesForRole,
        remove: remove_roles_from_composite / RemoveRolesFromComposite
    }

    let part = make::realm_role(ctx, &ctx.name("part")).await?;
    let parts = [role, part.clone()];
    let compose = ctx.keycloak.add_composites_to_role_by_id();
    let compose = compose.realm(ctx.realm()).role_id(whole);
    ctx.call(compose.body(&parts)).await?;
    let get = ctx.keycloak.get_role_composite_mappings();
    let held = ctx.call(get.realm(ctx.realm()).id(whole)).await?;
    let of_realm = held.realm_mappings.as_ref()?;
    let of_client = held.client_mappings.as_ref()?.get(&client_id)?;
    ctx.check::<console::GetRoleCompositeMappings>(
        of_realm.len() == 1
            && of_realm[0].id == part.id
            && of_client.id.as_ref() == Some(&client)
            && of_client
                .mappings
                .iter()
                .flatten()
                .all(|r| r.id == parts[0].id),
        "the role holds one of the realm and one of the client",
    );
    Some(())
}
