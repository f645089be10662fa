//! Where a connection stands, as its transaction manager knows it.

use ::diesel::connection::TransactionManagerStatus;

use crate::error::{Context, DbError, DbErrorKind, Result};

/// Whether statements on the connection may be part of a transaction, or it is not known.
#[cfg_attr(not(feature = "diesel-async"), allow(dead_code, reason = "only reads with `diesel-async` ask"))]
pub(super) fn may_be_in_transaction(status: &TransactionManagerStatus) -> bool {
    !matches!(status.transaction_depth(), Ok(None))
}

/// A transaction of ours is the outermost one: the end of another would decide, and nobody here would learn of it.
pub(super) fn outermost(status: &TransactionManagerStatus) -> Result<()> {
    if let Ok(Some(_)) = status.transaction_depth() {
        let message =
            "the connection is in a transaction already, whose end decides: say there what becomes invalid";
        return Err(DbError::new(DbErrorKind::NestedTransaction, Context::of("begin"), message));
    }
    Ok(())
}

/// Nothing that was begun inside of the transaction is still open, so that a commit ends it.
///
/// Where the body has ended it by hand the commit fails, and is one of which nothing is known.
pub(super) fn ends_with_commit(status: &TransactionManagerStatus) -> Result<()> {
    match status.transaction_depth() {
        Ok(Some(depth)) if depth.get() > 1 => {
            let message = "a transaction that was begun inside of it is still open; it was rolled back";
            Err(DbError::new(DbErrorKind::NotCommitted, Context::of("commit"), message))
        }
        _ => Ok(()),
    }
}

/// Whether there is something to be rolled back, and a connection that can do so.
pub(super) fn can_roll_back(status: &TransactionManagerStatus) -> bool {
    matches!(status.transaction_depth(), Ok(Some(_)))
}
