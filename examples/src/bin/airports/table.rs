//! Prints both passes of a comparison side by side.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::comparison::Comparison;
use crate::replay::Report;

impl Display for Comparison {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { uncached, cached, .. } = self;
        row(formatter, "", "without cache", "with cache")?;
        let mut both =
            |title, cell: fn(&Report) -> String| row(formatter, title, &cell(uncached), &cell(cached));
        both("requests", |report| thousands(report.requests.into()))?;
        both("elapsed", |report| duration(report.elapsed))?;
        both("throughput", |report| format!("{}/s", thousands(throughput(report))))?;
        both("p50", |report| duration(report.p50))?;
        both("p99", |report| duration(report.p99))?;
        both("hit ratio", hit_ratio)?;
        both("queries run", |report| thousands(report.queries.into()))?;
        row(formatter, "queries saved", "", &thousands(self.queries_saved()))?;
        if uncached.requests < self.requests {
            let (played, all) = (thousands(uncached.requests.into()), thousands(self.requests.into()));
            let budget = self.budget.as_secs();
            write!(
                formatter,
                "\nThe column without the cache played only the first {played} of {all} requests, so that it\n\
                 stayed near its budget of {budget} s; the column with the cache played all of them.\n"
            )?;
        }
        Ok(())
    }
}

impl Comparison {
    /// What the cached pass would have run at the uncached pass's queries for each request, less what it ran.
    fn queries_saved(&self) -> u128 {
        let Self { uncached, cached, .. } = self;
        let without =
            u128::from(uncached.queries) * u128::from(cached.requests) / u128::from(uncached.requests).max(1);
        without.saturating_sub(cached.queries.into())
    }
}

fn row(formatter: &mut Formatter<'_>, title: &str, uncached: &str, cached: &str) -> fmt::Result {
    writeln!(formatter, "{title:<14}{uncached:>16}{cached:>16}")
}

fn throughput(report: &Report) -> u128 {
    u128::from(report.requests) * 1_000_000_000 / report.elapsed.as_nanos().max(1)
}

/// The share of the requests that ran no query; a request that does run one runs exactly one.
fn hit_ratio(report: &Report) -> String {
    let hits = u128::from(report.requests.saturating_sub(report.queries));
    let permille = hits * 1_000 / u128::from(report.requests).max(1);
    format!("{}.{} %", permille / 10, permille % 10)
}

/// Three digits are what a measurement is worth.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (value, unit) = match seconds {
        1.0.. => (seconds, "s"),
        1e-3.. => (seconds * 1e3, "ms"),
        1e-6.. => (seconds * 1e6, "µs"),
        _ => return format!("{} ns", duration.as_nanos()),
    };
    let digits = match value {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}")
}

/// Groups digits by three: 914145 is 914,145.
pub(crate) fn thousands(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(uncached_requests: u64) -> Comparison {
        let (p50, p99) = (Duration::from_nanos(412_345), Duration::from_micros(1_234));
        let uncached = Report {
            requests: uncached_requests,
            elapsed: Duration::from_millis(2_500),
            p50,
            p99,
            queries: uncached_requests,
        };
        let elapsed = Duration::from_millis(912);
        let cached =
            Report { requests: 914_145, elapsed, p50: Duration::from_nanos(210), p99, queries: 186_880 };
        Comparison { requests: 914_145, budget: Duration::from_mins(1), uncached, cached }
    }

    #[test]
    fn a_prefix_is_said_to_be_one() {
        let expected = "                 without cache      with cache
requests                50,000         914,145
elapsed                 2.50 s          912 ms
throughput            20,000/s     1,002,351/s
p50                     412 µs          210 ns
p99                    1.23 ms         1.23 ms
hit ratio                0.0 %          79.5 %
queries run             50,000         186,880
queries saved                          727,265

The column without the cache played only the first 50,000 of 914,145 requests, so that it
stayed near its budget of 60 s; the column with the cache played all of them.
";
        assert_eq!(comparison(50_000).to_string(), expected);
    }

    #[test]
    fn a_whole_pass_needs_no_remark() {
        let text = comparison(914_145).to_string();
        assert!(text.ends_with("727,265\n"), "{text}");
    }

    #[test]
    fn numbers_are_grouped_and_durations_have_a_unit() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        let shown =
            [999, 1_500, 45_678_900, 61_000_000_000].map(|nanos| duration(Duration::from_nanos(nanos)));
        assert_eq!(shown, ["999 ns", "1.50 µs", "45.7 ms", "61.0 s"]);
    }
}
