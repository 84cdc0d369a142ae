//! A plan as a tree for people, and as JSON for programs. Secrets are masked in both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;

use keycloak_config::{Action, Edit, Key, Plan};
use serde::Serialize;
use serde_json::Value;

use super::server::Cost;
use crate::error::CliError;
use crate::output::{Terminal, printable};

/// The numbers of a plan's actions.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Numbers {
    create: usize,
    change: usize,
    delete: usize,
}

impl Numbers {
    /// Counts the actions of a plan.
    fn of(plan: &Plan) -> Self {
        let mut numbers = Self::default();
        for action in &plan.actions {
            match action.edit {
                Edit::Create { .. } => numbers.create += 1,
                Edit::Delete => numbers.delete += 1,
                _ => numbers.change += 1,
            }
        }
        numbers
    }

    /// Returns the numbers in words. The words are those of the future or of the past.
    fn words(self, [create, change, delete]: [&str; 3]) -> String {
        format!(
            "{} {create}, {} {change}, {} {delete}",
            self.create, self.change, self.delete
        )
    }
}

/// The words for changes that are planned.
pub(super) const PLANNED: [&str; 3] = ["to create", "to change", "to delete"];

/// The words for changes that are made.
pub(super) const DONE: [&str; 3] = ["created", "changed", "deleted"];

/// Returns the JSON of a plan, with its numbers and the cost of the command.
pub(super) fn json(plan: &Plan, cost: Option<Cost>) -> Result<Value, CliError> {
    let unreadable =
        |error: serde_json::Error| CliError::other(format!("the plan is no JSON: {error}"));
    let mut json = serde_json::to_value(plan).map_err(unreadable)?;
    let mut summary = serde_json::to_value(Numbers::of(plan)).map_err(unreadable)?;
    let cost = serde_json::to_value(cost).map_err(unreadable)?;
    if let (Some(summary), Value::Object(cost)) = (summary.as_object_mut(), cost) {
        summary.extend(cost);
    }
    json["summary"] = summary;
    Ok(json)
}

/// Returns the tree of a plan: each object below the one that it is a part of, and the notes at the end.
pub(super) fn tree(plan: &Plan, terminal: Terminal) -> String {
    let mut tree = Tree {
        text: String::new(),
        terminal,
        actions: plan
            .actions
            .iter()
            .map(|action| (&action.key, action))
            .collect(),
        parts: BTreeMap::new(),
    };
    let mut roots = BTreeSet::new();
    for action in &plan.actions {
        tree.place(action.key.clone(), &mut roots);
    }
    if plan.is_new_realm {
        let message = format!("The realm `{}` does not exist yet.", printable(&plan.realm));
        let _ = writeln!(tree.text, "{message}");
    }
    for root in roots {
        tree.object(0, &root);
    }
    for note in &plan.notes {
        tree.line(
            0,
            '!',
            &printable(&format!("{}: {}", note.key, note.message)),
        );
    }
    tree.text
}

struct Tree<'p> {
    text: String,
    terminal: Terminal,
    actions: BTreeMap<&'p Key, &'p Action>,
    /// The parts of each object, those with changes alone.
    parts: BTreeMap<Key, BTreeSet<Key>>,
}

impl Tree<'_> {
    /// Puts an object below the one that it is a part of, and that one likewise.
    fn place(&mut self, key: Key, roots: &mut BTreeSet<Key>) {
        let Some(parent) = key.parent() else {
            roots.insert(key);
            return;
        };
        self.parts.entry(parent.clone()).or_default().insert(key);
        self.place(parent, roots);
    }

    fn object(&mut self, depth: usize, key: &Key) {
        let action = self.actions.get(key).copied();
        let sign = match action.map(|action| &action.edit) {
            None => ' ',
            Some(Edit::Create { .. }) => '+',
            Some(Edit::Delete) => '-',
            Some(_) => '~',
        };
        let name = printable(&label(key)).into_owned();
        self.line(depth, sign, &self.terminal.bold(&name));
        if let Some(action) = action {
            for line in fields(action) {
                self.line(depth + 1, line.sign, &line.text);
            }
        }
        for part in self.parts.remove(key).unwrap_or_default() {
            self.object(depth + 1, &part);
        }
    }

    fn line(&mut self, depth: usize, sign: char, text: &str) {
        let style = match sign {
            '+' => Some(32),
            '~' | '!' => Some(33),
            '-' => Some(31),
            _ => None,
        };
        let mut signed = sign.to_string();
        if let Some(style) = style {
            signed = self.terminal.styled(style, &signed);
        }
        let line = format!("{}{signed} {text}", "  ".repeat(depth));
        let _ = writeln!(self.text, "{}", line.trim_end());
    }
}

