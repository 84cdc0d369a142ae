//! Phase Two's organizations: their configuration, domains, members, roles and invitations, and what their users can do
//! themselves.

use std::collections::BTreeMap;
use std::slice;

use conformance::context::Context;
use keycloak_api::types::UserRepresentation;
use keycloak_session::{ApiCall as _, Credentials};
use phasetwo_api::Client;
use phasetwo_api::organization_domains::{
    GetOrganizationDomain, ListOrganizationDomains, VerifyOrganizationDomain,
};
use phasetwo_api::organization_invitation::{
    CountOrganizationInvitations, CreateOrganizationInvitation, DeleteOrganizationInvitation,
    ListOrganizationInvitations, ResendOrganizationInvitation,
};
use phasetwo_api::organization_memberships::{
    AddUserToOrganization, CountOrganizationMembers, ListOrganizationMembers,
    RemoveUserFromOrganization, UpdateOrganizationMemberAttributes,
};
use phasetwo_api::organization_roles::{
    BulkCreateOrganizationRoles, BulkDeleteOrganizationRoles, CreateOrganizationRole,
    DeleteOrganizationRole, ListOrganizationRoleUsers, ListOrganizationRoles,
    RemoveOrganizationRoleFromUser, UpdateOrganizationRole,
};
use phasetwo_api::organizations::{
    AcceptMyInvitation, CountOrganizations, CreateOrganization, CreateOrganizationPortalLink,
    CreateOrganizationScim, DeleteOrganization, DeleteOrganizationScim, ExportOrganizations,
    GetOrganizationScim, ImportOrganizations, ListMyInvitations, ListMyOrganizations,
    ListOrganizations, RejectMyInvitation, UpdateOrganization, UpdateOrganizationScim,
    UpdateOrganizationsConfig,
};
use phasetwo_api::types::{
    BulkResponseItem, CreateOrganizationPortalLinkBody, InvitationRepresentation,
    InvitationRequestRepresentation, MagicLinkRequest, OrganizationExportDetailsRepresentation,
    OrganizationExportInvitationRepresentation, OrganizationExportMemberRepresentation,
    OrganizationExportRepresentation, OrganizationExportRoleRepresentation,
    OrganizationMemberAttributeRepresentation, OrganizationRepresentation,
    OrganizationRoleRepresentation, OrganizationScimRepresentation,
    OrganizationsConfigRepresentation, OrganizationsExportRepresentation,
    SwitchOrganizationRepresentation,
};
use phasetwo_api::users::{
    BulkAddOrganizationRolesToUser, BulkRemoveOrganizationRolesFromUser, CreateMagicLink,
    GetActiveOrganization, ListUserInvitations, ListUserOrganizations, SwitchActiveOrganization,
};
use serde_json::json;

use super::make::{self, PASSWORD, text};

/// The target of invitations that name no target.
const APPLICATION: &str = "https://app.example.com";

pub(crate) async fn run(ctx: &Context) {
    config(ctx).await;
    organizations(ctx).await;
    domains(ctx).await;
    members(ctx).await;
    roles(ctx).await;
    roles_of_users(ctx).await;
    invitations(ctx).await;
    my_organizations(ctx).await;
    active_organization(ctx).await;
    export(ctx).await;
    import(ctx).await;
    portal_link(ctx).await;
    scim(ctx).await;
    magic_link(ctx).await;
}

/// An organization without anything but this name and a domain; gives its id.
pub(crate) async fn organization(ctx: &Context, name: &str) -> Option<String> {
    let organization = OrganizationRepresentation::new()
        .with_name(name)
        .with_domains([format!("{name}.example.com")]);
    let call = ctx.phasetwo.create_organization().realm(ctx.realm());
    ctx.create(call.body(organization)).await
}

fn role(name: &str) -> OrganizationRoleRepresentation {
    OrganizationRoleRepresentation::new()
        .with_name(name)
        .with_description(format!("What a {name} does"))
}

/// A role that an organization has; gives its name.
async fn new_role(ctx: &Context, org_id: &str) -> Option<String> {
    let name = ctx.name("role");
    let call = ctx.phasetwo.create_organization_role().realm(ctx.realm());
    ctx.call(call.org_id(org_id).body(role(&name))).await?;
    Some(name)
}

async fn join(ctx: &Context, org_id: &str, user_id: &str) -> Option<()> {
    let call = ctx.phasetwo.add_user_to_organization().realm(ctx.realm());
    ctx.call(call.org_id(org_id).user_id(user_id)).await?;
    Some(())
}

