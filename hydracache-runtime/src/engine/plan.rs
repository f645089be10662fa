//! From what is said about an entry to the entry: limits, cells, weight.

use std::time::Duration;

use super::{Engine, Moment};
use crate::clock::Tick;
use crate::entry::{Entry, EntryParts};
use crate::error::{Error, ErrorKind};
use crate::options::{Absent, CacheOptions, Ttl};
use crate::policy::nanos;
use crate::sync::Arc;
use crate::tag::{Cells, Tag, TagCell, check_count};
use crate::value::Stored;

/// What an entry takes besides its key, its tags and its value, roughly, in a cache bounded in bytes.
const ENTRY_OVERHEAD: usize = 240;

/// The longest time to live: the clock of a cache counts 584 years.
const MAX_TTL: Duration = Duration::from_nanos(u64::MAX / 2);

/// The largest part of its life that jitter may take from an entry.
const MAX_JITTER: u8 = 50;

/// What was said about an entry, checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) cells: Cells,
    pub(crate) terms: Terms,
}

/// What was said about an entry besides what it depends on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terms {
    pub(crate) ttl: Option<Duration>,
    pub(crate) idle: Option<Duration>,
    pub(crate) jitter: u8,
    pub(crate) absent: Absent,
    /// How long an error is remembered.
    pub(crate) errors: Option<Duration>,
    pub(crate) weight: Option<u32>,
    pub(crate) version: u32,
}

impl Engine {
    /// Checks what was said about an entry and takes the cells of its tags; a stamp must be taken afterwards.
    pub(crate) fn plan(
        &self,
        options: &CacheOptions,
        namespace: Option<Arc<TagCell>>,
        version: u32,
    ) -> Result<Plan, Error> {
        let terms = self.terms(options, version)?;
        let mut cells = Cells::new(namespace);
        self.take_cells(&mut cells, &options.tags)?;
        Ok(Plan { cells, terms })
    }

    fn terms(&self, options: &CacheOptions, version: u32) -> Result<Terms, Error> {
        if let Absent::KeptFor(ttl) = options.absent {
            check_span("`none_ttl`", ttl, "say `skip_none()` for one that is not stored")?;
        }
        Ok(Terms {
            ttl: self.resolve_ttl(options.ttl)?,
            idle: options.idle.map_or(Ok(self.settings.time_to_idle), |idle| check_idle(idle).map(Some))?,
            jitter: options.jitter.map_or(Ok(self.settings.jitter), check_jitter)?,
            absent: options.absent,
            errors: options
                .errors
                .map(|ttl| {
                    check_span("`cache_errors`", ttl, "leave it out for errors that are not remembered")
                })
                .transpose()?,
            weight: options.weight,
            version,
        })
    }

    pub(crate) fn resolve_ttl(&self, ttl: Ttl) -> Result<Option<Duration>, Error> {
        match ttl {
            Ttl::Inherited => Ok(self.settings.default_ttl),
            Ttl::Unlimited => Ok(None),
            Ttl::Limited(span) => check_ttl(span).map(Some),
        }
    }

    /// Adds the cells of tags; with an error those of the tags that can be carried are added all the same.
    pub(crate) fn take_cells(&self, cells: &mut Cells, tags: &[Tag]) -> Result<(), Error> {
        for tag in tags.iter().filter(|tag| tag.check().is_ok()) {
            cells.push(self.tags.take(tag.as_str()));
        }
        check_count(cells.tag_count())?;
        tags.iter().try_for_each(Tag::check)
    }

    /// Makes an entry; `Err` says why it cannot be stored and hands it out all the same.
    pub(crate) fn entry(
        &self,
        key: &str,
        stored: Stored,
        moment: Moment,
        plan: Plan,
    ) -> Result<Arc<Entry>, (Arc<Entry>, Error)> {
        let weight = self.weigh(key, &stored, &plan);
        let Moment { stamp, reading, at } = moment;
        let terms = &plan.terms;
        let parts = EntryParts {
            stamp,
            reading,
            created: at,
            fresh_until: terms.ttl.map_or(Tick::NEVER, |ttl| end_of_life(at, ttl, terms.jitter, reading)),
            idle: terms.idle.map_or(0, nanos),
            version: terms.version,
            weight: *weight.as_ref().unwrap_or(&0),
            cells: plan.cells,
        };
        // Idling begins with the storing, however long the load took.
        let now = if parts.idle == 0 { at } else { self.now() };
        let entry = Arc::new(Entry::new(stored, parts, now));
        self.sweep.note_expiring(self.kept_until(&entry));
        match weight {
            Ok(_) => Ok(entry),
            Err(error) => Err((entry, error)),
        }
    }

    fn weigh(&self, key: &str, stored: &Stored, plan: &Plan) -> Result<u32, Error> {
        if !self.settings.in_bytes {
            return Ok(1);
        }
        let value = match plan.terms.weight {
            Some(weight) => u64::from(weight),
            None => stored.encoded_len(self.codec()).map_err(|error| error.about(key))? as u64,
        };
        let tags: usize = plan.cells.tag_names().map(str::len).sum();
        let weight = value.saturating_add((ENTRY_OVERHEAD + key.len() + tags) as u64);
        let limit = self.max_entry_weight();
        u32::try_from(weight).ok().filter(|_| weight <= limit).ok_or_else(|| {
            let message = format!(
                "the entry `{}` takes {weight} bytes and the cache `{}` takes entries of up to {limit}",
                crate::key::preview(key),
                self.settings.name,
            );
            Error::new(ErrorKind::TooLarge, message)
        })
    }

    fn max_entry_weight(&self) -> u64 {
        let store = self.settings.store.max_entry_weight();
        self.settings.max_entry_bytes.map_or(store, |limit| store.min(limit))
    }
}

/// When a life that begins at `at` ends. Jitter only shortens it, so that the time to live stays the longest; `number`
/// tells entries apart.
fn end_of_life(at: Tick, ttl: Duration, jitter: u8, number: u64) -> Tick {
    let ttl = nanos(ttl);
    // Knuth's multiplicative hash: neighbours get parts that lie far from each other.
    let part = u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32);
    let most = u128::from(ttl) * u128::from(jitter) / 100;
    let taken = (most * part) >> 32;
    at.plus(ttl - u64::try_from(taken).expect("it is a part of what fits"))
}

/// Checks a time to live.
pub(crate) fn check_ttl(ttl: Duration) -> Result<Duration, Error> {
    check_span("a time to live", ttl, "leave the entry out, or say `no_ttl()` for one that stays")
}

/// Checks a time to idle.
pub(crate) fn check_idle(idle: Duration) -> Result<Duration, Error> {
    check_span("a time to idle", idle, "leave it out for an entry that may go unused")
}

fn check_span(what: &str, span: Duration, cure: &str) -> Result<Duration, Error> {
    let refuse =
        |why: &str| Err(Error::new(ErrorKind::InvalidTtl, format!("{what} of {span:?} {why}; {cure}")));
    if span.is_zero() {
        return refuse("would expire at once");
    }
    if span > MAX_TTL {
        return refuse("is further away than a clock counts");
    }
    Ok(span)
}

/// Checks a part of a life in percent.
pub(crate) fn check_jitter(percent: u8) -> Result<u8, Error> {
    if percent <= MAX_JITTER {
        return Ok(percent);
    }
    let message =
        format!("a jitter of {percent} percent is over the limit of {MAX_JITTER}; choose a smaller one");
    Err(Error::new(ErrorKind::InvalidTtl, message))
}
