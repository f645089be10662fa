//! Transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hydracache_db::outbox::Dialect;
use hydracache_db::sea_orm::{DbErrorKind, SeaOrmSelect, sea_orm};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IsolationLevel, Statement, TransactionOptions, TransactionTrait,
};

use super::Place;
use super::entities::{Users, users};

impl Place {
    async fn name(&self) -> String {
        let read = Users::find_by_id(42).cached(&self.cache);
        read.one(&self.db).await.unwrap().unwrap().name
    }

    async fn outbox(&self) -> Vec<(String, String)> {
        let sql = "select kind, name from hydracache_outbox order by id";
        let backend = self.db.get_database_backend();
        let rows = self.db.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
        rows.iter().map(|row| row.try_get_many("", &["kind".into(), "name".into()]).unwrap()).collect()
    }

    async fn number(&self, on: &impl ConnectionTrait, sql: &str) -> i64 {
        let backend = self.db.get_database_backend();
        let row = on.query_one_raw(Statement::from_string(backend, sql)).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }
}

fn renamed(name: &str) -> users::ActiveModel {
    users::ActiveModel { id: Set(42), name: Set(name.to_owned()) }
}

pub(crate) async fn a_commit_invalidates_and_nothing_else_does(place: Place) {
    assert_eq!(place.name().await, "Ada");
    place.rename(42, "Byron").await;
    let mut tx = place.cache.begin(&place.db).await.unwrap();
    Users::update(renamed("Rolled back")).exec(&*tx).await.unwrap();
    tx.invalidates_row::<Users>(42);
    tx.rollback().await.unwrap();
    assert_eq!(place.name().await, "Ada", "a rollback invalidates nothing");
    let mut tx = place.cache.begin(&place.db).await.unwrap();
    Users::update(renamed("Dropped")).exec(&*tx).await.unwrap();
    tx.invalidates_row::<Users>(42);
    drop(tx);
    assert_eq!(place.name().await, "Ada", "nor does a transaction that was dropped");
    let mut tx = place.cache.begin(&place.db).await.unwrap();
    Users::update(renamed("Grace")).exec(&*tx).await.unwrap();
    tx.invalidates_row::<Users>(42);
    assert_eq!(place.name().await, "Ada", "nothing is committed yet");
    tx.commit().await.unwrap();
    assert_eq!(place.name().await, "Grace");
}

pub(crate) async fn a_read_in_a_transaction_leaves_the_cache_out(place: Place) {
    assert_eq!(place.name().await, "Ada");
    let tx = place.db.begin().await.unwrap();
    Users::update(renamed("Grace")).exec(&tx).await.unwrap();
    let read = |id: i64| Users::find_by_id(id).cached(&place.cache);
    assert_eq!(read(42).one(&tx).await.unwrap().unwrap().name, "Grace");
    assert_eq!(read(42).cached_in_transaction().one(&tx).await.unwrap().unwrap().name, "Ada", "it is a hit");
    assert_eq!(read(43).cached_in_transaction().one(&tx).await.unwrap().unwrap().name, "Grace");
    assert_eq!(Users::find().cached(&place.cache).all(&tx).await.unwrap().len(), 2);
    tx.commit().await.unwrap();
    place.rename(43, "Hopper").await;
    let found = read(43).one(&place.db).await.unwrap().unwrap();
    assert_eq!(found.name, "Hopper", "what was read in a transaction of others is not stored");
    assert_eq!(place.name().await, "Ada", "nobody said that it is invalid");
}

