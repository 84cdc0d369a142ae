//! Authentication flows, their executions and configurations, and required actions.
//!
//! ```no_run
//! use keycloak_admin::types::RequiredActionProviderRepresentation;
//!
//! # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
//! let realm = keycloak.realm("acme");
//! let flows = realm.authentication().flows();
//! let id = flows.alias("browser").copy("strict browser").exist_ok().await?.into_inner();
//! for execution in flows.alias("strict browser").executions().await? {
//!     println!("{:?} {:?}", execution.provider_id, execution.requirement);
//! }
//! let totp = realm.authentication().required_action("CONFIGURE_TOTP");
//! totp.modify(|action: &mut RequiredActionProviderRepresentation| action.default_action = Some(true)).await?;
//! # Ok(())
//! # }
//! ```

use keycloak_api::Client as Api;
use keycloak_api::authentication_management::{
    AddExecutionToAuthenticationFlow, AddSubflowToAuthenticationFlow, CopyAuthenticationFlow,
    CreateAuthenticationFlow, DeleteAuthenticationExecution, DeleteAuthenticationFlow,
    DeleteAuthenticatorConfig, DeleteRequiredAction, DeleteRequiredActionConfig,
    GetAuthenticationExecution, GetAuthenticationFlow, GetAuthenticatorConfig,
    GetAuthenticatorConfigDescription, GetPerClientConfigDescription, GetRequiredAction,
    GetRequiredActionConfig, GetRequiredActionConfigDescription, ListAuthenticationFlowExecutions,
    ListAuthenticationFlows, ListAuthenticatorProviders, ListClientAuthenticatorProviders,
    ListFormActionProviders, ListFormProviders, ListRequiredActions,
    ListUnregisteredRequiredActions, LowerAuthenticationExecutionPriority,
    LowerRequiredActionPriority, RaiseAuthenticationExecutionPriority, RaiseRequiredActionPriority,
    RegisterRequiredAction, UpdateAuthenticationFlow, UpdateAuthenticationFlowExecution,
    UpdateAuthenticatorConfig, UpdateRequiredAction, UpdateRequiredActionConfig,
};
use keycloak_api::types::{
    AuthenticationExecutionInfoRepresentation, AuthenticationExecutionRepresentation,
    AuthenticationFlowCopyRepresentation, AuthenticationFlowRepresentation,
    AuthenticatorConfigRepresentation, NewAuthenticationExecutionRepresentation,
    NewAuthenticationSubflowRepresentation, RequiredActionConfigRepresentation,
    RequiredActionProviderRepresentation, UnregisteredRequiredActionRepresentation,
};
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::{Call, Create, Realm, modify};

impl<'a> Realm<'a> {
    /// How users of the realm log in.
    #[must_use]
    #[inline]
    pub fn authentication(self) -> Authentication<'a> {
        Authentication { realm: self }
    }
}

/// How users of a realm log in, from [`Realm::authentication`].
#[derive(Clone, Copy, Debug)]
pub struct Authentication<'a> {
    realm: Realm<'a>,
}

