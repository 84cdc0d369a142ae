//! The retry policy, and the retries of one call.

use std::time::Duration;

use reqwest::StatusCode;

use crate::error::Error;
use crate::retry::budget::RetryThrottle;

/// The number of attempts of a call, and the pauses between them.
///
/// Only calls that are safe to repeat are tried again:
///
/// - Any call, if no connection could be made or if an HTTP/2 server refused it unprocessed.
/// - GET, HEAD, OPTIONS, PUT and DELETE, after a broken connection, an attempt that took too long, or an answer of 429, 502, 503 or 504.
/// - A POST or PATCH in the same cases, if its operation is [marked as idempotent](crate::OperationInfo::idempotent), such as the one that adds a
///   role to a user.
///
/// Any other POST or PATCH that may have arrived is never sent again.
///
/// A call that deletes or adds an object may lose a race against an equal call. Keycloak then answers 400, 409 or 500. Operations with such a known
/// status ([`OperationInfo::loses_races_with`](crate::OperationInfo::loses_races_with)) are tried again after it.
///
/// A pause is a random time up to a limit ("full jitter"). The limit begins with the base delay, doubles each time, and ends at the longest delay. A
/// `Retry-After` of the server takes the place of the pause, however long. If a pause would go past the call's timeout, the call fails at once.
/// [`Error::retry_after`] then has the pause that the server asked for.
///
/// All calls of a session share one [`RetryBudget`](crate::RetryBudget), so retries do not overload a server in trouble.
///
/// ```
/// use std::time::Duration;
/// use keycloak_session::RetryPolicy;
///
/// let patient = RetryPolicy::default().attempts(6).max_delay(Duration::from_secs(10));
/// # let _ = patient;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
    attempt_timeout: Option<Duration>,
}

impl Default for RetryPolicy {
    /// 3 attempts, a base delay of 100 ms, at most 2 s, no timeout of a single attempt.
    fn default() -> Self {
        Self {
            attempts: 3,
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(2),
            attempt_timeout: None,
        }
    }
}

impl RetryPolicy {
    /// One attempt.
    #[must_use]
    pub fn none() -> Self {
        Self::default().attempts(1)
    }

    /// Sets how often a call is sent at most, the first time included; 0 counts as 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the upper end of the first pause.
    #[must_use]
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the upper end of every pause that the server has not asked for.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Sets how long one attempt may take, from the connection to the last byte of the answer. After it, a call that is safe to repeat is tried
    /// again. The default is `None`: only the call's own timeout ends an attempt.
    ///
    /// Some calls take long: the import of a realm, the deletion of one with many users. Choose a time that is longer than
    /// they take, or set it for single calls. Requests for tokens have the session's timeout alone.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.attempt_timeout = timeout.into();
        self
    }

    /// Returns the timeout of one attempt.
    pub(crate) fn attempt_limit(&self) -> Option<Duration> {
        self.attempt_timeout
    }

    /// Returns the pause before the next attempt, after `failures` failed attempts, the last of which ended with `error`. `None` if there is
    /// no next attempt.
    fn pause(&self, failures: u32, error: &Error, is_repeatable: bool) -> Option<Duration> {
        let repeated = failures < self.attempts && is_repeatable;
        repeated.then(|| {
            error
                .retry_after()
                .unwrap_or_else(|| self.backoff(failures))
        })
    }

    /// A random time between nothing and the doubled base delay.
    fn backoff(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.base_delay
            .saturating_mul(doubled)
            .min(self.max_delay)
            .mul_f64(fastrand::f64())
    }
}

/// The retries of one call or token request: its policy, and the tokens it has taken from the session's throttle.
pub(crate) struct Retries<'a> {
    policy: &'a RetryPolicy,
    throttle: &'a RetryThrottle,
    failures: u32,
    taken: Option<u32>,
    /// The statuses after which an idempotent call is tried again, besides those of a transient error.
    lost_race_statuses: &'static [u16],
}

/// The step after a failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RetryDecision {
    /// Another attempt after this pause.
    RetryAfter(Duration),
    /// No other attempt: it is not safe, there were enough, or the pause would be too long.
    GiveUp,
    /// No other attempt, because the session's budget is spent.
    BudgetExhausted,
}

