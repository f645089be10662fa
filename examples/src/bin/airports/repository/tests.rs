//! The repository against the same questions answered by looking at every airport, and what its cache makes of writes.

use std::time::Duration;

use hydracache::testing::ManualClock;
use hydracache::{HydraCache, Runtime, Source};

use super::*;
use crate::source::{self, AIRPORTS_CSV};
use crate::testing::{haversine_km, loaded};

/// Codes and distances, as a scan over all airports with the haversine formula finds them.
fn brute_force(airports: &[Airport], icao: &str, radius_km: u32) -> Vec<(String, f64)> {
    let here = airports.iter().find(|airport| airport.icao == icao).unwrap();
    let mut near: Vec<_> = airports
        .iter()
        .filter(|airport| airport.icao != icao)
        .map(|airport| {
            let distance =
                haversine_km((here.latitude, here.longitude), (airport.latitude, airport.longitude));
            (airport.icao.clone(), distance)
        })
        .filter(|(_, distance)| *distance <= f64::from(radius_km))
        .collect();
    near.sort_by(|(a_icao, a), (b_icao, b)| a.total_cmp(b).then_with(|| a_icao.cmp(b_icao)));
    near.truncate(25);
    near
}

#[tokio::test]
async fn nearby_is_what_a_scan_over_all_airports_finds() {
    let (airports, _database) = loaded().await;
    let all = source::read(AIRPORTS_CSV).unwrap();
    // London, Fiji on both sides of the date line, the Aleutians, Chukotka, the high Arctic, the pole.
    for icao in ["EGLL", "NFNM", "NFMO", "NFNA", "PADK", "PASY", "UHME", "CYLT", "UODN", "BGMI", "NZSP"] {
        for radius_km in [0, 10, 200, 1_500, 6_000, 30_000] {
            let found = airports.nearby(icao, radius_km).await.unwrap();
            let expected = brute_force(&all, icao, radius_km);
            let codes =
                |list: &[(String, f64)]| list.iter().map(|(code, _)| code.clone()).collect::<Vec<_>>();
            let found: Vec<_> = found.into_iter().map(|near| (near.icao, near.distance_km)).collect();
            assert_eq!(codes(&found), codes(&expected), "{icao} within {radius_km} km");
            for ((code, found), (_, expected)) in found.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-5, "{icao} to {code}: {found} or {expected} km");
            }
        }
    }
}

#[tokio::test]
async fn nearby_crosses_the_date_line() {
    let (airports, _database) = loaded().await;
    // NFNM lies at 179.877 west, NFMO at 179.951 east.
    let near = airports.nearby("NFNM", 250).await.unwrap();
    assert!(near.iter().any(|neighbour| neighbour.icao == "NFMO"), "{near:?}");
}

#[tokio::test]
async fn an_unknown_code_is_none_and_has_no_neighbours() {
    let (airports, _database) = loaded().await;
    assert_eq!(airports.airport("????").await.unwrap(), None);
    assert_eq!(airports.nearby("????", 100).await.unwrap(), []);
    let nowhere = Airport { icao: "????".to_owned(), ..heathrow(&airports).await };
    assert!(!airports.rename(&nowhere, "Nowhere").await.unwrap());
}

#[tokio::test]
async fn search_finds_codes_and_names_in_any_case() {
    let (airports, _database) = loaded().await;
    let codes = async |prefix: &str| -> Vec<String> {
        airports.search(prefix).await.unwrap().into_iter().map(|airport| airport.icao).collect()
    };
    assert_eq!(codes("egll").await, ["EGLL"]);
    assert_eq!(codes("lhr").await, ["EGLL"]);
    assert_eq!(codes("LONDON heath").await, ["EGLL"]);
    assert_eq!(codes("çUKUROVA").await, ["LTDB"]);
    assert_eq!(codes("åLESUND").await, ["ENAL"]);
    assert_eq!(codes("%").await, Vec::<String>::new());
    let many = codes("e").await;
    assert_eq!(many.len(), 20);
    assert!(many.is_sorted() && many.iter().all(|code| code.starts_with('E')), "{many:?}");
}

#[tokio::test]
async fn a_country_has_the_airports_with_an_iata_code() {
    let (airports, _database) = loaded().await;
    let all = source::read(AIRPORTS_CSV).unwrap();
    let codes = async |country: &str| -> Vec<String> {
        airports.of_country(country).await.unwrap().iter().map(|airport| airport.icao.clone()).collect()
    };
    let mut expected: Vec<_> =
        all.iter().filter(|airport| airport.country == "IS" && airport.iata.is_some()).collect();
    expected.sort_by(|a, b| a.icao.cmp(&b.icao));
    assert!(expected.len() > 10);
    assert!(codes("IS").await.iter().eq(expected.iter().map(|airport| &airport.icao)));
    assert_eq!(codes("XX").await, Vec::<String>::new());
}

async fn heathrow(airports: &Airports) -> Airport {
    airports.airport("EGLL").await.unwrap().unwrap()
}

