//! The groups inside an organisation. Since Keycloak 26.6.
//!
//! They are apart from the realm's groups: an organisation's group holds members of the organisation only.

use keycloak_api::Client as Api;
use keycloak_api::organizations::{
    AddUserToOrganizationGroup, CreateOrganizationGroup, CreateOrganizationSubgroup,
    DeleteOrganizationGroup, GetOrganizationGroup, GetOrganizationGroupByPath,
    ListOrganizationGroupMembers, ListOrganizationGroups, ListOrganizationSubgroups,
    RemoveUserFromOrganizationGroup, UpdateOrganizationGroup,
};
use keycloak_api::types::GroupRepresentation;
use keycloak_session::{BoxFuture, Error, Operation};

use super::Organization;
use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Call, Create, Realm, modify};

impl<'a> Organization<'a> {
    /// The groups inside the organisation. Since Keycloak 26.6.
    #[must_use]
    #[inline]
    pub fn groups(self) -> Groups<'a> {
        Groups { organization: self }
    }
}

/// The groups of an organisation, from [`Organization::groups`].
#[derive(Clone, Copy, Debug)]
pub struct Groups<'a> {
    organization: Organization<'a>,
}

impl<'a> Groups<'a> {
    /// Lists the groups at the top. `GET /admin/realms/{realm}/organizations/{org-id}/groups`
    ///
    /// A search looks into all groups; with `populate_hierarchy(true)` what it finds comes inside the groups above it.
    #[inline]
    pub fn list(self) -> Call<ListOrganizationGroups> {
        self.organization.at(Api::list_organization_groups)
    }

    /// Creates a group at the top and returns its id. `POST /admin/realms/{realm}/organizations/{org-id}/groups`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name among the groups at the top.
    #[inline]
    pub fn create(self, group: &GroupRepresentation) -> Create<CreateOrganizationGroup> {
        let name = group.name.as_deref();
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", name, find, |group| group.id);
        let call = self
            .organization
            .at(|api| api.create_organization_group().body(group));
        Create::new(call, key)
    }

    /// Moves a group of the organisation to the top, with those in it; its name goes with the request.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/groups`
    #[inline]
    pub fn adopt(self, id: &str, name: &str) -> Call<CreateOrganizationGroup> {
        self.organization
            .at(|api| api.create_organization_group().body(known(id, name)))
    }

    /// The group at the top that has exactly this name; `None` where none has.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_name(
        self,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<GroupRepresentation>, Error>> {
        let list = self.list().query(|q| {
            let q = q.search(name).exact(true).populate_hierarchy(true);
            q.brief_representation(false)
        });
        let name = name.to_owned();
        // A group of that name inside another comes inside that one.
        find_in_pages(list, move |group| group.name.as_ref() == Some(&name))
    }

    /// The group at the end of this path, such as `sales/france`, with or without a slash before it.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/group-by-path/{path}`
    #[inline]
    pub fn by_path(self, path: &str) -> Call<GetOrganizationGroupByPath> {
        let path = path.strip_prefix('/').unwrap_or(path);
        self.organization
            .at(|api| api.get_organization_group_by_path().path(path))
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
            organization: self.organization,
            id,
        }
    }
}

/// One group of an organisation, from [`Groups::id`].
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    organization: Organization<'a>,
    id: &'a str,
}

impl<'a> Group<'a> {
    pub(crate) fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let Organization { realm, id } = self.organization;
        at(build(realm.api()), [realm.name(), id, self.id])
    }

    /// The realm, and the ids of the organisation and the group.
    pub(crate) fn path(self) -> (Realm<'a>, &'a str, &'a str) {
        let Organization { realm, id } = self.organization;
        (realm, id, self.id)
    }

    /// Reads the group. `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    #[inline]
    pub fn get(self) -> Call<GetOrganizationGroup> {
        self.at(Api::get_organization_group)
    }

    /// Like [`get`](Self::get); `None` where there is no such group.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<GroupRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the group's name, description and attributes; what is `None` stays, a map of attributes replaces all of them.
    /// `PUT /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    #[inline]
    pub fn update(self, group: &GroupRepresentation) -> Call<UpdateOrganizationGroup> {
        self.at(|api| api.update_organization_group().body(group))
    }

    /// Reads the group, changes it and writes it back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut GroupRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_organization_group), change)
    }

    /// Deletes the group and those in it; their members stay in the organisation.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    #[inline]
    pub fn delete(self) -> Call<DeleteOrganizationGroup> {
        self.at(Api::delete_organization_group)
    }

    /// Deletes the group if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// Lists the groups in this one. `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/children`
    #[inline]
    pub fn subgroups(self) -> Call<ListOrganizationSubgroups> {
        self.at(Api::list_organization_subgroups)
    }

    /// Creates a group in this one and returns its id; the server takes no more than its name.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/children`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name among the groups in this one.
    #[inline]
    pub fn create_subgroup(
        self,
        group: &GroupRepresentation,
    ) -> Create<CreateOrganizationSubgroup> {
        let find = |name: &str| {
            let list = self.subgroups().query(|q| q.search(name).exact(true));
            let name = name.to_owned();
            find_in_pages(list, move |group| group.name.as_ref() == Some(&name))
        };
        let key = NaturalKey::new("name", group.name.as_deref(), find, |group| group.id);
        let call = self.at(|api| api.create_organization_subgroup().body(group));
        Create::new(call, key)
    }

    /// Moves another group of the organisation into this one, with those in it; its name goes with the request.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/children`
    #[inline]
    pub fn adopt(self, id: &str, name: &str) -> Call<CreateOrganizationSubgroup> {
        self.at(|api| api.create_organization_subgroup().body(known(id, name)))
    }

    /// Lists the members of the group itself, not of those in it.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/members`
    #[inline]
    pub fn members(self) -> Call<ListOrganizationGroupMembers> {
        self.at(Api::list_organization_group_members)
    }

    /// Puts a member of the organisation into the group.
    /// `PUT /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/members/{userId}`
    #[inline]
    pub fn add_member(self, user_id: &str) -> Call<AddUserToOrganizationGroup> {
        self.at(|api| api.add_user_to_organization_group().user_id(user_id))
    }

    /// Takes a member out of the group, not out of the organisation.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/members/{userId}`
    #[inline]
    pub fn remove_member(self, user_id: &str) -> Call<RemoveUserFromOrganizationGroup> {
        self.at(|api| api.remove_user_from_organization_group().user_id(user_id))
    }
}

/// What a move has to say about the group.
fn known(id: &str, name: &str) -> GroupRepresentation {
    GroupRepresentation {
        id: Some(id.to_owned()),
        name: Some(name.to_owned()),
        ..Default::default()
    }
}
