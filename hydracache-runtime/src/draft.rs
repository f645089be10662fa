//! What is said about an entry once its value is known.

use std::fmt;

use smallvec::SmallVec;

use crate::engine::{Engine, Plan};
use crate::error::Error;
use crate::given::{GivenTags, GivenTtl};
use crate::options::{Absent, CacheOptions, Ttl};
use crate::sync::Arc;
use crate::tag::Tag;

/// A closure that looks at a loaded value.
pub(crate) type SharedLook<T> = dyn Fn(&T, &mut Draft) + Send + Sync;

/// Looks at a loaded value and says more about its entry.
pub(crate) enum Finish<T> {
    /// What generated code says.
    Plain(fn(&T, &mut Draft)),
    /// What is only known at run time.
    Shared(Arc<SharedLook<T>>),
}

impl<T> Finish<T> {
    pub(crate) fn look(&self, value: &T, draft: &mut Draft) {
        match self {
            Self::Plain(look) => look(value, draft),
            Self::Shared(look) => look(value, draft),
        }
    }
}

impl<T> Clone for Finish<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Plain(look) => Self::Plain(*look),
            Self::Shared(look) => Self::Shared(Arc::clone(look)),
        }
    }
}

impl<T> fmt::Debug for Finish<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Finish")
    }
}

/// The part of an entry's settings that depends on its value.
///
/// Tags that are named here count from the start of the load: one that was invalidated since then keeps the value
/// out of the cache.
#[derive(Debug, Default)]
pub struct Draft {
    ttl: Option<Ttl>,
    tags: SmallVec<[Tag; 2]>,
    weight: Option<u32>,
    is_none: bool,
    skipped: bool,
}

impl Draft {
    /// Hands the value out without storing it.
    pub fn skip(&mut self) {
        self.skipped = true;
    }

    /// Says whether the value is a `None`, for options that treat it differently.
    pub fn none(&mut self, is_none: bool) {
        self.is_none = is_none;
    }

    /// Sets the time to live; `None` lets the entry live until it is invalidated or evicted.
    pub fn ttl(&mut self, ttl: impl GivenTtl) {
        self.ttl = Some(ttl.into().map_or(Ttl::Unlimited, Ttl::Limited));
    }

    /// Adds tags.
    pub fn tags(&mut self, tags: impl GivenTags) {
        self.tags.extend(tags.tags());
    }

    /// Sets the weight in a cache bounded in bytes.
    pub fn weight(&mut self, bytes: u32) {
        self.weight = Some(bytes);
    }

    /// Adds it to options whose value is known from the start; false if the value is not to be stored.
    pub(crate) fn extend(self, options: &mut CacheOptions) -> bool {
        options.ttl = self.ttl.unwrap_or(options.ttl);
        options.tags.extend(self.tags);
        options.weight = self.weight.or(options.weight);
        match options.absent {
            Absent::Skipped if self.is_none => return false,
            Absent::KeptFor(ttl) if self.is_none => options.ttl = Ttl::Limited(ttl),
            _ => {}
        }
        !self.skipped
    }

    /// Adds it to the plan of a load that has just ended; false if the value is not to be stored.
    pub(crate) fn apply(self, engine: &Engine, plan: &mut Plan) -> Result<bool, Error> {
        // First, whatever else is wrong: those who wait must see what the value depends on.
        let tags = engine.take_cells(&mut plan.cells, &self.tags);
        if let Some(ttl) = self.ttl {
            plan.terms.ttl = engine.resolve_ttl(ttl)?;
        }
        plan.terms.weight = self.weight.or(plan.terms.weight);
        let stored = match plan.terms.absent {
            Absent::Skipped if self.is_none => false,
            Absent::KeptFor(ttl) if self.is_none => {
                plan.terms.ttl = Some(ttl);
                true
            }
            _ => true,
        };
        tags.map(|()| stored && !self.skipped)
    }
}

/// The options of an entry whose value is known; `None` for a value that is not to be stored.
pub(crate) fn finished<T>(
    mut options: CacheOptions,
    value: &T,
    look: Option<&Arc<SharedLook<T>>>,
) -> Option<CacheOptions> {
    let mut draft = Draft::default();
    if let Some(look) = look {
        look(value, &mut draft);
    }
    draft.extend(&mut options).then_some(options)
}
