//! The repository against the same questions answered by looking at every airport.

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
    assert!(!airports.rename("????", "Nowhere").await.unwrap());
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
async fn a_new_name_is_found_and_the_old_one_is_not() {
    let (airports, _database) = loaded().await;
    assert!(airports.rename("EGLL", "Çirrus Field").await.unwrap());
    assert_eq!(airports.airport("EGLL").await.unwrap().unwrap().name, "Çirrus Field");
    assert_eq!(airports.search("çIRRUS").await.unwrap()[0].icao, "EGLL");
    assert_eq!(airports.search("London Heathrow").await.unwrap(), []);
}

#[tokio::test]
async fn every_method_runs_one_query() {
    let (airports, _database) = loaded().await;
    airports.airport("EGLL").await.unwrap();
    airports.search("lon").await.unwrap();
    airports.nearby("EGLL", 50).await.unwrap();
    airports.rename("EGLL", "Heathrow").await.unwrap();
    assert_eq!(airports.queries().load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn no_query_scans_the_table() {
    let (airports, _database) = loaded().await;
    for (query, index) in [
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
