//! Identity providers, whose users can log in to the realm, and their mappers.
//!
//! ```no_run
//! use keycloak_admin::types::IdentityProviderRepresentation;
//!
//! # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
//! let realm = keycloak.realm("acme");
//! let providers = realm.identity_providers();
//! let discovery = "https://login.example.com/.well-known/openid-configuration";
//! let mut config = providers.config_from_url("oidc", discovery).await?;
//! config.insert("clientId".to_owned(), "acme".to_owned());
//! config.insert("clientSecret".to_owned(), "s3cret".to_owned());
//! let partner = IdentityProviderRepresentation {
//!     alias: Some("partner".to_owned()),
//!     provider_id: Some("oidc".to_owned()),
//!     config: Some(config),
//!     ..Default::default()
//! };
//! providers.create(&partner).exist_ok().await?;
//! # Ok(())
//! # }
//! ```

use keycloak_api::Client as Api;
use keycloak_api::identity_providers::{
    CreateIdentityProvider, CreateIdentityProviderMapper, DeleteIdentityProvider,
    DeleteIdentityProviderMapper, ExportIdentityProvider, GetIdentityProvider,
    GetIdentityProviderFactory, GetIdentityProviderManagementPermissions,
    GetIdentityProviderMapper, ImportIdentityProviderConfig, ListIdentityProviderMapperTypes,
    ListIdentityProviderMappers, ListIdentityProviders, ReloadIdentityProviderKeys,
    UpdateIdentityProvider, UpdateIdentityProviderManagementPermissions,
    UpdateIdentityProviderMapper, UploadIdentityProviderCertificate,
};
use keycloak_api::types::{
    IdentityProviderImportRepresentation, IdentityProviderMapperRepresentation,
    IdentityProviderRepresentation,
};
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::clients::CertificateFile;
use crate::create::NaturalKey;
use crate::find::{Found, find_in_list};
use crate::management::switched;
use crate::multipart::Multipart;
use crate::{Call, Create, Realm, modify};

impl<'a> Realm<'a> {
    /// The realm's identity providers.
    #[must_use]
    #[inline]
    pub fn identity_providers(self) -> IdentityProviders<'a> {
        IdentityProviders { realm: self }
    }
}

/// The identity providers of a realm, from [`Realm::identity_providers`].
#[derive(Clone, Copy, Debug)]
pub struct IdentityProviders<'a> {
    realm: Realm<'a>,
}

impl<'a> IdentityProviders<'a> {
    /// Lists the identity providers; their secrets are masked. `GET /admin/realms/{realm}/identity-provider/instances`
    #[inline]
    pub fn list(self) -> Call<ListIdentityProviders> {
        self.realm.at(Api::list_identity_providers)
    }

    /// Creates an identity provider and returns its **alias**, by which Keycloak addresses it. `POST /admin/realms/{realm}/identity-provider/instances`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its alias.
    #[inline]
    pub fn create(
        self,
        provider: &IdentityProviderRepresentation,
    ) -> Create<CreateIdentityProvider> {
        let alias = provider.alias.as_deref();
        let find = |alias: &str| self.find_by_alias(alias);
        let key = NaturalKey::new("alias", alias, find, |found| found.alias).identified_by(alias);
        Create::new(
            self.realm
                .at(|api| api.create_identity_provider().body(provider)),
            key,
        )
    }

    /// The identity provider that has exactly this alias.
    #[inline]
    fn find_by_alias(self, alias: &str) -> Found<IdentityProviderRepresentation> {
        let found = self.alias(alias).find();
        let alias = alias.to_owned();
        Box::pin(async move {
            Ok(found
                .await?
                .filter(|provider| provider.alias.as_ref() == Some(&alias)))
        })
    }

