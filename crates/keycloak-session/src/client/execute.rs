//! One call, from top to bottom: send the request, retry it, decode the answer, report the end.

use std::time::Instant;

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

use crate::auth::token_cache::CachedToken;
use crate::client::operation::{ACCEPT_ANYTHING, Operation};
use crate::client::request::Request;
use crate::client::response::{RawBody, RawResponse, Response};
use crate::client::roles;
use crate::client::telemetry::CallSpan;
use crate::error::{Error, ErrorKind};
use crate::http::body::explain_length;
use crate::http::transport::HttpResponse;
use crate::retry::{Retries, RetryDecision};
use crate::time::{BoxFuture, with_deadline};

impl Request {
    /// Sends the call and decodes its answer as the operation says.
    pub async fn send<O: Operation>(self) -> Result<Response<O::Output>, Error> {
        send(self, O::decode).await
    }

    /// Sends the call and decodes the JSON of its answer.
    pub async fn send_json<T: DeserializeOwned>(self) -> Result<Response<T>, Error> {
        send(self, RawResponse::json).await
    }

    /// Sends the call. The body of its answer is read, within the limit, and dropped.
    pub async fn send_empty(mut self) -> Result<Response<()>, Error> {
        self.accept_by_default(ACCEPT_ANYTHING);
        send(self, |_| Ok(())).await
    }

    /// Sends the call and returns the body of its answer as it came.
    pub async fn send_raw(self) -> Result<Response<RawBody>, Error> {
        send(self, |response| Ok(RawBody::clone(response))).await
    }
}

/// Sends a call and decodes its answer.
async fn send<T>(
    request: Request,
    decode: impl FnOnce(&RawResponse) -> Result<T, Error>,
) -> Result<Response<T>, Error> {
    let call = CallSpan::start(&request);
    let sent = execute(&request, call.started)
        .instrument(call.span.clone())
        .await;
    let result = sent.and_then(|raw| match decode(&raw) {
        Ok(value) => Ok(raw.map(|_| value)),
        Err(error) => Err(error
            .with_operation(request.info().id())
            .with_status(raw.http_status())
            .with_attempts(raw.attempts(), !request.info().is_safe())),
    });
    match &result {
        Ok(response) => {
            let (attempts, status) = (response.attempts(), response.status());
            call.finish(&request, attempts, Some(status), None);
        }
        Err(error) => call.finish(&request, error.attempts(), error.status(), Some(error)),
    }
    result
}

/// Sends a call within its timeout. It is the same for every type of answer, so it is boxed here and compiled once.
fn execute(request: &Request, started: Instant) -> BoxFuture<'_, Result<RawResponse, Error>> {
    Box::pin(async move {
        let (session, timeout) = (request.session().inner(), request.timeout());
        let mut progress = Progress::default();
        let result = with_deadline(
            session.clock.sleep_until(started + timeout),
            "the call",
            timeout,
            run_with_retries(request, started, &mut progress),
        )
        .await;
        // The realm may be there although the answer was lost.
        let renews_token = request.info().is_token_renewing();
        if renews_token && (result.is_ok() || progress.may_have_been_applied) {
            session.tokens.forget();
        }
        result
            .and_then(|response| read(request, response, progress.attempts))
            .map_err(|error| {
                error
                    .with_operation(request.info().id())
                    .with_attempts(progress.attempts, progress.may_have_been_applied)
            })
    })
}

/// The progress of a call. It outlives a call that its timeout ends.
#[derive(Default)]
struct Progress {
    attempts: u32,
    may_have_been_applied: bool,
}

/// Attempts a call until an attempt succeeds, or until another one is useless, unsafe or too expensive.
async fn run_with_retries(
    request: &Request,
    started: Instant,
    progress: &mut Progress,
) -> Result<HttpResponse, Error> {
    let session = request.session().inner();
    let info = request.info();
    let mut retries = Retries::new(request.retry_policy(), &session.throttle)
        .lost_race_statuses(info.lost_race_statuses());
    let mut unauthorized: Option<(CachedToken, Error)> = None;
    loop {
        let token = if let Some(token) = session.tokens.cached() {
            token
        } else {
            // A request that cannot be sent is reported before anybody logs in.
            request.prepare(None)?;
            session.tokens.get().await?
        };
        if let Some((refused, error)) = &unauthorized
            && refused.secret() == token.secret()
        {
            return Err(error.clone());
        }

        let error = match attempt(request, &token, progress).await {
            Ok(response) if response.status.is_success() => {
                retries.on_answer(response.status);
                return Ok(response);
            }
            Ok(response) => response
                .to_error(ErrorKind::of_status(response.status))
                .with_needed_role(roles::needed(info.method(), info.path())),
            Err(error) => error,
        };
        let error = explain_length(error, request.body().map_or(0, Bytes::len));

        if error.is_unauthorized() {
            // Only once: some extensions answer 401 when a permission is missing.
            if unauthorized.is_some() {
                return Err(error);
            }
            session.tokens.reject(&token);
            unauthorized = Some((token, error));
            continue;
        }

        let spent = session.clock.now().saturating_duration_since(started);
        let remaining = request.timeout().saturating_sub(spent);
        match retries.after(&error, request.is_idempotent(), remaining) {
            RetryDecision::RetryAfter(pause) => {
                session.metrics.count_retry();
                tracing::debug!(pause = ?pause, "trying again");
                session.clock.sleep(pause).await;
            }
            RetryDecision::GiveUp => {
                if let Some(status) = error.http_status() {
                    retries.on_answer(status);
                }
                return Err(error);
            }
            RetryDecision::BudgetExhausted => {
                session.metrics.count_withheld_retry();
                tracing::debug!("not tried again: the retry budget is spent");
                return Err(error);
            }
        }
    }
}

/// Sends a call once, within the attempt timeout of its retry policy.
async fn attempt(
    request: &Request,
    token: &CachedToken,
    progress: &mut Progress,
) -> Result<HttpResponse, Error> {
    let session = request.session().inner();
    let prepared = request.prepare(Some(token))?;
    let applied_before = progress.may_have_been_applied;
    progress.attempts += 1;
    progress.may_have_been_applied = !request.info().is_safe();
    session.metrics.count_attempt();
    let started = session.clock.now();
    let sending = session.transport.send(prepared, request.max_body_bytes());
    let result = match request.retry_policy().attempt_limit() {
        Some(limit) => {
            with_deadline(session.clock.sleep(limit), "the attempt", limit, sending).await
        }
        None => sending.await,
    };
    let refused = match &result {
        Ok(response) => response.status.is_redirection() || response.status.is_client_error(),
        Err(error) => error.is_unprocessed(),
    };
    if refused {
        progress.may_have_been_applied = applied_before;
    }
    tracing::debug!(
        attempt = progress.attempts,
        http.response.status_code = result.as_ref().ok().map(|response| response.status.as_u16()),
        error.type = result.as_ref().err().map(|error| error.kind().as_str()),
        duration = ?session.clock.now().saturating_duration_since(started),
        "attempt"
    );
    result
}

/// Makes the answer of the call, unless its body was longer than the limit.
fn read(request: &Request, response: HttpResponse, attempts: u32) -> Result<RawResponse, Error> {
    let status = response.status;
    let Some(body) = response.body else {
        let message = "the answer is longer than the limit; raise it with max_body_bytes";
        return Err(Error::new(ErrorKind::BodyTooLarge, message).with_status(status));
    };
    let content_type = response.headers.get(CONTENT_TYPE).cloned();
    let body = RawBody::new(content_type, body, request.decode_limits());
    Ok(Response::new(status, response.headers, attempts, body))
}