async fn config(ctx: &Context) -> Option<()> {
    let update = || {
        let call = ctx.phasetwo.update_organizations_config();
        call.realm(ctx.realm())
    };
    let config = OrganizationsConfigRepresentation::new()
        .with_create_admin_user_enabled(true)
        .with_shared_idps_enabled(true)
        .with_multiple_idps_enabled(true)
        .with_validate_idp_enabled(true)
        .with_expiration_in_secs(600)
        .with_default_application_uri(APPLICATION);
    let answer = ctx.call(update().body(&config)).await?;
    ctx.stored::<UpdateOrganizationsConfig>(&config, &*answer, &[]);
    let get = || ctx.phasetwo.get_organizations_config().realm(ctx.realm());
    let stored = ctx.call(get()).await?;
    let except = [("$.defaultApplicationUri", "it is not read back")];
    ctx.stored::<UpdateOrganizationsConfig>(&config, &*stored, &except);

    let mut unknown = update();
    let of_the_document = json!({"createAdminUser": true});
    unknown.request_mut().set_json(&of_the_document);
    ctx.expect_error(unknown, 400).await;
    let nothing = OrganizationsConfigRepresentation::new();
    ctx.call(update().body(nothing)).await?;
    let stored = ctx.call(get()).await?;
    let defaults = json!({
        "createAdminUserEnabled": true,
        "sharedIdpsEnabled": false,
        "multipleIdpsEnabled": false,
        "validateIdpEnabled": false,
        "expirationInSecs": 86400,
    });
    ctx.stored::<UpdateOrganizationsConfig>(&defaults, &*stored, &[]);
    // For the other scenarios.
    let plain = OrganizationsConfigRepresentation::new().with_default_application_uri(APPLICATION);
    ctx.call(update().body(plain)).await?;
    Some(())
}

async fn organizations(ctx: &Context) -> Option<()> {
    let name = ctx.name("acme");
    let sent = OrganizationRepresentation::new()
        .with_name(&name)
        .with_display_name("Acme Inc")
        .with_url("https://acme.example.com")
        .with_domains(["acme.example.com", "acme.example.net"])
        .with_attributes([("tier", ["gold"])]);
    let create = || ctx.phasetwo.create_organization().realm(ctx.realm());
    let id = ctx.create(create().body(&sent)).await?;
    ctx.expect_error(create().body(&sent), 409).await;
    let nameless = OrganizationRepresentation::new();
    ctx.expect_error(create().body(&nameless), 500).await;
    let get = || {
        let call = ctx.phasetwo.get_organization();
        call.realm(ctx.realm()).org_id(&id)
    };
    let stored = ctx.call(get()).await?;
    ctx.stored::<CreateOrganization>(&sent, &*stored, &[]);
    find_organizations(ctx, &name).await;

    let update = || {
        let call = ctx.phasetwo.update_organization();
        call.realm(ctx.realm()).org_id(&id)
    };
    let change = sent
        .clone()
        .with_display_name("Acme Ltd")
        .with_domains(["acme.example.org"])
        .with_attributes([("tier", ["silver"])]);
    ctx.call(update().body(&change)).await;
    let stored = ctx.call(get()).await?;
    ctx.stored::<UpdateOrganization>(&change, &*stored, &[]);
    let only_name = OrganizationRepresentation::new().with_name(&name);
    ctx.call(update().body(only_name)).await;
    let stored = ctx.call(get()).await?.into_inner();
    ctx.check::<UpdateOrganization>(
        (stored.display_name, stored.url) == (None, None)
            && stored.domains == Some(Vec::new())
            && stored.attributes == Some(BTreeMap::new()),
        "an update replaces everything",
    );
    ctx.expect_error(update().body(nameless), 500).await;

    let delete = ctx.phasetwo.delete_organization().realm(ctx.realm());
    ctx.call(delete.org_id(&id)).await;
    let error = ctx.expect_error(get(), 404).await;
    ctx.check::<DeleteOrganization>(error.is_some(), "the organization is gone");
    Some(())
}

async fn find_organizations(ctx: &Context, name: &str) -> Option<()> {
    organization(ctx, &ctx.name("other")).await?;
    let list = || ctx.phasetwo.list_organizations().realm(ctx.realm());
    for call in [list().search(name), list().q("tier:gold")] {
        let found = ctx.call(call).await?;
        ctx.check::<ListOrganizations>(
            found.len() == 1 && found[0].name.as_deref() == Some(name),
            "a filter gives the one organization",
        );
    }
    for (max, expected) in [(-1, 2), (0, 0), (1, 1)] {
        let found = ctx.call(list().first(0).max(max)).await?.len();
        ctx.check::<ListOrganizations>(
            found == expected,
            &format!("of two, `max` of {max} gives {expected} and not {found}"),
        );
    }
    let count = || ctx.phasetwo.count_organizations().realm(ctx.realm());
    let all = ctx.call(count()).await?.into_inner();
    let named = ctx.call(count().search(name)).await?.into_inner();
    let tagged = ctx.call(count().q("tier:gold")).await?.into_inner();
    ctx.check::<CountOrganizations>((all, named, tagged) == (2, 1, 1), "the filters count one");
    Some(())
}

