//! The groups inside an organisation. Since Keycloak 26.6.
//!
//! They are apart from the realm's groups: an organisation's group holds members of the organisation only.

use keycloak_api::Client as Api;
use keycloak_api::client_role_mappings::{
    ListAvailableOrganizationGroupClientRoles, ListEffectiveOrganizationGroupClientRoles,
    ListOrganizationGroupClientRoles,
};
use keycloak_api::organizations::{
    AddUserToOrganizationGroup, CreateOrganizationGroup, CreateOrganizationSubgroup,
    DeleteOrganizationGroup, GetOrganizationGroup, GetOrganizationGroupByPath,
    ListOrganizationGroupMembers, ListOrganizationGroups, ListOrganizationSubgroups,
    RemoveUserFromOrganizationGroup, UpdateOrganizationGroup,
};
use keycloak_api::role_mapper::{
    GetOrganizationGroupRoleMappings, ListAvailableOrganizationGroupRealmRoles,
    ListEffectiveOrganizationGroupRealmRoles, ListOrganizationGroupRealmRoles,
};
use keycloak_api::types::{GroupRepresentation, RoleRepresentation};
use keycloak_session::{BoxFuture, Error, Operation};

use super::Organization;
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Call, Create, modify};

impl<'a> Organization<'a> {
    /// The groups inside the organisation. Since Keycloak 26.6.
    #[must_use]
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
    pub fn list(self) -> Call<ListOrganizationGroups> {
        self.organization.at(Api::list_organization_groups)
    }

    /// Creates a group at the top and returns its id. `POST /admin/realms/{realm}/organizations/{org-id}/groups`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name among the groups at the top. A group that has its `id`
    /// set is moved and not made.
    pub fn create(self, group: &GroupRepresentation) -> Create<CreateOrganizationGroup> {
        let name = group.name.as_deref();
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", name, find, |group| group.id);
        let call = self
            .organization
            .at(|api| api.create_organization_group().body(group));
        Create::new(call, key)
    }

    /// The group at the top that has exactly this name; `None` where none has.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups`
    #[must_use = "a call does nothing until it is awaited"]
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
    pub fn by_path(self, path: &str) -> Call<GetOrganizationGroupByPath> {
        let path = path.strip_prefix('/').unwrap_or(path);
        self.organization
            .at(|api| api.get_organization_group_by_path().path(path))
    }

    /// Like [`by_path`](Self::by_path); `None` where there is no such group.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find_by_path(
        self,
        path: &str,
    ) -> BoxFuture<'static, Result<Option<GroupRepresentation>, Error>> {
        self.by_path(path).optional()
    }

    /// The group of this id. It need not exist: nothing is sent.
    #[must_use]
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
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let Organization { realm, id } = self.organization;
        Call::at(build(realm.api()), [realm.name(), id, self.id])
    }

    /// Reads the group. `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    pub fn get(self) -> Call<GetOrganizationGroup> {
        self.at(Api::get_organization_group)
    }

    /// Like [`get`](Self::get); `None` where there is no such group.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn find(self) -> BoxFuture<'static, Result<Option<GroupRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the group's name, description and attributes; what is `None` stays, a map of attributes replaces all of them.
    /// `PUT /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    pub fn update(self, group: &GroupRepresentation) -> Call<UpdateOrganizationGroup> {
        self.at(|api| api.update_organization_group().body(group))
    }

    /// Reads the group, changes it and writes it back whole. Where nothing is changed, nothing is written.
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut GroupRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_organization_group), change)
    }

    /// Deletes the group and those in it; their members stay in the organisation.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    pub fn delete(self) -> Call<DeleteOrganizationGroup> {
        self.at(Api::delete_organization_group)
    }

    /// Deletes the group if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// Lists the groups in this one. `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/children`
    pub fn subgroups(self) -> Call<ListOrganizationSubgroups> {
        self.at(Api::list_organization_subgroups)
    }

    /// Creates a group in this one, with its name alone, and returns its id.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/children`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name among the groups in this one.
    pub fn create_subgroup(self, name: &str) -> Create<CreateOrganizationSubgroup> {
        let list = self.subgroups().query(|q| q.search(name).exact(true));
        let find = |name: &str| {
            let name = name.to_owned();
            find_in_pages(list, move |group| group.name.as_ref() == Some(&name))
        };
        let key = NaturalKey::new("name", Some(name), find, |group| group.id);
        let group = GroupRepresentation {
            name: Some(name.to_owned()),
            ..Default::default()
        };
        let call = self.at(|api| api.create_organization_subgroup().body(group));
        Create::new(call, key)
    }

    /// Moves the group, with those in it, to the top. It is read first, because a move has to name it.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/groups`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn move_to_top(self) -> BoxFuture<'static, Result<(), Error>> {
        let to = self.organization.at(Api::create_organization_group);
        let get = self.get();
        Box::pin(async move {
            let group = named(get.await?);
            to.query(|q| q.body(group)).await.map(drop)
        })
    }

    /// Moves the group, with those in it, into another of the organisation. It is read first, because a move has to name it.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/children`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn move_into(self, parent_id: &str) -> BoxFuture<'static, Result<(), Error>> {
        let parent = Group {
            organization: self.organization,
            id: parent_id,
        };
        let to = parent.at(Api::create_organization_subgroup);
        let get = self.get();
        Box::pin(async move {
            let group = named(get.await?);
            to.query(|q| q.body(group)).await.map(drop)
        })
    }

    /// Lists the members of the group itself, not of those in it.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/members`
    pub fn members(self) -> Call<ListOrganizationGroupMembers> {
        self.at(Api::list_organization_group_members)
    }

    /// Puts a member of the organisation into the group.
    /// `PUT /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/members/{userId}`
    pub fn add_member(self, user_id: &str) -> Call<AddUserToOrganizationGroup> {
        self.at(|api| api.add_user_to_organization_group().user_id(user_id))
    }

    /// Takes a member out of the group, not out of the organisation.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/members/{userId}`
    pub fn remove_member(self, user_id: &str) -> Call<RemoveUserFromOrganizationGroup> {
        self.at(|api| api.remove_user_from_organization_group().user_id(user_id))
    }
}

