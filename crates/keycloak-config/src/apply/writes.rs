//! Making, changing and deleting objects.

use keycloak_admin::{Error, Operation, OperationInfo};
use keycloak_api::authentication_management::op as flow;
use keycloak_api::{
    authorization_services, clients, component, groups, organizations, realms_admin, users,
};
use serde_json::{Map, Value, json};

use super::order::{BINDINGS, is_later};
use super::{Run, calls};
use crate::model::{Key, Kind, Object};
use crate::plan::{Action, Change, Edit};

impl Run<'_> {
    /// Makes an object or changes its fields, except the fields that are written later.
    pub(super) async fn write(&self, action: &Action) -> Result<(), Error> {
        let Action { key, edit } = action;
        match (key.kind, edit) {
            (_, Edit::Delete) => Ok(()),
            (Kind::Flow, _) => self.write_flow(key).await,
            (Kind::Localization, edit) => self.write_texts(key, edit).await,
            (Kind::UserProfile, edit) => self.write_profile(edit).await,
            (_, Edit::Create { fields }) => self.create(key, fields).await,
            (_, Edit::Change { changes }) => {
                let now: Vec<&Change> = changes
                    .iter()
                    .filter(|change| !is_later(key.kind, &change.path[0]))
                    .collect();
                self.change(key, &now).await
            }
        }
    }

    /// Sets the flows of the realm.
    pub(super) async fn bind(&self, action: &Action) -> Result<(), Error> {
        let Edit::Change { changes } = &action.edit else {
            return Ok(());
        };
        let bindings: Vec<&Change> = changes
            .iter()
            .filter(|change| BINDINGS.contains(&change.path[0].as_str()))
            .collect();
        self.change(&action.key, &bindings).await
    }

    async fn create(&self, key: &Key, fields: &Map<String, Value>) -> Result<(), Error> {
        let calls = calls::of(key.kind).ok_or_else(|| calls::missing(key))?;
        if self.exists_already(key, fields).await? {
            let changes = as_changes(key.kind, fields);
            return self.change(key, &changes.iter().collect::<Vec<_>>()).await;
        }
        let mut body = fields.clone();
        body.retain(|field, _| !is_later(key.kind, field) || keeps(key.kind, field));
        let create = match (key.kind, key.parent()) {
            (Kind::Group, None) => self.plain(<groups::op::CreateGroup as Operation>::INFO),
            (Kind::OrganizationGroup, Some(parent)) if parent.kind == Kind::Organization => {
                let info = <organizations::op::CreateOrganizationGroup as Operation>::INFO;
                self.call(info, key, &[]).await?
            }
            (Kind::Group | Kind::OrganizationGroup, Some(parent)) => {
                let parent = self.id(&parent).await?;
                let parent = [("group-id", parent.as_str())];
                self.call(calls.create, key, &parent).await?
            }
            _ => self.call(calls.create, key, &[]).await?,
        };
        self.complete(key, &mut body).await?;
        let created = match self.send(create, Some(&body.into())).await {
            // Another change of the plan, or an earlier application, has made the object.
            Err(error) if error.is_conflict() && self.id(key).await.is_ok() => {
                let changes = as_changes(key.kind, fields);
                return self.change(key, &changes.iter().collect::<Vec<_>>()).await;
            }
            result => result?,
        };
        if let Some(id) = created {
            // The address of a new role ends in its name, and that of a provider in its alias.
            let has_id = !matches!(
                key.kind,
                Kind::RealmRole | Kind::ClientRole | Kind::IdentityProvider
            );
            if has_id {
                self.remember(key, id);
            }
        }
        if takes_only_names(key) {
            let mut changes = as_changes(key.kind, fields);
            changes.retain(|change| change.path[0] != "name");
            return self.change(key, &changes.iter().collect::<Vec<_>>()).await;
        }
        Ok(())
    }

    /// Returns whether the server has made the object together with another one: the user of a service account, or the mapper of an LDAP.
    async fn exists_already(&self, key: &Key, fields: &Map<String, Value>) -> Result<bool, Error> {
        match key.kind {
            Kind::User => {
                let Some(client) = fields.get("serviceAccountClientId").and_then(Value::as_str)
                else {
                    return Ok(false);
                };
                let client = Key::new(Kind::Client, [client]);
                let info = <clients::op::GetServiceAccountUser as Operation>::INFO;
                let get = self.call(info, &client, &[]).await?;
                let user: Value = self.read(get).await?;
                self.remember_id_of(key, &user);
                Ok(true)
            }
            Kind::Component if key.parent().is_some() => {
                let mut list = self.plain(<component::op::ListComponents as Operation>::INFO);
                list.set_query("parent", self.component_parent(key).await?);
                list.set_query("name", key.name());
                let found: Vec<Value> = self.read(list).await?;
                let found = found.iter().find(|found| found["name"] == key.name());
                if let Some(found) = found {
                    self.remember_id_of(key, found);
                }
                Ok(found.is_some())
            }
            _ => Ok(false),
        }
    }

    fn remember_id_of(&self, key: &Key, object: &Value) {
        if let Some(id) = object.get("id").and_then(Value::as_str) {
            self.remember(key, id.to_owned());
        }
    }

    /// Adds the parts of a body that are not fields of the declaration.
    async fn complete(&self, key: &Key, body: &mut Map<String, Value>) -> Result<(), Error> {
        match key.kind {
            Kind::Client => self.resolve_overrides(body),
            Kind::Component => {
                let (parents, _) = key.path.split_at(key.path.len() - 1);
                let provider_type = parents.last().map_or("", String::as_str);
                let provider_type = provider_type.split(':').next().unwrap_or_default();
                body.insert("providerType".to_owned(), provider_type.into());
                let parent = self.component_parent(key).await?;
                body.insert("parentId".to_owned(), parent.into());
                Ok(())
            }
            Kind::RequiredAction => {
                let provider = body.get("providerId").cloned();
                let provider = provider.unwrap_or_else(|| key.name().into());
                let name = body.get("name").cloned();
                let name = name.unwrap_or_else(|| key.name().into());
                *body = Map::new();
                body.insert("providerId".to_owned(), provider);
                body.insert("name".to_owned(), name);
                Ok(())
            }
            Kind::Organization if !body.contains_key("name") => {
                body.insert("name".to_owned(), key.name().into());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Returns the id of the component that a component is part of, or of the realm.
    async fn component_parent(&self, key: &Key) -> Result<String, Error> {
        match key.parent() {
            Some(parent) => self.id(&parent).await,
            None => self.realm_id().await,
        }
    }

    async fn realm_id(&self) -> Result<String, Error> {
        let realm = Key::new(Kind::Realm, [self.realm]);
        if let Some(id) = self.known_id(&realm) {
            return Ok(id);
        }
        let get = self.plain(<realms_admin::op::GetRealm as Operation>::INFO);
        let answer: Value = self.read(get).await?;
        self.remember_id_of(&realm, &answer);
        self.known_id(&realm).ok_or_else(|| calls::missing(&realm))
    }

    /// Writes the ids of flows in place of their aliases.
    fn resolve_overrides(&self, client: &mut Map<String, Value>) -> Result<(), Error> {
        let overrides = client.get_mut("authenticationFlowBindingOverrides");
        for (_, flow) in overrides
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            if let Some(alias) = flow.as_str().filter(|alias| !alias.is_empty()) {
                let key = Key::new(Kind::Flow, [alias]);
                // A flow that the client has already is an id.
                if self.desired.get(&key).is_some() || self.actual.get(&key).is_some() {
                    *flow = self.flow_id(&key)?.into();
                }
            }
        }
        Ok(())
    }

    /// Reads the object, changes it and writes it back whole, because many fields that are left out would be cleared.
    async fn change(&self, key: &Key, changes: &[&Change]) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let calls = calls::of(key.kind).ok_or_else(|| calls::missing(key))?;
        let mut object: Map<String, Value> =
            self.read(self.call(calls.get, key, &[]).await?).await?;
        for change in changes {
            change.write(&mut object);
        }
        if key.kind == Kind::Client {
            self.resolve_overrides(&mut object)?;
        }
        let put = self.call(calls.put, key, &[]).await?;
        self.send(put, Some(&object.into())).await?;
        Ok(())
    }

    async fn write_texts(&self, key: &Key, edit: &Edit) -> Result<(), Error> {
        let texts: Map<String, Value> = match edit {
            Edit::Create { fields } => fields.clone(),
            Edit::Change { changes } => {
                let texts = changes.iter();
                texts
                    .map(|change| (change.path[0].clone(), change.new.clone()))
                    .collect()
            }
            Edit::Delete => return Ok(()),
        };
        let info = <realms_admin::op::ImportLocalizationTexts as Operation>::INFO;
        let post = self.call(info, key, &[]).await?;
        self.send(post, Some(&texts.into())).await.map(drop)
    }

    async fn write_profile(&self, edit: &Edit) -> Result<(), Error> {
        let get = self.plain(<users::op::GetUserProfileConfig as Operation>::INFO);
        let mut profile: Map<String, Value> = self.read(get).await?;
        match edit {
            Edit::Create { fields } => profile.extend(fields.clone()),
            Edit::Change { changes } => {
                for change in changes {
                    change.write(&mut profile);
                }
            }
            Edit::Delete => return Ok(()),
        }
        let put = self.plain(<users::op::UpdateUserProfileConfig as Operation>::INFO);
        self.send(put, Some(&profile.into())).await.map(drop)
    }

    /// Writes all client profiles, or all client policies: those that are there now, with the changes of the plan.
    pub(super) async fn write_list(&self, kind: Kind) -> Result<(), Error> {
        self.edit_list(kind, |edit| !matches!(edit, Edit::Delete))
            .await
    }

    async fn edit_list(&self, kind: Kind, is_wanted: impl Fn(&Edit) -> bool) -> Result<(), Error> {
        use realms_admin::op;
        let (list, get, put) = match kind {
            Kind::ClientProfile => (
                "profiles",
                <op::GetClientProfiles as Operation>::INFO,
                <op::UpdateClientProfiles as Operation>::INFO,
            ),
            _ => (
                "policies",
                <op::GetClientPolicies as Operation>::INFO,
                <op::UpdateClientPolicies as Operation>::INFO,
            ),
        };
        let mut there: Map<String, Value> = self.read(self.plain(get)).await?;
        let mut objects = match there.remove(list) {
            Some(Value::Array(objects)) => objects,
            _ => Vec::new(),
        };
        let actions = self.plan.actions.iter();
        for action in actions.filter(|action| action.key.kind == kind && is_wanted(&action.edit)) {
            edit_item(&mut objects, action);
        }
        let put = self.plain(put);
        self.send(put, Some(&json!({list: objects})))
            .await
            .map(drop)
    }

    /// Deletes an object. An object that is gone already is deleted.
    pub(super) async fn delete(&self, key: &Key) -> Result<(), Error> {
        use authorization_services::op;
        let info: &'static OperationInfo = match key.kind {
            Kind::ClientProfile | Kind::ClientPolicy => {
                let is_deletion = |edit: &Edit| matches!(edit, Edit::Delete);
                return self.edit_list(key.kind, is_deletion).await;
            }
            Kind::Resource => <op::DeleteAuthzResource as Operation>::INFO,
            Kind::AuthorizationScope => <op::DeleteAuthzScope as Operation>::INFO,
            Kind::Policy => <op::DeleteAuthzPolicy as Operation>::INFO,
            Kind::Flow => <flow::DeleteAuthenticationFlow as Operation>::INFO,
            kind => match calls::of(kind) {
                Some(calls) => calls.delete,
                None => return Ok(()),
            },
        };
        match self.send(self.call(info, key, &[]).await?, None).await {
            Err(error) if error.is_not_found() => Ok(()),
            result => result.map(drop),
        }
    }
}

