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

/// How long a mail may take.
const MAIL: Duration = Duration::from_secs(30);

async fn test_realm(prefix: &str) -> TestRealm {
    TestRealm::create_with(prefix, |realm| realm.organizations_enabled = Some(true)).await
}

fn named(name: &str) -> OrganizationRepresentation {
    OrganizationRepresentation {
        name: Some(name.to_owned()),
        ..Default::default()
    }
}

fn group(name: &str) -> GroupRepresentation {
    GroupRepresentation {
        name: Some(name.to_owned()),
        ..Default::default()
    }
}

fn names(groups: Vec<GroupRepresentation>) -> Vec<String> {
    groups.into_iter().filter_map(|group| group.name).collect()
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_organization_is_created_found_changed_and_deleted() -> Result<(), Error> {
    let test = test_realm("organizations").await;
    let realm = test.get();
    let initech = OrganizationRepresentation {
        name: Some("Initech Inc".to_owned()),
        alias: Some("initech".to_owned()),
        description: Some("Makes software".to_owned()),
        attributes: Some(attributes([("tier", "gold")])),
        domains: Some(vec![OrganizationDomainRepresentation {
            name: Some("Initech.example".to_owned()),
            verified: Some(true),
        }]),
        ..Default::default()
    };

    // python: create_organization | js: organizations.create
    let id = realm.organizations().create(&initech).await?;

    let organizations = realm.organizations();
    let found = organizations.create(&initech).exist_ok().await?;
    assert_eq!(found, Ensured::Existing(id.clone()));
    let error = organizations.create(&initech).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    // Its alias is taken, not its name: that is another conflict.
    let other = OrganizationRepresentation {
        alias: initech.alias.clone(),
        ..named("Initrode")
    };
    let error = organizations.create(&other).exist_ok().await.unwrap_err();
    assert!(error.to_string().contains("same alias"), "{error}");
    organizations.create(&named("initech.example")).await?;

    // python: get_organizations | js: organizations.find
    let everybody = realm.organizations().list().try_collect().await?;

    assert_eq!(everybody.len(), 2);
    assert_eq!(organizations.count().await?, 2);
    assert_eq!(organizations.count().query(|q| q.search("Inc")).await?, 1);
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

    let organization = realm.organizations().id(&id);

    // python: update_organization | js: organizations.updateById
    organization
        .modify(|organization| organization.enabled = Some(false))
        .await?;

    // python: get_organization | js: organizations.findOne
    let organization = realm.organizations().id(&id).get().await?;

    assert_eq!(organization.enabled, Some(false));
    assert_eq!(organization.attributes, initech.attributes);
    assert_eq!(organization.domains.unwrap().len(), 1);
    let bare = OrganizationRepresentation {
        alias: initech.alias.clone(),
        ..named("Initech Inc")
    };
    realm.organizations().id(&id).update(&bare).await?;
    let stored = realm.organizations().id(&id).get().await?;
    assert!(stored.domains.is_none() && stored.description.is_none());

    // python: delete_organization | js: organizations.delById
    realm.organizations().id(&id).delete().await?;

    assert!(realm.organizations().id(&id).find().await?.is_none());
    assert!(!realm.organizations().id(&id).delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn members_come_and_go() -> Result<(), Error> {
    let test = test_realm("organization-members").await;
    let realm = test.get();
    let organization_id = realm.organizations().create(&named("acme")).await?;
    let user_id = realm.users().create(&person("alice")).await?;
    let organization = realm.organizations().id(&organization_id);

    // python: organization_user_add | js: organizations.addMember
    organization.members().add_user(&user_id).await?;

    let error = organization.members().add_user(&user_id).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");

    // python: get_organization_members | js: organizations.listMembers
    let members = organization.members().list().try_collect().await?;

    assert_eq!(members.len(), 1);
    assert_eq!(members[0].membership_type, Some(MembershipType::Unmanaged));

    // python: get_organization_members_count
    let count = organization.members().count().await?;

    assert_eq!(count, 1);
    let member = organization.members().id(&user_id);
    assert_eq!(member.get().await?.username.as_deref(), Some("alice"));
    let of_member = member.organizations().await?;
    assert_eq!(of_member[0].id.as_ref(), Some(&organization_id));

    // python: get_user_organizations | js: organizations.memberOrganizations
    let organizations = realm.organizations().of_user(&user_id).await?;

    assert_eq!(organizations.len(), 1);
    assert_eq!(organizations[0].id.as_ref(), Some(&organization_id));

    // python: organization_user_remove | js: organizations.delMember
    organization.members().remove_user(&user_id).await?;

    assert!(member.find().await?.is_none());
    assert!(realm.users().id(&user_id).find().await?.is_some());
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
    let organization = realm.organizations().id(&organization_id);
    let guest = InviteUserToOrganizationBody {
        email: Some("Grace@example.com".to_owned()),
        first_name: Some("Grace".to_owned()),
        last_name: Some("Hopper".to_owned()),
    };

    // js: organizations.invite
    organization.members().invite(&guest).await?;

    let error = organization.members().invite(&guest).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");

    // js: organizations.inviteExistingUser
    organization.members().invite_existing(&user_id).await?;

    for address in ["Grace@example.com", "alice@example.com"] {
        let mail = sink.wait_for_message(address, MAIL).unwrap();
        assert!(!mail.links().is_empty());
    }

    // js: organizations.listInvitations
    let invitations = organization.invitations().list().try_collect().await?;

    assert_eq!(invitations.len(), 2);
    let found = organization
        .invitations()
        .find_by_email("GRACE@example.com")
        .await?;
    let found = found.unwrap();
    assert_eq!(found.first_name.as_deref(), Some("Grace"));
    let id = found.id.unwrap();

    // js: organizations.findInvitation
    let invitation = organization.invitations().id(&id).get().await?;

    assert_eq!(
        invitation.status,
        Some(OrganizationInvitationStatus::Pending)
    );

    // js: organizations.resendInvitation
    organization.invitations().id(&id).resend().await?;

    let mails = sink
        .wait_for_messages("Grace@example.com", 2, MAIL)
        .unwrap();
    assert_ne!(mails[0].links(), mails[1].links());
    assert!(organization.invitations().id(&id).find().await?.is_none());
    let again = organization
        .invitations()
        .find_by_email("grace@example.com")
        .await?;
    let id = again.unwrap().id.unwrap();

    // js: organizations.deleteInvitation
    organization.invitations().id(&id).delete().await?;

    assert!(
        !organization
            .invitations()
            .id(&id)
            .delete_if_exists()
            .await?
    );
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
    let organization = realm.organizations().id(&organization_id);
    let alias = "github";
    let github = IdentityProviderRepresentation {
        alias: Some(alias.to_owned()),
        provider_id: Some("github".to_owned()),
        enabled: Some(true),
        config: Some(BTreeMap::from([
            ("clientId".to_owned(), "id".to_owned()),
            ("clientSecret".to_owned(), "s3cret".to_owned()),
        ])),
        ..Default::default()
    };
    let create = keycloak.api().create_identity_provider().realm(&test.name);
    keycloak.call(create.body(github)).await?;

    // python: organization_idp_add | js: organizations.linkIdp
    organization.identity_providers().link(alias).await?;

    // python: get_organization_idps | js: organizations.listIdentityProviders
    let providers = organization.identity_providers().list().await?;

    assert_eq!(providers.len(), 1);
    let provider = organization.identity_providers().get(alias).await?;
    assert_eq!(provider.organization_id.as_ref(), Some(&organization_id));
    organization.groups().create(&group("developers")).await?;
    let groups = organization.identity_providers().groups(alias);
    assert_eq!(names(groups.try_collect().await?), ["developers"]);

    // python: organization_idp_remove | js: organizations.unLinkIdp
    organization.identity_providers().unlink(alias).await?;

    assert!(
        organization
            .identity_providers()
            .find(alias)
            .await?
            .is_none()
    );
    let stays = keycloak.api().get_identity_provider().realm(&test.name);
    keycloak.call(stays.alias(alias)).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn groups_of_an_organization_are_made_moved_and_deleted() -> Result<(), Error> {
    let test = test_realm("organization-groups").await;
    let realm = test.get();
    let organization_id = realm.organizations().create(&named("acme")).await?;
    let organization = realm.organizations().id(&organization_id);

    // js: organizations.groups
    let groups = organization.groups();

    let sales = GroupRepresentation {
        attributes: Some(attributes([("floor", "3")])),
        ..group("sales")
    };
    let sales_id = groups.create(&sales).await?;
    let found = groups.create(&sales).exist_ok().await?;
    assert_eq!(found, Ensured::Existing(sales_id.clone()));
    let below_sales = groups.id(&sales_id);
    let france = below_sales.create_subgroup(&group("france")).await?;
    let again = below_sales.create_subgroup(&group("france")).exist_ok();
    assert_eq!(again.await?, Ensured::Existing(france.clone()));

    assert_eq!(names(groups.list().try_collect().await?), ["sales"]);
    assert!(
        groups.find_by_name("france").await?.is_none(),
        "not at the top"
    );
    for path in ["sales/france", "/sales/france"] {
        assert_eq!(groups.by_path(path).await?.id.as_ref(), Some(&france));
    }
    assert!(groups.find_by_path("sales/spain").await?.is_none());

    groups.adopt(&france, "france").await?;
    assert_eq!(
        names(groups.list().try_collect().await?),
        ["france", "sales"]
    );
    let at_top = groups.find_by_name("france").await?.unwrap();
    assert_eq!(at_top.id.as_ref(), Some(&france));
    below_sales.adopt(&france, "france").await?;
    let below = groups.id(&sales_id).subgroups().try_collect().await?;
    assert_eq!(names(below), ["france"]);

    let sales = groups.id(&sales_id);
    sales
        .modify(|group| group.description = Some("They sell".to_owned()))
        .await?;
    let stored = sales.get().await?;
    assert_eq!(stored.description.as_deref(), Some("They sell"));
    assert_eq!(stored.attributes, Some(attributes([("floor", "3")])));
    sales.update(&group("trade")).await?;
    let stored = sales.get().await?;
    assert_eq!(stored.name.as_deref(), Some("trade"));
    assert_eq!(
        stored.attributes,
        Some(attributes([("floor", "3")])),
        "they stay"
    );

    sales.delete().await?;
    assert!(sales.find().await?.is_none());
    assert!(
        !groups.id(&france).delete_if_exists().await?,
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
    let organization = realm.organizations().id(&organization_id);
    let user_id = realm.users().create(&person("alice")).await?;
    organization.members().add_user(&user_id).await?;
    let group_id = organization.groups().create(&group("sales")).await?;
    let sales = organization.groups().id(&group_id);

    sales.add_member(&user_id).await?;
    let members = sales.members().try_collect().await?;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].id.as_ref(), Some(&user_id));
    let of_member = organization
        .members()
        .id(&user_id)
        .groups()
        .try_collect()
        .await?;
    assert_eq!(names(of_member), ["sales"]);

    let role = |name: &str| RoleRepresentation {
        name: Some(name.to_owned()),
        ..Default::default()
    };
    realm.roles().create(&role("seller")).await?;
    let seller = realm.roles().name("seller").get().await?;
    sales.realm_roles().add(&[]).await?;
    sales
        .realm_roles()
        .add(std::slice::from_ref(&seller))
        .await?;
    assert_eq!(sales.realm_roles().list().await?[0].id, seller.id);
    let has = |roles: Vec<RoleRepresentation>| roles.iter().any(|role| role.id == seller.id);
    assert!(has(sales.realm_roles().effective().await?));
    assert!(!has(sales.realm_roles().available().await?));

    let client = ClientRepresentation {
        client_id: Some("shop".to_owned()),
        ..Default::default()
    };
    let create = keycloak.api().create_client().realm(&test.name);
    let uuid = keycloak
        .call(create.body(client))
        .send()
        .await?
        .created_id()
        .unwrap();
    let create = keycloak.api().create_client_role().realm(&test.name);
    keycloak
        .call(create.client_uuid(&uuid).body(role("buyer")))
        .await?;
    let get = keycloak.api().get_client_role().realm(&test.name);
    let buyer = keycloak
        .call(get.client_uuid(&uuid).role_name("buyer"))
        .await?;
    assert_eq!(sales.client_roles(&uuid).available().await?.len(), 1);
    sales
        .client_roles(&uuid)
        .add(std::slice::from_ref(&buyer))
        .await?;
    assert_eq!(sales.client_roles(&uuid).list().await?[0].id, buyer.id);
    assert_eq!(sales.client_roles(&uuid).effective().await?.len(), 1);
    let mappings = sales.role_mappings().await?;
    assert_eq!(mappings.realm_mappings.unwrap().len(), 1);
    assert!(mappings.client_mappings.unwrap().contains_key("shop"));

    sales.realm_roles().remove(&[]).await?;
    sales.client_roles(&uuid).remove(&[]).await?;
    assert_eq!(
        sales.realm_roles().list().await?.len(),
        1,
        "no role is not all of them"
    );
    assert_eq!(sales.client_roles(&uuid).list().await?.len(), 1);
    sales
        .realm_roles()
        .remove(std::slice::from_ref(&seller))
        .await?;
    sales.client_roles(&uuid).remove(&[buyer]).await?;
    assert!(sales.realm_roles().list().await?.is_empty());
    assert!(sales.client_roles(&uuid).list().await?.is_empty());

    sales.remove_member(&user_id).await?;
    assert!(sales.members().try_collect().await?.is_empty());
    assert!(organization.members().id(&user_id).find().await?.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_hundred_callers_create_one_organization() -> Result<(), Error> {
    let test = test_realm("organization-race").await;
    let organizations = test.get().organizations();
    let acme = OrganizationRepresentation {
        domains: Some(vec![OrganizationDomainRepresentation {
            name: Some("acme.example".to_owned()),
            ..Default::default()
        }]),
        ..named("acme")
    };
    let calls = (0..100).map(|_| organizations.create(&acme).exist_ok().into_future());
    let results: Vec<_> = join_all(calls.map(tokio::spawn)).await;
    let results: Vec<Ensured<String>> = results
        .into_iter()
        .map(|result| result.unwrap())
        .collect::<Result<_, _>>()?;
    let created = results.iter().filter(|result| result.is_created());
    assert_eq!(created.count(), 1);
    let ids: HashSet<String> = results.into_iter().map(Ensured::into_inner).collect();
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
    let members = realm.organizations().id(&organization_id).members();
    let people = (0..MEMBERS).map(|n| person(&format!("member-{n:03}")));
    let users: Vec<String> = realm
        .users()
        .create_many(people)
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    for added in keycloak_admin::Many::new(users.iter().map(|id| members.add_user(id))).await {
        added?;
    }
    let users: HashSet<String> = users.into_iter().collect();

    assert_eq!(members.list().await?.len(), 10, "the server's own page");
    assert_eq!(members.count().await?, 150);
    for page_size in [7, 100, 1_000] {
        let mut stream = members.list().page_size(page_size).stream();
        let mut seen = HashSet::new();
        while let Some(member) = stream.try_next().await? {
            assert!(seen.insert(member.id.unwrap()), "a member came twice");
        }
        assert_eq!(seen, users, "{page_size} a page");
    }
    Ok(())
}