pub(crate) async fn what_is_read_through_the_cache_in_a_transaction_is_stored_at_its_commit(place: Place) {
    let read = |id: i64| Users::find_by_id(id).cached(&place.cache).cached_in_transaction();
    let mut tx = place.cache.begin(&place.db).await.unwrap();
    assert_eq!(Users::find_by_id(43).cached(&place.cache).one(&mut tx).await.unwrap().unwrap().name, "Grace");
    assert_eq!(read(42).one(&mut tx).await.unwrap().unwrap().name, "Ada");
    let all = Users::find().cached(&place.cache).cached_in_transaction().all(&mut tx).await.unwrap();
    assert_eq!(all.len(), 2);
    tx.commit().await.unwrap();
    place.run("update users set name = 'Byron'").await;
    assert_eq!(place.name().await, "Ada", "it is a hit");
    assert_eq!(Users::find().cached(&place.cache).all(&place.db).await.unwrap(), all, "it is a hit");
    let other = Users::find_by_id(43).cached(&place.cache).one(&place.db).await.unwrap().unwrap();
    assert_eq!(other.name, "Byron", "that read did not go through the cache");
    // What the transaction itself makes invalid, and what others did since it began, is not stored.
    place.cache.clear().await.unwrap();
    let mut tx = place.cache.begin(&place.db).await.unwrap();
    assert_eq!(read(42).one(&mut tx).await.unwrap().unwrap().name, "Byron");
    tx.invalidates_row::<Users>(42);
    assert_eq!(read(43).one(&mut tx).await.unwrap().unwrap().name, "Byron");
    place.cache.invalidate_row::<Users>(43).await.unwrap();
    tx.commit().await.unwrap();
    place.run("update users set name = 'Ada'").await;
    assert_eq!(place.name().await, "Ada");
    assert_eq!(read(43).one(&place.db).await.unwrap().unwrap().name, "Ada");
    // Nor is what was read in one that is rolled back.
    place.cache.clear().await.unwrap();
    let mut tx = place.cache.begin(&place.db).await.unwrap();
    assert_eq!(read(42).one(&mut tx).await.unwrap().unwrap().name, "Ada");
    tx.rollback().await.unwrap();
    place.rename(42, "Grace").await;
    assert_eq!(place.name().await, "Grace");
}

pub(crate) async fn the_outbox_has_what_was_committed(place: Place) {
    let dialect = match place.db.get_database_backend() {
        DbBackend::Sqlite => Dialect::Sqlite,
        DbBackend::Postgres => Dialect::Postgres,
        _ => Dialect::MySql,
    };
    for statement in dialect.migrations() {
        place.run(statement).await;
    }
    let cache = place.cache.clone().with_outbox();
    let mut tx = cache.begin(&place.db).await.unwrap();
    Users::update(renamed("Grace")).exec(&*tx).await.unwrap();
    tx.invalidates_tag("reports");
    tx.rollback().await.unwrap();
    assert_eq!(place.outbox().await, [], "nothing was committed");
    let mut tx = cache.begin(&place.db).await.unwrap();
    Users::update(renamed("Grace")).exec(&*tx).await.unwrap();
    tx.invalidates_tag("reports").invalidates_key("user:42");
    tx.commit().await.unwrap();
    let rows = place.outbox().await;
    assert_eq!(rows.len(), 2);
    assert!(rows[0].0 == "tag" && rows[0].1.ends_with("reports"), "{rows:?}");
    assert_eq!(rows[1], ("key".to_owned(), "db:user:42".to_owned()));
    // More than one statement takes, and their order.
    let mut tx = cache.begin(&place.db).await.unwrap();
    tx.invalidates_tags((0..250).map(|number| format!("tag-{number}")));
    tx.commit().await.unwrap();
    let rows = place.outbox().await;
    assert_eq!(rows.len(), 252);
    assert!(rows[2..].iter().enumerate().all(|(at, row)| row.1.ends_with(&format!("tag-{at}"))), "{rows:?}");
    // Without the table nothing can be committed.
    place.run("drop table hydracache_outbox").await;
    let mut tx = cache.begin(&place.db).await.unwrap();
    Users::update(renamed("Unwritten")).exec(&*tx).await.unwrap();
    tx.invalidates_row::<Users>(42);
    assert_eq!(tx.commit().await.unwrap_err().kind(), DbErrorKind::Outbox);
    assert_eq!(place.name().await, "Grace");
}

