//! What is tried again, how often and when.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::Error;

/// How often a failed call is tried again, and how long the pauses are.
///
/// Tried again is only what is safe to repeat: every call whose connection could not be made, because nothing was sent;
/// and GET, HEAD, OPTIONS, PUT and DELETE after a broken connection, an attempt that took too long, or an answer of 429, 502,
/// 503 or 504. POST and PATCH are never sent twice.
///
/// A pause is a random time up to the base delay, doubled each time, up to the longest delay ("full jitter"). A
/// `Retry-After` of the server takes its place, however long. A pause that would go past the call's timeout is not made:
/// the call ends with the failure at once, and [`Error::retry_after`] says what the server asked for.
///
/// All calls of a session share one [`RetryBudget`], so that a server in trouble is not sent several times what it
/// cannot take once.
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

    /// Sets how long one attempt may take, from the connection to the last byte of the answer; a call that is safe to repeat is
    /// tried again then. `None`, where it is not set: only the call's own timeout ends it.
    ///
    /// Some calls take long: the import of a realm, the deletion of one with many users. Choose a time that is longer than
    /// they take, or set it for single calls. Requests for tokens have the session's timeout alone.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.attempt_timeout = timeout.into();
        self
    }

    /// How long one attempt may take.
    pub(crate) fn longest_attempt(&self) -> Option<Duration> {
        self.attempt_timeout
    }

    /// The pause before the next attempt, or `None` where there is none: after `failures` failed attempts, the last of
    /// which ended with `error`.
    fn pause(&self, failures: u32, error: &Error, idempotent: bool) -> Option<Duration> {
        let repeated = failures < self.attempts && is_repeatable(error, idempotent);
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

fn is_repeatable(error: &Error, idempotent: bool) -> bool {
    error.is_connect() || (idempotent && error.is_transient())
}

/// How much all calls of a session together may repeat: a bucket of tokens that each retry takes from and each call that the
/// server answers gives back to. While it is empty, calls fail at once instead of being tried again.
///
/// A retry takes 5, after a timeout 10. A call that is answered gives back 1, or what its own last retry has taken. Answered
/// means any status below 500 but 429: the server is well, whatever it thinks of the call.
///
/// ```
/// use keycloak_session::RetryBudget;
///
/// let small = RetryBudget::new(100).retry_cost(10);
/// let off = RetryBudget::unlimited();
/// # let _ = (small, off);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryBudget {
    /// `None` where there is no limit.
    tokens: Option<u32>,
    retry_cost: u32,
    timeout_cost: u32,
    refund: u32,
}

impl Default for RetryBudget {
    /// 500 tokens: 100 retries in a row.
    fn default() -> Self {
        Self::new(500)
    }
}

impl RetryBudget {
    /// A bucket of this many tokens, full at first.
    #[must_use]
    pub fn new(tokens: u32) -> Self {
        Self {
            tokens: Some(tokens),
            retry_cost: 5,
            timeout_cost: 10,
            refund: 1,
        }
    }

    /// No budget: the policy alone decides.
    #[must_use]
    pub fn unlimited() -> Self {
        Self {
            tokens: None,
            ..Self::default()
        }
    }

    /// Sets what a retry takes; 5 where it is not set.
    #[must_use]
    pub fn retry_cost(mut self, tokens: u32) -> Self {
        self.retry_cost = tokens;
        self
    }

    /// Sets what a retry takes after an attempt that took too long; 10 where it is not set.
    #[must_use]
    pub fn timeout_cost(mut self, tokens: u32) -> Self {
        self.timeout_cost = tokens;
        self
    }

    /// Sets what a call that is answered the first time gives back; 1 where it is not set.
    #[must_use]
    pub fn refund(mut self, tokens: u32) -> Self {
        self.refund = tokens;
        self
    }
}

/// The tokens of one session.
pub(crate) struct Bucket {
    budget: RetryBudget,
    left: AtomicU32,
}

impl Bucket {
    pub(crate) fn new(budget: RetryBudget) -> Self {
        Self {
            budget,
            left: AtomicU32::new(budget.tokens.unwrap_or_default()),
        }
    }

    /// Takes what a retry after this error costs, and says how much; `None` where not enough is left.
    fn take(&self, error: &Error) -> Option<u32> {
        let cost = if error.is_timeout() {
            self.budget.timeout_cost
        } else {
            self.budget.retry_cost
        };
        if self.budget.tokens.is_some() {
            self.left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(cost)
                })
                .ok()?;
        }
        Some(cost)
    }

    fn give(&self, tokens: u32) {
        let Some(capacity) = self.budget.tokens else {
            return;
        };
        // It never fails: there is always something to store.
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(left.saturating_add(tokens).min(capacity))
            });
    }
}

/// The retries of one call or token request: its policy, and what it has taken from the session's bucket.
pub(crate) struct Retries<'a> {
    policy: &'a RetryPolicy,
    bucket: &'a Bucket,
    failures: u32,
    taken: Option<u32>,
}

/// What follows a failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another one after this pause.
    Pause(Duration),
    /// None: it is not safe, or there were enough, or the pause would be too long.
    Fail,
    /// None, because the budget is spent.
    Spent,
}

impl<'a> Retries<'a> {
    pub(crate) fn new(policy: &'a RetryPolicy, bucket: &'a Bucket) -> Self {
        Self {
            policy,
            bucket,
            failures: 0,
            taken: None,
        }
    }

    /// Counts a failed attempt and says what follows it, in a call that has this much time left.
    pub(crate) fn after(&mut self, error: &Error, idempotent: bool, left: Duration) -> Next {
        self.failures += 1;
        let Some(pause) = self.policy.pause(self.failures, error, idempotent) else {
            return Next::Fail;
        };
        if pause >= left {
            return Next::Fail;
        }
        let Some(cost) = self.bucket.take(error) else {
            return Next::Spent;
        };
        self.taken = Some(cost);
        Next::Pause(pause)
    }