#[tokio::test]
async fn a_new_name_is_found_everywhere_and_the_old_one_nowhere() {
    let (airports, _database) = loaded().await;
    let codes = ["EGLL".to_owned()];
    let (before, neighbours) = (heathrow(&airports).await, airports.nearby("EGTD", 60).await.unwrap());
    assert!(neighbours.iter().any(|near| near.name == before.name), "{neighbours:?}");
    assert_eq!(airports.search("London Heathrow").await.unwrap()[0].name, before.name);
    assert!(airports.of_country("GB").await.unwrap().iter().any(|airport| airport.name == before.name));
    let icelandic = airports.of_country("IS").await.unwrap();

    assert!(airports.rename(&before, "Çirrus Field").await.unwrap());
    assert_eq!(heathrow(&airports).await.name, "Çirrus Field");
    assert_eq!(airports.by_code(&codes).await.unwrap()["EGLL"].as_ref().unwrap().name, "Çirrus Field");
    assert_eq!(airports.search("çIRRUS").await.unwrap()[0].icao, "EGLL");
    assert_eq!(airports.search("London Heathrow").await.unwrap(), []);
    let neighbours = airports.nearby("EGTD", 60).await.unwrap();
    assert!(neighbours.iter().any(|near| near.name == "Çirrus Field"), "{neighbours:?}");
    let british = airports.of_country("GB").await.unwrap();
    assert!(british.iter().any(|airport| airport.name == "Çirrus Field"));
    let again = airports.of_country("IS").await.unwrap();
    assert!(Arc::ptr_eq(&icelandic, &again), "the list of another country stays");
}

#[tokio::test]
async fn a_request_that_is_broken_off_invalidates_what_it_may_have_written() {
    let (airports, _database) = loaded().await;
    let before = heathrow(&airports).await;
    airports.of_country("GB").await.unwrap();
    let mut renaming = Box::pin(airports.rename(&before, "Broken off"));
    assert!(polled_once(renaming.as_mut()).await.is_none(), "the query has begun");
    drop(renaming);
    assert_eq!(Airports::airport_cache().peek(&airports, "EGLL"), None);
    assert!(Airports::of_country_cache().peek(&airports, "GB").is_none());
}

/// What a future has to say when it is polled once.
async fn polled_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    std::future::poll_fn(|context| match std::pin::Pin::new(&mut future).poll(context) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn codes_share_their_entries_with_single_airports() {
    let (airports, _database) = loaded().await;
    let queries = || airports.queries().load(Ordering::Relaxed);
    let single = heathrow(&airports).await;
    let stops = ["EGLL", "KJFK", "????"].map(str::to_owned);
    let found = airports.by_code(&stops).await.unwrap();
    assert_eq!((found.len(), queries()), (3, 2));
    assert_eq!((found["EGLL"].as_ref(), &found["????"]), (Some(&single), &None));
    assert_eq!(airports.airport("KJFK").await.unwrap(), found["KJFK"]);
    assert_eq!(airports.airport("????").await.unwrap(), None);
    assert_eq!(airports.by_code(&stops).await.unwrap(), found);
    assert_eq!(queries(), 2, "all of it was there");
    assert_eq!(airports.by_code(&[]).await.unwrap().len(), 0);
    assert_eq!(queries(), 2, "nothing was asked for");
}

#[tokio::test]
async fn an_airport_is_loaded_anew_before_it_expires_and_outlives_the_database() {
    let clock = ManualClock::new();
    let cache = HydraCache::local().clock(clock.clone()).build();
    let runtime = Runtime::builder().cache(cache).build().unwrap();
    let test = async {
        let (airports, database) = loaded().await;
        let fetch = async || Airports::airport_cache().fetch(&airports, "EGLL").await;
        let queries = || airports.queries().load(Ordering::Relaxed);
        fetch().await.unwrap();
        clock.advance(Duration::from_secs(9 * 60));
        assert_eq!(fetch().await.unwrap().source, Source::Hit);
        while fetch().await.unwrap().age > Duration::ZERO {
            tokio::task::yield_now().await;
        }
        assert_eq!(queries(), 2, "the hit loaded in the background");
        database.close().await;
        clock.advance(Duration::from_secs(30 * 60));
        assert_eq!(fetch().await.unwrap().source, Source::Stale);
        clock.advance(Duration::from_secs(60 * 60));
        assert!(fetch().await.is_err(), "an hour is the limit");
    };
    runtime.scope(test).await;
}

#[tokio::test]
async fn every_method_runs_one_query() {
    let (airports, _database) = loaded().await;
    let here = heathrow(&airports).await;
    airports.search("lon").await.unwrap();
    airports.nearby("EGLL", 50).await.unwrap();
    airports.of_country("GB").await.unwrap();
    airports.rename(&here, "Heathrow").await.unwrap();
    airports.by_code(&["EGLL".to_owned()]).await.unwrap();
    assert_eq!(airports.queries().load(Ordering::Relaxed), 6);
}

#[tokio::test]
async fn no_query_scans_the_table() {
    let (airports, _database) = loaded().await;
    let codes = with_codes(&["EGLL".to_owned(), "KJFK".to_owned()]);
    let by_code = codes.into_string();
    for (query, index) in [
        (by_code.as_str(), "airports_by_icao"),
        (OF_COUNTRY, "airports_by_country"),
        (AIRPORT, "airports_by_icao"),
        (SEARCH, "airports_by_folded_name"),
        (NEARBY, "VIRTUAL TABLE INDEX 2"),
        (RENAME, "airports_by_icao"),
    ] {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
        let steps = sqlx::query(explain).fetch_all(&airports.pool).await.unwrap();
        let plan: Vec<String> = steps.iter().map(|step| step.get("detail")).collect();
        assert!(plan.iter().any(|step| step.contains(index)), "{plan:?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN") && !step.contains("VIRTUAL")), "{plan:?}");
    }
}
