//! The stale read race: a writer and many readers, and a checker that knows what was acknowledged.
//!
//! After each acknowledged commit the writer publishes the version that a row has now. A reader notes that version before it
//! reads through the cache; what it reads may be newer, and never older. Some transactions write a version that is never
//! committed, which nobody may ever read.
//!
//! The readers come in a burst when a commit is acknowledged, which is when something old would be found, and then more slowly
//! until the next one is: so they meet each transaction at every point, and leave the machine to the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use hydracache_db::{PreparedQuery, PreparedQueryPolicy};
use tokio::sync::watch;

use super::adapter::{Adapter, End, Inside, Write};
use super::suite::Suite;
use super::user::{EVERYBODY, User, by_id, by_ids};

const READERS: u64 = 32;

const ROWS: usize = 4;

/// The id of the last row; the first one has the id 1.
const LAST: i64 = 4;

/// How often the rows are read between two commits, at the least.
const READS_PER_COMMIT: u64 = 2 * READERS;

/// How many reads of one reader follow each other at once.
const BURST: u32 = 3;

/// How long a reader waits between two reads after that.
const PACE: Duration = Duration::from_millis(2);

/// How many commits `HYDRACACHE_COMMITS` asks for.
pub(crate) fn commits() -> u64 {
    std::env::var("HYDRACACHE_COMMITS")
        .map_or(2_000, |commits| commits.parse().expect("`HYDRACACHE_COMMITS` is a number"))
}

/// What a race found.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) commits: u64,
    pub(crate) reads: u64,
    /// Reads that returned something older than what was acknowledged before they began.
    pub(crate) stale: u64,
    /// Reads that returned what was never committed.
    pub(crate) uncommitted: u64,
    /// As the cache counts them: a read of many rows is several.
    pub(crate) requests: u64,
    pub(crate) hits: u64,
    pub(crate) loads: u64,
}

impl Report {
    /// A race in which nobody read from the cache, or nobody loaded, would prove nothing.
    pub(crate) fn means_something(&self) -> bool {
        self.hits > self.requests / 2 && self.loads > self.commits / 2 && self.reads >= self.commits * READERS
    }
}

struct Race<A> {
    suite: Suite<A>,
    prepared: PreparedQuery<User>,
    /// The version of each row that was acknowledged last.
    acknowledged: [AtomicI64; ROWS],
    /// How many commits were acknowledged.
    round: watch::Sender<u64>,
    reads: AtomicU64,
    stale: AtomicU64,
    uncommitted: AtomicU64,
    ended: AtomicBool,
}

/// Runs a race for so many commits.
pub(crate) async fn race<A: Adapter>(suite: Suite<A>, commits: u64) -> Report {
    let rows: Vec<_> = (1..=LAST).map(|id| format!("({id}, 'x', 0)")).collect();
    suite.outside().run("delete from users").await;
    suite.outside().run(&format!("insert into users values {}", rows.join(", "))).await;
    let prepared = suite.users.prepare(PreparedQueryPolicy::new().cache_entity::<User>());
    let race = Arc::new(Race {
        suite,
        prepared,
        acknowledged: Default::default(),
        round: watch::Sender::new(0),
        reads: AtomicU64::new(0),
        stale: AtomicU64::new(0),
        uncommitted: AtomicU64::new(0),
        ended: AtomicBool::new(false),
    });
    let readers = (0..READERS).map(|seed| tokio::spawn(Arc::clone(&race).read_on(seed)));
    let readers: Vec<_> = readers.collect();
    tokio::spawn(Arc::clone(&race).write(commits)).await.unwrap();
    race.ended.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    race.report(commits).await
}