async fn domains(ctx: &Context) -> Option<()> {
    let name = ctx.name("domains");
    let org_id = organization(ctx, &name).await?;
    let domain = format!("{name}.example.com");
    let list = ctx.phasetwo.list_organization_domains().realm(ctx.realm());
    let all = ctx.call(list.org_id(&org_id)).await?;
    ctx.check::<ListOrganizationDomains>(
        all.len() == 1 && all[0].domain_name.as_ref() == Some(&domain),
        "the domain is listed",
    );
    let get = ctx.phasetwo.get_organization_domain().realm(ctx.realm());
    let get = get.org_id(&org_id).domain_name(&domain);
    let read = ctx.call(get).await?;
    ctx.stored::<GetOrganizationDomain>(all.first()?, &*read, &[]);
    let verify = ctx.phasetwo.verify_organization_domain();
    let verify = verify.realm(ctx.realm()).org_id(&org_id);
    // No name server knows the record that it asks for.
    let answer = ctx.call(verify.domain_name(&domain)).await?;
    ctx.stored::<VerifyOrganizationDomain>(&*read, &*answer, &[]);
    Some(())
}

async fn members(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx, &ctx.name("members")).await?;
    let username = ctx.name("member");
    let user_id = make::user(ctx, &username).await?;
    let check = || {
        let call = ctx.phasetwo.check_organization_membership();
        let call = call.realm(ctx.realm()).org_id(&org_id);
        call.user_id(&user_id)
    };
    ctx.expect_error(check(), 404).await;
    join(ctx, &org_id, &user_id).await?;
    let is_member = ctx.call(check()).await.is_some();
    ctx.check::<AddUserToOrganization>(is_member, "the user is a member");

    let list = || {
        let call = ctx.phasetwo.list_organization_members();
        call.realm(ctx.realm()).org_id(&org_id)
    };
    // The organization's default admin user is a member, too.
    let all = ctx.call(list().include_orgs(true)).await?;
    ctx.check::<ListOrganizationMembers>(
        all.len() == 2
            && all
                .iter()
                .all(|member| member.organizations.as_ref().is_some_and(|o| o.len() == 1)),
        "both members are listed with the organization",
    );
    for call in [
        list().exclude_admin_accounts(true),
        list().search(&username).first(0).max(10),
    ] {
        let found = ctx.call(call).await?;
        ctx.check::<ListOrganizationMembers>(
            found.len() == 1 && found[0].id.as_ref() == Some(&user_id),
            "the filter gives the one member",
        );
    }
    let count = || {
        let call = ctx.phasetwo.count_organization_members();
        call.realm(ctx.realm()).org_id(&org_id)
    };
    let all = ctx.call(count()).await?.into_inner();
    let without_admin = count().exclude_admin_accounts(true);
    let without_admin = ctx.call(without_admin).await?.into_inner();
    ctx.check::<CountOrganizationMembers>((all, without_admin) == (2, 1), "both are counted");

    let attributes =
        OrganizationMemberAttributeRepresentation::new().with_attributes([("title", ["boss"])]);
    let update = ctx.phasetwo.update_organization_member_attributes();
    let update = update.realm(ctx.realm()).org_id(&org_id).user_id(&user_id);
    let answer = ctx.call(update.body(&attributes)).await?;
    let get = ctx.phasetwo.get_organization_member_attributes();
    let get = get.realm(ctx.realm()).org_id(&org_id).user_id(&user_id);
    let stored = ctx.call(get).await?;
    for read in [&*answer, &*stored] {
        ctx.stored::<UpdateOrganizationMemberAttributes>(&attributes.attributes, read, &[]);
    }

    let remove = ctx.phasetwo.remove_user_from_organization();
    let remove = remove.realm(ctx.realm()).org_id(&org_id);
    ctx.call(remove.user_id(&user_id)).await;
    let error = ctx.expect_error(check(), 404).await;
    ctx.check::<RemoveUserFromOrganization>(error.is_some(), "the user is no member");
    Some(())
}

/// The statuses of the items of a bulk call.
fn statuses(items: &[BulkResponseItem]) -> Vec<i64> {
    items.iter().filter_map(|item| item.status).collect()
}

