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
use crate::make::{self, strings, text};

/// The UUID of a client that has authorization services.
async fn resource_server(test: &TestRealm) -> Result<String, Error> {
    let mut app = make::client("app");
    app.authorization_services_enabled = Some(true);
    test.get().clients().create(&app).await
}

fn scope(name: &str) -> ScopeRepresentation {
    ScopeRepresentation {
        name: text(name),
        ..Default::default()
    }
}

fn resource(name: &str, scopes: &[&str]) -> ResourceRepresentation {
    ResourceRepresentation {
        name: text(name),
        uris: Some(vec![format!("/{name}/*")]),
        scopes: Some(scopes.iter().map(|name| scope(name)).collect()),
        ..Default::default()
    }
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
    let client = realm.clients().uuid(&uuid);

    let settings = client.authorization().settings().await?;
    client
        .authorization()
        .modify_settings(|settings| {
            settings.decision_strategy = Some(DecisionStrategy::Affirmative)
        })
        .await?;
    assert_eq!(
        client.authorization().settings().await?.decision_strategy,
        Some(DecisionStrategy::Affirmative)
    );
    client.authorization().update_settings(&settings).await?;

    // python: create_client_authz_scopes | js: clients.createAuthorizationScope
    let read = client
        .authorization()
        .scopes()
        .create(&scope("read"))
        .exist_ok()
        .await?
        .into_inner();
    let again = client
        .authorization()
        .scopes()
        .create(&scope("read"))
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(read.clone()));

    // python: get_client_authz_scopes | js: clients.listAllScopes
    let scopes = client.authorization().scopes().list().try_collect().await?;
    assert_eq!(scopes.len(), 1);

    let invoices = resource("invoices", &["read"]);

    // python: create_client_authz_resource | js: clients.createResource
    let id = client
        .authorization()
        .resources()
        .create(&invoices)
        .exist_ok()
        .await?
        .into_inner();

    // python: get_client_authz_resources | js: clients.listResources
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

    // python: get_client_authz_resource | js: clients.getResource
    let resource = client.authorization().resources().id(&id).get().await?;
    assert_eq!(resource.name.as_deref(), Some("invoices"));

    // python: update_client_authz_resource | js: clients.updateResource
    client
        .authorization()
        .resources()
        .id(&id)
        .modify(|resource| resource.display_name = Some("Invoices".to_owned()))
        .await?;
    let changed = client.authorization().resources().id(&id).get().await?;
    assert_eq!(changed.display_name.as_deref(), Some("Invoices"));
    assert_eq!(
        changed.scopes.map(|scopes| scopes.len()),
        Some(1),
        "what was not touched stays"
    );

    let of_resource = client.authorization().resources().id(&id);
    assert_eq!(of_resource.scopes().await?.len(), 1);
    assert!(of_resource.attributes().await?.is_empty());
    assert!(of_resource.permissions().await?.is_empty());

    let of_scope = client.authorization().scopes().id(&read);
    assert_eq!(of_scope.resources().await?.len(), 1);
    assert!(of_scope.permissions().await?.is_empty());
    of_scope
        .modify(|scope| scope.display_name = text("Read"))
        .await?;
    assert_eq!(of_scope.get().await?.display_name.as_deref(), Some("Read"));

    // python: get_client_authz_settings | js: clients.exportResource
    let all = client.authorization().export().await?;
    assert!(
        all.resources
            .as_ref()
            .is_some_and(|resources| !resources.is_empty())
    );

    // python: delete_client_authz_resource | js: clients.delResource
    client.authorization().resources().id(&id).delete().await?;
    assert!(
        client
            .authorization()
            .resources()
            .id(&id)
            .find()
            .await?
            .is_none()
    );
    assert!(
        !client
            .authorization()
            .resources()
            .id(&id)
            .delete_if_exists()
            .await?
    );

    // python: import_client_authz_config | js: clients.importResource
    client.authorization().import(&all).await?;
    assert!(
        client
            .authorization()
            .resources()
            .find_by_name("invoices")
            .await?
            .is_some()
    );
    client
        .authorization()
        .scopes()
        .id(&read)
        .update(&scope("see"))
        .await?;
    let back = client
        .authorization()
        .resources()
        .find_by_name("invoices")
        .await?;
    let back = back.and_then(|resource| resource.id).unwrap();
    client
        .authorization()
        .resources()
        .id(&back)
        .delete()
        .await?;
    client.authorization().scopes().id(&read).delete().await?;
    assert!(
        client
            .authorization()
            .scopes()
            .id(&read)
            .find()
            .await?
            .is_none()
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
#[allow(clippy::too_many_lines)] // One policy of each type.
async fn policies_of_every_type_are_made() -> Result<(), Error> {
    let test = TestRealm::create("facade-authz-policies").await;
    let realm = test.get();
    let uuid = resource_server(&test).await?;
    let client = realm.clients().uuid(&uuid);
    realm.roles().create(&make::role("accountant")).await?;
    let role_id = realm.roles().name("accountant").get().await?.id;
    let user_id = realm.users().create(&person("ann")).await?;
    let group_id = realm.groups().create(&make::group("staff")).await?;
    let scope_id = realm
        .client_scopes()
        .create(&make::client_scope("audit"))
        .await?;

    let accountants = RolePolicyRepresentation {
        name: text("accountants"),
        roles: Some(vec![RoleDefinition {
            id: role_id,
            ..Default::default()
        }]),
        ..Default::default()
    };

    // python: create_client_authz_role_based_policy
    let role_policy = client
        .authorization()
        .policies()
        .role()
        .create(&accountants)
        .exist_ok()
        .await?
        .into_inner();

    let apps = ClientPolicyRepresentation {
        name: text("apps"),
        clients: one(&uuid),
        ..Default::default()
    };

    // python: create_client_authz_client_policy
    client
        .authorization()
        .policies()
        .client()
        .create(&apps)
        .exist_ok()
        .await?;

    // python: get_client_authz_client_policies
    let policies = client
        .authorization()
        .policies()
        .client()
        .list()
        .try_collect()
        .await?;
    assert_eq!(policies.len(), 1);

    let policies = client.authorization().policies();
    let ann = policies.user().create(&UserPolicyRepresentation {
        name: text("ann"),
        users: one(&user_id),
        ..Default::default()
    });
    let ann = ann.await?;
    let staff = policies.group().create(&GroupPolicyRepresentation {
        name: text("staff"),
        groups: Some(vec![GroupDefinition {
            id: Some(group_id),
            ..Default::default()
        }]),
        ..Default::default()
    });
    staff.await?;
    let soon = policies.time().create(&TimePolicyRepresentation {
        name: text("office hours"),
        hour: text("8"),
        hour_end: text("18"),
        ..Default::default()
    });
    soon.await?;
    let regex = policies.regex().create(&RegexPolicyRepresentation {
        name: text("our mail"),
        target_claim: text("email"),
        pattern: text(".*@example\\.com"),
        ..Default::default()
    });
    regex.await?;
    let scoped = policies
        .client_scope()
        .create(&ClientScopePolicyRepresentation {
            name: text("audited"),
            client_scopes: Some(vec![ClientScopeDefinition {
                id: Some(scope_id),
                ..Default::default()
            }]),
            ..Default::default()
        });
    scoped.await?;
    let both = policies.aggregate().create(&AggregatePolicyRepresentation {
        name: text("both"),
        policies: Some(vec![role_policy.clone(), ann.clone()]),
        ..Default::default()
    });
    let both = both.await?;
    assert_eq!(policies.id(&both).associated_policies().await?.len(), 2);
    assert_eq!(policies.id(&ann).dependent_policies().await?.len(), 1);

    policies
        .user()
        .id(&ann)
        .modify(|policy| policy.description = text("Ann alone"))
        .await?;
    let changed = policies.user().id(&ann).get().await?;
    assert_eq!(changed.description.as_deref(), Some("Ann alone"));
    assert_eq!(changed.users, one(&user_id), "what was not touched stays");
    assert!(
        policies
            .time()
            .find_by_name("office hours")
            .await?
            .is_some()
    );

    let generic = PolicyRepresentation {
        name: text("by hand"),
        type_: text("user"),
        config: Some(strings([("users", &format!("[\"{user_id}\"]"))])),
        ..Default::default()
    };

    // python: create_client_authz_policy | js: clients.createPolicy
    let id = client
        .authorization()
        .policies()
        .create(&generic)
        .exist_ok()
        .await?
        .into_inner();

    // python: get_client_authz_policies | js: clients.listPolicies
    let all = client
        .authorization()
        .policies()
        .list()
        .try_collect()
        .await?;
    assert!(all.len() >= 9, "{}", all.len());

    // python: get_client_authz_policy | js: clients.findOnePolicy
    let policy = client.authorization().policies().id(&id).get().await?;
    assert_eq!(policy.name.as_deref(), Some("by hand"));

    // js: clients.updatePolicy
    client
        .authorization()
        .policies()
        .id(&id)
        .modify(|policy| policy.name = Some("by hand too".to_owned()))
        .await?;
    assert!(
        client
            .authorization()
            .policies()
            .find_by_name("by hand too")
            .await?
            .is_some()
    );

    // js: clients.listPolicyProviders
    let providers = client.authorization().policies().providers().await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.type_.as_deref() == Some("aggregate"))
    );

    // python: delete_client_authz_policy | js: clients.delPolicy
    client.authorization().policies().id(&id).delete().await?;
    assert!(
        client
            .authorization()
            .policies()
            .id(&id)
            .find()
            .await?
            .is_none()
    );
    assert!(
        !client
            .authorization()
            .policies()
            .id(&id)
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
    let client = realm.clients().uuid(&uuid);
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
    let only_ann = UserPolicyRepresentation {
        name: text("only ann"),
        users: one(&ann),
        ..Default::default()
    };
    let policy = client
        .authorization()
        .policies()
        .user()
        .create(&only_ann)
        .await?;
    let for_invoices = ResourcePermissionRepresentation {
        name: text("see invoices"),
        resources: one(&invoices),
        policies: one(&policy),
        ..Default::default()
    };
    let for_reading = ScopePermissionRepresentation {
        name: text("read invoices"),
        resources: one(&invoices),
        scopes: one(&read),
        policies: one(&policy),
        ..Default::default()
    };

    // python: create_client_authz_resource_based_permission
    let id = client
        .authorization()
        .permissions()
        .resource()
        .create(&for_invoices)
        .exist_ok()
        .await?
        .into_inner();

    // python: update_client_authz_resource_permission
    client
        .authorization()
        .permissions()
        .resource()
        .id(&id)
        .modify(|permission| permission.description = Some("d".to_owned()))
        .await?;
    let changed = client
        .authorization()
        .permissions()
        .resource()
        .id(&id)
        .get()
        .await?;
    assert_eq!(changed.description.as_deref(), Some("d"));

    // python: create_client_authz_scope_permission | js: clients.createPermission
    let of_scope = client
        .authorization()
        .permissions()
        .scope()
        .create(&for_reading)
        .exist_ok()
        .await?
        .into_inner();

    // python: get_client_authz_scope_permission | js: clients.findOnePermission
    let permission = client
        .authorization()
        .permissions()
        .scope()
        .id(&of_scope)
        .get()
        .await?;
    assert_eq!(permission.name.as_deref(), Some("read invoices"));

    // python: update_client_authz_scope_permission | js: clients.updatePermission
    client
        .authorization()
        .permissions()
        .scope()
        .id(&of_scope)
        .modify(|permission| permission.description = Some("d".to_owned()))
        .await?;
    assert!(
        client
            .authorization()
            .permissions()
            .scope()
            .find_by_name("read invoices")
            .await?
            .is_some()
    );

    // python: get_client_authz_permissions | js: clients.listPermissionScope
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
        .policies()
        .id(&id)
        .associated_policies()
        .await?;
    assert_eq!(policies[0].id.as_ref(), Some(&policy));

    // python: get_client_authz_policy_resources | js: clients.getAssociatedResources
    let resources = client
        .authorization()
        .policies()
        .id(&id)
        .resources()
        .await?;
    assert_eq!(resources[0].id.as_ref(), Some(&invoices));

    // python: get_client_authz_policy_scopes | js: clients.getAssociatedScopes
    let scopes = client
        .authorization()
        .policies()
        .id(&of_scope)
        .scopes()
        .await?;
    assert_eq!(scopes[0].id.as_ref(), Some(&read));
    let providers = client.authorization().permissions().providers().await?;
    let types: Vec<_> = providers
        .iter()
        .filter_map(|provider| provider.type_.as_deref())
        .collect();
    assert!(
        types.contains(&"resource") && types.contains(&"scope"),
        "{types:?}"
    );

    for (user, expected) in [(&ann, DecisionEffect::Permit), (&bob, DecisionEffect::Deny)] {
        let request = PolicyEvaluationRequest {
            user_id: Some(user.clone()),
            resources: Some(vec![resource("invoices", &["read"])]),
            ..Default::default()
        };

        // js: clients.evaluateResource
        let answer = client.authorization().policies().evaluate(&request).await?;
        assert_eq!(answer.status, Some(expected.clone()));
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
        .permissions()
        .scope()
        .id(&of_scope)
        .delete()
        .await?;
    assert!(
        client
            .authorization()
            .permissions()
            .scope()
            .id(&of_scope)
            .find()
            .await?
            .is_none()
    );
    Ok(())
}
