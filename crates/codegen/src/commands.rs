//! `commands.toml`: how the command line groups and names operations.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context, Result, bail};
use heck::ToKebabCase as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{OperationRef, base_path, operations};

/// The commands of one API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commands {
    areas: BTreeMap<String, Area>,
    /// The verbs that the rule would make unreadable, by operation id.
    #[serde(default, rename = "commands")]
    verbs: HashMap<String, String>,
    #[serde(default)]
    parameters: HashMap<String, Flag>,
    #[serde(default)]
    bodies: HashMap<String, Flag>,
    #[serde(default)]
    since: HashMap<String, String>,
}

/// One area: a group of commands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Area {
    about: String,
    nouns: Vec<String>,
    paths: Vec<String>,
}

impl Area {
    /// Returns whether this is the area of all operations that no other area has.
    fn takes_the_rest(&self) -> bool {
        self.paths.iter().any(String::is_empty)
    }
}

/// The flag of a value: its name, and the kind of object that it names.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// The flag without its dashes.
    pub flag: String,
    /// The kind of object whose name the flag takes. Without it, the flag takes the value itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The last word of the flag that takes the id: `id`, unless the file says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The field that holds the name of a `sibling`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The place of an operation in the tree.
#[derive(Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// The area.
    pub area: &'a str,
    /// The verb in it.
    pub verb: String,
}

impl Commands {
    /// Parses `commands.toml`.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        toml_edit::de::from_str(text).with_context(|| format!("{name} is not a table of commands"))
    }

    /// Checks that no two operations have the same command.
    pub fn check(&self, document: &Value) -> Result<()> {
        let base = base_path(document);
        let mut owners: HashMap<(&str, String), &str> = HashMap::new();
        for operation in operations(document) {
            let id = operation.id()?;
            let command = self.command(&base, operation)?;
            if let Some(other) = owners.insert((command.area, command.verb.clone()), id) {
                bail!(
                    "`{} {}` is both {other} and {id}; name one of them under [commands]",
                    command.area,
                    command.verb
                );
            }
        }
        Ok(())
    }

    /// Returns the entries that this document does not use. The document of another release may use them.
    pub fn unused(&self, document: &Value) -> Result<Vec<&str>> {
        let base = base_path(document);
        let mut used = HashSet::new();
        for operation in operations(document) {
            used.insert(operation.id()?);
            used.insert(self.command(&base, operation)?.area);
            for (segment, name) in path_parameters(operation.path) {
                used.extend(self.rule(segment, name).map(|(rule, _)| rule.as_str()));
            }
        }
        let areas = self.areas.iter().filter(|(_, area)| !area.takes_the_rest());
        let mut entries: Vec<&String> = areas.map(|(name, _)| name).collect();
        entries.extend(self.verbs.keys().chain(self.bodies.keys()));
        entries.extend(self.parameters.keys().chain(self.since.keys()));
        let entries = entries.into_iter().map(String::as_str);
        Ok(entries.filter(|entry| !used.contains(entry)).collect())
    }

    /// The areas with their lines for the help.
    pub fn areas(&self) -> impl Iterator<Item = (&str, &str)> {
        let areas = self.areas.iter();
        areas.map(|(name, area)| (name.as_str(), area.about.as_str()))
    }

    /// Returns the place of an operation in the tree.
    pub fn command(&self, base: &str, operation: OperationRef<'_>) -> Result<Command<'_>> {
        let path = format!("{base}{}", operation.path);
        let id = operation.id()?;
        let (area, nouns) = self
            .areas
            .iter()
            .flat_map(|(name, area)| area.paths.iter().map(move |path| (path, name, area)))
            .filter(|(prefix, ..)| is_below(&path, prefix))
            .max_by_key(|(prefix, ..)| prefix.len())
            .map(|(_, name, area)| (name, &area.nouns))
            .with_context(|| format!("no area of commands.toml has the path {path}"))?;
        let verb = self.verbs.get(id).cloned();
        let verb = verb.unwrap_or_else(|| verb_of(id, nouns));
        Ok(Command { area, verb })
    }

    /// Returns the flag of a path parameter. `segment` is the segment before it.
    #[must_use]
    pub fn path_flag(&self, segment: &str, name: &str) -> Flag {
        let rule = self.rule(segment, name);
        rule.map_or_else(
            || Flag {
                flag: name.to_kebab_case(),
                ..Flag::default()
            },
            |(_, flag)| flag.clone(),
        )
    }

    fn rule(&self, segment: &str, name: &str) -> Option<(&String, &Flag)> {
        let of_segment = self
            .parameters
            .get_key_value(&format!("{segment}/{{{name}}}"));
        of_segment.or_else(|| self.parameters.get_key_value(&format!("{{{name}}}")))
    }

    /// Returns the flag of a body that is one text.
    #[must_use]
    pub fn body_flag(&self, id: &str) -> Option<&Flag> {
        self.bodies.get(id)
    }

    /// Returns the first release line with an operation, if it is newer than the oldest that is supported.
    #[must_use]
    pub fn since(&self, id: &str) -> Option<&str> {
        self.since.get(id).map(String::as_str)
    }
}

