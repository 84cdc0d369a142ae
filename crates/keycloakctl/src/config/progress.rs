//! The steps of an application that are done: a line on a terminal, and the list for an application that ends early.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::{Mutex, PoisonError};

use keycloak_config::{Key, Progress};

use crate::output::printable;

/// The steps so far.
#[derive(Default)]
pub(super) struct Steps {
    is_terminal: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: usize,
    all: usize,
    /// The object of each step. Several steps may write one object.
    written: Vec<Key>,
}

impl Steps {
    /// Makes a list without steps. It shows each step if standard error is a terminal.
    pub(super) fn new() -> Self {
        Self {
            is_terminal: stderr().is_terminal(),
            state: Mutex::default(),
        }
    }

    /// Notes a step that is done.
    pub(super) fn add(&self, progress: &Progress<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done = state.done.max(progress.done);
        state.all = progress.all;
        state.written.push(progress.key.clone());
        if self.is_terminal {
            let key = progress.key.to_string();
            let line = format!("[{}/{}] {}", state.done, state.all, printable(&key));
            let width = terminal_size::terminal_size_of(stderr());
            let width = width.map_or(80, |(width, _)| usize::from(width.0));
            let line: String = line.chars().take(width.saturating_sub(1)).collect();
            // Nobody can be told about a failure of standard error.
            let _ = write!(stderr().lock(), "\r\x1b[2K{line}");
        }
    }

    /// Removes the line from the terminal.
    pub(super) fn clear(&self) {
        if self.is_terminal {
            let _ = write!(stderr().lock(), "\r\x1b[2K");
        }
    }
}

/// The steps that are done, and the objects that they wrote.
impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.all == 0 {
            return f.write_str("no step was done");
        }
        write!(f, "{} of {} steps were done", state.done, state.all)?;
        let mut listed = BTreeSet::new();
        for key in &state.written {
            if listed.insert(key) {
                write!(f, "\n    {key}")?;
            }
        }
        Ok(())
    }
}
