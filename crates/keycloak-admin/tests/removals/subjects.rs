//! Objects whose fields are set, changed and removed: one for each call that a `modify` writes with.

use std::any::type_name;
use std::cell::Cell;
use std::future::IntoFuture as _;

use keycloak_admin::authorization::Authorization;
use keycloak_admin::types::{UnmanagedAttributePolicy, UpConfig};
use keycloak_admin::{ApiCall, BoxFuture, Error, Modify, Operation, Realm, Request, Response};
use keycloak_server::harness;
use keycloak_session::__private::{Fields, Representation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::common::TestRealm;

/// The calls that a `modify` writes with. Those of Phase Two have a prefix, because some are called as Keycloak's.
pub(crate) const OPERATIONS: [&str; 42] = [
    "update_realm",
    "update_events_config",
    "update_client_policies",
    "update_client_profiles",
    "update_user_profile_config",
    "update_client",
    "update_client_scope",
    "update_client_protocol_mapper",
    "update_client_scope_protocol_mapper",
    "update_user",
    "update_group",
    "update_realm_role",
    "update_client_role",
    "update_role_by_id",
    "update_component",
    "update_identity_provider",
    "update_identity_provider_mapper",
    "update_authentication_flow",
    "update_authenticator_config",
    "update_required_action",
    "update_workflow",
    "update_organization",
    "update_organization_group",
    "update_authz_resource_server",
    "update_authz_resource",
    "update_authz_scope",
    "update_authz_policy",
    "update_authz_role_policy",
    "update_authz_client_policy",
    "update_authz_group_policy",
    "update_authz_user_policy",
    "update_authz_time_policy",
    "update_authz_regex_policy",
    "update_authz_aggregate_policy",
    "update_authz_client_scope_policy",
    "update_authz_resource_permission",
    "update_authz_scope_permission",
    "phasetwo/update_organization",
    "phasetwo/update_organization_role",
    "phasetwo/update_organization_identity_provider",
    "phasetwo/update_organization_identity_provider_mapper",
    "phasetwo/update_webhook",
];

type Change = Box<dyn FnOnce(&mut Value) + Send>;
type Typed<T> = Box<dyn FnOnce(&mut T) + Send>;

/// An object.
pub(crate) struct Subject {
    /// The type of the representation.
    pub(crate) representation: &'static str,
    pub(crate) fields: Vec<Field>,
    get: Request,
    put: Request,
    modify: Box<dyn Fn(Change) -> BoxFuture<'static, Result<(), Error>>>,
}

/// A field of a representation.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// The Rust type.
    pub(crate) kind: &'static str,
}

struct Names(Vec<Field>);

impl Fields for Names {
    fn field<T: Serialize>(&mut self, name: &'static str, _: &Option<T>) {
        let kind = type_name::<T>();
        self.0.push(Field { name, kind });
    }

    fn map<'m, T: Serialize + 'm>(&mut self, _: impl IntoIterator<Item = (&'m String, &'m T)>) {}
}

impl Subject {
    fn new<T, G, P>(
        get: G,
        put: P,
        modify: impl Fn(Typed<T>) -> BoxFuture<'static, Result<(), Error>> + 'static,
    ) -> Self
    where
        T: Representation + Serialize + DeserializeOwned + Send + 'static,
        G: ApiCall<Operation: Operation<Output = T>>,
        P: ApiCall,
    {
        let mut names = Names(Vec::new());
        T::default().write(&mut names);
        Self {
            representation: T::NAME,
            fields: names.0,
            get: get.into_request(),
            put: put.into_request(),
            modify: Box::new(move |change| {
                modify(Box::new(move |typed| {
                    let mut json = serde_json::to_value(&*typed).unwrap();
                    change(&mut json);
                    *typed = serde_json::from_value(json).unwrap();
                }))
            }),
        }
    }

    /// The same object, read with the fields that Keycloak leaves out otherwise.
    fn with_all_fields(mut self) -> Self {
        self.get.set_query("fields", "*");
        self
    }

    pub(crate) async fn get(&self) -> Result<Value, Error> {
        self.get.clone().send_json().await.map(Response::into_inner)
    }

    /// Writes the object as it is given.
    pub(crate) async fn put(&self, object: &Value) -> Result<(), Error> {
        let mut put = self.put.clone();
        put.set_json(object);
        put.send_empty().await.map(Response::into_inner)
    }

    /// Changes the object by its `modify`.
    pub(crate) async fn modify(
        &self,
        change: impl FnOnce(&mut Value) + Send + 'static,
    ) -> Result<(), Error> {
        (self.modify)(Box::new(change)).await
    }
}

