//! The identity providers of a Phase Two organisation, and their mappers.
//!
//! **An organisation has one identity provider, unless the realm's configuration allows several (`multiple_idps_enabled`).** If it has one, a
//! second one silently replaces it. The first one stays in the realm, without an organisation.

use keycloak_session::{ApiCall as _, Error};
use phasetwo_api::identity_providers::{
    CreateOrganizationIdentityProvider, CreateOrganizationIdentityProviderMapper,
    DeleteOrganizationIdentityProvider, DeleteOrganizationIdentityProviderMapper,
    GetOrganizationIdentityProvider, GetOrganizationIdentityProviderMapper,
    ImportOrganizationIdentityProviderConfig, LinkIdentityProviderToOrganization,
    ListOrganizationIdentityProviderMappers, ListOrganizationIdentityProviders,
    UnlinkIdentityProviderFromOrganization, UpdateOrganizationIdentityProvider,
    UpdateOrganizationIdentityProviderMapper,
};
use phasetwo_api::types::{
    IdentityProviderMapperRepresentation, IdentityProviderRepresentation,
    ImportIdentityProviderConfigRepresentation, LinkIdentityProviderRepresentation,
};

use super::organizations::Organization;
use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::multipart::Multipart;
use crate::{Create, Modify, Realm};

impl Organization {
    /// Returns a handle on the organisation's identity providers.
    #[must_use]
    pub fn identity_providers(&self) -> IdentityProviders {
        IdentityProviders {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
        }
    }

    /// Returns a handle on the organisation's identity provider with this alias. Nothing is sent, so the identity provider need not exist.
    #[must_use]
    pub fn identity_provider(&self, alias: impl Into<String>) -> IdentityProvider {
        IdentityProvider {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
            alias: alias.into(),
        }
    }
}

/// The identity providers of a Phase Two organisation, from [`Organization::identity_providers`].
#[derive(Clone, Debug)]
pub struct IdentityProviders {
    realm: Realm,
    organization_id: String,
}

impl IdentityProviders {
    /// Lists the identity providers. `GET /realms/{realm}/orgs/{orgId}/idps`
    pub fn list(&self) -> ListOrganizationIdentityProviders {
        self.realm
            .phasetwo_api()
            .list_organization_identity_providers()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Creates an identity provider for the organisation and returns its **alias**, which identifies it.
    /// `POST /realms/{realm}/orgs/{orgId}/idps`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the identity provider by its alias, if it belongs to the organisation. Aliases are unique in the realm.
    #[inline]
    pub fn create(
        &self,
        provider: &IdentityProviderRepresentation,
    ) -> Create<CreateOrganizationIdentityProvider> {
        let call = self
            .realm
            .phasetwo_api()
            .create_organization_identity_provider()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .body(provider);
        Create::new(call, self.key(provider.alias.as_deref()))
    }

    /// Links an identity provider of the realm to the organisation and returns its **alias**. If it is linked already, it is linked anew.
    /// `POST /realms/{realm}/orgs/{orgId}/idps/link`
    #[inline]
    pub fn link(
        &self,
        link: &LinkIdentityProviderRepresentation,
    ) -> Create<LinkIdentityProviderToOrganization> {
        let call = self
            .realm
            .phasetwo_api()
            .link_identity_provider_to_organization()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .body(link);
        Create::new(call, self.key(link.alias.as_deref()))
    }

    #[inline]
    fn key(&self, alias: Option<&str>) -> NaturalKey {
        let organization_id = self.organization_id.clone();
        NaturalKey::new(&self.realm, "alias", alias, move |realm, alias| {
            let organization = realm.phasetwo().organization(&organization_id);
            async move {
                let found = organization.identity_provider(alias).find().await?;
                Ok(found.and_then(|provider| provider.alias))
            }
        })
        .identifies()
    }

    /// Reads the configuration for an identity provider of this type from a URL, such as the metadata of a SAML provider. Nothing is stored.
    /// `POST /realms/{realm}/orgs/{orgId}/idps/import-config`
    ///
    /// ```no_run
    /// use keycloak_admin::phasetwo::types::IdentityProviderRepresentation;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, org_id: String) -> Result<(), keycloak_admin::Error> {
    /// let providers = keycloak.realm("acme").phasetwo().organization(org_id).identity_providers();
    /// let provider = IdentityProviderRepresentation::new()
    ///     .with_alias("acme-login")
    ///     .with_provider_id("saml")
    ///     .with_enabled(true)
    ///     .with_config(providers.read_config_from_url("saml", "https://idp.example/metadata").await?);
    /// providers.create(&provider).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn read_config_from_url(
        &self,
        provider_id: &str,
        url: &str,
    ) -> ImportOrganizationIdentityProviderConfig {
        let source = ImportIdentityProviderConfigRepresentation::new()
            .with_provider_id(provider_id)
            .with_from_url(url);
        self.import_config().body(source)
    }

