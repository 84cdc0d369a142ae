//! Groups.

use futures_core::Stream;
use futures_util::stream::iter;
use keycloak_api::groups::{
    CountGroups, CreateGroup, CreateSubgroup, DeleteGroup, GetGroup, GetGroupManagementPermissions,
    ListGroupMembers, ListGroups, ListSubgroups, UpdateGroup, UpdateGroupManagementPermissions,
};
use keycloak_api::realms_admin::GetGroupByPath;
use keycloak_api::types::GroupRepresentation;
use keycloak_session::Error;

use crate::create::NaturalKey;
use crate::find::{find_in_list, find_in_pages, is_found_exactly};
use crate::realms::permission_toggle;
use crate::{Create, Import, Modify, Realm};

impl Realm {
    /// Returns a handle on the realm's groups.
    #[must_use]
    pub fn groups(&self) -> Groups {
        Groups {
            realm: self.clone(),
        }
    }

    /// Returns a handle on the group of this id. Nothing is sent, so the group need not exist.
    #[must_use]
    pub fn group(&self, id: impl Into<String>) -> Group {
        Group {
            realm: self.clone(),
            id: id.into(),
        }
    }
}

/// The groups of a realm, from [`Realm::groups`].
#[derive(Clone, Debug)]
pub struct Groups {
    realm: Realm,
}

impl Groups {
    /// Lists the groups at the top. `GET /admin/realms/{realm}/groups`
    ///
    /// With `search` the list has the groups that are found, each inside the groups above it.
    pub fn list(&self) -> ListGroups {
        self.realm.api().list_groups().realm(self.realm.name())
    }

    /// Counts the groups, subgroups included. `GET /admin/realms/{realm}/groups/count`
    pub fn count(&self) -> CountGroups {
        self.realm.api().count_groups().realm(self.realm.name())
    }

    /// Reads all groups with their subgroups: `sub_groups` is filled at every level.
    /// `GET /admin/realms/{realm}/groups` and `GET /admin/realms/{realm}/groups/{group-id}/children`
    ///
    /// Since Keycloak 23 this takes one request or more for each group that has subgroups.
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
    pub async fn tree(&self) -> Result<Vec<GroupRepresentation>, Error> {
        let list = self.list().brief_representation(false);
        let mut groups = list.try_collect().await?;
        read_subgroups(&self.realm, &mut groups).await?;
        Ok(groups)
    }

    /// Creates a group at the top and returns its id. `POST /admin/realms/{realm}/groups`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the group by its name among the groups at the top.
    #[inline]
    pub fn create(&self, group: &GroupRepresentation) -> Create<CreateGroup> {
        let name = group.name.as_deref();
        let key = NaturalKey::new(&self.realm, "name", name, |realm, name| async move {
            let found = realm.groups().find_by_name(&name).await?;
            Ok(found.and_then(|group| group.id))
        });
        let api = self.realm.api();
        Create::new(api.create_group().realm(self.realm.name()).body(group), key)
    }

