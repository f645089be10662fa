//! The routes, asked without a socket.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::testing::loaded;

async fn ask(router: &Router, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path);
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    };
    let response = router.clone().oneshot(request.unwrap()).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

async fn read(router: &Router, path: &str) -> (StatusCode, Value) {
    ask(router, Method::GET, path, None).await
}

#[tokio::test]
async fn airports_are_found_by_code_and_by_prefix() {
    let (airports, _database) = loaded().await;
    let router = routes(airports);
    let (status, airport) = read(&router, "/airports/egll").await;
    assert_eq!((status, &airport["iata"]), (StatusCode::OK, &json!("LHR")));
    assert_eq!(airport["time_zone"], "Europe/London");
    let (status, found) = read(&router, "/airports?prefix=london%20heath").await;
    assert_eq!((status, found), (StatusCode::OK, json!([airport])));
    assert_eq!(read(&router, "/airports/_AYM").await.0, StatusCode::OK);
}

#[tokio::test]
async fn neighbours_come_nearest_first() {
    let (airports, _database) = loaded().await;
    let router = routes(airports);
    let (status, near) = read(&router, "/airports/EGLL/nearby?radius_km=60").await;
    let near: Vec<Neighbour> = serde_json::from_value(near).unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(near.len() > 1 && near.is_sorted_by_key(|neighbour| neighbour.distance_km), "{near:?}");
    assert!(near.iter().all(|neighbour| neighbour.distance_km <= 60.0 && neighbour.icao != "EGLL"));
    // The pole has no neighbour within a kilometre, which is not the same as not being there.
    assert_eq!(read(&router, "/airports/NZSP/nearby?radius_km=1").await, (StatusCode::OK, json!([])));
}

#[tokio::test]
async fn a_new_name_is_answered_and_kept() {
    let (airports, _database) = loaded().await;
    let router = routes(airports);
    let body = Some(json!({"name": "  Heathrow  "}));
    let (status, airport) = ask(&router, Method::PUT, "/airports/EGLL/name", body).await;
    assert_eq!((status, &airport["name"]), (StatusCode::OK, &json!("Heathrow")));
    assert_eq!(read(&router, "/airports/EGLL").await, (StatusCode::OK, airport));
}

#[tokio::test]
async fn a_new_name_is_in_every_answer_that_had_the_old_one() {
    let (airports, _database) = loaded().await;
    let router = routes(airports);
    let paths = ["/airports/EGLL", "/airports?codes=KJFK,EGLL", "/airports/EGTD/nearby?radius_km=60"];
    let paths = [&paths[..], &["/countries/GB/airports", "/airports?prefix=EGLL"]].concat();
    let mentions = async |name: &str| {
        let mut found = 0;
        for path in &paths {
            let (status, answer) = read(&router, path).await;
            assert_eq!(status, StatusCode::OK, "{path}: {answer}");
            found += usize::from(answer.to_string().contains(name));
        }
        found
    };
    assert_eq!(mentions("London Heathrow Airport").await, paths.len());
    let body = Some(json!({"name": "Renamed"}));
    assert_eq!(ask(&router, Method::PUT, "/airports/EGLL/name", body).await.0, StatusCode::OK);
    assert_eq!((mentions("London Heathrow Airport").await, mentions("Renamed").await), (0, paths.len()));
}

#[tokio::test]
async fn several_airports_come_in_the_order_of_their_codes() {
    let (airports, _database) = loaded().await;
    let router = routes(airports);
    let (status, stops) = read(&router, "/airports?codes=kjfk,%20BIKF,EGLL,KJFK").await;
    let stops: Vec<Airport> = serde_json::from_value(stops).unwrap();
    let codes: Vec<_> = stops.iter().map(|airport| airport.icao.as_str()).collect();
    assert_eq!((status, codes), (StatusCode::OK, vec!["KJFK", "BIKF", "EGLL", "KJFK"]));
}

