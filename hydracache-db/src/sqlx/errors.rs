//! The errors of statements that this crate runs on sqlx.

use ::sqlx::Error;

use crate::drivers::of_sqlx::kind_of;
use crate::error::{Context, DbError};

/// The error of a statement that this crate ran.
pub(super) fn failed(operation: &'static str, error: Error) -> DbError {
    DbError::caused_by(kind_of(&error), Context::of(operation), error)
}
