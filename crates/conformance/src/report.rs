//! The results in files and on the terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use keycloak_session::OperationInfo;
use serde_json::{Map, Value};

use crate::answers;
use crate::record::{Api, Outcome, Row};
use crate::second_try::{self, SecondTry};

/// The rows as JSON: an array, an operation and version each.
pub fn json(rows: &[Row]) -> serde_json::Result<String> {
    let mut json = serde_json::to_string_pretty(rows)?;
    json.push('\n');
    Ok(json)
}

/// `specs/API/answers.json`: an example for each operation and status, of all servers together. Each operation has one line.
#[must_use]
pub fn examples(api: Api, rows: &[Row]) -> String {
    let mut operations: BTreeMap<&str, BTreeMap<u16, Value>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.api == api) {
        let of_operation = operations.entry(&row.operation_id).or_default();
        for (status, example) in &row.answers {
            answers::add(of_operation, *status, example.clone());
        }
    }
    let lines: Vec<String> = operations
        .iter()
        .filter(|(_, answers)| !answers.is_empty())
        .map(|(id, answers)| {
            let answers: Map<String, Value> = answers
                .iter()
                .map(|(status, example)| (status.to_string(), example.clone()))
                .collect();
            format!("{}: {}", Value::from(*id), Value::Object(answers))
        })
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// Totals per version and API, then each failure with its reason: what is printed.
#[must_use]
pub fn summary(rows: &[Row]) -> String {
    let mut out = format!(
        "{:<11}{:<9}{:>8}{:>8}{:>9}{:>8}{:>7}\n",
        "api", "version", "passed", "absent", "skipped", "failed", "lost"
    );
    for total in totals(rows) {
        let _ = writeln!(
            out,
            "{:<11}{:<9}{:>8}{:>8}{:>9}{:>8}{:>7}",
            total.api.title(),
            total.version,
            total.count(Outcome::Passed),
            total.count(Outcome::Absent),
            total.count(Outcome::Skipped),
            total.count(Outcome::Failed),
            total.lost_fields
        );
    }
    let (never_called, failed): (Vec<_>, Vec<_>) = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Failed)
        .partition(|row| row.reason.as_deref() == Some("never called"));
    if !failed.is_empty() {
        out.push_str("\nfailed\n");
    }
    for row in failed {
        let reason = row.reason.as_deref().unwrap_or_default();
        let _ = writeln!(out, "  {} {}: {reason}", row.version, row.operation_id);
        for path in &row.lost_fields {
            let _ = writeln!(out, "    {path}");
        }
    }
    if !never_called.is_empty() {
        out.push_str("\nnever called\n");
    }
    for row in never_called {
        let _ = writeln!(out, "  {} {}", row.version, row.operation_id);
    }
    out
}

/// The operations that a server has a path for and cannot do.
const NO_OPERATION: &str = "\n`policy/js` of authorization services is not called. A policy of that type needs a script that is installed on the server, and every server answers its creation with a 500.\n";

/// `docs/conformance.md`. It holds nothing that changes from run to run, except which area passed at the second try.
#[must_use]
pub fn markdown(rows: &[Row], second_tries: &[SecondTry]) -> String {
    let mut out = "<!-- Written by `cargo xtask conformance --write-docs`: do not edit. -->\n\n\
        # Conformance\n\n\
        Every operation is called on real servers through the generated client. It passes if the document names each status, each body decodes, and each decoded value encodes to the fields that the server sent.\n\n\
        | API | Keycloak | operations | passed | not in this version | cannot be called | failed |\n\
        |---|---|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for total in totals(rows) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            total.api.title(),
            total.version,
            total.operations(),
            total.count(Outcome::Passed),
            total.count(Outcome::Absent),
            total.count(Outcome::Skipped),
            total.count(Outcome::Failed),
        );
    }
    out.push_str("\n✓ passed, – not in this version, ○ cannot be called, ✗ failed\n");
    out.push_str(NO_OPERATION);
    write_areas(&mut out, rows);
    for api in Api::ALL {
        write_operations(&mut out, api, rows);
    }
    out.push_str(&second_try::section(second_tries));
    out
}