/// The objects that samples name.
pub(crate) struct Surroundings {
    pub(crate) test: TestRealm,
    /// A realm of a server with Phase Two.
    phasetwo: TestRealm,
    /// Placeholders and their values.
    pub(crate) names: Vec<(String, String)>,
    client: String,
    next: Cell<u32>,
}

/// Reads a representation from JSON.
fn of<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

macro_rules! subject {
    ($handle:expr) => {
        subject!($handle, get, update, modify)
    };
    ($handle:expr, $get:ident, $update:ident, $modify:ident) => {{
        let handle = $handle;
        let put = handle.$update(&Default::default());
        Subject::new(handle.$get(), put, move |change| {
            finish(handle.$modify(change))
        })
    }};
}

fn finish<T: Serialize + Send + 'static>(
    modify: Modify<'static, T>,
) -> BoxFuture<'static, Result<(), Error>> {
    modify.into_future()
}

impl Surroundings {
    pub(crate) async fn make(prefix: &str) -> Result<Self, Error> {
        let test = TestRealm::create_with(prefix, |realm| {
            realm.organizations_enabled = Some(true);
            realm.attributes = Some([("acme".to_owned(), "1".to_owned())].into());
        })
        .await;
        let realm = test.get();
        realm
            .user_profile()
            .modify(|profile| {
                profile.unmanaged_attribute_policy = Some(UnmanagedAttributePolicy::Enabled);
            })
            .await?;
        let client = json!({"clientId": "authz", "secret": "s3cret", "serviceAccountsEnabled": true,
            "authorizationServicesEnabled": true});
        let client = realm.clients().create(&of(client)).await?;
        let mut names = vec![("client-1".to_owned(), client.clone())];
        for n in ["1", "2"] {
            let mut add = |kind: &str, id: String| names.push((format!("{kind}-{n}"), id));
            let name = format!("sample-{n}");
            let flow = json!({"alias": name, "providerId": "basic-flow", "topLevel": true});
            add(
                "flow",
                realm.authentication().flows().create(&of(flow)).await?,
            );
            add(
                "user",
                realm.users().create(&of(json!({"username": name}))).await?,
            );
            add(
                "group",
                realm.groups().create(&of(json!({"name": name}))).await?,
            );
            let scope = json!({"name": name, "protocol": "openid-connect"});
            add(
                "client-scope",
                realm.client_scopes().create(&of(scope)).await?,
            );
            realm.roles().create(&of(json!({"name": name}))).await?;
            let role = realm.role(&name).get().await?;
            add("role", role.id.unwrap());
            let authz = realm.client_by_uuid(&client).authorization();
            add(
                "resource",
                authz.resources().create(&of(json!({"name": name}))).await?,
            );
            add(
                "scope",
                authz.scopes().create(&of(json!({"name": name}))).await?,
            );
            let policy = json!({"name": name, "pattern": "a", "targetClaim": "b"});
            add("policy", authz.regex_policies().create(&of(policy)).await?);
        }
        let other = realm
            .clients()
            .create(&of(json!({"clientId": "other"})))
            .await?;
        names.push(("client-2".to_owned(), other));
        Ok(Self {
            test,
            phasetwo: TestRealm::create_on(harness::phasetwo(), prefix, |_| {}).await,
            names,
            client,
            next: Cell::default(),
        })
    }

    fn realm(&self) -> Realm {
        self.test.get()
    }

    fn authz(&self) -> Authorization {
        self.realm().client_by_uuid(&self.client).authorization()
    }

    fn id(&self, name: &str) -> &str {
        let (_, id) = self.names.iter().find(|(known, _)| known == name).unwrap();
        id
    }

    /// A name that nothing else has.
    pub(crate) fn name(&self) -> String {
        self.next.set(self.next.get() + 1);
        format!("subject-{}", self.next.get())
    }