#[tokio::test]
async fn a_country_lists_its_airports() {
    let (airports, _database) = loaded().await;
    let router = routes(airports);
    let (status, list) = read(&router, "/countries/is/airports").await;
    let keflavik = json!({"icao": "BIKF", "iata": "KEF", "name": "Keflavik International Airport"});
    assert_eq!(status, StatusCode::OK);
    assert!(list.as_array().unwrap().contains(&keflavik), "{list}");
    assert_eq!(read(&router, "/countries/XX/airports").await, (StatusCode::OK, json!([])));
}

#[tokio::test]
async fn bad_requests_are_answered_with_a_status_and_a_message() {
    let (airports, _database) = loaded().await;
    let router = routes(airports);
    let long = "x".repeat(201);
    let many = format!("/airports?codes={}", vec!["EGLL"; 101].join(","));
    let cases = [
        (Method::GET, "/airports/ZZZZ", None, 404, "ZZZZ"),
        (Method::GET, "/airports/EG", None, 400, "EG"),
        (Method::GET, "/airports/%FF%FF%FF%FF", None, 400, "UTF-8"),
        (Method::GET, "/airports", None, 400, "prefix"),
        (Method::GET, "/airports?prefix=e&codes=EGLL", None, 400, "either"),
        (Method::GET, "/airports?codes=", None, 400, "ICAO"),
        (Method::GET, "/airports?codes=EGLL,EG", None, 400, "EG"),
        (Method::GET, "/airports?codes=EGLL,ZZZZ", None, 404, "ZZZZ"),
        (Method::GET, &many, None, 400, "101 codes"),
        (Method::GET, "/countries/GBR/airports", None, 400, "GBR"),
        (Method::GET, "/airports?prefix=%20", None, 400, "prefix is empty"),
        (Method::GET, "/airports/EGLL/nearby", None, 400, "radius_km"),
        (Method::GET, "/airports/EGLL/nearby?radius_km=0", None, 400, "radius_km is 0"),
        (Method::GET, "/airports/EGLL/nearby?radius_km=99999", None, 400, "99999"),
        (Method::GET, "/airports/EGLL/nearby?radius_km=-5", None, 400, "radius_km"),
        (Method::GET, "/airports/ZZZZ/nearby?radius_km=5", None, 404, "ZZZZ"),
        (Method::PUT, "/airports/EGLL/name", None, 415, "application/json"),
        (Method::PUT, "/airports/EGLL/name", Some(json!({})), 400, "name"),
        (Method::PUT, "/airports/EGLL/name", Some(json!({"name": 5})), 400, "string"),
        (Method::PUT, "/airports/EGLL/name", Some(json!({"name": ""})), 400, "name is empty"),
        (Method::PUT, "/airports/EGLL/name", Some(json!({"name": long})), 400, "200"),
        (Method::PUT, "/airports/EGLL/name", Some(json!({"name": "a\nb"})), 400, "control"),
        (Method::PUT, "/airports/ZZZZ/name", Some(json!({"name": "a"})), 404, "ZZZZ"),
        (Method::DELETE, "/airports/EGLL", None, 405, "method"),
        (Method::GET, "/nowhere", None, 404, "path"),
    ];
    for (method, path, body, status, word) in cases {
        let (answered, body) = ask(&router, method, path, body).await;
        let message = body["error"].as_str().unwrap();
        assert_eq!(answered.as_u16(), status, "{path}: {message}");
        assert!(message.contains(word), "{path}: {message}");
    }
}

#[tokio::test]
async fn a_failing_database_is_an_internal_error_without_details() {
    let (airports, database) = loaded().await;
    let router = routes(airports);
    database.close().await;
    let answer = read(&router, "/airports/EGLL").await;
    assert_eq!(answer, (StatusCode::INTERNAL_SERVER_ERROR, json!({"error": "the database failed"})));
}
