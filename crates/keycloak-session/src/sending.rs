//! A request on its way.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::exchange::{Execution, Reply, execute};
use crate::{BoxFuture, Error, Request, Response};

/// A request that is being sent: a `Future` of `Result<Response<T>, Error>`. Nothing is sent before it is polled; dropping it stops it.
///
/// All that happens until the answer is there is the same for every `T`, and compiled once.
#[must_use = "a call does nothing until it is awaited"]
pub struct Sending<T>(Way<T>);

enum Way<T> {
    Straight {
        execution: Execution,
        read: fn(&Request, Reply) -> Result<Response<T>, Error>,
    },
    Mapped(BoxFuture<'static, Kept<T>>),
}

/// The request, with what has become of it.
type Kept<T> = (Request, Result<Response<T>, Error>);

impl<T> Sending<T> {
    pub(crate) fn new(
        request: Request,
        accept: &'static str,
        read: fn(&Request, Reply) -> Result<Response<T>, Error>,
    ) -> Self {
        Self(Way::Straight {
            execution: execute(request, accept),
            read,
        })
    }

    /// Like `poll`, and gives the request back, to those who have more to do with it.
    #[inline]
    pub fn poll_and_keep(&mut self, cx: &mut Context<'_>) -> Poll<Kept<T>> {
        match &mut self.0 {
            Way::Straight { execution, read } => {
                execution.as_mut().poll(cx).map(|(request, reply)| {
                    let read = reply.and_then(|reply| read(&request, reply));
                    (request, read)
                })
            }
            Way::Mapped(sent) => sent.as_mut().poll(cx),
        }
    }
}

impl<T: 'static> Sending<T> {
    /// The same, with the value of the answer put through `f`.
    pub fn map<U>(mut self, f: impl FnOnce(T) -> U + Send + 'static) -> Sending<U> {
        Sending(Way::Mapped(Box::pin(async move {
            let (request, sent) = poll_fn(|cx| self.poll_and_keep(cx)).await;
            (request, sent.map(|response| response.map(f)))
        })))
    }
}

impl<T> Future for Sending<T> {
    type Output = Result<Response<T>, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_and_keep(cx).map(|(_, sent)| sent)
    }
}

impl<T> fmt::Debug for Sending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
