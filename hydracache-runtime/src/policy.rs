//! What a call does with an entry, decided from times alone.

use std::time::Duration;

use crate::clock::Tick;
use crate::error::{Error, ErrorKind};
use crate::options::RefreshOptions;

/// How long a key is left alone after a load of it failed, unless the call says otherwise.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// How long a caller waits for another's load, unless the call says otherwise or limits the load.
const DEFAULT_WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// How much longer than a load may take those wait for it who would go on at its end, so that its outcome comes first.
pub(crate) const GRACE: u64 = nanos(Duration::from_millis(100));

/// How a call treats values that are old and loads that are slow or fail. Spans are nanoseconds; 0 is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) refresh_ahead: u64,
    pub(crate) stale_while_revalidate: u64,
    pub(crate) stale_on_error: u64,
    pub(crate) retry_after: u64,
    pub(crate) soft_timeout: u64,
    pub(crate) load_timeout: u64,
    pub(crate) wait_timeout: u64,
    pub(crate) alone: bool,
}

impl Windows {
    /// Those of a call that says nothing: a value is fresh or it is loaded.
    pub(crate) const NONE: Self = Self {
        refresh_ahead: 0,
        stale_while_revalidate: 0,
        stale_on_error: 0,
        retry_after: nanos(DEFAULT_RETRY_AFTER),
        soft_timeout: 0,
        load_timeout: 0,
        wait_timeout: nanos(DEFAULT_WAIT_TIMEOUT),
        alone: false,
    };

    /// Checks what a call says. `ttl` is the time to live of what it would load.
    pub(crate) fn new(options: &RefreshOptions, ttl: Option<Duration>) -> Result<Self, Error> {
        let given = [
            ("refresh_ahead", options.refresh_ahead),
            ("stale_while_revalidate", options.stale_while_revalidate),
            ("stale_on_loader_error", options.stale_on_loader_error),
            ("retry_after", options.retry_after),
            ("soft_timeout", options.soft_timeout),
            ("load_timeout", options.load_timeout),
            ("wait_timeout", options.wait_timeout),
        ];
        if let Some((name, _)) = given.iter().find(|(_, span)| span.is_some_and(|span| span.is_zero())) {
            return refuse(format!("`{name}` is zero; leave it out to switch it off"));
        }
        let window = given[..3].iter().find(|(_, span)| span.is_some());
        match (window, ttl) {
            (Some((name, _)), None) => {
                return refuse(format!(
                    "`{name}` needs a time to live, after which a value is old; set a `ttl`"
                ));
            }
            (Some(_), Some(ttl)) if options.refresh_ahead.is_some_and(|ahead| ahead >= ttl) => {
                return refuse(format!(
                    "`refresh_ahead` is {:?} and the time to live only {ttl:?}, so every hit would refresh; make it shorter",
                    options.refresh_ahead.unwrap_or_default()
                ));
            }
            _ => {}
        }
        if let (Some(soft), Some(hard)) = (options.soft_timeout, options.load_timeout)
            && soft >= hard
        {
            return refuse(format!(
                "`soft_timeout` is {soft:?} and `load_timeout` {hard:?}, so the first would never pass; make it shorter"
            ));
        }
        if options.soft_timeout.is_some() && options.stale_on_loader_error.is_none() {
            return refuse(
                "`soft_timeout` hands out a stale value, so it needs `stale_on_loader_error` to say how stale it may be"
                    .to_owned(),
            );
        }
        Ok(Self::of(options))
    }

    /// The same, unchecked: what an attribute says was checked when it was compiled.
    pub(crate) const fn of(options: &RefreshOptions) -> Self {
        const fn span(span: Option<Duration>) -> u64 {
            match span {
                Some(span) => nanos(span),
                None => 0,
            }
        }
        Self {
            refresh_ahead: span(options.refresh_ahead),
            stale_while_revalidate: span(options.stale_while_revalidate),
            stale_on_error: span(options.stale_on_loader_error),
            retry_after: match options.retry_after {
                Some(pause) => nanos(pause),
                None => nanos(DEFAULT_RETRY_AFTER),
            },
            soft_timeout: span(options.soft_timeout),
            load_timeout: span(options.load_timeout),
            wait_timeout: match (options.wait_timeout, options.load_timeout) {
                (Some(wait), _) => nanos(wait),
                (None, Some(load)) => nanos(load),
                (None, None) => nanos(DEFAULT_WAIT_TIMEOUT),
            },
            alone: options.alone,
        }
    }

    /// How long an entry may be of use after its freshness has ended.
    pub(crate) fn keep(&self) -> u64 {
        self.stale_while_revalidate.max(self.stale_on_error)
    }
}

fn refuse<T>(message: String) -> Result<T, Error> {
    Err(Error::new(ErrorKind::InvalidRefresh, message))
}

/// A span in nanoseconds; what is longer than a clock counts is as long as it counts.
pub(crate) const fn nanos(span: Duration) -> u64 {
    let nanos = span.as_nanos();
    if nanos > u64::MAX as u128 {
        return u64::MAX;
    }
    #[allow(clippy::cast_possible_truncation, reason = "it was compared with the limit just now")]
    let nanos = nanos as u64;
    nanos
}

/// The times of an entry that decide about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) created: Tick,
    pub(crate) fresh_until: Tick,
    pub(crate) pause: Pause,
}

/// Until when a key is left alone because it is being refreshed, or because that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(crate) until: Tick,
    pub(crate) failed: bool,
}

/// What the times of an entry mean for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The value is fresh.
    Hit,
    /// The value is fresh and about to end: it is handed out and loaded in the background.
    HitAndRefresh,
    /// The value is old: it is handed out, and loaded in the background by whoever does so already.
    Stale,
    /// The value is old: it is handed out and loaded in the background.
    StaleAndRefresh,
    /// The value is old and a load of it failed a moment ago: it is handed out.
    StaleAfterFailure,
    /// The value is too old.
    Load,
}

