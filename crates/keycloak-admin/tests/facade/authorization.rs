//! Authorization services, on a real server.

use keycloak_admin::types::{
    AggregatePolicyRepresentation, ClientPolicyRepresentation, ClientScopeDefinition,
    ClientScopePolicyRepresentation, DecisionEffect, DecisionStrategy, GroupDefinition,
    GroupPolicyRepresentation, PolicyEvaluationRequest, PolicyRepresentation,
    RegexPolicyRepresentation, ResourcePermissionRepresentation, ResourceRepresentation,
    RoleDefinition, RolePolicyRepresentation, ScopePermissionRepresentation, ScopeRepresentation,
    TimePolicyRepresentation, UserPolicyRepresentation,
};
use keycloak_admin::{Ensured, Error};

use crate::common::{TestRealm, person};
use crate::make::{self, text};

/// The UUID of a client that has authorization services.
async fn resource_server(test: &TestRealm) -> Result<String, Error> {
    let mut app = make::client("app");
    app.authorization_services_enabled = Some(true);
    test.get().clients().create(&app).await
}

fn scope(name: &str) -> ScopeRepresentation {
    ScopeRepresentation::new().with_name(name)
}

fn resource(name: &str, scopes: &[&str]) -> ResourceRepresentation {
    ResourceRepresentation::new()
        .with_name(name)
        .with_uris([format!("/{name}/*")])
        .with_scopes(scopes.iter().map(|name| scope(name)))
}