    /// Makes an object for this call.
    pub(crate) async fn subject(&self, operation: &str) -> Result<Subject, Error> {
        let (realm, name) = (self.realm(), self.name());
        let subject = match operation {
            "update_realm" => subject!(realm),
            "update_events_config" => {
                subject!(realm.events(), get_config, update_config, modify_config)
            }
            "update_client_policies" => {
                subject!(
                    realm,
                    get_client_policies,
                    update_client_policies,
                    modify_client_policies
                )
            }
            "update_client_profiles" => {
                subject!(
                    realm,
                    get_client_profiles,
                    update_client_profiles,
                    modify_client_profiles
                )
            }
            "update_user_profile_config" => {
                let profile = realm.user_profile();
                let put = profile.update(&UpConfig::default());
                Subject::new(profile.get(), put, move |change| {
                    let profile = profile.clone();
                    Box::pin(async move { profile.modify(change).await.map(drop) })
                })
            }
            "update_client" => {
                let id = realm
                    .clients()
                    .create(&of(json!({"clientId": name})))
                    .await?;
                subject!(realm.client_by_uuid(id))
            }
            "update_client_scope" => {
                let scope = json!({"name": name, "protocol": "openid-connect"});
                let id = realm.client_scopes().create(&of(scope)).await?;
                subject!(realm.client_scope(id))
            }
            "update_client_protocol_mapper" => {
                let client = realm.client_by_uuid(&self.client);
                let id = client.protocol_mappers().create(&of(mapper(&name))).await?;
                subject!(client.protocol_mapper(id))
            }
            "update_client_scope_protocol_mapper" => {
                let scope = realm.client_scope(self.id("client-scope-1"));
                let id = scope.protocol_mappers().create(&of(mapper(&name))).await?;
                subject!(scope.protocol_mapper(id))
            }
            "update_user" => {
                let id = realm.users().create(&of(json!({"username": name}))).await?;
                subject!(realm.user(id))
            }
            "update_group" => {
                let id = realm.groups().create(&of(json!({"name": name}))).await?;
                subject!(realm.group(id))
            }
            "update_realm_role" | "update_role_by_id" => {
                realm.roles().create(&of(json!({"name": name}))).await?;
                if operation == "update_realm_role" {
                    return Ok(subject!(realm.role(&name)));
                }
                subject!(realm.role_by_id(realm.role(&name).get().await?.id.unwrap()))
            }
            "update_client_role" => {
                let client = realm.client_by_uuid(&self.client);
                client.roles().create(&of(json!({"name": name}))).await?;
                subject!(client.role(&name))
            }
            "update_component" => {
                let component = json!({"name": name, "providerId": "rsa-generated",
                    "providerType": "org.keycloak.keys.KeyProvider", "config": {"priority": ["5"]}});
                let id = realm.components().create(&of(component)).await?;
                subject!(realm.component(id))
            }
            _ if operation.starts_with("update_authz") => {
                return self.authz_subject(operation).await;
            }
            _ if operation.starts_with("phasetwo/") => {
                return self.phasetwo_subject(operation).await;
            }
            _ => return self.further_subject(operation).await,
        };
        Ok(subject)
    }

    async fn further_subject(&self, operation: &str) -> Result<Subject, Error> {
        let (realm, name) = (self.realm(), self.name());
        let provider = provider(&name);
        let organization = json!({"name": name, "domains": [{"name": format!("{name}.example")}]});
        let subject = match operation {
            "update_identity_provider" => {
                realm.identity_providers().create(&of(provider)).await?;
                subject!(realm.identity_provider(name))
            }
            "update_identity_provider_mapper" => {
                realm.identity_providers().create(&of(provider)).await?;
                let provider = realm.identity_provider(&name);
                let id = provider
                    .mappers()
                    .create(&of(provider_mapper(&name)))
                    .await?;
                subject!(provider.mapper(id))
            }
            "update_authentication_flow" => {
                let flow = json!({"alias": name, "providerId": "basic-flow", "topLevel": true});
                let id = realm.authentication().flows().create(&of(flow)).await?;
                subject!(realm.authentication().flow(id))
            }
            "update_authenticator_config" => {
                let authentication = realm.authentication();
                let flow = json!({"alias": name, "providerId": "basic-flow", "topLevel": true});
                authentication.flows().create(&of(flow)).await?;
                let flow = authentication.flow_by_alias(&name);
                let execution = flow.add_execution("identity-provider-redirector").await?;
                let config = json!({"alias": name, "config": {"defaultProvider": "a"}});
                let execution = authentication.execution(execution);
                let id = execution.create_config(&of(config)).await?;
                subject!(authentication.config(id))
            }
            "update_required_action" => {
                subject!(realm.authentication().required_action("UPDATE_PASSWORD"))
            }
            "update_workflow" => {
                let workflow = json!({"name": name, "enabled": true,
                    "steps": [{"uses": "disable-user", "after": "30d"}]});
                let id = realm.workflows().create(&of(workflow)).await?;
                subject!(realm.workflow(id))
            }
            "update_organization" => {
                let id = realm.organizations().create(&of(organization)).await?;
                subject!(realm.organization(id))
            }
            "update_organization_group" => {
                let id = realm.organizations().create(&of(organization)).await?;
                let organization = realm.organization(id);
                let id = organization
                    .groups()
                    .create(&of(json!({"name": name})))
                    .await?;
                subject!(organization.group(id))
            }
            _ => panic!("{operation}"),
        };
        Ok(subject)
    }

