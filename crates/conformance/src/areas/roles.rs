//! Roles of the realm and of clients, found by name and by id, their composites, and whom they are mapped to.
//!
//! The same things can be done with a role of the realm and with one of a client, and to a user, a group and a group of
//! an organization, each time through operations of their own. The macros hold what is the same.

use conformance::context::Context;
use keycloak_api::client_role_mappings as client_mapper;
use keycloak_api::role_mapper as mapper;
use keycloak_api::roles as by_name;
use keycloak_api::roles_by_id as by_id;
use keycloak_api::types::{
    GroupRepresentation, ManagementPermissionReference, OrganizationDomainRepresentation,
    OrganizationRepresentation, RealmRepresentation, RoleRepresentation,
};

use super::make::{self, text};

pub(crate) async fn run(ctx: &Context) {
    realm_roles(ctx).await;
    client_roles(ctx).await;
    roles_by_id(ctx).await;
    user_mappings(ctx).await;
    group_mappings(ctx).await;
    organization_group_mappings(ctx).await;
}

/// A role with everything that can be written at once.
fn described(name: &str) -> RoleRepresentation {
    RoleRepresentation::new()
        .with_name(name)
        .with_description("Reads what is filed")
        .with_attributes([("floor", ["1", "2"])])
}

fn enabled() -> ManagementPermissionReference {
    ManagementPermissionReference::new().with_enabled(true)
}

/// Returns whether the role is among them.
fn holds(roles: &[RoleRepresentation], role: &RoleRepresentation) -> bool {
    role.id.is_some() && roles.iter().any(|other| other.id == role.id)
}

/// A role of the realm, a role of a client, and that client's uuid.
struct Pair {
    realm_role: RoleRepresentation,
    client_role: RoleRepresentation,
    client_uuid: String,
}

impl Pair {
    async fn make(ctx: &Context) -> Option<Self> {
        let client_uuid = make::public_client(ctx, &ctx.name("role-client")).await?;
        Some(Self {
            realm_role: make::realm_role(ctx, &ctx.name("realm-role")).await?,
            client_role: make::client_role(ctx, &client_uuid, &ctx.name("client-role")).await?,
            client_uuid,
        })
    }
}

/// The life of a role that is found by its name. `at` are the path parameters in front of it.
macro_rules! life_of_a_role {
    (
        $ctx:expr, at: [$($parameter:ident = $value:expr),*],
        list: $list:ident, create: $create:ident / $Create:ident, get: $get:ident,
        update: $update:ident / $Update:ident, delete: $delete:ident,
        composites: $composites:ident, $realm_composites:ident, $client_composites:ident,
        add: $add:ident / $Add:ident, remove: $remove:ident / $Remove:ident,
        permissions: $get_permissions:ident, $update_permissions:ident $(,)?
    ) => {{
        let ctx: &Context = $ctx;
        macro_rules! call {
            ($operation:ident) => {
                ctx.keycloak.$operation().realm(ctx.realm())$(.$parameter($value))*
            };
        }
        let name = &ctx.name("role");
        let mut role = described(name);
        ctx.call(call!($create).body(&role)).await?;
        ctx.expect_error(call!($create).body(&role), 409).await;
        let stored = ctx.call(call!($get).role_name(name)).await?;
        ctx.stored::<by_name::$Create>(&role, &*stored, &[]);
        role.description = text("Writes what is filed");
        ctx.call(call!($update).role_name(name).body(&role)).await;
        let stored = ctx.call(call!($get).role_name(name)).await?;
        ctx.stored::<by_name::$Update>(&role, &*stored, &[]);
        ctx.call(call!($list).search(name).brief_representation(false)).await;
        ctx.call(call!($list).first(0).max(1)).await;

        let parts = Pair::make(ctx).await?;
        let both = [parts.realm_role.clone(), parts.client_role.clone()];
        let add = call!($add).role_name(name).body(&both);
        let composites = ctx.call_twice(add, call!($composites).role_name(name)).await?;
        let has_both = both.iter().all(|part| holds(&composites, part));
        ctx.check::<by_name::$Add>(has_both, "both roles are part of it");
        ctx.call(call!($realm_composites).role_name(name)).await;
        let of_client = call!($client_composites).role_name(name);
        ctx.call(of_client.target_client_uuid(&parts.client_uuid)).await;
        ctx.call(call!($remove).role_name(name).body(&both)).await;
        let composites = ctx.call(call!($composites).role_name(name)).await?;
        ctx.check::<by_name::$Remove>(composites.is_empty(), "no role is part of it any more");

        ctx.call(call!($get_permissions).role_name(name)).await;
        ctx.call(call!($update_permissions).role_name(name).body(enabled())).await;
        ctx.call(call!($delete).role_name(name)).await?;
        ctx.expect_error(call!($get).role_name(name), 404).await;
        Some(())
    }};
}

