//! The groups inside an organisation. Since Keycloak 26.6.
//!
//! They are not the groups of the realm. A group of an organisation holds only members of that organisation.

use keycloak_api::organizations::{
    AddUserToOrganizationGroup, CreateOrganizationGroup, CreateOrganizationSubgroup,
    DeleteOrganizationGroup, GetOrganizationGroup, GetOrganizationGroupByPath,
    ListOrganizationGroupMembers, ListOrganizationGroups, ListOrganizationSubgroups,
    RemoveUserFromOrganizationGroup, UpdateOrganizationGroup,
};
use keycloak_api::types::GroupRepresentation;
use keycloak_session::Error;

use super::Organization;
use crate::create::NaturalKey;
use crate::find::{find_in_pages, is_found_exactly};
use crate::{Create, Modify, Realm};

impl Organization {
    /// Returns a handle on the groups inside the organisation. Since Keycloak 26.6.
    #[must_use]
    pub fn groups(&self) -> Groups {
        Groups {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
        }
    }

    /// Returns a handle on the organisation's group with this id. Nothing is sent, so the group need not exist. Since Keycloak 26.6.
    #[must_use]
    pub fn group(&self, id: impl Into<String>) -> Group {
        Group {
            realm: self.realm.clone(),
            organization_id: self.id.clone(),
            id: id.into(),
        }
    }
}

/// The groups of an organisation, from [`Organization::groups`].
#[derive(Clone, Debug)]
pub struct Groups {
    realm: Realm,
    organization_id: String,
}

impl Groups {
    /// Lists the groups at the top. `GET /admin/realms/{realm}/organizations/{org-id}/groups`
    ///
    /// `search` looks at all groups. With `populate_hierarchy(true)` each group that is found comes inside the groups above it.
    pub fn list(&self) -> ListOrganizationGroups {
        self.realm
            .api()
            .list_organization_groups()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
    }

    /// Creates a group at the top and returns its id. `POST /admin/realms/{realm}/organizations/{org-id}/groups`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the group by its name among the groups at the top.
    #[inline]
    pub fn create(&self, group: &GroupRepresentation) -> Create<CreateOrganizationGroup> {
        let organization_id = self.organization_id.clone();
        let name = group.name.as_deref();
        let key = NaturalKey::new(&self.realm, "name", name, move |realm, name| {
            let groups = realm.organization(&organization_id).groups();
            async move {
                let found = groups.find_by_name(&name).await?;
                Ok(found.and_then(|group| group.id))
            }
        });
        let call = self
            .realm
            .api()
            .create_organization_group()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .body(group);
        Create::new(call, key)
    }

    /// Finds the group at the top with exactly this name. `GET /admin/realms/{realm}/organizations/{org-id}/groups`
    pub async fn find_by_name(&self, name: &str) -> Result<Option<GroupRepresentation>, Error> {
        let list = self.list().search(name).exact(is_found_exactly(name));
        let list = list.populate_hierarchy(true).brief_representation(false);
        // A subgroup of that name comes inside the group above it.
        find_in_pages(list, |group| group.name.as_deref() == Some(name)).await
    }

    /// Reads the group at the end of a path, such as `sales/france`. A slash before the path makes no difference.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/group-by-path/{path}`
    pub fn get_by_path(&self, path: &str) -> GetOrganizationGroupByPath {
        self.realm
            .api()
            .get_organization_group_by_path()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .path(path.strip_prefix('/').unwrap_or(path))
    }

    /// Reads the group at the end of a path; `None` if there is no such group.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/group-by-path/{path}`
    pub async fn find_by_path(&self, path: &str) -> Result<Option<GroupRepresentation>, Error> {
        self.get_by_path(path).optional().await
    }
}

/// One group of an organisation, from [`Organization::group`].
#[derive(Clone, Debug)]
pub struct Group {
    realm: Realm,
    organization_id: String,
    id: String,
}

impl Group {
    /// Returns the group's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the realm, the id of the organisation and the id of the group.
    pub(crate) fn path(&self) -> (&Realm, &str, &str) {
        (&self.realm, &self.organization_id, &self.id)
    }

