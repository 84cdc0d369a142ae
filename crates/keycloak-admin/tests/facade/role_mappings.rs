//! The roles of users, groups, clients and client scopes, on a real server.

use keycloak_admin::Error;
use keycloak_admin::types::{OrganizationRepresentation, RoleRepresentation};

use crate::common::{TestRealm, person};
use crate::make::{self, role};

fn has(roles: &[RoleRepresentation], name: &str) -> bool {
    roles.iter().any(|role| role.name.as_deref() == Some(name))
}

/// A realm role `auditor`, a client `app` with a role `reader`, and the client's UUID.
async fn roles(
    test: &TestRealm,
) -> Result<([RoleRepresentation; 1], [RoleRepresentation; 1], String), Error> {
    let realm = test.get();
    realm.roles().create(&role("auditor")).await?;
    let uuid = realm.clients().create(&make::client("app")).await?;
    let client = realm.client_by_uuid(&uuid);
    client.roles().create(&role("reader")).await?;
    let auditor = realm.role("auditor").get().await?;
    let reader = client.role("reader").get().await?;
    Ok(([auditor], [reader], uuid))
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_have_roles() -> Result<(), Error> {
    let test = TestRealm::create("facade-user-roles").await;
    let realm = test.get();
    let (auditor, reader, uuid) = roles(&test).await?;
    let id = realm.users().create(&person("ann")).await?;
    let user = realm.user(&id);

    // python: get_available_realm_roles_of_user | php: getAvailableUserRealmRoleMappings | js: users.listAvailableRealmRoleMappings | crate: realm_users_with_user_id_role_mappings_realm_available_get
    let available = user.realm_roles().list_available().await?;
    assert!(has(&available, "auditor"));

    // python: assign_realm_roles | php: addGlobalRolesToUser | js: users.addRealmRoleMappings | crate: realm_users_with_user_id_role_mappings_realm_post
    user.realm_roles().add(&auditor).await?;

    // python: get_realm_roles_of_user | php: getUserRealmRoleMappings | js: users.listRealmRoleMappings | crate: realm_users_with_user_id_role_mappings_realm_get
    let mapped = user.realm_roles().list().await?;
    assert!(has(&mapped, "auditor"));

    // python: get_composite_realm_roles_of_user | php: getEffectiveUserRealmRoleMappings | js: users.listCompositeRealmRoleMappings | crate: realm_users_with_user_id_role_mappings_realm_composite_get
    let effective = user.realm_roles().list_effective().await?;
    assert!(has(&effective, "auditor") && has(&effective, "offline_access"));

    // python: get_available_client_roles_of_user | php: getAvailableUserClientRoleMappings | js: users.listAvailableClientRoleMappings | crate: realm_users_with_user_id_role_mappings_clients_with_client_id_available_get
    let available = user.client_roles_by_uuid(&uuid).list_available().await?;
    assert!(has(&available, "reader"));

    // python: assign_client_role | php: addUserClientRoleMappings | js: users.addClientRoleMappings | crate: realm_users_with_user_id_role_mappings_clients_with_client_id_post
    user.client_roles_by_uuid(&uuid).add(&reader).await?;

    // python: get_client_roles_of_user | php: getUserClientRoleMappings | js: users.listClientRoleMappings | crate: realm_users_with_user_id_role_mappings_clients_with_client_id_get
    let mapped = user.client_roles_by_uuid(&uuid).list().await?;
    assert!(has(&mapped, "reader"));

    // python: get_composite_client_roles_of_user | php: getUserClientRoleMappingsWithComposite | js: users.listCompositeClientRoleMappings | crate: realm_users_with_user_id_role_mappings_clients_with_client_id_composite_get
    let effective = user.client_roles_by_uuid(&uuid).list_effective().await?;
    assert!(has(&effective, "reader"));

    // python: get_all_roles_of_user | php: getUserRoleMappings | js: users.listRoleMappings | crate: realm_users_with_user_id_role_mappings_get
    let all = user.get_role_mappings().await?;
    assert!(has(&all.realm_mappings.unwrap(), "auditor"));
    assert!(all.client_mappings.unwrap().contains_key("app"));

    // python: delete_realm_roles_of_user | php: deleteUserRealmRoleMappings | js: users.delRealmRoleMappings | crate: realm_users_with_user_id_role_mappings_realm_delete
    user.realm_roles().remove(&auditor).await?;
    assert!(!has(&user.realm_roles().list().await?, "auditor"));

    // python: delete_client_roles_of_user | php: deleteUserClientRoleMappings | js: users.delClientRoleMappings | crate: realm_users_with_user_id_role_mappings_clients_with_client_id_delete
    user.client_roles_by_uuid(&uuid).remove(&reader).await?;
    assert!(user.client_roles_by_uuid(&uuid).list().await?.is_empty());
    user.realm_roles().remove(&[]).await?;
    assert!(
        !user.realm_roles().list().await?.is_empty(),
        "an empty list removes none"
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn groups_have_roles() -> Result<(), Error> {
    let test = TestRealm::create("facade-group-roles").await;
    let realm = test.get();
    let (auditor, reader, uuid) = roles(&test).await?;
    let id = realm.groups().create(&make::group("staff")).await?;
    let group = realm.group(&id);

    // php: getAvailableGroupRealmRoleMappings | js: groups.listAvailableRealmRoleMappings | crate: realm_groups_with_group_id_role_mappings_realm_available_get
    let available = group.realm_roles().list_available().await?;
    assert!(has(&available, "auditor"));

    // python: assign_group_realm_roles | php: addGlobalRolesToGroup | js: groups.addRealmRoleMappings | crate: realm_groups_with_group_id_role_mappings_realm_post
    group.realm_roles().add(&auditor).await?;

    // python: get_group_realm_roles | php: getGroupRealmRoleMappings | js: groups.listRealmRoleMappings | crate: realm_groups_with_group_id_role_mappings_realm_get
    let mapped = group.realm_roles().list().await?;
    assert!(has(&mapped, "auditor"));

    // php: getEffectiveGroupRealmRoleMappings | js: groups.listCompositeRealmRoleMappings | crate: realm_groups_with_group_id_role_mappings_realm_composite_get
    let effective = group.realm_roles().list_effective().await?;
    assert!(has(&effective, "auditor"));

    // php: getAvailableGroupClientRoleMappings | js: groups.listAvailableClientRoleMappings | crate: realm_groups_with_group_id_role_mappings_clients_with_client_id_available_get
    let available = group.client_roles_by_uuid(&uuid).list_available().await?;
    assert!(has(&available, "reader"));

    // python: assign_group_client_roles | php: addGroupClientRoleMappings | js: groups.addClientRoleMappings | crate: realm_groups_with_group_id_role_mappings_clients_with_client_id_post
    group.client_roles_by_uuid(&uuid).add(&reader).await?;

    // python: get_group_client_roles | php: getGroupClientRoleMappings | js: groups.listClientRoleMappings | crate: realm_groups_with_group_id_role_mappings_clients_with_client_id_get
    let mapped = group.client_roles_by_uuid(&uuid).list().await?;
    assert!(has(&mapped, "reader"));

    // python: get_composite_client_roles_of_group | php: getGroupClientRoleMappingsWithComposite | js: groups.listCompositeClientRoleMappings | crate: realm_groups_with_group_id_role_mappings_clients_with_client_id_composite_get
    let effective = group.client_roles_by_uuid(&uuid).list_effective().await?;
    assert!(has(&effective, "reader"));

    // php: getGroupRoleMappings | js: groups.listRoleMappings | crate: realm_groups_with_group_id_role_mappings_get
    let all = group.get_role_mappings().await?;
    assert!(has(&all.realm_mappings.unwrap(), "auditor"));

    // python: delete_group_realm_roles | php: deleteGroupRealmRoleMappings | js: groups.delRealmRoleMappings | crate: realm_groups_with_group_id_role_mappings_realm_delete
    group.realm_roles().remove(&auditor).await?;
    assert!(group.realm_roles().list().await?.is_empty());

    // python: delete_group_client_roles | php: deleteGroupClientRoleMappings | js: groups.delClientRoleMappings | crate: realm_groups_with_group_id_role_mappings_clients_with_client_id_delete
    group.client_roles_by_uuid(&uuid).remove(&reader).await?;
    assert!(group.client_roles_by_uuid(&uuid).list().await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn clients_have_roles_in_their_scope() -> Result<(), Error> {
    let test = TestRealm::create("facade-client-scope-roles").await;
    let realm = test.get();
    let (auditor, reader, app) = roles(&test).await?;
    let mut shop = make::client("shop");
    shop.full_scope_allowed = Some(false);
    let uuid = realm.clients().create(&shop).await?;
    let scope = realm.client_by_uuid(&uuid).scope_mappings();

    // php: client: list available realm roles | js: clients.listAvailableRealmScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_realm_available_get
    let available = scope.realm_roles().list_available().await?;
    assert!(has(&available, "auditor"));

    // python: assign_realm_roles_to_client_scope | php: client: add realm roles | js: clients.addRealmScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_realm_post
    scope.realm_roles().add(&auditor).await?;

    // python: get_realm_roles_of_client_scope | php: client: list realm roles | js: clients.listRealmScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_realm_get
    let mapped = scope.realm_roles().list().await?;
    assert!(has(&mapped, "auditor"));

    // php: client: list effective realm roles | js: clients.listCompositeRealmScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_realm_composite_get
    let effective = scope.realm_roles().list_effective().await?;
    assert!(has(&effective, "auditor"));

    // php: client: list available client roles | js: clients.listAvailableClientScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_clients_with_client_available_get
    let available = scope.client_roles_by_uuid(&app).list_available().await?;
    assert!(has(&available, "reader"));

    // python: assign_client_roles_to_client_scope | php: client: add client roles | js: clients.addClientScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_clients_with_client_post
    scope.client_roles_by_uuid(&app).add(&reader).await?;

    // python: get_client_roles_of_client_scope | php: client: list client roles | js: clients.listClientScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_clients_with_client_get
    let mapped = scope.client_roles_by_uuid(&app).list().await?;
    assert!(has(&mapped, "reader"));

    // php: client: list effective client roles | js: clients.listCompositeClientScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_clients_with_client_composite_get
    let effective = scope.client_roles_by_uuid(&app).list_effective().await?;
    assert!(has(&effective, "reader"));

    // php: client: all scope mappings | js: clients.listScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_get
    let all = scope.get().await?;
    assert!(has(&all.realm_mappings.unwrap(), "auditor"));

    // python: delete_realm_roles_of_client_scope | php: client: remove realm roles | js: clients.delRealmScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_realm_delete
    scope.realm_roles().remove(&auditor).await?;
    assert!(scope.realm_roles().list().await?.is_empty());

    // python: delete_client_roles_of_client_scope | php: client: remove client roles | js: clients.delClientScopeMappings | crate: realm_clients_with_client_uuid_scope_mappings_clients_with_client_delete
    scope.client_roles_by_uuid(&app).remove(&reader).await?;
    assert!(scope.client_roles_by_uuid(&app).list().await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn client_scopes_have_roles() -> Result<(), Error> {
    let test = TestRealm::create("facade-scope-roles").await;
    let realm = test.get();
    let (auditor, reader, app) = roles(&test).await?;
    let id = realm
        .client_scopes()
        .create(&make::client_scope("audit"))
        .await?;
    let scope = realm.client_scope(&id).scope_mappings();

    // php: client scope: list available realm roles | js: clientScopes.listAvailableRealmScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_realm_available_get, realm_client_templates_with_client_scope_id_scope_mappings_realm_available_get
    let available = scope.realm_roles().list_available().await?;
    assert!(has(&available, "auditor"));

    // php: client scope: add realm roles | js: clientScopes.addRealmScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_realm_post, realm_client_templates_with_client_scope_id_scope_mappings_realm_post
    scope.realm_roles().add(&auditor).await?;

    // php: client scope: list realm roles | js: clientScopes.listRealmScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_realm_get, realm_client_templates_with_client_scope_id_scope_mappings_realm_get
    let mapped = scope.realm_roles().list().await?;
    assert!(has(&mapped, "auditor"));

    // php: client scope: list effective realm roles | js: clientScopes.listCompositeRealmScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_realm_composite_get, realm_client_templates_with_client_scope_id_scope_mappings_realm_composite_get
    let effective = scope.realm_roles().list_effective().await?;
    assert!(has(&effective, "auditor"));

    // php: client scope: list available client roles | js: clientScopes.listAvailableClientScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_clients_with_client_available_get, realm_client_templates_with_client_scope_id_scope_mappings_clients_with_client_available_get
    let available = scope.client_roles_by_uuid(&app).list_available().await?;
    assert!(has(&available, "reader"));

    // python: add_client_specific_roles_to_client_scope | php: client scope: add client roles | js: clientScopes.addClientScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_clients_with_client_post, realm_client_templates_with_client_scope_id_scope_mappings_clients_with_client_post
    scope.client_roles_by_uuid(&app).add(&reader).await?;

    // python: get_client_specific_roles_of_client_scope | php: client scope: list client roles | js: clientScopes.listClientScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_clients_with_client_get, realm_client_templates_with_client_scope_id_scope_mappings_clients_with_client_get
    let mapped = scope.client_roles_by_uuid(&app).list().await?;
    assert!(has(&mapped, "reader"));

    // php: client scope: list effective client roles | js: clientScopes.listCompositeClientScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_clients_with_client_composite_get, realm_client_templates_with_client_scope_id_scope_mappings_clients_with_client_composite_get
    let effective = scope.client_roles_by_uuid(&app).list_effective().await?;
    assert!(has(&effective, "reader"));

    // python: get_all_roles_of_client_scope | php: client scope: all scope mappings | js: clientScopes.listScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_get, realm_client_templates_with_client_scope_id_scope_mappings_get
    let all = scope.get().await?;
    assert!(has(&all.realm_mappings.unwrap(), "auditor"));

    // php: client scope: remove realm roles | js: clientScopes.delRealmScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_realm_delete, realm_client_templates_with_client_scope_id_scope_mappings_realm_delete
    scope.realm_roles().remove(&auditor).await?;
    assert!(scope.realm_roles().list().await?.is_empty());

    // python: remove_client_specific_roles_of_client_scope | php: client scope: remove client roles | js: clientScopes.delClientScopeMappings | crate: realm_client_scopes_with_client_scope_id_scope_mappings_clients_with_client_delete, realm_client_templates_with_client_scope_id_scope_mappings_clients_with_client_delete
    scope.client_roles_by_uuid(&app).remove(&reader).await?;
    assert!(scope.client_roles_by_uuid(&app).list().await?.is_empty());
    Ok(())
}

fn names(roles: Vec<RoleRepresentation>) -> Vec<String> {
    let mut names: Vec<String> = roles.into_iter().filter_map(|role| role.name).collect();
    names.sort();
    names
}

/// A realm with the realm roles `auditor` and `driver`, and with a client `app` that has the roles `reader` and `writer`.
async fn realm_with_roles(prefix: &str) -> Result<TestRealm, Error> {
    let test =
        TestRealm::create_with(prefix, |realm| realm.organizations_enabled = Some(true)).await;
    let realm = test.get();
    for name in ["auditor", "driver"] {
        realm.roles().create(&role(name)).await?;
    }
    let uuid = realm.clients().create(&make::client("app")).await?;
    for name in ["reader", "writer"] {
        let roles = realm.client_by_uuid(&uuid).roles();
        roles.create(&role(name)).await?;
    }
    Ok(test)
}

/// Maps the roles of [`realm_with_roles`] by name, and takes them away again.
macro_rules! assert_roles_are_mapped_by_name {
    ($realm:expr, $owner:expr) => {{
        let (realm, owner) = ($realm, $owner);
        let of_realm = owner.realm_roles();
        let before = of_realm.list().await?.len();
        of_realm.add_by_name(["auditor", "driver"]).await?;
        let mapped = of_realm.list().await?;
        assert!(has(&mapped, "auditor") && has(&mapped, "driver"));
        of_realm.add_by_name(["auditor"]).await?;

        // Nothing is written if a role does not exist.
        let result = of_realm.remove_by_name(["driver", "nobody"]).await;
        assert_is_missing(result, "nobody");
        assert!(has(&of_realm.list().await?, "driver"));
        of_realm.remove_by_name(["driver"]).await?;
        assert!(!has(&of_realm.list().await?, "driver"));
        of_realm.remove_by_name([""; 0]).await?;
        assert_eq!(of_realm.list().await?.len(), before + 1);

        let of_client = owner.client_roles("app");
        of_client.add_by_name(["reader", "writer"]).await?;
        assert_eq!(names(of_client.list().await?), ["reader", "writer"]);
        let result = of_client.remove_by_name(["reader", "auditor"]).await;
        assert_is_missing(result, "auditor");
        of_client.remove_by_name(["writer"]).await?;
        assert_eq!(names(of_client.list().await?), ["reader"]);

        let uuid = realm.clients().find_uuid("app").await?.unwrap();
        let by_uuid = owner.client_roles_by_uuid(&uuid);
        by_uuid.add_by_name(vec!["writer".to_owned()]).await?;
        by_uuid.remove_by_name(&["reader"]).await?;
        assert_eq!(names(by_uuid.list().await?), ["writer"]);

        // A UUID is no client id.
        let of_nobody = owner.client_roles(&uuid);
        assert_is_missing(of_nobody.list().await, &uuid);
        assert_is_missing(of_nobody.add_by_name(["reader"]).await, &uuid);
    }};
}

/// Fails unless the error says that there is nothing of this name.
fn assert_is_missing<T: std::fmt::Debug>(result: Result<T, Error>, name: &str) {
    let error = result.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_have_roles_by_name() -> Result<(), Error> {
    let test = realm_with_roles("facade-user-role-names").await?;
    let realm = test.get();
    let id = realm.users().create(&person("ann")).await?;
    assert_roles_are_mapped_by_name!(&realm, realm.user(&id));

    // The futures can be spawned.
    let user = realm.user(&id);
    let spawned = tokio::spawn(async move {
        user.realm_roles().add_by_name(["driver"]).await?;
        user.client_roles("app").add_by_name(["reader"]).await
    });
    spawned.await.unwrap()?;
    let all = realm.user(&id).get_role_mappings().await?;
    assert!(has(&all.realm_mappings.unwrap(), "driver"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn groups_have_roles_by_name() -> Result<(), Error> {
    let test = realm_with_roles("facade-group-role-names").await?;
    let realm = test.get();
    let id = realm.groups().create(&make::group("staff")).await?;
    assert_roles_are_mapped_by_name!(&realm, realm.group(&id));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn groups_of_an_organization_have_roles_by_name() -> Result<(), Error> {
    let test = realm_with_roles("facade-org-group-role-names").await?;
    let realm = test.get();
    let acme = OrganizationRepresentation::new().with_name("acme");
    let id = realm.organizations().create(&acme).await?;
    let organization = realm.organization(&id);
    let id = organization.groups().create(&make::group("sales")).await?;
    assert_roles_are_mapped_by_name!(&realm, organization.group(&id));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn clients_have_roles_in_their_scope_by_name() -> Result<(), Error> {
    let test = realm_with_roles("facade-client-role-names").await?;
    let realm = test.get();
    let mut shop = make::client("web-shop");
    shop.full_scope_allowed = Some(false);
    let uuid = realm.clients().create(&shop).await?;
    let scope = realm.client_by_uuid(&uuid).scope_mappings();
    assert_roles_are_mapped_by_name!(&realm, scope.clone());

    // The client whose roles are in the scope is not the client that has the scope.
    assert!(scope.client_roles("web-shop").list().await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn client_scopes_have_roles_by_name() -> Result<(), Error> {
    let test = realm_with_roles("facade-scope-role-names").await?;
    let realm = test.get();
    let scope = make::client_scope("audit");
    let id = realm.client_scopes().create(&scope).await?;
    let scope = realm.client_scope(&id).scope_mappings();
    assert_roles_are_mapped_by_name!(&realm, scope.clone());
    assert_eq!(names(scope.client_roles("app").list().await?), ["writer"]);
    Ok(())
}