/// One table of all tags: how many operations of each passed, a version per column.
fn write_areas(out: &mut String, rows: &[Row]) {
    let versions: BTreeSet<&str> = rows.iter().map(|row| row.version.as_str()).collect();
    out.push_str(
        "\n## By area\n\nThe number of operations of an area that passed. The table of the area names the others: they are not in this version, or cannot be called.\n\n| area | operations |",
    );
    for version in versions.iter().rev() {
        let _ = write!(out, " {version} |");
    }
    let _ = writeln!(out, "\n|---|--:|{}", "--:|".repeat(versions.len()));
    for (api, tag) in areas(rows) {
        let heading = format!("{}: {tag}", api.title());
        let operations = of_area(api, tag).count();
        let _ = write!(out, "| [{heading}](#{}) | {operations} |", slug(&heading));
        let ids: BTreeSet<&str> = of_area(api, tag).map(OperationInfo::id).collect();
        for version in versions.iter().rev() {
            let called: Vec<&Row> = rows
                .iter()
                .filter(|row| row.api == api && row.version == *version)
                .filter(|row| ids.contains(row.operation_id.as_str()))
                .collect();
            let passed = called.iter().filter(|row| row.outcome == Outcome::Passed);
            let cell = match called.len() {
                0 => String::new(),
                _ => passed.count().to_string(),
            };
            let _ = write!(out, " {cell} |");
        }
        out.push('\n');
    }
}

/// The tags of the APIs that were called, in the order of the document.
fn areas(rows: &[Row]) -> Vec<(Api, &'static str)> {
    let called = |api: &Api| rows.iter().any(|row| row.api == *api);
    let mut areas = Vec::new();
    for api in Api::ALL.into_iter().filter(called) {
        let operations = api.operations().iter();
        let tags: BTreeSet<_> = operations.map(|info| info.tag_name()).collect();
        areas.extend(tags.into_iter().map(|tag| (api, tag)));
    }
    areas
}

/// The operations of a tag.
fn of_area(api: Api, tag: &str) -> impl Iterator<Item = &'static OperationInfo> {
    let operations = api.operations().iter().copied();
    operations.filter(move |info| info.tag_name() == tag)
}

/// The anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-');
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// One table per tag: an operation per row, a version per column.
fn write_operations(out: &mut String, api: Api, rows: &[Row]) {
    let rows: BTreeMap<(&str, &str), &Row> = rows
        .iter()
        .filter(|row| row.api == api)
        .map(|row| ((row.operation_id.as_str(), row.version.as_str()), row))
        .collect();
    let versions: BTreeSet<&str> = rows.keys().map(|(_, version)| *version).collect();
    if versions.is_empty() {
        return;
    }
    let tags: BTreeSet<&str> = api
        .operations()
        .iter()
        .map(|info| info.tag_name())
        .collect();
    for tag in tags {
        let _ = write!(out, "\n## {}: {tag}\n\n| operation |", api.title());
        for version in versions.iter().rev() {
            let _ = write!(out, " {version} |");
        }
        let _ = writeln!(out, "\n|---|{}", ":-:|".repeat(versions.len()));
        for info in of_area(api, tag) {
            let _ = write!(out, "| `{}` |", info.id());
            for version in versions.iter().rev() {
                let cell = rows.get(&(info.id(), *version)).map(|row| cell(row));
                let _ = write!(out, " {} |", cell.unwrap_or_default());
            }
            out.push('\n');
        }
    }
}

fn cell(row: &Row) -> String {
    let reason = row.reason.as_deref().unwrap_or_default();
    match row.outcome {
        Outcome::Passed => "✓".to_owned(),
        Outcome::Absent => "–".to_owned(),
        Outcome::Skipped => format!("○ {}", reason.replace('|', "\\|")),
        Outcome::Failed => "✗".to_owned(),
    }
}

struct Total {
    api: Api,
    version: String,
    counts: BTreeMap<Outcome, usize>,
    lost_fields: usize,
}

impl Total {
    fn count(&self, outcome: Outcome) -> usize {
        self.counts.get(&outcome).copied().unwrap_or_default()
    }

    fn operations(&self) -> usize {
        self.counts.values().sum()
    }
}

