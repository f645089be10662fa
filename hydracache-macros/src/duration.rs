//! Durations as text: `"5m"`, `"1h 30m"`, `"250ms"`.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Lit, LitInt};

/// A literal in the place of a duration.
pub(crate) fn read(literal: &Lit) -> syn::Result<Duration> {
    match literal {
        Lit::Str(text) => parse(&text.value()).map_err(|why| syn::Error::new(text.span(), why)),
        other => Err(syn::Error::new(
            other.span(),
            format!("a duration is a text with a unit, like {EXAMPLES}, or an expression of type `Duration`"),
        )),
    }
}

/// Reads a duration, or says what is wrong with it and how to write it.
fn parse(text: &str) -> Result<Duration, String> {
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(format!("an empty text is not a duration; write one like {EXAMPLES}"));
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        if number.is_empty() || (unit.is_empty() && !after.trim().is_empty()) {
            return Err(format!("`{text}` is not a duration; write one like {EXAMPLES}"));
        }
        let number: u64 = number.parse().map_err(|_| format!("`{number}` is too large a number"))?;
        let part = part(number, unit, text)?;
        total =
            total.checked_add(part).ok_or_else(|| format!("`{text}` is longer than a duration can be"))?;
        rest = after.trim_start();
    }
    if total.is_zero() {
        return Err(format!(
            "`{text}` is no time at all; leave the key out, or write a duration like {EXAMPLES}"
        ));
    }
    if total > LONGEST {
        return Err(format!("`{text}` is longer than the 292 years that a clock counts"));
    }
    Ok(total)
}

/// A number of seconds.
pub(crate) fn of_seconds(number: &LitInt) -> syn::Result<Duration> {
    let seconds = number.base10_parse().map(Duration::from_secs);
    let too_long = || {
        syn::Error::new(
            number.span(),
            format!("`{number}` seconds are more than the 292 years that a clock counts"),
        )
    };
    match seconds {
        Ok(Duration::ZERO) => Err(syn::Error::new(
            number.span(),
            "no seconds are no time at all; leave the key out, or write how many there are",
        )),
        Ok(length) if length <= LONGEST => Ok(length),
        _ => Err(too_long()),
    }
}

const EXAMPLES: &str = "`\"30s\"`, `\"5m\"`, `\"1h 30m\"` or `\"250ms\"`";

/// What the clock of a cache can add to the present.
const LONGEST: Duration = Duration::from_nanos(u64::MAX / 2);

fn part(number: u64, unit: &str, text: &str) -> Result<Duration, String> {
    let seconds = |each: u64| {
        number
            .checked_mul(each)
            .map(Duration::from_secs)
            .ok_or_else(|| format!("`{text}` is longer than a duration can be"))
    };
    match unit {
        "ns" => Ok(Duration::from_nanos(number)),
        "us" => Ok(Duration::from_micros(number)),
        "ms" => Ok(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3_600),
        "d" => seconds(86_400),
        "" => Err(format!("`{text}` has no unit; is it `{number}s` or `{number}ms`?")),
        other => Err(format!("`{other}` is not a unit of time; the units are ns, us, ms, s, m, h and d")),
    }
}

/// The duration as an expression.
pub(crate) fn tokens(duration: Duration) -> TokenStream {
    let (secs, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#secs, #nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_all_units() {
        assert_eq!(parse("5m"), Ok(Duration::from_mins(5)));
        assert_eq!(parse("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse("1d2h"), Ok(Duration::from_hours(26)));
        assert_eq!(parse(" 250ms "), Ok(Duration::from_millis(250)));
        assert_eq!(parse("7us"), Ok(Duration::from_micros(7)));
        assert_eq!(parse("9ns"), Ok(Duration::from_nanos(9)));
    }

    #[test]
    fn seconds_are_counted_within_what_a_clock_counts() {
        let read = |number: &str| of_seconds(&LitInt::new(number, proc_macro2::Span::call_site()));
        assert_eq!(read("60").unwrap(), Duration::from_mins(1));
        assert_eq!(read("1_000u64").unwrap(), Duration::from_secs(1_000));
        for wrong in ["0", "9223372037", "99999999999999999999"] {
            assert!(read(wrong).is_err(), "`{wrong}` was accepted");
        }
    }

    #[test]
    fn what_is_no_duration_says_how_to_write_one() {
        for wrong in
            ["", "soon", "5", "5 m", "m5", "5x", "-5s", "1.5s", "0s", "300000d", "99999999999999999999s"]
        {
            assert!(parse(wrong).is_err(), "`{wrong}` was accepted");
        }
        assert!(parse("60").unwrap_err().contains("60s"));
    }
}
