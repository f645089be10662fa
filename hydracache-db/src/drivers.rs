//! What the drivers that are compiled in say of their errors.

use hydracache_runtime::LoadError;

use crate::error::{DbError, DbErrorKind};

#[cfg(any(feature = "sqlx", feature = "sea-orm"))]
pub(crate) mod of_sqlx;

/// What kind of error ended a load.
pub(crate) fn kind_of_load(load: &LoadError) -> DbErrorKind {
    if let Some(error) = load.downcast_ref::<DbError>() {
        return error.kind();
    }
    #[cfg(feature = "sqlx")]
    if let Some(error) = load.downcast_ref::<::sqlx::Error>() {
        return of_sqlx::kind_of(error);
    }
    #[cfg(feature = "sea-orm")]
    if let Some(error) = load.downcast_ref::<::sea_orm::DbErr>() {
        return crate::sea_orm::kind_of(error);
    }
    #[cfg(feature = "diesel")]
    if let Some(kind) = crate::diesel::kind_of_load(load) {
        return kind;
    }
    DbErrorKind::Load
}

/// Whether a server says with this code that the connection ends, or that it does not know what became of a statement.
///
/// The classes and codes are those of the SQL standard and of PostgreSQL (08 connection exception, 40003 statement
/// completion unknown, 57P01 to 57P05 the server or an operator ends the connection), and of MySQL and MariaDB for a query that
/// was interrupted or a connection that was killed (70100). Their server says 08S01 when it shuts down.
#[cfg(any(feature = "sqlx", feature = "sea-orm"))]
pub(crate) fn ends_the_connection(code: &str) -> bool {
    code.starts_with("08")
        || matches!(code, "40003" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "70100")
}
