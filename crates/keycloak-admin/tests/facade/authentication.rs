//! Flows, executions and required actions, on a real server.

use keycloak_admin::types::{
    AuthenticationFlowRepresentation, AuthenticatorConfigRepresentation,
    NewAuthenticationSubflowRepresentation, RequiredActionConfigRepresentation,
    UnregisteredRequiredActionRepresentation,
};
use keycloak_admin::{Ensured, Error, Realm};

use crate::common::TestRealm;
use crate::make::{strings, text};

fn flow(alias: &str) -> AuthenticationFlowRepresentation {
    AuthenticationFlowRepresentation {
        alias: text(alias),
        provider_id: text("basic-flow"),
        top_level: Some(true),
        built_in: Some(false),
        ..Default::default()
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn flows_do_what_keycloak_lets_them() -> Result<(), Error> {
    let test = TestRealm::create("facade-flows").await;
    let realm = test.get();

    // python: create_authentication_flow | php: createAuthenticationFlow | js: authenticationManagement.createFlow
    let id = realm
        .authentication()
        .flows()
        .create(&flow("mine"))
        .exist_ok()
        .await?
        .into_inner();
    let again = realm
        .authentication()
        .flows()
        .create(&flow("mine"))
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(id.clone()));

    // python: get_authentication_flows | php: getAuthenticationFlows | js: authenticationManagement.getFlows
    let flows = realm.authentication().flows().list().await?;
    assert!(
        flows
            .iter()
            .any(|flow| flow.alias.as_deref() == Some("browser"))
    );

    // python: get_authentication_flow_for_id | php: getAuthenticationFlow | js: authenticationManagement.getFlow
    let mine = realm.authentication().flows().id(&id).get().await?;
    assert_eq!(mine.alias.as_deref(), Some("mine"));

    // python: update_authentication_flow | php: updateAuthenticationFlow | js: authenticationManagement.updateFlow
    realm
        .authentication()
        .flows()
        .id(&id)
        .modify(|flow| flow.description = Some("ours".to_owned()))
        .await?;
    assert_eq!(
        realm
            .authentication()
            .flows()
            .id(&id)
            .get()
            .await?
            .description
            .as_deref(),
        Some("ours")
    );
    realm
        .authentication()
        .flows()
        .id(&id)
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

    // python: copy_authentication_flow | php: copyAuthenticationFlow | js: authenticationManagement.copyFlow
    let copy = realm
        .authentication()
        .flows()
        .alias("browser")
        .copy("strict")
        .exist_ok()
        .await?
        .into_inner();
    assert_eq!(
        realm
            .authentication()
            .flows()
            .id(&copy)
            .get()
            .await?
            .alias
            .as_deref(),
        Some("strict")
    );
    let again = realm
        .authentication()
        .flows()
        .alias("browser")
        .copy("strict")
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(copy));

    // python: delete_authentication_flow | php: deleteAuthenticationFlow | js: authenticationManagement.deleteFlow
    realm.authentication().flows().id(&id).delete().await?;
    assert!(
        realm
            .authentication()
            .flows()
            .id(&id)
            .find()
            .await?
            .is_none()
    );
    assert!(
        !realm
            .authentication()
            .flows()
            .id(&id)
            .delete_if_exists()
            .await?
    );
    Ok(())
}

