//! The sections of `docs/performance.md` that are written by the commands.

use anyhow::{Context as _, Result};
use workspace::{root, write_atomically};

const DOCUMENT: &str = "docs/performance.md";

/// Puts a text between the marks of a section of the document.
pub fn replace_section(name: &str, text: &str) -> Result<()> {
    let path = root().join(DOCUMENT);
    let document = std::fs::read_to_string(&path).with_context(|| DOCUMENT)?;
    let replaced = replaced(&document, name, text)
        .with_context(|| format!("{DOCUMENT} has no section `{name}`"))?;
    write_atomically(&path, replaced.as_bytes())?;
    println!("written: the section `{name}` of {DOCUMENT}");
    Ok(())
}

/// Adds a row to the table that ends a section of the document.
pub fn history_row(name: &str, row: &str) -> Result<()> {
    let path = root().join(DOCUMENT);
    let document = std::fs::read_to_string(&path).with_context(|| DOCUMENT)?;
    let section = document
        .split_once(&format!("<!-- {name} -->\n"))
        .and_then(|(_, rest)| rest.split_once(&format!("<!-- /{name} -->")))
        .with_context(|| format!("{DOCUMENT} has no section `{name}`"))?;
    replace_section(name, &format!("{}\n{row}", section.0.trim_end()))
}

fn replaced(document: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{}\n{end}{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_rest_stays() {
        let document = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
        assert_eq!(
            replaced(document, "x", "new\n\n").as_deref(),
            Some("a\n<!-- x -->\nnew\n<!-- /x -->\nb\n")
        );
        assert_eq!(replaced(document, "y", "new"), None);
    }
}
