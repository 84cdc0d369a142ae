//! Authorization services of a client: scopes, resources, policies and permissions of every type, what follows from them,
//! and the settings as a whole.
//!
//! A policy of type `js` is left out: such a policy can only be of a script that is installed on the server as a provider, and
//! the server answers its creation with a 500 where no script is, also with the feature `scripts`.

use std::collections::{BTreeMap, BTreeSet};

use conformance::context::Context;
use keycloak_api::authorization_services as authz;
use keycloak_api::types::{
    AggregatePolicyRepresentation, ClientPolicyRepresentation, ClientRepresentation,
    ClientScopeDefinition, ClientScopePolicyRepresentation, ClientScopeRepresentation,
    DecisionEffect, DecisionStrategy, GroupDefinition, GroupPolicyRepresentation, Logic,
    PermissionRepresentation, PolicyEnforcementMode, PolicyEvaluationRequest,
    PolicyEvaluationResponse, PolicyRepresentation, RegexPolicyRepresentation,
    ResourceOwnerRepresentation, ResourcePermissionRepresentation, ResourceRepresentation,
    ResourceServerRepresentation, RoleDefinition, RolePolicyRepresentation,
    ScopePermissionRepresentation, ScopeRepresentation, TimePolicyRepresentation,
    UserPolicyRepresentation,
};
use serde_json::json;

use super::make::{self, text};

pub(crate) async fn run(ctx: &Context) {
    settings(ctx).await;
    scopes(ctx).await;
    resources(ctx).await;
    identity_policies(ctx).await;
    condition_policies(ctx).await;
    aggregate_policies(ctx).await;
    typed_permissions(ctx).await;
    any_policy(ctx).await;
    any_permission(ctx).await;
    permission_by_id(ctx).await;
    relations(ctx).await;
    evaluations(ctx).await;
}

/// A client that has authorization services.
struct ResourceServer<'a> {
    ctx: &'a Context,
    uuid: String,
}

/// A call on the authorization services of a client.
macro_rules! call {
    ($server:expr, $operation:ident) => {
        $server
            .ctx
            .keycloak
            .$operation()
            .realm($server.ctx.realm())
            .client_uuid(&$server.uuid)
    };
}

impl<'a> ResourceServer<'a> {
    async fn make(ctx: &'a Context) -> Option<Self> {
        let client = ClientRepresentation::new()
            .with_client_id(ctx.name("resource-server"))
            .with_public_client(false)
            .with_service_accounts_enabled(true)
            .with_authorization_services_enabled(true);
        let create = ctx.keycloak.create_client().realm(ctx.realm());
        let uuid = ctx.create(create.body(client)).await?;
        Some(Self { ctx, uuid })
    }

    /// Makes a scope; gives its id.
    async fn scope(&self, name: &str) -> Option<String> {
        let create = call!(self, create_authz_scope).body(scope_of(name));
        self.ctx.call(create).await?.into_inner().id
    }

    /// Makes a resource of type `urn:filed`, at `/NAME/*`; gives its id.
    async fn resource(&self, name: &str, scopes: &[&str]) -> Option<String> {
        let resource = ResourceRepresentation::new()
            .with_name(name)
            .with_type("urn:filed")
            .with_uris([format!("/{name}/*")])
            .with_scopes(scopes.iter().map(|name| scope_of(name)));
        let create = call!(self, create_authz_resource).body(resource);
        self.ctx.call(create).await?.into_inner().id
    }

    /// Makes a policy that grants to this user; gives its id.
    async fn user_policy(&self, name: &str, user_id: &str) -> Option<String> {
        let policy = UserPolicyRepresentation::new()
            .with_name(name)
            .with_users([user_id]);
        let create = call!(self, create_authz_user_policy).body(policy);
        self.ctx.call(create).await?.into_inner().id
    }
}

fn scope_of(name: &str) -> ScopeRepresentation {
    ScopeRepresentation::new().with_name(name)
}

#[allow(clippy::unnecessary_wraps)] // Every field of a representation is an `Option`.
fn one(value: &str) -> Option<Vec<String>> {
    Some(vec![value.to_owned()])
}

/// A list as it stands in the config of a policy.
fn in_config(key: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(key.to_owned(), json!([value]).to_string())])
}

async fn settings(ctx: &Context) -> Option<()> {
    let server = ResourceServer::make(ctx).await?;
    let settings = ResourceServerRepresentation::new()
        .with_allow_remote_resource_management(false)
        .with_policy_enforcement_mode(PolicyEnforcementMode::Permissive)
        .with_decision_strategy(DecisionStrategy::Affirmative);
    let update = call!(server, update_authz_resource_server);
    ctx.call(update.body(&settings)).await;
    let read = ctx.call(call!(server, get_authz_resource_server)).await?;
    ctx.stored::<authz::UpdateAuthzResourceServer>(&settings, &*read, &[]);

    let username = ctx.name("settings-user");
    let user_id = make::user(ctx, &username).await?;
    let scope = ctx.name("settings-scope");
    server.scope(&scope).await?;
    let resource = ctx.name("settings-resource");
    server.resource(&resource, &[&scope]).await?;
    let policy = ctx.name("settings-policy");
    server.user_policy(&policy, &user_id).await?;
    let permission = ScopePermissionRepresentation::new()
        .with_name(ctx.name("settings-permission"))
        .with_resources([&resource])
        .with_scopes([&scope])
        .with_policies([&policy]);
    let create = call!(server, create_authz_scope_permission);
    ctx.call(create.body(permission)).await?;

    let mut exported = ctx
        .call(call!(server, export_authz_settings))
        .await?
        .into_inner();
    let policies = exported.policies.iter().flatten();
    let configs: BTreeSet<_> = policies.filter_map(|p| p.config.as_ref()).collect();
    ctx.check::<authz::ExportAuthzSettings>(
        configs.contains(&in_config("users", &username)),
        "the user is exported by name",
    );
    // 26.4.7 gives each client a resource, a permission and a script of its own, which it does not import again.
    let is_ours = |name: &Option<String>| name.as_ref().is_some_and(|n| n.starts_with("settings"));
    exported.policies.as_mut()?.retain(|p| is_ours(&p.name));
    exported.resources.as_mut()?.retain(|r| is_ours(&r.name));
    let other = ResourceServer::make(ctx).await?;
    let import = call!(other, import_authz_settings);
    ctx.call(import.body(&exported)).await;
    let imported = ctx.call(call!(other, export_authz_settings)).await?;
    ctx.stored::<authz::ImportAuthzSettings>(&exported, &*imported, &[]);
    Some(())
}

