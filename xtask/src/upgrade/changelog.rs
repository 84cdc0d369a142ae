//! The entry of an upgrade in `CHANGELOG.md`: a line under `Unreleased` that ends with a mark such as
//! `<!-- upgrade keycloak: 26.7.4 801ace07 to 26.8.0 5c0d2f11 -->`, which is not shown. By the mark an upgrade that is done again finds its
//! line, and one that goes back takes it out again: the text is then what it was.

use anyhow::{Result, bail};
use codegen::sources::Source;

const HEADING: &str = "## Unreleased\n";

/// The changelog with what an upgrade from one document to another has to say; or without it, where the upgrade goes back to a document that
/// an earlier one came from.
pub fn after_upgrade(
    text: &str,
    api: &str,
    from: &Source,
    to: &Source,
    entry: &str,
) -> Result<String> {
    let (from, to) = (pin(from), pin(to));
    if from == to {
        return Ok(text.to_owned());
    }
    let Some(start) = text.find(HEADING).map(|at| at + HEADING.len()) else {
        bail!("CHANGELOG.md has no heading `## Unreleased`: the entry of the upgrade goes there");
    };
    let end = text[start..]
        .find("\n## ")
        .map_or(text.len(), |length| start + length + 1);
    let (before, rest) = text.split_at(start);
    let (section, after) = rest.split_at(end - start);
    let line = format!("- {entry} {}\n", mark(api, &from, &to));
    Ok([before, &changed(section, api, &from, &to, &line), after].concat())
}

/// Version and the start of the hash: a document may change without its version.
fn pin(source: &Source) -> String {
    let hash = source.sha256.get(..8).unwrap_or(&source.sha256);
    format!("{} {hash}", source.version)
}

fn mark(api: &str, from: &str, to: &str) -> String {
    format!("<!-- upgrade {api}: {from} to {to} -->")
}

/// The section with its lines changed. The newest upgrade is on top, so that going back takes lines from there.
fn changed(section: &str, api: &str, from: &str, to: &str, line: &str) -> String {
    let lines: Vec<&str> = section.split_inclusive('\n').collect();
    let is_of_api = |line: &str| line.contains(&format!("<!-- upgrade {api}: "));
    let same = mark(api, from, to);
    if lines.iter().any(|old| old.contains(&same)) {
        let each = lines.iter();
        return each
            .map(|old| if old.contains(&same) { line } else { old })
            .collect();
    }
    let came_from = format!("<!-- upgrade {api}: {to} to ");
    let Some(oldest) = lines.iter().rposition(|old| old.contains(&came_from)) else {
        return with_first(section, line);
    };
    let kept = lines
        .iter()
        .enumerate()
        .filter(|(index, old)| *index > oldest || !is_of_api(old));
    let kept: String = kept.map(|(_, old)| *old).collect();
    if kept.lines().any(|line| !line.is_empty()) {
        kept
    } else {
        // Without the blank line that came with the first entry.
        kept.get(1..).unwrap_or_default().to_owned()
    }
}

/// The section with a first entry.
fn with_first(section: &str, line: &str) -> String {
    match section.strip_prefix('\n') {
        Some(entries) if entries.starts_with("- ") => format!("\n{line}{entries}"),
        _ => format!("\n{line}{section}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Changelog\n\n## Unreleased\n\n- Something.\n\n## 0.1.0\n\n- Old.\n";

    fn source(version: &str) -> Source {
        Source {
            title: "Things".to_owned(),
            crate_name: "things-api".to_owned(),
            document: "openapi.json".to_owned(),
            version: version.to_owned(),
            versions: Vec::new(),
            origin: "here".to_owned(),
            sha256: format!("{version}0123456789"),
            licence: "MIT".to_owned(),
            recipe: None,
            mock: None,
            command_line: None,
        }
    }

    fn upgrade(text: &str, from: &str, to: &str) -> String {
        let entry = format!("Things {to}.");
        after_upgrade(text, "things", &source(from), &source(to), &entry).unwrap()
    }

    #[test]
    fn an_upgrade_is_the_first_entry_and_going_back_takes_it_out() {
        let grown = upgrade(TEXT, "1", "2");
        assert_eq!(
            grown,
            "# Changelog\n\n## Unreleased\n\n- Things 2. <!-- upgrade things: 1 10123456 to 2 20123456 -->\n\
             - Something.\n\n## 0.1.0\n\n- Old.\n"
        );
        assert_eq!(upgrade(&grown, "2", "1"), TEXT);
    }

    #[test]
    fn nothing_is_added_twice() {
        let once = upgrade(TEXT, "1", "2");
        assert_eq!(upgrade(&once, "2", "2"), once);
        // The tree was put back by hand and the changelog was not.
        assert_eq!(upgrade(&once, "1", "2"), once);
    }

    #[test]
    fn going_back_several_steps_takes_all_of_them() {
        let far = upgrade(&upgrade(&upgrade(TEXT, "1", "2"), "2", "3"), "3", "4");
        assert_eq!(upgrade(&far, "4", "2"), upgrade(TEXT, "1", "2"));
        assert_eq!(upgrade(&far, "4", "1"), TEXT);
    }

    #[test]
    fn what_others_wrote_stays() {
        let grown = upgrade(TEXT, "1", "2");
        let with_others = grown.replace("## Unreleased\n\n", "## Unreleased\n\n- Another.\n");
        let expected = TEXT.replace("## Unreleased\n\n", "## Unreleased\n\n- Another.\n");
        assert_eq!(upgrade(&with_others, "2", "1"), expected);
        let other_api = after_upgrade(&grown, "x", &source("1"), &source("2"), "X.").unwrap();
        let back = after_upgrade(&other_api, "x", &source("2"), &source("1"), "X.").unwrap();
        assert_eq!(back, grown);
    }

    #[test]
    fn an_upgrade_that_is_released_is_not_taken_out() {
        let released =
            upgrade(TEXT, "1", "2").replace("## Unreleased\n", "## Unreleased\n\n## 0.2.0\n");
        let back = upgrade(&released, "2", "1");
        assert!(back.starts_with("# Changelog\n\n## Unreleased\n\n- Things 1. <!--"));
        assert!(back.ends_with(&released["# Changelog\n\n## Unreleased\n".len()..]));
    }

    #[test]
    fn an_empty_section_is_empty_again() {
        for text in [
            "# C\n\n## Unreleased\n\n## 0.1.0\n\n- Old.\n",
            "# C\n\n## Unreleased\n",
        ] {
            let grown = upgrade(text, "1", "2");
            assert!(
                grown.starts_with("# C\n\n## Unreleased\n\n- Things 2."),
                "{grown}"
            );
            assert_eq!(upgrade(&grown, "2", "1"), text);
        }
    }

    #[test]
    fn a_changelog_without_the_heading_is_refused() {
        let error = after_upgrade("# C\n", "things", &source("1"), &source("2"), "x").unwrap_err();
        assert!(error.to_string().contains("`## Unreleased`"), "{error}");
    }
}