/// In the order of the rows.
fn totals(rows: &[Row]) -> Vec<Total> {
    let mut totals: Vec<Total> = Vec::new();
    for row in rows {
        let index = totals
            .iter()
            .position(|total| total.api == row.api && total.version == row.version);
        let index = index.unwrap_or_else(|| {
            totals.push(Total {
                api: row.api,
                version: row.version.clone(),
                counts: BTreeMap::new(),
                lost_fields: 0,
            });
            totals.len() - 1
        });
        *totals[index].counts.entry(row.outcome).or_default() += 1;
        totals[index].lost_fields += row.lost_fields.len();
    }
    totals
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::{env, fs};

    use super::{areas, json, markdown, of_area, slug, summary};
    use crate::record::{Api, Outcome, Record, Row};
    use crate::second_try;

    fn rows() -> Vec<Row> {
        let operations = Api::Keycloak.operations();
        let mut record = Record::default();
        record.entry(operations[0]).pass(200);
        record.entry(operations[1]).skipped = Some("needs an extension".to_owned());
        let lost = record.entry(operations[2]);
        lost.fail(Some(200), "lost fields".to_owned());
        lost.lost_fields.insert("$[*].x".to_owned());
        operations[..4]
            .iter()
            .map(|info| record.row(Api::Keycloak, info, "26.7.5"))
            .collect()
    }

    #[test]
    fn the_json_has_the_documented_fields() {
        let json: serde_json::Value = serde_json::from_str(&json(&rows()).unwrap()).unwrap();
        assert_eq!(json[0]["api"], "keycloak");
        assert_eq!(json[0]["outcome"], "passed");
        assert_eq!(json[1]["reason"], "needs an extension");
        assert_eq!(json[2]["status"], 200);
        assert_eq!(json[2]["lost_fields"][0], "$[*].x");
        assert_eq!(json[3]["reason"], "never called");
    }

    #[test]
    fn the_summary_names_failures_and_what_was_never_called() {
        let text = summary(&rows());
        let ids: Vec<_> = Api::Keycloak.operations()[..4]
            .iter()
            .map(|i| i.id())
            .collect();
        assert!(
            text.contains(&format!("26.7.5 {}: lost fields\n    $[*].x", ids[2])),
            "{text}"
        );
        assert!(
            text.ends_with(&format!("never called\n  26.7.5 {}\n", ids[3])),
            "{text}"
        );
    }

    #[test]
    fn the_document_has_totals_and_a_mark_per_operation() {
        let text = markdown(&rows(), &[]);
        assert!(
            text.contains("| Keycloak | 26.7.5 | 4 | 1 | 0 | 1 | 2 |"),
            "{text}"
        );
        let id = Api::Keycloak.operations()[1].id();
        assert!(
            text.contains(&format!("| `{id}` | ○ needs an extension |")),
            "{text}"
        );
    }

    #[test]
    fn the_document_counts_what_passed_in_each_area() {
        let text = markdown(&rows(), &[]);
        let tag = Api::Keycloak.operations()[0].tag_name();
        let operations = of_area(Api::Keycloak, tag).count();
        let anchor = slug(&format!("Keycloak: {tag}"));
        let row = format!("| [Keycloak: {tag}](#{anchor}) | {operations} | 1 |");
        assert!(text.contains(&row), "{text}");
        assert!(areas(&rows()).iter().all(|(api, _)| *api == Api::Keycloak));
    }

    #[test]
    fn a_heading_has_the_anchor_that_github_gives_it() {
        assert_eq!(slug("Keycloak: Roles (by ID)"), "keycloak-roles-by-id");
    }

    /// The cells of a line of a table.
    fn cells(line: &str) -> Vec<&str> {
        let line = line.strip_prefix("| ").unwrap_or_default();
        line.trim_end_matches('|')
            .split(" | ")
            .map(str::trim)
            .collect()
    }

    /// The result of each operation of the document: by API, operation and version.
    fn outcomes(document: &str) -> BTreeMap<(&str, &str, &str), &str> {
        let mut found = BTreeMap::new();
        let (mut api, mut versions) = ("", Vec::new());
        for line in document.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                api = heading.split(':').next().unwrap_or_default();
            } else if line.starts_with("| operation |") {
                versions = cells(line).split_off(1);
            } else if line.starts_with("| `") {
                let cells = cells(line);
                let id = cells[0].trim_matches('`');
                for (version, cell) in versions.iter().zip(&cells[1..]) {
                    found.insert((api, id, *version), *cell);
                }
            }
        }
        found
    }

    fn row(api: Api, operation: &str, version: &str, cell: &str) -> Row {
        let mut operations = api.operations().iter();
        let info = operations.find(|info| info.id() == operation).unwrap();
        let mut row = Record::default().row(api, info, version);
        let (mark, reason) = cell.split_once(' ').unwrap_or((cell, ""));
        row.reason = Some(reason.replace("\\|", "|"));
        row.outcome = match mark {
            "✓" => Outcome::Passed,
            "–" => Outcome::Absent,
            "○" => Outcome::Skipped,
            _ => Outcome::Failed,
        };
        row
    }

    /// The results are those of a run of everything. `UPDATE_DOCS=1` writes the text around them anew.
    #[test]
    fn the_committed_document_is_made_of_its_results() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
        let document = fs::read_to_string(&path).unwrap();
        let outcomes = outcomes(&document);
        let mut rows = Vec::new();
        for total in document
            .lines()
            .filter(|line| line.starts_with("| Keycloak |") || line.starts_with("| Phase Two |"))
        {
            let cells = cells(total);
            let api = Api::ALL
                .into_iter()
                .find(|api| api.title() == cells[0])
                .unwrap();
            for info in api.operations() {
                let cell = outcomes[&(cells[0], info.id(), cells[1])];
                rows.push(row(api, info.id(), cells[1], cell));
            }
        }
        let lasting = document.split(second_try::HEADING).next().unwrap();
        let text = markdown(&rows, &[]);
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, document.replace(lasting.trim_end(), text.trim_end())).unwrap();
        } else {
            assert_eq!(lasting.trim_end(), text.trim_end());
        }
    }
}
