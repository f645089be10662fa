//! A service over SeaORM: cached reads by its own queries, a transaction that invalidates, and the queries that were saved.
//!
//! ```sh
//! cargo run -p hydracache-examples --features sea-orm --bin sea_orm_sqlite
//! ```

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hydracache::HydraCache;
use hydracache_db::sea_orm::{SeaOrmCache, SeaOrmQueryExt, SeaOrmSelect, sea_orm};
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectOptions, Database, QueryOrder};
use serde::{Deserialize, Serialize};

const AIRPORTS: &str = include_str!("../../data/airports.csv");

#[allow(unreachable_pub, reason = "the derives of SeaORM make everything public")]
mod airports {
    use super::{Deserialize, Serialize, sea_orm};
    use sea_orm::entity::prelude::*;

    /// A row, which is what is cached: for that it needs the traits of serde.
    #[derive(Debug, Clone, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "airports")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub icao: String,
        pub name: String,
        pub country: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
use airports::{ActiveModel, Column, Entity as Airports, Model as Airport};

/// What the program asks for; the database is asked for what is not cached.
struct Service {
    db: DatabaseConnection,
    cache: SeaOrmCache,
}

type Answer<T> = hydracache_db::Result<T>;

impl Service {
    /// One row. Its key is made of the statement; its tag is `airports:EGLL`.
    async fn airport(&self, icao: &str) -> Answer<Option<Airport>> {
        Airports::find_by_id(icao).cached(&self.cache).one(&self.db).await
    }

    /// A list, which any write of the table makes invalid.
    async fn of_country(&self, country: &str) -> Answer<Vec<Airport>> {
        let query = Airports::find().filter(Column::Country.eq(country)).order_by_asc(Column::Icao);
        query.cached(&self.cache).with_name("airports-of-country").all(&self.db).await
    }

    /// Whatever SeaORM can do besides, in a closure: the key and the tags are said then.
    async fn count(&self) -> Answer<u64> {
        let db = self.db.clone();
        let read = self.cache.collection("airports").key("airports:count");
        read.sea_one(|| async move { Airports::find().count(&db).await }).await
    }

    /// A write, which invalidates when it is committed and not before.
    async fn rename(&self, icao: &str, name: &str) -> Answer<()> {
        let mut tx = self.cache.begin(&self.db).await?;
        let rename = Airports::update_many().col_expr(Column::Name, Expr::value(name));
        rename.filter(Column::Icao.eq(icao)).exec(&*tx).await?;
        tx.invalidates_row::<Airports>(icao);
        tx.commit().await
    }
}

/// A new database in memory with the airports of a file.
async fn database() -> Result<DatabaseConnection, Box<dyn Error>> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    // Each connection would have a memory of its own.
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await?;
    db.execute_unprepared(
        "create table airports (icao text primary key, name text not null, country text not null)",
    )
    .await?;
    let rows: Vec<Airport> =
        csv::Reader::from_reader(AIRPORTS.as_bytes()).deserialize().collect::<Result<_, _>>()?;
    for some in rows.chunks(2_000) {
        Airports::insert_many(some.iter().cloned().map(ActiveModel::from)).exec(&db).await?;
    }
    Ok(db)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut db = database().await?;
    let queries = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&queries);
    db.set_metric_callback(move |query| {
        counter.fetch_add(usize::from(query.statement.sql.starts_with("SELECT")), Ordering::Relaxed);
    });
    let cache = SeaOrmCache::new(HydraCache::local().build(), "service");
    let service = Service { db, cache };
    let so_far = || queries.load(Ordering::Relaxed);

    println!("A thousand rounds over twenty airports, their countries and the number of all:");
    let all = Airports::find().order_by_asc(Column::Icao).all(&service.db).await?;
    let visited: Vec<_> = all.iter().step_by(all.len() / 19).collect();
    let before = so_far();
    for round in 0..1_000 {
        let airport = visited[round % visited.len()];
        assert_eq!(service.airport(&airport.icao).await?.as_ref(), Some(airport));
        assert!(service.of_country("IS").await?.iter().all(|airport| airport.country == "IS"));
        assert_eq!(service.count().await?, all.len() as u64);
    }
    println!("  3000 reads, {} queries", so_far() - before);

    println!("What does not exist is remembered as well:");
    assert_eq!(service.airport("????").await?, None);
    assert_eq!(service.airport("????").await?, None);

    println!("A commit invalidates the row and the lists it may stand in, and leaves other rows:");
    service.rename("BIRK", "Reykjavik, downtown").await?;
    let icelandic = service.of_country("IS").await?;
    assert!(icelandic.iter().any(|airport| airport.name == "Reykjavik, downtown"));
    let renamed = service.airport("BIRK").await?.ok_or("it is there")?;
    println!("  {} is {} now", renamed.icao, renamed.name);
    let queries_then = so_far();
    assert_eq!(service.airport(&visited[1].icao).await?.as_ref(), Some(visited[1]));
    assert_eq!(so_far(), queries_then, "it is cached still");

    let stats = service.cache.cache().stats();
    println!("sea_orm_sqlite: {} reads, {} queries", stats.hits + stats.misses, so_far() - before);
    Ok(())
}
