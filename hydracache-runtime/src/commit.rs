//! What becomes invalid when a transaction is committed.

use std::collections::HashSet;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::applied::Applied;
use crate::cache::HydraCache;
use crate::engine::Engine;
use crate::invalidation::CacheInvalidation;
use crate::macro_support::Pending;
use crate::sync::{Arc, Mutex};

/// What a transaction makes invalid, kept until it is committed.
///
/// A transaction of the database crate has one, and `#[invalidates(.., at = commit(tx))]` adds to it. Nothing is invalidated
/// before the commit, because a load would read the old row once more and store it; nothing at all is after a rollback.
/// Cloning gives another handle to the same list.
///
/// ```
/// use hydracache_runtime::{CacheInvalidation, CacheOptions, CommitList, HydraCache};
///
/// # async fn example() -> hydracache_runtime::CacheResult<()> {
/// let cache = HydraCache::local().build();
/// cache.put("user:42", "Ada".to_owned(), CacheOptions::new()).await?;
/// let list = CommitList::new();
/// list.add(&cache, CacheInvalidation::Key("user:42".to_owned()));
/// assert!(cache.contains_key("user:42").await, "nothing is committed yet");
/// list.commit().await?;
/// assert!(!cache.contains_key("user:42").await);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct CommitList(Arc<Mutex<Items>>);

/// What is in a list, in its order, each once.
#[derive(Default)]
struct Items {
    all: Vec<Item>,
    /// By the address of the engine.
    known: HashSet<(usize, CacheInvalidation)>,
}

/// Something that is to be invalidated in one cache.
#[derive(Clone)]
struct Item {
    engine: Arc<Engine>,
    what: CacheInvalidation,
}

/// Something that a commit makes invalid.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitItem {
    /// The name of the cache.
    pub cache: String,
    /// What is invalid in it.
    pub what: CacheInvalidation,
}

impl CommitList {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds something that the transaction makes invalid. What is there already is not added again.
    pub fn add(&self, cache: &HydraCache, what: CacheInvalidation) {
        self.push(Item { engine: Arc::clone(&cache.engine), what });
    }

    /// Adds what an attribute has settled; what cannot be invalidated is logged, as after a write without a transaction.
    #[doc(hidden)]
    pub fn add_pending(&self, pending: Pending) {
        match pending.into_parts() {
            Ok((engine, what)) => self.push(Item { engine, what }),
            Err(error) => tracing::warn!(%error, "an invalidation at commit is not possible"),
        }
    }

    fn push(&self, item: Item) {
        let mut items = self.0.lock();
        let engine = Arc::as_ptr(&item.engine).addr();
        if items.known.insert((engine, item.what.clone())) {
            items.all.push(item);
        }
    }

    /// How much is in the list.
    pub fn len(&self) -> usize {
        self.0.lock().all.len()
    }

    /// Whether nothing is in the list.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is in the list, for a record beside the data.
    #[doc(hidden)]
    pub fn items(&self) -> Vec<CommitItem> {
        let item = |Item { engine, what }: &Item| CommitItem {
            cache: engine.settings().name.clone(),
            what: what.clone(),
        };
        self.0.lock().all.iter().map(item).collect()
    }

    /// Forgets everything: the transaction was rolled back.
    pub fn roll_back(&self) {
        // Dropped after the lock: an engine may go with it.
        let _items = mem::take(&mut *self.0.lock());
    }

    /// Invalidates everything in the list, at once in this process, and empties it. To be called when the commit was
    /// acknowledged, or when it may have happened.
    ///
    /// What is returned waits for what lies beyond this process; its error is the first of all.
    pub fn commit(&self) -> Applied {
        let items = mem::take(&mut *self.0.lock()).all;
        let mut panicked = None;
        let applied = items.into_iter().filter_map(|Item { engine, what }| {
            // A value whose drop panics must not keep the others from being invalidated.
            let applied = catch_unwind(AssertUnwindSafe(|| engine.request(what)));
            applied.map_err(|panic| panicked = Some(panic)).ok()
        });
        let applied: Vec<_> = applied.collect();
        match panicked {
            None => applied.into_iter().fold(Applied::new(Ok(())), Applied::and),
            Some(panic) => resume_unwind(panic),
        }
    }
}

impl fmt::Debug for CommitList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.items()).finish()
    }
}

/// A transaction that keeps a [`CommitList`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not know what becomes invalid at its commit",
    label = "this is not a transaction with a list of invalidations",
    note = "begin it with `DbCache::begin(..)` of `hydracache-db`, and pass the `DbTransaction`, or a `CommitList` of your own"
)]
pub trait AtCommit {
    /// The list.
    fn commit_list(&self) -> &CommitList;
}

impl AtCommit for CommitList {
    fn commit_list(&self) -> &CommitList {
        self
    }
}

impl<T: AtCommit + ?Sized> AtCommit for &T {
    fn commit_list(&self) -> &CommitList {
        (**self).commit_list()
    }
}

impl<T: AtCommit + ?Sized> AtCommit for &mut T {
    fn commit_list(&self) -> &CommitList {
        (**self).commit_list()
    }
}
