//! Phase Two's organisations.

use keycloak_session::{BoxFuture, Error, Operation};
use phasetwo_api::Client as Api;
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
use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Call, Create, modify};

impl<'a> Phasetwo<'a> {
    /// The realm's Phase Two organisations.
    #[must_use]
    #[inline]
    pub fn organizations(self) -> Organizations<'a> {
        Organizations { phasetwo: self }
    }
}

/// The Phase Two organisations of a realm, from [`Phasetwo::organizations`].
#[derive(Clone, Copy, Debug)]
pub struct Organizations<'a> {
    phasetwo: Phasetwo<'a>,
}

impl<'a> Organizations<'a> {
    /// Lists the organisations. `GET /realms/{realm}/orgs`
    ///
    /// The server sends at most 100 at a time; [`stream`](Call::stream) reads them all.
    #[inline]
    pub fn list(self) -> Call<ListOrganizations> {
        self.phasetwo.at(Api::list_organizations)
    }

    /// Counts the organisations. `GET /realms/{realm}/orgs/count`
    #[inline]
    pub fn count(self) -> Call<CountOrganizations> {
        self.phasetwo.at(Api::count_organizations)
    }

    /// Creates an organisation and returns its id. `POST /realms/{realm}/orgs`
    ///
    /// It needs a name. With [`exist_ok`](Create::exist_ok) it is found by its name. Unless the realm's configuration says otherwise, a
    /// user is made for it that administers it and is its first member.
    #[inline]
    pub fn create(self, organization: &OrganizationRepresentation) -> Create<CreateOrganization> {
        let name = organization.name.as_deref();
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", name, find, |organization| organization.id);
        let call = self
            .phasetwo
            .at(|api| api.create_organization().body(organization));
        Create::new(call, key)
    }

    /// The organisation that has exactly this name; `None` where none has. `GET /realms/{realm}/orgs`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_name(
        self,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<OrganizationRepresentation>, Error>> {
        let list = self.list().query(|q| q.search(name));
        let name = name.to_owned();
        find_in_pages(list, move |organization| {
            organization.name.as_ref() == Some(&name)
        })
    }

    /// Exports all organisations, in the shape that [`import`](Self::import) reads. `GET /realms/{realm}/orgs/export`
    ///
    /// Members and invitations are left out unless `export_members_and_invitations(true)` is set.
    ///
    /// ```no_run
    /// # async fn run(from: keycloak_admin::Keycloak, to: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let export = from.realm("acme").phasetwo().organizations().export();
    /// let organizations = export.query(|q| q.export_members_and_invitations(true)).await?;
    /// to.realm("acme").phasetwo().organizations().import(&organizations).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn export(self) -> Call<ExportOrganizations> {
        self.phasetwo.at(Api::export_organizations)
    }

    /// Creates organisations from an export; where one fails, none is made. `POST /realms/{realm}/orgs/import`
    ///
    /// Members and identity providers that the realm does not have are an error, unless `skip_missing_member(true)` and
    /// `skip_missing_idp(true)` are set.
    #[inline]
    pub fn import(
        self,
        organizations: &OrganizationsExportRepresentation,
    ) -> Call<ImportOrganizations> {
        self.phasetwo
            .at(|api| api.import_organizations().body(organizations))
    }

    /// Reads what holds for all organisations of the realm. `GET /realms/{realm}/orgs/config`
    ///
    /// `default_application_uri` is never read back.
    #[inline]
    pub fn config(self) -> Call<GetOrganizationsConfig> {
        self.phasetwo.at(Api::get_organizations_config)
    }

    /// Sets what holds for all organisations of the realm, and returns it; what is left out goes back to its default.
    /// `PUT /realms/{realm}/orgs/config`
    #[inline]
    pub fn update_config(
        self,
        config: &OrganizationsConfigRepresentation,
    ) -> Call<UpdateOrganizationsConfig> {
        self.phasetwo
            .at(|api| api.update_organizations_config().body(config))
    }

    /// The organisation of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> Organization<'a> {
        Organization {
            phasetwo: self.phasetwo,
            id,
        }
    }
}

/// One Phase Two organisation, from [`Organizations::id`].
#[derive(Clone, Copy, Debug)]
pub struct Organization<'a> {
    pub(super) phasetwo: Phasetwo<'a>,
    pub(super) id: &'a str,
}

impl<'a> Organization<'a> {
    pub(super) fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let path = [self.phasetwo.realm.name(), self.id];
        at(build(self.phasetwo.api()), path)
    }

    /// A call to something in the organisation, whose key is the path's third parameter.
    pub(super) fn at_key<B: Operation>(
        self,
        key: &str,
        build: impl FnOnce(&'a Api) -> B,
    ) -> Call<B> {
        let path = [self.phasetwo.realm.name(), self.id, key];
        at(build(self.phasetwo.api()), path)
    }

    /// Reads the organisation. `GET /realms/{realm}/orgs/{orgId}`
    #[inline]
    pub fn get(self) -> Call<GetOrganization> {
        self.at(Api::get_organization)
    }

    /// Like [`get`](Self::get); `None` where there is no such organisation.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<OrganizationRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the organisation; what is left out is wiped, domains included. `PUT /realms/{realm}/orgs/{orgId}`
    #[inline]
    pub fn update(self, organization: &OrganizationRepresentation) -> Call<UpdateOrganization> {
        self.at(|api| api.update_organization().body(organization))
    }

    /// Reads the organisation, changes it and writes it back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut OrganizationRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_organization), change)
    }

    /// Deletes the organisation; its members stay in the realm. `DELETE /realms/{realm}/orgs/{orgId}`
    #[inline]
    pub fn delete(self) -> Call<DeleteOrganization> {
        self.at(Api::delete_organization)
    }

    /// Deletes the organisation if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// Makes a link to the wizard where the organisation sets up its identity provider. `POST /realms/{realm}/orgs/{orgId}/portal-link`
    ///
    /// The link logs in whom `user_id` names, a member of the organisation, or else its default administrator; it is a secret. The
    /// realm needs a client `idp-wizard`.
    #[inline]
    pub fn portal_link(
        self,
        options: &CreateOrganizationPortalLinkBody,
    ) -> Call<CreateOrganizationPortalLink> {
        self.at(|api| api.create_organization_portal_link().body(options))
    }
}
