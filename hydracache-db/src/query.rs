//! One cached read.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::future::Future;
use std::marker::PhantomData;

use hydracache_runtime::db_support::{Begun, LookAtValue, Request, begin, fill_since, load_error};
use hydracache_runtime::{CacheEntity, CacheOptions, CacheValue, RefreshOptions, TypedCache};

use crate::cache::DbCache;
use crate::error::{Context, DbError, DbErrorKind, Result};
use crate::naming::list_tag;
use crate::policy::QueryCachePolicy;
use crate::terms::{Terms, terms_methods};
use crate::transaction::Fill;

/// A result that is about to be read from the cache or from the database.
///
/// A row that does not exist and an empty list are results and are cached; errors never are. Concurrent reads of one key
/// share one load. The adapters add reads by a driver's own queries; [`load`](Self::load) takes any async code.
///
/// One key holds results of one shape: a row, which may not exist, or a list. `T` is the type of a row.
///
/// ```
/// use hydracache_db::DbCache;
/// use hydracache_runtime::HydraCache;
///
/// # async fn example() -> hydracache_db::Result<()> {
/// let queries = DbCache::new(HydraCache::local().build(), "db");
/// let names = queries
///     .collection::<String>("users")
///     .tag("tenant:7")
///     .load_all(|| async { Ok::<_, std::io::Error>(vec!["Ada".to_owned()]) })
///     .await?;
/// assert_eq!(names, ["Ada"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a query reads nothing until it is loaded"]
pub struct DbQuery<T> {
    db: DbCache,
    policy: QueryCachePolicy,
    pub(crate) in_transaction: bool,
    result: PhantomData<fn() -> T>,
}

impl<T: CacheValue> DbQuery<T> {
    pub(crate) fn new(db: &DbCache, policy: QueryCachePolicy) -> Self {
        Self { db: db.clone(), policy, in_transaction: false, result: PhantomData }
    }

    terms_methods!();

    fn terms_mut(&mut self) -> &mut Terms {
        &mut self.policy.terms
    }

