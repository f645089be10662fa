//! What is said about an entry once its value is known.

use smallvec::SmallVec;

use crate::engine::{Engine, Plan};
use crate::error::Error;
use crate::given::{GivenTags, GivenTtl};
use crate::options::{CacheOptions, Ttl};
use crate::tag::Tag;

/// Looks at a loaded value and says more about its entry.
pub(crate) type Finish<T> = fn(&T, &mut Draft);

/// The part of an entry's settings that depends on its value.
///
/// Tags that are named here count from the start of the load: one that was invalidated since then keeps the value
/// out of the cache.
#[derive(Debug, Default)]
pub struct Draft {
    ttl: Option<Ttl>,
    tags: SmallVec<[Tag; 2]>,
    weight: Option<u32>,
}

impl Draft {
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

    /// Adds it to options whose value is known from the start.
    pub(crate) fn extend(self, options: &mut CacheOptions) {
        options.ttl = self.ttl.unwrap_or(options.ttl);
        options.tags.extend(self.tags);
        options.weight = self.weight.or(options.weight);
    }

    /// Adds it to the plan of a load that has just ended.
    pub(crate) fn apply(self, engine: &Engine, plan: &mut Plan) -> Result<(), Error> {
        // First, whatever else is wrong: those who wait must see what the value depends on.
        let tags = engine.take_cells(&mut plan.cells, &self.tags);
        if let Some(ttl) = self.ttl {
            plan.ttl = engine.resolve_ttl(ttl)?;
        }
        plan.weight = self.weight.or(plan.weight);
        tags
    }
}
