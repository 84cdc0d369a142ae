//! Keycloak's own organisations.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use futures_util::future::join_all;
use keycloak_admin::types::{
    ClientRepresentation, GroupRepresentation, IdentityProviderRepresentation,
    InviteUserToOrganizationBody, MembershipType, OrganizationDomainRepresentation,
    OrganizationInvitationStatus, OrganizationRepresentation, RoleRepresentation,
};
use keycloak_admin::{Ensured, Error};
use keycloak_server::smtp::SmtpSink;

use crate::common::{TestRealm, attributes, person};

/// The longest time that a mail may take.
const MAIL: Duration = Duration::from_secs(120);

async fn test_realm(prefix: &str) -> TestRealm {
    TestRealm::create_with(prefix, |realm| realm.organizations_enabled = Some(true)).await
}

fn named(name: &str) -> OrganizationRepresentation {
    OrganizationRepresentation::new().with_name(name)
}

fn group(name: &str) -> GroupRepresentation {
    GroupRepresentation::new().with_name(name)
}

fn names(groups: Vec<GroupRepresentation>) -> Vec<String> {
    groups.into_iter().filter_map(|group| group.name).collect()
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_organization_is_created_found_changed_and_deleted() -> Result<(), Error> {
    let test = test_realm("organizations").await;
    let realm = test.get();
    let initech = OrganizationRepresentation::new()
        .with_name("Initech Inc")
        .with_alias("initech")
        .with_description("Makes software")
        .with_attributes([("tier", ["gold"])])
        .with_domains([OrganizationDomainRepresentation::new()
            .with_name("Initech.example")
            .with_verified(true)]);

    // python: create_organization | js: organizations.create | crate: realm_organizations_post
    let id = realm.organizations().create(&initech).await?;

    let organizations = realm.organizations();
    let found = organizations.create(&initech).exist_ok().await?;
    assert_eq!(found, Ensured::Existing(id.clone()));
    let error = organizations.create(&initech).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    // Its alias is taken, not its name: that is another conflict.
    let other = named("Initrode").with_alias("initech");
    let error = organizations.create(&other).exist_ok().await.unwrap_err();
    assert!(error.to_string().contains("same alias"), "{error}");
    organizations.create(&named("initech.example")).await?;

    // python: get_organizations | js: organizations.find | crate: realm_organizations_get
    let everybody = realm.organizations().list().try_collect().await?;

    assert_eq!(everybody.len(), 2);
    // crate: realm_organizations_count_get
    let count = realm.organizations().count().await?;
    assert_eq!(count, 2);
    assert_eq!(organizations.count().search("Inc").await?, 1);
    let id_of = |found: Option<OrganizationRepresentation>| found.and_then(|found| found.id);
    let by_name = organizations.find_by_name("Initech Inc").await?;
    assert_eq!(by_name.as_ref().unwrap().attributes, initech.attributes);
    assert_eq!(id_of(by_name).as_ref(), Some(&id));
    assert_eq!(
        id_of(organizations.find_by_name("initech inc").await?),
        None
    );
    let by_alias = organizations.find_by_alias("initech").await?;
    assert_eq!(id_of(by_alias).as_ref(), Some(&id));
    for alias in ["Initech", "init", "initech inc", "no:such \"alias"] {
        assert_eq!(id_of(organizations.find_by_alias(alias).await?), None);
    }
    let by_domain = organizations.find_by_domain("INITECH.example").await?;
    assert_eq!(id_of(by_domain).as_ref(), Some(&id));
    assert_eq!(id_of(organizations.find_by_domain("initech").await?), None);

    let organization = realm.organization(&id);
    assert_eq!(organization.id(), id);

    // python: update_organization | js: organizations.updateById
    organization
        .modify(|organization| organization.enabled = Some(false))
        .await?;

    // python: get_organization | js: organizations.findOne | crate: realm_organizations_with_org_id_get
    let organization = realm.organization(&id).get().await?;

    assert_eq!(organization.enabled, Some(false));
    assert_eq!(organization.attributes, initech.attributes);
    assert_eq!(organization.domains.unwrap().len(), 1);
    let bare = named("Initech Inc").with_alias("initech");
    // crate: realm_organizations_with_org_id_put
    realm.organization(&id).update(&bare).await?;
    let stored = realm.organization(&id).get().await?;
    assert!(stored.domains.is_none() && stored.description.is_none());

    // python: delete_organization | js: organizations.delById | crate: realm_organizations_with_org_id_delete
    realm.organization(&id).delete().await?;

    assert!(realm.organization(&id).find().await?.is_none());
    assert!(!realm.organization(&id).delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn members_come_and_go() -> Result<(), Error> {
    let test = test_realm("organization-members").await;
    let realm = test.get();
    let organization_id = realm.organizations().create(&named("acme")).await?;
    let user_id = realm.users().create(&person("alice")).await?;
    let organization = realm.organization(&organization_id);

    // python: organization_user_add | js: organizations.addMember | crate: realm_organizations_with_org_id_members_post
    organization.members().add_user(&user_id).await?;

    let error = organization.members().add_user(&user_id).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");

    // python: get_organization_members | js: organizations.listMembers | crate: realm_organizations_with_org_id_members_get
    let members = organization.members().list().try_collect().await?;

    assert_eq!(members.len(), 1);
    assert_eq!(members[0].membership_type, Some(MembershipType::Unmanaged));

    // python: get_organization_members_count | crate: realm_organizations_with_org_id_members_count_get
    let count = organization.members().count().await?;

    assert_eq!(count, 1);
    let member = organization.member(&user_id);
    // crate: realm_organizations_with_org_id_members_with_member_id_get
    let alice = organization.member(&user_id).get().await?;
    assert_eq!(alice.username.as_deref(), Some("alice"));
    // crate: realm_organizations_with_org_id_members_with_member_id_organizations_get
    let of_member = member.list_organizations().await?;
    assert_eq!(of_member[0].id.as_ref(), Some(&organization_id));

    // python: get_user_organizations | js: organizations.memberOrganizations | crate: realm_organizations_members_with_member_id_organizations_get
    let organizations = realm.organizations().list_for_user(&user_id).await?;

    assert_eq!(organizations.len(), 1);
    assert_eq!(organizations[0].id.as_ref(), Some(&organization_id));

    // python: organization_user_remove | js: organizations.delMember | crate: realm_organizations_with_org_id_members_with_member_id_delete
    organization.members().remove_user(&user_id).await?;

    assert!(member.find().await?.is_none());
    assert!(realm.user(&user_id).find().await?.is_some());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn invitations_are_sent_listed_and_withdrawn() -> Result<(), Error> {
    let sink = SmtpSink::start().unwrap();
    let test = TestRealm::create_with("organization-invitations", |realm| {
        realm.organizations_enabled = Some(true);
        realm.smtp_server = Some(BTreeMap::from([
            ("host".to_owned(), "127.0.0.1".to_owned()),
            ("port".to_owned(), sink.port().to_string()),
            ("from".to_owned(), "keycloak@example.com".to_owned()),
        ]));
    })
    .await;
    let realm = test.get();
    let organization_id = realm.organizations().create(&named("acme")).await?;
    let user_id = realm.users().create(&person("alice")).await?;
    let organization = realm.organization(&organization_id);
    let guest = InviteUserToOrganizationBody::new()
        .with_email("Grace@example.com")
        .with_first_name("Grace")
        .with_last_name("Hopper");

    // js: organizations.invite | crate: realm_organizations_with_org_id_members_invite_user_post
    organization.members().invite(&guest).await?;

    let error = organization.members().invite(&guest).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");

    // js: organizations.inviteExistingUser | crate: realm_organizations_with_org_id_members_invite_existing_user_post
    organization.members().invite_existing(&user_id).await?;

    for address in ["Grace@example.com", "alice@example.com"] {
        let mail = sink.wait_for_message(address, MAIL).unwrap();
        assert!(!mail.links().is_empty());
    }

    // js: organizations.listInvitations | crate: realm_organizations_with_org_id_invitations_get
    let invitations = organization.invitations().list().try_collect().await?;

    assert_eq!(invitations.len(), 2);
    let found = organization
        .invitations()
        .find_by_email("GRACE@example.com")
        .await?;
    let found = found.unwrap();
    assert_eq!(found.first_name.as_deref(), Some("Grace"));
    let id = found.id.unwrap();

    // js: organizations.findInvitation | crate: realm_organizations_with_org_id_invitations_with_id_get
    let invitation = organization.invitation(&id).get().await?;

    assert_eq!(
        invitation.status,
        Some(OrganizationInvitationStatus::Pending)
    );

    // js: organizations.resendInvitation | crate: realm_organizations_with_org_id_invitations_with_id_resend_post
    organization.invitation(&id).resend().await?;

    let mails = sink
        .wait_for_messages("Grace@example.com", 2, MAIL)
        .unwrap();
    assert_ne!(mails[0].links(), mails[1].links());
    assert!(organization.invitation(&id).find().await?.is_none());
    let again = organization
        .invitations()
        .find_by_email("grace@example.com")
        .await?;
    let id = again.unwrap().id.unwrap();

    // js: organizations.deleteInvitation | crate: realm_organizations_with_org_id_invitations_with_id_delete
    organization.invitation(&id).delete().await?;

    assert!(!organization.invitation(&id).delete_if_exists().await?);
    let gone = organization
        .invitations()
        .find_by_email("grace@example.com")
        .await?;
    assert!(gone.is_none());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn identity_providers_belong_to_an_organization() -> Result<(), Error> {
    let test = test_realm("organization-idps").await;
    let keycloak = &test.keycloak;
    let realm = test.get();
    let organization_id = realm.organizations().create(&named("acme")).await?;
    let organization = realm.organization(&organization_id);
    let alias = "github";
    let github = IdentityProviderRepresentation::new()
        .with_alias(alias)
        .with_provider_id("github")
        .with_enabled(true)
        .with_config([("clientId", "id"), ("clientSecret", "s3cret")]);
    let create = keycloak.api().create_identity_provider().realm(&test.name);
    create.body(github).await?;

    // python: organization_idp_add | js: organizations.linkIdp | crate: realm_organizations_with_org_id_identity_providers_post
    organization.identity_providers().link(alias).await?;

    // python: get_organization_idps | js: organizations.listIdentityProviders | crate: realm_organizations_with_org_id_identity_providers_get
    let providers = organization.identity_providers().list().await?;

    assert_eq!(providers.len(), 1);
    // crate: realm_organizations_with_org_id_identity_providers_with_alias_get
    let provider = organization.identity_provider(alias).get().await?;
    assert_eq!(provider.organization_id.as_ref(), Some(&organization_id));
    organization.groups().create(&group("developers")).await?;
    // crate: realm_organizations_with_org_id_identity_providers_with_alias_groups_get
    let groups = organization.identity_provider(alias).list_groups();
    assert_eq!(names(groups.try_collect().await?), ["developers"]);

    // python: organization_idp_remove | js: organizations.unLinkIdp | crate: realm_organizations_with_org_id_identity_providers_with_alias_delete
    organization.identity_provider(alias).unlink().await?;

    assert!(
        organization
            .identity_provider(alias)
            .find()
            .await?
            .is_none()
    );
    let stays = keycloak.api().get_identity_provider().realm(&test.name);
    stays.alias(alias).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn groups_of_an_organization_are_made_moved_and_deleted() -> Result<(), Error> {
    let test = test_realm("organization-groups").await;
    let realm = test.get();
    let organization_id = realm.organizations().create(&named("acme")).await?;
    let organization = realm.organization(&organization_id);

    // js: organizations.groups
    let groups = organization.groups();

    let sales = group("sales").with_attributes([("floor", ["3"])]);
    // crate: realm_organizations_with_org_id_groups_post
    let sales_id = groups.create(&sales).await?;
    let found = groups.create(&sales).exist_ok().await?;
    assert_eq!(found, Ensured::Existing(sales_id.clone()));
    let below_sales = organization.group(&sales_id);
    // crate: realm_organizations_with_org_id_groups_with_group_id_children_post
    let france = below_sales.create_subgroup(&group("france")).await?;
    let again = below_sales.create_subgroup(&group("france")).exist_ok();
    assert_eq!(again.await?, Ensured::Existing(france.clone()));

    // crate: realm_organizations_with_org_id_groups_get
    let at_top = organization.groups().list().try_collect().await?;
    assert_eq!(names(at_top), ["sales"]);
    assert!(
        groups.find_by_name("france").await?.is_none(),
        "not at the top"
    );
    for path in ["sales/france", "/sales/france"] {
        // crate: realm_organizations_with_org_id_groups_group_by_path_with_path_get
        let found = organization.groups().get_by_path(path).await?;
        assert_eq!(found.id.as_ref(), Some(&france));
    }
    assert!(groups.find_by_path("sales/spain").await?.is_none());

    let moved = organization.group(&france);
    assert_eq!(moved.id(), france);
    moved.move_to_top("france").await?;
    assert_eq!(
        names(groups.list().try_collect().await?),
        ["france", "sales"]
    );
    let at_top = groups.find_by_name("france").await?.unwrap();
    assert_eq!(at_top.id.as_ref(), Some(&france));
    below_sales.adopt(&france, "france").await?;
    // crate: realm_organizations_with_org_id_groups_with_group_id_children_get
    let below = organization
        .group(&sales_id)
        .list_subgroups()
        .try_collect()
        .await?;
    assert_eq!(names(below), ["france"]);

    let sales = organization.group(&sales_id);
    sales
        .modify(|group| group.description = Some("They sell".to_owned()))
        .await?;
    // crate: realm_organizations_with_org_id_groups_with_group_id_get
    let stored = sales.get().await?;
    assert_eq!(stored.description.as_deref(), Some("They sell"));
    assert_eq!(stored.attributes, Some(attributes([("floor", "3")])));
    // crate: realm_organizations_with_org_id_groups_with_group_id_put
    sales.update(&group("trade")).await?;
    let stored = sales.get().await?;
    assert_eq!(stored.name.as_deref(), Some("trade"));
    assert_eq!(
        stored.attributes,
        Some(attributes([("floor", "3")])),
        "they stay"
    );

    // crate: realm_organizations_with_org_id_groups_with_group_id_delete
    sales.delete().await?;
    assert!(sales.find().await?.is_none());
    assert!(
        !organization.group(&france).delete_if_exists().await?,
        "gone with it"
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn groups_of_an_organization_have_members_and_roles() -> Result<(), Error> {
    let test = test_realm("organization-group-roles").await;
    let keycloak = &test.keycloak;
    let realm = test.get();
    let organization_id = realm.organizations().create(&named("acme")).await?;
    let organization = realm.organization(&organization_id);
    let user_id = realm.users().create(&person("alice")).await?;
    organization.members().add_user(&user_id).await?;
    let group_id = organization.groups().create(&group("sales")).await?;
    let sales = organization.group(&group_id);

    // crate: realm_organizations_with_org_id_groups_with_group_id_members_with_user_id_put
    sales.add_member(&user_id).await?;
    // crate: realm_organizations_with_org_id_groups_with_group_id_members_get
    let members = sales.list_members().try_collect().await?;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].id.as_ref(), Some(&user_id));
    // crate: realm_organizations_with_org_id_members_with_member_id_groups_get
    let of_member = organization
        .member(&user_id)
        .list_groups()
        .try_collect()
        .await?;
    assert_eq!(names(of_member), ["sales"]);

    let role = |name: &str| RoleRepresentation::new().with_name(name);
    realm.roles().create(&role("seller")).await?;
    let seller = realm.role("seller").get().await?;
    sales.realm_roles().add(&[]).await?;
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_realm_post
    sales
        .realm_roles()
        .add(std::slice::from_ref(&seller))
        .await?;
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_realm_get
    let mapped = sales.realm_roles().list().await?;
    assert_eq!(mapped[0].id, seller.id);
    let has = |roles: Vec<RoleRepresentation>| roles.iter().any(|role| role.id == seller.id);
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_realm_composite_get
    let effective = sales.realm_roles().list_effective().await?;
    assert!(has(effective));
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_realm_available_get
    let available = sales.realm_roles().list_available().await?;
    assert!(!has(available));

    let client = ClientRepresentation::new().with_client_id("shop");
    let create = keycloak.api().create_client().realm(&test.name);
    let created = create.body(client).send().await?;
    let uuid = created.created_id().unwrap();
    let create = keycloak.api().create_client_role().realm(&test.name);
    create.client_uuid(&uuid).body(role("buyer")).await?;
    let get = keycloak.api().get_client_role().realm(&test.name);
    let buyer = get.client_uuid(&uuid).role_name("buyer").await?;
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_clients_with_client_id_available_get
    let available = sales.client_roles_by_uuid(&uuid).list_available().await?;
    assert_eq!(available.len(), 1);
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_clients_with_client_id_post
    sales
        .client_roles_by_uuid(&uuid)
        .add(std::slice::from_ref(&buyer))
        .await?;
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_clients_with_client_id_get
    let mapped = sales.client_roles_by_uuid(&uuid).list().await?;
    assert_eq!(mapped[0].id, buyer.id);
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_clients_with_client_id_composite_get
    let effective = sales.client_roles_by_uuid(&uuid).list_effective().await?;
    assert_eq!(effective.len(), 1);
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_get
    let mappings = sales.get_role_mappings().await?;
    assert_eq!(mappings.realm_mappings.unwrap().len(), 1);
    assert!(mappings.client_mappings.unwrap().contains_key("shop"));

    sales.realm_roles().remove(&[]).await?;
    sales.client_roles_by_uuid(&uuid).remove(&[]).await?;
    assert_eq!(
        sales.realm_roles().list().await?.len(),
        1,
        "no role is not all of them"
    );
    assert_eq!(sales.client_roles_by_uuid(&uuid).list().await?.len(), 1);
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_realm_delete
    sales
        .realm_roles()
        .remove(std::slice::from_ref(&seller))
        .await?;
    // crate: realm_organizations_with_org_id_groups_with_group_id_role_mappings_clients_with_client_id_delete
    sales.client_roles_by_uuid(&uuid).remove(&[buyer]).await?;
    assert!(sales.realm_roles().list().await?.is_empty());
    assert!(sales.client_roles_by_uuid(&uuid).list().await?.is_empty());

    // crate: realm_organizations_with_org_id_groups_with_group_id_members_with_user_id_delete
    sales.remove_member(&user_id).await?;
    assert!(sales.list_members().try_collect().await?.is_empty());
    assert!(organization.member(&user_id).find().await?.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_hundred_callers_create_one_organization() -> Result<(), Error> {
    let test = test_realm("organization-race").await;
    let organizations = test.get().organizations();
    let acme = named("acme")
        .with_domains([OrganizationDomainRepresentation::new().with_name("acme.example")]);
    let calls = (0..100).map(|_| organizations.create(&acme).exist_ok().into_future());
    let results: Vec<_> = join_all(calls.map(tokio::spawn)).await;
    let results: Vec<Ensured<String>> = results
        .into_iter()
        .map(|result| result.unwrap())
        .collect::<Result<_, _>>()?;
    let created = results.iter().filter(|result| result.is_created());
    assert_eq!(created.count(), 1);
    let ids: HashSet<String> = results.into_iter().map(Ensured::into_id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(organizations.count().await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn all_members_come_once_although_the_server_sends_ten() -> Result<(), Error> {
    const MEMBERS: usize = 150;
    let test = test_realm("organization-pages").await;
    let realm = test.get();
    let organization_id = realm.organizations().create(&named("acme")).await?;
    let members = realm.organization(&organization_id).members();
    let people = (0..MEMBERS).map(|n| person(&format!("member-{n:03}")));
    let users: Vec<String> = realm
        .users()
        .create_many(people)
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    for added in keycloak_admin::Batch::new(users.iter().map(|id| members.add_user(id))).await {
        added?;
    }
    let users: HashSet<String> = users.into_iter().collect();

    assert_eq!(members.list().await?.len(), 10, "the server's own page");
    assert_eq!(members.count().await?, 150);
    for page_size in [7, 100, 1_000] {
        let mut stream = members.list().stream().page_size(page_size);
        let mut seen = HashSet::new();
        while let Some(member) = stream.try_next().await? {
            assert!(seen.insert(member.id.unwrap()), "a member came twice");
        }
        assert_eq!(seen, users, "{page_size} a page");
    }
    Ok(())
}