async fn scopes(ctx: &Context) -> Option<()> {
    let server = ResourceServer::make(ctx).await?;
    let name = ctx.name("scope");
    let mut scope = ScopeRepresentation::new()
        .with_name(&name)
        .with_display_name("Read")
        .with_icon_uri("http://localhost/read.png");
    let made = ctx.call(call!(server, create_authz_scope).body(&scope));
    let id = made.await?.into_inner().id?;
    let get = || call!(server, get_authz_scope).scope_id(&id);
    ctx.stored::<authz::CreateAuthzScope>(&scope, &*ctx.call(get()).await?, &[]);
    scope.display_name = text("Read it");
    let again = ctx.call(call!(server, create_authz_scope).body(&scope));
    ctx.check::<authz::CreateAuthzScope>(
        again.await?.id.as_ref() == Some(&id),
        "the scope of that name is updated",
    );
    ctx.stored::<authz::CreateAuthzScope>(&scope, &*ctx.call(get()).await?, &[]);

    scope.name = Some(ctx.name("renamed-scope"));
    scope.icon_uri = text("http://localhost/book.png");
    let update = call!(server, update_authz_scope).scope_id(&id);
    ctx.call(update.body(&scope)).await;
    ctx.stored::<authz::UpdateAuthzScope>(&scope, &*ctx.call(get()).await?, &[]);

    let name = scope.name.as_deref()?;
    let find = |name| call!(server, find_authz_scope).name(name);
    let found = ctx.call(find(name)).await?.into_inner()?;
    ctx.check::<authz::FindAuthzScope>(found.id.as_ref() == Some(&id), "the scope is found");
    let nothing = ctx.call(find("no-such-scope")).await?.into_inner();
    ctx.check::<authz::FindAuthzScope>(nothing.is_none(), "there is no such scope");
    let list = call!(server, list_authz_scopes).name(name).first(0).max(5);
    let listed = ctx.call(list.scope_id(&id)).await?;
    ctx.check::<authz::ListAuthzScopes>(listed.len() == 1, "the scope is listed");
    ctx.call(call!(server, list_authz_scopes)).await;

    let delete = call!(server, delete_authz_scope).scope_id(&id);
    ctx.call(delete).await?;
    ctx.expect_error(get(), 404).await;
    Some(())
}

async fn resources(ctx: &Context) -> Option<()> {
    let server = ResourceServer::make(ctx).await?;
    let owner = make::user(ctx, &ctx.name("owner")).await?;
    let (scope, other_scope) = (ctx.name("scope"), ctx.name("scope"));
    let name = ctx.name("resource");
    let mut resource = ResourceRepresentation::new()
        .with_name(&name)
        .with_display_name("What is filed")
        .with_type("urn:filed")
        .with_uris(["/files/*", "/filed"])
        .with_scopes([scope_of(&scope), scope_of(&other_scope)])
        .with_icon_uri("http://localhost/file.png")
        .with_owner(ResourceOwnerRepresentation::new().with_id(&owner))
        .with_owner_managed_access(true)
        .with_attributes([("floor", ["1", "2"])]);
    let create = call!(server, create_authz_resource).body(&resource);
    let id = ctx.call(create).await?.into_inner().id?;
    let get = || call!(server, get_authz_resource).resource_id(&id);
    ctx.stored::<authz::CreateAuthzResource>(&resource, &*ctx.call(get()).await?, &[]);
    own_resources(&server).await;

    let name = ctx.name("renamed-resource");
    resource.name = text(&name);
    resource.display_name = text("What was filed");
    resource.uris = one("/archive/*");
    resource.scopes = Some(vec![scope_of(&scope)]);
    let update = call!(server, update_authz_resource).resource_id(&id);
    ctx.call(update.body(&resource)).await;
    let read = ctx.call(get()).await?;
    ctx.stored::<authz::UpdateAuthzResource>(&resource, &*read, &[]);
    let scopes = read.scopes.as_deref().map(<[_]>::len);
    ctx.check::<authz::UpdateAuthzResource>(scopes == Some(1), "a scope is taken away");

    let attributes = call!(server, get_authz_resource_attributes).resource_id(&id);
    let attributes = ctx.call(attributes).await?.into_inner();
    ctx.check::<authz::GetAuthzResourceAttributes>(
        Some(attributes) == resource.attributes,
        "they are the attributes of the resource",
    );
    let scopes = call!(server, list_authz_resource_scopes).resource_id(&id);
    let scopes = ctx.call(scopes).await?;
    ctx.check::<authz::ListAuthzResourceScopes>(
        scopes.len() == 1 && scopes[0].name.as_ref() == Some(&scope),
        "the resource has one scope",
    );
    found_resource(&server, &id, &name, &owner, &scope).await;

    let delete = call!(server, delete_authz_resource).resource_id(&id);
    ctx.call(delete).await?;
    ctx.expect_error(get(), 404).await;
    Some(())
}

