//! Values of the environment and of files: `$(env:NAME)` and `$(file:PATH)` inside of texts.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::Place;
use crate::error::Problem;

/// The source of the values of `$(env:NAME)` and `$(file:PATH)`. `Debug` prints no value.
#[derive(Clone, Default)]
pub struct Values {
    given: Option<BTreeMap<String, String>>,
}

impl Values {
    /// Takes `$(env:NAME)` from the environment of the process.
    #[must_use]
    pub fn environment() -> Self {
        Self { given: None }
    }

    /// Takes `$(env:NAME)` from these values alone.
    pub fn given<K: Into<String>, V: Into<String>>(
        values: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let values = values.into_iter();
        Self {
            given: Some(
                values
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
            ),
        }
    }

    fn variable(&self, name: &str) -> Result<String, String> {
        let value = match &self.given {
            Some(given) => given.get(name).cloned(),
            None => std::env::var(name).ok(),
        };
        value.ok_or_else(|| format!("the environment has no variable `{name}`"))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

/// Replaces the values inside of all texts and of all names.
pub(super) fn replace(json: &mut Value, root: &Place, values: &Values) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    replace_in(json, root, values, &mut problems);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn replace_in(json: &mut Value, place: &Place, values: &Values, problems: &mut Vec<Problem>) {
    match json {
        Value::String(text) if text.contains("$(") => match expand(text, values) {
            Ok(expanded) => *text = expanded,
            Err(message) => problems.push(Problem::new(Some(place), message)),
        },
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                replace_in(item, &place.child(index), values, problems);
            }
        }
        Value::Object(map) => {
            for (name, mut value) in std::mem::replace(map, Map::new()) {
                replace_in(&mut value, &place.child(&name), values, problems);
                match expand(&name, values) {
                    Ok(expanded) => {
                        if map.insert(expanded, value).is_some() {
                            let message = format!("`{name}` becomes the name of another field");
                            problems.push(Problem::new(Some(place), message));
                        }
                    }
                    Err(message) => problems.push(Problem::new(Some(place), message)),
                }
            }
        }
        _ => {}
    }
}

/// Expands the values of a text. `$(word:...)` with another word than `env` and `file` is an error, because the author meant a value.
fn expand(text: &str, values: &Values) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$(") {
        expanded.push_str(before);
        let inner = after.split_once(')').and_then(|(inner, after)| {
            let (word, name) = inner.split_once(':')?;
            let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
            is_word.then_some((word, name, after))
        });
        let Some((word, name, after)) = inner else {
            expanded.push_str("$(");
            rest = after;
            continue;
        };
        let value = match word {
            "env" => values.variable(name)?,
            "file" => std::fs::read_to_string(name)
                .map_err(|error| format!("the file `{name}` cannot be read: {error}"))?,
            _ => {
                return Err(format!(
                    "`$({word}:{name})` is neither `$(env:NAME)` nor `$(file:PATH)`"
                ));
            }
        };
        expanded.push_str(&value);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_inside_of_texts_and_keycloaks_own_stay() {
        let values = Values::given([("HOST", "sso"), ("REALM", "a$(env:HOST)")]);
        let expand = |text| expand(text, &values);
        assert_eq!(
            expand("https://$(env:HOST)/${role_x}/$(env:REALM)"),
            Ok("https://sso/${role_x}/a$(env:HOST)".to_owned())
        );
        assert_eq!(
            expand("$(env:NONE)"),
            Err("the environment has no variable `NONE`".to_owned())
        );
        assert!(expand("$(sys:x)").is_err());
        for text in ["$(env:HOST", "$(document).ready(a: b)", "$()", "$("] {
            assert_eq!(expand(text), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_file_is_replaced_by_its_content() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "a\nb").expect("written");
        let text = format!("<$(file:{})>", file.path().display());
        assert_eq!(
            expand(&text, &Values::environment()),
            Ok("<a\nb>".to_owned())
        );
    }
}
