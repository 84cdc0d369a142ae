//! Authorization services of a client: resources, scopes, policies, permissions, evaluation.
//!
//! The client has to have `authorization_services_enabled`; without it there is no resource server, and every call here is an error with
//! [`Error::is_not_found`].
//!
//! ```no_run
//! use keycloak_admin::types::{ResourceRepresentation, RoleDefinition, RolePolicyRepresentation};
//!
//! # async fn run(keycloak: keycloak_admin::Keycloak, uuid: String, role_id: String) -> Result<(), keycloak_admin::Error> {
//! let realm = keycloak.realm("acme");
//! let authorization = realm.clients().uuid(&uuid).authorization();
//! let invoices = ResourceRepresentation {
//!     name: Some("invoices".to_owned()),
//!     uris: Some(vec!["/invoices/*".to_owned()]),
//!     ..Default::default()
//! };
//! let resource = authorization.resources().create(&invoices).exist_ok().await?.into_inner();
//! let accountants = RolePolicyRepresentation {
//!     name: Some("accountants".to_owned()),
//!     roles: Some(vec![RoleDefinition { id: Some(role_id), ..Default::default() }]),
//!     ..Default::default()
//! };
//! let policy = authorization.policies().role().create(&accountants).await?;
//! # Ok(())
//! # }
//! ```

use keycloak_api::Client as Api;
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
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::CallExt as _;
use crate::clients::Client;
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Call, Create, modify};

impl<'a> Client<'a> {
    /// The client's authorization services.
    #[must_use]
    #[inline]
    pub fn authorization(self) -> Authorization<'a> {
        Authorization(self)
    }
}

/// The authorization services of a client, from [`Client::authorization`].
#[derive(Clone, Copy, Debug)]
pub struct Authorization<'a>(Client<'a>);

impl<'a> Authorization<'a> {
    /// Reads the settings, without resources and policies. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server`
    #[inline]
    pub fn settings(self) -> Call<GetAuthzResourceServer> {
        self.0.at(Api::get_authz_resource_server)
    }

    /// Writes the settings. `PUT /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server`
    #[inline]
    pub fn update_settings(
        self,
        settings: &ResourceServerRepresentation,
    ) -> Call<UpdateAuthzResourceServer> {
        self.0
            .at(|api| api.update_authz_resource_server().body(settings))
    }

    /// Reads the settings, changes them and writes them back. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify_settings<F>(
        self,
        change: F,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut ResourceServerRepresentation) + Send,
    {
        modify::modify(
            self.settings(),
            self.0.at(Api::update_authz_resource_server),
            change,
        )
    }

    /// Reads everything: settings, resources, scopes, policies, permissions. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/settings`
    #[inline]
    pub fn export(self) -> Call<ExportAuthzSettings> {
        self.0.at(Api::export_authz_settings)
    }

    /// Takes over what [`export`](Self::export) gave; what is there already is changed, nothing is deleted.
    /// `POST /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/import`
    #[inline]
    pub fn import(self, settings: &ResourceServerRepresentation) -> Call<ImportAuthzSettings> {
        self.0.at(|api| api.import_authz_settings().body(settings))
    }

    /// What is protected.
    #[must_use]
    #[inline]
    pub fn resources(self) -> Resources<'a> {
        Resources(self.0)
    }

    /// What can be done with resources.
    #[must_use]
    #[inline]
    pub fn scopes(self) -> Scopes<'a> {
        Scopes(self.0)
    }

    /// The conditions under which something is granted; the permissions are among them for Keycloak.
    #[must_use]
    #[inline]
    pub fn policies(self) -> Policies<'a> {
        Policies(self.0)
    }

    /// What is granted, and under which policies.
    #[must_use]
    #[inline]
    pub fn permissions(self) -> Permissions<'a> {
        Permissions(self.0)
    }
}