/// The facts that hold only for resources of the client itself.
async fn own_resources(server: &ResourceServer<'_>) -> Option<()> {
    let ctx = server.ctx;
    let taken = ctx.name("resource");
    server.resource(&taken, &[]).await?;
    let again = ResourceRepresentation::new().with_name(&taken);
    let create = call!(server, create_authz_resource);
    ctx.expect_error(create.body(again), 409).await;
    let find = |name| call!(server, find_authz_resource).name(name);
    let nothing = ctx.call(find("no-such-resource")).await?.into_inner();
    ctx.check::<authz::FindAuthzResource>(nothing.is_none(), "there is no such resource");
    let found = ctx.call(find(taken.as_str())).await?.into_inner()?;
    let is_it = found.name.as_ref() == Some(&taken);
    ctx.check::<authz::FindAuthzResource>(is_it, "the client's own resource is found");
    let list = call!(server, list_authz_resources).matching_uri(true);
    let listed = ctx.call(list.uri(format!("/{taken}/1994"))).await?;
    let is_alone = listed.len() == 1 && listed[0].name.as_ref() == Some(&taken);
    ctx.check::<authz::ListAuthzResources>(is_alone, "the resource is found by what is below it");
    Some(())
}

/// Each way to find a resource with the uri `/archive/*`.
async fn found_resource(
    server: &ResourceServer<'_>,
    id: &str,
    name: &str,
    owner: &str,
    scope: &str,
) -> Option<()> {
    let ctx = server.ctx;
    let list = || call!(server, list_authz_resources);
    let filters = [
        list().name(name).exact_name(true),
        list().id(id),
        list().owner(owner),
        list().scope(scope).r#type("urn:filed"),
        list().uri("/archive/*").first(0).max(1),
        list().name(name).deep(false),
    ];
    for filter in filters {
        let listed = ctx.call(filter).await?;
        let is_alone = listed.len() == 1 && listed[0].id.as_deref() == Some(id);
        ctx.check::<authz::ListAuthzResources>(is_alone, "each filter finds the resource");
    }
    ctx.call(list()).await.map(drop)
}

/// The life of a policy or permission that has endpoints of its own. `except` is what only the answer to a creation has.
macro_rules! life_of_a_policy {
    (
        $server:expr, $policy:expr, id: $id:ident,
        list: $list:ident / $List:ident, create: $create:ident / $Create:ident,
        get: $get:ident,
        update: $update:ident / $Update:ident, delete: $delete:ident,
        except: $except:expr $(,)?
    ) => {
        async {
            let (server, ctx) = ($server, $server.ctx);
            let except: &[(&str, &str)] = $except;
            let mut policy = $policy;
            let name = ctx.name("policy");
            policy.name = text(&name);
            let made = ctx.call(call!(server, $create).body(&policy)).await?;
            ctx.stored::<authz::$Create>(&policy, &*made, &[]);
            ctx.expect_error(call!(server, $create).body(&policy), 409)
                .await;
            let id = made.into_inner().id?;
            let get = || call!(server, $get).$id(&id);
            ctx.stored::<authz::$Create>(&policy, &*ctx.call(get()).await?, except);
            policy.description = text("Asks who it is");
            policy.logic = Some(Logic::Negative);
            ctx.call(call!(server, $update).$id(&id).body(&policy))
                .await;
            ctx.stored::<authz::$Update>(&policy, &*ctx.call(get()).await?, except);
            let list = call!(server, $list).name(&name).first(0).max(5);
            let listed = ctx.call(list).await?;
            let is_alone = listed.len() == 1 && listed[0].id.as_ref() == Some(&id);
            ctx.check::<authz::$List>(is_alone, "the policy is found by its name");
            ctx.call(call!(server, $list).policy_id(&id)).await;
            ctx.call(call!(server, $list)).await;
            ctx.call(call!(server, $delete).$id(&id)).await?;
            ctx.expect_error(get(), 404).await;
            Some(())
        }
        .await
    };
}

