//! Reading the files of a realm.

mod document;
pub mod node;
mod substitute;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use keycloak_admin::files;
use keycloak_admin::types::{RealmRepresentation, WorkflowRepresentation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use self::document::{Document, Lines, parse};
pub use self::substitute::Values;
use crate::error::{ConfigError, Problem};
use crate::model::{DEFAULT_ROLE, Model};

/// A place in a file: the name of the file, the line and the path of a value.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    source: Arc<Source>,
    pointer: String,
}

#[derive(PartialEq, Eq)]
struct Source {
    name: String,
    lines: Lines,
}

impl Place {
    pub(crate) fn root(name: &str, lines: Lines) -> Self {
        let source = Source {
            name: name.to_owned(),
            lines,
        };
        Self {
            source: Arc::new(source),
            pointer: String::new(),
        }
    }

    /// Returns the name of the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// Returns the line of the value, or of the nearest value around it. The first line is 1.
    #[must_use]
    pub fn line(&self) -> usize {
        let mut pointer = self.pointer.as_str();
        loop {
            if let Some(line) = self.source.lines.get(pointer) {
                return *line;
            }
            match pointer.rsplit_once('/') {
                Some((parent, _)) => pointer = parent,
                None => return 1,
            }
        }
    }

    /// Returns the path of the value as a JSON pointer (RFC 6901), such as `/clients/0/name`.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Returns the place of a field or of an item.
    pub(crate) fn child(&self, name: impl fmt::Display) -> Self {
        self.at(node::child(&self.pointer, name))
    }

    fn at(&self, pointer: impl Into<String>) -> Self {
        Self {
            source: Arc::clone(&self.source),
            pointer: pointer.into(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file(), self.line())?;
        if !self.pointer.is_empty() {
            write!(f, ": `{}`", self.pointer)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The declared realm: its name and its objects.
#[derive(Clone, Debug)]
pub struct Desired {
    realm: String,
    model: Model,
}

impl Desired {
    /// Reads files of JSON or YAML and merges them. They must declare one realm.
    pub fn read(paths: &[impl AsRef<Path>], values: &Values) -> Result<Self, ConfigError> {
        only_one(Self::read_realms(paths, values)?)
    }

    /// Reads files of JSON or YAML, and merges those of the same realm. The realms are in the order of their first files.
    ///
    /// A file may declare several realms: as a list, or as several documents of YAML.
    pub fn read_realms(
        paths: &[impl AsRef<Path>],
        values: &Values,
    ) -> Result<Vec<Self>, ConfigError> {
        let mut texts = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|error| ConfigError::problem(None, format!("{name}: {error}")))?;
            texts.push((name, text));
        }
        let texts = texts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        Self::parse_realms(texts, values)
    }

    /// Reads texts, each with the name that errors show, and merges them. They must declare one realm.
    pub fn parse<'t>(
        texts: impl IntoIterator<Item = (&'t str, &'t str)>,
        values: &Values,
    ) -> Result<Self, ConfigError> {
        only_one(Self::parse_realms(texts, values)?)
    }

    /// Reads texts, each with the name that errors show, as [`read_realms`](Self::read_realms) reads files.
    pub fn parse_realms<'t>(
        texts: impl IntoIterator<Item = (&'t str, &'t str)>,
        values: &Values,
    ) -> Result<Vec<Self>, ConfigError> {
        let files = texts.into_iter();
        Self::merged(files.flat_map(|(name, text)| match parse(name, text) {
            Ok(documents) => read_documents(name, documents, values),
            Err(problems) => vec![Err(problems)],
        }))
    }

    /// Merges the declarations of the same realm, or returns the problems of all.
    pub(crate) fn merged(
        declarations: impl IntoIterator<Item = Result<Self, Vec<Problem>>>,
    ) -> Result<Vec<Self>, ConfigError> {
        let mut realms: Vec<Self> = Vec::new();
        let mut problems = Vec::new();
        for declared in declarations {
            let declared = match declared {
                Ok(declared) => declared,
                Err(found) => {
                    problems.extend(found);
                    continue;
                }
            };
            let mut known = realms.iter_mut();
            match known.find(|realm| realm.realm == declared.realm) {
                Some(realm) => problems.extend(realm.model.merge(declared.model)),
                None => realms.push(declared),
            }
        }
        if !problems.is_empty() {
            return Err(ConfigError::Problems(problems));
        }
        if realms.is_empty() {
            return Err(ConfigError::problem(None, "there is no file"));
        }
        Ok(realms)
    }

