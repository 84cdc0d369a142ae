//! Identity providers, whose users can log in to the realm, and their mappers.
//!
//! ```no_run
//! use keycloak_admin::types::IdentityProviderRepresentation;
//!
//! # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
//! let providers = keycloak.realm("acme").identity_providers();
//! let discovery = "https://login.example.com/.well-known/openid-configuration";
//! let mut config = providers.read_config_from_url("oidc", discovery).await?;
//! config.insert("clientId".to_owned(), "acme".to_owned());
//! config.insert("clientSecret".to_owned(), "s3cret".to_owned());
//! let partner = IdentityProviderRepresentation::new()
//!     .with_alias("partner")
//!     .with_provider_id("oidc")
//!     .with_config(config);
//! providers.create(&partner).exist_ok().await?;
//! # Ok(())
//! # }
//! ```

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
use keycloak_session::{ApiCall as _, Error};

use crate::clients::CertificateFile;
use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::multipart::Multipart;
use crate::realms::permission_toggle;
use crate::{Create, Modify, Realm};

impl Realm {
    /// Returns a handle on all identity providers of the realm.
    #[must_use]
    pub fn identity_providers(&self) -> IdentityProviders {
        IdentityProviders {
            realm: self.clone(),
        }
    }

    /// Returns a handle on the identity provider of this alias. Nothing is sent, so the identity provider need not exist.
    #[must_use]
    pub fn identity_provider(&self, alias: impl Into<String>) -> IdentityProvider {
        IdentityProvider {
            realm: self.clone(),
            alias: alias.into(),
        }
    }
}

/// The identity providers of a realm, from [`Realm::identity_providers`].
#[derive(Clone, Debug)]
pub struct IdentityProviders {
    realm: Realm,
}

impl IdentityProviders {
    /// Lists the identity providers. Their secrets are masked. `GET /admin/realms/{realm}/identity-provider/instances`
    pub fn list(&self) -> ListIdentityProviders {
        self.realm
            .api()
            .list_identity_providers()
            .realm(self.realm.name())
    }

    /// Creates an identity provider and returns its **alias**, by which Keycloak addresses it.
    /// `POST /admin/realms/{realm}/identity-provider/instances`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the identity provider by its alias.
    #[inline]
    pub fn create(
        &self,
        provider: &IdentityProviderRepresentation,
    ) -> Create<CreateIdentityProvider> {
        let alias = provider.alias.as_deref();
        let key = NaturalKey::new(&self.realm, "alias", alias, |realm, alias| async move {
            let found = realm.identity_provider(&alias).find().await?;
            Ok(found
                .and_then(|provider| provider.alias)
                .filter(|found| *found == alias))
        });
        let call = self
            .realm
            .api()
            .create_identity_provider()
            .realm(self.realm.name())
            .body(provider);
        Create::new(call, key.identifies())
    }

    /// Reads the kind of an identity provider, such as `oidc` or `saml`.
    /// `GET /admin/realms/{realm}/identity-provider/providers/{provider_id}`
    pub fn get_factory(&self, provider_id: &str) -> GetIdentityProviderFactory {
        self.realm
            .api()
            .get_identity_provider_factory()
            .realm(self.realm.name())
            .provider_id(provider_id)
    }

    /// Reads the `config` of an identity provider from its description at a URL. `POST /admin/realms/{realm}/identity-provider/import-config`
    ///
    /// The server fetches the URL. `provider_id` is the kind: `oidc` or `saml`. Nothing is stored.
    #[inline]
    pub fn read_config_from_url(
        &self,
        provider_id: &str,
        url: &str,
    ) -> ImportIdentityProviderConfig {
        let source = IdentityProviderImportRepresentation::new()
            .with_provider_id(provider_id)
            .with_from_url(url);
        self.import_config().body(source)
    }

    /// Reads the `config` of an identity provider from its description in a file.
    /// `POST /admin/realms/{realm}/identity-provider/import-config`
    ///
    /// `provider_id` is the kind: `oidc` or `saml`. Nothing is stored.
    pub fn read_config_from_file(
        &self,
        provider_id: &str,
        file: &[u8],
    ) -> ImportIdentityProviderConfig {
        let form = Multipart::new().text("providerId", provider_id).file(file);
        let (content_type, bytes) = form.finish();
        let mut call = self.import_config();
        call.request_mut().set_body(content_type, bytes);
        call
    }

    fn import_config(&self) -> ImportIdentityProviderConfig {
        self.realm
            .api()
            .import_identity_provider_config()
            .realm(self.realm.name())
    }

    /// Reads a certificate from a file, for the configuration of an identity provider. Nothing is stored. Since Keycloak 26.6.
    /// `POST /admin/realms/{realm}/identity-provider/upload-certificate`
    #[inline]
    pub fn read_certificate(&self, file: &CertificateFile) -> UploadIdentityProviderCertificate {
        let (content_type, bytes) = file.form();
        self.realm
            .api()
            .upload_identity_provider_certificate()
            .realm(self.realm.name())
            .body(content_type, bytes)
    }
}