    /// Makes an object of Phase Two, in an organisation of its own.
    async fn phasetwo_subject(&self, operation: &str) -> Result<Subject, Error> {
        let (phasetwo, name) = (self.phasetwo.get().phasetwo(), self.name());
        if operation == "phasetwo/update_webhook" {
            let webhook = json!({"url": format!("https://{name}.example"), "enabled": true, "eventTypes": ["*"]});
            let id = phasetwo.webhooks().create(&of(webhook)).await?;
            return Ok(subject!(phasetwo.webhook(id)));
        }
        let id = phasetwo
            .organizations()
            .create(&of(json!({"name": name})))
            .await?;
        let organization = phasetwo.organization(id);
        let subject = match operation {
            "phasetwo/update_organization" => subject!(organization),
            "phasetwo/update_organization_role" => {
                organization
                    .roles()
                    .create(&of(json!({"name": name})))
                    .await?;
                subject!(organization.role(name))
            }
            "phasetwo/update_organization_identity_provider" => {
                let provider = of(provider(&name));
                organization.identity_providers().create(&provider).await?;
                subject!(organization.identity_provider(name))
            }
            "phasetwo/update_organization_identity_provider_mapper" => {
                let new = of(provider(&name));
                organization.identity_providers().create(&new).await?;
                let provider = organization.identity_provider(&name);
                let id = provider
                    .mappers()
                    .create(&of(provider_mapper(&name)))
                    .await?;
                subject!(provider.mapper(id))
            }
            _ => panic!("{operation}"),
        };
        Ok(subject)
    }

    async fn authz_subject(&self, operation: &str) -> Result<Subject, Error> {
        let (authz, name) = (self.authz(), self.name());
        macro_rules! made {
            ($many:ident, $one:ident, $json:tt) => {{
                let mut new = json!($json);
                new["name"] = name.into();
                let id = authz.$many().create(&of(new)).await?;
                subject!(authz.$one(id))
            }};
        }
        let subject = match operation {
            "update_authz_resource_server" => {
                subject!(authz, get_settings, update_settings, modify_settings)
            }
            "update_authz_resource" => made!(resources, resource, {}),
            "update_authz_scope" => made!(scopes, scope, {}),
            "update_authz_policy" => {
                let policy = json!({"name": name, "pattern": "a", "targetClaim": "b"});
                let id = authz.regex_policies().create(&of(policy)).await?;
                subject!(authz.policy(id))
            }
            "update_authz_role_policy" => {
                made!(role_policies, role_policy, {"roles": [{"id": self.id("role-1")}]})
            }
            "update_authz_client_policy" => {
                made!(client_policies, client_policy, {"clients": [self.id("client-1")]})
            }
            "update_authz_group_policy" => {
                made!(group_policies, group_policy, {"groups": [{"id": self.id("group-1")}]})
            }
            "update_authz_user_policy" => {
                made!(user_policies, user_policy, {"users": [self.id("user-1")]})
            }
            "update_authz_time_policy" => {
                made!(time_policies, time_policy, {"notBefore": "2020-01-01 00:00:00"})
            }
            "update_authz_regex_policy" => {
                made!(regex_policies, regex_policy, {"pattern": "a", "targetClaim": "b"})
            }
            "update_authz_aggregate_policy" => {
                made!(aggregate_policies, aggregate_policy, {"policies": [self.id("policy-1")]})
            }
            "update_authz_client_scope_policy" => made!(client_scope_policies, client_scope_policy,
                {"clientScopes": [{"id": self.id("client-scope-1")}]}),
            "update_authz_resource_permission" => {
                let permission = made!(resource_permissions, resource_permission, {
                    "policies": [self.id("policy-1")], "resources": [self.id("resource-1")]});
                permission.with_all_fields()
            }
            "update_authz_scope_permission" => {
                let permission = made!(scope_permissions, scope_permission, {
                    "policies": [self.id("policy-1")], "scopes": [self.id("scope-1")]});
                permission.with_all_fields()
            }
            _ => panic!("{operation}"),
        };
        Ok(subject)
    }
}

fn mapper(name: &str) -> Value {
    json!({"name": name, "protocol": "openid-connect", "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": {"claim.name": "a", "claim.value": "b"}})
}

fn provider(alias: &str) -> Value {
    json!({"alias": alias, "providerId": "oidc", "config": {
        "clientId": "a", "clientSecret": "b", "tokenUrl": "https://login.example.com/token",
        "authorizationUrl": "https://login.example.com/auth"}})
}

fn provider_mapper(name: &str) -> Value {
    json!({"name": name, "identityProviderAlias": name,
        "identityProviderMapper": "hardcoded-attribute-idp-mapper",
        "config": {"syncMode": "INHERIT", "attribute": "a", "attribute.value": "b"}})
}
