//! Groups: the tree they make, what they are found by, their members and who may manage them.

use std::collections::BTreeMap;

use conformance::context::Context;
use keycloak_api::groups::{
    CountGroups, CreateGroup, CreateSubgroup, ListGroupMembers, ListGroups, ListSubgroups,
    UpdateGroup, UpdateGroupManagementPermissions,
};
use keycloak_api::types::{GroupRepresentation, ManagementPermissionReference};

use super::make::{self, text};

pub(crate) async fn run(ctx: &Context) {
    life(ctx).await;
    tree(ctx).await;
    finding(ctx).await;
    members(ctx).await;
    permissions(ctx).await;
}

/// A group with everything that can be written at once.
fn described(name: &str) -> GroupRepresentation {
    GroupRepresentation::new()
        .with_name(name)
        .with_description("Those who measure")
        .with_attributes([("floor", ["1", "2"])])
}

/// Returns whether a group with this id is among them.
fn holds(groups: &[GroupRepresentation], id: &str) -> bool {
    groups.iter().any(|group| group.id.as_deref() == Some(id))
}

async fn life(ctx: &Context) -> Option<()> {
    let mut group = described(&ctx.name("group"));
    let create = || ctx.keycloak.create_group().realm(ctx.realm());
    let id = ctx.create(create().body(&group)).await?;
    ctx.expect_error(create().body(&group), 409).await;
    let get = || ctx.keycloak.get_group().realm(ctx.realm()).group_id(&id);
    let stored = ctx.call(get()).await?;
    ctx.stored::<CreateGroup>(&group, &*stored, &[]);

    group.name = Some(ctx.name("renamed-group"));
    group.description = text("Those who sew");
    group.attributes = Some(BTreeMap::from([(
        "colour".to_owned(),
        vec!["blue".to_owned()],
    )]));
    let update = ctx.keycloak.update_group().realm(ctx.realm());
    ctx.call(update.group_id(&id).body(&group)).await;
    let stored = ctx.call(get()).await?;
    ctx.stored::<UpdateGroup>(&group, &*stored, &[]);
    let has_floor = stored
        .attributes
        .as_ref()
        .is_some_and(|attributes| attributes.contains_key("floor"));
    ctx.check::<UpdateGroup>(!has_floor, "attributes that are not sent are removed");

    let delete = ctx.keycloak.delete_group().realm(ctx.realm());
    ctx.call(delete.group_id(&id)).await?;
    ctx.expect_error(get(), 404).await;
    Some(())
}

async fn tree(ctx: &Context) -> Option<()> {
    let root = make::group(ctx, &ctx.name("root")).await?;
    let group = described(&ctx.name("child"));
    let create = || {
        let call = ctx.keycloak.create_subgroup().realm(ctx.realm());
        call.group_id(&root)
    };
    let child = ctx.create(create().body(&group)).await?;
    ctx.expect_error(create().body(&group), 409).await;
    let get = ctx.keycloak.get_group().realm(ctx.realm());
    let stored = ctx.call(get.group_id(&child)).await?.into_inner();
    ctx.stored::<CreateSubgroup>(&group, &stored, &[]);
    let is_below = stored.parent_id.as_ref() == Some(&root);
    ctx.check::<CreateSubgroup>(is_below, "the group is below the other");

    let children = async |first| {
        let call = ctx.keycloak.list_subgroups().realm(ctx.realm());
        let call = call.group_id(&root).first(first).max(5);
        let call = call.brief_representation(false).sub_groups_count(true);
        Some(ctx.call(call).await?.into_inner())
    };
    let listed = children(0).await?;
    let has_it_alone = listed.len() == 1 && holds(&listed, &child);
    ctx.check::<ListSubgroups>(has_it_alone, "the group is the only one below");
    ctx.check::<ListSubgroups>(children(1).await?.is_empty(), "`first` skips the group");
    let search = ctx.keycloak.list_subgroups().realm(ctx.realm());
    let search = search.group_id(&root).search("chi").exact(true);
    let found = ctx.call(search.brief_representation(true)).await?;
    ctx.check::<ListSubgroups>(found.is_empty(), "part of a name is not an exact match");

    // A group that has an id is moved.
    let to_the_top = ctx.keycloak.create_group().realm(ctx.realm());
    ctx.call(to_the_top.body(&stored)).await?;
    let is_gone = children(0).await?.is_empty();
    ctx.check::<CreateGroup>(is_gone, "the group is at the top");
    ctx.call(create().body(&stored)).await?;
    let is_back = holds(&children(0).await?, &child);
    ctx.check::<CreateSubgroup>(is_back, "the group is below the other again");
    Some(())
}

