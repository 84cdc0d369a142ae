//! Organizations: what they are, their members, the invitations to them by mail, their groups and their identity providers.

use std::collections::BTreeMap;

use conformance::context::Context;
use keycloak_api::organizations::{
    AddIdentityProviderToOrganization, AddUserToOrganization, AddUserToOrganizationGroup,
    CountOrganizationMembers, CountOrganizations, CreateOrganization, CreateOrganizationGroup,
    CreateOrganizationSubgroup, DeleteOrganizationInvitation, GetOrganizationGroupByPath,
    GetOrganizationInvitation, GetOrganizationMember, InviteExistingUserToOrganization,
    InviteUserToOrganization, ListOrganizationGroups, ListOrganizationIdentityProviderGroups,
    ListOrganizationInvitations, ListOrganizationMemberGroups, ListOrganizationMemberOrganizations,
    ListOrganizationMembers, ListOrganizationSubgroups, ListOrganizations, ListUserOrganizations,
    RemoveIdentityProviderFromOrganization, RemoveUserFromOrganization,
    RemoveUserFromOrganizationGroup, ResendOrganizationInvitation, UpdateOrganization,
    UpdateOrganizationGroup,
};
use keycloak_api::types::{
    GroupRepresentation, IdentityProviderRepresentation, InviteExistingUserToOrganizationBody,
    InviteUserToOrganizationBody, MembershipType, OrganizationDomainRepresentation,
    OrganizationRepresentation, RealmRepresentation,
};
use keycloak_session::{ApiCall, Operation};
use serde::Serialize;

use super::broker::Partner;
use super::make::{self, text};

/// Stands for the id of what a version cannot make, so that its operations are called all the same and the version says itself that
/// it has not got them.
const NONE: &str = "none";

pub(crate) async fn run(ctx: &Context) {
    let settings = RealmRepresentation::new().with_organizations_enabled(true);
    let update = ctx.keycloak.update_realm().realm(ctx.realm());
    ctx.call(update.body(settings)).await;
    organizations(ctx).await;
    members(ctx).await;
    invitations(ctx).await;
    groups(ctx).await;
    moved_groups(ctx).await;
    group_members(ctx).await;
    identity_providers(ctx).await;
    if let Some(partner) = Partner::make(ctx).await {
        managed_member(ctx, &partner).await;
        partner.delete(ctx).await;
    }
}

fn domain(name: String, verified: bool) -> OrganizationDomainRepresentation {
    OrganizationDomainRepresentation::new()
        .with_name(name)
        .with_verified(verified)
}

/// An organization with everything that can be written.
fn described(name: &str) -> OrganizationRepresentation {
    OrganizationRepresentation::new()
        .with_name(name)
        .with_alias(format!("{name}-alias"))
        .with_enabled(true)
        .with_description("Makes shoes")
        .with_redirect_url("https://example.org/welcome")
        .with_attributes(attributes("floor", name))
        .with_domains([
            domain(format!("{name}.example.org"), true),
            domain(format!("www.{name}.example.org"), false),
        ])
}

fn attributes(key: &str, value: &str) -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([(key.to_owned(), vec![value.to_owned(), "other".to_owned()])])
}

/// An organization; gives its id.
async fn organization(ctx: &Context) -> Option<String> {
    let create = ctx.keycloak.create_organization().realm(ctx.realm());
    let organization = described(&ctx.name("organization"));
    ctx.create(create.body(organization)).await
}

/// A user who is a member of the organization; gives the user's name and id.
async fn member(ctx: &Context, org_id: &str) -> Option<(String, String)> {
    let username = ctx.name("member");
    let id = make::user(ctx, &username).await?;
    let add = ctx.keycloak.add_user_to_organization().realm(ctx.realm());
    ctx.call(add.org_id(org_id).body(&id)).await?;
    Some((username, id))
}