impl<'a> Retries<'a> {
    pub(crate) fn new(policy: &'a RetryPolicy, throttle: &'a RetryThrottle) -> Self {
        Self {
            policy,
            throttle,
            failures: 0,
            taken: None,
            lost_race_statuses: &[],
        }
    }

    /// Says with which statuses the server answers a call that has lost a race against an equal one.
    pub(crate) fn lost_race_statuses(mut self, statuses: &'static [u16]) -> Self {
        self.lost_race_statuses = statuses;
        self
    }

    /// Counts a failed attempt and decides what happens next, in a call that has this much time left.
    pub(crate) fn after(
        &mut self,
        error: &Error,
        idempotent: bool,
        remaining: Duration,
    ) -> RetryDecision {
        self.failures += 1;
        let is_repeatable =
            error.is_unprocessed() || (idempotent && self.may_be_repeated_after(error));
        let Some(pause) = self.policy.pause(self.failures, error, is_repeatable) else {
            return RetryDecision::GiveUp;
        };
        if pause >= remaining {
            return RetryDecision::GiveUp;
        }
        let Some(cost) = self.throttle.take(error) else {
            return RetryDecision::BudgetExhausted;
        };
        self.taken = Some(cost);
        RetryDecision::RetryAfter(pause)
    }

    /// Returns whether another attempt may succeed.
    fn may_be_repeated_after(&self, error: &Error) -> bool {
        let is_lost_race = |status| self.lost_race_statuses.contains(&status);
        error.is_transient() || error.status().is_some_and(is_lost_race)
    }

    /// Gives tokens back to the throttle after an answer that shows a healthy server.
    pub(crate) fn on_answer(self, status: StatusCode) {
        if status.as_u16() < 500 && status != StatusCode::TOO_MANY_REQUESTS {
            self.throttle
                .give(self.taken.unwrap_or(self.throttle.refund()));
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, RETRY_AFTER};

    use super::*;
    use crate::error::ErrorKind;
    use crate::http::retry_after::retry_after;
    use crate::retry::budget::RetryBudget;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn jitter_is_full() {
        fastrand::seed(7);
        let policy = RetryPolicy::default();
        // Failures so far, and the longest pause in milliseconds.
        for (failures, longest) in [
            (1, 100.0),
            (2, 200.0),
            (3, 400.0),
            (6, 2000.0),
            (u32::MAX, 2000.0),
        ] {
            let pauses: Vec<f64> = (0..10_000)
                .map(|_| policy.backoff(failures).as_secs_f64() * 1000.0)
                .collect();
            assert!(pauses.iter().all(|pause| (0.0..=longest).contains(pause)));
            let mean = pauses.iter().sum::<f64>() / 10_000.0;
            assert!(
                (mean - longest / 2.0).abs() < longest / 2.0 * 0.03,
                "after {failures}: mean {mean}"
            );
        }
    }

    #[test]
    fn attempts_are_counted_from_one() {
        let error = Error::new(ErrorKind::Connect, "refused");
        for (policy, attempts) in [
            (RetryPolicy::default(), 3),
            (RetryPolicy::none(), 1),
            (RetryPolicy::none().attempts(0), 1),
        ] {
            let throttle = RetryThrottle::new(RetryBudget::default());
            let mut retries = Retries::new(&policy, &throttle);
            let made =
                (1..10).find(|_| retries.after(&error, false, HOUR) == RetryDecision::GiveUp);
            assert_eq!(made, Some(attempts));
        }
    }

    #[test]
    fn a_pause_past_the_time_that_is_left_is_not_made() {
        let policy = RetryPolicy::default();
        let throttle = RetryThrottle::new(RetryBudget::new(5));
        let status = StatusCode::SERVICE_UNAVAILABLE;
        for (asked, left, next) in [
            (u64::MAX, HOUR, RetryDecision::GiveUp),
            (3600, HOUR, RetryDecision::GiveUp),
            (
                3599,
                HOUR,
                RetryDecision::RetryAfter(Duration::from_secs(3599)),
            ),
            (0, HOUR, RetryDecision::BudgetExhausted),
            (0, Duration::ZERO, RetryDecision::GiveUp),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, asked.to_string().parse().unwrap());
            let error = Error::new(ErrorKind::Status, "busy")
                .with_status(status)
                .with_retry_after(retry_after(status, &headers));
            let mut retries = Retries::new(&policy, &throttle);
            assert_eq!(retries.after(&error, true, left), next, "{asked}");
        }
    }
}
