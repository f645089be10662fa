//! The error of the cache itself; the user's own errors are never converted behind their back.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::invalidation::CachePosition;

/// What went wrong, for code that decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A key is longer than [`MAX_KEY_BYTES`](crate::MAX_KEY_BYTES).
    KeyTooLong,
    /// A tag is longer than [`MAX_TAG_BYTES`](crate::MAX_TAG_BYTES).
    TagTooLong,
    /// An entry would carry more than [`MAX_TAGS`](crate::MAX_TAGS) tags.
    TooManyTags,
    /// A time to live or to idle is zero, or further away than the clock can count, or its jitter is over 50 percent.
    InvalidTtl,
    /// Windows of refresh or limits of a load cannot work together; the message says which and why.
    InvalidRefresh,
    /// The key holds a value of another type than was asked for.
    TypeMismatch,
    /// The entry is larger than the store takes.
    TooLarge,
    /// A value without a byte form was asked for its bytes, or a byte-bounded cache for its size.
    NotEncodable,
    /// The codec refused a value.
    Encode,
    /// Bytes are damaged, foreign, or of another type.
    Decode,
    /// The user's loader failed; [`Error::load_error`] holds what it returned.
    Load,
    /// No function of that name and version has a loader.
    NoLoader,
    /// A load took longer than its limit.
    LoadTimeout,
    /// A load waits for itself, directly or through others.
    LoadCycle,
    /// A fill token was taken from another cache.
    ForeignToken,
    /// Settings that cannot work; the message lists every problem.
    Configuration,
    /// A runtime is installed already, or the implicit default was used before.
    AlreadyInstalled,
    /// Something that the cache talks to failed.
    Backend,
    /// An invalidation was applied in this process, and is not known to have reached the others.
    ///
    /// It stays queued and is published as soon as its bus takes it. Until then other caches may return what it
    /// invalidates. Doing the invalidation again is safe. [`Error::position`] says which message it concerns.
    NotConfirmed,
}

/// The error of a cache operation: a kind, what it concerned, and its cause.
///
/// Cloning shares the cause, so that callers who waited for one load can all be told.
///
/// ```
/// use hydracache_runtime::{Error, ErrorKind};
///
/// let error = Error::Backend("the bus is gone");
/// assert_eq!(error.kind(), ErrorKind::Backend);
/// assert_eq!(error.to_string(), "the bus is gone");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    load: Option<LoadError>,
    position: Option<CachePosition>,
    /// The cause of an error that is not a loader's.
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The name under which the error of the cache was known before.
pub type CacheError = Error;

/// What an operation of the cache returns.
pub type CacheResult<T> = Result<T, Error>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner { kind, message: message.into(), load: None, position: None, cause: None }))
    }

    pub(crate) fn load(key: &str, source: Box<dyn StdError + Send + Sync>) -> Self {
        Self::of_loader(format!("loading `{}` failed", crate::key::preview(key)), source)
    }

    /// The failure of a bulk load of `count` keys, of which `key` is the first.
    pub(crate) fn load_many(key: &str, count: usize, source: Box<dyn StdError + Send + Sync>) -> Self {
        match count {
            1 => Self::load(key, source),
            _ => {
                let (key, others) = (crate::key::preview(key), count - 1);
                Self::of_loader(format!("loading `{key}` and {others} other keys failed"), source)
            }
        }
    }

    fn of_loader(message: String, source: Box<dyn StdError + Send + Sync>) -> Self {
        let load =
            LoadError { message: source.to_string(), kind: ErrorKind::Load, source: Some(source.into()) };
        Self(Arc::new(Inner {
            kind: ErrorKind::Load,
            message,
            load: Some(load),
            position: None,
            cause: None,
        }))
    }

    /// What was invalidated here by the message at `position` may still be valid elsewhere.
    pub(crate) fn not_confirmed(position: CachePosition, cause: &dyn fmt::Display) -> Self {
        let message = format!("invalidated here, but not confirmed elsewhere ({position}): {cause}");
        let kind = ErrorKind::NotConfirmed;
        Self(Arc::new(Inner { kind, message, load: None, position: Some(position), cause: None }))
    }

    /// The same error, saying which key it concerns.
    pub(crate) fn about(self, key: &str) -> Self {
        Self::new(self.kind(), format!("for `{}`: {self}", crate::key::preview(key)))
    }

    /// An error of something behind the cache, for implementers of its traits.
    #[allow(non_snake_case, reason = "written like the variant it was in earlier releases")]
    pub fn Backend(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Backend, message)
    }

    /// An error of something behind the cache that has an error of its own, which becomes its
    /// [`source`](StdError::source).
    ///
    /// ```
    /// use std::error::Error as _;
    /// use hydracache_runtime::{Error, ErrorKind};
    ///
    /// let error = Error::caused_by("the table cannot be read", std::io::Error::other("disk on fire"));
    /// assert_eq!(error.kind(), ErrorKind::Backend);
    /// assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("disk on fire"));
    /// ```
    pub fn caused_by(message: impl Into<String>, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let (kind, message, cause) = (ErrorKind::Backend, message.into(), Some(cause.into().into()));
        Self(Arc::new(Inner { kind, message, load: None, position: None, cause }))
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What the user's loader returned, if it was the loader that failed.
    pub fn load_error(&self) -> Option<&LoadError> {
        self.0.load.as_ref()
    }

    /// Which message was not confirmed, if the kind is [`ErrorKind::NotConfirmed`].
    pub fn position(&self) -> Option<&CachePosition> {
        self.0.position.as_ref()
    }

    /// The loader's own error, or the cause of another one, if it is an `E`.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        match &self.0.cause {
            Some(cause) => cause.downcast_ref(),
            None => self.load_error()?.downcast_ref(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(source) = self.source() {
            debug.field("source", &source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause = self.0.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static));
        cause.or_else(|| self.0.load.as_ref().and_then(StdError::source))
    }
}

/// Why a load gave no value, as it is told to callers other than the one that ran the loader.
///
/// `E: From<LoadError>` on the error type of an annotated function lets every caller that waited for a failed load
/// learn of it, even when `E` cannot be cloned; it also lets the cache report a load that waits for itself.
#[derive(Clone)]
pub struct LoadError {
    kind: ErrorKind,
    message: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl LoadError {
    /// The leader's failure, told by its text because the error itself went to the leader's caller.
    pub(crate) fn told(message: String) -> Self {
        Self { kind: ErrorKind::Load, message, source: None }
    }

    /// [`ErrorKind::Load`] when the loader failed, else what kept the cache from running it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The loader's own error, if it is at hand and an `E`.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.source.as_ref()?.downcast_ref()
    }
}

impl From<Error> for LoadError {
    fn from(error: Error) -> Self {
        match error.load_error() {
            Some(load) => load.clone(),
            None => Self { kind: error.kind(), message: error.to_string(), source: None },
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadError")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("source", &self.source)
            .finish()
    }
}

impl StdError for LoadError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
