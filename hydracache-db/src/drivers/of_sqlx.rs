//! What an error of sqlx means here, whether its own adapter met it or SeaORM wraps it.

#[cfg(not(feature = "sqlx"))]
use ::sea_orm::sqlx;
use sqlx::Error;
use sqlx::error::DatabaseError;

#[cfg(feature = "sqlx")]
use ::sqlx;

use super::ends_the_connection;
use crate::error::DbErrorKind;

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
pub(crate) fn kind_of_commit(error: &Error) -> DbErrorKind {
    match error {
        // The server has answered that it did not.
        Error::Database(error) if !is_of_the_connection(&**error) => DbErrorKind::NotCommitted,
        _ => DbErrorKind::CommitUnknown,
    }
}

/// Whether the server says that the connection ends, which tells nothing about what was sent on it.
fn is_of_the_connection(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| ends_the_connection(&code))
}
