//! Processes that are killed after a commit and before they have told anybody.
#![cfg(all(feature = "sqlx-sqlite", feature = "sqlx-postgres", feature = "sqlx-mysql"))]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod servers;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use hydracache_db::outbox::{self, OutboxDatabase, OutboxFollower, OutboxRelay};
use hydracache_db::sqlx::SqlxQueryExt;
use hydracache_db::{CacheEntity, DbCache};
use hydracache_runtime::HydraCache;
use sqlx::{AssertSqlSafe, Pool};

/// Tells this program, started as a process of its own, which database to write to.
const WRITES_TO: &str = "HYDRACACHE_TEST_WRITES_TO";

/// How many rows there are.
const ROWS: i64 = 8;

struct Account;

impl CacheEntity for Account {
    type Id = i64;
    const ENTITY: &'static str = "account";
}

fn accounts() -> DbCache {
    DbCache::new(HydraCache::local().build(), "bank").with_outbox()
}

/// How often a writer is killed, on each database.
fn kills() -> u32 {
    std::env::var("HYDRACACHE_OUTBOX_KILLS").map_or(20, |count| count.parse().unwrap())
}

trait Bank: OutboxDatabase {
    async fn connect(url: &str) -> Pool<Self>;
    async fn prepare(pool: &Pool<Self>);
    /// Adds one to a row, again and again, and says so after each commit.
    async fn write(pool: Pool<Self>);
    async fn cached(pool: &Pool<Self>, accounts: &DbCache, id: i64) -> i64;
    async fn there(pool: &Pool<Self>) -> BTreeMap<i64, i64>;
}

macro_rules! bank {
    ($($database:ident),*) => {$(
        impl Bank for sqlx::$database {
            async fn connect(url: &str) -> Pool<Self> {
                Pool::connect(url).await.unwrap()
            }

            async fn prepare(pool: &Pool<Self>) {
                outbox::migrate(pool).await.unwrap();
                let table = "create table accounts (id bigint primary key, balance bigint not null)";
                sqlx::raw_sql(table).execute(pool).await.unwrap();
                for id in 0..ROWS {
                    let row = format!("insert into accounts values ({id}, 0)");
                    sqlx::raw_sql(AssertSqlSafe(row)).execute(pool).await.unwrap();
                }
            }

            async fn write(pool: Pool<Self>) {
                let accounts = accounts();
                for id in (0..ROWS).cycle() {
                    let mut tx = accounts.begin(&pool).await.unwrap();
                    let sql = format!("update accounts set balance = balance + 1 where id = {id}");
                    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
                    tx.invalidates_entity::<Account>(id);
                    tx.commit().await.unwrap();
                    println!("committed");
                }
            }

            async fn cached(pool: &Pool<Self>, accounts: &DbCache, id: i64) -> i64 {
                let sql = format!("select balance from accounts where id = {id}");
                let query = sqlx::query_scalar(AssertSqlSafe(sql));
                accounts.entity::<i64>("account", id).sqlx_one(pool, query).await.unwrap()
            }

            async fn there(pool: &Pool<Self>) -> BTreeMap<i64, i64> {
                let rows: Vec<(i64, i64)> =
                    sqlx::query_as("select id, balance from accounts").fetch_all(pool).await.unwrap();
                rows.into_iter().collect()
            }
        }
    )*};
}
bank!(Sqlite, Postgres, MySql);

/// Not a test: what a process does that the tests start and kill.
#[tokio::test]
async fn the_writer_that_is_killed() {
    let Ok(url) = std::env::var(WRITES_TO) else { return };
    match url.split(':').next() {
        Some("sqlite") => write_to::<sqlx::Sqlite>(&url).await,
        Some("postgres") => write_to::<sqlx::Postgres>(&url).await,
        _ => write_to::<sqlx::MySql>(&url).await,
    }
}

async fn write_to<DB: Bank>(url: &str) {
    DB::write(DB::connect(url).await).await;
}

/// Starts a process that writes, and waits until it has said so this often.
fn writer(url: &str, commits: u32) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "the_writer_that_is_killed", "--nocapture"]).env(WRITES_TO, url);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let commits = said.filter(|line| line.contains("committed")).take(commits as usize).count();
    assert!(commits > 0, "the writer has ended by itself");
    child
}

async fn every_commit_reaches_the_other_process<DB: Bank>(url: String) {
    let pool = DB::connect(&url).await;
    DB::prepare(&pool).await;
    let accounts = accounts();
    let follower = OutboxFollower::new(pool.clone()).apply_to(&accounts).start().await.unwrap();
    for round in 0..kills() {
        for id in 0..ROWS {
            DB::cached(&pool, &accounts, id).await;
        }
        let (url, commits) = (url.clone(), round % 5 + 1);
        // Killed, it can say nothing more, whatever it was about to.
        let killed = move || {
            let mut child = writer(&url, commits);
            child.kill().unwrap();
            child.wait().unwrap();
        };
        tokio::task::spawn_blocking(killed).await.unwrap();
        follower.caught_up().await.unwrap();
        for (id, balance) in DB::there(&pool).await {
            assert_eq!(DB::cached(&pool, &accounts, id).await, balance, "row {id} in round {round}");
        }
    }
    let there = DB::there(&pool).await;
    assert!(there.values().sum::<i64>() >= i64::from(kills()), "{there:?}");
    let status = follower.status();
    assert_eq!((status.failures, status.trimmed), (0, 0), "{status:?}");
    the_next_relay_goes_on(&pool, &accounts).await;
}

/// Nobody has published anything so far: the processes that should have were killed.
async fn the_next_relay_goes_on<DB: Bank>(pool: &Pool<DB>, accounts: &DbCache) {
    let relay = || OutboxRelay::new(pool.clone()).publish_for(accounts);
    // A relay that is cut off in its midst.
    let cut = tokio::time::timeout(std::time::Duration::from_millis(3), relay().run_once()).await;
    let rest = relay().run_once().await.unwrap();
    let committed = u64::try_from(DB::there(pool).await.values().sum::<i64>()).unwrap();
    assert!(cut.is_ok() || rest.published > 0);
    assert!(rest.published <= committed);
    assert_eq!(relay().run_once().await.unwrap().published, 0, "everything is published");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    let (url, _folder) = servers::sqlite();
    every_commit_reaches_the_other_process::<sqlx::Sqlite>(url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    let Some(url) = servers::postgres().await else { return };
    every_commit_reaches_the_other_process::<sqlx::Postgres>(url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb() {
    let Some(url) = servers::mariadb().await else { return };
    every_commit_reaches_the_other_process::<sqlx::MySql>(url).await;
}
