//! Values of the environment, of the caller and of files: `$(env:NAME)`, `$(sys:NAME)` and `$(file:PATH)` inside of texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

use super::Place;
use crate::error::Problem;

/// The source of the values of `$(env:NAME)`, `$(sys:NAME)` and `$(file:PATH)`. `Debug` prints no value.
#[derive(Clone, Default)]
pub struct Values {
    given: Option<BTreeMap<String, String>>,
    properties: BTreeMap<String, String>,
}

impl Values {
    /// Takes `$(env:NAME)` from the environment of the process.
    #[must_use]
    pub fn environment() -> Self {
        Self::default()
    }

    /// Takes `$(env:NAME)` from these values alone.
    pub fn given<K: Into<String>, V: Into<String>>(
        values: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self {
            given: Some(pairs(values)),
            properties: BTreeMap::new(),
        }
    }

    /// Sets the properties: the values of `$(sys:NAME)` and of `$(NAME)`.
    #[must_use]
    pub fn with_properties<K: Into<String>, V: Into<String>>(
        mut self,
        values: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.properties = pairs(values);
        self
    }

    /// Returns the value of `$(WORD:NAME)`. The name may end in `:-` and a value that stands in for an absent one.
    ///
    /// An error has the name as it is `written`, because a value inside of the name may be a secret.
    fn of(&self, word: &str, name: &str, written: &str) -> Result<String, String> {
        if word == "file" {
            let without_charset = |path| str::strip_prefix(path, "UTF-8:").unwrap_or(path);
            return std::fs::read_to_string(without_charset(name)).map_err(|error| {
                let path = without_charset(written);
                format!("the file `{path}` cannot be read: {error}")
            });
        }
        let (name, default) = with_default(name);
        let (written, _) = with_default(written);
        let value = match (word, &self.given) {
            ("sys", _) => self.properties.get(name).cloned(),
            (_, Some(given)) => given.get(name).cloned(),
            (_, None) => std::env::var(name).ok(),
        };
        value
            .or_else(|| default.map(str::to_owned))
            .ok_or_else(|| match word {
                "sys" => format!("no property `{written}` is given"),
                _ => format!("the environment has no variable `{written}`"),
            })
    }

    /// Returns the value of `$(NAME)`, if there is such a property.
    fn property(&self, name: &str) -> Option<String> {
        let (name, default) = with_default(name);
        let value = self.properties.get(name).map(String::as_str);
        value.or(default).map(str::to_owned)
    }
}