async fn organizations(ctx: &Context) -> Option<()> {
    let name = ctx.name("organization");
    let mut organization = described(&name);
    let create = || ctx.keycloak.create_organization().realm(ctx.realm());
    let id = ctx.create(create().body(&organization)).await?;
    ctx.expect_error(create().body(&organization), 409).await;
    let get = || {
        let call = ctx.keycloak.get_organization();
        call.realm(ctx.realm()).org_id(&id)
    };
    let stored = ctx.call(get()).await?;
    ctx.stored::<CreateOrganization>(&organization, &*stored, &[]);
    find_organizations(ctx, &name, &organization).await;

    organization.name = Some(ctx.name("renamed"));
    organization.enabled = Some(false);
    organization.description = text("Made shoes");
    organization.redirect_url = text("https://example.org/goodbye");
    organization.attributes = Some(attributes("cellar", &name));
    organization.domains = Some(vec![domain(format!("{name}.example.net"), false)]);
    let update = ctx.keycloak.update_organization().realm(ctx.realm());
    ctx.call(update.org_id(&id).body(&organization)).await;
    let stored = ctx.call(get()).await?;
    ctx.stored::<UpdateOrganization>(&organization, &*stored, &[]);

    let delete = ctx.keycloak.delete_organization().realm(ctx.realm());
    ctx.call(delete.org_id(&id)).await?;
    ctx.expect_error(get(), 404).await;
    Some(())
}

async fn find_organizations(
    ctx: &Context,
    name: &str,
    organization: &OrganizationRepresentation,
) -> Option<()> {
    let list = || ctx.keycloak.list_organizations().realm(ctx.realm());
    let found = list().search(name).exact(true).brief_representation(false);
    let found = ctx.call(found).await?;
    ctx.check::<ListOrganizations>(found.len() == 1, "the search gives the one organization");
    ctx.stored::<ListOrganizations>(organization, found.first()?, &[]);
    let by_attribute = format!("floor:{name}");
    let found = ctx.call(list().q(&by_attribute).first(0).max(5)).await?;
    ctx.check::<ListOrganizations>(found.len() == 1, "the attribute finds the one organization");

    let count = || ctx.keycloak.count_organizations().realm(ctx.realm());
    ctx.call(count()).await;
    let found = ctx.call(count().search(name).exact(true)).await?;
    ctx.check::<CountOrganizations>(*found == 1, "the search counts the one organization");
    ctx.call(count().q(&by_attribute)).await;
    Some(())
}

async fn members(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx).await?;
    let username = ctx.name("member");
    let id = make::user(ctx, &username).await?;
    let add = || {
        let call = ctx.keycloak.add_user_to_organization();
        call.realm(ctx.realm()).org_id(&org_id).body(&id)
    };
    let added = ctx.create(add()).await;
    ctx.check::<AddUserToOrganization>(added.as_ref() == Some(&id), "Location names the user");
    ctx.expect_error(add(), 409).await;

    let list = || {
        let call = ctx.keycloak.list_organization_members();
        call.realm(ctx.realm()).org_id(&org_id)
    };
    let found = list().search(&username).exact(true).first(0).max(5);
    let found = ctx.call(found.brief_representation(false)).await?;
    ctx.check::<ListOrganizationMembers>(
        found.len() == 1 && found[0].membership_type == Some(MembershipType::Unmanaged),
        "a user of the realm who was added is an unmanaged member",
    );
    let managed = ctx.call(list().membership_type("MANAGED")).await?;
    ctx.check::<ListOrganizationMembers>(managed.is_empty(), "no member is managed");
    let count = ctx.keycloak.count_organization_members();
    let count = ctx.call(count.realm(ctx.realm()).org_id(&org_id)).await?;
    ctx.check::<CountOrganizationMembers>(*count == 1, "there is one member");

    let get = || {
        let call = ctx.keycloak.get_organization_member();
        call.realm(ctx.realm()).org_id(&org_id).member_id(&id)
    };
    ctx.call(get()).await;
    organizations_of_a_member(ctx, &org_id, &id).await;
    let remove = ctx.keycloak.remove_user_from_organization();
    let remove = remove.realm(ctx.realm()).org_id(&org_id).member_id(&id);
    ctx.call(remove).await;
    let is_empty = ctx.call(list()).await?.is_empty();
    ctx.check::<RemoveUserFromOrganization>(is_empty, "there is no member any more");
    ctx.expect_error(get(), 404).await;
    Some(())
}

