//! What can be seen of calls from outside: a span for each, counters, and a hook for metrics.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tracing::Span;
use tracing::field::Empty;

use crate::{Error, OperationInfo, Request};

/// A hook for metrics: [`SessionBuilder::on_call`](crate::SessionBuilder::on_call).
pub(crate) type Hook = Arc<dyn Fn(&CallReport<'_>) + Send + Sync>;

/// A call that has ended, as [`SessionBuilder::on_call`](crate::SessionBuilder::on_call) gets to see it.
#[derive(Clone, Debug)]
pub struct CallReport<'a> {
    info: &'static OperationInfo,
    realm: Option<&'a str>,
    status: Option<u16>,
    error: Option<&'a Error>,
    attempts: u32,
    duration: Duration,
}

impl<'a> CallReport<'a> {
    /// The operation's fixed facts: its id, its method, its path template.
    #[must_use]
    pub fn operation(&self) -> &'static OperationInfo {
        self.info
    }

    /// The realm it worked on, where its path has one. As a label of a metric it makes one series for each realm.
    #[must_use]
    pub fn realm(&self) -> Option<&'a str> {
        self.realm
    }

    /// The HTTP status of the last answer, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Why it failed; `None` where it did not.
    #[must_use]
    pub fn error(&self) -> Option<&'a Error> {
        self.error
    }

    /// How many times it was sent; 0 where it failed before.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long it took in all: the token, every attempt and every pause.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

/// What a session has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Calls that have ended, well or not.
    pub calls: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// How often calls were sent, repetitions included.
    pub attempts: u64,
    /// How often the retry policy had a call sent once more. A repetition after a 401 is none.
    pub retries: u64,
    /// How often a call was not tried again because the [`RetryBudget`](crate::RetryBudget) was spent.
    pub retries_withheld: u64,
}

/// The counters of a session while it works.
#[derive(Default)]
pub(crate) struct Counting {
    calls: AtomicU64,
    failures: AtomicU64,
    attempts: AtomicU64,
    retries: AtomicU64,
    retries_withheld: AtomicU64,
}

impl Counting {
    pub(crate) fn count_attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_withheld(&self) {
        self.retries_withheld.fetch_add(1, Ordering::Relaxed);
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

/// One call under observation, from its beginning until its answer is decoded. A call that is dropped is not reported.
pub(crate) struct Observation {
    begun: Instant,
    span: Span,
}

impl Observation {
    /// The span's fields are named after OpenTelemetry's semantic conventions for HTTP. Of the path, the realm alone is in it.
    pub(crate) fn begin(request: &Request) -> Self {
        let (session, info) = (request.session().inner(), request.info());
        let server = session.base.server();
        let span = tracing::info_span!(
            "keycloak call",
            otel.name = &*format!("{} {}", info.method(), info.path()),
            otel.kind = "client",
            otel.status_code = Empty,
            keycloak.operation = info.id(),
            keycloak.realm = request.realm(),
            http.request.method = info.method(),
            http.request.resend_count = Empty,
            http.response.status_code = Empty,
            url.template = info.path(),
            server.address = server.0,
            server.port = server.1,
            error.type = Empty,
        );
        let begun = session.clock.now();
        Self { begun, span }
    }

    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// The end of the call: with a status, an error, or, where the answer was not what was expected, both.
    pub(crate) fn end(
        &self,
        request: &Request,
        attempts: u32,
        status: Option<u16>,
        error: Option<&Error>,
    ) {
        let session = request.session().inner();
        let counting = &session.counting;
        counting.calls.fetch_add(1, Ordering::Relaxed);
        if error.is_some() {
            counting.failures.fetch_add(1, Ordering::Relaxed);
        }
        let duration = || session.clock.now().saturating_duration_since(self.begun);
        if attempts > 1 {
            self.span.record("http.request.resend_count", attempts - 1);
        }
        if let Some(status) = status {
            self.span.record("http.response.status_code", status);
        }
        let error_type = error.map(error_type);
        if let Some(error_type) = &error_type {
            self.span.record("error.type", &**error_type);
            self.span.record("otel.status_code", "ERROR");
        }
        tracing::debug!(
            parent: &self.span,
            attempts,
            http.response.status_code = status,
            error.type = error_type.as_deref(),
            duration = ?duration(),
            "call ended"
        );
        if let Some(hook) = &session.hook {
            hook(&CallReport {
                info: request.info(),
                realm: request.realm(),
                status,
                error,
                attempts,
                duration: duration(),
            });
        }
    }
}

/// `error.type`: the status where that is the error, else the kind.
fn error_type(error: &Error) -> Cow<'static, str> {
    match error.status() {
        Some(status) if error.kind() == crate::ErrorKind::Status => status.to_string().into(),
        _ => error.kind().as_str().into(),
    }
}
