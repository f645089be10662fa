//! A store that a user wrote: through the suite, and inside a cache.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use hydracache_runtime::{Displaced, Entry, HydraCache, KeyRef, Store, StoreKey, store_suite};

use crate::support::{plain, seconds, tagged};

/// The simplest store there is: a map, which throws away whatever comes first when it is full.
#[derive(Debug)]
pub(crate) struct Keeper {
    map: Mutex<HashMap<StoreKey, Arc<Entry>>>,
    capacity: u64,
}

impl Default for Keeper {
    fn default() -> Self {
        Self::new(1_000)
    }
}

impl Keeper {
    fn new(capacity: u64) -> Self {
        Self { map: Mutex::default(), capacity }
    }
}

fn weight_of(map: &HashMap<StoreKey, Arc<Entry>>) -> u64 {
    map.values().map(|entry| u64::from(entry.weight())).sum()
}

impl Store for Keeper {
    fn get(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.map.lock().unwrap().get(&key.to_owned()).cloned()
    }

    fn peek(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.get(key)
    }

    fn insert(&self, key: StoreKey, entry: Arc<Entry>, displaced: &mut Displaced) {
        if u64::from(entry.weight()) > self.capacity {
            return displaced.evict(key, entry);
        }
        let mut map = self.map.lock().unwrap();
        if let Some(old) = map.remove(&key) {
            displaced.take(old);
        }
        while weight_of(&map) + u64::from(entry.weight()) > self.capacity {
            let victim = map.keys().next().expect("an empty map has room").clone();
            let entry = map.remove(&victim).expect("it was just found");
            displaced.evict(victim, entry);
        }
        map.insert(key, entry);
    }

    fn remove(&self, key: KeyRef<'_>, displaced: &mut Displaced) {
        if let Some(entry) = self.map.lock().unwrap().remove(&key.to_owned()) {
            displaced.take(entry);
        }
    }

    fn len(&self) -> usize {
        self.map.lock().unwrap().len()
    }

    fn weight(&self) -> u64 {
        weight_of(&self.map.lock().unwrap())
    }

    fn max_entry_weight(&self) -> u64 {
        self.capacity
    }

    fn visit(&self, each: &mut dyn FnMut(KeyRef<'_>, &Arc<Entry>)) {
        let all: Vec<_> =
            self.map.lock().unwrap().iter().map(|(key, entry)| (key.clone(), Arc::clone(entry))).collect();
        for (key, entry) in &all {
            each(key.as_ref(), entry);
        }
    }
}

store_suite!(suite, |capacity: u64| Keeper::new(capacity));

fn cache(capacity: u64) -> HydraCache {
    HydraCache::local().store(Keeper::new(capacity)).build()
}

#[tokio::test]
async fn a_cache_over_it_reads_writes_and_invalidates() {
    let cache = cache(1_000);
    let view = cache.typed::<String>("v");
    view.put("k", "Ada".to_owned(), tagged("t")).await.unwrap();
    assert_eq!(view.get("k").await.unwrap().as_deref(), Some("Ada"));
    assert_eq!(cache.get_or_insert_with("l", tagged("t"), || async { 7_u8 }).await.unwrap(), 7);
    cache.invalidate_tag("t").await.unwrap();
    assert_eq!(view.get("k").await.unwrap(), None);
    assert_eq!(cache.get::<u8>("l").await.unwrap(), None);
    cache.sweep();
    assert_eq!(cache.diagnostics().await.estimated_entries, 0);
}

#[tokio::test]
async fn a_cache_over_it_keeps_its_capacity_and_counts_evictions() {
    let cache = cache(10);
    for n in 0..100_u64 {
        cache.put(n.to_string(), n, plain()).await.unwrap();
        cache.put(n.to_string(), n, plain()).await.unwrap();
    }
    let diagnostics = cache.diagnostics().await;
    assert_eq!((diagnostics.estimated_entries, diagnostics.weight), (10, 10));
    assert_eq!(diagnostics.stats.evictions, 90);
}

#[tokio::test]
async fn times_are_the_business_of_the_cache_and_not_of_the_store() {
    let clock = hydracache_runtime::testing::ManualClock::new();
    let cache = HydraCache::local().store(Keeper::new(10)).clock(clock.clone()).build();
    cache.put("k", 1_u8, plain().ttl(seconds(5))).await.unwrap();
    clock.advance(seconds(5));
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
}

#[tokio::test]
async fn bytes_are_measured_for_a_store_of_ones_own() {
    let cache = HydraCache::local().store(Keeper::new(50_000)).max_bytes(50_000).build();
    for n in 0..100_u32 {
        cache.put(n.to_string(), vec![0_u8; 1_000], plain()).await.unwrap();
    }
    let diagnostics = cache.diagnostics().await;
    assert!((40_000..=50_000).contains(&diagnostics.weight), "{} bytes", diagnostics.weight);
    cache.put("large", vec![0_u8; 60_000], plain()).await.unwrap_err();
}
