//! What is tried again, how often and when.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::{Error, ErrorKind};

/// How often a failed call is tried again, and how long the pauses are.
///
/// Tried again is only what is safe to repeat: every call whose connection could not be made, because nothing was sent;
/// and GET, HEAD, OPTIONS, PUT and DELETE after a broken connection or an answer of 429, 502, 503 or 504. POST and PATCH
/// are never sent twice.
///
/// A pause is a random time up to the base delay, doubled each time, up to the longest delay ("full jitter"). A
/// `Retry-After` of the server takes its place, up to the longest delay. A pause that would go past the call's timeout is not made:
/// the call ends with the failure at once.
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
}

impl Default for RetryPolicy {
    /// 3 attempts, a base delay of 100 ms, at most 2 s.
    fn default() -> Self {
        Self {
            attempts: 3,
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(2),
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

    /// Sets the upper end of every pause.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// The pause before the next attempt, or `None` where there is none: after `failures` failed attempts, the last of
    /// which ended with `error`.
    pub(crate) fn pause(
        &self,
        failures: u32,
        error: &Error,
        idempotent: bool,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        if failures >= self.attempts || !is_repeatable(error, idempotent) {
            return None;
        }
        let pause = retry_after.unwrap_or_else(|| self.backoff(failures));
        Some(pause.min(self.max_delay))
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
    match error.kind() {
        ErrorKind::Connect => true,
        ErrorKind::Transport => idempotent,
        ErrorKind::Status | ErrorKind::Authentication => {
            idempotent && matches!(error.status(), Some(429 | 502..=504))
        }
        _ => false,
    }
}

/// The pause the server asks for, in either form of the header. A date counts from the answer's own `Date`, so that the
/// clocks need not agree. `None` for what cannot be read.
pub(crate) fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if status.is_success() {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
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
            let made =
                (1..10).find(|failures| policy.pause(*failures, &error, false, None).is_none());
            assert_eq!(made, Some(attempts));
        }
    }
}
