//! The table of `docs/races.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use keycloak_server::harness;

/// The columns.
const VERSIONS: [&str; 4] = ["26.4.7", "26.5.7", "26.6.4", "26.7.5"];

const DOCUMENT: &str = "\
# Callers who do the same at the same moment

A test lets 2, 8 and 100 callers call each helper for the same thing at the same moment, on a real server. Every caller succeeds. The three numbers of a
cell belong to 2, 8 and 100 callers. If a number varies between runs, the table has the number of one run.

Keycloak allows several objects of some kinds with the same name. For these kinds, callers at the same moment may create more than one object. A later caller finds one of them.

`UPDATE_RACES=1 cargo xtask test -p keycloak-admin --test facade -- races` writes the column of the server's version.
";

/// The results of one server, in sections.
#[derive(Default)]
pub(crate) struct Table {
    sections: Vec<Section>,
    /// The broken promises, each once. A table with failures is not written.
    pub(crate) failures: BTreeSet<String>,
}

struct Section {
    title: &'static str,
    counted: &'static str,
    rows: Vec<(String, String)>,
}

impl Table {
    /// Begins a section. `counted` says what its numbers count.
    pub(crate) fn section(&mut self, title: &'static str, counted: &'static str) {
        self.sections.push(Section {
            title,
            counted,
            rows: Vec::new(),
        });
    }

    /// Adds a row to the last section.
    pub(crate) fn add(&mut self, kind: &str, [two, eight, hundred]: [usize; 3]) {
        let section = self.sections.last_mut().expect("a section");
        let cell = format!("{two}, {eight}, {hundred}");
        section.rows.push((kind.to_owned(), cell));
    }

    /// Adds a failure of a caller.
    pub(crate) fn fail(&mut self, failure: String) {
        self.failures.insert(failure);
    }

    /// Writes the column of the server's version, if the environment asks for that.
    pub(crate) fn write(&self) {
        if env::var_os("UPDATE_RACES").is_none() || !self.failures.is_empty() {
            return;
        }
        let version = harness::keycloak().version.as_deref().expect("a version");
        assert!(
            VERSIONS.contains(&version),
            "there is no column for {version}"
        );
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/races.md");
        let earlier = fs::read_to_string(&path).unwrap_or_default();
        let mut document = DOCUMENT.to_owned();
        for section in &self.sections {
            section.write(&mut document, version, &earlier);
        }
        fs::write(path, document).expect("the document can be written");
    }
}

impl Section {
    fn write(&self, document: &mut String, version: &str, earlier: &str) {
        let (title, counted) = (self.title, self.counted);
        let columns = VERSIONS.join(" | ");
        let text = format!(
            "\n## {title}\n\nThe numbers of {counted}.\n\n| helper | {columns} |\n|---|---|---|---|---|\n"
        );
        document.push_str(&text);
        let earlier = earlier
            .split("\n## ")
            .find(|section| section.starts_with(title));
        for (kind, cell) in &self.rows {
            let row = earlier.and_then(|section| {
                section
                    .lines()
                    .find(|line| line.starts_with(&format!("| {kind} |")))
            });
            let cells: Vec<&str> = row.unwrap_or_default().split(" | ").skip(1).collect();
            write!(document, "| {kind} |").expect("a text");
            for (index, column) in VERSIONS.iter().enumerate() {
                let old = cells
                    .get(index)
                    .map_or("", |cell| cell.trim_end_matches(" |"));
                let cell = if *column == version { cell } else { old };
                write!(document, " {cell} |").expect("a text");
            }
            document.push('\n');
        }
    }
}
