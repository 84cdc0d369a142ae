use std::fmt;
use std::io::{Stderr, Write, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows the progress messages of [`Server::start`](crate::Server::start): on a terminal in one line
/// that changes in place, elsewhere one line per step.
///
/// The text in parentheses at the end of a message is the time that passed. A message that
/// differs from the last one only in it is the same step.
pub struct ProgressLine<W: Write = Stderr> {
    /// It is hidden if there is no terminal.
    bar: ProgressBar,
    log: W,
    last_step: String,
}

impl ProgressLine {
    /// Writes to standard error.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(ProgressDrawTarget::stderr(), stderr())
    }
}

impl<W: Write> ProgressLine<W> {
    fn new(target: ProgressDrawTarget, log: W) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            log,
            last_step: String::new(),
        }
    }

    /// Shows a message. Progress is a courtesy: an error while writing it is ignored.
    pub fn show(&mut self, message: &str) {
        let step = message.rsplit_once(" (").map_or(message, |(step, _)| step);
        self.bar.set_message(message.to_owned());
        if self.bar.is_hidden() && step != self.last_step {
            let _ = writeln!(self.log, "{message}");
        }
        step.clone_into(&mut self.last_step);
    }
}

impl<W: Write> Drop for ProgressLine<W> {
    fn drop(&mut self) {
        if self.last_step.is_empty() {
            self.bar.finish_and_clear();
        } else {
            self.bar.abandon();
        }
    }
}

impl<W: Write> fmt::Debug for ProgressLine<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressLine")
            .field("last_step", &self.last_step)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    use super::ProgressLine;

    const MESSAGES: [&str; 4] = [
        "Keycloak 26.7.5: starting (0 s)",
        "Keycloak 26.7.5: starting (1 s)",
        "Keycloak 26.7.5: starting (2 s)",
        "Keycloak 26.7.5: ready (3 s)",
    ];

    /// The text of the log after all messages.
    fn logged(target: ProgressDrawTarget) -> String {
        let mut log = Vec::new();
        let mut line = ProgressLine::new(target, &mut log);
        for message in MESSAGES {
            line.show(message);
        }
        drop(line);
        String::from_utf8(log).unwrap()
    }

    #[test]
    fn a_log_gets_each_step_once() {
        let expected = format!("{}\n{}\n", MESSAGES[0], MESSAGES[3]);
        assert_eq!(logged(ProgressDrawTarget::hidden()), expected);
    }

    #[test]
    fn a_terminal_gets_one_line_in_place() {
        let terminal = InMemoryTerm::new(4, 80);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        assert_eq!(logged(target), "");
        assert_eq!(terminal.contents(), MESSAGES[3]);
    }
}
