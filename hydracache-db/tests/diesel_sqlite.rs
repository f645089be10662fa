//! Diesel over SQLite: what holds for every database, and what is the blocking pool's and SQLite's own.
#![cfg(feature = "diesel-sqlite")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use std::sync::Arc;

use diesel::SqliteConnection;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use hydracache_db::diesel::{DbError, DbErrorKind, DieselCache, DieselQueryExt, diesel};
use hydracache_db::outbox::Dialect;
use hydracache_runtime::HydraCache;
use tempfile::TempDir;

#[path = "diesel_rules/blocking.rs"]
mod rules;

use rules::{cached, is_cached, rename, users};

type Conn = SqliteConnection;

const DIALECT: Dialect = Dialect::Sqlite;

/// A file that goes away with the last handle.
#[derive(Clone)]
struct Database(Arc<TempDir>);

impl Database {
    fn url(&self) -> String {
        self.0.path().join("rows.sqlite").display().to_string()
    }

    fn connect(&self) -> Conn {
        SqliteConnection::establish(&self.url()).unwrap()
    }
}

#[allow(clippy::unnecessary_wraps, reason = "other databases may be missing")]
fn database() -> Option<Database> {
    Some(Database(Arc::new(tempfile::tempdir().unwrap())))
}

#[tokio::test]
async fn the_program_of_the_reference_runs() -> hydracache_db::diesel::Result<()> {
    let queries = DieselCache::new(HydraCache::local().build(), "diesel");
    let user_name = queries
        .entity::<String>("user", 42)
        .collection_tag("users")
        .diesel_one(move || Ok::<_, hydracache_db::diesel::diesel::result::Error>("Ada".to_owned()))
        .await?;
    assert_eq!(user_name, "Ada");
    Ok(())
}

#[tokio::test]
async fn a_function_may_return_the_error_of_diesel() {
    async fn read(cache: &DieselCache, found: QueryResult<String>) -> QueryResult<String> {
        Ok(cache.entity("user", 42).diesel_one(|| found).await?)
    }
    let cache = users();
    assert_eq!(read(&cache, Err(Error::NotFound)).await, Err(Error::NotFound));
    let unique = || Error::DatabaseError(DatabaseErrorKind::UniqueViolation, Box::new("twice".to_owned()));
    let error = read(&cache, Err(unique())).await.unwrap_err();
    assert!(matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)));
    assert_eq!(error.to_string(), "twice");
    let unreadable = Error::DeserializationError("no date".into());
    assert!(matches!(read(&cache, Err(unreadable)).await, Err(Error::DeserializationError(_))));
    let none = cache.cached::<String>().diesel_one(|| Ok::<_, Error>(String::new())).await.unwrap_err();
    let Error::QueryBuilderError(ours) = Error::from(none) else { panic!("Diesel has a word for it") };
    assert_eq!(ours.downcast_ref().map(DbError::kind), Some(DbErrorKind::NoKey));
}

#[test]
fn outside_of_a_runtime_there_is_an_error_and_what_is_cached_is_found() {
    let cache = users();
    let read = || cache.entity::<String>("user", 42).diesel_one(|| Ok::<_, Error>("Ada".to_owned()));
    let error = without_a_runtime(read()).unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::NoRuntime);
    assert_eq!(error.key(), Some("db:user:42"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(read()).unwrap(), "Ada");
    assert_eq!(without_a_runtime(read()).unwrap(), "Ada");
}

/// Waits for a future without any runtime.
fn without_a_runtime<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        let mut context = std::task::Context::from_waker(&waker);
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[tokio::test]
async fn a_panic_of_the_closure_goes_on_in_the_caller_and_nothing_is_cached() {
    let cache = users();
    let read = cache.entity::<String>("user", 42);
    let reading = tokio::spawn(read.diesel_one(|| -> Result<String, Error> { panic!("in the closure") }));
    let panic = reading.await.unwrap_err().into_panic();
    assert_eq!(*panic.downcast::<&str>().unwrap(), "in the closure");
    assert!(!is_cached(&cache).await);
    cached(&cache).await;
}

#[tokio::test]
async fn readers_at_once_share_one_closure_that_goes_on_when_they_go_away() {
    let (cache, gate) = (users(), Arc::new(std::sync::Barrier::new(2)));
    let read = |gate: Option<Arc<std::sync::Barrier>>| {
        let read = cache.entity::<String>("user", 42);
        read.diesel_one(move || {
            gate.map(|gate| gate.wait());
            Ok::<_, Error>("Ada".to_owned())
        })
    };
    let leader = tokio::spawn(read(Some(gate.clone())));
    while cache.cache().stats().misses == 0 {
        tokio::task::yield_now().await;
    }
    let follower = tokio::spawn(read(None));
    tokio::task::yield_now().await;
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
    assert_eq!(follower.await.unwrap().unwrap(), "Ada");
    assert_eq!(cache.cache().stats().loads, 1);
}

#[tokio::test]
async fn a_commit_that_another_connection_holds_up_is_refused() {
    let database = database().unwrap();
    let (mut writer, mut reader) = (database.connect(), database.connect());
    let tables = "create table users (id bigint primary key, name text not null)";
    diesel::sql_query(tables).execute(&mut writer).unwrap();
    diesel::sql_query("insert into users values (42, 'Ada')").execute(&mut writer).unwrap();
    let cache = users();
    cached(&cache).await;
    let count = |reader: &mut Conn| rules::users::table.count().get_result::<i64>(reader);
    reader
        .transaction(|reader| {
            // The reader's lock is shared until its transaction ends, and a commit needs the file for itself.
            assert_eq!(count(reader), Ok(1));
            let renamed = cache.transaction(&mut writer, |writer, invalidations| {
                invalidations.invalidates_all();
                rename(writer).map_err(DbError::from)
            });
            assert_eq!(renamed.unwrap_err().kind(), DbErrorKind::NotCommitted);
            Ok::<_, Error>(())
        })
        .unwrap();
    assert!(is_cached(&cache).await);
    let renamed = cache.transaction(&mut writer, |writer, invalidations| {
        invalidations.invalidates_all();
        rename(writer)
    });
    assert_eq!(renamed, Ok(1), "the connection can be used");
    assert!(!is_cached(&cache).await);
}

#[cfg(feature = "diesel-r2d2")]
#[tokio::test]
async fn a_pool_is_used_inside_of_the_closure() {
    use diesel::r2d2::{ConnectionManager, Pool};
    type BoxError = Box<dyn std::error::Error + Send + Sync>;

    let database = database().unwrap();
    let manager = ConnectionManager::<Conn>::new(database.url());
    let wait = std::time::Duration::from_millis(50);
    let pool = Pool::builder().max_size(1).connection_timeout(wait).build(manager).unwrap();
    let cache = users();
    let one = || {
        let pool = pool.clone();
        cache.cached::<i32>().key("one").diesel_one(move || {
            let one = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1"));
            Ok::<_, BoxError>(one.get_result(&mut pool.get()?)?)
        })
    };
    let held = pool.get().unwrap();
    let error = one().await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::PoolExhausted);
    assert!(error.kind().is_transient());
    drop(held);
    assert_eq!(one().await.unwrap(), 1);
    let mut held = pool.get().unwrap();
    assert_eq!(one().await.unwrap(), 1, "a hit needs no connection");
    cache
        .transaction(&mut held, |_, invalidations| {
            invalidations.invalidates_key("one");
            Ok::<_, DbError>(())
        })
        .unwrap();
    assert!(!cache.cache().contains_key("db:one").await);
}
