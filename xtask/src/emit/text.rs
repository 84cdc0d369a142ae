//! Documentation: from a document's prose to doc comments that rustdoc takes without a warning.

use std::fmt::Write as _;

use proc_macro2::TokenStream;
use quote::quote;

/// Doc attributes for a text of one or more lines, which may hold Markdown of our own.
pub fn doc(text: &str) -> TokenStream {
    let lines = text.trim().lines().map(|line| {
        let line = line.trim_end();
        if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        }
    });
    quote!(#(#[doc = #lines])*)
}

/// A document's prose as Markdown: what rustdoc would take for a link or an HTML tag is escaped, and runs of
/// white space become single spaces within each paragraph.
pub fn plain(text: &str) -> String {
    without_javadoc(text)
        .split("\n\n")
        .map(|paragraph| escape(&paragraph.split_whitespace().collect::<Vec<_>>().join(" ")))
        .filter(|paragraph| !paragraph.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// As `plain`, ended with a full stop.
pub fn sentence(text: &str) -> String {
    let text = plain(text);
    if text.is_empty() || text.ends_with(['.', '!', '?', ':']) {
        text
    } else {
        format!("{text}.")
    }
}

/// Javadoc that found its way into a document: `{@code x}` and `<p>`.
fn without_javadoc(text: &str) -> String {
    let text = text
        .replace("<p>", "\n\n")
        .replace("</p>", "")
        .replace("<br>", "\n\n");
    let mut parts = text.split("{@code ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').unwrap_or((part, ""));
        let _ = write!(out, "`{code}`{rest}");
    }
    out
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end();
        if !in_code && (bare.starts_with("https://") || bare.starts_with("http://")) {
            let end = bare.trim_end_matches(['.', ',', ')', ';']).len();
            let _ = write!(out, "<{}>{}", &bare[..end], &word[end..]);
            continue;
        }
        for letter in word.chars() {
            if letter == '`' {
                in_code = !in_code;
            }
            if !in_code && matches!(letter, '<' | '>' | '[' | ']' | '*' | '_') {
                out.push('\\');
            }
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_escaped_and_code_is_not() {
        assert_eq!(
            plain("Map<String, String>\n   of `a<b>` [x]"),
            "Map\\<String, String\\> of `a<b>` \\[x\\]"
        );
    }

    #[test]
    fn javadoc_becomes_markdown() {
        assert_eq!(
            plain("pass {@code null} <p> or <b>"),
            "pass `null`\n\nor \\<b\\>"
        );
    }

    #[test]
    fn addresses_become_links() {
        assert_eq!(
            sentence("see https://example.com/a_b."),
            "see <https://example.com/a_b>."
        );
    }

    #[test]
    fn sentences_end() {
        assert_eq!(sentence("Get users"), "Get users.");
        assert_eq!(sentence("Really?"), "Really?");
        assert_eq!(sentence("  "), "");
    }
}