pub(crate) async fn a_transaction_can_have_options(place: Place) {
    let options = TransactionOptions {
        isolation_level: (place.db.get_database_backend() != DbBackend::Sqlite)
            .then_some(IsolationLevel::Serializable),
        ..TransactionOptions::default()
    };
    let mut tx = place.cache.begin((&place.db, options)).await.unwrap();
    Users::update(renamed("Grace")).exec(&*tx).await.unwrap();
    // A part of it that is undone is SeaORM's own.
    let part = tx.begin().await.unwrap();
    Users::update(renamed("Part")).exec(&part).await.unwrap();
    part.rollback().await.unwrap();
    tx.invalidates_row::<Users>(42);
    tx.commit().await.unwrap();
    assert_eq!(place.name().await, "Grace");
}

pub(crate) async fn nobody_reads_what_was_before_a_commit_that_is_acknowledged(place: Place) {
    const ROUNDS: u32 = 60;
    place.rename(42, "0").await;
    let (place, acknowledged) = (Arc::new(place), Arc::new(AtomicU32::new(0)));
    let readers: Vec<_> = (0..32)
        .map(|reader| {
            let (place, acknowledged) = (Arc::clone(&place), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                loop {
                    let before = acknowledged.load(Ordering::SeqCst);
                    let name = if reader % 2 == 0 {
                        place.name().await
                    } else {
                        let all = Users::find().cached(&place.cache).all(&place.db).await.unwrap();
                        all.into_iter().find(|user| user.id == 42).unwrap().name
                    };
                    let read: u32 = name.parse().unwrap();
                    assert!(read >= before, "{read} was read after {before} was acknowledged");
                    if read == ROUNDS {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for round in 1..=ROUNDS {
        let mut tx = place.cache.begin(&place.db).await.unwrap();
        Users::update(renamed(&round.to_string())).exec(&*tx).await.unwrap();
        tx.invalidates_row::<Users>(42);
        tx.commit().await.unwrap();
        acknowledged.store(round, Ordering::SeqCst);
    }
    for reader in readers {
        reader.await.unwrap();
    }
}

/// For databases that check foreign keys as late as at the commit.
pub(crate) async fn a_commit_that_is_refused_invalidates_nothing(place: Place) {
    place.run("create table parents (id bigint primary key)").await;
    place
        .run("create table children (parent bigint references parents (id) deferrable initially deferred)")
        .await;
    assert_eq!(place.name().await, "Ada");
    place.rename(42, "Byron").await;
    let mut tx = place.cache.begin(&place.db).await.unwrap();
    tx.execute_unprepared("insert into children (parent) values (1)").await.unwrap();
    tx.invalidates_row::<Users>(42);
    assert_eq!(tx.commit().await.unwrap_err().kind(), DbErrorKind::NotCommitted);
    assert_eq!(place.name().await, "Ada", "nothing has changed");
    // The connection is of use again.
    let sql = "select count(*) from children";
    assert_eq!(place.number(&place.db, sql).await, 0);
}

/// How a connection of a database is ended from another one, in its language.
pub(crate) struct Killing {
    /// The number of one's own connection.
    pub(crate) own: &'static str,
    /// Ends that of a number.
    pub(crate) end: fn(i64) -> String,
    /// How many there are of a number.
    pub(crate) left: fn(i64) -> String,
}

pub(crate) async fn a_commit_that_is_lost_invalidates(place: Place, killing: Killing) {
    assert_eq!(place.name().await, "Ada");
    place.rename(42, "Byron").await;
    let mut tx = place.cache.begin(&place.db).await.unwrap();
    let connection = place.number(&*tx, killing.own).await;
    tx.invalidates_row::<Users>(42);
    place.run(&(killing.end)(connection)).await;
    while place.number(&place.db, &(killing.left)(connection)).await > 0 {}
    let error = tx.commit().await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::CommitUnknown, "{error:?}");
    assert_eq!(place.name().await, "Byron", "it may have happened");
}
