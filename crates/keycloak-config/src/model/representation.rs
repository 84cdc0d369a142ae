//! Reading the representation of a realm into the model.

use serde_json::{Map, Value};

use super::{Key, Kind, Model, Object, authorization, flows, permissions};
use crate::error::Problem;
use crate::read::Place;

/// The type of the component that holds the user profile as a JSON text.
pub(super) const USER_PROFILE_TYPE: &str = "org.keycloak.userprofile.UserProfileProvider";

/// The type of the components that are workflows. An export has neither their names nor their settings.
const WORKFLOW_TYPE: &str = "org.keycloak.models.workflow.WorkflowProvider";

/// The attributes of a client that only the server sets.
const SERVER_ATTRIBUTES: [&str; 2] = ["client.secret.creation.time", "realm_client"];

/// Reads a realm. `root` is the place of the file, or `None` for an answer of the server.
pub(super) fn read(json: &Value, root: Option<&Place>) -> Result<Model, Vec<Problem>> {
    let mut reader = Reader::default();
    let mut realm = json.as_object().cloned().unwrap_or_default();
    reader.names = permissions::Names::of(&realm);
    let at = |field: &str| root.map(|root| root.child(field));
    reader.collections(&mut realm, &at);
    root_groups(&mut realm, "defaultGroups");
    let name = text(&realm, "realm").unwrap_or_default().to_owned();
    reader.add(Kind::Realm, &[name], realm, root.cloned());
    if reader.problems.is_empty() {
        Ok(reader.model)
    } else {
        Err(reader.problems)
    }
}

pub(super) fn text<'m>(fields: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    fields.get(name).and_then(Value::as_str)
}