/// Which roles the members of the group have through it. Since Keycloak 26.7.
impl Group<'_> {
    /// Reads all roles that are mapped to the group directly.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings`
    pub fn role_mappings(self) -> Call<GetOrganizationGroupRoleMappings> {
        self.at(Api::get_organization_group_role_mappings)
    }

    /// Lists the realm roles that are mapped to the group directly.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/realm`
    pub fn realm_roles(self) -> Call<ListOrganizationGroupRealmRoles> {
        self.at(Api::list_organization_group_realm_roles)
    }

    /// Lists the realm roles that are not mapped to the group yet.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/realm/available`
    pub fn available_realm_roles(self) -> Call<ListAvailableOrganizationGroupRealmRoles> {
        self.at(Api::list_available_organization_group_realm_roles)
    }

    /// Lists the realm roles that the group has, also through composite roles.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/realm/composite`
    pub fn effective_realm_roles(self) -> Call<ListEffectiveOrganizationGroupRealmRoles> {
        self.at(Api::list_effective_organization_group_realm_roles)
    }

    /// Maps realm roles to the group; each needs its `id` and `name`. An empty list sends nothing.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/realm`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn add_realm_roles(
        self,
        roles: &[RoleRepresentation],
    ) -> BoxFuture<'static, Result<(), Error>> {
        self.at(|api| api.add_realm_roles_to_organization_group().body(roles))
            .unless(roles.is_empty())
    }

    /// Takes realm roles from the group; each needs its `id` and `name`. An empty list sends nothing.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/realm`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn remove_realm_roles(
        self,
        roles: &[RoleRepresentation],
    ) -> BoxFuture<'static, Result<(), Error>> {
        self.at(|api| api.remove_realm_roles_from_organization_group().body(roles))
            .unless(roles.is_empty())
    }

    /// Lists the roles of a client, named by its `uuid`, that are mapped to the group directly.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/clients/{client-id}`
    pub fn client_roles(self, uuid: &str) -> Call<ListOrganizationGroupClientRoles> {
        self.at(|api| api.list_organization_group_client_roles().client_uuid(uuid))
    }

    /// Lists the roles of a client, named by its `uuid`, that are not mapped to the group yet.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/clients/{client-id}/available`
    pub fn available_client_roles(
        self,
        uuid: &str,
    ) -> Call<ListAvailableOrganizationGroupClientRoles> {
        self.at(|api| {
            api.list_available_organization_group_client_roles()
                .client_uuid(uuid)
        })
    }

    /// Lists the roles of a client, named by its `uuid`, that the group has, also through composite roles.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/clients/{client-id}/composite`
    pub fn effective_client_roles(
        self,
        uuid: &str,
    ) -> Call<ListEffectiveOrganizationGroupClientRoles> {
        self.at(|api| {
            api.list_effective_organization_group_client_roles()
                .client_uuid(uuid)
        })
    }

    /// Maps roles of a client, named by its `uuid`, to the group; each needs its `id` and `name`. An empty list sends nothing.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/clients/{client-id}`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn add_client_roles(
        self,
        uuid: &str,
        roles: &[RoleRepresentation],
    ) -> BoxFuture<'static, Result<(), Error>> {
        self.at(|api| {
            api.add_client_roles_to_organization_group()
                .client_uuid(uuid)
                .body(roles)
        })
        .unless(roles.is_empty())
    }

    /// Takes roles of a client, named by its `uuid`, from the group; each needs its `id` and `name`. An empty list sends nothing.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/role-mappings/clients/{client-id}`
    #[must_use = "a call does nothing until it is awaited"]
    pub fn remove_client_roles(
        self,
        uuid: &str,
        roles: &[RoleRepresentation],
    ) -> BoxFuture<'static, Result<(), Error>> {
        self.at(|api| {
            api.remove_client_roles_from_organization_group()
                .client_uuid(uuid)
                .body(roles)
        })
        .unless(roles.is_empty())
    }
}

/// What a move has to say about the group.
fn named(group: GroupRepresentation) -> GroupRepresentation {
    GroupRepresentation {
        id: group.id,
        name: group.name,
        ..Default::default()
    }
}
