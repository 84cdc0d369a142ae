//! The operations and types of both APIs, from the data that `cargo xtask generate` writes.

mod info;
mod types;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use keycloak_session::OperationInfo;
use serde::Deserialize;

pub(crate) use self::types::{Field, Kind, Type, Types};

/// Keycloak's Admin REST API.
pub(crate) static KEYCLOAK: LazyLock<Api> = LazyLock::new(|| {
    Api::read(
        include_str!("../generated/keycloak/operations.json"),
        || Types::read(include_str!("../generated/keycloak/types.json")),
    )
});

/// Phase Two's API.
pub(crate) static PHASETWO: LazyLock<Api> = LazyLock::new(|| {
    Api::read(
        include_str!("../generated/phasetwo/operations.json"),
        || Types::read(include_str!("../generated/phasetwo/types.json")),
    )
});

/// One API.
pub(crate) struct Api {
    data: Data,
    /// Read when the first body is checked.
    types: LazyLock<Types>,
}

/// The content of `operations.json`.
#[derive(Deserialize)]
struct Data {
    version: &'static str,
    #[serde(borrow)]
    areas: BTreeMap<&'static str, Cow<'static, str>>,
    operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // facts that do not depend on each other
pub(crate) struct Operation {
    pub(crate) id: &'static str,
    pub(crate) area: &'static str,
    pub(crate) verb: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    #[serde(borrow)]
    pub(crate) about: Cow<'static, str>,
    #[serde(borrow, default)]
    pub(crate) details: Cow<'static, str>,
    /// The first release line with the operation, if it is newer than the oldest that is supported.
    #[serde(default)]
    pub(crate) since: Option<&'static str>,
    #[serde(default)]
    pub(crate) deprecated: bool,
    #[serde(default)]
    pub(crate) path_parameters: Vec<PathParameter>,
    #[serde(default)]
    pub(crate) query: Vec<QueryParameter>,
    #[serde(default)]
    pub(crate) body: Option<Body>,
    /// The type of the answer; `None` without a body, and `binary` if it is not JSON.
    #[serde(default)]
    pub(crate) answer: Option<&'static str>,
    #[serde(default)]
    pub(crate) answer_key: Option<&'static str>,
    #[serde(default)]
    accept: Option<&'static str>,
    #[serde(default)]
    pub(crate) paged: bool,
    #[serde(default)]
    renews_token: bool,
    #[serde(default)]
    idempotent: bool,
    #[serde(default)]
    lost_race: Vec<u16>,
}

/// A parameter of the path.
#[derive(Debug, Deserialize)]
pub(crate) struct PathParameter {
    pub(crate) name: &'static str,
    #[serde(borrow, default)]
    pub(crate) about: Cow<'static, str>,
    #[serde(default)]
    pub(crate) multi_segment: bool,
    #[serde(flatten)]
    pub(crate) flag: Flag,
}

/// The flag of a value: its name, and the kind of object that it names.
#[derive(Debug, Deserialize)]
pub(crate) struct Flag {
    /// The flag without its dashes.
    #[serde(rename = "flag")]
    pub(crate) long: String,
    /// The kind of object whose name the flag takes. Without it, the flag takes the value itself.
    #[serde(default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    id: Option<String>,
    /// The field that holds the name of a `sibling`.
    #[serde(default)]
    pub(crate) key: Option<String>,
}

/// A parameter of the query.
#[derive(Debug, Deserialize)]
pub(crate) struct QueryParameter {
    pub(crate) name: &'static str,
    pub(crate) flag: &'static str,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(borrow, default)]
    pub(crate) about: Cow<'static, str>,
    #[serde(default)]
    pub(crate) required: bool,
}

/// The body of a request.
#[derive(Debug, Deserialize)]
pub(crate) struct Body {
    pub(crate) media_type: &'static str,
    /// True if the API takes a form with a file.
    #[serde(default)]
    pub(crate) multipart: bool,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(default)]
    pub(crate) optional: bool,
    #[serde(default)]
    pub(crate) flag: Option<Flag>,
}

impl Flag {
    /// Returns the flag that takes the id instead of the name, such as `user-id`.
    pub(crate) fn id_flag(&self) -> Option<String> {
        let kind = self.kind.as_ref()?;
        let id = self.id.as_deref().unwrap_or("id");
        debug_assert!(!kind.is_empty());
        Some(format!("{}-{id}", self.long))
    }
}

impl Api {
    fn read(operations: &'static str, types: fn() -> Types) -> Self {
        let data = serde_json::from_str(operations);
        Self {
            data: data.expect("the generated data is what this crate reads"),
            types: LazyLock::new(types),
        }
    }

    /// The version of the API.
    pub(crate) fn version(&self) -> &'static str {
        self.data.version
    }

    /// The areas with their lines for the help.
    pub(crate) fn areas(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let areas = self.data.areas.iter();
        areas.map(|(name, about)| (*name, about.as_ref()))
    }

    /// The operations, in the order of the document.
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.data.operations
    }

    /// Returns the operation of this method and path.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let mut operations = self.operations().iter();
        operations.find(|operation| operation.method == method && operation.path == path)
    }

    /// The types of bodies and answers.
    pub(crate) fn types(&self) -> &Types {
        &self.types
    }
}

impl Operation {
    /// Returns the operation that writes what this one reads: a PUT to the same path, of the same type.
    pub(crate) fn writer<'a>(&self, api: &'a Api) -> Option<&'a Operation> {
        if self.method != "GET" || self.answer_key.is_some() {
            return None;
        }
        let put = api.find("PUT", self.path)?;
        let is_object = self.answer?.starts_with(char::is_uppercase);
        let is_same = put.body.as_ref().map(|body| body.kind) == self.answer;
        (is_object && is_same).then_some(put)
    }

    /// Returns the facts of the operation for the library. They live as long as the program, which makes one or a few calls.
    pub(crate) fn info(&self) -> &'static OperationInfo {
        info::of(self)
    }
}
