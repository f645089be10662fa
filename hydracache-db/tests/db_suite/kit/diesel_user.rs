//! Users as Diesel reads them, and a count of those that it has read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::row::NamedRow;
use diesel::sql_types::{BigInt, Text};
use hydracache_db::diesel::diesel;

use super::user::User;

/// How many rows were read for each number.
static READ: Mutex<Vec<Arc<AtomicU64>>> = Mutex::new(Vec::new());

/// Counts rows: its queries ask for its number beside the columns, and each row that has the number is counted.
#[derive(Clone)]
pub(crate) struct Rows {
    number: usize,
    read: Arc<AtomicU64>,
}

impl Rows {
    pub(crate) fn new() -> Self {
        let (mut all, read) = (READ.lock().unwrap(), Arc::<AtomicU64>::default());
        all.push(Arc::clone(&read));
        Self { number: all.len() - 1, read }
    }

    pub(crate) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The query, which asks for the number as well.
    pub(crate) fn counted(&self, sql: &str) -> String {
        sql.replacen("select ", &format!("select id * 0 + {} as reader, ", self.number), 1)
    }
}

impl<DB: Backend> QueryableByName<DB> for User
where
    i64: FromSql<BigInt, DB>,
    String: FromSql<Text, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        if let Ok(reader) = NamedRow::get::<BigInt, i64>(row, "reader") {
            READ.lock().unwrap()[usize::try_from(reader)?].fetch_add(1, Ordering::Relaxed);
        }
        Ok(Self {
            id: NamedRow::get::<BigInt, _>(row, "id")?,
            name: NamedRow::get::<Text, _>(row, "name")?,
            version: NamedRow::get::<BigInt, _>(row, "version")?,
        })
    }
}