/// The policies that ask who it is.
async fn identity_policies(ctx: &Context) -> Option<()> {
    let server = &ResourceServer::make(ctx).await?;
    let role = make::realm_role(ctx, &ctx.name("role")).await?;
    life_of_a_policy! {
        server,
        RolePolicyRepresentation::new()
            .with_roles([RoleDefinition::new()
                .with_id(role.id?)
                .with_required(true)])
            .with_fetch_roles(true),
        id: policy_id,
        list: list_authz_role_policies / ListAuthzRolePolicies,
        create: create_authz_role_policy / CreateAuthzRolePolicy, get: get_authz_role_policy,
        update: update_authz_role_policy / UpdateAuthzRolePolicy, delete: delete_authz_role_policy,
        except: &[],
    };
    let group = make::group(ctx, &ctx.name("group")).await?;
    life_of_a_policy! {
        server,
        GroupPolicyRepresentation::new()
            .with_groups([GroupDefinition::new()
                .with_id(group)
                .with_extend_children(true)])
            .with_groups_claim("groups"),
        id: policy_id,
        list: list_authz_group_policies / ListAuthzGroupPolicies,
        create: create_authz_group_policy / CreateAuthzGroupPolicy, get: get_authz_group_policy,
        update: update_authz_group_policy / UpdateAuthzGroupPolicy, delete: delete_authz_group_policy,
        except: &[],
    };
    let user = make::user(ctx, &ctx.name("user")).await?;
    life_of_a_policy! {
        server,
        UserPolicyRepresentation::new().with_users([&user]),
        id: policy_id,
        list: list_authz_user_policies / ListAuthzUserPolicies,
        create: create_authz_user_policy / CreateAuthzUserPolicy, get: get_authz_user_policy,
        update: update_authz_user_policy / UpdateAuthzUserPolicy, delete: delete_authz_user_policy,
        except: &[],
    };
    client_policies(server).await
}

/// The list of client policies has those of client scopes too, so there is one while it is read.
async fn client_policies(server: &ResourceServer<'_>) -> Option<()> {
    let ctx = server.ctx;
    let scope = ClientScopeRepresentation::new()
        .with_name(ctx.name("client-scope"))
        .with_protocol("openid-connect");
    let create = ctx.keycloak.create_client_scope().realm(ctx.realm());
    let scope = ctx.create(create.body(scope)).await?;
    let asks_for_scope =
        ClientScopePolicyRepresentation::new().with_client_scopes([ClientScopeDefinition::new()
            .with_id(scope)
            .with_required(true)]);
    life_of_a_policy! {
        server,
        asks_for_scope.clone(),
        id: policy_id,
        list: list_authz_client_scope_policies / ListAuthzClientScopePolicies,
        create: create_authz_client_scope_policy / CreateAuthzClientScopePolicy,
        get: get_authz_client_scope_policy,
        update: update_authz_client_scope_policy / UpdateAuthzClientScopePolicy,
        delete: delete_authz_client_scope_policy,
        except: &[],
    };
    let stays = asks_for_scope.with_name(ctx.name("policy"));
    ctx.call(call!(server, create_authz_client_scope_policy).body(stays))
        .await;
    life_of_a_policy! {
        server,
        ClientPolicyRepresentation::new().with_clients([&server.uuid]),
        id: policy_id,
        list: list_authz_client_policies / ListAuthzClientPolicies,
        create: create_authz_client_policy / CreateAuthzClientPolicy, get: get_authz_client_policy,
        update: update_authz_client_policy / UpdateAuthzClientPolicy, delete: delete_authz_client_policy,
        except: &[],
    }
}

/// The policies that ask something else.
async fn condition_policies(ctx: &Context) -> Option<()> {
    let server = &ResourceServer::make(ctx).await?;
    life_of_a_policy! {
        server,
        TimePolicyRepresentation::new()
            .with_not_before("2020-01-01 00:00:00")
            .with_not_on_or_after("2120-01-01 00:00:00")
            .with_day_month("1")
            .with_day_month_end("31")
            .with_month("1")
            .with_month_end("12")
            .with_year("2020")
            .with_year_end("2119")
            .with_hour("0")
            .with_hour_end("23")
            .with_minute("0")
            .with_minute_end("59"),
        id: policy_id,
        list: list_authz_time_policies / ListAuthzTimePolicies,
        create: create_authz_time_policy / CreateAuthzTimePolicy, get: get_authz_time_policy,
        update: update_authz_time_policy / UpdateAuthzTimePolicy, delete: delete_authz_time_policy,
        except: &[],
    };
    life_of_a_policy! {
        server,
        RegexPolicyRepresentation::new()
            .with_target_claim("email")
            .with_pattern(r".*@example\.com")
            .with_target_context_attributes(true),
        id: policy_id,
        list: list_authz_regex_policies / ListAuthzRegexPolicies,
        create: create_authz_regex_policy / CreateAuthzRegexPolicy, get: get_authz_regex_policy,
        update: update_authz_regex_policy / UpdateAuthzRegexPolicy, delete: delete_authz_regex_policy,
        except: &[],
    }
}

// The parts of a policy, and the objects of a permission: [`Parts::of`] reads them.
const POLICIES: (&str, &str) = ("$.policies", "only the answer to a creation has them");
const RESOURCES: (&str, &str) = ("$.resources", "left out unless `fields` asks for them");
const SCOPES: (&str, &str) = ("$.scopes", "left out unless `fields` asks for them");

async fn aggregate_policies(ctx: &Context) -> Option<()> {
    let server = &ResourceServer::make(ctx).await?;
    let user = make::user(ctx, &ctx.name("user")).await?;
    let part = server.user_policy(&ctx.name("part"), &user).await?;
    life_of_a_policy! {
        server,
        AggregatePolicyRepresentation::new()
            .with_policies([&part])
            .with_decision_strategy(DecisionStrategy::Consensus),
        id: policy_id,
        list: list_authz_aggregate_policies / ListAuthzAggregatePolicies,
        create: create_authz_aggregate_policy / CreateAuthzAggregatePolicy,
        get: get_authz_aggregate_policy,
        update: update_authz_aggregate_policy / UpdateAuthzAggregatePolicy,
        delete: delete_authz_aggregate_policy,
        except: &[POLICIES],
    }
}

