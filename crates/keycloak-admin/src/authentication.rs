//! Authentication flows, their executions and configurations, and required actions.
//!
//! ```no_run
//! # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
//! let authentication = keycloak.realm("acme").authentication();
//! let browser = authentication.flow_by_alias("browser");
//! let id = browser.copy("strict browser").exist_ok().await?.into_id();
//! for execution in authentication.flow_by_alias("strict browser").list_executions().await? {
//!     println!("{:?} {:?}", execution.provider_id, execution.requirement);
//! }
//! let totp = authentication.required_action("CONFIGURE_TOTP");
//! totp.modify(|action| action.default_action = Some(true)).await?;
//! # Ok(())
//! # }
//! ```

use keycloak_api::authentication_management::{
    AddSubflowToAuthenticationFlow, CopyAuthenticationFlow, CreateAuthenticationFlow,
    DeleteAuthenticationExecution, DeleteAuthenticationFlow, DeleteAuthenticatorConfig,
    DeleteRequiredAction, DeleteRequiredActionConfig, GetAuthenticationExecution,
    GetAuthenticationFlow, GetAuthenticatorConfig, GetAuthenticatorConfigDescription,
    GetPerClientConfigDescription, GetRequiredAction, GetRequiredActionConfig,
    GetRequiredActionConfigDescription, ListAuthenticationFlowExecutions, ListAuthenticationFlows,
    ListAuthenticatorProviders, ListClientAuthenticatorProviders, ListFormActionProviders,
    ListFormProviders, ListRequiredActions, ListUnregisteredRequiredActions,
    LowerAuthenticationExecutionPriority, LowerRequiredActionPriority,
    RaiseAuthenticationExecutionPriority, RaiseRequiredActionPriority, RegisterRequiredAction,
    UpdateAuthenticationFlow, UpdateAuthenticationFlowExecution, UpdateAuthenticatorConfig,
    UpdateRequiredAction, UpdateRequiredActionConfig,
};
use keycloak_api::types::{
    AuthenticationExecutionInfoRepresentation, AuthenticationExecutionRepresentation,
    AuthenticationFlowCopyRepresentation, AuthenticationFlowRepresentation,
    AuthenticatorConfigRepresentation, NewAuthenticationExecutionRepresentation,
    NewAuthenticationSubflowRepresentation, RequiredActionConfigRepresentation,
    RequiredActionProviderRepresentation, UnregisteredRequiredActionRepresentation,
};
use keycloak_session::Error;

use crate::create::{NaturalKey, created_id};
use crate::find::find_in_list;
use crate::{Create, Modify, Realm};

impl Realm {
    /// Returns a handle on how the realm's users log in: flows, executions and required actions.
    #[must_use]
    pub fn authentication(&self) -> Authentication {
        Authentication {
            realm: self.clone(),
        }
    }
}

/// The login of a realm's users: flows and required actions. From [`Realm::authentication`].
#[derive(Clone, Debug)]
pub struct Authentication {
    realm: Realm,
}

impl Authentication {
    /// Returns a handle on all authentication flows.
    #[must_use]
    pub fn flows(&self) -> Flows {
        Flows {
            realm: self.realm.clone(),
        }
    }

