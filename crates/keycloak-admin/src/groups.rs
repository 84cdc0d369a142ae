//! Groups.

use keycloak_api::Client as Api;
use keycloak_api::groups::{CreateGroup, DeleteGroup, GetGroup, ListGroupMembers, ListGroups};
use keycloak_api::types::GroupRepresentation;
use keycloak_session::{BoxFuture, Error, Operation};

use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Call, Create, Realm};

impl<'a> Realm<'a> {
    /// The realm's groups.
    #[must_use]
    pub fn groups(self) -> Groups<'a> {
        Groups { realm: self }
    }
}

/// The groups of a realm, from [`Realm::groups`].
#[derive(Clone, Copy, Debug)]
pub struct Groups<'a> {
    realm: Realm<'a>,
}

impl<'a> Groups<'a> {
    /// Lists the groups at the top; a search also brings the groups above what it finds.
    /// `GET /admin/realms/{realm}/groups`
    pub fn list(self) -> Call<ListGroups> {
        self.realm.at(Api::list_groups)
    }

    /// Creates a group at the top and returns its id. `POST /admin/realms/{realm}/groups`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name among the groups at the top.
    pub fn create(self, group: &GroupRepresentation) -> Create<CreateGroup> {
        let name = group.name.as_deref();
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", name, find, |group| group.id);
        Create::new(self.realm.at(|api| api.create_group().body(group)), key)
    }

    /// The group at the top that has exactly this name; `None` where none has. `GET /admin/realms/{realm}/groups`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find_by_name(
        self,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<GroupRepresentation>, Error>> {
        let list = self.list().query(|q| q.search(name).exact(true));
        let name = name.to_owned();
        // A search also brings the groups above a subgroup of that name.
        find_in_pages(list, move |group| group.name.as_ref() == Some(&name))
    }

    /// The group of this id. It need not exist: nothing is sent.
    #[must_use]
    pub fn id(self, id: &'a str) -> Group<'a> {
        Group {
            realm: self.realm,
            id,
        }
    }
}

/// One group of a realm, from [`Groups::id`].
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> Group<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        Call::at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// Reads the group. `GET /admin/realms/{realm}/groups/{group-id}`
    pub fn get(self) -> Call<GetGroup> {
        self.at(Api::get_group)
    }

    /// Like [`get`](Self::get); `None` where there is no such group.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find(self) -> BoxFuture<'static, Result<Option<GroupRepresentation>, Error>> {
        self.get().optional()
    }

    /// Lists the users in the group itself, not in its subgroups. `GET /admin/realms/{realm}/groups/{group-id}/members`
    pub fn members(self) -> Call<ListGroupMembers> {
        self.at(Api::list_group_members)
    }

    /// Deletes the group and its subgroups; their members stay. `DELETE /admin/realms/{realm}/groups/{group-id}`
    pub fn delete(self) -> Call<DeleteGroup> {
        self.at(Api::delete_group)
    }

    /// Deletes the group if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}
