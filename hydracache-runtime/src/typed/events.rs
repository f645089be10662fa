//! Subscribing to what happens in a view.

use super::TypedCache;
use crate::event::{CacheEvent, CacheEvents, EventListener, Filter, ListenerHandle};
use crate::value::MemoryValue;
use crate::view::View as _;

impl<T: MemoryValue> TypedCache<T> {
    /// As [`HydraCache::subscribe`](crate::HydraCache::subscribe): events of keys in the view, and invalidations that may
    /// reach them. Any tag may.
    pub fn subscribe(&self) -> CacheEvents {
        self.events(Filter::all())
    }

    /// As [`HydraCache::subscribe_mutations`](crate::HydraCache::subscribe_mutations), within the view.
    pub fn subscribe_mutations(&self) -> CacheEvents {
        self.events(Filter::mutations())
    }

    /// As [`HydraCache::subscribe_access`](crate::HydraCache::subscribe_access), within the view.
    pub fn subscribe_access(&self) -> CacheEvents {
        self.events(Filter::access())
    }

    /// As [`HydraCache::subscribe_key`](crate::HydraCache::subscribe_key), for a key of the view.
    pub fn subscribe_key(&self, key: impl AsRef<str>) -> CacheEvents {
        self.with_key(key.as_ref(), |_, text| self.cache.subscribe_key(text))
    }

    /// As [`HydraCache::subscribe_tag`](crate::HydraCache::subscribe_tag), within the view.
    pub fn subscribe_tag(&self, tag: impl AsRef<str>) -> CacheEvents {
        self.events(Filter::all().tag(tag.as_ref()))
    }

    /// As [`HydraCache::on_mutation`](crate::HydraCache::on_mutation), within the view.
    pub fn on_mutation(&self, listener: impl FnMut(&CacheEvent) + Send + 'static) -> ListenerHandle {
        self.listen(Filter::mutations(), listener)
    }

    /// As [`HydraCache::on_access`](crate::HydraCache::on_access), within the view.
    pub fn on_access(&self, listener: impl FnMut(&CacheEvent) + Send + 'static) -> ListenerHandle {
        self.listen(Filter::access(), listener)
    }

    /// As [`HydraCache::add_listener`](crate::HydraCache::add_listener), within the view.
    pub fn add_listener(&self, listener: impl EventListener) -> ListenerHandle {
        self.listen(Filter::all(), listener)
    }

    fn events(&self, filter: Filter) -> CacheEvents {
        self.cache.events(filter.within(&self.prefix))
    }

    fn listen(&self, filter: Filter, listener: impl EventListener) -> ListenerHandle {
        self.cache.engine.events().listen(filter.within(&self.prefix), listener)
    }
}