async fn realm_roles(ctx: &Context) -> Option<()> {
    life_of_a_role! {
        ctx, at: [],
        list: list_realm_roles, create: create_realm_role / CreateRealmRole, get: get_realm_role,
        update: update_realm_role / UpdateRealmRole, delete: delete_realm_role,
        composites: list_realm_role_composites, list_realm_role_realm_composites,
            list_realm_role_client_composites,
        add: add_composites_to_realm_role / AddCompositesToRealmRole,
        remove: remove_composites_from_realm_role / RemoveCompositesFromRealmRole,
        permissions: get_realm_role_management_permissions, update_realm_role_management_permissions,
    }
}

async fn client_roles(ctx: &Context) -> Option<()> {
    let uuid = make::public_client(ctx, &ctx.name("client")).await?;
    life_of_a_role! {
        ctx, at: [client_uuid = &uuid],
        list: list_client_roles, create: create_client_role / CreateClientRole, get: get_client_role,
        update: update_client_role / UpdateClientRole, delete: delete_client_role,
        composites: list_client_role_composites, list_client_role_realm_composites,
            list_client_role_client_composites,
        add: add_composites_to_client_role / AddCompositesToClientRole,
        remove: remove_composites_from_client_role / RemoveCompositesFromClientRole,
        permissions: get_client_role_management_permissions, update_client_role_management_permissions,
    }
}

async fn roles_by_id(ctx: &Context) -> Option<()> {
    let made = make::realm_role(ctx, &ctx.name("role")).await?;
    let id = made.id?;
    macro_rules! call {
        ($operation:ident) => {
            ctx.keycloak.$operation().realm(ctx.realm()).role_id(&id)
        };
    }
    let role = described(&ctx.name("renamed-role"));
    ctx.call(call!(update_role_by_id).body(&role)).await;
    let stored = ctx.call(call!(get_role_by_id)).await?;
    ctx.stored::<by_id::UpdateRoleById>(&role, &*stored, &[]);

    let parts = Pair::make(ctx).await?;
    let both = [parts.realm_role, parts.client_role];
    let add = call!(add_composites_to_role_by_id).body(&both);
    let composites = ctx
        .call_twice(add, call!(list_role_composites_by_id))
        .await?;
    let has_both = both.iter().all(|part| holds(&composites, part));
    ctx.check::<by_id::AddCompositesToRoleById>(has_both, "both roles are part of it");
    ctx.call(
        call!(list_role_composites_by_id)
            .search("role")
            .first(0)
            .max(1),
    )
    .await;
    ctx.call(call!(list_role_realm_composites_by_id)).await;
    let of_client = call!(list_role_client_composites_by_id);
    ctx.call(of_client.client_uuid(&parts.client_uuid)).await;
    ctx.call(call!(remove_composites_from_role_by_id).body(&both))
        .await;
    let composites = ctx.call(call!(list_role_composites_by_id)).await?;
    let is_empty = composites.is_empty();
    ctx.check::<by_id::RemoveCompositesFromRoleById>(is_empty, "no role is part of it any more");

    ctx.call(call!(get_role_management_permissions_by_id)).await;
    ctx.call(call!(update_role_management_permissions_by_id).body(enabled()))
        .await;
    ctx.call(call!(delete_role_by_id)).await?;
    ctx.expect_error(call!(get_role_by_id), 404).await;
    Some(())
}

