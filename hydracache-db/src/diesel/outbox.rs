//! The outbox in the words of Diesel.

use std::any::TypeId;

use ::diesel::backend::Backend;
use ::diesel::query_builder::{BoxedSqlQuery, QueryFragment, QueryId, SqlQuery};
use ::diesel::serialize::ToSql;
use ::diesel::sql_query;
use ::diesel::sql_types::{Nullable, Text};

use crate::error::{Context, DbError, DbErrorKind, Result};
use crate::outbox::{Dialect, OutboxRecord};

/// A backend of Diesel whose transactions can invalidate.
///
/// Every backend that takes texts is one. An outbox is there for those of the features `diesel-sqlite`, `diesel-postgres`,
/// `diesel-async-postgres` and `diesel-async-mysql`.
#[diagnostic::on_unimplemented(
    message = "the backend `{Self}` of Diesel does not take texts",
    label = "no transaction that invalidates can be run on it"
)]
pub trait DieselBackend: Backend + 'static {
    /// A statement that owns its values.
    #[doc(hidden)]
    type Statement: QueryFragment<Self> + QueryId + Send + 'static;

    #[doc(hidden)]
    fn statement(sql: String, values: Vec<Option<String>>) -> Self::Statement;
}

#[diagnostic::do_not_recommend]
impl<DB> DieselBackend for DB
where
    DB: Backend + 'static,
    Option<String>: ToSql<Nullable<Text>, DB>,
    BoxedSqlQuery<'static, DB, SqlQuery>: QueryFragment<DB>,
{
    type Statement = BoxedSqlQuery<'static, DB, SqlQuery>;

    fn statement(sql: String, values: Vec<Option<String>>) -> Self::Statement {
        let query = sql_query(sql).into_boxed();
        values.into_iter().fold(query, |query, value| query.bind::<Nullable<Text>, _>(value))
    }
}

/// The statements that write records.
pub(super) fn statements<DB: DieselBackend>(records: &[OutboxRecord]) -> Result<Vec<DB::Statement>> {
    let statements = dialect::<DB>()?.statements(records).into_iter();
    Ok(statements.map(|(sql, values)| DB::statement(sql, values)).collect())
}

/// The language of a backend.
fn dialect<DB: 'static>() -> Result<Dialect> {
    let known: &[(TypeId, Dialect)] = &[
        #[cfg(feature = "diesel-sqlite")]
        (TypeId::of::<::diesel::sqlite::Sqlite>(), Dialect::Sqlite),
        #[cfg(any(feature = "diesel-postgres", feature = "diesel-async-postgres"))]
        (TypeId::of::<::diesel::pg::Pg>(), Dialect::Postgres),
        #[cfg(feature = "diesel-async-mysql")]
        (TypeId::of::<::diesel::mysql::Mysql>(), Dialect::MySql),
    ];
    let found = known.iter().find(|(backend, _)| *backend == TypeId::of::<DB>());
    found.map(|(_, dialect)| *dialect).ok_or_else(|| {
        let message = format!(
            "there is no outbox for `{}`; the features `diesel-sqlite`, `diesel-postgres`, `diesel-async-postgres` and \
             `diesel-async-mysql` of `hydracache-db` bring one each",
            std::any::type_name::<DB>()
        );
        DbError::new(DbErrorKind::Outbox, Context::of("write_outbox"), message)
    })
}
