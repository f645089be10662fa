//! What an error of SeaORM means here.

use ::sea_orm::{DbErr, RuntimeErr};

use crate::drivers::of_sqlx;
use crate::error::{Context, DbError, DbErrorKind};

/// The kind of an error of SeaORM.
pub(crate) fn kind_of(error: &DbErr) -> DbErrorKind {
    match error {
        DbErr::RecordNotFound(_) => DbErrorKind::NotFound,
        DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } | DbErr::ConvertFromU64(_) => {
            DbErrorKind::Mapping
        }
        // Too late or closed: the pool has none to give.
        DbErr::ConnectionAcquire(_) => DbErrorKind::PoolExhausted,
        DbErr::Conn(RuntimeErr::SqlxError(error))
            if of_sqlx::kind_of(error) == DbErrorKind::PoolExhausted =>
        {
            DbErrorKind::PoolExhausted
        }
        DbErr::Conn(_) => DbErrorKind::Connection,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            of_sqlx::kind_of(error)
        }
        _ => DbErrorKind::Query,
    }
}

/// The kind of an error of a commit: not committed only where the server has said so.
pub(super) fn kind_of_commit(error: &DbErr) -> DbErrorKind {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            of_sqlx::kind_of_commit(error)
        }
        _ => DbErrorKind::CommitUnknown,
    }
}

/// The error of a statement that this crate ran.
pub(super) fn failed(operation: &'static str, error: DbErr) -> DbError {
    DbError::caused_by(kind_of(&error), Context::of(operation), error)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ::sea_orm::{ConnAcquireErr, sqlx};

    use super::*;

    fn query(error: sqlx::Error) -> DbErr {
        DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
    }

    fn conn(error: sqlx::Error) -> DbErr {
        DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
    }

    #[test]
    fn each_error_has_the_kind_of_what_lies_inside_of_it() {
        let io = || sqlx::Error::Io(std::io::Error::other("reset"));
        let kinds = [
            (DbErr::RecordNotFound(String::new()), DbErrorKind::NotFound),
            (DbErr::Type(String::new()), DbErrorKind::Mapping),
            (DbErr::Json(String::new()), DbErrorKind::Mapping),
            (DbErr::ConnectionAcquire(ConnAcquireErr::Timeout), DbErrorKind::PoolExhausted),
            (DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed), DbErrorKind::PoolExhausted),
            (conn(sqlx::Error::PoolTimedOut), DbErrorKind::PoolExhausted),
            (conn(io()), DbErrorKind::Connection),
            (conn(sqlx::Error::RowNotFound), DbErrorKind::Connection),
            (DbErr::Conn(RuntimeErr::Internal("Disconnected".into())), DbErrorKind::Connection),
            (query(io()), DbErrorKind::Connection),
            (query(sqlx::Error::Decode("no number".into())), DbErrorKind::Mapping),
            (DbErr::Query(RuntimeErr::Internal(String::new())), DbErrorKind::Query),
            (DbErr::RecordNotInserted, DbErrorKind::Query),
        ];
        for (error, kind) in kinds {
            assert_eq!(kind_of(&error), kind, "{error:?}");
        }
    }

    #[test]
    fn a_commit_whose_outcome_nobody_told_may_have_happened() {
        for error in
            [query(sqlx::Error::WorkerCrashed), conn(sqlx::Error::PoolClosed), DbErr::MutexPoisonError]
        {
            assert_eq!(kind_of_commit(&error), DbErrorKind::CommitUnknown, "{error:?}");
        }
    }
}
