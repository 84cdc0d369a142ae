//! Large bodies of requests, which a server may refuse before it has read them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::error::{Error, ErrorKind};

/// The longest body that a Keycloak takes, unless Quarkus is told otherwise (`quarkus.http.limits.max-body-size`).
const USUAL_LIMIT: usize = 10 * 1024 * 1024;

/// The part of a large body that is sent before the pause.
const BEGINNING: usize = 64 * 1024;

/// The time for which the rest of a large body waits for an answer.
const PAUSE: Duration = Duration::from_millis(250);

/// Makes the body of a request.
pub(crate) fn request_body(bytes: Bytes) -> reqwest::Body {
    if bytes.len() <= USUAL_LIMIT {
        return bytes.into();
    }
    reqwest::Body::wrap(LargeBody {
        rest: bytes,
        pause: None,
    })
}

/// Names the length of a body in an error that comes from it, or may come from it: a 413 without a message, a 502, or a broken connection.
///
/// A proxy that has read the whole body answers 502 if Keycloak closes the connection while the proxy sends the body on.
pub(crate) fn explain_length(error: Error, length: usize) -> Error {
    if error.status() == Some(413) && error.message().is_none() {
        return error.with_message(limit(length));
    }
    let is_broken = error.kind() == ErrorKind::Transport || error.status() == Some(502);
    if !is_broken || length <= USUAL_LIMIT {
        return error;
    }
    let hint = format!("perhaps the body is too long: {}", limit(length));
    let message = match error.message() {
        Some(message) => format!("{message}; {hint}"),
        None => hint,
    };
    error.with_message(message).permanent()
}

/// Returns a sentence about the limit that refuses a body of this length.
fn limit(length: usize) -> String {
    if length <= USUAL_LIMIT {
        return format!(
            "the body has {length} bytes, and a proxy may take less than Keycloak (client_max_body_size of nginx is 1 MiB unless it is set)"
        );
    }
    format!(
        "the body has {length} bytes, and Keycloak takes {USUAL_LIMIT} unless quarkus.http.limits.max-body-size is set"
    )
}

/// A body whose beginning is sent first. The rest follows after a pause, unless the server has answered by then.
///
/// Keycloak answers 413 as soon as it knows the length, and closes the connection. hyper would lose this answer if it were still writing.
struct LargeBody {
    rest: Bytes,
    /// `None` before the beginning is sent.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Body for LargeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let part = if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            std::mem::take(&mut self.rest)
        } else {
            self.pause = Some(Box::pin(sleep(PAUSE)));
            self.rest.split_to(BEGINNING)
        };
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