/// Decides what a call does with a valid entry.
pub(crate) fn decide(times: Times, windows: &Windows, now: Tick) -> Decision {
    let due = now >= times.pause.until;
    if now < times.fresh_until {
        return if due && now >= refresh_from(times, windows) {
            Decision::HitAndRefresh
        } else {
            Decision::Hit
        };
    }
    let past = now.nanos_since(times.fresh_until);
    let failed = !due && times.pause.failed;
    if past < windows.stale_while_revalidate {
        match (due, failed) {
            (true, _) => Decision::StaleAndRefresh,
            (_, true) => Decision::StaleAfterFailure,
            _ => Decision::Stale,
        }
    } else if failed && past < windows.stale_on_error {
        Decision::StaleAfterFailure
    } else {
        Decision::Load
    }
}

/// Whether a call may hand out a valid entry when its load gives nothing: as long as the longer of its windows.
pub(crate) fn may_rescue(times: Times, windows: &Windows, now: Tick) -> bool {
    now < times.fresh_until || now.nanos_since(times.fresh_until) < windows.keep()
}

/// When a fresh entry is refreshed. One that lives shorter than the window, because its life was shortened by jitter or
/// set by its value, is refreshed in its second half.
fn refresh_from(times: Times, windows: &Windows) -> Tick {
    if windows.refresh_ahead == 0 || times.fresh_until == Tick::NEVER {
        return Tick::NEVER;
    }
    let life = times.fresh_until.nanos_since(times.created);
    let ahead = if windows.refresh_ahead < life { windows.refresh_ahead } else { life / 2 };
    Tick::from_raw(times.fresh_until.raw() - ahead)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there has failed")]

    use super::*;

    const NO_PAUSE: Pause = Pause { until: Tick::ALWAYS, failed: false };

    /// An entry that was loaded at 100 and lives until 200.
    fn times(pause: Pause) -> Times {
        Times { created: Tick::from_raw(100), fresh_until: Tick::from_raw(200), pause }
    }

    fn all_windows() -> Windows {
        Windows { refresh_ahead: 20, stale_while_revalidate: 50, stale_on_error: 80, ..Windows::NONE }
    }

    fn at(now: u64, pause: Pause, windows: &Windows) -> Decision {
        decide(times(pause), windows, Tick::from_raw(now))
    }

    #[test]
    fn each_window_has_its_answer_and_ends_where_the_next_begins() {
        let windows = all_windows();
        let expected = [
            (179, Decision::Hit),
            (180, Decision::HitAndRefresh),
            (199, Decision::HitAndRefresh),
            (200, Decision::StaleAndRefresh),
            (249, Decision::StaleAndRefresh),
            (250, Decision::Load),
            (1_000, Decision::Load),
        ];
        for (now, decision) in expected {
            assert_eq!(at(now, NO_PAUSE, &windows), decision, "at {now}");
        }
    }

    #[test]
    fn without_windows_a_value_is_fresh_or_loaded() {
        assert_eq!(at(199, NO_PAUSE, &Windows::NONE), Decision::Hit);
        assert_eq!(at(200, NO_PAUSE, &Windows::NONE), Decision::Load);
    }

    #[test]
    fn a_pause_keeps_others_from_refreshing() {
        let pause = Pause { until: Tick::from_raw(1_000), failed: false };
        assert_eq!(at(190, pause, &all_windows()), Decision::Hit);
        assert_eq!(at(210, pause, &all_windows()), Decision::Stale);
        assert_eq!(at(260, pause, &all_windows()), Decision::Load, "nothing has failed");
    }

    #[test]
    fn after_a_failure_the_longer_window_is_served_until_the_pause_ends() {
        let pause = Pause { until: Tick::from_raw(270), failed: true };
        assert_eq!(at(210, pause, &all_windows()), Decision::StaleAfterFailure);
        assert_eq!(at(260, pause, &all_windows()), Decision::StaleAfterFailure);
        assert_eq!(at(270, pause, &all_windows()), Decision::Load);
        let late = Pause { until: Tick::from_raw(900), failed: true };
        assert_eq!(at(280, late, &all_windows()), Decision::Load, "the window has ended");
    }

    #[test]
    fn an_entry_that_lives_shorter_than_the_window_is_refreshed_in_its_second_half() {
        let windows = Windows { refresh_ahead: 500, ..Windows::NONE };
        assert_eq!(at(149, NO_PAUSE, &windows), Decision::Hit);
        assert_eq!(at(150, NO_PAUSE, &windows), Decision::HitAndRefresh);
    }

    #[test]
    fn an_entry_without_end_is_never_refreshed() {
        let times = Times { fresh_until: Tick::NEVER, ..times(NO_PAUSE) };
        assert_eq!(decide(times, &all_windows(), Tick::from_raw(u64::MAX - 1)), Decision::Hit);
    }

    #[test]
    fn a_rescue_lasts_as_long_as_the_longer_window() {
        let may = |now| may_rescue(times(NO_PAUSE), &all_windows(), Tick::from_raw(now));
        assert!(may(150) && may(200) && may(279));
        assert!(!may(280));
    }

    #[test]
    fn the_wait_is_limited_by_the_load_if_nothing_else_is_said() {
        let windows = Windows::new(&RefreshOptions::new().load_timeout(Duration::from_nanos(7)), None);
        assert_eq!(windows.unwrap().wait_timeout, 7);
        assert_eq!(Windows::new(&RefreshOptions::new(), None).unwrap(), Windows::NONE);
    }
}
