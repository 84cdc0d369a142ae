//! The results of each operation.

use std::collections::{BTreeMap, BTreeSet};

use keycloak_session::OperationInfo;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answers;

/// The fault of a marked operation that no scenario sends twice.
const NEVER_REPEATED: &str = "marked x-idempotent, and no scenario sends it twice";

/// The generated crate of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// `keycloak-api`.
    Keycloak,
    /// `phasetwo-api`.
    Phasetwo,
}

impl Api {
    /// Both, in the order of the report.
    pub const ALL: [Self; 2] = [Self::Keycloak, Self::Phasetwo];

    /// Every operation that the crate has.
    #[must_use]
    pub fn operations(self) -> &'static [&'static OperationInfo] {
        match self {
            Self::Keycloak => keycloak_api::OPERATIONS,
            Self::Phasetwo => phasetwo_api::OPERATIONS,
        }
    }

    /// The crate that an operation is in. Ids alone do not tell: the two may share some.
    #[must_use]
    pub fn of(info: &OperationInfo) -> Self {
        if Self::Phasetwo.operations().contains(&info) {
            Self::Phasetwo
        } else {
            Self::Keycloak
        }
    }

    /// Its name for programs: `keycloak` or `phasetwo`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keycloak => "keycloak",
            Self::Phasetwo => "phasetwo",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Keycloak => "Keycloak",
            Self::Phasetwo => "Phase Two",
        }
    }
}

/// Returns whether an overlay says that a second call changes nothing. The other methods promise it themselves.
#[must_use]
pub fn is_marked(info: &OperationInfo) -> bool {
    matches!(info.method(), "POST" | "PATCH") && info.is_idempotent()
}

/// The outcome of an operation on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Called, and nothing was wrong.
    Passed,
    /// This version of the server has no such endpoint.
    Absent,
    /// It cannot be called; the reason says why.
    Skipped,
    /// Something was wrong with a call, or nothing called it.
    Failed,
}

/// Everything that was seen of one operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The number of calls that passed.
    pub passed: usize,
    /// The first fault.
    pub failure: Option<String>,
    /// The fields of all answers that the types do not have.
    pub lost_fields: BTreeSet<String>,
    /// True if the server answered that it has no such endpoint.
    pub absent: bool,
    /// True if it was sent twice, and the second call changed nothing.
    pub repeated: bool,
    /// Why it cannot be called.
    pub skipped: Option<String>,
    /// The status of the call that decided the outcome.
    pub status: Option<u16>,
    /// The statuses of all answers that were no errors.
    pub statuses: BTreeSet<u16>,
    /// Statuses that the document names and that no server can be made to send, each with the reason.
    pub never_sent: BTreeMap<u16, String>,
    /// An example of the answers of each status.
    pub answers: BTreeMap<u16, Value>,
}

/// The observations, by operation.
#[derive(Clone, Debug, Default)]
pub struct Record(BTreeMap<(Api, &'static str), Seen>);

impl Record {
    /// Returns the observations of this operation. They are empty at first.
    pub fn entry(&mut self, info: &'static OperationInfo) -> &mut Seen {
        self.0.entry((Api::of(info), info.id())).or_default()
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: Self) {
        for (key, seen) in other.0 {
            self.0.entry(key).or_default().merge(seen);
        }
    }

    /// The number of operations for each outcome: passed, absent, skipped, failed.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Outcome, usize> {
        let mut counts = BTreeMap::new();
        for seen in self.0.values() {
            *counts.entry(seen.outcome()).or_default() += 1;
        }
        counts
    }

    /// The failed operations, each with its first reason.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let failed = self
            .0
            .iter()
            .filter(|(_, seen)| seen.outcome() == Outcome::Failed);
        failed
            .map(|((_, id), seen)| format!("{id}: {}", seen.reason().unwrap_or_default()))
            .collect()
    }

    /// The row of one operation on a server of this version.
    #[must_use]
    pub fn row(&self, api: Api, info: &OperationInfo, version: &str) -> Row {
        let seen = self.0.get(&(api, info.id()));
        let mut seen = seen.cloned().unwrap_or_default();
        if is_marked(info) && seen.outcome() == Outcome::Passed && !seen.repeated {
            seen.fail(seen.status, NEVER_REPEATED.to_owned());
        }
        Row {
            api,
            method: info.method().to_owned(),
            path: info.path().to_owned(),
            operation_id: info.id().to_owned(),
            version: version.to_owned(),
            outcome: seen.outcome(),
            reason: seen.reason(),
            status: seen.status,
            lost_fields: seen.lost_fields.into_iter().collect(),
            statuses: seen.statuses,
            never_sent: seen.never_sent,
            answers: seen.answers,
        }
    }
}