/// The parameters of a path, each with the segment before it.
pub fn path_parameters(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let segments = path.split('/');
    segments
        .clone()
        .zip(segments.skip(1))
        .filter_map(|(before, segment)| {
            let name = segment.strip_prefix('{')?.strip_suffix('}')?;
            Some((before, name))
        })
}

/// Returns whether a path begins with these segments.
fn is_below(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the id without the noun of its area: `get_user` is `get`, and `add_realm_roles_to_user` is `add-realm-roles`.
fn verb_of(id: &str, nouns: &[String]) -> String {
    let words: Vec<&str> = id.split('_').collect();
    let mut found: Vec<Vec<&str>> = nouns.iter().map(|noun| noun.split('_').collect()).collect();
    found.sort_by_key(|noun| std::cmp::Reverse(noun.len()));
    let at_end = found.iter().find_map(|noun| place_at_end(&words, noun));
    let range = at_end.or_else(|| found.iter().find_map(|noun| first_place(&words, noun)));
    let mut left = words.clone();
    if let Some(range) = range {
        left.drain(range);
    }
    left.join("-")
}

/// The place of `to NOUN`, `of NOUN` and so on, at the end or before `by`.
fn place_at_end(words: &[&str], noun: &[&str]) -> Option<std::ops::Range<usize>> {
    let starts = 1..words.len();
    starts
        .filter(|start| ["to", "from", "of", "for"].contains(&words[*start]))
        .find_map(|start| {
            let end = start + 1 + noun.len();
            let is_noun = words.get(start + 1..end) == Some(noun);
            let ends = words.get(end).is_none_or(|word| *word == "by");
            (is_noun && ends).then_some(start..end)
        })
}

/// The first place of a noun after the verb.
fn first_place(words: &[&str], noun: &[&str]) -> Option<std::ops::Range<usize>> {
    let starts = 1..words.len();
    starts
        .map(|start| start..start + noun.len())
        .find(|range| words.get(range.clone()) == Some(noun))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Input;
    use crate::tests::apis;

    #[test]
    fn a_verb_is_the_id_without_the_noun_of_its_area() {
        for (id, nouns, verb) in [
            ("list_users", "user users", "list"),
            ("reset_user_password", "user users", "reset-password"),
            ("add_user_to_group", "user users", "add-to-group"),
            ("add_client_roles_to_user", "user users", "add-client-roles"),
            (
                "list_available_user_client_roles",
                "user users",
                "list-available-client-roles",
            ),
            (
                "add_default_client_scope_to_client",
                "client clients",
                "add-default-client-scope",
            ),
            (
                "add_composites_to_client_role",
                "client clients",
                "add-composites-to-role",
            ),
            (
                "add_composites_to_role_by_id",
                "role",
                "add-composites-by-id",
            ),
            (
                "list_client_scope_client_roles",
                "client_scope client_scopes",
                "list-client-roles",
            ),
            ("logout_all_users", "realm realms", "logout-all-users"),
        ] {
            let nouns: Vec<String> = nouns.split(' ').map(str::to_owned).collect();
            assert_eq!(verb_of(id, &nouns), verb, "{id}");
        }
    }

    #[test]
    fn every_entry_is_used_by_the_pinned_document() {
        for api in apis() {
            if api.source.command_line.is_none() {
                continue;
            }
            let document = Input::read(&api).unwrap().normalise().unwrap().document;
            let commands = Commands::parse(&api.commands_text().unwrap(), &api.name).unwrap();
            assert_eq!(commands.unused(&document).unwrap(), [""; 0], "{}", api.name);
        }
    }

    #[test]
    fn a_path_that_no_area_has_is_below_the_empty_path() {
        assert!(is_below("/things-of-tomorrow", ""));
    }

    #[test]
    fn the_longest_path_decides_the_area() {
        assert!(is_below("/a/{b}/c/d", "/a/{b}/c"));
        assert!(is_below("/a/{b}/c", "/a/{b}/c"));
        assert!(!is_below("/a/{b}/cd", "/a/{b}/c"));
    }
}