/// The ids of what a permission is for and what it is made of.
#[derive(PartialEq)]
struct Parts {
    resources: Vec<String>,
    scopes: Vec<String>,
    policies: Vec<String>,
}

impl Parts {
    /// One of each, with names that are new.
    async fn make(server: &ResourceServer<'_>) -> Option<Self> {
        let ctx = server.ctx;
        let user = make::user(ctx, &ctx.name("user")).await?;
        let policy = server.user_policy(&ctx.name("part"), &user).await?;
        let scope_name = ctx.name("scope");
        let scope = server.scope(&scope_name).await?;
        let resource = ctx.name("resource");
        let resource = server.resource(&resource, &[&scope_name]).await?;
        Some(Self {
            resources: vec![resource],
            scopes: vec![scope],
            policies: vec![policy],
        })
    }

    /// Those of a permission.
    async fn of(server: &ResourceServer<'_>, id: &str) -> Option<Self> {
        let ctx = server.ctx;
        let resources = call!(server, list_authz_policy_resources).policy_id(id);
        let resources = ctx.call(resources).await?.into_inner();
        let scopes = call!(server, list_authz_policy_scopes).policy_id(id);
        let scopes = ctx.call(scopes).await?.into_inner();
        let policies = call!(server, list_authz_policy_associated_policies).policy_id(id);
        let policies = ctx.call(policies).await?.into_inner();
        Some(Self {
            resources: resources.into_iter().filter_map(|r| r.id).collect(),
            scopes: scopes.into_iter().filter_map(|s| s.id).collect(),
            policies: policies.into_iter().filter_map(|p| p.id).collect(),
        })
    }
}

async fn typed_permissions(ctx: &Context) -> Option<()> {
    let server = &ResourceServer::make(ctx).await?;
    let parts = Parts::make(server).await?;
    life_of_a_policy! {
        server,
        ResourcePermissionRepresentation::new()
            .with_resources(parts.resources.clone())
            .with_policies(parts.policies.clone())
            .with_decision_strategy(DecisionStrategy::Affirmative),
        id: permission_id,
        list: list_authz_resource_based_permissions / ListAuthzResourceBasedPermissions,
        create: create_authz_resource_permission / CreateAuthzResourcePermission,
        get: get_authz_resource_permission,
        update: update_authz_resource_permission / UpdateAuthzResourcePermission,
        delete: delete_authz_resource_permission,
        except: &[POLICIES, RESOURCES],
    };
    life_of_a_policy! {
        server,
        ScopePermissionRepresentation::new()
            .with_resources(parts.resources.clone())
            .with_scopes(parts.scopes.clone())
            .with_policies(parts.policies.clone())
            .with_decision_strategy(DecisionStrategy::Affirmative),
        id: permission_id,
        list: list_authz_scope_based_permissions / ListAuthzScopeBasedPermissions,
        create: create_authz_scope_permission / CreateAuthzScopePermission,
        get: get_authz_scope_permission,
        update: update_authz_scope_permission / UpdateAuthzScopePermission,
        delete: delete_authz_scope_permission,
        except: &[POLICIES, RESOURCES, SCOPES],
    };
    changed_permissions(server).await;
    permissions_of_a_type(server, &parts.scopes[0], &parts.policies[0]).await
}

/// Permissions for one thing that become permissions for another.
async fn changed_permissions(server: &ResourceServer<'_>) -> Option<()> {
    let ctx = server.ctx;
    let mut old = Parts::make(server).await?;
    let mut new = Parts::make(server).await?;
    macro_rules! change {
        (
            $permission:expr, create: $create:ident / $Create:ident, get: $get:ident,
            list: $list:ident, update: $update:ident / $Update:ident
        ) => {
            let create = call!(server, $create).body($permission(&old));
            let id = ctx.call(create).await?.into_inner().id?;
            let parts = Parts::of(server, &id).await?;
            let holds = parts == old;
            ctx.check::<authz::$Create>(holds, "it is for what was sent");
            let update = call!(server, $update).permission_id(&id);
            ctx.call(update.body($permission(&new))).await;
            let parts = Parts::of(server, &id).await?;
            ctx.check::<authz::$Update>(parts == new, "it is for something else");
            ctx.call(call!(server, $get).permission_id(&id).fields("*"))
                .await;
            ctx.call(call!(server, $list).resource(&new.resources[0]).fields("*"))
                .await;
        };
    }
    let name = ctx.name("permission");
    change! {
        |parts: &Parts| ScopePermissionRepresentation::new()
            .with_name(&name)
            .with_resources(parts.resources.clone())
            .with_scopes(parts.scopes.clone())
            .with_policies(parts.policies.clone()),
        create: create_authz_scope_permission / CreateAuthzScopePermission,
        get: get_authz_scope_permission,
        list: list_authz_scope_based_permissions,
        update: update_authz_scope_permission / UpdateAuthzScopePermission
    }
    old.scopes.clear();
    new.scopes.clear();
    let name = ctx.name("permission");
    change! {
        |parts: &Parts| ResourcePermissionRepresentation::new()
            .with_name(&name)
            .with_resources(parts.resources.clone())
            .with_policies(parts.policies.clone()),
        create: create_authz_resource_permission / CreateAuthzResourcePermission,
        get: get_authz_resource_permission,
        list: list_authz_resource_based_permissions,
        update: update_authz_resource_permission / UpdateAuthzResourcePermission
    }
    Some(())
}