impl Seen {
    /// A call passed.
    pub fn pass(&mut self, status: u16) {
        self.passed += 1;
        if self.failure.is_none() {
            self.status = Some(status);
        }
    }

    /// A call was wrong in this way; the first one stands.
    pub fn fail(&mut self, status: Option<u16>, reason: String) {
        if self.failure.is_none() {
            self.failure = Some(reason);
            self.status = status;
        }
    }

    fn merge(&mut self, other: Self) {
        self.passed += other.passed;
        self.absent |= other.absent;
        self.repeated |= other.repeated;
        self.lost_fields.extend(other.lost_fields);
        self.statuses.extend(other.statuses);
        self.never_sent.extend(other.never_sent);
        for (status, example) in other.answers {
            answers::add(&mut self.answers, status, example);
        }
        self.skipped = self.skipped.take().or(other.skipped);
        if self.failure.is_none() {
            self.failure = other.failure;
            self.status = other.status.or(self.status);
        }
    }

    /// Anything wrong makes it failed. Apart from that one good call decides.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.failure.is_some() {
            Outcome::Failed
        } else if self.passed > 0 {
            Outcome::Passed
        } else if self.absent {
            Outcome::Absent
        } else if self.skipped.is_some() {
            Outcome::Skipped
        } else {
            Outcome::Failed
        }
    }

    fn reason(&self) -> Option<String> {
        match self.outcome() {
            Outcome::Passed => None,
            Outcome::Absent => Some("this version has no such endpoint".to_owned()),
            Outcome::Skipped => self.skipped.clone(),
            Outcome::Failed => {
                let never = || "never called".to_owned();
                Some(self.failure.clone().unwrap_or_else(never))
            }
        }
    }
}

/// One operation on one version, as the report has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The API.
    pub api: Api,
    /// The HTTP method in capitals.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The operation's id, such as `get_user`.
    pub operation_id: String,
    /// The server's version, such as `26.7.5`.
    pub version: String,
    /// The outcome.
    pub outcome: Outcome,
    /// Why it did not pass.
    pub reason: Option<String>,
    /// The HTTP status of the call that decided.
    pub status: Option<u16>,
    /// JSON paths of what the server sent and the types do not hold.
    pub lost_fields: Vec<String>,
    /// The statuses of all answers that were no errors.
    #[serde(skip)]
    pub statuses: BTreeSet<u16>,
    /// Statuses that no server can be made to send, each with the reason.
    #[serde(skip)]
    pub never_sent: BTreeMap<u16, String>,
    /// An example of the answers of each status.
    #[serde(skip)]
    pub answers: BTreeMap<u16, Value>,
}

/// Fails the operations of which a success that the document names was on no server, unless a scenario says why, and those of
/// which a scenario says so wrongly. For the rows of all servers together.
pub fn judge_statuses(rows: &mut [Row]) {
    for api in Api::ALL {
        for info in api.operations() {
            let mut of_it: Vec<&mut Row> = rows
                .iter_mut()
                .filter(|row| row.api == api && row.operation_id == info.id())
                .collect();
            let seen: BTreeSet<u16> = of_it.iter().flat_map(|row| row.statuses.clone()).collect();
            let excused: BTreeSet<u16> = of_it
                .iter()
                .flat_map(|row| row.never_sent.keys().copied())
                .collect();
            // The newest is the first.
            let called = |row: &&mut Row| row.outcome == Outcome::Passed;
            if let Some(row) = of_it.iter_mut().find(|row| called(row))
                && let Some(reason) = unproven(info.success_statuses(), &seen, &excused)
            {
                row.outcome = Outcome::Failed;
                row.reason = Some(reason);
            }
        }
    }
}

/// Returns the fault of the successes that the document names, given those that were seen and those that have an excuse.
fn unproven(named: &[u16], seen: &BTreeSet<u16>, excused: &BTreeSet<u16>) -> Option<String> {
    let mut unseen = named.iter().filter(|status| !seen.contains(status));
    if let Some(status) = unseen.find(|status| !excused.contains(status)) {
        return Some(format!(
            "the document names status {status}, which no server sent"
        ));
    }
    let needless = |status: &&u16| seen.contains(status) || !named.contains(status);
    let needless = excused.iter().find(needless)?;
    Some(format!(
        "status {needless} is said never to be sent, which is not so or not needed"
    ))
}

#[cfg(test)]
mod tests {
    use keycloak_session::OperationInfo;
    use std::collections::BTreeSet;

