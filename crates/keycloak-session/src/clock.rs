//! Time, so that tests can hold it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where a [`Session`](crate::Session) takes its time from: for the expiry of tokens, the timeout and the pauses between attempts.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment. It never goes back.
    fn now(&self) -> Instant;

    /// Is ready after this time.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Is ready at this moment; at once where it is past.
    fn sleep_until(&self, moment: Instant) -> BoxFuture<'static, ()> {
        self.sleep(moment.saturating_duration_since(self.now()))
    }
}

/// The clock of tokio; the default.
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