/// A handle on all things of one kind that a resource server has, and one on each of them.
macro_rules! things {
    (
        $(#[$doc:meta])* $name:ident,
        $(#[$one_doc:meta])* $One:ident of $T:ident, $path:literal
        $list:ident $List:ident, $create:ident $Create:ident,
        $get:ident $Get:ident, $update:ident $Update:ident, $delete:ident $Delete:ident
    ) => {
        things! {
            $(#[$doc])* $name,
            $(#[$one_doc])* $One of $T, $path
            $list $List, $create $Create, $get $Get, $update $Update, $delete $Delete,
            new
        }
    };
    (
        $(#[$doc:meta])* $name:ident,
        $(#[$one_doc:meta])* $One:ident of $T:ident, $path:literal
        $list:ident $List:ident, $create:ident $Create:ident,
        $get:ident $Get:ident, $update:ident $Update:ident, $delete:ident $Delete:ident,
        $guard:ident $(#[$guard_doc:meta])*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a>(Client<'a>);

        impl<'a> $name<'a> {
            #[doc = concat!("Lists them. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $path, "`")]
            #[inline]
            pub fn list(self) -> Call<$List> {
                self.0.at(Api::$list)
            }

            #[doc = concat!("The one that has exactly this name; `None` where none has. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $path, "`")]
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn find_by_name(self, name: &str) -> BoxFuture<'static, Result<Option<$T>, Error>> {
                let list = self.list().query(|q| q.name(name));
                let name = name.to_owned();
                find_in_pages(list, move |thing| thing.name.as_ref() == Some(&name))
            }

            #[doc = concat!("Creates one and returns its id. `POST /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $path, "`")]
            ///
            /// With [`exist_ok`](Create::exist_ok) it is found by its name.
            $(#[$guard_doc])*
            #[inline]
            pub fn create(self, thing: &$T) -> Create<$Create> {
                let find = |name: &str| self.find_by_name(name);
                let key = NaturalKey::$guard("name", thing.name.as_deref(), find, |thing| thing.id);
                Create::new(self.0.at(|api| api.$create().body(thing)), key)
            }

            /// The one of this id. It need not exist: nothing is sent.
            #[must_use]
            #[inline]
            pub fn id(self, id: &'a str) -> $One<'a> {
                $One { client: self.0, id }
            }
        }

        $(#[$one_doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $One<'a> {
            client: Client<'a>,
            id: &'a str,
        }

        impl<'a> $One<'a> {
            fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
                self.client.at(build).and_path(self.id)
            }

            #[doc = concat!("Reads it. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $path, "/{id}`")]
            #[inline]
            pub fn get(self) -> Call<$Get> {
                self.at(Api::$get)
            }

            /// Like [`get`](Self::get); `None` where there is none of this id.
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn find(self) -> BoxFuture<'static, Result<Option<$T>, Error>> {
                self.get().optional()
            }

            #[doc = concat!("Writes it whole. `PUT /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $path, "/{id}`")]
            #[inline]
            pub fn update(self, thing: &$T) -> Call<$Update> {
                self.at(|api| api.$update().body(thing))
            }

            /// Reads it, changes it and writes it back whole. Where nothing is changed, nothing is written.
            #[inline]
            pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
            where
                F: FnOnce(&mut $T) + Send,
            {
                modify::modify(self.get(), self.at(Api::$update), change)
            }

            #[doc = concat!("Deletes it. `DELETE /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server", $path, "/{id}`")]
            #[inline]
            pub fn delete(self) -> Call<$Delete> {
                self.at(Api::$delete)
            }

            /// Deletes it if it is there; `false` where it was not.
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
                self.delete().if_exists()
            }
        }
    };
}

things! {
    /// The resources of a resource server, from [`Authorization::resources`].
    Resources,
    /// One resource, from [`Resources::id`].
    Resource of ResourceRepresentation, "/resource"
    list_authz_resources ListAuthzResources, create_authz_resource CreateAuthzResource,
    get_authz_resource GetAuthzResource, update_authz_resource UpdateAuthzResource,
    delete_authz_resource DeleteAuthzResource
}

impl Resource<'_> {
    /// Reads the attributes. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/resource/{resource-id}/attributes`
    #[inline]
    pub fn attributes(self) -> Call<GetAuthzResourceAttributes> {
        self.at(Api::get_authz_resource_attributes)
    }

    /// Lists the permissions for it. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/resource/{resource-id}/permissions`
    #[inline]
    pub fn permissions(self) -> Call<ListAuthzResourcePermissions> {
        self.at(Api::list_authz_resource_permissions)
    }

    /// Lists what can be done with it. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/resource/{resource-id}/scopes`
    #[inline]
    pub fn scopes(self) -> Call<ListAuthzResourceScopes> {
        self.at(Api::list_authz_resource_scopes)
    }
}

things! {
    /// The scopes of a resource server, from [`Authorization::scopes`].
    Scopes,
    /// One scope, from [`Scopes::id`].
    Scope of ScopeRepresentation, "/scope"
    list_authz_scopes ListAuthzScopes, create_authz_scope CreateAuthzScope,
    get_authz_scope GetAuthzScope, update_authz_scope UpdateAuthzScope,
    delete_authz_scope DeleteAuthzScope,
    unguarded
    /// It is looked for first, because Keycloak answers with the one that is there as if it had made it: callers at the same time can all be told
    /// that they made it.
}

impl Scope<'_> {
    /// Lists the permissions for it. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/scope/{scope-id}/permissions`
    #[inline]
    pub fn permissions(self) -> Call<ListAuthzScopePermissions> {
        self.at(Api::list_authz_scope_permissions)
    }

    /// Lists the resources that have it. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/scope/{scope-id}/resources`
    #[inline]
    pub fn resources(self) -> Call<ListAuthzScopeResources> {
        self.at(Api::list_authz_scope_resources)
    }
}

things! {
    /// The policies of a resource server, of every type, from [`Authorization::policies`]. The methods named after a type lead to the policies of
    /// that type, with fields of their own instead of `config`.
    Policies,
    /// One policy of any type, permissions included, from [`Policies::id`].
    Policy of PolicyRepresentation, "/policy"
    list_authz_policies ListAuthzPolicies, create_authz_policy CreateAuthzPolicy,
    get_authz_policy GetAuthzPolicy, update_authz_policy UpdateAuthzPolicy,
    delete_authz_policy DeleteAuthzPolicy
}

impl<'a> Policies<'a> {
    /// Lists the types that there are. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/providers`
    #[inline]
    pub fn providers(self) -> Call<ListAuthzPolicyProviders> {
        self.0.at(Api::list_authz_policy_providers)
    }

    /// What a request would be answered, and which policies decide. `POST /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/evaluate`
    #[inline]
    pub fn evaluate(self, request: &PolicyEvaluationRequest) -> Call<EvaluateAuthzPolicies> {
        self.0.at(|api| api.evaluate_authz_policies().body(request))
    }

    /// The policies that decide by roles.
    #[must_use]
    #[inline]
    pub fn role(self) -> RolePolicies<'a> {
        RolePolicies(self.0)
    }

    /// The policies that decide by clients.
    #[must_use]
    #[inline]
    pub fn client(self) -> ClientPolicies<'a> {
        ClientPolicies(self.0)
    }

    /// The policies that decide by groups.
    #[must_use]
    #[inline]
    pub fn group(self) -> GroupPolicies<'a> {
        GroupPolicies(self.0)
    }

    /// The policies that decide by users.
    #[must_use]
    #[inline]
    pub fn user(self) -> UserPolicies<'a> {
        UserPolicies(self.0)
    }

    /// The policies that decide by a time.
    #[must_use]
    #[inline]
    pub fn time(self) -> TimePolicies<'a> {
        TimePolicies(self.0)
    }

    /// The policies that decide by a regular expression on a claim.
    #[must_use]
    #[inline]
    pub fn regex(self) -> RegexPolicies<'a> {
        RegexPolicies(self.0)
    }

    /// The policies that decide by other policies.
    #[must_use]
    #[inline]
    pub fn aggregate(self) -> AggregatePolicies<'a> {
        AggregatePolicies(self.0)
    }

    /// The policies that decide by client scopes.
    #[must_use]
    #[inline]
    pub fn client_scope(self) -> ClientScopePolicies<'a> {
        ClientScopePolicies(self.0)
    }
}

