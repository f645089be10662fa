//! The error of a cached read or of a write that invalidates.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use hydracache_runtime::{CacheError, LoadError};

/// What an operation of this crate returns.
pub type Result<T> = std::result::Result<T, DbError>;

/// What went wrong, for code that decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DbErrorKind {
    /// There is no such row, and the read needs one.
    NotFound,
    /// The row is there and does not fit the type it is read as.
    Mapping,
    /// The database refused the statement.
    Query,
    /// No connection of the pool became free in time, or the pool is closed.
    PoolExhausted,
    /// The server cannot be reached, or the connection broke.
    Connection,
    /// What loads the value failed with an error that no driver of ours returned.
    Load,
    /// The commit was not acknowledged and may have happened all the same; what it makes invalid was invalidated.
    CommitUnknown,
    /// The transaction was not committed; nothing was invalidated.
    NotCommitted,
    /// A transaction was begun inside of another one, whose end decides.
    NestedTransaction,
    /// Blocking code was to be run outside of a tokio runtime, or in one that is shutting down.
    NoRuntime,
    /// A read was not told its key.
    NoKey,
    /// A value does not know its id.
    NoId,
    /// An entity does not say which table and columns hold it.
    NoTable,
    /// The cache refused; [`DbError::cache_error`] says why.
    Cache,
    /// The outbox cannot be written or read.
    Outbox,
    /// The outbox holds a row that is none of ours.
    ForeignRow,
    /// Rows of the outbox were trimmed before they were read here; what they could have concerned was dropped.
    Trimmed,
}

impl DbErrorKind {
    /// Whether the same operation may succeed when it is tried again later.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::PoolExhausted | Self::Connection)
    }
}

/// The error of a cached read or of a write that invalidates: what went wrong, in which operation, of which entity, under
/// which key, and the driver's own error as its source.
///
/// Cloning shares the source, so that all callers who waited for one load are told.
///
/// ```
/// use hydracache_db::{DbCache, DbErrorKind};
/// use hydracache_runtime::HydraCache;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let queries = DbCache::new(HydraCache::local().build(), "db");
/// let error = queries
///     .entity::<String>("user", 42)
///     .with_name("load-user")
///     .load(|| async { Err::<String, _>(std::io::Error::other("no such disk")) })
///     .await
///     .unwrap_err();
/// assert_eq!(error.kind(), DbErrorKind::Load);
/// assert_eq!((error.operation(), error.entity(), error.key()), ("load-user", Some("user"), Some("db:user:42")));
/// assert!(error.downcast_ref::<std::io::Error>().is_some());
/// assert_eq!(error.to_string(), "`load-user` of `user` under `db:user:42` failed: no such disk");
/// # }
/// ```
#[derive(Clone)]
pub struct DbError(Arc<Inner>);

struct Inner {
    kind: DbErrorKind,
    context: Context,
    message: String,
    cause: Option<Cause>,
}

/// What lies behind an error.
#[derive(Clone)]
enum Cause {
    Cache(CacheError),
    Other(Arc<dyn StdError + Send + Sync>),
}

/// What an error is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) operation: Cow<'static, str>,
    pub(crate) entity: Option<String>,
    pub(crate) key: Option<String>,
}

impl Context {
    /// An operation on no entity and no key.
    pub(crate) fn of(operation: impl Into<Cow<'static, str>>) -> Self {
        Self { operation: operation.into(), entity: None, key: None }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.operation)?;
        if let Some(entity) = &self.entity {
            write!(f, " of `{entity}`")?;
        }
        if let Some(key) = &self.key {
            write!(f, " under `{key}`")?;
        }
        Ok(())
    }
}

