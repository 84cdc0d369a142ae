//! One mock: what it waits for, what it answers, what it has got.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keycloak_session::Request;

use crate::Received;
use crate::answer::Answer;

/// A mock on a server. It stays there when this handle is dropped.
pub struct Mock<C> {
    pub(crate) entry: Arc<Entry>,
    pub(crate) call: PhantomData<fn() -> C>,
}

impl<C> Mock<C> {
    /// Returns the number of requests that the mock has answered.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.entry.received().len()
    }

    /// Returns the requests that the mock has answered, in the order of their arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.entry.received().clone()
    }

    /// # Panics
    ///
    /// If the mock has answered another number of requests. The message also lists the requests that no mock answered.
    #[track_caller]
    pub fn assert_calls(&self, expected: usize) {
        let found = self.calls();
        if found != expected {
            let unmatched = self.entry.unmatched.lock();
            let unmatched = unmatched.unwrap_or_else(PoisonError::into_inner);
            let mut told = vec![format!(
                "{}: {found} calls, {expected} expected",
                self.entry.when.info().id()
            )];
            told.extend(
                unmatched
                    .iter()
                    .map(|reason| format!("not answered: {reason}")),
            );
            panic!("{}", told.join("\n  "));
        }
    }

    /// Removes the mock from the server. Older mocks that match the same requests answer again.
    pub fn remove(&self) {
        self.entry.removed.store(true, Ordering::Relaxed);
    }
}

impl<C> Clone for Mock<C> {
    fn clone(&self) -> Self {
        Self {
            entry: Arc::clone(&self.entry),
            call: PhantomData,
        }
    }
}

impl<C> fmt::Debug for Mock<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock")
            .field("operation", &self.entry.when.info().id())
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}

/// The server's state of a mock.
pub(crate) struct Entry {
    pub(crate) when: Request,
    pub(crate) answers: Vec<Answer>,
    pub(crate) received: Mutex<Vec<Received>>,
    pub(crate) removed: AtomicBool,
    /// The server's list of what was not answered.
    pub(crate) unmatched: Arc<Mutex<Vec<String>>>,
}

impl Entry {
    /// Keeps the request, and says what it is answered with.
    pub(crate) fn answer(&self, request: Received) -> Answer {
        let mut received = self.received();
        let index = received.len().min(self.answers.len() - 1);
        received.push(request);
        self.answers[index].clone()
    }

    pub(crate) fn is_there(&self) -> bool {
        !self.removed.load(Ordering::Relaxed)
    }

    fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
