//! Time: the clock of a session, and deadlines.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};

use crate::error::{Error, ErrorKind};

/// The longest total timeout. A longer one could not be added to a moment in time.
pub(crate) const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The clock of a [`Session`](crate::Session). It decides when tokens expire, when a call times out, and how long a retry waits.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the present moment. It never goes back.
    fn now(&self) -> Instant;

    /// Waits for this long.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Waits until this moment. A moment in the past is over at once.
    fn sleep_until(&self, moment: Instant) -> BoxFuture<'static, ()> {
        self.sleep(moment.saturating_duration_since(self.now()))
    }
}

/// The clock of tokio, which is the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn sleep_until(&self, moment: Instant) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep_until(moment.into()))
    }
}

/// Runs a future until the timer fires. Then it is dropped, and the error says that `subject` did not end within `limit`.
pub(crate) async fn with_deadline<T>(
    timer: BoxFuture<'static, ()>,
    subject: &str,
    limit: Duration,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match select(pin!(future), timer).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => {
            let message = format!("{subject} did not end within {limit:?}");
            Err(Error::new(ErrorKind::Timeout, message))
        }
    }
}
