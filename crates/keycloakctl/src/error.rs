//! The error of a command: one sentence, Keycloak's own message, a hint, and an exit code.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};

use keycloak_session::{Error, ErrorKind};

use crate::output::{colours_allowed, printable};

/// The kind of an error, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Other,
    Usage,
    NotFound,
    Conflict,
    Refused,
    Unreachable,
    /// The reader of the output has gone, such as `head`.
    ClosedPipe,
}

/// Why a command failed. `Display` gives one sentence, then Keycloak's own message and a hint, each in a line of its own if there is one.
#[derive(Clone, Debug)]
pub(crate) struct CliError {
    kind: Kind,
    sentence: String,
    message: Option<String>,
    hint: Option<String>,
}

impl CliError {
    fn new(kind: Kind, sentence: impl Into<String>) -> Self {
        Self {
            kind,
            sentence: sentence.into(),
            message: None,
            hint: None,
        }
    }

    /// Makes the error of a command line, a file or a body that cannot be used (exit code 2).
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Usage, sentence)
    }

    /// Makes the error of a name or an id that does not exist (exit code 3).
    pub(crate) fn not_found(sentence: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, sentence)
    }

    /// Makes the error of an object that exists already, or of a name that fits several (exit code 4).
    pub(crate) fn conflict(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, sentence)
    }

    /// Makes the error of a missing, refused or ended login (exit code 5).
    pub(crate) fn refused(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Refused, sentence)
    }

    /// Makes any other error (exit code 1).
    pub(crate) fn other(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Other, sentence)
    }

    /// Adds the server's own message.
    #[must_use]
    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Adds the advice for the next step.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the exit code of the program.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Other => 1,
            Kind::Usage => 2,
            Kind::NotFound => 3,
            Kind::Conflict => 4,
            Kind::Refused => 5,
            Kind::Unreachable => 6,
            // As for a program that the signal SIGPIPE ends.
            Kind::ClosedPipe => 141,
        }
    }

    /// Prints the error to standard error. A closed pipe prints nothing.
    pub(crate) fn report(&self) {
        if self.kind == Kind::ClosedPipe {
            return;
        }
        let mut stderr = io::stderr().lock();
        let label = if stderr.is_terminal() && colours_allowed() {
            "\x1b[1;31merror:\x1b[0m"
        } else {
            "error:"
        };
        // Nobody can be told about a failure of standard error.
        let _ = writeln!(stderr, "{label} {self}");
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.sentence))?;
        if let Some(message) = &self.message {
            write!(f, "\n  Keycloak: {}", printable(message))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  Hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CliError {}

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::NotFound => Kind::NotFound,
            ErrorKind::Conflict => Kind::Conflict,
            ErrorKind::Authentication | ErrorKind::Unauthorized | ErrorKind::Forbidden => {
                Kind::Refused
            }
            ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Transport => Kind::Unreachable,
            ErrorKind::InvalidRequest | ErrorKind::Configuration => Kind::Usage,
            _ => Kind::Other,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<io::Error> for CliError {
    /// Makes the error of output that cannot be written.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Kind::ClosedPipe, "the output was closed");
        }
        Self::other(format!("the output cannot be written: {error}"))
    }
}