/// Permissions for all resources of a type, and the filters that find them.
async fn permissions_of_a_type(
    server: &ResourceServer<'_>,
    scope: &str,
    policy: &str,
) -> Option<()> {
    let ctx = server.ctx;
    let permission = ResourcePermissionRepresentation::new()
        .with_name(ctx.name("permission"))
        .with_resource_type("urn:filed")
        .with_policies([policy]);
    let create = call!(server, create_authz_resource_permission);
    let made = ctx.call(create.body(&permission)).await?;
    let get = call!(server, get_authz_resource_permission);
    let read = ctx.call(get.permission_id(made.id.as_deref()?)).await?;
    ctx.stored::<authz::CreateAuthzResourcePermission>(&permission, &*read, &[POLICIES]);
    let list = call!(server, list_authz_resource_based_permissions);
    let nothing = list.clone().resource("no-such-resource");
    let nothing = ctx.call(nothing).await?;
    ctx.check::<authz::ListAuthzResourceBasedPermissions>(
        nothing.is_empty(),
        "none is for what is not there",
    );
    let listed = ctx.call(list.resource_type("urn:filed")).await?;
    ctx.check::<authz::ListAuthzResourceBasedPermissions>(
        listed.iter().any(|other| other.id == made.id),
        "the permission is found by its type of resource",
    );

    let permission = ScopePermissionRepresentation::new()
        .with_name(ctx.name("permission"))
        .with_resource_type("urn:filed")
        .with_scopes([scope])
        .with_policies([policy]);
    let create = call!(server, create_authz_scope_permission);
    let made = ctx.call(create.body(&permission)).await?;
    let get = call!(server, get_authz_scope_permission);
    let read = ctx.call(get.permission_id(made.id.as_deref()?)).await?;
    ctx.stored::<authz::CreateAuthzScopePermission>(&permission, &*read, &[POLICIES, SCOPES]);
    let list = call!(server, list_authz_scope_based_permissions);
    let nothing = ctx.call(list.clone().scope("no-such-scope")).await?;
    ctx.check::<authz::ListAuthzScopeBasedPermissions>(
        nothing.is_empty(),
        "none is for what is not there",
    );
    let listed = ctx.call(list.scope(scope)).await?;
    ctx.check::<authz::ListAuthzScopeBasedPermissions>(
        listed.len() == 1 && listed[0].id == made.id,
        "the permission is found by its scope",
    );
    Some(())
}

/// A policy whose type is in its representation and not in the path.
async fn any_policy(ctx: &Context) -> Option<()> {
    let server = ResourceServer::make(ctx).await?;
    let providers = ctx.call(call!(server, list_authz_policy_providers)).await?;
    let types: Vec<_> = providers
        .iter()
        .filter_map(|p| p.type_.as_deref())
        .collect();
    ctx.check::<authz::ListAuthzPolicyProviders>(types.contains(&"user"), "a type is `user`");

    let (ada, grace) = (ctx.name("user"), ctx.name("user"));
    let ada = make::user(ctx, &ada).await?;
    let grace = make::user(ctx, &grace).await?;
    let name = ctx.name("policy");
    let mut policy = PolicyRepresentation::new()
        .with_name(&name)
        .with_type("user")
        .with_config(in_config("users", &ada));
    let create = || call!(server, create_authz_policy).body(&policy);
    let made = ctx.call(create()).await?;
    ctx.stored::<authz::CreateAuthzPolicy>(&policy, &*made, &[]);
    ctx.expect_error(create(), 409).await;
    let id = made.into_inner().id?;
    let get = || call!(server, get_authz_policy).policy_id(&id);
    ctx.stored::<authz::CreateAuthzPolicy>(&policy, &*ctx.call(get()).await?, &[]);

    policy.description = text("Asks who it is");
    policy.logic = Some(Logic::Negative);
    policy.config = Some(in_config("users", &grace));
    let update = call!(server, update_authz_policy).policy_id(&id);
    ctx.call(update.body(&policy)).await;
    ctx.stored::<authz::UpdateAuthzPolicy>(&policy, &*ctx.call(get()).await?, &[]);
    ctx.call(get().fields("*")).await;

    let find = |name| call!(server, find_authz_policy).name(name);
    let found = ctx.call(find(name.as_str())).await?.into_inner()?;
    ctx.stored::<authz::FindAuthzPolicy>(&policy, &found, &[]);
    ctx.call(find(name.as_str()).fields("*")).await;
    let nothing = ctx.call(find("no-such-policy")).await?.into_inner();
    ctx.check::<authz::FindAuthzPolicy>(nothing.is_none(), "there is no such policy");
    let list = || call!(server, list_authz_policies);
    let filters = [
        list().name(&name).fields("*"),
        list().policy_id(&id),
        list().r#type("user").permission(false).first(0).max(1),
    ];
    for filter in filters {
        let listed = ctx.call(filter).await?;
        let is_alone = listed.len() == 1 && listed[0].id.as_ref() == Some(&id);
        ctx.check::<authz::ListAuthzPolicies>(is_alone, "each filter finds the policy");
    }
    let nothing = ctx.call(list().resource("no-such-resource")).await?;
    ctx.check::<authz::ListAuthzPolicies>(nothing.is_empty(), "none is for what is not there");
    let none = ctx.call(list().owner(&grace)).await?;
    ctx.check::<authz::ListAuthzPolicies>(none.is_empty(), "the user owns no policy");

    let delete = call!(server, delete_authz_policy).policy_id(&id);
    ctx.call(delete).await?;
    ctx.expect_error(get(), 404).await;
    Some(())
}

