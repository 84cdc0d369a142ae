//! Protocol mappers of clients and client scopes, which add claims to tokens.
//!
//! ```no_run
//! # async fn run(keycloak: keycloak_admin::Keycloak, uuid: String) -> Result<(), keycloak_admin::Error> {
//! use keycloak_admin::types::ProtocolMapperRepresentation;
//!
//! let audience = ProtocolMapperRepresentation::new()
//!     .with_name("audience")
//!     .with_protocol("openid-connect")
//!     .with_protocol_mapper("oidc-audience-mapper")
//!     .with_config([("included.client.audience", "billing"), ("access.token.claim", "true")]);
//! let mappers = keycloak.realm("acme").client_by_uuid(&uuid).protocol_mappers();
//! let id = mappers.create(&audience).exist_ok().await?.into_id();
//! # Ok(())
//! # }
//! ```

use keycloak_api::protocol_mappers::{
    CreateClientProtocolMapper, CreateClientProtocolMappers, CreateClientScopeProtocolMapper,
    CreateClientScopeProtocolMappers, DeleteClientProtocolMapper, DeleteClientScopeProtocolMapper,
    GetClientProtocolMapper, GetClientScopeProtocolMapper, ListClientProtocolMappers,
    ListClientProtocolMappersByProtocol, ListClientScopeProtocolMappers,
    ListClientScopeProtocolMappersByProtocol, UpdateClientProtocolMapper,
    UpdateClientScopeProtocolMapper,
};
use keycloak_api::types::ProtocolMapperRepresentation;
use keycloak_session::Error;

use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::{Create, Modify, Realm};

