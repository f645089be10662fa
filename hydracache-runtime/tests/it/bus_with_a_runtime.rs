//! Buses that own a runtime, which must not be dropped where tasks run; and a cache that is built there and refused.

use std::sync::Arc;
use std::thread;
#[cfg(target_os = "linux")]
use std::{env, process::Command};

use async_trait::async_trait;
use hydracache_runtime::{
    CacheInvalidationBus, CacheInvalidationMessage, CacheInvalidationReceive, CacheInvalidationReceiver,
    CacheResult, Error, ErrorKind, HydraCache, InMemoryInvalidationBus,
};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::support::{assert_says, soon};

/// A runtime that tells whether it could be dropped.
struct Own {
    // Dropped before the other, which then knows whether that panicked.
    runtime: Runtime,
    _farewell: Farewell,
}

/// Tells whether it is dropped by a panic.
struct Farewell(UnboundedSender<bool>);

impl Drop for Farewell {
    fn drop(&mut self) {
        // A task can be spawned still, as by what closes a connection.
        let spawns = tokio::runtime::Handle::try_current().is_ok();
        let _ = self.0.send(spawns && !thread::panicking());
    }
}

impl Own {
    fn new(farewells: &UnboundedSender<bool>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { runtime, _farewell: Farewell(farewells.clone()) }
    }
}

/// A bus that does its work in a runtime of its own.
struct Busy {
    own: Own,
    inner: Arc<InMemoryInvalidationBus>,
    farewells: UnboundedSender<bool>,
}

impl std::fmt::Debug for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Busy").finish_non_exhaustive()
    }
}

/// A subscription with a runtime of its own, which ends after each message.
struct BusyReceiver {
    inner: Box<dyn CacheInvalidationReceiver>,
    received: bool,
    _own: Own,
}

#[async_trait]
impl CacheInvalidationBus for Busy {
    async fn publish(&self, message: CacheInvalidationMessage) -> CacheResult<()> {
        let inner = Arc::clone(&self.inner);
        let published = self.own.runtime.spawn(async move { inner.publish(message).await });
        published.await.map_err(|error| Error::Backend(error.to_string()))?
    }

    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
        let inner = self.inner.subscribe();
        Box::new(BusyReceiver { inner, received: false, _own: Own::new(&self.farewells) })
    }
}

#[async_trait]
impl CacheInvalidationReceiver for BusyReceiver {
    async fn recv(&mut self) -> CacheInvalidationReceive {
        if self.received {
            return CacheInvalidationReceive::Closed;
        }
        let received = self.inner.recv().await;
        self.received = true;
        received
    }
}

#[tokio::test]
async fn a_bus_and_its_subscriptions_may_own_runtimes() {
    let (farewells, mut told) = unbounded_channel();
    let inner = Arc::new(InMemoryInvalidationBus::default());
    let bus = Busy { own: Own::new(&farewells), inner, farewells };
    let cache = HydraCache::local().invalidation_bus(bus).build();
    soon(cache.remove("k")).await.unwrap();
    // It heard itself, and subscribes anew.
    assert!(soon(told.recv()).await.unwrap(), "a subscription could not be dropped");
    soon(cache.remove("k")).await.unwrap();
    drop(cache);
    let mut more = 0;
    while let Some(dropped) = soon(told.recv()).await {
        assert!(dropped, "the bus or a subscription could not be dropped");
        more += 1;
    }
    assert!(more >= 2, "the bus and what it was subscribed to in the end");
}

/// Set in a process in which no thread can be started.
#[cfg(target_os = "linux")]
const WITHOUT_THREADS: &str = "HYDRACACHE_TEST_WITHOUT_THREADS";

/// A runtime that the cache had made for its bus would be dropped here, where tasks run.
#[test]
#[cfg(target_os = "linux")]
fn a_cache_whose_bus_gets_no_thread_is_refused_where_tasks_run() {
    if env::var_os(WITHOUT_THREADS).is_some() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let refused = runtime.block_on(async {
            let bus = InMemoryInvalidationBus::default();
            HydraCache::local().name("sessions").invalidation_bus(bus).try_build().map(drop)
        });
        return assert_says(refused, ErrorKind::Backend, &["`sessions`", "no thread"]);
    }
    // Threads that ask for more room than there is are not started. The tests of that process run on its first one.
    let this = "bus_with_a_runtime::a_cache_whose_bus_gets_no_thread_is_refused_where_tasks_run";
    let mut alone = Command::new(env::current_exe().unwrap());
    alone.args([this, "--exact", "--nocapture", "--test-threads=1"]);
    alone.env("RUST_MIN_STACK", (1_u64 << 50).to_string()).env(WITHOUT_THREADS, "1");
    let output = alone.output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
