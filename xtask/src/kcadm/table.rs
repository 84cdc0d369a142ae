//! The rows of the document.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use anyhow::{Context, Result, ensure};

/// The header of a table whose rows are run.
const HEADER: &str = "| kcadm.sh | keycloakctl |";

/// A row of the document.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// The line in the document, from 1.
    pub line: usize,
    /// The name of the files with the results. It depends on the left cell alone, so it stays if the rows above or the right cell change.
    pub name: String,
    /// The commands of the left cell, one a line.
    pub kcadm: String,
    /// The commands of the right cell.
    pub keycloakctl: String,
    /// True if the outputs are compared: the last command of the left cell reads, shows the answer (`-o`), or is no `kcadm.sh`.
    pub prints: bool,
    /// True if the states of the realms are compared: the last command of the left cell does more than to read.
    pub writes: bool,
}

/// Returns the rows that are run, in their order.
pub fn rows(document: &str) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    let mut is_run = false;
    for (index, line) in document.lines().enumerate() {
        if !line.starts_with('|') {
            is_run = false;
        } else if line == HEADER {
            is_run = true;
        } else if is_run && !line.starts_with("|---") {
            let row = row(index + 1, line);
            let mut row =
                row.with_context(|| format!("line {} is no row of two cells", index + 1))?;
            let equal = rows.iter().filter(|other| other.kcadm == row.kcadm).count();
            row.name = name(&row.kcadm, equal);
            rows.push(row);
        }
    }
    ensure!(!rows.is_empty(), "the document has no rows");
    Ok(rows)
}

fn row(line: usize, text: &str) -> Option<Row> {
    let cells = text.strip_prefix("| ")?.strip_suffix(" |")?;
    let (kcadm, keycloakctl) = cells.split_once(" | ")?;
    let kcadm = commands(kcadm)?;
    let last = kcadm.lines().last()?;
    let reads = last.starts_with("kcadm.sh get") && !last.contains(" > ");
    Some(Row {
        line,
        name: String::new(),
        prints: reads || last.ends_with(" -o") || !last.contains("kcadm.sh"),
        writes: !reads,
        keycloakctl: commands(keycloakctl)?,
        kcadm,
    })
}

/// Returns the name of a row with this left cell, after some others with the same one.
fn name(kcadm: &str, equal: usize) -> String {
    let mut hasher = DefaultHasher::new();
    kcadm.hash(&mut hasher);
    format!("{:016x}-{equal}", hasher.finish())
}

/// Returns the commands of a cell: each is code, and a bar in it is escaped.
fn commands(cell: &str) -> Option<String> {
    let lines = cell.split("<br>").map(|line| {
        let code = line.trim().strip_prefix('`')?.strip_suffix('`')?;
        (!code.contains('`')).then(|| code.replace("\\|", "|"))
    });
    Some(lines.collect::<Option<Vec<_>>>()?.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_some_tables_are_run() {
        let document = "\
# Title

| kcadm.sh | keycloakctl |
|---|---|
| `A=$(kcadm.sh get a)`<br>`kcadm.sh get b/$A` | `keycloakctl b get --a a` |
| `echo x \\| kcadm.sh create a` | `keycloakctl a create` |

| kcadm.sh | keycloakctl, not run |
|---|---|
| `kcadm.sh c` | nothing |
";
        let rows = rows(document).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].kcadm, "A=$(kcadm.sh get a)\nkcadm.sh get b/$A");
        let of = |row: &Row| (row.line, row.prints, row.writes);
        assert_eq!(of(&rows[0]), (5, true, false));
        assert_eq!(rows[1].kcadm, "echo x | kcadm.sh create a");
        assert_eq!(of(&rows[1]), (6, false, true));
        let broken = document.replace("`keycloakctl a create`", "no code");
        let error = super::rows(&broken).unwrap_err();
        assert_eq!(error.to_string(), "line 6 is no row of two cells");
    }

    #[test]
    fn outputs_and_states_are_compared_by_the_last_command() {
        let of = |cell: &str| {
            let row = row(1, &format!("| {cell} | `keycloakctl` |")).unwrap();
            (row.prints, row.writes)
        };
        assert_eq!(of("`kcadm.sh get a > b`"), (false, true));
        assert_eq!(of("`kcadm.sh get a > b`<br>`cat b`"), (true, true));
        assert_eq!(of("`kcadm.sh create a -o`"), (true, true));
    }

    #[test]
    fn a_row_keeps_its_name_if_another_row_or_the_right_cell_changes() {
        let names = |rows: &[&str]| -> Vec<String> {
            let document = format!("{HEADER}\n{}\n", rows.join("\n"));
            let rows = super::rows(&document).unwrap();
            rows.into_iter().map(|row| row.name).collect()
        };
        let old = names(&["| `kcadm.sh get a` | `keycloakctl a` |"; 2]);
        let new = names(&[
            "| `kcadm.sh get b` | `keycloakctl b` |",
            "| `kcadm.sh get a` | `keycloakctl a` |",
            "| `kcadm.sh get a` | `keycloakctl c` |",
        ]);
        assert_ne!(old[0], old[1]);
        assert_eq!(old, new[1..]);
    }

    #[test]
    fn the_document_has_rows() {
        let path = workspace::root().join(super::super::DOCUMENT);
        let rows = rows(&std::fs::read_to_string(path).unwrap()).unwrap();
        for row in rows {
            assert!(row.kcadm.contains("kcadm.sh "), "{row:?}");
            assert!(row.keycloakctl.contains("keycloakctl "), "{row:?}");
        }
    }
}
