//! Commits whose caller goes away while they are under way, on a server that takes its time.
#![cfg(all(feature = "sqlx-postgres", feature = "sea-orm-postgres"))]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod servers;

use std::time::Duration;

use hydracache_db::outbox::{self, OutboxFollower};
use hydracache_db::sea_orm::sea_orm::{ConnectionTrait, Database};
use hydracache_db::sqlx::SqlxQueryExt;
use hydracache_db::{DbCache, DbTransaction, DriverTransaction};
use hydracache_runtime::HydraCache;
use sqlx::{PgConnection, PgPool};

/// A commit waits until nobody holds the lock that the test holds.
const SETUP: &str = "create table users (id bigint primary key, name text not null);
    insert into users values (1, 'Ada');
    create function wait() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock_shared(7); return null; end $$;
    create constraint trigger wait after update on users deferrable initially deferred
        for each row execute function wait();";

struct Service {
    url: String,
    pool: PgPool,
    users: DbCache,
}

impl Service {
    async fn start() -> Option<Self> {
        let url = servers::postgres().await?;
        let pool = PgPool::connect(&url).await.unwrap();
        sqlx::raw_sql(SETUP).execute(&pool).await.unwrap();
        outbox::migrate(&pool).await.unwrap();
        let users = DbCache::new(HydraCache::local().build(), "db").with_outbox();
        Some(Self { url, pool, users })
    }

    async fn name(&self) -> String {
        let query = sqlx::query_scalar("select name from users where id = 1");
        self.users.entity::<String>("user", 1).sqlx_one(&self.pool, query).await.unwrap()
    }

    async fn lock(&self) -> PgConnection {
        let mut holder = self.pool.acquire().await.unwrap().detach();
        sqlx::raw_sql("select pg_advisory_lock(7)").execute(&mut holder).await.unwrap();
        holder
    }

    /// Waits until somebody waits for the lock.
    async fn commit_is_under_way(&self) {
        let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted and \
                       database = (select oid from pg_database where datname = current_database())";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&self.pool).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Gives a commit up in its midst, reads what is still true, and lets it go on.
    async fn give_up<X: DriverTransaction>(&self, mut tx: DbTransaction<X>) {
        let holder = self.lock().await;
        tx.invalidates_entity_named("user", 1);
        tokio::select! {
            biased;
            _ = tx.commit() => panic!("the lock is held"),
            () = self.commit_is_under_way() => {}
        }
        assert_eq!(self.name().await, "Ada", "nothing is committed yet");
        drop(holder);
        let name = "select name from users where id = 1";
        while sqlx::query_scalar::<_, String>(name).fetch_one(&self.pool).await.unwrap() == "Ada" {
            tokio::task::yield_now().await;
        }
    }

    /// Reads until the cache has what is true.
    async fn ends_with_what_was_committed(&self) {
        let until = async {
            while self.name().await == "Ada" {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), until)
            .await
            .expect("the cache keeps what is no longer true");
    }
}

const UPDATE: &str = "update users set name = 'Augusta' where id = 1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_on_a_pool_goes_on_and_invalidates_when_it_ends() {
    let Some(service) = Service::start().await else { return };
    service.name().await;
    let mut tx = service.users.begin(&service.pool).await.unwrap();
    sqlx::query(UPDATE).execute(&mut *tx).await.unwrap();
    service.give_up(tx).await;
    service.ends_with_what_was_committed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_sea_orm_does_so_as_well() {
    let Some(service) = Service::start().await else { return };
    service.name().await;
    let db = Database::connect(&service.url).await.unwrap();
    let tx = service.users.begin(&db).await.unwrap();
    tx.execute_unprepared(UPDATE).await.unwrap();
    service.give_up(tx).await;
    service.ends_with_what_was_committed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_one_on_a_borrowed_connection_the_outbox_tells() {
    let Some(service) = Service::start().await else { return };
    let follower = OutboxFollower::new(service.pool.clone()).apply_to(&service.users).start().await.unwrap();
    service.name().await;
    let mut connection = service.pool.acquire().await.unwrap().detach();
    let mut tx = service.users.begin(&mut connection).await.unwrap();
    sqlx::query(UPDATE).execute(&mut *tx).await.unwrap();
    service.give_up(tx).await;
    follower.caught_up().await.unwrap();
    assert_eq!(service.name().await, "Augusta", "its row is no longer passed over as one of this process");
}
