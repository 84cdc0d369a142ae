//! Protocol mappers of clients and client scopes: what they put into tokens.
//!
//! ```no_run
//! # async fn run(keycloak: keycloak_admin::Keycloak, uuid: String) -> Result<(), keycloak_admin::Error> {
//! use std::collections::BTreeMap;
//! use keycloak_admin::types::ProtocolMapperRepresentation;
//!
//! let audience = ProtocolMapperRepresentation {
//!     name: Some("audience".to_owned()),
//!     protocol: Some("openid-connect".to_owned()),
//!     protocol_mapper: Some("oidc-audience-mapper".to_owned()),
//!     config: Some(BTreeMap::from([
//!         ("included.client.audience".to_owned(), "billing".to_owned()),
//!         ("access.token.claim".to_owned(), "true".to_owned()),
//!     ])),
//!     ..Default::default()
//! };
//! let mappers = keycloak.realm("acme").clients().uuid(&uuid).protocol_mappers();
//! let id = mappers.create(&audience).exist_ok().await?.into_inner();
//! # Ok(())
//! # }
//! ```

use keycloak_api::Client as Api;
use keycloak_api::protocol_mappers::{
    CreateClientProtocolMapper, CreateClientProtocolMappers, CreateClientScopeProtocolMapper,
    CreateClientScopeProtocolMappers, DeleteClientProtocolMapper, DeleteClientScopeProtocolMapper,
    GetClientProtocolMapper, GetClientScopeProtocolMapper, ListClientProtocolMappers,
    ListClientProtocolMappersByProtocol, ListClientScopeProtocolMappers,
    ListClientScopeProtocolMappersByProtocol, UpdateClientProtocolMapper,
    UpdateClientScopeProtocolMapper,
};
use keycloak_api::types::ProtocolMapperRepresentation;
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::{Call, Create, Realm, modify};

/// A handle on the protocol mappers of one thing, and one on each of them.
macro_rules! protocol_mappers {
    (
        $(#[$doc:meta])*
        $name:ident, $(#[$one_doc:meta])* $One:ident [$owner:ident] $path:literal
        $list:ident $List:ident, $by_protocol:ident $ByProtocol:ident,
        $create:ident $Create:ident, $create_many:ident $CreateMany:ident,
        $get:ident $Get:ident, $update:ident $Update:ident, $delete:ident $Delete:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a> {
            realm: Realm<'a>,
            $owner: &'a str,
        }

        impl<'a> $name<'a> {
            pub(crate) fn new(realm: Realm<'a>, $owner: &'a str) -> Self {
                Self { realm, $owner }
            }

            fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
                at(build(self.realm.api()), [self.realm.name(), self.$owner])
            }

            #[doc = concat!("Lists the mappers. `GET ", $path, "/models`")]
            #[inline]
            pub fn list(self) -> Call<$List> {
                self.at(Api::$list)
            }

            #[doc = concat!("Lists the mappers of a protocol: `openid-connect` or `saml`. `GET ", $path, "/protocol/{protocol}`")]
            #[inline]
            pub fn by_protocol(self, protocol: &str) -> Call<$ByProtocol> {
                self.at(Api::$by_protocol).and_path(protocol)
            }

            #[doc = concat!("The mapper that has exactly this name; `None` where none has. `GET ", $path, "/models`")]
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn find_by_name(
                self,
                name: &str,
            ) -> BoxFuture<'static, Result<Option<ProtocolMapperRepresentation>, Error>> {
                let name = name.to_owned();
                find_in_list(self.list(), move |mapper: &ProtocolMapperRepresentation| {
                    mapper.name.as_ref() == Some(&name)
                })
            }

            #[doc = concat!("Creates a mapper and returns its id. `POST ", $path, "/models`")]
            ///
            /// With [`exist_ok`](Create::exist_ok) it is found by its name.
            #[inline]
            pub fn create(self, mapper: &ProtocolMapperRepresentation) -> Create<$Create> {
                let find = |name: &str| self.find_by_name(name);
                let key = NaturalKey::new("name", mapper.name.as_deref(), find, |mapper| mapper.id);
                Create::new(self.at(|api| api.$create().body(mapper)), key)
            }

            #[doc = concat!("Creates several mappers in one request, all or none. `POST ", $path, "/add-models`")]
            #[inline]
            pub fn create_all(self, mappers: &[ProtocolMapperRepresentation]) -> Call<$CreateMany> {
                self.at(|api| api.$create_many().body(mappers))
            }

            /// The mapper of this id. It need not exist: nothing is sent.
            #[must_use]
            #[inline]
            pub fn id(self, id: &'a str) -> $One<'a> {
                $One { of: self, id }
            }
        }

        $(#[$one_doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $One<'a> {
            of: $name<'a>,
            id: &'a str,
        }

        impl<'a> $One<'a> {
            fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
                self.of.at(build).and_path(self.id)
            }

            #[doc = concat!("Reads the mapper. `GET ", $path, "/models/{id}`")]
            #[inline]
            pub fn get(self) -> Call<$Get> {
                self.at(Api::$get)
            }

            /// Like [`get`](Self::get); `None` where there is no such mapper.
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn find(self) -> BoxFuture<'static, Result<Option<ProtocolMapperRepresentation>, Error>> {
                self.get().optional()
            }

            #[doc = concat!("Writes the mapper whole; it has to hold its `id`. `PUT ", $path, "/models/{id}`")]
            #[inline]
            pub fn update(self, mapper: &ProtocolMapperRepresentation) -> Call<$Update> {
                self.at(|api| api.$update().body(mapper))
            }

            /// Reads the mapper, changes it and writes it back whole. Where nothing is changed, nothing is written.
            #[inline]
            pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
            where
                F: FnOnce(&mut ProtocolMapperRepresentation) + Send,
            {
                modify::modify(self.get(), self.at(Api::$update), change)
            }

            #[doc = concat!("Deletes the mapper. `DELETE ", $path, "/models/{id}`")]
            #[inline]
            pub fn delete(self) -> Call<$Delete> {
                self.at(Api::$delete)
            }

            /// Deletes the mapper if there is one; `false` where there was none.
            #[must_use = "a call does nothing until it is awaited"]
            #[inline]
            pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
                self.delete().if_exists()
            }
        }
    };
}

protocol_mappers! {
    /// The protocol mappers of a client, from [`Client::protocol_mappers`](crate::clients::Client::protocol_mappers).
    ClientProtocolMappers,
    /// One protocol mapper of a client, from [`ClientProtocolMappers::id`].
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
    /// The protocol mappers of a client scope, from [`ClientScope::protocol_mappers`](crate::client_scopes::ClientScope::protocol_mappers).
    ClientScopeProtocolMappers,
    /// One protocol mapper of a client scope, from [`ClientScopeProtocolMappers::id`].
    ClientScopeProtocolMapper [client_scope_id] "/admin/realms/{realm}/client-scopes/{client-scope-id}/protocol-mappers"
    list_client_scope_protocol_mappers ListClientScopeProtocolMappers,
    list_client_scope_protocol_mappers_by_protocol ListClientScopeProtocolMappersByProtocol,
    create_client_scope_protocol_mapper CreateClientScopeProtocolMapper,
    create_client_scope_protocol_mappers CreateClientScopeProtocolMappers,
    get_client_scope_protocol_mapper GetClientScopeProtocolMapper,
    update_client_scope_protocol_mapper UpdateClientScopeProtocolMapper,
    delete_client_scope_protocol_mapper DeleteClientScopeProtocolMapper
}
