//! The thread that rings for all caches of the process goes on, whatever the wakers do that it calls.

use std::sync::{Arc, mpsc};
use std::task::{Wake, Waker};
use std::time::Duration;

use hydracache_runtime::Alarm;

use crate::support::seconds;

/// Tells that it was woken, and panics if it was made to.
struct Told {
    woken: mpsc::Sender<&'static str>,
    name: &'static str,
    panics: bool,
}

impl Wake for Told {
    fn wake(self: Arc<Self>) {
        self.woken.send(self.name).unwrap();
        assert!(!self.panics, "this waker always panics");
    }
}

#[test]
fn a_waker_that_panics_does_not_end_the_timer() {
    let (woken, wakes) = mpsc::channel();
    let waker = |name, panics| Waker::from(Arc::new(Told { woken: woken.clone(), name, panics }));
    for _ in 0..3 {
        let _bad = Alarm::after(Duration::from_millis(1), waker("bad", true));
        assert_eq!(wakes.recv_timeout(seconds(20)), Ok("bad"));
        let _good = Alarm::after(Duration::from_millis(1), waker("good", false));
        assert_eq!(wakes.recv_timeout(seconds(20)), Ok("good"), "the timer of this process rings no more");
    }
}

#[test]
fn a_waker_that_panics_does_not_keep_those_beside_it_from_being_woken() {
    let (woken, wakes) = mpsc::channel();
    let waker = |name, panics| Waker::from(Arc::new(Told { woken: woken.clone(), name, panics }));
    let _alarms = [("bad", true), ("good", false), ("bad", true), ("good", false)]
        .map(|(name, panics)| Alarm::after(Duration::ZERO, waker(name, panics)));
    for _ in 0..4 {
        wakes.recv_timeout(seconds(20)).expect("each of them is woken");
    }
}
