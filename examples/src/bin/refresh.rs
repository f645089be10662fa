//! The passing of time: values that never grow old, old values that are better than none, and slow sources.
//!
//! The clock of the cache is one that is moved by hand, so the program shows hours in no time.
//!
//! ```sh
//! cargo run -p hydracache-examples --bin refresh
//! ```

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hydracache::testing::ManualClock;
use hydracache::{Cached, HydraCache, LoadError, Runtime, Source, cached};

/// Where observations of the weather come from: each is the next one, and sometimes none comes.
#[derive(Clone, Default)]
struct Station(Arc<State>);

#[derive(Default)]
struct State {
    readings: AtomicU64,
    mood: AtomicU64,
}

const WELL: u64 = 0;
const FAILING: u64 = 1;
const SILENT: u64 = 2;

#[derive(Debug, Clone)]
enum NoWeather {
    Failed,
    TooSlow(LoadError),
}

/// Errors of the cache, such as a load that took too long, need a way into the error of the function.
impl From<LoadError> for NoWeather {
    fn from(error: LoadError) -> Self {
        Self::TooSlow(error)
    }
}

impl std::fmt::Display for NoWeather {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed => f.write_str("the station failed"),
            Self::TooSlow(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NoWeather {}

impl Station {
    fn is(&self, mood: u64) {
        self.0.mood.store(mood, Ordering::SeqCst);
    }

    fn readings(&self) -> u64 {
        self.0.readings.load(Ordering::SeqCst)
    }
}

/// A value lives for ten minutes, and each window is asked for by itself:
///
/// - in the last two of the ten minutes a call is a hit, and loads in the background what comes after;
/// - for half an hour after the end a call gets the old value at once, while a new one is loaded;
/// - for six hours after the end a call gets the old value if the load fails;
/// - and a load that takes longer than five seconds ends in an error.
#[cached(
    name = "weather.observation",
    key = "{icao}",
    ttl = "10m",
    refresh_ahead = "2m",
    stale_while_revalidate = "30m",
    stale_on_error = "6h",
    retry_after = "1m",
    load_timeout = "5s"
)]
async fn observation(station: Station, icao: &str) -> Result<u64, NoWeather> {
    let reading = station.0.readings.fetch_add(1, Ordering::SeqCst) + 1;
    let _ = icao;
    match station.0.mood.load(Ordering::SeqCst) {
        WELL => Ok(reading),
        FAILING => Err(NoWeather::Failed),
        _ => std::future::pending().await,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = ManualClock::new();
    Runtime::builder().cache(HydraCache::local().clock(clock.clone()).build()).install()?;
    let station = Station::default();
    let ask = async |what: &str| {
        let found = observation::fetch(station.clone(), "EGLL").await;
        if let Ok(Cached { value, source, age, .. }) = &found {
            println!("  {what:<32} observation {value}, {source:?}, {} min old", age.as_secs() / 60);
        }
        found
    };

    println!("A value that is asked for in time is renewed before it ends, and nobody waits for it:");
    assert_eq!(ask("at the beginning").await?.source, Source::Loaded);
    clock.advance(minutes(7));
    assert_eq!(ask("after 7 minutes").await?.value, 1);
    clock.advance(minutes(2));
    assert_eq!(ask("after 9 minutes").await?.value, 1);
    let_others_run().await;
    assert_eq!(station.readings(), 2, "that hit loaded in the background");
    assert_eq!(ask("and right after that").await?.value, 2);

    println!("A value that nobody asked for in time is handed out once more, while a new one is loaded:");
    clock.advance(minutes(25));
    let stale = ask("25 minutes later").await?;
    assert_eq!((stale.value, stale.source), (2, Source::Stale));
    let_others_run().await;
    assert_eq!(ask("and right after that").await?.value, 3);

    println!("Where the station fails, an old value stands in, and the station is left alone for a minute:");
    station.is(FAILING);
    clock.advance(minutes(60));
    assert_eq!(ask("an hour later, failing").await?.value, 3);
    assert_eq!(ask("and right after that").await?.value, 3);
    assert_eq!(station.readings(), 4, "one attempt for both");
    clock.advance(minutes(2));
    assert_eq!(ask("two minutes later, still failing").await?.value, 3);
    assert_eq!(station.readings(), 5);

    println!("After six hours it is too old for that, and the error reaches the caller:");
    clock.advance(minutes(6 * 60));
    let error = ask("six hours later").await.expect_err("nothing may stand in");
    assert!(matches!(error, NoWeather::Failed));
    println!("  {error}");

    println!("What was invalidated never stands in for anything:");
    station.is(WELL);
    assert_eq!(ask("the station works again").await?.source, Source::Loaded);
    observation::invalidate("EGLL").await?;
    station.is(FAILING);
    assert!(matches!(ask("invalidated, and failing").await, Err(NoWeather::Failed)));
    println!("  nothing");

    println!("A load that takes too long ends in an error of the function's own type:");
    station.is(SILENT);
    let asking = tokio::spawn(observation(station.clone(), "KJFK"));
    let_others_run().await;
    clock.advance(Duration::from_secs(5));
    let error = asking.await?.expect_err("the station does not answer");
    assert!(matches!(error, NoWeather::TooSlow(_)));
    println!("  {error}");

    println!("refresh: {} observations were asked for", station.readings());
    assert_eq!(station.readings(), 9);
    Ok(())
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// Lets loads in the background come to their end.
async fn let_others_run() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
