//! The statements of the outbox in the language of each database.
//!
//! Two transactions may take their numbers in one order and commit in the other, so a reader that goes on from the highest
//! number it has seen would miss rows. Each database has its own cure:
//!
//! - SQLite has one writer at a time, so numbers are taken in the order of commits.
//! - MySQL and MariaDB take the number from a single row that is locked until the commit. The lock is the last thing before
//!   it, so it is held as long as a commit takes.
//! - PostgreSQL keeps the writing transaction's own number in each row. A reader looks again at every row of a transaction
//!   that was not certain to have ended when it last looked (`pg_snapshot_xmin`), and passes over those it has seen. So triggers
//!   can write rows in the midst of long transactions without anybody waiting.

use std::fmt::Write as _;

use super::record::OutboxRecord;
use crate::error::{Context, DbError, DbErrorKind, Result};

/// A database's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
}

impl Dialect {
    /// How many rows are inserted with one statement.
    const AT_ONCE: usize = 100;

    /// The language of a database, by the name that drivers give it.
    ///
    /// # Errors
    ///
    /// [`Outbox`](DbErrorKind::Outbox) for one that there is no outbox for.
    #[cfg_attr(not(feature = "sqlx"), allow(dead_code, reason = "other drivers tell a database by its type"))]
    pub(crate) fn of_name(name: &str) -> Result<Self> {
        match name {
            "SQLite" => Ok(Self::Sqlite),
            "PostgreSQL" => Ok(Self::Postgres),
            "MySQL" => Ok(Self::MySql),
            other => {
                let message = format!(
                    "there is no outbox for {other}; there is one for SQLite, PostgreSQL, MySQL and MariaDB"
                );
                Err(DbError::new(DbErrorKind::Outbox, Context::of("write_outbox"), message))
            }
        }
    }

