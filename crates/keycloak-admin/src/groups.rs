//! Groups.

use keycloak_api::groups::{CreateGroup, DeleteGroup, GetGroup, ListGroupMembers, ListGroups};
use keycloak_api::types::GroupRepresentation;
use keycloak_session::{BoxFuture, Error};

use crate::create::NaturalKey;
use crate::{Call, Create, Realm};

/// The groups of a realm, from [`Realm::groups`].
#[derive(Clone, Copy, Debug)]
pub struct Groups<'a> {
    realm: Realm<'a>,
}

impl<'a> Groups<'a> {
    pub(crate) fn new(realm: Realm<'a>) -> Self {
        Self { realm }
    }

    /// Lists the groups at the top; a search also brings the groups above what it finds.
    /// `GET /admin/realms/{realm}/groups`
    pub fn list(self) -> Call<ListGroups> {
        Call::new(self.realm.api().list_groups().realm(self.realm.name()))
    }

    /// Creates a group at the top and returns its id. `POST /admin/realms/{realm}/groups`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name among the groups at the top.
    pub fn create(self, group: &GroupRepresentation) -> Create<CreateGroup> {
        let name = group.name.clone();
        let key = NaturalKey {
            label: format!("name {:?}", name.as_deref().unwrap_or_default()),
            id: None,
            lookup: self.find_id(name),
        };
        let call = self.realm.api().create_group();
        Create::new(call.realm(self.realm.name()).body(group), key)
    }

    /// The id of the group at the top that has exactly this name.
    fn find_id(self, name: Option<String>) -> BoxFuture<'static, Result<Option<String>, Error>> {
        let search = name.as_deref().unwrap_or_default();
        let mut found = self.list().query(|q| q.search(search).exact(true)).stream();
        Box::pin(async move {
            // A search also brings the groups above a subgroup of that name.
            while name.is_some()
                && let Some(group) = found.try_next().await?
            {
                if group.name == name {
                    return Ok(group.id);
                }
            }
            Ok(None)
        })
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

impl Group<'_> {
    /// Reads the group. `GET /admin/realms/{realm}/groups/{group-id}`
    pub fn get(self) -> Call<GetGroup> {
        let call = self.realm.api().get_group();
        Call::new(call.realm(self.realm.name()).group_id(self.id))
    }

    /// Like [`get`](Self::get); `None` where there is no such group.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find(self) -> BoxFuture<'static, Result<Option<GroupRepresentation>, Error>> {
        self.get().optional()
    }

    /// Lists the users in the group itself, not in its subgroups. `GET /admin/realms/{realm}/groups/{group-id}/members`
    pub fn members(self) -> Call<ListGroupMembers> {
        let call = self.realm.api().list_group_members();
        Call::new(call.realm(self.realm.name()).group_id(self.id))
    }

    /// Deletes the group and its subgroups; their members stay. `DELETE /admin/realms/{realm}/groups/{group-id}`
    pub fn delete(self) -> Call<DeleteGroup> {
        let call = self.realm.api().delete_group();
        Call::new(call.realm(self.realm.name()).group_id(self.id))
    }

    /// Deletes the group if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}
