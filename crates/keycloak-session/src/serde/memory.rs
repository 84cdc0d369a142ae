//! A limit on the memory of decoded representations.
//!
//! A representation takes as much memory without fields as with all of them: `{}` can become some kilobytes. So a limit on the bytes of a
//! body is no limit on the memory of its decoded form.

use std::cell::Cell;

thread_local! {
    /// The bytes that representations may still take on this thread. `None` if they were to take more.
    static LEFT: Cell<Option<usize>> = const { Cell::new(Some(usize::MAX)) };
}

/// Decodes on this thread. `None` if the representations would take more than `limit` bytes.
pub(crate) fn decode_within<T>(limit: usize, decode: impl FnOnce() -> T) -> Option<T> {
    let _outer = Restore(LEFT.replace(Some(limit)));
    let decoded = decode();
    LEFT.get().map(|_| decoded)
}

/// Takes the memory of one value from the limit. Returns whether it was left.
pub(crate) fn take<T>() -> bool {
    let left = LEFT.get().and_then(|left| left.checked_sub(size_of::<T>()));
    LEFT.set(left);
    left.is_some()
}

/// Puts the limit of the caller back, also after a panic.
struct Restore(Option<usize>);

impl Drop for Restore {
    fn drop(&mut self) {
        LEFT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_to_the_byte_and_ends_with_its_decoding() {
        assert_eq!(
            decode_within(16, || (take::<u64>(), take::<u64>())),
            Some((true, true))
        );
        assert_eq!(decode_within(15, || (take::<u64>(), take::<u64>())), None);
        let nested = decode_within(8, || {
            assert_eq!(decode_within(0, take::<u64>), None);
            take::<u64>()
        });
        assert_eq!(nested, Some(true));
        let panic = std::panic::catch_unwind(|| decode_within(0, || panic!("planted")));
        assert!(panic.is_err());
        assert!(take::<[u64; 1_000]>(), "no limit is left behind");
    }
}
