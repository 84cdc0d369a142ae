//! Authorization services of a client: resources, scopes, policies, permissions, evaluation.
//!
//! The client needs `authorization_services_enabled`. Without it there is no resource server, and every call here fails with
//! [`ErrorKind::NotFound`](crate::ErrorKind::NotFound).
//!
//! ```no_run
//! use keycloak_admin::types::{ResourceRepresentation, RoleDefinition, RolePolicyRepresentation};
//!
//! # async fn run(keycloak: keycloak_admin::Keycloak, uuid: String, role_id: String) -> Result<(), keycloak_admin::Error> {
//! let authorization = keycloak.realm("acme").client_by_uuid(&uuid).authorization();
//! let invoices = ResourceRepresentation::new()
//!     .with_name("invoices")
//!     .with_uris(["/invoices/*"]);
//! let resource = authorization.resources().create(&invoices).exist_ok().await?.into_id();
//! let accountants = RolePolicyRepresentation::new()
//!     .with_name("accountants")
//!     .with_roles([RoleDefinition::new().with_id(role_id)]);
//! let policy = authorization.role_policies().create(&accountants).await?;
//! # Ok(())
//! # }
//! ```

use keycloak_api::authorization_services::{
    CreateAuthzAggregatePolicy, CreateAuthzClientPolicy, CreateAuthzClientScopePolicy,
    CreateAuthzGroupPolicy, CreateAuthzPolicy, CreateAuthzRegexPolicy, CreateAuthzResource,
    CreateAuthzResourcePermission, CreateAuthzRolePolicy, CreateAuthzScope,
    CreateAuthzScopePermission, CreateAuthzTimePolicy, CreateAuthzUserPolicy,
    DeleteAuthzAggregatePolicy, DeleteAuthzClientPolicy, DeleteAuthzClientScopePolicy,
    DeleteAuthzGroupPolicy, DeleteAuthzPolicy, DeleteAuthzRegexPolicy, DeleteAuthzResource,
    DeleteAuthzResourcePermission, DeleteAuthzRolePolicy, DeleteAuthzScope,
    DeleteAuthzScopePermission, DeleteAuthzTimePolicy, DeleteAuthzUserPolicy,
    EvaluateAuthzPermissions, EvaluateAuthzPolicies, ExportAuthzSettings, GetAuthzAggregatePolicy,
    GetAuthzClientPolicy, GetAuthzClientScopePolicy, GetAuthzGroupPolicy, GetAuthzPolicy,
    GetAuthzRegexPolicy, GetAuthzResource, GetAuthzResourceAttributes, GetAuthzResourcePermission,
    GetAuthzResourceServer, GetAuthzRolePolicy, GetAuthzScope, GetAuthzScopePermission,
    GetAuthzTimePolicy, GetAuthzUserPolicy, ImportAuthzSettings, ListAuthzAggregatePolicies,
    ListAuthzClientPolicies, ListAuthzClientScopePolicies, ListAuthzGroupPolicies,
    ListAuthzPermissionProviders, ListAuthzPermissions, ListAuthzPolicies,
    ListAuthzPolicyAssociatedPolicies, ListAuthzPolicyDependentPolicies, ListAuthzPolicyProviders,
    ListAuthzPolicyResources, ListAuthzPolicyScopes, ListAuthzRegexPolicies,
    ListAuthzResourceBasedPermissions, ListAuthzResourcePermissions, ListAuthzResourceScopes,
    ListAuthzResources, ListAuthzRolePolicies, ListAuthzScopeBasedPermissions,
    ListAuthzScopePermissions, ListAuthzScopeResources, ListAuthzScopes, ListAuthzTimePolicies,
    ListAuthzUserPolicies, UpdateAuthzAggregatePolicy, UpdateAuthzClientPolicy,
    UpdateAuthzClientScopePolicy, UpdateAuthzGroupPolicy, UpdateAuthzPolicy,
    UpdateAuthzRegexPolicy, UpdateAuthzResource, UpdateAuthzResourcePermission,
    UpdateAuthzResourceServer, UpdateAuthzRolePolicy, UpdateAuthzScope, UpdateAuthzScopePermission,
    UpdateAuthzTimePolicy, UpdateAuthzUserPolicy,
};
use keycloak_api::types::{
    AggregatePolicyRepresentation, ClientPolicyRepresentation, ClientScopePolicyRepresentation,
    GroupPolicyRepresentation, PolicyEvaluationRequest, PolicyRepresentation,
    RegexPolicyRepresentation, ResourcePermissionRepresentation, ResourceRepresentation,
    ResourceServerRepresentation, RolePolicyRepresentation, ScopePermissionRepresentation,
    ScopeRepresentation, TimePolicyRepresentation, UserPolicyRepresentation,
};
use keycloak_session::Error;