/// Maps a role to something and takes it back. `at` are the path parameters that say to what.
macro_rules! mapping_of_a_role {
    (
        $ctx:expr, $role:expr, $module:ident, at: [$($parameter:ident = $value:expr),*],
        list: $list:ident, available: $available:ident, effective: $effective:ident,
        add: $add:ident / $Add:ident, remove: $remove:ident / $Remove:ident $(,)?
    ) => {{
        let ctx: &Context = $ctx;
        let roles = std::slice::from_ref($role);
        macro_rules! call {
            ($operation:ident) => {
                ctx.keycloak.$operation().realm(ctx.realm())$(.$parameter($value))*
            };
        }
        // Each operation is called even where one before it is not in this version.
        ctx.call(call!($available)).await;
        if let Some(mapped) = ctx.call_twice(call!($add).body(roles), call!($list)).await {
            ctx.check::<$module::$Add>(holds(&mapped, $role), "the role is mapped");
        }
        ctx.call(call!($effective).brief_representation(false)).await;
        ctx.call(call!($remove).body(roles)).await;
        if let Some(mapped) = ctx.call(call!($list)).await {
            ctx.check::<$module::$Remove>(!holds(&mapped, $role), "the role is mapped no more");
        }
        ctx.call(call!($add).body(roles)).await;
    }};
}

async fn user_mappings(ctx: &Context) -> Option<()> {
    let pair = Pair::make(ctx).await?;
    let id = make::user(ctx, &ctx.name("user")).await?;
    mapping_of_a_role! {
        ctx, &pair.realm_role, mapper, at: [user_id = &id],
        list: list_user_realm_roles, available: list_available_user_realm_roles,
        effective: list_effective_user_realm_roles,
        add: add_realm_roles_to_user / AddRealmRolesToUser,
        remove: remove_realm_roles_from_user / RemoveRealmRolesFromUser,
    }
    mapping_of_a_role! {
        ctx, &pair.client_role, client_mapper, at: [user_id = &id, client_uuid = &pair.client_uuid],
        list: list_user_client_roles, available: list_available_user_client_roles,
        effective: list_effective_user_client_roles,
        add: add_client_roles_to_user / AddClientRolesToUser,
        remove: remove_client_roles_from_user / RemoveClientRolesFromUser,
    }
    let all = ctx.keycloak.get_user_role_mappings().realm(ctx.realm());
    let all = ctx.call(all.user_id(&id)).await?;
    ctx.check::<mapper::GetUserRoleMappings>(
        all.realm_mappings.is_some() && all.client_mappings.is_some(),
        "roles of the realm and of a client are mapped",
    );

    let users = ctx.keycloak.list_realm_role_users().realm(ctx.realm());
    let users = users.role_name(pair.realm_role.name?).first(0).max(5);
    let users = ctx.call(users.brief_representation(false)).await?;
    ctx.check::<by_name::ListRealmRoleUsers>(users.len() == 1, "the user has the role");
    let users = ctx.keycloak.list_client_role_users().realm(ctx.realm());
    let users = users.client_uuid(&pair.client_uuid);
    let users = users.role_name(pair.client_role.name?).first(0).max(5);
    let users = ctx.call(users.brief_representation(false)).await?;
    ctx.check::<by_name::ListClientRoleUsers>(users.len() == 1, "the user has the role");
    Some(())
}

