//! What several tests share: a loaded database and a second way to measure a distance.

use crate::database::Database;
use crate::geography::EARTH_RADIUS_KM;
use crate::repository::Airports;

/// A repository of its own; the database goes when the second value is dropped.
pub(crate) async fn loaded() -> (Airports, Database) {
    let database = Database::open(None).await.unwrap();
    (Airports::new(database.pool()), database)
}

/// The haversine formula as the textbooks have it, from degrees.
pub(crate) fn haversine_km(from: (f64, f64), to: (f64, f64)) -> f64 {
    let half_latitude = (to.0 - from.0).to_radians() / 2.0;
    let half_longitude = (to.1 - from.1).to_radians() / 2.0;
    let h = half_latitude.sin().powi(2)
        + from.0.to_radians().cos() * to.0.to_radians().cos() * half_longitude.sin().powi(2);
    2.0 * EARTH_RADIUS_KM * h.min(1.0).sqrt().asin()
}
