//! Telemetry: a span for each call, and its report.

use std::borrow::Cow;
use std::time::Instant;

use tracing::Span;
use tracing::field::Empty;

use crate::client::metrics::CallReport;
use crate::client::request::Request;
use crate::error::Error;

/// One call under observation, from its start until its answer is decoded. A call that is dropped is not reported.
pub(crate) struct CallSpan {
    pub(crate) started: Instant,
    pub(crate) span: Span,
}

impl CallSpan {
    /// Opens the span. Its fields are named after OpenTelemetry's semantic conventions for HTTP. The realm is the only value of the path
    /// in it.
    pub(crate) fn start(request: &Request) -> Self {
        let (session, info) = (request.session().inner(), request.info());
        let (host, port) = session.base_url.server();
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
            server.address = host,
            server.port = port,
            error.type = Empty,
        );
        let started = session.clock.now();
        Self { started, span }
    }

    /// Reports the end of the call: with a status, with an error, or with both if the answer was not the expected one.
    pub(crate) fn finish(
        &self,
        request: &Request,
        attempts: u32,
        status: Option<u16>,
        error: Option<&Error>,
    ) {
        let session = request.session().inner();
        session.metrics.count_call(error.is_some());
        let duration = session.clock.now().saturating_duration_since(self.started);
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
            duration = ?duration,
            "call ended"
        );
        if let Some(on_call) = &session.on_call {
            on_call(&CallReport {
                info: request.info(),
                realm: request.realm(),
                status,
                error,
                attempts,
                duration,
            });
        }
    }
}

/// Returns `error.type`: the status if the error is a status, else the kind of the error.
fn error_type(error: &Error) -> Cow<'static, str> {
    match error.status() {
        Some(status) if error.kind().is_status() => status.to_string().into(),
        _ => error.kind().as_str().into(),
    }
}
