//! The one way from a request to the wire and back.

use std::error::Error as StdError;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Method, StatusCode};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Span};
use url::{Position, Url};

use crate::decode;
use crate::observe::Observation;
use crate::opaque::Opaque;
use crate::request::{FORM, JSON, put};
use crate::response::Head;
use crate::retry::{Bucket, Next, Retries, retry_after};
use crate::{AccessToken, BoxFuture, Error, ErrorKind, Request, Response};

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
pub(crate) struct Reply {
    pub(crate) head: Opaque<Head>,
    pub(crate) body: Bytes,
    observation: Observation,
}

impl Reply {
    /// Ends the call with what has become of the body.
    #[inline]
    pub(crate) fn end<T>(
        self,
        request: &Request,
        value: Result<T, Error>,
    ) -> Result<Response<T>, Error> {
        self.note_end(request, value.as_ref().err());
        Ok(Response::new(self.head, value?))
    }

    /// Not generic, so that it is compiled once.
    fn note_end(&self, request: &Request, error: Option<&Error>) {
        let Head {
            status, attempts, ..
        } = *self.head;
        let status = Some(status.as_u16());
        self.observation.end(request, attempts, status, error);
    }
}

/// A call on its way, in the one box that it has. The request comes back with what has become of it.
pub(crate) type Execution = BoxFuture<'static, (Request, Result<Reply, Error>)>;

/// Sends a call: token, attempts, replay after a 401, timeout. It is in a box here and not where the call is made: a future is compiled wherever its
/// type is known, and here that is once.
#[inline(never)]
pub(crate) fn execute(request: Request, accept: &'static str) -> Execution {
    Box::pin(run(request, accept))
}

async fn run(request: Request, accept: &'static str) -> (Request, Result<Reply, Error>) {
    let observation = Observation::begin(&request);
    let mut course = Course {
        request: &request,
        accept,
        begun: observation.begun(),
        attempts: 0,
        may_have_been_applied: false,
        answer: Answer::default(),
    };
    let timeout = request.timeout();
    let session = request.session().inner();
    let result = Until {
        // Not boxed: it stands in the box of the call.
        future: pin!(course.attempt_all()),
        deadline: Some(Deadline {
            timer: session.clock.sleep_until(observation.begun() + timeout),
            missed: "the call did not end",
            after: timeout,
        }),
        span: Some(observation.span()),
    }
    .await;
    // Also where the answer was lost: the realm may be there.
    let renews = request.info().is_token_renewing();
    if renews && (result.is_ok() || course.may_have_been_applied) {
        session.tokens.forget();
    }
    let Course {
        attempts,
        may_have_been_applied,
        answer,
        ..
    } = course;
    let sent = match result.and_then(|()| answer.split(attempts)) {
        Ok((head, body)) => Ok(Reply {
            head,
            body,
            observation,
        }),
        Err(error) => {
            let error = error
                .with_operation(request.info().id())
                .with_attempts(attempts, may_have_been_applied);
            observation.end(&request, attempts, error.status(), Some(&error));
            Err(error)
        }
    };
    (request, sent)
}

/// A future that is polled in a span, and given up at a deadline.
///
/// There are libraries for either. Their code is compiled apart from the futures that it polls, and brings what drops such a future once more each;
/// this is compiled beside them.
pub(crate) struct Until<'f, F: ?Sized> {
    pub(crate) future: Pin<&'f mut F>,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) span: Option<&'f Span>,
}

/// When a future is given up, and what is said of it then.
pub(crate) struct Deadline {
    pub(crate) timer: BoxFuture<'static, ()>,
    /// What has not happened, such as `the call did not end`.
    pub(crate) missed: &'static str,
    /// How long that would have been in time.
    pub(crate) after: Duration,
}