impl<'a> Authentication<'a> {
    /// The authentication flows.
    #[must_use]
    #[inline]
    pub fn flows(self) -> Flows<'a> {
        Flows { realm: self.realm }
    }

    /// The execution of this id, in whichever flow it is.
    #[must_use]
    #[inline]
    pub fn execution(self, id: &'a str) -> Execution<'a> {
        Execution {
            realm: self.realm,
            id,
        }
    }

    /// The configuration of this id, which an execution has.
    #[must_use]
    #[inline]
    pub fn config(self, id: &'a str) -> Config<'a> {
        Config {
            realm: self.realm,
            id,
        }
    }

    /// Lists the authenticators that executions can be of. `GET /admin/realms/{realm}/authentication/authenticator-providers`
    #[inline]
    pub fn authenticator_providers(self) -> Call<ListAuthenticatorProviders> {
        self.realm.at(Api::list_authenticator_providers)
    }

    /// Lists the ways in which clients can prove who they are. `GET /admin/realms/{realm}/authentication/client-authenticator-providers`
    #[inline]
    pub fn client_authenticator_providers(self) -> Call<ListClientAuthenticatorProviders> {
        self.realm.at(Api::list_client_authenticator_providers)
    }

    /// Lists the form providers. `GET /admin/realms/{realm}/authentication/form-providers`
    #[inline]
    pub fn form_providers(self) -> Call<ListFormProviders> {
        self.realm.at(Api::list_form_providers)
    }

    /// Lists the form actions. `GET /admin/realms/{realm}/authentication/form-action-providers`
    #[inline]
    pub fn form_action_providers(self) -> Call<ListFormActionProviders> {
        self.realm.at(Api::list_form_action_providers)
    }

    /// What the configuration of an authenticator can hold. `GET /admin/realms/{realm}/authentication/config-description/{providerId}`
    #[inline]
    pub fn config_description(self, provider_id: &str) -> Call<GetAuthenticatorConfigDescription> {
        self.realm
            .at(Api::get_authenticator_config_description)
            .and_path(provider_id)
    }

    /// What a client can set for each client authenticator. `GET /admin/realms/{realm}/authentication/per-client-config-description`
    #[inline]
    pub fn per_client_config_description(self) -> Call<GetPerClientConfigDescription> {
        self.realm.at(Api::get_per_client_config_description)
    }

    /// Lists the required actions. `GET /admin/realms/{realm}/authentication/required-actions`
    #[inline]
    pub fn required_actions(self) -> Call<ListRequiredActions> {
        self.realm.at(Api::list_required_actions)
    }

    /// Lists the required actions that the server has and the realm does not use. `GET /admin/realms/{realm}/authentication/unregistered-required-actions`
    #[inline]
    pub fn unregistered_required_actions(self) -> Call<ListUnregisteredRequiredActions> {
        self.realm.at(Api::list_unregistered_required_actions)
    }

    /// Takes one of those into use. `POST /admin/realms/{realm}/authentication/register-required-action`
    #[inline]
    pub fn register_required_action(
        self,
        action: &UnregisteredRequiredActionRepresentation,
    ) -> Call<RegisterRequiredAction> {
        self.realm
            .at(|api| api.register_required_action().body(action))
    }

    /// The required action of this alias, such as `CONFIGURE_TOTP`.
    #[must_use]
    #[inline]
    pub fn required_action(self, alias: &'a str) -> RequiredAction<'a> {
        RequiredAction {
            realm: self.realm,
            alias,
        }
    }
}

/// The authentication flows of a realm, from [`Authentication::flows`].
#[derive(Clone, Copy, Debug)]
pub struct Flows<'a> {
    realm: Realm<'a>,
}

impl<'a> Flows<'a> {
    /// Lists the flows at the top, not those within others. `GET /admin/realms/{realm}/authentication/flows`
    #[inline]
    pub fn list(self) -> Call<ListAuthenticationFlows> {
        self.realm.at(Api::list_authentication_flows)
    }

    /// The flow that has exactly this alias; `None` where none has. `GET /admin/realms/{realm}/authentication/flows`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_alias(
        self,
        alias: &str,
    ) -> BoxFuture<'static, Result<Option<AuthenticationFlowRepresentation>, Error>> {
        let alias = alias.to_owned();
        find_in_list(
            self.list(),
            move |flow: &AuthenticationFlowRepresentation| flow.alias.as_ref() == Some(&alias),
        )
    }

    /// Creates a flow and returns its id; `alias`, `provider_id` (`basic-flow` or `client-flow`), `top_level` and `built_in` are needed.
    /// `POST /admin/realms/{realm}/authentication/flows`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its alias.
    #[inline]
    pub fn create(
        self,
        flow: &AuthenticationFlowRepresentation,
    ) -> Create<CreateAuthenticationFlow> {
        let key = self.key(flow.alias.as_deref());
        Create::new(
            self.realm
                .at(|api| api.create_authentication_flow().body(flow)),
            key,
        )
    }

    #[inline]
    fn key(self, alias: Option<&str>) -> NaturalKey {
        NaturalKey::new(
            "alias",
            alias,
            |alias| self.find_by_alias(alias),
            |flow| flow.id,
        )
    }

    /// The flow of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> Flow<'a> {
        Flow {
            realm: self.realm,
            id,
        }
    }

    /// The flow of this alias, for what Keycloak addresses by the alias: copies and executions. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn alias(self, alias: &'a str) -> FlowByAlias<'a> {
        FlowByAlias {
            realm: self.realm,
            alias,
        }
    }
}

/// One authentication flow by its id, from [`Flows::id`].
#[derive(Clone, Copy, Debug)]
pub struct Flow<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> Flow<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// Reads the flow. `GET /admin/realms/{realm}/authentication/flows/{id}`
    #[inline]
    pub fn get(self) -> Call<GetAuthenticationFlow> {
        self.at(Api::get_authentication_flow)
    }

    /// Like [`get`](Self::get); `None` where there is no such flow.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(
        self,
    ) -> BoxFuture<'static, Result<Option<AuthenticationFlowRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes alias and description. `PUT /admin/realms/{realm}/authentication/flows/{id}`
    #[inline]
    pub fn update(self, flow: &AuthenticationFlowRepresentation) -> Call<UpdateAuthenticationFlow> {
        self.at(|api| api.update_authentication_flow().body(flow))
    }

    /// Reads the flow, changes it and writes it back. Where nothing is changed, nothing is written. Executions are not written this way.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut AuthenticationFlowRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_authentication_flow), change)
    }

    /// Deletes the flow. `DELETE /admin/realms/{realm}/authentication/flows/{id}`
    #[inline]
    pub fn delete(self) -> Call<DeleteAuthenticationFlow> {
        self.at(Api::delete_authentication_flow)
    }

    /// Deletes the flow if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}