async fn group_mappings(ctx: &Context) -> Option<()> {
    let pair = Pair::make(ctx).await?;
    let id = make::group(ctx, &ctx.name("group")).await?;
    mapping_of_a_role! {
        ctx, &pair.realm_role, mapper, at: [group_id = &id],
        list: list_group_realm_roles, available: list_available_group_realm_roles,
        effective: list_effective_group_realm_roles,
        add: add_realm_roles_to_group / AddRealmRolesToGroup,
        remove: remove_realm_roles_from_group / RemoveRealmRolesFromGroup,
    }
    mapping_of_a_role! {
        ctx, &pair.client_role, client_mapper, at: [group_id = &id, client_uuid = &pair.client_uuid],
        list: list_group_client_roles, available: list_available_group_client_roles,
        effective: list_effective_group_client_roles,
        add: add_client_roles_to_group / AddClientRolesToGroup,
        remove: remove_client_roles_from_group / RemoveClientRolesFromGroup,
    }
    let all = ctx.keycloak.get_group_role_mappings().realm(ctx.realm());
    let all = ctx.call(all.group_id(&id)).await?;
    ctx.check::<mapper::GetGroupRoleMappings>(
        all.realm_mappings.is_some() && all.client_mappings.is_some(),
        "roles of the realm and of a client are mapped",
    );

    let groups = ctx.keycloak.list_realm_role_groups().realm(ctx.realm());
    let groups = groups.role_name(pair.realm_role.name?).first(0).max(5);
    let groups = ctx.call(groups.brief_representation(false)).await?;
    ctx.check::<by_name::ListRealmRoleGroups>(groups.len() == 1, "the group has the role");
    let groups = ctx.keycloak.list_client_role_groups().realm(ctx.realm());
    let groups = groups.client_uuid(&pair.client_uuid);
    let groups = groups.role_name(pair.client_role.name?).first(0).max(5);
    let groups = ctx.call(groups.brief_representation(false)).await?;
    ctx.check::<by_name::ListClientRoleGroups>(groups.len() == 1, "the group has the role");
    Some(())
}

async fn organization_group_mappings(ctx: &Context) -> Option<()> {
    let pair = Pair::make(ctx).await?;
    let org_id = organization(ctx).await?;
    let group = GroupRepresentation::new().with_name(ctx.name("group"));
    let create = ctx.keycloak.create_organization_group().realm(ctx.realm());
    let id = ctx.create(create.org_id(&org_id).body(group)).await;
    // If the version has no groups of organizations, the answers of the operations have to say so.
    let id = id.unwrap_or_else(|| "none".to_owned());
    mapping_of_a_role! {
        ctx, &pair.realm_role, mapper, at: [org_id = &org_id, group_id = &id],
        list: list_organization_group_realm_roles,
        available: list_available_organization_group_realm_roles,
        effective: list_effective_organization_group_realm_roles,
        add: add_realm_roles_to_organization_group / AddRealmRolesToOrganizationGroup,
        remove: remove_realm_roles_from_organization_group / RemoveRealmRolesFromOrganizationGroup,
    }
    mapping_of_a_role! {
        ctx, &pair.client_role, client_mapper,
        at: [org_id = &org_id, group_id = &id, client_uuid = &pair.client_uuid],
        list: list_organization_group_client_roles,
        available: list_available_organization_group_client_roles,
        effective: list_effective_organization_group_client_roles,
        add: add_client_roles_to_organization_group / AddClientRolesToOrganizationGroup,
        remove: remove_client_roles_from_organization_group / RemoveClientRolesFromOrganizationGroup,
    }
    let all = ctx.keycloak.get_organization_group_role_mappings();
    let all = all.realm(ctx.realm()).org_id(&org_id).group_id(&id);
    let all = ctx.call(all).await?;
    ctx.check::<mapper::GetOrganizationGroupRoleMappings>(
        all.realm_mappings.is_some() && all.client_mappings.is_some(),
        "roles of the realm and of a client are mapped",
    );
    Some(())
}

/// An organization, in the realm that is told to have some; gives its id.
async fn organization(ctx: &Context) -> Option<String> {
    let settings = RealmRepresentation::new().with_organizations_enabled(true);
    let update = ctx.keycloak.update_realm().realm(ctx.realm());
    ctx.call(update.body(settings)).await?;
    let organization = OrganizationRepresentation::new()
        .with_name(ctx.name("organization"))
        .with_domains([OrganizationDomainRepresentation::new().with_name("example.org")]);
    let create = ctx.keycloak.create_organization().realm(ctx.realm());
    ctx.create(create.body(organization)).await
}
