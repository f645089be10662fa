//! Positions as points on the unit sphere, where neither the date line nor the poles are special.
//!
//! Between two such points, the straight distance through the sphere (the chord) grows with the
//! distance over the ground. Comparing squared chords therefore needs no trigonometry, which the
//! bundled SQLite does not have, and `2 R asin(chord / 2)` is the haversine formula, so the result
//! is the exact great-circle distance.

/// The mean radius of the Earth.
pub(crate) const EARTH_RADIUS_KM: f64 = 6371.0088;

/// The point on the unit sphere at a position in degrees.
pub(crate) fn unit_vector(latitude: f64, longitude: f64) -> [f64; 3] {
    let (sin_latitude, cos_latitude) = latitude.to_radians().sin_cos();
    let (sin_longitude, cos_longitude) = longitude.to_radians().sin_cos();
    [cos_latitude * cos_longitude, cos_latitude * sin_longitude, sin_latitude]
}

/// The chord that spans a distance over the ground; no two points are further apart than half way round.
pub(crate) fn chord(distance_km: f64) -> f64 {
    let angle = (distance_km / EARTH_RADIUS_KM).clamp(0.0, std::f64::consts::PI);
    2.0 * (angle / 2.0).sin()
}

/// The distance over the ground that a squared chord spans.
pub(crate) fn distance_km(chord_squared: f64) -> f64 {
    // Rounding can push the chord of two opposite points a hair above 2.
    2.0 * EARTH_RADIUS_KM * (chord_squared.sqrt() / 2.0).min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::haversine_km;

    fn chord_squared(from: (f64, f64), to: (f64, f64)) -> f64 {
        let (from, to) = (unit_vector(from.0, from.1), unit_vector(to.0, to.1));
        from.iter().zip(to).map(|(a, b)| (a - b).powi(2)).sum()
    }

    #[test]
    fn the_chord_gives_the_haversine_distance() {
        for (from, to) in [
            ((51.4706, -0.4619), (40.6398, -73.7789)),
            ((-16.6906, -179.877), (-18.5667, 179.951)),
            ((82.5178, -62.2806), (-90.0, 0.0)),
            ((0.0, 0.0), (0.0, 180.0)),
            ((10.0, 10.0), (10.0, 10.0)),
        ] {
            let difference = distance_km(chord_squared(from, to)) - haversine_km(from, to);
            assert!(difference.abs() < 1e-6, "{from:?} to {to:?} is {difference} km off");
        }
    }

    #[test]
    fn the_chord_of_a_distance_inverts_and_stops_half_way_round() {
        for distance in [0.001, 1.0, 250.0, 20_000.0] {
            assert!((distance_km(chord(distance).powi(2)) - distance).abs() < 1e-6);
        }
        assert!((chord(1e9) - 2.0).abs() < 1e-12);
    }
}
