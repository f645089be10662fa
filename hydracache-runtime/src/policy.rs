//! What a call does with an entry, decided from times alone.

use crate::clock::Tick;

/// What the times of an entry mean for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The value is fresh.
    Hit,
    /// The value is too old.
    Load,
}

/// Decides from the time an entry is fresh until; the clock is asked only if the entry can expire.
#[inline]
pub(crate) fn decide(fresh_until: Tick, now: impl FnOnce() -> Tick) -> Decision {
    if fresh_until == Tick::NEVER || now() < fresh_until { Decision::Hit } else { Decision::Load }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_fresh_before_its_end_and_not_at_it() {
        let end = Tick::from_raw(10);
        assert_eq!(decide(end, || Tick::from_raw(9)), Decision::Hit);
        assert_eq!(decide(end, || Tick::from_raw(10)), Decision::Load);
        assert_eq!(decide(Tick::ALWAYS, || Tick::from_raw(0)), Decision::Load);
    }

    #[test]
    fn an_entry_without_end_does_not_ask_the_clock() {
        assert_eq!(decide(Tick::NEVER, || unreachable!("the clock was asked")), Decision::Hit);
    }
}
