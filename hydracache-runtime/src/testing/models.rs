//! Plays models: small programs over a cache, each in many schedules that shuttle makes up.
//!
//! A schedule says at every step of a lock or an atomic who goes on. In half of the schedules that is chosen at random;
//! in the other half the task of the highest priority goes on, and priorities change at a few random steps ("PCT"), which
//! finds what takes few but well placed interruptions. A model fails by a panic, or when all of its tasks wait.
//!
//! Every ordering of an atomic is played as if it were sequentially consistent: what a weaker one allows is not found.

use std::any::Any;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, Runner};

#[cfg(feature = "planted-bugs")]
use crate::planted::{PlantedBug, plant};
use crate::sync::model;

/// How many schedules of each kind a model is played in, if the environment does not say.
const USUAL_SCHEDULES: usize = 10_000;

/// The environment variable with the number of schedules of each kind. They are the same in every run without it, and
/// others in every run with it.
const SCHEDULES: &str = "HYDRACACHE_SCHEDULES";

/// The environment variable with one schedule to be played again.
const REPLAY: &str = "HYDRACACHE_REPLAY";

/// Schedules with priorities change one less often than this.
const DEPTH: usize = 3;

/// More than a call of a cache needs on the stack of its task, without optimisation.
const STACK_BYTES: usize = 256 << 10;

/// A bug is planted for the whole process, so whoever plants one waits until no other model is played.
static TURN: RwLock<()> = RwLock::new(());

/// Plays a model in many schedules.
///
/// # Panics
///
/// When the model fails in one of them, after it was said how to play that one again.
pub fn explore(model: impl Fn() + Send + Sync + 'static) {
    let _turn = TURN.read().unwrap_or_else(PoisonError::into_inner);
    let began = Instant::now();
    let (schedules, played) = play(model, FailurePersistence::Print);
    println!("{schedules} schedules in {:.1} s", began.elapsed().as_secs_f64());
    if let Err(failure) = played {
        let test = std::thread::current().name().unwrap_or("the test").to_owned();
        eprintln!(
            "the failing schedule is printed above, between quotation marks; to play it again:\n  {REPLAY}='<schedule>' \
             RUSTFLAGS='--cfg hydracache_shuttle' cargo test --package hydracache-runtime --features \
             test-util,planted-bugs --target-dir target/models --config profile.dev.opt-level=1 --lib --test models -- \
             --nocapture --exact {test}"
        );
        resume_unwind(failure);
    }
}

/// Plays a model with a bug planted, which must fail in one of as many schedules.
///
/// # Panics
///
/// When it does not.
#[cfg(feature = "planted-bugs")]
pub fn must_notice(bug: PlantedBug, model: impl Fn() + Send + Sync + 'static) {
    let _turn = TURN.write().unwrap_or_else(PoisonError::into_inner);
    let planted = plant(bug);
    let (schedules, played) = play(model, FailurePersistence::None);
    drop(planted);
    let Err(failure) = played else { panic!("{bug:?} went unnoticed in {schedules} schedules") };
    println!("{bug:?} was noticed in schedule {schedules}: {}", text(&*failure));
}

/// Runs `work` in a task that belongs to a runtime: a load that it gives up goes on in a task of its own.
pub fn in_runtime<R>(work: impl FnOnce() -> R) -> R {
    model::in_runtime(work)
}

/// Plays a model until it fails, and says in how many schedules.
fn play(
    model: impl Fn() + Send + Sync + 'static,
    persistence: FailurePersistence,
) -> (usize, Result<(), Box<dyn Any + Send>>) {
    let schedules = Arc::new(AtomicUsize::new(0));
    let counted = {
        let schedules = Arc::clone(&schedules);
        Arc::new(move || {
            schedules.fetch_add(1, Ordering::Relaxed);
            model();
        })
    };
    let run = |scheduler: Box<dyn Scheduler + Send>| {
        let mut config = Config::new();
        config.stack_size = STACK_BYTES;
        config.failure_persistence = persistence.clone();
        config.silence_warnings = true;
        let counted = Arc::clone(&counted);
        Runner::new(scheduler, config).run(move || counted());
    };
    let result = catch_unwind(AssertUnwindSafe(|| {
        if let Ok(schedule) = std::env::var(REPLAY) {
            run(Box::new(ReplayScheduler::new_from_encoded(&schedule)));
            return;
        }
        let (count, seed) = match std::env::var(SCHEDULES) {
            Ok(count) => {
                let count = count.parse().unwrap_or_else(|_| panic!("{SCHEDULES} is no number: {count}"));
                (count, RandomState::new().hash_one(count))
            }
            Err(_) => (USUAL_SCHEDULES, 0),
        };
        run(Box::new(PctScheduler::new_from_seed(seed, DEPTH, count)));
        run(Box::new(RandomScheduler::new_from_seed(seed, count)));
    }));
    (schedules.load(Ordering::Relaxed), result)
}

/// What a panic said.
#[cfg(feature = "planted-bugs")]
fn text(failure: &(dyn Any + Send)) -> &str {
    let owned = failure.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| failure.downcast_ref::<&str>().copied()).unwrap_or("a panic without text")
}