use crate::clients::Client;
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Create, Modify, Realm};

impl Client {
    /// Returns a handle on the client's authorization services.
    #[must_use]
    pub fn authorization(&self) -> Authorization {
        Authorization {
            client: self.clone(),
        }
    }
}

/// The authorization services of a client, from [`Client::authorization`].
#[derive(Clone, Debug)]
pub struct Authorization {
    client: Client,
}

/// The settings, and everything at once.
impl Authorization {
    /// Reads the settings, without resources and policies. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server`
    pub fn get_settings(&self) -> GetAuthzResourceServer {
        let call = self.client.realm().api().get_authz_resource_server();
        call.realm(self.client.realm().name())
            .client_uuid(self.client.uuid())
    }

    /// Writes all settings. `PUT /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server`
    ///
    /// A setting that is left out does not stay as it is: Keycloak takes its default. Settings that were read with
    /// [`get_settings`](Self::get_settings) and are written back lose the fields that the types do not know.
    /// [`modify_settings`](Self::modify_settings) keeps them. Resources, scopes and policies are not changed in either case.
    #[inline]
    pub fn update_settings(
        &self,
        settings: &ResourceServerRepresentation,
    ) -> UpdateAuthzResourceServer {
        self.put_settings().body(settings)
    }

    fn put_settings(&self) -> UpdateAuthzResourceServer {
        let call = self.client.realm().api().update_authz_resource_server();
        call.realm(self.client.realm().name())
            .client_uuid(self.client.uuid())
    }

    /// Reads the settings, changes them and writes them back whole. If nothing is changed, nothing is written.
    pub fn modify_settings<'f>(
        &self,
        change: impl FnOnce(&mut ResourceServerRepresentation) + Send + 'f,
    ) -> Modify<'f, ResourceServerRepresentation> {
        Modify::new(self.get_settings(), self.put_settings(), change)
    }

    /// Reads everything: settings, resources, scopes, policies and permissions.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/settings`
    pub fn export(&self) -> ExportAuthzSettings {
        let call = self.client.realm().api().export_authz_settings();
        call.realm(self.client.realm().name())
            .client_uuid(self.client.uuid())
    }

    /// Imports the result of an [`export`](Self::export). `POST /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/import`
    ///
    /// Existing objects are changed. Nothing is deleted.
    #[inline]
    pub fn import(&self, settings: &ResourceServerRepresentation) -> ImportAuthzSettings {
        let call = self.client.realm().api().import_authz_settings();
        call.realm(self.client.realm().name())
            .client_uuid(self.client.uuid())
            .body(settings)
    }
}

