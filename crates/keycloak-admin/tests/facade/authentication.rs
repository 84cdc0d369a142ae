//! Flows, executions and required actions, on a real server.

use keycloak_admin::types::{
    AuthenticationFlowRepresentation, AuthenticatorConfigRepresentation,
    NewAuthenticationSubflowRepresentation, RequiredActionConfigRepresentation,
    UnregisteredRequiredActionRepresentation,
};
use keycloak_admin::{Ensured, Error, Realm};

use crate::common::TestRealm;
use crate::make::text;

fn flow(alias: &str) -> AuthenticationFlowRepresentation {
    AuthenticationFlowRepresentation::new()
        .with_alias(alias)
        .with_provider_id("basic-flow")
        .with_top_level(true)
        .with_built_in(false)
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn flows_do_what_keycloak_lets_them() -> Result<(), Error> {
    let test = TestRealm::create("facade-flows").await;
    let realm = test.get();

    // python: create_authentication_flow | php: createAuthenticationFlow | js: authenticationManagement.createFlow | crate: realm_authentication_flows_post
    let id = realm
        .authentication()
        .flows()
        .create(&flow("mine"))
        .exist_ok()
        .await?
        .into_id();
    let again = realm
        .authentication()
        .flows()
        .create(&flow("mine"))
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(id.clone()));

    // python: get_authentication_flows | php: getAuthenticationFlows | js: authenticationManagement.getFlows | crate: realm_authentication_flows_get
    let flows = realm.authentication().flows().list().await?;
    assert!(
        flows
            .iter()
            .any(|flow| flow.alias.as_deref() == Some("browser"))
    );

    // python: get_authentication_flow_for_id | php: getAuthenticationFlow | js: authenticationManagement.getFlow | crate: realm_authentication_flows_with_id_get
    let mine = realm.authentication().flow(&id).get().await?;
    assert_eq!(mine.alias.as_deref(), Some("mine"));

    // python: update_authentication_flow | php: updateAuthenticationFlow | js: authenticationManagement.updateFlow
    realm
        .authentication()
        .flow(&id)
        .modify(|flow| flow.description = Some("ours".to_owned()))
        .await?;
    assert_eq!(
        realm
            .authentication()
            .flow(&id)
            .get()
            .await?
            .description
            .as_deref(),
        Some("ours")
    );
    // crate: realm_authentication_flows_with_id_put
    realm
        .authentication()
        .flow(&id)
        .update(&flow("yours"))
        .await?;
    assert!(
        realm
            .authentication()
            .flows()
            .find_by_alias("yours")
            .await?
            .is_some()
    );

    // python: copy_authentication_flow | php: copyAuthenticationFlow | js: authenticationManagement.copyFlow | crate: realm_authentication_flows_with_flow_alias_copy_post
    let copy = realm
        .authentication()
        .flow_by_alias("browser")
        .copy("strict")
        .exist_ok()
        .await?
        .into_id();
    assert_eq!(
        realm
            .authentication()
            .flow(&copy)
            .get()
            .await?
            .alias
            .as_deref(),
        Some("strict")
    );
    let again = realm
        .authentication()
        .flow_by_alias("browser")
        .copy("strict")
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(copy));

    // python: delete_authentication_flow | php: deleteAuthenticationFlow | js: authenticationManagement.deleteFlow | crate: realm_authentication_flows_with_id_delete
    realm.authentication().flow(&id).delete().await?;
    assert!(realm.authentication().flow(&id).find().await?.is_none());
    assert!(!realm.authentication().flow(&id).delete_if_exists().await?);
    Ok(())
}