/// Makes the change of an action in a list of objects with names.
fn edit_item(objects: &mut Vec<Value>, action: &Action) {
    let is_it =
        |object: &Value| object.get("name").and_then(Value::as_str) == Some(action.key.name());
    let mut found = objects.iter_mut().filter_map(|object| {
        let is_found = is_it(object);
        object.as_object_mut().filter(|_| is_found)
    });
    match (&action.edit, found.next()) {
        (Edit::Delete, _) => objects.retain(|object| !is_it(object)),
        (Edit::Create { fields }, Some(object)) => object.extend(fields.clone()),
        (Edit::Create { fields }, None) => objects.push(fields.clone().into()),
        (Edit::Change { changes }, Some(object)) => {
            for change in changes {
                change.write(object);
            }
        }
        // Another caller has deleted it. The next plan makes it anew.
        (Edit::Change { .. }, None) => {}
    }
}

/// Returns whether the server takes only the name of a new object, so that the other fields are a change of it.
fn takes_only_names(key: &Key) -> bool {
    let is_subgroup = key.kind == Kind::OrganizationGroup && key.path.len() > 2;
    is_subgroup || key.kind == Kind::RequiredAction
}

/// Returns whether a field that is written later is also part of a new object.
fn keeps(kind: Kind, field: &str) -> bool {
    kind == Kind::Client && field.ends_with("ClientScopes")
}

fn as_changes(kind: Kind, fields: &Map<String, Value>) -> Vec<Change> {
    let fields = fields.iter();
    fields
        .filter(|(field, _)| {
            !is_later(kind, field) && !kind.facts().only_new.contains(&field.as_str())
        })
        .map(|(field, value)| Change::new(field, value))
        .collect()
}

impl Object {
    /// Returns a field of the object.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }
}
