//! Writing a model as the representation of a realm: the way back of `representation`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::representation::USER_PROFILE_TYPE;
use super::{Key, Kind, Model, Object, flows};

impl Model {
    /// Returns the representation of the realm, with its lists sorted by name.
    pub(crate) fn to_representation(&self) -> Value {
        let mut realm = Map::new();
        for (key, object) in self.of(Kind::Realm) {
            realm.clone_from(&object.fields);
            realm.insert("realm".to_owned(), key.name().into());
        }
        self.write_roles(&mut realm);
        put(&mut realm, "groups", self.groups(Kind::Group, &[]));
        let scopes = self.with_mappers(Kind::ClientScope, Kind::ClientScopeMapper, "name");
        put(&mut realm, "clientScopes", scopes);
        put(&mut realm, "clients", self.clients());
        self.write_scope_mappings(&mut realm);
        self.write_flows(&mut realm);
        let lists = [
            ("requiredActions", Kind::RequiredAction, "alias"),
            ("identityProviders", Kind::IdentityProvider, "alias"),
            (
                "identityProviderMappers",
                Kind::IdentityProviderMapper,
                "name",
            ),
            ("users", Kind::User, "username"),
            ("workflows", Kind::Workflow, "name"),
        ];
        for (field, kind, name) in lists {
            put(&mut realm, field, self.list(kind, &[], name));
        }
        put(&mut realm, "organizations", self.organizations());
        for (field, list, kind) in [
            ("clientProfiles", "profiles", Kind::ClientProfile),
            ("clientPolicies", "policies", Kind::ClientPolicy),
        ] {
            let objects = self.list(kind, &[], "name");
            if !objects.is_empty() {
                realm.insert(field.to_owned(), json!({list: objects}));
            }
        }
        self.write_components(&mut realm);
        for (key, object) in self.of(Kind::Localization) {
            let texts = realm.entry("localizationTexts").or_insert_with(empty);
            texts[key.name()] = object.fields.clone().into();
        }
        realm.into()
    }

    /// Returns the objects of a kind below `parents`, each with its name.
    fn list(&self, kind: Kind, parents: &[String], name: &str) -> Vec<Value> {
        let objects = self
            .of(kind)
            .filter(|(key, _)| key.path.starts_with(parents));
        objects
            .map(|(key, object)| named(key, object, name).into())
            .collect()
    }

    fn write_roles(&self, realm: &mut Map<String, Value>) {
        let roles = self.list(Kind::RealmRole, &[], "name");
        if !roles.is_empty() {
            realm.insert("roles".to_owned(), json!({"realm": roles}));
        }
        let roles = self.of(Kind::ClientRole);
        let clients: BTreeSet<&String> = roles.map(|(key, _)| &key.path[0]).collect();
        for client in clients {
            let list = self.list(Kind::ClientRole, std::slice::from_ref(client), "name");
            let roles = realm.entry("roles").or_insert_with(empty);
            roles["client"][client] = list.into();
        }
    }

    fn groups(&self, kind: Kind, parents: &[String]) -> Vec<Value> {
        let groups = self.of(kind).filter(|(key, _)| key.parents() == parents);
        let groups = groups.map(|(key, object)| {
            let mut group = named(key, object, "name");
            put(&mut group, "subGroups", self.groups(kind, &key.path));
            group.into()
        });
        groups.collect()
    }

    /// Returns the organizations with their groups. Their linked providers and their members are objects.
    fn organizations(&self) -> Vec<Value> {
        let organizations = self.of(Kind::Organization).map(|(key, object)| {
            let mut organization = named(key, object, "alias");
            for (field, name) in [("identityProviders", "alias"), ("members", "username")] {
                let list = organization.get_mut(field).and_then(Value::as_array_mut);
                for item in list.into_iter().flatten() {
                    *item = json!({name: item.take()});
                }
            }
            let groups = self.groups(Kind::OrganizationGroup, &key.path);
            put(&mut organization, "groups", groups);
            organization.into()
        });
        organizations.collect()
    }

    fn with_mappers(&self, kind: Kind, mapper: Kind, name: &str) -> Vec<Value> {
        let objects = self.of(kind).map(|(key, object)| {
            let mut object = named(key, object, name);
            put(
                &mut object,
                "protocolMappers",
                self.list(mapper, &key.path, "name"),
            );
            object.into()
        });
        objects.collect()
    }