/// The authenticators of a flow, in order.
async fn providers(realm: &Realm, alias: &str) -> Result<Vec<String>, Error> {
    let executions = realm
        .authentication()
        .flow_by_alias(alias)
        .list_executions()
        .await?;
    Ok(executions
        .into_iter()
        .filter_map(|execution| execution.provider_id)
        .collect())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn executions_do_what_keycloak_lets_them() -> Result<(), Error> {
    let test = TestRealm::create("facade-executions").await;
    let realm = test.get();
    realm.authentication().flows().create(&flow("mine")).await?;

    // python: create_authentication_flow_execution | php: createAuthenticationFlowExecution, createAuthenticationExecution | js: authenticationManagement.addExecutionToFlow | crate: realm_authentication_executions_post, realm_authentication_flows_with_flow_alias_executions_execution_post
    let cookie = realm
        .authentication()
        .flow_by_alias("mine")
        .add_execution("auth-cookie")
        .await?;
    let redirector = realm
        .authentication()
        .flow_by_alias("mine")
        .add_execution("identity-provider-redirector")
        .await?;

    // python: get_authentication_flow_executions | php: getAuthenticationFlowExecutions | js: authenticationManagement.getExecutions | crate: realm_authentication_flows_with_flow_alias_executions_get
    let executions = realm
        .authentication()
        .flow_by_alias("mine")
        .list_executions()
        .await?;
    assert_eq!(executions.len(), 2);

    let mut first = executions.into_iter().next().unwrap();
    first.requirement = text("REQUIRED");

    // python: update_authentication_flow_executions | php: updateAuthenticationFlowExecutions | js: authenticationManagement.updateExecution | crate: realm_authentication_flows_with_flow_alias_executions_put
    realm
        .authentication()
        .flow_by_alias("mine")
        .update_execution(&first)
        .await?;

    // python: get_authentication_flow_execution | php: getAuthenticationExecution | crate: realm_authentication_executions_with_execution_id_get
    let execution = realm.authentication().execution(&cookie).get().await?;
    assert_eq!(execution.requirement.as_deref(), Some("REQUIRED"));

    // python: change_execution_priority | php: lowerAuthenticationExecutionPriority | js: authenticationManagement.lowerPriorityExecution | crate: realm_authentication_executions_with_execution_id_lower_priority_post
    realm
        .authentication()
        .execution(&cookie)
        .lower_priority()
        .await?;
    assert_eq!(
        providers(&realm, "mine").await?,
        ["identity-provider-redirector", "auth-cookie"]
    );

    // php: raiseAuthenticationExecutionPriority | js: authenticationManagement.raisePriorityExecution | crate: realm_authentication_executions_with_execution_id_raise_priority_post
    realm
        .authentication()
        .execution(&cookie)
        .raise_priority()
        .await?;
    assert_eq!(
        providers(&realm, "mine").await?,
        ["auth-cookie", "identity-provider-redirector"]
    );

    let partner = AuthenticatorConfigRepresentation::new()
        .with_alias("to partner")
        .with_config([("defaultProvider", "partner")]);

    // python: create_execution_config | php: updateAuthenticationExecution | js: authenticationManagement.createConfig | crate: realm_authentication_executions_with_execution_id_config_post
    let config = realm
        .authentication()
        .execution(&redirector)
        .create_config(&partner)
        .await?;

    // python: get_authenticator_config | php: getAuthenticatorConfig | js: authenticationManagement.getConfig | crate: realm_authentication_config_with_id_get, realm_authentication_executions_with_execution_id_config_with_id_get
    let stored = realm.authentication().config(&config).get().await?;
    assert_eq!(stored.config, partner.config);

    // python: update_authenticator_config | php: updateAuthenticatorConfig | js: authenticationManagement.updateConfig
    realm
        .authentication()
        .config(&config)
        .modify(|config| config.alias = Some("to another".to_owned()))
        .await?;
    assert_eq!(
        realm
            .authentication()
            .config(&config)
            .get()
            .await?
            .alias
            .as_deref(),
        Some("to another")
    );
    // crate: realm_authentication_config_with_id_put
    realm
        .authentication()
        .config(&config)
        .update(&stored)
        .await?;

    // python: delete_authenticator_config | php: deleteAuthenticatorConfig | js: authenticationManagement.delConfig | crate: realm_authentication_config_with_id_delete
    realm.authentication().config(&config).delete().await?;
    let config = realm.authentication().config(&config);
    assert!(config.find().await?.is_none());
    assert!(!config.delete_if_exists().await?);

    let forms = NewAuthenticationSubflowRepresentation::new()
        .with_alias("my forms")
        .with_type("basic-flow");

    // python: create_authentication_flow_subflow | php: addAuthenticationFlowExecution | js: authenticationManagement.addFlowToFlow | crate: realm_authentication_flows_with_flow_alias_executions_flow_post
    realm
        .authentication()
        .flow_by_alias("mine")
        .add_subflow(&forms)
        .await?;
    let executions = realm
        .authentication()
        .flow_by_alias("mine")
        .list_executions()
        .await?;
    assert!(
        executions
            .iter()
            .any(|execution| execution.authentication_flow == Some(true))
    );

    // python: delete_authentication_flow_execution | php: deleteAuthenticationExecution | js: authenticationManagement.delExecution | crate: realm_authentication_executions_with_execution_id_delete
    realm.authentication().execution(&cookie).delete().await?;
    let cookie = realm.authentication().execution(&cookie);
    assert!(cookie.find().await?.is_none());
    assert!(!cookie.delete_if_exists().await?);
    let redirector = realm.authentication().execution(&redirector);
    assert!(redirector.delete_if_exists().await?);
    assert!(redirector.find().await?.is_none());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn providers_are_listed() -> Result<(), Error> {
    let test = TestRealm::create("facade-providers").await;
    let realm = test.get();

    // python: get_authenticator_providers | php: getAuthenticatorProviders | js: authenticationManagement.getAuthenticatorProviders | crate: realm_authentication_authenticator_providers_get
    let providers = realm
        .authentication()
        .list_authenticator_providers()
        .await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.id.as_deref() == Some("auth-cookie"))
    );

    // php: getClientAuthenticatorProviders | js: authenticationManagement.getClientAuthenticatorProviders | crate: realm_authentication_client_authenticator_providers_get
    let providers = realm
        .authentication()
        .list_client_authenticator_providers()
        .await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.id.as_deref() == Some("client-secret"))
    );

    // php: getFormProviders | js: authenticationManagement.getFormProviders | crate: realm_authentication_form_providers_get
    let providers = realm.authentication().list_form_providers().await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.id.as_deref() == Some("registration-page-form"))
    );

    // php: getFormActionProviders | js: authenticationManagement.getFormActionProviders | crate: realm_authentication_form_action_providers_get
    let providers = realm.authentication().list_form_action_providers().await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.id.as_deref() == Some("registration-user-creation"))
    );

    // python: get_authenticator_provider_config_description | php: getAuthenticatorConfigInfo | js: authenticationManagement.getConfigDescription | crate: realm_authentication_config_description_with_provider_id_get
    let description = realm
        .authentication()
        .get_config_description("identity-provider-redirector")
        .await?;
    assert!(
        description
            .properties
            .is_some_and(|properties| !properties.is_empty())
    );

    // php: getClientsConfigDescriptions | crate: realm_authentication_per_client_config_description_get
    let descriptions = realm
        .authentication()
        .get_per_client_config_description()
        .await?;
    assert!(descriptions.contains_key("client-secret"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn required_actions_do_what_keycloak_lets_them() -> Result<(), Error> {
    let test = TestRealm::create("facade-actions").await;
    let realm = test.get();

    // python: get_required_actions | php: getRequiredActions | js: authenticationManagement.getRequiredActions | crate: realm_authentication_required_actions_get
    let actions = realm.authentication().list_required_actions().await?;
    assert!(actions.len() > 5);

    // python: get_required_action_by_alias | php: getAliasRequiredAction | js: authenticationManagement.getRequiredActionForAlias | crate: realm_authentication_required_actions_with_alias_get
    let action = realm
        .authentication()
        .required_action("CONFIGURE_TOTP")
        .get()
        .await?;
    assert_eq!(action.default_action, Some(false));

    // python: update_required_action | php: updateRequiredAction | js: authenticationManagement.updateRequiredAction
    realm
        .authentication()
        .required_action("CONFIGURE_TOTP")
        .modify(|action| action.default_action = Some(true))
        .await?;
    assert_eq!(
        realm
            .authentication()
            .required_action("CONFIGURE_TOTP")
            .get()
            .await?
            .default_action,
        Some(true)
    );
    // crate: realm_authentication_required_actions_with_alias_put
    realm
        .authentication()
        .required_action("CONFIGURE_TOTP")
        .update(&action)
        .await?;

    // php: lowerRequiredActionPriority | js: authenticationManagement.lowerRequiredActionPriority | crate: realm_authentication_required_actions_with_alias_lower_priority_post
    realm
        .authentication()
        .required_action("CONFIGURE_TOTP")
        .lower_priority()
        .await?;
    let lowered = realm
        .authentication()
        .required_action("CONFIGURE_TOTP")
        .get()
        .await?
        .priority;
    assert!(lowered > action.priority, "a higher number is later");

    // php: raiseRequiredActionPriority | js: authenticationManagement.raiseRequiredActionPriority | crate: realm_authentication_required_actions_with_alias_raise_priority_post
    realm
        .authentication()
        .required_action("CONFIGURE_TOTP")
        .raise_priority()
        .await?;
    assert_eq!(
        realm
            .authentication()
            .required_action("CONFIGURE_TOTP")
            .get()
            .await?
            .priority,
        action.priority
    );

    // php: deleteRequiredAction | js: authenticationManagement.deleteRequiredAction | crate: realm_authentication_required_actions_with_alias_delete
    realm
        .authentication()
        .required_action("CONFIGURE_TOTP")
        .delete()
        .await?;
    let totp = realm.authentication().required_action("CONFIGURE_TOTP");
    assert!(totp.find().await?.is_none());
    assert!(!totp.delete_if_exists().await?);

    // php: getUnregisteredRequiredActions | js: authenticationManagement.getUnregisteredRequiredActions | crate: realm_authentication_unregistered_required_actions_get
    let unregistered = realm
        .authentication()
        .list_unregistered_required_actions()
        .await?;
    assert!(
        unregistered
            .iter()
            .any(|action| action.provider_id.as_deref() == Some("CONFIGURE_TOTP"))
    );

    let totp = UnregisteredRequiredActionRepresentation::new()
        .with_provider_id("CONFIGURE_TOTP")
        .with_name("Configure OTP");

    // php: createRequiredAction | js: authenticationManagement.registerRequiredAction | crate: realm_authentication_register_required_action_post
    realm
        .authentication()
        .register_required_action(&totp)
        .await?;
    assert!(
        realm
            .authentication()
            .required_action("CONFIGURE_TOTP")
            .find()
            .await?
            .is_some()
    );

    let password = realm.authentication().required_action("UPDATE_PASSWORD");
    // crate: realm_authentication_required_actions_with_alias_config_description_get
    let description = password.get_config_description().await?;
    assert!(
        description
            .properties
            .is_some_and(|properties| !properties.is_empty())
    );
    let hour = RequiredActionConfigRepresentation::new().with_config([("max_auth_age", "3600")]);
    // crate: realm_authentication_required_actions_with_alias_config_put
    password.update_config(&hour).await?;
    // crate: realm_authentication_required_actions_with_alias_config_get
    let stored = password.get_config().await?;
    assert_eq!(stored.config, hour.config);
    // crate: realm_authentication_required_actions_with_alias_config_delete
    password.delete_config().await?;
    assert!(
        password
            .get_config()
            .await?
            .config
            .is_none_or(|config| config.is_empty())
    );
    Ok(())
}
