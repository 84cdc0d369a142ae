//! The way to the wire: sends one request and reads its answer within a limit.

use std::error::Error as StdError;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Method, StatusCode};
use url::{Position, Url};

use crate::error::{Error, ErrorKind};
use crate::http::headers::{DefaultHeaders, FORM, JSON};
use crate::http::retry_after::retry_after;
use crate::http::server_error::server_error;

/// The HTTP client of a session, with the headers and limits of its requests.
#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) client: reqwest::Client,
    pub(crate) user_agent: HeaderValue,
    pub(crate) default_headers: DefaultHeaders,
    pub(crate) limits: SizeLimits,
}

/// The limits of the bytes of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SizeLimits {
    pub(crate) body: usize,
    pub(crate) error_body: usize,
    pub(crate) token_body: usize,
}

impl Default for SizeLimits {
    /// 16 MiB for bodies, 64 KiB for error bodies and token responses.
    fn default() -> Self {
        Self {
            body: 16 * 1024 * 1024,
            error_body: 64 * 1024,
            token_body: 64 * 1024,
        }
    }
}

/// A form for one of a realm's endpoints, to log in or out.
pub(crate) struct Form {
    pub(crate) url: Url,
    pub(crate) body: String,
    pub(crate) authorization: Option<HeaderValue>,
    /// The grant type or the purpose, for the log.
    pub(crate) purpose: &'static str,
}

/// An answer of any status, read within its limit.
#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// `None` if it was longer than the limit and has not been read.
    pub(crate) body: Option<Bytes>,
}

impl Transport {
    /// Makes a request that has the headers of every call.
    pub(crate) fn request(
        &self,
        method: Method,
        url: Url,
        accept: HeaderValue,
    ) -> reqwest::Request {
        self.request_with(&self.default_headers.calls, method, url, accept)
    }

    /// Makes a request with these default headers.
    fn request_with(
        &self,
        default_headers: &HeaderMap,
        method: Method,
        url: Url,
        accept: HeaderValue,
    ) -> reqwest::Request {
        let mut request = reqwest::Request::new(method, url);
        let headers = request.headers_mut();
        headers.clone_from(default_headers);
        // Set here and not on the client, because reqwest would clone it ten times in a call. That costs 32 concurrent calls 3 % of their time.
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(ACCEPT, accept);
        request
    }

    /// Sends a request and reads its answer: up to `limit` bytes of a success, up to the session's limit of an error.
    pub(crate) async fn send(
        &self,
        request: reqwest::Request,
        limit: usize,
    ) -> Result<HttpResponse, Error> {
        let mut response = self.client.execute(request).await.map_err(|error| {
            let is_unprocessed = is_unprocessed(&error);
            transport_error(error).with_unprocessed(is_unprocessed)
        })?;
        let status = response.status();
        let limit = if status.is_success() {
            limit
        } else {
            self.limits.error_body
        };
        let body = read_body(&mut response, limit)
            .await
            .map_err(|error| transport_error(error.with_url(response.url().clone())))?;
        let headers = std::mem::take(response.headers_mut());
        Ok(HttpResponse {
            status,
            headers,
            body,
        })
    }

    /// Sends a form to one of a realm's endpoints.
    pub(crate) async fn send_form(&self, form: Form) -> Result<HttpResponse, Error> {
        let default_headers = &self.default_headers.token_requests;
        let mut request = self.request_with(default_headers, Method::POST, form.url, JSON);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, FORM);
        if let Some(authorization) = form.authorization {
            headers.insert(AUTHORIZATION, authorization);
        }
        *request.body_mut() = Some(form.body.into());
        let result = self.send(request, self.limits.token_body).await;
        tracing::debug!(
            grant = form.purpose,
            status = result.as_ref().ok().map(|response| response.status.as_u16()),
            error.type = result.as_ref().err().map(|error| error.kind().as_str()),
            "token request"
        );
        result
    }
}

impl HttpResponse {
    /// Makes the error of a status other than 2xx.
    pub(crate) fn to_error(&self, kind: ErrorKind) -> Error {
        if self.status.is_redirection() {
            let message = "redirects are not followed; set the base URL to the address that answers without a redirect";
            return Error::new(ErrorKind::Redirect, message).with_status(self.status);
        }
        let error = server_error(kind, self.status, self.body.as_deref())
            .with_retry_after(retry_after(self.status, &self.headers));
        match &self.body {
            Some(body) => error.with_body(self.headers.get(CONTENT_TYPE).cloned(), body.clone()),
            None => error,
        }
    }
}

/// Reads the body. The result is `None` as soon as the body is longer than the limit.
async fn read_body(
    response: &mut reqwest::Response,
    limit: usize,
) -> Result<Option<Bytes>, reqwest::Error> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Ok(None);
    }
    let Some(first) = response.chunk().await? else {
        return Ok(Some(Bytes::new()));
    };
    if first.len() > limit {
        return Ok(None);
    }
    // Most answers are one chunk, which needs no copy.
    let Some(second) = response.chunk().await? else {
        return Ok(Some(first));
    };
    let mut body = BytesMut::from(first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
        next = response.chunk().await?;
    }
    Ok(Some(body.freeze()))
}

/// Converts reqwest's error. Of its URL only the origin is kept, because the query may hold personal data.
fn transport_error(error: reqwest::Error) -> Error {
    // A connect timeout is both. `Connect` comes first, because it says that nothing was sent.
    let kind = if error.is_connect() {
        ErrorKind::Connect
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else {
        ErrorKind::Transport
    };
    let origin = error.url().map_or("", |url| &url[..Position::BeforePath]);
    let origin = origin.to_owned();
    let error = error.without_url();
    let mut root: &dyn StdError = &error;
    while let Some(source) = root.source() {
        root = source;
    }
    Error::new(kind, format!("{origin}: {root}")).with_source(error)
}

/// Returns whether an HTTP/2 server says that it has not processed a request (RFC 9113, 8.7): it refused the stream, or its `GOAWAY` leaves the
/// stream out.
#[cfg(feature = "http2")]
fn is_unprocessed(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            let reason = error.reason();
            let is_refused = error.is_reset() && reason == Some(h2::Reason::REFUSED_STREAM);
            let is_left_out = error.is_go_away() && reason == Some(h2::Reason::NO_ERROR);
            return error.is_remote() && (is_refused || is_left_out);
        }
        source = error.source();
    }
    false
}

#[cfg(not(feature = "http2"))]
fn is_unprocessed(_: &reqwest::Error) -> bool {
    false
}
