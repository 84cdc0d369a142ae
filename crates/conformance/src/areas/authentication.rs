//! Authentication: flows and their executions, the configuration of authenticators, required actions.

use std::collections::BTreeMap;

use conformance::context::Context;
use keycloak_api::authentication_management::{
    AddExecutionToAuthenticationFlow, AddSubflowToAuthenticationFlow, CopyAuthenticationFlow,
    CreateAuthenticationExecution, CreateAuthenticationExecutionConfig, CreateAuthenticationFlow,
    CreateAuthenticatorConfig, DeleteAuthenticationExecution, DeleteRequiredAction,
    DeleteRequiredActionConfig, GetAuthenticationExecutionConfig,
    GetAuthenticatorConfigDescription, GetPerClientConfigDescription,
    GetRequiredActionConfigDescription, ListAuthenticationFlows, ListAuthenticatorProviders,
    ListClientAuthenticatorProviders, ListFormActionProviders, ListFormProviders,
    LowerAuthenticationExecutionPriority, LowerRequiredActionPriority,
    RaiseAuthenticationExecutionPriority, RaiseRequiredActionPriority, RegisterRequiredAction,
    UpdateAuthenticationFlow, UpdateAuthenticationFlowExecution, UpdateAuthenticatorConfig,
    UpdateRequiredAction, UpdateRequiredActionConfig,
};
use keycloak_api::types::{
    AuthenticationExecutionInfoRepresentation, AuthenticationExecutionRepresentation,
    AuthenticationFlowCopyRepresentation, AuthenticationFlowRepresentation,
    AuthenticatorConfigRepresentation, AuthenticatorProviderRepresentation,
    ConfigPropertyRepresentation, NewAuthenticationExecutionRepresentation,
    NewAuthenticationSubflowRepresentation, RequiredActionConfigRepresentation,
    RequiredActionProviderRepresentation,
};

use super::make::text;

pub(crate) async fn run(ctx: &Context) {
    providers(ctx).await;
    client_providers(ctx).await;
    flows(ctx).await;
    executions(ctx).await;
    configs(ctx).await;
    required_actions(ctx).await;
    required_action_registration(ctx).await;
    required_action_config(ctx).await;
}

/// Returns whether the provider is among them, with a name and a description.
fn describes(providers: &[AuthenticatorProviderRepresentation], id: &str) -> bool {
    let is_described = |provider: &AuthenticatorProviderRepresentation| {
        provider.display_name.is_some() && provider.description.is_some()
    };
    let mut found = providers.iter().filter(|p| p.id.as_deref() == Some(id));
    found.any(is_described)
}

fn has_property(properties: Option<&Vec<ConfigPropertyRepresentation>>, name: &str) -> bool {
    properties.is_some_and(|all| all.iter().any(|p| p.name.as_deref() == Some(name)))
}

async fn providers(ctx: &Context) -> Option<()> {
    let realm = ctx.realm();
    let list = ctx.keycloak.list_authenticator_providers().realm(realm);
    if let Some(providers) = ctx.call(list).await {
        let has_cookie = describes(&providers, "auth-cookie");
        ctx.check::<ListAuthenticatorProviders>(has_cookie, "the cookie authenticator is listed");
    }
    let list = ctx.keycloak.list_form_providers().realm(realm);
    if let Some(providers) = ctx.call(list).await {
        let has_form = describes(&providers, "registration-page-form");
        ctx.check::<ListFormProviders>(has_form, "the registration form is listed");
    }
    let list = ctx.keycloak.list_form_action_providers().realm(realm);
    if let Some(providers) = ctx.call(list).await {
        let has_action = describes(&providers, "registration-user-creation");
        ctx.check::<ListFormActionProviders>(has_action, "the creation of a user is listed");
    }
    let describe = |provider_id| {
        let call = ctx.keycloak.get_authenticator_config_description();
        call.realm(realm).provider_id(provider_id)
    };
    let description = ctx.call(describe("idp-review-profile")).await?;
    let properties = description.properties.as_ref();
    ctx.check::<GetAuthenticatorConfigDescription>(
        has_property(properties, "update.profile.on.first.login"),
        "the review of a profile has its one property",
    );
    ctx.expect_error(describe("no-such-authenticator"), 404)
        .await;
    Some(())
}

