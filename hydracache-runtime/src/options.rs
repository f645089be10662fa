//! What a caller may say about one entry.

use std::time::Duration;

use smallvec::SmallVec;

use crate::tag::{Tag, TagSet};

/// How long an entry stays fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ttl {
    /// As the cache says.
    #[default]
    Inherited,
    /// Until it is invalidated or evicted.
    Unlimited,
    /// This long, counted from the start of its load.
    Limited(Duration),
}

/// What becomes of a loaded `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Absent {
    /// It is a value like any other.
    #[default]
    Kept,
    /// It is handed out and not stored.
    Skipped,
    /// It is stored with a time to live of its own.
    KeptFor(Duration),
}

/// The settings of one entry: how long it lasts, its tags, its weight.
///
/// Nothing is checked here; an operation that is given impossible options says so and stores nothing.
///
/// ```
/// use std::time::Duration;
/// use hydracache_runtime::CacheOptions;
///
/// let options = CacheOptions::new().ttl(Duration::from_secs(60)).tag("users").tags(["user:42"]);
/// assert_eq!(options.tag_names().collect::<Vec<_>>(), ["users", "user:42"]);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "options do nothing until they are passed to an operation"]
pub struct CacheOptions {
    pub(crate) ttl: Ttl,
    pub(crate) tags: SmallVec<[Tag; 2]>,
    pub(crate) weight: Option<u32>,
    pub(crate) idle: Option<Duration>,
    pub(crate) jitter: Option<u8>,
    pub(crate) absent: Absent,
    pub(crate) errors: Option<Duration>,
}

impl CacheOptions {
    /// The cache's own times, no tags, weight found by the cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the entry expire this long after its load began. Zero is refused when it is used.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Ttl::Limited(ttl);
        self
    }

    /// Lets the entry live until it is invalidated or evicted, whatever the cache's default says.
    pub fn no_ttl(mut self) -> Self {
        self.ttl = Ttl::Unlimited;
        self
    }

    /// The same with this time to live, if none was said.
    pub(crate) fn or_ttl(mut self, ttl: Option<Duration>) -> Self {
        if let (Ttl::Inherited, Some(ttl)) = (self.ttl, ttl) {
            self.ttl = Ttl::Limited(ttl);
        }
        self
    }

    /// Lets the entry expire when nobody has read it for this long, besides its time to live. Zero is refused when it is
    /// used.
    pub fn time_to_idle(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// Shortens the time to live of each entry by a part of its own, up to this many percent, so that entries which were
    /// loaded together do not expire together. More than 50 is refused when it is used.
    pub fn jitter(mut self, percent: u8) -> Self {
        self.jitter = Some(percent);
        self
    }

    /// Gives a loaded `None` this time to live, where the value is an `Option`: by
    /// [`get_or_load_optional`](crate::HydraCache::get_or_load_optional) and by annotated functions.
    pub fn none_ttl(mut self, ttl: Duration) -> Self {
        self.absent = Absent::KeptFor(ttl);
        self
    }

    /// Hands a loaded `None` out without storing it, where the value is an `Option`.
    pub fn skip_none(mut self) -> Self {
        self.absent = Absent::Skipped;
        self
    }

    /// Remembers the error of a failed load for this long: calls in that time get it without a load. It never leaves
    /// memory, and reads that do not load see nothing. An old value that the call may be handed goes before it.
    pub fn cache_errors(mut self, ttl: Duration) -> Self {
        self.errors = Some(ttl);
        self
    }

    /// Adds a tag.
    pub fn tag(mut self, tag: impl Into<Tag>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Adds tags to those that are there.
    pub fn tags<I>(mut self, tags: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Tag>,
    {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Adds the tags of a set to those that are there.
    pub fn tag_set(self, tags: TagSet) -> Self {
        self.tags(tags)
    }

    /// Says what the entry weighs in a cache bounded in bytes, instead of its encoded size.
    pub fn weight(mut self, bytes: u32) -> Self {
        self.weight = Some(bytes);
        self
    }

    /// The tags so far, in the order they were added.
    pub fn tag_names(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(Tag::as_str)
    }
}

/// How one call treats values that are old, and loads that are slow or fail.
///
/// The windows belong to the call: a value that another call stored is handed out stale only to a call that said so
/// itself. They count from the end of the entry's freshness. What was invalidated is never handed out, whatever a
/// window says. Impossible combinations are refused when the options are used.
///
/// ```
/// use std::time::Duration;
/// use hydracache_runtime::RefreshOptions;
///
/// let options = RefreshOptions::new()
///     .refresh_ahead(Duration::from_secs(10))
///     .stale_while_revalidate(Duration::from_secs(60))
///     .stale_on_loader_error(Duration::from_secs(600));
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use = "options do nothing until they are passed to an operation"]
pub struct RefreshOptions {
    pub(crate) refresh_ahead: Option<Duration>,
    pub(crate) stale_while_revalidate: Option<Duration>,
    pub(crate) stale_on_loader_error: Option<Duration>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) soft_timeout: Option<Duration>,
    pub(crate) load_timeout: Option<Duration>,
    pub(crate) wait_timeout: Option<Duration>,
    pub(crate) alone: bool,
}

impl RefreshOptions {
    /// No windows and no limits but that of waiting, 30 seconds.
    pub const fn new() -> Self {
        Self {
            refresh_ahead: None,
            stale_while_revalidate: None,
            stale_on_loader_error: None,
            retry_after: None,
            soft_timeout: None,
            load_timeout: None,
            wait_timeout: None,
            alone: false,
        }
    }

    /// Loads a value in the background when it is read this long before its time to live ends, so that a value which is
    /// in use never expires. Must be shorter than the time to live.
    ///
    /// Where there is no tokio runtime nothing is refreshed ahead.
    pub const fn refresh_ahead(mut self, window: Duration) -> Self {
        self.refresh_ahead = Some(window);
        self
    }

    /// Hands out a value this long after its time to live has ended, and loads it in the background meanwhile.
    ///
    /// Where there is no tokio runtime the caller loads, and gets the old value if that fails.
    pub const fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.stale_while_revalidate = Some(window);
        self
    }

    /// Hands out a value this long after its time to live has ended when its load fails.
    pub const fn stale_on_loader_error(mut self, window: Duration) -> Self {
        self.stale_on_loader_error = Some(window);
        self
    }

    /// Leaves a key alone this long after a load of it failed, where a stale value can be handed out instead; one second
    /// if it is not said.
    pub const fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// Hands out the stale value when the load takes longer than this; the load goes on in the background. Needs
    /// [`stale_on_loader_error`](Self::stale_on_loader_error), and a tokio runtime for the load to go on in.
    pub const fn soft_timeout(mut self, limit: Duration) -> Self {
        self.soft_timeout = Some(limit);
        self
    }

    /// Ends a load that takes longer than this with [`LoadTimeout`](crate::ErrorKind::LoadTimeout), for all who wait for
    /// it.
    pub const fn load_timeout(mut self, limit: Duration) -> Self {
        self.load_timeout = Some(limit);
        self
    }

    /// Waits for another caller's load no longer than this, and then loads beside it; the load timeout, else 30 seconds,
    /// if it is not said. A load that is about to end by its own limit is waited for a tenth of a second longer.
    pub const fn wait_timeout(mut self, limit: Duration) -> Self {
        self.wait_timeout = Some(limit);
        self
    }

    /// Whether callers of one key share a load, which they do if it is not said.
    pub const fn single_flight(mut self, shared: bool) -> Self {
        self.alone = !shared;
        self
    }
}
