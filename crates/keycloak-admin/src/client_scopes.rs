//! Client scopes, and which of them a realm gives to its new clients.

use std::future::IntoFuture;

use keycloak_api::client_scopes::{
    CreateClientScope, DeleteClientScope, GetClientScope, ListClientScopes, UpdateClientScope,
};
use keycloak_api::realms_admin::{
    AddDefaultClientScopeToRealm, AddOptionalClientScopeToRealm, ListRealmDefaultClientScopes,
    ListRealmOptionalClientScopes, RemoveDefaultClientScopeFromRealm,
    RemoveOptionalClientScopeFromRealm,
};
use keycloak_api::types::ClientScopeRepresentation;
use keycloak_session::Error;

use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::protocol_mappers::{ClientScopeProtocolMapper, ClientScopeProtocolMappers};
use crate::role_mappings::ClientScopeScopeMappings;
use crate::{Create, Modify, Realm};

impl Realm {
    /// Returns a handle on the realm's client scopes.
    #[must_use]
    pub fn client_scopes(&self) -> ClientScopes {
        ClientScopes {
            realm: self.clone(),
        }
    }

    /// Returns a handle on the client scope with this id. Nothing is sent, so the client scope need not exist.
    #[must_use]
    pub fn client_scope(&self, id: impl Into<String>) -> ClientScope {
        ClientScope {
            realm: self.clone(),
            id: id.into(),
        }
    }

    /// Lists the client scopes that a new client gets as default ones. `GET /admin/realms/{realm}/default-default-client-scopes`
    pub fn list_default_client_scopes(&self) -> ListRealmDefaultClientScopes {
        self.api()
            .list_realm_default_client_scopes()
            .realm(self.name())
    }

    /// Lists the client scopes that a new client gets as optional ones. `GET /admin/realms/{realm}/default-optional-client-scopes`
    pub fn list_optional_client_scopes(&self) -> ListRealmOptionalClientScopes {
        self.api()
            .list_realm_optional_client_scopes()
            .realm(self.name())
    }
}

/// The client scopes of a realm, from [`Realm::client_scopes`].
#[derive(Clone, Debug)]
pub struct ClientScopes {
    realm: Realm,
}

impl ClientScopes {
    /// Lists the client scopes. `GET /admin/realms/{realm}/client-scopes`
    pub fn list(&self) -> ListClientScopes {
        self.realm
            .api()
            .list_client_scopes()
            .realm(self.realm.name())
    }

    /// Finds the client scope with exactly this name. `GET /admin/realms/{realm}/client-scopes`
    pub async fn find_by_name(
        &self,
        name: &str,
    ) -> Result<Option<ClientScopeRepresentation>, Error> {
        find_in_list(self.list(), |scope: &ClientScopeRepresentation| {
            scope.name.as_deref() == Some(name)
        })
        .await
    }

    /// Creates a client scope and returns its id. `POST /admin/realms/{realm}/client-scopes`
    ///
    /// `name` and `protocol` (`openid-connect` or `saml`) are required. [`exist_ok`](Create::exist_ok) finds the client scope by its name.
    #[inline]
    pub fn create(&self, scope: &ClientScopeRepresentation) -> Create<CreateClientScope> {
        let name = scope.name.as_deref();
        let key = NaturalKey::new(&self.realm, "name", name, |realm, name| async move {
            let found = realm.client_scopes().find_by_name(&name).await?;
            Ok(found.and_then(|scope| scope.id))
        })
        .with_id(scope.id.as_deref());
        let call = self.realm.api().create_client_scope();
        Create::new(call.realm(self.realm.name()).body(scope), key)
    }
}

/// One client scope, from [`Realm::client_scope`].
#[derive(Clone, Debug)]
pub struct ClientScope {
    realm: Realm,
    id: String,
}

impl ClientScope {
    /// Reads the client scope. `GET /admin/realms/{realm}/client-scopes/{client-scope-id}`
    pub fn get(&self) -> GetClientScope {
        self.realm
            .api()
            .get_client_scope()
            .realm(self.realm.name())
            .client_scope_id(&self.id)
    }

    /// Reads the client scope; `None` if there is no such client scope. `GET /admin/realms/{realm}/client-scopes/{client-scope-id}`
    pub async fn find(&self) -> Result<Option<ClientScopeRepresentation>, Error> {
        self.get().optional().await
    }

    /// Changes the fields that are set in `scope`. A field that is `None` stays as it is. `PUT /admin/realms/{realm}/client-scopes/{client-scope-id}`
    ///
    /// An attribute that is not in `attributes` stays as well. An empty text removes the description. The protocol mappers are not changed: use
    /// [`protocol_mappers`](Self::protocol_mappers).
    ///
    /// A client scope that was read with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify)
    /// keeps them, and removes what becomes `None`.
    #[inline]
    pub fn update(&self, scope: &ClientScopeRepresentation) -> UpdateClientScope {
        self.realm
            .api()
            .update_client_scope()
            .realm(self.realm.name())
            .client_scope_id(&self.id)
            .body(scope)
    }