async fn roles(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx, &ctx.name("roles")).await?;
    let name = ctx.name("clerk");
    let create = || {
        let call = ctx.phasetwo.create_organization_role();
        call.realm(ctx.realm()).org_id(&org_id)
    };
    let created = ctx.create(create().body(role(&name))).await?;
    ctx.check::<CreateOrganizationRole>(created == name, "the Location ends with the name");
    ctx.expect_error(create().body(role(&name)), 409).await;
    let nameless = OrganizationRoleRepresentation::new();
    ctx.expect_error(create().body(nameless), 500).await;
    let get = |name: &str| {
        let call = ctx.phasetwo.get_organization_role();
        call.realm(ctx.realm()).org_id(&org_id).name(name)
    };
    let stored = ctx.call(get(&name)).await?;
    ctx.stored::<CreateOrganizationRole>(&role(&name), &*stored, &[]);

    let change = role(&name).with_description("Another description");
    let update = ctx.phasetwo.update_organization_role().realm(ctx.realm());
    ctx.call(update.org_id(&org_id).name(&name).body(&change))
        .await;
    let stored = ctx.call(get(&name)).await?;
    ctx.stored::<UpdateOrganizationRole>(&change, &*stored, &[]);

    let other = ctx.name("broker");
    let both = [role(&other), role(&name)];
    let bulk = ctx.phasetwo.bulk_create_organization_roles();
    let bulk = bulk.realm(ctx.realm()).org_id(&org_id);
    let items = ctx.call(bulk.body(&both)).await?;
    ctx.check::<BulkCreateOrganizationRoles>(
        statuses(&items) == [201, 400] && items[1].error.is_some(),
        "one role was made, the other was there before",
    );
    let list = || {
        let call = ctx.phasetwo.list_organization_roles();
        call.realm(ctx.realm()).org_id(&org_id)
    };
    let names: Vec<_> = ctx.call(list()).await?.into_inner();
    let names: Vec<_> = names.into_iter().filter_map(|role| role.name).collect();
    ctx.check::<ListOrganizationRoles>(
        names.contains(&other) && names.contains(&"view-organization".to_owned()),
        "the roles are listed with the default ones",
    );
    let bulk = ctx.phasetwo.bulk_delete_organization_roles();
    let bulk = bulk.realm(ctx.realm()).org_id(&org_id);
    let some = [role(&other), role("view-organization")];
    let items = ctx.call(bulk.body(&some)).await?;
    ctx.check::<BulkDeleteOrganizationRoles>(
        statuses(&items) == [204, 400],
        "the role was deleted, the default one was not",
    );
    let error = ctx.expect_error(get(&other), 404).await;
    ctx.check::<BulkDeleteOrganizationRoles>(error.is_some(), "the role is gone");
    let delete = ctx.phasetwo.delete_organization_role().realm(ctx.realm());
    ctx.call(delete.org_id(&org_id).name(&name)).await;
    let error = ctx.expect_error(get(&name), 404).await;
    ctx.check::<DeleteOrganizationRole>(error.is_some(), "the role is gone");
    Some(())
}

async fn roles_of_users(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx, &ctx.name("grants")).await?;
    let name = new_role(ctx, &org_id).await?;
    // An attribute, so that what is read of the user has one.
    let user = make::person(&ctx.name("granted")).with_attributes([("locale", ["de"])]);
    let create = ctx.keycloak.create_user().realm(ctx.realm());
    let user_id = ctx.create(create.body(user)).await?;
    join(ctx, &org_id, &user_id).await?;

    let add = ctx.phasetwo.add_organization_role_to_user();
    let add = add.realm(ctx.realm()).org_id(&org_id);
    ctx.call(add.name(&name).user_id(&user_id)).await;
    let check = || {
        let call = ctx.phasetwo.check_user_organization_role();
        let call = call.realm(ctx.realm()).org_id(&org_id);
        call.name(&name).user_id(&user_id)
    };
    ctx.call(check()).await;
    let users = |role: &str| {
        let call = ctx.phasetwo.list_organization_role_users();
        call.realm(ctx.realm()).org_id(&org_id).name(role)
    };
    let found = ctx.call(users(&name)).await?;
    ctx.check::<ListOrganizationRoleUsers>(
        found.len() == 1 && found[0].id.as_ref() == Some(&user_id),
        "the user has the role",
    );
    let admins = ctx.call(users("view-organization")).await?.len();
    let others = users("view-organization").exclude_admin_accounts(true);
    let others = ctx.call(others).await?.len();
    ctx.check::<ListOrganizationRoleUsers>(
        (admins, others) == (1, 0),
        "the default admin user is left out",
    );
    let remove = ctx.phasetwo.remove_organization_role_from_user();
    let remove = remove.realm(ctx.realm()).org_id(&org_id);
    ctx.call(remove.name(&name).user_id(&user_id)).await;
    let error = ctx.expect_error(check(), 404).await;
    ctx.check::<RemoveOrganizationRoleFromUser>(error.is_some(), "the user has not the role");

    let some = [role(&name), role("no such role")];
    let list = || {
        let call = ctx.phasetwo.list_user_organization_roles();
        let call = call.realm(ctx.realm()).user_id(&user_id);
        call.org_id(&org_id)
    };
    let bulk = ctx.phasetwo.bulk_add_organization_roles_to_user();
    let bulk = bulk.realm(ctx.realm()).user_id(&user_id).org_id(&org_id);
    let items = ctx.call(bulk.body(&some)).await?;
    let roles = ctx.call(list()).await?;
    ctx.check::<BulkAddOrganizationRolesToUser>(
        statuses(&items) == [201, 400] && roles.len() == 1 && roles[0].name.as_ref() == Some(&name),
        "the role was granted, the unknown one was not",
    );
    let bulk = ctx.phasetwo.bulk_remove_organization_roles_from_user();
    let bulk = bulk.realm(ctx.realm()).user_id(&user_id).org_id(&org_id);
    let items = ctx.call(bulk.body(&some)).await?;
    let is_empty = ctx.call(list()).await?.is_empty();
    ctx.check::<BulkRemoveOrganizationRolesFromUser>(
        statuses(&items) == [204, 400] && is_empty,
        "the role was revoked, the unknown one was not",
    );

    let orgs = ctx.phasetwo.list_user_organizations().realm(ctx.realm());
    let orgs = ctx.call(orgs.user_id(&user_id)).await?;
    ctx.check::<ListUserOrganizations>(
        orgs.len() == 1 && orgs[0].id.as_ref() == Some(&org_id),
        "the user is in one organization",
    );
    Some(())
}

