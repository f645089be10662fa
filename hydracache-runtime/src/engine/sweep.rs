//! Taking dead entries out, so that their memory comes back without anyone reading them.
//!
//! One thread serves all caches of the process. It holds them weakly, looks only at caches in which something may
//! have died, takes one entry's lock at a time, and rests twenty times as long as a pass took.

use std::panic::AssertUnwindSafe;
use std::sync::Weak;
use std::time::{Duration, Instant};
use std::{mem, panic, thread};

use super::Engine;
use crate::key::StoreKey;
use crate::store::Displaced;
use crate::sync::{Arc, AtomicBool, Ordering};

/// How often the thread looks for something to do.
const TICK: Duration = Duration::from_millis(200);

/// What a cache tells the sweeper.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Something was invalidated since the last pass.
    dead: AtomicBool,
    /// Some entry has an end.
    expiring: AtomicBool,
}

impl State {
    pub(super) fn note_dead(&self) {
        self.dead.store(true, Ordering::Relaxed);
    }

    /// Read before it is written, so that stores of entries that expire share the line.
    pub(super) fn note_expiring(&self) {
        if !self.expiring.load(Ordering::Relaxed) {
            self.expiring.store(true, Ordering::Relaxed);
        }
    }
}

impl Engine {
    /// Takes all dead entries and unused tag cells out and says how many entries went. O(entries + tags).
    pub(crate) fn sweep(&self) -> u64 {
        self.sweep.dead.store(false, Ordering::Relaxed);
        let now = self.now();
        let mut reaped = 0;
        self.settings.store.visit(&mut |key, entry| {
            if !self.is_usable(entry, || now) {
                let owned: StoreKey = key.to_owned();
                self.reap(owned.as_ref(), entry);
                reaped += 1;
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
    let mut watched = lock();
    watched.engines.push(Watch { engine: Arc::downgrade(engine), rests_until: Instant::now() });
    if !watched.running {
        let thread = thread::Builder::new().name("hydracache-sweeper".into()).spawn(run);
        // Without a thread, dead entries wait until they are met or evicted; nothing wrong is ever served.
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
    let due = state.dead.load(Ordering::Relaxed) || state.expiring.load(Ordering::Relaxed);
    let began = Instant::now();
    if due && watch.rests_until <= began {
        engine.sweep();
        watch.rests_until = Instant::now() + 20 * began.elapsed();
    }
}
