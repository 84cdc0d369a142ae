//! Keycloak's own organisations. Those of Phase Two are in [`phasetwo`](crate::phasetwo).
//!
//! A realm has organisations once its setting `organizations_enabled` is on. Until then the server answers every call here with 404.

pub mod groups;
pub mod identity_providers;
pub mod invitations;
pub mod members;

use keycloak_api::organizations::{
    CountOrganizations, CreateOrganization, DeleteOrganization, GetOrganization, ListOrganizations,
    ListUserOrganizations, UpdateOrganization,
};
use keycloak_api::types::{OrganizationDomainRepresentation, OrganizationRepresentation};
use keycloak_session::Error;

use crate::create::NaturalKey;
use crate::find::{find_in_pages, search_term};
use crate::{Create, Modify, Realm};

impl Realm {
    /// Returns a handle on the realm's organisations: Keycloak's own, not those of Phase Two.
    #[must_use]
    pub fn organizations(&self) -> Organizations {
        Organizations {
            realm: self.clone(),
        }
    }

    /// Returns a handle on the organisation with this id. Nothing is sent, so the organisation need not exist.
    #[must_use]
    pub fn organization(&self, id: impl Into<String>) -> Organization {
        Organization {
            realm: self.clone(),
            id: id.into(),
        }
    }
}

/// The organisations of a realm, from [`Realm::organizations`].
#[derive(Clone, Debug)]
pub struct Organizations {
    realm: Realm,
}

impl Organizations {
    /// Lists the organisations. `GET /admin/realms/{realm}/organizations`
    ///
    /// They come without their attributes, unless `brief_representation(false)` is set. `search` looks at names and domains.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let organizations = keycloak.realm("acme").organizations();
    /// let mut gold = organizations.list().q("tier:gold").brief_representation(false).stream();
    /// while let Some(organization) = gold.try_next().await? {
    ///     println!("{:?} {:?}", organization.name, organization.attributes);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> ListOrganizations {
        self.realm
            .api()
            .list_organizations()
            .realm(self.realm.name())
    }

    /// Counts the organisations. `GET /admin/realms/{realm}/organizations/count`
    pub fn count(&self) -> CountOrganizations {
        self.realm
            .api()
            .count_organizations()
            .realm(self.realm.name())
    }

    /// Creates an organisation and returns its id. `POST /admin/realms/{realm}/organizations`
    ///
    /// `name` is required. `alias` is required if the name has characters that an alias may not have, such as a blank.
    /// [`exist_ok`](Create::exist_ok) finds the organisation by its name. If another organisation has one of the domains, the answer is 400.
    ///
    /// ```no_run
    /// use keycloak_admin::types::{OrganizationDomainRepresentation, OrganizationRepresentation};
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let initech = OrganizationRepresentation::new()
    ///     .with_name("Initech Inc")
    ///     .with_alias("initech")
    ///     .with_domains([OrganizationDomainRepresentation::new()
    ///         .with_name("initech.example")
    ///         .with_verified(true)]);
    /// let id = keycloak.realm("acme").organizations().create(&initech).exist_ok().await?.into_id();
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(&self, organization: &OrganizationRepresentation) -> Create<CreateOrganization> {
        let name = organization.name.as_deref();
        let key = NaturalKey::new(&self.realm, "name", name, |realm, name| async move {
            let found = realm.organizations().find_by_name(&name).await?;
            Ok(found.and_then(|organization| organization.id))
        });
        let call = self.realm.api().create_organization();
        let call = call.realm(self.realm.name()).body(organization);
        // If several callers create it at the same time, all but the first get a 500.
        Create::new(call, key.conflict_status(500).look_again())
    }

    /// Finds the organisation with exactly this name, and returns it with its attributes. `GET /admin/realms/{realm}/organizations`
    pub async fn find_by_name(
        &self,
        name: &str,
    ) -> Result<Option<OrganizationRepresentation>, Error> {
        let list = self.list().search(name).exact(true);
        // The search also finds the organisation that has a domain of that name.
        find_in_pages(list.brief_representation(false), |organization| {
            organization.name.as_deref() == Some(name)
        })
        .await
    }

    /// Finds the organisation with exactly this alias, and returns it with its attributes. `GET /admin/realms/{realm}/organizations`
    pub async fn find_by_alias(
        &self,
        alias: &str,
    ) -> Result<Option<OrganizationRepresentation>, Error> {
        // To the search the alias is an attribute.
        let list = self.list().q(search_term("alias", alias));
        find_in_pages(list.brief_representation(false), |organization| {
            organization.alias.as_deref() == Some(alias)
        })
        .await
    }

    /// Finds the organisation that has this domain, and returns it with its attributes. Upper and lower case are the same.
    /// `GET /admin/realms/{realm}/organizations`
    ///
    /// A subdomain is found only if it is itself one of the organisation's domains.
    pub async fn find_by_domain(
        &self,
        domain: &str,
    ) -> Result<Option<OrganizationRepresentation>, Error> {
        let domain = domain.to_lowercase();
        let list = self.list().search(&domain);
        let is_it = |has: &OrganizationDomainRepresentation| {
            has.name.as_deref().map(str::to_lowercase).as_ref() == Some(&domain)
        };
        find_in_pages(list.brief_representation(false), |organization| {
            organization.domains.iter().flatten().any(is_it)
        })
        .await
    }

    /// Lists the organisations that a user is a member of.
    /// `GET /admin/realms/{realm}/organizations/members/{member-id}/organizations`
    pub fn list_for_user(&self, user_id: &str) -> ListUserOrganizations {
        self.realm
            .api()
            .list_user_organizations()
            .realm(self.realm.name())
            .member_id(user_id)
    }
}