/// The authenticators of a flow, in order.
async fn providers(realm: Realm<'_>, alias: &str) -> Result<Vec<String>, Error> {
    let executions = realm
        .authentication()
        .flows()
        .alias(alias)
        .executions()
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

    // python: create_authentication_flow_execution | php: createAuthenticationFlowExecution, createAuthenticationExecution | js: authenticationManagement.addExecutionToFlow
    let cookie = realm
        .authentication()
        .flows()
        .alias("mine")
        .add_execution("auth-cookie")
        .await?;
    let redirector = realm
        .authentication()
        .flows()
        .alias("mine")
        .add_execution("identity-provider-redirector")
        .await?;

    // python: get_authentication_flow_executions | php: getAuthenticationFlowExecutions | js: authenticationManagement.getExecutions
    let executions = realm
        .authentication()
        .flows()
        .alias("mine")
        .executions()
        .await?;
    assert_eq!(executions.len(), 2);

    let mut first = executions.into_iter().next().unwrap();
    first.requirement = text("REQUIRED");

    // python: update_authentication_flow_executions | php: updateAuthenticationFlowExecutions | js: authenticationManagement.updateExecution
    realm
        .authentication()
        .flows()
        .alias("mine")
        .update_execution(&first)
        .await?;

    // python: get_authentication_flow_execution | php: getAuthenticationExecution
    let execution = realm.authentication().execution(&cookie).get().await?;
    assert_eq!(execution.requirement.as_deref(), Some("REQUIRED"));

    // python: change_execution_priority | php: lowerAuthenticationExecutionPriority | js: authenticationManagement.lowerPriorityExecution
    realm
        .authentication()
        .execution(&cookie)
        .lower_priority()
        .await?;
    assert_eq!(
        providers(realm, "mine").await?,
        ["identity-provider-redirector", "auth-cookie"]
    );

    // php: raiseAuthenticationExecutionPriority | js: authenticationManagement.raisePriorityExecution
    realm
        .authentication()
        .execution(&cookie)
        .raise_priority()
        .await?;
    assert_eq!(
        providers(realm, "mine").await?,
        ["auth-cookie", "identity-provider-redirector"]
    );

    let partner = AuthenticatorConfigRepresentation {
        alias: text("to partner"),
        config: Some(strings([("defaultProvider", "partner")])),
        ..Default::default()
    };

    // python: create_execution_config | php: updateAuthenticationExecution | js: authenticationManagement.createConfig
    let config = realm
        .authentication()
        .execution(&redirector)
        .create_config(&partner)
        .await?;

    // python: get_authenticator_config | php: getAuthenticatorConfig | js: authenticationManagement.getConfig
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
    realm
        .authentication()
        .config(&config)
        .update(&stored)
        .await?;

    // python: delete_authenticator_config | php: deleteAuthenticatorConfig | js: authenticationManagement.delConfig
    realm.authentication().config(&config).delete().await?;
    assert!(
        realm
            .authentication()
            .config(&config)
            .get()
            .optional()
            .await?
            .is_none()
    );

    let forms = NewAuthenticationSubflowRepresentation {
        alias: text("my forms"),
        type_: text("basic-flow"),
        ..Default::default()
    };

    // python: create_authentication_flow_subflow | php: addAuthenticationFlowExecution | js: authenticationManagement.addFlowToFlow
    realm
        .authentication()
        .flows()
        .alias("mine")
        .add_subflow(&forms)
        .await?;
    let executions = realm
        .authentication()
        .flows()
        .alias("mine")
        .executions()
        .await?;
    assert!(
        executions
            .iter()
            .any(|execution| execution.authentication_flow == Some(true))
    );

    // python: delete_authentication_flow_execution | php: deleteAuthenticationExecution | js: authenticationManagement.delExecution
    realm.authentication().execution(&cookie).delete().await?;
    assert!(
        realm
            .authentication()
            .execution(&cookie)
            .find()
            .await?
            .is_none()
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn providers_are_listed() -> Result<(), Error> {
    let test = TestRealm::create("facade-providers").await;
    let realm = test.get();

    // python: get_authenticator_providers | php: getAuthenticatorProviders | js: authenticationManagement.getAuthenticatorProviders
    let providers = realm.authentication().authenticator_providers().await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.id.as_deref() == Some("auth-cookie"))
    );

    // php: getClientAuthenticatorProviders | js: authenticationManagement.getClientAuthenticatorProviders
    let providers = realm
        .authentication()
        .client_authenticator_providers()
        .await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.id.as_deref() == Some("client-secret"))
    );

    // php: getFormProviders | js: authenticationManagement.getFormProviders
    let providers = realm.authentication().form_providers().await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.id.as_deref() == Some("registration-page-form"))
    );

    // php: getFormActionProviders | js: authenticationManagement.getFormActionProviders
    let providers = realm.authentication().form_action_providers().await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.id.as_deref() == Some("registration-user-creation"))
    );

    // python: get_authenticator_provider_config_description | php: getAuthenticatorConfigInfo | js: authenticationManagement.getConfigDescription
    let description = realm
        .authentication()
        .config_description("identity-provider-redirector")
        .await?;
    assert!(
        description
            .properties
            .is_some_and(|properties| !properties.is_empty())
    );

    // php: getClientsConfigDescriptions
    let descriptions = realm
        .authentication()
        .per_client_config_description()
        .await?;
    assert!(descriptions.contains_key("client-secret"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn required_actions_do_what_keycloak_lets_them() -> Result<(), Error> {
    let test = TestRealm::create("facade-actions").await;
    let realm = test.get();

    // python: get_required_actions | php: getRequiredActions | js: authenticationManagement.getRequiredActions
    let actions = realm.authentication().required_actions().await?;
    assert!(actions.len() > 5);

    // python: get_required_action_by_alias | php: getAliasRequiredAction | js: authenticationManagement.getRequiredActionForAlias
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
    realm
        .authentication()
        .required_action("CONFIGURE_TOTP")
        .update(&action)
        .await?;

    // php: lowerRequiredActionPriority | js: authenticationManagement.lowerRequiredActionPriority
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

    // php: raiseRequiredActionPriority | js: authenticationManagement.raiseRequiredActionPriority
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

    // php: deleteRequiredAction | js: authenticationManagement.deleteRequiredAction
    realm
        .authentication()
        .required_action("CONFIGURE_TOTP")
        .delete()
        .await?;
    assert!(
        realm
            .authentication()
            .required_action("CONFIGURE_TOTP")
            .find()
            .await?
            .is_none()
    );

    // php: getUnregisteredRequiredActions | js: authenticationManagement.getUnregisteredRequiredActions
    let unregistered = realm
        .authentication()
        .unregistered_required_actions()
        .await?;
    assert!(
        unregistered
            .iter()
            .any(|action| action.provider_id.as_deref() == Some("CONFIGURE_TOTP"))
    );

    let totp = UnregisteredRequiredActionRepresentation {
        provider_id: text("CONFIGURE_TOTP"),
        name: text("Configure OTP"),
        ..Default::default()
    };

    // php: createRequiredAction | js: authenticationManagement.registerRequiredAction
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
    let description = password.config_description().await?;
    assert!(
        description
            .properties
            .is_some_and(|properties| !properties.is_empty())
    );
    let hour = RequiredActionConfigRepresentation {
        config: Some(strings([("max_auth_age", "3600")])),
        ..Default::default()
    };
    password.update_config(&hour).await?;
    assert_eq!(password.config().await?.config, hour.config);
    password.delete_config().await?;
    assert!(
        password
            .config()
            .await?
            .config
            .is_none_or(|config| config.is_empty())
    );
    Ok(())
}
