//! The faults of the servers during the tests: the errors in their logs, and the requests that tests sent once more.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use keycloak_server::harness;
use tempfile::NamedTempFile;

/// The file in which tests note what they sent once more.
pub struct Repeats(NamedTempFile);

impl Repeats {
    /// An empty file.
    pub fn new() -> Result<Self> {
        let file = NamedTempFile::new().context("cannot create a file for repeated requests")?;
        Ok(Self(file))
    }

    /// The variable that names it to the tests.
    pub fn env(&self) -> (String, String) {
        let path = self.0.path().display().to_string();
        (harness::REPEATS.to_owned(), path)
    }

    /// Returns the notes below a heading, or an empty text without notes.
    pub fn report(&self) -> Result<String> {
        let notes = std::fs::read_to_string(self.0.path())
            .context("cannot read which requests were repeated")?;
        if notes.is_empty() {
            return Ok(notes);
        }
        Ok(format!("\nrequests that were sent once more\n{notes}"))
    }
}

/// An error as the table has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    /// The class of the exception; of an error without one, what was logged first.
    what: String,
    /// The method that threw it, or what logged it.
    place: String,
}

/// The errors in the logs of servers, as a table below a heading. An empty text without errors.
pub fn report(logs: impl IntoIterator<Item = PathBuf>) -> Result<String> {
    let read = |path: PathBuf| {
        let log =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        // A log may hold anything that a test has sent.
        Ok(String::from_utf8_lossy(&log).into_owned())
    };
    let logs: Vec<String> = logs.into_iter().map(read).collect::<Result<_>>()?;
    Ok(table(logs.iter().map(String::as_str)))
}

/// The errors of logs, with the commonest first.
fn table<'a>(logs: impl IntoIterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<Fault, usize> = BTreeMap::new();
    for fault in logs.into_iter().flat_map(faults) {
        *counts.entry(fault).or_default() += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let width = counts.iter().map(|(fault, _)| fault.what.len()).max();
    let width = width.unwrap_or_default();
    let mut table = "\nerrors in the logs of the servers\n".to_owned();
    for (Fault { what, place }, count) in counts {
        let _ = writeln!(table, "{count:>6}  {what:<width$}  {place}");
    }
    table
}

/// The errors of one log.
fn faults(log: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((logger, message)) = error_line(line) else {
            continue;
        };
        let mut thrown_at = None;
        // A stack trace, and the other lines of a long message.
        while let Some(rest) = lines.next_if(|next| !is_start(next)) {
            thrown_at = thrown_at.or_else(|| frame(rest));
        }
        let (what, place) = match exception(message) {
            Some(class) => (class, thrown_at.unwrap_or(logger)),
            None => (message, logger),
        };
        faults.push(Fault {
            what: shortened(what),
            place: place.to_owned(),
        });
    }
    faults
}

/// The logger and the message of a line such as `2026-11-29 07:40:16,387 ERROR [org.keycloak.services] (executor-thread-1) text`.
fn error_line(line: &str) -> Option<(&str, &str)> {
    let after_time = line.splitn(3, ' ').nth(2).filter(|_| is_start(line))?;
    let rest = after_time.strip_prefix("ERROR [")?;
    let (logger, rest) = rest.split_once("] (")?;
    Some((logger, rest.split_once(") ")?.1))
}

/// Returns whether the line begins an entry: with a date.
fn is_start(line: &str) -> bool {
    let mut parts = line.splitn(3, '-');
    let mut is_number = |digits| {
        let part = parts.next().unwrap_or_default();
        part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    is_number(4) && is_number(2)
}

/// The method of a line such as `at org.keycloak.Some.method(Some.java:36)`.
fn frame(line: &str) -> Option<&str> {
    let call = line.trim_start().strip_prefix("at ")?;
    Some(call.split_once('(')?.0)
}

/// The first class of an exception that a message names.
fn exception(message: &str) -> Option<&str> {
    let is_class = |word: &&str| {
        word.contains('.') && (word.ends_with("Exception") || word.ends_with("Error"))
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._$".contains(c);
    message.split(|c| !is_part(c)).find(is_class)
}

/// The first words of a message, so that the table stays small.
fn shortened(message: &str) -> String {
    let mut short: String = message.chars().take(60).collect();
    if short.len() < message.len() {
        short.push('…');
    }
    short.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Repeats, table};

    const LOG: &str = "\
2026-11-29 07:40:16,387 ERROR [org.keycloak.services.error.KeycloakErrorHandler] (executor-thread-1) Uncaught server error: java.lang.NullPointerException: Cannot invoke \"java.util.function.Supplier.get()\" because \"this.fallback\" is null
\tat org.keycloak.models.cache.infinispan.DefaultLazyLoader.lambda$get$0(DefaultLazyLoader.java:54)
\tat org.keycloak.models.cache.infinispan.entities.CachedRole.isComposite(CachedRole.java:76)
2026-11-29 07:40:16,390 INFO  [org.keycloak.events] (executor-thread-1) nothing ERROR [here] (x) y
2026-11-29 07:40:17,001 ERROR [org.keycloak.theme.DefaultThemeManager] (executor-thread-2) Failed to find LOGIN theme wizard, using built-in themes
2026-11-29 07:40:17,002 ERROR [org.keycloak.theme.DefaultThemeManager] (executor-thread-9) Failed to find LOGIN theme wizard, using built-in themes
2026-11-29 07:40:18,001 ERROR [org.keycloak.services] (executor-thread-2) KC-SERVICES0029: Failed to send email: org.keycloak.email.EmailException: refused
";

    #[test]
    fn errors_are_grouped_by_exception_with_the_commonest_first() {
        let table = table([LOG, LOG]);
        let rows: Vec<Vec<&str>> = table
            .lines()
            .skip(2)
            .map(|row| {
                row.split("  ")
                    .map(str::trim)
                    .filter(|cell| !cell.is_empty())
            })
            .map(Iterator::collect)
            .collect();
        let theme = "org.keycloak.theme.DefaultThemeManager";
        let loader = "org.keycloak.models.cache.infinispan.DefaultLazyLoader.lambda$get$0";
        assert_eq!(
            rows,
            [
                [
                    "4",
                    "Failed to find LOGIN theme wizard, using built-in themes",
                    theme
                ],
                ["2", "java.lang.NullPointerException", loader],
                [
                    "2",
                    "org.keycloak.email.EmailException",
                    "org.keycloak.services"
                ],
            ]
        );
    }

    #[test]
    fn a_log_without_errors_has_no_table() {
        assert_eq!(table(["2026-11-29 07:40:16,387 INFO  [a] (b) c\n"]), "");
    }

    #[test]
    fn what_was_repeated_is_reported() {
        let repeats = Repeats::new().unwrap();
        assert_eq!(repeats.report().unwrap(), "");
        let (_, path) = repeats.env();
        std::fs::write(path, "a test: sent once more\n").unwrap();
        let report = repeats.report().unwrap();
        assert!(report.ends_with("\na test: sent once more\n"), "{report}");
    }
}
