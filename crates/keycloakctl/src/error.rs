//! The error of a command: one sentence, Keycloak's own message, a hint, and an exit code.

use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal as _, Write as _};

use keycloak_admin::{Error, ErrorKind};
use keycloak_config::ConfigError;

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
    /// Ctrl-C ended the command.
    Interrupted,
    /// The reader of the output has gone, such as `head`.
    ClosedPipe,
}

/// The most problems that a message lists beside the first one.
const MOST: usize = 10;

/// The failure of a command. `Display` gives one sentence, then Keycloak's own message and a hint, each in a line of its own if there is one.
#[derive(Clone, Debug)]
pub(crate) struct CliError {
    kind: Kind,
    sentence: String,
    message: Option<String>,
    hint: Option<String>,
}

impl CliError {
    /// The exit code of a command line that cannot be used.
    pub(crate) const USAGE: u8 = 2;

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

    /// Makes the error of a file with problems (exit code 2). The first one is the sentence.
    pub(crate) fn problems(problems: &[String]) -> Self {
        let (first, rest) = match problems.split_first() {
            Some((first, rest)) => (first.as_str(), rest),
            None => ("the file cannot be used", &[][..]),
        };
        let error = Self::usage(first);
        if rest.is_empty() {
            return error;
        }
        let listed = &rest[..rest.len().min(MOST)];
        let mut hint = listed.join("\n    ");
        if rest.len() > MOST {
            let _ = write!(hint, "\n    and {} more", rest.len() - MOST);
        }
        error.with_hint(format!("also mend\n    {hint}"))
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

    /// Makes the error of a command that Ctrl-C ends (exit code 130).
    pub(crate) fn interrupted(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Interrupted, sentence)
    }

    /// Makes any other error (exit code 1).
    pub(crate) fn other(sentence: impl Into<String>) -> Self {
        Self::new(Kind::Other, sentence)
    }

    /// Returns the sentence alone.
    pub(crate) fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Adds the server's own message.
    #[cfg(test)]
    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Returns the error with the exit code 1, for a command whose other exit codes have a meaning of their own. A closed pipe stays one.
    #[must_use]
    pub(crate) fn with_plain_exit_code(mut self) -> Self {
        if self.kind != Kind::ClosedPipe {
            self.kind = Kind::Other;
        }
        self
    }

    /// Adds the advice for the next step.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds advice below the one that the error has.
    #[must_use]
    pub(crate) fn with_more_hints(self, hint: impl fmt::Display) -> Self {
        let hint = match &self.hint {
            Some(first) => format!("{first}\n  {hint}"),
            None => hint.to_string(),
        };
        self.with_hint(hint)
    }

    /// Adds this advice if the error has none.
    #[must_use]
    pub(crate) fn with_default_hint(mut self, hint: &str) -> Self {
        self.hint.get_or_insert_with(|| hint.to_owned());
        self
    }

    /// Puts words before the sentence.
    #[must_use]
    pub(crate) fn in_context(mut self, context: &str) -> Self {
        self.sentence = format!("{context}: {}", self.sentence);
        self
    }

    /// Returns the sentence and the server's own message in one line, without the hint.
    pub(crate) fn in_one_line(&self) -> String {
        match &self.message {
            Some(message) => format!("{}: {message}", self.sentence),
            None => self.sentence.clone(),
        }
    }

    /// Returns the exit code of the program.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Other => 1,
            Kind::Usage => Self::USAGE,
            Kind::NotFound => 3,
            Kind::Conflict => 4,
            Kind::Refused => 5,
            Kind::Unreachable => 6,
            // As for a program that the signal SIGINT ends, and one that SIGPIPE ends.
            Kind::Interrupted => 130,
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
            // A hint may have several lines, and names that come from the server.
            let lines: Vec<_> = hint.split('\n').map(printable).collect();
            write!(f, "\n  Hint: {}", lines.join("\n"))?;
        }
        Ok(())
    }
}

