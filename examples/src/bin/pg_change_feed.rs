//! Somebody types an `update` into `psql`, and the next cached read loads.
//!
//! ```sh
//! cargo run -p hydracache-examples --features postgres --bin pg_change_feed -- postgres://postgres@127.0.0.1:5432/postgres
//! ```
//!
//! It makes a schema of its own, `hydracache_example`, tells what to type, and reads once a second until it is interrupted. With
//! `--once` it writes by itself, over a connection that knows nothing of caches, and ends.

use std::error::Error;
use std::time::Duration;

use hydracache::HydraCache;
use hydracache_db::sqlx::{DbCache, HydraCacheEntity, SqlxQueryExt, sqlx};
use hydracache_db::{outbox, postgres};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const SCHEMA: &str = "hydracache_example";

/// The table and the column of the id are what the triggers need to know.
#[derive(Debug, Clone, Serialize, Deserialize, HydraCacheEntity)]
#[hydracache(entity = "airport", collection = "airports", table = "hydracache_example.airports")]
struct Airport {
    #[hydracache(id)]
    icao: String,
    name: String,
}

struct Airports {
    pool: PgPool,
    cache: DbCache,
}

impl Airports {
    async fn name(&self, icao: &str) -> hydracache_db::Result<String> {
        let query = sqlx::query_as("select icao, name from airports where icao = $1").bind(icao);
        let (_, name): (String, String) =
            self.cache.entity("airport", icao).collection_tag("airports").sqlx_one(&self.pool, query).await?;
        Ok(name)
    }

    fn loads(&self) -> u64 {
        self.cache.cache().stats().loads
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (flags, urls): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let url =
        urls.into_iter().next().ok_or("say which server: postgres://postgres@127.0.0.1:5432/postgres")?;
    let pool = prepared(&url).await?;
    let airports = Airports { pool, cache: DbCache::new(HydraCache::local().build(), "airports") };
    let feed = postgres::change_feed(airports.pool.clone()).apply_to(&airports.cache).start().await?;

    airports.name("EGLL").await?;
    airports.name("EGLL").await?;
    println!("EGLL is {:?}: {} load, then a hit", airports.name("EGLL").await?, airports.loads());
    let update = format!("update {SCHEMA}.airports set name = 'Heathrow' where icao = 'EGLL'");
    if flags.iter().any(|flag| flag == "--once") {
        // As psql would.
        let mut stranger = PgConnection::connect(&url).await?;
        sqlx::raw_sql(AssertSqlSafe(update.as_str())).execute(&mut stranger).await?;
        feed.caught_up().await?;
        println!("somebody typed: {update}");
        assert_eq!(airports.name("EGLL").await?, "Heathrow");
        println!("pg_change_feed: {} loads, {} change", airports.loads(), feed.status().applied);
        return Ok(());
    }
    println!("Now type this, or anything else that changes the table:\n\n    psql {url} -c \"{update}\"\n");
    let mut seen = airports.loads();
    loop {
        let name = airports.name("EGLL").await?;
        if airports.loads() > seen {
            seen = airports.loads();
            println!("EGLL is {name:?}: it was loaded anew");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A schema with a table, an outbox, and triggers between them.
async fn prepared(url: &str) -> Result<PgPool, Box<dyn Error>> {
    let options: PgConnectOptions = url.parse()?;
    let pool = PgPoolOptions::new().connect_with(options.options([("search_path", SCHEMA)])).await?;
    let setup = format!(
        "drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}; \
         create table airports (icao text primary key, name text not null); \
         insert into airports values ('EGLL', 'London Heathrow Airport'), ('KJFK', 'John F Kennedy International Airport')"
    );
    sqlx::raw_sql(AssertSqlSafe(setup)).execute(&pool).await?;
    outbox::migrate(&pool).await?;
    let triggers = postgres::triggers::<Airport>()?.outbox_schema(SCHEMA);
    println!("The migration that makes the triggers:\n\n{triggers}");
    sqlx::raw_sql(AssertSqlSafe(triggers.to_string())).execute(&pool).await?;
    Ok(pool)
}
