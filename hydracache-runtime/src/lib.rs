//! The engine behind HydraCache: a cache in which an invalidation that returned is final.
//!
//! # Why
//!
//! Most caches let a slow load overwrite an invalidation: the load reads the old row, the row is changed and its entry
//! invalidated, and then the load stores what it read. The window is short and the stale value stays until its time to
//! live ends. This crate closes it. Every load notes a number before it reads its source, every invalidation takes a
//! higher one, and what was stored late is invalid from birth. The same numbers make invalidating a tag one atomic
//! maximum, whether one entry carries it or a million.
//!
//! # What is here
//!
//! | type | is |
//! |---|---|
//! | [`HydraCache`] | a cache under text keys: get, put, get_or_load, fill, invalidate |
//! | [`TypedCache`] | a view of it with one type and one namespace |
//! | [`CacheOptions`], [`TagSet`], [`CacheKeyBuilder`] | what is said about an entry |
//! | [`Runtime`], [`Registry`], [`CallSite`] | which caches annotated functions use, and all that is known of them |
//! | [`Store`], [`Clock`], [`CacheCodec`] | what others plug in |
//! | [`CacheInvalidationBus`], [`InMemoryInvalidationBus`] | what carries invalidations between caches |
//! | [`Error`], [`ErrorKind`], [`LoadError`] | what can go wrong |
//!
//! Programs use this crate through the `hydracache` facade, which adds the attributes.
//!
//! ```
//! use hydracache_runtime::{CacheOptions, HydraCache};
//!
//! # async fn example() -> hydracache_runtime::CacheResult<()> {
//! let cache = HydraCache::local().build();
//! let answer = cache.get_or_insert_with("answer", CacheOptions::new(), || async { 42_u64 }).await?;
//! assert_eq!(answer, 42);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `test-util` | `testing::ManualClock`, `testing::FaultyBus`, `store_suite!` and `bus_suite!` |
//! | `planted-bugs` | switches that break one rule each, for the suites of this project |

#![cfg_attr(hydracache_shuttle, allow(clippy::modulo_one, reason = "the tables of a model have one shard"))]

mod adopt;
mod applied;
mod builder;
mod cache;
mod cached;
mod call;
mod call_site;
mod clock;
mod codec;
mod commit;
#[doc(hidden)]
pub mod db_support;
mod draft;
mod engine;
mod entry;
mod error;
mod event;
mod given;
mod invalidation;
mod key;
mod lead;
#[doc(hidden)]
pub mod macro_support;
mod many;
mod ops;
mod options;
#[cfg(not(hydracache_shuttle))]
mod park;
mod place;
#[cfg_attr(
    not(feature = "planted-bugs"),
    allow(dead_code, unreachable_pub, reason = "the switches exist only with the feature")
)]
mod planted;
mod policy;
mod registry;
mod runtime;
mod sharing;
mod store;
mod sync;
mod tag;
#[cfg(feature = "test-util")]
pub mod testing;
mod timer;
mod typed;
mod value;
mod view;
mod write_intent;

pub use applied::Applied;
pub use builder::LocalBuilder;
pub use cache::HydraCache;
pub use cached::{Cached, Source};
pub use call_site::{CacheChoice, CallSite};
pub use clock::{Alarm, Clock, SystemClock};
pub use codec::{CacheCodec, CodecError, PostcardCodec, ReadValue};
pub use commit::{AtCommit, CommitList};
pub use engine::FillToken;
pub use entry::Entry;
pub use error::{CacheError, CacheResult, Error, ErrorKind, LoadError};
pub use event::{
    CacheDiagnostics, CacheEvent, CacheEventKind, CacheEventOrigin, CacheEventRecvError, CacheEvents,
    CacheStats, EventListener, ListenerHandle,
};
pub use invalidation::{
    CacheInvalidation, CacheInvalidationBus, CacheInvalidationFrame, CacheInvalidationMessage,
    CacheInvalidationReceive, CacheInvalidationReceiver, CachePosition, InMemoryFramedInvalidationBus,
    InMemoryInvalidationBus,
};
pub use key::{CacheKey, CacheKeyBuilder, KeyRef, KeySegment, MAX_KEY_BYTES, SegmentWriter, StoreKey};
pub use macro_support::Warmed;
pub use many::BulkKey;
pub use options::{CacheOptions, RefreshOptions};
#[cfg(feature = "planted-bugs")]
pub use planted::{Planted, PlantedBug, plant};
pub use registry::{CacheEntity, EntityDescriptor, Invalidator, Loader, Registry};
pub use runtime::{Runtime, RuntimeBuilder};
pub use store::{Displaced, Eviction, Store};
pub use tag::{MAX_TAG_BYTES, MAX_TAGS, Tag, TagSet};
pub use typed::TypedCache;
pub use value::{CacheValue, MemoryValue};
pub use write_intent::WriteIntent;