impl DbError {
    /// An error without a cause of its own.
    pub(crate) fn new(kind: DbErrorKind, context: Context, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner { kind, context, message: message.into(), cause: None }))
    }

    /// The error of something that this crate called.
    pub(crate) fn caused_by(
        kind: DbErrorKind,
        context: Context,
        cause: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let cause: Arc<dyn StdError + Send + Sync> = cause.into().into();
        Self(Arc::new(Inner { kind, context, message: cause.to_string(), cause: Some(Cause::Other(cause)) }))
    }

    /// An error of a statement on the tables of the outbox.
    #[cfg_attr(
        not(any(feature = "sqlx", feature = "sea-orm", feature = "diesel")),
        allow(dead_code, reason = "what writes the outbox is an adapter's")
    )]
    pub(crate) fn of_outbox(
        operation: &'static str,
        cause: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let cause: Arc<dyn StdError + Send + Sync> = cause.into().into();
        let message = format!(
            "{cause} (the tables of the outbox are made by `hydracache_db::outbox::migrate(&pool)` or by the statements of \
             `Dialect::migrations()`)"
        );
        let (kind, context) = (DbErrorKind::Outbox, Context::of(operation));
        Self(Arc::new(Inner { kind, context, message, cause: Some(Cause::Other(cause)) }))
    }

    /// What the cache has to say, which may be the error of a load.
    pub(crate) fn of_cache(context: Context, error: CacheError) -> Self {
        if let Some(inner) = error.downcast_ref::<Self>() {
            return inner.clone();
        }
        let kind = match error.load_error() {
            Some(load) => crate::drivers::kind_of_load(load),
            None => DbErrorKind::Cache,
        };
        let message = error.load_error().map_or_else(|| error.to_string(), ToString::to_string);
        Self(Arc::new(Inner { kind, context, message, cause: Some(Cause::Cache(error)) }))
    }

    /// What went wrong.
    pub fn kind(&self) -> DbErrorKind {
        self.0.kind
    }

    /// The name of the read or write, or of the method that was called.
    pub fn operation(&self) -> &str {
        &self.0.context.operation
    }

    /// The entity or collection, where one was named.
    pub fn entity(&self) -> Option<&str> {
        self.0.context.entity.as_deref()
    }

    /// The key in the cache, namespace included, where there is one.
    pub fn key(&self) -> Option<&str> {
        self.0.context.key.as_deref()
    }

    /// The error of the cache, if it was the cache that refused or the load that it ran that failed.
    pub fn cache_error(&self) -> Option<&CacheError> {
        match &self.0.cause {
            Some(Cause::Cache(error)) => Some(error),
            _ => None,
        }
    }

    /// The error of the driver or of the loader, if it is an `E`.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        match self.0.cause.as_ref()? {
            Cause::Cache(error) => error.downcast_ref(),
            Cause::Other(error) => error.downcast_ref(),
        }
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.0.context, self.0.message)
    }
}

impl fmt::Debug for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, context, message, .. } = &*self.0;
        let mut debug = f.debug_struct("DbError");
        debug.field("kind", kind).field("context", context).field("message", message);
        if let Some(source) = self.source() {
            debug.field("source", &source);
        }
        debug.finish()
    }
}

impl StdError for DbError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.0.cause.as_ref()? {
            Cause::Cache(error) if error.load_error().is_some() => error.source(),
            Cause::Cache(error) => Some(error),
            Cause::Other(error) => Some(&**error),
        }
    }
}

impl From<CacheError> for DbError {
    fn from(error: CacheError) -> Self {
        Self::of_cache(Context::of("a call of the cache"), error)
    }
}

impl From<DbError> for CacheError {
    /// The error keeps all it says; the database error is its [`source`](StdError::source).
    fn from(error: DbError) -> Self {
        Self::caused_by(error.to_string(), error)
    }
}

impl From<LoadError> for DbError {
    /// For annotated functions that return it: those who waited for a load that failed are told.
    fn from(error: LoadError) -> Self {
        match error.downcast_ref::<Self>() {
            Some(inner) => inner.clone(),
            None => Self::caused_by(DbErrorKind::Load, Context::of("a load of the cache"), error),
        }
    }
}
