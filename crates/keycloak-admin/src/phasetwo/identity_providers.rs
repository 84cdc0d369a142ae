//! The identity providers of a Phase Two organisation, and their mappers.
//!
//! **Unless the realm's configuration allows several (`multiple_idps_enabled`), a second one silently takes the place of the first**, which
//! stays in the realm without an organisation.

use keycloak_session::{BoxFuture, Error, Operation};
use phasetwo_api::Client as Api;
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
use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::multipart::Multipart;
use crate::{Call, Create, modify};

impl<'a> Organization<'a> {
    /// The organisation's identity providers.
    #[must_use]
    #[inline]
    pub fn identity_providers(self) -> IdentityProviders<'a> {
        IdentityProviders { organization: self }
    }
}

/// The identity providers of a Phase Two organisation, from [`Organization::identity_providers`].
#[derive(Clone, Copy, Debug)]
pub struct IdentityProviders<'a> {
    organization: Organization<'a>,
}

impl<'a> IdentityProviders<'a> {
    /// Lists the identity providers. `GET /realms/{realm}/orgs/{orgId}/idps`
    #[inline]
    pub fn list(self) -> Call<ListOrganizationIdentityProviders> {
        self.organization
            .at(Api::list_organization_identity_providers)
    }

    /// Creates an identity provider for the organisation and returns its **alias**, by which it is addressed.
    /// `POST /realms/{realm}/orgs/{orgId}/idps`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its alias, if it is the organisation's: aliases are unique in the realm.
    #[inline]
    pub fn create(
        self,
        provider: &IdentityProviderRepresentation,
    ) -> Create<CreateOrganizationIdentityProvider> {
        let call = self
            .organization
            .at(|api| api.create_organization_identity_provider().body(provider));
        Create::new(call, self.key(provider.alias.as_deref()))
    }

    /// Links an identity provider of the realm to the organisation and returns its **alias**; where it is linked already, it is
    /// linked anew. `POST /realms/{realm}/orgs/{orgId}/idps/link`
    #[inline]
    pub fn link(
        self,
        link: &LinkIdentityProviderRepresentation,
    ) -> Create<LinkIdentityProviderToOrganization> {
        let call = self
            .organization
            .at(|api| api.link_identity_provider_to_organization().body(link));
        Create::new(call, self.key(link.alias.as_deref()))
    }

    #[inline]
    fn key(self, alias: Option<&str>) -> NaturalKey {
        let find = |alias: &str| self.organization.identity_providers().alias(alias).find();
        NaturalKey::new("alias", alias, find, |provider| provider.alias).identified_by(alias)
    }

    /// Reads the configuration that an identity provider of this type would have from what stands at a URL, such as the metadata of a SAML
    /// provider. Nothing is stored. `POST /realms/{realm}/orgs/{orgId}/idps/import-config`
    ///
    /// ```no_run
    /// use keycloak_admin::phasetwo::types::IdentityProviderRepresentation;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, org: String) -> Result<(), keycloak_admin::Error> {
    /// let providers = keycloak.realm("acme").phasetwo().organizations().id(&org).identity_providers();
    /// let provider = IdentityProviderRepresentation {
    ///     alias: Some("acme-login".to_owned()),
    ///     provider_id: Some("saml".to_owned()),
    ///     enabled: Some(true),
    ///     config: Some(providers.config_from_url("saml", "https://idp.example/metadata").await?),
    ///     ..Default::default()
    /// };
    /// providers.create(&provider).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn config_from_url(
        self,
        provider_id: &str,
        url: &str,
    ) -> Call<ImportOrganizationIdentityProviderConfig> {
        let source = ImportIdentityProviderConfigRepresentation {
            provider_id: Some(provider_id.to_owned()),
            from_url: Some(url.to_owned()),
        };
        self.organization.at(|api| {
            let call = api.import_organization_identity_provider_config();
            call.body(source)
        })
    }

    /// Like [`config_from_url`](Self::config_from_url), from a file. `POST /realms/{realm}/orgs/{orgId}/idps/import-config`
    #[inline]
    pub fn config_from_file(
        self,
        provider_id: &str,
        file: &[u8],
    ) -> Call<ImportOrganizationIdentityProviderConfig> {
        let form = Multipart::around(file)
            .text("providerId", provider_id)
            .file(file);
        let (content_type, bytes) = form.finish();
        self.organization.at(|api| {
            let mut call = api.import_organization_identity_provider_config();
            call.request_mut().set_body(content_type, bytes);
            call
        })
    }

    /// The identity provider of this alias. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn alias(self, alias: &'a str) -> IdentityProvider<'a> {
        IdentityProvider {
            organization: self.organization,
            alias,
        }
    }
}

/// One identity provider of a Phase Two organisation, from [`IdentityProviders::alias`].
#[derive(Clone, Copy, Debug)]
pub struct IdentityProvider<'a> {
    organization: Organization<'a>,
    alias: &'a str,
}

