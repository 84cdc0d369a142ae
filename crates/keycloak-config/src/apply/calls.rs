//! The calls of each kind, and the values of their paths.

use std::sync::atomic::Ordering;

use keycloak_admin::{Error, Operation, OperationInfo, Request};
use keycloak_api::{
    authentication_management, authorization_services, client_scopes, clients, component, groups,
    identity_providers, organizations, protocol_mappers, realms_admin, roles, users, workflows,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::Run;
use crate::model::{Key, Kind};

/// The calls that make, read, write and delete an object.
pub(super) struct Calls {
    pub(super) create: &'static OperationInfo,
    pub(super) get: &'static OperationInfo,
    pub(super) put: &'static OperationInfo,
    pub(super) delete: &'static OperationInfo,
}

const fn calls<C: Operation, G: Operation, P: Operation, D: Operation>() -> Calls {
    Calls {
        create: C::INFO,
        get: G::INFO,
        put: P::INFO,
        delete: D::INFO,
    }
}

/// Returns the calls of a kind whose objects have calls of their own.
pub(super) fn of(kind: Kind) -> Option<Calls> {
    use authentication_management::op as flow;
    use client_scopes::op as scope;
    use clients::op as client;
    use component::op as component;
    use groups::op as group;
    use identity_providers::op as provider;
    use organizations::op as organization;
    use realms_admin::op as realm;
    use roles::op as role;
    use users::op as user;
    use workflows::op as workflow;
    let calls = match kind {
        Kind::Realm => {
            calls::<realm::CreateRealm, realm::GetRealm, realm::UpdateRealm, realm::DeleteRealm>()
        }
        Kind::RequiredAction => calls::<
            flow::RegisterRequiredAction,
            flow::GetRequiredAction,
            flow::UpdateRequiredAction,
            flow::DeleteRequiredAction,
        >(),
        Kind::RealmRole => calls::<
            role::CreateRealmRole,
            role::GetRealmRole,
            role::UpdateRealmRole,
            role::DeleteRealmRole,
        >(),
        Kind::ClientRole => calls::<
            role::CreateClientRole,
            role::GetClientRole,
            role::UpdateClientRole,
            role::DeleteClientRole,
        >(),
        Kind::Group => {
            calls::<group::CreateSubgroup, group::GetGroup, group::UpdateGroup, group::DeleteGroup>(
            )
        }
        Kind::ClientScope => calls::<
            scope::CreateClientScope,
            scope::GetClientScope,
            scope::UpdateClientScope,
            scope::DeleteClientScope,
        >(),
        Kind::Client => calls::<
            client::CreateClient,
            client::GetClient,
            client::UpdateClient,
            client::DeleteClient,
        >(),
        Kind::Component => calls::<
            component::CreateComponent,
            component::GetComponent,
            component::UpdateComponent,
            component::DeleteComponent,
        >(),
        Kind::IdentityProvider => calls::<
            provider::CreateIdentityProvider,
            provider::GetIdentityProvider,
            provider::UpdateIdentityProvider,
            provider::DeleteIdentityProvider,
        >(),
        Kind::User => {
            calls::<user::CreateUser, user::GetUser, user::UpdateUser, user::DeleteUser>()
        }
        Kind::Organization => calls::<
            organization::CreateOrganization,
            organization::GetOrganization,
            organization::UpdateOrganization,
            organization::DeleteOrganization,
        >(),
        Kind::OrganizationGroup => calls::<
            organization::CreateOrganizationSubgroup,
            organization::GetOrganizationGroup,
            organization::UpdateOrganizationGroup,
            organization::DeleteOrganizationGroup,
        >(),
        Kind::Workflow => calls::<
            workflow::CreateWorkflow,
            workflow::GetWorkflow,
            workflow::UpdateWorkflow,
            workflow::DeleteWorkflow,
        >(),
        Kind::Flow => calls::<
            flow::CreateAuthenticationFlow,
            flow::GetAuthenticationFlow,
            flow::UpdateAuthenticationFlow,
            flow::DeleteAuthenticationFlow,
        >(),
        kind => return of_mapper(kind),
    };
    Some(calls)
}

fn of_mapper(kind: Kind) -> Option<Calls> {
    use identity_providers::op as provider;
    use protocol_mappers::op as mapper;
    let calls = match kind {
        Kind::ClientScopeMapper => calls::<
            mapper::CreateClientScopeProtocolMapper,
            mapper::GetClientScopeProtocolMapper,
            mapper::UpdateClientScopeProtocolMapper,
            mapper::DeleteClientScopeProtocolMapper,
        >(),
        Kind::ClientMapper => calls::<
            mapper::CreateClientProtocolMapper,
            mapper::GetClientProtocolMapper,
            mapper::UpdateClientProtocolMapper,
            mapper::DeleteClientProtocolMapper,
        >(),
        Kind::IdentityProviderMapper => calls::<
            provider::CreateIdentityProviderMapper,
            provider::GetIdentityProviderMapper,
            provider::UpdateIdentityProviderMapper,
            provider::DeleteIdentityProviderMapper,
        >(),
        _ => return None,
    };
    Some(calls)
}

impl Run<'_> {
    /// Starts a call with the values of its path. Values that the object does not decide are given.
    pub(super) async fn call(
        &self,
        info: &'static OperationInfo,
        key: &Key,
        given: &[(&'static str, &str)],
    ) -> Result<Request, Error> {
        let mut request = Request::new(self.keycloak.session(), info);
        for parameter in info.path_parameters() {
            let given = given.iter().find(|(name, _)| *name == parameter);
            match given {
                Some((_, value)) => request.set_path(parameter, value),
                None => request.set_path(parameter, &self.path_value(parameter, key).await?),
            }
        }
        Ok(request)
    }

    async fn path_value(&self, parameter: &str, key: &Key) -> Result<String, Error> {
        let first = |kind| Key::new(kind, &key.path[..1]);
        match parameter {
            "realm" => Ok(self.realm.to_owned()),
            "client-uuid" => self.id(&first(Kind::Client)).await,
            "client-scope-id" => self.id(&first(Kind::ClientScope)).await,
            "org-id" => self.id(&first(Kind::Organization)).await,
            "alias" | "locale" => Ok(key.path[0].clone()),
            "role-name" | "flowAlias" => Ok(key.name().to_owned()),
            _ => self.id(key).await,
        }
    }

    /// Sends a call and returns the JSON of its answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(request.send_json::<T>().await?.into_inner())
    }

    /// Sends a call with a body, and returns the id of the object that it made.
    pub(super) async fn send(
        &self,
        mut request: Request,
        body: Option<&Value>,
    ) -> Result<Option<String>, Error> {
        if let Some(body) = body {
            request.set_json(body);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(request.send_empty().await?.created_id())
    }

    pub(super) fn remember(&self, key: &Key, id: String) {
        self.lock().insert(key.clone(), id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<Key, String>> {
        self.ids
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn known_id(&self, key: &Key) -> Option<String> {
        self.lock().get(key).cloned()
    }

    /// Returns the id of an object. An id that is not known yet is looked up by the object's name.
    pub(super) async fn id(&self, key: &Key) -> Result<String, Error> {
        if let Some(id) = self.known_id(key) {
            return Ok(id);
        }
        let id = match key.kind {
            Kind::RealmRole | Kind::ClientRole => {
                let get = match of(key.kind) {
                    Some(calls) => calls.get,
                    None => return Err(missing(key)),
                };
                let get = Box::pin(self.call(get, key, &[])).await?;
                let role: Map<String, Value> = self.read(get).await?;
                id_of(&role)
            }
            Kind::User => {
                let mut list = self.plain(<users::op::ListUsers as Operation>::INFO);
                list.set_query("username", key.name());
                list.set_query("exact", true);
                let found: Vec<Map<String, Value>> = self.read(list).await?;
                found.first().and_then(id_of)
            }
            Kind::Client => {
                let mut list = self.plain(<clients::op::ListClients as Operation>::INFO);
                list.set_query("clientId", key.name());
                let found: Vec<Map<String, Value>> = self.read(list).await?;
                found.first().and_then(id_of)
            }
            Kind::Policy | Kind::Resource | Kind::AuthorizationScope => {
                self.authorization_id(key).await?
            }
            Kind::IdentityProvider => {
                let get = <identity_providers::op::GetIdentityProvider as Operation>::INFO;
                let get = Box::pin(self.call(get, key, &[])).await?;
                let provider: Map<String, Value> = self.read(get).await?;
                let id = provider.get("internalId").and_then(Value::as_str);
                id.map(str::to_owned)
            }
            _ => None,
        };
        let id = id.ok_or_else(|| missing(key))?;
        self.remember(key, id.clone());
        Ok(id)
    }

    /// Returns the id of a policy, a resource or a scope of a client's authorization services. `None` means that the server has none of this name.
    pub(super) async fn authorization_id(&self, key: &Key) -> Result<Option<String>, Error> {
        use authorization_services::op;
        if let Some(id) = self.known_id(key) {
            return Ok(Some(id));
        }
        let info = match key.kind {
            Kind::Policy => <op::FindAuthzPolicy as Operation>::INFO,
            Kind::Resource => <op::FindAuthzResource as Operation>::INFO,
            _ => <op::FindAuthzScope as Operation>::INFO,
        };
        let mut find = Box::pin(self.call(info, key, &[])).await?;
        let mut fields = json!({"name": key.name()});
        Box::pin(self.write_ids(key, &mut fields)).await?;
        find.set_query("name", fields["name"].as_str().unwrap_or_default());
        self.requests.fetch_add(1, Ordering::Relaxed);
        // Keycloak answers 204 if it has none.
        let found = find.send_raw().await?;
        let found: Map<String, Value> = found.json_or_default()?;
        let id = found.get("_id").and_then(Value::as_str);
        let id = id.map(str::to_owned).or_else(|| id_of(&found));
        if let Some(id) = &id {
            self.remember(key, id.clone());
        }
        Ok(id)
    }

    /// Starts a call whose path names the realm alone.
    pub(super) fn plain(&self, info: &'static OperationInfo) -> Request {
        let mut request = Request::new(self.keycloak.session(), info);
        request.set_path("realm", self.realm);
        request
    }
}

fn id_of(object: &Map<String, Value>) -> Option<String> {
    object.get("id")?.as_str().map(str::to_owned)
}

pub(super) fn missing(key: &Key) -> Error {
    Error::invalid_request(None, format!("the server has no {key}"))
}
