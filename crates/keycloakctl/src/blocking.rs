//! Work that blocks, such as waiting for a lock or for an answer, while the program goes on.

use std::io;

use futures_util::Stream;
use futures_util::stream::poll_fn;
use tokio::sync::mpsc;

/// The most items that a thread takes from an iterator ahead of the program.
const AHEAD: usize = 64;

/// Does the work in a thread of its own. The shutdown of the runtime does not wait for this thread.
pub(crate) async fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || sender.send(work()));
    let lost = |_| Err(io::Error::other("the thread of the work died"));
    receiver.await.unwrap_or_else(lost)
}

/// Takes the items of an iterator in a thread of its own, a few of them ahead of the program. The shutdown of the runtime does not wait for this thread.
pub(crate) fn items_in_thread<T: Send + 'static>(
    items: impl Iterator<Item = T> + Send + 'static,
) -> impl Stream<Item = T> + Send {
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    std::thread::spawn(move || {
        for item in items {
            // The program no longer wants them.
            if sender.blocking_send(item).is_err() {
                return;
            }
        }
    });
    poll_fn(move |context| receiver.poll_recv(context))
}
