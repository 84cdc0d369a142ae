//! The one way from a request to the wire and back.

use std::error::Error as StdError;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use futures_util::future::{Either, select};
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use crate::clock::BoxFuture;
use crate::request::Prepared;
use crate::retry::{RetryPolicy, retry_after};
use crate::{AccessToken, Error, ErrorKind, OperationInfo, Request, Session};

/// How much of an error's body, or of the token endpoint's answer, is read: 64 KiB.
pub(crate) const MAX_SMALL_BODY: usize = 64 * 1024;

/// A successful answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
}

/// Sends a call: token, attempts, replay after a 401, timeout. The future is boxed, so that callers stay small.
pub(crate) fn execute(
    request: Request,
    accept: &'static str,
) -> BoxFuture<'static, Result<Reply, Error>> {
    Box::pin(async move {
        let info = request.info;
        let prepared = request.prepare(accept)?;
        let session = &request.session;
        let policy = request.retry.as_ref().unwrap_or(session.retry());
        let mut progress = Progress::default();

        let timeout = session.timeout();
        let deadline = session.clock().now() + timeout;
        let timer = session.clock().sleep(timeout);
        let attempts = Box::pin(attempt_all(
            session,
            info,
            &prepared,
            policy,
            deadline,
            &mut progress,
        ));
        let result = match select(attempts, timer).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(Error::new(
                ErrorKind::Timeout,
                format!("the call did not end within {timeout:?}"),
            )),
        };

        // Also where the answer was lost: the realm may be there.
        if info.is_token_renewing() && (result.is_ok() || progress.may_have_been_applied) {
            session.forget_token();
        }
        result.map_err(|error| {
            error
                .with_operation(info.id())
                .with_attempts(progress.attempts, progress.may_have_been_applied)
        })
    })
}

/// What is known of a call even where it is cut off by the timeout.
#[derive(Default)]
struct Progress {
    attempts: u32,
    may_have_been_applied: bool,
}

async fn attempt_all(
    session: &Session,
    info: &'static OperationInfo,
    prepared: &Prepared,
    policy: &RetryPolicy,
    deadline: Instant,
    progress: &mut Progress,
) -> Result<Reply, Error> {
    let mut failures = 0;
    let mut unauthorized: Option<(AccessToken, Error)> = None;
    loop {
        let token = session.access_token().await?;
        if let Some((refused, error)) = &unauthorized
            && refused.secret() == token.secret()
        {
            return Err(error.clone());
        }

        let answer = attempt(session, info, prepared, &token, progress).await;
        let (error, retry_after) = match answer {
            Ok(answer) if answer.status.is_success() => {
                return answer.into_reply(progress.attempts);
            }
            Ok(answer) => (
                answer.to_error(ErrorKind::Status),
                retry_after(answer.status, &answer.headers),
            ),
            Err(error) => (error, None),
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

        failures += 1;
        let Some(pause) = policy.pause(failures, &error, info.is_idempotent(), retry_after) else {
            return Err(error);
        };
        if pause >= deadline.saturating_duration_since(session.clock().now()) {
            return Err(error);
        }
        session.clock().sleep(pause).await;
    }
}

async fn attempt(
    session: &Session,
    info: &'static OperationInfo,
    prepared: &Prepared,
    token: &AccessToken,
    progress: &mut Progress,
) -> Result<Answer, Error> {
    let mut request = reqwest::Request::new(prepared.method.clone(), prepared.url.clone());
    *request.headers_mut() = prepared.headers.clone();
    if let Some(name) = session.token_header() {
        let token = secret_header(token.secret())?;
        request.headers_mut().insert(name, token);
    }
    let bearer = secret_header(&format!("Bearer {}", token.secret()))?;
    request.headers_mut().insert(AUTHORIZATION, bearer);
    *request.body_mut() = prepared.body.clone().map(reqwest::Body::from);

    let settled = progress.may_have_been_applied;
    progress.attempts += 1;
    progress.may_have_been_applied = settled || !info.is_safe();
    let answer = exchange(session.http(), request, session.max_body_bytes()).await;
    let refused = match &answer {
        Ok(answer) => answer.status.is_redirection() || answer.status.is_client_error(),
        Err(error) => error.is_connect(),
    };
    if refused {
        progress.may_have_been_applied = settled;
    }
    tracing::debug!(
        operation = info.id(),
        attempt = progress.attempts,
        status = answer.as_ref().ok().map(|answer| answer.status.as_u16()),
        failure = answer
            .as_ref()
            .err()
            .map(|error| tracing::field::debug(error.kind())),
        "call"
    );
    answer
}

fn secret_header(value: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(value).map_err(|_| {
        Error::new(
            ErrorKind::Authentication,
            "the access token holds characters that no header may hold",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// An answer of any status, read within its limit.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// `None` where it was longer than the limit.
    pub(crate) body: Option<Bytes>,
}

impl Answer {
    pub(crate) fn into_reply(self, attempts: u32) -> Result<Reply, Error> {
        let body = self.body.ok_or_else(|| {
            Error::new(
                ErrorKind::BodyTooLarge,
                "the answer is longer than the limit; raise it with max_body_bytes",
            )
            .with_status(self.status)
        })?;
        Ok(Reply {
            status: self.status,
            headers: self.headers,
            body,
            attempts,
        })
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
    }
}

/// Sends one request and reads the answer: up to `limit` bytes where it succeeded, a little where it did not.
pub(crate) async fn exchange(
    http: &reqwest::Client,
    request: reqwest::Request,
    limit: usize,
) -> Result<Answer, Error> {
    let origin = request.url().origin().ascii_serialization();
    let transport = |error: reqwest::Error| transport_error(&origin, error);
    let mut response = http.execute(request).await.map_err(transport)?;
    let status = response.status();
    let limit = if status.is_success() {
        limit
    } else {
        MAX_SMALL_BODY
    };
    let headers = std::mem::take(response.headers_mut());
    let body = read(&mut response, limit).await.map_err(transport)?;
    Ok(Answer {
        status,
        headers,
        body,
    })
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
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body.freeze()))
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