async fn client_providers(ctx: &Context) -> Option<()> {
    let list = ctx.keycloak.list_client_authenticator_providers();
    let providers = ctx.call(list.realm(ctx.realm())).await?.into_inner();
    let has_secret = |id| {
        let mut found = providers.iter().filter(|p| p.id.as_deref() == Some(id));
        found.find_map(|provider| provider.supports_secret)
    };
    ctx.check::<ListClientAuthenticatorProviders>(
        describes(&providers, "client-jwt")
            && has_secret("client-secret") == Some(true)
            && has_secret("client-jwt") == Some(false),
        "the list says who authenticates with a secret",
    );
    let describe = ctx.keycloak.get_per_client_config_description();
    let properties = ctx.call(describe.realm(ctx.realm())).await?.into_inner();
    let ids: Vec<_> = providers.into_iter().filter_map(|p| p.id).collect();
    ctx.check::<GetPerClientConfigDescription>(
        ids.len() == properties.len() && ids.iter().all(|id| properties.contains_key(id)),
        "each client authenticator is described",
    );
    Some(())
}

fn basic_flow(alias: &str) -> AuthenticationFlowRepresentation {
    AuthenticationFlowRepresentation::new()
        .with_alias(alias)
        .with_description("Asks for what it takes")
        .with_provider_id("basic-flow")
        .with_top_level(true)
        .with_built_in(false)
}

/// A flow at the top; gives its id.
async fn make_flow(ctx: &Context, alias: &str) -> Option<String> {
    let create = ctx.keycloak.create_authentication_flow();
    let create = create.realm(ctx.realm()).body(basic_flow(alias));
    ctx.create(create).await
}

async fn get_flow(ctx: &Context, id: &str) -> Option<AuthenticationFlowRepresentation> {
    let get = ctx.keycloak.get_authentication_flow().realm(ctx.realm());
    Some(ctx.call(get.id(id)).await?.into_inner())
}

async fn flows(ctx: &Context) -> Option<()> {
    let alias = ctx.name("flow");
    let mut flow = basic_flow(&alias);
    let create = || ctx.keycloak.create_authentication_flow().realm(ctx.realm());
    let id = ctx.create(create().body(&flow)).await?;
    ctx.expect_error(create().body(&flow), 409).await;
    let stored = get_flow(ctx, &id).await?;
    ctx.stored::<CreateAuthenticationFlow>(&flow, &stored, &[]);

    flow.alias = Some(ctx.name("renamed flow"));
    flow.description = text("Asks for more");
    let update = ctx.keycloak.update_authentication_flow();
    ctx.call(update.realm(ctx.realm()).id(&id).body(&flow))
        .await?;
    let stored = get_flow(ctx, &id).await?;
    ctx.stored::<UpdateAuthenticationFlow>(&flow, &stored, &[]);

    let copy = AuthenticationFlowCopyRepresentation::new().with_new_name(ctx.name("my browser"));
    let call = ctx.keycloak.copy_authentication_flow().realm(ctx.realm());
    let copy_id = ctx.create(call.flow_alias("browser").body(&copy)).await?;
    let copied = get_flow(ctx, &copy_id).await?;
    ctx.check::<CopyAuthenticationFlow>(
        copied.alias == copy.new_name && copied.built_in == Some(false),
        "the copy has the new name and can be changed",
    );

    let list = ctx.keycloak.list_authentication_flows().realm(ctx.realm());
    let flows = ctx.call(list).await?;
    let is_listed = |id: &String| flows.iter().any(|flow| flow.id.as_ref() == Some(id));
    ctx.check::<ListAuthenticationFlows>(
        is_listed(&id) && is_listed(&copy_id) && flows.len() > 2,
        "the flows made here are listed beside the built-in ones",
    );
    let delete = || ctx.keycloak.delete_authentication_flow().realm(ctx.realm());
    ctx.call(delete().id(&copy_id)).await?;
    ctx.call(delete().id(&id)).await?;
    let get = ctx.keycloak.get_authentication_flow().realm(ctx.realm());
    ctx.expect_error(get.id(&id), 404).await;
    Some(())
}

async fn list_executions(
    ctx: &Context,
    flow_alias: &str,
) -> Option<Vec<AuthenticationExecutionInfoRepresentation>> {
    let list = ctx.keycloak.list_authentication_flow_executions();
    let list = list.realm(ctx.realm()).flow_alias(flow_alias);
    Some(ctx.call(list).await?.into_inner())
}

/// The ids of the executions of a flow without subflows, in their order.
async fn order_of_executions(ctx: &Context, flow_alias: &str) -> Option<Vec<String>> {
    let executions = list_executions(ctx, flow_alias).await?;
    Some(executions.into_iter().filter_map(|e| e.id).collect())
}

