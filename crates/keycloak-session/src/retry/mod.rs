//! Retries: which failures are tried again, after which pause, and how many a session can afford.

mod budget;
mod policy;

pub use budget::RetryBudget;
pub(crate) use budget::RetryThrottle;
pub use policy::RetryPolicy;
pub(crate) use policy::{Retries, RetryDecision};