/// One identity provider, from [`Realm::identity_provider`].
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    realm: Realm,
    alias: String,
}

impl IdentityProvider {
    /// Reads the identity provider. Its secret is masked. `GET /admin/realms/{realm}/identity-provider/instances/{alias}`
    pub fn get(&self) -> GetIdentityProvider {
        self.realm
            .api()
            .get_identity_provider()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Reads the identity provider; `None` if there is no such identity provider.
    /// `GET /admin/realms/{realm}/identity-provider/instances/{alias}`
    pub async fn find(&self) -> Result<Option<IdentityProviderRepresentation>, Error> {
        self.get().optional().await
    }

    fn put(&self) -> UpdateIdentityProvider {
        self.realm
            .api()
            .update_identity_provider()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Replaces the identity provider. `PUT /admin/realms/{realm}/identity-provider/instances/{alias}`
    ///
    /// A field that is `None` gets its default, and a setting that `config` leaves out is deleted. A masked secret keeps its value.
    ///
    /// A provider that was read with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps
    /// them.
    #[inline]
    pub fn update(&self, provider: &IdentityProviderRepresentation) -> UpdateIdentityProvider {
        self.put().body(provider)
    }

    /// Reads the identity provider, changes it and writes it back whole. If nothing is changed, nothing is written. The secret keeps its value
    /// unless it is changed.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut IdentityProviderRepresentation) + Send + 'f,
    ) -> Modify<'f, IdentityProviderRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    /// Deletes the identity provider and the links of users to it. `DELETE /admin/realms/{realm}/identity-provider/instances/{alias}`
    pub fn delete(&self) -> DeleteIdentityProvider {
        self.realm
            .api()
            .delete_identity_provider()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Deletes the identity provider if it exists. Returns whether it existed.
    /// `DELETE /admin/realms/{realm}/identity-provider/instances/{alias}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Exports the description of this realm for the identity provider, as a file: for SAML, the descriptor.
    /// `GET /admin/realms/{realm}/identity-provider/instances/{alias}/export`
    pub fn export(&self) -> ExportIdentityProvider {
        self.realm
            .api()
            .export_identity_provider()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Makes the server fetch the provider's keys anew. Returns `false` if the provider has no keys to fetch.
    /// `GET /admin/realms/{realm}/identity-provider/instances/{alias}/reload-keys`
    pub fn reload_keys(&self) -> ReloadIdentityProviderKeys {
        self.realm
            .api()
            .reload_identity_provider_keys()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Reads the fine-grained admin permissions for the identity provider.
    /// `GET /admin/realms/{realm}/identity-provider/instances/{alias}/management/permissions`
    ///
    /// If they are enabled, permissions of the client `realm-management` say who may manage the identity provider. The server needs the
    /// feature `admin-fine-grained-authz:v1`.
    pub fn get_management_permissions(&self) -> GetIdentityProviderManagementPermissions {
        self.realm
            .api()
            .get_identity_provider_management_permissions()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Enables or disables fine-grained admin permissions for the identity provider.
    /// `PUT /admin/realms/{realm}/identity-provider/instances/{alias}/management/permissions`
    #[inline]
    pub fn set_management_permissions(
        &self,
        enabled: bool,
    ) -> UpdateIdentityProviderManagementPermissions {
        self.realm
            .api()
            .update_identity_provider_management_permissions()
            .realm(self.realm.name())
            .alias(&self.alias)
            .body(permission_toggle(enabled))
    }

    /// Lists the kinds of mappers that the identity provider can have.
    /// `GET /admin/realms/{realm}/identity-provider/instances/{alias}/mapper-types`
    pub fn list_mapper_types(&self) -> ListIdentityProviderMapperTypes {
        self.realm
            .api()
            .list_identity_provider_mapper_types()
            .realm(self.realm.name())
            .alias(&self.alias)
    }

    /// Returns a handle on the mappers, which copy a user's data from the identity provider to the realm.
    #[must_use]
    pub fn mappers(&self) -> IdentityProviderMappers {
        IdentityProviderMappers {
            provider: self.clone(),
        }
    }

    /// Returns a handle on the mapper of this id. Nothing is sent, so the mapper need not exist.
    #[must_use]
    pub fn mapper(&self, id: impl Into<String>) -> IdentityProviderMapper {
        IdentityProviderMapper {
            provider: self.clone(),
            id: id.into(),
        }
    }
}

/// The mappers of an identity provider, from [`IdentityProvider::mappers`].
#[derive(Clone, Debug)]
pub struct IdentityProviderMappers {
    provider: IdentityProvider,
}

impl IdentityProviderMappers {
    /// Lists the mappers. `GET /admin/realms/{realm}/identity-provider/instances/{alias}/mappers`
    pub fn list(&self) -> ListIdentityProviderMappers {
        let realm = &self.provider.realm;
        realm
            .api()
            .list_identity_provider_mappers()
            .realm(realm.name())
            .alias(&self.provider.alias)
    }

    /// Returns the mapper that has exactly this name; `None` if no mapper has it.
    /// `GET /admin/realms/{realm}/identity-provider/instances/{alias}/mappers`
    pub async fn find_by_name(
        &self,
        name: &str,
    ) -> Result<Option<IdentityProviderMapperRepresentation>, Error> {
        find_in_list(
            self.list(),
            |mapper: &IdentityProviderMapperRepresentation| mapper.name.as_deref() == Some(name),
        )
        .await
    }

    /// Creates a mapper and returns its id. `POST /admin/realms/{realm}/identity-provider/instances/{alias}/mappers`
    ///
    /// The provider's alias is filled in if the mapper has none. [`exist_ok`](Create::exist_ok) finds the mapper by its name. Without `exist_ok`, the answer
    /// to a name that exists is 400 and not a conflict. Of callers at the same moment, each may create a mapper of that name, because Keycloak does
    /// not guard it.
    #[inline]
    pub fn create(
        &self,
        mapper: &IdentityProviderMapperRepresentation,
    ) -> Create<CreateIdentityProviderMapper> {
        let realm = &self.provider.realm;
        let alias = self.provider.alias.clone();
        let key = NaturalKey::new(realm, "name", mapper.name.as_deref(), move |realm, name| {
            let mappers = realm.identity_provider(&alias).mappers();
            async move {
                Ok(mappers
                    .find_by_name(&name)
                    .await?
                    .and_then(|found| found.id))
            }
        });
        let mut mapper = mapper.clone();
        let provider = &self.provider.alias;
        mapper
            .identity_provider_alias
            .get_or_insert_with(|| provider.clone());
        let call = realm
            .api()
            .create_identity_provider_mapper()
            .realm(realm.name())
            .alias(provider)
            .body(&mapper);
        // Keycloak answers 400 if the name exists.
        Create::new(call, key.conflict_status(400).with_id(mapper.id.as_deref()))
    }
}

/// One mapper of an identity provider, from [`IdentityProvider::mapper`].
#[derive(Clone, Debug)]
pub struct IdentityProviderMapper {
    provider: IdentityProvider,
    id: String,
}

impl IdentityProviderMapper {
    /// Reads the mapper. `GET /admin/realms/{realm}/identity-provider/instances/{alias}/mappers/{id}`
    pub fn get(&self) -> GetIdentityProviderMapper {
        let realm = &self.provider.realm;
        realm
            .api()
            .get_identity_provider_mapper()
            .realm(realm.name())
            .alias(&self.provider.alias)
            .id(&self.id)
    }

    /// Reads the mapper; `None` if there is no such mapper. `GET /admin/realms/{realm}/identity-provider/instances/{alias}/mappers/{id}`
    pub async fn find(&self) -> Result<Option<IdentityProviderMapperRepresentation>, Error> {
        self.get().optional().await
    }

    fn put(&self) -> UpdateIdentityProviderMapper {
        let realm = &self.provider.realm;
        realm
            .api()
            .update_identity_provider_mapper()
            .realm(realm.name())
            .alias(&self.provider.alias)
            .id(&self.id)
    }

    /// Replaces the mapper. `PUT /admin/realms/{realm}/identity-provider/instances/{alias}/mappers/{id}`
    ///
    /// `id` is needed. Any other field that is `None` is emptied, and a setting that `config` leaves out is deleted. A mapper that was read
    /// with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps them.
    #[inline]
    pub fn update(
        &self,
        mapper: &IdentityProviderMapperRepresentation,
    ) -> UpdateIdentityProviderMapper {
        self.put().body(mapper)
    }

    /// Reads the mapper, changes it and writes it back whole. If nothing is changed, nothing is written.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut IdentityProviderMapperRepresentation) + Send + 'f,
    ) -> Modify<'f, IdentityProviderMapperRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    /// Deletes the mapper. `DELETE /admin/realms/{realm}/identity-provider/instances/{alias}/mappers/{id}`
    pub fn delete(&self) -> DeleteIdentityProviderMapper {
        let realm = &self.provider.realm;
        realm
            .api()
            .delete_identity_provider_mapper()
            .realm(realm.name())
            .alias(&self.provider.alias)
            .id(&self.id)
    }

    /// Deletes the mapper if it exists. Returns whether it existed.
    /// `DELETE /admin/realms/{realm}/identity-provider/instances/{alias}/mappers/{id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }
}
