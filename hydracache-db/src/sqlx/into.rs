//! Between our error and that of sqlx, so that `?` works in functions that return either.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;

use ::sqlx::Error;
use ::sqlx::error::{DatabaseError, ErrorKind};

use super::errors::failed;
use crate::error::{DbError, DbErrorKind};

impl From<Error> for DbError {
    /// For statements that are run beside cached reads; the error of sqlx is the source.
    fn from(error: Error) -> Self {
        failed("a statement of sqlx", error)
    }
}

impl From<DbError> for Error {
    /// The error of sqlx that it was made of, as far as that can be shared among all who waited for one load: what a program
    /// matches on stays as it was, `RowNotFound`, `PoolTimedOut`, `PoolClosed`, and `Database` with its code, kind and
    /// constraint. What the program does wrong is a `Configuration` error with ours inside, a row that does not fit a `Decode`
    /// error, and anything else an `Io` error.
    fn from(error: DbError) -> Self {
        let kind = match error.downcast_ref::<Self>() {
            Some(Self::PoolClosed) => return Self::PoolClosed,
            Some(Self::Database(_)) => return Self::Database(Box::new(Shared(error))),
            _ => error.kind(),
        };
        match kind {
            DbErrorKind::NotFound => Self::RowNotFound,
            DbErrorKind::PoolExhausted => Self::PoolTimedOut,
            DbErrorKind::Mapping => Self::Decode(Box::new(error)),
            DbErrorKind::NoKey
            | DbErrorKind::NoId
            | DbErrorKind::NoTable
            | DbErrorKind::NestedTransaction
            | DbErrorKind::NoRuntime
            | DbErrorKind::Cache => Self::Configuration(Box::new(error)),
            _ => Self::Io(io::Error::other(error)),
        }
    }
}

/// An error of the database that several callers were told.
struct Shared(DbError);

impl Shared {
    fn inner(&self) -> &dyn DatabaseError {
        match self.0.downcast_ref::<Error>() {
            Some(Error::Database(error)) => &**error,
            _ => unreachable!("it was made of an error of the database"),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for Shared {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

impl DatabaseError for Shared {
    fn message(&self) -> &str {
        self.inner().message()
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.inner().code()
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn constraint(&self) -> Option<&str> {
        self.inner().constraint()
    }

    fn table(&self) -> Option<&str> {
        self.inner().table()
    }

    fn kind(&self) -> ErrorKind {
        self.inner().kind()
    }
}
