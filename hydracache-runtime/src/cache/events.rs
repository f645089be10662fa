//! Subscribing to what happens in a cache.

use super::HydraCache;
use crate::event::{CacheEvent, CacheEvents, EventListener, Filter, ListenerHandle};

impl HydraCache {
    /// Every event from now on; those of reads and loads only where the cache was built with
    /// [`enable_access_events`](crate::LocalBuilder::enable_access_events).
    ///
    /// ```
    /// # async fn example() -> hydracache_runtime::CacheResult<()> {
    /// use hydracache_runtime::{CacheEventRecvError, CacheOptions, HydraCache};
    ///
    /// let cache = HydraCache::local().build();
    /// let mut events = cache.subscribe();
    /// cache.put("user:42", "Ada".to_owned(), CacheOptions::new().tag("users")).await?;
    /// match events.recv().await {
    ///     Ok(event) => println!("{:?} of {:?}", event.kind(), event.key()),
    ///     Err(CacheEventRecvError::Lagged(missed)) => println!("{missed} events were lost"),
    ///     Err(_) => println!("the cache has gone"),
    /// }
    /// drop(cache);
    /// assert!(events.next_event().await.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscribe(&self) -> CacheEvents {
        self.events(Filter::all())
    }

    /// Events of what changes: stored, refreshed, removed, expired, evicted and invalidated.
    pub fn subscribe_mutations(&self) -> CacheEvents {
        self.events(Filter::mutations())
    }

    /// Events of reads and loads, where the cache was built with
    /// [`enable_access_events`](crate::LocalBuilder::enable_access_events).
    pub fn subscribe_access(&self) -> CacheEvents {
        self.events(Filter::access())
    }

    /// Events of one key, and invalidations of a namespace, of a prefix or of everything that reach it.
    ///
    /// An invalidated tag is not told: nothing leads from a tag to the keys that carry it.
    pub fn subscribe_key(&self, key: impl AsRef<str>) -> CacheEvents {
        self.events(Filter::all().key(key.as_ref()))
    }

    /// Events of entries that carry a tag, its own invalidation and that of everything.
    pub fn subscribe_tag(&self, tag: impl AsRef<str>) -> CacheEvents {
        self.events(Filter::all().tag(tag.as_ref()))
    }

    /// Calls a closure with each change, on a thread of its own, until the handle is dropped.
    ///
    /// ```
    /// # async fn example() -> hydracache_runtime::CacheResult<()> {
    /// use hydracache_runtime::{CacheEventKind, CacheOptions, HydraCache};
    ///
    /// let cache = HydraCache::local().build();
    /// let (send, told) = std::sync::mpsc::channel();
    /// let listener = cache.on_mutation(move |event| {
    ///     let _ = send.send(event.kind());
    /// });
    /// cache.put("user:42", 42_u64, CacheOptions::new()).await?;
    /// listener.unsubscribe();
    /// assert_eq!(told.iter().collect::<Vec<_>>(), [CacheEventKind::Stored]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_mutation(&self, listener: impl FnMut(&CacheEvent) + Send + 'static) -> ListenerHandle {
        self.engine.events().listen(Filter::mutations(), listener)
    }

    /// As [`on_mutation`](Self::on_mutation), with each step of reads and loads, where the cache was built with
    /// [`enable_access_events`](crate::LocalBuilder::enable_access_events).
    pub fn on_access(&self, listener: impl FnMut(&CacheEvent) + Send + 'static) -> ListenerHandle {
        self.engine.events().listen(Filter::access(), listener)
    }

    /// Tells a listener of every event, on a thread of its own, until the handle is dropped.
    pub fn add_listener(&self, listener: impl EventListener) -> ListenerHandle {
        self.engine.events().listen(Filter::all(), listener)
    }

    pub(crate) fn events(&self, filter: Filter) -> CacheEvents {
        self.engine.events().subscribe(filter)
    }
}
