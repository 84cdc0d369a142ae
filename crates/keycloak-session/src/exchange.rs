//! The one way from a request to the wire and back.

use std::error::Error as StdError;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::{Either, select};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Method, StatusCode};
use tracing::{Instrument, Level, Span};
use url::Url;

use crate::decode;
use crate::observe::Observation;
use crate::request::put;
use crate::retry::{Bucket, Next, Retries, retry_after};
use crate::{AccessToken, Error, ErrorKind, Request, Response};

/// What every request of a session goes through, calls and token requests alike.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) http: reqwest::Client,
    /// It is set on each request and not on the client, which would clone it ten times in a call.
    pub(crate) user_agent: HeaderValue,
}

impl Wire {
    /// What every request has.
    pub(crate) fn request(
        &self,
        method: Method,
        url: Url,
        accept: HeaderValue,
    ) -> reqwest::Request {
        let mut request = reqwest::Request::new(method, url);
        let headers = request.headers_mut();
        put(headers, &USER_AGENT, self.user_agent.clone());
        put(headers, &ACCEPT, accept);
        request
    }
}

/// What bounds every exchange of a session, calls and token requests alike.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) bucket: Arc<Bucket>,
    pub(crate) limits: Limits,
    /// How long a call may take in all where it does not say so itself.
    pub(crate) timeout: Duration,
}

/// How much is read of an answer, in bytes, and how deep its JSON may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) body: usize,
    pub(crate) error_body: usize,
    pub(crate) token_body: usize,
    pub(crate) json_depth: usize,
}

impl Default for Limits {
    /// 16 MiB; 64 KiB for errors and tokens; as deep as the JSON parser goes.
    fn default() -> Self {
        Self {
            body: 16 * 1024 * 1024,
            error_body: 64 * 1024,
            token_body: 64 * 1024,
            json_depth: decode::MAX_DEPTH,
        }
    }
}

/// A successful answer, and the call that it ends.
pub(crate) struct Reply<'r> {
    pub(crate) request: &'r Request,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
    observation: Observation<'r>,
    span: Span,
}

impl Reply<'_> {
    /// Ends the call with what has become of the body.
    pub(crate) fn end<T>(self, value: Result<T, Error>) -> Result<Response<T>, Error> {
        let status = Some(self.status.as_u16());
        self.observation
            .end(&self.span, self.attempts, status, value.as_ref().err());
        let value = value?;
        Ok(Response::new(
            self.status,
            self.headers,
            self.attempts,
            value,
        ))
    }
}

/// Sends a call: token, attempts, replay after a 401, timeout. The future is large: it goes into the box of whoever sends.
pub(crate) async fn execute<'r>(
    request: &'r Request,
    accept: &'static str,
) -> Result<Reply<'r>, Error> {
    let (observation, span) = Observation::begin(request);
    let mut course = Course {
        request,
        accept,
        begun: observation.begun(),
        attempts: 0,
        may_have_been_applied: false,
        answer: Answer::default(),
    };
    let (result, span) = {
        // The span is held once, by what is instrumented.
        let mut call = pin!(course.within_timeout().instrument(span));
        (call.as_mut().await, call.span().clone())
    };
    match result {
        Ok(()) => Ok(Reply {
            request,
            status: course.answer.status,
            headers: course.answer.headers,
            body: course.answer.body,
            attempts: course.attempts,
            observation,
            span,
        }),
        Err(error) => {
            let error = error
                .with_operation(request.info().id())
                .with_attempts(course.attempts, course.may_have_been_applied);
            observation.end(&span, course.attempts, error.status(), Some(&error));
            Err(error)
        }
    }
}

/// A call on its way: what is sent, and what is known even where it is cut off by the timeout.
struct Course<'r> {
    request: &'r Request,
    accept: &'static str,
    begun: Instant,
    attempts: u32,
    may_have_been_applied: bool,
    /// The last one. It stands here and is not handed up step by step, which would copy it each time.
    answer: Answer,
}

