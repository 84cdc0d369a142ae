//! Phase Two's extensions: what [`Realm::phasetwo`](crate::Realm::phasetwo) leads to, and their representations in [`types`].
//!
//! Phase Two's organisations are not those of Keycloak itself; both can be in use in one realm.

use keycloak_session::{BoxFuture, Error};
use phasetwo_api::organizations::{
    CreateOrganization, DeleteOrganization, GetOrganization, ListOrganizations, UpdateOrganization,
};

pub use phasetwo_api::types;
use types::OrganizationRepresentation;

use crate::create::NaturalKey;
use crate::{Call, Create, Realm, modify};

/// What Phase Two's extensions add to a realm, from [`Realm::phasetwo`].
#[derive(Clone, Copy, Debug)]
pub struct Phasetwo<'a> {
    realm: Realm<'a>,
}

impl<'a> Phasetwo<'a> {
    pub(crate) fn new(realm: Realm<'a>) -> Self {
        Self { realm }
    }

    /// The realm's Phase Two organisations.
    #[must_use]
    pub fn organizations(self) -> Organizations<'a> {
        Organizations { realm: self.realm }
    }
}

/// The Phase Two organisations of a realm, from [`Phasetwo::organizations`].
#[derive(Clone, Copy, Debug)]
pub struct Organizations<'a> {
    realm: Realm<'a>,
}

impl<'a> Organizations<'a> {
    fn api(self) -> &'a phasetwo_api::Client {
        self.realm.keycloak().phasetwo_api()
    }

    /// Lists the organisations. `GET /realms/{realm}/orgs`
    ///
    /// The server sends at most 100 at a time; [`stream`](Call::stream) reads them all.
    pub fn list(self) -> Call<ListOrganizations> {
        Call::new(self.api().list_organizations().realm(self.realm.name()))
    }

    /// Creates an organisation and returns its id. `POST /realms/{realm}/orgs`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name.
    pub fn create(self, organization: &OrganizationRepresentation) -> Create<CreateOrganization> {
        let name = organization.name.clone();
        let key = NaturalKey {
            label: format!("name {:?}", name.as_deref().unwrap_or_default()),
            id: None,
            lookup: self.find_id(name),
        };
        let call = self.api().create_organization();
        Create::new(call.realm(self.realm.name()).body(organization), key)
    }

    /// The id of the organisation that has exactly this name.
    fn find_id(self, name: Option<String>) -> BoxFuture<'static, Result<Option<String>, Error>> {
        let search = name.as_deref().unwrap_or_default();
        let mut found = self.list().query(|q| q.search(search)).stream();
        Box::pin(async move {
            while name.is_some()
                && let Some(organization) = found.try_next().await?
            {
                if organization.name == name {
                    return Ok(organization.id);
                }
            }
            Ok(None)
        })
    }

    /// The organisation of this id. It need not exist: nothing is sent.
    #[must_use]
    pub fn id(self, id: &'a str) -> Organization<'a> {
        Organization {
            realm: self.realm,
            id,
        }
    }
}

/// One Phase Two organisation, from [`Organizations::id`].
#[derive(Clone, Copy, Debug)]
pub struct Organization<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> Organization<'a> {
    fn api(self) -> &'a phasetwo_api::Client {
        self.realm.keycloak().phasetwo_api()
    }

    /// Reads the organisation. `GET /realms/{realm}/orgs/{orgId}`
    pub fn get(self) -> Call<GetOrganization> {
        let call = self.api().get_organization();
        Call::new(call.realm(self.realm.name()).org_id(self.id))
    }

    /// Like [`get`](Self::get); `None` where there is no such organisation.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find(self) -> BoxFuture<'static, Result<Option<OrganizationRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the organisation; what is left out is wiped, domains included. `PUT /realms/{realm}/orgs/{orgId}`
    pub fn update(self, organization: &OrganizationRepresentation) -> Call<UpdateOrganization> {
        let call = self.api().update_organization();
        Call::new(
            call.realm(self.realm.name())
                .org_id(self.id)
                .body(organization),
        )
    }

    /// Reads the organisation, changes it and writes it back whole. Where nothing is changed, nothing is written.
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut OrganizationRepresentation) + Send,
    {
        let get = self
            .api()
            .get_organization()
            .realm(self.realm.name())
            .org_id(self.id);
        let put = self
            .api()
            .update_organization()
            .realm(self.realm.name())
            .org_id(self.id);
        modify::modify(get, put, change)
    }

    /// Deletes the organisation; its members stay in the realm. `DELETE /realms/{realm}/orgs/{orgId}`
    pub fn delete(self) -> Call<DeleteOrganization> {
        let call = self.api().delete_organization();
        Call::new(call.realm(self.realm.name()).org_id(self.id))
    }

    /// Deletes the organisation if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}