    fn clients(&self) -> Vec<Value> {
        let mut clients = self.with_mappers(Kind::Client, Kind::ClientMapper, "clientId");
        for client in &mut clients {
            let name = client["clientId"].as_str().unwrap_or_default().to_owned();
            let key = Key::new(Kind::Authorization, [name]);
            let mut settings = match self.get(&key) {
                Some(object) => object.fields.clone(),
                None => continue,
            };
            for (field, kind) in [
                ("scopes", Kind::AuthorizationScope),
                ("resources", Kind::Resource),
                ("policies", Kind::Policy),
            ] {
                put(&mut settings, field, self.list(kind, &key.path, "name"));
            }
            for resource in settings
                .get_mut("resources")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                for scope in resource
                    .get_mut("scopes")
                    .and_then(Value::as_array_mut)
                    .into_iter()
                    .flatten()
                {
                    *scope = json!({"name": scope.take()});
                }
            }
            client["authorizationSettings"] = settings.into();
        }
        clients
    }

    fn write_scope_mappings(&self, realm: &mut Map<String, Value>) {
        let mut of_realm = Vec::new();
        let mut of_clients: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (kind, field) in [
            (Kind::ClientScopeMapping, "client"),
            (Kind::ScopeScopeMapping, "clientScope"),
        ] {
            for (key, object) in self.of(kind) {
                if let Some(roles) = object.fields.get("realmRoles") {
                    of_realm.push(json!({field: key.name(), "roles": roles}));
                }
                let clients = object.fields.get("clientRoles").and_then(Value::as_object);
                for (client, roles) in clients.into_iter().flatten() {
                    let mapping = json!({field: key.name(), "roles": roles});
                    of_clients.entry(client.clone()).or_default().push(mapping);
                }
            }
        }
        put(realm, "scopeMappings", of_realm);
        if !of_clients.is_empty() {
            realm.insert("clientScopeMappings".to_owned(), json!(of_clients));
        }
    }

    fn write_flows(&self, realm: &mut Map<String, Value>) {
        let mut configs = BTreeMap::new();
        let flows = self.of(Kind::Flow).map(|(key, flow)| {
            let mut flow = named(key, flow, "alias");
            if let Some(executions) = flow.remove("executions") {
                let executions = executions.as_array().into_iter().flatten();
                let executions: Vec<Value> = executions
                    .map(|execution| flows::write_execution(execution, &mut configs))
                    .collect();
                flow.insert("authenticationExecutions".to_owned(), executions.into());
            }
            Value::from(flow)
        });
        let flows = flows.collect();
        put(realm, "authenticationFlows", flows);
        put(
            realm,
            "authenticatorConfig",
            configs.into_values().collect(),
        );
    }

    fn write_components(&self, realm: &mut Map<String, Value>) {
        let mut components = self.components(&[]);
        components.extend(self.user_profile());
        if !components.is_empty() {
            realm.insert("components".to_owned(), components.into());
        }
    }

    /// Returns the component with the user profile under its type, or nothing if the model has no profile.
    pub(crate) fn user_profile(&self) -> Map<String, Value> {
        let profiles = self.of(Kind::UserProfile);
        profiles
            .map(|(_, profile)| user_profile_component(&profile.fields.clone().into()))
            .collect()
    }

    /// Returns the components below a component, by their types.
    fn components(&self, parents: &[String]) -> Map<String, Value> {
        let mut types: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let depth = parents.len() + 2;
        let components = self
            .of(Kind::Component)
            .filter(|(key, _)| key.path.len() == depth && key.path.starts_with(parents));
        for (key, object) in components {
            let mut component = named(key, object, "name");
            let parts = self.components(&key.path);
            if !parts.is_empty() {
                component.insert("subComponents".to_owned(), parts.into());
            }
            // The key has the subtype behind the type.
            let provider_type = key.path[depth - 2].split(':').next().unwrap_or_default();
            types
                .entry(provider_type.to_owned())
                .or_default()
                .push(component.into());
        }
        types
            .into_iter()
            .map(|(name, list)| (name, list.into()))
            .collect()
    }
}

/// Returns the type of the component with the user profile, and the list with this component.
pub(crate) fn user_profile_component(profile: &Value) -> (String, Value) {
    let config = json!({"kc.user.profile.config": [profile.to_string()]});
    let component = json!({"providerId": "declarative-user-profile", "config": config});
    (USER_PROFILE_TYPE.to_owned(), json!([component]))
}

fn empty() -> Value {
    Value::Object(Map::new())
}

/// Returns the fields of an object with its name.
fn named(key: &Key, object: &Object, name: &str) -> Map<String, Value> {
    let mut fields = object.fields.clone();
    fields.insert(name.to_owned(), key.name().into());
    fields
}

fn put(fields: &mut Map<String, Value>, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        fields.insert(name.to_owned(), list.into());
    }
}
