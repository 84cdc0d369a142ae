//! Writing the table that `modify` uses, and the document about it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use keycloak_admin::Error;

use crate::measure::{Outcome, measure};
use crate::subjects::{OPERATIONS, Surroundings};
use crate::table::Form;

const TABLE: &str = "\
//! The form of each field that removes it, for each call that a `modify` writes with.
//!
//! Written by `UPDATE_REMOVALS=1 cargo xtask test -p keycloak-admin --test removals`, which measures it on a server. Not edited.

use super::{Form, Rows};

/// The fields that each call can remove. It can remove no other field.
pub(super) const REMOVALS: &[(&str, &Rows)] = &[
";

const DOCUMENT: &str = "\
# Removing fields with `modify`

Keycloak keeps many fields that a PUT leaves out, and each field has its own rule. `modify` knows these rules: if a change sets a field to `None`, or takes a
key out of a map, it writes the form that removes it. If Keycloak has no such form, `modify` fails with `ErrorKind::InvalidRequest`, names the field, and sends
nothing.

A test sets, changes and removes every field of every type on a real server, and writes this page from what it finds
(`UPDATE_REMOVALS=1 cargo xtask test -p keycloak-admin --test removals`). Without the variable it checks `modify` on each row. The rows hold on
Keycloak VERSIONS.

`attributes.*` is a key of the map `attributes`. \"Left out\" removes the field by its absence, also in an `update`. An `update` has to send the other forms itself. A write replaces a list that has a row here, so an item that you take out is removed. After a removal Keycloak may show its default.

Each call has a list of the fields that cannot be removed. Keycloak keeps a *kept* field, whatever is sent. The removal of a *refused* field makes the PUT fail. The PUT ignores a *not written* field.
A *not tried* field is a name, a type or a choice without which the object would not work.
";

/// Measures every field, and writes both files.
pub(crate) async fn write(surroundings: &Surroundings) -> Result<(), Error> {
    let (mut table, mut document) = (TABLE.to_owned(), DOCUMENT.to_owned());
    for operation in OPERATIONS {
        let mut subject = surroundings.subject(operation).await?;
        let mut original = subject.get().await?;
        let mut outcomes = Vec::new();
        for field in subject.fields.clone() {
            let measured = measure(surroundings, operation, &subject, field).await;
            let measured =
                measured.unwrap_or_else(|error| panic!("{operation} {}: {error}", field.name));
            outcomes.extend(measured);
            if subject.put(&original).await.is_err() || subject.get().await.is_err() {
                subject = surroundings.subject(operation).await?;
                original = subject.get().await?;
            }
        }
        add_to_table(&mut table, operation, &outcomes);
        add_to_document(&mut document, operation, subject.representation, &outcomes);
    }
    table.push_str("];\n");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::write(root.join("src/removals/table.rs"), table).unwrap();
    let document = document.replace("VERSIONS", VERSIONS);
    fs::write(root.join("../../docs/removals.md"), document).unwrap();
    Ok(())
}

/// The versions on which the test has passed.
const VERSIONS: &str =
    "26.7.5, 26.7.4, 26.5.7 and 26.4.7, and Phase Two's (`phasetwo/..`) on 26.5.7";

fn add_to_table(table: &mut String, operation: &str, outcomes: &[(String, Outcome)]) {
    writeln!(table, "    (\n        \"{operation}\",\n        &[").unwrap();
    for (path, outcome) in outcomes {
        if let Outcome::Removed(form) = outcome {
            writeln!(table, "            (\"{path}\", Form::{form:?}),").unwrap();
        }
    }
    table.push_str("        ],\n    ),\n");
}

fn add_to_document(
    document: &mut String,
    operation: &str,
    representation: &str,
    outcomes: &[(String, Outcome)],
) {
    write!(document, "\n## `{operation}`\n\nA `{representation}`.\n\n").unwrap();
    let mut forms: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut others: Vec<(&str, Vec<&str>)> = Vec::new();
    for (path, outcome) in outcomes {
        let (list, label) = match outcome {
            Outcome::Removed(Form::LeftOut) => (&mut forms, "left out"),
            Outcome::Removed(Form::Null) => (&mut forms, "`null`"),
            Outcome::Removed(Form::EmptyText) => (&mut forms, "`\"\"`"),
            Outcome::Removed(Form::EmptyList) => (&mut forms, "`[]`"),
            Outcome::Removed(Form::EmptyMap) => (&mut forms, "`{}`"),
            // The map is removed key by key.
            Outcome::Kept if is_removed(outcomes, &format!("{path}.*")) => continue,
            Outcome::Kept => (&mut others, "kept"),
            Outcome::Refused => (&mut others, "refused"),
            Outcome::NotWritten => (&mut others, "not written"),
            Outcome::Untried => (&mut others, "not tried"),
            Outcome::NeverSent => continue,
        };
        match list.iter_mut().find(|(known, _)| *known == label) {
            Some((_, paths)) => paths.push(path),
            None => list.push((label, vec![path])),
        }
    }
    document.push_str("| form | removes |\n|---|---|\n");
    for (label, paths) in forms {
        writeln!(document, "| {label} | {} |", code(&paths)).unwrap();
    }
    if others.is_empty() {
        return;
    }
    let others = others
        .iter()
        .map(|(label, paths)| format!("{label}: {}", code(paths)));
    let others = others.collect::<Vec<_>>().join("; ");
    writeln!(document, "\nNot removable: {others}.").unwrap();
}

fn is_removed(outcomes: &[(String, Outcome)], path: &str) -> bool {
    outcomes
        .iter()
        .any(|(known, outcome)| known == path && matches!(outcome, Outcome::Removed(_)))
}

fn code(paths: &[&str]) -> String {
    let quoted = paths.iter().map(|path| format!("`{path}`"));
    quoted.collect::<Vec<_>>().join(", ")
}
