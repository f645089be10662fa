//! The settings of a cache in this process.

use std::time::Duration;

use crate::cache::HydraCache;
use crate::clock::{Clock, SystemClock};
use crate::codec::{CacheCodec, PostcardCodec};
use crate::engine::{Engine, Settings, check_idle, check_jitter, check_ttl};
use crate::error::{Error, ErrorKind};
use crate::event::DEFAULT_EVENT_CAPACITY;
use crate::invalidation::CacheInvalidationBus;
use crate::store::{self, Capacity, Eviction, Store};
use crate::sync::Arc;

/// Entries a cache keeps when nothing is said.
const DEFAULT_CAPACITY: u64 = 10_000;

/// The longest name of a node: one that every transport can carry.
const MAX_NODE_ID_BYTES: usize = 255;

/// The bytes an entry is taken to need when a capacity in bytes is turned into an estimate of entries.
const TYPICAL_ENTRY_BYTES: u64 = 512;

/// Settings of a cache, each with a default: 10,000 entries, no time to live, S3-FIFO, postcard, the system's clock.
///
/// ```
/// use std::time::Duration;
/// use hydracache_runtime::{Eviction, HydraCache};
///
/// let cache = HydraCache::local()
///     .name("sessions")
///     .max_capacity(50_000)
///     .default_ttl(Duration::from_secs(300))
///     .eviction(Eviction::S3Fifo)
///     .build();
/// assert_eq!(cache.name(), "sessions");
/// ```
#[derive(Debug)]
#[must_use = "settings do nothing until `build`"]
pub struct LocalBuilder {
    name: String,
    default_ttl: Option<Duration>,
    max_capacity: Option<u64>,
    max_bytes: Option<u64>,
    max_entry_bytes: Option<u64>,
    eviction: Eviction,
    store: Option<Arc<dyn Store>>,
    clock: Option<Arc<dyn Clock>>,
    codec: Option<Arc<dyn CacheCodec>>,
    time_to_idle: Option<Duration>,
    jitter: u8,
    event_capacity: usize,
    access_events: bool,
    bus: Option<Arc<dyn CacheInvalidationBus>>,
    node_id: Option<String>,
}

impl LocalBuilder {
    pub(crate) fn new() -> Self {
        Self {
            name: "default".to_owned(),
            default_ttl: None,
            max_capacity: None,
            max_bytes: None,
            max_entry_bytes: None,
            eviction: Eviction::default(),
            store: None,
            clock: None,
            codec: None,
            time_to_idle: None,
            jitter: 0,
            event_capacity: DEFAULT_EVENT_CAPACITY,
            access_events: false,
            bus: None,
            node_id: None,
        }
    }

    /// Names the cache in diagnostics, logs and errors, and in what its transactions tell other processes.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Lets entries expire this long after their load began, unless their own options say otherwise.
    pub fn default_ttl(mut self, ttl: Duration) -> Self {
        self.default_ttl = Some(ttl);
        self
    }

    /// Lets entries live until they are invalidated or evicted, which is the default.
    pub fn no_default_ttl(mut self) -> Self {
        self.default_ttl = None;
        self
    }

    /// Lets entries expire when nobody has read them for this long, besides their time to live.
    pub fn time_to_idle(mut self, idle: Duration) -> Self {
        self.time_to_idle = Some(idle);
        self
    }

    /// Shortens the time to live of each entry by a part of its own, up to this many percent of at most 50, so that entries
    /// which were loaded together do not expire together.
    pub fn jitter(mut self, percent: u8) -> Self {
        self.jitter = percent;
        self
    }

    /// Bounds the cache in entries.
    pub fn max_capacity(mut self, entries: u64) -> Self {
        self.max_capacity = Some(entries);
        self
    }

    /// Bounds the cache in bytes: keys, tags, bookkeeping, and the encoded size or the given weight of the values.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Refuses entries larger than this. Needs [`max_bytes`](Self::max_bytes), which is what makes entries be measured.
    pub fn max_entry_bytes(mut self, bytes: u64) -> Self {
        self.max_entry_bytes = Some(bytes);
        self
    }

    /// Chooses which entries go when space runs out.
    pub fn eviction(mut self, eviction: Eviction) -> Self {
        self.eviction = eviction;
        self
    }

    /// Keeps this many events for each subscriber that does not read them at once; 1,024 if it is not said. Slower ones
    /// lose the oldest and learn how many.
    pub fn event_buffer_capacity(mut self, events: usize) -> Self {
        self.event_capacity = events;
        self
    }

    /// Tells subscribers of hits, misses and loads as well, which is a lot in a busy cache. They are off if it is not said.
    pub fn enable_access_events(mut self, enabled: bool) -> Self {
        self.access_events = enabled;
        self
    }

    /// Tells other caches on this bus what is invalidated here, and invalidates here what they tell.
    ///
    /// See [`CacheInvalidationBus`] for what a bus is, and [`InMemoryInvalidationBus`](crate::InMemoryInvalidationBus) for
    /// one within a process. The cache starts a thread for it.
    pub fn invalidation_bus(self, bus: impl CacheInvalidationBus) -> Self {
        self.shared_invalidation_bus(Arc::new(bus))
    }

