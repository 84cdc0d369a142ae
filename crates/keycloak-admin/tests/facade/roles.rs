//! Realm roles, client roles and roles by id, on a real server.

use keycloak_admin::types::RoleRepresentation;
use keycloak_admin::{Ensured, Error};

use crate::common::{TestRealm, attributes, person};
use crate::make::{self, role};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn realm_roles_do_what_keycloak_lets_them() -> Result<(), Error> {
    let test = TestRealm::create("facade-roles").await;
    let realm = test.get();

    // python: create_realm_role | php: createRealmRole | js: roles.create | crate: realm_roles_post
    let name = realm
        .roles()
        .create(&role("auditor"))
        .exist_ok()
        .await?
        .into_id();
    assert_eq!(name, "auditor");

    // python: get_realm_roles | php: getRealmRoles | js: roles.find | crate: realm_roles_get
    let roles = realm.roles().list().try_collect().await?;
    assert!(
        roles
            .iter()
            .any(|role| role.name.as_deref() == Some("auditor"))
    );

    // python: get_realm_role | php: getRealmRole | js: roles.findOneByName | crate: realm_roles_with_role_name_get
    let auditor = realm.role("auditor").get().await?;
    let id = auditor.id.as_deref().unwrap();

    // python: update_realm_role | php: updateRealmRole | js: roles.updateByName
    realm
        .role("auditor")
        .modify(|role| role.description = Some("reads".to_owned()))
        .await?;
    assert_eq!(
        realm.role("auditor").get().await?.description.as_deref(),
        Some("reads")
    );

    // python: get_realm_role_by_id, get_role_by_id | php: getRealmRoleById | js: roles.findOneById | crate: realm_roles_by_id_with_role_id_get
    let role_by_id = realm.role_by_id(id).get().await?;
    assert_eq!(role_by_id.name.as_deref(), Some("auditor"));

    // python: update_role_by_id | php: updateRealmRoleById | js: roles.updateById | crate: realm_roles_by_id_with_role_id_put
    realm
        .role_by_id(id)
        .modify(|role| role.attributes = Some(attributes([("level", "2")])))
        .await?;
    assert_eq!(
        realm.role_by_id(id).get().await?.attributes,
        Some(attributes([("level", "2")]))
    );

    // php: getRealmRoleManagementPermissions | js: roles.getPermissions | crate: realm_roles_with_role_name_management_permissions_get
    let permissions = realm.role("auditor").get_management_permissions().await?;
    assert_eq!(permissions.enabled, Some(false));

    // php: updateRealmRoleManagementPermissions | js: roles.updatePermission | crate: realm_roles_with_role_name_management_permissions_put
    let permissions = realm
        .role("auditor")
        .set_management_permissions(true)
        .await?;
    assert_eq!(permissions.enabled, Some(true));

    // php: getRealmRoleManagementPermissionsByRoleId | crate: realm_roles_by_id_with_role_id_management_permissions_get
    let permissions = realm.role_by_id(id).get_management_permissions().await?;
    assert_eq!(permissions.enabled, Some(true));

    // php: updateRealmRoleManagementPermissionsByRoleId | crate: realm_roles_by_id_with_role_id_management_permissions_put
    let permissions = realm
        .role_by_id(id)
        .set_management_permissions(false)
        .await?;
    assert_eq!(permissions.enabled, Some(false));

    let user = realm.users().create(&person("ann")).await?;
    let group = realm.groups().create(&make::group("staff")).await?;
    realm
        .user(&user)
        .realm_roles()
        .add(std::slice::from_ref(&auditor))
        .await?;
    realm
        .group(&group)
        .realm_roles()
        .add(std::slice::from_ref(&auditor))
        .await?;

    // python: get_realm_role_members | php: getRealmRoleUsers | js: roles.findUsersWithRole | crate: realm_roles_with_role_name_users_get
    let users = realm.role("auditor").list_users().try_collect().await?;
    assert_eq!(users[0].id.as_ref(), Some(&user));

    // python: get_realm_role_groups | php: getRealmRoleGroups | crate: realm_roles_with_role_name_groups_get
    let groups = realm.role("auditor").list_groups().try_collect().await?;
    assert_eq!(groups[0].id.as_ref(), Some(&group));

    // python: delete_role_by_id | php: deleteRealmRoleById | js: roles.delById | crate: realm_roles_by_id_with_role_id_delete
    realm.role_by_id(id).delete().await?;
    assert!(realm.role_by_id(id).find().await?.is_none());
    assert!(!realm.role_by_id(id).delete_if_exists().await?);

    realm.roles().create(&role("a/b")).await?;
    // crate: realm_roles_with_role_name_put
    realm.role("a/b").update(&role("a;c")).await?;

    // python: delete_realm_role | php: deleteRealmRole | js: roles.delByName | crate: realm_roles_with_role_name_delete
    realm.role("a;c").delete().await?;
    assert!(realm.role("a;c").find().await?.is_none());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn client_roles_do_what_keycloak_lets_them() -> Result<(), Error> {
    let test = TestRealm::create("facade-client-roles").await;
    let realm = test.get();
    let uuid = realm.clients().create(&make::client("app")).await?;
    let client = realm.client_by_uuid(&uuid);

    // python: create_client_role | php: createClientRole | js: clients.createRole | crate: realm_clients_with_client_uuid_roles_post
    let name = client
        .roles()
        .create(&role("reader"))
        .exist_ok()
        .await?
        .into_id();
    let again = client.roles().create(&role("reader")).exist_ok().await?;
    assert_eq!(again, Ensured::Existing(name));

    // python: get_client_roles | php: getClientRoles | js: clients.listRoles | crate: realm_clients_with_client_uuid_roles_get
    let roles = client.roles().list().try_collect().await?;
    assert!(
        roles
            .iter()
            .any(|role| role.name.as_deref() == Some("reader"))
    );

    // python: get_client_role | php: getClientRole | js: clients.findRole
    let reader = client.role("reader").get().await?;
    assert_eq!(reader.container_id.as_ref(), Some(&uuid));

    // python: get_client_role_id | crate: realm_clients_with_client_uuid_roles_with_role_name_get
    let id = client.role("reader").get().await?.id;
    assert_eq!(id, reader.id);

    // python: update_client_role | php: updateClientRole | js: clients.updateRole
    client
        .role("reader")
        .modify(|role| role.description = Some("reads".to_owned()))
        .await?;
    assert_eq!(
        client.role("reader").get().await?.description.as_deref(),
        Some("reads")
    );

    // php: getClientRoleManagementPermissions | crate: realm_clients_with_client_uuid_roles_with_role_name_management_permissions_get
    let permissions = client.role("reader").get_management_permissions().await?;
    assert_eq!(permissions.enabled, Some(false));

    // php: updateClientRoleManagementPermissions | crate: realm_clients_with_client_uuid_roles_with_role_name_management_permissions_put
    let permissions = client
        .role("reader")
        .set_management_permissions(true)
        .await?;
    assert_eq!(permissions.enabled, Some(true));

    let user = realm.users().create(&person("ann")).await?;
    let group = realm.groups().create(&make::group("staff")).await?;
    realm
        .user(&user)
        .client_roles_by_uuid(&uuid)
        .add(std::slice::from_ref(&reader))
        .await?;
    realm
        .group(&group)
        .client_roles_by_uuid(&uuid)
        .add(std::slice::from_ref(&reader))
        .await?;

    // python: get_client_role_members | php: getClientRoleUsers | js: clients.findUsersWithRole | crate: realm_clients_with_client_uuid_roles_with_role_name_users_get
    let users = client.role("reader").list_users().try_collect().await?;
    assert_eq!(users[0].id.as_ref(), Some(&user));

    // python: get_client_role_groups | php: getClientRoleGroups | crate: realm_clients_with_client_uuid_roles_with_role_name_groups_get
    let groups = client.role("reader").list_groups().try_collect().await?;
    assert_eq!(groups[0].id.as_ref(), Some(&group));

    // python: delete_client_role | php: deleteClientRole | js: clients.delRole | crate: realm_clients_with_client_uuid_roles_with_role_name_delete
    client.role("reader").delete().await?;
    assert!(client.role("reader").find().await?.is_none());
    assert!(!client.role("reader").delete_if_exists().await?);
    client.roles().create(&role("writer")).await?;
    // crate: realm_clients_with_client_uuid_roles_with_role_name_put
    client.role("writer").update(&role("author")).await?;
    assert!(client.role("author").find().await?.is_some());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn roles_are_made_of_roles() -> Result<(), Error> {
    let test = TestRealm::create("facade-composites").await;
    let realm = test.get();
    let uuid = realm.clients().create(&make::client("app")).await?;
    let client = realm.client_by_uuid(&uuid);
    for name in ["boss", "auditor", "driver"] {
        realm.roles().create(&role(name)).await?;
    }
    for name in ["admin", "reader"] {
        client.roles().create(&role(name)).await?;
    }
    let boss = realm.role("boss");
    let auditor = [realm.role("auditor").get().await?];
    let reader = [client.role("reader").get().await?];

    // python: add_composite_realm_roles_to_role | php: addCompositeRoleToRealmRole | crate: realm_roles_with_role_name_composites_post
    realm.role("boss").composites().add(&auditor).await?;

    // python: get_composite_realm_roles_of_role | php: getRealmRoleCompositeRolesForRealm | crate: realm_roles_with_role_name_composites_realm_get
    let of_realm = realm.role("boss").composites().list_realm_roles().await?;
    assert_eq!(of_realm.len(), 1);
    boss.composites().add(&reader).await?;

    // php: getRealmRoleCompositeRoles | crate: realm_roles_with_role_name_composites_get
    let all = realm.role("boss").composites().list().await?;
    assert_eq!(all.len(), 2);

    // php: getRealmRoleCompositeRolesForClient | crate: realm_roles_with_role_name_composites_clients_with_target_client_uuid_get
    let of_client = realm
        .role("boss")
        .composites()
        .list_client_roles_by_uuid(&uuid)
        .await?;
    assert_eq!(of_client[0].name.as_deref(), Some("reader"));

    let id = boss.get().await?.id.unwrap();

    // python: get_role_composites_by_id | php: getRealmRoleCompositeRolesByRoleId | js: roles.getCompositeRoles | crate: realm_roles_by_id_with_role_id_composites_get
    let composites = realm
        .role_by_id(&id)
        .composites()
        .list()
        .try_collect()
        .await?;
    assert_eq!(composites.len(), 2);

    // python: get_role_client_level_children | php: getRealmRoleCompositeRolesForClientByRoleId | js: roles.getCompositeRolesForClient | crate: realm_roles_by_id_with_role_id_composites_clients_with_client_uuid_get
    let of_client = realm
        .role_by_id(&id)
        .composites()
        .list_client_roles_by_uuid(&uuid)
        .await?;
    assert_eq!(of_client.len(), 1);

    // php: getRealmRoleCompositeRolesForRealmByRoleId | js: roles.getCompositeRolesForRealm | crate: realm_roles_by_id_with_role_id_composites_realm_get
    let of_realm = realm
        .role_by_id(&id)
        .composites()
        .list_realm_roles()
        .await?;
    assert_eq!(of_realm.len(), 1);

    // python: remove_composite_realm_roles_to_role | php: deleteCompositeRoleFromRealmRole | crate: realm_roles_with_role_name_composites_delete
    realm.role("boss").composites().remove(&auditor).await?;

    // php: deleteCompositeRoleFromRealmRoleByRoleId | js: roles.delCompositeRoles | crate: realm_roles_by_id_with_role_id_composites_delete
    realm.role_by_id(&id).composites().remove(&reader).await?;
    assert!(boss.composites().list().await?.is_empty());

    // php: addCompositeRoleToRealmRoleByRoleId | js: roles.createComposite | crate: realm_roles_by_id_with_role_id_composites_post
    realm.role_by_id(&id).composites().add(&auditor).await?;
    boss.composites().remove(&[]).await?;
    assert_eq!(
        boss.composites().list().await?.len(),
        1,
        "an empty list removes none"
    );

    // python: add_composite_client_roles_to_role | php: addCompositeRoleToClientRole | crate: realm_clients_with_client_uuid_roles_with_role_name_composites_post
    client.role("admin").composites().add(&reader).await?;
    client.role("admin").composites().add(&auditor).await?;

    // python: get_composite_client_roles_of_role | php: getClientRoleCompositeRoles | crate: realm_clients_with_client_uuid_roles_with_role_name_composites_get
    let all = client.role("admin").composites().list().await?;
    assert_eq!(all.len(), 2);

    // php: getClientRoleCompositeRolesForClient | crate: realm_clients_with_client_uuid_roles_with_role_name_composites_clients_with_target_client_uuid_get
    let of_client = client
        .role("admin")
        .composites()
        .list_client_roles_by_uuid(&uuid)
        .await?;
    assert_eq!(of_client.len(), 1);

    // php: getClientRoleCompositeRolesForRealm | crate: realm_clients_with_client_uuid_roles_with_role_name_composites_realm_get
    let of_realm = client.role("admin").composites().list_realm_roles().await?;
    assert_eq!(of_realm.len(), 1);

    // python: remove_composite_client_roles_from_role | php: deleteCompositeRoleFromClientRole | crate: realm_clients_with_client_uuid_roles_with_role_name_composites_delete
    client.role("admin").composites().remove(&reader).await?;
    assert_eq!(client.role("admin").composites().list().await?.len(), 1);
    Ok(())
}

fn names(roles: Vec<RoleRepresentation>) -> Vec<String> {
    let mut names: Vec<String> = roles.into_iter().filter_map(|role| role.name).collect();
    names.sort();
    names
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn roles_are_made_of_roles_by_name() -> Result<(), Error> {
    let test = TestRealm::create("facade-composite-names").await;
    let realm = test.get();
    let uuid = realm.clients().create(&make::client("app")).await?;
    let client = realm.client_by_uuid(&uuid);
    for name in ["boss", "auditor", "driver"] {
        realm.roles().create(&role(name)).await?;
    }
    for name in ["admin", "reader", "writer"] {
        client.roles().create(&role(name)).await?;
    }

    let boss = realm.role("boss").composites();
    boss.add_by_name(["auditor", "driver"]).await?;
    boss.add_client_roles_by_name("app", ["reader", "writer"])
        .await?;
    let all = ["auditor", "driver", "reader", "writer"];
    assert_eq!(names(boss.list().await?), all);

    // Nothing is written if a role or the client does not exist.
    let error = boss
        .remove_by_name(["auditor", "nobody"])
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(error.to_string().contains(r#"no role "nobody""#), "{error}");
    let error = boss.add_client_roles_by_name("app", ["admin", "auditor"]);
    let error = error.await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(
        error.to_string().contains(r#"no role "auditor""#),
        "{error}"
    );
    let error = boss.add_client_roles_by_name(&uuid, ["admin"]);
    let error = error.await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(error.to_string().contains(&uuid), "{error}");
    assert_eq!(names(boss.list().await?), all);

    boss.remove_by_name(["driver"]).await?;
    boss.remove_client_roles_by_name("app", ["writer"]).await?;
    boss.remove_by_name([""; 0]).await?;
    assert_eq!(names(boss.list().await?), ["auditor", "reader"]);

    let admin = client.role("admin").composites();
    admin.add_by_name(["driver"]).await?;
    admin.add_client_roles_by_name("app", ["reader"]).await?;
    assert_eq!(names(admin.list().await?), ["driver", "reader"]);

    let id = client.role("admin").get().await?.id.unwrap();
    let admin = realm.role_by_id(id).composites();
    admin.add_by_name(["auditor"]).await?;
    admin.remove_client_roles_by_name("app", ["reader"]).await?;
    let left = admin.list().try_collect().await?;
    assert_eq!(names(left), ["auditor", "driver"]);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn every_user_has_the_default_role() -> Result<(), Error> {
    let test = TestRealm::create("facade-default-role").await;
    let realm = test.get();
    realm.roles().create(&role("customer")).await?;
    let customer = [realm.role("customer").get().await?];

    // python: get_default_realm_role_id
    let id = realm.find_default_role_id().await?.unwrap();
    let default = realm.role_by_id(&id);

    // python: add_realm_default_roles
    default.composites().add(&customer).await?;

    // python: get_realm_default_roles
    let roles = default.composites().list_realm_roles().await?;
    assert!(
        roles
            .iter()
            .any(|role| role.name.as_deref() == Some("customer"))
    );

    let user = realm.users().create(&person("ann")).await?;
    let effective = realm.user(&user).realm_roles().list_effective().await?;
    assert!(
        effective
            .iter()
            .any(|role| role.name.as_deref() == Some("customer"))
    );

    // python: remove_realm_default_roles
    default.composites().remove(&customer).await?;
    let effective = realm.user(&user).realm_roles().list_effective().await?;
    assert!(
        !effective
            .iter()
            .any(|role| role.name.as_deref() == Some("customer"))
    );
    Ok(())
}