impl std::error::Error for CliError {}

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        let own = error.message().unwrap_or_default();
        let status = error.status().unwrap_or_default();
        let (kind, sentence) = match error.kind() {
            ErrorKind::NotFound => (Kind::NotFound, of_server(&error, "there is no such object")),
            ErrorKind::Conflict => (
                Kind::Conflict,
                of_server(&error, "the server has such an object already"),
            ),
            ErrorKind::Unauthorized => (
                Kind::Refused,
                "the server does not accept the login (401)".to_owned(),
            ),
            ErrorKind::Forbidden => (
                Kind::Refused,
                "the account may not do this (403)".to_owned(),
            ),
            ErrorKind::Authentication if error.is_rate_limited() || status >= 500 => (
                Kind::Unreachable,
                format!("the server gives no token at the moment ({status})"),
            ),
            ErrorKind::Authentication if (200..300).contains(&status) => (
                Kind::Other,
                "the server does not answer as Keycloak does".to_owned(),
            ),
            ErrorKind::Authentication => {
                (Kind::Refused, of_server(&error, "the login was refused"))
            }
            ErrorKind::Connect => (Kind::Unreachable, format!("no connection to {own}")),
            ErrorKind::Transport => (Kind::Unreachable, format!("the connection broke: {own}")),
            ErrorKind::Timeout => (
                Kind::Unreachable,
                format!("the server did not answer in time: {own}"),
            ),
            ErrorKind::Configuration if own.contains(PLAIN_HTTP) => {
                let why = "everybody on the way could read the login";
                (
                    Kind::Usage,
                    format!("the address is {PLAIN_HTTP}, and {why}"),
                )
            }
            ErrorKind::InvalidRequest | ErrorKind::Configuration => (Kind::Usage, own.to_owned()),
            ErrorKind::Redirect => (
                Kind::Usage,
                format!("the server redirects to another address ({status})"),
            ),
            ErrorKind::Status if error.is_transient() => (
                Kind::Unreachable,
                format!("the server cannot answer at the moment ({status})"),
            ),
            ErrorKind::Status if status >= 500 => {
                (Kind::Other, format!("the server failed ({status})"))
            }
            ErrorKind::Status => (
                Kind::Other,
                format!("the server refused the request ({status})"),
            ),
            ErrorKind::BodyTooLarge => (
                Kind::Other,
                "the answer of the server is too long".to_owned(),
            ),
            _ => (Kind::Other, own.to_owned()),
        };
        Self {
            message: servers_message(&error),
            hint: hint(&error),
            kind,
            sentence,
        }
    }
}

/// Returns the sentence with the status of the server's answer. Without an answer it is the error's own message.
fn of_server(error: &Error, sentence: &str) -> String {
    match (error.status(), error.message()) {
        (Some(status), _) => format!("{sentence} ({status})"),
        (None, Some(own)) => own.to_owned(),
        (None, None) => sentence.to_owned(),
    }
}

/// Returns Keycloak's own message, with the fields that it refuses.
fn servers_message(error: &Error) -> Option<String> {
    let is_refusal = error.status()? >= 400;
    if !is_refusal || matches!(error.kind(), ErrorKind::Decode | ErrorKind::BodyTooLarge) {
        return None;
    }
    let fields = error.field_errors().iter().filter_map(|refused| {
        let field = refused.field.as_deref()?;
        let fault = refused.error_message.as_deref().unwrap_or("refused");
        Some(format!("{field}: {fault}"))
    });
    let fields: Vec<_> = fields.collect();
    if fields.is_empty() {
        error.message().map(str::to_owned)
    } else {
        Some(fields.join("; "))
    }
}

/// A part of the message for an address without TLS.
const PLAIN_HTTP: &str = "plain http to another machine";

/// The advice for an address that is not Keycloak's.
const ADDRESS: &str = "check the address: the path `/auth` may have to be added or removed";

const LOG_IN: &str = "run `keycloakctl login`";

/// Parts of messages, each with its hint.
const HINTS: [(&str, &str); 16] = [
    (
        "UnknownIssuer",
        "give the certificate of the server's authority with `--ca-file FILE`",
    ),
    ("Expired", "the certificate of the server has expired"),
    (
        "NotValidForName",
        "the certificate of the server is for another host name",
    ),
    (
        "InvalidContentType",
        "the server does not speak https there: check the port, or use http for this machine",
    ),
    (
        "connection closed before message completed",
        "if the server speaks https there, use https",
    ),
    (
        "Connection refused",
        "check the address, and whether the server runs",
    ),
    ("failed to lookup address", "check the host name"),
    (PLAIN_HTTP, "use https"),
    ("Unable to find matching target resource method", ADDRESS),
    ("Realm does not exist", "check `--login-realm`"),
    (
        "Invalid user credentials",
        "check the user name, the password and the realm of the login",
    ),
    (
        "Account is not fully set up",
        "the user has required actions to do, or a temporary password",
    ),
    (
        "Client not allowed for direct access grants",
        "log in with another client, or enable direct access grants for this one",
    ),
    (
        "Client not enabled to retrieve service account",
        "enable the service account of the client",
    ),
    (
        "Device Authorization Grant",
        "enable the device authorization grant of the client, or log in with another client",
    ),
    (
        "Invalid client or Invalid client credentials",
        "check the client, its secret and the realm of the login",
    ),
];