    /// The key of the result in the namespace.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.policy = self.policy.key(key);
        self
    }

    /// Lets a value of an entity's type add the tags that it says itself; see [`QueryCachePolicy::tagged_by`].
    pub fn tagged_by<E: CacheEntity + 'static>(mut self) -> Self {
        self.policy = self.policy.tagged_by::<E>();
        self
    }

    /// Uses the cache for a read inside of a transaction too, which otherwise bypasses it.
    ///
    /// What is cached is handed out. What is read in a [`DbTransaction`](crate::DbTransaction) is stored when that is
    /// committed, as of its beginning; what is read in another transaction is not stored, because it may be a row that is
    /// never committed, or one of an old snapshot.
    ///
    /// What is cached is not what the transaction itself has written before: do not say it of rows that it writes. Nor of rows that
    /// are written after a savepoint which may be rolled back, for the commit would store what was read of them.
    pub fn cached_in_transaction(mut self) -> Self {
        self.in_transaction = true;
        self
    }

    /// Returns the cached row, or runs `load`, stores and returns its result. The load owns what it needs: it goes on when
    /// its caller goes away. So a pool is cloned into it; queries of a driver have methods of their own, which need no clone.
    ///
    /// ```
    /// # use hydracache_db::DbCache;
    /// # #[derive(Clone)]
    /// # struct Pool;
    /// # impl Pool {
    /// #     async fn name(&self, _: i64) -> Result<String, std::io::Error> { Ok("Ada".to_owned()) }
    /// # }
    /// # async fn example(users: DbCache, pool: &Pool) -> hydracache_db::Result<()> {
    /// let pool = pool.clone();
    /// let name = users.entity::<String>("user", 42).load(move || async move { pool.name(42).await }).await?;
    /// # assert_eq!(name, "Ada");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The error of `load` as the source. [`NoKey`](DbErrorKind::NoKey); [`Cache`](DbErrorKind::Cache) for impossible
    /// options. [`NotFound`](DbErrorKind::NotFound) if it waited for another read of the key which found that there is no
    /// such row.
    pub async fn load<E, F, Fut>(self, load: F) -> Result<T>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = std::result::Result<T, E>> + Send + 'static,
    {
        let (read, context) = self.row("load")?;
        let load = || {
            let loading = load();
            async move { loading.await.map(Some) }
        };
        let row = read.owned(load).await;
        existing(row, context)
    }

    /// Another name of [`load`](Self::load).
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub async fn fetch_with<E, F, Fut>(self, load: F) -> Result<T>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = std::result::Result<T, E>> + Send + 'static,
    {
        self.load(load).await
    }

    /// As [`load`](Self::load), for a row that may not exist.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), without `NotFound`.
    pub async fn load_optional<E, F, Fut>(self, load: F) -> Result<Option<T>>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = std::result::Result<Option<T>, E>> + Send + 'static,
    {
        let (read, context) = self.row_or_none("load_optional")?;
        read.owned(load).await.map_err(|error| DbError::of_cache(context, error))
    }

    /// As [`load`](Self::load), for a list, which may be empty.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), without `NotFound`.
    pub async fn load_all<E, F, Fut>(self, load: F) -> Result<Vec<T>>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = std::result::Result<Vec<T>, E>> + Send + 'static,
    {
        let (read, context) = self.list("load_all")?;
        read.owned(load).await.map_err(|error| DbError::of_cache(context, error))
    }

    /// The read of a row that is needed.
    pub(crate) fn row(self, operation: &'static str) -> Result<(Read<Option<T>>, Context)> {
        let look = self.policy.terms.look_at_row(&self.db);
        self.read(operation, Some(look), Option::is_some)
    }

    /// The read of a row that may not exist.
    pub(crate) fn row_or_none(self, operation: &'static str) -> Result<(Read<Option<T>>, Context)> {
        let look = self.policy.terms.look_at_row(&self.db);
        self.read(operation, Some(look), |_| true)
    }

    /// The read of a list.
    pub(crate) fn list(mut self, operation: &'static str) -> Result<(Read<Vec<T>>, Context)> {
        let Terms { tags, collections, .. } = &mut self.policy.terms;
        tags.extend(collections.iter().map(|collection| list_tag(collection)));
        self.read(operation, None, |_| true)
    }

    fn read<V: CacheValue>(
        self,
        operation: &'static str,
        look: Option<LookAtValue<V>>,
        accepts: fn(&V) -> bool,
    ) -> Result<(Read<V>, Context)> {
        let QueryCachePolicy { terms, key, subject } = self.policy;
        let operation = terms.name.clone().unwrap_or(Cow::Borrowed(operation));
        let mut context = Context { operation, entity: subject, key: None };
        let Some(key) = key else {
            let cure = "the read has no key; say which result it is with `entity`, `for_entity`, `collection` or `key`";
            return Err(DbError::new(DbErrorKind::NoKey, context, cure));
        };
        context.key = Some(self.db.full_key(&key));
        let options = terms.options_in(&self.db);
        let read = Read { view: self.db.view(), key, options, refresh: terms.refresh, look, accepts };
        Ok((read, context))
    }
}

/// The row that a read needs.
pub(crate) fn existing<T>(
    row: std::result::Result<Option<T>, hydracache_runtime::CacheError>,
    context: Context,
) -> Result<T> {
    match row {
        Ok(Some(row)) => Ok(row),
        Ok(None) => Err(DbError::new(DbErrorKind::NotFound, context, "there is no such row")),
        Err(error) => Err(DbError::of_cache(context, error)),
    }
}

/// A read whose key, tags and times are settled.
pub(crate) struct Read<V> {
    view: TypedCache<V>,
    key: String,
    options: CacheOptions,
    refresh: Option<RefreshOptions>,
    look: Option<LookAtValue<V>>,
    accepts: fn(&V) -> bool,
}

