//! Changing an object: in an editor, or by flags. The changes are written back, and everything else stays.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ArgMatches;
use keycloak_admin::Modify;
use keycloak_session::{Request, merge_change};
use serde_json::Value;

use crate::api::{Api, Operation};
use crate::body;
use crate::call::{self, Context, Payload, assignments, show, warn_of_secrets};
use crate::error::CliError;
use crate::names::Names;
use crate::tree;

/// The editor if neither `$VISUAL` nor `$EDITOR` is set.
const EDITOR: &str = "vi";

/// Changes what one operation reads and another writes.
pub(crate) async fn run(
    context: &Context<'_>,
    api: &'static Api,
    get: &'static Operation,
    put: &'static Operation,
    matches: &ArgMatches,
) -> Result<(), CliError> {
    let kind = put.body.as_ref().map_or("any", |body| body.kind);
    let names = Names::new(context.keycloak, call::realm(context, get)?, api);
    let read = call::fill(&names, get, matches).await?;
    let write = same_path(&names, put, &read);
    let before: Value = read.clone().send_json::<Value>().await?.into_inner();
    let after = changed(api, kind, &before, matches)?;
    if after == before {
        eprintln!("nothing was changed");
        return Ok(());
    }
    let modify = Modify::json(read, write, move |now| merge_change(now, &before, after));
    let Some(request) = modify.into_request().await? else {
        eprintln!("nothing was changed");
        return Ok(());
    };
    if matches.get_flag(tree::DRY_RUN) {
        let body = request.body().map_or(&[][..], |body| &body[..]);
        let body = serde_json::from_slice(body).unwrap_or_default();
        return show(&request, Some(&Payload::Json(body)), api, put);
    }
    request.send_empty().await?;
    Ok(())
}

/// Makes the call that writes, with the path of the call that reads.
fn same_path(names: &Names<'_>, put: &'static Operation, read: &Request) -> Request {
    let mut write = Request::new(names.session(), put.info());
    for (name, value) in read.path_values() {
        write.set_path(name, value);
    }
    write
}

/// Returns the object with the changes of the file and the flags. Without these, an editor changes it.
fn changed(
    api: &'static Api,
    kind: &'static str,
    before: &Value,
    matches: &ArgMatches,
) -> Result<Value, CliError> {
    let assignments = assignments(api, kind, matches)?;
    let file = matches.get_one::<PathBuf>(tree::FILE);
    if file.is_none() && assignments.is_empty() {
        return in_editor(api, kind, before);
    }
    let mut after = before.clone();
    if let Some(file) = file {
        merge(&mut after, body::read(file, api.types(), kind)?);
    }
    warn_of_secrets(api, kind, matches);
    for assignment in &assignments {
        body::apply(api.types(), kind, &mut after, assignment)?;
    }
    Ok(after)
}

/// Merges objects field by field; every other value is replaced.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Opens the object as YAML in the editor of the user.
fn in_editor(api: &'static Api, kind: &'static str, before: &Value) -> Result<Value, CliError> {
    let failed =
        |error: std::io::Error| CliError::other(format!("the file for the editor: {error}"));
    // Nobody else may read it: the object may hold secrets.
    let mut file = tempfile::Builder::new()
        .prefix("keycloakctl-")
        .suffix(".yaml")
        .tempfile()
        .map_err(failed)?;
    let text = serde_saphyr::to_string(before)
        .map_err(|_| CliError::other("the object cannot be written as YAML"))?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.flush().map_err(failed)?;
    open_editor(file.path())?;
    let edited = std::fs::read_to_string(file.path()).map_err(failed)?;
    if edited == text {
        return Ok(before.clone());
    }
    let name = file.path().display().to_string();
    match body::parse(&edited, &name, api.types(), kind) {
        Ok(after) => Ok(after),
        Err(error) => {
            // The work of the user is worth more than a clean folder.
            let kept = file.keep();
            let hint = "the file is kept; mend it and give it with -f";
            Err(if kept.is_ok() {
                error.with_hint(hint)
            } else {
                error
            })
        }
    }
}

/// Runs the editor, which may be a command with arguments, as git and others do.
fn open_editor(path: &Path) -> Result<(), CliError> {
    let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let editor = of("VISUAL").or_else(|| of("EDITOR"));
    let editor = editor.unwrap_or_else(|| EDITOR.to_owned());
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("sh")
        .arg(path)
        .status()
        .map_err(|error| CliError::other(format!("the editor cannot be started: {error}")))?;
    if status.success() {
        return Ok(());
    }
    Err(CliError::other("the editor failed, so nothing was written"))
}
