//! The settings of one call.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::retry::RetryPolicy;

/// The settings of one call. `None` stands for the session's or the operation's.
#[derive(Clone, Default)]
pub(crate) struct CallOptions {
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_body_bytes: Option<usize>,
    pub(crate) headers: HeaderMap,
}
