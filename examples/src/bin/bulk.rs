//! Many keys at once: one query for all that are missing, with an entry for each.
//!
//! ```sh
//! cargo run -p hydracache-examples --bin bulk
//! ```

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use hydracache::{HydraCache, Runtime, cached};
use serde::{Deserialize, Serialize};

const AIRPORTS: &str = include_str!("../../data/airports.csv");

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Airport {
    icao: String,
    name: String,
    country: String,
}

/// A database that counts what it is asked.
struct Database {
    rows: BTreeMap<String, Airport>,
    queries: AtomicUsize,
    asked_for: AtomicUsize,
}

impl Database {
    async fn query(&self, codes: &[String]) -> Result<Vec<Airport>, std::io::Error> {
        self.queries.fetch_add(1, Ordering::SeqCst);
        self.asked_for.fetch_add(codes.len(), Ordering::SeqCst);
        // The way there and back, during which others run.
        tokio::task::yield_now().await;
        Ok(codes.iter().filter_map(|code| self.rows.get(code).cloned()).collect())
    }

    /// Queries, and keys that they were about, since this was last asked.
    fn asked(&self) -> (usize, usize) {
        (self.queries.swap(0, Ordering::SeqCst), self.asked_for.swap(0, Ordering::SeqCst))
    }
}

/// One airport.
#[cached(name = "airport", key = "{icao}", ttl = "10m")]
async fn airport(database: &Database, icao: &str) -> Result<Option<Airport>, std::io::Error> {
    Ok(database.query(&[icao.to_owned()]).await?.pop())
}

/// Many airports, in the entries of the function of one: `codes` stands for one of them there. Of the keys that the map
/// lacks nothing is remembered, so what does not exist is in it as `None`.
#[cached(bulk = codes, entries = airport(codes))]
async fn airports(
    database: &Database,
    codes: &[String],
) -> Result<HashMap<String, Option<Airport>>, std::io::Error> {
    let found = database.query(codes).await?;
    let mut all: HashMap<_, _> = codes.iter().map(|code| (code.clone(), None)).collect();
    all.extend(found.into_iter().map(|airport| (airport.icao.clone(), Some(airport))));
    Ok(all)
}

/// Many airports with entries of their own. A list does not say which key a value belongs to, so `by` does; the values come
/// back in the order of the keys, without those that do not exist.
#[cached(name = "stops", bulk = codes, by = |stop| stop.icao.clone(), key = "{codes}", ttl = "1h")]
async fn stops(database: &Database, codes: &[String]) -> Result<Vec<Airport>, std::io::Error> {
    database.query(codes).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    Runtime::builder().cache(HydraCache::local().build()).install()?;
    let rows: Result<Vec<Airport>, _> = csv::Reader::from_reader(AIRPORTS.as_bytes()).deserialize().collect();
    let rows = rows?.into_iter().map(|airport| (airport.icao.clone(), airport)).collect();
    let database = Database { rows, queries: AtomicUsize::new(0), asked_for: AtomicUsize::new(0) };

    println!("A route with four stops, one of which was asked for before and one of which does not exist:");
    assert!(airport(&database, "EGLL").await?.is_some());
    assert_eq!(database.asked(), (1, 1));
    let route = codes(["EGLL", "BIKF", "KJFK", "????"]);
    let found = airports(&database, &route).await?;
    let (queries, keys) = database.asked();
    println!("  {queries} query for {keys} of {} stops", route.len());
    assert_eq!((queries, keys, found.len()), (1, 3, 4));
    assert_eq!(found["????"], None);

    println!("Both functions have the same entries, so the one finds what the other has loaded:");
    assert_eq!(airport(&database, "BIKF").await?, found["BIKF"]);
    assert_eq!(airport(&database, "????").await?, None);
    assert_eq!(airport::peek("KJFK").as_ref(), found.get("KJFK"));
    assert_eq!(database.asked(), (0, 0));
    airport::invalidate("KJFK").await?;
    airports(&database, &route).await?;
    assert_eq!(database.asked(), (1, 1), "the one that was invalidated");
    println!("  no query, and one for KJFK when that was invalidated");

    println!("Calls at the same time share what they both ask for:");
    let (west, east) = (codes(["EIDW", "BIRK", "CYYZ"]), codes(["EIDW", "EDDF", "CYYZ"]));
    let (one, other) = tokio::join!(airports(&database, &west), airports(&database, &east));
    assert_eq!(one?["EIDW"], other?["EIDW"]);
    let (queries, keys) = database.asked();
    println!("  {queries} queries for {keys} keys, though {} were asked for", west.len() + east.len());
    assert_eq!((queries, keys), (2, 4));

    println!("A list in the order of the keys:");
    let listed = stops(&database, &codes(["KJFK", "????", "EGLL"])).await?;
    let names: Vec<_> = listed.iter().map(|stop| stop.name.as_str()).collect();
    println!("  {}", names.join(", "));
    assert_eq!(listed.iter().map(|stop| stop.icao.as_str()).collect::<Vec<_>>(), ["KJFK", "EGLL"]);
    let _ = database.asked();

    println!("Without a bulk function, the function of one key is called for each, sixteen at a time:");
    let some = database.rows.keys().take(100).map(String::as_str);
    let warmed = airport::warm(&database, some.clone()).await;
    assert_eq!((warmed.ready, warmed.failed.len()), (100, 0));
    assert_eq!(database.asked(), (100, 100));
    let hundred = airport::get_many(&database, some).await?;
    assert_eq!((hundred.len(), database.asked()), (100, (0, 0)));
    println!("  {} airports were warmed up, and then read without a query", hundred.len());

    println!("bulk: {} keys were loaded", airport::stats().loads + stops::stats().loads);
    Ok(())
}

fn codes<const N: usize>(codes: [&str; N]) -> Vec<String> {
    codes.map(str::to_owned).to_vec()
}
