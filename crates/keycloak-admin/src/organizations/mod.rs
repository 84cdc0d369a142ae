//! Keycloak's own organisations. Those of Phase Two are in [`phasetwo`](crate::phasetwo).
//!
//! A realm has them once its setting `organizations_enabled` is on; until then every call here is a 404.

pub mod groups;
pub mod identity_providers;
pub mod invitations;
pub mod members;

use keycloak_api::Client as Api;
use keycloak_api::organizations::{
    CountOrganizations, CreateOrganization, DeleteOrganization, GetOrganization, ListOrganizations,
    ListUserOrganizations, UpdateOrganization,
};
use keycloak_api::types::{OrganizationDomainRepresentation, OrganizationRepresentation};
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Call, Create, Realm, modify};

impl<'a> Realm<'a> {
    /// The realm's organisations: Keycloak's own, not those of Phase Two.
    #[must_use]
    #[inline]
    pub fn organizations(self) -> Organizations<'a> {
        Organizations { realm: self }
    }
}

/// The organisations of a realm, from [`Realm::organizations`].
#[derive(Clone, Copy, Debug)]
pub struct Organizations<'a> {
    realm: Realm<'a>,
}

impl<'a> Organizations<'a> {
    /// Lists the organisations. `GET /admin/realms/{realm}/organizations`
    ///
    /// They come without their attributes, unless `brief_representation(false)` is set. A `search` looks into names and domains.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let organizations = keycloak.realm("acme").organizations();
    /// let gold = organizations.list().query(|q| q.q("tier:gold").brief_representation(false));
    /// let mut gold = gold.stream();
    /// while let Some(organization) = gold.try_next().await? {
    ///     println!("{:?} {:?}", organization.name, organization.attributes);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<ListOrganizations> {
        self.realm.at(Api::list_organizations)
    }

    /// Counts the organisations. `GET /admin/realms/{realm}/organizations/count`
    #[inline]
    pub fn count(self) -> Call<CountOrganizations> {
        self.realm.at(Api::count_organizations)
    }

    /// Creates an organisation and returns its id. `POST /admin/realms/{realm}/organizations`
    ///
    /// It needs a name, and an alias where the name has characters that an alias may not have, such as a blank. With
    /// [`exist_ok`](Create::exist_ok) it is found by its name. A domain that another organisation has is a 400.
    ///
    /// ```no_run
    /// use keycloak_admin::types::{OrganizationDomainRepresentation, OrganizationRepresentation};
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let initech = OrganizationRepresentation {
    ///     name: Some("Initech Inc".to_owned()),
    ///     alias: Some("initech".to_owned()),
    ///     domains: Some(vec![OrganizationDomainRepresentation {
    ///         name: Some("initech.example".to_owned()),
    ///         verified: Some(true),
    ///     }]),
    ///     ..Default::default()
    /// };
    /// let id = keycloak.realm("acme").organizations().create(&initech).exist_ok().await?.into_inner();
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, organization: &OrganizationRepresentation) -> Create<CreateOrganization> {
        let name = organization.name.as_deref();
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", name, find, |organization| organization.id);
        let call = self
            .realm
            .at(|api| api.create_organization().body(organization));
        // Of callers at the same time, those who come second get a 500.
        Create::new(call, key.taken_as(500))
    }

    /// The organisation that has exactly this name, with its attributes; `None` where none has.
    /// `GET /admin/realms/{realm}/organizations`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_name(
        self,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<OrganizationRepresentation>, Error>> {
        let list = self.list().query(|q| q.search(name).exact(true));
        let name = name.to_owned();
        // The search also brings the organisation that has a domain of that name.
        find_in_pages(whole(list), move |organization| {
            organization.name.as_ref() == Some(&name)
        })
    }

    /// The organisation that has exactly this alias, with its attributes; `None` where none has.
    /// `GET /admin/realms/{realm}/organizations`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_alias(
        self,
        alias: &str,
    ) -> BoxFuture<'static, Result<Option<OrganizationRepresentation>, Error>> {
        // To the search the alias is an attribute.
        let list = self.list().query(|q| q.q(format!("alias:{alias}")));
        let alias = alias.to_owned();
        find_in_pages(whole(list), move |organization| {
            organization.alias.as_ref() == Some(&alias)
        })
    }

    /// The organisation that has this domain, in any case; `None` where none has. `GET /admin/realms/{realm}/organizations`
    ///
    /// A subdomain counts only where it is one of the organisation's domains itself.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_domain(
        self,
        domain: &str,
    ) -> BoxFuture<'static, Result<Option<OrganizationRepresentation>, Error>> {
        let domain = domain.to_lowercase();
        let list = self.list().query(|q| q.search(&domain));
        let is_it = move |has: &OrganizationDomainRepresentation| {
            has.name.as_deref().map(str::to_lowercase).as_ref() == Some(&domain)
        };
        find_in_pages(whole(list), move |organization| {
            organization.domains.iter().flatten().any(&is_it)
        })
    }

    /// Lists the organisations a user is a member of.
    /// `GET /admin/realms/{realm}/organizations/members/{member-id}/organizations`
    #[inline]
    pub fn of_user(self, user_id: &str) -> Call<ListUserOrganizations> {
        self.realm
            .at(|api| api.list_user_organizations().member_id(user_id))
    }

    /// The organisation of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> Organization<'a> {
        Organization {
            realm: self.realm,
            id,
        }
    }
}

/// The same list, with attributes.
fn whole(list: Call<ListOrganizations>) -> Call<ListOrganizations> {
    list.query(|q| q.brief_representation(false))
}

/// One organisation of a realm, from [`Organizations::id`].
#[derive(Clone, Copy, Debug)]
pub struct Organization<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> Organization<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// Reads the organisation. `GET /admin/realms/{realm}/organizations/{org-id}`
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

    /// Writes the organisation. Domains, description and redirect URL that are left out are wiped, attributes stay. It needs the name, and
    /// the alias where that is not the name: an alias stays for ever (400). `PUT /admin/realms/{realm}/organizations/{org-id}`
    ///
    /// To change a part, use [`modify`](Self::modify).
    #[inline]
    pub fn update(self, organization: &OrganizationRepresentation) -> Call<UpdateOrganization> {
        self.at(|api| api.update_organization().body(organization))
    }

    /// Reads the organisation, changes it and writes it back whole. Where nothing is changed, nothing is written.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// let organization = keycloak.realm("acme").organizations().id(&id);
    /// organization.modify(|organization| organization.enabled = Some(false)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut OrganizationRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_organization), change)
    }

    /// Deletes the organisation; users who were added to it stay in the realm, those that it manages itself are
    /// deleted. `DELETE /admin/realms/{realm}/organizations/{org-id}`
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
}