    /// Gives back to the bucket where the server has answered.
    pub(crate) fn settle(self, status: StatusCode) {
        if status.as_u16() < 500 && status != StatusCode::TOO_MANY_REQUESTS {
            self.bucket
                .give(self.taken.unwrap_or(self.bucket.budget.refund));
        }
    }
}

/// The pause the server asks for, in either form of the header. A date counts from the answer's own `Date`, so that the
/// clocks need not agree. `None` for what cannot be read.
pub(crate) fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if status.is_success() {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim_ascii();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let sent: SystemTime = date(headers.get(DATE)?.to_str().ok()?)?;
    Some(date(text)?.duration_since(sent).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    const HOUR: Duration = Duration::from_hours(1);

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
            let bucket = Bucket::new(RetryBudget::default());
            let mut retries = Retries::new(&policy, &bucket);
            let made = (1..10).find(|_| retries.after(&error, false, HOUR) == Next::Fail);
            assert_eq!(made, Some(attempts));
        }
    }

    #[test]
    fn the_budget_pays_for_retries_and_answers_fill_it() {
        let policy = RetryPolicy::default().attempts(1000);
        let refused = Error::new(ErrorKind::Connect, "refused");
        let slow = Error::new(ErrorKind::Timeout, "slow");
        // How many retries in a row a full bucket pays for.
        let in_a_row = |budget, error: &Error| {
            let bucket = Bucket::new(budget);
            let mut retries = Retries::new(&policy, &bucket);
            (0..999)
                .take_while(|_| retries.after(error, true, HOUR) != Next::Spent)
                .count()
        };
        assert_eq!(in_a_row(RetryBudget::default(), &refused), 100);
        assert_eq!(in_a_row(RetryBudget::default(), &slow), 50);
        assert_eq!(in_a_row(RetryBudget::new(20).retry_cost(10), &refused), 2);
        assert_eq!(in_a_row(RetryBudget::new(20).timeout_cost(20), &slow), 1);
        assert_eq!(in_a_row(RetryBudget::new(0), &refused), 0);
        assert_eq!(in_a_row(RetryBudget::unlimited(), &refused), 999);

        // Five answers pay for one retry; the retry's own answer gives all of it back; it never overflows.
        let bucket = Bucket::new(RetryBudget::new(5));
        let call = || Retries::new(&policy, &bucket);
        assert_ne!(call().after(&refused, true, HOUR), Next::Spent);
        for status in [200, 404, 409, 201, 429, 500, 503] {
            assert_eq!(call().after(&refused, true, HOUR), Next::Spent);
            call().settle(StatusCode::from_u16(status).unwrap());
        }
        assert_eq!(call().after(&refused, true, HOUR), Next::Spent, "4 of 5");
        call().settle(StatusCode::OK);
        for _ in 0..10 {
            let mut retried = call();
            assert_ne!(retried.after(&refused, true, HOUR), Next::Spent);
            retried.settle(StatusCode::OK);
            call().settle(StatusCode::OK);
        }
        assert_eq!(bucket.left.load(Ordering::Relaxed), 5);
    }

    /// The nine forms of the header, and a few more: none panics, and what cannot be read counts for nothing.
    #[test]
    fn retry_after_is_read_in_all_its_forms() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let sent = "Wed, 21 Oct 2015 07:28:00 GMT";
        let cases: [(&[&str], Option<Duration>); 16] = [
            (&["0"], seconds(0)),
            (&["1.5"], None),
            (&["-1"], None),
            (&["1e12"], None),
            (&["1000000000000"], seconds(1_000_000_000_000)),
            (&["Wed, 21 Oct 2015 07:27:00 GMT"], seconds(0)),
            (&["Wed, 21 Oct 2015 07:28:30 GMT"], seconds(30)),
            (&["soon"], None),
            (&["7", "9"], seconds(7)),
            (&[], None),
            (&[""], None),
            (&[" 3 "], seconds(3)),
            (&["+4"], seconds(4)),
            (&["18446744073709551615"], seconds(u64::MAX)),
            (&["18446744073709551616"], None),
            (&["Wed, 99 Oct 2015 07:28:30 GMT"], None),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, sent.parse().unwrap());
            for value in values {
                headers.append(RETRY_AFTER, value.parse().unwrap());
            }
            let read = |status| retry_after(status, &headers);
            assert_eq!(
                read(StatusCode::SERVICE_UNAVAILABLE),
                expected,
                "{values:?}"
            );
            assert_eq!(read(StatusCode::OK), None);
        }
        let mut undated = HeaderMap::new();
        undated.insert(RETRY_AFTER, sent.parse().unwrap());
        assert_eq!(retry_after(StatusCode::SERVICE_UNAVAILABLE, &undated), None);
    }

    #[test]
    fn a_pause_past_the_time_that_is_left_is_not_made() {
        let policy = RetryPolicy::default();
        let bucket = Bucket::new(RetryBudget::new(5));
        let status = StatusCode::SERVICE_UNAVAILABLE;
        for (asked, left, next) in [
            (u64::MAX, HOUR, Next::Fail),
            (3600, HOUR, Next::Fail),
            (3599, HOUR, Next::Pause(Duration::from_secs(3599))),
            (0, HOUR, Next::Spent),
            (0, Duration::ZERO, Next::Fail),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, asked.to_string().parse().unwrap());
            let error = Error::from_status(ErrorKind::Status, status, None)
                .with_retry_after(retry_after(status, &headers));
            let mut retries = Retries::new(&policy, &bucket);
            assert_eq!(retries.after(&error, true, left), next, "{asked}");
        }
    }
}
