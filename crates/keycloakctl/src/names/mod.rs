//! Names instead of ids. A name that no object has, or that several have, is an error that lists what comes near.

pub(crate) mod near;

use keycloak_admin::{Keycloak, Realm};
use keycloak_session::{Items, Request, Session};
use serde_json::Value;

use crate::api::{Api, Operation, PathParameter};
use crate::error::CliError;

/// The most objects that are read to find what comes near.
const MOST: i32 = 100;

/// Looks up names in a realm.
pub(crate) struct Names<'n> {
    keycloak: &'n Keycloak,
    realm: Realm,
    api: &'static Api,
}

impl<'n> Names<'n> {
    pub(crate) fn new(keycloak: &'n Keycloak, realm: String, api: &'static Api) -> Self {
        Self {
            keycloak,
            realm: keycloak.realm(realm),
            api,
        }
    }

    pub(crate) fn api(&self) -> &'static Api {
        self.api
    }

    pub(crate) fn session(&self) -> &Session {
        self.keycloak.session()
    }

    /// The name of the realm.
    pub(crate) fn realm(&self) -> &str {
        self.realm.name()
    }

    /// Returns the value of a path parameter whose flag takes a name.
    pub(crate) async fn id_of_parameter(
        &self,
        operation: &'static Operation,
        request: &Request,
        parameter: &PathParameter,
        name: &str,
    ) -> Result<String, CliError> {
        match parameter.flag.kind.as_deref() {
            None => Ok(name.to_owned()),
            Some("sibling") => self.sibling(operation, request, parameter, name).await,
            Some(kind) => self.id(kind, name).await,
        }
    }

    /// Returns the id of the object of this kind and name.
    pub(crate) async fn id(&self, kind: &str, name: &str) -> Result<String, CliError> {
        let found = match kind {
            "user" => self.realm.users().find_id(name).await?,
            "client" => self.realm.clients().find_uuid(name).await?,
            "group" => return self.group(name).await,
            "client-scope" => {
                let scope = self.realm.client_scopes().find_by_name(name).await?;
                scope.and_then(|scope| scope.id)
            }
            "role" => self.realm.role(name).find().await?.and_then(|role| role.id),
            "organization" => self.organization(name).await?,
            "phasetwo-organization" => {
                let organizations = self.realm.phasetwo().organizations();
                let found = organizations.find_by_name(name).await?;
                found.and_then(|organization| organization.id)
            }
            _ => {
                let message = format!("names of the kind `{kind}` cannot be looked up");
                return Err(CliError::other(message));
            }
        };
        match found {
            Some(id) => Ok(id),
            None => Err(self.missing(kind, name).await),
        }
    }

    /// Returns the role of this name as the server sends it, of the realm or of the client with this UUID.
    pub(crate) async fn role(&self, client: Option<&str>, name: &str) -> Result<Value, CliError> {
        let found = match client {
            None => self.realm.role(name).find().await?,
            Some(uuid) => self.realm.client_by_uuid(uuid).role(name).find().await?,
        };
        let Some(role) = found else {
            return Err(match client {
                None => self.missing("role", name).await,
                Some(uuid) => {
                    let roles = self.realm.client_by_uuid(uuid).roles().list().await?;
                    let known = roles.into_iter().filter_map(|role| role.name);
                    not_found(&format!("the client has no role `{name}`"), name, known)
                }
            });
        };
        serde_json::to_value(role).map_err(|_| CliError::other("the role cannot be written"))
    }

    async fn group(&self, name: &str) -> Result<String, CliError> {
        let groups = self.realm.groups();
        let mut found = if name.starts_with('/') {
            groups.find_by_path(name).await?.into_iter().collect()
        } else {
            groups.find_all_by_name(name).await?
        };
        if found.len() > 1 {
            let paths = found.into_iter().filter_map(|group| group.path);
            let paths: Vec<String> = paths.map(|path| format!("`{path}`")).collect();
            let error = CliError::conflict(format!("several groups are called `{name}`"));
            return Err(error.with_hint(format!("give the path: {}", paths.join(", "))));
        }
        match found.pop().and_then(|group| group.id) {
            Some(id) => Ok(id),
            None => Err(self.missing("group", name).await),
        }
    }

    async fn organization(&self, name: &str) -> Result<Option<String>, CliError> {
        let organizations = self.realm.organizations();
        let found = match organizations.find_by_alias(name).await? {
            Some(found) => Some(found),
            None => organizations.find_by_name(name).await?,
        };
        Ok(found.and_then(|organization| organization.id))
    }

    /// Returns the id of an object in the list that its path stands in: `.../mappers/{id}` in `.../mappers`.
    async fn sibling(
        &self,
        operation: &'static Operation,
        request: &Request,
        parameter: &PathParameter,
        name: &str,
    ) -> Result<String, CliError> {
        let key = parameter.flag.key.as_deref().unwrap_or("name");
        let (parent, _) = operation
            .path
            .split_once(&format!("/{{{}}}", parameter.name))
            .unwrap_or_default();
        let list = self.api.find("GET", parent).ok_or_else(|| {
            CliError::usage(format!("`{parent}` cannot be listed; give the id instead"))
        })?;
        let mut call = Request::new(self.session(), list.info());
        for (name, value) in request.path_values() {
            call.set_path(name, value);
        }
        // A filter by name spares pages. It may find more than the one.
        if let Some(filter) = list.query.iter().find(|query| query.name == key) {
            call.set_query(filter.name, name);
        }
        let items = if list.paged {
            Items::json(call).try_collect().await?
        } else {
            call.send_json::<Vec<Value>>().await?.into_inner()
        };
        let fits = items.iter().filter(|item| item[key] == name);
        let mut ids = fits.filter_map(|item| item["id"].as_str().or(item["_id"].as_str()));
        let noun = parameter.flag.long.replace('-', " ");
        match (ids.next(), ids.next()) {
            (Some(id), None) => Ok(id.to_owned()),
            (Some(one), Some(other)) => {
                let error = CliError::conflict(format!("several have the {key} `{name}`"));
                Err(error.with_hint(format!("give the id: `{one}`, `{other}`")))
            }
            (None, _) => {
                let known = items.iter().filter_map(|item| item[key].as_str());
                let sentence = format!("no {noun} has the {key} `{name}`");
                Err(not_found(&sentence, name, known.map(str::to_owned)))
            }
        }
    }

    /// Makes the error of a name that no object has.
    async fn missing(&self, kind: &str, name: &str) -> CliError {
        let noun = kind.trim_start_matches("phasetwo-").replace('-', " ");
        let sentence = format!("the realm `{}` has no {noun} `{name}`", self.realm());
        match self.known(kind, name).await {
            Ok(known) => not_found(&sentence, name, known),
            // The list is a courtesy: an account may look up one name and not list them all.
            Err(_) => CliError::not_found(sentence),
        }
    }

    /// Returns names that may come near.
    async fn known(&self, kind: &str, name: &str) -> Result<Vec<String>, CliError> {
        // A group is found by its own name, and not by its path.
        let last = name.rsplit('/').next().unwrap_or(name);
        let begin: String = last.chars().take(2).collect();
        let realm = &self.realm;
        let found: Vec<Option<String>> = match kind {
            "user" => {
                let call = realm.users().list().search(format!("{begin}*")).max(MOST);
                let users = call.brief_representation(true).await?;
                users.into_iter().map(|user| user.username).collect()
            }
            "client" => {
                let call = realm
                    .clients()
                    .list()
                    .client_id(&begin)
                    .search(true)
                    .max(MOST);
                let clients = call.await?;
                clients.into_iter().map(|client| client.client_id).collect()
            }
            "group" => {
                let call = realm.groups().list().search(&begin).max(MOST);
                paths(call.await?)
            }
            "client-scope" => {
                let scopes = realm.client_scopes().list().await?;
                scopes.into_iter().map(|scope| scope.name).collect()
            }
            "role" => {
                let roles = realm.roles().list().search(&begin).max(MOST).await?;
                roles.into_iter().map(|role| role.name).collect()
            }
            "organization" => {
                let call = realm
                    .organizations()
                    .list()
                    .search(&begin)
                    .max(MOST)
                    .await?;
                let both = call.into_iter().flat_map(|found| [found.alias, found.name]);
                both.collect()
            }
            _ => Vec::new(),
        };
        Ok(found.into_iter().flatten().collect())
    }
}

/// Returns the paths of groups and of their subgroups.
fn paths(groups: Vec<keycloak_admin::types::GroupRepresentation>) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for group in groups {
        found.push(group.path);
        found.extend(paths(group.sub_groups.unwrap_or_default()));
    }
    found
}

fn not_found(sentence: &str, name: &str, known: impl IntoIterator<Item = String>) -> CliError {
    let known: Vec<String> = known.into_iter().collect();
    let error = CliError::not_found(sentence);
    match near::list(name, known.iter().map(String::as_str)) {
        Some(near) => error.with_hint(format!("there is {near}")),
        None => error,
    }
}