/// Declares the handle on the protocol mappers of one owner, and the handle on one of these mappers.
///
/// In brackets: the path parameter that names the owner. It is a field of both handles.
macro_rules! protocol_mappers {
    (
        $(#[$doc:meta])*
        $Mappers:ident, $(#[$one_doc:meta])* $Mapper:ident [$owner:ident] $path:literal
        $list:ident $List:ident, $by_protocol:ident $ByProtocol:ident,
        $create:ident $Create:ident, $create_all:ident $CreateAll:ident,
        $get:ident $Get:ident, $update:ident $Update:ident, $delete:ident $Delete:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $Mappers {
            realm: Realm,
            $owner: String,
        }

        impl $Mappers {
            pub(crate) fn new(realm: Realm, $owner: String) -> Self {
                Self { realm, $owner }
            }

            #[doc = concat!("Lists the mappers. `GET ", $path, "/models`")]
            pub fn list(&self) -> $List {
                let call = self.realm.api().$list();
                call.realm(self.realm.name()).$owner(&self.$owner)
            }

            #[doc = concat!("Lists the mappers of a protocol: `openid-connect` or `saml`. `GET ", $path, "/protocol/{protocol}`")]
            pub fn list_by_protocol(&self, protocol: &str) -> $ByProtocol {
                let call = self.realm.api().$by_protocol();
                call.realm(self.realm.name()).$owner(&self.$owner).protocol(protocol)
            }

            #[doc = concat!("Finds the mapper with exactly this name. `GET ", $path, "/models`")]
            pub async fn find_by_name(
                &self,
                name: &str,
            ) -> Result<Option<ProtocolMapperRepresentation>, Error> {
                find_in_list(self.list(), |mapper: &ProtocolMapperRepresentation| {
                    mapper.name.as_deref() == Some(name)
                })
                .await
            }

            #[doc = concat!("Creates a mapper and returns its id. `POST ", $path, "/models`")]
            ///
            /// [`exist_ok`](Create::exist_ok) finds the mapper by its name. Of callers at the same moment, each may create a mapper of that name,
            /// because Keycloak does not guard it.
            #[inline]
            pub fn create(&self, mapper: &ProtocolMapperRepresentation) -> Create<$Create> {
                let name = mapper.name.as_deref();
                let $owner = self.$owner.clone();
                let key = NaturalKey::new(&self.realm, "name", name, move |realm, name| {
                    let mappers = Self::new(realm, $owner.clone());
                    async move {
                        let found = mappers.find_by_name(&name).await?;
                        Ok(found.and_then(|mapper| mapper.id))
                    }
                });
                let call = self.realm.api().$create();
                let call = call.realm(self.realm.name()).$owner(&self.$owner);
                Create::new(call.body(mapper), key.with_id(mapper.id.as_deref()))
            }

            #[inline]
            #[doc = concat!("Creates several mappers in one request: all of them or none. `POST ", $path, "/add-models`")]
            pub fn create_all(&self, mappers: &[ProtocolMapperRepresentation]) -> $CreateAll {
                let call = self.realm.api().$create_all();
                call.realm(self.realm.name()).$owner(&self.$owner).body(mappers)
            }
        }

        $(#[$one_doc])*
        #[derive(Clone, Debug)]
        pub struct $Mapper {
            realm: Realm,
            $owner: String,
            id: String,
        }

        impl $Mapper {
            pub(crate) fn new(realm: Realm, $owner: String, id: String) -> Self {
                Self { realm, $owner, id }
            }

            #[doc = concat!("Reads the mapper. `GET ", $path, "/models/{id}`")]
            pub fn get(&self) -> $Get {
                let call = self.realm.api().$get();
                call.realm(self.realm.name()).$owner(&self.$owner).id(&self.id)
            }

            #[doc = concat!("Reads the mapper; `None` if there is no such mapper. `GET ", $path, "/models/{id}`")]
            pub async fn find(&self) -> Result<Option<ProtocolMapperRepresentation>, Error> {
                self.get().optional().await
            }

            #[doc = concat!("Writes the mapper whole. `PUT ", $path, "/models/{id}`")]
            ///
            /// `id` is required, also in the representation. An entry that is left out of `config` is deleted. A mapper that was
            /// read with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps them.
            #[inline]
            pub fn update(&self, mapper: &ProtocolMapperRepresentation) -> $Update {
                self.put().body(mapper)
            }

            fn put(&self) -> $Update {
                let call = self.realm.api().$update();
                call.realm(self.realm.name()).$owner(&self.$owner).id(&self.id)
            }

            /// Reads the mapper, changes it and writes it back whole. If nothing is changed, nothing is written.
            pub fn modify<'f>(
                &self,
                change: impl FnOnce(&mut ProtocolMapperRepresentation) + Send + 'f,
            ) -> Modify<'f, ProtocolMapperRepresentation> {
                Modify::new(self.get(), self.put(), change)
            }

            #[doc = concat!("Deletes the mapper. `DELETE ", $path, "/models/{id}`")]
            pub fn delete(&self) -> $Delete {
                let call = self.realm.api().$delete();
                call.realm(self.realm.name()).$owner(&self.$owner).id(&self.id)
            }

            #[doc = concat!("Deletes the mapper if it exists. Returns whether it existed. `DELETE ", $path, "/models/{id}`")]
            pub async fn delete_if_exists(&self) -> Result<bool, Error> {
                Ok(self.delete().optional().await?.is_some())
            }
        }
    };
}

protocol_mappers! {
    /// The protocol mappers of a client, from [`Client::protocol_mappers`](crate::clients::Client::protocol_mappers).
    ClientProtocolMappers,
    /// One protocol mapper of a client, from [`Client::protocol_mapper`](crate::clients::Client::protocol_mapper).
    ClientProtocolMapper [client_uuid] "/admin/realms/{realm}/clients/{client-uuid}/protocol-mappers"
    list_client_protocol_mappers ListClientProtocolMappers,
    list_client_protocol_mappers_by_protocol ListClientProtocolMappersByProtocol,
    create_client_protocol_mapper CreateClientProtocolMapper,
    create_client_protocol_mappers CreateClientProtocolMappers,
    get_client_protocol_mapper GetClientProtocolMapper,
    update_client_protocol_mapper UpdateClientProtocolMapper,
    delete_client_protocol_mapper DeleteClientProtocolMapper
}

protocol_mappers! {
    /// The protocol mappers of a client scope, from
    /// [`ClientScope::protocol_mappers`](crate::client_scopes::ClientScope::protocol_mappers).
    ClientScopeProtocolMappers,
    /// One protocol mapper of a client scope, from
    /// [`ClientScope::protocol_mapper`](crate::client_scopes::ClientScope::protocol_mapper).
    ClientScopeProtocolMapper [client_scope_id] "/admin/realms/{realm}/client-scopes/{client-scope-id}/protocol-mappers"
    list_client_scope_protocol_mappers ListClientScopeProtocolMappers,
    list_client_scope_protocol_mappers_by_protocol ListClientScopeProtocolMappersByProtocol,
    create_client_scope_protocol_mapper CreateClientScopeProtocolMapper,
    create_client_scope_protocol_mappers CreateClientScopeProtocolMappers,
    get_client_scope_protocol_mapper GetClientScopeProtocolMapper,
    update_client_scope_protocol_mapper UpdateClientScopeProtocolMapper,
    delete_client_scope_protocol_mapper DeleteClientScopeProtocolMapper
}
