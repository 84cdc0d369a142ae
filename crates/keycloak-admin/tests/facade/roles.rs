//! Realm roles, client roles and roles by id, on a real server.

use keycloak_admin::{Ensured, Error, Many};

use crate::common::{TestRealm, attributes, person};
use crate::make::{self, role};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn realm_roles_do_what_keycloak_lets_them() -> Result<(), Error> {
    let test = TestRealm::create("facade-roles").await;
    let realm = test.get();

    // python: create_realm_role | php: createRealmRole | js: roles.create
    let name = realm
        .roles()
        .create(&role("auditor"))
        .exist_ok()
        .await?
        .into_inner();
    assert_eq!(name, "auditor");

    // python: get_realm_roles | php: getRealmRoles | js: roles.find
    let roles = realm.roles().list().try_collect().await?;
    assert!(
        roles
            .iter()
            .any(|role| role.name.as_deref() == Some("auditor"))
    );

    // python: get_realm_role | php: getRealmRole | js: roles.findOneByName
    let auditor = realm.roles().name("auditor").get().await?;
    let id = auditor.id.as_deref().unwrap();

    // python: update_realm_role | php: updateRealmRole | js: roles.updateByName
    realm
        .roles()
        .name("auditor")
        .modify(|role| role.description = Some("reads".to_owned()))
        .await?;
    assert_eq!(
        realm
            .roles()
            .name("auditor")
            .get()
            .await?
            .description
            .as_deref(),
        Some("reads")
    );

    // python: get_realm_role_by_id, get_role_by_id | php: getRealmRoleById | js: roles.findOneById
    let role_by_id = realm.role_by_id(id).get().await?;
    assert_eq!(role_by_id.name.as_deref(), Some("auditor"));

    // python: update_role_by_id | php: updateRealmRoleById | js: roles.updateById
    realm
        .role_by_id(id)
        .modify(|role| role.attributes = Some(attributes([("level", "2")])))
        .await?;
    assert_eq!(
        realm.role_by_id(id).get().await?.attributes,
        Some(attributes([("level", "2")]))
    );

    // php: getRealmRoleManagementPermissions | js: roles.getPermissions
    let permissions = realm
        .roles()
        .name("auditor")
        .management_permissions()
        .await?;
    assert_eq!(permissions.enabled, Some(false));

    // php: updateRealmRoleManagementPermissions | js: roles.updatePermission
    let permissions = realm
        .roles()
        .name("auditor")
        .set_management_permissions(true)
        .await?;
    assert_eq!(permissions.enabled, Some(true));

    // php: getRealmRoleManagementPermissionsByRoleId
    let permissions = realm.role_by_id(id).management_permissions().await?;
    assert_eq!(permissions.enabled, Some(true));

    // php: updateRealmRoleManagementPermissionsByRoleId
    let permissions = realm
        .role_by_id(id)
        .set_management_permissions(false)
        .await?;
    assert_eq!(permissions.enabled, Some(false));

    let user = realm.users().create(&person("ann")).await?;
    let group = realm.groups().create(&make::group("staff")).await?;
    realm
        .users()
        .id(&user)
        .realm_roles()
        .add(std::slice::from_ref(&auditor))
        .await?;
    realm
        .groups()
        .id(&group)
        .realm_roles()
        .add(std::slice::from_ref(&auditor))
        .await?;

    // python: get_realm_role_members | php: getRealmRoleUsers | js: roles.findUsersWithRole
    let users = realm.roles().name("auditor").users().try_collect().await?;
    assert_eq!(users[0].id.as_ref(), Some(&user));

    // python: get_realm_role_groups | php: getRealmRoleGroups
    let groups = realm.roles().name("auditor").groups().try_collect().await?;
    assert_eq!(groups[0].id.as_ref(), Some(&group));

    // python: delete_role_by_id | php: deleteRealmRoleById | js: roles.delById
    realm.role_by_id(id).delete().await?;
    assert!(realm.role_by_id(id).find().await?.is_none());
    assert!(!realm.role_by_id(id).delete_if_exists().await?);

    realm.roles().create(&role("a/b")).await?;
    realm.roles().name("a/b").update(&role("a;c")).await?;

    // python: delete_realm_role | php: deleteRealmRole | js: roles.delByName
    realm.roles().name("a;c").delete().await?;
    assert!(realm.roles().name("a;c").find().await?.is_none());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn client_roles_do_what_keycloak_lets_them() -> Result<(), Error> {
    let test = TestRealm::create("facade-client-roles").await;
    let realm = test.get();
    let uuid = realm.clients().create(&make::client("app")).await?;
    let client = realm.clients().uuid(&uuid);

    // python: create_client_role | php: createClientRole | js: clients.createRole
    let name = client
        .roles()
        .create(&role("reader"))
        .exist_ok()
        .await?
        .into_inner();
    let again = client.roles().create(&role("reader")).exist_ok().await?;
    assert_eq!(again, Ensured::Existing(name));

    // python: get_client_roles | php: getClientRoles | js: clients.listRoles
    let roles = client.roles().list().try_collect().await?;
    assert!(
        roles
            .iter()
            .any(|role| role.name.as_deref() == Some("reader"))
    );

    // python: get_client_role | php: getClientRole | js: clients.findRole
    let reader = client.roles().name("reader").get().await?;
    assert_eq!(reader.container_id.as_ref(), Some(&uuid));

    // python: get_client_role_id
    let id = client.roles().name("reader").get().await?.id;
    assert_eq!(id, reader.id);

    // python: update_client_role | php: updateClientRole | js: clients.updateRole
    client
        .roles()
        .name("reader")
        .modify(|role| role.description = Some("reads".to_owned()))
        .await?;
    assert_eq!(
        client
            .roles()
            .name("reader")
            .get()
            .await?
            .description
            .as_deref(),
        Some("reads")
    );

    // php: getClientRoleManagementPermissions
    let permissions = client
        .roles()
        .name("reader")
        .management_permissions()
        .await?;
    assert_eq!(permissions.enabled, Some(false));

    // php: updateClientRoleManagementPermissions
    let permissions = client
        .roles()
        .name("reader")
        .set_management_permissions(true)
        .await?;
    assert_eq!(permissions.enabled, Some(true));

    let user = realm.users().create(&person("ann")).await?;
    let group = realm.groups().create(&make::group("staff")).await?;
    realm
        .users()
        .id(&user)
        .client_roles(&uuid)
        .add(std::slice::from_ref(&reader))
        .await?;
    realm
        .groups()
        .id(&group)
        .client_roles(&uuid)
        .add(std::slice::from_ref(&reader))
        .await?;

    // python: get_client_role_members | php: getClientRoleUsers | js: clients.findUsersWithRole
    let users = client.roles().name("reader").users().try_collect().await?;
    assert_eq!(users[0].id.as_ref(), Some(&user));

    // python: get_client_role_groups | php: getClientRoleGroups
    let groups = client.roles().name("reader").groups().try_collect().await?;
    assert_eq!(groups[0].id.as_ref(), Some(&group));

    // python: delete_client_role | php: deleteClientRole | js: clients.delRole
    client.roles().name("reader").delete().await?;
    assert!(client.roles().name("reader").find().await?.is_none());
    assert!(!client.roles().name("reader").delete_if_exists().await?);
    client.roles().create(&role("writer")).await?;
    client
        .roles()
        .name("writer")
        .update(&role("author"))
        .await?;
    assert!(client.roles().name("author").find().await?.is_some());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn roles_are_made_of_roles() -> Result<(), Error> {
    let test = TestRealm::create("facade-composites").await;
    let realm = test.get();
    let uuid = realm.clients().create(&make::client("app")).await?;
    let client = realm.clients().uuid(&uuid);
    for name in ["boss", "auditor", "driver"] {
        realm.roles().create(&role(name)).await?;
    }
    for name in ["admin", "reader"] {
        client.roles().create(&role(name)).await?;
    }
    let boss = realm.roles().name("boss");
    let auditor = [realm.roles().name("auditor").get().await?];
    let reader = [client.roles().name("reader").get().await?];

    // python: add_composite_realm_roles_to_role | php: addCompositeRoleToRealmRole
    realm
        .roles()
        .name("boss")
        .composites()
        .add(&auditor)
        .await?;

    // python: get_composite_realm_roles_of_role | php: getRealmRoleCompositeRolesForRealm
    let of_realm = realm.roles().name("boss").composites().of_realm().await?;
    assert_eq!(of_realm.len(), 1);
    boss.composites().add(&reader).await?;

    // php: getRealmRoleCompositeRoles
    let all = realm.roles().name("boss").composites().list().await?;
    assert_eq!(all.len(), 2);

    // php: getRealmRoleCompositeRolesForClient
    let of_client = realm
        .roles()
        .name("boss")
        .composites()
        .of_client(&uuid)
        .await?;
    assert_eq!(of_client[0].name.as_deref(), Some("reader"));

    let id = boss.get().await?.id.unwrap();

    // python: get_role_composites_by_id | php: getRealmRoleCompositeRolesByRoleId | js: roles.getCompositeRoles
    let composites = realm
        .role_by_id(&id)
        .composites()
        .list()
        .try_collect()
        .await?;
    assert_eq!(composites.len(), 2);

    // python: get_role_client_level_children | php: getRealmRoleCompositeRolesForClientByRoleId | js: roles.getCompositeRolesForClient
    let of_client = realm.role_by_id(&id).composites().of_client(&uuid).await?;
    assert_eq!(of_client.len(), 1);

    // php: getRealmRoleCompositeRolesForRealmByRoleId | js: roles.getCompositeRolesForRealm
    let of_realm = realm.role_by_id(&id).composites().of_realm().await?;
    assert_eq!(of_realm.len(), 1);

    // python: remove_composite_realm_roles_to_role | php: deleteCompositeRoleFromRealmRole
    realm
        .roles()
        .name("boss")
        .composites()
        .remove(&auditor)
        .await?;

    // php: deleteCompositeRoleFromRealmRoleByRoleId | js: roles.delCompositeRoles
    realm.role_by_id(&id).composites().remove(&reader).await?;
    assert!(boss.composites().list().await?.is_empty());

    // php: addCompositeRoleToRealmRoleByRoleId | js: roles.createComposite
    realm.role_by_id(&id).composites().add(&auditor).await?;
    boss.composites().remove(&[]).await?;
    assert_eq!(
        boss.composites().list().await?.len(),
        1,
        "an empty list removes none"
    );

    // python: add_composite_client_roles_to_role | php: addCompositeRoleToClientRole
    client
        .roles()
        .name("admin")
        .composites()
        .add(&reader)
        .await?;
    client
        .roles()
        .name("admin")
        .composites()
        .add(&auditor)
        .await?;

    // python: get_composite_client_roles_of_role | php: getClientRoleCompositeRoles
    let all = client.roles().name("admin").composites().list().await?;
    assert_eq!(all.len(), 2);

    // php: getClientRoleCompositeRolesForClient
    let of_client = client
        .roles()
        .name("admin")
        .composites()
        .of_client(&uuid)
        .await?;
    assert_eq!(of_client.len(), 1);

    // php: getClientRoleCompositeRolesForRealm
    let of_realm = client.roles().name("admin").composites().of_realm().await?;
    assert_eq!(of_realm.len(), 1);

    // python: remove_composite_client_roles_from_role | php: deleteCompositeRoleFromClientRole
    client
        .roles()
        .name("admin")
        .composites()
        .remove(&reader)
        .await?;
    assert_eq!(
        client
            .roles()
            .name("admin")
            .composites()
            .list()
            .await?
            .len(),
        1
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn every_user_has_the_default_role() -> Result<(), Error> {
    let test = TestRealm::create("facade-default-role").await;
    let realm = test.get();
    realm.roles().create(&role("customer")).await?;
    let customer = [realm.roles().name("customer").get().await?];

    // python: get_default_realm_role_id
    let id = realm.default_role_id().await?.unwrap();
    let default = realm.role_by_id(&id);

    // python: add_realm_default_roles
    default.composites().add(&customer).await?;

    // python: get_realm_default_roles
    let roles = default.composites().of_realm().await?;
    assert!(
        roles
            .iter()
            .any(|role| role.name.as_deref() == Some("customer"))
    );

    let user = realm.users().create(&person("ann")).await?;
    let effective = realm.users().id(&user).realm_roles().effective().await?;
    assert!(
        effective
            .iter()
            .any(|role| role.name.as_deref() == Some("customer"))
    );

    // python: remove_realm_default_roles
    default.composites().remove(&customer).await?;
    let effective = realm.users().id(&user).realm_roles().effective().await?;
    assert!(
        !effective
            .iter()
            .any(|role| role.name.as_deref() == Some("customer"))
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn of_a_hundred_callers_one_creates_a_role() {
    let test = TestRealm::create("facade-roles-race").await;
    let roles = test.get().roles();
    let auditor = role("auditor");
    let calls = (0..100).map(|_| roles.create(&auditor).exist_ok());
    make::assert_one_created(Many::new(calls).concurrency(100).await);
}