    /// Imports many groups at the top in batches, with all of their subgroups. See [`Import`]. `POST /admin/realms/{realm}/partialImport`
    ///
    /// Attributes and role mappings of the groups are imported too. A `path` that is left out is `/` with the name. If a group exists at the path, its
    /// subgroups are not imported. A group below an existing one needs [`create_subgroup`](Group::create_subgroup).
    #[inline]
    pub fn import<'i>(
        &self,
        groups: impl IntoIterator<Item = GroupRepresentation, IntoIter: Send + 'i>,
    ) -> Import<'i, GroupRepresentation> {
        self.import_stream(iter(groups))
    }

    /// Imports groups that come one by one, as [`import`](Self::import) does. It waits for the next group while a batch is not full.
    /// `POST /admin/realms/{realm}/partialImport`
    #[inline]
    pub fn import_stream<'i>(
        &self,
        groups: impl Stream<Item = GroupRepresentation> + Send + 'i,
    ) -> Import<'i, GroupRepresentation> {
        Import::new(&self.realm, groups)
    }

    /// Finds the group at the top that has exactly this name. `None` if there is no such group. `GET /admin/realms/{realm}/groups`
    ///
    /// [`find_all_by_name`](Self::find_all_by_name) finds subgroups too.
    pub async fn find_by_name(&self, name: &str) -> Result<Option<GroupRepresentation>, Error> {
        find_in_list(self.search(name), |group| {
            is_named(group, name) && group.parent_id.is_none()
        })
        .await
    }

    /// Finds all groups that have exactly this name, at the top and below other groups. `GET /admin/realms/{realm}/groups`
    ///
    /// Names are unique only among the subgroups of one group, so several groups may have the name: `path` tells them apart. `sub_groups` is
    /// not filled.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// for group in keycloak.realm("acme").groups().find_all_by_name("night shift").await? {
    ///     println!("{:?}", group.path); // such as /berlin/night shift
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find_all_by_name(&self, name: &str) -> Result<Vec<GroupRepresentation>, Error> {
        let groups = self.search(name).await?;
        let mut found = Vec::new();
        take_named(groups, name, &mut found);
        Ok(found)
    }

    /// Lists the groups of this name at every level, in one answer: a negative `max` stands for all. The server orders pages by name alone, so pages
    /// would repeat some groups of one name and miss others.
    ///
    /// The groups above them are left out. Servers before Keycloak 23 send those too, with the groups of this name inside them.
    fn search(&self, name: &str) -> ListGroups {
        let list = self.list().search(name).exact(is_found_exactly(name));
        list.populate_hierarchy(false)
            .brief_representation(false)
            .first(0)
            .max(-1)
    }

    /// Reads the group at a path of names, such as `/staff/night shift`. `GET /admin/realms/{realm}/group-by-path/{path}`
    ///
    /// A slash inside a name is written as `~/`.
    pub fn get_by_path(&self, path: &str) -> GetGroupByPath {
        let api = self.realm.api();
        api.get_group_by_path().realm(self.realm.name()).path(path)
    }

    /// Reads the group at a path of names; `None` if there is no such group. `GET /admin/realms/{realm}/group-by-path/{path}`
    ///
    /// A slash inside a name is written as `~/`.
    pub async fn find_by_path(&self, path: &str) -> Result<Option<GroupRepresentation>, Error> {
        self.get_by_path(path).optional().await
    }
}

fn is_named(group: &GroupRepresentation, name: &str) -> bool {
    group.name.as_deref() == Some(name)
}

/// Moves the groups of this name to `found`, without their subgroups.
fn take_named(groups: Vec<GroupRepresentation>, name: &str, found: &mut Vec<GroupRepresentation>) {
    for mut group in groups {
        let subgroups = group.sub_groups.take().unwrap_or_default();
        if is_named(&group, name) {
            found.push(group);
        }
        take_named(subgroups, name, found);
    }
}

/// Fills in the subgroups of these groups, at every level.
async fn read_subgroups(realm: &Realm, groups: &mut [GroupRepresentation]) -> Result<(), Error> {
    for group in groups {
        let known = group.sub_groups.get_or_insert_default();
        // A server that counts subgroups does not send them, and a server that sends them does not count them.
        if group.sub_group_count != Some(0) && known.is_empty() {
            let parent = realm.group(group.id.as_deref().unwrap_or_default());
            let list = parent.list_subgroups().brief_representation(false);
            *known = list.try_collect().await?;
        }
        Box::pin(read_subgroups(realm, known)).await?;
    }
    Ok(())
}

/// One group of a realm, from [`Realm::group`].
#[derive(Clone, Debug)]
pub struct Group {
    realm: Realm,
    id: String,
}

impl Group {
    /// Returns the group's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Reads the group. `GET /admin/realms/{realm}/groups/{group-id}`
    pub fn get(&self) -> GetGroup {
        let api = self.realm.api();
        api.get_group().realm(self.realm.name()).group_id(&self.id)
    }

    /// Reads the group; `None` if there is no such group. `GET /admin/realms/{realm}/groups/{group-id}`
    pub async fn find(&self) -> Result<Option<GroupRepresentation>, Error> {
        self.get().optional().await
    }

    /// Writes the name, the description and the attributes of the group. `PUT /admin/realms/{realm}/groups/{group-id}`
    ///
    /// `attributes` that are `None` stay, and a map replaces all of them. A description that is `None` is removed. Subgroups and roles are not written.
    ///
    /// A group that was read with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps
    /// them, and removes attributes that become `None`.
    #[inline]
    pub fn update(&self, group: &GroupRepresentation) -> UpdateGroup {
        self.put().body(group)
    }