async fn get_execution(ctx: &Context, id: &str) -> Option<AuthenticationExecutionRepresentation> {
    let get = ctx.keycloak.get_authentication_execution();
    let get = get.realm(ctx.realm()).execution_id(id);
    Some(ctx.call(get).await?.into_inner())
}

/// Adds an execution at this place in the flow; gives its id.
async fn add_execution(
    ctx: &Context,
    flow_alias: &str,
    provider: &str,
    priority: i32,
) -> Option<String> {
    let execution = NewAuthenticationExecutionRepresentation::new()
        .with_provider(provider)
        .with_priority(priority);
    let add = ctx.keycloak.add_execution_to_authentication_flow();
    let add = add.realm(ctx.realm()).flow_alias(flow_alias);
    ctx.create(add.body(execution)).await
}

async fn executions(ctx: &Context) -> Option<()> {
    let alias = ctx.name("flow");
    let flow_id = make_flow(ctx, &alias).await?;
    let cookie = add_execution(ctx, &alias, "auth-cookie", 10).await?;
    let stored = get_execution(ctx, &cookie).await?;
    ctx.check::<AddExecutionToAuthenticationFlow>(
        stored.authenticator.as_deref() == Some("auth-cookie") && stored.priority == Some(10),
        "the execution has the provider and the priority",
    );
    let execution = AuthenticationExecutionRepresentation::new()
        .with_authenticator("identity-provider-redirector")
        .with_authenticator_flow(false)
        .with_parent_flow(flow_id)
        .with_priority(20)
        .with_requirement("ALTERNATIVE");
    let create = ctx.keycloak.create_authentication_execution();
    let create = create.realm(ctx.realm()).body(&execution);
    let redirector = ctx.create(create).await?;
    let stored = get_execution(ctx, &redirector).await?;
    ctx.stored::<CreateAuthenticationExecution>(&execution, &stored, &[]);

    execution_order(ctx, &alias, &cookie, &redirector).await;
    update_execution(ctx, &alias, &cookie).await;
    subflows(ctx, &alias).await;

    let delete = ctx.keycloak.delete_authentication_execution();
    let delete = delete.realm(ctx.realm()).execution_id(&cookie);
    ctx.call(delete).await?;
    let is_gone = !order_of_executions(ctx, &alias).await?.contains(&cookie);
    ctx.check::<DeleteAuthenticationExecution>(is_gone, "the execution is gone");
    let get = ctx.keycloak.get_authentication_execution();
    let get = get.realm(ctx.realm()).execution_id(&cookie);
    ctx.expect_error(get, 404).await;
    Some(())
}

/// Swaps the flow's two executions, and swaps them back.
async fn execution_order(ctx: &Context, alias: &str, first: &str, second: &str) -> Option<()> {
    let lower = ctx.keycloak.lower_authentication_execution_priority();
    ctx.call(lower.realm(ctx.realm()).execution_id(first)).await;
    let order = order_of_executions(ctx, alias).await?;
    ctx.check::<LowerAuthenticationExecutionPriority>(
        order == [second, first],
        "the execution has changed places with the one behind it",
    );
    let raise = ctx.keycloak.raise_authentication_execution_priority();
    ctx.call(raise.realm(ctx.realm()).execution_id(first)).await;
    let order = order_of_executions(ctx, alias).await?;
    ctx.check::<RaiseAuthenticationExecutionPriority>(
        order == [first, second],
        "the execution has changed places with the one before it",
    );
    Some(())
}

async fn update_execution(ctx: &Context, flow_alias: &str, id: &str) -> Option<()> {
    let find = async || {
        let executions = list_executions(ctx, flow_alias).await?;
        executions.into_iter().find(|e| e.id.as_deref() == Some(id))
    };
    let mut execution = find().await?;
    execution.requirement = text("REQUIRED");
    execution.priority = Some(15);
    let update = ctx.keycloak.update_authentication_flow_execution();
    let update = update.realm(ctx.realm()).flow_alias(flow_alias);
    ctx.call(update.body(&execution)).await?;
    ctx.stored::<UpdateAuthenticationFlowExecution>(&execution, &find().await?, &[]);
    Some(())
}