fn one(id: &str) -> Option<Vec<String>> {
    Some(vec![id.to_owned()])
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn settings_resources_and_scopes_do_what_keycloak_lets_them() -> Result<(), Error> {
    let test = TestRealm::create("facade-authz").await;
    let realm = test.get();
    let uuid = resource_server(&test).await?;
    let client = realm.client_by_uuid(&uuid);

    // crate: realm_clients_with_client_uuid_authz_resource_server_get
    let settings = client.authorization().get_settings().await?;
    client
        .authorization()
        .modify_settings(|settings| {
            settings.decision_strategy = Some(DecisionStrategy::Affirmative)
        })
        .await?;
    assert_eq!(
        client
            .authorization()
            .get_settings()
            .await?
            .decision_strategy,
        Some(DecisionStrategy::Affirmative)
    );
    // crate: realm_clients_with_client_uuid_authz_resource_server_put
    client.authorization().update_settings(&settings).await?;

    // python: create_client_authz_scopes | js: clients.createAuthorizationScope | crate: realm_clients_with_client_uuid_authz_resource_server_scope_post
    let read = client
        .authorization()
        .scopes()
        .create(&scope("read"))
        .exist_ok()
        .await?
        .into_id();
    let again = client
        .authorization()
        .scopes()
        .create(&scope("read"))
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(read.clone()));

    // python: get_client_authz_scopes | js: clients.listAllScopes | crate: realm_clients_with_client_uuid_authz_resource_server_scope_get
    let scopes = client.authorization().scopes().list().try_collect().await?;
    assert_eq!(scopes.len(), 1);

    let invoices = resource("invoices", &["read"]);

    // python: create_client_authz_resource | js: clients.createResource | crate: realm_clients_with_client_uuid_authz_resource_server_resource_post
    let id = client
        .authorization()
        .resources()
        .create(&invoices)
        .exist_ok()
        .await?
        .into_id();

    // python: get_client_authz_resources | js: clients.listResources | crate: realm_clients_with_client_uuid_authz_resource_server_resource_get
    let resources = client
        .authorization()
        .resources()
        .list()
        .try_collect()
        .await?;
    assert!(
        resources
            .iter()
            .any(|resource| resource.id.as_ref() == Some(&id))
    );

    // python: get_client_authz_resource | js: clients.getResource | crate: realm_clients_with_client_uuid_authz_resource_server_resource_with_resource_id_get
    let resource = client.authorization().resource(&id).get().await?;
    assert_eq!(resource.name.as_deref(), Some("invoices"));

    // python: update_client_authz_resource | js: clients.updateResource | crate: realm_clients_with_client_uuid_authz_resource_server_resource_with_resource_id_put
    client
        .authorization()
        .resource(&id)
        .modify(|resource| resource.display_name = Some("Invoices".to_owned()))
        .await?;
    let changed = client.authorization().resource(&id).get().await?;
    assert_eq!(changed.display_name.as_deref(), Some("Invoices"));
    assert_eq!(
        changed.scopes.map(|scopes| scopes.len()),
        Some(1),
        "what was not touched stays"
    );

    // crate: realm_clients_with_client_uuid_authz_resource_server_resource_with_resource_id_scopes_get
    let scopes = client.authorization().resource(&id).list_scopes().await?;
    assert_eq!(scopes.len(), 1);
    // crate: realm_clients_with_client_uuid_authz_resource_server_resource_with_resource_id_attributes_get
    let attributes = client
        .authorization()
        .resource(&id)
        .get_attributes()
        .await?;
    assert!(attributes.is_empty());
    // crate: realm_clients_with_client_uuid_authz_resource_server_resource_with_resource_id_permissions_get
    let permissions = client
        .authorization()
        .resource(&id)
        .list_permissions()
        .await?;
    assert!(permissions.is_empty());

    // crate: realm_clients_with_client_uuid_authz_resource_server_scope_with_scope_id_resources_get
    let resources = client.authorization().scope(&read).list_resources().await?;
    assert_eq!(resources.len(), 1);
    // crate: realm_clients_with_client_uuid_authz_resource_server_scope_with_scope_id_permissions_get
    let permissions = client
        .authorization()
        .scope(&read)
        .list_permissions()
        .await?;
    assert!(permissions.is_empty());
    client
        .authorization()
        .scope(&read)
        .modify(|scope| scope.display_name = text("Read"))
        .await?;
    // crate: realm_clients_with_client_uuid_authz_resource_server_scope_with_scope_id_get
    let changed = client.authorization().scope(&read).get().await?;
    assert_eq!(changed.display_name.as_deref(), Some("Read"));

    // python: get_client_authz_settings | js: clients.exportResource | crate: realm_clients_with_client_uuid_authz_resource_server_settings_get
    let all = client.authorization().export().await?;
    assert!(
        all.resources
            .as_ref()
            .is_some_and(|resources| !resources.is_empty())
    );

    // python: delete_client_authz_resource | js: clients.delResource | crate: realm_clients_with_client_uuid_authz_resource_server_resource_with_resource_id_delete
    client.authorization().resource(&id).delete().await?;
    assert!(client.authorization().resource(&id).find().await?.is_none());
    assert!(
        !client
            .authorization()
            .resource(&id)
            .delete_if_exists()
            .await?
    );

    // python: import_client_authz_config | js: clients.importResource | crate: realm_clients_with_client_uuid_authz_resource_server_import_post
    client.authorization().import(&all).await?;
    assert!(
        client
            .authorization()
            .resources()
            .find_by_name("invoices")
            .await?
            .is_some()
    );
    // crate: realm_clients_with_client_uuid_authz_resource_server_scope_with_scope_id_put
    client
        .authorization()
        .scope(&read)
        .update(&scope("see"))
        .await?;
    // crate: realm_clients_with_client_uuid_authz_resource_server_resource_search_get
    let back = client
        .authorization()
        .resources()
        .find_by_name("invoices")
        .await?;
    let back = back.and_then(|resource| resource.id).unwrap();
    client.authorization().resource(&back).delete().await?;
    // crate: realm_clients_with_client_uuid_authz_resource_server_scope_with_scope_id_delete
    client.authorization().scope(&read).delete().await?;
    assert!(client.authorization().scope(&read).find().await?.is_none());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
#[allow(clippy::too_many_lines)] // One policy of each type.
async fn policies_of_every_type_are_made() -> Result<(), Error> {
    let test = TestRealm::create("facade-authz-policies").await;
    let realm = test.get();
    let uuid = resource_server(&test).await?;
    let client = realm.client_by_uuid(&uuid);
    realm.roles().create(&make::role("accountant")).await?;
    let role_id = realm.role("accountant").get().await?.id;
    let user_id = realm.users().create(&person("ann")).await?;
    let group_id = realm.groups().create(&make::group("staff")).await?;
    let scope_id = realm
        .client_scopes()
        .create(&make::client_scope("audit"))
        .await?;

    let accountants = RolePolicyRepresentation::new()
        .with_name("accountants")
        .with_roles([RoleDefinition::new().with_id(role_id.unwrap())]);

    // python: create_client_authz_role_based_policy
    let role_policy = client
        .authorization()
        .role_policies()
        .create(&accountants)
        .exist_ok()
        .await?
        .into_id();

    let apps = ClientPolicyRepresentation::new()
        .with_name("apps")
        .with_clients([&uuid]);

    // python: create_client_authz_client_policy
    let apps = client
        .authorization()
        .client_policies()
        .create(&apps)
        .exist_ok()
        .await?
        .into_id();

    // python: get_client_authz_client_policies
    let policies = client
        .authorization()
        .client_policies()
        .list()
        .try_collect()
        .await?;
    assert_eq!(policies.len(), 1);

    let authorization = client.authorization();
    let ann = authorization.user_policies().create(
        &UserPolicyRepresentation::new()
            .with_name("ann")
            .with_users([&user_id]),
    );
    let ann = ann.await?;
    let staff = authorization.group_policies().create(
        &GroupPolicyRepresentation::new()
            .with_name("staff")
            .with_groups([GroupDefinition::new().with_id(group_id)]),
    );
    let staff = staff.await?;
    let soon = authorization.time_policies().create(
        &TimePolicyRepresentation::new()
            .with_name("office hours")
            .with_hour("8")
            .with_hour_end("18"),
    );
    let soon = soon.await?;
    let regex = authorization.regex_policies().create(
        &RegexPolicyRepresentation::new()
            .with_name("our mail")
            .with_target_claim("email")
            .with_pattern(".*@example\\.com"),
    );
    let regex = regex.await?;
    let scoped = authorization.client_scope_policies().create(
        &ClientScopePolicyRepresentation::new()
            .with_name("audited")
            .with_client_scopes([ClientScopeDefinition::new().with_id(scope_id)]),
    );
    let scoped = scoped.await?;
    let both = authorization.aggregate_policies().create(
        &AggregatePolicyRepresentation::new()
            .with_name("both")
            .with_policies([role_policy.clone(), ann.clone()]),
    );
    let both = both.await?;
    let associated = authorization.policy(&both).list_associated_policies();
    assert_eq!(associated.await?.len(), 2);
    let dependent = authorization.policy(&ann).list_dependent_policies();
    assert_eq!(dependent.await?.len(), 1);

    let policy = authorization.role_policy(&role_policy).get().await?;
    assert_eq!(policy.name.as_deref(), Some("accountants"));
    let policy = authorization.client_policy(&apps).get().await?;
    assert_eq!(policy.name.as_deref(), Some("apps"));
    let policy = authorization.group_policy(&staff).get().await?;
    assert_eq!(policy.name.as_deref(), Some("staff"));
    let policy = authorization.time_policy(&soon).get().await?;
    assert_eq!(policy.hour_end.as_deref(), Some("18"));
    let policy = authorization.regex_policy(&regex).get().await?;
    assert_eq!(policy.target_claim.as_deref(), Some("email"));
    let policy = authorization.client_scope_policy(&scoped).get().await?;
    assert_eq!(policy.name.as_deref(), Some("audited"));
    let policy = authorization.aggregate_policy(&both).get().await?;
    assert_eq!(policy.name.as_deref(), Some("both"));

    authorization
        .user_policy(&ann)
        .modify(|policy| policy.description = text("Ann alone"))
        .await?;
    let changed = authorization.user_policy(&ann).get().await?;
    assert_eq!(changed.description.as_deref(), Some("Ann alone"));
    assert_eq!(changed.users, one(&user_id), "what was not touched stays");
    assert!(
        authorization
            .time_policies()
            .find_by_name("office hours")
            .await?
            .is_some()
    );

    let generic = PolicyRepresentation::new()
        .with_name("by hand")
        .with_type("user")
        .with_config([("users", &format!("[\"{user_id}\"]"))]);

    // python: create_client_authz_policy | js: clients.createPolicy | crate: realm_clients_with_client_uuid_authz_resource_server_policy_post
    let id = client
        .authorization()
        .policies()
        .create(&generic)
        .exist_ok()
        .await?
        .into_id();

    // python: get_client_authz_policies | js: clients.listPolicies | crate: realm_clients_with_client_uuid_authz_resource_server_policy_get
    let all = client
        .authorization()
        .policies()
        .list()
        .try_collect()
        .await?;
    assert!(all.len() >= 9, "{}", all.len());

    // python: get_client_authz_policy | js: clients.findOnePolicy
    let policy = client.authorization().policy(&id).get().await?;
    assert_eq!(policy.name.as_deref(), Some("by hand"));

    // js: clients.updatePolicy
    client
        .authorization()
        .policy(&id)
        .modify(|policy| policy.name = Some("by hand too".to_owned()))
        .await?;
    // crate: realm_clients_with_client_uuid_authz_resource_server_policy_search_get
    let found = client
        .authorization()
        .policies()
        .find_by_name("by hand too")
        .await?;
    assert!(found.is_some());

    // js: clients.listPolicyProviders | crate: realm_clients_with_client_uuid_authz_resource_server_policy_providers_get
    let providers = client.authorization().policies().list_providers().await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.type_.as_deref() == Some("aggregate"))
    );

    // python: delete_client_authz_policy | js: clients.delPolicy
    client.authorization().policy(&id).delete().await?;
    assert!(client.authorization().policy(&id).find().await?.is_none());
    assert!(
        !client
            .authorization()
            .policy(&id)
            .delete_if_exists()
            .await?
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn permissions_grant_what_policies_say() -> Result<(), Error> {
    let test = TestRealm::create("facade-authz-permissions").await;
    let realm = test.get();
    let uuid = resource_server(&test).await?;
    let client = realm.client_by_uuid(&uuid);
    let ann = realm.users().create(&person("ann")).await?;
    let bob = realm.users().create(&person("bob")).await?;
    let read = client
        .authorization()
        .scopes()
        .create(&scope("read"))
        .await?;
    let invoices = client
        .authorization()
        .resources()
        .create(&resource("invoices", &["read"]))
        .await?;
    let only_ann = UserPolicyRepresentation::new()
        .with_name("only ann")
        .with_users([&ann]);
    let policy = client
        .authorization()
        .user_policies()
        .create(&only_ann)
        .await?;
    let for_invoices = ResourcePermissionRepresentation::new()
        .with_name("see invoices")
        .with_resources([&invoices])
        .with_policies([&policy]);
    let for_reading = ScopePermissionRepresentation::new()
        .with_name("read invoices")
        .with_resources([&invoices])
        .with_scopes([&read])
        .with_policies([&policy]);

    // python: create_client_authz_resource_based_permission
    let id = client
        .authorization()
        .resource_permissions()
        .create(&for_invoices)
        .exist_ok()
        .await?
        .into_id();

    // python: update_client_authz_resource_permission
    client
        .authorization()
        .resource_permission(&id)
        .modify(|permission| permission.description = Some("d".to_owned()))
        .await?;
    let changed = client
        .authorization()
        .resource_permission(&id)
        .get()
        .await?;
    assert_eq!(changed.description.as_deref(), Some("d"));

    // python: create_client_authz_scope_permission | js: clients.createPermission
    let of_scope = client
        .authorization()
        .scope_permissions()
        .create(&for_reading)
        .exist_ok()
        .await?
        .into_id();

    // python: get_client_authz_scope_permission | js: clients.findOnePermission
    let permission = client
        .authorization()
        .scope_permission(&of_scope)
        .get()
        .await?;
    assert_eq!(permission.name.as_deref(), Some("read invoices"));

    // python: update_client_authz_scope_permission | js: clients.updatePermission
    client
        .authorization()
        .scope_permission(&of_scope)
        .modify(|permission| permission.description = Some("d".to_owned()))
        .await?;
    let read_whole = |permission: &mut ScopePermissionRepresentation| {
        assert_eq!(permission.scopes_data.as_ref().map(Vec::len), Some(1));
    };
    let permission = client.authorization().scope_permission(&of_scope);
    permission.modify(read_whole).await?;
    assert!(
        client
            .authorization()
            .scope_permissions()
            .find_by_name("read invoices")
            .await?
            .is_some()
    );

    // python: get_client_authz_permissions | js: clients.listPermissionScope | crate: realm_clients_with_client_uuid_authz_resource_server_permission_get
    let all = client
        .authorization()
        .permissions()
        .list()
        .try_collect()
        .await?;
    assert_eq!(all.len(), 2);

    // python: get_client_authz_permission_associated_policies | js: clients.getAssociatedPolicies
    let policies = client
        .authorization()
        .policy(&id)
        .list_associated_policies()
        .await?;
    assert_eq!(policies[0].id.as_ref(), Some(&policy));

    // python: get_client_authz_policy_resources | js: clients.getAssociatedResources
    let resources = client.authorization().policy(&id).list_resources().await?;
    assert_eq!(resources[0].id.as_ref(), Some(&invoices));

    // python: get_client_authz_policy_scopes | js: clients.getAssociatedScopes
    let scopes = client
        .authorization()
        .policy(&of_scope)
        .list_scopes()
        .await?;
    assert_eq!(scopes[0].id.as_ref(), Some(&read));
    // crate: realm_clients_with_client_uuid_authz_resource_server_permission_providers_get
    let providers = client
        .authorization()
        .permissions()
        .list_providers()
        .await?;
    let types: Vec<_> = providers
        .iter()
        .filter_map(|provider| provider.type_.as_deref())
        .collect();
    assert!(
        types.contains(&"resource") && types.contains(&"scope"),
        "{types:?}"
    );

    for (user, expected) in [(&ann, DecisionEffect::Permit), (&bob, DecisionEffect::Deny)] {
        let request = PolicyEvaluationRequest::new()
            .with_user_id(user.clone())
            .with_resources([resource("invoices", &["read"])]);

        // js: clients.evaluateResource | crate: realm_clients_with_client_uuid_authz_resource_server_policy_evaluate_post
        let answer = client.authorization().policies().evaluate(&request).await?;
        assert_eq!(answer.status, Some(expected.clone()));
        // crate: realm_clients_with_client_uuid_authz_resource_server_permission_evaluate_post
        let answer = client
            .authorization()
            .permissions()
            .evaluate(&request)
            .await?;
        assert_eq!(answer.status, Some(expected));
    }

    // js: clients.delPermission
    client
        .authorization()
        .scope_permission(&of_scope)
        .delete()
        .await?;
    assert!(
        client
            .authorization()
            .scope_permission(&of_scope)
            .find()
            .await?
            .is_none()
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_update_without_the_flag_turns_authorization_services_off() -> Result<(), Error> {
    let test = TestRealm::create("facade-authz-off").await;
    let realm = test.get();
    let client = realm.client_by_uuid(resource_server(&test).await?);
    let id = client
        .authorization()
        .resources()
        .create(&resource("invoices", &[]))
        .await?;

    client
        .modify(|client| client.name = text("The app"))
        .await?;
    let kept = client.authorization().resource(&id).find().await?;
    assert!(kept.is_some(), "modify keeps authorization services");

    client.update(&make::client("app")).await?;
    let error = client.authorization().get_settings().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");

    client
        .modify(|client| client.authorization_services_enabled = Some(true))
        .await?;
    let lost = client.authorization().resource(&id).find().await?;
    assert!(lost.is_none(), "the resources were deleted");
    Ok(())
}