    /// The identity provider of this alias. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn alias(self, alias: &'a str) -> IdentityProvider<'a> {
        IdentityProvider {
            realm: self.realm,
            alias,
        }
    }

    /// Reads what kind of identity provider this is, such as `oidc` or `saml`. `GET /admin/realms/{realm}/identity-provider/providers/{provider_id}`
    #[inline]
    pub fn factory(self, provider_id: &str) -> Call<GetIdentityProviderFactory> {
        self.realm
            .at(Api::get_identity_provider_factory)
            .and_path(provider_id)
    }

    /// The `config` for an identity provider of this kind (`oidc`, `saml`) from its own description, which the server fetches at this URL.
    /// Nothing is created. `POST /admin/realms/{realm}/identity-provider/import-config`
    #[inline]
    pub fn config_from_url(
        self,
        provider_id: &str,
        url: &str,
    ) -> Call<ImportIdentityProviderConfig> {
        let source = IdentityProviderImportRepresentation {
            provider_id: Some(provider_id.to_owned()),
            from_url: Some(url.to_owned()),
            ..Default::default()
        };
        self.realm
            .at(|api| api.import_identity_provider_config().body(source))
    }

    /// Like [`config_from_url`](Self::config_from_url), from a file. `POST /admin/realms/{realm}/identity-provider/import-config`
    #[inline]
    pub fn config_from_file(
        self,
        provider_id: &str,
        file: &[u8],
    ) -> Call<ImportIdentityProviderConfig> {
        let form = Multipart::around(file)
            .text("providerId", provider_id)
            .file(file);
        let (content_type, bytes) = form.finish();
        self.realm.at(|api| {
            let mut call = api.import_identity_provider_config();
            call.request_mut().set_body(content_type, bytes);
            call
        })
    }

    /// Reads a certificate from a file, for the configuration of an identity provider. Nothing is stored. Since Keycloak 26.6.
    /// `POST /admin/realms/{realm}/identity-provider/upload-certificate`
    #[inline]
    pub fn read_certificate(
        self,
        file: &CertificateFile,
    ) -> Call<UploadIdentityProviderCertificate> {
        let (content_type, bytes) = file.form();
        self.realm.at(|api| {
            api.upload_identity_provider_certificate()
                .body(content_type, bytes)
        })
    }
}

/// One identity provider, from [`IdentityProviders::alias`].
#[derive(Clone, Copy, Debug)]
pub struct IdentityProvider<'a> {
    realm: Realm<'a>,
    alias: &'a str,
}

impl<'a> IdentityProvider<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.alias])
    }

    /// Reads the identity provider; its secret is masked. `GET /admin/realms/{realm}/identity-provider/instances/{alias}`
    #[inline]
    pub fn get(self) -> Call<GetIdentityProvider> {
        self.at(Api::get_identity_provider)
    }

    /// Like [`get`](Self::get); `None` where there is no such identity provider.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<IdentityProviderRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the identity provider whole; a masked secret stays what it is. `PUT /admin/realms/{realm}/identity-provider/instances/{alias}`
    #[inline]
    pub fn update(self, provider: &IdentityProviderRepresentation) -> Call<UpdateIdentityProvider> {
        self.at(|api| api.update_identity_provider().body(provider))
    }

    /// Reads the identity provider, changes it and writes it back whole. Where nothing is changed, nothing is written. Its secret stays, unless it is
    /// changed.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut IdentityProviderRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_identity_provider), change)
    }

    /// Deletes the identity provider, and the links of users to it. `DELETE /admin/realms/{realm}/identity-provider/instances/{alias}`
    #[inline]
    pub fn delete(self) -> Call<DeleteIdentityProvider> {
        self.at(Api::delete_identity_provider)
    }

    /// Deletes the identity provider if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// What the other side needs to know of this realm, as a file: for SAML its descriptor.
    /// `GET /admin/realms/{realm}/identity-provider/instances/{alias}/export`
    #[inline]
    pub fn export(self) -> Call<ExportIdentityProvider> {
        self.at(Api::export_identity_provider)
    }

    /// Fetches the provider's keys anew; `false` where it has none to fetch. `GET /admin/realms/{realm}/identity-provider/instances/{alias}/reload-keys`
    #[inline]
    pub fn reload_keys(self) -> Call<ReloadIdentityProviderKeys> {
        self.at(Api::reload_identity_provider_keys)
    }

    /// Whether who may manage the identity provider is set one by one, and by which permissions of the client `realm-management`. It needs the feature
    /// `admin-fine-grained-authz:v1`. `GET /admin/realms/{realm}/identity-provider/instances/{alias}/management/permissions`
    #[inline]
    pub fn management_permissions(self) -> Call<GetIdentityProviderManagementPermissions> {
        self.at(Api::get_identity_provider_management_permissions)
    }

    /// Turns that on or off. `PUT /admin/realms/{realm}/identity-provider/instances/{alias}/management/permissions`
    #[inline]
    pub fn set_management_permissions(
        self,
        enabled: bool,
    ) -> Call<UpdateIdentityProviderManagementPermissions> {
        self.at(|api| {
            api.update_identity_provider_management_permissions()
                .body(switched(enabled))
        })
    }

    /// Lists the mappers that there can be. `GET /admin/realms/{realm}/identity-provider/instances/{alias}/mapper-types`
    #[inline]
    pub fn mapper_types(self) -> Call<ListIdentityProviderMapperTypes> {
        self.at(Api::list_identity_provider_mapper_types)
    }

    /// What is done with what the identity provider says of a user.
    #[must_use]
    #[inline]
    pub fn mappers(self) -> IdentityProviderMappers<'a> {
        IdentityProviderMappers(self)
    }
}