/// Resources and scopes.
impl Authorization {
    /// Returns a handle on the resources.
    #[must_use]
    pub fn resources(&self) -> Resources {
        Resources {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the resource with this id. Nothing is sent, so the resource need not exist.
    #[must_use]
    pub fn resource(&self, id: impl Into<String>) -> Resource {
        Resource {
            client: self.client.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the scopes.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        Scopes {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the scope with this id. Nothing is sent, so the scope need not exist.
    #[must_use]
    pub fn scope(&self, id: impl Into<String>) -> Scope {
        Scope {
            client: self.client.clone(),
            id: id.into(),
        }
    }
}

/// Policies. Those of one type have fields of their own instead of `config`.
impl Authorization {
    /// Returns a handle on the policies of every type.
    #[must_use]
    pub fn policies(&self) -> Policies {
        Policies {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the policy with this id. Nothing is sent, so the policy need not exist.
    #[must_use]
    pub fn policy(&self, id: impl Into<String>) -> Policy {
        Policy {
            client: self.client.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the role policies.
    #[must_use]
    pub fn role_policies(&self) -> RolePolicies {
        RolePolicies {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the role policy with this id. Nothing is sent, so the role policy need not exist.
    #[must_use]
    pub fn role_policy(&self, id: impl Into<String>) -> RolePolicy {
        RolePolicy {
            client: self.client.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the client policies.
    #[must_use]
    pub fn client_policies(&self) -> ClientPolicies {
        ClientPolicies {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the client policy with this id. Nothing is sent, so the client policy need not exist.
    #[must_use]
    pub fn client_policy(&self, id: impl Into<String>) -> ClientPolicy {
        ClientPolicy {
            client: self.client.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the group policies.
    #[must_use]
    pub fn group_policies(&self) -> GroupPolicies {
        GroupPolicies {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the group policy with this id. Nothing is sent, so the group policy need not exist.
    #[must_use]
    pub fn group_policy(&self, id: impl Into<String>) -> GroupPolicy {
        GroupPolicy {
            client: self.client.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the user policies.
    #[must_use]
    pub fn user_policies(&self) -> UserPolicies {
        UserPolicies {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the user policy with this id. Nothing is sent, so the user policy need not exist.
    #[must_use]
    pub fn user_policy(&self, id: impl Into<String>) -> UserPolicy {
        UserPolicy {
            client: self.client.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the time policies.
    #[must_use]
    pub fn time_policies(&self) -> TimePolicies {
        TimePolicies {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the time policy with this id. Nothing is sent, so the time policy need not exist.
    #[must_use]
    pub fn time_policy(&self, id: impl Into<String>) -> TimePolicy {
        TimePolicy {
            client: self.client.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the regex policies.
    #[must_use]
    pub fn regex_policies(&self) -> RegexPolicies {
        RegexPolicies {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the regex policy with this id. Nothing is sent, so the regex policy need not exist.
    #[must_use]
    pub fn regex_policy(&self, id: impl Into<String>) -> RegexPolicy {
        RegexPolicy {
            client: self.client.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the aggregate policies.
    #[must_use]
    pub fn aggregate_policies(&self) -> AggregatePolicies {
        AggregatePolicies {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the aggregate policy with this id. Nothing is sent, so the aggregate policy need not exist.
    #[must_use]
    pub fn aggregate_policy(&self, id: impl Into<String>) -> AggregatePolicy {
        AggregatePolicy {
            client: self.client.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the client scope policies.
    #[must_use]
    pub fn client_scope_policies(&self) -> ClientScopePolicies {
        ClientScopePolicies {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the client scope policy with this id. Nothing is sent, so the client scope policy need not exist.
    #[must_use]
    pub fn client_scope_policy(&self, id: impl Into<String>) -> ClientScopePolicy {
        ClientScopePolicy {
            client: self.client.clone(),
            id: id.into(),
        }
    }
}

/// Permissions.
impl Authorization {
    /// Returns a handle on the permissions of both types.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        Permissions {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the resource permissions.
    #[must_use]
    pub fn resource_permissions(&self) -> ResourcePermissions {
        ResourcePermissions {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the resource permission with this id. Nothing is sent, so the resource permission need not exist.
    #[must_use]
    pub fn resource_permission(&self, id: impl Into<String>) -> ResourcePermission {
        ResourcePermission {
            client: self.client.clone(),
            id: id.into(),
        }
    }

    /// Returns a handle on the scope permissions.
    #[must_use]
    pub fn scope_permissions(&self) -> ScopePermissions {
        ScopePermissions {
            client: self.client.clone(),
        }
    }

    /// Returns a handle on the scope permission with this id. Nothing is sent, so the scope permission need not exist.
    #[must_use]
    pub fn scope_permission(&self, id: impl Into<String>) -> ScopePermission {
        ScopePermission {
            client: self.client.clone(),
            id: id.into(),
        }
    }
}

/// Declares the handle on all objects of one kind that a resource server has, and the handle on one of these objects.
///
/// `$id` is the path parameter that names the object. `fields` is a query parameter that makes the server send the whole object. The last word is
/// optional: a further setting of the natural key, with its documentation.
macro_rules! authz_resource {
    (
        $(#[$doc:meta])* $Many:ident $many:literal $path:literal,
        $(#[$one_doc:meta])* $One:ident $one:literal $one_path:literal [$id:ident] $T:ident $([fields=$fields:literal])?,
        $list:ident $List:ident, $create:ident $Create:ident,
        $get:ident $Get:ident, $update:ident $Update:ident, $delete:ident $Delete:ident
        $(, $(#[$key_doc:meta])+ $($key_setting:ident)?)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $Many {
            client: Client,
        }

        impl $Many {
            #[doc = concat!("Lists the ", $many, ". `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $path, "`")]
            pub fn list(&self) -> $List {
                let call = self.client.realm().api().$list();
                call.realm(self.client.realm().name()).client_uuid(self.client.uuid())
            }

            #[doc = concat!("Finds the ", $one, " with exactly this name. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $path, "`")]
            pub async fn find_by_name(&self, name: &str) -> Result<Option<$T>, Error> {
                find_in_pages(self.list().name(name), |found: &$T| {
                    found.name.as_deref() == Some(name)
                })
                .await
            }

            #[doc = concat!("Creates the ", $one, " and returns its id. `POST /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $path, "`")]
            ///
            #[doc = concat!("[`exist_ok`](Create::exist_ok) finds the ", $one, " by its name.")]
            $($(#[$key_doc])+)?
            #[inline]
            pub fn create(&self, new: &$T) -> Create<$Create> {
                let client_uuid = self.client.uuid().to_owned();
                let lookup = move |realm: Realm, name: String| {
                    let client = realm.client_by_uuid(&client_uuid);
                    async move {
                        let found = Self { client }.find_by_name(&name).await?;
                        Ok(found.and_then(|found| found.id))
                    }
                };
                let realm = self.client.realm();
                let key = NaturalKey::new(realm, "name", new.name.as_deref(), lookup);
                let call = realm.api().$create().realm(realm.name());
                let call = call.client_uuid(self.client.uuid()).body(new);
                Create::new(call, key$($(.$key_setting())?)?)
            }
        }

        $(#[$one_doc])*
        #[derive(Clone, Debug)]
        pub struct $One {
            client: Client,
            id: String,
        }

        impl $One {
            #[doc = concat!("Reads the ", $one, ". `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $one_path, "`")]
            pub fn get(&self) -> $Get {
                let call = self.client.realm().api().$get();
                let call = call.realm(self.client.realm().name());
                call.client_uuid(self.client.uuid()).$id(&self.id)
            }

            #[doc = concat!("Reads the ", $one, "; `None` if there is no such ", $one, ". `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $one_path, "`")]
            pub async fn find(&self) -> Result<Option<$T>, Error> {
                self.get().optional().await
            }

            #[doc = concat!("Writes the ", $one, " whole. `PUT /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $one_path, "`")]
            ///
            /// Most fields that are left out are cleared, among them the description and the names for display. An object that was read with
            /// [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps them.
            #[inline]
            pub fn update(&self, changed: &$T) -> $Update {
                self.put().body(changed)
            }

            fn put(&self) -> $Update {
                let call = self.client.realm().api().$update();
                let call = call.realm(self.client.realm().name());
                call.client_uuid(self.client.uuid()).$id(&self.id)
            }

            #[doc = concat!("Reads the ", $one, ", changes it and writes it back whole. If nothing is changed, nothing is written.")]
            $(
                ///
                #[doc = concat!("It is read with `fields=", $fields, "`, because Keycloak leaves out `resources_data` and `scopes_data` otherwise, and 26.7 also `resources` and `scopes`. `policies` are never read: they stay as they are if they are `None`.")]
            )?
            pub fn modify<'f>(&self, change: impl FnOnce(&mut $T) + Send + 'f) -> Modify<'f, $T> {
                let get = self.get()$(.fields($fields))?;
                Modify::new(get, self.put(), change)
            }

            #[doc = concat!("Deletes the ", $one, ". `DELETE /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $one_path, "`")]
            pub fn delete(&self) -> $Delete {
                let call = self.client.realm().api().$delete();
                let call = call.realm(self.client.realm().name());
                call.client_uuid(self.client.uuid()).$id(&self.id)
            }

            #[doc = concat!("Deletes the ", $one, " if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $one_path, "`")]
            pub async fn delete_if_exists(&self) -> Result<bool, Error> {
                Ok(self.delete().optional().await?.is_some())
            }
        }
    };
}

authz_resource! {
    /// The resources of a resource server, from [`Authorization::resources`]. They are the objects that it protects.
    Resources "resources" "/resource",
    /// One resource, from [`Authorization::resource`].
    Resource "resource" "/resource/{resource-id}" [resource_id] ResourceRepresentation,
    list_authz_resources ListAuthzResources, create_authz_resource CreateAuthzResource,
    get_authz_resource GetAuthzResource, update_authz_resource UpdateAuthzResource,
    delete_authz_resource DeleteAuthzResource,
    /// Keycloak refuses a taken name with 409. If another caller creates the resource between Keycloak's check and its write, Keycloak changes
    /// that resource to `new` and answers as if it were new. So several callers at the same time may get
    /// [`Ensured::Created`](crate::Ensured::Created), with the same id.
}

impl Resource {
    /// Reads the resource's attributes. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/resource/{resource-id}/attributes`
    pub fn get_attributes(&self) -> GetAuthzResourceAttributes {
        let call = self.client.realm().api().get_authz_resource_attributes();
        let call = call.realm(self.client.realm().name());
        call.client_uuid(self.client.uuid()).resource_id(&self.id)
    }

    /// Lists the permissions for the resource.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/resource/{resource-id}/permissions`
    pub fn list_permissions(&self) -> ListAuthzResourcePermissions {
        let call = self.client.realm().api().list_authz_resource_permissions();
        let call = call.realm(self.client.realm().name());
        call.client_uuid(self.client.uuid()).resource_id(&self.id)
    }

    /// Lists the resource's scopes: the actions on it.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/resource/{resource-id}/scopes`
    pub fn list_scopes(&self) -> ListAuthzResourceScopes {
        let call = self.client.realm().api().list_authz_resource_scopes();
        let call = call.realm(self.client.realm().name());
        call.client_uuid(self.client.uuid()).resource_id(&self.id)
    }
}

authz_resource! {
    /// The scopes of a resource server, from [`Authorization::scopes`]. They are the actions on its resources.
    Scopes "scopes" "/scope",
    /// One scope, from [`Authorization::scope`].
    Scope "scope" "/scope/{scope-id}" [scope_id] ScopeRepresentation,
    list_authz_scopes ListAuthzScopes, create_authz_scope CreateAuthzScope,
    get_authz_scope GetAuthzScope, update_authz_scope UpdateAuthzScope,
    delete_authz_scope DeleteAuthzScope,
    /// It looks for the scope before it creates it, because Keycloak answers with an existing scope as if it were new. So several callers at
    /// the same time may all get [`Ensured::Created`](crate::Ensured::Created).
    check_first
}

impl Scope {
    /// Lists the permissions for the scope. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/scope/{scope-id}/permissions`
    pub fn list_permissions(&self) -> ListAuthzScopePermissions {
        let call = self.client.realm().api().list_authz_scope_permissions();
        let call = call.realm(self.client.realm().name());
        call.client_uuid(self.client.uuid()).scope_id(&self.id)
    }

    /// Lists the resources that have the scope. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/scope/{scope-id}/resources`
    pub fn list_resources(&self) -> ListAuthzScopeResources {
        let call = self.client.realm().api().list_authz_scope_resources();
        let call = call.realm(self.client.realm().name());
        call.client_uuid(self.client.uuid()).scope_id(&self.id)
    }
}

authz_resource! {
    /// The policies of a resource server, of every type, from [`Authorization::policies`]. To Keycloak, permissions are policies too.
    Policies "policies of every type" "/policy",
    /// One policy of any type, permissions included, from [`Authorization::policy`].
    Policy "policy" "/policy/{policy-id}" [policy_id] PolicyRepresentation,
    list_authz_policies ListAuthzPolicies, create_authz_policy CreateAuthzPolicy,
    get_authz_policy GetAuthzPolicy, update_authz_policy UpdateAuthzPolicy,
    delete_authz_policy DeleteAuthzPolicy
}

impl Policies {
    /// Lists the types of policies. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/providers`
    pub fn list_providers(&self) -> ListAuthzPolicyProviders {
        let call = self.client.realm().api().list_authz_policy_providers();
        call.realm(self.client.realm().name())
            .client_uuid(self.client.uuid())
    }

    /// Evaluates a request: returns the decision, and the policies that it comes from.
    /// `POST /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/evaluate`
    #[inline]
    pub fn evaluate(&self, request: &PolicyEvaluationRequest) -> EvaluateAuthzPolicies {
        let call = self.client.realm().api().evaluate_authz_policies();
        call.realm(self.client.realm().name())
            .client_uuid(self.client.uuid())
            .body(request)
    }
}

impl Policy {
    /// Lists the policies that this one uses. Only a permission or an aggregate policy has such.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/{policy-id}/associatedPolicies`
    pub fn list_associated_policies(&self) -> ListAuthzPolicyAssociatedPolicies {
        let call = self
            .client
            .realm()
            .api()
            .list_authz_policy_associated_policies();
        let call = call.realm(self.client.realm().name());
        call.client_uuid(self.client.uuid()).policy_id(&self.id)
    }

    /// Lists the policies and permissions that use this one.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/{policy-id}/dependentPolicies`
    pub fn list_dependent_policies(&self) -> ListAuthzPolicyDependentPolicies {
        let call = self
            .client
            .realm()
            .api()
            .list_authz_policy_dependent_policies();
        let call = call.realm(self.client.realm().name());
        call.client_uuid(self.client.uuid()).policy_id(&self.id)
    }

    /// Lists the resources that the permission is for.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/{policy-id}/resources`
    pub fn list_resources(&self) -> ListAuthzPolicyResources {
        let call = self.client.realm().api().list_authz_policy_resources();
        let call = call.realm(self.client.realm().name());
        call.client_uuid(self.client.uuid()).policy_id(&self.id)
    }

    /// Lists the scopes that the permission is for.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/{policy-id}/scopes`
    pub fn list_scopes(&self) -> ListAuthzPolicyScopes {
        let call = self.client.realm().api().list_authz_policy_scopes();
        let call = call.realm(self.client.realm().name());
        call.client_uuid(self.client.uuid()).policy_id(&self.id)
    }
}

authz_resource! {
    /// The role policies of a resource server, from [`Authorization::role_policies`]. They decide by the roles of the user.
    RolePolicies "role policies" "/policy/role",
    /// One role policy, from [`Authorization::role_policy`].
    RolePolicy "role policy" "/policy/role/{policy-id}" [policy_id] RolePolicyRepresentation,
    list_authz_role_policies ListAuthzRolePolicies, create_authz_role_policy CreateAuthzRolePolicy,
    get_authz_role_policy GetAuthzRolePolicy, update_authz_role_policy UpdateAuthzRolePolicy,
    delete_authz_role_policy DeleteAuthzRolePolicy
}

authz_resource! {
    /// The client policies of a resource server, from [`Authorization::client_policies`]. They decide by the client that asks.
    ClientPolicies "client policies" "/policy/client",
    /// One client policy, from [`Authorization::client_policy`].
    ClientPolicy "client policy" "/policy/client/{policy-id}" [policy_id] ClientPolicyRepresentation,
    list_authz_client_policies ListAuthzClientPolicies, create_authz_client_policy CreateAuthzClientPolicy,
    get_authz_client_policy GetAuthzClientPolicy, update_authz_client_policy UpdateAuthzClientPolicy,
    delete_authz_client_policy DeleteAuthzClientPolicy
}

authz_resource! {
    /// The group policies of a resource server, from [`Authorization::group_policies`]. They decide by the groups of the user.
    GroupPolicies "group policies" "/policy/group",
    /// One group policy, from [`Authorization::group_policy`].
    GroupPolicy "group policy" "/policy/group/{policy-id}" [policy_id] GroupPolicyRepresentation,
    list_authz_group_policies ListAuthzGroupPolicies, create_authz_group_policy CreateAuthzGroupPolicy,
    get_authz_group_policy GetAuthzGroupPolicy, update_authz_group_policy UpdateAuthzGroupPolicy,
    delete_authz_group_policy DeleteAuthzGroupPolicy
}

authz_resource! {
    /// The user policies of a resource server, from [`Authorization::user_policies`]. They decide by the user.
    UserPolicies "user policies" "/policy/user",
    /// One user policy, from [`Authorization::user_policy`].
    UserPolicy "user policy" "/policy/user/{policy-id}" [policy_id] UserPolicyRepresentation,
    list_authz_user_policies ListAuthzUserPolicies, create_authz_user_policy CreateAuthzUserPolicy,
    get_authz_user_policy GetAuthzUserPolicy, update_authz_user_policy UpdateAuthzUserPolicy,
    delete_authz_user_policy DeleteAuthzUserPolicy
}

authz_resource! {
    /// The time policies of a resource server, from [`Authorization::time_policies`]. They decide by the time.
    TimePolicies "time policies" "/policy/time",
    /// One time policy, from [`Authorization::time_policy`].
    TimePolicy "time policy" "/policy/time/{policy-id}" [policy_id] TimePolicyRepresentation,
    list_authz_time_policies ListAuthzTimePolicies, create_authz_time_policy CreateAuthzTimePolicy,
    get_authz_time_policy GetAuthzTimePolicy, update_authz_time_policy UpdateAuthzTimePolicy,
    delete_authz_time_policy DeleteAuthzTimePolicy
}

authz_resource! {
    /// The regex policies of a resource server, from [`Authorization::regex_policies`]. They decide by a regular expression on a claim.
    RegexPolicies "regex policies" "/policy/regex",
    /// One regex policy, from [`Authorization::regex_policy`].
    RegexPolicy "regex policy" "/policy/regex/{policy-id}" [policy_id] RegexPolicyRepresentation,
    list_authz_regex_policies ListAuthzRegexPolicies, create_authz_regex_policy CreateAuthzRegexPolicy,
    get_authz_regex_policy GetAuthzRegexPolicy, update_authz_regex_policy UpdateAuthzRegexPolicy,
    delete_authz_regex_policy DeleteAuthzRegexPolicy
}

authz_resource! {
    /// The aggregate policies of a resource server, from [`Authorization::aggregate_policies`]. They decide by the results of other policies.
    AggregatePolicies "aggregate policies" "/policy/aggregate",
    /// One aggregate policy, from [`Authorization::aggregate_policy`].
    AggregatePolicy "aggregate policy" "/policy/aggregate/{policy-id}" [policy_id] AggregatePolicyRepresentation,
    list_authz_aggregate_policies ListAuthzAggregatePolicies, create_authz_aggregate_policy CreateAuthzAggregatePolicy,
    get_authz_aggregate_policy GetAuthzAggregatePolicy, update_authz_aggregate_policy UpdateAuthzAggregatePolicy,
    delete_authz_aggregate_policy DeleteAuthzAggregatePolicy
}

authz_resource! {
    /// The client scope policies of a resource server, from [`Authorization::client_scope_policies`]. They decide by the client scopes of the token.
    ClientScopePolicies "client scope policies" "/policy/client-scope",
    /// One client scope policy, from [`Authorization::client_scope_policy`].
    ClientScopePolicy "client scope policy" "/policy/client-scope/{policy-id}" [policy_id] ClientScopePolicyRepresentation,
    list_authz_client_scope_policies ListAuthzClientScopePolicies, create_authz_client_scope_policy CreateAuthzClientScopePolicy,
    get_authz_client_scope_policy GetAuthzClientScopePolicy, update_authz_client_scope_policy UpdateAuthzClientScopePolicy,
    delete_authz_client_scope_policy DeleteAuthzClientScopePolicy
}

/// The permissions of a resource server, of both types, from [`Authorization::permissions`].
#[derive(Clone, Debug)]
pub struct Permissions {
    client: Client,
}

impl Permissions {
    /// Lists the permissions of both types. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/permission`
    pub fn list(&self) -> ListAuthzPermissions {
        let call = self.client.realm().api().list_authz_permissions();
        call.realm(self.client.realm().name())
            .client_uuid(self.client.uuid())
    }

    /// Lists the types of permissions. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/permission/providers`
    pub fn list_providers(&self) -> ListAuthzPermissionProviders {
        let call = self.client.realm().api().list_authz_permission_providers();
        call.realm(self.client.realm().name())
            .client_uuid(self.client.uuid())
    }

    /// Evaluates a request: returns the decision, and the permissions that it comes from.
    /// `POST /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/permission/evaluate`
    #[inline]
    pub fn evaluate(&self, request: &PolicyEvaluationRequest) -> EvaluateAuthzPermissions {
        let call = self.client.realm().api().evaluate_authz_permissions();
        call.realm(self.client.realm().name())
            .client_uuid(self.client.uuid())
            .body(request)
    }
}

authz_resource! {
    /// The resource permissions of a resource server, from [`Authorization::resource_permissions`]. They grant access to resources.
    ResourcePermissions "resource permissions" "/permission/resource",
    /// One resource permission, from [`Authorization::resource_permission`].
    ResourcePermission "resource permission" "/permission/resource/{permission-id}" [permission_id] ResourcePermissionRepresentation [fields="*"],
    list_authz_resource_based_permissions ListAuthzResourceBasedPermissions, create_authz_resource_permission CreateAuthzResourcePermission,
    get_authz_resource_permission GetAuthzResourcePermission, update_authz_resource_permission UpdateAuthzResourcePermission,
    delete_authz_resource_permission DeleteAuthzResourcePermission
}

authz_resource! {
    /// The scope permissions of a resource server, from [`Authorization::scope_permissions`]. They grant actions on resources.
    ScopePermissions "scope permissions" "/permission/scope",
    /// One scope permission, from [`Authorization::scope_permission`].
    ScopePermission "scope permission" "/permission/scope/{permission-id}" [permission_id] ScopePermissionRepresentation [fields="*"],
    list_authz_scope_based_permissions ListAuthzScopeBasedPermissions, create_authz_scope_permission CreateAuthzScopePermission,
    get_authz_scope_permission GetAuthzScopePermission, update_authz_scope_permission UpdateAuthzScopePermission,
    delete_authz_scope_permission DeleteAuthzScopePermission
}