impl Policy<'_> {
    /// Lists the policies that this one, a permission or an aggregate, is made of.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/{policy-id}/associatedPolicies`
    #[inline]
    pub fn associated_policies(self) -> Call<ListAuthzPolicyAssociatedPolicies> {
        self.at(Api::list_authz_policy_associated_policies)
    }

    /// Lists the policies and permissions that use this one.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/{policy-id}/dependentPolicies`
    #[inline]
    pub fn dependent_policies(self) -> Call<ListAuthzPolicyDependentPolicies> {
        self.at(Api::list_authz_policy_dependent_policies)
    }

    /// Lists the resources it is for. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/{policy-id}/resources`
    #[inline]
    pub fn resources(self) -> Call<ListAuthzPolicyResources> {
        self.at(Api::list_authz_policy_resources)
    }

    /// Lists the scopes it is for. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/policy/{policy-id}/scopes`
    #[inline]
    pub fn scopes(self) -> Call<ListAuthzPolicyScopes> {
        self.at(Api::list_authz_policy_scopes)
    }
}

things! {
    /// The policies that decide by roles, from [`Policies::role`].
    RolePolicies,
    /// One policy that decides by roles, from [`RolePolicies::id`].
    RolePolicy of RolePolicyRepresentation, "/policy/role"
    list_authz_role_policies ListAuthzRolePolicies, create_authz_role_policy CreateAuthzRolePolicy,
    get_authz_role_policy GetAuthzRolePolicy, update_authz_role_policy UpdateAuthzRolePolicy,
    delete_authz_role_policy DeleteAuthzRolePolicy
}

