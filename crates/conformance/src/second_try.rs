//! Areas that failed and passed when they were run again.
//!
//! A server goes on working after it has answered, so a read can come too early. An area that fails is run once more, in a new realm. That
//! it passed then is in the report, and more than one such area is a failure of the suite.

use std::fmt::Write as _;

use anyhow::Result;

use crate::record::Record;

/// The heading of the section in `docs/conformance.md`. It is the last section: `cargo xtask test --all` compares what is above it.
pub const HEADING: &str = "## Passed at the second try";

/// An area that passed at the second try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondTry {
    /// The name of the area.
    pub area: &'static str,
    /// The version of the server.
    pub version: String,
    /// The failures of the first try.
    pub failure: String,
}

/// Runs an area, and runs it again if it fails. Returns the record that counts, and the failures of the first run if the second had
/// none.
pub fn run(mut area: impl FnMut() -> Result<Record>) -> Result<(Record, Option<String>)> {
    let first = area()?;
    let failures = first.failures().join("; ");
    if failures.is_empty() {
        return Ok((first, None));
    }
    eprintln!("          failed, once more: {failures}");
    let second = area()?;
    let is_clean = second.failures().is_empty();
    Ok((second, is_clean.then_some(failures)))
}

/// Returns whether so many areas needed a second try that it is no matter of chance: more than one, on all servers together.
#[must_use]
pub fn are_too_many(tries: &[SecondTry]) -> bool {
    tries.len() > 1
}

/// The section of `docs/conformance.md`. Empty if every area passed at once or failed twice.
#[must_use]
pub fn section(tries: &[SecondTry]) -> String {
    if tries.is_empty() {
        return String::new();
    }
    let mut out =
        format!("\n{HEADING}\n\n| area | Keycloak | what failed first |\n|---|---|---|\n");
    for one in tries {
        let failure = one.failure.replace('|', "\\|").replace('\n', " ");
        let _ = writeln!(out, "| {} | {} | {failure} |", one.area, one.version);
    }
    out
}

/// Returns the text to print, which is empty if there is nothing to report.
#[must_use]
pub fn summary(tries: &[SecondTry]) -> String {
    let mut out = String::new();
    if !tries.is_empty() {
        out.push_str("\npassed at the second try\n");
    }
    for one in tries {
        let _ = writeln!(out, "  {} {}: {}", one.version, one.area, one.failure);
    }
    if are_too_many(tries) {
        out.push_str("more than one area needed a second try: the suite fails\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{HEADING, SecondTry, are_too_many, run, section, summary};
    use crate::record::{Api, Record};

    fn passed() -> Record {
        let mut record = Record::default();
        record.entry(Api::Keycloak.operations()[0]).pass(200);
        record
    }

    fn failed(reason: &str) -> Record {
        let mut record = Record::default();
        let entry = record.entry(Api::Keycloak.operations()[0]);
        entry.fail(Some(404), reason.to_owned());
        record
    }

    /// Returns the number of runs of the area, true if the record has failures, and the note on the first run.
    fn outcome(runs: Vec<Record>) -> (usize, bool, Option<String>) {
        let mut left = runs.into_iter();
        let mut count = 0;
        let (record, first) = run(|| {
            count += 1;
            Ok(left.next().unwrap())
        })
        .unwrap();
        (count, !record.failures().is_empty(), first)
    }

    fn second_try(area: &'static str) -> SecondTry {
        SecondTry {
            area,
            version: "26.7.5".to_owned(),
            failure: "get_user: a | b".to_owned(),
        }
    }

    #[test]
    fn an_area_that_fails_is_run_once_more_and_its_first_failure_is_kept() {
        assert_eq!(outcome(vec![passed()]), (1, false, None));
        let id = Api::Keycloak.operations()[0].id();
        let first = Some(format!("{id}: early"));
        assert_eq!(outcome(vec![failed("early"), passed()]), (2, false, first));
        // An area that fails twice has failed, and is no second try.
        let twice = vec![failed("first"), failed("second")];
        assert_eq!(outcome(twice), (2, true, None));
    }

    #[test]
    fn one_area_may_need_a_second_try_and_two_may_not() {
        let (users, roles) = (second_try("users"), second_try("roles"));
        assert!(!are_too_many(&[]));
        assert!(!are_too_many(std::slice::from_ref(&users)));
        assert!(are_too_many(&[users.clone(), roles.clone()]));
        assert!(summary(&[users, roles]).ends_with("the suite fails\n"));
    }

    #[test]
    fn the_report_says_what_failed_first() {
        assert_eq!(section(&[]), "");
        let text = section(&[second_try("users")]);
        assert!(text.starts_with(&format!("\n{HEADING}\n")), "{text}");
        assert!(
            text.ends_with("\n| users | 26.7.5 | get_user: a \\| b |\n"),
            "{text}"
        );
    }
}