    /// Reads the configuration for an identity provider of this type from a file. Nothing is stored.
    /// `POST /realms/{realm}/orgs/{orgId}/idps/import-config`
    pub fn read_config_from_file(
        &self,
        provider_id: &str,
        file: &[u8],
    ) -> ImportOrganizationIdentityProviderConfig {
        let form = Multipart::new().text("providerId", provider_id).file(file);
        let (content_type, bytes) = form.finish();
        let mut call = self.import_config();
        call.request_mut().set_body(content_type, bytes);
        call
    }

    fn import_config(&self) -> ImportOrganizationIdentityProviderConfig {
        self.realm
            .phasetwo_api()
            .import_organization_identity_provider_config()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }
}

/// One identity provider of a Phase Two organisation, from [`Organization::identity_provider`].
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    realm: Realm,
    organization_id: String,
    alias: String,
}

impl IdentityProvider {
    /// Reads the identity provider. Its secrets are masked. `GET /realms/{realm}/orgs/{orgId}/idps/{alias}`
    pub fn get(&self) -> GetOrganizationIdentityProvider {
        self.realm
            .phasetwo_api()
            .get_organization_identity_provider()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
    }

    /// Reads the identity provider; `None` if the organisation does not have it. `GET /realms/{realm}/orgs/{orgId}/idps/{alias}`
    pub async fn find(&self) -> Result<Option<IdentityProviderRepresentation>, Error> {
        self.get().optional().await
    }

    /// Replaces the identity provider. `PUT /realms/{realm}/orgs/{orgId}/idps/{alias}`
    ///
    /// A field that is left out gets its default. A masked secret keeps its value. [`modify`](Self::modify) keeps everything that it does not
    /// change, also the fields that the types do not know.
    #[inline]
    pub fn update(
        &self,
        provider: &IdentityProviderRepresentation,
    ) -> UpdateOrganizationIdentityProvider {
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

    fn put(&self) -> UpdateOrganizationIdentityProvider {
        self.realm
            .phasetwo_api()
            .update_organization_identity_provider()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
    }

    /// Deletes the identity provider, from the realm as well. `DELETE /realms/{realm}/orgs/{orgId}/idps/{alias}`
    pub fn delete(&self) -> DeleteOrganizationIdentityProvider {
        self.realm
            .phasetwo_api()
            .delete_organization_identity_provider()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
    }

    /// Deletes the identity provider if it exists. Returns whether it existed. `DELETE /realms/{realm}/orgs/{orgId}/idps/{alias}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Takes the identity provider from the organisation. It stays in the realm.
    /// `POST /realms/{realm}/orgs/{orgId}/idps/{alias}/unlink`
    pub fn unlink(&self) -> UnlinkIdentityProviderFromOrganization {
        self.realm
            .phasetwo_api()
            .unlink_identity_provider_from_organization()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
    }

    /// Returns a handle on the mappers of the identity provider. A mapper says which data about users is taken over, and how.
    #[must_use]
    pub fn mappers(&self) -> Mappers {
        Mappers {
            realm: self.realm.clone(),
            organization_id: self.organization_id.clone(),
            alias: self.alias.clone(),
        }
    }

    /// Returns a handle on the mapper with this id. Nothing is sent, so the mapper need not exist.
    #[must_use]
    pub fn mapper(&self, id: impl Into<String>) -> Mapper {
        Mapper {
            realm: self.realm.clone(),
            organization_id: self.organization_id.clone(),
            alias: self.alias.clone(),
            id: id.into(),
        }
    }
}

/// The mappers of an identity provider, from [`IdentityProvider::mappers`].
#[derive(Clone, Debug)]
pub struct Mappers {
    realm: Realm,
    organization_id: String,
    alias: String,
}

impl Mappers {
    /// Lists the mappers. `GET /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers`
    pub fn list(&self) -> ListOrganizationIdentityProviderMappers {
        self.realm
            .phasetwo_api()
            .list_organization_identity_provider_mappers()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
    }