/// One organisation of a realm, from [`Realm::organization`].
#[derive(Clone, Debug)]
pub struct Organization {
    realm: Realm,
    id: String,
}

impl Organization {
    /// Returns the organisation's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads the organisation. `GET /admin/realms/{realm}/organizations/{org-id}`
    pub fn get(&self) -> GetOrganization {
        self.realm
            .api()
            .get_organization()
            .realm(self.realm.name())
            .org_id(&self.id)
    }

    /// Reads the organisation; `None` if there is no such organisation. `GET /admin/realms/{realm}/organizations/{org-id}`
    pub async fn find(&self) -> Result<Option<OrganizationRepresentation>, Error> {
        self.get().optional().await
    }

    /// Replaces the organisation. `PUT /admin/realms/{realm}/organizations/{org-id}`
    ///
    /// Domains, description and redirect URL are removed if they are left out. Attributes that are left out stay. `name` is required, and so is
    /// `alias` if it is not the same as the name. An alias cannot be changed (400). An organisation that was read with [`get`](Self::get) and is
    /// written back loses the fields that the types do not know. [`modify`](Self::modify) keeps them, and removes attributes that become `None`.
    #[inline]
    pub fn update(&self, organization: &OrganizationRepresentation) -> UpdateOrganization {
        self.put().body(organization)
    }

    /// Reads the organisation, changes it and writes it back whole. If nothing is changed, nothing is written.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// let organization = keycloak.realm("acme").organization(id);
    /// organization.modify(|organization| organization.enabled = Some(false)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut OrganizationRepresentation) + Send + 'f,
    ) -> Modify<'f, OrganizationRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    fn put(&self) -> UpdateOrganization {
        self.realm
            .api()
            .update_organization()
            .realm(self.realm.name())
            .org_id(&self.id)
    }

    /// Deletes the organisation. `DELETE /admin/realms/{realm}/organizations/{org-id}`
    ///
    /// Users who were added to it stay in the realm. Users whom the organisation manages are deleted.
    pub fn delete(&self) -> DeleteOrganization {
        self.realm
            .api()
            .delete_organization()
            .realm(self.realm.name())
            .org_id(&self.id)
    }

    /// Deletes the organisation if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}/organizations/{org-id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }
}
