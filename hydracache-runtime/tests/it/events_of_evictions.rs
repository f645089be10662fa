//! Evictions and the order of events: a store takes a key out while another is written, under the lock of that other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use hydracache_runtime::CacheEventKind::{Evicted, Stored};
use hydracache_runtime::{
    CacheEventKind, CacheEvents, Displaced, Entry, HydraCache, KeyRef, Store, StoreKey,
};

use crate::own_store::Keeper;
use crate::support::{plain, read_all, ready, seconds, tagged};

/// The key for which everything else must go.
const SPACE: &str = "space";

/// A store whose insertions can be held up once they are made.
#[derive(Debug)]
struct HeldUp {
    kept: Keeper,
    pauses: Mutex<HashMap<&'static str, Pause>>,
}

/// What an insertion says once it is made, and waits for before it returns.
#[derive(Debug)]
struct Pause {
    made: mpsc::Sender<()>,
    goes_on: mpsc::Receiver<()>,
}

/// The other side of a pause.
struct Held {
    is_made: mpsc::Receiver<()>,
    go_on: mpsc::Sender<()>,
}

impl Held {
    fn wait(&self) {
        self.is_made.recv_timeout(seconds(20)).expect("the insertion is made");
    }

    fn release(self) {
        self.go_on.send(()).unwrap();
    }
}

fn pause() -> (Pause, Held) {
    let (made, is_made) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    (Pause { made, goes_on }, Held { is_made, go_on })
}

impl Store for HeldUp {
    fn get(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.kept.get(key)
    }

    fn peek(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.kept.peek(key)
    }

    fn insert(&self, key: StoreKey, entry: Arc<Entry>, displaced: &mut Displaced) {
        let paused = self.pauses.lock().unwrap().remove(key.as_str());
        if key.as_str() == SPACE {
            let mut others = Vec::new();
            self.kept.visit(&mut |key, entry| others.push((key.to_owned(), Arc::clone(entry))));
            for (other, entry) in others {
                self.kept.remove(other.as_ref(), &mut Displaced::default());
                displaced.evict(other, entry);
            }
        }
        self.kept.insert(key, entry, displaced);
        if let Some(pause) = paused {
            pause.made.send(()).unwrap();
            pause.goes_on.recv().unwrap();
        }
    }

    fn remove(&self, key: KeyRef<'_>, displaced: &mut Displaced) {
        self.kept.remove(key, displaced);
    }

    fn len(&self) -> usize {
        self.kept.len()
    }

    fn weight(&self) -> u64 {
        self.kept.weight()
    }

    fn max_entry_weight(&self) -> u64 {
        self.kept.max_entry_weight()
    }

    fn visit(&self, each: &mut dyn FnMut(KeyRef<'_>, &Arc<Entry>)) {
        self.kept.visit(each);
    }
}

/// A cache in which the insertion of `key` is held up.
fn holding_up(key: &'static str) -> (HydraCache, Held) {
    let (pause, held) = pause();
    let pauses = Mutex::new(HashMap::from([(key, pause)]));
    (HydraCache::local().store(HeldUp { kept: Keeper::default(), pauses }).build(), held)
}

/// The events of one key, and the tags of the entries they are about.
fn of_key(events: &mut CacheEvents) -> Vec<(CacheEventKind, String)> {
    read_all(events).iter().map(|event| (event.kind(), event.tags().collect())).collect()
}

fn is_there(cache: &HydraCache, key: &str) -> bool {
    cache.peek::<u8>(key).unwrap().is_some()
}

/// Several keys: one that shares its lock with the other key could not be stored before the eviction is over.
#[test]
fn an_eviction_that_was_overtaken_by_a_put_of_its_key_is_not_told_after_it() {
    let (cache, held) = holding_up(SPACE);
    let keys: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    for key in &keys {
        cache.put(key, 1_u8, tagged("old")).local().unwrap();
    }
    let mut events: Vec<_> = keys.iter().map(|key| cache.subscribe_key(key)).collect();
    let (stored, is_stored) = mpsc::channel();
    thread::scope(|scope| {
        let cache = &cache;
        scope.spawn(|| cache.put(SPACE, 1_u8, plain()).fire());
        held.wait();
        for key in &keys {
            let stored = stored.clone();
            scope.spawn(move || {
                cache.put(key, 2_u8, tagged("new")).local().unwrap();
                stored.send(()).unwrap();
            });
        }
        is_stored.recv_timeout(seconds(20)).expect("not all keys share one lock");
        held.release();
    });
    let mut overtaken = 0;
    for (key, events) in keys.iter().zip(&mut events) {
        assert!(is_there(&cache, key));
        let told = of_key(events);
        let [before @ .., last] = &told[..] else { panic!("`{key}`: nothing was told") };
        assert_eq!(*last, (Stored, "new".to_owned()), "`{key}`: {told:?}");
        match before {
            [] => overtaken += 1,
            [only] => assert_eq!(*only, (Evicted, "old".to_owned()), "`{key}`"),
            _ => panic!("`{key}`: {told:?}"),
        }
    }
    assert!(overtaken > 0, "one was stored anew before it could be told");
    assert_eq!(cache.stats().evictions, 8, "they are counted all the same");
}

#[test]
fn an_eviction_is_not_told_before_the_put_that_it_took_back() {
    let (cache, held) = holding_up("k");
    let mut events = cache.subscribe_key("k");
    thread::scope(|scope| {
        scope.spawn(|| cache.put("k", 1_u8, tagged("t")).fire());
        held.wait();
        let evicting = scope.spawn(|| cache.put(SPACE, 1_u8, plain()).fire());
        // It evicts the key, whose event is not out yet, and has time to tell of it if it does not wait for that.
        for _ in 0..100_000 {
            if evicting.is_finished() {
                break;
            }
            thread::yield_now();
        }
        held.release();
    });
    assert!(!is_there(&cache, "k"));
    assert_eq!(of_key(&mut events), [(Stored, "t".to_owned()), (Evicted, "t".to_owned())]);
}

/// What takes the place of an evicted value and is none leaves the eviction to be told.
#[test]
fn an_eviction_is_told_although_its_key_has_an_error_by_then() {
    let (cache, held) = holding_up(SPACE);
    let keys: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    for key in &keys {
        cache.put(key, 1_u8, plain()).local().unwrap();
    }
    let mut events: Vec<_> = keys.iter().map(|key| cache.subscribe_key(key)).collect();
    let (failed, has_failed) = mpsc::channel();
    thread::scope(|scope| {
        let cache = &cache;
        scope.spawn(|| cache.put(SPACE, 1_u8, plain()).fire());
        held.wait();
        for key in &keys {
            let failed = failed.clone();
            scope.spawn(move || {
                let options = plain().cache_errors(seconds(60));
                let load = || async { Err::<u8, _>(std::io::Error::other("not today")) };
                ready(cache.get_or_load(key, options, load)).unwrap_err();
                failed.send(()).unwrap();
            });
        }
        has_failed.recv_timeout(seconds(20)).expect("not all keys share one lock");
        held.release();
    });
    for (key, events) in keys.iter().zip(&mut events) {
        let told: Vec<_> = of_key(events).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(told, [Evicted], "`{key}`");
    }
}
