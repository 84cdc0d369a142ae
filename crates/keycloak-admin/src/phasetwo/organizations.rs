//! Phase Two's organisations.

use keycloak_session::Error;
use phasetwo_api::organizations::{
    CountOrganizations, CreateOrganization, CreateOrganizationPortalLink, DeleteOrganization,
    ExportOrganizations, GetOrganization, GetOrganizationsConfig, ImportOrganizations,
    ListOrganizations, UpdateOrganization, UpdateOrganizationsConfig,
};
use phasetwo_api::types::{
    CreateOrganizationPortalLinkBody, OrganizationRepresentation,
    OrganizationsConfigRepresentation, OrganizationsExportRepresentation,
};

use super::Phasetwo;
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Create, Modify, Realm};

impl Phasetwo {
    /// Returns a handle on the realm's Phase Two organisations.
    #[must_use]
    pub fn organizations(&self) -> Organizations {
        Organizations {
            realm: self.realm.clone(),
        }
    }

    /// Returns a handle on the Phase Two organisation with this id. Nothing is sent, so the organisation need not exist.
    #[must_use]
    pub fn organization(&self, id: impl Into<String>) -> Organization {
        Organization {
            realm: self.realm.clone(),
            id: id.into(),
        }
    }
}

/// The Phase Two organisations of a realm, from [`Phasetwo::organizations`].
#[derive(Clone, Debug)]
pub struct Organizations {
    realm: Realm,
}

impl Organizations {
    /// Lists the organisations. `GET /realms/{realm}/orgs`
    ///
    /// The server sends at most 100 at a time. [`stream`](ListOrganizations::stream) reads all of them.
    pub fn list(&self) -> ListOrganizations {
        self.realm
            .phasetwo_api()
            .list_organizations()
            .realm(self.realm.name())
    }

    /// Counts the organisations. `GET /realms/{realm}/orgs/count`
    pub fn count(&self) -> CountOrganizations {
        self.realm
            .phasetwo_api()
            .count_organizations()
            .realm(self.realm.name())
    }

    /// Creates an organisation and returns its id. `POST /realms/{realm}/orgs`
    ///
    /// `name` is required. [`exist_ok`](Create::exist_ok) finds the organisation by its name. Unless the realm's configuration says otherwise, the
    /// server also creates a user who administers the organisation and is its first member.
    #[inline]
    pub fn create(&self, organization: &OrganizationRepresentation) -> Create<CreateOrganization> {
        let name = organization.name.as_deref();
        let key = NaturalKey::new(&self.realm, "name", name, |realm, name| async move {
            let found = realm.phasetwo().organizations().find_by_name(&name).await?;
            Ok(found.and_then(|organization| organization.id))
        });
        let call = self.realm.phasetwo_api().create_organization();
        let call = call.realm(self.realm.name()).body(organization);
        // The server answers 500 if the database has waited too long for a caller who creates the same organisation.
        Create::new(call, key.conflict_status(500).look_again())
    }

    /// Finds the organisation with exactly this name. `GET /realms/{realm}/orgs`
    pub async fn find_by_name(
        &self,
        name: &str,
    ) -> Result<Option<OrganizationRepresentation>, Error> {
        find_in_pages(self.list().search(name), |organization| {
            organization.name.as_deref() == Some(name)
        })
        .await
    }

