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

/// A document's prose as Markdown that holds paragraphs and code spans, and nothing that rustdoc would run: a fence, an HTML tag or a link is
/// escaped. Runs of white space become single spaces within each paragraph, so no line is an indented code block.
pub fn plain(text: &str) -> String {
    without_javadoc(text)
        .split("\n\n")
        .map(|paragraph| escape(&one_line(paragraph)))
        .filter(|paragraph| !paragraph.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// A document's prose for a terminal: paragraphs, without an escape, ended with a full stop.
pub fn unescaped(text: &str) -> String {
    let text = without_javadoc(text);
    let paragraphs = text.split("\n\n").map(one_line);
    let text = paragraphs
        .filter(|paragraph| !paragraph.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n");
    with_full_stop(text)
}

/// A name of a document as a code span on one line, whatever characters the name holds.
pub fn code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let longest = text.split(|letter| letter != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or_default() + 1);
    let space = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

fn one_line(text: &str) -> String {
    text.split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// As `plain`, on one line.
pub fn line(text: &str) -> String {
    escape(&one_line(&without_javadoc(text)))
}

/// As `plain`, ended with a full stop.
pub fn sentence(text: &str) -> String {
    with_full_stop(plain(text))
}

fn with_full_stop(text: String) -> String {
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

/// Escapes a line. A code span and an address stay; backticks without a partner are text.
fn escape(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        let length = if let Some(length) = code_span(rest) {
            out.push_str(&rest[..length]);
            length
        } else if let Some(length) = address(&out, rest) {
            let _ = write!(out, "<{}>", &rest[..length]);
            length
        } else if letter == '`' {
            // The whole run: a shorter one that begins within it is no code span.
            let length = backticks(rest);
            out.push_str(&"\\`".repeat(length));
            length
        } else {
            if matches!(letter, '<' | '>' | '[' | ']' | '*' | '_' | '\\' | '~') {
                out.push('\\');
            }
            out.push(letter);
            letter.len_utf8()
        };
        rest = &rest[length..];
    }
    out
}

fn backticks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// The length of the code span that the text begins with: it ends with as many backticks as it begins with.
fn code_span(text: &str) -> Option<usize> {
    let fence = backticks(text);
    if fence == 0 {
        return None;
    }
    let mut end = fence;
    while let Some(next) = text[end..].find('`') {
        let run = backticks(&text[end + next..]);
        end += next + run;
        if run == fence {
            return Some(end);
        }
    }
    None
}

/// The length of the address that the text begins with, if a word begins here. An address with other characters than a URL has stays text.
fn address(before: &str, text: &str) -> Option<usize> {
    let begins = before.is_empty() || before.ends_with(' ');
    if !begins || !(text.starts_with("https://") || text.starts_with("http://")) {
        return None;
    }
    let word = text.split(' ').next().unwrap_or_default();
    let word = word.trim_end_matches(['.', ',', ')', ';']);
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%{}".contains(&byte);
    word.bytes().all(is_plain).then_some(word.len())
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
