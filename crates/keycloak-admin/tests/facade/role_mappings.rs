//! Which roles users, groups, clients and client scopes have, on a real server.

use keycloak_admin::Error;
use keycloak_admin::types::RoleRepresentation;

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
    let of_client = realm.clients().uuid(&uuid).roles();
    of_client.create(&role("reader")).await?;
    let auditor = realm.roles().name("auditor").get().await?;
    let reader = of_client.name("reader").get().await?;
    Ok(([auditor], [reader], uuid))
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_have_roles() -> Result<(), Error> {
    let test = TestRealm::create("facade-user-roles").await;
    let realm = test.get();
    let (auditor, reader, uuid) = roles(&test).await?;
    let id = realm.users().create(&person("ann")).await?;
    let user = realm.users().id(&id);

    // python: get_available_realm_roles_of_user | php: getAvailableUserRealmRoleMappings | js: users.listAvailableRealmRoleMappings
    let available = user.realm_roles().available().await?;
    assert!(has(&available, "auditor"));

    // python: assign_realm_roles | php: addGlobalRolesToUser | js: users.addRealmRoleMappings
    user.realm_roles().add(&auditor).await?;

    // python: get_realm_roles_of_user | php: getUserRealmRoleMappings | js: users.listRealmRoleMappings
    let mapped = user.realm_roles().list().await?;
    assert!(has(&mapped, "auditor"));

    // python: get_composite_realm_roles_of_user | php: getEffectiveUserRealmRoleMappings | js: users.listCompositeRealmRoleMappings
    let effective = user.realm_roles().effective().await?;
    assert!(has(&effective, "auditor") && has(&effective, "offline_access"));

    // python: get_available_client_roles_of_user | php: getAvailableUserClientRoleMappings | js: users.listAvailableClientRoleMappings
    let available = user.client_roles(&uuid).available().await?;
    assert!(has(&available, "reader"));

    // python: assign_client_role | php: addUserClientRoleMappings | js: users.addClientRoleMappings
    user.client_roles(&uuid).add(&reader).await?;

    // python: get_client_roles_of_user | php: getUserClientRoleMappings | js: users.listClientRoleMappings
    let mapped = user.client_roles(&uuid).list().await?;
    assert!(has(&mapped, "reader"));

    // python: get_composite_client_roles_of_user | php: getUserClientRoleMappingsWithComposite | js: users.listCompositeClientRoleMappings
    let effective = user.client_roles(&uuid).effective().await?;
    assert!(has(&effective, "reader"));

    // python: get_all_roles_of_user | php: getUserRoleMappings | js: users.listRoleMappings
    let all = user.role_mappings().await?;
    assert!(has(&all.realm_mappings.unwrap(), "auditor"));
    assert!(all.client_mappings.unwrap().contains_key("app"));

    // python: delete_realm_roles_of_user | php: deleteUserRealmRoleMappings | js: users.delRealmRoleMappings
    user.realm_roles().remove(&auditor).await?;
    assert!(!has(&user.realm_roles().list().await?, "auditor"));

    // python: delete_client_roles_of_user | php: deleteUserClientRoleMappings | js: users.delClientRoleMappings
    user.client_roles(&uuid).remove(&reader).await?;
    assert!(user.client_roles(&uuid).list().await?.is_empty());
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
    let group = realm.groups().id(&id);

    // php: getAvailableGroupRealmRoleMappings | js: groups.listAvailableRealmRoleMappings
    let available = group.realm_roles().available().await?;
    assert!(has(&available, "auditor"));

    // python: assign_group_realm_roles | php: addGlobalRolesToGroup | js: groups.addRealmRoleMappings
    group.realm_roles().add(&auditor).await?;

    // python: get_group_realm_roles | php: getGroupRealmRoleMappings | js: groups.listRealmRoleMappings
    let mapped = group.realm_roles().list().await?;
    assert!(has(&mapped, "auditor"));

    // php: getEffectiveGroupRealmRoleMappings | js: groups.listCompositeRealmRoleMappings
    let effective = group.realm_roles().effective().await?;
    assert!(has(&effective, "auditor"));

    // php: getAvailableGroupClientRoleMappings | js: groups.listAvailableClientRoleMappings
    let available = group.client_roles(&uuid).available().await?;
    assert!(has(&available, "reader"));

    // python: assign_group_client_roles | php: addGroupClientRoleMappings | js: groups.addClientRoleMappings
    group.client_roles(&uuid).add(&reader).await?;

    // python: get_group_client_roles | php: getGroupClientRoleMappings | js: groups.listClientRoleMappings
    let mapped = group.client_roles(&uuid).list().await?;
    assert!(has(&mapped, "reader"));

    // python: get_composite_client_roles_of_group | php: getGroupClientRoleMappingsWithComposite | js: groups.listCompositeClientRoleMappings
    let effective = group.client_roles(&uuid).effective().await?;
    assert!(has(&effective, "reader"));

    // php: getGroupRoleMappings | js: groups.listRoleMappings
    let all = group.role_mappings().await?;
    assert!(has(&all.realm_mappings.unwrap(), "auditor"));

    // python: delete_group_realm_roles | php: deleteGroupRealmRoleMappings | js: groups.delRealmRoleMappings
    group.realm_roles().remove(&auditor).await?;
    assert!(group.realm_roles().list().await?.is_empty());

    // python: delete_group_client_roles | php: deleteGroupClientRoleMappings | js: groups.delClientRoleMappings
    group.client_roles(&uuid).remove(&reader).await?;
    assert!(group.client_roles(&uuid).list().await?.is_empty());
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
    let scope = realm.clients().uuid(&uuid).scope_mappings();

    // php: client: list available realm roles | js: clients.listAvailableRealmScopeMappings
    let available = scope.realm_roles().available().await?;
    assert!(has(&available, "auditor"));

    // python: assign_realm_roles_to_client_scope | php: client: add realm roles | js: clients.addRealmScopeMappings
    scope.realm_roles().add(&auditor).await?;

    // python: get_realm_roles_of_client_scope | php: client: list realm roles | js: clients.listRealmScopeMappings
    let mapped = scope.realm_roles().list().await?;
    assert!(has(&mapped, "auditor"));

    // php: client: list effective realm roles | js: clients.listCompositeRealmScopeMappings
    let effective = scope.realm_roles().effective().await?;
    assert!(has(&effective, "auditor"));

    // php: client: list available client roles | js: clients.listAvailableClientScopeMappings
    let available = scope.client_roles(&app).available().await?;
    assert!(has(&available, "reader"));

    // python: assign_client_roles_to_client_scope | php: client: add client roles | js: clients.addClientScopeMappings
    scope.client_roles(&app).add(&reader).await?;

    // python: get_client_roles_of_client_scope | php: client: list client roles | js: clients.listClientScopeMappings
    let mapped = scope.client_roles(&app).list().await?;
    assert!(has(&mapped, "reader"));

    // php: client: list effective client roles | js: clients.listCompositeClientScopeMappings
    let effective = scope.client_roles(&app).effective().await?;
    assert!(has(&effective, "reader"));

    // php: client: all scope mappings | js: clients.listScopeMappings
    let all = scope.all().await?;
    assert!(has(&all.realm_mappings.unwrap(), "auditor"));

    // python: delete_realm_roles_of_client_scope | php: client: remove realm roles | js: clients.delRealmScopeMappings
    scope.realm_roles().remove(&auditor).await?;
    assert!(scope.realm_roles().list().await?.is_empty());

    // python: delete_client_roles_of_client_scope | php: client: remove client roles | js: clients.delClientScopeMappings
    scope.client_roles(&app).remove(&reader).await?;
    assert!(scope.client_roles(&app).list().await?.is_empty());
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
    let scope = realm.client_scopes().id(&id).scope_mappings();

    // php: client scope: list available realm roles | js: clientScopes.listAvailableRealmScopeMappings
    let available = scope.realm_roles().available().await?;
    assert!(has(&available, "auditor"));

    // php: client scope: add realm roles | js: clientScopes.addRealmScopeMappings
    scope.realm_roles().add(&auditor).await?;

    // php: client scope: list realm roles | js: clientScopes.listRealmScopeMappings
    let mapped = scope.realm_roles().list().await?;
    assert!(has(&mapped, "auditor"));

    // php: client scope: list effective realm roles | js: clientScopes.listCompositeRealmScopeMappings
    let effective = scope.realm_roles().effective().await?;
    assert!(has(&effective, "auditor"));

    // php: client scope: list available client roles | js: clientScopes.listAvailableClientScopeMappings
    let available = scope.client_roles(&app).available().await?;
    assert!(has(&available, "reader"));

    // python: add_client_specific_roles_to_client_scope | php: client scope: add client roles | js: clientScopes.addClientScopeMappings
    scope.client_roles(&app).add(&reader).await?;

    // python: get_client_specific_roles_of_client_scope | php: client scope: list client roles | js: clientScopes.listClientScopeMappings
    let mapped = scope.client_roles(&app).list().await?;
    assert!(has(&mapped, "reader"));

    // php: client scope: list effective client roles | js: clientScopes.listCompositeClientScopeMappings
    let effective = scope.client_roles(&app).effective().await?;
    assert!(has(&effective, "reader"));

    // python: get_all_roles_of_client_scope | php: client scope: all scope mappings | js: clientScopes.listScopeMappings
    let all = scope.all().await?;
    assert!(has(&all.realm_mappings.unwrap(), "auditor"));

    // php: client scope: remove realm roles | js: clientScopes.delRealmScopeMappings
    scope.realm_roles().remove(&auditor).await?;
    assert!(scope.realm_roles().list().await?.is_empty());

    // python: remove_client_specific_roles_of_client_scope | php: client scope: remove client roles | js: clientScopes.delClientScopeMappings
    scope.client_roles(&app).remove(&reader).await?;
    assert!(scope.client_roles(&app).list().await?.is_empty());
    Ok(())
}
