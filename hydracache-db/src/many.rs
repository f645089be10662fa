//! Many rows at once: an entry and a flight for each, one query for all that are missing.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use hydracache_runtime::db_support::{Singly, get_many_or_load};
use hydracache_runtime::{CacheEntity, CacheValue, KeySegment, Tag};

use crate::error::{DbError, DbErrorKind, Result};
use crate::prepared::PreparedQuery;

/// Rows of many ids that are about to be read: those that are cached from the cache, the others by one query.
///
/// Single and bulk reads of an id share its entry and its load. An id that has no row is remembered as such. A row whose id the
/// database takes for equal to one that was asked for, as in a column that does not tell cases apart, is the row of its own id.
/// A [`RefreshPolicy`](crate::RefreshPolicy) says nothing of a bulk read.
///
/// ```
/// use hydracache_db::{CacheEntity, DbCache};
/// use hydracache_runtime::HydraCache;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct User {
///     id: i64,
/// }
///
/// impl CacheEntity for User {
///     type Id = i64;
///     const ENTITY: &'static str = "user";
///
///     fn cache_id(&self) -> Option<&i64> {
///         Some(&self.id)
///     }
/// }
///
/// # async fn example() -> hydracache_db::Result<()> {
/// let queries = DbCache::new(HydraCache::local().build(), "db");
/// let users = queries
///     .for_entities::<User>([1, 2, 3])
///     .load_many(|missing| async move {
///         // select * from users where id = any($1)
///         Ok::<_, std::io::Error>(missing.into_iter().filter(|id| *id != 3).map(|id| User { id }).collect())
///     })
///     .await?;
/// assert_eq!(users.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is read until it is loaded"]
pub struct DbMany<T, I> {
    prepared: PreparedQuery<T>,
    ids: Vec<I>,
}

impl<T: CacheValue, I: KeySegment> DbMany<T, I> {
    pub(crate) fn new(prepared: &PreparedQuery<T>, ids: impl IntoIterator<Item = I>) -> Self {
        Self { prepared: prepared.clone(), ids: ids.into_iter().collect() }
    }
}

impl<T, I> DbMany<T, I>
where
    T: CacheValue,
    I: KeySegment + Eq + Hash + Clone + Send + Sync + 'static,
{
    /// Returns the rows by their ids: what is cached, and what one call of `load` returns for the ids that are missing.
    ///
    /// Where an id is being loaded by somebody else, that load is waited for; if it comes to nothing `load` is called again.
    /// An id that is not in the map has no row.
    ///
    /// # Errors
    ///
    /// The error of `load` as the source. [`NoId`](DbErrorKind::NoId) for a row that does not know its id, as those of a
    /// type whose derive has `id = ..` and marks no field; [`load_many_by`](Self::load_many_by) takes those. What was loaded
    /// before is stored all the same.
    pub async fn load_many<E, F, Fut>(self, load: F) -> Result<HashMap<I, T>>
    where
        T: CacheEntity<Id = I>,
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
        F: FnMut(Vec<I>) -> Fut,
        Fut: Future<Output = std::result::Result<Vec<T>, E>> + Send + 'static,
    {
        self.run("load_many", load, |row| row.cache_id().cloned()).await
    }

    /// As [`load_many`](Self::load_many), with the id that a closure finds in a row.
    ///
    /// # Errors
    ///
    /// As [`load_many`](Self::load_many), without `NoId`.
    pub async fn load_many_by<E, F, Fut, B>(self, load: F, id_of: B) -> Result<HashMap<I, T>>
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
        F: FnMut(Vec<I>) -> Fut,
        Fut: Future<Output = std::result::Result<Vec<T>, E>> + Send + 'static,
        B: Fn(&T) -> I + Clone + Send + 'static,
    {
        self.run("load_many_by", load, move |row| Some(id_of(row))).await
    }

    async fn run<E, F, Fut, B>(self, operation: &'static str, mut load: F, id_of: B) -> Result<HashMap<I, T>>
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
        F: FnMut(Vec<I>) -> Fut,
        Fut: Future<Output = std::result::Result<Vec<T>, E>> + Send + 'static,
        B: Fn(&T) -> Option<I> + Clone + Send + 'static,
    {
        let Self { prepared, ids } = self;
        if let Some(error) = prepared.unnamed(operation) {
            return Err(error);
        }
        let context = prepared.context_of_many(operation);
        let keyed = {
            let prepared = prepared.clone();
            move |id: I| Keyed::new(&prepared, id)
        };
        let keys: Vec<_> = ids.into_iter().map(&keyed).collect();
        let singly = Singly { tag: |key: &Keyed<I>| key.tag.clone(), look: Arc::clone(prepared.look()) };
        let load = |missing: Vec<Keyed<I>>| {
            let loading = load(missing.iter().map(|key| key.id.clone()).collect());
            let (keyed, id_of, context) = (keyed.clone(), id_of.clone(), context.clone());
            async move {
                let rows = loading.await.map_err(Into::into)?;
                let mut found: HashMap<_, _> = missing.into_iter().map(|key| (key, None)).collect();
                for row in rows {
                    let Some(id) = id_of(&row) else { return Err(without_id::<T>(context).into()) };
                    found.insert(keyed(id), Some(row));
                }
                Ok::<_, Box<dyn StdError + Send + Sync>>(found)
            }
        };
        let found = get_many_or_load(prepared.view(), keys, prepared.options().clone(), singly, load).await;
        match found {
            Ok(found) => Ok(found.into_iter().filter_map(|(key, row)| Some((key.id, row?))).collect()),
            Err(error) => Err(DbError::of_cache(context, error)),
        }
    }
}

fn without_id<T>(context: crate::error::Context) -> DbError {
    let message = format!(
        "a `{}` does not know its id: mark the field with `#[hydracache(id)]`, or use `load_many_by`",
        std::any::type_name::<T>()
    );
    DbError::new(DbErrorKind::NoId, context, message)
}

/// An id with its key and its tag.
#[derive(Debug, Clone)]
struct Keyed<I> {
    id: I,
    key: String,
    tag: Option<Tag>,
}

impl<I: KeySegment> Keyed<I> {
    fn new<T: CacheValue>(prepared: &PreparedQuery<T>, id: I) -> Self {
        let (key, tag) = prepared.key_and_tag(&id);
        Self { id, key, tag }
    }
}

impl<I> AsRef<str> for Keyed<I> {
    fn as_ref(&self) -> &str {
        &self.key
    }
}

// The key says it all: two ids are written differently.
impl<I> PartialEq for Keyed<I> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<I> Eq for Keyed<I> {}

impl<I> Hash for Keyed<I> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}
