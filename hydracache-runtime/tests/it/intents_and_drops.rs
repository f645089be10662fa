//! Values that call the cache when they are dropped, and the end of a write intent: nothing is dropped under its lock.

use std::sync::{Arc, mpsc};
use std::thread;

use hydracache_runtime::{Displaced, Entry, Eviction, HydraCache, KeyRef, Store, StoreKey, TypedCache};
use serde::{Serialize, Serializer};

use crate::own_store::Keeper;
use crate::support::{cache, plain, ready, seconds};

/// Removes the key of all of its kind when it is dropped, which takes the lock of that key.
#[derive(Debug)]
struct Caller(HydraCache);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.remove("callers:k").fire();
    }
}

/// The same in the form in which a value is put by an intent, which is one that can be encoded.
#[derive(Clone)]
struct Written(#[allow(dead_code, reason = "it acts when it is dropped")] Arc<Caller>);

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

type Callers = TypedCache<Arc<Caller>>;

fn caller(callers: &Callers) -> Arc<Caller> {
    Arc::new(Caller(callers.cache().clone()))
}

/// Runs a scenario on a thread of its own. One that waits for itself is left behind.
#[track_caller]
fn ends(cache: HydraCache, scenario: impl FnOnce(&Callers) + Send + 'static) {
    let (done, end) = mpsc::channel();
    thread::spawn(move || {
        let callers = cache.typed_memory_only("callers");
        scenario(&callers);
        done.send(()).unwrap();
    });
    end.recv_timeout(seconds(20)).expect("it neither waits for itself nor panics");
}

/// A store from which another thread evicts what is being removed, and has dropped it by then.
#[derive(Debug, Default)]
struct Leaky(Keeper);

impl Store for Leaky {
    fn get(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.0.get(key)
    }

    fn peek(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.0.peek(key)
    }

    fn insert(&self, key: StoreKey, entry: Arc<Entry>, displaced: &mut Displaced) {
        self.0.insert(key, entry, displaced);
    }

    fn remove(&self, key: KeyRef<'_>, _: &mut Displaced) {
        self.0.remove(key, &mut Displaced::default());
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn weight(&self) -> u64 {
        self.0.weight()
    }

    fn max_entry_weight(&self) -> u64 {
        self.0.max_entry_weight()
    }

    fn visit(&self, each: &mut dyn FnMut(KeyRef<'_>, &Arc<Entry>)) {
        self.0.visit(each);
    }
}

#[test]
fn what_is_evicted_while_an_intent_takes_it_out_may_call_the_cache() {
    ends(HydraCache::local().store(Leaky::default()).build(), |callers| {
        callers.put("k", caller(callers), plain()).local().unwrap();
        drop(callers.cache().write_intent("callers:k").unwrap());
        assert!(!ready(callers.contains_key("k")));
    });
}

fn over_both(scenario: fn(&Callers)) {
    for eviction in [Eviction::S3Fifo, Eviction::TinyLfu] {
        ends(cache(eviction), scenario);
    }
}

#[test]
fn what_an_intent_takes_out_may_call_the_cache() {
    over_both(|callers| {
        callers.put("k", caller(callers), plain()).local().unwrap();
        drop(callers.cache().write_intent("callers:k").unwrap());
        assert!(!ready(callers.contains_key("k")));
    });
}

#[test]
fn what_an_intent_replaces_may_call_the_cache() {
    over_both(|callers| {
        callers.put("k", caller(callers), plain()).local().unwrap();
        let intent = callers.cache().write_intent("callers:k").unwrap();
        assert!(intent.put(1_u8, plain()).local().unwrap());
    });
}

#[test]
fn what_an_intent_does_not_store_may_call_the_cache() {
    over_both(|callers| {
        let intents = [(); 2].map(|()| callers.cache().write_intent("callers:k").unwrap());
        for intent in intents {
            let stored = intent.put(Written(caller(callers)), plain()).local().unwrap();
            assert!(!stored, "the two overlap");
        }
    });
}