fn pairs<K: Into<String>, V: Into<String>>(
    values: impl IntoIterator<Item = (K, V)>,
) -> BTreeMap<String, String> {
    let values = values.into_iter();
    values
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn with_default(name: &str) -> (&str, Option<&str>) {
    match name.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (name, None),
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

/// Replaces the values inside of all texts and of all names. `unquoted` has the pointers of the values that stand in JSON without quotes.
pub(super) fn replace(
    json: &mut Value,
    root: &Place,
    values: &Values,
    unquoted: &BTreeSet<String>,
) -> Result<(), Vec<Problem>> {
    let mut replacement = Replacement {
        values,
        unquoted,
        problems: Vec::new(),
    };
    replacement.replace_in(json, root);
    if replacement.problems.is_empty() {
        Ok(())
    } else {
        Err(replacement.problems)
    }
}

struct Replacement<'v> {
    values: &'v Values,
    unquoted: &'v BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Replacement<'_> {
    fn replace_in(&mut self, json: &mut Value, place: &Place) {
        match json {
            Value::String(text) if text.contains('$') => match expand(text, self.values) {
                Ok(expanded) if self.unquoted.contains(place.pointer()) => *json = bare(expanded),
                Ok(expanded) => *text = expanded,
                Err(message) => self.problems.push(Problem::new(Some(place), message)),
            },
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.replace_in(item, &place.child(index));
                }
            }
            Value::Object(map) => {
                for (name, mut value) in std::mem::replace(map, Map::new()) {
                    self.replace_in(&mut value, &place.child(&name));
                    match expand(&name, self.values) {
                        Ok(expanded) => {
                            if map.insert(expanded, value).is_some() {
                                let message = format!("`{name}` becomes the name of another field");
                                self.problems.push(Problem::new(Some(place), message));
                            }
                        }
                        Err(message) => self.problems.push(Problem::new(Some(place), message)),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Reads a value without quotes as JSON. A text that JSON would write in another way stays a text, such as `007`.
fn bare(text: String) -> Value {
    match serde_json::from_str::<Value>(&text) {
        Ok(value @ (Value::Array(_) | Value::Object(_) | Value::Bool(_))) => value,
        Ok(Value::Number(number)) if number.to_string() == text => number.into(),
        _ => text.into(),
    }
}

/// The mark of an expression that keycloak-config-cli evaluates.
const JAVASCRIPT: &str = "${javascript:";

/// Expands the values of a text. `$(word:...)` with an unknown word is an error, because the author meant a value. So is JavaScript.
fn expand(text: &str, values: &Values) -> Result<String, String> {
    if text.contains(JAVASCRIPT) {
        return Err(format!(
            "`{JAVASCRIPT} ...}}` is not evaluated, because a realm file runs no code: write `$(env:NAME)`, and compute the value before"
        ));
    }
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$(") {
        expanded.push_str(before);
        let value = match end(after) {
            Some(end) => value(&after[..end], values)?.map(|value| (value, end)),
            None => None,
        };
        if let Some((value, end)) = value {
            expanded.push_str(&value);
            rest = &after[end + 1..];
        } else {
            expanded.push_str("$(");
            rest = after;
        }
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// Returns the place of the parenthesis that ends a value. A value inside of it has a parenthesis of its own.
fn end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, char) in text.char_indices() {
        match char {
            '(' if text[..index].ends_with('$') => depth += 1,
            ')' if depth == 0 => return Some(index),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Returns the value that stands between the parentheses, or `None` if this is no value.
fn value(written: &str, values: &Values) -> Result<Option<String>, String> {
    // The name of a value may have values inside of it.
    let inner = expand(written, values)?;
    let parts = inner.split_once(':');
    if let Some((word @ ("env" | "file" | "sys"), name)) = parts {
        let written = written.split_once(':').map_or(written, |(_, name)| name);
        return values.of(word, name, written).map(Some);
    }
    let property = values.property(&inner);
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_unknown = parts.is_some_and(|(word, _)| !word.is_empty() && is_word(word));
    if property.is_none() && is_unknown {
        return Err(format!(
            "`$({written})` is neither `$(env:NAME)` nor `$(sys:NAME)` nor `$(file:PATH)`"
        ));
    }
    Ok(property)
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
        assert!(expand("$(base64Decoder:x)").is_err());
        for text in ["$(env:HOST", "$(document).ready(a: b)", "$()", "$("] {
            assert_eq!(expand(text), Ok(text.to_owned()));
        }
    }

    #[test]
    fn javascript_is_refused_and_other_braces_stay() {
        let expand = |text| expand(text, &Values::environment());
        let error = expand("a $${javascript: env.STAGE}").unwrap_err();
        assert!(error.starts_with("`${javascript: ...}` is not evaluated"));
        assert_eq!(expand("${javascript}"), Ok("${javascript}".to_owned()));
    }

    #[test]
    fn an_error_has_the_name_as_it_is_written() {
        let values = Values::given([("SECRET", "s3cret")]);
        for text in [
            "$(env:A$(env:SECRET))",
            "$(sys:$(env:SECRET):b)",
            "$(file:$(env:SECRET))",
            "$(urlEncoder:$(env:SECRET))",
        ] {
            let error = expand(text, &values).unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
            assert!(error.contains("$(env:SECRET)"), "{error}");
        }
    }

    #[test]
    fn properties_defaults_and_names_of_names_are_replaced() {
        let values = Values::given([("STAGE", "test")]);
        let values = values.with_properties([("acme.test", "$(env:STAGE)"), ("acme.(x)", "y")]);
        let expand = |text| expand(text, &values);
        let cases = [
            ("$(sys:acme.test)", "$(env:STAGE)"),
            ("$(acme.test)", "$(env:STAGE)"),
            ("$(sys:acme.$(env:STAGE))", "$(env:STAGE)"),
            ("$(env:NONE:-a:-b)", "a:-b"),
            ("$(env:STAGE:-a)", "test"),
            ("$(none:-)", ""),
            ("$(env:NONE:-$(env:STAGE)).", "test."),
            ("$(none)", "$(none)"),
        ];
        for (text, expected) in cases {
            assert_eq!(expand(text), Ok(expected.to_owned()), "{text}");
        }
        assert_eq!(
            expand("$(sys:none)"),
            Err("no property `none` is given".to_owned())
        );
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
