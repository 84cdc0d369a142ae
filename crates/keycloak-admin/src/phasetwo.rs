//! Phase Two's extensions: what [`Realm::phasetwo`](crate::Realm::phasetwo) leads to, and their representations in [`types`].
//!
//! Phase Two's organisations are not those of Keycloak itself; both can be in use in one realm.

use keycloak_session::{BoxFuture, Error, Operation};
use phasetwo_api::Client as Api;
use phasetwo_api::organizations::{
    CreateOrganization, DeleteOrganization, GetOrganization, ListOrganizations, UpdateOrganization,
};

pub use phasetwo_api::types;
use types::OrganizationRepresentation;

use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Call, Create, Realm, modify};

impl<'a> Realm<'a> {
    /// What Phase Two's extensions add to the realm.
    #[must_use]
    pub fn phasetwo(self) -> Phasetwo<'a> {
        Phasetwo { realm: self }
    }
}

/// What Phase Two's extensions add to a realm, from [`Realm::phasetwo`].
#[derive(Clone, Copy, Debug)]
pub struct Phasetwo<'a> {
    realm: Realm<'a>,
}

impl<'a> Phasetwo<'a> {
    fn api(self) -> &'a Api {
        self.realm.keycloak().phasetwo_api()
    }

    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        Call::at(build(self.api()), [self.realm.name()])
    }

    /// The realm's Phase Two organisations.
    #[must_use]
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
    pub fn list(self) -> Call<ListOrganizations> {
        self.phasetwo.at(Api::list_organizations)
    }

    /// Creates an organisation and returns its id. `POST /realms/{realm}/orgs`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name.
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

    /// The organisation of this id. It need not exist: nothing is sent.
    #[must_use]
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
    phasetwo: Phasetwo<'a>,
    id: &'a str,
}

impl<'a> Organization<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let path = [self.phasetwo.realm.name(), self.id];
        Call::at(build(self.phasetwo.api()), path)
    }

    /// Reads the organisation. `GET /realms/{realm}/orgs/{orgId}`
    pub fn get(self) -> Call<GetOrganization> {
        self.at(Api::get_organization)
    }

    /// Like [`get`](Self::get); `None` where there is no such organisation.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find(self) -> BoxFuture<'static, Result<Option<OrganizationRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the organisation; what is left out is wiped, domains included. `PUT /realms/{realm}/orgs/{orgId}`
    pub fn update(self, organization: &OrganizationRepresentation) -> Call<UpdateOrganization> {
        self.at(|api| api.update_organization().body(organization))
    }

    /// Reads the organisation, changes it and writes it back whole. Where nothing is changed, nothing is written.
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut OrganizationRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_organization), change)
    }

    /// Deletes the organisation; its members stay in the realm. `DELETE /realms/{realm}/orgs/{orgId}`
    pub fn delete(self) -> Call<DeleteOrganization> {
        self.at(Api::delete_organization)
    }

    /// Deletes the organisation if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}