    /// Creates a mapper and returns its id. `POST /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers`
    ///
    /// The provider's alias is filled in if the mapper has none. [`exist_ok`](Create::exist_ok) finds the mapper by its name. Without `exist_ok`, the answer is 400
    /// and not a conflict if a mapper has the name.
    #[inline]
    pub fn create(
        &self,
        mapper: &IdentityProviderMapperRepresentation,
    ) -> Create<CreateOrganizationIdentityProviderMapper> {
        let (organization_id, alias) = (self.organization_id.clone(), self.alias.clone());
        let name = mapper.name.as_deref();
        let key = NaturalKey::new(&self.realm, "name", name, move |realm, name| {
            let organization = realm.phasetwo().organization(&organization_id);
            let mappers = organization.identity_provider(&alias).mappers();
            async move {
                let found = mappers.find_by_name(&name).await?;
                Ok(found.and_then(|mapper| mapper.id))
            }
        });
        let mut mapper = mapper.clone();
        mapper
            .identity_provider_alias
            .get_or_insert_with(|| self.alias.clone());
        let call = self
            .realm
            .phasetwo_api()
            .create_organization_identity_provider_mapper()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
            .body(&mapper);
        // Keycloak answers with 400 if a mapper has the name.
        Create::new(call, key.conflict_status(400))
    }

    /// Finds the mapper with exactly this name. `GET /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers`
    pub async fn find_by_name(
        &self,
        name: &str,
    ) -> Result<Option<IdentityProviderMapperRepresentation>, Error> {
        let is_it =
            |mapper: &IdentityProviderMapperRepresentation| mapper.name.as_deref() == Some(name);
        find_in_list(self.list(), is_it).await
    }
}

/// One mapper of an identity provider, from [`IdentityProvider::mapper`].
#[derive(Clone, Debug)]
pub struct Mapper {
    realm: Realm,
    organization_id: String,
    alias: String,
    id: String,
}

impl Mapper {
    /// Reads the mapper. `GET /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers/{id}`
    pub fn get(&self) -> GetOrganizationIdentityProviderMapper {
        self.realm
            .phasetwo_api()
            .get_organization_identity_provider_mapper()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
            .id(&self.id)
    }

    /// Reads the mapper; `None` if there is no such mapper. `GET /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers/{id}`
    pub async fn find(&self) -> Result<Option<IdentityProviderMapperRepresentation>, Error> {
        self.get().optional().await
    }

    /// Replaces the mapper. `PUT /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers/{id}`
    ///
    /// `id` is required. Any other field that is left out is emptied. [`modify`](Self::modify) keeps everything that it does not change, also the fields
    /// that the types do not know.
    #[inline]
    pub fn update(
        &self,
        mapper: &IdentityProviderMapperRepresentation,
    ) -> UpdateOrganizationIdentityProviderMapper {
        self.put().body(mapper)
    }

    /// Reads the mapper, changes it and writes it back whole. If nothing is changed, nothing is written.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut IdentityProviderMapperRepresentation) + Send + 'f,
    ) -> Modify<'f, IdentityProviderMapperRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    fn put(&self) -> UpdateOrganizationIdentityProviderMapper {
        self.realm
            .phasetwo_api()
            .update_organization_identity_provider_mapper()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
            .id(&self.id)
    }

    /// Deletes the mapper. `DELETE /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers/{id}`
    pub fn delete(&self) -> DeleteOrganizationIdentityProviderMapper {
        self.realm
            .phasetwo_api()
            .delete_organization_identity_provider_mapper()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .alias(&self.alias)
            .id(&self.id)
    }

    /// Deletes the mapper if it exists. Returns whether it existed. `DELETE /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers/{id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }
}