async fn subflows(ctx: &Context, flow_alias: &str) -> Option<()> {
    let basic = NewAuthenticationSubflowRepresentation::new()
        .with_alias(ctx.name("subflow"))
        .with_description("Asks once more")
        .with_type("basic-flow")
        .with_priority(30);
    let form_alias = ctx.name("form");
    let form = NewAuthenticationSubflowRepresentation::new()
        .with_alias(&form_alias)
        .with_description("Asks who it is")
        .with_type("form-flow")
        .with_provider("registration-page-form");
    for subflow in [basic, form] {
        let add = ctx.keycloak.add_subflow_to_authentication_flow();
        let add = add.realm(ctx.realm()).flow_alias(flow_alias);
        let id = ctx.create(add.body(&subflow)).await?;
        let stored = get_flow(ctx, &id).await?;
        ctx.check::<AddSubflowToAuthenticationFlow>(
            stored.alias == subflow.alias
                && stored.description == subflow.description
                && stored.provider_id == subflow.type_
                && stored.top_level == Some(false),
            "the flow that is made is as described",
        );
        let executions = list_executions(ctx, flow_alias).await?;
        let execution = executions.iter().find(|e| e.flow_id.as_ref() == Some(&id));
        ctx.check::<AddSubflowToAuthenticationFlow>(
            execution.is_some_and(|execution| {
                execution.provider_id == subflow.provider
                    && (subflow.priority.is_none() || execution.priority == subflow.priority)
            }),
            "an execution of the parent leads to it",
        );
    }
    let action = add_execution(ctx, &form_alias, "registration-user-creation", 1).await?;
    let action = get_execution(ctx, &action).await?;
    ctx.check::<AddExecutionToAuthenticationFlow>(
        action.requirement.is_some(),
        "a form takes an action",
    );
    Some(())
}

async fn get_config(ctx: &Context, id: &str) -> Option<AuthenticatorConfigRepresentation> {
    let get = ctx.keycloak.get_authenticator_config().realm(ctx.realm());
    Some(ctx.call(get.id(id)).await?.into_inner())
}

async fn configs(ctx: &Context) -> Option<()> {
    let flow_alias = ctx.name("flow");
    make_flow(ctx, &flow_alias).await?;
    let provider = "identity-provider-redirector";
    let execution_id = add_execution(ctx, &flow_alias, provider, 0).await?;
    let mut config = AuthenticatorConfigRepresentation::new()
        .with_alias(ctx.name("config"))
        .with_config(default_provider("google"));
    let create = ctx.keycloak.create_authentication_execution_config();
    let create = create.realm(ctx.realm()).execution_id(&execution_id);
    let id = ctx.create(create.body(&config)).await?;
    let stored = get_config(ctx, &id).await?;
    ctx.stored::<CreateAuthenticationExecutionConfig>(&config, &stored, &[]);
    let get = ctx.keycloak.get_authentication_execution_config();
    let get = get.realm(ctx.realm()).execution_id(&execution_id).id(&id);
    let of_execution = ctx.call(get).await?;
    ctx.stored::<GetAuthenticationExecutionConfig>(&stored, &*of_execution, &[]);
    let execution = get_execution(ctx, &execution_id).await?;
    ctx.check::<CreateAuthenticationExecutionConfig>(
        execution.authenticator_config.as_ref() == Some(&id),
        "the execution has the configuration",
    );

    config.config = Some(default_provider("github"));
    let update = ctx.keycloak.update_authenticator_config();
    let update = update.realm(ctx.realm()).id(&id).body(&config);
    ctx.call(update).await?;
    let stored = get_config(ctx, &id).await?;
    ctx.stored::<UpdateAuthenticatorConfig>(&config, &stored, &[]);
    delete_config(ctx, &id).await?;

    // A configuration that no execution has.
    config.alias = Some(ctx.name("config"));
    let create = ctx.keycloak.create_authenticator_config();
    let id = ctx.create(create.realm(ctx.realm()).body(&config)).await?;
    let stored = get_config(ctx, &id).await?;
    ctx.stored::<CreateAuthenticatorConfig>(&config, &stored, &[]);
    delete_config(ctx, &id).await
}

fn default_provider(alias: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("defaultProvider".to_owned(), alias.to_owned())])
}

async fn delete_config(ctx: &Context, id: &str) -> Option<()> {
    let delete = ctx.keycloak.delete_authenticator_config();
    ctx.call(delete.realm(ctx.realm()).id(id)).await?;
    let get = ctx.keycloak.get_authenticator_config().realm(ctx.realm());
    ctx.expect_error(get.id(id), 404).await?;
    Some(())
}

async fn list_required_actions(ctx: &Context) -> Option<Vec<RequiredActionProviderRepresentation>> {
    let list = ctx.keycloak.list_required_actions().realm(ctx.realm());
    Some(ctx.call(list).await?.into_inner())
}

