//! Reads the airports out of their CSV file, and says which line is wrong if one is.

use std::fmt::{self, Display, Formatter};

use crate::model::Airport;

/// Part of the program, so that the binary runs from anywhere. Terms: `examples/data/airports.LICENSE`.
pub(crate) const AIRPORTS_CSV: &[u8] = include_bytes!("../../../data/airports.csv");

/// A line that is not an airport.
#[derive(Debug, PartialEq)]
pub(crate) struct BadLine {
    pub(crate) line: u64,
    pub(crate) reason: String,
}

impl Display for BadLine {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "airports.csv, line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for BadLine {}

/// Reads all airports, in the order of the file.
pub(crate) fn read(file: &[u8]) -> Result<Vec<Airport>, BadLine> {
    let mut reader = csv::Reader::from_reader(file);
    let headers = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let mut airports = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let airport = record
            .deserialize(Some(&headers))
            .map_err(|error| BadLine { line, reason: reason(&error) })
            .and_then(|airport| check(airport).map_err(|reason| BadLine { line, reason }))?;
        airports.push(airport);
    }
    Ok(airports)
}

/// A text that parses can still be no place on Earth.
fn check(airport: Airport) -> Result<Airport, String> {
    if airport.icao.is_empty() {
        return Err("icao is empty".to_owned());
    }
    if !(-90.0..=90.0).contains(&airport.latitude) {
        return Err(format!("lat {} is not between -90 and 90", airport.latitude));
    }
    if !(-180.0..=180.0).contains(&airport.longitude) {
        return Err(format!("lon {} is not between -180 and 180", airport.longitude));
    }
    Ok(airport)
}

fn unreadable(error: &csv::Error) -> BadLine {
    BadLine { line: error.position().map_or(0, csv::Position::line), reason: reason(error) }
}

/// The field that failed; the library's own message would repeat the line as a record and a byte.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields where the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { err, .. } => err.to_string(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "icao,iata,name,city,subd,country,elevation,lat,lon,tz,lid";
    const GOOD: &str = "EGLL,LHR,Heathrow,London,England,GB,83,51.47,-0.46,Europe/London,";

    fn second_line_is(line: &str) -> Result<Vec<Airport>, BadLine> {
        read(format!("{HEADER}\n{GOOD}\n{line}\n").as_bytes())
    }

    #[test]
    fn the_file_has_28298_airports() {
        assert_eq!(read(AIRPORTS_CSV).unwrap().len(), 28_298);
    }

    #[test]
    fn an_empty_code_is_none() {
        let airports =
            second_line_is("00AA,,Aero B,Leoti,Kansas,US,3435,38.7,-101.4,America/Chicago,00AA").unwrap();
        assert_eq!((airports[0].iata.as_deref(), airports[0].lid.as_deref()), (Some("LHR"), None));
        assert_eq!((airports[1].iata.as_deref(), airports[1].lid.as_deref()), (None, Some("00AA")));
    }

    #[test]
    fn a_bad_line_is_named_with_its_reason() {
        for (line, word) in [
            ("00AA,,Aero B,Leoti,Kansas,US,high,38.7,-101.4,America/Chicago,00AA", "float"),
            ("00AA,,Aero B,Leoti,Kansas,US,3435,98.7,-101.4,America/Chicago,00AA", "lat 98.7"),
            ("00AA,,Aero B,Leoti,Kansas,US,3435,38.7,-181.4,America/Chicago,00AA", "lon -181.4"),
            ("00AA,,Aero B,Leoti,Kansas,US,3435,NaN,-101.4,America/Chicago,00AA", "lat NaN"),
            (",,Aero B,Leoti,Kansas,US,3435,38.7,-101.4,America/Chicago,00AA", "icao"),
            ("00AA,,Aero B", "3 fields"),
        ] {
            let error = second_line_is(line).unwrap_err();
            assert_eq!(error.line, 3, "{error}");
            assert!(error.reason.contains(word), "{error}");
        }
    }
}
