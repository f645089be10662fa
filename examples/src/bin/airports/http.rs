//! The HTTP service: five questions and one change, all JSON. Nothing here knows that there is a cache.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;

use crate::api_error::ApiError;
use crate::model::{Airport, Neighbour};
use crate::repository::Airports;

/// Half way round the Earth: a larger radius holds no more airports.
const MAX_RADIUS_KM: u32 = 20_038;
const MAX_NAME_CHARS: usize = 200;
const MAX_PREFIX_CHARS: usize = 100;
const MAX_CODES: usize = 100;

/// The routes; what does not match any of them is answered in JSON as well.
pub(crate) fn routes(airports: Airports) -> Router {
    Router::new()
        .route("/airports", get(several))
        .route("/airports/{icao}", get(airport))
        .route("/airports/{icao}/nearby", get(nearby))
        .route("/airports/{icao}/name", put(rename))
        .route("/countries/{country}/airports", get(of_country))
        .fallback(async || ApiError::NotFound("there is nothing at this path".to_owned()))
        .method_not_allowed_fallback(async || ApiError::Method)
        .with_state(airports)
}

/// Ends when ctrl-c is pressed; the service then answers what it has begun and stops.
pub(crate) async fn until_interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        // Without the signal there is no graceful end, which is no reason to end at once.
        eprintln!("airports: cannot listen for ctrl-c: {error}");
        std::future::pending::<()>().await;
    }
}

#[derive(Deserialize)]
struct AirportsQuery {
    prefix: Option<String>,
    codes: Option<String>,
}

#[derive(Deserialize)]
struct NearbyQuery {
    radius_km: u32,
}

#[derive(Deserialize)]
struct NewName {
    name: String,
}

async fn airport(
    State(airports): State<Airports>,
    icao: Result<Path<String>, PathRejection>,
) -> Result<Json<Airport>, ApiError> {
    let icao = code(&icao?.0)?;
    airports.airport(&icao).await?.map(Json).ok_or_else(|| ApiError::no_airport(&icao))
}

/// Several airports: those whose code or name begins so, or those with these codes, in the order of the codes.
async fn several(
    State(airports): State<Airports>,
    query: Result<Query<AirportsQuery>, QueryRejection>,
) -> Result<Json<Vec<Airport>>, ApiError> {
    let Query(AirportsQuery { prefix, codes }) = query?;
    match (prefix, codes) {
        (Some(prefix), None) => {
            let prefix = text("prefix", &prefix, MAX_PREFIX_CHARS)?;
            Ok(Json(airports.search(prefix).await?))
        }
        (None, Some(codes)) => Ok(Json(by_code(&airports, &codes).await?)),
        _ => Err(ApiError::bad("say either prefix=... or codes=...,... to tell which airports")),
    }
}

/// What the stops of a route are asked for by: an unknown one is a mistake in the route, and is named.
async fn by_code(airports: &Airports, codes: &str) -> Result<Vec<Airport>, ApiError> {
    let codes = codes.split(',').map(|icao| code(icao.trim())).collect::<Result<Vec<_>, _>>()?;
    if codes.len() > MAX_CODES {
        return Err(ApiError::bad(format!("{} codes are more than {MAX_CODES}", codes.len())));
    }
    let found = airports.by_code(&codes).await?;
    let in_order = codes
        .iter()
        .map(|icao| found.get(icao).and_then(Clone::clone).ok_or_else(|| ApiError::no_airport(icao)));
    in_order.collect()
}

/// The airports of a country with an IATA code; a country that has none, or does not exist, has an empty list.
async fn of_country(
    State(airports): State<Airports>,
    country: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let Path(country) = country?;
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(ApiError::bad(format!("{country:?} is not a country code of two letters")));
    }
    let list = airports.of_country(&country.to_ascii_uppercase()).await?;
    Ok(Json(&*list).into_response())
}

async fn nearby(
    State(airports): State<Airports>,
    icao: Result<Path<String>, PathRejection>,
    query: Result<Query<NearbyQuery>, QueryRejection>,
) -> Result<Json<Vec<Neighbour>>, ApiError> {
    let icao = code(&icao?.0)?;
    let Query(NearbyQuery { radius_km }) = query?;
    if !(1..=MAX_RADIUS_KM).contains(&radius_km) {
        return Err(ApiError::bad(format!("radius_km is {radius_km}, not between 1 and {MAX_RADIUS_KM}")));
    }
    let neighbours = airports.nearby(&icao, radius_km).await?;
    // An empty answer can mean a lonely airport or none at all; only this case needs the second look.
    if neighbours.is_empty() && airports.airport(&icao).await?.is_none() {
        return Err(ApiError::no_airport(&icao));
    }
    Ok(Json(neighbours))
}

async fn rename(
    State(airports): State<Airports>,
    icao: Result<Path<String>, PathRejection>,
    body: Result<Json<NewName>, JsonRejection>,
) -> Result<Json<Airport>, ApiError> {
    let icao = code(&icao?.0)?;
    let Json(NewName { name }) = body?;
    let name = text("name", &name, MAX_NAME_CHARS)?;
    let airport = airports.airport(&icao).await?.ok_or_else(|| ApiError::no_airport(&icao))?;
    if !airports.rename(&airport, name).await? {
        return Err(ApiError::no_airport(&icao));
    }
    airports.airport(&icao).await?.map(Json).ok_or_else(|| ApiError::no_airport(&icao))
}

/// Codes are four letters or digits, in any case; some in the data begin with `_`.
fn code(icao: &str) -> Result<String, ApiError> {
    if icao.len() != 4 || !icao.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(ApiError::bad(format!(
            "{icao:?} is not an ICAO code of four letters, digits or underscores"
        )));
    }
    Ok(icao.to_ascii_uppercase())
}

/// A text that a person may have written: not empty, not endless, nothing that breaks a line.
fn text<'a>(field: &str, text: &'a str, max_chars: usize) -> Result<&'a str, ApiError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(ApiError::bad(format!("{field} is empty")));
    }
    if trimmed.chars().count() > max_chars {
        return Err(ApiError::bad(format!("{field} is longer than {max_chars} characters")));
    }
    if trimmed.chars().any(char::is_control) {
        return Err(ApiError::bad(format!("{field} has a control character in it")));
    }
    Ok(trimmed)
}

#[cfg(test)]
mod tests;
