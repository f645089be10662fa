//! Fills an empty database with the airports, in one transaction: it is loaded or it is empty.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool};

use crate::geography::unit_vector;
use crate::model::Airport;

/// What `PRAGMA user_version` says once the airports are there.
pub(crate) const LOADED: i32 = 2;

/// 15 values each, which stays well below the 32,766 parameters that one statement may have.
const ROWS_PER_INSERT: usize = 250;

/// A file that an earlier version of this program has loaded is loaded anew.
const TABLE: &str = "
    DROP TABLE IF EXISTS positions;
    DROP TABLE IF EXISTS airports;
    CREATE TABLE airports (
        id INTEGER PRIMARY KEY,
        icao TEXT NOT NULL,
        iata TEXT,
        name TEXT NOT NULL,
        folded_name TEXT NOT NULL,
        city TEXT NOT NULL,
        subdivision TEXT NOT NULL,
        country TEXT NOT NULL,
        elevation_ft REAL NOT NULL,
        latitude REAL NOT NULL,
        longitude REAL NOT NULL,
        time_zone TEXT NOT NULL,
        lid TEXT,
        x REAL NOT NULL,
        y REAL NOT NULL,
        z REAL NOT NULL
    ) STRICT";

/// Built after the rows: sorting once is cheaper than keeping five trees in order row by row. The
/// R*Tree stores 32-bit numbers, rounded outwards, so that its boxes contain the exact points.
const INDEXES: &str = "
    CREATE UNIQUE INDEX airports_by_icao ON airports (icao);
    CREATE INDEX airports_by_iata ON airports (iata);
    CREATE INDEX airports_by_folded_name ON airports (folded_name);
    CREATE INDEX airports_by_country ON airports (country, icao);
    CREATE VIRTUAL TABLE positions USING rtree (id, x_low, x_high, y_low, y_high, z_low, z_high);
    INSERT INTO positions SELECT id, x, x, y, y, z, z FROM airports;";

const INSERT: &str = "
    INSERT INTO airports (icao, iata, name, folded_name, city, subdivision, country, elevation_ft,
                          latitude, longitude, time_zone, lid, x, y, z) ";

/// Creates the tables and fills them.
pub(crate) async fn load(pool: &SqlitePool, airports: &[Airport]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::raw_sql(TABLE).execute(&mut *transaction).await?;
    for rows in airports.chunks(ROWS_PER_INSERT) {
        insert(&mut transaction, rows).await?;
    }
    sqlx::raw_sql(INDEXES).execute(&mut *transaction).await?;
    sqlx::raw_sql(MARK_LOADED).execute(&mut *transaction).await?;
    transaction.commit().await
}

/// A pragma takes no parameters; a test holds this number and [`LOADED`] together.
const MARK_LOADED: &str = "PRAGMA user_version = 2";

/// All full chunks have the same text, so that SQLite prepares it once.
async fn insert(connection: &mut SqliteConnection, rows: &[Airport]) -> Result<(), sqlx::Error> {
    let mut insert = QueryBuilder::<Sqlite>::new(INSERT);
    insert.push_values(rows, |mut values, airport| {
        let [x, y, z] = unit_vector(airport.latitude, airport.longitude);
        values.push_bind(&airport.icao).push_bind(&airport.iata).push_bind(&airport.name);
        values.push_bind(airport.name.to_lowercase()).push_bind(&airport.city);
        values.push_bind(&airport.subdivision).push_bind(&airport.country).push_bind(airport.elevation_ft);
        values.push_bind(airport.latitude).push_bind(airport.longitude).push_bind(&airport.time_zone);
        values.push_bind(&airport.lid).push_bind(x).push_bind(y).push_bind(z);
    });
    insert.build().execute(connection).await?;
    Ok(())
}
