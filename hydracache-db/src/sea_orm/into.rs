//! Between our error and that of SeaORM, so that `?` works in functions that return either.

use ::sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use super::errors::failed;
use crate::error::{DbError, DbErrorKind};

impl From<DbErr> for DbError {
    /// For statements that are run beside cached reads; the error of SeaORM is the source.
    fn from(error: DbErr) -> Self {
        failed("a statement of SeaORM", error)
    }
}

impl From<DbError> for DbErr {
    /// The error of SeaORM that it was made of, where there is one. Otherwise the one that means the same, with ours as a text:
    /// `RecordNotFound`, `ConnectionAcquire`, `Type`, `Conn`, or `Custom`.
    fn from(error: DbError) -> Self {
        if let Some(inner) = error.downcast_ref::<Self>() {
            return inner.clone();
        }
        let text = error.to_string();
        match error.kind() {
            DbErrorKind::NotFound => Self::RecordNotFound(text),
            DbErrorKind::PoolExhausted => Self::ConnectionAcquire(ConnAcquireErr::Timeout),
            DbErrorKind::Mapping => Self::Type(text),
            DbErrorKind::Connection => Self::Conn(RuntimeErr::Internal(text)),
            _ => Self::Custom(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Context;

    #[test]
    fn an_error_of_sea_orm_comes_back_as_it_was() {
        let there = DbError::from(DbErr::RecordNotFound("user 7".to_owned()));
        assert_eq!((there.kind(), there.operation()), (DbErrorKind::NotFound, "a statement of SeaORM"));
        assert_eq!(DbErr::from(there), DbErr::RecordNotFound("user 7".to_owned()));
    }

    #[test]
    fn an_error_of_ours_becomes_the_one_that_means_the_same() {
        let ours = |kind| DbErr::from(DbError::new(kind, Context::of("read"), "so it is"));
        assert!(matches!(ours(DbErrorKind::NotFound), DbErr::RecordNotFound(_)));
        assert!(matches!(ours(DbErrorKind::PoolExhausted), DbErr::ConnectionAcquire(_)));
        assert!(matches!(ours(DbErrorKind::Mapping), DbErr::Type(_)));
        assert!(matches!(ours(DbErrorKind::Connection), DbErr::Conn(_)));
        assert_eq!(ours(DbErrorKind::NoKey), DbErr::Custom("`read` failed: so it is".to_owned()));
    }
}
