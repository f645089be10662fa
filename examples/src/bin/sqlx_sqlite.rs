//! A service over sqlx: reads that are cached, and writes that invalidate when, and only when, they are committed.
//!
//! ```sh
//! cargo run -p hydracache-examples --bin sqlx_sqlite
//! ```

use std::error::Error;

use hydracache::{HydraCache, cached, invalidates};
use hydracache_db::sqlx::{DbCache, DbTransaction, HydraCacheEntity, SqlxQueryExt, sqlx};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{FromRow, Row, Sqlite, Transaction};

const AIRPORTS: &str = include_str!("../../data/airports.csv");

/// The derive says once what keys and tags of an airport look like: `airport:EGLL`, and `airports` for lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, HydraCacheEntity)]
#[hydracache(entity = "airport", collection = "airports")]
struct Airport {
    #[hydracache(id)]
    icao: String,
    name: String,
    country: String,
}

impl FromRow<'_, SqliteRow> for Airport {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self { icao: row.try_get("icao")?, name: row.try_get("name")?, country: row.try_get("country")? })
    }
}

/// What a service has already: a pool, and functions around queries. New is `cache`.
struct Repository {
    pool: SqlitePool,
    cache: DbCache,
}

impl Repository {
    /// A row by its id, which may not exist; that is remembered as well. The function still returns errors of sqlx.
    async fn find(&self, icao: &str) -> sqlx::Result<Option<Airport>> {
        let query = sqlx::query_as("select icao, name, country from airports where icao = $1").bind(icao);
        Ok(self.cache.for_entity::<Airport>(icao.to_owned()).sqlx_optional(&self.pool, query).await?)
    }

    /// A list. Writes of any airport invalidate the lists of `airports`, and no other airport.
    async fn of_country(&self, country: &str) -> sqlx::Result<Vec<Airport>> {
        let query =
            sqlx::query_as("select icao, name, country from airports where country = $1").bind(country);
        let read = self.cache.collection::<Airport>("airports").key(format!("airports:{country}"));
        Ok(read.sqlx_all(&self.pool, query).await?)
    }

    /// A write in a transaction. When it returns, nobody reads the old name from the cache; if it fails, nothing is invalidated.
    async fn rename(&self, icao: &str, name: &str) -> hydracache_db::Result<()> {
        let mut tx = self.cache.begin(&self.pool).await?;
        let update = sqlx::query("update airports set name = $1 where icao = $2").bind(name).bind(icao);
        update.execute(&mut *tx).await?;
        tx.invalidates_entity::<Airport>(icao.to_owned());
        tx.commit().await
    }
}

/// Annotated functions fit in: this one is cached by its attribute,
#[cached(key = "{country}")]
async fn count(pool: &SqlitePool, country: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from airports where country = $1").bind(country).fetch_one(pool).await
}

/// and this one, which writes in somebody's transaction, adds it to what the commit makes invalid.
#[invalidates(count(country), at = commit(tx))]
async fn close(tx: &mut DbTransaction<Transaction<'_, Sqlite>>, country: &str) -> sqlx::Result<()> {
    sqlx::query("delete from airports where country = $1").bind(country).execute(&mut **tx).await?;
    tx.invalidates_collection("airports");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    fill(&pool).await?;
    let cache = DbCache::new(HydraCache::local().build(), "airports");
    let airports = Repository { pool, cache };
    let stats = || airports.cache.cache().stats();

    println!(
        "The first read asks the database, the second one does not; nor does one for what does not exist:"
    );
    let heathrow = airports.find("EGLL").await?.ok_or("EGLL is missing")?;
    assert_eq!(airports.find("EGLL").await?.as_ref(), Some(&heathrow));
    assert_eq!((airports.find("????").await?, airports.find("????").await?), (None, None));
    println!("  {:?}: {} loads, {} hits", heathrow.name, stats().loads, stats().hits);
    assert_eq!((stats().loads, stats().hits), (2, 2));

    airports.find("KJFK").await?;
    println!("  {} airports in IS", airports.of_country("IS").await?.len());

    println!("A transaction that is committed: the next reads see it, those of others are hits as before.");
    let loads = stats().loads;
    airports.rename("EGLL", "Heathrow").await?;
    println!("  EGLL is {:?}", airports.find("EGLL").await?.map(|airport| airport.name));
    airports.of_country("IS").await?;
    airports.find("KJFK").await?;
    assert_eq!(stats().loads, loads + 2, "the airport and the list");

    println!("One that is rolled back invalidates nothing:");
    let mut tx = airports.cache.begin(&airports.pool).await?;
    sqlx::query("delete from airports").execute(&mut *tx).await?;
    tx.invalidates_collection("airports");
    tx.rollback().await?;
    airports.find("EGLL").await?;
    assert_eq!(stats().loads, loads + 2);

    println!("Annotated functions wait for the commit as well:");
    let before = count(&airports.pool, "IS").await?;
    let mut tx = airports.cache.begin(&airports.pool).await?;
    close(&mut tx, "IS").await?;
    assert_eq!(count::peek("IS"), Some(before), "nothing is committed yet");
    tx.commit().await?;
    println!("  {before} airports in IS, then {}", count(&airports.pool, "IS").await?);
    assert_eq!(count::peek("IS"), Some(0));

    let stats = stats();
    println!("sqlx_sqlite: {} hits, {} loads", stats.hits, stats.loads);
    Ok(())
}

/// Loads the airports into the database.
async fn fill(pool: &SqlitePool) -> Result<(), Box<dyn Error>> {
    let table = "create table airports (icao text primary key, name text not null, country text not null)";
    sqlx::query(table).execute(pool).await?;
    let mut tx = pool.begin().await?;
    for airport in csv::Reader::from_reader(AIRPORTS.as_bytes()).deserialize() {
        let Airport { icao, name, country } = airport?;
        let insert =
            sqlx::query("insert into airports values ($1, $2, $3)").bind(icao).bind(name).bind(country);
        insert.execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}
