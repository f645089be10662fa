//! Memoization for Rust services: write an attribute, get a correct cache.
extern crate self as hydracache;

#[doc(hidden)]
pub mod __private;

pub use hydracache_macros::{cacheable, cacheable_infallible, cached};
pub use hydracache_runtime::{
    Applied, CacheChoice, CacheCodec, CacheDiagnostics, CacheError, CacheKey, CacheKeyBuilder, CacheOptions,
    CacheResult, CacheStats, CacheValue, Cached, CallSite, Clock, CodecError, Displaced, Entry, Error,
    ErrorKind, Eviction, FillToken, HydraCache, KeyRef, KeySegment, LoadError, LocalBuilder, MAX_KEY_BYTES,
    MAX_TAG_BYTES, MAX_TAGS, MemoryValue, PostcardCodec, ReadValue, Registry, Runtime, RuntimeBuilder,
    SegmentWriter, Source, Store, StoreKey, SystemClock, Tag, TagSet, TypedCache,
};
#[cfg(feature = "test-util")]
pub use hydracache_runtime::{store_suite, testing};
