//! The line of each value of a JSON text.

use super::Lines;

/// Finds the line of each value, by its JSON pointer, and the pointers of the fields that are there twice. The text must be valid JSON.
pub(super) fn of_json(text: &str) -> (Lines, Vec<String>) {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
        lines: Lines::new(),
        twice: Vec::new(),
    };
    scanner.value("");
    (scanner.lines, scanner.twice)
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    line: usize,
    lines: Lines,
    twice: Vec<String>,
}

impl Scanner<'_> {
    fn value(&mut self, pointer: &str) {
        self.skip_space();
        if self.lines.insert(pointer.to_owned(), self.line).is_some() {
            self.twice.push(pointer.to_owned());
        }
        match self.peek() {
            Some(b'{') => self.items(b'}', |scanner, _| {
                let name = scanner.text();
                scanner.skip_space();
                scanner.at += 1; // the colon
                let name = name.replace('~', "~0").replace('/', "~1");
                scanner.value(&format!("{pointer}/{name}"));
            }),
            Some(b'[') => self.items(b']', |scanner, index| {
                scanner.value(&format!("{pointer}/{index}"));
            }),
            Some(b'"') => {
                self.text();
            }
            _ => {
                while self
                    .peek()
                    .is_some_and(|byte| !b",]} \t\r\n".contains(&byte))
                {
                    self.at += 1;
                }
            }
        }
    }

    /// Reads the items of a list or of an object up to its end.
    fn items(&mut self, end: u8, mut item: impl FnMut(&mut Self, usize)) {
        self.at += 1;
        for index in 0.. {
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte != end => {}
                _ => break,
            }
            self.skip_space();
            item(self, index);
        }
        self.at += 1;
    }

    /// Reads a text and returns its value.
    fn text(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        let text = self.bytes.get(start..self.at).unwrap_or_default();
        serde_json::from_slice(text).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek().filter(u8::is_ascii_whitespace) {
            self.line += usize::from(byte == b'\n');
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_the_line_that_it_begins_in() {
        let text = "{\n \"a/b\": [1,\n  {\"c\\\"\": \"x\\\\\"}, []],\n\n \"d\"\n:\n true}";
        let (lines, twice) = of_json(text);
        assert!(twice.is_empty());
        let expected = [
            ("", 1),
            ("/a~1b", 2),
            ("/a~1b/0", 2),
            ("/a~1b/1", 3),
            ("/a~1b/1/c\"", 3),
            ("/a~1b/2", 3),
            ("/d", 7),
        ];
        let expected = expected.map(|(pointer, line)| (pointer.to_owned(), line));
        assert_eq!(lines, Lines::from(expected));
    }
}
