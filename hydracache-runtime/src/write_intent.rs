//! Putting what was written to the source, when others may write it at the same time.

use serde::Serialize;

use crate::applied::Applied;
use crate::cache::HydraCache;
use crate::engine::Intent;
use crate::error::CacheResult;
use crate::ops::Ops;
use crate::options::CacheOptions;
use crate::value::Access;

/// A write of the source that is about to happen, whose outcome will be stored under a key.
///
/// Two callers may write one row and finish here in another order than the database did. Each takes an intent with
/// [`HydraCache::write_intent`] **before** its write. If no other intent, write, load or invalidation of the key came
/// between, [`put`](Self::put) stores the value; otherwise nobody here knows which value is the later one, and the key
/// is taken out. Dropped without a word the intent takes the key out as well, since the write may have happened.
///
/// ```
/// # async fn example() -> hydracache_runtime::CacheResult<()> {
/// # use hydracache_runtime::{CacheOptions, HydraCache};
/// # async fn rename_in_the_database() -> String { "Ada".to_owned() }
/// let cache = HydraCache::local().build();
/// let intent = cache.write_intent("user:42")?;
/// let user = rename_in_the_database().await;
/// let stored = intent.put(user, CacheOptions::new().tag("users")).await?;
/// assert!(stored, "nobody else wrote it meanwhile");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "an intent that is dropped takes its key out"]
pub struct WriteIntent {
    cache: HydraCache,
    intent: Option<Intent>,
}

impl WriteIntent {
    pub(crate) fn open(cache: &HydraCache, key: &str) -> CacheResult<Self> {
        let engine = &cache.engine;
        let intent = engine.open_intent(engine.checked_key(key)?.to_owned());
        Ok(Self { cache: cache.clone(), intent: Some(intent) })
    }

    /// Stores what was written. `false` if something came between and the key was taken out instead.
    ///
    /// # Errors
    ///
    /// As [`HydraCache::put`]; the key is taken out then.
    pub fn put<T: Serialize + Clone + Send + Sync + 'static>(
        mut self,
        value: T,
        options: CacheOptions,
    ) -> Applied<bool> {
        let ops = Ops::raw(&self.cache.engine);
        let Some(intent) = &self.intent else { unreachable!("only methods that end it take it") };
        // Measuring the value is code of the user's: the intent is taken only after it, and ends by itself if that panics.
        let entry = ops.outcome(intent, value, &Access::write_only(), &options);
        let Some(intent) = self.intent.take() else { unreachable!("it was there just now") };
        ops.close_intent(&intent, entry)
    }

    /// Says that nothing was written: what is cached stays.
    pub fn cancel(mut self) {
        if let Some(intent) = self.intent.take() {
            self.cache.engine.cancel_intent(&intent);
        }
    }
}

impl Drop for WriteIntent {
    fn drop(&mut self) {
        if let Some(intent) = self.intent.take() {
            self.cache.engine.give_up(&intent).fire();
        }
    }
}
