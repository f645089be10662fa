//! Plays calls against an asynchronous function with many workers, and measures each call.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::{JoinError, JoinSet};

use crate::calls::{Call, Calls};
use crate::progress::Progress;

/// Callers at the same time.
pub(crate) const WORKERS: usize = 16;

/// A worker reports and steps back this often: a call that never waits would otherwise keep its
/// thread for the whole trace, while others wait for it with their answer at hand.
const BATCH: u64 = 512;

/// What one pass cost.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) queries: u64,
}

/// Plays the first `requests` calls; `queries` is the counter that the function moves.
pub(crate) async fn replay<F, R>(
    calls: &Calls,
    requests: usize,
    progress: Option<Progress>,
    queries: &AtomicU64,
    call: F,
) -> Result<Report, ReplayError>
where
    F: Fn(Call) -> R + Clone + Send + 'static,
    R: Future<Output = Result<(), sqlx::Error>> + Send + 'static,
{
    let progress = Arc::new(progress);
    let next = Arc::new(AtomicUsize::new(0));
    let queries_before = queries.load(Ordering::Relaxed);
    let begin = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let (calls, next, call) = (calls.clone(), Arc::clone(&next), call.clone());
        workers.spawn(work(calls, next, requests, Arc::clone(&progress), call));
    }
    let mut latencies = histogram();
    while let Some(worker) = workers.join_next().await {
        // Leaving early drops the set, which stops the other workers at their next wait.
        let measured = worker.map_err(ReplayError::Worker)??;
        latencies.add(&measured).expect("all histograms have the same bounds");
    }
    let elapsed = begin.elapsed();
    if let Some(progress) = progress.as_ref() {
        progress.finish();
    }
    let quantile = |quantile| Duration::from_nanos(latencies.value_at_quantile(quantile));
    Ok(Report {
        requests: latencies.len(),
        elapsed,
        p50: quantile(0.50),
        p99: quantile(0.99),
        queries: queries.load(Ordering::Relaxed) - queries_before,
    })
}

/// Takes the next call until there is none.
async fn work<F, R>(
    calls: Calls,
    next: Arc<AtomicUsize>,
    requests: usize,
    progress: Arc<Option<Progress>>,
    call: F,
) -> Result<Histogram<u64>, ReplayError>
where
    F: Fn(Call) -> R,
    R: Future<Output = Result<(), sqlx::Error>>,
{
    let mut latencies = histogram();
    let mut unreported = 0;
    loop {
        let request = next.fetch_add(1, Ordering::Relaxed);
        let Some(asked) = calls.get(request).filter(|_| request < requests) else { break };
        let begin = Instant::now();
        let answer = call(asked).await;
        let nanoseconds = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        answer.map_err(|source| ReplayError::Query { request, source })?;
        latencies.saturating_record(nanoseconds);
        unreported += 1;
        if unreported == BATCH {
            report(progress.as_ref().as_ref(), std::mem::take(&mut unreported));
            tokio::task::yield_now().await;
        }
    }
    report(progress.as_ref().as_ref(), unreported);
    Ok(latencies)
}

fn report(progress: Option<&Progress>, requests: u64) {
    if let Some(progress) = progress {
        progress.step(requests);
    }
}

/// From a nanosecond to a minute, with three digits: a quantile is at most 0.1 % off.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are constants in order")
}

/// Why a pass did not end.
#[derive(Debug)]
pub(crate) enum ReplayError {
    Query { request: usize, source: sqlx::Error },
    Worker(JoinError),
}

impl Display for ReplayError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query { request, source } => write!(formatter, "request {request} of the trace: {source}"),
            Self::Worker(error) => write!(formatter, "a worker of the replay ended early: {error}"),
        }
    }
}

impl std::error::Error for ReplayError {}

#[cfg(test)]
mod tests;