/// Invites an address, without a mail; gives the invitation's id.
async fn invite(ctx: &Context, org_id: &str, email: &str) -> Option<String> {
    let invitation = InvitationRequestRepresentation::new()
        .with_email(email)
        .with_send(false);
    let call = ctx.phasetwo.create_organization_invitation();
    let call = call.realm(ctx.realm()).org_id(org_id);
    ctx.create(call.body(invitation)).await
}

async fn invitations(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx, &ctx.name("inviting")).await?;
    let role_name = new_role(ctx, &org_id).await?;
    let inviter_id = make::user(ctx, &ctx.name("inviter")).await?;
    let guest = make::person(&ctx.name("guest"));
    let create = ctx.keycloak.create_user().realm(ctx.realm());
    let guest_id = ctx.create(create.body(&guest)).await?;
    let address = guest.email?;
    let sent = InvitationRequestRepresentation::new()
        .with_email(&address)
        .with_send(true)
        .with_inviter_id(&inviter_id)
        .with_redirect_uri("https://app.example.com/welcome")
        .with_roles([&role_name])
        .with_attributes([("source", ["fair"])]);
    let create = || {
        let call = ctx.phasetwo.create_organization_invitation();
        call.realm(ctx.realm()).org_id(&org_id)
    };
    let id = ctx.create(create().body(&sent)).await?;
    ctx.mails::<CreateOrganizationInvitation>(&address, 1)?;
    ctx.expect_error(create().body(&sent), 409).await;
    let nobody = InvitationRequestRepresentation::new();
    ctx.expect_error(create().body(nobody), 400).await;

    let get = |id: &str| {
        let call = ctx.phasetwo.get_organization_invitation();
        call.realm(ctx.realm()).org_id(&org_id).invitation_id(id)
    };
    let stored = ctx.call(get(&id)).await?;
    let expected = InvitationRepresentation::new()
        .with_email(sent.email?)
        .with_inviter_id(sent.inviter_id?)
        .with_invitation_url(sent.redirect_uri?)
        .with_roles(sent.roles?)
        .with_attributes(sent.attributes?)
        .with_organization_id(&org_id);
    ctx.stored::<CreateOrganizationInvitation>(&expected, &*stored, &[]);
    let is_minute = |time: &str| time.len() == "2026-11-22T01:38Z".len() && time.ends_with('Z');
    ctx.check::<CreateOrganizationInvitation>(
        stored.created_at.as_deref().is_some_and(is_minute),
        "the time has no seconds",
    );

    let other = invite(ctx, &org_id, "someone.else@example.com").await?;
    let other = ctx.call(get(&other)).await?;
    ctx.check::<CreateOrganizationInvitation>(
        other.invitation_url.as_deref() == Some(APPLICATION),
        "an invitation without a redirect URI leads to the default application",
    );
    let list = || {
        let call = ctx.phasetwo.list_organization_invitations();
        call.realm(ctx.realm()).org_id(&org_id)
    };
    let all = ctx.call(list()).await?.len();
    let page = ctx.call(list().first(1).max(5)).await?.len();
    let found = ctx.call(list().search(&address)).await?;
    ctx.check::<ListOrganizationInvitations>(
        (all, page) == (2, 1) && found.len() == 1 && found[0].id.as_ref() == Some(&id),
        "both invitations are listed, and the filter gives the one",
    );
    let count = ctx.phasetwo.count_organization_invitations();
    let count = count.realm(ctx.realm()).org_id(&org_id);
    let count = ctx.call(count).await?.into_inner();
    ctx.check::<CountOrganizationInvitations>(count == 2, "both are counted");
    let of_user = ctx.phasetwo.list_user_invitations().realm(ctx.realm());
    let of_user = ctx.call(of_user.user_id(&guest_id)).await?;
    ctx.check::<ListUserInvitations>(
        of_user.len() == 1 && of_user[0].id.as_ref() == Some(&id),
        "the user has one invitation",
    );

    let resend = ctx.phasetwo.resend_organization_invitation();
    let resend = resend.realm(ctx.realm()).org_id(&org_id);
    if ctx.call(resend.invitation_id(&id)).await.is_some() {
        ctx.mails::<ResendOrganizationInvitation>(&address, 2)?;
    }
    let delete = ctx.phasetwo.delete_organization_invitation();
    let delete = delete.realm(ctx.realm()).org_id(&org_id);
    ctx.call(delete.invitation_id(&id)).await;
    let error = ctx.expect_error(get(&id), 404).await;
    ctx.check::<DeleteOrganizationInvitation>(error.is_some(), "the invitation is gone");
    Some(())
}

