//! Relations between objects: role mappings, composites, memberships, client scopes. Each is read, compared and written by name.

use std::collections::{BTreeMap, BTreeSet};

use keycloak_admin::{Error, Operation, OperationInfo};
use keycloak_api::{
    client_role_mappings, clients, organizations, realms_admin, role_mapper, roles_by_id,
    scope_mappings, users,
};
use serde_json::{Map, Value, json};

use super::Run;
use crate::actual::add_role_mappings;
use crate::model::{Key, Kind};
use crate::plan::{covers, group_key};

macro_rules! info {
    ($($operation:tt)*) => { <$($operation)* as Operation>::INFO };
}

/// The calls that read and write the role mappings of a kind.
struct RoleCalls {
    list: &'static OperationInfo,
    add_realm: &'static OperationInfo,
    remove_realm: &'static OperationInfo,
    add_client: &'static OperationInfo,
    remove_client: &'static OperationInfo,
    /// The path parameter with the id of the roles' client.
    client: &'static str,
}

fn role_calls(kind: Kind) -> Option<RoleCalls> {
    use client_role_mappings::op as client;
    use role_mapper::op as mapper;
    use scope_mappings::op as scope;
    Some(match kind {
        Kind::Group => RoleCalls {
            list: info!(mapper::GetGroupRoleMappings),
            add_realm: info!(mapper::AddRealmRolesToGroup),
            remove_realm: info!(mapper::RemoveRealmRolesFromGroup),
            add_client: info!(client::AddClientRolesToGroup),
            remove_client: info!(client::RemoveClientRolesFromGroup),
            client: "client-id",
        },
        Kind::OrganizationGroup => RoleCalls {
            list: info!(mapper::GetOrganizationGroupRoleMappings),
            add_realm: info!(mapper::AddRealmRolesToOrganizationGroup),
            remove_realm: info!(mapper::RemoveRealmRolesFromOrganizationGroup),
            add_client: info!(client::AddClientRolesToOrganizationGroup),
            remove_client: info!(client::RemoveClientRolesFromOrganizationGroup),
            client: "client-id",
        },
        Kind::User => RoleCalls {
            list: info!(mapper::GetUserRoleMappings),
            add_realm: info!(mapper::AddRealmRolesToUser),
            remove_realm: info!(mapper::RemoveRealmRolesFromUser),
            add_client: info!(client::AddClientRolesToUser),
            remove_client: info!(client::RemoveClientRolesFromUser),
            client: "client-id",
        },
        Kind::ClientScopeMapping => RoleCalls {
            list: info!(scope::GetScopeMappingsOfClient),
            add_realm: info!(scope::AddRealmScopeMappingsToClient),
            remove_realm: info!(scope::RemoveRealmScopeMappingsFromClient),
            add_client: info!(scope::AddClientRoleScopeMappingsToClient),
            remove_client: info!(scope::RemoveClientRoleScopeMappingsFromClient),
            client: "client",
        },
        Kind::ScopeScopeMapping => RoleCalls {
            list: info!(scope::GetScopeMappingsOfClientScope),
            add_realm: info!(scope::AddRealmRolesToClientScope),
            remove_realm: info!(scope::RemoveRealmRolesFromClientScope),
            add_client: info!(scope::AddClientRolesToClientScope),
            remove_client: info!(scope::RemoveClientRolesFromClientScope),
            client: "client",
        },
        _ => return None,
    })
}

/// Two sets: the names to add and the names to remove.
struct Difference {
    add: BTreeSet<String>,
    remove: BTreeSet<String>,
}

fn difference(wanted: &Value, there: &BTreeSet<String>) -> Difference {
    let wanted: BTreeSet<String> = names(Some(wanted));
    Difference {
        add: wanted.difference(there).cloned().collect(),
        remove: there.difference(&wanted).cloned().collect(),
    }
}

fn names(list: Option<&Value>) -> BTreeSet<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

fn names_by(list: &[Value], field: &str) -> BTreeSet<String> {
    let names = list.iter().filter_map(|item| item.get(field)?.as_str());
    names.map(str::to_owned).collect()
}

