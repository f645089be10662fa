//! What a cache without a background answers to loads that fail.

use std::collections::BTreeMap;

/// How long a value is handed out late by those who ask for it.
pub(crate) const STALE_FOR: u64 = 3;
/// How long a key is left alone after a load of it failed, where a stale value can be handed out.
const RETRY_AFTER: u64 = 1;

/// A value, or the number of an error.
pub(crate) type Answer = Result<u32, u32>;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) ttl: Option<u64>,
    pub(crate) idle: Option<u64>,
    pub(crate) tagged: bool,
}

#[derive(Debug)]
struct Kept {
    /// An error that is remembered is kept like a value that only loads find.
    what: Answer,
    fresh_until: Option<u64>,
    idle: Option<u64>,
    last_used: u64,
    tagged: bool,
    /// It was loaded by a call that takes stale values, and is kept for such calls.
    for_stale: bool,
    failed_at: Option<u64>,
    /// The tag was invalidated since, which it does not carry; a caller who says it depends on it does without.
    tag_went: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) now: u64,
    kept: BTreeMap<&'static str, Kept>,
    optional: Option<(Option<u32>, Kept)>,
}

impl Kept {
    fn new(now: u64, what: Answer, life: Life, for_stale: bool) -> Self {
        Self {
            what,
            fresh_until: life.ttl.map(|ttl| now + ttl),
            idle: life.idle,
            last_used: now,
            tagged: life.tagged,
            for_stale,
            failed_at: None,
            tag_went: false,
        }
    }

    fn is_idle(&self, now: u64) -> bool {
        self.idle.is_some_and(|idle| now >= self.last_used + idle)
    }

    fn is_fresh(&self, now: u64) -> bool {
        self.fresh_until.is_none_or(|end| now < end) && !self.is_idle(now)
    }
}

impl Model {
    fn fresh(&self, key: &str) -> Option<Answer> {
        let kept = self.kept.get(key)?;
        kept.is_fresh(self.now).then_some(kept.what)
    }

    /// What a read finds, which is a use.
    pub(crate) fn get(&mut self, key: &str) -> Option<u32> {
        let found = self.fresh(key)?.ok()?;
        self.kept.get_mut(key)?.last_used = self.now;
        Some(found)
    }

    /// Whether a load would get an error that was remembered.
    pub(crate) fn remembers(&self, key: &str) -> bool {
        matches!(self.fresh(key), Some(Err(_)))
    }

    /// The value that may be handed out late, and whether it must be kept for that.
    fn stale(&self, key: &str) -> Option<(u32, bool)> {
        let kept = self.kept.get(key)?;
        let end = kept.fresh_until?;
        let is_stale = self.now >= end && self.now < end + STALE_FOR && !kept.is_idle(self.now);
        is_stale.then_some((kept.what.ok()?, kept.for_stale))
    }

    pub(crate) fn is_stale(&self, key: &str) -> bool {
        self.stale(key).is_some()
    }

    pub(crate) fn store(&mut self, key: &'static str, value: u32, life: Life, for_stale: bool) {
        self.kept.insert(key, Kept::new(self.now, Ok(value), life, for_stale));
    }

    /// What a load returns whose loader would return `outcome`.
    pub(crate) fn load(
        &mut self,
        key: &'static str,
        outcome: Answer,
        remember: Option<u64>,
        life: Life,
    ) -> Answer {
        if let Some(found) = self.fresh(key) {
            return found;
        }
        match (outcome, remember) {
            (Ok(value), _) => self.store(key, value, life, false),
            (Err(_), Some(ttl)) => {
                let life = Life { ttl: Some(ttl), idle: None, ..life };
                self.kept.insert(key, Kept::new(self.now, outcome, life, false));
            }
            (Err(_), None) => {}
        }
        outcome
    }

    /// Checks what a call got that takes stale values.
    pub(crate) fn check_or_stale(&mut self, key: &'static str, outcome: Answer, got: Answer, life: Life) {
        if let Some(found) = self.fresh(key) {
            assert_eq!(got, found, "it was fresh");
            return;
        }
        let too_old = life.tagged && self.kept.get(key).is_some_and(|kept| kept.tag_went);
        let stale = self.stale(key).map(|(old, kept)| (old, kept && !too_old));
        let failed_at = self.kept.get(key).and_then(|kept| kept.failed_at);
        let left_alone = stale.is_some() && failed_at.is_some_and(|at| self.now <= at + RETRY_AFTER);
        match (outcome, stale) {
            (Ok(new), Some((old, _))) if left_alone => assert!(got == Ok(new) || got == Ok(old), "{got:?}"),
            (Ok(new), _) => assert_eq!(got, Ok(new), "nothing kept it from loading"),
            (Err(error), None) => assert_eq!(got, Err(error), "there was nothing to hand out"),
            (Err(_), Some((old, true))) => assert_eq!(got, Ok(old), "it was kept for this"),
            (Err(error), Some((old, false))) => assert!(got == Err(error) || got == Ok(old), "{got:?}"),
        }
        // What is handed out late is used by that as well.
        if let (Some((old, _)), Some(kept)) = (stale, self.kept.get_mut(key))
            && got == Ok(old)
        {
            kept.last_used = self.now;
        }
        match outcome {
            Ok(new) if got == Ok(new) => self.store(key, new, life, true),
            // Whether or not this call could use it, a value that is there lets others leave the key alone.
            Err(_) => {
                if let Some(kept) = self.kept.get_mut(key) {
                    kept.failed_at = Some(self.now);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn load_optional(
        &mut self,
        found: Option<u32>,
        none_ttl: Option<u64>,
        life: Life,
    ) -> Option<u32> {
        if let Some(there) = self.get_optional() {
            return there;
        }
        let ttl = if found.is_none() { none_ttl.or(life.ttl) } else { life.ttl };
        self.optional = Some((found, Kept::new(self.now, Ok(0), Life { ttl, ..life }, false)));
        found
    }

    /// What a read of the value that may be absent finds, which is a use.
    #[expect(clippy::option_option, reason = "there may be nothing, or the absence of something")]
    pub(crate) fn get_optional(&mut self) -> Option<Option<u32>> {
        let (found, kept) = self.optional.as_mut()?;
        let is_fresh = kept.is_fresh(self.now);
        if is_fresh {
            kept.last_used = self.now;
        }
        is_fresh.then_some(*found)
    }

    pub(crate) fn remove(&mut self, key: &str) -> bool {
        let found = matches!(self.fresh(key), Some(Ok(_)));
        self.kept.remove(key);
        found
    }

    pub(crate) fn expire(&mut self, key: &str) -> bool {
        let found = matches!(self.fresh(key), Some(Ok(_)));
        if let Some(kept) = self.kept.get_mut(key) {
            kept.fresh_until = Some(kept.fresh_until.map_or(self.now, |end| end.min(self.now)));
        }
        found
    }

    pub(crate) fn invalidate_tag(&mut self) {
        self.kept.retain(|_, kept| !kept.tagged);
        self.kept.values_mut().for_each(|kept| kept.tag_went = true);
        if self.optional.as_ref().is_some_and(|(_, kept)| kept.tagged) {
            self.optional = None;
        }
    }

    pub(crate) fn flush(&mut self) {
        self.kept.clear();
        self.optional = None;
    }
}