impl<A: Adapter> Race<A> {
    async fn write(self: Arc<Self>, commits: u64) {
        for number in 0..commits {
            let id = 1 + i64::try_from(number).unwrap() % LAST;
            if number % 8 == 0 {
                self.write_in_vain(id).await;
            }
            // Two rows at once now and then, in the order of their ids.
            let last = if number % 5 == 0 { LAST.min(id + 1) } else { id };
            let update = format!("update users set version = version + 1 where id between {id} and {last}");
            let write = (id..=last).fold(Write::default().sql(update), Write::user);
            self.suite.transact(write, End::Commit).await.unwrap();
            for id in id..=last {
                self.of(id).fetch_add(1, Ordering::Release);
            }
            let enough = self.reads.load(Ordering::Relaxed) + READS_PER_COMMIT;
            self.round.send_replace(number + 1);
            while self.reads.load(Ordering::Relaxed) < enough {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Writes what is never committed, and reads it where it can be read.
    async fn write_in_vain(&self, id: i64) {
        let write = Write::default().sql(format!("update users set version = -1 where id = {id}")).user(id);
        if A::READS_IN_TRANSACTIONS {
            let inside = Inside::reads(id).after(write).end(End::Rollback);
            let seen = self.suite.adapter.inside(&self.suite.users, inside).await.unwrap();
            assert_eq!(seen.map(|user| user.version), Some(-1), "a transaction reads what it has written");
        } else {
            self.suite.transact(write, End::Rollback).await.unwrap();
        }
    }

    fn of(&self, id: i64) -> &AtomicI64 {
        &self.acknowledged[usize::try_from(id - 1).unwrap()]
    }

    async fn read_on(self: Arc<Self>, seed: u64) {
        let (mut at, mut quick) = (seed, 0);
        let mut round = self.round.subscribe();
        while !self.ended.load(Ordering::Relaxed) {
            at += 1;
            let id = 1 + i64::try_from(at % LAST.unsigned_abs()).unwrap();
            let noted: Vec<_> =
                self.acknowledged.iter().map(|version| version.load(Ordering::Acquire)).collect();
            let users = self.read(seed % 4, id).await;
            for User { id, version, .. } in users {
                let noted = noted[usize::try_from(id - 1).unwrap()];
                self.stale.fetch_add(u64::from((0..noted).contains(&version)), Ordering::Relaxed);
                self.uncommitted.fetch_add(u64::from(version < 0), Ordering::Relaxed);
            }
            self.reads.fetch_add(1, Ordering::Relaxed);
            quick += 1;
            if quick < BURST {
                tokio::task::yield_now().await;
            } else if let Ok(changed) = tokio::time::timeout(PACE, round.changed()).await {
                changed.unwrap();
                quick = 0;
            }
        }
    }

    /// Reads one row or all in one of the ways there are.
    async fn read(&self, way: u64, id: i64) -> Vec<User> {
        let Self { suite, prepared, .. } = self;
        let adapter = suite.adapter.clone();
        match way {
            0 => vec![adapter.one(suite.of(id), &by_id(id)).await.unwrap()],
            1 => adapter.all(suite.users.collection("users"), EVERYBODY).await.unwrap(),
            2 => {
                let load =
                    || async move { Ok::<_, super::BoxError>(adapter.plain(by_id(id)).await?.remove(0)) };
                vec![prepared.load_id(id, load).await.unwrap()]
            }
            _ => {
                let load = |missing: Vec<i64>| adapter.plain(by_ids(&missing));
                let many = suite.users.for_entities::<User>(1..=LAST).load_many(load).await.unwrap();
                assert_eq!(many.len(), ROWS);
                many.into_values().collect()
            }
        }
    }

    async fn report(&self, commits: u64) -> Report {
        let stats = self.suite.users.cache().stats();
        for id in 1..=LAST {
            // The checker knows what it speaks of.
            let version =
                self.suite.outside().number(&format!("select version from users where id = {id}")).await;
            assert_eq!(version, self.of(id).load(Ordering::Relaxed));
        }
        Report {
            commits,
            reads: self.reads.load(Ordering::Relaxed),
            stale: self.stale.load(Ordering::Relaxed),
            uncommitted: self.uncommitted.load(Ordering::Relaxed),
            requests: stats.requests(),
            hits: stats.hits,
            loads: stats.loads,
        }
    }
}