impl Run<'_> {
    /// Makes the relations of an object the declared ones.
    pub(super) async fn relate(&self, key: &Key) -> Result<(), Error> {
        match key.kind {
            Kind::RealmRole | Kind::ClientRole => self.relate_composites(key).await,
            Kind::Group
            | Kind::OrganizationGroup
            | Kind::ClientScopeMapping
            | Kind::ScopeScopeMapping => self.relate_roles(key).await,
            Kind::User => {
                self.relate_roles(key).await?;
                self.relate_groups(key).await?;
                self.relate_identities(key).await
            }
            Kind::Client => {
                let calls = [
                    (
                        "defaultClientScopes",
                        info!(clients::op::ListClientDefaultClientScopes),
                        info!(clients::op::AddDefaultClientScopeToClient),
                        info!(clients::op::RemoveDefaultClientScopeFromClient),
                    ),
                    (
                        "optionalClientScopes",
                        info!(clients::op::ListClientOptionalClientScopes),
                        info!(clients::op::AddOptionalClientScopeToClient),
                        info!(clients::op::RemoveOptionalClientScopeFromClient),
                    ),
                ];
                self.relate_scopes(key, calls).await
            }
            Kind::Realm => {
                let calls = [
                    (
                        "defaultDefaultClientScopes",
                        info!(realms_admin::op::ListRealmDefaultClientScopes),
                        info!(realms_admin::op::AddDefaultClientScopeToRealm),
                        info!(realms_admin::op::RemoveDefaultClientScopeFromRealm),
                    ),
                    (
                        "defaultOptionalClientScopes",
                        info!(realms_admin::op::ListRealmOptionalClientScopes),
                        info!(realms_admin::op::AddOptionalClientScopeToRealm),
                        info!(realms_admin::op::RemoveOptionalClientScopeFromRealm),
                    ),
                ];
                self.relate_scopes(key, calls).await?;
                self.relate_default_groups(key).await
            }
            Kind::Organization => self.relate_organization(key).await,
            _ => Ok(()),
        }
    }

    /// Returns whether this application has made a group or a role. A new one has no roles, so nothing is listed.
    fn is_new(&self, key: &Key) -> bool {
        let is_empty_when_new = matches!(
            key.kind,
            Kind::Group | Kind::OrganizationGroup | Kind::RealmRole | Kind::ClientRole
        );
        is_empty_when_new && self.actual.get(key).is_none()
    }

    fn declared(&self, key: &Key, field: &str) -> Option<&Value> {
        self.desired.get(key).and_then(|object| object.field(field))
    }

    async fn role(&self, key: &Key) -> Result<Value, Error> {
        Ok(json!({"id": self.id(key).await?, "name": key.name()}))
    }

    async fn roles(&self, client: Option<&str>, names: &BTreeSet<String>) -> Result<Value, Error> {
        let mut list = Vec::new();
        for name in names {
            let key = match client {
                None => Key::new(Kind::RealmRole, [name.as_str()]),
                Some(client) => Key::new(Kind::ClientRole, [client, name]),
            };
            list.push(self.role(&key).await?);
        }
        Ok(list.into())
    }

    async fn relate_roles(&self, key: &Key) -> Result<(), Error> {
        let realm_roles = self.declared(key, "realmRoles");
        let client_roles = self.declared(key, "clientRoles").and_then(Value::as_object);
        let Some(calls) = role_calls(key.kind) else {
            return Ok(());
        };
        if realm_roles.is_none() && client_roles.is_none() {
            return Ok(());
        }
        let mut there = Map::new();
        if !self.is_new(key) {
            let mappings: Value = self.read(self.call(calls.list, key, &[]).await?).await?;
            add_role_mappings(&mut there, &mappings);
        }
        if let Some(wanted) = realm_roles {
            let found = difference(wanted, &names(there.get("realmRoles")));
            for (info, names) in [
                (calls.remove_realm, &found.remove),
                (calls.add_realm, &found.add),
            ] {
                self.write_roles(info, key, &[], None, names).await?;
            }
        }
        for (client, wanted) in client_roles.into_iter().flatten() {
            let there = there.get("clientRoles").and_then(|roles| roles.get(client));
            let found = difference(wanted, &names(there));
            if found.add.is_empty() && found.remove.is_empty() {
                continue;
            }
            let id = self.id(&Key::new(Kind::Client, [client])).await?;
            let given = [(calls.client, id.as_str())];
            for (info, names) in [
                (calls.remove_client, &found.remove),
                (calls.add_client, &found.add),
            ] {
                self.write_roles(info, key, &given, Some(client), names)
                    .await?;
            }
        }
        Ok(())
    }

    async fn write_roles(
        &self,
        info: &'static OperationInfo,
        key: &Key,
        given: &[(&'static str, &str)],
        client: Option<&str>,
        names: &BTreeSet<String>,
    ) -> Result<(), Error> {
        if names.is_empty() {
            return Ok(());
        }
        let roles = self.roles(client, names).await?;
        let call = self.call(info, key, given).await?;
        self.send(call, Some(&roles)).await.map(drop)
    }

    async fn relate_composites(&self, key: &Key) -> Result<(), Error> {
        let Some(wanted) = self.declared(key, "composites") else {
            return Ok(());
        };
        let mut there: Vec<Value> = Vec::new();
        if !self.is_new(key) {
            let list = info!(roles_by_id::op::ListRoleCompositesById);
            there = self.read(self.call(list, key, &[]).await?).await?;
        }
        let mut by_client: BTreeMap<Option<String>, BTreeSet<String>> = BTreeMap::new();
        for role in &there {
            let container = role.get("containerId").and_then(Value::as_str);
            let client = match role.get("clientRole") {
                Some(Value::Bool(true)) => container.map(str::to_owned),
                _ => None,
            };
            let name = role.get("name").and_then(Value::as_str).unwrap_or_default();
            by_client.entry(client).or_default().insert(name.to_owned());
        }
        let none = BTreeSet::new();
        let mut add = Vec::new();
        let mut remove = Vec::new();
        let mut collect = async |client: Option<&str>, wanted: &Value, id: Option<String>| {
            let found = difference(wanted, by_client.get(&id).unwrap_or(&none));
            for (list, names) in [(&mut add, &found.add), (&mut remove, &found.remove)] {
                if let Value::Array(roles) = self.roles(client, names).await? {
                    list.extend(roles);
                }
            }
            Ok::<(), Error>(())
        };
        if let Some(wanted) = wanted.get("realm") {
            collect(None, wanted, None).await?;
        }
        let clients = wanted.get("client").and_then(Value::as_object);
        for (client, wanted) in clients.into_iter().flatten() {
            let id = self.id(&Key::new(Kind::Client, [client])).await?;
            collect(Some(client), wanted, Some(id)).await?;
        }
        for (info, roles) in [
            (info!(roles_by_id::op::RemoveCompositesFromRoleById), remove),
            (info!(roles_by_id::op::AddCompositesToRoleById), add),
        ] {
            if !roles.is_empty() {
                let call = self.call(info, key, &[]).await?;
                self.send(call, Some(&roles.into())).await?;
            }
        }
        Ok(())
    }

    async fn relate_scopes(
        &self,
        key: &Key,
        calls: [(
            &'static str,
            &'static OperationInfo,
            &'static OperationInfo,
            &'static OperationInfo,
        ); 2],
    ) -> Result<(), Error> {
        let mut additions = Vec::new();
        // All removals come first, because a scope cannot be both default and optional.
        for (field, list, add, remove) in calls {
            let Some(wanted) = self.declared(key, field) else {
                continue;
            };
            let there: Vec<Value> = self.read(self.call(list, key, &[]).await?).await?;
            let found = difference(wanted, &names_by(&there, "name"));
            for name in &found.remove {
                self.write_scope(remove, key, name).await?;
            }
            additions.push((add, found.add));
        }
        for (add, names) in additions {
            for name in &names {
                self.write_scope(add, key, name).await?;
            }
        }
        Ok(())
    }

    async fn write_scope(
        &self,
        info: &'static OperationInfo,
        key: &Key,
        name: &str,
    ) -> Result<(), Error> {
        let id = self.id(&Key::new(Kind::ClientScope, [name])).await?;
        let call = self.call(info, key, &[("clientScopeId", &id)]).await?;
        self.send(call, None).await.map(drop)
    }

    async fn relate_default_groups(&self, key: &Key) -> Result<(), Error> {
        let Some(wanted) = self.declared(key, "defaultGroups") else {
            return Ok(());
        };
        let list = info!(realms_admin::op::ListDefaultGroups);
        let add = info!(realms_admin::op::AddDefaultGroup);
        let remove = info!(realms_admin::op::RemoveDefaultGroup);
        self.relate_group_list(key, wanted, [list, add, remove])
            .await
    }

    async fn relate_groups(&self, key: &Key) -> Result<(), Error> {
        let Some(wanted) = self.declared(key, "groups") else {
            return Ok(());
        };
        let list = info!(users::op::ListUserGroups);
        let add = info!(users::op::AddUserToGroup);
        let remove = info!(users::op::RemoveUserFromGroup);
        self.relate_group_list(key, wanted, [list, add, remove])
            .await
    }

    async fn relate_group_list(
        &self,
        key: &Key,
        wanted: &Value,
        [list, add, remove]: [&'static OperationInfo; 3],
    ) -> Result<(), Error> {
        let mut list = self.call(list, key, &[]).await?;
        if key.kind == Kind::User {
            list.set_query("max", i32::MAX);
        }
        let there: Vec<Value> = self.read(list).await?;
        let wanted: Vec<Value> = names(Some(wanted))
            .iter()
            .map(|path| group_path(&group_key(path)).into())
            .collect();
        let found = difference(&wanted.into(), &names_by(&there, "path"));
        // The path of a group with a slash in its name is also that of another group, so the id of the list counts.
        let is_removed = |group: &&Value| {
            let path = group.get("path").and_then(Value::as_str);
            path.is_some_and(|path| found.remove.contains(path))
        };
        for group in there.iter().filter(is_removed) {
            let id = group.get("id").and_then(Value::as_str);
            let id = id.unwrap_or_default();
            let call = self.call(remove, key, &[("groupId", id)]).await?;
            self.send(call, None).await?;
        }
        for path in &found.add {
            let id = self.id(&group_key(path)).await?;
            let call = self.call(add, key, &[("groupId", &id)]).await?;
            self.send(call, None).await?;
        }
        Ok(())
    }

    /// Adds the declared links of a user to identity providers. Other links stay, because the user made them.
    async fn relate_identities(&self, key: &Key) -> Result<(), Error> {
        let declared = self.declared(key, "federatedIdentities");
        let Some(declared) = declared.and_then(Value::as_array) else {
            return Ok(());
        };
        let list = info!(users::op::ListUserFederatedIdentities);
        let there: Vec<Value> = self.read(self.call(list, key, &[]).await?).await?;
        let is_there = |identity: &&Value| {
            let mut there = there.iter();
            there.any(|there| covers(identity, Some(there), false))
        };
        for identity in declared.iter().filter(|identity| !is_there(identity)) {
            let provider = identity.get("identityProvider").and_then(Value::as_str);
            let info = info!(users::op::AddFederatedIdentityToUser);
            let given = [("provider", provider.unwrap_or_default())];
            let call = self.call(info, key, &given).await?;
            self.send(call, Some(identity)).await?;
        }
        Ok(())
    }

    /// Links the declared identity providers, and adds the declared members. Other members stay.
    async fn relate_organization(&self, key: &Key) -> Result<(), Error> {
        if let Some(wanted) = self.declared(key, "identityProviders") {
            let list = info!(organizations::op::ListOrganizationIdentityProviders);
            let there: Vec<Value> = self.read(self.call(list, key, &[]).await?).await?;
            let found = difference(wanted, &names_by(&there, "alias"));
            for alias in &found.remove {
                let info = info!(organizations::op::RemoveIdentityProviderFromOrganization);
                let call = self.call(info, key, &[("alias", alias)]).await?;
                self.send(call, None).await?;
            }
            for alias in found.add {
                let info = info!(organizations::op::AddIdentityProviderToOrganization);
                let call = self.call(info, key, &[]).await?;
                self.send(call, Some(&alias.into())).await?;
            }
        }
        if let Some(wanted) = self.declared(key, "members") {
            let list = info!(organizations::op::ListOrganizationMembers);
            let mut list = self.call(list, key, &[]).await?;
            list.set_query("max", i32::MAX);
            let there: Vec<Value> = self.read(list).await?;
            for name in difference(wanted, &names_by(&there, "username")).add {
                let id = self.id(&Key::new(Kind::User, [name])).await?;
                let info = info!(organizations::op::AddUserToOrganization);
                let call = self.call(info, key, &[]).await?;
                self.send(call, Some(&id.into())).await?;
            }
        }
        Ok(())
    }
}

/// Returns the path of a group as Keycloak writes it.
fn group_path(key: &Key) -> String {
    format!("/{}", key.path.join("/"))
}
