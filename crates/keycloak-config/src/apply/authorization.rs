//! Writing a client's authorization services: one import of what differs. The server finds the objects by name and keeps the others.

use std::collections::BTreeMap;

use keycloak_admin::{Error, Operation};
use keycloak_api::authorization_services::op;
use keycloak_api::{clients, groups, identity_providers, realms_admin, roles_by_id};
use serde_json::{Map, Value, json};

use super::{Run, calls};
use crate::model::permissions::{self, PERMISSIONS_CLIENT};
use crate::model::{Key, Kind};
use crate::plan::{Action, Edit};

impl Run<'_> {
    /// Writes the settings, the scopes, the resources and the policies of a client that the plan changes.
    pub(super) async fn authorize(&self, client: &str) -> Result<(), Error> {
        let key = Key::new(Kind::Authorization, [client]);
        if client == PERMISSIONS_CLIENT {
            return self.write_permissions().await;
        }
        let is_new_permissions =
            permissions::is_permissions_client(client) && self.actual.get(&key).is_none();
        if is_new_permissions {
            self.enable_permissions(client).await?;
        }
        let get = self
            .call(<op::GetAuthzResourceServer as Operation>::INFO, &key, &[])
            .await?;
        let mut settings: Map<String, Value> = self.read(get).await?;
        settings.retain(|name, _| {
            matches!(
                name.as_str(),
                "allowRemoteResourceManagement" | "decisionStrategy" | "policyEnforcementMode"
            )
        });
        if let Some(declared) = self.desired.get(&key) {
            settings.extend(declared.fields.clone());
        }
        for (field, kind) in [
            ("scopes", Kind::AuthorizationScope),
            ("resources", Kind::Resource),
            ("policies", Kind::Policy),
        ] {
            let mut list = Vec::new();
            for action in self.changed(kind, client) {
                let mut fields = self.importable(&action.key).await?;
                // Without its id, a resource that exists stays as it is.
                let is_change = matches!(action.edit, Edit::Change { .. });
                if kind == Kind::Resource && (is_change || is_new_permissions) {
                    match self.authorization_id(&action.key).await? {
                        Some(id) => fields["_id"] = id.into(),
                        None if is_change => return Err(calls::missing(&action.key)),
                        // Keycloak has not made it together with the permissions.
                        None => {}
                    }
                }
                list.push(fields);
            }
            settings.insert(field.to_owned(), list.into());
        }
        let post = self
            .call(<op::ImportAuthzSettings as Operation>::INFO, &key, &[])
            .await?;
        self.send(post, Some(&settings.into())).await.map(drop)
    }

    /// Returns the actions that make or change objects of a kind in a client's authorization services.
    fn changed(&self, kind: Kind, client: &str) -> impl Iterator<Item = &Action> {
        self.plan.actions.iter().filter(move |action| {
            action.key.kind == kind && action.key.path[0] == client && action.edit != Edit::Delete
        })
    }

    /// Returns an object of the changed realm in the form that the server takes, with ids in place of names.
    async fn importable(&self, key: &Key) -> Result<Value, Error> {
        let object = self.applied().get(key);
        let object = object.ok_or_else(|| calls::missing(key))?;
        let mut fields = object.fields.clone();
        fields.insert("name".to_owned(), key.name().into());
        if let (Kind::Resource, Some(Value::Array(scopes))) = (key.kind, fields.get_mut("scopes")) {
            for scope in scopes {
                *scope = json!({"name": scope.take()});
            }
        }
        let mut fields = fields.into();
        self.write_ids(key, &mut fields).await?;
        Ok(fields)
    }

    /// Writes ids in place of names in the name and in the resources of a policy.
    pub(super) async fn write_ids(&self, key: &Key, fields: &mut Value) -> Result<(), Error> {
        if let Some((prefix, target)) = permissions::target_of_name(key) {
            let id = self.id(&target).await?;
            fields["name"] = format!("{prefix}{id}").into();
        }
        let mut ids = BTreeMap::new();
        for (resource, prefix, target) in permissions::targets_of_resources(key, fields) {
            let id = self.id(&target).await?;
            ids.insert(resource, format!("{prefix}{id}"));
        }
        permissions::edit_resources(fields, |resource| {
            if let Some(id) = resource.as_str().and_then(|text| ids.get(text)) {
                *resource = id.clone().into();
            }
        });
        Ok(())
    }

    /// Writes the permissions of version 2. Their client has no import.
    async fn write_permissions(&self) -> Result<(), Error> {
        let mut writes = Vec::new();
        for action in self.changed(Kind::Policy, PERMISSIONS_CLIENT) {
            let policy = self.importable(&action.key).await?;
            // A permission is written after the policies that it names.
            let is_later = policy.pointer("/config/applyPolicies").is_some();
            writes.push((is_later, action, policy));
        }
        writes.sort_by_key(|(is_later, ..)| *is_later);
        for (_, action, policy) in writes {
            let call = if let Edit::Change { .. } = action.edit {
                let id = self.id(&action.key).await?;
                let info = <op::UpdateAuthzPolicy as Operation>::INFO;
                self.call(info, &action.key, &[("policy-id", &id)]).await?
            } else {
                let info = <op::CreateAuthzPolicy as Operation>::INFO;
                self.call(info, &action.key, &[]).await?
            };
            self.send(call, Some(&policy)).await?;
        }
        Ok(())
    }

    /// Turns on the permissions of version 1 of the objects that the declaration names, and so the authorization services of their client.
    async fn enable_permissions(&self, client: &str) -> Result<(), Error> {
        let resources = self.changed(Kind::Resource, client);
        let targets = resources.filter_map(|action| permissions::target_of_name(&action.key));
        let mut targets: Vec<Key> = targets.map(|(_, target)| target).collect();
        if targets.is_empty() {
            targets.push(Key::new(Kind::User, ["all"]));
        }
        for target in targets {
            let info = match target.kind {
                Kind::Client => <clients::op::UpdateClientManagementPermissions as Operation>::INFO,
                Kind::Group => <groups::op::UpdateGroupManagementPermissions as Operation>::INFO,
                Kind::IdentityProvider => {
                    <identity_providers::op::UpdateIdentityProviderManagementPermissions as Operation>::INFO
                }
                Kind::RealmRole | Kind::ClientRole => {
                    <roles_by_id::op::UpdateRoleManagementPermissionsById as Operation>::INFO
                }
                _ => <realms_admin::op::UpdateUsersManagementPermissions as Operation>::INFO,
            };
            let put = self.call(info, &target, &[]).await?;
            self.send(put, Some(&json!({"enabled": true}))).await?;
        }
        Ok(())
    }
}