async fn finding(ctx: &Context) -> Option<()> {
    let name = ctx.name("found");
    let mut group = described(&name);
    group.attributes = Some(BTreeMap::from([("found".to_owned(), vec![name.clone()])]));
    let create = ctx.keycloak.create_group().realm(ctx.realm());
    let id = ctx.create(create.body(&group)).await?;
    let list = || ctx.keycloak.list_groups().realm(ctx.realm());
    let is_it_alone = |groups: &[GroupRepresentation]| groups.len() == 1 && holds(groups, &id);

    let found = ctx.call(list().search(&name).exact(true)).await?;
    ctx.check::<ListGroups>(is_it_alone(&found), "the group is found by its name");
    let part = list().search(&name[1..]).exact(true);
    let found = ctx.call(part).await?;
    ctx.check::<ListGroups>(found.is_empty(), "part of a name is not an exact match");
    let by_attribute = list()
        .q(format!("found:{name}"))
        .brief_representation(false);
    let found = ctx.call(by_attribute).await?;
    ctx.check::<ListGroups>(is_it_alone(&found), "the group is found by its attribute");
    ctx.stored::<ListGroups>(&[&group], &*found, &[]);
    let flat = list().search(&name).populate_hierarchy(false);
    ctx.call(flat.sub_groups_count(false)).await;
    let page = ctx.call(list().first(0).max(1)).await?;
    ctx.check::<ListGroups>(page.len() == 1, "`max` limits the page");

    let count = || ctx.keycloak.count_groups().realm(ctx.realm());
    let found = ctx.call(count().search(&name)).await?;
    ctx.check::<CountGroups>(*found == 1, "the filter `search` counts the one group");
    ctx.call(count().top(true)).await;
    Some(())
}

async fn members(ctx: &Context) -> Option<()> {
    let group = make::group(ctx, &ctx.name("group")).await?;
    let user = make::user(ctx, &ctx.name("member")).await?;
    let add = ctx.keycloak.add_user_to_group().realm(ctx.realm());
    ctx.call(add.user_id(&user).group_id(&group)).await?;
    let list = || {
        let call = ctx.keycloak.list_group_members().realm(ctx.realm());
        call.group_id(&group)
    };
    let members = ctx.call(list().brief_representation(false)).await?;
    let has_it_alone = members.len() == 1 && members[0].id.as_ref() == Some(&user);
    ctx.check::<ListGroupMembers>(has_it_alone, "the user is the only member");
    let page = list().brief_representation(true).first(1).max(5);
    let is_empty = ctx.call(page).await?.is_empty();
    ctx.check::<ListGroupMembers>(is_empty, "`first` skips the member");
    Some(())
}

async fn permissions(ctx: &Context) -> Option<()> {
    let group = make::group(ctx, &ctx.name("group")).await?;
    let get = || {
        let call = ctx.keycloak.get_group_management_permissions();
        call.realm(ctx.realm()).group_id(&group)
    };
    ctx.call(get()).await?;
    let enabled = ManagementPermissionReference::new().with_enabled(true);
    let update = ctx.keycloak.update_group_management_permissions();
    let update = update.realm(ctx.realm()).group_id(&group);
    ctx.call(update.body(&enabled)).await?;
    let stored = ctx.call(get()).await?;
    ctx.stored::<UpdateGroupManagementPermissions>(&enabled, &*stored, &[]);
    let has_all = stored.resource.is_some() && stored.scope_permissions.is_some();
    ctx.check::<UpdateGroupManagementPermissions>(has_all, "there are permissions to manage it");
    Some(())
}
