//! A function, an attribute, a cache: the first steps, over a file of 28,298 airports that is searched line by line.
//!
//! ```sh
//! cargo run -p hydracache-examples --bin quickstart
//! ```

use std::error::Error;
use std::time::{Duration, Instant};

use hydracache::{HydraCache, Runtime, Source, cached};
use serde::{Deserialize, Serialize};

const AIRPORTS: &str = include_str!("../../data/airports.csv");

/// A value is cloned on a hit, and has a byte form through serde, for caches that send it elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Airport {
    icao: String,
    name: String,
    country: String,
}

/// Looks for an airport in a whole file, which is slow; this is an ordinary function but for the attribute.
///
/// The key is made of the code alone: `file` says where to look, not what for.
#[cached(name = "airports.find", key = "airport:{icao}", ttl = "10m")]
async fn find_airport(file: &str, icao: &str) -> Result<Option<Airport>, csv::Error> {
    // As waiting for a disk or a database does, this lets others run.
    tokio::task::yield_now().await;
    for airport in csv::Reader::from_reader(file.as_bytes()).deserialize() {
        let airport: Airport = airport?;
        if airport.icao == icao {
            return Ok(Some(airport));
        }
    }
    Ok(None)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Once, at start-up. Without it there is a default cache, so this line may wait until there is something to decide.
    Runtime::builder().cache(HydraCache::local().max_capacity(10_000).build()).install()?;

    println!("The first call searches the file, the second one does not:");
    let (first, searching) = timed(|| find_airport(AIRPORTS, "EGLL")).await;
    let (second, hitting) = timed(|| find_airport(AIRPORTS, "EGLL")).await;
    let (first, second) = (first?, second?);
    assert_eq!(first.as_ref().map(|airport| airport.country.as_str()), Some("GB"));
    assert_eq!(first, second);
    assert_eq!((find_airport::stats().loads, find_airport::stats().hits), (1, 1));
    println!("  searched in {searching:?}, read from the cache in {hitting:?}");

    println!("What does not exist is an answer as well, and is remembered:");
    for _ in 0..2 {
        assert_eq!(find_airport(AIRPORTS, "????").await?, None);
    }
    println!("  {} searches for 4 calls", find_airport::stats().loads);
    assert_eq!(find_airport::stats().loads, 2);

    println!("A thousand callers who ask for the same at once wait for one search:");
    let callers: Vec<_> = (0..1_000).map(|_| tokio::spawn(find_airport(AIRPORTS, "KJFK"))).collect();
    for caller in callers {
        assert!(caller.await??.is_some());
    }
    println!("  {} searches in all", find_airport::stats().loads);
    assert_eq!(find_airport::stats().loads, 3);

    println!("An error is not stored and reaches the caller as it is:");
    let broken = "icao,name,country\nEDDF,Frankfurt\n";
    let error = find_airport(broken, "EDDF").await.expect_err("the line has no country");
    println!("  {error}");
    assert!(find_airport(AIRPORTS, "EDDF").await?.is_some(), "the next call searches anew");

    println!("Beside the function stands a handle of the same name, which takes what the key needs:");
    assert_eq!(find_airport::peek("EGLL"), Some(first));
    assert!(find_airport::invalidate("EGLL").await?, "there was an entry");
    let found = find_airport::fetch(AIRPORTS, "EGLL").await?;
    assert_eq!(found.source, Source::Loaded);
    println!("  after invalidate(\"EGLL\") the value is {:?}", found.source);

    println!("The program knows what is cached in it, called or not:");
    for function in Runtime::current().registry().functions() {
        let (name, key) = (function.name(), function.key_template());
        println!("  {name} with the key {key}, at {}:{}", function.file(), function.line());
    }
    let stats = find_airport::stats();
    println!("quickstart: {} hits, {} loads", stats.hits, stats.loads);
    assert_eq!(stats.loads, 6);
    Ok(())
}

/// What a call returns, and how long it took.
async fn timed<F: Future>(call: impl FnOnce() -> F) -> (F::Output, Duration) {
    let begin = Instant::now();
    let value = call().await;
    (value, begin.elapsed())
}
