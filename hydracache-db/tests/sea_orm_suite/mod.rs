//! What holds for SeaORM on every database.

#![allow(dead_code, reason = "not every database can play every part")]

pub(crate) mod entities;
mod reads;
mod selects;
mod transactions;

use hydracache_db::DbCache;
use hydracache_db::sea_orm::sea_orm;
use hydracache_runtime::HydraCache;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

pub(crate) use reads::*;
pub(crate) use selects::*;
pub(crate) use transactions::*;

/// A database with a few rows, and a cache for it.
pub(crate) struct Place {
    pub(crate) db: DatabaseConnection,
    pub(crate) cache: DbCache,
    /// Where the file is, if it is one.
    pub(crate) folder: Option<tempfile::TempDir>,
}

impl Place {
    pub(crate) async fn at(address: String) -> Self {
        let mut options = ConnectOptions::new(address);
        options.max_connections(4).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        let cache = DbCache::new(HydraCache::local().build(), "db");
        let place = Self { db, cache, folder: None };
        place.run("create table users (id bigint primary key, name varchar(100) not null)").await;
        place.run("create table posts (id bigint primary key, user_id bigint not null, title varchar(100) not null)").await;
        place
            .run("create table members (team bigint not null, user_id bigint not null, role varchar(100) not null, primary key (team, user_id))")
            .await;
        place.run("insert into users (id, name) values (42, 'Ada'), (43, 'Grace')").await;
        place.run("insert into posts (id, user_id, title) values (1, 42, 'Notes')").await;
        place
            .run("insert into members (team, user_id, role) values (1, 42, 'lead'), (1, 43, 'admiral')")
            .await;
        place
    }

    /// Runs a statement behind the cache's back.
    pub(crate) async fn run(&self, sql: &str) {
        self.db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub(crate) async fn rename(&self, id: i64, name: &str) {
        self.run(&format!("update users set name = '{name}' where id = {id}")).await;
    }
}

/// Makes a test of each function that is named, on what `$place` returns.
macro_rules! tests_on {
    ($place:expr; $($name:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            if let Some(place) = $place.await {
                sea_orm_suite::$name(place).await;
            }
        }
    )*};
    ($place:expr) => {
        tests_on! { $place;
            a_result_is_loaded_until_its_tag_its_entity_or_its_collection_is_invalidated,
            none_and_empty_lists_are_results,
            errors_are_not_cached_and_say_what_was_read,
            callers_share_one_load_which_goes_on_without_them,
            a_row_is_read_once_until_it_is_invalidated,
            queries_that_differ_have_entries_of_their_own,
            lists_are_made_invalid_by_every_write_of_the_table,
            a_row_with_a_key_of_two_columns_is_known_by_both,
            rows_can_be_something_else_than_models,
            two_tables_are_read_at_once,
            entities_name_their_own_tags,
            what_is_said_of_a_read_goes_before_its_own,
            a_row_that_must_exist_is_not_believed_to_be_missing,
            errors_of_queries_have_their_kind,
            a_commit_invalidates_and_nothing_else_does,
            a_read_in_a_transaction_leaves_the_cache_out,
            what_is_read_through_the_cache_in_a_transaction_is_stored_at_its_commit,
            the_outbox_has_what_was_committed,
            a_transaction_can_have_options,
            nobody_reads_what_was_before_a_commit_that_is_acknowledged,
        }
    };
}
pub(crate) use tests_on;