/// Returns whether the first of the two actions comes before the second.
async fn is_before(ctx: &Context, first: &str, second: &str) -> Option<bool> {
    let actions = list_required_actions(ctx).await?;
    let place = |alias| {
        let mut aliases = actions.iter().map(|action| action.alias.as_deref());
        aliases.position(|other| other == Some(alias))
    };
    Some(place(first)? < place(second)?)
}

async fn required_actions(ctx: &Context) -> Option<()> {
    let (alias, next) = ("UPDATE_PROFILE", "VERIFY_EMAIL");
    let get = || {
        let call = ctx.keycloak.get_required_action().realm(ctx.realm());
        call.alias(alias)
    };
    let before = ctx.call(get()).await?.into_inner();
    let action = before
        .clone()
        .with_name("Say who you are")
        .with_enabled(false)
        .with_default_action(true)
        .with_config([("max_auth_age", "600")]);
    let update = ctx.keycloak.update_required_action().realm(ctx.realm());
    ctx.call(update.alias(alias).body(&action)).await?;
    let stored = ctx.call(get()).await?;
    ctx.stored::<UpdateRequiredAction>(&action, &*stored, &[]);
    let update = ctx.keycloak.update_required_action().realm(ctx.realm());
    ctx.call(update.alias(alias).body(&before)).await?;

    let lower = ctx.keycloak.lower_required_action_priority();
    ctx.call(lower.realm(ctx.realm()).alias(alias)).await;
    ctx.check::<LowerRequiredActionPriority>(
        is_before(ctx, next, alias).await?,
        "the action comes after the one that was behind it",
    );
    let raise = ctx.keycloak.raise_required_action_priority();
    ctx.call(raise.realm(ctx.realm()).alias(alias)).await;
    ctx.check::<RaiseRequiredActionPriority>(
        is_before(ctx, alias, next).await?,
        "the action comes before the other again",
    );
    let unknown = ctx.keycloak.get_required_action().realm(ctx.realm());
    ctx.expect_error(unknown.alias("no such action"), 404).await;
    Some(())
}

/// Takes an action from the realm and gives it back.
async fn required_action_registration(ctx: &Context) -> Option<()> {
    let alias = "webauthn-register";
    let is_registered = async || {
        let actions = list_required_actions(ctx).await?;
        Some(actions.iter().any(|a| a.alias.as_deref() == Some(alias)))
    };
    let delete = ctx.keycloak.delete_required_action().realm(ctx.realm());
    ctx.call(delete.alias(alias)).await?;
    let is_gone = !is_registered().await?;
    ctx.check::<DeleteRequiredAction>(is_gone, "the realm has the action no more");

    let list = ctx.keycloak.list_unregistered_required_actions();
    let unregistered = ctx.call(list.realm(ctx.realm())).await?.into_inner();
    let mut action = unregistered
        .into_iter()
        .find(|action| action.provider_id.as_deref() == Some(alias))?;
    action.name = text("Bring a key");
    let register = ctx.keycloak.register_required_action().realm(ctx.realm());
    ctx.call(register.body(&action)).await?;
    let get = ctx.keycloak.get_required_action().realm(ctx.realm());
    let stored = ctx.call(get.alias(alias)).await?;
    ctx.stored::<RegisterRequiredAction>(&action, &*stored, &[]);
    Some(())
}

async fn required_action_config(ctx: &Context) -> Option<()> {
    let alias = "UPDATE_PASSWORD";
    let describe = ctx.keycloak.get_required_action_config_description();
    let description = ctx.call(describe.realm(ctx.realm()).alias(alias)).await?;
    ctx.check::<GetRequiredActionConfigDescription>(
        has_property(description.properties.as_ref(), "max_auth_age"),
        "the age of the login is a property",
    );
    let get = || {
        let call = ctx.keycloak.get_required_action_config();
        call.realm(ctx.realm()).alias(alias)
    };
    let config = RequiredActionConfigRepresentation::new().with_config([("max_auth_age", "600")]);
    let update = ctx.keycloak.update_required_action_config();
    let update = update.realm(ctx.realm()).alias(alias);
    ctx.call(update.body(&config)).await?;
    let stored = ctx.call(get()).await?;
    ctx.stored::<UpdateRequiredActionConfig>(&config, &*stored, &[]);

    let delete = ctx.keycloak.delete_required_action_config();
    ctx.call(delete.realm(ctx.realm()).alias(alias)).await?;
    let left = ctx.call(get()).await?.into_inner().config;
    let is_empty = left.is_none_or(|config| config.is_empty());
    ctx.check::<DeleteRequiredActionConfig>(is_empty, "nothing is configured any more");
    Some(())
}
