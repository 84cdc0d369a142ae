//! The retry budget of a session.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::Error;

/// The number of retries that all calls of a session share, as tokens. Each retry takes tokens, and each answered call gives tokens back. While
/// too few are left, a failed call is not tried again.
///
/// A retry takes 5 tokens, or 10 after a timeout. An answered call gives back 1 token, or as many as its own last retry took. A call is answered
/// if the status is below 500 and not 429: the server works, even if it refuses the call.
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
    /// `None` stands for no limit.
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
    /// A throttle of this many tokens, full at first.
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

    /// Sets how many tokens a retry takes. The default is 5.
    #[must_use]
    pub fn retry_cost(mut self, tokens: u32) -> Self {
        self.retry_cost = tokens;
        self
    }

    /// Sets how many tokens a retry takes after an attempt that took too long. The default is 10.
    #[must_use]
    pub fn timeout_cost(mut self, tokens: u32) -> Self {
        self.timeout_cost = tokens;
        self
    }

    /// Sets how many tokens a call gives back that is answered the first time. The default is 1.
    #[must_use]
    pub fn refund(mut self, tokens: u32) -> Self {
        self.refund = tokens;
        self
    }
}

/// The tokens that are left of a session's [`RetryBudget`].
pub(crate) struct RetryThrottle {
    budget: RetryBudget,
    left: AtomicU32,
}

impl RetryThrottle {
    pub(crate) fn new(budget: RetryBudget) -> Self {
        Self {
            budget,
            left: AtomicU32::new(budget.tokens.unwrap_or_default()),
        }
    }

    /// Takes the tokens of a retry after this error and returns how many. `None` if not enough are left.
    pub(crate) fn take(&self, error: &Error) -> Option<u32> {
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

    pub(crate) fn give(&self, tokens: u32) {
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

    /// Returns how many tokens a call gives back that was answered the first time.
    pub(crate) fn refund(&self) -> u32 {
        self.budget.refund
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::StatusCode;

    use super::*;
    use crate::error::ErrorKind;
    use crate::retry::policy::{Retries, RetryDecision, RetryPolicy};

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn the_budget_pays_for_retries_and_answers_fill_it() {
        let policy = RetryPolicy::default().attempts(1000);
        let refused = Error::new(ErrorKind::Connect, "refused");
        let slow = Error::new(ErrorKind::Timeout, "slow");
        // The number of retries in a row that a full throttle pays for.
        let in_a_row = |budget, error: &Error| {
            let throttle = RetryThrottle::new(budget);
            let mut retries = Retries::new(&policy, &throttle);
            (0..999)
                .take_while(|_| retries.after(error, true, HOUR) != RetryDecision::BudgetExhausted)
                .count()
        };
        assert_eq!(in_a_row(RetryBudget::default(), &refused), 100);
        assert_eq!(in_a_row(RetryBudget::default(), &slow), 50);
        assert_eq!(in_a_row(RetryBudget::new(20).retry_cost(10), &refused), 2);
        assert_eq!(in_a_row(RetryBudget::new(20).timeout_cost(20), &slow), 1);
        assert_eq!(in_a_row(RetryBudget::new(0), &refused), 0);
        assert_eq!(in_a_row(RetryBudget::unlimited(), &refused), 999);

        // Five answers pay for one retry; the retry's own answer gives all of it back; it never overflows.
        let throttle = RetryThrottle::new(RetryBudget::new(5));
        let call = || Retries::new(&policy, &throttle);
        assert_ne!(
            call().after(&refused, true, HOUR),
            RetryDecision::BudgetExhausted
        );
        for status in [200, 404, 409, 201, 429, 500, 503] {
            assert_eq!(
                call().after(&refused, true, HOUR),
                RetryDecision::BudgetExhausted
            );
            call().on_answer(StatusCode::from_u16(status).unwrap());
        }
        assert_eq!(
            call().after(&refused, true, HOUR),
            RetryDecision::BudgetExhausted,
            "4 of 5"
        );
        call().on_answer(StatusCode::OK);
        for _ in 0..10 {
            let mut retried = call();
            assert_ne!(
                retried.after(&refused, true, HOUR),
                RetryDecision::BudgetExhausted
            );
            retried.on_answer(StatusCode::OK);
            call().on_answer(StatusCode::OK);
        }
        assert_eq!(throttle.left.load(Ordering::Relaxed), 5);
    }
}
