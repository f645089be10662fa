//! The system's allocator, counting what the program asks of it while a row wants to know.
//!
//! Counting is switched off while times are taken, so that nobody's time contains it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// How many are counting at the moment.
static WATCHERS: AtomicU32 = AtomicU32::new(0);

/// What all threads have asked for and not given back, in bytes, while somebody was counting.
static LIVE: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn note(allocations: u64, taken: usize, given_back: usize) {
    if WATCHERS.load(Ordering::Relaxed) == 0 {
        return;
    }
    // No allocation is larger than half of the address space.
    LIVE.fetch_add(taken.cast_signed() as i64 - given_back.cast_signed() as i64, Ordering::Relaxed);
    // A thread that is ending has nothing to count with any more, and nobody asks it.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + allocations));
}

#[expect(
    unsafe_code,
    reason = "an allocator cannot be counted otherwise; each call goes to `System` as it came"
)]
// SAFETY: every method hands its arguments to `System` unchanged and returns what it returns.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, 0, layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`, and the pointer came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size, layout.size());
        // SAFETY: the caller keeps the contract of `realloc`, and the pointer came from `System`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Counts while it lives.
#[derive(Debug)]
pub(crate) struct Watch(());

impl Watch {
    pub(crate) fn start() -> Self {
        WATCHERS.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    /// Bytes that all threads hold, compared with what they held at some point before.
    #[expect(clippy::unused_self, reason = "the figure stands still when nobody watches")]
    pub(crate) fn live_bytes(&self) -> i64 {
        LIVE.load(Ordering::Relaxed)
    }

    /// How often this thread has asked for memory, compared with some point before.
    #[expect(clippy::unused_self, reason = "the figure stands still when nobody watches")]
    pub(crate) fn allocations(&self) -> u64 {
        ALLOCATIONS.get()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        WATCHERS.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn allocations_and_bytes_are_counted_while_somebody_watches() {
        // So much that what other tests do at the same time is little beside it; nobody writes to it.
        const SIZE: u32 = 1 << 30;
        let watch = Watch::start();
        let (allocations, live) = (watch.allocations(), watch.live_bytes());
        let block = black_box(Vec::<u8>::with_capacity(SIZE as usize));
        assert_eq!(watch.allocations() - allocations, 1);
        assert!(watch.live_bytes() - live > i64::from(SIZE / 2));
        drop(block);
        assert!(watch.live_bytes() - live < i64::from(SIZE / 2));
    }
}
