//! Waiting for a future on a thread that may block.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Unparks a thread; the flag tells a wake-up from one that came for another reason.
struct Unpark {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

/// Polls a future on the calling thread, which rests in between, until it ends.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let unpark = Arc::new(Unpark { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&unpark));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        while !unpark.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{poll_fn, ready};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_ready_future_does_not_wait() {
        assert_eq!(block_on(ready(42)), 42);
    }

    #[test]
    fn a_wake_from_another_thread_ends_the_wait() {
        let (send, wakers) = mpsc::channel::<Waker>();
        let waking = thread::spawn(move || wakers.into_iter().for_each(Waker::wake));
        let mut polls = 0;
        let polled = block_on(poll_fn(|context| {
            polls += 1;
            if polls == 100 {
                return Poll::Ready(polls);
            }
            send.send(context.waker().clone()).unwrap();
            Poll::Pending
        }));
        assert_eq!(polled, 100);
        drop(send);
        waking.join().unwrap();
    }

    #[test]
    fn a_token_that_others_left_or_took_does_no_harm() {
        let mut polls = 0;
        block_on(poll_fn(|context| {
            polls += 1;
            match polls {
                // Woken, but the token is taken by somebody who parks inside of the poll.
                1 => {
                    context.waker().wake_by_ref();
                    thread::park();
                }
                // Waits with another executor meanwhile, which parks the same thread.
                2 => {
                    context.waker().wake_by_ref();
                    block_on(a_step());
                }
                _ => return Poll::Ready(()),
            }
            Poll::Pending
        }));
        assert_eq!(polls, 3);

        thread::current().unpark();
        let mut polls = 0;
        let (send, wakers) = mpsc::channel::<Waker>();
        let waking = thread::spawn(move || wakers.into_iter().for_each(Waker::wake));
        block_on(poll_fn(|context| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(());
            }
            send.send(context.waker().clone()).unwrap();
            Poll::Pending
        }));
        assert_eq!(polls, 2, "a token left behind is no wake");
        drop(send);
        waking.join().unwrap();
    }

    /// Pending once.
    async fn a_step() {
        let mut begun = false;
        poll_fn(|context| {
            if begun {
                return Poll::Ready(());
            }
            begun = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}
