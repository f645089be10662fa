//! What an error of Diesel means here, and what an error of ours is for Diesel, so that `?` works in functions that return
//! either.

use ::diesel::ConnectionError;
use ::diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use hydracache_runtime::LoadError;

use crate::error::{Context, DbError, DbErrorKind};

/// The kind of an error that ended a load, if it is one of Diesel or of a pool of its connections.
pub(crate) fn kind_of_load(load: &LoadError) -> Option<DbErrorKind> {
    if let Some(error) = load.downcast_ref::<Error>() {
        return Some(kind_of(error));
    }
    if load.downcast_ref::<ConnectionError>().is_some() {
        return Some(DbErrorKind::Connection);
    }
    #[cfg(feature = "diesel-r2d2")]
    if load.downcast_ref::<::diesel::r2d2::PoolError>().is_some() {
        return Some(DbErrorKind::PoolExhausted);
    }
    #[cfg(feature = "diesel-async-deadpool")]
    if let Some(error) = load.downcast_ref::<::diesel_async::pooled_connection::deadpool::PoolError>() {
        return Some(kind_of_deadpool(error));
    }
    None
}

/// The kind of an error of Diesel.
pub(super) fn kind_of(error: &Error) -> DbErrorKind {
    match error {
        Error::NotFound => DbErrorKind::NotFound,
        Error::DeserializationError(_) | Error::IntegerConversion(_) => DbErrorKind::Mapping,
        // `diesel-async` says `UnableToSendCommand` of every error that no server returned.
        Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        )
        | Error::BrokenTransactionManager => DbErrorKind::Connection,
        _ => DbErrorKind::Query,
    }
}

/// The kind of an error of a commit.
///
/// Diesel does not tell the codes of databases, so only what it names, or what SQLite says of a lock, is known for a refusal.
pub(super) fn kind_of_commit(error: &Error) -> DbErrorKind {
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ReadOnlyTransaction
            | DatabaseErrorKind::RestrictViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::ExclusionViolation,
            _,
        ) => DbErrorKind::NotCommitted,
        // SQLITE_BUSY: another connection is reading or writing.
        Error::DatabaseError(_, told) if told.message() == "database is locked" => DbErrorKind::NotCommitted,
        Error::RollbackErrorOnCommit { commit_error, .. } => kind_of_commit(commit_error),
        _ => DbErrorKind::CommitUnknown,
    }
}

#[cfg(feature = "diesel-async-deadpool")]
fn kind_of_deadpool(error: &::diesel_async::pooled_connection::deadpool::PoolError) -> DbErrorKind {
    use ::diesel_async::pooled_connection::deadpool::PoolError;

    match error {
        PoolError::Timeout(_) | PoolError::Closed => DbErrorKind::PoolExhausted,
        PoolError::Backend(_) | PoolError::PostCreateHook(_) => DbErrorKind::Connection,
        // The pool was not told how to wait, which no later attempt changes.
        PoolError::NoRuntimeSpecified => DbErrorKind::NoRuntime,
    }
}

/// The error of a statement that this crate ran.
pub(super) fn failed(operation: &'static str, error: Error) -> DbError {
    DbError::caused_by(kind_of(&error), Context::of(operation), error)
}

/// The error of a commit.
pub(super) fn of_commit(error: Error) -> DbError {
    DbError::caused_by(kind_of_commit(&error), Context::of("commit"), error)
}

/// The error of a statement of the outbox.
pub(super) fn of_outbox(error: Error) -> DbError {
    DbError::of_outbox("write_outbox", error)
}

impl From<Error> for DbError {
    /// For statements that are run beside cached reads and in the bodies of transactions; the error of Diesel is the source.
    fn from(error: Error) -> Self {
        failed("a statement of Diesel", error)
    }
}

impl From<DbError> for Error {
    /// The error of Diesel that it was made of, as far as that can be shared among all who waited for one load: an error of
    /// the database keeps its kind and what was said, so that a transaction which was refused for another one can be tried
    /// again. What Diesel has no word for is a [`QueryBuilderError`](Error::QueryBuilderError) with ours inside.
    fn from(error: DbError) -> Self {
        match error.downcast_ref::<Self>() {
            Some(Self::DatabaseError(kind, _)) => return Self::DatabaseError(*kind, Box::new(Told(error))),
            Some(Self::RollbackTransaction) => return Self::RollbackTransaction,
            Some(Self::NotInTransaction) => return Self::NotInTransaction,
            Some(Self::BrokenTransactionManager) => return Self::BrokenTransactionManager,
            _ => {}
        }
        match error.kind() {
            DbErrorKind::NotFound => Self::NotFound,
            DbErrorKind::NestedTransaction => Self::AlreadyInTransaction,
            DbErrorKind::Mapping => Self::DeserializationError(Box::new(error)),
            _ => Self::QueryBuilderError(Box::new(error)),
        }
    }
}

/// What a database said, inside of an error of ours.
struct Told(DbError);

impl Told {
    fn said(&self) -> Option<&(dyn DatabaseErrorInformation + Send + Sync)> {
        match self.0.downcast_ref()? {
            Error::DatabaseError(_, said) => Some(&**said),
            _ => None,
        }
    }
}

impl DatabaseErrorInformation for Told {
    fn message(&self) -> &str {
        self.said().map(|said| said.message()).unwrap_or_default()
    }

    fn details(&self) -> Option<&str> {
        self.said()?.details()
    }

    fn hint(&self) -> Option<&str> {
        self.said()?.hint()
    }

    fn table_name(&self) -> Option<&str> {
        self.said()?.table_name()
    }

    fn column_name(&self) -> Option<&str> {
        self.said()?.column_name()
    }

    fn constraint_name(&self) -> Option<&str> {
        self.said()?.constraint_name()
    }

    fn statement_position(&self) -> Option<i32> {
        self.said()?.statement_position()
    }
}
