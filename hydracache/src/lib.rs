//! Memoization for Rust services: write an attribute, get a correct, fast cache.
//!
//! # Why
//!
//! A service caches what it reads because reading is slow, and then serves what is no longer true: a slow load stores
//! the old row after its entry was invalidated, a tag's index leaks, a thousand callers load one key at once, an error
//! type changes because a cache sits in between. HydraCache exists to be right about these and to cost next to nothing
//! on a hit.
//!
//! - **An invalidation that returned is final.** No later read returns a value whose load began before it.
//! - **A tag is invalidated in constant time**, for one entry as for a million, and its bookkeeping does not leak.
//! - **One load per key**, however many ask; a caller that goes away does not take the load along.
//! - **The signature does not change.** `Result<T, sqlx::Error>` stays that, and errors pass through untouched.
//! - **A hit allocates nothing**, takes no lock for writing and decodes nothing: values are stored typed.
//! - **Misconfiguration is not silent**: the compiler says it, or one error at start-up that lists all of it.
//!
//! # A first example
//!
//! ```
//! use hydracache::cached;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
//! struct User {
//!     id: u64,
//!     name: String,
//! }
//!
//! #[cached(name = "users.get", key = "user:{id}", tags = ["users", "user:{id}"], ttl = "5m")]
//! async fn get_user(database: &str, id: u64) -> Result<User, std::io::Error> {
//!     Ok(User { id, name: format!("read from {database}") })
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let first = get_user("the database", 42).await?;
//! let second = get_user("nowhere, for this is a hit", 42).await?;
//! assert_eq!(first, second);
//!
//! // Beside the function stands a handle of the same name.
//! assert_eq!(get_user::peek(42), Some(first));
//! get_user::invalidate(42).await?;
//! assert_eq!(get_user::peek(42), None);
//! assert_eq!(get_user::stats().hits, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to go on
//!
//! | you want to | look at |
//! |---|---|
//! | know every key of the attributes | [`macro@cached`], [`macro@invalidates`], [`macro@cache_put`], [`attributes`] |
//! | use a cache by hand | [`HydraCache`], [`CacheOptions`], [`TypedCache`], [`cacheable!`] |
//! | choose caches at start-up, isolate a test | [`Runtime`] |
//! | list what is annotated | [`Registry`], [`CallSite`] |
//! | hand out old values, limit loads | [`RefreshOptions`], [`HydraCache::get_or_load_with_refresh`] |
//! | read many keys at once | [`HydraCache::get_many_or_load`] |
//! | see what a cache does | [`HydraCache::stats`], [`HydraCache::diagnostics`], [`HydraCache::subscribe`] |
//! | invalidate when a transaction is committed | [`CommitList`], [`AtCommit`], [`macro@invalidates`] |
//! | keep several caches right together | [`CacheInvalidationBus`], [`InMemoryInvalidationBus`] |
//! | plug in a store, a clock, a codec | [`Store`], [`Clock`], [`CacheCodec`] |
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `chrono`, `time`, `uuid` | no | dates, times and ids of these crates in keys and tags |
//! | `test-util` | no | `testing::ManualClock`, `testing::FaultyBus`, `store_suite!` and `bus_suite!` for your tests |
//!
//! The default build pulls in no driver, no HTTP and no consensus.

// Generated code says `::hydracache`, in this crate's own tests and examples as well.
extern crate self as hydracache;

#[doc(hidden)]
pub mod __private;

#[doc = include_str!("docs/attributes.md")]
pub mod attributes {}

pub use hydracache_macros::{
    HydraCacheEntity, KeySegment, cache_put, cacheable, cacheable_infallible, cached, cached_defaults,
    cached_impl, invalidates,
};
pub use hydracache_runtime::{
    Alarm, Applied, AtCommit, BulkKey, CacheChoice, CacheCodec, CacheDiagnostics, CacheEntity, CacheError,
    CacheEvent, CacheEventKind, CacheEventOrigin, CacheEventRecvError, CacheEvents, CacheInvalidation,
    CacheInvalidationBus, CacheInvalidationFrame, CacheInvalidationMessage, CacheInvalidationReceive,
    CacheInvalidationReceiver, CacheKey, CacheKeyBuilder, CacheOptions, CacheResult, CacheStats, CacheValue,
    Cached, CallSite, Clock, CodecError, CommitList, Displaced, EntityDescriptor, Entry, Error, ErrorKind,
    EventListener, Eviction, FillToken, HydraCache, InMemoryFramedInvalidationBus, InMemoryInvalidationBus,
    Invalidator, KeyRef, KeySegment, LoadError, Loader, LocalBuilder, MAX_KEY_BYTES, MAX_TAG_BYTES, MAX_TAGS,
    MemoryValue, PostcardCodec, ReadValue, RefreshOptions, Registry, Runtime, RuntimeBuilder, SegmentWriter,
    Source, Store, StoreKey, SystemClock, Tag, TagSet, TypedCache, Warmed, WriteIntent,
};
#[cfg(feature = "test-util")]
pub use hydracache_runtime::{bus_suite, store_suite, testing};

/// The programs of the README, compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