    /// The statements that make the tables of the outbox, each of which does nothing if that is done.
    ///
    /// They are the files of the crate's folder `migrations`, for those who keep migrations of their own.
    ///
    /// ```
    /// use hydracache_db::outbox::Dialect;
    ///
    /// assert!(Dialect::Postgres.migrations().iter().any(|sql| sql.contains("hydracache_outbox")));
    /// ```
    pub fn migrations(self) -> Vec<&'static str> {
        let file = match self {
            Self::Sqlite => include_str!("../../migrations/sqlite.sql"),
            Self::Postgres => include_str!("../../migrations/postgres.sql"),
            Self::MySql => include_str!("../../migrations/mysql.sql"),
        };
        file.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()).collect()
    }

    /// The statements that write records, in their order, each with the values that are bound to it.
    #[cfg_attr(
        not(any(feature = "sqlx", feature = "diesel", feature = "sea-orm")),
        allow(dead_code, reason = "what writes is an adapter's")
    )]
    pub(crate) fn statements(self, records: &[OutboxRecord]) -> Vec<(String, Vec<Option<String>>)> {
        let bare = |sql| (sql, Vec::new());
        let mut statements: Vec<_> = self.before_insert(records.len()).into_iter().map(bare).collect();
        let mut left = records.len();
        for some in records.chunks(Self::AT_ONCE) {
            left -= some.len();
            let values = some.iter().flat_map(OutboxRecord::columns).collect();
            statements.push((self.insert(some.len(), left), values));
        }
        statements.extend(self.after_insert().into_iter().map(bare));
        statements
    }

    /// What is done before rows are inserted.
    fn before_insert(self, rows: usize) -> Vec<String> {
        match self {
            Self::Sqlite | Self::Postgres => Vec::new(),
            Self::MySql => {
                vec![format!("update hydracache_outbox_head set last_id = last_id + {rows} where one = 1")]
            }
        }
    }

    /// Inserts rows, after which `left` more are inserted; the values are the columns of each
    /// [`OutboxRecord`], one row after the other.
    fn insert(self, rows: usize, left: usize) -> String {
        let mut sql = String::from("insert into hydracache_outbox (");
        if self == Self::MySql {
            sql.push_str("id, ");
        }
        sql.push_str("kind, cache, name, collection, origin) values ");
        for row in 0..rows {
            let comma = if row == 0 { "" } else { ", " };
            // Writing into a `String` cannot fail.
            let _ = match self {
                Self::Sqlite => write!(sql, "{comma}(?, ?, ?, ?, ?)"),
                // This transaction has taken its numbers, and holds them until it ends.
                Self::MySql => write!(
                    sql,
                    "{comma}((select last_id from hydracache_outbox_head where one = 1) - {}, ?, ?, ?, ?, ?)",
                    rows - row - 1 + left
                ),
                Self::Postgres => {
                    let at = row * 5;
                    write!(sql, "{comma}(${}, ${}, ${}, ${}, ${})", at + 1, at + 2, at + 3, at + 4, at + 5)
                }
            };
        }
        sql
    }

    /// What is done after rows were inserted.
    fn after_insert(self) -> Vec<String> {
        match self {
            Self::Sqlite | Self::MySql => Vec::new(),
            // Told to those who listen when, and only if, the transaction commits.
            Self::Postgres => vec!["select pg_notify('hydracache_outbox', '')".to_owned()],
        }
    }

    /// How far the outbox is, and how far it was trimmed: all of it, and what concerns whole caches; and how many rows were trimmed
    /// below what was trimmed before, because their transactions ended late.
    pub(crate) fn head(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "select coalesce((select seq from sqlite_sequence where name = 'hydracache_outbox'), 0), trimmed, \
                 trimmed_cache, late from hydracache_outbox_head where one = 1"
            }
            Self::MySql => {
                "select last_id, trimmed, trimmed_cache, late from hydracache_outbox_head where one = 1"
            }
            Self::Postgres => {
                "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint, trimmed, trimmed_cache, late from \
                 hydracache_outbox_head where one = 1"
            }
        }
    }

    /// The rows from a position on, after an id, up to a number of them; the last column is each row's position.
    pub(crate) fn rows(self) -> &'static str {
        match self {
            Self::Sqlite | Self::MySql => {
                "select id, kind, cache, name, collection, origin, id from hydracache_outbox where id > ? and id > ? \
                 order by id limit ?"
            }
            Self::Postgres => {
                "select id, kind, cache, name, collection, origin, xid::text::bigint from hydracache_outbox where xid >= \
                 $1::bigint::text::xid8 and id > $2 order by id limit $3"
            }
        }
    }

    /// The rows that no relay has published, after an id, up to a number of them.
    pub(crate) fn unpublished(self) -> &'static str {
        match self {
            Self::Sqlite | Self::MySql => {
                "select id, kind, cache, name, collection, origin, id from hydracache_outbox where published = 0 and id > ? \
                 order by id limit ?"
            }
            Self::Postgres => {
                "select id, kind, cache, name, collection, origin, id from hydracache_outbox where not published and \
                 id > $1 order by id limit $2"
            }
        }
    }

    /// Notes that a row is published.
    pub(crate) fn publish(self) -> &'static str {
        match self {
            Self::Sqlite | Self::MySql => "update hydracache_outbox set published = 1 where id = ?",
            Self::Postgres => "update hydracache_outbox set published = true where id = $1",
        }
    }

    /// Deletes the rows that are older than so many seconds, by the clock of the server; with a second number of zero only
    /// those that are published. What was deleted is noted in the same transaction.
    pub(crate) fn trim(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &[
                "update hydracache_outbox_head set \
                 trimmed = max(trimmed, (select coalesce(max(id), 0) from hydracache_outbox where \
                 created_at < datetime('now', '-' || ?1 || ' seconds') and (published = 1 or ?2 = 1))), \
                 trimmed_cache = max(trimmed_cache, (select coalesce(max(id), 0) from hydracache_outbox where \
                 cache is not null and created_at < datetime('now', '-' || ?1 || ' seconds') and (published = 1 or ?2 = 1))) \
                 where one = 1",
                "delete from hydracache_outbox where id <= (select trimmed from hydracache_outbox_head where one = 1) and \
                 created_at < datetime('now', '-' || ?1 || ' seconds') and (published = 1 or ?2 = 1)",
            ],
            Self::MySql => &[
                "set @hydracache_cutoff = timestampadd(second, -?, now()), @hydracache_all = ?",
                "update hydracache_outbox_head set \
                 trimmed = greatest(trimmed, (select coalesce(max(id), 0) from hydracache_outbox where \
                 created_at < @hydracache_cutoff and (published = 1 or @hydracache_all = 1))), \
                 trimmed_cache = greatest(trimmed_cache, (select coalesce(max(id), 0) from hydracache_outbox where \
                 cache is not null and created_at < @hydracache_cutoff and (published = 1 or @hydracache_all = 1))) \
                 where one = 1",
                "delete from hydracache_outbox where id <= (select trimmed from hydracache_outbox_head where one = 1) and \
                 created_at < @hydracache_cutoff and (published = 1 or @hydracache_all = 1)",
            ],
            Self::Postgres => &[
                "with gone as (delete from hydracache_outbox where created_at < now() - $1::bigint * interval '1 second' and \
                 (published or $2::bigint = 1) returning xid::text::bigint as position, cache), \
                 noted as (update hydracache_outbox_head set \
                 late = late + (select count(*) from gone where position <= trimmed), \
                 trimmed = greatest(trimmed, (select coalesce(max(position), 0) from gone)), \
                 trimmed_cache = greatest(trimmed_cache, \
                 (select coalesce(max(position), 0) from gone where cache is not null)) \
                 where one = 1) \
                 select position from gone",
            ],
        }
    }

    /// Whether positions are numbers of transactions, below which everything was seen, and not those of the rows
    /// themselves.
    pub(crate) fn counts_transactions(self) -> bool {
        self == Self::Postgres
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_places_of_its_own() {
        assert!(
            Dialect::Postgres.insert(2, 0).ends_with("values ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10)")
        );
        assert!(Dialect::Sqlite.insert(2, 0).ends_with("values (?, ?, ?, ?, ?), (?, ?, ?, ?, ?)"));
    }

    #[test]
    fn a_database_without_an_outbox_is_named() {
        let error = Dialect::of_name("Oracle").unwrap_err();
        assert_eq!(error.kind(), DbErrorKind::Outbox);
        assert!(error.to_string().contains("Oracle"), "{error}");
    }
}