async fn organizations_of_a_member(ctx: &Context, org_id: &str, id: &str) -> Option<()> {
    let is_the_one = |found: &[OrganizationRepresentation]| {
        found.len() == 1 && found[0].id.as_deref() == Some(org_id)
    };
    let of_user = ctx.keycloak.list_user_organizations().realm(ctx.realm());
    let of_user = of_user.member_id(id).brief_representation(false);
    let found = ctx.call(of_user).await?;
    ctx.check::<ListUserOrganizations>(is_the_one(&found), "it is the user's one organization");
    let of_member = ctx.keycloak.list_organization_member_organizations();
    let of_member = of_member.realm(ctx.realm()).org_id(org_id).member_id(id);
    let found = ctx.call(of_member.brief_representation(false)).await?;
    ctx.check::<ListOrganizationMemberOrganizations>(
        is_the_one(&found),
        "it is the member's one organization",
    );
    Some(())
}

async fn invitations(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx).await?;
    let email = format!("{}@example.com", ctx.name("guest"));
    let guest = InviteUserToOrganizationBody::new()
        .with_email(email.clone())
        .with_first_name("Grace")
        .with_last_name("Hopper");
    let invite = ctx.keycloak.invite_user_to_organization();
    let invite = invite.realm(ctx.realm()).org_id(&org_id).body(&guest);
    if ctx.call(invite).await.is_some() {
        let mails = ctx.mails::<InviteUserToOrganization>(&email, 1)?;
        let has_link = !mails[0].links().is_empty();
        ctx.check::<InviteUserToOrganization>(has_link, "the mail has a link");
    }
    let username = ctx.name("invited");
    let user =
        InviteExistingUserToOrganizationBody::new().with_id(make::user(ctx, &username).await?);
    let invite = ctx.keycloak.invite_existing_user_to_organization();
    let invite = invite.realm(ctx.realm()).org_id(&org_id).body(&user);
    if ctx.call(invite).await.is_some() {
        let address = format!("{username}@example.com");
        let mails = ctx.mails::<InviteExistingUserToOrganization>(&address, 1)?;
        let has_link = !mails[0].links().is_empty();
        ctx.check::<InviteExistingUserToOrganization>(has_link, "the mail has a link");
    }
    sent_invitations(ctx, &org_id, &guest).await
}

async fn sent_invitations(
    ctx: &Context,
    org_id: &str,
    guest: &InviteUserToOrganizationBody,
) -> Option<()> {
    let email = guest.email.as_deref()?;
    let list = || {
        let call = ctx.keycloak.list_organization_invitations();
        call.realm(ctx.realm()).org_id(org_id)
    };
    let invitation = async || {
        let found = ctx.call(list().email(email)).await?.into_inner();
        found.into_iter().next()?.id
    };
    if let Some(all) = ctx.call(list().first(0).max(5)).await {
        ctx.check::<ListOrganizationInvitations>(all.len() == 2, "both are listed");
    }
    if let Some(found) = ctx.call(list().search(email).status("PENDING")).await {
        ctx.check::<ListOrganizationInvitations>(found.len() == 1, "the filters give the one");
    }
    let by_name = list().first_name("Grace").last_name("Hopper");
    if let Some(found) = ctx.call(by_name).await {
        // 26.5 finds nobody by a name.
        ctx.check::<ListOrganizationInvitations>(found.len() <= 1, "one of the two has the name");
    }
    let id = invitation().await.unwrap_or_else(|| NONE.to_owned());
    let get = ctx.keycloak.get_organization_invitation();
    let get = get.realm(ctx.realm()).org_id(org_id).id(&id);
    if let Some(stored) = ctx.call(get).await {
        ctx.stored::<InviteUserToOrganization>(guest, &*stored, &[]);
        let has_dates = stored.expires_at > stored.sent_date && stored.sent_date > Some(0);
        ctx.check::<GetOrganizationInvitation>(has_dates, "it expires after it was sent");
    }
    let resend = ctx.keycloak.resend_organization_invitation();
    let resend = resend.realm(ctx.realm()).org_id(org_id).id(&id);
    if ctx.call(resend).await.is_some() {
        ctx.mails::<ResendOrganizationInvitation>(email, 2)?;
    }
    // One that is sent again has another id.
    let id = invitation().await.unwrap_or_else(|| NONE.to_owned());
    let delete = ctx.keycloak.delete_organization_invitation();
    let delete = delete.realm(ctx.realm()).org_id(org_id).id(&id);
    if ctx.call(delete).await.is_some() {
        let is_gone = invitation().await.is_none();
        ctx.check::<DeleteOrganizationInvitation>(is_gone, "the invitation is gone");
    }
    Some(())
}

