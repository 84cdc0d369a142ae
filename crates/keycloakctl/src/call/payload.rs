//! The body of a request, from the flags of its command.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use keycloak_admin::Multipart;
use keycloak_session::Request;
use serde_json::{Map, Value};

use super::given;
use crate::api::{Api, Body, Kind, Operation};
use crate::body::{self, Assignment};
use crate::error::{CliError, warn_of_visible};
use crate::names::Names;
use crate::tree;

/// A body that is ready to be sent.
pub(crate) enum Payload {
    /// JSON.
    Json(Value),
    /// The fields of a form.
    Form(Value),
    /// A text.
    Text(String),
    /// Bytes with their content type.
    Bytes {
        content_type: String,
        bytes: Vec<u8>,
    },
}

impl Payload {
    /// Sets the body of a request.
    pub(crate) fn put_into(&self, request: &mut Request) {
        match self {
            Self::Json(value) => request.set_json(value),
            Self::Form(fields) => request.set_form(fields),
            Self::Text(text) => request.set_body("text/plain; charset=utf-8", text.clone()),
            Self::Bytes {
                content_type,
                bytes,
            } => request.set_body(content_type, bytes.clone()),
        }
    }
}

/// Reads the body of an operation. `None` if the operation takes none, or if it is optional and not given.
pub(super) async fn read(
    names: &Names<'_>,
    operation: &'static Operation,
    matches: &ArgMatches,
) -> Result<Option<Payload>, CliError> {
    let Some(body) = &operation.body else {
        return Ok(None);
    };
    let file = matches.try_get_one::<PathBuf>(tree::FILE).ok().flatten();
    if body.flag.is_some() {
        let text = text_of_flag(names, body, matches).await?;
        return Ok(text.map(|text| Payload::Json(text.into())));
    }
    match body.kind {
        "binary" => file.map(|file| bytes(body, file, matches)).transpose(),
        "text" => Ok(text(body, file, matches)?),
        tree::ROLE_LIST if file.is_none() => roles(names, operation, matches).await,
        _ => json(names.api(), body, matches),
    }
}

/// The text that a flag of its own gives, such as the id of a user.
async fn text_of_flag(
    names: &Names<'_>,
    body: &Body,
    matches: &ArgMatches,
) -> Result<Option<String>, CliError> {
    if let Some(id) = given(matches, tree::body_id(true)) {
        return Ok(Some(id));
    }
    let Some(name) = given(matches, tree::body_id(false)) else {
        return Ok(None);
    };
    let kind = body.flag.as_ref().and_then(|flag| flag.kind.as_deref());
    Ok(Some(match kind {
        Some(kind) => names.id(kind, &name).await?,
        None => name,
    }))
}

fn bytes(body: &Body, file: &Path, matches: &ArgMatches) -> Result<Payload, CliError> {
    let bytes = body::read_bytes(file)?;
    if !body.multipart {
        let content_type = body.media_type.to_owned();
        return Ok(Payload::Bytes {
            content_type,
            bytes,
        });
    }
    let mut form = Multipart::new();
    for field in texts(matches, tree::FORM) {
        let Some((name, value)) = field.split_once('=') else {
            return Err(CliError::usage(
                "`--form` takes NAME=VALUE, such as keystoreFormat=JKS",
            ));
        };
        if body::is_secret_name(name) {
            warn_of_visible(&format!("--form {name}"), None);
        }
        form = form.text(name, value);
    }
    let (content_type, bytes) = form.file(&bytes).finish();
    Ok(Payload::Bytes {
        content_type,
        bytes,
    })
}

fn text(
    body: &Body,
    file: Option<&PathBuf>,
    matches: &ArgMatches,
) -> Result<Option<Payload>, CliError> {
    let text = match file {
        Some(file) => Some(body::read_text(file)?),
        None => given(matches, tree::TEXT),
    };
    Ok(text.map(|text| match body.media_type {
        "text/plain" => Payload::Text(text),
        _ => Payload::Json(text.into()),
    }))
}