    /// Reads the group, changes it and writes it back whole. If nothing is changed, nothing is written.
    ///
    /// Changes of subgroups and roles have no effect.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut GroupRepresentation) + Send + 'f,
    ) -> Modify<'f, GroupRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    fn put(&self) -> UpdateGroup {
        let api = self.realm.api();
        api.update_group()
            .realm(self.realm.name())
            .group_id(&self.id)
    }

    /// Deletes the group and its subgroups. Their members stay. `DELETE /admin/realms/{realm}/groups/{group-id}`
    pub fn delete(&self) -> DeleteGroup {
        let api = self.realm.api();
        api.delete_group()
            .realm(self.realm.name())
            .group_id(&self.id)
    }

    /// Deletes the group and its subgroups if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}/groups/{group-id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Lists the groups directly below this one. `GET /admin/realms/{realm}/groups/{group-id}/children`
    pub fn list_subgroups(&self) -> ListSubgroups {
        let api = self.realm.api();
        api.list_subgroups()
            .realm(self.realm.name())
            .group_id(&self.id)
    }

    /// Creates a group below this one and returns its id. `POST /admin/realms/{realm}/groups/{group-id}/children`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the group by its name among the groups directly below this one.
    #[inline]
    pub fn create_subgroup(&self, group: &GroupRepresentation) -> Create<CreateSubgroup> {
        let (name, id) = (group.name.as_deref(), self.id.clone());
        let key = NaturalKey::new(&self.realm, "name", name, move |realm, name| {
            let parent = realm.group(&id);
            async move {
                let list = parent.list_subgroups().search(&name);
                let list = list.exact(is_found_exactly(&name));
                let found = find_in_pages(list, |group| is_named(group, &name)).await?;
                Ok(found.and_then(|group| group.id))
            }
        });
        Create::new(self.post_subgroup(group), key)
    }

    fn post_subgroup(&self, group: &GroupRepresentation) -> CreateSubgroup {
        let api = self.realm.api();
        api.create_subgroup()
            .realm(self.realm.name())
            .group_id(&self.id)
            .body(group)
    }

    /// Moves another group, with its subgroups, below this one. `POST /admin/realms/{realm}/groups/{group-id}/children`
    ///
    /// `name` is the name of the other group, which Keycloak wants in the request.
    pub fn adopt(&self, id: &str, name: &str) -> CreateSubgroup {
        self.post_subgroup(&GroupRepresentation::new().with_id(id).with_name(name))
    }

    /// Moves the group, with its subgroups, to the top. `POST /admin/realms/{realm}/groups`
    ///
    /// `name` is the group's name, which Keycloak wants in the request.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let realm = keycloak.realm("acme");
    /// let night = realm.groups().get_by_path("/staff/night").await?;
    /// realm.group(night.id.unwrap_or_default()).move_to_top("night").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn move_to_top(&self, name: &str) -> CreateGroup {
        let group = GroupRepresentation::new().with_id(&self.id).with_name(name);
        let api = self.realm.api();
        api.create_group().realm(self.realm.name()).body(group)
    }

    /// Lists the users who are in the group itself, not in its subgroups. `GET /admin/realms/{realm}/groups/{group-id}/members`
    pub fn list_members(&self) -> ListGroupMembers {
        let api = self.realm.api();
        api.list_group_members()
            .realm(self.realm.name())
            .group_id(&self.id)
    }

    /// Gets the fine-grained admin permissions for the group. `GET /admin/realms/{realm}/groups/{group-id}/management/permissions`
    ///
    /// The answer says whether they are enabled, and has their ids in the client `realm-management`. The server needs the feature `admin-fine-grained-authz:v1`.
    pub fn get_management_permissions(&self) -> GetGroupManagementPermissions {
        let api = self.realm.api();
        api.get_group_management_permissions()
            .realm(self.realm.name())
            .group_id(&self.id)
    }

    /// Enables or disables fine-grained admin permissions for the group.
    /// `PUT /admin/realms/{realm}/groups/{group-id}/management/permissions`
    #[inline]
    pub fn set_management_permissions(&self, enabled: bool) -> UpdateGroupManagementPermissions {
        let api = self.realm.api();
        api.update_group_management_permissions()
            .realm(self.realm.name())
            .group_id(&self.id)
            .body(permission_toggle(enabled))
    }
}
