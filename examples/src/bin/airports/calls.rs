//! Turns page requests into calls: what the trace asks the repository.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use crate::trace::Trace;

/// One radius for each time that the pages go round all airports: page `p` asks around airport
/// `p mod airports` within radius `p div airports`. The trace has 186,880 pages, which is 6.6 times
/// 28,298, so that seven radii give every page a call of its own.
pub(crate) const RADII_KM: [u32; 7] = [10, 25, 50, 75, 100, 150, 200];

/// One call of `nearby`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) icao: Arc<str>,
    pub(crate) radius_km: u32,
}

/// All calls of a trace, in order; cheap to clone, because every worker holds it.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    pages: Arc<[u32]>,
    airports: Arc<[Arc<str>]>,
}

impl Calls {
    /// Refuses a trace with more pages than there are different calls.
    pub(crate) fn new(trace: Trace, codes: Vec<String>) -> Result<Self, TooManyPages> {
        let distinct = codes.len() * RADII_KM.len();
        if trace.pages as usize > distinct {
            return Err(TooManyPages { pages: trace.pages, airports: codes.len() });
        }
        let airports = codes.into_iter().map(Arc::from).collect();
        Ok(Self { pages: trace.requests.into(), airports })
    }

    /// At most `size` calls, spread evenly over the first `requests`.
    pub(crate) fn sample(&self, requests: usize, size: usize) -> Self {
        let step = requests.div_ceil(size.max(1)).max(1);
        let pages = self.pages.iter().take(requests).step_by(step).copied().collect();
        Self { pages, airports: Arc::clone(&self.airports) }
    }

    /// How many different calls there are.
    pub(crate) fn distinct(&self) -> usize {
        self.pages.iter().max().map_or(0, |&page| page as usize + 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.pages.len()
    }

    /// The call at a position, or `None` past the end.
    pub(crate) fn get(&self, index: usize) -> Option<Call> {
        let page = *self.pages.get(index)? as usize;
        let (round, airport) = (page / self.airports.len(), page % self.airports.len());
        Some(Call { icao: Arc::clone(&self.airports[airport]), radius_km: RADII_KM[round] })
    }
}

/// The database has too few airports for the trace.
#[derive(Debug, PartialEq)]
pub(crate) struct TooManyPages {
    pages: u32,
    airports: usize,
}

impl Display for TooManyPages {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { pages, airports } = self;
        let radii = RADII_KM.len();
        write!(
            formatter,
            "the trace has {pages} pages, {airports} airports with {radii} radii give fewer calls"
        )
    }
}

impl std::error::Error for TooManyPages {}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(requests: &[u32], codes: &[&str]) -> Result<Calls, TooManyPages> {
        let pages = requests.iter().max().map_or(0, |page| page + 1);
        let codes = codes.iter().map(|&code| code.to_owned()).collect();
        Calls::new(Trace { requests: requests.to_vec(), pages }, codes)
    }

    #[test]
    fn pages_go_round_the_airports_with_a_larger_radius_each_time() {
        let calls = calls(&[0, 1, 2, 13], &["AAAA", "BBBB"]).unwrap();
        let played: Vec<_> = (0..).map_while(|index| calls.get(index)).collect();
        let call = |icao, radius_km| Call { icao: Arc::from(icao), radius_km };
        assert_eq!(played, [call("AAAA", 10), call("BBBB", 10), call("AAAA", 25), call("BBBB", 200)]);
    }

    #[test]
    fn a_sample_is_spread_over_the_requests_that_are_played() {
        let calls = calls(&[0, 1, 2, 3, 4, 5, 6], &["AAAA"]).unwrap();
        let sampled = |requests, size| calls.sample(requests, size).pages.to_vec();
        assert_eq!((sampled(7, 3), sampled(4, 2)), (vec![0, 3, 6], vec![0, 2]));
        assert_eq!((sampled(2, 9), sampled(0, 9)), (vec![0, 1], vec![]));
    }

    #[test]
    fn a_trace_with_too_many_pages_is_refused() {
        assert_eq!(calls(&[14], &["AAAA", "BBBB"]).unwrap_err(), TooManyPages { pages: 15, airports: 2 });
        assert!(calls(&[0], &[]).is_err());
    }
}
