//! Values that are dropped on the thread of a bus, because another cache invalidated them or the last handle of their
//! cache went meanwhile. A drop that panics there ends nothing.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use hydracache_runtime::CacheEventKind::{PrefixInvalidated, Removed, TagInvalidated};

use crate::bus_support::{Node, assert_linked, faulty_in_memory, in_memory, two};
use crate::support::{plain, seconds, soon};

/// Panics when it is dropped, once it was armed.
#[derive(Debug)]
struct Bomb {
    armed: Arc<AtomicBool>,
    panics: Arc<AtomicU32>,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.armed.swap(false, Ordering::SeqCst) {
            self.panics.fetch_add(1, Ordering::SeqCst);
            panic!("a value's drop panics");
        }
    }
}

/// Values of a cache, of which one panics when it is dropped next.
#[derive(Debug, Default)]
struct Bombs {
    armed: Arc<AtomicBool>,
    panics: Arc<AtomicU32>,
}

impl Bombs {
    fn put(&self, node: &Node, key: &str) {
        let bomb = Bomb { armed: Arc::clone(&self.armed), panics: Arc::clone(&self.panics) };
        node.cache.typed_memory_only::<Arc<Bomb>>("bombs").put(key, Arc::new(bomb), plain()).local().unwrap();
    }

    fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    fn panics(&self) -> u32 {
        self.panics.load(Ordering::SeqCst)
    }
}

/// Both directions: the thread that receives for a cache publishes for it as well.
async fn assert_both_linked(a: &mut Node, b: &mut Node) {
    assert_linked(a, b).await;
    assert_linked(b, a).await;
}

#[tokio::test]
async fn a_value_whose_drop_panics_does_not_end_the_thread_that_takes_it_out() {
    let (mut a, mut b) = two(&in_memory(64));
    let bombs = Bombs::default();
    for round in 1..=3 {
        bombs.put(&b, "1");
        bombs.arm();
        a.cache.remove("bombs:1").await.unwrap();
        b.remote_by_itself(Removed).await;
        assert_both_linked(&mut a, &mut b).await;
        assert_eq!(bombs.panics(), round);
    }
}

#[tokio::test]
async fn a_value_whose_drop_panics_does_not_end_the_thread_that_takes_its_prefix_out() {
    let (mut a, mut b) = two(&in_memory(64));
    let bombs = Bombs::default();
    b.hold(&["bombs:1:a", "bombs:1:b", "bombs:2"]);
    bombs.put(&b, "1");
    bombs.arm();
    a.cache.invalidate_prefix("bombs:1").await.unwrap();
    b.remote_by_itself(PrefixInvalidated).await;
    assert_eq!(b.held(&["bombs:1:a", "bombs:1:b", "bombs:2"]), ["bombs:2"]);
    assert_both_linked(&mut a, &mut b).await;
    assert_eq!(bombs.panics(), 1);
}

#[tokio::test]
async fn a_value_whose_drop_panics_does_not_end_a_repair() {
    let bus = faulty_in_memory(64);
    let (mut a, mut b) = two(&bus);
    a.cache.invalidate_tag("before").await.unwrap();
    b.remote_by_itself(TagInvalidated).await;
    let bombs = Bombs::default();
    bombs.put(&b, "1");
    b.hold(&["later"]);
    bombs.arm();
    bus.drop_next(2);
    a.cache.remove("bombs:1").await.unwrap();
    a.cache.remove("later").await.unwrap();
    a.cache.invalidate_tag("next").await.unwrap();
    b.remote_by_itself(Removed).await;
    assert_eq!(
        b.remote_by_itself(Removed).await.key(),
        Some("later"),
        "what comes after it is repaired as well"
    );
    assert_eq!((b.stats().distributed_invalidations_repaired, bombs.panics()), (2, 1));
    assert_both_linked(&mut a, &mut b).await;
}

/// Says that it is being dropped, and waits until it may.
#[derive(Debug)]
struct Slow {
    begun: mpsc::Sender<()>,
    go: Mutex<mpsc::Receiver<()>>,
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.begun.send(()).unwrap();
        let _ = self.go.lock().unwrap().recv();
    }
}

/// The thread of the bus is at work in the cache while the last handle goes, so the whole cache is dropped on it.
#[tokio::test]
async fn a_cache_that_goes_on_the_thread_of_its_bus_still_publishes_what_is_queued() {
    let (mut a, b) = two(&in_memory(64));
    let bombs = Bombs::default();
    bombs.put(&b, "1");
    let (begun, begins) = mpsc::channel();
    let (go, going) = mpsc::channel();
    let slow = Arc::new(Slow { begun, go: Mutex::new(going) });
    b.cache.typed_memory_only("slow").put("1", slow, plain()).local().unwrap();
    a.cache.remove("slow:1").await.unwrap();
    begins.recv_timeout(seconds(20)).expect("the thread of the bus drops it");
    a.hold(&["k"]);
    b.cache.remove("k").fire();
    bombs.arm();
    drop(b);
    assert_eq!(bombs.panics(), 0, "that thread holds the cache");
    go.send(()).unwrap();
    assert_eq!(soon(a.events.recv()).await.unwrap().key(), Some("k"));
    assert_eq!(bombs.panics(), 1);
}