/// A user of the area's realm who is logged in.
struct LoggedIn {
    id: String,
    email: String,
    phasetwo: Client,
}

/// Makes a user who is logged in through a client whose tokens tell about the e-mail address, which those of `admin-cli`
/// do not.
async fn logged_in(ctx: &Context, user: UserRepresentation) -> Option<LoggedIn> {
    let create = ctx.keycloak.create_user().realm(ctx.realm());
    let id = ctx.create(create.body(&user)).await?;
    let client_id = ctx.name("user-client");
    make::public_client(ctx, &client_id).await?;
    let credentials = Credentials::password(user.username?, PASSWORD).with_client_id(client_id);
    let session = ctx
        .target()
        .session()
        .auth_realm(ctx.realm())
        .credentials(credentials)
        .build();
    Some(LoggedIn {
        id,
        email: user.email?,
        phasetwo: Client::new(session.ok()?),
    })
}

/// The invitations that a user sees, accepts and rejects with a token of their own.
async fn my_organizations(ctx: &Context) -> Option<()> {
    let user = logged_in(ctx, make::person(&ctx.name("invited"))).await?;
    let wanted = organization(ctx, &ctx.name("wanted")).await?;
    let unwanted = organization(ctx, &ctx.name("unwanted")).await?;
    let to_accept = invite(ctx, &wanted, &user.email).await?;
    let to_reject = invite(ctx, &unwanted, &user.email).await?;
    let invitations = || user.phasetwo.list_my_invitations().realm(ctx.realm());
    let found = ctx.call(invitations()).await?.len();
    ctx.check::<ListMyInvitations>(found == 2, "both invitations are listed");
    let by_id = user.phasetwo.list_user_invitations().realm(ctx.realm());
    let found = ctx.call(by_id.user_id(&user.id)).await?.len();
    ctx.check::<ListUserInvitations>(found == 2, "users see their own by their id, too");

    let accept = user.phasetwo.accept_my_invitation().realm(ctx.realm());
    ctx.call(accept.invitation_id(&to_accept)).await;
    let reject = user.phasetwo.reject_my_invitation().realm(ctx.realm());
    ctx.call(reject.invitation_id(&to_reject)).await;
    let is_empty = ctx.call(invitations()).await?.is_empty();
    ctx.check::<RejectMyInvitation>(is_empty, "no invitation is left");
    let mine = user.phasetwo.list_my_organizations().realm(ctx.realm());
    let mine = ctx.call(mine).await?;
    ctx.check::<AcceptMyInvitation>(
        mine.keys().eq([&wanted]),
        "the user is in the organization whose invitation they accepted",
    );
    let name = mine.get(&wanted).and_then(|mine| mine.name.as_deref());
    ctx.check::<ListMyOrganizations>(name.is_some(), "the organization has its name");

    // A user may not see all organizations, which is a 401 and not a 403.
    let count = user.phasetwo.count_organizations().realm(ctx.realm());
    ctx.expect_error(count, 401).await;
    let unverified = make::person(&ctx.name("unverified")).with_email_verified(false);
    let unverified = logged_in(ctx, unverified).await?;
    let invitations = unverified.phasetwo.list_my_invitations();
    ctx.expect_error(invitations.realm(ctx.realm()), 400).await;
    let invitations = unverified.phasetwo.list_user_invitations();
    let invitations = invitations.realm(ctx.realm()).user_id(&unverified.id);
    ctx.expect_error(invitations, 401).await;
    Some(())
}

