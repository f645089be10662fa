//! What the drivers that are compiled in say of their errors.

use hydracache_runtime::LoadError;

use crate::error::{DbError, DbErrorKind};

/// What kind of error ended a load.
pub(crate) fn kind_of_load(load: &LoadError) -> DbErrorKind {
    if let Some(error) = load.downcast_ref::<DbError>() {
        return error.kind();
    }
    DbErrorKind::Load
}
