//! What the repository returns: an airport, and an airport seen from another one.

use hydracache::HydraCacheEntity;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

/// An airport; the aliases are the column names of the data file.
///
/// As an entity it says once what the tag of an airport looks like, and that its country has one too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, HydraCacheEntity)]
#[hydracache(entity = "airport", tags = ["country:{country}"])]
pub(crate) struct Airport {
    #[hydracache(id)]
    pub(crate) icao: String,
    pub(crate) iata: Option<String>,
    pub(crate) name: String,
    pub(crate) city: String,
    #[serde(alias = "subd")]
    pub(crate) subdivision: String,
    pub(crate) country: String,
    #[serde(alias = "elevation")]
    pub(crate) elevation_ft: f64,
    #[serde(alias = "lat")]
    pub(crate) latitude: f64,
    #[serde(alias = "lon")]
    pub(crate) longitude: f64,
    #[serde(alias = "tz")]
    pub(crate) time_zone: String,
    /// The identifier that the United States or Canada gave it, which may differ from its ICAO code.
    pub(crate) lid: Option<String>,
}

/// An airport in a list of those of its country.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) icao: String,
    pub(crate) iata: String,
    pub(crate) name: String,
}

/// An airport within reach of another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Neighbour {
    pub(crate) icao: String,
    pub(crate) name: String,
    pub(crate) country: String,
    pub(crate) distance_km: f64,
}

impl FromRow<'_, SqliteRow> for Airport {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            icao: row.try_get("icao")?,
            iata: row.try_get("iata")?,
            name: row.try_get("name")?,
            city: row.try_get("city")?,
            subdivision: row.try_get("subdivision")?,
            country: row.try_get("country")?,
            elevation_ft: row.try_get("elevation_ft")?,
            latitude: row.try_get("latitude")?,
            longitude: row.try_get("longitude")?,
            time_zone: row.try_get("time_zone")?,
            lid: row.try_get("lid")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Named {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self { icao: row.try_get("icao")?, iata: row.try_get("iata")?, name: row.try_get("name")? })
    }
}