async fn active_organization(ctx: &Context) -> Option<()> {
    let user = logged_in(ctx, make::person(&ctx.name("active"))).await?;
    let get = || user.phasetwo.get_active_organization().realm(ctx.realm());
    ctx.expect_error(get(), 401).await;
    let first = organization(ctx, &ctx.name("active")).await?;
    let second = organization(ctx, &ctx.name("active")).await?;
    let switch = |id: &str| {
        let call = user.phasetwo.switch_active_organization();
        let body = SwitchOrganizationRepresentation::new().with_id(id);
        call.realm(ctx.realm()).body(body)
    };
    join(ctx, &first, &user.id).await?;
    let active = ctx.call(get()).await?;
    ctx.check::<GetActiveOrganization>(
        active.id.as_ref() == Some(&first),
        "the only organization is active",
    );
    ctx.expect_error(switch(&second), 401).await;
    ctx.expect_error(switch("no such organization"), 404).await;
    join(ctx, &second, &user.id).await?;
    let tokens = ctx.call(switch(&second)).await?;
    ctx.check::<SwitchActiveOrganization>(
        tokens.access_token.is_some() && tokens.refresh_token.is_some(),
        "the answer holds new tokens",
    );
    let active = ctx.call(get()).await?;
    ctx.check::<SwitchActiveOrganization>(
        active.id.as_ref() == Some(&second),
        "the other organization is active",
    );
    Some(())
}

/// An organization as an export has it, with everything that it can have.
fn exported(ctx: &Context, username: &str) -> OrganizationExportRepresentation {
    let name = ctx.name("imported");
    OrganizationExportRepresentation::new()
        .with_organization(
            OrganizationExportDetailsRepresentation::new()
                .with_domains([format!("{name}.example.com")])
                .with_name(name)
                .with_display_name("Imported")
                .with_url("https://imported.example.com")
                .with_attributes([("tier", ["gold"])]),
        )
        .with_roles([OrganizationExportRoleRepresentation::new()
            .with_name("clerk")
            .with_description("What a clerk does")])
        .with_members([OrganizationExportMemberRepresentation::new()
            .with_username(username)
            .with_roles(["clerk"])])
        .with_invitations([OrganizationExportInvitationRepresentation::new()
            .with_email("imported@example.com")
            .with_inviter_username(username)
            .with_roles(["clerk"])
            .with_redirect_uri("https://app.example.com")
            .with_attributes([("source", ["fair"])])])
}

fn importing(
    ctx: &Context,
    organizations: &[OrganizationExportRepresentation],
) -> ImportOrganizations {
    let call = ctx.phasetwo.import_organizations().realm(ctx.realm());
    call.body(OrganizationsExportRepresentation::new().with_organizations(organizations.to_vec()))
}

/// The organization that was imported, as an export has it.
async fn read_back(
    ctx: &Context,
    imported: &OrganizationExportRepresentation,
    with_members: bool,
) -> Option<OrganizationExportRepresentation> {
    let call = ctx.phasetwo.export_organizations().realm(ctx.realm());
    let call = call.export_members_and_invitations(with_members);
    let all = ctx.call(call).await?.into_inner().organizations?;
    let name = |export: &OrganizationExportRepresentation| {
        let organization = export.organization.as_ref();
        organization.and_then(|organization| organization.name.clone())
    };
    all.into_iter()
        .find(|export| name(export) == name(imported))
}

async fn export(ctx: &Context) -> Option<()> {
    let username = ctx.name("exported");
    make::user(ctx, &username).await?;
    let sent = exported(ctx, &username);
    ctx.call(importing(ctx, slice::from_ref(&sent))).await?;
    let read = read_back(ctx, &sent, true).await;
    ctx.stored::<ImportOrganizations>(&sent, &read, &[]);
    let read = read_back(ctx, &sent, false).await?;
    ctx.check::<ExportOrganizations>(
        read.members.is_some_and(|members| members.is_empty())
            && read
                .invitations
                .is_some_and(|invitations| invitations.is_empty()),
        "members and invitations are exported only if they are asked for",
    );
    Some(())
}