impl<V: CacheValue> Read<V> {
    fn request(&self, in_place: bool) -> Request<'_, V> {
        Request {
            options: &self.options,
            refresh: self.refresh.as_ref(),
            tag: None,
            look: self.look.as_ref(),
            accepts: self.accepts,
            in_place,
        }
    }

    fn begin(&self, in_place: bool) -> hydracache_runtime::CacheResult<Begun<V>> {
        begin(&self.view, &self.key, &self.request(in_place))
    }

    /// What is cached, or what a load returns that goes on when its caller goes away.
    pub(crate) async fn owned<E, F, Fut>(self, load: F) -> hydracache_runtime::CacheResult<V>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = std::result::Result<V, E>> + Send + 'static,
    {
        // A load is boxed, so that what awaits a read stays small.
        Box::pin(self.begin(false)?.load(load)).await
    }

    /// What is cached, or what a load on the caller's own connection returns, which ends with its caller.
    ///
    /// Inside of a transaction the cache is left out, because the load may see what is never committed. Where the read goes
    /// `through` it nevertheless, what is cached is handed out; what is loaded is stored only by a transaction of ours, when
    /// that is committed.
    #[cfg_attr(
        not(any(feature = "sqlx", feature = "diesel-async", feature = "sea-orm")),
        allow(dead_code, reason = "what reads on a connection is an adapter's")
    )]
    pub(crate) async fn on_connection<E, F, Fut>(
        self,
        whereabouts: Whereabouts<'_>,
        through: bool,
        load: F,
    ) -> hydracache_runtime::CacheResult<V>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = std::result::Result<V, E>>,
    {
        if let Whereabouts::NoTransaction = whereabouts {
            return Box::pin(self.begin(true)?.load_in_place(load)).await;
        }
        if through && let Some(value) = self.hit().await {
            return Ok(value);
        }
        // Its error is told as that of any load.
        let value = load().await.map_err(|error| load_error(&self.key, error.into()))?;
        if through && let Whereabouts::Ours(fills) = whereabouts {
            fills.push(self.at_commit(value.clone()));
        }
        Ok(value)
    }

    /// What is cached and fresh.
    async fn hit(&self) -> Option<V> {
        // A result of another shape is none.
        let found = self.view.get(&self.key).await.unwrap_or_default();
        found.filter(|value| (self.accepts)(value))
    }

    /// Stores, at a commit, what was read in its transaction, unless something it depends on has changed since that began.
    fn at_commit(self, value: V) -> Fill {
        Box::new(move |moment| {
            if let Err(error) = fill_since(&self.view, &self.key, moment, value, &self.request(true)) {
                tracing::debug!(%error, "what was read in a transaction is not stored");
            }
        })
    }
}

/// Whether a connection is inside of a transaction.
#[cfg_attr(
    not(any(feature = "sqlx", feature = "diesel-async", feature = "sea-orm")),
    allow(dead_code, reason = "what reads on a connection is an adapter's")
)]
pub(crate) enum Whereabouts<'c> {
    NoTransaction,
    /// In one whose end nobody here learns of.
    Foreign,
    /// In one of ours, and where to put what its commit stores.
    #[cfg_attr(
        not(any(feature = "sqlx", feature = "sea-orm")),
        allow(dead_code, reason = "closures of Diesel have no place for it")
    )]
    Ours(&'c mut Vec<Fill>),
}

#[cfg_attr(
    not(any(feature = "sqlx", feature = "diesel-async")),
    allow(dead_code, reason = "what reads on a connection is an adapter's")
)]
impl Whereabouts<'_> {
    /// Of a connection of the caller's.
    pub(crate) fn of_connection(in_transaction: bool) -> Self {
        if in_transaction { Self::Foreign } else { Self::NoTransaction }
    }
}
