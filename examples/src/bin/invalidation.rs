//! Writes: a function that writes says what becomes wrong by it, and what it says is final when it returns.
//!
//! ```sh
//! cargo run -p hydracache-examples --bin invalidation
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use hydracache::{CacheEntity, HydraCache, HydraCacheEntity, Runtime, cache_put, cached_impl, invalidates};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

const AIRPORTS: &str = include_str!("../../data/airports.csv");

/// The derive says once what keys and tags of an airport look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, HydraCacheEntity)]
#[hydracache(entity = "airport", tags = ["country:{country}"])]
struct Airport {
    #[hydracache(id)]
    icao: String,
    name: String,
    country: String,
}

#[derive(Debug, PartialEq)]
struct NoSuchAirport;

/// A table of airports, and a gate at which a read can be held up, as by a slow network.
struct Table {
    rows: Mutex<BTreeMap<String, Airport>>,
    gate: Option<Arc<Gate>>,
}

#[derive(Default)]
struct Gate {
    reached: Notify,
    opened: Notify,
}

#[cached_impl(name = "table")]
impl Table {
    /// One airport. There is one table in this program, so the receiver is no part of the key.
    #[cached(receiver = skip, tags = ["airport:{icao}"])]
    async fn find(&self, icao: &str) -> Option<Airport> {
        let found = self.row(icao);
        if let Some(gate) = &self.gate {
            gate.reached.notify_one();
            gate.opened.notified().await;
        }
        found
    }

    /// All airports of a country: each list has a tag of its own.
    #[cached(receiver = skip, tags = ["country:{country}"])]
    async fn of_country(&self, country: &str) -> Vec<Airport> {
        self.rows().values().filter(|airport| airport.country == country).cloned().collect()
    }

    /// How many airports there are. Names do not matter to it, so nothing but `add` invalidates it.
    #[cached(receiver = skip)]
    async fn count(&self) -> usize {
        self.rows().len()
    }

    /// One entry by the arguments of its key, and the lists by their tag. Both are known before the body runs, so they are
    /// invalidated as well when it panics, or when its future is dropped half-way: it may have written by then.
    #[invalidates(Self::find(&airport.icao), tags = ["country:{airport.country}"])]
    async fn rename(&self, airport: &Airport, name: &str) -> Result<(), NoSuchAirport> {
        let mut rows = self.rows();
        name.clone_into(&mut rows.get_mut(&airport.icao).ok_or(NoSuchAirport)?.name);
        Ok(())
    }

    /// Every entry of a function, and only where something has changed: `result` is what is in `Ok`.
    #[invalidates(Self::find(&airport.icao), all(Self::count), tags = ["country:{airport.country}"], when = |added| *added)]
    async fn add(&self, airport: Airport) -> Result<bool, NoSuchAirport> {
        Ok(self.rows().insert(airport.icao.clone(), airport).is_none())
    }

    /// The other way: what was written is stored as the answer of the read, which then need not ask.
    #[cache_put(Self::find(&airport.icao) = Some(airport.clone()))]
    #[invalidates(tags = ["country:{airport.country}"])]
    async fn replace(&self, airport: &Airport) -> Result<(), NoSuchAirport> {
        self.rows().insert(airport.icao.clone(), airport.clone());
        Ok(())
    }

    fn row(&self, icao: &str) -> Option<Airport> {
        self.rows().get(icao).cloned()
    }

    fn rows(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Airport>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let cache = HydraCache::local().build();
    Runtime::builder().cache(cache.clone()).install()?;
    let rows: Result<Vec<Airport>, _> = csv::Reader::from_reader(AIRPORTS.as_bytes()).deserialize().collect();
    let rows = rows?.into_iter().map(|airport| (airport.icao.clone(), airport)).collect();
    let table = Table { rows: Mutex::new(rows), gate: None };

    println!("A write, and the next read sees it; so does every list that contains the airport:");
    let heathrow = table.find("EGLL").await.ok_or("EGLL is missing")?;
    let (british, icelandic) = (table.of_country("GB").await.len(), table.of_country("IS").await.len());
    assert_eq!(table.rename(&heathrow, "Heathrow").await, Ok(()));
    let renamed = table.find("EGLL").await.ok_or("EGLL is gone")?;
    println!("  EGLL was {:?} and is {:?}", heathrow.name, renamed.name);
    assert_eq!(renamed.name, "Heathrow");
    assert!(table.of_country("GB").await.contains(&renamed));
    assert_eq!(Table::of_country_cache().stats().loads, 3, "the list of Britain was loaded anew");
    assert_eq!(Table::of_country_cache().peek("IS").map(|list| list.len()), Some(icelandic));

    println!("A write that returns an error has written nothing, and invalidates nothing:");
    let nowhere = Airport { icao: "????".to_owned(), ..heathrow.clone() };
    assert_eq!(table.rename(&nowhere, "Nowhere").await, Err(NoSuchAirport));
    assert_eq!(Table::of_country_cache().peek("GB").map(|list| list.len()), Some(british));
    println!("  the list of {british} airports in GB is still there");

    println!("`when` looks at the outcome: an airport that was there before changes no count.");
    let all = table.count().await;
    assert_eq!(table.add(renamed.clone()).await, Ok(false));
    assert_eq!(Table::count_cache().peek(), Some(all));
    assert_eq!(table.add(Airport { icao: "ZZZZ".to_owned(), ..renamed }).await, Ok(true));
    assert_eq!(table.count().await, all + 1);
    println!("  {all} airports, then {}", all + 1);

    println!("`#[cache_put]` stores what was written, and the next read is a hit:");
    let loads = Table::find_cache().stats().loads;
    table.replace(&heathrow).await.map_err(|_| "EGLL cannot be replaced")?;
    assert_eq!(table.find("EGLL").await, Some(heathrow.clone()));
    assert_eq!(Table::find_cache().stats().loads, loads);
    println!("  EGLL is {:?} again, without a read", heathrow.name);

    println!("A tag by hand, for what is written by others. The derive knows what it looks like:");
    cache.invalidate_tag(Airport::entity_tag(&heathrow.icao)).await?;
    assert_eq!(Table::find_cache().peek("EGLL"), None);

    println!("A read that began before the write brings nothing old back, however late it ends:");
    let gate = Arc::new(Gate::default());
    let slow = Arc::new(Table { gate: Some(Arc::clone(&gate)), ..table });
    let reading = tokio::spawn({
        let slow = Arc::clone(&slow);
        async move { slow.find("EGLL").await }
    });
    gate.reached.notified().await;
    slow.rename(&heathrow, "London").await.map_err(|_| "EGLL is gone")?;
    gate.opened.notify_one();
    let begun_before = reading.await?.ok_or("EGLL is gone")?;
    gate.opened.notify_one();
    let after = slow.find("EGLL").await.ok_or("EGLL is gone")?;
    println!("  the read that was overtaken has {:?}, the next one has {:?}", begun_before.name, after.name);
    assert_eq!(after.name, "London");

    let writers = Runtime::current().registry().invalidators().count();
    println!("invalidation: {writers} attributes on writes, no stale read");
    Ok(())
}
