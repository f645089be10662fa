//! Wakers that were collected under a lock, to be called after it.

use std::task::Waker;

use smallvec::SmallVec;

use crate::timer::wake_all;

/// Those who wait for an event that was published, woken when this is dropped.
///
/// A waker is code of the caller's executor, so it must not run under a lock of ours: whoever publishes under one
/// keeps this beyond it.
#[derive(Debug, Default)]
#[must_use = "those who wait are woken when this is dropped, which must not happen under a lock"]
pub(crate) struct Wakes(SmallVec<[Waker; 2]>);

impl Wakes {
    pub(super) fn push(&mut self, waker: Waker) {
        self.0.push(waker);
    }
}

impl Drop for Wakes {
    fn drop(&mut self) {
        wake_all(self.0.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use super::*;

    struct Counting(AtomicU32);

    impl Wake for Counting {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    struct Panicking;

    impl Wake for Panicking {
        fn wake(self: Arc<Self>) {
            panic!("this waker always panics");
        }
    }

    #[test]
    fn all_are_woken_at_the_end_even_if_one_panics() {
        let woken = Arc::new(Counting(AtomicU32::new(0)));
        let mut wakes = Wakes::default();
        wakes.push(Arc::clone(&woken).into());
        wakes.push(Arc::new(Panicking).into());
        wakes.push(Arc::clone(&woken).into());
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        drop(wakes);
        assert_eq!(woken.0.load(Ordering::SeqCst), 2);
    }
}
