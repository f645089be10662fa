//! From what is said about an entry to the entry: limits, cells, weight.

use std::time::Duration;

use super::{Engine, Moment};
use crate::clock::Tick;
use crate::entry::{Entry, EntryParts};
use crate::error::{Error, ErrorKind};
use crate::options::{CacheOptions, Ttl};
use crate::sync::Arc;
use crate::tag::{Cells, Tag, TagCell, check_count};
use crate::value::Stored;

/// What an entry takes besides its key, its tags and its value, roughly, in a cache bounded in bytes.
const ENTRY_OVERHEAD: usize = 240;

/// The longest time to live: the clock of a cache counts 584 years.
const MAX_TTL: Duration = Duration::from_nanos(u64::MAX / 2);

/// What was said about an entry, checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) cells: Cells,
    pub(crate) ttl: Option<Duration>,
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
        let ttl = self.resolve_ttl(options.ttl)?;
        let mut cells = Cells::new(namespace);
        self.take_cells(&mut cells, &options.tags)?;
        Ok(Plan { cells, ttl, weight: options.weight, version })
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
        let fresh_until = plan.ttl.map_or(Tick::NEVER, |ttl| at.after(ttl).unwrap_or(Tick::NEVER));
        self.sweep.note_expiring(fresh_until);
        let parts = EntryParts {
            stamp,
            reading,
            cells: plan.cells,
            created: at,
            fresh_until,
            version: plan.version,
            weight: *weight.as_ref().unwrap_or(&0),
        };
        let entry = Arc::new(Entry::new(stored, parts));
        match weight {
            Ok(_) => Ok(entry),
            Err(error) => Err((entry, error)),
        }
    }

    fn weigh(&self, key: &str, stored: &Stored, plan: &Plan) -> Result<u32, Error> {
        if !self.settings.in_bytes {
            return Ok(1);
        }
        let value = match plan.weight {
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

/// Checks a time to live.
pub(crate) fn check_ttl(ttl: Duration) -> Result<Duration, Error> {
    let refuse =
        |why: &str| Err(Error::new(ErrorKind::InvalidTtl, format!("a time to live of {ttl:?} {why}")));
    if ttl.is_zero() {
        return refuse("would expire at once; leave the entry out, or say `no_ttl()` for one that stays");
    }
    if ttl > MAX_TTL {
        return refuse("is further away than a clock counts; say `no_ttl()` for an entry that stays");
    }
    Ok(ttl)
}