/// The roles of these names, as the server knows them.
async fn roles(
    names: &Names<'_>,
    operation: &'static Operation,
    matches: &ArgMatches,
) -> Result<Option<Payload>, CliError> {
    let Some(given_names) = matches.get_many::<String>(tree::ROLES) else {
        return Ok(None);
    };
    let client = match tree::role_container(operation) {
        Some(parameter) => {
            let [name, id] = [false, true].map(|id| given(matches, &tree::path_id(parameter, id)));
            match (id, name) {
                (Some(id), _) => Some(id),
                (None, Some(name)) => Some(names.id("client", &name).await?),
                (None, None) => None,
            }
        }
        None => match given(matches, tree::CLIENT_OF_ROLES) {
            Some(name) => Some(names.id("client", &name).await?),
            None => None,
        },
    };
    let mut roles = Vec::new();
    for name in given_names {
        roles.push(names.role(client.as_deref(), name).await?);
    }
    Ok(Some(Payload::Json(roles.into())))
}

/// The JSON of the file, with the values of the flags.
fn json(api: &'static Api, body: &Body, matches: &ArgMatches) -> Result<Option<Payload>, CliError> {
    let types = api.types();
    let file = matches.get_one::<PathBuf>(tree::FILE);
    let assignments = assignments(api, body.kind, matches)?;
    if file.is_none() && assignments.is_empty() {
        return if body.optional {
            Ok(None)
        } else {
            let error = CliError::usage("the command needs a body");
            Err(error.with_hint(
                "give a file of JSON or YAML with -f FILE, or values with --set PATH=VALUE",
            ))
        };
    }
    let mut value = match file {
        Some(file) => body::read(file, types, body.kind)?,
        None if matches!(types.kind(body.kind), Kind::List(_)) => Value::Array(Vec::new()),
        None => Value::Object(Map::new()),
    };
    warn_of_secrets(api, body.kind, matches);
    for assignment in &assignments {
        body::apply(types, body.kind, &mut value, assignment)?;
    }
    Ok(Some(match body.media_type {
        "application/x-www-form-urlencoded" => Payload::Form(value),
        _ => Payload::Json(value),
    }))
}

/// The values that flags set: those of fields, then `--set`, then `--set-file`.
pub(crate) fn assignments(
    api: &'static Api,
    kind: &'static str,
    matches: &ArgMatches,
) -> Result<Vec<Assignment>, CliError> {
    let mut found = Vec::new();
    if let Kind::Object(of) = api.types().kind(kind) {
        for field in &of.fields {
            found.extend(of_field(field.name, matches));
        }
    }
    for text in texts(matches, tree::SET) {
        found.push(Assignment::parse("--set", text)?);
    }
    for text in texts(matches, tree::SET_FILE) {
        let mut assignment = Assignment::parse("--set-file", text)?;
        for value in &mut assignment.values {
            let text = body::read_text(Path::new(value.as_str()))?;
            // A line break at the end belongs to the file, not to the value.
            let line = text.strip_suffix('\n').unwrap_or(&text);
            line.strip_suffix('\r').unwrap_or(line).clone_into(value);
        }
        found.push(assignment);
    }
    Ok(found)
}

/// The texts of a flag that the command may have.
fn texts<'m>(matches: &'m ArgMatches, id: &str) -> impl Iterator<Item = &'m String> {
    let texts = matches.try_get_many::<String>(id).ok().flatten();
    texts.into_iter().flatten()
}

fn of_field(name: &str, matches: &ArgMatches) -> Option<Assignment> {
    let id = tree::field_id(name);
    let values: Vec<String> = if let Ok(Some(values)) = matches.try_get_many::<String>(&id) {
        values.cloned().collect()
    } else {
        let numbers = matches.try_get_many::<i64>(&id).ok().flatten()?;
        numbers.map(i64::to_string).collect()
    };
    Some(Assignment {
        path: name.to_owned(),
        values,
        flag: "the flag of the field".to_owned(),
    })
}

/// Warns of secrets that stand on the command line.
pub(crate) fn warn_of_secrets(api: &'static Api, kind: &'static str, matches: &ArgMatches) {
    let set = texts(matches, tree::SET);
    for path in set
        .filter_map(|text| text.split_once('='))
        .map(|(path, _)| path)
    {
        if body::is_secret(api.types(), kind, path) {
            warn_of_visible(
                &format!("--set {path}"),
                Some("`-f FILE` or `--set-file PATH=-`"),
            );
        }
    }
}
