//! Rounds: all contestants of a row one after the other, many times over, so that whatever disturbs the machine
//! disturbs all of them.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use crate::contestant::Contestant;
use crate::number::{as_f64, median, nanos};
use crate::workload::FEW;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// How long one batch takes: less than what a scheduler gives at a time, so that most batches are not interrupted.
    pub(crate) batch: Duration,
    /// Whether everything that is slow is cut short.
    pub(crate) quick: bool,
}

impl Effort {
    pub(crate) const FULL: Self = Self { rounds: 151, batch: Duration::from_millis(1), quick: false };
    pub(crate) const QUICK: Self = Self { rounds: 11, batch: Duration::from_millis(1), quick: true };
}

/// What was measured of one contestant: one figure a round, in the order of the rounds.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) name: &'static str,
    pub(crate) samples: Vec<f64>,
}

impl Figures {
    pub(crate) fn median(&self) -> f64 {
        median(self.samples.clone())
    }

    pub(crate) fn min(&self) -> f64 {
        self.samples.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// How many times the other this is: in each round, and of these ratios the median. What slows a whole round down
    /// slows both and is not in the ratio.
    pub(crate) fn ratio(&self, other: &Self) -> f64 {
        median(self.samples.iter().zip(&other.samples).map(|(own, other)| own / other).collect())
    }

    /// The sum of some, round by round.
    pub(crate) fn sum(name: &'static str, parts: &[&Self]) -> Self {
        let rounds = parts.iter().map(|part| part.samples.len()).min().unwrap_or(0);
        let sum = |round| parts.iter().map(|part: &&Self| part.samples[round]).sum();
        Self { name, samples: (0..rounds).map(sum).collect() }
    }
}

/// The figures of that name.
pub(crate) fn named<'a>(figures: &'a [Figures], name: &str) -> &'a Figures {
    let found = figures.iter().find(|figures| figures.name == name);
    found.unwrap_or_else(|| panic!("`{name}` was not measured"))
}

/// Nanoseconds per operation on one thread.
pub(crate) fn one_after_another(contestants: &[Contestant], effort: Effort) -> Vec<Figures> {
    let counts: Vec<u64> = contestants.iter().map(|contestant| calibrate(contestant, effort.batch)).collect();
    rounds(contestants, effort, |contestant, at| nanos(contestant.run(counts[at])) / as_f64(counts[at]))
}

/// Millions of operations per second on so many threads together.
pub(crate) fn together(contestants: &[Contestant], threads: usize, effort: Effort) -> Vec<Figures> {
    let counts: Vec<u64> = contestants.iter().map(|contestant| calibrate(contestant, effort.batch)).collect();
    rounds(contestants, effort, |contestant, at| {
        let slowest = at_once(contestant, threads, counts[at]);
        as_f64(counts[at]) * as_f64(threads as u64) * 1e3 / nanos(slowest)
    })
}

/// Starts the batch on all threads at the same moment and returns the time of the last to end.
fn at_once(contestant: &Contestant, threads: usize, count: u64) -> Duration {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let one = || {
            contestant.run(WARM_UP);
            barrier.wait();
            contestant.run(count)
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        let elapsed = running.into_iter().map(|thread| thread.join().expect("a batch does not panic"));
        elapsed.max().unwrap_or_default()
    })
}

fn rounds(
    contestants: &[Contestant],
    effort: Effort,
    measure: impl Fn(&Contestant, usize) -> f64,
) -> Vec<Figures> {
    let mut samples = vec![Vec::with_capacity(effort.rounds); contestants.len()];
    for _ in 0..effort.rounds {
        for (at, contestant) in contestants.iter().enumerate() {
            samples[at].push(measure(contestant, at));
        }
    }
    contestants
        .iter()
        .zip(samples)
        .map(|(contestant, samples)| Figures { name: contestant.name, samples })
        .collect()
}

/// How many operations run before a batch is timed: the others have had the processor's caches meanwhile.
const WARM_UP: u64 = 2 * FEW;

/// How many operations take about as long as a batch should; not fewer than there are entries, lest a batch be over
/// before it meets anything again.
fn calibrate(contestant: &Contestant, batch: Duration) -> u64 {
    contestant.run(WARM_UP);
    let fastest = (0..5).map(|_| contestant.run(FEW)).min().unwrap_or(batch);
    let count = u128::from(FEW) * batch.as_nanos() / fastest.as_nanos().max(1);
    u64::try_from(count).unwrap_or(u64::MAX).max(FEW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contestant::Expected;
    use crate::workload::Ids;

    #[test]
    fn ratios_are_taken_round_by_round() {
        let one = Figures { name: "one", samples: vec![2.0, 200.0, 2.0, 2.0] };
        let other = Figures { name: "other", samples: vec![1.0, 100.0, 1.0, 4.0] };
        assert!((one.ratio(&other) - 2.0).abs() < 1e-9);
        assert!((one.median() - 2.0).abs() < 1e-9 && one.min() < 3.0);
        let sum = Figures::sum("both", &[&one, &other]);
        assert!((sum.samples[1] - 300.0).abs() < 1e-9 && sum.samples.len() == 4);
        assert_eq!(named(&[one, sum], "both").name, "both");
    }

    #[test]
    fn a_slower_operation_has_the_larger_figure() {
        let spin =
            |turns: u64| move |id: u64| (0..turns).fold(id, |sum, turn| std::hint::black_box(sum ^ turn));
        let one = Contestant::blocking("one", Ids::Fresh, Expected::Hit, spin(10));
        let other = Contestant::blocking("other", Ids::Fresh, Expected::Hit, spin(1_000));
        let both = [one, other];
        let effort = Effort::QUICK;
        let times = one_after_another(&both, effort);
        assert!(times[0].median() * 5.0 < times[1].median(), "{times:?}");
        let rates = together(&both, 2, effort);
        assert!(rates[0].median() > rates[1].median() * 5.0, "{rates:?}");
    }
}
