//! Metrics: the counters of a session, and the report of a call for a hook.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::client::operation::OperationInfo;
use crate::error::Error;

/// A hook for metrics: [`SessionBuilder::on_call`](crate::SessionBuilder::on_call).
pub(crate) type OnCall = Arc<dyn Fn(&CallReport<'_>) + Send + Sync>;

/// A call that has ended, for the hook of [`SessionBuilder::on_call`](crate::SessionBuilder::on_call).
#[derive(Clone, Debug)]
pub struct CallReport<'a> {
    pub(crate) info: &'static OperationInfo,
    pub(crate) realm: Option<&'a str>,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<&'a Error>,
    pub(crate) attempts: u32,
    pub(crate) duration: Duration,
}

impl<'a> CallReport<'a> {
    /// The operation's fixed facts: its id, its method, its path template.
    #[must_use]
    pub fn operation(&self) -> &'static OperationInfo {
        self.info
    }

    /// Returns the realm that the path names, if it names one. As a label of a metric it makes one series for each realm.
    #[must_use]
    pub fn realm(&self) -> Option<&'a str> {
        self.realm
    }

    /// Returns the HTTP status of the last answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Returns why the call failed. `None` if it succeeded.
    #[must_use]
    pub fn error(&self) -> Option<&'a Error> {
        self.error
    }

    /// Returns how many times the call was sent. 0 if it failed earlier.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns how long the call took in all: the token, every attempt and every pause.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

/// The numbers of calls, attempts and retries that a session has made so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Calls that have ended, well or not.
    pub calls: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// The number of requests that were sent, with repetitions.
    pub attempts: u64,
    /// The number of repetitions by the retry policy. The repetition after a 401 does not count.
    pub retries: u64,
    /// The number of repetitions that were left out because the [`RetryBudget`](crate::RetryBudget) was spent.
    pub retries_withheld: u64,
}

/// The counters of a session while it works.
#[derive(Default)]
pub(crate) struct Metrics {
    calls: AtomicU64,
    failures: AtomicU64,
    attempts: AtomicU64,
    retries: AtomicU64,
    retries_withheld: AtomicU64,
}

impl Metrics {
    pub(crate) fn count_attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_withheld_retry(&self) {
        self.retries_withheld.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_call(&self, failed: bool) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.failures.fetch_add(failed.into(), Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            calls: read(&self.calls),
            failures: read(&self.failures),
            attempts: read(&self.attempts),
            retries: read(&self.retries),
            retries_withheld: read(&self.retries_withheld),
        }
    }
}
