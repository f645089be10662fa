//! What the models share: a cache over a source that a writer raises, and who never may see what.

use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::{future, pin};

use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{CacheOptions, Eviction, HydraCache, TypedCache};
use shuttle::future::{block_on, yield_now};
use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::thread::{self, JoinHandle};

use crate::support::function::{Function, declared_tag, late_tag};
use crate::support::source::Row;

/// The key that everybody meets at.
const KEY: u64 = 1;

/// Through what a cache is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// A typed view, whose entries have a namespace and a tag.
    Typed,
    /// An annotated function, whose entries have another tag besides, unknown before their value.
    Function,
    /// The same, called from threads that block.
    Blocking,
}

/// How the cache is told that the source has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upset {
    Remove,
    Expire,
    Put,
    Prefix,
    Tag,
    LateTag,
    Clear,
    Flush,
}

#[derive(Debug)]
enum Door {
    Typed(TypedCache<Row>),
    Function(Function),
}

/// One cache and its source.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) cache: HydraCache,
    pub(crate) clock: ManualClock,
    door: Door,
    blocking: bool,
    /// The version of the row in the source.
    version: AtomicU64,
    /// The latest version whose invalidation has returned: nobody who asks from now on may be given an older one.
    acknowledged: AtomicU64,
}

impl World {
    pub(crate) fn new(entrance: Entrance, eviction: Eviction) -> Arc<Self> {
        let clock = ManualClock::new();
        let cache = HydraCache::local().max_capacity(64).eviction(eviction).clock(clock.clone()).build();
        let door = match entrance {
            Entrance::Typed => Door::Typed(cache.typed("rows")),
            Entrance::Function | Entrance::Blocking => Door::Function(Function::new(cache.clone())),
        };
        let blocking = entrance == Entrance::Blocking;
        let (version, acknowledged) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { cache, clock, door, blocking, version, acknowledged })
    }

    /// Starts a task.
    pub(crate) fn spawn(self: &Arc<Self>, role: impl FnOnce(&Arc<Self>) + Send + 'static) -> JoinHandle<()> {
        let world = Arc::clone(self);
        thread::spawn(move || role(&world))
    }

    /// The key as operations on the cache need it.
    pub(crate) fn key(&self) -> String {
        match &self.door {
            Door::Typed(_) => format!("rows:{KEY}"),
            Door::Function(_) => Function::key(KEY),
        }
    }

    /// All that the entry of the row depends on but its namespace.
    pub(crate) fn tags() -> CacheOptions {
        CacheOptions::new().tag(declared_tag(KEY)).tag(late_tag(KEY))
    }

    /// Reads the source.
    pub(crate) fn read(&self) -> Row {
        Row { key: KEY, version: self.version.load(Ordering::SeqCst) }
    }

    /// Changes the source.
    pub(crate) fn raise(&self) -> Row {
        Row { key: KEY, version: self.version.fetch_add(1, Ordering::SeqCst) + 1 }
    }

    pub(crate) fn acknowledge(&self, row: Row) {
        self.acknowledged.fetch_max(row.version, Ordering::SeqCst);
    }

    /// Asks for the row, and sees to it that the answer is no older than what was acknowledged before.
    pub(crate) fn ask<R: Into<Option<Row>>>(&self, ask: impl FnOnce(&Self) -> R) {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        if let Some(row) = ask(self).into() {
            let version = row.version;
            assert!(version >= acknowledged, "got version {version} after {acknowledged} was acknowledged");
        }
    }

    /// The cached row, without a load.
    pub(crate) fn get(&self) -> Option<Row> {
        match &self.door {
            Door::Typed(rows) => block_on(rows.get(KEY.to_string())).unwrap(),
            Door::Function(function) => function.get(KEY),
        }
    }

    /// The row, loaded by `load` if it is not cached.
    pub(crate) async fn call<Fut>(&self, load: Fut) -> Row
    where
        Fut: Future<Output = Row> + Send + 'static,
    {
        match &self.door {
            Door::Typed(rows) => {
                let options = CacheOptions::new().tag(declared_tag(KEY));
                rows.get_or_insert_with(KEY.to_string(), options, || load).await.unwrap()
            }
            Door::Function(function) => function.call(KEY, || load).await,
        }
    }

    /// A load that reads the source at once and returns late.
    pub(crate) fn slow_read(self: &Arc<Self>) -> impl Future<Output = Row> + Send + 'static {
        let world = Arc::clone(self);
        async move {
            let row = world.read();
            // Schedules with priorities let others go first who never come to their turn otherwise.
            yield_now().await;
            yield_now().await;
            row
        }
    }

    /// The row, loaded from the source if it is not cached.
    pub(crate) fn load(self: &Arc<Self>) -> Row {
        match &self.door {
            Door::Function(function) if self.blocking => {
                function.call_blocking(KEY, || block_on(self.slow_read()))
            }
            _ => block_on(self.call(self.slow_read())),
        }
    }

    /// Tells the cache that the source holds `row` now.
    pub(crate) fn upset(&self, upset: Upset, row: Row) {
        let cache = &self.cache;
        let told = match (upset, &self.door) {
            (Upset::Remove, Door::Typed(rows)) => rows.remove(KEY.to_string()).local().map(drop),
            (Upset::Remove, Door::Function(function)) => function.invalidate(KEY).local().map(drop),
            (Upset::Expire, Door::Typed(rows)) => rows.expire_key(KEY.to_string()).local().map(drop),
            (Upset::Expire, Door::Function(function)) => function.expire(KEY).local().map(drop),
            (Upset::Put, Door::Typed(rows)) => rows.put(KEY.to_string(), row, Self::tags()).local(),
            (Upset::Put, Door::Function(function)) => function.put(row).local(),
            (Upset::Prefix, _) => cache.invalidate_prefix(self.key()).local().map(drop),
            (Upset::Tag, _) => cache.invalidate_tag(declared_tag(KEY)).local(),
            (Upset::LateTag, _) => cache.invalidate_tag(late_tag(KEY)).local(),
            (Upset::Clear, Door::Typed(rows)) => rows.clear().local(),
            (Upset::Clear, Door::Function(function)) => function.clear().local(),
            (Upset::Flush, _) => cache.flush().local(),
        };
        told.unwrap();
    }

    /// Changes the source, tells the cache, and from then on nobody may see what was before.
    pub(crate) fn change(&self, upset: Upset) {
        let row = self.raise();
        self.upset(upset, row);
        self.acknowledge(row);
    }
}

/// Starts all of these tasks, and waits for them to end.
pub(crate) fn join(tasks: impl IntoIterator<Item = JoinHandle<()>>) {
    let tasks: Vec<_> = tasks.into_iter().collect();
    for task in tasks {
        task.join().unwrap();
    }
}

/// Polls a call up to `polls` times, as often as it asks to be polled, and drops it then: its caller goes away.
pub(crate) fn abandon<F: Future>(call: F, polls: u32) -> Option<F::Output> {
    let mut call = pin::pin!(call);
    let mut left = polls;
    block_on(future::poll_fn(|context| {
        left -= 1;
        match call.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }))
}