/// Returns the kind and the names of an object, without the names of the object around it.
fn label(key: &Key) -> String {
    let around = key.parent().map_or(0, |parent| parent.path.len());
    let names = key.path.iter().skip(around).map(|name| format!("`{name}`"));
    let names: Vec<String> = names.collect();
    format!("{} {}", key.kind, names.join(" / "))
        .trim_end()
        .to_owned()
}

/// A line about a field.
struct Line {
    sign: char,
    text: String,
}

impl Line {
    fn new(sign: char, text: &str) -> Self {
        Self {
            sign,
            text: printable(text).into_owned(),
        }
    }
}

/// Returns the lines of an action's fields. They are those of its JSON, which has no secrets.
fn fields(action: &Action) -> Vec<Line> {
    let mut json = serde_json::to_value(&action.edit).unwrap_or_default();
    json.sort_all_objects();
    let mut lines = Vec::new();
    for (name, value) in json["fields"].as_object().into_iter().flatten() {
        lines.push(Line::new(' ', &format!("{name}: {value}")));
    }
    for change in json["changes"].as_array().into_iter().flatten() {
        lines.extend(change_lines(change));
    }
    lines
}

/// Returns the lines of a change. Lists with objects are shown by the items that differ.
fn change_lines(change: &Value) -> Vec<Line> {
    let path = change["path"].as_array().into_iter().flatten();
    let path: Vec<&str> = path.filter_map(Value::as_str).collect();
    let path = path.join(".");
    let (old, new) = (&change["old"], &change["new"]);
    if let (Value::Array(old), Value::Array(new)) = (old, new) {
        let gone = old.iter().filter(|item| !new.contains(item));
        let added = new.iter().filter(|item| !old.contains(item));
        let gone = gone.map(|item| Line::new('-', &format!("  {item}")));
        let added = added.map(|item| Line::new('+', &format!("  {item}")));
        let items: Vec<Line> = gone.chain(added).collect();
        let is_long = old.iter().chain(new).any(Value::is_object);
        if is_long && !items.is_empty() {
            let mut lines = vec![Line::new(' ', &format!("{path}:"))];
            lines.extend(items);
            return lines;
        }
    }
    vec![Line::new(
        ' ',
        &match (old, new) {
            (Value::Null, new) => format!("{path}: {new}"),
            (old, Value::Null) => format!("{path}: {old} -> not set"),
            (old, new) if old == new => format!("{path}: another value, masked"),
            (old, new) => format!("{path}: {old} -> {new}"),
        },
    )]
}

/// Returns the line with the numbers and the cost of a command.
pub(super) fn summary(plan: &Plan, words: [&str; 3], cost: Option<Cost>) -> String {
    let numbers = Numbers::of(plan).words(words);
    match cost {
        Some(cost) => format!("{numbers} ({cost})"),
        None => numbers,
    }
}

/// Prints the name of the realm of the plan that follows, if there are several.
pub(super) fn print_realm(plan: &Plan) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    Ok(writeln!(out, "# {}", printable(&plan.realm))?)
}

/// Prints a plan and its numbers to standard output.
pub(super) fn print(plan: &Plan, cost: Option<Cost>, is_json: bool) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    if is_json {
        writeln!(out, "{:#}", json(plan, cost)?)?;
        return Ok(());
    }
    write!(out, "{}", tree(plan, Terminal::of_stdout()))?;
    writeln!(out, "{}", summary(plan, PLANNED, cost))?;
    Ok(())
}