    /// As [`invalidation_bus`](Self::invalidation_bus), for a bus that others use as well.
    pub fn shared_invalidation_bus(mut self, bus: Arc<dyn CacheInvalidationBus>) -> Self {
        self.bus = Some(bus);
        self
    }

    /// Names this cache on its bus, in events and in errors; a name of its own if it is not said. At most 255 bytes.
    pub fn invalidation_node_id(mut self, id: impl Into<String>) -> Self {
        self.node_id = Some(id.into());
        self
    }

    /// Uses a store of one's own, which decides on its capacity itself.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Tells the time by another clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Encodes values in another way.
    pub fn codec(mut self, codec: impl CacheCodec) -> Self {
        self.codec = Some(Arc::new(codec));
        self
    }

    /// Builds the cache. Starts no task and needs no runtime.
    ///
    /// # Panics
    ///
    /// With the text of the error that [`try_build`](Self::try_build) returns.
    pub fn build(self) -> HydraCache {
        match self.try_build() {
            Ok(cache) => cache,
            Err(error) => panic!("{error}"),
        }
    }

    /// Builds the cache, or says everything that is wrong with its settings.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration), with a line for each problem; [`Backend`](ErrorKind::Backend) when the
    /// system has no thread for the invalidation bus.
    pub fn try_build(self) -> Result<HydraCache, Error> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!("the cache `{}` cannot be built:\n  - {}", self.name, problems.join("\n  - ")),
            ));
        }
        let in_bytes = self.max_bytes.is_some();
        let capacity = self.max_bytes.or(self.max_capacity).unwrap_or(DEFAULT_CAPACITY);
        let own_store = self.store.is_some();
        let store = self.store.unwrap_or_else(|| {
            let entries = if in_bytes { capacity / TYPICAL_ENTRY_BYTES + 1 } else { capacity };
            let least = if in_bytes { self.max_entry_bytes.unwrap_or(TYPICAL_ENTRY_BYTES) } else { 1 };
            let estimated_entries = usize::try_from(entries).unwrap_or(usize::MAX);
            store::build(
                self.eviction,
                Capacity { weight: capacity, estimated_entries, min_entry_weight: least },
            )
        });
        let engine = Engine::start(Settings {
            name: self.name,
            default_ttl: self.default_ttl,
            time_to_idle: self.time_to_idle,
            jitter: self.jitter,
            event_capacity: self.event_capacity,
            access_events: self.access_events,
            in_bytes,
            capacity: if own_store { 0 } else { capacity },
            max_entry_bytes: self.max_entry_bytes,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock::new())),
            codec: self.codec.unwrap_or_else(|| Arc::new(PostcardCodec)),
            store,
        });
        if let Some(bus) = self.bus {
            engine.join_bus(bus, self.node_id.as_deref())?;
        }
        Ok(HydraCache { engine })
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.name.is_empty() {
            problems.push("its name is empty".to_owned());
        }
        if self.max_capacity == Some(0) {
            problems.push(
                "`max_capacity` is 0; a cache that keeps nothing is switched off by not using it".to_owned(),
            );
        }
        if self.max_bytes == Some(0) {
            problems.push(
                "`max_bytes` is 0; a cache that keeps nothing is switched off by not using it".to_owned(),
            );
        }
        if self.max_capacity.is_some() && self.max_bytes.is_some() {
            problems.push(
                "`max_capacity` and `max_bytes` exclude each other: entries are counted or measured"
                    .to_owned(),
            );
        }
        if self.store.is_some() && self.max_capacity.is_some() {
            problems
                .push("`store` brings its own capacity, so `max_capacity` would have no effect".to_owned());
        }
        match (self.max_entry_bytes, self.max_bytes) {
            (Some(0), _) => problems.push("`max_entry_bytes` is 0, so nothing could be stored".to_owned()),
            (Some(_), None) => {
                problems.push(
                    "`max_entry_bytes` needs `max_bytes`, without which entries are not measured".to_owned(),
                );
            }
            (Some(entry), Some(all)) if entry > all => {
                problems.push(format!("`max_entry_bytes` is {entry} and `max_bytes` only {all}"));
            }
            _ => {}
        }
        if let Some(Err(error)) = self.default_ttl.map(check_ttl) {
            problems.push(format!("`default_ttl`: {error}"));
        }
        if let Some(Err(error)) = self.time_to_idle.map(check_idle) {
            problems.push(format!("`time_to_idle`: {error}"));
        }
        match self.node_id.as_deref().map(str::len) {
            Some(0) => problems.push("`invalidation_node_id` is empty".to_owned()),
            Some(length) if length > MAX_NODE_ID_BYTES => problems.push(format!(
                "`invalidation_node_id` is {length} bytes long and at most {MAX_NODE_ID_BYTES} are allowed"
            )),
            _ => {}
        }
        if self.event_capacity == 0 {
            problems.push("`event_buffer_capacity` is 0, so no subscriber could receive anything".to_owned());
        }
        if let Err(error) = check_jitter(self.jitter) {
            problems.push(format!("`jitter`: {error}"));
        }
        problems
    }
}