impl<T, F: Future<Output = Result<T, Error>> + ?Sized> Future for Until<'_, F> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _entered = self.span.map(Span::enter);
        if let Poll::Ready(output) = self.future.as_mut().poll(cx) {
            return Poll::Ready(output);
        }
        let Some(deadline) = &mut self.deadline else {
            return Poll::Pending;
        };
        ready!(deadline.timer.as_mut().poll(cx));
        let message = format!("{} within {:?}", deadline.missed, deadline.after);
        Poll::Ready(Err(Error::new(ErrorKind::Timeout, message)))
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
    async fn attempt_all(&mut self) -> Result<(), Error> {
        let session = self.request.session().inner();
        let policy = self.request.retry();
        let mut retries = Retries::new(policy, &session.guard.bucket);
        let mut unauthorized: Option<(AccessToken, Error)> = None;
        loop {
            let now = match self.attempts {
                0 => self.begun,
                _ => session.clock.now(),
            };
            let token = if let Some(token) = session.tokens.at_hand(now) {
                token
            } else {
                // What cannot be sent is told before anybody logs in.
                self.request.prepare(self.accept, None)?;
                session.tokens.get().await?
            };
            if let Some((refused, error)) = &unauthorized
                && refused.secret() == token.secret()
            {
                return Err(error.clone());
            }

            let error = match self.attempt(&token).await {
                Ok(()) if self.answer.status.is_success() => {
                    retries.settle(self.answer.status);
                    return Ok(());
                }
                Ok(()) => self.answer.to_error(ErrorKind::Status),
                Err(error) => error,
            };

            if error.is_unauthorized() {
                // Only once: some extensions say 401 where a permission is missing.
                if unauthorized.is_some() {
                    return Err(error);
                }
                session.tokens.reject(&token);
                unauthorized = Some((token, error));
                continue;
            }

            let spent = session.clock.now().saturating_duration_since(self.begun);
            let left = self.request.timeout().saturating_sub(spent);
            match retries.after(&error, self.request.info().is_idempotent(), left) {
                Next::Pause(pause) => {
                    session.counting.count_retry();
                    tracing::debug!(pause = ?pause, "trying again");
                    session.clock.sleep(pause).await;
                }
                Next::Fail => {
                    if let Some(status) = error.http_status() {
                        retries.settle(status);
                    }
                    return Err(error);
                }
                Next::Spent => {
                    session.counting.count_withheld();
                    tracing::debug!("not tried again: the retry budget is spent");
                    return Err(error);
                }
            }
        }
    }

    async fn attempt(&mut self, token: &AccessToken) -> Result<(), Error> {
        let session = self.request.session().inner();
        let sent = self.request.prepare(self.accept, Some(token))?;
        let settled = self.may_have_been_applied;
        self.attempts += 1;
        self.may_have_been_applied = !self.request.info().is_safe();
        session.counting.count_attempt();
        let begun = (LevelFilter::current() >= Level::DEBUG).then(|| session.clock.now());
        let answered = {
            let limits = &session.guard.limits;
            let limits = [limits.body, limits.error_body];
            let (http, origin) = (&session.wire.http, session.base.origin());
            let sent = http.execute(sent);
            let longest = self.request.retry().longest_attempt();
            Until {
                future: pin!(receive(sent, origin, limits, &mut self.answer)),
                deadline: longest.map(|longest| Deadline {
                    timer: session.clock.sleep(longest),
                    missed: "the attempt did not end",
                    after: longest,
                }),
                span: None,
            }
            .await
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
            duration = ?begun.map(|begun| session.clock.now().saturating_duration_since(begun)).unwrap_or_default(),
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
    /// `None` where it was longer than the limit and has not been read.
    pub(crate) body: Option<Bytes>,
}

impl Answer {
    /// What is left of a success, after so many attempts.
    fn split(self, attempts: u32) -> Result<(Opaque<Head>, Bytes), Error> {
        let Some(body) = self.body else {
            let message = "the answer is longer than the limit; raise it with max_body_bytes";
            return Err(Error::new(ErrorKind::BodyTooLarge, message).with_status(self.status));
        };
        let head = Head {
            status: self.status,
            headers: self.headers,
            attempts,
        };
        Ok((Opaque::new(head), body))
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
        Error::from_status(kind, self.status, self.body.as_deref())
            .with_retry_after(retry_after(self.status, &self.headers))
    }
}

/// A form for one of a realm's endpoints, to log in or out.
pub(crate) struct Post {
    pub(crate) url: Url,
    pub(crate) form: String,
    pub(crate) authorization: Option<HeaderValue>,
    /// What it is for, to be seen in the log.
    pub(crate) purpose: &'static str,
}

/// Sends a form; where there is none, its error is what comes out. In a box, for the same reason as [`execute`].
#[inline(never)]
pub(crate) fn post(
    wire: &Wire,
    post: Result<Post, Error>,
    limits: &Limits,
) -> BoxFuture<'static, Result<Answer, Error>> {
    let limits = [limits.token_body, limits.error_body];
    let sent = post.map(|post| {
        let origin = post.url[..Position::BeforePath].to_owned();
        let mut request = wire.request(Method::POST, post.url, JSON.clone());
        let headers = request.headers_mut();
        put(headers, &CONTENT_TYPE, FORM.clone());
        if let Some(authorization) = post.authorization {
            put(headers, &AUTHORIZATION, authorization);
        }
        *request.body_mut() = Some(post.form.into());
        (origin, post.purpose, wire.http.execute(request))
    });
    Box::pin(async move {
        let (origin, purpose, sent) = sent?;
        let mut answer = Answer::default();
        let answered = receive(sent, &origin, limits, &mut answer).await;
        tracing::debug!(
            grant = purpose,
            status = answered.as_ref().ok().map(|()| answer.status.as_u16()),
            error.type = answered.as_ref().err().map(|error| error.kind().as_str()),
            "token request"
        );
        answered.map(|()| answer)
    })
}

/// Reads the answer to a request that has been sent: up to the first limit where it succeeded, up to the second where it did not.
async fn receive(
    sent: impl Future<Output = Result<reqwest::Response, reqwest::Error>> + Send,
    origin: &str,
    [limit, error_limit]: [usize; 2],
    answer: &mut Answer,
) -> Result<(), Error> {
    let transport = |error: reqwest::Error| transport_error(origin, error);
    let mut response = sent.await.map_err(transport)?;
    answer.status = response.status();
    let limit = if answer.status.is_success() {
        limit
    } else {
        error_limit
    };
    answer.body = read(&mut response, limit).await.map_err(transport)?;
    answer.headers = std::mem::take(response.headers_mut());
    Ok(())
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
    let (mut first, mut further) = (None, Vec::new());
    let mut length = 0;
    while let Some(piece) = response.chunk().await? {
        length += piece.len();
        if length > limit {
            return Ok(None);
        }
        match first {
            None => first = Some(piece),
            Some(_) => further.push(piece),
        }
    }
    if first.is_some() && further.is_empty() {
        return Ok(first);
    }
    let mut whole = Vec::with_capacity(length);
    for piece in first.iter().chain(&further) {
        whole.extend_from_slice(piece);
    }
    Ok(Some(whole.into()))
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
        let call = execute(Request::new(&session, &PING), "application/json");
        let size = size_of_val(&*call);
        assert!(size <= 1000, "{size} bytes");
    }
}
