//! Text for a terminal: widths, cutting, and characters that must not reach it.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Replaces each character that a terminal would obey or hide by a space.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let replace = |c| if is_unprintable(c) { ' ' } else { c };
    Cow::Owned(text.chars().map(replace).collect())
}

/// Replaces each line of a text as [`printable`] does. The line ends stay.
pub(crate) fn printable_lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// Escapes the characters of JSON that a terminal would obey or hide, and that JSON may have as they are. The value stays the same.
pub(crate) fn escaped_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if !c.is_ascii() && is_unprintable(c) {
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Returns whether a character is a control character, a line end of Unicode, or a mark that changes the direction of the text.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns the number of a terminal's columns that the text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Appends the text, filled up with spaces to this width. A longer text is cut if `cut` is `true`.
pub(crate) fn push_cell(line: &mut String, text: &str, size: usize, cut: bool) {
    let taken = width(text);
    if taken > size && cut {
        push_cut(line, text, size);
        return;
    }
    line.push_str(text);
    line.extend(std::iter::repeat_n(' ', size.saturating_sub(taken)));
}

/// Appends the beginning of a text and an ellipsis, this wide together.
fn push_cut(line: &mut String, text: &str, size: usize) {
    let mut left = size.saturating_sub(1);
    for c in text.chars() {
        let taken = c.width().unwrap_or(0);
        if taken > left {
            break;
        }
        left -= taken;
        line.push(c);
    }
    line.push('…');
    line.extend(std::iter::repeat_n(' ', left));
}

#[cfg(test)]
mod tests {
    use super::{printable, push_cell};

    fn cell(text: &str, size: usize, cut: bool) -> String {
        let mut line = String::new();
        push_cell(&mut line, text, size, cut);
        line
    }

    #[test]
    fn a_cell_counts_columns_and_not_characters() {
        assert_eq!(cell("ali", 5, true), "ali  ");
        assert_eq!(cell("山田", 5, true), "山田 ");
        assert_eq!(cell("山田太郎", 6, true), "山田… ");
        assert_eq!(cell("e\u{301}a", 3, true), "e\u{301}a ");
        assert_eq!(cell("alice", 3, true), "al…");
        assert_eq!(cell("alice", 3, false), "alice");
    }

    #[test]
    fn a_terminal_gets_no_escapes() {
        assert_eq!(printable("a\u{1b}[31mb\nc"), "a [31mb c");
        assert_eq!(printable("a\u{202e}b"), "a b");
        assert!(matches!(printable("山田"), std::borrow::Cow::Borrowed(_)));
    }
}
