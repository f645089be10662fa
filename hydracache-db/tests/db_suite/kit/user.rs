//! The rows of the tests.

use hydracache_db::CacheEntity;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) version: i64,
}

impl CacheEntity for User {
    type Id = i64;
    const ENTITY: &'static str = "user";
    const COLLECTION: Option<&'static str> = Some("users");
    const TABLE: Option<&'static str> = Some("users");
    const ID_COLUMN: Option<&'static str> = Some("id");

    fn cache_id(&self) -> Option<&i64> {
        Some(&self.id)
    }
}

impl<'r, R: Row> FromRow<'r, R> for User
where
    &'static str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self { id: row.try_get("id")?, name: row.try_get("name")?, version: row.try_get("version")? })
    }
}

/// The statement that finds one user.
pub(crate) fn by_id(id: i64) -> String {
    format!("select id, name, version from users where id = {id}")
}

/// The statement that finds these users.
pub(crate) fn by_ids(ids: &[i64]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    format!("select id, name, version from users where id in ({})", ids.join(", "))
}

/// The statement that finds all users.
pub(crate) const EVERYBODY: &str = "select id, name, version from users order by id";