/// A permission whose type is in its representation and not in the path.
async fn any_permission(ctx: &Context) -> Option<()> {
    let server = ResourceServer::make(ctx).await?;
    let providers = call!(server, list_authz_permission_providers);
    let providers = ctx.call(providers).await?;
    let types: Vec<_> = providers
        .iter()
        .filter_map(|p| p.type_.as_deref())
        .collect();
    ctx.check::<authz::ListAuthzPermissionProviders>(types.contains(&"scope"), "a type is `scope`");

    let parts = Parts::make(&server).await?;
    let name = ctx.name("permission");
    let permission = PolicyRepresentation::new()
        .with_name(&name)
        .with_description("Lets those pass who are known")
        .with_type("scope")
        .with_resources(parts.resources.clone())
        .with_scopes(parts.scopes.clone())
        .with_policies(parts.policies.clone())
        .with_decision_strategy(DecisionStrategy::Affirmative);
    let create = || call!(server, create_authz_permission).body(&permission);
    let made = ctx.call(create()).await?;
    ctx.expect_error(create(), 409).await;
    let find = |name| call!(server, find_authz_permission).name(name);
    let nothing = ctx.call(find("no-such-permission")).await?.into_inner();
    ctx.check::<authz::FindAuthzPermission>(nothing.is_none(), "there is no such permission");
    let found = ctx.call(find(name.as_str())).await?.into_inner()?;
    ctx.check::<authz::FindAuthzPermission>(found.id == made.id, "the permission is found");
    let elsewhere = [POLICIES, RESOURCES, SCOPES];
    ctx.stored::<authz::CreateAuthzPermission>(&permission, &found, &elsewhere);
    let stored = Parts::of(&server, made.id.as_deref()?).await?;
    ctx.check::<authz::CreateAuthzPermission>(stored == parts, "it is for what was sent");
    ctx.call(find(name.as_str()).fields("*")).await;

    let list = || call!(server, list_authz_permissions);
    let nothing = ctx.call(list().resource("no-such-resource")).await?;
    ctx.check::<authz::ListAuthzPermissions>(nothing.is_empty(), "none is for what is not there");
    let filters = [
        list().name(&name).fields("*"),
        list().resource(&parts.resources[0]),
        list().scope(&parts.scopes[0]),
        list().r#type("scope").first(0).max(1),
    ];
    for filter in filters {
        let listed = ctx.call(filter).await?;
        let is_alone = listed.len() == 1 && listed[0].id == made.id;
        ctx.check::<authz::ListAuthzPermissions>(is_alone, "each filter finds the permission");
    }
    let none = ctx.call(list().name(ctx.name("nothing"))).await?;
    ctx.check::<authz::ListAuthzPermissions>(none.is_empty(), "nothing has this name");
    Some(())
}

/// Permissions of both types, whose type is not in the path.
async fn permission_by_id(ctx: &Context) -> Option<()> {
    let server = ResourceServer::make(ctx).await?;
    let mut old = Parts::make(&server).await?;
    let mut new = Parts::make(&server).await?;
    for kind in ["scope", "resource"] {
        if kind == "resource" {
            old.scopes.clear();
            new.scopes.clear();
        }
        let name = ctx.name("permission");
        let permission = |parts: &Parts| {
            let mut permission = PermissionRepresentation::new()
                .with_name(&name)
                .with_type(kind)
                .with_resources(parts.resources.clone())
                .with_policies(parts.policies.clone())
                .with_decision_strategy(DecisionStrategy::Affirmative);
            permission.scopes = (kind == "scope").then(|| parts.scopes.clone());
            permission
        };
        let mut made = PolicyRepresentation::new()
            .with_name(&name)
            .with_type(kind)
            .with_resources(old.resources.clone())
            .with_policies(old.policies.clone());
        made.scopes = (kind == "scope").then(|| old.scopes.clone());
        let create = call!(server, create_authz_permission).body(made);
        let id = ctx.call(create).await?.into_inner().id?;
        let get = || call!(server, get_authz_permission).permission_id(&id);
        let read = ctx.call(get()).await?;
        ctx.check::<authz::GetAuthzPermission>(
            read.id.as_ref() == Some(&id) && read.type_.as_deref() == Some(kind),
            "the permission has its id and type",
        );

        let changed = permission(&new);
        let update = call!(server, update_authz_permission).permission_id(&id);
        ctx.call(update.body(&changed)).await?;
        ctx.call(get().fields("*")).await;
        let read = ctx.call(get()).await?;
        let elsewhere: &[_] = if kind == "scope" {
            &[POLICIES, RESOURCES, SCOPES]
        } else {
            &[POLICIES, RESOURCES]
        };
        ctx.stored::<authz::UpdateAuthzPermission>(&changed, &*read, elsewhere);

        let resources = call!(server, list_authz_permission_resources);
        let resources = ctx.call(resources.permission_id(&id)).await?.into_inner();
        let scopes = call!(server, list_authz_permission_scopes);
        let scopes = ctx.call(scopes.permission_id(&id)).await?.into_inner();
        let policies = call!(server, list_authz_permission_associated_policies);
        let policies = ctx.call(policies.permission_id(&id)).await?.into_inner();
        let parts = Parts {
            resources: resources.into_iter().filter_map(|r| r.id).collect(),
            scopes: scopes.into_iter().filter_map(|s| s.id).collect(),
            policies: policies.into_iter().filter_map(|p| p.id).collect(),
        };
        ctx.check::<authz::UpdateAuthzPermission>(parts == new, "it is for what was sent");
        let dependent = call!(server, list_authz_permission_dependent_policies);
        let dependent = ctx.call(dependent.permission_id(&id)).await?;
        ctx.check::<authz::ListAuthzPermissionDependentPolicies>(
            dependent.is_empty(),
            "no policy is made of it",
        );
        let delete = call!(server, delete_authz_permission).permission_id(&id);
        ctx.call(delete).await?;
        ctx.expect_error(get(), 404).await;
    }
    Some(())
}

