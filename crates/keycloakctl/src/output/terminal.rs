//! The terminal that standard output may be.

use std::io::{IsTerminal as _, stdout};

/// The abilities of an output.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terminal {
    /// The number of its columns. `None` if it is no terminal: then nothing is cut.
    pub(crate) width: Option<usize>,
    /// True if it shows colours.
    pub(crate) has_colours: bool,
}

impl Terminal {
    /// Returns the abilities of standard output.
    pub(crate) fn of_stdout() -> Self {
        if !stdout().is_terminal() {
            return Self::default();
        }
        let size = terminal_size::terminal_size();
        Self {
            width: size.map(|(width, _)| usize::from(width.0)),
            has_colours: colours_allowed(),
        }
    }

    /// Returns the text in bold, if the terminal shows colours.
    pub(crate) fn bold(self, text: &str) -> String {
        self.styled(1, text)
    }

    /// Returns the text in a style of ECMA-48, such as 31 for red, if the terminal shows colours.
    pub(crate) fn styled(self, style: u8, text: &str) -> String {
        if self.has_colours {
            format!("\x1b[{style}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Returns whether the environment allows colours. A `NO_COLOR` with any text forbids them.
pub(crate) fn colours_allowed() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