/// Returns the items of a list with their places.
pub(super) fn items(
    list: Option<Value>,
    place: Option<&Place>,
) -> impl Iterator<Item = (Map<String, Value>, Option<Place>)> {
    let list = match list {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let items = list.into_iter().enumerate();
    items.filter_map(move |(index, item)| match item {
        Value::Object(fields) => Some((fields, place.map(|place| place.child(index)))),
        _ => None,
    })
}

/// Brings the paths of groups to the form with a slash in front.
fn root_groups(fields: &mut Map<String, Value>, field: &str) {
    let paths = fields.get_mut(field).and_then(Value::as_array_mut);
    for path in paths.into_iter().flatten() {
        if let Some(text) = path.as_str().filter(|text| !text.starts_with('/')) {
            *path = format!("/{text}").into();
        }
    }
}

fn entries(map: Option<Value>) -> Map<String, Value> {
    match map {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Leaves out the fields of the steps that only the server sets.
fn workflows(mut list: Option<Value>) -> Option<Value> {
    let items = list.as_mut().and_then(Value::as_array_mut);
    for workflow in items.into_iter().flatten() {
        let steps = workflow.get_mut("steps").and_then(Value::as_array_mut);
        for step in steps.into_iter().flatten().filter_map(Value::as_object_mut) {
            step.retain(|name, _| !["id", "scheduled-at", "status"].contains(&name.as_str()));
        }
    }
    list
}

#[derive(Default)]
pub(super) struct Reader {
    pub(super) model: Model,
    names: permissions::Names,
    pub(super) problems: Vec<Problem>,
}

impl Reader {
    /// Adds an object without its ignored fields.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        path: &[String],
        mut fields: Map<String, Value>,
        place: Option<Place>,
    ) {
        let id = text(&fields, "id").or_else(|| text(&fields, "internalId"));
        let id = id.map(str::to_owned);
        fields.retain(|name, value| {
            !value.is_null() && !kind.facts().ignored.contains(&name.as_str())
        });
        if path.iter().any(String::is_empty) {
            let message = format!("the {kind} has no name");
            self.problems.push(Problem::new(place.as_ref(), message));
            return;
        }
        let object = Object { fields, id, place };
        if let Err(problem) = self.model.add(Key::new(kind, path), object) {
            self.problems.push(problem);
        }
    }

    /// Adds each object of a list under the name that stands in its field `key`, below `parents`.
    fn list(
        &mut self,
        kind: Kind,
        parents: &[String],
        key: &str,
        list: Option<Value>,
        place: Option<&Place>,
    ) {
        if list.is_some() {
            self.model.declare_list(kind, parents);
        }
        for (fields, place) in items(list, place) {
            let mut path = parents.to_vec();
            path.push(text(&fields, key).unwrap_or_default().to_owned());
            self.add(kind, &path, fields, place);
        }
    }

    fn collections(&mut self, realm: &mut Map<String, Value>, at: &dyn Fn(&str) -> Option<Place>) {
        self.roles(entries(realm.remove("roles")), at("roles").as_ref());
        let place = at("groups");
        let groups = realm.remove("groups");
        self.groups(Kind::Group, &[], groups, place.as_ref());
        self.client_scopes(realm.remove("clientScopes"), at("clientScopes").as_ref());
        let configs = realm.remove("authenticatorConfig");
        let place = at("authenticationFlows");
        let flow_list = realm.remove("authenticationFlows");
        let names = flows::read(self, flow_list, configs, place.as_ref());
        self.clients(realm.remove("clients"), &names, at("clients").as_ref());
        self.scope_mappings(realm, at);
        let place = at("requiredActions");
        let actions = realm.remove("requiredActions");
        self.list(Kind::RequiredAction, &[], "alias", actions, place.as_ref());
        self.identity_providers(realm, at);
        let components = entries(realm.remove("components"));
        self.components(&[], components, at("components").as_ref());
        self.client_policies(realm, at);
        for (locale, texts) in entries(realm.remove("localizationTexts")) {
            let place = at("localizationTexts").map(|place| place.child(&locale));
            self.add(Kind::Localization, &[locale], entries(Some(texts)), place);
        }
        self.users(realm, at("users").as_ref());
        self.organizations(realm.remove("organizations"), at("organizations").as_ref());
        let workflows = workflows(realm.remove("workflows"));
        let place = at("workflows");
        self.list(Kind::Workflow, &[], "name", workflows, place.as_ref());
    }

    fn roles(&mut self, mut roles: Map<String, Value>, place: Option<&Place>) {
        let at = place.map(|place| place.child("realm"));
        let list = roles.remove("realm");
        self.list(Kind::RealmRole, &[], "name", list, at.as_ref());
        for (client, list) in entries(roles.remove("client")) {
            let at = place.map(|place| place.child("client").child(&client));
            self.list(Kind::ClientRole, &[client], "name", Some(list), at.as_ref());
        }
    }

    /// Reads groups of the realm, or of an organization, with their subgroups.
    fn groups(
        &mut self,
        kind: Kind,
        parents: &[String],
        list: Option<Value>,
        place: Option<&Place>,
    ) {
        if list.is_some() {
            self.model.declare_list(kind, parents);
        }
        for (mut fields, place) in items(list, place) {
            let mut path = parents.to_vec();
            path.push(text(&fields, "name").unwrap_or_default().to_owned());
            let children = fields.remove("subGroups");
            let at = place.as_ref().map(|place| place.child("subGroups"));
            self.add(kind, &path, fields, place);
            self.groups(kind, &path, children, at.as_ref());
        }
    }

    fn client_scopes(&mut self, list: Option<Value>, place: Option<&Place>) {
        if list.is_some() {
            self.model.declare_list(Kind::ClientScope, &[]);
        }
        for (mut fields, place) in items(list, place) {
            let path = [text(&fields, "name").unwrap_or_default().to_owned()];
            let mappers = fields.remove("protocolMappers");
            let at = place.as_ref().map(|place| place.child("protocolMappers"));
            self.add(Kind::ClientScope, &path, fields, place);
            self.list(Kind::ClientScopeMapper, &path, "name", mappers, at.as_ref());
        }
    }

    fn clients(&mut self, list: Option<Value>, flows: &flows::Names, place: Option<&Place>) {
        if list.is_some() {
            self.model.declare_list(Kind::Client, &[]);
        }
        for (mut fields, place) in items(list, place) {
            // Keycloak would give a client without `clientId` a random one, and no second application could find it.
            if let (false, Some(name)) = (fields.contains_key("clientId"), fields.get("name")) {
                let name = name.clone();
                fields.insert("clientId".to_owned(), name);
            }
            let path = [text(&fields, "clientId").unwrap_or_default().to_owned()];
            let at = |field| place.as_ref().map(|place| place.child(field));
            let mappers = fields.remove("protocolMappers");
            self.list(
                Kind::ClientMapper,
                &path,
                "name",
                mappers,
                at("protocolMappers").as_ref(),
            );
            if let Some(Value::Object(mut settings)) = fields.remove("authorizationSettings") {
                if permissions::is_permissions_client(&path[0]) {
                    self.names.resolve(&path[0], &mut settings);
                }
                let at = at("authorizationSettings");
                authorization::read(self, &path[0], settings, at.as_ref());
            }
            flows.resolve_overrides(&mut fields);
            let attributes = fields.get_mut("attributes").and_then(Value::as_object_mut);
            if let Some(attributes) = attributes {
                attributes.retain(|name, _| !SERVER_ATTRIBUTES.contains(&name.as_str()));
            }
            self.add(Kind::Client, &path, fields, place);
        }
    }

    /// Collects the scope mappings by their owner, in the form of role mappings.
    fn scope_mappings(
        &mut self,
        realm: &mut Map<String, Value>,
        at: &dyn Fn(&str) -> Option<Place>,
    ) {
        let place = at("scopeMappings");
        for (mapping, place) in items(realm.remove("scopeMappings"), place.as_ref()) {
            self.scope_mapping(mapping, None, place);
        }
        for (client, list) in entries(realm.remove("clientScopeMappings")) {
            let place = at("clientScopeMappings").map(|place| place.child(&client));
            for (mapping, place) in items(Some(list), place.as_ref()) {
                self.scope_mapping(mapping, Some(&client), place);
            }
        }
    }

    fn scope_mapping(
        &mut self,
        mut mapping: Map<String, Value>,
        client: Option<&str>,
        place: Option<Place>,
    ) {
        let roles = mapping.remove("roles");
        let key = match (text(&mapping, "client"), text(&mapping, "clientScope")) {
            (Some(owner), _) => Key::new(Kind::ClientScopeMapping, [owner]),
            (None, Some(owner)) => Key::new(Kind::ScopeScopeMapping, [owner]),
            (None, None) => {
                let message = "the scope mapping has neither `client` nor `clientScope`";
                self.problems.push(Problem::new(place.as_ref(), message));
                return;
            }
        };
        let Some(Value::Array(roles)) = roles else {
            return;
        };
        if self.model.get(&key).is_none() {
            let object = Object {
                place,
                ..Object::default()
            };
            self.model.insert(key.clone(), object);
        }
        if let Some(object) = self.model.get_mut(&key) {
            let all = match client {
                None => object.fields.entry("realmRoles").or_insert(Value::Null),
                Some(client) => {
                    let clients = object.fields.entry("clientRoles");
                    &mut clients.or_insert_with(|| Map::new().into())[client]
                }
            };
            // Several mappings of one owner add up.
            match all {
                Value::Array(all) => all.extend(roles),
                all => *all = roles.into(),
            }
        }
    }

    fn identity_providers(
        &mut self,
        realm: &mut Map<String, Value>,
        at: &dyn Fn(&str) -> Option<Place>,
    ) {
        let place = at("identityProviders");
        let list = realm.remove("identityProviders");
        self.list(Kind::IdentityProvider, &[], "alias", list, place.as_ref());
        let place = at("identityProviderMappers");
        let mappers = realm.remove("identityProviderMappers");
        if mappers.is_some() {
            // One list has the mappers of all providers. Those of a provider that is not declared stay.
            let providers = self.model.of(Kind::IdentityProvider);
            let providers: Vec<Key> = providers.map(|(key, _)| key.clone()).collect();
            for provider in providers {
                self.model
                    .declare_list(Kind::IdentityProviderMapper, &provider.path);
            }
        }
        for (fields, place) in items(mappers, place.as_ref()) {
            let name = |field| text(&fields, field).unwrap_or_default().to_owned();
            let path = [name("identityProviderAlias"), name("name")];
            self.model
                .declare_list(Kind::IdentityProviderMapper, &path[..1]);
            self.add(Kind::IdentityProviderMapper, &path, fields, place);
        }
    }

    fn components(&mut self, parents: &[String], types: Map<String, Value>, place: Option<&Place>) {
        for (provider_type, list) in types {
            let place = place.map(|place| place.child(&provider_type));
            if provider_type == WORKFLOW_TYPE {
                continue;
            }
            if provider_type == USER_PROFILE_TYPE {
                self.user_profile(list, place.as_ref());
                continue;
            }
            // The components of a subtype are a list of their own, which is declared with its first component.
            let mut path = parents.to_vec();
            path.push(provider_type.clone());
            self.model.declare_list(Kind::Component, &path);
            for (mut fields, place) in items(Some(list), place.as_ref()) {
                let name = |field| text(&fields, field).unwrap_or_default().to_owned();
                let mut name_and_type = provider_type.clone();
                if !name("subType").is_empty() {
                    name_and_type = format!("{provider_type}:{}", name("subType"));
                }
                let mut path = parents.to_vec();
                path.push(name_and_type);
                self.model.declare_list(Kind::Component, &path);
                // Keycloak allows a component without a name.
                if name("name").is_empty() && !name("providerId").is_empty() {
                    fields.insert("name".to_owned(), name("providerId").into());
                }
                path.push(text(&fields, "name").unwrap_or_default().to_owned());
                let children = entries(fields.remove("subComponents"));
                let at = place.as_ref().map(|place| place.child("subComponents"));
                self.add(Kind::Component, &path, fields, place);
                self.components(&path, children, at.as_ref());
            }
        }
    }

    /// Reads the user profile, which is a JSON text in the configuration of a component.
    fn user_profile(&mut self, list: Value, place: Option<&Place>) {
        for (fields, place) in items(Some(list), place) {
            let Some(json) = Value::from(fields)
                .pointer("/config/kc.user.profile.config/0")
                .and_then(Value::as_str)
                .map(serde_json::from_str::<Value>)
            else {
                continue;
            };
            if let Ok(Value::Object(profile)) = json {
                let path = ["declarative".to_owned()];
                self.add(Kind::UserProfile, &path, profile, place);
            } else {
                let message = "`kc.user.profile.config` is not the JSON of a user profile";
                self.problems.push(Problem::new(place.as_ref(), message));
            }
        }
    }

    fn client_policies(
        &mut self,
        realm: &mut Map<String, Value>,
        at: &dyn Fn(&str) -> Option<Place>,
    ) {
        let lists = [
            ("clientProfiles", "profiles", Kind::ClientProfile),
            ("clientPolicies", "policies", Kind::ClientPolicy),
        ];
        for (field, list, kind) in lists {
            let place = at(field).map(|place| place.child(list));
            let list = entries(realm.remove(field)).remove(list);
            self.list(kind, &[], "name", list, place.as_ref());
        }
    }

    /// Reads users under their user names, which Keycloak stores in lower case.
    fn users(&mut self, realm: &mut Map<String, Value>, place: Option<&Place>) {
        let is_email_name = realm.get("registrationEmailAsUsername") == Some(&Value::Bool(true));
        for (mut fields, place) in items(realm.remove("users"), place) {
            let email = fields.get("email").filter(|_| is_email_name).cloned();
            if let (false, Some(email)) = (fields.contains_key("username"), email) {
                fields.insert("username".to_owned(), email);
            }
            let mut name = text(&fields, "username").unwrap_or_default().to_lowercase();
            if let (true, Some(client)) = (name.is_empty(), text(&fields, "serviceAccountClientId"))
            {
                name = format!("service-account-{}", client.to_lowercase());
            }
            fields.insert("username".to_owned(), name.clone().into());
            root_groups(&mut fields, "groups");
            self.add(Kind::User, &[name], fields, place);
        }
    }

    fn organizations(&mut self, list: Option<Value>, place: Option<&Place>) {
        if list.is_some() {
            self.model.declare_list(Kind::Organization, &[]);
        }
        for (mut fields, place) in items(list, place) {
            let alias = text(&fields, "alias").or_else(|| text(&fields, "name"));
            let path = [alias.unwrap_or_default().to_owned()];
            // Only the names of the linked providers and of the members are of the organization.
            let parts = [
                ("identityProviders", "alias", Kind::IdentityProvider),
                ("members", "username", Kind::User),
            ];
            for (field, name, kind) in parts {
                if let Some(Value::Array(items)) = fields.get_mut(field) {
                    for item in items {
                        if let Some(name) = item.get_mut(name) {
                            *item = name.take();
                        }
                        if let (Kind::User, Some(name)) = (kind, item.as_str()) {
                            *item = name.to_lowercase().into();
                        }
                    }
                }
            }
            let groups = fields.remove("groups");
            let at = place.as_ref().map(|place| place.child("groups"));
            self.add(Kind::Organization, &path, fields, place);
            self.groups(Kind::OrganizationGroup, &path, groups, at.as_ref());
        }
    }
}
