//! The repository: every question the service asks the database, each one a single indexed query, and cached.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hydracache::{Runtime, Tag, cached};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use crate::geography;
use crate::model::{Airport, Neighbour};

/// The airports, and how many queries were run to find them.
#[derive(Clone, Debug)]
pub(crate) struct Airports {
    /// Tells this database from others in the process, in the keys of what is cached.
    database: u64,
    pool: SqlitePool,
    queries: Arc<AtomicU64>,
}

const AIRPORT: &str = "SELECT * FROM airports WHERE icao = ?1";

/// Ranges instead of LIKE: an index serves them, and `%` and `_` in the prefix mean themselves.
/// Codes that match come before names that match.
const SEARCH: &str = "
    SELECT * FROM airports
    WHERE (icao >= ?1 AND icao < ?2) OR (iata >= ?1 AND iata < ?2)
       OR (folded_name >= ?3 AND folded_name < ?4)
    ORDER BY CASE WHEN icao >= ?1 AND icao < ?2 THEN 0 WHEN iata >= ?1 AND iata < ?2 THEN 1 ELSE 2 END, icao
    LIMIT 20";

/// The R*Tree gives what lies in the cube around the airport, the chord leaves what lies in the circle.
/// CROSS JOIN keeps the order of the tables: the airport first, then the tree, then the rows it found.
const NEARBY: &str = "
    SELECT icao, name, country, chord_squared FROM (
        SELECT near.icao, near.name, near.country,
               (near.x - here.x) * (near.x - here.x) + (near.y - here.y) * (near.y - here.y)
                   + (near.z - here.z) * (near.z - here.z) AS chord_squared
        FROM airports AS here
        CROSS JOIN positions AS spot ON spot.x_high >= here.x - ?2 AND spot.x_low <= here.x + ?2
                                    AND spot.y_high >= here.y - ?2 AND spot.y_low <= here.y + ?2
                                    AND spot.z_high >= here.z - ?2 AND spot.z_low <= here.z + ?2
        CROSS JOIN airports AS near ON near.id = spot.id
        WHERE here.icao = ?1 AND near.id <> here.id
    )
    WHERE chord_squared <= ?2 * ?2
    ORDER BY chord_squared, icao
    LIMIT 25";

const RENAME: &str = "UPDATE airports SET name = ?2, folded_name = ?3 WHERE icao = ?1";

impl Airports {
    pub(crate) fn new(pool: SqlitePool) -> Self {
        static DATABASES: AtomicU64 = AtomicU64::new(0);
        Self { database: DATABASES.fetch_add(1, Ordering::Relaxed), pool, queries: Arc::default() }
    }

    /// The counter of the queries that were run so far.
    pub(crate) fn queries(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.queries)
    }

    /// The airport with this code, in capitals.
    #[cached(name = "airports.airport", receiver = self.database, tags = ["airport:{icao}"], ttl = "10m")]
    pub(crate) async fn airport(&self, icao: &str) -> Result<Option<Airport>, sqlx::Error> {
        self.count();
        sqlx::query_as(AIRPORT).bind(icao).fetch_optional(&self.pool).await
    }

    /// At most 20 airports whose ICAO code, IATA code or name begins so, in any case.
    ///
    /// Another name can make an airport match that did not, so every answer depends on all names.
    #[cached(
        name = "airports.search",
        receiver = self.database,
        key = prefix.to_lowercase(),
        tags = ["names"],
        ttl = "10m"
    )]
    pub(crate) async fn search(&self, prefix: &str) -> Result<Vec<Airport>, sqlx::Error> {
        self.count();
        let (code, name) = (prefix.to_uppercase(), prefix.to_lowercase());
        let (code_end, name_end) = (end_of(&code), end_of(&name));
        let search = sqlx::query_as(SEARCH).bind(code).bind(code_end).bind(name).bind(name_end);
        search.fetch_all(&self.pool).await
    }

    /// The nearest 25 other airports within the radius, nearest first; none for an unknown code.
    ///
    /// Which airports an answer depends on is known when it is there: it carries the tags of those it names.
    #[cached(
        name = "airports.nearby",
        receiver = self.database,
        tags = |near| near.iter().map(|airport| Tag::entity("airport", &airport.icao)),
        ttl = "10m"
    )]
    pub(crate) async fn nearby(&self, icao: &str, radius_km: u32) -> Result<Vec<Neighbour>, sqlx::Error> {
        self.query_nearby(icao, radius_km).await
    }

    /// What `nearby` asks the database, without the cache: the other half of the comparison.
    pub(crate) async fn query_nearby(
        &self,
        icao: &str,
        radius_km: u32,
    ) -> Result<Vec<Neighbour>, sqlx::Error> {
        self.count();
        let chord = geography::chord(f64::from(radius_km));
        sqlx::query(NEARBY).bind(icao).bind(chord).try_map(neighbour).fetch_all(&self.pool).await
    }

    /// Gives the airport another name; `false` says that there is none with this code.
    pub(crate) async fn rename(&self, icao: &str, name: &str) -> Result<bool, sqlx::Error> {
        self.count();
        let rename = sqlx::query(RENAME).bind(icao).bind(name).bind(name.to_lowercase());
        let found = rename.execute(&self.pool).await?.rows_affected() > 0;
        // After the write: a load that read the old name is overtaken and stores nothing.
        let stale = [Tag::from("names"), Tag::entity("airport", icao)];
        Runtime::current().default_cache().invalidate_tags(stale).fire();
        Ok(found)
    }

    /// All codes in order: what the replay numbers its pages by.
    pub(crate) async fn codes(&self) -> Result<Vec<String>, sqlx::Error> {
        self.count();
        sqlx::query_scalar("SELECT icao FROM airports ORDER BY icao").fetch_all(&self.pool).await
    }

    fn count(&self) {
        self.queries.fetch_add(1, Ordering::Relaxed);
    }
}

fn neighbour(row: SqliteRow) -> Result<Neighbour, sqlx::Error> {
    let chord_squared = row.try_get("chord_squared")?;
    Ok(Neighbour {
        icao: row.try_get("icao")?,
        name: row.try_get("name")?,
        country: row.try_get("country")?,
        distance_km: geography::distance_km(chord_squared),
    })
}

/// The first text after all that begin with the prefix: no name contains the last code point there is.
fn end_of(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

#[cfg(test)]
mod tests;
