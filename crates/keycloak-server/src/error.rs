use std::fmt;
use std::io;
use std::path::Path;

/// Why a server could not be started or stopped: what happened, to what, and what to do about it.
#[derive(Debug)]
pub struct Error {
    message: String,
    source: Option<io::Error>,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// An I/O error with what was being done to which file.
    pub(crate) fn io(doing: &str, path: &Path, source: io::Error) -> Self {
        Self {
            message: format!("cannot {doing} {}: {source}", path.display()),
            source: Some(source),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
