//! Ctrl-C, for the commands that have something to say when it ends them.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::CliError;

/// Catches Ctrl-C from now on. It no longer ends the program by itself.
pub(crate) fn interrupts() -> Result<Signal, CliError> {
    signal(SignalKind::interrupt())
        .map_err(|error| CliError::other(format!("Ctrl-C cannot be caught: {error}")))
}