things! {
    /// The policies that decide by clients, from [`Policies::client`].
    ClientPolicies,
    /// One policy that decides by clients, from [`ClientPolicies::id`].
    ClientPolicy of ClientPolicyRepresentation, "/policy/client"
    list_authz_client_policies ListAuthzClientPolicies, create_authz_client_policy CreateAuthzClientPolicy,
    get_authz_client_policy GetAuthzClientPolicy, update_authz_client_policy UpdateAuthzClientPolicy,
    delete_authz_client_policy DeleteAuthzClientPolicy
}

things! {
    /// The policies that decide by groups, from [`Policies::group`].
    GroupPolicies,
    /// One policy that decides by groups, from [`GroupPolicies::id`].
    GroupPolicy of GroupPolicyRepresentation, "/policy/group"
    list_authz_group_policies ListAuthzGroupPolicies, create_authz_group_policy CreateAuthzGroupPolicy,
    get_authz_group_policy GetAuthzGroupPolicy, update_authz_group_policy UpdateAuthzGroupPolicy,
    delete_authz_group_policy DeleteAuthzGroupPolicy
}

things! {
    /// The policies that decide by users, from [`Policies::user`].
    UserPolicies,
    /// One policy that decides by users, from [`UserPolicies::id`].
    UserPolicy of UserPolicyRepresentation, "/policy/user"
    list_authz_user_policies ListAuthzUserPolicies, create_authz_user_policy CreateAuthzUserPolicy,
    get_authz_user_policy GetAuthzUserPolicy, update_authz_user_policy UpdateAuthzUserPolicy,
    delete_authz_user_policy DeleteAuthzUserPolicy
}

things! {
    /// The policies that decide by a time, from [`Policies::time`].
    TimePolicies,
    /// One policy that decides by a time, from [`TimePolicies::id`].
    TimePolicy of TimePolicyRepresentation, "/policy/time"
    list_authz_time_policies ListAuthzTimePolicies, create_authz_time_policy CreateAuthzTimePolicy,
    get_authz_time_policy GetAuthzTimePolicy, update_authz_time_policy UpdateAuthzTimePolicy,
    delete_authz_time_policy DeleteAuthzTimePolicy
}

things! {
    /// The policies that decide by a regular expression on a claim, from [`Policies::regex`].
    RegexPolicies,
    /// One policy that decides by a regular expression on a claim, from [`RegexPolicies::id`].
    RegexPolicy of RegexPolicyRepresentation, "/policy/regex"
    list_authz_regex_policies ListAuthzRegexPolicies, create_authz_regex_policy CreateAuthzRegexPolicy,
    get_authz_regex_policy GetAuthzRegexPolicy, update_authz_regex_policy UpdateAuthzRegexPolicy,
    delete_authz_regex_policy DeleteAuthzRegexPolicy
}

