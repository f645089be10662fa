//! Values whose drop calls the cache: whoever displaces one drops it without a lock that the call needs.

use std::sync::Arc;

use hydracache_runtime::{CacheOptions, Eviction, HydraCache, TypedCache};

use crate::world::join;

/// A value that uses the cache once more when it goes.
#[derive(Debug)]
struct Caller(HydraCache);

impl Drop for Caller {
    fn drop(&mut self) {
        // What goes down with a failed model is not part of it.
        if !std::thread::panicking() {
            self.0.remove("callers:k").fire();
        }
    }
}

type Callers = TypedCache<Arc<Caller>>;

fn put(callers: &Callers) {
    callers.put("k", Arc::new(Caller(callers.cache().clone())), CacheOptions::new().tag("t")).fire();
}

fn sweep(callers: &Callers) {
    callers.cache().invalidate_tag("t").fire();
    callers.cache().sweep();
}

fn displacing(eviction: Eviction) -> impl Fn() + Send + Sync + 'static {
    move || {
        let cache = HydraCache::local().max_capacity(64).eviction(eviction).build();
        let callers: Callers = cache.typed_memory_only("callers");
        let roles: [fn(&Callers); 4] = [put, put, |callers| callers.remove("k").fire(), sweep];
        join(roles.map(|role| {
            let callers = callers.clone();
            shuttle::thread::spawn(move || role(&callers))
        }));
        // The value that is left holds the cache that holds it.
        cache.remove("callers:k").fire();
    }
}

hold! {
    values_that_call_the_cache_are_dropped_without_its_locks: displacing(Eviction::S3Fifo);
    values_that_call_the_cache_are_dropped_without_the_locks_of_the_other_store:
        displacing(Eviction::TinyLfu);
}

notice! {
    a_drop_under_the_lock_is_noticed: DropUnderLock, displacing(Eviction::S3Fifo);
}