    /// Reads the client scope, changes it and writes it back whole. If nothing is changed, nothing is written.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut ClientScopeRepresentation) + Send + 'f,
    ) -> Modify<'f, ClientScopeRepresentation> {
        let put = self.realm.api().update_client_scope();
        let put = put.realm(self.realm.name()).client_scope_id(&self.id);
        Modify::new(self.get(), put, change)
    }

    /// Deletes the client scope. `DELETE /admin/realms/{realm}/client-scopes/{client-scope-id}`
    pub fn delete(&self) -> DeleteClientScope {
        self.realm
            .api()
            .delete_client_scope()
            .realm(self.realm.name())
            .client_scope_id(&self.id)
    }

    /// Deletes the client scope if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}/client-scopes/{client-scope-id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Returns a handle on the client scope's protocol mappers, which add claims to tokens.
    #[must_use]
    pub fn protocol_mappers(&self) -> ClientScopeProtocolMappers {
        ClientScopeProtocolMappers::new(self.realm.clone(), self.id.clone())
    }

    /// Returns a handle on the protocol mapper with this id. Nothing is sent, so the mapper need not exist.
    #[must_use]
    pub fn protocol_mapper(&self, id: impl Into<String>) -> ClientScopeProtocolMapper {
        ClientScopeProtocolMapper::new(self.realm.clone(), self.id.clone(), id.into())
    }

    /// Returns a handle on the roles in the client scope: those that a token with this scope may hold.
    #[must_use]
    pub fn scope_mappings(&self) -> ClientScopeScopeMappings {
        ClientScopeScopeMappings::new(self.realm.clone(), self.id.clone())
    }

    /// Makes the client scope a default one of new clients. `PUT /admin/realms/{realm}/default-default-client-scopes/{clientScopeId}`
    ///
    /// The answer is a conflict (409) if the client scope is a default or an optional one. [`ensure_default`](Self::ensure_default) can be repeated.
    pub fn make_default(&self) -> AddDefaultClientScopeToRealm {
        self.realm
            .api()
            .add_default_client_scope_to_realm()
            .realm(self.realm.name())
            .client_scope_id(&self.id)
    }

    /// Makes the client scope a default one of new clients, unless it is one already. Returns whether this call changed it.
    /// `PUT /admin/realms/{realm}/default-default-client-scopes/{clientScopeId}`
    ///
    /// If it is an optional one, the error has [`ErrorKind::Conflict`](keycloak_session::ErrorKind). Call
    /// [`unmake_optional`](Self::unmake_optional) first.
    pub async fn ensure_default(&self) -> Result<bool, Error> {
        let added = self.make_default().await;
        self.is_added(added, self.realm.list_default_client_scopes())
            .await
    }

    /// Stops making the client scope a default one of new clients.
    /// `DELETE /admin/realms/{realm}/default-default-client-scopes/{clientScopeId}`
    pub fn unmake_default(&self) -> RemoveDefaultClientScopeFromRealm {
        self.realm
            .api()
            .remove_default_client_scope_from_realm()
            .realm(self.realm.name())
            .client_scope_id(&self.id)
    }

    /// Makes the client scope an optional one of new clients. `PUT /admin/realms/{realm}/default-optional-client-scopes/{clientScopeId}`
    ///
    /// The answer is a conflict (409) if the client scope is a default or an optional one. [`ensure_optional`](Self::ensure_optional) can be repeated.
    pub fn make_optional(&self) -> AddOptionalClientScopeToRealm {
        self.realm
            .api()
            .add_optional_client_scope_to_realm()
            .realm(self.realm.name())
            .client_scope_id(&self.id)
    }

    /// Makes the client scope an optional one of new clients, unless it is one already. Returns whether this call changed it.
    /// `PUT /admin/realms/{realm}/default-optional-client-scopes/{clientScopeId}`
    ///
    /// If it is a default one, the error has [`ErrorKind::Conflict`](keycloak_session::ErrorKind). Call
    /// [`unmake_default`](Self::unmake_default) first.
    pub async fn ensure_optional(&self) -> Result<bool, Error> {
        let added = self.make_optional().await;
        self.is_added(added, self.realm.list_optional_client_scopes())
            .await
    }

    /// Returns whether a call has added the client scope. After a conflict it looks for it in the list.
    async fn is_added(
        &self,
        added: Result<(), Error>,
        list: impl IntoFuture<Output = Result<Vec<ClientScopeRepresentation>, Error>>,
    ) -> Result<bool, Error> {
        match added {
            Ok(()) => Ok(true),
            Err(error) if error.is_conflict() => {
                let scopes = list.await?;
                let is_there = scopes
                    .iter()
                    .any(|scope| scope.id.as_ref() == Some(&self.id));
                if is_there { Ok(false) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    /// Stops making the client scope an optional one of new clients.
    /// `DELETE /admin/realms/{realm}/default-optional-client-scopes/{clientScopeId}`
    pub fn unmake_optional(&self) -> RemoveOptionalClientScopeFromRealm {
        self.realm
            .api()
            .remove_optional_client_scope_from_realm()
            .realm(self.realm.name())
            .client_scope_id(&self.id)
    }
}
