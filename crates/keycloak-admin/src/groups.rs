//! Groups.

use keycloak_api::Client as Api;
use keycloak_api::groups::{
    CountGroups, CreateGroup, CreateSubgroup, DeleteGroup, GetGroup, GetGroupManagementPermissions,
    ListGroupMembers, ListGroups, ListSubgroups, UpdateGroup, UpdateGroupManagementPermissions,
};
use keycloak_api::realms_admin::GetGroupByPath;
use keycloak_api::types::GroupRepresentation;
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::management::switched;
use crate::{Call, Create, Keycloak, Realm, modify};

impl<'a> Realm<'a> {
    /// The realm's groups.
    #[must_use]
    #[inline]
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
    #[inline]
    pub fn list(self) -> Call<ListGroups> {
        self.realm.at(Api::list_groups)
    }

    /// Counts the groups, subgroups included, under the key `count`. `GET /admin/realms/{realm}/groups/count`
    #[inline]
    pub fn count(self) -> Call<CountGroups> {
        self.realm.at(Api::count_groups)
    }

    /// Reads all groups with all that is below them: `sub_groups` is filled at every level, on servers that leave it out (Keycloak 23 and
    /// later) and on those that do not. One request or more for each group that has subgroups.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// for group in keycloak.realm("acme").groups().tree().await? {
    ///     let below = group.sub_groups.unwrap_or_default();
    ///     println!("{:?} with {} subgroups", group.path, below.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn tree(self) -> BoxFuture<'static, Result<Vec<GroupRepresentation>, Error>> {
        let top = self
            .list()
            .query(|q| q.brief_representation(false))
            .try_collect();
        let (keycloak, realm) = (self.realm.keycloak().clone(), self.realm.name().to_owned());
        Box::pin(async move {
            let mut groups = top.await?;
            fill(&keycloak, &realm, &mut groups).await?;
            Ok(groups)
        })
    }

    /// Creates a group at the top and returns its id. `POST /admin/realms/{realm}/groups`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name among the groups at the top.
    #[inline]
    pub fn create(self, group: &GroupRepresentation) -> Create<CreateGroup> {
        let name = group.name.as_deref();
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", name, find, |group| group.id);
        Create::new(self.realm.at(|api| api.create_group().body(group)), key)
    }

    /// The group at the top that has exactly this name; `None` where none has. `GET /admin/realms/{realm}/groups`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_name(
        self,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<GroupRepresentation>, Error>> {
        let list = self.list().query(|q| q.search(name).exact(true));
        let name = name.to_owned();
        // A search also brings the groups above a subgroup of that name.
        find_in_pages(list, move |group| group.name.as_ref() == Some(&name))
    }

    /// Reads the group at a path of names, such as `/staff/night shift`; a slash within a name stands as `~/` there.
    /// `GET /admin/realms/{realm}/group-by-path/{path}`
    #[inline]
    pub fn by_path(self, path: &str) -> Call<GetGroupByPath> {
        self.realm.at(Api::get_group_by_path).and_path(path)
    }

    /// Like [`by_path`](Self::by_path); `None` where there is no such group.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_path(
        self,
        path: &str,
    ) -> BoxFuture<'static, Result<Option<GroupRepresentation>, Error>> {
        self.by_path(path).optional()
    }

    /// The group of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> Group<'a> {
        Group {
            realm: self.realm,
            id,
        }
    }
}

/// Reads what is below these groups.
#[inline]
fn fill<'f>(
    keycloak: &'f Keycloak,
    realm: &'f str,
    groups: &'f mut [GroupRepresentation],
) -> BoxFuture<'f, Result<(), Error>> {
    Box::pin(async move {
        for group in groups {
            let known = group.sub_groups.get_or_insert_default();
            // A server that counts does not send them, and one that sends them does not count.
            if group.sub_group_count != Some(0) && known.is_empty() {
                let id = group.id.as_deref().unwrap_or_default();
                let list = keycloak.realm(realm).groups().id(id).subgroups();
                *known = list
                    .query(|q| q.brief_representation(false))
                    .try_collect()
                    .await?;
            }
            fill(keycloak, realm, known).await?;
        }
        Ok(())
    })
}