    /// Exports all organisations, in the form that [`import`](Self::import) takes. `GET /realms/{realm}/orgs/export`
    ///
    /// Members and invitations are left out, unless `export_members_and_invitations(true)` is set.
    ///
    /// ```no_run
    /// # async fn run(from: keycloak_admin::Keycloak, to: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let export = from.realm("acme").phasetwo().organizations().export();
    /// let organizations = export.export_members_and_invitations(true).await?;
    /// to.realm("acme").phasetwo().organizations().import(&organizations).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn export(&self) -> ExportOrganizations {
        self.realm
            .phasetwo_api()
            .export_organizations()
            .realm(self.realm.name())
    }

    /// Creates organisations from an export. If one of them fails, none is created. `POST /realms/{realm}/orgs/import`
    ///
    /// Members and identity providers that the realm does not have are an error, unless `skip_missing_member(true)` and
    /// `skip_missing_idp(true)` are set.
    #[inline]
    pub fn import(&self, organizations: &OrganizationsExportRepresentation) -> ImportOrganizations {
        self.realm
            .phasetwo_api()
            .import_organizations()
            .realm(self.realm.name())
            .body(organizations)
    }

    /// Reads the settings of all organisations of the realm. `GET /realms/{realm}/orgs/config`
    ///
    /// The server never returns `default_application_uri`.
    pub fn get_config(&self) -> GetOrganizationsConfig {
        self.realm
            .phasetwo_api()
            .get_organizations_config()
            .realm(self.realm.name())
    }

    /// Replaces the settings of all organisations of the realm, and returns them. `PUT /realms/{realm}/orgs/config`
    ///
    /// A setting that is left out gets its default, also one of a newer server that the types do not know. So `scim_enabled` that is left out
    /// turns SCIM off. [`modify_config`](Self::modify_config) changes a part, and keeps the others.
    #[inline]
    pub fn update_config(
        &self,
        config: &OrganizationsConfigRepresentation,
    ) -> UpdateOrganizationsConfig {
        self.put_config().body(config)
    }

    /// Reads the settings of all organisations of the realm, changes them and writes them back whole, with the settings that the types do not
    /// know. If nothing is changed, nothing is written.
    ///
    /// **`default_application_uri` cannot be read, and a change removes it.** If the realm has one, set it here again.
    pub fn modify_config<'f>(
        &self,
        change: impl FnOnce(&mut OrganizationsConfigRepresentation) + Send + 'f,
    ) -> Modify<'f, OrganizationsConfigRepresentation> {
        Modify::new(self.get_config(), self.put_config(), change)
    }

    fn put_config(&self) -> UpdateOrganizationsConfig {
        self.realm
            .phasetwo_api()
            .update_organizations_config()
            .realm(self.realm.name())
    }
}

/// One Phase Two organisation, from [`Phasetwo::organization`].
#[derive(Clone, Debug)]
pub struct Organization {
    pub(super) realm: Realm,
    pub(super) id: String,
}

impl Organization {
    /// Returns the organisation's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads the organisation. `GET /realms/{realm}/orgs/{orgId}`
    pub fn get(&self) -> GetOrganization {
        self.realm
            .phasetwo_api()
            .get_organization()
            .realm(self.realm.name())
            .org_id(&self.id)
    }

    /// Reads the organisation; `None` if there is no such organisation. `GET /realms/{realm}/orgs/{orgId}`
    pub async fn find(&self) -> Result<Option<OrganizationRepresentation>, Error> {
        self.get().optional().await
    }

    /// Replaces the organisation. A field that is left out is removed, including the domains, and so are fields of a newer server that the
    /// types do not know. `PUT /realms/{realm}/orgs/{orgId}`
    ///
    /// [`modify`](Self::modify) changes a part, and keeps the fields that the types do not know.
    #[inline]
    pub fn update(&self, organization: &OrganizationRepresentation) -> UpdateOrganization {
        self.put().body(organization)
    }

    /// Reads the organisation, changes it and writes it back whole. If nothing is changed, nothing is written.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut OrganizationRepresentation) + Send + 'f,
    ) -> Modify<'f, OrganizationRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    fn put(&self) -> UpdateOrganization {
        self.realm
            .phasetwo_api()
            .update_organization()
            .realm(self.realm.name())
            .org_id(&self.id)
    }

    /// Deletes the organisation. Its members stay in the realm. `DELETE /realms/{realm}/orgs/{orgId}`
    pub fn delete(&self) -> DeleteOrganization {
        self.realm
            .phasetwo_api()
            .delete_organization()
            .realm(self.realm.name())
            .org_id(&self.id)
    }

    /// Deletes the organisation if it exists. Returns whether it existed. `DELETE /realms/{realm}/orgs/{orgId}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Makes a link to the wizard with which the organisation sets up its identity provider. `POST /realms/{realm}/orgs/{orgId}/portal-link`
    ///
    /// The link is a secret. It logs in the member that `user_id` names, or the organisation's default administrator if `user_id` is left out. The
    /// realm needs a client `idp-wizard`.
    #[inline]
    pub fn create_portal_link(
        &self,
        options: &CreateOrganizationPortalLinkBody,
    ) -> CreateOrganizationPortalLink {
        self.realm
            .phasetwo_api()
            .create_organization_portal_link()
            .realm(self.realm.name())
            .org_id(&self.id)
            .body(options)
    }
}
