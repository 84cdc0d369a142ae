//! Bodies: from a file, standard input and flags, checked before they are sent.

mod check;
mod mask;
mod set;
#[cfg(test)]
mod tests;

use std::io::Read as _;
use std::path::Path;

use keycloak_config::node::{Node, Unreadable, read_json, read_yaml};
use serde_json::Value;

use crate::api::Types;
use crate::error::CliError;

pub(crate) use self::mask::{is_secret_name, masked};
pub(crate) use self::set::{Assignment, apply, is_secret};

/// The most bytes of a file that is read. Keycloak takes 10 MiB by default, and operators raise it for large realms.
const LONGEST: u64 = 1 << 30;

/// Reads a file, or standard input for `-`.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    let read = if path == Path::new("-") {
        read_at_most(LONGEST, std::io::stdin().lock())
    } else {
        std::fs::File::open(path).and_then(|file| read_at_most(LONGEST, file))
    };
    let cannot = |error| CliError::usage(format!("{} cannot be read: {error}", shown(path)));
    read.map_err(cannot)
}

/// Reads all bytes. More than `longest` are an error, so that no part of a file is sent as the whole.
fn read_at_most(longest: u64, from: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let length = from
        .take(longest.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if length as u64 > longest {
        let message = format!("it is longer than {longest} bytes");
        return Err(std::io::Error::new(
            std::io::ErrorKind::FileTooLarge,
            message,
        ));
    }
    Ok(bytes)
}

/// Reads a file as text, or standard input for `-`.
pub(crate) fn read_text(path: &Path) -> Result<String, CliError> {
    let text = String::from_utf8(read_bytes(path)?);
    text.map_err(|_| CliError::usage(format!("{} is not UTF-8", shown(path))))
}

/// Reads a body from a file of JSON or YAML, and checks that it is of this kind.
pub(crate) fn read(path: &Path, types: &Types, kind: &'static str) -> Result<Value, CliError> {
    let text = read_text(path)?;
    parse(&text, &shown(path), types, kind)
}

/// Reads a body from JSON or YAML, and checks that it is of this kind. `name` is the file's name for messages.
pub(crate) fn parse(
    text: &str,
    name: &str,
    types: &Types,
    kind: &'static str,
) -> Result<Value, CliError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let nodes = nodes(text).map_err(|problem| CliError::usage(format!("{name}:{problem}")))?;
    if let Some(second) = nodes.get(1) {
        let place = second.position;
        let message = format!("{name}:{place}: a body is one document, and this is a second one");
        return Err(CliError::usage(message));
    }
    let Some(node) = nodes.into_iter().next() else {
        // The text is empty, or only `null`.
        return Ok(Value::Null);
    };
    let problems = check::problems(types, kind, &node);
    check::fail(name, &problems)?;
    Ok(node.into_value())
}

/// Reads JSON or YAML. A text in braces or brackets whose first word is quoted is JSON: as YAML, some broken JSON would be read as something else.
fn nodes(text: &str) -> Result<Vec<Node>, Unreadable> {
    let start = text.trim_start();
    if !start.starts_with(['{', '[', '"']) {
        return read_yaml(text);
    }
    let first_word = start
        .trim_start_matches(|letter: char| letter.is_whitespace() || matches!(letter, '{' | '['));
    // `"a key": value` begins with a quote as well, and is YAML.
    let is_json = first_word.starts_with('"') && !start.starts_with('"');
    match read_json(text) {
        // YAML's own flow form, such as `{username: ali}`.
        Err(_) if !is_json => read_yaml(text),
        json => Ok(vec![json?]),
    }
}

/// The name of a file for messages.
pub(crate) fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}
