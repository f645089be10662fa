//! The repository: every question the service asks the database, each one a single indexed query, and cached.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hydracache::{CacheEntity, cached_impl, invalidates};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};

use crate::geography;
use crate::model::{Airport, Named, Neighbour};

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

/// Many codes in one query; what follows is a parameter for each, and the closing parenthesis.
const BY_CODE: &str = "SELECT * FROM airports WHERE icao IN (";

const OF_COUNTRY: &str =
    "SELECT icao, iata, name FROM airports WHERE country = ?1 AND iata IS NOT NULL ORDER BY icao";

/// Each of these methods says how long its answers are good for, and by which tags they are found when they are not any
/// more. The receiver is the same database for all requests, and another one in each test: `self.database` tells.
#[cached_impl(name = "airports", ttl = "10m")]
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
    ///
    /// One that people keep asking for is loaded again before its ten minutes are over, so that nobody waits for it; and
    /// while the database fails, what it said within the last hour is better than nothing.
    #[cached(
        receiver = self.database,
        tags = ["airport:{icao}"],
        refresh_ahead = "20%",
        stale_on_error = "1h"
    )]
    pub(crate) async fn airport(&self, icao: &str) -> Result<Option<Airport>, sqlx::Error> {
        self.count();
        sqlx::query_as(AIRPORT).bind(icao).fetch_optional(&self.pool).await
    }

    /// Many airports at once, in the entries of `airport`: one query for those that are not there. A code that does not exist
    /// is in the answer as `None`, so that this is remembered as well.
    #[cached(bulk = codes, entries = Self::airport(self, codes))]
    pub(crate) async fn by_code(
        &self,
        codes: &[String],
    ) -> Result<HashMap<String, Option<Airport>>, sqlx::Error> {
        self.count();
        let found: Vec<Airport> = with_codes(codes).build_query_as().fetch_all(&self.pool).await?;
        let mut all: HashMap<_, _> = codes.iter().map(|code| (code.clone(), None)).collect();
        all.extend(found.into_iter().map(|airport| (airport.icao.clone(), Some(airport))));
        Ok(all)
    }

    /// At most 20 airports whose ICAO code, IATA code or name begins so, in any case.
    ///
    /// Another name can make an airport match that did not, so every answer depends on all names.
    #[cached(key = (self.database, prefix.to_lowercase()), tags = ["names"])]
    pub(crate) async fn search(&self, prefix: &str) -> Result<Vec<Airport>, sqlx::Error> {
        self.count();
        let (code, name) = (prefix.to_uppercase(), prefix.to_lowercase());
        let (code_end, name_end) = (end_of(&code), end_of(&name));
        let search = sqlx::query_as(SEARCH).bind(code).bind(code_end).bind(name).bind(name_end);
        search.fetch_all(&self.pool).await
    }

    /// The airports of a country that airlines fly to, which are those with an IATA code.
    ///
    /// There are hundreds of them in some countries. An `Arc` spares a hit the copy, and is kept in memory alone.
    #[cached(receiver = self.database, tags = ["country:{country}"], memory_only)]
    pub(crate) async fn of_country(&self, country: &str) -> Result<Arc<[Named]>, sqlx::Error> {
        self.count();
        let found: Vec<Named> = sqlx::query_as(OF_COUNTRY).bind(country).fetch_all(&self.pool).await?;
        Ok(found.into())
    }

    /// The nearest 25 other airports within the radius, nearest first; none for an unknown code.
    ///
    /// Which airports an answer depends on is known when it is there: it carries the tags of those it names.
    #[cached(
        receiver = self.database,
        tags = |near| near.iter().map(|airport| Airport::entity_tag(&airport.icao))
    )]
    pub(crate) async fn nearby(&self, icao: &str, radius_km: u32) -> Result<Vec<Neighbour>, sqlx::Error> {
        self.count();
        let chord = geography::chord(f64::from(radius_km));
        sqlx::query(NEARBY).bind(icao).bind(chord).try_map(neighbour).fetch_all(&self.pool).await
    }

    /// Gives the airport another name; `false` says that it is not there any more.
    ///
    /// Everything that shows the name is wrong from then on: the airport and the neighbours of others, the lists of its
    /// country, and all searches. It takes the airport rather than its code, because all of this is known before the
    /// query runs then: a request that is broken off while it runs invalidates it as well.
    #[invalidates(tags = ["airport:{airport.icao}", "country:{airport.country}", "names"])]
    pub(crate) async fn rename(&self, airport: &Airport, name: &str) -> Result<bool, sqlx::Error> {
        self.count();
        let rename = sqlx::query(RENAME).bind(&airport.icao).bind(name).bind(name.to_lowercase());
        Ok(rename.execute(&self.pool).await?.rows_affected() > 0)
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

fn with_codes(codes: &[String]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(BY_CODE);
    let mut list = query.separated(", ");
    for code in codes {
        list.push_bind(code);
    }
    list.push_unseparated(")");
    query
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