    use super::{Api, NEVER_REPEATED, Outcome, Record, Seen, is_marked, judge_statuses, unproven};

    #[test]
    fn each_named_success_was_seen_or_has_an_excuse() {
        let set = |statuses: &[u16]| statuses.iter().copied().collect::<BTreeSet<u16>>();
        let judge = |seen: &[u16], excused: &[u16]| {
            unproven(&[200, 204], &set(seen), &set(excused)).unwrap_or_default()
        };
        assert_eq!(judge(&[200, 204], &[]), "");
        assert_eq!(judge(&[200], &[204]), "");
        assert!(judge(&[200], &[]).contains("204, which no server sent"));
        assert!(judge(&[200, 204], &[204]).contains("204 is said never"));
        assert!(judge(&[200, 204], &[201]).contains("201 is said never"));
    }

    #[test]
    fn a_success_may_be_seen_on_any_of_the_servers() {
        let operations = Api::Keycloak.operations().iter();
        let info = operations
            .copied()
            .find(|info| info.success_statuses().len() == 2)
            .unwrap();
        let rows = |statuses: [&[u16]; 2]| {
            let row = |(version, statuses): (&str, &[u16])| {
                let mut record = Record::default();
                let seen = record.entry(info);
                seen.pass(200);
                seen.statuses.extend(statuses);
                record.row(Api::Keycloak, info, version)
            };
            let mut rows = [row(("26.7.5", statuses[0])), row(("26.4.7", statuses[1]))];
            judge_statuses(&mut rows);
            rows.map(|row| row.outcome)
        };
        let named = info.success_statuses();
        assert_eq!(
            rows([&named[..1], &named[1..]]),
            [Outcome::Passed, Outcome::Passed]
        );
        assert_eq!(
            rows([&named[..1], &named[..1]]),
            [Outcome::Failed, Outcome::Passed]
        );
    }

    #[test]
    fn one_failure_among_many_calls_is_a_failure_and_the_first_reason_stands() {
        let mut seen = Seen::default();
        seen.pass(200);
        seen.fail(Some(500), "first".to_owned());
        seen.fail(Some(404), "second".to_owned());
        seen.pass(200);
        assert_eq!(seen.outcome(), Outcome::Failed);
        assert_eq!(seen.reason().as_deref(), Some("first"));
        assert_eq!(seen.status, Some(500));
    }

    #[test]
    fn what_nothing_called_has_failed() {
        let info = Api::Keycloak.operations()[0];
        let row = Record::default().row(Api::Keycloak, info, "26.7.5");
        assert_eq!(row.outcome, Outcome::Failed);
        assert_eq!(row.reason.as_deref(), Some("never called"));
        assert_eq!(row.status, None);
    }

    #[test]
    fn what_is_marked_and_was_never_sent_twice_has_failed() {
        let marked = Api::Keycloak.operations().iter().copied();
        let marked = marked.into_iter().find(|info| is_marked(info)).unwrap();
        let mut record = Record::default();
        record.entry(marked).pass(204);
        let row = record.row(Api::Keycloak, marked, "26.7.5");
        assert_eq!(row.outcome, Outcome::Failed);
        assert_eq!(row.reason.as_deref(), Some(NEVER_REPEATED));
        record.entry(marked).repeated = true;
        let row = record.row(Api::Keycloak, marked, "26.7.5");
        assert_eq!(row.outcome, Outcome::Passed);
    }

    #[test]
    fn areas_are_merged_into_one_record() {
        let info = Api::Phasetwo.operations()[0];
        let mut total = Record::default();
        let mut area = Record::default();
        area.entry(info).pass(204);
        total.merge(area.clone());
        assert_eq!(total.counts().get(&Outcome::Passed), Some(&1));
        assert_eq!(area.failures(), Vec::<String>::new());
        area.entry(info).fail(None, "lost".to_owned());
        assert_eq!(area.failures(), [format!("{}: lost", info.id())]);
        area.entry(info).lost_fields.insert("$.a".to_owned());
        total.merge(area);
        let row = total.row(Api::Phasetwo, info, "26.5.7");
        assert_eq!(row.outcome, Outcome::Failed);
        assert_eq!(row.lost_fields, ["$.a"]);
    }

    #[test]
    fn only_a_post_or_patch_is_marked() {
        let info = |method| OperationInfo::new("x", method, "/x");
        assert!(is_marked(&info("POST").idempotent()));
        assert!(!is_marked(&info("POST")));
        assert!(!is_marked(&info("PUT")));
    }
}
