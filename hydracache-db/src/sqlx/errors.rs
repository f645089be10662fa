//! What an error of sqlx means here.

use ::sqlx::Error;
use ::sqlx::error::DatabaseError;

use crate::error::{Context, DbError, DbErrorKind};

/// The kind of an error of sqlx.
pub(crate) fn kind_of(error: &Error) -> DbErrorKind {
    match error {
        Error::RowNotFound => DbErrorKind::NotFound,
        Error::ColumnNotFound(_)
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::ColumnDecode { .. }
        | Error::Decode(_)
        | Error::TypeNotFound { .. } => DbErrorKind::Mapping,
        Error::PoolTimedOut | Error::PoolClosed => DbErrorKind::PoolExhausted,
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::WorkerCrashed => DbErrorKind::Connection,
        Error::Database(error) if is_of_the_connection(&**error) => DbErrorKind::Connection,
        _ => DbErrorKind::Query,
    }
}

/// The kind of an error of a commit.
pub(super) fn kind_of_commit(error: &Error) -> DbErrorKind {
    match error {
        // The server has answered that it did not.
        Error::Database(error) if !is_of_the_connection(&**error) => DbErrorKind::NotCommitted,
        _ => DbErrorKind::CommitUnknown,
    }
}

/// Whether the server says that the connection ends, which tells nothing about what was sent on it.
fn is_of_the_connection(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| crate::drivers::ends_the_connection(&code))
}

/// The error of a statement that this crate ran.
pub(super) fn failed(operation: &'static str, error: Error) -> DbError {
    DbError::caused_by(kind_of(&error), Context::of(operation), error)
}