    /// Returns a handle on the flow of this id. Nothing is sent, so the flow need not exist.
    #[must_use]
    pub fn flow(&self, id: impl Into<String>) -> Flow {
        Flow {
            realm: self.realm.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the flow of this alias. Keycloak copies flows and changes their executions by the alias. Nothing is sent, so the
    /// flow need not exist.
    #[must_use]
    pub fn flow_by_alias(&self, alias: impl Into<String>) -> FlowByAlias {
        FlowByAlias {
            realm: self.realm.clone(),
            alias: alias.into(),
        }
    }

    /// Returns a handle on the execution of this id, in any flow. Nothing is sent, so the execution need not exist.
    #[must_use]
    pub fn execution(&self, id: impl Into<String>) -> Execution {
        Execution {
            realm: self.realm.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the configuration of this id, which belongs to an execution. Nothing is sent, so the configuration need not exist.
    #[must_use]
    pub fn config(&self, id: impl Into<String>) -> Config {
        Config {
            realm: self.realm.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the required action of this alias, such as `CONFIGURE_TOTP`. Nothing is sent, so the action need not exist.
    #[must_use]
    pub fn required_action(&self, alias: impl Into<String>) -> RequiredAction {
        RequiredAction {
            realm: self.realm.clone(),
            alias: alias.into(),
        }
    }

    /// Lists the required actions that the realm uses. `GET /admin/realms/{realm}/authentication/required-actions`
    pub fn list_required_actions(&self) -> ListRequiredActions {
        self.realm
            .api()
            .list_required_actions()
            .realm(self.realm.name())
    }

    /// Lists the required actions that the server has and the realm does not use.
    /// `GET /admin/realms/{realm}/authentication/unregistered-required-actions`
    pub fn list_unregistered_required_actions(&self) -> ListUnregisteredRequiredActions {
        self.realm
            .api()
            .list_unregistered_required_actions()
            .realm(self.realm.name())
    }

    /// Takes an unregistered required action into use. `POST /admin/realms/{realm}/authentication/register-required-action`
    ///
    /// [`list_unregistered_required_actions`](Self::list_unregistered_required_actions) lists the possible ones.
    #[inline]
    pub fn register_required_action(
        &self,
        action: &UnregisteredRequiredActionRepresentation,
    ) -> RegisterRequiredAction {
        self.realm
            .api()
            .register_required_action()
            .realm(self.realm.name())
            .body(action)
    }

    /// Lists the authenticators that an execution can use. `GET /admin/realms/{realm}/authentication/authenticator-providers`
    pub fn list_authenticator_providers(&self) -> ListAuthenticatorProviders {
        self.realm
            .api()
            .list_authenticator_providers()
            .realm(self.realm.name())
    }

    /// Lists the ways in which clients can authenticate. `GET /admin/realms/{realm}/authentication/client-authenticator-providers`
    pub fn list_client_authenticator_providers(&self) -> ListClientAuthenticatorProviders {
        self.realm
            .api()
            .list_client_authenticator_providers()
            .realm(self.realm.name())
    }

    /// Lists the form providers. `GET /admin/realms/{realm}/authentication/form-providers`
    pub fn list_form_providers(&self) -> ListFormProviders {
        self.realm
            .api()
            .list_form_providers()
            .realm(self.realm.name())
    }

    /// Lists the form actions. `GET /admin/realms/{realm}/authentication/form-action-providers`
    pub fn list_form_action_providers(&self) -> ListFormActionProviders {
        self.realm
            .api()
            .list_form_action_providers()
            .realm(self.realm.name())
    }

    /// Reads which settings the configuration of an authenticator can have.
    /// `GET /admin/realms/{realm}/authentication/config-description/{providerId}`
    pub fn get_config_description(&self, provider_id: &str) -> GetAuthenticatorConfigDescription {
        self.realm
            .api()
            .get_authenticator_config_description()
            .realm(self.realm.name())
            .provider_id(provider_id)
    }

    /// Reads which settings a client can have for each client authenticator.
    /// `GET /admin/realms/{realm}/authentication/per-client-config-description`
    pub fn get_per_client_config_description(&self) -> GetPerClientConfigDescription {
        self.realm
            .api()
            .get_per_client_config_description()
            .realm(self.realm.name())
    }
}

/// The authentication flows of a realm, from [`Authentication::flows`].
#[derive(Clone, Debug)]
pub struct Flows {
    realm: Realm,
}

impl Flows {
    /// Lists the top-level flows, without the flows inside them. `GET /admin/realms/{realm}/authentication/flows`
    pub fn list(&self) -> ListAuthenticationFlows {
        self.realm
            .api()
            .list_authentication_flows()
            .realm(self.realm.name())
    }

    /// Returns the top-level flow that has exactly this alias; `None` if no flow has it. `GET /admin/realms/{realm}/authentication/flows`
    pub async fn find_by_alias(
        &self,
        alias: &str,
    ) -> Result<Option<AuthenticationFlowRepresentation>, Error> {
        find_in_list(self.list(), |flow: &AuthenticationFlowRepresentation| {
            flow.alias.as_deref() == Some(alias)
        })
        .await
    }

    /// Creates a flow and returns its id. `POST /admin/realms/{realm}/authentication/flows`
    ///
    /// The flow needs `alias`, `provider_id` (`basic-flow` or `client-flow`), `top_level` and `built_in`.
    /// [`exist_ok`](Create::exist_ok) finds the flow by its alias. Of callers at the same moment, each may create a flow of that alias, because
    /// Keycloak does not guard it.
    #[inline]
    pub fn create(
        &self,
        flow: &AuthenticationFlowRepresentation,
    ) -> Create<CreateAuthenticationFlow> {
        let call = self
            .realm
            .api()
            .create_authentication_flow()
            .realm(self.realm.name())
            .body(flow);
        let key = alias_key(&self.realm, flow.alias.as_deref());
        Create::new(call, key.with_id(flow.id.as_deref()))
    }
}

/// The alias of a flow, as the key to find the flow by.
#[inline]
fn alias_key(realm: &Realm, alias: Option<&str>) -> NaturalKey {
    NaturalKey::new(realm, "alias", alias, |realm, alias| async move {
        let flows = realm.authentication().flows();
        Ok(flows.find_by_alias(&alias).await?.and_then(|flow| flow.id))
    })
}

/// One authentication flow by its id, from [`Authentication::flow`].
#[derive(Clone, Debug)]
pub struct Flow {
    realm: Realm,
    id: String,
}

impl Flow {
    /// Reads the flow. `GET /admin/realms/{realm}/authentication/flows/{id}`
    pub fn get(&self) -> GetAuthenticationFlow {
        self.realm
            .api()
            .get_authentication_flow()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Reads the flow; `None` if there is no such flow. `GET /admin/realms/{realm}/authentication/flows/{id}`
    pub async fn find(&self) -> Result<Option<AuthenticationFlowRepresentation>, Error> {
        self.get().optional().await
    }

    fn put(&self) -> UpdateAuthenticationFlow {
        self.realm
            .api()
            .update_authentication_flow()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Replaces the flow's own fields, such as alias and description. `PUT /admin/realms/{realm}/authentication/flows/{id}`
    ///
    /// `alias` is needed. Any other field that is `None` is emptied, or becomes `false`. The executions stay as they are, whatever
    /// `authentication_executions` holds. A flow that was read with [`get`](Self::get) and is written back loses the fields that the types do not
    /// know. [`modify`](Self::modify) keeps them.
    #[inline]
    pub fn update(&self, flow: &AuthenticationFlowRepresentation) -> UpdateAuthenticationFlow {
        self.put().body(flow)
    }

    /// Reads the flow, changes it and writes it back. If nothing is changed, nothing is written. A change of the executions has no effect.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut AuthenticationFlowRepresentation) + Send + 'f,
    ) -> Modify<'f, AuthenticationFlowRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    /// Deletes the flow. `DELETE /admin/realms/{realm}/authentication/flows/{id}`
    pub fn delete(&self) -> DeleteAuthenticationFlow {
        self.realm
            .api()
            .delete_authentication_flow()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Deletes the flow if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}/authentication/flows/{id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }
}

/// One authentication flow by its alias, from [`Authentication::flow_by_alias`].
#[derive(Clone, Debug)]
pub struct FlowByAlias {
    realm: Realm,
    alias: String,
}

impl FlowByAlias {
    /// Copies the flow with everything in it and returns the id of the copy.
    /// `POST /admin/realms/{realm}/authentication/flows/{flowAlias}/copy`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the copy by its alias, also after the 500 with which Keycloak answers most of several callers at the same
    /// moment. More than one of them may create a copy, because Keycloak does not guard it.
    #[inline]
    pub fn copy(&self, new_alias: &str) -> Create<CopyAuthenticationFlow> {
        let copy = AuthenticationFlowCopyRepresentation::new().with_new_name(new_alias);
        let call = self
            .realm
            .api()
            .copy_authentication_flow()
            .realm(self.realm.name())
            .flow_alias(&self.alias)
            .body(copy);
        let key = alias_key(&self.realm, Some(new_alias));
        Create::new(call, key.conflict_status(500).look_again())
    }

    /// Lists the flow's executions, with those of the flows inside it.
    /// `GET /admin/realms/{realm}/authentication/flows/{flowAlias}/executions`
    pub fn list_executions(&self) -> ListAuthenticationFlowExecutions {
        self.realm
            .api()
            .list_authentication_flow_executions()
            .realm(self.realm.name())
            .flow_alias(&self.alias)
    }

    /// Adds an execution of an authenticator at the end and returns its id.
    /// `POST /admin/realms/{realm}/authentication/flows/{flowAlias}/executions/execution`
    pub async fn add_execution(&self, provider_id: &str) -> Result<String, Error> {
        let execution = NewAuthenticationExecutionRepresentation::new().with_provider(provider_id);
        let call = self
            .realm
            .api()
            .add_execution_to_authentication_flow()
            .realm(self.realm.name())
            .flow_alias(&self.alias)
            .body(execution);
        created_id(call).await
    }

    /// Adds a flow inside this one. `POST /admin/realms/{realm}/authentication/flows/{flowAlias}/executions/flow`
    ///
    /// The subflow needs `alias` and `type` (`basic-flow` or `form-flow`); a form needs `provider` too. Its execution is then among
    /// [`list_executions`](Self::list_executions).
    #[inline]
    pub fn add_subflow(
        &self,
        subflow: &NewAuthenticationSubflowRepresentation,
    ) -> AddSubflowToAuthenticationFlow {
        self.realm
            .api()
            .add_subflow_to_authentication_flow()
            .realm(self.realm.name())
            .flow_alias(&self.alias)
            .body(subflow)
    }

    /// Writes an execution, such as with another `requirement`. `PUT /admin/realms/{realm}/authentication/flows/{flowAlias}/executions`
    ///
    /// Read the execution with [`list_executions`](Self::list_executions) and write it back whole: the server needs its `id` and its
    /// `requirement`.
    #[inline]
    pub fn update_execution(
        &self,
        execution: &AuthenticationExecutionInfoRepresentation,
    ) -> UpdateAuthenticationFlowExecution {
        self.realm
            .api()
            .update_authentication_flow_execution()
            .realm(self.realm.name())
            .flow_alias(&self.alias)
            .body(execution)
    }
}

/// One execution, from [`Authentication::execution`].
#[derive(Clone, Debug)]
pub struct Execution {
    realm: Realm,
    id: String,
}

impl Execution {
    /// Reads the execution. `GET /admin/realms/{realm}/authentication/executions/{executionId}`
    pub fn get(&self) -> GetAuthenticationExecution {
        self.realm
            .api()
            .get_authentication_execution()
            .realm(self.realm.name())
            .execution_id(&self.id)
    }

    /// Reads the execution; `None` if there is no such execution. `GET /admin/realms/{realm}/authentication/executions/{executionId}`
    pub async fn find(&self) -> Result<Option<AuthenticationExecutionRepresentation>, Error> {
        self.get().optional().await
    }

    /// Gives the execution a configuration and returns the id of the configuration.
    /// `POST /admin/realms/{realm}/authentication/executions/{executionId}/config`
    pub async fn create_config(
        &self,
        config: &AuthenticatorConfigRepresentation,
    ) -> Result<String, Error> {
        let call = self
            .realm
            .api()
            .create_authentication_execution_config()
            .realm(self.realm.name())
            .execution_id(&self.id)
            .body(config);
        created_id(call).await
    }

    /// Moves the execution up. `POST /admin/realms/{realm}/authentication/executions/{executionId}/raise-priority`
    pub fn raise_priority(&self) -> RaiseAuthenticationExecutionPriority {
        self.realm
            .api()
            .raise_authentication_execution_priority()
            .realm(self.realm.name())
            .execution_id(&self.id)
    }

    /// Moves the execution down. `POST /admin/realms/{realm}/authentication/executions/{executionId}/lower-priority`
    pub fn lower_priority(&self) -> LowerAuthenticationExecutionPriority {
        self.realm
            .api()
            .lower_authentication_execution_priority()
            .realm(self.realm.name())
            .execution_id(&self.id)
    }

    /// Deletes the execution from its flow. `DELETE /admin/realms/{realm}/authentication/executions/{executionId}`
    pub fn delete(&self) -> DeleteAuthenticationExecution {
        self.realm
            .api()
            .delete_authentication_execution()
            .realm(self.realm.name())
            .execution_id(&self.id)
    }

    /// Deletes the execution if it exists. Returns whether it existed.
    /// `DELETE /admin/realms/{realm}/authentication/executions/{executionId}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }
}

/// The configuration of an execution, from [`Authentication::config`].
#[derive(Clone, Debug)]
pub struct Config {
    realm: Realm,
    id: String,
}

impl Config {
    /// Reads the configuration. `GET /admin/realms/{realm}/authentication/config/{id}`
    pub fn get(&self) -> GetAuthenticatorConfig {
        self.realm
            .api()
            .get_authenticator_config()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Reads the configuration; `None` if there is no such configuration. `GET /admin/realms/{realm}/authentication/config/{id}`
    pub async fn find(&self) -> Result<Option<AuthenticatorConfigRepresentation>, Error> {
        self.get().optional().await
    }

    fn put(&self) -> UpdateAuthenticatorConfig {
        self.realm
            .api()
            .update_authenticator_config()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Replaces the configuration. `PUT /admin/realms/{realm}/authentication/config/{id}`
    ///
    /// A field that is `None` is emptied, and a setting that `config` leaves out is deleted. A configuration that was read with [`get`](Self::get)
    /// and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps them.
    #[inline]
    pub fn update(&self, config: &AuthenticatorConfigRepresentation) -> UpdateAuthenticatorConfig {
        self.put().body(config)
    }

    /// Reads the configuration, changes it and writes it back whole. If nothing is changed, nothing is written.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut AuthenticatorConfigRepresentation) + Send + 'f,
    ) -> Modify<'f, AuthenticatorConfigRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    /// Deletes the configuration. `DELETE /admin/realms/{realm}/authentication/config/{id}`
    pub fn delete(&self) -> DeleteAuthenticatorConfig {
        self.realm
            .api()
            .delete_authenticator_config()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Deletes the configuration if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}/authentication/config/{id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }
}

/// One required action, from [`Authentication::required_action`].
#[derive(Clone, Debug)]
pub struct RequiredAction {
    realm: Realm,
    alias: String,
}

impl RequiredAction {
    /// Reads the required action. `GET /admin/realms/{realm}/authentication/required-actions/{alias}`
    pub fn get(&self) -> GetRequiredAction {
        self.realm
            .api()
            .get_required_action()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Reads the required action; `None` if the realm does not use it. `GET /admin/realms/{realm}/authentication/required-actions/{alias}`
    pub async fn find(&self) -> Result<Option<RequiredActionProviderRepresentation>, Error> {
        self.get().optional().await
    }

    fn put(&self) -> UpdateRequiredAction {
        self.realm
            .api()
            .update_required_action()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Replaces the required action. `PUT /admin/realms/{realm}/authentication/required-actions/{alias}`
    ///
    /// A field that is `None` is emptied, or becomes `false` or 0: without `alias`, the action loses its alias. An action that was read with
    /// [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps them.
    #[inline]
    pub fn update(&self, action: &RequiredActionProviderRepresentation) -> UpdateRequiredAction {
        self.put().body(action)
    }

    /// Reads the required action, changes it and writes it back whole. If nothing is changed, nothing is written.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut RequiredActionProviderRepresentation) + Send + 'f,
    ) -> Modify<'f, RequiredActionProviderRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    /// Deletes the required action from the realm. `DELETE /admin/realms/{realm}/authentication/required-actions/{alias}`
    ///
    /// [`Authentication::register_required_action`] takes it into use again.
    pub fn delete(&self) -> DeleteRequiredAction {
        self.realm
            .api()
            .delete_required_action()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Deletes the required action if the realm uses it. Returns whether the realm used it.
    /// `DELETE /admin/realms/{realm}/authentication/required-actions/{alias}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Moves the required action up. `POST /admin/realms/{realm}/authentication/required-actions/{alias}/raise-priority`
    pub fn raise_priority(&self) -> RaiseRequiredActionPriority {
        self.realm
            .api()
            .raise_required_action_priority()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Moves the required action down. `POST /admin/realms/{realm}/authentication/required-actions/{alias}/lower-priority`
    pub fn lower_priority(&self) -> LowerRequiredActionPriority {
        self.realm
            .api()
            .lower_required_action_priority()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Reads the action's configuration. `GET /admin/realms/{realm}/authentication/required-actions/{alias}/config`
    pub fn get_config(&self) -> GetRequiredActionConfig {
        self.realm
            .api()
            .get_required_action_config()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Replaces the action's configuration. `PUT /admin/realms/{realm}/authentication/required-actions/{alias}/config`
    ///
    /// A setting that `config` leaves out is deleted, so the action's default applies.
    #[inline]
    pub fn update_config(
        &self,
        config: &RequiredActionConfigRepresentation,
    ) -> UpdateRequiredActionConfig {
        self.realm
            .api()
            .update_required_action_config()
            .realm(self.realm.name())
            .alias(&self.alias)
            .body(config)
    }

    /// Deletes the action's configuration, so the action's defaults apply.
    /// `DELETE /admin/realms/{realm}/authentication/required-actions/{alias}/config`
    pub fn delete_config(&self) -> DeleteRequiredActionConfig {
        self.realm
            .api()
            .delete_required_action_config()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Reads which settings the action's configuration can have.
    /// `GET /admin/realms/{realm}/authentication/required-actions/{alias}/config-description`
    pub fn get_config_description(&self) -> GetRequiredActionConfigDescription {
        self.realm
            .api()
            .get_required_action_config_description()
            .realm(self.realm.name())
            .alias(&self.alias)
    }
}