/// The mappers of an identity provider, from [`IdentityProvider::mappers`].
#[derive(Clone, Copy, Debug)]
pub struct IdentityProviderMappers<'a>(IdentityProvider<'a>);

impl<'a> IdentityProviderMappers<'a> {
    /// Lists the mappers. `GET /admin/realms/{realm}/identity-provider/instances/{alias}/mappers`
    #[inline]
    pub fn list(self) -> Call<ListIdentityProviderMappers> {
        self.0.at(Api::list_identity_provider_mappers)
    }

    /// The mapper that has exactly this name; `None` where none has. `GET /admin/realms/{realm}/identity-provider/instances/{alias}/mappers`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_name(
        self,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<IdentityProviderMapperRepresentation>, Error>> {
        let name = name.to_owned();
        find_in_list(
            self.list(),
            move |mapper: &IdentityProviderMapperRepresentation| {
                mapper.name.as_ref() == Some(&name)
            },
        )
    }

    /// Creates a mapper and returns its id; `identity_provider_alias` is needed. `POST /admin/realms/{realm}/identity-provider/instances/{alias}/mappers`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name.
    #[inline]
    pub fn create(
        self,
        mapper: &IdentityProviderMapperRepresentation,
    ) -> Create<CreateIdentityProviderMapper> {
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", mapper.name.as_deref(), find, |mapper| mapper.id);
        let call = self
            .0
            .at(|api| api.create_identity_provider_mapper().body(mapper));
        // Keycloak says 400 of a name that is taken.
        Create::new(call, key.taken_as(400))
    }

    /// The mapper of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> IdentityProviderMapper<'a> {
        IdentityProviderMapper { of: self.0, id }
    }
}

/// One mapper of an identity provider, from [`IdentityProviderMappers::id`].
#[derive(Clone, Copy, Debug)]
pub struct IdentityProviderMapper<'a> {
    of: IdentityProvider<'a>,
    id: &'a str,
}

impl<'a> IdentityProviderMapper<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        self.of.at(build).and_path(self.id)
    }

    /// Reads the mapper. `GET /admin/realms/{realm}/identity-provider/instances/{alias}/mappers/{id}`
    #[inline]
    pub fn get(self) -> Call<GetIdentityProviderMapper> {
        self.at(Api::get_identity_provider_mapper)
    }

    /// Writes the mapper whole. `PUT /admin/realms/{realm}/identity-provider/instances/{alias}/mappers/{id}`
    #[inline]
    pub fn update(
        self,
        mapper: &IdentityProviderMapperRepresentation,
    ) -> Call<UpdateIdentityProviderMapper> {
        self.at(|api| api.update_identity_provider_mapper().body(mapper))
    }

    /// Reads the mapper, changes it and writes it back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut IdentityProviderMapperRepresentation) + Send,
    {
        modify::modify(
            self.get(),
            self.at(Api::update_identity_provider_mapper),
            change,
        )
    }

    /// Deletes the mapper. `DELETE /admin/realms/{realm}/identity-provider/instances/{alias}/mappers/{id}`
    #[inline]
    pub fn delete(self) -> Call<DeleteIdentityProviderMapper> {
        self.at(Api::delete_identity_provider_mapper)
    }

    /// Deletes the mapper if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}
