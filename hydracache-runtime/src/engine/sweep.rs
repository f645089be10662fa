//! Taking dead entries out, so that their memory comes back without anyone reading them.
//!
//! One thread serves all caches of the process. It holds them weakly, looks only at caches in which something may
//! have died, takes one entry's lock at a time, and rests twenty times as long as a pass took. A value that it takes
//! out is dropped on it; so is a cache whose last handle goes during a pass.

use std::panic::AssertUnwindSafe;
use std::sync::Weak;
use std::time::{Duration, Instant};
use std::{mem, panic, thread};

use super::Engine;
use crate::clock::Tick;
use crate::key::StoreKey;
use crate::store::Displaced;
use crate::sync::{Arc, AtomicBool, AtomicU64, Ordering};

/// How often the thread looks for something to do.
const TICK: Duration = Duration::from_millis(200);

/// What a cache tells the sweeper.
#[derive(Debug)]
pub(super) struct State {
    /// Something was invalidated since the last pass.
    dead: AtomicBool,
    /// When the first entry ends, as far as is known; one that is gone by then costs a pass.
    first_end: AtomicU64,
}

impl Default for State {
    fn default() -> Self {
        Self { dead: AtomicBool::new(false), first_end: AtomicU64::new(Tick::NEVER.raw()) }
    }
}

impl State {
    pub(super) fn note_dead(&self) {
        self.dead.store(true, Ordering::Release);
    }

    /// Notes when an entry ends. Read before it is written, so that those who store share the line.
    pub(super) fn note_expiring(&self, end: Tick) {
        if end.raw() < self.first_end.load(Ordering::Relaxed) {
            self.first_end.fetch_min(end.raw(), Ordering::Release);
        }
    }

    fn is_due(&self, now: impl FnOnce() -> Tick) -> bool {
        if self.dead.load(Ordering::Relaxed) {
            return true;
        }
        let first_end = Tick::from_raw(self.first_end.load(Ordering::Relaxed));
        first_end != Tick::NEVER && first_end <= now()
    }
}

impl Engine {
    /// Takes all dead entries and unused tag cells out and says how many entries went. O(entries + tags).
    pub(crate) fn sweep(&self) -> u64 {
        // Before the pass, so that what is noted during it brings the next one.
        self.sweep.dead.swap(false, Ordering::AcqRel);
        self.sweep.first_end.swap(Tick::NEVER.raw(), Ordering::AcqRel);
        let now = self.now();
        let mut reaped = 0;
        self.settings.store.visit(&mut |key, entry| {
            if self.is_kept(entry, now) {
                self.sweep.note_expiring(self.kept_until(entry));
            } else {
                let owned: StoreKey = key.to_owned();
                reaped += u64::from(self.reap_ended(owned.as_ref(), entry));
            }
        });
        let mut displaced = Displaced::default();
        self.settings.store.collect(&mut displaced);
        self.settle(displaced);
        self.tags.prune();
        self.namespaces.prune();
        reaped
    }
}

/// Everything the thread looks after.
#[derive(Debug, Default)]
struct Watched {
    engines: Vec<Watch>,
    running: bool,
}

#[derive(Debug)]
struct Watch {
    engine: Weak<Engine>,
    rests_until: Instant,
}

static WATCHED: std::sync::Mutex<Watched> =
    std::sync::Mutex::new(Watched { engines: Vec::new(), running: false });

/// Lets the thread look after a cache, and starts it if it does not run.
pub(super) fn watch(engine: &Arc<Engine>) {
    if cfg!(hydracache_shuttle) {
        // A model sweeps by hand: a thread of std's would run outside of its schedule.
        return;
    }
    let mut watched = lock();
    watched.engines.push(Watch { engine: Arc::downgrade(engine), rests_until: Instant::now() });
    if !watched.running {
        let thread = thread::Builder::new().name("hydracache-sweeper".into()).spawn(run);
        // Without a thread, dead entries wait until they are replaced or evicted; nothing wrong is ever served.
        watched.running =
            thread.inspect_err(|error| tracing::warn!(%error, "the sweeper could not be started")).is_ok();
    }
}

fn lock() -> std::sync::MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn run() {
    loop {
        thread::park_timeout(TICK);
        let mut engines = {
            let mut watched = lock();
            watched.engines.retain(|watch| watch.engine.strong_count() > 0);
            if watched.engines.is_empty() {
                watched.running = false;
                return;
            }
            mem::take(&mut watched.engines)
        };
        for watch in &mut engines {
            // A value's drop may panic; the thread serves other caches too.
            if panic::catch_unwind(AssertUnwindSafe(|| visit(watch))).is_err() {
                tracing::error!("dropping a swept value panicked");
            }
        }
        lock().engines.append(&mut engines);
    }
}

/// Sweeps one cache if something may have died in it and its rest is over.
fn visit(watch: &mut Watch) {
    let Some(engine) = watch.engine.upgrade() else { return };
    let state = &engine.sweep;
    let began = Instant::now();
    if watch.rests_until <= began && state.is_due(|| engine.now()) {
        engine.sweep();
        watch.rests_until = Instant::now() + 20 * began.elapsed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_due_when_something_was_invalidated_or_the_first_entry_has_ended() {
        let state = State::default();
        let at = |raw| move || Tick::from_raw(raw);
        assert!(!state.is_due(|| unreachable!("nothing ends, so nobody asks for the time")));
        state.note_expiring(Tick::from_raw(50));
        state.note_expiring(Tick::from_raw(90));
        state.note_expiring(Tick::NEVER);
        assert!(!state.is_due(at(49)));
        assert!(state.is_due(at(50)));
        let state = State::default();
        state.note_dead();
        assert!(state.is_due(at(0)));
    }
}
