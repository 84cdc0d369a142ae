//! The rows of the document.

use anyhow::{Context, Result, ensure};

/// The header of a table whose rows are run.
const HEADER: &str = "| kcadm.sh | keycloakctl |";

/// A row of the document.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// The line in the document, from 1.
    pub line: usize,
    /// The commands of the left cell, one a line.
    pub kcadm: String,
    /// The commands of the right cell.
    pub keycloakctl: String,
    /// True if the last command of the left cell prints something that the server has, and changes nothing.
    pub reads: bool,
}

/// Returns the rows that are run, in their order.
pub fn rows(document: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut is_run = false;
    for (index, line) in document.lines().enumerate() {
        if !line.starts_with('|') {
            is_run = false;
        } else if line == HEADER {
            is_run = true;
        } else if is_run && !line.starts_with("|---") {
            let row = row(index + 1, line);
            rows.push(row.with_context(|| format!("line {} is no row of two cells", index + 1))?);
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
        reads,
        keycloakctl: commands(keycloakctl)?,
        kcadm,
    })
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
        assert_eq!((rows[0].line, rows[0].reads), (5, true));
        assert_eq!(rows[1].kcadm, "echo x | kcadm.sh create a");
        assert!(!rows[1].reads);
        let broken = document.replace("`keycloakctl a create`", "no code");
        let error = super::rows(&broken).unwrap_err();
        assert_eq!(error.to_string(), "line 6 is no row of two cells");
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
