//! Work that blocks, such as waiting for a lock or for an answer, while the program goes on.

use std::io;

/// Does the work in a thread of its own. The shutdown of the runtime does not wait for this thread.
pub(crate) async fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || sender.send(work()));
    let lost = |_| Err(io::Error::other("the thread of the work died"));
    receiver.await.unwrap_or_else(lost)
}
