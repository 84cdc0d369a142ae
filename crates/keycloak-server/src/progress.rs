use std::io::{IsTerminal as _, Stderr, Write, stderr};

/// Shows the progress messages of [`Server::start`](crate::Server::start): on a terminal in one line
/// that changes in place, elsewhere one line per step.
///
/// What stands in parentheses at the end of a message is the time that passed; a message that
/// differs from the last one only in it is the same step.
#[derive(Debug)]
pub struct ProgressLine<W: Write = Stderr> {
    out: W,
    in_place: bool,
    last_step: String,
}

impl ProgressLine {
    /// Writes to standard error.
    #[must_use]
    pub fn stderr() -> Self {
        let out = stderr();
        let in_place = out.is_terminal();
        Self::new(out, in_place)
    }
}

impl<W: Write> ProgressLine<W> {
    fn new(out: W, in_place: bool) -> Self {
        Self {
            out,
            in_place,
            last_step: String::new(),
        }
    }

    /// Shows a message. Progress is a courtesy: an error while writing it is ignored.
    pub fn show(&mut self, message: &str) {
        let step = message.rsplit_once(" (").map_or(message, |(step, _)| step);
        let _ = if self.in_place {
            // Return to the start of the line and clear what was there.
            write!(self.out, "\r\x1b[K{message}").and_then(|()| self.out.flush())
        } else if step == self.last_step {
            Ok(())
        } else {
            writeln!(self.out, "{message}")
        };
        step.clone_into(&mut self.last_step);
    }
}

impl<W: Write> Drop for ProgressLine<W> {
    fn drop(&mut self) {
        if self.in_place && !self.last_step.is_empty() {
            let _ = writeln!(self.out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ProgressLine;

    const MESSAGES: [&str; 4] = [
        "Keycloak 26.7.4: starting (0 s)",
        "Keycloak 26.7.4: starting (1 s)",
        "Keycloak 26.7.4: starting (2 s)",
        "Keycloak 26.7.4: ready (3 s)",
    ];

    fn shown(in_place: bool) -> String {
        let mut out = Vec::new();
        let mut line = ProgressLine::new(&mut out, in_place);
        for message in MESSAGES {
            line.show(message);
        }
        drop(line);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_log_gets_each_step_once() {
        assert_eq!(shown(false), format!("{}\n{}\n", MESSAGES[0], MESSAGES[3]));
    }

    #[test]
    fn a_terminal_gets_one_line_in_place() {
        let clear = "\r\x1b[K";
        let expected: String = MESSAGES.map(|message| format!("{clear}{message}")).concat();
        assert_eq!(shown(true), format!("{expected}\n"));
    }
}
