//! Plays the trace twice, without and with the cache, and keeps the slow pass within its budget.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::calls::{Call, Calls};
use crate::progress::Progress;
use crate::replay::{ReplayError, Report, replay};

/// Calls played before anything is measured: enough to fill the page cache and to know the speed.
/// They come from all over the trace, because its later pages ask with larger, slower radii.
const CALIBRATION: usize = 5_000;

/// What to play.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    /// Only so many requests of the trace, or all.
    pub(crate) requests: Option<usize>,
    /// How long the pass without the cache may take.
    pub(crate) budget: Duration,
}

/// Both reports, and how much of the trace they could have played.
#[derive(Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) requests: u64,
    pub(crate) budget: Duration,
    pub(crate) uncached: Report,
    pub(crate) cached: Report,
}

/// Plays as much as the budget allows without the cache, then all of it with the cache.
pub(crate) async fn compare<F, G, A, B>(
    calls: &Calls,
    plan: &Plan,
    queries: &AtomicU64,
    uncached: F,
    cached: G,
) -> Result<Comparison, ReplayError>
where
    F: Fn(Call) -> A + Clone + Send + 'static,
    A: Future<Output = Result<(), sqlx::Error>> + Send + 'static,
    G: Fn(Call) -> B + Clone + Send + 'static,
    B: Future<Output = Result<(), sqlx::Error>> + Send + 'static,
{
    let requests = plan.requests.map_or(calls.len(), |cap| cap.min(calls.len()));
    let sample = calls.sample(requests, CALIBRATION);
    let calibration = replay(&sample, sample.len(), None, queries, uncached.clone()).await?;
    let prefix = prefix(&calibration, requests, plan.budget);
    let uncached =
        replay(calls, prefix, Some(Progress::new("without cache", prefix as u64)), queries, uncached).await?;
    let cached =
        replay(calls, requests, Some(Progress::new("with cache", requests as u64)), queries, cached).await?;
    Ok(Comparison { requests: requests as u64, budget: plan.budget, uncached, cached })
}

/// How many requests fit the budget at the speed of the calibration, rounded down to two digits.
fn prefix(calibration: &Report, requests: usize, budget: Duration) -> usize {
    let fitting =
        budget.as_nanos() * u128::from(calibration.requests) / calibration.elapsed.as_nanos().max(1);
    let fitting = usize::try_from(fitting).unwrap_or(usize::MAX);
    if fitting >= requests {
        return requests;
    }
    let round = 10_usize.pow(fitting.checked_ilog10().unwrap_or(0).saturating_sub(1));
    // As much as the calibration is affordable under any budget, and less would measure nothing.
    (fitting / round * round).max(CALIBRATION).min(requests)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trace;

    fn calibration(elapsed: Duration) -> Report {
        Report { requests: 2_000, elapsed, p50: elapsed, p99: elapsed, queries: 2_000 }
    }

    #[test]
    fn the_prefix_is_round_and_fits_the_budget() {
        let seconds = Duration::from_secs;
        let slow = calibration(Duration::from_millis(97));
        assert_eq!(prefix(&slow, 914_145, seconds(60)), 914_145);
        assert_eq!(prefix(&slow, 914_145, seconds(10)), 200_000);
        assert_eq!(prefix(&slow, 914_145, seconds(3)), 61_000);
        assert_eq!(prefix(&slow, 914_145, seconds(0)), 5_000);
        assert_eq!(prefix(&slow, 500, seconds(0)), 500);
        assert_eq!(prefix(&calibration(Duration::ZERO), 914_145, seconds(1)), 914_145);
    }

    #[tokio::test]
    async fn the_first_pass_plays_a_prefix_and_the_second_all() {
        let calls = Calls::new(Trace { requests: vec![0; 9_000], pages: 1 }, vec!["AAAA".into()]).unwrap();
        let plan = Plan { requests: Some(8_000), budget: Duration::ZERO };
        let call = |_| async { Ok(()) };
        let compared = compare(&calls, &plan, &AtomicU64::new(0), call, call).await.unwrap();
        assert_eq!((compared.requests, compared.uncached.requests), (8_000, 5_000));
        assert_eq!(compared.cached.requests, 8_000);
    }
}
