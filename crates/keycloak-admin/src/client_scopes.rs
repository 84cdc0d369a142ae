//! Client scopes, and which of them a realm gives to its new clients.

use keycloak_api::Client as Api;
use keycloak_api::client_scopes::{
    CreateClientScope, DeleteClientScope, GetClientScope, ListClientScopes, UpdateClientScope,
};
use keycloak_api::realms_admin::{
    AddDefaultClientScopeToRealm, AddOptionalClientScopeToRealm, ListRealmDefaultClientScopes,
    ListRealmOptionalClientScopes, RemoveDefaultClientScopeFromRealm,
    RemoveOptionalClientScopeFromRealm,
};
use keycloak_api::types::ClientScopeRepresentation;
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::protocol_mappers::ClientScopeProtocolMappers;
use crate::role_mappings::ClientScopeScopeMappings;
use crate::{Call, Create, Realm, modify};

impl<'a> Realm<'a> {
    /// The realm's client scopes.
    #[must_use]
    #[inline]
    pub fn client_scopes(self) -> ClientScopes<'a> {
        ClientScopes { realm: self }
    }

    /// Lists the client scopes that a new client has by default. `GET /admin/realms/{realm}/default-default-client-scopes`
    #[inline]
    pub fn default_client_scopes(self) -> Call<ListRealmDefaultClientScopes> {
        self.at(Api::list_realm_default_client_scopes)
    }

    /// Lists the client scopes that a new client has as optional ones. `GET /admin/realms/{realm}/default-optional-client-scopes`
    #[inline]
    pub fn optional_client_scopes(self) -> Call<ListRealmOptionalClientScopes> {
        self.at(Api::list_realm_optional_client_scopes)
    }
}

/// The client scopes of a realm, from [`Realm::client_scopes`].
#[derive(Clone, Copy, Debug)]
pub struct ClientScopes<'a> {
    realm: Realm<'a>,
}

impl<'a> ClientScopes<'a> {
    /// Lists the client scopes. `GET /admin/realms/{realm}/client-scopes`
    #[inline]
    pub fn list(self) -> Call<ListClientScopes> {
        self.realm.at(Api::list_client_scopes)
    }

    /// The client scope that has exactly this name; `None` where none has. `GET /admin/realms/{realm}/client-scopes`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_name(
        self,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<ClientScopeRepresentation>, Error>> {
        let name = name.to_owned();
        find_in_list(self.list(), move |scope: &ClientScopeRepresentation| {
            scope.name.as_ref() == Some(&name)
        })
    }

    /// Creates a client scope and returns its id; `name` and `protocol` (`openid-connect` or `saml`) are needed.
    /// `POST /admin/realms/{realm}/client-scopes`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name.
    #[inline]
    pub fn create(self, scope: &ClientScopeRepresentation) -> Create<CreateClientScope> {
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", scope.name.as_deref(), find, |scope| scope.id);
        Create::new(
            self.realm.at(|api| api.create_client_scope().body(scope)),
            key,
        )
    }

    /// The client scope of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> ClientScope<'a> {
        ClientScope {
            realm: self.realm,
            id,
        }
    }
}

/// One client scope, from [`ClientScopes::id`].
#[derive(Clone, Copy, Debug)]
pub struct ClientScope<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> ClientScope<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// Reads the client scope. `GET /admin/realms/{realm}/client-scopes/{client-scope-id}`
    #[inline]
    pub fn get(self) -> Call<GetClientScope> {
        self.at(Api::get_client_scope)
    }

    /// Like [`get`](Self::get); `None` where there is no such client scope.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<ClientScopeRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the client scope; its protocol mappers are not written this way. `PUT /admin/realms/{realm}/client-scopes/{client-scope-id}`
    #[inline]
    pub fn update(self, scope: &ClientScopeRepresentation) -> Call<UpdateClientScope> {
        self.at(|api| api.update_client_scope().body(scope))
    }

    /// Reads the client scope, changes it and writes it back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut ClientScopeRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_client_scope), change)
    }

    /// Deletes the client scope. `DELETE /admin/realms/{realm}/client-scopes/{client-scope-id}`
    #[inline]
    pub fn delete(self) -> Call<DeleteClientScope> {
        self.at(Api::delete_client_scope)
    }

    /// Deletes the client scope if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// What the client scope puts into tokens.
    #[must_use]
    #[inline]
    pub fn protocol_mappers(self) -> ClientScopeProtocolMappers<'a> {
        ClientScopeProtocolMappers::new(self.realm, self.id)
    }

    /// The roles in the client scope.
    #[must_use]
    #[inline]
    pub fn scope_mappings(self) -> ClientScopeScopeMappings<'a> {
        ClientScopeScopeMappings::new(self.realm, self.id)
    }

    /// Gives the client scope to new clients by default. `PUT /admin/realms/{realm}/default-default-client-scopes/{clientScopeId}`
    #[inline]
    pub fn make_default(self) -> Call<AddDefaultClientScopeToRealm> {
        self.at(Api::add_default_client_scope_to_realm)
    }

    /// Gives it to new clients no longer by default. `DELETE /admin/realms/{realm}/default-default-client-scopes/{clientScopeId}`
    #[inline]
    pub fn unmake_default(self) -> Call<RemoveDefaultClientScopeFromRealm> {
        self.at(Api::remove_default_client_scope_from_realm)
    }

    /// Gives the client scope to new clients as an optional one. `PUT /admin/realms/{realm}/default-optional-client-scopes/{clientScopeId}`
    #[inline]
    pub fn make_optional(self) -> Call<AddOptionalClientScopeToRealm> {
        self.at(Api::add_optional_client_scope_to_realm)
    }

    /// Gives it to new clients no longer as an optional one. `DELETE /admin/realms/{realm}/default-optional-client-scopes/{clientScopeId}`
    #[inline]
    pub fn unmake_optional(self) -> Call<RemoveOptionalClientScopeFromRealm> {
        self.at(Api::remove_optional_client_scope_from_realm)
    }
}