/// Returns the advice for an error of the library.
fn hint(error: &Error) -> Option<String> {
    let message = error.message().unwrap_or_default();
    if let Some(role) = error.needed_role() {
        return Some(format!(
            "the account needs the role {role} of the client realm-management, or of the client REALM-realm in the realm master"
        ));
    }
    if let Some((_, hint)) = HINTS.iter().find(|(part, _)| message.contains(part)) {
        return Some((*hint).to_owned());
    }
    let hint = match (error.kind(), error.status()) {
        (ErrorKind::Authentication, Some(404 | 200..300)) => ADDRESS,
        (ErrorKind::Authentication, None) | (ErrorKind::Unauthorized, _) => LOG_IN,
        (_, Some(429 | 502..=504)) if error.is_transient() => "try again later",
        (ErrorKind::Authentication, Some(400..500)) => {
            "check the account, its secret and the realm of the login"
        }
        (ErrorKind::Redirect, _) => {
            "give the address that the server answers at itself with `--server`"
        }
        (ErrorKind::Connect, _) => "check the address of the server",
        _ => return None,
    };
    Some(hint.to_owned())
}

impl From<ConfigError> for CliError {
    /// Makes the error of a realm file with problems, or of a call. The sentence names the place in the file and the object.
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Problems(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Self::problems(&problems)
            }
            ConfigError::Call {
                object,
                place,
                source,
            } => {
                let mut error = Self::from(source);
                error.sentence = match place {
                    Some(place) => format!("{place}: {object}: {}", error.sentence),
                    None => format!("{object}: {}", error.sentence),
                };
                error
            }
            ConfigError::Stale { .. } => {
                Self::conflict(error.to_string()).with_hint("make a new plan and look at it")
            }
            error => Self::other(error.to_string()),
        }
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

/// Warns of a secret on the command line, and names a better way if there is one.
pub(crate) fn warn_of_visible(flag: &str, better: Option<&str>) {
    let flag = printable(flag);
    let better = better.map_or_else(String::new, |better| format!("; use {better}"));
    eprintln!(
        "warning: other users of this machine can see the value of `{flag}`, and the shell may store it{better}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(kind: ErrorKind, status: Option<u16>) -> CliError {
        let error = Error::new(kind, "the message");
        match status {
            Some(status) => error.with_http_status(status).into(),
            None => error.into(),
        }
    }

    #[test]
    fn each_kind_of_failure_has_its_exit_code() {
        let code = |kind, status| converted(kind, status).exit_code();
        for (status, expected) in [
            (400, 1),
            (401, 5),
            (403, 5),
            (404, 3),
            (409, 4),
            (429, 6),
            (500, 1),
            (503, 6),
        ] {
            assert_eq!(code(ErrorKind::Status, Some(status)), expected, "{status}");
        }
        for (kind, expected) in [
            (ErrorKind::NotFound, 3),
            (ErrorKind::Conflict, 4),
            (ErrorKind::Authentication, 5),
            (ErrorKind::Connect, 6),
            (ErrorKind::Timeout, 6),
            (ErrorKind::Transport, 6),
            (ErrorKind::InvalidRequest, 2),
            (ErrorKind::Configuration, 2),
            (ErrorKind::Decode, 1),
        ] {
            assert_eq!(code(kind, None), expected, "{kind:?}");
        }
        let closed = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(CliError::from(closed).exit_code(), 141);
    }

    #[test]
    fn the_message_of_the_server_has_a_line_of_its_own() {
        let error = converted(ErrorKind::Conflict, Some(409));
        assert_eq!(
            error.to_string(),
            "the server has such an object already (409)\n  Keycloak: the message"
        );
        let error = converted(ErrorKind::NotFound, None);
        assert_eq!(error.to_string(), "the message");
    }

    #[test]
    fn an_error_cannot_command_the_terminal() {
        let error = CliError::other("a\u{1b}[2Jb").with_message("c\nd");
        assert_eq!(error.to_string(), "a [2Jb\n  Keycloak: c d");
        let error = error.with_hint("also\n    e\u{1b}[2Jf");
        assert!(error.to_string().ends_with("\n  Hint: also\n    e [2Jf"));
    }
}