/// One authentication flow by its alias, from [`Flows::alias`].
#[derive(Clone, Copy, Debug)]
pub struct FlowByAlias<'a> {
    realm: Realm<'a>,
    alias: &'a str,
}

impl<'a> FlowByAlias<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.alias])
    }

    /// Copies the flow with all that is in it and returns the id of the copy. `POST /admin/realms/{realm}/authentication/flows/{flowAlias}/copy`
    ///
    /// With [`exist_ok`](Create::exist_ok) the copy is found by its alias.
    #[inline]
    pub fn copy(self, new_alias: &str) -> Create<CopyAuthenticationFlow> {
        let copy = AuthenticationFlowCopyRepresentation {
            new_name: Some(new_alias.to_owned()),
        };
        let key = self.realm.authentication().flows().key(Some(new_alias));
        Create::new(
            self.at(|api| api.copy_authentication_flow().body(copy)),
            key,
        )
    }

    /// Lists the executions, those within subflows included. `GET /admin/realms/{realm}/authentication/flows/{flowAlias}/executions`
    #[inline]
    pub fn executions(self) -> Call<ListAuthenticationFlowExecutions> {
        self.at(Api::list_authentication_flow_executions)
    }

    /// Adds an execution of an authenticator at the end and returns its id. `POST /admin/realms/{realm}/authentication/flows/{flowAlias}/executions/execution`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn add_execution(self, provider_id: &str) -> BoxFuture<'static, Result<String, Error>> {
        self.add_execution_call(provider_id).created_id()
    }

    #[inline]
    fn add_execution_call(self, provider_id: &str) -> Call<AddExecutionToAuthenticationFlow> {
        let execution = NewAuthenticationExecutionRepresentation {
            provider: Some(provider_id.to_owned()),
            ..Default::default()
        };
        self.at(|api| api.add_execution_to_authentication_flow().body(execution))
    }

    /// Adds a flow within this one: `alias`, `type` (`basic-flow` or `form-flow`) and, for a form, `provider` are needed. Its execution is then among
    /// [`executions`](Self::executions). `POST /admin/realms/{realm}/authentication/flows/{flowAlias}/executions/flow`
    #[inline]
    pub fn add_subflow(
        self,
        subflow: &NewAuthenticationSubflowRepresentation,
    ) -> Call<AddSubflowToAuthenticationFlow> {
        self.at(|api| api.add_subflow_to_authentication_flow().body(subflow))
    }

    /// Writes an execution as [`executions`](Self::executions) lists it, such as with another `requirement`.
    /// `PUT /admin/realms/{realm}/authentication/flows/{flowAlias}/executions`
    #[inline]
    pub fn update_execution(
        self,
        execution: &AuthenticationExecutionInfoRepresentation,
    ) -> Call<UpdateAuthenticationFlowExecution> {
        self.at(|api| api.update_authentication_flow_execution().body(execution))
    }
}

/// One execution, from [`Authentication::execution`].
#[derive(Clone, Copy, Debug)]
pub struct Execution<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> Execution<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// Reads the execution. `GET /admin/realms/{realm}/authentication/executions/{executionId}`
    #[inline]
    pub fn get(self) -> Call<GetAuthenticationExecution> {
        self.at(Api::get_authentication_execution)
    }

    /// Like [`get`](Self::get); `None` where there is no such execution.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(
        self,
    ) -> BoxFuture<'static, Result<Option<AuthenticationExecutionRepresentation>, Error>> {
        self.get().optional()
    }

    /// Gives the execution a configuration and returns its id. `POST /admin/realms/{realm}/authentication/executions/{executionId}/config`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn create_config(
        self,
        config: &AuthenticatorConfigRepresentation,
    ) -> BoxFuture<'static, Result<String, Error>> {
        self.at(|api| api.create_authentication_execution_config().body(config))
            .created_id()
    }

    /// Moves the execution up. `POST /admin/realms/{realm}/authentication/executions/{executionId}/raise-priority`
    #[inline]
    pub fn raise_priority(self) -> Call<RaiseAuthenticationExecutionPriority> {
        self.at(Api::raise_authentication_execution_priority)
    }

    /// Moves the execution down. `POST /admin/realms/{realm}/authentication/executions/{executionId}/lower-priority`
    #[inline]
    pub fn lower_priority(self) -> Call<LowerAuthenticationExecutionPriority> {
        self.at(Api::lower_authentication_execution_priority)
    }

    /// Takes the execution out of its flow. `DELETE /admin/realms/{realm}/authentication/executions/{executionId}`
    #[inline]
    pub fn delete(self) -> Call<DeleteAuthenticationExecution> {
        self.at(Api::delete_authentication_execution)
    }
}

