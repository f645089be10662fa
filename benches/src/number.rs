//! Numbers: made, and written down.

use std::time::Duration;

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
pub(crate) fn as_f64(count: u64) -> f64 {
    count as f64
}

pub(crate) fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

/// The middle of samples.
pub(crate) fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    match (samples.get(samples.len() / 2), samples.len() % 2) {
        (None, _) => f64::NAN,
        (Some(middle), 1) => *middle,
        (Some(upper), _) => f64::midpoint(samples[samples.len() / 2 - 1], *upper),
    }
}

/// Three figures, as many as mean something.
pub(crate) fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 99.95 => grouped(number),
        size if size >= 9.995 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// A count with its thousands set apart.
pub(crate) fn whole(count: u64) -> String {
    grouped(as_f64(count))
}

fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = if number < 0.0 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_as_many_figures_as_mean_something() {
        let written = [0.0, 1.234, 9.999, 12.34, 123.4, 1_234_567.8, -4_321.0].map(short);
        assert_eq!(written, ["0.00", "1.23", "10.0", "12.3", "123", "1,234,568", "-4,321"]);
        assert_eq!([0, 7, 1_000].map(whole), ["0", "7", "1,000"]);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert!(median(vec![]).is_nan());
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 9.0, 1.0, 2.0]) - 3.0).abs() < 1e-9);
    }
}