    /// Returns the name of the realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Returns the declared objects.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Returns the declaration for a realm of another name. The realm's default role, whose name has the realm's name in it, is renamed too.
    #[must_use]
    pub fn with_realm(mut self, name: &str) -> Self {
        let default_role = |realm: &str| format!("{DEFAULT_ROLE}{}", realm.to_lowercase());
        self.model.rename(&self.realm, name);
        self.model
            .rename(&default_role(&self.realm), &default_role(name));
        name.clone_into(&mut self.realm);
        self
    }

    #[cfg(test)]
    pub(crate) fn of_model(realm: &str, model: Model) -> Self {
        Self {
            realm: realm.to_owned(),
            model,
        }
    }
}

/// Returns the only realm. A second one is a problem.
pub(crate) fn only_one(realms: Vec<Desired>) -> Result<Desired, ConfigError> {
    let mut realms = realms.into_iter();
    match (realms.next(), realms.next()) {
        (Some(realm), None) => Ok(realm),
        (Some(first), Some(second)) => {
            let message = format!(
                "this file declares the realm `{}`, and another file or part `{}`",
                second.realm, first.realm
            );
            let place = second.model.place_of_realm();
            Err(ConfigError::problem(place, message))
        }
        (None, _) => Err(ConfigError::problem(None, "there is no file")),
    }
}

/// Reads the realms of a file.
pub(crate) fn read_documents(
    name: &str,
    documents: Vec<Document>,
    values: &Values,
) -> Vec<Result<Desired, Vec<Problem>>> {
    let mut realms = Vec::new();
    for document in documents {
        let root = Place::root(name, document.lines);
        let mut json = document.json;
        if let Err(problems) = substitute::replace(&mut json, &root, values, &document.unquoted) {
            realms.push(Err(problems));
            continue;
        }
        match json {
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                realms.extend(items.map(|(index, item)| read_realm(&item, &root.child(index))));
            }
            json => realms.push(read_realm(&json, &root)),
        }
    }
    realms
}

fn read_realm(json: &Value, root: &Place) -> Result<Desired, Vec<Problem>> {
    let mut realm = json.clone();
    // Workflows are no part of Keycloak's representation of a realm.
    let workflows = realm
        .as_object_mut()
        .and_then(|realm| realm.remove("workflows"));
    let mut json = typed::<RealmRepresentation>(&realm, root)?;
    if let Some(workflows) = workflows {
        json["workflows"] =
            typed::<Vec<WorkflowRepresentation>>(&workflows, &root.child("workflows"))?;
    }
    let realm = json.get("realm").and_then(Value::as_str);
    let Some(realm) = realm.filter(|realm| !realm.is_empty()) else {
        return Err(vec![Problem::new(
            Some(root),
            "the file names no realm: the field `realm` is missing",
        )]);
    };
    Ok(Desired {
        realm: realm.to_owned(),
        model: Model::from_representation(&json, Some(root))?,
    })
}

/// Converts the values to the types of their fields, as Keycloak's parser does.
fn typed<T: Serialize + DeserializeOwned>(
    json: &Value,
    root: &Place,
) -> Result<Value, Vec<Problem>> {
    let problem = |pointer: &str, message: &str| {
        let place = root.at(format!("{}{pointer}", root.pointer));
        Problem::new(Some(&place), message)
    };
    let file = files::read::<T>(&json.to_string()).map_err(|error| {
        let message = error.to_string();
        let mut parts = message.splitn(3, '`');
        let pointer = parts.nth(1).filter(|part| part.starts_with('/'));
        match (pointer, parts.next()) {
            (Some(pointer), Some(rest)) => {
                vec![problem(pointer, rest.trim_start_matches([':', ' ']))]
            }
            _ => vec![problem("", &message)],
        }
    })?;
    if !file.unknown.is_empty() {
        let unknown = file.unknown.iter();
        return Err(unknown
            .map(|pointer| problem(pointer, "unknown field"))
            .collect());
    }
    serde_json::to_value(&file.value).map_err(|_| vec![problem("", "not JSON")])
}