/// An import that names missing objects, and a body that is not an import.
async fn import(ctx: &Context) -> Option<()> {
    let username = ctx.name("importer");
    let user_id = make::user(ctx, &username).await?;
    let mut sent = exported(ctx, &username);
    // Any UUID will do.
    let org_id = user_id.as_str();
    sent.organization.get_or_insert_default().id = text(org_id);
    sent.idp_link = text("no-such-provider");
    sent.members = Some(vec![
        OrganizationExportMemberRepresentation::new()
            .with_id(&user_id)
            .with_roles(["clerk"]),
        OrganizationExportMemberRepresentation::new()
            .with_username("no such user")
            .with_roles([""; 0]),
    ]);
    let good = exported(ctx, &username);
    let import = || importing(ctx, &[good.clone(), sent.clone()]);
    ctx.expect_error(import(), 400).await;
    let is_there = read_back(ctx, &good, false).await.is_some();
    ctx.check::<ImportOrganizations>(!is_there, "one that fails lets all fail");
    let only_idp = import().skip_missing_idp(true);
    ctx.expect_error(only_idp, 400).await;
    let both = import().skip_missing_idp(true).skip_missing_member(true);
    ctx.call(both).await?;
    let get = ctx.phasetwo.get_organization().realm(ctx.realm());
    let stored = ctx.call(get.org_id(org_id)).await?;
    ctx.stored::<ImportOrganizations>(&sent.organization, &*stored, &[]);
    let check = ctx.phasetwo.check_user_organization_role();
    let check = check.realm(ctx.realm()).org_id(org_id).name("clerk");
    let has_role = ctx.call(check.user_id(&user_id)).await.is_some();
    ctx.check::<ImportOrganizations>(has_role, "the member given by id has the role");

    let mut empty = OrganizationsExportRepresentation::new();
    empty.organizations = Some(vec![]);
    let nothing = ctx.phasetwo.import_organizations().realm(ctx.realm());
    let answer = ctx.call(nothing.body(empty)).await?;
    ctx.check::<ImportOrganizations>(answer.status() == 204, "an import of nothing is a 204");
    let mut multipart = ctx.phasetwo.import_organizations().realm(ctx.realm());
    let request = multipart.request_mut();
    request.set_body("multipart/form-data; boundary=cut", "--cut--\r\n");
    ctx.expect_error(multipart, 415).await;
    Some(())
}

async fn portal_link(ctx: &Context) -> Option<()> {
    let org_id = organization(ctx, &ctx.name("portal")).await?;
    let user_id = make::user(ctx, &ctx.name("portal")).await?;
    let create = |form: CreateOrganizationPortalLinkBody| {
        let call = ctx.phasetwo.create_organization_portal_link();
        call.realm(ctx.realm()).org_id(&org_id).body(form)
    };
    let form = CreateOrganizationPortalLinkBody::default;
    ctx.expect_error(create(form()), 400).await;
    make::public_client(ctx, "idp-wizard").await?;

    let elsewhere = form().with_base_uri("https://portal.example.com");
    for (form, base) in [
        (form(), ctx.target().url.as_str()),
        (elsewhere, "https://portal.example.com"),
    ] {
        let link = ctx.call(create(form)).await?;
        let redirect = link.redirect.as_deref().unwrap_or_default();
        ctx.check::<CreateOrganizationPortalLink>(
            redirect.starts_with(base) && link.link.is_some() && link.user.is_some(),
            "there is a link for the default admin user that leads to the base",
        );
    }
    // This user is not a member.
    let stranger = form().with_user_id(&user_id);
    ctx.expect_error(create(stranger), 400).await;
    Some(())
}

async fn scim(ctx: &Context) -> Option<()> {
    const WHY: &str = "keycloak-orgs has it since a version that is not published";
    let id = organization(ctx, "scim").await?;
    let scim = OrganizationScimRepresentation::new().with_enabled(true);
    let api = &ctx.phasetwo;
    let get = api.get_organization_scim().realm(ctx.realm()).org_id(&id);
    if ctx.expect_error(get, 404).await.is_some() {
        ctx.skip::<GetOrganizationScim>(WHY);
    }
    let create = api.create_organization_scim().realm(ctx.realm());
    let create = create.org_id(&id).body(&scim);
    if ctx.expect_error(create, 404).await.is_some() {
        ctx.skip::<CreateOrganizationScim>(WHY);
    }
    let update = api.update_organization_scim().realm(ctx.realm());
    let update = update.org_id(&id).body(&scim);
    if ctx.expect_error(update, 404).await.is_some() {
        ctx.skip::<UpdateOrganizationScim>(WHY);
    }
    let delete = api.delete_organization_scim().realm(ctx.realm());
    if ctx.expect_error(delete.org_id(&id), 404).await.is_some() {
        ctx.skip::<DeleteOrganizationScim>(WHY);
    }
    Some(())
}

async fn magic_link(ctx: &Context) {
    let request = MagicLinkRequest::new()
        .with_email("someone@example.com")
        .with_client_id("idp-wizard")
        .with_redirect_uri("https://app.example.com");
    let call = ctx.phasetwo.create_magic_link().realm(ctx.realm());
    if ctx.expect_error(call.body(request), 404).await.is_some() {
        ctx.skip::<CreateMagicLink>(
            "it belongs to another extension of Phase Two, which is not published",
        );
    }
}