fn group(name: &str) -> GroupRepresentation {
    GroupRepresentation::new()
        .with_name(name)
        .with_description("Those who sew")
        .with_attributes(attributes("floor", name))
}

/// A group at the top of the organization; gives its id.
async fn make_group(ctx: &Context, org_id: &str, group: &GroupRepresentation) -> Option<String> {
    let create = ctx.keycloak.create_organization_group().realm(ctx.realm());
    ctx.create(create.org_id(org_id).body(group)).await
}

/// A group in a group of the organization; gives its id.
async fn make_subgroup(
    ctx: &Context,
    org_id: &str,
    parent_id: &str,
    group: &GroupRepresentation,
) -> Option<String> {
    let create = ctx.keycloak.create_organization_subgroup();
    let create = create.realm(ctx.realm()).org_id(org_id);
    ctx.create(create.group_id(parent_id).body(group)).await
}

/// The group as the server knows it.
async fn read_group(ctx: &Context, org_id: &str, id: &str) -> Option<GroupRepresentation> {
    let get = ctx.keycloak.get_organization_group().realm(ctx.realm());
    let get = get.org_id(org_id).group_id(id).sub_groups_count(true);
    Some(ctx.call(get).await?.into_inner())
}

async fn groups(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx).await?;
    let mut parent = group(&ctx.name("group"));
    let id = make_group(ctx, &org_id, &parent).await;
    let id = id.unwrap_or_else(|| NONE.to_owned());
    if let Some(stored) = read_group(ctx, &org_id, &id).await {
        ctx.stored::<CreateOrganizationGroup>(&parent, &stored, &[]);
    }
    let child = group(&ctx.name("child"));
    let child_id = make_subgroup(ctx, &org_id, &id, &child).await;
    if let Some(stored) = read_group(ctx, &org_id, child_id.as_deref().unwrap_or(NONE)).await {
        let name_alone = "a group in a group is created with its name alone";
        let except = [("$.description", name_alone), ("$.attributes", name_alone)];
        ctx.stored::<CreateOrganizationSubgroup>(&child, &stored, &except);
    }
    find_groups(ctx, &org_id, &id, [&parent, &child]).await;

    parent.name = Some(ctx.name("renamed-group"));
    parent.description = text("Those who sewed");
    parent.attributes = Some(attributes("cellar", "1"));
    let update = ctx.keycloak.update_organization_group().realm(ctx.realm());
    let update = update.org_id(&org_id).group_id(&id).body(&parent);
    if ctx.call(update).await.is_some() {
        let stored = read_group(ctx, &org_id, &id).await?;
        ctx.stored::<UpdateOrganizationGroup>(&parent, &stored, &[]);
    }
    let delete = ctx.keycloak.delete_organization_group().realm(ctx.realm());
    ctx.call(delete.org_id(&org_id).group_id(&id)).await?;
    let get = ctx.keycloak.get_organization_group().realm(ctx.realm());
    ctx.expect_error(get.org_id(&org_id).group_id(&id), 404)
        .await;
    Some(())
}

async fn find_groups(
    ctx: &Context,
    org_id: &str,
    parent_id: &str,
    [parent, child]: [&GroupRepresentation; 2],
) -> Option<()> {
    let (parent_name, child_name) = (parent.name.as_deref()?, child.name.as_deref()?);
    let list = || {
        let call = ctx.keycloak.list_organization_groups();
        call.realm(ctx.realm()).org_id(org_id)
    };
    let by_name = list().search(child_name).exact(true).first(0).max(5);
    let by_name = by_name.populate_hierarchy(true).sub_groups_count(true);
    if let Some(found) = ctx.call(by_name.brief_representation(false)).await {
        let names: Vec<_> = found.iter().map(|group| group.name.as_deref()).collect();
        let is_parent = names == [Some(parent_name)];
        ctx.check::<ListOrganizationGroups>(is_parent, "the group is found in its parent");
    }
    if let Some(found) = ctx.call(list().q(format!("floor:{parent_name}"))).await {
        ctx.check::<ListOrganizationGroups>(found.len() == 1, "the attribute finds the one group");
    }
    let children = ctx.keycloak.list_organization_subgroups();
    let children = children.realm(ctx.realm()).org_id(org_id);
    let children = children.group_id(parent_id).search(child_name).exact(true);
    let children = children.first(0).max(5).sub_groups_count(true);
    if let Some(found) = ctx.call(children).await {
        ctx.check::<ListOrganizationSubgroups>(found.len() == 1, "there is one group in it");
    }
    let by_path = ctx.keycloak.get_organization_group_by_path();
    let by_path = by_path.realm(ctx.realm()).org_id(org_id);
    let by_path = by_path.path(format!("{parent_name}/{child_name}"));
    if let Some(found) = ctx.call(by_path.sub_groups_count(true)).await {
        let is_child = found.name.as_deref() == Some(child_name);
        ctx.check::<GetOrganizationGroupByPath>(is_child, "the path leads to the group");
    }
    Some(())
}

