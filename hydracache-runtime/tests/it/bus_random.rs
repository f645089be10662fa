//! Random programs on three caches over a bus that goes wrong at random. Once things settle, nobody holds anything that
//! the source of truth does not say.

mod steps;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use hydracache_runtime::CacheInvalidationBus;
use hydracache_runtime::testing::{FaultyBus, ManualClock};
use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::bus_support::{Node, driven, faulty_framed, faulty_in_memory, join, settled};
use crate::support::seconds;
use steps::{Fault, How, KEYS, NODES, Step, invalidate, options, step};

type Loading = (oneshot::Sender<()>, JoinHandle<()>);

/// What each key is worth.
type Source = [AtomicU64; 6];

fn read(source: &Source, key: usize) -> u64 {
    source[key].load(Ordering::SeqCst)
}

struct World<B> {
    bus: Arc<FaultyBus<B>>,
    clock: ManualClock,
    nodes: [Node; 3],
    source: Arc<Source>,
    loading: Vec<Loading>,
}

impl<B: CacheInvalidationBus> World<B> {
    fn new(bus: Arc<FaultyBus<B>>) -> Self {
        let clock = ManualClock::new();
        let nodes = NODES.map(|id| join(&bus, &clock, id));
        Self { bus, clock, nodes, source: Arc::default(), loading: Vec::new() }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Load(node, key) => {
                let source = Arc::clone(&self.source);
                let load = || async move { read(&source, key) };
                let cache = &self.nodes[node].cache;
                // A load that has begun may be under way, and ends later.
                if self.loading.is_empty() {
                    cache.get_or_insert_with(KEYS[key], options(key), load).await.unwrap();
                }
            }
            Step::Begin(node, key) => {
                let (source, cache) = (Arc::clone(&self.source), self.nodes[node].cache.clone());
                let (end, ended) = oneshot::channel::<()>();
                let load = move || async move {
                    // Whoever waits for a load that was overtaken runs its own, later than it was begun.
                    let value = read(&source, key);
                    let _ = ended.await;
                    value
                };
                let call = tokio::spawn(async move {
                    cache.get_or_insert_with(KEYS[key], options(key), load).await.unwrap();
                });
                tokio::task::yield_now().await;
                self.loading.push((end, call));
            }
            Step::End => self.end_first_load(),
            Step::Write(node, key, how) => {
                let version = self.source[key].fetch_add(1, Ordering::SeqCst) + 1;
                invalidate(&self.nodes[node].cache, key, version, how);
            }
            Step::Fault(fault) => fault.make(&self.bus),
            Step::Release => self.bus.release().await.unwrap(),
            Step::Advance(by) => self.clock.advance(seconds(by)),
            Step::Settle => self.settle().await,
        }
    }

    fn end_first_load(&mut self) {
        if !self.loading.is_empty() {
            let (end, _) = self.loading.remove(0);
            let _ = end.send(());
        }
    }

    /// Lets everything arrive that is on its way, and then compares with the source.
    async fn settle(&mut self) {
        self.bus.release().await.unwrap();
        for (end, call) in self.loading.drain(..) {
            let _ = end.send(());
            driven(&self.clock, call).await.unwrap();
        }
        settled(&mut self.nodes).await;
        assert_nothing_stale(&self.nodes, &self.source);
    }
}

fn assert_nothing_stale(nodes: &[Node], source: &Source) {
    for (node, name) in nodes.iter().zip(NODES) {
        for (at, key) in KEYS.into_iter().enumerate() {
            let (found, value) = (node.cache.peek::<u64>(key).unwrap(), read(source, at));
            assert!(
                found.is_none_or(|found| found == value),
                "`{key}` is {value}, and {found:?} in `{name}`"
            );
        }
    }
}

fn run<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>, steps: &[Step]) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(bus);
        for step in steps {
            world.step(*step).await;
        }
        world.settle().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: crate::support::count("HYDRACACHE_BUS_ROUNDS", 100),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_is_stale_once_things_settle_over_messages(steps in prop::collection::vec(step(), 1..80)) {
        run(faulty_in_memory(4_096), &steps);
    }

    #[test]
    fn nothing_is_stale_once_things_settle_over_frames(steps in prop::collection::vec(step(), 1..80)) {
        run(faulty_framed(4_096), &steps);
    }

    /// So little is kept that many replays have nothing to give.
    #[test]
    fn nothing_is_stale_once_things_settle_over_a_short_memory(steps in prop::collection::vec(step(), 1..80)) {
        run(faulty_in_memory(3), &steps);
    }
}

/// Threads that write and load at the same time, while another breaks the bus.
#[tokio::test]
async fn nothing_is_stale_after_many_threads() {
    const ROUNDS: u64 = 12;
    let (bus, clock) = (faulty_in_memory(64), ManualClock::new());
    let mut nodes = NODES.map(|id| join(&bus, &clock, id));
    let source = Source::default();
    // Whoever changes a key says so before the next one changes it.
    let turns = KEYS.map(|_| Mutex::new(()));
    for round in 0..ROUNDS {
        thread::scope(|scope| {
            for (at, node) in nodes.iter().enumerate() {
                let (source, turns, cache) = (&source, &turns, &node.cache);
                scope.spawn(move || {
                    for n in 0..200 {
                        let key = (n * 7 + at * 3) % KEYS.len();
                        if n % 3 == 0 {
                            let _turn = turns[key].lock().unwrap();
                            let version = source[key].fetch_add(1, Ordering::SeqCst) + 1;
                            let how = [How::Remove, How::OwnTag, How::SharedTag, How::Prefix, How::Flush];
                            invalidate(cache, key, version, how[(n + at) % 5]);
                        } else {
                            let token = cache.fill_token(KEYS[key]).unwrap();
                            cache.fill(&token, read(source, key), options(key)).unwrap();
                        }
                    }
                });
            }
            scope.spawn(|| {
                for n in 0..40 {
                    let fault = match (n + round) % 7 {
                        0 => Fault::Drop(2),
                        1 => Fault::Lose(1),
                        2 => Fault::Duplicate,
                        3 => Fault::Swap,
                        4 => Fault::Fail(2),
                        5 => Fault::FailReplays(1),
                        _ => Fault::Close,
                    };
                    fault.make(&bus);
                    clock.advance(seconds(1));
                    thread::yield_now();
                }
            });
        });
        bus.release().await.unwrap();
        settled(&mut nodes).await;
        assert_nothing_stale(&nodes, &source);
    }
}