/// Relations: a permission for a scope of a resource, with a policy that is made of another.
async fn relations(ctx: &Context) -> Option<()> {
    let server = ResourceServer::make(ctx).await?;
    let parts = Parts::make(&server).await?;
    let (part, scope) = (&parts.policies[0], &parts.scopes[0]);
    let resource = &parts.resources[0];
    let whole = AggregatePolicyRepresentation::new()
        .with_name(ctx.name("whole"))
        .with_policies([part]);
    let whole = call!(server, create_authz_aggregate_policy).body(whole);
    let whole = ctx.call(whole).await?.into_inner().id?;
    let permission = ScopePermissionRepresentation::new()
        .with_name(ctx.name("permission"))
        .with_resources([resource])
        .with_scopes([scope])
        .with_policies([&whole]);
    let permission = call!(server, create_authz_scope_permission).body(permission);
    let permission = ctx.call(permission).await?.into_inner().id?;

    /// That a list has one thing, of this id.
    macro_rules! check_only {
        ($Operation:ident, $call:expr, $id:expr) => {
            if let Some(listed) = ctx.call($call).await {
                let is_only = listed.len() == 1 && listed[0].id.as_ref() == Some($id);
                ctx.check::<authz::$Operation>(is_only, "the list has this one thing");
            }
        };
    }
    let call = call!(server, list_authz_policy_associated_policies);
    check_only!(
        ListAuthzPolicyAssociatedPolicies,
        call.policy_id(&whole),
        part
    );
    let call = call!(server, list_authz_policy_associated_policies);
    check_only!(
        ListAuthzPolicyAssociatedPolicies,
        call.policy_id(&permission),
        &whole
    );
    let call = call!(server, list_authz_policy_dependent_policies);
    check_only!(
        ListAuthzPolicyDependentPolicies,
        call.policy_id(part),
        &whole
    );
    let call = call!(server, list_authz_policy_resources);
    check_only!(
        ListAuthzPolicyResources,
        call.policy_id(&permission),
        resource
    );
    let call = call!(server, list_authz_policy_scopes);
    check_only!(ListAuthzPolicyScopes, call.policy_id(&permission), scope);
    let call = call!(server, list_authz_resource_permissions);
    check_only!(
        ListAuthzResourcePermissions,
        call.resource_id(resource),
        &permission
    );
    let call = call!(server, list_authz_scope_permissions);
    check_only!(ListAuthzScopePermissions, call.scope_id(scope), &permission);
    let call = call!(server, list_authz_scope_resources);
    check_only!(ListAuthzScopeResources, call.scope_id(scope), resource);
    Some(())
}

async fn evaluations(ctx: &Context) -> Option<()> {
    let server = ResourceServer::make(ctx).await?;
    let known = make::user(ctx, &ctx.name("known")).await?;
    let unknown = make::user(ctx, &ctx.name("unknown")).await?;
    let policy = server.user_policy(&ctx.name("policy"), &known).await?;
    let scope = ctx.name("scope");
    let resource = server.resource(&ctx.name("resource"), &[&scope]).await?;
    let permission = ResourcePermissionRepresentation::new()
        .with_name(ctx.name("permission"))
        .with_resources([&resource])
        .with_policies([&policy]);
    let create = call!(server, create_authz_resource_permission);
    ctx.call(create.body(permission)).await?;

    let request = |user: &str| {
        PolicyEvaluationRequest::new()
            .with_user_id(user)
            .with_client_id(&server.uuid)
            .with_resources([ResourceRepresentation::new()
                .with_id(&resource)
                .with_scopes([scope_of(&scope)])])
            .with_context([(
                "attributes",
                BTreeMap::from([("floor".to_owned(), "1".to_owned())]),
            )])
            .with_role_ids([""; 0])
            .with_entitlements(false)
    };
    let is = |answer: &PolicyEvaluationResponse, effect: &DecisionEffect| {
        let results = answer.results.as_deref().unwrap_or_default();
        results.len() == 1 && results[0].status.as_ref() == Some(effect)
    };
    /// Both endpoints do the same.
    macro_rules! evaluate {
        ($operation:ident / $Operation:ident) => {
            for (user, effect) in [
                (&known, DecisionEffect::Permit),
                (&unknown, DecisionEffect::Deny),
            ] {
                let call = call!(server, $operation).body(request(user));
                if let Some(answer) = ctx.call(call).await {
                    let holds = is(&answer, &effect) && answer.status.as_ref() == Some(&effect);
                    ctx.check::<authz::$Operation>(holds, "the policy decides by the user");
                }
            }
            let mut everything = request(&known);
            everything.resources = Some(vec![]);
            ctx.call(call!(server, $operation).body(everything)).await;
        };
    }
    evaluate!(evaluate_authz_policies / EvaluateAuthzPolicies);
    evaluate!(evaluate_authz_permissions / EvaluateAuthzPermissions);
    Some(())
}