impl Course<'_> {
    async fn within_timeout(&mut self) -> Result<(), Error> {
        let session = self.request.session();
        let timeout = self.request.timeout();
        let timer = session.clock().sleep_until(self.begun + timeout);
        let result = {
            // Not boxed: it stands in the box of the call.
            let attempts = pin!(self.attempt_all());
            match select(attempts, timer).await {
                Either::Left((result, _)) => result,
                Either::Right(_) => Err(Error::new(
                    ErrorKind::Timeout,
                    format!("the call did not end within {timeout:?}"),
                )),
            }
        };
        // Also where the answer was lost: the realm may be there.
        let renews = self.request.info().is_token_renewing();
        if renews && (result.is_ok() || self.may_have_been_applied) {
            session.forget_token();
        }
        result
    }

    async fn attempt_all(&mut self) -> Result<(), Error> {
        let session = self.request.session();
        let policy = self.request.retry();
        let mut retries = Retries::new(policy, &session.guard().bucket);
        let mut unauthorized: Option<(AccessToken, Error)> = None;
        loop {
            let now = match self.attempts {
                0 => self.begun,
                _ => session.clock().now(),
            };
            let token = if let Some(token) = session.token_at_hand(now) {
                token
            } else {
                // What cannot be sent is told before anybody logs in.
                self.request.prepare(self.accept, None)?;
                session.access_token().await?
            };
            if let Some((refused, error)) = &unauthorized
                && refused.secret() == token.secret()
            {
                return Err(error.clone());
            }

            let error = match self.attempt(&token).await {
                Ok(()) if self.answer.status.is_success() => {
                    retries.settle(self.answer.status);
                    return self.answer.check_length();
                }
                Ok(()) => self.answer.to_error(ErrorKind::Status),
                Err(error) => error,
            };

            if error.is_unauthorized() {
                // Only once: some extensions say 401 where a permission is missing.
                if unauthorized.is_some() {
                    return Err(error);
                }
                session.reject_token(&token);
                unauthorized = Some((token, error));
                continue;
            }

            let spent = session.clock().now().saturating_duration_since(self.begun);
            let left = self.request.timeout().saturating_sub(spent);
            match retries.after(&error, self.request.info().is_idempotent(), left) {
                Next::Pause(pause) => {
                    session.counting().count_retry();
                    tracing::debug!(pause = ?pause, "trying again");
                    session.clock().sleep(pause).await;
                }
                Next::Fail => {
                    if let Some(status) = error.http_status() {
                        retries.settle(status);
                    }
                    return Err(error);
                }
                Next::Spent => {
                    session.counting().count_withheld();
                    tracing::debug!("not tried again: the retry budget is spent");
                    return Err(error);
                }
            }
        }
    }

    async fn attempt(&mut self, token: &AccessToken) -> Result<(), Error> {
        let session = self.request.session();
        let sent = self.request.prepare(self.accept, Some(token))?;
        let settled = self.may_have_been_applied;
        self.attempts += 1;
        self.may_have_been_applied = !self.request.info().is_safe();
        session.counting().count_attempt();
        let begun = tracing::enabled!(Level::DEBUG).then(|| session.clock().now());
        let answered = {
            let limits = &session.guard().limits;
            let limits = [limits.body, limits.error_body];
            let (http, origin) = (&session.wire().http, session.origin());
            let exchange = pin!(exchange(http, origin, sent, limits, &mut self.answer));
            match self.request.retry().longest_attempt() {
                None => exchange.await,
                Some(longest) => match select(exchange, session.clock().sleep(longest)).await {
                    Either::Left((answered, _)) => answered,
                    Either::Right(_) => Err(Error::new(
                        ErrorKind::Timeout,
                        format!("the attempt did not end within {longest:?}"),
                    )),
                },
            }
        };
        let status = self.answer.status;
        let refused = match &answered {
            Ok(()) => status.is_redirection() || status.is_client_error(),
            Err(error) => error.is_connect(),
        };
        if refused {
            self.may_have_been_applied = settled;
        }
        tracing::debug!(
            attempt = self.attempts,
            http.response.status_code = answered.as_ref().ok().map(|()| status.as_u16()),
            error.type = answered.as_ref().err().map(|error| error.kind().as_str()),
            duration = ?begun.map(|begun| session.clock().now().saturating_duration_since(begun)).unwrap_or_default(),
            "attempt"
        );
        answered
    }
}

