//! The chapters as pages of rustdoc. `src/guide` has a copy of each, because the published crate has no file of `docs/guide`.

use std::fmt::Write as _;

/// Returns the chapter without the names of its anchors, and with links that rustdoc resolves. A link to another file of the repository
/// becomes its text.
pub(crate) fn page(chapter: &str) -> String {
    let lines = chapter
        .lines()
        .filter(|line| !line.starts_with("<!-- ANCHOR"));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    let mut page = String::new();
    let mut rest = text.as_str();
    while let Some((before, link)) = rest.split_once("](") {
        let (before, label) = before.rsplit_once('[').expect("a link has a label");
        let (target, after) = link.split_once(')').expect("a link ends");
        page.push_str(before);
        match target_in_rustdoc(target) {
            Some(target) => write!(page, "[{label}]({target})").unwrap(),
            None => page.push_str(label),
        }
        rest = after;
    }
    page + rest
}

fn target_in_rustdoc(target: &str) -> Option<String> {
    if target.starts_with('#') || target.contains("://") {
        return Some(target.to_owned());
    }
    let (name, rest) = target.split_once(".md")?;
    match name {
        "README" => Some(format!("crate::guide{rest}")),
        name if name.contains('/') => None,
        name => Some(format!("crate::guide::{}{rest}", name.replace('-', "_"))),
    }
}

#[test]
fn a_link_leads_to_a_page_or_becomes_text() {
    let chapter = "See [Log in](login.md#roles), [files](realm-files.md), [all](README.md),\n\
                   [above](#top), [the example](../../x.rs) and [more](../more.md).\n\
                   <!-- ANCHOR: one -->\n```rust\none();\n```\n";
    let expected = "See [Log in](crate::guide::login#roles), [files](crate::guide::realm_files), [all](crate::guide),\n\
                    [above](#top), the example and more.\n```rust\none();\n```\n";
    assert_eq!(page(chapter), expected);
}
