//! Diesel over an embedded SQLite database: reads that are cached, and transactions that know what they make wrong.
//!
//! ```sh
//! cargo run -p hydracache-examples --features diesel --bin diesel_sqlite
//! ```

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{InstrumentationEvent, SimpleConnection, set_default_instrumentation};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use hydracache::{HydraCache, HydraCacheEntity};
use hydracache_db::diesel::{DieselCache, DieselQueryExt};
use schema::airports;
use serde::{Deserialize, Serialize};

const AIRPORTS: &str = include_str!("../../data/airports.csv");

type BoxError = Box<dyn Error + Send + Sync>;
type Connections = Pool<ConnectionManager<SqliteConnection>>;

mod schema {
    diesel::table! {
        airports (icao) { icao -> Text, name -> Text, country -> Text, }
    }
}

/// A row as Diesel reads it, and an entity of the cache: its key is the code, and it carries the tag of its country.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Queryable, Insertable, HydraCacheEntity)]
#[diesel(table_name = airports)]
#[hydracache(entity = "airport", tags = ["country:{country}"])]
struct Airport {
    #[hydracache(id)]
    icao: String,
    name: String,
    country: String,
}

#[derive(Clone)]
struct Airports {
    pool: Connections,
    cache: DieselCache,
}

impl Airports {
    /// The closure is run on the blocking pool, and only if the cache has no answer; so it takes the connection itself.
    async fn find(&self, icao: &str) -> hydracache_db::Result<Option<Airport>> {
        let (pool, code) = (self.pool.clone(), icao.to_owned());
        let read = self.cache.for_entity::<Airport>(icao.to_owned());
        read.diesel_optional(move || {
            let connection = &mut pool.get()?;
            Ok::<_, BoxError>(airports::table.find(code).first(connection).optional()?)
        })
        .await
    }

    async fn of_country(&self, country: &str) -> hydracache_db::Result<Vec<Airport>> {
        let (pool, country) = (self.pool.clone(), country.to_owned());
        let read = self.cache.cached().key(format!("in:{country}")).tag(format!("country:{country}"));
        read.diesel_all(move || {
            let of_country = airports::table.filter(airports::country.eq(country));
            Ok::<_, BoxError>(of_country.order(airports::icao).load(&mut pool.get()?)?)
        })
        .await
    }

    /// A transaction of Diesel, and a list: what it says is invalidated after the commit, and not at all if there is none.
    async fn rename(&self, icao: &str, name: &str) -> Result<(), BoxError> {
        let (Self { pool, cache }, icao, name) = (self.clone(), icao.to_owned(), name.to_owned());
        let renaming = move || {
            cache.transaction(&mut pool.get()?, |connection, invalidations| {
                let row = airports::table.find(&icao);
                let country: String = row.select(airports::country).first(connection)?;
                diesel::update(row).set(airports::name.eq(&name)).execute(connection)?;
                invalidations.invalidates_entity::<Airport>(icao);
                invalidations.invalidates_tag(format!("country:{country}"));
                if name.is_empty() { Err("an airport has a name".into()) } else { Ok(()) }
            })
        };
        tokio::task::spawn_blocking(renaming).await?
    }
}

/// How often the table is really read.
static QUERIES: AtomicUsize = AtomicUsize::new(0);

fn count(event: InstrumentationEvent<'_>) {
    if let InstrumentationEvent::StartQuery { query, .. } = event {
        QUERIES.fetch_add(usize::from(query.to_string().contains("FROM `airports`")), Ordering::SeqCst);
    }
}

fn queries() -> usize {
    QUERIES.load(Ordering::SeqCst)
}

fn open(file: &std::path::Path) -> Result<Connections, BoxError> {
    let pool = Connections::new(ConnectionManager::new(file.to_str().ok_or("the path is no text")?))?;
    let mut connection = pool.get()?;
    connection.batch_execute("create table airports (icao text primary key, name text, country text)")?;
    let rows = csv::Reader::from_reader(AIRPORTS.as_bytes()).into_deserialize();
    connection.transaction(|connection| {
        for airport in rows {
            diesel::insert_into(airports::table).values::<Airport>(airport?).execute(connection)?;
        }
        Ok(pool)
    })
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    set_default_instrumentation(|| Some(Box::new(count)))?;
    let folder = tempfile::tempdir()?;
    let pool = open(&folder.path().join("airports.sqlite"))?;
    let service = Airports { pool, cache: DieselCache::new(HydraCache::local().build(), "airports") };

    println!("A thousand requests at once, for one of four airports each:");
    let codes = ["EGLL", "KJFK", "EDDF", "????"];
    let requests = (0..1_000).map(|request| {
        let service = service.clone();
        tokio::spawn(async move { service.find(codes[request % codes.len()]).await })
    });
    let mut found = 0;
    for request in requests.collect::<Vec<_>>() {
        found += usize::from(request.await??.is_some());
    }
    println!("  {found} found one, and the database was asked {} times", queries());
    assert_eq!((found, queries()), (750, 4), "that there is no `????` is remembered too");

    println!("A transaction that renames an airport, and the next reads see it:");
    let british = service.of_country("GB").await?.len();
    service.rename("EGLL", "Heathrow").await?;
    let heathrow = service.find("EGLL").await?.ok_or("EGLL is gone")?;
    assert_eq!(heathrow.name, "Heathrow");
    assert!(service.of_country("GB").await?.contains(&heathrow));
    println!("  it is {:?} in the list of {british} airports in {}, too", heathrow.name, heathrow.country);

    println!("One that is rolled back changes nothing, so nothing is read anew:");
    let before = queries();
    let error = service.rename("EGLL", "").await.expect_err("it has no name");
    assert_eq!(service.find("EGLL").await?, Some(heathrow));
    assert_eq!(service.of_country("GB").await?.len(), british);
    println!("  \"{error}\"; the database was asked {} time, inside of the transaction", queries() - before);
    assert_eq!(queries() - before, 1);

    println!("diesel_sqlite: {} loads for 1005 reads", service.cache.cache().stats().loads);
    Ok(())
}