/// An answer of any status, read within its limit.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The body was longer than the limit and has not been read.
    pub(crate) too_long: bool,
}

impl Answer {
    fn check_length(&self) -> Result<(), Error> {
        if !self.too_long {
            return Ok(());
        }
        let message = "the answer is longer than the limit; raise it with max_body_bytes";
        Err(Error::new(ErrorKind::BodyTooLarge, message).with_status(self.status))
    }

    /// The error that a status other than 2xx stands for.
    pub(crate) fn to_error(&self, kind: ErrorKind) -> Error {
        if self.status.is_redirection() {
            return Error::new(
                ErrorKind::Redirect,
                "redirects are not followed; give the base URL the server answers at itself",
            )
            .with_status(self.status);
        }
        let body = (!self.too_long).then_some(&*self.body);
        Error::from_status(kind, self.status, body)
            .with_retry_after(retry_after(self.status, &self.headers))
    }
}

/// Sends one request and reads the answer: up to the first limit where it succeeded, up to the second where it did not.
pub(crate) fn exchange(
    http: &reqwest::Client,
    origin: &str,
    request: reqwest::Request,
    [limit, error_limit]: [usize; 2],
    answer: &mut Answer,
) -> impl Future<Output = Result<(), Error>> + Send {
    let sent = http.execute(request);
    async move {
        let transport = |error: reqwest::Error| transport_error(origin, error);
        let mut response = sent.await.map_err(transport)?;
        answer.status = response.status();
        let limit = if answer.status.is_success() {
            limit
        } else {
            error_limit
        };
        let body = read(&mut response, limit).await.map_err(transport)?;
        answer.headers = std::mem::take(response.headers_mut());
        answer.too_long = body.is_none();
        answer.body = body.unwrap_or_default();
        Ok(())
    }
}

/// The body, or `None` as soon as it turns out to be longer than the limit.
async fn read(
    response: &mut reqwest::Response,
    limit: usize,
) -> Result<Option<Bytes>, reqwest::Error> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Ok(None);
    }
    // Most answers come in one piece, which needs no copy.
    let (mut first, mut further) = (Bytes::new(), Vec::new());
    let mut length = 0;
    while let Some(piece) = response.chunk().await? {
        length += piece.len();
        if length > limit {
            return Ok(None);
        }
        if first.is_empty() {
            first = piece;
        } else {
            further.push(piece);
        }
    }
    if further.is_empty() {
        return Ok(Some(first));
    }
    further.insert(0, first);
    Ok(Some(further.concat().into()))
}

/// reqwest's error without the URL, whose query is nobody's business.
fn transport_error(origin: &str, error: reqwest::Error) -> Error {
    // A connect timeout is both; that nothing was sent counts for more.
    let kind = if error.is_connect() {
        ErrorKind::Connect
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else {
        ErrorKind::Transport
    };
    let error = error.without_url();
    let mut root: &dyn StdError = &error;
    while let Some(source) = root.source() {
        root = source;
    }
    Error::new(kind, format!("{origin}: {root}")).with_source(error)
}

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;
    use crate::{Credentials, OperationInfo, Session};

    static PING: OperationInfo = OperationInfo::new("ping", "GET", "/ping");

    /// There are as many of them as calls under way, and from 1,008 bytes on glibc takes an allocation for a large one, which is slow: what a
    /// future keeps across a wait is what is needed after it.
    #[test]
    fn the_future_of_a_call_is_small() {
        let session = Session::builder("http://127.0.0.1:1")
            .credentials(Credentials::token("given"))
            .build()
            .unwrap();
        let call = Request::new(&session, &PING).send_json::<String>();
        let size = size_of_val(&*call);
        assert!(size <= 1000, "{size} bytes");
    }
}