/// One group of a realm, from [`Groups::id`].
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> Group<'a> {
    pub(crate) fn realm(self) -> Realm<'a> {
        self.realm
    }

    /// The group's id.
    #[must_use]
    #[inline]
    pub fn group_id(self) -> &'a str {
        self.id
    }

    pub(crate) fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// Reads the group. `GET /admin/realms/{realm}/groups/{group-id}`
    #[inline]
    pub fn get(self) -> Call<GetGroup> {
        self.at(Api::get_group)
    }

    /// Like [`get`](Self::get); `None` where there is no such group.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<GroupRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the group: its name, description and attributes; attributes that are left out are wiped, subgroups stay.
    /// `PUT /admin/realms/{realm}/groups/{group-id}`
    #[inline]
    pub fn update(self, group: &GroupRepresentation) -> Call<UpdateGroup> {
        self.at(|api| api.update_group().body(group))
    }

    /// Reads the group, changes it and writes it back whole. Where nothing is changed, nothing is written. Subgroups and roles are not
    /// written this way.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut GroupRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_group), change)
    }

    /// Lists the groups right below this one. `GET /admin/realms/{realm}/groups/{group-id}/children`
    #[inline]
    pub fn subgroups(self) -> Call<ListSubgroups> {
        self.at(Api::list_subgroups)
    }

    /// Creates a group below this one and returns its id. `POST /admin/realms/{realm}/groups/{group-id}/children`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name among the groups right below this one.
    #[inline]
    pub fn create_subgroup(self, group: &GroupRepresentation) -> Create<CreateSubgroup> {
        let name = group.name.as_deref();
        let find = |name: &str| {
            let list = self.subgroups().query(|q| q.search(name).exact(true));
            let name = name.to_owned();
            find_in_pages(list, move |group| group.name.as_ref() == Some(&name))
        };
        let key = NaturalKey::new("name", name, find, |group| group.id);
        Create::new(self.at(|api| api.create_subgroup().body(group)), key)
    }

    /// Moves another group below this one, with all that is below it; its name goes with the request.
    /// `POST /admin/realms/{realm}/groups/{group-id}/children`
    #[inline]
    pub fn adopt(self, id: &str, name: &str) -> Call<CreateSubgroup> {
        let group = GroupRepresentation {
            id: Some(id.to_owned()),
            name: Some(name.to_owned()),
            ..Default::default()
        };
        self.at(|api| api.create_subgroup().body(group))
    }

    /// Whether who may manage the group is set one by one, and by which permissions of the client `realm-management`. It needs the feature
    /// `admin-fine-grained-authz:v1`. `GET /admin/realms/{realm}/groups/{group-id}/management/permissions`
    #[inline]
    pub fn management_permissions(self) -> Call<GetGroupManagementPermissions> {
        self.at(Api::get_group_management_permissions)
    }

    /// Turns that on or off. `PUT /admin/realms/{realm}/groups/{group-id}/management/permissions`
    #[inline]
    pub fn set_management_permissions(
        self,
        enabled: bool,
    ) -> Call<UpdateGroupManagementPermissions> {
        self.at(|api| {
            api.update_group_management_permissions()
                .body(switched(enabled))
        })
    }

    /// Lists the users in the group itself, not in its subgroups. `GET /admin/realms/{realm}/groups/{group-id}/members`
    #[inline]
    pub fn members(self) -> Call<ListGroupMembers> {
        self.at(Api::list_group_members)
    }

    /// Deletes the group and its subgroups; their members stay. `DELETE /admin/realms/{realm}/groups/{group-id}`
    #[inline]
    pub fn delete(self) -> Call<DeleteGroup> {
        self.at(Api::delete_group)
    }

    /// Deletes the group if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }
}