things! {
    /// The policies that decide by other policies, from [`Policies::aggregate`].
    AggregatePolicies,
    /// One policy that decides by other policies, from [`AggregatePolicies::id`].
    AggregatePolicy of AggregatePolicyRepresentation, "/policy/aggregate"
    list_authz_aggregate_policies ListAuthzAggregatePolicies, create_authz_aggregate_policy CreateAuthzAggregatePolicy,
    get_authz_aggregate_policy GetAuthzAggregatePolicy, update_authz_aggregate_policy UpdateAuthzAggregatePolicy,
    delete_authz_aggregate_policy DeleteAuthzAggregatePolicy
}

things! {
    /// The policies that decide by client scopes, from [`Policies::client_scope`].
    ClientScopePolicies,
    /// One policy that decides by client scopes, from [`ClientScopePolicies::id`].
    ClientScopePolicy of ClientScopePolicyRepresentation, "/policy/client-scope"
    list_authz_client_scope_policies ListAuthzClientScopePolicies, create_authz_client_scope_policy CreateAuthzClientScopePolicy,
    get_authz_client_scope_policy GetAuthzClientScopePolicy, update_authz_client_scope_policy UpdateAuthzClientScopePolicy,
    delete_authz_client_scope_policy DeleteAuthzClientScopePolicy
}

/// The permissions of a resource server, from [`Authorization::permissions`].
#[derive(Clone, Copy, Debug)]
pub struct Permissions<'a>(Client<'a>);

impl<'a> Permissions<'a> {
    /// Lists the permissions of both types. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/permission`
    #[inline]
    pub fn list(self) -> Call<ListAuthzPermissions> {
        self.0.at(Api::list_authz_permissions)
    }

    /// Lists the types that there are. `GET /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/permission/providers`
    #[inline]
    pub fn providers(self) -> Call<ListAuthzPermissionProviders> {
        self.0.at(Api::list_authz_permission_providers)
    }

    /// What a request would be answered, and which permissions decide.
    /// `POST /admin/realms/{realm}/clients/{client-uuid}/authz/resource-server/permission/evaluate`
    #[inline]
    pub fn evaluate(self, request: &PolicyEvaluationRequest) -> Call<EvaluateAuthzPermissions> {
        self.0
            .at(|api| api.evaluate_authz_permissions().body(request))
    }

    /// The permissions for resources.
    #[must_use]
    #[inline]
    pub fn resource(self) -> ResourcePermissions<'a> {
        ResourcePermissions(self.0)
    }

    /// The permissions for scopes.
    #[must_use]
    #[inline]
    pub fn scope(self) -> ScopePermissions<'a> {
        ScopePermissions(self.0)
    }
}

things! {
    /// The permissions for resources, from [`Permissions::resource`].
    ResourcePermissions,
    /// One permission for resources, from [`ResourcePermissions::id`].
    ResourcePermission of ResourcePermissionRepresentation, "/permission/resource"
    list_authz_resource_based_permissions ListAuthzResourceBasedPermissions,
    create_authz_resource_permission CreateAuthzResourcePermission,
    get_authz_resource_permission GetAuthzResourcePermission,
    update_authz_resource_permission UpdateAuthzResourcePermission,
    delete_authz_resource_permission DeleteAuthzResourcePermission
}

things! {
    /// The permissions for scopes, from [`Permissions::scope`].
    ScopePermissions,
    /// One permission for scopes, from [`ScopePermissions::id`].
    ScopePermission of ScopePermissionRepresentation, "/permission/scope"
    list_authz_scope_based_permissions ListAuthzScopeBasedPermissions,
    create_authz_scope_permission CreateAuthzScopePermission,
    get_authz_scope_permission GetAuthzScopePermission,
    update_authz_scope_permission UpdateAuthzScopePermission,
    delete_authz_scope_permission DeleteAuthzScopePermission
}