    /// Reads the group. `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    pub fn get(&self) -> GetOrganizationGroup {
        self.realm
            .api()
            .get_organization_group()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .group_id(&self.id)
    }

    /// Reads the group; `None` if there is no such group.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    pub async fn find(&self) -> Result<Option<GroupRepresentation>, Error> {
        self.get().optional().await
    }

    /// Changes the group's name, description and attributes.
    /// `PUT /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    ///
    /// `attributes` that are `None` stay, and a map replaces all of them. A description that is `None` is removed.
    ///
    /// A group that was read with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps
    /// them, and removes attributes that become `None`.
    #[inline]
    pub fn update(&self, group: &GroupRepresentation) -> UpdateOrganizationGroup {
        self.put().body(group)
    }

    /// Reads the group, changes it and writes it back whole. If nothing is changed, nothing is written.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut GroupRepresentation) + Send + 'f,
    ) -> Modify<'f, GroupRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    fn put(&self) -> UpdateOrganizationGroup {
        self.realm
            .api()
            .update_organization_group()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .group_id(&self.id)
    }

    /// Deletes the group and its subgroups. Their members stay in the organisation.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    pub fn delete(&self) -> DeleteOrganizationGroup {
        self.realm
            .api()
            .delete_organization_group()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .group_id(&self.id)
    }

    /// Deletes the group if it exists. Returns whether it existed.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Lists the subgroups. `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/children`
    pub fn list_subgroups(&self) -> ListOrganizationSubgroups {
        self.realm
            .api()
            .list_organization_subgroups()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .group_id(&self.id)
    }

    /// Creates a subgroup and returns its id. The server stores only its name.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/children`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the group by its name among the subgroups.
    #[inline]
    pub fn create_subgroup(
        &self,
        group: &GroupRepresentation,
    ) -> Create<CreateOrganizationSubgroup> {
        let (organization_id, parent_id) = (self.organization_id.clone(), self.id.clone());
        let name = group.name.as_deref();
        let key = NaturalKey::new(&self.realm, "name", name, move |realm, name| {
            let parent = realm.organization(&organization_id).group(&parent_id);
            async move {
                let list = parent.list_subgroups().search(&name);
                let list = list.exact(is_found_exactly(&name));
                let is_it = |group: &GroupRepresentation| group.name.as_ref() == Some(&name);
                let found = find_in_pages(list, is_it).await?;
                Ok(found.and_then(|group| group.id))
            }
        });
        Create::new(self.post_subgroup(group), key)
    }

    /// Moves another group of the organisation, with its subgroups, below this one.
    /// `POST /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/children`
    ///
    /// `name` is the name of the other group, which Keycloak wants in the request.
    pub fn adopt(&self, id: &str, name: &str) -> CreateOrganizationSubgroup {
        self.post_subgroup(&GroupRepresentation::new().with_id(id).with_name(name))
    }

    /// Moves the group, with its subgroups, to the top. `POST /admin/realms/{realm}/organizations/{org-id}/groups`
    ///
    /// `name` is the group's name, which Keycloak wants in the request.
    #[inline]
    pub fn move_to_top(&self, name: &str) -> CreateOrganizationGroup {
        let group = GroupRepresentation::new().with_id(&self.id).with_name(name);
        self.realm
            .api()
            .create_organization_group()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .body(group)
    }

    fn post_subgroup(&self, group: &GroupRepresentation) -> CreateOrganizationSubgroup {
        self.realm
            .api()
            .create_organization_subgroup()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .group_id(&self.id)
            .body(group)
    }

    /// Lists the members of the group. Members of its subgroups are not in the list.
    /// `GET /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/members`
    pub fn list_members(&self) -> ListOrganizationGroupMembers {
        self.realm
            .api()
            .list_organization_group_members()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .group_id(&self.id)
    }

    /// Puts a member of the organisation into the group.
    /// `PUT /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/members/{userId}`
    pub fn add_member(&self, user_id: &str) -> AddUserToOrganizationGroup {
        self.realm
            .api()
            .add_user_to_organization_group()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .group_id(&self.id)
            .user_id(user_id)
    }

    /// Takes a member out of the group. The member stays in the organisation.
    /// `DELETE /admin/realms/{realm}/organizations/{org-id}/groups/{group-id}/members/{userId}`
    pub fn remove_member(&self, user_id: &str) -> RemoveUserFromOrganizationGroup {
        self.realm
            .api()
            .remove_user_from_organization_group()
            .realm(self.realm.name())
            .org_id(&self.organization_id)
            .group_id(&self.id)
            .user_id(user_id)
    }
}