/// A call that creates a group moves an existing group if the body has its id.
async fn moved_groups(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx).await?;
    let id = make_group(ctx, &org_id, &group(&ctx.name("group"))).await?;
    let child = group(&ctx.name("child"));
    let child_id = make_subgroup(ctx, &org_id, &id, &child).await?;
    let known = GroupRepresentation::new()
        .with_id(child_id.clone())
        .with_name(child.name?);
    let up = ctx.keycloak.create_organization_group().realm(ctx.realm());
    move_group(ctx, up.org_id(&org_id).body(&known)).await;
    let is_up = read_group(ctx, &org_id, &child_id).await?.parent_id != Some(id.clone());
    ctx.check::<CreateOrganizationGroup>(is_up, "the group is at the top");
    let down = ctx.keycloak.create_organization_subgroup();
    let down = down.realm(ctx.realm()).org_id(&org_id).group_id(&id);
    move_group(ctx, down.body(&known)).await;
    let is_down = read_group(ctx, &org_id, &child_id).await?.parent_id == Some(id);
    ctx.check::<CreateOrganizationSubgroup>(is_down, "the group is in the other");
    Some(())
}

/// Moves a group. The answer has no body then, unlike the one to a creation.
async fn move_group<C>(ctx: &Context, call: C)
where
    C: ApiCall<Operation: Operation<Output: Serialize>>,
{
    let moved = ctx.call(call).await;
    let is_moved = moved.is_some_and(|answer| answer.status() == 204);
    ctx.check::<C>(is_moved, "the answer to a move has the status 204");
}

async fn group_members(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx).await?;
    let (_, id) = member(ctx, &org_id).await?;
    let group = group(&ctx.name("group"));
    let group_id = make_group(ctx, &org_id, &group).await;
    let group_id = group_id.unwrap_or_else(|| NONE.to_owned());
    let members = async || {
        let list = ctx.keycloak.list_organization_group_members();
        let list = list.realm(ctx.realm()).org_id(&org_id).group_id(&group_id);
        let list = list.brief_representation(false).first(0).max(5);
        Some(ctx.call(list).await?.into_inner())
    };
    let add = ctx.keycloak.add_user_to_organization_group();
    let add = add.realm(ctx.realm()).org_id(&org_id).group_id(&group_id);
    ctx.call(add.user_id(&id)).await;
    if let Some(members) = members().await {
        let is_member = members.len() == 1 && members[0].id.as_ref() == Some(&id);
        ctx.check::<AddUserToOrganizationGroup>(is_member, "the user is in the group");
    }
    let groups = ctx.keycloak.list_organization_member_groups();
    let groups = groups.realm(ctx.realm()).org_id(&org_id).member_id(&id);
    let groups = groups.brief_representation(false).first(0).max(5);
    if let Some(groups) = ctx.call(groups.search(group.name.as_deref()?)).await {
        let is_in = groups.len() == 1 && groups[0].id.as_ref() == Some(&group_id);
        ctx.check::<ListOrganizationMemberGroups>(is_in, "the member is in the one group");
    }
    let remove = ctx.keycloak.remove_user_from_organization_group();
    let remove = remove.realm(ctx.realm()).org_id(&org_id);
    ctx.call(remove.group_id(&group_id).user_id(&id)).await?;
    let is_empty = members().await?.is_empty();
    ctx.check::<RemoveUserFromOrganizationGroup>(is_empty, "the group has no member");
    Some(())
}

