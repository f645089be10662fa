//! What the tests of refreshing and of limits share: a source that answers when the test says so, a cached value that
//! grows old, and every way to end a value for good.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{
    CacheOptions, CacheResult, CacheStats, Eviction, HydraCache, RefreshOptions, TypedCache,
};
use tokio::sync::oneshot;

use crate::support::{plain, seconds, tagged, timed};

pub(crate) const NANO: Duration = Duration::from_nanos(1);

pub(crate) fn just_before(moment: Duration) -> Duration {
    moment.saturating_sub(NANO)
}

/// How long the value of a scene stays fresh.
pub(crate) const TTL: Duration = Duration::from_secs(10);

#[derive(Debug)]
enum Answer {
    Value(u32),
    Failure,
    Panic,
}

/// A source whose loads wait until they are answered, in the order in which they began.
#[derive(Debug, Clone, Default)]
pub(crate) struct Desk(Arc<Mutex<Loads>>);

#[derive(Debug, Default)]
struct Loads {
    runs: u32,
    dropped: u32,
    waiting: VecDeque<oneshot::Sender<Answer>>,
}

/// Counts a load that is dropped before its end.
struct Unfinished(Option<Desk>);

impl Unfinished {
    fn end(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(desk) = &self.0 {
            desk.loads().dropped += 1;
        }
    }
}

impl Desk {
    fn loads(&self) -> MutexGuard<'_, Loads> {
        self.0.lock().unwrap()
    }

    /// Begins a load.
    pub(crate) fn load(&self) -> impl Future<Output = io::Result<u32>> + Send + 'static + use<> {
        let (tell, told) = oneshot::channel();
        let mut loads = self.loads();
        loads.runs += 1;
        loads.waiting.push_back(tell);
        drop(loads);
        let unfinished = Unfinished(Some(self.clone()));
        async move {
            let answer = told.await.expect("it is answered or dropped");
            unfinished.end();
            match answer {
                Answer::Value(value) => Ok(value),
                Answer::Failure => Err(io::Error::other("the source is down")),
                Answer::Panic => panic!("the loader panics, as this test wants"),
            }
        }
    }

    /// How many loads were begun.
    pub(crate) fn runs(&self) -> u32 {
        self.loads().runs
    }

    /// How many loads were dropped before their end.
    pub(crate) fn dropped(&self) -> u32 {
        self.loads().dropped
    }

    #[track_caller]
    fn tell(&self, answer: Answer) {
        let oldest = self.loads().waiting.pop_front();
        oldest.expect("a load waits").send(answer).expect("the load goes on");
    }

    /// Lets the oldest load return a value.
    #[track_caller]
    pub(crate) fn answer(&self, value: u32) {
        self.tell(Answer::Value(value));
    }

    /// Lets the load that began last return a value.
    #[track_caller]
    pub(crate) fn answer_last(&self, value: u32) {
        let last = self.loads().waiting.pop_back();
        last.expect("a load waits").send(Answer::Value(value)).expect("the load goes on");
    }

    #[track_caller]
    pub(crate) fn fail(&self) {
        self.tell(Answer::Failure);
    }

    #[track_caller]
    pub(crate) fn panic(&self) {
        self.tell(Answer::Panic);
    }

    /// Forgets the oldest load, which was dropped.
    pub(crate) fn forget(&self) {
        drop(self.loads().waiting.pop_front());
    }
}

/// Lets the tasks in the background run as far as they can without time going by.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// A view whose key `k` was loaded as 1 at the clock's origin, with the tag `t`, and stays fresh for [`TTL`].
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) view: TypedCache<u32>,
    pub(crate) clock: ManualClock,
    pub(crate) desk: Desk,
}

impl Scene {
    pub(crate) async fn new(eviction: Eviction) -> Self {
        let scene = Self::empty(eviction);
        // With a long window, so that the sweeper leaves the old value to calls with shorter ones.
        let kept = RefreshOptions::new().stale_on_loader_error(seconds(3_600));
        let one = || async { Ok::<_, io::Error>(1) };
        scene.view.get_or_load_with_refresh("k", mortal(), kept, one).await.unwrap();
        scene
    }

    /// The same without the value.
    pub(crate) fn empty(eviction: Eviction) -> Self {
        let (cache, clock) = timed(eviction);
        Self { view: cache.typed("v"), clock, desk: Desk::default() }
    }

    pub(crate) fn cache(&self) -> &HydraCache {
        self.view.cache()
    }

    pub(crate) fn stats(&self) -> CacheStats {
        self.cache().stats()
    }

    /// A call that loads from the desk.
    pub(crate) async fn ask(&self, refresh: RefreshOptions) -> CacheResult<u32> {
        self.view.get_or_load_with_refresh("k", mortal(), refresh, || self.desk.load()).await
    }

    /// A call that says nothing about old values and loads from the desk.
    pub(crate) async fn load(&self) -> CacheResult<u32> {
        self.view.get_or_load("k", mortal(), || self.desk.load()).await
    }

    /// What a read without a load sees.
    pub(crate) fn cached(&self) -> Option<u32> {
        self.view.peek("k").unwrap()
    }
}

/// The options of the value of a scene.
pub(crate) fn mortal() -> CacheOptions {
    tagged("t").ttl(TTL)
}

/// A way to end the value of a scene, by its name.
pub(crate) type Ending = (&'static str, fn(&TypedCache<u32>));

/// Every way to end a value for good. After it the 1 of a scene must never be handed out again.
pub(crate) const ENDINGS: [Ending; 10] = [
    ("remove", |view| view.remove("k").fire()),
    ("remove by its raw key", |view| view.cache().remove("v:k").fire()),
    ("invalidate_tag", |view| view.invalidate_tag("t").fire()),
    ("clear", |view| view.clear().fire()),
    ("invalidate_prefix", |view| view.invalidate_prefix("k").fire()),
    ("invalidate_prefix of the namespace", |view| view.cache().invalidate_prefix("v").fire()),
    ("flush", |view| view.cache().flush().fire()),
    ("put", |view| view.put("k", 99, mortal()).fire()),
    ("a write intent that was put", |view| {
        view.cache().write_intent("v:k").unwrap().put(99_u32, plain().ttl(TTL)).fire();
    }),
    ("a write intent that was dropped", |view| drop(view.cache().write_intent("v:k").unwrap())),
];

/// Windows as most tests want them: 20 seconds stale while a load is under way.
pub(crate) fn revalidating() -> RefreshOptions {
    RefreshOptions::new().stale_while_revalidate(seconds(20))
}

/// 20 seconds stale when a load fails.
pub(crate) fn forgiving() -> RefreshOptions {
    RefreshOptions::new().stale_on_loader_error(seconds(20))
}
