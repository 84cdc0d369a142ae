//! The counts of a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use keycloak_admin::{Error, ErrorKind};

use crate::entries::{Told, Verdict};

/// The violations that are listed. All are counted.
const SHOWN: usize = 30;

/// The counts of one operation.
#[derive(Clone, Debug, Default)]
struct Counts {
    done: u64,
    refused: u64,
    maybe_applied: u64,
    /// Of those that may have been applied: found on the server.
    applied: u64,
    /// Of those that may have been applied: not found on the server.
    not_applied: u64,
    violations: u64,
}

/// The answers within a part of the run.
#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    answered: u64,
    unanswered: u64,
}

#[derive(Debug, Default)]
struct Inner {
    operations: BTreeMap<&'static str, Counts>,
    answers: Vec<Answers>,
    /// The errors, by their text without what differs between objects.
    errors: BTreeMap<String, u64>,
    violations: Vec<String>,
}

/// The counts of all workers.
#[derive(Debug)]
pub struct Tally {
    started: Instant,
    /// The length of a row of the table of availability.
    period: Duration,
    inner: Mutex<Inner>,
}

impl Tally {
    pub fn new(period: Duration) -> Self {
        Self {
            started: Instant::now(),
            period,
            inner: Mutex::default(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the time since the start of the run.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Counts the result of an operation.
    pub fn count<T>(&self, operation: &'static str, result: &Result<T, Error>) -> Told {
        let told = Told::by(result);
        let period = self.elapsed().as_millis() / self.period.as_millis().max(1);
        let period = usize::try_from(period).unwrap_or_default();
        let mut inner = self.inner();
        let counts = inner.operations.entry(operation).or_default();
        match told {
            Told::Done => counts.done += 1,
            Told::Refused => counts.refused += 1,
            Told::MaybeApplied => counts.maybe_applied += 1,
        }
        if inner.answers.len() <= period {
            inner.answers.resize(period + 1, Answers::default());
        }
        if result.as_ref().is_err_and(is_unavailable) {
            inner.answers[period].unanswered += 1;
        } else {
            inner.answers[period].answered += 1;
        }
        if let Err(error) = result {
            let status = error.status().map_or(String::new(), |s| format!(" {s}"));
            let (kind, told) = (error.kind().as_str(), format!("{told:?}"));
            let call = error.operation().unwrap_or(operation);
            *inner
                .errors
                .entry(format!("{call}: {kind}{status}, {told}"))
                .or_default() += 1;
        }
        told
    }

    /// Counts a comparison. `describe` says what it was about, if it is a violation.
    pub fn judge(&self, verdict: &Verdict, describe: impl FnOnce() -> String) {
        let operation = match verdict {
            Verdict::AsTold => return,
            Verdict::Applied(by) | Verdict::NotApplied(by) | Verdict::Violation(by) => by,
        };
        let mut inner = self.inner();
        let counts = inner.operations.entry(operation).or_default();
        match verdict {
            Verdict::Applied(_) => counts.applied += 1,
            Verdict::NotApplied(_) => counts.not_applied += 1,
            _ => {
                counts.violations += 1;
                let text = format!("{operation}: {}", describe());
                inner.violations.push(text);
            }
        }
    }

    /// Returns the number of operations that succeeded.
    pub fn done(&self) -> u64 {
        sum(self.inner().operations.values()).done
    }

    /// Returns the number of violations.
    pub fn violations(&self) -> usize {
        self.inner().violations.len()
    }

    /// Returns the tables for people.
    pub fn report(&self) -> String {
        let inner = self.inner();
        let mut text = format!(
            "{:<26}{:>8}{:>9}{:>14}{:>10}{:>13}{:>12}\n",
            "operation", "done", "refused", "maybe applied", "applied", "not applied", "violations"
        );
        let mut row = |name: &str, counts: &Counts| {
            let _ = writeln!(
                text,
                "{name:<26}{:>8}{:>9}{:>14}{:>10}{:>13}{:>12}",
                counts.done,
                counts.refused,
                counts.maybe_applied,
                counts.applied,
                counts.not_applied,
                counts.violations
            );
        };
        for (name, counts) in &inner.operations {
            row(name, counts);
        }
        row("all", &sum(inner.operations.values()));
        text.push_str(&availability(&inner.answers, self.period));
        text.push_str("\nerrors that callers saw\n");
        for (error, count) in &inner.errors {
            let _ = writeln!(text, "{count:>8}  {error}");
        }
        if !inner.violations.is_empty() {
            text.push_str("\nviolations\n");
        }
        for violation in inner.violations.iter().take(SHOWN) {
            let _ = writeln!(text, "  {violation}");
        }
        text
    }
}

fn sum<'a>(all: impl Iterator<Item = &'a Counts>) -> Counts {
    all.fold(Counts::default(), |sum, counts| Counts {
        done: sum.done + counts.done,
        refused: sum.refused + counts.refused,
        maybe_applied: sum.maybe_applied + counts.maybe_applied,
        applied: sum.applied + counts.applied,
        not_applied: sum.not_applied + counts.not_applied,
        violations: sum.violations + counts.violations,
    })
}

fn availability(answers: &[Answers], period: Duration) -> String {
    let mut text = format!("\n{:>8}{:>12}{:>14}\n", "second", "calls", "availability");
    let mut whole = Answers::default();
    let mut row = |from: &str, part: &Answers| {
        let calls = part.answered + part.unanswered;
        let _ = writeln!(
            text,
            "{from:>8}{calls:>12}{:>14}",
            per_cent(part.answered, calls)
        );
    };
    for (number, part) in (0_u32..).zip(answers) {
        row(&(period * number).as_secs().to_string(), part);
        whole.answered += part.answered;
        whole.unanswered += part.unanswered;
    }
    row("all", &whole);
    text
}

/// A share with two places, rounded down.
fn per_cent(part: u64, whole: u64) -> String {
    let hundredths = (part * 10_000).checked_div(whole).unwrap_or(10_000);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// Returns whether the caller got no answer, or one that says that the server does not work. A refusal is an answer.
fn is_unavailable(error: &Error) -> bool {
    let is_server_error = |status| status >= 500 || status == 429;
    error.is_transient()
        || error.kind() == ErrorKind::Authentication
        || error.status().is_some_and(is_server_error)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use keycloak_admin::{Error, ErrorKind};

    use super::{Tally, per_cent};
    use crate::entries::{Told, Verdict};

    #[test]
    fn operations_and_verdicts_are_counted() {
        let tally = Tally::new(Duration::from_secs(60));
        let refused = Err::<(), _>(Error::new(ErrorKind::Conflict, "there is one"));
        assert_eq!(tally.count("create user", &Ok(())), Told::Done);
        assert_eq!(tally.count("create user", &refused), Told::Refused);
        tally.judge(&Verdict::Applied("create user"), String::new);
        assert_eq!(tally.violations(), 0);
        tally.judge(&Verdict::Violation("create user"), || "ann".to_owned());
        assert_eq!((tally.done(), tally.violations()), (1, 1));
        let report = tally.report();
        let row = report.lines().nth(1).unwrap();
        let cells: Vec<_> = row.split_whitespace().skip(2).collect();
        assert_eq!(cells, ["1", "1", "0", "1", "0", "1"]);
        assert!(
            report.contains("       1  create user: conflict, Refused\n"),
            "{report}"
        );
        assert!(
            report.ends_with("violations\n  create user: ann\n"),
            "{report}"
        );
        assert!(
            report.contains("     all           2      100.00 %\n"),
            "{report}"
        );
    }

    #[test]
    fn shares_are_not_rounded_up() {
        assert_eq!(per_cent(99_999, 100_000), "99.99 %");
        assert_eq!(per_cent(0, 0), "100.00 %");
    }
}