async fn identity_providers(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx).await?;
    let alias = ctx.name("github");
    let provider = IdentityProviderRepresentation::new()
        .with_alias(&alias)
        .with_provider_id("github")
        .with_enabled(true)
        .with_config([("clientId", "id"), ("clientSecret", "s3cret")]);
    let create = ctx.keycloak.create_identity_provider().realm(ctx.realm());
    ctx.call(create.body(provider)).await?;

    let add = ctx.keycloak.add_identity_provider_to_organization();
    let add = add.realm(ctx.realm()).org_id(&org_id).body(&alias);
    ctx.call(add).await?;
    let list = async || {
        let list = ctx.keycloak.list_organization_identity_providers();
        Some(
            ctx.call(list.realm(ctx.realm()).org_id(&org_id))
                .await?
                .into_inner(),
        )
    };
    let get = || {
        let call = ctx.keycloak.get_organization_identity_provider();
        call.realm(ctx.realm()).org_id(&org_id).alias(&alias)
    };
    ctx.check::<AddIdentityProviderToOrganization>(
        list().await?.len() == 1,
        "the identity provider is the organization's",
    );
    let is_ours = ctx.call(get()).await?.organization_id.as_ref() == Some(&org_id);
    ctx.check::<AddIdentityProviderToOrganization>(is_ours, "it names the organization");
    groups_for_an_identity_provider(ctx, &org_id, &alias).await;

    let remove = ctx.keycloak.remove_identity_provider_from_organization();
    let remove = remove.realm(ctx.realm()).org_id(&org_id).alias(&alias);
    ctx.call(remove).await;
    ctx.check::<RemoveIdentityProviderFromOrganization>(
        list().await?.is_empty(),
        "the organization has no identity provider",
    );
    ctx.expect_error(get(), 404).await;
    Some(())
}

/// A user who came by way of the organization's identity provider belongs to the organization.
async fn managed_member(ctx: &Context, partner: &Partner) -> Option<()> {
    let org_id = organization(ctx).await?;
    let add = ctx.keycloak.add_identity_provider_to_organization();
    let add = add.realm(ctx.realm()).org_id(&org_id);
    ctx.call(add.body(&partner.alias)).await?;
    let (_, id) = partner.guest(ctx).await?;
    let list = ctx.keycloak.list_organization_members();
    let list = list.realm(ctx.realm()).org_id(&org_id);
    let managed = ctx.call(list.membership_type("MANAGED")).await?;
    ctx.check::<ListOrganizationMembers>(
        managed.len() == 1
            && managed[0].id.as_ref() == Some(&id)
            && managed[0].membership_type == Some(MembershipType::Managed),
        "a user who came by way of the identity provider is a managed member",
    );
    let get = ctx.keycloak.get_organization_member();
    let get = get.realm(ctx.realm()).org_id(&org_id).member_id(&id);
    let member = ctx.call(get).await?;
    ctx.check::<GetOrganizationMember>(
        member.membership_type == Some(MembershipType::Managed),
        "the member is managed",
    );

    let remove = ctx.keycloak.remove_user_from_organization();
    let remove = remove.realm(ctx.realm()).org_id(&org_id).member_id(&id);
    ctx.call(remove).await?;
    let user = ctx.keycloak.get_user().realm(ctx.realm()).user_id(&id);
    ctx.expect_error(user, 404).await;
    Some(())
}

/// The groups that a mapper of the identity provider may put people into.
async fn groups_for_an_identity_provider(ctx: &Context, org_id: &str, alias: &str) -> Option<()> {
    let group = group(&ctx.name("group"));
    make_group(ctx, org_id, &group).await;
    let name = group.name.as_deref()?;
    let list = || {
        let call = ctx.keycloak.list_organization_identity_provider_groups();
        call.realm(ctx.realm()).org_id(org_id).alias(alias)
    };
    let by_name = list().search(name).exact(true).first(0).max(5);
    let by_name = by_name.brief_representation(false).sub_groups_count(true);
    let found = ctx.call(by_name).await?;
    ctx.check::<ListOrganizationIdentityProviderGroups>(found.len() == 1, "the group is listed");
    let found = ctx.call(list().q(format!("floor:{name}"))).await?;
    ctx.check::<ListOrganizationIdentityProviderGroups>(
        found.len() == 1,
        "the attribute finds the one group",
    );
    Some(())
}