/// The configuration of an execution, from [`Authentication::config`].
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> Config<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// Reads the configuration. `GET /admin/realms/{realm}/authentication/config/{id}`
    #[inline]
    pub fn get(self) -> Call<GetAuthenticatorConfig> {
        self.at(Api::get_authenticator_config)
    }

    /// Writes the configuration. `PUT /admin/realms/{realm}/authentication/config/{id}`
    #[inline]
    pub fn update(
        self,
        config: &AuthenticatorConfigRepresentation,
    ) -> Call<UpdateAuthenticatorConfig> {
        self.at(|api| api.update_authenticator_config().body(config))
    }

    /// Reads the configuration, changes it and writes it back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut AuthenticatorConfigRepresentation) + Send,
    {
        modify::modify(
            self.get(),
            self.at(Api::update_authenticator_config),
            change,
        )
    }

    /// Deletes the configuration. `DELETE /admin/realms/{realm}/authentication/config/{id}`
    #[inline]
    pub fn delete(self) -> Call<DeleteAuthenticatorConfig> {
        self.at(Api::delete_authenticator_config)
    }
}

/// One required action, from [`Authentication::required_action`].
#[derive(Clone, Copy, Debug)]
pub struct RequiredAction<'a> {
    realm: Realm<'a>,
    alias: &'a str,
}

impl<'a> RequiredAction<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.alias])
    }

    /// Reads the required action. `GET /admin/realms/{realm}/authentication/required-actions/{alias}`
    #[inline]
    pub fn get(self) -> Call<GetRequiredAction> {
        self.at(Api::get_required_action)
    }

    /// Like [`get`](Self::get); `None` where the realm does not use it.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(
        self,
    ) -> BoxFuture<'static, Result<Option<RequiredActionProviderRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the required action. `PUT /admin/realms/{realm}/authentication/required-actions/{alias}`
    #[inline]
    pub fn update(
        self,
        action: &RequiredActionProviderRepresentation,
    ) -> Call<UpdateRequiredAction> {
        self.at(|api| api.update_required_action().body(action))
    }

    /// Reads the required action, changes it and writes it back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut RequiredActionProviderRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_required_action), change)
    }

    /// Takes the action out of use. `DELETE /admin/realms/{realm}/authentication/required-actions/{alias}`
    #[inline]
    pub fn delete(self) -> Call<DeleteRequiredAction> {
        self.at(Api::delete_required_action)
    }

    /// Moves the action up. `POST /admin/realms/{realm}/authentication/required-actions/{alias}/raise-priority`
    #[inline]
    pub fn raise_priority(self) -> Call<RaiseRequiredActionPriority> {
        self.at(Api::raise_required_action_priority)
    }

    /// Moves the action down. `POST /admin/realms/{realm}/authentication/required-actions/{alias}/lower-priority`
    #[inline]
    pub fn lower_priority(self) -> Call<LowerRequiredActionPriority> {
        self.at(Api::lower_required_action_priority)
    }

    /// Reads the action's configuration. `GET /admin/realms/{realm}/authentication/required-actions/{alias}/config`
    #[inline]
    pub fn config(self) -> Call<GetRequiredActionConfig> {
        self.at(Api::get_required_action_config)
    }

    /// Writes the action's configuration. `PUT /admin/realms/{realm}/authentication/required-actions/{alias}/config`
    #[inline]
    pub fn update_config(
        self,
        config: &RequiredActionConfigRepresentation,
    ) -> Call<UpdateRequiredActionConfig> {
        self.at(|api| api.update_required_action_config().body(config))
    }

    /// Deletes the action's configuration: its defaults are in force. `DELETE /admin/realms/{realm}/authentication/required-actions/{alias}/config`
    #[inline]
    pub fn delete_config(self) -> Call<DeleteRequiredActionConfig> {
        self.at(Api::delete_required_action_config)
    }

    /// What the action's configuration can hold. `GET /admin/realms/{realm}/authentication/required-actions/{alias}/config-description`
    #[inline]
    pub fn config_description(self) -> Call<GetRequiredActionConfigDescription> {
        self.at(Api::get_required_action_config_description)
    }
}