impl<'a> IdentityProvider<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        self.organization.at_key(self.alias, build)
    }

    /// Reads the identity provider, its secrets masked. `GET /realms/{realm}/orgs/{orgId}/idps/{alias}`
    #[inline]
    pub fn get(self) -> Call<GetOrganizationIdentityProvider> {
        self.at(Api::get_organization_identity_provider)
    }

    /// Like [`get`](Self::get); `None` where the organisation has no identity provider of this alias.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<IdentityProviderRepresentation>, Error>> {
        self.get().optional()
    }

    /// Replaces the identity provider; a secret that is masked stays. `PUT /realms/{realm}/orgs/{orgId}/idps/{alias}`
    #[inline]
    pub fn update(
        self,
        provider: &IdentityProviderRepresentation,
    ) -> Call<UpdateOrganizationIdentityProvider> {
        self.at(|api| api.update_organization_identity_provider().body(provider))
    }

    /// Reads the identity provider, changes it and writes it back whole; its secret stays unless it is changed.
    /// Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut IdentityProviderRepresentation) + Send,
    {
        let put = self.at(Api::update_organization_identity_provider);
        modify::modify(self.get(), put, change)
    }

    /// Deletes the identity provider, also from the realm. `DELETE /realms/{realm}/orgs/{orgId}/idps/{alias}`
    #[inline]
    pub fn delete(self) -> Call<DeleteOrganizationIdentityProvider> {
        self.at(Api::delete_organization_identity_provider)
    }

    /// Deletes the identity provider if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// Takes the identity provider from the organisation; it stays in the realm.
    /// `POST /realms/{realm}/orgs/{orgId}/idps/{alias}/unlink`
    #[inline]
    pub fn unlink(self) -> Call<UnlinkIdentityProviderFromOrganization> {
        self.at(Api::unlink_identity_provider_from_organization)
    }

    /// What the identity provider tells about users and how it is taken over.
    #[must_use]
    #[inline]
    pub fn mappers(self) -> Mappers<'a> {
        Mappers { provider: self }
    }
}

/// The mappers of an identity provider, from [`IdentityProvider::mappers`].
#[derive(Clone, Copy, Debug)]
pub struct Mappers<'a> {
    provider: IdentityProvider<'a>,
}

impl<'a> Mappers<'a> {
    /// Lists the mappers. `GET /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers`
    #[inline]
    pub fn list(self) -> Call<ListOrganizationIdentityProviderMappers> {
        self.provider
            .at(Api::list_organization_identity_provider_mappers)
    }

    /// Creates a mapper and returns its id. `POST /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers`
    ///
    /// It needs `identity_provider_alias`. With [`exist_ok`](Create::exist_ok) it is found by its name; without, a name that is
    /// taken is a 400 and not a conflict.
    #[inline]
    pub fn create(
        self,
        mapper: &IdentityProviderMapperRepresentation,
    ) -> Create<CreateOrganizationIdentityProviderMapper> {
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", mapper.name.as_deref(), find, |mapper| mapper.id);
        let call = self.provider.at(|api| {
            api.create_organization_identity_provider_mapper()
                .body(mapper)
        });
        // Keycloak says 400 of a name that is taken.
        Create::new(call, key.taken_as(400))
    }

    /// The mapper that has exactly this name; `None` where none has. `GET /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_name(
        self,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<IdentityProviderMapperRepresentation>, Error>> {
        let name = name.to_owned();
        let fits = move |mapper: &IdentityProviderMapperRepresentation| {
            mapper.name.as_ref() == Some(&name)
        };
        find_in_list(self.list(), fits)
    }

    /// The mapper of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> Mapper<'a> {
        Mapper {
            provider: self.provider,
            id,
        }
    }
}

/// One mapper of an identity provider, from [`Mappers::id`].
#[derive(Clone, Copy, Debug)]
pub struct Mapper<'a> {
    provider: IdentityProvider<'a>,
    id: &'a str,
}

impl<'a> Mapper<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let IdentityProvider {
            organization: Organization { phasetwo, id },
            alias,
        } = self.provider;
        let path = [phasetwo.realm.name(), id, alias, self.id];
        at(build(phasetwo.api()), path)
    }

    /// Reads the mapper. `GET /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers/{id}`
    #[inline]
    pub fn get(self) -> Call<GetOrganizationIdentityProviderMapper> {
        self.at(Api::get_organization_identity_provider_mapper)
    }

    /// Like [`get`](Self::get); `None` where there is no such mapper.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(
        self,
    ) -> BoxFuture<'static, Result<Option<IdentityProviderMapperRepresentation>, Error>> {
        self.get().optional()
    }

    /// Replaces the mapper; it needs its `id`. `PUT /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers/{id}`
    #[inline]
    pub fn update(
        self,
        mapper: &IdentityProviderMapperRepresentation,
    ) -> Call<UpdateOrganizationIdentityProviderMapper> {
        self.at(|api| {
            api.update_organization_identity_provider_mapper()
                .body(mapper)
        })
    }

    /// Reads the mapper, changes it and writes it back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut IdentityProviderMapperRepresentation) + Send,
    {
        let put = self.at(Api::update_organization_identity_provider_mapper);
        modify::modify(self.get(), put, change)
    }

    /// Deletes the mapper. `DELETE /realms/{realm}/orgs/{orgId}/idps/{alias}/mappers/{id}`
    #[inline]
    pub fn delete(self) -> Call<DeleteOrganizationIdentityProviderMapper> {
        self.at(Api::delete_organization_identity_provider_mapper)
    }

    /// Deletes the mapper if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}
